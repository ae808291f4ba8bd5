/*
 * flags, with an event loop: it downloads the flags of countries, many at once.
 *
 * What became of the threaded twin: a worker is a place, of which there is a
 * count, as in a semaphore. The steps of its fetch are callbacks, one for each
 * wait: on_found, on_event, on_readable, on_saved; a wait that has an end is
 * the job's timer. Its local variables are members of struct job. What would
 * block the loop, to look up a name and to save a file, is done by other
 * threads.
 */
#include "common/deadline.h"
#include "common/flags_console.h"
#include "common/net.h"
#include "evented/executor.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event_struct.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* The most of a body that is held: what is larger is written as it comes, and
 * meanwhile nothing more is read. */
#define BODY_MAX 65536

/* What an address may take to answer, in milliseconds, while there are others
 * that were not tried. */
#define NEXT_MS 300

/* Between two looks at the clock. */
#define LOOK_MS 1000

/* Between two drawings of the bar. */
#define TICK_MS 100

/* Threads that look up names. While so many wait for name servers that hang,
 * others wait as well; addresses never do. */
#define FINDERS 16

/* The most threads that save: more would only wait for one another. */
#define SAVERS_DEFAULT 4
#define SAVERS_MAX     64

struct flags;
struct job;

/* A connection. */
struct link {
    struct flags *flags;
    struct job *job; /* that it is used for; NULL: it is kept for another */
    struct bufferevent *bev;
    bool reused; /* it had an answer before */
    LIST_ENTRY(link) kept;
    uint16_t port; /* of the server, and its name: a whole URL would
                      be two KiB */
    char host[URL_HOST_MAX];
};

/* A look-up of a name. It may outlive its purpose. */
struct look_up {
    struct executor_job work;
    struct flags *flags;
    struct job *job; /* NULL: nobody waits for it any more */
    struct addrinfo *addresses;
    uint16_t port;
    char host[URL_HOST_MAX];
};

/* How a connection has ended. */
enum end {
    END_NOT,
    END_ORDERLY,
    END_BROKEN,
};

/* A flag. */
struct job {
    struct flags *flags;
    struct transfer transfer;
    struct save save;
    TAILQ_ENTRY(job) among; /* those that are ready */

    /* What is waited for, until when. */
    struct event timer;
    int64_t until, planned;

    /* To have a connection. */
    struct look_up *look_up;
    struct addrinfo *addresses;
    const struct addrinfo *address; /* that is tried; NULL: connected */
    int round;

    /* To read the answer. */
    struct link *link;
    struct http_response_parser parser;
    enum end end;

    /* To save the file; another thread has these while it does. */
    struct executor_job work;
    struct evbuffer *body; /* that was not written yet */
    bool anew;             /* what was written before is to be dropped */
    bool whole;            /* there is no more */
    int error;

    bool saving; /* another thread does */
    bool inside; /* it is being submitted */
};

/* A downloader. */
struct flags {
    struct flags_options options;
    struct flags_console console;
    sigset_t signals;
    int folder;
    struct keeper keeper;
    struct executor savers, finders;
    struct event *signaled, *turn, *patience;
    struct job *jobs;  /* one for each code, touched when it is asked for */
    size_t next, left; /* jobs not asked for, not done */
    TAILQ_HEAD(, job) ready; /* to be asked for again */
    LIST_HEAD(, link) kept;  /* connections that nobody uses now */
    size_t links;            /* connections in all, at most one for a place */
    size_t places;           /* jobs that may be begun now: a semaphore */
    size_t looking, saving;  /* jobs that other threads have */
    bool stopping;
};

static void settle(struct job *job);
static void await_place(struct job *job);
static void put_back(struct job *job);

/* --- The connection ------------------------------------------------------ */

/* Have the timer run out after a time, or when it is time to look. False: no
 * memory. */
static bool
set_timer(struct job *job)
{
    const int64_t now = stream_now(), left = job->until - now;
    const int64_t wait = left < 0 ? 0 : left < LOOK_MS ? left : LOOK_MS;
    const struct timeval after = { .tv_sec = (time_t)(wait / 1000),
        .tv_usec = (suseconds_t)(wait % 1000 * 1000) };

    job->planned = now + wait;
    return event_add(&job->timer, &after) == 0;
}

