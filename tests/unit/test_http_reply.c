#include "common/http_reply.h"

#include "tests/unit/guard.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* A head is written as expected in just the room that it needs. */
static void
check_head(const struct http_head *head, const char *expected)
{
    const size_t length = strlen(expected);
    char *room = guard_room(length);

    ck_assert_uint_eq(http_head(room, length, head), length);
    ck_assert_mem_eq(room, expected, length);
    for (size_t size = 0; size < length; size++)
        if (http_head(guard_room(size), size, head) != 0)
            ck_abort_msg("a head of %zu bytes fitted in %zu", length, size);
}

TEST(a_head_is_written)
{
    check_head(
        &(struct http_head) { .status = 200, .length = 3, .keep_alive = true },
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: keep-alive\r\n"
        "X-Content-Type-Options: nosniff\r\n\r\n");
    check_head(
        &(struct http_head) {
            .status = 200,
            .length = HTTP_CHUNKED,
            .type = "text/html; charset=utf-8",
            .policy = "default-src 'none'",
            .date = "Sun, 06 Nov 1994 08:49:37 GMT",
            .fields = "Cache-Control: no-store\r\nVary: Accept\r\n",
        },
        "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
        "Content-Type: text/html; charset=utf-8\r\n"
        "Transfer-Encoding: chunked\r\nConnection: close\r\n"
        "Content-Security-Policy: default-src 'none'\r\n"
        "X-Content-Type-Options: nosniff\r\n"
        "Cache-Control: no-store\r\nVary: Accept\r\n\r\n");
    check_head(
        &(struct http_head) {
            .status = 200, .length = HTTP_TO_CLOSE, .keep_alive = true },
        "HTTP/1.1 200 OK\r\nConnection: close\r\n"
        "X-Content-Type-Options: nosniff\r\n\r\n");
    check_head(
        &(struct http_head) {
            .status = 304,
            .length = HTTP_NO_BODY,
            .keep_alive = true,
            .fields = "Cache-Control: no-cache\r\n",
        },
        "HTTP/1.1 304 Not Modified\r\nConnection: keep-alive\r\n"
        "X-Content-Type-Options: nosniff\r\n"
        "Cache-Control: no-cache\r\n\r\n");
    check_head(&(struct http_head) { .status = 405, .length = 0 },
        "HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n"
        "Connection: close\r\nX-Content-Type-Options: nosniff\r\n"
        "Allow: GET, HEAD\r\n\r\n");
    check_head(&(struct http_head) { .status = 503, .length = 0 },
        "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n"
        "Connection: close\r\nX-Content-Type-Options: nosniff\r\n\r\n");
}

TEST(the_largest_head_fits)
{
    char type[301], fields[302 - sizeof(HTTP_POLICY)];
    struct http_head head = {
        .status = 431,
        .length = INT64_MAX,
        .keep_alive = true,
        .type = type,
        .policy = HTTP_POLICY,
        .date = "Sun, 06 Nov 1994 08:49:37 GMT",
        .fields = fields,
    };

    memset(type, 'x', sizeof(type));
    type[sizeof(type) - 1] = '\0';
    memset(fields, 'x', sizeof(fields));
    fields[sizeof(fields) - 1] = '\0';
    ck_assert_uint_eq(strlen(type) + strlen(HTTP_POLICY) + strlen(fields), 600);
    ck_assert_uint_gt(
        http_head(guard_room(HTTP_HEAD_MAX), HTTP_HEAD_MAX, &head), 600);
    head.status = 405;
    ck_assert_uint_gt(
        http_head(guard_room(HTTP_HEAD_MAX), HTTP_HEAD_MAX, &head), 600);
}

static const int errors[] = { HTTP_UNENCODED, HTTP_WRONG_VALUE, HTTP_POST_ONLY,
    400, 403, 404, 405, 408, 411, 412, 413, 414, 416, 417, 418, 426, 429, 431,
    500, 501, 502, 503, 504, 505, 499, 0, -1 };
#define KNOWN 24

