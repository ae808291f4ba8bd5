#include "report/say.h"

#include <err.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

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

/* Tell how much of a text fits into so many columns: up to a space, if there is
 * one. Nearly all of it is ASCII; what is not counts as its bytes. */
static size_t
fitting(const char *text, size_t columns)
{
    size_t fit = columns;

    if (strlen(text) <= columns)
        return strlen(text);
    while (fit > 0 && text[fit] != ' ')
        fit--;
    return fit > 0 ? fit : columns;
}

/* Break text at spaces; lines after the first are indented. */
static void
wrap(FILE *out, const char *text)
{
    size_t columns = columns_of(out);
    size_t fit = fitting(text, columns);

    while (text[fit] != '\0') {
        fprintf(out, "%.*s\n%*s", (int)fit, text, INDENT, "");
        text += fit + (text[fit] == ' ');
        fit = fitting(text, columns - INDENT);
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