/* Wait until a deadline; for what comes next. False: no memory. */
static bool
await(struct job *job, int64_t until)
{
    job->until = until;
    return set_timer(job);
}

/* Free a connection. */
static void
free_link(struct link *link)
{
    link->flags->links--;
    bufferevent_free(link->bev);
    free(link);
}

/* Close the connection, if there is one. */
static void
hang_up(struct job *job)
{
    struct link *link = job->link;

    if (link == NULL)
        return;
    job->link = NULL;
    free_link(link);
}

/* Keep the connection for others. */
static void
keep_link(struct job *job)
{
    struct link *link = job->link;

    job->link = NULL;
    link->job = NULL;
    link->reused = true;
    LIST_INSERT_HEAD(&link->flags->kept, link, kept);
}

/* Forget a connection that is kept. */
static void
forget_link(struct link *link)
{
    LIST_REMOVE(link, kept);
    free_link(link);
}

/* Find a connection that is kept to the server that is to be asked; NULL: there
 * is none. What has come unasked is no answer to what is asked now. */
static struct link *
find_link(struct flags *flags, const struct url *url)
{
    struct link *link, *next;

    for (link = LIST_FIRST(&flags->kept); link != NULL; link = next) {
        next = LIST_NEXT(link, kept);
        if (link->port != url->port || strcasecmp(link->host, url->host) != 0)
            continue;
        if (!net_readable(bufferevent_getfd(link->bev))) {
            LIST_REMOVE(link, kept);
            return link;
        }
        forget_link(link);
    }
    return NULL;
}

/* The request cannot be made, for a reason of this machine. */
static void
fail(struct job *job, int error)
{
    hang_up(job);
    transfer_unable(&job->transfer, error, stream_now());
    settle(job);
}

static void on_readable(struct bufferevent *bev, void *argument);
static void on_event(struct bufferevent *bev, short what, void *argument);

/* Make a connection of a socket; NULL: no memory, and the socket is closed. */
static struct link *
make_link(struct job *job, int fd)
{
    const struct url *url = &job->transfer.url;
    struct flags *flags = job->flags;
    struct link *link = malloc(sizeof(*link));

    if (flags->links >= flags->options.connections && !LIST_EMPTY(&flags->kept))
        forget_link(LIST_FIRST(&flags->kept));
    if (link != NULL) {
        link->flags = flags;
        link->job = job;
        link->port = url->port;
        memcpy(link->host, url->host, URL_HOST_MAX);
        link->reused = false;
        link->bev = bufferevent_socket_new(
            flags->keeper.streams.base, fd, BEV_OPT_CLOSE_ON_FREE);
        if (link->bev != NULL) {
            bufferevent_setcb(link->bev, on_readable, NULL, on_event, link);
            flags->links++;
            return link;
        }
    }
    free(link);
    close(fd);
    return NULL;
}

/* Connect to an address; the one whose turn it is. False, with errno: it
 * cannot be, or the socket cannot (*unable). */
static bool
connect_to(struct job *job, bool *unable)
{
    const struct addrinfo *address = job->address;
    const int64_t now = stream_now();
    int64_t until = transfer_connect_deadline(&job->transfer, now);
    const int fd = socket(address->ai_family,
        address->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
        address->ai_protocol);

    *unable = fd == -1;
    if (*unable)
        return false;
    net_no_delay(fd);
    job->link = make_link(job, fd);
    *unable = job->link == NULL;
    if (*unable) {
        errno = ENOMEM;
        return false;
    }
    if (job->round == 0 && until > now + NEXT_MS)
        until = now + NEXT_MS;
    if (bufferevent_socket_connect(
            job->link->bev, address->ai_addr, (int)address->ai_addrlen) == -1) {
        hang_up(job);
        return false;
    }
    *unable = !await(job, until);
    errno = ENOMEM;
    return !*unable;
}

