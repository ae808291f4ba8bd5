/*
 * spread - where the spread of a server's requests/s comes from: the moments
 * of a run, one run after the other, or one block after the other. It says
 * what would make an interval narrower: longer runs or more blocks.
 *
 * Random effects in three levels, after Kalibera and Jones ("Rigorous
 * Benchmarking in Reasonable Time", ISMM 2013): of the variance of means at
 * one level, what the level below accounts for is taken off. The moments of a
 * run are taken to be independent. Where they are not, as when the machine
 * becomes slow for a second, part of their share is said to be the runs'.
 */
#ifndef REPORT_SPREAD_H
#define REPORT_SPREAD_H

#include <jansson.h>
#include <stddef.h>

#define SPREAD_RUNS    2   /* of a twin, in a block */
#define SPREAD_MOMENTS 128 /* of a run, at most */

/* Variances of one moment, one run, one block; 0 where less than none. */
struct spread {
    double moments, runs, blocks;
};

/*
 * Compute them from the first `moments` values of each run of x[0..blocks),
 * logarithms; 2 <= blocks <= PLAN_BLOCKS_MAX, 2 <= moments <= SPREAD_MOMENTS.
 */
struct spread spread_make(
    double (*x)[SPREAD_RUNS][SPREAD_MOMENTS], size_t blocks, size_t moments);

/*
 * Return for the cell of a twin the standard deviations that a run's
 * ln(requests/s) has from each level, as in report-json.md; the caller owns
 * it. Null when there are not two blocks that count, or not two moments in a
 * run, or nothing was answered in one.
 */
json_t *spread_json(const json_t *scenario, const char *server);

#endif
