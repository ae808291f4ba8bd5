#include "common/http_part.h"

#include "common/number.h"

#include <string.h>

/* Whether a value is exactly this text. */
static bool
is_text(struct http_slice value, const char *text)
{
    return value.length == strlen(text) &&
           memcmp(value.text, text, value.length) == 0;
}

/* Whether a list of entity tags, as http_parse has let it pass, has this one;
 * weakly compared, a tag with W/ before it is the same. */
static bool
list_has(struct http_slice list, const char *tag, bool weakly)
{
    const char *at = list.text, *end = at + list.length;

    while ((at = memchr(at, '"', (size_t)(end - at))) != NULL) {
        const char *close = memchr(at + 1, '"', (size_t)(end - at) - 1);
        const bool weak = at > list.text && at[-1] == '/';

        if ((weakly || !weak) &&
            is_text((struct http_slice) { at, (size_t)(close - at) + 1 }, tag))
            return true;
        at = close + 1;
    }
    return false;
}

/* Whether any field of a name has the entity tag in its list. */
static bool
names_tag(const struct http_request *request, const char *name, const char *tag,
    bool weakly)
{
    struct http_slice list;
    size_t at = 0;

    while (http_field(request, name, &at, &list))
        if (list_has(list, tag, weakly))
            return true;
    return false;
}

/* Evaluate the conditions: 200, 304 or 412. */
static int
check_conditions(
    const struct http_request *request, const struct http_resource *resource)
{
    struct http_slice date;
    size_t at = 0;

    if (request->match == HTTP_SOME_TAGS &&
        !names_tag(request, "if-match", resource->tag, false))
        return 412;
    switch (request->none_match) {
    case HTTP_ANY_TAG:
        return 304;
    case HTTP_SOME_TAGS:
        return names_tag(request, "if-none-match", resource->tag, true) ? 304
                                                                        : 200;
    case HTTP_NO_TAGS:
    default:
        return http_field(request, "if-modified-since", &at, &date) &&
                       is_text(date, resource->modified)
                   ? 304
                   : 200;
    }
}

/* Read the digits at the beginning of a text, and leave them out; false when
 * there are none. A number that is too large is the largest. */
static bool
read_digits(struct http_slice *text, uint64_t *number)
{
    size_t digits = 0;
    int64_t value = INT64_MAX;

    while (digits < text->length && text->text[digits] >= '0' &&
           text->text[digits] <= '9')
        digits++;
    if (digits == 0)
        return false;
    if (number_read(text->text, digits, &value) != NUMBER_OK)
        value = INT64_MAX;
    *number = (uint64_t)value;
    text->text += digits;
    text->length -= digits;
    return true;
}

/* Whether the range counts: it is for the resource as it is now. */
static bool
is_current(
    const struct http_request *request, const struct http_resource *resource)
{
    struct http_slice value;
    size_t at = 0;

    return !http_field(request, "if-range", &at, &value) ||
           is_text(value, resource->tag) || is_text(value, resource->modified);
}

/* Take bytes=FIRST-LAST, bytes=FIRST- or bytes=-COUNT apart: 206, 416, or 200
 * when it is something else. */
static int
read_range(struct http_slice range, uint64_t size, struct http_part *part)
{
    static const char unit[] = "bytes=";
    const size_t length = sizeof(unit) - 1;
    uint64_t first = 0, last = UINT64_MAX;
    bool from_start;

    if (range.length <= length || memcmp(range.text, unit, length) != 0)
        return 200;
    range.text += length;
    range.length -= length;
    from_start = read_digits(&range, &first);
    if (range.length == 0 || *range.text != '-')
        return 200;
    range.text++;
    range.length--;
    if (!read_digits(&range, &last) && !from_start)
        return 200;
    if (range.length > 0 || (from_start && last < first))
        return 200;
    if (!from_start) {
        if (last == 0)
            return 416;
        first = last < size ? size - last : 0;
        last = UINT64_MAX;
    }
    if (first >= size)
        return 416;
    part->from = first;
    part->length = (last < size ? last + 1 : size) - first;
    return 206;
}

/* Say how a request for a resource is answered. */
int
http_part(const struct http_request *request,
    const struct http_resource *resource, struct http_part *part)
{
    const int status = check_conditions(request, resource);
    struct http_slice range;
    size_t at = 0;

    *part = (struct http_part) { .length = resource->size };
    if (status != 200 || request->method != HTTP_GET ||
        !http_field(request, "range", &at, &range) ||
        !is_current(request, resource))
        return status;
    return read_range(range, resource->size, part);
}
