#include "common/charpage.h"

#include "tests/unit/guard.h"
#include "tests/unit/scarce.h"
#include "tests/unit/unit.h"

#include <ctype.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* What the servers pass. */
#define USUAL 16384

/* More than any page of 200 rows has. */
#define LARGE 65000

/* 2023-11-14 22:13:20 UTC. */
#define NOW 1700000000

/* Words of the index, the most frequent first, that are searched for. */
#define WORDS 150

/* An answer, taken apart. */
struct answer {
    char *head;
    char *body; /* without chunks' frames; NUL-terminated, as is head */
    size_t body_size;
    size_t pieces; /* calls of charpage_next that wrote something */
    bool keep_alive;
};

/* The console of a server. */
static char console[5 * HTTP_LINE_MAX];

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void
say(const char *format, ...)
{
    const size_t used = strlen(console);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(console + used, sizeof(console) - used, format, arguments);
    va_end(arguments);
    ck_assert_uint_lt(strlen(console) + 1, sizeof(console));
    strcat(console, "\n");
}

/* A server's counters: 100, 101 and so on. */
static void
count(struct counters *sums, void *argument)
{
    ck_assert_str_eq(argument, "mine");
    for (enum counter i = 0; i < COUNTER_COUNT; i++) {
        ck_assert_uint_eq(counters_get(sums, i), 0);
        counters_add(sums, i, 100 + (uint64_t)i);
    }
}

static char mine[] = "mine";
static const struct charpage_site site = {
    .say = say,
    .count = count,
    .argument = mine,
};

/* A request as the parser leaves it, in memory that is gone afterwards. */
static struct http_request
request_of(enum http_method method, const char *target, int minor)
{
    struct http_request request = {
        .method = method,
        .minor = minor,
        .keep_alive = minor > 0,
        .status = 200,
    };
    char *copy = guard_copy(target, strlen(target));
    const char *mark = strchr(target, '?');

    request.target = (struct http_slice) { copy, strlen(target) };
    request.path = request.target;
    if (mark != NULL) {
        request.path.length = (size_t)(mark - target);
        request.query.text = copy + request.path.length + 1;
        request.query.length = strlen(mark + 1);
    }
    return request;
}

/* Remove the frames of chunks, in place; the size of what is left. All that
 * this does not expect fails. */
static size_t
dechunk(char *body, size_t size)
{
    char *from = body, *end = body + size, *to = body;

    for (;;) {
        char *after;
        size_t length = strtoul(from, &after, 16);

        ck_assert(after > from && after - from <= 4);
        ck_assert((*from == '0') == (length == 0));
        ck_assert_int_eq(memcmp(after, "\r\n", 2), 0);
        from = after + 2;
        ck_assert_uint_ge((size_t)(end - from), length + 2);
        memmove(to, from, length);
        ck_assert_int_eq(memcmp(from + length, "\r\n", 2), 0);
        from += length + 2;
        to += length;
        if (length == 0)
            break;
    }
    ck_assert_ptr_eq(from, end);
    return (size_t)(to - body);
}

/* Get an answer through a buffer of some size that ends at the guard. */
static struct answer
get_by(const struct http_request *request, size_t size)
{
    struct answer answer = { 0 };
    struct charpage page = { 0 };
    size_t used = 0, room = 0, length;
    char *end;

    console[0] = '\0';
    charpage_begin(&page, &site, request, NOW);
    guard_copy("gone", 4);
    for (;;) {
        char *buffer = guard_room(size);

        length = charpage_next(&page, buffer, size);
        if (length == 0)
            break;
        ck_assert_uint_le(length, size);
        if (used + length >= room) {
            room = 2 * (used + length);
            answer.head = realloc(answer.head, room);
            ck_assert_ptr_nonnull(answer.head);
        }
        memcpy(answer.head + used, buffer, length);
        used += length;
        answer.pieces++;
    }
    ck_assert_uint_eq(charpage_next(&page, guard_room(size), size), 0);
    answer.keep_alive = charpage_end(&page);
    answer.head[used] = '\0';
    end = strstr(answer.head, "\r\n\r\n");
    ck_assert_ptr_nonnull(end);
    answer.body = end + 4;
    answer.body_size = used - (size_t)(answer.body - answer.head);
    end[2] = '\0';
    if (strstr(answer.head, "chunked") != NULL && answer.body_size > 0)
        answer.body_size = dechunk(answer.body, answer.body_size);
    answer.body[answer.body_size] = '\0';
    return answer;
}

/* Get an answer as a client of HTTP/1.1 does. */
static struct answer
get(const char *target)
{
    struct http_request request = request_of(HTTP_GET, target, 1);

    return get_by(&request, USUAL);
}

/* Free an answer. */
static void
drop(struct answer *answer)
{
    free(answer->head);
}

/* The status of an answer. */
static int
status_of(const struct answer *answer)
{
    ck_assert_int_eq(strncmp(answer->head, "HTTP/1.1 ", 9), 0);
    return atoi(answer->head + 9);
}

/* Whether a head has this line. */
static bool
has_line(const struct answer *answer, const char *line)
{
    char whole[512];

    snprintf(whole, sizeof(whole), "\r\n%s\r\n", line);
    return strstr(answer->head, whole) != NULL;
}

/* How often c occurs. */
static size_t
occurrences(const char *text, char c)
{
    size_t found = 0;

    for (; (text = strchr(text, c)) != NULL; text++)
        found++;
    return found;
}

/* Write a query percent-encoded, every byte of it. */
static void
encode(char *target, const char *path, const char *query, const char *more)
{
    target += sprintf(target, "%s?query=", path);
    for (; *query != '\0'; query++)
        target += sprintf(target, "%%%02X", (unsigned char)*query);
    strcpy(target, more);
}

/* --- What stands where ---------------------------------------------------- */

static const struct {
    const char *target;
    const char *type;
    bool fixed;
    bool chunked;
} resources[] = {
    { "/", "text/html; charset=utf-8", false, true },
    { "/?", "text/html; charset=utf-8", false, true },
    { "/?query=chess+black", "text/html; charset=utf-8", false, true },
    { "/?query=letter", "text/html; charset=utf-8", false, true },
    { "/search", "application/json; charset=utf-8", false, true },
    { "/search?query=letter", "application/json; charset=utf-8", false, true },
    { "/blocks", "text/html; charset=utf-8", true, true },
    { "/page.js", "text/javascript; charset=utf-8", true, false },
    { "/page.js?query=%zz", "text/javascript; charset=utf-8", true, false },
    { "/style.css", "text/css; charset=utf-8", true, false },
    { "/healthz", "text/plain; charset=utf-8", false, false },
    { "/metrics", "text/plain; version=0.0.4; charset=utf-8", false, false },
};

EACH_TEST(.seconds = 120);

