#include "common/charpage.h"

#include "common/embed.h"
#include "common/prometheus.h"
#include "common/quote.h"

#include <assert.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Rows, around what differs. Of a table's, HTML lets the end tags be left out:
 * so a page of 200 rows fits into 16 KiB. */
#define TABLE_LABEL     "<tr><th scope=row>"
#define TABLE_CHARACTER "<td>"
#define TABLE_NAME      "<td>"
#define TABLE_END       "\n"
#define ITEM_LABEL      "\n{\"code\":\""
#define ITEM_CHARACTER  "\",\"char\":\""
#define ITEM_NAME       "\",\"name\":\""
#define ITEM_END        "\"},"
#define LENGTH(literal) (sizeof(literal) - 1)

/* Room for what is said about a search for so many bytes. */
#define MESSAGE_ROOM(length)                                                   \
    (QUOTE_STATUS_ROOM(length) + QUOTE_STATUS_ROOM(CHARSEARCH_CORRECTED_MAX))

/* The files of common/web. */
extern const struct embed web_page_html, web_blocks_html, web_page_js,
    web_style_css;

/* An answer to /search; its {{places}} are filled as those of page.html. */
static const char search_json[] =
    "{\"query\":\"{{json}}\",{{corrected-begin}}{{corrected}}{{corrected-end}}"
    "{{sequence-begin}}{{sequence}}{{sequence-end}}"
    "\"count\":{{count}},"
    "\"start\":{{start}},"
    "\"stop\":{{stop}},\"items\":[{{items}}]}\n";

/* What the page says of a single character: before the details, each of them,
 * and after. */
static const char details_head[] = "<dl>\n";
static const char place_html[] =
    "<dt>{{label}}<dd><a href=\"/?query=block%3A{{url}}\">{{text}}</a>\n";
static const char *const detail_html[] = {
    [CHARDETAIL_TYPED] = "<dt>{{label}}<dd><code>{{text}}</code>\n",
    [CHARDETAIL_PLACE] = place_html,
    [CHARDETAIL_TOLD] = "<dt>{{label}}<dd>{{text}}\n",
};
static const char details_tail[] =
    "</dl>\n<p>Neighbours: <a href=\"/?query=U%2B{{before}}\" {{no-before}}>"
    "U+{{before}}</a> <a href=\"/?query=U%2B{{after}}\" {{no-after}}>"
    "U+{{after}}</a></p>\n";

static const char ok[] = "ok\n";

/* What stands at a path. */
struct charpage_resource {
    const char *path;
    enum {
        TEMPLATE, /* text with {{places}}, about a search */
        BLOCKS,   /* the same, about blocks */
        TEXT,     /* text that is always the same */
        HEALTH,   /* the same, unless the server is leaving */
        METRICS,
    } kind;
    bool fixed; /* the client may keep it, and ask whether it is still right */
    enum charsearch_order order; /* if none is asked for */
    const char *type;
    const char *policy;
    const struct embed *file; /* that has the text; NULL: */
    const char *text;
};

static const struct charpage_resource resources[] = {
    { "/", TEMPLATE, false, CHARSEARCH_RELEVANCE, "text/html; charset=utf-8",
        HTTP_POLICY, &web_page_html, NULL },
    { "/search", TEMPLATE, false, CHARSEARCH_PUBLISHED,
        "application/json; charset=utf-8", NULL, NULL, search_json },
    { "/blocks", BLOCKS, true, 0, "text/html; charset=utf-8", HTTP_POLICY,
        &web_blocks_html, NULL },
    { "/page.js", TEXT, true, 0, "text/javascript; charset=utf-8", NULL,
        &web_page_js, NULL },
    { "/style.css", TEXT, true, 0, "text/css; charset=utf-8", NULL,
        &web_style_css, NULL },
    { "/healthz", HEALTH, false, 0, "text/plain; charset=utf-8", NULL, NULL,
        ok },
    { "/metrics", METRICS, false, 0, PROMETHEUS_TYPE, NULL, NULL, NULL },
};

_Static_assert(sizeof(struct charpage) <= HTTP_SITE_ROOM &&
                   CHARPAGE_ROOM <= HTTP_SITE_BUFFER,
    "an HTTP server has room for an answer");

