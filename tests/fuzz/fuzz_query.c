/*
 * Queries of an URL: parameters are what a plain decoder makes of them, and
 * are refused exactly when it finds fault. Input: the query.
 */
#include "common/http.h"
#include "common/number.h"

#include "tests/fuzz/fuzz.h"

#include <ctype.h>
#include <stdbool.h>
#include <unistr.h>

/* Decode a part of a query; -1: it is malformed. */
static ssize_t
decode(const char *text, size_t length, uint8_t *out)
{
    size_t count = 0;

    for (size_t i = 0; i < length; i++) {
        char digits[3] = "";

        out[count] = text[i] == '+' ? ' ' : (uint8_t)text[i];
        if (text[i] == '%') {
            if (length - i < 3 || !isxdigit((unsigned char)text[i + 1]) ||
                !isxdigit((unsigned char)text[i + 2]))
                return -1;
            memcpy(digits, text + i + 1, 2);
            out[count] = (uint8_t)strtoul(digits, NULL, 16);
            i += 2;
        }
        if (out[count++] == 0)
            return -1;
    }
    return u8_check(out, count) == NULL ? (ssize_t)count : -1;
}

/* The first value with this name, into out; -1: none; -2: malformed query. */
static ssize_t
expected(const char *text, size_t length, const char *name, uint8_t *out)
{
    const char *end = text + length;
    uint8_t *part = malloc(length + 1);
    ssize_t found = -1;

    while (text < end && found != -2) {
        const char *stop = memchr(text, '&', (size_t)(end - text));
        const char *equals;
        ssize_t name_length, value_length;

        stop = stop == NULL ? end : stop;
        equals = memchr(text, '=', (size_t)(stop - text));
        equals = equals == NULL ? stop : equals;
        name_length = decode(text, (size_t)(equals - text), part);
        if (found == -1 && name_length == (ssize_t)strlen(name) &&
            memcmp(part, name, strlen(name)) == 0) {
            equals += equals < stop;
            value_length = decode(equals, (size_t)(stop - equals), out);
            found = value_length;
        } else {
            equals += equals < stop;
            value_length = decode(equals, (size_t)(stop - equals), part);
        }
        if (name_length == -1 || value_length == -1)
            found = -2;
        text = stop < end ? stop + 1 : end;
    }
    free(part);
    return found;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http_parameter parameters[] = { { "query", NULL, 0 },
        { "start", NULL, 0 } };
    char *buffer = fuzz_copy(data, size);
    uint8_t *value = malloc(size + 1);
    const char *text = (const char *)data;
    const bool fine = http_query(text, size, buffer, parameters, 2);

    for (int i = 0; i < 2; i++) {
        const struct http_parameter *p = &parameters[i];
        const ssize_t wanted = expected(text, size, p->name, value);
        int64_t number = -7;

        assert(fine == (wanted != -2));
        if (!fine)
            continue;
        assert((p->text == NULL) == (wanted == -1));
        if (p->text != NULL)
            assert(p->length == (size_t)wanted &&
                   memcmp(p->text, value, p->length) == 0);
        if (http_number(p, &number))
            assert(number >= 0 || (number == -7 && p->length == 0));
    }
    free(buffer);
    free(value);
    return 0;
}
