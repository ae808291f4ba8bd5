#include "common/websocket.h"

#include <nettle/base64.h>
#include <nettle/sha1.h>
#include <string.h>

/* The bits of a frame's head (RFC 6455, 5.2). */
#define FIN         0x80
#define RESERVED    0x70
#define OPCODE      0x0f
#define MASK        0x80
#define LENGTH      0x7f
#define LENGTH_OF_2 126 /* the length is in the two bytes that follow */
#define LENGTH_OF_8 127

/* What a look at the head of a frame says when it is not a close code. */
#define GO_ON 0
#define WAIT  (-1)

/* Bytes of a key, and of it in base64. */
#define KEY_BYTES  16
#define KEY_LENGTH 24

/* What is hashed with the key (RFC 6455, 1.3). */
static const char salt[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

_Static_assert(WS_ACCEPT_ROOM == BASE64_ENCODE_RAW_LENGTH(SHA1_DIGEST_SIZE) + 1,
    "a digest in base64 and its NUL fit");

/* The head of a frame. */
struct head {
    bool last;
    uint8_t opcode;
    uint64_t length; /* of what follows the head */
    size_t size;     /* of the head */
};

/* Write what proves that a key was read. */
bool
ws_accept(const char *key, size_t length, char *accept)
{
    uint8_t bytes[BASE64_DECODE_LENGTH(KEY_LENGTH)], digest[SHA1_DIGEST_SIZE];
    struct base64_decode_ctx base64;
    struct sha1_ctx sha1;
    size_t decoded = sizeof(bytes);

    base64_decode_init(&base64);
    if (length != KEY_LENGTH ||
        !base64_decode_update(&base64, &decoded, bytes, length, key) ||
        !base64_decode_final(&base64) || decoded != KEY_BYTES)
        return false;
    sha1_init(&sha1);
    sha1_update(&sha1, length, (const uint8_t *)key);
    sha1_update(&sha1, sizeof(salt) - 1, (const uint8_t *)salt);
    sha1_digest(&sha1, sizeof(digest), digest);
    base64_encode_raw(accept, sizeof(digest), digest);
    accept[WS_ACCEPT_ROOM - 1] = '\0';
    return true;
}

/* Judge a request as a handshake. */
enum ws_handshake
ws_handshake(const struct http_request *request, char *accept)
{
    struct http_slice value;

    if (request->method != HTTP_GET || request->minor == 0 ||
        request->body > 0 || !http_field_has(request, "upgrade", "websocket") ||
        !http_field_has(request, "connection", "upgrade"))
        return WS_NOT_ASKED;
    if (http_sole_field(request, "sec-websocket-version", &value) != 1 ||
        value.length != 2 || memcmp(value.text, "13", 2) != 0)
        return WS_WRONG_VERSION;
    if (http_sole_field(request, "sec-websocket-key", &value) != 1 ||
        !ws_accept(value.text, value.length, accept))
        return WS_WRONG_KEY;
    return WS_ACCEPTED;
}

/* Write the answer to a handshake. */
size_t
ws_answer(char *buffer, const char *accept)
{
    char *end = stpcpy(buffer, "HTTP/1.1 101 Switching Protocols\r\n"
                               "Upgrade: websocket\r\n"
                               "Connection: Upgrade\r\n"
                               "Sec-WebSocket-Accept: ");

    end = stpcpy(end, accept);
    end = stpcpy(end, "\r\n\r\n");
    return (size_t)(end - buffer);
}

/* Start behind a handshake. */
void
ws_init(struct ws_parser *parser, size_t max_message)
{
    *parser = (struct ws_parser) { .max_message = max_message };
}

/* Begin a character whose first byte is c; false when there is none such. */
static bool
begin_character(struct ws_utf8 *state, uint8_t c)
{
    if (c < 0x80)
        return true;
    if (c < 0xc2 || c > 0xf4)
        return false;
    state->need = c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
    /* Neither longer than necessary, nor a surrogate, nor beyond U+10FFFF. */
    state->low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
    state->high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
    return true;
}

/* Go on with a text; false when it cannot become UTF-8 any more. */
static bool
go_on_text(struct ws_utf8 *state, const char *bytes, size_t length)
{
    const char *const end = bytes + length;

    while (bytes < end) {
        const uint8_t c = (uint8_t)*bytes;
        uint64_t eight;

        if (state->need > 0) {
            if (c < state->low || c > state->high)
                return false;
            state->need--;
            state->low = 0x80;
            state->high = 0xbf;
            bytes++;
            continue;
        }
        /* Most of them are ASCII. */
        if (end - bytes >= 8) {
            memcpy(&eight, bytes, 8);
            if ((eight & 0x8080808080808080) == 0) {
                bytes += 8;
                continue;
            }
        }
        if (!begin_character(state, c))
            return false;
        bytes++;
    }
    return true;
}

/* Take the mask off, and leave it as it is for the bytes that follow. */
static void
unmask(uint8_t *mask, char *bytes, size_t length)
{
    const size_t whole = length - length % 8;
    uint64_t eight, pattern;
    uint8_t next[4];

    memcpy(&pattern, mask, 4);
    memcpy((char *)&pattern + 4, mask, 4);
    for (size_t i = 0; i < whole; i += 8) {
        memcpy(&eight, bytes + i, 8);
        eight ^= pattern;
        memcpy(bytes + i, &eight, 8);
    }
    for (size_t i = whole; i < length; i++)
        bytes[i] = (char)((uint8_t)bytes[i] ^ mask[i % 4]);
    for (size_t i = 0; i < 4; i++)
        next[i] = mask[(length + i) % 4];
    memcpy(mask, next, 4);
}

/* Whether an opcode is that of a control frame. */
static bool
is_control(uint8_t opcode)
{
    return opcode >= WS_CLOSE;
}

/* Judge the first byte of a frame. */
static int
judge_first(const struct ws_parser *parser, uint8_t byte)
{
    const bool within = parser->opcode != WS_CONTINUATION;

    if ((byte & RESERVED) != 0)
        return WS_PROTOCOL_ERROR;
    switch (byte & OPCODE) {
    case WS_CONTINUATION:
        return within ? GO_ON : WS_PROTOCOL_ERROR;
    case WS_TEXT:
    case WS_BINARY:
        return within ? WS_PROTOCOL_ERROR : GO_ON;
    case WS_CLOSE:
    case WS_PING:
    case WS_PONG:
        return (byte & FIN) != 0 ? GO_ON : WS_PROTOCOL_ERROR;
    default:
        return WS_PROTOCOL_ERROR;
    }
}

/* Read the length that stands in so many bytes. */
static uint64_t
read_length(const uint8_t *bytes, size_t count)
{
    uint64_t length = 0;

    for (size_t i = 0; i < count; i++)
        length = length << 8 | bytes[i];
    return length;
}

/* Judge the length of a frame. */
static int
judge_length(
    const struct ws_parser *parser, const struct head *head, size_t bytes)
{
    if ((bytes == 2 && head->length < LENGTH_OF_2) ||
        (bytes == 8 && head->length <= UINT16_MAX) || head->length > INT64_MAX)
        return WS_PROTOCOL_ERROR;
    if (!is_control(head->opcode) &&
        head->length > parser->max_message - parser->received)
        return WS_TOO_BIG;
    return GO_ON;
}

/* Read the head of a frame, as far as it has come: what is wrong is told by its
 * first byte that is. */
static int
read_head(const struct ws_parser *parser, const char *data, size_t size,
    struct head *head)
{
    const uint8_t *bytes = (const uint8_t *)data;
    size_t more = 0;
    int code;

    if (size < 1)
        return WAIT;
    head->last = (bytes[0] & FIN) != 0;
    head->opcode = bytes[0] & OPCODE;
    code = judge_first(parser, bytes[0]);
    if (code != GO_ON)
        return code;
    if (size < 2)
        return WAIT;
    head->length = bytes[1] & LENGTH;
    if ((bytes[1] & MASK) == 0 ||
        (is_control(head->opcode) && head->length > WS_CONTROL_MAX))
        return WS_PROTOCOL_ERROR;
    if (head->length >= LENGTH_OF_2)
        more = head->length == LENGTH_OF_2 ? 2 : 8;
    if (size < 2 + more)
        return WAIT;
    if (more > 0)
        head->length = read_length(bytes + 2, more);
    code = judge_length(parser, head, more);
    if (code != GO_ON)
        return code;
    head->size = 2 + more + 4;
    return size < head->size ? WAIT : GO_ON;
}

/* Whether a peer may send a close with this code (RFC 6455, 7.4, and the codes
 * that were registered since). */
static bool
is_code(unsigned code)
{
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
           (code >= 3000 && code <= 4999);
}

/* Take in a close frame. */
static int
take_close(struct ws_parser *parser, struct ws_event *event)
{
    struct ws_utf8 text = { 0 };

    parser->over = true;
    event->code = WS_NO_CODE;
    if (event->length == 0)
        return GO_ON;
    if (event->length == 1)
        return WS_PROTOCOL_ERROR;
    event->code = (int)read_length((const uint8_t *)event->bytes, 2);
    if (!is_code((unsigned)event->code))
        return WS_PROTOCOL_ERROR;
    event->bytes += 2;
    event->length -= 2;
    if (!go_on_text(&text, event->bytes, event->length) || text.need > 0)
        return WS_INVALID;
    return GO_ON;
}

/* Take in a control frame that has come whole; bytes follow its head. */
static int
take_control(struct ws_parser *parser, const struct head *head, char *bytes,
    struct ws_event *event, enum ws_result *found)
{
    uint8_t mask[4];

    memcpy(mask, bytes - 4, 4);
    unmask(mask, bytes, (size_t)head->length);
    event->opcode = (enum ws_opcode)head->opcode;
    event->bytes = bytes;
    event->length = (size_t)head->length;
    *found = head->opcode == WS_PING   ? WS_PINGED
             : head->opcode == WS_PONG ? WS_PONGED
                                       : WS_CLOSED;
    return *found == WS_CLOSED ? take_close(parser, event) : GO_ON;
}

/* Begin a frame of a message; bytes follow its head. */
static int
begin_frame(
    struct ws_parser *parser, const struct head *head, const char *bytes)
{
    if (head->opcode != WS_CONTINUATION) {
        parser->opcode = (enum ws_opcode)head->opcode;
        parser->empty = 0;
    }
    if (head->length == 0 && !head->last && ++parser->empty > WS_EMPTY_MAX)
        return WS_POLICY;
    memcpy(parser->mask, bytes - 4, 4);
    parser->left = head->length;
    parser->last = head->last;
    parser->inside = head->length > 0 || head->last;
    return GO_ON;
}

/* Take in the next frame: all of a control frame, or the head of another. */
static int
take_frame(struct ws_parser *parser, char *bytes, size_t size,
    struct ws_event *event, enum ws_result *found, size_t *used)
{
    struct head head;
    const int code = read_head(parser, bytes, size, &head);

    if (code != GO_ON)
        return code;
    if (!is_control(head.opcode)) {
        *used += head.size;
        return begin_frame(parser, &head, bytes + head.size);
    }
    if (size - head.size < head.length)
        return WAIT;
    *used += head.size + (size_t)head.length;
    return take_control(parser, &head, bytes + head.size, event, found);
}

/* Take in the next bytes of the message in work, as far as its frame in work
 * goes. */
static int
take_data(struct ws_parser *parser, char *bytes, size_t size,
    struct ws_event *event, enum ws_result *found, size_t *used)
{
    const size_t length = parser->left < size ? (size_t)parser->left : size;
    const bool complete = parser->last && length == parser->left;

    if (length == 0 && !complete)
        return WAIT;
    unmask(parser->mask, bytes, length);
    *used += length;
    event->opcode = parser->opcode;
    event->bytes = bytes;
    event->length = length;
    event->at = parser->received;
    parser->left -= length;
    parser->inside = parser->left > 0;
    parser->received += length;
    if (parser->opcode == WS_TEXT &&
        (!go_on_text(&parser->utf8, bytes, length) ||
            (complete && parser->utf8.need > 0)))
        return WS_INVALID;
    *found = complete ? WS_MESSAGE : WS_DATA;
    if (complete) {
        parser->opcode = WS_CONTINUATION;
        parser->received = 0;
    }
    return GO_ON;
}

/* Find what comes next in data. */
enum ws_result
ws_parse(struct ws_parser *parser, char *data, size_t size,
    struct ws_event *event, size_t *used)
{
    enum ws_result found = WS_MORE;
    int code = parser->code;

    *used = parser->over && code == GO_ON ? size : 0;
    *event = (struct ws_event) { 0 };
    while (code == GO_ON && found == WS_MORE && !parser->over) {
        char *bytes = data + *used;
        const size_t left = size - *used;

        code = parser->inside
                   ? take_data(parser, bytes, left, event, &found, used)
                   : take_frame(parser, bytes, left, event, &found, used);
    }
    if (code == GO_ON || code == WAIT)
        return found;
    parser->code = code;
    *event = (struct ws_event) { .code = code };
    return WS_BROKEN;
}

/* Write the head of a frame. */
size_t
ws_head(char *head, enum ws_opcode opcode, uint64_t length)
{
    size_t more = 0;

    head[0] = (char)(FIN | (unsigned)opcode);
    if (length < LENGTH_OF_2) {
        head[1] = (char)length;
    } else {
        more = length <= UINT16_MAX ? 2 : 8;
        head[1] = more == 2 ? LENGTH_OF_2 : LENGTH_OF_8;
    }
    for (size_t i = 0; i < more; i++)
        head[2 + i] = (char)(length >> 8 * (more - 1 - i));
    return 2 + more;
}

/* The bytes of a reason that fit into a close frame, up to a character's end.
 */
static size_t
reason_length(const char *reason)
{
    size_t length = reason == NULL ? 0 : strlen(reason);

    if (length > WS_CONTROL_MAX - 2)
        for (length = WS_CONTROL_MAX - 2;
             ((uint8_t)reason[length] & 0xc0) == 0x80;)
            length--;
    return length;
}

/* Write a close frame. */
size_t
ws_close(char *frame, int code, const char *reason)
{
    const size_t length = reason_length(reason);

    if (code == WS_NO_CODE)
        return ws_head(frame, WS_CLOSE, 0);
    ws_head(frame, WS_CLOSE, 2 + length);
    frame[2] = (char)(code >> 8);
    frame[3] = (char)code;
    if (length > 0)
        memcpy(frame + 4, reason, length);
    return 4 + length;
}
