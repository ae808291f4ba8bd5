#include "common/push_server_cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum key {
    KEY_PORT = 0x200,
    KEY_WORKERS,
    KEY_HISTORY,
    KEY_MAX_WAIT,
    KEY_BEAT,
    KEY_MAX_MESSAGE,
    KEY_MAX_BUFFERED,
    KEY_ORIGIN,
    KEY_PUBLISH,
    KEY_STREAM_DELAYS,
    KEY_EPOCH,
};

/* The most workers: they sleep most of the time, but each has a stack. */
#define WORKERS_MAX 1000

/* The longest history: a thousand channels must fit into memory. */
#define HISTORY_MAX 4096

/* The longest message, and all of those in work. */
#define MESSAGE_MAX  (64 * 1024 * 1024)
#define BUFFERED_MAX INT32_MAX

/* Read an origin as a browser sends it: scheme, host and port, no more. */
static void
add_origin(const struct argp_state *state, struct push_server_options *options,
    const char *text)
{
    const char *host = strstr(text, "://");
    const size_t count = options->rules.origins_count;
    const char **origins;

    if ((strncmp(text, "http://", 7) != 0 &&
            strncmp(text, "https://", 8) != 0) ||
        host[3] == '\0' || strpbrk(host + 3, "/?#@ ") != NULL)
        argp_error(state,
            "--origin: '%s' is not an origin like http://example.org:8080",
            text);
    origins = reallocarray(options->origins, count + 1, sizeof(*origins));
    if (origins == NULL)
        cli_die("cannot read the command line: %s", "Cannot allocate memory");
    origins[count] = text;
    options->origins = origins;
    options->rules.origins = origins;
    options->rules.origins_count++;
}

/* Read who may publish. */
static enum push_who
read_who(const struct argp_state *state, const char *text)
{
    static const char *const names[] = {
        [PUSH_LOCAL] = "local",
        [PUSH_ANY] = "any",
        [PUSH_NONE] = "none",
    };

    for (int i = PUSH_LOCAL; i <= PUSH_NONE; i++)
        if (strcmp(text, names[i]) == 0)
            return (enum push_who)i;
    argp_error(state, "--publish: '%s' is not any, local or none", text);
    return PUSH_NONE;
}

/* Read two times with a comma between them. */
static void
read_delays(const struct argp_state *state, int64_t delays[2], char *text)
{
    char *comma = strchr(text, ',');

    if (comma == NULL)
        argp_error(
            state, "--stream-delays: '%s' is not two times, like 3,5", text);
    *comma = '\0';
    delays[0] = cli_seconds(state, "stream-delays", text);
    delays[1] = cli_seconds(state, "stream-delays", comma + 1);
    *comma = ',';
}

/* Take in one option of a push-server. */
static error_t
parse(int key, char *arg, struct argp_state *state)
{
    struct push_server_options *options = state->input;
    struct push_rules *rules = &options->rules;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &options->server;
        break;
    case KEY_PORT:
        options->port = (uint16_t)cli_port(state, "port", arg, false);
        break;
    case KEY_WORKERS:
        options->workers =
            (unsigned)cli_number(state, "workers", arg, 1, WORKERS_MAX);
        break;
    case KEY_HISTORY:
        rules->history =
            (size_t)cli_number(state, "history", arg, 1, HISTORY_MAX);
        break;
    case KEY_MAX_WAIT:
        rules->max_wait_ms = cli_seconds(state, "max-wait", arg);
        break;
    case KEY_BEAT:
        rules->beat_ms = cli_seconds(state, "beat", arg);
        break;
    case KEY_MAX_MESSAGE:
        rules->max_message =
            (size_t)cli_size(state, "max-message", arg, 1, MESSAGE_MAX);
        break;
    case KEY_MAX_BUFFERED:
        rules->max_buffered =
            (size_t)cli_size(state, "max-buffered", arg, 1, BUFFERED_MAX);
        break;
    case KEY_ORIGIN:
        add_origin(state, options, arg);
        break;
    case KEY_PUBLISH:
        rules->publish = read_who(state, arg);
        break;
    case KEY_STREAM_DELAYS:
        read_delays(state, rules->stream_ms, arg);
        break;
    case KEY_EPOCH:
        rules->epoch = cli_number(state, "epoch", arg, 0, INT64_MAX);
        break;
    case ARGP_KEY_ARG:
        argp_error(state, "unexpected argument '%s'", arg);
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static char port_help[128];

static const struct argp_option own[] = {
    { "port", KEY_PORT, "N", 0, port_help, 0 },
    { "workers", KEY_WORKERS, "N", 0,
        "make pieces of /fetch in N threads (default 4)", 0 },
    { "publish", KEY_PUBLISH, "WHO", 0,
        "who may publish: any, none or local (default: local, clients on this "
        "machine)",
        0 },
    { "origin", KEY_ORIGIN, "URL", 0,
        "let pages of URL publish, listen and open WebSockets, too; may be "
        "repeated",
        0 },
    { "history", KEY_HISTORY, "N", 0,
        "keep the last N messages of each channel (default 256)", 0 },
    { "stream-delays", KEY_STREAM_DELAYS, "S,S", 0,
        "seconds before MIDDLE and before END of /stream (default 3,5)", 0 },
    { "epoch", KEY_EPOCH, "N", 0,
        "first part of message ids, for tests (default: the time of the start)",
        0 },
    { "max-wait", KEY_MAX_WAIT, "S", 0,
        "longest and default wait of a poll (default 25)", 1 },
    { "beat", KEY_BEAT, "S", 0,
        "of silence before a comment or a ping is sent (default 15; 0: never)",
        1 },
    { "max-message", KEY_MAX_MESSAGE, "BYTES", 0,
        "longest message from a WebSocket (default 64K)", 1 },
    { "max-buffered", KEY_MAX_BUFFERED, "BYTES", 0,
        "all WebSocket messages being received or answered (default 64M)", 1 },
    { 0 },
};

/* Read a push-server's command line. */
void
push_server_cli(struct push_server_options *options,
    const struct cli_twin *twin, uint16_t port, int argc, char **argv)
{
    const struct argp_child children[] = { { cli_server_argp(), 0, NULL, 0 },
        { 0 } };
    const struct argp argp = {
        .options = own,
        .parser = parse,
        .doc = "Serve answers that come later: streams, long polls, "
               "server-sent events and WebSockets.",
        .children = children,
    };

    cli_begin_server();
    *options = (struct push_server_options) {
        .port = port,
        .workers = 4,
        .rules = {
            .history = 256,
            .epoch = (int64_t)time(NULL),
            .max_wait_ms = 25000,
            .beat_ms = 15000,
            .max_message = 65536,
            .max_buffered = 64 * 1024 * 1024,
            .publish = PUSH_LOCAL,
            .stream_ms = { 3000, 5000 },
        },
    };
    cli_begin(&options->server, twin, "push-server");
    snprintf(port_help, sizeof(port_help),
        "serve HTTP at port N, 0 for any free one (default %u)", port);
    cli_parse(&argp, 0, argc, argv, options);
    options->server.limits.max_line = HTTP_POST_ROOM;
}