TEST(an_error_parses_back, .times = COUNT(errors))
{
    const int status = _i < KNOWN ? abs(errors[_i]) % 1000 : 500;

    for (int open = 0; open < 2; open++) {
        char *room = guard_room(HTTP_ERROR_MAX), line[64], number[64];
        char whole[HTTP_ERROR_MAX + 1], *body;
        size_t length = http_error(room, HTTP_ERROR_MAX, errors[_i], HTTP_GET,
            open, "Sun, 06 Nov 1994 08:49:37 GMT");

        ck_assert_uint_gt(length, 0);
        memcpy(whole, room, length);
        whole[length] = '\0';
        sprintf(line, "HTTP/1.1 %d %s\r\n", status, http_reason(status));
        ck_assert_ptr_eq(strstr(whole, line), whole);
        body = strstr(whole, "\r\n\r\n") + 4;
        ck_assert_uint_gt(strlen(body), 1);
        ck_assert_int_eq(whole[length - 1], '\n');
        sprintf(number, "Content-Length: %zu\r\n", strlen(body));
        ck_assert_ptr_nonnull(strstr(whole, number));
        sprintf(line, "Connection: %s%s\r\n", status == 426 ? "Upgrade, " : "",
            open ? "keep-alive" : "close");
        ck_assert_ptr_nonnull(strstr(whole, line));
        ck_assert_ptr_nonnull(
            strstr(whole, "X-Content-Type-Options: nosniff\r\n"));
        ck_assert_ptr_nonnull(
            strstr(whole, "\r\nContent-Type: text/plain; charset=utf-8\r\n"));
        ck_assert_ptr_nonnull(strstr(whole, "\r\nDate: Sun, "));
        ck_assert_int_eq(strstr(whole, "\r\nAllow: ") != NULL, status == 405);
        ck_assert_int_eq(strstr(whole, "\r\nAllow: POST\r\n") != NULL,
            errors[_i] == HTTP_POST_ONLY);
        ck_assert_int_eq(
            strstr(whole, "\r\nSec-WebSocket-Version: 13\r\n") != NULL,
            status == 426);
        ck_assert_int_eq(
            strstr(whole, "\r\nRetry-After: ") != NULL, status == 503);

        /* A HEAD request gets the same without the body. */
        *body = '\0';
        ck_assert_uint_eq(http_error(room, HTTP_ERROR_MAX, errors[_i],
                              HTTP_HEAD, open, "Sun, 06 Nov 1994 08:49:37 GMT"),
            strlen(whole));
        ck_assert_mem_eq(room, whole, strlen(whole));
        for (size_t size = 0; size < length; size++)
            if (http_error(guard_room(size), size, errors[_i], HTTP_GET, open,
                    "Sun, 06 Nov 1994 08:49:37 GMT") != 0)
                ck_abort_msg("%zu bytes fitted in %zu", length, size);
    }
}

/* What follows the head of an error. */
static const char *
sentence_of(int status)
{
    char *room = guard_room(HTTP_ERROR_MAX);
    const size_t length =
        http_error(room, HTTP_ERROR_MAX, status, HTTP_GET, false, NULL);
    const char *body = memmem(room, length, "\r\n\r\n", 4);
    static char text[HTTP_ERROR_MAX];

    ck_assert_ptr_nonnull(body);
    snprintf(
        text, sizeof(text), "%.*s", (int)(room + length - body) - 4, body + 4);
    return text;
}

TEST(the_answers_to_bad_requests_say_why)
{
    ck_assert_str_eq(sentence_of(400), "The request is malformed.\n");
    ck_assert_str_eq(sentence_of(HTTP_UNENCODED),
        "Percent-encode the characters of the URL that are not ASCII.\n");
    ck_assert_str_eq(sentence_of(HTTP_WRONG_VALUE),
        "A parameter of the URL has a value that it does not take.\n");
}

static const struct {
    int64_t seconds;
    const char *expected;
} dates[] = {
    { 0, "Thu, 01 Jan 1970 00:00:00 GMT" },
    { 86399, "Thu, 01 Jan 1970 23:59:59 GMT" },
    { 86400, "Fri, 02 Jan 1970 00:00:00 GMT" },
    { 784111777, "Sun, 06 Nov 1994 08:49:37 GMT" },
    { 951782400, "Tue, 29 Feb 2000 00:00:00 GMT" },
    { 951868800, "Wed, 01 Mar 2000 00:00:00 GMT" },
    { 1704067199, "Sun, 31 Dec 2023 23:59:59 GMT" },
    { 4107542400, "Mon, 01 Mar 2100 00:00:00 GMT" },
    { 253402300799, "Fri, 31 Dec 9999 23:59:59 GMT" },
};

TEST(a_date_is_written, .times = COUNT(dates))
{
    char *room = guard_room(HTTP_DATE_ROOM);

    http_date(room, dates[_i].seconds);
    ck_assert_str_eq(room, dates[_i].expected);
}

