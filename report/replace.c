#include "report/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

/* Write all of it. */
static int
write_all(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, bytes, size);

        if (n == -1 && errno != EINTR)
            return -1;
        bytes += n > 0 ? n : 0;
        size -= n > 0 ? (size_t)n : 0;
    }
    return 0;
}

/* Make a file that was not there, and write it. */
static int
create(const char *path, const char *bytes, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    int written, error;

    if (fd == -1)
        return -1;
    written = write_all(fd, bytes, size);
    error = errno;
    if (close(fd) == -1)
        return -1;
    errno = error;
    return written;
}

/* Write and rename. */
int
replace_file(const char *path, const char *bytes, size_t size)
{
    char *new;
    int error;

    if (asprintf(&new, "%s.new", path) == -1)
        return -1;
    unlink(new);
    if (create(new, bytes, size) == 0 && rename(new, path) == 0) {
        free(new);
        return 0;
    }
    error = errno;
    unlink(new);
    free(new);
    errno = error;
    return -1;
}
