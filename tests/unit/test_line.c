#include "common/line.h"

#include "tests/unit/guard.h"
#include "tests/unit/unit.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX  8
#define MANY 256

/* A stream of bytes as it came, and what it must be taken for: one letter for
 * each line, and its text in brackets. */
struct stream {
    const char *bytes;
    size_t size;
    const char *expected;
};

#define STREAM(bytes, expected)                                                \
    {                                                                          \
        bytes, sizeof(bytes) - 1, expected                                     \
    }

/* R is a ready line, L the last without an end, T too long, E the end. */
static const struct stream streams[] = {
    STREAM("", "E"),
    STREAM("\n", "R[]E"),
    STREAM("\r\n", "R[]E"),
    STREAM("a\n", "R[a]E"),
    STREAM("a\r\n", "R[a]E"),
    STREAM("\n\n\n", "R[]R[]R[]E"),
    STREAM("\r\n\r\n", "R[]R[]E"),
    STREAM("a\nb\n", "R[a]R[b]E"),
    STREAM("a\r\nb\r\n", "R[a]R[b]E"),
    STREAM("a\nb", "R[a]L[b]"),
    STREAM("ab", "L[ab]"),
    STREAM("\r", "L[\r]"),
    STREAM("ab\r", "L[ab\r]"),
    STREAM("a\rb\n", "R[a\rb]E"),
    STREAM("\ra\n", "R[\ra]E"),
    STREAM("a\r\r\n", "R[a\r]E"),
    STREAM("\r\r\n", "R[\r]E"),
    STREAM("\n\r", "R[]L[\r]"),
    STREAM("a\n\rb\n", "R[a]R[\rb]E"),
    STREAM("a\0b\n", "R[a\\0b]E"),
    STREAM("\0\n", "R[\\0]E"),
    STREAM("\0\r\n\0", "R[\\0]L[\\0]"),
    STREAM("\xff\xfe\n", "R[\xff\xfe]E"),
    STREAM("\xeb\xa7\x9e\r\n", "R[\xeb\xa7\x9e]E"),
    STREAM("a\vb\f\n", "R[a\vb\f]E"),
    /* A line as long as the limit, and its neighbours. */
    STREAM("1234567\n", "R[1234567]E"),
    STREAM("12345678\n", "R[12345678]E"),
    STREAM("123456789\n", "T"),
    STREAM("1234567\r\n", "R[1234567]E"),
    STREAM("12345678\r\n", "R[12345678]E"),
    STREAM("123456789\r\n", "T"),
    STREAM("1234567\r\r\n", "R[1234567\r]E"),
    STREAM("12345678\r\r\n", "T"),
    STREAM("12345678\rx\n", "T"),
    STREAM("1234567\rx\n", "T"),
    STREAM("1234567\r", "L[1234567\r]"),
    STREAM("12345678", "L[12345678]"),
    STREAM("123456789", "T"),
    STREAM("12345678\r", "T"),
    STREAM("1234567\0\n", "R[1234567\\0]E"),
    STREAM("12345678\0\n", "T"),
    STREAM("\r\r\r\r\r\r\r\r\n", "R[\r\r\r\r\r\r\r]E"),
    STREAM("\r\r\r\r\r\r\r\r\r\n", "R[\r\r\r\r\r\r\r\r]E"),
    STREAM("\r\r\r\r\r\r\r\r\r\r\n", "T"),
    /* What came before or comes after does not count. */
    STREAM("12345678\n12345678\r\n1\n", "R[12345678]R[12345678]R[1]E"),
    STREAM("12345678\n123456789\n1\n", "R[12345678]T"),
    STREAM("1\n123456789abcdef", "R[1]T"),
    STREAM("1\n\n12345678", "R[1]R[]L[12345678]"),
    STREAM("1\n123456789", "R[1]T"),
};

/* A server's view of a stream: what it keeps, and what it made of it. */
struct reader {
    struct line_scanner scanner;
    const char *bytes;
    size_t start, end; /* of what came and was not used */
    bool over;
    char seen[MANY];
    size_t length;
};

/* Add a letter, and the text of a line, to what a reader has seen. */
static void
note(struct reader *reader, char letter, const struct line *line)
{
    char *out = reader->seen + reader->length;

    *out++ = letter;
    if (line != NULL) {
        *out++ = '[';
        for (size_t i = 0; i < line->length; i++) {
            if (line->text[i] == '\0') {
                *out++ = '\\';
                *out++ = '0';
            } else {
                *out++ = line->text[i];
            }
        }
        *out++ = ']';
    }
    *out = '\0';
    reader->length = (size_t)(out - reader->seen);
    ck_assert_uint_lt(reader->length, MANY / 2);
}

