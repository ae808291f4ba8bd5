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
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS_AT_ONCE 256
#define OPENING_MAX    256 /* well below the backlog of the servers, 4096 */
#define READ_AT_ONCE   ((size_t)256 * 1024)
#define SOURCES        200    /* addresses that connections come from */
#define SLOW_WINDOW    4096   /* bytes: receive buffer of a slow reader */
#define SPIN_NS        50000U /* how long before an arrival sleeping ends */
#define NS_PER_MS      UINT64_C(1000000)
#define FINE_NS        (50 * NS_PER_MS)
#define COARSE_NS      (250 * NS_PER_MS)

enum conn_state {
    CONN_NONE,    /* not opened yet, or ended */
    CONN_OPENING, /* connect() under way */
    CONN_IDLE,    /* no request in flight */
    CONN_BUSY,    /* a reply is owed */
    CONN_SLOW     /* read or sent to at its period, not by events */
};

struct conn {
    int fd;
    enum conn_state state;
    struct group *group;
    bool opened;                 /* its first exchange is over */
    uint64_t due_ns;             /* s */
    uint64_t sent_ns;            /* a */
    uint64_t free_ns;            /* c', when the last reply was complete */
    uint64_t stood_ns, first_ns; /* connection, first byte of the reply */
    uint64_t replies;            /* in this load_run() */
    struct answer answer;
};

struct group {
    struct load_group is;
    size_t request_length;
    struct conn *conns;
    size_t opened; /* connect() was called */
    uint64_t move_ns;
    size_t mover; /* of a slow group: who moves next, and when */
    struct ask_sameness same;
};

struct load {
    int epoll;
    bool spin;
    struct epoll_event ready[EVENTS_AT_ONCE];
    struct group groups[LOAD_GROUPS_MAX];
    size_t groups_count;
    size_t opening, busy; /* so many connections are in that state */
    size_t storming;      /* in a storm: connections without an answer yet */
    bool sending;         /* a reply is followed by the next request */
    size_t active;        /* ... on the first so many connections */
    size_t sources;       /* for the next source address */

    /* Open loop: free connections in the order in which they became so. */
    struct conn **free;
    size_t free_at, free_count;
    bool open, started;
    struct schedule arrivals; /* as the clock passes them */
    struct schedule sends;    /* as they are sent */

    /* Requests due and unanswered. */
    uint64_t outstanding, area_at;
    double area;
    uint64_t sent; /* by the measured group */

    struct series fine, coarse;
    uint64_t spin_ns;
    uint64_t background_replies, background_bytes;
    struct load_totals totals;
    char *buffer; /* READ_AT_ONCE */
};

static void send_next(struct load *l, struct conn *c, uint64_t now);

/* Tell whether a group is the one that is measured. */
static bool
is_measured(const struct load *l, const struct group *g)
{
    return g == &l->groups[0];
}

/* Tell whether a group moves at its own slow pace. */
static bool
is_slow(const struct group *g)
{
    return g->is.way == LOAD_SLOW_READER || g->is.way == LOAD_SLOW_SENDER;
}

/* Bring the integral of outstanding requests up to now. */
static void
count_area(struct load *l, uint64_t now)
{
    l->area += (double)l->outstanding * (double)(now - l->area_at);
    l->area_at = now;
}

/* Note the first thing that went wrong. */
static void
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
static void
close_conn(struct load *l, struct conn *c)
{
    l->opening -= c->state == CONN_OPENING;
    l->busy -= c->state == CONN_BUSY;
    close(c->fd);
    c->state = CONN_NONE;
}

/* End a connection; the first reason of all is kept. */
static void __attribute__((format(printf, 4, 5))) end_conn(
    struct load *l, struct conn *c, enum load_error e, const char *fmt, ...)
{
    /* Who asks for more than a server can do need not wait for the rest. */
    bool excused = e == LOAD_TIMEOUT &&
                   (c->group->is.may_hang || c->group->is.way == LOAD_OPEN);
    va_list ap;

