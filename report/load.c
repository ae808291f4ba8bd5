#include "report/load.h"

#include "report/resources.h"

#include <arpa/inet.h>
#include <assert.h>
#include <err.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS_AT_ONCE 256
#define OPENING_MAX    256 /* well below the backlog of the servers, 4096 */
#define REPLY_MAX      128 /* an ERROR line fits */
#define NS_PER_MS      UINT64_C(1000000)

enum conn_state {
    CONN_NONE,    /* not opened yet, or ended */
    CONN_OPENING, /* connect() under way */
    CONN_IDLE,    /* no request in flight */
    CONN_BUSY     /* a reply is owed */
};

struct conn {
    int fd;
    enum conn_state state;
    uint64_t sent_ns; /* just before the write of the request */
    uint64_t replies; /* in this load_run() */
    size_t have;      /* bytes of the reply so far */
    char reply[REPLY_MAX];
};

struct load {
    struct sockaddr_in server;
    const struct load_talk *talk;
    size_t request_length;
    int epoll;
    struct epoll_event ready[EVENTS_AT_ONCE];
    struct conn *conns;
    size_t conns_max, opened; /* opened: connect() was called */
    size_t opening, busy;     /* so many are in that state */
    bool sending;             /* a reply is followed by the next request */
    size_t active;            /* ... on the first so many connections */
    struct load_totals totals;
};

/* Accept an integer from 1 to 999999999999 without a leading zero. */
static bool
verify_guess(const char *reply, size_t length)
{
    if (length < 1 || length > 12 || reply[0] == '0')
        return false;
    for (size_t i = 0; i < length; i++)
        if (reply[i] < '0' || reply[i] > '9')
            return false;
    return true;
}

const struct load_talk load_talk_game = {
    .hello = "PARAMS 1 999999999999\n",
    .hello_lines = 1,
    .request = "NUMBER\n",
    .verify = verify_guess,
};

const struct load_talk load_talk_bare = {
    .hello = "",
    .request = "NUMBER\n",
    .verify = verify_guess,
};

/* End a connection; the first reason of all is kept. */
static void __attribute__((format(printf, 4, 5))) end_conn(
    struct load *l, struct conn *c, enum load_error e, const char *fmt, ...)
{
    va_list ap;

    l->opening -= c->state == CONN_OPENING;
    l->busy -= c->state == CONN_BUSY;
    l->totals.errors[e]++;
    close(c->fd);
    c->state = CONN_NONE;
    if (l->totals.problem[0] != '\0')
        return;
    va_start(ap, fmt);
    vsnprintf(l->totals.problem, sizeof(l->totals.problem), fmt, ap);
    va_end(ap);
    /* A wrong reply may be anything, and it is printed. */
    for (char *p = l->totals.problem; *p != '\0'; p++)
        if (*p < ' ' || *p > '~')
            *p = '?';
}

/* Send bytes that always fit into an empty socket buffer. */
static bool
send_all(struct load *l, struct conn *c, const char *bytes, size_t length)
{
    if (send(c->fd, bytes, length, MSG_NOSIGNAL) == (ssize_t)length)
        return true;
    end_conn(l, c, LOAD_RESET, "send: %s", strerror(errno));
    return false;
}

/* Send one request and note when. */
static void
send_request(struct load *l, struct conn *c)
{
    c->have = 0;
    c->sent_ns = resources_now_ns();
    if (!send_all(l, c, l->talk->request, l->request_length))
        return;
    c->state = CONN_BUSY;
    l->busy++;
}

/* The connection is there, or not: introduce oneself and ask once. */
static void
finish_opening(struct load *l, struct conn *c)
{
    char first[256];
    socklen_t size = sizeof(int);
    int error = 0, length;
    const int on = 1;

    if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size) == -1)
        error = errno;
    if (error != 0) {
        end_conn(l, c, LOAD_REFUSED, "connect: %s", strerror(error));
        return;
    }
    if (setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == -1)
        err(1, "TCP_NODELAY");
    length = snprintf(
        first, sizeof(first), "%s%s", l->talk->hello, l->talk->request);
    assert(length > 0 && (size_t)length < sizeof(first));
    c->have = 0;
    c->sent_ns = resources_now_ns();
    if (!send_all(l, c, first, (size_t)length))
        return;
    l->opening--;
    l->totals.connections++;
    c->state = CONN_BUSY;
    l->busy++;
}

