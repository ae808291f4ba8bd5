#include "report/host/loader.h"

#include "report/host/reach.h"
#include "report/run/around.h"
#include "report/run/generator.h"

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT_A_TIME_NS UINT64_C(1000000) /* between looks at what is asked */

struct loader {
    sem_t asked;
    atomic_bool owes;
    struct wire_request request; /* the thread's, as long as it owes */
    loader_answer *answer;
    void *arg;
    /* The thread's alone. */
    struct plan plan;
    struct scenario scenario; /* its part of one */
    struct load_path path;
    struct wire_request of; /* what it was made by */
    struct process server;
    struct run run;
    struct around around;
    struct generator *generator; /* NULL = there is none */
    enum wire_what done;         /* the last step of it */
    struct load_tally none;      /* of what is not counted */
    struct load_tally *tally;    /* it asks all the time, and this counts; or
                                    NULL */
};

/* Return a part's share of a number, the first ones getting what is left. */
static size_t
share_of(const struct loader *l, uint64_t n)
{
    return n / l->of.parts + (l->of.part < n % l->of.parts);
}

/* Run where that was asked for; false, with why, when that cannot be. */
static bool
take_processor(struct loader *l, struct wire_answer *a)
{
    struct placement *where = &l->plan.placement;
    cpu_set_t set = where->set;

    where->pinned = l->of.pinned;
    where->load_cpu = where->server_cpu = l->of.pinned ? (int)l->of.cpu : -1;
    l->run.own_core = l->of.pinned && !l->scenario.all_cores;
    if (l->run.own_core) {
        CPU_ZERO(&set);
        CPU_SET((size_t)l->of.cpu, &set);
    }
    if (sched_setaffinity(0, sizeof(set), &set) == 0)
        return true;
    snprintf(a->error, sizeof(a->error), "it cannot run on processor %d: %s",
        where->load_cpu, strerror(errno));
    return false;
}

/* Choose the addresses; false, with why, when there are none such. */
static bool
take_addresses(struct loader *l, struct wire_answer *a)
{
    struct in_addr to, from = { 0 };

    if (inet_pton(AF_INET, l->of.address, &to) != 1 ||
        !reach_is_ours(l->of.from)) {
        snprintf(a->error, sizeof(a->error), "%s%s",
            l->of.from[0] != '\0' ? "it has no address " : "no address",
            l->of.from);
        return false;
    }
    inet_pton(AF_INET, l->of.from, &from);
    l->path = (struct load_path) { ntohl(to.s_addr), ntohl(from.s_addr),
        l->of.from[0] != '\0' };
    l->plan.placement.path = &l->path;
    return true;
}

/* Make the part of a load that this one generates. */
static void
load(struct loader *l, struct wire_answer *a)
{
    const struct wire_request *r = &l->of;
    size_t connections;

    l->of = l->request;
    l->scenario = *r->scenario;
    if (r->closed) {
        l->scenario.way = LOAD_CLOSED;
        l->scenario.special = SPECIAL_NONE;
    }
    if (r->part > 0)
        l->scenario.background.role = NULL; /* one has all of it */
    connections = share_of(l, r->connections);
    l->scenario.connections = connections;
    run_init(&l->run, &l->scenario);
    l->run.subject = r->subject;
    l->run.connections = connections;
    l->run.active = share_of(l, r->active);
    l->run.rate = r->rate / (double)r->parts;
    l->plan.seed = r->seed;
    l->plan.window = (double)r->window_ns / 1e9;
    l->server.port = (uint16_t)r->port;
    l->server.http_port = (uint16_t)r->http_port;
    if (plan_connections(&l->scenario) < connections)
        snprintf(a->error, sizeof(a->error),
            "its limit of descriptors allows %zu of %zu connections",
            plan_connections(&l->scenario), connections);
    else if (take_processor(l, a) && take_addresses(l, a))
        l->generator = generator_new(
            &l->run, &l->plan, &l->server, r->burst / (double)r->parts);
    if (l->generator == NULL)
        run_release(&l->run);
}

/* Open connections. */
static void
grow(struct loader *l, struct wire_answer *a)
{
    size_t connections = share_of(l, l->request.connections);

    if (connections > l->run.connections)
        snprintf(a->error, sizeof(a->error), "it was not made for so many");
    else if (load_grow(l->generator->load, connections) == -1)
        snprintf(a->error, sizeof(a->error), "%s",
            load_totals(l->generator->load)->problem);
}

