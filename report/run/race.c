#include "report/run/race.h"

#include "report/host/route.h"
#include "report/host/there.h"
#include "report/rng.h"
#include "report/run/job.h"
#include "report/run/measure.h"
#include "report/run/syscalls.h"
#include "report/values.h"

#include <assert.h>
#include <err.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STOLEN_MAX  0.03 /* of the window, by a hypervisor */
#define FOREIGN_MAX 0.05 /* of the window, by others, on either processor */
#define TICK        0.01 /* seconds: how exactly both are known */
#define RUNS_MAX    (4 + SUBJECT_PEER + 2 * PEERS_MAX) /* per block, at most */

/* One scenario while it runs, or several that the same processes serve. */
struct race {
    struct stage stages[MEASURE_STAGES_MAX];
    size_t count;
    const struct scenario *scenario; /* the first of them */
    const struct plan *plan;
    struct plan own; /* where the scenario brings a network, this one */
    struct netem netem;
    struct journal *journal;
    struct meter *meter;
    double limit; /* seconds of the meter, when no block is begun any more; 0 =
                     none */
    size_t blocks, disturbed;
    size_t lost; /* blocks that were begun again, as the host was lost */
    double pace; /* of the last block: times as long as estimated */
    struct rng coin;
    json_t *orders;
    json_t *described[MEASURE_STAGES_MAX], *runs[MEASURE_STAGES_MAX];
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

/* Tell whether a run failed a gate. */
static bool
has_gate(const json_t *run, const char *name)
{
    const json_t *gate;
    size_t i;

    json_array_foreach(json_object_get(run, "gates"), i, gate)
        if (strcmp(get_text(gate, "name"), name) == 0)
            return true;
    return false;
}

/* Tell whether the machine was busy with something else in a window, or the
 * windows of several machines were not one. */
bool
race_was_disturbed(const struct scenario *s, const json_t *run)
{
    double window = get_number(run, "window_ns") / 1e9;
    double lost =
        fmax(time_in_the_way(run, "foreign_cpu_seconds", "run_queue_ns"),
            time_in_the_way(run, "load_foreign_cpu_seconds", "load_wait_ns"));

    if (get_number(run, "stolen_seconds") > STOLEN_MAX * window + 2 * TICK ||
        has_gate(run, "overlap"))
        return true;
    /* On all cores the servers are what else there is. */
    return !s->all_cores && lost > FOREIGN_MAX * window;
}

/* Add the next run of a block. */
static void
add_run(struct order runs[], size_t *n, enum subject subject, const char *arm)
{
    runs[*n].subject = subject;
    runs[(*n)++].arm = arm;
}

/* Which peer is the i-th of a block. */
static enum subject
peer_of(const struct race *r, size_t i)
{
    const size_t peers = plan_peers(r->plan, r->scenario);

    return (enum subject)(SUBJECT_PEER + (i + r->blocks) % peers);
}

/*
 * Add what stands between the halves of a block: the peers, the controls if it
 * has them, and the peers again the other way round. They take turns in being
 * first, and controls that are not there are left out.
 */
static void
add_middle(struct order runs[], size_t *n, const struct race *r)
{
    const struct scenario *s = r->scenario;
    const size_t peers = plan_peers(r->plan, s);
    enum subject there[SUBJECT_PEER];
    size_t count = 0;

    for (int c = SUBJECT_BARE_EPOLL; c < SUBJECT_PEER; c++)
        if (plan_has_controls(r->plan, s, r->blocks + 1) &&
            plan_has_control(r->plan, s, (enum subject)c))
            there[count++] = (enum subject)c;
    for (size_t i = 0; i < peers; i++)
        add_run(runs, n, peer_of(r, i), "peer");
    for (size_t i = 0; i < count; i++)
        add_run(runs, n, there[(i + r->blocks) % count], "control");
    for (size_t i = peers; i-- > 0;)
        add_run(runs, n, peer_of(r, i), "peer");
}

/* Which twin a letter of an order stands for. */
static enum subject
twin_of(char letter)
{
    return letter == 'A' ? SUBJECT_THREADED : SUBJECT_EVENTED;
}

/* Fill in the runs of one block, from the letters of its order. */
static size_t
order_block(
    struct order runs[RUNS_MAX], const struct race *r, const char *letters)
{
    size_t length = strlen(letters), n = 0;

