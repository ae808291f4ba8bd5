/*
 * http - the requests of HTTP/1.1, without a connection.
 *
 * A strict parser of request heads (RFC 9110 for what the fields mean, RFC 9112
 * for how they are written); http_reply.h has what is answered. Bytes come in
 * and a decision comes out: nothing here reads, sends, waits, allocates or
 * looks at a clock. The parser holds no bytes: the caller keeps what has not
 * been used and shows it again, grown, at the next call. It looks at every
 * byte once, and its decision depends on the bytes only, not on how they were
 * cut into segments.
 *
 *     struct http_parser parser;
 *     struct http_request request;
 *
 *     http_init(&parser);
 *     for (;;) {
 *         switch (http_parse(&parser, data, size, &request, &used)) {
 *         case HTTP_MORE:
 *             ... drop the first used bytes, read more; at the end, close
 *         case HTTP_REQUEST:
 *             ... answer; then drop the first used bytes, and close the
 *             connection unless request.keep_alive
 *         case HTTP_REFUSED:
 *             ... send http_error(request.status) and close
 *         }
 *     }
 *
 * Where RFC 9112 lets a server be lenient, this one is not: whatever two
 * programs in a row could understand differently is refused with 400, and as
 * no byte after a refused head is looked at, nothing can be smuggled behind
 * one. In particular:
 *
 * - Lines end with CR LF. A CR or LF by itself is refused, and so is every
 *   other control character but HT (RFC 9112, 2.2; RFC 9110, 5.5).
 * - One or two empty lines before a request are skipped (RFC 9112, 2.2).
 * - The request line has exactly two spaces. The target is of visible ASCII
 *   characters without '#'; some of these should be percent-encoded, but
 *   browsers do not always. It is in origin form or, for http and https and
 *   without user information, in absolute form (RFC 9112, 3.2). For methods
 *   that are refused anyway its form does not matter.
 * - Versions 1.0 and 1.1 are served, other 1.x as 1.1; any other is 505.
 * - A field line begins with a token and a colon; lines that begin with a
 *   blank (obs-fold) are refused (RFC 9112, 5.1 and 5.2).
 * - Host occurs once, is a host with or without a port, and only with 1.0 may
 *   it be missing (RFC 9112, 3.2).
 * - Blanks around a value, any number of SP and HT, are not part of it
 *   (RFC 9110, 5.5).
 * - Content-Length occurs once and is digits only. Together with
 *   Transfer-Encoding it is refused (RFC 9112, 6.3).
 * - Transfer-Encoding: chunked is 501 with HTTP/1.1; anything else in this
 *   field is 400, and so is the field with HTTP/1.0. No ordinary client sends
 *   a chunked body with GET or HEAD, and one that would only be thrown away is
 *   not worth the most dangerous half of a parser.
 * - If-Match and If-None-Match are each "*" or a list of entity tags, which may
 *   take several lines (RFC 9110, 13.1). Conditions on dates, and ranges, are
 *   for those who have dates and parts: http_part.h.
 *
 * A body that is announced with GET or HEAD is dropped by the parser; it means
 * nothing (RFC 9110, 9.3.1). A site to which clients may post says so
 * (http_take_posts): then POST is a request like GET, and its body, which must
 * have a Content-Length, is handed out whole.
 */
#ifndef COMMON_HTTP_H
#define COMMON_HTTP_H

#include "common/http_text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest request line, in bytes before its CR LF; beyond it is 414. */
#define HTTP_LINE_MAX 4096

/* The longest header section, in bytes from the end of the request line to the
 * end of the empty line that ends the head; beyond it is 431. */
#define HTTP_FIELDS_MAX 16384

/* The most fields; one more is 431. */
#define HTTP_FIELDS 64

/* The longest body, in bytes; a longer one is 413. */
#define HTTP_BODY_MAX 16384

/* Empty lines that are skipped before a request line; one more is 400. */
#define HTTP_EMPTY_LINES 2

/* Bytes that a buffer must hold so that every allowed head fits. */
#define HTTP_ROOM (HTTP_LINE_MAX + 2 + HTTP_FIELDS_MAX)

