/*
 * advice - ten lines that answer "which should I choose?", each for a
 * situation, from the figures of one report.
 *
 * The situations are fixed; what is said about each follows from the verdicts
 * of the comparisons in the report by words_judge() and words_together(), so
 * that the same figures always give the same lines. Where a report has no
 * figure the line says so.
 */
#ifndef REPORT_ADVICE_H
#define REPORT_ADVICE_H

#include "report/words.h"

#define ADVICE_LINES 10

struct advice {
    const char *situation; /* "A few dozen busy clients" */
    enum choice choice;
    char *because;        /* sentences */
    const char *scenario; /* where most of it comes from; "" = none */
};

/*
 * Fill in the lines, in a fixed order. Free them with advice_free() before
 * the report.
 */
void advice_give(struct advice lines[ADVICE_LINES], const json_t *report);

/* Free what the lines hold. */
void advice_free(struct advice lines[ADVICE_LINES]);

#endif