/* Look for lines in what came and was not used, before a guard. */
static void
take_lines(struct reader *reader)
{
    while (!reader->over) {
        size_t size = reader->end - reader->start, used = 77;
        const char *data = guard_copy(reader->bytes + reader->start, size);
        struct line line = { NULL, 0 };

        switch (line_next(&reader->scanner, data, size, &line, &used)) {
        case LINE_READY:
            ck_assert_ptr_eq(line.text, data);
            ck_assert_uint_le(line.length, reader->scanner.max);
            ck_assert_uint_gt(used, line.length);
            ck_assert_uint_le(used, size);
            ck_assert_uint_eq(reader->scanner.seen, 0);
            ck_assert_int_eq(data[used - 1], '\n');
            note(reader, 'R', &line);
            reader->start += used;
            break;
        case LINE_PARTIAL:
            ck_assert_uint_eq(used, 0);
            ck_assert_uint_lt(size, LINE_ROOM(reader->scanner.max));
            return;
        case LINE_TOO_LONG:
            ck_assert_uint_eq(used, 0);
            note(reader, 'T', NULL);
            reader->over = true;
            return;
        case LINE_LATE:
        case LINE_END:
        default:
            ck_abort_msg("not an answer of line_next");
        }
    }
}

/* Take in that no more bytes come. */
static void
take_last(struct reader *reader)
{
    size_t size = reader->end - reader->start;
    const char *data = guard_copy(reader->bytes + reader->start, size);
    struct line line = { NULL, 0 };

    if (reader->over)
        return;
    switch (line_last(&reader->scanner, data, size, &line)) {
    case LINE_READY:
        ck_assert_ptr_eq(line.text, data);
        ck_assert_uint_eq(line.length, size);
        note(reader, 'L', &line);
        break;
    case LINE_TOO_LONG:
        note(reader, 'T', NULL);
        break;
    case LINE_END:
        note(reader, 'E', NULL);
        break;
    case LINE_PARTIAL:
    case LINE_LATE:
    default:
        ck_abort_msg("not an answer of line_last");
    }
}

/* Read a stream that is cut at two places, both possibly at its ends. */
static void
check_split(const struct stream *stream, size_t first, size_t second)
{
    struct reader reader = { .bytes = stream->bytes };

    line_init(&reader.scanner, MAX);
    reader.end = first;
    take_lines(&reader);
    reader.end = second;
    take_lines(&reader);
    reader.end = stream->size;
    take_lines(&reader);
    take_last(&reader);
    ck_assert_msg(strcmp(reader.seen, stream->expected) == 0,
        "split at %zu and %zu: %s instead of %s", first, second, reader.seen,
        stream->expected);
}

TEST(a_stream_in_one_piece_becomes_its_lines, .times = COUNT(streams))
{
    check_split(&streams[_i], 0, 0);
}

TEST(every_split_in_two_gives_the_same_lines, .times = COUNT(streams))
{
    for (size_t at = 0; at <= streams[_i].size; at++)
        check_split(&streams[_i], at, at);
}

TEST(every_split_in_three_gives_the_same_lines, .times = COUNT(streams))
{
    for (size_t at = 0; at <= streams[_i].size; at++)
        for (size_t then = at; then <= streams[_i].size; then++)
            check_split(&streams[_i], at, then);
}

TEST(byte_by_byte_gives_the_same_lines, .times = COUNT(streams))
{
    const struct stream *stream = &streams[_i];
    struct reader reader = { .bytes = stream->bytes };

    line_init(&reader.scanner, MAX);
    for (; reader.end < stream->size; reader.end++)
        take_lines(&reader);
    take_lines(&reader);
    take_last(&reader);
    ck_assert_str_eq(reader.seen, stream->expected);
}

