/*
 * flags, with threads: it downloads the flags of countries, many at once.
 *
 * Workers take flags from a queue, as many as there may be requests at once,
 * and each goes straight down: connect, ask, read, save. A wait is a poll for
 * the server or a stop, and before a retry a sleep in the queue. The main
 * thread hears signals and prints.
 *
 * What becomes of it in the evented twin: a worker is a place, of which there
 * is a count, as in a semaphore; the steps of fetch are callbacks; its local
 * variables are members of struct job; the sleep is a timer. Saving is a job
 * for another thread there.
 */
#include "common/deadline.h"
#include "common/flags_console.h"
#include "common/net.h"
#include "threaded/stream.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* The most that is read at once. */
#define READ_SIZE 16384

/* What an address may take to answer, in milliseconds, while there are others
 * that were not tried. */
#define NEXT_MS 300

/* The stack of a worker: looking up a name takes the most. */
#define STACK_SIZE (256 * 1024)

/* Between two looks at the clock. */
#define LOOK_MS 1000

/* By which workers tell the main thread, which has it blocked, of news. */
#define NEWS SIGUSR1

/* A flag. */
struct job {
    struct transfer transfer;
    struct save save;
    STAILQ_ENTRY(job) link;
};
STAILQ_HEAD(job_list, job);

/* A downloader. */
struct flags {
    struct flags_options options;
    struct flags_console console;
    sigset_t signals;
    pthread_t main;
    int folder;
    int stop;         /* an eventfd, readable when all are to end */
    struct job *jobs; /* one for each code, touched when it is asked for */

    pthread_mutex_t lock; /* of all that follows */
    pthread_cond_t changed;
    size_t next, left;       /* jobs not asked for, not done */
    struct job_list ready;   /* to be asked for again, */
    struct job_list resting; /* but not before they are due */
    struct job_list done;    /* and not printed */
    size_t working;          /* workers that take jobs, or will once started */
    bool started;            /* all workers are, that can be */

    atomic_bool stopping; /* written under the lock */
};

/* A worker, with the connection that it keeps. */
struct worker {
    struct flags *flags;
    pthread_t thread;
    int fd;            /* -1: none */
    bool reused;       /* it had an answer before */
    struct url server; /* whose it is */
    char input[HTTP_RESPONSE_HEAD_MAX + READ_SIZE];
};

/* What ended a wait. */
enum waited {
    WAITED_READY,
    WAITED_LATE,
    WAITED_STOP,
};

/* --- The connection ------------------------------------------------------ */

/* Wait until a deadline; for a socket. Time for which the process was stopped
 * does not count: so it is looked at the clock every second. */
static enum waited
await(struct worker *worker, struct job *job, short events, int64_t until)
{
    struct pollfd peers[] = { { .fd = worker->fd, .events = events },
        { .fd = worker->flags->stop, .events = POLLIN } };
    int64_t now = stream_now();

    for (;;) {
        const int64_t left = until - now;
        const int64_t wait = left < 0 ? 0 : left < LOOK_MS ? left : LOOK_MS;
        const int64_t planned = now + wait;
        const int found = poll(peers, 2, (int)wait);
        int64_t lost_ms;

        if (found > 0)
            return peers[1].revents != 0 ? WAITED_STOP : WAITED_READY;
        now = stream_now();
        lost_ms = deadline_lost_ms(planned, now);
        if (lost_ms > 0 && until != NEVER) {
            transfer_lost(&job->transfer, lost_ms);
            until += lost_ms;
        }
        if (now >= until)
            return WAITED_LATE;
    }
}

/* Close the connection, if there is one. */
static void
hang_up(struct worker *worker)
{
    if (worker->fd != -1)
        close(worker->fd);
    worker->fd = -1;
}

/* Connect to an address; within a time. False, with errno: it cannot be, or
 * the socket cannot (*unable). */
