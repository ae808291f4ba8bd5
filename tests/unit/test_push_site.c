#include "common/push_site.h"

#include "common/deadline.h"
#include "tests/unit/guard.h"
#include "tests/unit/scarce.h"
#include "tests/unit/unit.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define LITERAL(literal) literal, sizeof(literal) - 1

#define HERE             "127.0.0.1:62910"
#define THERE            "192.0.2.7:4711"

/* Room for all that a client hears. */
#define MANY ((size_t)1 << 20)

#define HEAD_OF(status, date)                                                  \
    "HTTP/1.1 " status "\r\nDate: Thu, 01 Jan 1970 00:00:" date " GMT\r\n"
#define JSON(length, date)                                                     \
    HEAD_OF("200 OK", date)                                                    \
    "Content-Type: application/json; charset=utf-8\r\n"                        \
    "Content-Length: " length "\r\n"                                           \
    "Connection: keep-alive\r\n"                                               \
    "X-Content-Type-Options: nosniff\r\n"                                      \
    "Cache-Control: no-store\r\n\r\n"
#define CHUNKED(type, more)                                                    \
    HEAD_OF("200 OK", "00")                                                    \
    "Content-Type: " type "\r\n"                                               \
    "Transfer-Encoding: chunked\r\n"                                           \
    "Connection: keep-alive\r\n"                                               \
    "X-Content-Type-Options: nosniff\r\n"                                      \
    "Cache-Control: no-store\r\n" more "\r\n"
#define EVENTS                                                                 \
    CHUNKED("text/event-stream", "X-Accel-Buffering: no\r\n")                  \
    "d\r\nretry: 2000\n\n\r\n"
#define SWITCHED                                                               \
    "HTTP/1.1 101 Switching Protocols\r\n"                                     \
    "Upgrade: websocket\r\nConnection: Upgrade\r\n"                            \
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"

/* --- A site and its clients ----------------------------------------------- */

static struct push_site site;

/* The last record on the console. */
static char record[1024];

/* How often the lock was taken, and whether it is. */
static unsigned locked;
static bool inside;

/* Make a record. Here and below nothing is checked in a way that takes memory,
 * which may be short. */
static void
say(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    if (inside || vsnprintf(record, sizeof(record), format, arguments) >=
                      (int)sizeof(record))
        ck_abort_msg("a record within the lock, or too long");
#pragma GCC diagnostic pop
    va_end(arguments);
}

/* Count as a server that was asked seven things. */
static void
count(struct counters *sums, void *argument)
{
    if (argument != &locked)
        ck_abort_msg("another argument");
    counters_add(sums, COUNT_REQUESTS, 7);
}

/* Take the lock, which is nobody's. */
static void
lock(void *argument)
{
    if (argument != &locked || inside)
        ck_abort_msg("locked twice");
    inside = true;
    locked++;
}

/* Give it back. */
static void
unlock(void *argument)
{
    if (argument != &locked || !inside)
        ck_abort_msg("unlocked twice");
    inside = false;
}

/* Start a site. */
static void
start(void)
{
    static const char *const origins[] = { "http://friend.example:8080",
        "https://Other.example", "odd" };

    site = (struct push_site) {
        .rules = {
            .history = 4,
            .epoch = 1,
            .max_wait_ms = 25000,
            .beat_ms = 15000,
            .max_message = 65536,
            .max_buffered = 1 << 20,
            .origins = origins,
            .origins_count = COUNT(origins),
            .publish = PUSH_LOCAL,
            .stream_ms = { 3000, 5000 },
        },
        .say = say,
        .count = count,
        .lock = lock,
        .unlock = unlock,
        .argument = &locked,
    };
    record[0] = '\0';
    locked = 0;
    push_site_init(&site);
}

/* End it: nothing is left. */
static void
stop(void)
{
    ck_assert_uint_eq(site.buffered, 0);
    ck_assert_uint_eq(site.counts.waiting, 0);
    ck_assert_uint_eq(site.counts.subscribers, 0);
    push_site_free(&site);
}

/* Let a client come. */
static struct push_client
come(const char *peer)
{
    struct push_client client;

    push_open(&client, &site, peer);
    return client;
}

/* Let a client ask what stands in these bytes. */
static void
ask(struct push_client *client, const char *bytes, int64_t now_ms)
{
    const size_t size = strlen(bytes);
    char *const copy = malloc(size);
    struct http_parser parser;
    struct http_request request;
    size_t used;

    memcpy(copy, bytes, size);
    http_init(&parser);
    http_take_posts(&parser);
    ck_assert_int_ne(
        http_parse(&parser, copy, size, &request, &used), HTTP_MORE);
    push_begin(client, &request, now_ms / 1000, now_ms);
    free(copy);
}

/* Let a client ask for a path. */
static void
get(struct push_client *client, const char *path, int64_t now_ms)
{
    char bytes[256];

    snprintf(bytes, sizeof(bytes), "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n",
        path);
    ask(client, bytes, now_ms);
}

/* Let a client post a text; false: it could not. */
static void
post(struct push_client *client, const char *path, const char *text,
    int64_t now_ms)
{
    static char bytes[20000];

    snprintf(bytes, sizeof(bytes),
        "POST %s HTTP/1.1\r\nHost: [::1]:8080\r\nContent-Length: %zu\r\n\r\n%s",
        path, strlen(text), text);
    ask(client, bytes, now_ms);
}

/* What a client heard last. */
static char heard[MANY + 1];
static size_t heard_size;
static enum push_step step;

/* Let a client hear what there is, as a C string; room for each piece. */
static const char *
hear_in(struct push_client *client, int64_t now_ms, size_t room)
{
    heard_size = 0;
    do {
        char *buffer = guard_room(room);
        size_t length = room + 1;

        step = push_next(client, now_ms, buffer, room, &length);
        if (length > room || heard_size + length > MANY)
            ck_abort_msg("more than there is room for");
        if (step == PUSH_MORE && length == 0)
            ck_abort_msg("more of nothing");
        memcpy(heard + heard_size, buffer, length);
        heard_size += length;
    } while (step == PUSH_MORE);
    heard[heard_size] = '\0';
    return heard;
}

/* Let it hear in pieces as small as may be. */
static const char *
hear(struct push_client *client, int64_t now_ms)
{
    return hear_in(client, now_ms, PUSH_ROOM);
}

/* The status that a client hears, and how it goes on. */
static int
status_of(struct push_client *client)
{
    int status = 0;

    ck_assert_int_eq(sscanf(hear(client, 0), "HTTP/1.1 %d ", &status), 1);
    return status;
}

/* Check how something begins. */
static void
check_begin(const char *text, const char *begin, size_t length)
{
    ck_assert_mem_eq(text, begin, length);
}

/* The body that it heard. */
static const char *
body(void)
{
    return strstr(heard, "\r\n\r\n") + 4;
}

/* Publish a text, by somebody. */
static void
publish(const char *path, const char *text, int64_t now_ms)
{
    struct push_client client = come(HERE);

    post(&client, path, text, now_ms);
    hear(&client, now_ms);
    ck_assert_mem_eq(heard, "HTTP/1.1 200 ", 13);
    ck_assert_int_eq(step, PUSH_DONE);
    push_end(&client, now_ms);
}

/* --- Plain answers -------------------------------------------------------- */

TEST(a_new_client_is_served_nothing)
{
    struct push_client client;

    start();
    client = come(HERE);
    ck_assert_str_eq(hear(&client, 0), "");
    ck_assert_int_eq(step, PUSH_DONE);
    ck_assert_int_eq(push_slot(&client), -1);
    ck_assert_int_eq(push_news(&client), -1);
    ck_assert(!push_is_websocket(&client));
    ck_assert(push_until(&client) == NEVER);
    push_end(&client, 0);
    push_end(&client, 0);
    stop();
}

#define WRONG_VALUE                                                            \
    "\r\n\r\nA parameter of the URL has a value that it does not take.\n"

