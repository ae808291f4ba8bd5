/*
 * The JSON of a run: see report-json.md. The order of keys is that of the
 * calls, so nothing here depends on a hash.
 */

#include "report/run/run.h"

#include "report/values.h"

#include <err.h>
#include <math.h>
#include <stdlib.h>

/* Add a value that the object takes over. */
static void
add(json_t *o, const char *key, json_t *value)
{
    if (json_object_set_new(o, key, value) == -1)
        err(1, "report.json");
}

/* The errors of a run by class. */
static json_t *
errors_of(const struct run *run)
{
    json_t *o = json_object();

    for (int e = 0; e < LOAD_ERRORS; e++)
        add(o, load_error_name((enum load_error)e),
            value_count(run->totals.errors[e]));
    return o;
}

/* The memory at each number of connections. */
static json_t *
levels_of(const struct run *run)
{
    json_t *all = json_array();

    for (size_t i = 0; i < run->levels_count; i++) {
        const struct memory *m = &run->levels[i].memory;
        json_t *o = json_object();

        add(o, "connections", value_count(run->levels[i].connections));
        add(o, "total_bytes", value_count(resources_memory_total(m)));
        add(o, "pss_bytes", value_count(m->pss));
        add(o, "page_table_bytes", value_count(m->page_tables));
        add(o, "kernel_stack_bytes", value_count(m->kernel_stacks));
        add(o, "socket_buffer_bytes", value_count(m->sockets));
        add(o, "threads", value_count(m->threads));
        json_array_append_new(all, o);
    }
    return all;
}

/* A histogram, sparse; null where there is none. */
static json_t *
histogram_of(const struct histogram *h)
{
    json_t *o;
    char *counters;

    if (h == NULL)
        return json_null();
    o = json_object();
    counters = histogram_to_text(h);
    add(o, "recorded", value_count(h->recorded));
    add(o, "overflow", value_count(h->overflow));
    add(o, "censored", value_count(h->censored));
    add(o, "censored_from",
        h->censored > 0 ? value_count(h->censored_from) : json_null());
    add(o, "min", h->recorded > 0 ? value_count(h->min) : json_null());
    add(o, "max", h->recorded > 0 ? value_count(h->max) : json_null());
    add(o, "mean", value_number(histogram_mean(h)));
    add(o, "counters", json_string(counters));
    free(counters);
    return o;
}

/* What of a histogram says enough; null where there is none. */
static json_t *
summary_of(const struct histogram *h)
{
    json_t *o;

    if (h == NULL)
        return json_null();
    o = json_object();
    add(o, "recorded", value_count(h->recorded));
    add(o, "mean", value_number(histogram_mean(h)));
    add(o, "p50", value_number(run_quantile(h, 0.5)));
    add(o, "p99", value_number(run_quantile(h, 0.99)));
    add(o, "p999", value_number(run_quantile(h, 0.999)));
    add(o, "max", h->recorded > 0 ? value_count(h->max) : json_null());
    return o;
}

/* The course of the run, up to the end of its window. */
static json_t *
series_of(const struct run *run)
{
    const struct series *s = run->coarse;
    uint64_t end = run->tally.start_ns + run->tally.window_ns;
    json_t *o, *replies, *p50, *p99, *max;

    if (s == NULL || s->count == 0)
        return json_null();
    o = json_object();
    replies = json_array();
    p50 = json_array();
    p99 = json_array();
    max = json_array();
    for (size_t i = 0; i < s->count; i++) {
        const struct series_step *step = &s->steps[i];
        /* Of several generators no quantiles are known. */
        bool any = step->replies > 0, known = step->p50_ns > 0;

        if (s->start_ns + (i + 1) * s->step_ns > end)
            break;
        json_array_append_new(replies, value_count(step->replies));
        json_array_append_new(
            p50, known ? value_count(step->p50_ns) : json_null());
        json_array_append_new(
            p99, known ? value_count(step->p99_ns) : json_null());
        json_array_append_new(
            max, any ? value_count(step->max_ns) : json_null());
    }
    add(o, "step_seconds", json_real((double)s->step_ns / 1e9));
    add(o, "from_seconds",
        json_real(((double)s->start_ns - (double)run->tally.start_ns) / 1e9));
    add(o, "replies", replies);
    add(o, "p50_ns", p50);
    add(o, "p99_ns", p99);
    add(o, "max_ns", max);
    return o;
}

/* The figures of the scenario, in the order of the table of metrics. */
static json_t *
figures_of(const struct run *run)
{
    json_t *o = json_object();

    for (int m = 0; m < METRICS; m++)
        if (run_has(run, (enum metric)m))
            add(o, metric_keys[m], value_number(run->figures[m]));
    return o;
}

/* Those of them that are bounds. */
static json_t *
bounds_of(const struct run *run)
{
    json_t *keys = json_array();

    for (int m = 0; m < METRICS; m++)
        if ((run->bounds & (1u << m)) != 0)
            json_array_append_new(keys, json_string(metric_keys[m]));
    return keys;
}

/* Those of them that the generator's lateness is part of, without it. */
static json_t *
timely_of(const struct run *run)
{
    json_t *o;

    if (run->tally.timely == NULL)
        return json_null();
    o = json_object();
    for (enum metric m = METRIC_P50; m <= METRIC_P999; m++)
        if (scenario_has(run->scenario, m))
            add(o, metric_keys[m], value_number(run_timely(run, m)));
    return o;
}

