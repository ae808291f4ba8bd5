#include "common/chartalk.h"

#include "common/quote.h"
#include "tests/unit/guard.h"
#include "tests/unit/scarce.h"
#include "tests/unit/unit.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for the longest answer. */
#define ROOM (5 * 1024 * 1024)

static char received[ROOM];
static size_t received_length;
static char console[8192];

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void
say(const char *format, ...)
{
    const size_t used = strlen(console);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(console + used, sizeof(console) - used, format, arguments);
    va_end(arguments);
    strcat(console, "\n");
}

static const struct chartalk_rules quiet = { NULL };
static const struct chartalk_rules loud = { say };

/* What the servers ask for at most. */
#define PIECE_MAX 65536

/* Take all pieces that there are. */
static void
take(struct chartalk *talk)
{
    struct chartalk_piece piece = { NULL, 0 };

    while (chartalk_next(talk, PIECE_MAX, &piece)) {
        ck_assert_uint_gt(piece.length, 0);
        ck_assert_uint_le(piece.length, PIECE_MAX);
        ck_assert_uint_le(received_length + piece.length, ROOM - 1);
        memcpy(received + received_length, piece.bytes, piece.length);
        received_length += piece.length;
    }
    received[received_length] = '\0';
    ck_assert(!chartalk_next(talk, PIECE_MAX, &piece));
}

/* Begin, and forget the prompt. */
static void
begin(struct chartalk *talk, const struct chartalk_rules *rules)
{
    chartalk_begin(talk, rules, "127.0.0.1:62910");
    take(talk);
    ck_assert_str_eq(received, "?> ");
    received_length = 0;
    console[0] = '\0';
}

/* Ask, the line lying before a page that must not be read. */
static bool
ask(struct chartalk *talk, const char *text, size_t length)
{
    char *copy = guard_copy(text, length);
    struct line line = { copy, length };
    bool goes_on = chartalk_receive(talk, LINE_READY, &line);

    received_length = 0;
    take(talk);
    return goes_on;
}

EACH_TEST(.seconds = 120);

TEST(the_prompt_comes_first_and_once)
{
    struct chartalk talk;

    begin(&talk, &quiet);
    take(&talk);
    ck_assert_uint_eq(received_length, 0);
    chartalk_end(&talk);
}

/* Queries, and what is received for them. */
static const struct {
    const char *query, *answer;
} answers[] = {
    { "king of hearts",
        "U+1F0BE\t\xf0\x9f\x82\xbe\tPLAYING CARD KING OF HEARTS\r\n"
        "1 match for 'king of hearts'\r\n?> " },
    { "  hearts\tKING of ",
        "U+1F0BE\t\xf0\x9f\x82\xbe\tPLAYING CARD KING OF HEARTS\r\n"
        "1 match for 'hearts\\tKING of'\r\n?> " },
    { "zzz", "No match for 'zzz'\r\n?> " },
    { "it's", "No match for \"it's\"\r\n?> " },
    { "\xe2\x99\x9a", "U+265A \t\xe2\x99\x9a\tBLACK CHESS KING\r\n"
                      "1 match for '\xe2\x99\x9a'\r\n?> " },
    { "u+265a", "U+265A \t\xe2\x99\x9a\tBLACK CHESS KING\r\n"
                "1 match for 'u+265a'\r\n?> " },
    { "", "?> " },
    { " \t ", "?> " },
    { "\x1c", "?> " },
    { "\xc2\xa0", "?> " },
};

TEST(a_query_is_answered, .times = COUNT(answers))
{
    struct chartalk talk;

    begin(&talk, &quiet);
    for (int i = 0; i < 2; i++) {
        ck_assert(ask(&talk, answers[_i].query, strlen(answers[_i].query)));
        ck_assert_str_eq(received, answers[_i].answer);
    }
    chartalk_end(&talk);
}

/* Lines that end a conversation, wherever they come. */
static const struct {
    const char *text;
    size_t length;
} last_lines[] = {
    { "\x03", 1 },
    { " \x1b[A", 4 },
    { "\0", 1 },
    { "\0cat", 4 },
    { "\xff\xf4\xff\xfd\x06", 5 },
    { "caf\xe9", 4 },
    { "cat \xed\xa0\x80", 7 },
    { "\xc3", 1 },
};

TEST(some_lines_end_it, .times = COUNT(last_lines))
{
    struct chartalk talk;

    begin(&talk, &quiet);
    ck_assert(ask(&talk, "zzz", 3));
    ck_assert(!ask(&talk, last_lines[_i].text, last_lines[_i].length));
    ck_assert_uint_eq(received_length, 0);
    chartalk_end(&talk);
}

TEST(what_stands_for_a_line_ends_it)
{
    static const enum line_status ends[] = { LINE_TOO_LONG, LINE_LATE,
        LINE_END };
    const struct line line = { "cat", 3 };

    for (int i = 0; i < COUNT(ends); i++) {
        struct chartalk talk;

        begin(&talk, &quiet);
        ck_assert(!chartalk_receive(&talk, ends[i], &line));
        take(&talk);
        ck_assert_uint_eq(received_length, 0);
        chartalk_end(&talk);
    }
}

