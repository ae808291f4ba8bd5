/*
 * unit - what every program of unit tests shares: TEST and its main().
 *
 * A file test_NAME.c is one program. It holds tests and what they need, and
 * nothing that lists them:
 *
 *     TEST(an_empty_line_is_a_line)
 *     {
 *         ck_assert_int_eq(...);
 *     }
 *
 * Each test runs in a process of its own, in the order of the file. Options
 * follow its name, in any order; those of all tests of a file stand once:
 *
 *     TEST(every_split_gives_the_same_lines, .times = COUNT(streams))
 *     {
 *         ... streams[_i] ...
 *     }
 *
 *     EACH_TEST(.before = open_out, .after = free_out);
 *
 * Assertions are libcheck's. The names of cases are those of tests:
 *
 *     CK_RUN_CASE=an_empty_line_is_a_line build/.../tests/unit/test_line
 */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <check.h>

/* How many elements an array has. */
#define COUNT(array) ((int)(sizeof(array) / sizeof(*(array))))

/* Seconds after which a test hangs: the longest ones take five under
 * AddressSanitizer. CK_TIMEOUT_MULTIPLIER in the environment makes it more. */
#define UNIT_SECONDS 60

/* A test. The options are what lies between test and next. */
struct unit_test {
    TTest test;           /* its name, function, file and line */
    int times;            /* how often to run it, with _i from 0 on; 0: once */
    int seconds;          /* after which it hangs; 0: UNIT_SECONDS */
    void (*before)(void); /* called before the test, in its process */
    void (*after)(void);  /* called after it, unless it has failed */
    /* Why the test cannot run on this machine, which is then printed, or
     * NULL; asked before anything runs. */
    const char *(*unless)(void);
    struct unit_test *next;
};

/* Define a test: its name, then options, then the body. */
#define TEST(...) UNIT_TEST(__VA_ARGS__, .test.line = __LINE__)

#define UNIT_TEST(title, ...)                                                  \
    static void title(int _i);                                                 \
    static __attribute__((constructor)) void add_##title(void)                 \
    {                                                                          \
        static struct unit_test test = {                                       \
            .test.name = #title,                                               \
            .test.fn = title,                                                  \
            .test.file = __FILE__,                                             \
            __VA_ARGS__,                                                       \
        };                                                                     \
                                                                               \
        unit_add(&test);                                                       \
    }                                                                          \
    static void title(int _i __attribute__((unused)))

/* Once in a file: options that all its tests have, except where one gives its
 * own. */
#define EACH_TEST(...) struct unit_test unit_each = { __VA_ARGS__ }
extern struct unit_test unit_each;

/* Put a test on the list of main(), in its place by its line; TEST calls this
 * before main() begins. The list links the test, which stays. */
void unit_add(struct unit_test *test);

#endif
