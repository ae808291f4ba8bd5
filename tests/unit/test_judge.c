/*
 * From runs to verdicts, on made-up runs: planted differences must come out as
 * what they are, and where there is none a winner is named at most once in
 * twenty.
 */

#include "report/stats.h"
#include "report/values.h"
#include "report/verdict/bootstrap.h"
#include "report/verdict/cells.h"
#include "report/verdict/judge.h"
#include "report/verdict/sentence.h"
#include "report/view.h"
#include "tests/unit/normal.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#define BLOCKS    8
#define SIMULATED 200
#define NOISE     0.015 /* spread of a run, as on a quiet machine */

/* How a made-up scenario differs from one in which nothing is the matter. */
struct made {
    double effect;  /* events over threads, in rate */
    double drift;   /* of the machine, per run */
    double noise;   /* of a run */
    double aa_bias; /* of the small letters */
    size_t blocks;
    uint64_t seed;
    const char *gate; /* that runs of the evented server fail; NULL = none */
    size_t gate_runs; /* so many of them */
    const char *invalid;
    double timely;   /* effect without the generator's lateness; 0 = no such */
    size_t controls; /* none, bare threads, or both; as good as the twins */
    double second_half; /* pace of the machine from the last control on */
};

/* One run. */
static json_t *
make_run(const struct made *made, const char *server, const char *arm,
    size_t block, size_t position, double rate)
{
    json_t *run = json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I,"
                            " s:{s:f, s:f}, s:[], s:{}, s:[]}",
        "server", server, "arm", arm, "block", (json_int_t)block, "position",
        (json_int_t)position, "window_ns", (json_int_t)1000000000,
        "server_cpu_ns", (json_int_t)990000000, "load_cpu_ns",
        (json_int_t)700000000, "load_spin_ns", (json_int_t)0, "figures",
        metrics[METRIC_RATE].key, rate, metrics[METRIC_CPU].key, 1e9 / rate,
        "memory", "kernel", "gates");

    ck_assert_ptr_nonnull(run);
    if (made->timely > 0 && strcmp(server, "evented") == 0)
        rate *= made->timely / made->effect;
    if (made->timely > 0)
        json_object_set_new(
            run, "timely", json_pack("{s:f}", metrics[METRIC_RATE].key, rate));
    if (made->invalid != NULL && strcmp(server, "evented") == 0)
        json_object_set_new(run, "invalid", json_string(made->invalid));
    return run;
}

/* Let some of the evented server's runs fail a gate. */
static void
fail_gates(const struct made *made, json_t *runs)
{
    size_t failed = 0, i;
    json_t *run;

    json_array_foreach(runs, i, run) {
        if (made->gate == NULL || failed == made->gate_runs ||
            strcmp(get_text(run, "server"), "evented") != 0 ||
            strcmp(get_text(run, "arm"), "twin") != 0)
            continue;
        json_array_append_new(json_object_get(run, "gates"),
            json_pack("{s:s, s:s, s:[s]}", "name", made->gate, "because",
                "made up", "metrics", metrics[METRIC_RATE].key));
        failed++;
    }
}

/* Run the controls in the middle of a block; return the next position. */
static size_t
make_controls(const struct made *made, json_t *runs, size_t block, size_t at,
    double *machine)
{
    static const char *const names[] = { "bare-threads", "bare-epoll" };

    for (size_t i = 0; i < made->controls; i++) {
        if (made->second_half > 0 && i + 1 == made->controls)
            *machine *= made->second_half;
        json_array_append_new(
            runs, make_run(made, names[i], "control", block, at++,
                      1e5 * *machine * (i == 1 ? made->effect : 1)));
        *machine *= 1 + made->drift;
    }
    return at;
}

