/*
 * launch - start a server as a scenario wants it.
 */
#ifndef REPORT_LAUNCH_H
#define REPORT_LAUNCH_H

#include "report/run/plan.h"
#include "report/run/process.h"

/*
 * Start a subject, the peer included, with the options of a scenario, on the
 * server's processor or, where the scenario is about all cores, on any; with
 * `trace` under strace (see process_start_traced()). Return as process_start()
 * does.
 */
int launch(struct process *server, const struct scenario *s,
    enum subject subject, const struct plan *plan, const char *trace);

#endif
