#include "common/permute.h"

#include "tests/unit/unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/*
 * The value that chi-square with this many degrees of freedom exceeds once in
 * 30,000 times: Wilson and Hilferty's approximation at four standard
 * deviations. The keys are fixed, so a test passes always or never.
 */
static double
chi_square_limit(size_t degrees)
{
    const double n = (double)degrees, v = 2 / (9 * n);

    return n * pow(1 - v + 4 * sqrt(v), 3);
}

/* Chi-square of counts that should all be the same. */
static double
chi_square(const unsigned *counts, size_t cells, size_t total)
{
    const double expected = (double)total / (double)cells;
    double sum = 0;

    for (size_t i = 0; i < cells; i++) {
        double off = (double)counts[i] - expected;

        sum += off * off / expected;
    }
    return sum;
}

/* Fail unless counts are as even as chance makes them. */
static void
check_even(const char *what, const unsigned *counts, size_t cells, size_t total)
{
    const double found = chi_square(counts, cells, total);
    const double limit = chi_square_limit(cells - 1);

    ck_assert_msg(found < limit, "%s: chi-square %.1f of %zu cells, limit %.1f",
        what, found, cells, limit);
}

/* Keys of several kinds: counted, high bits only, and those of a game. */
static uint64_t
make_key(int kind, uint64_t n)
{
    switch (kind) {
    case 0:
        return n;
    case 1:
        return n << 40;
    case 2:
        return permute_mix(1) ^ n;
    default:
        return permute_mix(n);
    }
}

#define KEY_KINDS 4

/* Fail unless a permutation of 0..last holds each number once. */
static void
check_permutation(uint64_t last, uint64_t key, unsigned char *drawn)
{
    struct permutation p;

    memset(drawn, 0, (size_t)last + 1);
    permute_init(&p, last, key);
    for (uint64_t i = 0; i <= last; i++) {
        uint64_t number = permute_at(&p, i);

        if (number > last || drawn[number]++ != 0)
            ck_abort_msg("key %llu: %llu at index %llu of 0..%llu",
                (unsigned long long)key, (unsigned long long)number,
                (unsigned long long)i, (unsigned long long)last);
    }
}

TEST(every_small_range_is_permuted)
{
    unsigned char drawn[2001];

    for (uint64_t last = 0; last <= 2000; last++)
        check_permutation(last, last * 7919 + 1, drawn);
}

TEST(every_key_permutes_a_small_range)
{
    unsigned char drawn[20];

    for (uint64_t last = 0; last < sizeof(drawn); last++)
        for (uint64_t key = 0; key < 500; key++)
            check_permutation(last, key, drawn);
}

TEST(ranges_about_each_power_of_two_are_permuted)
{
    unsigned char *drawn = malloc((1 << 18) + 2);

    for (unsigned bits = 11; bits <= 18; bits++)
        for (uint64_t away = 0; away < 3; away++)
            check_permutation(((uint64_t)1 << bits) - 2 + away, bits, drawn);
    free(drawn);
}

/* The number of an order among all orders of n numbers. */
static size_t
rank_of(const uint64_t *order, size_t n)
{
    size_t rank = 0;

    for (size_t i = 0; i < n; i++) {
        size_t smaller = 0;

        for (size_t j = i + 1; j < n; j++)
            if (order[j] < order[i])
                smaller++;
        rank = rank * (n - i) + smaller;
    }
    return rank;
}

/* The loop runs over 2 to 6 numbers and all kinds of keys. */
TEST(all_orders_of_few_numbers_are_equally_likely, .times = 5 * KEY_KINDS)
{
    const size_t n = 2 + (size_t)_i / KEY_KINDS;
    const int kind = _i % KEY_KINDS;
    unsigned counts[720] = { 0 };
    size_t orders = 1, keys;

    for (size_t i = 2; i <= n; i++)
        orders *= i;
    keys = orders * 100;
    for (size_t k = 0; k < keys; k++) {
        struct permutation p;
        uint64_t order[6];

        permute_init(&p, n - 1, make_key(kind, k));
        for (size_t i = 0; i < n; i++)
            order[i] = permute_at(&p, i);
        counts[rank_of(order, n)]++;
    }
    check_even("orders", counts, orders, keys);
}

TEST(each_number_comes_first_equally_often)
{
    for (int kind = 0; kind < KEY_KINDS; kind++) {
        unsigned counts[6] = { 0 };

        for (uint64_t k = 0; k < 10000; k++) {
            struct permutation p;

            permute_init(&p, 5, make_key(kind, k));
            counts[permute_at(&p, 0)]++;
        }
        check_even("first draws of 1..6", counts, 6, 10000);
    }
}

/* The ends of ranges on both sides of the border between many rounds and
 * few, and far from it. */
