#include "report/host/there.h"

#include "report/host/agent.h"
#include "report/host/channel.h"
#include "report/host/wire.h"
#include "report/values.h"

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define HELLO_LIMIT_MS  30000 /* ssh may have to try several keys */
#define ANSWER_LIMIT_MS 15000 /* longer than any server takes to start */
#define CLOSE_LIMIT_MS  3000
#define PING_SECONDS    2
#define WORDS_MAX       64

#define NAME_FIRST                                                             \
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
#define NAME_BYTES NAME_FIRST "@._:/-"

/* Seconds before each attempt to reach a lost host again: for a moment's fault,
 * for a switch that starts, and for somebody who sees to it. */
static const int waits[] = { 5, 15, 60 };

struct there {
    const struct there_host *host;
    struct channel channel;
    struct wire_hello hello, again; /* and that of a host that came back */
    struct load_path path;
    char address[WIRE_ADDRESS_MAX];
    pthread_t pinger;
    uint64_t sent, received; /* requests, and answers to them */
    char lost[112];          /* why it is; "" = it is not */
    size_t tries;            /* of `waits`, so far */
    uint64_t server_cpu_ns;  /* of the last window; and why it is unknown */
    char window_error[384];
};

/* --- Which host --- */

/* Addresses that are nobody else's (RFC 1918, 6598, 3927, 2544, loopback). */
static bool
is_private(uint32_t a)
{
    return a >> 24 == 10 || a >> 24 == 127 || a >> 20 == 0xac1 ||
           a >> 16 == 0xc0a8 || a >> 16 == 0xa9fe || a >> 22 == 0x191 ||
           a >> 17 == 0x6309;
}

/* Read a name, and the address if one is given. */
bool
there_read(struct there_host *h, const char *text, char *why, size_t size)
{
    size_t length = strcspn(text, "=");
    struct in_addr at;

    memset(h, 0, sizeof(*h));
    if (length == 0 || length >= sizeof(h->name) ||
        strchr(NAME_FIRST, text[0]) == NULL ||
        strspn(text, NAME_BYTES) < length) {
        snprintf(why, size,
            "a host is letters, digits and @._:/-, and begins with a letter or "
            "digit");
        return false;
    }
    memcpy(h->name, text, length);
    if (text[length] == '\0')
        return true;
    if (inet_pton(AF_INET, text + length + 1, &at) != 1) {
        snprintf(why, size, "'%s' is not an IPv4 address", text + length + 1);
        return false;
    }
    inet_ntop(AF_INET, &at, h->address, sizeof(h->address));
    return true;
}

/* --- Requests and answers --- */

/* Note that the other host cannot be heard or understood any more. */
static void
lose(struct there *t, const char *why)
{
    snprintf(t->lost, sizeof(t->lost), "%s", why);
}

/* Return why it was lost. */
const char *
there_lost(const struct there *t)
{
    return t->lost[0] != '\0' ? t->lost : NULL;
}

/* Whether there is a journal. */
static bool is_kept;

/* Note it. */
void
there_keep(void)
{
    is_kept = true;
}

/* End, and say so. */
_Noreturn void
there_give_up(const struct there *t, const char *why)
{
    errx(1, "%s is lost: %s%s", t->host->name, why,
        is_kept ? "; what was measured is kept, and --resume continues" : "");
}

/* Ask for something, unless the host is lost. */
void
there_ask(struct there *t, struct wire_request *r)
{
    char *line;
    bool sent;

    if (there_lost(t) != NULL)
        return;
    r->n = ++t->sent;
    line = wire_write_request(r);
    sent = channel_write(&t->channel, line);
    free(line);
    if (!sent)
        lose(t, t->channel.why);
}

/* Make an answer that says that the host is lost. */
static void
answer_lost(const struct there *t, struct wire_answer *a)
{
    wire_release_answer(a);
    wire_begin_answer(a);
    snprintf(
        a->error, sizeof(a->error), "%s is lost: %s", t->host->name, t->lost);
}

