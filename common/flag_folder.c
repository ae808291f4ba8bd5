#include "common/flag_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The last second that a date of HTTP can tell: 9999-12-31 23:59:59 UTC. */
#define TIME_MAX INT64_C(253402300799)

/* Room for a name in the folder: "ad/metadata.json". */
#define NAME_ROOM 32

/* Where the files of a code may be; the first that exists counts. */
static const struct {
    enum flag_kind kind;
    bool nested; /* in a folder for the code, named like that as well */
    const char *end;
} places[] = {
    { FLAG_GIF, false, ".gif" },
    { FLAG_GIF, true, ".gif" },
    { FLAG_PNG, false, ".png" },
    { FLAG_PNG, true, ".png" },
    { FLAG_METADATA, false, "/metadata.json" },
};

/* Say what is wrong with a file of a folder, or with the folder. */
static void
explain(char text[FLAG_TEXT_MAX], const char *path, const char *name,
    const char *reason)
{
    snprintf(text, FLAG_TEXT_MAX, "cannot read %.300s%s%s: %s", path,
        *name == '\0' ? "" : "/", name, reason);
}

/* Read size bytes from a file, or as many as there are; *size becomes their
 * number. False: errno says why not. */
static bool
read_all(int fd, char *bytes, size_t *size)
{
    size_t at = 0;

    while (at < *size) {
        const ssize_t length = read(fd, bytes + at, *size - at);

        if (length == -1)
            return false;
        if (length == 0)
            break;
        at += (size_t)length;
    }
    *size = at;
    return true;
}

/* A file's time, or the closest to it that can be told. */
static int64_t
clamp_time(int64_t seconds)
{
    if (seconds < 0)
        return 0;
    return seconds > TIME_MAX ? TIME_MAX : seconds;
}

/* Read an open file, unless it is something else; false: errno says why it
 * could not be. */
static bool
read_file(int fd, struct flag_file *file)
{
    struct stat status;
    char *bytes;
    size_t size;

    if (fstat(fd, &status) == -1)
        return false;
    if (!S_ISREG(status.st_mode))
        return true;
    if (status.st_size > (off_t)FLAG_FILE_MAX) {
        errno = EFBIG;
        return false;
    }
    size = (size_t)status.st_size;
    bytes = malloc(size + 1); /* of an empty file, too, there are bytes */
    if (bytes == NULL)
        return false;
    if (!read_all(fd, bytes, &size)) {
        free(bytes);
        return false;
    }
    *file = (struct flag_file) { bytes, size, clamp_time(status.st_mtime) };
    return true;
}

/* Read a file of the folder, if there is one of this name; false: errno says
 * why it could not be. */
static bool
read_place(int folder, const char *name, struct flag_file *file)
{
    /* A FIFO is not waited for. */
    const int fd = openat(folder, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    bool well;
    int error;

    if (fd == -1)
        return errno == ENOENT || errno == ENOTDIR;
    well = read_file(fd, file);
    error = errno;
    close(fd);
    errno = error;
    return well;
}

/* Read the files of a code; false: text holds the reason. */
static bool
read_code(int folder, const char *path, const char *code,
    struct flag_file files[FLAG_KINDS], char text[FLAG_TEXT_MAX])
{
    for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
        struct flag_file *file = &files[places[i].kind];
        char name[NAME_ROOM];

        if (file->bytes != NULL)
            continue;
        snprintf(name, sizeof(name), "%s%s%s%s", code,
            places[i].nested ? "/" : "", places[i].nested ? code : "",
            places[i].end);
        if (!read_place(folder, name, file)) {
            explain(text, path, name, strerrordesc_np(errno));
            return false;
        }
    }
    return true;
}

/* Read the files of all codes; false: text holds the reason. */
static bool
read_codes(int folder, const char *path, struct flag_folder *flags,
    char text[FLAG_TEXT_MAX])
{
    bool any = false;

    for (size_t i = 0; i < FLAG_CODES; i++) {
        const char code[] = { (char)('a' + i / 26), (char)('a' + i % 26),
            '\0' };
        struct flag_file *files = flags->files[i];

        if (!read_code(folder, path, code, files, text))
            return false;
        any = any || files[FLAG_GIF].bytes != NULL ||
              files[FLAG_PNG].bytes != NULL;
    }
    if (!any)
        explain(text, path, "", "no file in it is named like ad.png");
    return any;
}

/* Read a folder. */
struct flag_folder *
flag_folder_read(const char *path, char text[FLAG_TEXT_MAX])
{
    const int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct flag_folder *flags;

    if (folder == -1) {
        explain(text, path, "", strerrordesc_np(errno));
        return NULL;
    }
    flags = calloc(1, sizeof(*flags));
    if (flags == NULL) {
        explain(text, path, "", strerrordesc_np(errno));
    } else if (!read_codes(folder, path, flags, text)) {
        flag_folder_free(flags);
        flags = NULL;
    }
    close(folder);
    return flags;
}

/* Free a folder. */
void
flag_folder_free(struct flag_folder *folder)
{
    if (folder == NULL)
        return;
    for (size_t i = 0; i < FLAG_CODES; i++)
        for (size_t kind = 0; kind < FLAG_KINDS; kind++)
            free(folder->files[i][kind].bytes);
    free(folder);
}

/* Take the folder that counts. */
const struct flag_folder *
flag_shelf_take(struct flag_shelf *shelf, unsigned *generation)
{
    for (;;) {
        *generation = atomic_load(&shelf->generation);
        atomic_fetch_add(&shelf->taken[*generation % 2], 1);
        /* While it is taken and still counts, it is not replaced. */
        if (*generation == atomic_load(&shelf->generation))
            return shelf->folders[*generation % 2];
        flag_shelf_give(shelf, *generation);
    }
}

/* Give a folder back. */
void
flag_shelf_give(struct flag_shelf *shelf, unsigned generation)
{
    atomic_fetch_sub(&shelf->taken[generation % 2], 1);
}

/* Let another folder count. */
bool
flag_shelf_replace(struct flag_shelf *shelf, struct flag_folder *folder)
{
    const unsigned next = atomic_load(&shelf->generation) + 1;

    if (atomic_load(&shelf->taken[next % 2]) != 0)
        return false;
    flag_folder_free(shelf->folders[next % 2]);
    shelf->folders[next % 2] = folder;
    atomic_store(&shelf->generation, next);
    return true;
}
