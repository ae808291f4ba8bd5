/*
 * What became of the threaded twin: serve's loop is cut where it waits, after a
 * request was read and after a piece was sent. Its local variables, the parser
 * and the answer, are struct visit.
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

/* Send the answer to a request. This is one piece of it. */
static bool
send_answer(struct stream *stream, void *session)
{
    struct visit *visit = session;
    size_t room, length;
    char *buffer;

    buffer = stream_reserve(stream, &room);
    length = visit->site->next(visit->answer, buffer, room);
    if (length > 0)
        return stream_commit(stream, length);
    if (!visit->site->end(visit->answer))
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

/* Make the program that serves a site. */
struct server_program
http_server_program(
    uint16_t port, const struct limits *limits, struct http_site *site)
{
    static char full_house[HTTP_ERROR_MAX + 1];

    assert(site->answer_size <= HTTP_SITE_ROOM);
    http_error(full_house, HTTP_ERROR_MAX, 503, HTTP_GET, false, NULL);
    return (struct server_program) {
        .port = port,
        .refusal = full_house,
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
