/*
 * words - figures of a report in words, with no more digits than they carry.
 *
 * Each function writes into a buffer of WORDS_MAX bytes, which it returns; a
 * text that does not fit is cut off.
 */
#ifndef REPORT_WORDS_H
#define REPORT_WORDS_H

#include "report/view.h"

#define WORDS_MAX 320

/* What a comparison of the twins, or several, come down to. */
enum choice {
    CHOICE_EVENTS,
    CHOICE_THREADS,
    CHOICE_LEANS_EVENTS, /* direction known, size not */
    CHOICE_LEANS_THREADS,
    CHOICE_EITHER,  /* no difference that matters */
    CHOICE_DEPENDS, /* some this, some that */
    CHOICE_OPEN,    /* too few or too unsteady runs to tell */
    CHOICE_INVALID, /* a validity gate failed */
    CHOICE_NONE     /* not measured, or nothing to judge by */
};

/* Return the choice in a word or two: "events", "leans to threads". */
const char *words_choice(enum choice c);

/* Return the name of the class by which style.css knows a choice. */
const char *words_choice_class(enum choice c);

/* Return what a comparison of events with threads comes down to. */
enum choice words_judge(const json_t *comparison);

/* Return what n choices come down to together. */
enum choice words_together(const enum choice *choices, size_t n);

/* Return the name of a metric: "requests per second". */
const char *words_metric(const json_t *report, const char *metric);

/* Write a whole number with separators: "12,345". */
char *words_count(char *buf, double n);

/* Write a number with `digits` that count: "12,345", "0.0451", "-". */
char *words_number(char *buf, double x, int digits);

/* Write a time in ns with its unit: "12.3 ms". */
char *words_time(char *buf, double ns);

/* Write a number of bytes with its unit: "33.8 KiB". */
char *words_bytes(char *buf, double bytes);

/* Write a value of a metric with its unit: "174,976/s", "539 µs". */
char *words_value(char *buf, const char *metric, double value);

/* Write a ratio with its interval: "1.32x (1.28 to 1.36)". */
char *words_span(char *buf, struct span s);

/* Write the estimate of a comparison, a ratio or a difference. */
char *words_estimate(char *buf, const json_t *comparison);

/* Write a share of one: "3 %", "12.5 %". */
char *words_share(char *buf, double share);

/*
 * Write what a comparison of events with threads found, no stronger than its
 * verdict, without a full stop: "events serve 1.32x (1.28 to 1.36) the
 * requests per second of threads, 171,000/s against 130,000/s".
 */
char *words_finding(char *buf, const json_t *comparison);

#endif
