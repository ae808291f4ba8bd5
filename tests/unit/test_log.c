#include "common/log.h"

#include "tests/unit/guard.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <unistr.h>

/* Room for every escaped text here. */
#define ROOM 4096

/* A text, and what it is shown as. */
struct text {
    const char *text;
    size_t length;
    const char *shown;
};

#define TEXT(text, shown)                                                      \
    {                                                                          \
        text, sizeof(text) - 1, shown                                          \
    }

static const struct text texts[] = {
    TEXT("", ""),
    TEXT("hello", "hello"),
    TEXT(" !#$%&()*+,-./:;<=>?@[]^_`{|}~", " !#$%&()*+,-./:;<=>?@[]^_`{|}~"),
    TEXT("더 따뜻함", "더 따뜻함"),
    TEXT("\xe2\x99\x9a \xf0\x9f\x9a\x80", "\xe2\x99\x9a \xf0\x9f\x9a\x80"),
    TEXT("e\xcc\x81", "e\xcc\x81"),
    /* What has a short name. */
    TEXT("a\nb", "a\\nb"),
    TEXT("a\rb", "a\\rb"),
    TEXT("a\tb", "a\\tb"),
    TEXT("a\\b", "a\\\\b"),
    TEXT("a'b", "a\\'b"),
    TEXT("a\"b", "a\\\"b"),
    /* Control characters. */
    TEXT("\0", "\\u{0}"),
    TEXT("\x1b[2J", "\\u{1b}[2J"),
    TEXT("\a\b\v\f", "\\u{7}\\u{8}\\u{b}\\u{c}"),
    TEXT("\x7f", "\\u{7f}"),
    TEXT("\xc2\x80", "\\u{80}"),
    TEXT("\xc2\x9b"
         "2J",
        "\\u{9b}2J"),
    TEXT("\xc2\x9f", "\\u{9f}"),
    /* Format characters, and what turns the direction of writing. */
    TEXT("\xc2\xad", "\\u{ad}"),
    TEXT("\xd8\x9c", "\\u{61c}"),
    TEXT("\xe2\x80\x8b", "\\u{200b}"),
    TEXT("\xe2\x80\x8e\xe2\x80\x8f", "\\u{200e}\\u{200f}"),
    TEXT("a\xe2\x80\xae"
         "b",
        "a\\u{202e}b"),
    TEXT("\xe2\x81\xa6\xe2\x81\xa9", "\\u{2066}\\u{2069}"),
    TEXT("\xef\xbb\xbf", "\\u{feff}"),
    TEXT("\xf3\xa0\x80\x81", "\\u{e0001}"),
    /* Line and paragraph separator. */
    TEXT("\xe2\x80\xa8\xe2\x80\xa9", "\\u{2028}\\u{2029}"),
    /* Bytes that are no UTF-8. */
    TEXT("\xff", "\\xff"),
    TEXT("\x80", "\\x80"),
    TEXT("\x9b"
         "2J",
        "\\x9b2J"),
    TEXT("\xc0\x80", "\\xc0\\x80"),
    TEXT("\xc1\xbf", "\\xc1\\xbf"),
    TEXT("\xe0\x9f\xbf", "\\xe0\\x9f\\xbf"),
    TEXT("\xf0\x8f\xbf\xbf", "\\xf0\\x8f\\xbf\\xbf"),
    TEXT("\xed\xa0\x80", "\\xed\\xa0\\x80"),
    TEXT("\xed\xbf\xbf", "\\xed\\xbf\\xbf"),
    TEXT("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"),
    TEXT("\xf5\x80\x80\x80", "\\xf5\\x80\\x80\\x80"),
    TEXT("\xe2\x99", "\\xe2\\x99"),
    TEXT("\xe2\x99x", "\\xe2\\x99x"),
    TEXT("\xf0\x9f\x9a", "\\xf0\\x9f\\x9a"),
    TEXT("\xe2\xe2\x99\x9a", "\\xe2\xe2\x99\x9a"),
    TEXT("\xe2\x99\n", "\\xe2\\x99\\n"),
    /* Nobody can write an escape that we did not. */
    TEXT("\\n", "\\\\n"),
    TEXT("\\xff", "\\\\xff"),
    TEXT("\\u{1b}", "\\\\u{1b}"),
};

