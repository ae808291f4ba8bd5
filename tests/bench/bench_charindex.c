/*
 * bench_charindex - how long searches take, and what the names cost.
 *
 *     bench_charindex CHARFIND [CHARFINDER]...
 *
 * Each figure is the best of many tries, since everything that disturbs a
 * measurement makes it longer. Exits with 1 when a goal is missed. CHARFIND is
 * the program charfind, which is run to see how soon after exec it answers, a
 * CHARFINDER one of the servers, to see how soon it serves.
 */
#include "common/charsearch.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Tries per figure, and searches per try, so that the clock's own time does
 * not count. */
#define TRIES    2000
#define SEARCHES 20
#define STARTS   100

/* What must hold. */
#define GOAL_CAT_FACE_US 5.0
#define GOAL_CJK_US      50.0
#define GOAL_START_MS    10.0
#define GOAL_SERVER_MB   4.0
#define GOAL_RESPELT_MS  1.0

extern char **environ;

static bool missed;

/* Seconds on a clock that only goes forward. */
static double
now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Print a figure beside its goal, or without one when that is 0. */
static void
report(const char *what, double figure, const char *unit, double goal)
{
    printf("%-36s %9.3f %s", what, figure, unit);
    if (goal > 0)
        printf("  (goal: below %g)%s", goal, figure < goal ? "" : " MISSED");
    putchar('\n');
    missed = missed || (goal > 0 && figure >= goal);
}

/* Search until every slice of the answer is known; bytes of the answer. */
static size_t
search(const char *query, size_t length)
{
    struct charindex_set set;
    struct charindex_run run;
    size_t bytes = 0;

    charindex_find(&set, query, length);
    while (charindex_take(&set, SIZE_MAX, &run))
        bytes += run.length;
    return bytes;
}

/* The same by relevance. */
static size_t
search_relevant(const char *query, size_t length)
{
    struct charsearch found;
    struct charindex_run run;
    size_t bytes = 0;

    charsearch_find(&found, CHARSEARCH_RELEVANCE, query, length);
    while (charsearch_take(&found, SIZE_MAX, &run))
        bytes += run.length;
    return bytes;
}

/* How long it takes to find what one of these finds, in seconds. */
static void
time_search(size_t (*find)(const char *query, size_t length), const char *name,
    const char *query, double scale, const char *unit, double goal)
{
    static volatile size_t bytes; /* or the search might be left out */
    double best = 1e9;
    char what[64];

    for (int i = 0; i < TRIES; i++) {
        double start = now(), took;

        for (int j = 0; j < SEARCHES; j++)
            bytes = find(query, strlen(query));
        took = (now() - start) / SEARCHES;
        if (took < best)
            best = took;
    }
    snprintf(what, sizeof(what), "%s'%s', %zu bytes", name, query, bytes);
    report(what, best * scale, unit, goal);
}

/* How long a search by relevance takes. */
static void
time_relevant(const char *query, double scale, const char *unit, double goal)
{
    time_search(search_relevant, "relevance: ", query, scale, unit, goal);
}

/* How long charfind takes from exec to its end. */
static void
time_start(char *charfind)
{
    char query[] = "rocket";
    char *arguments[] = { charfind, query, NULL };
    posix_spawn_file_actions_t actions;
    double best = 1e9;

    if (posix_spawn_file_actions_init(&actions) != 0 ||
        posix_spawn_file_actions_addopen(
            &actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0) != 0)
        abort();
    for (int i = 0; i < STARTS; i++) {
        double start = now();
        pid_t child;
        int status;

        if (posix_spawn(&child, charfind, &actions, NULL, arguments, environ) !=
                0 ||
            waitpid(child, &status, 0) != child || status != 0) {
            fprintf(stderr, "bench_charindex: cannot run %s\n", charfind);
            exit(1);
        }
        if (now() - start < best)
            best = now() - start;
    }
    posix_spawn_file_actions_destroy(&actions);
    report(
        "charfind rocket, from exec to exit", best * 1e3, "ms", GOAL_START_MS);
}

