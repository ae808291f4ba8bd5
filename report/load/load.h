/*
 * load - the load generator: many connections, one request in flight on each.
 *
 * It has its own epoll loop and its own sockets and shares no code with the
 * servers that it loads, nor with libevent. It runs in the calling thread.
 *
 * The connections of a load are all alike. What is measured asks in one of
 * four ways:
 *
 * - In a closed loop a connection sends its next request when the reply to the
 *   last one is there. That finds out what a server can do; its latencies
 *   belong to a saturated server.
 * - In an open loop requests are due at times that a schedule fixed before
 *   (see schedule.h), however slow the server is. Each is sent on the
 *   connection that has been free for longest, or waits for the first that
 *   becomes free. Late requests are sent at once; none is skipped.
 * - In churn each request has a connection of its own, closed by the load when
 *   the answer is there; so many are under way at any time.
 * - In rounds one connection after the other publishes something, which all of
 *   them are to get; the next does when all have got it. Each delivery counts
 *   as a request that was sent when the round began.
 *
 * The other ways are for what goes on beside it (see crowd.h): clients that
 * pull large answers, read or send slowly, or just wait.
 *
 * Of each request four times are kept, all on the monotonic clock: s, when it
 * was due (in a closed loop: sent; in churn: when connect() was called); a,
 * just before the write; c, just after the read that brought the end of the
 * reply, which has been checked; and c', when the connection had become free.
 * From them come R = c - s, what a user waits; W = c - a; and a - s, which is
 * Q = max(0, c' - s), as long as every connection was busy, the server's
 * doing, plus L = a - max(s, c'), the lateness of the generator itself. R - L
 * is what a user would have waited had the generator been in time.
 *
 * A measurement is: load_new(), load_grow(), load_run() to warm up, load_run()
 * for the window, load_drain(), load_free(). Requests stay in flight from one
 * load_run() to the next, and the schedule goes on. Where several generators
 * load one server, load_linger() keeps each at it until all windows are over.
 */
#ifndef REPORT_LOAD_H
#define REPORT_LOAD_H

#include "report/load/ask.h"
#include "report/load/histogram.h"
#include "report/load/schedule.h"
#include "report/load/series.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How the connections go about it. */
enum load_way {
    LOAD_CLOSED,
    LOAD_OPEN,
    LOAD_CHURN,
    LOAD_ROUNDS,  /* one publishes what all get, when all have had the last */
    LOAD_WAITING, /* connected, asked once, and silent or waiting since */
    LOAD_PULLING, /* asked once, for an endless answer, and takes what comes */
    LOAD_SLOW_READER, /* takes `chunk` bytes of an endless answer at a time */
    LOAD_SLOW_SENDER  /* sends a byte of a request at a time */
};

/* From which addresses to which, IPv4 in host byte order. */
struct load_path {
    uint32_t to;
    uint32_t from;    /* connections come from this one and those after it, */
    uint32_t sources; /* so many in turn, as the ports of one run out; 0 = from
                         wherever the system says */
};

struct load_group {
    enum load_way way;
    const struct load_path *path; /* NULL = 127.0.0.1, from 200 of 127.0.0.0/8;
                                     outlives the load */
    uint16_t port;
    size_t connections_max;
    const struct ask *ask;
    size_t askers;    /* if the ask has a `wait`: the others do */
    uint64_t step_ns; /* of the finer series; 0 = 50 ms */
    /* Of the slow ways. */
    uint64_t period_ns; /* each connection moves once in it */
    size_t chunk;       /* bytes that a reader takes at a time */
    /*
     * Answers may never come: then they are censored, and the run has not
     * failed. The connections are not played in either.
     */
    bool may_hang;
};

/* What can go wrong with a connection; each ends it. */
enum load_error {
    LOAD_REFUSED,          /* no connection */
    LOAD_RESET,            /* the server reset it, or a call failed */
    LOAD_CLOSED_BY_SERVER, /* while a reply was owed, or idle */
    LOAD_WRONG,            /* a reply that is not an answer to the request */
    LOAD_TIMEOUT,          /* no reply until the end of the drain */
    LOAD_ERRORS
};

#define LOAD_OPENING_MAX    256   /* far below the servers' backlog, 4096 */
#define LOAD_OPEN_LIMIT_MS  30000 /* for one load_grow() */
#define LOAD_DRAIN_LIMIT_MS 2000  /* after it an open request is censored */
#define LOAD_GOOD_NS        UINT64_C(100000000) /* a reply is good within it */

