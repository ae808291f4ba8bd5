#include "common/quote.h"

#include "common/charindex.h"
#include "common/number.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistr.h>

/* The letter behind a backslash that stands for a control; '\0': none. */
static char
control_letter(uint32_t code)
{
    return code == '\t' ? 't' : code == '\n' ? 'n' : code == '\r' ? 'r' : '\0';
}

/* Put one character, used bytes of text, as repr shows it; the length. */
static size_t
put_repr(char *buffer, const char *text, size_t used, uint32_t code, char quote)
{
    const char letter = control_letter(code);

    if (letter != '\0')
        return (size_t)sprintf(buffer, "\\%c", letter);
    if (code == '\\' || code == (unsigned char)quote)
        return (size_t)sprintf(buffer, "\\%c", (char)code);
    if (charindex_printable(code)) {
        memcpy(buffer, text, used);
        return used;
    }
    return (size_t)sprintf(buffer,
        code <= 0xff     ? "\\x%02x"
        : code <= 0xffff ? "\\u%04x"
                         : "\\U%08x",
        (unsigned)code);
}

/* Whether a byte is an ASCII character that stays, but for quotes. */
static bool
is_plain(char byte)
{
    return byte >= ' ' && byte <= '~' && byte != '\\';
}

/* The quotation mark that Python puts around a text. */
static char
choose_quote(const char *text, size_t length)
{
    return length > 0 && memchr(text, '\'', length) != NULL &&
                   memchr(text, '"', length) == NULL
               ? '"'
               : '\'';
}

/* The text as Python's repr shows it. */
size_t
quote_repr(char *buffer, const char *text, size_t length)
{
    const char quote = choose_quote(text, length);
    char *to = buffer;

    *to++ = quote;
    while (length > 0) {
        ucs4_t code = 0;
        int used;

        /* Most of them: there is nothing to look up. */
        if (is_plain(*text) && *text != quote) {
            *to++ = *text++;
            length--;
            continue;
        }
        used = u8_mbtoucr(&code, (const uint8_t *)text, length);
        if (used > 0) {
            to += put_repr(to, text, (size_t)used, code, quote);
        } else {
            to += sprintf(to, "\\x%02x", (unsigned char)*text);
            used = 1;
        }
        text += used;
        length -= (size_t)used;
    }
    *to++ = quote;
    *to = '\0';
    return (size_t)(to - buffer);
}

/* The bytes as Python's repr shows them. */
size_t
quote_bytes(char *buffer, const char *bytes, size_t length)
{
    const char quote = choose_quote(bytes, length);
    char *to = buffer;

    *to++ = 'b';
    *to++ = quote;
    for (const char *end = bytes + length; bytes < end; bytes++) {
        const char letter = control_letter((unsigned char)*bytes);

        if (letter != '\0')
            to += sprintf(to, "\\%c", letter);
        else if (*bytes == quote || *bytes == '\\')
            to += sprintf(to, "\\%c", *bytes);
        else if (is_plain(*bytes))
            *to++ = *bytes;
        else
            to += sprintf(to, "\\x%02x", (unsigned char)*bytes);
    }
    *to++ = quote;
    *to = '\0';
    return (size_t)(to - buffer);
}

/* Whether a character must not stand in a JSON string as it is; markup says
 * whether it may get into a page. */
static bool
is_escaped(uint32_t code, bool markup)
{
    return code < ' ' ||
           (markup && (code == '<' || code == '>' || code == '&'));
}

/* Put a text as a JSON string. */
static size_t
put_json(char *buffer, const char *text, size_t length, bool markup)
{
    char *to = buffer;

    *to++ = '"';
    while (length > 0) {
        ucs4_t code = 0;
        int used = u8_mbtoucr(&code, (const uint8_t *)text, length);

        if (used <= 0) {
            used = 1;
            to += sprintf(to, "\\ufffd");
        } else if (is_escaped(code, markup)) {
            to += sprintf(to, "\\u%04x", (unsigned)code);
        } else {
            if (code == '"' || code == '\\')
                *to++ = '\\';
            memcpy(to, text, (size_t)used);
            to += used;
        }
        text += used;
        length -= (size_t)used;
    }
    *to++ = '"';
    *to = '\0';
    return (size_t)(to - buffer);
}

/* The text as a JSON string. */
size_t
quote_json(char *buffer, const char *text, size_t length)
{
    return put_json(buffer, text, length, false);
}

/* The text as a JSON string that may get into a page. */
size_t
quote_json_markup(char *buffer, const char *text, size_t length)
{
    return put_json(buffer, text, length, true);
}

/* What is said after a search. */
size_t
quote_status(char *buffer, size_t count, const char *query, size_t length)
{
    char *to = buffer;

    if (count == 0) {
        to = stpcpy(to, "No match for ");
    } else {
        to += number_write(to, (int64_t)count);
        to = stpcpy(to, count == 1 ? " match for " : " matches for ");
    }
    to += quote_repr(to, query, length);
    return (size_t)(to - buffer);
}