/* Take the next answer, which of a lost host is an error. */
void
there_receive(struct there *t, struct wire_answer *a, int limit_ms)
{
    const char *line = NULL;
    size_t length;

    wire_begin_answer(a);
    if (there_lost(t) == NULL) {
        line = channel_read(&t->channel, limit_ms, &length);
        if (line == NULL)
            lose(t, t->channel.why);
        else if (!wire_read_answer(a, line, length))
            lose(t, "it sent a line that is no answer");
        else if (a->n != ++t->received)
            lose(t, "it answered what it was not asked");
    }
    if (there_lost(t) != NULL)
        answer_lost(t, a);
}

/* Ask, and take the answer; false, with the error in it, where it is one. */
static bool
ask_now(struct there *t, enum wire_what what, struct wire_answer *a)
{
    struct wire_request r = { .what = what };

    there_ask(t, &r);
    there_receive(t, a, ANSWER_LIMIT_MS);
    return a->error[0] == '\0';
}

/* Keep the lease, from a thread of its own: the load is not to be stopped. */
static void *
ping(void *arg)
{
    const struct timespec pause = { PING_SECONDS, 0 };
    const struct wire_request r = { .what = WIRE_PING };
    struct there *t = arg;
    char *line = wire_write_request(&r);

    pthread_cleanup_push(free, line);
    /* A line this short is written whole, not into the middle of another. */
    while (write(t->channel.out, line, strlen(line)) != -1)
        nanosleep(&pause, NULL);
    pthread_cleanup_pop(true);
    return NULL;
}

/* Start the thread; signals are for the main one. */
static void
start_pinger(struct there *t)
{
    sigset_t all, old;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    errno = pthread_create(&t->pinger, NULL, ping, t);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (errno != 0)
        err(1, "a thread for another host");
}

/* End the thread. */
static void
stop_pinger(struct there *t)
{
    pthread_cancel(t->pinger);
    pthread_join(t->pinger, NULL);
}

/* --- Connecting --- */

/* Copy a word, with the host's name where its mark is. */
static char *
fill_in(const char *word, const char *name)
{
    const char *mark = strstr(word, THERE_HOST_MARK);
    char *filled;
    int length;

    if (mark == NULL)
        length = asprintf(&filled, "%s", word);
    else
        length = asprintf(&filled, "%.*s%s%s", (int)(mark - word), word, name,
            mark + strlen(THERE_HOST_MARK));
    if (length == -1)
        err(1, NULL);
    return filled;
}

/* Tell whether a host is this machine. */
static bool
is_here(const struct there_host *h)
{
    return strcmp(h->name, THERE_HERE) == 0;
}

/* Run the agent by the words of a command, which no shell sees here. */
static void
run_agent(struct there *t)
{
    const struct there_host *h = t->host;
    char *words[WORDS_MAX + 3] = { NULL }, *copy, *word, *rest;
    char *self = realpath("/proc/self/exe", NULL);
    const char *via = h->via != NULL ? h->via : THERE_VIA;
    const char *program = h->program != NULL ? h->program : self;
    size_t n = 0;

    if (is_here(h)) {
        via = "";
        program = self;
    }
    copy = strdup(via);
    if (copy == NULL || self == NULL)
        err(1, "there");
    for (word = strtok_r(copy, " ", &rest); word != NULL && n < WORDS_MAX;
         word = strtok_r(NULL, " ", &rest))
        words[n++] = fill_in(word, h->name);
    words[n++] = fill_in(program, "");
    words[n++] = fill_in("--agent", "");
    channel_run(&t->channel, words);
    while (n > 0)
        free(words[--n]);
    free(copy);
    free(self);
}

/* Run the agent and hear its hello, which is to be released; false, with the
 * reason in `why`, when it does not greet. */
