/*
 * guard - memory that ends where a fault begins.
 *
 * What a test lays at such an end cannot be read or written past its last byte
 * unnoticed, with or without a sanitizer. There are two places, so that a
 * function can be given both its input and its output there.
 */
#ifndef TESTS_GUARD_H
#define TESTS_GUARD_H

#include <assert.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

/* The most that fits, and what stands before the guarded page. */
#define GUARD_MAX  ((size_t)2 << 20)
#define GUARD_PAGE ((size_t)65536)

/* What a place holds before anything is written to it. */
#define GUARD_FILL 0xa5

/* The last size bytes before a page that nobody may touch. */
static inline char *
guard_at(char **end, size_t size)
{
    if (*end == NULL) {
        char *start = mmap(NULL, GUARD_MAX + GUARD_PAGE, PROT_READ | PROT_WRITE,
            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        assert(start != MAP_FAILED);
        *end = start + GUARD_MAX;
        assert(mprotect(*end, GUARD_PAGE, PROT_NONE) == 0);
    }
    assert(size <= GUARD_MAX);
    return *end - size;
}

/* A copy of length bytes that ends at the guard; valid until the next one. */
static inline char *
guard_copy(const void *bytes, size_t length)
{
    static char *end;
    char *copy = guard_at(&end, length);

    if (length > 0)
        memcpy(copy, bytes, length);
    return copy;
}

/* Room for size bytes that ends at the guard; valid until the next one. */
static inline char *
guard_room(size_t size)
{
    static char *end;
    char *room = guard_at(&end, size);

    memset(room, GUARD_FILL, size);
    return room;
}

#endif
