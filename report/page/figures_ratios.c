#include "report/page/figures.h"

#include "report/page/figure.h"
#include "report/page/html.h"
#include "report/words.h"

#include <math.h>
#include <string.h>

/* Of its own width: what fits beside each other as text. */
#define WIDTH       520
#define LABEL_BYTES 90

/* What a forest plot shows of ratios; beyond it an arrow stands. */
#define RATIO_LOW  0.25
#define RATIO_HIGH 4.0

/* A row of the forest plot. */
static void
write_row(FILE *plot, const json_t *report, const char *lead,
    const json_t *scenario, const json_t *c, double margin, size_t row)
{
    const char *unit =
        get_text(view_metric(report, get_text(c, "metric")), "label");
    struct span s = view_span(c);
    char ratio[WORDS_MAX], label[3 * WORDS_MAX];
    double y = -(double)row;

    words_span(ratio, (struct span) { NAN, s.at, NAN });
    if (unit[0] == '\0')
        unit = get_text(c, "metric");
    snprintf(label, sizeof(label), "%.20s  %.40s%.200s: %.*s", ratio, lead,
        get_text(scenario, "title"), (int)strcspn(unit, ","), unit);
    fprintf(plot, "set arrow from 1, %g to 1, %g nohead back ls %d\n", y - 0.42,
        y + 0.2, CHART_QUIET);
    fputs("set label ", plot);
    chart_text(plot, label, LABEL_BYTES);
    fprintf(plot, " at graph 0.01, first %g left textcolor rgb '%s'\n",
        y + 0.33, chart_colour(CHART_INK));
    if (margin > 0 && margin < RATIO_HIGH - 1)
        fprintf(plot,
            "set object rectangle from %.6g, %.6g to %.6g, %.6g back fs solid "
            "noborder fc rgb '%s'\n",
            1 / (1 + margin), y - 0.36, 1 + margin, y + 0.14,
            chart_colour(CHART_BAND));
}

/* Choose the pen of a row: that of the winner, if there is one. */
static enum chart_pen
row_pen(const json_t *comparison)
{
    switch (words_judge(comparison)) {
    case CHOICE_EVENTS:
    case CHOICE_LEANS_EVENTS:
        return CHART_EVENTS;
    case CHOICE_THREADS:
    case CHOICE_LEANS_THREADS:
        return CHART_THREADS;
    case CHOICE_EITHER:
    case CHOICE_DEPENDS:
    case CHOICE_OPEN:
    case CHOICE_INVALID:
    case CHOICE_NONE:
        break;
    }
    return CHART_INK;
}

/* Keep a ratio within the picture. */
static double
clip(double ratio)
{
    return fmin(fmax(ratio, RATIO_LOW), RATIO_HIGH);
}

/* Draw the interval of a row, or an arrow to where it lies. */
static void
write_interval(FILE *plot, struct span s, enum chart_pen pen, size_t row)
{
    /* Where an end lies beyond the picture: neither, high; low, both. */
    static const char *const heads[2][2] = { { "nohead", "head" },
        { "backhead", "heads" } };
    double y = -(double)row - 0.11, at = clip(s.at);

    if (isfinite(s.low) && isfinite(s.high))
        fprintf(plot,
            "set arrow from %.6g, %g to %.6g, %g %s filled size screen 0.02,20 "
            "ls %d lw 3\n",
            clip(s.low), y, clip(s.high), y,
            heads[clip(s.low) > s.low][clip(s.high) < s.high], pen);
    if (at != s.at) {
        double inner = at * (at < 1 ? 1.3 : 1 / 1.3);

        fprintf(plot,
            "set arrow from %.6g, %g to %.6g, %g head filled size screen "
            "0.02,20 ls %d lw 3\n",
            inner, y, at, y, pen);
    } else
        fprintf(plot, "set label '' at %.6g, %g point ls %d pt %d ps 0.7\n", at,
            y, pen, isfinite(s.low) ? 7 : 6);
}

/* Write the rows of a kind, A/A or primary; return how many there are now. */
static size_t
write_rows(
    FILE *plot, const json_t *report, bool aa, size_t row, struct span *range)
{
    for (size_t i = 0; i < view_count(report, "scenarios"); i++) {
        const json_t *s = view_item(report, "scenarios", i);
        const json_t *c = view_primary(s), *shown = c;
        double margin = get_number(c, aa ? "margin" : "band");
        struct span span;

        if (aa)
            shown = view_named(s, "aa", "metric", get_text(s, "primary"));
        span = view_span(shown);
        if (strcmp(get_text(shown, "scale"), "ratio") != 0 || !(span.at > 0) ||
            (!aa && words_judge(c) == CHOICE_INVALID))
            continue;
        write_row(plot, report, aa ? "A/A: " : "", s, shown, margin, row);
        write_interval(plot, span, aa ? CHART_INK : row_pen(c), row);
        range->low =
            fmin(range->low, clip(isfinite(span.low) ? span.low : span.at));
        range->high =
            fmax(range->high, clip(isfinite(span.high) ? span.high : span.at));
        row++;
    }
    return row;
}

/* Draw all ratios. */
bool
figures_forest(FILE *html, const json_t *report)
{
    static const char title[] =
        "Events to threads, what each scenario is about";
    struct span range = { 0.8, 1, 1.25 };
    struct chart c;
    unsigned all = (unsigned)(2 * view_count(report, "scenarios"));
    FILE *plot;
    size_t rows;

    plot = chart_begin(&c, WIDTH, 40 * all + 60);
    rows = write_rows(plot, report, true, 0, &range);
    rows = write_rows(plot, report, false, rows, &range);
    if (rows == 0) {
        chart_drop(&c);
        return false;
    }
    c.height = (unsigned)(38 * rows + 60);
    fprintf(plot,
        "set terminal svg size %u,%u noenhanced\nset logscale x\n"
        "set xrange [%.6g:%.6g]\nset yrange [%g:0.75]\n"
        "unset ytics\nset border 1\nset lmargin 2\nset rmargin 2\n"
        "set grid noytics noxtics\nset tmargin 0.5\nset bmargin 1.8\n",
        c.width, c.height, range.low / 1.02, range.high * 1.02,
        -(double)rows + 0.4);
    chart_log_tics(plot, "x", range.low, range.high, 1, "x");
    fputs("plot NaN notitle\n", plot);
    figure_open(html, title);
    figure_key(html, CHART_THREADS, "threads are better");
    figure_key(html, CHART_EVENTS, "events are better");
    figure_key(html, CHART_INK, "not decided, or no difference that matters");
    figure_key(html, CHART_BAND, "differences that do not matter");
    figure_close(html, &c, title,
        "Ratios of events to threads with their 95 % intervals; of latencies, "
        "costs and memory less is better.",
        "An arrow points to a ratio beyond the picture. A/A is the same server "
        "against itself: what chance does. Rings have too few blocks for an "
        "interval.");
    return true;
}
