#include "common/line.h"

#include <stdbool.h>
#include <string.h>

/* Start on a new peer. */
void
line_init(struct line_scanner *scanner, size_t max)
{
    scanner->max = max;
    scanner->seen = 0;
}

/* Whether bytes without an LF can no longer become an allowed line. */
static bool
is_too_long(const struct line_scanner *scanner, const char *data, size_t size)
{
    const size_t max = scanner->max;

    return size > max && (data[max] != '\r' || size > max + 1);
}

/* Find the next line in data. */
enum line_status
line_next(struct line_scanner *scanner, const char *data, size_t size,
    struct line *line, size_t *used)
{
    size_t window = size;
    const char *end = NULL;

    *used = 0;
    if (window > LINE_ROOM(scanner->max))
        window = LINE_ROOM(scanner->max);
    if (window > scanner->seen)
        end = memchr(data + scanner->seen, '\n', window - scanner->seen);
    if (end == NULL) {
        scanner->seen = window;
        return is_too_long(scanner, data, size) ? LINE_TOO_LONG : LINE_PARTIAL;
    }
    line->text = data;
    line->length = (size_t)(end - data);
    if (line->length > 0 && end[-1] == '\r')
        line->length--;
    if (line->length > scanner->max)
        return LINE_TOO_LONG;
    *used = (size_t)(end - data) + 1;
    scanner->seen = 0;
    return LINE_READY;
}

/* The last line, when no more bytes will come. */
enum line_status
line_last(struct line_scanner *scanner, const char *data, size_t size,
    struct line *line)
{
    scanner->seen = 0;
    if (size > scanner->max)
        return LINE_TOO_LONG;
    line->text = data;
    line->length = size;
    return size > 0 ? LINE_READY : LINE_END;
}

/* Whether a line is the first of a web browser's request. */
bool
line_is_http(const struct line *line)
{
    static const char end[] = " HTTP/1.";
    const size_t length = sizeof(end) - 1;
    const char *last = line->text + line->length - 1;

    return line->length > length + 1 && *last >= '0' && *last <= '9' &&
           memcmp(last - length, end, length) == 0;
}
