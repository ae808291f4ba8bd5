#include "report/run/measure.h"

#include "report/clock.h"
#include "report/host/crew.h"
#include "report/host/host.h"
#include "report/run/generator.h"

#include <assert.h>
#include <err.h>
#include <inttypes.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define COUNT_LIMIT_S 5.0 /* until all that was answered is counted */
#define RECOVERED     1.1 /* of the worst p99 before the burst */

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

/* Open connections here, or on the load's hosts. */
static int
grow(const struct plan *plan, struct generator *g, size_t connections)
{
    return g != NULL ? load_grow(g->load, connections)
                     : crew_grow(plan->placement.crew, connections);
}

/* Open connections, level by level where memory is read at each. */
static int
open_connections(struct run *run, const struct plan *plan,
    const struct process *server, struct generator *g)
{
    const struct scenario *s = run->scenario;

    for (size_t i = 0; s->special == SPECIAL_LEVELS && i < IDLE_LEVELS; i++) {
        if (idle_levels[i] > run->connections)
            break;
        if (grow(plan, g, idle_levels[i]) == -1)
            return -1;
        read_level(run, server, plan, idle_levels[i]);
    }
    return grow(plan, g, run->connections);
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
    double before = generator_burst(plan, run->scenario);
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
    double limit = clock_seconds() + COUNT_LIMIT_S;
    uint64_t sent = run->totals.lines, all = 0;
    char because[96];

    do {
        if (host_counter(server, plan, &all) == -1) {
            run_invalidate(run, "the server did not print its counters");
            run->failed = true;
            return;
        }
        run->lines_counted = all - run->lines_before;
        if (run->lines_counted == sent)
            return;
        nanosleep(&pause, NULL);
    } while (clock_seconds() < limit);
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
measure_window(struct run *run, const struct plan *plan, struct generator *g,
    struct process *server)
{
    const struct netem *netem = plan->placement.netem;
    uint64_t breath = GENERATOR_BREATH_NS;
    struct load_tally warm = { 0 };
    struct host_window host;

    generator_keep_time(g, plan, true);
    generator_warm(g, run);
    host_look(&host, server, plan);
    /* What has piled up meanwhile must be gone before anything counts. */
    if (netem != NULL)
        breath += (uint64_t)(2e9 * netem->shape.delay);
    load_run(g->load, run->active, breath, &warm);
    generator_begin(g);
    host_begin(&host, server, plan);
    generator_measure(g, run, plan);
    host_end(run, &host, server, plan);
    generator_end(g, run);
    load_drain(g->load, &run->tally);
    host_note(run, &host, server, plan);
    generator_keep_time(g, plan, false);
}

/* Let all clients come at once and measure that. */
static void
measure_storm(struct run *run, const struct plan *plan, struct generator *g,
    struct process *server)
{
    struct host_window host;

    host_look(&host, server, plan);
    generator_begin(g);
    host_begin(&host, server, plan);
    load_storm(g->load, run->connections, &run->tally);
    host_end(run, &host, server, plan);
    generator_end(g, run);
    host_note(run, &host, server, plan);
}

/*
 * Measure a server that other hosts load. Its clock is read when by ours the
 * windows are over: word of that takes as long as word of their beginning did.
 */
static void
measure_crew(struct run *run, const struct plan *plan, struct process *server)
{
    const struct scenario *s = run->scenario;
    struct crew *crew = plan->placement.crew;
    const struct timespec breath = { 0, (long)GENERATOR_BREATH_NS };
    uint64_t window = (uint64_t)(plan_window(plan, s) * 1e9);
    struct host_window host;

    if (s->special == SPECIAL_STORM)
        window = LOAD_OPEN_LIMIT_MS * UINT64_C(1000000);
    crew_warm(crew);
    host_look(&host, server, plan);
    nanosleep(&breath, NULL);
    crew_go(crew);
    host_begin(&host, server, plan);
    crew_until(crew, clock_ns() + window);
    host_end(run, &host, server, plan);
    crew_drain(crew, run);
    host_note(run, &host, server, plan);
}

/* Tell whether memory is read with no connections open and with all. */
static bool
reads_memory(const struct scenario *s)
{
    return scenario_has(s, METRIC_MEMORY) && s->special != SPECIAL_LEVELS;
}

/*
 * Load a server, and take all readings. Return the generator, to which the
 * run's series belong; NULL where the load is on hosts of its own.
 */
static struct generator *
load_server(struct run *run, const struct plan *plan, double burst,
    struct process *server)
{
    const struct scenario *s = run->scenario;
    struct crew *crew = plan->placement.crew;
    struct generator *g = NULL;

    if (crew != NULL)
        crew_load(crew, run, plan, server, burst);
    else
        g = generator_new(run, plan, server, burst);
    if (s->special == SPECIAL_STORM ||
        open_connections(run, plan, server, g) == 0) {
        if (crew != NULL)
            measure_crew(run, plan, server);
        else if (s->special == SPECIAL_STORM)
            measure_storm(run, plan, g, server);
        else
            measure_window(run, plan, g, server);
    }
    if (reads_memory(s))
        read_level(
            run, server, plan, run->connections + s->background.connections);
    if (crew != NULL)
        crew_result(crew, run);
    else
        generator_result(g, run);
    check_totals(run, plan, server);
    if (g != NULL)
        load_close(g->load);
    if (s->special == SPECIAL_BURST && !run->failed)
        find_recovery(run, plan);
    return g;
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
load_stages(struct run runs[], struct generator *loads[],
    const struct order *order, const struct plan *plan, struct process *server)
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
finish(struct run runs[], struct generator *loads[], size_t count,
    double pace_ns_mean)
{
    json_t *results = json_array();

    for (size_t i = 0; i < count; i++) {
        runs[i].pace_ns = pace_ns_mean;
        run_finish(&runs[i]);
        json_array_append_new(results, run_to_json(&runs[i]));
        generator_free(loads[i]);
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
    struct generator *loads[MEASURE_STAGES_MAX] = { NULL };
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
