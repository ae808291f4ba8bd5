#include "report/page/figure.h"

#include "report/page/html.h"

/* Servers whose curves are drawn; the peer comes last. */
static const char *const servers[FIGURE_SERVERS] = { "bare-epoll",
    "bare-threads", "manual-bufferevent", "threaded", "evented", "" };

/* Find the cell of server i of the table; "" is the peer. */
const json_t *
figure_cell(const json_t *scenario, size_t i)
{
    return servers[i][0] != '\0'
               ? view_cell(scenario, servers[i])
               : view_named(scenario, "cells", "role", "peer");
}

/* Find the pen of a server. */
enum chart_pen
figure_pen(size_t i)
{
    return chart_pen_of(servers[i]);
}

/* Open a figure: its heading. */
void
figure_open(FILE *html, const char *title)
{
    html_put(html, "<figure>\n<figcaption><b>%s</b> ", title);
}

/* Write the entry of a pen in a legend. */
void
figure_key(FILE *html, enum chart_pen pen, const char *label)
{
    html_put(
        html, "<span class=\"key %s\">%s</span> ", chart_pen_class(pen), label);
}

/* Write the legend of all servers that there are. */
void
figure_legend(FILE *html, const json_t *scenario)
{
    for (size_t i = 0; i < FIGURE_SERVERS; i++) {
        const json_t *cell = figure_cell(scenario, i);

        if (cell != NULL)
            figure_key(html, figure_pen(i), get_text(cell, "title"));
    }
}

/* Draw the chart of an open figure and close it; both notes may be "". */
void
figure_close(FILE *html, struct chart *c, const char *title, const char *note,
    const char *more)
{
    fputs("</figcaption>\n", html);
    if (chart_end(c, html, title, note) == -1)
        html_put(html,
            "<p class=\"missing\">This picture is missing, as gnuplot could "
            "not be run: %s.</p>\n",
            title);
    html_put(html, "<p class=\"note\">%s%s%s</p>\n</figure>\n", note,
        more[0] != '\0' ? " " : "", more);
}
