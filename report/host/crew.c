#include "report/host/crew.h"

#include "report/clock.h"
#include "report/values.h"

#include <assert.h>
#include <err.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_MS       UINT64_C(1000000)
#define NS_PER_S        UINT64_C(1000000000)
#define ANSWER_LIMIT_MS 15000 /* for a step beyond what it takes at best */
#define REST_LIMIT_MS   15000 /* for the rest of an answer that has begun */
#define BESIDE_MAX      0.05  /* of a window, how far others may be beside it */
#define SEED_STEP       UINT64_C(0x9e3779b97f4a7)
#define SEED_MASK       ((UINT64_C(1) << 53) - 1)

/* A generator. */
struct member {
    struct there *there;
    const struct there_host *host;
    bool first; /* of its host */
    int cpu;    /* -1 = any */
    bool owes;  /* an answer, which is the last one afterwards */
    struct wire_answer answer;
    uint64_t answered_ns;
    double quickest_ns; /* of all answers: not longer than a round trip */
    uint64_t window_ns; /* how long it measured, in this run */
    uint64_t mtu;       /* of its host; 0 = not known */
};

struct crew {
    struct member members[WIRE_PARTS_MAX];
    size_t count;
    size_t used; /* in this run: the first so many */
    const struct scenario *scenario;
    size_t active;      /* connections that ask, of all */
    uint64_t window_ns; /* what was asked for */
    uint64_t asked_ns;  /* when the last step was */
};

/* --- Connecting --- */

/* Connect one more. */
static bool
add_member(struct crew *c, const struct there_host *host, bool first, char *why,
    size_t size)
{
    struct member *m = &c->members[c->count];
    char because[384];

    m->there = there_connect(host, NULL, because, sizeof(because));
    if (m->there == NULL) {
        snprintf(why, size, "--load %s: %s", host->name, because);
        return false;
    }
    m->host = host;
    m->first = first;
    m->cpu = -1;
    m->quickest_ns = INFINITY;
    wire_begin_answer(&m->answer);
    c->count++;
    return true;
}

/* Connect all. */
struct crew *
crew_connect(
    const struct there_host hosts[], size_t count, char *why, size_t size)
{
    struct crew *c = calloc(1, sizeof(*c));

    if (c == NULL)
        err(1, NULL);
    for (size_t h = 0; h < count; h++)
        for (size_t g = 0; g < hosts[h].generators; g++)
            if (!add_member(c, &hosts[h], g == 0, why, size)) {
                crew_close(c);
                return NULL;
            }
    return c;
}

/* Tell whether two agents are on one machine, as long as it has not been
 * started anew. */
static bool
are_together(const struct there *a, const struct there *b)
{
    return strcmp(there_hello(a)->boot_id, there_hello(b)->boot_id) == 0;
}

/* Tell whether a processor is free for the next member, of so many. */
static bool
is_free(const struct crew *c, size_t next, const struct there *server, int cpu)
{
    const struct there *there = c->members[next].there;

    if (are_together(there, server) && there_hello(server)->pinned &&
        (int)there_hello(server)->server_cpu == cpu)
        return false;
    for (size_t i = 0; i < next; i++)
        if (are_together(there, c->members[i].there) &&
            c->members[i].cpu == cpu)
            return false;
    return CPU_ISSET((size_t)cpu, &there_hello(there)->cpus);
}

/* Choose the first processor that is free for each. */
void
crew_place(struct crew *c, const struct there *server, struct placement *p)
{
    const struct wire_hello *h = there_hello(server);

    p->crew = c;
    p->nic[0] = '\0'; /* no load crosses the card of this host */
    p->same_core = false;
    p->pinned = h->pinned;
    snprintf(p->why, sizeof(p->why), "%s", h->why);
    for (size_t i = 0; i < c->count; i++) {
        struct member *m = &c->members[i];

        for (int cpu = 0; cpu < CPU_SETSIZE && m->cpu == -1; cpu++)
            if (is_free(c, i, server, cpu))
                m->cpu = cpu;
        if (m->cpu != -1 || !p->pinned)
            continue;
        p->pinned = false;
        snprintf(p->why, sizeof(p->why),
            "%.60s does not have a processor for each generator%s",
            m->host->name,
            are_together(m->there, server) ? " and the servers" : "");
    }
}

