/*
 * Numbers: reading agrees with a plainer look at the digits, and what is
 * written is read again. Input: the text.
 */
#include "common/number.h"

#include "tests/fuzz/fuzz.h"

#include <stdbool.h>

/* The text's value by school arithmetic; which is the greater of two numbers is
 * seen from their digits. */
static enum number_status
expected(const char *text, size_t length, int64_t *value)
{
    const bool sign = length > 0 && (*text == '-' || *text == '+');
    const bool negative = sign && *text == '-';
    static const char most[] = "9223372036854775808";
    const size_t most_digits = sizeof(most) - 1;
    uint64_t sum = 0;
    size_t digits;
    int order;

    if (length == (size_t)sign)
        return NUMBER_MALFORMED;
    for (size_t i = sign; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return NUMBER_MALFORMED;
        sum = sum * 10 + (uint64_t)(text[i] - '0');
    }
    for (digits = length - sign; digits > 0 && text[length - digits] == '0';)
        digits--;
    if (digits != most_digits)
        order = digits < most_digits ? -1 : 1;
    else
        order = memcmp(text + length - digits, most, digits);
    if (order > 0 || (order == 0 && !negative))
        return NUMBER_RANGE;
    *value = (int64_t)(negative ? -sum : sum);
    return NUMBER_OK;
}

/* Any number is read again as it was written. */
static void
round_trip(int64_t value)
{
    char text[NUMBER_MAX];
    int64_t again = ~value;
    const size_t length = number_write(text, value);

    assert(length <= NUMBER_MAX);
    assert(number_read(text, length, &again) == NUMBER_OK && again == value);
    assert(text[0] != '+' && (text[0] != '0' || length == 1));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int64_t value = 0, wanted = 0;
    const char *text = (const char *)data;

    assert(number_read(text, size, &value) == expected(text, size, &wanted));
    assert(value == wanted);
    round_trip(value);
    if (size >= sizeof(value)) {
        memcpy(&value, data, sizeof(value));
        round_trip(value);
    }
    return 0;
}
