#include "common/counters.h"

#include <inttypes.h>
#include <stdio.h>

static const char *const names[COUNTER_COUNT] = {
    [COUNT_ACCEPTED] = "accepted",
    [COUNT_ACTIVE] = "active",
    [COUNT_SERVED] = "served",
    [COUNT_REQUESTS] = "requests",
    [COUNT_REJECTED] = "rejected",
    [COUNT_TIMED_OUT] = "timed_out",
    [COUNT_STALLED] = "stalled",
    [COUNT_DROPPED_LOG] = "dropped_log",
    [COUNT_BYTES_IN] = "bytes_in",
    [COUNT_BYTES_OUT] = "bytes_out",
};

/* Read one counter. */
uint64_t
counters_get(const struct counters *counters, enum counter which)
{
    return atomic_load_explicit(&counters->value[which], memory_order_relaxed);
}

/* Add n. */
void
counters_add(struct counters *counters, enum counter which, uint64_t n)
{
    atomic_store_explicit(&counters->value[which],
        counters_get(counters, which) + n, memory_order_relaxed);
}

/* Add every counter of one set to another. */
void
counters_sum(struct counters *into, const struct counters *from)
{
    for (enum counter i = 0; i < COUNTER_COUNT; i++)
        counters_add(into, i, counters_get(from, i));
}

/* Write a line "name value" for each counter. */
size_t
counters_print(const struct counters *counters, char *text)
{
    size_t length = 0;

    for (enum counter i = 0; i < COUNTER_COUNT; i++)
        length += (size_t)snprintf(text + length, COUNTERS_TEXT_MAX - length,
            "%s %" PRIu64 "\n", names[i], counters_get(counters, i));
    return length;
}
