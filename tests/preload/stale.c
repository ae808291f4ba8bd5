/*
 * stale - a library to preload: whenever a thread looks at the coarse clock
 * for the first time in a while, that has not ticked yet, and at the second
 * look it has. This is so by chance of any two looks, and seldom; who takes
 * two looks for one is found out.
 */
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define TICK_NS  4000000 /* of a kernel of 250 Hz */
#define WHILE_NS (2 * TICK_NS)

/* Read a clock; of the coarse one, see above. */
int
clock_gettime(clockid_t clock, struct timespec *time)
{
    static _Thread_local int64_t last;
    int64_t now;

    if (clock != CLOCK_MONOTONIC_COARSE)
        return (int)syscall(SYS_clock_gettime, clock, time);
    if (syscall(SYS_clock_gettime, CLOCK_MONOTONIC, time) != 0)
        return -1;
    now = time->tv_sec * INT64_C(1000000000) + time->tv_nsec;
    if (now - last < WHILE_NS) {
        last = now;
        return 0;
    }
    last = now;
    now -= TICK_NS;
    *time = (struct timespec) { .tv_sec = now / 1000000000,
        .tv_nsec = now % 1000000000 };
    return 0;
}
