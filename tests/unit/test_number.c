#include "common/number.h"

#include "tests/unit/guard.h"
#include "tests/unit/unit.h"

#include <inttypes.h>
#include <stdio.h>

/* A text, and what it must be read as. */
struct text {
    const char *text;
    size_t length;
    enum number_status status;
    int64_t value;
};

#define TEXT(text, status, value)                                              \
    {                                                                          \
        text, sizeof(text) - 1, status, value                                  \
    }
#define NUMBER(text, value) TEXT(text, NUMBER_OK, value)
#define MALFORMED(text)     TEXT(text, NUMBER_MALFORMED, 0)
#define RANGE(text)         TEXT(text, NUMBER_RANGE, 0)

static const struct text texts[] = {
    NUMBER("0", 0),
    NUMBER("1", 1),
    NUMBER("9", 9),
    NUMBER("10", 10),
    NUMBER("1234567890", 1234567890),
    NUMBER("+0", 0),
    NUMBER("-0", 0),
    NUMBER("+3", 3),
    NUMBER("-3", -3),
    NUMBER("007", 7),
    NUMBER("-007", -7),
    NUMBER("00000000000000000000000000000000000000000001", 1),
    NUMBER("-00000000000000000000000000000000000000000000", 0),
    NUMBER("2147483647", INT32_MAX),
    NUMBER("2147483648", INT64_C(2147483648)),
    NUMBER("-2147483649", INT64_C(-2147483649)),
    NUMBER("4294967296", INT64_C(4294967296)),
    NUMBER("9223372036854775806", INT64_MAX - 1),
    NUMBER("9223372036854775807", INT64_MAX),
    NUMBER("+9223372036854775807", INT64_MAX),
    NUMBER("0009223372036854775807", INT64_MAX),
    NUMBER("-9223372036854775807", INT64_MIN + 1),
    NUMBER("-9223372036854775808", INT64_MIN),
    NUMBER("-0009223372036854775808", INT64_MIN),
    RANGE("9223372036854775808"),
    RANGE("+9223372036854775808"),
    RANGE("-9223372036854775809"),
    RANGE("9223372036854775810"),
    RANGE("-9223372036854775810"),
    RANGE("9223372036854775817"),
    RANGE("9999999999999999999"),
    RANGE("10000000000000000000"),
    RANGE("12345678901234567890"),
    RANGE("-12345678901234567890"),
    RANGE("18446744073709551615"),
    RANGE("18446744073709551616"),
    RANGE("18446744073709551617"),
    RANGE("-18446744073709551616"),
    RANGE("36893488147419103232"),
    RANGE("340282366920938463463374607431768211457"),
    RANGE("100000000000000000000000000000000000000000000000000000000000000"),
    MALFORMED(""),
    MALFORMED("+"),
    MALFORMED("-"),
    MALFORMED("++1"),
    MALFORMED("--1"),
    MALFORMED("+-1"),
    MALFORMED("-+1"),
    MALFORMED("1-"),
    MALFORMED("1+1"),
    MALFORMED(" 1"),
    MALFORMED("1 "),
    MALFORMED("1 2"),
    MALFORMED("- 1"),
    MALFORMED(" "),
    MALFORMED("\t1"),
    MALFORMED("1\n"),
    MALFORMED("1\r"),
    MALFORMED("1_000"),
    MALFORMED("1,000"),
    MALFORMED("1.0"),
    MALFORMED("1."),
    MALFORMED(".5"),
    MALFORMED("1e3"),
    MALFORMED("0x10"),
    MALFORMED("0b1"),
    MALFORMED("1L"),
    MALFORMED("x"),
    MALFORMED("inf"),
    MALFORMED("nan"),
    MALFORMED("\0"),
    MALFORMED("1\0"),
    MALFORMED("\0001"),
    MALFORMED("1\0002"),
    MALFORMED("1/"),
    MALFORMED("1:"),
    MALFORMED("\xb1"),
    MALFORMED("1\xff"),
    MALFORMED("\xd9\xa1"),         /* ARABIC-INDIC DIGIT ONE */
    MALFORMED("\xef\xbc\x91"),     /* FULLWIDTH DIGIT ONE */
    MALFORMED("\xe0\xa5\xa7"),     /* DEVANAGARI DIGIT ONE */
    MALFORMED("\xf0\x9d\x9f\x8f"), /* MATHEMATICAL BOLD DIGIT ONE */
    MALFORMED("\xe2\x88\x92"
              "1"), /* MINUS SIGN */
    MALFORMED("\xef\xbb\xbf"
              "1"), /* the byte order mark */
    MALFORMED("9223372036854775808x"),
    MALFORMED("99999999999999999999999999999999999 "),
    MALFORMED("-99999999999999999999999999999999999-"),
};

