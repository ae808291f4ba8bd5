#include "common/push_parts.h"

#include "common/deadline.h"
#include "common/push_site.h"
#include "common/quote.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistr.h>

/* Bytes of a message that are shown on the console. */
#define SHOWN_MAX       300

#define LENGTH(literal) (sizeof(literal) - 1)

_Static_assert(PUSH_ROOM >= HTTP_HEAD_MAX + PUSH_CHUNK_HEAD +
                                2 * PUSH_AROUND_MAX + PUSH_CHUNK_TAIL,
    "a head and what is short fit");

/* The gauge in which a listener counts. */
static uint64_t *
gauge_of(struct push_client *client)
{
    struct push_counts *counts = &client->site->counts;

    return client->kind == PUSH_POLL ? &counts->waiting : &counts->subscribers;
}

/* Listen no more. */
void
push_stop_listening(struct push_client *client, int64_t now_ms)
{
    if (client->channel == NULL)
        return;
    push_enter(client->site);
    channel_leave(client->channel, now_ms);
    --*gauge_of(client);
    push_leave(client->site);
    client->channel = NULL;
}

/* Listen to a channel from its head, or from behind an id; how that went. */
static enum channel_status
listen_to(struct push_client *client, struct http_slice name,
    struct http_slice since, int64_t now_ms)
{
    struct push_site *site = client->site;
    enum channel_status status;

    push_enter(site);
    client->channel =
        channels_get(&site->channels, name.text, name.length, now_ms, &status);
    if (client->channel != NULL) {
        client->cursor = channel_head(client->channel);
        client->reset =
            since.length > 0 &&
            channel_since(&site->channels, client->channel, since.text,
                since.length, &client->cursor) != CHANNEL_KNOWN;
        channel_join(client->channel);
        ++*gauge_of(client);
    }
    push_leave(site);
    return status;
}

/* Put the cursor before the next message that is kept, and count what is left
 * out; the lock is held. */
uint64_t
push_skip_gone(struct push_client *client)
{
    const uint64_t missed = channel_skip(client->channel, &client->cursor);

    client->site->counts.missed += missed;
    return missed;
}

/* Say that the message behind the cursor is delivered; the lock is held. */
static void
count_delivered(struct push_client *client)
{
    client->cursor++;
    client->site->counts.delivered++;
}

/* A name, or that of the channel of who names none. */
static struct http_slice
channel_asked(const struct http_parameter *asked)
{
    if (asked[PUSH_ASKED_CHANNEL].length == 0)
        return (struct http_slice) { "main", LENGTH("main") };
    return (struct http_slice) { asked[PUSH_ASKED_CHANNEL].text,
        asked[PUSH_ASKED_CHANNEL].length };
}

/* Answer that a channel cannot be had; the status. */
static int
refuse_channel(struct push_client *client, enum channel_status status)
{
    if (status == CHANNEL_TOO_MANY)
        return push_refuse(client, 503, "Too many channels.\n");
    return status == CHANNEL_NO_NAME ? HTTP_WRONG_VALUE : 500;
}

/* Make the message that a text becomes: {"id":"E-7","text":"hi"}. NULL: no
 * memory. */
static struct channel_message *
make_message(const struct push_site *site, uint64_t number, const char *text,
    size_t length)
{
    struct channel_message *message =
        channel_message_new(PUSH_AROUND_MAX + QUOTE_JSON_ROOM(length));
    struct push_out out;

    if (message == NULL)
        return NULL;
    out.at = message->text;
    out.end = out.at + message->length;
    push_put(&out, "{\"id\":\"");
    push_put_id(&out, site, number);
    push_put(&out, "\",\"text\":");
    out.at += quote_json_markup(out.at, text, length);
    push_put(&out, "}");
    return channel_message_trim(message, (size_t)(out.at - message->text));
}

/* Say on the console what was published. */
static void
say_published(struct push_client *client, struct http_slice name,
    const char *id, const char *text, size_t length, size_t readers)
{
    char shown[QUOTE_REPR_ROOM(SHOWN_MAX)];

    if (client->site->say == NULL)
        return;
    if (length > SHOWN_MAX)
        for (length = SHOWN_MAX; ((uint8_t)text[length] & 0xc0) == 0x80;)
            length--;
    quote_repr(shown, text, length);
    client->site->say(
        "%.*s %s: %s to %zu", (int)name.length, name.text, id, shown, readers);
}

