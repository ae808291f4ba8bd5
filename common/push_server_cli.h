/*
 * push_server_cli - the command line of push-server.
 */
#ifndef COMMON_PUSH_SERVER_CLI_H
#define COMMON_PUSH_SERVER_CLI_H

#include "common/cli.h"
#include "common/push_client.h"

/* What a push-server was asked to do. */
struct push_server_options {
    struct server_options server; /* its max_line is HTTP_POST_ROOM */
    uint16_t port;
    unsigned workers; /* that make the pieces of /fetch */
    struct push_rules rules;
    const char **origins; /* what rules points to; owned, freed with free() */
};

/*
 * Read a push-server's command line, or end the program with argp's message and
 * exit code 64. Strings in options belong to argv. Without --epoch the ids'
 * epoch is the time, in seconds since 1970.
 */
void push_server_cli(struct push_server_options *options,
    const struct cli_twin *twin, uint16_t port, int argc, char **argv);

#endif
