/*
 * chartalk - the finder in a terminal: what is said over telnet.
 *
 * A client types words, the server answers with the characters whose names
 * have them all. What is sent, byte for byte as the published tcp_charfinder.py
 * of Luciano Ramalho's "Fluent Python" (first edition) sends it, is decided
 * here: lines go in, pieces of the answer come out, and nothing is known of
 * sockets, threads or time. protocols.md describes the protocol.
 *
 * An answer may be 4 MB long. It is not built: what is kept is where it stands,
 * and each piece is handed out from where the names lie.
 *
 *     struct chartalk talk;
 *     struct chartalk_piece piece;
 *
 *     chartalk_begin(&talk, &rules, "127.0.0.1:62910");
 *     for (;;) {
 *         while (chartalk_next(&talk, 65536, &piece))
 *             send(fd, piece.bytes, piece.length, 0);
 *         ... read a line, status says how it went
 *         if (!chartalk_receive(&talk, status, &line))
 *             break;
 *     }
 *     chartalk_end(&talk);
 */
#ifndef COMMON_CHARTALK_H
#define COMMON_CHARTALK_H

#include "common/charindex.h"
#include "common/line.h"

#include <stdbool.h>
#include <stddef.h>

/* Sent to a client for which there is no room. */
#define CHARTALK_FULL_HOUSE "ERROR too many connections\r\n"

/* The longest text for a peer that is kept, its NUL included: an IPv6 address
 * with its scope, in brackets, and a port. */
#define CHARTALK_PEER_MAX 80

/* What holds for all conversations of a server. */
struct chartalk_rules {
    /* Takes console records, as log_record does; NULL: there are none. */
    void (*say)(const char *format, ...) __attribute__((format(printf, 1, 2)));
};

/* Bytes to be sent: valid until the next call on the conversation. */
struct chartalk_piece {
    const char *bytes;
    size_t length;
};

/* What comes next. */
enum chartalk_turn {
    CHARTALK_LISTENS, /* a line from the client */
    CHARTALK_PROMPTS, /* the prompt */
    CHARTALK_ANSWERS, /* rows, the status, and the prompt */
};

/* One conversation, about 300 bytes. Its members are chartalk's own. */
struct chartalk {
    const struct chartalk_rules *rules;
    char peer[CHARTALK_PEER_MAX];
    enum chartalk_turn turn;
    bool started;              /* a line came: only the first can be a lost
                                  browser's */
    struct charindex_set rest; /* rows that are still to be sent */
    size_t count;              /* how many there were */
    char *text;                /* owned: what is sent after the rows */
    size_t text_length;
    const char *bytes; /* what is left of that in work */
    size_t left;
};

/*
 * Begin a conversation; the first piece of it is the prompt. peer is who it is
 * with, for the console; it is copied, and may be "" when there is none. rules
 * must outlive it.
 */
void chartalk_begin(struct chartalk *talk, const struct chartalk_rules *rules,
    const char *peer);

/*
 * Take in what the line framing found; line counts only with LINE_READY and is
 * not kept. To be called when there is no piece left. True: the answer is to
 * be sent. False: the conversation is over; nothing more is sent. That is so
 * when the client has ended it, when its line was too long, late, not UTF-8,
 * began with a control character or was a browser's request, and when there is
 * no memory for the answer.
 */
bool chartalk_receive(
    struct chartalk *talk, enum line_status status, const struct line *line);

/* The next piece of what is to be sent, of at most max bytes, which is more
 * than 0; false, and *piece is left alone, when there is none until the next
 * line. */
bool chartalk_next(
    struct chartalk *talk, size_t max, struct chartalk_piece *piece);

/* End a conversation, at any point of it, and free what it holds. */
void chartalk_end(struct chartalk *talk);

#endif
