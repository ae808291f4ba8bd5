/*
 * test_guard - what is left of a program's children when it has ended.
 *
 * Each test makes a process that is guarded. It and its descendants hold one
 * end of a pipe, `life`: they are all gone when the other end has no more.
 */

#include "report/run/guard.h"

#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECONDS 60 /* no process of a test that fails lives longer */

/* What descendants say, and what they wait for. */
static int life[2], go[2];

/* What is to be ended, and where it may be. */
enum kind {
    STRAY,    /* in a session of its own, with a child in another group */
    STUBBORN, /* the same, and SIGTERM does not end it */
    SERVER,   /* a child that is listed */
    DEAF      /* the same, and SIGTERM does not end it */
};

/* Open both pipes; a test is a process of its own. */
static void
open_pipes(void)
{
    ck_assert_int_eq(pipe(life), 0);
    ck_assert_int_eq(pipe(go), 0);
}

/* Write one byte for the test. */
static void
note(char c)
{
    if (write(life[1], &c, 1) != 1)
        _exit(1);
}

/* Note a signal that somebody sent. */
static void
note_signal(int sig)
{
    note('s');
}

/* Wait until the test says go, or has ended. */
static void
wait_for_go(void)
{
    char c;

    while (read(go[0], &c, 1) == -1)
        continue;
}

/* Make a process that a failing test does not leave for ever. */
static pid_t
fork_one(void)
{
    pid_t pid = fork();

    if (pid == -1)
        _exit(1);
    if (pid == 0)
        alarm(SECONDS);
    return pid;
}

/* Say that one is there, and be there. */
static _Noreturn void
stay(enum kind kind)
{
    guard_leave();
    if (kind == STUBBORN || kind == DEAF)
        signal(SIGTERM, note_signal);
    note('r');
    for (;;)
        pause();
}

/* Leave an orphan, in a session of its own, with a child in another group. */
static void
leave_stray(enum kind kind)
{
    pid_t middle = fork_one();

    if (middle > 0) {
        waitpid(middle, NULL, 0);
        return;
    }
    setsid();
    if (fork_one() > 0)
        _exit(0);
    setsid();
    if (fork_one() == 0)
        setpgid(0, 0);
    stay(kind);
}

/* Start a server; return its number. */
static pid_t
start_server(enum kind kind)
{
    sigset_t old;
    pid_t pid;

    guard_hold(&old);
    pid = fork_one();
    if (pid > 0)
        guard_add(pid);
    guard_release(&old);
    if (pid == 0)
        stay(kind);
    return pid;
}

/* Make the process that is guarded: it does this, and exits with 3. */
static pid_t
guarded(void (*act)(void))
{
    pid_t pid = fork_one();

    if (pid > 0) {
        close(life[1]);
        return pid;
    }
    close(life[0]);
    close(go[1]);
    act();
    exit(3);
}

/* Read what is said, so many times; 0 = nobody is left to say anything. */
static char
heard(int times)
{
    char c = 0;

    while (times-- > 0)
        if (read(life[0], &c, 1) != 1)
            return 0;
    return c;
}

/* Return how the guarded process ended. */
static int
status_of(pid_t pid)
{
    int status;

    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    return status;
}

static void
have_stray(void)
{
    guard_install();
    leave_stray(STRAY);
    start_server(SERVER);
    wait_for_go();
}

EACH_TEST(.before = open_pipes);

TEST(nothing_is_left_at_the_exit)
{
    pid_t pid = guarded(have_stray);

    ck_assert_int_eq(heard(3), 'r');
    close(go[1]);
    ck_assert_int_eq(WEXITSTATUS(status_of(pid)), 3);
    ck_assert_int_eq(heard(1), 0);
}

static const int deaths[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGXCPU };

TEST(nothing_is_left_after_a_signal, .times = COUNT(deaths))
{
    const struct rlimit no_core = { 0, 0 };
    pid_t pid;

    ck_assert_int_eq(setrlimit(RLIMIT_CORE, &no_core), 0);
    pid = guarded(have_stray);
    ck_assert_int_eq(heard(3), 'r');
    kill(pid, deaths[_i]);
    ck_assert_int_eq(WTERMSIG(status_of(pid)), deaths[_i]);
    ck_assert_int_eq(heard(1), 0);
}

static void
have_stray_behind_a_mask(void)
{
    sigset_t all;

    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    have_stray();
}

