/*
 * http_server - serves a site by HTTP, with a thread per connection.
 *
 * Reads a client's requests, one after the other, has the site answer each of
 * them, and sends the answers, by the calls of stream.h: in the client's thread
 * this is a loop, from the first request to the last. One request of a client
 * is in work at a time; what it sends meanwhile waits. A request that does not
 * end in time is answered (408), and a client that finds no room gets 503. All
 * other answers are the site's.
 */
#ifndef THREADED_HTTP_SERVER_H
#define THREADED_HTTP_SERVER_H

#include "common/http_site.h"
#include "threaded/server.h"

/*
 * The program for server_run that serves a site at a port (0: any free one),
 * by a door called "http".
 * limits, which hold for its clients, and site must outlive the server; the
 * limits' max_line must be HTTP_ROOM. Call it from the main thread, before
 * server_run; the site's functions are called in the clients' threads.
 */
struct server_program http_server_program(
    uint16_t port, const struct limits *limits, struct http_site *site);

/*
 * For a program that answers by itself: read the next request, which parser
 * knows, or wait for it. *request is what http_parse said, or HTTP_LATE; it is
 * valid until the next call on the stream. False: there will be none.
 */
bool http_server_read(struct stream *stream, struct http_parser *parser,
    struct http_request *request);

/* The answer to a client for which there is no room (503), for such a program
 * and others; call it as above. */
const char *http_server_refusal(void);

#endif
