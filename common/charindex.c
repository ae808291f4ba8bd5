#include "common/charindex.h"

#include "common/charindex_data.h"
#include "common/charword.h"

#include <assert.h>
#include <string.h>
#include <unistr.h>

/* Whether Python's repr shows a code point as it is. */
bool
charindex_printable(uint32_t code)
{
    return charword_kind(code) & CHARINDEX_PRINTABLE;
}

/* The length of a character, if it is white space, else 0. */
static size_t
space_length(const char *character, size_t length)
{
    uint32_t code;
    size_t used;

    /* Most of them: there is nothing to look up. */
    if (length > 0 && *character > ' ' && *character <= '~')
        return 0;
    used = charword_decode(character, length, &code);
    return used > 0 && charword_kind(code) & CHARINDEX_SPACE ? used : 0;
}

/* Leave out white space at both ends. */
void
charindex_strip(const char **text, size_t *length)
{
    size_t used;

    while ((used = space_length(*text, *length)) > 0) {
        *text += used;
        *length -= used;
    }
    while (*length > 0) {
        const char *end = *text + *length;
        ucs4_t code;
        const uint8_t *last =
            u8_prev(&code, (const uint8_t *)end, (const uint8_t *)*text);

        if (last == NULL)
            return;
        used = (size_t)((const uint8_t *)end - last);
        if (space_length((const char *)last, used) == 0)
            return;
        *length -= used;
    }
}

/* The entry of a word in the index, or NULL. */
static const struct charindex_entry *
look_up(const struct charword *word)
{
    const uint32_t mask = charindex_sizes.slots - 1;
    uint32_t slot;

    if (word->length > sizeof(word->text))
        return NULL;
    slot = charindex_hash(word->text, word->length);
    for (uint32_t found; (found = charindex_slots[slot & mask]) != 0; slot++) {
        const struct charindex_entry *entry = &charindex_words[found - 1];

        if (entry[1].text - entry->text == word->length &&
            memcmp(charindex_texts + entry->text, word->text, word->length) ==
                0)
            return entry;
    }
    return NULL;
}

/* Make set all named characters. */
void
charindex_all(struct charindex_set *set)
{
    charset_all(&set->rows, charindex_sizes.rows);
}

/* Make set the characters with all words of a query. */
static void
find_words(struct charindex_set *set, const char *query, size_t length)
{
    const char *end = query + length;
    struct charword word;

    charindex_all(set);
    while (charword_next(&query, end, &word)) {
        const struct charindex_entry *entry = look_up(&word);

        if (entry == NULL ||
            !charset_require(&set->rows, entry->runs, entry[1].runs)) {
            charset_none(&set->rows);
            return;
        }
    }
    if (set->rows.all == 0)
        charset_none(&set->rows);
}

/* The last run of code points that begins at code or before; the first, when
 * there is none. */
static const struct charindex_block *
block_of(uint32_t code)
{
    uint32_t low = 0, high = charindex_sizes.blocks;

    while (high - low > 1) {
        uint32_t middle = (low + high) / 2;

        if (charindex_blocks[middle].code <= code)
            low = middle;
        else
            high = middle;
    }
    return &charindex_blocks[low];
}

/* The row of a character, or the number of rows when it has no name. */
uint32_t
charindex_row_of(uint32_t code)
{
    const struct charindex_block *block = block_of(code);
    uint32_t row;

    if (code < block->code)
        return charindex_sizes.rows;
    row = block->row + (code - block->code);
    return row < block[1].row ? row : charindex_sizes.rows;
}

/* The first row of a character that is not before code. */
uint32_t
charindex_row_from(uint32_t code)
{
    const struct charindex_block *block = block_of(code);
    uint32_t row;

    if (code < block->code)
        return block->row;
    row = block->row + (code - block->code);
    return row < block[1].row ? row : block[1].row;
}

