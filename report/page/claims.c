#include "report/page/claims.h"

#include "report/stats.h"
#include "report/verdict/gates.h"
#include "report/words.h"

#include <err.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A value without an interval of its own. */
static struct span
point(double x)
{
    return (struct span) { x, x, x };
}

/* What the report does not have. */
static struct span
nothing(void)
{
    return (struct span) { NAN, NAN, NAN };
}

/* Find the scenario of a rule. */
static const json_t *
scenario_of(const json_t *report, const struct claim_rule *rule)
{
    return rule->at != NULL ? view_scenario(report, rule->at) : NULL;
}

/* Find the other one. */
static const json_t *
base_of(const json_t *report, const struct claim_rule *rule)
{
    return rule->base != NULL ? view_scenario(report, rule->base) : NULL;
}

/* Tell why a comparison is not valid: a run was not, or a gate was failed. */
static const char *
why_invalid(const json_t *comparison)
{
    const char *invalid = get_text(comparison, "invalid");
    const char *gate = text_of(view_item(comparison, "gates", 0));

    if (invalid[0] != '\0')
        return invalid;
    return gate[0] != '\0' ? gate : "not valid";
}

/* Tell why a comparison decides nothing; NULL = it does, or there is none. */
static const char *
undecided(const json_t *scenario, const json_t *comparison)
{
    const char *verdict = get_text(comparison, "verdict");

    if (strcmp(verdict, "INVALID") == 0)
        return why_invalid(comparison);
    if (strcmp(verdict, "no verdict") != 0)
        return NULL;
    return get_bool(scenario, "too_noisy") ? "too many blocks were disturbed"
                                           : "too few blocks for an interval";
}

/* Tell why a median of a server does not count; NULL = it does. */
static const char *
spoiled(const json_t *scenario, const json_t *cell, const char *metric)
{
    const json_t *c =
        view_comparison(scenario, metric, VIEW_EVENTS, VIEW_THREADS);

    for (size_t i = 0; i < view_count(cell, "gates"); i++) {
        const json_t *gate = view_item(cell, "gates", i);

        for (size_t k = 0; k < view_count(gate, "metrics"); k++) {
            const char *of = text_of(view_item(gate, "metrics", k));

            if (strcmp(of, "*") == 0 || strcmp(of, metric) == 0)
                return get_text(gate, "because");
        }
    }
    /* A gate that the other twin failed spoils the comparison only. */
    if (strcmp(get_text(c, "verdict"), "INVALID") == 0 &&
        get_text(c, "invalid")[0] == '\0')
        return NULL;
    return undecided(scenario, c);
}

/*
 * Take a ratio off its comparison, in the direction it was made or back. What
 * the load kept from being larger has no end on that side.
 */
struct span
claims_ratio(
    const json_t *report, const struct claim_rule *rule, const char **invalid)
{
    const json_t *s = scenario_of(report, rule);
    const json_t *c = view_comparison(s, rule->metric, rule->a, rule->b);
    bool turned = c == NULL;
    struct span span;

    if (turned)
        c = view_comparison(s, rule->metric, rule->b, rule->a);
    if (c == NULL || strcmp(get_text(c, "scale"), "ratio") != 0)
        return nothing();
    if (undecided(s, c) != NULL)
        *invalid = undecided(s, c);
    span = view_span(c);
    if (get_bool(c, "at_least") && span.at > 1)
        span.high = INFINITY;
    else if (get_bool(c, "at_least"))
        span.low = 0;
    return turned ? view_inverse(span) : span;
}

/* Tell whether a run is one of those that a server's median is of. */
static bool
is_of(const json_t *scenario, const json_t *run, const char *server,
    const char *metric)
{
    const struct arm arm = { server, NULL, 0 };

    return arm_has(&arm, run) && run_counts(scenario, run, metric_find(metric));
}

/* Find the interval of a median from the runs; a point if they are too few. */
static struct span
median_of(const json_t *scenario, const char *server, const char *metric)
{
    struct span s = point(view_figure(scenario, server, metric));
    size_t runs = view_count(scenario, "runs"), n = 0, k;
    double *x = calloc(runs + 1, sizeof(*x));

    if (x == NULL)
        err(1, NULL);
    for (size_t i = 0; i < runs; i++) {
        const json_t *run = view_item(scenario, "runs", i);

        if (!is_of(scenario, run, server, metric))
            continue;
        x[n] = get_number(json_object_get(run, "figures"), metric);
        n += isfinite(x[n]) != 0;
    }
    k = stats_median_rank(n, 0.95);
    if (k > 0) {
        stats_sort(x, n);
        s.low = x[k - 1];
        s.high = x[n - k];
    }
    free(x);
    return s;
}

