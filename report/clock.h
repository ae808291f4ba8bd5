/*
 * clock - the one clock of compare: monotonic, read without a system call, and
 * the same for all processes, so that times of different ones compare.
 */
#ifndef REPORT_CLOCK_H
#define REPORT_CLOCK_H

#include <stdint.h>

/* Return the time in ns, since an arbitrary moment. */
uint64_t clock_ns(void);

/* Return the same in seconds. */
double clock_seconds(void);

#endif
