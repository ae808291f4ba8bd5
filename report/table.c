#include "report/table.h"

#include "report/values.h"
#include "report/verdict/judge.h"
#include "report/verdict/sentence.h"
#include "report/view.h"

#include <err.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistr.h>
#include <uniwidth.h>

/* Running text is as wide as the terminal, within these columns. */
#define COLUMNS_MIN 60
#define COLUMNS     100

#define INDENT      4 /* of what is the same sentence */

#define BOLD        "\033[1m"
#define GREEN       "\033[32m"
#define RED         "\033[31m"
#define PLAIN       "\033[0m"

/* The pairs of the control table, and those of a peer. */
#define CONTROL_PAIRS 1
#define PEER_PAIRS    5

/* Tell how many columns there are. */
static size_t
columns_of(FILE *out)
{
    struct winsize size;

    if (ioctl(fileno(out), TIOCGWINSZ, &size) == -1 || size.ws_col == 0 ||
        size.ws_col > COLUMNS)
        return COLUMNS;
    return size.ws_col < COLUMNS_MIN ? COLUMNS_MIN : size.ws_col;
}

/*
 * Tell how many bytes of a text fit into so many columns: up to a space, if
 * there is one, else to the last character that does.
 */
static size_t
bytes_that_fit(const char *text, size_t columns)
{
    const uint8_t *at = (const uint8_t *)text, *space = NULL, *next = at;

    while (*next != '\0') {
        ucs4_t c;
        int length = u8_mbtouc(&c, next, strnlen((const char *)next, 4));
        int width = uc_width(c, "UTF-8");

        if (width > 0 && (size_t)width > columns && next > at) {
            if (*next == ' ' || space == NULL)
                space = next;
            return (size_t)(space - at);
        }
        if (*next == ' ')
            space = next;
        columns -= width > 0 ? (size_t)width : 0;
        next += length;
    }
    return (size_t)(next - at);
}

/* Break text at spaces; lines after the first are indented. */
static void
wrap(FILE *out, const char *text, int indent)
{
    size_t columns = columns_of(out);
    size_t fit = bytes_that_fit(text, columns);

    while (text[fit] != '\0') {
        fprintf(out, "%.*s\n%*s", (int)fit, text, indent, "");
        text += fit + (text[fit] == ' ');
        fit = bytes_that_fit(text, columns - (size_t)indent);
    }
    fprintf(out, "%s\n", text);
}

/* Break text at spaces. */
void
table_wrapped(FILE *out, const char *text)
{
    wrap(out, text, INDENT);
}

/* Put a text together and break it at spaces. */
void
table_say(FILE *out, const char *fmt, ...)
{
    va_list ap;
    char *text;

    va_start(ap, fmt);
    if (vasprintf(&text, fmt, ap) == -1)
        err(1, NULL);
    va_end(ap);
    wrap(out, text, INDENT);
    free(text);
}

/* Return the metric that a comparison is about. */
static enum metric
metric_of(const json_t *c)
{
    return metric_find(get_text(c, "metric"));
}

/* Return the title of a server. */
static const char *
title_of(const char *server)
{
    enum subject s = subject_find(server);

    return s == SUBJECTS ? server : subjects[s].title;
}

/* Write a verdict, with its winner if there is one. */
static void
write_verdict(const json_t *c, char *buf)
{
    const char *winner = get_text(c, "winner");

    if (get_text(c, "missing")[0] != '\0' || isnan(get_number(c, "margin")))
        snprintf(buf, SENTENCE_NUMBER, "-");
    else
        snprintf(buf, SENTENCE_NUMBER, "%s%s%s%s", get_text(c, "verdict"),
            winner[0] != '\0' ? " " : "",
            winner[0] != '\0' ? title_of(winner) : "",
            get_bool(c, "immaterial") ? "*" : "");
}

/* Choose the colour of a verdict. */
static const char *
colour_of(const char *verdict)
{
    if (strncmp(verdict, "WIN", 3) == 0)
        return GREEN;
    return strcmp(verdict, "INVALID") == 0 ? RED : "";
}

