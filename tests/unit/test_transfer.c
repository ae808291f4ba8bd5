#include "common/transfer.h"

#include "common/deadline.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>

/* A time of day: Sun, 06 Nov 1994 08:49:37 GMT, RFC 9110's example. */
#define WALL INT64_C(784111777)

static struct transfer_rules rules;
static struct transfer t;
static int64_t now;

/* Begin with the flag of Andorra and these rules. */
static void
begin_with(unsigned retries, bool names)
{
    static const char base[] = "http://localhost:8001/flags";

    rules = (struct transfer_rules) {
        .suffix = "gif",
        .names = names,
        .retries = retries,
        .timeout_ms = 30000,
        .max_bytes = 100000,
        .seed = 1,
    };
    ck_assert_int_eq(url_parse(&rules.base, base, strlen(base)), URL_OK);
    transfer_start(&t, &rules, "AD");
    ck_assert_int_eq(t.step, TRANSFER_ASK);
    now = 5000;
    transfer_begin(&t, now);
}

static void
begin(void)
{
    begin_with(0, false);
}

static void
begin_with_retries(void)
{
    begin_with(3, false);
}

static void
begin_with_names(void)
{
    begin_with(1, true);
}

/* Give a field of the next answer a value, or none. */
static void
set_field(const char *name, const char *value)
{
    for (size_t i = 0; i < TRANSFER_FIELDS; i++)
        if (strcmp(t.fields[i].name, name) == 0)
            t.fields[i].value = (struct http_slice) { value,
                value == NULL ? 0 : strlen(value) };
}

/* A head with this status and length of the body. */
static enum transfer_use
head(int status, int64_t length)
{
    const struct http_response response = {
        .status = status,
        .reason = { "Reason", 6 },
        .length = length,
    };

    return transfer_head(&t, &response, WALL);
}

/* A piece of the body. */
static enum transfer_use
body(const char *text)
{
    return transfer_body(&t, (struct http_slice) { text, strlen(text) });
}

/* A whole answer without a body, and the step that it leads to. */
static enum transfer_step
answer(int status)
{
    head(status, 0);
    return transfer_end(&t, now);
}

/* Check that it is done, and what is told. */
static void
check_error(const char *text)
{
    ck_assert_int_eq(t.step, TRANSFER_DONE);
    ck_assert_int_eq(t.kind, TRANSFER_ERROR);
    ck_assert_str_eq(t.text, text);
}

EACH_TEST(.before = begin);

TEST(a_flag_is_asked_for_kept_and_saved)
{
    ck_assert_int_eq(t.kind, TRANSFER_UNASKED);
    ck_assert_str_eq(t.url.target, "/flags/ad/ad.gif");
    ck_assert_int_eq(head(200, 6), TRANSFER_KEEP);
    ck_assert_int_eq(body("GIF"), TRANSFER_KEEP);
    ck_assert_int_eq(body("89a"), TRANSFER_KEEP);
    ck_assert_int_eq(transfer_end(&t, now), TRANSFER_SAVE);
    ck_assert_str_eq(t.name, "ad.gif");
    ck_assert_int_eq(transfer_saved(&t, 0, now + 500), TRANSFER_DONE);
    ck_assert_int_eq(t.kind, TRANSFER_OK);
    ck_assert_int_eq(t.bytes, 6);
    ck_assert_int_eq(t.status, 200);
    ck_assert_uint_eq(t.tries, 1);
    ck_assert_int_eq(t.took_ms, 500);
    ck_assert(!t.fatal);
}

TEST(a_request_is_the_published_one)
{
    char text[TRANSFER_REQUEST_MAX];
    size_t length = transfer_request(&t, text);

    ck_assert_str_eq(text, "GET /flags/ad/ad.gif HTTP/1.1\r\n"
                           "Host: localhost:8001\r\n"
                           "User-Agent: flags/" VERSION "\r\n"
                           "Accept: */*\r\n"
                           "Accept-Encoding: identity\r\n"
                           "\r\n");
    ck_assert_uint_eq(length, strlen(text));
}

TEST(the_longest_request_fits)
{
    char text[TRANSFER_REQUEST_MAX];

    memset(t.url.host, ':', URL_HOST_MAX - 1);
    memset(t.url.target, 'x', URL_TARGET_MAX - 1);
    t.url.port = UINT16_MAX;
    ck_assert_uint_lt(transfer_request(&t, text), sizeof(text));
}

