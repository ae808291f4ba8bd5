#include "report/clock.h"
#include "report/load/crowd.h"
#include "report/load/load.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MS UINT64_C(1000000)

/* A server of which everything is known. */
static pid_t server;
static uint16_t port;

/* How it answers: set before it is started. */
static struct {
    uint64_t delay_ns;  /* of each answer */
    uint64_t seldom_ns; /* of each tenth, instead */
    const char *answer;
    bool hangs_up; /* instead of the tenth answer */
} plan;

/* The clock goes by such steps, unless 0. */
static long clock_step_ns;

/* Read a clock, as everybody in this program does. */
int
clock_gettime(clockid_t clock, struct timespec *t)
{
    int result = (int)syscall(SYS_clock_gettime, clock, t);

    if (clock_step_ns > 0)
        t->tv_nsec -= t->tv_nsec % clock_step_ns;
    return result;
}

/* How long a call of send() takes at least. */
static uint64_t send_takes_ns;

/* Send, as everybody in this program does. */
ssize_t
send(int fd, const void *bytes, size_t length, int flags)
{
    uint64_t end = clock_ns() + send_takes_ns;

    while (send_takes_ns > 0 && clock_ns() < end)
        continue;
    return sendto(fd, bytes, length, flags, NULL, 0);
}

/* Sleep without regard to signals. */
static void
sleep_ns(uint64_t ns)
{
    struct timespec t = { (time_t)(ns / 1000000000U),
        (long)(ns % 1000000000U) };

    while (nanosleep(&t, &t) == -1)
        continue;
}

/* Serve one connection: each line is answered after the delay. */
static void *
serve_one(void *argument)
{
    int fd = (int)(intptr_t)argument;
    char buf[2048];
    ssize_t n;

    for (unsigned answers = 0; (n = recv(fd, buf, sizeof(buf), 0)) > 0;) {
        const char *number = memmem(buf, (size_t)n, "NUMBER", 6);
        bool tenth = ++answers % 10 == 0;

        if (number == NULL)
            continue;
        if (tenth && plan.hangs_up)
            break;
        sleep_ns(tenth && plan.seldom_ns > 0 ? plan.seldom_ns : plan.delay_ns);
        if (send(fd, plan.answer, strlen(plan.answer), MSG_NOSIGNAL) == -1)
            break;
    }
    close(fd);
    return NULL;
}

/* Be the server until killed. */
static _Noreturn void
serve(int listener)
{
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        pthread_t thread;

        if (fd == -1 ||
            pthread_create(&thread, NULL, serve_one, (void *)(intptr_t)fd) != 0)
            _exit(1);
        pthread_detach(thread);
    }
}

/* Start the server. */
static void
set_up(void)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof(at);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    ck_assert_int_ne(listener, -1);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&at, sizeof(at)), 0);
    ck_assert_int_eq(listen(listener, 4096), 0);
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&at, &size), 0);
    port = ntohs(at.sin_port);
    if (plan.answer == NULL)
        plan.answer = "1\n";
    server = fork();
    ck_assert_int_ne(server, -1);
    if (server == 0)
        serve(listener);
    close(listener);
}

/* Start the server with one delay for all answers. */
static void
set_up_delay(uint64_t ns)
{
    plan.delay_ns = ns;
    set_up();
}

/* End it. */
static void
tear_down(void)
{
    if (server == 0)
        return;
    kill(server, SIGKILL);
    ck_assert_int_eq(waitpid(server, NULL, 0), server);
    server = 0;
}

/* A process that stops the server for a while, once. */
static pid_t
stop_server(uint64_t after_ns, uint64_t for_ns)
{
    pid_t stopper = fork();

    ck_assert_int_ne(stopper, -1);
    if (stopper != 0)
        return stopper;
    sleep_ns(after_ns);
    kill(server, SIGSTOP);
    sleep_ns(for_ns);
    kill(server, SIGCONT);
    _exit(0);
}

