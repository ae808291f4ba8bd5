/*
 * meter - the line that says how far things are and how much time is left. It
 * is rewritten in place on standard error when that is a terminal. Where it is
 * none, as in a log, there is a line on standard output every half minute.
 */
#ifndef REPORT_METER_H
#define REPORT_METER_H

#include <stdbool.h>

struct meter {
    bool shown;
    double total, done; /* seconds, as planned */
    double skipped;     /* of those done: by earlier sessions */
    double said;        /* where it is no terminal: when, of the clock */
    double started;     /* seconds on the monotonic clock */
    double before;      /* seconds that earlier sessions took */
};

/* Start a line for work that is planned to take `total` seconds. */
void meter_start(struct meter *m, double total);

/* Show what is done next, a printf format. */
void meter_show(struct meter *m, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Count work as done that was planned to take so many seconds. */
void meter_add(struct meter *m, double seconds);

/* The same of work that an earlier session has done, and takes no time now. */
void meter_skip(struct meter *m, double seconds);

/* Return how many seconds have passed since meter_start(). */
double meter_elapsed(const struct meter *m);

/* Return the same with what earlier sessions took. */
double meter_overall(const struct meter *m);

/* Wipe the line, before something else is printed. */
void meter_wipe(struct meter *m);

#endif
