/*
 * Quoting: what was quoted can be told from its quotation, by decoders that
 * share nothing with the encoders, and nothing in a quotation moves a terminal
 * or ends a string. Input: the text.
 */
#include "common/charindex.h"
#include "common/log.h"
#include "common/quote.h"

#include "tests/fuzz/fuzz.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistr.h>

/* Read the hexadecimal number of an escape, from digits to at most most. */
static unsigned
read_hex(const char **text, size_t most)
{
    char digits[12];
    char *end;
    const size_t length = strspn(*text, "0123456789abcdef");
    unsigned number;

    assert(most < sizeof(digits) && length > 0);
    memcpy(digits, *text, length < most ? length : most);
    digits[length < most ? length : most] = '\0';
    number = (unsigned)strtoul(digits, &end, 16);
    *text += end - digits;
    return number;
}

/* Undo one escape whose backslash was read; return the bytes that it says. */
static int
unescape(const char **text, uint8_t out[8], bool bytes)
{
    static const char letters[] = "nrt\\'\"", meaning[] = "\n\r\t\\'\"";
    const char kind = *(*text)++;
    const char *letter = strchr(letters, kind);
    size_t digits = kind == 'x' ? 2 : kind == 'u' ? 4 : 8;
    bool braces;
    unsigned code;

    if (letter != NULL) {
        out[0] = (uint8_t)meaning[letter - letters];
        return 1;
    }
    assert(kind == 'x' || kind == 'u' || kind == 'U');
    braces = **text == '{';
    *text += braces;
    code = read_hex(text, braces ? 6 : digits);
    assert(!braces || *(*text)++ == '}');
    if (kind == 'x' && code >= 0x80 && bytes) {
        out[0] = (uint8_t)code;
        return 1;
    }
    return u8_uctomb(out, code, 8);
}

/* What a quotation says, into out; its length. bytes: \xNN beyond ASCII is a
 * byte, not a character. */
static size_t
decode(const char *text, const char *end, uint8_t *out, bool bytes)
{
    size_t length = 0;

    while (text < end) {
        assert((unsigned char)*text >= ' ' && *text != 0x7f);
        if (*text != '\\') {
            out[length++] = (uint8_t)*text++;
        } else {
            text++;
            length += (size_t)unescape(&text, out + length, bytes);
        }
    }
    assert(text == end);
    return length;
}

/* A console's text says all of the input, or as much as fits. */
static void
check_log(const char *text, size_t size)
{
    const size_t room = 10 * size + 1;
    char *all = malloc(room), *less = malloc(room / 2 + 1);
    uint8_t *said = malloc(room + 8);
    const size_t length = log_escape(all, room, text, size);
    const size_t short_length = log_escape(less, room / 2 + 1, text, size);

    assert(length < room && all[length] == '\0');
    assert(u8_check((const uint8_t *)all, length) == NULL);
    assert(decode(all, all + length, said, true) == size);
    assert(memcmp(said, text, size) == 0);
    assert(short_length <= room / 2 && less[short_length] == '\0');
    assert(memcmp(all, less, short_length) == 0);
    free(all);
    free(less);
    free(said);
}

/* A repr says all of the input; bytes that are no UTF-8 cannot be told from
 * the characters below U+0100. */
static void
check_repr(const char *text, size_t size, bool valid)
{
    char *repr = malloc(QUOTE_REPR_ROOM(size));
    char *status = malloc(QUOTE_STATUS_ROOM(size));
    uint8_t *said = malloc(QUOTE_REPR_ROOM(size) + 8);
    const size_t length = quote_repr(repr, text, size);

    assert(length < QUOTE_REPR_ROOM(size) && repr[length] == '\0');
    assert(length >= 2 && repr[0] == repr[length - 1]);
    assert(u8_check((const uint8_t *)repr, length) == NULL);
    if (valid) {
        assert(decode(repr + 1, repr + length - 1, said, false) == size);
        assert(memcmp(said, text, size) == 0);
    }
    assert(quote_status(status, size, text, size) < QUOTE_STATUS_ROOM(size));
    assert(strstr(status, repr) != NULL || strlen(repr) != length);
    free(repr);
    free(status);
    free(said);
}

/* jansson reads the JSON as the input. */
static void
check_json(const char *text, size_t size, bool valid)
{
    char *json = malloc(QUOTE_JSON_ROOM(size));
    const size_t length = quote_json(json, text, size);
    json_t *string;

    assert(length < QUOTE_JSON_ROOM(size) && json[length] == '\0');
    string = json_loadb(json, length, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    assert(json_is_string(string));
    if (valid) {
        assert(json_string_length(string) == size);
        assert(memcmp(json_string_value(string), text, size) == 0);
    }
    json_decref(string);
    free(json);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const bool valid = u8_check(data, size) == NULL;
    const char *text = (const char *)data;

    check_log(text, size);
    check_repr(text, size, valid);
    check_json(text, size, valid);
    return 0;
}