/* Try the addresses of a server in turn, each for a short time, then once more
 * with all of it, so that one that is dead holds nobody up. This is the next
 * one. Twin: connect_to_any. */
static void
connect_next(struct job *job)
{
    bool unable = false;

    hang_up(job);
    for (;;) {
        job->address =
            job->address == NULL ? job->addresses : job->address->ai_next;
        if (job->address == NULL && ++job->round < 2)
            continue;
        if (job->address == NULL) {
            transfer_unreachable(&job->transfer, stream_now());
            settle(job);
            return;
        }
        if (connect_to(job, &unable))
            return;
        if (unable) {
            fail(job, errno);
            return;
        }
    }
}

/* Look up a name. In another thread. */
static void
look_up(void *argument)
{
    struct look_up *look_up = argument;
    char text[NET_TEXT_MAX];

    look_up->addresses = net_resolve(look_up->host, look_up->port, text);
}

/* Begin to try addresses; NULL: there are none. */
static void
try_addresses(struct job *job, struct addrinfo *addresses)
{
    if (addresses == NULL) {
        transfer_unreachable(&job->transfer, stream_now());
        settle(job);
        return;
    }
    job->addresses = addresses;
    job->address = NULL;
    job->round = addresses->ai_next == NULL ? 1 : 0;
    connect_next(job);
}

/* A name was looked up. */
static void
on_found(void *argument)
{
    struct look_up *look_up = argument;
    struct job *job = look_up->job;
    struct addrinfo *addresses = look_up->addresses;

    look_up->flags->looking--;
    free(look_up);
    if (job != NULL) {
        job->look_up = NULL;
        try_addresses(job, addresses);
    } else if (addresses != NULL) {
        freeaddrinfo(addresses);
    }
}

/* Have the name of the server looked up, by another thread. */
static void
submit_look_up(struct job *job)
{
    const struct url *url = &job->transfer.url;
    struct flags *flags = job->flags;
    struct look_up *wanted = calloc(1, sizeof(*wanted));

    if (wanted == NULL ||
        !await(job, transfer_deadline(&job->transfer, stream_now()))) {
        free(wanted);
        fail(job, ENOMEM);
        return;
    }
    wanted->flags = flags;
    wanted->job = job;
    wanted->port = url->port;
    memcpy(wanted->host, url->host, URL_HOST_MAX);
    wanted->work = (struct executor_job) { .work = look_up,
        .done = on_found,
        .argument = wanted,
        .keeper = &flags->keeper };
    job->look_up = wanted;
    flags->looking++;
    executor_submit(&flags->finders, &wanted->work);
}

static void send_request(struct job *job);

/* Have a connection to the server that is to be asked: one that is kept, or
 * another. */
static void
reach(struct job *job)
{
    struct transfer *transfer = &job->transfer;
    const struct url *url = &transfer->url;
    struct addrinfo *address;

    job->end = END_NOT;
    job->link = transfer->fresh ? NULL : find_link(job->flags, url);
    if (job->link != NULL) {
        job->link->job = job;
        send_request(job);
        return;
    }
    address = net_address(url->host, url->port);
    if (address != NULL)
        try_addresses(job, address);
    else
        submit_look_up(job);
}

/* --- One request --------------------------------------------------------- */

/* Send the request. If that fails, what had come by then is the answer. */
static void
send_request(struct job *job)
{
    struct bufferevent *bev = job->link->bev;
    char text[TRANSFER_REQUEST_MAX];
    const size_t length = transfer_request(&job->transfer, text);

    http_response_init(
        &job->parser, HTTP_GET, job->transfer.fields, TRANSFER_FIELDS);
    if (bufferevent_write(bev, text, length) == -1 ||
        bufferevent_enable(bev, EV_READ | EV_WRITE) == -1 ||
        !await(job, transfer_deadline(&job->transfer, stream_now())))
        fail(job, ENOMEM);
}

/* Begin the file, or begin it anew; in a thread that saves. 0, or an errno. */
static int
begin_file(struct job *job)
{
    if (job->save.part[0] == '\0')
        return save_begin(&job->save, job->flags->folder, job->transfer.name);
    return job->anew ? save_empty(&job->save) : 0;
}

