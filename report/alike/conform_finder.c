#include "report/alike/conform.h"
#include "report/alike/response.h"
#include "report/rng.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define RANDOM   120 /* conversations at each door */
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* What is said in a terminal. */
static const char *const sessions[] = {
    "cat face\n",
    "  CAT \t face \r\n",
    "chess black\r\nzzz\r\nrocket\r\n",
    "\n\r\ncat\n",
    "unterminated rocket",
    "U+265A\nu+265a\nU+0\nU+110000\n",
    "\xe2\x99\x9a\n",
    "it's\n\"\n\\\n",
    "\xc3\xa9\xc3\x89\n",
    "cat\xff face\n",
    "\x03\ncat\n",
    "cat\x03\n",
    "cjk\n",
    "braille\nbismillah\nhexagram\n",
    "GET / HTTP/1.1\r\n\r\n",
};

/* What is said over HTTP; each of them ends the connection. */
#define CLOSE "Host: localhost\r\nConnection: close\r\n\r\n"
static const char *const requests[] = {
    "GET / HTTP/1.1\r\n" CLOSE,
    "GET /?query=chess+black HTTP/1.1\r\n" CLOSE,
    "GET /?query=%3Cscript%3E HTTP/1.1\r\n" CLOSE,
    "GET /?query=cjk&start=0&stop=all HTTP/1.1\r\n" CLOSE,
    "GET /?query=block%3AArrows HTTP/1.1\r\n" CLOSE,
    "GET /?query=U%2B2665 HTTP/1.1\r\n" CLOSE,
    "GET /search?query=block%3AArrows&order=relevance HTTP/1.1\r\n" CLOSE,
    "GET /blocks HTTP/1.1\r\n" CLOSE,
    "HEAD /blocks HTTP/1.1\r\n" CLOSE,
    "GET /page.js HTTP/1.1\r\n" CLOSE,
    "GET /style.css HTTP/1.1\r\n" CLOSE,
    "GET /healthz HTTP/1.1\r\n" CLOSE,
    "HEAD /search?query=cat HTTP/1.1\r\n" CLOSE,
    "GET /search?query=cat HTTP/1.0\r\n\r\n",
    "GET /search?query=cat HTTP/1.1\r\nConnection: close\r\n\r\n",
    "GET /search?query=cat&start=x HTTP/1.1\r\n" CLOSE,
    "GET /search?query=cat&stop=-1 HTTP/1.1\r\n" CLOSE,
    "GET /search?query=%zz HTTP/1.1\r\n" CLOSE,
    "GET /nowhere HTTP/1.1\r\n" CLOSE,
    "POST /search HTTP/1.1\r\nContent-Length: 0\r\n" CLOSE,
    "BREW / HTTP/1.1\r\n" CLOSE,
    "GET / HTTP/2.0\r\n" CLOSE,
    "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "nonsense\r\n\r\n",
    "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nGET /healthz HTTP/1.1\r\n" CLOSE,
};

/* Words that names have, and some that they do not. */
static const char *const words[] = { "cat", "face", "black", "chess", "circled",
    "digit", "dot", "Ethiopic", "hexagram", "Malayalam", "mark", "operator",
    "roman", "sign", "two", "with", "small", "zzz", "hangul", "_" };

/* Read the JSON of a response; NULL without any. */
static json_t *
read_json(const struct response *r)
{
    return r->body == NULL ? NULL : json_loadb(r->body, r->length, 0, NULL);
}

/* Compare what two responses mean. */
static bool
mean_the_same(const struct answer_bytes *a, const struct answer_bytes *b)
{
    struct response first, second;
    json_t *j, *k;
    bool same;

    response_read(&first, a);
    response_read(&second, b);
    j = read_json(&first);
    k = read_json(&second);
    same = first.status == second.status &&
           ((j == NULL && k == NULL) ||
               (j != NULL && k != NULL && json_equal(j, k)));
    json_decref(j);
    json_decref(k);
    response_free(&first);
    response_free(&second);
    return same;
}