/* Find what stands at a path; NULL if nothing does. */
static const struct charpage_resource *
find_resource(struct http_slice path)
{
    for (size_t i = 0; i < sizeof(resources) / sizeof(*resources); i++)
        if (strlen(resources[i].path) == path.length &&
            memcmp(resources[i].path, path.text, path.length) == 0)
            return &resources[i];
    return NULL;
}

/* The text of a resource. */
static struct http_slice
text_of(const struct charpage_resource *resource)
{
    const struct embed *file = resource->file;

    if (file == NULL)
        return (struct http_slice) { resource->text, strlen(resource->text) };
    return (struct http_slice) { file->bytes, file->size };
}

/* The number of a row, cut to one that is beyond every row. */
static size_t
row_of(int64_t number)
{
    return number < INT32_MAX ? (size_t)number : INT32_MAX;
}

/* Read which rows are wanted; false when that is no number. */
static bool
read_slice(struct charpage *page, const struct http_parameter *start,
    const struct http_parameter *stop)
{
    int64_t first = 0, last;

    if (!http_number(start, &first))
        return false;
    if (__builtin_add_overflow(first, CHARPAGE_ROWS, &last))
        last = INT64_MAX;
    if (stop->text != NULL && stop->length == 3 &&
        memcmp(stop->text, "all", 3) == 0)
        last = INT64_MAX;
    else if (!http_number(stop, &last))
        return false;
    page->start = row_of(first);
    page->stop = row_of(last);
    return true;
}

/* Read which order is wanted; false when there is no such. */
static bool
read_order(const struct http_parameter *parameter, enum charsearch_order *order)
{
    static const struct {
        const char *name;
        enum charsearch_order order;
    } known[] = {
        { "code", CHARSEARCH_PUBLISHED },
        { "relevance", CHARSEARCH_RELEVANCE },
    };

    if (parameter->length == 0)
        return true;
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
        if (strlen(known[i].name) == parameter->length &&
            memcmp(known[i].name, parameter->text, parameter->length) == 0) {
            *order = known[i].order;
            return true;
        }
    }
    return false;
}

/* Search, and cut the wanted rows to those there are. */
static void
find_rows(struct charpage *page, enum charsearch_order order)
{
    charsearch_find(page->search, order, page->query, page->query_length);
    page->count = charsearch_count(page->search);
    page->corrected.text =
        charsearch_correction(page->search, &page->corrected.length);
    if (page->start > page->count)
        page->start = page->count;
    if (page->stop > page->count)
        page->stop = page->count;
    if (page->stop < page->start)
        page->stop = page->start;
    charsearch_skip(page->search, page->start);
    page->rows = page->stop - page->start;
}

/* Say on the console what is asked and how much is sent; room is for text. */
static void
say_search(
    const struct charpage *page, const struct charpage_site *site, char *room)
{
    /* A repr has nothing in it that could harm a terminal. */
    quote_repr(room, page->query, page->query_length);
    site->say("Query: %s", room);
    site->say("Sending %zu results", page->stop - page->start);
}

/* Whether a place has this name. */
static bool
is_place(const char *place, size_t length, const char *name)
{
    return strlen(name) == length && memcmp(place, name, length) == 0;
}

/* Put a word at a place if a condition holds, else nothing. */
static void
put_word(struct template *template, const char *word, bool condition)
{
    template_put(template, TEMPLATE_RAW, word, condition ? strlen(word) : 0);
}

/* Put a slice at a place, as it is. */
static void
put_slice(struct template *template, struct http_slice slice)
{
    template_put(template, TEMPLATE_RAW, slice.text, slice.length);
}

/* What a search needs; texts follow. Only the page shows details. */
struct memory {
    struct charsearch search;
    struct charpage_detail detail;
};

/* How much of that the answer that is a resource needs. */
static size_t
memory_size(const struct charpage_resource *resource)
{
    return resource->file == NULL ? offsetof(struct memory, detail)
                                  : sizeof(struct memory);
}

/* Put at a place of the details what stands for {{name}}. */
static void
fill_detail(
    struct template *template, const char *name, size_t length, void *argument)
{
    const struct charpage_detail *detail = argument;
    const struct chardetail *told = &detail->told;
#define IS(place) is_place(name, length, place)