TEST(a_resource_has_its_head, .times = COUNT(resources))
{
    struct answer answer = get(resources[_i].target);
    const bool html = strstr(resources[_i].type, "html") != NULL;
    char line[128];

    ck_assert_int_eq(status_of(&answer), 200);
    ck_assert(answer.keep_alive);
    ck_assert(has_line(&answer, "Date: Tue, 14 Nov 2023 22:13:20 GMT"));
    snprintf(line, sizeof(line), "Content-Type: %s", resources[_i].type);
    ck_assert(has_line(&answer, line));
    snprintf(line, sizeof(line), "Content-Length: %zu", answer.body_size);
    ck_assert(has_line(&answer, line) != resources[_i].chunked);
    ck_assert(has_line(&answer, "Transfer-Encoding: chunked") ==
              resources[_i].chunked);
    ck_assert(
        has_line(&answer, "Cache-Control: no-cache") == resources[_i].fixed);
    ck_assert(
        has_line(&answer, "Cache-Control: no-store") != resources[_i].fixed);
    ck_assert(
        has_line(&answer, "Content-Security-Policy: " HTTP_POLICY) == html);
    ck_assert(has_line(&answer, "X-Content-Type-Options: nosniff"));
    ck_assert(has_line(&answer, "Connection: keep-alive"));
    ck_assert_uint_gt(answer.body_size, 0);
    drop(&answer);
}

TEST(head_is_the_head_of_get, .times = COUNT(resources))
{
    for (int minor = 0; minor < 2; minor++) {
        struct http_request request =
            request_of(HTTP_GET, resources[_i].target, minor);
        struct answer whole = get_by(&request, USUAL), head;

        request = request_of(HTTP_HEAD, resources[_i].target, minor);
        head = get_by(&request, USUAL);
        ck_assert_str_eq(head.head, whole.head);
        ck_assert_uint_eq(head.body_size, 0);
        ck_assert(head.keep_alive == whole.keep_alive);
        ck_assert(head.keep_alive == (minor > 0));
        ck_assert_str_eq(console, "");
        drop(&whole);
        drop(&head);
    }
}

TEST(every_buffer_gives_the_same_bytes, .times = COUNT(resources))
{
    static const size_t larger[] = { 4096, USUAL, 65535, 65536, 65549, 65555,
        200000 };
    struct http_request request;
    struct answer whole;

    request = request_of(HTTP_GET, resources[_i].target, 0);
    whole = get_by(&request, LARGE);
    ck_assert_uint_eq(whole.pieces, 1);
    for (int i = 0; i < 200 + COUNT(larger); i++) {
        const size_t size =
            i < 200 ? CHARPAGE_ROOM + (size_t)i : larger[i - 200];

        for (int minor = 0; minor < 2; minor++) {
            struct answer answer;

            request = request_of(HTTP_GET, resources[_i].target, minor);
            answer = get_by(&request, size);
            ck_assert_uint_eq(answer.body_size, whole.body_size);
            ck_assert_mem_eq(answer.body, whole.body, whole.body_size);
            drop(&answer);
        }
    }
    drop(&whole);
}

TEST(the_page_tells_its_unicode)
{
    struct answer answer = get("/");
    char expected[64];

    snprintf(expected, sizeof(expected), "<p>Unicode %s. ", charindex_version);
    ck_assert_ptr_nonnull(strstr(answer.body, expected));
    drop(&answer);
}

TEST(the_title_begins_with_the_query)
{
    struct answer answer = get("/?query=%3Cb%3E");

    ck_assert_ptr_nonnull(strstr(
        answer.body, "<title>&lt;b&gt; \xe2\x80\x93 Charfinder</title>"));
    drop(&answer);
    answer = get("/?query=+");
    ck_assert_ptr_nonnull(strstr(answer.body, "<title>Charfinder</title>"));
    drop(&answer);
}

TEST(a_client_of_http_1_0_reads_to_the_end)
{
    struct http_request request = request_of(HTTP_GET, "/?query=chess", 0);
    struct answer answer = get_by(&request, USUAL);

    ck_assert(!answer.keep_alive);
    ck_assert(has_line(&answer, "Connection: close"));
    ck_assert_ptr_null(strstr(answer.head, "Content-Length"));
    ck_assert_ptr_null(strstr(answer.head, "Transfer-Encoding"));
    ck_assert_ptr_nonnull(strstr(answer.body, "</html>\n"));
    drop(&answer);
}

TEST(a_small_answer_is_one_piece)
{
    static const char *const targets[] = { "/", "/?query=chess",
        "/search?query=chess", "/?query=cjk", "/search?query=cjk", "/metrics",
        "/nothing" };

    for (int i = 0; i < COUNT(targets); i++) {
        struct answer answer = get(targets[i]);

        ck_assert_uint_eq(answer.pieces, 1);
        drop(&answer);
    }
}

/* Append a file of common/web/; how many bytes there are then. */
static size_t
append_file(char *room, size_t size, size_t used, const char *name)
{
    char path[64];
    FILE *file;

    if (name == NULL)
        return used;
    snprintf(path, sizeof(path), "common/web/%s", name);
    file = fopen(path, "r");
    ck_assert_msg(file != NULL, "%s: run me where the Makefile is", path);
    used += fread(room + used, 1, size - used, file);
    fclose(file);
    return used;
}

TEST(files_are_those_of_the_sources)
{
    static const struct {
        const char *target, *first, *second;
    } files[] = { { "/page.js", "page.js", NULL },
        { "/style.css", "base.css", "style.css" } };

    for (int i = 0; i < COUNT(files); i++) {
        static char room[1 << 20];
        struct answer answer = get(files[i].target);
        size_t size = append_file(room, sizeof(room), 0, files[i].first);

        size = append_file(room, sizeof(room), size, files[i].second);
        ck_assert_uint_eq(answer.body_size, size);
        ck_assert_mem_eq(answer.body, room, size);
        drop(&answer);
    }
}

TEST(other_paths_are_not_found)
{
    static const char *const targets[] = { "/x", "//", "/search/", "/Search",
        "/page.html", "/healthz/", "/%73earch", "/../", "/common/web/page.js",
        "/metrics.", "/sear", "/?/x/../search/x?y" };

    for (int i = 0; i < COUNT(targets); i++) {
        struct answer answer = get(targets[i]);
        const bool is_page = targets[i][1] == '?';

        ck_assert_int_eq(status_of(&answer), is_page ? 200 : 404);
        ck_assert(answer.keep_alive);
        drop(&answer);
    }
}

/* Statuses of the parser and of the server. */
static const int errors[] = { 400, 405, 408, 413, 414, 431, 501, 503, 505 };

