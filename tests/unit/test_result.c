/*
 * test_result - what several generators come to: what each tells is read as it
 * was written, lies are seen, and together they come to the sum.
 */
#include "report/host/wire.h"

#include "report/rng.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STEPS 3

/* The scenarios that have between them all histograms. */
static const char *const names[] = { "reply-50", "open-50", "churn-50",
    "storm-1000", "push-1000", "stream-1000" };

/* Fill in one histogram. */
static void
fill(struct histogram *h, struct rng *rng)
{
    if (h == NULL)
        return;
    for (int i = 0; i < 500; i++)
        histogram_record(h, rng_below(rng, 10 * 1000 * 1000));
    histogram_record(h, HISTOGRAM_LIMIT + 7);
    histogram_record_censored(h, rng_below(rng, 1000), 3);
}

/* Make a run that a generator has measured. */
static void
make(struct run *run, const char *scenario, uint64_t seed)
{
    struct load_tally *t = &run->tally;
    struct rng rng;

    rng_seed(&rng, seed);
    run_init(run, scenario_find(scenario));
    t->start_ns = 1000;
    t->window_ns = 300000000 + rng_below(&rng, 1000);
    t->intended = t->sent = 504;
    t->replies = 400 + rng_below(&rng, 100);
    t->good = t->replies - 1;
    t->area = (double)rng_below(&rng, 1000000);
    t->fairness = 0.75;
    t->bytes = rng_below(&rng, 1000000);
    t->spin_ns = rng_below(&rng, 1000);
    t->head_ns = 7;
    t->tail_ns = 8;
    t->censored_ns = 9;
    fill(t->latency, &rng);
    fill(t->timely, &rng);
    fill(t->wire, &rng);
    fill(t->late, &rng);
    fill(t->queue, &rng);
    fill(t->connect, &rng);
    fill(t->accept, &rng);
    fill(t->tardy, &rng);
    fill(t->last, &rng);
    run->active = 25;
    run->warmup_ns = 50000000;
    run->load_cpu_ns = 100000 + rng_below(&rng, 1000);
    run->load_wait_ns = rng_below(&rng, 1000);
    run->totals = (struct load_totals) { .connections = 25,
        .replies = 5000,
        .lines = 5025,
        .shed = 1,
        .countable = true,
        .errors = { 0, 1, 2, 3, 4 } };
    run->same = (struct ask_sameness) { 17, UINT64_C(0xfedcba9876543210) };
    run->background = (struct crowd_got) { 3, 4 };
    for (int k = 0; k < 2; k++) {
        struct series *s = &run->own[k];

        s->start_ns = 300;
        s->step_ns = 50000000;
        s->count = STEPS;
        s->steps = calloc(STEPS, sizeof(*s->steps));
        ck_assert_ptr_nonnull(s->steps);
        for (size_t i = 0; i < STEPS; i++)
            s->steps[i] = (struct series_step) { rng_below(&rng, 100), 50 + i,
                99, 100 + rng_below(&rng, 100), i };
    }
    run->fine = &run->own[0];
    run->coarse = &run->own[1];
}

/* Pass a result over the wire. */
static bool
pass(struct run *again, const char *scenario, json_t *o)
{
    char *text = json_dumps(o, 0);
    json_t *heard = json_loads(text, 0, NULL);
    bool good;

    run_init(again, scenario_find(scenario));
    good = wire_take_result(again, heard);
    json_decref(heard);
    free(text);
    return good;
}

TEST(a_result_is_read_as_it_was_written, .times = COUNT(names))
{
    struct run run, again;
    json_t *o, *o_again;

    make(&run, names[_i], 1);
    o = wire_result(&run);
    ck_assert(pass(&again, names[_i], o));
    o_again = wire_result(&again);
    ck_assert(json_equal(o, o_again));
    ck_assert_uint_eq(again.tally.start_ns - again.fine->start_ns, 700);
    ck_assert_uint_eq(again.totals.errors[LOAD_TIMEOUT], 4);
    ck_assert_uint_eq(again.same.digest, run.same.digest);
    ck_assert_mem_eq(
        again.tally.latency, run.tally.latency, sizeof(*run.tally.latency));
    ck_assert_double_eq(again.tally.area, run.tally.area);
    ck_assert_mem_eq(again.own[1].steps, run.own[1].steps,
        STEPS * sizeof(*run.own[1].steps));
    json_decref(o);
    json_decref(o_again);
    run_release(&run);
    run_release(&again);
}