static const struct {
    const char *request; /* with its empty line and its body */
    int status;
    const char *has; /* in the answer */
} plain[] = {
    { "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", 200, "\r\n\r\nok\n" },
    { "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", 200,
        "Content-Type: text/html; charset=utf-8\r\n" },
    { "GET /?channel=a HTTP/1.1\r\nHost: localhost\r\n\r\n", 200, "</html>\n" },
    { "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", 200,
        "Content-Security-Policy: default-src 'none'; script-src 'self'; " },
    { "HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n", 200,
        "Cache-Control: no-cache\r\n\r\n" },
    { "GET /push.js HTTP/1.1\r\nHost: localhost\r\n\r\n", 200,
        "Content-Type: text/javascript; charset=utf-8\r\n" },
    { "GET /style.css HTTP/1.1\r\nHost: localhost\r\n\r\n", 200,
        "Content-Type: text/css; charset=utf-8\r\n" },
    { "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n", 405,
        "Allow: GET, HEAD\r\n" },
    { "GET /page.js HTTP/1.1\r\nHost: localhost\r\n\r\n", 404, "" },
    { "GET /streams HTTP/1.1\r\nHost: localhost\r\n\r\n", 404, "" },
    { "GET /publish HTTP/1.1\r\nHost: localhost\r\n\r\n", 405,
        "Allow: POST\r\n" },
    { "PUT /publish HTTP/1.1\r\nHost: localhost\r\n\r\n", 405,
        "Allow: POST\r\n" },
    { "PUT /publ HTTP/1.1\r\nHost: localhost\r\n\r\n", 405,
        "Allow: GET, HEAD\r\n" },
    { "PUT /x/publish HTTP/1.1\r\nHost: localhost\r\n\r\n", 405,
        "Allow: GET, HEAD" },
    { "POST /poll HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n",
        405, "Allow: GET, HEAD\r\n" },
    { "POST /publish HTTP/1.1\r\nHost: localhost\r\n\r\n", 411, "" },
    { "GET /healthz?x=%zz HTTP/1.1\r\nHost: localhost\r\n\r\n", 400, "" },
    { "GET / HTTP/2.0\r\n\r\n", 505, "" },
    /* What is asked for is judged. */
    { "GET /poll?channel=a.b HTTP/1.1\r\nHost: localhost\r\n\r\n", 400,
        WRONG_VALUE },
    { "GET /poll?since=x HTTP/1.1\r\nHost: localhost\r\n\r\n", 400,
        WRONG_VALUE },
    { "GET /poll?since=1--3 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400,
        WRONG_VALUE },
    { "GET /poll?wait=x HTTP/1.1\r\nHost: localhost\r\n\r\n", 400,
        WRONG_VALUE },
    { "GET /poll?wait=-1 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400,
        WRONG_VALUE },
    { "GET /poll?wait=.5 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400,
        WRONG_VALUE },
    { "GET /poll?wait=1.5.5 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400,
        WRONG_VALUE },
    { "GET /events?channel=a.b HTTP/1.1\r\nHost: localhost\r\n\r\n", 400,
        WRONG_VALUE },
    { "GET /events?since=x HTTP/1.1\r\nHost: localhost\r\n\r\n", 400,
        WRONG_VALUE },
    { "GET /fetch?n=101 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400,
        WRONG_VALUE },
    { "GET /fetch?n=x HTTP/1.1\r\nHost: localhost\r\n\r\n", 400, WRONG_VALUE },
    { "GET /fetch?every=60.001 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400,
        WRONG_VALUE },
    { "GET /fetch?every=x HTTP/1.1\r\nHost: localhost\r\n\r\n", 400,
        WRONG_VALUE },
    { "GET /websocket HTTP/1.1\r\nHost: localhost\r\n\r\n", 400,
        "\r\n\r\nExpected WebSocket request.\n" },
    { "GET /echo HTTP/1.1\r\nHost: localhost\r\n\r\n", 400,
        "\r\n\r\nExpected WebSocket request.\n" },
    { "GET /chat HTTP/1.1\r\nHost: localhost\r\n\r\n", 400,
        "\r\n\r\nExpected WebSocket request.\n" },
};

TEST(a_request_gets_its_status, .times = COUNT(plain))
{
    struct push_client client;

    start();
    client = come(HERE);
    ask(&client, plain[_i].request, 0);
    ck_assert_int_eq(status_of(&client), plain[_i].status);
    ck_assert_ptr_nonnull(strstr(heard, plain[_i].has));
    ck_assert_str_eq(record, "");
    ck_assert(!push_is_websocket(&client));
    stop();
}

/* Whether the server is leaving. */
static bool is_leaving;

/* Say so. */
static bool
leaving(void)
{
    return is_leaving;
}

TEST(health_is_503_while_the_server_is_leaving_and_all_else_as_ever)
{
    struct push_client client;

    start();
    site.leaving = leaving;
    client = come(HERE);
    get(&client, "/healthz", 0);
    ck_assert_int_eq(status_of(&client), 200);
    is_leaving = true;
    get(&client, "/healthz", 0);
    ck_assert_int_eq(status_of(&client), 503);
    ck_assert_int_eq(step, PUSH_DONE);
    get(&client, "/metrics", 0);
    ck_assert_int_eq(status_of(&client), 200);
    stop();
}

TEST(metrics_say_what_was_done)
{
    struct push_client client;

    start();
    site.counts = (struct push_counts) { 1, 2, 3, 4, 5, 6, { 7 } };
    site.counts.ws_closed[1] = UINT64_MAX >> 1;
    site.counts.ws_closed[16] = 8;
    client = come(HERE);
    get(&client, "/metrics", 0);
    ck_assert_int_eq(status_of(&client), 200);
    ck_assert_int_eq(step, PUSH_DONE);
    ck_assert_ptr_nonnull(strstr(body(), "\npush_requests_total 7\n"));
    ck_assert_ptr_nonnull(strstr(body(), "\npush_waiting 1\n"));
    ck_assert_ptr_nonnull(strstr(body(), "\npush_subscribers 2\n"));
    ck_assert_ptr_nonnull(strstr(body(), "\npush_published_total 3\n"));
    ck_assert_ptr_nonnull(strstr(body(), "\npush_delivered_total 4\n"));
    ck_assert_ptr_nonnull(strstr(body(), "\npush_missed_total 5\n"));
    ck_assert_ptr_nonnull(strstr(body(), "\npush_cut_slow_total 6\n"));
    ck_assert_ptr_nonnull(
        strstr(body(), "\npush_ws_closed_total{code=\"1000\"} 7\n"));
    ck_assert_ptr_nonnull(strstr(
        body(), "\npush_ws_closed_total{code=\"1001\"} 9223372036854775807\n"));
    ck_assert_ptr_nonnull(
        strstr(body(), "\npush_ws_closed_total{code=\"other\"} 8\n"));
    site.counts = (struct push_counts) { 0 };
    stop();
}

TEST(the_largest_metrics_have_room)
{
    struct push_client client;

    start();
    memset(&site.counts, 0x7f, sizeof(site.counts));
    client = come(HERE);
    get(&client, "/metrics", 0);
    ck_assert_int_eq(status_of(&client), 200);
    ck_assert_str_eq(heard + heard_size - 21, " 9187201950435737471\n");
    site.counts = (struct push_counts) { 0 };
    stop();
}

/* --- /stream and /fetch --------------------------------------------------- */

TEST(a_stream_comes_in_its_time)
{
    struct push_client client;

    start();
    client = come(HERE);
    get(&client, "/stream", 500);
    ck_assert_str_eq(record, HERE " GET /stream");
    ck_assert_str_eq(hear(&client, 500),
        CHUNKED("text/html; charset=UTF-8", "") "5\r\nSTART\r\n");
    ck_assert_int_eq(step, PUSH_WAIT);
    ck_assert_int_eq(push_until(&client), 3500);
    ck_assert_str_eq(hear(&client, 3499), "");
    ck_assert_int_eq(step, PUSH_WAIT);
    ck_assert_str_eq(hear(&client, 3500), "6\r\nMIDDLE\r\n");
    /* A late look does not make the next one late. */
    ck_assert_int_eq(push_until(&client), 8500);
    ck_assert_str_eq(hear(&client, 8600), "3\r\nEND\r\n0\r\n\r\n");
    ck_assert_int_eq(step, PUSH_DONE);
    stop();
}

