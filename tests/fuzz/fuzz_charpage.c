/*
 * The finder's answers to the web: whatever is asked, the answer is the same
 * however small the buffer, has the length that its head says, and is JSON
 * where it says so. Input: the size of the buffer, the request.
 */
#include "common/charpage.h"

#include "tests/fuzz/fuzz.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistr.h>

/* Longer answers are looked at only so far. */
#define ANSWER_MAX ((size_t)1 << 19)

/* No counters. */
static void
count_nothing(struct counters *sums, void *argument)
{
}

/* Write the whole answer in pieces of this size; whether it is all. */
static bool
write_all(const struct http_request *request, size_t size, char *answer,
    size_t *length, bool *keep_alive)
{
    static const struct charpage_site site = { .count = count_nothing };
    struct charpage page = { 0 };
    size_t got;

    *length = 0;
    charpage_begin(&page, &site, request, 784111777);
    do {
        char *buffer = malloc(size);

        got = charpage_next(&page, buffer, size);
        assert(got <= size);
        memcpy(answer + *length, buffer, got);
        *length += got;
        free(buffer);
    } while (got > 0 && *length < ANSWER_MAX - size);
    *keep_alive = charpage_end(&page);
    assert(charpage_next(&page, answer + *length, CHARPAGE_ROOM) == 0);
    return got == 0;
}

/* Put the chunks of a body together, in their place; its length. */
static size_t
dechunk(char *body, size_t length)
{
    const char *at = body, *end = body + length;
    char *to = body, *after;
    size_t size;

    do {
        size = strtoul(at, &after, 16);
        assert(after > at && memcmp(after, "\r\n", 2) == 0);
        at = after + 2;
        assert(size <= (size_t)(end - at) - 2);
        memmove(to, at, size);
        to += size;
        at += size;
        assert(memcmp(at, "\r\n", 2) == 0);
        at += 2;
    } while (size > 0);
    assert(at == end);
    return (size_t)(to - body);
}

/* A body is as long as its head says, UTF-8, and JSON if it says so. Take off
 * what only frames it, and return the length of what is left. */
static size_t
check(char *answer, size_t length, bool head_only)
{
    char *body = memmem(answer, length, "\r\n\r\n", 4), *field;
    size_t size;

    assert(memcmp(answer, "HTTP/1.1 ", 9) == 0 && body != NULL);
    *body = '\0';
    body += 4;
    size = length - (size_t)(body - answer);
    if (head_only || strncmp(answer, "HTTP/1.1 304 ", 13) == 0) {
        assert(size == 0);
        return (size_t)(body - answer);
    }
    field = strstr(answer, "\r\nContent-Length: ");
    if (field != NULL)
        assert(strtoul(field + 18, NULL, 10) == size);
    else if (strstr(answer, "\r\nTransfer-Encoding: chunked") != NULL)
        size = dechunk(body, size);
    assert(u8_check((const uint8_t *)body, size) == NULL);
    if (strstr(answer, "\r\nContent-Type: application/json") != NULL) {
        json_t *json = json_loadb(body, size, 0, NULL);

        assert(json_is_object(json));
        assert(json_integer_value(json_object_get(json, "stop")) -
                   json_integer_value(json_object_get(json, "start")) ==
               (json_int_t)json_array_size(json_object_get(json, "items")));
        json_decref(json);
    }
    return (size_t)(body - answer) + size;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char whole[ANSWER_MAX + 65536], pieces[ANSWER_MAX + 65536];
    const size_t room = CHARPAGE_ROOM + fuzz_take(&data, &size) * 7u;
    struct http_parser parser;
    struct http_request request;
    size_t used, length, other;
    bool all, open, opened;

    http_init(&parser);
    if (http_parse(&parser, (const char *)data, size, &request, &used) ==
        HTTP_MORE)
        return 0;
    all = write_all(&request, 16384, whole, &length, &open);
    write_all(&request, room, pieces, &other, &opened);
    assert(open == opened);
    if (!all)
        return 0;
    /* The frames of chunks depend on the buffer; what they hold does not. */
    length = check(whole, length, request.method == HTTP_HEAD);
    assert(check(pieces, other, request.method == HTTP_HEAD) == length);
    assert(memcmp(whole, pieces, length) == 0);
    return 0;
}
