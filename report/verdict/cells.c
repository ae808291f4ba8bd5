#include "report/verdict/cells.h"

#include "report/load/histogram.h"
#include "report/stats.h"
#include "report/values.h"
#include "report/verdict/gates.h"
#include "report/verdict/spread.h"

#include <err.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUSY      0.9 /* of a processor: that was the limit */
#define PLATEAU   0.03
#define RUNS_MOST 400 /* of an arm: blocks, two each, and more than enough */

/* The quantiles of a curve: as many as print well. */
static const double curve[] = { 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99,
    0.995, 0.998, 0.999, 0.9995, 0.9998, 0.9999 };

/* Hold the runs that have it against those that have the median. */
bool
arm_is_partial(const json_t *scenario, const struct arm *arm, enum metric m)
{
    size_t i, have = 0, lack = 0;
    const json_t *run;

    if (m != METRIC_P99 && m != METRIC_P999)
        return false;
    json_array_foreach(json_object_get(scenario, "runs"), i, run) {
        const json_t *figures = json_object_get(run, "figures");

        if (!arm_has(arm, run) || !run_counts(scenario, run, m) ||
            !isfinite(get_number(figures, metrics[METRIC_P50].key)))
            continue;
        if (isfinite(get_number(figures, metrics[m].key)))
            have++;
        else
            lack++;
    }
    return have > 0 && lack > 0;
}

/* Take the median. */
double
arm_median(const json_t *scenario, const struct arm *arm, enum metric m)
{
    double values[RUNS_MOST];
    const json_t *run;
    size_t i, n = 0, bounds = 0;

    if (arm_is_partial(scenario, arm, m))
        return NAN;
    json_array_foreach(json_object_get(scenario, "runs"), i, run) {
        double x = get_number(json_object_get(run, "figures"), metrics[m].key);

        if (!arm_has(arm, run) || !isfinite(x) || n == RUNS_MOST ||
            !run_counts(scenario, run, m))
            continue;
        values[n++] = x;
        bounds += run_is_bound(run, m);
    }
    return 2 * bounds > n ? NAN : stats_median(values, n);
}

/* Collect the runs that count; the caller owns the list. */
static json_t *
runs_that_count(const json_t *scenario)
{
    json_t *all = json_object_get(scenario, "runs"), *some = json_array(), *run;
    size_t i;

    json_array_foreach(all, i, run)
        if (run_counts(scenario, run, METRIC_RATE))
            json_array_append(some, run);
    return some;
}

/* Average a reading of the window, as a share of it. */
static double
share_of_window(const json_t *runs, const struct arm *arm, const char *key)
{
    double time = 0, used = 0;
    const json_t *run;
    size_t i;

    json_array_foreach(runs, i, run) {
        double window = get_number(run, "window_ns");
        double x = get_number(run, key);

        if (!arm_has(arm, run) || !isfinite(window) || !isfinite(x))
            continue;
        time += window;
        used += x;
    }
    return time > 0 ? used / time : 0;
}

/* Add up a reading. */
static double
sum_of(const json_t *runs, const struct arm *arm, const char *object,
    const char *key)
{
    double sum = 0;
    const json_t *run;
    size_t i;

    json_array_foreach(runs, i, run) {
        double x = get_number(json_object_get(run, object), key);

        if (arm_has(arm, run) && isfinite(x))
            sum += x;
    }
    return sum;
}

/* Read the latencies of a run; NULL when it has none. */
static struct histogram *
latencies_of(const json_t *run)
{
    const json_t *o = json_object_get(run, "latency_ns");
    struct histogram *h;

    if (!json_is_object(o))
        return NULL;
    h = histogram_new();
    if (histogram_add_text(h, get_text(o, "counters")) == -1)
        errx(1, "journal.jsonl: a histogram in it is damaged");
    histogram_record_censored(
        h, get_count(o, "censored_from"), get_count(o, "censored"));
    return h;
}