TEST(a_signal_comes_whoever_held_it_back)
{
    pid_t pid = guarded(have_stray_behind_a_mask);

    ck_assert_int_eq(heard(3), 'r');
    kill(pid, SIGTERM);
    ck_assert_int_eq(WTERMSIG(status_of(pid)), SIGTERM);
    ck_assert_int_eq(heard(1), 0);
}

static void
have_stubborn(void)
{
    guard_install();
    leave_stray(STUBBORN);
    wait_for_go();
}

TEST(who_does_not_end_on_the_first_word_is_killed)
{
    pid_t pid = guarded(have_stubborn);

    ck_assert_int_eq(heard(2), 'r');
    close(go[1]);
    ck_assert_int_eq(heard(1), 's'); /* and no second time */
    ck_assert_int_eq(heard(1), 0);
    ck_assert_int_eq(WEXITSTATUS(status_of(pid)), 3);
}

static void
end_strays(void)
{
    pid_t server;

    guard_install();
    leave_stray(STRAY);
    server = start_server(SERVER);
    wait_for_go();
    if (!guard_has_strays())
        _exit(1);
    guard_end_strays();
    if (guard_has_strays() || waitpid(server, NULL, WNOHANG) != 0)
        _exit(1);
}

TEST(a_server_is_no_stray)
{
    pid_t pid = guarded(end_strays);

    ck_assert_int_eq(heard(3), 'r');
    close(go[1]);
    ck_assert_int_eq(WEXITSTATUS(status_of(pid)), 3);
    ck_assert_int_eq(heard(1), 0);
}

/* What a child that was there before is asked. */
static int question[2];

static void
have_child_of_before(void)
{
    char c;

    if (fork_one() == 0) {
        close(question[1]);
        if (read(question[0], &c, 1) == 1)
            note('h');
        _exit(0);
    }
    guard_install();
}

TEST(a_child_of_before_is_left_alone)
{
    pid_t pid;

    ck_assert_int_eq(pipe(question), 0);
    pid = guarded(have_child_of_before);
    ck_assert_int_eq(WEXITSTATUS(status_of(pid)), 3);
    ck_assert_int_eq(write(question[1], "?", 1), 1);
    ck_assert_int_eq(heard(1), 'h');
}

static void
ignore_and_raise(void)
{
    for (size_t i = 2; i < sizeof(deaths) / sizeof(deaths[0]); i++)
        signal(deaths[i], SIG_IGN);
    guard_install();
    for (size_t i = 2; i < sizeof(deaths) / sizeof(deaths[0]); i++)
        raise(deaths[i]);
}

TEST(what_was_ignored_before_stays_so)
{
    ck_assert_int_eq(WEXITSTATUS(status_of(guarded(ignore_and_raise))), 3);
}

static void
have_deaf_server(void)
{
    guard_install();
    start_server(DEAF);
    wait_for_go();
}

TEST(a_second_signal_waits_for_nobody)
{
    pid_t pid = guarded(have_deaf_server);

    ck_assert_int_eq(heard(1), 'r');
    kill(pid, SIGTERM);
    ck_assert_int_eq(heard(1), 's');
    kill(pid, SIGINT);
    ck_assert_int_eq(WTERMSIG(status_of(pid)), SIGINT);
    ck_assert_int_eq(heard(1), 0);
}

/* Make a terminal whose other end nobody reads standard error, and full. */
static void
fill_terminal(void)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY), slave;
    char dots[512];

    memset(dots, '.', sizeof(dots));
    if (master == -1 || grantpt(master) == -1 || unlockpt(master) == -1)
        _exit(1);
    slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_NONBLOCK);
    if (slave == -1 || dup2(slave, STDERR_FILENO) == -1)
        _exit(1);
    while (write(slave, dots, sizeof(dots)) > 0)
        continue;
    if (fcntl(slave, F_SETFL, 0) == -1)
        _exit(1);
}

static void
have_full_terminal(void)
{
    guard_install();
    fill_terminal();
    guard_say("Interrupted, as there is no more to be said.\n");
    start_server(SERVER);
    wait_for_go();
}

TEST(a_terminal_that_nobody_reads_keeps_nobody_alive)
{
    pid_t pid = guarded(have_full_terminal);

    ck_assert_int_eq(heard(1), 'r');
    kill(pid, SIGTERM);
    ck_assert_int_eq(WTERMSIG(status_of(pid)), SIGTERM);
    ck_assert_int_eq(heard(1), 0);
}
