#include "report/alike/conform.h"

#include "report/alike/converse.h"
#include "report/alike/referee.h"
#include "report/run/process.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define DIFFERENCES_MAX 5    /* the rest would only repeat them */
#define DYING_MS        2000 /* from a refused connection to the exit */

/* The two servers of a proof: the first is threads, the other is judged. */
struct both {
    struct process model, judged;
    const char *peer; /* the name of the other; NULL = events */
    bool refused;     /* it did not accept a connection */
    struct answer_bytes threads, other;
};

/* Tell whether a line, without its end, is an integer. */
static bool
is_integer(const char *line, size_t length)
{
    size_t i = length > 1 && line[0] == '-';

    for (; i < length; i++)
        if (!isdigit((unsigned char)line[i]))
            return false;
    return length > 0;
}

/* Tell whether the lines of an answer are of the kinds that are due. */
static bool
has_shape(const struct answer_bytes *a, const char *shape)
{
    const char *at = a->bytes, *end = a->bytes + a->length, *lf;

    for (; at < end; at = lf + 1, shape++) {
        lf = memchr(at, '\n', (size_t)(end - at));
        if (lf == NULL)
            return false;
        if (*shape == 'i' && is_integer(at, (size_t)(lf - at)))
            continue;
        if (*shape == '!' && lf - at > 6 && memcmp(at, "ERROR ", 6) == 0)
            continue;
        return false;
    }
    return *shape == '\0' && a->ending == ENDING_CLOSED;
}

/* Write one difference. */
static void
write_difference(FILE *out, const struct talk *t,
    const struct answer_bytes *threads, const struct answer_bytes *events)
{
    fprintf(out, "\nNot alike, or not as the protocol says: %s\n", t->name);
    fprintf(out, "  sent%s:", t->half_close ? ", then half closed" : "");
    converse_write(out, t->bytes, t->length);
    fprintf(
        out, "  threads answered, then %s:", converse_ending(threads->ending));
    converse_write(out, threads->bytes, threads->length);
    fprintf(
        out, "  events answered, then %s:", converse_ending(events->ending));
    converse_write(out, events->bytes, events->length);
    if (t->shape != NULL)
        fprintf(out,
            "  expected: '%s', i an integer, ! an ERROR line; then "
            "closed\n",
            t->shape);
}

/* Write which rule a peer broke, and how. */
static void
write_broken_rule(FILE *out, const char *peer, const struct talk *t,
    const struct answer_bytes *came, const struct ruling *ruling)
{
    fprintf(out, "\nRule broken: %s.\n", ruling->rule);
    fprintf(out, "  conversation: %s\n", t->name);
    fprintf(out, "  sent%s:", t->half_close ? ", then half closed" : "");
    converse_write(out, t->bytes, t->length);
    if (ruling->answer > 0)
        fprintf(out, "  expected as line %zu of the answer: %s\n",
            ruling->answer, ruling->expected);
    else
        fprintf(out, "  expected at the end: %s\n", ruling->expected);
    fprintf(
        out, "  %s answered, then %s:", peer, converse_ending(came->ending));
    converse_write(out, came->bytes, came->length);
}

/*
 * Judge a peer's answer by that of threads: guesses are its own, the rest is
 * not, nor is how the connection ends. Return true when no rule was broken.
 */
static bool
judge_peer(FILE *out, const char *peer, const struct talk *t,
    const struct answer_bytes *threads, const struct answer_bytes *came)
{
    const struct bytes sent = { t->bytes, t->length };
    const struct bytes model = { threads->bytes, threads->length };
    const struct bytes judged = { came->bytes, came->length };
    struct ruling ruling;
    bool good = referee_judge(sent, model, judged, &ruling);

    if (came->ending == ENDING_REFUSED ||
        (good && came->ending != threads->ending)) {
        good = false;
        ruling.rule =
            came->ending == ENDING_REFUSED
                ? "every connection is accepted"
                : "the server closes when it is due, and resets nothing";
        ruling.answer = 0;
        snprintf(ruling.expected, sizeof(ruling.expected), "%s",
            converse_ending(threads->ending));
    }
    if (!good)
        write_broken_rule(out, peer, t, came, &ruling);
    return good;
}

/* Judge the twins' answers: every byte is the same, and of the right shape. */
static bool
judge_twins(FILE *out, const struct talk *t, const struct answer_bytes *threads,
    const struct answer_bytes *events)
{
    if (converse_is_same(threads, events) &&
        (t->shape == NULL || has_shape(threads, t->shape)))
        return true;
    write_difference(out, t, threads, events);
    return false;
}

/* Hold a conversation with both servers and compare; false: no more of them. */
static bool
compare_one(struct both *both, const struct talk *t, FILE *out,
    struct conform_result *result)
{
    bool good;