/* Publish a text in a channel; how that went, and its id in CHANNEL_ID_MAX
 * bytes. */
enum channel_status
push_publish(struct push_client *client, struct http_slice name,
    const char *text, size_t length, int64_t now_ms, char *id)
{
    struct push_site *site = client->site;
    enum channel_status status;
    struct channel_message *message;
    struct channel *channel;
    size_t readers = 0;

    push_enter(site);
    channel =
        channels_get(&site->channels, name.text, name.length, now_ms, &status);
    if (channel != NULL) {
        message = make_message(site, channel_head(channel) + 1, text, length);
        if (message == NULL) {
            status = CHANNEL_NO_MEMORY;
        } else {
            channel_append(channel, message, now_ms);
            channel_id(id, &site->channels, channel_head(channel));
            client->news = (int)channel_slot(channel);
            readers = channel_readers(channel);
            site->counts.published++;
        }
    }
    push_leave(site);
    if (status == CHANNEL_FOUND)
        say_published(client, name, id, text, length, readers);
    return status;
}

/* Publish the body of a request. */
int
push_begin_publish(struct push_client *client,
    const struct http_request *request, const struct http_parameter *asked,
    int64_t now_ms)
{
    const struct http_slice text = request->content;
    char id[CHANNEL_ID_MAX];
    enum channel_status status;
    int length;

    if (!push_may_publish(client))
        return push_refuse(client, 403,
            "Publishing is not allowed from here; see --publish.\n");
    if (text.length > PUSH_TEXT_MAX)
        return 413;
    if (text.length == 0 ||
        u8_check((const uint8_t *)text.text, text.length) != NULL)
        return push_refuse(
            client, 400, "A message is UTF-8, of 1 to 4096 bytes.\n");
    client->memory = malloc(PUSH_AROUND_MAX);
    if (client->memory == NULL)
        return 500;
    status = push_publish(
        client, channel_asked(asked), text.text, text.length, now_ms, id);
    if (status != CHANNEL_FOUND)
        return refuse_channel(client, status);
    length = snprintf(client->memory, PUSH_AROUND_MAX, "{\"id\":\"%s\"}\n", id);
    return push_answer_text(
        client, 200, PUSH_TEXT_JSON, client->memory, (size_t)length);
}

/* The slot of a channel that has a message of the client's. */
int
push_news(struct push_client *client)
{
    const int news = client->news;

    client->news = -1;
    return news;
}

/* Listen to a channel as a request asks; the status. */
int
push_begin_listening(struct push_client *client,
    const struct http_parameter *asked, struct http_slice since, int64_t now_ms)
{
    const enum channel_status status =
        listen_to(client, channel_asked(asked), since, now_ms);

    return status == CHANNEL_FOUND ? 200 : refuse_channel(client, status);
}

/* What a client has seen, by the parameter; false when that is no id. */
bool
push_read_since(const struct http_parameter *asked, struct http_slice *since)
{
    *since = (struct http_slice) { asked[PUSH_ASKED_SINCE].text,
        asked[PUSH_ASKED_SINCE].length };
    return since->length == 0 || channel_is_id(since->text, since->length);
}

/* Begin a long poll. */
int
push_begin_poll(struct push_client *client, const struct http_request *request,
    const struct http_parameter *asked, int64_t now_ms)
{
    int64_t wait_ms = client->site->rules.max_wait_ms;
    struct http_slice since;
    int status;

    if (!push_read_seconds(&asked[PUSH_ASKED_WAIT], wait_ms, &wait_ms) ||
        !push_read_since(asked, &since))
        return HTTP_WRONG_VALUE;
    client->until_ms = now_ms + (client->head_only ? 0 : wait_ms);
    status = push_begin_listening(client, asked, since, now_ms);
    if (status == 200)
        push_say_asked(client, "GET /poll", since);
    return status;
}

