#include "common/http_response.h"
#include "tests/fuzz/answer.h"
#include "tests/unit/guard.h"
#include "tests/unit/unit.h"

/* What a server sent, up to the end of the connection, and what must be made
 * of it, in the words of answer.h, and of which body. */
static const struct sent {
    const char *name; /* of its file in corpus/http_response */
    const char *bytes;
    size_t size;
    enum http_method method;
    const char *expected, *body;
} table[] = {
#define SENT(name, bytes, expected, body)                                      \
    { name, bytes, sizeof(bytes) - 1, HTTP_GET, expected, body },
#define SENT_TO_HEAD(name, bytes, expected)                                    \
    { name, bytes, sizeof(bytes) - 1, HTTP_HEAD, expected, "" },
#include "tests/unit/answers.h"
};

/* Check what was made of an answer. */
static void
check_answer(struct answer *answer, const struct sent *sent, size_t first)
{
    ck_assert_msg(strcmp(answer->text, sent->expected) == 0,
        "%s, cut at %zu: '%s' is not '%s'", sent->name, first, answer->text,
        sent->expected);
    ck_assert_uint_eq(answer->body_size, strlen(sent->body));
    ck_assert_mem_eq(answer->body, sent->body, answer->body_size);
    free(answer->body);
}

TEST(every_split_gives_the_same_answer, .times = COUNT(table))
{
    static struct answer answer;
    const struct sent *sent = &table[_i];

    for (size_t first = 0; first <= sent->size; first++) {
        answer_read(
            &answer, sent->bytes, sent->size, first, sent->size, sent->method);
        check_answer(&answer, sent, first);
    }
    for (size_t each = 1; each < 4; each++) {
        answer_read(&answer, sent->bytes, sent->size, each, each, sent->method);
        check_answer(&answer, sent, each);
    }
}

TEST(the_table_is_long_enough)
{
    ck_assert_int_ge(COUNT(table), 200);
}

TEST(the_corpus_holds_the_table, .times = COUNT(table))
{
    const struct sent *sent = &table[_i];
    static char bytes[65536];
    char path[256];
    FILE *file;
    size_t size;

    snprintf(path, sizeof(path), "tests/corpus/http_response/%s", sent->name);
    file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s is missing", path);
    size = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    ck_assert_uint_eq(size, sent->size + 1);
    ck_assert_int_eq(bytes[0] % 2, sent->method == HTTP_HEAD);
    ck_assert_mem_eq(bytes + 1, sent->bytes, sent->size);
}

/* Every byte in a status line, a field's name, its value, a chunk's size, and a
 * trailer. */
static const struct {
    const char *before, *after;
    enum http_response_flaw flaw; /* of a byte that may not stand there */
    bool text;                    /* any but control characters may */
} places[] = {
    { "HTTP/1.1 200 O", "K\r\n\r\n", HTTP_RESPONSE_STATUS_LINE, true },
    { "HTTP/1.", " 200\r\n\r\n", HTTP_RESPONSE_STATUS_LINE, false },
    { "HTTP/1.1 20", "\r\n\r\n", HTTP_RESPONSE_STATUS_LINE, false },
    { "HTTP/1.1 200\r\nX: a", "b\r\n\r\n", HTTP_RESPONSE_FIELD, true },
    { "HTTP/1.1 200\r\na", "b: c\r\n\r\n", HTTP_RESPONSE_FIELD, false },
    { "HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n0", "\r\n\r\n",
        HTTP_RESPONSE_CHUNK, false },
    { "HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n0;", "\r\n\r\n",
        HTTP_RESPONSE_CHUNK, true },
    { "HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na", "\r\n0\r\n",
        HTTP_RESPONSE_CHUNK, false },
    { "HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX:", "\r\n\r\n",
        HTTP_RESPONSE_FIELD, true },
};

