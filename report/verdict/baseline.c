#include "report/verdict/baseline.h"

#include "report/run/plan.h"
#include "report/stats.h"
#include "report/table.h"
#include "report/values.h"
#include "report/verdict/cells.h"
#include "report/verdict/gates.h"
#include "report/verdict/judge.h"
#include "report/verdict/sentence.h"
#include "report/view.h"

#include <math.h>
#include <string.h>

#define SAME_RATE 0.05 /* an open loop found by capacity is never the same */

/* What must be the same for two scenarios to be the same. */
static const char *const same[] = { "load_model", "connections", "active",
    "background", "cores", "options" };

/* Tell whether two scenarios were loaded in the same way. */
static bool
is_same_load(const json_t *a, const json_t *b)
{
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        const json_t *x = json_object_get(a, same[i]);
        const json_t *y = json_object_get(b, same[i]);

        if (x != y && !json_equal(x, y))
            return false;
    }
    /* NAN where there is no rate. */
    return !(fabs(get_number(a, "rate_per_second") /
                      get_number(b, "rate_per_second") -
                  1) > SAME_RATE);
}

/* Tell why the figures of a server in one report do not count; NULL = do. */
static const char *
why_not_counted(const json_t *scenario, const char *server, enum metric m)
{
    const json_t *cell = view_cell(scenario, server);
    json_t *gates = json_array();
    bool spoiled;

    gates_add_names(cell, m, NULL, gates);
    spoiled = json_array_size(gates) > 0;
    json_decref(gates);
    if (spoiled)
        return "INVALID";
    if (metrics[m].timed && get_bool(scenario, "too_noisy"))
        return "too noisy";
    return NULL;
}

/* Tell why the change of a server is not judged; NULL = it is. */
static const char *
why_not_judged(
    const json_t *now, const json_t *then, const char *server, enum metric m)
{
    const char *why = why_not_counted(now, server, m);
    double pace = view_pace(now).at / view_pace(then).at;

    if (why == NULL)
        why = why_not_counted(then, server, m);
    if (why == NULL && metrics[m].timed &&
        view_is_uneven((struct span) { fmin(1, pace), pace, fmax(1, pace) }))
        why = "another pace";
    return why;
}

/* Return the wider band of the two reports. */
static double
band_of(const json_t *now, const json_t *then, enum metric m)
{
    double band = metrics[m].margin;

    band = fmax(band, get_number(view_primary(now), "band"));
    return fmax(band, get_number(view_primary(then), "band"));
}

/*
 * Collect the figures of a server, a number per block that counts: the mean of
 * its logarithms, or of the figures themselves; note whether one is a bound.
 */
static size_t
block_values(const json_t *scenario, const char *server, enum metric m,
    double values[PLAN_BLOCKS_MAX], bool *is_bound)
{
    size_t blocks = json_array_size(json_object_get(scenario, "orders"));
    size_t n = 0, i;
    const json_t *run;

    for (size_t b = 1; b <= blocks && b <= PLAN_BLOCKS_MAX; b++) {
        const struct arm arm = { server, NULL, b };
        double sum = 0, count = 0;

        if (metrics[m].timed && block_is_discarded(scenario, b))
            continue;
        json_array_foreach(json_object_get(scenario, "runs"), i, run) {
            double x =
                get_number(json_object_get(run, "figures"), metrics[m].key);

            if (!arm_has(&arm, run) || !isfinite(x))
                continue;
            *is_bound = *is_bound || run_is_bound(run, m);
            sum += metrics[m].may_be_zero ? x : log(x);
            count++;
        }
        values[n] = sum / count;
        n += count > 0 && isfinite(values[n]);
    }
    return n;
}

