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

/* The rows, one after another, and where each begins (one more: the end).
 * Behind them are CHARINDEX_READABLE bytes more. */
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

/* --- The order by relevance ---------------------------------------------- */

/* How many of each there are. */
struct charsearch_sizes {
    uint32_t rows; /* those of charindex, and the control characters' */
    uint32_t terms;
    uint32_t phrases;
    uint32_t references; /* of HTML */
    uint32_t sequences;
};
extern const struct charsearch_sizes charsearch_sizes;

/* The rows that are likely to be meant come first: the number of a row in that
 * order is its rank. The rows by rank, and the ranks by row. */
extern const uint32_t charsearch_rows[];
extern const uint32_t charsearch_ranks[];

/* The ranks that a word in any of its forms occurs in, in a name or an alias:
 * as runs in charindex_runs (one more: the end). */
struct charsearch_list {
    uint32_t runs;
    uint32_t count; /* of ranks */
};
extern const struct charsearch_list charsearch_lists[];

/* The words in all their forms, and what is left of these without an ending, in
 * the order of their bytes (one more: the end); texts without NULs. */
struct charsearch_term {
    uint32_t text;       /* where in charsearch_texts */
    uint32_t list : 30;  /* which of charsearch_lists */
    uint32_t word : 1;   /* not just what is left of some */
    uint32_t spoken : 1; /* people may mean it: a word, not a sign, of a name
                            that was not made by a rule, or of an alias */
};
extern const struct charsearch_term charsearch_terms[];
extern const char charsearch_texts[];

/* What a character is called: the words of a name or alias, in any order, as
 * charsearch_hash of their lists; ascending (one more: the end). The ranks that
 * are called so, the best first. */
struct charsearch_phrase {
    uint64_t hash;
    uint32_t ranks; /* where in charsearch_called */
};
extern const struct charsearch_phrase charsearch_phrases[];
extern const uint32_t charsearch_called[];

/* Ranks of one phrase, at most. */
#define CHARSEARCH_CALLED_MAX 32

/* The character references of HTML, "hearts", in the order of their bytes (one
 * more: the end). */
struct charsearch_reference {
    uint32_t text; /* where in charsearch_reference_texts */
    uint32_t code;
};
extern const struct charsearch_reference charsearch_references[];
extern const char charsearch_reference_texts[];

/* What identifies a set of lists, in ascending order (FNV-1a). With 64 bits no
 * query meets the hash of a phrase that it is not, by chance. */
static inline uint64_t
charsearch_hash(const uint32_t *lists, size_t count)
{
    uint64_t hash = UINT64_C(14695981039346656037);

    for (size_t i = 0; i < count; i++) {
        for (int shift = 0; shift < 32; shift += 8)
            hash =
                (hash ^ (lists[i] >> shift & 0xff)) * UINT64_C(1099511628211);
    }
    return hash;
}

/* Bytes of an emoji that is several characters, at most. */
#define CHARSEARCH_SEQUENCE_MAX 63

/* Emoji that are several characters, by what they are called: the sum of
 * charsearch_word of the words without their endings, but for the weak ones;
 * ascending (one more, of no words: 0). */
struct charsearch_sequence {
    uint64_t words;
    uint32_t text; /* where in charsearch_sequence_texts; ends in a NUL */
};
extern const struct charsearch_sequence charsearch_sequences[];
extern const char charsearch_sequence_texts[];

/* What identifies a word, also among a few that are added up (FNV-1a). */
static inline uint64_t
charsearch_word(const char *text, size_t length)
{
    uint64_t hash = UINT64_C(14695981039346656037);

    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)text[i]) * UINT64_C(1099511628211);
    return hash;
}

/* --- What is known of single characters ---------------------------------- */

/* What of a character there may be a text about. */
enum chardetail_property {
    CHARDETAIL_CATEGORY,      /* "So" */
    CHARDETAIL_BLOCK,         /* "Basic Latin" */
    CHARDETAIL_SCRIPT,        /* "Old_Italic" */
    CHARDETAIL_AGE,           /* "1.1" */
    CHARDETAIL_DECOMPOSITION, /* "<compat> 0020 0301" */
    CHARDETAIL_ALIASES,       /* "valentine, heart suit" */
    CHARDETAIL_KEYWORDS,      /* "card, game" */
    CHARDETAIL_REFERENCE,     /* "hearts" */
    CHARDETAIL_PROPERTIES,
};

/* From which code point on a property is which text: where in chardetail_texts,
 * which ends in a NUL; "" where there is none. Property after property, from
 * chardetail_starts[property] on. */
struct chardetail_range {
    uint32_t code;
    uint32_t text;
};
extern const struct chardetail_range chardetail_ranges[];
extern const uint32_t chardetail_starts[];
extern const char chardetail_texts[];

/* The rows of the table of blocks, in HTML, which ends in a NUL. */
extern const char charblock_html[];

/* --- The hash table of words --------------------------------------------- */

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
