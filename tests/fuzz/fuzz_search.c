/*
 * Searches by relevance: as many rows come as were counted, no character twice,
 * however many are taken at a time; skipping is taking; a code that is given is
 * among what is found. Input: how to take, the query.
 */
#include "common/charcode.h"
#include "common/charsearch.h"

#include "tests/fuzz/fuzz.h"

#include <stdbool.h>

/* Rows beyond these are counted, but not looked at one by one. */
#define ROWS_MAX 600

/* The first of the codes that a query gives, if it has a name, is the first
 * character that it finds. */
static void
check_code(const char *query, size_t size, const struct charindex_row *row)
{
    uint32_t codes[CHARSEARCH_FIRST];
    bool bare;
    size_t count;

    charindex_strip(&query, &size);
    count = charcode_read(query, size, codes, CHARSEARCH_FIRST, &bare);
    for (size_t i = 0; i < count; i++)
        assert(codes[i] < 0x110000);
    if (count > 0 && charindex_row_of(codes[0]) < charindex_row_of(UINT32_MAX))
        assert(row->code == codes[0]);
}

/* A correction is words of letters and digits; where an emoji is named, there
 * is none. */
static void
check_correction(const struct charsearch *search)
{
    size_t length;
    const char *text = charsearch_correction(search, &length);

    assert(length <= CHARSEARCH_CORRECTED_MAX);
    for (size_t i = 0; i < length; i++)
        assert((text[i] >= 'a' && text[i] <= 'z') || text[i] == ' ' ||
               (text[i] >= '0' && text[i] <= '9'));
    assert(*charsearch_sequence(search) == '\0' ||
           (length == 0 && charsearch_count(search) > 0));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const size_t step = 1 + fuzz_take(&data, &size) % 40u;
    const char *query = (const char *)data;
    struct charsearch all, rest, skipped;
    struct charindex_run run, other;
    struct charindex_row row;
    uint32_t seen[ROWS_MAX + 40];
    size_t count, taken = 0, known = 0;

    charsearch_find(&all, CHARSEARCH_RELEVANCE, query, size);
    count = charsearch_count(&all);
    check_correction(&all);
    for (rest = all; taken < ROWS_MAX && charsearch_take(&rest, step, &run);) {
        assert(run.count > 0 && run.count <= step);
        skipped = all;
        charsearch_skip(&skipped, taken);
        assert(charsearch_take(&skipped, step, &other));
        assert(other.bytes == run.bytes && other.length == run.length);
        taken += run.count;
        for (; charindex_cut(&run, &row); known++) {
            for (size_t i = 0; i < known; i++)
                assert(seen[i] != row.code);
            seen[known] = row.code;
            if (known == 0)
                check_code(query, size, &row);
        }
    }
    assert(taken == count || taken >= ROWS_MAX);
    charsearch_skip(&rest, count);
    assert(!charsearch_take(&rest, SIZE_MAX, &run));
    return 0;
}
