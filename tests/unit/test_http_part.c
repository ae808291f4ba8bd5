#include "common/http_part.h"

#include "tests/unit/guard.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#define DATE "Sun, 06 Nov 1994 08:49:37 GMT"

static const struct http_resource resource = {
    .tag = "\"AD-100\"",
    .modified = DATE,
    .size = 100,
};

/* Fields, and how a resource of 100 bytes is answered to a GET with them. */
static const struct {
    const char *fields;
    int status;
    uint64_t from, length;
} cases[] = {
    { "", 200, 0, 100 },
    /* ranges */
    { "Range: bytes=0-0", 206, 0, 1 },
    { "Range: bytes=0-99", 206, 0, 100 },
    { "Range: bytes=0-", 206, 0, 100 },
    { "Range: bytes=99-", 206, 99, 1 },
    { "Range: bytes=99-99", 206, 99, 1 },
    { "Range: bytes=10-19", 206, 10, 10 },
    { "Range: bytes=010-019", 206, 10, 10 },
    { "Range: bytes=90-1000", 206, 90, 10 },
    { "Range: bytes=90-99999999999999999999", 206, 90, 10 },
    { "Range: bytes=-1", 206, 99, 1 },
    { "Range: bytes=-100", 206, 0, 100 },
    { "Range: bytes=-101", 206, 0, 100 },
    { "Range: bytes=-99999999999999999999", 206, 0, 100 },
    { "Range: bytes=100-", 416, 0, 0 },
    { "Range: bytes=100-200", 416, 0, 0 },
    { "Range: bytes=99999999999999999999-", 416, 0, 0 },
    { "Range: bytes=-0", 416, 0, 0 },
    { "Range: bytes=5-4", 200, 0, 100 },
    { "Range: bytes=0-9,20-29", 200, 0, 100 },
    { "Range: bytes=0-9,", 200, 0, 100 },
    { "Range: bytes=-9,", 200, 0, 100 },
    { "Range: bytes=-", 200, 0, 100 },
    { "Range: bytes=", 200, 0, 100 },
    { "Range: bytes", 200, 0, 100 },
    { "Range: bytes=5", 200, 0, 100 },
    { "Range: bytes=x-5", 200, 0, 100 },
    { "Range: bytes=5-x", 200, 0, 100 },
    { "Range: bytes=5x-6", 200, 0, 100 },
    { "Range: bytes= 5-6", 200, 0, 100 },
    { "Range: bytes=+5-6", 200, 0, 100 },
    { "Range: bytes=:-6", 200, 0, 100 },
    { "Range: bytes=/-6", 200, 0, 100 },
    { "Range: lines=0-9", 200, 0, 100 },
    { "Range:", 200, 0, 100 },
    { "Range: bytes=1-1\r\nRange: bytes=2-2", 206, 1, 1 },
    /* ranges of a resource that may have become another one */
    { "If-Range: \"AD-100\"\r\nRange: bytes=1-1", 206, 1, 1 },
    { "Range: bytes=1-1\r\nIf-Range: " DATE, 206, 1, 1 },
    { "If-Range: \"AD-101\"\r\nRange: bytes=1-1", 200, 0, 100 },
    { "If-Range: W/\"AD-100\"\r\nRange: bytes=1-1", 200, 0, 100 },
    { "If-Range: Sun, 06 Nov 1994 08:49:38 GMT\r\nRange: bytes=1-1", 200, 0,
        100 },
    { "If-Range: \"AD-101\"\r\nRange: bytes=500-", 200, 0, 100 },
    { "If-Range: \"AD-100\"", 200, 0, 100 },
    /* conditions */
    { "If-None-Match: \"AD-100\"", 304, 0, 0 },
    { "If-None-Match: W/\"AD-100\"", 304, 0, 0 },
    { "If-None-Match: *", 304, 0, 0 },
    { "If-None-Match: \"x\", \"AD-100\"", 304, 0, 0 },
    { "If-None-Match: \"x,\" , W/\"y\",\"AD-100\",\"z\"", 304, 0, 0 },
    { "If-None-Match: \"x\"\r\nIf-None-Match: \"AD-100\"", 304, 0, 0 },
    { "If-None-Match: \"AD-10\"", 200, 0, 100 },
    { "If-None-Match: \"AD-1000\"", 200, 0, 100 },
    { "If-None-Match: \"AD-101\"", 200, 0, 100 },
    { "If-None-Match:", 200, 0, 100 },
    { "If-None-Match: \"\"", 200, 0, 100 },
    { "If-None-Match: \"AD-100\"\r\nRange: bytes=0-1", 304, 0, 0 },
    { "If-None-Match: \"x\"\r\nRange: bytes=0-1", 206, 0, 2 },
    { "If-None-Match: \"x\"\r\nIf-Modified-Since: " DATE, 200, 0, 100 },
    { "If-Modified-Since: " DATE, 304, 0, 0 },
    { "If-Modified-Since: Sun, 06 Nov 1994 08:49:38 GMT", 200, 0, 100 },
    { "If-Modified-Since: now", 200, 0, 100 },
    { "If-Match: \"AD-100\"", 200, 0, 100 },
    { "If-Match: \"x\", \"AD-100\"", 200, 0, 100 },
    { "If-Match: *", 200, 0, 100 },
    { "If-Match: W/\"AD-100\"", 412, 0, 0 },
    { "If-Match: W/\"AD-100\", \"AD-100\"", 200, 0, 100 },
    { "If-Match: \"AD-101\"", 412, 0, 0 },
    { "If-Match:", 412, 0, 0 },
    { "If-Match: \"x\"\r\nIf-None-Match: *", 412, 0, 0 },
    { "If-Match: \"AD-100\"\r\nIf-None-Match: *", 304, 0, 0 },
    { "If-Match: \"x\"\r\nRange: bytes=0-1", 412, 0, 0 },
};

