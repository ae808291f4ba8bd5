#include "report/load/schedule.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* Draw how much of the rate, integrated over time, the next gap takes up. */
static double
next_units(struct schedule *s)
{
    double u;

    if (!s->poisson)
        return 1;
    u = (double)((rng_next(&s->rng) >> 11) + 1) / 0x1p53; /* (0, 1] */
    return -log(u);
}

/* Find the next arrival. */
static void
find_next(struct schedule *s)
{
    double units = next_units(s);

    for (;;) {
        double per_ns = s->steps[s->step].rate / 1e9;

        if (s->step + 1 == s->count || units < (s->step_end - s->at) * per_ns) {
            s->at += units / per_ns;
            return;
        }
        units -= (s->step_end - s->at) * per_ns;
        s->at = s->step_end;
        s->step++;
        s->step_end += s->steps[s->step].seconds * 1e9;
    }
}

/* Start over. */
void
schedule_start(struct schedule *s, uint64_t start_ns,
    const struct schedule_step *steps, size_t count, bool poisson,
    uint64_t seed)
{
    assert(count >= 1 && count <= SCHEDULE_STEPS_MAX);
    assert(steps[count - 1].rate > 0);
    memset(s, 0, sizeof(*s));
    memcpy(s->steps, steps, count * sizeof(*steps));
    rng_seed(&s->rng, seed);
    s->poisson = poisson;
    s->count = count;
    s->start_ns = start_ns;
    s->step_end = steps[0].seconds * 1e9;
    find_next(s);
}

/* Round to the nanosecond; what is lost does not add up. */
uint64_t
schedule_due(const struct schedule *s)
{
    return s->start_ns + (uint64_t)s->at;
}

/* Go on. */
void
schedule_advance(struct schedule *s)
{
    s->passed++;
    find_next(s);
}
