#include "report/load/histogram.h"

#include "report/rng.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLES 20000

/* The largest value that the counters reach. */
#define LARGEST (HISTOGRAM_LIMIT - 1)

/* A random value of a random number of bits, up to the given one. */
static uint64_t
any_size(struct rng *rng, unsigned bits)
{
    return rng_next(rng) >> (64 - 1 - rng_below(rng, bits));
}

/* Order two values for qsort. */
static int
compare_values(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* The slow, obvious quantile: sort, and take the value of rank ceil(q n). */
static uint64_t
sorted_quantile(uint64_t *values, size_t n, unsigned per_mille)
{
    qsort(values, n, sizeof(*values), compare_values);
    return values[(n * per_mille + 999) / 1000 - 1];
}

TEST(values_below_2048_have_a_counter_each)
{
    for (uint64_t v = 0; v < 2048; v++) {
        ck_assert_uint_eq(histogram_index(v), v);
        ck_assert_uint_eq(histogram_upper_edge((size_t)v), v);
    }
}

TEST(the_counters_follow_each_other_without_gaps)
{
    for (size_t i = 1; i < HISTOGRAM_COUNTERS; i++) {
        uint64_t first = histogram_upper_edge(i - 1) + 1;

        ck_assert_uint_eq(histogram_index(first), i);
        ck_assert_uint_eq(histogram_index(histogram_upper_edge(i)), i);
    }
}

TEST(the_last_counter_ends_at_the_limit)
{
    ck_assert_uint_eq(histogram_index(LARGEST), HISTOGRAM_COUNTERS - 1);
    ck_assert_uint_eq(histogram_upper_edge(HISTOGRAM_COUNTERS - 1), LARGEST);
    ck_assert_uint_gt(LARGEST, UINT64_C(60) * 1000000000);
}

TEST(the_upper_edge_is_at_most_one_in_1024_above)
{
    struct rng rng;

    rng_seed(&rng, 1);
    for (int i = 0; i < 100000; i++) {
        uint64_t v = any_size(&rng, 36);
        uint64_t edge = histogram_upper_edge(histogram_index(v));

        ck_assert_uint_ge(edge, v);
        ck_assert_uint_le((edge - v) * 1024, v);
    }
}

TEST(quantiles_are_those_of_the_sorted_values, .times = 5)
{
    static const unsigned per_mille[] = { 1, 10, 250, 500, 900, 990, 999 };
    static uint64_t values[SAMPLES];
    struct histogram *h = histogram_new();
    struct rng rng;

    rng_seed(&rng, (uint64_t)_i);
    for (size_t i = 0; i < SAMPLES; i++) {
        values[i] = any_size(&rng, 36);
        histogram_record(h, values[i]);
    }
    for (size_t q = 0; q < sizeof(per_mille) / sizeof(per_mille[0]); q++) {
        uint64_t exact = sorted_quantile(values, SAMPLES, per_mille[q]);
        struct quantile found = histogram_quantile(h, per_mille[q] / 1e3);

        ck_assert(found.known && !found.at_least);
        ck_assert_uint_eq(
            found.ns, histogram_upper_edge(histogram_index(exact)));
    }
    free(h);
}

TEST(the_mean_and_the_ends_are_exact)
{
    struct histogram *h = histogram_new();

    histogram_record(h, 1000003);
    histogram_record(h, 5000001);
    histogram_record(h, 3000002);
    ck_assert_uint_eq(h->min, 1000003);
    ck_assert_uint_eq(h->max, 5000001);
    ck_assert_double_eq_tol(histogram_mean(h), 3000002, 1e-6);
    free(h);
}

TEST(an_empty_histogram_knows_no_quantile)
{
    struct histogram *h = histogram_new();

    ck_assert(!histogram_quantile(h, 0.5).known);
    ck_assert_uint_eq(histogram_count(h), 0);
    ck_assert_double_eq(histogram_mean(h), 0);
    free(h);
}

TEST(a_quantile_needs_ten_samples_beyond_it)
{
    struct histogram *h = histogram_new();

    for (int i = 0; i < 9999; i++)
        histogram_record(h, 100);
    ck_assert(histogram_quantile(h, 0.99).known);
    ck_assert(!histogram_quantile(h, 0.999).known);
    histogram_record(h, 100);
    ck_assert(histogram_quantile(h, 0.999).known);
    free(h);
}

TEST(overflow_is_counted_and_not_clamped)
{
    struct histogram *h = histogram_new();

    for (int i = 0; i < 50; i++)
        histogram_record(h, 1000);
    for (int i = 0; i < 50; i++)
        histogram_record(h, HISTOGRAM_LIMIT + (uint64_t)i);
    ck_assert_uint_eq(h->overflow, 50);
    ck_assert_uint_eq(histogram_count(h), 100);
    ck_assert(!histogram_quantile(h, 0.5).at_least);
    ck_assert_uint_eq(histogram_quantile(h, 0.5).ns, 1000);
    ck_assert(histogram_quantile(h, 0.51).at_least);
    ck_assert_uint_eq(histogram_quantile(h, 0.51).ns, HISTOGRAM_LIMIT);
    ck_assert_uint_eq(h->max, HISTOGRAM_LIMIT + 49);
    free(h);
}

TEST(a_request_that_never_ended_counts_as_the_longest)
{
    struct histogram *h = histogram_new();

    for (int i = 0; i < 80; i++)
        histogram_record(h, 1500);
    for (int i = 0; i < 20; i++)
        histogram_record_censored(h, 700 + (uint64_t)i, 1);
    ck_assert_uint_eq(histogram_count(h), 100);
    ck_assert_uint_eq(histogram_quantile(h, 0.8).ns, 1500);
    ck_assert(!histogram_quantile(h, 0.8).at_least);
    ck_assert(histogram_quantile(h, 0.81).at_least);
    ck_assert_uint_eq(histogram_quantile(h, 0.81).ns, 700);
    free(h);
}

TEST(text_lists_the_counters_that_are_not_zero)
{
    struct histogram *h = histogram_new();
    char *text = histogram_to_text(h);

    ck_assert_str_eq(text, "");
    free(text);
    histogram_record(h, 7);
    histogram_record(h, 7);
    histogram_record(h, 2050);
    text = histogram_to_text(h);
    ck_assert_str_eq(text, "7:2 2049:1");
    free(text);
    free(h);
}

TEST(text_is_read_back, .times = 3)
{
    static const uint64_t samples[] = { 0, 2047, LARGEST };
    struct histogram *h = histogram_new(), *again = histogram_new();
    char *text;

    for (int i = 0; i < _i; i++)
        for (int times = 0; times < 3; times++)
            histogram_record(h, samples[i + 1]);
    text = histogram_to_text(h);
    ck_assert(histogram_from_text(again, text, h->recorded));
    ck_assert_mem_eq(again->counters, h->counters, sizeof(h->counters));
    ck_assert_uint_eq(again->recorded, 0);
    histogram_clear(again);
    ck_assert_int_eq(
        histogram_from_text(again, text, h->recorded - (_i > 0)), _i == 0);
    free(text);
    free(again);
    free(h);
}

/* The last one counts one more than may be. */
static const char *const no_texts[] = { " ", "1", "1:", ":1", "1:0", "1:1 ",
    "1:1  2:1", "1:1,2:1", "2:1 1:1", "1:1 1:1", "-1:1", "1:-1", "1:1x",
    "27648:1", "99999999999999999999999:1", "1:99999999999999999999999",
    "1:5 2:6", "1:11" };

TEST(a_text_that_is_none_is_refused, .times = COUNT(no_texts))
{
    struct histogram *h = histogram_new();

    ck_assert_msg(
        !histogram_from_text(h, no_texts[_i], 10), "%s", no_texts[_i]);
    free(h);
}

TEST(the_sum_of_two_is_one_of_all_their_samples)
{
    struct histogram *all = histogram_new(), *parts[2];
    struct rng rng;

    rng_seed(&rng, 3);
    parts[0] = histogram_new();
    parts[1] = histogram_new();
    for (int i = 0; i < 10000; i++) {
        uint64_t ns = rng_below(&rng, i % 7 == 0 ? 2 * LARGEST : 1000000);

        histogram_record(all, ns);
        histogram_record(parts[rng_below(&rng, 2)], ns);
        if (i % 100 == 0) {
            histogram_record_censored(all, ns, 2);
            histogram_record_censored(parts[rng_below(&rng, 2)], ns, 2);
        }
    }
    histogram_add(parts[0], parts[1]);
    /* Doubles of whole numbers that small add up exactly. */
    ck_assert_mem_eq(parts[0], all, sizeof(*all));
    histogram_clear(parts[1]);
    histogram_add(parts[0], parts[1]);
    ck_assert_mem_eq(parts[0], all, sizeof(*all));
    free(parts[0]);
    free(parts[1]);
    free(all);
}
