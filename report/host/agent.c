#include "report/host/agent.h"

#include "report/host/channel.h"
#include "report/host/host.h"
#include "report/host/loader.h"
#include "report/host/reach.h"
#include "report/host/wire.h"
#include "report/run/machine.h"
#include "report/values.h"

#include <arpa/inet.h>
#include <err.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define LAST_SECONDS 1 /* in the end, for an answer that is on its way */

struct agent {
    struct channel channel;
    pthread_mutex_t writes; /* whoever has it may write to the channel */
    struct plan *plan;
    const struct scenario *scenario; /* of the server that runs, or NULL */
    struct process server;
    char address[WIRE_ADDRESS_MAX]; /* where it listens */
    size_t turn;                    /* of the ports it may listen at */
    struct host_window window;
    struct run run;        /* what is read around a window goes there */
    bool looks;            /* a window has been begun */
    struct loader *loader; /* NULL = it has generated no load yet */
};

/* Hash it. */
json_t *
agent_self(void)
{
    return machine_file_hash("/proc/self/exe");
}

/* List the servers, without peers. */
json_t *
agent_programs(const struct plan *plan)
{
    json_t *all = json_array();

    for (int i = 0; i < PROGRAMS * SUBJECT_PEER; i++) {
        enum program program = (enum program)(i / SUBJECT_PEER);
        int s = i % SUBJECT_PEER;
        const char *path = plan->server_path[program][s];

        if (path != NULL && program != PROGRAM_FLAGS &&
            program != PROGRAM_SPINNER)
            json_array_append_new(
                all, json_pack("{s:s, s:s, s:o}", "name", subjects[s].name,
                         "program", program_names[program], "fnv1a",
                         machine_file_hash(path)));
    }
    return all;
}

/* Copy the first line of a file, or nothing. */
static void
read_line_of(const char *path, char *line, int size)
{
    FILE *in = fopen(path, "re");

    line[0] = '\0';
    if (in == NULL)
        return;
    if (fgets(line, size, in) != NULL)
        line[strcspn(line, "\n")] = '\0';
    fclose(in);
}

/* Copy the address at which ssh reached this host, if it was ssh, and IPv4. */
static void
find_address(char *address, size_t size)
{
    const char *ssh = getenv("SSH_CONNECTION");
    struct in_addr at;
    char found[64];

    address[0] = '\0';
    if (ssh != NULL && sscanf(ssh, "%*63s %*63s %63s", found) == 1 &&
        inet_pton(AF_INET, found, &at) == 1)
        inet_ntop(AF_INET, &at, address, (socklen_t)size);
}

/* Greet. */
static bool
greet(struct agent *a)
{
    const struct placement *where = &a->plan->placement;
    const int cpus[] = { where->server_cpu };
    struct wire_hello h = { .protocol = WIRE_PROTOCOL,
        .version = VERSION,
        .pinned = where->pinned,
        .server_cpu = where->pinned ? (uint64_t)where->server_cpu : 0,
        .cpus = where->set,
        .machine = machine_describe(cpus, where->pinned ? 1 : 0),
        .programs = agent_programs(a->plan) };
    json_t *self = agent_self();
    char *line;
    bool sent;

    read_line_of(
        "/proc/sys/kernel/random/boot_id", h.boot_id, (int)sizeof(h.boot_id));
    snprintf(h.self, sizeof(h.self), "%s", text_of(self));
    snprintf(h.why, sizeof(h.why), "%s", where->why);
    find_address(h.address, sizeof(h.address));
    line = wire_write_hello(&h);
    sent = channel_write(&a->channel, line);
    free(line);
    json_decref(self);
    wire_release_hello(&h);
    return sent;
}

/* Tell whether a server may listen at an address: one host's, and not all. */
static bool
is_address(const char *text)
{
    struct in_addr at;

    return inet_pton(AF_INET, text, &at) == 1 && at.s_addr != INADDR_ANY &&
           at.s_addr != INADDR_BROADCAST && !IN_MULTICAST(ntohl(at.s_addr));
}

/* Tell whether a server could listen at a port now. */
static bool
is_free(const char *address, uint16_t port)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port) };
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    bool bound;

    if (fd == -1 || inet_pton(AF_INET, address, &at.sin_addr) != 1)
        err(1, "socket");
    bound = setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
            bind(fd, (const struct sockaddr *)&at, sizeof(at)) == 0;
    close(fd);
    return bound;
}

/*
 * Find the next free port of a request's; 0 = there is none, or any will do.
 * They take turns: what is left of a server's connections is still at its port.
 */
