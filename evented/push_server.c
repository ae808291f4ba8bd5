/*
 * push-server, with an event loop, or a few: answers that come later.
 *
 * What became of the threaded twin: a thread's sleep is a pause of the stream,
 * or, where frames may come, a return to the loop; its local variables are
 * struct visit. No client needs a lock here, as only its loop touches it; so
 * who publishes tells each loop, by posted work, and the loop writes to its
 * listeners, a few at a time. Only the site and what workers have made are
 * shared.
 */
#include "common/deadline.h"
#include "common/log.h"
#include "common/net.h"
#include "common/push_server_cli.h"
#include "common/push_site.h"
#include "evented/http_server.h"

#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>

/* So that both twins can run at once, each has a port of its own. */
#define DEFAULT_PORT 8080

_Static_assert(STREAM_RESERVE >= PUSH_ROOM, "an answer has its buffer");

/* --- What there is -------------------------------------------------------- */

/* The clients of one loop that listen to channels. */
struct audience {
    SLIST_ENTRY(audience) link; /* the server's */
    struct keeper *keeper;      /* of the loop */
    LIST_HEAD(, visit) listeners[CHANNELS_MAX];
    TAILQ_HEAD(, visit) due; /* those for whom there is news */
    char buffer[PUSH_ROOM];

    /* Under the lock: what other threads tell it. */
    pthread_mutex_t lock;
    struct keeper_work work;
    bool posted;             /* the work is */
    bool news[CHANNELS_MAX]; /* by slot */
};

/* What a worker makes for a client. It may outlive the visit. */
struct job {
    struct executor_job job;
    struct push_server *server;
    struct visit *visit; /* that waits for it; NULL: none does */
    unsigned count;      /* pieces */
    unsigned fed;        /* of them, what the client has got */
    int64_t every_ms;

    /* Under the lock of jobs. */
    struct keeper_work work;
    bool posted;    /* the work is */
    unsigned made;  /* pieces */
    bool hurried;   /* no more waiting between two pieces */
    bool cancelled; /* nobody waits for it */
};

/* A server and what it was asked to do. */
struct push_server {
    struct push_server_options options;
    struct push_site site;
    pthread_mutex_t lock; /* the site's, and that of audiences */
    SLIST_HEAD(, audience) audiences;
    struct executor workers;
    pthread_mutex_t job_lock;
    pthread_cond_t job_changed; /* how a job is to end */
};

/* A client, between two calls. */
struct visit {
    struct connection connection;
    struct push_server *server;
    struct http_parser parser;
    struct job *job;            /* that is waited for, or NULL */
    struct event *beat;         /* of a conversation, when it is to go on */
    int64_t stop_at;            /* when it is to hear of a stop */
    bool deaf;                  /* nothing more is read */
    bool waits;                 /* the stream was paused */
    struct audience *audience;  /* of its loop, once it has listened */
    LIST_ENTRY(visit) listener; /* of it, if it is one */
    TAILQ_ENTRY(visit) turn;    /* among those that are due, if it is one */
    bool listens, due;
    struct push_client client;
    bool idle; /* all was sent that there was to say */
};

/* --- Workers -------------------------------------------------------------- */

/* Wait until the next piece is due; false: it is not wanted any more. The lock
 * is held, and given back meanwhile. */
static bool
await_piece(struct push_server *server, const struct job *job)
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
           pthread_cond_timedwait(
               &server->job_changed, &server->job_lock, &due) != ETIMEDOUT)
        ;
    return !job->cancelled;
}

/* Make the pieces of a job. In a worker's thread. */
static void
make_pieces(void *argument)
{
    struct job *job = argument;
    struct push_server *server = job->server;

    pthread_mutex_lock(&server->job_lock);
    while (job->made < job->count && await_piece(server, job)) {
        job->made++;
        if (!job->posted)
            keeper_post(job->job.keeper, &job->work);
        job->posted = true;
    }
    pthread_mutex_unlock(&server->job_lock);
}

/* Begin to work, with so many threads. */
static void
workers_init(struct push_server *server, size_t count)
{
    pthread_condattr_t monotonic;

    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&server->job_changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&server->job_lock, NULL);
    executor_init(&server->workers, count);
}

/* Give the client what was made for it. */
static void
feed(void *argument)
{
    struct job *job = argument;
    unsigned made;

    pthread_mutex_lock(&job->server->job_lock);
    job->posted = false;
    made = job->made;
    pthread_mutex_unlock(&job->server->job_lock);
    if (job->visit == NULL)
        return;
    for (; job->fed < made; job->fed++)
        push_feed(&job->visit->client);
    stream_resume(job->visit->connection.stream);
}

