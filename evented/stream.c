/*
 * What became of the threaded twin: a wait is a return to the loop, and what
 * followed it a callback. recv's is on_readable, send's on_written, the ppoll
 * of stream_await on_unpause. Where the thread stood is enum state; its local
 * variables are members of struct stream. What is decided after each step,
 * there by the order of the lines, is decided by settle.
 */
#include "evented/stream.h"

#include "common/deadline.h"
#include "common/net.h"
#include "common/telnet.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event_struct.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/*
 * Messages that one peer is answered, and bytes that it is sent, before the
 * others have their turn. A read can bring six hundred lines, and an answer
 * be megabytes long; a fair share of the loop matters more than the few extra
 * turns.
 */
#define MESSAGES_A_TURN 20
#define BYTES_A_TURN    262144

/* The most that a bufferevent is to write at once, and a piece of a long
 * answer. */
#define WRITE_SIZE 65536

/* What is read at once, as much as the threaded twin does. */
#define READ_SIZE 4096

/*
 * What a stream is doing. The threaded twin has no such thing: there it is the
 * line at which the peer's thread stands.
 */
enum state {
    CONNECTING, /* the bufferevent connects */
    READING,    /* the next message, or its rest, is waited for */
    WORKING,    /* the handler is at work, further up the stack */
    WRITING,    /* the peer has not yet taken all that was written */
    PAUSED,     /* the handler had nothing more to write for now */
    QUEUED,     /* there is more to do, when the others had their turn */
    LINGERING,  /* all was said; what still comes is dropped */
};

/* Of any machine that counts. */
#define CACHE_LINE 64

/*
 * With ten thousand connections it is memory that a request waits for. So what
 * each of them touches comes first, in four lines of the cache: the event, what
 * sweeps look at, too, and the rest. What only sweeps do is behind the options
 * of Telnet.
 */
struct stream {
    _Alignas(CACHE_LINE) struct event readable;
    enum state state;
    int fd;                  /* -1 until it is connected */
    struct bufferevent *bev; /* what the peer did not take; NULL: all so far */
    const struct stream_handler *handler;
    int64_t deadline;
    uint64_t written;
    enum phase phase;
    enum stream_cut cut;
    bool reading;     /* the loop calls us with input */
    bool producing;   /* the handler has more to write, */
    bool paused;      /* but not yet */
    bool finishing;   /* stream_finish was called */
    bool input_ended; /* the peer has sent all */
    bool has_left;    /* so it has, and a pause was ended by that */
    bool has_stopped; /* so has the server, and likewise */
    bool broken;      /* the connection is */
    bool begun;       /* some of the next message has come */
    bool is_telnet;   /* the peer may send commands */
    bool is_long;     /* what was written last; so may be what follows */
    bool patient;     /* a message may take its time */
    struct stream_loop *loop;
    void *argument;
    struct line_scanner scanner;
    char *input;       /* not used yet: owned, the loop's buffer, or NULL */
    size_t begin, end; /* of it */
    struct telnet telnet;

    LIST_ENTRY(stream) among; /* the loop's streams */
    struct deadline overdue;
    size_t input_room;        /* of input that is owned, else 0 */
    TAILQ_ENTRY(stream) link; /* among the loop's queued, if it is one */
    struct event *unpause;    /* ends a pause; NULL: there is none to end */
    int64_t resume_at;        /* when a pause is over */
    enum stream_news news;
    int error;
    size_t arrived; /* bytes left of what had come when the server stopped */
    size_t dropped; /* bytes read while lingering */
};

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
    stream->deadline = deadline;
    stream->phase = phase;
}

/* Whether the peer has not yet taken all that was written. */
static bool
is_owing(const struct stream *stream)
{
    return stream->bev != NULL &&
           evbuffer_get_length(bufferevent_get_output(stream->bev)) > 0;
}

/* Have the loop call us with input, or not. */
static void
set_reading(struct stream *stream, bool on)
{
    if (stream->reading == on)
        return;
    stream->reading = on;
    if ((on ? event_add(&stream->readable, NULL)
            : event_del(&stream->readable)) == -1)
        stream->broken = true;
}

/* Have the loop go on with its queued streams after this turn: by a timer, as
 * an event that is made active would belong to it. */
static void
take_turns(struct stream_loop *loop)
{
    static const struct timeval now = { 0, 0 };

    if (!TAILQ_EMPTY(&loop->queued))
        event_add(loop->turn, &now);
}