    if (IS("label"))
        template_put(template, TEMPLATE_RAW, told->label, strlen(told->label));
    else if (IS("text"))
        template_put(template, TEMPLATE_HTML, told->text, strlen(told->text));
    else if (IS("url"))
        template_put(template, TEMPLATE_URL, told->text, strlen(told->text));
    else if (IS("before"))
        put_slice(template, detail->before);
    else if (IS("after"))
        put_slice(template, detail->after);
    else if (IS("no-before"))
        put_word(template, "hidden", detail->before.length == 0);
    else {
        assert(IS("no-after"));
        put_word(template, "hidden", detail->after.length == 0);
    }
#undef IS
}

/* Begin to write what comes next of the details. */
static void
begin_part(struct charpage_detail *detail, const char *text)
{
    template_begin(&detail->template, text, strlen(text), fill_detail, detail);
}

/* Go on to the next detail of which there is something to say, or to what
 * follows all; false when that was all. */
static bool
next_detail(struct charpage_detail *detail)
{
    if (detail->ended)
        return false;
    do {
        detail->ended = !chardetail_get(
            detail->code, detail->n++, detail->room, &detail->told);
    } while (!detail->ended && *detail->told.text == '\0');
    begin_part(
        detail, detail->ended ? details_tail : detail_html[detail->told.use]);
    return true;
}

/* The digits of a row's code, "265A": a row begins with "U+265A". */
static struct http_slice
code_of(const struct charindex_run *run)
{
    const char *digits = run->bytes + 2;

    return (struct http_slice) { digits, strspn(digits, "0123456789ABCDEF") };
}

/* The digits of the code of the row that is so far from a character's; none if
 * there is no such row. */
static struct http_slice
neighbour_of(uint32_t code, uint32_t distance)
{
    const uint32_t row = charindex_row_of(code);
    const uint32_t rows = charindex_row_of(UINT32_MAX);
    struct charindex_run run;

    if (row == rows || row + distance >= rows)
        return (struct http_slice) { "", 0 };
    charindex_slice(row + distance, row + distance + 1, &run);
    return code_of(&run);
}

/* Prepare what is shown of the only character. */
static void
begin_details(struct charpage *page)
{
    struct charsearch copy = *page->search;
    struct charpage_detail *detail =
        &((struct memory *)(void *)page->memory)->detail;
    struct charindex_run run;
    bool any = charsearch_take(&copy, 1, &run);

    assert(any);
    page->detail = detail;
    detail->code = (uint32_t)strtoul(code_of(&run).text, NULL, 16);
    detail->n = 0;
    detail->before = neighbour_of(detail->code, UINT32_MAX);
    detail->after = neighbour_of(detail->code, 1);
    detail->ended = false;
    begin_part(detail, details_head);
}

/* Write the details. */
static size_t
put_details(void *argument, char *buffer, size_t size, bool *last)
{
    struct charpage *page = argument;
    size_t used = 0;

    if (page->detail == NULL) {
        *last = true;
        return 0;
    }
    do {
        bool whole = false;

        used += template_next(
            &page->detail->template, buffer + used, size - used, &whole);
        if (!whole)
            return used;
    } while (next_detail(page->detail));
    *last = true;
    return used;
}

/* Read what is searched for, and which rows are wanted, and search; the status.
 */
static int
read_search(struct charpage *page, struct http_slice query,
    const struct charpage_resource *resource)
{
    enum charsearch_order order = resource->order;
    struct http_parameter parameters[] = {
        { .name = "query" },
        { .name = "start" },
        { .name = "stop" },
        { .name = "order" },
    };
    const size_t size = memory_size(resource);
    char *texts;

    page->memory = malloc(size + query.length + MESSAGE_ROOM(query.length));
    if (page->memory == NULL)
        return 500;
    page->search = &((struct memory *)(void *)page->memory)->search;
    texts = page->memory + size;
    if (!http_query(query.text, query.length, texts, parameters, 4))
        return 400;
    if (!read_slice(page, &parameters[1], &parameters[2]) ||
        !read_order(&parameters[3], &order))
        return HTTP_WRONG_VALUE;
    page->query = parameters[0].length > 0 ? parameters[0].text : "";
    page->query_length = parameters[0].length;
    charindex_strip(&page->query, &page->query_length);
    find_rows(page, order);
    if (resource->file != NULL && page->rows == 1 && page->count == 1)
        begin_details(page);
    return 200;
}

