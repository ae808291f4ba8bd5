#include "report/load/load_inner.h"

#include "report/clock.h"

#include <assert.h>
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define SPIN_NS   100000U /* how long before an arrival sleeping ends */
#define NS_PER_MS UINT64_C(1000000)
#define FINE_NS   (50 * NS_PER_MS)
#define COARSE_NS (250 * NS_PER_MS)

/* Deal with one event. */
static void
handle(struct load *l, const struct epoll_event *ev, struct load_tally *tally)
{
    struct conn *c = ev->data.ptr;

    if (c->state == CONN_OPENING)
        conn_opened(l, c);
    else if (c->state == CONN_SLOW)
        conn_end(l, c, LOAD_CLOSED_BY_SERVER, "a slow client was dropped");
    else if (c->state != CONN_NONE)
        conn_read(l, c, tally);
}

/*
 * Wait until something happens, but not beyond `until`, and deal with it. The
 * last SPIN_NS before it are not slept through: waking up takes as long.
 */
static void
wait_and_handle(
    struct load *l, uint64_t now, uint64_t until, struct load_tally *tally)
{
    uint64_t awake = l->spin && l->open ? SPIN_NS : 0;
    uint64_t left = until > now + awake ? until - now - awake : 0;
    bool spin = awake > 0 && left == 0;
    const struct timespec wait = { (time_t)(left / 1000000000U),
        (long)(left % 1000000000U) };
    int n = epoll_pwait2(l->epoll, l->ready, EVENTS_AT_ONCE, &wait, NULL);

    if (n == -1 && errno != EINTR)
        err(1, "epoll_pwait2");
    if (n == 0 && spin)
        l->spin_ns += clock_ns() - now;
    for (int i = 0; i < n; i++)
        handle(l, &l->ready[i], tally);
}

/* Go once through the loop, until `end` at the latest; return the time. */
static uint64_t
turn(struct load *l, uint64_t end, struct load_tally *tally)
{
    uint64_t now = clock_ns(), until = end, next;

    if (now >= end)
        return now;
    next = load_move(l, now);
    if (next < until)
        until = next;
    if (l->open && tally != NULL) {
        load_send_due(l, now);
        if (l->sending && schedule_due(&l->arrivals) < until)
            until = schedule_due(&l->arrivals);
        now = clock_ns(); /* sending takes its time, too */
    }
    if (l->started) {
        series_tick(&l->fine, now, l->outstanding);
        series_tick(&l->coarse, now, l->outstanding);
    }
    wait_and_handle(l, now, until, tally);
    return now;
}

/* Allocate a generator. */
struct load *
load_new(const struct load_group *group, bool spin)
{
    size_t max = group->connections_max;
    struct load *l = calloc(1, sizeof(*l));

    if (l == NULL || (l->buffer = malloc(READ_AT_ONCE)) == NULL ||
        (l->conns = calloc(max, sizeof(*l->conns))) == NULL ||
        (l->free = calloc(max, sizeof(struct conn *))) == NULL)
        err(1, "load");
    l->is = *group;
    l->request_length = strlen(group->ask->request);
    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (l->epoll == -1)
        err(1, "load");
    /* The default of 50 us would go straight into the lateness. */
    if (prctl(PR_SET_TIMERSLACK, 1) == -1)
        warn("timer slack");
    l->spin = spin;
    /* What slow ones say has no end, nor what some pull; an echo counts
     * nothing. */
    l->totals.countable = !load_is_slow(l) && group->way != LOAD_PULLING &&
                          group->ask->speaks != ASK_ECHO;
    return l;
}

/* Open connections until there are so many, or time is over. */
static int
open_all(struct load *l, size_t connections, size_t at_once,
    struct load_tally *tally)
{
    uint64_t now = clock_ns();
    uint64_t end = now + LOAD_OPEN_LIMIT_MS * NS_PER_MS;

    assert(connections <= l->is.connections_max);
    while (l->totals.problem[0] == '\0' &&
           (l->opened < connections || l->opening + l->busy > 0)) {
        while (l->opened < connections && l->opening + l->busy < at_once)
            conn_open(l, &l->conns[l->opened++]);
        now = turn(l, end, tally);
        if (now < end)
            continue;
        snprintf(l->totals.problem, sizeof(l->totals.problem),
            "%zu of %zu connections were not open after %d s",
            l->opening + l->busy + connections - l->opened, connections,
            LOAD_OPEN_LIMIT_MS / 1000);
    }
    return l->totals.problem[0] == '\0' ? 0 : -1;
}

