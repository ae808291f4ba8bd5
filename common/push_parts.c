#include "common/push_parts.h"

#include "common/number.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Append bytes, for which there is room. */
void
push_put_bytes(struct push_out *out, const char *bytes, size_t length)
{
    assert((size_t)(out->end - out->at) >= length);
    memcpy(out->at, bytes, length);
    out->at += length;
}

/* Append a string. */
void
push_put(struct push_out *out, const char *string)
{
    push_put_bytes(out, string, strlen(string));
}

/* Append a number. */
void
push_put_number(struct push_out *out, uint64_t number)
{
    char digits[NUMBER_MAX];

    push_put_bytes(out, digits, number_write(digits, (int64_t)number));
}

/* Append the id of a message. */
void
push_put_id(struct push_out *out, const struct push_site *site, uint64_t number)
{
    char id[CHANNEL_ID_MAX];

    push_put_bytes(out, id, channel_id(id, &site->channels, number));
}

/* The room that is left. */
size_t
push_room(const struct push_out *out)
{
    return (size_t)(out->end - out->at);
}

/* Let no other thread into what clients share. */
void
push_enter(struct push_site *site)
{
    if (site->lock != NULL)
        site->lock(site->argument);
}

/* Let others in again. */
void
push_leave(struct push_site *site)
{
    if (site->unlock != NULL)
        site->unlock(site->argument);
}

/* Count so many bytes of messages as in work, unless there are too many. */
bool
push_count_bytes(struct push_site *site, size_t bytes)
{
    bool fit;

    push_enter(site);
    fit = bytes <= site->rules.max_buffered - site->buffered;
    if (fit)
        site->buffered += bytes;
    push_leave(site);
    return fit;
}

/* Count them no more. */
void
push_discount_bytes(struct push_site *site, size_t bytes)
{
    if (bytes == 0)
        return;
    push_enter(site);
    site->buffered -= bytes;
    push_leave(site);
}

/* Forget what was to be written first. */
void
push_drop_rest(struct push_client *client)
{
    push_discount_bytes(client->site, client->rest_counted);
    free(client->rest);
    client->rest = NULL;
    client->rest_at = client->rest_end = client->rest_counted = 0;
}

/* Forget what came of a message. */
void
push_drop_message(struct push_client *client)
{
    push_discount_bytes(client->site, client->message_room);
    free(client->message);
    client->message = NULL;
    client->message_length = client->message_room = 0;
}

/* Make room for length bytes that are to be written first, there being none;
 * NULL: no memory. */
char *
push_make_rest(struct push_client *client, size_t length)
{
    client->rest = malloc(length);
    client->rest_at = 0;
    client->rest_end = client->rest != NULL ? length : 0;
    return client->rest;
}

/* Write what is to be written first, as far as there is room. */
void
push_put_rest(struct push_client *client, struct push_out *out)
{
    size_t length = client->rest_end - client->rest_at;

    if (length > push_room(out))
        length = push_room(out);
    push_put_bytes(out, client->rest + client->rest_at, length);
    client->rest_at += length;
    if (client->rest_at == client->rest_end)
        push_drop_rest(client);
}

/* Whether an answer is a conversation. */
bool
push_talks(enum push_kind kind)
{
    return kind == PUSH_REPR || kind == PUSH_ECHO || kind == PUSH_CHAT;
}

/* Say and count how a WebSocket ended. */
static void
tell_closed(struct push_client *client)
{
    struct push_site *site = client->site;
    const int code = client->ended_with != 0 ? client->ended_with : WS_NO_CLOSE;
    const size_t others = sizeof(site->counts.ws_closed) / sizeof(uint64_t) - 1;
    const size_t place = (size_t)code - WS_NORMAL;

    push_enter(site);
    site->counts.ws_closed[place < others ? place : others]++;
    push_leave(site);
    if (site->say != NULL)
        site->say("%s closed %d", client->peer, code);
}

/* End an answer, but for what is still to be written. */
void
push_end_answer(struct push_client *client, int64_t now_ms)
{
    if (push_talks(client->kind))
        tell_closed(client);
    push_stop_listening(client, now_ms);
    http_reply_end(&client->reply);
    free(client->memory);
    client->memory = NULL;
    push_drop_message(client);
    client->kind = PUSH_IDLE;
}

/* End an answer that is written; how it goes on. */
enum push_step
push_finish(struct push_client *client, int64_t now_ms)
{
    push_end_answer(client, now_ms);
    return client->keep_alive ? PUSH_DONE : PUSH_CLOSE;
}

/* End an answer that cannot be completed. */
enum push_step
push_give_up(struct push_client *client, int64_t now_ms)
{
    client->keep_alive = false;
    return push_finish(client, now_ms);
}

