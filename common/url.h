/*
 * url - where a file is: http URLs, and references to others.
 *
 * What a client of HTTP needs of RFC 3986, and no more: a URL is taken apart
 * into host, port and target, and a Location is resolved against the URL that
 * it came from. Only visible ASCII characters are taken; percent-encoding stays
 * as it is. Nothing here allocates.
 */
#ifndef COMMON_URL_H
#define COMMON_URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for a host and its NUL; a name has at most 253 characters (RFC 1035). */
#define URL_HOST_MAX 256

/* Room for a path with its query and the NUL: longer than those that signed
 * downloads have. */
#define URL_TARGET_MAX 2048

/* Room for a host and port as a Host field has them: brackets, a colon, five
 * digits. */
#define URL_AUTHORITY_MAX (URL_HOST_MAX + 8)

/* An http URL. */
struct url {
    char host[URL_HOST_MAX];     /* as it was written; IPv6 without brackets */
    uint16_t port;               /* 80 when the URL has none */
    char target[URL_TARGET_MAX]; /* path and query; begins with '/' */
};

/* What became of a URL. */
enum url_status {
    URL_OK,
    URL_MALFORMED, /* it is none, or too long */
    URL_USER,      /* it has a user name, which would be sent to the host */
    URL_HTTPS,     /* https */
    URL_OTHER,     /* another scheme than http and https */
};

/* Take length bytes of text apart: http://host[:port][/path][?query]. A
 * fragment is dropped, and so are the segments . and .. of the path. */
enum url_status url_parse(struct url *url, const char *text, size_t length);

/*
 * The URL that a reference, perhaps a relative one, means in base (RFC 3986,
 * 5.2). url may be base. When it is not URL_OK, *url means nothing.
 */
enum url_status url_resolve(struct url *url, const struct url *base,
    const char *reference, size_t length);

/* Whether both are at the same host and port, so that a connection to one can
 * be used for the other. */
bool url_same_server(const struct url *a, const struct url *b);

/* Write host and port as a Host field has them, "localhost:8001", without the
 * port when it is 80, as a C string; return its length. */
size_t url_authority(const struct url *url, char text[URL_AUTHORITY_MAX]);

#endif
