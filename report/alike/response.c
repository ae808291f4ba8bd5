#include "report/alike/response.h"

#include "report/load/ask.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

/* Take the chunks of a body together, in place; -1 if they are not whole. */
static int
join_chunks(char *body, size_t *length)
{
    size_t at = 0, to = 0;

    for (;;) {
        char *line_end = memmem(body + at, *length - at, "\r\n", 2);
        size_t n;

        if (line_end == NULL)
            return -1;
        n = strtoul(body + at, NULL, 16);
        at = (size_t)(line_end + 2 - body);
        if (n == 0)
            break;
        if (n > *length - at || *length - at - n < 2)
            return -1;
        memmove(body + to, body + at, n);
        to += n;
        at += n + 2;
    }
    *length = to;
    return 0;
}

/* Read a response that is followed by a NUL. */
static void
parse(struct response *r, char *bytes, size_t length)
{
    char *end = memmem(bytes, length, "\r\n\r\n", 4);
    const char *line;
    bool chunked = false;

    if (end == NULL || length < 12)
        return;
    r->status = strtol(bytes + 9, NULL, 10);
    *end = '\0';
    for (line = bytes; (line = strstr(line, "\r\n")) != NULL;)
        chunked |= ask_is_chunked(line += 2);
    r->body = end + 4;
    r->length = length - (size_t)(r->body - bytes);
    if (chunked && join_chunks(r->body, &r->length) == -1)
        r->body = NULL;
}

/* Read a copy. */
void
response_read(struct response *r, const struct answer_bytes *a)
{
    *r = (struct response) { .copy = malloc(a->length + 1) };
    if (r->copy == NULL)
        err(1, "%zu bytes for an answer", a->length);
    memcpy(r->copy, a->bytes, a->length);
    r->copy[a->length] = '\0';
    parse(r, r->copy, a->length);
}

/* Free the copy. */
void
response_free(struct response *r)
{
    free(r->copy);
}

/* Overwrite them with stars. */
void
response_mask_dates(struct answer_bytes *a)
{
    static const char key[] = "\r\nDate: ";
    char *at = a->bytes, *end = a->bytes + a->length;

    while ((at = memmem(at, (size_t)(end - at), key, sizeof(key) - 1)) != NULL)
        for (at += sizeof(key) - 1; at < end && *at != '\r'; at++)
            *at = '*';
}
