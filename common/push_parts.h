/*
 * push_parts - what the parts of push_site share; nobody else includes it.
 *
 * push_site.c has what a client is and which kind of answer it gets, and the
 * answers that are there at once; push_timed.c has /stream and /fetch,
 * push_listen.c has channels: /publish, /poll and /events; push_talk.c has the
 * WebSockets, push_origin.c has who may do what. All of them write into a
 * buffer that push_next was given, by the functions of push_parts.c.
 */
#ifndef COMMON_PUSH_PARTS_H
#define COMMON_PUSH_PARTS_H

#include "common/push_client.h"

/* --- Constants ------------------------------------------------------------ */

/* What a chunk needs around its bytes, of which there are less than 64 KiB. */
#define PUSH_CHUNK_HEAD  (sizeof("ffff\r\n") - 1)
#define PUSH_CHUNK_TAIL  (sizeof(HTTP_CHUNK_END HTTP_LAST_CHUNK) - 1)
#define PUSH_CHUNK_BYTES ((size_t)0xffff)

/* Room for what stands around a message: an id twice, and words. */
#define PUSH_AROUND_MAX 192

#define PUSH_TEXT_PLAIN "text/plain; charset=utf-8"
#define PUSH_TEXT_JSON  "application/json; charset=utf-8"
#define PUSH_NO_STORE   "Cache-Control: no-store\r\n"

/* A client that says of nothing since when. */
#define PUSH_NO_SINCE ((struct http_slice) { NULL, 0 })

/* What the beginning of an answer says when it is neither 200, and the answer
 * goes on as its kind does, nor an error: it is there. */
#define PUSH_ANSWERED 0

/* The parameters of all resources. */
enum push_asked {
    PUSH_ASKED_CHANNEL,
    PUSH_ASKED_SINCE,
    PUSH_ASKED_WAIT,
    PUSH_ASKED_N,
    PUSH_ASKED_EVERY,
    PUSH_ASKED_COUNT,
};

/* --- Room that is being filled -------------------------------------------- */

struct push_out {
    char *at, *end;
};

/* Append bytes, a string, a number, the id of a message; there must be room. */
void push_put_bytes(struct push_out *out, const char *bytes, size_t length);
void push_put(struct push_out *out, const char *string);
void push_put_number(struct push_out *out, uint64_t number);
void push_put_id(
    struct push_out *out, const struct push_site *site, uint64_t number);

/* The room that is left. */
size_t push_room(const struct push_out *out);

/* --- What clients share --------------------------------------------------- */

/* Take the site's lock, and give it back. */
void push_enter(struct push_site *site);
void push_leave(struct push_site *site);

/* Count bytes of messages as in work, unless there are too many; and no more.
 */
bool push_count_bytes(struct push_site *site, size_t bytes);
void push_discount_bytes(struct push_site *site, size_t bytes);

/* --- What a client owns --------------------------------------------------- */

/* Make room for length bytes that are to be written before anything else, there
 * being none; NULL: no memory. */
char *push_make_rest(struct push_client *client, size_t length);

/* Write them, as far as there is room; and forget them. */
void push_put_rest(struct push_client *client, struct push_out *out);
void push_drop_rest(struct push_client *client);

/* Forget what came of a WebSocket's message. */
void push_drop_message(struct push_client *client);

/* --- Parts of answers ----------------------------------------------------- */

/* Say on the console who asks for what, and since when; a text that is no id is
 * not shown. */
void push_say_asked(const struct push_client *client, const char *what,
    struct http_slice since);

/* Read a time in seconds, fractions allowed; one beyond most_ms is most_ms, and
 * a missing one stays. False when it is none. */
bool push_read_seconds(
    const struct http_parameter *parameter, int64_t most_ms, int64_t *ms);

/* Answer with a text, which must stay, or with an error and a sentence of its
 * own: PUSH_ANSWERED. */
int push_answer_text(struct push_client *client, int status, const char *type,
    const char *text, size_t length);
int push_refuse(struct push_client *client, int status, const char *sentence);

