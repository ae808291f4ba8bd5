#include "report/teller.h"

#include "common/cli.h"
#include "report/run/programs.h"

#include <assert.h>
#include <err.h>
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PYTHON "python3" /* 3.11 and later, see __main__.py */

static char missing[128];

/* Start the teller, with the signals as a shell would; 0 or an error. */
static int
start(pid_t *pid, char *const arguments[])
{
    posix_spawnattr_t attributes;
    sigset_t ignored;
    int error;

    cli_ignored_signals(&ignored);
    if (posix_spawnattr_init(&attributes) != 0 ||
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF) != 0 ||
        posix_spawnattr_setsigdefault(&attributes, &ignored) != 0)
        err(1, NULL);
    error = posix_spawnp(pid, PYTHON, NULL, &attributes, arguments, environ);
    posix_spawnattr_destroy(&attributes);
    return error;
}

/* Wait for the teller; return its exit code, 1 if it was killed. */
static int
finish(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, 0) == -1)
        if (errno != EINTR)
            return 1;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : 1;
}

/* Copy a word of a command line, which posix_spawn() does not take const. */
static char *
copy(const char *word)
{
    char *own = strdup(word);

    if (own == NULL)
        err(1, NULL);
    return own;
}

/* Find the folder, put the command line together, run it. */
int
teller_run(const char *what, const char *const arguments[])
{
    char *line[TELLER_OPTIONS_MAX + 5] = { 0 };
    char file[32], *folder;
    size_t n = 0;
    int error;
    pid_t pid;

    snprintf(file, sizeof(file), "%s/__main__.py", what);
    folder = programs_find_file(file);
    if (folder == NULL) {
        snprintf(missing, sizeof(missing), "%s/ is not beside compare", what);
        return -1;
    }
    *strrchr(folder, '/') = '\0';
    line[n++] = copy(PYTHON);
    line[n++] = copy("-I");
    line[n++] = copy("-B");
    line[n++] = folder;
    for (size_t i = 0; arguments[i] != NULL; i++) {
        assert(i < TELLER_OPTIONS_MAX);
        line[n++] = copy(arguments[i]);
    }
    fflush(stdout);
    error = start(&pid, line);
    while (n > 0)
        free(line[--n]);
    if (error == 0)
        return finish(pid);
    snprintf(missing, sizeof(missing), "%s: %s", PYTHON,
        error == ENOENT ? "not found" : strerror(error));
    return -1;
}

/* Tell why not. */
const char *
teller_missing(void)
{
    return missing;
}
