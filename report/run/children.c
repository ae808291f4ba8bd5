#include "report/run/children.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define STAT_BYTES 512 /* of the line, whose first fields are wanted */

/* Ask for orphans. */
void
children_adopt(void)
{
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
}

/* Read a number and what stands before it; return what stands behind it. */
static const char *
take_number(const char *at, pid_t *number)
{
    *number = 0;
    while (*at != '\0' && (*at < '0' || *at > '9'))
        at++;
    for (; *at >= '0' && *at <= '9'; at++)
        *number = *number * 10 + (*at - '0');
    return at;
}

/*
 * Read the file `stat` of a process, the folder of that name in /proc; false
 * when it is none, or gone. Its parent is told, too.
 */
static bool
read_stat(int proc, const char *name, struct child *child, pid_t *parent)
{
    char path[32], line[STAT_BYTES + 1];
    const char *end;
    ssize_t n;
    int fd;

    if (name[0] < '1' || name[0] > '9' || strlen(name) > 16)
        return false;
    fd =
        openat(proc, strcat(strcpy(path, name), "/stat"), O_RDONLY | O_CLOEXEC);
    if (fd == -1)
        return false;
    n = read(fd, line, STAT_BYTES);
    close(fd);
    line[n > 0 ? n : 0] = '\0';
    /* A name may hold anything, so its end is the last parenthesis. */
    end = strrchr(line, ')');
    if (end == NULL || end[1] != ' ')
        return false;
    take_number(name, &child->pid);
    child->ended = end[2] == 'Z' || end[2] == 'X';
    take_number(take_number(end, parent), &child->group);
    return true;
}

/* Look at all processes. */
size_t
children_list(struct child *children, size_t most)
{
    static union {
        struct dirent64 first;
        char bytes[8192];
    } entries;
    int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    pid_t parent, self = getpid();
    size_t count = 0;
    ssize_t n;

    if (proc == -1)
        return 0;
    while ((n = getdents64(proc, &entries, sizeof(entries))) > 0) {
        for (ssize_t at = 0; at < n && count < most;) {
            const struct dirent64 *entry = (const void *)(entries.bytes + at);

            count +=
                read_stat(proc, entry->d_name, &children[count], &parent) &&
                parent == self;
            at += entry->d_reclen;
        }
    }
    close(proc);
    return count;
}
