#include "common/template.h"

#include <assert.h>
#include <string.h>

/* Begin to write a text with places. */
void
template_begin(struct template *template, const char *text, size_t length,
    void (*fill)(struct template *template, const char *name, size_t length,
        void *argument),
    void *argument)
{
    template->at = text;
    template->end = text + length;
    template->fill = fill;
    template->argument = argument;
    template_put(template, TEMPLATE_RAW, text, 0);
}

/* Put a text at a place. */
void
template_put(struct template *template, enum template_escape escape,
    const char *text, size_t length)
{
    template->escape = escape;
    template->text = text;
    template->left = length;
    template->made = NULL;
}

/* Put a number at a place. */
void
template_put_number(struct template *template, size_t number)
{
    template_put(template, TEMPLATE_RAW, template->number,
        number_write(template->number, (int64_t)number));
}

/* Put at a place what a function writes. */
void
template_put_made(struct template *template,
    size_t (*made)(void *argument, char *buffer, size_t size, bool *last))
{
    template->made = made;
}

/* Write an ASCII character that is not to be taken for syntax; its length. */
size_t
template_escape(char *to, char c, enum template_escape escape)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char byte = (unsigned char)c;
    const char *name = NULL;

    if (escape == TEMPLATE_HTML)
        name = c == '&'    ? "&amp;"
               : c == '<'  ? "&lt;"
               : c == '>'  ? "&gt;"
               : c == '"'  ? "&quot;"
               : c == '\'' ? "&#39;"
                           : NULL;
    else if (escape == TEMPLATE_JSON)
        name = c == '"' ? "\\\"" : c == '\\' ? "\\\\" : NULL;
    if (name != NULL) {
        memcpy(to, name, strlen(name));
        return strlen(name);
    }
    if (escape == TEMPLATE_JSON && byte < ' ') {
        memcpy(to, "\\u00", 4);
        to[4] = digits[byte >> 4];
        to[5] = digits[byte & 15];
        return 6;
    }
    if (escape == TEMPLATE_URL &&
        !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
            (c >= '0' && c <= '9'))) {
        to[0] = '%';
        to[1] = digits[byte >> 4];
        to[2] = digits[byte & 15];
        return 3;
    }
    *to = c;
    return 1;
}

/* Write the piece in work as far as there is room, and tell whether that was
 * the whole of it; the end of what is written. */
static char *
write_piece(struct template *template, char *to, const char *end, bool *whole)
{
    const size_t room = (size_t)(end - to);

    if (template->made != NULL) {
        to += template->made(template->argument, to, room, whole);
        if (*whole)
            template->made = NULL;
        return to;
    }
    if (template->escape == TEMPLATE_RAW) {
        const size_t length = template->left < room ? template->left : room;

        memcpy(to, template->text, length);
        template->text += length;
        template->left -= length;
        to += length;
    } else {
        for (; template->left > 0 && end - to >= TEMPLATE_ESCAPE_MAX;
             template->left--)
            to += template_escape(to, *template->text++, template->escape);
    }
    *whole = template->left == 0;
    return to;
}

/* The next place in a text, or the text's end. */
static const char *
find_place(const char *text, const char *end)
{
    /* memmem would take several times as long. */
    while ((text = memchr(text, '{', (size_t)(end - text))) != NULL) {
        if (end - text > 1 && text[1] == '{')
            return text;
        text++;
    }
    return end;
}

/* Go on to the next piece; false when the text is over. */
static bool
next_piece(struct template *template)
{
    const char *at = template->at, *end = template->end;
    const char *place = find_place(at, end), *close;

    if (at == end)
        return false;
    if (place > at) {
        template->at = place;
        template_put(template, TEMPLATE_RAW, at, (size_t)(place - at));
        return true;
    }
    at += 2;
    close = memchr(at, '}', (size_t)(end - at));
    assert(close != NULL && end - close > 1 && close[1] == '}');
    template->at = close + 2;
    template->fill(template, at, (size_t)(close - at), template->argument);
    return true;
}

/* Write the next bytes. */
size_t
template_next(struct template *template, char *buffer, size_t size, bool *last)
{
    char *to = buffer, *const end = buffer + size;

    do {
        bool whole = false;

        to = write_piece(template, to, end, &whole);
        if (!whole)
            return (size_t)(to - buffer);
    } while (next_piece(template));
    *last = true;
    return (size_t)(to - buffer);
}
