/*
 * wire - what compare and an agent on another host say to each other: a JSON
 * object a line, in UTF-8. The agent greets first; from then on each request
 * with a number is answered, in order, by a line with the same number. Keys
 * that are not known are ignored.
 *
 *     {"hello": "threads-vs-events", "protocol": 1, ...}
 *     {"n": 1, "do": "start", "scenario": "reply-50", "server": "evented",
 *         "address": "10.0.0.5"}
 *     {"n": 1, "port": 41233, ...}
 *
 * A server is started by its name and that of a scenario, which both sides
 * have in the same tables: no command ever comes over the wire. So it is with a
 * load, which goes in steps, each of which is answered when it is done; from
 * the third to the fifth it asks all the time, for others may not be so far.
 *
 *     load, grow (once or more), warm, go, drain, result
 *
 * What an agent
 * says is believed as little as what a server answers: numbers have bounds,
 * texts are cut and made harmless.
 *
 * Nothing here reads or writes a descriptor. All functions end the program when
 * memory runs out.
 */
#ifndef REPORT_WIRE_H
#define REPORT_WIRE_H

#include "report/run/kernel.h"
#include "report/run/nic.h"
#include "report/run/resources.h"
#include "report/run/run.h"
#include "report/scenarios.h"

#include <jansson.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_PROTOCOL    1
#define WIRE_LINE_MAX    ((size_t)4 << 20) /* a result may take a megabyte */
#define WIRE_ADDRESS_MAX 16                /* "255.255.255.255" */
#define WIRE_PARTS_MAX   64                /* generators that load a server */

/* What an agent is asked for; `ping` is not answered. */
enum wire_what {
    WIRE_PING,    /* nothing: compare is there */
    WIRE_START,   /* a server */
    WIRE_LOOK,    /* what happens around a window, before it */
    WIRE_BEGIN,   /* the window begins, */
    WIRE_END,     /* and is over */
    WIRE_NOTE,    /* what happened around it */
    WIRE_MEMORY,  /* of the server */
    WIRE_COUNTER, /* how many requests the server has counted */
    WIRE_STOP,    /* the server */
    WIRE_PACE,    /* of the servers' processor */
    WIRE_REACH,   /* whether a server can be connected to, and how fast */
    WIRE_LOAD,    /* a generator: its part of a scenario's load */
    WIRE_GROW,    /* its part of so many open connections */
    WIRE_WARM,    /* what warms up; and go on */
    WIRE_GO,      /* what is measured; and go on */
    WIRE_DRAIN,   /* no more requests, and wait for what is owed */
    WIRE_RESULT,  /* what came of it; and hang up */
    WIRE_REQUESTS
};

struct wire_request {
    uint64_t n;
    enum wire_what what;
    /* To start, or to load. */
    const struct scenario *scenario;
    enum subject subject;
    char address[WIRE_ADDRESS_MAX]; /* where the server listens, */
    uint64_t port_first, port_last; /* to start: one of these; 0, 0 = any */
    uint64_t window_ns;             /* of a load or note: how long it is */
    /* To load, or reach. */
    char from[WIRE_ADDRESS_MAX]; /* where connections come from; "" = any */
    uint64_t port, http_port;
    uint64_t connections; /* of all parts, as are the three below; to grow, so
                             many are open then */
    uint64_t active;
    double rate, burst;
    uint64_t part, parts; /* part 0 to parts - 1 */
    uint64_t seed;
    uint64_t cpu; /* where it runs, */
    bool pinned;  /* if that is to be */
    bool closed;  /* a closed loop, whatever the scenario has */
};

/* An answer; what was not asked for is 0, NAN or NULL. */
struct wire_answer {
    uint64_t n;
    char error[384]; /* why there is none, as a terminal may show it; or "" */
    uint64_t port, http_port;
    uint64_t server_cpu_ns;
    uint64_t requests; /* the counter */
    uint64_t switches;
    struct memory memory;
    struct kernel_counters kernel;
    struct nic nic;
    double run_queue_ns;
    double stolen_seconds, foreign_seconds, others_seconds, busy_seconds;
    double cpu_seconds, stop_seconds;
    double pace_ns;
    uint64_t window_ns;  /* of a go: how long it was */
    double connected_ns; /* of a reach: how long that took, */
    uint64_t mtu;        /* and how many bytes a packet may have; 0 = unknown */
    json_t *others;      /* see others_named() */
    json_t *result;      /* see wire_take_result() */
};

struct wire_hello {
    uint64_t protocol;
    char version[32];
    char boot_id[64];
    char self[32];                  /* a hash of its program, this one */
    char address[WIRE_ADDRESS_MAX]; /* at which it was reached; or "" */
    bool pinned;                    /* servers have a processor of their own, */
    char why[128];                  /* or why they have none */
    uint64_t server_cpu;
    cpu_set_t cpus;   /* all that programs may use there */
    json_t *machine;  /* see machine_describe() */
    json_t *programs; /* [{name, program, fnv1a}] */
};

/* Write as a line, with its end; free it. */
char *wire_write_request(const struct wire_request *r);
char *wire_write_answer(const struct wire_answer *a);
char *wire_write_hello(const struct wire_hello *h);

/*
 * Read a line without its end. Return whether it is one; what it holds is
 * released by wire_release_...(), in either case.
 */
bool wire_read_request(struct wire_request *r, const char *line, size_t length);
bool wire_read_answer(struct wire_answer *a, const char *line, size_t length);
bool wire_read_hello(struct wire_hello *h, const char *line, size_t length);

/*
 * Tell what has changed at a host since it greeted before, so that what is
 * measured there now is no part of the same: a sentence's end ("it was started
 * again"); NULL = nothing.
 */
const char *wire_change(
    const struct wire_hello *before, const struct wire_hello *now);

/*
 * Return what came of a load as an object; read such an object into a run that
 * run_init() has made for its scenario, which then has series of its own; false
 * when it is none, or contradicts itself.
 */
json_t *wire_result(const struct run *run);
bool wire_take_result(struct run *run, const json_t *o);

/* Make an answer empty, and free what one holds. */
void wire_begin_answer(struct wire_answer *a);
void wire_release_answer(struct wire_answer *a);
void wire_release_hello(struct wire_hello *h);

#endif
