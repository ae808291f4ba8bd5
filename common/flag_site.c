#include "common/flag_site.h"

#include "common/countries.h"
#include "common/http_part.h"
#include "common/http_reply.h"
#include "common/picture.h"
#include "common/prometheus.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* Made pictures are of this time: 2015-07-31, when the book was new. */
#define MADE_AT 1438300800

/* A body that comes slowly: so many bytes, and the time for them at 1 KiB/s. */
#define SLOW_BYTES 128
#define SLOW_MS    125

/* Bytes behind a body that is longer than its length says. */
#define EXCESS 64

/* Room for the field lines of an answer, for an entity tag with its quotes, for
 * metadata, and for a line of the index. */
#define FIELDS_MAX   240
#define TAG_MAX      48
#define METADATA_MAX 128
#define ROW_MAX      128

/* Numbers that are written at once: as many as have room in any case. */
#define NUMBERS 8

/* What an answer's body is. */
enum body {
    BODY_PICTURE,
    BODY_FILE,
    BODY_METADATA,
};

/* One client's answer under way. */
struct flag_answer {
    struct http_reply reply;
    struct flag_site *site;
    const struct flag_folder *folder; /* of the site, taken while in flight */
    unsigned generation;              /* of the folder */
    bool in_flight;                   /* it counts as that */
    bool closes;                      /* the connection is of no use any more */
    bool again; /* all of it is to be sent a second time */
    enum mishap_fault fault;
    int status;      /* of the error, for MISHAP_BARE_LF */
    int64_t wait_ms; /* before the next bytes */

    char code[3]; /* in capital letters */
    enum body body;
    const char *bytes; /* of a file */
    uint64_t size;     /* of the whole picture or file */
    struct http_part part, left;
    size_t place; /* of what comes next in the index or in /metrics */
    char fields[FIELDS_MAX];
};
_Static_assert(sizeof(struct flag_answer) <= HTTP_SITE_ROOM,
    "an HTTP server has room for an answer");

/* A flag, or what belongs to it, that is asked for. */
struct flag_name {
    size_t number; /* of the code, in FLAG_CODES */
    enum flag_kind kind;
};

/* Prepare a site. */
void
flag_site_init(struct flag_site *site, const struct mishap_rules *rules)
{
    memset(site, 0, sizeof(*site));
    site->rules = *rules;
    for (size_t i = 0; i < MISHAP_DOORS; i++)
        site->doors[i] = (struct flag_door) { site, (enum mishap_door)i };
    for (size_t i = 0; i < countries_count(); i++) {
        const char *code = countries_code(i);

        site->places[(code[0] - 'A') * 26 + code[1] - 'A'] = (uint8_t)(i + 1);
    }
}

/* --- What is asked for --------------------------------------------------- */

/* Whether a path is this text. */
static bool
is_path(struct http_slice path, const char *text)
{
    return path.length == strlen(text) &&
           memcmp(path.text, text, path.length) == 0;
}

/* Whether c is a letter of a code in a path. */
static bool
is_letter(char c)
{
    return c >= 'a' && c <= 'z';
}

/* Take apart the path of a flag, or of its metadata; false: it is none. */
static bool
read_path(struct http_slice path, struct flag_name *name)
{
    static const char start[] = "/flags/";
    static const char *const ends[FLAG_KINDS] = { ".gif", ".png",
        "/metadata.json" };
    const size_t length = sizeof(start) - 1;
    const char *code = path.text + length;
    struct http_slice rest;

    if (path.length < length + 2 || memcmp(path.text, start, length) != 0 ||
        !is_letter(code[0]) || !is_letter(code[1]))
        return false;
    name->number = (size_t)(code[0] - 'a') * 26 + (size_t)(code[1] - 'a');
    rest = (struct http_slice) { code + 2, path.length - length - 2 };
    name->kind = FLAG_METADATA;
    if (is_path(rest, ends[FLAG_METADATA]))
        return true;
    /* The same two letters once more. */
    if (rest.length < 3 || rest.text[0] != '/' ||
        memcmp(rest.text + 1, code, 2) != 0)
        return false;
    rest.text += 3;
    rest.length -= 3;
    for (name->kind = FLAG_GIF; name->kind < FLAG_METADATA; name->kind++)
        if (is_path(rest, ends[name->kind]))
            return true;
    return false;
}

