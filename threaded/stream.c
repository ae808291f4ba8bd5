/*
 * What becomes of it in the evented twin: a wait is a return to the loop, and
 * what follows it a callback. recv's is on_readable, send's on_written, the
 * ppoll of stream_await on_unpause. Where the thread stands is enum state
 * there; its local variables are members of struct stream.
 */
#include "threaded/stream.h"

#include "common/deadline.h"
#include "common/net.h"
#include "common/telnet.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sanitizer/asan_interface.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* A page: one read takes a burst of lines. */
#define INPUT_ROOM 4096

/* The most that one send is given, so that a keeper sees a peer that takes a
 * big answer slowly take it; and a piece of such an answer. */
#define SEND_MAX 65536

struct stream {
    int fd;
    /* Bytes that were written for the owner, by one thread at a time; with fd
     * all that stream_offer needs. */
    _Atomic(uint64_t) offered;
    pthread_t owner;
    const struct limits *limits;
    struct line_scanner scanner;
    size_t begin, end; /* of the unused input */
    size_t input_room;
    size_t queued;    /* bytes of output */
    bool input_ended; /* the peer has sent all */
    bool broken;      /* the connection is */
    bool is_telnet;   /* the peer may send commands */
    bool is_long;     /* what was written last; so may be what follows */
    bool timed_out;   /* a message did not come in time, */
    bool late;        /* though some of it had */
    bool stopping;    /* the server stops, and this is known here, */
    bool has_stopped; /* and an await was ended by that, */
    bool has_left;    /* or by the peer, who has sent all */
    size_t arrived;   /* bytes left of what had come when it stopped */
    int64_t expected; /* when the next line must be whole, without a keeper */
    struct telnet telnet;
    struct counters counters;

    /* The owner says what it waits for, the keeper that it shall stop, or
     * which deadline has passed: it may be one of before. */
    _Atomic(enum phase) phase;
    _Atomic(int64_t) deadline;
    _Atomic(enum stream_cut) cut;
    _Atomic(int64_t) passed;

    /* Anybody says that the owner shall look. */
    _Atomic(bool) roused;

    /* The keeper's own. */
    struct deadline overdue;

    char *output; /* STREAM_ROOM bytes, and behind them */
    char *input;  /* input_room bytes */
    SLIST_ENTRY(stream) next_unused;
};

/*
 * Streams lie side by side, apart from their buffers, and are used again: who
 * writes to a thousand of them in turn would else touch a page for each. All
 * blocks are kept in a list, so that none is taken for lost.
 */
#define STREAMS_AT_ONCE 64

struct block {
    SLIST_ENTRY(block) next;
    struct stream streams[STREAMS_AT_ONCE];
};

static pthread_mutex_t blocks_lock = PTHREAD_MUTEX_INITIALIZER;
static SLIST_HEAD(, stream) unused = SLIST_HEAD_INITIALIZER(unused);
static SLIST_HEAD(, block) blocks = SLIST_HEAD_INITIALIZER(blocks);

/* Milliseconds of the clock that deadlines are kept in. */
int64_t
stream_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The same of a finer clock, for waits that are to end in time. */
static int64_t
precise_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Say what is waited for, and until when. */
static void
set_phase(struct stream *stream, enum phase phase, int64_t deadline)
{
    atomic_store_explicit(&stream->deadline, deadline, memory_order_relaxed);
    atomic_store_explicit(&stream->phase, phase, memory_order_relaxed);
}

/* What is waited for. */
static enum phase
get_phase(const struct stream *stream)
{
    return atomic_load_explicit(&stream->phase, memory_order_relaxed);
}

/* How the keeper wants the stream to end, if it does. */
static enum stream_cut
get_cut(const struct stream *stream)
{
    return atomic_load_explicit(&stream->cut, memory_order_relaxed);
}

/* Until when it is waited for. */
static int64_t
get_deadline(const struct stream *stream)
{
    return atomic_load_explicit(&stream->deadline, memory_order_relaxed);
}