TEST(a_stream_to_an_old_client_ends_with_the_connection)
{
    struct push_client client;

    start();
    client = come(HERE);
    ask(&client, "GET /stream HTTP/1.0\r\n\r\n", 0);
    hear(&client, 0);
    ck_assert_ptr_null(strstr(heard, "chunked"));
    ck_assert_ptr_nonnull(strstr(heard, "Connection: close\r\n"));
    ck_assert_str_eq(body(), "START");
    ck_assert_str_eq(hear(&client, 9000), "MIDDLEEND");
    ck_assert_int_eq(step, PUSH_CLOSE);
    stop();
}

TEST(a_stop_ends_the_waits_of_a_stream)
{
    struct push_client client;

    start();
    client = come(HERE);
    get(&client, "/stream", 0);
    hear(&client, 0);
    push_stop(&client);
    ck_assert_str_eq(hear(&client, 1), "6\r\nMIDDLE\r\n3\r\nEND\r\n0\r\n\r\n");
    ck_assert_int_eq(step, PUSH_DONE);
    stop();
}

TEST(head_gets_the_head_at_once)
{
    static const char *const paths[] = { "/stream", "/fetch", "/events",
        "/poll", "/poll?since=0-1" };

    start();
    for (int i = 0; i < COUNT(paths); i++) {
        struct push_client client = come(HERE);
        char bytes[100];
        unsigned pieces;
        int64_t every_ms;

        snprintf(bytes, sizeof(bytes),
            "HEAD %s HTTP/1.1\r\nHost: localhost\r\n\r\n", paths[i]);
        ask(&client, bytes, 0);
        ck_assert(!push_job(&client, &pieces, &every_ms));
        hear(&client, 0);
        ck_assert_int_eq(step, PUSH_DONE);
        ck_assert_str_eq(body(), "");
    }
    stop();
}

TEST(what_a_worker_makes_is_sent)
{
    struct push_client client;
    unsigned pieces;
    int64_t every_ms;

    start();
    client = come(HERE);
    get(&client, "/fetch?n=2&every=0.25", 0);
    ck_assert_str_eq(record, HERE " GET /fetch");
    ck_assert(push_job(&client, &pieces, &every_ms));
    ck_assert_uint_eq(pieces, 2);
    ck_assert_int_eq(every_ms, 250);
    ck_assert_str_eq(
        hear(&client, 0), CHUNKED("text/plain; charset=utf-8", ""));
    ck_assert_int_eq(step, PUSH_WAIT);
    ck_assert(push_until(&client) == NEVER);
    push_feed(&client);
    ck_assert_str_eq(hear(&client, 250), "d\r\npiece 1 of 2\n\r\n");
    ck_assert_int_eq(step, PUSH_WAIT);
    push_feed(&client);
    ck_assert_str_eq(hear(&client, 500), "d\r\npiece 2 of 2\n\r\n0\r\n\r\n");
    ck_assert_int_eq(step, PUSH_DONE);
    ck_assert(!push_job(&client, &pieces, &every_ms));
    stop();
}

static const struct {
    const char *query;
    unsigned pieces;
    int64_t every_ms;
} jobs[] = {
    { "", 3, 1000 },
    { "?n=&every=", 3, 1000 },
    { "?n=100&every=60", 100, 60000 },
    { "?every=0", 3, 0 },
    { "?every=1.", 3, 1000 },
    { "?every=0.0009", 3, 0 },
    { "?every=1.23456789", 3, 1234 },
};

TEST(a_job_is_read, .times = COUNT(jobs))
{
    struct push_client client;
    unsigned pieces;
    int64_t every_ms;
    char path[64];

    start();
    client = come(HERE);
    snprintf(path, sizeof(path), "/fetch%s", jobs[_i].query);
    get(&client, path, 0);
    ck_assert(push_job(&client, &pieces, &every_ms));
    ck_assert_uint_eq(pieces, jobs[_i].pieces);
    ck_assert_int_eq(every_ms, jobs[_i].every_ms);
    push_end(&client, 0);
    ck_assert(!push_job(&client, &pieces, &every_ms));
    stop();
}

TEST(no_pieces_are_an_answer_too)
{
    struct push_client client;
    unsigned pieces;
    int64_t every_ms;

    start();
    client = come(HERE);
    get(&client, "/fetch?n=0", 0);
    ck_assert(!push_job(&client, &pieces, &every_ms));
    hear(&client, 0);
    ck_assert_str_eq(body(), "0\r\n\r\n");
    stop();
}

TEST(a_hundred_pieces_at_once_need_no_more_room)
{
    struct push_client client;
    int lines = 0;

    start();
    client = come(HERE);
    get(&client, "/fetch?n=100", 0);
    for (int i = 0; i < 100; i++)
        push_feed(&client);
    hear(&client, 0);
    for (const char *at = heard; (at = strstr(at, "piece ")) != NULL; at++)
        lines++;
    ck_assert_int_eq(lines, 100);
    ck_assert_int_eq(step, PUSH_DONE);
    stop();
}

/* --- Publishing ----------------------------------------------------------- */

TEST(a_message_gets_an_id)
{
    struct push_client client;

    start();
    client = come(HERE);
    post(&client, "/publish", "hi", 0);
    ck_assert_str_eq(record, "main 1-1: 'hi' to 0");
    ck_assert_int_eq(push_news(&client), 0);
    ck_assert_int_eq(push_news(&client), -1);
    ck_assert_str_eq(hear(&client, 0), JSON("13", "00") "{\"id\":\"1-1\"}\n");
    ck_assert_int_eq(step, PUSH_DONE);
    post(&client, "/publish?channel=b", "x", 0);
    ck_assert_int_eq(push_news(&client), 1);
    ck_assert_str_eq(record, "b 1-1: 'x' to 0");
    post(&client, "/publish?channel=", "\xc3\xa9<", 0);
    ck_assert_str_eq(record, "main 1-2: '\xc3\xa9<' to 0");
    ck_assert_uint_eq(site.counts.published, 3);
    push_end(&client, 0);
    stop();
}

TEST(a_long_message_is_shown_in_part)
{
    static char text[400], expected[400];
    struct push_client client;

    start();
    client = come(HERE);
    memset(text, 'x', 299);
    strcpy(text + 299, "\xe2\x99\x9a\xe2\x99\x9a");
    post(&client, "/publish", text, 0);
    snprintf(expected, sizeof(expected), "main 1-1: '%.299s' to 0", text);
    ck_assert_str_eq(record, expected);
    push_end(&client, 0);
    site.say = NULL;
    client = come(HERE);
    post(&client, "/publish", "quiet", 0);
    ck_assert_str_eq(record, expected);
    push_end(&client, 0);
    stop();
}

static const struct {
    const char *text;
    size_t length;
    const char *path;
    int status;
} posts[] = {
    { "", 0, "/publish", 400 },
    { LITERAL("\xff"), "/publish", 400 },
    { LITERAL("\xed\xa0\x80"), "/publish", 400 },
    { NULL, PUSH_TEXT_MAX, "/publish", 200 },
    { NULL, PUSH_TEXT_MAX + 1, "/publish", 413 },
    { LITERAL("hi"), "/publish?channel=a.b", 400 },
    { LITERAL("a\0b"), "/publish", 200 },
};

TEST(a_post_gets_its_status, .times = COUNT(posts))
{
    static char bytes[8192];
    size_t size;
    struct push_client client;
    struct http_parser parser;
    struct http_request request;

    start();
    size = (size_t)sprintf(bytes,
        "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %zu\r\n\r\n",
        posts[_i].path, posts[_i].length);
    memset(bytes + size, 'x', posts[_i].length);
    if (posts[_i].text != NULL)
        memcpy(bytes + size, posts[_i].text, posts[_i].length);
    size += posts[_i].length;
    http_init(&parser);
    http_take_posts(&parser);
    ck_assert_int_eq(
        http_parse(&parser, guard_copy(bytes, size), size, &request, &size),
        HTTP_REQUEST);
    client = come(HERE);
    push_begin(&client, &request, 0, 0);
    ck_assert_int_eq(status_of(&client), posts[_i].status);
    ck_assert_int_eq(push_news(&client), posts[_i].status == 200 ? 0 : -1);
    ck_assert_uint_eq(site.counts.published, posts[_i].status == 200);
    stop();
}

