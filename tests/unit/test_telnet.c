#include "common/telnet.h"

#include "tests/unit/guard.h"
#include "tests/unit/unit.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MANY 8192

/* What a client sends, and what must come of it. */
struct talk {
    const char *bytes;
    size_t size;
    const char *data;
    size_t length;
    const char *reply;
    size_t replied;
    bool ended;
};

#define TALK_UNTIL(bytes, data, reply, ended)                                  \
    {                                                                          \
        bytes, sizeof(bytes) - 1, data, sizeof(data) - 1, reply,               \
            sizeof(reply) - 1, ended                                           \
    }
#define TALK(bytes, data, reply) TALK_UNTIL(bytes, data, reply, false)
/* The client ends the session. */
#define TALK_ENDS(bytes, data, reply) TALK_UNTIL(bytes, data ENDED, reply, true)
#define ENDED                         "\xff\n"

static const struct talk talks[] = {
    /* Without a command nothing changes. */
    TALK("", "", ""),
    TALK("p", "p", ""),
    TALK("p\n", "p\n", ""),
    TALK("p\r\nq\r\n", "p\r\nq\r\n", ""),
    TALK("p\rq\r\rr\r", "p\rq\r\rr\r", ""),
    TALK("\0p\0\0\n", "\0p\0\0\n", ""),
    TALK("\xf4\xfb\x01\xf0\xfe", "\xf4\xfb\x01\xf0\xfe", ""),
    TALK("\xe2\x99\x94\n", "\xe2\x99\x94\n", ""),
    /* A carriage return, as a telnet client in character mode sends it. */
    TALK("p\r\0q\r\0", "p\r\nq\r\n", ""),
    TALK("\r\0\0", "\r\n\0", ""),
    TALK("\r\r\0", "\r\r\n", ""),
    TALK("\r\n\0", "\r\n\0", ""),
    TALK("\rp\0", "\rp\0", ""),
    TALK("\r\0\r\0", "\r\n\r\n", ""),
    TALK("\r\0\n", "\r\n\n", ""),
    TALK("\0\r", "\0\r", ""),
    /* Commands may stand between CR and NUL; data may not. */
    TALK("p\r\xff\xf1\0q", "p\r\nq", ""),
    TALK("\r\xff\xfd\x03\xff\xfc\x01\0", "\r\n", "\xff\xfc\x03"),
    TALK("\r\xff\xfa\0x\xff\xf0\0", "\r\n", ""),
    TALK("\r\xff\xff\0", "\r\xff\0", ""),
    TALK("\r\xff\xf1\r\xff\xf1\0", "\r\r\n", ""),
    TALK("\r\xff\xf1\n", "\r\n", ""),
    TALK("\r\xff\xfb\0\0", "\r\n", "\xff\xfe\0"),
    /* Each option is refused once, in each direction. */
    TALK("\xff\xfb\x1f", "", "\xff\xfe\x1f"),
    TALK("\xff\xfd\x01", "", "\xff\xfc\x01"),
    TALK("\xff\xfb\x01\xff\xfd\x01", "", "\xff\xfe\x01\xff\xfc\x01"),
    TALK(
        "\xff\xfb\x01\xff\xfb\x01\xff\xfb\x02", "", "\xff\xfe\x01\xff\xfe\x02"),
    TALK(
        "\xff\xfd\x41\xff\xfd\x01\xff\xfd\x41", "", "\xff\xfc\x41\xff\xfc\x01"),
    TALK("\xff\xfd\x3f\xff\xfd\x40\xff\xfd\x7f\xff\xfd\x80", "",
        "\xff\xfc\x3f\xff\xfc\x40\xff\xfc\x7f\xff\xfc\x80"),
    TALK("\xff\xfb\xffp", "p", "\xff\xfe\xff"),
    TALK("\xff\xfd\xf4p", "p", "\xff\xfc\xf4"),
    TALK("\xff\xfd\0\xff\xfd\n", "", "\xff\xfc\0\xff\xfc\n"),
    TALK("\xff\xfc\x01\xff\xfe\x01", "", ""),
    TALK("\xff\xfe\xffp", "p", ""),
    TALK("p\xff\xfb\x1fq\xff\xfd\x03r\n", "pqr\n", "\xff\xfe\x1f\xff\xfc\x03"),
    /* A timing mark each time. */
    TALK("\xff\xfd\x06p\xff\xfd\x06\n\xff\xfd\x06", "p\n",
        "\xff\xfc\x06\xff\xfc\x06\xff\xfc\x06"),
    TALK("\xff\xfb\x06\xff\xfb\x06", "", "\xff\xfe\x06"),
    /* Subnegotiations are skipped. */
    TALK("p\xff\xfa\x18\0xterm\xff\xf0q", "pq", ""),
    TALK("\xff\xfa\x1f\0\x50\0\x18\xff\xf0\n", "\n", ""),
    TALK("\xff\xfa\x1f\xff\xff\xff\xff\xff\xf0p", "p", ""),
    TALK("\xff\xfa\x1f\xff\xff\xf0p\xff\xf0q", "q", ""),
    TALK("\xff\xfa\xff\xf0p", "p", ""),
    TALK("p\xff\xfa\x1fq\n\r\0r\n", "p", ""),
    TALK("\xff\xfa\x1f\xf0\xfa\xfb\x01\xff\xf0p", "p", ""),
    /* Any other command ends them. */
    TALK("\xff\xfa\x1fx\xff\xfb\x01p", "p", "\xff\xfe\x01"),
    TALK("\xff\xfa\x1fx\xff\xf1p", "p", ""),
    TALK("\xff\xfa\x1fx\xff\xfa\x18y\xff\xf0p", "p", ""),
    TALK("\xff\xfa\x1fx\xffp\n", "\xffp\n", ""),
    TALK_ENDS("p\n\xff\xfa\x1fx\xff\xf4q\n", "p\n", ""),
    /* Commands that nothing is done about. */
    TALK("p\xff\xf1q", "pq", ""),
    TALK("\xff\xed\xff\xee\xff\xef\xff\xf0\xff\xf1\xff\xf2", "", ""),
    TALK("\xff\xf5\xff\xf6\xff\xf7\xff\xf8\xff\xf9", "", ""),
    /* Data that looks like a command. */
    TALK("p\xff\xffq\n", "p\xffq\n", ""),
    TALK("\xff\xff\xff\xff", "\xff\xff", ""),
    TALK("\xff\xff\xf4\n", "\xff\xf4\n", ""),
    TALK("\xff\xff\xff\xf1", "\xff", ""),
    TALK("\xff\n", "\xff\n", ""),
    TALK("\xff\r\0", "\xff\r\n", ""),
    TALK("\xff\r\n", "\xff\r\n", ""),
    TALK("\r\xff\0", "\r\xff\0", ""),
    TALK("p\xffq\xff\xeb\n", "p\xffq\xff\xeb\n", ""),
    TALK("\xffp\xffq\xffr", "\xffp\xffq\xffr", ""),
    /* The end of a session. */
    TALK_ENDS("\xff\xf4", "", ""),
    TALK_ENDS("\xff\xf3", "", ""),
    TALK_ENDS("\xff\xec", "", ""),
    TALK_ENDS("p\nq\xff\xf4r\n", "p\nq", ""),
    TALK_ENDS(
        "\xff\xfd\x01\xff\xf4\xff\xfd\x06\xff\xfd\x01", "", "\xff\xfc\x01"),
    TALK_ENDS("p\r\xff\xf4\0\n", "p\r", ""),
    TALK_ENDS("\xff\xf4\xff\xff\xffp", "", ""),
    /* A command that is cut by the end of the connection. */
    TALK("p\xff", "p", ""),
    TALK("p\xff\xfb", "p", ""),
    TALK("p\xff\xfd", "p", ""),
    TALK("p\xff\xfc", "p", ""),
    TALK("p\xff\xfa", "p", ""),
    TALK("p\xff\xfa\x1f\xff", "p", ""),
    /*
     * What real clients sent, in a terminal, to a server that was silent or
     * refused: plink 0.78, at first, for sun and RETURN, for CTRL-D.
     */
    TALK_ENDS("\xff\xfb\x1f\xff\xfb\x20\xff\xfb\x18\xff\xfb\x27\xff\xfd\x01"
              "\xff\xfb\x03\xff\xfd\x03\xff\xfb\x24sun\n\xff\xec",
        "sun\n",
        "\xff\xfe\x1f\xff\xfe\x20\xff\xfe\x18\xff\xfe\x27\xff\xfc\x01"
        "\xff\xfe\x03\xff\xfc\x03\xff\xfe\x24"),
    /* plink 0.78, to a server that echoes and asks for the window's size. */
    TALK("\xff\xfb\x1f\xff\xfb\x20\xff\xfb\x18\xff\xfb\x27\xff\xfd\x01\xff"
         "\xfb\x03\xff\xfd\x03\xff\xfa\x1f\0\0\0\0\xff\xf0sun\r\0\x03\x04",
        "sun\r\n\x03\x04",
        "\xff\xfe\x1f\xff\xfe\x20\xff\xfe\x18\xff\xfe\x27\xff\xfc\x01"
        "\xff\xfe\x03\xff\xfc\x03"),
    /* inetutils-telnet 2.4 and netkit telnet 0.17: "send ayt", CTRL-C. */
    TALK_ENDS("sun\r\n\xff\xf6\xff\xf4\xff\xfd\x06", "sun\r\n", ""),
    /* inetutils and netkit: CTRL-Z twice, CTRL-O, then CTRL-backslash. */
    TALK_ENDS("x\r\n\xff\xed\xff\xfd\x06\xff\xed\xff\xfd\x06y\r\n\xff\xf5\xff"
              "\xfd\x06\xff\xf3\xff\xfd\x06",
        "x\r\ny\r\n", "\xff\xfc\x06\xff\xfc\x06\xff\xfc\x06"),
    /* inetutils and netkit: "mode character", refused. */
    TALK("\xff\xfd\x03\xff\xfd\x01sun\r\n", "sun\r\n",
        "\xff\xfc\x03\xff\xfc\x01"),
    /* inetutils and netkit, to a server that echoes: character mode. */
    TALK("\xff\xfd\x01\xff\xfd\x03sun\r\0\x03", "sun\r\n\x03",
        "\xff\xfc\x01\xff\xfc\x03"),
    /* inetutils and netkit: "send synch", with SO_OOBINLINE; a byte 255 that
       was typed. */
    TALK("sun\r\n\xff\xf2x\r\n", "sun\r\nx\r\n", ""),
    TALK("x\xc3\xbf\r\ny\xff\xffz\r\n", "x\xc3\xbf\r\ny\xffz\r\n", ""),
    /* inetutils-telnet 2.4 -l luciano, to a port with a minus, and CTRL-C. */
    TALK_ENDS("\xff\xfb\x25\xff\xfd\x26\xff\xfb\x26\xff\xfd\x03\xff\xfb\x18\xff"
              "\xfb\x1f\xff\xfb\x20\xff\xfb\x21\xff\xfb\x22\xff\xfb\x27\xff\xfd"
              "\x05sun\r\n\xff\xf4\xff\xfd\x06",
        "sun\r\n",
        "\xff\xfe\x25\xff\xfc\x26\xff\xfe\x26\xff\xfc\x03\xff\xfe\x18\xff"
        "\xfe\x1f\xff\xfe\x20\xff\xfe\x21\xff\xfe\x22\xff\xfe\x27\xff\xfc"
        "\x05"),
    /* inetutils-telnet 2.4: its other "send" commands. */
    TALK("\xff\xf5\xff\xed\xff\xee\xff\xef\xff\xf8\xff\xf7\xff\xf9\xff\xf1\x1dx"
         "\r\n",
        "\x1dx\r\n", ""),
    /* busybox telnet 1.35.0: line mode; to a server that echoes. */
    TALK("sun\r\noon\r\n", "sun\r\noon\r\n", ""),
    TALK("\xff\xfd\x01\xff\xfd\x03y\xff\xffz\r\n\x03\x04", "y\xffz\r\n\x03\x04",
        "\xff\xfc\x01\xff\xfc\x03"),
    /* nc -t, traditional 1.10-47 and openbsd 1.219: only when asked, and a
     * byte 255 stays as it was typed. */
    TALK("\xff\xfe\x01\xff\xfe\x03\xff\xfc\x18\xff\xfc\x01sun\ny\xffz\n",
        "sun\ny\xffz\n", ""),
};

