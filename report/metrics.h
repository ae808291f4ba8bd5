/*
 * metrics - the figures of a run. What difference in each of them matters, and
 * how it is spoken of, is the teller's: report/tell/metrics.py.
 */
#ifndef REPORT_METRICS_H
#define REPORT_METRICS_H

enum metric {
    METRIC_RATE,
    METRIC_P50,
    METRIC_P99,
    METRIC_P999,
    METRIC_CPU,
    METRIC_BUSY, /* over a network, wherever there is METRIC_CPU */
    METRIC_SWITCHES,
    METRIC_RUN_QUEUE,
    METRIC_MEMORY,
    METRIC_RECOVERY,
    METRIC_GOODPUT,
    METRIC_ACCEPT,
    METRIC_STORM,
    METRIC_BACKGROUND,
    METRIC_ANSWERED,
    METRIC_TOTAL,
    METRIC_CPU_FILE,
    METRIC_SOON,
    METRIC_PAUSE,
    METRIC_FRAMES,
    METRIC_LAST,
    METRIC_TARDY,
    METRICS
};

/* Their keys in report.json, unit included. */
extern const char *const metric_keys[METRICS];

#endif
