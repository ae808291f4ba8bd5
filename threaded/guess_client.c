/*
 * guess-client, with blocking calls: it thinks of numbers and lets a
 * guess-server guess them.
 */
#include "common/guess_cli.h"
#include "common/net.h"
#include "threaded/stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The port of this twin's server. */
#define DEFAULT_PORT 1234

/* A client and the game it is in. */
struct client {
    const struct guess_client_options *options;
    struct stream *stream;
    struct player player;
};

/* End if the server has something to say while the user is thinking.
 * Twin: on_line. */
static void
check_silence(struct client *client)
{
    char complaint[PLAYER_TEXT_MAX];
    enum line_status status;
    struct line line;

    if (!stream_is_readable(client->stream))
        return;
    /* Only what is there: nothing more is waited for. */
    stream_expect(client->stream, 1);
    status = stream_read_line(client->stream, &line);
    player_complaint(complaint, &client->player, status, &line, true);
    cli_die("%s", complaint);
}

/* Let the user judge a guess. */
static enum guess_decision
ask(struct client *client, int64_t guess)
{
    struct player_typed typed = { .length = 0 };
    char question[PLAYER_TEXT_MAX];
    enum guess_decision decision;

    player_question(question, guess);
    for (;; typed.length = 0) {
        int byte;

        printf("%s", question);
        fflush(stdout);
        do
            byte = getchar();
        while (byte != EOF && !player_type(&typed, (char)byte));
        check_silence(client);
        /* The last answer needs no line end. */
        if (byte == EOF && typed.length == 0) {
            putchar('\n');
            cli_die(PLAYER_NO_ANSWER);
        }
        /* Only a terminal shows the line end that was typed. */
        if (!isatty(STDIN_FILENO))
            putchar('\n');
        if (player_answer(typed.text, typed.length, &decision))
            return decision;
        puts(PLAYER_AGAIN);
    }
}

/* Ask the server for its next guess. */
static int64_t
request_number(struct client *client)
{
    char complaint[PLAYER_TEXT_MAX];
    enum line_status status;
    struct line line;
    int64_t guess;

    stream_write(client->stream, PLAYER_NUMBER, strlen(PLAYER_NUMBER));
    stream_expect(client->stream, client->options->answer_ms);
    status = stream_read_line(client->stream, &line);
    if (!player_take(complaint, &client->player, status, &line, &guess))
        cli_die("%s", complaint);
    return guess;
}

/* Tell the server what to think of its guess, and keep it. */
static void
report_outcome(
    struct client *client, int64_t guess, enum guess_decision decision)
{
    char text[PLAYER_LINE_MAX];

    stream_write(client->stream, text,
        player_report(text, decision, client->options->language));
    if (!player_keep(&client->player, guess, decision))
        cli_die("out of memory");
}

/* Play one game, until the number is found or has been asked for often.
 * Twin: begin_game. */
static void
play(struct client *client, const struct player_game *game)
{
    const struct guess_client_options *options = client->options;
    char text[PLAYER_TEXT_MAX];
    enum guess_decision decision;
    uint64_t guesses = 0;

    player_banner(text, game, options->ask, options->language);
    puts(text);
    player_begin(&client->player, game);
    stream_write(client->stream, text, player_params(text, game));
    do {
        int64_t guess = request_number(client);

        decision = options->ask ? ask(client, guess)
                                : player_judge(&client->player, guess);
        report_outcome(client, guess, decision);
    } while (decision != GUESS_CORRECT && ++guesses != options->count);
    stream_write(client->stream, PLAYER_LEAVE, strlen(PLAYER_LEAVE));
}

/* Show how all games went. */
static void
show_results(const struct client *client)
{
    const struct player_results *results = &client->player.results;
    char text[PLAYER_TEXT_MAX];

    for (size_t i = 0; i < results->count; i++) {
        player_result(text, results->items[i].guess, results->items[i].decision,
            client->options->language);
        puts(text);
    }
}

/* Read the command line and play. */
int
main(int argc, char **argv)
{
    static const struct limits limits = LIMITS_CLIENT;
    struct guess_client_options options;
    struct client client = { .options = &options };
    char complaint[NET_TEXT_MAX];
    int fd;

    guess_client_cli(&options, &(struct cli_twin) { .version = "(threaded)" },
        DEFAULT_PORT, argc, argv);
    client.player.patience = options.answer_timeout;
    arc4random_buf(&client.player.key, sizeof(client.player.key));
    fd = net_connect(options.host, options.port, options.answer_ms, complaint);
    if (fd == -1)
        cli_die("%s", complaint);
    client.stream = stream_new(fd, &limits);
    if (client.stream == NULL)
        cli_die("out of memory");
    for (size_t i = 0; i < options.game_count; i++)
        play(&client, &options.games[i]);
    stream_finish(client.stream);
    stream_free(client.stream);
    show_results(&client);
    cli_flush();
    player_free(&client.player);
    free(options.games);
    return 0;
}
