/*
 * echo_cli - the command line of echo-server, and how such a server begins and
 * ends.
 */
#ifndef COMMON_ECHO_CLI_H
#define COMMON_ECHO_CLI_H

#include "common/cli.h"

#include <stddef.h>
#include <stdint.h>

/* Sent to a client for whom there is no room. */
#define ECHO_FULL_HOUSE "too many connections\n"

/* What an echo-server was asked to do. */
struct echo_options {
    const char *host;
    uint16_t port;
    size_t max_connections;
    int idle_ms; /* that a client may send, or take, nothing; 0: no limit */
    int64_t lame_duck_ms; /* from SIGTERM to the stop */
};

/*
 * Read an echo-server's command line, or end the program with argp's message
 * and exit code 64. Strings in options belong to argv. From here on the signals
 * of a server (cli.h) are blocked.
 */
void echo_cli(struct echo_options *options, const struct cli_twin *twin,
    uint16_t port, int argc, char **argv);

/*
 * Listen as the options say, or at the socket that a service manager has passed
 * (net_open_doors), give up privileges, and print the Serving line. Returns the
 * listening socket, which blocks unless it was passed; ends the program by
 * cli_die when it cannot listen. Call it once, before there are threads.
 */
int echo_listen(const struct echo_options *options);

/* A descriptor that is readable when a signal has come, for echo_stops; ends
 * the program when there is none. */
int echo_signals(void);

/*
 * Take the signal that has come at this descriptor, and say whether the server
 * is to stop now; if so, the next signal ends the program at once. If not, it
 * is to serve on: SIGTERM has announced the stop, and when lame_duck_ms are
 * over, or at any other signal, the descriptor is readable again. In the main
 * thread.
 */
bool echo_stops(const struct echo_options *options, int signals);

#endif
