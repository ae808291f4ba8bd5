/*
 * comparison - two servers, or one twice over, in one metric of one scenario:
 * from the figures of their runs to a verdict, and into JSON.
 *
 * Set scenario, metric, a and b, the rest to zero; then comparison_make(),
 * comparison_floor(), comparison_gates(), comparison_decide() and
 * comparison_json(), in that order. What is missing or invalid is said by
 * strings of the scenario.
 */
#ifndef REPORT_COMPARISON_H
#define REPORT_COMPARISON_H

#include "report/run/plan.h"
#include "report/stats.h"
#include "report/verdict/bootstrap.h"
#include "report/verdict/cells.h"

struct comparison {
    const json_t *scenario;
    enum metric metric;
    struct arm a, b;
    bool timely; /* of the figures without lateness */
    double pairs[PLAN_BLOCKS_MAX][BOOTSTRAP_RUNS]; /* a1 a2 b1 b2, NAN = none */
    double d[PLAN_BLOCKS_MAX];
    struct estimate estimate; /* of ln(a/b), or of a - b; blocks may be 0 */
    const char *missing;      /* why there is no figure, or NULL */
    const char *invalid;      /* why the figures do not count, or NULL */
    double floor, band;       /* NAN = none */
    const char *floor_from;
    bool at_least;               /* the better one was held up by the load */
    bool a_is_bound, b_is_bound; /* some figures: the truth is worse */
    enum verdict verdict;
};

/*
 * Form the differences of the blocks, and the estimate. A run of which only a
 * bound is known counts with it, for to leave it out would favour a server that
 * does not answer; with more than half of them there is no estimate. In an open
 * loop the intervals also hold what they are without the generator's own
 * lateness: a generator that is never late would find something between the
 * two.
 */
void comparison_make(struct comparison *c);

/*
 * Set floor and band: from the scenario's own A/A arm, or else from the first
 * of the scenarios `done` that is measured in the same way.
 */
void comparison_floor(struct comparison *c, const json_t *done);

/*
 * Return the names of the gates that spoil it; the caller owns them. That the
 * load kept the better server from doing more can only have made its lead
 * smaller: this does not spoil the comparison, but sets at_least.
 */
json_t *comparison_gates(struct comparison *c);

/* Set the verdict; `gated` = there are such gates. */
void comparison_decide(struct comparison *c, bool gated);

/* Return it as an object of report.json, which takes the gates over. */
json_t *comparison_json(
    const struct comparison *c, const struct scenario *s, json_t *gates);

/* Return a value of the estimate on the scale that is printed. */
double comparison_scale(const struct comparison *c, double x);

/* Return an interval on that scale, or null. */
json_t *comparison_interval(
    const struct comparison *c, const struct interval *i);

/* Return half the 95 % interval's width as a margin is written; or NAN. */
double comparison_half_width(const struct comparison *c);

#endif