static const struct {
    const char *peer;
    enum push_who who;
    int status;
} publishers[] = {
    { HERE, PUSH_LOCAL, 200 },
    { "127.1.2.3:1", PUSH_LOCAL, 200 },
    { "[::1]:1", PUSH_LOCAL, 200 },
    { "[::ffff:127.0.0.1]:1", PUSH_LOCAL, 200 },
    { THERE, PUSH_LOCAL, 403 },
    { "[::1234]:1", PUSH_LOCAL, 403 },
    { "[::ffff:192.0.2.1]:1", PUSH_LOCAL, 403 },
    { "12.7.0.1:1", PUSH_LOCAL, 403 },
    { HERE, PUSH_ANY, 200 },
    { THERE, PUSH_ANY, 200 },
    { HERE, PUSH_NONE, 403 },
    { THERE, PUSH_NONE, 403 },
};

TEST(not_everybody_may_publish, .times = COUNT(publishers))
{
    struct push_client client;

    start();
    site.rules.publish = publishers[_i].who;
    client = come(publishers[_i].peer);
    post(&client, "/publish", "hi", 0);
    ck_assert_int_eq(status_of(&client), publishers[_i].status);
    stop();
}

static const struct {
    const char *fields;
    bool allowed;
} origins[] = {
    /* Hosts: an address, or one that is known to be ours. */
    { "Host: 127.0.0.1:8080\r\n", true },
    { "Host: 192.0.2.1\r\n", true },
    { "Host: [2001:db8::1]\r\n", true },
    { "Host: [::1]:8080\r\n", true },
    { "Host: localhost\r\n", true },
    { "Host: LocalHost:8080\r\n", true },
    { "Host: friend.example\r\n", true },
    { "Host: FRIEND.example:1\r\n", true },
    { "Host: other.example\r\n", true },
    { "Host: evil.example\r\n", false },
    { "Host: localhost.evil.example\r\n", false },
    { "Host: localhos\r\n", false },
    { "Host: 10-0-0-1.evil.example\r\n", false },
    { "Host: 127.0.0.1.evil.example\r\n", false },
    { "Host: friend.example.evil\r\n", false },
    { "Host: odd\r\n", false },
    { "", true }, /* none, which is for 1.0 only */
    /* Origins: ours, or one that is named. */
    { "Host: localhost:8080\r\nOrigin: http://localhost:8080\r\n", true },
    { "Host: localhost:8080\r\nOrigin: HTTPS://LOCALHOST:8080\r\n", true },
    { "Host: 10.0.0.1\r\nOrigin: http://10.0.0.1\r\n", true },
    { "Host: localhost:8080\r\nOrigin: http://friend.example:8080\r\n", true },
    { "Host: localhost:8080\r\nOrigin: https://other.example\r\n", true },
    { "Host: localhost:8080\r\nOrigin: Odd\r\n", true },
    { "Host: localhost:8080\r\nOrigin: http://localhost:8081\r\n", false },
    { "Host: localhost:8080\r\nOrigin: http://localhost\r\n", false },
    { "Host: localhost:8080\r\nOrigin: http://friend.example\r\n", false },
    { "Host: localhost:8080\r\nOrigin: http://evil.example\r\n", false },
    { "Host: localhost:8080\r\nOrigin: null\r\n", false },
    { "Host: localhost:8080\r\nOrigin:\r\n", false },
    { "Host: localhost:8080\r\nOrigin: http://\r\n", false },
    { "Host: localhost:8080\r\nOrigin: ftp://localhost:8080\r\n", false },
    { "Host: localhost:8080\r\nOrigin: localhost:8080\r\n", false },
    { "Host: localhost:8080\r\nOrigin: http://localhost:8080\r\n"
      "Origin: http://localhost:8080\r\n",
        false },
    { "Host: evil.example\r\nOrigin: http://evil.example\r\n", false },
    { "Origin: http://localhost\r\n", false },
};

TEST(a_foreign_page_may_neither_publish_nor_listen, .times = COUNT(origins))
{
    static const char *const lines[] = { "POST /publish", "GET /poll?wait=0",
        "HEAD /events" };

    start();
    for (int i = 0; i < COUNT(lines); i++) {
        struct push_client client = come(HERE);
        char bytes[512];

        snprintf(bytes, sizeof(bytes), "%s HTTP/1.0\r\n%sContent-Length: %s",
            lines[i], origins[_i].fields, i == 0 ? "2\r\n\r\nhi" : "0\r\n\r\n");
        ask(&client, bytes, 0);
        ck_assert_int_eq(status_of(&client), origins[_i].allowed ? 200 : 403);
        ck_assert_int_eq(step, PUSH_CLOSE);
        push_end(&client, 0);
    }
    ck_assert_uint_eq(site.counts.published, origins[_i].allowed);
    stop();
}

TEST(there_may_be_too_many_channels)
{
    struct push_client client;
    enum channel_status status;
    char name[16];

    start();
    for (int i = 0; i < CHANNELS_MAX; i++) {
        const size_t length = (size_t)snprintf(name, sizeof(name), "c%d", i);

        channels_get(&site.channels, name, length, 0, &status);
    }
    client = come(HERE);
    post(&client, "/publish", "hi", 0);
    ck_assert_int_eq(status_of(&client), 503);
    ck_assert_str_eq(body(), "Too many channels.\n");
    get(&client, "/poll", 0);
    ck_assert_int_eq(status_of(&client), 503);
    ck_assert_int_eq(push_slot(&client), -1);
    get(&client, "/poll?channel=c7", 0);
    ck_assert_int_eq(push_slot(&client), 7);
    push_end(&client, 0);
    stop();
}

/* --- Polls ---------------------------------------------------------------- */

TEST(a_poll_waits_for_the_next_message)
{
    struct push_client client;

    start();
    client = come(HERE);
    get(&client, "/poll", 1000);
    ck_assert_str_eq(record, HERE " GET /poll main");
    ck_assert_int_eq(push_slot(&client), 0);
    ck_assert_uint_eq(site.counts.waiting, 1);
    ck_assert_str_eq(hear(&client, 1000), "");
    ck_assert_int_eq(step, PUSH_WAIT);
    ck_assert_int_eq(push_until(&client), 26000);
    publish("/publish", "hi", 2000);
    ck_assert_str_eq(record, "main 1-1: 'hi' to 1");
    ck_assert_str_eq(hear(&client, 2000),
        JSON("78", "02") "{\"next\":\"1-1\",\"missed\":0,\"reset\":false,"
                         "\"messages\":[{\"id\":\"1-1\",\"text\":\"hi\"}]}\n");
    ck_assert_int_eq(step, PUSH_DONE);
    ck_assert_int_eq(push_slot(&client), -1);
    ck_assert_uint_eq(site.counts.waiting, 0);
    ck_assert_uint_eq(site.counts.delivered, 1);
    stop();
}

TEST(a_poll_from_a_cursor_is_answered_at_once)
{
    struct push_client client;

    start();
    for (int i = 0; i < 6; i++)
        publish("/publish", i % 2 == 0 ? "a" : "<&>\"\\\n", 0);
    client = come(HERE);
    get(&client, "/poll?since=1-4", 0);
    ck_assert_str_eq(record, HERE " GET /poll main since 1-4");
    hear(&client, 0);
    ck_assert_str_eq(body(),
        "{\"next\":\"1-6\",\"missed\":0,\"reset\":false,\"messages\":["
        "{\"id\":\"1-5\",\"text\":\"a\"},{\"id\":\"1-6\",\"text\":"
        "\"\\u003c\\u0026\\u003e\\\"\\\\\\u000a\"}]}\n");
    ck_assert_int_eq(step, PUSH_DONE);
    /* Of the first message to the second nothing is left. */
    get(&client, "/poll?since=1-0", 0);
    hear(&client, 0);
    check_begin(body(),
        LITERAL("{\"next\":\"1-6\",\"missed\":2,\"reset\":false,\"messages\":"
                "[{\"id\":\"1-3\","));
    ck_assert_uint_eq(site.counts.missed, 2);
    ck_assert_uint_eq(site.counts.delivered, 6);
    stop();
}

static const char *const foreign[] = { "1-7", "1-99999999999999999999", "0-0",
    "2-3" };

TEST(a_foreign_cursor_is_reset, .times = COUNT(foreign))
{
    struct push_client client;
    char path[64];

    start();
    for (int i = 0; i < 6; i++)
        publish("/publish", "a", 0);
    client = come(HERE);
    snprintf(path, sizeof(path), "/poll?since=%s", foreign[_i]);
    get(&client, path, 0);
    hear(&client, 0);
    ck_assert_str_eq(body(), "{\"next\":\"1-6\",\"missed\":0,\"reset\":true,"
                             "\"messages\":[]}\n");
    stop();
}

