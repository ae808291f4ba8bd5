/*
 * limits - how much and how long a server puts up with.
 *
 * The limits that a user sets (an option each), the constants that have a
 * reason but no option. What follows from those on time is in deadline.h.
 */
#ifndef COMMON_LIMITS_H
#define COMMON_LIMITS_H

#include <stddef.h>
#include <stdint.h>

/* Connections that the kernel holds for us until we accept them: a burst of a
 * thousand clients must find room; Linux cuts it to net.core.somaxconn. */
#define LIMIT_BACKLOG 4096

/* Unsent bytes that the kernel keeps for one client, the TCP_NOTSENT_LOWAT of
 * its socket: by default it takes 4 MB for a client that never reads, and 500
 * such clients eat the machine's TCP memory. */
#define LIMIT_UNSENT 65536

/* Descriptors that are not for clients: the console, the listener, the spare
 * one, what the loops and libraries need. */
#define LIMIT_DESCRIPTORS_KEPT 32

/* Clients that are being told "no" at once; beyond it they are told
 * and closed without waiting until they have heard it. */
#define LIMIT_REFUSING 32

/* A closed connection is read on so that the peer's unread bytes cannot turn
 * our last words into a reset: at most this long and this much. */
#define LIMIT_LINGER_MS    1000
#define LIMIT_LINGER_BYTES 65536

/* How long accepting rests when descriptors or memory have run out. */
#define LIMIT_ACCEPT_PAUSE_MS 100

/* The longest time between two looks for overdue connections. */
#define LIMIT_SWEEP_MS 100

/* What a user may set. Times are in milliseconds; 0 is "no limit", but for the
 * last two, where it is "at once". */
struct limits {
    size_t max_connections;
    size_t max_line; /* bytes of a line before its end, or of another message */
    int64_t line_ms; /* from the first byte of a line or message to its end */
    int64_t idle_ms; /* between two of them */
    int64_t stall_ms;     /* no byte acknowledged while an answer is owed */
    int64_t lame_duck_ms; /* from SIGTERM to the stop; served as ever */
    int64_t drain_ms;     /* from there to the forced close */
};

/* The limits of a client. How long it waits for its server is for the client to
 * say: by stream_expect in the threaded twin, by a timer in the other. */
#define LIMITS_CLIENT_LINE 1024
#define LIMITS_CLIENT                                                          \
    {                                                                          \
        .max_line = LIMITS_CLIENT_LINE                                         \
    }

/*
 * The defaults of section "limits" of --help, given how many descriptors the
 * process may have (RLIMIT_NOFILE).
 */
struct limits limits_default(size_t descriptors);

#endif
