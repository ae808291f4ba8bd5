#include "report/page/html.h"

#include <assert.h>
#include <stdarg.h>

/* Tell how many bytes of a text are a control character; 0 = none. */
size_t
html_control(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;

    if (at[0] == 0xc2 && at[1] >= 0x80 && at[1] <= 0x9f)
        return 2;
    return at[0] < ' ' || at[0] == 0x7f;
}

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
        case '\n':
        case '\t':
            putc(*text, out);
            break;
        default:
            if (html_control(text) == 0) {
                putc(*text, out);
                break;
            }
            fputs("\xef\xbf\xbd", out);
            text += html_control(text) - 1;
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
