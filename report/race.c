#include "report/race.h"

#include "report/process.h"
#include "report/rng.h"

#include <assert.h>
#include <err.h>
#include <inttypes.h>
#include <math.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define TWIN_RUNS     4                               /* per block */
#define CONTROLS      (SUBJECTS - SUBJECT_BARE_EPOLL) /* and a peer */
#define RUNS_MAX      (TWIN_RUNS + CONTROLS)          /* per block */
#define OTHER_FILES   64      /* descriptors that are not connections */
#define RUN_OVERHEAD  0.02    /* seconds to start and to stop a server */
#define OPENED_PER_S  18000.0 /* connections, for the estimate of time */
#define LITTLE_WITHIN 0.02    /* deviation from the law */
#define WAIT_MAX      0.03    /* of the window; waking up takes up to 0.015 */
#define STOLEN_MAX    0.01    /* of the window, by a hypervisor */
#define TICK          0.01    /* seconds: how exactly the latter is known */
#define DISCARDED_MAX 5       /* one block in so many may be discarded */
#define COUNTER_TRIES 20      /* 10 ms apart */

/* Return the length of the window in seconds. */
static double
window_of(const struct scenario *s, const struct plan *plan)
{
    return plan->window > 0 ? plan->window : s->window;
}

/* Return the number of blocks. */
static size_t
blocks_of(const struct scenario *s, const struct plan *plan)
{
    return plan->blocks > 0 ? plan->blocks : s->blocks;
}

/* Estimate one run. */
static double
run_seconds(const struct scenario *s, const struct plan *plan)
{
    return RUN_OVERHEAD + s->warmup + window_of(s, plan) +
           2 * (double)s->connections / OPENED_PER_S;
}

/* Estimate a scenario. */
double
race_seconds(const struct scenario *s, const struct plan *plan)
{
    size_t runs = TWIN_RUNS;

    if (s->controls)
        runs += CONTROLS;
    if (s->controls && plan->server_path[SUBJECT_PEER] == NULL)
        runs--;
    return (double)(runs * blocks_of(s, plan)) * run_seconds(s, plan);
}

/* Choose processors. */
struct placement
race_place(void)
{
    struct placement p = { .load_cpu = -1, .server_cpu = -1 };
    cpu_set_t allowed, mine;

    CPU_ZERO(&allowed);
    if (sched_getaffinity(0, sizeof(allowed), &allowed) == -1) {
        snprintf(p.why, sizeof(p.why), "processors cannot be chosen here");
        return p;
    }
    p.allowed = CPU_COUNT(&allowed);
    for (int cpu = 0; cpu < CPU_SETSIZE && p.server_cpu == -1; cpu++)
        if (CPU_ISSET((size_t)cpu, &allowed))
            *(p.load_cpu == -1 ? &p.load_cpu : &p.server_cpu) = cpu;
    CPU_ZERO(&mine);
    if (p.load_cpu != -1)
        CPU_SET((size_t)p.load_cpu, &mine);
    if (p.server_cpu == -1)
        snprintf(p.why, sizeof(p.why), "there is only one processor");
    else if (sched_setaffinity(0, sizeof(mine), &mine) == -1)
        snprintf(p.why, sizeof(p.why), "pinning to a processor is forbidden");
    else
        p.pinned = true;
    if (!p.pinned)
        p.load_cpu = p.server_cpu = -1;
    return p;
}

/* Note why a run does not count; the first reason stands. */
static void __attribute__((format(printf, 2, 3)))
invalidate(struct run *run, const char *fmt, ...)
{
    va_list ap;

    if (run->invalid[0] != '\0')
        return;
    va_start(ap, fmt);
    vsnprintf(run->invalid, sizeof(run->invalid), fmt, ap);
    va_end(ap);
}

/* Read the memory and keeps it as a level. */
static void
read_level(struct run *run, const struct process *server, size_t connections)
{
    struct level *level = &run->levels[run->levels_count];

    assert(run->levels_count < IDLE_LEVELS);
    level->connections = connections;
    if (resources_memory(server->whole, server->port, &level->memory) == -1)
        invalidate(run, "the memory of the server cannot be read");
    else
        run->levels_count++;
}

/* Open connections level by level and read the memory at each. */
static int
open_connections(struct run *run, const struct scenario *s,
    const struct process *server, struct load *load)
{
    for (size_t i = 0; s->kind == SCENARIO_IDLE && i < IDLE_LEVELS; i++) {
        if (idle_levels[i] > run->connections)
            break;
        if (load_grow(load, idle_levels[i]) == -1)
            return -1;
        read_level(run, server, idle_levels[i]);
    }
    return load_grow(load, run->connections);
}

/*
 * Little's law for a closed loop, in its exact form: the time that requests
 * were in flight is the window times the connections. It fails when samples
 * are lost, doubled or in the wrong unit.
 */
