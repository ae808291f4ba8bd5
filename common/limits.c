#include "common/limits.h"

/* The defaults, given how many descriptors the process may have. */
struct limits
limits_default(size_t descriptors)
{
    return (struct limits) {
        .max_connections = descriptors > LIMIT_DESCRIPTORS_KEPT
                               ? descriptors - LIMIT_DESCRIPTORS_KEPT
                               : 1,
        .max_line = 1024,
        .line_ms = 10000,
        .idle_ms = 300000,
        .stall_ms = 30000,
        .drain_ms = 10000,
    };
}

/* When a limit that starts now ends. */
int64_t
limits_deadline(int64_t now, int64_t limit_ms)
{
    return limit_ms == 0 ? NEVER : now + limit_ms;
}

/* Milliseconds between two sweeps. */
int64_t
limits_sweep_ms(const struct limits *limits)
{
    const int64_t all[] = { limits->line_ms, limits->idle_ms,
        limits->stall_ms };
    int64_t period = LIMIT_SWEEP_MS;

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        if (all[i] != 0 && all[i] / 8 < period)
            period = all[i] / 8;
    return period > 0 ? period : 1;
}

/* How much later than planned a sweep runs, when that is over a second. */
int64_t
limits_lost_ms(int64_t planned, int64_t now)
{
    return now - planned > 1000 ? now - planned : 0;
}

/* Whether a peer that is owed an answer has stalled. */
bool
progress_stalled(struct progress *progress, int64_t now, int64_t stall_ms,
    uint64_t written, int unacked)
{
    bool moved = progress->since == 0 || unacked == 0 ||
                 written != progress->written || unacked < progress->unacked;

    progress->written = written;
    progress->unacked = unacked;
    if (moved)
        progress->since = now;
    return stall_ms != 0 && now - progress->since >= stall_ms;
}

/* Nothing is owed any more. */
void
progress_clear(struct progress *progress)
{
    progress->since = 0;
}