    close_conn(l, c);
    l->totals.countable = false;
    if (c->group->is.way == LOAD_SLOW_SENDER) {
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
    end_conn(l, c, LOAD_RESET, "send: %s", strerror(errno));
    return false;
}

/* Send one request that is due at `due`, and note when. */
static void
send_request(struct load *l, struct conn *c, uint64_t due)
{
    struct group *g = c->group;

    ask_begin(g->is.ask, &c->answer, false);
    c->first_ns = 0;
    c->sent_ns = resources_now_ns();
    c->due_ns = due != 0 ? due : c->sent_ns;
    if (!l->open && is_measured(l, g)) {
        count_area(l, c->sent_ns);
        l->outstanding++;
        l->sent++;
    }
    if (!send_all(l, c, g->is.ask->request, g->request_length))
        return;
    l->totals.lines++;
    c->state = CONN_BUSY;
    l->busy++;
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
    const struct ask *ask = c->group->is.ask;
    char first[1024];
    int length;

    length = snprintf(first, sizeof(first), "%s%s", ask->hello, ask->request);
    assert(length > 0 && (size_t)length < sizeof(first));
    ask_begin(ask, &c->answer, true);
    c->sent_ns = resources_now_ns();
    if (!send_all(l, c, first, (size_t)length))
        return;
    l->totals.lines += ask->hello_lines + 1;
    c->state = CONN_BUSY;
    l->busy++;
}

/* The connection is there, or not. */
static void
finish_opening(struct load *l, struct conn *c)
{
    socklen_t size = sizeof(int);
    const int on = 1;
    int error = 0;

    c->stood_ns = resources_now_ns();
    if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size) == -1)
        error = errno;
    if (error != 0) {
        end_conn(l, c, LOAD_REFUSED, "connect: %s", strerror(error));
        return;
    }
    if (setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == -1)
        err(1, "TCP_NODELAY");
    l->opening--;
    l->totals.connections++;
    c->state = CONN_IDLE;
    if (c->group->is.way == LOAD_SLOW_SENDER) {
        listen_for(l, c, EPOLL_CTL_MOD, EPOLLRDHUP);
        c->state = CONN_SLOW;
        return;
    }
    listen_for(l, c, EPOLL_CTL_MOD, EPOLLIN);
    say_hello(l, c);
    if (c->group->is.way == LOAD_SLOW_READER && c->state == CONN_BUSY) {
        listen_for(l, c, EPOLL_CTL_MOD, EPOLLRDHUP);
        l->busy--;
        c->state = CONN_SLOW;
    }
}

/* Choose where a connection comes from: the ports of one address run out. */
static void
bind_source(struct load *l, int fd)
{
    struct sockaddr_in from = { .sin_family = AF_INET };
    const int on = 1;

    from.sin_addr.s_addr =
        htonl(INADDR_LOOPBACK + 1 + (uint32_t)(l->sources++ % SOURCES));
    if (setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on)) ==
            -1 ||
        bind(fd, (const struct sockaddr *)&from, sizeof(from)) == -1)
        err(1, "bind");
}

/* Begin a connection. */
static void
begin_opening(struct load *l, struct conn *c)
{
    struct sockaddr_in to = { .sin_family = AF_INET,
        .sin_port = htons(c->group->is.port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    const int window = SLOW_WINDOW;

    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c->fd == -1)
        err(1, "socket");
    /* Only before connecting does it bound the window. */
    if (c->group->is.way == LOAD_SLOW_READER &&
        setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &window, sizeof(window)) == -1)
        err(1, "SO_RCVBUF");
    bind_source(l, c->fd);
    c->state = CONN_OPENING;
    c->first_ns = 0;
    l->opening++;
    c->due_ns = resources_now_ns();
    if (connect(c->fd, (const struct sockaddr *)&to, sizeof(to)) == -1 &&
        errno != EINPROGRESS) {
        end_conn(l, c, LOAD_REFUSED, "connect: %s", strerror(errno));
        return;
    }
    listen_for(l, c, EPOLL_CTL_ADD, EPOLLOUT);
}

