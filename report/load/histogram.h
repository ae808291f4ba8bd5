/*
 * histogram - latencies, counted by size.
 *
 * A histogram in the manner of HdrHistogram (Gil Tene): linear within a
 * power of two, logarithmic between them. A value v in nanoseconds belongs to
 * the counter
 *
 *     shift = max(0, 63 - clz(v) - 10),   index = (shift << 10) + (v >> shift)
 *
 * so that values below 2048 ns are exact and no counter is wider than 1/1024
 * (0.098 %) of the values it holds. 27,648 counters reach to 68.7 s (2^36 ns);
 * what lies beyond is counted in `overflow`, never folded into the last one.
 *
 * A request that never ended is a sample too: its latency is at least the
 * time it was waited for ("censored"). Quantiles count such samples as the
 * longest of all, so that a server cannot improve its tail by not answering.
 *
 * One writer per histogram; those of several generators and runs are added up,
 * counter by counter. Quantiles of different histograms must never be averaged.
 */
#ifndef REPORT_HISTOGRAM_H
#define REPORT_HISTOGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HISTOGRAM_SUB_BITS 10
#define HISTOGRAM_COUNTERS 27648
#define HISTOGRAM_LIMIT    (UINT64_C(1) << 36) /* ns, the first overflow */

struct histogram {
    uint64_t counters[HISTOGRAM_COUNTERS];
    uint64_t recorded;      /* samples with a known value, overflow included */
    uint64_t overflow;      /* samples of HISTOGRAM_LIMIT and more */
    uint64_t censored;      /* samples of which only a lower bound is known */
    uint64_t censored_from; /* the smallest such bound, ns */
    uint64_t min, max; /* ns, exact, of the recorded; UINT64_MAX, 0 if none */
    double sum;        /* ns, of the recorded: for the mean */
};

/*
 * A quantile. `known` is false when fewer than ten samples lie beyond it (too
 * few to say anything) or the histogram is empty. When `at_least` is set the
 * rank fell among samples that overflowed or never ended: the true value is
 * `ns` or more.
 */
struct quantile {
    uint64_t ns;
    bool known;
    bool at_least;
};

/*
 * Return a new empty histogram (216 KiB); free it with free(). End the
 * program when memory runs out.
 */
struct histogram *histogram_new(void);

/* Make a histogram empty again. */
void histogram_clear(struct histogram *h);

/* Count one latency of `ns` nanoseconds. */
void histogram_record(struct histogram *h, uint64_t ns);

/* Count requests, so many, that were given up after `ns` nanoseconds. */
void histogram_record_censored(
    struct histogram *h, uint64_t ns, uint64_t times);

/* Return the number of all samples, censored ones included. */
uint64_t histogram_count(const struct histogram *h);

/* Return the mean of the recorded values in ns; 0 if there are none. */
double histogram_mean(const struct histogram *h);

/*
 * Return the q-quantile, 0 < q <= 1: the value of rank ceil(q n) among all n
 * samples, as the upper edge of its counter (the truth is at most 0.098 %
 * below, never above).
 */
struct quantile histogram_quantile(const struct histogram *h, double q);

/* Return the counter that `ns` belongs to; ns < HISTOGRAM_LIMIT. */
size_t histogram_index(uint64_t ns);

/* Return the largest value that belongs to the counter `index`. */
uint64_t histogram_upper_edge(size_t index);

/*
 * Return the non-zero counters as text, "index:count index:count ...", in
 * rising order; an empty string for an empty histogram. Free it with free().
 */
char *histogram_to_text(const struct histogram *h);

/*
 * Read such a text into the counters, which must be empty; nothing else
 * changes. Return false when it is none, or counts more than `most` in all.
 */
bool histogram_from_text(struct histogram *h, const char *text, uint64_t most);

/* Add all samples of another one. */
void histogram_add(struct histogram *h, const struct histogram *other);

#endif