/* Hold one conversation with both and compare, to the byte or in meaning. */
static void
compare_one(struct proof *p, const struct talk *t, uint16_t model,
    uint16_t judged, bool in_meaning)
{
    struct answer_bytes *a = &p->threads, *b = &p->other;
    struct difference d = { .rule = p->peer != NULL
                                        ? "the answer is the finder's"
                                        : "answers differ",
        .key = t->script };
    size_t at = 0;

    if (!proof_converse(p, t, model, judged))
        return;
    response_mask_dates(a);
    response_mask_dates(b);
    if (in_meaning ? mean_the_same(a, b) : converse_is_same(a, b))
        return;
    while (at < a->length && at < b->length && a->bytes[at] == b->bytes[at])
        at++;
    if (at >= CONVERSE_SHOWN)
        snprintf(
            d.note, sizeof(d.note), "They differ from byte %zu on.", at + 1);
    proof_differs(p, t, &d);
}

/* Hold conversations that are written down, each in all ways. */
static void
compare_written(struct proof *p, const char *name, const char *const texts[],
    size_t count, uint16_t model, uint16_t judged)
{
    static struct talk t;

    for (size_t i = 0; i < count * TALKS_WAYS; i++) {
        const char *text = texts[i / TALKS_WAYS];

        talks_written(&t, name, text, strlen(text), (int)(i % TALKS_WAYS));
        t.script = text;
        t.half_close = true;
        compare_one(p, &t, model, judged, false);
    }
}

/* Hold those of terminals that are made up. */
static void
compare_lines(struct proof *p, struct rng *rng)
{
    static struct talk t;

    for (size_t i = 0; i < RANDOM; i++) {
        char line[80];

        snprintf(line, sizeof(line), "%s %s\r\n",
            words[rng_below(rng, COUNT(words))],
            words[rng_below(rng, COUNT(words))]);
        talks_written(&t, "in a terminal, at random", line, strlen(line),
            (int)rng_below(rng, TALKS_WAYS));
        t.half_close = true;
        compare_one(p, &t, p->model.port, p->judged.port, false);
    }
}

/* Hold those over HTTP that are made up; with `in_meaning` JSON alone. */
static void
compare_searches(
    struct proof *p, struct rng *rng, uint16_t judged, bool in_meaning)
{
    static struct talk t;

    for (size_t i = 0; i < RANDOM; i++) {
        const char *const path[] = { "/", "/search" };
        char request[256];
        unsigned start = (unsigned)rng_below(rng, 300);

        snprintf(request, sizeof(request),
            "GET %s?query=%s+%s&start=%u&stop=%u HTTP/1.1\r\n" CLOSE,
            path[in_meaning ? 1 : rng_below(rng, 2)],
            words[rng_below(rng, COUNT(words))],
            words[rng_below(rng, COUNT(words))], start,
            start + (unsigned)rng_below(rng, 200));
        talks_written(&t, "over HTTP, at random", request, strlen(request),
            (int)rng_below(rng, TALKS_WAYS));
        compare_one(p, &t, p->model.http_port, judged, in_meaning);
    }
}

/* Hold those of a terminal, and those over HTTP where the other has that door,
 * too. */
static void
compare_all(struct proof *p)
{
    struct rng rng;

    rng_seed(&rng, p->seed);
    compare_written(p, "in a terminal", sessions, COUNT(sessions),
        p->model.port, p->judged.port);
    compare_lines(p, &rng);
    if (p->peer != NULL)
        return;
    compare_written(p, "over HTTP", requests, COUNT(requests),
        p->model.http_port, p->judged.http_port);
    compare_searches(p, &rng, p->judged.http_port, false);
}

/* Hold those of a peer that speaks HTTP. */
static void
compare_meaning(struct proof *p)
{
    struct rng rng;

    rng_seed(&rng, p->seed);
    compare_searches(p, &rng, p->judged.port, true);
}

/* Start both with both doors. */
int
conform_finder(struct proof *p)
{
    static const char *const options[] = { "--quiet", "--http-port", "0",
        NULL };

    return proof_run(p, options, "finders", conform_finder_seconds(),
        p->peer != NULL && p->speaks == ASK_HTTP ? compare_meaning
                                                 : compare_all);
}

/* Estimate the time from the number of conversations. */
double
conform_finder_seconds(void)
{
    return 0.005 *
           (double)(3 * (COUNT(sessions) + COUNT(requests)) + 2 * RANDOM);
}
