#include "report/alike/conform.h"

#include "report/alike/referee.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define RANDOM 400 /* conversations besides the scripted ones */

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

/*
 * Judge a peer's answer by that of threads: guesses are its own, the rest is
 * not, nor is how the connection ends. Return true when no rule was broken.
 */
static bool
judge_peer(
    const struct proof *p, const struct talk *t, struct difference *broken)
{
    const struct answer_bytes *threads = &p->threads, *came = &p->other;
    const struct bytes sent = { t->bytes, t->length };
    const struct bytes model = { threads->bytes, threads->length };
    const struct bytes judged = { came->bytes, came->length };
    struct ruling ruling = { .rule = "every connection is accepted" };

    if (!p->refused && !referee_judge(sent, model, judged, &ruling)) {
        snprintf(broken->expected, sizeof(broken->expected),
            "as line %zu of the answer: %s", ruling.answer, ruling.expected);
    } else if (came->ending != threads->ending) {
        if (!p->refused)
            ruling.rule =
                "the server closes when it is due, and resets nothing";
        snprintf(broken->expected, sizeof(broken->expected), "at the end: %s",
            converse_ending(threads->ending));
    } else {
        return true;
    }
    broken->rule = broken->key = ruling.rule;
    return false;
}

/* Judge the twins' answers: every byte is the same, and of the right shape. */
static bool
judge_twins(
    const struct proof *p, const struct talk *t, struct difference *broken)
{
    if (converse_is_same(&p->threads, &p->other) &&
        (t->shape == NULL || has_shape(&p->threads, t->shape)))
        return true;
    broken->rule = "answers differ, or are not as the protocol says";
    broken->key = t->script;
    if (t->shape != NULL)
        snprintf(broken->note, sizeof(broken->note),
            "expected: '%s', i an integer, ! an ERROR line; then closed",
            t->shape);
    return false;
}

/* Hold a conversation with both servers and compare. */
static void
compare_one(struct proof *p, const struct talk *t)
{
    struct difference broken = { .rule = NULL };

    if (!proof_converse(p, t, p->model.port, p->judged.port))
        return;
    if (!(p->peer != NULL ? judge_peer : judge_twins)(p, t, &broken))
        proof_differs(p, t, &broken);
}

/* Hold all conversations. */
static void
compare_all(struct proof *p)
{
    static struct talk t;
    struct rng rng;

    rng_seed(&rng, p->seed);
    for (size_t i = 0; i < talks_scripted_count() * TALKS_WAYS; i++) {
        talks_scripted(&t, i / TALKS_WAYS, (int)(i % TALKS_WAYS), &rng);
        compare_one(p, &t);
    }
    for (size_t i = 0; i < RANDOM; i++) {
        talks_random(&t, &rng);
        compare_one(p, &t);
    }
}

/* Start both with the same seed. */
int
conform_game(struct proof *p)
{
    char number[24];
    const char *const options[] = { "--quiet", "--seed", number, NULL };

    snprintf(
        number, sizeof(number), "%llu", (unsigned long long)(p->seed >> 1));
    return proof_run(p, options, "twins", conform_game_seconds(), compare_all);
}

/* Estimate the time from the number of conversations. */
double
conform_game_seconds(void)
{
    return 0.004 * (double)(talks_scripted_count() * TALKS_WAYS + RANDOM);
}
