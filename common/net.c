#include "common/net.h"

#include "common/activation.h"
#include "common/limits.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* Join a host and a port; a host with colons is put in brackets. */
static void
join(char text[NET_TEXT_MAX], const char *host, uint16_t port)
{
    snprintf(text, NET_TEXT_MAX,
        strchr(host, ':') == NULL ? "%.255s:%u" : "[%.255s]:%u", host, port);
}

/* "cannot VERB HOST:PORT: reason". */
static void
explain(char text[NET_TEXT_MAX], const char *verb, const char *host,
    uint16_t port, const char *reason)
{
    char where[NET_TEXT_MAX];

    join(where, host, port);
    snprintf(
        text, NET_TEXT_MAX, "cannot %s %.262s: %.80s", verb, where, reason);
}

/* "cannot connect to HOST:PORT: reason". */
void
net_explain(char text[NET_TEXT_MAX], const char *host, uint16_t port,
    const char *reason)
{
    explain(text, "connect to", host, port, reason);
}

/* Look up a host; NULL: *reason says why. */
static struct addrinfo *
look_up(const char *host, uint16_t port, int flags, const char **reason)
{
    struct addrinfo hints = {
        .ai_family = AF_UNSPEC,
        .ai_socktype = SOCK_STREAM,
        .ai_flags = flags | AI_NUMERICSERV,
    };
    struct addrinfo *found = NULL;
    char service[8];
    int error;

    snprintf(service, sizeof(service), "%u", port);
    error = getaddrinfo(host[0] == '\0' ? NULL : host, service, &hints, &found);
    if (error == 0)
        return found;
    *reason =
        error == EAI_SYSTEM ? strerrordesc_np(errno) : gai_strerror(error);
    return NULL;
}

/* Switch an integer option of a socket to value; failing is no reason not to
 * serve, only to serve worse. */
static void
set_option(int fd, int level, int option, int value)
{
    (void)setsockopt(fd, level, option, &value, sizeof(value));
}

/* Give a listening socket the options that connections inherit. */
static void
prepare_listener(int fd)
{
    net_no_delay(fd);
    set_option(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, LIMIT_UNSENT);
}