TEST(dates_are_those_of_the_library)
{
    char *room = guard_room(HTTP_DATE_ROOM), expected[64];

    /* Every 43 days and some, through all years that a time_t has. */
    for (int64_t at = 0; at < 253402300800; at += 219607 * 17) {
        time_t time = (time_t)at;
        struct tm tm;

        if (time != at)
            break;
        gmtime_r(&time, &tm);
        strftime(expected, sizeof(expected), "%a, %d %b %Y %H:%M:%S GMT", &tm);
        http_date(room, at);
        if (strcmp(room, expected) != 0)
            ck_abort_msg("%s instead of %s", room, expected);
    }
}

TEST(a_chunk_has_its_size_before_it)
{
    static const struct {
        size_t length;
        const char *expected;
    } chunks[] = {
        { 0, "" },
        { 1, "1\r\n" },
        { 15, "f\r\n" },
        { 16, "10\r\n" },
        { 65536, "10000\r\n" },
        { 0xabcdef, "abcdef\r\n" },
        { SIZE_MAX,
            sizeof(size_t) == 8 ? "ffffffffffffffff\r\n" : "ffffffff\r\n" },
    };

    ck_assert_uint_le(
        strlen(chunks[COUNT(chunks) - 1].expected), HTTP_CHUNK_ROOM);
    for (int i = 0; i < COUNT(chunks); i++) {
        const size_t length = strlen(chunks[i].expected);
        char *room = guard_room(length);

        ck_assert_uint_eq(http_chunk(room, chunks[i].length), length);
        ck_assert_int_eq(memcmp(room, chunks[i].expected, length), 0);
    }
}

/* --- An answer, piece by piece ------------------------------------------- */

/* More than the longest answer that a test gets, chunks included. */
#define WHOLE_MAX 200000

/* The longest body. It is more than one chunk may have. */
#define BODY_MAX 70000

/* 1994-11-06 08:49:37 UTC. */
#define NOW  784111777

#define DATE "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"

/* A body that a function writes. */
struct writer {
    size_t at, end;
    size_t most;    /* bytes of a piece; 0: as many as fit */
    bool ends_late; /* its end is a piece of its own, without a byte */
};

/* The byte of a body at some place. */
static char
byte_at(size_t at)
{
    return (char)('a' + at % 23);
}

/* Write the next bytes of a body. */
static size_t
write_next(void *argument, char *buffer, size_t size, bool *last)
{
    struct writer *writer = argument;
    size_t length = writer->end - writer->at;

    ck_assert(!*last);
    ck_assert_uint_ge(size, 1);
    *last = length == 0 || !writer->ends_late;
    if (writer->most > 0 && length > writer->most)
        length = writer->most;
    if (length > size)
        length = size;
    for (size_t i = 0; i < length; i++)
        buffer[i] = byte_at(writer->at++);
    *last = *last && writer->at == writer->end;
    return length;
}

/* What is answered, to whom, and what comes: a head, then a body. */
struct reply_case {
    enum { ERROR, EMPTY, TEXT, BODY, SIZED } kind;
    enum http_method method;
    int minor;
    bool keep_alive; /* what is asked for */
    int status;
    size_t length; /* of the body */
    const char *head;
    const char *body; /* NULL: length bytes, unless method is HTTP_HEAD */
    bool open;        /* what comes of keep_alive */
};

#define FIELDS "X-Content-Type-Options: nosniff\r\nServer: x\r\n\r\n"
#define OK     "HTTP/1.1 200 OK\r\n" DATE "Content-Type: text/x\r\n"
#define OPEN   "Connection: keep-alive\r\n" FIELDS
#define CLOSE  "Connection: close\r\n" FIELDS

