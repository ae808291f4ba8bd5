/*
 * References, resolved in a URL of three segments: what comes out is a URL of
 * visible characters without segments to be dropped, which means itself when it
 * is resolved again. Input: the reference.
 */
#include "common/url.h"

#include "tests/fuzz/fuzz.h"

#include <stdio.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char text[] = "http://a:81/b/c/d?e";
    static char whole[URL_AUTHORITY_MAX + URL_TARGET_MAX + 8];
    char authority[URL_AUTHORITY_MAX];
    struct url base, url, again;
    size_t length;
    char *path;

    assert(url_parse(&base, text, sizeof(text) - 1) == URL_OK);
    if (url_resolve(&url, &base, (const char *)data, size) != URL_OK)
        return 0;
    assert(url.target[0] == '/' && url.port > 0 && url.host[0] != '\0');
    assert(strchr(url.host, '@') == NULL);
    for (const char *c = url.target; *c != '\0'; c++)
        assert(*c > ' ' && *c <= '~' && *c != '#');

    path = strndup(url.target, strcspn(url.target, "?"));
    assert(path != NULL);
    length = strlen(path);
    assert(strstr(path, "/../") == NULL && strstr(path, "/./") == NULL);
    assert(length < 3 || strcmp(path + length - 3, "/..") != 0);
    assert(length < 2 || strcmp(path + length - 2, "/.") != 0);
    free(path);

    assert(url_authority(&url, authority) < sizeof(authority));
    length = (size_t)sprintf(whole, "http://%s%s", authority, url.target);
    assert(url_resolve(&again, &base, whole, length) == URL_OK);
    assert(url_same_server(&again, &url));
    assert(strcmp(again.target, url.target) == 0);
    return 0;
}
