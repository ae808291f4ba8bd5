#include "common/metadata.h"
#include "tests/unit/guard.h"
#include "tests/unit/unit.h"

#include <stdio.h>

#define LITERAL(literal) literal, sizeof(literal) - 1

/* Metadata, and the country in it; "" when it is malformed. */
#define READ(text, country)                                                    \
    {                                                                          \
        LITERAL(text), LITERAL(country)                                        \
    }
#define VALUE(value, country) READ("{\"country\": " value "}", country)
#define OTHER(value)          READ("{\"a\":" value ",\"country\":\"X\"}", "X")
#define NO_OTHER(value)       READ("{\"a\":" value ",\"country\":\"X\"}", "")

static const struct {
    const char *text;
    size_t size;
    const char *country;
    size_t length;
} table[] = {
    READ("{\"tld_cc\": \".ad\", \"iso_cc\": \"AD\", \"country\": \"Andorra\", "
         "\"gec_cc\": \"AN\"}",
        "Andorra"),
    READ("{\"country\":\"X\"}", "X"),
    READ(" \t\r\n{ \"country\" \n:\t\"X\"\r} \n", "X"),
    READ("{\"country\":\"X\",\"a\":\"b\"}", "X"),
    READ("{\"a\":\"b\",\"a\":\"b\",\"country\":\"X\"}", "X"),
    READ("{\"countr\\u0079\":\"X\"}", "X"),
    READ("{\"Country\":\"Y\",\"country\":\"X\"}", "X"),
    READ("{\"countr\":\"Y\",\"country\":\"X\",\"country2\":\"Z\"}", "X"),
    READ("{\"\":\"Y\",\"country\":\"X\"}", "X"),
    VALUE("\"Côte d'Ivoire\"", "Côte d'Ivoire"),
    VALUE("\"C\\u00f4te d'Ivoire\"", "Côte d'Ivoire"),
    VALUE("\"\\u5317\\u97d3\"", "北韓"),
    VALUE("\"\\ud83c\\uDDE6\"", "\xf0\x9f\x87\xa6"),
    VALUE("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t"),
    VALUE("\"../../etc/passwd\"", "../../etc/passwd"),
    VALUE("\"a\\u0000b\"", "a\0b"),
    VALUE("\"\x7f\"", "\x7f"),
    VALUE("\"{\"", "{"),
    VALUE("\"\"", ""),
    VALUE("null", ""),
    VALUE("5", ""),
    VALUE("true", ""),
    VALUE("[\"X\"]", ""),
    VALUE("{\"X\":1}", ""),
    VALUE("", ""),
    VALUE("X", ""),
    VALUE("'X'", ""),
    VALUE("\"X", ""),
    VALUE("\"a\nb\"", ""),
    VALUE("\"a\0b\"", ""),
    VALUE("\"\xff\"", ""),
    VALUE("\"\xc3\"", ""),
    VALUE("\"\xed\xa0\x80\"", ""),
    VALUE("\"\\x\"", ""),
    VALUE("\"\\", ""),
    VALUE("\"\\u\"", ""),
    VALUE("\"\\u12\"", ""),
    VALUE("\"\\u12g4\"", ""),
    VALUE("\"\\ud83c\"", ""),
    VALUE("\"\\ud83cX\"", ""),
    VALUE("\"\\ud83c\\n\"", ""),
    VALUE("\"\\ud83c\\u0041\"", ""),
    VALUE("\"\\ud83c\\ue000\"", ""),
    VALUE("\"\\ud83c\\u1\"", ""),
    VALUE("\"\\udde6\"", ""),
    OTHER("0"),
    OTHER("-0"),
    OTHER("10"),
    OTHER("-1.5"),
    OTHER("1e5"),
    OTHER("1E+05"),
    OTHER("0.5e-5"),
    OTHER("99999999999999999999999999"),
    OTHER("true"),
    OTHER("false"),
    OTHER("null"),
    OTHER("\"\""),
    NO_OTHER("01"),
    NO_OTHER("-"),
    NO_OTHER("+1"),
    NO_OTHER(".5"),
    NO_OTHER("1."),
    NO_OTHER("1e"),
    NO_OTHER("1e+"),
    NO_OTHER("1 2"),
    NO_OTHER("0x1"),
    NO_OTHER("NaN"),
    NO_OTHER("Infinity"),
    NO_OTHER("True"),
    NO_OTHER("tru"),
    NO_OTHER("nullx"),
    NO_OTHER("[]"),
    NO_OTHER("{}"),
    NO_OTHER(""),
    READ("", ""),
    READ(" ", ""),
    READ("{}", ""),
    READ("{ }", ""),
    READ("{", ""),
    READ("[]", ""),
    READ("\"country\"", ""),
    READ("null", ""),
    READ("{\"a\":\"b\"}", ""),
    READ("{\"country\":\"X\"", ""),
    READ("{\"country\":\"X\",", ""),
    READ("{\"country\":\"X\",}", ""),
    READ("{\"country\":\"X\"}}", ""),
    READ("{\"country\":\"X\"} x", ""),
    READ("{\"country\":\"X\"}{\"country\":\"X\"}", ""),
    READ("{\"country\":\"X\"}\0", ""),
    READ("{\"country\":\"X\" \"a\":\"b\"}", ""),
    READ("{\"country\" \"X\"}", ""),
    READ("{\"country\"", ""),
    READ("{\"country\"}", ""),
    READ("{\"country\":", ""),
    READ("{\"country\":\"\\", ""),
    READ("{country:\"X\"}", ""),
    READ("{'country':\"X\"}", ""),
    READ("{,\"country\":\"X\"}", ""),
    READ("{\"country\":\"X\",\"country\":\"Y\"}", ""),
    READ("{\"country\":\"X\",\"country\":\"X\"}", ""),
    READ("{\"country\":\"X\",\"country\":5}", ""),
    READ("\xef\xbb\xbf{\"country\":\"X\"}", ""),
    READ("{\"country\":\"X\"/*c*/}", ""),
};

TEST(a_country_is_read_or_the_text_is_malformed, .times = COUNT(table))
{
    char *country = guard_room(METADATA_COUNTRY_MAX);
    const size_t length = metadata_country(
        country, guard_copy(table[_i].text, table[_i].size), table[_i].size);

    ck_assert_uint_eq(length, table[_i].length);
    ck_assert_mem_eq(country, table[_i].country, length);
}

TEST(no_beginning_of_it_is_taken_for_the_whole)
{
    char *country = guard_room(METADATA_COUNTRY_MAX);

    /* White space at the end is no part of it. */
    for (size_t size = 0; size < table[0].size; size++)
        ck_assert_uint_eq(
            metadata_country(country, guard_copy(table[0].text, size), size),
            0);
}

TEST(a_country_has_up_to_200_bytes)
{
    char *country = guard_room(METADATA_COUNTRY_MAX);
    char text[512];

    for (int more = 0; more < 2; more++) {
        const int size =
            sprintf(text, "{\"country\":\"\\u00e9%0*d\"}", 198 + more, 0);

        ck_assert_uint_eq(metadata_country(country, text, (size_t)size),
            more ? 0 : METADATA_COUNTRY_MAX);
    }
}

TEST(a_text_has_up_to_1024_bytes)
{
    char *country = guard_room(METADATA_COUNTRY_MAX);
    char text[METADATA_MAX + 2];

    memset(text, ' ', sizeof(text));
    memcpy(text, "{\"country\":\"X\"}", 15);
    ck_assert_uint_eq(metadata_country(country, text, METADATA_MAX), 1);
    ck_assert_uint_eq(metadata_country(country, text, METADATA_MAX + 1), 0);
}
