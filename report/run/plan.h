/*
 * plan - what does not depend on the scenario: where things run, which
 * servers there are, how much time there is.
 */
#ifndef REPORT_PLAN_H
#define REPORT_PLAN_H

#include "report/host/netem.h"
#include "report/run/nic.h"
#include "report/scenarios.h"

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>

#define PLAN_BLOCKS_MAX 50

/* Blocks that have the controls, when that many are run. */
#define PLAN_CONTROL_BLOCKS 6

struct there; /* see report/host/there.h */
struct crew;  /* see report/host/crew.h */

/*
 * Where things run. `pinned` is false on a machine with one processor or
 * where processors cannot be chosen; `why` says so then, and what depends on
 * pinning (all rates and latencies) is not reported.
 */
struct placement {
    int allowed;   /* processors that this process may use, */
    cpu_set_t set; /* and which */
    bool pinned;
    int load_cpu, server_cpu;
    bool same_core; /* they are threads of one core: each slows the other */
    /* What is between them; NULL = the loopback. */
    const struct netem *netem;
    struct there *there; /* servers run on another host, */
    struct crew *crew;   /* and so does the load */
    bool is_other_host;  /* this is that host: the load does not run here */
    double round_trip;   /* ns, of a small request, if it is not the loopback */
    char nic[IF_NAMESIZE]; /* by which, on this host; "" = it is not read */
    const struct load_path *path;
    const char *address;      /* where servers listen, */
    uint16_t port, http_port; /* and the next one: 0 = at any that is free */
    char why[128];
};

/* Strings must outlive the plan. */
struct plan {
    struct placement placement;
    /* NULL = there is none. */
    const char *server_path[PROGRAMS][SUBJECTS];
    const char *output;           /* the folder of the report */
    const char *peers[PEERS_MAX]; /* their commands, */
    size_t peers_count;
    const struct peer_kind *peer_kind; /* and what they are */
    uint64_t seed;
    enum suite suite;
    bool chosen;   /* by --only, not by the suite */
    size_t blocks; /* 0 = as scenario or suite say */
    double window; /* seconds; 0 = as the scenario says */
    double limit;  /* seconds in all that blocks must keep to; 0 = none, as of
                      a comparison that is resumed */
};

/*
 * Set load_cpu, server_cpu and same_core: the first of the processors that are
 * allowed, and the next one that is not a thread of the same core, or where
 * there is none the next; -1 = there are not so many. `sys` is where the kernel
 * tells of cores, "/sys"; those that it does not tell of are taken for several.
 */
void plan_choose(
    struct placement *p, const cpu_set_t *allowed, const char *sys);

/*
 * Choose two processors that this process may use and pin the calling thread,
 * which generates the load, to the first of them.
 */
struct placement plan_place(void);

/* Put an emulated network between load and servers. */
void plan_connect(struct placement *p, const struct netem *netem);

/* Return what the network is like that a scenario brings. */
struct netem_shape plan_link(const struct scenario *s);

/* Let the calling thread run anywhere, or pin it as it was. */
void plan_unpin(const struct plan *plan);
void plan_pin(const struct plan *plan);

/*
 * Return how long after its request an answer leaves in a job, in seconds; of a
 * spinner, how long it turns. A window that was asked for is what the twins
 * take at best.
 */
double plan_delay(const struct plan *plan, const struct scenario *s);

/* Return how many requests a subject makes at once in a job. */
size_t plan_at_once(const struct scenario *s, enum subject subject);

/* Return how long a subject takes for a job at best: all delays, in seconds. */
double plan_ideal(
    const struct plan *plan, const struct scenario *s, enum subject subject);

/* Return the window of a scenario in seconds. */
double plan_window(const struct plan *plan, const struct scenario *s);

/* Return the number of blocks of a scenario. */
size_t plan_blocks(const struct plan *plan, const struct scenario *s);

/*
 * Return whether a block of a scenario, counted from 1, has the controls: as
 * many have as give an interval.
 */
bool plan_has_controls(
    const struct plan *plan, const struct scenario *s, size_t block);

/* Return whether a control is there and has a part in a scenario. */
bool plan_has_control(
    const struct plan *plan, const struct scenario *s, enum subject control);

/* Return how many peers run in a scenario: all or none. */
size_t plan_peers(const struct plan *plan, const struct scenario *s);

/*
 * Return how many of the connections of a scenario the descriptor limit
 * allows; raise it as far as it goes.
 */
size_t plan_connections(const struct scenario *s);

/* Return how many seconds one run of a subject in a scenario takes, about. */
double plan_run_seconds(
    const struct plan *plan, const struct scenario *s, enum subject subject);

/* Return how many seconds a scenario takes, about. */
double plan_seconds(const struct plan *plan, const struct scenario *s);

#endif
