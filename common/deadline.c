#include "common/deadline.h"

/* When a limit that starts now ends. */
int64_t
deadline_after(int64_t now, int64_t limit_ms)
{
    return limit_ms == 0 ? NEVER : now + limit_ms;
}

/* When to stop waiting for input. */
int64_t
deadline_for_input(int64_t now, const struct limits *limits, enum phase phase)
{
    return deadline_after(
        now, phase == PHASE_LINE ? limits->line_ms : limits->idle_ms);
}

/* Milliseconds between two sweeps. */
int64_t
deadline_sweep_ms(const struct limits *limits)
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
deadline_lost_ms(int64_t planned, int64_t now)
{
    return now - planned > 1000 ? now - planned : 0;
}

/* Whether a peer that is owed an answer has stalled. */
bool
progress_stalled(struct progress *progress, int64_t now, int64_t stall_ms,
    uint64_t written, int unacked)
{
    const int64_t acked = (int64_t)written - unacked;
    const int64_t before = (int64_t)progress->written - progress->unacked;
    const bool owed =
        progress->since != 0 && progress->unacked > 0 && unacked > 0;

    progress->written = written;
    progress->unacked = unacked;
    if (!owed || acked > before)
        progress->since = now;
    return stall_ms != 0 && now - progress->since >= stall_ms;
}

/* Whether the peer had acknowledged all when it was last looked at, and nothing
 * was written since: it waits for us. */
static bool
progress_is_over(const struct progress *progress, uint64_t written)
{
    return progress->since != 0 && progress->unacked == 0 &&
           progress->written == written;
}

/* Nothing is owed any more. */
void
progress_clear(struct progress *progress)
{
    progress->since = 0;
}

/* Look at a peer, once a sweep. */
enum overdue
deadline_look(struct deadline *deadline, int64_t now, enum phase phase,
    int64_t at, const struct limits *limits, uint64_t written,
    const struct deadline_ask *ask, int fd)
{
    if (phase == PHASE_ANSWER)
        return !progress_is_over(&deadline->progress, written) &&
                       progress_stalled(&deadline->progress, now,
                           limits->stall_ms, written, ask->unacked(fd))
                   ? OVERDUE_STALLED
                   : OVERDUE_NOT;
    progress_clear(&deadline->progress);
    if (now < at) {
        deadline->reprieved = false;
        return OVERDUE_NOT;
    }
    if (!deadline->reprieved && ask->readable(fd)) {
        deadline->reprieved = true;
        return OVERDUE_NOT;
    }
    return phase == PHASE_LINE ? OVERDUE_LATE : OVERDUE_SILENT;
}
