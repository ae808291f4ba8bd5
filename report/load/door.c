#include "report/load/door.h"

#include "common/countries.h"
#include "report/clock.h"
#include "report/rng.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define BACKLOG         4096
#define EVENTS_AT_ONCE  64
#define HEAD_MAX        2048 /* bytes of a request; clients send some 200 */
#define LETTERS         26
#define CODES           ((size_t)LETTERS * LETTERS)
#define CHECKED_AT_ONCE 65536

/* A connection. */
struct visitor {
    struct visitor *earlier, *later; /* in the list of all */
    struct visitor *behind;          /* the next that waits for its answer */
    int fd;
    bool waits, writes; /* its answer is not due; is not all gone */
    uint64_t due_ns;
    size_t used;
    char request[HEAD_MAX];
    char head[160]; /* of the answer, or all of it */
    struct iovec left[2];
};

struct door {
    int listener, epoll;
    uint16_t port;
    size_t size;
    unsigned char *bytes; /* the flag of a code begins as far in as that is */
    uint64_t delay_ns;
    size_t held;
    uint64_t first_ns, last_ns;
    struct door_seen seen;
    struct visitor *all;
    struct visitor *first, *last; /* that wait, in the order of their dues */
};

/* Watch a descriptor, or watch it for something else. */
static void
watch(struct door *door, int op, int fd, uint32_t events, void *whose)
{
    struct epoll_event ev = { .events = events, .data.ptr = whose };

    if (epoll_ctl(door->epoll, op, fd, &ev) == -1)
        err(1, "epoll_ctl");
}

/* Number a code, from aa to zz. */
static size_t
number_of(const char *code)
{
    return (size_t)(tolower((unsigned char)code[0]) - 'a') * LETTERS +
           (size_t)(tolower((unsigned char)code[1]) - 'a');
}

/* Make the bytes that all flags are cut from. */
static unsigned char *
make_bytes(size_t size)
{
    unsigned char *bytes = malloc(size);
    struct rng rng;

    if (bytes == NULL)
        err(1, "flags");
    rng_seed(&rng, size);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)rng_next(&rng);
    return bytes;
}

/* Open a door. */
struct door *
door_open(size_t size)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof(at);
    struct door *door = calloc(1, sizeof(*door));

    if (door == NULL)
        err(1, NULL);
    door->size = size;
    door->bytes = make_bytes(size + CODES);
    door->epoll = epoll_create1(EPOLL_CLOEXEC);
    door->listener =
        socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (door->epoll == -1 || door->listener == -1 ||
        bind(door->listener, (const struct sockaddr *)&at, length) == -1 ||
        listen(door->listener, BACKLOG) == -1 ||
        getsockname(door->listener, (struct sockaddr *)&at, &length) == -1)
        err(1, "a server for downloads");
    /* The default of 50 us would be added to every delay. */
    if (prctl(PR_SET_TIMERSLACK, 1) == -1)
        warn("timer slack");
    door->port = ntohs(at.sin_port);
    watch(door, EPOLL_CTL_ADD, door->listener, EPOLLIN, NULL);
    return door;
}

/* Return the port. */
uint16_t
door_port(const struct door *door)
{
    return door->port;
}

/* Begin to count anew. */
void
door_expect(struct door *door, uint64_t delay_ns, size_t held)
{
    door->delay_ns = delay_ns;
    door->held = held;
    door->first_ns = door->last_ns = 0;
    door->seen = (struct door_seen) { .waiting = door->seen.waiting };
}

/* Return what came. */
const struct door_seen *
door_saw(const struct door *door)
{
    return &door->seen;
}

/* Look a code up among the countries. */
bool
door_has(const char *code)
{
    const char capitals[] = { (char)toupper((unsigned char)code[0]),
        (char)toupper((unsigned char)code[1]), '\0' };

    return countries_name(capitals) != NULL;
}