static bool
hear(struct there *t, struct wire_hello *h, char *why, size_t size)
{
    const char *line;
    size_t length;

    memset(h, 0, sizeof(*h));
    run_agent(t);
    line = channel_read(&t->channel, HELLO_LIMIT_MS, &length);
    if (line != NULL && wire_read_hello(h, line, length))
        return true;
    snprintf(why, size, "%s",
        line == NULL ? t->channel.why : "no agent of compare answered");
    return false;
}

/* Find the hash of a server in a list; NULL = it is not there. */
static const char *
find_hash(const json_t *all, int program, int subject)
{
    const json_t *one;
    size_t i;

    json_array_foreach(all, i, one)
        if (strcmp(get_text(one, "name"), subjects[subject].name) == 0 &&
            strcmp(get_text(one, "program"), program_names[program]) == 0)
            return get_text(one, "fnv1a");
    return NULL;
}

/*
 * See that the servers there are those here: else say so, and return false. A
 * control that is not there is left out.
 */
static bool
has_same_programs(
    const struct there *t, struct plan *plan, char *why, size_t size)
{
    json_t *ours = agent_programs(plan);
    bool same = true;

    for (int i = 0; i < PROGRAMS * SUBJECT_PEER && same; i++) {
        const int p = i / SUBJECT_PEER, s = i % SUBJECT_PEER;
        const char *wanted = find_hash(ours, p, s);
        const char *its = find_hash(t->hello.programs, p, s);

        if (wanted == NULL)
            continue;
        if (its == NULL && s > SUBJECT_EVENTED)
            plan->server_path[p][s] = NULL;
        else if (its == NULL || strcmp(its, wanted) != 0)
            same = false;
        if (!same)
            snprintf(why, size, "its %s (%s) is %s", program_names[p],
                subjects[s].name,
                its == NULL ? "missing" : "another one than this host's");
    }
    json_decref(ours);
    return same;
}

/* See whether a hello is that of this program, and of a fitting host. */
static bool
is_fitting(const struct there *t, struct plan *plan, char *why, size_t size)
{
    const struct wire_hello *h = &t->hello;
    json_t *self = agent_self();
    bool same = strcmp(h->self, text_of(self)) == 0;
    struct in_addr at;

    json_decref(self);
    if (h->protocol != WIRE_PROTOCOL) {
        snprintf(why, size, "it speaks protocol %llu, and this compare %d",
            (unsigned long long)h->protocol, WIRE_PROTOCOL);
        return false;
    }
    if (!same) {
        snprintf(why, size,
            "its compare (version %s) is another build than this one (version "
            "%s)",
            h->version, VERSION);
        return false;
    }
    if (plan == NULL)
        return true;
    if (inet_pton(AF_INET, t->address, &at) != 1) {
        snprintf(why, size, "its address is not known: say --server %s=ADDRESS",
            t->host->name);
        return false;
    }
    if (!t->host->public && !is_private(ntohl(at.s_addr))) {
        snprintf(why, size,
            "%s is not a private address: load that crosses the internet is an "
            "attack on whoever carries it; --public allows it",
            t->address);
        return false;
    }
    return has_same_programs(t, plan, why, size);
}

/* Run the agent, hear its hello, and judge it. */
struct there *
there_connect(
    const struct there_host *h, struct plan *plan, char *why, size_t size)
{
    struct there *t = calloc(1, sizeof(*t));
    struct in_addr at = { 0 };

    if (t == NULL)
        err(1, "there");
    t->host = h;
    if (hear(t, &t->hello, why, size)) {
        snprintf(t->address, sizeof(t->address), "%s",
            h->address[0] != '\0' ? h->address : t->hello.address);
        if (is_fitting(t, plan, why, size)) {
            inet_pton(AF_INET, t->address, &at);
            t->path.to = ntohl(at.s_addr);
            start_pinger(t);
            return t;
        }
    }
    channel_close(&t->channel, 0);
    wire_release_hello(&t->hello);
    free(t);
    return NULL;
}

