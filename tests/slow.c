/*
 * A preload that makes any server slower by a known share of the processor
 * time that it uses: after some of its calls of send() a thread burns SLOW per
 * cent of what it has used for its work until then, and has not burned yet.
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

#define EVERY 16 /* sends: reading that clock is a system call */

/* Return the processor time of this thread in ns. */
static long long
used_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* Burn what this thread owes: a share of all that it used for its work. */
static void
burn(void)
{
    static _Thread_local long long burned;
    static _Thread_local unsigned sends;
    static double share = -1;
    long long start, now;

    if (++sends % EVERY != 0)
        return;
    if (share < 0)
        share = getenv("SLOW") != NULL ? atof(getenv("SLOW")) / 100 : 0;
    start = now = used_ns();
    /* What was burned too much is owed less the next time. */
    while ((double)(burned + now - start) < (double)(start - burned) * share)
        now = used_ns();
    burned += now - start;
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
