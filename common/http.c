#include "common/http.h"

#include "common/number.h"

#include <string.h>
#include <unistr.h>

/* What a step of the parser says when it is not the status of an error. */
#define GO_ON 0
#define WAIT  (-1)

/* Make the parser wait for a request line. */
static void
start_request(struct http_parser *parser)
{
    const size_t body = parser->body;
    const bool posts = parser->posts;

    *parser =
        (struct http_parser) { .body = body, .length = -1, .posts = posts };
}

/* Start on a new connection. */
void
http_init(struct http_parser *parser)
{
    parser->body = 0;
    parser->posts = false;
    start_request(parser);
}

/* Take POST, too. */
void
http_take_posts(struct http_parser *parser)
{
    parser->posts = true;
}

/* Whether no request has begun. */
bool
http_is_idle(const struct http_parser *parser, size_t size)
{
    return parser->body == 0 && size == 0;
}

/* How far the line in work may reach, its CR LF included. */
static size_t
line_limit(const struct http_parser *parser)
{
    return parser->fields_at == 0 ? HTTP_LINE_MAX + 2
                                  : parser->fields_at + HTTP_FIELDS_MAX;
}

/* Find the end of the line in work, which has room for CR LF at least. */
static int
scan_line(struct http_parser *parser, const char *data, size_t size)
{
    const size_t last = line_limit(parser) - 2;
    const size_t stop = size < last ? size : last;
    size_t at = parser->seen;

    while (at < stop && http_is_text(data[at]))
        at++;
    parser->seen = at;
    if (at == size)
        return WAIT;
    if (at == last && data[at] != '\r')
        return parser->fields_at == 0 ? 414 : 431;
    if (data[at] != '\r')
        return 400;
    if (at + 1 == size)
        return WAIT;
    return data[at + 1] == '\n' ? GO_ON : 400;
}

/* What method a token is. */
static enum http_method
find_method(const char *text, size_t length)
{
    static const struct {
        const char *name;
        enum http_method method;
    } methods[] = {
        { "GET", HTTP_GET },
        { "HEAD", HTTP_HEAD },
        { "POST", HTTP_POST },
        { "PUT", HTTP_OTHER },
        { "DELETE", HTTP_OTHER },
        { "CONNECT", HTTP_OTHER },
        { "OPTIONS", HTTP_OTHER },
        { "TRACE", HTTP_OTHER },
        { "PATCH", HTTP_OTHER },
    };

    for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++)
        if (strlen(methods[i].name) == length &&
            memcmp(methods[i].name, text, length) == 0)
            return methods[i].method;
    return HTTP_UNKNOWN;
}

/* Take in a version: HTTP/1.1. */
static int
take_version(struct http_parser *parser, const char *text, size_t length)
{
    if (length != 8 || memcmp(text, "HTTP/", 5) != 0 || text[5] < '0' ||
        text[5] > '9' || text[6] != '.' || text[7] < '0' || text[7] > '9')
        return 400;
    parser->minor = text[7] != '0';
    return text[5] == '1' ? GO_ON : 505;
}

/* Cut a target into path and query; false when it is in neither form. */
static bool
split_target(struct http_slice target, struct http_request *request)
{
    const char *text = target.text, *end = text + target.length, *mark;

    if (*text != '/') {
        const char *host;

        if (target.length > 7 && http_is_word(text, 7, "http://"))
            host = text + 7;
        else if (target.length > 8 && http_is_word(text, 8, "https://"))
            host = text + 8;
        else
            return false;
        for (text = host; text < end && *text != '/' && *text != '?';)
            text++;
        if (!http_is_host(host, (size_t)(text - host)))
            return false;
    }
    mark = text < end ? memchr(text, '?', (size_t)(end - text)) : NULL;
    request->query = (struct http_slice) { NULL, 0 };
    if (mark != NULL) {
        request->query.text = mark + 1;
        request->query.length = (size_t)(end - mark) - 1;
        end = mark;
    }
    request->path = (struct http_slice) { text, (size_t)(end - text) };
    if (text == end)
        request->path = (struct http_slice) { "/", 1 };
    return true;
}