/* The kernel's counters that moved. */
static json_t *
kernel_of(const struct run *run)
{
    json_t *o = json_object();

    for (size_t i = 0; i < KERNEL_COUNTERS; i++)
        if (run->kernel.value[i] > 0)
            add(o, kernel_names[i], value_count(run->kernel.value[i]));
    return o;
}

/* Add a network card, if there is one, and where it is. */
static void
add_nic(json_t *all, const char *host, const struct nic *n)
{
    json_t *o;

    if (!(n->seconds > 0))
        return;
    o = json_object();
    add(o, "host", json_string(host));
    add(o, "seconds", value_number(n->seconds));
    add(o, "bits_per_second",
        n->bits_per_second > 0 ? value_count(n->bits_per_second) : json_null());
    add(o, "received_bytes", value_count(n->received));
    add(o, "sent_bytes", value_count(n->sent));
    add(o, "packets", value_count(n->packets));
    add(o, "dropped", value_count(n->dropped));
    add(o, "held_back", value_count(n->shaped));
    add(o, "conntrack", value_number(n->conntrack));
    json_array_append_new(all, o);
}

/* The network cards that carried it. */
static json_t *
nics_of(const struct run *run)
{
    json_t *all = json_array();

    add_nic(all, "load", &run->nic);
    add_nic(all, "server", &run->nic_there);
    return all;
}

/* What the background got. */
static json_t *
background_of(const struct run *run)
{
    json_t *o = json_object();

    add(o, "replies", value_count(run->background.replies));
    add(o, "bytes", value_count(run->background.bytes));
    add(o, "shed", value_count(run->totals.shed));
    return o;
}

/* What the window was, and who used which processor in it. */
static void
add_window(json_t *o, const struct run *run)
{
    const struct load_tally *t = &run->tally;

    add(o, "window_ns", value_count(t->window_ns));
    add(o, "warmup_ns", value_count(run->warmup_ns));
    add(o, "rate_per_second",
        run->rate > 0 ? json_real(run->rate) : json_null());
    add(o, "intended", value_count(t->intended));
    add(o, "sent", value_count(t->sent));
    add(o, "replies", value_count(t->replies));
    add(o, "replies_all", value_count(run->totals.replies));
    add(o, "lines_counted",
        run->lines_counted > 0 ? value_count(run->lines_counted) : json_null());
    add(o, "reply_bytes",
        run->same.length > 0 ? value_count(run->same.length) : json_null());
    add(o, "reply_digest", value_digest(run->same.digest));
    add(o, "server_cpu_ns", value_count(run->server_cpu_ns));
    add(o, "load_cpu_ns", value_count(run->load_cpu_ns));
    add(o, "load_spin_ns", value_count(t->spin_ns));
    add(o, "load_wait_ns", value_count(run->load_wait_ns));
    add(o, "run_queue_ns",
        run->run_queue_known ? value_count(run->run_queue_ns) : json_null());
    add(o, "context_switches_all", value_count(run->switches));
    add(o, "server_cpu_all_seconds", value_number(run->cpu_seconds));
    add(o, "stop_seconds", value_number(run->stop_seconds));
    add(o, "stolen_seconds", value_number(run->stolen_seconds));
    if (run->stolen_there > 0)
        add(o, "stolen_there_seconds", value_number(run->stolen_there));
    add(o, "foreign_cpu_seconds", value_number(run->foreign_seconds));
    add(o, "load_foreign_cpu_seconds", value_number(run->load_foreign_seconds));
    add(o, "busy_seconds", value_number(run->busy_seconds));
    add(o, "others_cpu_seconds", value_number(run->others_seconds));
    add(o, "others",
        run->others != NULL ? json_incref(run->others) : json_array());
    add(o, "pace_ns", value_number(run->pace_ns));
}

/* One run. */
json_t *
run_to_json(const struct run *run)
{
    const struct load_tally *t = &run->tally;
    double window = (double)t->window_ns;
    json_t *o = json_object();

    add(o, "server", json_string(subjects[run->subject].name));
    add(o, "arm", json_string(run->arm));
    add(o, "block", value_count(run->block));
    add(o, "position", value_count(run->position));
    add(o, "started_seconds", value_number(run->started));
    add(o, "connections", value_count(run->connections));
    add(o, "active", value_count(run->active));
    add_window(o, run);
    add(o, "fairness", value_number(t->fairness));
    add(o, "outstanding_mean", value_number(window > 0 ? t->area / window : 0));
    add(o, "outstanding_slope_per_second", value_number(run->slope));
    add(o, "little", value_number(run->little));
    add(o, "errors", errors_of(run));
    add(o, "background", background_of(run));
    add(o, "kernel", kernel_of(run));
    if (run->nic.seconds > 0 || run->nic_there.seconds > 0)
        add(o, "nics", nics_of(run));
    if (run->link_bytes > 0)
        add(o, "link_bytes", value_count(run->link_bytes));
    add(o, "figures", figures_of(run));
    add(o, "at_least", bounds_of(run));
    add(o, "timely", timely_of(run));
    add(o, "memory", levels_of(run));
    add(o, "series", series_of(run));
    add(o, "latency_ns", histogram_of(t->latency));
    add(o, "wire_ns", summary_of(t->wire));
    add(o, "late_ns", summary_of(t->late));
    add(o, "queue_ns", summary_of(t->queue));
    add(o, "connect_ns", histogram_of(t->connect));
    add(o, "accept_ns", histogram_of(t->accept));
    add(o, "gates", json_incref(run->gates));
    add(o, "invalid", value_text(run->invalid));
    return o;
}
