#include "report/words.h"

#include "tests/unit/unit.h"

#include <math.h>

static const struct {
    double ns;
    const char *text;
} times[] = {
    { 0, "0 ns" },
    { 1, "1.00 ns" },
    { 12.34, "12.3 ns" },
    { 999.4, "999 ns" },
    { 999.6, "1.00 \xc2\xb5s" },
    { 1000, "1.00 \xc2\xb5s" },
    { 539000, "539 \xc2\xb5s" },
    { 1234567, "1.23 ms" },
    { 2.5e9, "2.50 s" },
    { 1.2345e13, "12,345 s" },
    { -1500, "-1.50 \xc2\xb5s" },
    { NAN, "-" },
    { INFINITY, "-" },
};

TEST(a_time_has_a_unit_and_three_digits, .times = COUNT(times))
{
    char buf[WORDS_MAX];

    ck_assert_str_eq(words_time(buf, times[_i].ns), times[_i].text);
}

static const struct {
    const char *metric;
    double value;
    const char *text;
} values[] = {
    { "requests_per_second", 174976, "175,000/s" },
    { "requests_per_second", 999.6, "1,000/s" },
    { "requests_per_second", 45.678, "45.7/s" },
    { "p99_ns", 746960, "747 \xc2\xb5s" },
    { "memory_bytes_per_connection", 34611, "33.8 KiB" },
    { "memory_bytes_per_connection", 1023, "1,023 bytes" },
    { "memory_bytes_per_connection", 1000, "1,000 bytes" },
    { "background_bytes_per_second", 4.7e9, "4.38 GiB/s" },
    { "answered", 0.125, "12.5 %" },
    { "answered", 1, "100 %" },
    { "context_switches_per_request", 0.0141, "0.014" },
    { "context_switches_per_request", 12.345, "12.3" },
    { "unheard_of", 1.5, "1.500" },
    { "unheard_of", 1e300, "1e+300" },
    { "requests_per_second", NAN, "-" },
};

TEST(a_value_is_written_as_its_metric_is, .times = COUNT(values))
{
    char buf[WORDS_MAX];

    ck_assert_str_eq(
        words_value(buf, values[_i].metric, values[_i].value), values[_i].text);
}

static const struct {
    struct span span;
    const char *text;
} spans[] = {
    { { 1.28, 1.32, 1.36 }, "1.32x (1.28 to 1.36)" },
    { { 0.0444, 0.0445, 0.0448 }, "0.044x (0.044 to 0.045)" },
    { { 20.04, 22.53, 25.1 }, "22.5x (20.0 to 25.1)" },
    { { NAN, 1.4, NAN }, "1.40x" },
    { { NAN, NAN, NAN }, "-" },
};

TEST(a_ratio_stands_with_its_interval, .times = COUNT(spans))
{
    char buf[WORDS_MAX];

    ck_assert_str_eq(words_span(buf, spans[_i].span), spans[_i].text);
}

TEST(thousands_are_separated)
{
    char buf[WORDS_MAX];

    ck_assert_str_eq(words_count(buf, 0), "0");
    ck_assert_str_eq(words_count(buf, 999), "999");
    ck_assert_str_eq(words_count(buf, 1000), "1,000");
    ck_assert_str_eq(words_count(buf, 1234567), "1,234,567");
    ck_assert_str_eq(words_count(buf, -123456), "-123,456");
    ck_assert_str_eq(words_count(buf, -12), "-12");
    ck_assert_str_eq(words_count(buf, NAN), "-");
}

/* A comparison with a verdict, a winner, and a ratio of latencies. */
static json_t *
compare(const char *verdict, const char *winner)
{
    json_t *c = json_pack("{s:s, s:s, s:s, s:f, s:[f, f], s:f, s:f, s:f, s:s}",
        "metric", "p99_ns", "verdict", verdict, "scale", "ratio", "estimate",
        0.5, "interval95", 0.4, 0.6, "band", 0.1, "a_median", 1e6, "b_median",
        2e6, "invalid", "the generator was late");

    ck_assert_ptr_nonnull(c);
    if (winner != NULL)
        json_object_set_new(c, "winner", json_string(winner));
    return c;
}