/* Go from one state to another. While it works, the loop may go on watching:
 * most often the next message is waited for then. */
static inline void
enter(struct stream *stream, enum state state)
{
    struct stream_loop *loop = stream->loop;

    if (stream->state == QUEUED)
        TAILQ_REMOVE(&loop->queued, stream, link);
    if (stream->state == PAUSED && stream->unpause != NULL) {
        event_free(stream->unpause);
        stream->unpause = NULL;
    }
    stream->state = state;
    if (state != WORKING)
        set_reading(stream, state == READING || state == LINGERING);
    if (state == QUEUED) {
        TAILQ_INSERT_TAIL(&loop->queued, stream, link);
        take_turns(loop);
    }
}

/* Go on with a stream soon, in whatever state it is. */
static void
enqueue(struct stream *stream)
{
    if (stream->state != QUEUED)
        enter(stream, QUEUED);
}

/* Forget the input. */
static void
forget_input(struct stream *stream)
{
    if (stream->input != stream->loop->input) {
        free(stream->input);
        stream->input_room = 0;
    }
    stream->input = NULL;
    stream->begin = stream->end = 0;
}

/* Free a stream, whatever it is doing. The last thing that a callback does. */
static void
drop(struct stream *stream)
{
    enter(stream, WORKING);
    set_reading(stream, false);
    LIST_REMOVE(stream, among);
    if (stream->bev != NULL)
        counters_add(&stream->loop->counters, COUNT_BYTES_OUT,
            -(uint64_t)evbuffer_get_length(
                bufferevent_get_output(stream->bev)));
    if (stream->cut >= STREAM_STALLED)
        net_reset_on_close(stream->fd);
    stream->handler->gone(stream, stream->error, stream->argument);
    if (stream->bev != NULL) {
        stream->fd = bufferevent_getfd(stream->bev);
        bufferevent_free(stream->bev);
    }
    if (stream->fd != -1)
        close(stream->fd);
    forget_input(stream);
    free(stream);
}

/* The connection is over for this reason. */
static void
fail(struct stream *stream, int error)
{
    stream->error = error;
    stream->broken = true;
}

static void on_written(struct bufferevent *bev, void *argument);
static void on_event(struct bufferevent *bev, short what, void *argument);

/* Make the bufferevent of a stream, which most never need; false: no memory. */
static bool
make_bufferevent(struct stream *stream)
{
    stream->bev = bufferevent_socket_new(stream->loop->base, stream->fd, 0);
    if (stream->bev == NULL)
        return false;
    bufferevent_setcb(stream->bev, NULL, on_written, on_event, stream);
    /* By default a quarter of that. */
    bufferevent_set_max_single_write(stream->bev, WRITE_SIZE);
    return true;
}

/* Keep bytes until the peer takes them: a copy, or, of those that last, where
 * they are; false: no memory. */
static bool
keep_output(
    struct stream *stream, const char *bytes, size_t length, bool lasting)
{
    struct evbuffer *output;

    if (stream->bev == NULL && !make_bufferevent(stream))
        return false;
    output = bufferevent_get_output(stream->bev);
    /* Enabled each time: that a bufferevent could not watch its socket, or not
     * even its own output, for want of memory, it keeps secret. */
    return (lasting ? evbuffer_add_reference(output, bytes, length, NULL, NULL)
                    : evbuffer_add(output, bytes, length)) == 0 &&
           bufferevent_enable(stream->bev, EV_WRITE) == 0;
}

/* Send bytes at once where nothing waits before them; keep the rest.
 * Twin: send_all. */
static void
send_or_keep(
    struct stream *stream, const char *bytes, size_t length, bool lasting)
{
    ssize_t sent = 0;

    if (stream->broken)
        return;
    if (!is_owing(stream))
        sent = send(stream->fd, bytes, length, MSG_NOSIGNAL);
    if (sent == -1 && errno != EAGAIN && errno != EINTR) {
        fail(stream, errno);
        return;
    }
    if (sent == -1)
        sent = 0;
    if ((size_t)sent < length &&
        !keep_output(stream, bytes + sent, length - (size_t)sent, lasting)) {
        fail(stream, ENOMEM);
        return;
    }
    stream->written += length;
    counters_add(&stream->loop->counters, COUNT_BYTES_OUT, length);
}