/* Append a constant. */
#define PUT(to, literal)                                                       \
    (memcpy((to), literal, LENGTH(literal)), (to) + LENGTH(literal))

/* Append a text of a row, where CHARINDEX_READABLE bytes have room; those
 * behind it will be overwritten. */
static inline char *
put(char *to, const char *bytes, size_t length)
{
    memcpy(to, bytes, CHARINDEX_READABLE);
    if (length > CHARINDEX_READABLE)
        memcpy(to + CHARINDEX_READABLE, bytes + CHARINDEX_READABLE,
            length - CHARINDEX_READABLE);
    return to + length;
}

/* Append a row's character, escaped. */
static inline char *
put_character(
    char *to, const struct charindex_row *row, enum template_escape escape)
{
    if (escape == TEMPLATE_HTML && row->code < 0xa0 &&
        (row->code < ' ' || row->code >= 0x7f)) {
        size_t length;
        const char *shown = charsearch_shown(row, &length);

        memcpy(to, shown, length);
        return to + length;
    }
    if (row->character_length == 1)
        return to + template_escape(to, *row->character, escape);
    return put(to, row->character, row->character_length);
}

/* Write a row of the table. */
static inline char *
put_table_row(char *to, const struct charindex_row *row)
{
    to = PUT(to, TABLE_LABEL);
    to = put(to, row->label, row->label_length);
    to = PUT(to, TABLE_CHARACTER);
    to = put_character(to, row, TEMPLATE_HTML);
    to = PUT(to, TABLE_NAME);
    to = put(to, row->name, row->name_length);
    return PUT(to, TABLE_END);
}

/* Write an item of the JSON. */
static inline char *
put_item(char *to, const struct charindex_row *row, bool last)
{
    to = PUT(to, ITEM_LABEL);
    to = put(to, row->label, row->label_length);
    to = PUT(to, ITEM_CHARACTER);
    to = put_character(to, row, TEMPLATE_JSON);
    to = PUT(to, ITEM_NAME);
    to = put(to, row->name, row->name_length);
    to = PUT(to, ITEM_END);
    if (last)
        to[-1] = '\n';
    return to;
}

/* Write rows as far as there is room; how many bytes they have. */
static inline size_t
put_rows(
    struct charpage *page, bool table, char *buffer, size_t size, bool *last)
{
    const size_t frame =
        table ? LENGTH(TABLE_LABEL TABLE_CHARACTER TABLE_NAME TABLE_END)
              : LENGTH(ITEM_LABEL ITEM_CHARACTER ITEM_NAME ITEM_END);
    char *to = buffer, *const end = buffer + size;
    struct charindex_run run = page->run;
    struct charindex_row row;

    for (; page->rows > 0; page->rows--) {
        struct charindex_run rest;
        bool cut;

        if (run.count == 0)
            charsearch_take(page->search, page->rows, &run);
        rest = run;
        cut = charindex_cut(&rest, &row);
        assert(cut);
        /* A row of charindex has more around its texts than
         * TEMPLATE_ESCAPE_MAX. */
        if ((size_t)(end - to) <
            row.length + frame + TEMPLATE_ESCAPE_MAX + CHARINDEX_READABLE)
            break;
        run = rest;
        to = table ? put_table_row(to, &row)
                   : put_item(to, &row, page->rows == 1);
    }
    page->run = run;
    *last = page->rows == 0;
    return (size_t)(to - buffer);
}

/* Write the rows of a table. */
static size_t
put_table(void *argument, char *buffer, size_t size, bool *last)
{
    return put_rows(argument, true, buffer, size, last);
}

/* Write the items of the JSON. */
static size_t
put_items(void *argument, char *buffer, size_t size, bool *last)
{
    return put_rows(argument, false, buffer, size, last);
}

/* Put at a place what stands for {{name}}. */
static void
fill_place(
    struct template *template, const char *name, size_t length, void *argument)
{
    const struct charpage *page = argument;
    const size_t before =
        page->start > CHARPAGE_ROWS ? page->start - CHARPAGE_ROWS : 0;
    const char *sequence =
        page->search == NULL ? "" : charsearch_sequence(page->search);
    const char *blocks;
#define IS(place) is_place(name, length, place)

