#include "report/run/race.h"

#include "report/median.h"
#include "report/rng.h"
#include "report/run/measure.h"
#include "report/run/syscalls.h"
#include "report/values.h"

#include <assert.h>
#include <ctype.h>
#include <err.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STOLEN_MAX    0.01 /* of the window, by a hypervisor */
#define FOREIGN_MAX   0.05 /* of the window, by others, on either processor */
#define TICK          0.01 /* seconds: how exactly both are known */
#define DISCARDED_MAX 5    /* one block in so many may be discarded */
#define RUNS_MAX      16   /* per block */
#define LATE          1.02 /* of the time limit: no further block */

/* One scenario while it runs. */
struct race {
    const struct scenario *scenario;
    const struct plan *plan;
    struct journal *journal;
    struct meter *meter;
    size_t blocks, discarded;
    double rate, burst;
    json_t *orders, *discarded_blocks, *runs;
};

/*
 * Return for how long, in seconds, others may have been in the way: what was
 * run on the processor for neither load nor server, as far as somebody waited
 * in that time to run, and others, where they can be seen, ran at all. Falling
 * asleep, waking up and clearing away ended threads look like others' work;
 * waiting for one's own threads, or for a processor to wake up, is none.
 */
static double
time_in_the_way(const json_t *run, const char *foreign, const char *wait)
{
    return fmin(get_number(run, "others_cpu_seconds"),
        fmin(get_number(run, foreign) - 2 * TICK, get_number(run, wait) / 1e9));
}

/* Tell whether the machine was busy with something else in a window. */
bool
race_was_disturbed(const struct scenario *s, const json_t *run)
{
    double window = get_number(run, "window_ns") / 1e9;
    double lost =
        fmax(time_in_the_way(run, "foreign_cpu_seconds", "run_queue_ns"),
            time_in_the_way(run, "load_foreign_cpu_seconds", "load_wait_ns"));

    if (get_number(run, "stolen_seconds") > STOLEN_MAX * window + TICK)
        return true;
    /* On all cores the servers are what else there is. */
    return !s->all_cores && lost > FOREIGN_MAX * window;
}

/*
 * Write the controls of one block in order, the peer among them; they take
 * turns in being first, and those that are not there are left out.
 */
static size_t
order_controls(enum subject order[RUNS_MAX], const struct race *r)
{
    const struct scenario *s = r->scenario;
    enum subject there[SUBJECTS];
    size_t n = 0;

    for (int c = SUBJECT_BARE_EPOLL; s->controls && c < SUBJECT_PEER; c++)
        if (r->plan->server_path[s->program][c] != NULL)
            there[n++] = (enum subject)c;
    if (plan_has_peer(r->plan, s))
        there[n++] = SUBJECT_PEER;
    for (size_t c = 0; c < n; c++)
        order[c] = there[(c + r->blocks) % n];
    return n;
}

/* Which twin a letter of an order stands for. */
static enum subject
twin_of(char letter)
{
    return toupper((unsigned char)letter) == 'A' ? SUBJECT_THREADED
                                                 : SUBJECT_EVENTED;
}

/* Fill in the runs of one block, from the letters of its order. */
static size_t
order_block(
    struct order runs[RUNS_MAX], const struct race *r, const char *letters)
{
    enum subject controls[RUNS_MAX];
    size_t length = strlen(letters), n = 0, count;

    for (size_t i = 0; i < length; i++) {
        if (i == length / 2) {
            count = order_controls(controls, r);
            for (size_t c = 0; c < count; c++, n++) {
                runs[n].subject = controls[c];
                runs[n].arm = controls[c] == SUBJECT_PEER ? "peer" : "control";
            }
        }
        runs[n].subject = twin_of(letters[i]);
        runs[n++].arm = islower((unsigned char)letters[i]) ? "aa" : "twin";
    }
    for (size_t i = 0; i < n; i++) {
        runs[i].scenario = r->scenario;
        runs[i].block = r->blocks + 1;
        runs[i].position = i + 1;
        runs[i].rate = r->rate;
        runs[i].burst = r->burst;
    }
    return n;
}

