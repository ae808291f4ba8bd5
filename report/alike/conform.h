/*
 * conform - prove two servers of the guessing game alike: both are started
 * with the same seed, the same conversations are held with both, and every byte
 * that comes back must be the same, up to the way in which the connection ends.
 * The answers to scripted conversations must also be what the protocol says.
 *
 * A peer, a server that somebody else wrote, is held to the same conversations.
 * Its guesses are its own, but for the rules of the game: see referee.h. All
 * else must be what the threaded twin answers, the ends of connections
 * included. Time limits, a full house and the order of a stop are not checked.
 */
#ifndef REPORT_CONFORM_H
#define REPORT_CONFORM_H

#include "report/meter.h"
#include "report/run/process.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Random conversations besides the scripted ones; a fraction of a second. */
#define CONFORM_RANDOM 400

struct conform_result {
    size_t conversations; /* held with both */
    size_t differences;   /* conversations answered differently, or wrongly */
};

/*
 * Hold the conversations with the servers at the two paths, pinned to
 * processor `cpu` (negative: not pinned). Write what was sent and what each
 * answered to `out` for the first differences, and stops after five of them.
 * Return 0 when there is no difference and both servers stopped as they
 * should; otherwise -1, the reason having been written to `out`.
 */
int conform_run(const char *threaded, const char *evented, int cpu,
    uint64_t seed, struct meter *meter, FILE *out,
    struct conform_result *result);

/*
 * Hold the conversations with the threaded server and with the peer `name`,
 * which `command` starts (see process_start_peer()). Write each broken rule
 * to `out`, with what was sent, expected and received; stop after five. Return
 * 0 when there is none; otherwise -1. With no conversation in *result the peer
 * did not become ready; why is in `out`, too.
 */
int conform_peer(const char *threaded, const char *name, const char *command,
    int cpu, uint64_t seed, struct meter *meter, FILE *out,
    struct conform_result *result);

/*
 * Stop a server. Return 0, or -1 when it did not end well, `name` and the
 * reason having been written to `out`.
 */
int conform_stop(struct process *server, const char *name, FILE *out);

/* Return how many seconds either of them takes, about. */
double conform_seconds(void);

#endif
