#include "common/flag_site.h"

#include "common/countries.h"
#include "common/picture.h"
#include "tests/unit/guard.h"
#include "tests/unit/unit.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 1994-11-06 08:49:37 UTC. */
#define NOW    784111777
#define DATE   "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"

#define MADE   "Last-Modified: Fri, 31 Jul 2015 00:00:00 GMT\r\n"
#define SAFE   "X-Content-Type-Options: nosniff\r\n"
#define ALIVE  "Connection: keep-alive\r\n" SAFE
#define CLOSED "Connection: close\r\n" SAFE

/* Nothing happens by these but at the door for delays. */
static const struct mishap_rules calm = {
    .seed = 1,
    .delay_min_ms = 500,
    .delay_max_ms = 500,
    .statuses = { 503 },
    .status_count = 1,
};

static struct flag_site site;

/* What was recorded, one record after the other. */
static char said[400];

/* Keep a record. */
static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void
say(const char *format, ...)
{
    const size_t at = strlen(said);
    va_list arguments;

    if (at + 40 > sizeof(said))
        return;
    va_start(arguments, format);
    vsnprintf(said + at, sizeof(said) - at - 1, format, arguments);
    va_end(arguments);
    strcat(said, "|");
}

/* Count as a server does. */
static void
count(struct counters *sums, void *argument)
{
    counters_add(sums, COUNT_REQUESTS, *(const uint64_t *)argument);
}

/* A client: what the site keeps of it, and its last answer. */
struct client {
    struct http_site web;
    alignas(max_align_t) char kept[HTTP_SITE_ROOM];
    size_t buffer;  /* for each piece; 0: the least */
    size_t length;  /* of the answer */
    size_t pieces;  /* that it came in */
    int64_t waited; /* milliseconds before and within it */
    bool forever;   /* it would have had to wait for ever */
    bool reset;     /* the connection is reset */
    bool open;      /* after the answer, the connection is */
    char text[120000];
};

/* Prepare a site for these rules, and a client at a door. */
static void
start(struct client *client, const struct mishap_rules *rules,
    enum mishap_door door)
{
    static uint64_t requests = 7;

    flag_site_init(&site, rules);
    site.count = count;
    site.argument = &requests;
    site.say = say;
    said[0] = '\0';
    memset(client, 0, sizeof(*client));
    client->web = flag_site_http(&site, door);
    ck_assert_uint_le(client->web.answer_size, HTTP_SITE_ROOM);
}

/* Begin the answer to a request. */
static void
begin(struct client *client, const char *text)
{
    struct http_parser parser;
    struct http_request request;
    const size_t length = strlen(text);
    size_t used;

    http_init(&parser);
    ck_assert_int_ne(
        http_parse(&parser, guard_copy(text, length), length, &request, &used),
        HTTP_MORE);
    client->web.begin(client->kept, &request, NOW, client->web.argument);
    client->length = client->pieces = 0;
    client->waited = 0;
    client->forever = client->reset = false;
}

/* Take the next piece of the answer; false: there is none. */
static bool
take(struct client *client)
{
    const size_t size = client->buffer == 0 ? HTTP_SITE_BUFFER : client->buffer;
    char *room = guard_room(size);
    int64_t ms;
    size_t length;

    while ((ms = client->web.wait(client->kept)) != 0) {
        if (ms == HTTP_SITE_RESET) {
            client->reset = true;
            return false;
        }
        if (ms == HTTP_SITE_FOREVER)
            client->forever = true;
        else
            client->waited += ms;
    }
    length = client->web.next(client->kept, room, size);
    ck_assert_uint_le(length, size);
    ck_assert_uint_lt(client->length + length, sizeof(client->text));
    memcpy(client->text + client->length, room, length);
    client->length += length;
    client->text[client->length] = '\0';
    client->pieces += length > 0;
    return length > 0;
}

/* Have a request answered. */
static void
ask(struct client *client, const char *text)
{
    begin(client, text);
    while (take(client))
        ;
    client->open = client->web.end(client->kept);
    ck_assert_uint_eq(site.in_flight, 0);
}

/* Ask for a path, with these fields. */
static void
get(struct client *client, const char *path, const char *fields)
{
    char text[500];

    snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: a\r\n%s\r\n", path,
        fields);
    ask(client, text);
}

