/*
 * admission - whom a server lets in, and how the others learn that it is full.
 *
 * A pure rule, and how it is counted. Who is being served and who is being
 * told is in the books of the server.
 */
#ifndef COMMON_ADMISSION_H
#define COMMON_ADMISSION_H

#include "common/counters.h"

#include <stddef.h>

/* What becomes of a client that was accepted. */
enum admission {
    ADMITTED,
    REFUSED,     /* the server is full, and there is time to tell the client */
    TURNED_AWAY, /* told without waiting that it is heard */
};

/*
 * Decide about a client when so many are being served, of at most max, and so
 * many are being refused; count it as accepted or rejected.
 */
enum admission admission_decide(
    size_t active, size_t max, size_t refusing, struct counters *counters);

/* Count a client that was admitted and could not be served, for want of a
 * thread or of memory, as rejected after all. */
void admission_revoke(struct counters *counters);

#endif