/* Take a median of a server; where it does not count, say why. */
static struct span
figure_of(const json_t *scenario, const char *server, const char *metric,
    const char **invalid)
{
    const char *why = spoiled(scenario, view_cell(scenario, server), metric);

    if (why != NULL)
        *invalid = why;
    return median_of(scenario, server, metric);
}

/* Take a median. */
struct span
claims_figure(
    const json_t *report, const struct claim_rule *rule, const char **invalid)
{
    return figure_of(scenario_of(report, rule), rule->a, rule->metric, invalid);
}

/* Compute a - b in one scenario from b/a: a (1 - b/a). */
static struct span
excess_in(const json_t *report, const struct claim_rule *rule, const char *at,
    const char **invalid)
{
    struct claim_rule turned = *rule;
    double a = view_figure(view_scenario(report, at), rule->a, rule->metric);
    struct span b;

    turned.at = at;
    turned.a = rule->b;
    turned.b = rule->a;
    b = claims_ratio(report, &turned, invalid);
    return (struct span) { a * (1 - b.high), a * (1 - b.at), a * (1 - b.low) };
}

/* Compute a - b, and take off what it is in the other scenario. */
struct span
claims_excess(
    const json_t *report, const struct claim_rule *rule, const char **invalid)
{
    struct span s = excess_in(report, rule, rule->at, invalid), base;

    if (rule->base == NULL)
        return s;
    base = excess_in(report, rule, rule->base, invalid);
    return (
        struct span) { s.low - base.high, s.at - base.at, s.high - base.low };
}

/*
 * Compare two scenarios, which have no blocks in common: the interval goes from
 * where one is smallest and the other largest to the opposite.
 */
struct span
claims_quotient(
    const json_t *report, const struct claim_rule *rule, const char **invalid)
{
    struct span x =
        figure_of(scenario_of(report, rule), rule->a, rule->metric, invalid);
    struct span y =
        figure_of(base_of(report, rule), rule->a, rule->metric, invalid);

    return (struct span) { x.low / y.high, x.at / y.at, x.high / y.low };
}

/* Multiply by how many long answers the server gives per unit of time. */
struct span
claims_behind(
    const json_t *report, const struct claim_rule *rule, const char **invalid)
{
    const json_t *s = scenario_of(report, rule);
    struct span x = figure_of(s, rule->a, rule->metric, invalid);
    double replies = 0, time = 0, rate;

    for (size_t i = 0; i < view_count(s, "runs"); i++) {
        const json_t *run = view_item(s, "runs", i);

        if (!is_of(s, run, rule->a, rule->metric))
            continue;
        replies += get_number(json_object_get(run, "background"), "replies");
        time += get_number(run, "window_ns");
    }
    rate = replies / time;
    return (struct span) { x.low * rate, x.at * rate, x.high * rate };
}

/* Compare, unless server and load have to share the processors. */
struct span
claims_cores(
    const json_t *report, const struct claim_rule *rule, const char **invalid)
{
    if (get_number(report, "processors_allowed") < 3)
        *invalid = "the load takes one of two processors";
    return claims_quotient(report, rule, invalid);
}

/* Find the A/A arm that measured the metric. That the machine is noisy does not
 * make it invalid: noise is what it measures. */
struct span
claims_half_width(
    const json_t *report, const struct claim_rule *rule, const char **invalid)
{
    for (size_t i = 0; i < view_count(report, "scenarios"); i++) {
        const json_t *s = view_item(report, "scenarios", i);
        const json_t *aa = view_named(s, "aa", "metric", rule->metric);

        if (isfinite(get_number(aa, "half_width")))
            return point(get_number(aa, "half_width"));
    }
    return nothing();
}

/* Add up the calls of all kinds. */
struct span
claims_syscalls(
    const json_t *report, const struct claim_rule *rule, const char **invalid)
{
    const json_t *cell = view_cell(scenario_of(report, rule), rule->a);
    size_t count = view_count(cell, "syscalls");
    double sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += get_number(view_item(cell, "syscalls", i), "per_request");
    return count > 0 ? point(sum) : nothing();
}

