/*
 * What becomes of it in the evented twin: serve's loop is cut where it waits,
 * after a request was read, after a piece was sent, and where the next piece is
 * not due yet, which is a pause of the stream there. Its local variables, the
 * parser and the answer, are struct visit.
 */
#include "threaded/http_server.h"

#include "common/http_reply.h"

#include <assert.h>
#include <stdalign.h>
#include <time.h>

_Static_assert(STREAM_RESERVE >= HTTP_SITE_BUFFER, "a site has its buffer");

/* Read the next request. Waits for it; false when there will be none.
 * Twin: read_request. */
bool
http_server_read(struct stream *stream, struct http_parser *parser,
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

/* Wait until the next bytes of an answer are due; false: they never are. */
static bool
await_bytes(struct stream *stream, const struct http_site *site, void *answer)
{
    int64_t ms;

    while (site->wait != NULL && (ms = site->wait(answer)) != 0) {
        if (ms == HTTP_SITE_RESET) {
            stream_reset(stream);
            return false;
        }
        if (stream_await(stream, ms == HTTP_SITE_FOREVER ? 0 : ms) ==
            STREAM_LEFT)
            return false;
    }
    return true;
}

/* Send the answer to a request. All of it, however long; false when there is
 * nobody to read it, or is to be. */
static bool
send_answer(struct stream *stream, const struct http_site *site, void *answer)
{
    size_t room, length;
    char *buffer;

    do {
        if (!await_bytes(stream, site, answer))
            return false;
        buffer = stream_reserve(stream, &room);
        length = site->next(answer, buffer, room);
    } while (length > 0 && stream_commit(stream, length));
    return true;
}

/* Serve a client of the web. From its first request to its last. */
static void
serve(struct stream *stream, void *argument)
{
    const struct http_site *site = argument;
    alignas(max_align_t) char answer[HTTP_SITE_ROOM] = { 0 };
    struct http_request request;
    struct http_parser parser;

    http_init(&parser);
    while (http_server_read(stream, &parser, &request)) {
        bool goes_on;

        site->begin(answer, &request, time(NULL), site->argument);
        goes_on = send_answer(stream, site, answer);
        if (!site->end(answer) || !goes_on)
            break;
    }
}

/* What a client reads that finds the house full. */
const char *
http_server_refusal(void)
{
    static char full_house[HTTP_ERROR_MAX + 1];

    http_error(full_house, HTTP_ERROR_MAX, 503, HTTP_GET, false, NULL);
    return full_house;
}

/* Make the program that serves a site. */
struct server_program
http_server_program(
    uint16_t port, const struct limits *limits, struct http_site *site)
{
    assert(site->answer_size <= HTTP_SITE_ROOM);
    return (struct server_program) {
        .name = "http",
        .port = port,
        .limits = limits,
        .refusal = http_server_refusal(),
        .serve = serve,
        .argument = site,
    };
}
