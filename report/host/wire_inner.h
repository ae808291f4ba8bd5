/*
 * wire_inner - what the files of wire share, and nobody else includes: numbers
 * and texts of an object, by their keys. Those of a table are members of a
 * struct, uint64_t or double as the table is of counts or of numbers.
 */
#ifndef REPORT_WIRE_INNER_H
#define REPORT_WIRE_INNER_H

#include "report/host/wire.h"

/* A number that is written and read. */
struct wire_field {
    const char *key;
    size_t at;  /* in its struct */
    double max; /* and of its negative, if it may be one */
};

/* Add a value that the object takes over; end the program without memory. */
void wire_add(json_t *o, const char *key, json_t *value);

/* Write the counts that are not 0, and the numbers that are finite. */
void wire_add_counts(
    json_t *o, const struct wire_field *fields, size_t count, const void *of);
void wire_add_numbers(
    json_t *o, const struct wire_field *fields, size_t count, const void *of);

/* Read a count, 0 where it is missing, or a number, NAN where it is. Return
 * false when it is another thing, or beyond its bound. */
bool wire_take_count(const json_t *o, const char *key, double max, uint64_t *n);
bool wire_take_number(const json_t *o, const char *key, double max, double *x);

/* Read all of a table. */
bool wire_take_counts(
    const json_t *o, const struct wire_field *fields, size_t count, void *of);
bool wire_take_numbers(
    const json_t *o, const struct wire_field *fields, size_t count, void *of);

/* Take a text, harmless and as much of it as there is room for. */
void wire_take_text(const json_t *o, const char *key, char *text, size_t size);

#endif
