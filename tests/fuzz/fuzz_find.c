/*
 * Searches: rows come in code point order and as many as were counted, however
 * many are taken at a time; each has all words of the query in its name; and
 * skipping is taking. Input: how to take, the query.
 */
#include "common/charindex.h"

#include "tests/fuzz/fuzz.h"

#include <ctype.h>
#include <stdbool.h>

/* Rows beyond these are counted, but not looked at one by one. */
#define ROWS_MAX 600

static bool
in_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* Whether a name has this word, which is of ASCII. */
static bool
has_word(const struct charindex_row *row, const char *word, size_t length)
{
    const char *name = row->name, *end = name + row->name_length;

    while (name < end) {
        const char *from = name;

        while (name < end && in_word(*name))
            name++;
        if ((size_t)(name - from) == length &&
            strncasecmp(from, word, length) == 0)
            return true;
        name += name < end;
    }
    return false;
}

/* A row found by a query of ASCII has all its words, or is the character whose
 * number the query is, or the query itself. */
static void
check_row(const struct charindex_row *row, const char *query, size_t length)
{
    const char *end = query + length;
    size_t words = 0, found = 0;

    for (const char *c = query; c < end; c++)
        if (*c & 0x80)
            return;
    while (query < end) {
        const char *from = query;

        while (query < end && in_word(*query))
            query++;
        if (query > from) {
            words++;
            found += has_word(row, from, (size_t)(query - from));
        }
        query += query < end;
    }
    assert(found == words || length == row->character_length ||
           memchr(end - length, '+', length) != NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const size_t step = 1 + fuzz_take(&data, &size) % 40u;
    const char *query = (const char *)data;
    struct charindex_set all, rest, skipped;
    struct charindex_run run, other;
    struct charindex_row row;
    size_t count, taken = 0;
    uint32_t before = 0;

    charindex_find(&all, query, size);
    count = charindex_count(&all);
    for (rest = all; taken < ROWS_MAX && charindex_take(&rest, step, &run);) {
        assert(run.count > 0 && run.count <= step);
        skipped = all;
        charindex_skip(&skipped, taken);
        assert(charindex_take(&skipped, step, &other));
        assert(other.bytes == run.bytes && other.length == run.length);
        taken += run.count;
        while (charindex_cut(&run, &row)) {
            assert(row.code > before || before == 0);
            assert(row.length <= 3 + 8 + 4 + 96);
            before = row.code;
            charindex_strip(&query, &size);
            check_row(&row, query, size);
        }
    }
    assert(taken == count || taken >= ROWS_MAX);
    assert(charindex_count(&rest) == count - taken);
    charindex_skip(&rest, count);
    assert(!charindex_take(&rest, SIZE_MAX, &run));
    return 0;
}
