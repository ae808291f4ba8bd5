#include "common/deadline.h"

#include "tests/unit/unit.h"

TEST(a_deadline_is_the_limit_from_now)
{
    ck_assert_int_eq(deadline_after(0, 1), 1);
    ck_assert_int_eq(deadline_after(1000, 500), 1500);
    ck_assert_int_eq(
        deadline_after(INT64_C(1) << 50, 1), (INT64_C(1) << 50) + 1);
}

TEST(without_a_limit_the_deadline_never_comes)
{
    ck_assert_int_eq(deadline_after(0, 0), NEVER);
    ck_assert_int_eq(deadline_after(INT64_MAX - 1, 0), NEVER);
}

/* How often is looked for overdue connections. */
static const struct {
    int64_t line_ms, idle_ms, stall_ms, period;
} sweeps[] = {
    { 10000, 300000, 30000, LIMIT_SWEEP_MS },
    { 0, 0, 0, LIMIT_SWEEP_MS },
    { 800, 300000, 30000, 100 },
    { 799, 300000, 30000, 99 },
    { 400, 300000, 30000, 50 },
    { 10000, 400, 30000, 50 },
    { 10000, 300000, 400, 50 },
    { 400, 80, 160, 10 },
    { 0, 400, 0, 50 },
    { 400, 0, 0, 50 },
    { 0, 0, 400, 50 },
    { 16, 0, 0, 2 },
    { 15, 0, 0, 1 },
    { 8, 0, 0, 1 },
    { 7, 0, 0, 1 },
    { 1, 1, 1, 1 },
};

TEST(a_sweep_comes_each_eighth_of_the_shortest_limit, .times = COUNT(sweeps))
{
    const struct limits limits = {
        .line_ms = sweeps[_i].line_ms,
        .idle_ms = sweeps[_i].idle_ms,
        .stall_ms = sweeps[_i].stall_ms,
    };

    ck_assert_int_eq(deadline_sweep_ms(&limits), sweeps[_i].period);
}

TEST(the_drain_limit_does_not_hurry_the_sweep)
{
    struct limits limits = limits_default(1024);

    limits.drain_ms = 1;
    ck_assert_int_eq(deadline_sweep_ms(&limits), LIMIT_SWEEP_MS);
}

TEST(a_sweep_up_to_a_second_late_has_lost_nothing)
{
    ck_assert_int_eq(deadline_lost_ms(5000, 4000), 0);
    ck_assert_int_eq(deadline_lost_ms(5000, 5000), 0);
    ck_assert_int_eq(deadline_lost_ms(5000, 5001), 0);
    ck_assert_int_eq(deadline_lost_ms(5000, 6000), 0);
}

TEST(a_sweep_over_a_second_late_has_lost_the_delay)
{
    ck_assert_int_eq(deadline_lost_ms(5000, 6001), 1001);
    ck_assert_int_eq(deadline_lost_ms(5000, 65000), 60000);
}

#define STALL 30000

TEST(a_new_debt_is_not_stalled)
{
    struct progress progress = { 0 };

    ck_assert(!progress_stalled(&progress, 1000000, STALL, 100, 100));
}

TEST(a_debt_without_progress_stalls_at_the_limit)
{
    struct progress progress = { 0 };

    ck_assert(!progress_stalled(&progress, 1000, STALL, 100, 100));
    ck_assert(!progress_stalled(&progress, 1000 + STALL - 1, STALL, 100, 100));
    ck_assert(progress_stalled(&progress, 1000 + STALL, STALL, 100, 100));
}

TEST(a_stalled_debt_stays_stalled)
{
    struct progress progress = { 0 };

    ck_assert(!progress_stalled(&progress, 1, STALL, 100, 100));
    for (int64_t now = 1 + STALL; now < 1 + 2 * STALL; now += 1000)
        ck_assert(progress_stalled(&progress, now, STALL, 100, 100));
}