/* Open, bind and listen; -1 and errno. */
static int
listen_on(const struct addrinfo *address)
{
    int fd = socket(address->ai_family, address->ai_socktype | SOCK_CLOEXEC,
        address->ai_protocol);

    if (fd == -1)
        return -1;
    set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    prepare_listener(fd);
    if (bind(fd, address->ai_addr, address->ai_addrlen) == -1 ||
        listen(fd, LIMIT_BACKLOG) == -1) {
        int error = errno;

        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

/* An address as text. */
static void
describe(char text[NET_TEXT_MAX], const struct sockaddr_storage *address,
    socklen_t length)
{
    char host[NI_MAXHOST] = "?", service[NI_MAXSERV] = "0";
    unsigned port = 0;

    (void)getnameinfo((const struct sockaddr *)address, length, host,
        sizeof(host), service, sizeof(service),
        NI_NUMERICHOST | NI_NUMERICSERV);
    (void)sscanf(service, "%u", &port);
    join(text, host, (uint16_t)port);
}

/* The address that a socket is bound to, as text. */
static void
describe_own(char text[NET_TEXT_MAX], int fd)
{
    struct sockaddr_storage address = { 0 };
    socklen_t length = sizeof(address);

    (void)getsockname(fd, (struct sockaddr *)&address, &length);
    describe(text, &address, length);
}

/* The address of a socket's peer, as text. */
void
net_peer(int fd, char text[NET_TEXT_MAX])
{
    struct sockaddr_storage address = { 0 };
    socklen_t length = sizeof(address);

    if (getpeername(fd, (struct sockaddr *)&address, &length) == 0)
        describe(text, &address, length);
    else
        strcpy(text, "?");
}

/* Listen on the first address of host at port. */
int
net_listen(const char *host, uint16_t port, char text[NET_TEXT_MAX])
{
    const char *reason = NULL;
    struct addrinfo *addresses = look_up(host, port, AI_PASSIVE, &reason);
    int fd = -1;

    if (addresses != NULL) {
        fd = listen_on(addresses);
        if (fd == -1)
            reason = strerrordesc_np(errno);
        freeaddrinfo(addresses);
    }
    if (fd == -1)
        explain(text, "listen on", host, port, reason);
    else
        describe_own(text, fd);
    return fd;
}

/* An integer option of a socket; -1: it is no socket. */
static int
get_option(int fd, int option)
{
    int value = -1;
    socklen_t length = sizeof(value);

    return getsockopt(fd, SOL_SOCKET, option, &value, &length) == 0 ? value
                                                                    : -1;
}

/* Whether a descriptor is a TCP socket that listens. */
static bool
is_listening(int fd)
{
    const int domain = get_option(fd, SO_DOMAIN);

    return (domain == AF_INET || domain == AF_INET6) &&
           get_option(fd, SO_TYPE) == SOCK_STREAM &&
           get_option(fd, SO_ACCEPTCONN) == 1;
}

/* Have a descriptor that was passed be a door; false: it cannot. */
static bool
take_over(struct net_door *door, int fd)
{
    if (!is_listening(fd) || fcntl(fd, F_SETFD, FD_CLOEXEC) == -1 ||
        fcntl(fd, F_SETFL, O_NONBLOCK) == -1) {
        snprintf(door->where, NET_TEXT_MAX,
            "LISTEN_FDS: descriptor %d is not a listening TCP socket", fd);
        return false;
    }
    prepare_listener(fd);
    door->fd = fd;
    door->passed = true;
    describe_own(door->where, fd);
    return true;
}

/* What a service manager has passed, and to which descriptors; text, where that
 * cannot be, says why. */
static enum activation_result
take_passed(const struct net_door *doors, size_t count, int *descriptors,
    char text[ACTIVATION_TEXT_MAX])
{
    const struct activation given = { getenv("LISTEN_PID"),
        getenv("LISTEN_FDS"), getenv("LISTEN_FDNAMES") };
    const char *names[NET_DOORS_MAX];
    enum activation_result result;

    for (size_t i = 0; i < count; i++)
        names[i] = doors[i].name;
    result =
        activation_match(&given, getpid(), names, count, descriptors, text);
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
    return result;
}

/* Open the doors of a server. */
const char *
net_open_doors(const char *host, struct net_door *doors, size_t count)
{
    int descriptors[NET_DOORS_MAX];
    enum activation_result passed;
    char text[ACTIVATION_TEXT_MAX];

    assert(count > 0 && count <= NET_DOORS_MAX);
    passed = take_passed(doors, count, descriptors, text);
    if (passed == ACTIVATION_WRONG)
        return strcpy(doors->where, text);
    for (size_t i = 0; i < count; i++) {
        struct net_door *door = &doors[i];

        if (passed == ACTIVATION_FOUND) {
            if (!take_over(door, descriptors[i]))
                return door->where;
        } else {
            door->passed = false;
            door->fd = net_listen(host, door->port, door->where);
            if (door->fd == -1)
                return door->where;
        }
    }
    return NULL;
}

/* The addresses of host and port for connecting. */
struct addrinfo *
net_resolve(const char *host, uint16_t port, char text[NET_TEXT_MAX])
{
    const char *reason = NULL;
    struct addrinfo *addresses = look_up(host, port, 0, &reason);

    if (addresses == NULL)
        net_explain(text, host, port, reason);
    return addresses;
}

/* The same for a host that is an address. */
struct addrinfo *
net_address(const char *host, uint16_t port)
{
    const char *reason;

    return look_up(host, port, AI_NUMERICHOST, &reason);
}

/* Connect a socket that waits only so long; -1 and errno. */
static int
connect_within(int fd, const struct addrinfo *address, int64_t patience_ms)
{
    const struct timeval patience = { .tv_sec = patience_ms / 1000,
        .tv_usec = patience_ms % 1000 * 1000 };
    int result;

    if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) ==
        -1)
        return -1;
    /* A wait with a limit is interrupted by a stop and its end, handled or
     * not; called again, it goes on. */
    do
        result = connect(fd, address->ai_addr, address->ai_addrlen);
    while (result == -1 && errno == EINTR);
    if (result == -1 && (errno == EINPROGRESS || errno == EALREADY))
        errno = ETIMEDOUT;
    return result;
}

