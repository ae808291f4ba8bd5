#include "report/say.h"

#include <err.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistr.h>
#include <uniwidth.h>

/* Running text is as wide as the terminal, within these columns. */
#define COLUMNS_MIN 60
#define COLUMNS     100

#define INDENT      4 /* of what is the same sentence */

/* Tell how many columns there are. */
static size_t
columns_of(FILE *out)
{
    struct winsize size;

    if (ioctl(fileno(out), TIOCGWINSZ, &size) == -1 || size.ws_col == 0 ||
        size.ws_col > COLUMNS)
        return COLUMNS;
    return size.ws_col < COLUMNS_MIN ? COLUMNS_MIN : size.ws_col;
}

/*
 * Tell how many bytes of a text fit into so many columns: up to a space, if
 * there is one, else to the last character that does.
 */
static size_t
bytes_that_fit(const char *text, size_t columns)
{
    const uint8_t *at = (const uint8_t *)text, *space = NULL, *next = at;

    while (*next != '\0') {
        ucs4_t c;
        int length = u8_mbtouc(&c, next, strnlen((const char *)next, 4));
        int width = uc_width(c, "UTF-8");

        if (width > 0 && (size_t)width > columns && next > at) {
            if (*next == ' ' || space == NULL)
                space = next;
            return (size_t)(space - at);
        }
        if (*next == ' ')
            space = next;
        columns -= width > 0 ? (size_t)width : 0;
        next += length;
    }
    return (size_t)(next - at);
}

/* Break text at spaces; lines after the first are indented. */
static void
wrap(FILE *out, const char *text)
{
    size_t columns = columns_of(out);
    size_t fit = bytes_that_fit(text, columns);

    while (text[fit] != '\0') {
        fprintf(out, "%.*s\n%*s", (int)fit, text, INDENT, "");
        text += fit + (text[fit] == ' ');
        fit = bytes_that_fit(text, columns - INDENT);
    }
    fprintf(out, "%s\n", text);
}

/* Put a text together and break it at spaces. */
void
say(FILE *out, const char *fmt, ...)
{
    va_list ap;
    char *text;

    va_start(ap, fmt);
    if (vasprintf(&text, fmt, ap) == -1)
        err(1, NULL);
    va_end(ap);
    wrap(out, text);
    free(text);
}
