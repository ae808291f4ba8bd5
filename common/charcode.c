#include "common/charcode.h"

#include "common/charindex_data.h"

#include <string.h>

/* What is left of a text. */
struct rest {
    const char *at, *end;
};

/* The value of a digit; 16 or more when c is none. */
static unsigned
digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    if (c >= 'a' && c <= 'f')
        return (unsigned)(c - 'a') + 10;
    return c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10 : 16;
}

/* Read from least to most digits; false when there are fewer, or they are no
 * code point. What follows them may be another digit. */
static bool
read_digits(
    struct rest *rest, unsigned base, int least, int most, uint32_t *code)
{
    int count = 0;

    *code = 0;
    while (count < most && rest->at < rest->end && digit_of(*rest->at) < base &&
           *code < 0x110000) {
        *code = *code * base + digit_of(*rest->at++);
        count++;
    }
    return count >= least && *code < 0x110000;
}

/* Move past a text if it comes next. */
static bool
skip(struct rest *rest, const char *text)
{
    const size_t length = strlen(text);

    if ((size_t)(rest->end - rest->at) < length ||
        memcmp(rest->at, text, length) != 0)
        return false;
    rest->at += length;
    return true;
}

/* Read the four digits after \u, and, if they are the first of a surrogate
 * pair, its second. */
static bool
read_units(struct rest *rest, uint32_t *code)
{
    struct rest next;
    uint32_t low;

    if (!read_digits(rest, 16, 4, 4, code))
        return false;
    next = *rest;
    if (*code >> 10 == 0xd800 >> 10 && skip(&next, "\\u") &&
        read_digits(&next, 16, 4, 4, &low) && low >> 10 == 0xdc00 >> 10) {
        *code = 0x10000 + ((*code & 0x3ff) << 10) + (low & 0x3ff);
        *rest = next;
    }
    return true;
}

/* Read what follows a backslash. */
static bool
read_escape(struct rest *rest, uint32_t *code)
{
    const char kind = rest->at < rest->end ? *rest->at : '\0';

    if (kind != 'u' && kind != 'U' && kind != 'x')
        return read_digits(rest, 16, 4, 6, code);
    rest->at++;
    if (kind == 'U')
        return read_digits(rest, 16, 8, 8, code);
    if (skip(rest, "{"))
        return read_digits(rest, 16, 1, 6, code) && skip(rest, "}");
    return kind == 'u' ? read_units(rest, code)
                       : read_digits(rest, 16, 2, 2, code);
}

/* The character that HTML calls so; false when there is none. */
static bool
find_reference(const char *name, size_t length, uint32_t *code)
{
    const struct charsearch_reference *reference = charsearch_references;
    uint32_t low = 0, high = charsearch_sizes.references;

    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        const char *text = charsearch_reference_texts + reference[middle].text;
        const size_t size = reference[middle + 1].text - reference[middle].text;
        int order = memcmp(name, text, length < size ? length : size);

        if (order == 0 && length == size) {
            *code = reference[middle].code;
            return true;
        }
        if (order < 0 || (order == 0 && length < size))
            high = middle;
        else
            low = middle + 1;
    }
    return false;
}

/* Read what follows "&". */
static bool
read_reference(struct rest *rest, uint32_t *code)
{
    const char *name = rest->at, *end;

    if (skip(rest, "#")) {
        if (!(skip(rest, "x") || skip(rest, "X")
                    ? read_digits(rest, 16, 1, 6, code)
                    : read_digits(rest, 10, 1, 7, code)))
            return false;
        skip(rest, ";");
        return true;
    }
    end = memchr(name, ';', (size_t)(rest->end - name));
    if (end == NULL)
        return false;
    rest->at = end + 1;
    return find_reference(name, (size_t)(end - name), code);
}

/* Read four to six digits, not all of them letters. */
static bool
read_bare(struct rest *rest, uint32_t *code)
{
    const char *start = rest->at;

    if (!read_digits(rest, 16, 4, 6, code))
        return false;
    while (start < rest->at && digit_of(*start) > 9)
        start++;
    return start < rest->at;
}

/* Read one number, in any form; *open: another may follow at once. */
static bool
read_one(struct rest *rest, uint32_t *code, bool *open, bool *bare)
{
    *open = true;
    if (skip(rest, "\\"))
        return read_escape(rest, code);
    if (skip(rest, "&"))
        return read_reference(rest, code);
    *open = false;
    if (skip(rest, "U+") || skip(rest, "u+") || skip(rest, "0x") ||
        skip(rest, "0X"))
        return read_digits(rest, 16, 1, 6, code);
    *bare = true;
    return read_bare(rest, code);
}

/* Read a text that is nothing but numbers of characters. */
size_t
charcode_read(
    const char *text, size_t length, uint32_t *code, size_t max, bool *bare)
{
    struct rest rest = { text, text + length };
    bool open = true;
    size_t count = 0;

    *bare = false;
    for (;;) {
        while (rest.at < rest.end && strchr(" \t,", *rest.at) != NULL &&
               *rest.at != '\0') {
            rest.at++;
            open = true;
        }
        if (rest.at == rest.end)
            return count;
        if (!open || count == max ||
            !read_one(&rest, &code[count], &open, bare))
            return 0;
        count++;
    }
}
