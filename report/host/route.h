/*
 * route - whether the load reaches the servers, and how long that takes.
 */
#ifndef REPORT_ROUTE_H
#define REPORT_ROUTE_H

#include "report/run/plan.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What may be asked for: a number, or a page of many packets, which does not
 * arrive where full ones are dropped on the way. */
#define ROUTE_SMALL "reply-1"
#define ROUTE_LARGE "page-200"

/*
 * Start a server on its host, and see whether each host that is to load it can
 * connect to it. Return whether all can; if one cannot, say on standard error
 * why. Also say which hosts of the load can, and how fast that is, on standard
 * output, if it `tells`; of this host the caller says more.
 */
bool route_reach(const struct plan *plan, bool tells);

/*
 * Start the evented server of such a scenario as for the race, ask it on one
 * connection for as long as there, and stop it; once more, for two seconds,
 * when it answered later, over a long way or on a busy machine. Return what a
 * request takes there and back in ns, the shortest of them; NAN, with the
 * reason in `why` (NULL = nobody asks), when it is not answered. It takes as
 * long as such a run, or two.
 */
double route_try(
    const struct plan *plan, const char *scenario, char *why, size_t size);

/*
 * Return how many bytes a packet from the load to the servers may have (MTU),
 * as its kernel knows it, of several hosts the fewest; 0 when none does.
 */
uint64_t route_mtu(const struct plan *plan);

#endif