/* Find the last reading. */
struct span
claims_resident(
    const json_t *report, const struct claim_rule *rule, const char **invalid)
{
    const json_t *cell = view_cell(scenario_of(report, rule), rule->a);
    size_t count = view_count(cell, "memory");

    if (count == 0)
        return nothing();
    return point(get_number(view_item(cell, "memory", count - 1), "pss_bytes"));
}

/* Add up a number of a twin over all pairs of files or programs. */
static double
port_sum(const json_t *report, const char *list, const char *key)
{
    const json_t *port = json_object_get(report, "port");
    double sum = 0;

    for (size_t i = 0; i < view_count(port, list); i++) {
        const json_t *item = view_item(port, list, i);

        sum += json_is_array(json_object_get(item, key))
                   ? (double)view_count(item, key)
                   : get_number(item, key);
    }
    return view_count(port, list) > 0 ? sum : NAN;
}

/* Add up a number within one twin over all programs. */
static double
twin_sum(const json_t *report, const char *twin, const char *key)
{
    const json_t *port = json_object_get(report, "port");
    double sum = 0;

    for (size_t i = 0; i < view_count(port, "programs"); i++) {
        const json_t *side =
            json_object_get(view_item(port, "programs", i), twin);

        sum += json_is_array(json_object_get(side, key))
                   ? (double)view_count(side, key)
                   : get_number(side, key);
    }
    return view_count(port, "programs") > 0 ? sum : NAN;
}

/* See what the port leaves of the lines. */
struct span
claims_unchanged_lines(
    const json_t *report, const struct claim_rule *rule, const char **invalid)
{
    return point(port_sum(report, "files", "unchanged") /
                 port_sum(report, "files", "threaded"));
}

/* See what it leaves of the functions. */
struct span
claims_kept_functions(
    const json_t *report, const struct claim_rule *rule, const char **invalid)
{
    double both = port_sum(report, "files", "functions_both");

    return point(both / (both + port_sum(report, "files", "threaded_only")));
}

/* See how much more it branches. */
struct span
claims_decisions(
    const json_t *report, const struct claim_rule *rule, const char **invalid)
{
    return point(twin_sum(report, VIEW_EVENTS, "decisions") /
                 twin_sum(report, VIEW_THREADS, "decisions"));
}

/* See how many more functions are entered from elsewhere. */
struct span
claims_callbacks(
    const json_t *report, const struct claim_rule *rule, const char **invalid)
{
    return point(twin_sum(report, VIEW_EVENTS, "called_back") /
                 twin_sum(report, VIEW_THREADS, "called_back"));
}

/* Write one value in its shape. */
static void
write_value(FILE *out, enum claim_shape shape, double x)
{
    char buf[WORDS_MAX];

    switch (shape) {
    case SHAPE_RATIO:
        fprintf(out, "%.*fx", x < 0.1 ? 3 : 2, x);
        break;
    case SHAPE_TIME:
        fputs(words_time(buf, x), out);
        break;
    case SHAPE_BYTES:
        fputs(words_bytes(buf, x), out);
        break;
    case SHAPE_SHARE:
        fputs(words_share(buf, x), out);
        break;
    case SHAPE_NUMBER:
        fputs(words_number(buf, x, 3), out);
        break;
    }
}

/* Write an interval, which may have no end on one side. */
static void
write_interval(FILE *out, enum claim_shape shape, struct span s)
{
    bool no_low = isinf(s.low) || (shape == SHAPE_RATIO && s.low == 0);

    if (!(s.low < s.high))
        return;
    fputs(" (", out);
    write_value(out, shape, no_low ? s.high : s.low);
    if (no_low || isinf(s.high)) {
        fputs(no_low ? " or less)" : " or more)", out);
        return;
    }
    fputs(" to ", out);
    write_value(out, shape, s.high);
    putc(')', out);
}

/* Write the range of a rule. */
static void
write_range(FILE *out, const struct claim_rule *rule)
{
    bool has_min = rule->min != 0, has_max = isfinite(rule->max);

    fputs("; holds ", out);
    if (has_min) {
        fputs("from ", out);
        write_value(out, rule->shape, rule->min);
    }
    if (has_max) {
        fputs(has_min ? " to " : "up to ", out);
        write_value(out, rule->shape, rule->max);
    } else {
        fputs(" up", out);
    }
    putc('.', out);
}

