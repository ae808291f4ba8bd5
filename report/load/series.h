/*
 * series - a run over time: what happened in each step of so many
 * milliseconds, by the time at which an answer came.
 */
#ifndef REPORT_SERIES_H
#define REPORT_SERIES_H

#include "report/load/histogram.h"

#include <stddef.h>
#include <stdint.h>

/* One step; the quantiles are 0 when nothing was answered in it. */
struct series_step {
    uint64_t replies;
    uint64_t p50_ns, p99_ns, max_ns;
    uint64_t outstanding; /* due and unanswered, at the end of the step */
};

struct series {
    uint64_t start_ns, step_ns;
    struct series_step *steps; /* finished ones */
    size_t count;
    struct histogram *now; /* of the step that goes on */
};

/* Start an empty series of steps of `step_ns`; end the program without memory.
 */
void series_start(struct series *s, uint64_t start_ns, uint64_t step_ns);

/* Finish the steps that ended before `now`. */
void series_tick(struct series *s, uint64_t now, uint64_t outstanding);

/* Count an answer that came now, after the last tick. */
void series_record(struct series *s, uint64_t latency_ns);

/* Free what a series holds. */
void series_free(struct series *s);

#endif