/* Bases, and the targets below them. */
static const struct {
    const char *base, *target;
} bases[] = {
    { "http://a", "/ad/ad.png" },
    { "http://a/", "/ad/ad.png" },
    { "http://a/b", "/b/ad/ad.png" },
    { "http://a/b/", "/b/ad/ad.png" },
};

TEST(a_flag_is_below_its_base, .times = COUNT(bases))
{
    ck_assert_int_eq(
        url_parse(&rules.base, bases[_i].base, strlen(bases[_i].base)), URL_OK);
    rules.suffix = "png";
    transfer_start(&t, &rules, "AD");
    ck_assert_str_eq(t.url.target, bases[_i].target);
    ck_assert_str_eq(t.name, "ad.png");
}

TEST(the_longest_base_fits)
{
    memset(rules.base.target, 'x', TRANSFER_BASE_MAX);
    rules.base.target[0] = '/';
    rules.base.target[TRANSFER_BASE_MAX] = '\0';
    rules.names = true;
    transfer_start(&t, &rules, "AD");
    ck_assert_str_eq(t.url.target + TRANSFER_BASE_MAX, "/ad/ad.gif");
    answer(200);
    ck_assert_str_eq(t.url.target + TRANSFER_BASE_MAX, "/ad/metadata.json");
}

TEST(what_is_not_found_is_no_error)
{
    ck_assert_int_eq(head(404, 9), TRANSFER_DROP);
    ck_assert_int_eq(body("not found"), TRANSFER_DROP);
    ck_assert_int_eq(transfer_end(&t, now), TRANSFER_DONE);
    ck_assert_int_eq(t.kind, TRANSFER_NOT_FOUND);
    ck_assert_int_eq(t.status, 404);
}

/* Statuses that are errors. */
static const int errors[] = { 201, 204, 206, 300, 304, 305, 306, 400, 403, 405,
    408, 410, 418, 429, 500, 501, 502, 503, 504, 505, 600, 999 };

TEST(another_status_is_an_error, .times = COUNT(errors))
{
    char text[64];

    ck_assert_int_eq(answer(errors[_i]), TRANSFER_DONE);
    snprintf(text, sizeof(text), "HTTP %d - Reason", errors[_i]);
    check_error(text);
    ck_assert_int_eq(t.status, errors[_i]);
}

/* Reasons, and what is told of them. */
static const struct {
    const char *reason, *text;
} reasons[] = {
    { "", "HTTP 503" },
    { "Service Unavailable", "HTTP 503 - Service Unavailable" },
    { "\xc2\x9b[2J", "HTTP 503 - \\u{9b}[2J" },
    { "\xff", "HTTP 503 - \\xff" },
    { "0123456789012345678901234567890123456789"
      "012345678901234567890123456789012345678xxx",
        "HTTP 503 - 0123456789012345678901234567890123456789"
        "012345678901234567890123456789012345678" },
};

TEST(a_reason_moves_no_terminal, .times = COUNT(reasons))
{
    const struct http_response response = {
        .status = 503,
        .reason = { reasons[_i].reason, strlen(reasons[_i].reason) },
    };

    transfer_head(&t, &response, WALL);
    transfer_end(&t, now);
    check_error(reasons[_i].text);
}

TEST(a_body_beyond_the_limit_is_refused)
{
    ck_assert_int_eq(head(200, 100001), TRANSFER_CLOSE);
    ck_assert_int_eq(transfer_end(&t, now), TRANSFER_DONE);
    check_error("too large");
    begin();
    rules.max_bytes = 5;
    ck_assert_int_eq(head(200, 6), TRANSFER_DROP);
    transfer_end(&t, now);
    check_error("too large");
    begin();
    rules.max_bytes = 5;
    ck_assert_int_eq(head(200, -1), TRANSFER_KEEP);
    ck_assert_int_eq(body("12345"), TRANSFER_KEEP);
    ck_assert_int_eq(body("6"), TRANSFER_CLOSE);
    ck_assert_int_eq(transfer_end(&t, now), TRANSFER_DONE);
    check_error("too large");
}