/* --- What is written ----------------------------------------------------- */

/* Write the metadata of a country; how many bytes. */
static size_t
write_metadata(const char *code, char text[METADATA_MAX])
{
    /* The one country of these whose domain is another code. */
    const char *domain = strcmp(code, "GB") == 0 ? "UK" : code;

    return (size_t)snprintf(text, METADATA_MAX,
        "{\"tld_cc\": \".%c%c\", \"iso_cc\": \"%s\", \"country\": \"%s\"}",
        domain[0] + ('a' - 'A'), domain[1] + ('a' - 'A'), code,
        countries_name(code));
}

/* Copy bytes of what is asked for, from some place on. */
static void
copy_body(const struct flag_answer *answer, uint64_t from, char *buffer,
    size_t length)
{
    char metadata[METADATA_MAX];

    switch (answer->body) {
    case BODY_PICTURE:
        picture_read(answer->code, answer->size, from, buffer, length);
        break;
    case BODY_METADATA:
        write_metadata(answer->code, metadata);
        memcpy(buffer, metadata + from, length);
        break;
    case BODY_FILE:
    default:
        memcpy(buffer, answer->bytes + from, length);
        break;
    }
}

/* Write the next bytes of a flag or its metadata, and what may follow. */
static size_t
put_flag(void *argument, char *buffer, size_t size, bool *last)
{
    struct flag_answer *answer = argument;
    struct http_part *left = &answer->left;
    size_t length;

    if (answer->fault == MISHAP_SLOW)
        size = SLOW_BYTES; /* no buffer is as small */
    length = left->length < size ? (size_t)left->length : size;
    copy_body(answer, left->from, buffer, length);
    left->from += length;
    left->length -= length;
    *last = left->length == 0;
    if (!*last && answer->fault == MISHAP_SLOW)
        answer->wait_ms = SLOW_MS;
    if (*last && answer->fault == MISHAP_LONG) {
        *last = size - length >= EXCESS;
        if (*last) {
            memset(buffer + length, '!', EXCESS);
            length += EXCESS;
        }
    }
    return length;
}

/* Write the next lines of the index. */
static size_t
put_index(void *argument, char *buffer, size_t size, bool *last)
{
    static const char title[] =
        "<!doctype html><meta charset=utf-8><title>Flags</title>\n";
    struct flag_answer *answer = argument;
    size_t length = 0;

    if (answer->place == 0) {
        length = sizeof(title) - 1;
        memcpy(buffer, title, length);
    }
    while (answer->place < countries_count() && size - length > ROW_MAX) {
        const char *code = countries_code(answer->place++);
        const char first = (char)(code[0] + ('a' - 'A'));
        const char second = (char)(code[1] + ('a' - 'A'));

        length += (size_t)snprintf(buffer + length, ROW_MAX,
            "<p><a href=\"%c%c/%c%c.gif\">%s</a>\n", first, second, first,
            second, countries_name(code));
    }
    *last = answer->place == countries_count();
    return length;
}

/* Write one of the numbers of /metrics. */
static size_t
write_number(struct flag_site *site, const struct counters *sums, size_t place,
    char *buffer)
{
    if (place < COUNTER_COUNT)
        return prometheus_counter(buffer, "flag_server", (enum counter)place,
            counters_get(sums, (enum counter)place));
    if (place == COUNTER_COUNT)
        return prometheus_number(buffer, "flag_server", "requests_in_flight",
            "gauge", "Requests for flags that are not answered yet.",
            atomic_load(&site->in_flight));
    return prometheus_number(buffer, "flag_server", "requests_in_flight_max",
        "gauge", "The most of these that there were at once.",
        atomic_load(&site->in_flight_max));
}

/* Write the next numbers of /metrics. */
static size_t
put_metrics(void *argument, char *buffer, size_t size, bool *last)
{
    const size_t count = COUNTER_COUNT + 2;
    struct flag_answer *answer = argument;
    struct flag_site *site = answer->site;
    struct counters sums = { 0 };
    size_t length = 0;

    assert(size >= NUMBERS * PROMETHEUS_ROOM);
    site->count(&sums, site->argument);
    for (int i = 0; i < NUMBERS && answer->place < count; i++)
        length += write_number(site, &sums, answer->place++, buffer + length);
    *last = answer->place == count;
    return length;
}