/* Write the row of one metric for the twins. */
static void
write_row(FILE *out, const json_t *c, bool colour)
{
    enum metric m = metric_of(c);
    char a[SENTENCE_NUMBER], b[SENTENCE_NUMBER], center[SENTENCE_NUMBER];
    char interval[SENTENCE_NUMBER], band[SENTENCE_NUMBER] = "-";
    char verdict[SENTENCE_NUMBER];
    const char *paint;

    if (m == METRICS)
        return; /* of a later version */
    sentence_value(a, m, get_number(c, "a_median"));
    sentence_value(b, m, get_number(c, "b_median"));
    sentence_estimate(c, center, interval);
    write_verdict(c, verdict);
    paint = colour ? colour_of(verdict) : "";
    if (!isnan(get_number(c, "band")))
        snprintf(band, sizeof(band), "%.0f %%", get_number(c, "band") * 100);
    fprintf(out, "  %-23s%11s%11s%10s  %-18s%6s  %s%s%s\n", metrics[m].label, b,
        a, center, interval, band, paint, verdict,
        paint[0] != '\0' ? PLAIN : "");
}

/*
 * Write one cell of the control table: the value of one of the two, a/b with
 * its interval, filled up to a width.
 */
static void
write_cell(FILE *out, const json_t *c, const char *of, int width)
{
    char value[SENTENCE_NUMBER], center[SENTENCE_NUMBER];
    char interval[SENTENCE_NUMBER], ratio[128];

    sentence_value(value, metric_of(c), get_number(c, of));
    sentence_estimate(c, center, interval);
    snprintf(ratio, sizeof(ratio), "%s%s%s%s", center,
        strcmp(interval, "-") != 0 ? " (" : "",
        strcmp(interval, "-") != 0 ? interval : "",
        strcmp(interval, "-") != 0 ? ")" : "");
    fprintf(out, "%11s  %-*s", value, width, ratio);
}

/* Write a pair of servers in rate and in cost; false if they did not run. */
static bool
write_pair(
    FILE *out, const json_t *scenario, const struct pair *pair, const char *of)
{
    const char *a = subjects[pair->a].name, *b = subjects[pair->b].name;
    const json_t *rate =
        view_comparison(scenario, metrics[METRIC_RATE].key, a, b);
    const json_t *cpu =
        view_comparison(scenario, metrics[METRIC_CPU].key, a, b);
    char label[80];

    if (rate == NULL || cpu == NULL)
        return false;
    snprintf(label, sizeof(label), "%s / %s", subjects[pair->a].title,
        subjects[pair->b].title);
    fprintf(out, "  %-30s", label);
    write_cell(out, rate, of, 21);
    write_cell(out, cpu, of, 0);
    putc('\n', out);
    return true;
}

/* Tell whether any of some pairs ran. */
static bool
have_pairs(const json_t *scenario, size_t from, size_t to)
{
    for (; from < to; from++)
        if (view_comparison(scenario, metrics[METRIC_RATE].key,
                subjects[judge_pairs[from].a].name,
                subjects[judge_pairs[from].b].name) != NULL)
            return true;
    return false;
}

/* Write each twin against its controls, in rate and in cost. */
static void
write_controls(FILE *out, const json_t *scenario)
{
    if (!have_pairs(scenario, CONTROL_PAIRS, PEER_PAIRS))
        return;
    fprintf(out, "\n  %-30s%11s  %-21s%11s  %s\n", "ratio to a control",
        "requests/s", "ratio", "CPU us", "ratio");
    for (size_t p = CONTROL_PAIRS; p < PEER_PAIRS; p++)
        write_pair(out, scenario, &judge_pairs[p], "b_median");
}

/* Write the peer against the twins, in rate and in cost, and what is wrong. */
static void
write_peer(FILE *out, const json_t *scenario)
{
    if (!have_pairs(scenario, PEER_PAIRS, JUDGE_PAIRS))
        return;
    fprintf(out, "\n  %-27s%14s  %-21s%11s  %s\n", "ratio of the peer",
        "its requests/s", "ratio", "its CPU us", "ratio");
    for (size_t p = PEER_PAIRS; p < JUDGE_PAIRS; p++) {
        const json_t *rate = view_comparison(scenario, metrics[METRIC_RATE].key,
            subjects[judge_pairs[p].a].name, subjects[judge_pairs[p].b].name);

        write_pair(out, scenario, &judge_pairs[p], "a_median");
        if (get_text(rate, "invalid")[0] != '\0')
            table_say(out, "  No ratio: %s.", get_text(rate, "invalid"));
    }
}

/* Write what limited each twin and the peer. */
static void
write_limits(FILE *out, const json_t *scenario)
{
    const json_t *cell;
    size_t i;

    json_array_foreach(json_object_get(scenario, "cells"), i, cell)
        if (strcmp(get_text(cell, "role"), "control") != 0)
            table_say(out, "  Limit of %s: %s (%s).", get_text(cell, "title"),
                get_text(cell, "limiter"), get_text(cell, "limiter_because"));
}

