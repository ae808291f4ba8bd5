#include "common/url.h"
#include "tests/unit/guard.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

/* A status, or a URL as text: host, port, target. */
static const char *
tell(enum url_status status, const struct url *url)
{
    static const char *const names[] = { "ok", "malformed", "user", "https",
        "other" };
    static char text[URL_HOST_MAX + URL_TARGET_MAX + 16];

    if (status != URL_OK)
        return names[status];
    snprintf(text, sizeof(text), "%s %u %s", url->host, url->port, url->target);
    return text;
}

/* URLs, and what they are. */
static const struct {
    const char *text, *expected;
} urls[] = {
    { "http://localhost:8001/flags", "localhost 8001 /flags" },
    { "http://a", "a 80 /" },
    { "http://a/", "a 80 /" },
    { "http://a:/", "a 80 /" },
    { "http://a?b", "a 80 /?b" },
    { "http://a/?b", "a 80 /?b" },
    { "http://a/b?c/d?e", "a 80 /b?c/d?e" },
    { "http://a/b#c", "a 80 /b" },
    { "http://a#c/d?e", "a 80 /" },
    { "http://a/b?c#d", "a 80 /b?c" },
    { "http://a/b?c=../d", "a 80 /b?c=../d" },
    { "HTTP://A.Example:80/B", "A.Example 80 /B" },
    { "http://127.0.0.1:1/", "127.0.0.1 1 /" },
    { "http://[::1]:8001/flags", "::1 8001 /flags" },
    { "http://[::1]", "::1 80 /" },
    { "http://[::1]:", "::1 80 /" },
    { "http://a:65535/", "a 65535 /" },
    { "http://a:00080/", "a 80 /" },
    { "http://a/%2e%2e/b", "a 80 /%2e%2e/b" },
    { "http://a/b/./c/../d/.", "a 80 /b/d/" },
    { "http://a/b/c/..", "a 80 /b/" },
    { "http://a/..", "a 80 /" },
    { "http://a/../../b", "a 80 /b" },
    { "http://a//b//", "a 80 //b//" },
    { "http://a/...", "a 80 /..." },
    { "http://a/.b/..c", "a 80 /.b/..c" },
    { "http://a:65536/", "malformed" },
    { "http://a:0/", "malformed" },
    { "http://a:-1/", "malformed" },
    { "http://a:99999999999999999999/", "malformed" },
    { "http://a:x/", "malformed" },
    { "http://a b/", "malformed" },
    { "http://a/b c", "malformed" },
    { "http://a/b\tc", "malformed" },
    { "http://a/\xc3\xa9", "malformed" },
    { "http://a/\x7f", "malformed" },
    { "http://a/#\x01", "malformed" },
    { "http://", "malformed" },
    { "http:///b", "malformed" },
    { "http://:80/", "malformed" },
    { "http:/a", "malformed" },
    { "http:a", "malformed" },
    { "http:", "malformed" },
    { "http:/", "malformed" },
    { "http://[::1/", "malformed" },
    { "http://[::1]x/", "malformed" },
    { "http://u@a/", "user" },
    { "http://u:p@a/", "user" },
    { "http://@a/", "user" },
    { "http://a/u@b", "a 80 /u@b" },
    { "https://a/", "https" },
    { "HTTPS://a/", "https" },
    { "https:", "https" },
    { "file:///etc/passwd", "other" },
    { "ftp://a/", "other" },
    { "data:,x", "other" },
    { "httpx://a/", "other" },
    { "a+b-c.d1:x", "other" },
    { "", "malformed" },
    { "a", "malformed" },
    { "/a", "malformed" },
    { "//a/b", "malformed" },
    { ":a", "malformed" },
    { "1http://a/", "malformed" },
    { "h_ttp://a/", "malformed" },
    { "h~ttp://a/", "malformed" },
};

TEST(a_url_is_taken_apart_or_refused, .times = COUNT(urls))
{
    const size_t length = strlen(urls[_i].text);
    struct url url;
    enum url_status status =
        url_parse(&url, guard_copy(urls[_i].text, length), length);

    ck_assert_str_eq(tell(status, &url), urls[_i].expected);
}

/* What references mean in http://a/b/c/d;p?q: the examples of RFC 3986, 5.4,
 * without their fragments, and what a client must not follow. */
