#include "report/page/figures.h"
#include "report/page/html.h"
#include "report/page/page_parts.h"
#include "report/page/page_table.h"

#include <math.h>
#include <string.h>

/* Tell whether a comparison is that of the twins. */
static bool
is_of_twins(const json_t *c)
{
    return strcmp(get_text(c, "a"), VIEW_EVENTS) == 0 &&
           strcmp(get_text(c, "b"), VIEW_THREADS) == 0;
}

/* Write the verdict of a comparison: a badge where something was decided. */
static void
write_verdict(FILE *html, const json_t *c)
{
    enum choice choice = words_judge(c);

    fputs("<td class=\"short\">", html);
    if (!isfinite(get_number(c, "margin")) || choice == CHOICE_NONE)
        putc('-', html);
    else
        page_badge(html, choice);
    if (isfinite(get_number(c, "blocks_needed")) && choice == CHOICE_OPEN) {
        char count[WORDS_MAX];

        html_put(html, "<br><span class=\"soft\">%s blocks would tell</span>",
            words_count(count, get_number(c, "blocks_needed")));
    }
    if (view_is_doubted(c))
        fputs("<br><span class=\"soft\">doubted: not by resampled "
              "blocks</span>",
            html);
    if (get_bool(c, "immaterial"))
        fputs("<br><span class=\"soft\">real, immaterial</span>", html);
    fputs("</td>", html);
}

/* Write the row of one metric for the twins. */
static void
write_row(FILE *html, const json_t *report, const json_t *c)
{
    const char *metric = get_text(c, "metric");
    char buf[WORDS_MAX];

    html_put(html, "<tr%s><th scope=\"row\">%s</th>",
        get_bool(c, "primary") ? " class=primary" : "",
        words_metric(report, metric));
    write_verdict(html, c);
    page_number(
        html, words_judge(c) == CHOICE_INVALID ? "-" : words_estimate(buf, c));
    page_number(html, words_value(buf, metric, get_number(c, "b_median")));
    page_number(html, words_value(buf, metric, get_number(c, "a_median")));
    page_number(html, words_share(buf, get_number(c, "band")));
    fputs("</tr>\n", html);
}

/* Write the table of the twins. */
static void
write_twins(FILE *html, const json_t *report, const json_t *scenario)
{
    page_open_table(html, "twins", "Threads against events");
    fputs("<thead><tr><th scope=\"col\">median of the runs</th>"
          "<th scope=\"col\">better</th>"
          "<th scope=\"col\" class=\"number\">events / threads</th>"
          "<th scope=\"col\" class=\"number\">threads</th>"
          "<th scope=\"col\" class=\"number\">events</th>"
          "<th scope=\"col\" class=\"number\">margin</th>"
          "</tr></thead>\n<tbody>\n",
        html);
    for (size_t i = 0; i < view_count(scenario, "comparisons"); i++) {
        const json_t *c = view_item(scenario, "comparisons", i);

        if (is_of_twins(c))
            write_row(html, report, c);
    }
    page_close_table(html);
}

/* Write the comparisons of one metric with controls and the peer. */
static void
write_controls_of(FILE *html, const json_t *report, const json_t *scenario,
    const char *metric)
{
    for (size_t i = 0; i < view_count(scenario, "comparisons"); i++) {
        const json_t *c = view_item(scenario, "comparisons", i);
        const char *a = get_text(c, "a"), *b = get_text(c, "b");
        char buf[WORDS_MAX];

        if (is_of_twins(c) || strcmp(get_text(c, "metric"), metric) != 0 ||
            !isfinite(get_number(c, "estimate")))
            continue;
        html_put(html, "<tr><th scope=\"row\">%s / %s</th><td>%s</td>",
            get_text(view_cell(scenario, a), "title"),
            get_text(view_cell(scenario, b), "title"),
            words_metric(report, metric));
        page_number(html, words_value(buf, metric, get_number(c, "a_median")));
        page_number(html, words_value(buf, metric, get_number(c, "b_median")));
        page_number(html, words_estimate(buf, c));
        fputs("</tr>\n", html);
    }
}

