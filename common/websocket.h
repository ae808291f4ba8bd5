/*
 * websocket - the server's side of the WebSocket protocol, without a
 * connection.
 *
 * The handshake and the frames of RFC 6455, version 13, without extensions and
 * subprotocols. Bytes come in and a decision comes out: nothing here reads,
 * sends, waits, allocates or looks at a clock. As in http.h the caller keeps
 * what has not been used and shows it again, grown; a decision depends on the
 * bytes only, not on how they were cut into segments.
 *
 *     struct ws_parser parser;
 *     struct ws_event event;
 *
 *     ws_init(&parser, max_message);
 *     for (;;) {
 *         switch (ws_parse(&parser, data, size, &event, &used)) {
 *         case WS_MORE:
 *             ... drop the first used bytes, read more; at the end, close
 *         case WS_DATA:
 *         case WS_MESSAGE:
 *             ... keep event.bytes, and take the message when it is complete
 *         case WS_PINGED:
 *             ... send ws_head(head, WS_PONG, event.length) and event.bytes
 *         case WS_PONGED:
 *             ... the peer lives
 *         case WS_CLOSED:
 *         case WS_BROKEN:
 *             ... send ws_close(frame, event.code, NULL) and close
 *         }
 *         ... drop the first used bytes
 *     }
 *
 * Where RFC 6455 lets an endpoint be lenient, this one is not. The connection
 * is broken off, with this close code:
 *
 * 1002  a frame without a mask; a reserved bit; a reserved opcode; a control
 *       frame that is fragmented or longer than 125 bytes; a length that is not
 *       in its shortest form, or of 2^63 and more; a continuation of nothing; a
 *       new message within another; a close frame of one byte, or with a code
 *       that must not be sent (all but 1000 to 1003, 1007 to 1014, and 3000 to
 *       4999)
 * 1007  a text that is no UTF-8, as soon as no further byte could mend it; a
 *       close reason that is none, when its frame is complete
 * 1008  a message with more than WS_EMPTY_MAX fragments of no bytes, which no
 *       limit on its length would ever end
 * 1009  a message longer than max_message, as soon as a frame says so
 *
 * Any thread may call these functions, one at a time for each parser.
 */
#ifndef COMMON_WEBSOCKET_H
#define COMMON_WEBSOCKET_H

#include "common/http.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* --- The handshake -------------------------------------------------------- */

/* What a request is that came for a WebSocket. */
enum ws_handshake {
    WS_ACCEPTED,      /* a handshake: answer it, frames follow */
    WS_NOT_ASKED,     /* no handshake: 400 */
    WS_WRONG_VERSION, /* a handshake of another version: 426 */
    WS_WRONG_KEY,     /* the key is missing, or not one of 16 bytes: 400 */
};

/* Room for ws_accept: 28 characters and the NUL. */
#define WS_ACCEPT_ROOM 29

/* Room for ws_answer. */
#define WS_ANSWER_MAX 256

/*
 * Write what proves to a client that its key was read, Sec-WebSocket-Accept, as
 * a C string into accept, of WS_ACCEPT_ROOM bytes (RFC 6455, 4.2.2). False when
 * key is not 16 bytes in base64.
 */
bool ws_accept(const char *key, size_t length, char *accept);

/*
 * Judge a request as a handshake, and write its proof into accept, of
 * WS_ACCEPT_ROOM bytes, if it is accepted. A handshake is a GET of HTTP/1.1
 * without a body, whose Upgrade has "websocket" and whose Connection has
 * "upgrade"; without one of these it is WS_NOT_ASKED. Its Sec-WebSocket-Version
 * and Sec-WebSocket-Key must occur once; a version that is missing or repeated
 * is WS_WRONG_VERSION as well. Who may come, by Host and Origin, is for the
 * caller to judge.
 */
enum ws_handshake ws_handshake(
    const struct http_request *request, char *accept);

/* Write the answer to a handshake, 101, from its status line to the empty line,
 * without a NUL, into buffer of WS_ANSWER_MAX bytes; return its length. */
size_t ws_answer(char *buffer, const char *accept);

/* --- Frames that come ----------------------------------------------------- */

/* What a frame is (RFC 6455, 5.2). */
enum ws_opcode {
    WS_CONTINUATION = 0,
    WS_TEXT = 1,
    WS_BINARY = 2,
    WS_CLOSE = 8,
    WS_PING = 9,
    WS_PONG = 10,
};

