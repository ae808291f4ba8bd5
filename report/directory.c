#include "report/directory.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Make each one on the way. */
void
directory_make(const char *path)
{
    char *copy = strdup(path);

    if (copy == NULL)
        err(1, NULL);
    for (char *p = copy; *p != '\0'; p++) {
        if (*p != '/' || p == copy)
            continue;
        *p = '\0';
        mkdir(copy, 0777);
        *p = '/';
    }
    if (mkdir(copy, 0777) == -1 && errno != EEXIST)
        err(1, "%s", path);
    free(copy);
}

/* Make it, lock it, and move the old report out of the way. */
void
directory_take(const char *path, bool resume)
{
    char *now, *old;
    int fd;

    directory_make(path);
    fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd == -1 || faccessat(fd, ".", W_OK, AT_EACCESS) == -1)
        err(1, "%s", path);
    if (flock(fd, LOCK_EX | LOCK_NB) == -1)
        errx(1, "%s: another compare is writing to it", path);
    /* It stays open: the lock ends with it. */
    if (resume)
        return;
    if (asprintf(&now, "%s/report.json", path) == -1 ||
        asprintf(&old, "%s.old", now) == -1)
        err(1, NULL);
    if (rename(now, old) == 0)
        printf("The report that was there is now %s.\n", old);
    else if (errno != ENOENT)
        err(1, "%s cannot be kept as %s", now, old);
    free(now);
    free(old);
}