/* Send what was gathered. Twin: stream_flush. */
static void
flush(struct stream *stream)
{
    const size_t length = stream->loop->gathered;

    stream->loop->gathered = 0;
    if (length > 0)
        send_or_keep(stream, stream->loop->output, length, false);
}

/* Whether what has come is all that is to be taken from the peer. Where it has
 * ended its input, that is still to be read. */
static bool
has_all_input(const struct stream *stream)
{
    return stream->input_ended || stream->cut == STREAM_IDLE ||
           stream->cut == STREAM_LATE ||
           (stream->cut == STREAM_STOP && stream->arrived == 0 &&
               !net_ended(stream->fd));
}

/* What stands for a line when it has no end, and has all input. */
static enum line_status
last_line(
    struct stream *stream, const char *data, size_t size, struct line *line)
{
    if (stream->cut == STREAM_LATE)
        return LINE_LATE;
    if (stream->input_ended)
        return line_last(&stream->scanner, data, size, line);
    return LINE_END;
}

/* Hand the next line to the handler, or what stands for one.
 * Twin: stream_read_line. */
static enum stream_found
deliver_line(struct stream *stream, char *data, size_t size, size_t *used)
{
    struct line line = { NULL, 0 };
    enum line_status status =
        line_next(&stream->scanner, data, size, &line, used);

    if (status == LINE_PARTIAL) {
        if (!has_all_input(stream))
            return size > 0 ? STREAM_FOUND_PART : STREAM_FOUND_NOTHING;
        status = last_line(stream, data, size, &line);
        *used = size;
    }
    if (status == LINE_READY)
        counters_add(&stream->loop->counters, COUNT_REQUESTS, 1);
    stream->handler->line(stream, status, &line, stream->argument);
    return STREAM_FOUND_ALL;
}

/* Hand input to the handler, or that there is no more. */
static enum stream_found
deliver_bytes(struct stream *stream, char *data, size_t size, size_t *used)
{
    const enum stream_found found =
        stream->handler->input(stream, data, size, used, stream->argument);

    if (found == STREAM_FOUND_ALL) {
        counters_add(&stream->loop->counters, COUNT_REQUESTS, 1);
    } else if (has_all_input(stream)) {
        *used = size;
        stream->handler->ended(
            stream, stream->cut == STREAM_LATE, stream->argument);
        return STREAM_FOUND_ALL;
    }
    return found;
}

/* Have the handler write what it has to, as far as the peer takes it and its
 * turn goes; whether nothing is left. */
static bool
fill_output(struct stream *stream, uint64_t end)
{
    while (stream->producing && !stream->paused && !is_owing(stream) &&
           !stream->broken && stream->written + stream->loop->gathered < end)
        stream->producing = stream->handler->produce(stream, stream->argument);
    return !stream->producing && !is_owing(stream) && !stream->broken;
}

/* Hand the messages in the input to the handler, as many as have their turn;
 * whether only more input brings the next one. */
static bool
deliver(struct stream *stream)
{
    static char nothing[1];
    const uint64_t end = stream->written + BYTES_A_TURN;

    for (int i = 0;
         i < MESSAGES_A_TURN && fill_output(stream, end) && !stream->finishing;
         i++) {
        char *data =
            stream->input == NULL ? nothing : stream->input + stream->begin;
        enum stream_found found;
        size_t used;

        found = (stream->handler->line != NULL ? deliver_line : deliver_bytes)(
            stream, data, stream->end - stream->begin, &used);
        stream->begin += used;
        stream->begun = found == STREAM_FOUND_PART;
        if (found != STREAM_FOUND_ALL)
            return true;
        set_phase(stream, PHASE_ANSWER, NEVER);
    }
    return false;
}

/* Keep input that was not used, if there is any: the loop's buffer is for
 * all. */
static void
keep_input(struct stream *stream)
{
    const size_t left = stream->end - stream->begin;
    char *kept;

    if (left == 0) {
        forget_input(stream);
    } else if (stream->input == stream->loop->input) {
        kept = malloc(left);
        if (kept == NULL) {
            forget_input(stream);
            fail(stream, ENOMEM);
            return;
        }
        memcpy(kept, stream->input + stream->begin, left);
        stream->input = kept;
        stream->begin = 0;
        stream->end = stream->input_room = left;
    }
}

/*
 * Where to read to, and how much at most: the loop's buffer, or behind what is
 * kept, which grows, so that a line that comes byte by byte is not copied each
 * time. NULL: no memory.
 */