/* A load of game connections. */
static struct load *
load_of(enum load_way way, size_t connections)
{
    const struct load_group group = { .way = way,
        .port = port,
        .connections_max = connections,
        .ask = &ask_game };
    struct load *l = load_new(&group, false);

    ck_assert_int_eq(load_grow(l, connections), 0);
    return l;
}

/* Ask evenly spaced. */
static void
plan_rate(struct load *l, double rate)
{
    const struct schedule_step step = { rate, 0 };

    load_plan(l, &step, 1, false, 1);
}

/* Run and drain; everything that can be kept is. */
static void
run(struct load *l, size_t active, uint64_t ns, struct load_tally *t)
{
    memset(t, 0, sizeof(*t));
    t->latency = histogram_new();
    t->wire = histogram_new();
    t->late = histogram_new();
    t->timely = histogram_new();
    t->queue = histogram_new();
    t->connect = histogram_new();
    t->accept = histogram_new();
    load_run(l, active, ns, t);
    load_drain(l, t);
    ck_assert_str_eq(load_totals(l)->problem, "");
}

/* Free what run() kept. */
static void
forget(struct load *l, struct load_tally *t)
{
    free(t->latency);
    free(t->wire);
    free(t->late);
    free(t->timely);
    free(t->queue);
    free(t->connect);
    free(t->accept);
    load_free(l);
}

/* Read a quantile off. */
static uint64_t
quantile(const struct histogram *h, double q)
{
    return histogram_quantile(h, q).ns;
}

/* In flight by the samples, over in flight by the counter. */
static double
little(const struct load_tally *t)
{
    return (t->latency->sum + (double)t->censored_ns + (double)t->head_ns -
               (double)t->tail_ns) /
           t->area;
}

EACH_TEST(.after = tear_down);

TEST(a_known_delay_is_measured_and_none_is_shorter)
{
    struct load_tally t;
    struct load *l;

    set_up_delay(5 * MS);
    l = load_of(LOAD_CLOSED, 4);
    run(l, 4, 500 * MS, &t);
    ck_assert_uint_gt(t.replies, 0);
    ck_assert_uint_eq(histogram_count(t.latency), t.sent);
    ck_assert_uint_ge(t.latency->min, 5 * MS);
    ck_assert_double_eq_tol(little(&t), 1, 0.001);
    ck_assert_double_eq_tol(
        t.area, 4.0 * (double)t.window_ns, 0.05 * 4.0 * (double)t.window_ns);
    forget(l, &t);
}

TEST(the_slow_tenth_shows_in_the_tail_and_not_in_the_middle)
{
    struct load_tally t;
    struct load *l;

    plan.seldom_ns = 400 * MS;
    set_up_delay(0);
    l = load_of(LOAD_OPEN, 64);
    plan_rate(l, 500);
    run(l, 64, 1500 * MS, &t);
    /* A tenth is slow: what is faster is at most nine in ten. */
    ck_assert_uint_ge(quantile(t.latency, 0.99), 400 * MS);
    ck_assert_uint_lt(t.latency->min, 400 * MS);
    forget(l, &t);
}

TEST(a_stop_shows_in_the_open_loop_and_not_in_the_closed_one)
{
    struct load_tally open, closed;
    struct load *l;
    pid_t stopper;

    set_up_delay(0);
    l = load_of(LOAD_OPEN, 4);
    plan_rate(l, 500);
    stopper = stop_server(300 * MS, 1400 * MS);
    run(l, 4, 2500 * MS, &open);
    ck_assert_int_eq(waitpid(stopper, NULL, 0), stopper);
    /* The requests due in the first 0.4 s of the stop are 8 % of all. */
    ck_assert_uint_ge(quantile(open.latency, 0.99), 1000 * MS);
    ck_assert_uint_ge(open.latency->max, 1300 * MS);
    /* The generator was not to blame, and says so. */
    ck_assert_uint_ge(quantile(open.queue, 0.95), 900 * MS);
    ck_assert_double_eq_tol(little(&open), 1, 0.01);
    forget(l, &open);

    l = load_of(LOAD_CLOSED, 4);
    stopper = stop_server(300 * MS, 1400 * MS);
    run(l, 4, 2500 * MS, &closed);
    ck_assert_int_eq(waitpid(stopper, NULL, 0), stopper);
    ck_assert_uint_ge(closed.latency->max, 1300 * MS);
    ck_assert_uint_gt(closed.sent, 1000);
    ck_assert_uint_lt(quantile(closed.latency, 0.99), 1000 * MS);
    forget(l, &closed);
}