TEST(the_body_of_an_error_is_dropped_up_to_a_limit)
{
    static char much[TRANSFER_DROP_MAX + 1];

    memset(much, 'x', TRANSFER_DROP_MAX);
    ck_assert_int_eq(head(404, TRANSFER_DROP_MAX), TRANSFER_DROP);
    ck_assert_int_eq(head(404, TRANSFER_DROP_MAX + 1), TRANSFER_CLOSE);
    ck_assert_int_eq(head(404, -1), TRANSFER_DROP);
    ck_assert_int_eq(body(much), TRANSFER_DROP);
    ck_assert_int_eq(body("x"), TRANSFER_CLOSE);
    transfer_end(&t, now);
    ck_assert_int_eq(t.kind, TRANSFER_NOT_FOUND);
}

/* Content-Encodings, and whether they are taken. */
static const struct {
    const char *coding;
    bool good;
} codings[] = {
    { NULL, true },
    { "identity", true },
    { "Identity", true },
    { "gzip", false },
    { "", false },
    { "br, gzip", false },
};

TEST(no_encoded_body_is_taken_for_a_flag, .times = COUNT(codings))
{
    set_field("content-encoding", codings[_i].coding);
    ck_assert_int_eq(
        head(200, 6), codings[_i].good ? TRANSFER_KEEP : TRANSFER_DROP);
    transfer_end(&t, now);
    if (codings[_i].good)
        ck_assert_int_eq(t.step, TRANSFER_SAVE);
    else
        check_error("unexpected Content-Encoding");
}

/* Where an answer moves a flag to, and what becomes of it. */
static const struct {
    int status;
    const char *to;
    const char *target; /* NULL: it is not followed */
    const char *text;
} moves[] = {
    { 301, "/b/ad.gif", "/b/ad.gif", NULL },
    { 302, "http://other:81/ad.gif?x", "/ad.gif?x", NULL },
    { 303, "//other/", "/", NULL },
    { 307, "AD.gif", "/flags/ad/AD.gif", NULL },
    { 308, "../x", "/flags/x", NULL },
    { 301, "https://localhost/", NULL,
        "redirected to https, which is not supported" },
    { 301, "file:///etc/passwd", NULL, "redirected to what is not http" },
    { 301, "ftp://a/", NULL, "redirected to what is not http" },
    { 301, "http://u:p@a/", NULL, "malformed redirect" },
    { 301, "http://", NULL, "malformed redirect" },
    { 301, "/a b", NULL, "malformed redirect" },
    { 301, NULL, NULL, "HTTP 301 - Reason" },
    { 300, "/b", NULL, "HTTP 300 - Reason" },
    { 304, "/b", NULL, "HTTP 304 - Reason" },
    { 503, "/b", NULL, "HTTP 503 - Reason" },
};

TEST(a_redirect_is_followed_or_refused, .times = COUNT(moves))
{
    set_field("location", moves[_i].to);
    ck_assert_int_eq(head(moves[_i].status, 3), TRANSFER_DROP);
    ck_assert_int_eq(body("moved"), TRANSFER_DROP);
    transfer_end(&t, now);
    if (moves[_i].target == NULL) {
        check_error(moves[_i].text);
        return;
    }
    ck_assert_int_eq(t.step, TRANSFER_FOLLOW);
    ck_assert_str_eq(t.url.target, moves[_i].target);
    set_field("location", NULL);
    ck_assert_int_eq(answer(200), TRANSFER_SAVE);
    /* The name is that of the flag, not of where it was found. */
    ck_assert_str_eq(t.name, "ad.gif");
    ck_assert_uint_eq(t.tries, 1);
}

TEST(a_sixth_redirect_is_too_many)
{
    set_field("location", "/flags/ad/ad.gif");
    for (int i = 0; i < TRANSFER_REDIRECTS; i++)
        ck_assert_int_eq(answer(301), TRANSFER_FOLLOW);
    ck_assert_int_eq(answer(301), TRANSFER_DONE);
    check_error("too many redirects");
}

TEST(a_broken_redirect_is_followed_all_the_same)
{
    set_field("location", "/b");
    head(301, 100);
    ck_assert_int_eq(
        transfer_broken(&t, HTTP_RESPONSE_CUT, false, now), TRANSFER_FOLLOW);
    head(404, 100);
    ck_assert_int_eq(transfer_late(&t, now), TRANSFER_DONE);
    ck_assert_int_eq(t.kind, TRANSFER_NOT_FOUND);
}

