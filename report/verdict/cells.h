/*
 * cells - what one server did in one scenario: medians of its runs, merged
 * percentiles, what kept it from doing more, and the validity gates that it
 * failed. Made from the runs as they stand in report.json.
 */
#ifndef REPORT_CELLS_H
#define REPORT_CELLS_H

#include "report/scenarios.h"
#include "report/verdict/gates.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Return whether a high percentile is told for some runs of an arm and not for
 * others: those had too few requests, so the rest are a choice of the fast.
 */
bool arm_is_partial(
    const json_t *scenario, const struct arm *arm, enum metric m);

/*
 * Return the median of a metric over the runs of an arm: what suffers from
 * other work, over those of blocks that were not discarded, unless the machine
 * was too noisy anyway. NAN if there are none with a figure, if more than half
 * of them are only bounds, or if it is partial.
 */
double arm_median(const json_t *scenario, const struct arm *arm, enum metric m);

/*
 * Return the cells of a scenario that has its description and its runs; the
 * caller owns them.
 */
json_t *cells_of(const struct scenario *s, const json_t *scenario);

/*
 * Return the cell of a server in `cells`, or NULL.
 */
json_t *cell_find(const json_t *cells, const char *server);

#endif