/* Take in a target. */
static int
take_target(struct http_parser *parser, struct http_slice target)
{
    struct http_request request;

    for (size_t i = 0; i < target.length; i++) {
        const unsigned char c = (unsigned char)target.text[i];

        if (c > 0x7f)
            return HTTP_UNENCODED;
        /* Spaces cut the line, and no line has other controls. */
        if (c == '\t' || c == '#')
            return 400;
    }
    if (target.length == 0)
        return 400;
    if (parser->method != HTTP_UNKNOWN && parser->method != HTTP_OTHER &&
        !split_target(target, &request))
        return 400;
    return GO_ON;
}

/* Take in a request line: GET /path HTTP/1.1 (RFC 9112, 3). */
static int
take_request_line(struct http_parser *parser, const char *text, size_t length)
{
    const char *space = memchr(text, ' ', length), *target, *version;
    const char *end = text + length;
    int status;

    if (space == NULL || !http_is_token(text, (size_t)(space - text)))
        return 400;
    parser->method = find_method(text, (size_t)(space - text));
    if (parser->method == HTTP_POST && !parser->posts)
        parser->method = HTTP_OTHER;
    target = space + 1;
    space = memchr(target, ' ', (size_t)(end - target));
    if (space == NULL)
        return 400;
    parser->target_at = (size_t)(target - text);
    parser->target_size = (size_t)(space - target);
    version = space + 1;
    status = take_version(parser, version, (size_t)(end - version));
    if (status != GO_ON)
        return status;
    return take_target(
        parser, (struct http_slice) { target, parser->target_size });
}

/* Take in a Content-Length. */
static int
take_length(struct http_parser *parser, struct http_slice value)
{
    /* number_read would take a sign; this field has none. */
    if (parser->length >= 0 || value.length == 0 || value.text[0] < '0' ||
        value.text[0] > '9')
        return 400;
    return number_read(value.text, value.length, &parser->length) == NUMBER_OK
               ? GO_ON
               : 400;
}

/* Where the entity tag at the start of text ends; NULL when there is none
 * (RFC 9110, 8.8.3). */
static const char *
skip_tag(const char *text, const char *end)
{
    if (end - text >= 2 && memcmp(text, "W/", 2) == 0)
        text += 2;
    if (text == end || *text++ != '"')
        return NULL;
    /* Of the bytes of a line, only blanks may not be in it. */
    while (text < end && *text != '"' && *text != ' ' && *text != '\t')
        text++;
    return text < end && *text == '"' ? text + 1 : NULL;
}

/* Take in an If-Match or If-None-Match: * or entity tags, separated by commas
 * (RFC 9110, 13.1.1). Further lines go on with the list. */
static int
take_tags(enum http_tags *tags, struct http_slice value)
{
    const char *text = value.text, *end = text + value.length;

    if (*tags == HTTP_ANY_TAG)
        return 400;
    if (*tags == HTTP_NO_TAGS && value.length == 1 && *text == '*') {
        *tags = HTTP_ANY_TAG;
        return GO_ON;
    }
    *tags = HTTP_SOME_TAGS;
    for (;;) {
        text = http_skip_blanks(text, end);
        if (text < end && *text != ',') {
            text = skip_tag(text, end);
            if (text == NULL)
                return 400;
            text = http_skip_blanks(text, end);
        }
        if (text == end)
            return GO_ON;
        if (*text++ != ',')
            return 400;
    }
}

/* Take in a field line: Name: value (RFC 9112, 5). */
static int
take_field(struct http_parser *parser, const char *text, size_t length)
{
    const char *colon = memchr(text, ':', length);
    struct http_slice value;
    size_t name;

    if (++parser->fields > HTTP_FIELDS)
        return 431;
    if (colon == NULL || !http_is_token(text, (size_t)(colon - text)))
        return 400;
    name = (size_t)(colon - text);
    value = http_trim((struct http_slice) { colon + 1, length - name - 1 });

    if (http_is_word(text, name, "host")) {
        if (parser->host || !http_is_host(value.text, value.length))
            return 400;
        parser->host = true;
    } else if (http_is_word(text, name, "content-length")) {
        return take_length(parser, value);
    } else if (http_is_word(text, name, "transfer-encoding")) {
        if (parser->chunked ||
            !http_is_word(value.text, value.length, "chunked"))
            return 400;
        parser->chunked = true;
    } else if (http_is_word(text, name, "connection")) {
        parser->close |= http_has_word(value, "close");
    } else if (http_is_word(text, name, "expect")) {
        parser->expect = true;
    } else if (http_is_word(text, name, "if-match")) {
        return take_tags(&parser->match, value);
    } else if (http_is_word(text, name, "if-none-match")) {
        return take_tags(&parser->none_match, value);
    }
    return GO_ON;
}