TEST(a_text_is_shown_harmless, .times = COUNT(texts))
{
    const struct text *text = &texts[_i];
    const size_t length = strlen(text->shown);
    char *shown = guard_room(length + 1);

    ck_assert_uint_eq(log_escape(shown, length + 1,
                          guard_copy(text->text, text->length), text->length),
        length);
    ck_assert_str_eq(shown, text->shown);
}

/* What no terminal may see: the control and format characters of Unicode 14
 * and the separators, from, to. */
static const unsigned harmful[][2] = {
    { 0x0, 0x1f },
    { 0x7f, 0x9f },
    { 0xad, 0xad },
    { 0x600, 0x605 },
    { 0x61c, 0x61c },
    { 0x6dd, 0x6dd },
    { 0x70f, 0x70f },
    { 0x890, 0x891 },
    { 0x8e2, 0x8e2 },
    { 0x180e, 0x180e },
    { 0x200b, 0x200f },
    { 0x2028, 0x202e },
    { 0x2060, 0x2064 },
    { 0x2066, 0x206f },
    { 0xfeff, 0xfeff },
    { 0xfff9, 0xfffb },
    { 0x110bd, 0x110bd },
    { 0x110cd, 0x110cd },
    { 0x13430, 0x13438 },
    { 0x1bca0, 0x1bca3 },
    { 0x1d173, 0x1d17a },
    { 0xe0001, 0xe0001 },
    { 0xe0020, 0xe007f },
};

/* Whether a character must not reach a terminal. */
static bool
is_harmful(unsigned c)
{
    for (size_t i = 0; i < sizeof(harmful) / sizeof(harmful[0]); i++)
        if (c >= harmful[i][0] && c <= harmful[i][1])
            return true;
    return false;
}

/*
 * Read what log_escape wrote back into bytes; return their number. Fails the
 * test when there is anything that log_escape must not write.
 */
static size_t
read_back(const char *shown, size_t length, char *bytes)
{
    const uint8_t *in = (const uint8_t *)shown, *end = in + length;
    size_t size = 0;

    while (in < end) {
        static const char names[] = "nrt\\'\"", named[] = "\n\r\t\\'\"";
        const char *name;
        ucs4_t c;
        int width = u8_mbtoucr(&c, in, (size_t)(end - in));

        if (width <= 0 || is_harmful(c) || c == '\'' || c == '"')
            ck_abort_msg("harmful: %s", shown);
        if (c != '\\') {
            memcpy(bytes + size, in, (size_t)width);
            size += (size_t)width;
            in += width;
            continue;
        }
        if (end - in < 2)
            ck_abort_msg("half an escape: %s", shown);
        name = strchr(names, in[1]);
        if (name != NULL) {
            bytes[size++] = named[name - names];
            in += 2;
        } else if (in[1] == 'x' && end - in >= 4) {
            const char digits[3] = { (char)in[2], (char)in[3], '\0' };

            bytes[size++] = (char)strtoul(digits, NULL, 16);
            in += 4;
        } else if (in[1] == 'u' && end - in >= 5 && in[2] == '{') {
            const uint8_t *close = memchr(in, '}', (size_t)(end - in));

            if (close == NULL)
                ck_abort_msg("half an escape: %s", shown);
            c = (ucs4_t)strtoul((const char *)in + 3, NULL, 16);
            size += (size_t)u8_uctomb((uint8_t *)bytes + size, c, 6);
            in = close + 1;
        } else {
            ck_abort_msg("half an escape: %s", shown);
        }
    }
    return size;
}

TEST(every_byte_is_shown_harmless_and_can_be_read_back)
{
    for (int byte = 0; byte < 256; byte++) {
        const char text = (char)byte;
        char *shown = guard_room(16), back[16];
        size_t length = log_escape(shown, 16, guard_copy(&text, 1), 1);

        if (read_back(shown, length, back) != 1 || back[0] != text)
            ck_abort_msg("byte %d is shown as %s", byte, shown);
    }
}

TEST(every_pair_of_bytes_is_shown_harmless_and_can_be_read_back)
{
    for (int pair = 0; pair < 65536; pair++) {
        const char text[2] = { (char)(pair >> 8), (char)pair };
        char shown[32], back[32];
        size_t length = log_escape(shown, sizeof(shown), text, 2);

        if (read_back(shown, length, back) != 2 || memcmp(back, text, 2) != 0)
            ck_abort_msg("bytes %x are shown as %s", (unsigned)pair, shown);
    }
}

