/*
 * fuzz - what the fuzz targets share.
 *
 * Each fuzz_NAME.c here is one target: a function that is given bytes and
 * asserts what must hold for any bytes. libFuzzer (make fuzz) or replay.c (make
 * check) calls it; tests/corpus/NAME/ holds inputs worth keeping, among them
 * every one that ever failed.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Try one input; always 0, as libFuzzer wants it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte of the input, which is taken off it; 0 when it is empty. */
static inline uint8_t
fuzz_take(const uint8_t **data, size_t *size)
{
    if (*size == 0)
        return 0;
    (*size)--;
    return *(*data)++;
}

/* Where a segment that begins at from ends, for inputs cut by this byte: 0
 * leaves the input in one piece, n makes pieces of about n bytes. */
static inline size_t
fuzz_cut(uint8_t cut, size_t from, size_t size)
{
    const size_t length = cut == 0 ? size : 1 + (from * 7 + cut) % cut;

    return length < size - from ? from + length : size;
}

/* A copy of exactly length bytes, so that a sanitizer sees what is read beyond
 * them; to be freed. */
static inline void *
fuzz_copy(const void *bytes, size_t length)
{
    void *copy = calloc(length > 0 ? length : 1, 1);

    assert(copy != NULL);
    if (length > 0)
        memcpy(copy, bytes, length);
    return copy;
}

#endif
