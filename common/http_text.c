#include "common/http_text.h"

#include <string.h>

/* x: may stand in a token (RFC 9110, 5.6.2). */
static const char tokens[] = "................................"
                             ".x.xxxxx..xx.xx.xxxxxxxxxx......"
                             ".xxxxxxxxxxxxxxxxxxxxxxxxxx...xx"
                             "xxxxxxxxxxxxxxxxxxxxxxxxxxx.x.x.";

/* Whether text is a token. */
bool
http_is_token(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] > 127 || tokens[(int)text[i]] == '.')
            return false;
    return length > 0;
}

/* Whether text, which has no NUL, is this word of lower-case letters, in
 * whatever case. */
bool
http_is_word(const char *text, size_t length, const char *word)
{
    /* Not strncasecmp: what it does depends on the locale. */
    for (size_t i = 0; i < length; i++) {
        char c = text[i];

        if (c >= 'A' && c <= 'Z')
            c = (char)(c + ('a' - 'A'));
        if (c != word[i])
            return false;
    }
    return word[length] == '\0';
}

/* The value of a hexadecimal digit, or -1. */
int
http_hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Whether c may stand between the brackets of an IPv6 address. */
static bool
is_address_char(char c)
{
    return http_hex(c) >= 0 || c == ':' || c == '.';
}

/* Whether c may stand in a host name; a '%' begins %41. */
static bool
is_name_char(char c)
{
    static const char marks[] = "-._~!$&'()*+,;=%";

    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') ||
           memchr(marks, c, sizeof(marks) - 1) != NULL;
}

/* The bytes of the host at the start of text; 0 when there is none. */
static size_t
host_length(const char *text, size_t length)
{
    size_t at = 0;

    if (length > 0 && text[0] == '[') {
        for (at = 1; at < length && is_address_char(text[at]);)
            at++;
        return at > 2 && at < length && text[at] == ']' ? at + 1 : 0;
    }
    for (; at < length && is_name_char(text[at]); at++)
        if (text[at] == '%' && (length - at < 3 || http_hex(text[at + 1]) < 0 ||
                                   http_hex(text[at + 2]) < 0))
            return 0;
    return at;
}

/* Whether text is a host with or without a port (RFC 3986, 3.2). */
bool
http_is_host(const char *text, size_t length)
{
    size_t at = host_length(text, length);

    if (at == 0)
        return false;
    if (at < length && text[at++] != ':')
        return false;
    while (at < length && text[at] >= '0' && text[at] <= '9')
        at++;
    return at == length;
}

/* Whether c may stand in a line. */
bool
http_is_text(char c)
{
    const unsigned char byte = (unsigned char)c;

    return byte >= ' ' ? byte != 0x7f : byte == '\t';
}

/* Where text goes on behind blanks. */
const char *
http_skip_blanks(const char *text, const char *end)
{
    while (text < end && (*text == ' ' || *text == '\t'))
        text++;
    return text;
}

/* A value without the blanks at its ends. */
struct http_slice
http_trim(struct http_slice value)
{
    const char *end = value.text + value.length;

    value.text = http_skip_blanks(value.text, end);
    while (end > value.text && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    value.length = (size_t)(end - value.text);
    return value;
}

/* Whether a list of tokens has this word. */
bool
http_has_word(struct http_slice list, const char *word)
{
    const char *text = list.text, *end = text + list.length;

    while (text < end) {
        const char *comma = memchr(text, ',', (size_t)(end - text));
        const char *stop = comma == NULL ? end : comma;
        struct http_slice item = { text, (size_t)(stop - text) };

        item = http_trim(item);
        if (http_is_word(item.text, item.length, word))
            return true;
        text = stop < end ? stop + 1 : end;
    }
    return false;
}
