#include "report/load/histogram.h"

#include <assert.h>
#include <err.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A quantile with fewer samples beyond it says nothing about the tail. */
#define SAMPLES_BEYOND 10

/* Allocate an empty histogram. */
struct histogram *
histogram_new(void)
{
    struct histogram *h = malloc(sizeof(*h));

    if (h == NULL)
        err(1, "histogram");
    histogram_clear(h);
    return h;
}

/* Empty a histogram. */
void
histogram_clear(struct histogram *h)
{
    memset(h, 0, sizeof(*h));
    h->min = UINT64_MAX;
    h->censored_from = UINT64_MAX;
}

/* Find the counter for a value. */
size_t
histogram_index(uint64_t ns)
{
    int top = 63 - __builtin_clzll(ns | 1);
    int shift = top > HISTOGRAM_SUB_BITS ? top - HISTOGRAM_SUB_BITS : 0;

    assert(ns < HISTOGRAM_LIMIT);
    return ((size_t)shift << HISTOGRAM_SUB_BITS) + (size_t)(ns >> shift);
}

/* Find the largest value of a counter: the inverse of histogram_index(). */
uint64_t
histogram_upper_edge(size_t index)
{
    const size_t linear = (size_t)2 << HISTOGRAM_SUB_BITS;
    size_t shift, mantissa;

    assert(index < HISTOGRAM_COUNTERS);
    if (index < linear)
        return index;
    shift = (index >> HISTOGRAM_SUB_BITS) - 1;
    mantissa = index - (shift << HISTOGRAM_SUB_BITS);
    return (((uint64_t)mantissa + 1) << shift) - 1;
}

/* Count one sample. */
void
histogram_record(struct histogram *h, uint64_t ns)
{
    if (ns < HISTOGRAM_LIMIT)
        h->counters[histogram_index(ns)]++;
    else
        h->overflow++;
    h->recorded++;
    h->sum += (double)ns;
    if (ns < h->min)
        h->min = ns;
    if (ns > h->max)
        h->max = ns;
}

/* Count samples of which only a lower bound is known. */
void
histogram_record_censored(struct histogram *h, uint64_t ns, uint64_t times)
{
    h->censored += times;
    if (times > 0 && ns < h->censored_from)
        h->censored_from = ns;
}

/* Count all samples. */
uint64_t
histogram_count(const struct histogram *h)
{
    return h->recorded + h->censored;
}

/* Compute the mean of the known values. */
double
histogram_mean(const struct histogram *h)
{
    return h->recorded == 0 ? 0.0 : h->sum / (double)h->recorded;
}

/*
 * Walk up to the sample of rank ceil(q n). Beyond the counters lie the
 * overflowed and the censored samples: all that is known of the sample there
 * is that it is no smaller than the smallest bound among them.
 */
struct quantile
histogram_quantile(const struct histogram *h, double q)
{
    struct quantile result = { 0, false, false };
    uint64_t n = histogram_count(h), seen = 0, rank;

    assert(q > 0.0 && q <= 1.0);
    if (n == 0)
        return result;
    /* 0.999 is not exact in binary; 0.999 of 10,000 must still be 9,990. */
    rank = (uint64_t)ceil(q * (double)n - 1e-6);
    if (rank == 0)
        rank = 1;
    result.known = n - rank >= SAMPLES_BEYOND;
    for (size_t i = 0; i < HISTOGRAM_COUNTERS; i++) {
        seen += h->counters[i];
        if (seen >= rank) {
            result.ns = histogram_upper_edge(i);
            return result;
        }
    }
    result.at_least = true;
    result.ns = HISTOGRAM_LIMIT;
    if (h->censored_from < result.ns)
        result.ns = h->censored_from;
    return result;
}

/* Write the counters that are not zero as text. */
char *
histogram_to_text(const struct histogram *h)
{
    const char *space = "";
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL)
        err(1, "histogram");
    for (size_t i = 0; i < HISTOGRAM_COUNTERS; i++) {
        if (h->counters[i] == 0)
            continue;
        fprintf(out, "%s%zu:%" PRIu64, space, i, h->counters[i]);
        space = " ";
    }
    if (fclose(out) != 0)
        err(1, "histogram");
    return text;
}

/* Read a number at *text, and step over it; false when there is none, or it is
 * above `most`. */
static bool
read_number(const char **text, uint64_t most, uint64_t *n)
{
    const char *from = *text;

    for (*n = 0; **text >= '0' && **text <= '9'; (*text)++) {
        uint64_t digit = (uint64_t)(**text - '0');

        if (*n > (most - digit) / 10 || digit > most)
            return false;
        *n = *n * 10 + digit;
    }
    return *text != from;
}

/* Read the counters, in rising order. */
bool
histogram_from_text(struct histogram *h, const char *text, uint64_t most)
{
    uint64_t index, count, next = 0;

    while (*text != '\0') {
        if (!read_number(&text, HISTOGRAM_COUNTERS - 1, &index) ||
            index < next || *text++ != ':' ||
            !read_number(&text, most, &count) || count == 0 ||
            (*text != '\0' && (*text++ != ' ' || *text == '\0')))
            return false;
        h->counters[index] = count;
        most -= count;
        next = index + 1;
    }
    return true;
}

/* Add them up. */
void
histogram_add(struct histogram *h, const struct histogram *other)
{
    for (size_t i = 0; i < HISTOGRAM_COUNTERS; i++)
        h->counters[i] += other->counters[i];
    h->recorded += other->recorded;
    h->overflow += other->overflow;
    h->censored += other->censored;
    h->sum += other->sum;
    if (other->censored_from < h->censored_from)
        h->censored_from = other->censored_from;
    if (other->min < h->min)
        h->min = other->min;
    if (other->max > h->max)
        h->max = other->max;
}
