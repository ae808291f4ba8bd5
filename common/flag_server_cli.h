/*
 * flag_server_cli - the command line of flag-server, and the site that it asks
 * for.
 */
#ifndef COMMON_FLAG_SERVER_CLI_H
#define COMMON_FLAG_SERVER_CLI_H

#include "common/cli.h"
#include "common/flag_site.h"
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

/* What a flag-server serves, and as it was asked to. Part of what its program
 * keeps, and not to be moved once it is prepared. */
struct flag_server {
    struct flag_server_options options;
    struct flag_site site;
};

/*
 * Prepare the site as options, which are set, say; count adds up the counters
 * of its server, and leaving says whether that is leaving. Ends the program by
 * cli_die when the folder of the flags cannot be read. Before there are
 * threads.
 */
void flag_server_prepare(struct flag_server *server,
    void (*count)(struct counters *sums, void *argument),
    bool (*leaving)(void));

/*
 * Read the folder of the flags anew, and say so on the console. If that fails,
 * the console says why, and what was served is served still. May wait for a
 * disk. From any thread, one at a time, while the server serves.
 */
void flag_server_reload(struct flag_server *server);

#endif
