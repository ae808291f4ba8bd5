/*
 * echo-server, with an event loop: sends back what its clients send.
 *
 * It stands between the bare server and the servers of this project: many
 * clients, limits and a stop, on one page. What those do besides is stream.c,
 * keeper.c and server.c.
 *
 * What became of the threaded twin: serve's loop is the event loop's, its recv
 * is on_bytes, its send_all on_sent; the time that poll and send wait at most
 * is a bufferevent's timeouts. A client was a thread there, which found the
 * stop itself; here it is a struct in a list, which the stop goes through.
 */
#include "common/echo_cli.h"
#include "common/net.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <unistd.h>

/* So that both twins can run at once, each has a port of its own. */
#define DEFAULT_PORT 7777

/* A client. */
struct client {
    LIST_ENTRY(client) among;
    struct bufferevent *bev;
};

static struct echo_options options;
static LIST_HEAD(, client) clients;
static size_t count; /* of them */
static bool stopping;
static struct event_base *base;
static struct evconnlistener *listener;
static struct event *signalled; /* the server stops */
static struct event *resume;    /* accepts again, after a rest */

/* A client is gone, or has to go. */
static void
leave(struct client *client)
{
    LIST_REMOVE(client, among);
    count--;
    bufferevent_free(client->bev);
    free(client);
}

/* A client has taken all that was sent: read on. Twin: send_all. */
static void
on_sent(struct bufferevent *bev, void *argument)
{
    if (stopping || bufferevent_enable(bev, EV_READ) == -1)
        leave(argument);
}

/* A client has sent something. No more of it is read until it has taken that.
 * Twin: serve. */
static void
on_bytes(struct bufferevent *bev, void *argument)
{
    if (bufferevent_disable(bev, EV_READ) == -1 ||
        bufferevent_write_buffer(bev, bufferevent_get_input(bev)) == -1 ||
        bufferevent_enable(bev, EV_WRITE) == -1)
        leave(argument);
}

/* A client has sent all, is lost, or was silent or took nothing for too long.
 */
static void
on_event(struct bufferevent *bev, short what, void *argument)
{
    leave(argument);
}

/* Start to serve a client; false: there is no room for it. */
static bool
start(int fd)
{
    const struct timeval idle = { .tv_sec = options.idle_ms / 1000,
        .tv_usec = options.idle_ms % 1000 * 1000 };
    struct client *client = NULL;
    struct bufferevent *bev = NULL;

    if (count < options.max_connections)
        client = malloc(sizeof(*client));
    if (client != NULL)
        bev = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
    if (bev == NULL) {
        free(client);
        return false;
    }
    client->bev = bev;
    LIST_INSERT_HEAD(&clients, client, among);
    count++;
    bufferevent_setcb(bev, on_bytes, on_sent, on_event, client);
    if (options.idle_ms > 0)
        bufferevent_set_timeouts(bev, &idle, &idle);
    if (bufferevent_enable(bev, EV_READ) == -1)
        leave(client);
    return true;
}

/* Let a client in, or turn it away. Twin: accept_client. */
static void
on_accept(struct evconnlistener *self, evutil_socket_t fd,
    struct sockaddr *address, int length, void *argument)
{
    if (!start(fd))
        net_turn_away(fd, ECHO_FULL_HOUSE);
}

/* Accept again in a while. */
static void
rest(void)
{
    static const struct timeval pause = { 0, LIMIT_ACCEPT_PAUSE_MS * 1000 };

    evconnlistener_disable(listener);
    event_add(resume, &pause);
}

/* A client could not be accepted. */
static void
on_accept_error(struct evconnlistener *self, void *argument)
{
    /* Else it would fail again at once. */
    if (net_accept_error(EVUTIL_SOCKET_ERROR()) == NET_ACCEPT_REST)
        rest();
}

/* The rest is over. */
static void
on_resume(evutil_socket_t fd, short what, void *argument)
{
    if (evconnlistener_enable(listener) == -1)
        rest();
}

/* Begin to stop; when all clients have left, the loop has nothing more to wait
 * for, and ends. Twin: stop. */
static void
on_signal(evutil_socket_t signals, short what, void *argument)
{
    struct client *client, *next;

    if (!echo_stops(&options, signals))
        return;
    evconnlistener_free(listener);
    event_del(signalled);
    event_del(resume);
    stopping = true;
    for (client = LIST_FIRST(&clients); client != NULL; client = next) {
        next = LIST_NEXT(client, among);
        /* The others have something to take, or to be read. */
        if (bufferevent_get_enabled(client->bev) & EV_READ &&
            net_waiting(bufferevent_getfd(client->bev)) == 0)
            leave(client);
    }
}

/* Read the command line and serve. */
int
main(int argc, char **argv)
{
    int fd;

    echo_cli(&options, &(struct cli_twin) { .version = "(evented)" },
        DEFAULT_PORT, argc, argv);
    base = event_base_new();
    if (base == NULL)
        cli_die("out of memory");
    signalled =
        event_new(base, echo_signals(), EV_READ | EV_PERSIST, on_signal, NULL);
    resume = evtimer_new(base, on_resume, NULL);
    fd = echo_listen(&options);
    evutil_make_socket_nonblocking(fd);
    listener = evconnlistener_new(base, on_accept, NULL,
        LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
    if (signalled == NULL || resume == NULL || listener == NULL ||
        event_add(signalled, NULL) == -1 ||
        evconnlistener_enable(listener) == -1)
        cli_die("out of memory");
    evconnlistener_set_error_cb(listener, on_accept_error);
    event_base_dispatch(base);
    event_free(signalled);
    event_free(resume);
    event_base_free(base);
    return 0;
}