/* Write an answer that is no proper one; how many bytes. */
static size_t
write_wrong(const struct flag_answer *answer, char *buffer, size_t size)
{
    const char *reason;
    int length = 0;

    switch ((int)answer->fault) {
    case MISHAP_GARBAGE:
        picture_read(answer->code, PICTURE_MAX, 1000, buffer, 1000);
        return 1000;
    case MISHAP_BAD_CHUNK:
        length = snprintf(buffer, size,
            "HTTP/1.1 200 OK\r\nContent-Type: image/gif\r\n"
            "Transfer-Encoding: chunked\r\n\r\n6\r\nGIF89a\r\nsix\r\n");
        break;
    case MISHAP_BARE_LF:
        reason = http_reason(answer->status);
        length = snprintf(buffer, size,
            "HTTP/1.1 %d %s\nContent-Type: text/html; charset=UTF-8\n"
            "Connection: close\n\n<h1>%s</h1>\n",
            answer->status, reason, reason);
        break;
    default:
        break;
    }
    return (size_t)length;
}

/* --- What is decided ----------------------------------------------------- */

/* Count a request that is in flight from now on. */
static void
take_off(struct flag_answer *answer)
{
    struct flag_site *site = answer->site;
    const uint64_t now = atomic_fetch_add(&site->in_flight, 1) + 1;
    uint64_t most = 0; /* unless it is more, as the first exchange tells */

    while (now > most &&
           !atomic_compare_exchange_strong(&site->in_flight_max, &most, now))
        ;
    answer->folder = flag_shelf_take(&site->shelf, &answer->generation);
    answer->in_flight = true;
}

/* The request is in flight no more, if it was. */
static void
land(struct flag_answer *answer)
{
    if (!answer->in_flight)
        return;
    flag_shelf_give(&answer->site->shelf, answer->generation);
    atomic_fetch_sub(&answer->site->in_flight, 1);
    answer->in_flight = false;
}

/* Find what is asked for; false when there is none. The resource is described,
 * its tag being put where there is room for it. */
static bool
find_body(struct flag_answer *answer, const struct flag_name *name,
    struct http_resource *resource, char tag[TAG_MAX], int64_t *modified)
{
    static const struct flag_file none = { 0 };
    const struct flag_site *site = answer->site;
    const struct flag_file *file =
        answer->folder == NULL
            ? &none
            : &answer->folder->files[name->number][name->kind];
    const uint8_t place = site->places[name->number];
    char metadata[METADATA_MAX];

    *modified = MADE_AT;
    if (file->bytes != NULL) {
        answer->body = BODY_FILE;
        answer->bytes = file->bytes;
        answer->size = file->size;
        *modified = file->modified;
    } else if (place == 0) {
        return false;
    } else if (name->kind == FLAG_METADATA) {
        answer->body = BODY_METADATA;
        answer->size = write_metadata(answer->code, metadata);
    } else if (name->kind == FLAG_GIF && answer->folder == NULL) {
        answer->body = BODY_PICTURE;
        answer->size =
            site->size != 0 ? site->size : picture_book_size(place - 1u);
    } else {
        return false;
    }
    snprintf(tag, TAG_MAX, "\"%s-%llx-%llx\"", answer->code,
        (unsigned long long)*modified, (unsigned long long)answer->size);
    resource->tag = tag;
    resource->size = answer->size;
    return true;
}

/* Begin to send what was found, or the part of it that is asked for. */
static int
begin_body(struct flag_answer *answer, const struct http_request *request,
    enum flag_kind kind, struct http_resource *resource, int64_t modified)
{
    static const char *const types[FLAG_KINDS] = { "image/gif", "image/png",
        "application/json" };
    struct http_head head = { .type = types[kind], .fields = answer->fields };
    char date[HTTP_DATE_ROOM];
    int length;