/* A server's view of a connection. */
struct reader {
    struct telnet telnet;
    char data[MANY];
    size_t length;
    char reply[TELNET_REPLY_MAX];
    size_t replied;
};

/* Whether the next byte may show that the one before was data. */
static bool
may_grow(const struct telnet *telnet)
{
    return telnet->state == TELNET_COMMAND ||
           telnet->state == TELNET_SUB_COMMAND;
}

/* Read a segment, which has no more room before a guard than it may need. */
static void
read_segment(struct reader *reader, const char *bytes, size_t length)
{
    static char reply[TELNET_REPLY_MAX];
    const size_t room = length + (may_grow(&reader->telnet) ? 1 : 0);
    char *segment = guard_room(room);
    size_t kept, replied = 77;

    if (length > 0)
        memcpy(segment, bytes, length);
    kept = telnet_read(&reader->telnet, segment, length, reply, &replied);
    if (kept > room || kept > MANY - reader->length ||
        replied > sizeof(reply) - reader->replied)
        ck_abort_msg("too much: %zu bytes of data and %zu of replies from %zu",
            kept, replied, length);
    memcpy(reader->data + reader->length, segment, kept);
    memcpy(reader->reply + reader->replied, reply, replied);
    reader->length += kept;
    reader->replied += replied;
}

