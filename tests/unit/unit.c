#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>

/* All tests of this program, in the order of its file. */
static struct unit_test *tests;

/* Where a file says nothing of all its tests. Not const: a compiler would think
 * that it knows what is in it. */
__attribute__((weak)) struct unit_test unit_each;

/* Put a test on the list. */
void
unit_add(struct unit_test *test)
{
    struct unit_test **place = &tests;

    while (*place != NULL && (*place)->test.line < test->test.line)
        place = &(*place)->next;
    test->next = *place;
    *place = test;
}

/* Give a test what its file says of all. */
static void
complete(struct unit_test *test)
{
    if (test->times == 0)
        test->times = 1;
    if (test->seconds == 0)
        test->seconds =
            unit_each.seconds > 0 ? unit_each.seconds : UNIT_SECONDS;
    if (test->before == NULL)
        test->before = unit_each.before;
    if (test->after == NULL)
        test->after = unit_each.after;
    if (test->unless == NULL)
        test->unless = unit_each.unless;
}

/* Add a test to a suite, as a case of its own, if it can run here. */
static void
add(Suite *suite, const struct unit_test *test)
{
    const char *why = test->unless != NULL ? test->unless() : NULL;
    TCase *alone;

    if (why != NULL) {
        fprintf(stderr, "%s is left out: %s\n", test->test.name, why);
        return;
    }
    alone = tcase_create(test->test.name);
    tcase_set_timeout(alone, test->seconds);
    tcase_add_checked_fixture(alone, test->before, test->after);
    tcase_add_loop_test(alone, &test->test, 0, test->times);
    suite_add_tcase(suite, alone);
}

/* Run all tests; the exit code is 1 if any failed. */
int
main(void)
{
    Suite *suite = suite_create(program_invocation_short_name);
    SRunner *runner;
    int failed;

    /* A test that exits would write once more what waits in a buffer. */
    setvbuf(stdout, NULL, _IONBF, 0);
    for (struct unit_test *test = tests; test != NULL; test = test->next) {
        complete(test);
        add(suite, test);
    }
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
