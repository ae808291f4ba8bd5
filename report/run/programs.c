#include "report/run/programs.h"

#include "report/run/kernel.h"

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
find_one(const char *directory, const char *built, const char *installed)
{
    const char *const places[] = { "", "", LIBEXEC };

    for (int i = 0; i < 3; i++) {
        const char *name = i == 1 ? installed : built;
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

/* Look in each folder of PATH. */
char *
programs_find_tool(const char *name)
{
    const char *at = getenv("PATH");
    char *path;

    if (at == NULL)
        at = "/bin:/usr/bin"; /* as execvp() does */
    for (; *at != '\0'; at += strcspn(at, ":")) {
        at += *at == ':';
        if (asprintf(&path, "%.*s/%s", (int)strcspn(at, ":"), at, name) == -1)
            err(1, NULL);
        if (path[0] == '/' && access(path, X_OK) == 0)
            return path;
        free(path);
    }
    return NULL;
}

/*
 * Find the programs of one kind; neither twin without the other. Return
 * the name of a twin that is missing, or NULL.
 */
static const char *
find_program(
    struct programs *programs, const char *directory, enum program program)
{
    char **path = programs->path[program];
    int missing;

    for (int s = 0; s < SUBJECTS; s++)
        if (subjects[s].tool != NULL && program == PROGRAM_FLAGS)
            path[s] = programs_find_tool(subjects[s].tool);
        else if (!subjects[s].needs_io_uring || kernel_has_io_uring())
            path[s] = find_one(directory, subjects[s].built[program],
                subjects[s].installed[program]);
    if (path[SUBJECT_THREADED] != NULL && path[SUBJECT_EVENTED] != NULL)
        return NULL;
    missing =
        path[SUBJECT_THREADED] == NULL ? SUBJECT_THREADED : SUBJECT_EVENTED;
    free(path[SUBJECT_THREADED]);
    free(path[SUBJECT_EVENTED]);
    path[SUBJECT_THREADED] = path[SUBJECT_EVENTED] = NULL;
    return subjects[missing].built[program];
}

/* Find all servers. */
int
programs_find(struct programs *programs, const char **missing)
{
    static char directory[PATH_MAX / 2];
    const char *lacks;
    char *twin;

    memset(programs, 0, sizeof(*programs));
    own_directory(directory, sizeof(directory));
    for (int p = PROGRAM_CHARFINDER; p < PROGRAMS; p++)
        find_program(programs, directory, (enum program)p);
    lacks = find_program(programs, directory, PROGRAM_GUESS);
    if (lacks != NULL) {
        *missing = join(directory, lacks);
        return -1;
    }
    twin = join(directory, subjects[SUBJECT_THREADED].built[PROGRAM_GUESS]);
    programs->output = access(twin, X_OK) == 0 ? join(directory, "report")
                                               : join(".", "report");
    free(twin);
    return 0;
}

/* Find a file in the places where servers are, too. */
char *
programs_find_file(const char *name)
{
    static const char *const places[] = { "", LIBEXEC };
    char directory[PATH_MAX / 2], *path;

    own_directory(directory, sizeof(directory));
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        if (asprintf(&path, "%s/%s%s", directory, places[i], name) == -1)
            err(1, NULL);
        if (access(path, R_OK) == 0)
            return path;
        free(path);
    }
    return NULL;
}

/* Free the paths. */
void
programs_free(struct programs *programs)
{
    for (int i = 0; i < PROGRAMS * SUBJECTS; i++)
        free(programs->path[i / SUBJECTS][i % SUBJECTS]);
    free(programs->output);
}
