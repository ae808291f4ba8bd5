/*
 * Threads that are woken to write: a thread per connection sleeps in poll, on
 * its socket and on an eventfd by which whoever has news wakes it.
 *
 * What it costs that only its own thread writes to a client, beside the bare
 * loop that sends to all, and the threaded twin, whose publisher does. It does
 * what bare_push.c does. There is one piece of news at a time, so nobody may
 * say something before all have been told what was said before.
 */

#include "report/controls/control.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>

#define STACK_BYTES ((size_t)64 * 1024)
#define CLIENTS_MAX 20000
#define GREETING    "1\n"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int bells[CLIENTS_MAX]; /* of all clients */
static size_t count;
static char news[8192];
static size_t news_length;

/* Wake all clients' threads for what one has said. */
static void
wake_all(const char *text, size_t length)
{
    const uint64_t one = 1;

    pthread_mutex_lock(&lock);
    memcpy(news, text, length);
    news_length = length;
    for (size_t i = 0; i < count; i++)
        if (write(bells[i], &one, sizeof(one)) == -1)
            err(1, "eventfd");
    pthread_mutex_unlock(&lock);
}

/* Tell a client the news. */
static void
tell(int fd, int bell)
{
    static _Thread_local char text[sizeof(news)];
    uint64_t rings;
    size_t length;

    if (read(bell, &rings, sizeof(rings)) == -1)
        return;
    pthread_mutex_lock(&lock);
    length = news_length;
    memcpy(text, news, length);
    pthread_mutex_unlock(&lock);
    send(fd, text, length, MSG_NOSIGNAL);
}

/* Come to be told, and greet; return the bell. */
static int
join(int fd)
{
    int bell = eventfd(0, EFD_CLOEXEC);

    pthread_mutex_lock(&lock);
    if (bell == -1 || count == CLIENTS_MAX)
        errx(1, "no bell for a client");
    bells[count++] = bell;
    pthread_mutex_unlock(&lock);
    send(fd, GREETING, sizeof(GREETING) - 1, MSG_NOSIGNAL);
    return bell;
}

/* Be told no more. */
static void
leave(int bell)
{
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < count; i++)
        if (bells[i] == bell)
            bells[i--] = bells[--count];
    pthread_mutex_unlock(&lock);
    close(bell);
}

/* Serve one client until it leaves; the argument is its socket. */
static void *
serve(void *argument)
{
    int fd = (int)(intptr_t)argument, bell = join(fd);
    struct pollfd fds[] = { { .fd = fd, .events = POLLIN },
        { .fd = bell, .events = POLLIN } };
    static _Thread_local char said[sizeof(news)];
    ssize_t n = 1;

    control_no_delay(fd);
    while (n > 0 && poll(fds, 2, -1) > 0) {
        if (fds[1].revents != 0)
            tell(fd, bell);
        if (fds[0].revents != 0 && (n = recv(fd, said, sizeof(said), 0)) > 0)
            wake_all(said, (size_t)n);
    }
    leave(bell);
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

        if (fd == -1 ||
            pthread_create(&thread, &attr, serve, (void *)(intptr_t)fd) != 0)
            err(1, "no connection, or no thread for it");
    }
}