/* Count a reply into the window that it belongs to. */
static void
count_reply(const struct load *l, struct conn *c, uint64_t now,
    struct load_tally *tally)
{
    if (c->sent_ns < tally->start_ns)
        tally->head_ns += now - tally->start_ns;
    else if (tally->latency != NULL)
        histogram_record(tally->latency, now - c->sent_ns);
    if (l->sending) {
        tally->replies++;
        c->replies++;
    } else {
        tally->tail_ns += now - (tally->start_ns + tally->window_ns);
    }
}

/* A whole reply is there: check and count it, and send the next request. */
static void
take_reply(
    struct load *l, struct conn *c, uint64_t now, struct load_tally *tally)
{
    size_t length = c->have - 1;

    if (!l->talk->verify(c->reply, length)) {
        end_conn(l, c, LOAD_WRONG, "wrong reply '%.*s'", (int)length, c->reply);
        return;
    }
    l->totals.replies++;
    l->busy--;
    c->state = CONN_IDLE;
    if (tally != NULL)
        count_reply(l, c, now, tally);
    if (l->sending && (size_t)(c - l->conns) < l->active)
        send_request(l, c);
}

/* Read what the server sent. */
static void
read_reply(struct load *l, struct conn *c, struct load_tally *tally)
{
    ssize_t n = recv(c->fd, c->reply + c->have, REPLY_MAX - c->have, 0);
    uint64_t now = resources_now_ns();
    const char *end;

    if (n == -1 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n == -1) {
        end_conn(l, c, LOAD_RESET, "recv: %s", strerror(errno));
        return;
    }
    if (n == 0) {
        end_conn(l, c, LOAD_CLOSED, "the server closed a connection");
        return;
    }
    end = memchr(c->reply + c->have, '\n', (size_t)n);
    c->have += (size_t)n;
    if (c->state == CONN_BUSY && end == c->reply + c->have - 1)
        take_reply(l, c, now, tally);
    else if (c->state != CONN_BUSY || end != NULL || c->have == REPLY_MAX)
        end_conn(l, c, LOAD_WRONG, "more than one reply, or too long: '%.*s'",
            (int)c->have, c->reply);
}

/* Wait up to `ms` and deals with everything that happened. */
static void
wait_and_handle(struct load *l, int ms, struct load_tally *tally)
{
    int n = epoll_wait(l->epoll, l->ready, EVENTS_AT_ONCE, ms);

    for (int i = 0; i < n; i++) {
        struct conn *c = l->ready[i].data.ptr;

        if (c->state == CONN_OPENING) {
            struct epoll_event ev = { .events = EPOLLIN, .data.ptr = c };

            if (epoll_ctl(l->epoll, EPOLL_CTL_MOD, c->fd, &ev) == -1)
                err(1, "epoll_ctl");
            finish_opening(l, c);
        } else if (c->state != CONN_NONE) {
            read_reply(l, c, tally);
        }
    }
}

/* Return the milliseconds until `end`, rounded up; 0 when it is over. */
static int
ms_until(uint64_t end)
{
    uint64_t now = resources_now_ns();

    return now >= end ? 0 : (int)((end - now + NS_PER_MS - 1) / NS_PER_MS);
}

/* Allocate a generator. */
struct load *
load_new(uint16_t port, size_t connections_max, const struct load_talk *talk)
{
    struct load *l = calloc(1, sizeof(*l));

    if (l == NULL)
        err(1, "load");
    l->conns = calloc(connections_max, sizeof(*l->conns));
    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (l->conns == NULL || l->epoll == -1)
        err(1, "load");
    l->conns_max = connections_max;
    l->server.sin_family = AF_INET;
    l->server.sin_port = htons(port);
    l->server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    l->talk = talk;
    l->request_length = strlen(talk->request);
    return l;
}

/* Begin one connection. */
static void
begin_opening(struct load *l)
{
    struct conn *c = &l->conns[l->opened++];
    struct epoll_event ev = { .events = EPOLLOUT, .data.ptr = c };

    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c->fd == -1)
        err(1, "socket");
    c->state = CONN_OPENING;
    l->opening++;
    if (connect(c->fd, (const struct sockaddr *)&l->server,
            sizeof(l->server)) == -1 &&
        errno != EINPROGRESS) {
        end_conn(l, c, LOAD_REFUSED, "connect: %s", strerror(errno));
        return;
    }
    if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, c->fd, &ev) == -1)
        err(1, "epoll_ctl");
}

