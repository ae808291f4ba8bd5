#include "report/alike/conform_finder.h"

#include "report/alike/converse.h"
#include "report/rng.h"
#include "report/run/process.h"

#include <assert.h>
#include <err.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define RANDOM          120 /* conversations at each door */
#define DIFFERENCES_MAX 5   /* the rest would only repeat them */
#define COUNT(a)        (sizeof(a) / sizeof((a)[0]))

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

/* How the answers of a pair are compared. */
struct proof {
    struct process model, judged;
    const char *peer; /* the name of the other; NULL = events */
    FILE *out;
    struct conform_result *result;
    struct answer_bytes threads, other;
    bool over; /* enough was seen */
};

/* Make a conversation of some bytes, cut in one of three ways. */
static void
make_talk(struct talk *t, const char *name, const char *bytes, int way)
{
    memset(t, 0, sizeof(*t));
    snprintf(t->name, sizeof(t->name), "%s", name);
    t->length = strlen(bytes);
    assert(t->length <= TALK_BYTES_MAX);
    memcpy(t->bytes, bytes, t->length);
    t->each_byte = way == 1;
    if (way == 2)
        t->cuts[t->cuts_count++] = t->length / 2;
    t->pauses = way == 2;
    t->half_close = true;
}

/* Overwrite the time of day in the heads of an answer. */
static void
mask_dates(struct answer_bytes *a)
{
    static const char key[] = "\r\nDate: ";
    char *at = a->bytes, *end = a->bytes + a->length;

    while ((at = memmem(at, (size_t)(end - at), key, sizeof(key) - 1)) != NULL)
        for (at += sizeof(key) - 1; at < end && *at != '\r'; at++)
            *at = '*';
}

/* Take the chunks of a body together, in place; -1 if they are not whole. */
static int
join_chunks(char *body, size_t *length)
{
    size_t at = 0, to = 0;

    for (;;) {
        char *line_end = memmem(body + at, *length - at, "\r\n", 2);
        size_t n;

        if (line_end == NULL)
            return -1;
        n = strtoul(body + at, NULL, 16);
        at = (size_t)(line_end + 2 - body);
        if (n == 0)
            break;
        if (n > *length - at || *length - at - n < 2)
            return -1;
        memmove(body + to, body + at, n);
        to += n;
        at += n + 2;
    }
    *length = to;
    return 0;
}

/* Read status and JSON of one response, in place; NULL without JSON. */
static json_t *
parse_response(char *bytes, size_t length, long *status)
{
    char *end = memmem(bytes, length, "\r\n\r\n", 4), *body;
    const char *line;
    bool chunked = false;

    *status = 0;
    if (end == NULL || length < 12)
        return NULL;
    *status = strtol(bytes + 9, NULL, 10);
    *end = '\0';
    body = end + 4;
    for (line = bytes; (line = strstr(line, "\r\n")) != NULL;)
        chunked |= ask_is_chunked(line += 2);
    length -= (size_t)(body - bytes);
    if (chunked && join_chunks(body, &length) == -1)
        return NULL;
    return json_loadb(body, length, 0, NULL);
}

/* Read status and JSON of an answer, which stays as it is. */
static json_t *
read_response(const struct answer_bytes *a, long *status)
{
    char *copy = malloc(a->length + 1);
    json_t *response;

    if (copy == NULL)
        err(1, "%zu bytes for an answer", a->length);
    memcpy(copy, a->bytes, a->length);
    copy[a->length] = '\0';
    response = parse_response(copy, a->length, status);
    free(copy);
    return response;
}

/* Compare what two responses mean. */
static bool
mean_the_same(const struct answer_bytes *a, const struct answer_bytes *b)
{
    long first, second;
    json_t *j = read_response(a, &first), *k = read_response(b, &second);
    bool same;

    same = first == second && ((j == NULL && k == NULL) ||
                                  (j != NULL && k != NULL && json_equal(j, k)));
    json_decref(j);
    json_decref(k);
    return same;
}

/* Write how two answers differ. */
static void
write_difference(const struct proof *p, const struct talk *t,
    const struct answer_bytes *a, const struct answer_bytes *b)
{
    const char *other = p->peer != NULL ? p->peer : "events";
    size_t at = 0;

    while (at < a->length && at < b->length && a->bytes[at] == b->bytes[at])
        at++;
    if (p->peer != NULL)
        fprintf(
            p->out, "\nRule broken: the answer is the finder's: %s\n", t->name);
    else
        fprintf(p->out, "\nNot alike: %s\n", t->name);
    fprintf(p->out, "  sent, then half closed:");
    converse_write(p->out, t->bytes, t->length);
    fprintf(p->out, "  threads answered, then %s:", converse_ending(a->ending));
    converse_write(p->out, a->bytes, a->length);
    fprintf(
        p->out, "  %s answered, then %s:", other, converse_ending(b->ending));
    converse_write(p->out, b->bytes, b->length);
    if (at >= CONVERSE_SHOWN)
        fprintf(p->out, "  They differ from byte %zu on.\n", at + 1);
}

