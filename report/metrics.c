#include "report/metrics.h"

const char *const metric_keys[METRICS] = {
    [METRIC_RATE] = "requests_per_second",
    [METRIC_P50] = "p50_ns",
    [METRIC_P99] = "p99_ns",
    [METRIC_P999] = "p99.9_ns",
    [METRIC_CPU] = "cpu_ns_per_request",
    [METRIC_SWITCHES] = "context_switches_per_request",
    [METRIC_RUN_QUEUE] = "run_queue_ns_per_request",
    [METRIC_MEMORY] = "memory_bytes_per_connection",
    [METRIC_RECOVERY] = "recovery_ns",
    [METRIC_GOODPUT] = "goodput_per_second",
    [METRIC_ACCEPT] = "accept_p99_ns",
    [METRIC_STORM] = "storm_ns",
    [METRIC_BACKGROUND] = "background_bytes_per_second",
    [METRIC_ANSWERED] = "answered",
    [METRIC_TOTAL] = "total_ns",
    [METRIC_CPU_FILE] = "cpu_ns_per_file",
    [METRIC_SOON] = "requests_in_10_ms",
    [METRIC_PAUSE] = "longest_pause_ns",
    [METRIC_FRAMES] = "frames_shown",
};
