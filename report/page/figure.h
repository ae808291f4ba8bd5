/*
 * figure - what the figures of the page have in common: their frame, their
 * legend, and the servers whose curves they draw.
 */
#ifndef REPORT_FIGURE_H
#define REPORT_FIGURE_H

#include "report/page/chart.h"
#include "report/view.h"

#include <stdio.h>

#define FIGURE_WIDTH   380 /* of a chart: on a phone its text is readable */
#define FIGURE_HEIGHT  240

#define FIGURE_SERVERS 6

/*
 * Return the cell of server i, 0 <= i < FIGURE_SERVERS, in the order in which
 * curves are drawn, the twins and the peer above the controls; NULL when it
 * did not run. Its pen is figure_pen(i).
 */
const json_t *figure_cell(const json_t *scenario, size_t i);
enum chart_pen figure_pen(size_t i);

/* Open a figure: its heading. */
void figure_open(FILE *html, const char *title);

/* Write the entry of a pen in the legend of an open figure. */
void figure_key(FILE *html, enum chart_pen pen, const char *label);

/* Write the legend of all servers of a scenario. */
void figure_legend(FILE *html, const json_t *scenario);

/*
 * Draw the chart of an open figure, or say that it is missing, and close the
 * figure with what there is to know about it; `more` may be "".
 */
void figure_close(FILE *html, struct chart *c, const char *title,
    const char *note, const char *more);

#endif