/* Whether a connection was read as it should be; no assertion of check, which
 * writes a record of each. */
static bool
is_expected(const struct reader *reader, const struct talk *talk)
{
    return reader->length == talk->length &&
           memcmp(reader->data, talk->data, talk->length) == 0 &&
           reader->replied == talk->replied &&
           memcmp(reader->reply, talk->reply, talk->replied) == 0 &&
           (reader->telnet.state == TELNET_ENDED) == talk->ended;
}

/* Bytes as they are written in C, in one of two places. */
static const char *
show(const char *bytes, size_t length)
{
    static char texts[2][4 * MANY + 1];
    static int last;
    char *text = texts[last ^= 1];

    text[0] = '\0';
    for (size_t i = 0; i < length; i++)
        sprintf(text + 4 * i, "\\x%02x", (unsigned)(unsigned char)bytes[i]);
    return text;
}

/* Say what is wrong about a connection that was read in pieces. */
static void
complain(const struct reader *reader, const struct talk *talk, size_t first,
    size_t second)
{
    printf("  sent      %s\n", show(talk->bytes, talk->size));
    printf("  data      %s\n", show(reader->data, reader->length));
    printf("  should be %s\n", show(talk->data, talk->length));
    printf("  reply     %s\n", show(reader->reply, reader->replied));
    printf("  should be %s\n", show(talk->reply, talk->replied));
    ck_abort_msg("cut at %zu and %zu; ended: %d", first, second,
        (reader->telnet.state == TELNET_ENDED));
}

