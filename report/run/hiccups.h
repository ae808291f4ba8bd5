/*
 * hiccups - how late the machine is by itself: on each of some processors a
 * thread sleeps for a millisecond, again and again, and notes how much later
 * it woke (the idea of jHiccup). No percentile of a server can be trusted
 * below that.
 */
#ifndef REPORT_HICCUPS_H
#define REPORT_HICCUPS_H

#include <jansson.h>
#include <stddef.h>

#define HICCUPS_SLEEPS 400 /* of 1 ms each */

/*
 * Measure on `n` processors at once, in less than a second; return
 * `[{cpu, p50_ns, p97_ns, max_ns}]`, which the caller owns.
 */
json_t *hiccups_measure(const int *cpus, size_t n);

#endif
