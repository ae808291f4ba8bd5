/*
 * flags_cli - the command line of flags.
 */
#ifndef COMMON_FLAGS_CLI_H
#define COMMON_FLAGS_CLI_H

#include "common/cli.h"
#include "common/save.h"
#include "common/transfer.h"

/* All codes of two letters. */
#define FLAGS_CODES_MAX (26 * 26)

/* The most connections at once, as published. */
#define FLAGS_CONNECTIONS_MAX 1000

/* What flags was asked to do. Strings are constants or belong to argv. */
struct flags_options {
    char codes[FLAGS_CODES_MAX][3]; /* sorted, each once */
    size_t count;                   /* at least 1 */
    const char *label;              /* "LOCAL", or "URL" for --base-url */
    const char *site;               /* the URL in words */
    struct transfer_rules rules;    /* but for the seed, which is 0 */
    struct save_rules save;
    size_t
        connections; /* 1 to FLAGS_CONNECTIONS_MAX; perhaps more than codes */
    bool verbose;    /* a line for each flag */
    bool show;       /* the console of the first series */
    const char *directory; /* where the files go */
    const char *report;    /* the file of --report; NULL: none */
    unsigned savers;       /* what the twin's own option says */
};

/*
 * Read the command line of flags, or end the program with argp's message and
 * exit code 64. A twin without an option of its own has workers NULL.
 */
void flags_cli(struct flags_options *options, const struct cli_twin *twin,
    int argc, char **argv);

/*
 * Lower the number of connections to what the process may have descriptors for:
 * a flag in work takes two, for its connection and for its file.
 */
void flags_fit(struct flags_options *options);

#endif