/* The same where posts are taken: their bodies fit, too. */
#define HTTP_POST_ROOM (HTTP_ROOM + HTTP_BODY_MAX)

/* The status 400 of a request whose target has bytes beyond ASCII: what
 * http_error then says is what to do about it. */
#define HTTP_UNENCODED (-400)

/* The status 400 of a query in which a parameter has a value that it does not
 * take: for whoever reads the query; the parser never gives it. */
#define HTTP_WRONG_VALUE (-1400)

/* The status 405 of a resource that there is for POST alone. */
#define HTTP_POST_ONLY (-405)

/* What became of the next request. */
enum http_result {
    HTTP_MORE,    /* it is not complete: read more */
    HTTP_REQUEST, /* it is to be answered */
    HTTP_REFUSED, /* it gets an error; then the connection must be closed */
};

/* A method, as far as it makes a difference (RFC 9110, 9.3; RFC 5789). */
enum http_method {
    HTTP_UNKNOWN, /* another one (501), or none was recognised */
    HTTP_GET,
    HTTP_HEAD,  /* the answer has no body, but the head that GET would get */
    HTTP_POST,  /* only where posts are taken */
    HTTP_OTHER, /* PUT, DELETE, CONNECT, OPTIONS, TRACE, PATCH, POST (405) */
};

/* What If-Match or If-None-Match names. */
enum http_tags {
    HTTP_NO_TAGS,   /* there is no such field */
    HTTP_ANY_TAG,   /* "*": any representation that exists */
    HTTP_SOME_TAGS, /* a list of entity tags, perhaps an empty one */
};

/* A request. The slices lie in the data shown to http_parse (or in a constant)
 * and are valid as long as that data stays where it is. */
struct http_request {
    enum http_method method;
    struct http_slice target; /* as it came; NULL when none was recognised */
    struct http_slice path;   /* begins with '/'; as it came, not decoded */
    struct http_slice query;  /* what follows '?'; NULL when there is no '?' */
    struct http_slice fields; /* the header section, line by line; NULL when
                                 the request was refused; see http_field */
    int minor;                /* 0: HTTP/1.0; 1: HTTP/1.1 and later */
    bool keep_alive; /* whether the connection stays open after the answer */
    size_t body;     /* bytes that follow the head and that the next call of
                        http_parse will drop */
    struct http_slice content; /* the body of a POST */
    enum http_tags match;      /* If-Match */
    enum http_tags none_match; /* If-None-Match */
    int status; /* 200, or, when refused, with which error: what http_error
                   takes */
};

/* The request that stands for one that did not end in time. */
#define HTTP_LATE                                                              \
    {                                                                          \
        .method = HTTP_GET, .status = 408                                      \
    }

/* Where the parsing of one connection stands. Its members are http's own. */
struct http_parser {
    size_t line;        /* where the line in work begins */
    size_t seen;        /* up to here the bytes are known to hold no line end */
    size_t fields_at;   /* where the fields begin; 0: in the request line */
    size_t target_at;   /* where the target begins */
    size_t target_size; /* its bytes; 0: not known yet */
    size_t body;        /* of the last request, what is still to be dropped */
    int64_t length;     /* Content-Length; -1: none */
    unsigned fields;    /* how many there were */
    unsigned empty;     /* empty lines before the request line */
    enum http_method method;
    enum http_tags match, none_match;
    int minor;
    int status;   /* 0, or what the connection was refused with */
    bool host;    /* there was a Host */
    bool chunked; /* there was a Transfer-Encoding */
    bool close;   /* there was Connection: close */
    bool expect;  /* there was an Expect */
    bool posts;   /* POST is taken */
    bool whole;   /* the head is complete; its body is awaited */
};

/* Start on a new connection. */
void http_init(struct http_parser *parser);

/*
 * Take POST, too, on this connection: call it after http_init. Then what
 * http_parse leaves unused may be less than HTTP_POST_ROOM instead of
 * HTTP_ROOM: a post waits until its body is complete.
 */
void http_take_posts(struct http_parser *parser);

