/*
 * charsearch - characters by what people call them, the likely ones first.
 *
 * charindex finds what the published finder finds: names that have all words
 * of a query, as they are spelt, in code point order. This finds more, and
 * orders it by relevance. It is what the finder's page and charfind use; the
 * terminal keeps to what is published.
 *
 *  - A word is found in any form (wordform.h), in names and in what else the
 *    characters are called (common/ucd/keywords.txt): "right arrow" is
 *    RIGHTWARDS ARROW, "tm" TRADE MARK SIGN, "lf" the control character U+000A,
 *    "!=" NOT EQUAL TO.
 *  - If a word is nowhere, the last one may be the beginning of some, which
 *    then count as alternatives ("hea"). Any other is taken for the nearest
 *    word, or for two words written together; charsearch_correction says so.
 *  - Where all words together are an emoji of several characters, "rainbow
 *    flag", its parts are found; charsearch_sequence says which one it is.
 *  - If words such as "sign" and "symbol" are too many, they are left out:
 *    "pi symbol" finds GREEK SMALL LETTER PI.
 *  - A number in any form of charcode.h is that character, and so is a single
 *    character, also one that is written as several (e and an accent).
 *  - "block:" and the name of a block, or its beginning, are all its characters
 *    in the order of code points.
 *  - Where nothing is found, the characters of a query that are not just ASCII
 *    letters are shown one by one: the parts of an emoji sequence.
 *
 * The order: first the characters that are given by number or as such; then
 * those called exactly so, by name, by alias, by a keyword, in that order, and
 * within each the common ones first; then all others, those with the fewest
 * words in their shortest name first, then the common ones, then by code point.
 * That order is made when the project is built, so an answer is a cursor, as
 * charindex_set is, and a long one costs no more to begin.
 *
 *     struct charsearch search;
 *     struct charindex_run run;
 *
 *     charsearch_find(&search, CHARSEARCH_RELEVANCE, "arrow right", 11);
 *     while (charsearch_take(&search, SIZE_MAX, &run))
 *         while (charindex_cut(&run, &row))
 *             ...
 *
 * A control character has a row, too; its text is the character itself, and its
 * name the first of its aliases. All data is read-only; nothing here allocates,
 * reads, waits or fails. Any thread may call it, one at a time for each search.
 */
#ifndef COMMON_CHARSEARCH_H
#define COMMON_CHARSEARCH_H

#include "common/charblock.h"
#include "common/charindex.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The most rows that stand before all others. */
#define CHARSEARCH_FIRST 32

/* Words of a query that may be corrected; each takes some 100 us. */
#define CHARSEARCH_CORRECTIONS 2

/* The longest corrected query, in bytes; who needs more finds nothing. */
#define CHARSEARCH_CORRECTED_MAX 64

/* In which order, and by which rules. */
enum charsearch_order {
    CHARSEARCH_PUBLISHED, /* charindex_find's, and code points ascending */
    CHARSEARCH_RELEVANCE,
};

/* What is found, and not yet taken; some 1 KB. Its members are charsearch's
 * own. */
struct charsearch {
    enum charsearch_order order;
    uint32_t first[CHARSEARCH_FIRST]; /* ranks before all others, in order, */
    uint32_t known[CHARSEARCH_FIRST]; /* and in ascending order */
    uint32_t firsts, taken, passed;
    uint32_t low, high;        /* ranks that follow, out of: */
    struct charindex_set rest; /* what the words find: ranks, or, as it was
                                  published, rows */
    struct charblock block;    /* that was asked for, and which of its parts */
    size_t part;               /* comes next; CHARBLOCK_PARTS: none */
    size_t count;              /* of all that was found */
    const char *sequence;      /* whose parts these are, or "" */
    size_t corrected_length;
    char corrected[CHARSEARCH_CORRECTED_MAX];
};

/*
 * Find what a query, which need not end in NUL nor be UTF-8, asks for. It is
 * not kept. White space at both ends does not count. An empty query finds
 * nothing.
 */
void charsearch_find(struct charsearch *search, enum charsearch_order order,
    const char *query, size_t length);

/* How many characters are found; taking them changes nothing. */
size_t charsearch_count(const struct charsearch *search);

/* Take the next characters, at most max, as one slice; false, and *run is left
 * alone, when there are none or max is 0. The slice is as long as the order
 * allows. */
bool charsearch_take(
    struct charsearch *search, size_t max, struct charindex_run *run);

/* Take count characters and forget them; all, when there are no more. */
void charsearch_skip(struct charsearch *search, size_t count);

/* What to show of a row instead of a control character, in UTF-8 and not
 * NUL-terminated: its picture, U+240A for U+000A, or U+FFFD for those that have
 * none; of other rows, the character. Valid as long as row's texts are. */
const char *charsearch_shown(const struct charindex_row *row, size_t *length);

/*
 * The words that were searched for, in lower case, when that is not what was
 * asked: a word was not known, and another is meant. *length is 0 when nothing
 * was corrected. Not NUL-terminated; valid as long as search is.
 */
const char *charsearch_correction(
    const struct charsearch *search, size_t *length);

/*
 * The emoji of several characters that the query is the name of, and whose
 * parts were found; "" when it is of none. UTF-8 of fewer than
 * CHARSEARCH_CORRECTED_MAX bytes that ends in a NUL and is valid for ever.
 */
const char *charsearch_sequence(const struct charsearch *search);

#endif