/* Open connections, as many at a time as the backlog bears with ease. */
int
load_grow(struct load *l, size_t connections)
{
    uint64_t end = resources_now_ns() + LOAD_OPEN_LIMIT_MS * NS_PER_MS;
    int ms;

    assert(connections <= l->conns_max);
    l->sending = false;
    while (l->totals.problem[0] == '\0' &&
           (l->opened < connections || l->opening + l->busy > 0)) {
        while (l->opened < connections && l->opening + l->busy < OPENING_MAX)
            begin_opening(l);
        ms = ms_until(end);
        if (ms == 0) {
            snprintf(l->totals.problem, sizeof(l->totals.problem),
                "%zu of %zu connections were not open after %d s",
                l->opening + l->busy + connections - l->opened, connections,
                LOAD_OPEN_LIMIT_MS / 1000);
            break;
        }
        wait_and_handle(l, ms, NULL);
    }
    return l->totals.problem[0] == '\0' ? 0 : -1;
}

/* Compute Jain's index, (sum x)^2 / (n sum x^2), of the replies. */
static double
fairness(const struct load *l)
{
    double sum = 0, squares = 0;

    for (size_t i = 0; i < l->active; i++) {
        double x = (double)l->conns[i].replies;

        sum += x;
        squares += x * x;
    }
    return squares > 0 ? sum * sum / ((double)l->active * squares) : 0;
}

/* Keep the connections busy for a while. */
void
load_run(struct load *l, size_t active, uint64_t ns, struct load_tally *tally)
{
    uint64_t end;
    int ms;

    assert(active <= l->opened);
    l->sending = true;
    l->active = active;
    tally->replies = tally->head_ns = tally->tail_ns = 0;
    tally->start_ns = resources_now_ns();
    end = tally->start_ns + ns;
    for (size_t i = 0; i < active; i++) {
        l->conns[i].replies = 0;
        if (l->conns[i].state == CONN_IDLE)
            send_request(l, &l->conns[i]);
    }
    while (l->busy > 0 && (ms = ms_until(end)) > 0)
        wait_and_handle(l, ms, tally);
    tally->window_ns = resources_now_ns() - tally->start_ns;
    tally->fairness = fairness(l);
}

/* Wait for the replies that are still owed and give up on the rest. */
void
load_drain(struct load *l, struct load_tally *tally)
{
    uint64_t end = resources_now_ns() + LOAD_DRAIN_LIMIT_MS * NS_PER_MS;
    uint64_t now;
    int ms;

    l->sending = false;
    while (l->busy > 0 && (ms = ms_until(end)) > 0)
        wait_and_handle(l, ms, tally);
    now = resources_now_ns();
    for (size_t i = 0; i < l->opened && l->busy > 0; i++) {
        struct conn *c = &l->conns[i];

        if (c->state != CONN_BUSY)
            continue;
        if (tally->latency != NULL && c->sent_ns >= tally->start_ns)
            histogram_record_censored(tally->latency, now - c->sent_ns);
        end_conn(l, c, LOAD_TIMEOUT, "no reply within %d s",
            LOAD_DRAIN_LIMIT_MS / 1000);
    }
}

/* Lend the totals. */
const struct load_totals *
load_totals(const struct load *l)
{
    return &l->totals;
}

/* Name an error class. */
const char *
load_error_name(enum load_error e)
{
    static const char *const names[LOAD_ERRORS] = {
        [LOAD_REFUSED] = "refused",
        [LOAD_RESET] = "reset",
        [LOAD_CLOSED] = "closed",
        [LOAD_WRONG] = "wrong",
        [LOAD_TIMEOUT] = "timeout",
    };

    return names[e];
}

/* Close everything. */
void
load_free(struct load *l)
{
    for (size_t i = 0; i < l->opened; i++)
        if (l->conns[i].state != CONN_NONE)
            close(l->conns[i].fd);
    close(l->epoll);
    free(l->conns);
    free(l);
}
