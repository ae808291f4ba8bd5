#include "report/page/advice.h"

#include "report/metrics.h"

#include <err.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SOURCES 3

/* A scenario that says something about a situation. */
struct source {
    const char *scenario;
    const char *lead; /* before what was found; may be "" */
};

/* The situations, and what speaks to each; the last is no scenario's. */
static const struct situation {
    const char *name;
    struct source sources[SOURCES];
    const char *more; /* of which metric to speak, too */
} situations[ADVICE_LINES] = {
    { "One client, one question at a time", { { "reply-1", "" } },
        "cpu_ns_per_request" },
    { "A few dozen busy clients",
        { { "reply-50", "" }, { "json-200", "for 200 rows as JSON, " } },
        "cpu_ns_per_request" },
    { "A thousand busy clients and more",
        { { "reply-1000", "" }, { "reply-10000", "at 10,000, " } }, NULL },
    { "A load that both can carry, and a burst",
        { { "open-80", "at 80 % of what the slower can do, " },
            { "overload", "after a burst, " } },
        NULL },
    { "Many open connections, most of them idle",
        { { "idle-4000", "" }, { "idle-10000", "at 10,000, " } }, "p99_ns" },
    { "Long answers beside short ones",
        { { "line-cjk", "while others pull a long answer, " },
            { "line-page", "while they pull pages, " } },
        "background_bytes_per_second" },
    { "Clients that come and go",
        { { "churn-50", "with a connection for each question, " },
            { "storm-1000", "when a thousand come at once, " } },
        NULL },
    { "Slow clients",
        { { "slow-readers", "beside slow readers, " },
            { "slow-senders", "beside slow senders, " },
            { "pool-20", "when all threads of a pool are taken, " } },
        NULL },
    { "All cores of the machine, shared with the load", { { "cores-all", "" } },
        NULL },
    { "Code to write, and to read", { { NULL, NULL } }, NULL },
};

/* Open a text that grows. */
static FILE *
open_text(char **text, size_t *size)
{
    FILE *out = open_memstream(text, size);

    if (out == NULL)
        err(1, NULL);
    return out;
}

/* Write a text as a sentence, with a capital. */
static void
write_sentence(FILE *out, const char *lead, const char *text)
{
    const char *first = lead[0] != '\0' ? lead : text;

    if (ftell(out) > 0)
        putc(' ', out);
    putc(first[0] >= 'a' && first[0] <= 'z' ? first[0] - 'a' + 'A' : first[0],
        out);
    fprintf(out, "%s%s.", first[0] != '\0' ? first + 1 : "",
        first == lead ? text : "");
}

/* Write the finding of one comparison; its choice is returned. */
static enum choice
write_finding(FILE *out, const char *lead, const json_t *comparison)
{
    char text[WORDS_MAX];

    write_sentence(out, lead, words_finding(text, comparison));
    return words_judge(comparison);
}

/* Write what an idle connection costs in plain numbers. */
static void
write_memory(FILE *out, const json_t *scenario)
{
    const char *metric = "memory_bytes_per_connection";
    double t = view_figure(scenario, VIEW_THREADS, metric);
    double e = view_figure(scenario, VIEW_EVENTS, metric);
    char a[WORDS_MAX], b[WORDS_MAX], text[3 * WORDS_MAX];

    if (!(t > 0) || !(e > 0))
        return;
    snprintf(text, sizeof(text),
        "ten thousand of them would take %s with threads, %s with events",
        words_bytes(a, t * 10000), words_bytes(b, e * 10000));
    write_sentence(out, "", text);
}

/* Write what the library's own way costs, next to what the model costs. */
static void
write_library(FILE *out, const json_t *report)
{
    const json_t *s = view_scenario(report, "reply-50");
    const json_t *manual = view_comparison(
        s, "requests_per_second", VIEW_EVENTS, "manual-bufferevent");
    char ratio[WORDS_MAX], text[2 * WORDS_MAX];

    if (strcmp(get_text(manual, "verdict"), "WIN") != 0)
        return;
    snprintf(text, sizeof(text),
        "how it is written matters with events: this server serves %s the "
        "requests of a bufferevent used as the manuals show it",
        words_estimate(ratio, manual));
    write_sentence(out, "", text);
}

