#include "report/verdict/spread.h"

#include "report/run/plan.h"
#include "report/values.h"
#include "report/verdict/gates.h"

#include <math.h>

/* Compute the variance of some values, and their mean. */
static double
variance_of(const double *x, size_t n, double *mean)
{
    double sum = 0;

    *mean = 0;
    for (size_t i = 0; i < n; i++)
        *mean += x[i] / (double)n;
    for (size_t i = 0; i < n; i++)
        sum += (x[i] - *mean) * (x[i] - *mean);
    return sum / (double)(n - 1);
}

/* Take from the variance of the means what the level below explains. */
struct spread
spread_make(
    double (*x)[SPREAD_RUNS][SPREAD_MOMENTS], size_t blocks, size_t moments)
{
    double of_moments = 0, of_runs = 0, of_blocks, whole;
    double run[SPREAD_RUNS], block[PLAN_BLOCKS_MAX];

    for (size_t b = 0; b < blocks; b++) {
        for (size_t r = 0; r < SPREAD_RUNS; r++)
            of_moments += variance_of(x[b][r], moments, &run[r]);
        of_runs += variance_of(run, SPREAD_RUNS, &block[b]);
    }
    of_moments /= (double)(blocks * SPREAD_RUNS);
    of_runs /= (double)blocks;
    of_blocks = variance_of(block, blocks, &whole);
    return (struct spread) { of_moments,
        fmax(0, of_runs - of_moments / (double)moments),
        fmax(0, of_blocks - of_runs / SPREAD_RUNS) };
}

/*
 * Read how much was answered in each whole step of a run's window, as
 * logarithms. Return how many there are; 0 when one of them is empty.
 */
static size_t
read_moments(const json_t *run, double x[SPREAD_MOMENTS])
{
    const json_t *series = json_object_get(run, "series"), *replies;
    double step = get_number(series, "step_seconds");
    double from = get_number(series, "from_seconds");
    double window = get_number(run, "window_ns") / 1e9;
    size_t i, n = 0;

    json_array_foreach(json_object_get(series, "replies"), i, replies) {
        double at = from + (double)i * step;

        if (at < 0 || at + step > window || n == SPREAD_MOMENTS)
            continue;
        x[n] = log(json_number_value(replies));
        if (!isfinite(x[n++]))
            return 0;
    }
    return n;
}

/* Read the runs of a block; return how many moments all of them have. */
static size_t
read_block(const json_t *scenario, const char *server, size_t block,
    double x[SPREAD_RUNS][SPREAD_MOMENTS])
{
    const struct arm arm = { server, NULL, block };
    const json_t *run;
    size_t fewest = SPREAD_MOMENTS, n = 0, i;

    if (block_is_discarded(scenario, block))
        return 0;
    json_array_foreach(json_object_get(scenario, "runs"), i, run) {
        size_t moments;

        if (!arm_has(&arm, run) || n == SPREAD_RUNS)
            continue;
        moments = read_moments(run, x[n++]);
        fewest = moments < fewest ? moments : fewest;
    }
    return n == SPREAD_RUNS ? fewest : 0;
}

/* Read, compute, and turn variances into what a run has of them. */
json_t *
spread_json(const json_t *scenario, const char *server)
{
    static double x[PLAN_BLOCKS_MAX][SPREAD_RUNS][SPREAD_MOMENTS];
    size_t all = json_array_size(json_object_get(scenario, "orders"));
    size_t moments = SPREAD_MOMENTS, n = 0;
    struct spread s;

    for (size_t b = 1; b <= all && n < PLAN_BLOCKS_MAX; b++) {
        size_t found = read_block(scenario, server, b, x[n]);

        if (found == 0)
            continue;
        moments = found < moments ? found : moments;
        n++;
    }
    if (n < 2 || moments < 2)
        return json_null();
    s = spread_make(x, n, moments);
    return json_pack("{s:o, s:f, s:f, s:f}", "moments", value_count(moments),
        "moments_sd", sqrt(s.moments / (double)moments), "runs_sd",
        sqrt(s.runs), "blocks_sd", sqrt(s.blocks));
}
