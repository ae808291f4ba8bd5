#include "common/admission.h"

#include "common/limits.h"

#include <check.h>
#include <stdlib.h>

START_TEST(a_free_place_is_for_the_next)
{
    struct counters counters = { 0 };

    ck_assert_int_eq(admission_decide(0, 1, 0, &counters), ADMITTED);
    ck_assert_int_eq(
        admission_decide(9, 10, LIMIT_REFUSING, &counters), ADMITTED);
    ck_assert_uint_eq(counters_get(&counters, COUNT_ACCEPTED), 2);
    ck_assert_uint_eq(counters_get(&counters, COUNT_REJECTED), 0);
}
END_TEST

START_TEST(who_finds_none_is_told_as_long_as_few_are)
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
END_TEST

START_TEST(who_could_not_be_served_was_rejected)
{
    struct counters counters = { 0 };

    admission_decide(0, 1, 0, &counters);
    admission_revoke(&counters);
    ck_assert_uint_eq(counters_get(&counters, COUNT_ACCEPTED), 0);
    ck_assert_uint_eq(counters_get(&counters, COUNT_REJECTED), 1);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("admission");
    TCase *decide = tcase_create("decide");
    SRunner *runner;
    int failed;

    tcase_add_test(decide, a_free_place_is_for_the_next);
    tcase_add_test(decide, who_finds_none_is_told_as_long_as_few_are);
    tcase_add_test(decide, who_could_not_be_served_was_rejected);
    suite_add_tcase(suite, decide);

    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
