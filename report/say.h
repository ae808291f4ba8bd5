/*
 * say - running text on the terminal: broken at spaces, as wide as the terminal
 * is, within limits.
 */
#ifndef REPORT_SAY_H
#define REPORT_SAY_H

#include <stdio.h>

/*
 * Write a line of ASCII, a printf format, to `out`; where it is wider than the
 * terminal (or 100 columns) it goes on in indented lines. End the program when
 * memory runs out.
 */
void say(FILE *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
