/*
 * echo-server, with a thread per connection: sends back what its clients send.
 *
 * It stands between the bare server and the servers of this project: many
 * clients, limits and a stop, on one page. What those do besides is stream.c,
 * keeper.c and server.c.
 *
 * What becomes of it in the evented twin: serve's loop is the event loop's, its
 * recv is on_bytes, its send_all on_sent; the time that poll and send wait at
 * most is a bufferevent's timeouts. A client is a thread here, which finds the
 * stop itself; there it is a struct in a list, which the stop goes through.
 */
#include "common/echo_cli.h"
#include "common/net.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

/* So that both twins can run at once, each has a port of its own. */
#define DEFAULT_PORT 7007

/* What is read at once. */
#define ROOM 2048

static struct echo_options options;
static sem_t places; /* that are free */
static int stopped;  /* an eventfd, readable once the server stops */

/* Send bytes, however long the client takes; false: it is gone, or has taken
 * nothing for too long. Twin: on_sent. */
static bool
send_all(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        const ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);

        if (sent == -1)
            return false;
        bytes += sent;
        length -= (size_t)sent;
    }
    return true;
}

/* Serve a client. From its first byte to its last. Twin: on_bytes. */
static void *
serve(void *argument)
{
    const int fd = (int)(intptr_t)argument;
    const int idle = options.idle_ms > 0 ? options.idle_ms : -1;
    struct pollfd ways[2] = { { fd, POLLIN, 0 }, { stopped, POLLIN, 0 } };
    char bytes[ROOM];
    ssize_t got;

    do {
        if (poll(ways, 2, idle) < 1 || ways[0].revents == 0)
            break;
        got = recv(fd, bytes, sizeof(bytes), 0);
    } while (
        got > 0 && send_all(fd, bytes, (size_t)got) && ways[1].revents == 0);
    close(fd);
    sem_post(&places);
    return NULL;
}

/* Start to serve a client; false: there is no room for it. */
static bool
start(int fd)
{
    const struct timeval idle = { .tv_sec = options.idle_ms / 1000,
        .tv_usec = options.idle_ms % 1000 * 1000 };
    pthread_t thread;

    if (sem_trywait(&places) == -1)
        return false;
    if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &idle, sizeof(idle)) == -1 ||
        pthread_create(&thread, NULL, serve, (void *)(intptr_t)fd) != 0) {
        sem_post(&places);
        return false;
    }
    pthread_detach(thread);
    return true;
}

/* Let a client in, or turn it away. Twin: on_accept. */
static void
accept_client(int listener)
{
    const int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

    if (fd != -1 && !start(fd))
        net_turn_away(fd, ECHO_FULL_HOUSE);
    /* Else it would fail again at once. */
    if (fd == -1 && net_accept_error(errno) == NET_ACCEPT_REST)
        poll(NULL, 0, LIMIT_ACCEPT_PAUSE_MS);
}

/* Begin to stop, and wait until all clients have left. Twin: on_signal. */
static void
stop(int listener)
{
    close(listener);
    eventfd_write(stopped, 1);
    for (size_t i = 0; i < options.max_connections; i++)
        while (sem_wait(&places) == -1)
            ;
}

/* Read the command line and serve. */
int
main(int argc, char **argv)
{
    struct pollfd ways[2] = { { .events = POLLIN }, { .events = POLLIN } };

    echo_cli(&options, &(struct cli_twin) { .version = "(threaded)" },
        DEFAULT_PORT, argc, argv);
    sem_init(&places, 0, (unsigned)options.max_connections);
    stopped = eventfd(0, EFD_CLOEXEC);
    if (stopped == -1)
        cli_die("cannot make an eventfd: %s", strerrordesc_np(errno));
    ways[1].fd = echo_signals();
    ways[0].fd = echo_listen(&options);
    while (poll(ways, 2, -1) == -1 || ways[1].revents == 0 ||
           !echo_stops(&options, ways[1].fd))
        if (ways[0].revents != 0)
            accept_client(ways[0].fd);
    stop(ways[0].fd);
    return 0;
}
