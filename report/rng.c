#include "report/rng.h"

#include <assert.h>

/* Start a sequence. */
void
rng_seed(struct rng *rng, uint64_t seed)
{
    rng->state = seed;
}

/* Step the counter by the golden ratio and mix it. */
uint64_t
rng_next(struct rng *rng)
{
    uint64_t z = (rng->state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Draw again when a number falls in the last, incomplete round of `bound`. */
uint64_t
rng_below(struct rng *rng, uint64_t bound)
{
    uint64_t excess, x;

    assert(bound >= 1);
    excess = (0 - bound) % bound; /* 2^64 mod bound */
    do
        x = rng_next(rng);
    while (x < excess);
    return x % bound;
}
