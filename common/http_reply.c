#include "common/http_reply.h"

#include "common/number.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* What a chunk needs around its bytes, if it is the last. A size has four
 * digits. */
#define CHUNK_SIZE_MAX ((size_t)0xffff)
#define CHUNK_HEAD     (sizeof("ffff\r\n") - 1)
#define CHUNK_TAIL     (sizeof(HTTP_CHUNK_END HTTP_LAST_CHUNK) - 1)

_Static_assert(HTTP_REPLY_FRAME >= HTTP_HEAD_MAX + CHUNK_HEAD + CHUNK_TAIL &&
                   HTTP_REPLY_FRAME >= HTTP_ERROR_MAX,
    "the frame of an answer fits");

/* A text that grows in a caller's buffer. */
struct text {
    char *at, *end;
    bool cut; /* something did not fit */
};

/* Append length bytes. */
static void
put_bytes(struct text *text, const char *bytes, size_t length)
{
    if ((size_t)(text->end - text->at) < length) {
        text->cut = true;
        return;
    }
    memcpy(text->at, bytes, length);
    text->at += length;
}

/* Append a string. */
static void
put(struct text *text, const char *string)
{
    put_bytes(text, string, strlen(string));
}

/* Append a number. */
static void
put_number(struct text *text, int64_t number)
{
    char digits[NUMBER_MAX];

    put_bytes(text, digits, number_write(digits, number));
}

/* Append a field, unless it has no value. */
static void
put_field(struct text *text, const char *name, const char *value)
{
    if (value == NULL)
        return;
    put(text, name);
    put(text, value);
    put(text, "\r\n");
}

/* What is said with a status, to programs and to people. */
struct answer {
    int status; /* negative: another answer of this status, modulo 1000 */
    const char *reason;
    const char *sentence;
};

/* The answer that belongs to a status. */
static const struct answer *
find_answer(int status)
{
    static const struct answer answers[] = {
        { 200, "OK", "Fine.\n" },
        { 206, "Partial Content", "" },
        { 302, "Found", "" },
        { 304, "Not Modified", "" },
        { 400, "Bad Request", "The request is malformed.\n" },
        { HTTP_UNENCODED, "Bad Request",
            "Percent-encode the characters of the URL that are not ASCII.\n" },
        { HTTP_WRONG_VALUE, "Bad Request",
            "A parameter of the URL has a value that it does not take.\n" },
        { 403, "Forbidden", "This is not allowed.\n" },
        { 404, "Not Found", "There is nothing here.\n" },
        { 405, "Method Not Allowed", "Only GET and HEAD are allowed.\n" },
        { HTTP_POST_ONLY, "Method Not Allowed", "Only POST is allowed.\n" },
        { 408, "Request Timeout", "The request took too long.\n" },
        { 411, "Length Required", "Content-Length is missing.\n" },
        { 412, "Precondition Failed", "No entity tag matches.\n" },
        { 413, "Content Too Large", "The request's body is too long.\n" },
        { 414, "URI Too Long", "The request line is too long.\n" },
        { 416, "Range Not Satisfiable", "There are fewer bytes than that.\n" },
        { 417, "Expectation Failed", "Send the body at once.\n" },
        { 418, "I'm a Teapot", "This is no coffee pot.\n" },
        { 426, "Upgrade Required", "Please use WebSocket version 13.\n" },
        { 429, "Too Many Requests", "Please ask less often.\n" },
        { 431, "Request Header Fields Too Large",
            "The request's header is too long.\n" },
        { 501, "Not Implemented", "The server cannot do this.\n" },
        { 502, "Bad Gateway", "Another server failed.\n" },
        { 503, "Service Unavailable", "Too many connections.\n" },
        { 504, "Gateway Timeout", "Another server took too long.\n" },
        { 505, "HTTP Version Not Supported", "Please use HTTP/1.1.\n" },
        { 500, "Internal Server Error", "The server failed.\n" },
    };
    const struct answer *answer = answers;

    while (answer->status != status && answer->status != 500)
        answer++;
    return answer;
}

/* The reason phrase of a status. */
const char *
http_reason(int status)
{
    return find_answer(status)->reason;
}

