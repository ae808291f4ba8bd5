/*
 * charfinder, with an event loop: it finds Unicode characters by the words of
 * their names, for clients in a terminal, and by what else people call them,
 * for those in a browser.
 *
 * What became of the threaded twin: the lines of its talk before the loop are
 * begin_talk, the loop's body is talk, the line after it is end_talk. The local
 * variable talk is part of struct visitor, which the server keeps for the
 * client between these calls. tell's loop is the event loop's: it calls tell
 * for each piece, when the client has taken the one before; there stream_write
 * waits for that.
 */
#include "common/charfinder_cli.h"
#include "common/net.h"
#include "evented/http_server.h"

/* So that both twins can run at once, each has ports of its own. */
#define DEFAULT_TCP_PORT  2323
#define DEFAULT_HTTP_PORT 8888

/* A client in a terminal. */
struct visitor {
    struct connection connection;
    struct chartalk talk;
};

/* Send what is to be said next in the terminal. This is one piece of it. */
static bool
tell(struct stream *stream, void *argument)
{
    struct visitor *visitor = argument;
    struct chartalk_piece piece;

    return chartalk_next(&visitor->talk, stream_piece(stream), &piece) &&
           stream_write(stream, piece.bytes, piece.length);
}

/* Begin to talk with a client in a terminal. */
static void
begin_talk(struct stream *stream, void *memory, void *argument)
{
    const struct chartalk_rules *rules = argument;
    struct visitor *visitor = memory;
    char peer[NET_TEXT_MAX] = "";

    if (rules->say != NULL)
        stream_peer(stream, peer);
    stream_telnet(stream);
    chartalk_begin(&visitor->talk, rules, peer);
    tell(stream, visitor);
}

/* Talk with a client in a terminal. This is one line of it, or what stands for
 * one. */
static void
talk(struct stream *stream, enum line_status status, const struct line *line,
    void *argument)
{
    struct visitor *visitor = argument;

    if (chartalk_receive(&visitor->talk, status, line))
        stream_produce(stream);
    else
        stream_finish(stream);
}

/* Forget a client in a terminal. */
static void
end_talk(struct stream *stream, int error, void *argument)
{
    struct visitor *visitor = argument;

    chartalk_end(&visitor->talk);
}

/* Add up the server's counters. */
static void
count(struct counters *sums, void *argument)
{
    server_count(sums);
}

/* Read the command line and serve. */
int
main(int argc, char **argv)
{
    struct charfinder_options options;
    struct http_site web;
    struct server_program programs[2];
    size_t programs_count = 0;

    charfinder_cli(&options, &server_twin, DEFAULT_TCP_PORT, DEFAULT_HTTP_PORT,
        argc, argv);
    options.page.count = count;
    options.page.leaving = server_is_leaving;
    web = charpage_http_site(&options.page);
    if (options.tcp_port != CLI_NO_PORT)
        programs[programs_count++] = (struct server_program) {
            .name = "tcp",
            .port = (uint16_t)options.tcp_port,
            .refusal = CHARTALK_FULL_HOUSE,
            .session_size = sizeof(struct visitor),
            .open = begin_talk,
            .handler = {
                .limits = &options.server.limits,
                .line = talk,
                .produce = tell,
                .gone = end_talk,
            },
            .argument = &options.talk,
        };
    if (options.http_port != CLI_NO_PORT)
        programs[programs_count++] = http_server_program(
            (uint16_t)options.http_port, &options.web, &web);
    return server_run(&options.server, programs, programs_count);
}