/* A scenario as race_run() returns it, in the design of reply-50. */
static json_t *
make(const struct made *made)
{
    json_t *orders = json_array(), *runs = json_array(), *o;
    double machine = 1;
    struct rng rng;

    rng_seed(&rng, made->seed);
    for (size_t b = 1; b <= made->blocks; b++) {
        const char *order = rng_below(&rng, 2) == 0 ? "aABBAa" : "bBAABb";
        size_t at = 1;

        json_array_append_new(orders, json_string(order));
        if (made->second_half > 0)
            machine = 1;
        for (size_t i = 0; i < 6; i++) {
            bool events = strchr("bB", order[i]) != NULL;
            bool small = strchr("ab", order[i]) != NULL;
            double rate = 1e5 * machine * (events ? made->effect : 1) *
                          (small ? 1 + made->aa_bias : 1) *
                          exp(made->noise * normal(&rng));

            json_array_append_new(
                runs, make_run(made, events ? "evented" : "threaded",
                          small ? "aa" : "twin", b, at++, rate));
            machine *= 1 + made->drift;
            if (i == 2)
                at = make_controls(made, runs, b, at, &machine);
        }
    }
    fail_gates(made, runs);
    o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:o, s:[], s:b,"
                  " s:n, s:o}",
        "name", "reply-50", "title", "At 50 connections", "program",
        "guess-server", "latency_from", "sent", "cores", "one", "primary",
        metrics[METRIC_RATE].key, "connections", (json_int_t)50,
        "connections_wanted", (json_int_t)50, "orders", orders,
        "discarded_blocks", "too_noisy", 0, "syscalls", "runs", runs);
    ck_assert_ptr_nonnull(o);
    return o;
}

/* Make a scenario, judge it. */
static json_t *
judged(const struct made *made)
{
    json_t *o = make(made), *done = json_array();

    judge_scenario(o, scenario_find("reply-50"), done, true);
    json_decref(done);
    return o;
}

/* The comparison of the twins in rate. */
static const json_t *
rate_of(const json_t *scenario)
{
    const json_t *c = view_comparison(
        scenario, metrics[METRIC_RATE].key, "evented", "threaded");

    ck_assert_ptr_nonnull(c);
    return c;
}

EACH_TEST(.seconds = 300);

TEST(a_control_is_held_against_the_nearest_run)
{
    const struct made made = { .effect = 1.4,
        .blocks = BLOCKS,
        .seed = 1,
        .controls = 2,
        .second_half = 0.7 };
    json_t *o = judged(&made);

    /* One ran before the machine became slower, the other after it. */
    ck_assert_double_eq_tol(
        get_number(view_comparison(
                       o, metrics[METRIC_RATE].key, "threaded", "bare-threads"),
            "estimate"),
        1, 1e-9);
    ck_assert_double_eq_tol(
        get_number(view_comparison(
                       o, metrics[METRIC_RATE].key, "evented", "bare-epoll"),
            "estimate"),
        1, 1e-9);
    json_decref(o);
}

TEST(beside_a_control_in_the_middle_a_drift_cancels)
{
    const struct made made = {
        .effect = 1.4, .drift = 0.01, .blocks = BLOCKS, .seed = 1, .controls = 1
    };
    json_t *o = judged(&made);

    ck_assert_double_eq_tol(
        get_number(view_comparison(
                       o, metrics[METRIC_RATE].key, "threaded", "bare-threads"),
            "estimate"),
        1, 1e-9);
    json_decref(o);
}

/* What a server slowed by so many per cent must come out as. */
static const struct {
    double slowed;
    const char *verdict, *winner;
} planted[] = {
    { 0, "EQUIVALENT", "" },
    { 0.02, NULL, NULL }, /* within the margin: no winner */
    { 0.05, NULL, NULL }, /* hardly beyond: never the slowed one */
    { 0.10, "WIN", "threaded" },
    { 0.30, "WIN", "threaded" },
};

TEST(planted_differences_come_out_as_what_they_are, .times = COUNT(planted))
{
    double slowed = planted[_i].slowed;

    for (uint64_t seed = 1; seed <= 20; seed++) {
        const struct made made = { .effect = 1 - slowed,
            .drift = 0.002,
            .noise = NOISE / 2,
            .blocks = BLOCKS,
            .seed = seed };
        json_t *o = judged(&made);
        const json_t *c = rate_of(o);
        const char *verdict = get_text(c, "verdict");

        ck_assert_double_eq_tol(get_number(c, "estimate"), 1 - slowed, 0.015);
        ck_assert_str_ne(get_text(c, "winner"), slowed > 0 ? "evented" : "-");
        if (planted[_i].verdict != NULL) {
            ck_assert_str_eq(verdict, planted[_i].verdict);
            ck_assert_str_eq(get_text(c, "winner"), planted[_i].winner);
        }
        if (slowed == 0.02)
            ck_assert_str_ne(verdict, "WIN");
        json_decref(o);
    }
}

