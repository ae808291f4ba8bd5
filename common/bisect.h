/*
 * bisect - close in on a secret by "warmer" and "colder".
 *
 * The puzzle known as Hotter Colder: each guess after the first is answered by
 * whether it is nearer to the secret than the guess before it. Two guesses
 * that lie mirrored about the middle of what is left halve it, so each guess
 * mirrors the last one where the range allows. N numbers take about
 * log2(N) + 1 guesses on average, never more than 2 log2(N) + 2, and at most
 * 13 for a thousand (the simple way of two guesses a halving takes 20).
 *
 * No number is guessed twice, also when the answers tell nothing or contradict
 * each other: after BISECT_TRIES guesses, or when no number fits the answers,
 * the rest of the range follows in the shuffled order of permute.h. So time
 * and memory per guess stay constant.
 *
 * Numbers here are offsets, 0 to last; guess.c adds the lower end.
 */
#ifndef COMMON_BISECT_H
#define COMMON_BISECT_H

#include "common/permute.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Twice the bits of the largest range, and some for honest players' doubts. */
#define BISECT_TRIES 160

/* What the player said of the last guess, compared with the one before. */
enum bisect_hint {
    BISECT_NEARER,
    BISECT_FARTHER,
    BISECT_EQUAL,
    BISECT_UNKNOWN, /* no comparison; the guess itself is still wrong */
};

/* One search. About 1.4 KiB; a plain value without further memory. */
struct bisect {
    uint64_t low, high; /* what still fits the answers, while !shuffling */
    uint64_t last;
    uint64_t tried[BISECT_TRIES];
    size_t tries;
    bool shuffling; /* the answers led nowhere: the rest, shuffled */
    bool exhausted;
    uint64_t index; /* of the next shuffled number */
    struct permutation rest;
};

/* Start on 0..last; key orders the numbers if answers lead nowhere. */
void bisect_init(struct bisect *b, uint64_t last, uint64_t key);

/* The next guess, never one made before; false: every number was guessed. */
bool bisect_next(struct bisect *b, uint64_t *guess);

/* Take in the answer to the last guess; without a guess, nothing happens. */
void bisect_answer(struct bisect *b, enum bisect_hint hint);

#endif