static char *
make_room(struct stream *stream, size_t *room)
{
    struct stream_loop *loop = stream->loop;
    const size_t left = stream->end - stream->begin;
    size_t wanted = 2 * left > left + READ_SIZE ? 2 * left : left + READ_SIZE;

    if (left == 0) {
        *room = loop->input_room - TELNET_GROWTH;
        return loop->input;
    }
    if (stream->begin > 0)
        memmove(stream->input, stream->input + stream->begin, left);
    stream->begin = 0;
    stream->end = left;
    if (wanted > loop->input_room)
        wanted = loop->input_room;
    if (stream->input_room - left < READ_SIZE && stream->input_room < wanted) {
        char *input = realloc(stream->input, wanted);

        if (input == NULL)
            return NULL;
        stream->input = input;
        stream->input_room = wanted;
    }
    *room = stream->input_room - left - TELNET_GROWTH;
    return stream->input + left;
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
    /* It is gathered, and leaves together with what the lines are answered. */
    stream->loop->gathered += replied;
    return length;
}

/* Read and drop what the peer still sends, until it closes. */
static void
linger(struct stream *stream)
{
    if (stream->input_ended || shutdown(stream->fd, SHUT_WR) == -1) {
        drop(stream);
        return;
    }
    forget_input(stream);
    set_phase(stream, PHASE_LINGER, stream_now() + LIMIT_LINGER_MS);
    enter(stream, LINGERING);
    if (stream->broken)
        drop(stream);
}

/* Wait for input, under the limit that holds for it. What is waited for already
 * goes on having the time it had. Twin: await_message. */
static void
await_input(struct stream *stream)
{
    const enum phase phase = stream->begun ? PHASE_LINE : PHASE_IDLE;

    if (stream->phase != phase)
        set_phase(stream, phase,
            stream->patient ? NEVER
                            : deadline_for_input(stream_now(),
                                  stream->handler->limits, phase));
    enter(stream, READING);
}

static void on_unpause(evutil_socket_t fd, short what, void *argument);

/* Have a pause end when its time is over; false: no memory. */
static bool
set_timer(struct stream *stream)
{
    const int64_t left = stream->resume_at - precise_now();
    const struct timeval wait = { .tv_sec = (time_t)(left / 1000),
        .tv_usec = (suseconds_t)(left % 1000 * 1000) };
    static const struct timeval now = { 0, 0 };

    return event_add(stream->unpause, stream->resume_at == NEVER ? NULL
                                      : left > 0                 ? &wait
                                                                 : &now) == 0;
}

/*
 * Wait for the end of a pause. The peer is watched by edges: what it sends is
 * left to the kernel, and is to wake us once, not for ever.
 */
static void
await_resumption(struct stream *stream)
{
    enter(stream, PAUSED);
    stream->unpause = event_new(stream->loop->base, stream->fd,
        EV_READ | EV_CLOSED | EV_ET | EV_PERSIST, on_unpause, stream);
    if (stream->unpause == NULL || !set_timer(stream))
        fail(stream, ENOMEM);
}

/* Decide what happens next; the stream may be gone after it.
 * Twin: stream_wait. */
static void
settle(struct stream *stream, bool wants_input)
{
    if (stream->broken) {
        drop(stream);
        return;
    }
    if (!is_owing(stream) && stream->finishing && !stream->producing) {
        linger(stream);
        return;
    }
    if (!is_owing(stream) && !stream->producing && wants_input) {
        await_input(stream);
    } else {
        set_phase(stream, PHASE_ANSWER, NEVER);
        if (is_owing(stream))
            enter(stream, WRITING);
        else if (stream->paused)
            await_resumption(stream);
        else
            enter(stream, QUEUED);
    }
    /* The loop would not watch it. */
    if (stream->broken)
        drop(stream);
}

/* End a pause, if there is one, and say why. */
static void
end_pause(struct stream *stream, enum stream_news news)
{
    if (stream->paused)
        stream->news = news;
    stream->paused = false;
}

/* End a pause of a server that stops, the first that there is. (stream_cut and
 * advance call it.) */
static void
end_pause_by_stop(struct stream *stream)
{
    if (stream->cut != STREAM_STOP || stream->has_stopped || !stream->paused)
        return;
    stream->has_stopped = true;
    end_pause(stream, STREAM_STOPS);
}

