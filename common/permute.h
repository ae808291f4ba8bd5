/*
 * permute - a shuffled deck that needs no memory.
 *
 * A permutation of the numbers 0 to last, chosen by a 64-bit key: every number
 * stands at exactly one index, so drawing indexes 0, 1, 2, ... never repeats a
 * number and needs no list of those already drawn. It works for any last up to
 * 2^64 - 1 (that is, 2^64 numbers) in constant time and memory.
 *
 * The method is a keyed Feistel network over the smallest even or odd number
 * of bits that holds the range, with cycle walking for the rest: J. Black and
 * P. Rogaway, "Ciphers with Arbitrary Finite Domains", CT-RSA 2002. It is made
 * for fair games, not for secrecy.
 */
#ifndef COMMON_PERMUTE_H
#define COMMON_PERMUTE_H

#include <stdint.h>

/* One permutation. A plain value: copy it, drop it, share it for reading. */
struct permutation {
    uint64_t last;      /* the largest number */
    uint64_t key;       /* which of the permutations */
    unsigned high_bits; /* width of the network's upper half */
    unsigned low_bits;  /* width of its lower half */
    unsigned rounds;    /* even; more of them for few bits */
};

/*
 * Choose the permutation of 0..last that belongs to key. The same last and key
 * give the same permutation on every machine. Cannot fail.
 */
void permute_init(struct permutation *p, uint64_t last, uint64_t key);

/*
 * The number at index (0..last; a larger index is undefined). Passes through
 * the network at most twice on average (four times for a single number).
 */
uint64_t permute_at(const struct permutation *p, uint64_t index);

/*
 * Mix 64 bits so that every input bit changes about half of the output bits: a
 * bijection, for deriving keys (the finaliser of SplitMix64: G. Steele, D. Lea
 * and C. Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014).
 */
uint64_t permute_mix(uint64_t x);

#endif
