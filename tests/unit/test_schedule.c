#include "report/load/schedule.h"
#include "report/load/series.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <stdlib.h>

#define ARRIVALS 100000
#define SECOND   UINT64_C(1000000000)

/* A schedule of one rate. */
static struct schedule
steady(double rate, bool poisson, uint64_t seed)
{
    const struct schedule_step step = { rate, 0 };
    struct schedule s;

    schedule_start(&s, 5 * SECOND, &step, 1, poisson, seed);
    return s;
}

TEST(even_arrivals_are_even)
{
    struct schedule s = steady(3000, false, 1);

    for (uint64_t i = 1; i <= ARRIVALS; i++) {
        double exact = (double)i * 1e9 / 3000;

        ck_assert_double_eq_tol(
            (double)(schedule_due(&s) - 5 * SECOND), exact, 1.5);
        schedule_advance(&s);
    }
    ck_assert_uint_eq(s.passed, ARRIVALS);
}

TEST(the_same_seed_gives_the_same_arrivals)
{
    struct schedule a = steady(1000, true, 7), b = steady(1000, true, 7);
    struct schedule c = steady(1000, true, 8);
    size_t same = 0;

    for (int i = 0; i < 1000; i++) {
        ck_assert_uint_eq(schedule_due(&a), schedule_due(&b));
        same += schedule_due(&a) == schedule_due(&c);
        schedule_advance(&a);
        schedule_advance(&b);
        schedule_advance(&c);
    }
    ck_assert_uint_lt(same, 10);
}

TEST(gaps_of_a_poisson_process_are_exponential, .times = 5)
{
    struct schedule s = steady(1000, true, (uint64_t)_i);
    double sum = 0, squares = 0, beyond = 0;
    uint64_t last = 5 * SECOND;

    for (int i = 0; i < ARRIVALS; i++) {
        double gap = (double)(schedule_due(&s) - last) / 1e6; /* mean 1 */

        sum += gap;
        squares += gap * gap;
        beyond += gap > 3;
        last = schedule_due(&s);
        schedule_advance(&s);
    }
    /* Mean 1, variance 1, P(gap > 3) = e^-3; five standard errors. */
    ck_assert_double_eq_tol(sum / ARRIVALS, 1, 5 / sqrt(ARRIVALS));
    ck_assert_double_eq_tol(squares / ARRIVALS, 2, 5 * sqrt(20.0 / ARRIVALS));
    ck_assert_double_eq_tol(
        beyond / ARRIVALS, exp(-3), 5 * sqrt(exp(-3) / ARRIVALS));
}

TEST(a_step_changes_the_rate_and_nothing_else, .times = 2)
{
    const struct schedule_step steps[] = { { 1000, 2 }, { 5000, 0.5 },
        { 0, 0.25 }, { 1000, 0 } };
    uint64_t counted[4] = { 0 };
    struct schedule s;

    schedule_start(&s, 0, steps, 4, _i == 1, 3);
    for (; schedule_due(&s) < 4 * SECOND; schedule_advance(&s)) {
        uint64_t at = schedule_due(&s);

        counted[at < 2 * SECOND        ? 0
                : at < 5 * SECOND / 2  ? 1
                : at < 11 * SECOND / 4 ? 2
                                       : 3]++;
    }
    /* A Poisson count is within five roots of what is expected. */
    ck_assert_double_eq_tol((double)counted[0], 2000, _i == 1 ? 224 : 2);
    ck_assert_double_eq_tol((double)counted[1], 2500, _i == 1 ? 250 : 2);
    /* By how sums are rounded, what is due as a step ends may be the next's. */
    ck_assert_uint_le(counted[2], _i == 1 ? 0 : 1);
    ck_assert_double_eq_tol((double)counted[3], 1250, _i == 1 ? 177 : 2);
}

TEST(a_step_of_a_series_holds_what_came_in_it)
{
    struct series s;

    series_start(&s, 1000, 100);
    series_record(&s, 7);
    series_record(&s, 9);
    series_tick(&s, 1099, 5);
    ck_assert_uint_eq(s.count, 0);
    series_tick(&s, 1100, 5);
    ck_assert_uint_eq(s.count, 1);
    series_tick(&s, 1350, 6); /* two more, both empty */
    series_record(&s, 3);
    series_tick(&s, 1400, 0);
    ck_assert_uint_eq(s.count, 4);
    ck_assert_uint_eq(s.steps[0].replies, 2);
    ck_assert_uint_eq(s.steps[0].p50_ns, 7);
    ck_assert_uint_eq(s.steps[0].max_ns, 9);
    ck_assert_uint_eq(s.steps[0].outstanding, 5);
    ck_assert_uint_eq(s.steps[1].replies, 0);
    ck_assert_uint_eq(s.steps[1].p50_ns, 0);
    ck_assert_uint_eq(s.steps[3].replies, 1);
    ck_assert_uint_eq(s.steps[3].max_ns, 3);
    series_free(&s);
}
