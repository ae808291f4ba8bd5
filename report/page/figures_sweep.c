#include "report/page/figures.h"

#include "report/page/figure.h"
#include "report/page/html.h"
#include "report/words.h"

#include <math.h>
#include <string.h>

#define MIB 1048576.0

/* Find the smallest and the largest value of a metric in a server's runs. */
static struct span
run_range(const json_t *scenario, const char *server, const char *metric)
{
    struct span range = { INFINITY, NAN, -INFINITY };

    for (size_t i = 0; i < view_count(scenario, "runs"); i++) {
        const json_t *run = view_item(scenario, "runs", i);
        double x = get_number(json_object_get(run, "figures"), metric);

        if (strcmp(get_text(run, "server"), server) != 0 || !isfinite(x) ||
            get_text(run, "invalid")[0] != '\0')
            continue;
        range.low = fmin(range.low, x);
        range.high = fmax(range.high, x);
    }
    return range;
}

/* Tell whether scenario i of the report is one of the sweep. */
static const json_t *
sweep_item(const json_t *report, size_t i)
{
    const json_t *s = view_item(report, "scenarios", i);

    return strcmp(get_text(s, "family"), "reply") == 0 &&
                   strcmp(get_text(s, "program"), "guess-server") == 0 &&
                   strcmp(get_text(s, "cores"), "all") != 0
               ? s
               : NULL;
}

/* Write the points of a server in a sweep, twice as gnuplot wants them. */
static void
write_points(FILE *plot, const json_t *report, size_t server,
    const char *metric, double unit)
{
    for (size_t i = 0; i < view_count(report, "scenarios"); i++) {
        const json_t *s = sweep_item(report, i), *cell;
        const char *name;
        struct span range;
        double x;

        if (s == NULL || (cell = figure_cell(s, server)) == NULL)
            continue;
        name = get_text(cell, "server");
        x = view_figure(s, name, metric);
        if (!isfinite(x))
            continue;
        range = run_range(s, name, metric);
        if (!(range.low <= x) || !(range.high >= x))
            range.low = range.high = x;
        fprintf(plot, "%.6g %.6g %.6g %.6g\n", get_number(s, "connections"),
            x / unit, range.low / unit, range.high / unit);
    }
    fputs("e\n", plot);
}

/* What a sweep shows: the connections, and up to which value. */
struct sweep {
    const json_t *widest; /* the scenario with the most servers */
    double low, high;     /* connections */
    double most;          /* of the metric */
};

/* Find out what there is to show. */
static struct sweep
measure(const json_t *report, const char *metric)
{
    struct sweep sweep = { NULL, INFINITY, 0, 0 };

    for (size_t i = 0; i < view_count(report, "scenarios"); i++) {
        const json_t *s = sweep_item(report, i);
        double n = get_number(s, "connections");
        size_t cells = view_count(s, "cells");

        if (s == NULL || !(n > 0) || cells == 0)
            continue;
        if (sweep.widest == NULL || cells > view_count(sweep.widest, "cells"))
            sweep.widest = s;
        sweep.low = fmin(sweep.low, n);
        sweep.high = fmax(sweep.high, n);
        for (size_t k = 0; k < cells; k++) {
            const char *server = get_text(view_item(s, "cells", k), "server");

            sweep.most =
                fmax(sweep.most, fmax(view_figure(s, server, metric),
                                     run_range(s, server, metric).high));
        }
    }
    return sweep;
}

/* Write the curves of all servers: whiskers, and lines with points. */
static void
write_sweep(FILE *plot, const json_t *report, const struct sweep *sweep,
    const char *metric)
{
    fputs("plot ", plot);
    for (size_t i = 0; i < FIGURE_SERVERS; i++)
        if (figure_cell(sweep->widest, i) != NULL)
            fprintf(plot,
                "'-' using 1:3:(0):($4-$3) with vectors nohead ls %d lw 1 "
                "dt 1, '-' with linespoints ls %d,",
                figure_pen(i), figure_pen(i));
    fputs("NaN notitle\n", plot);
    for (size_t i = 0; i < FIGURE_SERVERS; i++)
        if (figure_cell(sweep->widest, i) != NULL)
            for (int twice = 0; twice < 2; twice++)
                write_points(plot, report, i, metric, 1000);
}

