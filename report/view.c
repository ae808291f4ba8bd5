#include "report/view.h"

#include "report/stats.h"

#include <err.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define UNEVEN 1.15 /* times as slow is another pace */

/* Read an element. */
const json_t *
view_item(const json_t *object, const char *key, size_t i)
{
    return json_array_get(json_object_get(object, key), i);
}

/* Count elements. */
size_t
view_count(const json_t *object, const char *key)
{
    return json_array_size(json_object_get(object, key));
}

/* Find an element by a text in it. */
const json_t *
view_named(
    const json_t *object, const char *key, const char *name, const char *value)
{
    for (size_t i = 0; i < view_count(object, key); i++) {
        const json_t *item = view_item(object, key, i);

        if (strcmp(get_text(item, name), value) == 0)
            return item;
    }
    return NULL;
}

/* Find a scenario. */
const json_t *
view_scenario(const json_t *report, const char *name)
{
    return view_named(report, "scenarios", "name", name);
}

/* Find a comparison. */
const json_t *
view_comparison(
    const json_t *scenario, const char *metric, const char *a, const char *b)
{
    for (size_t i = 0; i < view_count(scenario, "comparisons"); i++) {
        const json_t *c = view_item(scenario, "comparisons", i);

        if (strcmp(get_text(c, "metric"), metric) == 0 &&
            strcmp(get_text(c, "a"), a) == 0 &&
            strcmp(get_text(c, "b"), b) == 0)
            return c;
    }
    return NULL;
}

/* Find the comparison of the twins by the primary metric. */
const json_t *
view_primary(const json_t *scenario)
{
    return view_comparison(
        scenario, get_text(scenario, "primary"), VIEW_EVENTS, VIEW_THREADS);
}

/* Find a cell. */
const json_t *
view_cell(const json_t *scenario, const char *server)
{
    return view_named(scenario, "cells", "server", server);
}

/* Find a figure. */
double
view_figure(const json_t *scenario, const char *server, const char *metric)
{
    return get_number(
        json_object_get(view_cell(scenario, server), "figures"), metric);
}

/* Find a metric. */
const json_t *
view_metric(const json_t *report, const char *metric)
{
    return view_named(report, "margins", "metric", metric);
}

/* Read an estimate and its interval. */
struct span
view_span(const json_t *comparison)
{
    const json_t *interval = json_object_get(comparison, "interval95");
    struct span s = { NAN, get_number(comparison, "estimate"), NAN };

    if (json_array_size(interval) == 2 &&
        json_is_number(json_array_get(interval, 0)) &&
        json_is_number(json_array_get(interval, 1))) {
        s.low = json_number_value(json_array_get(interval, 0));
        s.high = json_number_value(json_array_get(interval, 1));
    }
    return s;
}

/* Choose by which is ahead. */
const char *
view_bound(const json_t *comparison, const char *more, const char *less)
{
    if (!get_bool(comparison, "at_least"))
        return "";
    return get_number(comparison, "estimate") > 1 ? more : less;
}

/* See whether the other interval lies beyond the band, too. */
bool
view_is_doubted(const json_t *comparison)
{
    bool ratio = strcmp(get_text(comparison, "scale"), "ratio") == 0;
    double low = json_number_value(view_item(comparison, "bootstrap95", 0));
    double high = json_number_value(view_item(comparison, "bootstrap95", 1));
    double band = get_number(comparison, "band");

    if (strcmp(get_text(comparison, "verdict"), "WIN") != 0 ||
        view_count(comparison, "bootstrap95") != 2)
        return false;
    return low <= (ratio ? 1 + band : band) &&
           high >= (ratio ? 1 / (1 + band) : -band);
}

/* Compare what was wanted. */
bool
view_is_short(const json_t *scenario)
{
    return get_number(scenario, "connections") <
           get_number(scenario, "connections_wanted");
}

/* Sort what the runs were told. */
struct span
view_pace(const json_t *scenario)
{
    size_t n = 0, runs = view_count(scenario, "runs");
    struct span s = { NAN, NAN, NAN };
    double *pace;

    if (runs == 0)
        return s;
    pace = calloc(runs, sizeof(*pace));
    if (pace == NULL)
        err(1, NULL);
    for (size_t i = 0; i < runs; i++) {
        pace[n] = get_number(view_item(scenario, "runs", i), "pace_ns");
        n += isfinite(pace[n]) != 0;
    }
    if (n > 0) {
        s.at = stats_median(pace, n);
        s.low = pace[n / 10];
        s.high = pace[n - 1 - n / 10];
    }
    free(pace);
    return s;
}

/* Compare the ends. */
bool
view_is_uneven(struct span pace)
{
    return pace.high > UNEVEN * pace.low;
}

/* Turn a ratio round. */
struct span
view_inverse(struct span s)
{
    return (struct span) { 1 / s.high, 1 / s.at, 1 / s.low };
}
