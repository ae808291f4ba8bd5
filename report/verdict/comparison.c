#include "report/verdict/comparison.h"

#include "report/values.h"
#include "report/verdict/bootstrap.h"

#include <err.h>
#include <math.h>
#include <string.h>

#define EQUIVALENT_MOST 0.25 /* who differs by no more may be equal */

/* Say why a run has no figure of a metric. */
static const char *
why_missing(enum metric m)
{
    switch (m) {
    case METRIC_P50:
    case METRIC_P99:
    case METRIC_P999:
    case METRIC_ACCEPT:
        return "too few requests for it";
    case METRIC_MEMORY:
        return "too few connections to tell";
    case METRIC_RUN_QUEUE:
        return "the kernel does not tell";
    case METRIC_RECOVERY:
    case METRIC_RATE:
    case METRIC_CPU:
    case METRIC_SWITCHES:
    case METRIC_GOODPUT:
    case METRIC_STORM:
    case METRIC_BACKGROUND:
    case METRIC_ANSWERED:
    case METRICS:
        break;
    }
    return "no replies";
}

/* Say why so many figures of an arm are bounds that there is no median. */
static const char *
why_bound(enum metric m)
{
    return m == METRIC_RECOVERY ? "it had not recovered when the window ended"
                                : "it lies among requests never answered";
}

/* What an arm made of one block, in the order of its runs. */
struct made {
    size_t n;
    double value[2], position[2];
};

/* Collect an arm's values of one block, at most two; note what is missing. */
static struct made
collect(struct comparison *c, const struct arm *arm, bool *is_bound)
{
    struct made made = { 0, { NAN, NAN }, { NAN, NAN } };
    const json_t *run;
    size_t i;

    json_array_foreach(json_object_get(c->scenario, "runs"), i, run) {
        const char *key = metrics[c->metric].key;
        double x = get_number(json_object_get(run, "figures"), key);
        double timely = get_number(json_object_get(run, "timely"), key);

        if (!arm_has(arm, run) || made.n == 2)
            continue;
        if (c->timely && isfinite(timely))
            x = timely; /* a bound has no other */
        if (!isfinite(x)) {
            c->missing = why_missing(c->metric);
            continue;
        }
        *is_bound = *is_bound || run_is_bound(run, c->metric);
        made.position[made.n] = get_number(run, "position");
        made.value[made.n++] = x;
    }
    return made;
}

/*
 * Keep one of two values, that of the run nearest to the other server's only
 * one: the machine's pace changes within a block, too. When both are as near,
 * keep both: then a drift cancels.
 */
static void
keep_nearest(struct made *two, const struct made *one)
{
    double first = fabs(two->position[0] - one->position[0]);
    double second = fabs(two->position[1] - one->position[0]);

    if (two->n != 2 || one->n != 1 || first == second)
        return;
    if (second < first)
        two->value[0] = two->value[1];
    two->value[1] = NAN;
    two->n = 1;
}

/*
 * Return who ran twice over in a block with an A/A arm: the name of the twin
 * that its order begins with.
 */
static const char *
server_of_aa(const json_t *scenario, size_t block)
{
    const char *order =
        text_of(json_array_get(json_object_get(scenario, "orders"), block - 1));

    return subjects[order[0] == 'a' ? SUBJECT_THREADED : SUBJECT_EVENTED].name;
}

/*
 * Form the difference of each block that has values of both. On a machine too
 * noisy for a verdict all blocks are taken, as an estimate.
 */
static size_t
block_differences(struct comparison *c)
{
    const struct metric_info *m = &metrics[c->metric];
    bool leave_out = m->timed && !get_bool(c->scenario, "too_noisy");
    size_t blocks = json_array_size(json_object_get(c->scenario, "orders"));
    size_t n = 0;

    for (size_t block = 1; block <= blocks; block++) {
        struct arm a = c->a, b = c->b;
        struct made va, vb;

        a.block = b.block = block;
        if (c->a.arm != NULL)
            a.server = b.server = server_of_aa(c->scenario, block);
        if (leave_out && block_is_discarded(c->scenario, block))
            continue;
        va = collect(c, &a, &c->a_is_bound);
        vb = collect(c, &b, &c->b_is_bound);
        keep_nearest(&va, &vb);
        keep_nearest(&vb, &va);
        if (va.n == 0 || vb.n == 0)
            continue;
        c->d[n] = (m->may_be_zero ? stats_difference : stats_log_ratio)(
            va.value, va.n, vb.value, vb.n);
        memcpy(c->pairs[n], va.value, sizeof(va.value));
        memcpy(c->pairs[n] + 2, vb.value, sizeof(vb.value));
        if (isfinite(c->d[n]))
            n++;
        else
            c->missing = "there is no ratio to nothing";
    }
    return n;
}

/*
 * Return the reason why a run of either server does not count, or NULL. A
 * discarded block excuses odd figures, but not a server that failed.
 */