    http_date(date, modified);
    resource->modified = date;
    head.status = http_part(request, resource, &answer->part);
    length = snprintf(answer->fields, FIELDS_MAX,
        "Accept-Ranges: bytes\r\nETag: %s\r\nLast-Modified: %s\r\n",
        resource->tag, date);
    switch (head.status) {
    case 206:
        snprintf(answer->fields + length, FIELDS_MAX - (size_t)length,
            "Content-Range: bytes %llu-%llu/%llu\r\n",
            (unsigned long long)answer->part.from,
            (unsigned long long)(answer->part.from + answer->part.length - 1),
            (unsigned long long)answer->size);
        break;
    case 304:
        http_reply_empty(&answer->reply, &head);
        return 304;
    case 412:
        http_reply_error(&answer->reply, 412);
        return 412;
    case 416:
        snprintf(answer->fields + length, FIELDS_MAX - (size_t)length,
            "Content-Range: bytes */%llu\r\n",
            (unsigned long long)answer->size);
        http_reply_text(&answer->reply, &head, "", 0);
        return 416;
    default:
        break;
    }
    answer->left = answer->part;
    http_reply_sized(
        &answer->reply, &head, (int64_t)answer->part.length, put_flag, answer);
    return head.status;
}

/* Begin the answer to a request for a flag or its metadata to which nothing
 * happens; the status. */
static int
begin_found(struct flag_answer *answer, const struct http_request *request,
    const struct flag_name *name)
{
    struct http_resource resource;
    char tag[TAG_MAX];
    int64_t modified;

    if (find_body(answer, name, &resource, tag, &modified))
        return begin_body(answer, request, name->kind, &resource, modified);
    http_reply_error(&answer->reply, 404);
    return 404;
}

/* Begin an answer that is an error by its status. */
static void
begin_error(struct flag_answer *answer, int status)
{
    const int64_t retry_after_s = answer->site->retry_after_s;
    const char *reason = http_reason(status);
    const struct http_head head = {
        .status = status,
        .type = "text/plain; charset=utf-8",
        .fields = answer->fields,
    };

    if (retry_after_s > 0)
        snprintf(answer->fields, FIELDS_MAX, "Retry-After: %lld\r\n",
            (long long)retry_after_s);
    http_reply_text(&answer->reply, &head, reason, strlen(reason));
}

/* Begin an answer that redirects a client to where it was. */
static void
begin_loop(struct flag_answer *answer, struct http_slice path)
{
    const struct http_head head = { .status = 302, .fields = answer->fields };

    snprintf(answer->fields, FIELDS_MAX, "Location: %.*s\r\n", (int)path.length,
        path.text);
    http_reply_text(&answer->reply, &head, "", 0);
}

/* Begin a proper answer, and then let something happen to its body; false when
 * it has none. */
static bool
begin_spoiled(struct flag_answer *answer, const struct http_request *request,
    const struct flag_name *name, int *status)
{
    *status = begin_found(answer, request, name);
    if (*status != 200 && *status != 206)
        return false;
    if (answer->fault == MISHAP_CUT) {
        answer->left.length /= 2;
        answer->closes = true;
    }
    answer->again = answer->fault == MISHAP_TWICE;
    return true;
}

/* Begin the answer that a mishap makes of it. False: it does not matter for
 * this request, which is answered with the status. */
static bool
begin_fault(struct flag_answer *answer, const struct http_request *request,
    const struct flag_name *name, int *status)
{
    switch ((int)answer->fault) {
    case MISHAP_CUT:
    case MISHAP_LONG:
    case MISHAP_TWICE:
    case MISHAP_SLOW:
        return begin_spoiled(answer, request, name, status);
    case MISHAP_LOOP:
        begin_loop(answer, request->path);
        return true;
    default: /* nothing of an answer is left */
        http_reply_end(&answer->reply);
        answer->closes = true;
        return true;
    }
}

/* Make a console record of a request. */
static void
report(const struct flag_answer *answer, int status)
{
    const long long tenths = (answer->wait_ms + 50) / 100;

    if (answer->site->say == NULL)
        return;
    if (answer->fault != MISHAP_NONE)
        answer->site->say("%s %lld.%llds %s", answer->code, tenths / 10,
            tenths % 10, mishap_fault_name(answer->fault));
    else
        answer->site->say(
            "%s %lld.%llds %d", answer->code, tenths / 10, tenths % 10, status);
}