/* Go on with a stream as far as it goes; it may be gone after it. */
static void
advance(struct stream *stream)
{
    bool wants_input;

    enter(stream, WORKING);
    if (stream->paused && precise_now() >= stream->resume_at)
        end_pause(stream, STREAM_TIMEOUT);
    wants_input = deliver(stream);
    flush(stream);
    keep_input(stream);
    settle(stream, wants_input);
}

/* Handle what was just read, or its end; the stream may be gone after it. */
static void
receive(struct stream *stream, char *bytes, size_t length)
{
    counters_add(&stream->loop->counters, COUNT_BYTES_IN, length);
    if (stream->cut == STREAM_STOP)
        stream->arrived -= length;
    length = stream->input_ended ? telnet_end(&stream->telnet, bytes)
                                 : take_commands(stream, bytes, length);
    if (bytes == stream->loop->input) {
        stream->input = bytes;
        stream->begin = stream->end = 0;
    }
    stream->end += length;
    advance(stream);
}

/* Drop what was just read of a peer that was told all. */
static void
receive_rest(struct stream *stream, ssize_t got)
{
    if (got > 0)
        stream->dropped += (size_t)got;
    if (got == 0 || stream->dropped >= LIMIT_LINGER_BYTES ||
        (got == -1 && errno != EAGAIN && errno != EINTR))
        drop(stream);
}

/* Input has come, or its end, or an error. Twin: fill. */
static void
on_readable(evutil_socket_t fd, short what, void *argument)
{
    struct stream *stream = argument;
    size_t room;
    char *input = make_room(stream, &room);
    ssize_t got;

    if (input == NULL) {
        fail(stream, ENOMEM);
        drop(stream);
        return;
    }
    if (stream->cut == STREAM_STOP && stream->state != LINGERING &&
        room > stream->arrived)
        room = stream->arrived;
    got = recv(fd, input, room, 0);
    if (stream->state == LINGERING) {
        receive_rest(stream, got);
    } else if (got > 0) {
        receive(stream, input, (size_t)got);
    } else if (got == 0) {
        set_reading(stream, false);
        stream->input_ended = true;
        receive(stream, input, 0);
    } else if (errno != EAGAIN && errno != EINTR) {
        fail(stream, errno);
        drop(stream);
    }
}

/* See what has come from the peer of a paused stream, without reading it. */
static void
look_at_peer(struct stream *stream, int fd)
{
    const int error = net_error(fd);

    if (error != 0) {
        fail(stream, error);
    } else if (!stream->has_left && net_hung_up(fd)) {
        stream->has_left = true;
        end_pause(stream, STREAM_LEFT);
    }
}

/* The time of a pause is over, or the peer has sent something, maybe its end.
 * Twin: stream_await. */
static void
on_unpause(evutil_socket_t fd, short what, void *argument)
{
    struct stream *stream = argument;

    if (what & (EV_READ | EV_CLOSED))
        look_at_peer(stream, fd);
    /* The loop's clock is behind by the time that its turn took. */
    if (stream->paused && !stream->broken &&
        precise_now() < stream->resume_at && set_timer(stream))
        return;
    advance(stream);
}

/* The peer has taken all that was written. */
static void
on_written(struct bufferevent *bev, void *argument)
{
    struct stream *stream = argument;

    advance(stream);
}

/* Have the loop watch a connected socket; false: no memory. */
static bool
watch(struct stream *stream, int fd)
{
    stream->fd = fd;
    if (event_assign(&stream->readable, stream->loop->base, fd,
            EV_READ | EV_PERSIST, on_readable, stream) == -1)
        return false;
    await_input(stream);
    return !stream->broken;
}

/* The peer is reached, or lost. */
static void
on_event(struct bufferevent *bev, short what, void *argument)
{
    struct stream *stream = argument;

    if ((what & BEV_EVENT_CONNECTED) && watch(stream, bufferevent_getfd(bev))) {
        net_no_delay(stream->fd);
        stream->handler->connected(stream, stream->argument);
        return;
    }
    fail(stream, what & BEV_EVENT_CONNECTED ? ENOMEM : EVUTIL_SOCKET_ERROR());
    drop(stream);
}

/* Others had their turn: go on with the next stream that has more to do. */
static void
on_turn(evutil_socket_t fd, short what, void *argument)
{
    struct stream_loop *loop = argument;
    struct stream *stream = TAILQ_FIRST(&loop->queued);

    if (stream != NULL)
        advance(stream);
    take_turns(loop);
}