static const char *
find_invalid(const struct comparison *c)
{
    const json_t *run;
    size_t i;

    json_array_foreach(json_object_get(c->scenario, "runs"), i, run) {
        const char *invalid = get_text(run, "invalid");

        if ((arm_has(&c->a, run) || arm_has(&c->b, run)) &&
            invalid[0] != '\0' &&
            (run_has_failed(run) ||
                !block_is_discarded(c->scenario, get_count(run, "block"))))
            return invalid;
    }
    return NULL;
}

/* Widen the intervals of an open loop by what lateness may have done. */
static void
allow_for_lateness(struct comparison *c)
{
    struct comparison timely = *c;
    struct estimate e;
    size_t n;

    timely.timely = true;
    n = block_differences(&timely);
    if (n == 0)
        return;
    e = stats_estimate(timely.d, n);
    stats_widen(&c->estimate.i95, &e.i95);
    stats_widen(&c->estimate.i90, &e.i90);
}

/* Collect the estimate. */
void
comparison_make(struct comparison *c)
{
    size_t n;

    c->floor = NAN;
    c->band = metrics[c->metric].margin;
    c->missing = "it was not run";
    if (arm_is_partial(c->scenario, &c->a, c->metric) ||
        arm_is_partial(c->scenario, &c->b, c->metric)) {
        c->missing = "too few requests for it in some runs";
        return;
    }
    n = block_differences(c);
    if ((c->a_is_bound && isnan(arm_median(c->scenario, &c->a, c->metric))) ||
        (c->b_is_bound && isnan(arm_median(c->scenario, &c->b, c->metric)))) {
        c->missing = why_bound(c->metric);
        return;
    }
    if (n == 0)
        return;
    c->missing = NULL;
    c->estimate = stats_estimate(c->d, n);
    allow_for_lateness(c);
}

/* A number on the scale that is printed. */
double
comparison_scale(const struct comparison *c, double x)
{
    return metrics[c->metric].may_be_zero ? x : exp(x);
}

/* An interval on that scale; null when there is none. */
json_t *
comparison_interval(const struct comparison *c, const struct interval *i)
{
    if (!i->exists)
        return json_null();
    return json_pack(
        "[f, f]", comparison_scale(c, i->low), comparison_scale(c, i->high));
}

/* Half the width of the 95 % interval, on the scale of margins. */
double
comparison_half_width(const struct comparison *c)
{
    const struct interval *i = &c->estimate.i95;
    double half = (i->high - i->low) / 2;

    if (!i->exists)
        return NAN;
    return metrics[c->metric].may_be_zero ? half : expm1(half);
}

/* Look the A/A figures of a metric up in one scenario. */
static const json_t *
aa_find(const json_t *scenario, enum metric m)
{
    const json_t *row;
    size_t i;

    json_array_foreach(json_object_get(scenario, "aa"), i, row)
        if (strcmp(get_text(row, "metric"), metrics[m].key) == 0 &&
            isfinite(get_number(row, "half_width")))
            return row;
    return NULL;
}

/* Tell whether the A/A arm of one scenario says something about another. */
static bool
is_akin(const json_t *a, const json_t *b)
{
    static const char *const keys[] = { "latency_from", "cores", "program" };

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (strcmp(get_text(a, keys[i]), get_text(b, keys[i])) != 0)
            return false;
    return true;
}

/*
 * Set the floor: from the scenario's own A/A arm, or else from the first
 * scenario before it that is measured in the same way.
 */
void
comparison_floor(struct comparison *c, const json_t *done)
{
    const json_t *from = c->scenario, *row = aa_find(from, c->metric);
    const json_t *other;
    size_t i;

    json_array_foreach(done, i, other) {
        if (row != NULL || !is_akin(c->scenario, other))
            continue;
        from = other;
        row = aa_find(other, c->metric);
    }
    if (row == NULL)
        return;
    c->floor = get_number(row, "half_width");
    c->floor_from = get_text(from, "name");
    if (c->floor > c->band)
        c->band = c->floor;
}

/* Tell whether the same server twice came out as two different ones. */
static bool
aa_is_broken(const struct comparison *c)
{
    const json_t *row = aa_find(c->scenario, c->metric);
    const json_t *interval = json_object_get(row, "interval95");
    double low = json_number_value(json_array_get(interval, 0));
    double high = json_number_value(json_array_get(interval, 1));
    double margin = metrics[c->metric].margin;

    if (row == NULL || metrics[c->metric].may_be_zero)
        return false;
    return low > 1 + margin || high < 1 / (1 + margin);
}

/* Tell whether server a is ahead. */
static bool
is_a_better(const struct comparison *c)
{
    return (c->estimate.center > 0) == metrics[c->metric].more_is_better;
}

/* Collect the gates of both cells that spoil the metric. */
json_t *
comparison_gates(struct comparison *c)
{
    const json_t *cells = json_object_get(c->scenario, "cells");
    const char *better = is_a_better(c) ? c->a.server : c->b.server;
    const struct arm *const arms[] = { &c->a, &c->b };
    json_t *names = json_array();

    for (int i = 0; i < 2; i++) {
        const json_t *cell = cell_find(cells, arms[i]->server);
        bool held_up = strcmp(arms[i]->server, better) == 0 &&
                       gates_has(cell, c->metric, GATE_GENERATOR_BOUND);

        gates_add_names(
            cell, c->metric, held_up ? GATE_GENERATOR_BOUND : NULL, names);
        c->at_least = c->at_least || held_up;
    }
    if (aa_is_broken(c))
        json_array_append_new(names, json_string("A/A"));
    return names;
}