/* A job was done, or will not be: the server stops, and what is missing is made
 * at once. */
static void
on_done(void *argument)
{
    struct job *job = argument;

    if (!job->job.begun)
        job->made = job->count;
    feed(job);
    if (job->visit != NULL)
        job->visit->job = NULL;
    free(job);
}

/* Have a worker make what a client waits for, if it does. False: no memory. */
static bool
begin_job(struct visit *visit)
{
    struct push_server *server = visit->server;
    unsigned count;
    int64_t every_ms;
    struct job *job;

    if (!push_job(&visit->client, &count, &every_ms))
        return true;
    job = calloc(1, sizeof(*job));
    if (job == NULL)
        return false;
    *job = (struct job) {
        .job = { .work = make_pieces,
            .done = on_done,
            .argument = job,
            .keeper = visit->connection.keeper },
        .server = server,
        .visit = visit,
        .count = count,
        .every_ms = every_ms,
        .work = { .run = feed, .argument = job },
    };
    visit->job = job;
    executor_submit(&server->workers, &job->job);
    return true;
}

/* Have the rest of a job made at once. */
static void
hurry_job(struct visit *visit)
{
    struct push_server *server = visit->server;

    if (visit->job == NULL)
        return;
    pthread_mutex_lock(&server->job_lock);
    visit->job->hurried = true;
    pthread_cond_broadcast(&server->job_changed);
    pthread_mutex_unlock(&server->job_lock);
}

/* End a job, done or not. */
static void
end_job(struct visit *visit)
{
    struct push_server *server = visit->server;
    struct job *job = visit->job;

    visit->job = NULL;
    if (job == NULL)
        return;
    job->visit = NULL;
    if (executor_cancel(&server->workers, &job->job)) {
        free(job);
        return;
    }
    pthread_mutex_lock(&server->job_lock);
    job->cancelled = true;
    pthread_cond_broadcast(&server->job_changed);
    pthread_mutex_unlock(&server->job_lock);
}

/* --- Listeners ------------------------------------------------------------ */

/* Have a client go on, whatever it waits for. */
static void
rouse(struct visit *visit)
{
    struct stream *stream = visit->connection.stream;

    visit->idle = false;
    if (visit->waits)
        stream_resume(stream);
    else
        stream_produce(stream);
}

/* Write to a listener that sleeps what is news to it. What it does not take, or
 * the end of its answer, is written by its stream. */
static void
offer(struct visit *visit, char *buffer)
{
    struct stream *stream = visit->connection.stream;
    enum push_step step;
    size_t length, taken;

    while (visit->idle) {
        step =
            push_next(&visit->client, stream_now(), buffer, PUSH_ROOM, &length);
        taken = length > 0 ? stream_offer(stream, buffer, length) : 0;
        if (step == PUSH_WAIT && taken == length)
            break;
        if (!push_keep(&visit->client, buffer + taken, length - taken)) {
            stream_free(stream);
            return;
        }
        if (step != PUSH_MORE || taken < length)
            rouse(visit);
    }
}

/* Give some of those who are due their turn. */
static void
give_turns(struct audience *audience)
{
    struct visit *visit;

    for (int i = 0;
         i < PUSH_TURNS && (visit = TAILQ_FIRST(&audience->due)) != NULL; i++) {
        TAILQ_REMOVE(&audience->due, visit, turn);
        visit->due = false;
        offer(visit, audience->buffer);
    }
}

/* Have a loop look for news; the lock is held. */
static void
post(struct audience *audience)
{
    if (!audience->posted)
        keeper_post(audience->keeper, &audience->work);
    audience->posted = true;
}

/* There is news for listeners of this loop. */
static void
on_news(void *argument)
{
    struct audience *audience = argument;
    struct visit *visit;

    pthread_mutex_lock(&audience->lock);
    audience->posted = false;
    for (int slot = 0; slot < CHANNELS_MAX; slot++) {
        if (!audience->news[slot])
            continue;
        audience->news[slot] = false;
        LIST_FOREACH(visit, &audience->listeners[slot], listener) {
            if (!visit->due)
                TAILQ_INSERT_TAIL(&audience->due, visit, turn);
            visit->due = true;
        }
    }
    pthread_mutex_unlock(&audience->lock);
    give_turns(audience);
    pthread_mutex_lock(&audience->lock);
    if (!TAILQ_EMPTY(&audience->due))
        post(audience);
    pthread_mutex_unlock(&audience->lock);
}

