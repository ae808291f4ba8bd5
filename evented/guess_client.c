/*
 * guess-client, with an event loop: it thinks of numbers and lets a
 * guess-server guess them.
 */
#include "common/guess_cli.h"
#include "common/net.h"
#include "evented/stream.h"

#include <errno.h>
#include <event2/buffer.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The port of this twin's server. */
#define DEFAULT_PORT 4321

/* A client and the game it is in. */
struct client {
    const struct guess_client_options *options;
    struct stream_loop loop;
    struct addrinfo *addresses;
    const struct addrinfo *address; /* that is tried; NULL: connected */
    struct stream *stream;
    struct player player;
    size_t game;      /* which of the games it is in */
    uint64_t guesses; /* in this game */
    bool done;        /* all games were played */

    struct event *overdue; /* pending while the server is waited for */

    /* When the user is asked. */
    int64_t guess;
    bool asking;
    struct event *answered;
    struct evbuffer *answers; /* typed ahead of the questions */
    struct player_typed typed;
};

/* Put the question about the last guess. */
static void
put_question(const struct client *client)
{
    char question[PLAYER_TEXT_MAX];

    player_question(question, client->guess);
    printf("%s", question);
    fflush(stdout);
}

/* End, as the server has something to say while the user is thinking. */
static void
complain(
    struct client *client, enum line_status status, const struct line *line)
{
    char complaint[PLAYER_TEXT_MAX];

    player_complaint(complaint, &client->player, status, line, true);
    cli_die("%s", complaint);
}

static void judge(struct client *client, enum guess_decision decision);

/* Let the user judge a guess. */
static void
ask(struct client *client)
{
    struct player_typed *typed = &client->typed;
    enum guess_decision decision;
    char byte;

    while (evbuffer_remove(client->answers, &byte, 1) == 1) {
        bool understood;

        if (!player_type(typed, byte))
            continue;
        if (stream_has_part(client->stream))
            complain(client, LINE_LATE, NULL);
        /* Only a terminal shows the line end that was typed. */
        if (!isatty(STDIN_FILENO))
            putchar('\n');
        understood = player_answer(typed->text, typed->length, &decision);
        typed->length = 0;
        if (understood) {
            client->asking = false;
            judge(client, decision);
            return;
        }
        puts(PLAYER_AGAIN);
        put_question(client);
    }
    if (event_add(client->answered, NULL) == -1)
        cli_die("out of memory");
}

/* The user has typed something, or will type no more; or has to be asked. */
static void
on_answer(evutil_socket_t fd, short what, void *argument)
{
    struct client *client = argument;

    if ((what & EV_READ) && evbuffer_read(client->answers, fd, -1) <= 0) {
        if (client->typed.length == 0) {
            putchar('\n');
            cli_die(PLAYER_NO_ANSWER);
        }
        /* The last answer needs no line end. */
        if (evbuffer_add(client->answers, "\n", 1) == -1)
            cli_die("out of memory");
    }
    ask(client);
}

/* Give the server its time, from now on. Twin: stream.c:stream_expect. */
static void
expect(struct client *client)
{
    const int64_t ms = client->options->answer_ms;
    const struct timeval patience = { .tv_sec = ms / 1000,
        .tv_usec = ms % 1000 * 1000 };

    if (ms != 0 && event_add(client->overdue, &patience) == -1)
        cli_die("out of memory");
}

