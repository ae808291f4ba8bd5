#include "report/judge.h"

#include <math.h>

#define US  1e3    /* ns */
#define KIB 1024.0 /* bytes */

const struct metric_info metrics[METRICS] = {
    [METRIC_RATE] = { .key = "requests_per_second",
        .label = "requests/s",
        .unit = 1,
        .margin = 0.03,
        .more_is_better = true,
        .needs_pinning = true,
        .timed = true },
    [METRIC_P50] = { .key = "p50_ns",
        .label = "p50 latency, us",
        .unit = US,
        .decimals = 1,
        .margin = 0.05,
        .needs_pinning = true,
        .timed = true },
    [METRIC_P99] = { .key = "p99_ns",
        .label = "p99 latency, us",
        .unit = US,
        .decimals = 1,
        .margin = 0.10,
        .needs_pinning = true,
        .timed = true },
    [METRIC_P999] = { .key = "p99.9_ns",
        .label = "p99.9 latency, us",
        .unit = US,
        .decimals = 1,
        .margin = 0.25,
        .needs_pinning = true,
        .timed = true },
    [METRIC_CPU] = { .key = "cpu_ns_per_request",
        .label = "server CPU/request, us",
        .unit = US,
        .decimals = 2,
        .margin = 0.03,
        .timed = true },
    [METRIC_SWITCHES] = { .key = "context_switches_per_request",
        .label = "switches/request",
        .unit = 1,
        .decimals = 3,
        .may_be_zero = true,
        .timed = true },
    [METRIC_MEMORY] = { .key = "memory_bytes_per_connection",
        .label = "memory/connection, KiB",
        .unit = KIB,
        .decimals = 1,
        .margin = 0.05 },
};

const struct pair judge_pairs[JUDGE_PAIRS] = {
    { SUBJECT_EVENTED, SUBJECT_THREADED },
    { SUBJECT_EVENTED, SUBJECT_BARE_EPOLL },
    { SUBJECT_EVENTED, SUBJECT_MANUAL },
    { SUBJECT_THREADED, SUBJECT_BARE_THREADS },
    { SUBJECT_BARE_THREADS, SUBJECT_BARE_EPOLL },
    { SUBJECT_PEER, SUBJECT_THREADED },
    { SUBJECT_PEER, SUBJECT_EVENTED },
};

/* Read one quantile off a run. */
static double
quantile(const struct run *run, double q, const char **why)
{
    struct quantile found = histogram_quantile(run->latency, q);

    if (!found.known || found.at_least) {
        *why = found.known ? "it lies among requests never answered"
                           : "too few requests for it";
        return NAN;
    }
    return (double)found.ns;
}

/* Fit a line through memory over connections and returns its slope. */
static double
memory_slope(const struct run *run, const char **why)
{
    double n = (double)run->levels_count, sx = 0, sy = 0, sxx = 0, sxy = 0;

    if (run->levels_count < 2 || run->connections < 50) {
        *why = "too few connections to tell";
        return NAN;
    }
    for (size_t i = 0; i < run->levels_count; i++) {
        double x = (double)run->levels[i].connections;
        double y = (double)resources_memory_total(&run->levels[i].memory);

        sx += x;
        sy += y;
        sxx += x * x;
        sxy += x * y;
    }
    return (n * sxy - sx * sy) / (n * sxx - sx * sx);
}

/* Compute one metric of one run. */
double
judge_value(const struct run *run, enum metric m, const char **why)
{
    const char *ignored;
    double replies = (double)run->replies;

    if (why == NULL)
        why = &ignored;
    *why = "no replies";
    if (run->replies == 0)
        return NAN;
    switch (m) {
    case METRIC_RATE:
        return replies / ((double)run->window_ns / 1e9);
    case METRIC_P50:
        return quantile(run, 0.5, why);
    case METRIC_P99:
        return quantile(run, 0.99, why);
    case METRIC_P999:
        return quantile(run, 0.999, why);
    case METRIC_CPU:
        return (double)run->server_cpu_ns / replies;
    case METRIC_SWITCHES:
        return (double)run->switches / (double)run->totals.replies;
    case METRIC_MEMORY:
        return memory_slope(run, why);
    case METRICS:
        break;
    }
    return NAN;
}

/*
 * The rate and its costs are what a closed loop is about; with idle
 * connections it is the memory, and whether the active one notices them.
 */
bool
judge_has(enum scenario_kind kind, enum metric m, bool *primary)
{
    if (kind == SCENARIO_REPLY) {
        *primary = m == METRIC_RATE;
        return true;
    }
    *primary = m == METRIC_MEMORY;
    return m == METRIC_MEMORY || m == METRIC_P50 || m == METRIC_P99;
}

