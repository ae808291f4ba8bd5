/*
 * loader - the load that an agent generates, in a thread of its own, as a
 * compare on another host asks for it (see wire.h): while it asks the server,
 * the agent can hear.
 */
#ifndef REPORT_LOADER_H
#define REPORT_LOADER_H

#include "report/host/wire.h"
#include "report/run/plan.h"

#include <stdbool.h>

struct loader;

/* Who takes an answer, which is the thread's: it is called there. */
typedef void loader_answer(void *arg, struct wire_answer *answer);

/*
 * Return a loader that runs as the plan allows, which outlives it; it lasts as
 * long as the program. End the program when memory or descriptors run out.
 */
struct loader *loader_new(
    const struct plan *plan, loader_answer *answer, void *arg);

/*
 * Have it do one of WIRE_LOAD to WIRE_RESULT; the answer comes when that is
 * done. Return false when it owes one already: nothing is done then.
 */
bool loader_ask(struct loader *l, const struct wire_request *r);

/* Return whether it owes an answer. */
bool loader_owes(const struct loader *l);

#endif