/* Judge a complete head. */
static int
judge_head(const struct http_parser *parser)
{
    if (!parser->host && parser->minor > 0)
        return 400;
    if (parser->chunked)
        return parser->length >= 0 || parser->minor == 0 ? 400 : 501;
    if (parser->length > HTTP_BODY_MAX)
        return 413;
    if (parser->method == HTTP_OTHER)
        return 405;
    if (parser->method == HTTP_UNKNOWN)
        return 501;
    if (parser->method == HTTP_POST && parser->length < 0)
        return 411;
    return parser->method == HTTP_POST && parser->expect ? 417 : GO_ON;
}

/* Take in one line, which is not an empty one before the request line. */
static int
take_line(struct http_parser *parser, const char *data)
{
    const char *text = data + parser->line;
    const size_t length = parser->seen - parser->line;
    int status;

    if (parser->fields_at == 0) {
        status = take_request_line(parser, text, length);
        parser->fields_at = parser->seen + 2;
    } else {
        status = take_field(parser, text, length);
    }
    parser->line = parser->seen += 2;
    if (status == GO_ON && parser->line + 2 > line_limit(parser))
        return 431;
    return status;
}

/* The bytes from the start of a complete head to the end of its request. */
static size_t
request_size(const struct http_parser *parser)
{
    const size_t head = parser->seen + 2;

    return parser->method == HTTP_POST ? head + (size_t)parser->length : head;
}

/* Read lines until a head is complete: GO_ON. */
static int
take_head(
    struct http_parser *parser, const char *data, size_t size, size_t *skipped)
{
    int status;

    while ((status = scan_line(parser, data, size)) == GO_ON) {
        if (parser->seen > parser->line) {
            status = take_line(parser, data);
            if (status != GO_ON)
                break;
        } else if (parser->fields_at > 0) {
            return judge_head(parser);
        } else {
            if (++parser->empty > HTTP_EMPTY_LINES)
                return 400;
            *skipped += 2;
            data += 2;
            size -= 2;
        }
    }
    return status;
}

/* Tell what is known of a request. */
static void
tell(const struct http_parser *parser, const char *data, int status,
    struct http_request *request)
{
    *request = (struct http_request) {
        .method = parser->method,
        .minor = parser->minor,
        .match = parser->match,
        .none_match = parser->none_match,
        .status = status == GO_ON ? 200 : status,
    };
    if (parser->target_size > 0) {
        request->target.text = data + parser->target_at;
        request->target.length = parser->target_size;
    }
    if (status != GO_ON)
        return;
    request->fields.text = data + parser->fields_at;
    request->fields.length = parser->seen - parser->fields_at;
    split_target(request->target, request);
    if (parser->method == HTTP_POST) {
        request->content.text = data + parser->seen + 2;
        request->content.length = (size_t)parser->length;
    } else {
        request->body = parser->length > 0 ? (size_t)parser->length : 0;
    }
    request->keep_alive = parser->minor > 0 && !parser->close &&
                          !(parser->expect && request->body > 0);
}

/* Find the next request in data. */
enum http_result
http_parse(struct http_parser *parser, const char *data, size_t size,
    struct http_request *request, size_t *used)
{
    const size_t dropped = parser->body < size ? parser->body : size;
    size_t skipped = 0;
    int status = parser->status;

    parser->body -= dropped;
    *used = dropped;
    if (status == GO_ON) {
        if (dropped == size)
            return HTTP_MORE;
        if (!parser->whole)
            status =
                take_head(parser, data + dropped, size - dropped, &skipped);
        *used += skipped;
        parser->whole = status == GO_ON;
    }
    if (status == WAIT ||
        (status == GO_ON && size - *used < request_size(parser)))
        return HTTP_MORE;
    tell(parser, data + *used, status, request);
    if (status != GO_ON) {
        parser->status = status;
        parser->target_size = 0; /* the data may be gone at the next call */
        return HTTP_REFUSED;
    }
    *used += request_size(parser);
    parser->body = request->body;
    start_request(parser);
    return HTTP_REQUEST;
}