TEST(where_there_is_no_difference_hardly_ever_one_is_named)
{
    size_t wins = 0, leans = 0;

    for (uint64_t seed = 0; seed < SIMULATED; seed++) {
        /* Far noisier than the margin: the floor must hold it back. */
        const struct made made = { .effect = 1,
            .drift = 0.005,
            .noise = 4 * NOISE,
            .blocks = 6 + (size_t)seed % 3,
            .seed = seed };
        json_t *o = judged(&made);
        const char *verdict = get_text(rate_of(o), "verdict");

        wins += strcmp(verdict, "WIN") == 0;
        leans += strcmp(verdict, "LEANS") == 0;
        json_decref(o);
    }
    ck_assert_uint_le(wins * 20, SIMULATED);
    /* Nor is a direction, beyond what intervals of 95 % are allowed. */
    ck_assert_uint_le(leans + wins, SIMULATED / 20 + 5 * 5);
}

TEST(the_floor_is_what_the_same_server_twice_differs_by)
{
    const struct made made = {
        .effect = 1.05, .noise = 4 * NOISE, .blocks = BLOCKS, .seed = 3
    };
    json_t *o = judged(&made);
    const json_t *c = rate_of(o), *aa = json_object_get(o, "aa"), *row;
    const json_t *interval;

    row = json_array_get(aa, 0);
    ck_assert_str_eq(get_text(row, "metric"), metrics[METRIC_RATE].key);
    interval = json_object_get(row, "interval95");
    /* Half the width, on the scale of logarithms, as a share. */
    ck_assert_double_eq_tol(get_number(row, "half_width"),
        sqrt(json_number_value(json_array_get(interval, 1)) /
             json_number_value(json_array_get(interval, 0))) -
            1,
        1e-12);
    ck_assert_double_eq(get_number(c, "floor"), get_number(row, "half_width"));
    ck_assert_double_gt(get_number(c, "floor"), get_number(c, "margin"));
    ck_assert_double_eq(get_number(c, "band"), get_number(c, "floor"));
    ck_assert_str_eq(get_text(c, "floor_from"), "reply-50");
    json_decref(o);
}

TEST(fewer_than_six_blocks_give_no_verdict)
{
    const struct made made = {
        .effect = 2, .noise = NOISE, .blocks = 5, .seed = 1
    };
    json_t *o = judged(&made);
    const json_t *c = rate_of(o);

    ck_assert_str_eq(get_text(c, "verdict"), "no verdict");
    ck_assert(json_is_null(json_object_get(c, "winner")));
    ck_assert(json_is_null(json_object_get(c, "interval95")));
    ck_assert_ptr_nonnull(strstr(get_text(o, "sentence"), "no verdict"));
    json_decref(o);
}

TEST(a_server_that_is_not_itself_makes_it_invalid)
{
    const struct made made = {
        .effect = 2, .noise = NOISE, .aa_bias = 0.3, .blocks = BLOCKS, .seed = 1
    };
    json_t *o = judged(&made);
    const json_t *c = rate_of(o);

    ck_assert_str_eq(get_text(c, "verdict"), "INVALID");
    ck_assert_str_eq(
        json_string_value(json_array_get(json_object_get(c, "gates"), 0)),
        "A/A");
    ck_assert(json_is_null(json_object_get(c, "winner")));
    json_decref(o);
}

/* Effects with the generator's lateness and without, and what is claimed. */
static const struct {
    double effect, timely;
    const char *verdict;
} lateness[] = {
    { 1.5, 1.5, "WIN" },
    { 1.5, 2, "WIN" },
    { 2, 1.5, "WIN" },
    { 1.5, 1.03, "LEANS" },
    { 1.03, 1.5, "LEANS" },
    { 1.5, 0.7, "INCONCLUSIVE" },
    { 1, 1, "EQUIVALENT" },
    { 1, 1.5, "INCONCLUSIVE" },
};

TEST(what_is_claimed_holds_with_lateness_and_without, .times = COUNT(lateness))
{
    const struct made made = { .effect = lateness[_i].effect,
        .timely = lateness[_i].timely,
        .noise = NOISE,
        .blocks = BLOCKS,
        .seed = 1 };
    json_t *o = judged(&made);
    const json_t *c = rate_of(o), *i95 = json_object_get(c, "interval95");
    double low = json_number_value(json_array_get(i95, 0));
    double high = json_number_value(json_array_get(i95, 1));

    ck_assert_str_eq(get_text(c, "verdict"), lateness[_i].verdict);
    ck_assert_double_eq_tol(get_number(c, "estimate"), made.effect, 0.03);
    ck_assert_double_le(low, fmin(made.effect, made.timely) + 0.02);
    ck_assert_double_ge(high, fmax(made.effect, made.timely) - 0.02);
    json_decref(o);
}

