/*
 * stream - one peer, with blocking calls: read a line, or bytes; write bytes.
 *
 * A stream belongs to the thread that made it; only that thread reads, writes
 * and closes, and calls any function below of which nothing else is said. It
 * simply waits inside recv and send. What a server's keeper thread may do with
 * a stream of another thread is said at the end: look whether the peer is
 * overdue, and wake the owner out of its wait to end it. A wake-up
 * is a signal (STREAM_WAKE, handled by doing nothing) instead of a shutdown of
 * the socket, because the owner still has to send an answer and to read on
 * until the peer has seen it.
 */
#ifndef THREADED_STREAM_H
#define THREADED_STREAM_H

#include "common/counters.h"
#include "common/limits.h"
#include "common/line.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stream;

/* Interrupts the wait of a stream's owner. The server installs a handler
 * without SA_RESTART; a client, which has no keeper, needs none. */
#define STREAM_WAKE SIGUSR2

/* Small writes are gathered into one send of up to this size. */
#define STREAM_ROOM    16384
#define STREAM_RESERVE 4096

/* Why a stream is ended by the server; a later one overrules an earlier. */
enum stream_cut {
    STREAM_UNCUT,
    STREAM_STOP,    /* the server stops: finish what is in hand */
    STREAM_STALLED, /* the peer did not take its answer: reset */
    STREAM_ABORT,   /* the server is at the end of its patience: reset */
};

/* What ended a wait for something else than the peer's input. */
enum stream_news {
    STREAM_TIMEOUT, /* the time is over */
    STREAM_ROUSED,  /* stream_rouse was called */
    STREAM_LEFT,    /* the peer has sent all, or is gone; said once */
    STREAM_STOPS,   /* the server stops; said once */
    STREAM_SENT,    /* input has come, and was read */
};

/*
 * Take over a connected socket as a stream of the calling thread. limits must
 * outlive it. Owns fd from now on; NULL: no memory, and fd is still the
 * caller's.
 */
struct stream *stream_new(int fd, const struct limits *limits);

/* Take the peer for a Telnet client, before anything is read: its commands are
 * answered and are no input, and it may end the session by one (telnet.h). */
void stream_telnet(struct stream *stream);

/*
 * Wait for the peer's next line; first send what was written. LINE_READY: line
 * is valid until the next call on the stream. LINE_TOO_LONG and LINE_LATE: the
 * peer broke a limit and may be told. LINE_END: it has sent all, is gone, or
 * is to be served no more. Never LINE_PARTIAL.
 */
enum line_status stream_read_line(struct stream *stream, struct line *line);

/*
 * For a program without a keeper, whose waits must end by themselves: the next
 * line must be whole within ms milliseconds from now, 0: no limit, else
 * stream_read_line says LINE_LATE. Holds until the next call. A line that is
 * there by then is never late, however long the process was stopped. LINE_LATE
 * is also what it says when the peer took too long to take what was written
 * (see net_connect).
 */
void stream_expect(struct stream *stream, int64_t ms);

/* Whether anything has come that was not read yet, maybe only the end. */
bool stream_is_readable(const struct stream *stream);

/*
 * For a program whose messages are no lines: the *size bytes that have come
 * and were not used yet, maybe none, as when the stream is broken. Valid until
 * the next wait; the caller may change them.
 */
char *stream_input(struct stream *stream, size_t *size);

/* Use the first bytes of the input. */
void stream_use(struct stream *stream, size_t used);

/* Say that a whole message has come: it is counted, and the next one gets its
 * own time. */
void stream_received(struct stream *stream);

/*
 * Wait for more input; first send what was written. begun says whether some of
 * a message has come: then its rest must come within line_ms, else its first
 * byte within idle_ms. Input that is not used must be less than the limits'
 * max_line. False: no more will come, or is to be taken.
 */
bool stream_wait(struct stream *stream, bool begun);

/* Whether that was because a message did not end in time; the peer may be told.
 */
bool stream_is_late(const struct stream *stream);

/*
 * Write bytes. They are gathered and leave together: when STREAM_ROOM is full,
 * before the next wait (stream_read_line, stream_wait, stream_await), or in
 * stream_finish. Waits while the peer does not take them. False: the stream is
 * broken, and the next read says LINE_END.
 */
