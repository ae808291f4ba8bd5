#include "evented/executor.h"

#include "common/cli.h"

#include <stdlib.h>

/* Take the next job from the queue, and wait for it; NULL: there will be none.
 */
static struct executor_job *
take_job(struct executor *executor)
{
    struct executor_job *job;

    pthread_mutex_lock(&executor->lock);
    while (!executor->stopped && TAILQ_EMPTY(&executor->queue))
        pthread_cond_wait(&executor->changed, &executor->lock);
    job = TAILQ_FIRST(&executor->queue);
    if (job != NULL) {
        TAILQ_REMOVE(&executor->queue, job, link);
        job->begun = true;
    }
    pthread_mutex_unlock(&executor->lock);
    return job;
}

/* The life of an executor's thread. */
static void *
do_jobs(void *argument)
{
    struct executor *executor = argument;
    struct executor_job *job;

    while ((job = take_job(executor)) != NULL) {
        job->work(job->argument);
        keeper_post(job->keeper, &job->back);
    }
    return NULL;
}

/* Prepare an executor. */
void
executor_init(struct executor *executor, size_t threads)
{
    *executor = (struct executor) { .wanted = threads };
    pthread_mutex_init(&executor->lock, NULL);
    pthread_cond_init(&executor->changed, NULL);
    TAILQ_INIT(&executor->queue);
}

/* Make the threads. */
bool
executor_start(struct executor *executor)
{
    executor->threads =
        calloc(executor->wanted + 1, sizeof(*executor->threads));
    if (executor->threads == NULL)
        return false;
    while (executor->count < executor->wanted) {
        if (pthread_create(&executor->threads[executor->count], NULL, do_jobs,
                executor) != 0)
            return false;
        executor->count++;
    }
    return true;
}

/* Do a job here and now. The loop that does could not be told of a stop, so it
 * asks whether one is pending. */
static void
do_at_once(struct executor *executor, struct executor_job *job)
{
    pthread_mutex_lock(&executor->lock);
    job->begun = !executor->stopped && !cli_stop_is_pending();
    pthread_mutex_unlock(&executor->lock);
    if (job->begun)
        job->work(job->argument);
    job->done(job->argument);
}

/* Have a job done. Twin: executor_call. */
void
executor_submit(struct executor *executor, struct executor_job *job)
{
    bool stopped;

    job->begun = false;
    job->back =
        (struct keeper_work) { .run = job->done, .argument = job->argument };
    if (executor->count == 0) {
        do_at_once(executor, job);
        return;
    }
    pthread_mutex_lock(&executor->lock);
    stopped = executor->stopped;
    if (!stopped)
        TAILQ_INSERT_TAIL(&executor->queue, job, link);
    pthread_cond_signal(&executor->changed);
    pthread_mutex_unlock(&executor->lock);
    if (stopped)
        keeper_post(job->keeper, &job->back);
}

/* Take a job back that has not begun. */
bool
executor_cancel(struct executor *executor, struct executor_job *job)
{
    bool waits;

    pthread_mutex_lock(&executor->lock);
    waits = !job->begun && !executor->stopped;
    if (waits)
        TAILQ_REMOVE(&executor->queue, job, link);
    pthread_mutex_unlock(&executor->lock);
    return waits;
}

/* Begin no further job. */
void
executor_stop(struct executor *executor)
{
    struct executor_job *job;

    pthread_mutex_lock(&executor->lock);
    executor->stopped = true;
    while ((job = TAILQ_FIRST(&executor->queue)) != NULL) {
        TAILQ_REMOVE(&executor->queue, job, link);
        keeper_post(job->keeper, &job->back);
    }
    pthread_cond_broadcast(&executor->changed);
    pthread_mutex_unlock(&executor->lock);
}

/* Free an executor. */
void
executor_free(struct executor *executor)
{
    executor_stop(executor);
    for (size_t i = 0; i < executor->count; i++)
        pthread_join(executor->threads[i], NULL);
    free(executor->threads);
    pthread_cond_destroy(&executor->changed);
    pthread_mutex_destroy(&executor->lock);
}