/* How many bytes others have written for the owner. */
static uint64_t
get_offered(const struct stream *stream)
{
    return atomic_load_explicit(&stream->offered, memory_order_relaxed);
}

/* Whether the time is up for what the owner waits for now. */
static bool
time_is_up(const struct stream *stream)
{
    return atomic_load_explicit(&stream->passed, memory_order_relaxed) ==
           get_deadline(stream);
}

/* Send bytes, however long the peer takes; false: the stream is broken.
 * Twin: send_or_keep. */
static bool
send_all(struct stream *stream, const char *bytes, size_t length)
{
    while (length > 0 && !stream->broken) {
        ssize_t sent = send(stream->fd, bytes,
            length < SEND_MAX ? length : SEND_MAX, MSG_NOSIGNAL);

        if (sent > 0) {
            counters_add(&stream->counters, COUNT_BYTES_OUT, (uint64_t)sent);
            bytes += sent;
            length -= (size_t)sent;
        } else if (errno != EINTR || get_cut(stream) >= STREAM_STALLED) {
            stream->late = errno == EAGAIN;
            stream->broken = true;
        }
    }
    return !stream->broken;
}

/* Send what was gathered; false: the stream is broken. Twin: flush. */
bool
stream_flush(struct stream *stream)
{
    size_t length = stream->queued;

    stream->queued = 0;
    return send_all(stream, stream->output, length);
}

/* The server stops: what has come by now is still to be read. */
static void
notice_stop(struct stream *stream)
{
    if (!stream->stopping)
        stream->arrived = net_waiting(stream->fd);
    stream->stopping = true;
}

/* Say what is waited for: the rest of a message, or the next one. What is
 * waited for already goes on having the time it had. Twin: await_input. */
static void
await_message(struct stream *stream, bool begun)
{
    const enum phase phase = begun ? PHASE_LINE : PHASE_IDLE;

    if (get_phase(stream) != phase)
        set_phase(stream, phase,
            deadline_for_input(stream_now(), stream->limits, phase));
}

_Static_assert(TELNET_REPLY_MAX <= STREAM_RESERVE, "replies are reserved");

/* Take the commands of Telnet out of what was just read, and answer them; how
 * much is left. */
static size_t
take_commands(struct stream *stream, char *bytes, size_t length)
{
    size_t room, replied;
    char *reply;

    if (!stream->is_telnet)
        return length;
    reply = stream_reserve(stream, &room);
    length = telnet_read(&stream->telnet, bytes, length, reply, &replied);
    stream_commit(stream, replied);
    return length;
}

/* The peer has sent all. */
static void
end_input(struct stream *stream)
{
    stream->input_ended = true;
    stream->end += telnet_end(&stream->telnet, stream->input + stream->end);
}

/* What became of a wait for input. */
enum received {
    RECEIVED_SOME,
    RECEIVED_END,  /* no more will come, or is to be taken */
    RECEIVED_WAKE, /* a signal ended it */
};

/* Read what there is, or wait for it. */
static enum received
read_some(struct stream *stream)
{
    const size_t left = stream->end - stream->begin;
    const enum stream_cut cut = get_cut(stream);
    size_t room = stream->input_room - left - TELNET_GROWTH;
    ssize_t got;

    /* A line that comes byte by byte lies where it should. */
    if (stream->begin > 0)
        memmove(stream->input, stream->input + stream->begin, left);
    stream->begin = 0;
    stream->end = left;
    if (cut > STREAM_STOP)
        return RECEIVED_END;
    if (cut == STREAM_STOP) {
        notice_stop(stream);
        room = room < stream->arrived ? room : stream->arrived;
        if (room == 0) {
            if (net_ended(stream->fd))
                end_input(stream);
            return RECEIVED_END;
        }
    }
    got = recv(stream->fd, stream->input + left, room, 0);
    if (got > 0) {
        counters_add(&stream->counters, COUNT_BYTES_IN, (uint64_t)got);
        stream->arrived -= stream->stopping ? (size_t)got : 0;
        stream->end += take_commands(stream, stream->input + left, (size_t)got);
        return RECEIVED_SOME;
    }
    if (got == -1 && errno == EINTR)
        return RECEIVED_WAKE;
    if (got == 0)
        end_input(stream);
    else
        stream->broken = true;
    return RECEIVED_END;
}

