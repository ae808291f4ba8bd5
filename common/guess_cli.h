/*
 * guess_cli - the command lines of guess-server and guess-client.
 */
#ifndef COMMON_GUESS_CLI_H
#define COMMON_GUESS_CLI_H

#include "common/cli.h"
#include "common/guess.h"
#include "common/player.h"

/* What a guess-server was asked to do. */
struct guess_server_options {
    struct server_options server;
    uint16_t port;
    struct guess_rules rules;
    bool seeded; /* by --seed; else each connection takes a random seed */
    uint64_t seed;

    /* For experiments: what each NUMBER costs beyond the guess. */
    int64_t work_us;  /* processor time to burn; 0: none */
    int64_t block_ms; /* how long to block; 0: not at all */
    unsigned pool;    /* threads that block; 0: the thread that guesses does */
};

/*
 * Read a guess-server's command line, or end the program with argp's message
 * and exit code 64. pool_max is the largest value of --pool; 0 means that the
 * twin has no such option. Strings in options belong to argv.
 */
void guess_server_cli(struct guess_server_options *options,
    const struct cli_twin *twin, uint16_t port, unsigned pool_max, int argc,
    char **argv);

/* The seed of the next conversation. From any thread. */
uint64_t guess_server_seed(const struct guess_server_options *options);

/* What a guess-client was asked to play. */
struct guess_client_options {
    const char *host;
    uint16_t port;
    enum guess_language language;
    bool ask;          /* the user judges the guesses, not the program */
    uint64_t count;    /* guesses a game; 0: until found */
    int64_t answer_ms; /* that a server may take to answer; 0: no limit */
    const char *answer_timeout; /* the same as it was given, in seconds */
    struct player_game *games;  /* owned; freed with free() */
    size_t game_count;
};

/*
 * Read a guess-client's command line, or end the program with argp's message
 * and exit code 64. Strings in options belong to argv; games to the caller.
 */
void guess_client_cli(struct guess_client_options *options,
    const struct cli_twin *twin, uint16_t port, int argc, char **argv);

#endif
