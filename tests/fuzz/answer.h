/*
 * answer - what http_response makes of an answer, as a line of text.
 *
 * The unit test, the fuzz target and the comparison with another parser read
 * answers by this, cut into segments of any size. Each segment ends where a
 * sanitizer sees what is read beyond it.
 */
#ifndef TESTS_ANSWER_H
#define TESTS_ANSWER_H

#include "common/http_response.h"

#include "tests/fuzz/fuzz.h"

#include <stdio.h>

/* The fields that are asked for. */
#define ANSWER_FIELDS 3

/* What was made of an answer. */
struct answer {
    struct http_response_field fields[ANSWER_FIELDS];
    int heads; /* how many heads were told of */
    char *body;
    size_t body_size;
    char text[1024]; /* head, bytes of the body, end: "200 5|5|keep" */
};

/* The names of flaws, by their number. */
static const char *const answer_flaws[] = { "silent", "cut", "status", "field",
    "large", "length", "chunk", "information" };

/* Tell of a head: status, length, reason, and the fields that it has. */
static inline int
answer_head(struct answer *answer, const struct http_response *response)
{
    int length = sprintf(answer->text, "%d %lld (%.*s)", response->status,
        (long long)response->length,
        response->reason.length < 64 ? (int)response->reason.length : 64,
        response->reason.text);

    answer->heads++;
    for (size_t i = 0; i < ANSWER_FIELDS; i++) {
        const struct http_slice value = answer->fields[i].value;

        if (value.text != NULL)
            length += sprintf(answer->text + length, " %s=[%.*s]",
                answer->fields[i].name,
                value.length < 64 ? (int)value.length : 64, value.text);
    }
    return length;
}

/* Whether the connection can be used again, once all bytes are shown. */
static inline bool
answer_keeps(struct http_response_parser *parser, const char *rest, size_t size)
{
    char *data = fuzz_copy(rest, size);
    struct http_response response;
    size_t used;

    assert(http_response_parse(parser, data, size, &response, &used) ==
           HTTP_RESPONSE_END);
    assert(used == 0);
    free(data);
    return response.keep_alive;
}

/* Read an answer of which the first segment has first bytes, the others each
 * bytes. The body is to be freed. */
static inline void
answer_read(struct answer *answer, const void *bytes, size_t size, size_t first,
    size_t each, enum http_method method)
{
    struct http_response_parser parser;
    struct http_response response = { 0 };
    enum http_response_event event;
    char *const copy = fuzz_copy(bytes, size);
    size_t begin = 0, end = first < size ? first : size, used;
    int length = 0;

    *answer =
        (struct answer) { .fields = { { .name = "location" },
                              { .name = "retry-after" }, { .name = "x" } } };
    answer->body = fuzz_copy(bytes, size);
    http_response_init(&parser, method, answer->fields, ANSWER_FIELDS);
    for (;;) {
        /* What becomes of line ends within fields must last. */
        char *data = fuzz_copy(copy + begin, end - begin);

        event =
            http_response_parse(&parser, data, end - begin, &response, &used);
        assert(used <= end - begin);
        if (event == HTTP_RESPONSE_HEAD)
            length = answer_head(answer, &response);
        if (event == HTTP_RESPONSE_BODY) {
            assert(response.body.length > 0 && response.body.text >= data &&
                   response.body.text + response.body.length == data + used);
            memcpy(answer->body + answer->body_size, response.body.text,
                response.body.length);
            answer->body_size += response.body.length;
        }
        memcpy(copy + begin, data, end - begin);
        free(data);
        begin += used;
        if (event == HTTP_RESPONSE_MORE) {
            assert(end - begin < HTTP_RESPONSE_HEAD_MAX);
            if (end == size)
                event = http_response_end(&parser, true, &response);
            else
                end = each < size - end ? end + each : size;
        }
        if (event == HTTP_RESPONSE_END || event == HTTP_RESPONSE_BROKEN)
            break;
    }
    sprintf(answer->text + length, "|%zu|%s", answer->body_size,
        event == HTTP_RESPONSE_BROKEN ? answer_flaws[response.flaw]
        : answer_keeps(&parser, copy + begin, size - begin) ? "keep"
                                                            : "close");
    free(copy);
}

#endif
