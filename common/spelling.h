/*
 * spelling - how far a word is from another.
 *
 * Nothing here allocates or fails.
 */
#ifndef COMMON_SPELLING_H
#define COMMON_SPELLING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* No word that is compared may be longer, in bytes. */
#define SPELLING_WORD_MAX 32

/*
 * How many letters have to be changed, left out, put in, or exchanged with the
 * next one to make one word of the other; no letter is touched twice (optimal
 * string alignment). The words have at most SPELLING_WORD_MAX bytes.
 */
unsigned spelling_distance(
    const char *one, size_t one_length, const char *two, size_t two_length);

/* The letters of a word, one bit each. Whoever compares a word with many looks
 * at these first: words are not within limit of each other when one has more
 * than limit letters that the other lacks. */
uint32_t spelling_letters(const char *word, size_t length);

/* Whether words with these letters may be within limit of each other. */
bool spelling_may_match(uint32_t one, uint32_t two, unsigned limit);

/* How many different letters a misspelt word of so many bytes may have: one
 * from four on, two from seven on. */
unsigned spelling_tolerance(size_t length);

#endif