/* Run one block. */
static json_t *
run_block(struct race *r, struct order *runs, size_t n, const char *letters)
{
    json_t *results = json_array();

    for (size_t i = 0; i < n; i++) {
        json_t *run;

        runs[i].started = meter_overall(r->meter);
        meter_show(r->meter, "%s: block %zu %s %zu, %s", r->scenario->name,
            r->blocks + 1,
            r->blocks < plan_blocks(r->plan) ? "of" : "beyond the planned",
            plan_blocks(r->plan), subjects[runs[i].subject].title);
        run = measure(&runs[i], r->plan);
        journal_add_run(r->journal, r->scenario->name, letters,
            meter_overall(r->meter), run);
        json_array_append_new(results, run);
        meter_add(r->meter, plan_run_seconds(r->plan, r->scenario));
    }
    return results;
}

/* Run one block, or take it from an earlier session; then look at it. */
static void
race_block(struct race *r, const char *letters)
{
    struct order runs[RUNS_MAX];
    size_t n = order_block(runs, r, letters), i;
    json_t *results =
        journal_block(r->journal, r->scenario->name, r->blocks + 1, n);
    bool disturbed = false;
    json_t *run;

    if (results != NULL)
        meter_skip(
            r->meter, (double)n * plan_run_seconds(r->plan, r->scenario));
    else
        results = run_block(r, runs, n, letters);
    json_array_foreach(results, i, run)
        disturbed = disturbed || race_was_disturbed(r->scenario, run);
    r->blocks++;
    if (disturbed && r->plan->placement.pinned) {
        r->discarded++;
        json_array_append_new(r->discarded_blocks, value_count(r->blocks));
    }
    json_array_extend(r->runs, results);
    json_array_append_new(r->orders, json_string(letters));
    json_decref(results);
}

/* Tell whether another block is due: a planned one, or one for a discarded. */
static bool
is_another_due(const struct race *r)
{
    size_t planned = plan_blocks(r->plan);
    double seconds = plan_seconds(r->plan, r->scenario) / (double)planned;
    double ends = meter_expects(r->meter);

    if (r->plan->limit > 0 &&
        meter_elapsed(r->meter) + seconds > LATE * r->plan->limit)
        return false;
    if (r->blocks < planned)
        return true;
    /* n of planned + n are one in DISCARDED_MAX for the n that ends it. */
    if (r->scenario->special == SPECIAL_LEVELS ||
        r->blocks - r->discarded >= planned ||
        r->blocks >= planned + planned / (DISCARDED_MAX - 1) ||
        r->blocks >= PLAN_BLOCKS_MAX ||
        (r->plan->limit > 0 && ends + seconds > r->plan->limit))
        return false;
    r->meter->total += seconds;
    return true;
}

/* Toss the coin, whether it is needed or not. */
static const char *
toss(struct rng *coin, bool aa)
{
    if (rng_below(coin, 2) == 0)
        return aa ? "aABBAa" : "ABBA";
    return aa ? "bBAABb" : "BAAB";
}

/* Tell whether a run is of a twin, in a block that was not discarded. */
static bool
is_good_run_of(const json_t *scenario, const json_t *run, enum subject twin)
{
    const json_t *block;
    size_t i;

    json_array_foreach(json_object_get(scenario, "discarded_blocks"), i, block)
        if (json_integer_value(block) == (json_int_t)get_count(run, "block") &&
            !get_bool(scenario, "too_noisy"))
            return false;
    return strcmp(get_text(run, "server"), subjects[twin].name) == 0 &&
           strcmp(get_text(run, "arm"), "twin") == 0;
}

/* Take the median of a twin's rates in a scenario; NAN where there is none. */
static double
median_rate(const json_t *scenario, enum subject twin)
{
    double rates[2 * PLAN_BLOCKS_MAX];
    const json_t *run;
    size_t i, n = 0;

    json_array_foreach(json_object_get(scenario, "runs"), i, run) {
        double rate = get_number(
            json_object_get(run, "figures"), metric_keys[METRIC_RATE]);

        if (n < sizeof(rates) / sizeof(rates[0]) && isfinite(rate) &&
            is_good_run_of(scenario, run, twin))
            rates[n++] = rate;
    }
    return median_of(rates, n);
}

