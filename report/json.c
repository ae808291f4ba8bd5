#include "report/json.h"

#include "report/machine.h"

#include <err.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A number, or null where there is none: JSON knows no NAN. */
static json_t *
number(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

/* A text, or null. */
static json_t *
text(const char *s)
{
    return s != NULL && s[0] != '\0' ? json_string(s) : json_null();
}

/* An unsigned number. */
static json_t *
count(uint64_t n)
{
    return json_integer((json_int_t)n);
}

/* The errors of a run by class. */
static json_t *
errors_of(const struct run *run)
{
    json_t *o = json_object();

    for (int e = 0; e < LOAD_ERRORS; e++)
        json_object_set_new(o, load_error_name((enum load_error)e),
            count(run->totals.errors[e]));
    return o;
}

/* The memory at each number of connections. */
static json_t *
levels_of(const struct run *run)
{
    json_t *all = json_array();

    for (size_t i = 0; i < run->levels_count; i++) {
        const struct level *l = &run->levels[i];

        json_array_append_new(
            all, json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "connections",
                     count(l->connections), "pss_bytes", count(l->memory.pss),
                     "page_table_bytes", count(l->memory.page_tables),
                     "kernel_stack_bytes", count(l->memory.kernel_stacks),
                     "socket_buffer_bytes", count(l->memory.sockets), "threads",
                     count(l->memory.threads)));
    }
    return all;
}

/* A histogram, sparse. */
static json_t *
histogram_of(const struct histogram *h)
{
    char *counters = histogram_to_text(h);
    json_t *o = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:s}", "recorded",
        count(h->recorded), "overflow", count(h->overflow), "censored",
        count(h->censored), "min",
        h->recorded > 0 ? count(h->min) : json_null(), "max", count(h->max),
        "mean", number(histogram_mean(h)), "counters", counters);

    free(counters);
    return o;
}

/* The figures that the table is made of. */
static json_t *
figures_of(const struct run *run)
{
    json_t *o = json_object();

    for (int m = 0; m < METRICS; m++)
        json_object_set_new(
            o, metrics[m].key, number(judge_value(run, (enum metric)m, NULL)));
    return o;
}

/* One run. */
static json_t *
run_of(const struct run *run)
{
    json_t *o = json_pack("{s:s, s:o, s:o, s:f, s:o, s:o}", "server",
        subjects[run->subject].name, "block", count(run->block), "position",
        count(run->position), "started_seconds", run->started, "connections",
        count(run->connections), "active", count(run->active));
    json_t *readings = json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:f, "
        "s:f, s:f, s:f, s:f, s:o, s:o, s:o,"
        " s:o, s:o}",
        "window_ns", count(run->window_ns), "replies", count(run->replies),
        "replies_all", count(run->totals.replies), "lines_counted",
        run->lines_counted > 0 ? count(run->lines_counted) : json_null(),
        "server_cpu_ns", count(run->server_cpu_ns), "load_cpu_ns",
        count(run->load_cpu_ns), "load_wait_ns", count(run->load_wait_ns),
        "context_switches_all", count(run->switches), "server_cpu_all_seconds",
        run->cpu_seconds, "stop_seconds", run->stop_seconds, "stolen_seconds",
        run->stolen_seconds, "fairness", run->fairness, "little", run->little,
        "errors", errors_of(run), "figures", figures_of(run), "memory",
        levels_of(run), "latency_ns", histogram_of(run->latency), "invalid",
        text(run->invalid));

    json_object_update(o, readings);
    json_decref(readings);
    return o;
}

/* An interval on the scale that is printed; null when there is none. */
static json_t *
interval_of(const struct interval *i, bool ratio)
{
    if (!i->exists)
        return json_null();
    return json_pack(
        "[f, f]", ratio ? exp(i->low) : i->low, ratio ? exp(i->high) : i->high);
}

/* One comparison. */
static json_t *
comparison_of(const struct comparison *c)
{
    const struct metric_info *m = &metrics[c->metric];
    const struct estimate *e = &c->estimate;
    bool ratio = !m->may_be_zero;
    double center = ratio ? exp(e->center) : e->center;

    return json_pack("{s:s, s:s, s:s, s:b, s:o, s:o, s:o, s:s, s:o, s:o, s:f,"
                     " s:o, s:f, s:o, s:s, s:o, s:o, s:o}",
        "metric", m->key, "a", subjects[c->a].name, "b", subjects[c->b].name,
        "primary", (int)c->primary, "a_median", number(c->value_a), "b_median",
        number(c->value_b), "blocks", count(e->blocks), "scale",
        ratio ? "ratio" : "difference", "estimate",
        e->blocks > 0 ? number(center) : json_null(), "interval95",
        interval_of(&e->i95, ratio), "coverage95", e->i95.coverage,
        "interval90", interval_of(&e->i90, ratio), "coverage90",
        e->i90.coverage, "margin",
        m->margin > 0 ? number(m->margin) : json_null(), "verdict",
        stats_verdict_name(c->verdict), "blocks_needed",
        c->blocks_needed > 0 ? count(c->blocks_needed) : json_null(), "missing",
        text(c->missing), "invalid", text(c->invalid));
}