/* Write what was measured and what would have borne the claim out. */
static void
write_ours(FILE *out, const struct claim_rule *rule, struct span s, bool ranged)
{
    fprintf(out, "%s%s: ", ftell(out) > 0 ? " " : "", rule->what);
    write_value(out, rule->shape, s.at);
    write_interval(out, rule->shape, s);
    if (rule->at != NULL)
        fprintf(out, " in %s", rule->at);
    if (rule->base != NULL)
        fprintf(out, " and %s", rule->base);
    if (ranged)
        write_range(out, rule);
    else
        putc('.', out);
}

/* Judge a measured value by the range of its rule. */
static enum claim_verdict
judge(const struct claim_rule *rule, struct span s)
{
    if (isnan(s.low) || isnan(s.high))
        return CLAIM_OPEN;
    if (s.low >= rule->min && s.high <= rule->max)
        return CLAIM_REPRODUCED;
    if (s.high < rule->min || s.low > rule->max)
        return CLAIM_REFUTED;
    return CLAIM_OPEN;
}

/*
 * Join the verdicts of two rules: what one of them settles is settled, if
 * both have to hold by a refutation, if any will do by a confirmation.
 */
static enum claim_verdict
join(enum claim_verdict a, enum claim_verdict b, bool any)
{
    enum claim_verdict settles = any ? CLAIM_REPRODUCED : CLAIM_REFUTED;

    if (a == settles || b == settles)
        return settles;
    return a > b ? a : b;
}

/* Tell why a rule has nothing to go by. */
static const char *
why_not_measured(const json_t *report, const struct claim_rule *rule)
{
    if ((rule->at != NULL && scenario_of(report, rule) == NULL) ||
        (rule->base != NULL && base_of(report, rule) == NULL))
        return "not in this run";
    return "this run has no such figure";
}

/* Apply one rule: write what was measured, say why not, return a verdict. */
static enum claim_verdict
apply(const struct claim *claim, const struct claim_rule *rule,
    const json_t *report, FILE *ours, const char **why)
{
    const char *invalid = NULL;
    struct span s = rule->measure(report, rule, &invalid);

    if (!isfinite(s.at)) {
        *why = why_not_measured(report, rule);
        return CLAIM_NOT_MEASURED;
    }
    if (view_is_short(scenario_of(report, rule)) ||
        view_is_short(base_of(report, rule))) {
        *why = "too few descriptors for so many connections";
        return CLAIM_NOT_MEASURED;
    }
    if (invalid != NULL) {
        *why = invalid;
        return CLAIM_OPEN;
    }
    write_ours(ours, rule, s, !claim->ours_only);
    if (isnan(s.low))
        *why = "too few blocks for an interval";
    return claim->ours_only ? CLAIM_OURS_ONLY : judge(rule, s);
}

/* Copy a text that is to be freed. */
static char *
copy(const char *text)
{
    char *own = strdup(text);

    if (own == NULL)
        err(1, NULL);
    return own;
}

/* Apply all rules. */
struct claim_result
claim_check(const struct claim *claim, const json_t *report)
{
    struct claim_result result = { .verdict = CLAIM_NOT_MEASURED };
    const char *why = claim->why_not != NULL ? claim->why_not : "";
    size_t size;
    FILE *ours = open_memstream(&result.ours, &size);

    if (ours == NULL)
        err(1, NULL);
    for (size_t i = 0; i < CLAIM_RULES; i++) {
        const struct claim_rule *rule = &claim->rules[i];
        enum claim_verdict v;

        if (rule->measure == NULL)
            break;
        v = apply(claim, rule, report, ours, &why);
        result.verdict = i == 0 ? v : join(result.verdict, v, claim->any);
    }
    if (fclose(ours) == EOF)
        err(1, NULL);
    if (result.verdict == CLAIM_OPEN && why[0] == '\0')
        why = "the interval lies across an end of the range";
    result.why = copy(
        result.verdict == CLAIM_OPEN || result.verdict == CLAIM_NOT_MEASURED
            ? why
            : "");
    return result;
}

/* Free both texts. */
void
claim_free(struct claim_result *result)
{
    free(result->ours);
    free(result->why);
}

/* Name a verdict. */
const char *
claim_verdict_name(enum claim_verdict v)
{
    static const char *const names[CLAIM_VERDICTS] = { "reproduced", "refuted",
        "open", "ours only", "not measured" };

    return names[v];
}