/* Save what is held of a file, and all of it if it is whole. In a thread that
 * saves. */
static void
save(void *argument)
{
    struct job *job = argument;
    const size_t length = evbuffer_get_length(job->body);
    const unsigned char *bytes = evbuffer_pullup(job->body, -1);

    job->error = length > 0 && bytes == NULL ? ENOMEM : begin_file(job);
    job->anew = false;
    if (job->error == 0 && length > 0)
        job->error = save_append(&job->save, bytes, length);
    if (job->error == 0 && job->whole)
        job->error = save_finish(
            &job->save, job->transfer.name, &job->flags->options.save);
    evbuffer_drain(job->body, length);
}

/* Save what is held of a file. False: it is being done, and on_saved comes. */
static bool
submit_save(struct job *job, bool whole)
{
    job->whole = whole;
    job->saving = true;
    job->inside = true;
    job->flags->saving++;
    event_del(&job->timer);
    executor_submit(&job->flags->savers, &job->work);
    job->inside = false;
    return !job->saving;
}

/* What is to be done when an event of an answer was taken in. */
enum taken {
    TAKEN_MORE,  /* go on */
    TAKEN_KEEP,  /* it was the last; the connection can be kept, */
    TAKEN_CLOSE, /* or not */
};

/* Keep a piece of the file. */
static int
keep_piece(struct job *job, struct http_slice piece)
{
    return evbuffer_add(job->body, piece.text, piece.length) == 0 ? 0 : ENOMEM;
}

/* Take in an event of the answer. */
static enum taken
take_in(struct job *job, enum http_response_event event,
    const struct http_response *response)
{
    struct transfer *transfer = &job->transfer;
    const int64_t now = stream_now();
    enum transfer_use use;
    int error = 0;

    switch (event) {
    case HTTP_RESPONSE_HEAD:
        use = transfer_head(transfer, response, time(NULL));
        if (use == TRANSFER_KEEP) {
            evbuffer_drain(job->body, evbuffer_get_length(job->body));
            job->anew = true;
        }
        break;
    case HTTP_RESPONSE_BODY:
        use = transfer_body(transfer, response->body);
        if (use == TRANSFER_KEEP)
            error = keep_piece(job, response->body);
        break;
    case HTTP_RESPONSE_END:
        transfer_end(transfer, now);
        return response->keep_alive ? TAKEN_KEEP : TAKEN_CLOSE;
    case HTTP_RESPONSE_MORE:
    case HTTP_RESPONSE_BROKEN:
    default:
        transfer_broken(transfer, response->flaw, job->link->reused, now);
        return TAKEN_CLOSE;
    }
    if (error != 0)
        transfer_unable(transfer, error, now);
    else if (use == TRANSFER_CLOSE)
        transfer_end(transfer, now);
    else
        return TAKEN_MORE;
    return TAKEN_CLOSE;
}

/* Hand the next event of the answer on; false: there is none yet. */
static bool
read_event(struct job *job, enum taken *taken)
{
    struct evbuffer *input = bufferevent_get_input(job->link->bev);
    const size_t size = evbuffer_get_length(input);
    char *data = size > 0 ? (char *)evbuffer_pullup(input, -1) : NULL;
    struct http_response response = { 0 };
    enum http_response_event event;
    char none[1];
    size_t used;

    if (size > 0 && data == NULL) {
        transfer_unable(&job->transfer, ENOMEM, stream_now());
        *taken = TAKEN_CLOSE;
        return true;
    }
    event = http_response_parse(
        &job->parser, data != NULL ? data : none, size, &response, &used);
    if (event == HTTP_RESPONSE_MORE && job->end != END_NOT)
        event =
            http_response_end(&job->parser, job->end == END_ORDERLY, &response);
    if (event != HTTP_RESPONSE_MORE)
        *taken = take_in(job, event, &response);
    evbuffer_drain(input, used);
    return event != HTTP_RESPONSE_MORE;
}