/* Write the change of one server in one scenario. */
static void
write_change(FILE *out, const json_t *now, const json_t *then,
    const char *server, enum metric m)
{
    double a[PLAN_BLOCKS_MAX], b[PLAN_BLOCKS_MAX];
    bool is_bound = false;
    size_t na = block_values(now, server, m, a, &is_bound);
    size_t nb = block_values(then, server, m, b, &is_bound);
    size_t n = na < nb ? na : nb;
    const struct arm arm = { server, NULL, 0 };
    char was[SENTENCE_NUMBER], is[SENTENCE_NUMBER], change[64] = "-";
    struct estimate e = { 0 };
    const char *verdict = stats_verdict_name(VERDICT_NONE);
    const char *why =
        is_bound ? "only bounds" : why_not_judged(now, then, server, m);
    double delta = band_of(now, then, m);

    for (size_t i = 0; i < n; i++)
        a[i] -= b[i];
    sentence_value(was, m, arm_median(then, &arm, m));
    sentence_value(is, m, arm_median(now, &arm, m));
    if (n > 0) {
        bool ratio = !metrics[m].may_be_zero;

        e = stats_estimate(a, n);
        verdict = stats_verdict_name(
            stats_verdict(&e, ratio ? delta : expm1(delta), true));
        if (e.i95.exists)
            snprintf(change, sizeof(change), "%.2f (%.2f to %.2f)",
                ratio ? exp(e.center) : e.center,
                ratio ? exp(e.i95.low) : e.i95.low,
                ratio ? exp(e.i95.high) : e.i95.high);
        else
            snprintf(change, sizeof(change), "%.2f",
                ratio ? exp(e.center) : e.center);
    }
    if (strcmp(verdict, "WIN") == 0)
        verdict =
            (e.center > 0) == metrics[m].more_is_better ? "BETTER" : "WORSE";
    fprintf(out, "  %-13s%-9s%-24s%9s%9s  %-21s %s\n", get_text(now, "name"),
        subjects[subject_find(server)].title, metrics[m].label, was, is, change,
        why != NULL ? why : verdict);
}

/* Write the changes of one scenario; false when there is nothing to compare. */
static bool
write_scenario(FILE *out, const json_t *now, const json_t *then)
{
    enum metric m = metric_find(get_text(now, "primary"));
    const char *name = get_text(now, "name");

    if (then == NULL || m == METRICS)
        return false;
    if (!is_same_load(now, then)) {
        fprintf(out, "  %-13swas loaded otherwise then: not compared\n", name);
        return false;
    }
    for (int s = 0; s <= SUBJECT_EVENTED; s++)
        write_change(out, now, then, subjects[s].name, m);
    return true;
}

/* Compare all. */
static int
compare_all(FILE *out, const json_t *now, const json_t *then, bool colour)
{
    const char *a = get_text(json_object_get(now, "machine"), "id");
    const char *b = get_text(json_object_get(then, "machine"), "id");
    const json_t *scenario;
    bool any = false;
    size_t i;

    if (a[0] == '\0' || strcmp(a, b) != 0) {
        putc('\n', out);
        table_say(out,
            "Not compared with the baseline: it is of another machine (%s, "
            "this one is %s).",
            b, a);
        return -1;
    }
    if (get_bool(now, "pinned") != get_bool(then, "pinned")) {
        putc('\n', out);
        table_say(out, "Not compared with the baseline: the servers had a "
                       "processor of their own in one of the two only.");
        return -1;
    }
    fprintf(out, "\n%sSince %s%s\n  %-13s%-9s%-24s%9s%9s  %-21s %s\n",
        colour ? "\033[1m" : "", get_text(then, "started"),
        colour ? "\033[0m" : "", "", "", "", "then", "now", "now/then",
        "verdict");
    json_array_foreach(json_object_get(now, "scenarios"), i, scenario)
        if (write_scenario(
                out, scenario, view_scenario(then, get_text(scenario, "name"))))
            any = true;
    if (!any)
        fprintf(out, "  The two reports have no scenario in common.\n");
    return any ? 0 : -1;
}

/* Compare what may be printed. */
int
baseline_compare(FILE *out, const json_t *now, const json_t *then, bool colour)
{
    json_t *a = value_harmless(now), *b = value_harmless(then);
    int result = compare_all(out, a, b, colour);

    json_decref(a);
    json_decref(b);
    return result;
}