/* Prepare what the streams of one loop share. */
bool
stream_loop_init(
    struct stream_loop *loop, struct event_base *base, size_t max_line)
{
    loop->base = base;
    loop->gathered = 0;
    LIST_INIT(&loop->streams);
    TAILQ_INIT(&loop->queued);
    loop->turn = evtimer_new(base, on_turn, loop);
    /* The first part of a line that is not too long, and a read. */
    loop->input_room = LINE_ROOM(max_line) + READ_SIZE + TELNET_GROWTH;
    loop->input = malloc(loop->input_room);
    return loop->turn != NULL && loop->input != NULL;
}

/* Free it. */
void
stream_loop_free(struct stream_loop *loop)
{
    if (loop->turn != NULL)
        event_free(loop->turn);
    free(loop->input);
}

/* Make a stream, aligned as its type says, that nothing watches yet; NULL: no
 * memory. */
static struct stream *
make_stream(int fd, struct stream_loop *loop,
    const struct stream_handler *handler, void *argument)
{
    struct stream *stream = aligned_alloc(CACHE_LINE, sizeof(*stream));

    if (stream == NULL)
        return NULL;
    memset(stream, 0, sizeof(*stream));
    LIST_INSERT_HEAD(&loop->streams, stream, among);
    stream->fd = fd;
    stream->loop = loop;
    stream->handler = handler;
    stream->argument = argument;
    stream->resume_at = NEVER;
    line_init(&stream->scanner, handler->limits->max_line);
    set_phase(stream, PHASE_ANSWER, NEVER);
    return stream;
}

/* Take over a connected socket as a stream. */
struct stream *
stream_new(int fd, struct stream_loop *loop,
    const struct stream_handler *handler, void *argument)
{
    struct stream *stream = make_stream(fd, loop, handler, argument);

    if (stream != NULL && !watch(stream, fd)) {
        LIST_REMOVE(stream, among);
        free(stream);
        return NULL;
    }
    return stream;
}

/* Take the peer for a Telnet client. */
void
stream_telnet(struct stream *stream)
{
    stream->is_telnet = true;
}

/* Connect to an address as a stream. */
struct stream *
stream_connect(const struct sockaddr *address, socklen_t length,
    struct stream_loop *loop, const struct stream_handler *handler,
    void *argument)
{
    struct stream *stream = make_stream(-1, loop, handler, argument);

    if (stream == NULL)
        return NULL;
    if (!make_bufferevent(stream)) {
        LIST_REMOVE(stream, among);
        free(stream);
        return NULL;
    }
    if (bufferevent_socket_connect(stream->bev, address, (int)length) == -1) {
        /* Not told by an event: it is known at once. */
        fail(stream, errno);
        enqueue(stream);
    }
    return stream;
}

/* Write bytes; they may be gathered. */
bool
stream_write(struct stream *stream, const void *bytes, size_t length)
{
    struct stream_loop *loop = stream->loop;

    stream->is_long = length > STREAM_ROOM;
    if (length > STREAM_ROOM - loop->gathered)
        flush(stream);
    if (stream->is_long) {
        send_or_keep(stream, bytes, length, true);
        return stream_commit(stream, 0);
    }
    memcpy(loop->output + loop->gathered, bytes, length);
    return stream_commit(stream, length);
}

/* Room for output that is made, not copied. */
char *
stream_reserve(struct stream *stream, size_t *room)
{
    struct stream_loop *loop = stream->loop;

    if (STREAM_ROOM - loop->gathered < STREAM_RESERVE)
        flush(stream);
    *room = STREAM_ROOM - loop->gathered;
    return loop->output + loop->gathered;
}

/* Write what was made in it. */
bool
stream_commit(struct stream *stream, size_t length)
{
    stream->loop->gathered += length;
    if (stream->state != WORKING) {
        flush(stream);
        if (stream->broken || is_owing(stream))
            enqueue(stream);
    }
    return !stream->broken;
}

/* How much of a long answer to write at once. */
size_t
stream_piece(struct stream *stream)
{
    return stream->is_long ? net_whole_segments(stream->fd, WRITE_SIZE)
                           : WRITE_SIZE;
}

