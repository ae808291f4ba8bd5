/*
 * torture - a library to preload, by which a test makes calls fail.
 *
 *     TORTURE=FILE LD_PRELOAD=torture.so guess-server ...
 *
 * FILE holds a struct torture, which the test has mapped, too: so it says at
 * any time which call is to fail next, and with what, and sees whether that
 * came to pass and how many blocks of memory are in use. Faults are counted,
 * not drawn by lot: the n-th call from now fails, for every n in turn. Instead
 * it can end the process, as SIGKILL does at any moment; and all calls of a
 * kind can be held until the test lets them go, as a disk or a name server may.
 *
 * Besides, reads and writes of sockets can be cut to 1 to 7 bytes.
 */
/* Programs call fcntl64 and open64, libraries perhaps fcntl and open; here each
 * name stands for itself. */
#undef _FILE_OFFSET_BITS

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* What can be made to fail. tests/system/torture.py reads this list, in this
 * order. memory stands for malloc and its kin, write for that of the
 * console, ring for that to an eventfd, save for that to a file. */
#define CALLS(X)                                                               \
    X(memory)                                                                  \
    X(pthread_create)                                                          \
    X(accept4)                                                                 \
    X(recv)                                                                    \
    X(send)                                                                    \
    X(read)                                                                    \
    X(write)                                                                   \
    X(ring)                                                                    \
    X(readv)                                                                   \
    X(writev)                                                                  \
    X(setsockopt)                                                              \
    X(shutdown)                                                                \
    X(close)                                                                   \
    X(ioctl)                                                                   \
    X(fcntl)                                                                   \
    X(poll)                                                                    \
    X(epoll_ctl)                                                               \
    X(epoll_wait)                                                              \
    X(eventfd)                                                                 \
    X(open)                                                                    \
    X(socket)                                                                  \
    X(bind)                                                                    \
    X(listen)                                                                  \
    X(getsockname)                                                             \
    X(sigtimedwait)                                                            \
    X(getaddrinfo)                                                             \
    X(connect)                                                                 \
    X(getsockopt)                                                              \
    X(signalfd)                                                                \
    X(mkdir)                                                                   \
    X(openat64)                                                                \
    X(save)                                                                    \
    X(pread64)                                                                 \
    X(ftruncate64)                                                             \
    X(fsync)                                                                   \
    X(renameat)

#define NAME(call) CALL_##call,
enum call { CALLS(NAME) CALL_COUNT };

/* In the place of an errno: the call ends the process. */
#define DEADLY (-1)

/* Between two looks whether calls are still held. */
#define LOOK_US 1000

/* What the test and the tested program share; int64_t throughout. */
struct torture {
    _Atomic int64_t blocks;  /* of memory in use */
    _Atomic int64_t shorten; /* 1: cut reads and writes */
    _Atomic int64_t cuts;    /* how many were cut */
    struct {
        _Atomic int64_t left;   /* so many calls until one fails; 0: none */
        _Atomic int64_t every;  /* then every so many; 0: no more */
        _Atomic int64_t error;  /* what it then sets errno to, or DEADLY */
        _Atomic int64_t failed; /* how many did */
        _Atomic int64_t held;   /* 1: they wait until it is 0 */
        _Atomic int64_t waited; /* how many did */
    } calls[CALL_COUNT];
};

/* Where it is, before a file was mapped: nothing fails. */
static struct torture nothing;
static struct torture *torture = &nothing;