TEST(a_refused_request_is_told_why, .times = COUNT(errors))
{
    struct http_request request = { .status = errors[_i] };
    struct answer answer = get_by(&request, CHARPAGE_ROOM);

    ck_assert_int_eq(status_of(&answer), errors[_i]);
    ck_assert(!answer.keep_alive);
    ck_assert(has_line(&answer, "Connection: close"));
    ck_assert(has_line(&answer, "Allow: GET, HEAD") == (errors[_i] == 405));
    ck_assert(has_line(&answer, "Content-Type: text/plain; charset=utf-8"));
    ck_assert_uint_gt(answer.body_size, 0);
    drop(&answer);

    request.method = HTTP_HEAD;
    answer = get_by(&request, CHARPAGE_ROOM);
    ck_assert_int_eq(status_of(&answer), errors[_i]);
    ck_assert_uint_eq(answer.body_size, 0);
    drop(&answer);
}

TEST(a_raw_target_is_told_what_to_do)
{
    struct http_request request = { .status = HTTP_UNENCODED };
    struct answer answer = get_by(&request, CHARPAGE_ROOM);

    ck_assert_int_eq(status_of(&answer), 400);
    ck_assert(!answer.keep_alive);
    ck_assert_ptr_nonnull(strstr(answer.body, "Percent-encode"));
    drop(&answer);
}

/* What there is, and what is refused in any case. */
static const struct {
    const char *target;
    int status;
} conditional[] = {
    { "/", 200 },
    { "/search?query=chess", 200 },
    { "/page.js", 200 },
    { "/healthz", 200 },
    { "/metrics", 200 },
    { "/nothing", 404 },
    { "/search?query=%zz", 400 },
    { "/?start=x", 400 },
};

/* Get an answer under conditions, and check it. */
static void
check_conditions(const char *target, struct http_request request, int status)
{
    struct answer answer = get_by(&request, CHARPAGE_ROOM);
    const bool head_only = request.method == HTTP_HEAD;

    ck_assert_int_eq(status_of(&answer), status);
    ck_assert(answer.keep_alive);
    ck_assert(has_line(&answer, "Date: Tue, 14 Nov 2023 22:13:20 GMT"));
    ck_assert(has_line(&answer, "Connection: keep-alive"));
    ck_assert((answer.body_size > 0) == (!head_only && status != 304));
    if (status != 200)
        ck_assert_str_eq(console, "");
    if (status == 304) {
        ck_assert_ptr_null(strstr(answer.head, "Content-Length"));
        ck_assert_ptr_null(strstr(answer.head, "Transfer-Encoding"));
        ck_assert_ptr_null(strstr(answer.head, "\r\nContent-Type"));
        ck_assert(has_line(&answer, "Cache-Control: no-cache") ==
                  (strcmp(target, "/page.js") == 0));
        ck_assert(has_line(&answer, "Cache-Control: no-store") ==
                  (strcmp(target, "/page.js") != 0));
    }
    drop(&answer);
}

TEST(conditions_are_evaluated_for_what_there_is, .times = COUNT(conditional))
{
    for (int i = 0; i < 18; i++) {
        const char *target = conditional[_i].target;
        struct http_request request =
            request_of(i < 9 ? HTTP_GET : HTTP_HEAD, target, 1);
        int status = conditional[_i].status;

        request.match = (enum http_tags)(i / 3 % 3);
        request.none_match = (enum http_tags)(i % 3);
        if (status == 200 && request.match == HTTP_SOME_TAGS)
            status = 412;
        else if (status == 200 && request.none_match == HTTP_ANY_TAG)
            status = 304;
        check_conditions(target, request, status);
    }
}

/* What needs memory. */
static const char *const needy[] = { "/", "/?query=chess",
    "/search?query=chess", "/metrics" };

TEST(an_answer_without_memory_is_500, .times = COUNT(needy))
{
    struct http_request request = request_of(HTTP_GET, needy[_i], 1);
    struct answer answer;

    scarce_call(1);
    answer = get_by(&request, CHARPAGE_ROOM);
    ck_assert(scarce_end());
    ck_assert_int_eq(status_of(&answer), 500);
    ck_assert(!answer.keep_alive);
    ck_assert(has_line(&answer, "Connection: close"));
    ck_assert_uint_gt(answer.body_size, 0);
    ck_assert_str_eq(console, "");
    drop(&answer);

    /* No condition counts against an error. */
    request = request_of(HTTP_GET, needy[_i], 1);
    request.match = HTTP_SOME_TAGS;
    scarce_call(1);
    answer = get_by(&request, CHARPAGE_ROOM);
    ck_assert(scarce_end());
    ck_assert_int_eq(status_of(&answer), 500);
    drop(&answer);
}

TEST(an_answer_may_be_left_at_any_point)
{
    struct http_request request =
        request_of(HTTP_GET, "/?query=letter&stop=all", 1);

    for (int taken = 0; taken < 5; taken++) {
        struct charpage page = { 0 };
        char *buffer = guard_room(CHARPAGE_ROOM);

        charpage_end(&page);
        /* Once more without an end: the leak checker watches. */
        charpage_begin(&page, &site, &request, NOW);
        charpage_begin(&page, &site, &request, NOW);
        for (int i = 0; i < taken; i++)
            ck_assert_uint_gt(charpage_next(&page, buffer, CHARPAGE_ROOM), 0);
        charpage_end(&page);
        charpage_end(&page);
        ck_assert_uint_eq(charpage_next(&page, buffer, CHARPAGE_ROOM), 0);
        ck_assert(charpage_end(&page));
    }
}

TEST(a_site_gives_the_same_answers, .times = COUNT(resources))
{
    struct charpage_site mutable = site;
    const struct http_site web = charpage_http_site(&mutable);
    const struct http_request request =
        request_of(HTTP_GET, resources[_i].target, 1);
    struct charpage page = { 0 }, other = { 0 };
    size_t length;

    ck_assert_uint_eq(web.answer_size, sizeof(page));
    ck_assert(!web.end(&other)); /* which was never begun */
    charpage_begin(&page, &site, &request, NOW);
    web.begin(&other, &request, NOW, web.argument);
    do {
        static char expected[USUAL];
        char *buffer = guard_room(USUAL);

        length = charpage_next(&page, expected, USUAL);
        ck_assert_uint_eq(web.next(&other, buffer, USUAL), length);
        ck_assert_int_eq(memcmp(buffer, expected, length), 0);
    } while (length > 0);
    ck_assert(charpage_end(&page));
    ck_assert(web.end(&other));
}

