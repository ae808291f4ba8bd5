/*
 * test_meter - how far things are, and how much time is left, in a log.
 */
#include "report/meter.h"

#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Return the line that a meter writes to a log now. */
static const char *
line_of(struct meter *m)
{
    static char line[128];
    FILE *log = tmpfile();
    int out = dup(STDOUT_FILENO);

    ck_assert_ptr_nonnull(log);
    fflush(stdout);
    ck_assert_int_ge(dup2(fileno(log), STDOUT_FILENO), 0);
    m->said -= 3600; /* the last line was long ago */
    meter_show(m, "%s: block %d", "reply-50", 3);
    ck_assert_int_ge(dup2(out, STDOUT_FILENO), 0);
    close(out);
    rewind(log);
    memset(line, 0, sizeof(line));
    if (fgets(line, sizeof(line), log) == NULL)
        line[0] = '\0';
    fclose(log);
    return line;
}

/* Start one that writes to a log, as if some seconds ago. */
static struct meter
begin(double total, double ago)
{
    struct meter m;

    meter_start(&m, total);
    m.shown = false;
    m.started -= ago;
    return m;
}

TEST(the_time_left_follows_the_pace)
{
    struct meter m = begin(500, 40);

    ck_assert_str_eq(
        line_of(&m), "  0 %  reply-50: block 3, about 500 s left\n");
    meter_add(&m, 20); /* in 40 s */
    ck_assert_str_eq(
        line_of(&m), "  4 %  reply-50: block 3, about 960 s left\n");
}

TEST(what_an_earlier_session_did_is_no_pace)
{
    struct meter m = begin(577, 10);

    meter_skip(&m, 477);
    ck_assert_str_eq(
        line_of(&m), " 83 %  reply-50: block 3, about 100 s left\n");
    meter_add(&m, 10);
    ck_assert_str_eq(
        line_of(&m), " 84 %  reply-50: block 3, about 90 s left\n");
}

TEST(a_log_is_not_filled_with_it)
{
    struct meter m = begin(500, 40);

    line_of(&m);
    m.said += 3600; /* just now */
    ck_assert_str_eq(line_of(&m), "");
}

TEST(earlier_sessions_count_for_the_whole)
{
    struct meter m = begin(500, 40);

    m.before = 60;
    ck_assert_double_eq_tol(meter_elapsed(&m), 40, 5);
    ck_assert_double_eq_tol(meter_overall(&m), 100, 5);
}
