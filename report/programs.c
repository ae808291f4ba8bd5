#include "report/programs.h"

#include <err.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Join a directory and a name. */
static char *
join(const char *directory, const char *name)
{
    char *path;

    if (asprintf(&path, "%s/%s", directory, name) == -1)
        err(1, NULL);
    return path;
}

/* Find the directory of the running program. */
static void
own_directory(char *buffer, size_t size)
{
    ssize_t length = readlink("/proc/self/exe", buffer, size - 1);
    char *slash;

    if (length == -1)
        err(1, "/proc/self/exe");
    buffer[length] = '\0';
    slash = strrchr(buffer, '/');
    if (slash != NULL)
        *slash = '\0';
}

/* Find one server; NULL if it is in none of the places. */
static char *
find_one(const char *directory, const struct subject_info *subject)
{
    const char *const places[] = { "", "", "../libexec/threads-vs-events/" };

    for (int i = 0; i < 3; i++) {
        const char *name = i == 1 ? subject->installed : subject->built;
        char *path;

        if (name == NULL)
            continue;
        if (asprintf(&path, "%s/%s%s", directory, places[i], name) == -1)
            err(1, NULL);
        if (access(path, X_OK) == 0)
            return path;
        free(path);
    }
    return NULL;
}

/* Find all servers. */
int
programs_find(struct programs *programs, const char **missing)
{
    static char directory[PATH_MAX / 2];
    char *twin;

    memset(programs, 0, sizeof(*programs));
    own_directory(directory, sizeof(directory));
    for (int s = 0; s < SUBJECTS; s++) {
        programs->path[s] = find_one(directory, &subjects[s]);
        if (s <= SUBJECT_EVENTED && programs->path[s] == NULL) {
            *missing = join(directory, subjects[s].built);
            return -1;
        }
    }
    twin = join(directory, subjects[SUBJECT_THREADED].built);
    programs->output = access(twin, X_OK) == 0 ? join(directory, "report")
                                               : join(".", "report");
    free(twin);
    return 0;
}

/* Free the paths. */
void
programs_free(struct programs *programs)
{
    for (int s = 0; s < SUBJECTS; s++)
        free(programs->path[s]);
    free(programs->output);
}