/* Tell all who listen to a channel that there is news, if there is. Their loops
 * do, each its own. */
static void
tell_all(struct push_server *server, int slot)
{
    struct audience *audience;

    if (slot < 0)
        return;
    pthread_mutex_lock(&server->lock);
    SLIST_FOREACH(audience, &server->audiences, link)
    {
        pthread_mutex_lock(&audience->lock);
        audience->news[slot] = true;
        post(audience);
        pthread_mutex_unlock(&audience->lock);
    }
    pthread_mutex_unlock(&server->lock);
}

/* The audience of a loop, which is made for its first client; NULL: no memory.
 */
static struct audience *
find_audience(struct push_server *server, struct keeper *keeper)
{
    struct audience *audience;

    pthread_mutex_lock(&server->lock);
    SLIST_FOREACH(audience, &server->audiences, link)
    if (audience->keeper == keeper)
        break;
    if (audience == NULL && (audience = calloc(1, sizeof(*audience))) != NULL) {
        audience->keeper = keeper;
        TAILQ_INIT(&audience->due);
        pthread_mutex_init(&audience->lock, NULL);
        audience->work =
            (struct keeper_work) { .run = on_news, .argument = audience };
        SLIST_INSERT_HEAD(&server->audiences, audience, link);
    }
    pthread_mutex_unlock(&server->lock);
    return audience;
}

/* Listen to the channel that was asked for, if any was. False: no memory. */
static bool
listen_to(struct visit *visit)
{
    const int slot = push_slot(&visit->client);

    if (slot < 0)
        return true;
    visit->audience = find_audience(visit->server, visit->connection.keeper);
    if (visit->audience == NULL)
        return false;
    LIST_INSERT_HEAD(&visit->audience->listeners[slot], visit, listener);
    visit->listens = true;
    return true;
}

/* Listen no more. */
static void
leave(struct visit *visit)
{
    if (visit->listens)
        LIST_REMOVE(visit, listener);
    if (visit->due)
        TAILQ_REMOVE(&visit->audience->due, visit, turn);
    visit->listens = visit->due = false;
}

/* --- Answers -------------------------------------------------------------- */

/* Send what is to be said now; how it goes on, and when there is more to say at
 * the latest. This is a piece of it; with PUSH_WAIT others may write, too, from
 * now on. */
static enum push_step
send_due(struct visit *visit, int64_t *until)
{
    struct stream *stream = visit->connection.stream;
    enum push_step step;
    size_t room, length;
    char *buffer = stream_reserve(stream, &room);
    const int64_t now = stream_now();

    if (now >= visit->stop_at)
        push_stop(&visit->client);
    step = push_next(&visit->client, now, buffer, room, &length);
    stream_commit(stream, length);
    if (step == PUSH_WAIT && length > 0)
        return PUSH_MORE;
    visit->idle = step == PUSH_WAIT;
    *until = push_until(&visit->client);
    if (now < visit->stop_at && visit->stop_at < *until)
        *until = visit->stop_at;
    return step;
}