    for (size_t i = 0; i < length; i++) {
        if (i == length / 2)
            add_middle(runs, &n, r);
        add_run(runs, &n, twin_of(letters[i]), "twin");
    }
    for (size_t i = 0; i < n; i++) {
        runs[i].stages = r->stages;
        runs[i].count = r->count;
        runs[i].block = r->blocks + 1;
        runs[i].position = i + 1;
    }
    return n;
}

/* Estimate how long n runs take. */
static double
runs_seconds(const struct race *r, const struct order runs[], size_t n)
{
    double seconds = 0;

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < r->count; k++)
            seconds += plan_run_seconds(
                r->plan, r->stages[k].scenario, runs[i].subject);
    return seconds;
}

/* Return why the servers' host is lost; NULL = it is not. */
static const char *
why_lost(const struct race *r)
{
    const struct there *there = r->plan->placement.there;

    return there != NULL ? there_lost(there) : NULL;
}

/* Wait for a host that is lost; end the program when it does not come back. */
static void
regain(const struct race *r)
{
    meter_wipe(r->meter);
    there_regain(r->plan->placement.there);
}

/*
 * Run one server, and write down what was found in each stage; return false,
 * with nothing written, when its host is lost.
 */
static bool
run_one(struct race *r, struct order *order, const char *letters)
{
    json_t *results, *run;
    size_t i;

    order->started = meter_overall(r->meter);
    meter_show(r->meter, "%s: block %zu %s %zu, %s", r->scenario->name,
        r->blocks + 1,
        r->blocks < plan_blocks(r->plan, r->scenario) ? "of"
                                                      : "beyond the planned",
        plan_blocks(r->plan, r->scenario), subjects[order->subject].title);
    results = r->scenario->job != NULL ? job_run(order, r->plan)
                                       : measure(order, r->plan);
    if (why_lost(r) != NULL) {
        json_decref(results);
        return false;
    }
    json_array_foreach(results, i, run) {
        const struct scenario *s = r->stages[i].scenario;

        json_object_set_new(run, "disturbed",
            json_boolean(
                r->plan->placement.pinned && race_was_disturbed(s, run)));
        journal_add_run(
            r->journal, s->name, letters, meter_overall(r->meter), run);
        json_array_append(r->runs[i], run);
    }
    json_decref(results);
    meter_add(r->meter, runs_seconds(r, order, 1));
    return true;
}

/* Do the runs of a block; return how many, fewer than n when the host was lost
 * in the next one. */
static size_t
do_runs(struct race *r, struct order runs[], size_t n, const char *letters)
{
    size_t done = 0;

    while (done < n && run_one(r, &runs[done], letters))
        done++;
    return done;
}

/* Take back the runs of a block in which the host was lost. */
static void
discard(struct race *r, const struct order runs[], size_t done)
{
    json_t *why = json_string(why_lost(r));

    for (size_t i = 0; i < r->count; i++)
        for (size_t k = 0; k < done; k++)
            json_array_remove(r->runs[i], json_array_size(r->runs[i]) - 1);
    r->meter->total += runs_seconds(r, runs, done);
    r->lost++;
    journal_add_note(r->journal, r->scenario->name, "lost", why);
    json_decref(why);
}

/* Run a block until the host stays for all of it; return how many seconds that
 * took, without those that were lost. */
static double
run_block(struct race *r, struct order runs[], size_t n, const char *letters)
{
    double began = meter_elapsed(r->meter);
    size_t done;

    while ((done = do_runs(r, runs, n, letters)) < n) {
        discard(r, runs, done);
        regain(r);
        began = meter_elapsed(r->meter);
    }
    return meter_elapsed(r->meter) - began;
}

/* Take a block of n runs from an earlier session, if it has all of it. */
static bool
take_block(struct race *r, const struct order runs[], size_t n)
{
    json_t *found[MEASURE_STAGES_MAX];
    bool whole = true;

    for (size_t i = 0; i < r->count; i++) {
        found[i] = journal_block(
            r->journal, r->stages[i].scenario->name, r->blocks + 1, n);
        whole = whole && found[i] != NULL;
    }
    for (size_t i = 0; i < r->count; i++) {
        if (whole)
            json_array_extend(r->runs[i], found[i]);
        json_decref(found[i]);
    }
    if (whole)
        meter_skip(r->meter, runs_seconds(r, runs, n));
    return whole;
}

