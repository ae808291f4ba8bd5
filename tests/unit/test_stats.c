#include "report/stats.h"

#include "tests/unit/normal.h"
#include "tests/unit/unit.h"

#include <stdlib.h>

#define SIMULATED 10000 /* comparisons */
/* Known ranks: n, k and per cent covered, for 95 % and for 90 %. */
static const struct {
    size_t n, k95;
    double covered95;
    size_t k90;
    double covered90;
} table[] = {
    { 5, 0, 0, 1, 93.8 },
    { 6, 1, 96.9, 3, 90.6 },
    { 7, 3, 95.3, 4, 92.2 },
    { 8, 4, 96.1, 6, 92.2 },
    { 10, 9, 95.1, 11, 91.6 },
    { 12, 14, 95.8, 18, 90.8 },
    { 14, 22, 95.1, 26, 90.9 },
    { 16, 30, 95.6, 36, 90.7 },
    { 20, 53, 95.2, 61, 90.3 },
};

/* Fill d with normal differences. */
static void
draw(struct rng *rng, double *d, size_t n, double center, double spread)
{
    for (size_t i = 0; i < n; i++)
        d[i] = center + spread * normal(rng);
}

/*
 * The coverage of the interval from the k-th smallest to the k-th largest
 * Walsh average, by trying all 2^n sign patterns of n differences around 0
 * and looking whether 0 is inside.
 */
static double
coverage_by_trial(size_t n, size_t k)
{
    size_t inside = 0, patterns = (size_t)1 << n;

    for (size_t signs = 0; signs < patterns; signs++) {
        size_t below = 0, all = n * (n + 1) / 2;

        for (size_t i = 0; i < n; i++)
            for (size_t j = i; j < n; j++) {
                /* Magnitudes 1, 2, 4 ...: no two averages cancel to 0. */
                double a = ldexp((signs >> i & 1) != 0 ? 1 : -1, (int)i);
                double b = ldexp((signs >> j & 1) != 0 ? 1 : -1, (int)j);

                below += a + b < 0;
            }
        inside += below >= k && all - below >= k;
    }
    return (double)inside / (double)patterns;
}

TEST(ranks_are_those_of_the_table, .times = COUNT(table))
{
    double exact;

    ck_assert_uint_eq(stats_rank(table[_i].n, 0.95, &exact), table[_i].k95);
    ck_assert_double_eq_tol(exact * 100, table[_i].covered95, 0.0501);
    ck_assert_uint_eq(stats_rank(table[_i].n, 0.90, &exact), table[_i].k90);
    ck_assert_double_eq_tol(exact * 100, table[_i].covered90, 0.0501);
}

TEST(coverage_is_that_of_all_sign_patterns, .times = 11)
{
    size_t n = (size_t)_i + 1;
    double exact;
    size_t k = stats_rank(n, 0.90, &exact);

    if (k > 0)
        ck_assert_double_eq_tol(exact, coverage_by_trial(n, k), 1e-12);
    ck_assert_double_lt(coverage_by_trial(n, k + 1), 0.90);
}

TEST(five_blocks_cannot_give_a_95_percent_interval)
{
    const double d[] = { 1, 1.1, 1.2, 0.9, 0.8 };
    struct estimate e = stats_estimate(d, 5);

    ck_assert(!e.i95.exists);
    ck_assert(e.i90.exists);
    ck_assert_int_eq(stats_verdict(&e, 0.03, true), VERDICT_NONE);
    ck_assert_uint_eq(stats_blocks_needed(&e, 0.03), 0);
}

TEST(the_center_is_the_median_of_the_pairwise_means)
{
    const double d[] = { 1, 3, 9 };
    struct estimate e = stats_estimate(d, 3);

    /* The means, sorted: 1 2 3 5 6 9. */
    ck_assert_double_eq_tol(e.center, 4, 1e-12);
    ck_assert_uint_eq(e.blocks, 3);
}

TEST(one_wild_block_hardly_moves_the_center)
{
    double d[] = { 0.10, 0.11, 0.09, 0.10, 0.12, 0.08, 0.10, 50 };
    struct estimate e = stats_estimate(d, 8);

    ck_assert_double_eq_tol(e.center, 0.105, 0.02);
}

TEST(a_steady_drift_cancels)
{
    /* ABBA with A = 2 B on a machine that slows down by 10 % a run. */
    const double a[] = { 2 * 1.0, 2 * 0.729 }, b[] = { 0.9, 0.81 };

    ck_assert_double_eq_tol(stats_log_ratio(a, 2, b, 2), log(2), 1e-12);
}

TEST(a_linear_drift_cancels_in_differences)
{
    const double a[] = { 5 + 0, 5 + 3 }, b[] = { 1, 2 };

    ck_assert_double_eq_tol(stats_difference(a, 2, b, 2), 5, 1e-12);
}