bool stream_write(struct stream *stream, const void *bytes, size_t length);

/*
 * Room for output that is made, not copied: where *room bytes may be put, at
 * least STREAM_RESERVE. Those of them that stream_commit names are written, as
 * by stream_write. What was gathered before may be sent first.
 */
char *stream_reserve(struct stream *stream, size_t *room);
bool stream_commit(struct stream *stream, size_t length);

/* Send what was written. False: the stream is broken. */
bool stream_flush(struct stream *stream);

/*
 * How many bytes of a long answer to write at once: up to 64 KiB, as many as
 * leave in whole TCP segments. Call it for each piece, as the segments of a
 * young connection grow. For the first piece the kernel is not asked, so a
 * small answer costs no system call more.
 */
size_t stream_piece(struct stream *stream);

/*
 * Write bytes for the owner, without waiting: return how many the peer takes.
 * From any thread that holds a lock without which nobody calls this function
 * for this stream; the owner, who must have sent all that it wrote, writes
 * nothing itself while others may call it. What is not taken is the caller's to
 * keep, and the owner's to write: rouse it.
 */
size_t stream_offer(struct stream *stream, const void *bytes, size_t length);

/*
 * Wait for something else than the peer's input; first send what was written.
 * Ends when ms milliseconds have passed, accurate to 5 (0: no matter how many
 * do), when another thread has called stream_rouse since the last await, when
 * the peer has sent all, or when the server stops; says which. Meanwhile
 * nothing is read: what the peer sends waits in the kernel. A broken stream
 * says STREAM_LEFT each time. How long a peer may be kept waiting is the
 * program's to say, not the limits'.
 */
enum stream_news stream_await(struct stream *stream, int64_t ms);

/*
 * The same, but for input as well: STREAM_SENT, when it was read (stream_input;
 * what was not used must be less than the limits' max_line). The owner waits
 * in recv, so that what comes costs no further call; for that its time, and
 * now and then a rousing, are noticed by the next sweep of the keeper only.
 * STREAM_LEFT is also said when the server stops and no more is to be taken,
 * and each time.
 */
enum stream_news stream_await_input(struct stream *stream, int64_t ms);

/*
 * End the owner's await, or its next one. From any thread, while the stream
 * cannot be freed: under a lock that its owner takes before stream_free.
 */
void stream_rouse(struct stream *stream);

/*
 * End the conversation so that the peer can read all of it: send what was
 * written, tell it that this was all, and drop what it still sends until it
 * closes or a limit for that is reached. The stream stays valid until
 * stream_free.
 */
void stream_finish(struct stream *stream);

/*
 * Have the connection end by a reset, when the stream is freed: what the peer
 * has not taken by then is lost, and nothing more is read.
 */
void stream_reset(struct stream *stream);

/* Close and free a stream. No keeper may know it any more. Its buffers are
 * given back; the rest of its memory is kept for the next streams. */
void stream_free(struct stream *stream);

/* Whether either side closed the connection normally. */
bool stream_ended_well(const struct stream *stream);

/* The peer's address, "127.0.0.1:62910", as a C string in text of NET_TEXT_MAX
 * bytes. */
void stream_peer(const struct stream *stream, char *text);

/* Add what was read, written and asked so far to sums. From any thread. */
void stream_count(const struct stream *stream, struct counters *sums);

/* Milliseconds of the clock that deadlines are kept in. */
int64_t stream_now(void);

/* --- For a keeper, while the stream cannot be freed ---------------------- */

/*
 * Look whether the peer is overdue, and end the stream if it is: the owner
 * wakes up and does it, and counts a message that did not come in time, unless
 * it has come meanwhile. Call it once a sweep. Says STREAM_STALLED when that is
 * how it was cut, once, or STREAM_UNCUT.
 */
enum stream_cut stream_check(struct stream *stream, int64_t now);

/* Grant the peer time that the process has lost while it was stopped. */
void stream_postpone(struct stream *stream, int64_t lost_ms);

/* End the stream when it has answered what is in hand (STREAM_STOP), or at
 * once (STREAM_ABORT). */
void stream_cut(struct stream *stream, enum stream_cut cut);

#endif