/* Write a response head. */
size_t
http_head(char *buffer, size_t size, const struct http_head *head)
{
    struct text text = { buffer, buffer + size, false };
    const bool open = head->keep_alive && head->length != HTTP_TO_CLOSE;

    put(&text, "HTTP/1.1 ");
    put_number(&text, abs(head->status) % 1000);
    put(&text, " ");
    put_field(&text, http_reason(head->status), "");
    put_field(&text, "Date: ", head->date);
    put_field(&text, "Content-Type: ", head->type);
    if (head->length >= 0) {
        put(&text, "Content-Length: ");
        put_number(&text, head->length);
        put(&text, "\r\n");
    } else if (head->length == HTTP_CHUNKED) {
        put(&text, "Transfer-Encoding: chunked\r\n");
    }
    put(&text, "Connection: ");
    if (head->status == 426)
        put(&text, "Upgrade, ");
    put_field(&text, open ? "keep-alive" : "close", "");
    put_field(&text, "Content-Security-Policy: ", head->policy);
    put(&text, "X-Content-Type-Options: nosniff\r\n");
    if (head->status == 405)
        put(&text, "Allow: GET, HEAD\r\n");
    if (head->status == HTTP_POST_ONLY)
        put(&text, "Allow: POST\r\n");
    if (head->status == 426)
        put(&text, "Sec-WebSocket-Version: 13\r\nUpgrade: websocket\r\n");
    if (head->fields != NULL)
        put(&text, head->fields);
    put(&text, "\r\n");
    return text.cut ? 0 : (size_t)(text.at - buffer);
}

/* Write a whole answer that is an error. */
size_t
http_error(char *buffer, size_t size, int status, enum http_method method,
    bool keep_alive, const char *date)
{
    const struct answer *answer = find_answer(status);
    struct http_head head = {
        .status = answer->status,
        .length = (int64_t)strlen(answer->sentence),
        .keep_alive = keep_alive,
        .type = "text/plain; charset=utf-8",
        .date = date,
        .fields = answer->status == 503 ? "Retry-After: " HTTP_RETRY_AFTER
                                          "\r\n"
                                        : NULL,
    };
    struct text text = { buffer, buffer + size, false };
    size_t length = http_head(buffer, size, &head);

    text.at += length;
    if (method != HTTP_HEAD)
        put(&text, answer->sentence);
    return length == 0 || text.cut ? 0 : (size_t)(text.at - buffer);
}

/* Write a number of two digits. */
static void
put_pair(char *to, int64_t number)
{
    to[0] = (char)('0' + number / 10);
    to[1] = (char)('0' + number % 10);
}

