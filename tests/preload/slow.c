/*
 * A preload that makes any server slower by a known time: each call of send()
 * costs its thread SLOW nanoseconds more of processor time, burned for a number
 * of calls at once.
 *
 *     LD_PRELOAD=build/tests/preload/slow.so SLOW=200 \
 *         build/threaded/guess-server
 *
 * What compare says of such a server is thus known beforehand;
 * tests/system/planted.py looks.
 */

#include <dlfcn.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <time.h>

#define EVERY 64 /* sends: reading that clock is a system call */

/*
 * What each thread owes lies beside what the C library keeps of it: elsewhere
 * it would be one more piece of memory to fetch for each request.
 */
#define OWN static _Thread_local __attribute__((tls_model("initial-exec")))

static long long slow_ns;
static ssize_t (*real)(int, const void *, size_t, int);

/* Look up what is asked for with each send. */
static void __attribute__((constructor)) begin(void)
{
    const char *slow = getenv("SLOW");

    slow_ns = slow != NULL ? atoll(slow) : 0;
    *(void **)&real = dlsym(RTLD_NEXT, "send");
}

/* Return the processor time of this thread in ns. */
static long long
used_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* Burn what this thread owes. What was burned too much is owed less the next
 * time. */
static void
burn(void)
{
    OWN long long owed;
    OWN unsigned sends;
    long long start, now;

    if (slow_ns == 0 || ++sends % EVERY != 0)
        return;
    owed += EVERY * slow_ns;
    start = now = used_ns();
    while (now - start < owed)
        now = used_ns();
    owed -= now - start;
}

/* As in the C library, and slower. */
ssize_t
send(int fd, const void *bytes, size_t n, int flags)
{
    ssize_t result = real(fd, bytes, n, flags);

    burn();
    return result;
}
