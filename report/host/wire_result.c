#include "report/host/wire_inner.h"
#include "report/values.h"

#include <err.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_MAX    ((size_t)16384) /* a minute and more of 10 ms each */
#define STEP_NS_MIN  1e6
#define STEP_NS_MAX  1e10
#define ROUNDING     1e-6 /* of a sum of doubles */

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define FIELD(key, member)                                                     \
    {                                                                          \
        key, offsetof(struct run, member), 0x1p53                              \
    }

static const struct wire_field counts[] = {
    FIELD("window_ns", tally.window_ns),
    FIELD("warmup_ns", warmup_ns),
    FIELD("intended", tally.intended),
    FIELD("sent", tally.sent),
    FIELD("replies", tally.replies),
    FIELD("good", tally.good),
    FIELD("bytes", tally.bytes),
    FIELD("spin_ns", tally.spin_ns),
    FIELD("head_ns", tally.head_ns),
    FIELD("tail_ns", tally.tail_ns),
    FIELD("censored_ns", tally.censored_ns),
    FIELD("cpu_ns", load_cpu_ns),
    FIELD("wait_ns", load_wait_ns),
    FIELD("connections", totals.connections),
    FIELD("replies_all", totals.replies),
    FIELD("lines", totals.lines),
    FIELD("shed", totals.shed),
    FIELD("refused", totals.errors[LOAD_REFUSED]),
    FIELD("reset", totals.errors[LOAD_RESET]),
    FIELD("closed", totals.errors[LOAD_CLOSED_BY_SERVER]),
    FIELD("wrong", totals.errors[LOAD_WRONG]),
    FIELD("timeout", totals.errors[LOAD_TIMEOUT]),
    FIELD("reply_bytes", same.length),
    FIELD("background_replies", background.replies),
    FIELD("background_bytes", background.bytes),
};

static const struct wire_field numbers[] = {
    FIELD("area", tally.area),
    FIELD("fairness", tally.fairness),
};

/* The histograms of a tally, as far as its scenario has them. */
static const struct {
    const char *key;
    size_t at;
} histograms[] = {
    { "latency", offsetof(struct load_tally, latency) },
    { "timely", offsetof(struct load_tally, timely) },
    { "wire", offsetof(struct load_tally, wire) },
    { "late", offsetof(struct load_tally, late) },
    { "queue", offsetof(struct load_tally, queue) },
    { "connect", offsetof(struct load_tally, connect) },
    { "accept", offsetof(struct load_tally, accept) },
    { "tardy", offsetof(struct load_tally, tardy) },
    { "last", offsetof(struct load_tally, last) },
};

static const struct wire_field of_histogram[] = {
    { "overflow", offsetof(struct histogram, overflow), 0x1p53 },
    { "censored", offsetof(struct histogram, censored), 0x1p53 },
    { "censored_from", offsetof(struct histogram, censored_from), 0x1p53 },
    { "min", offsetof(struct histogram, min), 0x1p53 },
    { "max", offsetof(struct histogram, max), 0x1p53 },
};

static const struct {
    const char *key;
    size_t at;
} of_step[] = {
    { "replies", offsetof(struct series_step, replies) },
    { "p50_ns", offsetof(struct series_step, p50_ns) },
    { "p99_ns", offsetof(struct series_step, p99_ns) },
    { "max_ns", offsetof(struct series_step, max_ns) },
    { "outstanding", offsetof(struct series_step, outstanding) },
};

/* Return one of a tally's histograms; NULL = it has not got it. */
static struct histogram *
histogram_of(const struct run *run, size_t i)
{
    struct histogram *h;

    memcpy(&h, (const char *)&run->tally + histograms[i].at, sizeof(h));
    return h;
}

/* --- Writing --- */

/* Write a histogram; of an empty one, what it holds is not looked at. */
static json_t *
write_histogram(const struct histogram *h)
{
    struct histogram *edges = histogram_new();
    json_t *o = json_object();
    char *counters = histogram_to_text(h);

    memcpy(edges, h, sizeof(*h));
    if (h->recorded == 0)
        edges->min = 0;
    if (h->censored == 0)
        edges->censored_from = 0;
    wire_add_counts(o, of_histogram, COUNT(of_histogram), edges);
    wire_add(o, "sum", json_real(h->sum));
    wire_add(o, "counters", json_string(counters));
    free(counters);
    free(edges);
    return o;
}

/* Write a series. */
static json_t *
write_series(const struct series *s)
{
    json_t *o;

    if (s == NULL || s->step_ns == 0)
        return json_null();
    o = json_object();
    wire_add(o, "step_ns", value_count(s->step_ns));
    for (size_t k = 0; k < COUNT(of_step); k++) {
        json_t *all = json_array();

        for (size_t i = 0; i < s->count && i < STEPS_MAX; i++) {
            uint64_t n;

            memcpy(&n, (const char *)&s->steps[i] + of_step[k].at, sizeof(n));
            json_array_append_new(all, value_count(n));
        }
        wire_add(o, of_step[k].key, all);
    }
    return o;
}