TEST(an_open_loop_sends_what_was_intended)
{
    struct load_tally t;
    struct load *l;

    set_up_delay(0);
    l = load_of(LOAD_OPEN, 8);
    plan_rate(l, 1000);
    run(l, 8, 1000 * MS, &t);
    ck_assert_uint_eq(histogram_count(t.latency), t.intended);
    ck_assert_double_eq_tol((double)t.intended, (double)t.window_ns / 1e6, 2.0);
    ck_assert_double_eq_tol(little(&t), 1, 0.01);
    forget(l, &t);
}

TEST(a_request_due_as_the_window_begins_is_in_one_window)
{
    struct load_tally t;
    struct load *l;

    /* Whatever is due is due as the clock ticks, and windows begin so, too. */
    clock_step_ns = (long)MS;
    set_up_delay(0);
    l = load_of(LOAD_OPEN, 8);
    plan_rate(l, 1000);
    memset(&t, 0, sizeof(t));
    for (int i = 0; i < 3; i++) {
        load_run(l, 8, 100 * MS, &t);
        ck_assert_double_eq((double)t.intended, (double)t.window_ns / 1e6);
    }
    run(l, 8, 100 * MS, &t);
    ck_assert_uint_eq(histogram_count(t.latency), t.intended);
    forget(l, &t);
}

TEST(what_the_window_began_ends_while_the_load_lingers, .times = 3)
{
    static const enum load_way ways[] = { LOAD_OPEN, LOAD_CLOSED, LOAD_CHURN };
    const enum load_way way = ways[_i];
    struct load_tally t = { 0 }, warm = { 0 };
    struct load *l;
    uint64_t all;

    set_up_delay(20 * MS);
    l = load_of(way, 8);
    if (way == LOAD_OPEN)
        plan_rate(l, 200);
    t.latency = histogram_new();
    load_run(l, 8, 50 * MS, &warm);
    load_linger(l, 30 * MS, &warm);
    load_run(l, 8, 100 * MS, &t);
    ck_assert_uint_lt(histogram_count(t.latency), t.intended);
    while (histogram_count(t.latency) < t.intended)
        load_linger(l, 10 * MS, &t);
    /* It asks for more, but counts no more than was due in the window. */
    all = load_totals(l)->replies;
    while (load_totals(l)->replies <= all + 16)
        load_linger(l, 10 * MS, &t);
    load_drain(l, &t);
    ck_assert_uint_eq(histogram_count(t.latency), t.intended);
    ck_assert_uint_eq(t.latency->censored, 0);
    ck_assert_double_eq_tol(little(&t), 1, 0.01);
    ck_assert_str_eq(load_totals(l)->problem, "");
    free(t.latency);
    load_free(l);
}

TEST(sending_is_not_waiting)
{
    const struct load_group group = {
        .way = LOAD_OPEN, .connections_max = 128, .ask = &ask_game
    };
    struct load_group at = group;
    struct load_tally t;
    struct load *l;

    /* So long that hardly an answer is there when something was sent. */
    set_up_delay(5 * MS);
    at.port = port;
    l = load_new(&at, true);
    ck_assert_int_eq(load_grow(l, 128), 0);
    send_takes_ns = MS / 20;
    plan_rate(l, 14000); /* most of the time is spent on it */
    run(l, 128, 500 * MS, &t);
    send_takes_ns = 0;
    ck_assert_uint_gt(t.sent, 0);
    ck_assert_uint_le(t.spin_ns + t.sent * (MS / 20), t.window_ns);
    forget(l, &t);
}