/* Try once to reach the host again, as it was; false, with the reason in
 * `lost`, when it is not there. End the program when it is another by now. */
static bool
reach_again(struct there *t)
{
    const char *change = NULL;
    bool heard = hear(t, &t->again, t->lost, sizeof(t->lost));

    if (heard)
        change = wire_change(&t->hello, &t->again);
    wire_release_hello(&t->again);
    if (change != NULL)
        errx(1,
            "%s is back, but %s; what was measured is kept, and --resume "
            "continues",
            t->host->name, change);
    if (!heard) {
        channel_close(&t->channel, 0);
        return false;
    }
    t->sent = t->received = 0;
    t->lost[0] = '\0';
    start_pinger(t);
    return true;
}

/* Wait, and try, as often as there are waits. */
void
there_regain(struct there *t)
{
    stop_pinger(t);
    channel_close(&t->channel, 0);
    while (t->tries < sizeof(waits) / sizeof(waits[0])) {
        struct timespec pause = { waits[t->tries++], 0 };

        warnx("%s is lost: %s; trying again in %d s", t->host->name, t->lost,
            (int)pause.tv_sec);
        while (nanosleep(&pause, &pause) == -1 && errno == EINTR)
            ;
        if (reach_again(t))
            return;
    }
    there_give_up(t, t->lost);
}

/* Say where servers run. */
void
there_place(struct there *t, struct placement *p)
{
    p->there = t;
    p->path = &t->path;
    nic_towards(p->nic, t->path.to);
    p->server_cpu = (int)t->hello.server_cpu;
    p->same_core = false;
    if (p->pinned && !t->hello.pinned) {
        p->pinned = false;
        snprintf(p->why, sizeof(p->why), "%s", t->hello.why);
    }
}

/* Tell of it. */
json_t *
there_to_json(const struct there *t, bool brief)
{
    json_t *id = json_object_get(t->hello.machine, "id");
    json_t *o = json_pack("{s:b, s:s, s:s, s:O}", "emulated", 0, "server",
        t->host->name, "address", t->address, "machine",
        brief && id != NULL ? id : t->hello.machine);

    if (o == NULL)
        errx(1, "a host cannot be described");
    return o;
}

/* Return the name. */
const char *
there_name(const struct there *t)
{
    return t->host->name;
}

/* Return where its servers listen. */
const char *
there_address(const struct there *t)
{
    return t->address;
}

/* Return the greeting. */
const struct wire_hello *
there_hello(const struct there *t)
{
    return &t->hello;
}

/* Return the end that is read. */
int
there_descriptor(const struct there *t)
{
    return t->channel.in;
}

/* --- What is done there --- */

/* Start a server. */
int
there_start(struct there *t, struct process *server, const struct scenario *s,
    enum subject subject)
{
    struct wire_request r = { .what = WIRE_START,
        .scenario = s,
        .subject = subject,
        .port_first = t->host->port_first,
        .port_last = t->host->port_last };
    struct wire_answer a;

    memset(server, 0, sizeof(*server));
    memcpy(r.address, t->address, sizeof(r.address));
    there_ask(t, &r);
    there_receive(t, &a, ANSWER_LIMIT_MS);
    server->port = (uint16_t)a.port;
    server->http_port = (uint16_t)a.http_port;
    if (a.error[0] == '\0' && a.port == 0) {
        lose(t, "it started a server without a port");
        answer_lost(t, &a);
    }
    snprintf(server->error, sizeof(server->error), "%s", a.error);
    wire_release_answer(&a);
    return server->error[0] == '\0' ? 0 : -1;
}

/* Ask for something that is answered in time. */
static void
ask_later(struct there *t, enum wire_what what)
{
    struct wire_request r = { .what = what };

    there_ask(t, &r);
}

