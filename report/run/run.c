#include "report/run/run.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LITTLE_WITHIN   0.02 /* deviation from the law */
#define RATE_WITHIN     0.99 /* of the intended requests must have been sent */
#define LATE_SHARE      0.5  /* of a quantile may come from the lateness */
#define SLOPE_SHARE     0.01 /* of the rate: faster growth is instability */
#define SIGNATURE       1e-3 /* of the samples */
#define KERNEL_LET_PASS 1e-4 /* of the replies */
#define BUSY_MOST       1.03 /* of a processor: no more can be used */
#define SLICES_FEWEST   8    /* for a regression */
#define TAIL_BITS       ((1u << METRIC_P99) | (1u << METRIC_P999))
#define QUANTILE_BITS   (TAIL_BITS | (1u << METRIC_P50))

/* Make a run with empty histograms. */
void
run_init(struct run *run, const struct scenario *s)
{
    bool open = s->way == LOAD_OPEN;
    bool opens = s->way == LOAD_CHURN || s->special == SPECIAL_STORM;

    memset(run, 0, sizeof(*run));
    run->scenario = s;
    run->gates = json_array();
    run->tally.latency = histogram_new();
    run->tally.timely = open ? histogram_new() : NULL;
    run->tally.wire = open ? histogram_new() : NULL;
    run->tally.late = open ? histogram_new() : NULL;
    run->tally.queue = open ? histogram_new() : NULL;
    run->tally.connect = opens ? histogram_new() : NULL;
    run->tally.accept = opens ? histogram_new() : NULL;
    run->little = run->recovery_ns = run->slope = NAN;
    run->tally.area = run->tally.fairness = NAN;
    run->foreign_seconds = run->load_foreign_seconds = NAN;
    for (int m = 0; m < METRICS; m++)
        run->figures[m] = NAN;
}

/* Free the histograms. */
void
run_release(struct run *run)
{
    free(run->tally.latency);
    free(run->tally.timely);
    free(run->tally.wire);
    free(run->tally.late);
    free(run->tally.queue);
    free(run->tally.connect);
    free(run->tally.accept);
    json_decref(run->gates);
    json_decref(run->others);
}

/* Note why a run does not count. */
void
run_invalidate(struct run *run, const char *fmt, ...)
{
    va_list ap;

    if (run->invalid[0] != '\0')
        return;
    va_start(ap, fmt);
    vsnprintf(run->invalid, sizeof(run->invalid), fmt, ap);
    va_end(ap);
}

/* Note a failed gate. */
void
run_gate(
    struct run *run, const char *name, unsigned spoils, const char *fmt, ...)
{
    json_t *keys = json_array();
    char because[256];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(because, sizeof(because), fmt, ap);
    va_end(ap);
    for (int m = 0; m < METRICS; m++)
        if ((spoils & (1u << m)) != 0)
            json_array_append_new(keys, json_string(metric_keys[m]));
    if (spoils == 0)
        json_array_append_new(keys, json_string("*"));
    json_array_append_new(run->gates, json_pack("{s:s, s:s, s:o}", "name", name,
                                          "because", because, "metrics", keys));
}

/* Read one quantile off. */
double
run_quantile(const struct histogram *h, double q)
{
    struct quantile found = { 0, false, false };

    if (h != NULL)
        found = histogram_quantile(h, q);
    return found.known ? (double)found.ns : NAN;
}