TEST(response_is_queue_and_lateness_and_wire)
{
    struct load_tally t;
    struct load *l;
    double sum;

    /* Two connections bear 200 requests a second, 300 are due. */
    set_up_delay(10 * MS);
    l = load_of(LOAD_OPEN, 2);
    plan_rate(l, 300);
    run(l, 2, 1000 * MS, &t);
    sum = t.queue->sum + t.late->sum + t.wire->sum;
    ck_assert_double_eq_tol(t.timely->sum + t.late->sum, sum, 1);
    ck_assert_double_eq_tol(t.latency->sum / sum, 1, 1e-9);
    ck_assert_uint_ge(t.wire->min, 10 * MS);
    /* A third of all that is due is left over at the end of the window. */
    ck_assert_uint_ge(t.intended, t.sent + 50);
    ck_assert_uint_ge(t.queue->max, 150 * MS);
    ck_assert_uint_eq(histogram_count(t.latency), t.intended);
    ck_assert_double_eq_tol(little(&t), 1, 0.01);
    forget(l, &t);
}

TEST(an_overload_is_censored_and_no_failure)
{
    struct load_tally t;
    struct load *l;

    /* 20 answers a second, 1000 requests: in 2 s most are not even sent. */
    set_up_delay(100 * MS);
    l = load_of(LOAD_OPEN, 2);
    plan_rate(l, 2000);
    run(l, 2, 500 * MS, &t);
    ck_assert_uint_eq(histogram_count(t.latency), t.intended);
    ck_assert_uint_ge(t.latency->censored, 900);
    ck_assert_double_eq_tol(little(&t), 1, 0.01);
    ck_assert(histogram_quantile(t.latency, 0.5).at_least);
    forget(l, &t);
}

TEST(what_is_never_answered_is_censored)
{
    struct load_group group = { .way = LOAD_CHURN,
        .connections_max = 2,
        .ask = &ask_game,
        .may_hang = true };
    uint64_t start = clock_ns();
    struct load_tally t;
    struct load *l;

    set_up_delay(20000 * MS);
    group.port = port;
    l = load_new(&group, false);
    ck_assert_int_eq(load_grow(l, 2), 0);
    run(l, 2, 100 * MS, &t);
    ck_assert_uint_eq(t.intended, 2);
    ck_assert_uint_eq(t.replies, 0);
    ck_assert_uint_eq(t.latency->censored, 2);
    ck_assert_double_eq_tol(little(&t), 1, 0.001);
    ck_assert_uint_ge(t.latency->censored_from, LOAD_DRAIN_LIMIT_MS * MS);
    ck_assert_uint_eq(load_totals(l)->errors[LOAD_TIMEOUT], 2);
    ck_assert_uint_ge(clock_ns() - start, LOAD_DRAIN_LIMIT_MS * MS);
    forget(l, &t);
}

TEST(churn_has_a_connection_for_each_request)
{
    struct load_tally t;
    struct load *l;

    set_up_delay(MS);
    l = load_of(LOAD_CHURN, 4);
    run(l, 4, 300 * MS, &t);
    ck_assert_uint_gt(t.replies, 0);
    ck_assert_uint_eq(load_totals(l)->connections, t.sent);
    ck_assert_uint_eq(histogram_count(t.latency), t.sent);
    ck_assert_uint_eq(histogram_count(t.accept), t.sent);
    ck_assert_uint_ge(t.accept->min, MS);
    ck_assert_double_eq_tol(little(&t), 1, 0.001);
    forget(l, &t);
}

TEST(a_storm_is_over_when_all_were_answered)
{
    struct load_group group = {
        .way = LOAD_CLOSED, .connections_max = 300, .ask = &ask_game
    };
    struct load_tally t = { .latency = histogram_new(),
        .accept = histogram_new() };
    struct load *l;

    set_up_delay(10 * MS);
    group.port = port;
    l = load_new(&group, false);
    ck_assert_int_eq(load_storm(l, 300, &t), 0);
    ck_assert_uint_eq(t.replies, 300);
    ck_assert_uint_eq(histogram_count(t.latency), 300);
    ck_assert_uint_ge(t.accept->min, 10 * MS);
    ck_assert_uint_ge(t.window_ns, t.latency->max);
    free(t.latency);
    free(t.accept);
    load_free(l);
}

