/*
 * keeper - the thread that looks while the others wait.
 *
 * A thread that waits in recv or send does not see that its peer's time is up
 * or that the server stops. One thread sees it for all: the keeper knows every
 * stream, waits for signals, and looks at each stream a few times a second. It
 * knows streams only, and nothing of what is said on them.
 *
 * The evented twin's keeper is a loop with a bell, to which work for a stream
 * is posted; here the stream's own thread does it.
 */
#ifndef THREADED_KEEPER_H
#define THREADED_KEEPER_H

#include "threaded/stream.h"

#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

/* How a keeper knows a stream; part of what its owner has of a client. */
struct keeper_entry {
    LIST_ENTRY(keeper_entry) link;
    struct stream *stream;
};

/* A keeper. Its members are its own. */
struct keeper {
    int64_t period;  /* milliseconds between two sweeps */
    int64_t planned; /* when the next one is due */

    /* Under the lock, which is held for short moments and never waited with. */
    pthread_mutex_t lock;
    LIST_HEAD(, keeper_entry) entries;
    enum stream_cut cut;   /* how all streams are to end, new ones as well */
    struct counters ended; /* of the streams that are kept no more */
};

/* Prepare a keeper that sweeps so often. Call it before there are threads. */
void keeper_init(struct keeper *keeper, int64_t period_ms);

/* Free a keeper, when it has no stream any more. */
void keeper_free(struct keeper *keeper);

/* Sweep at least that often from now on. In the keeper's thread. */
void keeper_hurry(struct keeper *keeper, int64_t period_ms);

/*
 * Look after a stream from now on; entry belongs to the keeper until
 * keeper_discharge, which must come before stream_free. When all streams are to
 * end already, so is this one. In the stream's thread, both.
 */
void keeper_enroll(
    struct keeper *keeper, struct keeper_entry *entry, struct stream *stream);
void keeper_discharge(struct keeper *keeper, struct keeper_entry *entry);

/* End all streams like this, and those that are still to come; say how many
 * there are. From any thread. */
size_t keeper_cut(struct keeper *keeper, enum stream_cut cut);

/* Add up what was read, written and asked on all streams, and how many of them
 * were ended for a deadline. From any thread. */
void keeper_count(struct keeper *keeper, struct counters *sums);

/*
 * Wait for one of these signals, which all threads have blocked, until the next
 * sweep is due, and sweep. Returns the signal, or 0. In the keeper's thread.
 */
int keeper_wait(struct keeper *keeper, const sigset_t *signals);

#endif