static const uint64_t lasts[] = {
    99,
    1000,
    32767,
    32768,
    65534,
    65535,
    65536,
    131071,
    1000000,
    UINT32_MAX,
    (uint64_t)UINT32_MAX + 1,
    INT64_MAX,
    UINT64_MAX,
};

#define CELLS 64

/* A range cut into at most so many cells, all but the last of one width. */
struct cells {
    uint64_t last, width;
    size_t count;
};

/* Cut 0..last into cells. */
static struct cells
cut(uint64_t last, size_t cells)
{
    const uint64_t width = last / cells + 1;

    return (struct cells) { last, width, (size_t)(last / width + 1) };
}

/* The share of the range that one cell has. */
static double
share_of(const struct cells *cells, size_t cell)
{
    const double size = (double)cells->last + 1;

    if (cell + 1 < cells->count)
        return (double)cells->width / size;
    return ((double)(cells->last - cell * cells->width) + 1) / size;
}

/* Fail unless every cell was hit as often as its share. */
static void
check_shares(const struct cells *cells, const unsigned *counts, size_t total)
{
    double found = 0;

    for (size_t i = 0; i < cells->count; i++) {
        double expected = (double)total * share_of(cells, i);
        double off = (double)counts[i] - expected;

        found += off * off / expected;
    }
    ck_assert_msg(found < chi_square_limit(cells->count - 1),
        "0..%llu: chi-square %.1f", (unsigned long long)cells->last, found);
}

TEST(the_number_at_an_index_is_anywhere_for_all_keys, .times = COUNT(lasts))
{
    const uint64_t last = lasts[_i];
    const uint64_t indexes[] = { 0, 1, 2, last / 2, last - 1, last };
    const struct cells cells = cut(last, CELLS);

    for (size_t at = 0; at < sizeof(indexes) / sizeof(indexes[0]); at++) {
        for (int kind = 0; kind < KEY_KINDS; kind++) {
            unsigned counts[CELLS] = { 0 };

            for (uint64_t k = 0; k < 10000; k++) {
                struct permutation p;

                permute_init(&p, last, make_key(kind, k));
                counts[permute_at(&p, indexes[at]) / cells.width]++;
            }
            check_shares(&cells, counts, 10000);
        }
    }
}

TEST(two_neighbours_fall_independently, .times = COUNT(lasts))
{
    const uint64_t last = lasts[_i];
    const struct cells cells = cut(last, 8);
    const size_t keys = 20000;
    unsigned counts[8][8] = { { 0 } };
    double found = 0;

    for (uint64_t k = 0; k < keys; k++) {
        struct permutation p;

        permute_init(&p, last, k);
        counts[permute_at(&p, 0) / cells.width]
              [permute_at(&p, 1) / cells.width]++;
    }
    for (size_t i = 0; i < cells.count; i++) {
        for (size_t j = 0; j < cells.count; j++) {
            double expected =
                (double)keys * share_of(&cells, i) * share_of(&cells, j);
            double off = (double)counts[i][j] - expected;

            found += off * off / expected;
        }
    }
    ck_assert_msg(found < chi_square_limit(cells.count * cells.count - 1),
        "0..%llu: chi-square %.1f", (unsigned long long)last, found);
}

TEST(the_first_draws_of_one_key_are_spread, .times = COUNT(lasts))
{
    const uint64_t last = lasts[_i];
    const size_t draws = last < 40000 ? (size_t)last / 4 : 10000;
    const struct cells cells = cut(last, draws < 1000 ? 4 : CELLS);

    for (uint64_t key = 0; key < 5; key++) {
        unsigned counts[CELLS] = { 0 };
        struct permutation p;

        permute_init(&p, last, key);
        for (uint64_t i = 0; i < draws; i++)
            counts[permute_at(&p, i) / cells.width]++;
        check_shares(&cells, counts, draws);
    }
}