TEST(metrics_are_the_counters)
{
    static const char *const names[] = { "accepted_total", "active",
        "served_total", "requests_total", "rejected_total", "timed_out_total",
        "stalled_total", "dropped_log_total", "bytes_in_total",
        "bytes_out_total" };
    struct answer answer = get("/metrics");
    char *line = answer.body;

    ck_assert_int_eq(COUNT(names), COUNTER_COUNT);
    for (int i = 0; i < COUNT(names); i++) {
        char help[128], expected[256];
        int used = 0;

        /* One sentence in the first line; then all is known. */
        snprintf(expected, sizeof(expected),
            "# HELP charfinder_%s %%99[^\n]\n%%n", names[i]);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        ck_assert_int_eq(sscanf(line, expected, help, &used), 1);
#pragma GCC diagnostic pop
        ck_assert_int_eq(help[strlen(help) - 1], '.');
        line += used;
        snprintf(expected, sizeof(expected),
            "# TYPE charfinder_%s %s\ncharfinder_%s %d\n", names[i],
            strstr(names[i], "_total") != NULL ? "counter" : "gauge", names[i],
            100 + i);
        ck_assert_int_eq(strncmp(line, expected, strlen(expected)), 0);
        line += strlen(expected);
    }
    ck_assert_str_eq(line, "");
    drop(&answer);
}

/* --- What is found -------------------------------------------------------- */

/* Queries with something odd about them, besides the words of the index. */
/* Queries that are answered by relevance. */
static const char *const relevant[] = { "heart", "lf", "escape", "U+0000",
    "U+007F U+0080 U+009F U+00A0", "letter", "\xc3\xa9", "->", "qqq", "" };

static const char *const odd[] = { "", " ", "\t\n", "zzz", "cat face",
    "  cat\xc2\xa0"
    "face ",
    "U+265A", "\xe2\x99\x9a", "\xe2\x99\x9a\xe2\x99\x9a", "<", "less-than sign",
    "greater-than sign", "ampersand", "quotation mark", "apostrophe",
    "reverse solidus", "\"", "\\", "'", "it's", "a\"b'c", "&amp;", "\x01\x1f",
    "\x7f", "\xe2\x80\xae", "</script><script>alert(1)</script>", "50%",
    "a+b=c&d", "#", "{{rows}}", "rook's", "cjk compatibility",
    "hangul syllable",
    "stra\xc3\x9f"
    "e" };

/* The n-th query of the tests: an odd one, or one or two words. */
static const char *
query_of(int n)
{
    static char query[2 * CHARINDEX_WORD_MAX + 8];
    struct charindex_word word;

    if (n < COUNT(odd))
        return odd[n];
    n -= COUNT(odd);
    ck_assert(charindex_word((size_t)n % WORDS, &word));
    snprintf(query, sizeof(query), "%.*s%s", (int)word.length, word.text,
        n < WORDS ? "" : " letter");
    return query;
}
#define QUERIES (COUNT(odd) + 2 * WORDS)

/* The rows that match, by charindex alone; how many. */
static size_t
rows_of(const char *query, enum charsearch_order order,
    struct charindex_row *rows, size_t max)
{
    struct charsearch search;
    struct charindex_run run;
    size_t found = 0, length = strlen(query);

    charindex_strip(&query, &length);
    charsearch_find(&search, order, query, length);
    while (charsearch_take(&search, SIZE_MAX, &run)) {
        struct charindex_row row;

        for (; charindex_cut(&run, &row); found++)
            if (found < max)
                rows[found] = row;
    }
    return found;
}

/* Whether a JSON string is these bytes. */
static bool
is_text(const json_t *value, const char *text, size_t length)
{
    return json_is_string(value) && json_string_length(value) == length &&
           memcmp(json_string_value(value), text, length) == 0;
}

/* The JSON of an answer, parsed by a strict parser. */
static json_t *
parse(const struct answer *answer)
{
    json_error_t error;
    json_t *json = json_loadb(answer->body, answer->body_size,
        JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);

    ck_assert_msg(json != NULL, "%s at %d", error.text, error.position);
    return json;
}

/* A number in a JSON object. */
static size_t
number_in(const json_t *json, const char *name)
{
    const json_t *value = json_object_get(json, name);

    ck_assert(json_is_integer(value));
    return (size_t)json_integer_value(value);
}

/* What asks for an order. */
static const char *const orders[] = {
    [CHARSEARCH_PUBLISHED] = "&order=code",
    [CHARSEARCH_RELEVANCE] = "&order=relevance",
};

/* Check the JSON of a query, which is not corrected. */
static void
check_json(const char *query, enum charsearch_order order)
{
    static struct charindex_row rows[CHARPAGE_ROWS];
    const size_t found = rows_of(query, order, rows, CHARPAGE_ROWS);
    const size_t shown = found < CHARPAGE_ROWS ? found : CHARPAGE_ROWS;
    size_t length = strlen(query);
    struct answer answer;
    char target[1024];
    json_t *json;
    const json_t *items;

    encode(target, "/search", query, orders[order]);
    answer = get(target);
    json = parse(&answer);
    ck_assert_uint_eq(json_object_size(json), 5);
    charindex_strip(&query, &length);
    ck_assert(is_text(json_object_get(json, "query"), query, length));
    ck_assert_uint_eq(number_in(json, "count"), found);
    ck_assert_uint_eq(number_in(json, "start"), 0);
    ck_assert_uint_eq(number_in(json, "stop"), shown);
    items = json_object_get(json, "items");
    ck_assert_uint_eq(json_array_size(items), shown);
    for (size_t i = 0; i < shown; i++) {
        const json_t *item = json_array_get(items, i);
        const struct charindex_row *row = &rows[i];

        ck_assert_uint_eq(json_object_size(item), 3);
        ck_assert(is_text(
            json_object_get(item, "code"), row->label, row->label_length));
        ck_assert(is_text(json_object_get(item, "char"), row->character,
            row->character_length));
        ck_assert(is_text(
            json_object_get(item, "name"), row->name, row->name_length));
    }
    json_decref(json);
    drop(&answer);
}

TEST(the_json_is_what_the_index_says)
{
    for (int i = 0; i < QUERIES; i++)
        check_json(query_of(i), CHARSEARCH_PUBLISHED);
    for (int i = 0; i < COUNT(relevant); i++)
        check_json(relevant[i], CHARSEARCH_RELEVANCE);
}

/* Append bytes as HTML wants them, the long way round. */
static char *
put_html(char *to, const char *text, size_t length)
{
    static const char *const names[] = { "&&amp;", "<&lt;", ">&gt;", "\"&quot;",
        "'&#39;" };

    for (size_t i = 0; i < length; i++) {
        int n = 0;

        while (n < COUNT(names) && names[n][0] != text[i])
            n++;
        if (n < COUNT(names))
            to += sprintf(to, "%s", names[n] + 1);
        else
            *to++ = text[i];
    }
    *to = '\0';
    return to;
}

/* The details of a page; NULL if there are none. */
static const char *
details_in(const struct answer *answer)
{
    const char *start = strstr(answer->body, "<section id=\"detail\"");

    ck_assert_ptr_nonnull(start);
    start = strchr(start, '>') + 1;
    return strncmp(start, "</section>", 10) == 0 ? NULL : start;
}

