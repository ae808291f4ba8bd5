/*
 * charfinder, with a thread per connection: it finds Unicode characters by the
 * words of their names, for clients in a terminal, and by what else people call
 * them, for those in a browser.
 *
 * What becomes of it in the evented twin: the lines of talk before its loop are
 * begin_talk, the loop's body is talk, the line after it is end_talk. The local
 * variable talk is memory that the server keeps for the client between these
 * calls. tell's loop is the event loop's: it calls tell for each piece, when
 * the client has taken the one before; here stream_write waits for that.
 */
#include "common/charfinder_cli.h"
#include "common/net.h"
#include "threaded/http_server.h"

/* So that both twins can run at once, each has ports of its own. */
#define DEFAULT_TCP_PORT  3232
#define DEFAULT_HTTP_PORT 8889

/* Send what is to be said next in the terminal. All of it, however long. */
static void
tell(struct stream *stream, struct chartalk *talk)
{
    struct chartalk_piece piece;

    while (chartalk_next(talk, stream_piece(stream), &piece) &&
           stream_write(stream, piece.bytes, piece.length))
        ;
}

/* Talk with a client in a terminal. From its first line to its last. */
static void
talk(struct stream *stream, void *argument)
{
    const struct chartalk_rules *rules = argument;
    enum line_status status;
    struct chartalk talk;
    struct line line;
    char peer[NET_TEXT_MAX] = "";

    if (rules->say != NULL)
        stream_peer(stream, peer);
    stream_telnet(stream);
    chartalk_begin(&talk, rules, peer);
    do {
        tell(stream, &talk);
        status = stream_read_line(stream, &line);
    } while (chartalk_receive(&talk, status, &line));
    chartalk_end(&talk);
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
            .limits = &options.server.limits,
            .refusal = CHARTALK_FULL_HOUSE,
            .serve = talk,
            .argument = &options.talk,
        };
    if (options.http_port != CLI_NO_PORT)
        programs[programs_count++] = http_server_program(
            (uint16_t)options.http_port, &options.web, &web);
    return server_run(&options.server, programs, programs_count);
}