static bool
connect_to(struct worker *worker, struct job *job,
    const struct addrinfo *address, int64_t until, bool *unable)
{
    socklen_t size = sizeof(errno);
    int error = 0;

    worker->fd = socket(address->ai_family,
        address->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
        address->ai_protocol);
    *unable = worker->fd == -1;
    if (*unable)
        return false;
    net_no_delay(worker->fd);
    if (connect(worker->fd, address->ai_addr, address->ai_addrlen) == 0)
        return true;
    if (errno == EINPROGRESS &&
        await(worker, job, POLLOUT, until) == WAITED_READY &&
        getsockopt(worker->fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 &&
        error == 0)
        return true;
    hang_up(worker);
    return false;
}

/* Try the addresses of a server in turn, each for a short time, then once more
 * with all of it, so that one that is dead holds nobody up.
 * Twin: connect_next. */
static bool
connect_to_any(struct worker *worker, struct job *job,
    const struct addrinfo *addresses, bool *unable)
{
    const bool one = addresses->ai_next == NULL;

    for (int round = one ? 1 : 0; round < 2; round++) {
        for (const struct addrinfo *a = addresses; a != NULL; a = a->ai_next) {
            const int64_t now = stream_now();
            int64_t until = transfer_connect_deadline(&job->transfer, now);

            if (round == 0 && until > now + NEXT_MS)
                until = now + NEXT_MS;
            if (connect_to(worker, job, a, until, unable))
                return true;
            if (*unable || worker->flags->stopping)
                return false;
        }
    }
    return false;
}

/* Have a connection to the server that is to be asked: the one that is kept, or
 * another. False: there is none, and the transfer knows why. */
static bool
reach(struct worker *worker, struct job *job)
{
    struct transfer *transfer = &job->transfer;
    const int64_t until = transfer_deadline(transfer, stream_now());
    char text[NET_TEXT_MAX];
    struct addrinfo *addresses;
    bool reached, unable = false;

    /* What has come unasked is no answer to what is asked now. */
    worker->reused = worker->fd != -1 && !transfer->fresh &&
                     url_same_server(&worker->server, &transfer->url) &&
                     !net_readable(worker->fd);
    if (worker->reused)
        return true;
    hang_up(worker);
    worker->server = transfer->url;
    addresses = net_resolve(transfer->url.host, transfer->url.port, text);
    if (stream_now() >= until) {
        if (addresses != NULL)
            freeaddrinfo(addresses);
        transfer_late(transfer, stream_now());
        return false;
    }
    reached =
        addresses != NULL && connect_to_any(worker, job, addresses, &unable);
    if (unable)
        transfer_unable(transfer, errno, stream_now());
    else if (!reached && !worker->flags->stopping)
        transfer_unreachable(transfer, stream_now());
    if (addresses != NULL)
        freeaddrinfo(addresses);
    return reached;
}

/* --- One request --------------------------------------------------------- */

/* Send the request. If that fails, what had come by then is the answer. */
static void
send_request(struct worker *worker, struct job *job)
{
    char text[TRANSFER_REQUEST_MAX];
    const size_t length = transfer_request(&job->transfer, text);
    const int64_t until = transfer_deadline(&job->transfer, stream_now());
    size_t sent = 0;

    while (sent < length) {
        const ssize_t count =
            send(worker->fd, text + sent, length - sent, MSG_NOSIGNAL);

        if (count > 0) {
            sent += (size_t)count;
        } else if (errno != EAGAIN && errno != EINTR) {
            shutdown(worker->fd, SHUT_RDWR);
            return;
        } else if (await(worker, job, POLLOUT, until) != WAITED_READY) {
            return;
        }
    }
}

/* Begin the file, or begin it anew; 0, or an errno. */
static int
begin_file(struct worker *worker, struct job *job)
{
    if (job->save.part[0] != '\0')
        return save_empty(&job->save);
    return save_begin(&job->save, worker->flags->folder, job->transfer.name);
}

/* Take in an event of the answer. False: it was the last. */
static bool
take_in(struct worker *worker, struct job *job, enum http_response_event event,
    const struct http_response *response)
{
    struct transfer *transfer = &job->transfer;
    const int64_t now = stream_now();
    enum transfer_use use;
    int error = 0;

    switch (event) {
    case HTTP_RESPONSE_HEAD:
        use = transfer_head(transfer, response, time(NULL));
        if (use == TRANSFER_KEEP)
            error = begin_file(worker, job);
        break;
    case HTTP_RESPONSE_BODY:
        use = transfer_body(transfer, response->body);
        if (use == TRANSFER_KEEP)
            error = save_append(
                &job->save, response->body.text, response->body.length);
        break;
    case HTTP_RESPONSE_END:
        if (!response->keep_alive)
            hang_up(worker);
        transfer_end(transfer, now);
        return false;
    case HTTP_RESPONSE_MORE:
    case HTTP_RESPONSE_BROKEN:
    default:
        hang_up(worker);
        transfer_broken(transfer, response->flaw, worker->reused, now);
        return false;
    }
    if (error != 0)
        transfer_saved(transfer, error, now);
    else if (use == TRANSFER_CLOSE)
        transfer_end(transfer, now);
    else
        return true;
    hang_up(worker);
    return false;
}

/* Read more of an answer. The bytes that came; 0 at the end, -1 for a
 * connection that is broken. False: it did not come in time, or all end. */
static bool
read_more(struct worker *worker, struct job *job, size_t size, ssize_t *got)
{
    const int64_t now = stream_now();
    enum waited waited;

    do {
        waited =
            await(worker, job, POLLIN, transfer_deadline(&job->transfer, now));
        if (waited != WAITED_READY) {
            hang_up(worker);
            if (waited == WAITED_LATE)
                transfer_late(&job->transfer, stream_now());
            return false;
        }
        *got = recv(worker->fd, worker->input + size, READ_SIZE, 0);
    } while (*got == -1 && (errno == EAGAIN || errno == EINTR));
    return true;
}

/* Read the answer. All of it, from its first byte to its last. */
static void
read_answer(struct worker *worker, struct job *job)
{
    struct http_response_parser parser;
    struct http_response response;
    enum http_response_event event;
    size_t begin = 0, end = 0, used;
    ssize_t got;

    http_response_init(
        &parser, HTTP_GET, job->transfer.fields, TRANSFER_FIELDS);
    do {
        event = http_response_parse(
            &parser, worker->input + begin, end - begin, &response, &used);
        begin += used;
        if (event != HTTP_RESPONSE_MORE)
            continue;
        memmove(worker->input, worker->input + begin, end - begin);
        end -= begin;
        begin = 0;
        if (!read_more(worker, job, end, &got))
            return;
        if (got > 0)
            end += (size_t)got;
        else
            event = http_response_end(&parser, got == 0, &response);
    } while (
        event == HTTP_RESPONSE_MORE || take_in(worker, job, event, &response));
}

/* Make a request, and what it leads to in the same place. */
static void
fetch(struct worker *worker, struct job *job)
{
    struct transfer *transfer = &job->transfer;

    transfer_begin(transfer, stream_now());
    do {
        if (!reach(worker, job))
            continue;
        send_request(worker, job);
        read_answer(worker, job);
    } while (transfer->step == TRANSFER_FOLLOW && !worker->flags->stopping);
}

/* --- The queue ----------------------------------------------------------- */

/* Move the jobs that are due from those that rest; when the next one is. */
static int64_t
rouse(struct flags *flags)
{
    const int64_t now = stream_now();
    int64_t next = NEVER;
    struct job *job, *after;

    for (job = STAILQ_FIRST(&flags->resting); job != NULL; job = after) {
        after = STAILQ_NEXT(job, link);
        if (job->transfer.due <= now) {
            STAILQ_REMOVE(&flags->resting, job, job, link);
            STAILQ_INSERT_TAIL(&flags->ready, job, link);
        } else if (job->transfer.due < next) {
            next = job->transfer.due;
        }
    }
    return next;
}

/* Take the next job, one that is not asked for yet, or is to be asked for
 * again; NULL: there is none now, and *until says when there may be. */
static struct job *
find_job(struct flags *flags, int64_t *until)
{
    struct job *job;

    *until = rouse(flags);
    if (flags->next < flags->options.count) {
        job = &flags->jobs[flags->next];
        transfer_start(&job->transfer, &flags->options.rules,
            flags->options.codes[flags->next++]);
        job->save = (struct save)SAVE_NONE;
        return job;
    }
    job = STAILQ_FIRST(&flags->ready);
    if (job != NULL)
        STAILQ_REMOVE_HEAD(&flags->ready, link);
    return job;
}

/* Wait for a change, or until a time; under the lock. */
static void
await_change(struct flags *flags, int64_t until)
{
    const struct timespec at = { .tv_sec = (time_t)(until / 1000),
        .tv_nsec = (long)(until % 1000) * 1000000 };

    if (until == NEVER)
        pthread_cond_wait(&flags->changed, &flags->lock);
    else
        pthread_cond_timedwait(&flags->changed, &flags->lock, &at);
}

/* Whether a worker is not needed any more: the others are enough for all jobs
 * that are left, even if these have to be asked for again. Under the lock. */
static bool
is_spare(const struct flags *flags)
{
    return flags->started && flags->left < flags->working;
}

/* Take the next job, and wait for it; NULL: there will be none. */
static struct job *
take_job(struct flags *flags)
{
    struct job *job = NULL;
    int64_t until;

    pthread_mutex_lock(&flags->lock);
    while (!flags->stopping && flags->left > 0) {
        job = find_job(flags, &until);
        if (job != NULL || (until == NEVER && is_spare(flags)))
            break;
        await_change(flags, until);
    }
    if (job == NULL && --flags->working == 0)
        pthread_kill(flags->main, NEWS);
    pthread_mutex_unlock(&flags->lock);
    return job;
}

/* Have all end, and begin nothing more; under the lock. */
static void
stop(struct flags *flags)
{
    const uint64_t one = 1;

    flags->stopping = true;
    (void)!write(flags->stop, &one, sizeof(one));
    pthread_cond_broadcast(&flags->changed);
}

/* Give a job back, and its place: it is done, or waits for another one. */
static void
put_back(struct flags *flags, struct job *job)
{
    pthread_mutex_lock(&flags->lock);
    if (job->transfer.step == TRANSFER_DONE) {
        /* Once told, it takes all that there is by the time it looks. */
        if (STAILQ_EMPTY(&flags->done))
            pthread_kill(flags->main, NEWS);
        STAILQ_INSERT_TAIL(&flags->done, job, link);
        flags->left--;
        if (job->transfer.fatal)
            stop(flags);
        if (flags->left == 0)
            pthread_cond_broadcast(&flags->changed);
    } else {
        if (job->transfer.step == TRANSFER_WAIT)
            STAILQ_INSERT_TAIL(&flags->resting, job, link);
        else
            STAILQ_INSERT_TAIL(&flags->ready, job, link);
        pthread_cond_signal(&flags->changed);
    }
    pthread_mutex_unlock(&flags->lock);
}

/* Save what a job has kept, or drop it. */
static void
settle_file(struct flags *flags, struct job *job)
{
    struct transfer *transfer = &job->transfer;
    int error;

    if (transfer->step == TRANSFER_SAVE) {
        error = save_finish(&job->save, transfer->name, &flags->options.save);
        transfer_saved(transfer, error, stream_now());
    }
    if (transfer->step == TRANSFER_DONE)
        save_drop(&job->save);
}

/* The life of a worker. Twin: on_turn. */
static void *
work(void *argument)
{
    struct worker *worker = argument;
    struct flags *flags = worker->flags;
    struct job *job;

    while ((job = take_job(flags)) != NULL) {
        fetch(worker, job);
        settle_file(flags, job);
        put_back(flags, job);
    }
    hang_up(worker);
    return NULL;
}

/* --- The main thread ----------------------------------------------------- */

/* Print what is done; whether workers are left. Twin: on_tick. */
static bool
print_news(struct flags *flags)
{
    struct job_list done;
    struct job *job;
    bool working;

    pthread_mutex_lock(&flags->lock);
    STAILQ_INIT(&done);
    STAILQ_CONCAT(&done, &flags->done);
    working = flags->working > 0;
    pthread_mutex_unlock(&flags->lock);
    STAILQ_FOREACH(job, &done, link)
        flags_console_done(&flags->console, &job->transfer, stream_now());
    flags_console_tick(&flags->console, stream_now());
    return working;
}

/* Wait for a signal, or news, or the time to look. */
static int
await_signal(const struct flags *flags)
{
    static const struct timespec wait = { .tv_nsec = 100000000 };
    sigset_t all = flags->signals;
    int signal;

    sigaddset(&all, NEWS);
    signal = sigtimedwait(&all, NULL, &wait);
    return signal == NEWS || signal == -1 ? 0 : signal;
}

/* Print and hear signals until the workers have ended, or, interrupted, have
 * had their time. Twin: on_signal. */
static void
keep(struct flags *flags)
{
    int64_t patience = NEVER;

    while (print_news(flags) && stream_now() < patience) {
        const int signal = await_signal(flags);

        if (signal == 0)
            continue;
        patience = stream_now() + FLAGS_GRACE_MS;
        flags_console_interrupted(&flags->console, signal, &flags->signals);
        sigemptyset(&flags->signals);
        pthread_mutex_lock(&flags->lock);
        stop(flags);
        pthread_mutex_unlock(&flags->lock);
    }
}

/* Prepare the queue, or end. */
static void
prepare(struct flags *flags)
{
    pthread_condattr_t attributes;

    flags_fit(&flags->options);
    flags->folder = save_folder(flags->options.directory);
    if (flags->folder == -1) {
        fprintf(stderr, "flags: %s: %s\n", flags->options.directory,
            strerrordesc_np(errno));
        exit(2);
    }
    flags->main = pthread_self();
    flags->left = flags->options.count;
    STAILQ_INIT(&flags->ready);
    STAILQ_INIT(&flags->resting);
    STAILQ_INIT(&flags->done);
    pthread_mutex_init(&flags->lock, NULL);
    flags->jobs = calloc(flags->options.count, sizeof(*flags->jobs));
    flags->stop = eventfd(0, EFD_CLOEXEC);
    if (flags->jobs == NULL || flags->stop == -1 ||
        pthread_condattr_init(&attributes) != 0 ||
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) != 0 ||
        pthread_cond_init(&flags->changed, &attributes) != 0)
        cli_die("out of memory");
    pthread_condattr_destroy(&attributes);
}

