#include "report/load/series.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

/* Start a series. */
void
series_start(struct series *s, uint64_t start_ns, uint64_t step_ns)
{
    memset(s, 0, sizeof(*s));
    s->start_ns = start_ns;
    s->step_ns = step_ns;
    s->now = histogram_new();
}

/* Read a quantile even where few samples lie beyond it; it is only drawn. */
static uint64_t
quantile_of(const struct histogram *h, double q)
{
    return histogram_count(h) == 0 ? 0 : histogram_quantile(h, q).ns;
}

/* Finish the step that goes on. */
static void
finish_step(struct series *s, uint64_t outstanding)
{
    struct series_step *step;

    if ((s->count & (s->count - 1)) == 0) { /* full at each power of two */
        size_t room = s->count == 0 ? 1 : 2 * s->count;

        s->steps = reallocarray(s->steps, room, sizeof(*s->steps));
        if (s->steps == NULL)
            err(1, "series");
    }
    step = &s->steps[s->count++];
    step->replies = histogram_count(s->now);
    step->p50_ns = quantile_of(s->now, 0.5);
    step->p99_ns = quantile_of(s->now, 0.99);
    step->max_ns = s->now->max;
    step->outstanding = outstanding;
    if (step->replies > 0)
        histogram_clear(s->now);
}

/* Finish what is over. */
void
series_tick(struct series *s, uint64_t now, uint64_t outstanding)
{
    while (now >= s->start_ns + (s->count + 1) * s->step_ns)
        finish_step(s, outstanding);
}

/* Count one answer. */
void
series_record(struct series *s, uint64_t latency_ns)
{
    histogram_record(s->now, latency_ns);
}

/* Free a series. */
void
series_free(struct series *s)
{
    free(s->steps);
    free(s->now);
    memset(s, 0, sizeof(*s));
}
