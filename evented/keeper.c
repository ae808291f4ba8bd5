/*
 * What became of the threaded twin: sigtimedwait is a signalfd and a timer of
 * the loop. The loop's streams are its own, so the list has no lock; and what
 * there the stream's thread is woken to do, the loop does at once. The bell is
 * new: a thread that sleeps in epoll_wait must be told of work.
 */
#include "evented/keeper.h"

#include "common/deadline.h"

#include <event2/event.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* Do what other threads have posted. */
static void
do_posted(struct keeper *keeper)
{
    STAILQ_HEAD(, keeper_work) posted = STAILQ_HEAD_INITIALIZER(posted);
    struct keeper_work *work;

    pthread_mutex_lock(&keeper->lock);
    STAILQ_CONCAT(&posted, &keeper->posted);
    pthread_mutex_unlock(&keeper->lock);
    while ((work = STAILQ_FIRST(&posted)) != NULL) {
        STAILQ_REMOVE_HEAD(&posted, next);
        work->run(work->argument);
    }
}

/* Look for overdue peers, and end their streams. */
static void
sweep(struct keeper *keeper)
{
    const int64_t now = stream_now();
    const int64_t lost_ms = deadline_lost_ms(keeper->planned, now);
    struct counters *counters = &keeper->streams.counters;
    struct stream *stream, *next;

    for (stream = stream_first(&keeper->streams); stream != NULL;
         stream = next) {
        next = stream_next(stream);
        if (lost_ms > 0)
            stream_postpone(stream, lost_ms);
        switch (stream_check(stream, now)) {
        case STREAM_IDLE:
        case STREAM_LATE:
            counters_add(counters, COUNT_TIMED_OUT, 1);
            break;
        case STREAM_STALLED:
            counters_add(counters, COUNT_STALLED, 1);
            break;
        case STREAM_UNCUT:
        case STREAM_STOP:
        case STREAM_ABORT:
            break;
        }
    }
    keeper->planned = now + keeper->period;
}

/* It is time to sweep. */
static void
on_sweep(evutil_socket_t fd, short what, void *argument)
{
    struct keeper *keeper = argument;

    sweep(keeper);
    /* Should the bell not have been heard. */
    do_posted(keeper);
    keeper->looked(keeper->argument);
}

/* Another thread has rung. Twin: server.c:wake. */
static void
on_rung(evutil_socket_t bell, short what, void *argument)
{
    struct keeper *keeper = argument;
    uint64_t rings;

    (void)!read(bell, &rings, sizeof(rings));
    do_posted(keeper);
    keeper->looked(keeper->argument);
}

/* A signal has come. */
static void
on_signalled(evutil_socket_t signals, short what, void *argument)
{
    struct keeper *keeper = argument;
    struct signalfd_siginfo info;

    if (read(signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
        keeper->heard((int)info.ssi_signo, keeper->argument);
}

/* Make an event loop; NULL: the system has no means for it. */
static struct event_base *
make_base(void)
{
    struct event_config *config = event_config_new();
    struct event_base *base = NULL;

    /* Each loop has its own thread: the locks would be never contended. */
    if (config != NULL &&
        event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK) == 0)
        base = event_base_new_with_config(config);
    if (config != NULL)
        event_config_free(config);
    return base;
}

/* Prepare a keeper. */
bool
keeper_init(struct keeper *keeper, size_t max_line, int64_t period_ms,
    void (*looked)(void *argument), void *argument)
{
    const struct timeval every = { .tv_sec = (time_t)(period_ms / 1000),
        .tv_usec = (long)(period_ms % 1000) * 1000 };
    struct event_base *base = make_base();

    if (base == NULL || !stream_loop_init(&keeper->streams, base, max_line))
        return false;
    keeper->period = period_ms;
    keeper->planned = stream_now() + period_ms;
    keeper->looked = looked;
    keeper->argument = argument;
    keeper->signals = -1;
    keeper->signalled = NULL;
    pthread_mutex_init(&keeper->lock, NULL);
    STAILQ_INIT(&keeper->posted);
    keeper->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (keeper->bell == -1)
        return false;
    keeper->sweep = event_new(base, -1, EV_PERSIST, on_sweep, keeper);
    keeper->rung =
        event_new(base, keeper->bell, EV_READ | EV_PERSIST, on_rung, keeper);
    return keeper->sweep != NULL && keeper->rung != NULL &&
           event_add(keeper->sweep, &every) == 0 &&
           event_add(keeper->rung, NULL) == 0;
}

/* Have the signals of a server heard by this loop. */
bool
keeper_hear(struct keeper *keeper, void (*heard)(int signal, void *argument))
{
    sigset_t signals;

    keeper->heard = heard;
    /* No handlers, which would stand for a part of the process's life only. */
    cli_server_signal_set(&signals);
    keeper->signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    if (keeper->signals == -1)
        return false;
    keeper->signalled = event_new(keeper->streams.base, keeper->signals,
        EV_READ | EV_PERSIST, on_signalled, keeper);
    return keeper->signalled != NULL && event_add(keeper->signalled, NULL) == 0;
}

/* Free a keeper. */
void
keeper_free(struct keeper *keeper)
{
    do_posted(keeper);
    if (keeper->signalled != NULL)
        event_free(keeper->signalled);
    if (keeper->signals != -1)
        close(keeper->signals);
    event_free(keeper->sweep);
    event_free(keeper->rung);
    stream_loop_free(&keeper->streams);
    event_base_free(keeper->streams.base);
    close(keeper->bell);
    pthread_mutex_destroy(&keeper->lock);
}

/* Let the loop run. Twin: keeper_wait. */
void
keeper_run(struct keeper *keeper)
{
    event_base_dispatch(keeper->streams.base);
}

/* End the loop. */
void
keeper_end(struct keeper *keeper)
{
    /* The gentle way takes memory. */
    if (event_base_loopexit(keeper->streams.base, NULL) == -1)
        event_base_loopbreak(keeper->streams.base);
}

/* Have work done by the loop's thread. */
void
keeper_post(struct keeper *keeper, struct keeper_work *work)
{
    pthread_mutex_lock(&keeper->lock);
    STAILQ_INSERT_TAIL(&keeper->posted, work, next);
    pthread_mutex_unlock(&keeper->lock);
    keeper_ring(keeper);
}

/* Have looked called soon. */
void
keeper_ring(struct keeper *keeper)
{
    const uint64_t one = 1;

    /* Should it not be heard, the next sweep finds what there is. */
    (void)!write(keeper->bell, &one, sizeof(one));
}

/* End all streams. */
size_t
keeper_cut(struct keeper *keeper, enum stream_cut cut)
{
    struct stream *stream, *next;
    size_t count = 0;

    for (stream = stream_first(&keeper->streams); stream != NULL;
         stream = next) {
        next = stream_next(stream);
        stream_cut(stream, cut);
        count++;
    }
    return count;
}