/* Start a worker; NULL: it cannot be. */
static struct worker *
start_worker(struct flags *flags, const pthread_attr_t *attributes)
{
    struct worker *worker = malloc(sizeof(*worker));

    if (worker == NULL)
        return NULL;
    worker->flags = flags;
    worker->fd = -1;
    if (pthread_create(&worker->thread, attributes, work, worker) == 0)
        return worker;
    free(worker);
    return NULL;
}

/* Start the workers, as many as can be, or end if none can.
 * Twin: prepare_loop. */
static struct worker **
start_workers(struct flags *flags)
{
    const size_t count = flags->options.connections < flags->options.count
                             ? flags->options.connections
                             : flags->options.count;
    struct worker **workers = calloc(count + 1, sizeof(*workers));
    pthread_attr_t attributes;
    size_t i = 0;

    if (workers == NULL || pthread_attr_init(&attributes) != 0)
        cli_die("out of memory");
    pthread_attr_setstacksize(&attributes, STACK_SIZE);
    flags->working = count;
    while (i < count && (workers[i] = start_worker(flags, &attributes)) != NULL)
        i++;
    pthread_attr_destroy(&attributes);
    if (i == 0)
        cli_die("cannot make threads: %s", strerrordesc_np(EAGAIN));
    pthread_mutex_lock(&flags->lock);
    flags->working -= count - i;
    flags->started = true;
    pthread_mutex_unlock(&flags->lock);
    return workers;
}