/* Read the answer. This is what has come of it by now. */
static void
read_answer(struct job *job)
{
    struct bufferevent *bev = job->link->bev;
    enum taken taken;

    while (read_event(job, &taken)) {
        if (taken != TAKEN_MORE) {
            if (taken == TAKEN_KEEP && job->end == END_NOT)
                keep_link(job);
            else
                hang_up(job);
            settle(job);
            return;
        }
        if (evbuffer_get_length(job->body) >= BODY_MAX) {
            bufferevent_disable(bev, EV_READ);
            if (!submit_save(job, false) || job->link == NULL)
                return;
        }
    }
    if (bufferevent_enable(bev, EV_READ) == -1 ||
        !await(job, transfer_deadline(&job->transfer, stream_now())))
        fail(job, ENOMEM);
}

/* Something was saved, or could not be. */
static void
on_saved(void *argument)
{
    struct job *job = argument;
    const bool begun = job->work.begun;

    job->saving = false;
    job->flags->saving--;
    event_active(job->flags->turn, 0, 0);
    if (begun && (job->error != 0 || job->whole)) {
        transfer_saved(&job->transfer, job->error, stream_now());
        hang_up(job);
        if (job->whole)
            put_back(job);
        else
            settle(job);
    } else if (begun && !job->inside && !job->flags->stopping) {
        read_answer(job);
    }
}

/* More of the answer has come; or something that nobody has asked for. */
static void
on_readable(struct bufferevent *bev, void *argument)
{
    struct link *link = argument;

    if (link->job == NULL)
        forget_link(link);
    else if (!link->job->saving)
        read_answer(link->job);
}

/* The server is reached, or lost. */
static void
on_event(struct bufferevent *bev, short what, void *argument)
{
    struct link *link = argument;
    struct job *job = link->job;

    if (job == NULL) {
        forget_link(link);
    } else if (what & BEV_EVENT_WRITING) {
        shutdown(bufferevent_getfd(bev), SHUT_RDWR);
    } else if (what & BEV_EVENT_CONNECTED) {
        freeaddrinfo(job->addresses);
        job->addresses = NULL;
        job->address = NULL;
        send_request(job);
    } else if (job->address != NULL) {
        connect_next(job);
    } else {
        job->end = what & BEV_EVENT_EOF ? END_ORDERLY : END_BROKEN;
        if (!job->saving)
            read_answer(job);
    }
}

/* What was waited for has not come in time; or it is time to ask again. */
static void
give_up(struct job *job)
{
    if (job->transfer.step == TRANSFER_WAIT) {
        job->transfer.step = TRANSFER_ASK;
        await_place(job);
    } else if (job->address != NULL) {
        connect_next(job);
    } else {
        if (job->look_up != NULL)
            job->look_up->job = NULL;
        job->look_up = NULL;
        hang_up(job);
        transfer_late(&job->transfer, stream_now());
        settle(job);
    }
}

/* It is time to look at the clock. Time for which the process was stopped does
 * not count. */
static void
on_timer(evutil_socket_t fd, short what, void *argument)
{
    struct job *job = argument;
    const int64_t lost_ms = deadline_lost_ms(job->planned, stream_now());

    if (lost_ms > 0 && job->until != NEVER) {
        transfer_lost(&job->transfer, lost_ms);
        job->until += lost_ms;
    }
    if (stream_now() >= job->until || !set_timer(job))
        give_up(job);
}

/* Make a request, and what it leads to in the same place. */
static void
fetch(struct job *job)
{
    transfer_begin(&job->transfer, stream_now());
    if (job->body == NULL)
        fail(job, ENOMEM);
    else
        reach(job);
}

/* --- The queue ----------------------------------------------------------- */

/* Take the next job, one that is not asked for yet, or is to be asked for
 * again; NULL: there is none now. */
static struct job *
find_job(struct flags *flags)
{
    struct job *job;

    if (flags->next < flags->options.count) {
        job = &flags->jobs[flags->next];
        job->flags = flags;
        transfer_start(&job->transfer, &flags->options.rules,
            flags->options.codes[flags->next++]);
        job->save = (struct save)SAVE_NONE;
        job->work = (struct executor_job) { .work = save,
            .done = on_saved,
            .argument = job,
            .keeper = &flags->keeper };
        job->body = evbuffer_new();
        event_assign(
            &job->timer, flags->keeper.streams.base, -1, 0, on_timer, job);
        return job;
    }
    job = TAILQ_FIRST(&flags->ready);
    if (job != NULL)
        TAILQ_REMOVE(&flags->ready, job, among);
    return job;
}

