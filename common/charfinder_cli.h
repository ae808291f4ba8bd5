/*
 * charfinder_cli - the command line of charfinder.
 */
#ifndef COMMON_CHARFINDER_CLI_H
#define COMMON_CHARFINDER_CLI_H

#include "common/charpage.h"
#include "common/chartalk.h"
#include "common/cli.h"

/* What a charfinder was asked to do. */
struct charfinder_options {
    struct server_options server; /* its limits are the terminal's */
    int tcp_port, http_port;      /* CLI_NO_PORT: not served */
    struct limits web;            /* of clients that speak HTTP */

    /* What holds for the answers, console records included unless the server
     * is quiet. The page's counters are the twin's to fill in. */
    struct chartalk_rules talk;
    struct charpage_site page;
};

/*
 * Read a charfinder's command line, or end the program with argp's message and
 * exit code 64. Strings in options belong to argv.
 */
void charfinder_cli(struct charfinder_options *options,
    const struct cli_twin *twin, uint16_t tcp_port, uint16_t http_port,
    int argc, char **argv);

#endif
