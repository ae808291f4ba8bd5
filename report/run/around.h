/*
 * around - what the machine did while something was measured: what is read
 * before and after, as the load stands still meanwhile, for some milliseconds.
 */
#ifndef REPORT_AROUND_H
#define REPORT_AROUND_H

#include "report/run/kernel.h"
#include "report/run/others.h"
#include "report/run/plan.h"
#include "report/run/run.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct around {
    uint64_t at, server_cpu, load_all, run_queue;
    struct kernel_cpu cpu, load_cpu, all;
    struct others others; /* freed by around_note() */
    struct kernel_counters kernel;
    struct nic nic;
    bool run_queue_known;
};

/*
 * Read all of it; `server` as in resources.h, 0 = there is none. One
 * around_note() must follow.
 */
void around_read(struct around *a, pid_t server, const struct placement *p);

/*
 * Read once more, and note in a run what has changed since. Where no server
 * lives any more, `ended_cpu_ns` is what it used in that time; else 0.
 */
void around_note(struct run *run, struct around *a, pid_t server,
    uint64_t ended_cpu_ns, const struct placement *p);

#endif
