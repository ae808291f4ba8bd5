/*
 * http_site - what a server of HTTP serves: the answers to its requests.
 *
 * It stands between http_server.h, which reads requests and sends answers, and
 * a module that knows what is said in them; neither knows the other. An answer
 * is begun, handed out piece by piece, and ended:
 *
 *     site->begin(answer, &request, time(NULL), site->argument);
 *     do {
 *         while (site->wait != NULL && (ms = site->wait(answer)) != 0)
 *             ... wait, or reset the connection
 *         size = site->next(answer, buffer, sizeof(buffer));
 *         send(fd, buffer, size, 0);
 *     } while (size > 0);
 *     if (!site->end(answer))
 *         ... close
 *
 * The functions are called for many clients at once, from different threads,
 * but for one client from one thread at a time.
 */
#ifndef COMMON_HTTP_SITE_H
#define COMMON_HTTP_SITE_H

#include "common/http.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The least size of a buffer for an answer, which a site may count on. */
#define HTTP_SITE_BUFFER 4096

/* What wait says: that the next bytes wait for somebody else, or that there are
 * none and the connection is to be reset. */
#define HTTP_SITE_FOREVER INT64_MAX
#define HTTP_SITE_RESET   (-1)

/* The most that a site may keep of a client. */
#define HTTP_SITE_ROOM 512

struct http_site {
    /* What the site keeps of a client, in bytes, at most HTTP_SITE_ROOM:
     * aligned for any type, zeroed when the client comes, and passed to the
     * functions below as answer. */
    size_t answer_size;

    /*
     * Begin the answer to a request as http_parse left it, be it HTTP_REQUEST
     * or HTTP_REFUSED; one that came too late is HTTP_LATE. The request is
     * valid during the call. now is in seconds since 1970. argument is the one
     * below.
     */
    void (*begin)(void *answer, const struct http_request *request, int64_t now,
        void *argument);

    /*
     * Say whether the next bytes of the answer are due: 0; or, in milliseconds,
     * in what time; or one of the above. It is called before each call of next.
     * A time is said once: when it is over, or the wait was ended early,
     * because the site asked for that or the server stops, call it again. A
     * peer that leaves meanwhile ends the answer. NULL: the next bytes are
     * always due.
     */
    int64_t (*wait)(void *answer);

    /* Write the next bytes of the answer into buffer of size bytes, at least
     * HTTP_SITE_BUFFER; return how many. 0: that was all. */
    size_t (*next)(void *answer, char *buffer, size_t size);

    /*
     * End an answer, whether all of it was taken or not, and free what it
     * holds. False: the connection is to be closed. It may be called for an
     * answer that has been ended, or never begun.
     */
    bool (*end)(void *answer);

    void *argument;
};

#endif
