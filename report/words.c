#include "report/words.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a metric counts, and so how its values are written. */
enum unit {
    UNIT_RATE,
    UNIT_TIME,
    UNIT_BYTES,
    UNIT_SPEED,
    UNIT_SHARE,
    UNIT_NUMBER
};

/*
 * How to speak of the metrics: as a name, and of a ratio of events to threads.
 * One that is not here is called as the report labels it.
 */
static const struct metric_words {
    const char *metric, *name;
    enum unit unit;
    const char *before, *after; /* the ratio */
} metric_words[] = {
    { "requests_per_second", "requests per second", UNIT_RATE, "events serve",
        "the requests per second of threads" },
    { "p50_ns", "median latency", UNIT_TIME, "the median latency of events is",
        "that of threads" },
    { "p99_ns", "p99 latency", UNIT_TIME, "the p99 latency of events is",
        "that of threads" },
    { "p99.9_ns", "p99.9 latency", UNIT_TIME, "the p99.9 latency of events is",
        "that of threads" },
    { "cpu_ns_per_request", "server CPU per request", UNIT_TIME, "events take",
        "the processor time per request of threads" },
    { "context_switches_per_request", "context switches per request",
        UNIT_NUMBER, "the context switches per request of events are",
        "those of threads" },
    { "run_queue_ns_per_request", "run-queue delay per request", UNIT_TIME,
        "a request waits for a processor", "as long with events" },
    { "memory_bytes_per_connection", "memory per connection", UNIT_BYTES,
        "events take", "the memory per connection of threads" },
    { "recovery_ns", "recovery after a burst", UNIT_TIME, "events recover in",
        "the time of threads" },
    { "goodput_per_second", "goodput", UNIT_RATE, "events answer",
        "as many requests in time as threads" },
    { "accept_p99_ns", "p99 wait of a new client", UNIT_TIME,
        "a new client of events waits (p99)", "as long as one of threads" },
    { "storm_ns", "time to answer a storm", UNIT_TIME,
        "events have answered a storm in", "the time of threads" },
    { "background_bytes_per_second", "bytes per second for the others",
        UNIT_SPEED, "the others get", "the bytes per second from events" },
    { "answered", "share of requests answered", UNIT_SHARE, "events answer",
        "the share of threads" },
};

/* Find how to speak of a metric; NULL = not known. */
static const struct metric_words *
find(const char *metric)
{
    for (size_t i = 0; i < sizeof(metric_words) / sizeof(metric_words[0]); i++)
        if (strcmp(metric_words[i].metric, metric) == 0)
            return &metric_words[i];
    return NULL;
}

/* Say a choice. */
const char *
words_choice(enum choice c)
{
    static const char *const names[] = { "events", "threads", "leans to events",
        "leans to threads", "either", "it depends", "open", "not valid",
        "not measured" };

    return names[c];
}

/* Name a choice for the style sheet. */
const char *
words_choice_class(enum choice c)
{
    static const char *const names[] = { "events", "threads", "events leans",
        "threads leans", "either", "depends", "open", "invalid", "none" };

    return names[c];
}

/* Turn a verdict into a choice. */
enum choice
words_judge(const json_t *comparison)
{
    const char *verdict = get_text(comparison, "verdict");
    const char *winner = get_text(comparison, "winner");
    bool events = strcmp(winner, VIEW_EVENTS) == 0;

    if (strcmp(verdict, "INVALID") == 0)
        return CHOICE_INVALID;
    if (comparison == NULL || get_text(comparison, "missing")[0] != '\0')
        return CHOICE_NONE;
    if (strcmp(verdict, "WIN") == 0)
        return events ? CHOICE_EVENTS : CHOICE_THREADS;
    if (strcmp(verdict, "LEANS") == 0)
        return events ? CHOICE_LEANS_EVENTS : CHOICE_LEANS_THREADS;
    return strcmp(verdict, "EQUIVALENT") == 0 ? CHOICE_EITHER : CHOICE_OPEN;
}

/* Sum up: where winners differ it depends, else what is decided counts. */
enum choice
words_together(const enum choice *choices, size_t n)
{
    bool has[CHOICE_NONE + 1] = { false };

    for (size_t i = 0; i < n; i++)
        has[choices[i]] = true;
    if ((has[CHOICE_EVENTS] || has[CHOICE_LEANS_EVENTS]) &&
        (has[CHOICE_THREADS] || has[CHOICE_LEANS_THREADS]))
        return CHOICE_DEPENDS;
    for (enum choice c = CHOICE_EVENTS; c <= CHOICE_LEANS_THREADS; c++)
        if (has[c])
            return c;
    if (has[CHOICE_OPEN] || (has[CHOICE_EITHER] && has[CHOICE_INVALID]))
        return CHOICE_OPEN;
    if (has[CHOICE_EITHER])
        return CHOICE_EITHER;
    return has[CHOICE_INVALID] ? CHOICE_INVALID : CHOICE_NONE;
}

