/*
 * pace - how fast a processor is at this moment.
 *
 * Whoever shares the machine from outside (a neighbour on the other thread of
 * the core, another guest of the host) slows a server and shows up nowhere:
 * nothing is stolen, nobody waits. A fixed piece of work shows it. It is a
 * system call that does next to nothing, because what servers do is mostly to
 * enter the kernel; arithmetic hardly notices a neighbour.
 */
#ifndef REPORT_PACE_H
#define REPORT_PACE_H

/*
 * Return what getppid() takes on a processor in ns, the median of 16 groups of
 * 1000 calls; NAN when the processor may not be used. The calling thread works
 * there for some 3 ms and goes back to where it was allowed to run.
 */
double pace_ns(int cpu);

#endif
