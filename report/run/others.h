/*
 * others - how much processor time the processes of others have used.
 *
 * What a processor does that belongs to neither the load nor the server need
 * not be others' work: the kernel falls asleep and wakes up, takes interrupts
 * and clears away threads that have ended, for nobody's account. So those that
 * could be in the way are looked at themselves.
 */
#ifndef REPORT_OTHERS_H
#define REPORT_OTHERS_H

#include <sys/types.h>

/*
 * Return the processor time in seconds that all processes have used but this
 * one, server `pid` (as in resources.h; 0 = no server) and the kernel's own, on
 * any processor, with that of children that ended and were waited for. A
 * process that ends takes its time along until its parent has waited for it, so
 * only differences that are not negative tell something. Children are exact to
 * 0.01 s each. NAN when processes are hidden, as in a container. Takes some 10
 * us for each process.
 */
double others_cpu_seconds(pid_t pid);

#endif