TEST(every_byte_is_judged_in_every_place, .times = COUNT(places))
{
    static struct answer answer;
    char bytes[128], flaw[32];

    snprintf(flaw, sizeof(flaw), "|%s", answer_flaws[places[_i].flaw]);
    for (int c = 0; c < 256; c++) {
        const size_t before = strlen(places[_i].before);
        const size_t after = strlen(places[_i].after);
        const bool text = c == '\t' || (c >= ' ' && c != 0x7f);
        bool broken;

        memcpy(bytes, places[_i].before, before);
        bytes[before] = (char)c;
        memcpy(bytes + before + 1, places[_i].after, after);
        answer_read(&answer, bytes, before + 1 + after, SIZE_MAX, 1, HTTP_GET);
        broken = strstr(answer.text, flaw) != NULL;
        /* A line end is one there, and what follows then is something else. */
        if (c != '\n' && c != '\r' && places[_i].text)
            ck_assert_msg(broken == !text, "%d: %s", c, answer.text);
        if (!text && c != '\n' && c != '\r')
            ck_assert_msg(broken, "%d: %s", c, answer.text);
        free(answer.body);
    }
}

/* An answer of this many bytes in its head, or with this many fields. */
static size_t
make_head(char *bytes, size_t size, unsigned fields)
{
    size_t length = (size_t)sprintf(bytes, "HTTP/1.1 204 No Content\r\n");

    for (unsigned i = 0; i < fields; i++)
        length += (size_t)sprintf(bytes + length, "F: %u\r\n", i);
    if (size > 0) {
        length += (size_t)sprintf(bytes + length, "F: ");
        memset(bytes + length, 'x', size - length - 4);
        length = size - 4;
        length += (size_t)sprintf(bytes + length, "\r\n");
    }
    return length + (size_t)sprintf(bytes + length, "\r\n");
}

/* What is made of bytes, all at once and byte by byte. */
static void
check_end(const char *bytes, size_t size, const char *expected)
{
    static struct answer answer;

    for (size_t each = 1; each <= size; each = each == 1 ? 4096 : each * 64) {
        answer_read(&answer, bytes, size, each, each, HTTP_GET);
        ck_assert_str_eq(strrchr(answer.text, '|') + 1, expected);
        free(answer.body);
    }
}

static char room[3 * HTTP_RESPONSE_HEAD_MAX];

TEST(a_head_may_have_64_kib)
{
    size_t size = make_head(room, HTTP_RESPONSE_HEAD_MAX, 0);

    ck_assert_uint_eq(size, HTTP_RESPONSE_HEAD_MAX);
    check_end(room, size, "keep");
    size = make_head(room, HTTP_RESPONSE_HEAD_MAX + 1, 0);
    check_end(room, size, "large");
    check_end(room, size - 1, "large");
    check_end(room, size - 2, "cut");
}

TEST(bare_line_ends_and_folds_stop_at_the_same_limit)
{
    const size_t size = HTTP_RESPONSE_HEAD_MAX;

    make_head(room, size, 0);
    memcpy(room + size - 4, "xx\n\n", 4);
    check_end(room, size, "keep");
    memcpy(room + size - 2, "x\n", 2);
    check_end(room, size + 100, "large");
    memcpy(room + size - 2, "xx\n", 3);
    check_end(room, size + 100, "large");
    memcpy(room + size - 5, "\n \r\n\r", 5);
    check_end(room, size + 100, "large");
}

TEST(a_head_may_have_128_fields)
{
    check_end(room, make_head(room, 0, HTTP_RESPONSE_FIELDS), "keep");
    check_end(room, make_head(room, 0, HTTP_RESPONSE_FIELDS + 1), "large");
}

TEST(a_trailer_has_the_limits_of_a_head)
{
    size_t head = (size_t)sprintf(room, "HTTP/1.1 200 OK\r\n"
                                        "Transfer-Encoding: chunked\r\n\r\n"
                                        "0\r\n");
    size_t size = head;

    for (unsigned i = 0; i < HTTP_RESPONSE_FIELDS; i++)
        size += (size_t)sprintf(room + size, "F: %u\r\n", i);
    memcpy(room + size, "\r\n", 2);
    check_end(room, size + 2, "keep");
    memcpy(room + size, "F:\r\n\r\n", 6);
    check_end(room, size + 6, "large");

    size = head;
    for (unsigned i = 0; i < 64; i++) {
        memset(room + size, 'x', 1024);
        memcpy(room + size, "F:", 2);
        memcpy(room + size + 1022, "\r\n", 2);
        size += 1024;
    }
    memcpy(room + size, "\r\n", 2);
    check_end(room, size + 2, "large");
    memcpy(room + size - 6, "\r\n\r\n", 4);
    check_end(room, size - 2, "keep");
}

