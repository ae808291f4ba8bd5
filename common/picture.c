#include "common/picture.h"

#include "common/countries.h"

#include <string.h>

/* A block of a comment: its length in a byte, and as many bytes. */
#define BLOCK_MAX 255

/* Before the blocks stands the pixel, behind them the end of the comment and
 * that of the file. */
#define BLOCKS_AT 36
#define END       2

/* The lines that a comment is made of. */
#define LINE   16
#define DIGITS 12

/* Of the sizes by rank, how much of the difference between the least and the
 * largest grows evenly; the rest with the sixth power. So it is right for the
 * mean, and near for the median (9,754 instead of 9,893). */
#define SIZE_LEAST 1193
#define SIZE_RANGE 35139
#define SIZE_EVEN  16435

/* The bytes of a picture that are asked for. */
struct window {
    char *bytes;
    uint64_t from, end;
};

/* Put a byte of the picture in its place, if it is asked for. */
static void
put(const struct window *window, uint64_t place, unsigned byte)
{
    if (place >= window->from && place < window->end)
        window->bytes[place - window->from] = (char)byte;
}

/* Put what stands before the comment's blocks. */
static void
put_pixel(const struct window *window, const char *code)
{
    const unsigned red = 10u * (unsigned)(code[0] - 'A');
    const unsigned green = 10u * (unsigned)(code[1] - 'A');
    const unsigned char bytes[BLOCKS_AT] = { 'G', 'I', 'F', '8', '9', 'a',
        /* a screen of one pixel, with a table of two colours */
        1, 0, 1, 0, 0x80, 0, 0,
        /* these two */
        (unsigned char)red, (unsigned char)green, 0x80, 0, 0, 0,
        /* an image of one pixel: clear the table, colour 0, the end */
        0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 0x01, 0,
        /* a comment */
        0x21, 0xfe };

    for (uint64_t place = window->from;
         place < window->end && place < BLOCKS_AT; place++)
        put(window, place, bytes[place]);
}

/* Put the lengths of the comment's blocks, which all have the greatest one but
 * the last; and, as none may be empty, perhaps the one before. */
static void
put_lengths(const struct window *window, uint64_t size)
{
    const uint64_t end = size - END, from = window->from;
    uint64_t at = BLOCKS_AT;

    if (from > at)
        at += (from - at) / (BLOCK_MAX + 1) * (BLOCK_MAX + 1);
    for (; at < end && at < window->end; at += BLOCK_MAX + 1) {
        const uint64_t left = end - at - 1;

        if (left == 0)
            return; /* this byte is the one in the last block */
        if (left == BLOCK_MAX + 1) {
            put(window, at, BLOCK_MAX - 1);
            put(window, at + BLOCK_MAX, 1);
            return;
        }
        put(window, at, (unsigned)(left < BLOCK_MAX ? left : BLOCK_MAX));
    }
}

/* Add a line's length to the number in it. */
static void
advance(char *digits)
{
    unsigned carry = LINE;

    for (size_t i = DIGITS; i-- > 0 && carry > 0;) {
        const unsigned sum = (unsigned)(digits[i] - '0') + carry % 10;

        carry = carry / 10 + sum / 10;
        digits[i] = (char)('0' + sum % 10);
    }
}

/* Write the lines that the picture would be made of without its frame. */
static void
write_lines(const char *code, uint64_t from, char *to, size_t length)
{
    char line[LINE] = { code[0], code[1], ' ' };
    uint64_t number = from / LINE * LINE;
    size_t at = from % LINE;

    for (size_t i = DIGITS; i-- > 0; number /= 10)
        line[3 + i] = (char)('0' + number % 10);
    line[LINE - 1] = '\n';
    while (length > 0) {
        const size_t piece = length < LINE - at ? length : LINE - at;

        memcpy(to, line + at, piece);
        to += piece;
        length -= piece;
        at = 0;
        advance(line + 3);
    }
}

/* Write bytes of a picture. */
void
picture_read(
    const char *code, uint64_t size, uint64_t from, char *buffer, size_t length)
{
    const struct window window = { buffer, from, from + length };

    write_lines(code, from, buffer, length);
    put_pixel(&window, code);
    put_lengths(&window, size);
    put(&window, size - 2, 0);
    put(&window, size - 1, ';');
}

/* The size of a country's picture. */
uint64_t
picture_book_size(size_t place)
{
    const uint64_t last = countries_count() - 1;
    /* Any order of the countries would do for the spread; with this one the
     * most populous have their mean. */
    const uint64_t rank = (place * 9 + 72) % (last + 1);
    uint64_t power = rank * rank;

    for (int i = 0; i < 4; i++)
        power = power * rank / last;
    return SIZE_LEAST + SIZE_EVEN * rank / last +
           (SIZE_RANGE - SIZE_EVEN) * power / (last * last);
}
