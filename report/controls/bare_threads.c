/*
 * The bare thread per connection: recv, send, nothing else.
 *
 * The floor of what a blocking thread per connection can cost.
 */

#include "report/controls/control.h"

#include <pthread.h>

#define STACK_BYTES ((size_t)256 * 1024) /* as the threaded twin's */

/* Answer one client until it leaves; the argument is its socket.
 * Twin: on_readable. */
static void *
serve(void *argument)
{
    int fd = (int)(intptr_t)argument;
    char buf[512];

    control_no_delay(fd);
    while (recv(fd, buf, sizeof(buf), 0) > 0)
        if (send(fd, CONTROL_REPLY, CONTROL_REPLY_LENGTH, MSG_NOSIGNAL) == -1)
            break;
    close(fd);
    return NULL;
}

/* Serve until SIGTERM. */
int
main(int argc, char **argv)
{
    int listener = control_listen(argc, argv);
    pthread_attr_t attr;

    if (pthread_attr_init(&attr) != 0 ||
        pthread_attr_setstacksize(&attr, STACK_BYTES) != 0 ||
        pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED) != 0)
        errx(1, "thread attributes");
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        pthread_t thread;

        if (fd == -1) {
            warn("accept");
            continue;
        }
        if (pthread_create(&thread, &attr, serve, (void *)(intptr_t)fd) != 0) {
            warnx("no thread for a connection");
            close(fd);
        }
    }
}
