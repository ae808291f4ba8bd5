/*
 * http_response - the answers of HTTP/1.x, without a connection.
 *
 * A strict parser of what a server answers (RFC 9110 for what it means, RFC
 * 9112 for how it is written). Bytes come in and events come out: nothing here
 * reads, sends, waits, allocates or looks at a clock. The parser holds no
 * bytes: the caller keeps what has not been used and shows it again, grown, at
 * the next call. Every byte is looked at once, and what is decided depends on
 * the bytes only, not on how they were cut into segments.
 *
 *     struct http_response_field fields[] = { { .name = "location" } };
 *     struct http_response_parser parser;
 *     struct http_response response;
 *
 *     http_response_init(&parser, HTTP_GET, fields, 1);
 *     for (;;) {
 *         switch (http_response_parse(&parser, data, size, &response, &used)) {
 *         case HTTP_RESPONSE_MORE:
 *             ... drop the first used bytes, read more; if the connection has
 *             ended, call http_response_end instead
 *         case HTTP_RESPONSE_HEAD:
 *             ... look at response.status and fields; drop the used bytes
 *         case HTTP_RESPONSE_BODY:
 *             ... write response.body away; drop the used bytes
 *         case HTTP_RESPONSE_END:
 *             ... drop the used bytes; keep the connection if
 *             response.keep_alive, else close it
 *         case HTTP_RESPONSE_BROKEN:
 *             ... response.flaw says why; close the connection
 *         }
 *     }
 *
 * A client that is not a proxy cannot be used for request smuggling, so the
 * parser is lenient in two points where a server must not be: a bare LF ends a
 * line, and a field value may continue on a line that begins with a blank (RFC
 * 9112, 2.2 and 5.2). Everything else is strict:
 *
 * - The answer begins with its status line, of HTTP/1.0 or 1.1, with a status
 *   from 100 to 999. The reason may be empty, its blank missing.
 * - A field line begins with a token and a colon. No line has control
 *   characters but HT.
 * - Interim answers (1xx) are skipped; 101 is broken, as nothing asks for it.
 * - Content-Length is digits only; several must be equal. Transfer-Encoding is
 *   "chunked", once; with it Content-Length is ignored and the connection is
 *   not used again (RFC 9112, 6.3). Without either the body goes on to the end
 *   of the connection.
 * - 204, 304 and the answers to HEAD have no body.
 * - A chunk begins with its size in hexadecimal digits, and the line ends
 *   behind its size and its data are of the same kind; extensions and trailer
 *   fields are dropped.
 */
#ifndef COMMON_HTTP_RESPONSE_H
#define COMMON_HTTP_RESPONSE_H

#include "common/http.h"

/* The longest head, from the status line to the end of the empty line; also
 * the longest line of a chunk's size, and the longest trailer section. Bytes
 * that a buffer must hold so that parsing always goes on. */
#define HTTP_RESPONSE_HEAD_MAX 65536

/* The most fields of a head, and of a trailer section. */
#define HTTP_RESPONSE_FIELDS 128

/* The most interim answers before the final one. */
#define HTTP_RESPONSE_INTERIM 10

/* What comes next. */
enum http_response_event {
    HTTP_RESPONSE_MORE,   /* nothing is complete yet: read more */
    HTTP_RESPONSE_HEAD,   /* the final answer's head is complete */
    HTTP_RESPONSE_BODY,   /* a piece of the body */
    HTTP_RESPONSE_END,    /* the answer is complete */
    HTTP_RESPONSE_BROKEN, /* it is malformed or cut short: close */
};

/* Why an answer is broken. */
enum http_response_flaw {
    HTTP_RESPONSE_SILENT,      /* closed before its first byte */
    HTTP_RESPONSE_CUT,         /* closed before its end */
    HTTP_RESPONSE_STATUS_LINE, /* no status line of HTTP/1.0 or 1.1 */
    HTTP_RESPONSE_FIELD,       /* a malformed field */
    HTTP_RESPONSE_LARGE,       /* a head or trailer beyond the limits */
    HTTP_RESPONSE_LENGTH,      /* no valid Content-Length or coding */
    HTTP_RESPONSE_CHUNK,       /* a malformed chunk */
    HTTP_RESPONSE_INFORMATION, /* 101, or too many interim answers */
};

