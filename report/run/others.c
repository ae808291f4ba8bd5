#include "report/run/others.h"

#include "report/run/resources.h"

#include <dirent.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KERNEL_THREAD 0x00200000 /* PF_KTHREAD among the flags of a process */

/* What /proc tells of a process. */
struct stat_line {
    pid_t group;
    bool is_kernel;
    double children; /* seconds, of those that it waited for */
};

/* Read the line; -1 when the process is gone. */
static int
read_stat(pid_t pid, struct stat_line *stat)
{
    char path[64], line[1024];
    unsigned flags;
    int64_t user, system;
    const char *rest;
    FILE *in;

    snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    in = fopen(path, "re");
    if (in == NULL)
        return -1;
    if (fgets(line, sizeof(line), in) == NULL)
        line[0] = '\0';
    fclose(in);
    /* A name may hold anything, so its end is the last parenthesis. */
    rest = strrchr(line, ')');
    if (rest == NULL ||
        sscanf(rest,
            ") %*c %*d %d %*d %*d %*d %u %*u %*u %*u %*u %*u %*u %" SCNd64
            " %" SCNd64,
            &stat->group, &flags, &user, &system) != 4)
        return -1;
    stat->is_kernel = (flags & KERNEL_THREAD) != 0;
    stat->children = (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
    return 0;
}

/* Whoever sees the parent of the kernel's threads sees every process. */
static bool
all_are_visible(void)
{
    struct stat_line stat;

    return read_stat(2, &stat) == 0 && stat.is_kernel;
}

/* Add up the clocks of all other processes. */
double
others_cpu_seconds(pid_t pid)
{
    const struct dirent *entry;
    double sum = 0;
    DIR *all;

    if (!all_are_visible() || (all = opendir("/proc")) == NULL)
        return NAN;
    while ((entry = readdir(all)) != NULL) {
        pid_t other = (pid_t)strtol(entry->d_name, NULL, 10);
        struct stat_line stat;

        if (other <= 0 || other == getpid() || other == pid ||
            read_stat(other, &stat) == -1 || stat.is_kernel ||
            (pid < 0 && stat.group == -pid))
            continue;
        sum += (double)resources_cpu_ns(other) / 1e9 + stat.children;
    }
    closedir(all);
    return sum;
}
