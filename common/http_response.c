#include "common/http_response.h"

#include "common/number.h"

#include <string.h>

/* What a step of the parser says when it is not an event of the caller's. */
#define GO_ON (-1)

/* Hexadecimal digits of a chunk's size that fit into 63 bits. */
#define SIZE_DIGITS 15

/* Start on the answer to a request. */
void
http_response_init(struct http_response_parser *parser, enum http_method method,
    struct http_response_field *fields, size_t count)
{
    *parser = (struct http_response_parser) {
        .fields = fields,
        .asked = count,
        .length = -1,
        .head_only = method == HTTP_HEAD,
    };
    for (size_t i = 0; i < count; i++)
        fields[i].value = (struct http_slice) { NULL, 0 };
}

/* The answer is broken, for good. */
static int
refuse(struct http_response_parser *parser, enum http_response_flaw flaw)
{
    parser->stage = HTTP_RESPONSE_AT_FLAW;
    parser->flaw = flaw;
    return HTTP_RESPONSE_BROKEN;
}

/* Whether the line in work is one of fields, or the empty one behind them. */
static bool
is_field_line(const struct http_response_parser *parser)
{
    return parser->stage == HTTP_RESPONSE_AT_FIELDS ||
           parser->stage == HTTP_RESPONSE_AT_TRAILER;
}

/* Refuse a line that has a control character. */
static int
refuse_line(struct http_response_parser *parser)
{
    if (is_field_line(parser))
        return refuse(parser, HTTP_RESPONSE_FIELD);
    return refuse(parser, parser->stage == HTTP_RESPONSE_AT_STATUS
                              ? HTTP_RESPONSE_STATUS_LINE
                              : HTTP_RESPONSE_CHUNK);
}

/* Find the end of the line in work, of which the line end counts for the
 * limit: it then is the bytes from line to seen, and next begins the next. */
static int
scan_line(struct http_response_parser *parser, char *data, size_t size)
{
    const size_t limit = HTTP_RESPONSE_HEAD_MAX - parser->trailer;

    for (;;) {
        size_t at = parser->seen, end;

        while (at < size && at < limit && http_is_text(data[at]))
            at++;
        parser->seen = at;
        if (at == limit)
            return refuse(parser, HTTP_RESPONSE_LARGE);
        if (at == size)
            return HTTP_RESPONSE_MORE;
        end = data[at] == '\r' ? at + 1 : at;
        if (end == limit)
            return refuse(parser, HTTP_RESPONSE_LARGE);
        if (end == size)
            return HTTP_RESPONSE_MORE;
        if (data[end] != '\n')
            return refuse_line(parser);
        parser->next = end + 1;
        if (!is_field_line(parser) || at == parser->line)
            return GO_ON;
        if (parser->next == limit)
            return refuse(parser, HTTP_RESPONSE_LARGE);
        if (parser->next == size)
            return HTTP_RESPONSE_MORE;
        if (data[parser->next] != ' ' && data[parser->next] != '\t')
            return GO_ON;
        memset(data + at, ' ', parser->next - at);
    }
}

/* Take in a status line: HTTP/1.1 200 OK (RFC 9112, 4). */
static int
take_status(struct http_response_parser *parser, const char *data)
{
    const char *text = data + parser->line;
    const size_t length = parser->seen - parser->line;

    if (length < 12 || memcmp(text, "HTTP/1.", 7) != 0 ||
        (text[7] != '0' && text[7] != '1') || text[8] != ' ')
        return refuse(parser, HTTP_RESPONSE_STATUS_LINE);
    parser->minor = text[7] - '0';
    parser->status = 0;
    for (size_t i = 9; i < 12; i++) {
        if (text[i] < '0' || text[i] > '9')
            return refuse(parser, HTTP_RESPONSE_STATUS_LINE);
        parser->status = parser->status * 10 + text[i] - '0';
    }
    if (parser->status < 100 || (length > 12 && text[12] != ' '))
        return refuse(parser, HTTP_RESPONSE_STATUS_LINE);
    parser->reason_at = parser->line + (length > 12 ? 13 : 12);
    parser->reason_size = parser->seen - parser->reason_at;
    parser->stage = HTTP_RESPONSE_AT_FIELDS;
    return GO_ON;
}

/* Take in a Content-Length. */
static int
take_length(struct http_response_parser *parser, struct http_slice value)
{
    int64_t length;

    /* number_read would take a sign; this field has none. */
    if (value.length == 0 || value.text[0] < '0' || value.text[0] > '9' ||
        number_read(value.text, value.length, &length) != NUMBER_OK ||
        (parser->length >= 0 && parser->length != length))
        return refuse(parser, HTTP_RESPONSE_LENGTH);
    parser->length = length;
    return GO_ON;
}