/* Hold one conversation with both and compare, to the byte or in meaning. */
static void
compare_one(struct proof *p, uint16_t model, uint16_t judged,
    const struct talk *t, bool in_meaning)
{
    struct answer_bytes *a = &p->threads, *b = &p->other;
    bool good;

    if (p->over)
        return;
    converse(model, t, a);
    converse(judged, t, b);
    mask_dates(a);
    mask_dates(b);
    p->result->conversations++;
    good = in_meaning ? mean_the_same(a, b) : converse_is_same(a, b);
    if (!good)
        write_difference(p, t, a, b);
    p->result->differences += !good;
    p->over = p->result->differences >= DIFFERENCES_MAX ||
              b->ending == ENDING_REFUSED;
}

/* Hold all conversations of terminals. */
static void
compare_sessions(struct proof *p, struct rng *rng)
{
    static struct talk t;

    for (size_t i = 0; i < COUNT(sessions); i++) {
        for (int way = 0; way < 3; way++) {
            make_talk(&t, "in a terminal", sessions[i], way);
            compare_one(p, p->model.port, p->judged.port, &t, false);
        }
    }
    for (size_t i = 0; i < RANDOM; i++) {
        char line[80];

        snprintf(line, sizeof(line), "%s %s\r\n",
            words[rng_below(rng, COUNT(words))],
            words[rng_below(rng, COUNT(words))]);
        make_talk(&t, "in a terminal, at random", line, (int)rng_below(rng, 3));
        compare_one(p, p->model.port, p->judged.port, &t, false);
    }
}

/* Hold random conversations over HTTP; with `in_meaning` JSON alone. */
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
        make_talk(&t, "over HTTP, at random", request, (int)rng_below(rng, 3));
        t.half_close = false;
        compare_one(p, p->model.http_port, judged, &t, in_meaning);
    }
}

/* Hold all conversations over HTTP. */
static void
compare_requests(struct proof *p, struct rng *rng)
{
    static struct talk t;

    for (size_t i = 0; i < COUNT(requests); i++) {
        for (int way = 0; way < 3; way++) {
            make_talk(&t, "over HTTP", requests[i], way);
            compare_one(p, p->model.http_port, p->judged.http_port, &t, false);
        }
    }
    compare_searches(p, rng, p->judged.http_port, false);
}

/* Free the memory of the answers. */
static void
free_answers(struct proof *p)
{
    converse_free(&p->threads);
    converse_free(&p->other);
}

/* Start a finder; -1, having said why, when it did not become ready. */
static int
start_finder(struct process *finder, const char *path, int cpu, FILE *out)
{
    const char *const options[] = { "--quiet", "--http-port", "0", NULL };

    if (process_start(finder, path, options, cpu) == 0)
        return 0;
    fprintf(out, "%s\n", finder->error);
    return -1;
}

/* Start both, compare and stop them. */
int
conform_finder_run(const char *threaded, const char *evented, int cpu,
    uint64_t seed, struct meter *meter, FILE *out,
    struct conform_result *result)
{
    struct proof p = { .out = out, .result = result };
    size_t before = result->differences;
    struct rng rng;
    int status = 0;

    if (start_finder(&p.model, threaded, cpu, out) == -1)
        return -1;
    if (start_finder(&p.judged, evented, cpu, out) == -1) {
        conform_stop(&p.model, threaded, out);
        return -1;
    }
    meter_show(meter, "proving the finders alike");
    rng_seed(&rng, seed);
    compare_sessions(&p, &rng);
    compare_requests(&p, &rng);
    free_answers(&p);
    status |= conform_stop(&p.model, threaded, out);
    status |= conform_stop(&p.judged, evented, out);
    meter_add(meter, conform_finder_seconds());
    return status == 0 && result->differences == before ? 0 : -1;
}

/* Start the finder and the peer, judge the peer and stop both. */
int
conform_finder_peer(const char *threaded, const char *name, const char *command,
    enum ask_speaks speaks, int cpu, uint64_t seed, struct meter *meter,
    FILE *out, struct conform_result *result)
{
    struct proof p = { .peer = name, .out = out, .result = result };
    struct rng rng;
    int status = 0;

    memset(result, 0, sizeof(*result));
    if (process_start_peer(&p.judged, command, cpu) == -1) {
        fprintf(out, "%s %s. %s\n", name, p.judged.error, p.judged.said);
        return -1;
    }
    if (start_finder(&p.model, threaded, cpu, out) == -1) {
        conform_stop(&p.judged, name, out);
        return -1;
    }
    meter_show(meter, "checking %s", name);
    rng_seed(&rng, seed);
    if (speaks == ASK_HTTP)
        compare_searches(&p, &rng, p.judged.port, true);
    else
        compare_sessions(&p, &rng);
    free_answers(&p);
    meter_wipe(meter);
    status |= conform_stop(&p.model, threaded, out);
    status |= conform_stop(&p.judged, name, out);
    if (result->differences > 0 && p.judged.said[0] != '\0')
        fprintf(out, "\nOn standard error %s said:\n%s\n", name, p.judged.said);
    meter_add(meter, conform_finder_seconds());
    return status == 0 && result->differences == 0 ? 0 : -1;
}

/* Estimate the time from the number of conversations. */
double
conform_finder_seconds(void)
{
    return 0.005 *
           (double)(3 * (COUNT(sessions) + COUNT(requests)) + 2 * RANDOM);
}
