#include "common/mishap.h"

#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

/* The published ones. */
static const struct mishap_rules usual = {
    .seed = 1,
    .delay_min_ms = 500,
    .delay_max_ms = 5000,
    .error_rate = 250000,
    .delay_rate = 500000,
    .statuses = { 500, 501, 502, 503 },
    .status_count = 4,
};

/* What befalls the request for the picture of a code made of a number. */
static struct mishap
befall(const struct mishap_rules *rules, enum mishap_door door, int number,
    uint32_t nth)
{
    char path[40];

    sprintf(path, "/flags/%d/%d.gif", number, number);
    return mishap_of(rules, door, path, strlen(path), nth);
}

/* Computed by another program, in Python. */
static const struct {
    uint64_t seed;
    enum mishap_door door;
    const char *path;
    uint32_t nth;
    int64_t delay_ms;
    int status;
} known[] = {
    { 1, MISHAP_LOCAL, "/flags/ad/ad.gif", 0, 0, 0 },
    { 1, MISHAP_DELAY, "/flags/ad/ad.gif", 0, 4719, 0 },
    { 1, MISHAP_ERROR, "/flags/ad/ad.gif", 0, 2655, 0 },
    { 1, MISHAP_ERROR, "/flags/ad/ad.gif", 1, 1060, 0 },
    { 1, MISHAP_ERROR, "/flags/br/br.gif", 0, 0, 0 },
    { 1, MISHAP_ERROR, "/flags/cn/cn.gif", 0, 2515, 0 },
    { 2, MISHAP_ERROR, "/flags/ad/ad.gif", 0, 0, 501 },
    { UINT64_MAX, MISHAP_ERROR, "/flags/zw/zw.gif", UINT32_MAX, 3426, 0 },
    { 7, MISHAP_ERROR, "/flags/ae/ae.gif", 0, 0, 0 },
    { 1, MISHAP_ERROR, "/flags/af/af.gif", 0, 1325, 0 },
};

TEST(the_same_befalls_the_same_request, .times = COUNT(known))
{
    struct mishap_rules rules = usual;
    struct mishap mishap;

    rules.seed = known[_i].seed;
    mishap = mishap_of(&rules, known[_i].door, known[_i].path,
        strlen(known[_i].path), known[_i].nth);
    ck_assert_int_eq(mishap.delay_ms, known[_i].delay_ms);
    ck_assert_int_eq(mishap.status, known[_i].status);
    ck_assert_int_eq(mishap.fault, MISHAP_NONE);
}

TEST(rates_are_kept)
{
    int failed = 0, delayed = 0, statuses[4] = { 0 };
    int64_t least = INT64_MAX, largest = 0;

    /* A thousandth is five standard deviations of the rates, and less. */
    for (int number = 0; number < 500000; number++) {
        const struct mishap mishap =
            befall(&usual, MISHAP_ERROR, number, (uint32_t)number % 3);

        ck_assert(mishap.status == 0 || mishap.delay_ms == 0);
        if (mishap.status != 0) {
            failed++;
            statuses[mishap.status - 500]++;
        }
        if (mishap.delay_ms != 0) {
            delayed++;
            least = mishap.delay_ms < least ? mishap.delay_ms : least;
            largest = mishap.delay_ms > largest ? mishap.delay_ms : largest;
        }
    }
    ck_assert_int_ge(failed, 123000);
    ck_assert_int_le(failed, 127000);
    ck_assert_int_ge(delayed, 248000);
    ck_assert_int_le(delayed, 252000);
    for (int i = 0; i < 4; i++) {
        ck_assert_int_ge(statuses[i], failed / 4 - 900);
        ck_assert_int_le(statuses[i], failed / 4 + 900);
    }
    ck_assert_int_eq(least, 500);
    ck_assert_int_eq(largest, 5000);
}

TEST(doors_differ)
{
    struct mishap_rules rules = usual;

    for (int number = 0; number < 1000; number++) {
        struct mishap mishap = befall(&rules, MISHAP_LOCAL, number, 0);

        ck_assert_int_eq(mishap.delay_ms, 0);
        ck_assert_int_eq(mishap.status, 0);
        mishap = befall(&rules, MISHAP_DELAY, number, 0);
        ck_assert_int_ge(mishap.delay_ms, 500);
        ck_assert_int_le(mishap.delay_ms, 5000);
        ck_assert_int_eq(mishap.status, 0);
    }
}

TEST(a_fixed_delay_is_always_the_same)
{
    struct mishap_rules rules = usual;

    for (int at = 0; at < 2; at++) {
        rules.delay_min_ms = rules.delay_max_ms = at * MISHAP_DELAY_MAX_MS;
        for (int number = 0; number < 1000; number++)
            ck_assert_int_eq(befall(&rules, MISHAP_DELAY, number, 0).delay_ms,
                rules.delay_max_ms);
    }
}

TEST(all_can_be_delayed)
{
    struct mishap_rules rules = usual;
    int failed = 0;

    rules.all_delayed = true;
    for (int number = 0; number < 1000; number++) {
        const struct mishap mishap = befall(&rules, MISHAP_ERROR, number, 0);

        ck_assert_int_ge(mishap.delay_ms, 500);
        failed += mishap.status != 0;
    }
    ck_assert_int_ge(failed, 150);
    ck_assert_int_le(failed, 350);
}

TEST(rates_can_be_none_and_all)
{
    struct mishap_rules rules = usual;

    for (int number = 0; number < 1000; number++) {
        struct mishap mishap;

        rules.error_rate = MISHAP_CERTAIN;
        rules.delay_rate = 0;
        mishap = befall(&rules, MISHAP_ERROR, number, 0);
        ck_assert(mishap.status != 0 && mishap.delay_ms == 0);
        rules.error_rate = 0;
        mishap = befall(&rules, MISHAP_ERROR, number, 0);
        ck_assert(mishap.status == 0 && mishap.delay_ms == 0);
        rules.delay_rate = MISHAP_CERTAIN;
        mishap = befall(&rules, MISHAP_ERROR, number, 0);
        ck_assert(mishap.status == 0 && mishap.delay_ms != 0);
    }
}

TEST(a_fault_takes_the_place_of_an_error)
{
    struct mishap_rules rules = usual;

    rules.fault = MISHAP_CUT;
    for (int number = 0; number < 1000; number++) {
        const struct mishap with = befall(&rules, MISHAP_ERROR, number, 0);
        const struct mishap without = befall(&usual, MISHAP_ERROR, number, 0);

        ck_assert_int_eq(with.status, without.status);
        ck_assert_int_eq(
            with.fault, with.status == 0 ? MISHAP_NONE : MISHAP_CUT);
    }
}

TEST(every_fault_has_a_name)
{
    for (int fault = 0; fault < MISHAP_FAULTS; fault++) {
        const char *name = mishap_fault_name((enum mishap_fault)fault);

        ck_assert_ptr_nonnull(name);
        for (int other = 0; other < fault; other++)
            ck_assert_str_ne(name, mishap_fault_name((enum mishap_fault)other));
    }
}

TEST(every_door_has_a_name)
{
    static const char *const names[] = { "local", "delay", "error" };

    ck_assert_int_eq(COUNT(names), MISHAP_DOORS);
    for (int door = 0; door < MISHAP_DOORS; door++)
        ck_assert_str_eq(mishap_door_name((enum mishap_door)door), names[door]);
}
