/*
 * normal - normal numbers for what is simulated in tests.
 */
#ifndef TESTS_NORMAL_H
#define TESTS_NORMAL_H

#include "report/rng.h"

#include <math.h>

/* Return a number of the standard normal distribution (Box and Muller). */
static inline double
normal(struct rng *rng)
{
    double u = (double)(rng_next(rng) >> 11) * 0x1p-53 + 0x1p-54;
    double v = (double)(rng_next(rng) >> 11) * 0x1p-53;

    return sqrt(-2 * log(u)) * cos(2 * M_PI * v);
}

#endif
