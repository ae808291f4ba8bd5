/*
 * programs - where the programs are.
 *
 * compare looks for them beside itself as `make` leaves them
 * (DIR/threaded/guess-server, DIR/controls/bare-epoll), beside itself as
 * `make install` leaves them (DIR/guess-server-threaded), and for the controls
 * in DIR/../libexec/threads-vs-events/controls, or where libexecdir, as seen
 * from bindir, was when it was compiled (LIBEXEC). Programs of others are
 * looked up in PATH.
 */
#ifndef REPORT_PROGRAMS_H
#define REPORT_PROGRAMS_H

#include "report/scenarios.h"

struct programs {
    char *path[PROGRAMS][SUBJECTS]; /* NULL = not found, or there is none */
    char *output; /* where a report goes unless told otherwise */
};

/*
 * Find all programs. A control that is not there, or that the kernel cannot
 * run, is NULL and its column is missing from the report; of a program of which
 * not both twins are there, both are NULL. Return 0, or -1 when a twin of the
 * guess-server is not there; its path as it should be is then in *missing, a
 * new string. Free the others with programs_free() in either case.
 */
int programs_find(struct programs *programs, const char **missing);

/*
 * Return the path of another file that was built or installed with compare,
 * beside it or in libexec; NULL when it is not there. Free it with free().
 */
char *programs_find_file(const char *name);

/*
 * Return the path of a program of others in PATH; NULL when it is not
 * installed. Free it with free().
 */
char *programs_find_tool(const char *name);

/* Free the paths. */
void programs_free(struct programs *programs);

#endif