/* Append a block's name as a query has it: all but letters and digits as codes.
 */
static char *
put_url(char *to, const char *text)
{
    for (; *text != '\0'; text++)
        to += sprintf(to, isalnum((unsigned char)*text) ? "%c" : "%%%02x",
            (unsigned char)*text);
    return to;
}

/* Append a detail as the page has it. */
static char *
put_detail(char *to, const struct chardetail *detail)
{
    to += sprintf(to, "<dt>%s<dd>", detail->label);
    if (detail->use == CHARDETAIL_TYPED)
        to += sprintf(to, "<code>");
    if (detail->use == CHARDETAIL_PLACE) {
        to += sprintf(to, "<a href=\"/?query=block%%3A");
        to = put_url(to, detail->text);
        to += sprintf(to, "\">");
    }
    to = put_html(to, detail->text, strlen(detail->text));
    if (detail->use == CHARDETAIL_TYPED)
        to += sprintf(to, "</code>");
    if (detail->use == CHARDETAIL_PLACE)
        to += sprintf(to, "</a>");
    return to + sprintf(to, "\n");
}

TEST(a_single_character_is_told_in_full)
{
    static const char *const targets[] = { "/?query=%26hearts;", "/?query=lf",
        "/?query=U%2b41", "/?query=U%2bE01EF", "/?query=U%2b20" };
    static const uint32_t codes[] = { 0x2665, 0xa, 0x41, 0xe01ef, 0x20 };

    for (int i = 0; i < COUNT(targets); i++) {
        struct http_request request = request_of(HTTP_GET, targets[i], 1);
        struct answer answer = get_by(&request, CHARPAGE_ROOM);
        const char *at = details_in(&answer);
        char room[CHARDETAIL_ROOM], expected[8192];
        struct chardetail detail;

        ck_assert_ptr_nonnull(at);
        ck_assert_int_eq(strncmp(at, "<dl>\n", 5), 0);
        at += 5;
        for (size_t n = 0; chardetail_get(codes[i], n, room, &detail); n++) {
            if (*detail.text == '\0')
                continue;
            put_detail(expected, &detail);
            ck_assert_int_eq(strncmp(at, expected, strlen(expected)), 0);
            at += strlen(expected);
        }
        ck_assert_int_eq(strncmp(at, "</dl>\n", 6), 0);
        drop(&answer);
    }
}

/* The number of rows that a page has of a block, by the link to it. */
static size_t
rows_behind(const char *link)
{
    const char *end = strchr(link, '"');
    char target[256];
    struct answer answer;
    json_t *json;
    size_t count;

    ck_assert_int_lt(end - link, 128);
    snprintf(target, sizeof(target), "/search%.*s&stop=0&order=relevance",
        (int)(end - link - 1), link + 1);
    answer = get(target);
    json = parse(&answer);
    count = number_in(json, "count");
    json_decref(json);
    drop(&answer);
    return count;
}

TEST(every_block_is_linked_with_its_range_and_count)
{
    struct answer answer = get("/blocks");
    const char *at = strstr(answer.body, "<tbody>\n");
    struct charblock block = { 0 };
    size_t counted = 0;

    ck_assert_ptr_nonnull(at);
    ck_assert_ptr_null(strstr(answer.body, "{{"));
    at += 8;
    while (strncmp(at, "</tbody>", 8) != 0) {
        const uint32_t before = block.last;
        const char *name = strstr(at, "\">");
        char expected[512], *to = expected;

        ck_assert_ptr_nonnull(name);
        name += 2;
        ck_assert(charblock_find(name, strcspn(name, "<"), &block));
        ck_assert(counted == 0 || block.first > before);
        to +=
            sprintf(to, "<tr><td>%04X\u2013%04X<td>", block.first, block.last);
        ck_assert_int_eq(strncmp(at, expected, strlen(expected)), 0);
        at = strstr(at, "<th");
        to = expected +
             sprintf(expected, "<th scope=row><a href=\"/?query=block%%3A");
        to = put_url(to, block.name);
        to += sprintf(to, "\">%s</a><td>%zu\n", block.name, block.count);
        ck_assert_int_eq(strncmp(at, expected, strlen(expected)), 0);
        ck_assert_uint_eq(rows_behind(strchr(at, '"') + 1), block.count);
        counted += block.count;
        at += strlen(expected);
    }
    /* Every named character is in one, and so are 65 controls. */
    ck_assert_uint_eq(counted, charindex_row_of(UINT32_MAX) + 65);
    drop(&answer);
}

/* A block and the sample of it that is shown. */
static const char *const samples[][2] = {
    { "Basic Latin", "A" },
    { "Arrows", "\u2190" },
    { "Hebrew", "\u05d0" },
    { "Combining Diacritical Marks", "\u25cc\u0300" },
    { "General Punctuation", "\u2010" },
    { "Variation Selectors", "\u25cc\ufe00" },
    { "Tags", "" },
    { "CJK Unified Ideographs", "\u4e00" },
};

TEST(a_block_has_a_sample, .times = COUNT(samples))
{
    struct answer answer = get("/blocks");
    char expected[64], *name;

    sprintf(expected, "\">%s</a>", samples[_i][0]);
    name = strstr(answer.body, expected);
    ck_assert_ptr_nonnull(name);
    *name = '\0';
    name = strrchr(answer.body, '\n');
    sprintf(expected, "<td>%s<th scope=row>", samples[_i][1]);
    ck_assert_msg(strstr(name, expected) != NULL, "%s", name);
    drop(&answer);
}

static const struct {
    const char *target, *before, *after;
} neighbours[] = {
    { "/?query=U%2b41", "%2B0040\" >U+0040<", "%2B0042\" >U+0042<" },
    { "/?query=U%2b2665", "%2B2664\" >U+2664<", "%2B2666\" >U+2666<" },
    { "/?query=U%2b20", "%2B\" hidden>", "%2B0021\" >U+0021<" },
    { "/?query=U%2bE01EF", "%2BE01EE\" >", "%2B\" hidden>" },
    { "/?query=lf", "%2B\" hidden>", "%2B\" hidden>" },
};

TEST(details_come_in_pieces_of_any_size)
{
    struct answer whole = get("/?query=%26hearts;");

    for (size_t size = CHARPAGE_ROOM; size < CHARPAGE_ROOM + 3000; size += 61) {
        struct http_request request =
            request_of(HTTP_GET, "/?query=%26hearts;", 1);
        struct answer answer = get_by(&request, size);

        ck_assert_str_eq(answer.body, whole.body);
        drop(&answer);
    }
    drop(&whole);
}