/* Begin to look. */
void
there_look(struct there *t)
{
    t->window_error[0] = '\0';
    t->server_cpu_ns = 0;
    ask_later(t, WIRE_LOOK);
}

/* The window begins. */
void
there_begin(struct there *t)
{
    ask_later(t, WIRE_BEGIN);
}

/* It is over. */
void
there_end(struct there *t)
{
    ask_later(t, WIRE_END);
}

/* Name the host. */
void
there_name_others(const struct there_host *h, json_t *others)
{
    json_t *other;
    size_t i;

    json_array_foreach(others, i, other)
        if (!is_here(h))
            json_object_set_new(other, "host", json_string(h->name));
}

/* Add what was found there to what was found here. */
static void
merge(const struct there *t, struct run *run, struct wire_answer *a)
{
    run->kernel = kernel_sum(&run->kernel, &a->kernel);
    run->nic_there = a->nic;
    run->stolen_there = fmax(a->stolen_seconds, 0);
    run->stolen_seconds += run->stolen_there;
    run->foreign_seconds = a->foreign_seconds;
    run->others_seconds += a->others_seconds;
    run->busy_seconds = a->busy_seconds;
    run->run_queue_known = isfinite(a->run_queue_ns);
    if (run->run_queue_known)
        run->run_queue_ns = (uint64_t)fmax(a->run_queue_ns, 0);
    there_name_others(t->host, a->others);
    if (a->others != NULL)
        json_array_extend(run->others, a->others);
}

/* Take all answers that are due, the last of which is about the window. */
void
there_note(struct there *t, struct run *run)
{
    struct wire_request r = { .what = WIRE_NOTE,
        .window_ns = run->tally.window_ns };
    struct wire_answer a;

    there_ask(t, &r);
    for (;;) {
        there_receive(t, &a, ANSWER_LIMIT_MS);
        if (a.error[0] != '\0' && t->window_error[0] == '\0')
            snprintf(t->window_error, sizeof(t->window_error), "%s", a.error);
        if (a.server_cpu_ns > 0)
            t->server_cpu_ns = a.server_cpu_ns;
        if (t->received == t->sent || there_lost(t) != NULL)
            break;
        wire_release_answer(&a);
    }
    merge(t, run, &a);
    wire_release_answer(&a);
    run->server_cpu_ns = t->server_cpu_ns;
    if (t->window_error[0] != '\0')
        run_invalidate(run, "%s", t->window_error);
}

/* Read the memory. */
int
there_memory(struct there *t, struct memory *m)
{
    struct wire_answer a;
    bool good = ask_now(t, WIRE_MEMORY, &a);

    *m = a.memory;
    wire_release_answer(&a);
    return good ? 0 : -1;
}

/* Read the counter. */
int
there_counter(struct there *t, uint64_t *value)
{
    struct wire_answer a;
    bool good = ask_now(t, WIRE_COUNTER, &a);

    *value = a.requests;
    wire_release_answer(&a);
    return good ? 0 : -1;
}

/* Stop the server. */
int
there_stop(struct there *t, struct process *server, struct process_end *end)
{
    struct wire_answer a;
    bool good = ask_now(t, WIRE_STOP, &a);

    end->switches = a.switches;
    end->cpu_seconds = a.cpu_seconds;
    end->stop_seconds = a.stop_seconds;
    snprintf(server->error, sizeof(server->error), "%s", a.error);
    wire_release_answer(&a);
    return good ? 0 : -1;
}

/* Try the processor. */
double
there_pace(struct there *t)
{
    struct wire_answer a;

    ask_now(t, WIRE_PACE, &a);
    wire_release_answer(&a);
    return a.pace_ns;
}

/* End it: its input ends. */
void
there_close(struct there *t)
{
    stop_pinger(t);
    channel_close(&t->channel, CLOSE_LIMIT_MS);
    wire_release_hello(&t->hello);
    free(t);
}