/* Count the generators. */
size_t
crew_size(const struct crew *c)
{
    return c->count;
}

/* Tell whether so many can share it. */
bool
crew_can(size_t generators, const struct scenario *s)
{
    return generators == 1 ||
           (s->special != SPECIAL_STORM && s->special != SPECIAL_BURST &&
               s->way != LOAD_ROUNDS);
}

/* Tell of all hosts. */
json_t *
crew_to_json(const struct crew *c, bool brief)
{
    json_t *all = json_array(), *last = NULL;

    for (size_t i = 0; i < c->count; i++) {
        const struct member *m = &c->members[i];
        json_t *machine = there_hello(m->there)->machine;
        json_t *id = json_object_get(machine, "id");

        if (m->first) {
            last = json_pack("{s:s, s:o, s:O, s:[]}", "host", m->host->name,
                "address", value_text(m->host->address), "machine",
                brief && id != NULL ? id : machine, "processors");
            if (last == NULL || json_array_append_new(all, last) == -1)
                errx(1, "a host cannot be described");
        }
        json_array_append_new(
            json_object_get(last, "processors"), json_integer(m->cpu));
    }
    return all;
}

/* List them. */
void
crew_words(const struct crew *c, char *text, size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < c->count && used < size; i++) {
        const struct member *m = &c->members[i];
        const char *comma = i == 0 ? "" : i + 1 == c->count ? " and " : ", ";

        used += (size_t)snprintf(text + used, size - used, "%s%d of %s", comma,
            m->cpu, m->host->name);
    }
}

/* --- Steps --- */

/* End, if a generator's host is lost: its part of a load that has begun cannot
 * be made up for. */
static void
see_to(const struct member *m)
{
    const char *why = there_lost(m->there);

    if (why != NULL)
        there_give_up(m->there, why);
}

/* Ask one for something. */
static void
ask(struct member *m, struct wire_request *r)
{
    m->owes = true;
    there_ask(m->there, r);
    see_to(m);
}

/* Ask the first so many for the same. */
static void
ask_all(struct crew *c, struct wire_request *r)
{
    c->asked_ns = clock_ns();
    for (size_t i = 0; i < c->used; i++)
        ask(&c->members[i], r);
}

/* Take an answer that has begun. */
static void
take(const struct crew *c, struct member *m)
{
    wire_release_answer(&m->answer);
    there_receive(m->there, &m->answer, REST_LIMIT_MS);
    see_to(m);
    m->answered_ns = clock_ns();
    m->quickest_ns =
        fmin(m->quickest_ns, (double)(m->answered_ns - c->asked_ns));
    m->owes = false;
}

/* Take what has been answered by a moment; return whether all have. */
bool
crew_until(struct crew *c, uint64_t moment)
{
    struct pollfd pfd[WIRE_PARTS_MAX];
    struct member *owing[WIRE_PARTS_MAX];

    for (;;) {
        uint64_t now = clock_ns(), left = moment > now ? moment - now : 0;
        const struct timespec wait = { (time_t)(left / NS_PER_S),
            (long)(left % NS_PER_S) };
        nfds_t n = 0;

        for (size_t i = 0; i < c->used; i++) {
            struct member *m = &c->members[i];

            if (!m->owes)
                continue;
            pfd[n].fd = there_descriptor(m->there);
            pfd[n].events = POLLIN;
            owing[n++] = m;
        }
        if (n == 0 || left == 0)
            return n == 0;
        if (ppoll(pfd, n, &wait, NULL) <= 0)
            continue;
        for (nfds_t i = 0; i < n; i++)
            if (pfd[i].revents != 0)
                take(c, owing[i]);
    }
}

/* Wait for all answers to a step that takes so long at best. */
static void
wait_all(struct crew *c, uint64_t best_ms)
{
    uint64_t limit = (best_ms + ANSWER_LIMIT_MS) * NS_PER_MS;

    if (crew_until(c, c->asked_ns + limit))
        return;
    for (size_t i = 0; i < c->used; i++)
        if (c->members[i].owes)
            there_give_up(c->members[i].there, "it was silent for too long");
}

