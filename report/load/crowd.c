#include "report/load/crowd.h"

#include <err.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define AT_A_TIME_NS UINT64_C(10000000) /* between looks at `leaving` */

struct crowd {
    struct load_group group;
    pthread_t thread;
    sem_t there;
    atomic_bool leaving;
    _Atomic uint64_t replies, bytes;
    struct load_totals totals; /* once the thread has ended */
};

/* Give way to everybody; a crowd that cannot is only less considerate. */
static void
give_way(void)
{
    const struct sched_param none = { 0 };

    if (sched_setscheduler(0, SCHED_IDLE, &none) == -1)
        warn("SCHED_IDLE");
}

/* Be the crowd. */
static void *
be(void *arg)
{
    struct crowd *c = arg;
    size_t all = c->group.connections_max;
    struct load *load = load_new(&c->group, false);
    struct load_tally tally = { 0 };
    bool came = load_grow(load, all) == 0;

    give_way();
    sem_post(&c->there);
    while (came && !c->leaving) {
        load_run(load, all, AT_A_TIME_NS, &tally);
        c->replies += tally.replies;
        c->bytes += tally.bytes;
        came = load_totals(load)->problem[0] == '\0';
    }
    if (came)
        load_drain(load, &tally);
    c->totals = *load_totals(load);
    load_free(load);
    return NULL;
}

/* Start the thread and wait for its connections. */
struct crowd *
crowd_come(const struct load_group *group)
{
    struct crowd *c = calloc(1, sizeof(*c));
    sigset_t all, old;

    if (c == NULL || sem_init(&c->there, 0, 0) == -1)
        err(1, "crowd");
    c->group = *group;
    /* Signals are for the main thread. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    errno = pthread_create(&c->thread, NULL, be, c);
    if (errno != 0)
        err(1, "crowd");
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    while (sem_wait(&c->there) == -1)
        continue;
    return c;
}

/* Read the counters. */
struct crowd_got
crowd_got(const struct crowd *c)
{
    return (struct crowd_got) { c->replies, c->bytes };
}

/* End the thread and take over what it leaves. */
void
crowd_leave(struct crowd *c, struct load_totals *totals)
{
    c->leaving = true;
    errno = pthread_join(c->thread, NULL);
    if (errno != 0)
        err(1, "crowd");
    totals->connections += c->totals.connections;
    totals->replies += c->totals.replies;
    totals->lines += c->totals.lines;
    totals->shed += c->totals.shed;
    totals->countable = totals->countable && c->totals.countable;
    for (int e = 0; e < LOAD_ERRORS; e++)
        totals->errors[e] += c->totals.errors[e];
    if (totals->problem[0] == '\0')
        memcpy(totals->problem, c->totals.problem, sizeof(totals->problem));
    sem_destroy(&c->there);
    free(c);
}
