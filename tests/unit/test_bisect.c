#include "common/bisect.h"

#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

/* The distance of two numbers. */
static uint64_t
distance(uint64_t a, uint64_t b)
{
    return a > b ? a - b : b - a;
}

/* An honest player: knows the secret and the guess before. */
struct honest {
    uint64_t secret, before;
    bool has_before;
};

/* What an honest player says of a guess that is not the secret. */
static enum bisect_hint
judge(struct honest *player, uint64_t guess)
{
    const uint64_t now = distance(guess, player->secret);
    const uint64_t then = distance(player->before, player->secret);
    const bool first = !player->has_before;

    player->before = guess;
    player->has_before = true;
    if (first)
        return BISECT_UNKNOWN;
    if (now == then)
        return BISECT_EQUAL;
    return now < then ? BISECT_NEARER : BISECT_FARTHER;
}

/* How many guesses find a secret in 0..last; 0: it was not found. */
static unsigned
count_guesses(uint64_t last, uint64_t secret, unsigned patience)
{
    struct honest player = { .secret = secret };
    struct bisect b;
    uint64_t guess;

    bisect_init(&b, last, secret);
    for (unsigned n = 1; n <= patience; n++) {
        if (!bisect_next(&b, &guess) || guess > last)
            return 0;
        if (guess == secret)
            return n;
        bisect_answer(&b, judge(&player, guess));
    }
    return 0;
}

/* Twice the binary logarithm of 0..last, rounded down, and 2. */
static unsigned
worst_allowed(uint64_t last)
{
    /* The largest k with 2^k <= n^2 is found by squaring in wide steps. */
    const long double n = (long double)last + 1;
    unsigned k = 0;

    for (long double power = 2; power <= n * n; power *= 2)
        k++;
    return k + 2;
}

/* The next of a fixed series of numbers that look random. */
static uint64_t
next_random(uint64_t *state)
{
    return permute_mix(*state += 0x9e3779b97f4a7c15);
}

TEST(no_secret_of_a_small_range_takes_over_two_log_two_guesses)
{
    for (uint64_t last = 0; last < 1024; last++) {
        const unsigned allowed = worst_allowed(last);

        for (uint64_t secret = 0; secret <= last; secret++)
            if (count_guesses(last, secret, allowed) == 0)
                ck_abort_msg("%llu of 0..%llu not found in %u guesses",
                    (unsigned long long)secret, (unsigned long long)last,
                    allowed);
    }
}

TEST(no_secret_of_a_larger_range_takes_over_two_log_two_guesses)
{
    static const uint64_t lasts[] = { 1024, 4095, 4096, 9999, 65536 };

    for (size_t i = 0; i < sizeof(lasts) / sizeof(lasts[0]); i++) {
        const unsigned allowed = worst_allowed(lasts[i]);

        for (uint64_t secret = 0; secret <= lasts[i]; secret++)
            if (count_guesses(lasts[i], secret, allowed) == 0)
                ck_abort_msg("%llu of 0..%llu not found in %u guesses",
                    (unsigned long long)secret, (unsigned long long)lasts[i],
                    allowed);
    }
}

TEST(a_small_range_takes_about_log_two_guesses_on_average)
{
    unsigned total = 0;

    for (uint64_t secret = 0; secret < 1024; secret++)
        total += count_guesses(1023, secret, 22);
    ck_assert_uint_le(total, 1024 * 13);
}

/*
 * All guesses for all secrets of a range, and the most for one: a change of
 * the method changes what a client sees, and has to be meant.
 */
static const struct {
    uint64_t last;
    unsigned total, worst;
} efforts[] = {
    { 2, 6, 3 },
    { 3, 9, 3 },
    { 4, 13, 4 },
    { 5, 17, 4 },
    { 9, 35, 5 },
    { 10, 39, 5 },
    { 99, 774, 9 },
    { 100, 790, 9 },
    { 999, 11080, 13 },
    { 1000, 11096, 13 },
    { 1023, 11274, 13 },
    { 4095, 53467, 17 },
};

TEST(a_range_takes_the_known_number_of_guesses, .times = COUNT(efforts))
{
    const uint64_t last = efforts[_i].last;
    unsigned total = 0, worst = 0;

    for (uint64_t secret = 0; secret <= last; secret++) {
        const unsigned count = count_guesses(last, secret, 1000);

        total += count;
        if (count > worst)
            worst = count;
    }
    ck_assert_uint_eq(total, efforts[_i].total);
    ck_assert_uint_eq(worst, efforts[_i].worst);
}

/* The ends of huge ranges. */
static const uint64_t huge[] = {
    UINT64_MAX,
    UINT64_MAX - 1,
    (uint64_t)INT64_MAX + 1,
    INT64_MAX,
    (uint64_t)INT64_MAX - 1,
    (uint64_t)1 << 62,
    UINT32_MAX,
};

