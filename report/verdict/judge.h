/*
 * judge - from runs to comparisons: what a scenario says about each metric of
 * each pair of servers, and the sentence that it comes down to.
 *
 * One metric of each scenario is primary, named in the table of scenarios and
 * not chosen after the fact; the others are exploratory. A winner is named
 * only beyond the margin, and beyond the floor: what the A/A arm, in which
 * there is no difference, did not rule out. All of it is made from the runs as
 * they stand in report.json.
 */
#ifndef REPORT_JUDGE_H
#define REPORT_JUDGE_H

#include "report/scenarios.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Which subjects are compared: the twins first, then each twin with the
 * control that shows its floor, and what libevent's own way costs; last a
 * peer with each twin.
 */
#define JUDGE_PAIRS 7

struct pair {
    enum subject a, b;
};

extern const struct pair judge_pairs[JUDGE_PAIRS];

/*
 * Complete a scenario that race_run() returned: cells, A/A arm, comparisons,
 * sentence. `done` are the scenarios before it, whose A/A arms serve where it
 * has none; `pinned` as in the placement.
 */
void judge_scenario(json_t *scenario, const struct scenario *s,
    const json_t *done, bool pinned);

/* Return the table of metrics and margins; the caller owns it. */
json_t *judge_margins(void);

/*
 * Return how many primary comparisons of the twins got a verdict, and how many
 * of them chance alone could win; the caller owns it.
 */
json_t *judge_chance(const json_t *all);

#endif
