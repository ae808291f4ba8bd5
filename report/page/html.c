#include "report/page/html.h"

#include <assert.h>
#include <stdarg.h>

/* Write a text for one place. */
void
html_text(FILE *out, const char *text)
{
    if (text == NULL)
        text = "-";
    for (; *text != '\0'; text++)
        switch (*text) {
        case '&':
            fputs("&amp;", out);
            break;
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        case '\'':
            fputs("&#39;", out);
            break;
        default:
            if ((unsigned char)*text >= ' ' ? *text == 0x7f
                                            : *text != '\n' && *text != '\t')
                fputs("\xef\xbf\xbd", out);
            else
                putc(*text, out);
        }
}

/* Write markup with texts in it. */
void
html_put(FILE *out, const char *markup, ...)
{
    va_list texts;

    va_start(texts, markup);
    for (; *markup != '\0'; markup++) {
        if (*markup != '%') {
            putc(*markup, out);
            continue;
        }
        markup++;
        assert(*markup == 's' || *markup == '%');
        if (*markup == 's')
            html_text(out, va_arg(texts, const char *));
        else
            putc('%', out);
    }
    va_end(texts);
}
