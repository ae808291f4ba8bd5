#include "common/number.h"

#include <stdbool.h>
#include <string.h>

/* Read a 64-bit signed integer. */
enum number_status
number_read(const char *text, size_t length, int64_t *value)
{
    const char *end = text + length;
    bool negative = false, fits = true;
    int64_t number = 0;

    if (text < end && (*text == '+' || *text == '-'))
        negative = *text++ == '-';
    if (text == end)
        return NUMBER_MALFORMED;
    for (; text < end; text++) {
        int digit = *text - '0';

        if (digit < 0 || digit > 9)
            return NUMBER_MALFORMED;
        /* Count downwards for negative ones: there is one more of them. */
        if (__builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, negative ? -digit : digit, &number))
            fits = false;
    }
    if (!fits)
        return NUMBER_RANGE;
    *value = number;
    return NUMBER_OK;
}

/* Write value in decimal; return its length. */
size_t
number_write(char *text, int64_t value)
{
    /* Two digits a division: this is on the way of every guess. */
    static const char pairs[] = "00010203040506070809101112131415161718192021"
                                "22232425262728293031323334353637383940414243"
                                "44454647484950515253545556575859606162636465"
                                "66676869707172737475767778798081828384858687"
                                "888990919293949596979899";
    char digits[NUMBER_MAX];
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    size_t at = sizeof(digits), length;

    while (rest >= 10) {
        at -= 2;
        memcpy(digits + at, pairs + rest % 100 * 2, 2);
        rest /= 100;
    }
    if (rest > 0 || at == sizeof(digits))
        digits[--at] = (char)('0' + rest);
    if (value < 0)
        digits[--at] = '-';
    length = sizeof(digits) - at;
    memcpy(text, digits + at, length);
    return length;
}
