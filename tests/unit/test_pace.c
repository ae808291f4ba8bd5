/*
 * test_pace - how fast a processor is, and when that is called uneven.
 */
#include "report/run/pace.h"
#include "report/view.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <sched.h>

TEST(the_thread_is_back_where_it_was)
{
    cpu_set_t before, after;
    double pace;

    ck_assert_int_eq(sched_getaffinity(0, sizeof(before), &before), 0);
    pace = pace_ns(sched_getcpu());
    ck_assert_double_gt(pace, 0);
    ck_assert_double_lt(pace, 1e6);
    ck_assert_int_eq(sched_getaffinity(0, sizeof(after), &after), 0);
    ck_assert(CPU_EQUAL(&before, &after));
}

TEST(a_processor_that_is_not_there_has_no_pace)
{
    ck_assert_double_nan(pace_ns(-1));
    ck_assert_double_nan(pace_ns(CPU_SETSIZE - 1));
    ck_assert_double_nan(pace_ns(CPU_SETSIZE));
}

/* A scenario with such runs. */
static json_t *
scenario_of(const double *pace, size_t n)
{
    json_t *runs = json_array();

    for (size_t i = 0; i < n; i++)
        json_array_append_new(
            runs, json_pack("{s:o}", "pace_ns", value_number(pace[i])));
    return json_pack("{s:o}", "runs", runs);
}

TEST(the_slowest_and_the_fastest_tenth_are_left_out)
{
    const double one[] = { NAN, 900, 170, 171, 172, 173, 174, 175, 176, 177,
        1 };
    const double two[] = { 230, 170, 230, 170, 230, 170, 230, 170, 230, 170 };
    json_t *even = scenario_of(one, sizeof(one) / sizeof(one[0]));
    json_t *uneven = scenario_of(two, sizeof(two) / sizeof(two[0]));
    struct span s = view_pace(even);

    ck_assert_double_eq(s.low, 170);
    ck_assert_double_eq(s.at, 173.5);
    ck_assert_double_eq(s.high, 177);
    ck_assert(!view_is_uneven(s));
    s = view_pace(uneven);
    ck_assert_double_eq(s.low, 170);
    ck_assert_double_eq(s.high, 230);
    ck_assert(view_is_uneven(s));
    json_decref(even);
    json_decref(uneven);
}

TEST(without_figures_nothing_is_uneven)
{
    const double none[] = { NAN, NAN };
    json_t *unknown = scenario_of(none, 2), *empty = json_object();

    ck_assert(!view_is_uneven(view_pace(unknown)));
    ck_assert(!view_is_uneven(view_pace(empty)));
    ck_assert(!view_is_uneven(view_pace(NULL)));
    json_decref(unknown);
    json_decref(empty);
}