static void
check_little(struct run *run, const struct load_tally *tally)
{
    double in_flight =
        tally->latency->sum + (double)tally->head_ns - (double)tally->tail_ns;

    run->little = in_flight / ((double)tally->window_ns * (double)run->active);
    if (run->replies == 0)
        invalidate(run, "no replies");
    else if (fabs(run->little - 1) > LITTLE_WITHIN)
        invalidate(
            run, "Little's law fails by %+.1f %%", 100 * (run->little - 1));
}

/*
 * The server must have counted as many lines as were sent. A thread counts a
 * line just after it has answered it, so it is given some time.
 */
static void
check_counter(struct run *run, struct process *server)
{
    const struct timespec pause = { 0, 10 * 1000000L };
    const struct load_totals *t = &run->totals;
    uint64_t sent =
        t->replies + t->connections * subjects[run->subject].talk->hello_lines;

    for (int tries = 0; tries < COUNTER_TRIES; tries++) {
        if (process_counter(server, "requests", &run->lines_counted) == -1)
            break;
        if (run->lines_counted == sent)
            return;
        nanosleep(&pause, NULL);
    }
    invalidate(run,
        "the server counted %" PRIu64 " lines and was sent %" PRIu64,
        run->lines_counted, sent);
    run->failed = true;
}

/* Load a server that has just started, and take all readings. */
static void
load_server(struct run *run, const struct scenario *s, double window,
    struct process *server)
{
    struct load *load =
        load_new(server->port, run->connections, subjects[run->subject].talk);
    struct load_tally warm = { 0 }, tally = { .latency = run->latency };
    uint64_t server_cpu, load_cpu, load_wait;
    double stolen;

    if (s->kind == SCENARIO_REPLY)
        read_level(run, server, 0);
    if (open_connections(run, s, server, load) == 0) {
        load_run(load, run->active, (uint64_t)(s->warmup * 1e9), &warm);
        stolen = resources_stolen_seconds();
        load_wait = resources_own_wait_ns();
        load_cpu = resources_own_cpu_ns();
        server_cpu = resources_cpu_ns(server->whole);
        load_run(load, run->active, (uint64_t)(window * 1e9), &tally);
        run->server_cpu_ns = resources_cpu_ns(server->whole) - server_cpu;
        if (run->server_cpu_ns > INT64_MAX) {
            run->server_cpu_ns = 0;
            invalidate(run, "processes of the server ended in the window");
        }
        run->load_cpu_ns = resources_own_cpu_ns() - load_cpu;
        run->load_wait_ns = resources_own_wait_ns() - load_wait;
        run->stolen_seconds = resources_stolen_seconds() - stolen;
        load_drain(load, &tally);
        run->window_ns = tally.window_ns;
        run->replies = tally.replies;
        run->fairness = tally.fairness;
        if (s->kind == SCENARIO_REPLY)
            read_level(run, server, run->connections);
        check_little(run, &tally);
    }
    run->totals = *load_totals(load);
    if (run->totals.problem[0] != '\0') {
        run->invalid[0] = '\0'; /* the cause of whatever else went wrong */
        invalidate(run, "%s", run->totals.problem);
        run->failed = true;
    } else if (subjects[run->subject].counts) {
        check_counter(run, server);
    }
    load_free(load);
}

/* Start a server, or the peer. */
static int
start_server(
    struct process *server, enum subject subject, const struct plan *plan)
{
    const char *const options[] = { "--quiet", NULL };
    const char *path = plan->server_path[subject];
    int cpu = plan->placement.server_cpu;

    if (subject == SUBJECT_PEER)
        return process_start_peer(server, path, cpu);
    return process_start(server, path, options, cpu);
}

/* One run: start, load, stop. */
static void
run_once(struct run *run, const struct scenario *s, const struct plan *plan)
{
    struct process server;
    struct process_end end = { 0 };

    run->latency = histogram_new();
    run->active = s->kind == SCENARIO_IDLE ? 1 : run->connections;
    if (start_server(&server, run->subject, plan) == -1) {
        invalidate(run, "%s", server.error);
        run->failed = true;
    } else {
        load_server(run, s, window_of(s, plan), &server);
        if (process_stop(&server, &end) == -1) {
            invalidate(run, "%s", server.error);
            run->failed = true;
        }
        run->switches = end.switches;
        run->cpu_seconds = end.cpu_seconds;
        run->stop_seconds = end.stop_seconds;
    }
}

/*
 * Write the controls of one block in order, the peer among them; they take
 * turns in being first, and those that are not there are left out.
 */
static size_t
order_controls(
    enum subject order[CONTROLS], const struct plan *plan, size_t block)
{
    enum subject there[CONTROLS];
    size_t n = 0;

    for (int s = SUBJECT_BARE_EPOLL; s < SUBJECTS; s++)
        if (plan->server_path[s] != NULL)
            there[n++] = (enum subject)s;
    for (size_t c = 0; c < n; c++)
        order[c] = there[(c + block) % n];
    return n;
}

