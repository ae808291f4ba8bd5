#include "common/quote.h"

#include "tests/unit/guard.h"
#include "tests/unit/unit.h"

#include <stdlib.h>

/* A text, and how it is shown. */
struct shown {
    const char *text;
    size_t length;
    const char *expected;
};

#define SHOWN(text, expected)                                                  \
    {                                                                          \
        text, sizeof(text) - 1, expected                                       \
    }

/* What Python 3.11 printed for these. */
static const struct shown reprs[] = {
    SHOWN("", "''"),
    SHOWN("chess black", "'chess black'"),
    SHOWN("rook's", "\"rook's\""),
    SHOWN("a \"b\"", "'a \"b\"'"),
    SHOWN("'\"", "'\\'\"'"),
    SHOWN("'", "\"'\""),
    SHOWN("\\", "'\\\\'"),
    SHOWN("\t\n\r", "'\\t\\n\\r'"),
    SHOWN("\0", "'\\x00'"),
    SHOWN("\a\b\v\f", "'\\x07\\x08\\x0b\\x0c'"),
    SHOWN("\x1b[2J", "'\\x1b[2J'"),
    SHOWN("\x7f~", "'\\x7f~'"),
    SHOWN("\xc2\x80\xc2\xa0\xc2\xa1", "'\\x80\\xa0\xc2\xa1'"),
    SHOWN("\xc2\xad", "'\\xad'"),            /* SOFT HYPHEN */
    SHOWN("\xc3\xa9", "'\xc3\xa9'"),         /* é */
    SHOWN("\xe2\x80\xae", "'\\u202e'"),      /* the other direction */
    SHOWN("\xe2\x80\xa8", "'\\u2028'"),      /* LINE SEPARATOR */
    SHOWN("\xe3\x80\x80", "'\\u3000'"),      /* IDEOGRAPHIC SPACE */
    SHOWN("\xef\xbb\xbf", "'\\ufeff'"),      /* the byte order mark */
    SHOWN("\xee\x80\x80", "'\\ue000'"),      /* private use */
    SHOWN("\xe2\x99\x9a", "'\xe2\x99\x9a'"), /* ♚ */
    SHOWN("\xcd\xb8", "'\\u0378'"),          /* not assigned */
    SHOWN("\xf0\x9f\x9a\x80", "'\xf0\x9f\x9a\x80'"),
    SHOWN("\xf3\xa0\x80\xa4", "'\\U000e0024'"), /* TAG DOLLAR SIGN */
    SHOWN("\xf4\x8f\xbf\xbf", "'\\U0010ffff'"),
};

/* Bytes that are no UTF-8, which Python would not have let so far. */
static const struct shown broken[] = {
    SHOWN("\xff", "'\\xff'"),
    SHOWN("a\xe2\x99", "'a\\xe2\\x99'"),
    SHOWN("\xc0\x80", "'\\xc0\\x80'"),
    SHOWN("\xed\xa0\x80", "'\\xed\\xa0\\x80'"),
    SHOWN("\xf4\x90\x80\x80", "'\\xf4\\x90\\x80\\x80'"),
};

static const struct shown jsons[] = {
    SHOWN("", "\"\""),
    SHOWN("chess black", "\"chess black\""),
    SHOWN("a\"b\\c/", "\"a\\\"b\\\\c/\""),
    SHOWN("\t\n\0", "\"\\u0009\\u000a\\u0000\""),
    SHOWN("\x7f", "\"\x7f\""),
    SHOWN("\xe2\x99\x9a\xf0\x9f\x9a\x80", "\"\xe2\x99\x9a\xf0\x9f\x9a\x80\""),
    SHOWN("\xff\xe2", "\"\\ufffd\\ufffd\""),
};

/* What Python 3.11 printed for these bytes. */
static const struct shown bytes[] = {
    SHOWN("", "b''"),
    SHOWN("\000a", "b'\\x00a'"),
    SHOWN("Hello, world", "b'Hello, world'"),
    SHOWN("it's", "b\"it's\""),
    SHOWN("\"", "b'\"'"),
    SHOWN("'\"", "b'\\'\"'"),
    SHOWN("\\", "b'\\\\'"),
    SHOWN("\011\012\015", "b'\\t\\n\\r'"),
    SHOWN("\013\014\033\177\200\377~ ", "b'\\x0b\\x0c\\x1b\\x7f\\x80\\xff~ '"),
    SHOWN("\342\231\232", "b'\\xe2\\x99\\x9a'"),
};

