/*
 * http_reply - the answers of HTTP/1.1, without a connection.
 *
 * What stands around a body: status line and fields, dates, chunks, and whole
 * answers that are errors (RFC 9110 for what the fields mean, RFC 9112 for how
 * they are written). Nothing here reads, sends, waits, allocates or looks at a
 * clock, and any thread may call it.
 */
#ifndef COMMON_HTTP_REPLY_H
#define COMMON_HTTP_REPLY_H

#include "common/http.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Lengths of a body that are none. */
#define HTTP_CHUNKED  (-1) /* not known; in chunks, for HTTP/1.1 only */
#define HTTP_TO_CLOSE (-2) /* not known; ends when the connection closes */
#define HTTP_NO_BODY  (-3) /* none, nor a field that tells so: for 304 */

/* What http_head is to write. All texts are NUL-terminated and hold no CR or
 * LF but where it says so; NULL leaves the field out. */
struct http_head {
    int status;
    int64_t length;     /* of the body in bytes, or one of the above */
    bool keep_alive;    /* the request's; never with HTTP_TO_CLOSE */
    const char *type;   /* Content-Type */
    const char *policy; /* Content-Security-Policy */
    const char *date;   /* Date, from http_date */
    const char *fields; /* further field lines, each with its CR LF */
};

/* The Content-Security-Policy of a page that has script, style and data from
 * its own server only, in files of their own, and an empty icon. */
#define HTTP_POLICY                                                            \
    "default-src 'none'; script-src 'self'; style-src 'self'; "                \
    "connect-src 'self'; img-src data:; form-action 'self'; "                  \
    "base-uri 'none'; frame-ancestors 'none'"

/* Seconds after which a client that got 503 may try again. */
#define HTTP_RETRY_AFTER "1"

/* Room for a head whose type, policy and fields have 600 bytes together. */
#define HTTP_HEAD_MAX 1024

/*
 * Write a response head, from its status line to the empty line at its end,
 * into buffer, without a NUL; return its length, or 0 when size bytes are too
 * few. Always there are X-Content-Type-Options: nosniff, the body's length
 * (but for HTTP_NO_BODY), and Connection: keep-alive or close; with 405 comes
 * Allow (RFC 9110, 15.5.6) and with 503 Retry-After. A HEAD request gets the
 * head that GET would get.
 */
size_t http_head(char *buffer, size_t size, const struct http_head *head);

/* Room for any answer of http_error. */
#define HTTP_ERROR_MAX 512

/*
 * Write a whole answer that is an error: a head and a line of plain text, the
 * latter not when method is HTTP_HEAD. Errors are 400, HTTP_UNENCODED, 404,
 * 405, 408, 412, 413, 414, 431, 500, 501, 503 and 505; any other counts as 500.
 * date is as above.
 * Return its length, or 0 when size bytes are too few.
 */
size_t http_error(char *buffer, size_t size, int status,
    enum http_method method, bool keep_alive, const char *date);

/* The reason phrase of a status that is written here, "Not Found" for 404;
 * that of 500 for any other (RFC 9110, 15). */
const char *http_reason(int status);

/* Room for http_date: 29 characters and the NUL. */
#define HTTP_DATE_ROOM 30

/*
 * Write a time as Date has it, "Sun, 06 Nov 1994 08:49:37 GMT", with a NUL
 * (RFC 9110, 5.6.7). It is in seconds since 1970-01-01 00:00 UTC, not before
 * then and before the year 10000.
 */
void http_date(char *buffer, int64_t seconds);

/* Room for http_chunk: 16 hexadecimal digits, CR and LF. */
#define HTTP_CHUNK_ROOM 18

/* What follows the bytes of a chunk, and what ends the body after the last. */
#define HTTP_CHUNK_END  "\r\n"
#define HTTP_LAST_CHUNK "0\r\n\r\n"

/*
 * Write the line before a chunk of length bytes, without a NUL; return its
 * length (RFC 9112, 7.1). No bytes are no chunk, which would end the body:
 * then nothing is written, and the length is 0.
 */
size_t http_chunk(char *buffer, size_t length);

#endif