TEST(a_round_is_over_when_all_have_had_it)
{
    struct ask ask = { .speaks = ASK_LINE,
        .hello = "NUMBER\n",
        .hello_lines = 1,
        .request = "NUMBER\n",
        .publishes = true,
        .title = "NUMBER" };
    struct load_group group = {
        .way = LOAD_ROUNDS, .connections_max = 1, .ask = &ask
    };
    struct load_tally t = { .latency = histogram_new(),
        .last = histogram_new() };
    struct load *l;

    set_up_delay(1 * MS);
    group.port = port;
    l = load_new(&group, false);
    ck_assert_int_eq(load_grow(l, 1), 0);
    ck_assert_uint_eq(load_totals(l)->replies, 1);
    ck_assert_uint_eq(load_totals(l)->lines, 1);
    load_run(l, 1, 50 * MS, &t);
    load_drain(l, &t);
    ck_assert_uint_gt(t.replies, 0);
    /* Where one listens the last delivery is the only one. */
    ck_assert_uint_eq(histogram_count(t.last), histogram_count(t.latency));
    ck_assert_uint_ge(t.last->min, 1 * MS);
    ck_assert_uint_eq(t.last->max, t.latency->max);
    ck_assert_str_eq(load_totals(l)->problem, "");
    free(t.last);
    forget(l, &t);
}

TEST(a_message_that_one_does_not_get_is_a_failure)
{
    struct ask ask = { .speaks = ASK_LINE,
        .hello = "NUMBER\n",
        .request = "NUMBER\n",
        .publishes = true,
        .title = "NUMBER" };
    struct load_group group = {
        .way = LOAD_ROUNDS, .connections_max = 2, .ask = &ask
    };
    struct load_tally t = { .latency = histogram_new() };
    struct load *l;

    /* This server answers nobody but who has asked. */
    set_up_delay(1 * MS);
    group.port = port;
    l = load_new(&group, false);
    ck_assert_int_eq(load_grow(l, 2), 0);
    load_run(l, 2, 20 * MS, &t);
    load_drain(l, &t);
    ck_assert_uint_eq(load_totals(l)->errors[LOAD_TIMEOUT], 1);
    ck_assert_str_eq(load_totals(l)->problem, "no reply within 2 s");
    forget(l, &t);
}

TEST(who_waits_asks_once_and_no_more)
{
    struct ask ask = ask_game;
    struct load_group group = {
        .way = LOAD_CLOSED, .connections_max = 10, .ask = &ask, .askers = 1
    };
    struct load_tally t = { .latency = histogram_new() };
    struct load *l;

    ask.wait = "WAIT\n";
    set_up_delay(1 * MS);
    group.port = port;
    l = load_new(&group, false);
    ck_assert_int_eq(load_grow(l, 10), 0);
    ck_assert_uint_eq(load_totals(l)->replies, 10);
    /* PARAMS and NUMBER of each, and what nine of them wait for. */
    ck_assert_uint_eq(load_totals(l)->lines, 10 * 2 + 9);
    load_run(l, 10, 50 * MS, &t);
    load_drain(l, &t);
    ck_assert_uint_gt(t.replies, 0);
    ck_assert_double_eq_tol(t.fairness, 0.1, 1e-9);
    ck_assert_str_eq(load_totals(l)->problem, "");
    forget(l, &t);
}

/* A run in which something goes wrong; what the load says of it. */
static void
fail_with(enum load_error e, const char *problem)
{
    struct load_tally t = { 0 };
    const struct load_group group = {
        .way = LOAD_CLOSED, .port = port, .connections_max = 1, .ask = &ask_game
    };
    struct load *l = load_new(&group, false);

    if (load_grow(l, 1) == 0)
        load_run(l, 1, 1000 * MS, &t);
    load_drain(l, &t);
    ck_assert_uint_eq(load_totals(l)->errors[e], 1);
    ck_assert_str_eq(load_totals(l)->problem, problem);
    load_free(l);
}

TEST(a_wrong_reply_fails)
{
    plan.answer = "01\n";
    set_up_delay(0);
    fail_with(LOAD_WRONG, "wrong reply '01' to NUMBER");
}