TEST(a_poll_ends_when_its_time_is_up)
{
    static const struct {
        const char *path;
        int64_t until;
    } waits[] = { { "/poll?wait=0.5", 500 }, { "/poll?wait=0", 0 },
        { "/poll?wait=25", 25000 }, { "/poll?wait=26", 25000 },
        { "/poll?wait=99999999999999999999999999", 25000 } };

    for (int i = 0; i < COUNT(waits); i++) {
        struct push_client client;

        start();
        client = come(HERE);
        get(&client, waits[i].path, 0);
        if (waits[i].until > 0) {
            ck_assert_str_eq(hear(&client, waits[i].until - 1), "");
            ck_assert_int_eq(push_until(&client), waits[i].until);
        }
        hear(&client, waits[i].until);
        ck_assert_str_eq(body(), "{\"next\":\"1-0\",\"missed\":0,\"reset\":"
                                 "false,\"messages\":[]}\n");
        ck_assert_int_eq(step, PUSH_DONE);
        stop();
    }
}

TEST(a_stop_answers_a_poll)
{
    struct push_client client;

    start();
    client = come(HERE);
    get(&client, "/poll", 0);
    hear(&client, 0);
    push_stop(&client);
    hear(&client, 1);
    ck_assert_str_eq(body(), "{\"next\":\"1-0\",\"missed\":0,\"reset\":false,"
                             "\"messages\":[]}\n");
    stop();
}

TEST(long_messages_come_with_several_polls)
{
    static char text[PUSH_TEXT_MAX + 1];
    struct push_client client;
    unsigned long long next = 0;

    start();
    site.rules.history = 8;
    push_site_init(&site);
    memset(text, '<', PUSH_TEXT_MAX);
    publish("/publish", text, 0);
    memset(text, 'x', PUSH_TEXT_MAX);
    for (int i = 0; i < 7; i++)
        publish("/publish", text, 0);
    client = come(HERE);
    for (int i = 0; i < 4; i++) {
        static const unsigned long long expected[] = { 1, 4, 7, 8 };
        char path[64];

        snprintf(path, sizeof(path), "/poll?since=1-%llu", next);
        get(&client, path, 0);
        hear_in(&client, 0, i % 2 == 0 ? PUSH_ROOM : 65536);
        ck_assert_int_eq(step, PUSH_DONE);
        ck_assert_int_eq(sscanf(body(), "{\"next\":\"1-%llu\"", &next), 1);
        ck_assert_uint_eq(next, expected[i]);
        ck_assert_uint_le(heard_size, i == 0 ? 26000 : PUSH_POLL_MAX + 600);
        ck_assert_str_eq(heard + heard_size - 4, "}]}\n");
    }
    ck_assert_uint_eq(site.counts.delivered, 8);
    stop();
}

TEST(what_was_not_sent_is_kept)
{
    struct push_client client;
    char *buffer = guard_room(PUSH_ROOM), whole[1024];
    size_t length, first;

    start();
    publish("/publish", "hi", 0);
    client = come(HERE);
    get(&client, "/poll?since=1-0", 0);
    hear(&client, 0);
    memcpy(whole, heard, heard_size + 1);
    get(&client, "/poll?since=1-0", 0);
    ck_assert_int_eq(
        push_next(&client, 0, buffer, PUSH_ROOM, &first), PUSH_DONE);
    ck_assert(push_keep(&client, buffer + 10, first - 10));
    ck_assert(push_keep(&client, buffer, 0));
    ck_assert_int_eq(
        push_next(&client, 0, buffer, PUSH_ROOM, &length), PUSH_DONE);
    ck_assert_uint_eq(length, first - 10);
    ck_assert_mem_eq(buffer, whole + 10, length);
    /* Nor is more of it, twice. */
    ck_assert(push_keep(&client, whole + 20, first - 20));
    ck_assert(push_keep(&client, whole, 20));
    ck_assert_str_eq(hear(&client, 0), whole);
    ck_assert_int_eq(step, PUSH_DONE);
    stop();
}

TEST(what_was_not_sent_of_a_long_answer_is_kept)
{
    static char text[PUSH_TEXT_MAX + 1], whole[32768];
    struct push_client client;
    size_t length, at = 0;
    enum push_step next;

    start();
    memset(text, '<', PUSH_TEXT_MAX);
    publish("/publish", text, 0);
    client = come(HERE);
    get(&client, "/poll?since=1-0", 0);
    hear(&client, 0);
    memcpy(whole, heard, heard_size);
    get(&client, "/poll?since=1-0", 0);
    do {
        char *buffer = guard_room(PUSH_ROOM);

        next = push_next(&client, 0, buffer, PUSH_ROOM, &length);
        if (length > 1000) {
            ck_assert(push_keep(&client, buffer + 1000, length - 1000));
            if (next != PUSH_MORE)
                next = PUSH_MORE;
            length = 1000;
        }
        ck_assert_mem_eq(whole + at, buffer, length);
        at += length;
    } while (next == PUSH_MORE);
    ck_assert_uint_eq(at, heard_size);
    ck_assert_int_eq(next, PUSH_DONE);
    stop();
}

/* --- Events --------------------------------------------------------------- */

TEST(events_come_as_they_are_published)
{
    struct push_client client;

    start();
    publish("/publish", "before", 0);
    client = come(HERE);
    get(&client, "/events", 0);
    ck_assert_str_eq(record, HERE " GET /events main");
    ck_assert_uint_eq(site.counts.subscribers, 1);
    ck_assert_str_eq(hear(&client, 0), EVENTS);
    ck_assert_int_eq(step, PUSH_WAIT);
    ck_assert_int_eq(push_until(&client), 15000);
    publish("/publish", "hi", 1000);
    ck_assert_str_eq(hear(&client, 1000),
        "28\r\nid: 1-2\ndata: {\"id\":\"1-2\",\"text\":\"hi\"}\n\n\r\n");
    ck_assert_str_eq(hear(&client, 1000), "");
    ck_assert_int_eq(push_until(&client), 16000);
    ck_assert_str_eq(hear(&client, 15999), "");
    ck_assert_str_eq(hear(&client, 16000), "3\r\n:\n\n\r\n");
    ck_assert_int_eq(push_until(&client), 31000);
    publish("/publish", "a", 17000);
    publish("/publish", "b", 17000);
    hear(&client, 17000);
    ck_assert_ptr_nonnull(strstr(heard, "\"a\"}\n\nid: 1-4\ndata: "));
    push_stop(&client);
    ck_assert_str_eq(hear(&client, 17000), "0\r\n\r\n");
    ck_assert_int_eq(step, PUSH_CLOSE);
    ck_assert_uint_eq(site.counts.subscribers, 0);
    ck_assert_uint_eq(site.counts.delivered, 3);
    stop();
}

TEST(events_go_on_where_a_browser_was)
{
    struct push_client client;

    start();
    for (int i = 0; i < 6; i++)
        publish("/publish", "a", 0);
    client = come(HERE);
    ask(&client,
        "GET /events?since=1-1 HTTP/1.1\r\nHost: localhost\r\n"
        "Last-Event-ID: 1-5\r\n\r\n",
        0);
    ck_assert_str_eq(record, HERE " GET /events main since 1-5");
    ck_assert_str_eq(hear(&client, 0),
        EVENTS "27\r\nid: 1-6\ndata: {\"id\":\"1-6\",\"text\":\"a\"}\n\n\r\n");
    push_end(&client, 0);
    get(&client, "/events?since=1-1", 0);
    hear(&client, 0);
    ck_assert_ptr_nonnull(strstr(body(),
        "event: missed\nid: 1-2\ndata: {\"next\":\"1-2\",\"missed\":1,"
        "\"reset\":false}\n\nid: 1-3\n"));
    push_end(&client, 0);
    get(&client, "/events?since=7-1", 0);
    hear(&client, 0);
    ck_assert_ptr_nonnull(strstr(body(),
        "event: reset\nid: 1-6\ndata: {\"next\":\"1-6\",\"missed\":0,"
        "\"reset\":true}\n\n\r\n"));
    push_end(&client, 0);
    ask(&client,
        "GET /events HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: "
        "\x1b[2J\r\n\r\n",
        0);
    ck_assert_int_eq(status_of(&client), 400);
    ask(&client,
        "GET /events HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: "
        "nonsense\r\n\r\n",
        0);
    ck_assert_str_eq(record, HERE " GET /events main");
    hear(&client, 0);
    ck_assert_ptr_nonnull(strstr(body(), "event: reset\nid: 1-6\n"));
    push_end(&client, 0);
    ask(&client,
        "GET /events HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: "
        "00000000000000000000000000000000000000001-6\r\n\r\n",
        0);
    ck_assert_str_eq(record, HERE " GET /events main");
    push_end(&client, 0);
    stop();
}

