/*
 * table - the table on the terminal: for each scenario a sentence, a row per
 * metric, the twins against their controls, and what to keep in mind. Rows have
 * up to 100 columns; running text has those of the terminal, from 60 to 100,
 * and 100 where `out` is none. It is made from report.json alone; the texts of
 * that may be somebody else's, and reach the terminal harmless.
 */
#ifndef REPORT_TABLE_H
#define REPORT_TABLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* Write a scenario of a report to `out`, with colours if `colour` is set. */
void table_scenario(FILE *out, const json_t *scenario, bool colour);

/*
 * Write what holds for all scenarios of a report together: how to read the
 * table, and how much chance may have done.
 */
void table_notes(FILE *out, const json_t *report);

/* Write a whole report: what was done, all scenarios, the notes. */
void table_report(FILE *out, const json_t *report, bool colour);

/*
 * Write text as a line, broken at spaces where there are not enough columns;
 * lines after the first are indented. It is UTF-8 without control characters.
 * table_say() takes a printf format.
 */
void table_wrapped(FILE *out, const char *text);
void table_say(FILE *out, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