/* The body of the last answer. */
static char *
body_of(struct client *client)
{
    char *end = memmem(client->text, client->length, "\r\n\r\n", 4);

    ck_assert_ptr_nonnull(end);
    return end + 4;
}

/* The last answer is this head, and a part of a made picture. */
static void
check_picture(struct client *client, const char *head, const char *code,
    uint64_t size, uint64_t from, size_t length)
{
    static char picture[100000];
    const size_t head_size = strlen(head);

    picture_read(code, size, from, picture, length);
    ck_assert_uint_eq(client->length, head_size + length);
    ck_assert_mem_eq(client->text, head, head_size);
    ck_assert_mem_eq(client->text + head_size, picture, length);
}

static struct client client;

TEST(a_flag_is_sent_whole)
{
    char head[500];

    start(&client, &calm, MISHAP_LOCAL);
    for (size_t i = 0; i < countries_count(); i++) {
        const char *code = countries_code(i);
        const unsigned long long size = picture_book_size(i);
        char path[40];

        said[0] = '\0';
        sprintf(path, "/flags/%c%c/%c%c.gif", code[0] + 32, code[1] + 32,
            code[0] + 32, code[1] + 32);
        sprintf(head,
            "HTTP/1.1 200 OK\r\n" DATE "Content-Type: image/gif\r\n"
            "Content-Length: %llu\r\n" ALIVE "Accept-Ranges: bytes\r\n"
            "ETag: \"%s-55baba80-%llx\"\r\n" MADE "\r\n",
            size, code, size);
        get(&client, path, "");
        check_picture(&client, head, code, size, 0, size);
        ck_assert(client.open);
        ck_assert_int_eq(client.waited, 0);
        sprintf(path, "%s 0.0s 200|", code);
        ck_assert_str_eq(said, path);
    }
}

TEST(all_can_have_one_size)
{
    static const char head[] =
        "HTTP/1.1 200 OK\r\n" DATE "Content-Type: image/gif\r\n"
        "Content-Length: 50000\r\n" ALIVE "Accept-Ranges: bytes\r\n"
        "ETag: \"BR-55baba80-c350\"\r\n" MADE "\r\n";

    start(&client, &calm, MISHAP_LOCAL);
    site.size = 50000;
    for (client.buffer = HTTP_SITE_BUFFER; client.buffer < 60000;
         client.buffer += 9999) {
        get(&client, "/flags/br/br.gif", "");
        check_picture(&client, head, "BR", 50000, 0, 50000);
    }
}

TEST(metadata_names_the_country)
{
    start(&client, &calm, MISHAP_LOCAL);
    get(&client, "/flags/ad/metadata.json", "");
    ck_assert_str_eq(client.text,
        "HTTP/1.1 200 OK\r\n" DATE "Content-Type: application/json\r\n"
        "Content-Length: 55\r\n" ALIVE "Accept-Ranges: bytes\r\n"
        "ETag: \"AD-55baba80-37\"\r\n" MADE "\r\n"
        "{\"tld_cc\": \".ad\", \"iso_cc\": \"AD\", \"country\": "
        "\"Andorra\"}");
    get(&client, "/flags/gb/metadata.json", "Range: bytes=13-14\r\n");
    ck_assert_str_eq(body_of(&client), "uk");
    for (size_t i = 0; i < countries_count(); i++) {
        const char *code = countries_code(i);
        char path[40];

        /* No name needs to be escaped. */
        ck_assert_ptr_null(strpbrk(countries_name(code), "\"\\<&"));
        sprintf(path, "/flags/%c%c/metadata.json", code[0] + 32, code[1] + 32);
        get(&client, path, "");
        ck_assert_ptr_nonnull(strstr(client.text, countries_name(code)));
        ck_assert_int_eq(client.text[client.length - 1], '}');
    }
}

TEST(heads_are_those_of_bodies)
{
    char head[1000];

    start(&client, &calm, MISHAP_LOCAL);
    get(&client, "/flags/ad/ad.gif", "");
    memcpy(head, client.text, 500);
    ask(&client, "HEAD /flags/ad/ad.gif HTTP/1.1\r\nHost: a\r\n\r\n");
    ck_assert_mem_eq(client.text, head, client.length);
    ck_assert_mem_eq(client.text + client.length - 4, "\r\n\r\n", 4);
    ck_assert(client.open);
}

/* Fields, and what is answered with them: a head, and a part of the flag of
 * Zimbabwe with 1000 bytes. */
