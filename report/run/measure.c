#include "report/run/measure.h"

#include "report/clock.h"
#include "report/host/host.h"
#include "report/load/crowd.h"

#include <assert.h>
#include <err.h>
#include <inttypes.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define COUNTER_TRIES 20  /* 10 ms apart */
#define RECOVERED     1.1 /* of the worst p99 before the burst */
#define RECOVERY_STEP (10 * UINT64_C(1000000)) /* ns */
#define BREATH_NS     (20 * UINT64_C(1000000)) /* before the window */

/* What is read around the window, and at both ends of it. */
struct edge {
    struct host_window host;
    uint64_t load_cpu, load_wait;
};

/* Take the readings at the start of the window. */
static void
read_start(
    struct edge *e, const struct process *server, const struct plan *plan)
{
    e->load_wait = resources_own_wait_ns();
    e->load_cpu = resources_own_cpu_ns();
    host_begin(&e->host, server, plan);
}

/* Take them at its end, in the opposite order. */
static void
read_end(struct run *run, struct edge *e, const struct process *server,
    const struct plan *plan)
{
    host_end(run, &e->host, server, plan);
    run->load_cpu_ns = resources_own_cpu_ns() - e->load_cpu;
    run->load_wait_ns = resources_own_wait_ns() - e->load_wait;
}

/* Read the memory and keep it as a level. */
static void
read_level(struct run *run, const struct process *server,
    const struct plan *plan, size_t connections)
{
    struct level *level = &run->levels[run->levels_count];

    assert(run->levels_count < IDLE_LEVELS);
    level->connections = connections;
    if (host_memory(server, plan, &level->memory) == -1)
        run_invalidate(run, "the memory of the server cannot be read");
    else
        run->levels_count++;
}

/* Say how to talk to a server in this scenario. */
static struct load_group
measured_group(const struct run *run, const struct plan *plan,
    const struct process *server)
{
    const struct scenario *s = run->scenario;
    const struct ask *own = subjects[run->subject].ask;
    bool http = s->ask->speaks == ASK_HTTP && server->http_port != 0;
    const struct load_group group = { .way = s->way,
        .path = plan->placement.path,
        .port = http ? server->http_port : server->port,
        .connections_max = run->connections,
        .ask = own != NULL ? own : s->ask,
        .askers = run->active,
        .step_ns = s->special == SPECIAL_BURST ? RECOVERY_STEP : 0,
        .may_hang = s->hangs };

    return group;
}

/* Let what goes on in the background begin; return NULL when nothing does. */
static struct crowd *
start_background(const struct scenario *s, const struct plan *plan,
    const struct process *server)
{
    const struct background *b = &s->background;
    struct load_group group = { .way = b->way,
        .path = s->link_aside ? &netem_path : plan->placement.path,
        .port = server->port,
        .connections_max = b->connections,
        .ask = b->ask,
        .period_ns = b->period_ns,
        .chunk = b->chunk };

    if (b->role == NULL)
        return NULL;
    if (b->ask->speaks == ASK_HTTP && server->http_port != 0)
        group.port = server->http_port;
    return crowd_come(&group);
}

/*
 * Beside a crowd, measure in real time where that is allowed: other work on
 * the processor then waits, too. Only a load that leaves it most of the time
 * may: one that takes all of it the kernel stops for a moment each second.
 */
static void
keep_time(bool on)
{
    const struct sched_param first = { .sched_priority = on };

    (void)sched_setscheduler(
        0, on ? SCHED_FIFO | SCHED_RESET_ON_FORK : SCHED_OTHER, &first);
}

/* Open connections, level by level where memory is read at each. */
static int
open_connections(struct run *run, const struct plan *plan,
    const struct process *server, struct load *load)
{
    const struct scenario *s = run->scenario;

    for (size_t i = 0; s->special == SPECIAL_LEVELS && i < IDLE_LEVELS; i++) {
        if (idle_levels[i] > run->connections)
            break;
        if (load_grow(load, idle_levels[i]) == -1)
            return -1;
        read_level(run, server, plan, idle_levels[i]);
    }
    return load_grow(load, run->connections);
}

/* When the burst begins, in seconds since the first request was due. */
static double
burst_begins(const struct plan *plan, const struct scenario *s)
{
    return s->warmup + BURST_BEFORE * plan_window(plan, s);
}

/* Fix the arrivals of an open loop, the same for every server of a block. */
static void
plan_arrivals(struct load *load, const struct run *run, const struct plan *plan,
    double burst)
{
    const struct scenario *s = run->scenario;
    const struct schedule_step steps[] = { { run->rate, burst_begins(plan, s) },
        { burst, BURST_SECONDS }, { run->rate, 0 } };

    if (s->way != LOAD_OPEN)
        return;
    load_plan(load, steps, s->special == SPECIAL_BURST ? 3 : 1, s->poisson,
        plan->seed + run->block);
}

/*
 * Find when, after the burst, the p99 of a step is what it was at worst before
 * it, give or take a tenth. When it never is within the window, that is later
 * than its end.
 */
