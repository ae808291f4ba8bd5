/*
 * test_plan - on which processors load and server run, and for how long.
 */
#include "report/run/plan.h"

#include "report/alike/conform.h"
#include "report/options.h"
#include "tests/unit/unit.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CPUS 8

static char sys[] = "/tmp/test_plan.XXXXXX";

/* Make a folder within the made-up /sys. */
static void
make_folder(char path[256], const char *below)
{
    snprintf(path, 256, "%s%s", sys, below);
    ck_assert_int_eq(mkdir(path, 0700), 0);
}

/* Make up what a kernel tells of cores; NULL = nothing of that processor. */
static void
make_sys(const char *const siblings[CPUS])
{
    char path[256], below[128];

    ck_assert_ptr_nonnull(mkdtemp(sys));
    make_folder(path, "/devices");
    make_folder(path, "/devices/system");
    make_folder(path, "/devices/system/cpu");
    for (int cpu = 0; cpu < CPUS; cpu++) {
        FILE *out;

        if (siblings[cpu] == NULL)
            continue;
        snprintf(below, sizeof(below), "/devices/system/cpu/cpu%d", cpu);
        make_folder(path, below);
        snprintf(
            below, sizeof(below), "/devices/system/cpu/cpu%d/topology", cpu);
        make_folder(path, below);
        snprintf(path, sizeof(path), "%s%s/thread_siblings_list", sys, below);
        out = fopen(path, "w");
        ck_assert_ptr_nonnull(out);
        fputs(siblings[cpu], out);
        fclose(out);
    }
}

/* Remove one of its files. */
static int
forget(const char *path, const struct stat *s, int flag, struct FTW *ftw)
{
    return remove(path);
}

/* Remove it. */
static void
remove_sys(void)
{
    nftw(sys, forget, 8, FTW_DEPTH | FTW_PHYS);
}

/* Machines, which of their processors are allowed, and the choice. */
static const struct {
    const char *siblings[CPUS];
    unsigned allowed; /* a bit each */
    int load, server;
    bool same_core;
} machines[] = {
    /* Two cores of two threads, numbered core by core, or one after the
     * other. */
    { { "0-1\n", "0-1\n", "2-3\n", "2-3\n" }, 0x0f, 0, 2, false },
    { { "0,2\n", "1,3\n", "0,2\n", "1,3\n" }, 0x0f, 0, 1, false },
    { { "0,2\n", "1,3\n", "0,2\n", "1,3\n" }, 0x05, 0, 2, true },
    { { "0-1\n", "0-1\n", "2-3\n", "2-3\n" }, 0x0e, 1, 2, false },
    /* One core, as many small machines of a cloud have. */
    { { "0-1\n", "0-1\n" }, 0x03, 0, 1, true },
    /* Four threads to a core. */
    { { "0-3", "0-3", "0-3", "0-3", "4-7", "4-7", "4-7", "4-7" }, 0xff, 0, 4,
        false },
    { { "0-3", "0-3", "0-3", "0-3", "4-7", "4-7", "4-7", "4-7" }, 0x0c, 2, 3,
        true },
    { { "0,2,4-6", "1,3,7", "0,2,4-6", "1,3,7" }, 0x7d, 0, 3, false },
    /* No threads. */
    { { "0\n", "1\n" }, 0x03, 0, 1, false },
    /* The kernel does not tell, or nothing that could be understood. */
    { { NULL }, 0x06, 1, 2, false },
    { { "", "\n" }, 0x03, 0, 1, false },
    { { "x1\n", "-1\n" }, 0x03, 0, 1, false },
    /* There are not two. */
    { { "0-1", "0-1" }, 0x02, 1, -1, false },
    { { NULL }, 0, -1, -1, false },
};

EACH_TEST(.after = remove_sys);