/* Write what the port costs; fewer lines to write are the better choice. */
static enum choice
write_code(FILE *out, const json_t *report)
{
    const json_t *program =
        view_item(json_object_get(report, "port"), "programs", 0);
    const json_t *named = view_named(
        json_object_get(report, "port"), "programs", "name", "guess-server");
    const json_t *p = named != NULL ? named : program;
    double t = get_number(json_object_get(p, "threaded"), "lines");
    double e = get_number(json_object_get(p, "evented"), "lines");
    char a[WORDS_MAX], b[WORDS_MAX], c[WORDS_MAX], text[4 * WORDS_MAX];

    write_library(out, report);
    if (!(t > 0) || !(e > 0))
        return CHOICE_NONE;
    snprintf(text, sizeof(text),
        "the %.60s takes %s lines of code with threads and %s with events, "
        "beyond "
        "the %s that they share",
        get_text(p, "name"), words_count(a, t), words_count(b, e),
        words_count(c, get_number(p, "common_lines")));
    write_sentence(out, "", text);
    if (e > 1.05 * t)
        return CHOICE_THREADS;
    return t > 1.05 * e ? CHOICE_EVENTS : CHOICE_EITHER;
}

/* Tell whether other work disturbed too many blocks for this metric. */
static bool
was_too_busy(const json_t *scenario, const json_t *comparison)
{
    enum metric m = metric_find(get_text(comparison, "metric"));

    return get_bool(scenario, "too_noisy") && m != METRICS && metrics[m].timed;
}

/* Write all that a scenario says; its choice is returned. */
static enum choice
write_scenario(FILE *out, const struct situation *situation,
    const struct source *source, const json_t *scenario)
{
    const json_t *primary = view_primary(scenario), *more = NULL;
    enum choice choice;

    if (primary == NULL)
        return CHOICE_NONE;
    if (was_too_busy(scenario, primary)) {
        write_sentence(out, source->lead, "the machine was too busy to tell");
        return words_judge(primary);
    }
    choice = write_finding(out, source->lead, primary);
    if (situation->more != NULL)
        more = view_comparison(
            scenario, situation->more, VIEW_EVENTS, VIEW_THREADS);
    if (more != NULL && more != primary && words_judge(more) < CHOICE_OPEN)
        write_finding(out, source->lead, more);
    if (strcmp(get_text(scenario, "family"), "idle") == 0 &&
        source == situation->sources)
        write_memory(out, scenario);
    /* A pool is told of, but nobody who may have a thread each needs one. */
    return strcmp(get_text(scenario, "family"), "pool") == 0 ? CHOICE_NONE
                                                             : choice;
}

/* Fill in one line. */
static void
give_one(struct advice *line, const struct situation *situation,
    const json_t *report)
{
    enum choice choices[SOURCES];
    size_t size, count = 0;
    FILE *out = open_text(&line->because, &size);

    line->situation = situation->name;
    line->scenario = "";
    for (size_t i = 0; i < SOURCES; i++) {
        const struct source *source = &situation->sources[i];
        const json_t *s = source->scenario != NULL
                              ? view_scenario(report, source->scenario)
                              : NULL;

        if (s == NULL || view_is_short(s))
            continue;
        if (line->scenario[0] == '\0')
            line->scenario = get_text(s, "name");
        choices[count++] = write_scenario(out, situation, source, s);
    }
    if (situation->sources[0].scenario == NULL)
        choices[count++] = write_code(out, report);
    line->choice = words_together(choices, count);
    if (ftell(out) == 0)
        fputs("Not measured in this run.", out);
    if (fclose(out) == EOF)
        err(1, NULL);
}

/* Give the advice. */
void
advice_give(struct advice lines[ADVICE_LINES], const json_t *report)
{
    for (size_t i = 0; i < ADVICE_LINES; i++)
        give_one(&lines[i], &situations[i], report);
}

/* Free the advice. */
void
advice_free(struct advice lines[ADVICE_LINES])
{
    for (size_t i = 0; i < ADVICE_LINES; i++)
        free(lines[i].because);
}
