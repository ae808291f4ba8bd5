#include "report/run/kernel.h"

#include "report/clock.h"

#include <inttypes.h>
#include <linux/io_uring.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES 16384

const char *const kernel_names[KERNEL_COUNTERS] = {
    "ListenOverflows",
    "ListenDrops",
    "TCPReqQFullDrop",
    "TCPReqQFullDoCookies",
    "OutSegs",
    "RetransSegs",
    "TCPSynRetrans",
    "TCPTimeouts",
    "TCPMemoryPressures",
    "TCPBacklogDrop",
    "TCPRcvQDrop",
    "TCPAbortOnMemory",
};

/* Set the counters that a pair of lines, names and values, tells of. */
static void
take_lines(struct kernel_counters *k, char *names, char *values)
{
    char *rest_names, *rest_values;
    char *name = strtok_r(names, " \n", &rest_names);
    char *value = strtok_r(values, " \n", &rest_values);

    while (name != NULL && value != NULL) {
        for (size_t i = 0; i < KERNEL_COUNTERS; i++)
            if (strcmp(name, kernel_names[i]) == 0)
                k->value[i] = strtoull(value, NULL, 10);
        name = strtok_r(NULL, " \n", &rest_names);
        value = strtok_r(NULL, " \n", &rest_values);
    }
}

/* Read one file of line pairs. */
static void
take_file(struct kernel_counters *k, const char *path)
{
    static char names[LINE_MAX_BYTES], values[LINE_MAX_BYTES];
    FILE *in = fopen(path, "re");

    if (in == NULL)
        return;
    while (fgets(names, sizeof(names), in) != NULL &&
           fgets(values, sizeof(values), in) != NULL)
        take_lines(k, names, values);
    fclose(in);
}

/* Read all of them. */
struct kernel_counters
kernel_read(void)
{
    struct kernel_counters k = { { 0 } };

    take_file(&k, "/proc/net/netstat");
    take_file(&k, "/proc/net/snmp");
    return k;
}

/* Add. */
struct kernel_counters
kernel_sum(const struct kernel_counters *a, const struct kernel_counters *b)
{
    struct kernel_counters k = *a;

    for (size_t i = 0; i < KERNEL_COUNTERS; i++)
        k.value[i] += b->value[i];
    return k;
}

/* Subtract. */
struct kernel_counters
kernel_growth(
    const struct kernel_counters *before, const struct kernel_counters *after)
{
    struct kernel_counters k = *after;

    for (size_t i = 0; i < KERNEL_COUNTERS; i++)
        k.value[i] -= before->value[i];
    return k;
}

/*
 * Take from the time what the processor was idle or taken away. The kernel
 * adds up idle time by the clock, but busy time by looking at each tick.
 */
struct kernel_cpu
kernel_cpu_seconds(int cpu)
{
    const double tick = (double)sysconf(_SC_CLK_TCK), now = clock_seconds();
    struct kernel_cpu found = { 0, 0 };
    uint64_t idle, iowait, steal;
    char line[512];
    FILE *in = fopen("/proc/stat", "re");
    int number;

    if (in == NULL)
        return found;
    /* The first line, "cpu  ", has no number of a processor. */
    while (fgets(line, sizeof(line), in) != NULL)
        if (strncmp(line, "cpu ", 4) != 0 &&
            sscanf(line,
                "cpu%d %*u %*u %*u %" SCNu64 " %" SCNu64 " %*u %*u %" SCNu64,
                &number, &idle, &iowait, &steal) == 4 &&
            (cpu == KERNEL_ALL_CPUS || number == cpu)) {
            found.busy += now - (double)(idle + iowait + steal) / tick;
            found.stolen += (double)steal / tick;
        }
    fclose(in);
    return found;
}

/* Older headers do not know the one that Linux 6.1 brought. */
#define SINGLE_ISSUER (1u << 12)
#define DEFER_TASKRUN (1u << 13)

/* Make one, and close it. */
bool
kernel_has_io_uring(void)
{
    struct io_uring_params how = { .flags = SINGLE_ISSUER | DEFER_TASKRUN };
    const int ring = (int)syscall(SYS_io_uring_setup, 1, &how);

    if (ring != -1)
        close(ring);
    return ring != -1;
}