/* How a request with these fields is answered. */
static int
answer(const char *method, const char *fields,
    const struct http_resource *asked, struct http_part *part)
{
    struct http_request request;
    struct http_parser parser;
    char text[400];
    size_t used;
    const int length = sprintf(text, "%s / HTTP/1.1\r\nHost: a\r\n%s%s\r\n",
        method, fields, *fields == '\0' ? "" : "\r\n");

    http_init(&parser);
    ck_assert_int_eq(http_parse(&parser, guard_copy(text, (size_t)length),
                         (size_t)length, &request, &used),
        HTTP_REQUEST);
    return http_part(&request, asked, part);
}

TEST(fields_say_what_is_answered, .times = COUNT(cases))
{
    struct http_part part;

    ck_assert_int_eq(
        answer("GET", cases[_i].fields, &resource, &part), cases[_i].status);
    if (cases[_i].length > 0) {
        ck_assert_uint_eq(part.from, cases[_i].from);
        ck_assert_uint_eq(part.length, cases[_i].length);
    }
}

TEST(for_the_head_alone_ranges_do_not_count, .times = COUNT(cases))
{
    struct http_part part;
    const int status = answer("HEAD", cases[_i].fields, &resource, &part);

    if (cases[_i].status == 206 || cases[_i].status == 416)
        ck_assert_int_eq(status, 200);
    else
        ck_assert_int_eq(status, cases[_i].status);
    ck_assert_uint_eq(part.length, 100);
}

TEST(of_nothing_there_is_no_part)
{
    static const struct http_resource empty = { "\"e\"", DATE, 0 };
    struct http_part part;

    ck_assert_int_eq(answer("GET", "", &empty, &part), 200);
    ck_assert_uint_eq(part.length, 0);
    ck_assert_int_eq(answer("GET", "Range: bytes=0-", &empty, &part), 416);
    ck_assert_int_eq(answer("GET", "Range: bytes=-5", &empty, &part), 416);
}
