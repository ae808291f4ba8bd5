/*
 * median - the middle of some readings.
 */
#ifndef REPORT_MEDIAN_H
#define REPORT_MEDIAN_H

#include <stddef.h>

/*
 * Return the median of v[0..n), among which there is no NAN, and which it
 * sorts; NAN when n is 0.
 */
double median_of(double *v, size_t n);

#endif
