/*
 * agent - the far end of a comparison between hosts: this program, run there by
 * ssh or the like, that starts servers and reads what they do, or generates the
 * load (see loader.h), as another compare asks for on its standard input (see
 * wire.h).
 *
 * It opens no port, and sends nothing that it was not asked for. It starts
 * only servers that are beside it, by their names. When its input ends, when
 * nothing has come for AGENT_LEASE_MS, and when whoever started it ends, it
 * stops its server and ends: nothing of it outlives the comparison.
 */
#ifndef REPORT_AGENT_H
#define REPORT_AGENT_H

#include "report/run/plan.h"

#include <jansson.h>

#define AGENT_LEASE_MS 10000 /* compare speaks up every 2 s */

/* Be an agent until the lease is over; return the exit code. */
int agent_run(struct plan *plan);

/* Return the servers that there are, `[{name, program, fnv1a}]`; the caller
 * owns them. */
json_t *agent_programs(const struct plan *plan);

/* Return the hash of this very program, as in machine_file_hash(). */
json_t *agent_self(void);

#endif
