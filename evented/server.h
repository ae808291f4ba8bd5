/*
 * server - a TCP server with an event loop, or a few.
 *
 * Accepts clients and calls a program's functions with what each of them
 * sends, by the callbacks of stream.h. Here, once for all programs: limits,
 * deadlines, what happens when descriptors or memory run out, counters,
 * signals, and the stop in which no answer is lost.
 *
 * Who does what: the main thread's loop accepts, hears signals, and serves;
 * with --loops more loops serve, each in a thread of its own, and connections
 * are handed out in turn. What belongs to a loop is touched by its thread only,
 * so nothing is locked but the short queue in which a loop finds its new
 * connections; an eventfd wakes it for them.
 */
#ifndef EVENTED_SERVER_H
#define EVENTED_SERVER_H

#include "common/cli.h"
#include "evented/stream.h"

/* A program that is served. */
struct server_program {
    /* What a client reads that finds the house full, its line end included. */
    const char *refusal;

    /*
     * What the program keeps of a client between two calls: so many zeroed
     * bytes, passed to the functions below as session. Functions of different
     * clients may be called from different threads at once. argument is the
     * one at the end.
     */
    size_t session_size;

    /* A client was let in. It may be written to, but not finished. */
    void (*open)(struct stream *stream, void *session, void *argument);

    /* It sent a line, or what stands for one: see stream.h. */
    void (*line)(struct stream *stream, enum line_status status,
        const struct line *line, void *session, void *argument);

    /* It is gone; the stream is not to be touched any more. */
    void (*close)(void *session, void *argument);
    void *argument;
};

/* This twin's own part of the command line: --loops. */
extern const struct cli_twin server_twin;

/*
 * Serve until SIGTERM or SIGINT, then stop: accept who is queued, answer what
 * is in hand, close the idle, and after drain_ms or a second signal cut what
 * is left. SIGUSR1 prints the counters. Prints the Serving line once a connect
 * succeeds. Returns the exit code 0 after the stop; when it cannot start, it
 * ends the program by cli_die. Call it once, from the main thread.
 */
int server_run(
    const struct server_options *options, const struct server_program *program);

#endif
