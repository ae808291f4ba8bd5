/*
 * A downloader with events over libcurl: its multi interface says which sockets
 * and which time to wait for, libevent waits.
 *
 * libcurl is called from libevent's callbacks only, never from its own, which
 * it forbids.
 */

#include "report/controls/downloads.h"

#include <event2/event.h>

#define SOCKETS_MAX 8192

static struct downloads all;
static struct event_base *base;
static struct event *timer;
static CURLM *multi;
static size_t running;
/*
 * By socket: libcurl may close one without having said that it need not be
 * waited for any more.
 */
static struct event *waits[SOCKETS_MAX];

/* Begin with the next URL, if there is one. */
static void
begin_next(struct download *d)
{
    if (*all.urls == NULL)
        return;
    download_begin(d, &all, *all.urls++);
    if (curl_multi_add_handle(multi, d->easy) != CURLM_OK)
        errx(1, "libcurl");
    running++;
}

/* End what is done, and go on with the same handles. */
static void
end_done(void)
{
    struct download *d;
    CURLMsg *message;
    CURLcode result;
    int left;

    while ((message = curl_multi_info_read(multi, &left)) != NULL) {
        if (message->msg != CURLMSG_DONE)
            continue;
        result = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&d);
        curl_multi_remove_handle(multi, d->easy);
        running--;
        all.failed = !download_end(d, result) || all.failed;
        begin_next(d);
    }
    if (running == 0)
        event_base_loopbreak(base);
}

/* Something happened on a socket. */
static void
on_socket(evutil_socket_t fd, short what, void *argument)
{
    int still;

    curl_multi_socket_action(multi, fd,
        ((what & EV_READ) != 0 ? CURL_CSELECT_IN : 0) |
            ((what & EV_WRITE) != 0 ? CURL_CSELECT_OUT : 0),
        &still);
    end_done();
}

/* It is time for something. */
static void
on_time(evutil_socket_t fd, short what, void *argument)
{
    int still;

    curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &still);
    end_done();
}

/* Wait for a socket no longer. */
static void
forget_socket(curl_socket_t fd)
{
    if (waits[fd] == NULL)
        return;
    event_free(waits[fd]);
    waits[fd] = NULL;
}

/* libcurl wants to wait for a socket otherwise than before. */
static int
set_socket(CURL *easy, curl_socket_t fd, int what, void *argument,
    void *argument_of_socket)
{
    short events = (short)(EV_PERSIST | ((what & CURL_POLL_IN) ? EV_READ : 0) |
                           ((what & CURL_POLL_OUT) ? EV_WRITE : 0));

    if (fd >= SOCKETS_MAX)
        errx(1, "too many sockets");
    forget_socket(fd);
    if (what == CURL_POLL_REMOVE)
        return 0;
    waits[fd] = event_new(base, fd, events, on_socket, NULL);
    if (waits[fd] == NULL || event_add(waits[fd], NULL) == -1)
        errx(1, "libevent");
    return 0;
}

/* libcurl closes a socket. */
static int
close_socket(void *argument, curl_socket_t fd)
{
    if (fd < SOCKETS_MAX)
        forget_socket(fd);
    return close(fd);
}

/* libcurl wants to be called after some time, or (-1) not to be. */
static int
set_timer(CURLM *handle, long ms, void *argument)
{
    const struct timeval after = { ms / 1000, ms % 1000 * 1000 };

    if (ms == -1)
        event_del(timer);
    else if (event_add(timer, &after) == -1)
        errx(1, "libevent");
    return 0;
}

int
main(int argc, char **argv)
{
    struct download *downloads;

    downloads_read(&all, argc, argv);
    downloads = calloc(all.at_once, sizeof(*downloads));
    multi = curl_multi_init();
    base = event_base_new();
    timer = base != NULL ? evtimer_new(base, on_time, NULL) : NULL;
    if (downloads == NULL || multi == NULL || timer == NULL)
        errx(1, "a loop");
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, set_socket);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)all.at_once);
    for (size_t i = 0; i < all.at_once; i++) {
        download_init(&downloads[i]);
        curl_easy_setopt(
            downloads[i].easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
        begin_next(&downloads[i]);
    }
    event_base_dispatch(base);
    for (size_t i = 0; i < all.at_once; i++)
        curl_easy_cleanup(downloads[i].easy);
    curl_multi_cleanup(multi);
    free(downloads);
    event_free(timer);
    event_base_free(base);
    curl_global_cleanup();
    return all.failed ? 1 : 0;
}
