/*
 * The load of a run by several generators, taken together.
 */

#include "report/run/run.h"

#include <err.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Return the larger one. */
static uint64_t
larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* Add a histogram to one of the same kind, where there is one. */
static void
add_histogram(struct histogram *to, const struct histogram *from)
{
    if (to != NULL && from != NULL)
        histogram_add(to, from);
}

/* Add what was counted in the windows, the longest of which stands for all. */
static void
add_tally(struct load_tally *to, const struct load_tally *from)
{
    to->start_ns = larger(to->start_ns, from->start_ns);
    to->window_ns = larger(to->window_ns, from->window_ns);
    to->intended += from->intended;
    to->sent += from->sent;
    to->replies += from->replies;
    to->good += from->good;
    to->bytes += from->bytes;
    to->head_ns += from->head_ns;
    to->tail_ns += from->tail_ns;
    to->censored_ns += from->censored_ns;
    add_histogram(to->latency, from->latency);
    add_histogram(to->timely, from->timely);
    add_histogram(to->wire, from->wire);
    add_histogram(to->late, from->late);
    add_histogram(to->queue, from->queue);
    add_histogram(to->connect, from->connect);
    add_histogram(to->accept, from->accept);
    add_histogram(to->tardy, from->tardy);
    add_histogram(to->last, from->last);
}

/* Add what happened from the first connection to the last. */
static void
add_totals(struct load_totals *to, const struct load_totals *from)
{
    to->connections += from->connections;
    to->replies += from->replies;
    to->lines += from->lines;
    to->shed += from->shed;
    to->countable = to->countable && from->countable;
    for (int e = 0; e < LOAD_ERRORS; e++)
        to->errors[e] += from->errors[e];
    if (to->problem[0] == '\0')
        memcpy(to->problem, from->problem, sizeof(to->problem));
}

/* Return how long a generator was busy, and did not wait with open eyes. */
static double
busy_ns(const struct run *run)
{
    return (double)run->load_cpu_ns - (double)run->tally.spin_ns;
}

/* Add what the processor did that a generator had to itself. */
static void
add_processor(struct run *run, const struct run *part)
{
    /* Whether a generator could have done more the busiest of them says. */
    if (busy_ns(part) >= busy_ns(run)) {
        run->load_cpu_ns = part->load_cpu_ns;
        run->tally.spin_ns = part->tally.spin_ns;
    }
    run->load_wait_ns = larger(run->load_wait_ns, part->load_wait_ns);
    run->warmup_ns = larger(run->warmup_ns, part->warmup_ns);
    run->kernel = kernel_sum(&run->kernel, &part->kernel);
    run->others_seconds += part->others_seconds;
    if (part->others != NULL)
        json_array_extend(run->others, part->others);
    /* Not known of one, not known of all. */
    if (isnan(part->load_foreign_seconds) ||
        part->load_foreign_seconds > run->load_foreign_seconds)
        run->load_foreign_seconds = part->load_foreign_seconds;
}

/* Add up the steps that all have, or take those of the only one. */
static void
add_series(struct series *to, const struct run parts[], size_t count, bool fine)
{
    const struct series *first = fine ? parts[0].fine : parts[0].coarse;

    to->step_ns = first->step_ns;
    to->count = first->count;
    to->steps = calloc(to->count + 1, sizeof(*to->steps));
    if (to->steps == NULL)
        err(1, "series");
    memcpy(to->steps, first->steps, to->count * sizeof(*to->steps));
    for (size_t p = 1; p < count; p++) {
        const struct series *s = fine ? parts[p].fine : parts[p].coarse;

        to->count = s->count < to->count ? s->count : to->count;
        for (size_t i = 0; i < to->count; i++) {
            to->steps[i].replies += s->steps[i].replies;
            to->steps[i].outstanding += s->steps[i].outstanding;
            to->steps[i].max_ns =
                larger(to->steps[i].max_ns, s->steps[i].max_ns);
            to->steps[i].p50_ns = to->steps[i].p99_ns = 0;
        }
    }
}

/*
 * Compute Jain's index of all connections: that of a part has the sum of their
 * squares in it.
 */
static double
fairness_of(const struct run parts[], size_t count)
{
    double sum = 0, squares = 0, n = 0;

    for (size_t i = 0; i < count; i++) {
        double x = (double)parts[i].tally.replies, k = (double)parts[i].active;

        sum += x;
        n += k;
        if (x > 0)
            squares += x * x / (k * parts[i].tally.fairness);
    }
    return squares > 0 ? sum * sum / (n * squares) : 0;
}

/* See that all have got the same answers, or none. */
static void
merge_sameness(struct run *run, const struct run *part)
{
    if (run->same.length == 0)
        run->same = part->same;
    else if (part->same.length > 0 &&
             (part->same.length != run->same.length ||
                 part->same.digest != run->same.digest) &&
             run->totals.problem[0] == '\0')
        snprintf(run->totals.problem, sizeof(run->totals.problem),
            "not all hosts got the same answers");
}

/* Take all parts together. */
void
run_merge(struct run *run, const struct run parts[], size_t count)
{
    double stolen = 0;

    run->tally.area = 0;
    run->tally.window_ns = 0;
    run->totals.countable = true;
    run->load_foreign_seconds = parts[0].load_foreign_seconds;
    for (size_t i = 0; i < count; i++) {
        add_tally(&run->tally, &parts[i].tally);
        run->tally.area += parts[i].tally.area;
        add_totals(&run->totals, &parts[i].totals);
        add_processor(run, &parts[i]);
        merge_sameness(run, &parts[i]);
        run->background.replies += parts[i].background.replies;
        run->background.bytes += parts[i].background.bytes;
        stolen = fmax(stolen, parts[i].stolen_seconds);
    }
    /* That of the servers' host is in it already. */
    run->stolen_seconds += stolen;
    run->tally.fairness = fairness_of(parts, count);
    add_series(&run->own[0], parts, count, true);
    add_series(&run->own[1], parts, count, false);
    run->fine = &run->own[0];
    run->coarse = &run->own[1];
}
