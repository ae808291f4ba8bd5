/*
 * executor - work that blocks: it is called, and its thread waits for it.
 *
 * Each client has a thread of its own, so nobody else is held up. All that is
 * left to do is not to begin such work when the server stops.
 *
 * The evented twin's executor has threads beside the loops.
 */
#ifndef THREADED_EXECUTOR_H
#define THREADED_EXECUTOR_H

#include <stdatomic.h>
#include <stdbool.h>

/* An executor. Its member is its own; zeroed, it is ready. */
struct executor {
    _Atomic(bool) stopped;
};

/* Call work with argument. False: the executor has stopped, and nothing was
 * called. From any thread, many at a time. */
bool executor_call(
    struct executor *executor, void (*work)(void *argument), void *argument);

/* Begin no further work. What has begun is done. From any thread. */
void executor_stop(struct executor *executor);

#endif
