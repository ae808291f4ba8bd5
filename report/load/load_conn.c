#include "report/load/load_inner.h"

#include "report/clock.h"

#include <arpa/inet.h>
#include <assert.h>
#include <err.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SLOW_WINDOW 4096 /* bytes: receive buffer of a slow reader */

/* To a server on this machine. */
static const struct load_path loopback = {
    .to = INADDR_LOOPBACK, .from = INADDR_LOOPBACK + 1, .sources = 200
};

/* Note the first thing that went wrong. */
static void __attribute__((format(printf, 2, 0)))
note_problem(struct load *l, const char *fmt, va_list ap)
{
    if (l->totals.problem[0] != '\0')
        return;
    vsnprintf(l->totals.problem, sizeof(l->totals.problem), fmt, ap);
    /* A wrong reply may be anything, and it is printed. */
    for (char *p = l->totals.problem; *p != '\0'; p++)
        if (*p < ' ' || *p > '~')
            *p = '?';
}

/* Close a connection, for whatever reason. */
void
conn_close(struct load *l, struct conn *c)
{
    l->opening -= c->state == CONN_OPENING;
    l->busy -= c->state == CONN_BUSY;
    close(c->fd);
    c->state = CONN_NONE;
}

/* End a connection; the first reason of all is kept. */
void __attribute__((format(printf, 4, 5))) conn_end(
    struct load *l, struct conn *c, enum load_error e, const char *fmt, ...)
{
    /* Who asks for more than a server can do need not wait for the rest. */
    bool excused =
        e == LOAD_TIMEOUT && (l->is.may_hang || l->is.way == LOAD_OPEN);
    bool shed = l->is.way == LOAD_SLOW_SENDER && c->state == CONN_SLOW;
    va_list ap;

    conn_close(l, c);
    l->totals.countable = false;
    if (shed) {
        l->totals.shed++;
        return;
    }
    l->totals.errors[e]++;
    if (excused)
        return;
    va_start(ap, fmt);
    note_problem(l, fmt, ap);
    va_end(ap);
}

/* Send bytes that always fit into an empty socket buffer. */
static bool
send_all(struct load *l, struct conn *c, const char *bytes, size_t length)
{
    if (send(c->fd, bytes, length, MSG_NOSIGNAL) == (ssize_t)length)
        return true;
    conn_end(l, c, LOAD_RESET, "send: %s", strerror(errno));
    return false;
}

/* Send one request that is due at `due`, and note when. */
void
conn_send(struct load *l, struct conn *c, uint64_t due)
{
    ask_begin(l->is.ask, &c->answer, false);
    c->first_ns = 0;
    c->sent_ns = clock_ns();
    c->due_ns = due != 0 ? due : c->sent_ns;
    c->nth = l->open ? l->sends.passed : l->sent;
    if (!l->open) {
        load_count_area(l, c->sent_ns);
        l->outstanding++;
        l->sent++;
    }
    if (!send_all(l, c, l->is.ask->request, l->request_length))
        return;
    l->totals.lines++;
    c->state = CONN_BUSY;
    l->busy++;
}

/* Begin a round. */
void
conn_publish(struct load *l)
{
    struct conn *c = &l->conns[l->publisher++ % l->active];
    uint64_t now = clock_ns();

    l->round_ns = now;
    load_count_area(l, now);
    for (size_t i = 0; i < l->active; i++) {
        struct conn *other = &l->conns[i];

        if (other->state != CONN_IDLE)
            continue;
        ask_begin(l->is.ask, &other->answer, false);
        other->first_ns = 0;
        other->due_ns = other->sent_ns = now;
        other->nth = l->sent++;
        other->state = CONN_BUSY;
        l->busy++;
        l->outstanding++;
    }
    if (c->state == CONN_BUSY &&
        send_all(l, c, l->is.ask->request, l->request_length))
        l->totals.lines++;
}

/* Listen to a connection for other events than before. */
static void
listen_for(struct load *l, struct conn *c, int op, uint32_t events)
{
    struct epoll_event ev = { .events = events, .data.ptr = c };

    if (epoll_ctl(l->epoll, op, c->fd, &ev) == -1)
        err(1, "epoll_ctl");
}

/* Introduce oneself on a new connection, and ask. */
static void
say_hello(struct load *l, struct conn *c)
{
    const struct ask *ask = l->is.ask;
    char first[1024];
    int length;

    length = snprintf(first, sizeof(first), "%s%s", ask->hello,
        ask->publishes ? "" : ask->request);
    assert(length >= 0 && (size_t)length < sizeof(first));
    ask_begin(ask, &c->answer, true);
    c->sent_ns = clock_ns();
    if (length > 0 && !send_all(l, c, first, (size_t)length))
        return;
    l->totals.lines += ask->hello_lines + !ask->publishes;
    c->state = CONN_BUSY;
    l->busy++;
}