TEST(load_and_server_are_on_two_cores_where_there_are_two,
    .times = COUNT(machines))
{
    struct placement p = { 0 };
    cpu_set_t allowed;

    make_sys(machines[_i].siblings);
    CPU_ZERO(&allowed);
    for (size_t cpu = 0; cpu < CPUS; cpu++)
        if ((machines[_i].allowed >> cpu & 1) != 0)
            CPU_SET(cpu, &allowed);
    plan_choose(&p, &allowed, sys);
    ck_assert_int_eq(p.load_cpu, machines[_i].load);
    ck_assert_int_eq(p.server_cpu, machines[_i].server);
    ck_assert_int_eq(p.same_core, machines[_i].same_core);
}

/* What --help, README.md and the manual page say, in words: two and a half
 * minutes, ten, and an hour. */
static const double said[SUITES] = { 150, 600, 3600 };

TEST(a_suite_takes_no_longer_than_is_said, .times = SUITES)
{
    double seconds = conform_game_seconds() + conform_finder_seconds() +
                     conform_push_seconds();
    struct plan plan = { .suite = (enum suite)_i };

    for (int i = 0; i < PROGRAMS * SUBJECT_PEER; i++)
        plan.server_path[i / SUBJECT_PEER][i % SUBJECT_PEER] =
            subjects[i % SUBJECT_PEER].tool != NULL
                ? subjects[i % SUBJECT_PEER].tool
                : subjects[i % SUBJECT_PEER].built[i / SUBJECT_PEER];
    for (size_t i = 0; i < scenarios_count; i++)
        if ((scenarios[i].suites & (1u << _i)) != 0)
            seconds += plan_seconds(&plan, &scenarios[i]);
    ck_assert_double_eq(suites[_i].limit, said[_i]);
    ck_assert_double_le(seconds, suites[_i].limit);
    /* What is left is for blocks in the place of disturbed ones. */
    ck_assert_double_ge(seconds, 0.8 * suites[_i].limit);
}

TEST(all_scenarios_can_be_chosen)
{
    ck_assert_uint_le(scenarios_count, OPTIONS_SCENARIOS_MAX);
}

/* Without root there is no way back from a network to the loopback. */
TEST(scenarios_that_bring_a_network_come_last)
{
    bool brought = false;

    for (size_t i = 0; i < scenarios_count; i++) {
        ck_assert_msg(
            !brought || scenarios[i].link != NULL, "%s", scenarios[i].name);
        brought = scenarios[i].link != NULL;
    }
    ck_assert(brought);
}

TEST(what_a_scenario_brings_is_a_network)
{
    struct netem_shape shape = plan_link(scenario_find("loss-1"));

    ck_assert_double_eq_tol(shape.delay, 0.01, 1e-12);
    ck_assert_double_eq_tol(shape.loss, 0.01, 1e-12);
    ck_assert(!shape.aside);
    shape = plan_link(scenario_find("slow-1000"));
    ck_assert_double_eq_tol(shape.rate, 1e6, 1e-3);
    ck_assert(shape.aside);
    shape = plan_link(scenario_find("reply-1"));
    ck_assert(shape.delay == 0 && shape.loss == 0 && shape.rate == 0);
    for (size_t i = 0; i < scenarios_count; i++) {
        shape = plan_link(&scenarios[i]);
        ck_assert(
            scenarios[i].link == NULL || shape.delay > 0 || shape.rate > 0);
        ck_assert(!shape.aside || (shape.delay == 0 && shape.loss == 0));
    }
}

/* As many connections as requests are under way, four times over. */
TEST(far_clients_have_connections_enough)
{
    size_t found = 0;

    for (size_t i = 0; i < scenarios_count; i++) {
        const struct scenario *s = &scenarios[i];

        if (strcmp(s->family, "rtt") != 0)
            continue;
        ck_assert_double_eq_tol(
            (double)s->connections, 4 * s->rate * plan_link(s).delay, 0.5);
        found++;
    }
    ck_assert_uint_eq(found, 3);
}