TEST(slow_events_are_told_what_they_missed)
{
    struct push_client client;

    start();
    client = come(HERE);
    get(&client, "/events", 0);
    hear(&client, 0);
    for (int i = 0; i < 9; i++)
        publish("/publish", "a", 0);
    hear(&client, 0);
    ck_assert_ptr_nonnull(
        strstr(heard, "event: missed\nid: 1-5\ndata: {\"next\":\"1-5\","
                      "\"missed\":5,\"reset\":false}\n\nid: 1-6\n"));
    ck_assert_uint_eq(site.counts.missed + site.counts.delivered, 9);
    push_end(&client, 0);
    stop();
}

TEST(a_long_event_is_one_chunk)
{
    static char text[PUSH_TEXT_MAX + 1];

    for (int old = 0; old < 2; old++) {
        struct push_client client;

        start();
        client = come(HERE);
        ask(&client,
            old ? "GET /events HTTP/1.0\r\n\r\n"
                : "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n",
            0);
        hear(&client, 0);
        memset(text, '<', PUSH_TEXT_MAX);
        publish("/publish", "first", 0);
        publish("/publish", text, 0);
        publish("/publish", "last", 0);
        hear(&client, 0);
        ck_assert_int_eq(step, PUSH_WAIT);
        ck_assert_uint_gt(heard_size, 6 * PUSH_TEXT_MAX);
        if (old) {
            ck_assert_str_eq(heard + heard_size - 9, "\"last\"}\n\n");
            ck_assert_ptr_nonnull(
                strstr(heard, "\"first\"}\n\nid: 1-2\ndata: {"));
        } else {
            ck_assert_str_eq(heard + heard_size - 11, "\"last\"}\n\n\r\n");
            ck_assert_ptr_nonnull(
                strstr(heard, "\"first\"}\n\n\r\n6026\r\nid: 1-2\n"));
        }
        push_stop(&client);
        ck_assert_str_eq(hear(&client, 0), old ? "" : "0\r\n\r\n");
        ck_assert_int_eq(step, PUSH_CLOSE);
        stop();
    }
}

TEST(a_room_of_any_size_gives_the_same_events)
{
    static char text[PUSH_TEXT_MAX + 1];
    static const size_t rooms[] = { PUSH_ROOM, PUSH_ROOM + 1, 5000, 16384,
        200000 };

    for (int i = 0; i < COUNT(rooms); i++) {
        struct push_client client;
        size_t found = 0;

        start();
        site.rules.history = 256;
        push_site_init(&site);
        client = come(HERE);
        get(&client, "/events?since=1-0", 0);
        for (size_t length = 1; length < 60; length++) {
            memset(text, 'x', sizeof(text));
            text[length * 60] = '\0';
            publish("/publish", text, 0);
        }
        hear_in(&client, 0, rooms[i]);
        for (const char *at = heard; (at = strstr(at, "id: 1-")) != NULL; at++)
            ck_assert_uint_eq(strtoul(at + 6, NULL, 10), ++found);
        ck_assert_uint_eq(found, 59);
        push_end(&client, 0);
        stop();
    }
}

TEST(without_beats_nothing_is_said)
{
    struct push_client client;

    start();
    site.rules.beat_ms = 0;
    client = come(HERE);
    get(&client, "/events", 0);
    hear(&client, 0);
    ck_assert(push_until(&client) == NEVER);
    ck_assert_str_eq(hear(&client, INT64_MAX / 2), "");
    push_end(&client, 0);
    stop();
}

/* --- WebSockets ----------------------------------------------------------- */

#define HANDSHAKE(path)                                                        \
    "GET " path " HTTP/1.1\r\nHost: localhost:8080\r\n"                        \
    "Upgrade: websocket\r\nConnection: Upgrade\r\n"                            \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

/* Open a WebSocket. */
static struct push_client
open_socket(const char *path, int64_t now_ms)
{
    struct push_client client = come(HERE);
    char bytes[512];

    snprintf(bytes, sizeof(bytes),
        HANDSHAKE("%s") "Sec-WebSocket-Version: 13\r\n\r\n", path);
    ask(&client, bytes, now_ms);
    ck_assert(push_is_websocket(&client));
    ck_assert_mem_eq(hear(&client, now_ms), SWITCHED, sizeof(SWITCHED) - 1);
    ck_assert_int_eq(step, PUSH_WAIT);
    return client;
}

/* What a client sends, masked by zeros. */
static char sent[MANY];
static size_t sent_size;

/* Send a frame. */
static void
send_frame(uint8_t first, const void *payload, size_t length)
{
    char *head = sent + sent_size;
    const size_t size = ws_head(head, WS_TEXT, length);

    head[0] = (char)first;
    head[1] = (char)(head[1] | (char)0x80);
    memset(head + size, 0, 4);
    if (length > 0)
        memcpy(head + size + 4, payload, length);
    sent_size += size + 4 + length;
}

/* Let a server take what was sent, and a client hear what comes of it. */
static const char *
talk(struct push_client *client, int64_t now_ms)
{
    static char all[MANY + 1];
    size_t at = 0, size = 0;
    enum push_taken taken;

    do {
        size_t used = 0;
        char *data = guard_copy(sent + at, sent_size - at);

        taken = push_receive(client, now_ms, data, sent_size - at, &used);
        if (used > sent_size - at ||
            (taken == PUSH_NEWS && push_news(client) != push_slot(client)))
            ck_abort_msg("an odd end of what was taken");
        at += used;
        hear(client, now_ms);
        memcpy(all + size, heard, heard_size);
        size += heard_size;
    } while (taken != PUSH_ALL && step != PUSH_CLOSE);
    sent_size = 0;
    memcpy(heard, all, size);
    heard[size] = '\0';
    heard_size = size;
    return heard;
}

static const struct {
    uint8_t first;
    const char *bytes;
    size_t length;
    const char *reply;
    size_t reply_length;
} replies[] = {
    { 0x81, LITERAL("Hello, world"),
        LITERAL("\x81\x20Your message was: 'Hello, world'") },
    { 0x81, LITERAL("it's \"x\""),
        LITERAL("\x81\x1dYour message was: 'it\\'s \"x\"'") },
    { 0x81, "", 0, LITERAL("\x81\x14Your message was: ''") },
    { 0x81, LITERAL("\xc3\xa9"),
        LITERAL("\x81\x16Your message was: '\xc3\xa9'") },
    { 0x82, LITERAL("\0a"), LITERAL("\x81\x1aYour message was: b'\\x00a'") },
};

TEST(a_websocket_replies_as_published, .times = COUNT(replies))
{
    struct push_client client;

    start();
    client = open_socket("/websocket", 0);
    ck_assert_str_eq(record, HERE " WebSocket /websocket");
    send_frame(replies[_i].first, replies[_i].bytes, replies[_i].length);
    talk(&client, 0);
    ck_assert_uint_eq(heard_size, replies[_i].reply_length);
    ck_assert_mem_eq(heard, replies[_i].reply, heard_size);
    send_frame(0x88, LITERAL("\x03\xe8"));
    ck_assert_str_eq(talk(&client, 0), "\x88\x02\x03\xe8");
    ck_assert_int_eq(step, PUSH_CLOSE);
    ck_assert_str_eq(record, HERE " closed 1000");
    ck_assert_uint_eq(site.counts.ws_closed[0], 1);
    ck_assert_str_eq(hear(&client, 0), "");
    ck_assert_int_eq(step, PUSH_CLOSE);
    stop();
}