/* Begin a connection that is a request of its own. */
static void
begin_churn(struct load *l, struct conn *c)
{
    begin_opening(l, c);
    if (c->state == CONN_NONE)
        return;
    count_area(l, c->due_ns);
    l->outstanding++;
    l->sent++;
}

/* Record a value unless nobody asked for it. */
static void
record(struct histogram *h, uint64_t ns)
{
    if (h != NULL)
        histogram_record(h, ns);
}

/* Record what a request that was due in the window took. */
static void
record_times(const struct load *l, const struct conn *c, uint64_t now,
    struct load_tally *t)
{
    record(t->latency, now - c->due_ns);
    if (l->open) {
        uint64_t from = c->free_ns > c->due_ns ? c->free_ns : c->due_ns;

        record(t->wire, now - c->sent_ns);
        record(t->queue, from - c->due_ns);
        record(t->late, c->sent_ns > from ? c->sent_ns - from : 0);
    }
    if (!c->opened) {
        record(t->connect, c->stood_ns - c->due_ns);
        record(t->accept, c->first_ns - c->stood_ns);
    }
}

/* Count a reply into the window that it belongs to. */
static void
count_reply(
    struct load *l, struct conn *c, uint64_t now, struct load_tally *tally)
{
    count_area(l, now);
    l->outstanding--;
    if (c->due_ns < tally->start_ns)
        tally->head_ns += now - tally->start_ns;
    else
        record_times(l, c, now, tally);
    if (l->sending) {
        tally->replies++;
        tally->good += now - c->due_ns <= LOAD_GOOD_NS;
        c->replies++;
        series_record(&l->fine, now - c->due_ns);
        series_record(&l->coarse, now - c->due_ns);
    } else {
        tally->tail_ns += now - (tally->start_ns + tally->window_ns);
    }
}

/* A whole, right reply is there: count it, and go on. */
static void
take_reply(
    struct load *l, struct conn *c, uint64_t now, struct load_tally *tally)
{
    struct group *g = c->group;
    bool churns = g->is.way == LOAD_CHURN;

    l->totals.replies++;
    l->busy--;
    c->state = CONN_IDLE;
    if (!is_measured(l, g))
        l->background_replies++;
    else if (tally != NULL && (c->opened || churns || l->storming > 0))
        count_reply(l, c, now, tally);
    l->storming -= l->storming > 0;
    c->free_ns = now;
    if (churns) {
        close_conn(l, c);
        if (l->sending)
            begin_churn(l, c);
        return;
    }
    c->opened = true;
    /* In the drain of an open loop what was due is still to be sent. */
    if (l->sending || (l->open && l->started))
        send_next(l, c, now);
}

/* Read what the server sent. */
static void
read_reply(struct load *l, struct conn *c, struct load_tally *tally)
{
    ssize_t n = recv(c->fd, l->buffer, READ_AT_ONCE, 0);
    uint64_t now = resources_now_ns();
    struct group *g = c->group;

    if (n == -1 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n == -1) {
        end_conn(l, c, LOAD_RESET, "recv: %s", strerror(errno));
        return;
    }
    if (n == 0) {
        end_conn(l, c, LOAD_CLOSED_BY_SERVER, "the server closed a connection");
        return;
    }
    if (c->first_ns == 0)
        c->first_ns = now;
    if (!is_measured(l, g))
        l->background_bytes += (uint64_t)n;
    if (c->state != CONN_BUSY) {
        end_conn(l, c, LOAD_WRONG, "more than one reply to a request");
        return;
    }
    switch (ask_take(g->is.ask, &c->answer, l->buffer, (size_t)n, &g->same)) {
    case ASK_MORE:
        return;
    case ASK_DONE:
        take_reply(l, c, now, tally);
        return;
    case ASK_WRONG:
        end_conn(l, c, LOAD_WRONG, "wrong reply '%.*s' to %s",
            (int)c->answer.have, c->answer.line, g->is.ask->title);
        return;
    }
}