static const struct {
    const char *fields, *head;
    uint64_t from;
    size_t length;
    const char *said;
} parts[] = {
    { "Range: bytes=10-19\r\n",
        "HTTP/1.1 206 Partial Content\r\n" DATE "Content-Type: image/gif\r\n"
        "Content-Length: 10\r\n" ALIVE "Accept-Ranges: bytes\r\n"
        "ETag: \"ZW-55baba80-3e8\"\r\n" MADE
        "Content-Range: bytes 10-19/1000\r\n\r\n",
        10, 10, "ZW 0.0s 206|" },
    { "Range: bytes=1000-\r\n",
        "HTTP/1.1 416 Range Not Satisfiable\r\n" DATE
        "Content-Type: image/gif\r\nContent-Length: 0\r\n" ALIVE
        "Accept-Ranges: bytes\r\nETag: \"ZW-55baba80-3e8\"\r\n" MADE
        "Content-Range: bytes */1000\r\n\r\n",
        0, 0, "ZW 0.0s 416|" },
    { "If-None-Match: \"ZW-55baba80-3e8\"\r\n",
        "HTTP/1.1 304 Not Modified\r\n" DATE "Content-Type: image/gif\r\n" ALIVE
        "Accept-Ranges: bytes\r\nETag: \"ZW-55baba80-3e8\"\r\n" MADE "\r\n",
        0, 0, "ZW 0.0s 304|" },
    { "If-Match: \"x\"\r\n",
        "HTTP/1.1 412 Precondition Failed\r\n" DATE
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Content-Length: 23\r\n" ALIVE "\r\nNo entity tag matches.\n",
        0, 0, "ZW 0.0s 412|" },
};

TEST(a_part_is_sent_or_nothing, .times = COUNT(parts))
{
    start(&client, &calm, MISHAP_LOCAL);
    site.size = 1000;
    get(&client, "/flags/zw/zw.gif", parts[_i].fields);
    check_picture(
        &client, parts[_i].head, "ZW", 1000, parts[_i].from, parts[_i].length);
    ck_assert(client.open);
    ck_assert_str_eq(said, parts[_i].said);
}

/* What is not there; with a record if it looks like a flag. */
static const char *const missing[] = { "/flags/aa/aa.gif", "/flags/zz/zz.gif",
    "/flags/aa/metadata.json", "/flags/ad/ad.png", "/flags/ad/ad.jpg",
    "/flags/ad/br.gif", "/flags/ad/ab.gif", "/flags/ad/ad", "/flags/ad/ad.gi",
    "/flags/ad/ad.giff", "/flags/ad", "/flags/ad/", "/flags/a",
    "/flags/AD/AD.gif", "/flags/aD/aD.gif", "/flags/../ad.gif",
    "/flags/%61d/ad.gif", "/flags/ad/metadata.jso", "/flags/{a/{a.gif",
    "/flags/a`/a`.gif", "/flags", "/", "/metricsx", "/healthz/",
    "/flagsadad.gif", "/flags/adxad.gif" };