/* Read a connection that is cut at two places, both possibly at its ends. */
static void
check_split(const struct talk *talk, size_t first, size_t second)
{
    static struct reader reader;

    memset(&reader, 0, sizeof(reader));
    read_segment(&reader, talk->bytes, first);
    read_segment(&reader, talk->bytes + first, second - first);
    read_segment(&reader, talk->bytes + second, talk->size - second);
    if (!is_expected(&reader, talk))
        complain(&reader, talk, first, second);
}

TEST(every_split_in_two_or_three_gives_the_same, .times = COUNT(talks))
{
    for (size_t at = 0; at <= talks[_i].size; at++)
        for (size_t then = at; then <= talks[_i].size; then++)
            check_split(&talks[_i], at, then);
}

TEST(byte_by_byte_gives_the_same, .times = COUNT(talks))
{
    const struct talk *talk = &talks[_i];
    static struct reader reader;

    memset(&reader, 0, sizeof(reader));
    for (size_t at = 0; at < talk->size; at++)
        read_segment(&reader, talk->bytes + at, 1);
    if (!is_expected(&reader, talk))
        complain(&reader, talk, 1, 1);
}

/* --- Against a reader of whole connections ---------------------------------
 */

/* The most that a random connection sends. */
#define SENT_MAX 64

/* The command at the start of bytes, which begin with IAC: how many bytes it
 * takes, 0 when it is not complete, and 1 for an IAC that is data. */
static size_t
measure(const unsigned char *bytes, size_t size)
{
    size_t length = 2;

    if (size < 2)
        return 0;
    if (bytes[1] < 236)
        return 1;
    if (bytes[1] >= 251 && bytes[1] <= 254)
        return size < 3 ? 0 : 3;
    if (bytes[1] != 250)
        return 2;
    for (;;) {
        const unsigned char *iac = memchr(bytes + length, 255, size - length);

        if (iac == NULL || iac == bytes + size - 1)
            return 0;
        length = (size_t)(iac - bytes) + 2;
        if (iac[1] == 240)
            return length;
        if (iac[1] != 255)
            return length - 2;
    }
}

/* What a connection must be taken for, by the plainest reading of the rules:
 * with all of it in hand, and no state. It is laid in data and reply. */