TEST(an_echo_is_what_came)
{
    static char big[65536];
    struct push_client client;

    start();
    client = open_socket("/echo", 0);
    ck_assert_str_eq(record, HERE " WebSocket /echo");
    memset(big, 'e', sizeof(big));
    send_frame(0x02, "\0\xff", 2);
    send_frame(0x89, "ping", 4);
    send_frame(0x89, "pong", 4);
    send_frame(0x80, "x", 1);
    send_frame(0x81, "", 0);
    send_frame(0x8a, "", 0);
    send_frame(0x01, big, 30000);
    send_frame(0x00, big, 100);
    send_frame(0x00, big, 100);
    send_frame(0x80, big, 35336);
    talk(&client, 0);
    ck_assert_uint_eq(heard_size, 6 + 5 + 2 + 10 + 65536);
    check_begin(heard, LITERAL("\x82\x03\0\xffx\x8a\x04pong\x81\0\x81\x7f"
                               "\0\0\0\0\0\x01\0\0eee"));
    ck_assert_uint_eq(site.buffered, 0);
    send_frame(0x89, "", 0);
    talk(&client, 0);
    ck_assert_mem_eq(heard, "\x8a\0", 2);
    push_end(&client, 0);
    ck_assert_str_eq(record, HERE " closed 1006");
    stop();
}

static const struct {
    const char *path;
    const char *bytes;
    size_t size;
    int code;
} wrong[] = {
    { "/echo", LITERAL("\x81\x00"), 1002 },
    { "/echo", LITERAL("\x81\x81\0\0\0\0\xff"), 1007 },
    { "/echo", LITERAL("\x82\xff\0\0\0\0\0\x01\0\x01"), 1009 },
    { "/chat", LITERAL("\x82\x81\0\0\0\0x"), 1003 },
    { "/chat", LITERAL("\x02\x82\0\0\0\0x"), 1003 },
    { "/chat", LITERAL("\x81\x80\0\0\0\0"), 1008 },
    { "/chat", LITERAL("\x81\xfe\x10\x01"), 1009 },
    { "/echo", LITERAL("\x88\x80\0\0\0\0"), 1005 },
    { "/echo", LITERAL("\x88\x82\0\0\0\0\x13\x87"), 4999 },
};

TEST(a_websocket_is_closed_with_a_code, .times = COUNT(wrong))
{
    struct push_client client;
    char expected[64];

    start();
    client = open_socket(wrong[_i].path, 0);
    memcpy(sent, wrong[_i].bytes, wrong[_i].size);
    sent_size = wrong[_i].size;
    talk(&client, 0);
    ck_assert_int_eq(step, PUSH_CLOSE);
    if (wrong[_i].code == 1005) {
        ck_assert_uint_eq(heard_size, 2);
    } else {
        ck_assert_uint_eq(heard_size, 4);
        ck_assert_int_eq(
            (uint8_t)heard[2] << 8 | (uint8_t)heard[3], wrong[_i].code);
    }
    snprintf(expected, sizeof(expected), HERE " closed %d", wrong[_i].code);
    ck_assert_str_eq(record, expected);
    ck_assert_uint_eq(
        site.counts
            .ws_closed[wrong[_i].code < 1016 ? wrong[_i].code - 1000 : 16],
        1);
    stop();
}

TEST(a_handshake_is_refused)
{
    static const struct {
        const char *bytes;
        int status;
    } refused[] = {
        { HANDSHAKE("/echo") "\r\n", 426 },
        { HANDSHAKE("/echo") "Sec-WebSocket-Version: 13\r\n"
                             "Sec-WebSocket-Key: x\r\n\r\n",
            400 },
        { HANDSHAKE("/echo") "Sec-WebSocket-Version: 13\r\n"
                             "Origin: http://evil.example\r\n\r\n",
            403 },
        { HANDSHAKE("/chat?since=x") "Sec-WebSocket-Version: 13\r\n\r\n", 400 },
        { HANDSHAKE("/chat?channel=.") "Sec-WebSocket-Version: 13\r\n\r\n",
            400 },
    };

    start();
    for (int i = 0; i < COUNT(refused); i++) {
        struct push_client client = come(HERE);

        ask(&client, refused[i].bytes, 0);
        ck_assert(!push_is_websocket(&client));
        ck_assert_int_eq(status_of(&client), refused[i].status);
        ck_assert_str_eq(record, "");
    }
    stop();
}

TEST(a_chat_is_heard_by_all)
{
    struct push_client one, other;

    start();
    one = open_socket("/chat", 0);
    ck_assert_str_eq(record, HERE " WebSocket /chat main");
    other = open_socket("/chat", 0);
    ck_assert_uint_eq(site.counts.subscribers, 2);
    send_frame(0x81, "hi", 2);
    send_frame(0x81, "there", 5);
    ck_assert_str_eq(talk(&one, 0), "\x81\x18{\"id\":\"1-1\",\"text\":\"hi\"}"
                                    "\x81\x1b{\"id\":\"1-2\",\"text\":"
                                    "\"there\"}");
    ck_assert_str_eq(record, "main 1-2: 'there' to 2");
    hear(&other, 0);
    ck_assert_str_eq(heard, "\x81\x18{\"id\":\"1-1\",\"text\":\"hi\"}"
                            "\x81\x1b{\"id\":\"1-2\",\"text\":\"there\"}");
    push_end(&one, 0);
    push_end(&other, 0);
    ck_assert_uint_eq(site.counts.delivered, 4);
    ck_assert_uint_eq(site.counts.ws_closed[6], 2);
    stop();
}

TEST(a_chat_goes_on_where_it_was)
{
    struct push_client client;

    start();
    for (int i = 0; i < 6; i++)
        publish("/publish", "a", 0);
    client = open_socket("/chat?since=1-5", 0);
    ck_assert_str_eq(record, HERE " WebSocket /chat main since 1-5");
    ck_assert_str_eq(heard + sizeof(SWITCHED) - 1,
        "\x81\x17{\"id\":\"1-6\",\"text\":\"a\"}");
    push_end(&client, 0);
    client = open_socket("/chat?since=1-1", 0);
    check_begin(heard + sizeof(SWITCHED) - 1,
        LITERAL("\x81\x27{\"next\":\"1-2\",\"missed\":1,\"reset\":false}"
                "\x81\x17{\"id\":\"1-3\","));
    push_end(&client, 0);
    client = open_socket("/chat?since=9-9", 0);
    ck_assert_str_eq(heard + sizeof(SWITCHED) - 1,
        "\x81\x26{\"next\":\"1-6\",\"missed\":0,\"reset\":true}");
    push_end(&client, 0);
    stop();
}

TEST(a_chat_that_is_too_slow_is_closed)
{
    struct push_client client;

    start();
    client = open_socket("/chat", 0);
    for (int i = 0; i < 5; i++)
        publish("/publish", "a", 0);
    ck_assert_str_eq(hear(&client, 0), "\x88\x02\x03\xf5");
    ck_assert_int_eq(step, PUSH_CLOSE);
    ck_assert_str_eq(record, HERE " closed 1013");
    ck_assert_uint_eq(site.counts.cut_slow, 1);
    ck_assert_uint_eq(site.counts.missed, 1);
    stop();
}

TEST(a_frame_is_completed_when_the_ring_goes_on)
{
    static char text[PUSH_TEXT_MAX + 1];
    struct push_client client;
    char *buffer = guard_room(PUSH_ROOM);
    size_t length;

    start();
    client = open_socket("/chat", 0);
    memset(text, '<', PUSH_TEXT_MAX);
    publish("/publish", text, 0);
    ck_assert_int_eq(
        push_next(&client, 0, buffer, PUSH_ROOM, &length), PUSH_MORE);
    for (int i = 0; i < 5; i++)
        publish("/publish", "a", 0);
    while (push_next(&client, 0, buffer, PUSH_ROOM, &length) == PUSH_MORE)
        ck_assert_ptr_null(memmem(buffer, length, "1-6", 3));
    ck_assert_uint_ge(length, 4);
    ck_assert_mem_eq(buffer + length - 4, "\x88\x02\x03\xf5", 4);
    stop();
}

