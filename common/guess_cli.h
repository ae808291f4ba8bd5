/*
 * guess_cli - the command lines of guess-server and guess-client, and what a
 * guess-client shows and asks on its console.
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
    enum guess_language language; /* of what is shown and asked */
    enum guess_language words;    /* that are sent to the server */
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

/*
 * The rest is what a guess-client does beside its connection. It prints on
 * standard output, and ends the program by cli_die when the game cannot go on.
 * Call it from one thread.
 */

/* Prepare a zeroed player for the games of the options, which must outlive
 * it. */
void guess_client_prepare(
    const struct guess_client_options *options, struct player *player);

/* Begin a game and show its banner. Put the line for the server into text;
 * return its length. */
size_t guess_client_open(char text[PLAYER_LINE_MAX],
    const struct guess_client_options *options, struct player *player,
    const struct player_game *game);

/* Return the guess in the answer to PLAYER_NUMBER, a line or a status without
 * one. End the program when it is no guess by the rules (player_take). */
int64_t guess_client_take(const struct player *player, enum line_status status,
    const struct line *line);

/* End the program: the server cannot be reached. complaint is net_connect's or
 * net_explain's; error is the errno, or 0. */
_Noreturn void guess_client_unreachable(const char *complaint, int error);

/* Ask the user about a guess. */
void guess_client_ask(
    const struct guess_client_options *options, int64_t guess);

/* Read the user's answer from the line typed, and empty the line. Unless it is
 * PLAYER_DECIDES or PLAYER_QUITS, the user has been told what may be answered
 * and should be asked again. */
enum player_answer guess_client_answer(
    const struct guess_client_options *options, const struct player *player,
    struct player_typed *typed, enum guess_decision *decision);

/* End the program: the user's input has ended without an answer. */
_Noreturn void guess_client_unanswered(void);

/* Keep a guess of this game and its decision; tell a user who was asked when
 * that ends the game. Put the line that reports it to
 * the server into text; return its length. */
size_t guess_client_report(char text[PLAYER_LINE_MAX],
    const struct guess_client_options *options, struct player *player,
    int64_t guess, enum guess_decision decision);

/* End the program with player_complaint's text for these arguments. */
_Noreturn void guess_client_complain(const struct player *player,
    enum line_status status, const struct line *line, bool unasked);

/* Show how all games went, and free what player and options hold. */
void guess_client_finish(
    struct guess_client_options *options, struct player *player);

#endif
