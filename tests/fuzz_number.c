/*
 * Numbers: reading agrees with adding up digits in 128 bits, and what is
 * written is read again. Input: the text.
 */
#include "common/number.h"

#include "tests/fuzz.h"

#include <stdbool.h>

__extension__ typedef unsigned __int128 wide;

/* The text's value by school arithmetic, as far as it matters. */
static enum number_status
expected(const char *text, size_t length, int64_t *value)
{
    const bool sign = length > 0 && (*text == '-' || *text == '+');
    const bool negative = sign && *text == '-';
    wide sum = 0, most = (wide)1 << 63;

    if (length == (size_t)sign)
        return NUMBER_MALFORMED;
    for (size_t i = sign; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return NUMBER_MALFORMED;
        if (sum <= most)
            sum = sum * 10 + (unsigned)(text[i] - '0');
    }
    if (sum > most || (sum == most && !negative))
        return NUMBER_RANGE;
    *value = (int64_t)(negative ? -(uint64_t)sum : (uint64_t)sum);
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