/*
 * Find the next request in data, the size bytes that were not used so far. In
 * every case the first *used bytes are now used and must not be shown again.
 *
 * HTTP_MORE: *request is left alone; call again with the bytes that were not
 * used and more. These are less than HTTP_ROOM.
 *
 * HTTP_REQUEST: method is HTTP_GET or HTTP_HEAD, or HTTP_POST where that is
 * taken, with its body in content; status is 200. keep_alive is
 * false for HTTP/1.0 and after Connection: close (RFC 9112, 9.3), and when a
 * client has a body but waits to be asked for it (Expect: it is not asked, and
 * whether it then sends the body cannot be known; RFC 9110, 10.1.1). There may
 * be another request in the bytes that follow: one at a time is handed out, so
 * finish the answer before the next call.
 *
 * HTTP_REFUSED: status says why; method and target are set if they were
 * recognised before (at further calls, only the method); keep_alive is false.
 * Send the error (its body not, when method is HTTP_HEAD) and close. Every
 * further call gives the same status.
 *
 *     400  malformed, or open to different interpretations; HTTP_UNENCODED if
 *          it is a target with bytes beyond ASCII
 *     405  a method other than GET and HEAD, or POST where it is taken
 *     411  a POST without Content-Length
 *     413  a body longer than HTTP_BODY_MAX
 *     414  a request line longer than HTTP_LINE_MAX
 *     417  a POST with Expect: its client may wait for 100 (Continue) before it
 *          sends its body, and there is none (RFC 9110, 10.1.1)
 *     431  a header section longer than HTTP_FIELDS_MAX, too many fields
 *     501  an unknown method, or a chunked body
 *     505  a version other than 1.x
 *
 * Of several reasons the first in the bytes counts; what can only be judged
 * with the whole head counts after it: 400, then 501 for the body, 413, the
 * method, 411, and last 417.
 */
enum http_result http_parse(struct http_parser *parser, const char *data,
    size_t size, struct http_request *request, size_t *used);

/*
 * Find the next field of a name, which is in lower case, in a request that was
 * not refused. A field that is a list may take several lines. *at says where to
 * begin: 0 for the first one; it then stands behind the field that was found.
 * Its value is without the blanks around it. False: there is no further one.
 */
bool http_field(const struct http_request *request, const char *name,
    size_t *at, struct http_slice *value);

/* Whether no request has begun, when size bytes are unused: a peer may be
 * silent or go away here, and nothing is owed to it. */
bool http_is_idle(const struct http_parser *parser, size_t size);

/*
 * A field that must occur once: *value is its value. Return how many lines of
 * this name there are; with 0, *value is empty, and with more than 1 it is the
 * first of them: they contradict each other, even when they are equal.
 */
unsigned http_sole_field(const struct http_request *request, const char *name,
    struct http_slice *value);

/* Whether a field that is a list of words, separated by commas, has this one,
 * which is in lower case, in whatever case. */
bool http_field_has(
    const struct http_request *request, const char *name, const char *word);

/* A parameter of a query: which is asked for, and its value. */
struct http_parameter {
    const char *name; /* set by the caller */
    const char *text; /* decoded, not NUL-terminated; NULL: not given */
    size_t length;
};

/*
 * Take a query apart: name=value, separated by '&'. Names and values are
 * decoded ('+' is a space, %41 is 'A') into buffer, which must have room for
 * length bytes and is what the values then lie in. Of parameters with the same
 * name the first counts; those not asked for are passed over; one without '='
 * has an empty value.
 *
 * False, the answer being 400, when any parameter, asked for or not, holds a
 * '%' without two hexadecimal digits, %00, or what is not UTF-8 once decoded.
 * The text of the parameters then means nothing.
 */
bool http_query(const char *query, size_t length, char *buffer,
    struct http_parameter *parameters, size_t count);

/*
 * The value of a parameter that is a number from 0 (number_read's, so a sign
 * is allowed; -0 is 0). One beyond 64 bits counts as INT64_MAX. When the
 * parameter was not given, or is empty like a form field left blank, *value
 * stays. False, the answer being 400, when it is negative or no number.
 */
bool http_number(const struct http_parameter *parameter, int64_t *value);

#endif
