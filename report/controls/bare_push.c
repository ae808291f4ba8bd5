/*
 * The bare loop that only sends: epoll, and what one client says goes to all.
 *
 * The floor of what news can cost that one thread tells to everybody. A client
 * is greeted by a line when it will be told; what it then sends, a line that
 * comes in one piece, is sent to all clients, itself among them.
 */

#include "report/controls/control.h"

#include <sys/epoll.h>

#define EVENTS_AT_ONCE 256
#define CLIENTS_MAX    20000
#define GREETING       "1\n"

static int clients[CLIENTS_MAX];
static size_t count;

/* Take one new connection into the loop, and greet it. */
static void
accept_one(int loop, int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    struct epoll_event ev = { .events = EPOLLIN, .data.fd = fd };

    if (fd == -1 || count == CLIENTS_MAX) {
        warnx("no more clients");
        return;
    }
    control_no_delay(fd);
    if (epoll_ctl(loop, EPOLL_CTL_ADD, fd, &ev) == -1)
        err(1, "epoll_ctl");
    clients[count++] = fd;
    send(fd, GREETING, sizeof(GREETING) - 1, MSG_NOSIGNAL);
}

/* Forget a client that has left. */
static void
forget(int fd)
{
    for (size_t i = 0; i < count; i++)
        if (clients[i] == fd)
            clients[i--] = clients[--count];
    close(fd);
}

/* Tell everybody what one has said. */
static void
tell_all(int fd)
{
    static char news[8192]; /* one thread */
    ssize_t n = recv(fd, news, sizeof(news), 0);

    if (n <= 0)
        forget(fd);
    for (size_t i = 0; n > 0 && i < count; i++)
        send(clients[i], news, (size_t)n, MSG_NOSIGNAL);
}

/* Serve until SIGTERM. */
int
main(int argc, char **argv)
{
    int listener = control_listen(argc, argv);
    int loop = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event ev = { .events = EPOLLIN, .data.fd = listener };
    static struct epoll_event ready[EVENTS_AT_ONCE];

    if (loop == -1 || epoll_ctl(loop, EPOLL_CTL_ADD, listener, &ev) == -1)
        err(1, "epoll");
    for (;;) {
        int n = epoll_wait(loop, ready, EVENTS_AT_ONCE, -1);

        for (int i = 0; i < n; i++) {
            if (ready[i].data.fd == listener)
                accept_one(loop, listener);
            else
                tell_all(ready[i].data.fd);
        }
    }
}