/* Have all end, and begin nothing more. */
static void
stop(struct flags *flags)
{
    flags->stopping = true;
    executor_stop(&flags->savers);
    executor_stop(&flags->finders);
    event_active(flags->turn, 0, 0);
}

/* Forget what a job has kept. */
static void
drop_file(struct job *job)
{
    if (job->body != NULL)
        evbuffer_free(job->body);
    job->body = NULL;
    save_drop(&job->save);
}

/* Have a job wait for a place. */
static void
await_place(struct job *job)
{
    TAILQ_INSERT_TAIL(&job->flags->ready, job, among);
    event_active(job->flags->turn, 0, 0);
}

/* Give a job back, and its place: it is done, or waits for another one. */
static void
put_back(struct job *job)
{
    struct transfer *transfer = &job->transfer;
    struct flags *flags = job->flags;

    flags->places++;
    event_active(flags->turn, 0, 0);
    if (transfer->step == TRANSFER_WAIT && !await(job, transfer->due))
        transfer_unable(transfer, ENOMEM, stream_now());
    if (transfer->step == TRANSFER_DONE) {
        drop_file(job);
        flags->left--;
        flags_console_done(&flags->console, transfer, stream_now());
        if (transfer->fatal && !flags->stopping)
            stop(flags);
    } else if (transfer->step == TRANSFER_ASK) {
        await_place(job);
    }
}

/* Save what a job has kept, or drop it. */
static void
settle_file(struct job *job)
{
    if (job->transfer.step == TRANSFER_SAVE)
        submit_save(job, true);
    else
        put_back(job);
}

/* Wait no longer, and forget the addresses. */
static void
end_wait(struct job *job)
{
    event_del(&job->timer);
    if (job->addresses != NULL)
        freeaddrinfo(job->addresses);
    job->addresses = NULL;
    job->address = NULL;
}

/* Go on when a request has ended. */
static void
settle(struct job *job)
{
    end_wait(job);
    if (job->transfer.step == TRANSFER_FOLLOW) {
        reach(job);
        return;
    }
    settle_file(job);
}

/* Let go of what a job waits for. */
static void
let_go(struct job *job)
{
    end_wait(job);
    if (job->look_up != NULL)
        job->look_up->job = NULL;
    job->look_up = NULL;
    hang_up(job);
}

/* Something has changed: use the places that are free, or end. Twin: work. */
static void
on_turn(evutil_socket_t fd, short what, void *argument)
{
    struct flags *flags = argument;
    struct job *job;

    while (!flags->stopping && flags->places > 0 &&
           (job = find_job(flags)) != NULL) {
        flags->places--;
        fetch(job);
    }
    if (flags->stopping)
        for (size_t i = 0; i < flags->next; i++)
            let_go(&flags->jobs[i]);
    if (flags->left == 0 || (flags->stopping && flags->saving == 0))
        keeper_end(&flags->keeper);
}

/* --- The loop ------------------------------------------------------------ */

/* A while has passed: draw the bar. Twin: print_news. */
static void
on_tick(void *argument)
{
    struct flags *flags = argument;

    flags_console_tick(&flags->console, stream_now());
}

/* The threads have had their time. */
static void
on_patience(evutil_socket_t fd, short what, void *argument)
{
    struct flags *flags = argument;

    keeper_end(&flags->keeper);
}