/* Ask the server for its next guess. */
static void
request_number(struct client *client)
{
    stream_write(client->stream, PLAYER_NUMBER, strlen(PLAYER_NUMBER));
    expect(client);
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

/* Begin the next game, or end when all were played. Twin: play. */
static void
begin_game(struct client *client)
{
    static const struct timeval patience = { LIMIT_LINGER_MS / 1000, 0 };
    const struct guess_client_options *options = client->options;
    const struct player_game *game = &options->games[client->game];
    char text[PLAYER_TEXT_MAX];

    if (client->game == options->game_count) {
        client->done = true;
        event_base_loopexit(client->loop.base, &patience);
        stream_finish(client->stream);
        return;
    }
    player_banner(text, game, options->ask, options->language);
    puts(text);
    player_begin(&client->player, game);
    client->guesses = 0;
    stream_write(client->stream, text, player_params(text, game));
    request_number(client);
}

/* Go on when a guess was judged: with the next one, or the next game. */
static void
judge(struct client *client, enum guess_decision decision)
{
    report_outcome(client, client->guess, decision);
    if (decision != GUESS_CORRECT &&
        ++client->guesses != client->options->count) {
        request_number(client);
        return;
    }
    stream_write(client->stream, PLAYER_LEAVE, strlen(PLAYER_LEAVE));
    client->game++;
    begin_game(client);
}

/* The server has sent a guess, or something else. Twin: check_silence. */
static void
on_line(struct stream *stream, enum line_status status, const struct line *line,
    void *argument)
{
    struct client *client = argument;
    char complaint[PLAYER_TEXT_MAX];

    event_del(client->overdue);
    if (client->asking)
        complain(client, status, line);
    if (!player_take(complaint, &client->player, status, line, &client->guess))
        cli_die("%s", complaint);
    if (!client->options->ask) {
        judge(client, player_judge(&client->player, client->guess));
        return;
    }
    put_question(client);
    client->asking = true;
    /* Not yet: what came together with the guess was not asked for. */
    event_active(client->answered, EV_TIMEOUT, 0);
}

/* The connection stands. */
static void
on_connected(struct stream *stream, void *argument)
{
    struct client *client = argument;

    client->address = NULL;
    begin_game(client);
}

static void on_gone(struct stream *stream, int error, void *argument);

/* Connect to the address whose turn it is. */
static void
connect_next(struct client *client)
{
    static const struct limits limits = LIMITS_CLIENT;
    static const struct stream_handler handler = {
        .limits = &limits,
        .connected = on_connected,
        .line = on_line,
        .gone = on_gone,
    };

    expect(client);
    client->stream = stream_connect(client->address->ai_addr,
        client->address->ai_addrlen, &client->loop, &handler, client);
    if (client->stream == NULL)
        cli_die("out of memory");
}

/* The connection is over, or could not be made; no error: not in time. */
static void
on_gone(struct stream *stream, int error, void *argument)
{
    struct client *client = argument;
    char complaint[NET_TEXT_MAX];

    client->stream = NULL;
    if (client->done) {
        event_base_loopexit(client->loop.base, NULL);
    } else if (client->address == NULL) {
        cli_die("the server closed the connection");
    } else if (client->address->ai_next != NULL) {
        client->address = client->address->ai_next;
        connect_next(client);
    } else {
        net_explain(complaint, client->options->host, client->options->port,
            strerrordesc_np(error != 0 ? error : ETIMEDOUT));
        cli_die("%s", complaint);
    }
}

/* The server's time is up. Its answer was not there either: descriptors are
 * looked at before clocks, also after the process was stopped.
 * Twin: stream.c:comes_in_time. */
static void
on_overdue(evutil_socket_t fd, short what, void *argument)
{
    struct client *client = argument;
    char complaint[PLAYER_TEXT_MAX];

    if (client->address != NULL) {
        stream_free(client->stream);
        return;
    }
    player_complaint(complaint, &client->player, LINE_LATE, NULL, false);
    cli_die("%s", complaint);
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

/* Make an event loop; the answers may come from a file, which epoll cannot
 * watch. */
static struct event_base *
make_base(void)
{
    struct event_config *config = event_config_new();
    struct event_base *base = NULL;

    if (config != NULL &&
        event_config_require_features(config, EV_FEATURE_FDS) == 0)
        base = event_base_new_with_config(config);
    if (config != NULL)
        event_config_free(config);
    return base;
}

/* Read the command line and play. */
int
main(int argc, char **argv)
{
    struct guess_client_options options;
    static struct client client;
    char complaint[NET_TEXT_MAX];
    struct event_base *base;

    guess_client_cli(&options, &(struct cli_twin) { .version = "(evented)" },
        DEFAULT_PORT, argc, argv);
    client.options = &options;
    client.player.patience = options.answer_timeout;
    arc4random_buf(&client.player.key, sizeof(client.player.key));
    client.addresses = net_resolve(options.host, options.port, complaint);
    if (client.addresses == NULL)
        cli_die("%s", complaint);
    client.address = client.addresses;
    base = make_base();
    if (base == NULL ||
        !stream_loop_init(&client.loop, base, LIMITS_CLIENT_LINE))
        cli_die("out of memory");
    client.answers = evbuffer_new();
    client.answered =
        event_new(base, STDIN_FILENO, EV_READ, on_answer, &client);
    client.overdue = evtimer_new(base, on_overdue, &client);
    if (client.answered == NULL || client.answers == NULL ||
        client.overdue == NULL)
        cli_die("out of memory");
    connect_next(&client);

    event_base_dispatch(base);

    if (!client.done)
        cli_die("the server closed the connection");
    if (client.stream != NULL)
        stream_free(client.stream);
    show_results(&client);
    cli_flush();
    event_free(client.answered);
    event_free(client.overdue);
    evbuffer_free(client.answers);
    stream_loop_free(&client.loop);
    event_base_free(base);
    freeaddrinfo(client.addresses);
    player_free(&client.player);
    free(options.games);
    return 0;
}