/* Name a metric. */
const char *
words_metric(const json_t *report, const char *metric)
{
    const struct metric_words *known = find(metric);
    const char *label = get_text(view_metric(report, metric), "label");

    if (known != NULL)
        return known->name;
    return label[0] != '\0' ? label : metric;
}

/* Write a number with `decimals`, and commas between thousands. */
static char *
write_grouped(char *buf, double x, int decimals)
{
    char plain[WORDS_MAX];
    int length = snprintf(plain, sizeof(plain), "%.*f", decimals, x);
    size_t used = 0, whole = strspn(plain, "-0123456789");

    if (length < 0 || length > 100) {
        snprintf(buf, WORDS_MAX, "%.3g", x);
        return buf;
    }
    for (size_t i = 0; plain[i] != '\0'; i++) {
        buf[used++] = plain[i];
        if (i + 1 < whole && (whole - i - 1) % 3 == 0 && plain[i] != '-')
            buf[used++] = ',';
    }
    buf[used] = '\0';
    return buf;
}

/* Write a whole number. */
char *
words_count(char *buf, double n)
{
    if (!isfinite(n))
        return strcpy(buf, "-");
    return write_grouped(buf, n, 0);
}

/* Write a number so that `digits` of it are shown, and whole ones whole. */
char *
words_number(char *buf, double x, int digits)
{
    char rounded[WORDS_MAX];
    int decimals;

    if (!isfinite(x))
        return strcpy(buf, "-");
    snprintf(rounded, sizeof(rounded), "%.*e", digits - 1, x);
    decimals = digits - 1 - atoi(strchr(rounded, 'e') + 1);
    if (decimals < 0 || x == 0)
        decimals = 0;
    return write_grouped(buf, x, decimals < 9 ? decimals : 9);
}

/* Write a number of the unit that makes it short. */
static char *
write_scaled(
    char *buf, double x, double step, const char *const *units, size_t count)
{
    char number[WORDS_MAX];
    size_t i = 0;

    if (!isfinite(x))
        return strcpy(buf, "-");
    for (; i + 1 < count && fabs(x) >= step * 0.9995; i++)
        x /= step;
    snprintf(buf, WORDS_MAX, "%.200s %s", words_number(number, x, 3), units[i]);
    return buf;
}

/* Write a time. */
char *
words_time(char *buf, double ns)
{
    static const char *const units[] = { "ns", "\xc2\xb5s", "ms", "s" };

    return write_scaled(buf, ns, 1000, units, 4);
}

/* Write a number of bytes. */
char *
words_bytes(char *buf, double bytes)
{
    static const char *const units[] = { "bytes", "KiB", "MiB", "GiB" };

    return write_scaled(buf, bytes, 1024, units, 4);
}

/* Write a value with its unit. */
char *
words_value(char *buf, const char *metric, double value)
{
    const struct metric_words *known = find(metric);
    char part[WORDS_MAX];

    if (!isfinite(value))
        return strcpy(buf, "-");
    switch (known != NULL ? known->unit : UNIT_NUMBER) {
    case UNIT_TIME:
        return words_time(buf, value);
    case UNIT_BYTES:
        return words_bytes(buf, value);
    case UNIT_SPEED:
        snprintf(buf, WORDS_MAX, "%.300s/s", words_bytes(part, value));
        return buf;
    case UNIT_RATE:
        if (value >= 1000) /* three digits count, the others are noise */
            value = round(value / pow(10, floor(log10(value)) - 2)) *
                    pow(10, floor(log10(value)) - 2);
        snprintf(buf, WORDS_MAX, "%.300s/s", words_number(part, value, 3));
        return buf;
    case UNIT_SHARE:
        return words_share(buf, value);
    case UNIT_NUMBER:
        break;
    }
    if (fabs(value) >= 10)
        return words_number(buf, value, 3);
    return write_grouped(buf, value, 3);
}

/* Write a ratio; of a small one three decimals count. */
char *
words_span(char *buf, struct span s)
{
    int decimals = s.at < 0.1 ? 3 : s.at < 10 ? 2 : 1;

    if (!isfinite(s.at))
        return strcpy(buf, "-");
    if (isfinite(s.low) && isfinite(s.high))
        snprintf(buf, WORDS_MAX, "%.*fx (%.*f to %.*f)", decimals, s.at,
            decimals, s.low, decimals, s.high);
    else
        snprintf(buf, WORDS_MAX, "%.*fx", decimals, s.at);
    return buf;
}

