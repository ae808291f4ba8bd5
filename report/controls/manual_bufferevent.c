/*
 * An event-driven server as libevent's manuals write it: evbuffer_readln()
 * for each line, bufferevent_write() for each reply.
 *
 * The reply is queued and written when the loop comes round again; what that
 * costs against writing at once is the difference to the evented twin.
 */

#include "report/controls/control.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>

/* Answer every complete line. Twin: serve. */
static void
on_readable(struct bufferevent *bev, void *argument)
{
    struct evbuffer *in = bufferevent_get_input(bev);
    char *line;

    while ((line = evbuffer_readln(in, NULL, EVBUFFER_EOL_LF)) != NULL) {
        bufferevent_write(bev, CONTROL_REPLY, CONTROL_REPLY_LENGTH);
        free(line);
    }
}

/* The client left, or the connection broke. */
static void
on_event(struct bufferevent *bev, short what, void *argument)
{
    if ((what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) != 0)
        bufferevent_free(bev);
}

/* Take one new connection into the loop. */
static void
on_accept(struct evconnlistener *listener, evutil_socket_t fd,
    struct sockaddr *address, int length, void *argument)
{
    struct event_base *base = evconnlistener_get_base(listener);
    struct bufferevent *bev =
        bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);

    if (bev == NULL) {
        evutil_closesocket(fd);
        return;
    }
    control_no_delay(fd);
    bufferevent_setcb(bev, on_readable, NULL, on_event, NULL);
    bufferevent_enable(bev, EV_READ | EV_WRITE);
}

/* Serve until SIGTERM. */
int
main(int argc, char **argv)
{
    int fd = control_listen(argc, argv);
    struct event_base *base = event_base_new();

    if (base == NULL || evutil_make_socket_nonblocking(fd) == -1 ||
        evconnlistener_new(
            base, on_accept, NULL, LEV_OPT_CLOSE_ON_FREE, 0, fd) == NULL)
        errx(1, "libevent");
    event_base_dispatch(base);
    return 0;
}