    converse(both->model.port, t, &both->threads);
    converse(both->judged.port, t, &both->other);
    result->conversations++;
    if (both->peer != NULL)
        good = judge_peer(out, both->peer, t, &both->threads, &both->other);
    else
        good = judge_twins(out, t, &both->threads, &both->other);
    result->differences += !good;
    both->refused = both->other.ending == ENDING_REFUSED;
    return good || (!both->refused && result->differences < DIFFERENCES_MAX);
}

/* Hold all conversations, or as many as it takes to see a few differences. */
static void
compare_all(
    struct both *both, uint64_t seed, FILE *out, struct conform_result *result)
{
    static struct talk t;
    bool more = true;
    struct rng rng;

    rng_seed(&rng, seed);
    for (size_t i = 0; i < talks_scripted_count() * TALKS_WAYS && more; i++) {
        talks_scripted(&t, i / TALKS_WAYS, (int)(i % TALKS_WAYS), &rng);
        more = compare_one(both, &t, out, result);
    }
    for (size_t i = 0; i < CONFORM_RANDOM && more; i++) {
        talks_random(&t, &rng);
        more = compare_one(both, &t, out, result);
    }
    converse_free(&both->threads);
    converse_free(&both->other);
}

/* Stop it. */
int
conform_stop(struct process *server, const char *name, FILE *out)
{
    if (process_stop(server, NULL) == 0)
        return 0;
    fprintf(out, "%s: %s\n", name, server->error);
    return -1;
}

/* Start a twin; -1, having said why, when it did not become ready. */
static int
start_twin(
    struct process *twin, const char *path, int cpu, uint64_t seed, FILE *out)
{
    char number[24];
    const char *const options[] = { "--quiet", "--seed", number, NULL };

    snprintf(number, sizeof(number), "%llu", (unsigned long long)(seed >> 1));
    if (process_start(twin, path, options, cpu) == 0)
        return 0;
    fprintf(out, "%s\n", twin->error);
    return -1;
}

/* Start both servers, compares them and stops them. */
int
conform_run(const char *threaded, const char *evented, int cpu, uint64_t seed,
    struct meter *meter, FILE *out, struct conform_result *result)
{
    struct both both = { .peer = NULL };
    int status = 0;

    memset(result, 0, sizeof(*result));
    if (start_twin(&both.model, threaded, cpu, seed, out) == -1)
        return -1;
    if (start_twin(&both.judged, evented, cpu, seed, out) == -1) {
        conform_stop(&both.model, threaded, out);
        return -1;
    }
    meter_show(meter, "proving the twins alike");
    compare_all(&both, seed, out, result);
    status |= conform_stop(&both.model, threaded, out);
    status |= conform_stop(&both.judged, evented, out);
    meter_add(meter, conform_seconds());
    return status == 0 && result->differences == 0 ? 0 : -1;
}

/* Write how a peer fared, and what it said of that on standard error. */
static void
write_fate(FILE *out, const char *peer, const struct process *p)
{
    bool one_line = strchr(p->said, '\n') == NULL;

    fprintf(out, "%s %s", peer, p->error);
    if (p->said[0] == '\0')
        fprintf(out, ".\n");
    else
        fprintf(out, "%s%s\n", one_line ? ": " : ". It said:\n", p->said);
}

/* Stop a peer and say how it ended; -1 when it had ended by itself. */
static int
stop_peer(struct both *both, FILE *out, const struct conform_result *result)
{
    struct process *p = &both->judged;

    if (both->refused)
        process_wait(p, DYING_MS); /* so that its own end is told */
    if (process_stop(p, NULL) == -1) {
        putc('\n', out);
        write_fate(out, both->peer, p);
        return -1;
    }
    if (p->error[0] != '\0')
        fprintf(out, "Told to stop, %s %s; that breaks no rule.\n", both->peer,
            p->error);
    if (result->differences > 0 && p->said[0] != '\0')
        fprintf(out, "\nOn standard error %s said:\n%s\n", both->peer, p->said);
    return 0;
}

/* Start threads and the peer, judge the peer and stop both. */
int
conform_peer(const char *threaded, const char *name, const char *command,
    int cpu, uint64_t seed, struct meter *meter, FILE *out,
    struct conform_result *result)
{
    struct both both = { .peer = name };
    int status = 0;

    memset(result, 0, sizeof(*result));
    if (process_start_peer(&both.judged, command, cpu) == -1) {
        write_fate(out, name, &both.judged);
        return -1;
    }
    if (start_twin(&both.model, threaded, cpu, seed, out) == -1) {
        stop_peer(&both, out, result);
        return -1;
    }
    meter_show(meter, "checking %s", name);
    compare_all(&both, seed, out, result);
    meter_wipe(meter);
    status |= conform_stop(&both.model, threaded, out);
    status |= stop_peer(&both, out, result);
    meter_add(meter, conform_seconds());
    return status == 0 && result->differences == 0 ? 0 : -1;
}

/* Estimate the time from the number of conversations. */
double
conform_seconds(void)
{
    return 0.004 *
           (double)(talks_scripted_count() * TALKS_WAYS + CONFORM_RANDOM);
}
