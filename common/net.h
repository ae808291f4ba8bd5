/*
 * net - listening, connecting, and what a socket can be asked.
 *
 * The one file of common/ that knows sockets: what both twins do alike with
 * one before the difference between them begins. Functions that can fail for
 * the user's reasons explain it in a caller's buffer of NET_TEXT_MAX bytes.
 */
#ifndef COMMON_NET_H
#define COMMON_NET_H

#include <netdb.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Room for an address or a reason: a host name, a port, and a sentence. */
#define NET_TEXT_MAX 384

/*
 * Listen on the first address of host ("" and names included) at port; 0 takes
 * a free one. Returns the descriptor, close-on-exec and blocking, whose
 * connections inherit TCP_NODELAY (an answer is one write, never to wait for
 * another) and TCP_NOTSENT_LOWAT (see LIMIT_UNSENT); text then holds
 * the address as "127.0.0.1:1234" or "[::1]:1234", the real port included.
 * -1: text holds one line with the address and the reason.
 */
int net_listen(const char *host, uint16_t port, char text[NET_TEXT_MAX]);

/* The most doors of a server, each with a port of its own. */
#define NET_DOORS_MAX 4

/* Where a server listens. */
struct net_door {
    const char
        *name;     /* in LISTEN_FDNAMES; NULL, where there is no other: any */
    uint16_t port; /* 0: any free one */

    /* What became of it. */
    int fd;                   /* close-on-exec */
    bool passed;              /* by a service manager; see below */
    char where[NET_TEXT_MAX]; /* "127.0.0.1:1234" */
};

/*
 * Open count doors, at least one. Each listens as net_listen has it, unless a
 * service manager has passed sockets to this process, in the way of
 * sd_listen_fds(3): then those are the doors, host and ports mean nothing, and
 * the variables LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES say which is which
 * (activation.h). In any case the variables are removed, so that no child
 * takes them for its own.
 *
 * A socket that was passed remains its opener's: so does the queue of clients
 * who were not accepted, with the length that it has; others may accept from
 * it, too, now and later. Therefore it never blocks: accept may find that
 * another process has taken the client.
 *
 * NULL, or one line that says why not; it lasts as long as the doors. Then the
 * program is to end: what was opened until then stays open. Call it once,
 * before the environment is used by other threads.
 */
const char *net_open_doors(
    const char *host, struct net_door *doors, size_t count);

/*
 * The addresses of host and port for connecting, to be freed by freeaddrinfo.
 * May ask a name server, and wait for it. NULL: text holds the reason.
 */
struct addrinfo *net_resolve(
    const char *host, uint16_t port, char text[NET_TEXT_MAX]);

/*
 * The same for a host that is an address, "127.0.0.1" or "::1", which takes no
 * time. NULL: it is a name, or there is no memory.
 */
struct addrinfo *net_address(const char *host, uint16_t port);

/*
 * Connect to the first address of host and port that answers, and wait for it.
 * Returns the descriptor, close-on-exec, blocking, with TCP_NODELAY; -1: text
 * holds the reason, and errno that of the last address, or 0 when the host has
 * none. In milliseconds, patience_ms is how long each address may
 * take to answer, and later how long a send may wait for the peer, to fail with
 * EAGAIN then; 0: as long as the system puts up with.
 */
int net_connect(const char *host, uint16_t port, int64_t patience_ms,
    char text[NET_TEXT_MAX]);

/* The address of a socket's peer, "127.0.0.1:62910", into text; "?" when the
 * connection is gone. */
void net_peer(int fd, char text[NET_TEXT_MAX]);

/* Switch on TCP_NODELAY: what is written is not to wait for more. */
void net_no_delay(int fd);

/* "cannot connect to HOST:PORT: reason" into text. */
void net_explain(char text[NET_TEXT_MAX], const char *host, uint16_t port,
    const char *reason);

/* What to do when accept fails. */
enum net_accept {
    NET_ACCEPT_AGAIN, /* that connection is lost; go on with the next */
    NET_ACCEPT_REST,  /* descriptors or memory have run out: rest a moment */
};

/* What to do when accept failed with this errno. None of them ends a server:
 * accept(2) passes on errors of the network that belong to one client. What
 * is not known to pass by itself is met by a rest, so that no error spins. */
enum net_accept net_accept_error(int error);

/* A descriptor kept in reserve, to be given up when none is left, so that a
 * waiting client can be accepted and told. -1: there is none. */
int net_spare(void);

/* Bytes written to a socket that its peer has not acknowledged. */
int net_unacked(int fd);

/*
 * The most bytes, but not more than max, that fill TCP segments of a connection
 * to the last: what is left over would leave in a small one of its own, at
 * the price of a large one. max when a segment is larger, or its size unknown.
 */
size_t net_whole_segments(int fd, size_t max);

/* Whether bytes, or the end of input, wait to be read from a socket. */
bool net_readable(int fd);

/* How many bytes wait to be read from a socket. */
size_t net_waiting(int fd);

/* Whether the next read of a socket will find the end of input. */
bool net_ended(int fd);

/* Whether the peer of a socket has sent all, even if some of it is still to be
 * read, or the connection is over; or that cannot be known. */
bool net_hung_up(int fd);

/* The error that waits at a socket, and takes it from there; 0: none. */
int net_error(int fd);

/* Have the next close of a socket reset the connection and drop what was not
 * delivered: for a peer that takes nothing. */
void net_reset_on_close(int fd);

/* Send what a socket takes without waiting; how many bytes, or -1. ENOTSOCK: it
 * is none. */
ssize_t net_send_now(int fd, const void *bytes, size_t length);

/* Close a socket that cannot be served, with a text as far as it goes without
 * waiting. */
void net_turn_away(int fd, const char *text);

/* How many descriptors the process may have; raises the soft limit to the
 * hard one first. */
size_t net_descriptors(void);

#endif