/* Wait likewise; who cannot do its part is lost. */
static void
wait_well(struct crew *c, uint64_t best_ms)
{
    wait_all(c, best_ms);
    for (size_t i = 0; i < c->used; i++)
        if (c->members[i].answer.error[0] != '\0')
            there_give_up(c->members[i].there, c->members[i].answer.error);
}

/* Ask all for a step, and wait until it is done. */
static void
do_all(struct crew *c, struct wire_request *r, uint64_t best_ms)
{
    ask_all(c, r);
    wait_well(c, best_ms);
}

/* Ask one host whether it reaches a server. */
double
crew_reach(struct crew *c, size_t i, const char *address, uint16_t port,
    const char **name, char *why, size_t size)
{
    struct wire_request r = { .what = WIRE_REACH, .port = port };
    struct wire_answer a;
    struct member *m = c->members;
    double ns;

    for (; m < c->members + c->count; m++)
        if (m->first && i-- == 0)
            break;
    *name = "";
    if (m == c->members + c->count)
        return NAN;
    *name = m->host->name;
    snprintf(r.address, sizeof(r.address), "%s", address);
    snprintf(r.from, sizeof(r.from), "%s", m->host->address);
    there_ask(m->there, &r);
    there_receive(m->there, &a, ANSWER_LIMIT_MS);
    see_to(m);
    snprintf(why, size, "%s", a.error);
    ns = a.error[0] == '\0' ? a.connected_ns : NAN;
    m->mtu = a.mtu;
    wire_release_answer(&a);
    return ns;
}

/* Find the fewest. */
uint64_t
crew_mtu(const struct crew *c)
{
    uint64_t fewest = 0;

    for (size_t i = 0; i < c->count; i++) {
        uint64_t mtu = c->members[i].mtu;

        if (mtu > 0 && (fewest == 0 || mtu < fewest))
            fewest = mtu;
    }
    return fewest;
}

/* Make all generators: each has its part. */
void
crew_load(struct crew *c, const struct run *run, const struct plan *plan,
    const struct process *server, double burst)
{
    const struct scenario *s = run->scenario;
    struct wire_request r = { .what = WIRE_LOAD,
        .scenario = scenario_find(s->name),
        .subject = run->subject,
        .port = server->port,
        .http_port = server->http_port,
        .connections = run->connections,
        .active = run->active,
        .rate = run->rate,
        .burst = burst,
        .pinned = plan->placement.pinned };

    c->scenario = s;
    c->active = run->active;
    c->window_ns = (uint64_t)(plan_window(plan, s) * 1e9);
    c->used = c->count < run->active ? c->count : run->active;
    r.parts = c->used;
    r.window_ns = c->window_ns;
    r.closed = s->way != r.scenario->way;
    snprintf(r.address, sizeof(r.address), "%s",
        there_address(plan->placement.there));
    c->asked_ns = clock_ns();
    for (r.part = 0; r.part < c->used; r.part++) {
        struct member *m = &c->members[r.part];

        snprintf(r.from, sizeof(r.from), "%s", m->host->address);
        r.cpu = m->cpu >= 0 ? (uint64_t)m->cpu : 0;
        r.seed = (plan->seed + run->block + r.part * SEED_STEP) & SEED_MASK;
        m->window_ns = 0;
        ask(m, &r);
    }
    wait_well(c, 0);
}

/* Open connections. */
int
crew_grow(struct crew *c, size_t connections)
{
    struct wire_request r = { .what = WIRE_GROW, .connections = connections };
    int result = 0;

    ask_all(c, &r);
    wait_all(c, LOAD_OPEN_LIMIT_MS);
    for (size_t i = 0; i < c->used; i++)
        if (c->members[i].answer.error[0] != '\0')
            result = -1;
    return result;
}

/* Warm up. */
void
crew_warm(struct crew *c)
{
    struct wire_request r = { .what = WIRE_WARM };

    do_all(c, &r, (uint64_t)(c->scenario->warmup * 1e3));
}

/* Let the windows begin. */
void
crew_go(struct crew *c)
{
    struct wire_request r = { .what = WIRE_GO };

    ask_all(c, &r);
}

