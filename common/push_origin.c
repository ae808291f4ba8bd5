#include "common/push_parts.h"

#include <string.h>

#define LENGTH(literal) (sizeof(literal) - 1)

/* Whether two texts are the same but for case. */
static bool
is_same(struct http_slice one, const char *other, size_t length)
{
    if (one.length != length)
        return false;
    for (size_t i = 0; i < length; i++) {
        char a = one.text[i], b = other[i];

        if (a >= 'A' && a <= 'Z')
            a = (char)(a + ('a' - 'A'));
        if (b >= 'A' && b <= 'Z')
            b = (char)(b + ('a' - 'A'));
        if (a != b)
            return false;
    }
    return true;
}

/* What follows the scheme of an origin: its host and port; of anything else,
 * nothing. */
static struct http_slice
after_scheme(const char *origin, size_t length)
{
    static const char *const schemes[] = { "http://", "https://" };

    for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes); i++) {
        const size_t size = strlen(schemes[i]);
        const struct http_slice begin = { origin, size };

        if (length > size && is_same(begin, schemes[i], size))
            return (struct http_slice) { origin + size, length - size };
    }
    return (struct http_slice) { "", 0 };
}

/* A host without its port. */
static struct http_slice
without_port(struct http_slice host)
{
    const char *colon;

    if (host.length > 0 && host.text[0] == '[')
        colon = memchr(host.text, ']', host.length);
    else
        colon = host.length > 0 ? memchr(host.text, ':', host.length) : NULL;
    if (colon != NULL)
        host.length = (size_t)(colon - host.text);
    return host;
}

/* Whether a host is an address, which no name server can have pointed here. */
static bool
is_address(struct http_slice host)
{
    if (host.text[0] == '[')
        return true;
    for (size_t i = 0; i < host.length; i++)
        if (host.text[i] != '.' && (host.text[i] < '0' || host.text[i] > '9'))
            return false;
    return true;
}

/* Whether this server may be asked by the name of this host. */
static bool
is_our_host(const struct push_rules *rules, struct http_slice host)
{
    host = without_port(host);
    if (is_address(host) || is_same(host, "localhost", LENGTH("localhost")))
        return true;
    for (size_t i = 0; i < rules->origins_count; i++) {
        const char *origin = rules->origins[i];
        const struct http_slice ours =
            without_port(after_scheme(origin, strlen(origin)));

        if (is_same(host, ours.text, ours.length))
            return true;
    }
    return false;
}

/* Whether the page that made a request may make it (RFC 6455, 10.2): it is ours
 * or one that is named, and it did not get here by a name of its own, which it
 * would have pointed at this server so that browsers take the two for one. */
bool
push_may_come(
    const struct push_client *client, const struct http_request *request)
{
    const struct push_rules *rules = &client->site->rules;
    struct http_slice host, origin, ours;
    const unsigned lines = http_sole_field(request, "origin", &origin);

    if (http_sole_field(request, "host", &host) > 0 &&
        !is_our_host(rules, host))
        return false;
    if (lines != 1)
        return lines == 0;
    for (size_t i = 0; i < rules->origins_count; i++)
        if (is_same(origin, rules->origins[i], strlen(rules->origins[i])))
            return true;
    ours = after_scheme(origin.text, origin.length);
    return ours.length > 0 && is_same(ours, host.text, host.length);
}

/* Whether a client may publish. */
bool
push_may_publish(const struct push_client *client)
{
    static const char *const local[] = { "127.", "[::1]:", "[::ffff:127." };

    if (client->site->rules.publish != PUSH_LOCAL)
        return client->site->rules.publish == PUSH_ANY;
    for (size_t i = 0; i < sizeof(local) / sizeof(*local); i++)
        if (strncmp(client->peer, local[i], strlen(local[i])) == 0)
            return true;
    return false;
}
