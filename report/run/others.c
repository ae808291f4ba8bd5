#include "report/run/others.h"

#include "report/run/resources.h"

#include <dirent.h>
#include <err.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KERNEL_THREAD 0x00200000   /* PF_KTHREAD among the flags of a process */
#define KERNEL_PARENT 2            /* of the kernel's threads */
#define NETWORK       "ksoftirqd/" /* and the number of its processor */
#define TOOK          0.01         /* seconds, or nobody is named */

/* What /proc tells of a process. */
struct stat_line {
    struct other other;
    pid_t group;
};

/* Copy the name of a program, in which anything may stand. */
static void
copy_name(char to[64], const char *from, const char *end)
{
    size_t n = 0;

    for (; from < end && n < 63; from++)
        to[n++] = *from >= ' ' && *from <= '~' ? *from : '?';
    to[n] = '\0';
}

/* Read the line; -1 when the process is gone. */
static int
read_stat(const char *proc, pid_t pid, struct stat_line *stat)
{
    char path[512], line[1024];
    unsigned flags;
    int64_t own, own_system, user, system;
    const char *rest;
    double tick = (double)sysconf(_SC_CLK_TCK);
    int threads;
    FILE *in;

    snprintf(path, sizeof(path), "%s/%d/stat", proc, pid);
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
            ") %*c %*d %d %*d %*d %*d %u %*u %*u %*u %*u %" SCNd64 " %" SCNd64
            " %" SCNd64 " %" SCNd64 " %*d %*d %d %*d %*u %*u %*d %*u %*u %*u"
            " %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*d %d",
            &stat->group, &flags, &own, &own_system, &user, &system, &threads,
            &stat->other.cpu) != 8)
        return -1;
    copy_name(stat->other.name, line + strcspn(line, "(") + 1, rest);
    stat->other.is_kernel = (flags & KERNEL_THREAD) != 0;
    stat->other.pid = pid;
    if (threads > 1)
        stat->other.cpu = -1;
    /* The clock is exact; ticks are what is left of one that has ended. */
    stat->other.seconds = fmax((double)resources_cpu_ns(pid) / 1e9,
                              (double)(own + own_system) / tick) +
                          (double)(user + system) / tick;
    return 0;
}

/* Tell whether all are seen: whoever sees the parent of the kernel's threads
 * does. */
static bool
all_are_visible(const char *proc)
{
    struct stat_line stat;

    return read_stat(proc, KERNEL_PARENT, &stat) == 0 && stat.other.is_kernel;
}

/* Add a process. */
static void
add(struct others *o, const struct other *other)
{
    if ((o->count & (o->count - 1)) == 0) { /* it is full */
        size_t room = o->count > 0 ? 2 * o->count : 1;

        o->each = reallocarray(o->each, room, sizeof(*o->each));
        if (o->each == NULL)
            err(1, NULL);
    }
    o->each[o->count++] = *other;
    if (!other->is_kernel)
        o->seconds += other->seconds;
}

/* Tell whether a thread of the kernel is one for network work. */
static bool
is_network(const struct other *other)
{
    return strncmp(other->name, NETWORK, strlen(NETWORK)) == 0;
}

/* Order by pid. */
static int
by_pid(const void *a, const void *b)
{
    const struct other *x = a, *y = b;

    return (x->pid > y->pid) - (x->pid < y->pid);
}

/* Read the clocks of all other processes. */
struct others
others_read(const char *proc, pid_t pid)
{
    struct others o = { .seconds = NAN };
    const struct dirent *entry;
    DIR *all;

    if (!all_are_visible(proc) || (all = opendir(proc)) == NULL)
        return o;
    o.seconds = 0;
    while ((entry = readdir(all)) != NULL) {
        pid_t other = (pid_t)strtol(entry->d_name, NULL, 10);
        struct stat_line stat;

        if (other > 0 && other != getpid() && other != pid &&
            read_stat(proc, other, &stat) == 0 &&
            (!stat.other.is_kernel || is_network(&stat.other)) &&
            (pid >= 0 || stat.group != -pid))
            add(&o, &stat.other);
    }
    closedir(all);
    if (o.count > 0)
        qsort(o.each, o.count, sizeof(*o.each), by_pid);
    return o;
}

/* Find how long the one of a processor had run. */
static double
network_of(const struct others *o, int cpu)
{
    for (size_t i = 0; i < o->count; i++)
        if (o->each[i].is_kernel &&
            atoi(o->each[i].name + strlen(NETWORK)) == cpu)
            return o->each[i].seconds;
    return 0;
}

/* Subtract. */
double
others_network(const struct others *before, const struct others *after, int cpu)
{
    return network_of(after, cpu) - network_of(before, cpu);
}

/* Free them. */
void
others_free(struct others *others)
{
    free(others->each);
    others->each = NULL;
    others->count = 0;
}

/* Order by what was taken, most first, and then by name. */
static int
by_seconds(const void *a, const void *b)
{
    const struct other *x = a, *y = b;

    if (x->seconds != y->seconds)
        return x->seconds < y->seconds ? 1 : -1;
    return strcmp(x->name, y->name);
}

/* Add what a process took to that of its name. */
static void
add_named(struct others *o, const struct other *other)
{
    for (size_t i = 0; i < o->count; i++)
        if (strcmp(o->each[i].name, other->name) == 0) {
            o->each[i].seconds += other->seconds;
            return;
        }
    add(o, other);
}

/* Find what each took, and name those with the most. */
json_t *
others_named(const struct others *before, const struct others *after, int cpu,
    int other_cpu)
{
    struct others named = { .each = NULL };
    json_t *all = json_array();

    for (size_t i = 0, k = 0; i < after->count; i++) {
        struct other took = after->each[i];

        while (k < before->count && before->each[k].pid < took.pid)
            k++;
        if (k < before->count && before->each[k].pid == took.pid)
            took.seconds -= before->each[k].seconds;
        if (took.seconds > 0 && !took.is_kernel &&
            (cpu == -1 || took.cpu == -1 || took.cpu == cpu ||
                took.cpu == other_cpu))
            add_named(&named, &took);
    }
    if (named.count > 0)
        qsort(named.each, named.count, sizeof(*named.each), by_seconds);
    for (size_t i = 0; i < named.count && i < OTHERS_NAMED; i++)
        if (named.each[i].seconds >= TOOK)
            json_array_append_new(
                all, json_pack("{s:s, s:f}", "name", named.each[i].name,
                         "cpu_seconds", named.each[i].seconds));
    others_free(&named);
    return all;
}
