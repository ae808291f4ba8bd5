#include "report/page/html.h"
#include "report/page/page_parts.h"
#include "report/page/page_table.h"

#include <err.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_BYTES 256

/* Tell whether an A/A arm has an interval that a margin is held against. */
static bool
is_floor(const json_t *aa)
{
    return isfinite(get_number(aa, "half_width")) &&
           strcmp(get_text(aa, "scale"), "ratio") == 0;
}

/* Write what one A/A arm showed. */
static void
write_aa(FILE *html, const json_t *report, const json_t *s)
{
    for (size_t i = 0; i < view_count(s, "aa"); i++) {
        const json_t *aa = view_item(s, "aa", i);
        char buf[WORDS_MAX];

        if (!is_floor(aa))
            continue;
        html_put(html, "<tr><th scope=\"row\">%s</th><td>%s</td>",
            get_text(s, "title"), words_metric(report, get_text(aa, "metric")));
        page_number(html, words_estimate(buf, aa));
        page_number(html, words_share(buf, get_number(aa, "half_width")));
        html_put(html, "<td>%s</td></tr>\n",
            get_bool(aa, "excludes_none") ? "no" : "yes");
    }
}

/* Tell whether an A/A arm of a scenario has an interval. */
static bool
has_floor(const json_t *s)
{
    for (size_t i = 0; i < view_count(s, "aa"); i++)
        if (is_floor(view_item(s, "aa", i)))
            return true;
    return false;
}

/* Write what the same server made of itself. */
static void
write_all_aa(FILE *html, const json_t *report)
{
    bool any = false;

    for (size_t i = 0; i < view_count(report, "scenarios"); i++)
        any = any || has_floor(view_item(report, "scenarios", i));
    if (!any) {
        fputs("<p>No server was run against itself (A/A) often enough for an "
              "interval, so the margins alone say what matters.</p>\n",
            html);
        return;
    }
    fputs("<h4>The same server twice (A/A)</h4>\n<p>Half of the width of such "
          "an interval is the least difference that this machine can show; "
          "where it is wider than the margin it replaces it. One in twenty "
          "does not hold 1 by chance alone.</p>\n",
        html);
    page_open_table(html, "aa", "The same server twice");
    fputs("<thead><tr><th scope=\"col\">scenario</th><th "
          "scope=\"col\">metric</th><th scope=\"col\" "
          "class=\"number\">ratio</th><th scope=\"col\" "
          "class=\"number\">half width</th><th scope=\"col\">holds "
          "1</th></tr></thead>\n<tbody>\n",
        html);
    for (size_t i = 0; i < view_count(report, "scenarios"); i++)
        write_aa(html, report, view_item(report, "scenarios", i));
    page_close_table(html);
}

/* Write which gates failed, or that none did. */
static void
write_gates(FILE *html, const json_t *report)
{
    size_t failed = 0;

    fputs("<h4>Validity gates</h4>\n<ul>\n", html);
    for (size_t i = 0; i < view_count(report, "scenarios"); i++) {
        const json_t *s = view_item(report, "scenarios", i);

        for (size_t k = 0; k < view_count(s, "cells"); k++) {
            const json_t *cell = view_item(s, "cells", k);

            for (size_t g = 0; g < view_count(cell, "gates"); g++, failed++) {
                const json_t *gate = view_item(cell, "gates", g);

                html_put(html,
                    "<li><span class=\"badge invalid\">%s</span> <a "
                    "href=\"#%s\">%s</a>, %s: %s</li>\n",
                    get_text(gate, "name"), get_text(s, "name"),
                    get_text(s, "title"), get_text(cell, "title"),
                    get_text(gate, "because"));
            }
        }
    }
    if (failed == 0)
        fputs("<li>Every cell passed all of them: the load was on time and "
              "not the limit, the books balance by Little's law and by the "
              "servers' own counters, the kernel dropped nothing, every reply "
              "was right.</li>\n",
            html);
    fputs("</ul>\n", html);
}

/* Write what makes the figures believable, and what spoils them. */
void
page_validity(FILE *html, const json_t *report)
{
    const json_t *alike = json_object_get(report, "alike");
    const json_t *chance = json_object_get(report, "chance");
    char a[WORDS_MAX], b[WORDS_MAX];

    html_put(html,
        "<section id=\"validity\">\n<h2>Validity</h2>\n<p>%s conversations "
        "were replayed to both twins before the race; %s differed in any "
        "byte.",
        words_count(a, get_number(alike, "conversations")),
        get_number(alike, "differences") == 0
            ? "none"
            : words_count(b, get_number(alike, "differences")));
    if (get_number(chance, "primary") > 0)
        html_put(html,
            " Of the %s comparisons that the scenarios are about and that "
            "have a verdict, chance alone could win %s; all other rows are "
            "exploratory.",
            words_count(a, get_number(chance, "primary")),
            words_number(b, get_number(chance, "wins_by_chance"), 2));
    fputs("</p>\n", html);
    fputs("<p>The sample is a run: a server process, started afresh. Runs come "
          "in blocks, ABBA or BAAB, in which a drift of the machine cancels. "
          "The estimate is that of Hodges and Lehmann, over blocks; its "
          "interval is exact; in an open loop it also holds what the ratio is "
          "without the load generator's own lateness. <b>Threads</b> or "
          "<b>events</b>: all of the "
          "95&nbsp;% interval lies beyond the margin. <b>Either</b>: all of "
          "the 90&nbsp;% interval lies within it. <b>Leans</b>: the direction "
          "is known, the size not. <b>Open</b>: none of these, or fewer than "
          "six blocks. The margins were set before any run.</p>\n",
        html);
    write_gates(html, report);
    write_all_aa(html, report);
    fputs("</section>\n", html);
}

