/*
 * chart - a picture, drawn by gnuplot, as SVG that belongs into a page.
 *
 * gnuplot chooses tics, clips, scales and draws; what it knows nothing of is
 * done to its output here: colours become the variables of the style sheet,
 * so that a picture is dark where the page is dark; fonts are those of the
 * page; identifiers, which a page may have only once, go; a title and a
 * description are put in for those who cannot see it.
 *
 *   struct chart c;
 *   FILE *plot = chart_begin(&c, 400, 260);
 *
 *   fprintf(plot, "plot '-' with lines ls %d\n", CHART_EVENTS);
 *   ...
 *   if (chart_end(&c, html, "Title", "What can be seen in it") == -1)
 *       say so: there is no gnuplot, or it did not like that.
 */
#ifndef REPORT_CHART_H
#define REPORT_CHART_H

#include <stddef.h>
#include <stdio.h>

/*
 * Line styles; the same pen means the same thing in all charts. Their colours
 * are told apart by those who do not see some colours, and where they meet in
 * a chart they differ in their points and dashes, too.
 */
enum chart_pen {
    CHART_THREADS = 1,
    CHART_EVENTS,
    CHART_NULL, /* the null server */
    CHART_BARE_THREADS,
    CHART_MANUAL,
    CHART_PEER,
    CHART_INK,   /* of the text */
    CHART_QUIET, /* axes and grid */
    CHART_BAND,  /* an area in the background */
    CHART_PENS
};

struct chart {
    char *script;
    size_t size;
    FILE *plot;
    unsigned width, height;
};

/* Return the pen for a server by its name in report.json. */
enum chart_pen chart_pen_of(const char *server);

/* Return the class by which style.css knows the pen. */
const char *chart_pen_class(enum chart_pen pen);

/* Return the colour of a pen, to be put behind "rgb" in a script. */
const char *chart_colour(enum chart_pen pen);

/*
 * Begin a chart of `width` by `height` units; text is 12 units high. Return
 * where to write the script; its first lines, with the line styles, axes
 * at the left and the bottom, and no key, are there already. End the program
 * when memory runs out.
 */
FILE *chart_begin(struct chart *c, unsigned width, unsigned height);

/*
 * Write a text as a string of gnuplot, within which nothing is a command,
 * cut to `most` bytes.
 */
void chart_text(FILE *plot, const char *text, size_t most);

/*
 * Write the tics of a logarithmic axis ("x" or "y") that shows from `low` to
 * `high`, at 1, 2 and 5 times the powers of ten or closer, divided by
 * `unit` in their labels, which end in `after`. Where an end is not positive,
 * or is too near 0 or too large for arithmetic, the tics are left to gnuplot.
 */
void chart_log_tics(FILE *plot, const char *axis, double low, double high,
    double unit, const char *after);

/*
 * Write range and tics of a linear axis that begins at 0 and shows `high`,
 * with no more than six tics; likewise left to gnuplot.
 */
void chart_linear_tics(FILE *plot, const char *axis, double high);

/*
 * Draw the chart and write it to `out`, with a title and a description, and
 * free it. Return 0, or -1 when gnuplot is missing, fails, or takes longer than
 * 10 s, when it is killed; nothing was written then.
 */
int chart_end(
    struct chart *c, FILE *out, const char *title, const char *description);

/* Free a chart that is not to be drawn. */
void chart_drop(struct chart *c);

/* Write what the charts of a page share; once, before the first of them. */
void chart_shapes(FILE *out);

#endif
