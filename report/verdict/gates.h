/*
 * gates - which validity gates a cell failed, collected from its runs.
 *
 * A gate of arithmetic or correctness spoils a cell when one run fails it: then
 * something is broken. A gate that the machine's moods can trip spoils it when
 * more than one run in five does. A discarded block excuses the latter.
 */
#ifndef REPORT_GATES_H
#define REPORT_GATES_H

#include "report/metrics.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* The load has no time left, so the server may be able to do more. */
#define GATE_GENERATOR_BOUND "generator-bound"

/* Which of a scenario's runs are meant. */
struct arm {
    const char *server; /* its name; NULL = any */
    const char *arm;    /* "aa", or NULL = any but that */
    size_t block;       /* from 1; 0 = all */
};

/* Return whether a run belongs to an arm. */
bool arm_has(const struct arm *arm, const json_t *run);

/* Return whether a block of a scenario was discarded. */
bool block_is_discarded(const json_t *scenario, size_t block);

/*
 * Return whether a run's figures of a metric count: whether its block was not
 * discarded, or it does not matter, or all of them were disturbed.
 */
bool run_counts(const json_t *scenario, const json_t *run, enum metric m);

/* Return whether the server of a run broke or answered wrongly. */
bool run_has_failed(const json_t *run);

/* Return whether a run's figure is only a bound: the truth is worse. */
bool run_is_bound(const json_t *run, enum metric m);

/*
 * Count the runs of an arm, or with `spoilt_too` false those in blocks that
 * were not discarded.
 */
size_t arm_count(const json_t *scenario, const json_t *runs,
    const struct arm *arm, bool spoilt_too);

/* Return the gates that spoil a cell; the caller owns them. */
json_t *gates_collect(
    const json_t *scenario, const json_t *runs, const struct arm *arm);

/* Return whether a cell failed a gate, and that spoils a metric. */
bool gates_has(const json_t *cell, enum metric m, const char *name);

/*
 * Add to the array `names` the gates of a cell that spoil a metric, each once,
 * but for the one of the name `but`, or NULL.
 */
void gates_add_names(
    const json_t *cell, enum metric m, const char *but, json_t *names);

#endif