/* Write the twins against what shows their limits, if that was raced. */
static void
write_controls(FILE *html, const json_t *report, const json_t *scenario)
{
    bool any = false;

    for (size_t i = 0; i < view_count(scenario, "comparisons"); i++) {
        const json_t *c = view_item(scenario, "comparisons", i);

        any = any || (!is_of_twins(c) && isfinite(get_number(c, "estimate")));
    }
    if (!any)
        return;
    fputs("<h4>Against bare servers: what the model costs, what the code and "
          "the library</h4>\n",
        html);
    page_open_table(html, "controls", "Against bare servers");
    fputs("<thead><tr><th scope=\"col\">first / second</th><th "
          "scope=\"col\">of</th><th scope=\"col\" class=\"number\">first</th>"
          "<th scope=\"col\" class=\"number\">second</th><th scope=\"col\" "
          "class=\"number\">ratio</th></tr></thead>\n<tbody>\n",
        html);
    write_controls_of(html, report, scenario, "requests_per_second");
    write_controls_of(html, report, scenario, "cpu_ns_per_request");
    if (strcmp(get_text(scenario, "latency_from"), "intended") == 0)
        write_controls_of(html, report, scenario, "p99_ns");
    page_close_table(html);
}

/* Write what limited a server, and which gates it failed. */
static void
write_limits(FILE *html, const json_t *scenario)
{
    fputs("<ul class=\"note\">\n", html);
    for (size_t i = 0; i < view_count(scenario, "cells"); i++) {
        const json_t *cell = view_item(scenario, "cells", i);

        if (strcmp(get_text(cell, "role"), "control") == 0 &&
            view_count(cell, "gates") == 0)
            continue;
        if (strcmp(get_text(cell, "limiter"), "unexplained") == 0)
            html_put(html, "<li>%s: what limited it is not explained (%s).",
                get_text(cell, "title"), get_text(cell, "limiter_because"));
        else if (get_text(cell, "limiter")[0] != '\0')
            html_put(html, "<li>%s: limited by %s (%s).",
                get_text(cell, "title"), get_text(cell, "limiter"),
                get_text(cell, "limiter_because"));
        else
            html_put(html, "<li>%s:", get_text(cell, "title"));
        for (size_t k = 0; k < view_count(cell, "gates"); k++) {
            const json_t *gate = view_item(cell, "gates", k);

            html_put(html,
                " <span class=\"badge invalid\">%s</span> because %s.",
                get_text(gate, "name"), get_text(gate, "because"));
        }
        fputs("</li>\n", html);
    }
    fputs("</ul>\n", html);
}

/* Write a number of things. */
static void
write_number_of(FILE *html, const char *before, double n, const char *thing)
{
    char count[WORDS_MAX];

    html_put(html, "%s%s %s%s", before, words_count(count, n), thing,
        n == 1 ? "" : "s");
}

/* Write what goes on beside the measured requests. */
static void
write_background(FILE *html, const json_t *scenario)
{
    for (size_t i = 0; i < view_count(scenario, "background"); i++) {
        const json_t *other = view_item(scenario, "background", i);
        char count[WORDS_MAX];

        html_put(html, "; beside them %s \xc3\x97 %s",
            words_count(count, get_number(other, "connections")),
            get_text(other, "role"));
        if (get_text(other, "request")[0] != '\0')
            html_put(html, ": %s", get_text(other, "request"));
    }
}

/* Write in how many runs all was measured. */
static void
write_runs(FILE *html, const json_t *scenario)
{
    size_t discarded = view_count(scenario, "discarded_blocks");
    struct span pace = view_pace(scenario);
    char seconds[WORDS_MAX];

    write_number_of(html, "; ",
        get_number(view_cell(scenario, VIEW_THREADS), "runs"), "run");
    html_put(html, " of %s s for each server",
        words_number(seconds, get_number(scenario, "window_seconds"), 2));
    write_number_of(
        html, ", in ", (double)view_count(scenario, "orders"), "block");
    if (discarded > 0)
        html_put(html, ", %s of them discarded as the machine was busy",
            words_count(seconds, (double)discarded));
    if (view_is_uneven(pace))
        html_put(html,
            ". Uneven: the machine itself was %s times as slow in some "
            "runs as in others",
            words_number(seconds, pace.high / pace.low, 2));
    fputs(".</p>\n", html);
    if (get_bool(scenario, "too_noisy"))
        fputs("<p class=\"missing\">Too many blocks were disturbed: no verdict "
              "on times.</p>\n",
            html);
}

