#include "common/limits.h"

#include <check.h>

START_TEST(the_defaults_are_those_of_the_help)
{
    const struct limits limits = limits_default(1024);

    ck_assert_uint_eq(limits.max_line, 1024);
    ck_assert_int_eq(limits.line_ms, 10000);
    ck_assert_int_eq(limits.idle_ms, 300000);
    ck_assert_int_eq(limits.stall_ms, 30000);
    ck_assert_int_eq(limits.drain_ms, 10000);
}
END_TEST

/* How many connections so many descriptors allow. */
static const struct {
    size_t descriptors, connections;
} rooms[] = {
    { 0, 1 },
    { 1, 1 },
    { LIMIT_DESCRIPTORS_KEPT - 1, 1 },
    { LIMIT_DESCRIPTORS_KEPT, 1 },
    { LIMIT_DESCRIPTORS_KEPT + 1, 1 },
    { LIMIT_DESCRIPTORS_KEPT + 2, 2 },
    { 64, 64 - LIMIT_DESCRIPTORS_KEPT },
    { 1024, 1024 - LIMIT_DESCRIPTORS_KEPT },
    { 1048576, 1048576 - LIMIT_DESCRIPTORS_KEPT },
    { SIZE_MAX, SIZE_MAX - LIMIT_DESCRIPTORS_KEPT },
};

#define ROOMS ((int)(sizeof(rooms) / sizeof(rooms[0])))

START_TEST(connections_leave_a_reserve_of_descriptors)
{
    ck_assert_uint_eq(limits_default(rooms[_i].descriptors).max_connections,
        rooms[_i].connections);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("limits");
    TCase *limits = tcase_create("limits");
    SRunner *runner;
    int failed;

    tcase_add_test(limits, the_defaults_are_those_of_the_help);
    tcase_add_loop_test(
        limits, connections_leave_a_reserve_of_descriptors, 0, ROOMS);
    suite_add_tcase(suite, limits);

    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
