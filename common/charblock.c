#include "common/charblock.h"

#include "common/charindex.h"
#include "common/charindex_data.h"

#include <ctype.h>
#include <string.h>

/* The code point of a row. */
static uint32_t
code_of(uint32_t row)
{
    size_t length;
    uint32_t code;

    charindex_character(row, &length, &code);
    return code;
}

/* The first row of a control character that is not before code. */
static uint32_t
control_from(uint32_t code)
{
    uint32_t low = charindex_sizes.rows, high = charsearch_sizes.rows;

    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;

        if (code_of(middle) < code)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Take the rows from row to before end as a part of a block. */
static void
set_part(struct charblock *block, size_t part, uint32_t row, uint32_t end)
{
    block->part[part].row = row;
    block->part[part].end = end;
    block->count += end - row;
}

/* Find the rows of a block. */
static void
find_rows(struct charblock *block)
{
    const uint32_t row = charindex_row_from(block->first);
    const uint32_t end = charindex_row_from(block->last + 1);
    const uint32_t controls_end = control_from(block->last + 1);
    uint32_t controls_before = controls_end;

    if (row < end)
        controls_before = control_from(code_of(row));
    block->count = 0;
    set_part(block, 0, control_from(block->first), controls_before);
    set_part(block, 1, row, end);
    set_part(block, 2, controls_before, controls_end);
}

/* Get the name and the code points of a range, which may be between blocks;
 * false when there are no more. */
static bool
get_range(size_t n, struct charblock *block)
{
    const uint32_t start = chardetail_starts[CHARDETAIL_BLOCK];
    const uint32_t end = chardetail_starts[CHARDETAIL_BLOCK + 1];
    const struct chardetail_range *range = &chardetail_ranges[start + n];

    if (n >= end - start)
        return false;
    block->name = chardetail_texts + range->text;
    block->first = range->code;
    block->last = n + 1 < end - start ? range[1].code - 1 : 0x10ffff;
    return true;
}

/* Move past what does not matter in a name. */
static void
skip(const char **at, const char *end)
{
    while (*at < end && strchr(" \t-_", **at) != NULL && **at != '\0')
        ++*at;
}

/* How a text agrees with a name, but for what does not matter (UAX 44, LM3). */
enum likeness {
    OTHER,
    BEGINNING, /* of the name, more than nothing */
    SAME,
};

/* Compare a text with a name. */
static enum likeness
compare(const char *name, const char *text, size_t length)
{
    const char *const name_end = name + strlen(name), *const end =
                                                          text + length;

    skip(&text, end);
    if (text == end)
        return OTHER;
    for (;; name++, text++) {
        skip(&name, name_end);
        skip(&text, end);
        if (text == end)
            return name == name_end ? SAME : BEGINNING;
        if (name == name_end ||
            tolower((unsigned char)*name) != tolower((unsigned char)*text))
            return OTHER;
    }
}

/* Find the block with a name, or else the first whose name begins so. */
bool
charblock_find(const char *name, size_t length, struct charblock *block)
{
    struct charblock each;
    enum likeness best = OTHER;

    for (size_t n = 0; best < SAME && get_range(n, &each); n++) {
        const enum likeness likeness = compare(each.name, name, length);

        if (likeness <= best)
            continue;
        find_rows(&each);
        if (each.count == 0)
            continue;
        *block = each;
        best = likeness;
    }
    return best > OTHER;
}

/* All blocks as rows of a table. */
const char *
charblock_table(size_t *length)
{
    *length = strlen(charblock_html);
    return charblock_html;
}
