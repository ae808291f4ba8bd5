/*
 * The bare event loop: epoll, read, write, nothing else.
 *
 * The floor of what one thread with an event loop can cost, and the null
 * server that shows what the load generator and the kernel cost by
 * themselves.
 */

#include "report/controls/control.h"

#include <sys/epoll.h>

#define EVENTS_AT_ONCE 256

/* Take one new connection into the loop. */
static void
accept_one(int loop, int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    struct epoll_event ev = { .events = EPOLLIN, .data.fd = fd };

    if (fd == -1) {
        warn("accept");
        return;
    }
    control_no_delay(fd);
    if (epoll_ctl(loop, EPOLL_CTL_ADD, fd, &ev) == -1)
        err(1, "epoll_ctl");
}

/* Read what is there and answers it; closes when there will be no more. */
static void
answer(int fd)
{
    static char buf[512]; /* one thread */
    ssize_t n = recv(fd, buf, sizeof(buf), 0);

    if (n <= 0 ||
        send(fd, CONTROL_REPLY, CONTROL_REPLY_LENGTH, MSG_NOSIGNAL) == -1)
        close(fd);
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
                answer(ready[i].data.fd);
        }
    }
}