/* Write of one server, in per cent, what makes its runs differ. */
static void
write_spread_of(FILE *html, const json_t *cell)
{
    static const struct {
        const char *key, *what;
    } levels[] = {
        { "blocks_sd", "from block to block" },
        { "runs_sd", "from run to run of a block" },
        { "moments_sd", "by the moments of a run" },
    };
    const json_t *spread = json_object_get(cell, "spread");
    char sd[WORDS_MAX];

    html_put(html, " %s ", get_text(cell, "title"));
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
        html_put(html, "%s%s %% %s", i > 0 ? ", " : "",
            words_number(sd, 100 * get_number(spread, levels[i].key), 2),
            levels[i].what);
    fputs(get_number(spread, "moments_sd") > get_number(spread, "runs_sd")
              ? ", so longer runs would tell more;"
              : ", so more blocks would tell more, rather than longer runs;",
        html);
}

/* Write where the spread of the rate comes from, where that is known. */
static void
write_spread(FILE *html, const json_t *scenario)
{
    const json_t *threads = view_cell(scenario, VIEW_THREADS);
    const json_t *events = view_cell(scenario, VIEW_EVENTS);

    if (!json_is_object(json_object_get(threads, "spread")) ||
        !json_is_object(json_object_get(events, "spread")))
        return;
    fputs("<p class=\"note\">Requests/s differ (standard deviation):", html);
    write_spread_of(html, threads);
    write_spread_of(html, events);
    fputs(" what a block's runs share cancels in the ratio.</p>\n", html);
}

/* Write how the servers were loaded. */
static void
write_load(FILE *html, const json_t *scenario)
{
    double connections = get_number(scenario, "connections");
    double active = get_number(scenario, "active");
    double rate = get_number(scenario, "rate_per_second");
    char buf[WORDS_MAX];

    html_put(html, "<p class=\"note\">%s, %s", get_text(scenario, "program"),
        get_text(scenario, "load_model"));
    write_number_of(html, "; ", connections, "connection");
    if (active < connections)
        html_put(html, ", %s of them asking", words_count(buf, active));
    if (isfinite(rate))
        html_put(html, "; %s requests per second", words_count(buf, rate));
    if (get_text(scenario, "rate_from")[0] != '\0')
        html_put(html, ", %s", get_text(scenario, "rate_from"));
    write_background(html, scenario);
    write_runs(html, scenario);
}

/* Write the system calls of the servers, where they were counted. */
static void
write_syscalls(FILE *html, const json_t *scenario)
{
    const char *missing = get_text(scenario, "syscalls_missing");

    if (missing[0] != '\0')
        html_put(html,
            "<p class=\"note\">System calls per request are missing: %s.</p>\n",
            missing);
    for (size_t i = 0; i < view_count(scenario, "cells"); i++) {
        const json_t *cell = view_item(scenario, "cells", i);
        char count[WORDS_MAX];

        if (view_count(cell, "syscalls") == 0)
            continue;
        html_put(html, "<p class=\"note\">System calls per request of %s:",
            get_text(cell, "title"));
        for (size_t k = 0; k < view_count(cell, "syscalls") && k < 6; k++) {
            const json_t *call = view_item(cell, "syscalls", k);

            html_put(html, "%s %s %s", k > 0 ? "," : "", get_text(call, "name"),
                words_number(count, get_number(call, "per_request"), 2));
        }
        fputs(".</p>\n", html);
    }
}

/* Write one scenario. */
static void
write_scenario(FILE *html, const json_t *report, const json_t *s)
{
    html_put(html, "<section id=\"%s\">\n<h3>%s ", get_text(s, "name"),
        get_text(s, "title"));
    page_badge(html, words_judge(view_primary(s)));
    html_put(html, "</h3>\n<p class=\"question\">%s</p>\n<p>%s</p>\n",
        get_text(s, "question"), get_text(s, "sentence"));
    write_twins(html, report, s);
    write_load(html, s);
    write_limits(html, s);
    write_syscalls(html, s);
    write_spread(html, s);
    fputs("<div class=\"figures\">\n", html);
    figures_percentiles(html, s);
    figures_strip(html, s);
    fputs("</div>\n", html);
    write_controls(html, report, s);
    fputs("</section>\n", html);
}

/* Write all scenarios. */
void
page_scenarios(FILE *html, const json_t *report)
{
    fputs("<section id=\"scenarios\">\n<h2>Scenario by scenario</h2>\n"
          "<p class=\"note\">A ratio is that of paired blocks of runs, not of "
          "the two medians beside it. Of what may be nothing at all, like "
          "context switches, it is the difference that stands there, events "
          "less threads.</p>\n",
        html);
    for (size_t i = 0; i < view_count(report, "scenarios"); i++)
        write_scenario(html, report, view_item(report, "scenarios", i));
    fputs("</section>\n", html);
}
