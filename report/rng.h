/*
 * rng - random numbers that can be had again: the same seed gives the same
 * blocks, the same conversations and so the same comparison. SplitMix64
 * (Steele, Lea and Flood, "Fast splittable pseudorandom number generators",
 * 2014). Not for secrets.
 */
#ifndef REPORT_RNG_H
#define REPORT_RNG_H

#include <stdint.h>

struct rng {
    uint64_t state;
};

/* Start a sequence from a seed; every seed is as good as any other. */
void rng_seed(struct rng *rng, uint64_t seed);

/* Return the next 64 random bits. */
uint64_t rng_next(struct rng *rng);

/* Return a number from 0 to bound - 1, each equally likely; bound >= 1. */
uint64_t rng_below(struct rng *rng, uint64_t bound);

#endif