/* Find what a twin can do: its median rate where that was measured. */
static double
capacity_known(const json_t *done, enum subject twin)
{
    const json_t *scenario;
    size_t i;

    json_array_foreach(done, i, scenario)
        if (strcmp(get_text(scenario, "name"), "reply-50") == 0)
            return median_rate(scenario, twin);
    return NAN;
}

/* Look for a gate that says so. */
bool
race_has_failed(const json_t *run)
{
    const json_t *gate;
    size_t i;

    json_array_foreach(json_object_get(run, "gates"), i, gate)
        if (strcmp(get_text(gate, "name"), "failed") == 0)
            return true;
    return false;
}

/* Measure what a twin can do, in a closed loop of the same connections. */
static double
capacity_measured(const struct race *r, enum subject twin)
{
    struct scenario closed = *r->scenario;
    struct order order = { .scenario = &closed,
        .subject = twin,
        .arm = "twin",
        .block = 1,
        .position = 1 };
    json_t *run;
    double rate;

    closed.way = LOAD_CLOSED;
    closed.special = SPECIAL_NONE;
    closed.has = 1u << METRIC_RATE;
    run = measure(&order, r->plan);
    rate =
        get_number(json_object_get(run, "figures"), metric_keys[METRIC_RATE]);
    json_decref(run);
    return rate;
}

/* Fix the rate of an open loop that is a share of the slower twin's. */
static json_t *
find_rate(struct race *r, const json_t *done)
{
    double capacity[2], slower, faster;
    bool known = true;
    json_t *note = journal_note(r->journal, r->scenario->name, "rate");
    char *from;

    if (note != NULL)
        return json_incref(note);
    for (int t = 0; t < 2; t++) {
        capacity[t] = capacity_known(done, (enum subject)t);
        known = known && isfinite(capacity[t]);
    }
    for (int t = 0; t < 2 && !known; t++)
        capacity[t] = capacity_measured(r, (enum subject)t);
    slower = fmin(capacity[0], capacity[1]);
    faster = fmax(capacity[0], capacity[1]);
    if (!isfinite(slower))
        slower = faster = 1000; /* both failed, and will again */
    if (asprintf(&from, "%g of %.0f/s, the closed loop of the slower twin%s",
            r->scenario->share, slower, known ? " in reply-50" : "") == -1)
        err(1, NULL);
    note =
        json_pack("{s:f, s:f, s:s}", "rate", round(r->scenario->share * slower),
            "burst", round(BURST_FACTOR * faster), "from", from);
    free(from);
    journal_add_note(r->journal, r->scenario->name, "rate", note);
    return note;
}

/* Set the rates of the race; return where they come from, or null. */
static json_t *
set_rate(struct race *r, const json_t *done)
{
    json_t *note, *from;

    r->rate = r->scenario->rate;
    if (r->scenario->share == 0)
        return json_null();
    note = find_rate(r, done);
    r->rate = get_number(note, "rate");
    r->burst = get_number(note, "burst");
    from = json_incref(json_object_get(note, "from"));
    json_decref(note);
    return from;
}

/* Describe what goes on in the background. */
static json_t *
background_of(const struct scenario *s)
{
    if (s->background.role == NULL)
        return json_array();
    return json_pack("[{s:s, s:o, s:s}]", "role", s->background.role,
        "connections", value_count(s->background.connections), "request",
        s->background.ask->title);
}

