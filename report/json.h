/*
 * json - report.json: every reading of every run, so that nothing in the table
 * needs to be believed, and what was computed from them. The order of keys is
 * fixed and numbers are written in full, so that two reports can be compared
 * line by line. Units stand in the names.
 *
 * {
 *   "schema": 1,
 *   "started": time of day in UTC,
 *   "seconds": how long everything took,
 *   "seed", "processors_allowed", "pinned", "load_cpu", "server_cpu",
 *   "not_pinned_because",
 *   "machine": see machine.h,
 *   "programs": [{"name", "path", "fnv1a"}], and last, of a peer,
 *     {"name", "command", "conversations": in which it conformed},
 *   "alike": {"conversations", "differences"},
 *   "scenarios": [{
 *     "name", "title", "load_model", "connections", "connections_wanted",
 *     "warmup_seconds", "window_seconds", "orders": ["ABBA", ...],
 * "discarded_blocks", "comparisons": [{"metric", "a", "b", "primary",
 * "a_median", "b_median", "blocks", "scale": "ratio" or "difference",
 * "estimate", "interval95", "coverage95", "interval90", "coverage90", "margin",
 *       "verdict", "blocks_needed", "missing", "invalid"}],
 *     "runs": [{"server", "block", "position", ..., "latency_ns": {...}}]
 *   }]
 * }
 *
 * A latency histogram is written as the text of histogram_to_text(): the
 * counters that are not zero, as "index:count".
 */
#ifndef REPORT_JSON_H
#define REPORT_JSON_H

#include "report/conform.h"
#include "report/judge.h"
#include "report/race.h"

#include <jansson.h>
#include <stddef.h>

#define JSON_SCHEMA 1

/* Everything that one call of compare found out. */
struct report {
    const struct plan *plan;
    const char *started; /* time of day, ISO 8601 in UTC */
    double seconds;
    struct conform_result alike;
    struct conform_result peer; /* if there is one */
    struct race *const *races;
    size_t races_count;
};

/* Return the whole report; the caller owns it. */
json_t *json_report(const struct report *report);

/*
 * Write a report to a file, by way of a temporary one beside it, so that the
 * file is whole at any time. Return 0, or -1 with errno set.
 */
int json_write(const json_t *report, const char *path);

#endif
