/*
 * executor - work that blocks, done in threads beside the loops.
 *
 * A callback must not wait: while it does, so does every client of its loop.
 * Work that may wait for a disk, a name server or a database is given to one of
 * a few threads as a job, and when it is done, the job comes back to its loop
 * as posted work (keeper.h). An executor without threads does a job at once, in
 * the loop, which waits; that is there to show what it costs.
 *
 * The threaded twin's executor calls the work: only its own client waits.
 */
#ifndef EVENTED_EXECUTOR_H
#define EVENTED_EXECUTOR_H

#include "evented/keeper.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

/* A job. Its owner sets the first four members; it stays where it is until done
 * is called, or executor_cancel has taken it back. */
struct executor_job {
    /* May block. Called in another thread, or in executor_submit. */
    void (*work)(void *argument);

    /* Called in the loop's thread, and may free the job. Unless begun says so,
     * the work was not done and never will be: the executor has stopped. */
    void (*done)(void *argument);
    void *argument;        /* of both */
    struct keeper *keeper; /* the loop */
    bool begun;

    /* The executor's own. */
    struct keeper_work back;
    TAILQ_ENTRY(executor_job) link;
};

/* An executor. Its members are its own. */
struct executor {
    pthread_t *threads;
    size_t wanted, count;

    /* Under the lock. */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    TAILQ_HEAD(, executor_job) queue;
    bool stopped;
};

/* Prepare an executor that will have so many threads, maybe none. */
void executor_init(struct executor *executor, size_t threads);

/*
 * Make the threads. False: the system has no means for them. Call it before any
 * job is submitted, when the signals of a server are blocked and its rights are
 * given up: rights belong to threads. A server does so for its programs.
 */
bool executor_start(struct executor *executor);

/*
 * Have a job done. In the thread of its loop; without threads both work and
 * done are called before this returns.
 */
void executor_submit(struct executor *executor, struct executor_job *job);

/* Take a job back that has not begun; false: it has, and done will be called.
 * In the thread of its loop. */
bool executor_cancel(struct executor *executor, struct executor_job *job);

/* Begin no further job: those that wait come back to their loops undone, while
 * these run. One that has begun is done. From any thread. */
void executor_stop(struct executor *executor);

/* Wait for the jobs that have begun, which come back to nobody if their loops
 * have ended, and free the executor. */
void executor_free(struct executor *executor);

#endif