/* The codes of a close frame that are used here (RFC 6455, 7.4.1). */
enum ws_code {
    WS_NORMAL = 1000,
    WS_GOING_AWAY = 1001,
    WS_PROTOCOL_ERROR = 1002,
    WS_UNSUPPORTED = 1003,
    WS_NO_CODE = 1005,  /* the close frame has none; this one is never sent */
    WS_NO_CLOSE = 1006, /* there was no close frame; never sent either */
    WS_INVALID = 1007,
    WS_POLICY = 1008,
    WS_TOO_BIG = 1009,
    WS_FAILED = 1011,
    WS_TRY_LATER = 1013,
};

/* The most bytes that a control frame carries. */
#define WS_CONTROL_MAX 125

/* Bytes that a buffer must hold so that every frame leads on: the head and the
 * bytes of a control frame. Messages are handed out in slices. */
#define WS_ROOM (6 + WS_CONTROL_MAX)

/* The most fragments of no bytes of a message; one more is 1008. */
#define WS_EMPTY_MAX 1000

/* What was found next. */
enum ws_result {
    WS_MORE,    /* nothing further is complete: read more */
    WS_DATA,    /* bytes of a message, of which more is to come */
    WS_MESSAGE, /* the last bytes of a message, maybe none */
    WS_PINGED,  /* answer by a pong with the same bytes */
    WS_PONGED,  /* an answer to a ping, or to none */
    WS_CLOSED,  /* answer by a close with the same code, and close */
    WS_BROKEN,  /* a rule is broken: send a close with this code, and close */
};

/* What it is. The bytes lie in the data that was shown to ws_parse, unmasked;
 * bytes is NULL where there are none. */
struct ws_event {
    enum ws_opcode opcode; /* of a message: WS_TEXT or WS_BINARY */
    char *bytes; /* of a message, ping or pong; a close's reason, in UTF-8 */
    size_t length;
    size_t at; /* bytes of the message before these */
    int code;  /* of WS_CLOSED, perhaps WS_NO_CODE, and of WS_BROKEN */
};

/* How far a text is known to be UTF-8, between two bytes of it. */
struct ws_utf8 {
    uint8_t need;      /* bytes that are still to come of a character */
    uint8_t low, high; /* between which the next of them must be */
};

/* Where the parsing of one connection stands. Its members are websocket's
 * own. */
struct ws_parser {
    uint64_t left;         /* bytes to come of the frame in work */
    size_t max_message;    /* the most bytes of a message */
    size_t received;       /* bytes of the message in work */
    unsigned empty;        /* its fragments without bytes */
    uint8_t mask[4];       /* of the frame in work, for its next byte first */
    bool inside;           /* the head of a frame was read, and not its end */
    bool last;             /* that frame is the last of its message */
    bool over;             /* a close frame was read: nothing comes after it */
    enum ws_opcode opcode; /* of the message in work; WS_CONTINUATION: none */
    int code;              /* 0, or with which code it was broken off */
    struct ws_utf8 utf8;   /* of a text */
};

/* Start behind a handshake. A message may have max_message bytes. */
void ws_init(struct ws_parser *parser, size_t max_message);

/*
 * Find what comes next in data, the size bytes that were not used so far. In
 * every case the first *used bytes are now used and must not be shown again;
 * those of them that belong to the event are unmasked where they stand, so the
 * data is changed.
 *
 * WS_MORE: call again with the bytes that were not used and more. These are
 * less than WS_ROOM.
 *
 * WS_DATA and WS_MESSAGE: the next bytes of a message, as far as they have
 * come, whatever frames they came in; there is a WS_MESSAGE for every message
 * that is complete. A short one is usually handed out by a single WS_MESSAGE,
 * with at 0. A text is UTF-8 as far as it goes; a character may be cut between
 * two events.
 *
 * WS_PINGED, WS_PONGED, WS_CLOSED: the frame is complete. They may come in the
 * middle of a message. After WS_CLOSED all that comes is used and dropped.
 *
 * WS_BROKEN: every further call says so, too, and uses nothing.
 */
enum ws_result ws_parse(struct ws_parser *parser, char *data, size_t size,
    struct ws_event *event, size_t *used);

/* --- Frames that go ------------------------------------------------------- */

/* The longest head that a server sends. */
#define WS_HEAD_MAX 10

/* Write the head of an unfragmented, unmasked frame with length bytes; return
 * its own length. */
size_t ws_head(char *head, enum ws_opcode opcode, uint64_t length);

/* Room for ws_close. */
#define WS_CLOSE_MAX (2 + WS_CONTROL_MAX)

/*
 * Write a close frame; return its length. reason is a C string in UTF-8, of
 * which 123 bytes fit, the rest of it is left out, and never half a character;
 * NULL: none. The frame for WS_NO_CODE has neither code nor reason.
 */
size_t ws_close(char *frame, int code, const char *reason);

#endif