/* Ask for what a connection waits for from now on. */
void
conn_wait(struct load *l, struct conn *c)
{
    if (!send_all(l, c, l->is.ask->wait, strlen(l->is.ask->wait)))
        return;
    l->totals.lines++;
    c->state = CONN_WAITING;
}

/* The connection is there, or not. */
void
conn_opened(struct load *l, struct conn *c)
{
    socklen_t size = sizeof(int);
    const int on = 1;
    int error = 0;

    c->stood_ns = clock_ns();
    if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size) == -1)
        error = errno;
    if (error != 0) {
        conn_end(l, c, LOAD_REFUSED, "connect: %s", strerror(error));
        return;
    }
    if (setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == -1)
        err(1, "TCP_NODELAY");
    l->opening--;
    l->totals.connections++;
    c->state = CONN_IDLE;
    if (l->is.way == LOAD_SLOW_SENDER) {
        listen_for(l, c, EPOLL_CTL_MOD, EPOLLRDHUP);
        c->state = CONN_SLOW;
        return;
    }
    listen_for(l, c, EPOLL_CTL_MOD, EPOLLIN);
    say_hello(l, c);
    if (l->is.way == LOAD_SLOW_READER && c->state == CONN_BUSY) {
        listen_for(l, c, EPOLL_CTL_MOD, EPOLLRDHUP);
        l->busy--;
        c->state = CONN_SLOW;
    } else if (l->is.way == LOAD_PULLING && c->state == CONN_BUSY) {
        l->busy--;
        c->state = CONN_WAITING;
    }
}

/* Choose where a connection comes from: the ports of one address run out. */
static void
bind_source(struct load *l, const struct load_path *path, int fd)
{
    struct sockaddr_in from = { .sin_family = AF_INET };
    const int on = 1;

    if (path->sources == 0)
        return;
    from.sin_addr.s_addr =
        htonl(path->from + (uint32_t)(l->sources++ % path->sources));
    if (setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on)) ==
            -1 ||
        bind(fd, (const struct sockaddr *)&from, sizeof(from)) == -1)
        err(1, "bind");
}

/* Begin a connection. */
void
conn_open(struct load *l, struct conn *c)
{
    const struct load_path *path = l->is.path != NULL ? l->is.path : &loopback;
    struct sockaddr_in to = { .sin_family = AF_INET,
        .sin_port = htons(l->is.port),
        .sin_addr.s_addr = htonl(path->to) };
    const int window = SLOW_WINDOW;
    const struct linger none = { .l_onoff = 1 };

    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c->fd == -1)
        err(1, "socket");
    /* Only before connecting does it bound the window. */
    if (l->is.way == LOAD_SLOW_READER &&
        setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &window, sizeof(window)) == -1)
        err(1, "SO_RCVBUF");
    /* A server learns at once that nobody waits for the rest. */
    if (l->is.way == LOAD_PULLING &&
        setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none)) == -1)
        err(1, "SO_LINGER");
    bind_source(l, path, c->fd);
    c->state = CONN_OPENING;
    c->first_ns = 0;
    l->opening++;
    c->nth = l->sent;
    c->due_ns = clock_ns();
    if (connect(c->fd, (const struct sockaddr *)&to, sizeof(to)) == -1 &&
        errno != EINPROGRESS) {
        conn_end(l, c, LOAD_REFUSED, "connect: %s", strerror(errno));
        return;
    }
    listen_for(l, c, EPOLL_CTL_ADD, EPOLLOUT);
}

/* Begin a connection that is a request of its own. */
void
conn_open_churn(struct load *l, struct conn *c)
{
    conn_open(l, c);
    if (c->state == CONN_NONE)
        return;
    load_count_area(l, c->due_ns);
    l->outstanding++;
    l->sent++;
}

/* Let one connection move. */
static void
move_one(struct load *l)
{
    struct conn *c = &l->conns[l->mover++ % l->opened];
    ssize_t n;

    if (c->state != CONN_SLOW)
        return;
    if (l->is.way == LOAD_SLOW_READER)
        n = recv(c->fd, l->buffer, l->is.chunk, 0);
    else
        n = send(c->fd, "9", 1, MSG_NOSIGNAL);
    if (n > 0)
        l->bytes += (uint64_t)n;
    else if (n == 0 || errno != EAGAIN)
        conn_end(l, c, LOAD_CLOSED_BY_SERVER, "a slow client was dropped");
}

/* Let slow ones move that are due; return when the next one is. */
uint64_t
load_move(struct load *l, uint64_t now)
{
    if (!load_is_slow(l) || l->opened == 0)
        return UINT64_MAX;
    if (l->move_ns == 0)
        l->move_ns = now;
    for (; l->move_ns <= now; l->move_ns += l->is.period_ns / l->opened)
        move_one(l);
    return l->move_ns;
}
