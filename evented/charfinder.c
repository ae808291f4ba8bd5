/*
 * charfinder, with an event loop: it finds Unicode characters by the words of
 * their names, for clients in a terminal and in a browser.
 */
#include "common/charfinder_cli.h"
#include "common/charpage.h"
#include "common/chartalk.h"
#include "common/log.h"
#include "common/net.h"
#include "evented/http_server.h"

/* So that both twins can run at once, each has ports of its own. */
#define DEFAULT_TCP_PORT  2323
#define DEFAULT_HTTP_PORT 8888

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
    chartalk_end(session);
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
    struct chartalk_rules rules = { .say = log_record };
    struct charpage_site site = { .say = log_record, .count = count };
    struct http_site web = charpage_http_site(&site);
    struct charfinder_options options;
    struct server_program programs[2];
    size_t programs_count = 0;

    charfinder_cli(&options, &server_twin, DEFAULT_TCP_PORT, DEFAULT_HTTP_PORT,
        argc, argv);
    if (options.server.quiet)
        rules.say = site.say = NULL;
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
        programs[programs_count++] = http_server_program(
            (uint16_t)options.http_port, &options.web, &web);
    return server_run(&options.server, programs, programs_count);
}