/* How answers break, and what is told; length -2: before the head. */
static const struct {
    int64_t length;
    enum http_response_flaw flaw;
    const char *text;
} broken[] = {
    { -2, HTTP_RESPONSE_SILENT, "Connection error" },
    { -2, HTTP_RESPONSE_CUT, "answer cut short" },
    { -2, HTTP_RESPONSE_STATUS_LINE, "malformed answer" },
    { -2, HTTP_RESPONSE_FIELD, "malformed answer" },
    { -2, HTTP_RESPONSE_LARGE, "malformed answer" },
    { -2, HTTP_RESPONSE_LENGTH, "malformed answer" },
    { -2, HTTP_RESPONSE_INFORMATION, "malformed answer" },
    { 13355, HTTP_RESPONSE_CUT, "answer cut short (4 of 13355 bytes)" },
    { -1, HTTP_RESPONSE_CUT, "answer cut short (4 bytes)" },
    { -1, HTTP_RESPONSE_CHUNK, "malformed answer" },
};

TEST(a_broken_answer_is_an_error, .times = COUNT(broken))
{
    if (broken[_i].length > -2) {
        head(200, broken[_i].length);
        body("1234");
    }
    ck_assert_int_eq(
        transfer_broken(&t, broken[_i].flaw, false, now), TRANSFER_DONE);
    check_error(broken[_i].text);
}

TEST(a_connection_that_was_closed_too_late_is_replaced_once)
{
    ck_assert(!t.fresh);
    ck_assert_int_eq(
        transfer_broken(&t, HTTP_RESPONSE_SILENT, true, now), TRANSFER_FOLLOW);
    ck_assert(t.fresh);
    ck_assert_str_eq(t.url.target, "/flags/ad/ad.gif");
    ck_assert_uint_eq(t.tries, 1);
    ck_assert_int_eq(
        transfer_broken(&t, HTTP_RESPONSE_SILENT, true, now), TRANSFER_DONE);
    check_error("Connection error");
    begin();
    ck_assert_int_eq(
        transfer_broken(&t, HTTP_RESPONSE_CUT, true, now), TRANSFER_DONE);
}

TEST(a_redirect_may_use_a_connection_again)
{
    transfer_broken(&t, HTTP_RESPONSE_SILENT, true, now);
    set_field("location", "/b");
    ck_assert_int_eq(answer(301), TRANSFER_FOLLOW);
    ck_assert(!t.fresh);
}

TEST(what_fails_here_is_told)
{
    ck_assert_int_eq(transfer_unreachable(&t, now), TRANSFER_DONE);
    check_error("Connection error");
    begin();
    ck_assert_int_eq(transfer_late(&t, now), TRANSFER_DONE);
    check_error("timed out");
    begin_with_retries();
    ck_assert_int_eq(transfer_unable(&t, EMFILE, now), TRANSFER_DONE);
    check_error("cannot ask: Too many open files");
    ck_assert(!t.fatal);
}

TEST(a_file_that_cannot_be_saved_is_an_error)
{
    answer(200);
    ck_assert_int_eq(transfer_saved(&t, EISDIR, now), TRANSFER_DONE);
    check_error("cannot save: Is a directory");
    ck_assert(!t.fatal);
    begin();
    answer(200);
    ck_assert_int_eq(transfer_saved(&t, ENOSPC, now), TRANSFER_DONE);
    check_error("cannot save: No space left on device");
    ck_assert(t.fatal);
}

TEST(deadlines_are_counted_from_now)
{
    ck_assert_int_eq(
        transfer_connect_deadline(&t, now), now + TRANSFER_CONNECT_MS);
    ck_assert_int_eq(transfer_deadline(&t, now), now + 30000);
    rules.timeout_ms = 500;
    ck_assert_int_eq(transfer_connect_deadline(&t, now), now + 500);
    rules.timeout_ms = 0;
    ck_assert_int_eq(transfer_deadline(&t, now), NEVER);
    ck_assert_int_eq(
        transfer_connect_deadline(&t, now), now + TRANSFER_CONNECT_MS);
    transfer_lost(&t, 1000);
    ck_assert_int_eq(transfer_deadline(&t, now), NEVER);
}