/* A signal has come. Twin: keep. */
static void
on_signal(evutil_socket_t fd, short what, void *argument)
{
    static const struct timeval grace = { .tv_usec = FLAGS_GRACE_MS * 1000 };
    struct flags *flags = argument;
    struct signalfd_siginfo info;

    if (read(fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
        return;
    flags_console_interrupted(
        &flags->console, (int)info.ssi_signo, &flags->signals);
    event_del(flags->signaled);
    if (event_add(flags->patience, &grace) == -1)
        keeper_end(&flags->keeper);
    stop(flags);
}

/* Prepare the queue, or end. */
static void
prepare(struct flags *flags)
{
    flags_fit(&flags->options);
    flags->folder = save_folder(flags->options.directory);
    if (flags->folder == -1) {
        fprintf(stderr, "flags: %s: %s\n", flags->options.directory,
            strerrordesc_np(errno));
        exit(2);
    }
    flags->left = flags->options.count;
    flags->places = flags->options.connections;
    TAILQ_INIT(&flags->ready);
    LIST_INIT(&flags->kept);
    flags->jobs = calloc(flags->options.count, sizeof(*flags->jobs));
    if (flags->jobs == NULL)
        cli_die("out of memory");
}

/* Leave it to us to say what has failed. */
static void
on_library_message(int severity, const char *message)
{
}

/* libevent cannot go on, which it says only where it starts. */
static void
on_library_failure(int code)
{
    cli_die("cannot make an event loop: %s", strerrordesc_np(errno));
}

/* Prepare the loop, and the threads beside it, or end. Twin: start_workers. */
static void
prepare_loop(struct flags *flags)
{
    const int signals = signalfd(-1, &flags->signals, SFD_CLOEXEC);
    struct event_base *base;

    event_set_log_callback(on_library_message);
    event_set_fatal_callback(on_library_failure);
    if (signals == -1 ||
        !keeper_init(&flags->keeper, 1, TICK_MS, on_tick, flags))
        cli_die("cannot make an event loop: %s", strerrordesc_np(errno));
    base = flags->keeper.streams.base;
    flags->signaled =
        event_new(base, signals, EV_READ | EV_PERSIST, on_signal, flags);
    flags->turn = event_new(base, -1, 0, on_turn, flags);
    flags->patience = evtimer_new(base, on_patience, flags);
    if (flags->signaled == NULL || flags->turn == NULL ||
        flags->patience == NULL || event_add(flags->signaled, NULL) == -1)
        cli_die("out of memory");
    executor_init(&flags->savers, flags->options.savers);
    executor_init(&flags->finders, FINDERS);
    if (!executor_start(&flags->savers) || !executor_start(&flags->finders))
        cli_die("cannot make threads: %s", strerrordesc_np(EAGAIN));
}

/* Free what is left, when no thread has any of it. */
static void
free_all(struct flags *flags)
{
    struct link *link;

    executor_free(&flags->savers);
    executor_free(&flags->finders);
    while ((link = LIST_FIRST(&flags->kept)) != NULL)
        forget_link(link);
    close(event_get_fd(flags->signaled));
    event_free(flags->signaled);
    event_free(flags->turn);
    event_free(flags->patience);
    keeper_free(&flags->keeper);
    free(flags->jobs);
}

/* Drop what was not completed. False: other threads are late, and have it
 * still. */
static bool
drop_rest(struct flags *flags)
{
    for (size_t i = 0; i < flags->next; i++) {
        struct job *job = &flags->jobs[i];

        let_go(job);
        if (job->saving)
            save_drop(&job->save); /* whose thread is late */
        else
            drop_file(job);
    }
    return flags->saving == 0 && flags->looking == 0;
}

/* Read the command line and download. */
int
main(int argc, char **argv)
{
    static const struct cli_twin twin = {
        .version = "(evented)",
        .workers = "savers",
        .workers_help =
            "save files in N threads (default 4; 0: in the event loop)",
        .workers_default = SAVERS_DEFAULT,
        .workers_max = SAVERS_MAX,
    };
    static struct flags flags;

    flags_cli(&flags.options, &twin, argc, argv);
    flags.options.rules.seed = arc4random();
    prepare(&flags);
    flags_console_begin(&flags.console, &flags.options, stream_now());
    flags_console_block_signals(&flags.signals);
    prepare_loop(&flags);
    event_active(flags.turn, 0, 0);

    keeper_run(&flags.keeper);

    if (drop_rest(&flags))
        free_all(&flags);
    return flags_console_end(&flags.console, stream_now());
}
