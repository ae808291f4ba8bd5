/*
 * claims - what others have published about threads and events, held against
 * the figures of a report.
 *
 * The ledger is a table, claims_table.c: each claim with its source and the
 * rules by which it stands or falls, which do not change with the figures. A
 * rule names a way to measure and the range in which the measured value bears
 * the claim out. Nothing here is judged by hand:
 *
 *   reproduced    the whole interval lies in the range
 *   refuted       the whole interval lies beyond it
 *   open          it lies across an end, has no interval, or is not valid
 *   not measured  this report has no figure for it, or compare has no
 *                 scenario for it; why is told
 *   ours only     nobody has published a figure: here is one
 *
 * The interval of a median is that of the sign test over the runs. A count, or
 * a median of fewer than six runs, is an interval of one point.
 */
#ifndef REPORT_CLAIMS_H
#define REPORT_CLAIMS_H

#include "report/view.h"

#include <stdbool.h>
#include <stddef.h>

#define CLAIM_RULES 3

enum claim_verdict {
    CLAIM_REPRODUCED,
    CLAIM_REFUTED,
    CLAIM_OPEN,
    CLAIM_OURS_ONLY,
    CLAIM_NOT_MEASURED,
    CLAIM_VERDICTS
};

/* How a measured value is written. */
enum claim_shape {
    SHAPE_RATIO,
    SHAPE_TIME, /* ns */
    SHAPE_BYTES,
    SHAPE_SHARE, /* of one */
    SHAPE_NUMBER
};

struct claim_rule;

/*
 * A way to measure: what the rule asks for, as a span; `at` is NAN when the
 * report does not have it. When it has, but it does not count, *invalid says
 * why.
 */
typedef struct span claim_measure(
    const json_t *report, const struct claim_rule *rule, const char **invalid);

struct claim_rule {
    claim_measure *measure; /* NULL = no more rules */
    const char *at;         /* the scenario */
    const char *base;       /* another one, to compare with; or NULL */
    const char *metric;
    const char *a, *b; /* servers */
    double min, max;   /* the range that bears the claim out */
    enum claim_shape shape;
    const char *what; /* the value in words, "events / threads" */
};

struct claim {
    const char *id;
    const char *text;
    const char *published; /* the figure */
    const char *source;
    const char *url; /* of the source, or NULL */
    bool any;        /* one rule that holds will do; else all have to */
    bool ours_only;  /* no figure was published: the rules only measure */
    struct claim_rule rules[CLAIM_RULES];
    const char *why_not; /* compare does not measure it; else NULL */
};

extern const struct claim claims[];
extern const size_t claims_count;

/* What became of a claim. */
struct claim_result {
    enum claim_verdict verdict;
    char *ours; /* what was measured, and the range; "" = nothing */
    char *why;  /* why it is open or not measured; "" otherwise */
};

/* Hold a claim against a report. Free the result with claim_free(). */
struct claim_result claim_check(
    const struct claim *claim, const json_t *report);

/* Free what a result holds. */
void claim_free(struct claim_result *result);

/* Return the name of a verdict, as it is printed. */
const char *claim_verdict_name(enum claim_verdict v);

/* The ratio of server a to server b, compared block by block. */
claim_measure claims_ratio;

/* The median over the runs of server a. */
claim_measure claims_figure;

/*
 * How much more a takes than b: of a's median, by the ratio b/a compared; less
 * what it is in `base`, if that is named.
 */
claim_measure claims_excess;

/* The median of server a in a scenario to that in another, `base`. */
claim_measure claims_quotient;

/*
 * A latency of server a, to the time in which it gives one of the long answers
 * that go on beside it.
 */
claim_measure claims_behind;

/* Half of the width of the A/A interval of the metric. */
claim_measure claims_half_width;

/* System calls per request of server a. */
claim_measure claims_syscalls;

/* The same, if there are processors enough for more than one core. */
claim_measure claims_cores;

/* Resident memory of server a with all connections open, in bytes. */
claim_measure claims_resident;

/* Of all programs' threaded twins, the share of lines that stand unchanged. */
claim_measure claims_unchanged_lines;

/* The share of their functions that the evented twins have, too. */
claim_measure claims_kept_functions;

/* Decisions (branches) of the evented twins to those of the threaded ones. */
claim_measure claims_decisions;

/* Functions called back, of the evented twins to the threaded ones. */
claim_measure claims_callbacks;

#endif