/* Count the pairs of a race. */
size_t
judge_pairs_count(const struct race *r)
{
    if (!r->scenario->controls)
        return 1;
    return r->has_peer ? JUDGE_PAIRS : JUDGE_PEER_PAIRS;
}

/*
 * Collect a subject's values of one block, or of all with block 0. Values
 * that a run lacks are left out, and why is noted.
 */
static size_t
collect(const struct race *r, size_t block, enum metric m, enum subject s,
    double *values, size_t max, const char **why)
{
    size_t n = 0;

    for (size_t i = 0; i < r->runs_count && n < max; i++) {
        const struct run *run = &r->runs[i];
        const char *reason;
        double value;

        if (run->subject != s || (block != 0 && run->block != block))
            continue;
        value = judge_value(run, m, &reason);
        if (isnan(value))
            *why = reason;
        else
            values[n++] = value;
    }
    return n;
}

/* Take the median over all runs. */
double
judge_median(const struct race *r, enum metric m, enum subject s)
{
    double values[2 * RACE_BLOCKS_MAX];
    const char *why;
    size_t n = collect(r, 0, m, s, values, 2 * RACE_BLOCKS_MAX, &why);

    return stats_median(values, n);
}

/*
 * Return the reason why a run of either subject does not count, or NULL. A
 * discarded block excuses odd figures, but not a server that failed.
 */
static const char *
find_invalid(const struct race *r, enum subject a, enum subject b)
{
    for (size_t i = 0; i < r->runs_count; i++) {
        const struct run *run = &r->runs[i];

        if ((run->subject == a || run->subject == b) &&
            run->invalid[0] != '\0' &&
            (run->failed || !r->discarded[run->block - 1]))
            return run->invalid;
    }
    return NULL;
}

/*
 * Form the difference of each block that has values of both. On a machine too
 * noisy for a verdict all blocks are taken, as an estimate.
 */
static size_t
block_differences(const struct race *r, enum metric m, enum subject a,
    enum subject b, double d[RACE_BLOCKS_MAX], const char **why)
{
    bool leave_out = metrics[m].timed && !race_too_noisy(r);
    size_t n = 0;

    for (size_t block = 1; block <= r->blocks; block++) {
        double va[2], vb[2];
        size_t na = collect(r, block, m, a, va, 2, why);
        size_t nb = collect(r, block, m, b, vb, 2, why);

        if (na == 0 || nb == 0 || (leave_out && r->discarded[block - 1]))
            continue;
        d[n] = metrics[m].may_be_zero ? stats_difference(va, na, vb, nb)
                                      : stats_log_ratio(va, na, vb, nb);
        n += isfinite(d[n]);
    }
    return n;
}

/* Compare two subjects. */
struct comparison
judge_compare(const struct race *r, bool pinned, enum metric m, enum subject a,
    enum subject b)
{
    struct comparison c = { .metric = m, .a = a, .b = b };
    double d[RACE_BLOCKS_MAX];
    size_t n;

    judge_has(r->scenario->kind, m, &c.primary);
    c.value_a = c.value_b = NAN;
    c.verdict = VERDICT_NONE;
    if (metrics[m].needs_pinning && !pinned) {
        c.missing = "it needs a processor of its own for each side";
        return c;
    }
    c.invalid = find_invalid(r, a, b);
    c.value_a = judge_median(r, m, a);
    c.value_b = judge_median(r, m, b);
    c.missing = "it was not run";
    n = block_differences(r, m, a, b, d, &c.missing);
    if (n > 0) {
        c.missing = NULL;
        c.estimate = stats_estimate(d, n);
    }
    if (c.invalid != NULL)
        c.verdict = VERDICT_INVALID;
    else if (n > 0 && metrics[m].margin > 0 &&
             !(metrics[m].timed && race_too_noisy(r)))
        c.verdict = stats_verdict(&c.estimate, metrics[m].margin, true);
    if (c.verdict == VERDICT_INCONCLUSIVE)
        c.blocks_needed = stats_blocks_needed(&c.estimate, metrics[m].margin);
    return c;
}

/* Average the busy shares over the runs. */
void
judge_busy(const struct race *r, enum subject s, double *server, double *load)
{
    double time = 0, used_server = 0, used_load = 0;

    for (size_t i = 0; i < r->runs_count; i++) {
        if (r->runs[i].subject != s)
            continue;
        time += (double)r->runs[i].window_ns;
        used_server += (double)r->runs[i].server_cpu_ns;
        used_load += (double)r->runs[i].load_cpu_ns;
    }
    *server = time > 0 ? used_server / time : 0;
    *load = time > 0 ? used_load / time : 0;
}

/* The server had time to spare and the generator had none. */
bool
judge_generator_bound(const struct race *r, enum subject s)
{
    double server, load;

    judge_busy(r, s, &server, &load);
    return server < 0.9 && load >= 0.9;
}
