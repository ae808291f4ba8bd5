/*
 * keeper - a loop that looks at its streams, and has a bell.
 *
 * An event loop, its streams, and what reaches it from outside: signals, the
 * clock by which overdue peers are found a few times a second, and work that
 * other threads post, for which they ring a bell (an eventfd). What belongs to
 * a loop is touched by its thread only; so nothing is locked but the short
 * queue of posted work. It knows streams only, and nothing of what is said on
 * them.
 *
 * The threaded twin's keeper is a thread that looks while the others wait.
 */
#ifndef EVENTED_KEEPER_H
#define EVENTED_KEEPER_H

#include "common/cli.h"
#include "evented/stream.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

/* Work for a loop; it stays where it is until it is run. */
struct keeper_work {
    STAILQ_ENTRY(keeper_work) next;
    void (*run)(void *argument); /* may free the work */
    void *argument;
};

/* A keeper. Its members are its own, but for streams and argument, which may be
 * used. */
struct keeper {
    struct stream_loop streams;
    int64_t period;  /* milliseconds between two sweeps */
    int64_t planned; /* when the next one is due */
    struct event *sweep, *rung;
    int signals; /* a signalfd; -1: it hears none */
    struct event *signalled;

    /* Its owner's. */
    void (*looked)(void *argument);
    void (*heard)(int signal, void *argument);
    void *argument;

    /* How other threads reach it. */
    int bell;
    pthread_mutex_t lock;
    STAILQ_HEAD(, keeper_work) posted; /* under the lock */
};

/*
 * Prepare a loop whose streams have no greater max_line than this, and which
 * sweeps so often. looked is called with argument after each sweep, and each
 * time when the bell was rung and the work posted by then is done. False: the
 * system has no means for it; keeper_free must not be called.
 */
bool keeper_init(struct keeper *keeper, size_t max_line, int64_t period_ms,
    void (*looked)(void *argument), void *argument);

/* Have the signals of a server (cli.h), which all threads have blocked, heard
 * by this loop, with the argument of keeper_init. False: no means for it. */
bool keeper_hear(
    struct keeper *keeper, void (*heard)(int signal, void *argument));

/* Free a loop that has ended and has no stream any more, when nobody posts any
 * more; what was posted is run first. */
void keeper_free(struct keeper *keeper);

/* Let the loop run in this thread, until keeper_end. */
void keeper_run(struct keeper *keeper);

/* End the loop when the events of this turn are handled. In its thread. */
void keeper_end(struct keeper *keeper);

/* Have work done by the loop's thread, in the order in which it was posted.
 * From any thread, as long as the loop runs. */
void keeper_post(struct keeper *keeper, struct keeper_work *work);

/* Have looked called soon. From any thread, as long as the loop runs. */
void keeper_ring(struct keeper *keeper);

/* End all streams like this; say how many there are. In the loop's thread. */
size_t keeper_cut(struct keeper *keeper, enum stream_cut cut);

#endif