/* Begin the answer to a request for a flag or its metadata. */
static void
begin_flag(struct flag_answer *answer, const struct flag_door *door,
    const struct http_request *request, const struct flag_name *name)
{
    struct flag_site *site = answer->site;
    const uint32_t nth =
        atomic_fetch_add(&site->asked[door->door][name->number][name->kind], 1);
    const struct mishap mishap = mishap_of(&site->rules, door->door,
        request->path.text, request->path.length, nth);
    int status = mishap.status;

    take_off(answer);
    answer->code[0] = (char)('A' + name->number / 26);
    answer->code[1] = (char)('A' + name->number % 26);
    answer->wait_ms = mishap.delay_ms;
    answer->fault = mishap.fault;
    answer->status = mishap.status;
    if (mishap.fault != MISHAP_NONE) {
        if (!begin_fault(answer, request, name, &status))
            answer->fault = MISHAP_NONE;
    } else if (mishap.status != 0) {
        begin_error(answer, mishap.status);
    } else {
        status = begin_found(answer, request, name);
    }
    report(answer, status);
}

/* --- What an HTTP server calls ------------------------------------------- */

/* Whether the server is leaving. */
static bool
is_leaving(const struct flag_site *site)
{
    return site->leaving != NULL && site->leaving();
}

/* Begin the answer to a request. */
static void
site_begin(void *argument, const struct http_request *request, int64_t now,
    void *door_argument)
{
    static const char ok[] = "ok\n";
    const struct flag_door *door = door_argument;
    struct flag_answer *answer = argument;
    struct http_head head = { .status = 200,
        .fields = "Cache-Control: no-store\r\n" };
    struct flag_name name;

    land(answer);
    *answer = (struct flag_answer) { .site = door->site };
    http_reply_begin(&answer->reply, request, now);
    if (request->status != 200)
        return;
    if (read_path(request->path, &name)) {
        begin_flag(answer, door, request, &name);
    } else if (is_path(request->path, "/flags/")) {
        head.type = "text/html; charset=utf-8";
        head.policy = HTTP_POLICY;
        http_reply_body(&answer->reply, &head, put_index, answer);
    } else if (is_path(request->path, "/healthz") && is_leaving(door->site)) {
        http_reply_error(&answer->reply, 503);
    } else if (is_path(request->path, "/healthz")) {
        head.type = "text/plain; charset=utf-8";
        http_reply_text(&answer->reply, &head, ok, sizeof(ok) - 1);
    } else if (is_path(request->path, "/metrics")) {
        head.type = PROMETHEUS_TYPE;
        http_reply_body(&answer->reply, &head, put_metrics, answer);
    } else {
        http_reply_error(&answer->reply, 404);
    }
}

/* Say when the next bytes are due. */
static int64_t
site_wait(void *argument)
{
    struct flag_answer *answer = argument;
    const int64_t wait_ms = answer->wait_ms;

    answer->wait_ms = 0;
    if (wait_ms != 0)
        return wait_ms;
    if (answer->fault == MISHAP_ABORT)
        return HTTP_SITE_RESET;
    if (answer->fault == MISHAP_HANG) {
        answer->fault = MISHAP_CLOSE; /* once the wait is ended */
        return HTTP_SITE_FOREVER;
    }
    return 0;
}

/* Send all of an answer once more. */
static void
repeat(struct flag_answer *answer)
{
    const struct http_head head = answer->reply.head;

    answer->again = false;
    answer->left = answer->part;
    http_reply_sized(
        &answer->reply, &head, (int64_t)answer->part.length, put_flag, answer);
}

/* Write the next bytes of an answer. */
static size_t
site_next(void *argument, char *buffer, size_t size)
{
    struct flag_answer *answer = argument;
    size_t length = http_reply_next(&answer->reply, buffer, size);

    if (answer->reply.state != HTTP_REPLY_DONE)
        return length;
    if (length == 0) {
        length = write_wrong(answer, buffer, size);
        answer->fault = MISHAP_NONE;
    }
    if (answer->again)
        repeat(answer);
    else
        land(answer);
    return length;
}

/* End an answer. */
static bool
site_end(void *argument)
{
    struct flag_answer *answer = argument;

    land(answer);
    http_reply_end(&answer->reply);
    return answer->reply.keep_alive && !answer->closes;
}

/* A door of a site as what an HTTP server serves. */
struct http_site
flag_site_http(struct flag_site *site, enum mishap_door door)
{
    return (struct http_site) {
        .answer_size = sizeof(struct flag_answer),
        .begin = site_begin,
        .wait = site_wait,
        .next = site_next,
        .end = site_end,
        .argument = &site->doors[door],
    };
}
