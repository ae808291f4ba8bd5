/*
 * host - where servers run: starting and stopping one, and reading what it and
 * its machine did while it was loaded.
 *
 * Servers run on this machine, beyond its loopback or a network that netem
 * emulates, or on another host, where an agent does all this (see there.h).
 */
#ifndef REPORT_HOST_H
#define REPORT_HOST_H

#include "report/run/around.h"
#include "report/run/plan.h"
#include "report/run/process.h"
#include "report/run/run.h"

#include <stdint.h>

/* What is read at both ends of a window, and around it. */
struct host_window {
    struct around around;
    uint64_t server_cpu; /* ns, when it began */
    uint64_t link_bytes; /* sent over an emulated network by then */
};

/*
 * Start a subject for a scenario. Return as process_start() does; of the
 * process, `port`, `http_port` and `error` are the caller's.
 */
int host_start(struct process *server, const struct scenario *s,
    enum subject subject, const struct plan *plan);

/*
 * Read what happens around a window, before it: that takes some milliseconds,
 * for which the load stands still. host_note() must follow.
 */
void host_look(struct host_window *w, const struct process *server,
    const struct plan *plan);

/* Read the server's processor time as the window begins, and when it ends;
 * both take microseconds. What was used is in the run after host_note(). */
void host_begin(struct host_window *w, const struct process *server,
    const struct plan *plan);
void host_end(struct run *run, struct host_window *w,
    const struct process *server, const struct plan *plan);

/* Read once more what happened around it, and note in the run what changed. */
void host_note(struct run *run, struct host_window *w,
    const struct process *server, const struct plan *plan);

/* Read the memory of a server; see resources_memory(). */
int host_memory(
    const struct process *server, const struct plan *plan, struct memory *m);

/* Read how many requests a server has counted; see process_counter(). */
int host_counter(
    struct process *server, const struct plan *plan, uint64_t *value);

/* Stop a server; see process_stop(). */
int host_stop(
    struct process *server, const struct plan *plan, struct process_end *end);

/* Return how fast the servers' processor is; see pace_ns(). */
double host_pace(const struct plan *plan);

#endif
