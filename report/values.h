/*
 * values - JSON values as report.json has them, and reading them back.
 *
 * Memory exhaustion ends the program.
 */
#ifndef REPORT_VALUES_H
#define REPORT_VALUES_H

#include <jansson.h>
#include <stdint.h>

/* Return a number, or null where there is none: JSON knows no NAN. */
json_t *value_number(double x);

/* Return a text, or null for NULL and "". */
json_t *value_text(const char *s);

/* Return an unsigned number. */
json_t *value_count(uint64_t n);

/* Return 16 hexadecimal digits, or null for 0. */
json_t *value_digest(uint64_t digest);

/* Return the number under a key; NAN when it is not there or null. */
double get_number(const json_t *o, const char *key);

/*
 * Return the whole number under a key, up to 2^53; 0 when it is not there or is
 * no such number.
 */
uint64_t get_count(const json_t *o, const char *key);

/* Return the text under a key, "" when there is none; the object's. */
const char *get_text(const json_t *o, const char *key);

/* Return the text that an element is, "" when it is none; the element's. */
const char *text_of(const json_t *element);

/*
 * Return a text as a terminal may be shown it, in which nothing moves a cursor,
 * colours, or turns the direction of writing (see log_harmless()); free it.
 */
char *text_harmless(const char *text);

/* Return whether what is under the key is true. */
int get_bool(const json_t *o, const char *key);

#endif
