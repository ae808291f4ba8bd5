#include "report/verdict/sentence.h"

#include "report/values.h"
#include "report/verdict/judge.h"
#include "report/view.h"

#include <err.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Write a value. */
void
sentence_value(char *buf, enum metric m, double value)
{
    if (isnan(value))
        snprintf(buf, SENTENCE_NUMBER, "-");
    else
        snprintf(buf, SENTENCE_NUMBER, "%.*f", metrics[m].decimals,
            value / metrics[m].unit);
}

/* One end of an interval; NAN without one. */
static double
end_of(const json_t *c, size_t i)
{
    const json_t *end = json_array_get(json_object_get(c, "interval95"), i);

    return json_is_number(end) ? json_number_value(end) : NAN;
}

/* Choose the decimals of a ratio, so that a small one shows two digits. */
static int
ratio_decimals(double ratio)
{
    return ratio < 0.1 ? 3 : 2;
}

/* Write an estimate. */
void
sentence_estimate(const json_t *c, char *center, char *interval)
{
    enum metric m = metric_find(get_text(c, "metric"));
    bool difference = strcmp(get_text(c, "scale"), "difference") == 0;
    double estimate = get_number(c, "estimate");
    double low = end_of(c, 0), high = end_of(c, 1);
    int decimals = ratio_decimals(estimate);

    snprintf(center, SENTENCE_NUMBER, "-");
    snprintf(interval, SENTENCE_NUMBER, "-");
    if (isnan(estimate) || strcmp(get_text(c, "verdict"), "INVALID") == 0)
        return;
    if (difference) {
        decimals = metrics[m].decimals;
        estimate /= metrics[m].unit;
        low /= metrics[m].unit;
        high /= metrics[m].unit;
    }
    if (difference)
        snprintf(center, SENTENCE_NUMBER, "%+.*f", decimals, estimate);
    else
        snprintf(center, SENTENCE_NUMBER, "%s%.*fx", view_bound(c, ">", "<"),
            decimals, estimate);
    if (!isnan(low))
        snprintf(interval, SENTENCE_NUMBER,
            difference ? "%+.*f to %+.*f" : "%.*f to %.*f", decimals, low,
            decimals, high);
}

/* Return how a twin did not keep up with its load; NULL = it did. */
static const char *
overrun_of(const json_t *scenario, enum subject twin)
{
    const json_t *cell = view_cell(scenario, subjects[twin].name);
    const json_t *gate = view_named(cell, "gates", "name", "unstable");

    if (gate == NULL)
        gate = view_named(cell, "gates", "name", "rate not reached");
    return gate != NULL ? get_text(gate, "because") : NULL;
}

/* Say that one twin did not keep up and the other one did, if that is it. */
static bool
write_overrun(FILE *out, const json_t *scenario)
{
    for (int t = 0; t <= SUBJECT_EVENTED; t++) {
        enum subject twin = (enum subject)t;
        enum subject other =
            twin == SUBJECT_EVENTED ? SUBJECT_THREADED : SUBJECT_EVENTED;
        const char *how = overrun_of(scenario, twin);

        if (how == NULL ||
            view_count(view_cell(scenario, subjects[other].name), "gates") > 0)
            continue;
        fprintf(out, "%s did not keep up (%s); %s did.", subjects[twin].title,
            how, subjects[other].title);
        return true;
    }
    return false;
}

/* Write why nothing is claimed. */
static void
write_invalid(FILE *out, const json_t *scenario, const json_t *c)
{
    const json_t *gates = json_object_get(c, "gates"), *gate;
    const char *comma = "";
    size_t i;

    if (get_text(c, "invalid")[0] == '\0' && write_overrun(out, scenario))
        return;
    fprintf(out, "nothing is claimed: ");
    if (get_text(c, "invalid")[0] != '\0') {
        fprintf(out, "%s.", get_text(c, "invalid"));
        return;
    }
    json_array_foreach(gates, i, gate) {
        fprintf(out, "%s%s", comma, text_of(gate));
        comma = ", ";
    }
    putc('.', out);
}

/* Say what the shares of answered requests are. */
static void
write_shares(FILE *out, const json_t *c)
{
    fprintf(out, "events answered %.0f %% of the requests, threads %.0f %%%s.",
        100 * get_number(c, "a_median"), 100 * get_number(c, "b_median"),
        strcmp(get_text(c, "verdict"), "no verdict") == 0 ? " (no verdict)"
                                                          : "");
}

/* Say what the primary metric shows. */
static void
write_claim(FILE *out, const json_t *scenario, const json_t *c)
{
    const struct metric_info *m = &metrics[metric_find(get_text(c, "metric"))];
    const char *verdict = get_text(c, "verdict");
    const char *verb = m->more_is_better ? "serve" : "need";
    double ratio = get_number(c, "estimate"), low = end_of(c, 0);
    double high = end_of(c, 1), blocks = get_number(c, "blocks");
    int d = ratio_decimals(ratio);

    if (strcmp(verdict, "INVALID") == 0)
        write_invalid(out, scenario, c);
    else if (get_text(c, "missing")[0] != '\0' || isnan(ratio))
        fprintf(
            out, "%s cannot be compared: %s.", m->of, get_text(c, "missing"));
    else if (m->may_be_zero)
        write_shares(out, c);
    else if (m->timed && get_bool(scenario, "too_noisy"))
        fprintf(out,
            "no verdict: the machine was busy with something else in %zu of "
            "%zu blocks.",
            view_count(scenario, "discarded_blocks"),
            view_count(scenario, "orders"));
    else if (strcmp(verdict, "no verdict") == 0)
        fprintf(out,
            "events %s %s%.*fx the %s of threads, by estimate (%.0f block%s, "
            "no verdict).",
            verb, view_bound(c, "at least ", "at most "), d, ratio, m->of,
            blocks, blocks == 1 ? "" : "s");
    else if (strcmp(verdict, "EQUIVALENT") == 0)
        fprintf(out, "events and threads are equal in %s to %.0f %%.", m->of,
            100 * get_number(c, "band"));
    else if (strcmp(verdict, "INCONCLUSIVE") == 0)
        fprintf(out, "%s of events may be %.*f to %.*fx that of threads: open.",
            m->of, d, low, d, high);
    else
        fprintf(out, "events %s %s%.*fx the %s of threads (%.*f to %.*f)%s.",
            verb, view_bound(c, "at least ", "at most "), d, ratio, m->of, d,
            low, d, high,
            strcmp(verdict, "LEANS") == 0 ? ", by how much is open" : "");
}

/* Put the sentence together. */
char *
sentence_of(const json_t *scenario)
{
    const char *primary = get_text(scenario, "primary");
    const json_t *c = view_primary(scenario);
    bool one_core = strcmp(get_text(scenario, "cores"), "one") == 0 &&
                    strcmp(primary, metrics[METRIC_RATE].key) == 0;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL)
        err(1, NULL);
    fprintf(out, "%s%s, ", get_text(scenario, "title"),
        one_core ? " on one core" : "");
    if (view_is_short(scenario))
        fprintf(out, "of which %.0f of %.0f could be opened, ",
            get_number(scenario, "connections"),
            get_number(scenario, "connections_wanted"));
    if (c != NULL)
        write_claim(out, scenario, c);
    else
        fprintf(out, "nothing is known: there was no time left to run it.");
    if (fclose(out) == EOF)
        err(1, NULL);
    return text;
}
