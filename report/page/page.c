#include "report/page/page.h"

#include "common/embed.h"
#include "report/page/advice.h"
#include "report/page/chart.h"
#include "report/page/figures.h"
#include "report/page/html.h"
#include "report/page/page_parts.h"
#include "report/page/page_table.h"
#include "report/replace.h"

#include <err.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

extern const struct embed page_style_css;

/* Write what comes before the content. */
static void
write_head(FILE *html)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
          "<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, "
          "initial-scale=1\">\n"
          "<title>Threads or events?</title>\n"
          "<link rel=\"icon\" href=\"data:,\">\n<style>\n",
        html);
    fwrite(page_style_css.bytes, 1, page_style_css.size, html);
    fputs("</style>\n</head>\n<body>\n", html);
}

/* Write the title, and of what this is the report. */
static void
write_title(FILE *html, const json_t *report)
{
    const json_t *machine = json_object_get(report, "machine");
    double processors = get_number(machine, "processors_online");
    const char *suite = get_text(report, "suite");
    char count[WORDS_MAX], minutes[WORDS_MAX];

    html_put(html,
        "<header>\n<h1>Threads or events?</h1>\n<p class=\"lead\">The same "
        "servers, written once with a thread per connection and once with "
        "events, raced on this machine: %s, %s processors, Linux %s.</p>\n",
        get_text(machine, "processor"), words_count(count, processors),
        get_text(json_object_get(machine, "uname"), "release"));
    html_put(html,
        "<p class=\"soft\">Begun %s; %s took %s minutes. Each ratio stands "
        "with "
        "its 95 %% interval in brackets.</p>\n",
        get_text(report, "started"),
        strcmp(suite, "chosen") == 0 ? "the chosen scenarios" : "the run",
        words_number(minutes, get_number(report, "seconds") / 60, 2));
    if (json_is_false(json_object_get(report, "complete")))
        fputs("<p class=\"missing\">The run was interrupted. What is here was "
              "measured before that, and is valid.</p>\n",
            html);
    if (json_is_false(json_object_get(report, "pinned")))
        html_put(html,
            "<p class=\"missing\">The servers had no processor of their own, "
            "because %s: rates and latencies are missing.</p>\n",
            get_text(report, "not_pinned_because"));
    fputs("<nav aria-label=\"Contents\"><a href=\"#found\">Findings</a>"
          "<a href=\"#pictures\">Pictures</a>"
          "<a href=\"#scenarios\">Scenarios</a>"
          "<a href=\"#claims\">Claims</a><a href=\"#port\">Cost of the "
          "port</a><a href=\"#validity\">Validity</a>"
          "<a href=\"#environment\">Environment</a>"
          "<a href=\"#reproduce\">Reproduce</a></nav>\n</header>\n<main>\n",
        html);
}

/* Write the ten lines. */
static void
write_advice(FILE *html, const json_t *report)
{
    struct advice lines[ADVICE_LINES];

    advice_give(lines, report);
    fputs("<section id=\"choose\">\n<h2>Which should I choose?</h2>\n"
          "<ol class=\"advice\">\n",
        html);
    for (size_t i = 0; i < ADVICE_LINES; i++) {
        const struct advice *line = &lines[i];

        html_put(html, "<li%s><b>%s</b><span>",
            line->choice == CHOICE_NONE ? " class=unmeasured" : "",
            line->situation);
        page_badge(html, line->choice);
        html_put(html, "</span><p>%s", line->because);
        if (line->scenario[0] != '\0')
            html_put(html, " <a href=\"#%s\">More</a>", line->scenario);
        fputs("</p></li>\n", html);
    }
    fputs("</ol>\n</section>\n", html);
    advice_free(lines);
}

/* Write the sentence of each scenario. */
static void
write_findings(FILE *html, const json_t *report)
{
    fputs("<section id=\"found\">\n<h2>What was found</h2>\n"
          "<ul class=\"findings\">\n",
        html);
    for (size_t i = 0; i < view_count(report, "scenarios"); i++) {
        const json_t *s = view_item(report, "scenarios", i);

        fputs("<li><span>", html);
        page_badge(html, words_judge(view_primary(s)));
        html_put(html, "</span><span>%s <a href=\"#%s\">More</a></span></li>\n",
            get_text(s, "sentence"), get_text(s, "name"));
    }
    fputs("</ul>\n</section>\n", html);
}

/* Draw what concerns several scenarios. */
static void
write_pictures(FILE *html, const json_t *report)
{
    bool any;

    fputs("<section id=\"pictures\">\n<h2>Pictures</h2>\n"
          "<div class=\"figures\">\n",
        html);
    any = figures_forest(html, report);
    any |= figures_sweep(html, report, "requests_per_second");
    any |= figures_sweep(html, report, "cpu_ns_per_request");
    any |= figures_memory(html, report);
    fputs("</div>\n", html);
    if (!any)
        fputs("<p class=\"soft\">There is nothing to draw in this run.</p>\n",
            html);
    fputs("</section>\n", html);
}

/* Write the whole page. */
static void
write_page(FILE *html, const json_t *report)
{
    write_head(html);
    chart_shapes(html);
    write_title(html, report);
    write_advice(html, report);
    write_findings(html, report);
    write_pictures(html, report);
    page_scenarios(html, report);
    page_ledger(html, report);
    page_port(html, report);
    page_validity(html, report);
    page_environment(html, report);
    page_reproduce(html, report);
    fputs("</main>\n</body>\n</html>\n", html);
}

/* Write it in memory, and that as a file. */
int
page_write(const json_t *report, const char *path)
{
    char *text;
    size_t size;
    FILE *html = open_memstream(&text, &size);
    int result;

    if (html == NULL)
        err(1, NULL);
    write_page(html, report);
    if (ferror(html) != 0 || fclose(html) == EOF)
        err(1, NULL);
    result = replace_file(path, text, size);
    free(text);
    return result;
}