TEST(its_neighbours_are_linked, .times = COUNT(neighbours))
{
    struct answer answer = get(neighbours[_i].target);
    const char *at = details_in(&answer);

    ck_assert_ptr_nonnull(at);
    at = strstr(at, "</dl>");
    ck_assert_ptr_nonnull(strstr(at, neighbours[_i].after));
    ck_assert_ptr_nonnull(strstr(at, neighbours[_i].before));
    drop(&answer);
}

TEST(several_characters_are_not)
{
    static const char *const targets[] = { "/", "/?query=heart", "/?query=qqq",
        "/?query=U%2b41+U%2b42", "/?query=U%2b41&start=1",
        "/?query=U%2b41&stop=0" };

    for (int i = 0; i < COUNT(targets); i++) {
        struct answer answer = get(targets[i]);

        ck_assert_ptr_null(details_in(&answer));
        drop(&answer);
    }
}

TEST(json_says_what_was_found_instead)
{
    struct answer answer = get("/search?query=infinty&order=relevance");
    json_t *json = parse(&answer);

    ck_assert_uint_eq(json_object_size(json), 6);
    ck_assert(is_text(json_object_get(json, "query"), "infinty", 7));
    ck_assert(is_text(json_object_get(json, "corrected"), "infinity", 8));
    ck_assert_uint_eq(number_in(json, "count"), 7);
    json_decref(json);
    drop(&answer);
}

TEST(an_emoji_of_several_characters_is_told_whole)
{
    static const char flag[] = "\U0001f1f0\U0001f1f7";
    struct answer answer =
        get("/search?query=flag+of+Korea&order=relevance&stop=1");
    json_t *json = parse(&answer);

    ck_assert_uint_eq(json_object_size(json), 6);
    ck_assert(is_text(json_object_get(json, "query"), "flag of Korea", 13));
    ck_assert(is_text(json_object_get(json, "sequence"), flag, 8));
    ck_assert_uint_eq(number_in(json, "count"), 2);
    json_decref(json);
    drop(&answer);
    answer = get("/?query=flag+of+Korea");
    ck_assert_ptr_nonnull(strstr(answer.body,
        ">Parts of \U0001f1f0\U0001f1f7 for &#39;flag of Korea&#39;</p>"));
    ck_assert_ptr_nonnull(
        strstr(answer.body, " data-sequence=\"\U0001f1f0\U0001f1f7\" "));
    drop(&answer);
}

TEST(without_an_order_json_is_as_published_and_the_page_is_not)
{
    static const char *const targets[][2] = {
        { "/search?query=heart", "/search?query=heart&order=code" },
        { "/search?query=heart&order=", "/search?order=code&query=heart" },
        { "/search?query=infinty", "/search?query=infinty&order=code" },
        { "/?query=heart", "/?query=heart&order=relevance" },
        { "/?query=heart&order", "/?order=relevance&query=heart" },
    };

    for (int i = 0; i < COUNT(targets); i++) {
        struct answer one = get(targets[i][0]), other = get(targets[i][1]);

        ck_assert_str_eq(one.body, other.body);
        drop(&one);
        drop(&other);
    }
}

TEST(another_order_is_refused)
{
    static const char *const others[] = { "cod", "codes", "Code", "1",
        "relevanc", "relevance+", "relevancy" };

    for (int i = 0; i < COUNT(others); i++) {
        char target[64];
        struct answer answer;

        sprintf(target, "/search?query=cat&order=%s", others[i]);
        answer = get(target);
        ck_assert_int_eq(status_of(&answer), 400);
        drop(&answer);
    }
}

/* Check the table of a query. */
static void
check_table(const char *query, enum charsearch_order order)
{
    static struct charindex_row rows[CHARPAGE_ROWS];
    static char expected[1 << 16];
    const size_t found = rows_of(query, order, rows, CHARPAGE_ROWS);
    struct answer answer;
    char target[1024], *to = expected, *table;
    const char *shown;
    size_t length;

    to += sprintf(to, "<tbody>\n");
    for (size_t i = 0; i < found && i < CHARPAGE_ROWS; i++) {
        to += sprintf(to, "<tr><th scope=row>%.*s<td>",
            (int)rows[i].label_length, rows[i].label);
        shown = charsearch_shown(&rows[i], &length);
        to = put_html(to, shown, length);
        to += sprintf(to, "<td>%.*s\n", (int)rows[i].name_length, rows[i].name);
    }
    sprintf(to, "</tbody>\n");
    encode(target, "/", query, orders[order]);
    answer = get(target);
    table = strstr(answer.body, "<tbody>");
    ck_assert_ptr_nonnull(table);
    ck_assert_int_eq(strncmp(table, expected, strlen(expected)), 0);
    ck_assert_ptr_null(strstr(strstr(table, "</tbody>"), "<tr>"));
    drop(&answer);
}

TEST(the_table_is_what_the_index_says)
{
    for (int i = 0; i < QUERIES; i++)
        check_table(query_of(i), CHARSEARCH_PUBLISHED);
    for (int i = 0; i < COUNT(relevant); i++)
        check_table(relevant[i], CHARSEARCH_RELEVANCE);
}

/* Check that nothing of a query is markup. */
static void
check_markup(const char *query)
{
    size_t length = strlen(query), found;
    char harmless[1024], target[1024], expected[4096];
    const char *marks = "<>\"'";
    struct answer answer, other;

    /* Of two queries that find nothing, one of letters only. */
    found = rows_of(query, CHARSEARCH_RELEVANCE, NULL, 0);
    encode(target, "/", query, "&start=1000000");
    encode(harmless, "/", found > 0 ? "letter" : "zzzz", "&start=1000000");
    answer = get(target);
    other = get(harmless);
    for (; *marks != '\0'; marks++)
        ck_assert_uint_eq(
            occurrences(answer.body, *marks), occurrences(other.body, *marks));
    charindex_strip(&query, &length);
    put_html(expected + sprintf(expected, "value=\""), query, length);
    strcat(expected, "\" ");
    ck_assert_ptr_nonnull(strstr(answer.body, expected));
    if (strstr(query, "{{") == NULL)
        ck_assert_ptr_null(strstr(answer.body, "{{"));
    drop(&answer);
    drop(&other);
}

TEST(nothing_of_a_query_is_markup)
{
    for (int i = 0; i < QUERIES; i++)
        check_markup(query_of(i));
}

