/*
 * blocks - the part of the compiler that makes the table of blocks.
 *
 * It is the same for everybody who asks for /blocks, so it is written here as
 * HTML, and the finder only has to send it. A row has a range of code points, a
 * character that shows what the block is about, a link that searches for the
 * block (charsearch.h), and the number of its characters.
 */
#include "common/charindex_data.h"
#include "common/ucd/compile.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

/* Characters of a block that are looked at for a sample: in all blocks that
 * have letters, one is among them. */
#define SAMPLES 64

/* A block, and what of it has rows. */
struct block {
    const char *name;
    uint32_t first, last;
    uint32_t count;  /* of characters that have rows */
    uint32_t named;  /* of those that have names as well */
    uint32_t sample; /* one of these that can be seen, if there is one */
    const char *its; /* its category's place among the better ones */
};

/* Categories of samples, the best first. */
static const char better[] = "LNSPM";

/* What there is of a character. */
static enum { NOTHING, ROW, NAME } has[CODES];

/* Look at a character of a block. */
static void
add_character(struct block *block, uint32_t code)
{
    const char *its =
        strchr(better, *properties_get(CHARDETAIL_CATEGORY, code));

    block->count += has[code] != NOTHING;
    if (has[code] != NAME || block->named++ >= SAMPLES)
        return;
    if (its != NULL && its < block->its) {
        block->its = its;
        block->sample = code;
    }
}

/* Write the sample of a block; a mark stands on something. */
static void
write_sample(const struct block *block)
{
    char utf8[4];

    if (*block->its == '\0')
        return;
    if (*block->its == 'M')
        compile_bytes("\u25cc", 3);
    compile_bytes(utf8, compile_encode(utf8, block->sample));
}

/* Write the name of a block within an address. */
static void
write_address(const char *name)
{
    for (; *name != '\0'; name++) {
        if (isalnum((unsigned char)*name))
            fputc(*name, compile_output);
        else
            fprintf(compile_output, "%%%02x", (unsigned char)*name);
    }
}

/* Write a block as a row. */
static void
write_row(const struct block *block)
{
    for (const char *c = block->name; *c != '\0'; c++)
        if (!isalnum((unsigned char)*c) && strchr(" -", *c) == NULL)
            compile_die("%s: a strange name of a block", block->name);
    fprintf(compile_output, "\"<tr><td>%04" PRIX32 "\u2013%04" PRIX32 "<td>",
        block->first, block->last);
    write_sample(block);
    fputs("<th scope=row><a href=\\\"/?query=block%3A", compile_output);
    write_address(block->name);
    fprintf(compile_output, "\\\">%s</a><td>%" PRIu32 "\\n\"\n", block->name,
        block->count);
}

/* Write the table. */
void
blocks_write(void)
{
    struct block block;

    for (uint32_t i = 0; i < compile_row_count; i++)
        has[compile_rows[i].code] = i < compile_named ? NAME : ROW;
    fputs("const char charblock_html[] =\n\"\"\n", compile_output);
    for (uint32_t code = 0; code < CODES; code = block.last + 1) {
        block = (struct block) {
            .name = properties_get(CHARDETAIL_BLOCK, code),
            .first = code,
            .its = better + sizeof(better) - 1,
        };
        /* Equal texts are the same text. */
        for (; code < CODES &&
               properties_get(CHARDETAIL_BLOCK, code) == block.name;
             code++) {
            add_character(&block, code);
            block.last = code;
        }
        if (*block.name != '\0' && block.count > 0)
            write_row(&block);
    }
    fputs(";\n\n", compile_output);
}
