/*
 * table - the table on the terminal: for each scenario a sentence, a row per
 * metric, the twins against their controls, and what to keep in mind. At most
 * 100 columns wide. It is made from the runs alone, as report.json is.
 */
#ifndef REPORT_TABLE_H
#define REPORT_TABLE_H

#include "report/race.h"

#include <stdbool.h>
#include <stdio.h>

/*
 * Write the result of a race to `out`, with colours if `colour` is set;
 * `pinned` as in the placement.
 */
void table_race(FILE *out, const struct race *r, bool pinned, bool colour);

/*
 * Write what holds for all races together: how to read the table, and how
 * much chance may have done.
 */
void table_notes(FILE *out, struct race *const *races, size_t count,
    const struct placement *placement);

#endif
