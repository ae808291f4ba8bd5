/*
 * charblock - the blocks of Unicode, and the rows of their characters.
 *
 * A block is a range of code points with a name: Arrows is U+2190 to U+21FF.
 * Here are those that hold a character that the finder knows, so no surrogates
 * and no private use.
 *
 *     struct charblock block;
 *
 *     if (charblock_find("arrows", 6, &block))
 *         printf("%s: %zu characters\n", block.name, block.count);
 *
 * By the same Unicode data as the names, and read-only. Nothing here allocates,
 * waits or fails; any thread may call it.
 */
#ifndef COMMON_CHARBLOCK_H
#define COMMON_CHARBLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The rows of control characters come after all others (charsearch.h): a block
 * may have some before, and some after those that are named. */
#define CHARBLOCK_PARTS 3

/* A block. */
struct charblock {
    const char *name;     /* "Latin-1 Supplement"; valid for ever */
    uint32_t first, last; /* code points, not all of which are assigned */
    size_t count;         /* of its characters, more than none */
    struct {
        uint32_t row, end;   /* from row to before end, for charindex_slice */
    } part[CHARBLOCK_PARTS]; /* its characters, in code point order */
};

/* Find the block with a name, in which case, spaces, hyphens and underscores
 * do not matter, or else the first whose name begins so. False when there is
 * none, and then *block means nothing. */
bool charblock_find(const char *name, size_t length, struct charblock *block);

/* All blocks as rows of an HTML table: the range of code points, a character
 * that shows what the block is about, the name, which is a link to
 * /?query=block%3A..., and the number of its characters. Valid for ever. */
const char *charblock_table(size_t *length);

#endif