/* Take in frames; whether there were any. */
static bool
take_frames(struct visit *visit, char *data, size_t size, size_t *used)
{
    const enum push_taken taken =
        push_receive(&visit->client, stream_now(), data, size, used);

    tell_all(visit->server, push_news(&visit->client));
    if (*used == 0 && taken == PUSH_ALL)
        return false;
    visit->idle = false;
    stream_produce(visit->connection.stream);
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

/* It is time to go on with a conversation. */
static void
on_beat(evutil_socket_t fd, short what, void *argument)
{
    rouse(argument);
}

/* Have a conversation go on in time, unless frames come before; false: no
 * memory. */
static bool
set_beat(struct visit *visit, int64_t until)
{
    const int64_t left = until - stream_now();
    const struct timeval wait = { .tv_sec = (time_t)(left / 1000),
        .tv_usec = (suseconds_t)(left % 1000 * 1000) };
    static const struct timeval now = { 0, 0 };

    if (until == NEVER)
        return true;
    if (visit->beat == NULL)
        visit->beat =
            evtimer_new(visit->connection.keeper->streams.base, on_beat, visit);
    /* It may come too early: frames put it off. */
    return visit->beat != NULL &&
           (evtimer_pending(visit->beat, NULL) ||
               evtimer_add(visit->beat, left > 0 ? &wait : &now) == 0);
}

/* Sleep until there is more to say, or to read; false: it is to be read, or
 * there is nobody to say it to. This only begins it. */
static bool
await_more(struct visit *visit, int64_t until)
{
    struct stream *stream = visit->connection.stream;
    const int64_t now = stream_now();

    if (push_is_websocket(&visit->client) && !visit->deaf) {
        if (!set_beat(visit, until))
            stream_reset(stream);
        return false;
    }
    visit->waits = true;
    stream_pause(stream, until == NEVER ? 0 : until > now ? until - now : 1);
    return true;
}

/* End an answer. */
static void
end_answer(struct visit *visit)
{
    end_job(visit);
    leave(visit);
    visit->idle = false;
    if (visit->beat != NULL)
        event_free(visit->beat);
    visit->beat = NULL;
}

/* Send an answer, and converse where that is the answer. This is one piece of
 * it, or a pause. */
static bool
send_answer(struct stream *stream, void *session)
{
    struct visit *visit = session;
    enum push_step step = PUSH_CLOSE;
    int64_t until;

    if (visit->waits && stream_news(stream) == STREAM_STOPS)
        hear_of_stop(visit);
    if (!visit->waits || stream_news(stream) != STREAM_LEFT)
        step = send_due(visit, &until);
    visit->waits = false;
    if (step == PUSH_MORE)
        return true;
    if (step == PUSH_WAIT)
        return await_more(visit, until);
    end_answer(visit);
    if (step == PUSH_CLOSE)
        stream_finish(stream);
    return false;
}

/* Answer a request. This begins it. */
static void
answer(struct visit *visit, const struct http_request *request)
{
    struct stream *stream = visit->connection.stream;

    push_begin(&visit->client, request, time(NULL), stream_now());
    tell_all(visit->server, push_news(&visit->client));
    if (!listen_to(visit) || !begin_job(visit))
        stream_reset(stream);
    if (push_is_websocket(&visit->client))
        stream_be_patient(stream);
    stream_produce(stream);
}

/* Begin to serve a client. */
static void
begin_visit(struct stream *stream, void *session, void *argument)
{
    struct visit *visit = session;
    char peer[NET_TEXT_MAX];

    visit->server = argument;
    visit->stop_at = NEVER;
    http_init(&visit->parser);
    http_take_posts(&visit->parser);
    stream_peer(stream, peer);
    push_open(&visit->client, &visit->server->site, peer);
}

/* Read what has come: the next request, or frames. If all of it is there, its
 * answer begins. */
static enum stream_found
read_more(
    struct stream *stream, char *data, size_t size, size_t *used, void *session)
{
    struct visit *visit = session;
    struct http_request request;

    if (push_is_websocket(&visit->client))
        return take_frames(visit, data, size, used) ? STREAM_FOUND_ALL
                                                    : STREAM_FOUND_NOTHING;
    if (http_parse(&visit->parser, data, size, &request, used) == HTTP_MORE)
        return http_is_idle(&visit->parser, size - *used) ? STREAM_FOUND_NOTHING
                                                          : STREAM_FOUND_PART;
    answer(visit, &request);
    return STREAM_FOUND_ALL;
}

/* There will be no further input: tell a client that was too late, or end a
 * conversation in its time. */
static void
end_input(struct stream *stream, bool late, void *session)
{
    static const struct http_request too_late = HTTP_LATE;
    struct visit *visit = session;

    visit->deaf = true;
    if (push_is_websocket(&visit->client))
        stream_produce(stream);
    else if (late)
        answer(visit, &too_late);
    else
        stream_finish(stream);
}

/* Forget a client. */
static void
end_visit(struct stream *stream, int error, void *session)
{
    struct visit *visit = session;

    end_answer(visit);
    push_end(&visit->client, stream_now());
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
    SLIST_INIT(&server->audiences);
}

/* Free what the loops had. */
static void
free_audiences(struct push_server *server)
{
    struct audience *audience;

    while ((audience = SLIST_FIRST(&server->audiences)) != NULL) {
        SLIST_REMOVE_HEAD(&server->audiences, link);
        free(audience);
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
    workers_init(&server, options->workers);
    status = server_run(&options->server,
        &(struct server_program) {
            .name = "http",
            .port = options->port,
            .refusal = http_server_refusal(),
            .session_size = sizeof(struct visit),
            .open = begin_visit,
            .handler = {
                .limits = &options->server.limits,
                .input = read_more,
                .ended = end_input,
                .produce = send_answer,
                .gone = end_visit,
            },
            .argument = &server,
            .executor = &server.workers,
        },
        1);
    free_audiences(&server);
    push_site_free(&server.site);
    free(options->origins);
    return status;
}
