/*
 * route - whether the load reaches the servers, and how long that takes.
 */
#ifndef REPORT_ROUTE_H
#define REPORT_ROUTE_H

#include "report/run/plan.h"

#include <stddef.h>

/*
 * Start a server as for the race, ask it on one connection for half a second,
 * and stop it. Return what a small request takes there and back in ns, the
 * shortest of them; NAN, with the reason in `why` (NULL = nobody asks), when it
 * is not answered. It takes as long as such a run.
 */
double route_try(const struct plan *plan, char *why, size_t size);

#endif
