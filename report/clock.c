#include "report/clock.h"

#include <time.h>

/* Read it; it cannot fail. */
uint64_t
clock_ns(void)
{
    struct timespec now = { 0 };

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

/* Read it. */
double
clock_seconds(void)
{
    return (double)clock_ns() / 1e9;
}
