/*
 * generator - the load of a run as its scenario has it: what is measured (see
 * load.h), and what goes on beside it (see crowd.h).
 *
 * It is used by measure() where the load runs in this process, and by an agent
 * on a host of its own; all functions are called from one thread, which asks.
 */
#ifndef REPORT_GENERATOR_H
#define REPORT_GENERATOR_H

#include "report/run/plan.h"
#include "report/run/process.h"
#include "report/run/run.h"

#include <stdint.h>

#define GENERATOR_BREATH_NS UINT64_C(20000000) /* before the window */

struct generator {
    struct load *load;
    struct crowd *crowd; /* NULL = nothing goes on beside it */
    uint64_t cpu, wait;  /* when the window began */
};

/*
 * Make the load of a run, and wait for what goes on beside it; of the server,
 * its ports matter. None of the measured connections is open yet. `burst` is
 * the rate of SPECIAL_BURST. End the program when memory or descriptors run
 * out.
 */
struct generator *generator_new(const struct run *run, const struct plan *plan,
    const struct process *server, double burst);

/*
 * Beside a crowd, measure in real time where that is allowed: other work on
 * the processor then waits, too. Only a load that leaves it most of the time
 * may: one that takes all of it the kernel stops for a moment each second.
 */
void generator_keep_time(
    const struct generator *g, const struct plan *plan, bool on);

/* Ask, and count nothing, as long as the scenario warms up; the run says how
 * long that took. */
void generator_warm(struct generator *g, struct run *run);

/* Read what the calling thread has used as a window begins, and as it ends;
 * both take microseconds. */
void generator_begin(struct generator *g);
void generator_end(const struct generator *g, struct run *run);

/* Measure for the window. */
void generator_measure(
    struct generator *g, struct run *run, const struct plan *plan);

/*
 * Take what came of it into the run, and end what goes on beside it. The series
 * are the generator's; its connections stay open.
 */
void generator_result(struct generator *g, struct run *run);

/* Close all connections and free it; NULL is none. */
void generator_free(struct generator *g);

/* Return when the burst begins, in seconds since the first request was due. */
double generator_burst(const struct plan *plan, const struct scenario *s);

#endif
