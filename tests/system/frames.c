/*
 * frames - what ws_parse finds in frames, for test_frames.py to compare.
 *
 * Reads lines of two words, where to cut the bytes (fuzz_cut) and the bytes in
 * hexadecimal digits, and answers each by a line: every message, ping and pong
 * as its opcode and its bytes, a blank behind each that is complete, then the
 * code of the close or "more" behind a bar.
 */
#include "common/websocket.h"

#include "tests/fuzz/fuzz.h"

#include <stdio.h>

/* Room for a line, and for its bytes. */
#define ROOM ((size_t)1 << 20)

/* The longest message. */
#define LONGEST 16384

/* Print what is complete. */
static void
print(enum ws_opcode opcode, const char *bytes, size_t length)
{
    printf("%d:", (int)opcode);
    for (size_t i = 0; i < length; i++)
        printf("%02x", (unsigned)(uint8_t)bytes[i]);
    putchar(' ');
}

/* Print what is found in bytes that come in such pieces. */
static void
show(const uint8_t *data, size_t size, uint8_t cut)
{
    static char message[LONGEST];
    struct ws_parser parser;
    struct ws_event event;
    size_t begin = 0, end = 0, used;
    enum ws_result result = WS_MORE;

    ws_init(&parser, LONGEST);
    while (result != WS_CLOSED && result != WS_BROKEN) {
        char *rest = fuzz_copy(data + begin, end - begin);

        result = ws_parse(&parser, rest, end - begin, &event, &used);
        if (result == WS_PINGED || result == WS_PONGED)
            print(event.opcode, event.bytes, event.length);
        if ((result == WS_DATA || result == WS_MESSAGE) && event.length > 0)
            memcpy(message + event.at, event.bytes, event.length);
        if (result == WS_MESSAGE)
            print(event.opcode, message, event.at + event.length);
        free(rest);
        begin += used;
        if (result == WS_MORE && end == size)
            break;
        if (result == WS_MORE)
            end = fuzz_cut(cut, end, size);
    }
    if (result == WS_MORE)
        printf("|more\n");
    else
        printf("|%d\n", event.code);
}

/* Answer line by line. */
int
main(void)
{
    static char line[ROOM];
    static uint8_t bytes[ROOM / 2];

    while (fgets(line, sizeof(line), stdin) != NULL) {
        char *hex;
        const unsigned long cut = strtoul(line, &hex, 10);
        size_t size = 0;
        int used;
        unsigned byte;

        for (hex++; sscanf(hex, "%2x%n", &byte, &used) == 1; hex += used)
            bytes[size++] = (uint8_t)byte;
        show(bytes, size, (uint8_t)cut);
    }
    return 0;
}
