/*
 * stream - one peer, with callbacks: lines, or bytes, come in; bytes are
 * written.
 *
 * A stream belongs to one event loop and is touched by that loop's thread
 * only, in every function below. It never waits: a handler is called with each
 * line, writes what there is to answer, and returns. What the peer does not
 * take at once is kept, and no more of its lines are read until it has taken
 * all; so a peer that does not read holds one answer and no more. An answer
 * that is too long to be kept is produced piece by piece: the handler is called
 * again whenever the peer has taken the piece before; and one that is not there
 * yet, when it is.
 *
 * What has to be kept is kept by a libevent bufferevent: it connects, and holds
 * and sends what the peer did not take. What needs no keeping passes it by:
 * input is read into a buffer of the loop and handled there, and a small answer
 * is sent at once. Through the bufferevent a small request would cost one
 * system call more to be read, and its answer two changes of the epoll set and
 * a turn of the loop; report/controls/manual_bufferevent.c shows that.
 */
#ifndef EVENTED_STREAM_H
#define EVENTED_STREAM_H

#include "common/counters.h"
#include "common/limits.h"
#include "common/line.h"

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/socket.h>

struct stream;

/* Answers of one callback are gathered into one send of up to this size. */
#define STREAM_ROOM    16384
#define STREAM_RESERVE 4096

/* What the streams of one loop share. */
struct stream_loop {
    struct event_base *base;
    struct counters counters;
    LIST_HEAD(, stream) streams; /* all of them */
    struct event *turn;          /* goes on with the ones below */
    TAILQ_HEAD(, stream) queued; /* have something left to be done */
    size_t gathered;             /* bytes of output, of one stream */
    char output[STREAM_ROOM];
    char *input; /* read just now, by one stream */
    size_t input_room;
};

/* What ended a wait for something else than the peer's input. */
enum stream_news {
    STREAM_TIMEOUT, /* the time is over */
    STREAM_ROUSED,  /* stream_resume was called */
    STREAM_LEFT,    /* the peer has sent all, or is gone; said once */
    STREAM_STOPS,   /* the server stops; said once */
};

/* What a handler found in the input. */
enum stream_found {
    STREAM_FOUND_NOTHING, /* the next message has not begun */
    STREAM_FOUND_PART,    /* it has: its rest must come within line_ms */
    STREAM_FOUND_ALL,     /* a whole message; there may be more */
};

/* Who is called when something happens to a stream, and what holds for it. */
struct stream_handler {
    const struct limits *limits;

    /* It is connected; only for stream_connect, else NULL. */
    void (*connected)(struct stream *stream, void *argument);

    /*
     * What the line framing found. LINE_READY: line is valid during the call.
     * LINE_TOO_LONG and LINE_LATE: the peer broke a limit and may be told.
     * LINE_END: it has sent all, or is to be served no more. Never
     * LINE_PARTIAL. After any but the first the handler must have called
     * stream_finish.
     */
    void (*line)(struct stream *stream, enum line_status status,
        const struct line *line, void *argument);

    /*
     * For a program whose messages are no lines; line is NULL then. The size
     * bytes of data have come and were not used yet; *used says how many of
     * them are now; data may be changed. Input that is not used must be less
     * than the limits' max_line.
     */
    enum stream_found (*input)(struct stream *stream, char *data, size_t size,
        size_t *used, void *argument);

    /* Goes with input: no more will come, or is to be taken; late says that it
     * is because a message did not end in time, and the peer may be told. It
     * must have called stream_finish, or stream_produce and finish then. */
    void (*ended)(struct stream *stream, bool late, void *argument);

    /* Write the next piece of an answer, about STREAM_ROOM bytes or a slice of
     * up to 64 KiB. False: that was all. See stream_produce. */
    bool (*produce)(struct stream *stream, void *argument);

    /* The stream is over and freed after this call; error is the errno that
     * broke it, or 0. */
    void (*gone)(struct stream *stream, int error, void *argument);
};

/* Why a stream is ended by the server; a later one overrules an earlier. */
enum stream_cut {
    STREAM_UNCUT,
    STREAM_STOP,    /* the server stops: finish what is in hand */
    STREAM_IDLE,    /* no line came for too long */
    STREAM_LATE,    /* a line did not end in time: say so */
    STREAM_STALLED, /* the peer did not take its answer: reset */
    STREAM_ABORT,   /* the server is at the end of its patience: reset */
};

/* Prepare what the streams of one loop share, of which none has a greater
 * max_line than this; false: no memory. */
bool stream_loop_init(
    struct stream_loop *loop, struct event_base *base, size_t max_line);

/* Free it, when the loop has no stream any more. */
void stream_loop_free(struct stream_loop *loop);

/*
 * Take over a connected socket as a stream of this loop. handler and argument
 * must outlive it; line may be called from the next turn of the loop on. Owns
 * fd from now on; NULL: no memory, and fd is still the caller's.
 */
