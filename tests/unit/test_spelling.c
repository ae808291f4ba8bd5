#include "common/spelling.h"

#include "tests/unit/guard.h"
#include "tests/unit/unit.h"

#include <stdint.h>

/* The lesser of two. */
static unsigned
lesser(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* The distance by its definition, from the ends of the words backwards. */
static unsigned
defined(const char *one, size_t i, const char *two, size_t j)
{
    unsigned distance;

    if (i == 0 || j == 0)
        return (unsigned)(i + j);
    distance = defined(one, i - 1, two, j - 1) + (one[i - 1] != two[j - 1]);
    distance = lesser(distance, defined(one, i - 1, two, j) + 1);
    distance = lesser(distance, defined(one, i, two, j - 1) + 1);
    if (i > 1 && j > 1 && one[i - 1] == two[j - 2] && one[i - 2] == two[j - 1])
        distance = lesser(distance, defined(one, i - 2, two, j - 2) + 1);
    return distance;
}

TEST(the_distance_is_as_defined)
{
    static char *one_end, *two_end;
    uint32_t state = 20260722;

    for (int i = 0; i < 3000; i++) {
        char *one, *two;
        size_t one_length, two_length;

        state = state * 1664525 + 1013904223;
        one_length = state >> 16 & 7;
        two_length = state >> 20 & 7;
        one = guard_at(&one_end, one_length);
        two = guard_at(&two_end, two_length);
        for (size_t j = 0; j < one_length + two_length; j++) {
            state = state * 1664525 + 1013904223;
            if (j < one_length)
                one[j] = "ABC"[(state >> 24) % 3];
            else
                two[j - one_length] = "ABC"[(state >> 24) % 3];
        }
        ck_assert_msg(spelling_distance(one, one_length, two, two_length) ==
                          defined(one, one_length, two, two_length),
            "%.*s and %.*s", (int)one_length, one, (int)two_length, two);
        ck_assert(spelling_may_match(spelling_letters(one, one_length),
            spelling_letters(two, two_length),
            defined(one, one_length, two, two_length)));
    }
}

TEST(words_of_other_letters_are_no_match)
{
    const uint32_t letters = spelling_letters("ABCB", 4);

    ck_assert_uint_eq(letters, 2 | 4 | 8);
    ck_assert(spelling_may_match(letters, spelling_letters("CAB", 3), 0));
    ck_assert(!spelling_may_match(letters, spelling_letters("CABD", 4), 0));
    ck_assert(!spelling_may_match(letters, spelling_letters("CA", 2), 0));
    ck_assert(spelling_may_match(letters, spelling_letters("CAD", 3), 1));
}

TEST(the_longest_words_have_a_distance)
{
    char one[SPELLING_WORD_MAX], two[SPELLING_WORD_MAX];

    memset(one, 'A', sizeof(one));
    memset(two, 'B', sizeof(two));
    ck_assert_uint_eq(
        spelling_distance(one, sizeof(one), two, sizeof(two)), sizeof(one));
    ck_assert_uint_eq(spelling_distance(one, sizeof(one), one, sizeof(one)), 0);
    ck_assert_uint_eq(spelling_distance(one, sizeof(one), two, 0), sizeof(one));
}

TEST(long_words_may_have_more_faults)
{
    static const unsigned tolerance[] = { 0, 0, 0, 0, 1, 1, 1, 2, 2 };

    for (size_t i = 0; i < sizeof(tolerance) / sizeof(*tolerance); i++)
        ck_assert_uint_eq(spelling_tolerance(i), tolerance[i]);
    ck_assert_uint_eq(spelling_tolerance(SPELLING_WORD_MAX), 2);
}