TEST(both_ends_of_a_huge_range_are_found, .times = COUNT(huge))
{
    const uint64_t last = huge[_i];
    const unsigned allowed = worst_allowed(last);

    for (uint64_t away = 0; away < 2000; away++) {
        ck_assert_msg(count_guesses(last, away, allowed) != 0,
            "%llu from the lower end", (unsigned long long)away);
        ck_assert_msg(count_guesses(last, last - away, allowed) != 0,
            "%llu from the upper end", (unsigned long long)away);
    }
}

TEST(the_middle_of_a_huge_range_is_found, .times = COUNT(huge))
{
    const uint64_t last = huge[_i];
    const unsigned allowed = worst_allowed(last);

    for (uint64_t away = 0; away < 1000; away++) {
        ck_assert_uint_ne(count_guesses(last, last / 2 + away, allowed), 0);
        ck_assert_uint_ne(count_guesses(last, last / 2 - away, allowed), 0);
    }
}

TEST(random_secrets_of_a_huge_range_are_found, .times = COUNT(huge))
{
    const uint64_t last = huge[_i];
    const unsigned allowed = worst_allowed(last);
    uint64_t state = (uint64_t)_i;

    for (int n = 0; n < 50000; n++) {
        uint64_t secret = next_random(&state);

        if (last != UINT64_MAX)
            secret %= last + 1;
        if (count_guesses(last, secret, allowed) == 0)
            ck_abort_msg("%llu of 0..%llu not found in %u guesses",
                (unsigned long long)secret, (unsigned long long)last, allowed);
    }
}

TEST(powers_of_two_and_their_neighbours_are_found, .times = COUNT(huge))
{
    const uint64_t last = huge[_i];
    const unsigned allowed = worst_allowed(last);

    for (uint64_t power = 1; power != 0 && power < last; power *= 2)
        for (uint64_t secret = power - 1; secret <= power + 1; secret++)
            ck_assert_uint_ne(count_guesses(last, secret, allowed), 0);
}

/* Players who are of no help. */
enum liar {
    ALL_UNKNOWN,
    ALL_EQUAL,
    ALL_NEARER,
    ALL_FARTHER,
    IN_TURN,
    MOSTLY_HONEST,
    AT_RANDOM,
    SILENT,
    TALKATIVE,
    LIARS
};

/* Let a liar answer a guess. */
static void
lie(struct bisect *b, enum liar liar, struct honest *player, uint64_t guess,
    uint64_t *state)
{
    const enum bisect_hint honest = judge(player, guess);
    const uint64_t dice = next_random(state);

    switch (liar) {
    case ALL_UNKNOWN:
        bisect_answer(b, BISECT_UNKNOWN);
        break;
    case ALL_EQUAL:
        bisect_answer(b, BISECT_EQUAL);
        break;
    case ALL_NEARER:
        bisect_answer(b, BISECT_NEARER);
        break;
    case ALL_FARTHER:
        bisect_answer(b, BISECT_FARTHER);
        break;
    case IN_TURN:
        bisect_answer(b, (enum bisect_hint)(guess % 4));
        break;
    case MOSTLY_HONEST:
        bisect_answer(
            b, dice % 8 == 0 ? (enum bisect_hint)(dice / 8 % 4) : honest);
        break;
    case AT_RANDOM:
        bisect_answer(b, (enum bisect_hint)(dice % 4));
        break;
    case TALKATIVE: /* several answers to one guess, that need not agree */
        for (uint64_t i = 0; i < dice % 4; i++)
            bisect_answer(b, (enum bisect_hint)(next_random(state) % 4));
        break;
    case SILENT:
    case LIARS:
    default:
        break;
    }
}

/* Fail unless a liar's game goes through all of 0..last, each number once. */
static void
check_exhaustive(uint64_t last, enum liar liar, uint64_t key)
{
    struct honest player = { .secret = last / 3 };
    unsigned char guessed[1024] = { 0 };
    uint64_t state = key * 1000 + last, guess;
    struct bisect b;

    bisect_init(&b, last, key);
    for (uint64_t n = 0; n <= last; n++) {
        if (!bisect_next(&b, &guess))
            ck_abort_msg("liar %d, 0..%llu: ends after %llu guesses", (int)liar,
                (unsigned long long)last, (unsigned long long)n);
        if (guess > last || guessed[guess]++ != 0)
            ck_abort_msg("liar %d, 0..%llu: %llu repeated or beyond", (int)liar,
                (unsigned long long)last, (unsigned long long)guess);
        lie(&b, liar, &player, guess, &state);
    }
    for (int again = 0; again < 3; again++) {
        if (bisect_next(&b, &guess))
            ck_abort_msg("liar %d, 0..%llu: a guess too many", (int)liar,
                (unsigned long long)last);
        bisect_answer(&b, (enum bisect_hint)(again % 4));
    }
}

TEST(every_number_is_guessed_once_whatever_the_answers, .times = LIARS)
{
    for (uint64_t last = 0; last < 400; last++)
        check_exhaustive(last, (enum liar)_i, last);
}

