/*
 * push_site - what the push server says: answers that come later.
 *
 *     GET  /          a page that shows all this; with /push.js and /style.css
 *     GET  /stream    START, MIDDLE and END, each in its time
 *     GET  /fetch     what a worker makes piece by piece: ?n=3&every=1
 *     POST /publish   a message for all who listen to a channel: ?channel=C
 *     GET  /poll      the next messages, by a long poll:
 *                     ?channel=C&since=ID&wait=S
 *     GET  /events    all of them, as server-sent events: ?channel=C&since=ID
 *     /chat           both directions, over a WebSocket: ?channel=C&since=ID
 *     /websocket      what comes is told, over a WebSocket
 *     /echo           what comes goes back, over a WebSocket
 *     GET  /healthz   "ok", or 503 when the server is leaving
 *     GET  /metrics   the server's counters
 *
 * Here is decided what is said and when, for one client at a time, without
 * socket, thread, clock or event: requests, frames, news and the time go in,
 * bytes and the time of the next look come out. protocols.md describes what is
 * on the wire.
 *
 * An answer is not written in one go: it may have nothing to say for a while.
 * So push_next writes what there is, and says how it goes on:
 *
 *     push_open(&client, &site, "127.0.0.1:62910");
 *     ... a request has come
 *     push_begin(&client, &request, time(NULL), now);
 *     do {
 *         step = push_next(&client, now, buffer, sizeof(buffer), &length);
 *         ... send these bytes
 *         if (step == PUSH_WAIT)
 *             ... wait for the first of
 *             - the time push_until(&client),
 *             - news in the channel of slot push_slot(&client),
 *             - a piece that a worker made: push_feed(&client),
 *             - input, when push_is_websocket(&client): push_receive,
 *             - a stop of the server: push_stop(&client)
 *     } while (step == PUSH_MORE || step == PUSH_WAIT);
 *     ... PUSH_CLOSE: close; PUSH_DONE: the next request
 *     push_end(&client, now);
 *
 * Calling push_next too often does no harm: it writes nothing and says
 * PUSH_WAIT again.
 *
 * A channel's news. A publisher learns by push_news in which channel its
 * message is, and then whoever listens to that channel is to be given its turn:
 * push_next for each client whose push_slot it is. A listener is a cursor into
 * the channel, so a turn that comes late, or once for several messages, loses
 * nothing; one that comes so late that the ring has gone on is told how many
 * messages it missed, or, in /chat, closed with 1013. Who gives the turn is
 * free to choose: an event loop has its own clients write, when another loop
 * has told it; a thread that publishes may write for the clients of other
 * threads, and what their sockets do not take it gives back by push_keep.
 *
 * Threads. A client is used by one thread at a time, which is for the caller to
 * see to. What clients share, the channels and the counts, is guarded by the
 * site's lock, which is taken in here, for as long as it takes to copy what is
 * sent; no function of the caller is called meanwhile, and no other lock is
 * taken within it.
 *
 * Memory. A client that waits has nothing allocated. What is allocated belongs
 * to it and is freed when it is sent, or by push_end. A client for which there
 * is none gets 500, or is closed with 1011; nobody else notices.
 */
#ifndef COMMON_PUSH_SITE_H
#define COMMON_PUSH_SITE_H

#include "common/push_client.h"

/* --- All clients ---------------------------------------------------------- */

/* Make a site ready whose first members are set, before any client comes; and
 * free what it holds, when there is none any more. */
void push_site_init(struct push_site *site);
void push_site_free(struct push_site *site);

/* --- One client ----------------------------------------------------------- */

/* A client has come; peer is its address, "127.0.0.1:62910". */
void push_open(
    struct push_client *client, struct push_site *site, const char *peer);

/*
 * Begin the answer to a request as http_parse left it, be it HTTP_REQUEST or
 * HTTP_REFUSED; one that came too late is HTTP_LATE. The parser must take posts
 * (http_take_posts). The request is not kept. now is in seconds since 1970,
 * now_ms, here and below, in milliseconds of a clock that never jumps. Ask
 * push_news, push_job and push_is_websocket afterwards.
 */
void push_begin(struct push_client *client, const struct http_request *request,
    int64_t now, int64_t now_ms);

/*
 * Write what is to be sent now into buffer of size bytes, at least PUSH_ROOM;
 * *length says how many there are, maybe none; with PUSH_MORE there are some.
 * With PUSH_DONE and PUSH_CLOSE the answer has ended, as after push_end.
 */
enum push_step push_next(struct push_client *client, int64_t now_ms,
    char *buffer, size_t size, size_t *length);

/*
 * Take back bytes that push_next wrote and that could not be sent: the last
 * length of them. The next push_next begins with them, and only then says again
 * how the answer goes on; so after PUSH_DONE and PUSH_CLOSE, too, it must be
 * called again before anything else. False: no memory; the client cannot be
 * served any more, so cut it off.
 */
bool push_keep(struct push_client *client, const char *bytes, size_t length);

/* When push_next is to be called at the latest; NEVER (deadline.h): not for the
 * time's sake. Valid after PUSH_WAIT. */
int64_t push_until(const struct push_client *client);

/* The slot of the channel whose news the client is waiting for, less than
 * CHANNELS_MAX; -1: none. From push_begin on until PUSH_DONE, PUSH_CLOSE or
 * push_end. */
int push_slot(const struct push_client *client);

/* The slot of the channel to which the client has published since this was last
 * asked; -1: none. */
int push_news(struct push_client *client);

/*
 * Whether a worker is to make pieces for the client: count of them, each after
 * every_ms, or at once when the server stops; for each push_feed is to be
 * called, and then push_next. When the client ends before, so does the work.
 */
bool push_job(
    const struct push_client *client, unsigned *count, int64_t *every_ms);

/* A piece was made. */
void push_feed(struct push_client *client);

/* Whether what the client sends are frames: from push_begin on until
 * PUSH_CLOSE. */
bool push_is_websocket(const struct push_client *client);

/*
 * Take in what came over a WebSocket: the size bytes of data that were not used
 * so far, which are changed. The first *used bytes are used now. What is not
 * used is less than WS_ROOM, if PUSH_ALL. After any result there may be
 * something for push_next to write.
 */
enum push_taken push_receive(struct push_client *client, int64_t now_ms,
    char *data, size_t size, size_t *used);

/* The server stops: what the client is waiting for comes to its end at the next
 * push_next. Polls are answered, /stream and /fetch are completed, events end,
 * WebSockets are closed with 1001. */
void push_stop(struct push_client *client);

/*
 * Milliseconds after the beginning of a stop, which may take drain_ms, when
 * push_stop is to be called: spread over the first half, so that those clients
 * that come back at once do not come all together.
 */
int64_t push_stop_ms(const struct push_client *client, int64_t drain_ms);

/* End an answer, at any point of it and as often as you like, and free what the
 * client holds: when it is gone. */
void push_end(struct push_client *client, int64_t now_ms);

#endif