static const struct {
    const char *reference, *expected;
} references[] = {
    { "g:h", "other" },
    { "g", "a 80 /b/c/g" },
    { "./g", "a 80 /b/c/g" },
    { "g/", "a 80 /b/c/g/" },
    { "/g", "a 80 /g" },
    { "//g", "g 80 /" },
    { "?y", "a 80 /b/c/d;p?y" },
    { "g?y", "a 80 /b/c/g?y" },
    { "#s", "a 80 /b/c/d;p?q" },
    { "g#s", "a 80 /b/c/g" },
    { "g?y#s", "a 80 /b/c/g?y" },
    { ";x", "a 80 /b/c/;x" },
    { "g;x", "a 80 /b/c/g;x" },
    { "g;x?y#s", "a 80 /b/c/g;x?y" },
    { "", "a 80 /b/c/d;p?q" },
    { ".", "a 80 /b/c/" },
    { "./", "a 80 /b/c/" },
    { "..", "a 80 /b/" },
    { "../", "a 80 /b/" },
    { "../g", "a 80 /b/g" },
    { "../..", "a 80 /" },
    { "../../", "a 80 /" },
    { "../../g", "a 80 /g" },
    { "../../../g", "a 80 /g" },
    { "../../../../g", "a 80 /g" },
    { "/./g", "a 80 /g" },
    { "/../g", "a 80 /g" },
    { "g.", "a 80 /b/c/g." },
    { ".g", "a 80 /b/c/.g" },
    { "g..", "a 80 /b/c/g.." },
    { "..g", "a 80 /b/c/..g" },
    { "./../g", "a 80 /b/g" },
    { "./g/.", "a 80 /b/c/g/" },
    { "g/./h", "a 80 /b/c/g/h" },
    { "g/../h", "a 80 /b/c/h" },
    { "g;x=1/./y", "a 80 /b/c/g;x=1/y" },
    { "g;x=1/../y", "a 80 /b/c/y" },
    { "g?y/./x", "a 80 /b/c/g?y/./x" },
    { "g?y/../x", "a 80 /b/c/g?y/../x" },
    { "g#s/./x", "a 80 /b/c/g" },
    { "g#s/../x", "a 80 /b/c/g" },
    { "http:g", "malformed" },
    { "http://g:81/h?i", "g 81 /h?i" },
    { "//g:81?i", "g 81 /?i" },
    { "//u@g/", "user" },
    { "//", "malformed" },
    { "https://g/", "https" },
    { "file:///etc/passwd", "other" },
    { "g h", "malformed" },
    { "?y#a:b", "a 80 /b/c/d;p?y" },
    { "1:2", "a 80 /b/c/1:2" },
    { "/g:h", "a 80 /g:h" },
};

TEST(a_reference_is_resolved_or_refused, .times = COUNT(references))
{
    static const char text[] = "http://a/b/c/d;p?q";
    const size_t length = strlen(references[_i].reference);
    const char *reference = guard_copy(references[_i].reference, length);
    struct url base, url;
    enum url_status status;

    ck_assert_int_eq(url_parse(&base, text, strlen(text)), URL_OK);
    status = url_resolve(&url, &base, reference, length);
    ck_assert_str_eq(tell(status, &url), references[_i].expected);
    status = url_resolve(&base, &base, reference, length);
    ck_assert_str_eq(tell(status, &base), references[_i].expected);
}

TEST(the_longest_host_and_target_fit_and_no_longer_ones)
{
    static char text[2 * URL_TARGET_MAX], name[URL_HOST_MAX + 1];
    struct url url;
    int length;

    memset(name, 'n', URL_HOST_MAX);
    for (int over = 0; over < 2; over++) {
        length = sprintf(text, "http://%.*s/", URL_HOST_MAX - 1 + over, name);
        ck_assert_int_eq(url_parse(&url, text, (size_t)length),
            over ? URL_MALFORMED : URL_OK);
        length = sprintf(text, "http://a/%0*d", URL_TARGET_MAX - 3 + over, 0);
        ck_assert_int_eq(url_parse(&url, text, (size_t)length),
            over ? URL_MALFORMED : URL_OK);
    }
}

/* Pairs of URLs, and whether one connection does for both. */
static const struct {
    const char *a, *b;
    bool same;
} servers[] = {
    { "http://a/", "http://a:80/b", true },
    { "http://a/", "http://A/", true },
    { "http://a/", "http://b/", false },
    { "http://a/", "http://a:81/", false },
    { "http://[::1]/", "http://[::1]:80/", true },
};

TEST(a_server_is_a_host_and_a_port, .times = COUNT(servers))
{
    struct url a, b;

    ck_assert_int_eq(
        url_parse(&a, servers[_i].a, strlen(servers[_i].a)), URL_OK);
    ck_assert_int_eq(
        url_parse(&b, servers[_i].b, strlen(servers[_i].b)), URL_OK);
    ck_assert_int_eq(url_same_server(&a, &b), servers[_i].same);
}

/* URLs, and what their Host fields say. */
static const struct {
    const char *url, *authority;
} authorities[] = {
    { "http://localhost:8001/flags", "localhost:8001" },
    { "http://a:80/", "a" },
    { "http://a/", "a" },
    { "http://[::1]/", "[::1]" },
    { "http://[::1]:8001/", "[::1]:8001" },
};

TEST(
    an_authority_is_written_as_a_host_field_has_it, .times = COUNT(authorities))
{
    char text[URL_AUTHORITY_MAX];
    struct url url;

    ck_assert_int_eq(
        url_parse(&url, authorities[_i].url, strlen(authorities[_i].url)),
        URL_OK);
    ck_assert_uint_eq(
        url_authority(&url, text), strlen(authorities[_i].authority));
    ck_assert_str_eq(text, authorities[_i].authority);
}
