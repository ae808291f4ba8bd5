/*
 * blocktable - the list of blocks as rows of an HTML table, for charpage.
 *
 *     struct blocktable table;
 *     bool last = false;
 *
 *     blocktable_begin(&table);
 *     while (!last) {
 *         size = blocktable_next(&table, buffer, sizeof(buffer), &last);
 *         send(fd, buffer, size, 0);
 *     }
 *
 * It is written piece by piece; nothing here allocates or fails. Any thread may
 * call it, one at a time for each table.
 */
#ifndef COMMON_BLOCKTABLE_H
#define COMMON_BLOCKTABLE_H

#include "common/charblock.h"
#include "common/template.h"

#include <stdbool.h>
#include <stddef.h>

/* Rows under way, which must not move. Its members are blocktable's own. */
struct blocktable {
    struct template template; /* of a row */
    size_t at;                /* the block after it (charblock.h) */
    struct charblock block;
    char first[8], last[8]; /* its code points, "2190" */
    const char *sample;     /* a character of it that can be seen */
    size_t sample_length;
    const char *support; /* what that stands on, if it is a mark */
};

/* Begin to write all rows. */
void blocktable_begin(struct blocktable *table);

/* Write the next bytes into buffer of size bytes, at least TEMPLATE_ESCAPE_MAX;
 * return how many. *last, which must be false, becomes true when that was all.
 */
size_t blocktable_next(
    struct blocktable *table, char *buffer, size_t size, bool *last);

#endif