/* The status of max + more bytes and an end, with the limit max. */
static enum line_status
status_of(size_t max, int more, const char *end)
{
    size_t length = (size_t)((int)max + more), size = length + strlen(end);
    char *bytes = malloc(size);
    struct line_scanner scanner;
    struct line line = { NULL, 0 };
    enum line_status status;
    size_t used;

    memset(bytes, 'x', length);
    memcpy(bytes + length, end, strlen(end));
    line_init(&scanner, max);
    status = line_next(&scanner, guard_copy(bytes, size), size, &line, &used);
    if (status == LINE_READY) {
        ck_assert_uint_eq(line.length, length);
        ck_assert_uint_eq(used, size);
    }
    free(bytes);
    return status;
}

static const size_t limits[] = { 1, 2, 3, 7, 80, 1024, 65536, 1048576 };

TEST(a_line_one_byte_under_the_limit_is_a_line, .times = COUNT(limits))
{
    ck_assert_int_eq(status_of(limits[_i], -1, "\n"), LINE_READY);
    ck_assert_int_eq(status_of(limits[_i], -1, "\r\n"), LINE_READY);
}

TEST(a_line_as_long_as_the_limit_is_a_line, .times = COUNT(limits))
{
    ck_assert_int_eq(status_of(limits[_i], 0, "\n"), LINE_READY);
    ck_assert_int_eq(status_of(limits[_i], 0, "\r\n"), LINE_READY);
}

TEST(a_line_one_byte_over_the_limit_is_refused, .times = COUNT(limits))
{
    ck_assert_int_eq(status_of(limits[_i], 1, "\n"), LINE_TOO_LONG);
    ck_assert_int_eq(status_of(limits[_i], 1, "\r\n"), LINE_TOO_LONG);
}

TEST(a_line_at_the_limit_may_still_end, .times = COUNT(limits))
{
    ck_assert_int_eq(status_of(limits[_i], 0, ""), LINE_PARTIAL);
    ck_assert_int_eq(status_of(limits[_i], 0, "\r"), LINE_PARTIAL);
}

TEST(a_line_over_the_limit_is_refused_before_its_end, .times = COUNT(limits))
{
    ck_assert_int_eq(status_of(limits[_i], 1, ""), LINE_TOO_LONG);
    ck_assert_int_eq(status_of(limits[_i], 0, "\rx"), LINE_TOO_LONG);
    ck_assert_int_eq(status_of(limits[_i], 0, "\r\r"), LINE_TOO_LONG);
}

TEST(a_refused_line_stays_refused)
{
    static const char bytes[] = "123456789abc\nd\n";
    struct line_scanner scanner;
    struct line line;
    size_t used;

    line_init(&scanner, MAX);
    for (size_t size = MAX + 1; size < sizeof(bytes); size++)
        for (int again = 0; again < 2; again++)
            ck_assert_int_eq(line_next(&scanner, guard_copy(bytes, size), size,
                                 &line, &used),
                LINE_TOO_LONG);
}

TEST(a_refused_line_with_its_end_stays_refused)
{
    static const char bytes[] = "123456789\na\n";
    struct line_scanner scanner;
    struct line line;
    size_t used;

    line_init(&scanner, MAX);
    for (size_t size = MAX + 2; size < sizeof(bytes); size++)
        ck_assert_int_eq(
            line_next(&scanner, guard_copy(bytes, size), size, &line, &used),
            LINE_TOO_LONG);
}

TEST(the_scanner_remembers_what_it_has_seen)
{
    static const char bytes[] = "1234567";
    struct line_scanner scanner;
    struct line line;
    size_t used;

    line_init(&scanner, MAX);
    ck_assert_uint_eq(scanner.seen, 0);
    for (size_t size = 0; size < sizeof(bytes); size++) {
        ck_assert_int_eq(
            line_next(&scanner, bytes, size, &line, &used), LINE_PARTIAL);
        ck_assert_uint_eq(scanner.seen, size);
    }
}

TEST(bytes_that_were_seen_are_not_looked_at_again)
{
    char bytes[] = "12345\n";
    struct line_scanner scanner;
    struct line line;
    size_t used;

    line_init(&scanner, MAX);
    ck_assert_int_eq(line_next(&scanner, bytes, 5, &line, &used), LINE_PARTIAL);
    /* No caller may do that; but it shows where the scanner looks. */
    bytes[2] = '\n';
    ck_assert_int_eq(line_next(&scanner, bytes, 6, &line, &used), LINE_READY);
    ck_assert_uint_eq(line.length, 5);
    ck_assert_uint_eq(used, 6);
}