/* Write which validity gates were failed. */
static void
write_gates(FILE *out, const json_t *scenario)
{
    const json_t *cell, *gate;
    size_t i, k;

    json_array_foreach(json_object_get(scenario, "cells"), i, cell)
        json_array_foreach(json_object_get(cell, "gates"), k, gate)
            table_say(out, "  Gate failed, %s: %s (%s).",
                get_text(cell, "title"), get_text(gate, "name"),
                get_text(gate, "because"));
}

/* Write the most frequent system calls. */
static void
write_syscalls(FILE *out, const json_t *scenario)
{
    const char *missing = get_text(scenario, "syscalls_missing");
    const json_t *cell, *call;
    size_t i, k;

    if (missing[0] != '\0')
        table_say(out, "  Missing: system calls per request: %s", missing);
    json_array_foreach(json_object_get(scenario, "cells"), i, cell) {
        const json_t *calls = json_object_get(cell, "syscalls");
        char text[512];
        size_t n;

        if (json_array_size(calls) == 0 ||
            strcmp(get_text(cell, "role"), "control") == 0)
            continue;
        n = (size_t)snprintf(text, sizeof(text),
            "  System calls per request, %s:", get_text(cell, "title"));
        json_array_foreach(calls, k, call)
            if (n < sizeof(text))
                n += (size_t)snprintf(text + n, sizeof(text) - n, "%s %s %.2f",
                    k > 0 ? "," : "", get_text(call, "name"),
                    get_number(call, "per_request"));
        table_wrapped(out, text);
    }
}

/* Write the A/A arm: what the same server twice differs by. */
static void
write_aa(FILE *out, const json_t *scenario)
{
    const json_t *row;
    char text[512] = "  The same server twice (A/A) differs by up to:";
    const char *comma = "";
    size_t i, n = strlen(text);

    json_array_foreach(json_object_get(scenario, "aa"), i, row) {
        enum metric m = metric_of(row);

        if (m == METRICS || metrics[m].may_be_zero || n >= sizeof(text) ||
            isnan(get_number(row, "half_width")))
            continue;
        n += (size_t)snprintf(text + n, sizeof(text) - n, "%s %s %.1f %%",
            comma, metrics[m].of, 100 * get_number(row, "half_width"));
        comma = ",";
    }
    if (comma[0] != '\0')
        table_wrapped(out, text);
}

/* Write which rows are missing for the same reason as row i, once. */
static void
write_missing(FILE *out, const json_t *const *rows, size_t n, size_t i)
{
    const char *reason = get_text(rows[i], "missing"), *comma = "";
    char text[512] = "  Missing: ";

    for (size_t k = 0; k < n; k++) {
        if (strcmp(get_text(rows[k], "missing"), reason) != 0)
            continue;
        if (k < i)
            return;
        strncat(text, comma, sizeof(text) - strlen(text) - 1);
        strncat(text, metrics[metric_of(rows[k])].label,
            sizeof(text) - strlen(text) - 1);
        comma = "; ";
    }
    strncat(text, ": ", sizeof(text) - strlen(text) - 1);
    strncat(text, reason, sizeof(text) - strlen(text) - 1);
    table_wrapped(out, text);
}

/* Write what is missing or open in the rows above. */
static void
write_remarks(FILE *out, const json_t *const *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (get_text(rows[i], "missing")[0] != '\0')
            write_missing(out, rows, n, i);
        else if (view_is_doubted(rows[i]))
            table_say(out,
                "  Doubted: %s: by resampling blocks it would be no WIN.",
                metrics[metric_of(rows[i])].label);
        else if (strcmp(get_text(rows[i], "verdict"), "INCONCLUSIVE") == 0 &&
                 isfinite(get_number(rows[i], "blocks_needed")))
            table_say(out, "  Open: %s: about %.0f blocks would tell.",
                metrics[metric_of(rows[i])].label,
                get_number(rows[i], "blocks_needed"));
    }
}

