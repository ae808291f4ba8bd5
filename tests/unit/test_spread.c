/*
 * test_spread - where spread comes from, against another way to compute it:
 * half the mean squared difference of all pairs that share a run, that share
 * a block but no run, and that share neither.
 */
#include "report/values.h"
#include "report/verdict/spread.h"
#include "tests/unit/normal.h"
#include "tests/unit/unit.h"

#include <stdbool.h>

#define BLOCKS  7
#define MOMENTS 5
#define ALL     (BLOCKS * SPREAD_RUNS * MOMENTS)

/* Draw values with a given spread at each level. */
static void
draw(double x[ALL], struct rng *rng, double blocks, double runs, double moments)
{
    double of_block = 0, of_run = 0;

    for (size_t i = 0; i < ALL; i++) {
        if (i % (SPREAD_RUNS * MOMENTS) == 0)
            of_block = blocks * normal(rng);
        if (i % MOMENTS == 0)
            of_run = runs * normal(rng);
        x[i] = 3 + of_block + of_run + moments * normal(rng);
    }
}

/* Compute it. */
static struct spread
spread_of(const double x[ALL])
{
    double packed[BLOCKS][SPREAD_RUNS][SPREAD_MOMENTS];

    for (size_t i = 0; i < ALL; i++)
        packed[i / (SPREAD_RUNS * MOMENTS)][i / MOMENTS % SPREAD_RUNS]
              [i % MOMENTS] = x[i];
    return spread_make(packed, BLOCKS, MOMENTS);
}

/* Half the mean squared difference of the pairs at a level. */
static double
of_pairs(const double x[ALL], int level)
{
    double sum = 0, n = 0;

    for (size_t i = 0; i < ALL; i++)
        for (size_t k = 0; k < i; k++) {
            bool same_run = i / MOMENTS == k / MOMENTS;
            bool same_block =
                i / (SPREAD_RUNS * MOMENTS) == k / (SPREAD_RUNS * MOMENTS);

            if (level != (same_run ? 0 : same_block ? 1 : 2))
                continue;
            sum += (x[i] - x[k]) * (x[i] - x[k]) / 2;
            n++;
        }
    return sum / n;
}

TEST(it_is_what_pairs_of_values_say)
{
    struct rng rng;

    rng_seed(&rng, 1);
    for (int i = 0; i < 100; i++) {
        double x[ALL], moments, runs, blocks;
        struct spread s;

        draw(x, &rng, 0.5 * (i % 3), 0.2 * (i % 5), 0.3);
        moments = of_pairs(x, 0);
        runs = of_pairs(x, 1) - moments;
        blocks = of_pairs(x, 2) - of_pairs(x, 1);
        s = spread_of(x);
        ck_assert_double_eq_tol(s.moments, moments, 1e-12);
        ck_assert_double_eq_tol(s.runs, fmax(0, runs), 1e-12);
        ck_assert_double_eq_tol(s.blocks, fmax(0, blocks), 1e-12);
    }
}

TEST(it_finds_what_was_planted)
{
    double moments = 0, runs = 0, blocks = 0;
    const int n = 4000;
    struct rng rng;

    rng_seed(&rng, 2);
    for (int i = 0; i < n; i++) {
        double x[ALL];
        struct spread s;

        draw(x, &rng, 3, 2, 1);
        s = spread_of(x);
        moments += s.moments / n;
        runs += s.runs / n;
        blocks += s.blocks / n;
    }
    ck_assert_double_eq_tol(moments, 1, 0.02);
    ck_assert_double_eq_tol(runs, 4, 0.15);
    ck_assert_double_eq_tol(blocks, 9, 0.4);
}

/* A run of a second that warmed up for half of one. */
static json_t *
make_run(size_t block, int first, int second)
{
    return json_pack("{s:s, s:s, s:I, s:I, s:{s:f, s:f, s:[i,i,i,i,i,i,i]}}",
        "server", "evented", "arm", "twin", "block", (json_int_t)block,
        "window_ns", (json_int_t)1100000000, "series", "step_seconds", 0.5,
        "from_seconds", -0.5, "replies", 1, first, second, 1, 1, 1, 1);
}

/* Three blocks, the second of them discarded. */
static json_t *
make(int last)
{
    json_t *runs = json_array();

    json_array_append_new(runs, make_run(1, 100, 110));
    json_array_append_new(runs, make_run(1, 120, 130));
    json_array_append_new(runs, make_run(2, 1, 2));
    json_array_append_new(runs, make_run(2, 3, 4));
    json_array_append_new(runs, make_run(3, 140, 150));
    json_array_append_new(runs, make_run(3, 160, last));
    return json_pack("{s:[s,s,s], s:[i], s:o}", "orders", "ABBA", "ABBA",
        "ABBA", "discarded_blocks", 2, "runs", runs);
}

TEST(only_what_lies_in_the_window_of_a_block_that_counts)
{
    double x[2][SPREAD_RUNS][SPREAD_MOMENTS] = {
        { { log(100), log(110) }, { log(120), log(130) } },
        { { log(140), log(150) }, { log(160), log(170) } },
    };
    struct spread s = spread_make(x, 2, 2);
    json_t *scenario = make(170);
    json_t *o = spread_json(scenario, "evented");

    ck_assert_double_gt(s.runs, 0);
    ck_assert_double_gt(s.blocks, 0);
    ck_assert_double_eq(get_number(o, "moments"), 2);
    ck_assert_double_eq_tol(
        get_number(o, "moments_sd"), sqrt(s.moments / 2), 1e-12);
    ck_assert_double_eq_tol(get_number(o, "runs_sd"), sqrt(s.runs), 1e-12);
    ck_assert_double_eq_tol(get_number(o, "blocks_sd"), sqrt(s.blocks), 1e-12);
    json_decref(o);
    json_decref(scenario);
}

TEST(too_little_says_nothing)
{
    json_t *scenario = make(0); /* nothing was answered in the last moment */
    json_t *runs = json_object_get(scenario, "runs");

    ck_assert(json_is_null(spread_json(scenario, "evented")));
    ck_assert(json_is_null(spread_json(scenario, "threaded")));
    json_array_remove(runs, 5);
    json_array_append_new(runs, make_run(3, 160, 170));
    json_array_remove(runs, 0); /* half a block is none */
    ck_assert(json_is_null(spread_json(scenario, "evented")));
    json_decref(scenario);
}
