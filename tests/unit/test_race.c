/*
 * test_race - which runs count as disturbed: those that other work was in the
 * way of, and no others; and which blocks have the controls.
 */
#include "report/run/race.h"

#include "tests/unit/unit.h"

/* The readings of a run of a second, and whether it was disturbed. */
static const struct {
    const char *scenario;
    double foreign, run_queue;      /* seconds, of the server; -1 = not told */
    double load_foreign, load_wait; /* of the generator */
    double stolen;
    double others; /* that they ran anywhere; -1 = hidden */
    bool disturbed;
} windows[] = {
    { "reply-50", 0, 0, 0, 0, 0, -1, false },
    { "reply-50", 0.5, 0.5, 0, 0, 0, -1, true },
    { "reply-50", 0, 0, 0.5, 0.5, 0, -1, true },
    /* Nobody waited: they fell asleep and woke up very often. */
    { "reply-50", 0.09, 0.004, 0.09, 0.004, 0, -1, false },
    /* Nobody else ran: threads waited for each other. */
    { "reply-50", 0.01, 48, 0, 0.06, 0, -1, false },
    /* Up to 5 %, and what the clock cannot tell, does not matter. */
    { "reply-50", 0.069, 0.069, 0, 0, 0, -1, false },
    { "reply-50", 0.071, 0.071, 0, 0, 0, -1, true },
    { "reply-50", 0, 0, 0.071, 0.049, 0, -1, false },
    { "reply-50", 0, 0, 0.071, 0.051, 0, -1, true },
    /* Where the kernel does not tell who waited, others' work is enough. */
    { "reply-50", 0.071, -1, 0, 0, 0, -1, true },
    /* A hypervisor took it away. */
    { "reply-50", 0, 0, 0, 0, 0.049, -1, false },
    { "reply-50", 0, 0, 0, 0, 0.051, -1, true },
    /* The kernel cleared away ended threads, while others did nothing. */
    { "churn-50", 0.09, 0.75, 0.09, 0.06, 0, 0.01, false },
    { "churn-50", 0.09, 0.75, 0, 0, 0, 0.09, true },
    /* They ran elsewhere. */
    { "reply-50", 0.01, 0.01, 0, 0, 0, 3, false },
    /* On all cores the server is what else runs beside the load. */
    { "cores-all", 0.5, 0.5, 0.5, 0.5, 0, -1, false },
    { "cores-all", 0.5, 0.5, 0.5, 0.5, 0.051, -1, true },
};

TEST(other_work_in_the_way_spoils_a_run, .times = COUNT(windows))
{
    const struct scenario *s = scenario_find(windows[_i].scenario);
    json_t *run = json_pack("{s:I, s:f, s:f, s:f, s:f}", "window_ns",
        (json_int_t)1000000000, "foreign_cpu_seconds", windows[_i].foreign,
        "load_foreign_cpu_seconds", windows[_i].load_foreign, "load_wait_ns",
        windows[_i].load_wait * 1e9, "stolen_seconds", windows[_i].stolen);

    ck_assert_ptr_nonnull(s);
    ck_assert_ptr_nonnull(run);
    json_object_set_new(run, "run_queue_ns",
        windows[_i].run_queue < 0 ? json_null()
                                  : json_real(windows[_i].run_queue * 1e9));
    json_object_set_new(run, "others_cpu_seconds",
        windows[_i].others < 0 ? json_null() : json_real(windows[_i].others));
    ck_assert_int_eq(race_was_disturbed(s, run), windows[_i].disturbed);
    json_decref(run);
}

/* Count the blocks of so many that have the controls. */
static size_t
count_controls(size_t blocks, const char *scenario)
{
    const struct scenario *s = scenario_find(scenario);
    const struct plan plan = { .blocks = blocks };
    size_t n = 0;

    for (size_t block = 1; block <= blocks; block++)
        n += plan_has_controls(&plan, s, block);
    return n;
}

TEST(as_many_blocks_have_the_controls_as_give_an_interval)
{
    static const struct {
        size_t blocks, controls;
    } rows[] = { { 1, 1 }, { 6, 6 }, { 10, 6 }, { 11, 6 }, { 24, 6 },
        { 50, 6 } };

    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t n = rows[i].blocks;

        ck_assert_uint_eq(count_controls(n, "reply-50"), rows[i].controls);
        ck_assert_uint_eq(count_controls(n, "sweep-64"), 0);
    }
}

TEST(a_job_takes_all_its_delays_at_best)
{
    static const struct {
        const char *scenario;
        enum subject subject;
        double window; /* asked for; 0 = none */
        double delay, ideal;
    } rows[] = { { "load-20", SUBJECT_EVENTED, 0, 0.5, 0.5 },
        { "load-20", SUBJECT_ONE, 0, 0.5, 10 },
        { "load-20", SUBJECT_ONE, 0.1, 0.1, 2 },
        { "load-676", SUBJECT_THREADED, 0, 0.025, 0.05 },
        { "load-676", SUBJECT_ONE, 0, 0.025, 16.9 },
        { "names-194", SUBJECT_THREADED, 0.14, 0.01, 0.14 },
        { "load-flat-1", SUBJECT_THREADED, 1, 0, 0 },
        { "spin", SUBJECT_EVENTED, 0, 1, 1 },
        { "spin", SUBJECT_EVENTED, 0.2, 0.2, 0.2 } };

    for (int i = 0; i < COUNT(rows); i++) {
        const struct scenario *s = scenario_find(rows[i].scenario);
        const struct plan plan = { .window = rows[i].window };

        ck_assert_double_eq_tol(plan_delay(&plan, s), rows[i].delay, 1e-9);
        ck_assert_double_eq_tol(
            plan_ideal(&plan, s, rows[i].subject), rows[i].ideal, 1e-9);
    }
}