    if (IS("query"))
        template_put(template, TEMPLATE_HTML, page->query, page->query_length);
    else if (IS("json"))
        template_put(template, TEMPLATE_JSON, page->query, page->query_length);
    else if (IS("url"))
        template_put(template, TEMPLATE_URL, page->query, page->query_length);
    else if (IS("status"))
        template_put(
            template, TEMPLATE_HTML, page->message, page->message_length);
    else if (IS("corrected-begin"))
        put_word(template, "\"corrected\":\"", page->corrected.length > 0);
    else if (IS("corrected"))
        template_put(template, TEMPLATE_JSON, page->corrected.text,
            page->corrected.length);
    else if (IS("meant"))
        template_put(template, TEMPLATE_HTML, page->corrected.text,
            page->corrected.length);
    else if (IS("corrected-end"))
        put_word(template, "\",", page->corrected.length > 0);
    else if (IS("sequence-begin"))
        put_word(template, "\"sequence\":\"", *sequence != '\0');
    else if (IS("sequence"))
        put_word(template, sequence, true);
    else if (IS("sequence-end"))
        put_word(template, "\",", *sequence != '\0');
    else if (IS("count"))
        template_put_number(template, page->count);
    else if (IS("start"))
        template_put_number(template, page->start);
    else if (IS("stop"))
        template_put_number(template, page->stop);
    else if (IS("before"))
        template_put_number(template, before);
    else if (IS("after"))
        template_put_number(template, page->stop + CHARPAGE_ROWS);
    else if (IS("rows"))
        template_put_made(template, put_table);
    else if (IS("items"))
        template_put_made(template, put_items);
    else if (IS("details"))
        template_put_made(template, put_details);
    else if (IS("dash"))
        put_word(template, " \xe2\x80\x93 ", page->query_length > 0);
    else if (IS("no-rows"))
        put_word(template, "hidden", page->start == page->stop);
    else if (IS("no-before"))
        put_word(template, "hidden", page->start == 0);
    else if (IS("no-after"))
        put_word(template, "hidden", page->stop == page->count);
    else if (IS("unicode"))
        put_word(template, charindex_version, true);
    else {
        assert(IS("blocks"));
        blocks = charblock_table(&length);
        template_put(template, TEMPLATE_RAW, blocks, length);
    }
#undef IS
}

/* Write the next bytes of the template. */
static size_t
put_template(void *argument, char *buffer, size_t size, bool *last)
{
    struct charpage *page = argument;

    return template_next(&page->template, buffer, size, last);
}

/* Say how a search went, into message. */
static void
write_message(struct charpage *page, char *message)
{
    static const char asking[] = "Enter words describing characters.";
    static const char instead[] = "; ";
    const char *sequence = charsearch_sequence(page->search);
    size_t length;

    page->message = asking;
    page->message_length = LENGTH(asking);
    if (page->query_length == 0)
        return;
    page->message = message;
    if (*sequence != '\0') {
        length = (size_t)sprintf(message, "Parts of %s for ", sequence);
        page->message_length = length + quote_repr(message + length,
                                            page->query, page->query_length);
        return;
    }
    if (page->corrected.length == 0) {
        page->message_length =
            quote_status(message, page->count, page->query, page->query_length);
        return;
    }
    length = quote_status(message, 0, page->query, page->query_length);
    memcpy(message + length, instead, LENGTH(instead));
    length += LENGTH(instead);
    page->message_length =
        length + quote_status(message + length, page->count,
                     page->corrected.text, page->corrected.length);
}

/* Begin the answer to a search. */
static void
begin_search(struct charpage *page, const struct charpage_site *site,
    const struct charpage_resource *resource,
    const struct http_request *request)
{
    const struct http_slice text = text_of(resource);
    char *message =
        page->memory + memory_size(resource) + request->query.length;

    if (site->say != NULL && request->method != HTTP_HEAD)
        say_search(page, site, message);
    write_message(page, message);
    template_begin(&page->template, text.text, text.length, fill_place, page);
}

/* Write the counters; how many bytes they are. */
static size_t
write_metrics(const struct charpage *page, const struct charpage_site *site)
{
    struct counters sums = { 0 };
    size_t length = 0;

    site->count(&sums, site->argument);
    for (enum counter i = 0; i < COUNTER_COUNT; i++)
        length += prometheus_counter(
            page->memory + length, "charfinder", i, counters_get(&sums, i));
    return length;
}