static uint16_t
find_port(struct agent *a, const struct wire_request *r)
{
    const size_t size = (size_t)(r->port_last - r->port_first) + 1;

    for (size_t i = 0; r->port_last > 0 && i < size; i++) {
        uint16_t port = (uint16_t)(r->port_first + a->turn++ % size);

        if (port != 0 && is_free(a->address, port))
            return port;
    }
    return 0;
}

/* Choose where the next server listens; false when too few ports are free. */
static bool
choose_ports(struct agent *a, const struct wire_request *r)
{
    struct placement *where = &a->plan->placement;

    where->port = find_port(a, r);
    where->http_port = 0;
    if (r->port_last == 0)
        return true;
    if (r->scenario->program != PROGRAM_CHARFINDER)
        return where->port != 0;
    where->http_port = find_port(a, r);
    return where->http_port != 0 && where->http_port != where->port;
}

/* Take over where servers listen, and which network card that is of. */
static void
set_address(struct agent *a, const char *address)
{
    struct in_addr at = { 0 };

    snprintf(a->address, sizeof(a->address), "%s", address);
    inet_pton(AF_INET, address, &at);
    a->plan->placement.address = a->address;
    nic_of(a->plan->placement.nic, ntohl(at.s_addr));
}

/* Start a server. */
static void
start(struct agent *a, const struct wire_request *r, struct wire_answer *answer)
{
    struct plan *plan = a->plan;
    int result;

    if (!is_address(r->address)) {
        snprintf(answer->error, sizeof(answer->error),
            "'%s' is not the address of one host", r->address);
        return;
    }
    if (plan->server_path[r->scenario->program][r->subject] == NULL) {
        snprintf(
            answer->error, sizeof(answer->error), "this server is not there");
        return;
    }
    set_address(a, r->address);
    if (!choose_ports(a, r)) {
        snprintf(answer->error, sizeof(answer->error),
            "too few of the ports %llu to %llu are free at %s",
            (unsigned long long)r->port_first, (unsigned long long)r->port_last,
            r->address);
        return;
    }
    if (r->scenario->all_cores)
        plan_unpin(plan);
    result = host_start(&a->server, r->scenario, r->subject, plan);
    if (r->scenario->all_cores)
        plan_pin(plan);
    if (result == -1) {
        snprintf(answer->error, sizeof(answer->error), "%s", a->server.error);
        return;
    }
    a->scenario = r->scenario;
    answer->port = a->server.port;
    answer->http_port = a->server.http_port;
}

/* Read what happens around a window. */
static void
look(struct agent *a)
{
    run_init(&a->run, a->scenario);
    a->run.own_core = a->plan->placement.pinned && !a->scenario->all_cores;
    host_look(&a->window, &a->server, a->plan);
    a->looks = true;
}

/* Tell what happened around it. */
static void
note(struct agent *a, uint64_t window_ns, struct wire_answer *answer)
{
    struct run *run = &a->run;

    run->tally.window_ns = window_ns;
    host_note(run, &a->window, &a->server, a->plan);
    answer->kernel = run->kernel;
    answer->nic = run->nic;
    answer->stolen_seconds = run->stolen_seconds;
    answer->foreign_seconds = run->foreign_seconds;
    answer->others_seconds = run->others_seconds;
    answer->busy_seconds = run->busy_seconds;
    answer->others = json_incref(run->others);
    if (run->run_queue_known)
        answer->run_queue_ns = (double)run->run_queue_ns;
    run_release(run);
    a->looks = false;
}

/* Stop the server. */
static void
stop(struct agent *a, struct wire_answer *answer)
{
    struct process_end end = { 0 };

    if (host_stop(&a->server, a->plan, &end) == -1)
        snprintf(answer->error, sizeof(answer->error), "%s", a->server.error);
    answer->switches = end.switches;
    answer->cpu_seconds = end.cpu_seconds;
    answer->stop_seconds = end.stop_seconds;
    a->scenario = NULL;
}

/* Tell whether a request fits what goes on. */
static bool
is_in_order(const struct agent *a, enum wire_what what)
{
    switch (what) {
    case WIRE_START:
        return a->scenario == NULL;
    case WIRE_LOOK:
        return a->scenario != NULL && !a->looks;
    case WIRE_BEGIN:
    case WIRE_END:
    case WIRE_NOTE:
        return a->looks;
    case WIRE_STOP:
        return a->scenario != NULL && !a->looks;
    case WIRE_MEMORY:
    case WIRE_COUNTER:
        return a->scenario != NULL;
    case WIRE_PING:
    case WIRE_PACE:
    case WIRE_REACH:
    case WIRE_LOAD:
    case WIRE_GROW:
    case WIRE_WARM:
    case WIRE_GO:
    case WIRE_DRAIN:
    case WIRE_RESULT:
    case WIRE_REQUESTS:
        break;
    }
    return true;
}

