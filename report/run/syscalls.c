#include "report/run/syscalls.h"

#include "report/run/launch.h"
#include "report/run/programs.h"
#include "report/values.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define SECONDS     0.5  /* of load */
#define WORTH       0.01 /* calls per request */
#define WRITE_TRIES 200  /* 10 ms apart: strace writes after the exit */

/* Read "name calls" lines; the ruler, the head and the sum are none. */
json_t *
syscalls_parse(FILE *in)
{
    json_t *calls = json_object();
    char line[256], name[64], rest[64];
    unsigned long long n;

    while (fgets(line, sizeof(line), in) != NULL)
        if (sscanf(line, " %63[a-z0-9_] %llu %63s", name, &n, rest) == 2 &&
            strcmp(name, "total") != 0)
            json_object_set_new(calls, name, value_count(n));
    return calls;
}

/* Wait until strace has written its table, and read it; NULL without one. */
static json_t *
read_table(FILE *in)
{
    const struct timespec pause = { 0, 10 * 1000000L };

    for (int i = 0; i < WRITE_TRIES; i++) {
        json_t *calls;

        rewind(in);
        calls = syscalls_parse(in);
        if (json_object_size(calls) > 0)
            return calls;
        json_decref(calls);
        nanosleep(&pause, NULL);
    }
    return NULL;
}

/* Load a traced server for a while; return how many requests it answered. */
static uint64_t
load_traced(const struct scenario *s, enum subject subject,
    const struct plan *plan, const struct process *server, double seconds)
{
    const struct ask *own = subjects[subject].ask;
    const struct load_group group = { .way = LOAD_CLOSED,
        .path = plan->placement.path,
        .port = server->port,
        .connections_max = s->connections,
        .ask = own != NULL ? own : s->ask };
    struct load *load = load_new(&group, false);
    struct load_tally tally = { 0 };
    uint64_t replies = 0;

    if (load_grow(load, s->connections) == 0) {
        if (seconds > 0) {
            load_run(load, s->connections, (uint64_t)(seconds * 1e9), &tally);
            load_drain(load, &tally);
        }
        if (load_totals(load)->problem[0] == '\0')
            replies = load_totals(load)->replies;
    }
    load_free(load);
    return replies;
}

/* Make one of the two passes; NULL when nothing came of it. */
static json_t *
trace(const struct scenario *s, enum subject subject, const struct plan *plan,
    double seconds, uint64_t *replies)
{
    /* A file in memory, under a name that strace can open. */
    int fd = memfd_create("strace", MFD_CLOEXEC);
    FILE *table = fd != -1 ? fdopen(fd, "r") : NULL;
    struct process server;
    json_t *calls = NULL;
    char path[64];

    if (table == NULL)
        err(1, "memfd_create");
    snprintf(path, sizeof(path), "/proc/%d/fd/%d", getpid(), fd);
    if (launch(&server, s, subject, plan, path) == 0) {
        *replies = load_traced(s, subject, plan, &server, seconds);
        if (process_stop(&server, NULL) == 0 && *replies > 0)
            calls = read_table(table);
    }
    fclose(table);
    return calls;
}

/* Order two rows by the number of calls, the larger first, then by name. */
static int
compare_rows(const void *a, const void *b)
{
    const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
    double m = get_number(x, "per_request"), n = get_number(y, "per_request");

    if (m != n)
        return m < n ? 1 : -1;
    return strcmp(get_text(x, "name"), get_text(y, "name"));
}

/* Divide the difference of two passes, and sort. */
static json_t *
per_request(json_t *few, json_t *many, double requests)
{
    json_t *rows[128], *all = json_array(), *value;
    const char *name;
    size_t n = 0;

    json_object_foreach(many, name, value) {
        double calls = json_number_value(value) -
                       json_number_value(json_object_get(few, name));

        if (calls / requests >= WORTH && n < 128)
            rows[n++] = json_pack(
                "{s:s, s:f}", "name", name, "per_request", calls / requests);
    }
    qsort(rows, n, sizeof(rows[0]), compare_rows);
    for (size_t i = 0; i < n; i++)
        json_array_append_new(all, rows[i]);
    return all;
}

/* Look for strace. */
bool
syscalls_can_be_counted(void)
{
    char *strace = programs_find_tool("strace");

    free(strace);
    return strace != NULL;
}

/* Make both passes. */
json_t *
syscalls_count(
    const struct scenario *s, enum subject subject, const struct plan *plan)
{
    uint64_t first = 0, second = 0;
    json_t *few = NULL, *many = NULL, *result = NULL;

    if (syscalls_can_be_counted()) {
        few = trace(s, subject, plan, 0, &first);
        many = few != NULL ? trace(s, subject, plan, SECONDS, &second) : NULL;
    }
    if (many != NULL && second > first)
        result = per_request(few, many, (double)(second - first));
    json_decref(few);
    json_decref(many);
    return result != NULL ? result : json_null();
}