/* Open connections, as many at a time as the backlog bears with ease. */
int
load_grow(struct load *l, size_t connections)
{
    l->sending = false;
    if (l->is.way == LOAD_CHURN || l->is.may_hang)
        return 0; /* they open themselves */
    return open_all(l, connections, LOAD_OPENING_MAX, NULL);
}

/* Start counting a window. */
static void
begin_tally(struct load *l, struct load_tally *t, uint64_t now)
{
    t->start_ns = now;
    l->lingering = false;
    if (l->open && l->started)
        load_send_due(l, t->start_ns);
    load_count_area(l, t->start_ns);
    t->first = l->open ? l->arrivals.passed : l->sent;
    l->area = 0;
    l->spin_ns = 0;
    l->bytes = 0;
    t->replies = t->good = 0;
    t->head_ns = t->tail_ns = t->censored_ns = 0;
    for (size_t i = 0; i < l->opened; i++)
        l->conns[i].replies = 0;
}

/* Open all of them, and see how long it takes. */
int
load_storm(struct load *l, size_t connections, struct load_tally *tally)
{
    int result;

    l->sending = false;
    begin_tally(l, tally, clock_ns());
    l->storming = connections;
    l->outstanding = connections;
    result = open_all(l, l->opened + connections, connections, tally);
    tally->window_ns = clock_ns() - tally->start_ns;
    tally->replies = connections - l->storming;
    tally->intended = tally->sent = connections;
    tally->tail_ns = 0;
    l->storming = 0;
    return result;
}

/* Fix when requests will be due, once load_run() starts the clock. */
void
load_plan(struct load *l, const struct schedule_step *steps, size_t count,
    bool poisson, uint64_t seed)
{
    l->open = true;
    schedule_start(&l->arrivals, 0, steps, count, poisson, seed);
}

/* Compute Jain's index, (sum x)^2 / (n sum x^2), of the replies. */
static double
fairness(const struct load *l)
{
    double sum = 0, squares = 0;

    for (size_t i = 0; i < l->active; i++) {
        double x = (double)l->conns[i].replies;

        sum += x;
        squares += x * x;
    }
    return squares > 0 ? sum * sum / ((double)l->active * squares) : 0;
}

/* Start series and schedule, the first time; return the time. */
static uint64_t
start_clock(struct load *l)
{
    uint64_t now;

    series_start(&l->fine, 0, l->is.step_ns > 0 ? l->is.step_ns : FINE_NS);
    series_start(&l->coarse, 0, COARSE_NS);
    now = clock_ns();
    l->started = true;
    l->fine.start_ns = l->coarse.start_ns = now;
    l->arrivals.start_ns = now;
    l->sends = l->arrivals;
    return now;
}

/* Set all connections going that have nothing to do. */
static void
start_sending(struct load *l)
{
    if (l->is.way == LOAD_CHURN)
        l->opened = l->is.connections_max;
    if (l->is.way == LOAD_ROUNDS)
        conn_publish(l);
    for (size_t i = 0; i < l->opened; i++) {
        struct conn *c = &l->conns[i];

        if (l->is.way == LOAD_CHURN && c->state == CONN_NONE)
            conn_open_churn(l, c);
        else if (l->open && i >= l->active)
            break;
        else if (c->state == CONN_IDLE)
            conn_next(l, c, clock_ns());
    }
}

/* Tell whether it is no end when no connection is busy. */
static bool
can_wait(const struct load *l)
{
    return l->open || l->is.way == LOAD_WAITING || l->is.way == LOAD_PULLING ||
           load_is_slow(l);
}

