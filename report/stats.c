#include "report/stats.h"

#include <assert.h>
#include <err.h>
#include <math.h>
#include <stdlib.h>

#define WALSH_MAX (STATS_BLOCKS_MAX * (STATS_BLOCKS_MAX + 1) / 2)

/* Order two doubles for qsort(). */
static int
compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Sort by that. */
void
stats_sort(double *v, size_t n)
{
    qsort(v, n, sizeof(*v), compare_doubles);
}

/*
 * Add up the chances that k or fewer of n values lie below the median, as long
 * as twice that may be missed.
 */
size_t
stats_median_rank(size_t n, double coverage)
{
    double chance = pow(0.5, (double)n), below = 0;
    size_t k = 0;

    while (2 * k < n && 2 * (below + chance) <= 1 - coverage) {
        below += chance;
        chance *= (double)(n - k) / (double)(k + 1);
        k++;
    }
    return k;
}

/* Sort and take the middle value, or the mean of the two in the middle. */
double
stats_median(double *v, size_t n)
{
    if (n == 0)
        return NAN;
    stats_sort(v, n);
    return n % 2 == 1 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

/* Average the logarithms. */
static double
mean_log(const double *v, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += v[i] > 0 ? log(v[i]) : NAN;
    return sum / (double)n;
}

/* Average the values. */
static double
mean(const double *v, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += v[i];
    return sum / (double)n;
}

/* Form one block's difference on the logarithmic scale. */
double
stats_log_ratio(const double *a, size_t na, const double *b, size_t nb)
{
    return mean_log(a, na) - mean_log(b, nb);
}

/* Form one block's difference on the plain scale. */
double
stats_difference(const double *a, size_t na, const double *b, size_t nb)
{
    return mean(a, na) - mean(b, nb);
}

/*
 * Counts, for Wilcoxon's signed-rank statistic T of n blocks, the sign
 * patterns that give each value of T: of the ranks 1..n each is in the sum or
 * not. The k-th smallest Walsh average is below the centre unless T < k, so
 * the interval misses on one side with probability P(T <= k - 1).
 */
size_t
stats_rank(size_t n, double coverage, double *exact)
{
    double *ways = calloc(WALSH_MAX + 1, sizeof(*ways));
    double all = ldexp(1, (int)n), tail = 0, reached = 0;
    size_t most = n * (n + 1) / 2, k = 0;

    assert(n <= STATS_BLOCKS_MAX);
    if (ways == NULL)
        err(1, "statistics");
    ways[0] = 1;
    for (size_t rank = 1; rank <= n; rank++)
        for (size_t t = most; t >= rank; t--)
            ways[t] += ways[t - rank];
    while (k < (most + 1) / 2) {
        tail += ways[k];
        if (1 - 2 * tail / all < coverage)
            break;
        reached = 1 - 2 * tail / all;
        k++;
    }
    free(ways);
    if (exact != NULL)
        *exact = reached;
    return k;
}

/* Take the interval between the k-th smallest and the k-th largest. */
static struct interval
interval_of(const double *walsh, size_t count, size_t n, double coverage)
{
    struct interval i = { false, NAN, NAN, 0 };
    size_t k = stats_rank(n, coverage, &i.coverage);

    if (k > 0) {
        i.exists = true;
        i.low = walsh[k - 1];
        i.high = walsh[count - k];
    }
    return i;
}

/* Sort the Walsh averages and read centre and intervals off them. */
struct estimate
stats_estimate(const double *d, size_t n)
{
    double *walsh = calloc(WALSH_MAX, sizeof(*walsh));
    struct estimate e = { .blocks = n };
    size_t count = 0;

    if (walsh == NULL)
        err(1, "statistics");
    assert(n >= 1 && n <= STATS_BLOCKS_MAX);
    for (size_t i = 0; i < n; i++)
        for (size_t j = i; j < n; j++)
            walsh[count++] = (d[i] + d[j]) / 2;
    e.center = stats_median(walsh, count);
    e.i95 = interval_of(walsh, count, n, 0.95);
    e.i90 = interval_of(walsh, count, n, 0.90);
    free(walsh);
    return e;
}

/* Say whether zero is outside the 95 % interval. */
bool
stats_excludes_zero(const struct estimate *e)
{
    return e->i95.exists && (e->i95.low > 0 || e->i95.high < 0);
}

/* Take the outer ends. */
void
stats_widen(struct interval *i, const struct interval *other)
{
    if (!other->exists)
        return;
    i->low = fmin(i->low, other->low);
    i->high = fmax(i->high, other->high);
}

/* Compare the intervals with the band of what does not matter. */
enum verdict
stats_verdict(const struct estimate *e, double delta, bool valid)
{
    double band = log1p(delta);

    if (!valid)
        return VERDICT_INVALID;
    if (!e->i95.exists || e->blocks < STATS_BLOCKS_VERDICT)
        return VERDICT_NONE;
    if (e->i95.low > band || e->i95.high < -band)
        return VERDICT_WIN;
    if (e->i90.low > -band && e->i90.high < band)
        return VERDICT_EQUIVALENT;
    if (stats_excludes_zero(e))
        return VERDICT_LEANS;
    return VERDICT_INCONCLUSIVE;
}

/* Half-widths shrink with the square root of the number of blocks. */
size_t
stats_blocks_needed(const struct estimate *e, double delta)
{
    double half, needed;

    if (!e->i95.exists)
        return 0;
    half = (e->i95.high - e->i95.low) / 2;
    needed = ceil((double)e->blocks * pow(half / log1p(delta), 2));
    if (!(needed > (double)e->blocks))
        return e->blocks + 1;
    return (size_t)fmin(needed, STATS_BLOCKS_NEEDED_MAX);
}

/* Name a verdict. */
const char *
stats_verdict_name(enum verdict v)
{
    switch (v) {
    case VERDICT_NONE:
        return "no verdict";
    case VERDICT_WIN:
        return "WIN";
    case VERDICT_EQUIVALENT:
        return "EQUIVALENT";
    case VERDICT_LEANS:
        return "LEANS";
    case VERDICT_INCONCLUSIVE:
        return "INCONCLUSIVE";
    case VERDICT_INVALID:
        return "INVALID";
    }
    return "?";
}