/* Write what happened to blocks and connections. */
static void
write_losses(FILE *out, const json_t *scenario)
{
    size_t blocks = json_array_size(json_object_get(scenario, "orders"));
    size_t lost =
        json_array_size(json_object_get(scenario, "discarded_blocks"));
    double wanted = get_number(scenario, "connections_wanted");
    double open = get_number(scenario, "connections");
    struct span pace = view_pace(scenario);

    if (lost > 0)
        table_say(out,
            "  Discarded: %zu of %zu block%s, as the machine was busy "
            "with something else%s.",
            lost, blocks, blocks == 1 ? "" : "s",
            get_bool(scenario, "too_noisy") ? ": no verdict on times" : "");
    if (view_is_uneven(pace))
        table_say(out,
            "  Uneven: the machine itself was %.1f times as slow in some "
            "runs as in others.",
            pace.high / pace.low);
    if (open < wanted)
        table_say(out,
            "  The descriptor limit allows only %.0f of %.0f connections.",
            open, wanted);
}

/* Collect the comparisons of the twins. */
static size_t
twin_rows(const json_t *scenario, const json_t *rows[METRICS])
{
    const json_t *c;
    size_t i, n = 0;

    json_array_foreach(json_object_get(scenario, "comparisons"), i, c)
        if (strcmp(get_text(c, "a"), subjects[SUBJECT_EVENTED].name) == 0 &&
            strcmp(get_text(c, "b"), subjects[SUBJECT_THREADED].name) == 0 &&
            metric_of(c) != METRICS && n < METRICS)
            rows[n++] = c;
    return n;
}

/* Write one scenario. */
static void
write_scenario(FILE *out, const json_t *scenario, bool colour)
{
    const json_t *rows[METRICS];
    size_t n = twin_rows(scenario, rows);

    fprintf(out, "\n%s", colour ? BOLD : "");
    table_wrapped(out, get_text(scenario, "sentence"));
    fprintf(out, "%s\n  %-23s%11s%11s%10s  %-18s%6s  %s\n", colour ? PLAIN : "",
        get_text(scenario, "name"), "threads", "events", "E/T", "95 % interval",
        "band", "verdict");
    for (size_t i = 0; i < n; i++)
        write_row(out, rows[i], colour);
    write_controls(out, scenario);
    write_peer(out, scenario);
    write_limits(out, scenario);
    write_syscalls(out, scenario);
    write_aa(out, scenario);
    write_gates(out, scenario);
    write_losses(out, scenario);
    write_remarks(out, rows, n);
}

/* Write how to read the tables. */
static void
write_notes(FILE *out, const json_t *report)
{
    const json_t *chance = json_object_get(report, "chance");

    putc('\n', out);
    wrap(out,
        "E/T: events to threads; for switches and run queue, which may be 0, "
        "events less threads. Verdicts need six blocks. Band: the larger of "
        "the margin, set beforehand, and of what the same server twice differs "
        "by. WIN: the interval lies beyond the band. EQUIVALENT: within it (*: "
        "a real difference that does not matter). LEANS: direction known, size "
        "not. INVALID: a gate was failed. Latencies of a closed loop are those "
        "of a saturated server, and do not compare with an open loop's, whose "
        "intervals allow for the lateness of the load itself. A ratio is that "
        "of paired blocks, not of the medians beside it. The sentences are the "
        "primary comparisons, the other rows exploratory.",
        0);
    if (get_number(chance, "primary") > 0)
        table_say(out,
            "Of the %.0f primary ones with a verdict chance alone wins %.2f at "
            "most.",
            get_number(chance, "primary"),
            get_number(chance, "wins_by_chance"));
    if (!get_bool(report, "pinned"))
        table_say(out, "Not pinned, because %s: rates and latencies missing.",
            get_text(report, "not_pinned_because"));
}

/* Write everything. */
static void
write_report(FILE *out, const json_t *report, bool colour)
{
    const json_t *scenario;
    size_t i;

    table_say(out, "Threads against events, %s, seed %lld%s.",
        get_text(report, "started"),
        (long long)json_integer_value(json_object_get(report, "seed")),
        get_bool(report, "complete") ? "" : ", interrupted");
    json_array_foreach(json_object_get(report, "scenarios"), i, scenario)
        write_scenario(out, scenario, colour);
    write_notes(out, report);
}

/* Write one scenario. */
void
table_scenario(FILE *out, const json_t *scenario, bool colour)
{
    json_t *harmless = value_harmless(scenario);

    write_scenario(out, harmless, colour);
    json_decref(harmless);
}

/* Write how to read the tables. */
void
table_notes(FILE *out, const json_t *report)
{
    json_t *harmless = value_harmless(report);

    write_notes(out, harmless);
    json_decref(harmless);
}

/* Write everything. */
void
table_report(FILE *out, const json_t *report, bool colour)
{
    json_t *harmless = value_harmless(report);

    write_report(out, harmless, colour);
    json_decref(harmless);
}
