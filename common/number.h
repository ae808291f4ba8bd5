/*
 * number - checked integers from text.
 *
 * One reader for numbers on the wire and on the command line. Unlike strtoll
 * it takes exactly [+-]?[0-9]+ and nothing around it, needs no NUL at the end,
 * knows no locale, and tells a number out of range from no number at all.
 */
#ifndef COMMON_NUMBER_H
#define COMMON_NUMBER_H

#include <stddef.h>
#include <stdint.h>

enum number_status {
    NUMBER_OK,
    NUMBER_MALFORMED, /* not [+-]?[0-9]+ */
    NUMBER_RANGE,     /* an integer, but not one of 64 bits */
};

/* The longest text that number_write produces: a sign and 19 digits. */
#define NUMBER_MAX 20

/* Read a 64-bit signed integer; *value is set only with NUMBER_OK. */
enum number_status number_read(const char *text, size_t length, int64_t *value);

/*
 * Write value in decimal, without a NUL, into text (at least NUMBER_MAX
 * bytes); return its length. printf spends more time on this than the rest of
 * a guess takes.
 */
size_t number_write(char *text, int64_t value);

#endif