/* Write words; an option among them is not broken at its hyphens. */
static void
write_words(FILE *html, const char *text)
{
    char *copy = strdup(text), *rest, *word;
    const char *gap = "";

    if (copy == NULL)
        err(1, NULL);
    for (word = strtok_r(copy, " ", &rest); word != NULL;
         word = strtok_r(NULL, " ", &rest)) {
        fputs(gap, html);
        if (word[0] == '-')
            html_put(html, "<span class=\"option\">%s</span>", word);
        else
            html_text(html, word);
        gap = " ";
    }
    free(copy);
}

/* Write a value of the environment, and the objects in it one by one. */
static void
write_value(FILE *html, const char *name, json_t *value)
{
    char path[NAME_MAX_BYTES], *text;
    const char *key;
    json_t *item;

    if (json_is_object(value)) {
        json_object_foreach(value, key, item) {
            snprintf(path, sizeof(path), "%.120s%s%.120s", name,
                name[0] != '\0' ? ", " : "", key);
            write_value(html, path, item);
        }
        return;
    }
    if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++)
            write_value(html, name, json_array_get(value, i));
        return;
    }
    if (json_is_null(value))
        return;
    html_put(html, "<tr><th scope=\"row\">%s</th><td class=\"text\">", name);
    if (json_is_string(value)) {
        write_words(html, json_string_value(value));
    } else {
        text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(9));
        html_text(html, text);
        free(text);
    }
    fputs("</td></tr>\n", html);
}

/* Write machine and programs. */
void
page_environment(FILE *html, const json_t *report)
{
    char server[WORDS_MAX], load[WORDS_MAX];

    fputs("<section id=\"environment\">\n<h2>Environment</h2>\n", html);
    if (get_bool(report, "pinned"))
        html_put(html,
            "<p>The servers ran on processor %s alone, the load on processor "
            "%s, over the loopback interface: what a network card costs is not "
            "in these figures.</p>\n",
            words_count(server, get_number(report, "server_cpu")),
            words_count(load, get_number(report, "load_cpu")));
    page_open_table(html, "programs", "Programs that were raced");
    fputs("<thead><tr><th scope=\"col\">program</th><th scope=\"col\">path or "
          "command</th><th scope=\"col\">FNV-1a</th></tr></thead>\n<tbody>\n",
        html);
    for (size_t i = 0; i < view_count(report, "programs"); i++) {
        const json_t *p = view_item(report, "programs", i);
        const char *path = get_text(p, "path");

        html_put(html,
            "<tr><th scope=\"row\">%s %s</th><td>%s</td><td>%s</td></tr>\n",
            get_text(p, "name"), get_text(p, "program"),
            path[0] != '\0' ? path : get_text(p, "command"),
            get_text(p, "fnv1a"));
    }
    page_close_table(html);
    page_open_table(html, "machine", "The machine");
    fputs("<tbody>\n", html);
    write_value(html, "", json_object_get(report, "machine"));
    page_close_table(html);
    fputs("</section>\n", html);
}

/* Write a text between single quotes, as a shell reads it. */
static void
write_quoted(FILE *html, const char *text)
{
    char one[2] = { 0 };

    for (; *text != '\0'; text++) {
        one[0] = *text;
        html_text(html, *text == '\'' ? "'\\''" : one);
    }
}

/* Write the command of this run. */
static void
write_command(FILE *html, const json_t *report)
{
    const char *suite = get_text(report, "suite");
    const json_t *seed = json_object_get(report, "seed");
    const json_t *asked = json_object_get(report, "asked");
    double blocks = get_number(asked, "blocks");
    double seconds = get_number(asked, "seconds");

    fputs("build/compare", html);
    if (strcmp(suite, "standard") == 0 || strcmp(suite, "full") == 0)
        html_put(html, " --%s", suite);
    for (size_t i = 0; i < view_count(asked, "only"); i++)
        html_put(html, "%s%s", i == 0 ? " --only " : ",",
            text_of(view_item(asked, "only", i)));
    if (json_is_integer(seed))
        fprintf(html, " --seed %lld", (long long)json_integer_value(seed));
    for (size_t i = 0; i < view_count(report, "programs"); i++) {
        const json_t *p = view_item(report, "programs", i);
        const char *speaks = get_text(p, "speaks");

        if (get_text(p, "command")[0] == '\0')
            continue;
        html_put(html, " --peer '%s=", get_text(p, "name"));
        write_quoted(html, get_text(p, "command"));
        putc('\'', html);
        if (strcmp(speaks, "") != 0 && strcmp(speaks, "game") != 0)
            html_put(html, " --peer-speaks %s", speaks);
    }
    if (isfinite(blocks))
        fprintf(html, " --blocks %.0f", blocks);
    if (isfinite(seconds))
        fprintf(html, " --seconds %g", seconds);
    putc('\n', html);
}

/* Write how to get these figures again. */
void
page_reproduce(FILE *html, const json_t *report)
{
    fputs("<section id=\"reproduce\">\n<h2>How to reproduce</h2>\n"
          "<p>On Debian 12 or the like, with nothing else at work, in a clone "
          "of the sources:</p>\n<pre>make deps\nmake\n",
        html);
    write_command(html, report);
    fputs("build/compare --render build/report/report.json</pre>\n"
          "<p>The seed repeats the conversations, the order of the runs and "
          "the arrivals; times are the machine's. Every reading of every run, "
          "with its histogram, is in <code>report.json</code> beside this "
          "page, which is made of nothing else: the last command makes it "
          "again.</p>\n</section>\n",
        html);
}
