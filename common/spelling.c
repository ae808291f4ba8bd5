#include "common/spelling.h"

#include <assert.h>

/* The least of three. */
static unsigned
least(unsigned a, unsigned b, unsigned c)
{
    const unsigned less = a < b ? a : b;

    return less < c ? less : c;
}

/* How far a word is from another. */
unsigned
spelling_distance(
    const char *one, size_t one_length, const char *two, size_t two_length)
{
    /* Distances of the first i letters of one from the first j of two, for this
     * i and the two before. */
    uint8_t row[3][SPELLING_WORD_MAX + 1];

    assert(one_length <= SPELLING_WORD_MAX && two_length <= SPELLING_WORD_MAX);
    for (size_t j = 0; j <= two_length; j++)
        row[0][j] = (uint8_t)j;
    for (size_t i = 1; i <= one_length; i++) {
        const uint8_t *above = row[(i - 1) % 3], *top = row[(i + 1) % 3];
        uint8_t *here = row[i % 3];

        here[0] = (uint8_t)i;
        for (size_t j = 1; j <= two_length; j++) {
            const bool same = one[i - 1] == two[j - 1];
            unsigned distance =
                least(above[j] + 1U, here[j - 1] + 1U, above[j - 1] + !same);

            if (i > 1 && j > 1 && one[i - 1] == two[j - 2] &&
                one[i - 2] == two[j - 1] && top[j - 2] + 1U < distance)
                distance = top[j - 2] + 1U;
            here[j] = (uint8_t)distance;
        }
    }
    return row[one_length % 3][two_length];
}

/* The letters of a word, one bit each. */
uint32_t
spelling_letters(const char *word, size_t length)
{
    uint32_t letters = 0;

    for (size_t i = 0; i < length; i++)
        letters |= UINT32_C(1) << (word[i] & 31);
    return letters;
}

/* Whether words with these letters may be within limit of each other. */
bool
spelling_may_match(uint32_t one, uint32_t two, unsigned limit)
{
    return (unsigned)__builtin_popcount(one & ~two) <= limit &&
           (unsigned)__builtin_popcount(two & ~one) <= limit;
}

/* How many different letters a misspelt word may have. */
unsigned
spelling_tolerance(size_t length)
{
    return length < 4 ? 0 : length < 7 ? 1 : 2;
}
