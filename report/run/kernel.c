#include "report/run/kernel.h"

#include "report/clock.h"

#include <dirent.h>
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
double
kernel_busy_seconds(int cpu)
{
    uint64_t idle, iowait, steal;
    char line[512];
    FILE *in = fopen("/proc/stat", "re");
    double now, away = -1;
    int number;

    if (in == NULL)
        return 0;
    now = clock_seconds();
    while (fgets(line, sizeof(line), in) != NULL)
        if (sscanf(line,
                "cpu%d %*u %*u %*u %" SCNu64 " %" SCNu64 " %*u %*u %" SCNu64,
                &number, &idle, &iowait, &steal) == 4 &&
            number == cpu)
            away = (double)(idle + iowait + steal);
    fclose(in);
    return away < 0 ? 0 : now - away / (double)sysconf(_SC_CLK_TCK);
}

/* Tell whether a process has this name. */
static bool
is_named(const char *pid, const char *name)
{
    char path[300], found[32] = "";
    FILE *in;

    snprintf(path, sizeof(path), "/proc/%s/comm", pid);
    in = fopen(path, "re");
    if (in == NULL)
        return false;
    if (fgets(found, sizeof(found), in) != NULL)
        found[strcspn(found, "\n")] = '\0';
    fclose(in);
    return strcmp(found, name) == 0;
}

/* Look the thread up among all processes and read how long it has run. */
double
kernel_network_seconds(int cpu)
{
    DIR *all = opendir("/proc");
    const struct dirent *entry;
    char name[32], path[300];
    uint64_t ns = 0;
    FILE *in = NULL;

    if (all == NULL)
        return 0;
    snprintf(name, sizeof(name), "ksoftirqd/%d", cpu);
    while ((entry = readdir(all)) != NULL)
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' &&
            is_named(entry->d_name, name))
            break;
    if (entry != NULL) {
        snprintf(path, sizeof(path), "/proc/%s/schedstat", entry->d_name);
        in = fopen(path, "re");
    }
    closedir(all);
    if (in == NULL)
        return 0;
    if (fscanf(in, "%" SCNu64, &ns) != 1)
        ns = 0;
    fclose(in);
    return (double)ns / 1e9;
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
