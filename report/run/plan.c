#include "report/run/plan.h"

#include <assert.h>
#include <err.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#define TWIN_RUNS       4U      /* per block */
#define PEER_RUNS       2U      /* more, of each peer */
#define OTHER_FILES     64      /* descriptors that are not connections */
#define RUN_OVERHEAD    0.05    /* seconds to start, read and stop a server */
#define STAGE_OVERHEAD  0.02    /* seconds to read one that runs already */
#define OPENED_PER_S    18000.0 /* connections, for the estimate of time */
#define OPENING_TRIPS   3       /* of a network, until a connection stands */
#define HANGS           2.2     /* seconds until nobody waits any more */
#define SYSCALL_SECONDS 2.25    /* the passes of their own, of one server */
#define CAPACITY_RUNS   2       /* to find a rate */
#define SECONDS_A_FLAG  0.0004  /* of a download, beside its delay and its */
#define BYTES_A_SECOND  3e8

/* Tell whether two processors are threads of one core, as the kernel says in
 * a list like "0-1,4". */
static bool
share_core(const char *sys, int a, int b)
{
    char path[512], list[1024], *rest = list;
    bool found = false;
    FILE *in;

    snprintf(path, sizeof(path),
        "%s/devices/system/cpu/cpu%d/topology/thread_siblings_list", sys, a);
    in = fopen(path, "re");
    if (in == NULL)
        return false;
    if (fgets(list, sizeof(list), in) == NULL)
        list[0] = '\0';
    fclose(in);
    while (!found && *rest >= '0' && *rest <= '9') {
        long first = strtol(rest, &rest, 10);
        long last = *rest == '-' ? strtol(rest + 1, &rest, 10) : first;

        found = first <= b && b <= last;
        rest += *rest == ',';
    }
    return found;
}

/* Choose the first processor and the next that has another core; else one that
 * has not. */
void
plan_choose(struct placement *p, const cpu_set_t *allowed, const char *sys)
{
    p->load_cpu = p->server_cpu = -1;
    p->same_core = false;
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!CPU_ISSET((size_t)cpu, allowed))
            continue;
        if (p->load_cpu == -1) {
            p->load_cpu = cpu;
        } else if (!share_core(sys, p->load_cpu, cpu)) {
            p->server_cpu = cpu;
            p->same_core = false;
            return;
        } else if (p->server_cpu == -1) {
            p->server_cpu = cpu;
            p->same_core = true;
        }
    }
}

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
    p.set = allowed;
    plan_choose(&p, &allowed, "/sys");
    CPU_ZERO(&mine);
    if (p.load_cpu != -1)
        CPU_SET((size_t)p.load_cpu, &mine);
    if (p.server_cpu == -1)
        snprintf(p.why, sizeof(p.why), "there is only one processor");
    else if (sched_setaffinity(0, sizeof(mine), &mine) == -1)
        snprintf(p.why, sizeof(p.why), "pinning to a processor is forbidden");
    else
        p.pinned = true;
    if (!p.pinned) {
        p.load_cpu = p.server_cpu = -1;
        p.same_core = false;
    }
    return p;
}

/* Say where servers listen, and how the load gets there. */
void
plan_connect(struct placement *p, const struct netem *netem)
{
    p->netem = netem;
    p->path = netem->shape.aside ? &netem_spared_path : &netem_path;
    p->address = NETEM_SERVER;
}

/* Read it from the table. */
struct netem_shape
plan_link(const struct scenario *s)
{
    struct netem_shape shape = { 0 };
    char why[160];
    bool good =
        s->link == NULL || netem_read(&shape, s->link, why, sizeof(why));

    assert(good);
    shape.aside = s->link_aside;
    return shape;
}