/* Tell whether other work was in the way of a twin in the last n runs. */
static bool
was_disturbed(const struct race *r, size_t n)
{
    for (size_t i = 0; i < r->count; i++) {
        size_t size = json_array_size(r->runs[i]);

        for (size_t k = size - n; k < size; k++) {
            const json_t *run = json_array_get(r->runs[i], k);

            if (strcmp(get_text(run, "arm"), "twin") == 0 &&
                get_bool(run, "disturbed"))
                return true;
        }
    }
    return false;
}

/* Toss the coin. */
static const char *
toss(struct rng *coin)
{
    return rng_below(coin, 2) == 0 ? "ABBA" : "BAAB";
}

/* Run one block, or take it from an earlier session. */
static void
race_block(struct race *r)
{
    /* Too large for the stack. */
    static struct order runs[RUNS_MAX];
    const char *letters = toss(&r->coin);
    size_t n = order_block(runs, r, letters);
    double estimate = runs_seconds(r, runs, n), took = 0;

    netem_leave(r->plan->placement.netem);
    if (r->blocks >= plan_blocks(r->plan, r->scenario))
        r->meter->total += estimate;
    if (!take_block(r, runs, n))
        took = run_block(r, runs, n, letters);
    r->pace = fmax(1, took / estimate);
    r->disturbed += was_disturbed(r, n);
    r->blocks++;
    json_array_append_new(r->orders, json_string(letters));
}

/* Estimate the next block. */
static double
block_seconds(const struct race *r)
{
    struct order runs[RUNS_MAX];
    size_t n = order_block(runs, r, "ABBA");

    return fmax(1, r->pace) * runs_seconds(r, runs, n);
}

/*
 * Tell whether another block is due: a planned one, or as long as there is time
 * one in the place of a disturbed one, of which no more than half as many as
 * planned are run. Memory does not depend on time.
 */
static bool
is_another_due(const struct race *r)
{
    size_t planned = plan_blocks(r->plan, r->scenario);

    if (r->limit > 0 && meter_elapsed(r->meter) + block_seconds(r) > r->limit)
        return false;
    return r->blocks < planned || (r->scenario->primary != METRIC_MEMORY &&
                                      r->blocks - r->disturbed < planned &&
                                      r->blocks < planned + planned / 2);
}

/* Look for a gate that says so. */
bool
race_has_failed(const json_t *run)
{
    return has_gate(run, "failed");
}

/* Measure what a twin can do, in a closed loop of the same connections. */
static double
measure_capacity(
    const struct race *r, const struct scenario *s, enum subject twin)
{
    struct scenario closed = *s;
    const struct stage stage = { .scenario = &closed };
    const struct order order = { .stages = &stage,
        .count = 1,
        .subject = twin,
        .arm = "twin",
        .block = 1,
        .position = 1 };
    json_t *runs;
    double rate;

    closed.way = LOAD_CLOSED;
    closed.special = SPECIAL_NONE;
    closed.has = 1u << METRIC_RATE;
    runs = measure(&order, r->plan);
    rate = get_number(json_object_get(json_array_get(runs, 0), "figures"),
        metric_keys[METRIC_RATE]);
    json_decref(runs);
    return rate;
}

/* Fix the rate of an open loop that is a share of the slower twin's. */
static json_t *
find_rate(struct race *r, const struct scenario *s)
{
    double capacity[2], slower;
    json_t *note = journal_note(r->journal, s->name, "rate");

    if (note != NULL)
        return json_incref(note);
    for (int t = 0; t < 2;) {
        capacity[t] = measure_capacity(r, s, (enum subject)t);
        if (why_lost(r) != NULL)
            regain(r);
        else
            t++;
    }
    slower = fmin(capacity[0], capacity[1]);
    if (!isfinite(slower))
        slower = capacity[0] = capacity[1] = 1000; /* will fail again */
    note = json_pack("{s:f, s:f}", "rate", round(s->share * slower), "burst",
        round(BURST_FACTOR * fmax(capacity[0], capacity[1])));
    journal_add_note(r->journal, s->name, "rate", note);
    return note;
}

/* Set the rates of a stage. */
static void
set_rate(struct race *r, struct stage *stage)
{
    json_t *note;

    stage->rate = stage->scenario->rate;
    if (stage->scenario->share == 0)
        return;
    note = find_rate(r, stage->scenario);
    stage->rate = get_number(note, "rate");
    stage->burst = get_number(note, "burst");
    json_decref(note);
}

