#include "common/charindex.h"

#include "common/charindex_data.h"

#include <assert.h>
#include <string.h>
#include <unicase.h>
#include <unistr.h>

/* Room for one character in upper case, of which the longest are three. */
#define UPPER_MAX 32

/* A word of a query, in upper case; one that is longer than any of a name is
 * kept as far as it fits. */
struct word {
    char text[CHARINDEX_WORD_MAX];
    size_t length; /* of all of it */
};

/* What Python thinks of a code point, as bits of enum charindex_kind. */
static unsigned
kind_of(uint32_t code)
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

/* Whether Python's repr shows a code point as it is. */
bool
charindex_printable(uint32_t code)
{
    return kind_of(code) & CHARINDEX_PRINTABLE;
}

/* Read the first character of text; its length, and 0 when it is none. */
static size_t
decode(const char *text, size_t length, uint32_t *code)
{
    ucs4_t character = 0;
    int used =
        length == 0 ? 0 : u8_mbtoucr(&character, (const uint8_t *)text, length);

    *code = character;
    return used > 0 ? (size_t)used : 0;
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
    used = decode(character, length, &code);
    return used > 0 && kind_of(code) & CHARINDEX_SPACE ? used : 0;
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

/* Add a byte to a word. */
static void
word_add(struct word *word, char byte)
{
    if (word->length < sizeof(word->text))
        word->text[word->length] = byte;
    word->length++;
}

/* Add a character, length bytes of UTF-8, to a word, in upper case. */
static void
word_add_upper(struct word *word, const char *character, size_t length)
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
static bool
next_word(const char **query, const char *end, struct word *word)
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
                   (used = decode(*query, (size_t)(end - *query), &code)) > 0 &&
                   kind_of(code) & CHARINDEX_IN_WORD) {
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

/* The entry of a word in the index, or NULL. */
static const struct charindex_entry *
look_up(const struct word *word)
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

/* Demand of set that an entry's word occurs, shortest lists first; false when
 * that is one word too many for any name. */
static bool
add_list(struct charindex_set *set, const struct charindex_entry *entry)
{
    const uint32_t at = entry->runs, end = entry[1].runs;
    uint32_t place = set->lists;

    for (uint32_t i = 0; i < set->lists; i++) {
        if (set->list[i].at == at)
            return true;
    }
    if (place == CHARINDEX_WORDS)
        return false;
    while (place > 0 &&
           set->list[place - 1].end - set->list[place - 1].at > end - at) {
        set->list[place] = set->list[place - 1];
        place--;
    }
    set->list[place].at = at;
    set->list[place].end = end;
    set->lists++;
    return true;
}

/* Make set empty. */
static void
make_empty(struct charindex_set *set)
{
    set->low = set->high = set->lists = 0;
}

/* Make set all named characters. */
void
charindex_all(struct charindex_set *set)
{
    make_empty(set);
    set->high = charindex_sizes.rows;
}

/* Make set the characters with all words of a query. */
static void
find_words(struct charindex_set *set, const char *query, size_t length)
{
    const char *end = query + length;
    struct word word;

    charindex_all(set);
    while (next_word(&query, end, &word)) {
        const struct charindex_entry *entry = look_up(&word);

        if (entry == NULL || !add_list(set, entry)) {
            make_empty(set);
            return;
        }
    }
    if (set->lists == 0)
        make_empty(set);
}

/* The first row of a run of the index. */
static uint32_t
run_start(uint32_t run)
{
    return charindex_runs[run] >> CHARINDEX_RUN_BITS;
}

/* The row after the last of a run of the index. */
static uint32_t
run_end(uint32_t run)
{
    return run_start(run) + (charindex_runs[run] & (CHARINDEX_RUN_MAX - 1)) + 1;
}

/* The first run from at on, but before end, that ends after row; end if none.
 * Looks further and further ahead, then halves: a short way stays short. */
static uint32_t
run_after(uint32_t at, uint32_t end, uint32_t row)
{
    uint32_t step, high;

    if (at == end || run_end(at) > row)
        return at;
    for (step = 1; step < end - at && run_end(at + step) <= row; step *= 2)
        at += step;
    high = step < end - at ? at + step : end;
    at++;
    while (at < high) {
        uint32_t middle = at + (high - at) / 2;

        if (run_end(middle) <= row)
            at = middle + 1;
        else
            high = middle;
    }
    return at;
}

/*
 * The next rows of set that all lists agree on, from *start to before *end;
 * false when there are none. Nothing is taken, but runs that are over are left
 * behind.
 */
static bool
next_rows(struct charindex_set *set, uint32_t *start, uint32_t *end)
{
    uint32_t i = 0;

    *start = set->low;
    *end = set->high;
    while (*start < *end && i < set->lists) {
        uint32_t at = run_after(set->list[i].at, set->list[i].end, *start);
        uint32_t first;

        set->list[i].at = at;
        if (at == set->list[i].end)
            return false;
        first = run_start(at);
        if (first >= *end) {
            /* What the lists before agreed on is over before this begins. */
            *start = first;
            *end = set->high;
            i = 0;
            continue;
        }
        if (first > *start)
            *start = first;
        if (run_end(at) < *end)
            *end = run_end(at);
        i++;
    }
    return *start < *end;
}

/* The row of a character, or the number of rows when it has no name. */
static uint32_t
row_of(uint32_t code)
{
    uint32_t low = 0, high = charindex_sizes.blocks;
    uint32_t row;

    while (high - low > 1) {
        uint32_t middle = (low + high) / 2;

        if (charindex_blocks[middle].code <= code)
            low = middle;
        else
            high = middle;
    }
    if (code < charindex_blocks[low].code)
        return charindex_sizes.rows;
    row = charindex_blocks[low].row + (code - charindex_blocks[low].code);
    return row < charindex_blocks[low + 1].row ? row : charindex_sizes.rows;
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

    make_empty(set);
    charindex_strip(&query, &length);
    if (length == 0 || (!read_label(query, length, &code) &&
                           decode(query, length, &code) != length))
        return;
    row = row_of(code);
    if (row < charindex_sizes.rows) {
        set->low = row;
        set->high = row + 1;
    }
}

/* Make set the characters that a query asks for. */
void
charindex_find(struct charindex_set *set, const char *query, size_t length)
{
    uint32_t start, end;

    find_words(set, query, length);
    if (!next_rows(set, &start, &end))
        find_character(set, query, length);
}

/* Take the next rows, from *start to before *end, at most max of them. */
static bool
take_rows(struct charindex_set *set, size_t max, uint32_t *start, uint32_t *end)
{
    uint32_t next_start, next_end;

    if (max == 0 || !next_rows(set, start, end))
        return false;
    set->low = *end;
    while (*end - *start < max && next_rows(set, &next_start, &next_end)) {
        set->low = next_start;
        if (next_start != *end)
            break;
        set->low = *end = next_end;
    }
    if (*end - *start > max)
        set->low = *end = *start + (uint32_t)max;
    return true;
}

/* How many characters are in set. */
size_t
charindex_count(const struct charindex_set *set)
{
    struct charindex_set rest = *set;
    uint32_t start, end;
    size_t count = 0;

    while (take_rows(&rest, SIZE_MAX, &start, &end))
        count += end - start;
    return count;
}

/* Take the next characters from set as one slice. */
bool
charindex_take(struct charindex_set *set, size_t max, struct charindex_run *run)
{
    uint32_t start, end;

    if (!take_rows(set, max, &start, &end))
        return false;
    run->bytes = charindex_rows + charindex_row_at[start];
    run->length = charindex_row_at[end] - charindex_row_at[start];
    run->count = end - start;
    return true;
}

/* Take characters from set and forget them. */
void
charindex_skip(struct charindex_set *set, size_t count)
{
    uint32_t start, end;

    while (take_rows(set, count, &start, &end))
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

/* Take the first row from run and cut it up. */
bool
charindex_cut(struct charindex_run *run, struct charindex_row *row)
{
    const char *end;

    if (run->count == 0)
        return false;
    row->label = run->bytes;
    row->label_length = CHARINDEX_LABEL_COLUMNS;
    while (row->label[row->label_length - 1] == ' ')
        row->label_length--;
    row->character = row->label + CHARINDEX_LABEL_COLUMNS + 1;
    row->character_length = decode_known(row->character, &row->code);
    row->name = row->character + row->character_length + 1;
    end =
        memchr(row->name, '\r', run->length - (size_t)(row->name - run->bytes));
    row->name_length = (size_t)(end - row->name);
    row->length = (size_t)(end - run->bytes);
    run->bytes += row->length + 2;
    run->length -= row->length + 2;
    run->count--;
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