static struct talk
read_whole(const unsigned char *bytes, size_t size, char *data, char *reply)
{
    struct talk talk = { (const char *)bytes, size, data, 0, reply, 0, false };
    bool refused[2][256] = { { false } };
    size_t step = 0;

    for (size_t i = 0; i < size && !talk.ended; i += step) {
        const unsigned char command = i + 1 < size ? bytes[i + 1] : 0;

        step = bytes[i] == 255 ? measure(bytes + i, size - i) : 1;
        if (step == 0)
            break;
        if (step == 1 || command == 255)
            data[talk.length++] = (char)bytes[i];
        if (step == 1)
            continue;
        talk.ended = command == 236 || command == 243 || command == 244;
        if (talk.ended) {
            data[talk.length++] = (char)255;
            data[talk.length++] = '\n';
        }
        if (command == 251 || command == 253) {
            bool *seen = &refused[command == 251][bytes[i + 2]];

            if (!*seen || (command == 253 && bytes[i + 2] == 6)) {
                reply[talk.replied++] = (char)255;
                reply[talk.replied++] = (char)(command == 251 ? 254 : 252);
                reply[talk.replied++] = (char)bytes[i + 2];
            }
            *seen = true;
        }
    }
    for (size_t i = 1; i < talk.length; i++)
        if (data[i] == '\0' && data[i - 1] == '\r')
            data[i] = '\n';
    return talk;
}

/* The next random number of a fixed sequence. */
static uint32_t
chance(void)
{
    static uint64_t state = 88172645463325252;

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 32);
}

/* A random byte, mostly one that has a meaning. */
static unsigned char
random_byte(void)
{
    static const char often[] = "\r\n\r\0\0p\x01\x06";
    const uint32_t number = chance();

    switch (number % 8) {
    case 0:
    case 1:
    case 2:
        return 255;
    case 3:
        return (unsigned char)(232 + number / 8 % 24);
    case 4:
        return (unsigned char)(249 + number / 8 % 6);
    case 5:
        return (unsigned char)(number / 8);
    default:
        return (unsigned char)often[number / 8 % (sizeof(often) - 1)];
    }
}

TEST(random_connections_are_read_as_a_whole_would_be)
{
    static struct reader reader;

    for (int round = 0; round < 200000; round++) {
        unsigned char bytes[SENT_MAX];
        char data[SENT_MAX], reply[SENT_MAX];
        const size_t size = chance() % (SENT_MAX + 1);
        struct talk talk;
        size_t length;

        for (size_t i = 0; i < size; i++)
            bytes[i] = random_byte();
        talk = read_whole(bytes, size, data, reply);
        memset(&reader, 0, sizeof(reader));
        for (size_t at = 0; at < size; at += length) {
            length = chance() % 8;
            if (length > size - at)
                length = size - at;
            read_segment(&reader, talk.bytes + at, length);
        }
        if (!is_expected(&reader, &talk))
            complain(&reader, &talk, 0, (size_t)round);
    }
}

TEST(that_reader_agrees_about_the_conversations)
{
    static struct reader reader;

    for (int i = 0; i < COUNT(talks); i++) {
        const struct talk *talk = &talks[i];
        const struct talk whole = read_whole((const unsigned char *)talk->bytes,
            talk->size, reader.data, reader.reply);

        reader.length = whole.length;
        reader.replied = whole.replied;
        reader.telnet.state = whole.ended ? TELNET_ENDED : TELNET_DATA;
        if (!is_expected(&reader, talk))
            complain(&reader, talk, 0, 0);
    }
}

/* --- How much it costs -----------------------------------------------------
 */

TEST(all_options_and_marks_together_fill_the_replies)
{
    static struct reader reader;

    memset(&reader, 0, sizeof(reader));
    for (int round = 0; round < 2 * TELNET_MARKS_MAX; round++) {
        for (int option = 0; option < 256; option++) {
            const char will[] = { '\xff', '\xfb', (char)option };
            const char doing[] = { '\xff', '\xfd', (char)option };

            read_segment(&reader, will, sizeof(will));
            read_segment(&reader, doing, sizeof(doing));
        }
    }
    ck_assert_uint_eq(reader.replied, TELNET_REPLY_MAX);
    ck_assert_uint_eq(reader.length, 0);
}