static const struct reply_case replies[] = {
    { ERROR, HTTP_GET, 1, true, 404, 0,
        "HTTP/1.1 404 Not Found\r\n" DATE
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Content-Length: 23\r\nConnection: keep-alive\r\n"
        "X-Content-Type-Options: nosniff\r\n\r\n",
        "There is nothing here.\n", true },
    { ERROR, HTTP_HEAD, 1, false, 408, 0,
        "HTTP/1.1 408 Request Timeout\r\n" DATE
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Content-Length: 27\r\nConnection: close\r\n"
        "X-Content-Type-Options: nosniff\r\n\r\n",
        "", false },
    { ERROR, HTTP_GET, 1, true, 500, 0,
        "HTTP/1.1 500 Internal Server Error\r\n" DATE
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Content-Length: 19\r\nConnection: close\r\n"
        "X-Content-Type-Options: nosniff\r\n\r\n",
        "The server failed.\n", false },
    { EMPTY, HTTP_GET, 1, true, 304, 9,
        "HTTP/1.1 304 Not Modified\r\n" DATE "Content-Type: text/x\r\n" OPEN,
        "", true },
    { EMPTY, HTTP_HEAD, 0, false, 304, 9,
        "HTTP/1.1 304 Not Modified\r\n" DATE "Content-Type: text/x\r\n" CLOSE,
        "", false },
    { TEXT, HTTP_GET, 1, true, 200, 0, OK "Content-Length: 0\r\n" OPEN, NULL,
        true },
    { TEXT, HTTP_GET, 1, true, 200, 7, OK "Content-Length: 7\r\n" OPEN, NULL,
        true },
    { TEXT, HTTP_HEAD, 1, true, 200, 7, OK "Content-Length: 7\r\n" OPEN, NULL,
        true },
    { TEXT, HTTP_GET, 0, false, 200, BODY_MAX,
        OK "Content-Length: 70000\r\n" CLOSE, NULL, false },
    { BODY, HTTP_GET, 1, true, 200, 0, OK "Transfer-Encoding: chunked\r\n" OPEN,
        NULL, true },
    { BODY, HTTP_GET, 1, true, 200, 1, OK "Transfer-Encoding: chunked\r\n" OPEN,
        NULL, true },
    { BODY, HTTP_GET, 1, false, 200, 4000,
        OK "Transfer-Encoding: chunked\r\n" CLOSE, NULL, false },
    { BODY, HTTP_GET, 1, true, 200, BODY_MAX,
        OK "Transfer-Encoding: chunked\r\n" OPEN, NULL, true },
    { BODY, HTTP_HEAD, 1, true, 200, BODY_MAX,
        OK "Transfer-Encoding: chunked\r\n" OPEN, NULL, true },
    { BODY, HTTP_GET, 0, true, 200, BODY_MAX, OK CLOSE, NULL, false },
    { BODY, HTTP_HEAD, 0, true, 200, 1, OK CLOSE, NULL, false },
    { BODY, HTTP_GET, 0, false, 200, 0, OK CLOSE, NULL, false },
    { SIZED, HTTP_GET, 1, true, 200, 0, OK "Content-Length: 0\r\n" OPEN, NULL,
        true },
    { SIZED, HTTP_GET, 1, true, 200, BODY_MAX,
        OK "Content-Length: 70000\r\n" OPEN, NULL, true },
    { SIZED, HTTP_HEAD, 1, true, 200, BODY_MAX,
        OK "Content-Length: 70000\r\n" OPEN, NULL, true },
    { SIZED, HTTP_GET, 0, true, 200, 8, OK "Content-Length: 8\r\n" OPEN, NULL,
        true },
};

static char body_text[BODY_MAX];

/* Begin an answer as a case wants it. */
static void
begin_reply(struct http_reply *reply, const struct reply_case *wanted,
    struct writer *writer)
{
    const struct http_request request = {
        .method = wanted->method,
        .minor = wanted->minor,
        .keep_alive = wanted->keep_alive,
        .status = wanted->kind == ERROR ? wanted->status : 200,
    };
    const struct http_head head = {
        .status = wanted->status,
        .length = 99, /* none of these three counts */
        .keep_alive = !wanted->keep_alive,
        .date = "never",
        .type = "text/x",
        .fields = "Server: x\r\n",
    };

    for (size_t i = 0; i < BODY_MAX; i++)
        body_text[i] = byte_at(i);
    writer->at = 0;
    writer->end = wanted->length;
    http_reply_begin(reply, &request, NOW);
    switch (wanted->kind) {
    case EMPTY:
        http_reply_empty(reply, &head);
        break;
    case TEXT:
        http_reply_text(reply, &head, body_text, wanted->length);
        break;
    case BODY:
        http_reply_body(reply, &head, write_next, writer);
        break;
    case SIZED:
        http_reply_sized(
            reply, &head, (int64_t)wanted->length, write_next, writer);
        break;
    case ERROR:
    default:
        break;
    }
}

/* Take the frames of chunks off, in place; the size of what is left. Only what
 * a strict client takes is taken. */
static size_t
dechunk(char *body, size_t size)
{
    char *from = body, *to = body;
    size_t length;

    do {
        char *after;

        length = strtoul(from, &after, 16);
        ck_assert(after > from && after - from <= 4);
        ck_assert((*from == '0') == (length == 0));
        ck_assert_mem_eq(after, "\r\n", 2);
        from = after + 2;
        ck_assert_uint_ge((size_t)(body + size - from), length + 2);
        memmove(to, from, length);
        ck_assert_mem_eq(from + length, "\r\n", 2);
        from += length + 2;
        to += length;
    } while (length > 0);
    ck_assert_ptr_eq(from, body + size);
    return (size_t)(to - body);
}

