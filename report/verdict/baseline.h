/*
 * baseline - what has changed since an earlier report, by the same statistics.
 *
 * Block by block in the order in which they ran, the logarithms of a server's
 * figures then are subtracted from those now; estimate, interval, margin and
 * verdict are those of any comparison, and the band is the wider one of the two
 * reports. Two days are no two columns of one run, though: what the machine did
 * differently is in it. So there is no verdict where its pace (see pace.h) is
 * another one, where either report is too noisy for one, or where a gate spoils
 * the figures.
 */
#ifndef REPORT_BASELINE_H
#define REPORT_BASELINE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/*
 * Write to `out` how the primary figures of both twins have changed, a row
 * each. Return 0; or -1, having written why, when the reports are of two
 * machines or have no scenario in common that was loaded in the same way. The
 * texts of both reach `out` harmless.
 */
int baseline_compare(
    FILE *out, const json_t *now, const json_t *then, bool colour);

#endif