TEST(a_bound_in_one_block_does_not_hide_the_lateness_in_others)
{
    const struct made made = {
        .effect = 1.5, .timely = 2, .noise = NOISE, .blocks = BLOCKS, .seed = 1
    };
    json_t *o = make(&made), *done = json_array(), *run;
    const json_t *i95;
    size_t i;

    json_array_foreach(json_object_get(o, "runs"), i, run)
        if (get_number(run, "block") == 1) {
            json_object_set_new(
                run, "at_least", json_pack("[s]", metrics[METRIC_RATE].key));
            json_object_set_new(run, "timely", json_object());
        }
    judge_scenario(o, scenario_find("reply-50"), done, true);
    i95 = json_object_get(rate_of(o), "interval95");
    ck_assert_double_ge(json_number_value(json_array_get(i95, 1)), 1.98);
    json_decref(o);
    json_decref(done);
}

TEST(a_lead_that_the_load_kept_small_is_one)
{
    /* Whether the better server is the one whose load was busy, and rate. */
    static const struct {
        double effect;
        size_t blocks;
        const char *bound, *verdict, *sentence;
    } cases[] = {
        { 1.5, BLOCKS, "evented", "WIN", "events serve at least 1." },
        { 1.5, BLOCKS, "threaded", "INVALID",
            "nothing is claimed: generator-bound" },
        { 0.7, BLOCKS, "threaded", "WIN", "events serve at most 0." },
        { 1.5, 5, "evented", "no verdict", "events serve at least 1." },
        { 0.7, 5, "threaded", "no verdict", "events serve at most 0." },
        { 1, BLOCKS, "evented", NULL, NULL }, /* may do more: never equal */
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct made made = { .effect = cases[i].effect,
            .noise = NOISE,
            .blocks = cases[i].blocks,
            .seed = 1 };
        json_t *o = make(&made), *done = json_array(), *runs, *run;
        const json_t *c;
        size_t k;

        runs = json_object_get(o, "runs");
        json_array_foreach(runs, k, run) {
            bool bound = strcmp(get_text(run, "server"), cases[i].bound) == 0;

            json_object_set_new(run, "load_cpu_ns",
                json_integer(bound ? 990000000 : 500000000));
            json_object_set_new(run, "server_cpu_ns",
                json_integer(bound ? 800000000 : 990000000));
        }
        judge_scenario(o, scenario_find("reply-50"), done, true);
        c = rate_of(o);
        ck_assert_str_ne(get_text(c, "verdict"), "EQUIVALENT");
        if (cases[i].verdict != NULL) {
            ck_assert_str_eq(get_text(c, "verdict"), cases[i].verdict);
            ck_assert_ptr_nonnull(
                strstr(get_text(o, "sentence"), cases[i].sentence));
            ck_assert_int_eq(get_bool(c, "at_least"),
                strcmp(cases[i].verdict, "INVALID") != 0);
        }
        json_decref(o);
        json_decref(done);
    }
}

TEST(a_floor_that_high_makes_nobody_equal)
{
    size_t high = 0;

    for (uint64_t seed = 1; seed <= 20; seed++) {
        const struct made made = {
            .effect = 1, .noise = 0.5, .blocks = BLOCKS, .seed = seed
        };
        json_t *o = judged(&made);

        if (get_number(rate_of(o), "band") > 0.25) {
            high++;
            ck_assert_str_ne(get_text(rate_of(o), "verdict"), "EQUIVALENT");
        }
        json_decref(o);
    }
    ck_assert_uint_gt(high, 10);
}

/* Gates, how many of 16 runs fail them, and whether that spoils the cell. */
static const struct {
    const char *gate;
    size_t runs;
    bool spoils;
} gates[] = {
    { "generator late", 3, false }, /* 3 of 16 are fewer than one in five */
    { "generator late", 4, true },
    { "kernel counters", 3, false },
    { "kernel counters", 16, true },
    { "Little's law", 1, true },
    { "wrong replies", 1, true },
    { "counters differ", 1, true },
    { "utilisation", 1, true },
    { "percentiles", 1, true },
    { "failed", 1, true },
};

