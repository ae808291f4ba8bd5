#include "report/run/plan.h"

#include <err.h>
#include <sched.h>
#include <stdio.h>
#include <sys/resource.h>

#define TWIN_RUNS       4       /* per block */
#define AA_RUNS         2       /* more, with an A/A arm */
#define OTHER_FILES     64      /* descriptors that are not connections */
#define RUN_OVERHEAD    0.05    /* seconds to start, read and stop a server */
#define SETTLING        0.3     /* more of a warm-up that may be longer */
#define OPENED_PER_S    18000.0 /* connections, for the estimate of time */
#define HANGS           2.2     /* seconds until nobody waits any more */
#define SYSCALL_SECONDS 2.25    /* the passes of their own, of one server */
#define CAPACITY_RUNS   2       /* to find a rate */

/* Choose processors. */
struct placement
plan_place(void)
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

/* Choose among the two processors, or take the one again. */
static void
run_on(const struct plan *plan, bool both)
{
    cpu_set_t set;

    if (!plan->placement.pinned)
        return;
    CPU_ZERO(&set);
    CPU_SET((size_t)plan->placement.load_cpu, &set);
    if (both)
        CPU_SET((size_t)plan->placement.server_cpu, &set);
    if (sched_setaffinity(0, sizeof(set), &set) == -1)
        err(1, "processors");
}

/* Run on both processors, as the children will that start now. */
void
plan_unpin(const struct plan *plan)
{
    run_on(plan, true);
}

/* Run on the one. */
void
plan_pin(const struct plan *plan)
{
    run_on(plan, false);
}

/* Tell whether the suite's times hold, not the scenario's own. */
static bool
has_suite_times(const struct plan *plan, const struct scenario *s)
{
    return !plan->chosen && suites[plan->suite].window > 0 &&
           s->special != SPECIAL_LEVELS && s->special != SPECIAL_STORM &&
           s->special != SPECIAL_BURST && !s->hangs;
}

/* Choose the warm-up. */
double
plan_warmup(const struct plan *plan, const struct scenario *s)
{
    return has_suite_times(plan, s) ? suites[plan->suite].warmup : s->warmup;
}

/* Choose the longest warm-up. */
double
plan_warmup_max(const struct plan *plan, const struct scenario *s)
{
    return has_suite_times(plan, s) ? suites[plan->suite].warmup_max : 0;
}

/* Choose the window. */
double
plan_window(const struct plan *plan, const struct scenario *s)
{
    if (plan->window > 0)
        return plan->window;
    return has_suite_times(plan, s) ? suites[plan->suite].window : s->window;
}

/* Choose the number of blocks. */
size_t
plan_blocks(const struct plan *plan)
{
    return plan->blocks > 0 ? plan->blocks : suites[plan->suite].blocks;
}

/* A peer runs where the controls do, and wherever the finder is asked. */
bool
plan_has_peer(const struct plan *plan, const struct scenario *s)
{
    return plan->peer != NULL && plan->peer_speaks == s->ask->speaks &&
           (s->controls || s->program == PROGRAM_CHARFINDER) &&
           (s->background.role == NULL ||
               s->background.ask->speaks == s->ask->speaks);
}

/* Count what the limit allows. */
size_t
plan_connections(const struct scenario *s)
{
    size_t n = s->connections, others = OTHER_FILES + s->background.connections;
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) == -1)
        err(1, "getrlimit");
    files.rlim_cur = files.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &files) == -1)
        err(1, "setrlimit");
    if (files.rlim_max == RLIM_INFINITY || files.rlim_max >= n + others)
        return n;
    return files.rlim_max > others ? (size_t)files.rlim_max - others : 1;
}

/* Estimate one run. */
double
plan_run_seconds(const struct plan *plan, const struct scenario *s)
{
    return RUN_OVERHEAD + plan_warmup(plan, s) + plan_window(plan, s) +
           (plan_warmup_max(plan, s) > 0 ? SETTLING : 0) +
           2 * (double)s->connections / OPENED_PER_S + (s->hangs ? HANGS : 0);
}

/* Count the controls. */
static size_t
count_controls(const struct plan *plan, const struct scenario *s)
{
    size_t n = 0;

    for (int c = SUBJECT_BARE_EPOLL; s->controls && c < SUBJECT_PEER; c++)
        n += plan->server_path[s->program][c] != NULL;
    return n;
}

/* Count the runs of a block. */
static size_t
count_block_runs(const struct plan *plan, const struct scenario *s)
{
    size_t runs = TWIN_RUNS + (s->aa ? AA_RUNS : 0);

    return runs + count_controls(plan, s) + plan_has_peer(plan, s);
}

/* Estimate a scenario. */
double
plan_seconds(const struct plan *plan, const struct scenario *s)
{
    size_t runs = plan_blocks(plan) * count_block_runs(plan, s);

    if (s->share > 0)
        runs += CAPACITY_RUNS;
    return (double)runs * plan_run_seconds(plan, s) +
           (s->syscalls
                   ? SYSCALL_SECONDS * (double)(2 + count_controls(plan, s))
                   : 0);
}
