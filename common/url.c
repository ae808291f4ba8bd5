#include "common/url.h"

#include "common/http_text.h"
#include "common/number.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* The first of these two characters in text, or its end. */
static const char *
find(const char *text, const char *end, char one, char other)
{
    while (text < end && *text != one && *text != other)
        text++;
    return text;
}

/* Whether c is a letter. */
static bool
is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The length of the scheme at the start of text, its colon not counted; 0 when
 * there is none (RFC 3986, 3.1). */
static size_t
scheme_length(const char *text, size_t length)
{
    size_t at = 0;

    while (
        at < length && (is_letter(text[at]) ||
                           (at > 0 && ((text[at] >= '0' && text[at] <= '9') ||
                                          text[at] == '+' || text[at] == '-' ||
                                          text[at] == '.'))))
        at++;
    return at < length && text[at] == ':' ? at : 0;
}

/* What a scheme means for a URL. */
static enum url_status
judge_scheme(const char *text, size_t length)
{
    if (http_is_word(text, length, "http"))
        return URL_OK;
    return http_is_word(text, length, "https") ? URL_HTTPS : URL_OTHER;
}

/* Drop the segments . and .. of a path that begins with '/'; its new length
 * (RFC 3986, 5.2.4). */
static size_t
remove_dots(char *path, size_t length)
{
    size_t out = 0;

    for (size_t at = 0, end; at < length; at = end) {
        const char *segment = path + at + 1;
        size_t size;

        for (end = at + 1; end < length && path[end] != '/';)
            end++;
        size = end - at - 1;
        if (size == 2 && memcmp(segment, "..", 2) == 0) {
            while (out > 0 && path[--out] != '/')
                ;
        } else if (size != 1 || *segment != '.') {
            memmove(path + out, path + at, end - at);
            out += end - at;
            continue;
        }
        if (end == length)
            path[out++] = '/';
    }
    return out;
}

/* Make a target of the first directory bytes of the present one, a path, and
 * a query that begins with its '?'. */
static enum url_status
set_target(struct url *url, size_t directory, const char *path,
    const char *query, const char *end)
{
    char *const target = url->target;
    const size_t path_size = (size_t)(query - path);
    size_t length = directory + path_size;

    /* One byte more for the '/' of an empty path, one for the NUL. */
    if (length + (size_t)(end - query) + 2 > sizeof(url->target))
        return URL_MALFORMED;
    memcpy(target + directory, path, path_size);
    if (length == 0)
        target[length++] = '/';
    length = remove_dots(target, length);
    memcpy(target + length, query, (size_t)(end - query));
    target[length + (size_t)(end - query)] = '\0';
    return URL_OK;
}

/* Take host and port apart, which are well-formed. */
static enum url_status
set_host(struct url *url, const char *text, size_t length)
{
    const char *end = text + length;
    const bool bracket = text[0] == '[';
    const char *stop =
        bracket ? memchr(text, ']', length) : find(text, end, ':', ':');
    const char *host = text + bracket;
    const char *port = stop + bracket;
    int64_t number = 80;

    if ((size_t)(stop - host) >= sizeof(url->host))
        return URL_MALFORMED;
    memcpy(url->host, host, (size_t)(stop - host));
    url->host[stop - host] = '\0';
    if (end - port > 1 &&
        number_read(port + 1, (size_t)(end - port) - 1, &number) != NUMBER_OK)
        return URL_MALFORMED;
    if (number < 1 || number > UINT16_MAX)
        return URL_MALFORMED;
    url->port = (uint16_t)number;
    return URL_OK;
}

/* Take apart what follows the scheme of a URL: //host/path?query. */
static enum url_status
parse_rest(struct url *url, const char *text, const char *end)
{
    const char *host = text + 2, *path;
    enum url_status status;

    if (end - text < 2 || memcmp(text, "//", 2) != 0)
        return URL_MALFORMED;
    path = find(host, end, '/', '?');
    if (memchr(host, '@', (size_t)(path - host)) != NULL)
        return URL_USER;
    if (!http_is_host(host, (size_t)(path - host)))
        return URL_MALFORMED;
    status = set_host(url, host, (size_t)(path - host));
    if (status != URL_OK)
        return status;
    return set_target(url, 0, path, find(path, end, '?', '?'), end);
}

/* Whether all of text may stand in a URL. */
static bool
is_visible(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (text[i] <= ' ' || text[i] > '~')
            return false;
    return true;
}

/* Take a URL apart. */
enum url_status
url_parse(struct url *url, const char *text, size_t length)
{
    const size_t scheme = scheme_length(text, length);
    const char *end = find(text, text + length, '#', '#');
    enum url_status status;

    if (scheme == 0 || !is_visible(text, length))
        return URL_MALFORMED;
    status = judge_scheme(text, scheme);
    return status == URL_OK ? parse_rest(url, text + scheme + 1, end) : status;
}

/* The URL that a reference means. */
enum url_status
url_resolve(struct url *url, const struct url *base, const char *reference,
    size_t length)
{
    const char *end = find(reference, reference + length, '#', '#');
    const char *query = find(reference, end, '?', '?');
    size_t directory;

    if (scheme_length(reference, length) > 0)
        return url_parse(url, reference, length);
    if (!is_visible(reference, length))
        return URL_MALFORMED;
    if (length >= 2 && memcmp(reference, "//", 2) == 0)
        return parse_rest(url, reference, end);
    if (url != base)
        *url = *base;
    directory = strcspn(base->target, "?");
    if (query > reference) {
        /* A path: it takes the place of all, or of all behind the last '/'. */
        if (*reference == '/')
            directory = 0;
        while (directory > 0 && base->target[directory - 1] != '/')
            directory--;
    } else if (query == end) {
        return URL_OK; /* nothing, or a fragment */
    }
    return set_target(url, directory, reference, query, end);
}

/* Whether both are at the same host and port. */
bool
url_same_server(const struct url *a, const struct url *b)
{
    return a->port == b->port && strcasecmp(a->host, b->host) == 0;
}

/* Write host and port. */
size_t
url_authority(const struct url *url, char text[URL_AUTHORITY_MAX])
{
    const bool bracket = strchr(url->host, ':') != NULL;
    int length = snprintf(text, URL_AUTHORITY_MAX, "%s%s%s", bracket ? "[" : "",
        url->host, bracket ? "]" : "");

    if (url->port != 80)
        length += snprintf(text + length, URL_AUTHORITY_MAX - (size_t)length,
            ":%u", (unsigned)url->port);
    return (size_t)length;
}
