#include "report/page/page_table.h"

#include "report/page/html.h"

/* Write a choice. */
void
page_badge(FILE *html, enum choice choice)
{
    html_put(html, "<span class=\"badge %s\">%s</span>",
        words_choice_class(choice), words_choice(choice));
}

/* Open a table; it can be reached and scrolled with the keyboard. */
void
page_open_table(FILE *html, const char *class, const char *name)
{
    html_put(html,
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
        "aria-label=\"%s\">\n<table class=\"%s\">\n",
        name, class);
}

/* Close a table. */
void
page_close_table(FILE *html)
{
    fputs("</tbody>\n</table>\n</div>\n", html);
}

/* Write a number's cell. */
void
page_number(FILE *html, const char *text)
{
    html_put(html, "<td class=\"number\">%s</td>", text);
}
