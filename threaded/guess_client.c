/*
 * guess-client, with blocking calls: it thinks of numbers and lets a
 * guess-server guess them.
 *
 * What becomes of it in the evented twin: play is cut wherever it waits. The
 * lines before its loop are begin_game; the loop's body is request_number,
 * on_line, ask and judge; its local variables are members of struct client. The
 * waits in stream_read_line and getchar are the event loop's. The limit that
 * stream_expect sets is the timer overdue. net_connect is connect_next,
 * on_connected and on_gone.
 */
#include "common/guess_cli.h"
#include "common/net.h"
#include "threaded/stream.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The port of this twin's server. */
#define DEFAULT_PORT 1234

/* A client and the game it is in. */
struct client {
    struct guess_client_options options;
    struct player player;
    struct stream *stream;
};

/* End if the server has something to say while the user is thinking.
 * Twin: on_line. */
static void
check_silence(struct client *client)
{
    enum line_status status;
    struct line line;

    if (!stream_is_readable(client->stream))
        return;
    /* Only what is there: nothing more is waited for. */
    stream_expect(client->stream, 1);
    status = stream_read_line(client->stream, &line);
    guess_client_complain(&client->player, status, &line, true);
}

/* Let the user judge a guess; false: the user quits. */
static bool
ask(struct client *client, int64_t guess, enum guess_decision *decision)
{
    struct player_typed typed = { .length = 0 };
    enum player_answer answer;

    do {
        int byte;

        guess_client_ask(&client->options, guess);
        do
            byte = getchar();
        while (byte != EOF && !player_type(&typed, (char)byte));
        check_silence(client);
        /* The last answer needs no line end. */
        if (byte == EOF && typed.length == 0)
            guess_client_unanswered();
        answer = guess_client_answer(
            &client->options, &client->player, &typed, decision);
    } while (answer != PLAYER_DECIDES && answer != PLAYER_QUITS);
    return answer == PLAYER_DECIDES;
}

/* Ask the server for its next guess. */
static int64_t
request_number(struct client *client)
{
    enum line_status status;
    struct line line;

    stream_write(client->stream, PLAYER_NUMBER, strlen(PLAYER_NUMBER));
    stream_expect(client->stream, client->options.answer_ms);
    status = stream_read_line(client->stream, &line);
    return guess_client_take(&client->player, status, &line);
}

/* Play one game, until the number is found or has been asked for often; false:
 * the user quits. Twin: begin_game. */
static bool
play(struct client *client, const struct player_game *game)
{
    const struct guess_client_options *options = &client->options;
    struct player *player = &client->player;
    char text[PLAYER_LINE_MAX];
    enum guess_decision decision = GUESS_UNSURE;
    uint64_t guesses = 0;

    stream_write(
        client->stream, text, guess_client_open(text, options, player, game));
    do {
        const int64_t guess = request_number(client);

        if (!options->ask)
            decision = player_judge(player, guess);
        else if (!ask(client, guess, &decision))
            return false;
        stream_write(client->stream, text,
            guess_client_report(text, options, player, guess, decision));
    } while (decision != GUESS_CORRECT && ++guesses != options->count);
    stream_write(client->stream, PLAYER_LEAVE, strlen(PLAYER_LEAVE));
    return true;
}

/* Read the command line and play. */
int
main(int argc, char **argv)
{
    static const struct limits limits = LIMITS_CLIENT;
    static struct client client;
    const struct guess_client_options *options = &client.options;
    char complaint[NET_TEXT_MAX];
    size_t played = 0;
    int fd;

    guess_client_cli(&client.options,
        &(struct cli_twin) { .version = "(threaded)" }, DEFAULT_PORT, argc,
        argv);
    guess_client_prepare(options, &client.player);
    fd = net_connect(
        options->host, options->port, options->answer_ms, complaint);
    if (fd == -1)
        guess_client_unreachable(complaint, errno);
    client.stream = stream_new(fd, &limits);
    if (client.stream == NULL)
        cli_die("out of memory");

    while (
        played < options->game_count && play(&client, &options->games[played]))
        played++;

    stream_finish(client.stream);
    stream_free(client.stream);
    guess_client_finish(&client.options, &client.player);
    return 0;
}
