/*
 * Frames: what is decided depends on the bytes, not on how they are cut; what
 * is handed out is what a second, plainer reader of whole frames finds; a
 * message is no longer than it may be, a text is UTF-8, and after the end
 * nothing comes. Input: the cut, the most bytes of a message, the bytes.
 */
#include "common/websocket.h"

#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <unistr.h>

/* No input is longer that what is found in it would not fit. */
#define FOUND_MAX ((size_t)1 << 21)

/* What was found: each message, ping, pong and close, one after the other. */
struct found {
    char bytes[FOUND_MAX];
    size_t size;
    int code; /* of the end; 0: there is none yet */
};

/* Add what begins with a letter. */
static void
add(struct found *found, char letter, const char *bytes, size_t length)
{
    assert(length < FOUND_MAX - found->size - 32);
    found->size +=
        (size_t)sprintf(found->bytes + found->size, "%c%zu:", letter, length);
    if (length > 0)
        memcpy(found->bytes + found->size, bytes, length);
    found->size += length;
}

/* Take in a message, which is handed out in parts. */
static void
add_part(struct found *found, const struct ws_event *event, char *message,
    size_t most, bool last)
{
    assert(event->opcode == WS_TEXT || event->opcode == WS_BINARY);
    assert(last || event->length > 0);
    assert(event->at + event->length <= most);
    if (event->length > 0)
        memcpy(message + event->at, event->bytes, event->length);
    if (!last)
        return;
    add(found, event->opcode == WS_TEXT ? 't' : 'b', message,
        event->at + event->length);
    if (event->opcode == WS_TEXT)
        assert(u8_check((const uint8_t *)message, event->at + event->length) ==
               NULL);
}

/* What ws_parse finds in bytes that come in such pieces. */
static void
parse(const uint8_t *data, size_t size, uint8_t cut, size_t most,
    struct found *found)
{
    static char message[65536];
    struct ws_parser parser;
    struct ws_event event;
    size_t begin = 0, end = 0, used;

    found->size = 0;
    found->code = 0;
    ws_init(&parser, most);
    for (;;) {
        char *rest = fuzz_copy(data + begin, end - begin);
        enum ws_result result =
            ws_parse(&parser, rest, end - begin, &event, &used);

        assert(used <= end - begin);
        if (event.length > 0)
            assert(event.bytes >= rest &&
                   event.bytes + event.length <= rest + used);
        if (result == WS_MORE)
            assert(end - begin - used < WS_ROOM);
        if (result == WS_DATA || result == WS_MESSAGE)
            add_part(found, &event, message, most, result == WS_MESSAGE);
        if (result == WS_PINGED || result == WS_PONGED)
            add(found, result == WS_PINGED ? 'i' : 'o', event.bytes,
                event.length);
        if (result == WS_CLOSED)
            add(found, 'c', event.bytes, event.length);
        begin += used;
        if (result == WS_CLOSED || result == WS_BROKEN) {
            const enum ws_result then =
                result == WS_CLOSED ? WS_MORE : WS_BROKEN;

            found->code = event.code;
            assert(ws_parse(&parser, rest, 1, &event, &used) == then);
        }
        free(rest);
        if (result == WS_CLOSED || result == WS_BROKEN ||
            (result == WS_MORE && end == size))
            return;
        if (result == WS_MORE)
            end = fuzz_cut(cut, end, size);
    }
}

/* The plainer reader's view of one frame. */
struct frame {
    unsigned first;
    uint64_t length;
    size_t head;
    bool masked, shortest;
};

/* Read the head of a frame; false when it is not complete. */
static bool
read_frame(const uint8_t *data, size_t size, struct frame *frame)
{
    size_t more = 0;

    if (size < 2)
        return false;
    frame->first = data[0];
    frame->masked = data[1] >> 7;
    frame->length = data[1] & 127;
    if (frame->length >= 126)
        more = frame->length == 126 ? 2 : 8;
    if (size < 2 + more + 4)
        return false;
    if (more > 0)
        frame->length = 0;
    for (size_t i = 0; i < more; i++)
        frame->length = frame->length * 256 + data[2 + i];
    frame->shortest = more == 0 || frame->length > (more == 2 ? 125 : 65535);
    frame->head = 2 + more + 4;
    return true;
}

/* Whether such a frame may come; within says whether a message has begun. */
static bool
may_come(const struct frame *frame, bool within)
{
    const unsigned opcode = frame->first & 15;

    if (!frame->masked || !frame->shortest || (frame->first & 0x70) != 0 ||
        frame->length >> 63 != 0)
        return false;
    if (opcode >= 8)
        return opcode <= 10 && frame->first >= 0x80 && frame->length <= 125;
    return within ? opcode == 0 : opcode == 1 || opcode == 2;
}

/* What whole frames are found in the bytes by the plainer reader, up to the
 * first that is wrong by its head, a close, or the end. */
static void
read_plainly(const uint8_t *data, size_t size, size_t most, struct found *found)
{
    static char message[65536 + 125];
    struct frame frame;
    size_t length = 0;
    unsigned opcode = 0;

    found->size = 0;
    while (read_frame(data, size, &frame) && may_come(&frame, opcode != 0)) {
        const uint8_t *const payload = data + frame.head;
        const bool control = (frame.first & 15) >= 8;
        char *const to = message + length;

        if ((!control && frame.length > most - length) ||
            frame.length > size - frame.head)
            return;
        for (size_t i = 0; i < frame.length; i++)
            to[i] = (char)(payload[i] ^ data[frame.head - 4 + i % 4]);
        data += frame.head + frame.length;
        size -= frame.head + (size_t)frame.length;
        if (control) {
            if ((frame.first & 15) == 8)
                return;
            add(found, (frame.first & 15) == 9 ? 'i' : 'o', to,
                (size_t)frame.length);
            continue;
        }
        if (opcode == 0)
            opcode = frame.first & 15;
        length += (size_t)frame.length;
        if (frame.first < 0x80)
            continue;
        if (opcode == 1 && u8_check((const uint8_t *)message, length) != NULL)
            return;
        add(found, opcode == 1 ? 't' : 'b', message, length);
        opcode = 0;
        length = 0;
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct found whole, pieces, plain;
    const uint8_t cut = fuzz_take(&data, &size);
    const size_t most = (size_t)fuzz_take(&data, &size) * 257;
    size_t same;

    parse(data, size, 0, most, &whole);
    parse(data, size, cut, most, &pieces);
    assert(pieces.code == whole.code && pieces.size == whole.size);
    assert(memcmp(pieces.bytes, whole.bytes, whole.size) == 0);

    /* Where it broke off early, by a rule on what is in the frames, it found
     * less; a close it found itself. */
    read_plainly(data, size, most, &plain);
    same = plain.size < whole.size ? plain.size : whole.size;
    assert(memcmp(plain.bytes, whole.bytes, same) == 0);
    assert(whole.code != 0 || plain.size == whole.size);
    if (whole.size > same)
        assert(whole.bytes[same] == 'c');
    return 0;
}
