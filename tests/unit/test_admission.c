#include "common/admission.h"

#include "common/limits.h"
#include "tests/unit/unit.h"

#include <stdlib.h>

TEST(a_free_place_is_for_the_next)
{
    struct counters counters = { 0 };

    ck_assert_int_eq(admission_decide(0, 1, 0, &counters), ADMITTED);
    ck_assert_int_eq(
        admission_decide(9, 10, LIMIT_REFUSING, &counters), ADMITTED);
    ck_assert_uint_eq(counters_get(&counters, COUNT_ACCEPTED), 2);
    ck_assert_uint_eq(counters_get(&counters, COUNT_REJECTED), 0);
}

TEST(who_finds_none_is_told_as_long_as_few_are)
{
    struct counters counters = { 0 };

    ck_assert_int_eq(admission_decide(1, 1, 0, &counters), REFUSED);
    ck_assert_int_eq(
        admission_decide(2, 1, LIMIT_REFUSING - 1, &counters), REFUSED);
    ck_assert_int_eq(
        admission_decide(1, 1, LIMIT_REFUSING, &counters), TURNED_AWAY);
    ck_assert_uint_eq(counters_get(&counters, COUNT_ACCEPTED), 0);
    ck_assert_uint_eq(counters_get(&counters, COUNT_REJECTED), 3);
}

TEST(who_could_not_be_served_was_rejected)
{
    struct counters counters = { 0 };

    admission_decide(0, 1, 0, &counters);
    admission_revoke(&counters);
    ck_assert_uint_eq(counters_get(&counters, COUNT_ACCEPTED), 0);
    ck_assert_uint_eq(counters_get(&counters, COUNT_REJECTED), 1);
}
