#include "report/verdict/judge.h"

#include "report/values.h"
#include "report/verdict/comparison.h"
#include "report/verdict/sentence.h"
#include "report/view.h"

#include <stdlib.h>
#include <string.h>

const struct pair judge_pairs[JUDGE_PAIRS] = {
    { SUBJECT_EVENTED, SUBJECT_THREADED },
    { SUBJECT_EVENTED, SUBJECT_BARE_EPOLL },
    { SUBJECT_EVENTED, SUBJECT_MANUAL },
    { SUBJECT_THREADED, SUBJECT_BARE_THREADS },
    { SUBJECT_BARE_THREADS, SUBJECT_BARE_EPOLL },
    { SUBJECT_PEER, SUBJECT_THREADED },
    { SUBJECT_PEER, SUBJECT_EVENTED },
};

/* The A/A arm of a scenario. */
static json_t *
aa_of(const json_t *scenario, const struct scenario *s, bool pinned)
{
    json_t *all = json_array();

    for (int m = 0; m < METRICS && s->aa; m++) {
        struct comparison c = { .scenario = scenario,
            .metric = (enum metric)m,
            .a = { NULL, "aa", 0 },
            .b = { NULL, NULL, 0 } };
        const char *scale = metrics[m].may_be_zero ? "difference" : "ratio";

        if (!scenario_has(s, c.metric) || (metrics[m].needs_pinning && !pinned))
            continue;
        comparison_make(&c);
        if (c.missing != NULL)
            continue;
        json_array_append_new(
            all, json_pack("{s:s, s:o, s:s, s:o, s:o, s:o, s:b}", "metric",
                     metrics[m].key, "blocks", value_count(c.estimate.blocks),
                     "scale", scale, "estimate",
                     value_number(comparison_scale(&c, c.estimate.center)),
                     "interval95", comparison_interval(&c, &c.estimate.i95),
                     "half_width", value_number(comparison_half_width(&c)),
                     "excludes_none", (int)stats_excludes_zero(&c.estimate)));
    }
    return all;
}

/* Compare one pair in one metric. */
static json_t *
compare_pair(const json_t *scenario, const struct scenario *s,
    const json_t *done, bool pinned, enum metric m, const struct pair *pair)
{
    struct comparison c = { .scenario = scenario,
        .metric = m,
        .a = { subjects[pair->a].name, NULL, 0 },
        .b = { subjects[pair->b].name, NULL, 0 } };
    json_t *gates;

    comparison_make(&c);
    if (metrics[m].needs_pinning && !pinned) {
        c.missing = "it needs a processor of its own for each side";
        c.estimate.blocks = 0;
        return comparison_json(&c, s, json_array());
    }
    comparison_floor(&c, done);
    gates = comparison_gates(&c);
    comparison_decide(&c, json_array_size(gates) > 0);
    return comparison_json(&c, s, gates);
}

/* Make all comparisons: metric by metric, the twins first. */
static json_t *
comparisons_of(const json_t *scenario, const struct scenario *s,
    const json_t *done, bool pinned)
{
    const json_t *cells = json_object_get(scenario, "cells");
    json_t *all = json_array();

    for (int m = 0; m < METRICS; m++) {
        for (size_t p = 0; p < JUDGE_PAIRS; p++) {
            const struct pair *pair = &judge_pairs[p];
            bool ran = cell_find(cells, subjects[pair->a].name) != NULL &&
                       cell_find(cells, subjects[pair->b].name) != NULL;

            if (scenario_has(s, (enum metric)m) && ran)
                json_array_append_new(all, compare_pair(scenario, s, done,
                                               pinned, (enum metric)m, pair));
        }
    }
    return all;
}

/* Judge; the runs, which are long, come last. */
void
judge_scenario(
    json_t *scenario, const struct scenario *s, const json_t *done, bool pinned)
{
    json_t *runs = json_incref(json_object_get(scenario, "runs"));
    char *sentence;

    json_object_set_new(scenario, "cells", cells_of(s, scenario));
    json_object_set_new(scenario, "aa", aa_of(scenario, s, pinned));
    json_object_set_new(
        scenario, "comparisons", comparisons_of(scenario, s, done, pinned));
    sentence = sentence_of(scenario);
    json_object_set_new(scenario, "sentence", value_text(sentence));
    free(sentence);
    json_object_del(scenario, "syscalls");
    json_object_del(scenario, "runs");
    json_object_set_new(scenario, "runs", runs);
}

/* List the metrics. */
json_t *
judge_margins(void)
{
    json_t *all = json_array();

    for (int m = 0; m < METRICS; m++)
        json_array_append_new(
            all, json_pack("{s:s, s:s, s:f, s:o, s:b, s:s}", "metric",
                     metrics[m].key, "label", metrics[m].label, "unit",
                     metrics[m].unit, "margin",
                     metrics[m].margin > 0 ? json_real(metrics[m].margin)
                                           : json_null(),
                     "more_is_better", (int)metrics[m].more_is_better, "kind",
                     metrics[m].may_be_zero ? "difference" : "ratio"));
    return all;
}

/* Count the primary comparisons with a verdict. */
json_t *
judge_chance(const json_t *all)
{
    const json_t *scenario;
    size_t i, n = 0;

    json_array_foreach(all, i, scenario) {
        const json_t *c = view_primary(scenario);
        const char *verdict = get_text(c, "verdict");

        n += verdict[0] != '\0' && strcmp(verdict, "INVALID") != 0 &&
             strcmp(verdict, "no verdict") != 0;
    }
    return json_pack("{s:o, s:f}", "primary", value_count(n), "wins_by_chance",
        0.05 * (double)n);
}