/* A field that is asked for. */
struct http_response_field {
    const char *name;        /* in lower case; set by the caller */
    struct http_slice value; /* without blanks around it; text is NULL when
                                there is no such field; the first counts */
    size_t at;               /* http_response's own */
};

/* An event's particulars. Slices lie in the data shown, and are valid as long
 * as it stays where it is. */
struct http_response {
    int status;                   /* from HEAD on */
    struct http_slice reason;     /* HEAD: the reason phrase, perhaps empty; any
                                     bytes but controls: escape what you print */
    int64_t length;               /* HEAD: bytes of the body; -1: not known */
    struct http_slice body;       /* BODY: the piece, at least one byte */
    bool keep_alive;              /* END: the connection can be used again */
    enum http_response_flaw flaw; /* BROKEN */
};

/* Where the parsing of one answer stands. Its members are its own. */
struct http_response_parser {
    enum http_response_stage {
        HTTP_RESPONSE_AT_STATUS, /* the status line */
        HTTP_RESPONSE_AT_FIELDS, /* the fields of a head */
        HTTP_RESPONSE_AT_LENGTH, /* a body of left bytes */
        HTTP_RESPONSE_AT_CLOSE,  /* a body to the end of the connection */
        HTTP_RESPONSE_AT_SIZE,   /* the line of a chunk's size */
        HTTP_RESPONSE_AT_CHUNK,  /* a chunk's data, of left bytes */
        HTTP_RESPONSE_AT_REST,   /* the line end behind a chunk's data */
        HTTP_RESPONSE_AT_TRAILER,
        HTTP_RESPONSE_AT_END,  /* it was complete */
        HTTP_RESPONSE_AT_FLAW, /* it was broken */
    } stage;
    struct http_response_field *fields; /* asked for */
    size_t asked;                       /* how many */
    size_t line;                        /* where the line in work begins */
    size_t seen;      /* up to here the bytes are known to hold no line end */
    size_t next;      /* where the next line begins */
    size_t reason_at; /* where the reason is, and its bytes */
    size_t reason_size;
    size_t trailer; /* bytes of trailer fields dropped */
    int64_t length; /* Content-Length; -1: none */
    int64_t left;   /* of the body, or of the chunk */
    unsigned count; /* fields so far */
    unsigned interim;
    int status;
    int minor;
    enum http_response_flaw flaw;
    bool head_only; /* the request was HEAD */
    bool begun;     /* a byte has come */
    bool bare;      /* the line of the chunk size ended with a bare LF */
    bool chunked, close, persist; /* what the fields said */
};

/*
 * Start on the answer to a request with this method. Of count fields, which
 * must last as long as the parser, the values are set at HEAD.
 */
void http_response_init(struct http_response_parser *parser,
    enum http_method method, struct http_response_field *fields, size_t count);

/*
 * Find the next event in data, the size bytes that were not used so far. In
 * every case the first *used bytes are now used and must not be shown again
 * (after BODY: once the piece was written away). Line ends within a field
 * become blanks in data. Call until it gives MORE, END or BROKEN, also when no
 * byte is left: an empty body has its END.
 *
 * MORE: the bytes that were not used, less than HTTP_RESPONSE_HEAD_MAX, must be
 * shown again with more behind them.
 *
 * END: keep_alive is false also when bytes follow in data that nobody asked
 * for. Further calls give END again and use nothing.
 *
 * BROKEN: further calls give the same flaw and use nothing.
 */
enum http_response_event http_response_parse(
    struct http_response_parser *parser, char *data, size_t size,
    struct http_response *response, size_t *used);

/*
 * The connection has ended, and all that came was shown to
 * http_response_parse, which gave MORE: orderly (the peer closed its side) or
 * not (a reset). END: the answer went on to the end, which was orderly.
 * BROKEN: flaw is SILENT or CUT.
 */
enum http_response_event http_response_end(struct http_response_parser *parser,
    bool orderly, struct http_response *response);

#endif