/* Write the head of an answer with a body of this length, or of one whose
 * length is not known: in chunks, or up to the close. */
void push_put_head(struct push_client *client, int64_t now_ms,
    struct push_out *out, int64_t length, const char *type, const char *fields);
void push_put_open_head(struct push_client *client, int64_t now_ms,
    struct push_out *out, const char *type, const char *fields);

/* Write a chunk, if the client knows chunks, whole or in three steps: get room
 * for its bytes, write some or none, end it. */
void push_put_chunk(
    const struct push_client *client, struct push_out *out, const char *text);
struct push_out push_begin_chunk(
    const struct push_client *client, const struct push_out *out);
void push_end_chunk(const struct push_client *client, struct push_out *out,
    const struct push_out *chunk);

/* End an answer that is written, one whose length was not known, or one that
 * cannot be completed; how it goes on. */
enum push_step push_finish(struct push_client *client, int64_t now_ms);
enum push_step push_finish_open(
    struct push_client *client, int64_t now_ms, struct push_out *out);
enum push_step push_give_up(struct push_client *client, int64_t now_ms);

/* --- Who may do what ------------------------------------------------------ */

/* Whether the page that made a request may make it (RFC 6455, 10.2): it is ours
 * or one that is named, and it did not get here by a name of its own, which it
 * would have pointed at this server so that browsers take the two for one. */
bool push_may_come(
    const struct push_client *client, const struct http_request *request);

/* Whether a client may publish. */
bool push_may_publish(const struct push_client *client);

/* --- Channels ------------------------------------------------------------- */

/* Read what a client has seen; false when that is no id. */
bool push_read_since(
    const struct http_parameter *asked, struct http_slice *since);

/* Listen to a channel as a request asks; its status, or PUSH_ANSWERED. */
int push_begin_listening(struct push_client *client,
    const struct http_parameter *asked, struct http_slice since,
    int64_t now_ms);

/* Listen no more. */
void push_stop_listening(struct push_client *client, int64_t now_ms);

/* Publish a text in a channel; how that went, and its id in CHANNEL_ID_MAX
 * bytes. */
enum channel_status push_publish(struct push_client *client,
    struct http_slice name, const char *text, size_t length, int64_t now_ms,
    char *id);

/* Put the cursor before the next message that is kept, and count what is left
 * out; the lock is held. */
uint64_t push_skip_gone(struct push_client *client);

/* Write what a listener must know beside messages, without the last brace:
 * {"next":"E-7","missed":0,"reset":false */
void push_put_place(struct push_out *out, const struct push_client *client,
    uint64_t next, uint64_t missed);

/*
 * Write the messages behind the cursor, each by put_one, as far as there is
 * room; the lock is held. One that is longer than any room is written as the
 * rest, with around bytes free before and behind it, if it is the first: so it
 * stays whole when the channel goes on. PUSH_MORE: there are further ones;
 * PUSH_CLOSE: no memory.
 */
enum push_step push_put_messages(struct push_client *client,
    struct push_out *out, size_t around,
    void (*put_one)(struct push_out *out, const struct push_client *client,
        const struct channel_message *message));

/* --- Kinds of answers ----------------------------------------------------- */

/* How one begins: 200, PUSH_ANSWERED, or the status of an error. */
typedef int push_begin_kind(struct push_client *client,
    const struct http_request *request, const struct http_parameter *asked,
    int64_t now_ms);
push_begin_kind push_begin_stream, push_begin_fetch, push_begin_publish,
    push_begin_poll, push_begin_events, push_begin_websocket;

/* How it goes on: what push_next says when there is no rest. */
typedef enum push_step push_write_kind(
    struct push_client *client, int64_t now_ms, struct push_out *out);
push_write_kind push_write_answer, push_write_stream, push_write_fetch,
    push_write_poll, push_write_events, push_write_frames;

/* Whether an answer is a conversation over a WebSocket. */
bool push_talks(enum push_kind kind);

/* End an answer, but for what is still to be written. */
void push_end_answer(struct push_client *client, int64_t now_ms);

#endif