/* Write a whole answer into whole by buffers of this size that end at the
 * guard; its length. */
static size_t
write_reply(struct http_reply *reply, size_t size, char *whole)
{
    size_t used = 0, length;

    do {
        char *room = guard_room(size);

        length = http_reply_next(reply, room, size);
        ck_assert_uint_le(length, size);
        ck_assert_uint_lt(used + length, WHOLE_MAX);
        memcpy(whole + used, room, length);
        used += length;
    } while (length > 0);
    return used;
}

/* An answer by buffers of this size is what the case says. */
static void
check_reply(const struct reply_case *wanted, struct writer *writer, size_t size)
{
    static char whole[WHOLE_MAX];
    const size_t head = strlen(wanted->head);
    const char *body = body_text;
    size_t length = wanted->length, used;
    struct http_reply reply;

    begin_reply(&reply, wanted, writer);
    used = write_reply(&reply, size, whole);
    ck_assert(reply.keep_alive == wanted->open);
    ck_assert_uint_ge(used, head);
    ck_assert_mem_eq(whole, wanted->head, head);
    used -= head;
    if (wanted->body != NULL) {
        body = wanted->body;
        length = strlen(body);
    } else if (wanted->method == HTTP_HEAD) {
        length = 0;
        ck_assert_uint_eq(writer->at, 0);
    } else if (strstr(wanted->head, "chunked") != NULL) {
        used = dechunk(whole + head, used);
    }
    ck_assert_uint_eq(used, length);
    ck_assert_int_eq(memcmp(whole + head, body, length), 0);
}

TEST(every_buffer_gives_the_same_answer, .times = COUNT(replies))
{
    static const size_t larger[] = { 4096, 16384, 65535, 65536, 66000, 80000 };

    for (size_t i = 0; i < 100 + (size_t)COUNT(larger); i++) {
        const size_t size =
            i < 100 ? HTTP_REPLY_FRAME + 1 + i : larger[i - 100];
        struct writer writer = { 0 };

        check_reply(&replies[_i], &writer, size);
    }
}

TEST(a_body_may_come_in_any_pieces, .times = COUNT(replies))
{
    static const size_t most[] = { 1, 15, 16, 17, 255, 256, 4095, 4096 };

    for (int i = 0; i < COUNT(most) * 2; i++) {
        struct writer writer = {
            .most = most[i / 2] + replies[_i].length / 4000,
            .ends_late = i % 2,
        };

        check_reply(&replies[_i], &writer, 16384);
    }
}

TEST(a_small_answer_is_one_piece, .times = COUNT(replies))
{
    struct writer writer = { 0 };
    struct http_reply reply;

    if (replies[_i].length > 4000)
        return;
    begin_reply(&reply, &replies[_i], &writer);
    ck_assert_uint_gt(http_reply_next(&reply, guard_room(16384), 16384), 0);
    ck_assert_uint_eq(http_reply_next(&reply, guard_room(16384), 16384), 0);
}

TEST(nothing_comes_after_the_end, .times = COUNT(replies))
{
    struct writer writer = { 0 };
    struct http_reply reply = { 0 };

    ck_assert_uint_eq(http_reply_next(&reply, guard_room(2048), 2048), 0);
    for (int taken = 0; taken < 3; taken++) {
        begin_reply(&reply, &replies[_i], &writer);
        for (int i = 0; i < taken; i++)
            http_reply_next(&reply, guard_room(2048), 2048);
        http_reply_end(&reply);
        ck_assert_uint_eq(http_reply_next(&reply, guard_room(2048), 2048), 0);
        ck_assert(reply.keep_alive == replies[_i].open);
    }
}

TEST(an_error_found_later_overrules)
{
    const struct http_request request = {
        .method = HTTP_GET, .minor = 1, .keep_alive = true, .status = 200
    };
    static char whole[WHOLE_MAX];

    for (int status = 404; status <= 500; status += 96) {
        struct http_reply reply;

        http_reply_begin(&reply, &request, NOW);
        http_reply_error(&reply, status);
        ck_assert_uint_gt(write_reply(&reply, 2048, whole), 0);
        ck_assert_int_eq(atoi(whole + strlen("HTTP/1.1 ")), status);
        ck_assert(reply.keep_alive == (status != 500));
    }
}