/* Read what comes in its time, or wait for it; false when no more will.
 * Twin: on_readable. */
static bool
fill(struct stream *stream)
{
    enum received received;

    do {
        if (get_cut(stream) <= STREAM_STOP && time_is_up(stream)) {
            counters_add(&stream->counters, COUNT_TIMED_OUT, 1);
            stream->timed_out = true;
            stream->late = get_phase(stream) == PHASE_LINE;
            return false;
        }
        received = read_some(stream);
    } while (received == RECEIVED_WAKE);
    return received == RECEIVED_SOME;
}

/* Wait for input where no keeper ends that wait; false: the time is up.
 * Twin: guess_client.c:on_overdue. */
static bool
comes_in_time(struct stream *stream)
{
    while (stream->expected != NEVER) {
        const int64_t left = stream->expected - stream_now();
        const int wait = left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
        struct pollfd peer = { .fd = stream->fd, .events = POLLIN };

        /* When the time is up, too: it may have come while we were stopped. */
        if (poll(&peer, 1, wait) == 1)
            break;
        if (left <= 0) {
            stream->timed_out = true;
            stream->late = true;
            return false;
        }
    }
    return true;
}

/* Read and drop what the peer still sends, until it closes. */
static void
linger(struct stream *stream)
{
    const int64_t deadline = stream_now() + LIMIT_LINGER_MS;
    struct pollfd peer = { .fd = stream->fd, .events = POLLIN };
    size_t dropped = 0;

    /* This wait has its own end, so that it needs no keeper. */
    set_phase(stream, PHASE_LINGER, NEVER);
    while (dropped < LIMIT_LINGER_BYTES && get_cut(stream) < STREAM_STALLED) {
        const int64_t left = deadline - stream_now();
        ssize_t got;

        if (left <= 0 || poll(&peer, 1, (int)left) == 0)
            break;
        got = recv(stream->fd, stream->input, stream->input_room, MSG_DONTWAIT);
        if (got > 0)
            dropped += (size_t)got;
        else if (got == 0 || (errno != EINTR && errno != EAGAIN))
            break;
    }
}

/* Keep a stream for the next peer; until then nobody may touch it. */
static void
put_back(struct stream *stream)
{
    ASAN_POISON_MEMORY_REGION(stream, offsetof(struct stream, next_unused));
    pthread_mutex_lock(&blocks_lock);
    SLIST_INSERT_HEAD(&unused, stream, next_unused);
    pthread_mutex_unlock(&blocks_lock);
}

/* Make streams, if there is memory, and return one of them. */
static struct stream *
make_streams(void)
{
    struct block *block = malloc(sizeof(*block));

    if (block == NULL)
        return NULL;
    pthread_mutex_lock(&blocks_lock);
    SLIST_INSERT_HEAD(&blocks, block, next);
    pthread_mutex_unlock(&blocks_lock);
    for (size_t i = STREAMS_AT_ONCE - 1; i > 0; i--)
        put_back(&block->streams[i]);
    return block->streams;
}

/* An unused stream, or NULL. */
static struct stream *
take_unused(void)
{
    struct stream *stream;

    pthread_mutex_lock(&blocks_lock);
    stream = SLIST_FIRST(&unused);
    if (stream != NULL)
        SLIST_REMOVE_HEAD(&unused, next_unused);
    pthread_mutex_unlock(&blocks_lock);
    if (stream == NULL)
        return make_streams();
    ASAN_UNPOISON_MEMORY_REGION(stream, offsetof(struct stream, next_unused));
    return stream;
}