TEST(what_is_not_positive_has_no_logarithm)
{
    const double a[] = { 1, 0 }, b[] = { 1, 1 }, c[] = { 1, -1 };

    ck_assert(isnan(stats_log_ratio(a, 2, b, 2)));
    ck_assert(isnan(stats_log_ratio(b, 2, c, 2)));
}

TEST(the_median_is_the_middle)
{
    double odd[] = { 5, 1, 3 }, even[] = { 4, 1, 3, 2 };

    ck_assert_double_eq(stats_median(odd, 3), 3);
    ck_assert_double_eq(stats_median(even, 4), 2.5);
    ck_assert(isnan(stats_median(even, 0)));
}

TEST(intervals_cover_as_often_as_they_say, .times = COUNT(table))
{
    size_t n = table[_i].n;
    int covered = 0;
    double exact;
    struct rng rng;

    if (stats_rank(n, 0.95, &exact) == 0)
        return;
    rng_seed(&rng, 4);
    for (int i = 0; i < SIMULATED; i++) {
        double d[STATS_BLOCKS_MAX];
        struct estimate e;

        draw(&rng, d, n, 0.3, 0.02);
        e = stats_estimate(d, n);
        covered += e.i95.low <= 0.3 && 0.3 <= e.i95.high;
    }
    ck_assert_double_eq_tol(covered / (double)SIMULATED, exact, 0.007);
}

TEST(equal_servers_seldom_win, .times = 4)
{
    static const double spreads[] = { 0.005, 0.02, 0.1, 0.5 };
    int wins = 0;
    struct rng rng;

    rng_seed(&rng, 5);
    for (int i = 0; i < SIMULATED; i++) {
        double d[6];
        struct estimate e;

        draw(&rng, d, 6, 0, spreads[_i]);
        e = stats_estimate(d, 6);
        wins += stats_verdict(&e, 0.03, true) == VERDICT_WIN;
    }
    ck_assert_int_le(wins, SIMULATED / 20);
}

/* What different differences are called at a margin of 3 % (0.0296). */
static const struct {
    double d[6];
    enum verdict verdict;
    bool excludes_zero;
} verdicts[] = {
    { { 0.30, 0.31, 0.29, 0.32, 0.28, 0.30 }, VERDICT_WIN, true },
    { { -0.30, -0.31, -0.29, -0.32, -0.28, -0.30 }, VERDICT_WIN, true },
    { { 0.01, -0.01, 0.005, -0.005, 0.0, 0.002 }, VERDICT_EQUIVALENT, false },
    { { 0.01, 0.012, 0.011, 0.009, 0.008, 0.01 }, VERDICT_EQUIVALENT, true },
    { { 0.01, 0.05, 0.03, 0.04, 0.02, 0.06 }, VERDICT_LEANS, true },
    { { -0.01, -0.05, -0.03, -0.04, -0.02, -0.06 }, VERDICT_LEANS, true },
    { { -0.05, 0.05, 0.03, -0.04, 0.02, 0.06 }, VERDICT_INCONCLUSIVE, false },
};

TEST(a_verdict_is_where_the_interval_lies, .times = COUNT(verdicts))
{
    struct estimate e = stats_estimate(verdicts[_i].d, 6);

    ck_assert_int_eq(stats_verdict(&e, 0.03, true), verdicts[_i].verdict);
    ck_assert(stats_excludes_zero(&e) == verdicts[_i].excludes_zero);
    ck_assert_int_eq(stats_verdict(&e, 0.03, false), VERDICT_INVALID);
}

TEST(more_blocks_are_asked_for_by_the_square_of_the_width)
{
    struct estimate e = { .blocks = 6,
        .i95 = { .exists = true, .low = -0.06, .high = 0.06 } };

    ck_assert_uint_eq(stats_blocks_needed(&e, exp(0.03) - 1), 24);
    e.i95.low = e.i95.high = 0;
    ck_assert_uint_eq(stats_blocks_needed(&e, 0.03), 7);
    /* No number is the answer where nothing is small enough, or wide. */
    e.i95.high = INFINITY;
    ck_assert_uint_eq(stats_blocks_needed(&e, 0.03), 1000000000);
    e.i95.high = 1;
    ck_assert_uint_eq(stats_blocks_needed(&e, 0), 1000000000);
    e.i95.high = NAN;
    ck_assert_uint_eq(stats_blocks_needed(&e, 0.03), 7);
}

/* Known ranks of the sign test at 95 %. */
static const struct {
    size_t n, k;
} medians[] = { { 0, 0 }, { 1, 0 }, { 5, 0 }, { 6, 1 }, { 8, 1 }, { 9, 2 },
    { 11, 2 }, { 12, 3 }, { 15, 4 }, { 17, 5 }, { 20, 6 }, { 25, 8 },
    { 30, 10 }, { 50, 18 } };

TEST(ranks_of_a_median_are_those_of_the_sign_test, .times = COUNT(medians))
{
    ck_assert_uint_eq(stats_median_rank(medians[_i].n, 0.95), medians[_i].k);
}
