/*
 * A preload that makes any server slower by a known share of the processor
 * time that it uses: after each send() the calling thread burns SLOW per cent
 * of what it has used since the one before.
 *
 *     SLOW=10 LD_PRELOAD=build/tests/slow.so build/threaded/guess-server
 *
 * What compare says of such a server is thus known beforehand; tests/planted.py
 * looks.
 */

#include <dlfcn.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <time.h>

/* Return the processor time of this thread in ns. */
static long long
used_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* Burn a share of what was used since the last time. */
static void
burn(void)
{
    static _Thread_local long long last;
    static double share = -1;
    long long now = used_ns(), end;

    if (share < 0)
        share = getenv("SLOW") != NULL ? atof(getenv("SLOW")) / 100 : 0;
    if (last == 0)
        last = now;
    end = now + (long long)((double)(now - last) * share);
    while ((last = used_ns()) < end)
        continue;
}

/* As in the C library, and slower. */
ssize_t
send(int fd, const void *bytes, size_t n, int flags)
{
    static ssize_t (*real)(int, const void *, size_t, int);
    ssize_t result;

    if (real == NULL)
        *(void **)&real = dlsym(RTLD_NEXT, "send");
    result = real(fd, bytes, n, flags);
    burn();
    return result;
}