/* Find the next field of a name. */
bool
http_field(const struct http_request *request, const char *name, size_t *at,
    struct http_slice *value)
{
    const struct http_slice fields = request->fields;

    while (*at < fields.length) {
        const char *line = fields.text + *at;
        /* The parser has seen to it that there are these. */
        const char *end = memchr(line, '\r', fields.length - *at);
        const char *colon = memchr(line, ':', (size_t)(end - line));

        *at += (size_t)(end - line) + 2;
        if (http_is_word(line, (size_t)(colon - line), name)) {
            *value = http_trim(
                (struct http_slice) { colon + 1, (size_t)(end - colon) - 1 });
            return true;
        }
    }
    return false;
}

/* A field that must occur once. */
unsigned
http_sole_field(const struct http_request *request, const char *name,
    struct http_slice *value)
{
    struct http_slice found;
    unsigned lines = 0;
    size_t at = 0;

    *value = (struct http_slice) { NULL, 0 };
    while (http_field(request, name, &at, &found))
        if (lines++ == 0)
            *value = found;
    return lines;
}

/* Whether a field that is a list has a word. */
bool
http_field_has(
    const struct http_request *request, const char *name, const char *word)
{
    struct http_slice value;
    size_t at = 0;

    while (http_field(request, name, &at, &value))
        if (http_has_word(value, word))
            return true;
    return false;
}

/* Decode part of a query; false when it must not be. */
static bool
decode(const char *text, size_t length, char *to, size_t *decoded)
{
    char *start = to;

    for (const char *end = text + length; text < end; text++) {
        char c = *text == '+' ? ' ' : *text;

        if (c == '%') {
            int high, low;

            if (end - text < 3 || (high = http_hex(text[1])) < 0 ||
                (low = http_hex(text[2])) < 0)
                return false;
            c = (char)(high << 4 | low);
            text += 2;
        }
        if (c == '\0')
            return false;
        *to++ = c;
    }
    *decoded = (size_t)(to - start);
    return u8_check((const uint8_t *)start, *decoded) == NULL;
}

/* Find who asked for a parameter and has not got it yet. */
static struct http_parameter *
find_parameter(struct http_parameter *parameters, size_t count,
    const char *name, size_t length)
{
    for (size_t i = 0; i < count; i++)
        if (parameters[i].text == NULL &&
            strlen(parameters[i].name) == length &&
            memcmp(parameters[i].name, name, length) == 0)
            return &parameters[i];
    return NULL;
}

/* Take a query apart. */
bool
http_query(const char *query, size_t length, char *buffer,
    struct http_parameter *parameters, size_t count)
{
    const char *end;

    for (size_t i = 0; i < count; i++) {
        parameters[i].text = NULL;
        parameters[i].length = 0;
    }
    if (length == 0)
        return true;
    end = query + length;
    while (query < end) {
        const char *stop = memchr(query, '&', (size_t)(end - query));
        const char *equals;
        struct http_parameter *parameter = NULL;
        size_t decoded;

        if (stop == NULL)
            stop = end;
        equals = memchr(query, '=', (size_t)(stop - query));
        if (equals == NULL)
            equals = stop;
        if (!decode(query, (size_t)(equals - query), buffer, &decoded))
            return false;
        if (stop > query)
            parameter = find_parameter(parameters, count, buffer, decoded);
        query = equals < stop ? equals + 1 : stop;
        /* A value is written over its name and kept if someone wants it. */
        if (!decode(query, (size_t)(stop - query), buffer, &decoded))
            return false;
        if (parameter != NULL) {
            parameter->text = buffer;
            parameter->length = decoded;
            buffer += decoded;
        }
        query = stop < end ? stop + 1 : end;
    }
    return true;
}

/* The value of a parameter that is a number from 0. */
bool
http_number(const struct http_parameter *parameter, int64_t *value)
{
    int64_t number = 0;

    if (parameter->length == 0)
        return true;
    switch (number_read(parameter->text, parameter->length, &number)) {
    case NUMBER_OK:
        if (number < 0)
            return false;
        break;
    case NUMBER_RANGE:
        if (parameter->text[0] == '-')
            return false;
        number = INT64_MAX;
        break;
    case NUMBER_MALFORMED:
    default:
        return false;
    }
    *value = number;
    return true;
}