/* How much of a process is in memory. */
static double
resident_megabytes(pid_t process)
{
    char path[64];
    FILE *file;
    uint64_t pages = 0;

    snprintf(path, sizeof(path), "/proc/%d/statm", (int)process);
    file = fopen(path, "r");
    if (file == NULL)
        return 0;
    if (fscanf(file, "%*u %" SCNu64, &pages) != 1)
        pages = 0;
    fclose(file);
    return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1e6;
}

/* Start a server, and wait until it says that it serves; seconds, and how much
 * of it is in memory then. */
static double
start_server(const char *path, double *megabytes)
{
    char name[] = "charfinder", port[] = "--port=0", web[] = "--http-port=off";
    char *arguments[] = { name, port, web, NULL };
    posix_spawn_file_actions_t actions;
    double start, ready;
    char text[16];
    int status, out[2];
    pid_t child;

    if (pipe2(out, O_CLOEXEC) == -1 ||
        posix_spawn_file_actions_init(&actions) != 0 ||
        posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO) != 0)
        abort();
    start = now();
    if (posix_spawn(&child, path, &actions, NULL, arguments, environ) != 0) {
        fprintf(stderr, "bench_charindex: cannot run %s\n", path);
        exit(1);
    }
    close(out[1]);
    if (read(out[0], text, sizeof(text)) != sizeof(text) ||
        memcmp(text, "Serving on 127.0", sizeof(text)) != 0)
        abort();
    ready = now();
    *megabytes = resident_megabytes(child);
    kill(child, SIGTERM);
    if (waitpid(child, &status, 0) != child || status != 0)
        abort();
    close(out[0]);
    posix_spawn_file_actions_destroy(&actions);
    return ready - start;
}

/* How long a server takes until a client can connect. */
static void
time_server(const char *path)
{
    double best = 1e9, megabytes = 0;

    for (int i = 0; i < STARTS; i++) {
        double seconds = start_server(path, &megabytes);

        if (seconds < best)
            best = seconds;
    }
    printf("%s\n", path);
    report("  from exec to its ready line", best * 1e3, "ms", GOAL_START_MS);
    report("  in memory then", megabytes, "MB", GOAL_SERVER_MB);
}

int
main(int argc, char **argv)
{
    double before = resident_megabytes(getpid());
    struct charindex_set all;
    struct charindex_run run;
    size_t bytes = 0;

    if (argc < 2) {
        fprintf(stderr, "usage: bench_charindex CHARFIND [CHARFINDER]...\n");
        return 1;
    }
    report("in memory before the first query", before, "MB", 0);
    time_search(search, "", "cat face", 1e6, "us", GOAL_CAT_FACE_US);
    report("in memory after it", resident_megabytes(getpid()), "MB", 0);
    time_search(search, "", "chess black", 1e6, "us", 0);
    time_search(search, "", "letter", 1e6, "us", 0);
    time_search(search, "", "small letter", 1e6, "us", 0);
    time_search(search, "", "cjk", 1e6, "us", GOAL_CJK_US);
    time_relevant("cat face", 1e6, "us", GOAL_CAT_FACE_US);
    time_relevant("arrow right", 1e6, "us", 0);
    time_relevant("letter", 1e6, "us", 0);
    time_relevant("hea", 1e6, "us", 0);
    time_relevant("cjk", 1e6, "us", 0);
    time_relevant("infinty", 1e3, "ms", GOAL_RESPELT_MS);
    time_relevant("qwrtzpsd qwrtzpse", 1e3, "ms", GOAL_RESPELT_MS);
    charindex_all(&all);
    while (charindex_take(&all, SIZE_MAX, &run))
        bytes += run.length;
    report("all rows", (double)bytes / 1e6, "MB", 0);
    time_start(argv[1]);
    for (int i = 2; i < argc; i++)
        time_server(argv[i]);
    return missed;
}
