#include "report/run/run.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLICES_FEWEST 8 /* for a regression */

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
    run->tally.tardy =
        s->ask != NULL && s->ask->due_ns != NULL ? histogram_new() : NULL;
    run->tally.last = s->way == LOAD_ROUNDS ? histogram_new() : NULL;
    run->little = run->recovery_ns = run->slope = NAN;
    run->tally.area = run->tally.fairness = NAN;
    run->foreign_seconds = run->load_foreign_seconds = NAN;
    run->busy_seconds = NAN;
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
    free(run->tally.tardy);
    free(run->tally.last);
    series_free(&run->own[0]);
    series_free(&run->own[1]);
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

/* The network adds one. */
bool
run_has(const struct run *run, enum metric m)
{
    return m == METRIC_BUSY
               ? run->far && scenario_has(run->scenario, METRIC_CPU)
               : scenario_has(run->scenario, m);
}

/* Note a failed gate. */
void
run_gate(struct run *run, const char *name, const char *because)
{
    json_array_append_new(
        run->gates, json_pack("{s:s, s:s, s:[s]}", "name", name, "because",
                        because, "metrics", "*"));
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

    if (run->levels_count < 2 ||
        run->levels[run->levels_count - 1].connections < 50)
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
    case METRIC_BUSY:
        return n > 0 ? run->busy_seconds * 1e9 / n : NAN;
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
    case METRIC_TOTAL:
        return (double)t->window_ns;
    case METRIC_CPU_FILE:
        return (double)run->server_cpu_ns / (double)run->job.wanted;
    case METRIC_SOON:
        return (double)run->job.soon;
    case METRIC_PAUSE:
        return (double)run->job.pause_ns;
    case METRIC_FRAMES:
        return run->job.frames;
    case METRIC_LAST:
        return run_quantile(t->last, 0.5);
    case METRIC_TARDY:
        return run_quantile(t->tardy, 0.99);
    case METRICS:
        break;
    }
    return NAN;
}

/*
 * Divide time in flight by the samples by time in flight by the counter: by
 * Little's law, in its exact form, that is 1.
 */
static void
find_little(struct run *run)
{
    const struct load_tally *t = &run->tally;

    if (run->scenario->special != SPECIAL_STORM && t->area > 0)
        run->little = (t->latency->sum + (double)t->censored_ns +
                          (double)t->head_ns - (double)t->tail_ns) /
                      t->area;
}

/*
 * Regress the outstanding requests on time and note the lower end of the
 * slope's 95 % interval.
 */
static void
find_slope(struct run *run)
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
}

/* Compute them. */
void
run_finish(struct run *run)
{
    if (run->failed) {
        run_gate(run, "failed", run->invalid);
        return;
    }
    if (run->tally.replies == 0 && !run->scenario->hangs) {
        run_invalidate(run, "no replies");
        return;
    }
    for (int m = 0; m < METRICS; m++) {
        if (!run_has(run, (enum metric)m))
            continue;
        run->figures[m] = figure_of(run, (enum metric)m);
        if (isfinite(run->figures[m]) && is_bound(run, (enum metric)m))
            run->bounds |= 1u << m;
    }
    find_little(run);
    find_slope(run);
}
