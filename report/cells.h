/*
 * cells - what one server did in one scenario: medians of its runs, merged
 * percentiles, what kept it from doing more, and the validity gates that it
 * failed. Made from the runs as they stand in report.json.
 *
 * A gate of arithmetic or correctness spoils a cell when one run fails it: then
 * something is broken. A gate that the machine's moods can trip spoils it when
 * more than one run in five does. Runs of discarded blocks do not count.
 */
#ifndef REPORT_CELLS_H
#define REPORT_CELLS_H

#include "report/scenarios.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Which of a scenario's runs are meant. */
struct arm {
    const char *server; /* its name; NULL = any */
    const char *arm;    /* "aa", or NULL = any but that */
    size_t block;       /* from 1; 0 = all */
};

/* Return whether a run belongs to an arm. */
bool arm_has(const struct arm *arm, const json_t *run);

/* Return whether a block of a scenario was discarded. */
bool block_is_discarded(const json_t *scenario, size_t block);

/*
 * Return the median of a metric over the runs of an arm; NAN if there are
 * none with a figure.
 */
double arm_median(const json_t *runs, const struct arm *arm, enum metric m);

/*
 * Return the cells of a scenario that has its description and its runs; the
 * caller owns them.
 */
json_t *cells_of(const struct scenario *s, const json_t *scenario);

/*
 * Return the cell of a server in `cells`, or NULL.
 */
json_t *cell_find(const json_t *cells, const char *server);

/*
 * Add to the array `names` the gates of a cell that spoil a metric, each once.
 */
void cell_gates(const json_t *cell, enum metric m, json_t *names);

#endif