/* Queue a connection that has become free, in an open loop. */
static void
put_free(struct load *l, struct conn *c)
{
    size_t max = l->groups[0].is.connections_max;

    l->free[(l->free_at + l->free_count++) % max] = c;
}

/* Send the requests that are due while there is a free connection. */
static void
send_due(struct load *l, uint64_t now)
{
    size_t max = l->groups[0].is.connections_max;

    for (; schedule_due(&l->arrivals) <= now && l->sending;
         schedule_advance(&l->arrivals)) {
        uint64_t due = schedule_due(&l->arrivals);

        /* The area before now, as if it had been counted at once. */
        count_area(l, now);
        l->area += (double)(now - due);
        l->outstanding++;
    }
    while (l->sends.passed < l->arrivals.passed && l->free_count > 0) {
        struct conn *c = l->free[l->free_at];

        l->free_at = (l->free_at + 1) % max;
        l->free_count--;
        if (c->state != CONN_IDLE)
            continue; /* it ended meanwhile */
        send_request(l, c, schedule_due(&l->sends));
        schedule_advance(&l->sends);
    }
}

/* Use a connection that has just become free. */
static void
send_next(struct load *l, struct conn *c, uint64_t now)
{
    struct group *g = c->group;

    if (is_measured(l, g) && l->open) {
        put_free(l, c);
        send_due(l, now);
    } else if (l->sending && g->is.way == LOAD_CLOSED &&
               (!is_measured(l, g) || (size_t)(c - g->conns) < l->active)) {
        send_request(l, c, 0);
    }
}

/* Let one connection of a slow group move. */
static void
move_slowly(struct load *l, struct group *g)
{
    struct conn *c = &g->conns[g->mover++ % g->opened];
    ssize_t n;

    if (c->state != CONN_SLOW)
        return;
    if (g->is.way == LOAD_SLOW_READER)
        n = recv(c->fd, l->buffer, g->is.chunk, 0);
    else
        n = send(c->fd, "9", 1, MSG_NOSIGNAL);
    if (n > 0)
        l->background_bytes += (uint64_t)n;
    else if (n == 0 || errno != EAGAIN)
        end_conn(l, c, LOAD_CLOSED_BY_SERVER, "a slow client was dropped");
}

/* Let all slow groups move that are due; return when the next one is. */
static uint64_t
move_all(struct load *l, uint64_t now)
{
    uint64_t next = UINT64_MAX;

    for (size_t i = 0; i < l->groups_count; i++) {
        struct group *g = &l->groups[i];

        if (!is_slow(g) || g->opened == 0)
            continue;
        if (g->move_ns == 0)
            g->move_ns = now;
        for (; g->move_ns <= now; g->move_ns += g->is.period_ns / g->opened)
            move_slowly(l, g);
        if (g->move_ns < next)
            next = g->move_ns;
    }
    return next;
}

/* Deal with one event. */
static void
handle(struct load *l, const struct epoll_event *ev, struct load_tally *tally)
{
    struct conn *c = ev->data.ptr;

    if (c->state == CONN_OPENING)
        finish_opening(l, c);
    else if (c->state == CONN_SLOW)
        end_conn(l, c, LOAD_CLOSED_BY_SERVER, "a slow client was dropped");
    else if (c->state != CONN_NONE)
        read_reply(l, c, tally);
}

/*
 * Wait until something happens, but not beyond `until`, and deal with it. The
 * last SPIN_NS before it are not slept through: waking up takes as long.
 */