/* Order two numbers for qsort. */
static int
compare(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

TEST(a_huge_range_repeats_nothing)
{
    static const uint64_t huge[] = { INT64_MAX, UINT64_MAX };
    const size_t count = 100000;
    uint64_t *drawn = malloc(count * sizeof(*drawn));

    for (size_t h = 0; h < 2; h++) {
        struct permutation p;

        permute_init(&p, huge[h], 42);
        for (size_t i = 0; i < count; i++) {
            drawn[i] = permute_at(&p, i);
            if (drawn[i] > huge[h])
                ck_abort_msg("beyond the range at %zu", i);
        }
        qsort(drawn, count, sizeof(*drawn), compare);
        for (size_t i = 1; i < count; i++)
            if (drawn[i] == drawn[i - 1])
                ck_abort_msg("%llu twice", (unsigned long long)drawn[i]);
    }
    free(drawn);
}

TEST(the_last_indexes_of_a_huge_range_are_in_it)
{
    for (uint64_t last = (uint64_t)INT64_MAX - 5;
         last <= (uint64_t)INT64_MAX + 5; last++) {
        struct permutation p;

        permute_init(&p, last, last);
        for (uint64_t i = 0; i < 1000; i++)
            if (permute_at(&p, last - i) > last)
                ck_abort_msg(
                    "beyond the range at last - %llu", (unsigned long long)i);
    }
}

TEST(a_single_number_is_always_drawn)
{
    for (uint64_t key = 0; key < 1000; key++) {
        struct permutation p;

        permute_init(&p, 0, key);
        ck_assert_uint_eq(permute_at(&p, 0), 0);
    }
}

TEST(a_copy_draws_the_same_numbers)
{
    struct permutation p, copy;

    permute_init(&p, 999, 5);
    copy = p;
    for (uint64_t i = 0; i < 1000; i++)
        if (permute_at(&p, i) != permute_at(&copy, i))
            ck_abort_msg("differs at %llu", (unsigned long long)i);
}

TEST(mixing_is_one_to_one)
{
    const size_t count = 100000;
    uint64_t *mixed = malloc(count * sizeof(*mixed));

    for (size_t i = 0; i < count; i++)
        mixed[i] = permute_mix(i);
    qsort(mixed, count, sizeof(*mixed), compare);
    for (size_t i = 1; i < count; i++)
        if (mixed[i] == mixed[i - 1])
            ck_abort_msg("%llu twice", (unsigned long long)mixed[i]);
    free(mixed);
}

TEST(mixing_turns_about_half_of_the_bits)
{
    for (unsigned bit = 0; bit < 64; bit++) {
        unsigned turned = 0;

        for (uint64_t i = 1; i <= 1000; i++)
            turned += (unsigned)__builtin_popcountll(
                permute_mix(i * 0x9e3779b97f4a7c15) ^
                permute_mix((i * 0x9e3779b97f4a7c15) ^ ((uint64_t)1 << bit)));
        /* 32,000 expected; 126 is one standard deviation at full mixing. */
        ck_assert_msg(turned > 31000 && turned < 33000,
            "bit %u turns %u of 64000", bit, turned);
    }
}

/*
 * Known answers. Whoever changes the method changes what --seed repeats, and
 * has to say so.
 */
static const struct {
    uint64_t last, key;
    uint64_t numbers[6];
} known[] = {
    { 0u, 0u, { 0u } },
    { 1u, 1u, { 1u, 0u } },
    { 5u, 0u, { 2u, 5u, 4u, 3u, 1u, 0u } },
    { 5u, 42u, { 2u, 1u, 0u, 4u, 5u, 3u } },
    { 99u, 42u, { 97u, 36u, 55u, 74u, 84u, 18u } },
    { 999u, 7u, { 123u, 623u, 211u, 141u, 188u, 471u } },
    { 65535u, 1u, { 27385u, 3833u, 7197u, 60925u, 23029u, 13665u } },
    { 65536u, 1u, { 48910u, 37026u, 40546u, 65191u, 6602u, 50033u } },
    { 4294967295u, 3u,
        { 4241439900u, 263872188u, 3462439136u, 4278193864u, 3564181713u,
            3220879452u } },
    { 9223372036854775807u, 42u,
        { 2819041539186245829u, 8156506879763735307u, 7815349825224649086u,
            1157123780425289371u, 8925662668062765679u,
            4347523445716715267u } },
    { 18446744073709551615u, 0u,
        { 15199899089891822469u, 17867093020882778503u, 17732606714563782224u,
            13992655691980388890u, 17184320075703372734u,
            15484734714605093508u } },
    { 18446744073709551615u, 18446744073709551615u,
        { 13508142787899092831u, 7419069116568646195u, 1520420855857547792u,
            8585080084061296228u, 10175052716473275439u,
            6304072008745593366u } },
};

TEST(known_keys_give_known_numbers, .times = COUNT(known))
{
    struct permutation p;

    permute_init(&p, known[_i].last, known[_i].key);
    for (uint64_t i = 0; i < 6 && i <= known[_i].last; i++)
        ck_assert_uint_eq(permute_at(&p, i), known[_i].numbers[i]);
}

TEST(mixing_gives_known_numbers)
{
    /* The first outputs of SplitMix64 for the seed 0, as published. */
    const uint64_t golden = 0x9e3779b97f4a7c15;

    ck_assert_uint_eq(permute_mix(0), 0);
    ck_assert_uint_eq(permute_mix(golden), 0xe220a8397b1dcdaf);
    ck_assert_uint_eq(permute_mix(golden * 2), 0x6e789e6aa1b965f4);
    ck_assert_uint_eq(permute_mix(golden * 3), 0x06c45d188009454f);
}