TEST(a_long_query_is_answered_whole)
{
    static const char *const bytes[] = { "%26", "'", "%22", "%1b", "%3C", "a",
        "%e2%99%9a" };
    static const char *const shown[] = { "&amp;", "&#39;", "&quot;", "\x1b",
        "&lt;", "a", "\xe2\x99\x9a" };

    for (int i = 0; i < COUNT(bytes); i++) {
        char target[HTTP_LINE_MAX] = "/?query=x";
        const size_t size = strlen(bytes[i]), first = strlen(target);
        struct answer answer;
        const char *at;
        size_t n;

        for (n = 0; first + (n + 1) * size < sizeof(target) - 20; n++)
            strcat(target, bytes[i]);
        answer = get(target);
        at = strstr(answer.body, "value=\"x") + 8;
        for (size_t j = 0; j < n; j++, at += strlen(shown[i]))
            ck_assert_int_eq(strncmp(at, shown[i], strlen(shown[i])), 0);
        ck_assert_int_eq(*at, '"');
        drop(&answer);
        memmove(target + 7, target + 1, strlen(target));
        memcpy(target, "/search", 7);
        answer = get(target);
        json_decref(parse(&answer));
        drop(&answer);
    }
}

static const struct {
    const char *target;
    const char *expected;
} statuses[] = {
    { "/", "Enter words describing characters." },
    { "/?query=", "Enter words describing characters." },
    { "/?query=+%09", "Enter words describing characters." },
    { "/?query=upwards+rocket&order=code",
        "1 match for &#39;upwards rocket&#39;" },
    { "/?query=+Chess%20%20Black+&order=code",
        "33 matches for &#39;Chess  Black&#39;" },
    { "/?query=zzz&order=code", "No match for &#39;zzz&#39;" },
    { "/?query=zzz", "4 matches for &#39;zzz&#39;" },
    { "/?query=qqq", "No match for &#39;qqq&#39;" },
    { "/?query=infinty",
        "No match for &#39;infinty&#39;; 7 matches for &#39;infinity&#39;" },
    { "/?query=infinty&order=code", "No match for &#39;infinty&#39;" },
    { "/?query=it's", "No match for &quot;it&#39;s&quot;" },
    { "/?query=%1b[2J", "No match for &#39;\\x1b[2J&#39;" },
    { "/?query=qqq&query=rocket", "No match for &#39;qqq&#39;" },
    { "/?query=&query=rocket", "Enter words describing characters." },
    { "/?Query=rocket&quer=1&querys=2&x&&=",
        "Enter words describing characters." },
    { "/?qu%65ry=rocket&order=code", "5 matches for &#39;rocket&#39;" },
};

TEST(the_status_is_told, .times = COUNT(statuses))
{
    struct answer answer = get(statuses[_i].target);
    char expected[256];

    snprintf(expected, sizeof(expected), "role=\"status\">%s</",
        statuses[_i].expected);
    ck_assert_msg(strstr(answer.body, expected) != NULL, "%s", answer.body);
    drop(&answer);
}

/* --- Which rows ----------------------------------------------------------- */

/* Of the 96 characters with "chess", the rows that are given; -1: 400. */
static const struct {
    const char *numbers;
    int start, stop;
} slices[] = {
    { "", 0, 96 },
    { "&start=0&stop=96", 0, 96 },
    { "&start=0&stop=97", 0, 96 },
    { "&start=0&stop=1", 0, 1 },
    { "&start=0&stop=0", 0, 0 },
    { "&start=10&stop=20", 10, 20 },
    { "&stop=20&start=10", 10, 20 },
    { "&start=10&stop=20&start=0&stop=all", 10, 20 },
    { "&start=10", 10, 96 },
    { "&stop=10", 0, 10 },
    { "&start=95", 95, 96 },
    { "&start=96", 96, 96 },
    { "&start=97", 96, 96 },
    { "&start=1000000000", 96, 96 },
    { "&start=4294967295", 96, 96 },
    { "&start=4294967296", 96, 96 },
    { "&stop=4294967296", 0, 96 },
    { "&start=9223372036854775807", 96, 96 },
    { "&start=9223372036854775808", 96, 96 },
    { "&start=18446744073709551615", 96, 96 },
    { "&start=18446744073709551616", 96, 96 },
    { "&start=99999999999999999999999999999999", 96, 96 },
    { "&stop=9223372036854775807", 0, 96 },
    { "&stop=18446744073709551615", 0, 96 },
    { "&start=9223372036854775807&stop=9223372036854775807", 96, 96 },
    { "&start=20&stop=10", 20, 20 },
    { "&start=18446744073709551615&stop=1", 96, 96 },
    { "&start=00000000000000000000000000000010&stop=011", 10, 11 },
    { "&start=-0&stop=%2b5", 0, 5 },
    { "&stop=all", 0, 96 },
    { "&start=90&stop=all", 90, 96 },
    { "&start=&stop=", 0, 96 },
    { "&start=", 0, 96 },
    { "&start", 0, 96 },
    { "&start=&stop=7", 0, 7 },
    { "&start=7&stop=", 7, 96 },
    { "&stop", 0, 96 },
    { "&start=&start=5", 0, 96 },
    { "&start=-1", -1, -1 },
    { "&stop=-1", -1, -1 },
    { "&stop=-18446744073709551616", -1, -1 },
    { "&start=+5", -1, -1 },
    { "&start=5+", -1, -1 },
    { "&start=0x10", -1, -1 },
    { "&start=1e9", -1, -1 },
    { "&start=1.0", -1, -1 },
    { "&start=all", -1, -1 },
    { "&stop=ALL", -1, -1 },
    { "&stop=alle", -1, -1 },
    { "&stop=al", -1, -1 },
    { "&start=x&start=1", -1, -1 },
};

TEST(a_slice_is_cut_to_what_there_is, .times = COUNT(slices))
{
    static struct charindex_row rows[96];
    struct answer answer;
    char target[256];
    json_t *json;
    const json_t *items;

    ck_assert_uint_eq(rows_of("chess", CHARSEARCH_PUBLISHED, rows, 96), 96);
    for (int page = 0; page < 2; page++) {
        snprintf(target, sizeof(target), "%s?query=chess%s",
            page ? "/" : "/search", slices[_i].numbers);
        answer = get(target);
        ck_assert_int_eq(status_of(&answer), slices[_i].start < 0 ? 400 : 200);
        ck_assert(answer.keep_alive);
        ck_assert((strstr(answer.body, "has a value that it does not take") !=
                      NULL) == (slices[_i].start < 0));
        if (slices[_i].start < 0 || page) {
            drop(&answer);
            continue;
        }
        json = parse(&answer);
        ck_assert_uint_eq(number_in(json, "count"), 96);
        ck_assert_uint_eq(number_in(json, "start"), (size_t)slices[_i].start);
        ck_assert_uint_eq(number_in(json, "stop"), (size_t)slices[_i].stop);
        items = json_object_get(json, "items");
        ck_assert_int_eq(
            (int)json_array_size(items), slices[_i].stop - slices[_i].start);
        for (size_t i = 0; i < json_array_size(items); i++) {
            const json_t *item = json_array_get(items, i);
            const struct charindex_row *row =
                &rows[(size_t)slices[_i].start + i];

            ck_assert(is_text(
                json_object_get(item, "name"), row->name, row->name_length));
        }
        json_decref(json);
        drop(&answer);
    }
}