/* Take over a connected socket as a stream. */
struct stream *
stream_new(int fd, const struct limits *limits)
{
    size_t room = LINE_ROOM(limits->max_line) + TELNET_GROWTH;
    char *buffers;
    struct stream *stream;

    if (room < INPUT_ROOM)
        room = INPUT_ROOM;
    buffers = malloc(STREAM_ROOM + room);
    stream = buffers != NULL ? take_unused() : NULL;
    if (stream == NULL) {
        free(buffers);
        return NULL;
    }
    *stream = (struct stream) { 0 };
    stream->output = buffers;
    stream->input = buffers + STREAM_ROOM;
    stream->fd = fd;
    stream->owner = pthread_self();
    stream->limits = limits;
    stream->input_room = room;
    stream->expected = NEVER;
    line_init(&stream->scanner, limits->max_line);
    set_phase(stream, PHASE_ANSWER, NEVER);
    return stream;
}

/* Take the peer for a Telnet client. */
void
stream_telnet(struct stream *stream)
{
    stream->is_telnet = true;
}

/* Wait for the peer's next line. Twin: deliver_line. */
enum line_status
stream_read_line(struct stream *stream, struct line *line)
{
    enum line_status status;
    const char *data;
    size_t size, used;

    do {
        data = stream_input(stream, &size);
        status = line_next(&stream->scanner, data, size, line, &used);
    } while (status == LINE_PARTIAL && stream_wait(stream, size > 0));
    if (status == LINE_PARTIAL) {
        /* It has moved while we waited. */
        data = stream_input(stream, &size);
        if (stream_is_late(stream))
            status = LINE_LATE;
        else if (stream->input_ended && !stream->broken)
            status = line_last(&stream->scanner, data, size, line);
        else
            status = LINE_END;
        used = size;
    }
    stream_use(stream, used);
    if (status == LINE_READY)
        stream_received(stream);
    return status;
}

/* Say by when the next line must be whole. Twin: guess_client.c:expect. */
void
stream_expect(struct stream *stream, int64_t ms)
{
    stream->expected = deadline_after(stream_now(), ms);
}

/* Whether anything has come that was not read yet. */
bool
stream_is_readable(const struct stream *stream)
{
    struct pollfd peer = { .fd = stream->fd, .events = POLLIN };

    return stream->begin < stream->end || poll(&peer, 1, 0) == 1;
}

/* The bytes that have come and were not used yet. */
char *
stream_input(struct stream *stream, size_t *size)
{
    /* What is in hand of a broken stream has nobody to be answered. */
    *size = stream->broken ? 0 : stream->end - stream->begin;
    return stream->input + stream->begin;
}

/* Use the first bytes of the input. */
void
stream_use(struct stream *stream, size_t used)
{
    stream->begin += used;
}

/* Say that a whole message has come. */
void
stream_received(struct stream *stream)
{
    counters_add(&stream->counters, COUNT_REQUESTS, 1);
    set_phase(stream, PHASE_ANSWER, NEVER);
}

/* Wait for more input. Twin: settle. */
bool
stream_wait(struct stream *stream, bool begun)
{
    if (stream_flush(stream) && !stream->input_ended) {
        await_message(stream, begun);
        if (comes_in_time(stream) && fill(stream))
            return true;
    }
    set_phase(stream, PHASE_ANSWER, NEVER);
    return false;
}

/* Whether no more came because a message did not end in time. */
bool
stream_is_late(const struct stream *stream)
{
    return stream->late;
}

/* Whether the server stops, which ends one await. */
static bool
ends_by_stop(struct stream *stream)
{
    if (get_cut(stream) != STREAM_STOP || stream->has_stopped)
        return false;
    notice_stop(stream);
    stream->has_stopped = true;
    return true;
}

/* Whether the peer has sent all, which ends one await, or is gone. */
static bool
ends_by_peer(struct stream *stream, const struct pollfd *peer)
{
    stream->broken |= get_cut(stream) >= STREAM_STALLED ||
                      (peer->revents & (POLLERR | POLLHUP)) != 0;
    if (stream->broken)
        return true;
    if (peer->revents == 0 || stream->has_left)
        return false;
    stream->has_left = true;
    return true;
}