TEST(a_megabyte_in_one_byte_steps_is_scanned_once)
{
    const size_t max = 1048576;
    char *bytes = guard_room(max + 2);
    struct line_scanner scanner;
    struct line line;
    size_t used;

    memset(bytes, 'x', max);
    memcpy(bytes + max, "\r\n", 2);
    line_init(&scanner, max);
    /* Not an assertion each: check writes a record of every one. */
    for (size_t size = 1; size < max + 2; size++)
        if (line_next(&scanner, bytes, size, &line, &used) != LINE_PARTIAL ||
            scanner.seen != size)
            ck_abort_msg("not partial after %zu bytes", size);
    ck_assert_int_eq(
        line_next(&scanner, bytes, max + 2, &line, &used), LINE_READY);
    ck_assert_uint_eq(line.length, max);
}

TEST(an_endless_line_is_not_scanned_beyond_the_limit)
{
    char *bytes = guard_room(GUARD_MAX);
    struct line_scanner scanner;
    struct line line;
    size_t used;

    memset(bytes, 'x', GUARD_MAX);
    line_init(&scanner, MAX);
    ck_assert_int_eq(
        line_next(&scanner, bytes, GUARD_MAX, &line, &used), LINE_TOO_LONG);
    ck_assert_uint_eq(scanner.seen, LINE_ROOM(MAX));
}

TEST(a_buffer_of_line_room_always_leads_on)
{
    char bytes[LINE_ROOM(MAX)];
    struct line_scanner scanner;
    struct line line;
    size_t used;

    memset(bytes, 'x', sizeof(bytes));
    for (size_t cr = 0; cr < sizeof(bytes); cr++) {
        bytes[cr] = '\r';
        line_init(&scanner, MAX);
        ck_assert_int_ne(
            line_next(&scanner, bytes, sizeof(bytes), &line, &used),
            LINE_PARTIAL);
        bytes[cr] = 'x';
    }
}

TEST(no_bytes_are_no_line_yet)
{
    struct line_scanner scanner;
    struct line line;
    size_t used = 77;

    line_init(&scanner, MAX);
    ck_assert_int_eq(line_next(&scanner, NULL, 0, &line, &used), LINE_PARTIAL);
    ck_assert_uint_eq(used, 0);
}

TEST(no_bytes_at_the_end_are_no_line)
{
    struct line_scanner scanner;
    struct line line;

    line_init(&scanner, MAX);
    ck_assert_int_eq(line_last(&scanner, NULL, 0, &line), LINE_END);
}

TEST(the_last_line_may_be_as_long_as_the_limit)
{
    struct line_scanner scanner;
    struct line line;

    line_init(&scanner, MAX);
    ck_assert_int_eq(
        line_last(&scanner, guard_copy("12345678", MAX), MAX, &line),
        LINE_READY);
    ck_assert_uint_eq(line.length, MAX);
}

TEST(the_last_line_may_not_be_longer_than_the_limit)
{
    struct line_scanner scanner;
    struct line line;

    line_init(&scanner, MAX);
    ck_assert_int_eq(
        line_last(&scanner, guard_copy("123456789", MAX + 1), MAX + 1, &line),
        LINE_TOO_LONG);
}

TEST(the_last_line_ends_the_scan)
{
    struct line_scanner scanner;
    struct line line;
    size_t used;

    line_init(&scanner, MAX);
    ck_assert_int_eq(line_next(&scanner, "abc", 3, &line, &used), LINE_PARTIAL);
    ck_assert_int_eq(line_last(&scanner, "abc", 3, &line), LINE_READY);
    ck_assert_uint_eq(scanner.seen, 0);
}

/* Lines, and whether a browser's request begins so. */
static const struct {
    const char *text;
    bool is_http;
} requests[] = {
    { "GET / HTTP/1.1", true },
    { "POST /x HTTP/1.0", true },
    { "x  HTTP/1.9", true },
    { "GET / HTTP/1.", false },
    { "GET / HTTP/1.x", false },
    { "GET / HTTP/2.0", false },
    { "GET / http/1.1", false },
    { "GET /HTTP/1.1", false },
    { " HTTP/1.1", false },
    { "HTTP/1.1", false },
    { "", false },
};

TEST(a_browsers_request_is_told_from_a_line, .times = COUNT(requests))
{
    const size_t length = strlen(requests[_i].text);
    const struct line line = { guard_copy(requests[_i].text, length), length };

    ck_assert_int_eq(line_is_http(&line), requests[_i].is_http);
}
