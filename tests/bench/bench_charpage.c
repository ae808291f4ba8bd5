/*
 * bench_charpage - how long an answer to an HTTP request takes to write.
 *
 *     bench_charpage
 *
 * From the parsed request to the last byte, without a connection. Each figure
 * is the best of many tries. Exits with 1 when a goal is missed.
 */
#include "common/charpage.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* What the servers pass. */
#define BUFFER_SIZE 16384

/* Tries per figure, and answers per try, so that the clock's own time does not
 * count. */
#define TRIES   2000
#define ANSWERS 20

/* A web server needs some 11 us of its processor to send so much from a file;
 * most of it is the kernel's. */
#define GOAL_PAGE_US 5.0
#define GOAL_CJK_MS  4.0

static bool missed;

/* Seconds on a clock that only goes forward. */
static double
now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Write an answer from its first byte to its last; how many they are. */
static size_t
answer(const char *path, const char *query)
{
    static const struct charpage_site site = { 0 };
    static char buffer[BUFFER_SIZE];
    struct charpage page = { 0 };
    struct http_request request = {
        .method = HTTP_GET,
        .path = { path, strlen(path) },
        .query = { query, strlen(query) },
        .minor = 1,
        .keep_alive = true,
        .status = 200,
    };
    size_t bytes = 0, size;

    charpage_begin(&page, &site, &request, 1700000000);
    while ((size = charpage_next(&page, buffer, sizeof(buffer))) > 0)
        bytes += size;
    charpage_end(&page);
    return bytes;
}

/* How long an answer takes, in seconds times scale. */
static void
time_answer(const char *path, const char *query, int tries, double scale,
    const char *unit, double goal)
{
    static volatile size_t bytes; /* or the answer might be left out */
    double best = 1e9;
    char what[64];

    for (int i = 0; i < tries; i++) {
        double start = now(), took;

        for (int j = 0; j < ANSWERS; j++)
            bytes = answer(path, query);
        took = (now() - start) / ANSWERS;
        if (took < best)
            best = took;
    }
    best *= scale;
    snprintf(what, sizeof(what), "%s?%s, %zu bytes", path, query, bytes);
    printf("%-44s %9.3f %s", what, best, unit);
    if (goal > 0)
        printf("  (goal: below %g)%s", goal, best < goal ? "" : " MISSED");
    putchar('\n');
    missed = missed || (goal > 0 && best >= goal);
}

int
main(void)
{
    time_answer("/search", "query=cat+face", TRIES, 1e6, "us", 0);
    time_answer("/search", "query=chess", TRIES, 1e6, "us", GOAL_PAGE_US);
    time_answer("/search", "query=cjk", TRIES, 1e6, "us", GOAL_PAGE_US);
    time_answer("/", "query=cjk", TRIES, 1e6, "us", GOAL_PAGE_US);
    /* Here the search itself is what takes longest. */
    time_answer("/", "query=letter", TRIES, 1e6, "us", 0);
    time_answer("/", "query=cjk&stop=all", 20, 1e3, "ms", GOAL_CJK_MS);
    time_answer("/style.css", "", TRIES, 1e6, "us", 0);
    return missed;
}