/* Fit a line through memory over connections and return its slope. */
static double
memory_slope(const struct run *run)
{
    double n = (double)run->levels_count, sx = 0, sy = 0, sxx = 0, sxy = 0;

    if (run->levels_count < 2 || run->connections < 50)
        return NAN;
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

/* Which quantile of the response a metric is; 0 = none. */
static const double quantiles[METRICS] = {
    [METRIC_P50] = 0.5,
    [METRIC_P99] = 0.99,
    [METRIC_P999] = 0.999,
};

/* Tell whether a figure is only a bound. */
static bool
is_bound(const struct run *run, enum metric m)
{
    if (m == METRIC_RECOVERY)
        return !run->recovered;
    return quantiles[m] > 0 &&
           histogram_quantile(run->tally.latency, quantiles[m]).at_least;
}

/* Compute a quantile of the response less the generator's own lateness. */
double
run_timely(const struct run *run, enum metric m)
{
    return quantiles[m] > 0 && !is_bound(run, m)
               ? run_quantile(run->tally.timely, quantiles[m])
               : NAN;
}

/* Compute one figure from the readings. */
static double
figure_of(const struct run *run, enum metric m)
{
    const struct load_tally *t = &run->tally;
    double seconds = (double)t->window_ns / 1e9, n = (double)t->replies;

    switch (m) {
    case METRIC_RATE:
        return n / seconds;
    case METRIC_P50:
    case METRIC_P99:
    case METRIC_P999:
        return run_quantile(t->latency, quantiles[m]);
    case METRIC_CPU:
        return n > 0 ? (double)run->server_cpu_ns / n : NAN;
    case METRIC_SWITCHES:
        n = (double)run->totals.replies;
        return n > 0 ? (double)run->switches / n : NAN;
    case METRIC_RUN_QUEUE:
        return n > 0 && run->run_queue_known ? (double)run->run_queue_ns / n
                                             : NAN;
    case METRIC_MEMORY:
        return memory_slope(run);
    case METRIC_RECOVERY:
        return run->recovery_ns;
    case METRIC_GOODPUT:
        return (double)t->good / seconds;
    case METRIC_ACCEPT:
        return run_quantile(t->accept, 0.99);
    case METRIC_STORM:
        return (double)t->window_ns;
    case METRIC_BACKGROUND:
        return (double)run->background.bytes / seconds;
    case METRIC_ANSWERED:
        n = (double)t->latency->recorded;
        return n > 0 ? n / (n + (double)t->latency->censored) : 0;
    case METRICS:
        break;
    }
    return NAN;
}

/*
 * Little's law, in its exact form: time in flight by the samples is time in
 * flight by the counter. It fails when samples are lost, doubled or in the
 * wrong unit. A closed loop must have all connections in flight besides, unless
 * they may hang.
 */
static void
check_little(struct run *run)
{
    const struct load_tally *t = &run->tally;
    double all = (double)t->window_ns * (double)run->active;

    if (run->scenario->special == SPECIAL_STORM || !(t->area > 0))
        return;
    run->little = (t->latency->sum + (double)t->censored_ns +
                      (double)t->head_ns - (double)t->tail_ns) /
                  t->area;
    if (fabs(run->little - 1) > LITTLE_WITHIN)
        run_gate(run, "Little's law", 0, "time in flight is off by %+.1f %%",
            100 * (run->little - 1));
    if (run->scenario->way != LOAD_OPEN && !run->scenario->hangs &&
        fabs(t->area / all - 1) > LITTLE_WITHIN)
        run_gate(run, "closed loop not full", 0,
            "%.1f of %zu connections were in flight",
            t->area / (double)t->window_ns, run->active);
}

/*
 * Regress the outstanding requests on time and note the lower end of the
 * slope's 95 % interval: a queue that grows has no percentiles.
 */
static void
check_stability(struct run *run)
{
    const struct series *s = run->fine;
    uint64_t start = run->tally.start_ns, end = start + run->tally.window_ns;
    double n = 0, sx = 0, sy = 0, sxx = 0, sxy = 0, syy = 0, slope, rest;

    for (size_t i = 0; s != NULL && i < s->count; i++) {
        uint64_t at = s->start_ns + (i + 1) * s->step_ns;
        double x = ((double)at - (double)start) / 1e9;
        double y = (double)s->steps[i].outstanding;

        if (at < start || at > end)
            continue;
        n++;
        sx += x;
        sy += y;
        sxx += x * x;
        sxy += x * y;
        syy += y * y;
    }
    if (n < SLICES_FEWEST || run->scenario->way != LOAD_OPEN ||
        run->scenario->special == SPECIAL_BURST)
        return;
    sxx -= sx * sx / n;
    slope = (sxy - sx * sy / n) / sxx;
    rest = syy - sy * sy / n - slope * slope * sxx;
    /* Two standard errors, near enough: the limit is a matter of degree. */
    run->slope = slope - 2 * sqrt(fmax(rest, 0) / (n - 2) / sxx);
    if (run->slope > SLOPE_SHARE * run->rate)
        run_gate(run, "unstable", QUANTILE_BITS,
            "the queue grew by %.0f requests per second", slope);
}

/*
 * See what a quantile of the response would be without the generator's own
 * lateness. Comparisons allow for that much (see report/tell/verdict.py); when
 * most of it is the generator's, it says nothing about the server.
 */
static void
check_late(struct run *run, enum metric m)
{
    static const char *const names[] = {
        [METRIC_P50] = "median", [METRIC_P99] = "p99", [METRIC_P999] = "p99.9"
    };
    double timely = run_timely(run, m);
    double response = figure_of(run, m);

    if (response - timely > LATE_SHARE * response)
        run_gate(run, "generator late", 1u << m,
            "the %s latency of %.0f us would be %.0f us without its lateness",
            names[m], response / 1e3, timely / 1e3);
}

/* Hold the open loop to what it intended. */
static void
check_open(struct run *run)
{
    const struct load_tally *t = &run->tally;

    if (run->scenario->way != LOAD_OPEN || t->intended == 0)
        return;
    if (run->scenario->special != SPECIAL_BURST &&
        (double)t->sent < RATE_WITHIN * (double)t->intended)
        run_gate(run, "rate not reached", QUANTILE_BITS,
            "%.1f %% of the intended requests were sent in time",
            100 * (double)t->sent / (double)t->intended);
    check_late(run, METRIC_P50);
    check_late(run, METRIC_P99);
    check_late(run, METRIC_P999);
}

/* Count the samples between two values, in ns. */
static uint64_t
count_between(const struct histogram *h, uint64_t low, uint64_t high)
{
    uint64_t n = 0;

    for (size_t i = histogram_index(low); i <= histogram_index(high); i++)
        n += h->counters[i];
    return n;
}

/* Look for latencies that something well known leaves behind. */
static void
check_signatures(struct run *run)
{
    static const struct {
        uint64_t low_ms, high_ms;
        const char *cause;
    } signatures[] = {
        { 38, 46, "Nagle's algorithm against delayed acknowledgements" },
        { 200, 210, "a segment sent again" },
        { 1000, 1020, "a connection asked for again after 1 s" },
        { 3000, 3050, "a connection asked for again after 3 s" },
        { 7000, 7100, "a connection asked for again after 7 s" },
    };
    const struct histogram *h = run->tally.latency;
    /* A distribution that is wide there anyway is no sign of anything. */
    uint64_t usual = histogram_count(h) > 0 ? histogram_quantile(h, 0.9).ns : 0;

    for (size_t i = 0; i < sizeof(signatures) / sizeof(signatures[0]); i++) {
        uint64_t low = signatures[i].low_ms * 1000000;
        uint64_t high = signatures[i].high_ms * 1000000;
        uint64_t n = count_between(h, low, high);
        uint64_t before = count_between(h, low - (high - low), low - 1);

        if (usual < low / 4 && n > 4 * before && n > 10 &&
            (double)n > SIGNATURE * (double)histogram_count(h))
            run_gate(run, "signature", TAIL_BITS,
                "%.2f %% of the latencies are of %" PRIu64 " to %" PRIu64
                " ms: %s",
                100 * (double)n / (double)histogram_count(h),
                signatures[i].low_ms, signatures[i].high_ms,
                signatures[i].cause);
    }
}

/*
 * The kernel's counters must not have moved. Most of them move for the rest of
 * the machine, too: of those as many are let pass as no percentile notices,
 * and where others pull at the same time the segments are theirs.
 */
static void
check_kernel(struct run *run)
{
    double let_pass = KERNEL_LET_PASS * (double)run->tally.replies;
    bool others = run->background.bytes > 0;

    for (size_t i = 0; i < KERNEL_COUNTERS; i++) {
        bool own = i < KERNEL_OF_LISTENERS;
        double n = (double)run->kernel.value[i];

        if (n > 0 && (own || (n > let_pass && !others)))
            run_gate(run, "kernel counters", TAIL_BITS, "%s rose by %" PRIu64,
                kernel_names[i], run->kernel.value[i]);
    }
}

/* Percentiles must be in order, and no server uses more than all there is. */
static void
check_sanity(struct run *run)
{
    const struct load_tally *t = &run->tally;
    const double *f = run->figures;

    if (f[METRIC_P50] > f[METRIC_P99] || f[METRIC_P99] > f[METRIC_P999] ||
        (t->latency->recorded > 0 &&
            histogram_mean(t->latency) > (double)t->latency->max))
        run_gate(run, "percentiles", QUANTILE_BITS, "they are out of order");
    if (run->scenario->way == LOAD_OPEN &&
        histogram_count(t->latency) != t->intended)
        run_gate(run, "percentiles", QUANTILE_BITS,
            "%" PRIu64 " latencies of %" PRIu64 " requests",
            histogram_count(t->latency), t->intended);
    if (run->own_core && t->window_ns > 0 &&
        (double)run->server_cpu_ns > BUSY_MOST * (double)t->window_ns)
        run_gate(run, "utilisation", 0,
            "the server used %.2f of its one processor",
            (double)run->server_cpu_ns / (double)t->window_ns);
}

/* Compute, then check. */
void
run_finish(struct run *run)
{
    if (run->failed) {
        run_gate(run, "failed", 0, "%s", run->invalid);
        return;
    }
    if (run->tally.replies == 0 && !run->scenario->hangs) {
        run_invalidate(run, "no replies");
        return;
    }
    for (int m = 0; m < METRICS; m++) {
        if (!scenario_has(run->scenario, (enum metric)m))
            continue;
        run->figures[m] = figure_of(run, (enum metric)m);
        if (isfinite(run->figures[m]) && is_bound(run, (enum metric)m))
            run->bounds |= 1u << m;
    }
    check_little(run);
    check_open(run);
    check_stability(run);
    check_signatures(run);
    check_kernel(run);
    check_sanity(run);
}