/* Write a time as Date has it. */
void
http_date(char *buffer, int64_t seconds)
{
    static const char names[] = "ThuFriSatSunMonTueWed";
    static const char months[] = "MarAprMayJunJulAugSepOctNovDecJanFeb";
    const int64_t days = seconds / 86400, time = seconds % 86400;
    /* Years begin in March, so that a leap day is the last of its year; they
     * are counted in eras of 400 years, which are all equally long. */
    const int64_t shifted = days + 719468;
    const int64_t era = shifted / 146097, in_era = shifted % 146097;
    const int64_t year =
        (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    const int64_t in_year = in_era - (365 * year + year / 4 - year / 100);
    const int64_t month = (5 * in_year + 2) / 153;
    const int64_t shown = era * 400 + year + (month >= 10);

    memcpy(buffer, "Thu, 00 Mar 0000 00:00:00 GMT", HTTP_DATE_ROOM);
    memcpy(buffer, names + days % 7 * 3, 3);
    put_pair(buffer + 5, in_year - (153 * month + 2) / 5 + 1);
    memcpy(buffer + 8, months + month * 3, 3);
    put_pair(buffer + 12, shown / 100);
    put_pair(buffer + 14, shown % 100);
    put_pair(buffer + 17, time / 3600);
    put_pair(buffer + 20, time / 60 % 60);
    put_pair(buffer + 23, time % 60);
}

/* Write the line before a chunk. */
size_t
http_chunk(char *buffer, size_t length)
{
    char digits[sizeof(length) * 2];
    size_t at = sizeof(digits), size;

    if (length == 0)
        return 0;
    for (; length > 0; length >>= 4)
        digits[--at] = "0123456789abcdef"[length & 15];
    size = sizeof(digits) - at;
    memcpy(buffer, digits + at, size);
    memcpy(buffer + size, "\r\n", 2);
    return size + 2;
}

/* Begin the answer to a request. */
void
http_reply_begin(
    struct http_reply *reply, const struct http_request *request, int64_t now)
{
    *reply = (struct http_reply) {
        .keep_alive = request->keep_alive,
        .head_only = request->method == HTTP_HEAD,
        .to_close = request->minor == 0,
    };
    http_date(reply->date, now);
    http_reply_error(reply, request->status);
}

/* Answer with an error. */
void
http_reply_error(struct http_reply *reply, int status)
{
    reply->state = HTTP_REPLY_ERROR;
    reply->head.status = status;
    if (status == 500)
        reply->keep_alive = false;
}

/* Let the answer have this head, with a body of this length. */
static void
set_head(struct http_reply *reply, const struct http_head *head, int64_t length)
{
    reply->state = HTTP_REPLY_HEAD;
    reply->head = *head;
    reply->head.length = length;
    reply->head.keep_alive = reply->keep_alive;
    reply->head.date = reply->date;
}

/* Answer with a head alone. */
void
http_reply_empty(struct http_reply *reply, const struct http_head *head)
{
    set_head(reply, head, HTTP_NO_BODY);
    reply->head_only = true;
}

/* Answer with a text. */
void
http_reply_text(struct http_reply *reply, const struct http_head *head,
    const char *text, size_t length)
{
    set_head(reply, head, (int64_t)length);
    reply->text = text;
    reply->left = length;
}

/* Answer with what a function writes. */
void
http_reply_body(struct http_reply *reply, const struct http_head *head,
    size_t (*body)(void *argument, char *buffer, size_t size, bool *last),
    void *argument)
{
    if (reply->to_close)
        reply->keep_alive = false;
    set_head(reply, head, reply->to_close ? HTTP_TO_CLOSE : HTTP_CHUNKED);
    reply->body = body;
    reply->argument = argument;
}

/* Answer with so many bytes that a function writes. */
void
http_reply_sized(struct http_reply *reply, const struct http_head *head,
    int64_t length,
    size_t (*body)(void *argument, char *buffer, size_t size, bool *last),
    void *argument)
{
    set_head(reply, head, length);
    reply->body = body;
    reply->argument = argument;
}

/* Write the text as far as there is room; how many bytes. */
static size_t
write_text(struct http_reply *reply, char *buffer, size_t size)
{
    const size_t length = reply->left < size ? reply->left : size;

    memcpy(buffer, reply->text, length);
    reply->text += length;
    reply->left -= length;
    if (reply->left == 0)
        reply->state = HTTP_REPLY_DONE;
    return length;
}

/* Have the next bytes of the body written; how many. */
static size_t
write_body(struct http_reply *reply, char *buffer, size_t size)
{
    bool last = false;
    const size_t length = reply->body(reply->argument, buffer, size, &last);

    assert(length > 0 || last);
    if (last)
        reply->state = HTTP_REPLY_DONE;
    return length;
}

/* Have the next bytes of the body written as a chunk; how many. */
static size_t
write_chunk(struct http_reply *reply, char *buffer, size_t size)
{
    struct text text = { buffer, buffer + size, false };
    char *body = buffer + CHUNK_HEAD;
    size_t room = size - CHUNK_HEAD - CHUNK_TAIL, length, head;

    if (room > CHUNK_SIZE_MAX)
        room = CHUNK_SIZE_MAX;
    length = write_body(reply, body, room);
    head = http_chunk(buffer, length);
    /* A size has four digits, unless the chunk is small or the last one. */
    if (head < CHUNK_HEAD)
        memmove(buffer + head, body, length);
    text.at += head + length;
    if (length > 0)
        put(&text, HTTP_CHUNK_END);
    if (reply->state == HTTP_REPLY_DONE)
        put(&text, HTTP_LAST_CHUNK);
    return (size_t)(text.at - buffer);
}

/* Write the next bytes of the answer. */
size_t
http_reply_next(struct http_reply *reply, char *buffer, size_t size)
{
    size_t length = 0;

    assert(size > HTTP_REPLY_FRAME);
    switch (reply->state) {
    case HTTP_REPLY_DONE:
        return 0;
    case HTTP_REPLY_ERROR:
        reply->state = HTTP_REPLY_DONE;
        return http_error(buffer, size, reply->head.status,
            reply->head_only ? HTTP_HEAD : HTTP_GET, reply->keep_alive,
            reply->date);
    case HTTP_REPLY_HEAD:
        length = http_head(buffer, size, &reply->head);
        assert(length > 0);
        reply->state = reply->head_only ? HTTP_REPLY_DONE : HTTP_REPLY_BODY;
        if (reply->head_only)
            return length;
        break;
    case HTTP_REPLY_BODY:
    default:
        break;
    }
    buffer += length;
    size -= length;
    if (reply->body == NULL)
        return length + write_text(reply, buffer, size);
    if (reply->head.length != HTTP_CHUNKED)
        return length + write_body(reply, buffer, size);
    return length + write_chunk(reply, buffer, size);
}

/* End an answer. */
void
http_reply_end(struct http_reply *reply)
{
    reply->state = HTTP_REPLY_DONE;
}