/* The percentiles of all runs of an arm, and the range of each over them. */
static json_t *
percentiles_of(const json_t *runs, const struct arm *arm)
{
    const size_t n = sizeof(curve) / sizeof(curve[0]);
    double low[sizeof(curve) / sizeof(curve[0])];
    double high[sizeof(curve) / sizeof(curve[0])];
    struct histogram *all = histogram_new();
    json_t *points = json_array();
    const json_t *run;
    size_t i;

    for (size_t q = 0; q < n; q++)
        low[q] = high[q] = NAN;
    json_array_foreach(runs, i, run) {
        struct histogram *h = arm_has(arm, run) ? latencies_of(run) : NULL;

        for (size_t q = 0; h != NULL && q < n; q++) {
            struct quantile found = histogram_quantile(h, curve[q]);

            if (!found.known)
                continue;
            low[q] = fmin(low[q], (double)found.ns);
            high[q] = fmax(high[q], (double)found.ns);
        }
        if (h != NULL)
            histogram_merge(all, h);
        free(h);
    }
    for (size_t q = 0; q < n; q++) {
        struct quantile found = histogram_quantile(all, curve[q]);

        if (found.known)
            json_array_append_new(points,
                json_pack("{s:f, s:o, s:o, s:o, s:b}", "q", curve[q], "ns",
                    value_count(found.ns), "low_ns", value_number(low[q]),
                    "high_ns", value_number(high[q]), "at_least",
                    (int)found.at_least));
    }
    free(all);
    return points;
}

/* The median of one field of the memory at one level. */
static double
memory_median(
    const json_t *runs, const struct arm *arm, size_t level, const char *key)
{
    double values[RUNS_MOST];
    const json_t *run;
    size_t i, n = 0;

    json_array_foreach(runs, i, run) {
        double x = get_number(
            json_array_get(json_object_get(run, "memory"), level), key);

        if (arm_has(arm, run) && isfinite(x) && n < RUNS_MOST)
            values[n++] = x;
    }
    return stats_median(values, n);
}

/* The memory at all levels. */
static json_t *
memory_of(const json_t *runs, const struct arm *arm)
{
    static const char *const keys[] = { "connections", "total_bytes",
        "pss_bytes", "page_table_bytes", "kernel_stack_bytes",
        "socket_buffer_bytes", "threads" };
    json_t *levels = json_array();

    for (size_t level = 0;
         !isnan(memory_median(runs, arm, level, "connections")); level++) {
        json_t *o = json_object();

        for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++)
            json_object_set_new(o, keys[k],
                value_number(memory_median(runs, arm, level, keys[k])));
        json_array_append_new(levels, o);
    }
    return levels;
}

/* The figures of an arm. */
static json_t *
figures_of(
    const struct scenario *s, const json_t *scenario, const struct arm *arm)
{
    json_t *o = json_object();

    for (int m = 0; m < METRICS; m++)
        if (scenario_has(s, (enum metric)m))
            json_object_set_new(o, metrics[m].key,
                value_number(arm_median(scenario, arm, (enum metric)m)));
    return o;
}

/* Put a text together; the caller frees it. */
static char *__attribute__((format(printf, 1, 2))) phrase(const char *fmt, ...)
{
    va_list ap;
    char *text;

    va_start(ap, fmt);
    if (vasprintf(&text, fmt, ap) == -1)
        err(1, NULL);
    va_end(ap);
    return text;
}

/*
 * Name what kept a server from doing more: the first of these that holds.
 * `*because` is to be freed.
 */
static const char *
limiter_of(const struct scenario *s, const json_t *scenario, const json_t *runs,
    const struct arm *arm, double server, double load, char **because)
{
    double wanted = get_number(scenario, "connections_wanted");
    double open = get_number(scenario, "connections");
    double overflows = sum_of(runs, arm, "kernel", "ListenOverflows");
    double answered = arm_median(scenario, arm, METRIC_ANSWERED);

    *because = phrase("server busy %.0f %%, load %.0f %% of a processor each",
        100 * server, 100 * load);
    if (open < wanted) {
        free(*because);
        *because = phrase("%.0f of %.0f connections", open, wanted);
        return "descriptors";
    }
    if (s->hangs && answered < 1) {
        free(*because);
        *because =
            phrase("%.0f %% of the requests were answered", 100 * answered);
        return "pool of threads";
    }
    if (overflows > 0) {
        free(*because);
        *because = phrase(
            "the queue of new connections ran over %.0f times", overflows);
        return "kernel";
    }
    if (get_bool(scenario, "too_noisy")) {
        free(*because);
        *because = phrase("the machine was busy with something else");
        return "other work";
    }
    if (server >= BUSY)
        return "server CPU";
    if (load >= BUSY)
        return "generator";
    if (s->way == LOAD_OPEN || s->special == SPECIAL_STORM)
        return "offered rate";
    if (s->active == 1 || s->connections == 1)
        return "round trip";
    return "unexplained";
}

