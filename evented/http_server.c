/*
 * What became of the threaded twin: serve's loop is cut where it waits, after a
 * request was read, after a piece was sent, and where the next piece is not due
 * yet, which is a pause of the stream. Its local variables, the parser and the
 * answer, are struct visit.
 */
#include "evented/http_server.h"

#include "common/http_reply.h"

#include <assert.h>
#include <time.h>

_Static_assert(STREAM_RESERVE >= HTTP_SITE_BUFFER, "a site has its buffer");

/* A client of the web, between two calls. */
struct visit {
    struct connection connection;
    const struct http_site *site;
    struct http_parser parser;
    bool waits;           /* the next bytes of the answer were not due */
    max_align_t answer[]; /* the site's */
};

/* Begin to serve a client of the web. */
static void
begin_visit(struct stream *stream, void *session, void *argument)
{
    struct visit *visit = session;

    visit->site = argument;
    http_init(&visit->parser);
}

/* Begin the answer to a request. */
static void
begin_answer(struct stream *stream, struct visit *visit,
    const struct http_request *request)
{
    const struct http_site *site = visit->site;

    site->begin(visit->answer, request, time(NULL), site->argument);
    stream_produce(stream);
}

/* Read the next request. If all of it is there, its answer begins.
 * Twin: http_server_read. */
static enum stream_found
read_request(
    struct stream *stream, char *data, size_t size, size_t *used, void *session)
{
    struct visit *visit = session;
    struct http_request request;

    if (http_parse(&visit->parser, data, size, &request, used) == HTTP_MORE)
        return http_is_idle(&visit->parser, size - *used) ? STREAM_FOUND_NOTHING
                                                          : STREAM_FOUND_PART;
    begin_answer(stream, visit, &request);
    return STREAM_FOUND_ALL;
}

/* There will be no further request: tell a client that was too late. */
static void
end_requests(struct stream *stream, bool late, void *session)
{
    static const struct http_request too_late = HTTP_LATE;

    if (late)
        begin_answer(stream, session, &too_late);
    else
        stream_finish(stream);
}

/* What becomes of the next bytes of an answer. */
enum bytes {
    BYTES_DUE,
    BYTES_LATER, /* the stream is paused until then */
    BYTES_NEVER,
};

/* Wait until the next bytes of an answer are due. This begins a wait, or ends
 * one. */
static enum bytes
await_bytes(struct stream *stream, struct visit *visit)
{
    const struct http_site *site = visit->site;
    int64_t ms;

    if (visit->waits && stream_news(stream) == STREAM_LEFT)
        return BYTES_NEVER;
    visit->waits = site->wait != NULL && (ms = site->wait(visit->answer)) != 0;
    if (!visit->waits)
        return BYTES_DUE;
    if (ms == HTTP_SITE_RESET) {
        stream_reset(stream);
        return BYTES_NEVER;
    }
    stream_pause(stream, ms == HTTP_SITE_FOREVER ? 0 : ms);
    return BYTES_LATER;
}

/* Send the answer to a request. This is one piece of it, or a pause. */
static bool
send_answer(struct stream *stream, void *session)
{
    struct visit *visit = session;
    const enum bytes bytes = await_bytes(stream, visit);
    size_t room, length;
    char *buffer;

    if (bytes == BYTES_LATER)
        return true;
    if (bytes == BYTES_DUE) {
        buffer = stream_reserve(stream, &room);
        length = visit->site->next(visit->answer, buffer, room);
        if (length > 0)
            return stream_commit(stream, length);
    }
    if (!visit->site->end(visit->answer) || bytes == BYTES_NEVER)
        stream_finish(stream);
    return false;
}

/* Forget a client of the web. */
static void
end_visit(struct stream *stream, int error, void *session)
{
    struct visit *visit = session;

    visit->site->end(visit->answer);
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
        .refusal = http_server_refusal(),
        .session_size = sizeof(struct visit) + site->answer_size,
        .open = begin_visit,
        .handler = {
            .limits = limits,
            .input = read_request,
            .ended = end_requests,
            .produce = send_answer,
            .gone = end_visit,
        },
        .argument = site,
    };
}