/* Connect to the first address that answers. */
int
net_connect(const char *host, uint16_t port, int64_t patience_ms,
    char text[NET_TEXT_MAX])
{
    struct addrinfo *addresses = net_resolve(host, port, text);
    int fd = -1, error = 0;

    if (addresses == NULL) {
        errno = 0;
        return -1;
    }
    for (struct addrinfo *a = addresses; a != NULL && fd == -1;
         a = a->ai_next) {
        fd =
            socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
        if (fd == -1 || connect_within(fd, a, patience_ms) == -1) {
            error = errno;
            net_explain(text, host, port, strerrordesc_np(error));
            if (fd != -1)
                close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(addresses);
    if (fd != -1)
        net_no_delay(fd);
    errno = error;
    return fd;
}

/* Switch on TCP_NODELAY. */
void
net_no_delay(int fd)
{
    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
}

/* What to do when accept failed with this errno. */
enum net_accept
net_accept_error(int error)
{
    switch (error) {
    case EINTR:
    case EAGAIN:
    case ECONNABORTED:
    case EPERM:
    case EPROTO:
    case ENOPROTOOPT:
    case EOPNOTSUPP:
    case ENONET:
    case ENETDOWN:
    case ENETUNREACH:
    case EHOSTDOWN:
    case EHOSTUNREACH:
        return NET_ACCEPT_AGAIN;
    default:
        return NET_ACCEPT_REST;
    }
}

/* A descriptor kept in reserve. */
int
net_spare(void)
{
    return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* Bytes written to a socket that its peer has not acknowledged. */
int
net_unacked(int fd)
{
    int bytes = 0;

    return ioctl(fd, SIOCOUTQ, &bytes) == 0 ? bytes : 0;
}

/* The most bytes up to max that fill segments to the last. */
size_t
net_whole_segments(int fd, size_t max)
{
    int segment = 0;
    socklen_t length = sizeof(segment);

    if (getsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &segment, &length) == -1 ||
        segment <= 0 || (size_t)segment > max)
        return max;
    return max - max % (size_t)segment;
}

/* Whether bytes, or the end of input, wait to be read from a socket. */
bool
net_readable(int fd)
{
    char byte;

    return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
}

/* How many bytes wait to be read from a socket. */
size_t
net_waiting(int fd)
{
    int bytes = 0;

    return ioctl(fd, FIONREAD, &bytes) == 0 && bytes > 0 ? (size_t)bytes : 0;
}

/* Whether the next read of a socket will find the end of input. */
bool
net_ended(int fd)
{
    char byte;

    return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

/* Whether the peer of a socket has sent all. */
bool
net_hung_up(int fd)
{
    struct pollfd peer = { .fd = fd, .events = POLLRDHUP };

    /* Where that cannot be known: nobody would ask again. */
    return poll(&peer, 1, 0) != 0;
}

/* The error that waits at a socket. */
int
net_error(int fd)
{
    int error = 0;
    socklen_t length = sizeof(error);

    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error
                                                                      : errno;
}

/* Have the next close of a socket reset the connection. */
void
net_reset_on_close(int fd)
{
    const struct linger now = { .l_onoff = 1, .l_linger = 0 };

    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

/* Send what a socket takes without waiting. */
ssize_t
net_send_now(int fd, const void *bytes, size_t length)
{
    return send(fd, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Close a socket that cannot be served, with a text. */
void
net_turn_away(int fd, const char *text)
{
    char dropped[512];
    size_t count = 0;
    ssize_t got;

    (void)net_send_now(fd, text, strlen(text));
    shutdown(fd, SHUT_WR);
    /* What is left unread would turn the text into a reset. */
    while (count < LIMIT_LINGER_BYTES &&
           (got = recv(fd, dropped, sizeof(dropped), MSG_DONTWAIT)) > 0)
        count += (size_t)got;
    close(fd);
}

/* How many descriptors the process may have. */
size_t
net_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
        return 1024;
    if (limit.rlim_cur < limit.rlim_max) {
        const rlim_t soft = limit.rlim_cur;

        limit.rlim_cur = limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
            limit.rlim_cur = soft;
    }
    return (size_t)limit.rlim_cur;
}