TEST(a_gate_spoils_the_cell_that_fails_it, .times = COUNT(gates))
{
    const struct made made = { .effect = 1.5,
        .noise = NOISE,
        .blocks = BLOCKS,
        .seed = 1,
        .gate = gates[_i].gate,
        .gate_runs = gates[_i].runs };
    json_t *o = judged(&made);
    const json_t *cells = json_object_get(o, "cells");
    const json_t *failed =
        json_object_get(cell_find(cells, "evented"), "gates");
    const json_t *cpu =
        view_comparison(o, metrics[METRIC_CPU].key, "evented", "threaded");

    ck_assert_str_eq(
        get_text(rate_of(o), "verdict"), gates[_i].spoils ? "INVALID" : "WIN");
    ck_assert_uint_eq(json_array_size(failed), gates[_i].spoils);
    ck_assert_uint_eq(
        json_array_size(json_object_get(cell_find(cells, "threaded"), "gates")),
        0);
    /* This one was said to spoil the rate alone. */
    ck_assert_str_eq(get_text(cpu, "verdict"), "WIN");
    if (gates[_i].spoils)
        ck_assert_str_eq(
            get_text(json_array_get(failed, 0), "name"), gates[_i].gate);
    json_decref(o);
}

TEST(who_does_not_keep_up_is_named)
{
    const struct made made = { .effect = 0.8,
        .noise = NOISE,
        .blocks = BLOCKS,
        .seed = 1,
        .gate = "unstable",
        .gate_runs = 2 * BLOCKS };
    json_t *o = judged(&made), *done = json_array(), *failed;

    ck_assert_str_eq(get_text(rate_of(o), "verdict"), "INVALID");
    ck_assert_str_eq(get_text(o, "sentence"),
        "At 50 connections on one core, events did not keep up (made up); "
        "threads did.");
    json_decref(o);

    /* With something the matter with the other one, too, nothing is said. */
    o = make(&made);
    for (size_t i = 0; i < json_array_size(json_object_get(o, "runs")); i++) {
        json_t *run = json_array_get(json_object_get(o, "runs"), i);

        failed = json_object_get(run, "gates");
        if (json_array_size(failed) == 0)
            json_array_append_new(
                failed, json_pack("{s:s, s:s, s:[s]}", "name", "generator late",
                            "because", "made up", "metrics", "*"));
    }
    judge_scenario(o, scenario_find("reply-50"), done, true);
    ck_assert_ptr_nonnull(strstr(
        get_text(o, "sentence"), "nothing is claimed: unstable, generator"));
    json_decref(o);
    json_decref(done);
}

TEST(a_run_that_does_not_count_claims_nothing)
{
    const struct made made = { .effect = 2,
        .noise = NOISE,
        .blocks = BLOCKS,
        .seed = 1,
        .invalid = "wrong reply 'x'" };
    json_t *o = judged(&made);

    ck_assert_str_eq(get_text(rate_of(o), "verdict"), "INVALID");
    ck_assert_str_eq(get_text(rate_of(o), "invalid"), "wrong reply 'x'");
    ck_assert_str_eq(get_text(o, "sentence"),
        "At 50 connections on one core, nothing is claimed: wrong reply 'x'.");
    json_decref(o);
}

/* What a damaged journal may have for a number. */
static const double strange[] = { 1e300, -1e300, 1e-320, -1, 0, 0.5, 1e17 };

TEST(numbers_that_no_run_has_are_judged_all_the_same, .times = COUNT(strange))
{
    static const char *const keys[] = { "block", "position", "window_ns",
        "server_cpu_ns", "load_cpu_ns", "pace_ns" };
    const struct made made = { .effect = 1.4, .blocks = BLOCKS, .seed = 1 };
    json_t *o = make(&made), *done = json_array(), *run;
    double x = strange[_i];
    size_t i;

    json_array_foreach(json_object_get(o, "runs"), i, run) {
        json_object_set_new(run, keys[i % 6], json_real(x));
        json_object_set_new(run, "latency_ns",
            json_pack("{s:f, s:f, s:s}", "censored", x, "censored_from", x,
                "counters", ""));
    }
    judge_scenario(o, scenario_find("reply-50"), done, true);
    ck_assert_str_ne(get_text(o, "sentence"), "");
    ck_assert_uint_eq(json_array_size(json_object_get(o, "cells")), 2);
    json_decref(o);
    json_decref(done);
}