/* What one load_run() and its load_drain() saw. */
struct load_tally {
    uint64_t start_ns;  /* set by load_run(), monotonic clock */
    uint64_t window_ns; /* how long it really took */
    uint64_t first;     /* requests that were due before the window */
    uint64_t intended;  /* requests due within the window */
    uint64_t sent;      /* of those, before its end */
    uint64_t replies;   /* completed and verified within the window */
    uint64_t good;      /* of those, within LOAD_GOOD_NS of being due */
    uint64_t bytes;     /* received; of slow senders, sent */
    uint64_t spin_ns;   /* the generator polled and found nothing */
    /*
     * Of the window's requests: time in flight before the window of those due
     * before it is left out, as is time after it. Sums over requests.
     */
    uint64_t head_ns, tail_ns;
    uint64_t censored_ns; /* for how long the censored ones were waited for */
    /*
     * Requests due and unanswered, integrated over the window in ns: kept by a
     * counter that knows nothing of the latencies.
     */
    double area;
    double fairness; /* Jain's index of replies per connection; 1 = equal */
    /*
     * Latencies of the requests that were due within the window, those
     * finished in the drain included: R, R - L, W, L and Q as above; for churn,
     * from connect() until the connection stood, and from then to the first
     * byte. The caller's; NULL keeps none.
     */
    struct histogram *latency, *timely, *wire, *late, *queue, *connect, *accept;
    struct histogram *tardy; /* chunks that are due at a time: how much later
                                they came; or NULL */
    struct histogram *last;  /* rounds: until the last delivery of each; or NULL
                              */
};

/* What happened on all connections from the first to the last. */
struct load_totals {
    uint64_t connections; /* that came about */
    uint64_t replies;     /* verified */
    uint64_t lines;       /* sent in full: requests and what hello had */
    uint64_t shed;        /* slow senders that the server ended */
    bool countable;       /* a server's counter must agree with `lines` */
    uint64_t errors[LOAD_ERRORS];
    char problem[256]; /* the first thing that went wrong; "" = nothing */
};

struct load;

/*
 * Return a generator for such connections, none of which is opened yet. With
 * `spin` it busy-waits for the last 100 us before a request is due, which needs
 * a processor of its own. End the program when memory or descriptors run out.
 */
struct load *load_new(const struct load_group *group, bool spin);

/*
 * Open connections until there are `connections`, and play one verified
 * request on each (but for slow, pulling and hanging ones); at most
 * LOAD_OPENING_MAX at a time are in the making. Return 0, or -1 when not all of
 * them came about within LOAD_OPEN_LIMIT_MS (see load_totals()).
 */
int load_grow(struct load *l, size_t connections);

/*
 * Call for `connections` more all at once, ask on each, and wait for all
 * answers. Fill in the tally: `latency` is from connect() to the answer,
 * window_ns from the first call to the last answer. Return as load_grow()
 * does.
 */
int load_storm(struct load *l, size_t connections, struct load_tally *tally);

/*
 * Ask in an open loop: see schedule_start(). The schedule starts with the next
 * load_run().
 */
void load_plan(struct load *l, const struct schedule_step *steps, size_t count,
    bool poisson, uint64_t seed);

/*
 * Load the server for `ns` nanoseconds, with the first `active` connections.
 * Fill in the tally but for its histograms, which it adds to.
 */
void load_run(
    struct load *l, size_t active, uint64_t ns, struct load_tally *tally);

/*
 * After load_run(), go on as it did for `ns` nanoseconds more. What was due in
 * its window is completed in the tally, as by load_drain(); what is due later
 * is counted nowhere but in the totals.
 */
void load_linger(struct load *l, uint64_t ns, struct load_tally *tally);

/*
 * Let nothing more be due, send what was, and wait up to LOAD_DRAIN_LIMIT_MS
 * for the replies. Requests still open then are recorded as censored, and
 * their connections end with LOAD_TIMEOUT; in an open loop, of which a server
 * may have been asked too much, the run has not failed for it.
 */
void load_drain(struct load *l, struct load_tally *tally);

/* Return what the generator did since load_new(); valid until load_free(). */
const struct load_totals *load_totals(const struct load *l);

/*
 * Return the course since the first load_run(), in the finer steps or in those
 * of 250 ms; valid until load_free().
 */
const struct series *load_series(const struct load *l, bool fine);

/* Return length and digest of the answers, where they are all the same. */
struct ask_sameness load_sameness(const struct load *l);

/* Return the name of an error class, for the report. */
const char *load_error_name(enum load_error e);

/*
 * Close all connections, as before the server is told to stop; what was read
 * remains.
 */
void load_close(struct load *l);

/* Close all connections and free the generator. */
void load_free(struct load *l);

#endif
