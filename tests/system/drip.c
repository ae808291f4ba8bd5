/*
 * drip - show a parser one message in many segments, for callgrind to count.
 *
 *     drip line|http SIZE STEP     a message of SIZE bytes, grown by STEP
 *     drip line|http SIZE 0        the first byte of a message, SIZE times
 *
 * What a parser searches it searches by the memchr below, a byte at a time,
 * so that instructions are in proportion to the bytes that it examines.
 * Only what drip_feed does is to be counted (test_valgrind.py).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/http.h"
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
    static const char begin[] = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
    static const char end[] = "\r\n\r\n";

    memset(data, 'A', size);
    if (strcmp(kind, "line") == 0) {
        data[size - 1] = '\n';
    } else {
        memcpy(data, begin, sizeof(begin) - 1);
        memcpy(data + size - (sizeof(end) - 1), end, sizeof(end) - 1);
    }
}

/* Show a parser ever more of a message; whether it knew the end, and only
 * the end, to be one. A step of 0: the first byte again and again. */
__attribute__((noinline)) int drip_feed(
    const char *kind, const char *data, size_t size, size_t step);
__attribute__((noinline)) int
drip_feed(const char *kind, const char *data, size_t size, size_t step)
{
    const int lines = kind[0] == 'l';
    struct line_scanner scanner;
    struct http_parser parser;
    struct http_request request;
    struct line line;
    size_t used;
    int complete = 0;

    line_init(&scanner, ROOM);
    http_init(&parser);
    for (size_t at = 1; at <= size; at++) {
        const size_t shown = step == 0 ? 1 : at;

        if (step != 0 && at % step != 0)
            continue;
        if (step == 0)
            line_init(&scanner, ROOM);
        if (step == 0 && !lines)
            http_init(&parser);
        complete +=
            lines ? line_next(&scanner, data, shown, &line, &used) == LINE_READY
                  : http_parse(&parser, data, shown, &request, &used) ==
                        HTTP_REQUEST;
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
    return !drip_feed(
        argv[1], data, strtoul(argv[2], NULL, 10), strtoul(argv[3], NULL, 10));
}