/* Add a gate that is seen only from the whole cell, and spoils one metric. */
static void
add_gate(json_t *gates, const char *name, const char *because, enum metric m)
{
    json_array_append_new(
        gates, json_pack("{s:s, s:s, s:[s]}", "name", name, "because", because,
                   "metrics", metrics[m].key));
}

/* Make one cell. */
static json_t *
cell_of(const struct scenario *s, const json_t *scenario, enum subject subject)
{
    const json_t *all = json_object_get(scenario, "runs");
    json_t *runs = runs_that_count(scenario);
    const struct arm arm = { subjects[subject].name, NULL, 0 };
    double server = share_of_window(runs, &arm, "server_cpu_ns");
    double load = share_of_window(runs, &arm, "load_cpu_ns") -
                  share_of_window(runs, &arm, "load_spin_ns");
    json_t *gates = gates_collect(scenario, all, &arm), *calls, *o;
    /* In an open loop the rate is the load's; a control runs once a block. */
    bool is_spread_told = subject <= SUBJECT_EVENTED && s->way != LOAD_OPEN &&
                          scenario_has(s, METRIC_RATE);
    char *because;
    const char *limiter =
        limiter_of(s, scenario, runs, &arm, server, load, &because);

    /* Whatever else may be named as the limit, the load had no time left. */
    if (s->way != LOAD_OPEN && load >= BUSY && server < BUSY)
        add_gate(gates, GATE_GENERATOR_BOUND, because,
            s->special == SPECIAL_STORM ? METRIC_STORM : METRIC_RATE);
    calls = json_object_get(json_object_get(scenario, "syscalls"), arm.server);
    o = json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o,"
                  " s:{s:f, s:f}, s:s, s:s, s:o}",
        "server", arm.server, "title", subjects[subject].title, "role",
        subject <= SUBJECT_EVENTED ? "twin"
        : subject == SUBJECT_PEER  ? "peer"
                                   : "control",
        "runs", value_count(arm_count(scenario, all, &arm, true)), "figures",
        figures_of(s, scenario, &arm), "percentiles",
        percentiles_of(runs, &arm), "spread",
        is_spread_told ? spread_json(scenario, arm.server) : json_null(),
        "memory", memory_of(all, &arm), "syscalls",
        calls != NULL ? json_incref(calls) : json_null(), "busy", "server",
        server, "load", load, "limiter", limiter, "limiter_because", because,
        "gates", gates);
    json_decref(runs);
    free(because);
    return o;
}

/* Read the rate off a cell. */
static double
rate_of(const json_t *cells, enum subject s)
{
    const json_t *cell = cell_find(cells, subjects[s].name);

    return cell == NULL ? NAN
                        : get_number(json_object_get(cell, "figures"),
                              metrics[METRIC_RATE].key);
}

/* Twins that are as fast as a null server show the generator's speed. */
static void
check_plateau(json_t *cells)
{
    double null = rate_of(cells, SUBJECT_BARE_EPOLL);
    double a = rate_of(cells, SUBJECT_THREADED);
    double b = rate_of(cells, SUBJECT_EVENTED);

    for (int t = 0; t < 2; t++) {
        json_t *cell = cell_find(cells, subjects[t].name);
        double server = get_number(json_object_get(cell, "busy"), "server");

        if (fabs(a / null - 1) < PLATEAU && fabs(b / null - 1) < PLATEAU &&
            server < BUSY)
            add_gate(json_object_get(cell, "gates"), "plateau",
                "twins and null server are within 3 % of each other",
                METRIC_RATE);
    }
}

/* Make all cells. */
json_t *
cells_of(const struct scenario *s, const json_t *scenario)
{
    const json_t *runs = json_object_get(scenario, "runs");
    json_t *cells = json_array();

    for (int i = 0; i < SUBJECTS; i++) {
        const struct arm arm = { subjects[i].name, NULL, 0 };

        if (arm_count(scenario, runs, &arm, true) > 0)
            json_array_append_new(cells, cell_of(s, scenario, (enum subject)i));
    }
    if (scenario_has(s, METRIC_RATE))
        check_plateau(cells);
    return cells;
}

/* Look a cell up. */
json_t *
cell_find(const json_t *cells, const char *server)
{
    json_t *cell;
    size_t i;

    json_array_foreach(cells, i, cell)
        if (strcmp(get_text(cell, "server"), server) == 0)
            return cell;
    return NULL;
}
