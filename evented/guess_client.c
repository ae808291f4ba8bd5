/*
 * guess-client, with an event loop: it thinks of numbers and lets a
 * guess-server guess them.
 *
 * What became of the threaded twin: play is cut wherever it waits. The lines
 * before its loop are begin_game; the loop's body is request_number, on_line,
 * ask and judge; its local variables are members of struct client. The waits in
 * stream_read_line and getchar are the event loop's. The limit that
 * stream_expect sets is the timer overdue. net_connect is connect_next,
 * on_connected and on_gone.
 */
#include "common/guess_cli.h"
#include "common/net.h"
#include "evented/stream.h"

#include <errno.h>
#include <event2/buffer.h>
#include <stdio.h>
#include <string.h>

/* The port of this twin's server. */
#define DEFAULT_PORT 4321

/* A client and the game it is in. */
struct client {
    struct guess_client_options options;
    struct player player;
    struct stream_loop loop;
    struct addrinfo *addresses;
    const struct addrinfo *address; /* that is tried; NULL: connected */
    struct stream *stream;
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

static void begin_game(struct client *client);
static void judge(struct client *client, enum guess_decision decision);

/* Let the user judge a guess; it may be that the user quits. */
static void
ask(struct client *client)
{
    const struct guess_client_options *options = &client->options;
    enum guess_decision decision = GUESS_UNSURE;
    char byte;

    while (evbuffer_remove(client->answers, &byte, 1) == 1) {
        if (!player_type(&client->typed, byte))
            continue;
        if (stream_has_part(client->stream))
            guess_client_complain(&client->player, LINE_LATE, NULL, true);
        switch (guess_client_answer(
            options, &client->player, &client->typed, &decision)) {
        case PLAYER_DECIDES:
            client->asking = false;
            judge(client, decision);
            return;
        case PLAYER_QUITS:
            client->asking = false;
            client->game = options->game_count;
            begin_game(client);
            return;
        case PLAYER_WANTS_HELP:
        case PLAYER_TOO_EARLY:
        case PLAYER_UNCLEAR:
            guess_client_ask(options, client->guess);
        }
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
        if (client->typed.length == 0)
            guess_client_unanswered();
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
    const int64_t ms = client->options.answer_ms;
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

/* Begin the next game, or end when all were played. Twin: play. */
static void
begin_game(struct client *client)
{
    static const struct timeval patience = { LIMIT_LINGER_MS / 1000, 0 };
    const struct guess_client_options *options = &client->options;
    char text[PLAYER_LINE_MAX];

    if (client->game == options->game_count) {
        client->done = true;
        if (event_add(client->overdue, &patience) == -1)
            event_base_loopbreak(client->loop.base);
        stream_finish(client->stream);
        return;
    }
    client->guesses = 0;
    stream_write(client->stream, text,
        guess_client_open(
            text, options, &client->player, &options->games[client->game]));
    request_number(client);
}

/* Go on when a guess was judged: with the next one, or the next game. */
static void
judge(struct client *client, enum guess_decision decision)
{
    const struct guess_client_options *options = &client->options;
    char text[PLAYER_LINE_MAX];

    stream_write(client->stream, text,
        guess_client_report(
            text, options, &client->player, client->guess, decision));
    if (decision != GUESS_CORRECT && ++client->guesses != options->count) {
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
    struct player *player = &client->player;

    event_del(client->overdue);
    if (client->asking)
        guess_client_complain(player, status, line, true);
    client->guess = guess_client_take(player, status, line);
    if (!client->options.ask) {
        judge(client, player_judge(player, client->guess));
        return;
    }
    guess_client_ask(&client->options, client->guess);
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
        event_base_loopbreak(client->loop.base);
    } else if (client->address == NULL) {
        guess_client_complain(&client->player, LINE_END, NULL, false);
    } else if (client->address->ai_next != NULL) {
        client->address = client->address->ai_next;
        connect_next(client);
    } else {
        net_explain(complaint, client->options.host, client->options.port,
            strerrordesc_np(error != 0 ? error : ETIMEDOUT));
        guess_client_unreachable(complaint, error);
    }
}

/* The server's time is up, for an answer or to part. Its answer was not there
 * either: descriptors are looked at before clocks, also after the process was
 * stopped. Twin: stream.c:comes_in_time. */
static void
on_overdue(evutil_socket_t fd, short what, void *argument)
{
    struct client *client = argument;

    if (client->address == NULL && !client->done)
        guess_client_complain(&client->player, LINE_LATE, NULL, false);
    stream_free(client->stream);
}

/* Leave it to us to say what has failed. */
static void
on_library_message(int severity, const char *message)
{
}

/* libevent cannot go on, which it says only where it starts. */
static void
on_library_failure(int code)
{
    cli_die("cannot make an event loop: %s", strerrordesc_np(errno));
}

/* Make an event loop; the answers may come from a file, which epoll cannot
 * watch. */
static struct event_base *
make_base(void)
{
    struct event_config *config;
    struct event_base *base = NULL;

    event_set_log_callback(on_library_message);
    event_set_fatal_callback(on_library_failure);
    config = event_config_new();
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
    static struct client client;
    const struct guess_client_options *options = &client.options;
    char complaint[NET_TEXT_MAX];
    struct event_base *base;

    guess_client_cli(&client.options,
        &(struct cli_twin) { .version = "(evented)" }, DEFAULT_PORT, argc,
        argv);
    guess_client_prepare(options, &client.player);
    client.addresses = net_resolve(options->host, options->port, complaint);
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
        guess_client_complain(&client.player, LINE_END, NULL, false);
    if (client.stream != NULL)
        stream_free(client.stream);
    event_free(client.answered);
    event_free(client.overdue);
    evbuffer_free(client.answers);
    stream_loop_free(&client.loop);
    event_base_free(base);
    freeaddrinfo(client.addresses);
    guess_client_finish(&client.options, &client.player);
    return 0;
}