TEST(a_text_is_read_as_its_number_or_refused, .times = COUNT(texts))
{
    const struct text *text = &texts[_i];
    int64_t value = 0;

    ck_assert_msg(number_read(guard_copy(text->text, text->length),
                      text->length, &value) == text->status,
        "'%s'", text->text);
    if (text->status == NUMBER_OK)
        ck_assert_int_eq(value, text->value);
}

TEST(a_refused_text_leaves_the_value_alone, .times = COUNT(texts))
{
    const struct text *text = &texts[_i];
    int64_t value = -4711;

    if (number_read(text->text, text->length, &value) != NUMBER_OK)
        ck_assert_int_eq(value, -4711);
}

TEST(what_follows_the_text_is_not_read)
{
    int64_t value = 0;

    ck_assert_int_eq(number_read("12345", 3, &value), NUMBER_OK);
    ck_assert_int_eq(value, 123);
}

TEST(no_text_at_all_is_no_number)
{
    int64_t value = 0;

    ck_assert_int_eq(number_read(NULL, 0, &value), NUMBER_MALFORMED);
}

TEST(one_byte_is_a_number_only_when_it_is_a_digit)
{
    for (int byte = 0; byte < 256; byte++) {
        char text = (char)byte;
        int64_t value = -1;
        enum number_status status =
            number_read(guard_copy(&text, 1), 1, &value);

        if (byte >= '0' && byte <= '9')
            ck_assert_msg(
                status == NUMBER_OK && value == byte - '0', "byte %d", byte);
        else
            ck_assert_msg(status == NUMBER_MALFORMED, "byte %d", byte);
    }
}

TEST(a_byte_that_is_no_digit_spoils_a_number_anywhere)
{
    for (int byte = 0; byte < 256; byte++) {
        if (byte >= '0' && byte <= '9')
            continue;
        for (size_t at = 0; at < 4; at++) {
            char text[] = { '1', '2', '3', '4' };
            int64_t value;

            if (at == 0 && (byte == '+' || byte == '-'))
                continue;
            text[at] = (char)byte;
            ck_assert_msg(
                number_read(text, sizeof(text), &value) == NUMBER_MALFORMED,
                "byte %d at %zu", byte, at);
        }
    }
}

TEST(a_very_long_text_is_out_of_range)
{
    char *text = guard_room(100000);
    int64_t value;

    memset(text, '9', 100000);
    ck_assert_int_eq(number_read(text, 100000, &value), NUMBER_RANGE);
}

TEST(very_many_zeros_before_a_number_do_not_count)
{
    char *text = guard_room(100000);
    int64_t value = 0;

    memset(text, '0', 100000);
    text[99999] = '7';
    ck_assert_int_eq(number_read(text, 100000, &value), NUMBER_OK);
    ck_assert_int_eq(value, 7);
}

/* A number is written as printf does, and read again as itself. */
static void
check_written(int64_t value)
{
    char expected[NUMBER_MAX + 1];
    int length = snprintf(expected, sizeof(expected), "%" PRId64, value);
    char *text = guard_room((size_t)length);
    int64_t again = ~value;

    if (number_write(text, value) != (size_t)length ||
        memcmp(text, expected, (size_t)length) != 0 ||
        number_read(text, (size_t)length, &again) != NUMBER_OK ||
        again != value)
        ck_abort_msg("%s is written as %.*s", expected, length, text);
}

TEST(the_ends_of_the_range_are_written)
{
    for (int64_t away = 0; away < 1000; away++) {
        check_written(INT64_MIN + away);
        check_written(INT64_MAX - away);
    }
}

TEST(small_numbers_are_written)
{
    for (int64_t value = -10000; value <= 10000; value++)
        check_written(value);
}

TEST(every_number_of_digits_is_written)
{
    int64_t power = 1;

    for (int digits = 1; digits < 20; digits++) {
        for (int64_t away = -1; away <= 1; away++) {
            check_written(power + away);
            check_written(-power + away);
        }
        if (digits < 19)
            power *= 10;
    }
}

TEST(random_numbers_of_every_size_are_written)
{
    uint64_t state = 1;

    for (int i = 0; i < 100000; i++) {
        state = state * 6364136223846793005 + 1442695040888963407;
        check_written((int64_t)state >> (i % 63));
    }
}

TEST(no_more_than_the_maximum_is_written)
{
    char *text = guard_room(NUMBER_MAX);

    ck_assert_uint_eq(number_write(text, INT64_MIN), NUMBER_MAX);
}

TEST(nothing_is_written_behind_a_number)
{
    char *text = guard_room(NUMBER_MAX);

    ck_assert_uint_eq(number_write(text, 7), 1);
    for (size_t i = 1; i < NUMBER_MAX; i++)
        ck_assert_int_eq((unsigned char)text[i], GUARD_FILL);
}
