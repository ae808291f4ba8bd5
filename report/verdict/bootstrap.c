#include "report/verdict/bootstrap.h"

#include "report/rng.h"

#include <assert.h>
#include <err.h>
#include <math.h>
#include <stdlib.h>

#define SEED 1987

/* Compare the medians of the blocks that `drawn` names. */
static double
statistic(const double (*blocks)[BOOTSTRAP_RUNS], const size_t *drawn, size_t n,
    bool ratio)
{
    double a[2 * STATS_BLOCKS_MAX], b[2 * STATS_BLOCKS_MAX];
    size_t na = 0, nb = 0;

    for (size_t i = 0; i < n; i++) {
        for (int k = 0; k < BOOTSTRAP_RUNS; k++) {
            double x = blocks[drawn[i]][k];

            if (isfinite(x) && k < 2)
                a[na++] = x;
            else if (isfinite(x))
                b[nb++] = x;
        }
    }
    return ratio ? stats_median(a, na) / stats_median(b, nb)
                 : stats_median(a, na) - stats_median(b, nb);
}

/* The distribution function of the standard normal. */
static double
normal(double z)
{
    return erfc(-z / sqrt(2)) / 2;
}

/* Its inverse, by bisection: it is called three times. */
static double
normal_inverse(double p)
{
    double low = -10, high = 10;

    for (int i = 0; i < 100; i++) {
        double middle = (low + high) / 2;

        *(normal(middle) < p ? &low : &high) = middle;
    }
    return low;
}

/* The acceleration, from leaving out one block at a time. */
static double
acceleration(const double (*blocks)[BOOTSTRAP_RUNS], size_t n, bool ratio)
{
    double without[STATS_BLOCKS_MAX], mean = 0, cubes = 0, squares = 0;
    size_t rest[STATS_BLOCKS_MAX];

    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k + 1 < n; k++)
            rest[k] = k < i ? k : k + 1;
        without[i] = statistic(blocks, rest, n - 1, ratio);
        mean += without[i] / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        cubes += pow(mean - without[i], 3);
        squares += pow(mean - without[i], 2);
    }
    return squares > 0 ? cubes / (6 * pow(squares, 1.5)) : 0;
}

/* Move a quantile of the draws by bias and acceleration. */
static double
corrected(const double *draws, double bias, double a, double z)
{
    double p = normal(bias + (bias + z) / (1 - a * (bias + z)));
    double at = p * (BOOTSTRAP_DRAWS - 1);

    return draws[(size_t)fmin(fmax(at, 0), BOOTSTRAP_DRAWS - 1)];
}

/* Draw, sort, correct. */
struct interval
bootstrap_interval(const double (*blocks)[BOOTSTRAP_RUNS], size_t n, bool ratio)
{
    struct interval i = { false, NAN, NAN, 0.95 };
    double *draws = calloc(BOOTSTRAP_DRAWS, sizeof(*draws));
    double found, below = 0, bias, a, z = normal_inverse(0.975);
    size_t drawn[STATS_BLOCKS_MAX];
    struct rng rng;

    assert(n >= 2 && n <= STATS_BLOCKS_MAX);
    if (draws == NULL)
        err(1, "bootstrap");
    for (size_t k = 0; k < n; k++)
        drawn[k] = k;
    found = statistic(blocks, drawn, n, ratio);
    rng_seed(&rng, SEED);
    for (size_t d = 0; d < BOOTSTRAP_DRAWS; d++) {
        for (size_t k = 0; k < n; k++)
            drawn[k] = (size_t)rng_below(&rng, n);
        draws[d] = statistic(blocks, drawn, n, ratio);
        /* Half of what is equal is below: medians come in few values. */
        below += draws[d] < found ? 1 : draws[d] == found ? 0.5 : 0;
    }
    stats_sort(draws, BOOTSTRAP_DRAWS);
    if (isfinite(found) && below > 0 && below < BOOTSTRAP_DRAWS) {
        bias = normal_inverse(below / BOOTSTRAP_DRAWS);
        a = acceleration(blocks, n, ratio);
        i.exists = true;
        i.low = corrected(draws, bias, a, -z);
        i.high = corrected(draws, bias, a, z);
    }
    free(draws);
    return i;
}
