/*
 * charfinder, with a thread per connection: it finds Unicode characters by the
 * words of their names, for clients in a terminal and in a browser.
 */
#include "common/charfinder_cli.h"
#include "common/charpage.h"
#include "common/chartalk.h"
#include "common/http.h"
#include "common/http_reply.h"
#include "common/log.h"
#include "common/net.h"
#include "threaded/server.h"

#include <time.h>

/* So that both twins can run at once, each has ports of its own. */
#define DEFAULT_TCP_PORT  3232
#define DEFAULT_HTTP_PORT 8889

/* Send what is to be said next in the terminal. All of it, however long. */
static void
tell(struct stream *stream, struct chartalk *talk)
{
    struct chartalk_piece piece;

    while (chartalk_next(talk, &piece) &&
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

/* Read the next request. Waits for it; false when there will be none. */
static bool
read_request(struct stream *stream, struct http_parser *parser,
    struct http_request *request)
{
    enum http_result result;

    for (;;) {
        size_t size, used;
        const char *data = stream_input(stream, &size);

        result = http_parse(parser, data, size, request, &used);
        stream_use(stream, used);
        if (result != HTTP_MORE)
            break;
        if (!stream_wait(stream, !http_is_idle(parser, size - used))) {
            *request = (struct http_request)HTTP_LATE;
            return stream_is_late(stream);
        }
    }
    stream_received(stream);
    return true;
}

/* Send the answer to a request. All of it, however long. */
static void
answer(struct stream *stream, struct charpage *page)
{
    size_t room, length;
    char *buffer;

    do {
        buffer = stream_reserve(stream, &room);
        length = charpage_next(page, buffer, room);
    } while (length > 0 && stream_commit(stream, length));
}

/* Serve a client of the web. From its first request to its last.
 * Twin: begin_visit. */
static void
serve(struct stream *stream, void *argument)
{
    const struct charpage_site *site = argument;
    struct charpage page = { 0 };
    struct http_request request;
    struct http_parser parser;

    http_init(&parser);
    while (read_request(stream, &parser, &request)) {
        charpage_begin(&page, site, &request, time(NULL));
        answer(stream, &page);
        if (!charpage_end(&page))
            break;
    }
}

/* Add up the server's counters. */
static void
count(struct counters *sums, void *argument)
{
    (void)argument;
    server_count(sums);
}

/* Read the command line and serve. */
int
main(int argc, char **argv)
{
    struct chartalk_rules rules = { .say = log_record };
    struct charpage_site site = { .say = log_record, .count = count };
    char full_house[HTTP_ERROR_MAX + 1] = "";
    struct charfinder_options options;
    struct server_program programs[2];
    size_t programs_count = 0;

    charfinder_cli(&options, &server_twin, DEFAULT_TCP_PORT, DEFAULT_HTTP_PORT,
        argc, argv);
    if (options.server.quiet)
        rules.say = site.say = NULL;
    http_error(full_house, HTTP_ERROR_MAX, 503, HTTP_GET, false, NULL);
    if (options.tcp_port != CLI_NO_PORT)
        programs[programs_count++] = (struct server_program) {
            .port = (uint16_t)options.tcp_port,
            .limits = &options.server.limits,
            .refusal = CHARTALK_FULL_HOUSE,
            .serve = talk,
            .argument = &rules,
        };
    if (options.http_port != CLI_NO_PORT)
        programs[programs_count++] = (struct server_program) {
            .port = (uint16_t)options.http_port,
            .limits = &options.web,
            .refusal = full_house,
            .serve = serve,
            .argument = &site,
        };
    return server_run(&options.server, programs, programs_count);
}
