/*
 * charindex_data - the tables behind charindex.
 *
 * Written by ucd-compile when the project is built, read by charindex.c;
 * nothing else includes this. A "row" is a character's number in code point
 * order among the named ones, so that neighbouring characters have
 * neighbouring numbers. There is no pointer in any table, so nothing is
 * relocated when a program starts and all processes share the pages.
 */
#ifndef COMMON_CHARINDEX_DATA_H
#define COMMON_CHARINDEX_DATA_H

#include <stddef.h>
#include <stdint.h>

/* How many of each there are. */
struct charindex_sizes {
    uint32_t rows;
    uint32_t words;
    uint32_t slots;  /* a power of two */
    uint32_t blocks; /* without the last, which ends the one before */
    uint32_t kinds;
};
extern const struct charindex_sizes charindex_sizes;

/* The columns of a row's label, filled up with spaces, before its tab. */
#define CHARINDEX_LABEL_COLUMNS 7

/* The rows, one after another, and where each begins (one more: the end). */
extern const char charindex_rows[];
extern const uint32_t charindex_row_at[];

/* Rows next to each other with code points next to each other. The last block
 * holds nothing. */
struct charindex_block {
    uint32_t code; /* of its first character */
    uint32_t row;
};
extern const struct charindex_block charindex_blocks[];

/* The words, the most frequent first (one more: the end), their texts without
 * NULs, and the rows that each occurs in, as runs in ascending order. */
struct charindex_entry {
    uint32_t text; /* where in charindex_texts */
    uint32_t runs; /* where in charindex_runs */
    uint32_t count;
};
extern const struct charindex_entry charindex_words[];
extern const char charindex_texts[];
extern const uint32_t charindex_runs[];

/* A run is its first row, and in the low bits its length less one. A longer
 * run is written as several. */
#define CHARINDEX_RUN_BITS 14
#define CHARINDEX_RUN_MAX  (UINT32_C(1) << CHARINDEX_RUN_BITS)
#define CHARINDEX_ROWS_MAX (UINT32_C(1) << (32 - CHARINDEX_RUN_BITS))

/* A hash table with linear probing: 1 + the word's number, or 0. */
extern const uint32_t charindex_slots[];

/* What a code point is, as Python sees it: from which on, and in the low bits
 * what they all are. */
enum charindex_kind {
    CHARINDEX_PRINTABLE = 1, /* str.isprintable */
    CHARINDEX_IN_WORD = 2,   /* \w */
    CHARINDEX_SPACE = 4,     /* str.isspace */
};
#define CHARINDEX_KIND_BITS 3
extern const uint32_t charindex_kinds[];

/* Where to look for a word first (FNV-1a). */
static inline uint32_t
charindex_hash(const char *text, size_t length)
{
    uint32_t hash = UINT32_C(2166136261);

    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)text[i]) * UINT32_C(16777619);
    return hash ^ hash >> 15;
}

#endif