/* Write what a client must know beside messages:
 * {"next":"E-7","missed":0,"reset":false */
void
push_put_place(struct push_out *out, const struct push_client *client,
    uint64_t next, uint64_t missed)
{
    push_put(out, "{\"next\":\"");
    push_put_id(out, client->site, next);
    push_put(out, "\",\"missed\":");
    push_put_number(out, missed);
    push_put(out, client->reset ? ",\"reset\":true" : ",\"reset\":false");
}

/* Count the messages that a poll is answered with, and their bytes with what
 * separates them; the lock is held. */
static uint64_t
count_messages(const struct push_client *client, size_t *bytes)
{
    const struct channel_message *message;
    uint64_t count = 0;

    *bytes = 0;
    while ((message = channel_next(client->channel, client->cursor + count)) !=
           NULL) {
        if (count > 0 && *bytes + 1 + message->length > PUSH_POLL_MAX)
            break;
        *bytes += (count > 0) + message->length;
        count++;
    }
    return count;
}

/* Write the answer to a poll, as the rest if it is too long for the room; the
 * lock is held. False: no memory. */
static bool
put_poll(struct push_client *client, int64_t now_ms, struct push_out *out)
{
    static const char begin[] = ",\"messages\":[", end[] = "]}\n";
    const uint64_t missed = push_skip_gone(client);
    char place[PUSH_AROUND_MAX];
    struct push_out head = { place, place + sizeof(place) }, body;
    size_t bytes, length;
    uint64_t count = count_messages(client, &bytes);

    push_put_place(&head, client, client->cursor + count, missed);
    push_put(&head, begin);
    length = (size_t)(head.at - place) + bytes + LENGTH(end);
    push_put_head(
        client, now_ms, out, (int64_t)length, PUSH_TEXT_JSON, PUSH_NO_STORE);
    if (client->head_only)
        return true;
    body = *out;
    if (length > push_room(out)) {
        body.at = push_make_rest(client, length);
        if (body.at == NULL)
            return false;
        body.end = body.at + length;
    }
    push_put_bytes(&body, place, (size_t)(head.at - place));
    for (uint64_t i = 0; i < count; i++) {
        const struct channel_message *message =
            channel_next(client->channel, client->cursor);

        if (i > 0)
            push_put(&body, ",");
        push_put_bytes(&body, message->text, message->length);
        count_delivered(client);
    }
    push_put(&body, end);
    if (client->rest == NULL)
        out->at = body.at;
    return true;
}

/* Write the answer to a poll, when there is news, or its time is up. */
enum push_step
push_write_poll(
    struct push_client *client, int64_t now_ms, struct push_out *out)
{
    struct push_site *site = client->site;
    char *const start = out->at;
    bool due, fit = true;

    push_enter(site);
    due = client->reset || client->stopping || now_ms >= client->until_ms ||
          channel_head(client->channel) != client->cursor;
    if (due)
        fit = put_poll(client, now_ms, out);
    push_leave(site);
    if (!due)
        return PUSH_WAIT;
    if (!fit) {
        out->at = start;
        http_reply_error(&client->reply, 500);
        push_stop_listening(client, now_ms);
        client->kind = PUSH_ANSWER;
        return push_write_answer(client, now_ms, out);
    }
    return push_finish(client, now_ms);
}

/* Begin a stream of server-sent events. What its client has seen, a browser
 * that comes back tells by a field. */
int
push_begin_events(struct push_client *client,
    const struct http_request *request, const struct http_parameter *asked,
    int64_t now_ms)
{
    struct http_slice since, last;
    int status;

    if (!push_read_since(asked, &since))
        return HTTP_WRONG_VALUE;
    http_sole_field(request, "last-event-id", &last);
    if (last.length > 0)
        since = last;
    status = push_begin_listening(client, asked, since, now_ms);
    if (status == 200)
        push_say_asked(client, "GET /events", since);
    return status;
}

/* Write what must be known before the next message: that this is not where the
 * client was, or that some are gone; the lock is held. */
