/*
 * crew - the load on hosts of its own: generators, each an agent there (see
 * there.h, loader.h), that load a server together.
 *
 * Each has its part of the connections and of the rate, and a processor of its
 * own. They begin to measure when all are warm, and go on loading until the
 * last window is over: the server is under the whole load for the whole of each
 * window. What a generator reads is on its own clock; none is compared with
 * another's.
 *
 * What they counted is added up, histograms counter by counter (see
 * run_merge()). What one says is believed as little as what a server answers;
 * one that is lost, or contradicts itself, ends compare.
 */
#ifndef REPORT_CREW_H
#define REPORT_CREW_H

#include "report/host/there.h"
#include "report/run/plan.h"
#include "report/run/run.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct crew;

/*
 * Run the agents of such hosts, which outlive it, WIRE_PARTS_MAX in all at
 * most. Return it, or NULL with the reason in `why`, which names the host. End
 * the program when memory or descriptors run out.
 */
struct crew *crew_connect(
    const struct there_host hosts[], size_t count, char *why, size_t size);

/*
 * Give each generator a processor of its own, which is not the servers' either,
 * `server` being where these run; where there are not enough, nothing is
 * pinned, and the placement says why.
 */
void crew_place(
    struct crew *c, const struct there *server, struct placement *p);

/* Return how many generators it has. */
size_t crew_size(const struct crew *c);

/* Return whether so many generators can share the load of a scenario: one that
 * is one act of one generator, a storm, a burst or rounds, they cannot. */
bool crew_can(size_t generators, const struct scenario *s);

/*
 * Return its hosts as an array of objects, which the caller owns: for
 * report.json or, `brief`, for a journal, as in there_to_json().
 */
json_t *crew_to_json(const struct crew *c, bool brief);

/* Write who loads from which processor, as the end of a sentence. */
void crew_words(const struct crew *c, char *text, size_t size);

/*
 * See whether the i-th host reaches a port there, and how fast; see reach().
 * Return NAN also when there is no such host, with an empty name.
 */
double crew_reach(struct crew *c, size_t i, const char *address, uint16_t port,
    const char **name, char *why, size_t size);

/* Return how many bytes a packet to the servers may have (MTU), the fewest that
 * a host told when it reached one; 0 when none did. */
uint64_t crew_mtu(const struct crew *c);

/*
 * Load a server in a run: these in their order, and crew_grow() may be called
 * more than once, or say that not all came about, by -1; then, and for a load
 * without connections to be opened before, crew_result() ends it.
 *
 * crew_go() lets the windows begin. crew_until() waits until all are over, or
 * until a moment of clock_ns(), and returns whether they are. crew_drain()
 * notes how long they were, and fails the gate "overlap" when one may have
 * begun or ended much later than it was to. crew_result() merges all into the
 * run, after host_note().
 */
void crew_load(struct crew *c, const struct run *run, const struct plan *plan,
    const struct process *server, double burst);
int crew_grow(struct crew *c, size_t connections);
void crew_warm(struct crew *c);
void crew_go(struct crew *c);
bool crew_until(struct crew *c, uint64_t moment);
void crew_drain(struct crew *c, struct run *run);
void crew_result(struct crew *c, struct run *run);

/* End all agents, and free it; NULL is none. */
void crew_close(struct crew *c);

#endif