/*
 * Note how long the windows were, and by how much one may have been beside the
 * others: its way there and back took longer than the quickest one did.
 */
static void
note_windows(struct crew *c, struct run *run)
{
    double beside = 0;
    char because[128];

    for (size_t i = 0; i < c->used; i++) {
        struct member *m = &c->members[i];
        double took = (double)(m->answered_ns - c->asked_ns);
        double beyond = took - (double)m->answer.window_ns;

        m->window_ns = m->answer.window_ns;
        if (beyond < 0)
            there_give_up(m->there, "it measured for longer than that took");
        beside = fmax(beside, beyond - m->quickest_ns);
        if (m->window_ns > run->tally.window_ns)
            run->tally.window_ns = m->window_ns;
    }
    if (c->used == 1 || beside <= BESIDE_MAX * (double)run->tally.window_ns)
        return;
    snprintf(because, sizeof(because),
        "the windows of the load's hosts may differ by %.0f ms", beside / 1e6);
    run_gate(run, "overlap", because);
}

/* Wait until all windows are over, and stop. */
void
crew_drain(struct crew *c, struct run *run)
{
    struct wire_request r = { .what = WIRE_DRAIN };
    uint64_t best = c->scenario->special == SPECIAL_STORM
                        ? LOAD_OPEN_LIMIT_MS
                        : c->window_ns / NS_PER_MS;

    wait_well(c, best);
    note_windows(c, run);
    do_all(c, &r, LOAD_DRAIN_LIMIT_MS);
}

/* Return part `i`'s share of a number, as its loader does. */
static size_t
share_of(const struct crew *c, size_t i, size_t n)
{
    return n / c->used + (i < n % c->used);
}

/* Tell whether it measured for as long as it said, and was asked to, unless
 * something went wrong. */
static bool
is_window(const struct crew *c, const struct member *m, const struct run *part)
{
    return part->tally.window_ns == m->window_ns &&
           (m->window_ns >= c->window_ns || m->window_ns == 0 ||
               part->totals.problem[0] != '\0' ||
               c->scenario->special == SPECIAL_STORM);
}

/* Say whose problem it is. */
static void
name_problem(struct load_totals *t, const char *name)
{
    char problem[sizeof(t->problem)];

    memcpy(problem, t->problem, sizeof(problem));
    if (problem[0] != '\0')
        snprintf(
            t->problem, sizeof(t->problem), "%.60s: %.180s", name, problem);
}

/* Take what one tells. */
static void
take_result(struct crew *c, size_t i, struct run *part)
{
    struct member *m = &c->members[i];
    const struct wire_answer *a = &m->answer;

    run_init(part, c->scenario);
    part->active = share_of(c, i, c->active);
    if (!wire_take_result(part, a->result) || !is_window(c, m, part))
        there_give_up(m->there, "what it counted contradicts itself");
    name_problem(&part->totals, m->host->name);
    part->stolen_seconds = fmax(a->stolen_seconds, 0);
    part->load_foreign_seconds = a->foreign_seconds;
    if (!m->first)
        return;
    part->kernel = a->kernel; /* of the host, not of the generator */
    part->others_seconds = a->others_seconds;
    there_name_others(m->host, a->others);
    part->others = json_incref(a->others);
}

/* Ask all what came of it, and take that together. */
void
crew_result(struct crew *c, struct run *run)
{
    struct wire_request r = { .what = WIRE_RESULT };
    struct run *parts = calloc(c->used, sizeof(*parts));

    if (parts == NULL)
        err(1, NULL);
    do_all(c, &r, LOAD_DRAIN_LIMIT_MS);
    for (size_t i = 0; i < c->used; i++)
        take_result(c, i, &parts[i]);
    run_merge(run, parts, c->used);
    for (size_t i = 0; i < c->used; i++)
        run_release(&parts[i]);
    free(parts);
}

/* End all. */
void
crew_close(struct crew *c)
{
    if (c == NULL)
        return;
    for (size_t i = 0; i < c->count; i++) {
        wire_release_answer(&c->members[i].answer);
        there_close(c->members[i].there);
    }
    free(c);
}
