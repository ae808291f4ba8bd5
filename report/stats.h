/*
 * stats - the statistics of a comparison.
 *
 * The unit of sampling is a run: one process, started afresh. The requests
 * inside a run depend on each other, so a million of them are not a million
 * samples. Run come in blocks, ABBA or BAAB, and each block yields one
 * number, the difference
 *
 *     d = (ln A1 + ln A2) / 2 - (ln B1 + ln B2) / 2
 *
 * in which a steady drift of the machine cancels exactly. The estimate of
 * ln(A/B) is the Hodges-Lehmann estimate, the median of the Walsh averages
 * (d_i + d_j) / 2, i <= j (Hodges and Lehmann 1963); its interval runs from
 * the k-th smallest to the k-th largest of them, where k comes from the exact
 * distribution of Wilcoxon's signed-rank statistic (Hollander and Wolfe,
 * "Nonparametric Statistical Methods", section 3.3). No normality is assumed,
 * one bad block does no harm, and there is nothing random in it.
 */
#ifndef REPORT_STATS_H
#define REPORT_STATS_H

#include <stdbool.h>
#include <stddef.h>

#define STATS_BLOCKS_MAX        50 /* 2^50 sign patterns are exact in a double */
#define STATS_BLOCKS_VERDICT    6  /* fewer can never give a 95 % interval */
#define STATS_BLOCKS_NEEDED_MAX 1e9 /* nobody ever runs as many */

/* From `low` to `high`; `exists` is false when there are too few blocks. */
struct interval {
    bool exists;
    double low, high;
    double coverage; /* exact, at least what was asked for */
};

/* What the blocks say about a difference. */
struct estimate {
    size_t blocks;
    double center;       /* Hodges-Lehmann */
    struct interval i95; /* for WIN and LEANS */
    struct interval i90; /* for EQUIVALENT: two one-sided tests at 5 % */
};

enum verdict {
    VERDICT_NONE,         /* fewer than six blocks, or nothing to judge by */
    VERDICT_WIN,          /* the 95 % interval lies beyond the margin */
    VERDICT_EQUIVALENT,   /* the 90 % interval lies within the margin */
    VERDICT_LEANS,        /* direction known, size not */
    VERDICT_INCONCLUSIVE, /* more blocks are needed */
    VERDICT_INVALID       /* a validity check failed: no number is claimed */
};

/*
 * Return the block difference of logarithms: the mean of ln a[0..na) less
 * the mean of ln b[0..nb). NAN when a value is not positive or is NAN.
 */
double stats_log_ratio(const double *a, size_t na, const double *b, size_t nb);

/* The same without logarithms, for figures that may be zero. */
double stats_difference(const double *a, size_t na, const double *b, size_t nb);

/*
 * Return how many Walsh averages lie outside an interval on either side,
 * plus one: the interval of n blocks with at least this `coverage` (0.95,
 * say) runs from the k-th smallest to the k-th largest. 0 when n blocks
 * cannot give it. `exact`, when not NULL, gets the coverage that the interval
 * has. n <= STATS_BLOCKS_MAX.
 */
size_t stats_rank(size_t n, double coverage, double *exact);

/*
 * Compute the estimate and both intervals from the differences d[0..n),
 * 1 <= n <= STATS_BLOCKS_MAX.
 */
struct estimate stats_estimate(const double *d, size_t n);

/*
 * Make an interval hold another one, too, as where the truth lies between two
 * ways to measure: its coverage is at least that of each. One that does not
 * exist changes nothing.
 */
void stats_widen(struct interval *i, const struct interval *other);

/*
 * Judge a difference of logarithms by a margin: `delta` is 0.03 for 3 %, the
 * band goes from ln(1/(1 + delta)) to ln(1 + delta). An invalid comparison is
 * VERDICT_INVALID whatever the numbers are.
 */
enum verdict stats_verdict(const struct estimate *e, double delta, bool valid);

/*
 * Return true when the 95 % interval excludes zero: together with
 * VERDICT_EQUIVALENT it means a difference that is real and does not matter.
 */
bool stats_excludes_zero(const struct estimate *e);

/*
 * Return how many blocks it would take for an interval no wider than the
 * margin on either side: n (h / margin)^2, where h is half of the present
 * 95 % interval; more than there are now, and at most
 * STATS_BLOCKS_NEEDED_MAX; 0 when there is no interval.
 */
size_t stats_blocks_needed(const struct estimate *e, double delta);

/* Return the name of a verdict, as it is printed. */
const char *stats_verdict_name(enum verdict v);

/*
 * Return k: the k-th smallest to the k-th largest of n independent values hold
 * the median of what they are drawn from with at least this `coverage`, by the
 * sign test (Hollander and Wolfe, section 3.6). 0 when n are too few.
 */
size_t stats_median_rank(size_t n, double coverage);

/* Sort v[0..n), the least first; there is no NAN in it. */
void stats_sort(double *v, size_t n);

/* Return the median of v[0..n), which it sorts; NAN when n is 0. */
double stats_median(double *v, size_t n);

#endif
