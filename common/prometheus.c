#include "common/prometheus.h"

#include <inttypes.h>
#include <stdio.h>

/* Counters, as Prometheus wants them described. */
static const struct metric {
    const char *name;
    const char *type;
    const char *help;
} metrics[] = {
    [COUNT_ACCEPTED] = { "accepted_total", "counter",
        "Connections that were let in." },
    [COUNT_ACTIVE] = { "active", "gauge", "Connections that are open." },
    [COUNT_SERVED] = { "served_total", "counter",
        "Connections that one side ended by will." },
    [COUNT_REQUESTS] = { "requests_total", "counter",
        "Queries and requests that were answered." },
    [COUNT_REJECTED] = { "rejected_total", "counter",
        "Connections for which there was no room." },
    [COUNT_TIMED_OUT] = { "timed_out_total", "counter",
        "Connections cut for an unfinished request or idleness." },
    [COUNT_STALLED] = { "stalled_total", "counter",
        "Connections cut because the peer did not take its answer." },
    [COUNT_DROPPED_LOG] = { "dropped_log_total", "counter",
        "Console records that nobody took." },
    [COUNT_BYTES_IN] = { "bytes_in_total", "counter", "Bytes received." },
    [COUNT_BYTES_OUT] = { "bytes_out_total", "counter", "Bytes sent." },
};
_Static_assert(sizeof(metrics) / sizeof(*metrics) == COUNTER_COUNT,
    "every counter is described");

/* Write a number with its description. */
size_t
prometheus_number(char *buffer, const char *program, const char *name,
    const char *type, const char *help, uint64_t number)
{
    return (size_t)snprintf(buffer, PROMETHEUS_ROOM,
        "# HELP %s_%s %s\n# TYPE %s_%s %s\n%s_%s %" PRIu64 "\n", program, name,
        help, program, name, type, program, name, number);
}

/* Write one of a server's counters. */
size_t
prometheus_counter(
    char *buffer, const char *program, enum counter which, uint64_t number)
{
    const struct metric *metric = &metrics[which];

    return prometheus_number(
        buffer, program, metric->name, metric->type, metric->help, number);
}