/* Draw a metric over connections. */
bool
figures_sweep(FILE *html, const json_t *report, const char *metric)
{
    bool rate = strcmp(metric, "requests_per_second") == 0;
    const char *title = rate ? "Requests per second, in thousands"
                             : "Server CPU per request, in \xc2\xb5s";
    struct sweep sweep = measure(report, metric);
    struct chart c;
    FILE *plot;

    if (!(sweep.high > sweep.low) || !(sweep.most > 0))
        return false;
    plot = chart_begin(&c, FIGURE_WIDTH, FIGURE_HEIGHT);
    fprintf(plot,
        "set logscale x\nset xrange [%.6g:%.6g]\n"
        "set lmargin 6\nset rmargin 2\nset tmargin 0.8\n"
        "set xlabel 'connections' textcolor rgb '%s'\n",
        sweep.low / 1.3, sweep.high * 1.3, chart_colour(CHART_INK));
    chart_linear_tics(plot, "y", sweep.most / 1000);
    chart_log_tics(plot, "x", sweep.low, sweep.high, 1, "");
    figure_open(html, title);
    figure_legend(html, sweep.widest);
    write_sweep(plot, report, &sweep, metric);
    figure_close(html, &c, title,
        rate ? "Closed loop, one core for the server: medians over the runs, "
               "and the lowest and the highest run."
             : "Processor time of the server in the same runs; less is better.",
        "");
    return true;
}

/* Find the scenario of the family that reads the most memory. */
static const json_t *
largest_memory(const json_t *report)
{
    const json_t *best = NULL;
    double most = 0;

    for (size_t i = 0; i < view_count(report, "scenarios"); i++) {
        const json_t *s = view_item(report, "scenarios", i);
        const json_t *cell = view_cell(s, VIEW_THREADS);
        size_t count = view_count(cell, "memory");
        double n = count >= 2 ? get_number(view_item(cell, "memory", count - 1),
                                    "connections")
                              : 0;

        if (strcmp(get_text(s, "family"), "idle") == 0 && n > most) {
            most = n;
            best = s;
        }
    }
    return best;
}

/* Find the largest value of a reading of the memory of any server. */
static double
largest_of(const json_t *scenario, const char *key)
{
    double most = 0;

    for (size_t i = 0; i < FIGURE_SERVERS; i++) {
        const json_t *cell = figure_cell(scenario, i);

        for (size_t k = 0; k < view_count(cell, "memory"); k++)
            most = fmax(most, get_number(view_item(cell, "memory", k), key));
    }
    return most;
}

/* Draw memory over connections. */
bool
figures_memory(FILE *html, const json_t *report)
{
    static const char title[] = "Memory over open connections, in MiB";
    const json_t *s = largest_memory(report);
    struct chart c;
    FILE *plot;

    if (s == NULL)
        return false;
    plot = chart_begin(&c, FIGURE_WIDTH, FIGURE_HEIGHT);
    fprintf(plot,
        "set lmargin 6\nset rmargin 4\nset tmargin 0.8\n"
        "set xlabel 'connections' textcolor rgb '%s'\n",
        chart_colour(CHART_INK));
    chart_linear_tics(plot, "x", largest_of(s, "connections"));
    chart_linear_tics(plot, "y", largest_of(s, "total_bytes") / MIB);
    fputs("plot ", plot);
    figure_open(html, title);
    figure_legend(html, s);
    for (size_t i = 0; i < FIGURE_SERVERS; i++)
        if (view_count(figure_cell(s, i), "memory") > 0)
            fprintf(plot, "'-' with linespoints ls %d,", figure_pen(i));
    fputs("NaN notitle\n", plot);
    for (size_t i = 0; i < FIGURE_SERVERS; i++) {
        const json_t *cell = figure_cell(s, i);

        for (size_t k = 0; k < view_count(cell, "memory"); k++) {
            const json_t *m = view_item(cell, "memory", k);

            fprintf(plot, "%.6g %.6g\n", get_number(m, "connections"),
                get_number(m, "total_bytes") / MIB);
        }
        if (view_count(cell, "memory") > 0)
            fputs("e\n", plot);
    }
    figure_close(html, &c, title,
        "All that a server takes: resident memory, page tables, kernel stacks "
        "and socket buffers.",
        "");
    return true;
}