TEST(two_replies_at_once_fail)
{
    plan.answer = "1\n2\n";
    set_up_delay(0);
    fail_with(LOAD_WRONG, "wrong reply '1' to NUMBER");
}

TEST(a_server_that_hangs_up_fails)
{
    plan.hangs_up = true;
    set_up_delay(0);
    fail_with(LOAD_CLOSED_BY_SERVER, "the server closed a connection");
}

TEST(nobody_there_fails)
{
    set_up_delay(0);
    tear_down();
    fail_with(LOAD_REFUSED, "connect: Connection refused");
}

TEST(a_crowd_is_beside_the_measured)
{
    struct load_group hog = {
        .way = LOAD_CLOSED, .connections_max = 4, .ask = &ask_game
    };
    struct load_totals totals;
    struct crowd_got got;
    struct crowd *crowd;
    struct load_tally t;
    struct load *l;

    set_up_delay(MS);
    hog.port = port;
    crowd = crowd_come(&hog);
    l = load_of(LOAD_OPEN, 2);
    plan_rate(l, 100);
    run(l, 2, 500 * MS, &t);
    ck_assert_uint_eq(histogram_count(t.latency), t.intended);
    ck_assert_double_eq_tol((double)t.intended, (double)t.window_ns / 1e7, 1.5);
    do
        got = crowd_got(crowd);
    while (got.replies == 0);
    ck_assert_uint_ge(got.bytes, 2 * got.replies);
    totals = *load_totals(l);
    ck_assert_uint_eq(totals.lines, totals.replies + 2);
    crowd_leave(crowd, &totals);
    ck_assert_uint_ge(totals.replies, load_totals(l)->replies + got.replies);
    ck_assert_uint_eq(totals.connections, 6);
    ck_assert(totals.countable);
    ck_assert_uint_eq(totals.lines, totals.replies + 6);
    ck_assert_str_eq(totals.problem, "");
    forget(l, &t);
}

TEST(a_crowd_tells_what_went_wrong)
{
    struct load_group hog = {
        .way = LOAD_CLOSED, .connections_max = 4, .ask = &ask_game
    };
    struct load_totals totals = { .countable = true };

    set_up_delay(0);
    tear_down();
    hog.port = port;
    crowd_leave(crowd_come(&hog), &totals);
    ck_assert_str_eq(totals.problem, "connect: Connection refused");
    ck_assert(!totals.countable);
}

TEST(slow_clients_that_never_came_were_not_shed)
{
    struct load_group slow = { .way = LOAD_SLOW_SENDER,
        .connections_max = 10,
        .ask = &ask_game,
        .period_ns = 50 * MS };
    struct load *l;

    set_up_delay(0);
    tear_down();
    slow.port = port;
    l = load_new(&slow, false);
    ck_assert_int_eq(load_grow(l, 10), -1);
    ck_assert_uint_eq(load_totals(l)->shed, 0);
    ck_assert_str_eq(load_totals(l)->problem, "connect: Connection refused");
    load_close(l);
    load_free(l);
}

TEST(slow_clients_trickle)
{
    struct load_group slow = { .way = LOAD_SLOW_SENDER,
        .connections_max = 10,
        .ask = &ask_game,
        .period_ns = 50 * MS };
    struct load_tally t;
    struct load *l;

    set_up_delay(0);
    slow.port = port;
    l = load_new(&slow, false);
    ck_assert_int_eq(load_grow(l, 10), 0);
    /* A byte per connection and period; the opening may have taken some, and
     * what comes late is not made up for. */
    do {
        memset(&t, 0, sizeof(t));
        load_run(l, 10, 500 * MS, &t);
        ck_assert_double_le((double)t.bytes, (double)t.window_ns / 5e6 + 12);
    } while ((double)t.bytes < (double)t.window_ns / 5e6 - 12);
    load_drain(l, &t);
    ck_assert_str_eq(load_totals(l)->problem, "");
    ck_assert(!load_totals(l)->countable);
    load_free(l);
}
