#include "common/push_site.h"

#include "common/deadline.h"
#include "common/embed.h"
#include "common/prometheus.h"
#include "common/push_parts.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH(literal) (sizeof(literal) - 1)

/* Before the names of all metrics. */
#define PROGRAM "push"

/* Room for the metrics that only this site has: a dozen, and a table. */
#define METRICS_MAX (12 * PROMETHEUS_ROOM + 1024)

_Static_assert(PUSH_ROOM > HTTP_REPLY_FRAME, "the frame of an answer fits");

/* The files of common/web. */
extern const struct embed push_page_html, push_page_js, push_page_css;

/* What stands at a path. */
struct resource {
    const char *path;
    bool post;
    bool guarded; /* not for every page: what is said to and by clients */
    enum push_kind kind;
    push_begin_kind *begin;
    /* Instead of begin: a file, its type, and the policy of a page. */
    const struct embed *file;
    const char *type;
    const char *policy;
};

/* Make a site ready. */
void
push_site_init(struct push_site *site)
{
    channels_init(&site->channels, site->rules.history, site->rules.epoch);
    site->counts = (struct push_counts) { 0 };
    site->buffered = 0;
    site->clients = 0;
}

/* Free what a site holds. */
void
push_site_free(struct push_site *site)
{
    channels_free(&site->channels);
}

/* A client has come. */
void
push_open(struct push_client *client, struct push_site *site, const char *peer)
{
    *client = (struct push_client) {
        .site = site, .keep_alive = true, .news = -1, .until_ms = NEVER
    };
    snprintf(client->peer, sizeof(client->peer), "%s", peer);
    push_enter(site);
    client->number = site->clients++;
    push_leave(site);
}

/* Answer "ok", unless the server is leaving. */
static int
begin_health(struct push_client *client, const struct http_request *request,
    const struct http_parameter *asked, int64_t now_ms)
{
    static const char ok[] = "ok\n";

    if (client->site->leaving != NULL && client->site->leaving())
        return 503;
    return push_answer_text(client, 200, PUSH_TEXT_PLAIN, ok, LENGTH(ok));
}

/* Append a metric. */
static void
put_metric(struct push_out *out, const char *name, const char *type,
    const char *help, uint64_t value)
{
    out->at += prometheus_number(out->at, PROGRAM, name, type, help, value);
}

/* Append how WebSockets ended. */
static void
put_closed(struct push_out *out, const struct push_counts *counts)
{
    const size_t others = sizeof(counts->ws_closed) / sizeof(uint64_t) - 1;

    push_put(out,
        "# HELP push_ws_closed_total WebSockets that ended, by code.\n"
        "# TYPE push_ws_closed_total counter\n");
    for (size_t i = 0; i <= others; i++) {
        push_put(out, "push_ws_closed_total{code=\"");
        if (i < others)
            push_put_number(out, WS_NORMAL + i);
        else
            push_put(out, "other");
        push_put(out, "\"} ");
        push_put_number(out, counts->ws_closed[i]);
        push_put(out, "\n");
    }
}

/* Answer with the counters. */
static int
begin_metrics(struct push_client *client, const struct http_request *request,
    const struct http_parameter *asked, int64_t now_ms)
{
    struct push_site *site = client->site;
    struct counters sums = { 0 };
    struct push_counts counts;
    struct push_out out;

    client->memory = malloc(COUNTER_COUNT * PROMETHEUS_ROOM + METRICS_MAX);
    if (client->memory == NULL)
        return 500;
    site->count(&sums, site->argument);
    push_enter(site);
    counts = site->counts;
    push_leave(site);
    out.at = client->memory;
    out.end = client->memory + COUNTER_COUNT * PROMETHEUS_ROOM + METRICS_MAX;
    for (enum counter i = 0; i < COUNTER_COUNT; i++)
        out.at +=
            prometheus_counter(out.at, PROGRAM, i, counters_get(&sums, i));
    put_metric(&out, "waiting", "gauge", "Polls that wait.", counts.waiting);
    put_metric(&out, "subscribers", "gauge", "Clients of /events and /chat.",
        counts.subscribers);
    put_metric(&out, "published_total", "counter",
        "Messages that were published.", counts.published);
    put_metric(&out, "delivered_total", "counter",
        "Messages that were sent, one for each client.", counts.delivered);
    put_metric(&out, "missed_total", "counter",
        "Messages that a client was too slow for.", counts.missed);
    put_metric(&out, "cut_slow_total", "counter",
        "Clients of /chat that were too slow.", counts.cut_slow);
    put_closed(&out, &counts);
    return push_answer_text(client, 200, PROMETHEUS_TYPE, client->memory,
        (size_t)(out.at - client->memory));
}

