/*
 * measure - one run: start a fresh server, load it, take all readings, stop
 * it.
 */
#ifndef REPORT_MEASURE_H
#define REPORT_MEASURE_H

#include "report/run/plan.h"
#include "report/run/run.h"

/* Which run. */
struct order {
    const struct scenario *scenario;
    enum subject subject;
    const char *arm;        /* "twin", "aa", "control" or "peer" */
    size_t block, position; /* from 1 */
    double started;         /* seconds since the comparison was begun */
    double rate;            /* open loop: requests per second */
    double burst;           /* SPECIAL_BURST: and in the burst */
};

/*
 * Perform a run and return it as an object of report.json, which the caller
 * owns. A run that fails says in `invalid` why. End the program when memory or
 * descriptors run out.
 */
json_t *measure(const struct order *order, const struct plan *plan);

#endif
