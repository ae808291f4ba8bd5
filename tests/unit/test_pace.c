/*
 * test_pace - how fast a processor is.
 */
#include "report/run/pace.h"

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
