/*
 * response - what an answer over HTTP says: its status and its body, taken out
 * of all that a server sent.
 */
#ifndef REPORT_RESPONSE_H
#define REPORT_RESPONSE_H

#include "report/alike/converse.h"

#include <stdbool.h>
#include <stddef.h>

struct response {
    long status;   /* 0: there is no whole head */
    char *body;    /* chunks taken together; NULL: it is not whole */
    size_t length; /* of it */
    char *copy;    /* in which it is */
};

/* Read the first response of an answer, which stays as it is. Free it. */
void response_read(struct response *r, const struct answer_bytes *a);

/* Free what was read. */
void response_free(struct response *r);

/* Overwrite the time of day in the heads of an answer, with as many bytes. */
void response_mask_dates(struct answer_bytes *a);

#endif