TEST(a_load_that_never_began_has_a_result)
{
    struct run run, again;
    json_t *o;

    run_init(&run, scenario_find("open-50"));
    snprintf(run.totals.problem, sizeof(run.totals.problem), "\033[31mno");
    o = wire_result(&run);
    ck_assert(pass(&again, "open-50", o));
    ck_assert_str_eq(again.totals.problem, "\\u{1b}[31mno");
    ck_assert_uint_eq(histogram_count(again.tally.latency), 0);
    ck_assert_uint_eq(again.tally.latency->min, UINT64_MAX);
    ck_assert_uint_eq(again.fine->count, 0);
    json_decref(o);
    run_release(&run);
    run_release(&again);
}

/* What is put in the place of something true, a key in an object. */
static const struct {
    const char *in; /* "" = the result, "h" its latencies, "s" a series */
    const char *key, *json;
} lies[] = {
    { "", "replies", "-1" },
    { "", "replies", "1e300" },
    { "", "replies", "0.5" },
    { "", "replies", "\"many\"" },
    { "", "replies", "5001" },
    { "", "good", "500" },
    { "", "intended", "503" },
    { "", "lines", "9007199254740994" },
    { "", "area", "-1" },
    { "", "area", "1e300" },
    { "", "fairness", "2" },
    { "", "from_ns", "-1" },
    { "", "reply_digest", "\"fedcba987654321\"" },
    { "", "reply_digest", "\"fedcba987654321G\"" },
    { "", "reply_digest", "7" },
    { "", "histograms", "7" },
    { "", "histograms", "{}" },
    { "", "fine", "7" },
    { "", "coarse", "{}" },
    { "h", "counters", "7" },
    { "h", "counters", "\"1\"" },
    { "h", "counters", "\"27648:1\"" },
    { "h", "counters", "\"1:9007199254740993\"" },
    { "h", "counters", "\"1:9007199254740992\"" },
    { "h", "counters", "\"1:600\"" },
    { "h", "counters", "\"2:1 1:1\"" },
    { "h", "counters", "\"\"" },
    { "h", "overflow", "0" },
    { "h", "overflow", "9007199254740992" },
    { "h", "min", "99999999999" },
    { "h", "max", "1" },
    { "h", "sum", "1" },
    { "h", "sum", "1e20" },
    { "h", "sum", "null" },
    { "h", "censored", "4" },
    { "h", "censored", "-1" },
    { "s", "step_ns", "0" },
    { "s", "step_ns", "1e12" },
    { "s", "replies", "[1,2]" },
    { "s", "replies", "[1,2,-3]" },
    { "s", "p50_ns", "[1,2,3.5]" },
    { "s", "outstanding", "[1,2,3,4]" },
    { "s", "outstanding", "[1,2,9007199254740993]" },
    { "s", "max_ns", "7" },
};

TEST(a_result_that_cannot_be_is_refused, .times = COUNT(lies))
{
    const bool h = strcmp(lies[_i].in, "h") == 0;
    struct run run, again;
    json_t *o, *in, *lie = json_loads(lies[_i].json, JSON_DECODE_ANY, NULL);

    make(&run, "reply-50", 1);
    o = in = wire_result(&run);
    if (h)
        in = json_object_get(json_object_get(o, "histograms"), "latency");
    else if (strcmp(lies[_i].in, "s") == 0)
        in = json_object_get(o, "fine");
    ck_assert_ptr_nonnull(lie);
    ck_assert_ptr_nonnull(json_object_get(in, lies[_i].key));
    ck_assert_int_eq(json_object_set_new(in, lies[_i].key, lie), 0);
    ck_assert_msg(
        !pass(&again, "reply-50", o), "%s %s", lies[_i].key, lies[_i].json);
    json_decref(o);
    run_release(&run);
    run_release(&again);
}

TEST(what_is_no_object_is_no_result)
{
    static const char *const texts[] = { "null", "7", "[]", "{}", "\"x\"" };
    struct run again;

    for (int i = 0; i < COUNT(texts); i++) {
        json_t *o = json_loads(texts[i], JSON_DECODE_ANY, NULL);

        ck_assert_msg(!pass(&again, "reply-50", o), "%s", texts[i]);
        json_decref(o);
        run_release(&again);
    }
    run_init(&again, scenario_find("reply-50"));
    ck_assert(!wire_take_result(&again, NULL));
    run_release(&again);
}

#define PARTS 3

/* The sum of a member of all parts is the whole's. */
#define ASSERT_SUM(member)                                                     \
    ck_assert_uint_eq(                                                         \
        run.member, parts[0].member + parts[1].member + parts[2].member)