/*
 * Tell whether the better one, or both, are known by bounds only. That a worse
 * one is worse yet can only have made the difference smaller.
 */
static bool
is_bound_too_much(const struct comparison *c)
{
    return is_a_better(c) ? c->a_is_bound : c->b_is_bound;
}

/* Judge by the band. */
void
comparison_decide(struct comparison *c, bool gated)
{
    const struct metric_info *m = &metrics[c->metric];
    bool noisy = m->timed && get_bool(c->scenario, "too_noisy");
    /* The band of a difference is as wide as it says, not on a log scale. */
    double delta = m->may_be_zero ? expm1(c->band) : c->band;

    c->verdict = VERDICT_NONE;
    c->invalid = find_invalid(c);
    if (c->invalid != NULL || (gated && c->missing == NULL))
        c->verdict = VERDICT_INVALID;
    else if (c->estimate.blocks > 0 && m->margin > 0 && !noisy)
        c->verdict = stats_verdict(&c->estimate, delta, true);
    if (c->verdict == VERDICT_EQUIVALENT &&
        (c->at_least || c->a_is_bound || c->b_is_bound ||
            c->band > EQUIVALENT_MOST))
        c->verdict = VERDICT_INCONCLUSIVE;
    if ((c->verdict == VERDICT_WIN || c->verdict == VERDICT_LEANS) &&
        is_bound_too_much(c))
        c->verdict = VERDICT_INCONCLUSIVE;
}

/* Name the better server of a decided comparison. */
static json_t *
winner_of(const struct comparison *c)
{
    if (c->verdict != VERDICT_WIN && c->verdict != VERDICT_LEANS)
        return json_null();
    return json_string(is_a_better(c) ? c->a.server : c->b.server);
}

/* Cross-check the twins by resampling blocks. */
static json_t *
bootstrap_of(const struct comparison *c)
{
    const struct estimate *e = &c->estimate;
    struct interval i;

    if (e->blocks < STATS_BLOCKS_VERDICT ||
        strcmp(c->a.server, subjects[SUBJECT_EVENTED].name) != 0 ||
        strcmp(c->b.server, subjects[SUBJECT_THREADED].name) != 0)
        return json_null();
    i = bootstrap_interval(
        c->pairs, e->blocks, !metrics[c->metric].may_be_zero);
    return i.exists ? json_pack("[f, f]", i.low, i.high) : json_null();
}

/* Write a comparison down. */
json_t *
comparison_json(
    const struct comparison *c, const struct scenario *s, json_t *gates)
{
    const struct metric_info *m = &metrics[c->metric];
    const struct estimate *e = &c->estimate;
    bool any = e->blocks > 0;
    /* Of bounds no number of blocks makes more. */
    bool open =
        c->verdict == VERDICT_INCONCLUSIVE && !c->a_is_bound && !c->b_is_bound;
    json_t *o = json_pack("{s:s, s:s, s:s, s:b, s:o, s:o, s:o, s:s, s:o}",
        "metric", m->key, "a", c->a.server, "b", c->b.server, "primary",
        (int)(s->primary == c->metric), "a_median",
        value_number(arm_median(c->scenario, &c->a, c->metric)), "b_median",
        value_number(arm_median(c->scenario, &c->b, c->metric)), "blocks",
        value_count(e->blocks), "scale",
        m->may_be_zero ? "difference" : "ratio", "estimate",
        value_number(any ? comparison_scale(c, e->center) : NAN));
    json_t *more = json_pack("{s:o, s:f, s:o, s:f, s:o, s:o, s:o, s:o, s:o,"
                             " s:s, s:o, s:b, s:b, s:o, s:o, s:o, s:o}",
        "interval95", comparison_interval(c, &e->i95), "coverage95",
        e->i95.coverage, "interval90", comparison_interval(c, &e->i90),
        "coverage90", e->i90.coverage, "bootstrap95", bootstrap_of(c), "margin",
        m->margin > 0 ? json_real(m->margin) : json_null(), "floor",
        value_number(c->floor), "floor_from", value_text(c->floor_from), "band",
        m->margin > 0 ? json_real(c->band) : json_null(), "verdict",
        stats_verdict_name(c->verdict), "winner", winner_of(c), "immaterial",
        (int)(c->verdict == VERDICT_EQUIVALENT && stats_excludes_zero(e)),
        "at_least", (int)c->at_least, "blocks_needed",
        open ? value_count(
                   stats_blocks_needed(e, fmin(c->band, EQUIVALENT_MOST)))
             : json_null(),
        "gates", gates, "missing", value_text(c->missing), "invalid",
        value_text(c->invalid));

    if (o == NULL || more == NULL)
        errx(1, "a comparison cannot be written");
    json_object_update(o, more);
    json_decref(more);
    return o;
}