/* Answer with a text, which must stay. */
int
push_answer_text(struct push_client *client, int status, const char *type,
    const char *text, size_t length)
{
    const struct http_head head = {
        .status = status,
        .type = type,
        .fields = PUSH_NO_STORE,
    };

    http_reply_text(&client->reply, &head, text, length);
    return PUSH_ANSWERED;
}

/* Answer with an error and a sentence of its own. */
int
push_refuse(struct push_client *client, int status, const char *sentence)
{
    return push_answer_text(
        client, status, PUSH_TEXT_PLAIN, sentence, strlen(sentence));
}

/* Write the head of an answer whose body has this length. */
void
push_put_head(struct push_client *client, int64_t now_ms, struct push_out *out,
    int64_t length, const char *type, const char *fields)
{
    char date[HTTP_DATE_ROOM];
    struct http_head head = {
        .status = 200,
        .length = length,
        .keep_alive = client->keep_alive,
        .type = type,
        .date = date,
        .fields = fields,
    };

    http_date(date, client->began + (now_ms - client->began_ms) / 1000);
    out->at += http_head(out->at, push_room(out), &head);
    client->headed = true;
}

/* Write the head of an answer whose length is not known. */
void
push_put_open_head(struct push_client *client, int64_t now_ms,
    struct push_out *out, const char *type, const char *fields)
{
    if (client->to_close)
        client->keep_alive = false;
    push_put_head(client, now_ms, out,
        client->to_close ? HTTP_TO_CLOSE : HTTP_CHUNKED, type, fields);
}

/* Room for the bytes of a chunk, in an answer to a client that knows them. */
struct push_out
push_begin_chunk(const struct push_client *client, const struct push_out *out)
{
    struct push_out chunk = *out;

    if (!client->to_close) {
        chunk.at += PUSH_CHUNK_HEAD;
        chunk.end -= PUSH_CHUNK_TAIL;
        if (push_room(&chunk) > PUSH_CHUNK_BYTES)
            chunk.end = chunk.at + PUSH_CHUNK_BYTES;
    }
    return chunk;
}

/* Write what is around the bytes of a chunk, which may be none. */
void
push_end_chunk(const struct push_client *client, struct push_out *out,
    const struct push_out *chunk)
{
    char head[HTTP_CHUNK_ROOM];
    char *const bytes = client->to_close ? out->at : out->at + PUSH_CHUNK_HEAD;
    const size_t length = (size_t)(chunk->at - bytes);
    const size_t size = http_chunk(head, length);

    if (client->to_close || length == 0) {
        out->at += length;
        return;
    }
    memmove(out->at + size, bytes, length);
    memcpy(out->at, head, size);
    out->at += size + length;
    push_put(out, HTTP_CHUNK_END);
}

/* Write a chunk. */
void
push_put_chunk(
    const struct push_client *client, struct push_out *out, const char *text)
{
    struct push_out chunk = push_begin_chunk(client, out);

    push_put(&chunk, text);
    push_end_chunk(client, out, &chunk);
}

/* Write the end of a body whose length was not known, and end the answer. */
enum push_step
push_finish_open(
    struct push_client *client, int64_t now_ms, struct push_out *out)
{
    if (!client->to_close && !client->head_only)
        push_put(out, HTTP_LAST_CHUNK);
    return push_finish(client, now_ms);
}

/* Say on the console who asks for what, and since when; a text that is no id is
 * not shown. */
void
push_say_asked(
    const struct push_client *client, const char *what, struct http_slice since)
{
    const bool listens = client->channel != NULL;
    const bool shown = since.length > 0 && since.length < CHANNEL_ID_MAX &&
                       channel_is_id(since.text, since.length);

    if (client->site->say == NULL)
        return;
    client->site->say("%s %s%s%s%s%.*s", client->peer, what, listens ? " " : "",
        listens ? channel_name(client->channel) : "", shown ? " since " : "",
        shown ? (int)since.length : 0, shown ? since.text : "");
}

/* Read a time in seconds, fractions allowed, up to most_ms; a missing one
 * stays. False when it is none; a longer one is the most. */
bool
push_read_seconds(
    const struct http_parameter *parameter, int64_t most_ms, int64_t *ms)
{
    int64_t value = 0, unit = 0;

    if (parameter->length == 0)
        return true;
    for (size_t i = 0; i < parameter->length; i++) {
        const char c = parameter->text[i];

        if (c == '.' && unit == 0 && i > 0) {
            unit = 1000;
        } else if (c < '0' || c > '9') {
            return false;
        } else if (unit == 0) {
            value = value * 10 + (c - '0') * 1000;
            if (value > most_ms)
                value = most_ms + 1;
        } else {
            unit /= 10;
            value += (c - '0') * unit;
            unit = unit > 0 ? unit : 1;
        }
    }
    *ms = value > most_ms ? most_ms : value;
    return true;
}
