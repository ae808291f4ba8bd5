/*
 * push-server, with a thread per connection: answers that come later.
 *
 * A client's thread reads a request, and writes what there is to say; then it
 * sleeps until there is more: in stream_await, or, where frames may come, in
 * recv. Whoever publishes does not wake the listeners: it writes to each of
 * them itself, under that client's lock, and wakes only those that are slow to
 * take it, or whose answer has ended.
 *
 * What becomes of it in the evented twin: a thread's sleep is a pause of the
 * stream, or, where frames may come, a return to the loop; its local variables
 * are struct visit. No client needs a lock there, as only its loop touches it;
 * so who publishes tells each loop, and the loop writes to its listeners.
 */
#include "common/deadline.h"
#include "common/log.h"
#include "common/net.h"
#include "common/push_server_cli.h"
#include "common/push_site.h"
#include "threaded/http_server.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>

/* So that both twins can run at once, each has a port of its own. */
#define DEFAULT_PORT 9080

_Static_assert(STREAM_RESERVE >= PUSH_ROOM, "an answer has its buffer");

/* --- What there is -------------------------------------------------------- */

/* The clients that listen to one channel. */
struct audience {
    pthread_mutex_t lock; /* held while they are written to */
    LIST_HEAD(, visit) listeners;
    char buffer[PUSH_ROOM];
};

/* What a worker makes for a client. */
struct job {
    STAILQ_ENTRY(job) link;
    struct stream *stream; /* whose owner waits for it */
    unsigned count, made;  /* pieces */
    unsigned fed;          /* of them, what the client has got */
    int64_t every_ms;
    bool queued, over; /* no worker has begun it; none is at it any more */
    bool hurried;      /* no more waiting between two pieces */
    bool cancelled;    /* nobody waits for it */
};

/* Threads that make pieces, and what they are to do. */
struct workers {
    pthread_t *threads;
    size_t count;

    /* Under the lock, as all jobs are. */
    pthread_mutex_t lock;
    pthread_cond_t changed; /* the queue, or how a job is to end */
    STAILQ_HEAD(, job) queue;
    bool stopped;
};

/* A server and what it was asked to do. */
struct push_server {
    struct push_server_options options;
    struct push_site site;
    pthread_mutex_t lock; /* the site's */
    struct audience audiences[CHANNELS_MAX];
    struct workers workers;
};

/* A client, on the stack of its thread. */
struct visit {
    LIST_ENTRY(visit) listener; /* of the audience */
    struct stream *stream;

    /* Under the lock, while it belongs to an audience. */
    pthread_mutex_t lock;
    bool idle; /* all was sent that there was to say, and its thread sleeps */
    bool lost; /* what it did not take could not be kept */
    struct push_client client;

    struct push_server *server;
    struct audience *audience; /* that it belongs to, or NULL */
    int64_t stop_at;           /* when it is to hear of a stop */
    bool talks;                /* over a WebSocket, until the end */
    bool deaf;                 /* nothing more is read */
    struct job job;
    struct http_parser parser;
};

/* --- Workers -------------------------------------------------------------- */

/* Wait until the next piece is due; false: it is not wanted any more. The lock
 * is held, and given back meanwhile. */
static bool
await_piece(struct workers *workers, const struct job *job)
{
    struct timespec due;

    clock_gettime(CLOCK_MONOTONIC, &due);
    due.tv_sec += (time_t)(job->every_ms / 1000);
    due.tv_nsec += (long)(job->every_ms % 1000 * 1000000);
    if (due.tv_nsec >= 1000000000) {
        due.tv_sec++;
        due.tv_nsec -= 1000000000;
    }
    while (!job->hurried && !job->cancelled &&
           pthread_cond_timedwait(&workers->changed, &workers->lock, &due) !=
               ETIMEDOUT)
        ;
    return !job->cancelled;
}

/* Make the pieces of a job. The lock is held, and given back meanwhile. */
static void
make_pieces(struct workers *workers, struct job *job)
{
    while (job->made < job->count && await_piece(workers, job)) {
        job->made++;
        stream_rouse(job->stream);
    }
    job->over = true;
    pthread_cond_broadcast(&workers->changed);
}