/* Keep a value for who asked for it; the first of a name counts. */
static void
keep_value(struct http_response_parser *parser, const char *data,
    struct http_slice name, struct http_slice value)
{
    for (size_t i = 0; i < parser->asked; i++) {
        struct http_response_field *field = &parser->fields[i];

        if (field->value.text == NULL &&
            http_is_word(name.text, name.length, field->name)) {
            field->value = value;
            field->at = (size_t)(value.text - data);
        }
    }
}

/* Take in a field line of a head or, to drop it, of a trailer. */
static int
take_field(struct http_response_parser *parser, const char *data)
{
    const char *text = data + parser->line;
    const size_t length = parser->seen - parser->line;
    const char *colon = memchr(text, ':', length);
    struct http_slice name, value;

    if (++parser->count > HTTP_RESPONSE_FIELDS)
        return refuse(parser, HTTP_RESPONSE_LARGE);
    if (colon == NULL || !http_is_token(text, (size_t)(colon - text)))
        return refuse(parser, HTTP_RESPONSE_FIELD);
    if (parser->stage == HTTP_RESPONSE_AT_TRAILER)
        return GO_ON;
    name = (struct http_slice) { text, (size_t)(colon - text) };
    value =
        http_trim((struct http_slice) { colon + 1, length - name.length - 1 });
    keep_value(parser, data, name, value);
    if (http_is_word(name.text, name.length, "content-length"))
        return take_length(parser, value);
    if (http_is_word(name.text, name.length, "transfer-encoding")) {
        if (parser->chunked ||
            !http_is_word(value.text, value.length, "chunked"))
            return refuse(parser, HTTP_RESPONSE_LENGTH);
        parser->chunked = true;
    } else if (http_is_word(name.text, name.length, "connection")) {
        parser->close |= http_has_word(value, "close");
        parser->persist |= http_has_word(value, "keep-alive");
    }
    return GO_ON;
}

/* Forget an interim answer, of which all bytes are used. */
static int
skip_interim(struct http_response_parser *parser, size_t *used)
{
    struct http_response_field *const fields = parser->fields;
    const size_t asked = parser->asked;
    const unsigned interim = parser->interim + 1;
    const enum http_method method = parser->head_only ? HTTP_HEAD : HTTP_GET;

    if (parser->status == 101 || interim > HTTP_RESPONSE_INTERIM)
        return refuse(parser, HTTP_RESPONSE_INFORMATION);
    *used += parser->next;
    http_response_init(parser, method, fields, asked);
    parser->interim = interim;
    parser->begun = true;
    return GO_ON;
}

/* Decide how the body is framed (RFC 9112, 6.3). */
static void
frame_body(struct http_response_parser *parser)
{
    if (parser->head_only || parser->status == 204 || parser->status == 304) {
        parser->stage = HTTP_RESPONSE_AT_LENGTH;
        parser->left = 0;
    } else if (parser->chunked) {
        parser->stage = HTTP_RESPONSE_AT_SIZE;
        /* Who sends both, or chunks to 1.0, is not to be trusted further. */
        parser->close |= parser->length >= 0 || parser->minor == 0;
        parser->length = -1;
    } else if (parser->length >= 0) {
        parser->stage = HTTP_RESPONSE_AT_LENGTH;
        parser->left = parser->length;
    } else {
        parser->stage = HTTP_RESPONSE_AT_CLOSE;
        parser->close = true;
    }
}

/* Tell of a final head, of which all bytes are used. */
static int
tell_head(struct http_response_parser *parser, const char *data,
    struct http_response *response, size_t *used)
{
    for (size_t i = 0; i < parser->asked; i++)
        if (parser->fields[i].value.text != NULL)
            parser->fields[i].value.text = data + parser->fields[i].at;
    response->reason =
        (struct http_slice) { data + parser->reason_at, parser->reason_size };
    frame_body(parser);
    response->length =
        parser->stage == HTTP_RESPONSE_AT_LENGTH ? parser->left : -1;
    *used += parser->next;
    parser->line = parser->seen = 0;
    parser->count = 0;
    return HTTP_RESPONSE_HEAD;
}

/* Take in a line of a head; data begins with the head. */
static int
take_head_line(struct http_response_parser *parser, const char *data,
    struct http_response *response, size_t *used)
{
    int event;

    if (parser->stage == HTTP_RESPONSE_AT_STATUS)
        event = take_status(parser, data);
    else if (parser->seen > parser->line)
        event = take_field(parser, data);
    else if (parser->status < 200)
        return skip_interim(parser, used);
    else
        return tell_head(parser, data, response, used);
    parser->line = parser->seen = parser->next;
    return event;
}