/* Say where the rate of a scenario comes from; null = from its table. */
static json_t *
rate_from(const struct scenario *s)
{
    if (s->share == 0)
        return json_null();
    return json_sprintf("%g %% of what the slower server does in a closed loop",
        100 * s->share);
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

/* Describe what is run to its end; null where a server is loaded. */
static json_t *
job_of(const struct plan *plan, const struct scenario *s)
{
    if (s->job == NULL)
        return json_null();
    return json_pack("{s:o, s:o, s:f, s:o, s:f}", "flags",
        value_count(s->job->flags), "bytes", value_count(s->job->size),
        "delay_seconds", plan_delay(plan, s), "requests_each",
        value_count(s->job->requests), "ideal_seconds",
        plan_ideal(plan, s, SUBJECT_THREADED));
}

/* Describe the network that a scenario brings. */
static json_t *
link_of(const struct plan *plan, const struct scenario *s)
{
    struct netem_shape shape = plan_link(s);
    json_t *o = netem_to_json(&shape);

    json_object_set_new(o, "aside", json_boolean(shape.aside));
    json_object_set_new(
        o, "round_trip_ns", value_number(plan->placement.round_trip));
    return o;
}

/* Call a scenario what it is over this network: emulated, always. */
static json_t *
title_of(const struct plan *plan, const struct scenario *s)
{
    return json_sprintf("%s%s", s->title,
        plan->placement.netem != NULL   ? " over an emulated network"
        : plan->placement.there != NULL ? " over a network"
                                        : "");
}

/* Describe the scenario, as far as it is known before the runs. */
static json_t *
describe(const struct race *r, const struct stage *stage)
{
    const struct scenario *s = stage->scenario;
    size_t connections = plan_connections(s);
    json_t *o = json_pack("{s:s, s:o, s:s, s:s, s:s, s:o, s:o, s:s, s:s}",
        "name", s->name, "title", title_of(r->plan, s), "question", s->question,
        "family", s->family, "program", program_names[s->program], "speaks",
        value_text(s->ask != NULL ? ask_speaks_name(s->ask->speaks) : NULL),
        "request", value_text(s->ask != NULL ? s->ask->title : NULL),
        "load_model", scenario_load_model(s), "latency_from",
        s->way == LOAD_OPEN ? "intended" : "sent");
    json_t *more = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:{s:o, s:o},"
                             " s:s, s:n, s:f, s:o, s:o}",
        "connections", value_count(connections), "connections_wanted",
        value_count(s->connections), "active",
        value_count(s->active > 0 ? s->active : connections), "rate_per_second",
        stage->rate > 0 ? json_real(stage->rate) : json_null(), "rate_from",
        rate_from(s), "background", background_of(s), "cores",
        s->all_cores || !r->plan->placement.pinned ? "all" : "one", "options",
        "threaded", value_text(s->options[SUBJECT_THREADED]), "evented",
        value_text(s->options[SUBJECT_EVENTED]), "primary",
        metric_keys[s->primary], "sentence", "warmup_seconds", s->warmup,
        "window_seconds",
        s->job == NULL ? json_real(plan_window(r->plan, s)) : json_null(),
        "job", job_of(r->plan, s));

    if (o == NULL || more == NULL)
        errx(1, "a scenario cannot be described");
    json_object_update(o, more);
    json_decref(more);
    if (s->link != NULL)
        json_object_set_new(o, "network", link_of(r->plan, s));
    return o;
}