/* Write bytes at once. */
size_t
stream_offer(struct stream *stream, const void *bytes, size_t length)
{
    ssize_t sent;

    if (stream->state != PAUSED && stream->state != READING)
        return 0;
    sent = send(stream->fd, bytes, length, MSG_NOSIGNAL);
    /* What is wrong with the stream it will find when it writes the rest. */
    if (sent <= 0)
        return 0;
    stream->written += (uint64_t)sent;
    counters_add(&stream->loop->counters, COUNT_BYTES_OUT, (uint64_t)sent);
    return (size_t)sent;
}

/* Have no limit on how long a message may be awaited. */
void
stream_be_patient(struct stream *stream)
{
    stream->patient = true;
}

/* Have produce called until it says that that was all. */
void
stream_produce(struct stream *stream)
{
    stream->producing = true;
    if (stream->state != WORKING)
        enqueue(stream);
}

/* Have produce not called again for a while. */
void
stream_pause(struct stream *stream, int64_t ms)
{
    stream->paused = true;
    stream->resume_at = ms == 0 ? NEVER : precise_now() + ms;
    end_pause_by_stop(stream);
}

/* End a pause. Twin: stream_rouse. */
void
stream_resume(struct stream *stream)
{
    const bool was_paused = stream->paused;

    end_pause(stream, STREAM_ROUSED);
    if (was_paused && stream->state == PAUSED)
        enqueue(stream);
}

/* Why the last pause has ended. */
enum stream_news
stream_news(const struct stream *stream)
{
    return stream->news;
}

/* End the conversation so that the peer can read all of it. */
void
stream_finish(struct stream *stream)
{
    stream->finishing = true;
    if (stream->state != WORKING)
        settle(stream, false);
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
    drop(stream);
}

/* Whether either side closed the connection normally. */
bool
stream_ended_well(const struct stream *stream)
{
    const enum stream_cut cut = stream->cut;

    return !stream->broken && (cut == STREAM_UNCUT || cut == STREAM_STOP);
}

/* Whether some of the next message has come. */
bool
stream_has_part(const struct stream *stream)
{
    return stream->begun;
}

/* The peer's address. */
void
stream_peer(const struct stream *stream, char *text)
{
    net_peer(stream->fd, text);
}

/* The first stream of a loop. */
struct stream *
stream_first(const struct stream_loop *loop)
{
    return LIST_FIRST(&loop->streams);
}

/* The one after it. */
struct stream *
stream_next(const struct stream *stream)
{
    return LIST_NEXT(stream, among);
}

/* End the stream from outside. */
void
stream_cut(struct stream *stream, enum stream_cut cut)
{
    if (cut <= stream->cut)
        return;
    stream->cut = cut;
    if (cut == STREAM_STOP) {
        stream->arrived = net_waiting(stream->fd);
        end_pause_by_stop(stream);
    }
    if (cut >= STREAM_STALLED)
        drop(stream);
    else if (stream->state == READING || stream->state == PAUSED)
        advance(stream);
}

/* Grant the peer time that the process has lost while it was stopped. */
void
stream_postpone(struct stream *stream, int64_t lost_ms)
{
    if (stream->deadline != NEVER)
        stream->deadline += lost_ms;
    progress_clear(&stream->overdue.progress);
}

/* How a peer is overdue now, if it is. */
static enum stream_cut
find_overdue(struct stream *stream, int64_t now)
{
    static const struct deadline_ask ask = { net_unacked, net_readable };
    static const enum stream_cut cuts[] = {
        [OVERDUE_NOT] = STREAM_UNCUT,
        [OVERDUE_SILENT] = STREAM_IDLE,
        [OVERDUE_LATE] = STREAM_LATE,
        [OVERDUE_STALLED] = STREAM_STALLED,
    };
    const size_t kept =
        stream->bev == NULL
            ? 0
            : evbuffer_get_length(bufferevent_get_output(stream->bev));

    return cuts[deadline_look(&stream->overdue, now, stream->phase,
        stream->deadline, stream->handler->limits, stream->written - kept, &ask,
        stream->fd)];
}

/* Look whether the peer is overdue, and end the stream if it is. */
enum stream_cut
stream_check(struct stream *stream, int64_t now)
{
    const enum stream_cut before = stream->cut;
    enum stream_cut cut;

    /* It had its time to close; that is no reason of ours. */
    if (stream->state == LINGERING) {
        if (now >= stream->deadline)
            drop(stream);
        return STREAM_UNCUT;
    }
    cut = find_overdue(stream, now);
    if (cut > before)
        stream_cut(stream, cut);
    return cut > before ? cut : STREAM_UNCUT;
}