TEST(a_request_may_take_so_long_as_a_whole)
{
    rules.max_ms = 4000;
    transfer_begin(&t, now);
    ck_assert_int_eq(transfer_deadline(&t, now + 3000), now + 4000);
    ck_assert_int_eq(transfer_connect_deadline(&t, now), now + 4000);
    set_field("location", "/b");
    answer(301);
    ck_assert_int_eq(transfer_deadline(&t, now + 3000), now + 4000);
    transfer_lost(&t, 1000);
    ck_assert_int_eq(transfer_deadline(&t, now + 3000), now + 5000);
    transfer_begin(&t, now + 10000);
    ck_assert_int_eq(transfer_deadline(&t, now + 10000), now + 14000);
}

/* What is asked again, and what is not; status 0: no connection, -1: late, -2:
 * cut, -3: malformed. */
static const struct {
    int status;
    bool again;
} again[] = {
    { 0, true },
    { -1, true },
    { -2, true },
    { -3, false },
    { 408, true },
    { 429, true },
    { 500, true },
    { 502, true },
    { 503, true },
    { 504, true },
    { 404, false },
    { 400, false },
    { 418, false },
    { 501, false },
    { 505, false },
};

TEST(what_may_pass_is_asked_again, .times = COUNT(again),
    .before = begin_with_retries)
{
    const int status = again[_i].status;

    if (status > 0)
        answer(status);
    else if (status == 0)
        transfer_unreachable(&t, now);
    else if (status == -1)
        transfer_late(&t, now);
    else
        transfer_broken(&t,
            status == -2 ? HTTP_RESPONSE_CUT : HTTP_RESPONSE_FIELD, false, now);
    ck_assert_int_eq(t.step, again[_i].again ? TRANSFER_WAIT : TRANSFER_DONE);
    ck_assert_uint_eq(t.tries, 1);
}

TEST(waits_double_and_vary, .before = begin_with_retries)
{
    int64_t sum = 0;

    begin_with(10, false);
    for (int i = 0; i < 10; i++) {
        const int64_t ms = i < 6 ? 1000 << i : TRANSFER_WAIT_MAX_MS;
        int64_t wait;

        ck_assert_int_eq(transfer_unreachable(&t, now), TRANSFER_WAIT);
        wait = t.due - now;
        ck_assert_int_ge(wait, ms * 3 / 4);
        ck_assert_int_le(wait, ms * 5 / 4);
        sum += wait != ms;
        now = t.due;
        transfer_begin(&t, now);
        ck_assert_uint_eq(t.tries, (unsigned)i + 2);
    }
    ck_assert_int_ge(sum, 8);
    ck_assert_int_eq(transfer_unreachable(&t, now), TRANSFER_DONE);
    check_error("Connection error");
}

TEST(flags_that_failed_together_do_not_come_back_together,
    .before = begin_with_retries)
{
    char code[3] = "AA";
    int64_t low = INT64_MAX, high = 0;

    for (code[0] = 'A'; code[0] <= 'Z'; code[0]++) {
        transfer_start(&t, &rules, code);
        transfer_begin(&t, now);
        transfer_unreachable(&t, now);
        low = t.due < low ? t.due : low;
        high = t.due > high ? t.due : high;
    }
    ck_assert_int_ge(low, now + 750);
    ck_assert_int_le(high, now + 1250);
    ck_assert_int_ge(high - low, 250);
}

TEST(a_retry_begins_anew, .before = begin_with_retries)
{
    set_field("location", "http://other/");
    answer(301);
    set_field("location", NULL);
    head(200, 100);
    body("1234");
    ck_assert_int_eq(
        transfer_broken(&t, HTTP_RESPONSE_CUT, false, now), TRANSFER_WAIT);
    ck_assert_str_eq(t.url.host, "localhost");
    ck_assert_str_eq(t.url.target, "/flags/ad/ad.gif");
    ck_assert_int_eq(head(200, 3), TRANSFER_KEEP);
    body("gif");
    ck_assert_int_eq(transfer_end(&t, now), TRANSFER_SAVE);
    ck_assert_int_eq(t.bytes, 3);
    ck_assert_int_eq(transfer_saved(&t, 0, now), TRANSFER_DONE);
    ck_assert_int_eq(t.kind, TRANSFER_OK);
}

TEST(redirects_are_counted_anew_by_a_retry, .before = begin_with_retries)
{
    set_field("location", "/b");
    for (int i = 0; i < TRANSFER_REDIRECTS; i++)
        answer(301);
    ck_assert_int_eq(answer(503), TRANSFER_WAIT);
    ck_assert_int_eq(answer(301), TRANSFER_FOLLOW);
}

