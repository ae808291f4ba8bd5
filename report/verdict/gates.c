#include "report/verdict/gates.h"

#include "report/values.h"
#include "report/view.h"

#include <string.h>

#define ONE_IN 5 /* runs may fail a gate of the machine's moods */

/* Gates that one run is enough for. */
static const char *const strict[] = { "Little's law", "utilisation",
    "wrong replies", "counters differ", "percentiles", "failed" };

/* Tell whether a run is meant. */
bool
arm_has(const struct arm *arm, const json_t *run)
{
    const char *is = get_text(run, "arm");
    bool same =
        arm->arm != NULL ? strcmp(is, arm->arm) == 0 : strcmp(is, "aa") != 0;

    return same &&
           (arm->server == NULL ||
               strcmp(get_text(run, "server"), arm->server) == 0) &&
           (arm->block == 0 || get_number(run, "block") == (double)arm->block);
}

/* Look a block up among the discarded. */
bool
block_is_discarded(const json_t *scenario, size_t block)
{
    const json_t *number;
    size_t i;

    json_array_foreach(json_object_get(scenario, "discarded_blocks"), i, number)
        if (json_integer_value(number) == (json_int_t)block)
            return true;
    return false;
}

/* Look at the block. */
bool
run_counts(const json_t *scenario, const json_t *run, enum metric m)
{
    return !metrics[m].timed || get_bool(scenario, "too_noisy") ||
           !block_is_discarded(scenario, get_count(run, "block"));
}

/* Look for the gate. */
bool
run_has_failed(const json_t *run)
{
    return view_named(run, "gates", "name", "failed") != NULL;
}

/* Look for the metric among those that are. */
bool
run_is_bound(const json_t *run, enum metric m)
{
    const json_t *key;
    size_t i;

    json_array_foreach(json_object_get(run, "at_least"), i, key)
        if (strcmp(text_of(key), metrics[m].key) == 0)
            return true;
    return false;
}

/* Count the runs of an arm, and those of them that are in no spoilt block. */
size_t
arm_count(const json_t *scenario, const json_t *runs, const struct arm *arm,
    bool spoilt_too)
{
    const json_t *run;
    size_t i, n = 0;

    json_array_foreach(runs, i, run)
        if (arm_has(arm, run))
            n += spoilt_too ||
                 !block_is_discarded(scenario, get_count(run, "block"));
    return n;
}

/* Tell whether one failure is enough. */
static bool
is_strict(const char *gate)
{
    for (size_t i = 0; i < sizeof(strict) / sizeof(strict[0]); i++)
        if (strcmp(gate, strict[i]) == 0)
            return true;
    return false;
}

/* Find a gate of the same name that spoils the same metrics. */
static json_t *
gate_find(const json_t *gates, const json_t *like)
{
    json_t *gate;
    size_t i;

    json_array_foreach(gates, i, gate)
        if (strcmp(get_text(gate, "name"), get_text(like, "name")) == 0 &&
            json_equal(json_object_get(gate, "metrics"),
                json_object_get(like, "metrics")))
            return gate;
    return NULL;
}

/*
 * Collect the gates that the runs of an arm failed, with how many did; who
 * failed one for two reasons is one run.
 */
static json_t *
tally_gates(const json_t *scenario, const json_t *runs, const struct arm *arm)
{
    json_t *tally = json_array(), *seen;
    const json_t *run, *gate;
    size_t i, k;

    json_array_foreach(runs, i, run) {
        size_t block = get_count(run, "block");

        if (!arm_has(arm, run))
            continue;
        json_array_foreach(json_object_get(run, "gates"), k, gate) {
            const char *name = get_text(gate, "name");

            seen = gate_find(tally, gate);
            if (block_is_discarded(scenario, block) && !is_strict(name))
                continue;
            if (seen == NULL) {
                seen = json_deep_copy(gate);
                json_object_set_new(seen, "runs", json_integer(0));
                json_array_append_new(tally, seen);
            } else if (get_number(seen, "last") == (double)i) {
                continue;
            }
            json_object_set_new(seen, "last", value_count(i));
            json_object_set_new(
                seen, "runs", value_count(get_count(seen, "runs") + 1));
        }
    }
    json_array_foreach(tally, i, seen)
        json_object_del(seen, "last");
    return tally;
}

/* Keep of the tally what spoils the cell. */
json_t *
gates_collect(const json_t *scenario, const json_t *runs, const struct arm *arm)
{
    size_t count = arm_count(scenario, runs, arm, false), i;
    json_t *tally = tally_gates(scenario, runs, arm), *kept = json_array();
    json_t *gate;

    json_array_foreach(tally, i, gate)
        if (is_strict(get_text(gate, "name")) ||
            get_number(gate, "runs") * ONE_IN > (double)count)
            json_array_append(kept, gate);
    json_decref(tally);
    return kept;
}

/* Tell whether a gate spoils a metric. */
static bool
spoils(const json_t *gate, enum metric m)
{
    const json_t *key;
    size_t i;

    json_array_foreach(json_object_get(gate, "metrics"), i, key)
        if (strcmp(text_of(key), "*") == 0 ||
            strcmp(text_of(key), metrics[m].key) == 0)
            return true;
    return false;
}

/* Look for the gate. */
bool
gates_has(const json_t *cell, enum metric m, const char *name)
{
    const json_t *gate;
    size_t i;

    json_array_foreach(json_object_get(cell, "gates"), i, gate)
        if (strcmp(get_text(gate, "name"), name) == 0 && spoils(gate, m))
            return true;
    return false;
}

/* Add the names. */
void
gates_add_names(
    const json_t *cell, enum metric m, const char *but, json_t *names)
{
    const json_t *gate, *name;
    size_t i, k;

    json_array_foreach(json_object_get(cell, "gates"), i, gate) {
        const char *is = get_text(gate, "name");
        bool there = but != NULL && strcmp(is, but) == 0;

        json_array_foreach(names, k, name)
            there = there || strcmp(text_of(name), is) == 0;
        if (!there && spoils(gate, m))
            json_array_append_new(names, json_string(is));
    }
}
