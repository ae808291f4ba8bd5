#include "common/guess_cli.h"

#include "common/number.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum key {
    KEY_SEED = 0x200,
    KEY_STRATEGY,
    KEY_WORK,
    KEY_BLOCK,
    KEY_POOL,
    KEY_LANG,
    KEY_WORDS,
    KEY_HOST,
    KEY_PORT,
    KEY_COUNT,
    KEY_ANSWER_TIMEOUT,
    KEY_ASK,
};

/* The most work, and the longest block, for one NUMBER: a second. A server
 * that stops waits for both once they have begun. */
#define WORK_MAX_US  1000000
#define BLOCK_MAX_MS 1000

/* The largest value of --pool, kept for the parser of the options. */
static unsigned current_pool_max;

/* Read the name of a language, or end. */
static enum guess_language
read_language(
    const struct argp_state *state, const char *name, const char *text)
{
    if (strcmp(text, "ko") == 0)
        return GUESS_KOREAN;
    if (strcmp(text, "en") != 0)
        argp_error(state, "--%s: '%s' is neither en nor ko", name, text);
    return GUESS_ENGLISH;
}

/* Take in one option of a guess-server. */
static error_t
parse_server(int key, char *arg, struct argp_state *state)
{
    struct guess_server_options *options = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &options->server;
        state->child_inputs[1] = &options->server;
        break;
    case KEY_SEED:
        options->seeded = true;
        options->seed =
            (uint64_t)cli_number(state, "seed", arg, INT64_MIN, INT64_MAX);
        break;
    case KEY_STRATEGY:
        if (strcmp(arg, "bisect") == 0)
            options->rules.strategy = GUESS_BISECT;
        else if (strcmp(arg, "random") == 0)
            options->rules.strategy = GUESS_RANDOM;
        else
            argp_error(
                state, "--strategy: '%s' is neither random nor bisect", arg);
        break;
    case KEY_LANG:
        options->rules.language = read_language(state, "lang", arg);
        break;
    case KEY_WORK:
        options->work_us = cli_number(state, "work", arg, 0, WORK_MAX_US);
        break;
    case KEY_BLOCK:
        options->block_ms = cli_number(state, "block", arg, 0, BLOCK_MAX_MS);
        break;
    case KEY_POOL:
        options->pool =
            (unsigned)cli_number(state, "pool", arg, 0, current_pool_max);
        break;
    case KEY_PORT:
        options->port = (uint16_t)cli_port(state, "port", arg, false);
        break;
    case ARGP_KEY_ARG:
        argp_error(state, "unexpected argument '%s'", arg);
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* Read a guess-server's command line. */
void
guess_server_cli(struct guess_server_options *options,
    const struct cli_twin *twin, uint16_t port, unsigned pool_max, int argc,
    char **argv)
{
    static char port_help[96];
    static const struct argp_option pool = { "pool", KEY_POOL, "N", 0,
        "block in N threads beside the event loops (default 0: in the loop)",
        0 };
    const struct argp_option own[] = {
        { "port", KEY_PORT, "N", 0, port_help, 0 },
        { "seed", KEY_SEED, "N", 0, "seed of the guesses (default: random)",
            0 },
        { "strategy", KEY_STRATEGY, "NAME", 0,
            "random (default), or bisect: narrow the range by Warmer and "
            "Colder",
            0 },
        { "lang", KEY_LANG, "en|ko", 0, "language of the console (default en)",
            0 },
        { NULL, 0, NULL, 0, "For experiments, the cost of each guess:", 2 },
        { "work", KEY_WORK, "US", 0,
            "burn US microseconds of CPU time (default 0)", 0 },
        { "block", KEY_BLOCK, "MS", 0,
            "block for MS milliseconds, as a synchronous database call does "
            "(default 0)",
            0 },
        pool_max > 0 ? pool : (struct argp_option) { 0 },
        { 0 },
    };
    const struct argp_child children[] = { { cli_server_argp(), 0, NULL, 0 },
        { cli_line_argp(), 0, NULL, 0 }, { 0 } };
    const struct argp argp = {
        .options = own,
        .parser = parse_server,
        .doc = "Guess the number that a client thinks of, over TCP.",
        .children = children,
    };

    cli_begin_server();
    current_pool_max = pool_max;
    *options = (struct guess_server_options) { .port = port };
    cli_begin(&options->server, twin, "guess-server");
    snprintf(port_help, sizeof(port_help),
        "listen on port N, 0 for any free one (default %u)", port);
    cli_parse(&argp, 0, argc, argv, options);
    options->rules.quiet = options->server.quiet;
}

/* The seed of the next conversation. */
uint64_t
guess_server_seed(const struct guess_server_options *options)
{
    uint64_t seed = options->seed;

    if (!options->seeded)
        arc4random_buf(&seed, sizeof(seed));
    return seed;
}

/* What is known of a client's command line while it is read. */
struct client_parse {
    struct guess_client_options *options;
    int64_t *numbers;
    size_t number_count;
    bool counted; /* --count was given */
};

/* Keep one number of the games. */
static void
keep_number(struct client_parse *parse, const struct argp_state *state,
    const char *text)
{
    int64_t number = 0;

    switch (number_read(text, strlen(text), &number)) {
    case NUMBER_OK:
        break;
    case NUMBER_MALFORMED:
        argp_error(state, "'%s' is not a whole number", text);
        break;
    case NUMBER_RANGE:
        argp_error(state, "'%s' does not fit into 64 bits", text);
        break;
    }
    parse->numbers[parse->number_count++] = number;
}

/* Make games of the numbers: pairs when the user is asked, else triples. */
static void
make_games(struct client_parse *parse, const struct argp_state *state)
{
    struct guess_client_options *options = parse->options;
    const size_t each = options->ask ? 2 : 3;
    const int64_t *number = parse->numbers;

    if (parse->number_count % each != 0)
        argp_error(state, "a game takes %s",
            options->ask ? "two numbers with --ask: LOWER UPPER"
                         : "three numbers: LOWER UPPER SECRET");
    options->game_count = parse->number_count / each;
    for (size_t i = 0; i < options->game_count; i++, number += each) {
        struct player_game *game = &options->games[i];

        game->lower = number[0];
        game->upper = number[1];
        game->secret = options->ask ? 0 : number[2];
        if (game->lower > game->upper)
            argp_error(state, "there is no number between %lld and %lld",
                (long long)game->lower, (long long)game->upper);
        if (!options->ask &&
            (game->secret < game->lower || game->secret > game->upper))
            argp_error(state, "the secret %lld is not between %lld and %lld",
                (long long)game->secret, (long long)game->lower,
                (long long)game->upper);
    }
}

/* The games that are played when none is given: as published, or one. */
static void
default_games(struct client_parse *parse)
{
    struct guess_client_options *options = parse->options;

    if (options->ask) {
        options->games[0] = (struct player_game) { 1, 100, 0 };
        options->game_count = 1;
    } else {
        options->games[0] = (struct player_game) { 1, 5, 3 };
        options->games[1] = (struct player_game) { 10, 15, 12 };
        options->game_count = 2;
        if (!parse->counted)
            options->count = 5;
    }
}

/* Take in one option or argument of a guess-client. */
static error_t
parse_client(int key, char *arg, struct argp_state *state)
{
    struct client_parse *parse = state->input;
    struct guess_client_options *options = parse->options;
    char negative[64];

    switch (key) {
    case KEY_HOST:
        options->host = cli_host(state, arg);
        break;
    case KEY_PORT:
        options->port = (uint16_t)cli_number(state, "port", arg, 1, 65535);
        break;
    case KEY_COUNT:
        options->count =
            (uint64_t)cli_number(state, "count", arg, 0, INT64_MAX);
        parse->counted = true;
        break;
    case KEY_ANSWER_TIMEOUT:
        options->answer_ms = cli_seconds(state, "answer-timeout", arg);
        options->answer_timeout = arg;
        break;
    case KEY_LANG:
        options->language = read_language(state, "lang", arg);
        break;
    case KEY_WORDS:
        options->words = read_language(state, "words", arg);
        break;
    case KEY_ASK:
        options->ask = true;
        break;
    case ARGP_KEY_ARG:
        keep_number(parse, state, arg);
        break;
    case ARGP_KEY_END:
        if (parse->number_count > 0)
            make_games(parse, state);
        else
            default_games(parse);
        break;
    default:
        if (key < '0' || key > '9')
            return ARGP_ERR_UNKNOWN;
        if (!cli_negative(negative, sizeof(negative), key, arg))
            argp_error(state, "'-%c%s' is too long", key, arg);
        keep_number(parse, state, negative);
        break;
    }
    return 0;
}

/* Read a guess-client's command line. */
void
guess_client_cli(struct guess_client_options *options,
    const struct cli_twin *twin, uint16_t port, int argc, char **argv)
{
    static char port_help[64];
    static const struct argp_option own[] = {
        { "host", KEY_HOST, "ADDR", 0,
            "the server's address or name (default 127.0.0.1)", 0 },
        { "port", KEY_PORT, "N", 0, port_help, 0 },
        { "count", KEY_COUNT, "N", 0,
            "end a game after N guesses; 0: when the number is found (default "
            "5 for the published games, else 0)",
            0 },
        { "answer-timeout", KEY_ANSWER_TIMEOUT, "S", 0,
            "seconds that the server may take to answer, fractions allowed "
            "(default 60; 0: no limit)",
            0 },
        { "lang", KEY_LANG, "en|ko", 0,
            "language of the output and the questions (default en)", 0 },
        { "words", KEY_WORDS, "en|ko", 0,
            "language of the decisions sent to the server (default en; a "
            "published server knows only one)",
            0 },
        { "ask", KEY_ASK, NULL, 0,
            "keep the secret in your head and answer each guess yourself; "
            "games are then LOWER UPPER (default 1 100)",
            0 },
        CLI_NEGATIVE_NUMBERS,
        { 0 },
    };
    const struct argp argp = {
        .options = own,
        .parser = parse_client,
        .args_doc = "[LOWER UPPER SECRET]...",
        .doc = "Think of numbers and let a guess-server guess them.\v"
               "Without games it plays 1 5 3 and 10 15 12, as published.",
    };
    struct client_parse parse = { .options = options };

    cli_begin_process();
    *options = (struct guess_client_options) {
        .host = "127.0.0.1",
        .port = port,
        .answer_ms = 60000,
        .answer_timeout = "60",
        .language = GUESS_ENGLISH,
        .words = GUESS_ENGLISH,
    };
    snprintf(
        port_help, sizeof(port_help), "the server's port (default %u)", port);
    cli_version("guess-client", twin);
    parse.numbers = calloc((size_t)argc + 1, sizeof(*parse.numbers));
    options->games = calloc((size_t)argc + 2, sizeof(*options->games));
    if (parse.numbers == NULL || options->games == NULL)
        cli_die("out of memory");
    cli_parse(&argp, ARGP_IN_ORDER, argc, argv, &parse);
    free(parse.numbers);
}

/* Prepare a player for the games of the options. */
void
guess_client_prepare(
    const struct guess_client_options *options, struct player *player)
{
    player->patience = options->answer_timeout;
    arc4random_buf(&player->key, sizeof(player->key));
}

/* Begin a game and show its banner. */
size_t
guess_client_open(char text[PLAYER_LINE_MAX],
    const struct guess_client_options *options, struct player *player,
    const struct player_game *game)
{
    char banner[PLAYER_TEXT_MAX];

    player_banner(banner, game, options->ask, options->language);
    puts(banner);
    player_begin(player, game);
    return player_params(text, game);
}

/* Return the guess in the answer to PLAYER_NUMBER. */
int64_t
guess_client_take(const struct player *player, enum line_status status,
    const struct line *line)
{
    char complaint[PLAYER_TEXT_MAX];
    int64_t guess;

    if (!player_take(complaint, player, status, line, &guess))
        cli_die("%s", complaint);
    return guess;
}

/* End the program: the server cannot be reached. */
void
guess_client_unreachable(const char *complaint, int error)
{
    cli_die("%s%s", complaint,
        error == ECONNREFUSED ? " (is guess-server running?)" : "");
}

/* Ask the user about a guess. */
void
guess_client_ask(const struct guess_client_options *options, int64_t guess)
{
    char question[PLAYER_TEXT_MAX];

    player_question(question, guess, options->language);
    printf("%s", question);
    fflush(stdout);
}

/* Read the user's answer from the line typed. */
enum player_answer
guess_client_answer(const struct guess_client_options *options,
    const struct player *player, struct player_typed *typed,
    enum guess_decision *decision)
{
    const enum player_answer answer =
        player_answer(player, typed->text, typed->length, decision);
    const char *hint = player_hint(answer, options->language);

    typed->length = 0;
    /* Only a terminal shows the line end that was typed. */
    if (!isatty(STDIN_FILENO))
        putchar('\n');
    if (hint[0] != '\0')
        puts(hint);
    return answer;
}

/* End the program: the user's input has ended without an answer. */
void
guess_client_unanswered(void)
{
    putchar('\n');
    cli_die(PLAYER_NO_ANSWER);
}

/* Keep a guess of this game and its decision. */
size_t
guess_client_report(char text[PLAYER_LINE_MAX],
    const struct guess_client_options *options, struct player *player,
    int64_t guess, enum guess_decision decision)
{
    char found[PLAYER_TEXT_MAX];

    if (!player_keep(player, guess, decision))
        cli_die("out of memory");
    if (options->ask && decision == GUESS_CORRECT) {
        player_found(found, player, options->language);
        puts(found);
    }
    return player_report(text, decision, options->words);
}

/* End the program with player_complaint's text. */
void
guess_client_complain(const struct player *player, enum line_status status,
    const struct line *line, bool unasked)
{
    char complaint[PLAYER_TEXT_MAX];

    player_complaint(complaint, player, status, line, unasked);
    cli_die("%s", complaint);
}

/* Show how all games went. */
void
guess_client_finish(struct guess_client_options *options, struct player *player)
{
    const struct player_results *results = &player->results;
    char text[PLAYER_TEXT_MAX];

    for (size_t i = 0; i < results->count; i++) {
        player_result(text, results->items[i].guess, results->items[i].decision,
            options->language);
        puts(text);
    }
    cli_flush();
    player_free(player);
    free(options->games);
}
