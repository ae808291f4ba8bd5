/*
 * load_inner - what the files of the load generator share, and nobody else
 * includes: load.c has the loop and the interface, load_conn.c opens, asks and
 * ends, load_reply.c takes answers and counts them.
 */
#ifndef REPORT_LOAD_INNER_H
#define REPORT_LOAD_INNER_H

#include "report/load/load.h"

#include <sys/epoll.h>

#define EVENTS_AT_ONCE 256
#define READ_AT_ONCE   ((size_t)64 * 1024) /* taken within some 30 us */

enum conn_state {
    CONN_NONE,    /* not opened yet, or ended */
    CONN_OPENING, /* connect() under way */
    CONN_IDLE,    /* no request in flight */
    CONN_BUSY,    /* a reply is owed */
    CONN_WAITING, /* what comes is dropped */
    CONN_SLOW     /* read or sent to at its period, not by events */
};

struct conn {
    int fd;
    enum conn_state state;
    bool opened;                 /* its first exchange is over */
    uint64_t nth;                /* its request, counted as tally->first is */
    uint64_t due_ns;             /* s */
    uint64_t sent_ns;            /* a */
    uint64_t free_ns;            /* c', when the last reply was complete */
    uint64_t stood_ns, first_ns; /* connection, first byte of the reply */
    uint64_t replies;            /* in this load_run() */
    struct answer answer;
};

struct load {
    struct load_group is;
    size_t request_length;
    int epoll;
    bool spin;
    struct epoll_event ready[EVENTS_AT_ONCE];
    struct conn *conns;
    size_t opened;    /* connect() was called */
    uint64_t move_ns; /* if slow: when the next one moves, */
    size_t mover;     /* and who */
    struct ask_sameness same;
    size_t opening, busy; /* so many connections are in that state */
    size_t storming;      /* in a storm: connections without an answer yet */
    bool sending;         /* a reply is followed by the next request */
    bool lingering;       /* the window is over all the same */
    size_t active;        /* ... on the first so many connections */
    size_t sources;       /* for the next source address */
    size_t publisher;     /* in rounds: the next one */
    uint64_t round_ns;    /* ... and when this one began */

    /* Open loop: free connections in the order in which they became so. */
    struct conn **free;
    size_t free_at, free_count;
    bool open, started;
    struct schedule arrivals; /* as the clock passes them */
    struct schedule sends;    /* as they are sent */

    /* Requests due and unanswered. */
    uint64_t outstanding, area_at;
    double area;
    uint64_t sent, bytes;

    struct series fine, coarse;
    uint64_t spin_ns;
    struct load_totals totals;
    char *buffer; /* READ_AT_ONCE */
};

/* Tell whether the connections move at a slow pace, not by events. */
static inline bool
load_is_slow(const struct load *l)
{
    return l->is.way == LOAD_SLOW_READER || l->is.way == LOAD_SLOW_SENDER;
}

/* Tell whether a request was due when the window was over. */
static inline bool
load_is_later(const struct load *l, const struct load_tally *t, uint64_t nth)
{
    return l->lingering && nth >= t->first + t->intended;
}

/*
 * Tell whether a request was due in the window. Its number tells, not its time:
 * it may be due in the very nanosecond in which the window begins.
 */
static inline bool
load_in_window(const struct load *l, const struct load_tally *t, uint64_t nth)
{
    return nth >= t->first && !load_is_later(l, t, nth);
}

/* Tell whether a connection only waits, once it has had its first reply. */
static inline bool
load_waits(const struct load *l, const struct conn *c)
{
    return l->is.ask->wait != NULL && (size_t)(c - l->conns) >= l->is.askers;
}

/* Bring the integral of outstanding requests up to now. */
static inline void
load_count_area(struct load *l, uint64_t now)
{
    l->area += (double)l->outstanding * (double)(now - l->area_at);
    l->area_at = now;
}

/* --- load_conn.c --- */

/* Close a connection, for whatever reason. */
void conn_close(struct load *l, struct conn *c);

/* End a connection; the first reason of all is kept as the load's problem. */
void conn_end(struct load *l, struct conn *c, enum load_error e,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Begin a connection; conn_open_churn(): one that is a request of its own. */
void conn_open(struct load *l, struct conn *c);
void conn_open_churn(struct load *l, struct conn *c);

/* The connection is there, or not: introduce oneself and ask. */
void conn_opened(struct load *l, struct conn *c);

/* Begin a round: all are owed what one of them publishes. */
void conn_publish(struct load *l);

/* Send one request that is due at `due`, or now with 0. */
void conn_send(struct load *l, struct conn *c, uint64_t due);

/* Have a connection wait from now on: nothing that comes is an answer. */
void conn_wait(struct load *l, struct conn *c);

/* Let slow ones move that are due; return when the next is. */
uint64_t load_move(struct load *l, uint64_t now);

/* --- load_reply.c --- */

/* Read what the server sent, and count it when the answer is whole. */
void conn_read(struct load *l, struct conn *c, struct load_tally *tally);

/* Use a connection that has just become free. */
void conn_next(struct load *l, struct conn *c, uint64_t now);

/* Send the requests that are due while there is a free connection. */
void load_send_due(struct load *l, uint64_t now);

#endif