TEST(where_all_blocks_are_disturbed_no_direction_is_told)
{
    const struct made made = {
        .effect = 1.5, .noise = NOISE, .blocks = BLOCKS, .seed = 1
    };
    json_t *o = make(&made), *done = json_array();

    for (int b = 1; b <= BLOCKS; b++)
        json_array_append_new(
            json_object_get(o, "discarded_blocks"), json_integer(b));
    json_object_set_new(o, "too_noisy", json_true());
    judge_scenario(o, scenario_find("reply-50"), done, true);
    ck_assert_ptr_nonnull(strstr(get_text(o, "sentence"),
        "on one core, no verdict: the machine was busy"));
    json_decref(o);
    json_decref(done);
}

TEST(connections_that_were_not_open_are_not_claimed)
{
    const struct made made = {
        .effect = 1.5, .noise = NOISE, .blocks = BLOCKS, .seed = 1
    };
    json_t *o = make(&made), *done = json_array();

    json_object_set_new(o, "connections", json_integer(40));
    judge_scenario(o, scenario_find("reply-50"), done, true);
    ck_assert_ptr_nonnull(strstr(get_text(o, "sentence"),
        "At 50 connections on one core, of which 40 of 50 could be opened, "));
    json_decref(o);
    json_decref(done);
}

TEST(a_percentile_that_only_fast_runs_have_is_none)
{
    const struct made made = {
        .effect = 1, .noise = NOISE, .blocks = BLOCKS, .seed = 1
    };
    const char *p50 = metrics[METRIC_P50].key, *key = metrics[METRIC_P999].key;
    const struct arm arm = { "threaded", NULL, 0 };
    json_t *o = make(&made), *done = json_array(), *run;
    const json_t *c;
    size_t i;

    json_array_foreach(json_object_get(o, "runs"), i, run) {
        json_t *figures = json_object_get(run, "figures");

        json_object_set_new(figures, p50, json_real(1e6));
        if (get_number(run, "block") != 1)
            json_object_set_new(figures, key, json_real(2e6));
    }
    judge_scenario(o, scenario_find("reply-50"), done, true);
    c = view_comparison(o, key, "evented", "threaded");
    ck_assert_str_eq(
        get_text(c, "missing"), "too few requests for it in some runs");
    ck_assert(isnan(arm_median(o, &arm, METRIC_P999)));
    ck_assert(!isnan(arm_median(o, &arm, METRIC_P50)));
    json_decref(o);
    json_decref(done);
}

TEST(a_discarded_block_is_left_out)
{
    const struct made made = {
        .effect = 1, .noise = 0, .blocks = 7, .seed = 1
    };
    json_t *o = make(&made), *done = json_array(), *run;
    size_t i;

    json_array_append_new(
        json_object_get(o, "discarded_blocks"), json_integer(3));
    json_array_foreach(json_object_get(o, "runs"), i, run)
        if (get_number(run, "block") == 3 &&
            strcmp(get_text(run, "server"), "evented") == 0)
            json_object_set_new(json_object_get(run, "figures"),
                metrics[METRIC_RATE].key, json_real(1));
    judge_scenario(o, scenario_find("reply-50"), done, true);
    ck_assert_double_eq_tol(get_number(rate_of(o), "estimate"), 1, 1e-12);
    ck_assert_double_eq(get_number(rate_of(o), "blocks"), 6);
    json_decref(o);
    json_decref(done);
}

TEST(medians_are_of_the_blocks_that_the_ratio_is_of, .times = 2)
{
    const struct made made = {
        .effect = 1.5, .noise = 0, .blocks = 7, .seed = 1
    };
    bool noisy = _i == 1;
    json_t *o = make(&made), *done = json_array(), *run;
    size_t i;

    for (int block = 1; block <= 4; block++)
        json_array_append_new(
            json_object_get(o, "discarded_blocks"), json_integer(block));
    json_object_set_new(o, "too_noisy", json_boolean(noisy));
    json_array_foreach(json_object_get(o, "runs"), i, run)
        if (get_number(run, "block") <= 4)
            json_object_set_new(json_object_get(run, "figures"),
                metrics[METRIC_RATE].key, json_real(1));
    judge_scenario(o, scenario_find("reply-50"), done, true);
    /* Where all is noise, all of it is told. */
    ck_assert_double_eq_tol(
        get_number(rate_of(o), "b_median"), noisy ? 1 : 1e5, 1e-6);
    ck_assert_double_eq_tol(
        get_number(
            json_object_get(
                cell_find(json_object_get(o, "cells"), "evented"), "figures"),
            metrics[METRIC_RATE].key),
        noisy ? 1 : 1.5e5, 1e-6);
    json_decref(o);
    json_decref(done);
}

