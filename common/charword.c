#include "common/charword.h"

#include "common/charindex_data.h"

#include <assert.h>
#include <string.h>
#include <unicase.h>
#include <unistr.h>

/* Room for one character in upper case, of which the longest are three. */
#define UPPER_MAX 32

/* What Python thinks of a code point, as bits of enum charindex_kind. */
unsigned
charword_kind(uint32_t code)
{
    const uint32_t mask = (UINT32_C(1) << CHARINDEX_KIND_BITS) - 1;
    const uint32_t key = code << CHARINDEX_KIND_BITS | mask;
    size_t low = 0, high = charindex_sizes.kinds;

    while (high - low > 1) {
        size_t middle = (low + high) / 2;

        if (charindex_kinds[middle] <= key)
            low = middle;
        else
            high = middle;
    }
    return charindex_kinds[low] & mask;
}

/* Read the first character of text; its length, and 0 when it is none. */
size_t
charword_decode(const char *text, size_t length, uint32_t *code)
{
    ucs4_t character = 0;
    int used =
        length == 0 ? 0 : u8_mbtoucr(&character, (const uint8_t *)text, length);

    *code = character;
    return used > 0 ? (size_t)used : 0;
}

/* Add a byte to a word. */
static void
word_add(struct charword *word, char byte)
{
    if (word->length < sizeof(word->text))
        word->text[word->length] = byte;
    word->length++;
}

/* Add a character, length bytes of UTF-8, to a word, in upper case. */
static void
word_add_upper(struct charword *word, const char *character, size_t length)
{
    uint8_t room[UPPER_MAX];
    size_t size = sizeof(room);
    const uint8_t *upper =
        u8_toupper((const uint8_t *)character, length, NULL, NULL, room, &size);

    /* It fits, so there is nothing to free. */
    assert(upper == room);
    for (size_t i = 0; i < size; i++)
        word_add(word, (char)room[i]);
}

/* Take the next word from a query; false when there is none. */
bool
charword_next(const char **query, const char *end, struct charword *word)
{
    word->length = 0;
    while (*query < end) {
        char byte = **query;
        uint32_t code;
        size_t used;

        if ((byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
            byte == '_') {
            word_add(word, byte);
            used = 1;
        } else if (byte >= 'a' && byte <= 'z') {
            word_add(word, (char)(byte - 'a' + 'A'));
            used = 1;
        } else if ((unsigned char)byte >= 0x80 &&
                   (used = charword_decode(
                        *query, (size_t)(end - *query), &code)) > 0 &&
                   charword_kind(code) & CHARINDEX_IN_WORD) {
            word_add_upper(word, *query, used);
        } else if (word->length > 0) {
            return true;
        } else {
            used = 1;
        }
        *query += used;
    }
    return word->length > 0;
}