struct stream *stream_new(int fd, struct stream_loop *loop,
    const struct stream_handler *handler, void *argument);

/* Take the peer for a Telnet client, before anything is read: its commands are
 * answered and are no input, and it may end the session by one (telnet.h). */
void stream_telnet(struct stream *stream);

/*
 * Connect to an address as a stream; connected or gone is called when it is
 * known which. NULL: no memory.
 */
struct stream *stream_connect(const struct sockaddr *address, socklen_t length,
    struct stream_loop *loop, const struct stream_handler *handler,
    void *argument);

/*
 * Write bytes. During a call of line, input, ended or produce they are gathered
 * and leave together when it returns; within it, write only to the stream that
 * it is about. At other times they leave at once. What the peer does not take
 * then leaves when it does; no further message is handed out until it has
 * taken all. False: the stream is broken, and gone will be called.
 *
 * More than STREAM_ROOM bytes are not copied, and only produce may write them:
 * they must stay where they are until it is called again, or gone is.
 */
bool stream_write(struct stream *stream, const void *bytes, size_t length);

/*
 * Room for output that is made, not copied: where *room bytes may be put, at
 * least STREAM_RESERVE. Those of them that stream_commit names are written, as
 * by stream_write. What was gathered before may be sent first.
 */
char *stream_reserve(struct stream *stream, size_t *room);
bool stream_commit(struct stream *stream, size_t length);

/*
 * How many bytes of a long answer to write at once: up to 64 KiB, as many as
 * leave in whole TCP segments. Call it for each piece, as the segments of a
 * young connection grow. For the first piece the kernel is not asked, so a
 * small answer costs no system call more.
 */
size_t stream_piece(struct stream *stream);

/*
 * Write bytes past produce, without keeping any: return how many the peer takes
 * now. While the stream is paused, or waits for input with nothing to produce;
 * at other times it takes none. Not within a callback of a stream. What is not
 * taken is the caller's to keep: have produce write it.
 */
size_t stream_offer(struct stream *stream, const void *bytes, size_t length);

/* Have no limit on how long a message may be awaited, from now on: the program
 * sees to it that its peer is there. */
void stream_be_patient(struct stream *stream);

/*
 * Have produce called until it says that that was all: when the handler that
 * calls this returns, or soon; and again each time when the peer has taken what
 * was written and the other streams had their turn. The stream hands out no
 * further message until then.
 */
void stream_produce(struct stream *stream);

/*
 * Within produce, which then says true: do not call it again before something
 * has happened. That is: ms milliseconds have passed, accurate to 5 (0: no
 * matter how many do), or stream_resume was called, or the peer has sent all,
 * or the server stops; stream_news says which. Meanwhile nothing is read: what
 * the peer sends waits in the kernel, and a reset ends the stream. How long a
 * peer may be kept waiting is the program's to say, not the limits'.
 */
void stream_pause(struct stream *stream, int64_t ms);

/* End a pause early; produce is called soon. Does nothing to a stream that is
 * not paused. */
void stream_resume(struct stream *stream);

/* What ended the last pause; for produce. */
enum stream_news stream_news(const struct stream *stream);

/*
 * End the conversation so that the peer can read all of it: send what was
 * written, tell it that this was all, and drop what it still sends until it
 * closes or a limit for that is reached. Outside of a call of line, gone may be
 * called before this returns.
 */
void stream_finish(struct stream *stream);

/*
 * Have the connection end by a reset, when the stream is freed: what the peer
 * has not taken by then is lost, and nothing more is read. Within a
 * call of line, input, ended or produce, after which gone is called.
 */
void stream_reset(struct stream *stream);

/* Close and free a stream, at once; gone is called. Not within line. */
void stream_free(struct stream *stream);

/* Whether either side closed the connection normally; for gone. */
bool stream_ended_well(const struct stream *stream);

/* Whether some of the next message has come. */
bool stream_has_part(const struct stream *stream);

/* The peer's address, "127.0.0.1:62910", as a C string in text of NET_TEXT_MAX
 * bytes. */
void stream_peer(const struct stream *stream, char *text);

/* Milliseconds of the clock that deadlines are kept in. */
int64_t stream_now(void);

/* --- For a sweep over the streams of a loop; gone may be called within --- */

/* The first stream of a loop, and the one after it; NULL: there is none. */
struct stream *stream_first(const struct stream_loop *loop);
struct stream *stream_next(const struct stream *stream);

/*
 * Look whether the peer is overdue, and end the stream if it is. Call it once
 * a sweep. Says how it was cut, once, or STREAM_UNCUT; in any case the stream
 * may be gone.
 */
enum stream_cut stream_check(struct stream *stream, int64_t now);

/* Grant the peer time that the process has lost while it was stopped. */
void stream_postpone(struct stream *stream, int64_t lost_ms);

/* End the stream when it has answered what is in hand (STREAM_STOP), or at
 * once (STREAM_ABORT). */
void stream_cut(struct stream *stream, enum stream_cut cut);

#endif