TEST(every_character_is_shown_harmless_and_can_be_read_back)
{
    for (ucs4_t c = 0; c < 0x110000; c++) {
        char text[6], shown[32], back[32];
        int width = u8_uctomb((uint8_t *)text, c, sizeof(text));
        size_t length;

        if (width < 0) /* a surrogate */
            continue;
        length = log_escape(shown, sizeof(shown), text, (size_t)width);
        if (read_back(shown, length, back) != (size_t)width ||
            memcmp(back, text, (size_t)width) != 0)
            ck_abort_msg("U+%04X is shown as %s", (unsigned)c, shown);
    }
}

TEST(letters_of_all_scripts_stay_themselves)
{
    static const ucs4_t ranges[][2] = { { 0xa1, 0xac }, { 0xae, 0x377 },
        { 0x400, 0x52f }, { 0x5d0, 0x5ea }, { 0x904, 0x939 },
        { 0x1100, 0x11ff }, { 0x2654, 0x265f }, { 0x3041, 0x3096 },
        { 0x4e00, 0x9fff }, { 0xac00, 0xd7a3 }, { 0x1f600, 0x1f64f },
        { 0x20000, 0x2a6d6 } };

    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        for (ucs4_t c = ranges[i][0]; c <= ranges[i][1]; c++) {
            char text[6], shown[32];
            int width = u8_uctomb((uint8_t *)text, c, sizeof(text));
            size_t length =
                log_escape(shown, sizeof(shown), text, (size_t)width);

            if (length != (size_t)width || memcmp(shown, text, length) != 0)
                ck_abort_msg("U+%04X is shown as %s", (unsigned)c, shown);
        }
    }
}

TEST(random_bytes_are_shown_harmless_and_can_be_read_back)
{
    uint64_t state = 1;

    for (int n = 0; n < 20000; n++) {
        static char shown[ROOM], back[ROOM];
        char text[64];
        size_t size = 0, length;

        while (size < sizeof(text)) {
            state = state * 6364136223846793005 + 1442695040888963407;
            text[size++] = (char)(state >> 56);
            /* Half of them lead on to a byte that may follow. */
            if ((state & 1 << 20) != 0 && size < sizeof(text))
                text[size++] = (char)(0x80 | (state >> 40 & 0x3f));
        }
        length = log_escape(shown, sizeof(shown), text, size);
        if (read_back(shown, length, back) != size ||
            memcmp(back, text, size) != 0)
            ck_abort_msg("shown as %s", shown);
    }
}

TEST(by_itself_a_text_keeps_its_quotes)
{
    static const char text[] = "it's \"\\\" \xe2\x80\x93 \n\t\x1b]0;\a\x7f"
                               "\xc2\x9b\xe2\x80\xae\xff\x9b";
    static const char shown[] =
        "it's \"\\\" \xe2\x80\x93 \\n\\t\\u{1b}]0;\\u{7}\\u{7f}\\u{9b}"
        "\\u{202e}\\xff\\x9b";
    const size_t size = sizeof(text) - 1, length = sizeof(shown) - 1;
    char *room = guard_room(length + 1);

    ck_assert_uint_eq(
        log_harmless(room, length + 1, guard_copy(text, size), size), length);
    ck_assert_str_eq(room, shown);
    /* No byte needs more room than is said. */
    for (unsigned c = 0; c <= 0x10ffff; c++) {
        uint8_t bytes[4];
        int width = u8_uctomb(bytes, c, sizeof(bytes));
        char all[64];

        if (width > 0)
            ck_assert_uint_le(log_harmless(all, sizeof(all),
                                  (const char *)bytes, (size_t)width),
                LOG_HARMLESS_TIMES * (size_t)width);
    }
}

TEST(what_is_shown_can_be_shown_again)
{
    static char bytes[256], once[ROOM], twice[ROOM], back[ROOM];
    size_t length, again;

    for (int i = 0; i < 256; i++)
        bytes[i] = (char)i;
    length = log_escape(once, sizeof(once), bytes, sizeof(bytes));
    again = log_escape(twice, sizeof(twice), once, length);
    ck_assert_uint_eq(read_back(twice, again, back), length);
    ck_assert_mem_eq(back, once, length);
}