/* The life of a worker. */
static void *
work(void *argument)
{
    struct workers *workers = argument;

    pthread_mutex_lock(&workers->lock);
    for (;;) {
        struct job *job = STAILQ_FIRST(&workers->queue);

        if (job != NULL) {
            STAILQ_REMOVE_HEAD(&workers->queue, link);
            job->queued = false;
            make_pieces(workers, job);
        } else if (workers->stopped) {
            break;
        } else {
            pthread_cond_wait(&workers->changed, &workers->lock);
        }
    }
    pthread_mutex_unlock(&workers->lock);
    return NULL;
}

/* Begin to work, with so many threads. */
static void
workers_init(struct workers *workers, size_t count)
{
    pthread_condattr_t monotonic;

    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&workers->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&workers->lock, NULL);
    STAILQ_INIT(&workers->queue);
    workers->threads = calloc(count, sizeof(*workers->threads));
    if (workers->threads == NULL)
        cli_die("cannot make workers: %s", strerrordesc_np(ENOMEM));
    for (; workers->count < count; workers->count++)
        if (pthread_create(
                &workers->threads[workers->count], NULL, work, workers) != 0)
            cli_die("cannot make workers: %s", strerrordesc_np(EAGAIN));
}

/* End the work, when nobody waits for any. */
static void
workers_free(struct workers *workers)
{
    pthread_mutex_lock(&workers->lock);
    workers->stopped = true;
    pthread_cond_broadcast(&workers->changed);
    pthread_mutex_unlock(&workers->lock);
    for (size_t i = 0; i < workers->count; i++)
        pthread_join(workers->threads[i], NULL);
    free(workers->threads);
    pthread_cond_destroy(&workers->changed);
    pthread_mutex_destroy(&workers->lock);
}

/* Give the client what was made for it. */
static void
feed(struct visit *visit)
{
    struct workers *workers = &visit->server->workers;
    struct job *job = &visit->job;
    unsigned made;

    if (job->fed == job->count)
        return;
    pthread_mutex_lock(&workers->lock);
    made = job->made;
    pthread_mutex_unlock(&workers->lock);
    for (; job->fed < made; job->fed++)
        push_feed(&visit->client);
}

/* Have a worker make what a client waits for, if it does. */
static void
begin_job(struct visit *visit)
{
    struct workers *workers = &visit->server->workers;
    struct job *job = &visit->job;

    *job = (struct job) { .stream = visit->stream, .over = true };
    if (!push_job(&visit->client, &job->count, &job->every_ms))
        return;
    job->queued = true;
    job->over = false;
    pthread_mutex_lock(&workers->lock);
    STAILQ_INSERT_TAIL(&workers->queue, job, link);
    pthread_cond_broadcast(&workers->changed);
    pthread_mutex_unlock(&workers->lock);
}

/* Have the rest of a job made at once. */
static void
hurry_job(struct visit *visit)
{
    struct workers *workers = &visit->server->workers;

    pthread_mutex_lock(&workers->lock);
    visit->job.hurried = true;
    pthread_cond_broadcast(&workers->changed);
    pthread_mutex_unlock(&workers->lock);
}

/* End a job, done or not. */
static void
end_job(struct visit *visit)
{
    struct workers *workers = &visit->server->workers;
    struct job *job = &visit->job;

    pthread_mutex_lock(&workers->lock);
    if (job->queued) {
        STAILQ_REMOVE(&workers->queue, job, job, link);
        job->over = true;
    }
    job->queued = false;
    job->cancelled = true;
    pthread_cond_broadcast(&workers->changed);
    while (!job->over)
        pthread_cond_wait(&workers->changed, &workers->lock);
    pthread_mutex_unlock(&workers->lock);
}

/* --- Listeners ------------------------------------------------------------ */

/* Write to a listener that sleeps what is news to it. What it does not take, or
 * the end of its answer, is its own thread's. */
