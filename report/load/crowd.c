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
    size_t size;
    struct load *load; /* the thread's, as long as there is one */
    pthread_t thread;
    sem_t there;
    atomic_bool leaving;
    _Atomic uint64_t replies, bytes;
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
    struct load_tally tally = { 0 };
    bool well = load_grow(c->load, c->size) == 0;

    give_way();
    sem_post(&c->there);
    while (well && !c->leaving) {
        load_run(c->load, c->size, AT_A_TIME_NS, &tally);
        c->replies += tally.replies;
        c->bytes += tally.bytes;
        well = load_totals(c->load)->problem[0] == '\0';
    }
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
    c->size = group->connections_max;
    c->load = load_new(group, false);
    /* Signals are for the main thread. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    errno = pthread_create(&c->thread, NULL, be, c);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (errno != 0)
        err(1, "crowd");
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

/* End the thread and finish its work, without its patience. */
void
crowd_leave(struct crowd *c, struct load_totals *totals)
{
    const struct load_totals *mine = load_totals(c->load);
    struct load_tally tally = { 0 };

    c->leaving = true;
    errno = pthread_join(c->thread, NULL);
    if (errno != 0)
        err(1, "crowd");
    if (mine->problem[0] == '\0')
        load_drain(c->load, &tally);
    totals->connections += mine->connections;
    totals->replies += mine->replies;
    totals->lines += mine->lines;
    totals->shed += mine->shed;
    totals->countable = totals->countable && mine->countable;
    for (int e = 0; e < LOAD_ERRORS; e++)
        totals->errors[e] += mine->errors[e];
    if (totals->problem[0] == '\0')
        memcpy(totals->problem, mine->problem, sizeof(totals->problem));
    load_free(c->load);
    sem_destroy(&c->there);
    free(c);
}