/* What a Retry-After asks for, in seconds; -1: it says nothing. */
static const struct {
    const char *value;
    int64_t seconds;
} afters[] = {
    { "0", 0 },
    { "1", 1 },
    { "60", 60 },
    { "061", 61 },
    { "3600", 3600 },
    { "99999999999999999999", INT64_MAX },
    { "Sun, 06 Nov 1994 08:49:37 GMT", 0 },
    { "Sun, 06 Nov 1994 08:49:47 GMT", 10 },
    { "Sun, 06 Nov 1994 08:49:27 GMT", 0 },
    { "Sun, 06 Nov 1994 09:49:37 GMT", 3600 },
    { "Sunday, 06-Nov-94 08:49:47 GMT", 10 },
    { "Sun Nov  6 08:49:47 1994", 10 },
    { "Thu, 01 Jan 1970 00:00:00 GMT", 0 },
    { "", -1 },
    { "-1", -1 },
    { "+1", -1 },
    { "1.5", -1 },
    { "1 s", -1 },
    { "soon", -1 },
    { "Sun, 06 Nov 1994 08:49:47", -1 },
    { "Sun, 06 Nov 1994 08:49:47 GMT+1", -1 },
    { "Sun, 06 Nov 1994 08:49:47 CET", -1 },
    { "Sun, 06 Now 1994 08:49:47 GMT", -1 },
    { "Sunday, the sixth of November of the year nineteen hundred ninety-four",
        -1 },
};

TEST(a_server_may_ask_to_wait, .times = COUNT(afters),
    .before = begin_with_retries)
{
    const int64_t seconds = afters[_i].seconds;
    char text[64];

    set_field("retry-after", afters[_i].value);
    answer(503);
    if (seconds > TRANSFER_WAIT_MAX_MS / 1000) {
        snprintf(
            text, sizeof(text), "asked to wait %lld s", (long long)seconds);
        check_error(text);
        return;
    }
    ck_assert_int_eq(t.step, TRANSFER_WAIT);
    if (seconds >= 0)
        ck_assert_int_eq(t.due, now + seconds * 1000);
    else
        ck_assert_int_ge(t.due, now + 750);
}

TEST(a_wait_is_asked_for_once, .before = begin_with_retries)
{
    set_field("retry-after", "50");
    answer(503);
    ck_assert_int_eq(t.due, now + 50000);
    head(503, 100);
    set_field("retry-after", NULL);
    answer(503);
    ck_assert_int_le(t.due, now + 2500);
    set_field("retry-after", "50");
    head(503, 0);
    set_field("retry-after", NULL);
    ck_assert_int_eq(transfer_unreachable(&t, now), TRANSFER_WAIT);
    ck_assert_int_le(t.due, now + 5000);
}

TEST(without_retries_nobody_waits)
{
    set_field("retry-after", "3600");
    answer(503);
    check_error("HTTP 503 - Reason");
}

TEST(a_second_request_names_the_country, .before = begin_with_names)
{
    ck_assert_int_eq(head(200, 3), TRANSFER_KEEP);
    body("gif");
    ck_assert_int_eq(transfer_end(&t, now), TRANSFER_ASK);
    ck_assert_str_eq(t.url.target, "/flags/ad/metadata.json");
    transfer_begin(&t, now + 100);
    ck_assert_int_eq(head(200, -1), TRANSFER_DROP);
    ck_assert_int_eq(body("{\"country\": \"An"), TRANSFER_DROP);
    ck_assert_int_eq(body("dorra la Vella\"}"), TRANSFER_DROP);
    ck_assert_int_eq(transfer_end(&t, now), TRANSFER_SAVE);
    ck_assert_str_eq(t.name, "Andorra_la_Vella-AD.gif");
    ck_assert_int_eq(transfer_saved(&t, 0, now + 300), TRANSFER_DONE);
    ck_assert_int_eq(t.kind, TRANSFER_OK);
    ck_assert_int_eq(t.bytes, 3);
    ck_assert_uint_eq(t.tries, 2);
    ck_assert_int_eq(t.took_ms, 300);
}

