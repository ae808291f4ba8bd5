/*
 * syscalls - how many system calls of which kind a request costs a server, in
 * a pass of its own: a server that is traced is several times slower.
 */
#ifndef REPORT_SYSCALLS_H
#define REPORT_SYSCALLS_H

#include "report/run/plan.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/*
 * Count the calls of a twin or a control in two short runs under strace, one
 * without requests beyond the first of each connection and one with many, and
 * divide the difference. Return `[{name, per_request}]`, the most frequent
 * first, without what is below one in a hundred; or null when strace is missing
 * or may not trace. The caller owns the result.
 */
json_t *syscalls_count(
    const struct scenario *s, enum subject subject, const struct plan *plan);

/* Tell whether strace is there to be run. */
bool syscalls_can_be_counted(void);

/*
 * Read a table that strace -c -U name,calls wrote, from `in`, into an object
 * {name: calls}. The caller owns it.
 */
json_t *syscalls_parse(FILE *in);

#endif
