/*
 * others - how much processor time the processes of others have used, and
 * which they are.
 *
 * What a processor does that belongs to neither the load nor the server need
 * not be others' work: the kernel falls asleep and wakes up, takes interrupts
 * and clears away threads that have ended, for nobody's account. So those that
 * could be in the way are looked at themselves.
 */
#ifndef REPORT_OTHERS_H
#define REPORT_OTHERS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define OTHERS_NAMED 3 /* that took the most */

/* What one process has used. */
struct other {
    pid_t pid;
    char name[64];  /* of its program, in ASCII */
    int cpu;        /* that its only thread ran on last; -1 = it has several */
    double seconds; /* with its children that ended and were waited for */
    bool is_kernel; /* one of its threads for network work: no other's */
};

/* What all of them have used. */
struct others {
    struct other *each; /* rising in pid */
    size_t count;
    double seconds; /* in all; NAN when processes are hidden, as in containers
                     */
};

/*
 * Read what all processes have used but this one, server `pid` (as in
 * resources.h; 0 = no server) and the kernel's own, on any processor, from
 * `proc`, "/proc". A process that ends takes its time along until its parent
 * has waited for it, so only differences that are not negative tell something.
 * Children are exact to 0.01 s each. Takes some 10 us for each process. Free
 * with others_free(). End the program when memory runs out.
 */
struct others others_read(const char *proc, pid_t pid);

/*
 * Return how long, between two readings, the kernel's thread for network work
 * that had to be put off (ksoftirqd) ran on a processor, in seconds; 0 when
 * unknown. That work belongs to the load and the server.
 */
double others_network(
    const struct others *before, const struct others *after, int cpu);

/* Free what was read. */
void others_free(struct others *others);

/*
 * Return those that took the most between two readings, at least 0.01 s each,
 * as `[{name, cpu_seconds}]`, the first the most; programs of one name count as
 * one. Processes that ran on neither of the two processors are left out, if
 * that is known; -1 stands for any. The caller owns the result.
 */
json_t *others_named(const struct others *before, const struct others *after,
    int cpu, int other_cpu);

#endif