TEST(what_does_not_fit_is_left_out_whole)
{
    static const char text[] =
        "a\nb\xff\x1b"
        "c\xeb\xa7\x9e\xf0\x9f\x9a\x80\xe2\x80\xae\\'\xf3\xa0\x80\x81z";
    const size_t size = sizeof(text) - 1;
    static char whole[ROOM];
    const size_t full = log_escape(whole, sizeof(whole), text, size);

    for (size_t room = 1; room <= full + 1; room++) {
        static char back[ROOM];
        char *shown = guard_room(room);
        size_t length = log_escape(shown, room, guard_copy(text, size), size);
        size_t got;

        if (length >= room || shown[length] != '\0' ||
            memcmp(shown, whole, length) != 0)
            ck_abort_msg("in %zu bytes: %s", room, shown);
        got = read_back(shown, length, back);
        if (memcmp(back, text, got) != 0)
            ck_abort_msg("in %zu bytes: %s", room, shown);
        /* The longest escape is \u{e0001}. */
        if (length < full && length + 9 < room - 1)
            ck_abort_msg("in %zu bytes only %zu", room, length);
    }
}

TEST(room_for_one_byte_holds_the_end)
{
    char *shown = guard_room(1);

    ck_assert_uint_eq(log_escape(shown, 1, "abc", 3), 0);
    ck_assert_int_eq(shown[0], '\0');
}

TEST(no_text_is_shown_as_none)
{
    char *shown = guard_room(8);

    ck_assert_uint_eq(log_escape(shown, 8, NULL, 0), 0);
    ck_assert_str_eq(shown, "");
}

/* Standard output while a test has taken its place. */
static int saved_output = -1;

/* Put a descriptor in the place of standard output, and close it. */
static void
redirect(int fd)
{
    fflush(stdout);
    saved_output = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 10);
    ck_assert_int_ne(saved_output, -1);
    ck_assert_int_eq(dup2(fd, STDOUT_FILENO), STDOUT_FILENO);
    close(fd);
}

/* Put standard output back. */
static void
restore(void)
{
    ck_assert_int_eq(dup2(saved_output, STDOUT_FILENO), STDOUT_FILENO);
    close(saved_output);
}

/* Make standard output a socket that keeps the border of each write; return
 * its other end. */
static int
capture(void)
{
    int ends[2];

    ck_assert_int_eq(
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends), 0);
    redirect(ends[1]);
    return ends[0];
}

/* Write a record of length times a letter; return what came out, in one
 * piece, at the other end of standard output. */
static size_t
record_of(int other, size_t length, char *out)
{
    char *text = malloc(length + 1);
    ssize_t size;

    memset(text, 'x', length);
    text[length] = '\0';
    log_record("%s", text);
    free(text);
    size = read(other, out, ROOM);
    ck_assert_int_gt(size, 0);
    return (size_t)size;
}

TEST(a_record_is_one_line_in_one_write)
{
    int other = capture();
    static char out[ROOM];
    ssize_t size;

    log_record("%s is %d", "a", 7);
    log_record("b");
    size = read(other, out, sizeof(out));
    ck_assert_int_eq(size, 7);
    ck_assert_mem_eq(out, "a is 7\n", 7);
    size = read(other, out, sizeof(out));
    ck_assert_int_eq(size, 2);
    ck_assert_mem_eq(out, "b\n", 2);
    ck_assert_int_eq(read(other, out, sizeof(out)), -1);
    restore();
}

TEST(an_empty_record_is_an_empty_line)
{
    int other = capture();
    static char out[ROOM];

    log_record("%s", "");
    ck_assert_int_eq(read(other, out, sizeof(out)), 1);
    ck_assert_int_eq(out[0], '\n');
    restore();
}

TEST(a_record_that_fits_is_written_whole)
{
    int other = capture();
    static char out[ROOM];

    for (size_t length = 1; length <= LOG_RECORD_MAX - 2; length++) {
        size_t size = record_of(other, length, out);

        if (size != length + 1 || out[length] != '\n')
            ck_abort_msg("%zu bytes of %zu", size, length);
    }
    restore();
}

TEST(a_record_that_is_too_long_is_cut)
{
    int other = capture();
    static char out[ROOM];

    for (size_t length = LOG_RECORD_MAX - 1; length < 3000; length++) {
        size_t size = record_of(other, length, out);

        if (size > LOG_RECORD_MAX || size < LOG_RECORD_MAX - 1 ||
            out[size - 1] != '\n' || memchr(out, '\n', size - 1) != NULL)
            ck_abort_msg("%zu bytes of %zu", size, length);
    }
    restore();
}