/* Write all of it. */
json_t *
wire_result(const struct run *run)
{
    json_t *o = json_object(), *all = json_object();

    wire_add_counts(o, counts, COUNT(counts), run);
    wire_add_numbers(o, numbers, COUNT(numbers), run);
    wire_add(o, "countable", json_boolean(run->totals.countable));
    wire_add(o, "problem", json_string(run->totals.problem));
    wire_add(o, "reply_digest", value_digest(run->same.digest));
    for (size_t i = 0; i < COUNT(histograms); i++)
        if (histogram_of(run, i) != NULL)
            wire_add(
                all, histograms[i].key, write_histogram(histogram_of(run, i)));
    wire_add(o, "histograms", all);
    if (run->fine != NULL && run->tally.start_ns > run->fine->start_ns)
        wire_add(o, "from_ns",
            value_count(run->tally.start_ns - run->fine->start_ns));
    wire_add(o, "fine", write_series(run->fine));
    wire_add(o, "coarse", write_series(run->coarse));
    return o;
}

/* --- Reading --- */

/* Read a histogram; false when it is none, or contradicts itself. */
static bool
take_histogram(struct histogram *h, const json_t *o)
{
    const uint64_t most = UINT64_C(1) << 53;
    const json_t *counters = json_object_get(o, "counters");
    double n;

    if (!wire_take_counts(o, of_histogram, COUNT(of_histogram), h) ||
        !wire_take_number(o, "sum", 0x1p80, &h->sum) ||
        !json_is_string(counters) ||
        !histogram_from_text(h, json_string_value(counters), most))
        return false;
    h->recorded = h->overflow;
    for (size_t i = 0; i < HISTOGRAM_COUNTERS; i++)
        h->recorded += h->counters[i];
    if (h->censored == 0)
        h->censored_from = UINT64_MAX;
    if (h->recorded == 0) {
        h->min = UINT64_MAX;
        return h->max == 0 && h->sum == 0;
    }
    n = (double)h->recorded;
    return h->recorded <= most && h->min <= h->max &&
           (h->overflow > 0) == (h->max >= HISTOGRAM_LIMIT) &&
           h->sum >= n * (double)h->min * (1 - ROUNDING) &&
           h->sum <= n * (double)h->max * (1 + ROUNDING);
}

/* Read a value of each step; false when there are not so many. */
static bool
take_steps(struct series *s, size_t at, const json_t *all)
{
    const json_t *one;
    size_t i;

    if (!json_is_array(all) || json_array_size(all) != s->count)
        return false;
    json_array_foreach(all, i, one) {
        uint64_t n = (uint64_t)json_integer_value(one);

        if (!json_is_integer(one) || n > UINT64_C(1) << 53)
            return false;
        memcpy((char *)&s->steps[i] + at, &n, sizeof(n));
    }
    return true;
}

/* Read a series that begins at 0; false when it is none. */
static bool
take_series(struct series *s, const json_t *o)
{
    bool good = true;

    if (json_is_null(o))
        return true;
    s->count = json_array_size(json_object_get(o, of_step[0].key));
    if (!wire_take_count(o, "step_ns", STEP_NS_MAX, &s->step_ns) ||
        (double)s->step_ns < STEP_NS_MIN || s->count > STEPS_MAX)
        return false;
    s->steps = calloc(s->count + 1, sizeof(*s->steps));
    if (s->steps == NULL)
        err(1, "series");
    for (size_t k = 0; k < COUNT(of_step); k++)
        good =
            take_steps(s, of_step[k].at, json_object_get(o, of_step[k].key)) &&
            good;
    return good;
}

/* Read 16 digits, or null; false when it is another thing. */
static bool
take_digest(uint64_t *digest, const json_t *value)
{
    const char *text = json_string_value(value);

    *digest = 0;
    if (text == NULL)
        return value == NULL || json_is_null(value);
    if (strlen(text) != 16 || strspn(text, "0123456789abcdef") != 16)
        return false;
    *digest = strtoull(text, NULL, 16);
    return true;
}

/* Tell whether the numbers of a run go together. */
static bool
is_consistent(const struct run *run)
{
    const struct load_tally *t = &run->tally;

    return t->replies <= run->totals.replies && t->good <= t->replies &&
           histogram_count(t->latency) <= t->intended &&
           (isnan(t->area) || t->area >= 0) &&
           (isnan(t->fairness) || (t->fairness >= 0 && t->fairness <= 1.001));
}

/* Read all of it. */
bool
wire_take_result(struct run *run, const json_t *o)
{
    const json_t *all = json_object_get(o, "histograms");
    bool good = json_is_object(o);

    good = wire_take_counts(o, counts, COUNT(counts), run) && good;
    good = wire_take_numbers(o, numbers, COUNT(numbers), run) && good;
    good = wire_take_count(o, "from_ns", 0x1p53, &run->tally.start_ns) && good;
    good = take_digest(&run->same.digest, json_object_get(o, "reply_digest")) &&
           good;
    run->totals.countable = get_bool(o, "countable");
    wire_take_text(
        o, "problem", run->totals.problem, sizeof(run->totals.problem));
    for (size_t i = 0; i < COUNT(histograms) && good; i++)
        if (histogram_of(run, i) != NULL)
            good = take_histogram(
                histogram_of(run, i), json_object_get(all, histograms[i].key));
    run->fine = &run->own[0];
    run->coarse = &run->own[1];
    good = take_series(&run->own[0], json_object_get(o, "fine")) && good;
    good = take_series(&run->own[1], json_object_get(o, "coarse")) && good;
    return good && is_consistent(run);
}
