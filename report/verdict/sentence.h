/*
 * sentence - what a scenario comes down to, in words that are no stronger than
 * the verdict; and numbers as table and sentence write them.
 */
#ifndef REPORT_SENTENCE_H
#define REPORT_SENTENCE_H

#include "report/metrics.h"

#include <jansson.h>
#include <stddef.h>

#define SENTENCE_NUMBER 48 /* bytes that any number fits in */

/* Write a value with the decimals of its metric, or "-". */
void sentence_value(char *buf, enum metric m, double value);

/*
 * Write estimate and 95 % interval of a comparison, or "-" for what is not
 * known or must not be claimed.
 */
void sentence_estimate(const json_t *comparison, char *center, char *interval);

/*
 * Return the sentence of a scenario whose comparisons are made. The caller
 * frees it.
 */
char *sentence_of(const json_t *scenario);

#endif