/* Free what is left, when no thread has any of it. */
static void
free_all(struct flags *flags, struct worker **workers)
{
    for (struct worker **w = workers; *w != NULL; w++) {
        pthread_join((*w)->thread, NULL);
        free(*w);
    }
    free(workers);
    free(flags->jobs);
}

/* Drop what was not completed. False: workers are late, and have it still. */
static bool
drop_rest(struct flags *flags)
{
    bool ended;

    pthread_mutex_lock(&flags->lock);
    for (size_t i = 0; i < flags->next; i++)
        save_drop(&flags->jobs[i].save);
    ended = flags->working == 0;
    pthread_mutex_unlock(&flags->lock);
    return ended;
}

/* Read the command line and download. */
int
main(int argc, char **argv)
{
    static struct flags flags;
    sigset_t news;
    struct worker **workers;

    flags_cli(&flags.options, &(struct cli_twin) { .version = "(threaded)" },
        argc, argv);
    flags.options.rules.seed = arc4random();
    prepare(&flags);
    flags_console_begin(&flags.console, &flags.options, stream_now());
    flags_console_block_signals(&flags.signals);
    sigemptyset(&news);
    sigaddset(&news, NEWS);
    pthread_sigmask(SIG_BLOCK, &news, NULL);
    workers = start_workers(&flags);

    keep(&flags);

    if (drop_rest(&flags))
        free_all(&flags, workers);
    return flags_console_end(&flags.console, stream_now());
}
