/*
 * http_reply - the answers of HTTP/1.1, without a connection.
 *
 * The frame of an answer, whatever its body is: status line and fields, date,
 * length, chunks, whether there is a body at all and whether the connection
 * stays open (RFC 9110 for what the fields mean, RFC 9112 for how they are
 * written). The body is a text that lies in memory, or what a function of the
 * program writes piece by piece; nothing here knows what it is about.
 *
 *     struct http_reply reply;
 *
 *     http_reply_begin(&reply, &request, time(NULL));
 *     http_reply_text(&reply, &head, text, strlen(text));
 *     while ((size = http_reply_next(&reply, buffer, sizeof(buffer))) > 0)
 *         send(fd, buffer, size, 0);
 *     if (!reply.keep_alive)
 *         ... close
 *
 * Nothing here reads, sends, waits, allocates or looks at a clock. Any thread
 * may call it, one at a time for each answer.
 */
#ifndef COMMON_HTTP_REPLY_H
#define COMMON_HTTP_REPLY_H

#include "common/http.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* --- The parts of an answer ---------------------------------------------- */

/* Lengths of a body that are none. */
#define HTTP_CHUNKED  (-1) /* not known; in chunks, for HTTP/1.1 only */
#define HTTP_TO_CLOSE (-2) /* not known; ends when the connection closes */
#define HTTP_NO_BODY  (-3) /* no body and no length field: for 304 */

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
 * Allow (RFC 9110, 15.5.6), with 426 the version of WebSocket that is spoken
 * (RFC 6455, 4.4). A HEAD request gets the head that GET would get.
 */
size_t http_head(char *buffer, size_t size, const struct http_head *head);

/* Room for any answer of http_error. */
#define HTTP_ERROR_MAX 512

/*
 * Write a whole answer that is an error: a head and a line of plain text, the
 * latter not when method is HTTP_HEAD. Errors are 400, HTTP_UNENCODED,
 * HTTP_WRONG_VALUE, 403, 404, 405, HTTP_POST_ONLY, 408, 411, 412, 413, 414,
 * 416, 417, 418, 426, 429, 431, 500, 501, 502, 503 (with Retry-After), 504 and
 * 505; any other counts as 500. date is as above.
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

/* --- An answer, piece by piece ------------------------------------------- */

/* The most that the frame of an answer takes of a buffer; the rest is the
 * body's. */
#define HTTP_REPLY_FRAME (HTTP_HEAD_MAX + 16)

/* How far an answer is. */
enum http_reply_state {
    HTTP_REPLY_DONE,  /* nothing is left to be written */
    HTTP_REPLY_ERROR, /* an error is to be written */
    HTTP_REPLY_HEAD,  /* all of it is to be written */
    HTTP_REPLY_BODY,  /* its head is written */
};

/* One answer under way, which must not move until its end; zeroed, it is one
 * that is done. All members but the first are http_reply's own. */
struct http_reply {
    bool keep_alive; /* the connection stays open after the answer */
    bool head_only;  /* no body is written, whatever the head says of one */
    bool to_close;   /* the client knows no chunks */
    enum http_reply_state state;
    char date[HTTP_DATE_ROOM];
    struct http_head head;
    const char *text; /* what is left of a body in memory */
    size_t left;
    size_t (*body)(void *argument, char *buffer, size_t size, bool *last);
    void *argument;
};

/*
 * Begin the answer to a request as http_parse left it, which is not kept. now
 * is in seconds since 1970, for Date. Say by one of the next four functions
 * what the answer is; without that it is the error request->status.
 */
void http_reply_begin(
    struct http_reply *reply, const struct http_request *request, int64_t now);

/* Answer with an error, one of http_error's. After 500 the connection does not
 * stay open. */
void http_reply_error(struct http_reply *reply, int status);

/* Answer with a head alone, with neither a body nor its length: 304. Here and
 * below, the reply sets the length, keep_alive and date of head itself; the
 * texts of head must outlive the reply. */
void http_reply_empty(struct http_reply *reply, const struct http_head *head);

/* Answer with length bytes of text; they must stay as they are until they are
 * written. */
void http_reply_text(struct http_reply *reply, const struct http_head *head,
    const char *text, size_t length);

/*
 * Answer with a body of unknown length, which the function body writes: in
 * chunks, or, to a client of HTTP/1.0, up to the end of the connection. body is
 * called by http_reply_next, with argument and a buffer of size bytes (at least
 * http_reply_next's less HTTP_REPLY_FRAME), as often as it takes. It returns
 * how many bytes it wrote and sets *last, false at the call, with the last of
 * them; it may write none only at the end. A HEAD request does not call it.
 */
void http_reply_body(struct http_reply *reply, const struct http_head *head,
    size_t (*body)(void *argument, char *buffer, size_t size, bool *last),
    void *argument);

/*
 * Answer with a body of length bytes, which the function body writes as above:
 * exactly that many in all.
 */
void http_reply_sized(struct http_reply *reply, const struct http_head *head,
    int64_t length,
    size_t (*body)(void *argument, char *buffer, size_t size, bool *last),
    void *argument);

/*
 * Write the next bytes of the answer, from its status line to the frame of its
 * last chunk, into buffer of size bytes, more than HTTP_REPLY_FRAME; return how
 * many. 0: that was all.
 */
size_t http_reply_next(struct http_reply *reply, char *buffer, size_t size);

/* End an answer, at any point of it: there is nothing more to write then.
 * keep_alive stays. */
void http_reply_end(struct http_reply *reply);

#endif
