/*
 * What becomes of it in the evented twin: sigtimedwait is a signalfd and a
 * timer of the loop. There the loop's streams are its own, so the list has no
 * lock; and what here the stream's thread is woken to do, the loop does at
 * once.
 */
#include "threaded/keeper.h"

#include "common/deadline.h"

#include <time.h>

/* Look for overdue peers, and end their streams. */
static void
sweep(struct keeper *keeper)
{
    const int64_t now = stream_now();
    const int64_t lost_ms = deadline_lost_ms(keeper->planned, now);
    struct keeper_entry *entry;

    pthread_mutex_lock(&keeper->lock);
    LIST_FOREACH(entry, &keeper->entries, link) {
        if (lost_ms > 0)
            stream_postpone(entry->stream, lost_ms);
        if (stream_check(entry->stream, now) == STREAM_STALLED)
            counters_add(&keeper->ended, COUNT_STALLED, 1);
    }
    pthread_mutex_unlock(&keeper->lock);
    keeper->planned = now + keeper->period;
}

/* Prepare a keeper. */
void
keeper_init(struct keeper *keeper, int64_t period_ms)
{
    keeper->period = period_ms;
    keeper->planned = stream_now() + period_ms;
    pthread_mutex_init(&keeper->lock, NULL);
    LIST_INIT(&keeper->entries);
    keeper->cut = STREAM_UNCUT;
    keeper->ended = (struct counters) { 0 };
}

/* Free a keeper. */
void
keeper_free(struct keeper *keeper)
{
    pthread_mutex_destroy(&keeper->lock);
}

/* Sweep at least that often. */
void
keeper_hurry(struct keeper *keeper, int64_t period_ms)
{
    if (keeper->period > period_ms)
        keeper->period = period_ms;
}

/* Look after a stream. */
void
keeper_enroll(
    struct keeper *keeper, struct keeper_entry *entry, struct stream *stream)
{
    entry->stream = stream;
    pthread_mutex_lock(&keeper->lock);
    LIST_INSERT_HEAD(&keeper->entries, entry, link);
    if (keeper->cut != STREAM_UNCUT)
        stream_cut(stream, keeper->cut);
    pthread_mutex_unlock(&keeper->lock);
}

/* Look after a stream no more. */
void
keeper_discharge(struct keeper *keeper, struct keeper_entry *entry)
{
    pthread_mutex_lock(&keeper->lock);
    LIST_REMOVE(entry, link);
    stream_count(entry->stream, &keeper->ended);
    pthread_mutex_unlock(&keeper->lock);
}

/* End all streams. */
size_t
keeper_cut(struct keeper *keeper, enum stream_cut cut)
{
    struct keeper_entry *entry;
    size_t count = 0;

    pthread_mutex_lock(&keeper->lock);
    keeper->cut = cut;
    LIST_FOREACH(entry, &keeper->entries, link) {
        stream_cut(entry->stream, cut);
        count++;
    }
    pthread_mutex_unlock(&keeper->lock);
    return count;
}

/* Add up what was done on all streams. */
void
keeper_count(struct keeper *keeper, struct counters *sums)
{
    const struct keeper_entry *entry;

    pthread_mutex_lock(&keeper->lock);
    counters_sum(sums, &keeper->ended);
    LIST_FOREACH(entry, &keeper->entries, link)
        stream_count(entry->stream, sums);
    pthread_mutex_unlock(&keeper->lock);
}

/* Wait for a signal or the next sweep, and sweep. Twin: keeper_run. */
int
keeper_wait(struct keeper *keeper, const sigset_t *signals)
{
    const struct timespec wait = { .tv_nsec = (long)keeper->period * 1000000 };
    const int signal = sigtimedwait(signals, NULL, &wait);

    sweep(keeper);
    return signal == -1 ? 0 : signal;
}
