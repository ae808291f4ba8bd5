/*
 * kernel - counters of the kernel's network code that must stand still while
 * something is measured: a dropped connection or a segment sent again means
 * that the kernel, not the server, made somebody wait. (Overflow of TIME-WAIT
 * does not count.) OutSegs says how many segments there were in all.
 */
#ifndef REPORT_KERNEL_H
#define REPORT_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KERNEL_COUNTERS 12

/* Their names, as in /proc/net/netstat and /proc/net/snmp. */
extern const char *const kernel_names[KERNEL_COUNTERS];

struct kernel_counters {
    uint64_t value[KERNEL_COUNTERS];
};

/* Read the counters of this network namespace; those not there are 0. */
struct kernel_counters kernel_read(void);

/* Return the sum of two, as of two network namespaces. */
struct kernel_counters kernel_sum(
    const struct kernel_counters *a, const struct kernel_counters *b);

/* Return how much each one has grown from `before` to `after`. */
struct kernel_counters kernel_growth(
    const struct kernel_counters *before, const struct kernel_counters *after);

/* Return whether programs may use io_uring as the bare control does: Linux has
 * it from 6.1 on, and some systems forbid it. */
bool kernel_has_io_uring(void);

/* What a processor did, in seconds from some moment on; 0 when unknown. */
struct kernel_cpu {
    /* Anything. Differences are exact to 0.02 s where the kernel stops its tick
     * on an idle processor, as usual; elsewhere it looks at each tick only. */
    double busy;
    double stolen; /* nothing, as a hypervisor had taken it */
};

#define KERNEL_ALL_CPUS (-2) /* -1 is none */

/* Return what processor `cpu` did, or all of them together. */
struct kernel_cpu kernel_cpu_seconds(int cpu);

#endif
