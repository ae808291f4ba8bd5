/*
 * drip - show a parser one message in many segments, for callgrind to count.
 *
 *     drip KIND SIZE STEP     a message of SIZE bytes, grown by STEP
 *     drip KIND SIZE 0        the first byte of a message, SIZE times
 *
 * KIND is line, http (a request) or answer (of HTTP).
 *
 * What a parser searches it searches by the memchr below, a byte at a time,
 * so that instructions are in proportion to the bytes that it examines.
 * Only what drip_feed does is to be counted (test_valgrind.py).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/http.h"
#include "common/http_response.h"
#include "common/line.h"

#define ROOM 4096

/* The C library's looks at 32 bytes with one instruction. */
void *
memchr(const void *bytes, int wanted, size_t size)
{
    const unsigned char *at = bytes;

    for (; size > 0; size--, at++)
        if (*at == (unsigned char)wanted)
            return (void *)(uintptr_t)at;
    return NULL;
}

/* Write a message of this size: a line, or a head of one long field. */
static void
write_message(const char *kind, char *data, size_t size)
{
    const char *begin = kind[0] == 'h' ? "GET / HTTP/1.1\r\nHost: a\r\nX: "
                                       : "HTTP/1.1 204 No Content\r\nX: ";
    static const char end[] = "\r\n\r\n";

    memset(data, 'A', size);
    if (kind[0] == 'l') {
        data[size - 1] = '\n';
    } else {
        memcpy(data, begin, strlen(begin));
        memcpy(data + size - (sizeof(end) - 1), end, sizeof(end) - 1);
    }
}

/* A parser of each kind. */
static struct line_scanner scanner;
static struct http_parser requests;
static struct http_response_parser answers;

/* Start on a message. */
static void
start(char kind)
{
    if (kind == 'l')
        line_init(&scanner, ROOM);
    else if (kind == 'h')
        http_init(&requests);
    else
        http_response_init(&answers, HTTP_GET, NULL, 0);
}

/* Show a parser a message; whether it knew it to be complete. */
static int
show(char kind, char *data, size_t size)
{
    struct http_request request;
    struct http_response response;
    struct line line;
    size_t used;

    if (kind == 'l')
        return line_next(&scanner, data, size, &line, &used) == LINE_READY;
    if (kind == 'h')
        return http_parse(&requests, data, size, &request, &used) ==
               HTTP_REQUEST;
    return http_response_parse(&answers, data, size, &response, &used) ==
           HTTP_RESPONSE_HEAD;
}

/* Show a parser ever more of a message; whether it knew the end, and only
 * the end, to be one. A step of 0: the first byte again and again. */
__attribute__((noinline)) int drip_feed(
    char kind, char *data, size_t size, size_t step);
__attribute__((noinline)) int
drip_feed(char kind, char *data, size_t size, size_t step)
{
    int complete = 0;

    start(kind);
    for (size_t at = 1; at <= size; at++) {
        if (step != 0 && at % step != 0)
            continue;
        if (step == 0)
            start(kind);
        complete += show(kind, data, step == 0 ? 1 : at);
    }
    return complete == (step != 0);
}

/* Do what the command line asks for; 1 when the parser was wrong. */
int
main(int argc, char **argv)
{
    static char data[ROOM];

    if (argc != 4)
        return 64;
    write_message(argv[1], data, strtoul(argv[2], NULL, 10));
    return !drip_feed(argv[1][0], data, strtoul(argv[2], NULL, 10),
        strtoul(argv[3], NULL, 10));
}