TEST(a_run_that_fails_a_gate_twice_is_one_run)
{
    const struct made made = { .effect = 1.5,
        .noise = NOISE,
        .blocks = BLOCKS,
        .seed = 1,
        .gate = "kernel counters",
        .gate_runs = 3 };
    json_t *o = make(&made), *done = json_array(), *run, *failed;
    size_t i;

    json_array_foreach(json_object_get(o, "runs"), i, run) {
        failed = json_object_get(run, "gates");
        if (json_array_size(failed) > 0)
            json_array_append_new(
                failed, json_deep_copy(json_array_get(failed, 0)));
    }
    judge_scenario(o, scenario_find("reply-50"), done, true);
    ck_assert_str_eq(get_text(rate_of(o), "verdict"), "WIN");
    json_decref(o);
    json_decref(done);
}

TEST(a_busy_load_is_a_gate_whatever_else_is_the_limit)
{
    const struct made made = {
        .effect = 1.5, .noise = NOISE, .blocks = BLOCKS, .seed = 1
    };
    json_t *o = make(&made), *done = json_array(), *run;
    size_t i;

    json_array_foreach(json_object_get(o, "runs"), i, run)
        if (strcmp(get_text(run, "server"), "evented") == 0) {
            json_object_set_new(run, "load_cpu_ns", json_integer(990000000));
            json_object_set_new(run, "server_cpu_ns", json_integer(800000000));
            json_object_set_new(json_object_get(run, "kernel"),
                "ListenOverflows", json_integer(1));
        }
    judge_scenario(o, scenario_find("reply-50"), done, true);
    ck_assert_str_eq(
        get_text(cell_find(json_object_get(o, "cells"), "evented"), "limiter"),
        "kernel");
    ck_assert(get_bool(rate_of(o), "at_least"));
    json_decref(o);
    json_decref(done);
}

TEST(a_busy_load_bounds_a_storm, .times = 2)
{
    const struct made made = {
        .effect = 1, .noise = 0.001, .blocks = BLOCKS, .seed = 1
    };
    bool bound_events = _i == 0;
    json_t *o = make(&made), *done = json_array(), *run;
    const char *key = metrics[METRIC_STORM].key;
    const json_t *c;
    size_t i;

    json_object_set_new(
        o, "title", json_string("When 1000 clients come at once"));
    json_object_set_new(o, "primary", json_string(key));
    json_array_foreach(json_object_get(o, "runs"), i, run) {
        bool events = strcmp(get_text(run, "server"), "evented") == 0;
        double noise = 1 + 0.001 * (double)(i % 7);

        json_object_set_new(json_object_get(run, "figures"), key,
            json_real(1e6 * noise * (events ? 50 : 100)));
        json_object_set_new(run, "server_cpu_ns", json_integer(500000000));
        json_object_set_new(run, "load_cpu_ns",
            json_integer(events == bound_events ? 990000000 : 500000000));
    }
    judge_scenario(o, scenario_find("storm-1000"), done, true);
    c = view_comparison(o, key, "evented", "threaded");
    ck_assert_str_eq(get_text(c, "verdict"), bound_events ? "WIN" : "INVALID");
    ck_assert_int_eq(get_bool(c, "at_least"), bound_events);
    if (bound_events)
        ck_assert_ptr_nonnull(strstr(get_text(o, "sentence"),
            "events need at most 0.50x the time until all are answered"));
    json_decref(o);
    json_decref(done);
}

/*
 * Times to recover of events and threads in ms, how many of each twin's 16
 * runs are only bounds, and what is said. Left out, they would be no loss.
 */