/* Write the subjects of one block in order. */
static size_t
order_block(enum subject order[RUNS_MAX], const struct race *r,
    const struct plan *plan, size_t block)
{
    size_t n = 0;

    for (size_t i = 0; i < TWIN_RUNS; i++) {
        if (i == TWIN_RUNS / 2 && r->scenario->controls)
            n += order_controls(order + n, plan, block);
        order[n++] =
            r->orders[block][i] == 'A' ? SUBJECT_THREADED : SUBJECT_EVENTED;
    }
    return n;
}

/*
 * Raise the descriptor limit to the hard one and return how many connections
 * it allows, at most `n`.
 */
static size_t
connections_possible(size_t n)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) == -1)
        err(1, "getrlimit");
    files.rlim_cur = files.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &files) == -1)
        err(1, "setrlimit");
    if (files.rlim_max == RLIM_INFINITY || files.rlim_max >= n + OTHER_FILES)
        return n;
    return files.rlim_max > OTHER_FILES ? files.rlim_max - OTHER_FILES : 1;
}

/* Run one block. */
static void
race_block(
    struct race *r, const struct plan *plan, size_t block, struct meter *meter)
{
    enum subject order[RUNS_MAX];
    size_t n = order_block(order, r, plan, block);

    for (size_t i = 0; i < n; i++) {
        struct run *run = &r->runs[r->runs_count++];

        run->subject = order[i];
        run->block = block + 1;
        run->position = i + 1;
        run->connections = r->scenario->connections - r->stopped_short;
        run->started = (double)resources_now_ns() / 1e9 - meter->started;
        meter_show(meter, "%s: block %zu of %zu, %s", r->scenario->name,
            block + 1, blocks_of(r->scenario, plan),
            subjects[run->subject].title);
        run_once(run, r->scenario, plan);
        meter_add(meter, run_seconds(r->scenario, plan));
    }
}

/* Tell whether the machine was busy with something else in a window. */
static bool
was_disturbed(const struct run *run)
{
    double window = (double)run->window_ns / 1e9;

    return (double)run->load_wait_ns / 1e9 > WAIT_MAX * window ||
           run->stolen_seconds > STOLEN_MAX * window + TICK;
}

/* Decide whether a block is discarded: one disturbed run is enough. */
static bool
must_discard(const struct race *r, const struct plan *plan, size_t block)
{
    bool disturbed = false;

    for (size_t i = 0; i < r->runs_count; i++)
        if (r->runs[i].block == block + 1 && was_disturbed(&r->runs[i]))
            disturbed = true;
    return plan->placement.pinned && disturbed;
}

/* Count the discarded blocks. */
size_t
race_discarded(const struct race *r)
{
    size_t n = 0;

    for (size_t b = 0; b < r->blocks; b++)
        n += r->discarded[b];
    return n;
}

/* Apply the rule of one in five. */
bool
race_too_noisy(const struct race *r)
{
    return race_discarded(r) * DISCARDED_MAX > r->blocks;
}

/* Tell whether another block is due: a planned one, or one for a discarded. */
static bool
is_another_due(
    const struct race *r, const struct plan *plan, struct meter *meter)
{
    size_t planned = blocks_of(r->scenario, plan);
    double seconds = race_seconds(r->scenario, plan) / (double)planned;

    if (r->blocks < planned)
        return true;
    if (r->scenario->kind == SCENARIO_IDLE ||
        r->blocks - race_discarded(r) >= planned ||
        r->blocks >= planned + planned / DISCARDED_MAX ||
        r->blocks >= RACE_BLOCKS_MAX ||
        (plan->limit > 0 && meter->total + seconds > plan->limit))
        return false;
    meter->total += seconds;
    return true;
}

/* Run all blocks; the coin depends on the seed and the scenario only. */
struct race *
race_run(const struct scenario *s, const struct plan *plan, struct meter *meter)
{
    struct race *r = calloc(1, sizeof(*r));
    struct rng coin;

    if (r == NULL)
        err(1, "race");
    r->scenario = s;
    r->has_peer = s->controls && plan->server_path[SUBJECT_PEER] != NULL;
    r->warmup = s->warmup;
    r->window = window_of(s, plan);
    r->stopped_short = s->connections - connections_possible(s->connections);
    r->runs = calloc(RACE_BLOCKS_MAX * RUNS_MAX, sizeof(*r->runs));
    if (r->runs == NULL)
        err(1, "race");
    assert(blocks_of(s, plan) <= RACE_BLOCKS_MAX);
    rng_seed(&coin, plan->seed + s->connections);
    while (is_another_due(r, plan, meter)) {
        size_t b = r->blocks;

        strcpy(r->orders[b], rng_below(&coin, 2) == 0 ? "ABBA" : "BAAB");
        race_block(r, plan, b, meter);
        r->blocks++;
        r->discarded[b] = must_discard(r, plan, b);
    }
    return r;
}

/* Free a race. */
void
race_free(struct race *r)
{
    for (size_t i = 0; i < r->runs_count; i++)
        free(r->runs[i].latency);
    free(r->runs);
    free(r);
}
