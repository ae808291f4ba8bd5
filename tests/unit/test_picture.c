#include "common/picture.h"

#include "common/countries.h"
#include "tests/unit/guard.h"
#include "tests/unit/unit.h"

#include <gif_lib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A picture that a decoder reads. */
struct reading {
    const char *code;
    uint64_t size, at;
};

/* Give the decoder the next bytes. */
static int
read_on(GifFileType *file, GifByteType *bytes, int length)
{
    struct reading *reading = file->UserData;
    const uint64_t left = reading->size - reading->at;

    if (left < (uint64_t)length)
        length = (int)left;
    picture_read(reading->code, reading->size, reading->at, (char *)bytes,
        (size_t)length);
    reading->at += (uint64_t)length;
    return length;
}

/* Check the comment: the lines of these places in the file. */
static void
check_comment(const ExtensionBlock *block, int blocks, const char *code)
{
    unsigned long place = 36, shown = 0;
    char line[40];

    for (int i = 0; i < blocks; i++) {
        place++; /* the block's length */
        for (int at = 0; at < block[i].ByteCount; at++, place++) {
            if (shown != place / 16 * 16) {
                shown = place / 16 * 16;
                sprintf(line, "%s %012lu\n", code, shown);
            }
            if (block[i].Bytes[at] != line[place % 16])
                ck_assert_int_eq(block[i].Bytes[at], line[place % 16]);
        }
    }
}

/* A decoder finds a pixel of the right colour, the comment, and the end. */
static void
check_picture(const char *code, uint64_t size)
{
    struct reading reading = { code, size, 0 };
    GifFileType *file = DGifOpen(&reading, read_on, NULL);
    GifColorType colour;

    ck_assert_ptr_nonnull(file);
    ck_assert_msg(DGifSlurp(file) == GIF_OK, "%s of %llu bytes is no GIF: %s",
        code, (unsigned long long)size, GifErrorString(file->Error));
    /* The reader is at the end: the file has no byte more. */
    ck_assert_uint_eq(reading.at, size);
    ck_assert_int_eq(file->ImageCount, 1);
    ck_assert(file->SWidth == 1 && file->SHeight == 1);
    ck_assert_int_eq(file->SavedImages->RasterBits[0], 0);
    colour = file->SColorMap->Colors[0];
    ck_assert_int_eq(colour.Red, (code[0] - 'A') * 10);
    ck_assert_int_eq(colour.Green, (code[1] - 'A') * 10);
    ck_assert_int_eq(colour.Blue, 128);
    ck_assert_int_eq(file->ExtensionBlocks->Function, COMMENT_EXT_FUNC_CODE);
    check_comment(file->ExtensionBlocks, file->ExtensionBlockCount, code);
    ck_assert_int_eq(DGifCloseFile(file, NULL), GIF_OK);
}

TEST(a_decoder_reads_pictures_of_every_size)
{
    for (uint64_t size = PICTURE_MIN; size < 1100; size++)
        check_picture("AD", size);
    check_picture("ZW", 13355);
    check_picture("AZ", 300000);
}

TEST(a_decoder_reads_the_pictures_of_all_countries)
{
    for (size_t i = 0; i < countries_count(); i++)
        check_picture(countries_code(i), picture_book_size(i));
}

TEST(pieces_are_those_of_the_whole)
{
    static const uint64_t sizes[] = { 40, 41, 294, 295, 296, 550, 551, 1193 };

    for (size_t s = 0; s < sizeof(sizes) / sizeof(*sizes); s++) {
        char whole[2000];

        picture_read("BR", sizes[s], 0, whole, sizes[s]);
        for (uint64_t from = 0; from <= sizes[s]; from++)
            for (size_t length = 0; length <= sizes[s] - from;
                 length += 1 + length / 9) {
                char *piece = guard_room(length);

                picture_read("BR", sizes[s], from, piece, length);
                ck_assert_mem_eq(piece, whole + from, length);
            }
    }
}

TEST(the_largest_has_its_last_bytes)
{
    static const char end[] = "\nAD 999999999984\n";
    char bytes[20], expected[20];

    memcpy(expected, end, 17);
    picture_read("AD", PICTURE_MAX, PICTURE_MAX - 20, bytes, 20);
    ck_assert_int_eq(bytes[18], 0);
    ck_assert_int_eq(bytes[19], ';');
    /* 999999999979 is the first, 5 bytes before the last whole line. */
    ck_assert_mem_eq(bytes + 4, expected, 14);
}

/* Compare two sizes. */
static int
compare(const void *a, const void *b)
{
    const uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

    return (left > right) - (left < right);
}

TEST(sizes_are_spread_as_published)
{
    static const char top[][3] = { "CN", "IN", "US", "ID", "BR", "PK", "NG",
        "BD", "RU", "JP", "MX", "PH", "VN", "ET", "EG", "DE", "IR", "TR", "CD",
        "FR" };
    uint64_t sizes[194], sum = 0, top_sum = 0;

    for (size_t i = 0; i < 194; i++) {
        sum += sizes[i] = picture_book_size(i);
        for (size_t t = 0; t < 20; t++)
            if (strcmp(top[t], countries_code(i)) == 0)
                top_sum += sizes[i];
    }
    ck_assert_uint_eq((sum + 97) / 194, 12116);
    ck_assert_uint_eq((top_sum + 10) / 20, 13355);
    qsort(sizes, 194, sizeof(*sizes), compare);
    ck_assert_uint_eq(sizes[0], 1193);
    ck_assert_uint_eq(sizes[193], 36332);
    ck_assert_uint_eq(sizes[97], 9754);
    for (size_t i = 1; i < 194; i++)
        ck_assert_uint_lt(sizes[i - 1], sizes[i]);
}
