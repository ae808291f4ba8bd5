/*
 * Requests: what is decided depends on the bytes, not on how they are cut;
 * what is accepted has the form that RFC 9112 gives it, by a second, plainer
 * look; and after a refusal nothing comes. Input: the cut, and whether posts
 * are taken (its highest bit); the bytes.
 */
#include "common/http_part.h"
#include "common/http_reply.h"

#include "tests/fuzz/fuzz.h"

#include <stdio.h>

/* No input is longer that the decisions of it would not fit. */
#define SAID_MAX 65536

/* A head that is accepted has no control characters but CR LF and HT, one Host,
 * unless the version is 1.0, no Transfer-Encoding, and a Content-Length, if
 * any, of digits that are the length of the body. */
static void
check_head(const char *bytes, size_t length, size_t body)
{
    char *const head = calloc(length + 1, 1);
    size_t hosts = 0, lengths = 0;

    assert(head != NULL);
    memcpy(head, bytes, length);

    for (size_t i = 0; i < length; i++) {
        const unsigned char c = (unsigned char)head[i];

        assert(c >= ' ' || c == '\t' || c == '\r' || c == '\n');
        assert(c != 0x7f && (c != '\r' || head[i + 1] == '\n'));
        assert(c != '\n' || head[i - 1] == '\r');
        if (c != '\n')
            continue;
        hosts += strncasecmp(head + i + 1, "host:", 5) == 0;
        assert(strncasecmp(head + i + 1, "transfer-encoding:", 18) != 0);
        if (strncasecmp(head + i + 1, "content-length:", 15) == 0) {
            const char *digits = head + i + 16, *end;

            digits += strspn(digits, " \t");
            end = digits + strspn(digits, "0123456789");
            assert(end > digits && strtoull(digits, NULL, 10) == body);
            assert(end[strspn(end, " \t")] == '\r');
            lengths++;
        }
    }
    assert(lengths == 1 || (lengths == 0 && body == 0));
    assert(length >= 4 && memcmp(head + length - 4, "\r\n\r\n", 4) == 0);
    assert(hosts <= 1);
    free(head);
}

/* What is found by name are the lines of a head, in their order. */
static void
check_fields(const struct http_request *request, const char *end)
{
    const struct http_slice fields = request->fields;
    struct http_slice value;
    size_t at = 0;
    unsigned hosts = 0;

    assert(fields.text + fields.length + 2 == end);
    while (http_field(request, "host", &at, &value)) {
        assert(value.length > 0 && value.text > fields.text &&
               value.text + value.length < fields.text + at);
        hosts++;
    }
    assert(at == fields.length);
    assert(http_sole_field(request, "host", &value) == hosts);
    assert(hosts == 1 || request->minor == 0);
    if (http_field_has(request, "connection", "close"))
        assert(!request->keep_alive);
}

/* The parts of a request lie in its bytes, of which no body is a part, unless
 * it is a post, which ends with its content. */
static void
check_request(const struct http_request *request, const char *data, size_t used,
    bool posts)
{
    const struct http_slice target = request->target;
    const size_t head = used - request->content.length;

    assert(request->method == HTTP_GET || request->method == HTTP_HEAD ||
           (request->method == HTTP_POST && posts));
    if (request->method == HTTP_POST)
        assert(request->content.text == data + head && request->body == 0 &&
               request->content.length <= HTTP_BODY_MAX);
    else
        assert(request->content.text == NULL && request->content.length == 0);
    check_fields(request, data + head);
    assert(request->status == 200 && request->body <= HTTP_BODY_MAX);
    assert(target.text > data && target.text + target.length < data + used);
    assert(request->path.text[0] == '/');
    if (request->query.text != NULL)
        assert(request->query.text + request->query.length <=
               target.text + target.length);
    check_head(data, head, request->body + request->content.length);
    assert(request->minor == 1 || !request->keep_alive);
}

/* Of a resource, it is answered with a part that there is, or with a reason. */
static void
check_resource(const struct http_request *request)
{
    static const struct http_resource resource = { "\"a\"",
        "Sun, 06 Nov 1994 08:49:37 GMT", 100 };
    struct http_part part;
    const int status = http_part(request, &resource, &part);

    assert(status == 200 || status == 206 || status == 304 || status == 412 ||
           status == 416);
    if (status == 200)
        assert(part.from == 0 && part.length == 100);
    if (status == 206)
        assert(part.length > 0 && part.from < 100 &&
               part.length <= 100 - part.from);
    if (request->match == HTTP_NO_TAGS && request->none_match == HTTP_ANY_TAG)
        assert(status == 304);
}

/* An answer to it can be written, in no more room than is promised. */
static size_t
check_error(const struct http_request *request, char *out)
{
    const size_t length = http_error(out, HTTP_ERROR_MAX, request->status,
        request->method, request->keep_alive, NULL);

    assert(length > 0 && memcmp(out, "HTTP/1.1 ", 9) == 0);
    assert(http_error(out, length - 1, request->status, request->method,
               request->keep_alive, NULL) == 0);
    return length;
}

/* What is decided of the bytes in such pieces, into said; its length. */
static size_t
read_all(const uint8_t *data, size_t size, uint8_t cut, bool posts, char *said)
{
    const size_t room = posts ? HTTP_POST_ROOM : HTTP_ROOM;
    struct http_parser parser;
    struct http_request request, again;
    size_t begin = 0, end = 0, used, body = 0, length = 0;
    char out[HTTP_ERROR_MAX];

    http_init(&parser);
    if (posts)
        http_take_posts(&parser);
    for (;;) {
        char *rest = fuzz_copy(data + begin, end - begin);
        enum http_result result =
            http_parse(&parser, rest, end - begin, &request, &used);

        assert(used <= end - begin);
        if (result == HTTP_MORE)
            assert(end - begin - used < room);
        if (result == HTTP_REQUEST) {
            check_request(&request, rest + body, used - body, posts);
            check_resource(&request);
            body = request.body;
        } else {
            body -= body < used ? body : used;
        }
        if (result != HTTP_MORE && length < SAID_MAX - 96)
            length += (size_t)sprintf(said + length, "%d %d %d %zu %zu %zu;",
                request.status, request.method, request.keep_alive,
                request.body, request.target.length, request.content.length);
        if (result == HTTP_REFUSED) {
            check_error(&request, out);
            assert(!request.keep_alive);
            result = http_parse(&parser, rest, end - begin, &again, &used);
            assert(result == HTTP_REFUSED && again.status == request.status);
        }
        free(rest);
        begin += used;
        if (result == HTTP_REFUSED || (result == HTTP_MORE && end == size))
            return length;
        if (result == HTTP_MORE)
            end = fuzz_cut(cut, end, size);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char whole[SAID_MAX], pieces[SAID_MAX];
    const uint8_t first = fuzz_take(&data, &size);
    const bool posts = first >> 7;
    const size_t length = read_all(data, size, 0, posts, whole);

    assert(read_all(data, size, first & 0x7f, posts, pieces) == length);
    assert(memcmp(whole, pieces, length) == 0);
    return 0;
}