/* Take what the answer that is a resource needs; the status. */
static int
prepare(struct charpage *page, const struct charpage_site *site,
    const struct charpage_resource *resource,
    const struct http_request *request)
{
    switch (resource->kind) {
    case TEMPLATE:
        return read_search(page, request->query, resource);
    case METRICS:
        page->memory = malloc(COUNTER_COUNT * PROMETHEUS_ROOM);
        return page->memory == NULL ? 500 : 200;
    case HEALTH:
        return site->leaving != NULL && site->leaving() ? 503 : 200;
    case BLOCKS:
    case TEXT:
    default:
        return 200;
    }
}

/* Evaluate the conditions of a request for a resource, which exists, but has no
 * entity tag and no date, in the order of RFC 9110, 13.2.2; the status. */
static int
check_conditions(const struct http_request *request)
{
    if (request->match == HTTP_SOME_TAGS)
        return 412;
    return request->none_match == HTTP_ANY_TAG ? 304 : 200;
}

/* Begin the answer that is a resource. */
static void
begin_resource(struct charpage *page, const struct charpage_site *site,
    const struct charpage_resource *resource,
    const struct http_request *request, struct http_head *head)
{
    struct http_slice text;

    head->type = resource->type;
    head->policy = resource->policy;
    switch (resource->kind) {
    case TEMPLATE:
        begin_search(page, site, resource, request);
        http_reply_body(&page->reply, head, put_template, page);
        break;
    case BLOCKS:
        text = text_of(resource);
        template_begin(
            &page->template, text.text, text.length, fill_place, page);
        http_reply_body(&page->reply, head, put_template, page);
        break;
    case METRICS:
        http_reply_text(
            &page->reply, head, page->memory, write_metrics(page, site));
        break;
    case HEALTH:
    case TEXT:
    default:
        text = text_of(resource);
        http_reply_text(&page->reply, head, text.text, text.length);
        break;
    }
}

/* Begin the answer to a request that was understood. */
static void
begin_answer(struct charpage *page, const struct charpage_site *site,
    const struct http_request *request)
{
    const struct charpage_resource *resource = find_resource(request->path);
    struct http_head head = { 0 };

    head.status =
        resource == NULL ? 404 : prepare(page, site, resource, request);
    /* An error stands, whatever the conditions are. */
    if (head.status == 200)
        head.status = check_conditions(request);
    if (resource == NULL || (head.status != 200 && head.status != 304)) {
        http_reply_error(&page->reply, head.status);
        return;
    }
    head.fields = resource->fixed ? "Cache-Control: no-cache\r\n"
                                  : "Cache-Control: no-store\r\n";
    if (head.status == 304)
        http_reply_empty(&page->reply, &head);
    else
        begin_resource(page, site, resource, request, &head);
}

/* Begin the answer to a request. */
void
charpage_begin(struct charpage *page, const struct charpage_site *site,
    const struct http_request *request, int64_t now)
{
    charpage_end(page);
    *page = (struct charpage) { 0 };
    http_reply_begin(&page->reply, request, now);
    if (request->status == 200)
        begin_answer(page, site, request);
}

/* Write the next bytes of the answer. */
size_t
charpage_next(struct charpage *page, char *buffer, size_t size)
{
    assert(size >= CHARPAGE_ROOM);
    return http_reply_next(&page->reply, buffer, size);
}

/* Free what an answer holds. */
bool
charpage_end(struct charpage *page)
{
    free(page->memory);
    page->memory = NULL;
    http_reply_end(&page->reply);
    return page->reply.keep_alive;
}

/* Begin an answer of the site. */
static void
site_begin(void *answer, const struct http_request *request, int64_t now,
    void *argument)
{
    charpage_begin(answer, argument, request, now);
}

/* Write the next bytes of an answer of the site. */
static size_t
site_next(void *answer, char *buffer, size_t size)
{
    return charpage_next(answer, buffer, size);
}

/* End an answer of the site. */
static bool
site_end(void *answer)
{
    return charpage_end(answer);
}

/* What an HTTP server serves. */
struct http_site
charpage_http_site(struct charpage_site *site)
{
    return (struct http_site) {
        .answer_size = sizeof(struct charpage),
        .begin = site_begin,
        .next = site_next,
        .end = site_end,
        .argument = site,
    };
}