/* Do what was asked for. */
static void
obey(struct agent *a, const struct wire_request *r, struct wire_answer *answer)
{
    switch (r->what) {
    case WIRE_START:
        start(a, r, answer);
        break;
    case WIRE_LOOK:
        look(a);
        break;
    case WIRE_BEGIN:
        host_begin(&a->window, &a->server, a->plan);
        break;
    case WIRE_END:
        host_end(&a->run, &a->window, &a->server, a->plan);
        answer->server_cpu_ns = a->run.server_cpu_ns;
        snprintf(answer->error, sizeof(answer->error), "%s", a->run.invalid);
        break;
    case WIRE_NOTE:
        note(a, r->window_ns, answer);
        break;
    case WIRE_MEMORY:
        if (host_memory(&a->server, a->plan, &answer->memory) == -1)
            snprintf(answer->error, sizeof(answer->error), "it cannot be read");
        break;
    case WIRE_COUNTER:
        if (host_counter(&a->server, a->plan, &answer->requests) == -1)
            snprintf(answer->error, sizeof(answer->error), "it has none");
        break;
    case WIRE_STOP:
        stop(a, answer);
        break;
    case WIRE_PACE:
        answer->pace_ns = host_pace(a->plan);
        break;
    case WIRE_REACH:
        answer->connected_ns = reach(r->address, (uint16_t)r->port, r->from,
            answer->error, sizeof(answer->error));
        answer->mtu = reach_mtu(r->address);
        break;
    case WIRE_PING:
    case WIRE_LOAD: /* the loader does these */
    case WIRE_GROW:
    case WIRE_WARM:
    case WIRE_GO:
    case WIRE_DRAIN:
    case WIRE_RESULT:
    case WIRE_REQUESTS:
        break;
    }
}

/* Send an answer; false when the other end is gone. */
static bool
send_answer(struct agent *a, struct wire_answer *answer)
{
    char *line = wire_write_answer(answer);
    bool sent;

    pthread_mutex_lock(&a->writes);
    sent = channel_write(&a->channel, line);
    pthread_mutex_unlock(&a->writes);
    free(line);
    return sent;
}

/* Send an answer of the loader's; when the other end is gone, the main thread
 * hears of it. */
static void
pass_on(void *arg, struct wire_answer *answer)
{
    send_answer(arg, answer);
}

/* Tell whether a request is the loader's. */
static bool
is_for_loader(enum wire_what what)
{
    return what >= WIRE_LOAD && what <= WIRE_RESULT;
}

/* Answer a request; false when the other end is gone. */
static bool
answer(struct agent *a, const struct wire_request *r)
{
    struct wire_answer answer;
    bool sent;

    if (is_for_loader(r->what)) {
        if (a->loader == NULL)
            a->loader = loader_new(a->plan, pass_on, a);
        return loader_ask(a->loader, r);
    }
    wire_begin_answer(&answer);
    if (is_in_order(a, r->what))
        obey(a, r, &answer);
    else
        snprintf(answer.error, sizeof(answer.error), "that is out of order");
    answer.n = r->n;
    sent = send_answer(a, &answer);
    wire_release_answer(&answer);
    return sent;
}

/* Obey until the lease is over; return the exit code. */
static int
obey_all(struct agent *a)
{
    struct wire_request request;
    const char *line;
    size_t length;
    bool good = greet(a);

    while (good && (line = channel_read(
                        &a->channel, AGENT_LEASE_MS, &length)) != NULL) {
        if (!wire_read_request(&request, line, length)) {
            warnx("agent: a line is no request");
            return 1;
        }
        if (request.what == WIRE_PING)
            continue;
        /* Two threads must not answer at once. */
        if (a->loader != NULL && loader_owes(a->loader)) {
            warnx("agent: it is asked before it has answered");
            return 1;
        }
        good = answer(a, &request);
    }
    return 0;
}

/*
 * Keep the loader from writing to what is closed now. It may be in the middle
 * of an answer that nobody reads any more, and would be so for ever.
 */
static void
silence_loader(struct agent *a)
{
    struct timespec limit;

    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_sec += LAST_SECONDS;
    pthread_mutex_timedlock(&a->writes, &limit);
}

/* Be an agent. What still runs in the end the guard stops. */
int
agent_run(struct plan *plan)
{
    static struct agent a = { .writes = PTHREAD_MUTEX_INITIALIZER };
    int result;

    a.plan = plan;
    plan->placement.is_other_host = true;
    channel_own(&a.channel);
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) == -1)
        err(1, "PR_SET_PDEATHSIG");
    result = obey_all(&a);
    silence_loader(&a);
    return result;
}