static const struct {
    double events, threads;
    size_t events_bound, threads_bound;
    const char *verdict;
} bounded[] = {
    { 200, 400, 0, 0, "WIN" },
    { 200, 400, 0, 5, "WIN" },          /* the worse one is worse yet */
    { 200, 400, 5, 0, "INCONCLUSIVE" }, /* the better one may not be */
    { 400, 400, 0, 5, "INCONCLUSIVE" }, /* never equal */
    { 200, 400, 0, 9, NULL },           /* no median */
    { 200, 400, 9, 0, NULL },
};

TEST(who_does_not_recover_is_not_left_out, .times = COUNT(bounded))
{
    const struct made made = {
        .effect = 1, .noise = 0.001, .blocks = BLOCKS, .seed = 1
    };
    json_t *o = make(&made), *done = json_array(), *run;
    size_t left[2] = { bounded[_i].threads_bound, bounded[_i].events_bound };
    const char *key = metrics[METRIC_RECOVERY].key;
    const json_t *c;
    size_t i;

    json_array_foreach(json_object_get(o, "runs"), i, run) {
        bool events = strcmp(get_text(run, "server"), "evented") == 0;
        double noise = 1 + 0.001 * (double)(i % 7);
        bool bound =
            left[events] > 0 && strcmp(get_text(run, "arm"), "twin") == 0;

        left[events] -= bound;
        json_object_set_new(json_object_get(run, "figures"), key,
            json_real(1e6 * noise *
                      (events ? bounded[_i].events : bounded[_i].threads)));
        json_object_set_new(
            run, "at_least", bound ? json_pack("[s]", key) : json_array());
    }
    judge_scenario(o, scenario_find("overload"), done, true);
    c = view_comparison(o, key, "evented", "threaded");
    if (bounded[_i].verdict != NULL) {
        ck_assert_str_eq(get_text(c, "verdict"), bounded[_i].verdict);
        ck_assert_str_eq(get_text(c, "missing"), "");
    } else {
        ck_assert_str_eq(get_text(c, "missing"),
            "it had not recovered when the window ended");
        ck_assert(json_is_null(json_object_get(
            c, bounded[_i].events_bound > 0 ? "a_median" : "b_median")));
    }
    json_decref(o);
    json_decref(done);
}

TEST(the_limit_of_a_cell_is_named)
{
    const struct made made = {
        .effect = 1, .noise = 0, .blocks = 6, .seed = 1
    };
    json_t *o = make(&made), *done = json_array(), *run;
    const json_t *cells;
    size_t i;

    json_array_foreach(json_object_get(o, "runs"), i, run)
        if (strcmp(get_text(run, "server"), "evented") == 0) {
            json_object_set_new(run, "server_cpu_ns", json_integer(500000000));
            json_object_set_new(run, "load_cpu_ns", json_integer(950000000));
        }
    judge_scenario(o, scenario_find("reply-50"), done, true);
    cells = json_object_get(o, "cells");
    ck_assert_str_eq(
        get_text(cell_find(cells, "threaded"), "limiter"), "server CPU");
    ck_assert_str_eq(
        get_text(cell_find(cells, "evented"), "limiter"), "generator");
    /* A rate that the generator set is no result; the cost of it is. */
    ck_assert_str_eq(get_text(rate_of(o), "verdict"), "INVALID");
    ck_assert_str_eq(get_text(view_comparison(o, metrics[METRIC_CPU].key,
                                  "evented", "threaded"),
                         "verdict"),
        "EQUIVALENT");
    json_decref(o);
    json_decref(done);
}

TEST(the_bootstrap_covers_what_it_says_where_blocks_are_many)
{
    size_t covered = 0;
    struct rng rng;

    rng_seed(&rng, 5);
    for (int k = 0; k < 60; k++) {
        double blocks[30][BOOTSTRAP_RUNS];
        struct interval i;

        for (size_t b = 0; b < 30; b++)
            for (int r = 0; r < BOOTSTRAP_RUNS; r++)
                blocks[b][r] = (r < 2 ? 2 : 1) * exp(0.05 * normal(&rng));
        i = bootstrap_interval(
            (const double(*)[BOOTSTRAP_RUNS])blocks, 30, true);
        ck_assert(i.exists);
        ck_assert_double_lt(i.low, i.high);
        covered += i.low <= 2 && 2 <= i.high;
    }
    /* 95 % of 60 is 57; fewer than 50 would be no accident. */
    ck_assert_uint_ge(covered, 50);
}
