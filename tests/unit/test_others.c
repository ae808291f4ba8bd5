/*
 * test_others - whose processor time counts as that of others, and who is
 * named.
 */
#include "report/run/others.h"
#include "report/run/resources.h"
#include "tests/unit/unit.h"

#include <ftw.h>
#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define BURNT 0.3 /* seconds of processor time */
#define TRIES 100 /* until nobody else burns as much between two readings */

/* Return what all others of this machine have used. */
static double
others_cpu_seconds(pid_t pid)
{
    struct others all = others_read("/proc", pid);
    double seconds = all.seconds;

    others_free(&all);
    return seconds;
}

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

/* Return by how much the time of others grows while one burns some. */
static double
growth_by_burner(bool in_child)
{
    double before = others_cpu_seconds(0), after;
    pid_t pid = start_burner(in_child);

    after = others_cpu_seconds(0);
    stop_burner(pid);
    return after - before;
}

TEST(the_time_of_others_and_of_their_children_counts, .times = 2)
{
    /* A process that ends meanwhile takes its time with it. */
    for (int i = 0; i < TRIES; i++) {
        double growth = growth_by_burner(_i == 1);

        if (isnan(growth) || growth >= BURNT - 0.02)
            return; /* not a number: in a container */
    }
    ck_abort_msg("the time of others does not count");
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

/* A made-up /proc: what it says of each process. No such pids can be. */
struct made_up {
    int pid;
    const char *name;
    unsigned flags;
    int group, ticks, children, threads, cpu;
};

#define KERNEL 0x00200000
#define A      5000001
#define B      5000002
#define C      5000003
#define D      5000004

static char proc[] = "/tmp/test_others.XXXXXX";

/* Write what stat says of a process. */
static void
make_process(const struct made_up *p)
{
    char path[256];
    FILE *out;

    snprintf(path, sizeof(path), "%s/%d", proc, p->pid);
    mkdir(path, 0700);
    snprintf(path, sizeof(path), "%s/%d/stat", proc, p->pid);
    out = fopen(path, "w");
    ck_assert_ptr_nonnull(out);
    fprintf(out,
        "%d (%s) S 1 %d 1 0 -1 %u 9 9 9 9 %d 0 %d 0 20 0 %d 0 9 9 9"
        " 9 9 9 9 9 9 9 9 9 9 9 9 9 17 %d 0 0 0 0 0\n",
        p->pid, p->name, p->group, p->flags, p->ticks, p->children, p->threads,
        p->cpu);
    fclose(out);
}

/* Make processes, up to the one without a name, and read them. */
static struct others
read_made_up(const struct made_up *p, pid_t server)
{
    static const struct made_up parent = {
        .pid = 2, .name = "kthreadd", .flags = KERNEL, .threads = 1
    };

    make_process(&parent);
    for (; p->name != NULL; p++)
        make_process(p);
    return others_read(proc, server);
}

/* Make its folder. */
static void
make_proc(void)
{
    ck_assert_ptr_nonnull(mkdtemp(proc));
}

/* Remove one of its files. */
static int
forget(const char *path, const struct stat *s, int flag, struct FTW *ftw)
{
    return remove(path);
}

/* Remove it. */
static void
remove_proc(void)
{
    nftw(proc, forget, 8, FTW_DEPTH | FTW_PHYS);
}

/* What was there before and after, and who is named for the processors 0 and
 * 1. A tick is 0.01 s. */
static const struct {
    struct made_up before[5], after[5];
    int cpu, other_cpu;
    const char *named; /* as JSON */
} readings[] = {
    /* The most first, and who did nothing is not named. */
    { { { A, "make", 0, 1, 5, 5, 1, 0 }, { B, "vi", 0, 1, 9, 0, 1, 0 },
          { C, "ssh", 0, 1, 0, 0, 1, 1 } },
        { { A, "make", 0, 1, 6, 30, 1, 0 }, { B, "vi", 0, 1, 9, 0, 1, 0 },
            { C, "ssh", 0, 1, 50, 0, 1, 1 } },
        0, 1, "[[\"ssh\", 50], [\"make\", 26]]" },
    /* Who ran elsewhere is not, unless threads may have run here. */
    { { { A, "far", 0, 1, 0, 0, 1, 7 } },
        { { A, "far", 0, 1, 20, 0, 1, 7 }, { B, "near", 0, 1, 10, 0, 1, 1 },
            { C, "java", 0, 1, 5, 0, 40, 7 } },
        0, 1, "[[\"near\", 10], [\"java\", 5]]" },
    { { { A, "far", 0, 1, 0, 0, 1, 7 } }, { { A, "far", 0, 1, 20, 0, 1, 7 } },
        -1, -1, "[[\"far\", 20]]" },
    /* Several of one name count as one, three names are enough. */
    { { { A, "cc1", 0, 1, 0, 0, 1, 0 } },
        { { A, "cc1", 0, 1, 4, 0, 1, 0 }, { B, "cc1", 0, 1, 4, 0, 1, 0 },
            { C, "as", 0, 1, 6, 0, 1, 0 }, { D, "ld", 0, 1, 5, 0, 1, 0 } },
        0, 1, "[[\"cc1\", 8], [\"as\", 6], [\"ld\", 5]]" },
    { { { 0 } },
        { { A, "a", 0, 1, 4, 0, 1, 0 }, { B, "b", 0, 1, 3, 0, 1, 0 },
            { C, "c", 0, 1, 2, 0, 1, 0 }, { D, "d", 0, 1, 1, 0, 1, 0 } },
        0, 1, "[[\"a\", 4], [\"b\", 3], [\"c\", 2]]" },
    /* The kernel and the server, a group of its own, are no others. */
    { { { 0 } },
        { { A, "kworker/0:1", KERNEL, 0, 9, 0, 1, 0 },
            { B, "server", 0, B, 9, 0, 1, 0 }, { C, "child", 0, B, 9, 0, 1, 0 },
            { D, "cron", 0, 1, 1, 0, 1, 0 } },
        0, 1, "[[\"cron\", 1]]" },
    /* A name may hold anything. */
    { { { 0 } },
        { { A, "a) R (1 2", 0, 1, 3, 0, 1, 0 },
            { B, "\033[31m\xff", 0, 1, 2, 0, 1, 0 } },
        0, 1, "[[\"a) R (1 2\", 3], [\"?[31m?\", 2]]" },
};

TEST(who_took_the_time_is_named, .times = COUNT(readings), .before = make_proc,
    .after = remove_proc)
{
    struct others before = read_made_up(readings[_i].before, -B);
    struct others after = read_made_up(readings[_i].after, -B);
    json_t *expected = json_loads(readings[_i].named, 0, NULL);
    json_t *named =
        others_named(&before, &after, readings[_i].cpu, readings[_i].other_cpu);
    double tick = 1.0 / (double)sysconf(_SC_CLK_TCK);

    ck_assert_ptr_nonnull(expected);
    ck_assert_uint_eq(json_array_size(named), json_array_size(expected));
    for (size_t i = 0; i < json_array_size(named); i++) {
        const json_t *want = json_array_get(expected, i);
        json_t *got = json_array_get(named, i);

        ck_assert_str_eq(json_string_value(json_object_get(got, "name")),
            json_string_value(json_array_get(want, 0)));
        ck_assert_double_eq_tol(
            json_number_value(json_object_get(got, "cpu_seconds")),
            tick * json_number_value(json_array_get(want, 1)), 1e-9);
    }
    json_decref(named);
    json_decref(expected);
    others_free(&before);
    others_free(&after);
}

TEST(what_the_kernel_did_for_the_network_is_told_apart, .before = make_proc,
    .after = remove_proc)
{
    static const struct made_up before[] = { { A, "ksoftirqd/0", KERNEL, 0, 100,
                                                 0, 1, 0 },
        { B, "ksoftirqd/1", KERNEL, 0, 100, 0, 1, 1 },
        { C, "ksoftirqd/1", 0, 1, 100, 0, 1, 1 }, { 0 } };
    static const struct made_up after[] = { { A, "ksoftirqd/0", KERNEL, 0, 102,
                                                0, 1, 0 },
        { B, "ksoftirqd/1", KERNEL, 0, 107, 0, 1, 1 },
        { C, "ksoftirqd/1", 0, 1, 150, 0, 1, 1 }, { 0 } };
    double tick = 1.0 / (double)sysconf(_SC_CLK_TCK);
    struct others a = read_made_up(before, 0), b = read_made_up(after, 0);

    ck_assert_double_eq_tol(others_network(&a, &b, 0), 2 * tick, 1e-9);
    ck_assert_double_eq_tol(others_network(&a, &b, 1), 7 * tick, 1e-9);
    ck_assert_double_eq(others_network(&a, &b, 2), 0);
    /* It is no other's, and a program that is called so is. */
    ck_assert_double_eq_tol(b.seconds - a.seconds, 50 * tick, 1e-9);
    others_free(&a);
    others_free(&b);
}

TEST(where_processes_are_hidden_nobody_is_known, .before = make_proc,
    .after = remove_proc)
{
    static const struct made_up only = { A, "me", 0, 1, 9, 0, 1, 0 };
    struct others hidden;

    make_process(&only);
    hidden = others_read(proc, 0);
    ck_assert_double_nan(hidden.seconds);
    ck_assert_uint_eq(hidden.count, 0);
    others_free(&hidden);
}
