#include "report/verdict/baseline.h"

#include "report/run/plan.h"
#include "report/values.h"
#include "report/verdict/cells.h"
#include "report/verdict/judge.h"
#include "report/verdict/sentence.h"
#include "report/verdict/stats.h"

#include <math.h>
#include <string.h>

/* What must be the same for two scenarios to be the same. */
static const char *const same[] = { "load_model", "connections", "active",
    "background", "cores", "options", "pinned" };

/* Find a scenario of a report. */
static const json_t *
scenario_in(const json_t *report, const char *name)
{
    const json_t *scenario;
    size_t i;

    json_array_foreach(json_object_get(report, "scenarios"), i,
        scenario) if (strcmp(get_text(scenario, "name"), name) ==
                      0) return scenario;
    return NULL;
}

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
    return true;
}

/*
 * Collect the figures of a server, a number per block that counts: the mean of
 * its logarithms, or of the figures themselves.
 */
static size_t
block_values(const json_t *scenario, const char *server, enum metric m,
    double values[PLAN_BLOCKS_MAX])
{
    size_t blocks = json_array_size(json_object_get(scenario, "orders"));
    size_t n = 0, i;
    const json_t *run;

    for (size_t b = 1; b <= blocks && n < PLAN_BLOCKS_MAX; b++) {
        const struct arm arm = { server, NULL, b };
        double sum = 0, count = 0;

        if (metrics[m].timed && block_is_discarded(scenario, b))
            continue;
        json_array_foreach(json_object_get(scenario, "runs"), i, run)
        {
            double x =
                get_number(json_object_get(run, "figures"), metrics[m].key);

            if (!arm_has(&arm, run) || !isfinite(x))
                continue;
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
    size_t na = block_values(now, server, m, a);
    size_t nb = block_values(then, server, m, b);
    size_t n = na < nb ? na : nb;
    const struct arm arm = { server, NULL, 0 };
    char was[SENTENCE_NUMBER], is[SENTENCE_NUMBER], change[64] = "-";
    struct estimate e = { 0 };
    const char *verdict = stats_verdict_name(VERDICT_NONE);
    double delta = metrics[m].margin;

    for (size_t i = 0; i < n; i++)
        a[i] -= b[i];
    sentence_value(was, m, arm_median(json_object_get(then, "runs"), &arm, m));
    sentence_value(is, m, arm_median(json_object_get(now, "runs"), &arm, m));
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
        verdict);
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
int
baseline_compare(FILE *out, const json_t *now, const json_t *then, bool colour)
{
    const char *a = get_text(json_object_get(now, "machine"), "id");
    const char *b = get_text(json_object_get(then, "machine"), "id");
    const json_t *scenario;
    bool any = false;
    size_t i;

    if (a[0] == '\0' || strcmp(a, b) != 0) {
        fprintf(out,
            "\nNot compared with the baseline: it is of another machine (%s, "
            "this one is %s).\n",
            b, a);
        return -1;
    }
    fprintf(out, "\n%sSince %s%s\n  %-13s%-9s%-24s%9s%9s  %-21s %s\n",
        colour ? "\033[1m" : "", get_text(then, "started"),
        colour ? "\033[0m" : "", "", "", "", "then", "now", "now/then",
        "verdict");
    json_array_foreach(json_object_get(now, "scenarios"), i,
        scenario) if (write_scenario(out, scenario,
                          scenario_in(then, get_text(scenario, "name")))) any =
        true;
    if (!any)
        fprintf(out, "  The two reports have no scenario in common.\n");
    return any ? 0 : -1;
}
