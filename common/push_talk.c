#include "common/push_parts.h"

#include "common/deadline.h"
#include "common/push_site.h"
#include "common/quote.h"

#include <stdlib.h>
#include <string.h>

/* How the answer to a message over /websocket begins. */
#define REPLY           "Your message was: "

#define LENGTH(literal) (sizeof(literal) - 1)

_Static_assert(PUSH_ROOM >= 2 * WS_CLOSE_MAX + 2 * PUSH_AROUND_MAX,
    "a pong, what was missed, a ping and a close fit");

/* Write a message as a frame. */
static void
put_message(struct push_out *out, const struct push_client *client,
    const struct channel_message *message)
{
    out->at += ws_head(out->at, WS_TEXT, message->length);
    push_put_bytes(out, message->text, message->length);
}

/* Begin a conversation, by a handshake. */
int
push_begin_websocket(struct push_client *client,
    const struct http_request *request, const struct http_parameter *asked,
    int64_t now_ms)
{
    const struct push_rules *rules = &client->site->rules;
    size_t most = rules->max_message;
    char accept[WS_ACCEPT_ROOM];
    struct http_slice since;
    int status = 200;

    switch (ws_handshake(request, accept)) {
    case WS_NOT_ASKED:
        return push_refuse(client, 400, "Expected WebSocket request.\n");
    case WS_WRONG_VERSION:
        return 426;
    case WS_WRONG_KEY:
        return 400;
    case WS_ACCEPTED:
    default:
        break;
    }
    if (!push_read_since(asked, &since))
        return HTTP_WRONG_VALUE;
    if (push_make_rest(client, WS_ANSWER_MAX) == NULL)
        return 500;
    client->rest_end = ws_answer(client->rest, accept);
    if (client->kind == PUSH_CHAT) {
        most = most < PUSH_TEXT_MAX ? most : PUSH_TEXT_MAX;
        status = push_begin_listening(client, asked, since, now_ms);
    }
    if (status != 200) {
        push_drop_rest(client);
        return status;
    }
    ws_init(&client->parser, most);
    client->heard_ms = now_ms;
    push_say_asked(client,
        client->kind == PUSH_CHAT   ? "WebSocket /chat"
        : client->kind == PUSH_ECHO ? "WebSocket /echo"
                                    : "WebSocket /websocket",
        client->kind == PUSH_CHAT ? since : PUSH_NO_SINCE);
    return 200;
}

/* Break a conversation off; the first reason counts. */
static void
break_off(struct push_client *client, int code)
{
    if (client->close_code == 0)
        client->close_code = code;
}

/* Keep bytes of a message, in room that grows with what has come: at its
 * beginning there is room for the head of a frame. */
static void
keep_bytes(struct push_client *client, const struct ws_event *event)
{
    const size_t most = WS_HEAD_MAX + client->parser.max_message;
    const size_t need = WS_HEAD_MAX + client->message_length + event->length;
    size_t room = client->message_room;
    char *memory;

    if (need > room) {
        room = room < most / 2 ? 2 * room : most;
        room = room < need ? need : room;
        if (!push_count_bytes(client->site, room - client->message_room)) {
            break_off(client, WS_TRY_LATER);
            return;
        }
        memory = reallocarray(client->message, room, 1);
        if (memory == NULL) {
            push_discount_bytes(client->site, room - client->message_room);
            break_off(client, WS_FAILED);
            return;
        }
        client->message = memory;
        client->message_room = room;
    }
    if (event->length > 0)
        memcpy(client->message + WS_HEAD_MAX + client->message_length,
            event->bytes, event->length);
    client->message_length += event->length;
}

/* Make the rest a frame of length bytes, which stand in memory behind
 * WS_HEAD_MAX; of memory room bytes are counted. */
static void
set_frame(struct push_client *client, char *memory, enum ws_opcode opcode,
    size_t length, size_t room)
{
    char head[WS_HEAD_MAX];
    const size_t size = ws_head(head, opcode, length);

    client->rest = memory;
    client->rest_at = WS_HEAD_MAX - size;
    client->rest_end = WS_HEAD_MAX + length;
    client->rest_counted = room;
    memcpy(memory + client->rest_at, head, size);
}

/* Return a message as it came, where it came. */
static void
reply_by_echo(struct push_client *client, enum ws_opcode opcode)
{
    set_frame(client, client->message, opcode, client->message_length,
        client->message_room);
    client->message = NULL;
    client->message_length = client->message_room = 0;
}

/* Answer a message by its repr. */
static void
reply_by_repr(struct push_client *client, enum ws_opcode opcode)
{
    const char *text = client->message + WS_HEAD_MAX;
    const size_t length = client->message_length;
    const size_t room = WS_HEAD_MAX + LENGTH(REPLY) + QUOTE_BYTES_ROOM(length);
    char *memory, *to;

    if (!push_count_bytes(client->site, room)) {
        break_off(client, WS_TRY_LATER);
        return;
    }
    memory = malloc(room);
    if (memory == NULL) {
        push_discount_bytes(client->site, room);
        break_off(client, WS_FAILED);
        return;
    }
    to = stpcpy(memory + WS_HEAD_MAX, REPLY);
    to += opcode == WS_TEXT ? quote_repr(to, text, length)
                            : quote_bytes(to, text, length);
    push_drop_message(client);
    set_frame(
        client, memory, WS_TEXT, (size_t)(to - memory) - WS_HEAD_MAX, room);
}