static void
find_recovery(struct run *run, const struct plan *plan)
{
    const struct series *s = run->fine;
    double before = burst_begins(plan, run->scenario);
    uint64_t begin = s->start_ns + (uint64_t)(before * 1e9);
    uint64_t end = begin + (uint64_t)(BURST_SECONDS * 1e9);
    uint64_t last = run->tally.start_ns + run->tally.window_ns, worst = 0;

    for (size_t i = 0; i < s->count && !run->recovered; i++) {
        uint64_t from = s->start_ns + i * s->step_ns, to = from + s->step_ns;
        const struct series_step *step = &s->steps[i];

        if (from >= run->tally.start_ns && to <= begin && step->p99_ns > worst)
            worst = step->p99_ns;
        if (from < end || to > last || step->replies == 0 ||
            (double)step->p99_ns > RECOVERED * (double)worst)
            continue;
        run->recovery_ns = (double)(to - end);
        run->recovered = true;
    }
    if (!run->recovered)
        run->recovery_ns = last > end ? (double)(last - end) : NAN;
}

/*
 * The server must have counted as many lines as were sent. A thread counts a
 * line just after it has answered it, so it is given some time.
 */
static void
check_counter(struct run *run, const struct plan *plan, struct process *server)
{
    const struct timespec pause = { 0, 10 * 1000000L };
    uint64_t sent = run->totals.lines, all = 0;
    char because[96];

    for (int tries = 0; tries < COUNTER_TRIES; tries++) {
        if (host_counter(server, plan, &all) == -1)
            break;
        run->lines_counted = all - run->lines_before;
        if (run->lines_counted == sent)
            return;
        nanosleep(&pause, NULL);
    }
    snprintf(because, sizeof(because),
        "the server counted %" PRIu64 " requests and was sent %" PRIu64,
        run->lines_counted, sent);
    run_gate(run, "counters differ", because);
    run_invalidate(run, "%s", because);
    run->failed = true;
}

/* Note what the load met with. */
static void
check_totals(struct run *run, const struct plan *plan, struct process *server)
{
    const struct load_totals *t = &run->totals;

    if (t->problem[0] != '\0') {
        run->invalid[0] = '\0'; /* the cause of whatever else went wrong */
        run_invalidate(run, "%s", t->problem);
        if (t->errors[LOAD_WRONG] > 0)
            run_gate(run, "wrong replies", t->problem);
        run->failed = true;
    } else if (subjects[run->subject].counts && t->countable) {
        check_counter(run, plan, server);
    }
}

/* Warm up and measure a server all connections of which are open. */
static void
measure_window(struct run *run, const struct plan *plan, struct load *load,
    struct process *server, const struct crowd *crowd)
{
    const struct scenario *s = run->scenario;
    const struct placement *where = &plan->placement;
    struct crowd_got before = { 0, 0 }, after = { 0, 0 };
    bool in_time = crowd != NULL && where->pinned;
    uint64_t breath = BREATH_NS;
    struct load_tally warm = { 0 };
    struct edge edge;
    uint64_t start;

    if (in_time)
        keep_time(true);
    start = clock_ns();
    load_run(load, run->active, (uint64_t)(s->warmup * 1e9), &warm);
    run->warmup_ns = clock_ns() - start;
    host_look(&edge.host, server, plan);
    /* What has piled up meanwhile must be gone before anything counts. */
    if (where->netem != NULL)
        breath += (uint64_t)(2e9 * where->netem->shape.delay);
    load_run(load, run->active, breath, &warm);
    read_start(&edge, server, plan);
    if (crowd != NULL)
        before = crowd_got(crowd);
    load_run(
        load, run->active, (uint64_t)(plan_window(plan, s) * 1e9), &run->tally);
    if (crowd != NULL)
        after = crowd_got(crowd);
    read_end(run, &edge, server, plan);
    run->background.replies = after.replies - before.replies;
    run->background.bytes = after.bytes - before.bytes;
    load_drain(load, &run->tally);
    host_note(run, &edge.host, server, plan);
    if (in_time)
        keep_time(false);
}

/* Let all clients come at once and measure that. */
static void
measure_storm(struct run *run, const struct plan *plan, struct load *load,
    struct process *server)
{
    struct edge edge;

    host_look(&edge.host, server, plan);
    read_start(&edge, server, plan);
    load_storm(load, run->connections, &run->tally);
    read_end(run, &edge, server, plan);
    host_note(run, &edge.host, server, plan);
}

/* Tell whether memory is read with no connections open and with all. */
static bool
reads_memory(const struct scenario *s)
{
    return scenario_has(s, METRIC_MEMORY) && s->special != SPECIAL_LEVELS;
}

/*
 * Load a server, and take all readings. Return the load, to which the run's
 * series belong.
 */
static struct load *
load_server(struct run *run, const struct plan *plan, double burst,
    struct process *server)
{
    const struct scenario *s = run->scenario;
    const struct load_group group = measured_group(run, plan, server);
    struct load *load = load_new(&group, run->own_core);
    struct crowd *crowd = start_background(s, plan, server);

