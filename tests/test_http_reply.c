#include "common/http_reply.h"

#include "tests/guard.h"

#include <check.h>
#include <stdio.h>
#include <time.h>

#define COUNT(array) ((int)(sizeof(array) / sizeof(*(array))))

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

START_TEST(a_head_is_written)
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
        "Connection: close\r\nX-Content-Type-Options: nosniff\r\n"
        "Retry-After: 1\r\n\r\n");
}
END_TEST

START_TEST(the_largest_head_fits)
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
END_TEST

static const int errors[] = { HTTP_UNENCODED, 400, 404, 405, 408, 412, 413, 414,
    431, 500, 501, 503, 505, 418, 0, -1 };

START_TEST(an_error_parses_back)
{
    const int status = _i == 0 ? 400 : _i < 13 ? errors[_i] : 500;

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
        ck_assert_ptr_nonnull(strstr(whole,
            open ? "Connection: keep-alive\r\n" : "Connection: close\r\n"));
        ck_assert_ptr_nonnull(
            strstr(whole, "X-Content-Type-Options: nosniff\r\n"));
        ck_assert_ptr_nonnull(
            strstr(whole, "\r\nContent-Type: text/plain; charset=utf-8\r\n"));
        ck_assert_ptr_nonnull(strstr(whole, "\r\nDate: Sun, "));
        ck_assert_int_eq(strstr(whole, "\r\nAllow: ") != NULL, status == 405);
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
END_TEST

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

START_TEST(the_answer_to_a_raw_target_says_what_to_do)
{
    ck_assert_str_eq(sentence_of(400), "The request is malformed.\n");
    ck_assert_str_eq(sentence_of(HTTP_UNENCODED),
        "Percent-encode the characters of the URL that are not ASCII.\n");
}
END_TEST

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

START_TEST(a_date_is_written)
{
    char *room = guard_room(HTTP_DATE_ROOM);

    http_date(room, dates[_i].seconds);
    ck_assert_str_eq(room, dates[_i].expected);
}
END_TEST

START_TEST(dates_are_those_of_the_library)
{
    char *room = guard_room(HTTP_DATE_ROOM), expected[64];

    /* Every 61 hours and some, through all years. */
    for (int64_t at = 0; at < 253402300800; at += 219607 * 17) {
        time_t time = (time_t)at;
        struct tm tm;

        gmtime_r(&time, &tm);
        strftime(expected, sizeof(expected), "%a, %d %b %Y %H:%M:%S GMT", &tm);
        http_date(room, at);
        if (strcmp(room, expected) != 0)
            ck_abort_msg("%s instead of %s", room, expected);
    }
}
END_TEST

START_TEST(a_chunk_has_its_size_before_it)
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
        { SIZE_MAX, "ffffffffffffffff\r\n" },
    };

    ck_assert_uint_eq(
        strlen(chunks[COUNT(chunks) - 1].expected), HTTP_CHUNK_ROOM);
    for (int i = 0; i < COUNT(chunks); i++) {
        const size_t length = strlen(chunks[i].expected);
        char *room = guard_room(length);

        ck_assert_uint_eq(http_chunk(room, chunks[i].length), length);
        ck_assert_int_eq(memcmp(room, chunks[i].expected, length), 0);
    }
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("http_reply");
    TCase *head = tcase_create("head");
    SRunner *runner;
    int failed;

    tcase_add_test(head, a_head_is_written);
    tcase_add_test(head, the_largest_head_fits);
    tcase_add_loop_test(head, an_error_parses_back, 0, COUNT(errors));
    tcase_add_test(head, the_answer_to_a_raw_target_says_what_to_do);
    tcase_add_loop_test(head, a_date_is_written, 0, COUNT(dates));
    tcase_add_test(head, dates_are_those_of_the_library);
    tcase_add_test(head, a_chunk_has_its_size_before_it);
    suite_add_tcase(suite, head);

    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