static void
offer(struct visit *visit, char *buffer)
{
    enum push_step step;
    size_t length, taken;

    pthread_mutex_lock(&visit->lock);
    while (visit->idle) {
        step =
            push_next(&visit->client, stream_now(), buffer, PUSH_ROOM, &length);
        taken = length > 0 ? stream_offer(visit->stream, buffer, length) : 0;
        if (step == PUSH_WAIT && taken == length)
            break;
        visit->lost =
            !push_keep(&visit->client, buffer + taken, length - taken);
        if (step == PUSH_MORE && taken == length)
            continue;
        visit->idle = false;
        stream_rouse(visit->stream);
    }
    pthread_mutex_unlock(&visit->lock);
}

/* Tell all who listen to a channel that there is news, if there is. */
static void
tell_all(struct push_server *server, int slot)
{
    struct audience *audience;
    struct visit *visit;

    if (slot < 0)
        return;
    audience = &server->audiences[slot];
    pthread_mutex_lock(&audience->lock);
    LIST_FOREACH(visit, &audience->listeners, listener)
        offer(visit, audience->buffer);
    pthread_mutex_unlock(&audience->lock);
}

/* Listen to the channel that was asked for, if any was. */
static void
listen_to(struct visit *visit)
{
    const int slot = push_slot(&visit->client);

    if (slot < 0)
        return;
    visit->audience = &visit->server->audiences[slot];
    pthread_mutex_lock(&visit->audience->lock);
    LIST_INSERT_HEAD(&visit->audience->listeners, visit, listener);
    pthread_mutex_unlock(&visit->audience->lock);
}

/* Listen no more. */
static void
leave(struct visit *visit)
{
    if (visit->audience == NULL)
        return;
    pthread_mutex_lock(&visit->audience->lock);
    LIST_REMOVE(visit, listener);
    pthread_mutex_unlock(&visit->audience->lock);
    visit->audience = NULL;
}

/* --- Answers -------------------------------------------------------------- */

/* Send what is to be said now; how it goes on, and when there is more to say at
 * the latest. With PUSH_WAIT others may write, too, from now on. */
static enum push_step
send_due(struct visit *visit, int64_t *until)
{
    enum push_step step;
    size_t room, length;

    do {
        char *buffer;
        int64_t now;

        /* What is written already must not come behind what others write. */
        if (visit->audience != NULL && !stream_flush(visit->stream))
            return PUSH_CLOSE;
        buffer = stream_reserve(visit->stream, &room);
        now = stream_now();
        pthread_mutex_lock(&visit->lock);
        if (now >= visit->stop_at)
            push_stop(&visit->client);
        step = push_next(&visit->client, now, buffer, room, &length);
        visit->idle = step == PUSH_WAIT && length == 0;
        *until = push_until(&visit->client);
        if (now < visit->stop_at && visit->stop_at < *until)
            *until = visit->stop_at;
        if (visit->lost)
            stream_reset(visit->stream);
        pthread_mutex_unlock(&visit->lock);
        if (!stream_commit(visit->stream, length))
            return PUSH_CLOSE;
    } while (step == PUSH_MORE || (step == PUSH_WAIT && length > 0));
    return step;
}

/* Take in frames; whether there were any. */
static bool
take_frames(struct visit *visit)
{
    enum push_taken taken = PUSH_REPLY;
    size_t size, used = 0;
    char *data = stream_input(visit->stream, &size);
    int news;

    if (size == 0)
        return false;
    pthread_mutex_lock(&visit->lock);
    /* Who publishes may have ended the conversation meanwhile. */
    if (push_is_websocket(&visit->client))
        taken = push_receive(&visit->client, stream_now(), data, size, &used);
    news = push_news(&visit->client);
    if (used > 0 || taken != PUSH_ALL)
        visit->idle = false;
    pthread_mutex_unlock(&visit->lock);
    stream_use(visit->stream, used);
    tell_all(visit->server, news);
    if (used == 0 && taken == PUSH_ALL)
        return false;
    stream_received(visit->stream);
    return true;
}

/* Hear that the server stops. */
static void
hear_of_stop(struct visit *visit)
{
    const int64_t drain_ms = visit->server->options.server.limits.drain_ms;

    visit->stop_at = stream_now() + push_stop_ms(&visit->client, drain_ms);
    hurry_job(visit);
}

/* Sleep until there is more to say, or to read; false: there is nobody to say
 * it to. */