    plan_arrivals(load, run, plan, burst);
    if (s->special == SPECIAL_STORM)
        measure_storm(run, plan, load, server);
    else if (open_connections(run, plan, server, load) == 0)
        measure_window(run, plan, load, server, crowd);
    if (reads_memory(s))
        read_level(
            run, server, plan, run->connections + s->background.connections);
    run->totals = *load_totals(load);
    if (crowd != NULL)
        crowd_leave(crowd, &run->totals);
    run->same = load_sameness(load);
    run->fine = load_series(load, true);
    run->coarse = load_series(load, false);
    check_totals(run, plan, server);
    load_close(load);
    if (s->special == SPECIAL_BURST && !run->failed)
        find_recovery(run, plan);
    return load;
}

/* Make the run of a stage ready. */
void
measure_begin(struct run *run, const struct stage *stage,
    const struct order *order, const struct plan *plan)
{
    const struct scenario *s = stage->scenario;

    run_init(run, s);
    run->subject = order->subject;
    run->arm = order->arm;
    run->block = order->block;
    run->position = order->position;
    run->started = order->started;
    run->rate = stage->rate;
    run->own_core = plan->placement.pinned && !s->all_cores;
    run->far = plan->placement.path != NULL;
    run->connections = plan_connections(s);
    run->active = s->active > 0 ? s->active : run->connections;
}

/*
 * Read what a server takes with no connections open, for all stages: a later
 * one would find what those before it left behind.
 */
static void
read_base(struct run runs[], size_t count, const struct plan *plan,
    const struct process *server)
{
    struct run base = { 0 };
    bool wanted = false;

    for (size_t i = 0; i < count; i++)
        wanted = wanted || reads_memory(runs[i].scenario);
    if (wanted)
        read_level(&base, server, plan, 0);
    for (size_t i = 0; i < count; i++) {
        if (!reads_memory(runs[i].scenario))
            continue;
        if (base.invalid[0] != '\0')
            run_invalidate(&runs[i], "%s", base.invalid);
        runs[i].levels[0] = base.levels[0];
        runs[i].levels_count = base.levels_count;
    }
}

/* Load a server in all stages; one after a stage that failed fails, too. */
static void
load_stages(struct run runs[], struct load *loads[], const struct order *order,
    const struct plan *plan, struct process *server)
{
    uint64_t lines = 0;

    read_base(runs, order->count, plan, server);
    for (size_t i = 0; i < order->count; i++) {
        if (i > 0 && runs[i - 1].failed) {
            run_invalidate(&runs[i], "%s", runs[i - 1].invalid);
            runs[i].failed = true;
            continue;
        }
        runs[i].lines_before = lines;
        loads[i] = load_server(&runs[i], plan, order->stages[i].burst, server);
        lines += runs[i].totals.lines;
    }
}

/* Stop a server and note in all its runs how it ended. */
static void
stop_server(struct run runs[], size_t count, const struct plan *plan,
    struct process *server)
{
    struct process_end end = { 0 };
    bool good = host_stop(server, plan, &end) == 0;

    for (size_t i = 0; i < count; i++) {
        if (!good) {
            run_invalidate(&runs[i], "%s", server->error);
            runs[i].failed = true;
        }
        runs[i].switches = end.switches;
        runs[i].cpu_seconds = end.cpu_seconds;
        runs[i].stop_seconds = end.stop_seconds;
    }
}

/* Complete the runs of one server and write them down. */
static json_t *
finish(
    struct run runs[], struct load *loads[], size_t count, double pace_ns_mean)
{
    json_t *results = json_array();

    for (size_t i = 0; i < count; i++) {
        runs[i].pace_ns = pace_ns_mean;
        run_finish(&runs[i]);
        json_array_append_new(results, run_to_json(&runs[i]));
        if (loads[i] != NULL)
            load_free(loads[i]);
        run_release(&runs[i]);
    }
    return results;
}

/* Start, load, stop, and write down. */
json_t *
measure(const struct order *order, const struct plan *plan)
{
    const struct scenario *s = order->stages[0].scenario;
    double before = host_pace(plan);
    struct load *loads[MEASURE_STAGES_MAX] = { NULL };
    struct run *runs = calloc(order->count, sizeof(*runs));
    struct process server;
    json_t *results;

    assert(order->count <= MEASURE_STAGES_MAX);
    if (runs == NULL)
        err(1, NULL);
    for (size_t i = 0; i < order->count; i++)
        measure_begin(&runs[i], &order->stages[i], order, plan);
    if (s->all_cores)
        plan_unpin(plan);
    if (host_start(&server, s, order->subject, plan) == -1) {
        for (size_t i = 0; i < order->count; i++) {
            run_invalidate(&runs[i], "%s", server.error);
            runs[i].failed = true;
        }
    } else {
        load_stages(runs, loads, order, plan, &server);
        stop_server(runs, order->count, plan, &server);
    }
    if (s->all_cores)
        plan_pin(plan);
    results = finish(runs, loads, order->count, (before + host_pace(plan)) / 2);
    free(runs);
    return results;
}
