#include "report/alike/conform.h"

#include <string.h>

#define TALKS   30
#define LONGEST 4000
#define DRIPPED 200 /* so many at most byte by byte */

/* Make a conversation of random bytes, sent in one of three ways. */
static void
make_talk(struct talk *t, int way, struct rng *rng)
{
    size_t length = (size_t)rng_below(rng, way == 1 ? DRIPPED : LONGEST);
    char bytes[LONGEST];

    for (size_t i = 0; i < length; i++)
        bytes[i] = (char)rng_below(rng, 256);
    talks_written(t, "random bytes", bytes, length, way);
    t->half_close = true;
}

/* Tell whether an answer is what was sent, and then the end. */
static bool
is_echo(const struct talk *t, const struct answer_bytes *a)
{
    return a->ending == ENDING_CLOSED && a->length == t->length &&
           memcmp(a->bytes, t->bytes, t->length) == 0;
}

/* Hold all conversations. */
static void
compare_all(struct proof *p)
{
    static const struct difference d = {
        .rule = "what is sent comes back, all of it, and then the end",
        .key = "echo",
    };
    static struct talk t;
    struct rng rng;

    rng_seed(&rng, p->seed);
    for (int i = 0; i < TALKS; i++) {
        make_talk(&t, i % TALKS_WAYS, &rng);
        if (proof_converse(p, &t, p->model.port, p->judged.port) &&
            !(is_echo(&t, &p->threads) && is_echo(&t, &p->other)))
            proof_differs(p, &t, &d);
    }
}

/* Start both. */
int
conform_echo(struct proof *p)
{
    static const char *const options[] = { NULL };

    return proof_run(p, options, "echoes", conform_echo_seconds(), compare_all);
}

/* Estimate the time from the number of conversations. */
double
conform_echo_seconds(void)
{
    return 0.01 * TALKS;
}