/* Warm up, look at the machine, and go on. */
static void
warm(struct loader *l)
{
    generator_keep_time(l->generator, &l->plan, true);
    if (l->scenario.special != SPECIAL_STORM) {
        generator_warm(l->generator, &l->run);
        l->tally = &l->none;
    }
    around_read(&l->around, 0, &l->plan.placement);
}

/* Measure, and go on. */
static void
go(struct loader *l, struct wire_answer *a)
{
    struct generator *g = l->generator;

    generator_begin(g);
    if (l->scenario.special == SPECIAL_STORM)
        load_storm(g->load, l->run.connections, &l->run.tally);
    else
        generator_measure(g, &l->run, &l->plan);
    generator_end(g, &l->run);
    if (l->tally != NULL)
        l->tally = &l->run.tally;
    a->window_ns = l->run.tally.window_ns;
}

/* Stop, and look at the machine again. */
static void
drain(struct loader *l)
{
    if (l->tally != NULL)
        load_drain(l->generator->load, &l->run.tally);
    l->tally = NULL;
    around_note(&l->run, &l->around, 0, 0, &l->plan.placement);
    l->run.stolen_seconds /= 2; /* one processor, which stood for two */
    generator_keep_time(l->generator, &l->plan, false);
}

/* Tell what came of it, and hang up. */
static void
result(struct loader *l, struct wire_answer *a)
{
    struct run *run = &l->run;

    generator_result(l->generator, run);
    a->result = wire_result(run);
    a->kernel = run->kernel;
    a->stolen_seconds = run->stolen_seconds;
    a->foreign_seconds = run->load_foreign_seconds;
    a->others_seconds = run->others_seconds;
    a->others = json_incref(run->others);
    generator_free(l->generator);
    l->generator = NULL;
    run_release(run);
}

/* Tell whether a step may follow the last one. */
static bool
is_in_order(const struct loader *l, enum wire_what step)
{
    if (l->generator == NULL)
        return step == WIRE_LOAD;
    if (l->done == WIRE_WARM)
        return step == WIRE_GO;
    if (l->done == WIRE_GO)
        return step == WIRE_DRAIN;
    return step == WIRE_RESULT ||
           (l->done != WIRE_DRAIN && (step == WIRE_GROW || step == WIRE_WARM));
}

/* Do what was asked for. */
static void
obey(struct loader *l, struct wire_answer *a)
{
    enum wire_what step = l->request.what;

    if (!is_in_order(l, step)) {
        snprintf(a->error, sizeof(a->error), "that is out of order");
        return;
    }
    l->done = step;
    if (step == WIRE_LOAD)
        load(l, a);
    else if (step == WIRE_GROW)
        grow(l, a);
    else if (step == WIRE_WARM)
        warm(l);
    else if (step == WIRE_GO)
        go(l, a);
    else if (step == WIRE_DRAIN)
        drain(l);
    else
        result(l, a);
}

/* Wait for the next step, and ask the server meanwhile if that is due, unless
 * something went wrong with that. */
static void
wait_for_step(struct loader *l)
{
    while (l->tally != NULL &&
           load_totals(l->generator->load)->problem[0] == '\0') {
        if (sem_trywait(&l->asked) == 0)
            return;
        load_linger(l->generator->load, AT_A_TIME_NS, l->tally);
    }
    while (sem_wait(&l->asked) == -1)
        continue;
}

/* Be the thread. */
static void *
generate(void *arg)
{
    struct loader *l = arg;
    struct wire_answer a;

    for (;;) {
        wait_for_step(l);
        wire_begin_answer(&a);
        obey(l, &a);
        a.n = l->request.n;
        l->owes = false; /* the next request may follow the answer at once */
        l->answer(l->arg, &a);
        wire_release_answer(&a);
    }
    return NULL;
}

/* Start the thread; signals are for the main one. */
struct loader *
loader_new(const struct plan *plan, loader_answer *answer, void *arg)
{
    struct loader *l = calloc(1, sizeof(*l));
    sigset_t all, old;
    pthread_t thread;

    if (l == NULL || sem_init(&l->asked, 0, 0) == -1)
        err(1, "loader");
    l->plan = *plan;
    l->answer = answer;
    l->arg = arg;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    errno = pthread_create(&thread, NULL, generate, l);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (errno != 0 || (errno = pthread_detach(thread)) != 0)
        err(1, "loader");
    return l;
}

/* Hand over a request. */
bool
loader_ask(struct loader *l, const struct wire_request *r)
{
    if (l->owes)
        return false;
    l->request = *r;
    l->owes = true;
    sem_post(&l->asked);
    return true;
}

/* Tell whether an answer is due. */
bool
loader_owes(const struct loader *l)
{
    return l->owes;
}
