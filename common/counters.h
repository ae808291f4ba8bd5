/*
 * counters - what a server has done, one number a fact.
 *
 * Each set of counters has a single writer (a connection's thread, a loop, the
 * holder of a lock); others may read and sum at any time. So counting costs no
 * locked instruction on the way of a request.
 */
#ifndef COMMON_COUNTERS_H
#define COMMON_COUNTERS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* In the order in which they are printed. */
enum counter {
    COUNT_ACCEPTED,    /* connections that were let in */
    COUNT_ACTIVE,      /* of these, the ones still open */
    COUNT_SERVED,      /* of these, the ones that one side ended by will */
    COUNT_REQUESTS,    /* lines that were answered or obeyed */
    COUNT_REJECTED,    /* connections for which there was no room */
    COUNT_TIMED_OUT,   /* cut for an unfinished line or idleness */
    COUNT_STALLED,     /* cut because the peer did not take its answer */
    COUNT_DROPPED_LOG, /* console records that nobody took */
    COUNT_BYTES_IN,
    COUNT_BYTES_OUT,
    COUNTER_COUNT
};

/* Zero it, or make it static, before use. */
struct counters {
    _Atomic uint64_t value[COUNTER_COUNT];
};

/* Room for counters_print: ten lines of a name and twenty digits. */
#define COUNTERS_TEXT_MAX 400

/* Add n; only the set's one writer may call it. */
void counters_add(struct counters *counters, enum counter which, uint64_t n);

/* Read one counter; from any thread. */
uint64_t counters_get(const struct counters *counters, enum counter which);

/* Add every counter of one set to another, whose writer calls. */
void counters_sum(struct counters *into, const struct counters *from);

/*
 * Write a line "name value" for each counter into text (COUNTERS_TEXT_MAX
 * bytes), as a C string; return its length. As one record of log.h it ends in
 * the empty line that tells a reader that this was all.
 */
size_t counters_print(const struct counters *counters, char *text);

#endif
