#include "report/page/figures.h"

#include "report/page/figure.h"
#include "report/page/html.h"
#include "report/words.h"

#include <math.h>
#include <string.h>

/* Write the percentiles of a cell, as curve or with the range of the runs. */
static void
write_percentiles(FILE *plot, const json_t *cell, double unit, bool range)
{
    for (size_t i = 0; i < view_count(cell, "percentiles"); i++) {
        const json_t *p = view_item(cell, "percentiles", i);
        double q = get_number(p, "q"), ns = get_number(p, "ns");
        double low = get_number(p, "low_ns"), high = get_number(p, "high_ns");

        if (!(q < 1) || !(ns > 0) || get_bool(p, "at_least"))
            continue;
        if (range && (!(low > 0) || !(high > 0)))
            continue;
        if (range)
            fprintf(
                plot, "%.8g %.6g %.6g\n", 1 / (1 - q), low / unit, high / unit);
        else
            fprintf(plot, "%.8g %.6g\n", 1 / (1 - q), ns / unit);
    }
    fputs("e\n", plot);
}

/* Find the smallest and the largest latency to be drawn. */
static struct span
percentile_range(const json_t *scenario)
{
    struct span range = { INFINITY, 0, 0 };

    for (size_t i = 0; i < FIGURE_SERVERS; i++) {
        const json_t *cell = figure_cell(scenario, i);

        for (size_t k = 0; k < view_count(cell, "percentiles"); k++) {
            const json_t *p = view_item(cell, "percentiles", k);
            double ns = get_number(p, "ns"), q = get_number(p, "q");

            if (!(ns > 0) || !(q < 1) || get_bool(p, "at_least"))
                continue;
            range.low = fmin(range.low, ns);
            range.high = fmax(range.high, ns);
            range.at = fmax(range.at, 1 / (1 - q));
        }
    }
    return range;
}

/* Draw the percentiles. */
bool
figures_percentiles(FILE *html, const json_t *scenario)
{
    struct span range = percentile_range(scenario);
    bool ms = range.high >= 1e7;
    const char *title = ms ? "Latency by percentile, in ms"
                           : "Latency by percentile, in \xc2\xb5s";
    double unit = ms ? 1e6 : 1e3;
    struct chart c;
    FILE *plot;

    if (!(range.high > 0))
        return false;
    plot = chart_begin(&c, FIGURE_WIDTH, FIGURE_HEIGHT);
    fprintf(plot,
        "set logscale xy\nset xrange [1:%.6g]\nset yrange [%.6g:%.6g]\n"
        "set lmargin 7\nset rmargin 4\nset tmargin 0.8\nset bmargin 1.8\n"
        "set xtics ('0' 1, '50 %%%%' 2, '90 %%%%' 10, '99 %%%%' 100, "
        "'99.9 %%%%' 1000, '99.99 %%%%' 10000, '99.999 %%%%' 100000)\n",
        range.at * 1.1, range.low / unit / 1.2, range.high / unit * 1.2);
    chart_log_tics(
        plot, "y", range.low / unit / 1.2, range.high / unit * 1.2, 1, "");
    fputs("plot ", plot);
    figure_open(html, title);
    figure_legend(html, scenario);
    for (size_t i = 0; i < FIGURE_SERVERS; i++)
        if (figure_cell(scenario, i) != NULL)
            fprintf(plot,
                "'-' using 1:2:3 with filledcurves fs transparent solid 0.12 "
                "noborder fc rgb '%s', '-' with lines ls %d,",
                chart_colour(figure_pen(i)), figure_pen(i));
    fputs("NaN notitle\n", plot);
    for (size_t i = 0; i < FIGURE_SERVERS; i++) {
        const json_t *cell = figure_cell(scenario, i);
        bool twin = strcmp(get_text(cell, "role"), "twin") == 0;

        if (cell == NULL)
            continue;
        if (twin)
            write_percentiles(plot, cell, unit, true);
        else
            fputs("1 NaN NaN\ne\n", plot);
        write_percentiles(plot, cell, unit, false);
    }
    figure_close(html, &c, title,
        strcmp(get_text(scenario, "latency_from"), "intended") == 0
            ? "From the time at which each request was due."
            : "From the sending of each request in a closed loop: the server "
              "is saturated.",
        "Shaded: from the lowest to the highest run.");
    return true;
}

/* Write the steps of all runs of a server, as lines with gaps between. */
static void
write_steps(FILE *plot, const json_t *scenario, const char *server, double unit)
{
    for (size_t i = 0; i < view_count(scenario, "runs"); i++) {
        const json_t *run = view_item(scenario, "runs", i);
        const json_t *series = json_object_get(run, "series");
        double step = get_number(series, "step_seconds");
        double from = get_number(run, "started_seconds") +
                      get_number(series, "from_seconds");

        if (strcmp(get_text(run, "server"), server) != 0 || !(step > 0) ||
            !isfinite(from))
            continue;
        for (size_t k = 0; k < view_count(series, "replies"); k++)
            fprintf(plot, "%.2f %.6g\n", from + ((double)k + 0.5) * step,
                json_number_value(view_item(series, "replies", k)) / step /
                    unit);
        putc('\n', plot);
    }
    fputs("e\n", plot);
}

/* Find the most replies per second of any step; 0 = there are no steps. */
static double
most_replies(const json_t *scenario)
{
    double most = 0;

    for (size_t i = 0; i < view_count(scenario, "runs"); i++) {
        const json_t *series =
            json_object_get(view_item(scenario, "runs", i), "series");
        double step = get_number(series, "step_seconds");

        for (size_t k = 0; k < view_count(series, "replies"); k++)
            most = fmax(most,
                json_number_value(view_item(series, "replies", k)) / step);
    }
    return most;
}

/* Draw the runs. */
bool
figures_strip(FILE *html, const json_t *scenario)
{
    double most = most_replies(scenario), unit = most >= 10000 ? 1000 : 1;
    const char *title = unit > 1
                            ? "Each run over time: thousand replies per second"
                            : "Each run over time: replies per second";
    struct chart c;
    FILE *plot;

    if (!(most > 0))
        return false;
    plot = chart_begin(&c, FIGURE_WIDTH, 170);
    fprintf(plot,
        "set lmargin 7\nset rmargin 2\nset tmargin 0.8\n"
        "set xlabel 'seconds since the start' textcolor rgb '%s'\n",
        chart_colour(CHART_INK));
    chart_linear_tics(plot, "y", most / unit);
    fputs("plot ", plot);
    figure_open(html, title);
    figure_legend(html, scenario);
    for (size_t i = 0; i < FIGURE_SERVERS; i++)
        if (figure_cell(scenario, i) != NULL)
            fprintf(plot, "'-' with linespoints ls %d lw 1 ps 0.25 dt 1,",
                figure_pen(i));
    fputs("NaN notitle\n", plot);
    for (size_t i = 0; i < FIGURE_SERVERS; i++)
        if (figure_cell(scenario, i) != NULL)
            write_steps(plot, scenario,
                get_text(figure_cell(scenario, i), "server"), unit);
    figure_close(html, &c, title,
        "Each short line is one server process, from its warm-up to the end of "
        "its window.",
        "Gaps and dents are what disturbed it.");
    return true;
}