/* Compare a file with a flag. */
bool
door_sent(const struct door *door, const char *code, int file)
{
    const unsigned char *flag = door->bytes + number_of(code);
    static unsigned char read_bytes[CHECKED_AT_ONCE];
    size_t at = 0;
    ssize_t n;

    while ((n = read(file, read_bytes, sizeof(read_bytes))) > 0) {
        if ((size_t)n > door->size - at ||
            memcmp(flag + at, read_bytes, (size_t)n) != 0)
            return false;
        at += (size_t)n;
    }
    return n == 0 && at == door->size;
}

/* Take a new connection. */
static void
let_in(struct door *door)
{
    struct visitor *v;
    int fd, on = 1;

    while ((fd = accept4(door->listener, NULL, NULL,
                SOCK_NONBLOCK | SOCK_CLOEXEC)) != -1) {
        v = calloc(1, sizeof(*v));
        if (v == NULL)
            err(1, NULL);
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        v->fd = fd;
        v->later = door->all;
        if (v->later != NULL)
            v->later->earlier = v;
        door->all = v;
        watch(door, EPOLL_CTL_ADD, fd, EPOLLIN, v);
    }
    if (errno == EMFILE || errno == ENFILE)
        err(1, "a server for downloads");
}

/* Take a connection out of those that wait. */
static void
leave_queue(struct door *door, struct visitor *v)
{
    struct visitor *before = NULL, *at = door->first;

    for (; at != v; at = at->behind)
        before = at;
    if (before != NULL)
        before->behind = v->behind;
    else
        door->first = v->behind;
    if (door->last == v)
        door->last = before;
    v->behind = NULL;
    v->waits = false;
    door->seen.waiting--;
}

/* Close a connection. */
static void
let_out(struct door *door, struct visitor *v)
{
    if (v->waits)
        leave_queue(door, v);
    if (v->earlier != NULL)
        v->earlier->later = v->later;
    else
        door->all = v->later;
    if (v->later != NULL)
        v->later->earlier = v->earlier;
    close(v->fd);
    free(v);
}

/* Put the answer to a request together. */
static void
make_answer(const struct door *door, struct visitor *v)
{
    char code[3] = "", rest[16] = "", country[32] = "";
    int fields =
        sscanf(v->request, "GET /flags/%2[a-z]/%15[a-z._] HTTP/1.", code, rest);
    bool known = fields == 2 && code[1] != '\0' && door_has(code);
    bool names = known && strcmp(rest, "metadata.json") == 0;
    bool shows =
        known && memcmp(rest, code, 2) == 0 && strcmp(rest + 2, ".gif") == 0;
    int n;

    if (names)
        snprintf(country, sizeof(country), "{\"country\": \"%s\"}", code);
    n = snprintf(v->head, sizeof(v->head),
        "HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n%s",
        names || shows ? "200 OK" : "404 Not Found",
        shows ? door->size : strlen(country), country);
    v->left[0] = (struct iovec) { v->head, (size_t)n };
    v->left[1] =
        shows ? (struct iovec) { door->bytes + number_of(code), door->size }
              : (struct iovec) { NULL, 0 };
}

/* Send what the socket takes of an answer. */
static void
send_answer(struct door *door, struct visitor *v)
{
    struct msghdr message = { .msg_iov = v->left, .msg_iovlen = 2 };
    ssize_t n = sendmsg(v->fd, &message, MSG_NOSIGNAL);
    bool before = v->writes;

    if (n == -1 && errno != EAGAIN) {
        let_out(door, v);
        return;
    }
    for (int i = 0; i < 2 && n > 0; i++) {
        size_t gone =
            (size_t)n < v->left[i].iov_len ? (size_t)n : v->left[i].iov_len;

        v->left[i].iov_base = (char *)v->left[i].iov_base + gone;
        v->left[i].iov_len -= gone;
        n -= (ssize_t)gone;
    }
    v->writes = v->left[0].iov_len + v->left[1].iov_len > 0;
    if (v->writes != before)
        watch(door, EPOLL_CTL_MOD, v->fd, v->writes ? EPOLLOUT : EPOLLIN, v);
}

