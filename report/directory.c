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

/* Name the report in a folder, and what it is called when there is a new one.
 */
static void
name_report(const char *path, char **now, char **old)
{
    if (asprintf(now, "%s/report.json", path) == -1 ||
        asprintf(old, "%s.old", *now) == -1)
        err(1, NULL);
}

/* End the program where the report that is there could not be kept. */
static void
check_report(const char *path)
{
    struct stat report, old_one;
    char *now, *old;

    name_report(path, &now, &old);
    if (lstat(now, &report) == 0 && lstat(old, &old_one) == 0 &&
        S_ISDIR(report.st_mode) != S_ISDIR(old_one.st_mode)) {
        errno = EISDIR;
        err(1, "%s cannot be kept as %s", now, old);
    }
    free(now);
    free(old);
}

/* Make it and lock it. */
void
directory_take(const char *path)
{
    int fd;

    directory_make(path);
    fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd == -1 || faccessat(fd, ".", W_OK, AT_EACCESS) == -1)
        err(1, "%s", path);
    if (flock(fd, LOCK_EX | LOCK_NB) == -1)
        errx(1, "%s: another compare is writing to it", path);
    /* It stays open: the lock ends with it. */
    check_report(path);
}

/* Move the report that is there out of the way. */
void
directory_keep_report(const char *path)
{
    char *now, *old;

    name_report(path, &now, &old);
    if (rename(now, old) == 0)
        printf("The report that was there is now %s.\n", old);
    else if (errno != ENOENT)
        err(1, "%s cannot be kept as %s", now, old);
    free(now);
    free(old);
}
