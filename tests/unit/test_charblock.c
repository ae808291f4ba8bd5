#include "common/charblock.h"

#include "common/charindex.h"

#include "tests/unit/guard.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <unicode/uchar.h>

#define CODES 0x110000

/* Whether the finder has a row of a character. */
static bool
has_row(uint32_t code)
{
    return u_charType((UChar32)code) == U_CONTROL_CHAR ||
           charindex_row_of(code) < charindex_row_of(UINT32_MAX);
}

/* Check the rows of a block against the code points that ICU has in it. */
static void
check_block(const struct charblock *block)
{
    const int32_t number =
        u_getIntPropertyValue((UChar32)block->first, UCHAR_BLOCK);
    uint32_t code = block->first;
    size_t count = 0;

    for (size_t i = 0; i < CHARBLOCK_PARTS; i++) {
        struct charindex_run run;
        struct charindex_row row;

        ck_assert_uint_le(block->part[i].row, block->part[i].end);
        charindex_slice(block->part[i].row, block->part[i].end, &run);
        for (; charindex_cut(&run, &row); code++, count++) {
            while (code < row.code)
                ck_assert_msg(!has_row(code), "U+%04X", code), code++;
            ck_assert_uint_eq(row.code, code);
            ck_assert_int_eq(
                u_getIntPropertyValue((UChar32)code, UCHAR_BLOCK), number);
        }
    }
    for (; code <= block->last; code++)
        ck_assert_msg(!has_row(code), "U+%04X", code);
    ck_assert_uint_eq(count, block->count);
    ck_assert_uint_gt(count, 0);
}

/* The name of the block that a character is in, by ICU: "Basic_Latin". */
static const char *
name_of(uint32_t code)
{
    return u_getPropertyValueName(UCHAR_BLOCK,
        u_getIntPropertyValue((UChar32)code, UCHAR_BLOCK),
        U_LONG_PROPERTY_NAME);
}

TEST(blocks_have_the_characters_that_icu_knows)
{
    size_t total = 0, expected = 0;

    for (uint32_t first = 0, end; first < CODES; first = end) {
        const char *name = name_of(first);
        struct charblock block;
        size_t count = 0;

        for (end = first; end < CODES && name_of(end) == name; end++)
            count += has_row(end);
        expected += count;
        if (strcmp(name, "No_Block") == 0)
            ck_assert_uint_eq(count, 0);
        else if (count == 0)
            ck_assert(!charblock_find(name, strlen(name), &block));
        else {
            ck_assert_msg(
                charblock_find(name, strlen(name), &block), "%s", name);
            ck_assert_uint_eq(block.first, first);
            ck_assert_uint_eq(block.last, end - 1);
            check_block(&block);
            total += block.count;
        }
    }
    ck_assert_uint_eq(total, expected);
}

/* Names as people write them, and the first code point; 1: there is none. */
static const struct {
    const char *name;
    uint32_t first;
} names[] = {
    { "Arrows", 0x2190 },
    { "ARROWS", 0x2190 },
    { " arrows\t", 0x2190 },
    { "Latin-1 Supplement", 0x80 },
    { "latin_1_supplement", 0x80 },
    { "latin1supplement", 0x80 },
    { "BasicLatin", 0 },
    { "CJK Unified Ideographs", 0x4e00 },
    { "CJK Unified Ideographs Extension A", 0x3400 },
    { "arrow", 0x2190 },
    { "greek", 0x370 },
    { "greek e", 0x1f00 },
    { "CJK unified ideographs ext", 0x3400 },
    { "a", 0x530 },
    { "h", 0x590 },
    { "arrowss", 1 },
    { "rrows", 1 },
    { "", 1 },
    { " -", 1 },
    { "High", 1 },
    { "High Surrogates", 1 },
    { "Private Use Area", 1 },
};

TEST(a_block_is_found_by_its_name, .times = COUNT(names))
{
    const char *name = names[_i].name;
    struct charblock block;
    const bool found =
        charblock_find(guard_copy(name, strlen(name)), strlen(name), &block);

    ck_assert_int_eq(found, names[_i].first != 1);
    if (found)
        ck_assert_uint_eq(block.first, names[_i].first);
}

TEST(a_nul_is_part_of_no_name)
{
    struct charblock block;

    ck_assert(!charblock_find("arrows\0", 7, &block));
}