static void
wait_and_handle(
    struct load *l, uint64_t now, uint64_t until, struct load_tally *tally)
{
    uint64_t left = until > now ? until - now : 0;
    bool spin = l->spin && l->open && left < SPIN_NS;
    const struct timespec wait = { (time_t)(left / 1000000000U),
        (long)(left % 1000000000U) };
    const struct timespec none = { 0, 0 };
    int n = epoll_pwait2(
        l->epoll, l->ready, EVENTS_AT_ONCE, spin ? &none : &wait, NULL);

    if (n == 0 && spin)
        l->spin_ns += resources_now_ns() - now;
    for (int i = 0; i < n; i++)
        handle(l, &l->ready[i], tally);
}

/* Go once through the loop, until `end` at the latest; return the time. */
static uint64_t
turn(struct load *l, uint64_t end, struct load_tally *tally)
{
    uint64_t now = resources_now_ns(), until = end, next;

    if (now >= end)
        return now;
    next = move_all(l, now);
    if (next < until)
        until = next;
    if (l->open && tally != NULL) {
        send_due(l, now);
        if (l->sending && schedule_due(&l->arrivals) < until)
            until = schedule_due(&l->arrivals);
    }
    if (l->started) {
        series_tick(&l->fine, now, l->outstanding);
        series_tick(&l->coarse, now, l->outstanding);
    }
    wait_and_handle(l, now, until, tally);
    return now;
}

/* Allocate a generator. */
struct load *
load_new(bool spin)
{
    struct load *l = calloc(1, sizeof(*l));

    if (l == NULL || (l->buffer = malloc(READ_AT_ONCE)) == NULL)
        err(1, "load");
    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (l->epoll == -1)
        err(1, "load");
    /* The default of 50 us would go straight into the lateness. */
    if (prctl(PR_SET_TIMERSLACK, 1) == -1)
        warn("timer slack");
    l->spin = spin;
    l->totals.countable = true;
    return l;
}

/* Add a group. */
size_t
load_add(struct load *l, const struct load_group *group)
{
    struct group *g = &l->groups[l->groups_count];

    assert(l->groups_count < LOAD_GROUPS_MAX);
    g->is = *group;
    g->request_length = strlen(group->ask->request);
    g->conns = calloc(group->connections_max, sizeof(*g->conns));
    if (g->conns == NULL)
        err(1, "load");
    for (size_t i = 0; i < group->connections_max; i++)
        g->conns[i].group = g;
    if (l->groups_count == 0) {
        l->free = calloc(group->connections_max, sizeof(struct conn *));
        if (l->free == NULL)
            err(1, "load");
    }
    if (is_slow(g))
        l->totals.countable = false; /* what they say has no end */
    return l->groups_count++;
}

/* Open connections of a group until there are so many, or time is over. */
static int
open_all(struct load *l, struct group *g, size_t connections, size_t at_once,
    struct load_tally *tally)
{
    uint64_t now = resources_now_ns();
    uint64_t end = now + LOAD_OPEN_LIMIT_MS * NS_PER_MS;

    assert(connections <= g->is.connections_max);
    while (l->totals.problem[0] == '\0' &&
           (g->opened < connections || l->opening + l->busy > 0)) {
        while (g->opened < connections && l->opening + l->busy < at_once)
            begin_opening(l, &g->conns[g->opened++]);
        now = turn(l, end, tally);
        if (now < end)
            continue;
        snprintf(l->totals.problem, sizeof(l->totals.problem),
            "%zu of %zu connections were not open after %d s",
            l->opening + l->busy + connections - g->opened, connections,
            LOAD_OPEN_LIMIT_MS / 1000);
    }
    return l->totals.problem[0] == '\0' ? 0 : -1;
}

/* Open connections, as many at a time as the backlog bears with ease. */
int
load_grow(struct load *l, size_t group, size_t connections)
{
    struct group *g = &l->groups[group];

    l->sending = false;
    if (g->is.way == LOAD_CHURN || g->is.may_hang)
        return 0; /* they open themselves */
    return open_all(l, g, connections, OPENING_MAX, NULL);
}

