#include "common/charfinder_cli.h"

#include "common/http.h"
#include "common/log.h"

#include <stdio.h>

enum key {
    KEY_TCP_PORT = 0x200,
    KEY_HTTP_PORT,
    KEY_HTTP_IDLE_TIMEOUT,
};

/* A browser keeps connections open just in case, a person in a terminal
 * because there is a next question. */
#define HTTP_IDLE_MS 15000

/* Take in one option of a charfinder. */
static error_t
parse(int key, char *arg, struct argp_state *state)
{
    struct charfinder_options *options = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &options->server;
        state->child_inputs[1] = &options->server;
        break;
    case KEY_TCP_PORT:
        options->tcp_port = cli_port(state, "port", arg, true);
        break;
    case KEY_HTTP_PORT:
        options->http_port = cli_port(state, "http-port", arg, true);
        break;
    case KEY_HTTP_IDLE_TIMEOUT:
        options->web.idle_ms = cli_seconds(state, "http-idle-timeout", arg);
        break;
    case ARGP_KEY_ARG:
        argp_error(state, "unexpected argument '%s'", arg);
        break;
    case ARGP_KEY_END:
        if (options->tcp_port == CLI_NO_PORT &&
            options->http_port == CLI_NO_PORT)
            argp_error(state, "both ports are off: nothing is left to serve");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* Give the web's clients the limits of the others, but for their own. */
static void
derive_web_limits(struct charfinder_options *options)
{
    const int64_t idle_ms = options->web.idle_ms;

    options->web = options->server.limits;
    options->web.idle_ms = idle_ms;
    options->web.max_line = HTTP_ROOM;
}

/* Read a charfinder's command line. */
void
charfinder_cli(struct charfinder_options *options, const struct cli_twin *twin,
    uint16_t tcp_port, uint16_t http_port, int argc, char **argv)
{
    static char tcp_help[128], http_help[128];
    static const struct argp_option own[] = {
        { "port", KEY_TCP_PORT, "N", 0, tcp_help, 0 },
        { "tcp-port", KEY_TCP_PORT, NULL, OPTION_ALIAS, NULL, 0 },
        { "http-port", KEY_HTTP_PORT, "N", 0, http_help, 0 },
        { "http-idle-timeout", KEY_HTTP_IDLE_TIMEOUT, "S", 0,
            "between two HTTP requests of a client (default 15; 0: no limit)",
            1 },
        { 0 },
    };
    const struct argp_child children[] = { { cli_server_argp(), 0, NULL, 0 },
        { cli_line_argp(), 0, NULL, 0 }, { 0 } };
    const struct argp argp = {
        .options = own,
        .parser = parse,
        .doc = "Find Unicode characters: in a terminal by the words of their "
               "names, in a browser also by what else people call them, by "
               "code and by block.",
        .children = children,
    };

    cli_begin_server();
    *options = (struct charfinder_options) {
        .tcp_port = tcp_port,
        .http_port = http_port,
        .web.idle_ms = HTTP_IDLE_MS,
    };
    cli_begin(&options->server, twin, "charfinder");
    snprintf(tcp_help, sizeof(tcp_help),
        "serve telnet at port N, 0 for any free one, or off (default %u)",
        tcp_port);
    snprintf(http_help, sizeof(http_help),
        "serve HTTP at port N, 0 for any free one, or off (default %u)",
        http_port);
    cli_parse(&argp, 0, argc, argv, options);
    derive_web_limits(options);
    if (!options->server.quiet)
        options->talk.say = options->page.say = log_record;
}