TEST(long_frames_of_a_chat_stay_whole)
{
    static char text[PUSH_TEXT_MAX + 1];
    struct push_client client;

    start();
    client = open_socket("/chat", 0);
    publish("/publish", "first", 0);
    memset(text, '<', PUSH_TEXT_MAX);
    publish("/publish", text, 0);
    publish("/publish", "last", 0);
    hear(&client, 0);
    ck_assert_int_eq(step, PUSH_WAIT);
    ck_assert_uint_eq(heard_size, 2 + 27 + 4 + 6 * PUSH_TEXT_MAX + 22 + 2 + 26);
    push_end(&client, 0);
    stop();
}

TEST(not_everybody_may_publish_in_a_chat)
{
    struct push_client client;

    start();
    site.rules.publish = PUSH_NONE;
    client = open_socket("/chat", 0);
    send_frame(0x81, "hi", 2);
    ck_assert_str_eq(talk(&client, 0), "\x88\x02\x03\xf0");
    ck_assert_uint_eq(site.counts.published, 0);
    stop();
}

TEST(silence_is_broken_by_a_ping)
{
    struct push_client client;

    start();
    client = open_socket("/echo", 0);
    ck_assert_int_eq(push_until(&client), 15000);
    ck_assert_str_eq(hear(&client, 14999), "");
    hear(&client, 15000);
    ck_assert_uint_eq(heard_size, 2);
    ck_assert_mem_eq(heard, "\x89\0", 2);
    ck_assert_int_eq(push_until(&client), 30000);
    send_frame(0x8a, "", 0);
    talk(&client, 20000);
    ck_assert_int_eq(push_until(&client), 35000);
    hear(&client, 36000);
    ck_assert_uint_eq(heard_size, 2);
    ck_assert_int_eq(push_until(&client), 51000);
    ck_assert_int_eq(
        push_receive(&client, 37000, sent, 0, &sent_size), PUSH_ALL);
    ck_assert_str_eq(hear(&client, 50999), "");
    ck_assert_int_eq(step, PUSH_WAIT);
    ck_assert_str_eq(hear(&client, 51000), "");
    ck_assert_int_eq(step, PUSH_CLOSE);
    ck_assert_str_eq(record, HERE " closed 1006");
    stop();
}

TEST(a_stop_closes_websockets)
{
    struct push_client one, other;
    size_t used;

    start();
    one = open_socket("/echo", 0);
    other = open_socket("/chat", 0);
    push_stop(&one);
    push_stop(&other);
    publish("/publish", "a", 0);
    ck_assert_str_eq(hear(&one, 0), "\x88\x02\x03\xe9");
    ck_assert_int_eq(step, PUSH_CLOSE);
    /* One that is being closed already says why. */
    one = open_socket("/echo", 0);
    ck_assert_int_eq(
        push_receive(&one, 0, guard_copy("\x80", 1), 1, &used), PUSH_REPLY);
    push_stop(&one);
    ck_assert_str_eq(hear(&one, 0), "\x88\x02\x03\xea");
    ck_assert_str_eq(hear(&other, 0), "\x81\x17{\"id\":\"1-1\",\"text\":\"a\"}"
                                      "\x88\x02\x03\xe9");
    stop();
}

TEST(stops_are_spread)
{
    int tenths[10] = { 0 };

    start();
    for (int i = 0; i < 1000; i++) {
        struct push_client client = come(HERE);
        const int64_t ms = push_stop_ms(&client, 10000);

        ck_assert(ms >= 0 && ms < 5000);
        tenths[ms / 500]++;
        ck_assert_int_eq(push_stop_ms(&client, 0), 0);
    }
    for (int i = 0; i < 10; i++)
        ck_assert_int_le(abs(tenths[i] - 100), 2);
    stop();
}

TEST(messages_in_work_are_limited_together)
{
    static char big[40000];
    struct push_client one, other;

    start();
    site.rules.max_buffered = 50000;
    one = open_socket("/echo", 0);
    other = open_socket("/echo", 0);
    send_frame(0x02, big, sizeof(big));
    ck_assert_str_eq(talk(&one, 0), "");
    ck_assert_uint_ge(site.buffered, sizeof(big));
    send_frame(0x82, big, 20000);
    ck_assert_str_eq(talk(&other, 0), "\x88\x02\x03\xf5");
    push_end(&one, 0);
    ck_assert_uint_eq(site.buffered, 0);
    /* A repr is longer than what it is of. */
    one = open_socket("/websocket", 0);
    send_frame(0x82, big, 20000);
    ck_assert_str_eq(talk(&one, 0), "\x88\x02\x03\xf5");
    stop();
}

/* --- Memory --------------------------------------------------------------- */

/* Ask with memory that is short at the n-th call; whether there was one. */
static bool
ask_short(struct push_client *client, const char *bytes, unsigned n)
{
    const size_t size = strlen(bytes);
    struct http_parser parser;
    struct http_request request;
    size_t used;

    http_init(&parser);
    http_take_posts(&parser);
    ck_assert_int_eq(
        http_parse(&parser, bytes, size, &request, &used), HTTP_REQUEST);
    scarce_call(n);
    push_begin(client, &request, 0, 0);
    return scarce_end();
}

TEST(without_memory_it_is_500, .times = 6)
{
    static const char *const requests[] = {
        "GET /poll HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "POST /publish HTTP/1.1\r\nHost: [::1]\r\nContent-Length: 1\r\n\r\na",
        HANDSHAKE("/echo") "Sec-WebSocket-Version: 13\r\n\r\n",
        HANDSHAKE("/chat") "Sec-WebSocket-Version: 13\r\n\r\n",
    };
    const char *request = requests[_i];
    unsigned n = 1;

    for (;; n++) {
        struct push_client client;

        start();
        client = come(HERE);
        if (!ask_short(&client, request, n)) {
            push_end(&client, 0);
            stop();
            break;
        }
        /* To trim a message is not necessary. */
        if (push_news(&client) < 0) {
            ck_assert_int_eq(status_of(&client), 500);
            ck_assert_int_eq(step, PUSH_CLOSE);
        }
        push_end(&client, 0);
        stop();
    }
    ck_assert_uint_gt(n, 1);
}

TEST(without_memory_for_what_was_not_sent_it_is_told)
{
    struct push_client client;
    bool kept, came;

    start();
    client = come(HERE);
    scarce_call(1);
    kept = push_keep(&client, "x", 1);
    came = scarce_end();
    ck_assert(came && !kept);
    push_end(&client, 0);
    stop();
}

TEST(without_memory_for_a_long_message_it_ends, .times = 3)
{
    static char text[PUSH_TEXT_MAX + 1];
    static const char *const paths[] = { "/poll", "/events", "/chat" };
    struct push_client client;
    bool came;

    start();
    memset(text, '<', PUSH_TEXT_MAX);
    if (_i == 2) {
        client = open_socket(paths[_i], 0);
    } else {
        client = come(HERE);
        get(&client, paths[_i], 0);
        hear(&client, 0);
    }
    publish("/publish", text, 0);
    scarce_call(1);
    hear(&client, 0);
    came = scarce_end();
    ck_assert(came);
    ck_assert_int_eq(step, PUSH_CLOSE);
    if (_i == 0)
        ck_assert_mem_eq(heard, "HTTP/1.1 500 ", 13);
    else
        ck_assert_str_eq(heard, _i == 1 ? "" : "\x88\x02\x03\xf3");
    stop();
}

TEST(without_memory_a_websocket_is_closed, .times = 3)
{
    static const char *const paths[] = { "/echo", "/websocket", "/chat" };

    for (unsigned n = 1;; n++) {
        struct push_client client;
        bool came;

        start();
        client = open_socket(paths[_i], 0);
        send_frame(0x81, "some text", 9);
        scarce_call(n);
        talk(&client, 0);
        came = scarce_end();
        if (came && site.counts.published == 0)
            ck_assert_str_eq(heard, "\x88\x02\x03\xf3");
        push_end(&client, 0);
        stop();
        if (!came)
            break;
    }
}

TEST(one_thread_needs_no_lock)
{
    struct push_client client;

    start();
    site.lock = site.unlock = NULL;
    client = come(HERE);
    post(&client, "/publish", "hi", 0);
    ck_assert_int_eq(status_of(&client), 200);
    site.say = NULL;
    get(&client, "/poll", 0);
    push_end(&client, 0);
    client = open_socket("/echo", 0);
    push_end(&client, 0);
    ck_assert_str_eq(record, "main 1-1: 'hi' to 0");
    ck_assert_uint_eq(locked, 0);
    stop();
}