TEST(every_number_of_many_small_games_is_guessed_once, .times = LIARS)
{
    for (uint64_t key = 0; key < 2000; key++)
        check_exhaustive(key % 12, (enum liar)_i, key);
}

/* Order two numbers for qsort. */
static int
compare(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* Fail unless 5000 guesses in a huge range differ. */
static void
check_no_repeat(uint64_t last, enum liar liar)
{
    struct honest player = { .secret = last - last / 7 };
    const size_t count = 5000;
    uint64_t *guesses = malloc(count * sizeof(*guesses));
    uint64_t state = last;
    struct bisect b;

    bisect_init(&b, last, 99);
    for (size_t i = 0; i < count; i++) {
        if (!bisect_next(&b, &guesses[i]) || guesses[i] > last)
            ck_abort_msg("liar %d: guess %zu", (int)liar, i);
        lie(&b, liar, &player, guesses[i], &state);
    }
    qsort(guesses, count, sizeof(*guesses), compare);
    for (size_t i = 1; i < count; i++)
        if (guesses[i] == guesses[i - 1])
            ck_abort_msg("liar %d: %llu twice", (int)liar,
                (unsigned long long)guesses[i]);
    free(guesses);
}

TEST(a_huge_range_repeats_nothing_whatever_the_answers, .times = LIARS)
{
    for (int i = 0; i < COUNT(huge); i++)
        check_no_repeat(huge[i], (enum liar)_i);
}

TEST(few_numbers_beyond_the_tries_are_all_guessed, .times = LIARS)
{
    for (uint64_t last = BISECT_TRIES - 3; last < BISECT_TRIES + 3; last++)
        check_exhaustive(last, (enum liar)_i, 7);
}

TEST(an_answer_before_the_first_guess_changes_nothing)
{
    struct bisect asked, plain;
    uint64_t a = 1, b = 2;

    bisect_init(&asked, 99, 5);
    bisect_init(&plain, 99, 5);
    for (int hint = 0; hint < 4; hint++)
        bisect_answer(&asked, (enum bisect_hint)hint);
    ck_assert(bisect_next(&asked, &a));
    ck_assert(bisect_next(&plain, &b));
    ck_assert_uint_eq(a, b);
}

TEST(the_first_guess_is_the_middle)
{
    struct bisect b;
    uint64_t guess = 0;

    bisect_init(&b, 100, 5);
    ck_assert(bisect_next(&b, &guess));
    ck_assert_uint_eq(guess, 50);
}

TEST(a_single_number_is_guessed_and_then_none)
{
    struct bisect b;
    uint64_t guess = 7;

    bisect_init(&b, 0, 5);
    ck_assert(bisect_next(&b, &guess));
    ck_assert_uint_eq(guess, 0);
    bisect_answer(&b, BISECT_UNKNOWN);
    ck_assert(!bisect_next(&b, &guess));
    ck_assert(!bisect_next(&b, &guess));
}

TEST(equal_tells_the_middle_of_two_guesses)
{
    unsigned equals = 0;

    for (uint64_t secret = 0; secret < 1000; secret++) {
        struct honest player = { .secret = secret };
        enum bisect_hint hint = BISECT_UNKNOWN;
        uint64_t guess = 0;
        struct bisect b;

        bisect_init(&b, 999, 5);
        while (bisect_next(&b, &guess) && guess != secret) {
            if (hint == BISECT_EQUAL)
                ck_abort_msg("%llu after equal, not %llu",
                    (unsigned long long)guess, (unsigned long long)secret);
            hint = judge(&player, guess);
            bisect_answer(&b, hint);
        }
        ck_assert_uint_eq(guess, secret);
        equals += hint == BISECT_EQUAL;
    }
    ck_assert_uint_gt(equals, 0);
}

TEST(the_same_key_and_answers_give_the_same_guesses)
{
    struct honest one = { .secret = 3 }, two = { .secret = 3 };
    struct bisect a, b;
    uint64_t x = 1, y = 2, state_a = 9, state_b = 9;

    bisect_init(&a, 999, 4);
    bisect_init(&b, 999, 4);
    for (int n = 0; n < 1000; n++) {
        if (!bisect_next(&a, &x) || !bisect_next(&b, &y) || x != y)
            ck_abort_msg("guess %d: %llu and %llu", n, (unsigned long long)x,
                (unsigned long long)y);
        lie(&a, AT_RANDOM, &one, x, &state_a);
        lie(&b, AT_RANDOM, &two, y, &state_b);
    }
}

TEST(a_new_search_forgets_the_old_one)
{
    struct bisect b;
    uint64_t guess = 0;

    bisect_init(&b, 0, 1);
    ck_assert(bisect_next(&b, &guess));
    bisect_answer(&b, BISECT_UNKNOWN);
    ck_assert(!bisect_next(&b, &guess));
    bisect_init(&b, 9, 1);
    for (int n = 0; n < 10; n++)
        ck_assert(bisect_next(&b, &guess));
    ck_assert(!bisect_next(&b, &guess));
}
