/*
 * server - a TCP server with a thread per connection.
 *
 * Accepts clients and gives each to a program's function, in a thread of its
 * own (or in one of a fixed pool), which talks with its client from the first
 * line to the last by the calls of stream.h. Here, once for all programs:
 * limits, deadlines, what happens when descriptors, memory or threads run out,
 * counters, signals, and the stop in which no answer is lost.
 *
 * Who does what: acceptors accept (one, or the pool, whose threads serve what
 * they accept); a thread per connection serves; the main thread is the keeper
 * (keeper.h). Who is served is in books under one lock, held for short moments
 * and never while anything waits.
 */
#ifndef THREADED_SERVER_H
#define THREADED_SERVER_H

#include "common/cli.h"
#include "threaded/executor.h"
#include "threaded/stream.h"

/* A program that is served, at a port of its own. */
struct server_program {
    const char *name;            /* of its door; see net.h */
    uint16_t port;               /* 0: any free one */
    const struct limits *limits; /* of its clients; but see server_run */

    /* Sent to a client for which there is no room, its line end included. */
    const char *refusal;

    /*
     * Talk with one client until there is no more to say; called in the
     * client's thread, many at a time. The server finishes the stream and
     * frees it. argument is the one below.
     */
    void (*serve)(struct stream *stream, void *argument);
    void *argument;

    /* Read anew what is served, for SIGHUP: called with hangup_argument in the
     * main thread, which may have to wait. NULL: there is nothing to read. */
    void (*hangup)(void *argument);
    void *hangup_argument;

    /* What does the program's blocking work, or NULL. When the server stops, it
     * does. */
    struct executor *executor;
};

/* This twin's own part of the command line: --threads. */
extern const struct cli_twin server_twin;

/*
 * Serve count programs, at least one, until SIGTERM or SIGINT, then stop:
 * accept who is queued, answer what is in hand, close the idle, and after
 * drain_ms or a second signal cut what is left. SIGTERM only announces the stop
 * where lame_duck_ms says so: until then, or another signal, the server is
 * leaving, and serves as ever. SIGUSR1 prints the counters.
 * Prints a Serving line for each program once a connect succeeds. How many
 * connections there may be, and how long a stop may last, say the options for
 * all programs together. Returns the exit code 0 after the stop; when it cannot
 * start, it ends the program by cli_die. Call it once, from the main thread.
 */
int server_run(const struct server_options *options,
    const struct server_program *programs, size_t count);

/* Add up what the server has done so far; while it runs, from any thread. */
void server_count(struct counters *sums);

/* Whether the server is leaving, so that new clients had better go elsewhere;
 * as above. */
bool server_is_leaving(void);

#endif
