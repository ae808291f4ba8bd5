#include "common/push_parts.h"
#include "common/push_site.h"

/* A piece of /fetch as a chunk: all of them are written in one go. */
#define PIECE_MAX (PUSH_CHUNK_HEAD + sizeof("piece 100 of 100\n\r\n") - 1)
_Static_assert(PUSH_ROOM >= HTTP_HEAD_MAX + PUSH_PIECES_MAX * PIECE_MAX +
                                PUSH_CHUNK_TAIL &&
                   PUSH_PIECES_MAX == 100,
    "all pieces of /fetch fit");

/* Begin what was published as /stream. */
int
push_begin_stream(struct push_client *client,
    const struct http_request *request, const struct http_parameter *asked,
    int64_t now_ms)
{
    client->until_ms = now_ms;
    client->pieces = 3;
    push_say_asked(client, "GET /stream", PUSH_NO_SINCE);
    return 200;
}

/* Write the pieces of /stream whose time has come. */
enum push_step
push_write_stream(
    struct push_client *client, int64_t now_ms, struct push_out *out)
{
    static const char *const texts[] = { "START", "MIDDLE", "END" };

    if (!client->headed)
        push_put_open_head(
            client, now_ms, out, "text/html; charset=UTF-8", PUSH_NO_STORE);
    while (!client->head_only && client->sent < client->pieces) {
        if (now_ms < client->until_ms && !client->stopping)
            return PUSH_WAIT;
        push_put_chunk(client, out, texts[client->sent]);
        if (client->sent < 2)
            client->until_ms += client->site->rules.stream_ms[client->sent];
        client->sent++;
    }
    return push_finish_open(client, now_ms, out);
}

/* Begin what a worker makes. */
int
push_begin_fetch(struct push_client *client, const struct http_request *request,
    const struct http_parameter *asked, int64_t now_ms)
{
    int64_t pieces = 3;

    client->every_ms = 1000;
    if (!http_number(&asked[PUSH_ASKED_N], &pieces) ||
        pieces > PUSH_PIECES_MAX ||
        !push_read_seconds(
            &asked[PUSH_ASKED_EVERY], PUSH_EVERY_MAX + 1, &client->every_ms) ||
        client->every_ms > PUSH_EVERY_MAX)
        return HTTP_WRONG_VALUE;
    client->pieces = client->head_only ? 0 : (unsigned)pieces;
    push_say_asked(client, "GET /fetch", PUSH_NO_SINCE);
    return 200;
}

/* Whether a worker is to make pieces. */
bool
push_job(const struct push_client *client, unsigned *count, int64_t *every_ms)
{
    *count = client->pieces;
    *every_ms = client->every_ms;
    return client->kind == PUSH_FETCH && client->pieces > 0;
}

/* A piece was made. */
void
push_feed(struct push_client *client)
{
    client->made++;
}

/* Write the pieces that a worker has made. */
enum push_step
push_write_fetch(
    struct push_client *client, int64_t now_ms, struct push_out *out)
{
    if (!client->headed)
        push_put_open_head(client, now_ms, out, PUSH_TEXT_PLAIN, PUSH_NO_STORE);
    for (; client->sent < client->made; client->sent++) {
        struct push_out chunk = push_begin_chunk(client, out);

        push_put(&chunk, "piece ");
        push_put_number(&chunk, client->sent + 1);
        push_put(&chunk, " of ");
        push_put_number(&chunk, client->pieces);
        push_put(&chunk, "\n");
        push_end_chunk(client, out, &chunk);
    }
    if (client->sent < client->pieces)
        return PUSH_WAIT;
    return push_finish_open(client, now_ms, out);
}