/* Count system calls in a pass of its own, or take the counts of earlier. */
static json_t *
count_syscalls(const struct race *r, const struct scenario *scenario)
{
    const char *name = scenario->name;
    json_t *note = journal_note(r->journal, name, "syscalls");

    /* strace would have to run where the servers do. */
    if (!scenario->syscalls || r->plan->placement.there != NULL)
        return json_null();
    if (note != NULL)
        return json_incref(note);
    meter_show(r->meter, "%s: counting system calls", name);
    note = json_object();
    for (int s = 0; s < (scenario->controls ? SUBJECT_PEER : 2); s++)
        if (s <= SUBJECT_EVENTED ||
            plan_has_control(r->plan, scenario, (enum subject)s))
            json_object_set_new(note, subjects[s].name,
                syscalls_count(scenario, (enum subject)s, r->plan));
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

/* Make the network that a scenario brings, and see that it is crossed. */
static void
bring_network(struct race *r)
{
    const struct netem_shape shape = plan_link(r->scenario);
    struct placement *where = &r->own.placement;
    char why[512];

    if (netem_open(&r->netem, &shape, why, sizeof(why)) == -1)
        errx(1, "%s: %s", r->scenario->name, why);
    r->own = *r->plan;
    r->plan = &r->own;
    plan_connect(where, &r->netem);
    where->round_trip = route_try(&r->own, ROUTE_SMALL, why, sizeof(why));
    if (!(where->round_trip > 0))
        errx(1, "%s: the load does not reach a server over its network: %s",
            r->scenario->name, why);
}

/* Prepare to race `count` scenarios in the same processes. */
static void
begin(struct race *r, const struct scenario *const *chosen, size_t count)
{
    assert(count <= MEASURE_STAGES_MAX);
    assert(plan_blocks(r->plan, chosen[0]) <= PLAN_BLOCKS_MAX);
    r->scenario = chosen[0];
    r->count = count;
    r->orders = json_array();
    seed_coin(&r->coin, r->plan, r->scenario);
    if (r->scenario->link != NULL)
        bring_network(r);
    for (size_t i = 0; i < count; i++) {
        r->stages[i].scenario = chosen[i];
        set_rate(r, &r->stages[i]);
        r->described[i] = describe(r, &r->stages[i]);
        r->runs[i] = json_array();
    }
    r->lost = journal_count(r->journal, r->scenario->name, "lost");
}

/* Add the scenarios of a race to all. */
static void
end(struct race *r, json_t *all)
{
    for (size_t i = 0; i < r->count; i++) {
        json_t *o = r->described[i];
        json_t *counts = count_syscalls(r, r->stages[i].scenario);

        json_object_set(o, "orders", r->orders);
        if (r->lost > 0)
            json_object_set_new(o, "blocks_lost", value_count(r->lost));
        json_object_set_new(o, "syscalls_missing", why_not_counted(counts));
        json_object_set_new(o, "syscalls", counts);
        json_object_set_new(o, "runs", r->runs[i]);
        json_array_append_new(all, o);
    }
    json_decref(r->orders);
}

/* Find the race in which the least of what was planned has been done. */
static struct race *
find_next(struct race *races, size_t n)
{
    struct race *next = NULL;
    double least = 0;

    for (size_t i = 0; i < n; i++) {
        double done = (double)races[i].blocks /
                      (double)plan_blocks(races[i].plan, races[i].scenario);

        if (is_another_due(&races[i]) && (next == NULL || done < least)) {
            next = &races[i];
            least = done;
        }
    }
    return next;
}

/* Find out how many scenarios from the first on the same processes serve. */
static size_t
count_stages(const struct scenario *const *chosen, size_t count)
{
    size_t n = 1;

    while (n < count && chosen[n]->goes_on && chosen[n] == chosen[0] + n)
        n++;
    return n;
}

/*
 * Run all blocks of some scenarios, each of one that is behind, and add them to
 * all. `like` has what all races have in common.
 */
static void
race_some(const struct scenario *const *chosen, size_t count,
    const struct race *like, json_t *all)
{
    struct race *races = calloc(count + 1, sizeof(*races)), *next;
    size_t n = 0;

    if (races == NULL)
        err(1, NULL);
    for (size_t i = 0, stages; i < count; i += stages, n++) {
        stages = count_stages(chosen + i, count - i);
        races[n] = *like;
        begin(&races[n], chosen + i, stages);
    }
    while ((next = find_next(races, n)) != NULL)
        race_block(next);
    for (size_t i = 0; i < n; i++)
        end(&races[i], all);
    free(races);
}

/*
 * Race those that take the network as it is, and then those that bring one:
 * without root there is no way back from there.
 */
json_t *
race_all(const struct scenario *const *chosen, size_t count,
    const struct plan *plan, struct journal *journal, struct meter *meter)
{
    struct race like = {
        .plan = plan, .journal = journal, .meter = meter, .limit = plan->limit
    };
    json_t *all = json_array();
    size_t first = 0;

    while (first < count && chosen[first]->link == NULL)
        first++;
    for (size_t i = first; i < count && like.limit > 0; i++)
        like.limit -= plan_seconds(plan, chosen[i]);
    race_some(chosen, first, &like, all);
    like.limit = plan->limit;
    race_some(chosen + first, count - first, &like, all);
    return all;
}
