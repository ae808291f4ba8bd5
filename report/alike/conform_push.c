/*
 * What is said to push servers, and how it is judged, is Python (push.py,
 * push_talks.py): several of its clients talk in turns, and what they hear is
 * JSON.
 */

#include "report/alike/conform.h"
#include "report/teller.h"

#include <err.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

/* Add what was counted, if anything was. */
static void
add_counts(int counts, struct proof_result *result)
{
    size_t conversations, differences;
    char text[64];
    ssize_t n = pread(counts, text, sizeof(text) - 1, 0);

    if (n <= 0)
        return;
    text[n] = '\0';
    if (sscanf(text, "%zu %zu", &conversations, &differences) != 2)
        return;
    result->conversations += conversations;
    result->differences += differences;
}

/* Have all conversations held with the two servers. */
static void
hold_all(struct proof *p)
{
    char ports[2][8], path[48];
    const char *const arguments[] = { ports[0], ports[1],
        p->peer != NULL ? p->peer : "", path, NULL };
    int counts = memfd_create("counts", MFD_CLOEXEC);

    if (counts == -1)
        err(1, "memfd_create");
    snprintf(ports[0], sizeof(ports[0]), "%u", p->model.port);
    snprintf(ports[1], sizeof(ports[1]), "%u", p->judged.port);
    snprintf(path, sizeof(path), "/proc/%d/fd/%d", getpid(), counts);
    if (teller_run("alike", arguments) == -1)
        fprintf(
            p->out, "Push servers cannot be compared: %s.\n", teller_missing());
    else
        add_counts(counts, p->result);
    close(counts);
}

/* Start both, with ids of the same epoch; nothing said proves nothing. */
int
conform_push(struct proof *p)
{
    static const char *const options[] = { "--quiet", "--epoch", "7", NULL };
    size_t before = p->result->conversations;
    int status =
        proof_run(p, options, "push servers", conform_push_seconds(), hold_all);

    return p->result->conversations > before ? status : -1;
}

/* Estimate it; most of the time goes into waiting for 258 messages. */
double
conform_push_seconds(void)
{
    return 1;
}
