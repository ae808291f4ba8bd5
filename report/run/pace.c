#include "report/run/pace.h"

#include "report/clock.h"
#include "report/median.h"

#include <err.h>
#include <math.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#define GROUPS 16
#define CALLS  1000

/* Go there, work, come back. */
double
pace_ns(int cpu)
{
    double took[GROUPS];
    cpu_set_t home, there;

    CPU_ZERO(&there);
    if (cpu < 0 || cpu >= CPU_SETSIZE ||
        sched_getaffinity(0, sizeof(home), &home) == -1)
        return NAN;
    CPU_SET((size_t)cpu, &there);
    if (sched_setaffinity(0, sizeof(there), &there) == -1)
        return NAN;
    for (int g = 0; g < GROUPS; g++) {
        uint64_t start = clock_ns();

        for (int i = 0; i < CALLS; i++)
            syscall(SYS_getppid);
        took[g] = (double)(clock_ns() - start) / CALLS;
    }
    if (sched_setaffinity(0, sizeof(home), &home) == -1)
        err(1, "sched_setaffinity");
    return median_of(took, GROUPS);
}
