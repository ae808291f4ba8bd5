/*
 * view - looking things up in a report (see report-json.md).
 *
 * A report may be an old one, or have been written by hand: whatever is not
 * there, or is not of the expected kind, is NAN, "" or NULL, never a crash.
 * All results belong to the report.
 */
#ifndef REPORT_VIEW_H
#define REPORT_VIEW_H

#include "report/values.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* The names of servers that sentences are made about. */
#define VIEW_THREADS "threaded"
#define VIEW_EVENTS  "evented"
#define VIEW_NULL    "bare-epoll" /* the null server: a floor and a ceiling */

/* Return element `i` of the array called `key`; NULL beyond its end. */
const json_t *view_item(const json_t *object, const char *key, size_t i);

/* Return how long the array called `key` is; 0 when there is none. */
size_t view_count(const json_t *object, const char *key);

/* Return the element of the array `key` whose text `name` is `value`. */
const json_t *view_named(
    const json_t *object, const char *key, const char *name, const char *value);

/* Return the scenario of that name; NULL when it did not run. */
const json_t *view_scenario(const json_t *report, const char *name);

/* Return the comparison of server a with b by a metric. */
const json_t *view_comparison(
    const json_t *scenario, const char *metric, const char *a, const char *b);

/* Return the comparison that the scenario is about. */
const json_t *view_primary(const json_t *scenario);

/* Return the cell of a server. */
const json_t *view_cell(const json_t *scenario, const char *server);

/* Return a figure of a server: the median over its runs. */
double view_figure(
    const json_t *scenario, const char *server, const char *metric);

/* Return what is told of a metric under "margins". */
const json_t *view_metric(const json_t *report, const char *metric);

/* An estimate with its interval, on the scale of the report. */
struct span {
    double low, at, high; /* low and high are NAN when there is none */
};

/* Return the estimate of a comparison with its 95 % interval. */
struct span view_span(const json_t *comparison);

/*
 * Return what stands before a ratio that the load kept from being larger:
 * `more` where a is ahead, `less` where b is; "" before any other.
 */
const char *view_bound(
    const json_t *comparison, const char *more, const char *less);

/*
 * Return whether a comparison is a WIN by its interval and would be none by
 * that of resampled blocks, the cross-check.
 */
bool view_is_doubted(const json_t *comparison);

/* Return whether fewer connections were open than the scenario asks for. */
bool view_is_short(const json_t *scenario);

/*
 * Return how fast the machine was in the runs of a scenario, in ns of what
 * pace.h has: at the 10th, 50th and 90th percentile of the runs; NAN when it
 * is not told.
 */
struct span view_pace(const json_t *scenario);

/* Return whether that is more than one pace. */
bool view_is_uneven(struct span pace);

/* Return 1 / s, for the ratio of b to a. */
struct span view_inverse(struct span s);

#endif