TEST(who_has_acknowledged_all_owes_nothing)
{
    struct progress progress = { 0 };

    ck_assert(!progress_stalled(&progress, 1000, STALL, 100, 0));
    ck_assert(!progress_stalled(&progress, 1000 + STALL, STALL, 100, 0));
    ck_assert(!progress_stalled(&progress, 1000 + 2 * STALL, STALL, 200, 100));
    ck_assert(progress_stalled(&progress, 1000 + 3 * STALL, STALL, 200, 100));
    ck_assert(!progress_stalled(&progress, 1000 + 4 * STALL, STALL, 200, 0));
}

TEST(a_byte_more_written_is_no_progress)
{
    struct progress progress = { 0 };

    ck_assert(!progress_stalled(&progress, 1000, STALL, 100, 100));
    ck_assert(!progress_stalled(&progress, 30000, STALL, 101, 101));
    ck_assert(!progress_stalled(&progress, 1000 + STALL - 1, STALL, 102, 102));
    ck_assert(progress_stalled(&progress, 1000 + STALL, STALL, 103, 103));
}

TEST(what_is_acknowledged_while_more_is_written_is_progress)
{
    struct progress progress = { 0 };

    ck_assert(!progress_stalled(&progress, 1000, STALL, 100, 100));
    ck_assert(!progress_stalled(&progress, 30000, STALL, 101, 100));
    ck_assert(!progress_stalled(&progress, 59999, STALL, 200, 199));
    ck_assert(progress_stalled(&progress, 60000, STALL, 200, 199));
}

TEST(a_new_debt_begins_when_it_is_seen)
{
    struct progress progress = { 0 };

    ck_assert(!progress_stalled(&progress, 1000, STALL, 100, 0));
    ck_assert(!progress_stalled(&progress, 90000, STALL, 110, 10));
    ck_assert(!progress_stalled(&progress, 90000 + STALL - 1, STALL, 120, 20));
    ck_assert(progress_stalled(&progress, 90000 + STALL, STALL, 130, 30));
}

TEST(a_byte_more_acknowledged_is_progress)
{
    struct progress progress = { 0 };

    ck_assert(!progress_stalled(&progress, 1000, STALL, 100, 100));
    ck_assert(!progress_stalled(&progress, 30000, STALL, 100, 99));
    ck_assert(!progress_stalled(&progress, 59999, STALL, 100, 99));
    ck_assert(progress_stalled(&progress, 60000, STALL, 100, 99));
}

TEST(a_trickle_never_stalls)
{
    struct progress progress = { 0 };

    for (int i = 0; i < 1000; i++)
        ck_assert(!progress_stalled(
            &progress, 1 + i * (int64_t)(STALL - 1), STALL, 5000, 1000 - i));
}

TEST(without_a_limit_nothing_stalls)
{
    struct progress progress = { 0 };

    ck_assert(!progress_stalled(&progress, 1, 0, 100, 100));
    ck_assert(!progress_stalled(&progress, INT64_MAX, 0, 100, 100));
}

TEST(a_cleared_debt_begins_anew)
{
    struct progress progress = { 0 };

    ck_assert(!progress_stalled(&progress, 1, STALL, 100, 100));
    progress_clear(&progress);
    ck_assert(!progress_stalled(&progress, 90000, STALL, 100, 100));
    ck_assert(!progress_stalled(&progress, 119999, STALL, 100, 100));
    ck_assert(progress_stalled(&progress, 120000, STALL, 100, 100));
}

static int unacked_now;
static bool readable_now;
static int asked;

/* The peer's socket, as it is said to be. */
static int
say_unacked(int fd)
{
    ck_assert_int_eq(fd, 7);
    asked++;
    return unacked_now;
}

/* The same, of its input. */
static bool
say_readable(int fd)
{
    ck_assert_int_eq(fd, 7);
    asked++;
    return readable_now;
}