TEST(what_is_not_there_is_404, .times = COUNT(missing))
{
    start(&client, &calm, MISHAP_LOCAL);
    get(&client, missing[_i], "");
    ck_assert_str_eq(client.text,
        "HTTP/1.1 404 Not Found\r\n" DATE
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Content-Length: 23\r\n" ALIVE "\r\nThere is nothing here.\n");
    ck_assert(client.open);
    ck_assert_str_eq(said, _i == 1   ? "ZZ 0.0s 404|"
                           : _i < 3  ? "AA 0.0s 404|"
                           : _i == 3 ? "AD 0.0s 404|"
                                     : "");
}

TEST(what_is_no_request_is_refused)
{
    static const struct http_request late = HTTP_LATE;

    start(&client, &calm, MISHAP_DELAY);
    ask(&client, "POST /flags/ad/ad.gif HTTP/1.1\r\nHost: a\r\n\r\n");
    ck_assert_mem_eq(client.text, "HTTP/1.1 405 ", 13);
    ck_assert(!client.open);
    begin(&client, "GET / HTTP/1.1\r\n\r\n");
    client.web.begin(client.kept, &late, NOW, client.web.argument);
    while (take(&client))
        ;
    ck_assert_mem_eq(client.text, "HTTP/1.1 408 ", 13);
    ck_assert(!client.web.end(client.kept));
    ck_assert_str_eq(said, "");
}

/* Take the frames of chunks off the last answer's body. */
static char *
dechunk(struct client *of)
{
    char *from = body_of(of), *to = from, *start_of = from;
    size_t length;

    do {
        length = strtoul(from, &from, 16);
        ck_assert_mem_eq(from, "\r\n", 2);
        memmove(to, from + 2, length);
        to += length;
        from += 2 + length + 2;
    } while (length > 0);
    ck_assert_ptr_eq(from, of->text + of->length);
    *to = '\0';
    return start_of;
}

TEST(the_index_links_to_all_flags)
{
    char *body;

    start(&client, &calm, MISHAP_ERROR);
    for (int turn = 0; turn < 2; turn++, client.buffer = 16384) {
        get(&client, "/flags/", "");
        body = dechunk(&client);
        ck_assert_mem_eq(body, "<!doctype html>", 15);
        for (size_t i = 0; i < countries_count(); i++) {
            const char *code = countries_code(i);
            char row[200];

            sprintf(row, "<p><a href=\"%c%c/%c%c.gif\">%s</a>\n", code[0] + 32,
                code[1] + 32, code[0] + 32, code[1] + 32, countries_name(code));
            ck_assert_ptr_nonnull(strstr(body, row));
        }
        ck_assert_ptr_nonnull(strstr(client.text, "\r\nCache-Control: no-sto"));
    }
    ck_assert_str_eq(said, "");
}

TEST(health_and_metrics_are_told)
{
    static char body[8000];

    start(&client, &calm, MISHAP_DELAY);
    get(&client, "/healthz", "");
    ck_assert_str_eq(body_of(&client), "ok\n");
    get(&client, "/flags/ad/ad.gif", "");
    get(&client, "/metrics", "");
    snprintf(body, sizeof(body), "%s", dechunk(&client));
    ck_assert_ptr_nonnull(
        strstr(body, "\n# TYPE flag_server_requests_total counter\n"
                     "flag_server_requests_total 7\n"));
    ck_assert_ptr_nonnull(strstr(body, "\nflag_server_requests_in_flight 0\n"));
    ck_assert_ptr_nonnull(
        strstr(body, "\nflag_server_requests_in_flight_max 1\n"));
    ck_assert_int_eq(client.waited, 0);
    ask(&client, "GET /metrics HTTP/1.0\r\n\r\n");
    ck_assert_str_eq(body_of(&client), body);
    ck_assert(!client.open);
}

/* Whether the server is leaving. */
static bool is_leaving;

/* Say so. */
static bool
leaving(void)
{
    return is_leaving;
}

TEST(health_is_503_while_the_server_is_leaving_and_all_else_as_ever)
{
    for (int door = 0; door < MISHAP_DOORS; door++) {
        start(&client, &calm, (enum mishap_door)door);
        site.leaving = leaving;
        is_leaving = false;
        get(&client, "/healthz", "");
        ck_assert_str_eq(body_of(&client), "ok\n");
        is_leaving = true;
        get(&client, "/healthz", "");
        ck_assert_mem_eq(client.text + 9, "503", 3);
        ck_assert(client.open);
        get(&client, "/flags/", "");
        ck_assert_mem_eq(client.text + 9, "200", 3);
    }
}

TEST(requests_in_flight_are_counted_until_their_last_byte)
{
    struct client *other = malloc(sizeof(*other));

    ck_assert_ptr_nonnull(other);
    start(&client, &calm, MISHAP_LOCAL);
    *other = client;
    begin(&client, "GET /flags/ad/ad.gif HTTP/1.1\r\nHost: a\r\n\r\n");
    begin(other, "GET /flags/br/metadata.json HTTP/1.1\r\nHost: a\r\n\r\n");
    ck_assert_uint_eq(site.in_flight, 2);
    ck_assert(take(other));
    ck_assert_uint_eq(site.in_flight, 1);
    ck_assert(!take(other));
    ck_assert(other->web.end(other->kept));
    ck_assert_uint_eq(site.in_flight, 1);
    /* One that leaves in the middle, and one that begins anew. */
    ck_assert(take(&client));
    client.web.end(client.kept);
    ck_assert_uint_eq(site.in_flight, 0);
    begin(&client, "GET /flags/ad/ad.gif HTTP/1.1\r\nHost: a\r\n\r\n");
    begin(&client, "GET /flags/br/br.gif HTTP/1.1\r\nHost: a\r\n\r\n");
    ck_assert_uint_eq(site.in_flight, 1);
    client.web.end(client.kept);
    client.web.end(client.kept);
    ck_assert_uint_eq(site.in_flight, 0);
    ck_assert_uint_eq(site.in_flight_max, 2);
    free(other);
}

TEST(an_answer_keeps_its_folder)
{
    static struct flag_folder first, second;
    char old[] = "old", new[] = "new";

    start(&client, &calm, MISHAP_LOCAL);
    first.files[3][FLAG_GIF] = (struct flag_file) { old, 3, NOW };
    second.files[3][FLAG_GIF] = (struct flag_file) { new, 3, NOW };
    ck_assert(flag_shelf_replace(&site.shelf, &first));
    begin(&client, "GET /flags/ad/ad.gif HTTP/1.1\r\nHost: a\r\n\r\n");
    ck_assert(flag_shelf_replace(&site.shelf, &second));
    ck_assert(!flag_shelf_replace(&site.shelf, &first));
    while (take(&client))
        ;
    ck_assert_str_eq(body_of(&client), "old");
    ck_assert(client.web.end(client.kept));
    get(&client, "/flags/ad/ad.gif", "");
    ck_assert_str_eq(body_of(&client), "new");
}

TEST(an_answer_never_begun_can_be_ended)
{
    start(&client, &calm, MISHAP_LOCAL);
    ck_assert(!client.web.end(client.kept));
    ck_assert_uint_eq(site.in_flight, 0);
}

TEST(delays_come_before_answers)
{
    start(&client, &calm, MISHAP_DELAY);
    get(&client, "/flags/ad/ad.gif", "");
    ck_assert_int_eq(client.waited, 500);
    get(&client, "/flags/aa/aa.gif", "");
    ck_assert_int_eq(client.waited, 500);
    get(&client, "/flags/", "");
    ck_assert_int_eq(client.waited, 0);
    ck_assert_str_eq(said, "AD 0.5s 200|AA 0.5s 404|");
}

TEST(what_happens_is_told_by_seed_door_path_and_turn)
{
    struct mishap_rules rules = calm;
    int failed = 0;

    rules.error_rate = MISHAP_CERTAIN / 4;
    rules.delay_rate = MISHAP_CERTAIN / 2;
    start(&client, &rules, MISHAP_ERROR);
    for (uint32_t turn = 0; turn < 100; turn++) {
        static const char path[] = "/flags/ad/ad.gif";
        const struct mishap mishap =
            mishap_of(&rules, MISHAP_ERROR, path, sizeof(path) - 1, turn);

        /* Others do not matter. */
        get(&client, "/flags/br/br.gif", "");
        get(&client, "/flags/ad/metadata.json", "");
        get(&client, path, "");
        ck_assert_int_eq(client.waited, mishap.delay_ms);
        ck_assert_int_eq(
            memcmp(client.text, "HTTP/1.1 503 ", 13) == 0, mishap.status != 0);
        failed += mishap.status != 0;
        said[0] = '\0';
    }
    ck_assert(failed > 5 && failed < 50);
}

TEST(the_published_rates_and_seed_1_have_these_counts)
{
    struct mishap_rules rules = { .seed = 1,
        .error_rate = MISHAP_CERTAIN / 4,
        .delay_rate = MISHAP_CERTAIN / 2,
        .statuses = { 500, 501, 502, 503 },
        .status_count = 4 };
    /* Computed by another program, in Python. */
    static const int expected[][2] = { { 200, 150 }, { 404, 357 }, { 500, 42 },
        { 501, 45 }, { 502, 45 }, { 503, 37 } };
    int counts[600] = { 0 };

    start(&client, &rules, MISHAP_ERROR);
    for (int i = 0; i < FLAG_CODES; i++) {
        char path[40];

        sprintf(path, "/flags/%c%c/%c%c.gif", 'a' + i / 26, 'a' + i % 26,
            'a' + i / 26, 'a' + i % 26);
        get(&client, path, "");
        counts[strtol(client.text + 9, NULL, 10)]++;
    }
    for (int i = 0; i < COUNT(expected); i++)
        ck_assert_int_eq(counts[expected[i][0]], expected[i][1]);
}

/* A site at whose door for errors everything fails in this way. */
static void
start_failing(enum mishap_fault fault)
{
    struct mishap_rules rules = calm;

    rules.error_rate = MISHAP_CERTAIN;
    rules.fault = fault;
    start(&client, &rules, MISHAP_ERROR);
    site.size = 1000;
}

TEST(an_error_is_told_by_its_status)
{
    start_failing(MISHAP_NONE);
    get(&client, "/flags/ad/ad.gif", "");
    ck_assert_str_eq(client.text,
        "HTTP/1.1 503 Service Unavailable\r\n" DATE
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Content-Length: 19\r\n" ALIVE "\r\nService Unavailable");
    ck_assert(client.open);
    site.retry_after_s = 5;
    get(&client, "/flags/aa/aa.gif", "");
    ck_assert_ptr_nonnull(strstr(client.text, "\r\nRetry-After: 5\r\n\r\n"));
    site.say = NULL;
    get(&client, "/flags/aa/aa.gif", "");
    ck_assert_str_eq(said, "AD 0.0s 503|AA 0.0s 503|");
    /* Nothing happens to what is no flag. */
    get(&client, "/flags/", "");
    ck_assert_mem_eq(client.text, "HTTP/1.1 200 ", 13);
}

#define HEAD_1000                                                              \
    "HTTP/1.1 200 OK\r\n" DATE "Content-Type: image/gif\r\n"                   \
    "Content-Length: 1000\r\n" ALIVE "Accept-Ranges: bytes\r\n"                \
    "ETag: \"AD-55baba80-3e8\"\r\n" MADE "\r\n"

TEST(a_connection_can_be_reset)
{
    start_failing(MISHAP_ABORT);
    get(&client, "/flags/ad/ad.gif", "");
    ck_assert(client.reset && client.length == 0 && !client.open);
    ck_assert_str_eq(said, "AD 0.0s abort|");
}

TEST(a_connection_can_be_closed_without_an_answer)
{
    start_failing(MISHAP_CLOSE);
    get(&client, "/flags/ad/ad.gif", "");
    ck_assert(!client.reset && client.length == 0 && !client.open);
    ck_assert_str_eq(said, "AD 0.0s close|");
}

TEST(an_answer_can_never_come)
{
    start_failing(MISHAP_HANG);
    get(&client, "/flags/ad/ad.gif", "");
    ck_assert(client.forever && client.length == 0 && !client.open);
    ck_assert_str_eq(said, "AD 0.0s hang|");
}

TEST(a_body_can_be_cut_short)
{
    start_failing(MISHAP_CUT);
    get(&client, "/flags/ad/ad.gif", "");
    check_picture(&client, HEAD_1000, "AD", 1000, 0, 500);
    ck_assert(!client.open);
    get(&client, "/flags/ad/ad.gif", "Range: bytes=0-0\r\n");
    ck_assert_uint_eq(strlen(body_of(&client)), 0);
    ck_assert(!client.open);
    get(&client, "/flags/aa/aa.gif", "");
    ck_assert_mem_eq(client.text, "HTTP/1.1 404 ", 13);
    ck_assert(client.open);
    ck_assert_str_eq(said, "AD 0.0s cut|AD 0.0s cut|AA 0.0s 404|");
}

TEST(a_body_can_be_longer_than_its_length)
{
    char excess[64];

    start_failing(MISHAP_LONG);
    memset(excess, '!', sizeof(excess));
    /* Also where the excess does not fit into the piece with the end. */
    for (site.size = 900; site.size < 12500; site.size++) {
        get(&client, "/flags/ad/ad.gif", "Range: bytes=50-\r\n");
        said[0] = '\0';
        ck_assert_uint_eq(
            (size_t)(client.text + client.length - body_of(&client)),
            site.size - 50 + 64);
        ck_assert_mem_eq(client.text + client.length - 64, excess, 64);
        ck_assert_int_eq(client.text[client.length - 65], ';');
    }
    ck_assert(client.open);
}

TEST(a_second_answer_can_follow)
{
    const size_t length = sizeof(HEAD_1000) - 1 + 1000;

    start_failing(MISHAP_TWICE);
    get(&client, "/flags/ad/ad.gif", "");
    ck_assert_uint_eq(client.length, 2 * length);
    ck_assert_mem_eq(client.text, client.text + length, length);
    ck_assert(client.open);
    client.length = length;
    check_picture(&client, HEAD_1000, "AD", 1000, 0, 1000);
}

TEST(a_body_can_come_slowly)
{
    start_failing(MISHAP_SLOW);
    get(&client, "/flags/ad/ad.gif", "");
    check_picture(&client, HEAD_1000, "AD", 1000, 0, 1000);
    /* Eight pieces of 128 bytes, with an eighth of a second between them. */
    ck_assert_uint_eq(client.pieces, 8);
    ck_assert_int_eq(client.waited, 7 * 125);
    ck_assert(client.open);
}

TEST(an_answer_can_be_no_http)
{
    start_failing(MISHAP_GARBAGE);
    get(&client, "/flags/ad/ad.gif", "");
    ck_assert_uint_eq(client.length, 1000);
    ck_assert_ptr_null(strstr(client.text, "HTTP"));
    ck_assert(!client.open);
}

TEST(a_chunk_can_have_a_wrong_size)
{
    start_failing(MISHAP_BAD_CHUNK);
    get(&client, "/flags/ad/ad.gif", "");
    ck_assert_str_eq(client.text,
        "HTTP/1.1 200 OK\r\nContent-Type: image/gif\r\n"
        "Transfer-Encoding: chunked\r\n\r\n6\r\nGIF89a\r\nsix\r\n");
    ck_assert(!client.open);
}

TEST(a_redirect_can_lead_to_itself)
{
    start_failing(MISHAP_LOOP);
    get(&client, "/flags/ad/metadata.json?x", "");
    ck_assert_str_eq(client.text,
        "HTTP/1.1 302 Found\r\n" DATE "Content-Length: 0\r\n" ALIVE
        "Location: /flags/ad/metadata.json\r\n\r\n");
    ck_assert(client.open);
}

TEST(lines_can_end_without_cr)
{
    start_failing(MISHAP_BARE_LF);
    get(&client, "/flags/ad/ad.gif", "");
    ck_assert_str_eq(client.text,
        "HTTP/1.1 503 Service Unavailable\n"
        "Content-Type: text/html; charset=UTF-8\nConnection: close\n\n"
        "<h1>Service Unavailable</h1>\n");
    ck_assert(!client.open);
}

TEST(files_of_a_folder_are_served)
{
    static struct flag_folder folder;
    char gif[] = "a gif", metadata[] = "{}", png[] = "a png";

    start(&client, &calm, MISHAP_LOCAL);
    ck_assert(flag_shelf_replace(&site.shelf, &folder));
    folder.files[3][FLAG_GIF] = (struct flag_file) { gif, 5, NOW };
    folder.files[3][FLAG_PNG] = (struct flag_file) { png, 5, 0 };
    folder.files[3][FLAG_METADATA] = (struct flag_file) { metadata, 2, NOW };
    folder.files[0][FLAG_PNG] = (struct flag_file) { png, 0, NOW };
    get(&client, "/flags/ad/ad.gif", "");
    ck_assert_str_eq(client.text,
        "HTTP/1.1 200 OK\r\n" DATE "Content-Type: image/gif\r\n"
        "Content-Length: 5\r\n" ALIVE "Accept-Ranges: bytes\r\n"
        "ETag: \"AD-2ebc98a1-5\"\r\n"
        "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\na gif");
    get(&client, "/flags/ad/ad.png", "Range: bytes=2-\r\n");
    ck_assert_str_eq(client.text,
        "HTTP/1.1 206 Partial Content\r\n" DATE "Content-Type: image/png\r\n"
        "Content-Length: 3\r\n" ALIVE "Accept-Ranges: bytes\r\n"
        "ETag: \"AD-0-5\"\r\n"
        "Last-Modified: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
        "Content-Range: bytes 2-4/5\r\n\r\npng");
    get(&client, "/flags/ad/metadata.json", "");
    ck_assert_str_eq(body_of(&client), "{}");
    /* A code that is no country's, an empty file, one that is not there, and
     * metadata of which there is no file. */
    get(&client, "/flags/aa/aa.png", "");
    ck_assert_mem_eq(client.text, "HTTP/1.1 200 ", 13);
    ck_assert_str_eq(body_of(&client), "");
    get(&client, "/flags/br/br.gif", "");
    ck_assert_mem_eq(client.text, "HTTP/1.1 404 ", 13);
    get(&client, "/flags/br/metadata.json", "");
    ck_assert_ptr_nonnull(strstr(body_of(&client), "\"Brazil\""));
}