/* The loop runs over characters of two, three and four bytes. */
TEST(a_record_is_cut_at_the_start_of_a_character, .times = 3)
{
    static const char *const characters[] = { "\xc3\xa9", "\xeb\xa7\x9e",
        "\xf0\x9f\x9a\x80" };
    const char *character = characters[_i];
    const size_t width = strlen(character);
    int other = capture();

    for (size_t before = 0; before < width; before++) {
        static char text[ROOM], out[ROOM];
        ssize_t size;

        memset(text, 'x', before);
        for (size_t at = before; at < 2 * LOG_RECORD_MAX; at += width)
            memcpy(text + at, character, width + 1);
        log_record("%s", text);
        size = read(other, out, sizeof(out));
        ck_assert_int_gt(size, LOG_RECORD_MAX - 5);
        ck_assert_int_le(size, LOG_RECORD_MAX);
        ck_assert_int_eq(out[size - 1], '\n');
        ck_assert_msg(u8_check((const uint8_t *)out, (size_t)size - 1) == NULL,
            "after %zu bytes: half a character", before);
    }
    restore();
}

/* Fill a pipe to the last byte, without waiting. */
static void
fill(int fd)
{
    static const char bytes[4096];
    const int flags = fcntl(fd, F_GETFL);

    ck_assert_int_eq(fcntl(fd, F_SETFL, flags | O_NONBLOCK), 0);
    while (write(fd, bytes, sizeof(bytes)) > 0)
        ;
    while (write(fd, bytes, 1) > 0)
        ;
    ck_assert_int_eq(errno, EAGAIN);
    ck_assert_int_eq(fcntl(fd, F_SETFL, flags), 0);
}

TEST(a_full_pipe_drops_records_and_does_not_block)
{
    const uint64_t before = log_dropped();
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    redirect(ends[1]);
    fill(STDOUT_FILENO);
    for (int i = 0; i < 1000; i++)
        log_record("nobody reads this");
    ck_assert_uint_eq(log_dropped() - before, 1000);
    restore();
}

TEST(a_pipe_that_is_read_takes_records_again)
{
    uint64_t before;
    int ends[2];
    static char bytes[65536];
    ssize_t size = 0;

    ck_assert_int_eq(pipe2(ends, O_NONBLOCK), 0);
    redirect(ends[1]);
    fill(STDOUT_FILENO);
    log_record("lost");
    before = log_dropped();
    while ((size = read(ends[0], bytes, sizeof(bytes))) > 0)
        ;
    log_record("kept");
    size = read(ends[0], bytes, sizeof(bytes));
    ck_assert_int_eq(size, 5);
    ck_assert_mem_eq(bytes, "kept\n", 5);
    ck_assert_uint_eq(log_dropped(), before);
    restore();
}

TEST(a_pipe_nobody_reads_never_blocks)
{
    int ends[2];

    /* From empty to full: at no point may the writer wait. */
    ck_assert_int_eq(pipe(ends), 0);
    redirect(ends[1]);
    for (int i = 0; i < 5000; i++)
        log_record("%0*d", 1 + i % 500, i);
    ck_assert_uint_gt(log_dropped(), 0);
    restore();
}

TEST(a_closed_output_drops_records)
{
    const uint64_t before = log_dropped();

    saved_output = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 10);
    close(STDOUT_FILENO);
    log_record("nowhere");
    restore();
    ck_assert_uint_eq(log_dropped() - before, 1);
}

TEST(a_full_disk_drops_records)
{
    const uint64_t before = log_dropped();
    int fd = open("/dev/full", O_WRONLY);

    ck_assert_int_ne(fd, -1);
    redirect(fd);
    log_record("no room");
    restore();
    ck_assert_uint_eq(log_dropped() - before, 1);
}

TEST(a_pipe_without_a_reader_drops_records)
{
    const uint64_t before = log_dropped();
    int ends[2];

    /* As the servers do. */
    signal(SIGPIPE, SIG_IGN);
    ck_assert_int_eq(pipe(ends), 0);
    close(ends[0]);
    redirect(ends[1]);
    log_record("nobody is there");
    restore();
    ck_assert_uint_eq(log_dropped() - before, 1);
}

#define CROWD 16 /* their records are twice a page */

static void *
write_one(void *argument)
{
    log_record("%0*d", LOG_RECORD_MAX, 0);
    return argument;
}