/* Choose among the two processors, or take the one again. */
static void
run_on(const struct plan *plan, bool both)
{
    cpu_set_t set;

    /* Where nothing is measured here, nothing is pinned. */
    if (!plan->placement.pinned || plan->placement.crew != NULL)
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

/* Choose the window. */
double
plan_window(const struct plan *plan, const struct scenario *s)
{
    return plan->window > 0 ? plan->window : s->window;
}

/* Choose the number of blocks. */
size_t
plan_blocks(const struct plan *plan, const struct scenario *s)
{
    if (plan->blocks > 0)
        return plan->blocks;
    return s->blocks > 0 ? s->blocks : suites[plan->suite].blocks;
}

/* Spread the controls evenly over the planned blocks. */
bool
plan_has_controls(
    const struct plan *plan, const struct scenario *s, size_t block)
{
    const size_t planned = plan_blocks(plan, s);

    return s->controls &&
           (block - 1) * PLAN_CONTROL_BLOCKS % planned < PLAN_CONTROL_BLOCKS;
}

/* Tell whether a control is there and wanted. */
bool
plan_has_control(
    const struct plan *plan, const struct scenario *s, enum subject control)
{
    unsigned columns = s->columns != 0 ? s->columns : UINT_MAX;

    if (s->job != NULL)
        columns = s->job->columns;
    return s->controls && plan->server_path[s->program][control] != NULL &&
           (columns & (1u << control)) != 0;
}

/* Peers run wherever their program does; but those of the game where the
 * controls do and in the sweep, and those of the finder at the door that they
 * have. */
size_t
plan_peers(const struct plan *plan, const struct scenario *s)
{
    const struct peer_kind *kind = plan->peer_kind;
    /* They listen on 127.0.0.1. */
    bool fits =
        plan->peers_count > 0 && kind->program == s->program && s->link == NULL;

    if (fits && s->program == PROGRAM_GUESS)
        fits = s->controls || s->peer;
    if (fits && !kind->is_job && s->program != PROGRAM_PUSH)
        fits = kind->speaks == s->ask->speaks &&
               (s->background.role == NULL ||
                   s->background.ask->speaks == s->ask->speaks);
    return fits ? plan->peers_count : 0;
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

/* Count what goes on at once. */
size_t
plan_at_once(const struct scenario *s, enum subject subject)
{
    if (subject == SUBJECT_ONE || s->connections < 1)
        return 1;
    return s->job->flags < s->connections ? s->job->flags : s->connections;
}

/* Count how often so many at once are waited for. */
static size_t
count_waves(const struct scenario *s, size_t at_once)
{
    return (s->job->flags + at_once - 1) / at_once * s->job->requests;
}

/* Choose the delay. */
double
plan_delay(const struct plan *plan, const struct scenario *s)
{
    if (plan->window == 0 || s->job->delay == 0)
        return s->job->delay;
    return s->job->flags == 0
               ? plan->window
               : plan->window /
                     (double)count_waves(s, plan_at_once(s, SUBJECT_THREADED));
}

/* Add the delays. */
double
plan_ideal(
    const struct plan *plan, const struct scenario *s, enum subject subject)
{
    double delay = plan_delay(plan, s);

    return s->job->flags == 0
               ? delay
               : delay * (double)count_waves(s, plan_at_once(s, subject));
}

/* Estimate one run. */
double
plan_run_seconds(
    const struct plan *plan, const struct scenario *s, enum subject subject)
{
    if (s->job != NULL)
        return RUN_OVERHEAD + plan_ideal(plan, s, subject) +
               (double)s->job->flags *
                   (SECONDS_A_FLAG + (double)s->job->size / BYTES_A_SECOND);
    return (s->goes_on ? STAGE_OVERHEAD : RUN_OVERHEAD) + s->warmup +
           plan_window(plan, s) + 2 * (double)s->connections / OPENED_PER_S +
           plan_link(s).delay * OPENING_TRIPS *
               ceil((double)s->connections / LOAD_OPENING_MAX) +
           (s->hangs ? HANGS : 0);
}

/* Count the controls, and estimate a run of each. */
static size_t
count_controls(
    const struct plan *plan, const struct scenario *s, double *seconds)
{
    size_t n = 0;

    *seconds = 0;
    for (int c = SUBJECT_BARE_EPOLL; c < SUBJECT_PEER; c++) {
        if (!plan_has_control(plan, s, (enum subject)c))
            continue;
        n++;
        *seconds += plan_run_seconds(plan, s, (enum subject)c);
    }
    return n;
}

/* Estimate a scenario. */
double
plan_seconds(const struct plan *plan, const struct scenario *s)
{
    size_t blocks = plan_blocks(plan, s), with_controls = 0;
    size_t runs = blocks * (TWIN_RUNS + PEER_RUNS * plan_peers(plan, s));
    double of_controls;
    size_t controls = count_controls(plan, s, &of_controls);

    for (size_t block = 1; block <= blocks; block++)
        with_controls += plan_has_controls(plan, s, block);
    if (s->share > 0)
        runs += CAPACITY_RUNS;
    return (double)runs * plan_run_seconds(plan, s, SUBJECT_THREADED) +
           (double)with_controls * of_controls +
           (s->syscalls ? SYSCALL_SECONDS * (double)(2 + controls) : 0);
}
