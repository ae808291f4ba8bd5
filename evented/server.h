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
 * are handed out in turn, as work that is posted to a loop (keeper.h). What
 * belongs to a loop is touched by its thread only, so nothing else is locked.
 */
#ifndef EVENTED_SERVER_H
#define EVENTED_SERVER_H

#include "common/cli.h"
#include "evented/executor.h"
#include "evented/keeper.h"
#include "evented/stream.h"

struct door;

/* What the server keeps of a client. A program's session begins with it. Its
 * members are the server's, but for the first two, which may be used. */
struct connection {
    struct stream *stream;
    struct keeper *keeper; /* of the loop */
    const struct door *door;
    bool refused; /* only to be told that the house is full */
};

/* A program that is served, at a port of its own. */
struct server_program {
    const char *name; /* of its door; see net.h */
    uint16_t port;    /* 0: any free one */

    /* Sent to a client for which there is no room, its line end included. */
    const char *refusal;

    /*
     * What the program keeps of a client between two calls: so many bytes,
     * which begin with a struct connection and are zeroed otherwise, passed to
     * open as session and to the handler as its argument. Functions of
     * different clients may be called from different threads at once.
     */
    size_t session_size;

    /* A client was let in. It may be written to, but not finished. argument is
     * the one at the end. */
    void (*open)(struct stream *stream, void *session, void *argument);

    /* What happens then; see stream.h. Its limits are those of the program's
     * clients; but see server_run. */
    struct stream_handler handler;
    void *argument;

    /* Read anew what is served, for SIGHUP: called with hangup_argument in the
     * main loop, the keeper's, which must not wait. NULL: there is nothing to
     * read. */
    void (*hangup)(struct keeper *keeper, void *argument);
    void *hangup_argument;

    /* What does the program's blocking work, or NULL. It is started when the
     * server has given up its rights, stopped when the server stops, and freed
     * at the end. */
    struct executor *executor;
};

/* This twin's own part of the command line: --loops. */
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
