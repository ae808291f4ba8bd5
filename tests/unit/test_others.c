/*
 * test_others - whose processor time counts as that of others.
 */
#include "report/run/others.h"
#include "report/run/resources.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#define BURNT 0.3 /* seconds of processor time */
#define TRIES 100 /* until nobody else burns as much between two readings */

/* Use up processor time. */
static void
burn(void)
{
    while ((double)resources_all_cpu_ns() < BURNT * 1e9)
        continue;
}

/* Start a process that burns, in a group of its own, and wait until it has. */
static pid_t
start_burner(bool in_child)
{
    int done[2];
    char byte;
    pid_t pid;

    ck_assert_int_eq(pipe(done), 0);
    pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        setpgid(0, 0);
        if (!in_child)
            burn();
        else if (fork() == 0) {
            burn();
            _exit(0);
        } else
            wait(NULL);
        (void)!write(done[1], "", 1);
        pause();
        _exit(0);
    }
    ck_assert_int_eq(read(done[0], &byte, 1), 1);
    close(done[0]);
    close(done[1]);
    return pid;
}

/* End it. */
static void
stop_burner(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

/*
 * Tell whether `pid` is left out: only then is a later sum sometimes the
 * smaller one.
 */
static bool
is_left_out(pid_t pid)
{
    for (int i = 0; i < TRIES; i++) {
        double with = others_cpu_seconds(0);

        if (with > others_cpu_seconds(pid))
            return true;
    }
    return false;
}

/* Return what this process's child takes for others' time. */
static double
seen_by_a_child(void)
{
    double sum = NAN;
    int told[2];
    pid_t pid;

    ck_assert_int_eq(pipe(told), 0);
    pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        sum = others_cpu_seconds(0);
        _exit(write(told[1], &sum, sizeof(sum)) != sizeof(sum));
    }
    ck_assert_int_eq(read(told[0], &sum, sizeof(sum)), sizeof(sum));
    close(told[0]);
    close(told[1]);
    waitpid(pid, NULL, 0);
    return sum;
}

TEST(the_time_of_others_and_of_their_children_counts, .times = 2)
{
    bool in_child = _i == 1;
    double before = others_cpu_seconds(0), after;
    pid_t pid = start_burner(in_child);

    after = others_cpu_seconds(0);
    stop_burner(pid);
    if (isnan(before)) {
        ck_assert_double_nan(after); /* in a container */
        return;
    }
    ck_assert_double_ge(after - before, BURNT - 0.02);
}

TEST(a_server_is_no_other)
{
    pid_t pid = start_burner(false);

    if (!isnan(others_cpu_seconds(0))) {
        ck_assert(is_left_out(pid));
        ck_assert(is_left_out(-pid));
    }
    stop_burner(pid);
}

TEST(what_this_process_does_is_its_own)
{
    burn();
    for (int i = 0; i < TRIES; i++) {
        double with = seen_by_a_child();

        if (isnan(with) || with > others_cpu_seconds(0))
            return;
    }
    ck_abort_msg("this process counts");
}
