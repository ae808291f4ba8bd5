#include "common/save.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Bytes that are copied at once when a file is to hold its contents several
 * times; a thread's stack has room for them. */
#define COPY_ROOM 2048

/* The number of the last .part of this process. */
static atomic_uint parts;

/* Open a folder, and make it first if it is missing. */
int
save_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd != -1 || errno != ENOENT)
        return fd;
    if (mkdir(path, 0777) == -1 && errno != EEXIST)
        return -1;
    return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Begin a file. */
int
save_begin(struct save *save, int folder, const char *name)
{
    int error = EEXIST;

    for (int i = 0; i < SAVE_ATTEMPTS && error == EEXIST; i++) {
        int length;

        *save = (struct save) { .folder = folder, .fd = -1 };
        length = snprintf(save->part, sizeof(save->part), ".%s.%ld-%u.part",
            name, (long)getpid(), atomic_fetch_add(&parts, 1) + 1);

        if ((size_t)length >= sizeof(save->part)) {
            save->part[0] = '\0';
            return ENAMETOOLONG;
        }
        /* Readable, for it is read again to be copied. */
        save->fd = openat(folder, save->part,
            O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
            0666);
        if (save->fd != -1)
            return 0;
        error = errno;
    }
    save->part[0] = '\0'; /* it is somebody else's, if it is there */
    return error;
}

/* Append bytes. */
int
save_append(struct save *save, const void *bytes, size_t length)
{
    const char *at = bytes;

    while (length > 0) {
        const ssize_t count = write(save->fd, at, length);

        if (count == -1 && errno == EINTR)
            continue;
        if (count == -1)
            return errno;
        at += count;
        length -= (size_t)count;
        save->size += count;
    }
    return 0;
}

/* Drop all that was appended. */
int
save_empty(struct save *save)
{
    if (ftruncate(save->fd, 0) == -1)
        return errno;
    save->size = 0;
    return 0;
}

/* Append the first size bytes of a file to it once more. */
static int
repeat(struct save *save, int64_t size)
{
    char bytes[COPY_ROOM];

    for (int64_t at = 0; at < size;) {
        const int64_t left = size - at;
        const ssize_t count = pread(save->fd, bytes,
            left < COPY_ROOM ? (size_t)left : COPY_ROOM, (off_t)at);
        int error;

        if (count == -1)
            return errno;
        if (count == 0)
            return EIO; /* somebody has cut it */
        error = save_append(save, bytes, (size_t)count);
        if (error != 0)
            return error;
        at += count;
    }
    return 0;
}

/* Bring a file to the state in which it gets its name. */
static int
complete(struct save *save, const struct save_rules *rules)
{
    const int64_t size = save->size;
    int fd;

    for (unsigned i = 1; i < rules->times; i++) {
        const int error = repeat(save, size);

        if (error != 0)
            return error;
    }
    if (rules->sync && fsync(save->fd) == -1)
        return errno;
    fd = save->fd;
    save->fd = -1;
    /* Linux has closed it even if it says that it was interrupted. */
    return close(fd) == -1 && errno != EINTR ? errno : 0;
}

/* Give a complete file its name. */
int
save_finish(struct save *save, const char *name, const struct save_rules *rules)
{
    int error = complete(save, rules);

    if (error == 0 &&
        renameat(save->folder, save->part, save->folder, name) == -1)
        error = errno;
    if (error != 0) {
        save_drop(save);
        return error;
    }
    save->part[0] = '\0';
    return rules->sync && fsync(save->folder) == -1 ? errno : 0;
}

/* Remove an incomplete file. */
void
save_drop(struct save *save)
{
    if (save->fd != -1)
        close(save->fd);
    save->fd = -1;
    if (save->part[0] != '\0')
        unlinkat(save->folder, save->part, 0);
    save->part[0] = '\0';
}

/* Whether this error is one of the folder. */
bool
save_is_fatal(int error)
{
    static const int fatal[] = { ENOSPC, EDQUOT, EROFS, EACCES, EPERM, ENOENT,
        EIO };

    for (size_t i = 0; i < sizeof(fatal) / sizeof(*fatal); i++)
        if (error == fatal[i])
            return true;
    return false;
}

/* Write the name of the flag of a code. */
void
save_name_code(char name[SAVE_NAME_MAX], const char *code, const char *suffix)
{
    snprintf(name, SAVE_NAME_MAX, "%c%c.%.8s", tolower(code[0]),
        tolower(code[1]), suffix);
}

/* Write the name of a flag by its country. */
void
save_name_country(char name[SAVE_NAME_MAX], const char *country, size_t length,
    const char *code, const char *suffix)
{
    size_t out = 0;

    for (size_t i = 0; i < length; i++) {
        const unsigned char c = (unsigned char)country[i];

        /* A C1 character is a C2 with a byte up to 9F. */
        if (c == 0xc2 && i + 1 < length &&
            (unsigned char)country[i + 1] <= 0x9f) {
            name[out++] = '_';
            i++;
        } else if (c <= ' ' || c == '/' || c == 0x7f || (c == '.' && i == 0)) {
            name[out++] = '_';
        } else {
            name[out++] = country[i];
        }
    }
    snprintf(name + out, SAVE_NAME_MAX - out, "-%.2s.%.8s", code, suffix);
}
