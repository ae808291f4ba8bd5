#include "common/counters.h"

#include "tests/unit/guard.h"
#include "tests/unit/unit.h"

#include <pthread.h>
#include <stdbool.h>

TEST(a_zeroed_set_counts_nothing)
{
    const struct counters counters = { 0 };
    char *text = guard_room(COUNTERS_TEXT_MAX);
    static const char expected[] = "accepted 0\n"
                                   "active 0\n"
                                   "served 0\n"
                                   "requests 0\n"
                                   "rejected 0\n"
                                   "timed_out 0\n"
                                   "stalled 0\n"
                                   "dropped_log 0\n"
                                   "bytes_in 0\n"
                                   "bytes_out 0\n";

    ck_assert_uint_eq(counters_print(&counters, text), sizeof(expected) - 1);
    ck_assert_str_eq(text, expected);
}

TEST(each_counter_is_printed_under_its_name)
{
    struct counters counters = { 0 };
    char text[COUNTERS_TEXT_MAX];

    for (enum counter i = 0; i < COUNTER_COUNT; i++)
        counters_add(&counters, i, 100 + i);
    counters_print(&counters, text);
    ck_assert_str_eq(text,
        "accepted 100\nactive 101\nserved 102\nrequests 103\nrejected 104\n"
        "timed_out 105\nstalled 106\ndropped_log 107\nbytes_in 108\n"
        "bytes_out 109\n");
}

TEST(adding_touches_one_counter, .times = COUNTER_COUNT)
{
    struct counters counters = { 0 };

    counters_add(&counters, (enum counter)_i, 3);
    counters_add(&counters, (enum counter)_i, 4);
    for (enum counter i = 0; i < COUNTER_COUNT; i++)
        ck_assert_uint_eq(counters_get(&counters, i), (int)i == _i ? 7 : 0);
}

TEST(adding_the_complement_takes_one_away)
{
    struct counters counters = { 0 };

    counters_add(&counters, COUNT_ACTIVE, 2);
    counters_add(&counters, COUNT_ACTIVE, (uint64_t)-1);
    ck_assert_uint_eq(counters_get(&counters, COUNT_ACTIVE), 1);
}

TEST(summing_adds_every_counter)
{
    struct counters total = { 0 }, one = { 0 };

    for (enum counter i = 0; i < COUNTER_COUNT; i++) {
        counters_add(&total, i, i);
        counters_add(&one, i, 10);
    }
    counters_sum(&total, &one);
    counters_sum(&total, &one);
    for (enum counter i = 0; i < COUNTER_COUNT; i++) {
        ck_assert_uint_eq(counters_get(&total, i), 20 + i);
        ck_assert_uint_eq(counters_get(&one, i), 10);
    }
}

TEST(the_largest_counts_fit_into_the_text)
{
    struct counters counters = { 0 };
    char *text = guard_room(COUNTERS_TEXT_MAX);
    size_t length;

    for (enum counter i = 0; i < COUNTER_COUNT; i++)
        counters_add(&counters, i, UINT64_MAX);
    length = counters_print(&counters, text);
    ck_assert_uint_lt(length, COUNTERS_TEXT_MAX);
    ck_assert_uint_eq(length, strlen(text));
    ck_assert_str_eq(text + length - 32, "\nbytes_out 18446744073709551615\n");
}

/* What the writer and the reader share. */
struct shared {
    struct counters counters;
    atomic_bool done;
};

#define ADDITIONS 1000000

/* Count, as the one writer of a set. */
static void *
count(void *argument)
{
    struct shared *shared = argument;

    for (int i = 0; i < ADDITIONS; i++)
        counters_add(&shared->counters, COUNT_REQUESTS, 1);
    atomic_store(&shared->done, true);
    return NULL;
}

TEST(a_reader_never_sees_a_counter_go_back)
{
    static struct shared shared;
    uint64_t before = 0;
    pthread_t writer;
    bool done;

    ck_assert_int_eq(pthread_create(&writer, NULL, count, &shared), 0);
    do {
        struct counters sum = { 0 };

        done = atomic_load(&shared.done);
        counters_sum(&sum, &shared.counters);
        if (counters_get(&sum, COUNT_REQUESTS) < before)
            ck_abort_msg("the counter went back");
        before = counters_get(&sum, COUNT_REQUESTS);
    } while (!done);
    pthread_join(writer, NULL);
    ck_assert_uint_eq(before, ADDITIONS);
}
