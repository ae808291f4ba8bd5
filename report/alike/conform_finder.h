/*
 * conform_finder - prove two finders alike, as conform does for the game: the
 * same conversations with both, in a terminal and over HTTP, and every byte
 * that comes back must be the same (but for the time of day in HTTP's Date).
 *
 * A peer that speaks to terminals must answer every byte as the threaded twin
 * does. One that speaks HTTP has heads of its own: of it the status and the
 * value of the JSON at /search are compared.
 */
#ifndef REPORT_CONFORM_FINDER_H
#define REPORT_CONFORM_FINDER_H

#include "report/alike/conform.h"
#include "report/load/ask.h"

/*
 * Hold the conversations with the finders at the two paths, as conform_run()
 * does, and add to *result. Return 0 when there is no difference.
 */
int conform_finder_run(const char *threaded, const char *evented, int cpu,
    uint64_t seed, struct meter *meter, FILE *out,
    struct conform_result *result);

/*
 * Hold those of what the peer `speaks`, ASK_CHARFINDER or ASK_HTTP, with the
 * threaded finder and the peer, as conform_peer() does.
 */
int conform_finder_peer(const char *threaded, const char *name,
    const char *command, enum ask_speaks speaks, int cpu, uint64_t seed,
    struct meter *meter, FILE *out, struct conform_result *result);

/* Return how many seconds either of them takes, about. */
double conform_finder_seconds(void);

#endif
