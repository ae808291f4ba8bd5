/*
 * children - the processes whose parent this one is, by /proc.
 *
 * A process that loses its parent becomes the child of the nearest ancestor
 * that asked for such orphans, whatever session or process group it has moved
 * to. Until a child is reaped its number belongs to it, so that a signal
 * cannot reach another process.
 *
 * Both functions may be called in a signal handler that does not return.
 */
#ifndef REPORT_CHILDREN_H
#define REPORT_CHILDREN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct child {
    pid_t pid;
    pid_t group; /* its process group */
    bool ended;  /* it is there to be reaped only */
};

/*
 * Have orphans among the descendants become children from now on. Where the
 * system does not allow that, they become the children of others, as ever.
 */
void children_adopt(void);

/*
 * List the children, the first `most` of them; return how many were listed.
 * None are where /proc cannot be read.
 */
size_t children_list(struct child *children, size_t most);

#endif
