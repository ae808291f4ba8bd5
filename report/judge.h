/*
 * judge - from runs to comparisons: which figures there are, what difference in
 * each of them matters, and what a race says about it.
 *
 * One metric of each scenario is primary, named here and not chosen after
 * the fact; the others are exploratory.
 */
#ifndef REPORT_JUDGE_H
#define REPORT_JUDGE_H

#include "report/race.h"
#include "report/stats.h"

#include <stdbool.h>
#include <stddef.h>

enum metric {
    METRIC_RATE,
    METRIC_P50,
    METRIC_P99,
    METRIC_P999,
    METRIC_CPU,
    METRIC_SWITCHES,
    METRIC_MEMORY,
    METRICS
};

struct metric_info {
    const char *key;   /* in report.json, unit included */
    const char *label; /* in the table, unit included */
    double unit;       /* of the value, in which the table shows it */
    int decimals;      /* in the table */
    double margin;     /* differences up to it do not matter; 0 = not judged */
    bool more_is_better;
    bool may_be_zero;   /* compared by difference, not by ratio */
    bool needs_pinning; /* means nothing when server and load share a core */
    bool timed; /* suffers from other work: subject to discarded blocks */
};

/* The table of metrics, with the margins that were set beforehand. */
extern const struct metric_info metrics[METRICS];

/*
 * Which subjects are compared: the twins first, then each twin with the
 * control that shows its floor, and what libevent's own way costs; from
 * JUDGE_PEER_PAIRS on a peer with each twin.
 */
#define JUDGE_PEER_PAIRS 5
#define JUDGE_PAIRS      7

struct pair {
    enum subject a, b;
};

extern const struct pair judge_pairs[JUDGE_PAIRS];

/* What a race says about one metric of two subjects, a and b. */
struct comparison {
    enum metric metric;
    enum subject a, b;
    bool primary;
    double value_a, value_b;  /* median over the runs; NAN = missing */
    struct estimate estimate; /* of ln(a/b), or of a - b; blocks may be 0 */
    enum verdict verdict;
    size_t blocks_needed; /* when inconclusive: to decide it */
    const char *missing;  /* why there is no figure, or NULL */
    const char *invalid;  /* why the figures do not count, or NULL */
};

/*
 * Return the value of a metric in one run: requests per second, ns, switches
 * or bytes. NAN where the run has none; `*why`, unless NULL, says why then.
 */
double judge_value(const struct run *run, enum metric m, const char **why);

/*
 * Return whether a scenario of this kind has the metric, and set `*primary`
 * if it is the one that the scenario is about.
 */
bool judge_has(enum scenario_kind kind, enum metric m, bool *primary);

/*
 * Return how many pairs, the first ones, ran in a race: the twins always,
 * the others where its scenario has controls, and a peer if there is one.
 */
size_t judge_pairs_count(const struct race *r);

/*
 * Compare two subjects of a race; `pinned` as in the placement. Strings in
 * the result belong to the race or are constant.
 */
struct comparison judge_compare(const struct race *r, bool pinned,
    enum metric m, enum subject a, enum subject b);

/* Return the median of a metric over the runs of a subject; NAN if none. */
double judge_median(const struct race *r, enum metric m, enum subject s);

/*
 * Return true when the rate of a subject was limited by the generator: its
 * core was busy while more than a tenth of the server's core was idle. Such a
 * rate says little about the server.
 */
bool judge_generator_bound(const struct race *r, enum subject s);

/* Return the mean share of a core, 0 to 1, that servers and load used. */
void judge_busy(
    const struct race *r, enum subject s, double *server, double *load);

#endif
