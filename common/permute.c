#include "common/permute.h"

/* The odd 64-bit number nearest to 2^64 / golden ratio: spreads counters. */
static const uint64_t golden = 0x9e3779b97f4a7c15;

/*
 * The fewer the bits, the more rounds fairness takes: over all orders of five
 * or six numbers, up to 18 rounds fail a chi-square test, 20 and more pass.
 */
#define SMALL_BITS   16
#define SMALL_ROUNDS 24
#define LARGE_ROUNDS 6

/* Mix 64 bits into 64 others, one to one. */
uint64_t
permute_mix(uint64_t x)
{
    x ^= x >> 30;
    x *= 0xbf58476d1ce4e5b9;
    x ^= x >> 27;
    x *= 0x94d049bb133111eb;
    x ^= x >> 31;
    return x;
}

/* The lowest bits of a word, up to 32 of them. */
static uint64_t
low_mask(unsigned bits)
{
    return ((uint64_t)1 << bits) - 1;
}

/* Choose the permutation of 0..last that belongs to key. */
void
permute_init(struct permutation *p, uint64_t last, uint64_t key)
{
    unsigned bits = 2;

    while (bits < 64 && last >> bits != 0)
        bits++;
    p->last = last;
    p->key = permute_mix(key + golden);
    p->high_bits = bits / 2;
    p->low_bits = bits - p->high_bits;
    p->rounds = bits <= SMALL_BITS ? SMALL_ROUNDS : LARGE_ROUNDS;
}

/* One pass through the network: a permutation of all words of its width. */
static uint64_t
pass(const struct permutation *p, uint64_t x)
{
    const uint64_t high_mask = low_mask(p->high_bits);
    const uint64_t lower_mask = low_mask(p->low_bits);
    uint64_t high = x >> p->low_bits;
    uint64_t low = x & lower_mask;
    uint64_t key = p->key;

    for (unsigned i = 0; i < p->rounds; i += 2) {
        key += golden;
        high ^= permute_mix(low ^ key) & high_mask;
        key += golden;
        low ^= permute_mix(high ^ key) & lower_mask;
    }
    return high << p->low_bits | low;
}

/* The number at index: walk the cycle until it is back within the range. */
uint64_t
permute_at(const struct permutation *p, uint64_t index)
{
    do
        index = pass(p, index);
    while (index > p->last);
    return index;
}