TEST(each_request_has_its_own_retries, .before = begin_with_names)
{
    ck_assert_int_eq(answer(503), TRANSFER_WAIT);
    ck_assert_int_eq(answer(200), TRANSFER_ASK);
    ck_assert_int_eq(answer(503), TRANSFER_WAIT);
    ck_assert_str_eq(t.url.target, "/flags/ad/metadata.json");
    ck_assert_int_eq(answer(503), TRANSFER_DONE);
    check_error("HTTP 503 - Reason");
}

TEST(metadata_must_be_well_formed, .before = begin_with_names)
{
    static char much[METADATA_MAX + 1];

    answer(200);
    ck_assert_int_eq(answer(200), TRANSFER_DONE);
    check_error("malformed metadata");
    begin_with_names();
    answer(200);
    head(200, -1);
    body("{}");
    transfer_end(&t, now);
    check_error("malformed metadata");
    begin_with_names();
    memset(much, ' ', METADATA_MAX);
    answer(200);
    ck_assert_int_eq(head(200, -1), TRANSFER_DROP);
    ck_assert_int_eq(body(much), TRANSFER_DROP);
    ck_assert_int_eq(body(" "), TRANSFER_CLOSE);
    transfer_end(&t, now);
    check_error("malformed metadata");
}

TEST(
    a_country_that_is_not_found_is_a_flag_not_found, .before = begin_with_names)
{
    answer(200);
    ck_assert_int_eq(answer(404), TRANSFER_DONE);
    ck_assert_int_eq(t.kind, TRANSFER_NOT_FOUND);
}

TEST(an_answer_goes_through_both_machines, .before = begin_with_retries)
{
    char data[] = "HTTP/1.1 503 Unavailable\r\nRetry-After: 7\r\n"
                  "Content-Length: 5\r\n\r\nerror";
    struct http_response_parser parser;
    struct http_response response;
    size_t used, at = 0;

    http_response_init(&parser, HTTP_GET, t.fields, TRANSFER_FIELDS);
    ck_assert_int_eq(
        http_response_parse(&parser, data, sizeof(data) - 1, &response, &used),
        HTTP_RESPONSE_HEAD);
    ck_assert_int_eq(transfer_head(&t, &response, WALL), TRANSFER_DROP);
    at += used;
    ck_assert_int_eq(http_response_parse(&parser, data + at,
                         sizeof(data) - 1 - at, &response, &used),
        HTTP_RESPONSE_BODY);
    ck_assert_int_eq(transfer_body(&t, response.body), TRANSFER_DROP);
    at += used;
    ck_assert_int_eq(http_response_parse(&parser, data + at,
                         sizeof(data) - 1 - at, &response, &used),
        HTTP_RESPONSE_END);
    ck_assert_int_eq(transfer_end(&t, now), TRANSFER_WAIT);
    ck_assert_int_eq(t.due, now + 7000);
}

TEST(every_flag_is_counted_as_what_it_is)
{
    struct transfer_tally tally = { .all = 5 };

    ck_assert_uint_eq(transfer_unasked(&tally), 5);
    for (int status = 200; status <= 503; status++) {
        if (status != 200 && status != 404 && status != 503)
            continue;
        begin();
        if (answer(status) == TRANSFER_SAVE)
            transfer_saved(&t, 0, now);
        transfer_count(&tally, &t);
    }
    begin();
    transfer_count(&tally, &t);
    ck_assert_uint_eq(tally.ok, 1);
    ck_assert_uint_eq(tally.not_found, 1);
    ck_assert_uint_eq(tally.errors, 1);
    ck_assert_uint_eq(transfer_unasked(&tally), 2);
    ck_assert(!tally.fatal);
    begin();
    transfer_saved(&t, ENOSPC, now);
    transfer_count(&tally, &t);
    ck_assert_uint_eq(tally.errors, 2);
    ck_assert(tally.fatal);
}

TEST(the_exit_code_says_the_worst)
{
    struct transfer_tally tally = { .all = 3, .ok = 2, .not_found = 1 };

    ck_assert_int_eq(transfer_exit(&tally, 0), 0);
    tally.errors = 1;
    ck_assert_int_eq(transfer_exit(&tally, 0), 1);
    tally.fatal = true;
    ck_assert_int_eq(transfer_exit(&tally, 0), 2);
    ck_assert_int_eq(transfer_exit(&tally, 2), 130);
    ck_assert_int_eq(transfer_exit(&tally, 15), 143);
}
