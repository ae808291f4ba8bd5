#include "report/host/reach.h"

#include "report/clock.h"

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <math.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Say what an error means to whoever has to mend it. */
static const char *
hint_of(int error)
{
    switch (error) {
    case ECONNREFUSED:
        return "; does a firewall reject it?";
    case ETIMEDOUT:
        return "; does a firewall drop it?";
    case EHOSTUNREACH:
    case ENETUNREACH:
        return "; is that an address of a network that both are in?";
    case EADDRNOTAVAIL:
        return "; is that address one of its own?";
    default:
        return "";
    }
}

/* Make a socket that comes from an address; -1, with errno, if it cannot. */
static int
open_socket(const char *from)
{
    struct sockaddr_in at = { .sin_family = AF_INET };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd == -1)
        err(1, "socket");
    if (from[0] == '\0' ||
        (inet_pton(AF_INET, from, &at.sin_addr) == 1 &&
            bind(fd, (const struct sockaddr *)&at, sizeof(at)) == 0))
        return fd;
    close(fd);
    errno = EADDRNOTAVAIL;
    return -1;
}

/* Wait for a connection; return 0, or an error. */
static int
wait_for(int fd)
{
    struct pollfd pfd = { .fd = fd, .events = POLLOUT };
    socklen_t size = sizeof(int);
    int error = 0;

    if (poll(&pfd, 1, REACH_LIMIT_MS) != 1)
        return ETIMEDOUT;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == -1)
        return errno;
    return error;
}

/* Connect, and look at the clock. */
double
reach(const char *to, uint16_t port, const char *from, char *why, size_t size)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port) };
    uint64_t start, end;
    int fd = open_socket(from), error = errno;

    start = end = clock_ns();
    if (fd != -1) {
        error = inet_pton(AF_INET, to, &at.sin_addr) != 1 ? EINVAL : 0;
        if (error == 0 &&
            connect(fd, (const struct sockaddr *)&at, sizeof(at)) == -1)
            error = errno == EINPROGRESS ? wait_for(fd) : errno;
        end = clock_ns();
        close(fd);
    }
    if (error == 0)
        return (double)(end - start);
    snprintf(why, size, "%s%s",
        error == ETIMEDOUT ? "no answer within 3 s" : strerror(error),
        hint_of(error));
    return NAN;
}

/* Ask a socket that could send there. */
uint64_t
reach_mtu(const char *to)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(1) };
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), mtu = 0;
    socklen_t size = sizeof(mtu);

    if (fd == -1)
        return 0;
    if (inet_pton(AF_INET, to, &at.sin_addr) != 1 ||
        connect(fd, (const struct sockaddr *)&at, sizeof(at)) == -1 ||
        getsockopt(fd, IPPROTO_IP, IP_MTU, &mtu, &size) == -1)
        mtu = 0;
    close(fd);
    return mtu > 0 ? (uint64_t)mtu : 0;
}

/* Try to bind it. */
bool
reach_is_ours(const char *address)
{
    int fd = open_socket(address);

    if (fd != -1)
        close(fd);
    return fd != -1;
}
