/*
 * charfinder, with an event loop: it finds Unicode characters by the words of
 * their names, for clients in a terminal and in a browser.
 */
#include "common/charfinder_cli.h"
#include "common/charpage.h"
#include "common/chartalk.h"
#include "common/http.h"
#include "common/http_reply.h"
#include "common/log.h"
#include "common/net.h"
#include "evented/server.h"

#include <time.h>

/* So that both twins can run at once, each has ports of its own. */
#define DEFAULT_TCP_PORT  2323
#define DEFAULT_HTTP_PORT 8888

/* A client of the web, between two calls. */
struct visit {
    const struct charpage_site *site;
    struct http_parser parser;
    struct charpage page;
};

/* Send what is to be said next in the terminal. This is one piece of it. */
static bool
tell(struct stream *stream, void *session)
{
    struct chartalk_piece piece;

    return chartalk_next(session, &piece) &&
           stream_write(stream, piece.bytes, piece.length);
}

/* Begin to talk with a client in a terminal. */
static void
begin_talk(struct stream *stream, void *session, void *argument)
{
    const struct chartalk_rules *rules = argument;
    char peer[NET_TEXT_MAX] = "";

    if (rules->say != NULL)
        stream_peer(stream, peer);
    stream_telnet(stream);
    chartalk_begin(session, rules, peer);
    tell(stream, session);
}

/* Talk with a client in a terminal. This is one line of it, or what stands for
 * one. */
static void
talk(struct stream *stream, enum line_status status, const struct line *line,
    void *session)
{
    if (chartalk_receive(session, status, line))
        stream_produce(stream);
    else
        stream_finish(stream);
}

/* Forget a client in a terminal. */
static void
end_talk(struct stream *stream, int error, void *session)
{
    (void)stream;
    (void)error;
    chartalk_end(session);
}

/* Begin to serve a client of the web. Twin: serve. */
static void
begin_visit(struct stream *stream, void *session, void *argument)
{
    struct visit *visit = session;

    (void)stream;
    visit->site = argument;
    http_init(&visit->parser);
}

/* Read the next request. If all of it is there, its answer begins. */
static enum stream_found
read_request(struct stream *stream, const char *data, size_t size, size_t *used,
    void *session)
{
    struct visit *visit = session;
    struct http_request request;

    if (http_parse(&visit->parser, data, size, &request, used) == HTTP_MORE)
        return http_is_idle(&visit->parser, size - *used) ? STREAM_FOUND_NOTHING
                                                          : STREAM_FOUND_PART;
    charpage_begin(&visit->page, visit->site, &request, time(NULL));
    stream_produce(stream);
    return STREAM_FOUND_ALL;
}

/* There will be no further request: tell a client that was too late. */
static void
end_requests(struct stream *stream, bool late, void *session)
{
    static const struct http_request too_late = HTTP_LATE;
    struct visit *visit = session;

    if (late) {
        charpage_begin(&visit->page, visit->site, &too_late, time(NULL));
        stream_produce(stream);
    } else {
        stream_finish(stream);
    }
}

/* Send the answer to a request. This is one piece of it. */
static bool
answer(struct stream *stream, void *session)
{
    struct visit *visit = session;
    size_t room, length;
    char *buffer;

    buffer = stream_reserve(stream, &room);
    length = charpage_next(&visit->page, buffer, room);
    if (length > 0)
        return stream_commit(stream, length);
    if (!charpage_end(&visit->page))
        stream_finish(stream);
    return false;
}

/* Forget a client of the web. */
static void
end_visit(struct stream *stream, int error, void *session)
{
    struct visit *visit = session;

    (void)stream;
    (void)error;
    charpage_end(&visit->page);
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
            .refusal = CHARTALK_FULL_HOUSE,
            .session_size = sizeof(struct chartalk),
            .open = begin_talk,
            .handler = {
                .limits = &options.server.limits,
                .line = talk,
                .produce = tell,
                .gone = end_talk,
            },
            .argument = &rules,
        };
    if (options.http_port != CLI_NO_PORT)
        programs[programs_count++] = (struct server_program) {
            .port = (uint16_t)options.http_port,
            .refusal = full_house,
            .session_size = sizeof(struct visit),
            .open = begin_visit,
            .handler = {
                .limits = &options.web,
                .input = read_request,
                .ended = end_requests,
                .produce = answer,
                .gone = end_visit,
            },
            .argument = &site,
        };
    return server_run(&options.server, programs, programs_count);
}