static bool
await_more(struct visit *visit, int64_t until)
{
    const bool hears = visit->talks && !visit->deaf;
    const int64_t now = stream_now();
    int64_t ms = 0;

    if (until != NEVER)
        ms = until > now ? until - now : 1;
    switch ((hears ? stream_await_input : stream_await)(visit->stream, ms)) {
    case STREAM_LEFT:
        /* Unless only no more is taken, as the server stops. */
        if (!hears || visit->stop_at == NEVER)
            return false;
        visit->deaf = true;
        break;
    case STREAM_STOPS:
        hear_of_stop(visit);
        break;
    case STREAM_SENT:
    case STREAM_TIMEOUT:
    case STREAM_ROUSED:
        break;
    }
    return true;
}

/* Send an answer, and converse where that is the answer. All of it, however
 * long it takes; false when there is nobody to read it, or is to be. */
static bool
send_answer(struct visit *visit)
{
    enum push_step step;
    int64_t until;

    while ((step = send_due(visit, &until)) == PUSH_WAIT) {
        if (visit->talks && take_frames(visit))
            continue;
        if (!await_more(visit, until))
            return false;
        feed(visit);
    }
    return step == PUSH_DONE;
}

/* Answer a request; false: it was the last. */
static bool
answer(struct visit *visit, const struct http_request *request)
{
    bool goes_on;

    push_begin(&visit->client, request, time(NULL), stream_now());
    visit->talks = push_is_websocket(&visit->client);
    tell_all(visit->server, push_news(&visit->client));
    listen_to(visit);
    begin_job(visit);
    goes_on = send_answer(visit);
    end_job(visit);
    leave(visit);
    return goes_on;
}

/* Serve a client. From its first request to its last. */
static void
serve(struct stream *stream, void *argument)
{
    struct visit visit = {
        .server = argument,
        .stream = stream,
        .stop_at = NEVER,
    };
    struct http_request request;
    char peer[NET_TEXT_MAX];

    pthread_mutex_init(&visit.lock, NULL);
    http_init(&visit.parser);
    http_take_posts(&visit.parser);
    stream_peer(stream, peer);
    push_open(&visit.client, &visit.server->site, peer);
    while (http_server_read(stream, &visit.parser, &request) &&
           answer(&visit, &request))
        ;
    push_end(&visit.client, stream_now());
    pthread_mutex_destroy(&visit.lock);
}

/* --- The server ----------------------------------------------------------- */

/* Add up the server's counters. */
static void
count(struct counters *sums, void *argument)
{
    server_count(sums);
}

/* Let no other thread into what clients share. */
static void
lock_site(void *argument)
{
    struct push_server *server = argument;

    pthread_mutex_lock(&server->lock);
}

/* Let others in again. */
static void
unlock_site(void *argument)
{
    struct push_server *server = argument;

    pthread_mutex_unlock(&server->lock);
}

/* Prepare the site and who listens to its channels. */
static void
prepare(struct push_server *server)
{
    server->site = (struct push_site) {
        .rules = server->options.rules,
        .say = server->options.server.quiet ? NULL : log_record,
        .count = count,
        .leaving = server_is_leaving,
        .lock = lock_site,
        .unlock = unlock_site,
        .argument = server,
    };
    push_site_init(&server->site);
    pthread_mutex_init(&server->lock, NULL);
    for (size_t i = 0; i < CHANNELS_MAX; i++) {
        pthread_mutex_init(&server->audiences[i].lock, NULL);
        LIST_INIT(&server->audiences[i].listeners);
    }
}

/* Read the command line and serve. */
int
main(int argc, char **argv)
{
    static struct push_server server;
    struct push_server_options *options = &server.options;
    int status;

    push_server_cli(options, &server_twin, DEFAULT_PORT, argc, argv);
    prepare(&server);
    workers_init(&server.workers, options->workers);
    status = server_run(&options->server,
        &(struct server_program) {
            .name = "http",
            .port = options->port,
            .limits = &options->server.limits,
            .refusal = http_server_refusal(),
            .serve = serve,
            .argument = &server,
        },
        1);
    workers_free(&server.workers);
    push_site_free(&server.site);
    free(options->origins);
    return status;
}
