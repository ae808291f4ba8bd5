/*
 * http_part - what of a resource a request is answered with: all, a part, or
 * nothing, as conditions and ranges say.
 *
 * Conditions are those of RFC 9110, 13, in the order of 13.2.2: If-Match,
 * If-None-Match, and where that is missing If-Modified-Since, which is compared
 * as a text with the date that was sent, as caches send it; If-Unmodified-Since
 * is ignored. Ranges are those of section 14: one range of bytes, for GET; a
 * request for several is answered with all, and so is one whose If-Range does
 * not fit.
 *
 * Nothing here allocates. Any thread may call it.
 */
#ifndef COMMON_HTTP_PART_H
#define COMMON_HTTP_PART_H

#include "common/http.h"

#include <stdint.h>

/* A resource as it is now. */
struct http_resource {
    const char *tag;      /* its strong entity tag, with the quotes */
    const char *modified; /* Last-Modified, as http_date writes it */
    uint64_t size;        /* bytes of its body */
};

/* A part of its body. */
struct http_part {
    uint64_t from, length;
};

/*
 * Say how a request for a resource that exists is answered:
 *
 *     200  with all of it, *part being that
 *     206  with *part of it
 *     304  with its head, as the client has it already
 *     412  not, as it is another one than the client thinks
 *     416  not, as it has no such part
 *
 * *part is written in any case; for the last three it means nothing.
 */
int http_part(const struct http_request *request,
    const struct http_resource *resource, struct http_part *part);

#endif