/* Let another thread do something, and wait for its end. */
static int
run_other(void *(*what)(void *))
{
    pthread_t thread;

    return pthread_create(&thread, NULL, what, NULL) == 0
               ? pthread_join(thread, NULL)
               : -1;
}

/* A terminal as standard output; its other end. */
static int
redirect_to_terminal(void)
{
    int ends[2];

    ck_assert_int_eq(openpty(&ends[0], &ends[1], NULL, NULL, NULL), 0);
    redirect(ends[1]);
    return ends[0];
}

/* Read what there is at the other end of a terminal or a socket. */
static size_t
read_all(int end, char *text, size_t size)
{
    size_t have = 0;
    ssize_t got;

    ck_assert_int_ne(fcntl(end, F_SETFL, O_NONBLOCK), -1);
    while ((got = read(end, text + have, size - have)) > 0)
        have += (size_t)got;
    return have;
}

static char seen[1024 * 1024];

TEST(a_terminal_nobody_reads_never_blocks)
{
    const uint64_t before = log_dropped();
    const int end = redirect_to_terminal();

    log_open();
    for (int i = 0; i < 5000; i++)
        log_record("%0*d", 1 + i % 500, i);
    restore();
    ck_assert_uint_gt(log_dropped() - before, 0);
    close(end);
}

TEST(after_a_torn_record_comes_a_whole_line)
{
    const uint64_t before = log_dropped();
    const int end = redirect_to_terminal();
    static const char last[] = "\r\nwhole\r\n";
    size_t size;

    log_open();
    /* Odd lengths, so that a record is torn rather than left out. */
    while (log_dropped() == before)
        log_record("%0*d", 97, 0);
    size = read_all(end, seen, sizeof(seen));
    ck_assert_uint_gt(size, 97);
    log_record("whole");
    log_record("whole");
    restore();
    size += read_all(end, seen + size, sizeof(seen) - size);
    ck_assert_uint_gt(size, 2 * sizeof(last));
    ck_assert_mem_eq(seen + size - (sizeof(last) - 1), last, sizeof(last) - 1);
    ck_assert_mem_eq(seen + size - (sizeof(last) - 1) - 7, "\r\nwhole", 7);
    ck_assert_uint_eq(log_dropped() - before, 1);
    close(end);
}

TEST(a_terminal_of_somebody_else_is_for_one_at_a_time)
{
    uint64_t before = log_dropped();
    const int end = redirect_to_terminal();

    if (geteuid() == 0)
        ck_assert_int_eq(seteuid(65534), 0);
    log_open();
    if (getuid() == 0)
        ck_assert_int_eq(seteuid(0), 0);
    log_record("kept");
    ck_assert_uint_eq(log_dropped(), before);
    flockfile(stdout);
    ck_assert_int_eq(run_other(write_one), 0);
    funlockfile(stdout);
    restore();
    /* Where we may open it after all, the other has waited for nobody. */
    if (getuid() == 0)
        ck_assert_uint_eq(log_dropped() - before, 1);
    ck_assert_uint_ge(read_all(end, seen, sizeof(seen)), 6);
    ck_assert_mem_eq(seen, "kept\r\n", 6);
    close(end);
}

TEST(a_terminal_of_somebody_else_that_nobody_reads_never_blocks)
{
    uint64_t before = log_dropped();
    const int end = redirect_to_terminal();

    if (geteuid() == 0)
        ck_assert_int_eq(seteuid(65534), 0);
    log_open();
    if (getuid() == 0)
        ck_assert_int_eq(seteuid(0), 0);
    for (int i = 0; i < 20000; i++)
        log_record("%0*d", 1 + i % 500, i);
    restore();
    ck_assert_uint_gt(log_dropped() - before, 0);
    close(end);
}