/* Wait for something else than the peer's input. Twin: on_unpause. */
enum stream_news
stream_await(struct stream *stream, int64_t ms)
{
    const int64_t until = ms == 0 ? NEVER : precise_now() + ms;
    struct pollfd peer = { .fd = stream->fd };
    sigset_t wake, before, unblocked;
    enum stream_news news;

    stream_flush(stream);
    set_phase(stream, PHASE_ANSWER, NEVER);
    /* Blocked, so that no wake-up is lost between the look and the wait. */
    sigemptyset(&wake);
    sigaddset(&wake, STREAM_WAKE);
    pthread_sigmask(SIG_BLOCK, &wake, &before);
    unblocked = before;
    sigdelset(&unblocked, STREAM_WAKE);
    for (;;) {
        const int64_t left = until - precise_now();
        const struct timespec wait = { .tv_sec = (time_t)(left / 1000),
            .tv_nsec = (long)(left % 1000 * 1000000) };

        news = STREAM_STOPS;
        if (ends_by_stop(stream))
            break;
        news = STREAM_LEFT;
        if (ends_by_peer(stream, &peer))
            break;
        news = STREAM_ROUSED;
        if (atomic_exchange(&stream->roused, false))
            break;
        news = STREAM_TIMEOUT;
        if (left <= 0)
            break;
        /* Without events it still says what is wrong. */
        peer.events = stream->has_left ? 0 : POLLRDHUP;
        if (ppoll(&peer, 1, until == NEVER ? NULL : &wait, &unblocked) != 1)
            peer.revents = 0;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return news;
}

/* Wait for input, or for something else: in recv, so that what comes costs no
 * other call. */
enum stream_news
stream_await_input(struct stream *stream, int64_t ms)
{
    enum received received;

    stream_flush(stream);
    set_phase(stream, PHASE_ANSWER, deadline_after(stream_now(), ms));
    do {
        if (ends_by_stop(stream))
            return STREAM_STOPS;
        if (stream->broken || stream->input_ended)
            return STREAM_LEFT;
        if (atomic_exchange(&stream->roused, false))
            return STREAM_ROUSED;
        if (stream_now() >= get_deadline(stream))
            return STREAM_TIMEOUT;
        received = read_some(stream);
    } while (received == RECEIVED_WAKE);
    return received == RECEIVED_SOME ? STREAM_SENT : STREAM_LEFT;
}

/* End an await. Twin: stream_resume. */
void
stream_rouse(struct stream *stream)
{
    atomic_store(&stream->roused, true);
    pthread_kill(stream->owner, STREAM_WAKE);
}

/* Write bytes; they may be gathered. */
bool
stream_write(struct stream *stream, const void *bytes, size_t length)
{
    stream->is_long = length > STREAM_ROOM;
    if (length > STREAM_ROOM - stream->queued && !stream_flush(stream))
        return false;
    if (stream->is_long)
        return send_all(stream, bytes, length);
    memcpy(stream->output + stream->queued, bytes, length);
    stream->queued += length;
    return !stream->broken;
}

/* Room for output that is made, not copied. */
char *
stream_reserve(struct stream *stream, size_t *room)
{
    if (STREAM_ROOM - stream->queued < STREAM_RESERVE)
        stream_flush(stream);
    *room = STREAM_ROOM - stream->queued;
    return stream->output + stream->queued;
}

/* Write what was made in it. */
bool
stream_commit(struct stream *stream, size_t length)
{
    stream->queued += length;
    return !stream->broken;
}

/* How much of a long answer to write at once. */
size_t
stream_piece(struct stream *stream)
{
    return stream->is_long ? net_whole_segments(stream->fd, SEND_MAX)
                           : SEND_MAX;
}

/* Write bytes at once. */
size_t
stream_offer(struct stream *stream, const void *bytes, size_t length)
{
    const ssize_t sent =
        send(stream->fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);

    /* What is wrong with the stream its owner will find. */
    if (sent <= 0)
        return 0;
    atomic_store_explicit(&stream->offered,
        get_offered(stream) + (uint64_t)sent, memory_order_relaxed);
    return (size_t)sent;
}

/* End the conversation so that the peer can read all of it. */
void
stream_finish(struct stream *stream)
{
    set_phase(stream, PHASE_ANSWER, NEVER);
    if (!stream_flush(stream) || stream->input_ended)
        return;
    if (shutdown(stream->fd, SHUT_WR) == 0)
        linger(stream);
}

/* Have the connection end by a reset. */
void
stream_reset(struct stream *stream)
{
    net_reset_on_close(stream->fd);
    stream->broken = true;
}

/* Close and free a stream. */
void
stream_free(struct stream *stream)
{
    if (get_cut(stream) >= STREAM_STALLED)
        net_reset_on_close(stream->fd);
    close(stream->fd);
    free(stream->output);
    put_back(stream);
}

/* Whether either side closed the connection normally. */
bool
stream_ended_well(const struct stream *stream)
{
    return !stream->broken && !stream->timed_out &&
           get_cut(stream) <= STREAM_STOP;
}

/* The peer's address. */
void
stream_peer(const struct stream *stream, char *text)
{
    net_peer(stream->fd, text);
}

/* Add what was read, written and asked so far. */
void
stream_count(const struct stream *stream, struct counters *sums)
{
    counters_sum(sums, &stream->counters);
    counters_add(sums, COUNT_BYTES_OUT, get_offered(stream));
}

/* End the stream from outside: a request that its owner will find. */
void
stream_cut(struct stream *stream, enum stream_cut cut)
{
    if (cut > get_cut(stream))
        atomic_store_explicit(&stream->cut, cut, memory_order_relaxed);
    pthread_kill(stream->owner, STREAM_WAKE);
}

/* Grant the peer time that the process has lost while it was stopped. */
void
stream_postpone(struct stream *stream, int64_t lost_ms)
{
    int64_t deadline = get_deadline(stream);

    /* If it fails, the owner has just set a fresh one. */
    if (deadline != NEVER)
        atomic_compare_exchange_strong(
            &stream->deadline, &deadline, deadline + lost_ms);
    progress_clear(&stream->overdue.progress);
}

/* Look whether the peer is overdue, and end the stream if it is. */
enum stream_cut
stream_check(struct stream *stream, int64_t now)
{
    static const struct deadline_ask ask = { net_unacked, net_readable };
    const enum stream_cut before = get_cut(stream);
    const int64_t deadline = get_deadline(stream);
    const uint64_t written =
        counters_get(&stream->counters, COUNT_BYTES_OUT) + get_offered(stream);
    enum stream_cut cut = STREAM_UNCUT;

    switch (deadline_look(&stream->overdue, now, get_phase(stream), deadline,
        stream->limits, written, &ask, stream->fd)) {
    case OVERDUE_NOT:
        /* For stream_await_input. A rousing may have come between the owner's
         * last look and its wait, too. */
        if (get_phase(stream) == PHASE_ANSWER &&
            (now >= deadline || atomic_load(&stream->roused)))
            pthread_kill(stream->owner, STREAM_WAKE);
        break;
    case OVERDUE_SILENT:
    case OVERDUE_LATE:
        /* Which one has passed: the message may have come just now. */
        atomic_store_explicit(&stream->passed, deadline, memory_order_relaxed);
        pthread_kill(stream->owner, STREAM_WAKE);
        break;
    case OVERDUE_STALLED:
        cut = STREAM_STALLED;
        break;
    }
    /* Also a cut of before: its signal may have come between the owner's
     * last look and its wait. */
    if (cut > before || before != STREAM_UNCUT)
        stream_cut(stream, cut);
    return cut > before ? cut : STREAM_UNCUT;
}
