#include "common/blocktable.h"

#include "common/chardetail.h"
#include "common/charindex.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Characters of a block that are looked at for a sample: in all blocks that
 * have letters, one is among them. */
#define SAMPLES 64

/* A row; the query is what charsearch takes for a block. */
static const char row_html[] =
    "<tr><td>{{first}}\xe2\x80\x93{{last}}<td>{{support}}{{sample}}"
    "<th scope=row><a href=\"/?query=block%3A{{url}}\">{{name}}</a>"
    "<td>{{count}}\n";

/* Whether a place has this name. */
static bool
is_place(const char *place, size_t length, const char *name)
{
    return strlen(name) == length && memcmp(place, name, length) == 0;
}

/* Put at a place of a row what stands for {{name}}. */
static void
fill_row(
    struct template *template, const char *name, size_t length, void *argument)
{
    const struct blocktable *table = argument;
    const char *block = table->block.name;
#define IS(place)         is_place(name, length, place)
#define PUT(escape, text) template_put(template, escape, text, strlen(text))

    if (IS("first"))
        PUT(TEMPLATE_RAW, table->first);
    else if (IS("last"))
        PUT(TEMPLATE_RAW, table->last);
    else if (IS("support"))
        PUT(TEMPLATE_RAW, table->support);
    else if (IS("sample"))
        template_put(
            template, TEMPLATE_HTML, table->sample, table->sample_length);
    else if (IS("url"))
        PUT(TEMPLATE_URL, block);
    else if (IS("name"))
        PUT(TEMPLATE_HTML, block);
    else {
        assert(IS("count"));
        template_put_number(template, table->block.count);
    }
#undef IS
#undef PUT
}

/* Find the character that shows best what a block is about, of its first ones;
 * if these are marks, also what it stands on. */
static void
find_sample(struct blocktable *table)
{
    static const char better[] = "LNSPM"; /* categories, the best first */
    const char *best = better + sizeof(better) - 1;
    const uint32_t row = table->block.part[1].row;
    const uint32_t end = table->block.part[1].end;

    table->sample_length = 0;
    for (uint32_t i = row; i < end && i < row + SAMPLES && best > better; i++) {
        uint32_t code;
        size_t length;
        const char *sample = charindex_character(i, &length, &code);
        const char *its = strchr(better, *chardetail_category(code));

        if (its == NULL || its >= best)
            continue;
        best = its;
        table->sample = sample;
        table->sample_length = length;
    }
    table->support = *best == 'M' ? "\xe2\x97\x8c" : "";
}

/* Go on to the next block; false when there are no more. */
static bool
next_block(struct blocktable *table)
{
    if (!charblock_next(&table->at, &table->block))
        return false;
    snprintf(
        table->first, sizeof(table->first), "%04" PRIX32, table->block.first);
    snprintf(table->last, sizeof(table->last), "%04" PRIX32, table->block.last);
    find_sample(table);
    template_begin(
        &table->template, row_html, sizeof(row_html) - 1, fill_row, table);
    return true;
}

/* Begin to write all rows. */
void
blocktable_begin(struct blocktable *table)
{
    table->at = 0;
    next_block(table);
}

/* Write the next bytes. */
size_t
blocktable_next(struct blocktable *table, char *buffer, size_t size, bool *last)
{
    size_t used = 0;

    do {
        bool whole = false;

        used +=
            template_next(&table->template, buffer + used, size - used, &whole);
        if (!whole)
            return used;
    } while (next_block(table));
    *last = true;
    return used;
}