/* Keep the connections busy for a while. */
void
load_run(struct load *l, size_t active, uint64_t ns, struct load_tally *tally)
{
    uint64_t end, now, sent;

    now = l->started ? clock_ns() : start_clock(l);
    l->active = active;
    begin_tally(l, tally, now);
    sent = l->open ? l->sends.passed : l->sent;
    end = tally->start_ns + ns;
    if (!l->sending) {
        l->sending = true;
        start_sending(l);
    }
    do
        now = turn(l, end, tally);
    while (now < end && (l->opening + l->busy > 0 || can_wait(l)));
    now = clock_ns();
    if (l->open)
        load_send_due(l, now);
    load_count_area(l, now);
    tally->window_ns = now - tally->start_ns;
    tally->area = l->area;
    tally->spin_ns = l->spin_ns;
    tally->sent = (l->open ? l->sends.passed : l->sent) - sent;
    tally->intended = l->open ? l->arrivals.passed - tally->first : tally->sent;
    tally->bytes = l->bytes;
    tally->fairness = fairness(l);
}

/* Keep them busy when the window is over. */
void
load_linger(struct load *l, uint64_t ns, struct load_tally *tally)
{
    uint64_t end = clock_ns() + ns;

    l->lingering = true;
    while (
        turn(l, end, tally) < end && (l->opening + l->busy > 0 || can_wait(l)))
        continue;
}

/* Give up on one request. */
static void
censor(struct load *l, uint64_t nth, uint64_t due, uint64_t now,
    struct load_tally *tally)
{
    uint64_t end = tally->start_ns + tally->window_ns;
    bool inside = load_in_window(l, tally, nth);

    l->outstanding--;
    if (load_is_later(l, tally, nth))
        return;
    tally->censored_ns += inside ? now - due : 0;
    if (inside && tally->latency != NULL)
        histogram_record_censored(tally->latency, now - due, 1);
    tally->head_ns += inside ? 0 : now - tally->start_ns;
    tally->tail_ns += now - end;
}

/* Give up on whatever was not answered, or not even sent. */
static void
give_up(struct load *l, struct load_tally *tally)
{
    uint64_t now = clock_ns();

    for (size_t i = 0; i < l->opened; i++) {
        struct conn *c = &l->conns[i];

        if (c->state != CONN_BUSY && c->state != CONN_OPENING)
            continue;
        if (c->opened || l->is.way == LOAD_CHURN)
            censor(l, c->nth, c->due_ns, now, tally);
        conn_end(l, c, LOAD_TIMEOUT, "no reply within %d s",
            LOAD_DRAIN_LIMIT_MS / 1000);
    }
    for (; l->open && l->sends.passed < l->arrivals.passed;
         schedule_advance(&l->sends))
        censor(l, l->sends.passed, schedule_due(&l->sends), now, tally);
}

/* Wait for the replies that are still owed and give up on the rest. */
void
load_drain(struct load *l, struct load_tally *tally)
{
    uint64_t end = clock_ns() + LOAD_DRAIN_LIMIT_MS * NS_PER_MS;

    l->sending = false;
    while ((l->opening + l->busy > 0 ||
               (l->open && l->sends.passed < l->arrivals.passed)) &&
           turn(l, end, tally) < end)
        continue;
    give_up(l, tally);
}

/* Lend the totals. */
const struct load_totals *
load_totals(const struct load *l)
{
    return &l->totals;
}

/* Lend a series. */
const struct series *
load_series(const struct load *l, bool fine)
{
    return fine ? &l->fine : &l->coarse;
}

/* Tell what all answers had in common. */
struct ask_sameness
load_sameness(const struct load *l)
{
    return l->same;
}

/* Name an error class. */
const char *
load_error_name(enum load_error e)
{
    static const char *const names[LOAD_ERRORS] = {
        [LOAD_REFUSED] = "refused",
        [LOAD_RESET] = "reset",
        [LOAD_CLOSED_BY_SERVER] = "closed",
        [LOAD_WRONG] = "wrong",
        [LOAD_TIMEOUT] = "timeout",
    };

    return names[e];
}

/* Hang up. */
void
load_close(struct load *l)
{
    for (size_t i = 0; i < l->opened; i++)
        if (l->conns[i].state != CONN_NONE)
            conn_close(l, &l->conns[i]);
}

/* Free everything. */
void
load_free(struct load *l)
{
    load_close(l);
    if (l->started) {
        series_free(&l->fine);
        series_free(&l->coarse);
    }
    close(l->epoll);
    free(l->free);
    free(l->conns);
    free(l->buffer);
    free(l);
}