TEST(a_socket_nobody_reads_never_blocks)
{
    const uint64_t before = log_dropped();
    int ends[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    redirect(ends[1]);
    log_open();
    log_record("first");
    for (int i = 0; i < 20000; i++)
        log_record("%0*d", 1 + i % 500, i);
    restore();
    ck_assert_uint_gt(log_dropped() - before, 0);
    ck_assert_uint_gt(read_all(ends[0], seen, sizeof(seen)), 6);
    ck_assert_mem_eq(seen, "first\n", 6);
    close(ends[0]);
}

TEST(a_file_goes_on_where_it_was)
{
    FILE *file = tmpfile();
    char text[16];

    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(write(fileno(file), "before\n", 7), 7);
    redirect(dup(fileno(file)));
    log_open();
    log_record("after");
    restore();
    ck_assert_int_eq(pread(fileno(file), text, sizeof(text), 0), 13);
    ck_assert_mem_eq(text, "before\nafter\n", 13);
    fclose(file);
}

TEST(the_inherited_description_still_waits)
{
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    redirect(dup(ends[1]));
    log_open();
    log_record("kept");
    ck_assert_int_eq(fcntl(ends[1], F_GETFL) & O_NONBLOCK, 0);
    ck_assert_int_ne(fcntl(STDOUT_FILENO, F_GETFL) & O_NONBLOCK, 0);
    restore();
    ck_assert_int_eq(read(ends[0], seen, sizeof(seen)), 5);
    close(ends[0]);
    close(ends[1]);
}

#define WRITERS 4
#define EACH    2000

static bool hesitating;

/* Let the others look, too, before what was seen is acted on. */
int
poll(struct pollfd *fds, nfds_t count, int timeout)
{
    const struct timespec moment = { 0, 50 * 1000000L };
    const struct timespec wait = { timeout / 1000, timeout % 1000 * 1000000L };
    int ready = ppoll(fds, count, timeout < 0 ? NULL : &wait, NULL);

    if (hesitating)
        nanosleep(&moment, NULL);
    return ready;
}

TEST(who_sees_room_for_one_does_not_wait_for_more)
{
    pthread_t writers[CROWD];
    const uint64_t before = log_dropped();
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(fcntl(ends[1], F_SETPIPE_SZ, 4096), 4096);
    redirect(ends[1]);
    hesitating = true;
    for (int i = 0; i < CROWD; i++)
        ck_assert_int_eq(pthread_create(&writers[i], NULL, write_one, NULL), 0);
    for (int i = 0; i < CROWD; i++)
        pthread_join(writers[i], NULL);
    hesitating = false;
    restore();
    close(ends[0]);
    ck_assert_uint_eq(log_dropped() - before, CROWD - 1);
}

/* Write records that tell which they are, of many lengths. */
static void *
write_many(void *argument)
{
    const int id = *(const int *)argument;

    for (int i = 0; i < EACH; i++)
        log_record("%d %d %0*d", id, i, 1 + (i * 37 + id) % 400, 0);
    return NULL;
}

/* Fail unless this line is a whole record, later than the last one. */
static void
check_record(const char *line, int last[WRITERS])
{
    int id = -1, i = -1, at = 0;

    if (sscanf(line, "%d %d %n", &id, &i, &at) != 2 || id < 0 ||
        id >= WRITERS || i <= last[id] ||
        strspn(line + at, "0") != (size_t)(1 + (i * 37 + id) % 400) ||
        line[at + 1 + (i * 37 + id) % 400] != '\n')
        ck_abort_msg("not a record: %s", line);
    last[id] = i;
}

/* Read records until no writer has the pipe any more; return their number. */
static void *
read_many(void *argument)
{
    static char line[ROOM];
    static uint64_t records;
    int last[WRITERS];
    FILE *out = fdopen(*(const int *)argument, "r");

    ck_assert_ptr_nonnull(out);
    for (int i = 0; i < WRITERS; i++)
        last[i] = -1;
    for (records = 0; fgets(line, sizeof(line), out) != NULL; records++)
        check_record(line, last);
    fclose(out);
    return &records;
}

TEST(records_of_several_threads_do_not_mix)
{
    pthread_t writers[WRITERS], reader;
    int ids[WRITERS], ends[2];
    const uint64_t before = log_dropped();
    void *records;

    ck_assert_int_eq(pipe(ends), 0);
    redirect(ends[1]);
    for (int i = 0; i < WRITERS; i++) {
        ids[i] = i;
        ck_assert_int_eq(
            pthread_create(&writers[i], NULL, write_many, &ids[i]), 0);
    }
    ck_assert_int_eq(pthread_create(&reader, NULL, read_many, &ends[0]), 0);
    for (int i = 0; i < WRITERS; i++)
        pthread_join(writers[i], NULL);
    /* Now the pipe has no writer: its reader comes to the end. */
    restore();
    pthread_join(reader, &records);
    /* A record is in the pipe, or was dropped because the pipe was full. */
    ck_assert_uint_eq(
        *(const uint64_t *)records + (log_dropped() - before), WRITERS * EACH);
}
