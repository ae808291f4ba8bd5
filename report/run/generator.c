#include "report/run/generator.h"

#include "report/clock.h"
#include "report/load/crowd.h"

#include <err.h>
#include <sched.h>
#include <stdlib.h>

#define RECOVERY_STEP (10 * UINT64_C(1000000)) /* ns */

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

/* Tell when the burst begins. */
double
generator_burst(const struct plan *plan, const struct scenario *s)
{
    return s->warmup + BURST_BEFORE * plan_window(plan, s);
}

/* Fix the arrivals of an open loop, the same for every server of a block. */
static void
plan_arrivals(struct load *load, const struct run *run, const struct plan *plan,
    double burst)
{
    const struct scenario *s = run->scenario;
    const struct schedule_step steps[] = { { run->rate,
                                               generator_burst(plan, s) },
        { burst, BURST_SECONDS }, { run->rate, 0 } };

    if (s->way != LOAD_OPEN)
        return;
    load_plan(load, steps, s->special == SPECIAL_BURST ? 3 : 1, s->poisson,
        plan->seed + run->block);
}

/* Make it. */
struct generator *
generator_new(const struct run *run, const struct plan *plan,
    const struct process *server, double burst)
{
    const struct load_group group = measured_group(run, plan, server);
    struct generator *g = calloc(1, sizeof(*g));

    if (g == NULL)
        err(1, NULL);
    g->load = load_new(&group, run->own_core);
    g->crowd = start_background(run->scenario, plan, server);
    plan_arrivals(g->load, run, plan, burst);
    return g;
}

/* Go first, or as all others. */
void
generator_keep_time(const struct generator *g, const struct plan *plan, bool on)
{
    const struct sched_param first = { .sched_priority = on };

    if (g->crowd != NULL && plan->placement.pinned)
        (void)sched_setscheduler(
            0, on ? SCHED_FIFO | SCHED_RESET_ON_FORK : SCHED_OTHER, &first);
}

/* Warm up. */
void
generator_warm(struct generator *g, struct run *run)
{
    struct load_tally warm = { 0 };
    uint64_t start = clock_ns();

    load_run(
        g->load, run->active, (uint64_t)(run->scenario->warmup * 1e9), &warm);
    run->warmup_ns = clock_ns() - start;
}

/* Read the clocks. */
void
generator_begin(struct generator *g)
{
    g->wait = resources_own_wait_ns();
    g->cpu = resources_own_cpu_ns();
}

/* Read them again, in the opposite order. */
void
generator_end(const struct generator *g, struct run *run)
{
    run->load_cpu_ns = resources_own_cpu_ns() - g->cpu;
    run->load_wait_ns = resources_own_wait_ns() - g->wait;
}

/* Measure. */
void
generator_measure(struct generator *g, struct run *run, const struct plan *plan)
{
    uint64_t window = (uint64_t)(plan_window(plan, run->scenario) * 1e9);
    struct crowd_got before = { 0, 0 }, after = { 0, 0 };

    if (g->crowd != NULL)
        before = crowd_got(g->crowd);
    load_run(g->load, run->active, window, &run->tally);
    if (g->crowd != NULL)
        after = crowd_got(g->crowd);
    run->background.replies = after.replies - before.replies;
    run->background.bytes = after.bytes - before.bytes;
}

/* Take totals and series. */
void
generator_result(struct generator *g, struct run *run)
{
    run->totals = *load_totals(g->load);
    if (g->crowd != NULL)
        crowd_leave(g->crowd, &run->totals);
    g->crowd = NULL;
    run->same = load_sameness(g->load);
    run->fine = load_series(g->load, true);
    run->coarse = load_series(g->load, false);
}

/* Free it. */
void
generator_free(struct generator *g)
{
    struct load_totals none = { 0 };

    if (g == NULL)
        return;
    if (g->crowd != NULL)
        crowd_leave(g->crowd, &none);
    load_free(g->load);
    free(g);
}