/* Describe the scenario, as far as it is known before the runs. */
static json_t *
describe(const struct race *r, json_t *rate_from)
{
    const struct scenario *s = r->scenario;
    size_t connections = plan_connections(s);
    json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}",
        "name", s->name, "title", s->title, "question", s->question, "family",
        s->family, "program", program_names[s->program], "speaks",
        ask_speaks_name(s->ask->speaks), "request", s->ask->title, "load_model",
        scenario_load_model(s), "latency_from",
        s->way == LOAD_OPEN ? "intended" : "sent");
    json_t *more = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:{s:o, s:o},"
                             " s:s, s:n, s:f, s:s, s:f}",
        "connections", value_count(connections), "connections_wanted",
        value_count(s->connections), "active",
        value_count(s->active > 0 ? s->active : connections), "rate_per_second",
        r->rate > 0 ? json_real(r->rate) : json_null(), "rate_from", rate_from,
        "background", background_of(s), "cores",
        s->all_cores || !r->plan->placement.pinned ? "all" : "one", "options",
        "threaded", value_text(s->options[SUBJECT_THREADED]), "evented",
        value_text(s->options[SUBJECT_EVENTED]), "primary",
        metric_keys[s->primary], "sentence", "warmup_seconds",
        plan_warmup(r->plan, s), "warmup",
        plan_warmup_max(r->plan, s) > 0 ? "MSER" : "fixed", "window_seconds",
        plan_window(r->plan, s));

    if (o == NULL || more == NULL)
        errx(1, "a scenario cannot be described");
    json_object_update(o, more);
    json_decref(more);
    return o;
}

/* Count system calls in a pass of its own, or take the counts of earlier. */
static json_t *
count_syscalls(const struct race *r)
{
    const char *name = r->scenario->name;
    json_t *note = journal_note(r->journal, name, "syscalls");

    if (!r->scenario->syscalls)
        return json_null();
    if (note != NULL)
        return json_incref(note);
    meter_show(r->meter, "%s: counting system calls", name);
    note = json_object();
    for (int s = 0; s < (r->scenario->controls ? SUBJECT_PEER : 2); s++)
        if (r->plan->server_path[r->scenario->program][s] != NULL)
            json_object_set_new(note, subjects[s].name,
                syscalls_count(r->scenario, (enum subject)s, r->plan));
    journal_add_note(r->journal, name, "syscalls", note);
    return note;
}

/* Tell why some were not counted; null when all were, or none was to be. */
static json_t *
why_not_counted(json_t *counts)
{
    const char *name;
    json_t *calls;

    json_object_foreach(counts, name, calls)
        if (json_is_null(calls))
            return json_string(syscalls_can_be_counted()
                                   ? "strace may not trace the servers"
                                   : "strace was not found");
    return json_null();
}

/* Seed the coin: it depends on the seed and the scenario only. */
static void
seed_coin(struct rng *coin, const struct plan *plan, const struct scenario *s)
{
    uint64_t sum = 0;

    for (const char *c = s->name; *c != '\0'; c++)
        sum = 31 * sum + (unsigned char)*c;
    rng_seed(coin, plan->seed + sum);
}

/* Run all blocks. */
json_t *
race_run(const struct scenario *s, const struct plan *plan, const json_t *done,
    struct journal *journal, struct meter *meter)
{
    struct race r = { .scenario = s,
        .plan = plan,
        .journal = journal,
        .meter = meter,
        .orders = json_array(),
        .discarded_blocks = json_array(),
        .runs = json_array() };
    json_t *from = set_rate(&r, done), *o = describe(&r, from), *counts;
    struct rng coin;

    assert(plan_blocks(plan) <= PLAN_BLOCKS_MAX);
    seed_coin(&coin, plan, s);
    while (is_another_due(&r))
        race_block(&r, toss(&coin, s->aa));
    json_object_set_new(o, "orders", r.orders);
    json_object_set_new(o, "discarded_blocks", r.discarded_blocks);
    json_object_set_new(
        o, "too_noisy", json_boolean(r.discarded * DISCARDED_MAX > r.blocks));
    counts = count_syscalls(&r);
    json_object_set_new(o, "syscalls_missing", why_not_counted(counts));
    json_object_set_new(o, "syscalls", counts);
    json_object_set_new(o, "runs", r.runs);
    return o;
}