/* The comparisons of a race: the twins, and each against its controls. */
static json_t *
comparisons_of(const struct race *r, bool pinned)
{
    json_t *all = json_array();

    for (int m = 0; m < METRICS; m++) {
        bool primary;
        size_t pairs = judge_pairs_count(r);

        if (!judge_has(r->scenario->kind, (enum metric)m, &primary))
            continue;
        for (size_t p = 0; p < pairs; p++) {
            struct comparison c = judge_compare(
                r, pinned, (enum metric)m, judge_pairs[p].a, judge_pairs[p].b);

            json_array_append_new(all, comparison_of(&c));
        }
    }
    return all;
}

/* One scenario. */
static json_t *
race_of(const struct race *r, bool pinned)
{
    json_t *orders = json_array(), *discarded = json_array();
    json_t *runs = json_array();
    const struct scenario *s = r->scenario;

    for (size_t b = 0; b < r->blocks; b++) {
        json_array_append_new(orders, json_string(r->orders[b]));
        if (r->discarded[b])
            json_array_append_new(discarded, count(b + 1));
    }
    for (size_t i = 0; i < r->runs_count; i++)
        json_array_append_new(runs, run_of(&r->runs[i]));
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:f, s:f, s:o, s:o, s:o, s:o}",
        "name", s->name, "title", s->title, "load_model",
        s->kind == SCENARIO_REPLY ? "closed, all connections"
                                  : "closed, one connection, the others idle",
        "connections", count(s->connections - r->stopped_short),
        "connections_wanted", count(s->connections), "warmup_seconds",
        r->warmup, "window_seconds", r->window, "orders", orders,
        "discarded_blocks", discarded, "comparisons", comparisons_of(r, pinned),
        "runs", runs);
}

/* Which programs were raced. */
static json_t *
programs_of(const struct report *report)
{
    const struct plan *plan = report->plan;
    json_t *all = json_array();

    for (int s = 0; s < SUBJECT_PEER; s++)
        json_array_append_new(
            all, json_pack("{s:s, s:s, s:o}", "name", subjects[s].name, "path",
                     plan->server_path[s], "fnv1a",
                     machine_file_hash(plan->server_path[s])));
    if (plan->server_path[SUBJECT_PEER] != NULL)
        json_array_append_new(all,
            json_pack("{s:s, s:s, s:o}", "name", subjects[SUBJECT_PEER].name,
                "command", plan->server_path[SUBJECT_PEER], "conversations",
                count(report->peer.conversations)));
    return all;
}

/* The whole report. */
json_t *
json_report(const struct report *report)
{
    const struct plan *plan = report->plan;
    const struct placement *at = &plan->placement;
    json_t *scenarios_json = json_array(), *o;

    for (size_t i = 0; i < report->races_count; i++)
        json_array_append_new(
            scenarios_json, race_of(report->races[i], at->pinned));
    o = json_pack("{s:i, s:s, s:f, s:o, s:i, s:b, s:i, s:i, s:o, s:o, s:o,"
                  " s:{s:o, s:o}, s:o}",
        "schema", JSON_SCHEMA, "started", report->started, "seconds",
        report->seconds, "seed", count(plan->seed), "processors_allowed",
        at->allowed, "pinned", (int)at->pinned, "load_cpu", at->load_cpu,
        "server_cpu", at->server_cpu, "not_pinned_because", text(at->why),
        "machine", machine_describe(), "programs", programs_of(report), "alike",
        "conversations", count(report->alike.conversations), "differences",
        count(report->alike.differences), "scenarios", scenarios_json);
    if (o == NULL)
        errx(1, "report.json cannot be made");
    return o;
}

/* Write and renames. */
int
json_write(const json_t *report, const char *path)
{
    char *temporary;
    FILE *out;
    bool good;

    if (asprintf(&temporary, "%s.new", path) == -1)
        return -1;
    out = fopen(temporary, "we");
    good = out != NULL && json_dumpf(report, out, JSON_INDENT(2)) == 0 &&
           putc('\n', out) != EOF;
    if (out != NULL && fclose(out) == EOF)
        good = false;
    if (good && rename(temporary, path) == -1)
        good = false;
    if (!good && out != NULL)
        unlink(temporary);
    free(temporary);
    return good ? 0 : -1;
}