TEST(the_size_of_a_chunk_has_a_limit)
{
    size_t size = (size_t)sprintf(room, "HTTP/1.1 200 OK\r\n"
                                        "Transfer-Encoding: chunked\r\n\r\n");

    memset(room + size, '0', HTTP_RESPONSE_HEAD_MAX);
    memcpy(room + size + HTTP_RESPONSE_HEAD_MAX - 2, "\r\n\r\n", 4);
    check_end(room, size + HTTP_RESPONSE_HEAD_MAX + 2, "keep");
    memset(room + size, '0', HTTP_RESPONSE_HEAD_MAX + 4);
    check_end(room, size + HTTP_RESPONSE_HEAD_MAX + 4, "large");
}

TEST(an_endless_body_is_told_piece_by_piece)
{
    static const char head[] = "HTTP/1.1 200 OK\r\n"
                               "Content-Length: 9223372036854775807\r\n\r\n";
    struct http_response_parser parser;
    struct http_response response;
    char *data = guard_copy(head, sizeof(head) - 1);
    size_t used;

    http_response_init(&parser, HTTP_GET, NULL, 0);
    ck_assert_int_eq(
        http_response_parse(&parser, data, sizeof(head) - 1, &response, &used),
        HTTP_RESPONSE_HEAD);
    ck_assert_uint_eq(used, sizeof(head) - 1);
    ck_assert_int_eq(response.length, INT64_MAX);
    data = guard_room(4096);
    for (int i = 0; i < 10; i++) {
        ck_assert_int_eq(
            http_response_parse(&parser, data, 4096, &response, &used),
            HTTP_RESPONSE_BODY);
        ck_assert_uint_eq(response.body.length, 4096);
        ck_assert_uint_eq(used, 4096);
    }
    ck_assert_int_eq(http_response_parse(&parser, data, 0, &response, &used),
        HTTP_RESPONSE_MORE);
}

TEST(a_body_to_the_close_is_cut_by_a_reset)
{
    char data[] = "HTTP/1.1 200 OK\r\n\r\nabc";
    struct http_response_parser parser;
    struct http_response response;
    size_t used;

    http_response_init(&parser, HTTP_GET, NULL, 0);
    http_response_parse(&parser, data, sizeof(data) - 1, &response, &used);
    ck_assert_int_eq(
        http_response_end(&parser, false, &response), HTTP_RESPONSE_BROKEN);
    ck_assert_int_eq(response.flaw, HTTP_RESPONSE_CUT);
    ck_assert_int_eq(
        http_response_parse(&parser, data + used, 3, &response, &used),
        HTTP_RESPONSE_BROKEN);
    ck_assert_int_eq(response.flaw, HTTP_RESPONSE_CUT);
    ck_assert_uint_eq(used, 0);
}

TEST(a_reset_before_the_first_byte_is_silence)
{
    struct http_response_parser parser;
    struct http_response response;
    size_t used;

    http_response_init(&parser, HTTP_GET, NULL, 0);
    ck_assert_int_eq(http_response_parse(&parser, room, 0, &response, &used),
        HTTP_RESPONSE_MORE);
    ck_assert_int_eq(
        http_response_end(&parser, false, &response), HTTP_RESPONSE_BROKEN);
    ck_assert_int_eq(response.flaw, HTTP_RESPONSE_SILENT);
}

TEST(bytes_behind_an_answer_end_the_use_of_its_connection)
{
    char data[] = "HTTP/1.1 204 No Content\r\n\r\nH";
    struct http_response_parser parser;
    struct http_response response;
    size_t head, used;

    http_response_init(&parser, HTTP_GET, NULL, 0);
    ck_assert_int_eq(
        http_response_parse(&parser, data, sizeof(data) - 1, &response, &head),
        HTTP_RESPONSE_HEAD);
    ck_assert_int_eq(
        http_response_parse(&parser, data + head, 0, &response, &used),
        HTTP_RESPONSE_END);
    ck_assert(response.keep_alive);
    ck_assert_int_eq(
        http_response_parse(&parser, data + head, 1, &response, &used),
        HTTP_RESPONSE_END);
    ck_assert(!response.keep_alive);
    ck_assert_uint_eq(used, 0);
}
