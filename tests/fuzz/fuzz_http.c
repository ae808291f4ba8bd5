/*
 * Requests: what is decided depends on the bytes, not on how they are cut;
 * what is accepted has the form that RFC 9112 gives it, by a second, plainer
 * look; and after a refusal nothing comes. Input: the cut, the bytes.
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

/* The parts of a request lie in its bytes, of which no body is a part. */
static void
check_request(const struct http_request *request, const char *data, size_t used)
{
    const struct http_slice target = request->target;

    assert(request->method == HTTP_GET || request->method == HTTP_HEAD);
    assert(request->status == 200 && request->body <= HTTP_BODY_MAX);
    assert(target.text > data && target.text + target.length < data + used);
    assert(request->path.text[0] == '/');
    if (request->query.text != NULL)
        assert(request->query.text + request->query.length <=
               target.text + target.length);
    check_head(data, used, request->body);
    assert(request->minor == 1 || !request->keep_alive);
}

/* Its fields are found, each once; and of a resource, it is answered with a
 * part that there is, or with a reason. */
static void
check_fields(const struct http_request *request, const char *data, size_t used)
{
    static const struct http_resource resource = { "\"a\"",
        "Sun, 06 Nov 1994 08:49:37 GMT", 100 };
    struct http_part part;
    struct http_slice value;
    size_t at = 0, hosts = 0;
    int status;

    while (http_field(request, "host", &at, &value)) {
        assert(value.length > 0 || value.text != NULL);
        assert(value.text >= data && value.text + value.length < data + used);
        hosts++;
    }
    assert(hosts == 1 || (hosts == 0 && request->minor == 0));
    status = http_part(request, &resource, &part);
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
read_all(const uint8_t *data, size_t size, uint8_t cut, char *said)
{
    struct http_parser parser;
    struct http_request request, again;
    size_t begin = 0, end = 0, used, body = 0, length = 0;
    char out[HTTP_ERROR_MAX];

    http_init(&parser);
    for (;;) {
        char *rest = fuzz_copy(data + begin, end - begin);
        enum http_result result =
            http_parse(&parser, rest, end - begin, &request, &used);

        assert(used <= end - begin);
        if (result == HTTP_MORE)
            assert(end - begin - used < HTTP_ROOM);
        if (result == HTTP_REQUEST) {
            check_request(&request, rest + body, used - body);
            check_fields(&request, rest + body, used - body);
            body = request.body;
        } else {
            body -= body < used ? body : used;
        }
        if (result != HTTP_MORE && length < SAID_MAX - 64)
            length += (size_t)sprintf(said + length, "%d %d %d %zu %zu;",
                request.status, request.method, request.keep_alive,
                request.body, request.target.length);
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
    const uint8_t cut = fuzz_take(&data, &size);
    const size_t length = read_all(data, size, 0, whole);

    assert(read_all(data, size, cut, pieces) == length);
    assert(memcmp(whole, pieces, length) == 0);
    return 0;
}