/* Look at a peer whose deadline is 1000. */
static enum overdue
look(struct deadline *deadline, int64_t now, enum phase phase)
{
    static const struct deadline_ask ask = { say_unacked, say_readable };
    const struct limits limits = { .stall_ms = 500 };

    asked = 0;
    return deadline_look(deadline, now, phase, 1000, &limits, 80, &ask, 7);
}

TEST(input_has_the_limit_of_its_phase)
{
    const struct limits limits = { .line_ms = 7, .idle_ms = 50 };

    ck_assert_int_eq(deadline_for_input(100, &limits, PHASE_LINE), 107);
    ck_assert_int_eq(deadline_for_input(100, &limits, PHASE_IDLE), 150);
}

TEST(before_its_deadline_nobody_is_overdue_nor_asked)
{
    struct deadline deadline = { .reprieved = true };

    readable_now = false;
    ck_assert_int_eq(look(&deadline, 999, PHASE_IDLE), OVERDUE_NOT);
    ck_assert_int_eq(look(&deadline, 999, PHASE_LINE), OVERDUE_NOT);
    ck_assert_int_eq(asked, 0);
    ck_assert(!deadline.reprieved);
}

TEST(who_has_said_nothing_is_silent_and_who_has_begun_is_late)
{
    struct deadline deadline = { 0 };

    readable_now = false;
    ck_assert_int_eq(look(&deadline, 1000, PHASE_IDLE), OVERDUE_SILENT);
    ck_assert_int_eq(look(&deadline, 1000, PHASE_LINGER), OVERDUE_SILENT);
    ck_assert_int_eq(look(&deadline, 1000, PHASE_LINE), OVERDUE_LATE);
}

TEST(whose_bytes_are_there_is_reprieved_once)
{
    struct deadline deadline = { 0 };

    readable_now = true;
    ck_assert_int_eq(look(&deadline, 1000, PHASE_LINE), OVERDUE_NOT);
    ck_assert_int_eq(look(&deadline, 1100, PHASE_LINE), OVERDUE_LATE);
    ck_assert_int_eq(asked, 0);
}

TEST(who_takes_nothing_of_an_answer_has_stalled)
{
    struct deadline deadline = { 0 };

    unacked_now = 10;
    ck_assert_int_eq(look(&deadline, 2000, PHASE_ANSWER), OVERDUE_NOT);
    ck_assert_int_eq(look(&deadline, 2499, PHASE_ANSWER), OVERDUE_NOT);
    ck_assert_int_eq(look(&deadline, 2500, PHASE_ANSWER), OVERDUE_STALLED);
    /* What was owed is forgotten when something else is waited for. */
    ck_assert_int_eq(look(&deadline, 999, PHASE_IDLE), OVERDUE_NOT);
    ck_assert_int_eq(look(&deadline, 2600, PHASE_ANSWER), OVERDUE_NOT);
}

TEST(who_has_taken_all_is_not_asked_again)
{
    struct deadline deadline = { 0 };

    unacked_now = 0;
    ck_assert_int_eq(look(&deadline, 2000, PHASE_ANSWER), OVERDUE_NOT);
    ck_assert_int_eq(asked, 1);
    ck_assert_int_eq(look(&deadline, 9000, PHASE_ANSWER), OVERDUE_NOT);
    ck_assert_int_eq(asked, 0);
}

TEST(who_has_taken_all_is_asked_again_when_more_was_written)
{
    const struct progress before = { .written = 79, .since = 1000 };
    struct deadline deadline = { .progress = before };

    unacked_now = 10;
    ck_assert_int_eq(look(&deadline, 9000, PHASE_ANSWER), OVERDUE_NOT);
    ck_assert_int_eq(asked, 1);
    ck_assert_int_eq(look(&deadline, 9499, PHASE_ANSWER), OVERDUE_NOT);
    ck_assert_int_eq(look(&deadline, 9500, PHASE_ANSWER), OVERDUE_STALLED);
}