/* Write a difference with its interval, in the metric's unit. */
static char *
write_difference(char *buf, const char *metric, struct span s)
{
    char at[WORDS_MAX], low[WORDS_MAX], high[WORDS_MAX];
    const char *plus = s.at > 0 ? "+" : "";

    words_value(at, metric, s.at);
    if (isfinite(s.low) && isfinite(s.high))
        snprintf(buf, WORDS_MAX, "%s%.80s (%.80s to %.80s)", plus, at,
            words_value(low, metric, s.low), words_value(high, metric, s.high));
    else
        snprintf(buf, WORDS_MAX, "%s%.80s", plus, at);
    return buf;
}

/* Write an estimate. */
char *
words_estimate(char *buf, const json_t *comparison)
{
    struct span s = view_span(comparison);

    if (!isfinite(s.at))
        return strcpy(buf, "-");
    if (strcmp(get_text(comparison, "scale"), "difference") == 0)
        return write_difference(buf, get_text(comparison, "metric"), s);
    return words_span(buf, s);
}

/* Write a share in per cent. */
char *
words_share(char *buf, double share)
{
    char number[WORDS_MAX];

    if (!isfinite(share))
        return strcpy(buf, "-");
    snprintf(buf, WORDS_MAX, "%.200s %%",
        write_grouped(number, share * 100,
            share >= 1 || fabs(share * 100 - round(share * 100)) < 0.05 ? 0
                                                                        : 1));
    return buf;
}

/* Write what was found, with the two medians. */
static void
write_found(char *buf, const json_t *comparison, const char *estimate)
{
    const char *metric = get_text(comparison, "metric");
    const struct metric_words *known = find(metric);
    char a[WORDS_MAX], b[WORDS_MAX];

    words_value(a, metric, get_number(comparison, "a_median"));
    words_value(b, metric, get_number(comparison, "b_median"));
    if (known == NULL || strcmp(get_text(comparison, "scale"), "ratio") != 0)
        snprintf(buf, WORDS_MAX, "%.60s: %.60s with events, %.60s with threads",
            known != NULL ? known->name : metric, a, b);
    else
        snprintf(buf, WORDS_MAX, "%s %s%.60s %s, %.60s against %.60s",
            known->before, view_bound(comparison, "at least ", "at most "),
            estimate, known->after, a, b);
}

/* Write why a comparison is not valid: in words, or by the gates it failed. */
static void
write_invalid(char *buf, const json_t *comparison)
{
    const json_t *gates = json_object_get(comparison, "gates"), *gate;
    size_t i, length;

    snprintf(buf, WORDS_MAX, "%s", get_text(comparison, "invalid"));
    if (buf[0] != '\0')
        return;
    json_array_foreach(gates, i, gate) {
        length = strlen(buf);
        snprintf(buf + length, WORDS_MAX - length, "%s%s", i > 0 ? ", " : "",
            json_is_string(gate) ? json_string_value(gate) : "?");
    }
}

/* Write what was found, no stronger than the verdict. */
char *
words_finding(char *buf, const json_t *comparison)
{
    const char *metric = get_text(comparison, "metric");
    char part[WORDS_MAX], found[WORDS_MAX];

    words_estimate(part, comparison);
    write_found(found, comparison, part);
    switch (words_judge(comparison)) {
    case CHOICE_EITHER:
        snprintf(buf, WORDS_MAX, "in %s the two are equivalent within %.20s",
            words_metric(NULL, metric),
            words_share(part, get_number(comparison, "band")));
        break;
    case CHOICE_LEANS_EVENTS:
    case CHOICE_LEANS_THREADS:
        snprintf(buf, WORDS_MAX, "%.200s; by how much is open", found);
        break;
    case CHOICE_OPEN:
        snprintf(buf, WORDS_MAX, "by estimate, %.200s; undecided", found);
        break;
    case CHOICE_INVALID:
        write_invalid(part, comparison);
        snprintf(buf, WORDS_MAX, "%s cannot be compared: %.200s",
            words_metric(NULL, metric), part);
        break;
    case CHOICE_NONE:
        snprintf(buf, WORDS_MAX, "%s cannot be compared: %.200s",
            words_metric(NULL, metric), get_text(comparison, "missing"));
        break;
    case CHOICE_EVENTS:
    case CHOICE_THREADS:
    case CHOICE_DEPENDS:
        snprintf(buf, WORDS_MAX, "%s", found);
        break;
    }
    return buf;
}