/* Read U+265A; false when text is something else. */
static bool
read_label(const char *text, size_t length, uint32_t *code)
{
    *code = 0;
    if (length < 6 || length > 8 || (text[0] != 'U' && text[0] != 'u') ||
        text[1] != '+')
        return false;
    for (size_t i = 2; i < length; i++) {
        char digit = text[i];

        if (digit >= '0' && digit <= '9')
            *code = *code * 16 + (uint32_t)(digit - '0');
        else if (digit >= 'A' && digit <= 'F')
            *code = *code * 16 + (uint32_t)(digit - 'A') + 10;
        else if (digit >= 'a' && digit <= 'f')
            *code = *code * 16 + (uint32_t)(digit - 'a') + 10;
        else
            return false;
    }
    return *code <= 0x10ffff;
}

/* Make set the one character that a query is or labels, or empty. */
static void
find_character(struct charindex_set *set, const char *query, size_t length)
{
    uint32_t code, row;

    charset_none(&set->rows);
    charindex_strip(&query, &length);
    if (length == 0 || (!read_label(query, length, &code) &&
                           charword_decode(query, length, &code) != length))
        return;
    row = charindex_row_of(code);
    if (row < charindex_sizes.rows) {
        set->rows.low = row;
        set->rows.high = row + 1;
    }
}

/* Make set the characters that a query asks for. */
void
charindex_find(struct charindex_set *set, const char *query, size_t length)
{
    find_words(set, query, length);
    if (!charset_any(&set->rows))
        find_character(set, query, length);
}

/* How many characters are in set. */
size_t
charindex_count(const struct charindex_set *set)
{
    return charset_count(&set->rows);
}

/* Rows as one slice. */
void
charindex_slice(uint32_t start, uint32_t end, struct charindex_run *run)
{
    run->bytes = charindex_rows + charindex_row_at[start];
    run->length = charindex_row_at[end] - charindex_row_at[start];
    run->count = end - start;
    run->row = start;
}

/* Take the next characters from set as one slice. */
bool
charindex_take(struct charindex_set *set, size_t max, struct charindex_run *run)
{
    uint32_t start, end;

    if (!charset_take(&set->rows, max, &start, &end))
        return false;
    charindex_slice(start, end, run);
    return true;
}

/* Take characters from set and forget them. */
void
charindex_skip(struct charindex_set *set, size_t count)
{
    uint32_t start, end;

    while (charset_take(&set->rows, count, &start, &end))
        count -= end - start;
}

/* Read the first character of text that is known to begin with one; its length.
 * Quicker than libunistring, which has to expect anything. */
static size_t
decode_known(const char *text, uint32_t *code)
{
    const unsigned char *bytes = (const unsigned char *)text;
    const unsigned char lead = bytes[0];
    const size_t length = lead < 0x80   ? 1
                          : lead < 0xe0 ? 2
                          : lead < 0xf0 ? 3
                                        : 4;

    *code = length == 1 ? lead : lead & (0x7fU >> length);
    for (size_t i = 1; i < length; i++)
        *code = *code << 6 | (bytes[i] & 0x3f);
    return length;
}

/* The character of a row. */
const char *
charindex_character(uint32_t row, size_t *length, uint32_t *code)
{
    const char *character =
        charindex_rows + charindex_row_at[row] + CHARINDEX_LABEL_COLUMNS + 1;

    *length = decode_known(character, code);
    return character;
}

/* Take the first row from run and cut it up. */
bool
charindex_cut(struct charindex_run *run, struct charindex_row *row)
{
    if (run->count == 0)
        return false;
    row->length =
        charindex_row_at[run->row + 1] - charindex_row_at[run->row] - 2;
    row->label = run->bytes;
    row->label_length = CHARINDEX_LABEL_COLUMNS;
    while (row->label[row->label_length - 1] == ' ')
        row->label_length--;
    row->character = row->label + CHARINDEX_LABEL_COLUMNS + 1;
    row->character_length = decode_known(row->character, &row->code);
    row->name = row->character + row->character_length + 1;
    row->name_length = row->length - (size_t)(row->name - run->bytes);
    run->bytes += row->length + 2;
    run->length -= row->length + 2;
    run->count--;
    run->row++;
    return true;
}

/* The n-th word, the most frequent first. */
bool
charindex_word(size_t n, struct charindex_word *word)
{
    const struct charindex_entry *entry;

    if (n >= charindex_sizes.words)
        return false;
    entry = &charindex_words[n];
    word->text = charindex_texts + entry->text;
    word->length = entry[1].text - entry->text;
    word->count = entry->count;
    return true;
}