/* Start counting a window. */
static void
begin_tally(struct load *l, struct load_tally *t, uint64_t now)
{
    t->start_ns = now;
    if (l->open && l->started)
        send_due(l, t->start_ns);
    count_area(l, t->start_ns);
    l->area = 0;
    l->spin_ns = 0;
    l->background_replies = l->background_bytes = 0;
    t->replies = t->good = 0;
    t->head_ns = t->tail_ns = t->censored_ns = 0;
    for (size_t i = 0; i < l->groups[0].opened; i++)
        l->groups[0].conns[i].replies = 0;
}

/* Open all of them, and see how long it takes. */
int
load_storm(struct load *l, size_t connections, struct load_tally *tally)
{
    struct group *g = &l->groups[0];
    int result;

    l->sending = false;
    begin_tally(l, tally, resources_now_ns());
    l->storming = connections;
    l->outstanding = connections;
    result = open_all(l, g, g->opened + connections, connections, tally);
    tally->window_ns = resources_now_ns() - tally->start_ns;
    tally->replies = connections - l->storming;
    tally->intended = tally->sent = connections;
    tally->tail_ns = 0;
    l->storming = 0;
    return result;
}

/* Fix when requests will be due, once load_run() starts the clock. */
void
load_plan(struct load *l, const struct schedule_step *steps, size_t count,
    bool poisson, uint64_t seed)
{
    l->open = true;
    schedule_start(&l->arrivals, 0, steps, count, poisson, seed);
}

/* Compute Jain's index, (sum x)^2 / (n sum x^2), of the replies. */
static double
fairness(const struct load *l)
{
    double sum = 0, squares = 0;

    for (size_t i = 0; i < l->active; i++) {
        double x = (double)l->groups[0].conns[i].replies;

        sum += x;
        squares += x * x;
    }
    return squares > 0 ? sum * sum / ((double)l->active * squares) : 0;
}

/* Start series and schedule, the first time; return the time. */
static uint64_t
start_clock(struct load *l)
{
    uint64_t now;

    series_start(&l->fine, 0, FINE_NS);
    series_start(&l->coarse, 0, COARSE_NS);
    now = resources_now_ns();
    l->started = true;
    l->fine.start_ns = l->coarse.start_ns = now;
    l->arrivals.start_ns = now;
    l->sends = l->arrivals;
    return now;
}

/* Set all connections going that have nothing to do. */
static void
start_sending(struct load *l)
{
    for (size_t i = 0; i < l->groups_count; i++) {
        struct group *g = &l->groups[i];
        size_t n = g->opened;

        if (g->is.way == LOAD_CHURN && g->opened < g->is.connections_max)
            n = g->opened = g->is.connections_max;
        for (size_t k = 0; k < n; k++) {
            struct conn *c = &g->conns[k];

            if (g->is.way == LOAD_CHURN && c->state == CONN_NONE)
                begin_churn(l, c);
            else if (is_measured(l, g) && l->open && k >= l->active)
                break;
            else if (c->state == CONN_IDLE)
                send_next(l, c, resources_now_ns());
        }
    }
}

/* Keep the connections busy for a while. */
void
load_run(struct load *l, size_t active, uint64_t ns, struct load_tally *tally)
{
    uint64_t end, now, due, sent;

    now = l->started ? resources_now_ns() : start_clock(l);
    l->active = active;
    begin_tally(l, tally, now);
    due = l->arrivals.passed;
    sent = l->open ? l->sends.passed : l->sent;
    end = tally->start_ns + ns;
    if (!l->sending) {
        l->sending = true;
        start_sending(l);
    }
    do
        now = turn(l, end, tally);
    while (now < end && (l->opening + l->busy > 0 || l->open));
    now = resources_now_ns();
    if (l->open)
        send_due(l, now);
    count_area(l, now);
    tally->window_ns = now - tally->start_ns;
    tally->area = l->area;
    tally->spin_ns = l->spin_ns;
    tally->sent = (l->open ? l->sends.passed : l->sent) - sent;
    tally->intended = l->open ? l->arrivals.passed - due : tally->sent;
    tally->background_replies = l->background_replies;
    tally->background_bytes = l->background_bytes;
    tally->fairness = fairness(l);
}