TEST(a_malformed_query_is_400)
{
    static const char *const queries[] = { "query=%", "query=%4", "query=%zz",
        "query=%00", "query=%ff", "query=%c0%af", "query=%e2%99", "%zz=1",
        "x=%zz", "query=%ed%a0%80", "query=a&%" };

    for (int i = 0; i < COUNT(queries); i++)
        for (int page = 0; page < 2; page++) {
            char target[64];
            struct answer answer;

            snprintf(target, sizeof(target), "%s?%s", page ? "/" : "/search",
                queries[i]);
            answer = get(target);
            ck_assert_int_eq(status_of(&answer), 400);
            ck_assert(answer.keep_alive);
            ck_assert_str_eq(console, "");
            drop(&answer);
        }
}

/* Where the rows of an answer begin, and their end marked by a NUL. */
static char *
rows_in(struct answer *answer, bool page)
{
    char *start = strstr(answer->body, page ? "<tbody>\n" : "[");
    char *end = strstr(start, page ? "</tbody>" : "]");

    *end = '\0';
    return start + (page ? strlen("<tbody>\n") : 1);
}

static const struct {
    const char *query;
    int step;
} stepped[] = {
    { "chess", 1 },
    { "chess", 7 },
    { "face", 200 },
    { "letter", 1000 },
    { "cjk", 10000 },
    { "cjk", 98262 },
    { "cat", 500 },
};

TEST(pages_together_are_the_whole, .times = COUNT(stepped))
{
    for (int page = 0; page < 2; page++) {
        const char *path = page ? "/" : "/search";
        struct answer whole;
        char target[128], *expected;
        size_t total =
            rows_of(stepped[_i].query, CHARSEARCH_PUBLISHED, NULL, 0);

        snprintf(target, sizeof(target), "%s?query=%s&stop=all", path,
            stepped[_i].query);
        whole = get(target);
        expected = rows_in(&whole, page);
        for (size_t at = 0; at < total; at += (size_t)stepped[_i].step) {
            struct answer part;
            char *rows;
            size_t length;

            snprintf(target, sizeof(target), "%s?query=%s&start=%zu&stop=%zu",
                path, stepped[_i].query, at, at + (size_t)stepped[_i].step);
            part = get(target);
            rows = rows_in(&part, page);
            length = strlen(rows);
            /* The last item of a page has no comma behind it. */
            if (!page)
                rows[--length] = '\0';
            ck_assert_int_eq(strncmp(expected, rows, length), 0);
            expected += length;
            if (!page)
                ck_assert_int_eq(*expected++,
                    at + (size_t)stepped[_i].step < total ? ',' : '\n');
            drop(&part);
        }
        ck_assert_str_eq(expected, "");
        drop(&whole);
    }
}

static const struct {
    const char *numbers;
    const char *before, *after; /* NULL: there is no such page */
} links[] = {
    { "", NULL, "start=200&amp;stop=400" },
    { "&start=200", "start=0&amp;stop=200", "start=400&amp;stop=600" },
    { "&start=150&stop=200", "start=0&amp;stop=150", "start=200&amp;stop=400" },
    { "&start=10", "start=0&amp;stop=10", "start=210&amp;stop=410" },
    { "&start=98200", "start=98000&amp;stop=98200", NULL },
    { "&start=1000000", "start=98063&amp;stop=98263", NULL },
    { "&stop=98263", NULL, NULL },
};

/* Check one link: shown and right, or hidden. */
static void
check_link(const char *body, const char *kind, const char *expected)
{
    char text[128];
    const char *link;

    snprintf(text, sizeof(text), "<a rel=\"%s\"", kind);
    link = strstr(body, text);
    ck_assert_ptr_nonnull(link);
    if (expected == NULL) {
        ck_assert(strstr(link, " hidden>") + 7 == strchr(link, '>'));
        return;
    }
    snprintf(text, sizeof(text),
        "<a rel=\"%s\" href=\"/?query=cjk%%20%%2b&amp;%s\" >", kind, expected);
    ck_assert_int_eq(strncmp(link, text, strlen(text)), 0);
}

TEST(links_lead_on_and_back, .times = COUNT(links))
{
    struct answer answer;
    char target[128];

    snprintf(target, sizeof(target), "/?query=cjk+%%2B%s", links[_i].numbers);
    answer = get(target);
    check_link(answer.body, "prev", links[_i].before);
    check_link(answer.body, "next", links[_i].after);
    drop(&answer);
}

/* --- The console ---------------------------------------------------------- */

static const struct {
    const char *target;
    const char *expected;
} records[] = {
    { "/?query=chess+black", "Query: 'chess black'\nSending 33 results\n" },
    { "/search?query=chess+black",
        "Query: 'chess black'\nSending 33 results\n" },
    { "/search?query=cjk", "Query: 'cjk'\nSending 200 results\n" },
    { "/search?query=cjk&start=98200", "Query: 'cjk'\nSending 63 results\n" },
    { "/search?query=cjk&start=5&stop=6", "Query: 'cjk'\nSending 1 results\n" },
    { "/?query=+it's%1b+", "Query: \"it's\\x1b\"\nSending 0 results\n" },
    { "/", "Query: ''\nSending 0 results\n" },
    { "/page.js", "" },
    { "/healthz", "" },
    { "/metrics", "" },
    { "/nothing", "" },
};

TEST(searches_are_told_on_the_console, .times = COUNT(records))
{
    struct charpage_site quiet = site;
    struct http_request request = request_of(HTTP_GET, records[_i].target, 1);
    struct charpage page = { 0 };
    struct answer answer = get(records[_i].target);

    ck_assert_str_eq(console, records[_i].expected);
    drop(&answer);
    console[0] = '\0';
    quiet.say = NULL;
    charpage_begin(&page, &quiet, &request, NOW);
    charpage_end(&page);
    ck_assert_str_eq(console, "");
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
    const struct charpage_site left = {
        .count = count, .argument = mine, .leaving = leaving
    };
    static const char *const targets[] = { "/healthz", "/page.js", "/metrics" };

    for (int i = 0; i < 2 * COUNT(targets); i++) {
        const struct http_request request =
            request_of(HTTP_GET, targets[i / 2], 1);
        struct charpage page = { 0 };
        static char bytes[USUAL];

        is_leaving = i % 2 == 1;
        charpage_begin(&page, &left, &request, NOW);
        ck_assert_uint_gt(charpage_next(&page, bytes, sizeof(bytes)), 12);
        ck_assert_mem_eq(bytes + 9, i == 1 ? "503" : "200", 3);
        ck_assert(charpage_end(&page));
    }
}
