#include "report/run/hiccups.h"

#include "report/clock.h"
#include "report/load/histogram.h"
#include "report/run/guard.h"
#include "report/values.h"

#include <err.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#define SLEEP_NS 1000000
#define CPUS_MAX 8

struct sleeper {
    int cpu;
    pthread_t thread;
    struct histogram *late;
};

/* Sleep and note. */
static void *
sleep_and_note(void *argument)
{
    struct sleeper *s = argument;
    const struct timespec nap = { 0, SLEEP_NS };
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET((size_t)s->cpu, &set);
    sched_setaffinity(0, sizeof(set), &set); /* if not, it sleeps anywhere */
    for (int i = 0; i < HICCUPS_SLEEPS; i++) {
        uint64_t start = clock_ns(), end;

        nanosleep(&nap, NULL);
        end = clock_ns();
        if (end - start >= SLEEP_NS)
            histogram_record(s->late, end - start - SLEEP_NS);
    }
    return NULL;
}

/* Write down what one sleeper found. */
static json_t *
describe(const struct sleeper *s)
{
    const struct histogram *h = s->late;
    struct quantile p50 = histogram_quantile(h, 0.5);
    struct quantile p97 = histogram_quantile(h, 0.97);

    return json_pack("{s:i, s:o, s:o, s:o}", "cpu", s->cpu, "p50_ns",
        p50.known ? value_count(p50.ns) : json_null(), "p97_ns",
        p97.known ? value_count(p97.ns) : json_null(), "max_ns",
        h->recorded > 0 ? value_count(h->max) : json_null());
}

/* Run all sleepers. */
json_t *
hiccups_measure(const int *cpus, size_t n)
{
    struct sleeper sleepers[CPUS_MAX];
    json_t *all = json_array();
    bool started = true;
    sigset_t old;

    n = n < CPUS_MAX ? n : CPUS_MAX;
    for (size_t i = 0; i < n; i++) {
        sleepers[i].cpu = cpus[i];
        sleepers[i].late = histogram_new();
    }
    guard_hold(&old); /* their threads must not be interrupted */
    for (size_t i = 0; i < n && started; i++)
        started = pthread_create(&sleepers[i].thread, NULL, sleep_and_note,
                      &sleepers[i]) == 0;
    guard_release(&old);
    if (!started)
        errx(1, "no thread to measure hiccups with");
    for (size_t i = 0; i < n; i++) {
        pthread_join(sleepers[i].thread, NULL);
        json_array_append_new(all, describe(&sleepers[i]));
        free(sleepers[i].late);
    }
    return all;
}