static const struct {
    const char *verdict, *winner;
    enum choice choice;
    const char *finding;
} verdicts[] = {
    { "WIN", "evented", CHOICE_EVENTS,
        "the p99 latency of events is 0.50x (0.40 to 0.60) that of threads, "
        "1.00 ms against 2.00 ms" },
    { "WIN", "threaded", CHOICE_THREADS,
        "the p99 latency of events is 0.50x (0.40 to 0.60) that of threads, "
        "1.00 ms against 2.00 ms" },
    { "LEANS", "evented", CHOICE_LEANS_EVENTS,
        "the p99 latency of events is 0.50x (0.40 to 0.60) that of threads, "
        "1.00 ms against 2.00 ms; by how much is open" },
    { "LEANS", "threaded", CHOICE_LEANS_THREADS,
        "the p99 latency of events is 0.50x (0.40 to 0.60) that of threads, "
        "1.00 ms against 2.00 ms; by how much is open" },
    { "EQUIVALENT", NULL, CHOICE_EITHER,
        "in p99 latency the two are equivalent within 10 %" },
    { "INCONCLUSIVE", NULL, CHOICE_OPEN,
        "by estimate, the p99 latency of events is 0.50x (0.40 to 0.60) that "
        "of threads, 1.00 ms against 2.00 ms; undecided" },
    { "no verdict", NULL, CHOICE_OPEN,
        "by estimate, the p99 latency of events is 0.50x (0.40 to 0.60) that "
        "of threads, 1.00 ms against 2.00 ms; undecided" },
    { "INVALID", NULL, CHOICE_INVALID,
        "p99 latency cannot be compared: the generator was late" },
};

TEST(a_finding_is_no_stronger_than_its_verdict, .times = COUNT(verdicts))
{
    json_t *c = compare(verdicts[_i].verdict, verdicts[_i].winner);
    char buf[WORDS_MAX];

    ck_assert_int_eq(words_judge(c), verdicts[_i].choice);
    ck_assert_str_eq(words_finding(buf, c), verdicts[_i].finding);
    json_decref(c);
}

TEST(what_failed_a_gate_is_told_by_its_name)
{
    char buf[WORDS_MAX];
    json_t *c = compare("INVALID", NULL);

    json_object_set_new(c, "invalid", json_null());
    json_object_set_new(
        c, "gates", json_pack("[s, s]", "generator late", "stability"));
    ck_assert_str_eq(words_finding(buf, c),
        "p99 latency cannot be compared: generator late, stability");
    json_decref(c);
}

TEST(a_lead_that_the_load_kept_small_is_said_to_be_one)
{
    char buf[WORDS_MAX];
    json_t *c = compare("WIN", "evented");
    bool ahead = get_number(c, "estimate") > 1;

    json_object_set_new(c, "at_least", json_true());
    ck_assert_ptr_nonnull(
        strstr(words_finding(buf, c), ahead ? "at least" : "at most"));
    json_object_set_new(c, "at_least", json_false());
    ck_assert_ptr_null(strstr(words_finding(buf, c), "at least"));
    ck_assert_ptr_null(strstr(words_finding(buf, c), "at most"));
    json_decref(c);
}

TEST(what_is_missing_is_not_measured)
{
    json_t *c = compare("WIN", "evented");
    char buf[WORDS_MAX];

    json_object_set_new(c, "missing", json_string("too few requests for it"));
    ck_assert_int_eq(words_judge(c), CHOICE_NONE);
    ck_assert_str_eq(words_finding(buf, c),
        "p99 latency cannot be compared: too few requests for it");
    ck_assert_int_eq(words_judge(NULL), CHOICE_NONE);
    json_object_set_new(c, "verdict", json_string("INVALID"));
    ck_assert_int_eq(words_judge(c), CHOICE_INVALID);
    json_decref(c);
}

static const struct {
    enum choice choices[3];
    enum choice together;
} sums[] = {
    { { CHOICE_EVENTS, CHOICE_EVENTS, CHOICE_EITHER }, CHOICE_EVENTS },
    { { CHOICE_NONE, CHOICE_OPEN, CHOICE_THREADS }, CHOICE_THREADS },
    { { CHOICE_EVENTS, CHOICE_LEANS_THREADS, CHOICE_NONE }, CHOICE_DEPENDS },
    { { CHOICE_LEANS_EVENTS, CHOICE_EVENTS, CHOICE_NONE }, CHOICE_EVENTS },
    { { CHOICE_LEANS_EVENTS, CHOICE_OPEN, CHOICE_NONE }, CHOICE_LEANS_EVENTS },
    { { CHOICE_EITHER, CHOICE_OPEN, CHOICE_NONE }, CHOICE_OPEN },
    { { CHOICE_EITHER, CHOICE_INVALID, CHOICE_NONE }, CHOICE_OPEN },
    { { CHOICE_EITHER, CHOICE_EITHER, CHOICE_NONE }, CHOICE_EITHER },
    { { CHOICE_INVALID, CHOICE_NONE, CHOICE_NONE }, CHOICE_INVALID },
    { { CHOICE_NONE, CHOICE_NONE, CHOICE_NONE }, CHOICE_NONE },
};

TEST(several_choices_come_down_to_one, .times = COUNT(sums))
{
    ck_assert_int_eq(words_together(sums[_i].choices, 3), sums[_i].together);
    ck_assert_int_eq(words_together(NULL, 0), CHOICE_NONE);
}