/* Give up on one request. */
static void
censor(struct load *l, uint64_t due, uint64_t now, struct load_tally *tally)
{
    uint64_t end = tally->start_ns + tally->window_ns;

    l->outstanding--;
    if (due >= tally->start_ns)
        tally->censored_ns += now - due;
    if (due >= tally->start_ns && tally->latency != NULL)
        histogram_record_censored(tally->latency, now - due);
    tally->head_ns += due < tally->start_ns ? now - tally->start_ns : 0;
    tally->tail_ns += now - end;
}

/* Give up on whatever was not answered, or not even sent. */
static void
give_up(struct load *l, struct load_tally *tally)
{
    struct group *g = &l->groups[0];
    uint64_t now = resources_now_ns();

    for (size_t i = 0; i < g->opened; i++) {
        struct conn *c = &g->conns[i];

        if (c->state != CONN_BUSY && c->state != CONN_OPENING)
            continue;
        if (c->opened || g->is.way == LOAD_CHURN)
            censor(l, c->due_ns, now, tally);
        end_conn(l, c, LOAD_TIMEOUT, "no reply within %d s",
            LOAD_DRAIN_LIMIT_MS / 1000);
    }
    for (; l->open && l->sends.passed < l->arrivals.passed;
         schedule_advance(&l->sends))
        censor(l, schedule_due(&l->sends), now, tally);
}

/* Wait for the replies that are still owed and give up on the rest. */
void
load_drain(struct load *l, struct load_tally *tally)
{
    uint64_t end = resources_now_ns() + LOAD_DRAIN_LIMIT_MS * NS_PER_MS;

    l->sending = false;
    while ((l->opening + l->busy > 0 ||
               (l->open && l->sends.passed < l->arrivals.passed)) &&
           turn(l, end, tally) < end)
        continue;
    give_up(l, tally);
}

/* Lend the totals. */
const struct load_totals *
load_totals(const struct load *l)
{
    return &l->totals;
}

/* Lend a series. */
const struct series *
load_series(const struct load *l, bool fine)
{
    return fine ? &l->fine : &l->coarse;
}

/* Tell what all answers had in common. */
struct ask_sameness
load_sameness(const struct load *l, size_t group)
{
    return l->groups[group].same;
}

/* Name an error class. */
const char *
load_error_name(enum load_error e)
{
    static const char *const names[LOAD_ERRORS] = {
        [LOAD_REFUSED] = "refused",
        [LOAD_RESET] = "reset",
        [LOAD_CLOSED_BY_SERVER] = "closed",
        [LOAD_WRONG] = "wrong",
        [LOAD_TIMEOUT] = "timeout",
    };

    return names[e];
}

/* Hang up. */
void
load_close(struct load *l)
{
    for (size_t i = 0; i < l->groups_count; i++) {
        struct group *g = &l->groups[i];

        for (size_t k = 0; k < g->opened; k++)
            if (g->conns[k].state != CONN_NONE)
                close_conn(l, &g->conns[k]);
    }
}

/* Free everything. */
void
load_free(struct load *l)
{
    load_close(l);
    for (size_t i = 0; i < l->groups_count; i++)
        free(l->groups[i].conns);
    if (l->started) {
        series_free(&l->fine);
        series_free(&l->coarse);
    }
    close(l->epoll);
    free(l->free);
    free(l->buffer);
    free(l);
}
