/*
 * measure - one run: start a fresh server, load it, take all readings, stop
 * it. Where scenarios differ in the number of connections only, one process
 * can serve all of them: then each is a stage of it.
 */
#ifndef REPORT_MEASURE_H
#define REPORT_MEASURE_H

#include "report/run/plan.h"
#include "report/run/run.h"

#define MEASURE_STAGES_MAX 8

/* A scenario, and how fast an open loop asks in it. */
struct stage {
    const struct scenario *scenario;
    double rate;  /* open loop: requests per second */
    double burst; /* SPECIAL_BURST: and in the burst */
};

/* Which run; in several scenarios, one after the other in the same process. */
struct order {
    const struct stage *stages;
    size_t count; /* MEASURE_STAGES_MAX at most */
    enum subject subject;
    const char *arm;        /* "twin", "control" or "peer" */
    size_t block, position; /* from 1 */
    double started;         /* seconds since the comparison was begun */
};

/* Make the run of one stage of an order ready to be filled in. */
void measure_begin(struct run *run, const struct stage *stage,
    const struct order *order, const struct plan *plan);

/*
 * Perform a run and return it as an array, which the caller owns, with an
 * object of report.json for each stage. A run that fails says in `invalid` why.
 * End the program when memory or descriptors run out.
 */
json_t *measure(const struct order *order, const struct plan *plan);

#endif
