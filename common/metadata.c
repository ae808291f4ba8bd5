#include "common/metadata.h"

#include "common/http_text.h"

#include <stdint.h>
#include <string.h>
#include <unistr.h>

/* What is still to be read; text is NULL once it is malformed. */
struct reader {
    const char *text, *end;
};

/* Where a string is put; what does not fit is counted all the same. */
struct string {
    char *bytes;
    size_t room, length;
};

/* The text is malformed. */
static void
refuse(struct reader *reader)
{
    reader->text = reader->end = NULL;
}

/* Skip white space (RFC 8259, 2). */
static void
skip_space(struct reader *reader)
{
    while (reader->text < reader->end &&
           memchr(" \t\r\n", *reader->text, 4) != NULL)
        reader->text++;
}

/* Take one character if it comes next; whether it did. */
static bool
take(struct reader *reader, char c)
{
    if (reader->text == reader->end || *reader->text != c)
        return false;
    reader->text++;
    return true;
}

/* Take the digits that come next; whether there were any. */
static bool
take_digits(struct reader *reader)
{
    const char *start = reader->text;

    while (reader->text < reader->end && *reader->text >= '0' &&
           *reader->text <= '9')
        reader->text++;
    return reader->text > start;
}

/* Skip a number (RFC 8259, 6). */
static void
skip_number(struct reader *reader)
{
    take(reader, '-');
    if (!take(reader, '0') && !take_digits(reader)) {
        refuse(reader);
        return;
    }
    if (take(reader, '.') && !take_digits(reader)) {
        refuse(reader);
        return;
    }
    if (take(reader, 'e') || take(reader, 'E')) {
        if (!take(reader, '+'))
            take(reader, '-');
        if (!take_digits(reader))
            refuse(reader);
    }
}

/* Skip a value that is no string. */
static void
skip_value(struct reader *reader)
{
    static const char *const words[] = { "true", "false", "null" };

    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        const size_t length = strlen(words[i]);

        if ((size_t)(reader->end - reader->text) >= length &&
            memcmp(reader->text, words[i], length) == 0) {
            reader->text += length;
            return;
        }
    }
    skip_number(reader);
}

/* Append bytes to a string as far as they fit. */
static void
append(struct string *string, const void *bytes, size_t length)
{
    if (string->length + length <= string->room)
        memcpy(string->bytes + string->length, bytes, length);
    string->length += length;
}

/* Take four hexadecimal digits; -1 when they are not there. */
static int
take_unit(struct reader *reader)
{
    int unit = 0;

    if (reader->end - reader->text < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        const int digit = http_hex(*reader->text++);

        if (digit < 0)
            return -1;
        unit = unit << 4 | digit;
    }
    return unit;
}

/* Take what follows \u: a character, or both halves of one (RFC 8259, 7). */
static void
take_escaped(struct reader *reader, struct string *string)
{
    uint8_t bytes[4];
    int unit = take_unit(reader), low, length;
    ucs4_t c;

    if (unit < 0) {
        refuse(reader);
        return;
    }
    c = (ucs4_t)unit;
    if (unit >= 0xd800 && unit <= 0xdbff) {
        low = take(reader, '\\') && take(reader, 'u') ? take_unit(reader) : -1;
        if (low < 0xdc00 || low > 0xdfff) {
            refuse(reader);
            return;
        }
        c = 0x10000 + (((ucs4_t)unit - 0xd800) << 10) + ((ucs4_t)low - 0xdc00);
    }
    length = u8_uctomb(bytes, c, sizeof(bytes));
    if (length < 0) /* a half by itself */
        refuse(reader);
    else
        append(string, bytes, (size_t)length);
}

/* Take an escape behind its backslash. */
static void
take_escape(struct reader *reader, struct string *string)
{
    static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    const char *letter;

    if (take(reader, 'u')) {
        take_escaped(reader, string);
        return;
    }
    letter = reader->text < reader->end
                 ? memchr(letters, *reader->text, sizeof(letters) - 1)
                 : NULL;
    if (letter == NULL) {
        refuse(reader);
        return;
    }
    reader->text++;
    append(string, &meant[letter - letters], 1);
}

/* Take a string with its quotes. */
static void
take_string(struct reader *reader, struct string *string)
{
    string->length = 0;
    if (!take(reader, '"')) {
        refuse(reader);
        return;
    }
    while (reader->text < reader->end && *reader->text != '"') {
        const unsigned char c = (unsigned char)*reader->text;

        if (c < ' ') {
            refuse(reader);
            return;
        }
        if (take(reader, '\\'))
            take_escape(reader, string);
        else
            append(string, reader->text++, 1);
    }
    if (!take(reader, '"'))
        refuse(reader);
}

/* Take one member of the object, of which the country, if it is that, goes
 * into country; it must be the first. */
static void
take_member(struct reader *reader, struct string *country)
{
    static const char name[] = "country";
    char key_bytes[sizeof(name) - 1];
    struct string key = { key_bytes, sizeof(key_bytes), 0 };
    struct string other = { NULL, 0, 0 };
    bool named;

    skip_space(reader);
    take_string(reader, &key);
    named = key.length == sizeof(key_bytes) &&
            memcmp(key_bytes, name, sizeof(key_bytes)) == 0;
    skip_space(reader);
    if (!take(reader, ':')) {
        refuse(reader);
        return;
    }
    skip_space(reader);
    if (named && country->length > 0) {
        refuse(reader);
        return;
    }
    if (named)
        take_string(reader, country);
    else if (reader->text < reader->end && *reader->text == '"')
        take_string(reader, &other);
    else
        skip_value(reader);
    if (named && (country->length == 0 || country->length > country->room))
        refuse(reader);
    skip_space(reader);
}

/* Read the value of "country". */
size_t
metadata_country(
    char country[METADATA_COUNTRY_MAX], const char *text, size_t length)
{
    struct reader reader = { text, text + length };
    struct string found = { country, METADATA_COUNTRY_MAX, 0 };

    if (length == 0 || length > METADATA_MAX ||
        u8_check((const uint8_t *)text, length) != NULL)
        return 0;
    skip_space(&reader);
    if (!take(&reader, '{'))
        return 0;
    do
        take_member(&reader, &found);
    while (take(&reader, ','));
    if (!take(&reader, '}'))
        return 0;
    skip_space(&reader);
    return reader.text == reader.end ? found.length : 0;
}