/* Publish a message that came over a WebSocket. */
static void
publish_message(struct push_client *client, int64_t now_ms)
{
    const char *name = channel_name(client->channel);
    const struct http_slice channel = { name, strlen(name) };
    char id[CHANNEL_ID_MAX];

    if (!push_may_publish(client) || client->message_length == 0)
        break_off(client, WS_POLICY);
    else if (push_publish(client, channel, client->message + WS_HEAD_MAX,
                 client->message_length, now_ms, id) != CHANNEL_FOUND)
        break_off(client, WS_FAILED);
    push_drop_message(client);
}

/* Take in bytes of a message. */
static void
take_message(struct push_client *client, const struct ws_event *event,
    bool complete, int64_t now_ms)
{
    if (client->kind == PUSH_CHAT && event->opcode == WS_BINARY)
        break_off(client, WS_UNSUPPORTED);
    else
        keep_bytes(client, event);
    if (!complete || client->close_code != 0)
        return;
    if (client->kind == PUSH_CHAT)
        publish_message(client, now_ms);
    else if (client->kind == PUSH_ECHO)
        reply_by_echo(client, event->opcode);
    else
        reply_by_repr(client, event->opcode);
}

/* Take in what was found. */
static void
take_event(struct push_client *client, enum ws_result result,
    const struct ws_event *event, int64_t now_ms)
{
    switch (result) {
    case WS_DATA:
    case WS_MESSAGE:
        take_message(client, event, result == WS_MESSAGE, now_ms);
        break;
    case WS_PINGED: /* the newest one only */
        client->pong_length = ws_head(client->pong, WS_PONG, event->length);
        if (event->length > 0)
            memcpy(client->pong + client->pong_length, event->bytes,
                event->length);
        client->pong_length += event->length;
        break;
    case WS_CLOSED:
    case WS_BROKEN:
        break_off(client, event->code);
        break;
    case WS_MORE:
    case WS_PONGED:
    default:
        break;
    }
}

/* Take in what came over a WebSocket. */
enum push_taken
push_receive(struct push_client *client, int64_t now_ms, char *data,
    size_t size, size_t *used)
{
    *used = 0;
    if (size > 0) {
        client->heard_ms = now_ms;
        client->pinged = false;
    }
    for (;;) {
        enum ws_result result;
        struct ws_event event;
        size_t taken;

        if (client->rest != NULL || client->close_code != 0)
            return PUSH_REPLY;
        if (client->news >= 0)
            return PUSH_NEWS;
        result = ws_parse(
            &client->parser, data + *used, size - *used, &event, &taken);
        *used += taken;
        if (result == WS_MORE)
            return PUSH_ALL;
        take_event(client, result, &event, now_ms);
    }
}

/* Write what is news in a chat. To who comes back, where that is; who is too
 * slow for the channel is closed. */
static enum push_step
put_chat(struct push_client *client, struct push_out *out)
{
    char place[PUSH_AROUND_MAX];
    struct push_out text = { place, place + sizeof(place) };
    enum push_step step = PUSH_WAIT;
    uint64_t missed;

    push_enter(client->site);
    missed = push_skip_gone(client);
    if (client->headed && missed > 0) {
        client->site->counts.cut_slow++;
        break_off(client, WS_TRY_LATER);
    } else {
        if (client->reset || missed > 0) {
            push_put_place(&text, client, client->cursor, missed);
            push_put(&text, "}");
            out->at += ws_head(out->at, WS_TEXT, (size_t)(text.at - place));
            push_put_bytes(out, place, (size_t)(text.at - place));
        }
        client->reset = false;
        client->headed = true;
        step = push_put_messages(client, out, 0, put_message);
    }
    push_leave(client->site);
    if (step == PUSH_CLOSE)
        break_off(client, WS_FAILED);
    return step;
}

/* Write a ping after silence; false when the one before was not answered. */
static bool
put_ping(struct push_client *client, int64_t now_ms, struct push_out *out)
{
    const int64_t beat_ms = client->site->rules.beat_ms;

    client->until_ms = deadline_after(
        client->pinged ? client->said_ms : client->heard_ms, beat_ms);
    if (now_ms < client->until_ms)
        return true;
    if (client->pinged)
        return false;
    out->at += ws_head(out->at, WS_PING, 0);
    client->pinged = true;
    client->said_ms = now_ms;
    client->until_ms = deadline_after(now_ms, beat_ms);
    return true;
}

/* Write the frames that are due. */
enum push_step
push_write_frames(
    struct push_client *client, int64_t now_ms, struct push_out *out)
{
    enum push_step step = PUSH_WAIT;
    char frame[WS_CLOSE_MAX];

    push_put_bytes(out, client->pong, client->pong_length);
    client->pong_length = 0;
    if (client->kind == PUSH_CHAT && client->close_code == 0)
        step = put_chat(client, out);
    if (step == PUSH_MORE)
        return PUSH_MORE;
    if (client->stopping)
        break_off(client, WS_GOING_AWAY);
    if (client->close_code != 0) {
        push_put_bytes(out, frame, ws_close(frame, client->close_code, NULL));
        client->ended_with = client->close_code;
        return push_give_up(client, now_ms);
    }
    return put_ping(client, now_ms, out) ? PUSH_WAIT
                                         : push_give_up(client, now_ms);
}
