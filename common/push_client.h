/*
 * push_client - what the push server knows of its clients: of all of them, and
 * of each. push_site.h has what is done with them.
 */
#ifndef COMMON_PUSH_CLIENT_H
#define COMMON_PUSH_CLIENT_H

#include "common/channel.h"
#include "common/counters.h"
#include "common/http_reply.h"
#include "common/websocket.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* --- All clients ---------------------------------------------------------- */

/* The longest message that is published, in bytes: a line or two of a chat. */
#define PUSH_TEXT_MAX 4096

/* The most bytes of messages that one poll is answered with, unless a single
 * one is longer; the others come with the next poll, which need not wait. So
 * ten thousand polls that are far behind and do not read cost 160 MB. */
#define PUSH_POLL_MAX 16384

/* The most pieces of /fetch, and milliseconds between two of them. */
#define PUSH_PIECES_MAX 100
#define PUSH_EVERY_MAX  60000

/* Clients to be given their turn in one go; the others come after whoever else
 * is waiting (for an event loop). */
#define PUSH_TURNS 64

/* Who may publish. */
enum push_who {
    PUSH_LOCAL, /* clients on this machine, by a loopback address */
    PUSH_ANY,
    PUSH_NONE,
};

/* What a user may set; times are in milliseconds. */
struct push_rules {
    size_t history;             /* messages that a channel keeps */
    int64_t epoch;              /* of the ids, E-N; another one at each start */
    int64_t max_wait_ms;        /* of a poll */
    int64_t beat_ms;            /* of silence, before a sign of life; 0: none */
    size_t max_message;         /* bytes of a message over a WebSocket */
    size_t max_buffered;        /* bytes of all these that are in work */
    const char *const *origins; /* "http://a.example:8080", of pages that may */
    size_t origins_count;       /* publish and open WebSockets, besides ours */
    enum push_who publish;
    int64_t stream_ms[2]; /* before MIDDLE, and from there to END */
};

/* What was done, for /metrics. */
struct push_counts {
    uint64_t waiting, subscribers; /* polls; events and chats: just now */
    uint64_t published, delivered, missed, cut_slow;
    uint64_t ws_closed[17]; /* by code, 1000 to 1015, and all others */
};

/* What holds for all clients of a server. The first members are set by it, and
 * stay; the others are push_site's own. */
struct push_site {
    struct push_rules rules;
    /* Make a console record (log_record); NULL: make none. */
    void (*say)(const char *format, ...) __attribute__((format(printf, 1, 2)));
    /* Add the server's counters to sums, which is zero, for /metrics. */
    void (*count)(struct counters *sums, void *argument);
    /* Whether the server is leaving, which /healthz answers with 503; NULL: it
     * never is. */
    bool (*leaving)(void);
    /* Enter and leave what only one thread at a time may be in; NULL, both:
     * there is one thread. */
    void (*lock)(void *argument);
    void (*unlock)(void *argument);
    void *argument; /* for count, lock and unlock */

    struct channels channels;
    struct push_counts counts;
    size_t buffered;  /* bytes of WebSockets' messages in work */
    uint64_t clients; /* that came */
};

/* --- One client ----------------------------------------------------------- */

/* The longest text for a peer that is kept, its NUL included. */
#define PUSH_PEER_MAX 80

/* The least size of push_next's buffer. */
#define PUSH_ROOM 4096

/* What a client is being served. */
enum push_kind {
    PUSH_IDLE,   /* nothing */
    PUSH_ANSWER, /* an answer that is there */
    PUSH_STREAM,
    PUSH_FETCH,
    PUSH_POLL,
    PUSH_EVENTS,
    PUSH_REPR, /* /websocket */
    PUSH_ECHO,
    PUSH_CHAT,
};

/* How an answer goes on behind the bytes that push_next wrote. */
enum push_step {
    PUSH_MORE,  /* at once: call push_next again when they are sent */
    PUSH_WAIT,  /* later: see above */
    PUSH_DONE,  /* it is over; the client may send its next request */
    PUSH_CLOSE, /* it is over, and so is the connection */
};

/* What became of bytes that came over a WebSocket. */
enum push_taken {
    PUSH_ALL,   /* more are wanted */
    PUSH_REPLY, /* first call push_next and send what it writes */
    PUSH_NEWS,  /* first see to push_news; then call push_receive again */
};

/* One client; some 700 bytes. Its members are push_site's own. Those that a
 * delivery needs come first: a publisher that writes to thousands waits for
 * each part of a client's memory that no cache holds. */
struct push_client {
    struct push_site *site;
    struct channel *channel;
    uint64_t cursor;
    char *rest; /* owned; to be written before anything else */
    enum push_kind kind;
    int close_code;                       /* to be sent; 0: none */
    bool head_only, to_close, keep_alive; /* of the request */
    bool headed;                          /* the head is written */
    bool stopping;
    bool reset;                /* its cursor was none of this channel's */
    bool pinged;               /* and no sign of life since */
    int64_t until_ms;          /* the end of the wait */
    int64_t heard_ms, said_ms; /* when it, and we, last gave a sign of life */
    size_t pong_length;        /* of a frame to be sent; 0: none */

    size_t rest_at, rest_end, rest_counted; /* the last: in site->buffered */
    char peer[PUSH_PEER_MAX];
    uint64_t number; /* of all that came */
    int news;        /* slot of a channel that has a message of its; -1: none */
    int64_t began, began_ms; /* of the answer: seconds since 1970, and by the
                                clock of all times here */
    struct http_reply reply;
    char *memory;                /* owned; what reply writes from */
    unsigned pieces, made, sent; /* of /stream and /fetch */
    int64_t every_ms;

    struct ws_parser parser;
    char *message; /* owned; what came of one, behind WS_HEAD_MAX bytes */
    size_t message_length, message_room; /* the latter is in site->buffered */
    int ended_with;                      /* for the record */
    char pong[2 + WS_CONTROL_MAX];
};

#endif