/* Take in the size of a chunk: 1f;name=value (RFC 9112, 7.1). */
static int
take_size(struct http_response_parser *parser, const char *text)
{
    const char *end = text + parser->seen, *at = text;
    int digits = 0;

    parser->left = 0;
    for (; at < end && http_hex(*at) >= 0; at++) {
        digits += digits > 0 || *at != '0';
        if (digits > SIZE_DIGITS)
            return refuse(parser, HTTP_RESPONSE_CHUNK);
        parser->left = parser->left << 4 | http_hex(*at);
    }
    if (at == text)
        return refuse(parser, HTTP_RESPONSE_CHUNK);
    at = http_skip_blanks(at, end);
    if (at < end && *at != ';')
        return refuse(parser, HTTP_RESPONSE_CHUNK);
    parser->stage =
        parser->left > 0 ? HTTP_RESPONSE_AT_CHUNK : HTTP_RESPONSE_AT_TRAILER;
    return GO_ON;
}

/* Take in a line between chunks or behind them, which is then used. */
static int
take_chunk_line(
    struct http_response_parser *parser, const char *text, size_t *used)
{
    const bool bare = parser->next - parser->seen == 1;
    int event = GO_ON;

    if (parser->stage == HTTP_RESPONSE_AT_SIZE) {
        event = take_size(parser, text);
        parser->bare = bare;
    } else if (parser->stage == HTTP_RESPONSE_AT_REST) {
        /* Of a size that is one too large the data would end in the CR. */
        if (parser->seen > 0 || bare != parser->bare)
            return refuse(parser, HTTP_RESPONSE_CHUNK);
        parser->stage = HTTP_RESPONSE_AT_SIZE;
    } else if (parser->seen > 0) {
        event = take_field(parser, text);
        parser->trailer += parser->next;
    } else {
        parser->stage = HTTP_RESPONSE_AT_END;
    }
    if (event == GO_ON)
        *used += parser->next;
    parser->seen = 0;
    return event;
}

/* Hand out a piece of the body, or note its end. */
static int
take_body(struct http_response_parser *parser, const char *data, size_t size,
    struct http_response *response, size_t *used)
{
    if (parser->stage != HTTP_RESPONSE_AT_CLOSE && parser->left == 0) {
        parser->stage = parser->stage == HTTP_RESPONSE_AT_CHUNK
                            ? HTTP_RESPONSE_AT_REST
                            : HTTP_RESPONSE_AT_END;
        return GO_ON;
    }
    if (size == 0)
        return HTTP_RESPONSE_MORE;
    if (parser->stage != HTTP_RESPONSE_AT_CLOSE) {
        if ((uint64_t)parser->left < size)
            size = (size_t)parser->left;
        parser->left -= (int64_t)size;
    }
    response->body = (struct http_slice) { data, size };
    *used += size;
    return HTTP_RESPONSE_BODY;
}

/* Take one step from the bytes that are left. */
static int
step(struct http_response_parser *parser, char *data, size_t size,
    struct http_response *response, size_t *used)
{
    int event;

    switch (parser->stage) {
    case HTTP_RESPONSE_AT_LENGTH:
    case HTTP_RESPONSE_AT_CLOSE:
    case HTTP_RESPONSE_AT_CHUNK:
        return take_body(parser, data, size, response, used);
    case HTTP_RESPONSE_AT_STATUS:
    case HTTP_RESPONSE_AT_FIELDS:
        event = scan_line(parser, data, size);
        return event == GO_ON ? take_head_line(parser, data, response, used)
                              : event;
    case HTTP_RESPONSE_AT_SIZE:
    case HTTP_RESPONSE_AT_REST:
    case HTTP_RESPONSE_AT_TRAILER:
        event = scan_line(parser, data, size);
        return event == GO_ON ? take_chunk_line(parser, data, used) : event;
    case HTTP_RESPONSE_AT_END:
        response->keep_alive = !parser->close && size == 0 &&
                               (parser->minor > 0 || parser->persist);
        return HTTP_RESPONSE_END;
    case HTTP_RESPONSE_AT_FLAW:
    default:
        return HTTP_RESPONSE_BROKEN;
    }
}

/* Find the next event in data. */
enum http_response_event
http_response_parse(struct http_response_parser *parser, char *data,
    size_t size, struct http_response *response, size_t *used)
{
    int event;

    *used = 0;
    parser->begun |= size > 0;
    do
        event = step(parser, data + *used, size - *used, response, used);
    while (event == GO_ON);
    response->status = parser->status;
    response->flaw = parser->flaw;
    return (enum http_response_event)event;
}

/* The connection has ended. */
enum http_response_event
http_response_end(struct http_response_parser *parser, bool orderly,
    struct http_response *response)
{
    response->status = parser->status;
    response->keep_alive = false;
    if (orderly && parser->stage == HTTP_RESPONSE_AT_CLOSE) {
        parser->stage = HTTP_RESPONSE_AT_END;
        return HTTP_RESPONSE_END;
    }
    response->flaw = parser->begun ? HTTP_RESPONSE_CUT : HTTP_RESPONSE_SILENT;
    refuse(parser, response->flaw);
    return HTTP_RESPONSE_BROKEN;
}
