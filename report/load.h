/*
 * load - the load generator: many connections, one request in flight on each.
 *
 * It has its own epoll loop and its own sockets and shares no code with the
 * servers that it loads, nor with libevent. It runs in the calling thread.
 *
 * The loop is closed: a connection sends its next request when the reply to
 * the last one is there. That finds out what a server can do; its latencies
 * belong to a saturated server and do not compare with those measured at a
 * given rate. Two clock readings frame each request, one just before the
 * write and one just after the read that brought the end of the reply. Every
 * reply is checked.
 *
 * A measurement is: load_new(), load_grow(), load_run() to warm up,
 * load_run() for the window, load_drain(), load_free(). Requests stay in
 * flight from one load_run() to the next.
 */
#ifndef REPORT_LOAD_H
#define REPORT_LOAD_H

#include "report/histogram.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How to talk to a server. Strings and function must outlive the load. */
struct load_talk {
    const char *hello;    /* sent once, with the first request; "" = nothing */
    unsigned hello_lines; /* in it */
    const char *request;  /* one request, with its line end */
    /* Judges a reply without its line end. */
    bool (*verify)(const char *reply, size_t length);
};

extern const struct load_talk load_talk_game; /* guesses from 1 to 10^12 - 1 */
extern const struct load_talk load_talk_bare; /* the same without PARAMS */

/* What can go wrong with a connection; each ends it. */
enum load_error {
    LOAD_REFUSED, /* no connection */
    LOAD_RESET,   /* the server reset it, or a call failed */
    LOAD_CLOSED,  /* the server closed it while a reply was owed, or idle */
    LOAD_WRONG,   /* a reply that is not an answer to the request */
    LOAD_TIMEOUT, /* no reply until the end of the drain */
    LOAD_ERRORS
};

#define LOAD_OPEN_LIMIT_MS  30000 /* for one load_grow() */
#define LOAD_DRAIN_LIMIT_MS 2000  /* after it an open request is censored */

/* What one load_run() and its load_drain() saw. */
struct load_tally {
    uint64_t start_ns;  /* set by load_run(), monotonic clock */
    uint64_t window_ns; /* how long it really took */
    uint64_t replies;   /* completed and verified within the window */
    /*
     * What the latencies leave out and hold too much to fill the window:
     * time in it of requests sent before it, and time after it of those
     * finished in the drain. Sums over all connections.
     */
    uint64_t head_ns, tail_ns;
    double fairness; /* Jain's index of replies per connection; 1 = equal */
    /*
     * Latencies of the requests sent within the window, those finished in the
     * drain included. The caller's; NULL keeps none.
     */
    struct histogram *latency;
};

/* What happened on all connections from the first to the last. */
struct load_totals {
    uint64_t connections;         /* that came about */
    uint64_t replies;             /* verified */
    uint64_t errors[LOAD_ERRORS]; /* connections that ended so */
    char problem[256]; /* the first thing that went wrong; "" = nothing */
};

struct load;

/*
 * Return a generator that will talk to 127.0.0.1:port over at most
 * `connections_max` connections; none is opened yet. End the program when
 * memory or descriptors run out.
 */
struct load *load_new(
    uint16_t port, size_t connections_max, const struct load_talk *talk);

/*
 * Open connections until there are `connections`, at most 256 at a time in
 * the making, and plays one verified request on each. Return 0, or -1 when
 * not all of them came about within LOAD_OPEN_LIMIT_MS (see load_totals()).
 */
int load_grow(struct load *l, size_t connections);

/*
 * Keep one request in flight on each of the first `active` connections for
 * `ns` nanoseconds. Fill in the tally but for `latency`, which it adds to.
 */
void load_run(
    struct load *l, size_t active, uint64_t ns, struct load_tally *tally);

/*
 * Send nothing more and wait up to LOAD_DRAIN_LIMIT_MS for the requests in
 * flight. Those still open then are recorded as censored, and their
 * connections end with LOAD_TIMEOUT.
 */
void load_drain(struct load *l, struct load_tally *tally);

/* Return what the generator did since load_new(); valid until load_free(). */
const struct load_totals *load_totals(const struct load *l);

/* Return the name of an error class, for the report. */
const char *load_error_name(enum load_error e);

/* Close all connections and frees the generator. */
void load_free(struct load *l);

#endif
