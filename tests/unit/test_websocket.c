#include "common/websocket.h"

#include "report/rng.h"
#include "tests/unit/guard.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistr.h>
#include <wslay/wslay.h>

#define LITERAL(literal) literal, sizeof(literal) - 1

/* Room for what a conversation sends one way. */
#define MANY ((size_t)1 << 20)

/* The longest message, unless a test says otherwise: four times 64 KiB. */
#define LONGEST 262144

/* --- The handshake -------------------------------------------------------- */

EACH_TEST(.seconds = 300);

TEST(the_key_of_the_rfc_is_proved)
{
    char *accept = guard_room(WS_ACCEPT_ROOM);

    ck_assert(ws_accept(LITERAL("dGhlIHNhbXBsZSBub25jZQ=="), accept));
    ck_assert_str_eq(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    ck_assert(ws_accept(LITERAL("AAAAAAAAAAAAAAAAAAAAAA=="), accept));
    ck_assert_str_eq(accept, "ICX+Yqv66kxgM0FcWaLWlFLwTAI=");
}

/* Keys that are not 16 bytes in base64. */
static const char *const wrong_keys[] = {
    "",
    "x",
    "dGhlIHNhbXBsZSBub25jZQ=",
    "dGhlIHNhbXBsZSBub25jZQ",
    "dGhlIHNhbXBsZSBub25jZQ===",
    "dGhlIHNhbXBsZSBub25jZTE=",
    "dGhlIHNhbXBsZSBub25jZTEx",
    "dGhlIHNhbXBsZSBub25j====",
    "dGhlIHNhbXBsZSBub25jZ===",
    "dGhlIHNhbXBsZSBub25jZ-==",
    "dGhlIHNhbXBsZSBub25jZ_==",
    "dGhlIHNhbXBsZSBu b25jZQ=",
    "dGhlIHNhbXBsZSBub25jZQ= ",
    "========================",
    "dGhlIHNhbXBs\xc3\xa9SBub25jZQ==",
    "dGhlIHNhbXBsZSBub25jZQ==dGhlIHNhbXBsZSBub25jZQ==",
};

TEST(a_key_is_16_bytes_in_base64, .times = COUNT(wrong_keys))
{
    const char *key = wrong_keys[_i];
    const size_t length = strlen(key);

    ck_assert(!ws_accept(
        guard_copy(key, length), length, guard_room(WS_ACCEPT_ROOM)));
}

#define GET             "GET /chat HTTP/1.1\r\n"
#define HOST            "Host: a\r\n"
#define UPGRADE         "Upgrade: websocket\r\n"
#define CONNECT         "Connection: Upgrade\r\n"
#define KEY             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define VERSION_13      "Sec-WebSocket-Version: 13\r\n"
#define ALL_BUT_KEY     GET HOST UPGRADE CONNECT VERSION_13
#define ALL_BUT_VERSION GET HOST UPGRADE CONNECT KEY
#define ALL_BUT_UPGRADE GET HOST CONNECT KEY VERSION_13
#define ALL_BUT_CONNECT GET HOST UPGRADE KEY VERSION_13
#define ALL             ALL_BUT_KEY KEY

static const struct {
    const char *head; /* but for the empty line */
    enum ws_handshake expected;
} handshakes[] = {
    { ALL, WS_ACCEPTED },
    { ALL "Origin: http://a\r\n", WS_ACCEPTED },
    { ALL "Sec-WebSocket-Protocol: chat, superchat\r\n", WS_ACCEPTED },
    { ALL "Sec-WebSocket-Extensions: permessage-deflate\r\n", WS_ACCEPTED },
    { ALL "Content-Length: 0\r\n", WS_ACCEPTED },
    { "GET /chat HTTP/1.2\r\n" HOST UPGRADE CONNECT KEY VERSION_13,
        WS_ACCEPTED },
    { "GET http://a/chat HTTP/1.1\r\n" HOST UPGRADE CONNECT KEY VERSION_13,
        WS_ACCEPTED },
    { KEY, WS_NOT_ASKED },
    { "HEAD /chat HTTP/1.1\r\n" HOST UPGRADE CONNECT KEY VERSION_13,
        WS_NOT_ASKED },
    { "POST /chat HTTP/1.1\r\n" HOST UPGRADE CONNECT KEY VERSION_13
      "Content-Length: 0\r\n",
        WS_NOT_ASKED },
    { "GET /chat HTTP/1.0\r\n" HOST UPGRADE CONNECT KEY VERSION_13,
        WS_NOT_ASKED },
    { ALL "Content-Length: 1\r\n", WS_NOT_ASKED },
    /* Upgrade and Connection. */
    { ALL_BUT_UPGRADE, WS_NOT_ASKED },
    { ALL_BUT_UPGRADE "Upgrade:\r\n", WS_NOT_ASKED },
    { ALL_BUT_UPGRADE "Upgrade: h2c\r\n", WS_NOT_ASKED },
    { ALL_BUT_UPGRADE "Upgrade: websockets\r\n", WS_NOT_ASKED },
    { ALL_BUT_UPGRADE "Upgrade: web socket\r\n", WS_NOT_ASKED },
    { ALL_BUT_UPGRADE "Upgrade: websocket/13\r\n", WS_NOT_ASKED },
    { ALL_BUT_UPGRADE "upgrade: WebSocket\r\n", WS_ACCEPTED },
    { ALL_BUT_UPGRADE "Upgrade: h2c, websocket\r\n", WS_ACCEPTED },
    { ALL_BUT_UPGRADE "Upgrade: h2c\r\n" UPGRADE, WS_ACCEPTED },
    { ALL_BUT_CONNECT, WS_NOT_ASKED },
    { ALL_BUT_CONNECT "Connection: keep-alive\r\n", WS_NOT_ASKED },
    { ALL_BUT_CONNECT "Connection: Upgraded\r\n", WS_NOT_ASKED },
    { ALL_BUT_CONNECT "Connection: keep-alive, Upgrade\r\n", WS_ACCEPTED },
    { ALL_BUT_CONNECT "connection:\tUPGRADE \r\n", WS_ACCEPTED },
    { ALL_BUT_CONNECT "Connection: x\r\n" CONNECT, WS_ACCEPTED },
    { GET HOST KEY VERSION_13, WS_NOT_ASKED },
    /* The version. */
    { ALL_BUT_VERSION, WS_WRONG_VERSION },
    { ALL_BUT_VERSION "Sec-WebSocket-Version: 8\r\n", WS_WRONG_VERSION },
    { ALL_BUT_VERSION "Sec-WebSocket-Version: 14\r\n", WS_WRONG_VERSION },
    { ALL_BUT_VERSION "Sec-WebSocket-Version: 013\r\n", WS_WRONG_VERSION },
    { ALL_BUT_VERSION "Sec-WebSocket-Version: 13, 8\r\n", WS_WRONG_VERSION },
    { ALL_BUT_VERSION "Sec-WebSocket-Version:\r\n", WS_WRONG_VERSION },
    { ALL VERSION_13, WS_WRONG_VERSION },
    { ALL_BUT_VERSION "sec-websocket-version:13\r\n", WS_ACCEPTED },
    /* The key; its contents are tested above. */
    { ALL_BUT_KEY, WS_WRONG_KEY },
    { ALL_BUT_KEY "Sec-WebSocket-Key:\r\n", WS_WRONG_KEY },
    { ALL_BUT_KEY "Sec-WebSocket-Key: x\r\n", WS_WRONG_KEY },
    { ALL KEY, WS_WRONG_KEY },
    { ALL_BUT_KEY "sec-websocket-key:dGhlIHNhbXBsZSBub25jZQ== \r\n",
        WS_ACCEPTED },
    /* What is wrong first in this order is told. */
    { GET HOST UPGRADE CONNECT, WS_WRONG_VERSION },
    { GET HOST UPGRADE, WS_NOT_ASKED },
};

TEST(a_handshake_is_judged, .times = COUNT(handshakes))
{
    char head[1024], *accept = guard_room(WS_ACCEPT_ROOM);
    const size_t size = (size_t)snprintf(head, sizeof(head), "%s%s\r\n",
        _i == 7 ? GET HOST : "", handshakes[_i].head);
    struct http_parser parser;
    struct http_request request;
    size_t used;

    http_init(&parser);
    http_take_posts(&parser);
    ck_assert_int_eq(
        http_parse(&parser, guard_copy(head, size), size, &request, &used),
        HTTP_REQUEST);
    ck_assert_int_eq(ws_handshake(&request, accept), handshakes[_i].expected);
    if (handshakes[_i].expected == WS_ACCEPTED)
        ck_assert_str_eq(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(a_handshake_is_answered)
{
    static const char expected[] =
        "HTTP/1.1 101 Switching Protocols\r\n"
        "Upgrade: websocket\r\n"
        "Connection: Upgrade\r\n"
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
    char *room = guard_room(WS_ANSWER_MAX);

    ck_assert_uint_eq(
        ws_answer(room, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), sizeof(expected) - 1);
    ck_assert_mem_eq(room, expected, sizeof(expected) - 1);
}

/* --- Conversations -------------------------------------------------------- */

/* Bytes that go one way. */
struct bytes {
    char at[MANY];
    size_t size;
};

/* Add bytes. */
static void
add(struct bytes *bytes, const void *more, size_t size)
{
    if (size > MANY - bytes->size)
        ck_abort_msg("too long a conversation");
    if (size > 0)
        memcpy(bytes->at + bytes->size, more, size);
    bytes->size += size;
}

/* Add a frame, masked if there is a mask: of any first byte. */
static void
add_frame(struct bytes *bytes, uint8_t first, const char *payload,
    size_t length, const uint8_t *mask)
{
    char head[WS_HEAD_MAX];
    const size_t size = ws_head(head, WS_TEXT, length);

    head[0] = (char)first;
    if (mask != NULL)
        head[1] = (char)(head[1] | (char)0x80);
    add(bytes, head, size);
    if (mask != NULL)
        add(bytes, mask, 4);
    add(bytes, payload, length);
    if (mask != NULL)
        for (size_t i = 0; i < length; i++)
            bytes->at[bytes->size - length + i] ^= (char)mask[i % 4];
}

/* A server that returns what it gets, and what it has kept. */
struct echo {
    struct ws_parser parser;
    struct bytes *sent; /* by it */
    struct bytes message;
    const struct bytes *come;
    size_t start, end; /* of what came and was not used */
    bool over;
};

/* Start a server for which these bytes will come. */
static void
echo_init(struct echo *echo, size_t longest, const struct bytes *come,
    struct bytes *sent)
{
    ws_init(&echo->parser, longest);
    echo->come = come;
    echo->sent = sent;
    echo->start = echo->end = echo->message.size = sent->size = 0;
    echo->over = false;
}

/* Keep the bytes of a message, and return it when it is complete. */
static void
echo_message(struct echo *echo, const struct ws_event *event, bool complete)
{
    if (event->at != echo->message.size)
        ck_abort_msg("bytes are missing");
    add(&echo->message, event->bytes, event->length);
    if (!complete)
        return;
    add_frame(echo->sent, (uint8_t)(0x80 | event->opcode), echo->message.at,
        echo->message.size, NULL);
    echo->message.size = 0;
}

/* Say something by a close frame, and hear nothing any more. */
static void
echo_close(struct echo *echo, int code)
{
    char frame[WS_CLOSE_MAX];

    add(echo->sent, frame, ws_close(frame, code, NULL));
    echo->over = true;
}

/* Take in that all bytes up to end have come; they are shown before a guard. */
static void
take(struct echo *echo, size_t end)
{
    echo->end = end;
    while (!echo->over) {
        const size_t size = echo->end - echo->start;
        char *data = guard_copy(echo->come->at + echo->start, size);
        struct ws_event event;
        size_t used = size + 1;
        const enum ws_result result =
            ws_parse(&echo->parser, data, size, &event, &used);

        if (used > size)
            ck_abort_msg("more used than there was");
        if (event.length > 0 &&
            (event.bytes < data || event.bytes + event.length > data + used))
            ck_abort_msg("bytes that were not used");
        echo->start += used;
        switch (result) {
        case WS_MORE:
            if (size - used >= WS_ROOM)
                ck_abort_msg("more wanted than a buffer holds");
            return;
        case WS_DATA:
            if (event.length == 0)
                ck_abort_msg("an event about nothing");
            echo_message(echo, &event, false);
            break;
        case WS_MESSAGE:
            echo_message(echo, &event, true);
            break;
        case WS_PINGED:
            add_frame(echo->sent, 0x8a, event.bytes, event.length, NULL);
            break;
        case WS_PONGED:
            break;
        case WS_CLOSED:
        case WS_BROKEN:
            echo_close(echo, event.code);
            break;
        default:
            ck_abort_msg("not an answer of ws_parse");
        }
    }
}

/* Write bytes as hexadecimal digits, not too many of them. */
static const char *
show(const struct bytes *bytes)
{
    static char text[2001];
    size_t length = 0;

    for (size_t i = 0; i < bytes->size && length < sizeof(text) - 3; i++)
        length += (size_t)sprintf(
            text + length, "%02x", (unsigned)(uint8_t)bytes->at[i]);
    return text;
}

/* Check what a server that gets these bytes sends, when they come cut at at
 * most two places, 0 and the end being none. */
static void
check_cut(const struct bytes *come, const struct bytes *expected, size_t at,
    size_t then, const char *name)
{
    static struct echo echo;
    static struct bytes sent;

    echo_init(&echo, LONGEST, come, &sent);
    take(&echo, at);
    take(&echo, then);
    take(&echo, come->size);
    if (sent.size != expected->size ||
        memcmp(sent.at, expected->at, sent.size) != 0)
        ck_abort_msg(
            "%s, cut at %zu and %zu: sent %s", name, at, then, show(&sent));
}

/* The same, however they are cut: at every two places if they are few, else at
 * every one, or at some; and byte by byte. */
static void
check_cuts(
    const struct bytes *come, const struct bytes *expected, const char *name)
{
    static struct echo echo;
    static struct bytes sent;
    const size_t size = come->size, step = size / 500 + 1;

    for (size_t at = 0; at <= size; at += step) {
        check_cut(come, expected, at, size, name);
        for (size_t then = at; size < 64 && then <= size; then++)
            check_cut(come, expected, at, then, name);
    }
    if (size > 100000)
        return;
    echo_init(&echo, LONGEST, come, &sent);
    for (size_t at = 0; at <= size; at++)
        take(&echo, at);
    if (sent.size != expected->size ||
        memcmp(sent.at, expected->at, sent.size) != 0)
        ck_abort_msg("%s, byte by byte: sent %s", name, show(&sent));
}

/* The value of a hexadecimal digit. */
static unsigned
digit(char c)
{
    return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* Read parts of a payload up to a blank; where they end. */
static const char *
read_payload(const char *text, struct bytes *payload)
{
    payload->size = 0;
    while (*text != ' ' && *text != '\n') {
        unsigned long times = 1;
        char byte;

        if (*text == '\'') {
            const char *end = strchr(text + 1, '\'');

            add(payload, text + 1, (size_t)(end - text) - 1);
            text = end + 1;
        } else if (*text == ',' || *text == ':') {
            text++;
        } else {
            if (strcspn(text, "*") < strcspn(text, ", \n'")) {
                char *end;

                times = strtoul(text, &end, 10);
                text = end + 1;
            }
            byte = (char)(digit(text[0]) << 4 | digit(text[1]));
            for (; times > 0; times--)
                add(payload, &byte, 1);
            text += 2;
        }
    }
    return text;
}

/* Read the frames of a line. */
static void
read_frames(const char *text, struct bytes *bytes, const uint8_t *mask)
{
    static struct bytes payload;

    bytes->size = 0;
    while (*text != '\n') {
        const uint8_t first = (uint8_t)(digit(text[0]) << 4 | digit(text[1]));

        text = read_payload(text + 2, &payload);
        add_frame(bytes, first, payload.at, payload.size, mask);
        text += *text == ' ';
    }
}

TEST(the_cases_of_autobahn)
{
    static const uint8_t masks[][4] = { { 0 }, { 0x37, 0xfa, 0x21, 0x3d } };
    static struct bytes come, expected;
    static char sent[65536], get[65536];
    FILE *file = fopen("tests/websocket.txt", "r");
    char name[256];
    int cases = 0;

    ck_assert_ptr_nonnull(file);
    while (fgets(name, sizeof(name), file) != NULL) {
        if (name[0] == '#')
            continue;
        ck_assert_ptr_nonnull(fgets(sent, sizeof(sent), file));
        ck_assert_ptr_nonnull(fgets(get, sizeof(get), file));
        ck_assert_mem_eq(sent, "    > ", 6);
        ck_assert_mem_eq(get, "    < ", 6);
        read_frames(get + 6, &expected, NULL);
        for (int i = 0; i < COUNT(masks); i++) {
            read_frames(sent + 6, &come, masks[i]);
            check_cuts(&come, &expected, name);
        }
        cases++;
    }
    fclose(file);
    ck_assert_int_eq(cases, 247);
}

/* Bytes that come, masked by zeros, and the close code they get; 0: none yet,
 * -1: only other frames. */
static const struct {
    const char *bytes;
    size_t size;
    int expected;
} raw[] = {
#define RAW(bytes, code)                                                       \
    {                                                                          \
        LITERAL(bytes), code                                                   \
    }
#define M "\0\0\0\0"
    /* As early as it can be known. */
    RAW("", 0),
    RAW("\x81", 0),
    RAW("\x81\x80", 0),
    RAW("\x81\x80\0\0\0", 0),
    RAW("\x80", 1002), /* a continuation of nothing */
    RAW("\x00", 1002),
    RAW("\x83", 1002), /* reserved opcodes */
    RAW("\x07", 1002),
    RAW("\x8b", 1002),
    RAW("\x8f", 1002),
    RAW("\xc1", 1002), /* reserved bits */
    RAW("\xa1", 1002),
    RAW("\x91", 1002),
    RAW("\xf1", 1002),
    RAW("\xc9", 1002),
    RAW("\x08", 1002), /* fragmented control frames */
    RAW("\x09", 1002),
    RAW("\x0a", 1002),
    RAW("\x81\x00", 1002), /* no mask */
    RAW("\x81\x05Hello", 1002),
    RAW("\x88\x00", 1002),
    RAW("\x89\x7e", 1002),
    RAW("\x89\xfe", 1002), /* long control frames */
    RAW("\x8a\xff", 1002),
    RAW("\x88\xfe\0\x7e" M, 1002),
    /* Lengths. */
    RAW("\x82\xfe\0", 0),
    RAW("\x82\xfe\0\0", 1002),
    RAW("\x82\xfe\0\x7d", 1002),
    RAW("\x82\xfe\0\x7e", 0),
    RAW("\x82\xff\0\0\0\0\0\0\0", 0),
    RAW("\x82\xff\0\0\0\0\0\0\0\0", 1002),
    RAW("\x82\xff\0\0\0\0\0\0\xff\xff", 1002),
    RAW("\x82\xff\0\0\0\0\0\x01\0\0", 0),
    RAW("\x82\xff\0\0\0\0\0\x04\0\0", 0),
    RAW("\x82\xff\0\0\0\0\0\x04\0\x01", 1009),
    RAW("\x82\xff\0\0\0\0\x80\0\0\0", 1009),
    RAW("\x82\xff\x40\0\0\0\0\0\0\0", 1009),
    RAW("\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff", 1009),
    RAW("\x82\xff\x80\0\0\0\0\0\0\0", 1002),
    RAW("\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff", 1002),
    /* Over the limit together, and just not. */
    RAW("\x02\x81" M "x\x80\xff\0\0\0\0\0\x03\xff\xff", 0),
    RAW("\x02\x81" M "x\x80\xff\0\0\0\0\0\x04\0\0", 1009),
    RAW("\x02\x80" M "\x80\xff\0\0\0\0\0\x04\0\0", 0),
    /* Text. */
    RAW("\x81\x85" M "\xff", 1007),
    RAW("\x81\x85" M "a\xc0", 1007),
    RAW("\x81\x85" M "\xf4\x90", 1007),
    RAW("\x81\x85" M "\xf4\x8f", 0),
    RAW("\x01\x81" M "\xe2\x80\x81" M "\x82", 1007),
    RAW("\x01\x81" M "\xe2\x89\x81" M "\xff\x00\x81" M "\x82", -1),
    RAW("\x01\x81" M "\xe2\x89\x81" M "\xff\x00\x81" M "\x20", 1007),
    RAW("\x01\x81" M "\xe2\x80\x80" M, 1007),
    RAW("\x82\x81" M "\xff\x81\x80" M, -1),
    RAW("\x81\x80" M "\x82\x85" M "\xff", -1),
    /* Closing. */
    RAW("\x88\x80" M, 1005),
    RAW("\x88\x82" M "\x03\xe8", 1000),
    RAW("\x88\x82" M "\x03\xf4", 1012),
    RAW("\x88\x82" M "\x03\xf5", 1013),
    RAW("\x88\x82" M "\x03\xf6", 1014),
    RAW("\x88\x82" M "\x03\xf7", 1002),
    RAW("\x88\x82" M "\x03\xee", 1002),
    RAW("\x88\x82" M "\x0b\xb7", 1002),
    RAW("\x88\x82" M "\x0b\xb8", 3000),
    RAW("\x88\x82" M "\x13\x87", 4999),
    RAW("\x88\x82" M "\x13\x88", 1002),
    RAW("\x88\x82" M "\xff\xff", 1002),
    RAW("\x88\x81" M "\x03", 1002),
    RAW("\x88\x84" M "\x03\xe8\xc3\xa9", 1000),
    RAW("\x88\x83" M "\x03\xe8\xc3", 1007),
    RAW("\x88\x84" M "\x03\xe8\xc3\xc3", 1007),
    RAW("\x88\x83" M "\x03\xed\xff", 1002), /* the code counts before it */
    RAW("\x88\x80" M "\xff", 1005),
#undef M
};

TEST(a_frame_gets_its_code_as_soon_as_it_can, .times = COUNT(raw))
{
    static struct echo echo;
    static struct bytes come, sent;

    for (int once = 0; once < 2; once++) {
        int code = 0;

        come.size = 0;
        add(&come, raw[_i].bytes, raw[_i].size);
        echo_init(&echo, LONGEST, &come, &sent);
        for (size_t at = once ? come.size : 0; at <= come.size; at++)
            take(&echo, at);
        if (sent.size > 0)
            code = -1;
        if (sent.size >= 2 && memcmp(sent.at + sent.size - 2, "\x88", 2) == 0)
            code = WS_NO_CODE;
        if (sent.size >= 4 &&
            memcmp(sent.at + sent.size - 4, "\x88\x02", 2) == 0)
            code = (uint8_t)sent.at[sent.size - 2] << 8 |
                   (uint8_t)sent.at[sent.size - 1];
        ck_assert_int_eq(code, raw[_i].expected);
    }
}

TEST(a_close_says_why)
{
    static const uint8_t mask[4] = { 1, 2, 3, 4 };
    static struct bytes come;
    struct ws_parser parser;
    struct ws_event event;
    size_t used;

    come.size = 0;
    add_frame(&come, 0x88, LITERAL("\x03\xe9the end"), mask);
    add(&come, "\x81", 1);
    ws_init(&parser, LONGEST);
    ck_assert_int_eq(
        ws_parse(&parser, come.at, come.size, &event, &used), WS_CLOSED);
    ck_assert_uint_eq(used, come.size - 1);
    ck_assert_int_eq(event.code, 1001);
    ck_assert_uint_eq(event.length, 7);
    ck_assert_mem_eq(event.bytes, "the end", 7);
    /* Nothing comes after it, whatever comes. */
    for (size_t size = 0; size < 3; size++) {
        ck_assert_int_eq(
            ws_parse(&parser, come.at, size, &event, &used), WS_MORE);
        ck_assert_uint_eq(used, size);
        ck_assert_uint_eq(event.length, 0);
    }
}

TEST(what_is_broken_stays_broken)
{
    char good[] = "\x81\x80\0\0\0\0", bad[] = "\x81\x80\0\0\0\0\xff";
    char bad_close[] = "\x88\x81\0\0\0\0\0";
    struct ws_parser parser;
    struct ws_event event;
    size_t used;

    ws_init(&parser, LONGEST);
    ck_assert_int_eq(
        ws_parse(&parser, bad, sizeof(bad) - 1, &event, &used), WS_MESSAGE);
    ck_assert_int_eq(
        ws_parse(&parser, bad + used, 1, &event, &used), WS_BROKEN);
    for (int again = 0; again < 2; again++) {
        ck_assert_int_eq(
            ws_parse(&parser, good, sizeof(good) - 1, &event, &used),
            WS_BROKEN);
        ck_assert_int_eq(event.code, WS_PROTOCOL_ERROR);
        ck_assert_uint_eq(used, 0);
    }
    ws_init(&parser, LONGEST);
    for (int again = 0; again < 2; again++) {
        ck_assert_int_eq(
            ws_parse(&parser, bad_close, sizeof(bad_close) - 1, &event, &used),
            WS_BROKEN);
        ck_assert_int_eq(event.code, WS_PROTOCOL_ERROR);
    }
    ck_assert_uint_eq(used, 0);
}

TEST(fragments_of_no_bytes_are_counted)
{
    static const uint8_t mask[4];
    static struct echo echo;
    static struct bytes come, sent;

    for (int more = 0; more < 2; more++) {
        come.size = 0;
        add_frame(&come, 0x01, "", 0, mask);
        for (int i = 1; i < WS_EMPTY_MAX + more; i++)
            add_frame(&come, 0x00, "", 0, mask);
        /* An end without bytes is no such fragment; a new message starts
         * anew. */
        add_frame(&come, 0x80, "", 0, mask);
        add_frame(&come, 0x01, "", 0, mask);
        add_frame(&come, 0x80, "", 0, mask);
        echo_init(&echo, LONGEST, &come, &sent);
        take(&echo, come.size);
        ck_assert_str_eq(show(&sent), more ? "880203f0" : "81008100");
    }
}

TEST(a_message_in_65536_fragments_is_one)
{
    static const uint8_t mask[4] = { 1, 2, 3, 4 };
    static struct echo echo;
    static struct bytes come, sent;

    come.size = 0;
    for (int i = 0; i < 65536; i++)
        add_frame(&come, i == 0 ? 0x01 : i < 65535 ? 0x00 : 0x80, "x", 1, mask);
    echo_init(&echo, 65536, &come, &sent);
    take(&echo, come.size);
    ck_assert_uint_eq(sent.size, 65546);
    ck_assert_uint_eq(echo.start, come.size);
}

TEST(messages_of_16_mib_need_no_memory)
{
    static const struct {
        size_t message, frame;
    } sizes[] = { { 65536, 64 }, { 262144, 256 }, { 1048576, 1024 },
        { 4194304, 4194304 }, { 16777216, 65536 }, { 16777216, 16777216 } };
    char piece[4096];

    for (int i = 0; i < COUNT(sizes); i++) {
        struct ws_parser parser;
        size_t left = sizes[i].message, got = 0;
        enum ws_result result = WS_MORE;

        ws_init(&parser, sizes[i].message);
        while (left > 0) {
            const size_t frame = left < sizes[i].frame ? left : sizes[i].frame;
            struct ws_event event;
            size_t size, used;

            size =
                ws_head(piece, left == sizes[i].message ? WS_TEXT : 0, frame);
            left -= frame;
            piece[0] = (char)((piece[0] & 0x0f) | (left == 0 ? 0x80 : 0));
            piece[1] = (char)(piece[1] | (char)0x80);
            memset(piece + size, 0, 4);
            ck_assert_int_eq(
                ws_parse(&parser, piece, size + 4, &event, &used), WS_MORE);
            ck_assert_uint_eq(used, size + 4);
            for (size_t sent = 0; sent < frame; sent += size) {
                size =
                    frame - sent < sizeof(piece) ? frame - sent : sizeof(piece);
                memset(piece, 'x', size);
                result = ws_parse(&parser, piece, size, &event, &used);
                ck_assert_uint_eq(used, size);
                ck_assert_uint_eq(event.at, got);
                got += event.length;
            }
        }
        ck_assert_int_eq(result, WS_MESSAGE);
        ck_assert_uint_eq(got, sizes[i].message);
    }
}

TEST(a_byte_is_unmasked_wherever_it_stands)
{
    static const uint8_t mask[4] = { 0x37, 0xfa, 0x21, 0x3d };
    static struct bytes come, expected;
    char payload[64];

    for (size_t i = 0; i < sizeof(payload); i++)
        payload[i] = (char)(i * 5 + 1);
    for (size_t length = 0; length <= 40; length++) {
        come.size = expected.size = 0;
        add_frame(&come, 0x82, payload, length, mask);
        add_frame(&expected, 0x82, payload, length, NULL);
        check_cuts(&come, &expected, "masked");
    }
}

/* --- UTF-8 ---------------------------------------------------------------- */

/* Whether bytes are the beginning of a character, which libunistring knows of
 * whole ones only. */
static bool
begins_character(const uint8_t *text, size_t length)
{
    static const uint8_t more[] = { 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf };
    uint8_t longer[4];
    ucs4_t code;

    if (length > 3)
        return false;
    memcpy(longer, text, length);
    for (int i = 0; i < COUNT(more); i++) {
        longer[length] = more[i];
        if (u8_mbtoucr(&code, longer, length + 1) == (int)length + 1 ||
            begins_character(longer, length + 1))
            return true;
    }
    return false;
}

/* What a text is: 1 whole, 0 the beginning of one, -1 neither. */
static int
kind_of(const uint8_t *text, size_t length)
{
    while (length > 0) {
        ucs4_t code;
        const int used = u8_mbtoucr(&code, text, length);

        if (used <= 0)
            return begins_character(text, length) ? 0 : -1;
        text += used;
        length -= (size_t)used;
    }
    return 1;
}

/* What the parser makes of it, which comes in two pieces. */
static int
found_kind(const uint8_t *text, size_t length, size_t cut)
{
    char bytes[32] = { '\x01', (char)(0x80 + length) };
    struct ws_parser parser;
    struct ws_event event;
    size_t used;
    enum ws_result result;

    memcpy(bytes + 6, text, length);
    ws_init(&parser, LONGEST);
    result = ws_parse(&parser, bytes, 6 + cut, &event, &used);
    if (result != WS_BROKEN)
        result =
            ws_parse(&parser, bytes + used, 6 + length - used, &event, &used);
    if (result == WS_BROKEN)
        return -1;
    memcpy(bytes, "\x80\x80\0\0\0", 6);
    return ws_parse(&parser, bytes, 6, &event, &used) == WS_MESSAGE;
}

/* Check a text at every cut. */
static void
check_kind(const uint8_t *text, size_t length)
{
    const int kind = kind_of(text, length);

    for (size_t cut = 0; cut <= length; cut++)
        if (found_kind(text, length, cut) != kind)
            ck_abort_msg("%02x %02x %02x %02x, cut at %zu", text[0], text[1],
                text[2], text[3], cut);
}

TEST(text_is_judged_as_libunistring_judges_it)
{
    /* The bytes at which anything changes, with their neighbours. */
    static const uint8_t edges[] = { 0, 'a', 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0,
        0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0,
        0xf1, 0xf3, 0xf4, 0xf5, 0xf7, 0xf8, 0xff };
    uint8_t text[8] = { 0 };

    for (unsigned i = 0; i < 65536; i++) {
        text[0] = (uint8_t)(i >> 8);
        text[1] = (uint8_t)i;
        check_kind(text, 2);
        if (text[1] == 0)
            check_kind(text, 1);
    }
    for (unsigned i = 0; i < 27 * 27 * 27 * 27; i++) {
        text[0] = edges[i % 27];
        text[1] = edges[i / 27 % 27];
        text[2] = edges[i / 27 / 27 % 27];
        text[3] = edges[i / 27 / 27 / 27];
        check_kind(text, 3 + i % 2);
    }
}

TEST(text_behind_many_ascii_characters_is_judged_as_well)
{
    static const uint8_t mask[4];
    static struct echo echo;
    static struct bytes come, sent;
    char text[33];

    for (size_t at = 0; at < sizeof(text); at++) {
        memset(text, 'x', sizeof(text));
        text[at] = '\x80';
        come.size = 0;
        add_frame(&come, 0x81, text, sizeof(text), mask);
        echo_init(&echo, LONGEST, &come, &sent);
        take(&echo, come.size);
        ck_assert_str_eq(show(&sent), "880203ef");
        ck_assert_uint_eq(echo.end, come.size);
    }
}

/* --- Frames that go ------------------------------------------------------- */

TEST(a_head_has_the_shortest_length)
{
    static const struct {
        uint64_t length;
        const char *head;
        size_t size;
    } heads[] = {
        { 0, LITERAL("\x82\x00") },
        { 1, LITERAL("\x82\x01") },
        { 125, LITERAL("\x82\x7d") },
        { 126, LITERAL("\x82\x7e\x00\x7e") },
        { 65535, LITERAL("\x82\x7e\xff\xff") },
        { 65536, LITERAL("\x82\x7f\0\0\0\0\0\x01\0\0") },
        { 0x123456789abcdef0,
            LITERAL("\x82\x7f\x12\x34\x56\x78\x9a\xbc\xde\xf0") },
    };

    for (int i = 0; i < COUNT(heads); i++) {
        char *room = guard_room(heads[i].size);

        ck_assert_uint_eq(
            ws_head(room, WS_BINARY, heads[i].length), heads[i].size);
        ck_assert_mem_eq(room, heads[i].head, heads[i].size);
        ck_assert_uint_le(heads[i].size, WS_HEAD_MAX);
    }
}

TEST(a_close_is_written)
{
    char *room = guard_room(WS_CLOSE_MAX), reason[200];

    ck_assert_uint_eq(ws_close(room, 1001, NULL), 4);
    ck_assert_mem_eq(room, "\x88\x02\x03\xe9", 4);
    ck_assert_uint_eq(ws_close(room, 4999, "bye"), 7);
    ck_assert_mem_eq(room, "\x88\x05\x13\x87\x62ye", 7);
    ck_assert_uint_eq(ws_close(room, WS_NO_CODE, "bye"), 2);
    ck_assert_mem_eq(room, "\x88\x00", 2);
    memset(reason, 'x', sizeof(reason));
    reason[123] = '\0';
    ck_assert_uint_eq(ws_close(room, 1000, reason), WS_CLOSE_MAX);
    ck_assert_mem_eq(room, "\x88\x7d\x03\xe8xx", 6);
    reason[123] = 'x';
    reason[124] = '\0';
    ck_assert_uint_eq(ws_close(room, 1000, reason), WS_CLOSE_MAX);
    /* No half characters. */
    memcpy(reason + 121, "\xe2\x99\x9ax", 5);
    ck_assert_uint_eq(ws_close(room, 1000, reason), WS_CLOSE_MAX - 2);
    ck_assert_mem_eq(room, "\x88\x7b\x03\xe8xx", 6);
    memcpy(reason + 120, "\xe2\x99\x9ax", 5);
    ck_assert_uint_eq(ws_close(room, 1000, reason), WS_CLOSE_MAX);
}

/* --- libwslay as an oracle ------------------------------------------------ */

/* What a server made of the bytes: each message, ping and pong, and at last the
 * code of the close that it sent. */
struct verdict {
    struct bytes events;
    int code;    /* of the close that it sent; 0: none, it waits */
    bool failed; /* wslay only: it gave up without a code */
};

/* A few frames. */
struct frames {
    struct bytes bytes;
    size_t count;
    size_t ends[10];
    bool newer;   /* there is a close with a code that RFC 6455 has not */
    bool shifted; /* a length is wrong, so that frames end elsewhere */
};

/* wslay's view of a connection. */
struct oracle {
    const struct frames *come;
    size_t at, frame; /* what it has got, and of which frame */
    struct verdict *verdict;
};

/* Add an event. */
static void
note(struct verdict *verdict, uint8_t opcode, const void *bytes, size_t length)
{
    const uint64_t size = length;

    add(&verdict->events, &opcode, 1);
    add(&verdict->events, &size, sizeof(size));
    add(&verdict->events, bytes, length);
}

/* Hand out what comes, a frame at a time: of a close that comes in pieces wslay
 * does not look at the first two bytes of each. */
static ssize_t
oracle_recv(wslay_event_context_ptr context, uint8_t *buffer, size_t size,
    int flags, void *argument)
{
    struct oracle *oracle = argument;
    size_t length;

    (void)flags;
    if (oracle->frame == oracle->come->count) {
        wslay_event_set_error(context, WSLAY_ERR_WOULDBLOCK);
        return -1;
    }
    length = oracle->come->ends[oracle->frame] - oracle->at;
    if (length > size)
        length = size;
    else
        oracle->frame++;
    memcpy(buffer, oracle->come->bytes.at + oracle->at, length);
    oracle->at += length;
    return (ssize_t)length;
}

/* Take what is sent; which code that is, wslay says by itself. */
static ssize_t
oracle_send(wslay_event_context_ptr context, const uint8_t *bytes, size_t size,
    int flags, void *argument)
{
    (void)context;
    (void)bytes;
    (void)flags;
    (void)argument;
    return (ssize_t)size;
}

/* Take in a message. */
static void
oracle_message(wslay_event_context_ptr context,
    const struct wslay_event_on_msg_recv_arg *message, void *argument)
{
    struct oracle *oracle = argument;

    (void)context;
    if (message->opcode != WSLAY_CONNECTION_CLOSE)
        note(oracle->verdict, message->opcode, message->msg,
            message->msg_length);
}

/* What wslay makes of bytes. */
static void
ask_wslay(const struct frames *come, struct verdict *verdict)
{
    static const struct wslay_event_callbacks callbacks = {
        .recv_callback = oracle_recv,
        .send_callback = oracle_send,
        .on_msg_recv_callback = oracle_message,
    };
    struct oracle oracle = { come, 0, 0, verdict };
    wslay_event_context_ptr context;

    verdict->events.size = 0;
    ck_assert_int_eq(
        wslay_event_context_server_init(&context, &callbacks, &oracle), 0);
    wslay_event_config_set_max_recv_msg_length(context, 4096);
    while (oracle.frame < come->count && wslay_event_get_read_enabled(context))
        if (wslay_event_recv(context) != 0)
            break;
    while (wslay_event_want_write(context) && wslay_event_send(context) == 0)
        ;
    verdict->failed = !wslay_event_get_read_enabled(context) &&
                      !wslay_event_get_close_sent(context);
    verdict->code = wslay_event_get_close_sent(context)
                        ? wslay_event_get_status_code_sent(context)
                        : 0;
    wslay_event_context_free(context);
}

/* What ws_parse makes of them, cut otherwise. */
static void
ask_ourselves(
    const struct bytes *come, struct rng *rng, struct verdict *verdict)
{
    static struct bytes message;
    struct ws_parser parser;
    size_t start = 0, end = 0;

    verdict->events.size = message.size = 0;
    verdict->code = 0;
    ws_init(&parser, 4096);
    for (;;) {
        char *data = guard_copy(come->at + start, end - start);
        struct ws_event event;
        size_t used;
        const enum ws_result result =
            ws_parse(&parser, data, end - start, &event, &used);

        start += used;
        if (result == WS_DATA || result == WS_MESSAGE)
            add(&message, event.bytes, event.length);
        if (result == WS_MESSAGE) {
            note(verdict, (uint8_t)event.opcode, message.at, message.size);
            message.size = 0;
        }
        if (result == WS_PINGED || result == WS_PONGED)
            note(verdict, (uint8_t)event.opcode, event.bytes, event.length);
        if (result == WS_CLOSED || result == WS_BROKEN) {
            verdict->code = event.code;
            return;
        }
        if (result == WS_MORE && end == come->size)
            return;
        if (result == WS_MORE)
            end += 1 + (size_t)rng_below(rng, come->size - end);
    }
}

/* Whether a close code was registered after RFC 6455. */
static bool
is_newer(int code)
{
    return code >= 1012 && code <= 1014;
}

/* Add a random frame, mostly a right one. within says whether a message has
 * begun. */
static void
add_random(struct frames *frames, struct rng *rng, bool *within)
{
    static const char *const texts[] = { "", "a", "\xc3\xa9", "\xe2\x99\x9a",
        "\xf0\x9f\x98\x80", "plain text that is longer than eight bytes",
        "\xe2\x99", "\x9a", "\xed\xa0\x80", "\xff" };
    static const uint16_t codes[] = { 1000, 1001, 1002, 1003, 1004, 1005, 1006,
        1007, 1008, 1011, 1012, 1013, 1014, 1015, 999, 2999, 3000, 4999, 5000,
        0 };
    const uint64_t choice = rng_below(rng, 16);
    char payload[5000];
    uint8_t first, mask[4];
    struct bytes *come = &frames->bytes;
    size_t length = 0, before = come->size;

    for (int i = 0; i < 4; i++)
        mask[i] = (uint8_t)rng_next(rng);
    if (choice < 10) {
        const bool last = rng_below(rng, 2) == 0;
        const char *text = texts[rng_below(
            rng, rng_below(rng, 8) == 0 ? (uint64_t)COUNT(texts) : 6)];

        length = strlen(text);
        memcpy(payload, text, length);
        if (rng_below(rng, 16) == 0) {
            length = (size_t)rng_below(rng, sizeof(payload));
            memset(payload, 'x', length);
        }
        first = (uint8_t)((last ? 0x80 : 0) |
                          (*within ? 0 : 1 + rng_below(rng, 2)));
        *within = !last;
    } else if (choice < 15) {
        length = (size_t)rng_below(rng, 126);
        memset(payload, 'p', length);
        first = (uint8_t)(0x89 + rng_below(rng, 2));
    } else {
        const uint16_t code = codes[rng_below(rng, COUNT(codes))];
        const char *text = texts[rng_below(rng, COUNT(texts))];

        frames->newer = frames->newer || is_newer(code);
        payload[0] = (char)(code >> 8);
        payload[1] = (char)code;
        memcpy(payload + 2, text, strlen(text));
        length = rng_below(rng, 4) == 0 ? (size_t)rng_below(rng, 2)
                                        : 2 + strlen(text);
        first = 0x88;
    }
    add_frame(
        come, first, payload, length, rng_below(rng, 200) == 0 ? NULL : mask);
    if (rng_below(rng, 50) == 0)
        come->at[before] ^= (char)(1 << rng_below(rng, 8));
    if (rng_below(rng, 50) == 0) {
        come->at[before + 1] ^= (char)(1 << rng_below(rng, 8));
        frames->shifted = true;
    }
    frames->ends[frames->count++] = come->size;
}

/*
 * Where wslay 1.1.1 is known to judge otherwise:
 * - a control frame that is fragmented or too long, and a length that is not
 *   the shortest or too large, end its reading without a code; ours is 1002
 * - a close of one byte is taken for one without a code; ours is 1002
 * - 1012, 1013 and 1014, registered since RFC 6455, are refused by 1002
 * - it waits for the first byte of a frame that is too long
 * - of a close with a wrong code and a wrong reason it tells the latter
 * - it looks into a close that has not come whole, and not into all of one that
 *   comes in pieces
 */
static bool
is_known(const struct frames *come, const struct verdict *theirs,
    const struct verdict *ours)
{
    if (theirs->failed)
        return ours->code == WS_PROTOCOL_ERROR || ours->code == WS_TOO_BIG;
    if (theirs->code == WS_NO_CODE || theirs->code == 0)
        return ours->code == WS_PROTOCOL_ERROR || ours->code == WS_TOO_BIG;
    if (come->shifted &&
        (ours->code == WS_INVALID || theirs->code == WS_INVALID))
        return true;
    if (theirs->code == WS_INVALID)
        return ours->code == WS_PROTOCOL_ERROR || ours->code == 0;
    return theirs->code == WS_PROTOCOL_ERROR && come->newer &&
           (is_newer(ours->code) || ours->code == WS_INVALID);
}

TEST(wslay_judges_alike)
{
    static struct frames come;
    static struct verdict theirs, ours;
    const char *full = getenv("TEST_FULL");
    const int rounds = full != NULL && *full == '1' ? 200000 : 20000;
    struct rng rng;
    int known = 0;

    rng_seed(&rng, 7);
    for (int round = 0; round < rounds; round++) {
        const size_t frames = 1 + (size_t)rng_below(&rng, COUNT(come.ends));
        bool within = false;

        come.bytes.size = come.count = 0;
        come.newer = come.shifted = false;
        while (come.count < frames)
            add_random(&come, &rng, &within);
        ask_wslay(&come, &theirs);
        ask_ourselves(&come.bytes, &rng, &ours);
        if (theirs.code == ours.code && !theirs.failed &&
            theirs.events.size == ours.events.size &&
            memcmp(theirs.events.at, ours.events.at, ours.events.size) == 0)
            continue;
        known++;
        if (!is_known(&come, &theirs, &ours))
            ck_abort_msg("round %d: wslay says %d%s after %zu bytes of events, "
                         "we say %d after %zu, of %s",
                round, theirs.code, theirs.failed ? " (failed)" : "",
                theirs.events.size, ours.code, ours.events.size,
                show(&come.bytes));
    }
    /* Mostly they agree. */
    ck_assert_int_lt(known, rounds / 4);
}