static void
put_gap(struct push_client *client, struct push_out *out)
{
    const uint64_t missed = push_skip_gone(client);

    if (client->reset || missed > 0) {
        push_put(
            out, client->reset ? "event: reset\nid: " : "event: missed\nid: ");
        push_put_id(out, client->site, client->cursor);
        push_put(out, "\ndata: ");
        push_put_place(out, client, client->cursor, missed);
        push_put(out, "}\n\n");
    }
    client->reset = false;
}

/* Write a message as an event. */
static void
put_event(struct push_out *out, const struct push_client *client,
    const struct channel_message *message)
{
    push_put(out, "id: ");
    push_put_id(out, client->site, client->cursor + 1);
    push_put(out, "\ndata: ");
    push_put_bytes(out, message->text, message->length);
    push_put(out, "\n\n");
}

/*
 * Write the messages behind the cursor, each by put_one, as far as there is
 * room; the lock is held. One that is longer than any room is written as the
 * rest, if nothing is in the room yet, so that it stays whole when the channel
 * goes on. PUSH_MORE: there are further ones; PUSH_CLOSE: no memory.
 */
enum push_step
push_put_messages(struct push_client *client, struct push_out *out,
    size_t around,
    void (*put_one)(struct push_out *out, const struct push_client *client,
        const struct channel_message *message))
{
    const char *const start = out->at;
    const struct channel_message *message;

    while ((message = channel_next(client->channel, client->cursor)) != NULL) {
        const size_t most = message->length + PUSH_AROUND_MAX;
        struct push_out rest;

        if (most <= push_room(out)) {
            put_one(out, client, message);
            count_delivered(client);
            continue;
        }
        if (out->at > start)
            return PUSH_MORE;
        rest.at = push_make_rest(client, most + 2 * around);
        if (rest.at == NULL)
            return PUSH_CLOSE;
        rest.end = rest.at + most + 2 * around;
        rest.at += around;
        put_one(&rest, client, message);
        count_delivered(client);
        client->rest_at = around;
        client->rest_end = (size_t)(rest.at - client->rest);
        return PUSH_MORE;
    }
    return PUSH_WAIT;
}

/* Make a chunk of a rest, before and behind which there is room. */
static void
frame_rest(struct push_client *client)
{
    char head[HTTP_CHUNK_ROOM];
    const size_t size = http_chunk(head, client->rest_end - client->rest_at);

    if (client->to_close)
        return;
    client->rest_at -= size;
    memcpy(client->rest + client->rest_at, head, size);
    memcpy(client->rest + client->rest_end, HTTP_CHUNK_END,
        LENGTH(HTTP_CHUNK_END));
    client->rest_end += LENGTH(HTTP_CHUNK_END);
}

/* Write the events that have come, or a sign of life. */
enum push_step
push_write_events(
    struct push_client *client, int64_t now_ms, struct push_out *out)
{
    const int64_t beat_ms = client->site->rules.beat_ms;
    enum push_step step;
    struct push_out chunk;
    char *bytes;

    if (!client->headed) {
        push_put_open_head(client, now_ms, out, "text/event-stream",
            PUSH_NO_STORE "X-Accel-Buffering: no\r\n");
        if (client->head_only)
            return push_finish(client, now_ms);
        push_put_chunk(client, out, "retry: 2000\n\n");
        client->said_ms = now_ms;
    }
    chunk = push_begin_chunk(client, out);
    bytes = chunk.at;
    push_enter(client->site);
    put_gap(client, &chunk);
    step = push_put_messages(client, &chunk, PUSH_CHUNK_HEAD, put_event);
    push_leave(client->site);
    if (client->rest != NULL)
        frame_rest(client);
    else if (step == PUSH_WAIT && chunk.at == bytes &&
             now_ms >= deadline_after(client->said_ms, beat_ms))
        push_put(&chunk, ":\n\n");
    if (chunk.at > bytes || client->rest != NULL)
        client->said_ms = now_ms;
    push_end_chunk(client, out, &chunk);
    client->until_ms = deadline_after(client->said_ms, beat_ms);
    if (step == PUSH_CLOSE)
        return push_give_up(client, now_ms);
    if (step == PUSH_WAIT && client->stopping) {
        client->keep_alive = false;
        return push_finish_open(client, now_ms, out);
    }
    return step;
}
