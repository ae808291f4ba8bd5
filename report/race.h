/*
 * race - running a scenario: blocks of runs, each run a fresh server process.
 *
 * In a block the twins run in the order ABBA or BAAB, as a seeded coin says;
 * the controls run once each between the two halves, so that a steady drift
 * of the machine cancels for them as well. A peer runs like a control.
 *
 * A block is discarded when the machine was busy with something else during
 * one of its windows: when the generator, alone on its processor, had to wait
 * for it for more than 3 % of the time, or a hypervisor took more than 1 %.
 * The rule does not look at what the servers did. One block in five may be
 * run again for it; if more than one in five are discarded, the machine is too
 * noisy for a verdict. Memory does not depend on time: it is exempt.
 */
#ifndef REPORT_RACE_H
#define REPORT_RACE_H

#include "report/histogram.h"
#include "report/meter.h"
#include "report/resources.h"
#include "report/scenarios.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RACE_BLOCKS_MAX 50

/*
 * Where things run. `pinned` is false on a machine with one processor or
 * where processors cannot be chosen; `why` says so then, and what depends on
 * pinning (all rates and latencies) is not reported.
 */
struct placement {
    int allowed; /* processors that this process may use */
    bool pinned;
    int load_cpu, server_cpu;
    char why[128];
};

/* What does not depend on the scenario. Strings must outlive the race. */
struct plan {
    struct placement placement;
    /* Of a control or a peer NULL = none; of a peer, its command. */
    const char *server_path[SUBJECTS];
    uint64_t seed;
    size_t blocks; /* 0 = as the scenario says */
    double window; /* seconds; 0 = as the scenario says */
    double limit;  /* seconds in all that extra blocks must keep to; 0 = none */
};

/* Memory at one number of open connections. */
struct level {
    size_t connections;
    struct memory memory;
};

/* One run: everything that was read, nothing computed from it. */
struct run {
    enum subject subject;
    size_t block, position; /* from 1 */
    size_t connections;     /* open at the end, the descriptor limit allowing */
    size_t active;          /* that asked */
    double started;         /* seconds since the start of the program */
    uint64_t window_ns;
    uint64_t replies;          /* within the window */
    struct load_totals totals; /* from the first connection to the last */
    uint64_t lines_counted;    /* by the server; 0 = it does not count */
    uint64_t server_cpu_ns, load_cpu_ns; /* within the window */
    /*
     * Of the server, from start to exit; of a peer's processes, the first and
     * those that it waited for.
     */
    uint64_t switches;
    double cpu_seconds, stop_seconds;
    double stolen_seconds; /* taken by a hypervisor, within the window */
    uint64_t load_wait_ns; /* the generator waited for its processor */
    double little;   /* time in flight / (window x connections); about 1 */
    double fairness; /* Jain's index of replies per connection */
    struct histogram *latency;
    struct level levels[IDLE_LEVELS];
    size_t levels_count;
    bool failed;       /* the server broke or answered wrongly */
    char invalid[320]; /* why this run does not count; "" = it does */
};

struct race {
    const struct scenario *scenario;
    struct run *runs;
    size_t runs_count;
    bool has_peer;                   /* a peer was run, too */
    size_t blocks;                   /* that were run */
    bool discarded[RACE_BLOCKS_MAX]; /* the first is block 1 */
    double warmup, window;           /* seconds, as run */
    char orders[RACE_BLOCKS_MAX][5]; /* "ABBA" or "BAAB"; A = threaded */
    size_t stopped_short; /* idle connections asked for but not possible */
};

/*
 * Find two processors that this process may use and pin the calling thread,
 * which generates the load, to the first of them.
 */
struct placement race_place(void);

/* Return how many seconds a scenario will take, about. */
double race_seconds(const struct scenario *s, const struct plan *plan);

/*
 * Run a scenario. A run that fails is kept, with the reason in `invalid`.
 * Free the result with race_free(). End the program when memory or
 * descriptors run out.
 */
struct race *race_run(
    const struct scenario *s, const struct plan *plan, struct meter *meter);

/* Return how many blocks were discarded. */
size_t race_discarded(const struct race *r);

/* Return whether too many were, so that no verdict may be given. */
bool race_too_noisy(const struct race *r);

/* Free a race and its histograms. */
void race_free(struct race *r);

#endif