TEST(only_the_first_line_can_be_a_browsers)
{
    static const char request[] = "GET / HTTP/1.1";
    struct chartalk talk;

    begin(&talk, &quiet);
    ck_assert(!ask(&talk, request, sizeof(request) - 1));
    chartalk_end(&talk);

    begin(&talk, &quiet);
    ck_assert(ask(&talk, "", 0));
    ck_assert(ask(&talk, request, sizeof(request) - 1));
    ck_assert_str_eq(received, "No match for 'GET / HTTP/1.1'\r\n?> ");
    chartalk_end(&talk);
}

TEST(the_longest_answer_is_whole)
{
    struct charindex_run run;
    struct charindex_set set;
    struct chartalk talk;
    const char *at = received;

    begin(&talk, &quiet);
    ck_assert(ask(&talk, "cjk", 3));
    charindex_find(&set, "cjk", 3);
    while (charindex_take(&set, 1, &run)) {
        ck_assert_mem_eq(at, run.bytes, run.length);
        at += run.length;
    }
    ck_assert_str_eq(at, "98263 matches for 'cjk'\r\n?> ");
    chartalk_end(&talk);
}

TEST(a_long_query_is_shown_whole)
{
    enum { LENGTH = 100000 };
    char *query = malloc(LENGTH), *shown = malloc(QUOTE_STATUS_ROOM(LENGTH));
    struct chartalk talk;
    size_t length;

    ck_assert(query != NULL && shown != NULL);
    memset(query, '\x01', LENGTH);
    memcpy(query, "zzz", 3);
    begin(&talk, &quiet);
    ck_assert(ask(&talk, query, LENGTH));
    length = quote_status(shown, 0, query, LENGTH);
    ck_assert_uint_eq(received_length, length + 5);
    ck_assert_mem_eq(received, shown, length);
    chartalk_end(&talk);
    free(query);
    free(shown);
}

TEST(the_console_says_what_happens)
{
    struct chartalk talk;

    begin(&talk, &loud);
    ck_assert(ask(&talk, "king of hearts\t", 15));
    ck_assert(ask(&talk, "", 0));
    ck_assert(!ask(&talk, "\xff", 1));
    chartalk_end(&talk);
    ck_assert_str_eq(console,
        "Received from 127.0.0.1:62910: 'king of hearts'\n"
        "Sent 1 results\n"
        "Received from 127.0.0.1:62910: ''\n"
        "Received from 127.0.0.1:62910: '\\x00'\n"
        "Close the client socket\n");
}

TEST(without_memory_for_the_answer_it_ends)
{
    const struct line line = { "king of hearts", 14 };
    struct chartalk talk;

    begin(&talk, &quiet);
    scarce_call(1);
    ck_assert(!chartalk_receive(&talk, LINE_READY, &line));
    ck_assert(scarce_end());
    take(&talk);
    ck_assert_uint_eq(received_length, 0);
    chartalk_end(&talk);
}

TEST(without_memory_for_the_console_it_goes_on)
{
    struct chartalk talk;

    begin(&talk, &loud);
    scarce_call(1);
    ck_assert(ask(&talk, answers[0].query, strlen(answers[0].query)));
    ck_assert(scarce_end());
    ck_assert_str_eq(received, answers[0].answer);
    ck_assert_str_eq(console, "Sent 1 results\n");
    chartalk_end(&talk);
}

TEST(it_may_end_at_any_point)
{
    /* Memory that is left behind is seen by the leak checker. */
    for (int pieces = 0; pieces < 80; pieces++) {
        const struct line line = { "cjk", 3 };
        struct chartalk_piece piece;
        struct chartalk talk;

        begin(&talk, &quiet);
        ck_assert(chartalk_receive(&talk, LINE_READY, &line));
        for (int i = 0; i < pieces && chartalk_next(&talk, PIECE_MAX, &piece);
             i++)
            ;
        chartalk_end(&talk);
    }
}

TEST(pieces_are_as_long_as_wanted_where_rows_lie_together)
{
    const struct line line = { "cjk", 3 };
    static const size_t sizes[] = { 1, 53, 1000, 2 };
    struct chartalk_piece piece = { NULL, 0 };
    struct chartalk talk;

    begin(&talk, &quiet);
    ck_assert(chartalk_receive(&talk, LINE_READY, &line));
    /* Its first slice has 4 KB. */
    for (int i = 0; i < COUNT(sizes); i++) {
        const char *end = piece.bytes + piece.length;

        ck_assert(chartalk_next(&talk, sizes[i], &piece));
        ck_assert_uint_eq(piece.length, sizes[i]);
        ck_assert(i == 0 || piece.bytes == end);
    }
    chartalk_end(&talk);
}
