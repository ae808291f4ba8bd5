/*
 * charword - the words of a query, as Python's \w+ cuts them.
 *
 * By the same Unicode data as the names. Nothing here allocates or fails.
 */
#ifndef COMMON_CHARWORD_H
#define COMMON_CHARWORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* No word of a name is longer, in bytes (in Unicode 15: 21). */
#define CHARWORD_MAX 32

/* A word of a query, in upper case; one that is longer than any of a name is
 * kept as far as it fits. */
struct charword {
    char text[CHARWORD_MAX];
    size_t length; /* of all of it */
};

/* Take the next word from *query, which ends before end and is moved past the
 * word; false when there is none. What is not UTF-8 separates words. ß becomes
 * SS. */
bool charword_next(const char **query, const char *end, struct charword *word);

/* Read the first character of text; return its length in bytes, or 0 when it is
 * none. */
size_t charword_decode(const char *text, size_t length, uint32_t *code);

/* What Python thinks of a code point, as bits of enum charindex_kind. */
unsigned charword_kind(uint32_t code);

#endif
