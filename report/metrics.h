/*
 * metrics - the figures of a run, and what difference in each of them matters:
 * a table, set before any run.
 */
#ifndef REPORT_METRICS_H
#define REPORT_METRICS_H

#include <stdbool.h>

enum metric {
    METRIC_RATE,
    METRIC_P50,
    METRIC_P99,
    METRIC_P999,
    METRIC_CPU,
    METRIC_SWITCHES,
    METRIC_RUN_QUEUE,
    METRIC_MEMORY,
    METRIC_RECOVERY,
    METRIC_GOODPUT,
    METRIC_ACCEPT,
    METRIC_STORM,
    METRIC_BACKGROUND,
    METRIC_ANSWERED,
    METRICS
};

struct metric_info {
    const char *key;   /* in report.json, unit included */
    const char *label; /* in the table, unit included */
    const char *of;    /* in a sentence: "serve 2x the requests/s of" */
    double unit;       /* of the value, in which the table shows it */
    int decimals;      /* in the table */
    double margin;     /* differences up to it do not matter; 0 = not judged */
    bool more_is_better;
    bool may_be_zero;   /* compared by difference, not by ratio */
    bool needs_pinning; /* means nothing when server and load share a core */
    bool timed; /* suffers from other work: subject to discarded blocks */
    bool tail;  /* a generator that was late spoils it */
};

extern const struct metric_info metrics[METRICS];

/* Return the metric of that key, or METRICS. */
enum metric metric_find(const char *key);

#endif