TEST(one_segment_may_bring_all_replies)
{
    static char bytes[(512 + 2 * TELNET_MARKS_MAX) * 3];
    static char reply[TELNET_REPLY_MAX];
    struct telnet telnet = { 0 };
    size_t length = 0, replied;

    for (int option = 0; option < 512 + 2 * TELNET_MARKS_MAX; option++) {
        bytes[length++] = '\xff';
        bytes[length++] = option < 256 ? '\xfb' : '\xfd';
        bytes[length++] = (char)(option < 512 ? option : 6);
    }
    ck_assert_uint_eq(length, sizeof(bytes));
    ck_assert_uint_eq(telnet_read(&telnet, bytes, length, reply, &replied), 0);
    ck_assert_uint_eq(replied, sizeof(reply));
}

TEST(an_endless_subnegotiation_comes_to_nothing)
{
    static char reply[TELNET_REPLY_MAX];
    struct telnet telnet = { 0 };
    char *bytes = guard_room(4096);
    size_t replied;

    memcpy(bytes, "\xff\xfa\x1f", 3);
    ck_assert_uint_eq(telnet_read(&telnet, bytes, 3, reply, &replied), 0);
    memset(bytes, 'x', 4096);
    for (int round = 0; round < 1000; round++)
        if (telnet_read(&telnet, bytes, 4096, reply, &replied) != 0 ||
            replied != 0 || telnet.state != TELNET_SUB)
            ck_abort_msg("not skipped in round %d", round);
    memcpy(bytes, "\xff\xf0\n", 3);
    ck_assert_uint_eq(telnet_read(&telnet, bytes, 3, reply, &replied), 1);
    ck_assert_int_eq(bytes[0], '\n');
}

TEST(what_follows_the_end_is_dropped)
{
    static char reply[TELNET_REPLY_MAX];
    struct telnet telnet = { 0 };
    char bytes[] = "\xff\xf4", more[] = "p\n\xff\xfd\x01\xff\xff\xffq";
    size_t replied = 77;

    ck_assert_uint_eq(telnet_read(&telnet, bytes, 2, reply, &replied), 2);
    ck_assert_mem_eq(bytes, ENDED, 2);
    for (size_t length = 0; length < sizeof(more); length++) {
        replied = 77;
        ck_assert_uint_eq(
            telnet_read(&telnet, more, length, reply, &replied), 0);
        ck_assert_uint_eq(replied, 0);
    }
    ck_assert_uint_eq(telnet_end(&telnet, NULL), 0);
}

/* What is left of a command when the connection ends. */
static const struct {
    const char *bytes;
    size_t left;
} ends[] = {
    { "", 0 },
    { "p\r", 0 },
    { "\xff\xf1", 0 },
    { "\xff\xfb\x01", 0 },
    { "\xff\xfa\x1fx\xff\xf0", 0 },
    { "\xff", 1 },
    { "p\xff\xfb", 1 },
    { "p\xff\xfc", 1 },
    { "p\xff\xfd", 1 },
    { "p\xff\xfe", 1 },
    { "\xff\xfa\x1fx", 1 },
    { "\xff\xfa\x1fx\xff", 1 },
};

TEST(a_command_that_is_cut_by_the_end_was_none, .times = COUNT(ends))
{
    static char reply[TELNET_REPLY_MAX];
    struct telnet telnet = { 0 };
    const size_t length = strlen(ends[_i].bytes);
    char bytes[16], byte = 'p';
    size_t replied;

    memcpy(bytes, ends[_i].bytes, length);
    telnet_read(&telnet, bytes, length, reply, &replied);
    ck_assert_uint_eq(telnet_end(&telnet, &byte), ends[_i].left);
    ck_assert_int_eq(byte, ends[_i].left == 1 ? '\xff' : 'p');
    /* And nothing comes after it. */
    ck_assert_uint_eq(telnet_end(&telnet, NULL), 0);
}

TEST(no_bytes_change_nothing)
{
    static char reply[TELNET_REPLY_MAX];
    struct telnet telnet = { 0 };
    char bytes[] = "\r";
    size_t replied = 77;

    ck_assert_uint_eq(telnet_read(&telnet, NULL, 0, reply, &replied), 0);
    ck_assert_uint_eq(replied, 0);
    ck_assert_uint_eq(telnet_read(&telnet, bytes, 1, reply, &replied), 1);
    ck_assert_uint_eq(telnet_read(&telnet, NULL, 0, reply, &replied), 0);
    bytes[0] = '\0';
    ck_assert_uint_eq(telnet_read(&telnet, bytes, 1, reply, &replied), 1);
    ck_assert_int_eq(bytes[0], '\n');
}

TEST(a_connection_takes_few_bytes_to_remember)
{
    ck_assert_uint_le(sizeof(struct telnet), 80);
}