/* Write the next bytes of an answer that is there. */
enum push_step
push_write_answer(
    struct push_client *client, int64_t now_ms, struct push_out *out)
{
    const size_t length =
        http_reply_next(&client->reply, out->at, push_room(out));

    out->at += length;
    if (length > 0)
        return PUSH_MORE;
    client->keep_alive = client->reply.keep_alive;
    return push_finish(client, now_ms);
}

/* What stands where. */
static const struct resource resources[] = {
    { .path = "/",
        .kind = PUSH_ANSWER,
        .file = &push_page_html,
        .type = "text/html; charset=utf-8",
        .policy = HTTP_POLICY },
    { .path = "/push.js",
        .kind = PUSH_ANSWER,
        .file = &push_page_js,
        .type = "text/javascript; charset=utf-8" },
    { .path = "/style.css",
        .kind = PUSH_ANSWER,
        .file = &push_page_css,
        .type = "text/css; charset=utf-8" },
    { .path = "/stream", .kind = PUSH_STREAM, .begin = push_begin_stream },
    { .path = "/fetch", .kind = PUSH_FETCH, .begin = push_begin_fetch },
    { .path = "/publish",
        .post = true,
        .guarded = true,
        .kind = PUSH_ANSWER,
        .begin = push_begin_publish },
    { .path = "/poll",
        .guarded = true,
        .kind = PUSH_POLL,
        .begin = push_begin_poll },
    { .path = "/events",
        .guarded = true,
        .kind = PUSH_EVENTS,
        .begin = push_begin_events },
    { .path = "/websocket",
        .guarded = true,
        .kind = PUSH_REPR,
        .begin = push_begin_websocket },
    { .path = "/echo",
        .guarded = true,
        .kind = PUSH_ECHO,
        .begin = push_begin_websocket },
    { .path = "/chat",
        .guarded = true,
        .kind = PUSH_CHAT,
        .begin = push_begin_websocket },
    { .path = "/healthz", .kind = PUSH_ANSWER, .begin = begin_health },
    { .path = "/metrics", .kind = PUSH_ANSWER, .begin = begin_metrics },
};

/* Find what stands at a path; NULL if nothing does. */
static const struct resource *
find_resource(struct http_slice path)
{
    for (size_t i = 0; i < sizeof(resources) / sizeof(*resources); i++)
        if (strlen(resources[i].path) == path.length &&
            memcmp(resources[i].path, path.text, path.length) == 0)
            return &resources[i];
    return NULL;
}

/* Answer with a file; the client asks again before it uses it again. */
static int
answer_file(struct push_client *client, const struct resource *resource)
{
    const struct http_head head = {
        .status = 200,
        .type = resource->type,
        .policy = resource->policy,
        .fields = "Cache-Control: no-cache\r\n",
    };

    http_reply_text(
        &client->reply, &head, resource->file->bytes, resource->file->size);
    return PUSH_ANSWERED;
}

/* Begin the answer to a request that was understood; the status. */
static int
begin_resource(struct push_client *client, const struct http_request *request,
    int64_t now_ms)
{
    struct http_parameter asked[PUSH_ASKED_COUNT] = {
        [PUSH_ASKED_CHANNEL] = { .name = "channel" },
        [PUSH_ASKED_SINCE] = { .name = "since" },
        [PUSH_ASKED_WAIT] = { .name = "wait" },
        [PUSH_ASKED_N] = { .name = "n" },
        [PUSH_ASKED_EVERY] = { .name = "every" },
    };
    const struct resource *resource = find_resource(request->path);
    char *memory;
    int status = 400;

    if (resource == NULL)
        return 404;
    if (resource->post != (request->method == HTTP_POST))
        return resource->post ? HTTP_POST_ONLY : 405;
    if (resource->file != NULL)
        return answer_file(client, resource);
    if (resource->guarded && !push_may_come(client, request))
        return push_refuse(client, 403,
            "This host name or origin is not allowed; see --origin.\n");
    memory = malloc(request->query.length + 1);
    if (memory == NULL)
        return 500;
    client->kind = resource->kind;
    if (http_query(request->query.text, request->query.length, memory, asked,
            PUSH_ASKED_COUNT))
        status = resource->begin(client, request, asked, now_ms);
    free(memory);
    return status;
}

