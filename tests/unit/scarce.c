#include "tests/unit/scarce.h"

#include <errno.h>
#include <stddef.h>

/* How many calls it is to the one that fails; 0: it was, or there is none. To
 * the compiler malloc changes nothing of a program's, so it must not know. */
static volatile unsigned left;

/* What the linker makes of malloc and of calls of it (--wrap). */
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__real_reallocarray(void *memory, size_t count, size_t size);
void *__wrap_reallocarray(void *memory, size_t count, size_t size);

/* Let one call fail. */
void
scarce_call(unsigned n)
{
    left = n;
}

/* Let none fail any more. */
bool
scarce_end(void)
{
    const bool came = left == 0;

    left = 0;
    return came;
}

/* Whether a call is the one that fails. */
static bool
fails(void)
{
    if (left == 0)
        return false;
    left = left - 1;
    if (left > 0)
        return false;
    errno = ENOMEM;
    return true;
}

/* malloc, unless it fails. */
void *
__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

/* calloc, unless it fails. */
void *
__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

/* reallocarray, unless it fails. */
void *
__wrap_reallocarray(void *memory, size_t count, size_t size)
{
    return fails() ? NULL : __real_reallocarray(memory, count, size);
}
