/*
 * flag_server_cli - the command line of flag-server.
 */
#ifndef COMMON_FLAG_SERVER_CLI_H
#define COMMON_FLAG_SERVER_CLI_H

#include "common/cli.h"
#include "common/mishap.h"

/* What a flag-server was asked to do. */
struct flag_server_options {
    struct server_options server; /* its limits are those of all clients */
    int ports[MISHAP_DOORS];      /* CLI_NO_PORT: not served */
    struct mishap_rules rules;
    bool seeded;           /* by --seed; else the seed is random, and is told */
    const char *directory; /* of the flags; NULL: they are made */
    uint64_t size;         /* of each made picture; 0: as published */
    int64_t retry_after_s; /* 0: errors say nothing of it */
};

/*
 * Read a flag-server's command line, or end the program with argp's message and
 * exit code 64. ports are the defaults of the doors. A seed that was not given
 * is chosen and printed on standard output. Strings in options belong to argv.
 */
void flag_server_cli(struct flag_server_options *options,
    const struct cli_twin *twin, const uint16_t ports[MISHAP_DOORS], int argc,
    char **argv);

#endif
