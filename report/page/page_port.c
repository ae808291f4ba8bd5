#include "report/page/html.h"
#include "report/page/page_parts.h"
#include "report/page/page_table.h"

#include <math.h>
#include <string.h>

/* Write a count's cell. */
static void
write_count(FILE *html, double n)
{
    char buf[WORDS_MAX];

    page_number(html, words_count(buf, n));
}

/* Write the names of a list, with commas. */
static void
write_names(FILE *html, const json_t *object, const char *key)
{
    for (size_t i = 0; i < view_count(object, key); i++)
        html_put(html, "%s%s", i > 0 ? ", " : "",
            text_of(view_item(object, key, i)));
    if (view_count(object, key) == 0)
        fputs("none", html);
}

/* Write a line of the table of programs: a number of each twin. */
static void
write_of_twins(
    FILE *html, const json_t *port, const char *title, const char *key)
{
    html_put(html, "<tr><th scope=\"row\">%s</th>", title);
    for (size_t i = 0; i < view_count(port, "programs"); i++) {
        const json_t *program = view_item(port, "programs", i);

        for (int twin = 0; twin < 2; twin++) {
            const json_t *side = json_object_get(
                program, twin == 0 ? VIEW_THREADS : VIEW_EVENTS);

            write_count(html, json_is_array(json_object_get(side, key))
                                  ? (double)view_count(side, key)
                                  : get_number(side, key));
        }
    }
    fputs("</tr>\n", html);
}

/* Write a line of the table of programs: what both twins have. */
static void
write_of_both(
    FILE *html, const json_t *port, const char *title, const char *key)
{
    html_put(html, "<tr><th scope=\"row\">%s</th>", title);
    for (size_t i = 0; i < view_count(port, "programs"); i++) {
        char buf[WORDS_MAX];

        html_put(html, "<td class=\"number\" colspan=\"2\">%s</td>",
            words_count(buf, get_number(view_item(port, "programs", i), key)));
    }
    fputs("</tr>\n", html);
}

/* Write the functions of which the other twin has none, as numbers. */
static void
write_single(FILE *html, const json_t *port)
{
    fputs("<tr><th scope=\"row\">functions that the other has not</th>", html);
    for (size_t i = 0; i < view_count(port, "programs"); i++) {
        const json_t *program = view_item(port, "programs", i);

        write_count(html, (double)view_count(program, "threaded_only"));
        write_count(html, (double)view_count(program, "evented_only"));
    }
    fputs("</tr>\n", html);
}

/* Write the table of programs. */
static void
write_programs(FILE *html, const json_t *port)
{
    page_open_table(html, "port", "Lines and functions of each program");
    fputs("<thead><tr><td></td>", html);
    for (size_t i = 0; i < view_count(port, "programs"); i++)
        html_put(html,
            "<th scope=\"colgroup\" colspan=\"2\" "
            "class=\"number\">%s</th>",
            get_text(view_item(port, "programs", i), "name"));
    fputs("</tr>\n<tr><td></td>", html);
    for (size_t i = 0; i < view_count(port, "programs"); i++)
        fputs("<th scope=\"col\" class=\"number\">threads</th><th "
              "scope=\"col\" class=\"number\">events</th>",
            html);
    fputs("</tr></thead>\n<tbody>\n", html);
    write_of_both(html, port, "lines in common/", "common_lines");
    write_of_twins(html, port, "lines in the twin", "lines");
    write_of_both(html, port, "of these unchanged", "unchanged");
    write_of_twins(html, port, "lines in the program's own file", "own_lines");
    write_of_both(html, port, "of these unchanged", "own_unchanged");
    write_of_both(html, port, "functions that both have", "functions_both");
    write_single(html, port);
    write_of_twins(html, port, "functions called back", "called_back");
    write_of_twins(
        html, port, "decisions (if, for, while, case, ?, &&, ||)", "decisions");
    page_close_table(html);
}

/* Write what one kind of struct holds in each twin. */
static void
write_struct(FILE *html, const json_t *program, const json_t *s)
{
    html_put(html, "<tr><td>%s</td><th scope=\"row\">%s</th>",
        get_text(program, "name"), get_text(s, "name"));
    for (int twin = 0; twin < 2; twin++) {
        double n = get_number(s, twin == 0 ? VIEW_THREADS : VIEW_EVENTS);
        char buf[WORDS_MAX];

        page_number(html, isfinite(n) ? words_count(buf, n)
                          : twin == 0 ? "on the stack"
                                      : "none");
    }
    fputs("<td class=\"text\">", html);
    write_names(html, s, "threaded_only");
    fputs("</td><td class=\"text\">", html);
    write_names(html, s, "evented_only");
    fputs("</td></tr>\n", html);
}

/* Write what is remembered of a connection. */
static void
write_structs(FILE *html, const json_t *port)
{
    fputs("<h4>What is remembered of each connection</h4>\n"
          "<p>Fields of the structs of which a connection has its own. What "
          "straight code keeps in local variables and in the place where it "
          "waits, a callback has to find in a struct.</p>\n",
        html);
    page_open_table(html, "fields", "Fields of the structs of a connection");
    fputs("<thead><tr><th scope=\"col\">program</th><th "
          "scope=\"col\">struct</th><th scope=\"col\" "
          "class=\"number\">threads</th><th scope=\"col\" "
          "class=\"number\">events</th><th scope=\"col\">only with "
          "threads</th><th scope=\"col\">only with events</th></tr></thead>\n"
          "<tbody>\n",
        html);
    for (size_t i = 0; i < view_count(port, "programs"); i++) {
        const json_t *program = view_item(port, "programs", i);

        for (size_t k = 0; k < view_count(program, "structs"); k++)
            write_struct(html, program, view_item(program, "structs", k));
    }
    page_close_table(html);
}

/* Write the names of the functions that only one twin has. */
static void
write_functions(FILE *html, const json_t *port)
{
    fputs(
        "<details><summary>Functions that only one twin has</summary>\n", html);
    for (size_t i = 0; i < view_count(port, "files"); i++) {
        const json_t *file = view_item(port, "files", i);

        html_put(
            html, "<p><b>%s</b>, only with threads: ", get_text(file, "name"));
        write_names(html, file, "threaded_only");
        fputs("; only with events: ", html);
        write_names(html, file, "evented_only");
        fputs(".</p>\n", html);
    }
    fputs("</details>\n", html);
}

/* Write the cost of the port. */
void
page_port(FILE *html, const json_t *report)
{
    const json_t *port = json_object_get(report, "port");

    fputs("<section id=\"port\">\n<h2>Cost of the port</h2>\n", html);
    if (view_count(port, "programs") == 0) {
        fputs("<p class=\"missing\">This is missing: the sources were not "
              "counted when this compare was built (it takes "
              "python3).</p>\n</section>\n",
            html);
        return;
    }
    fputs("<p>Counted from the sources by a script, "
          "<code>report/porting/port.py</code>, without comments and empty "
          "lines. A program is its own file, the server and the stream below "
          "it, which all programs of a twin share, and what it uses of "
          "<code>common/</code>. A line stands unchanged when both twins have "
          "it at the same place of the same function. <code>make diff</code> "
          "shows them side by side, <code>make diff HTML=1</code> as a page "
          "like this one.</p>\n",
        html);
    write_programs(html, port);
    write_structs(html, port);
    write_functions(html, port);
    fputs("</section>\n", html);
}
