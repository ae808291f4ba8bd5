/*
 * schedule - when the requests of an open loop are due: fixed before the run,
 * by a rate and a seed, and never moved by what a server does.
 *
 * Arrivals are evenly spaced or a Poisson process. The rate may change in
 * steps; a gap that spans a step is filled at each rate in turn, so that
 * neither kind of arrival notices the step but in its rate. Two schedules of
 * the same seed are the same, to the nanosecond.
 */
#ifndef REPORT_SCHEDULE_H
#define REPORT_SCHEDULE_H

#include "report/rng.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A rate, and for how long; of the last step the time does not matter. */
struct schedule_step {
    double rate; /* requests per second; 0 = a pause */
    double seconds;
};

#define SCHEDULE_STEPS_MAX 4

struct schedule {
    struct rng rng;
    bool poisson;
    struct schedule_step steps[SCHEDULE_STEPS_MAX];
    size_t count, step;
    uint64_t start_ns;
    double at;       /* ns after the start, of the next arrival */
    double step_end; /* ns after the start */
    uint64_t passed; /* arrivals so far */
};

/*
 * Start a schedule at `start_ns`, with `count` steps, at most
 * SCHEDULE_STEPS_MAX, the last of a rate above 0.
 */
void schedule_start(struct schedule *s, uint64_t start_ns,
    const struct schedule_step *steps, size_t count, bool poisson,
    uint64_t seed);

/* Return when the next request is due. */
uint64_t schedule_due(const struct schedule *s);

/* Go on to the one after it. */
void schedule_advance(struct schedule *s);

#endif