/* Forget what belonged to the answer before. */
static void
forget_answer(struct push_client *client)
{
    client->headed = client->reset = client->pinged = false;
    client->pieces = client->made = client->sent = 0;
    client->close_code = client->ended_with = 0;
    client->pong_length = 0;
    client->until_ms = NEVER;
}

/* Begin the answer to a request. */
void
push_begin(struct push_client *client, const struct http_request *request,
    int64_t now, int64_t now_ms)
{
    static const char publish_path[] = "/publish";
    int status = request->status;

    push_end(client, now_ms);
    forget_answer(client);
    client->began = now;
    client->began_ms = now_ms;
    client->head_only = request->method == HTTP_HEAD;
    client->to_close = request->minor == 0;
    client->keep_alive = request->keep_alive;
    http_reply_begin(&client->reply, request, now);
    if (status == 200)
        status = begin_resource(client, request, now_ms);
    else if (status == 405 && request->target.length >= LENGTH(publish_path) &&
             memcmp(request->target.text, publish_path, LENGTH(publish_path)) ==
                 0)
        status = HTTP_POST_ONLY;
    if (status == 200)
        return;
    client->kind = PUSH_ANSWER;
    if (status != PUSH_ANSWERED)
        http_reply_error(&client->reply, status);
}

/* Write the next bytes of an answer, whatever it is. */
static enum push_step
write_next(struct push_client *client, int64_t now_ms, struct push_out *out)
{
    switch (client->kind) {
    case PUSH_ANSWER:
        return push_write_answer(client, now_ms, out);
    case PUSH_STREAM:
        return push_write_stream(client, now_ms, out);
    case PUSH_FETCH:
        return push_write_fetch(client, now_ms, out);
    case PUSH_POLL:
        return push_write_poll(client, now_ms, out);
    case PUSH_EVENTS:
        return push_write_events(client, now_ms, out);
    case PUSH_REPR:
    case PUSH_ECHO:
    case PUSH_CHAT:
        return push_write_frames(client, now_ms, out);
    case PUSH_IDLE:
    default:
        return client->keep_alive ? PUSH_DONE : PUSH_CLOSE;
    }
}

/* Write what is to be sent now. */
enum push_step
push_next(struct push_client *client, int64_t now_ms, char *buffer, size_t size,
    size_t *length)
{
    struct push_out out = { buffer, buffer + size };
    enum push_step step = PUSH_MORE;

    assert(size >= PUSH_ROOM);
    if (client->rest == NULL)
        step = write_next(client, now_ms, &out);
    if (client->rest != NULL)
        push_put_rest(client, &out);
    if (client->rest != NULL)
        step = PUSH_MORE;
    else if (client->kind == PUSH_IDLE)
        step = client->keep_alive ? PUSH_DONE : PUSH_CLOSE;
    *length = (size_t)(out.at - buffer);
    return step;
}

/* Take back bytes that could not be sent. */
bool
push_keep(struct push_client *client, const char *bytes, size_t length)
{
    const size_t old = client->rest_end - client->rest_at;
    char *memory;

    if (length == 0)
        return true;
    /* Those of a rest that was written in part stand before what is left. */
    if (client->rest != NULL && client->rest_at >= length) {
        client->rest_at -= length;
        return true;
    }
    memory = malloc(length + old);
    if (memory == NULL)
        return false;
    memcpy(memory, bytes, length);
    if (old > 0)
        memcpy(memory + length, client->rest + client->rest_at, old);
    push_drop_rest(client);
    client->rest = memory;
    client->rest_end = length + old;
    return true;
}

/* End an answer, and free what the client holds. */
void
push_end(struct push_client *client, int64_t now_ms)
{
    push_end_answer(client, now_ms);
    push_drop_rest(client);
}

/* When push_next is to be called at the latest. */
int64_t
push_until(const struct push_client *client)
{
    return client->until_ms;
}

/* The slot of the channel whose news is waited for. */
int
push_slot(const struct push_client *client)
{
    return client->channel == NULL ? -1 : (int)channel_slot(client->channel);
}

/* Whether what comes are frames. */
bool
push_is_websocket(const struct push_client *client)
{
    return push_talks(client->kind);
}

/* The server stops. */
void
push_stop(struct push_client *client)
{
    client->stopping = true;
}

/* When push_stop is to be called. */
int64_t
push_stop_ms(const struct push_client *client, int64_t drain_ms)
{
    /* Evenly spread, whatever numbers are left: the golden ratio's multiples.
     */
    const uint32_t turn =
        (uint32_t)((client->number * 0x9e3779b97f4a7c15u) >> 32);

    return (int64_t)((uint64_t)drain_ms / 2 * turn >> 32);
}