/* Count a request and let it wait for its answer. */
static void
take_request(struct door *door, struct visitor *v)
{
    struct door_seen *seen = &door->seen;
    uint64_t now = clock_ns();

    if (seen->requests == 0)
        door->first_ns = door->last_ns = now;
    if (now - door->last_ns > seen->pause_ns)
        seen->pause_ns = now - door->last_ns;
    door->last_ns = now;
    seen->requests++;
    seen->soon += now - door->first_ns < DOOR_SOON_NS;
    make_answer(door, v);
    v->used = 0;
    v->waits = true;
    v->due_ns = now + door->delay_ns;
    if (door->last != NULL)
        door->last->behind = v;
    else
        door->first = v;
    door->last = v;
    seen->waiting++;
}

/*
 * Read from a connection. No client sends a request before it has the answer
 * to the last one; one that does, or sends what is none, is let go.
 */
static void
read_request(struct door *door, struct visitor *v)
{
    ssize_t n = recv(v->fd, v->request + v->used, HEAD_MAX - 1 - v->used, 0);

    if (n == -1 && errno == EAGAIN)
        return;
    if (n <= 0 || v->waits) {
        let_out(door, v);
        return;
    }
    v->used += (size_t)n;
    v->request[v->used] = '\0';
    if (strstr(v->request, "\r\n\r\n") != NULL)
        take_request(door, v);
    else if (v->used == HEAD_MAX - 1)
        let_out(door, v);
}

/* Deal with what can be read or written. */
static void
handle(struct door *door, const struct epoll_event *ev)
{
    struct visitor *v = ev->data.ptr;

    if (v == NULL)
        let_in(door);
    else if (v->writes)
        send_answer(door, v);
    else
        read_request(door, v);
}

/* Send the answers that are due. */
static void
send_due(struct door *door, uint64_t now)
{
    while (
        door->held == 0 && door->first != NULL && door->first->due_ns <= now) {
        struct visitor *v = door->first;

        leave_queue(door, v);
        send_answer(door, v);
    }
}

/* Wait until something happens, not beyond `until`. */
static bool
wait_and_handle(struct door *door, uint64_t until)
{
    struct epoll_event ready[EVENTS_AT_ONCE];
    uint64_t now = clock_ns(), left = until > now ? until - now : 0;
    const struct timespec wait = { (time_t)(left / 1000000000U),
        (long)(left % 1000000000U) };
    int n = epoll_pwait2(door->epoll, ready, EVENTS_AT_ONCE, &wait, NULL);
    bool done = false;

    if (n == -1 && errno != EINTR)
        err(1, "epoll_pwait2");
    for (int i = 0; i < n; i++)
        if (ready[i].data.ptr == door)
            done = true;
        else
            handle(door, &ready[i]);
    return done;
}

/* Serve. */
enum door_event
door_serve(struct door *door, int fd, uint64_t until_ns)
{
    enum door_event event = DOOR_LATE;
    uint64_t now;

    watch(door, EPOLL_CTL_ADD, fd, EPOLLIN, door);
    while ((now = clock_ns()) < until_ns) {
        uint64_t next = until_ns;

        send_due(door, now);
        if (door->held == 0 && door->first != NULL &&
            door->first->due_ns < next)
            next = door->first->due_ns;
        if (wait_and_handle(door, next)) {
            event = DOOR_DONE;
            break;
        }
        if (door->held > 0 && door->seen.waiting >= door->held) {
            door->held = 0;
            event = DOOR_HELD;
            break;
        }
    }
    if (epoll_ctl(door->epoll, EPOLL_CTL_DEL, fd, NULL) == -1)
        err(1, "epoll_ctl");
    return event;
}

/* Close a door. */
void
door_close(struct door *door)
{
    while (door->all != NULL)
        let_out(door, door->all);
    close(door->listener);
    close(door->epoll);
    free(door->bytes);
    free(door);
}
