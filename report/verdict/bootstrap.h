/*
 * bootstrap - a second interval for a comparison, by another road, to check
 * the first one by.
 *
 * The statistic is the ratio of the medians over all runs (or their
 * difference); whole blocks are drawn with replacement, 10,000 times, with a
 * fixed seed; the interval is bias-corrected and accelerated (Efron 1987).
 * With few blocks it covers too little, so nothing is judged by it.
 */
#ifndef REPORT_BOOTSTRAP_H
#define REPORT_BOOTSTRAP_H

#include "report/stats.h"

#define BOOTSTRAP_RUNS  4 /* of a block: two of a, then two of b */
#define BOOTSTRAP_DRAWS 10000

/*
 * Return the 95 % interval of median(a)/median(b), or with `ratio` false of
 * median(a) - median(b), from `n` blocks; NAN stands for a run without a
 * value. `exists` is false when it cannot be computed.
 */
struct interval bootstrap_interval(
    const double (*blocks)[BOOTSTRAP_RUNS], size_t n, bool ratio);

#endif