/* Map the file that the test has made. */
__attribute__((constructor)) static void
begin(void)
{
    const char *path = getenv("TORTURE");
    const int fd = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
    void *page;

    if (fd == -1)
        return;
    page =
        mmap(NULL, sizeof(*torture), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (page != MAP_FAILED)
        torture = page;
    close(fd);
}

/* Wait while calls of this kind are held. */
static void
wait_if_held(enum call call)
{
    if (atomic_load(&torture->calls[call].held) == 0)
        return;
    atomic_fetch_add(&torture->calls[call].waited, 1);
    while (atomic_load(&torture->calls[call].held) != 0)
        usleep(LOOK_US);
}

/* Whether this call is one that fails; errno is then set. */
static int
fails(enum call call)
{
    wait_if_held(call);
    if (atomic_load(&torture->calls[call].left) <= 0 ||
        atomic_fetch_sub(&torture->calls[call].left, 1) != 1)
        return 0;
    atomic_store(
        &torture->calls[call].left, atomic_load(&torture->calls[call].every));
    atomic_fetch_add(&torture->calls[call].failed, 1);
    if (atomic_load(&torture->calls[call].error) == DEADLY)
        kill(getpid(), SIGKILL);
    errno = (int)atomic_load(&torture->calls[call].error);
    return 1;
}

/* How much of a read or write is done. */
static size_t
shortened(int fd, size_t length)
{
    struct stat status;
    int64_t most;

    if (!atomic_load(&torture->shorten) || fstat(fd, &status) == -1 ||
        !S_ISSOCK(status.st_mode))
        return length;
    most = 1 + atomic_fetch_add(&torture->cuts, 1) % 7;
    return length < (size_t)most ? length : (size_t)most;
}

/* The function that the program meant. */
#define REAL(function)                                                         \
    static __typeof__(&function) real;                                         \
    if (real == NULL)                                                          \
    *(void **)&real = dlsym(RTLD_NEXT, #function)

/* A function that only fails or does what it should. */
#define WRAP(type, call, parameters, arguments)                                \
    type call parameters                                                       \
    {                                                                          \
        REAL(call);                                                            \
        return fails(CALL_##call) ? -1 : real arguments;                       \
    }

WRAP(int, accept4,
    (int fd, __SOCKADDR_ARG address, socklen_t *restrict length, int flags),
    (fd, address, length, flags))
WRAP(ssize_t, recv, (int fd, void *bytes, size_t length, int flags),
    (fd, bytes, shortened(fd, length), flags))
WRAP(ssize_t, send, (int fd, const void *bytes, size_t length, int flags),
    (fd, bytes, shortened(fd, length), flags))
WRAP(ssize_t, read, (int fd, void *bytes, size_t length),
    (fd, bytes, shortened(fd, length)))
WRAP(int, setsockopt,
    (int fd, int level, int option, const void *value, socklen_t length),
    (fd, level, option, value, length))
WRAP(int, shutdown, (int fd, int how), (fd, how))
WRAP(int, poll, (struct pollfd * fds, nfds_t count, int ms), (fds, count, ms))
WRAP(int, epoll_ctl, (int epoll, int what, int fd, struct epoll_event *event),
    (epoll, what, fd, event))
WRAP(int, epoll_wait,
    (int epoll, struct epoll_event *events, int count, int ms),
    (epoll, events, count, ms))
WRAP(int, eventfd, (unsigned value, int flags), (value, flags))
WRAP(
    int, socket, (int domain, int type, int protocol), (domain, type, protocol))
WRAP(int, bind, (int fd, __CONST_SOCKADDR_ARG address, socklen_t length),
    (fd, address, length))
WRAP(int, listen, (int fd, int backlog), (fd, backlog))
WRAP(int, getsockname,
    (int fd, __SOCKADDR_ARG address, socklen_t *restrict length),
    (fd, address, length))
WRAP(int, connect, (int fd, __CONST_SOCKADDR_ARG address, socklen_t length),
    (fd, address, length))
WRAP(int, getsockopt,
    (int fd, int level, int option, void *restrict value,
        socklen_t *restrict length),
    (fd, level, option, value, length))
WRAP(int, signalfd, (int fd, const sigset_t *set, int flags), (fd, set, flags))
WRAP(int, mkdir, (const char *path, mode_t mode), (path, mode))
WRAP(ssize_t, pread64, (int fd, void *bytes, size_t length, off64_t at),
    (fd, bytes, length, at))
WRAP(int, ftruncate64, (int fd, off64_t size), (fd, size))
WRAP(int, fsync, (int fd), (fd))
WRAP(int, renameat, (int from, const char *path, int to, const char *name),
    (from, path, to, name))
WRAP(int, sigtimedwait,
    (const sigset_t *restrict set, siginfo_t *restrict info,
        const struct timespec *restrict wait),
    (set, info, wait))

/* Whether this is a file. */
static int
is_file(int fd)
{
    struct stat status;

    return fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

/* The console, a file, or what wakes a loop: eight bytes to an eventfd. One to
 * a pair of sockets, libevent's for signals, always fits. */
ssize_t
write(int fd, const void *bytes, size_t length)
{
    REAL(write);
    if (fd <= STDERR_FILENO) {
        if (fails(CALL_write))
            return -1;
    } else if (is_file(fd)) {
        if (fails(CALL_save))
            return -1;
    } else if (length == sizeof(uint64_t) && fails(CALL_ring)) {
        return -1;
    }
    return real(fd, bytes, shortened(fd, length));
}

/* Of a name, for which others may have to be asked. */
int
getaddrinfo(const char *restrict host, const char *restrict service,
    const struct addrinfo *restrict hints, struct addrinfo **restrict found)
{
    REAL(getaddrinfo);
    if (host != NULL && host[strspn(host, "0123456789.:")] != '\0' &&
        (hints->ai_flags & AI_NUMERICHOST) == 0 && fails(CALL_getaddrinfo))
        return EAI_SYSTEM;
    return real(host, service, hints, found);
}

/* A failing close has closed nevertheless, as Linux does. */
int
close(int fd)
{
    int result, error;

    REAL(close);
    if (!fails(CALL_close))
        return real(fd);
    error = errno;
    result = real(fd);
    errno = error;
    return result == 0 ? -1 : result;
}

/* Of several pieces only the first is cut, and the others are left. */
#define WRAP_PIECES(call)                                                      \
    ssize_t call(int fd, const struct iovec *pieces, int count)                \
    {                                                                          \
        struct iovec first;                                                    \
                                                                               \
        REAL(call);                                                            \
        if (fails(CALL_##call))                                                \
            return -1;                                                         \
        if (!atomic_load(&torture->shorten) || count < 1)                      \
            return real(fd, pieces, count);                                    \
        first = pieces[0];                                                     \
        first.iov_len = shortened(fd, first.iov_len);                          \
        return real(fd, &first, 1);                                            \
    }
WRAP_PIECES(readv)
WRAP_PIECES(writev)

/* The rest of an argument list is at most one word. The call counts as `as`. */
#define WRAP_VARIADIC(call, as, parameters, last, arguments)                   \
    int call parameters                                                        \
    {                                                                          \
        va_list list;                                                          \
        void *argument;                                                        \
                                                                               \
        REAL(call);                                                            \
        va_start(list, last);                                                  \
        argument = va_arg(list, void *);                                       \
        va_end(list);                                                          \
        return fails(CALL_##as) ? -1 : real arguments;                         \
    }
#define WRAP_FCNTL(call)                                                       \
    WRAP_VARIADIC(                                                             \
        call, fcntl, (int fd, int what, ...), what, (fd, what, argument))
#define WRAP_OPEN(call)                                                        \
    WRAP_VARIADIC(call, open, (const char *path, int flags, ...), flags,       \
        (path, flags, (mode_t)(uintptr_t)argument))
WRAP_FCNTL(fcntl)
WRAP_FCNTL(fcntl64)
WRAP_OPEN(open)
WRAP_OPEN(open64)
WRAP_VARIADIC(openat64, openat64,
    (int folder, const char *path, int flags, ...), flags,
    (folder, path, flags, (mode_t)(uintptr_t)argument))
WRAP_VARIADIC(
    ioctl, ioctl, (int fd, unsigned long what, ...), what, (fd, what, argument))

/* As open, where the C library has checked that there is no mode. */
#define WRAP_OPEN_2(call, as)                                                  \
    int call(const char *path, int flags);                                     \
    int call(const char *path, int flags)                                      \
    {                                                                          \
        return as(path, flags, 0);                                             \
    }
WRAP_OPEN_2(__open_2, open)
WRAP_OPEN_2(__open64_2, open64)

int
pthread_create(pthread_t *restrict thread,
    const pthread_attr_t *restrict attributes, void *(*start)(void *),
    void *restrict argument)
{
    REAL(pthread_create);
    return fails(CALL_pthread_create)
               ? errno
               : real(thread, attributes, start, argument);
}

/* The C library's own, under the names that remain when these are replaced. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *block);

/* Count a block that was handed out. */
static void *
counted(void *block)
{
    if (block != NULL)
        atomic_fetch_add(&torture->blocks, 1);
    return block;
}

void *
malloc(size_t size)
{
    return fails(CALL_memory) ? NULL : counted(__libc_malloc(size));
}

void *
calloc(size_t count, size_t size)
{
    return fails(CALL_memory) ? NULL : counted(__libc_calloc(count, size));
}

void *
aligned_alloc(size_t alignment, size_t size)
{
    return fails(CALL_memory) ? NULL
                              : counted(__libc_memalign(alignment, size));
}

void *
realloc(void *block, size_t size)
{
    if (block == NULL)
        return malloc(size);
    return fails(CALL_memory) ? NULL : __libc_realloc(block, size);
}

void
free(void *block)
{
    if (block != NULL)
        atomic_fetch_sub(&torture->blocks, 1);
    __libc_free(block);
}