/* In JSON that may get into a page. */
static const struct shown markups[] = {
    SHOWN("", "\"\""),
    SHOWN("<!-- & -->", "\"\\u003c!-- \\u0026 --\\u003e\""),
    SHOWN("=;\"\\\n", "\"=;\\\"\\\\\\u000a\""),
    SHOWN("\xc2\xbc\xc2\xa6\xc2\xbe", "\"\xc2\xbc\xc2\xa6\xc2\xbe\""),
    SHOWN("\xff", "\"\\ufffd\""),
};

/* A text is shown as expected, in no more room than was promised. */
static void
check_shown(const struct shown *shown,
    size_t (*show)(char *, const char *, size_t), size_t room)
{
    char *buffer = guard_room(room);
    size_t length =
        show(buffer, guard_copy(shown->text, shown->length), shown->length);

    ck_assert_str_eq(buffer, shown->expected);
    ck_assert_uint_eq(length, strlen(shown->expected));
}

TEST(a_text_is_shown_as_python_does, .times = COUNT(reprs))
{
    check_shown(&reprs[_i], quote_repr, QUOTE_REPR_ROOM(reprs[_i].length));
}

TEST(bytes_that_are_no_text_are_shown_one_by_one, .times = COUNT(broken))
{
    check_shown(&broken[_i], quote_repr, QUOTE_REPR_ROOM(broken[_i].length));
}

TEST(a_text_becomes_a_json_string, .times = COUNT(jsons))
{
    check_shown(&jsons[_i], quote_json, QUOTE_JSON_ROOM(jsons[_i].length));
}

TEST(a_json_string_has_no_markup, .times = COUNT(markups))
{
    check_shown(
        &markups[_i], quote_json_markup, QUOTE_JSON_ROOM(markups[_i].length));
}

TEST(bytes_are_shown_as_python_does, .times = COUNT(bytes))
{
    check_shown(&bytes[_i], quote_bytes, QUOTE_BYTES_ROOM(bytes[_i].length));
}

TEST(the_status_counts_as_the_published_server_does)
{
    char buffer[QUOTE_STATUS_ROOM(20)];

    ck_assert_uint_eq(quote_status(buffer, 0, "zzz", 3), 18);
    ck_assert_str_eq(buffer, "No match for 'zzz'");
    quote_status(buffer, 1, "rocket", 6);
    ck_assert_str_eq(buffer, "1 match for 'rocket'");
    quote_status(buffer, 33, "chess black", 11);
    ck_assert_str_eq(buffer, "33 matches for 'chess black'");
    quote_status(buffer, 2, "rook's", 6);
    ck_assert_str_eq(buffer, "2 matches for \"rook's\"");
}

TEST(the_longest_status_has_room)
{
    static const char query[] = "\x01\x02\x03\x04";
    char *buffer = guard_room(QUOTE_STATUS_ROOM(4));

    ck_assert_uint_lt(
        quote_status(buffer, (size_t)-1, query, 4), QUOTE_STATUS_ROOM(4));
}

TEST(random_bytes_stay_within_their_room)
{
    uint64_t state = 1;

    for (int i = 0; i < 20000; i++) {
        char text[16];
        const char *copy;
        size_t length = (size_t)i % (sizeof(text) + 1);

        for (size_t at = 0; at < length; at++) {
            state = state * 6364136223846793005 + 1442695040888963407;
            text[at] = (char)(state >> (i % 2 == 0 ? 33 : 60));
        }
        copy = guard_copy(text, length);
        if (quote_repr(guard_room(QUOTE_REPR_ROOM(length)), copy, length) >=
                QUOTE_REPR_ROOM(length) ||
            quote_bytes(guard_room(QUOTE_BYTES_ROOM(length)), copy, length) >=
                QUOTE_BYTES_ROOM(length) ||
            quote_json_markup(guard_room(QUOTE_JSON_ROOM(length)), copy,
                length) >= QUOTE_JSON_ROOM(length) ||
            quote_json(guard_room(QUOTE_JSON_ROOM(length)), copy, length) >=
                QUOTE_JSON_ROOM(length))
            ck_abort_msg("text %d", i);
    }
}