TEST(together_they_are_the_sum, .times = COUNT(names))
{
    struct run run, parts[PARTS];
    double squares = 0, sum = 0;
    struct histogram *all = histogram_new();

    for (size_t i = 0; i < PARTS; i++) {
        make(&parts[i], names[_i], i + 1);
        parts[i].load_foreign_seconds = 0.125 * (double)i;
        parts[i].stolen_seconds = 0.25 * (double)i;
        parts[i].kernel.value[2] = i;
        histogram_add(all, parts[i].tally.latency);
        sum += (double)parts[i].tally.replies;
        /* By the definition of Jain's index. */
        squares += pow((double)parts[i].tally.replies, 2) / 25 / 0.75;
    }
    parts[1].same.length = 0; /* it had no answer */
    run_init(&run, scenario_find(names[_i]));
    run.others = json_array();
    run.stolen_seconds = 1;
    run.kernel.value[2] = 10;
    run_merge(&run, parts, PARTS);
    ASSERT_SUM(tally.replies);
    ASSERT_SUM(tally.intended);
    ASSERT_SUM(tally.sent);
    ASSERT_SUM(tally.good);
    ASSERT_SUM(tally.bytes);
    ASSERT_SUM(tally.head_ns);
    ASSERT_SUM(tally.tail_ns);
    ASSERT_SUM(tally.censored_ns);
    ASSERT_SUM(totals.replies);
    ASSERT_SUM(totals.lines);
    ASSERT_SUM(totals.connections);
    ASSERT_SUM(totals.shed);
    ASSERT_SUM(totals.errors[LOAD_WRONG]);
    ASSERT_SUM(background.bytes);
    ASSERT_SUM(own[0].steps[1].replies);
    ASSERT_SUM(own[1].steps[2].outstanding);
    ck_assert_mem_eq(run.tally.latency, all, sizeof(*all));
    ck_assert_double_eq(run.tally.area,
        parts[0].tally.area + parts[1].tally.area + parts[2].tally.area);
    ck_assert_double_eq_tol(
        run.tally.fairness, sum * sum / (75 * squares), 1e-12);
    ck_assert_uint_eq(run.own[0].steps[0].p50_ns, 0);
    ck_assert_uint_ge(run.tally.window_ns, parts[2].tally.window_ns);
    ck_assert_double_eq(run.load_foreign_seconds, 0.25);
    ck_assert_double_eq(run.stolen_seconds, 1.5);
    ck_assert_uint_eq(run.kernel.value[2], 13);
    ck_assert(run.totals.countable);
    ck_assert_str_eq(run.totals.problem, "");
    ck_assert_uint_eq(run.same.digest, parts[0].same.digest);
    for (size_t i = 0; i < PARTS; i++)
        run_release(&parts[i]);
    run_release(&run);
    free(all);
}

TEST(one_alone_stays_as_it_is)
{
    struct run run, part;

    make(&part, "open-50", 5);
    run_init(&run, part.scenario);
    run_merge(&run, &part, 1);
    ck_assert_uint_eq(run.tally.window_ns, part.tally.window_ns);
    ck_assert_double_eq_tol(run.tally.fairness, 0.75, 1e-12);
    ck_assert_mem_eq(run.own[0].steps, part.own[0].steps,
        STEPS * sizeof(*part.own[0].steps));
    ck_assert_uint_eq(run.load_cpu_ns, part.load_cpu_ns);
    ck_assert_double_nan(run.load_foreign_seconds);
    run_release(&run);
    run_release(&part);
}

TEST(the_busiest_generator_says_whether_more_could_be_done)
{
    struct run run, parts[2];

    make(&parts[0], "reply-50", 1);
    make(&parts[1], "reply-50", 2);
    parts[0].load_cpu_ns = 1000;
    parts[0].tally.spin_ns = 900;
    parts[1].load_cpu_ns = 500;
    parts[1].tally.spin_ns = 0;
    parts[0].load_foreign_seconds = NAN;
    parts[1].load_foreign_seconds = 1;
    run_init(&run, parts[0].scenario);
    run_merge(&run, parts, 2);
    ck_assert_uint_eq(run.load_cpu_ns, 500);
    ck_assert_uint_eq(run.tally.spin_ns, 0);
    ck_assert_double_nan(run.load_foreign_seconds);
    run_release(&run);
    run_release(&parts[0]);
    run_release(&parts[1]);
}

TEST(what_goes_wrong_with_one_goes_wrong_with_all)
{
    struct run run, parts[2];

    make(&parts[0], "reply-50", 1);
    make(&parts[1], "reply-50", 2);
    parts[1].same.digest++;
    parts[1].totals.countable = false;
    run_init(&run, parts[0].scenario);
    run_merge(&run, parts, 2);
    ck_assert_str_eq(run.totals.problem, "not all hosts got the same answers");
    ck_assert(!run.totals.countable);
    run_release(&run);
    snprintf(parts[1].totals.problem, sizeof(parts[1].totals.problem), "B");
    run_init(&run, parts[0].scenario);
    run_merge(&run, parts, 2);
    ck_assert_str_eq(run.totals.problem, "B");
    run_release(&run);
    run_release(&parts[0]);
    run_release(&parts[1]);
}
