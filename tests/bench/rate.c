/*
 * rate - how much a server answers, a window at a time.
 *
 *     rate --port N --pid N --ask WHAT [--connections N] [--churn]
 *          [--open RATE] [--hogs N]
 *
 * Loads a running server by the load generator of compare, which checks each
 * answer. WHAT is "game"; "bare", which the controls answer; "cat" or "cjk",
 * searches of the finder; a path, for HTTP; a scenario of compare, for what is
 * asked there; "news", which bare-push tells to all; or any other text, which
 * is sent with CR LF and answered by one line. For each line "WARM-UP WINDOW",
 * in seconds, on standard input it loads the server for that long and prints
 *
 *     REPLIES BYTES WINDOW_NS CPU_NS P99_NS
 *
 * where the processor time is the server's and the latency that of requests
 * within the window; for a line "memory" it prints how many bytes the server
 * takes itself, and how many the buffers of its sockets. Between the lines it
 * is silent, so that several servers can be measured in turn. With --hogs
 * others pull "cjk" meanwhile, without a pause.
 */
#include "report/load/crowd.h"
#include "report/run/resources.h"
#include "report/scenarios.h"

#include <err.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SEED 1 /* of when requests are due, in an open loop */

/* What is measured. */
struct wanted {
    struct load_group group;
    struct ask ask;
    pid_t pid;
    double rate; /* of an open loop; 0: a closed one */
    size_t hogs;
};

/* How to ask a server for something; what must outlive it. */
static struct ask
ask_for(const char *what)
{
    struct ask ask = { .speaks = ASK_LINE, .hello = "", .title = what };
    const struct scenario *scenario = scenario_find(what);
    char *request;

    if (scenario != NULL && scenario->ask != NULL)
        return *scenario->ask;
    if (strcmp(what, "news") == 0)
        return *subjects[SUBJECT_BARE_PUSH].ask;
    if (strcmp(what, "game") == 0)
        return ask_game;
    if (strcmp(what, "bare") == 0)
        return ask_bare;
    if (strcmp(what, "cat") == 0 || strcmp(what, "cjk") == 0) {
        ask.speaks = ASK_CHARFINDER;
        ask.request = strcmp(what, "cat") == 0 ? "cat face\n" : "cjk\n";
        return ask;
    }
    if (what[0] == '/')
        ask.speaks = ASK_HTTP;
    if (asprintf(&request,
            what[0] == '/' ? "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n"
                           : "%s\r\n",
            what) == -1)
        err(1, NULL);
    ask.request = request;
    return ask;
}

/* Read the command line. */
static void
read_options(struct wanted *wanted, int argc, char **argv)
{
    static const struct option options[] = {
        { "port", required_argument, NULL, 'p' },
        { "pid", required_argument, NULL, 'i' },
        { "ask", required_argument, NULL, 'a' },
        { "connections", required_argument, NULL, 'c' },
        { "churn", no_argument, NULL, 'n' },
        { "open", required_argument, NULL, 'o' },
        { "hogs", required_argument, NULL, 'h' },
        { 0 },
    };
    struct load_group *group = &wanted->group;
    int option;

    *group = (struct load_group) { .connections_max = 1, .ask = &wanted->ask };
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 'p':
            group->port = (uint16_t)strtoul(optarg, NULL, 10);
            break;
        case 'i':
            wanted->pid = (pid_t)strtol(optarg, NULL, 10);
            break;
        case 'a':
            wanted->ask = ask_for(optarg);
            if (wanted->ask.publishes)
                group->way = LOAD_ROUNDS;
            break;
        case 'c':
            group->connections_max = strtoul(optarg, NULL, 10);
            break;
        case 'n':
            group->way = LOAD_CHURN;
            break;
        case 'o':
            group->way = LOAD_OPEN;
            wanted->rate = strtod(optarg, NULL);
            break;
        case 'h':
            wanted->hogs = strtoul(optarg, NULL, 10);
            break;
        default:
            exit(1);
        }
    }
    if (wanted->ask.request == NULL || group->port == 0)
        errx(1, "--port and --ask are needed");
}

/* Make the generator, with all of its connections open. */
static struct load *
make_load(const struct wanted *wanted)
{
    const struct schedule_step step = { wanted->rate, 0 };
    struct load *load = load_new(&wanted->group, false);

    if (wanted->group.way != LOAD_CHURN &&
        load_grow(load, wanted->group.connections_max) == -1)
        errx(1, "%s", load_totals(load)->problem);
    if (wanted->group.way == LOAD_OPEN)
        load_plan(load, &step, 1, true, SEED);
    return load;
}

/* Let the hogs come; NULL: there are none. */
static struct crowd *
invite_hogs(const struct wanted *wanted)
{
    static struct ask cjk;
    const struct load_group group = {
        .port = wanted->group.port, .connections_max = wanted->hogs, .ask = &cjk
    };

    cjk = ask_for("cjk");
    return wanted->hogs > 0 ? crowd_come(&group) : NULL;
}

/* Load the server for a window, and print what it did. */
static void
measure(const struct wanted *wanted, struct load *load, double warm_up,
    double window, struct histogram *latency)
{
    const size_t active = wanted->group.connections_max;
    struct load_tally before = { 0 }, tally = { .latency = latency }, after;
    uint64_t cpu_ns;

    load_run(load, active, (uint64_t)(warm_up * 1e9), &before);
    histogram_clear(latency);
    cpu_ns = resources_cpu_ns(wanted->pid);
    load_run(load, active, (uint64_t)(window * 1e9), &tally);
    cpu_ns = resources_cpu_ns(wanted->pid) - cpu_ns;
    after = tally;
    load_drain(load, &after);
    if (load_totals(load)->problem[0] != '\0')
        errx(1, "%s", load_totals(load)->problem);
    printf("%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
        tally.replies, tally.bytes, tally.window_ns, cpu_ns,
        histogram_quantile(latency, 0.99).ns);
}

/* Print what memory the server takes, when it has dealt with what was said last
 * and takes no more. */
static void
print_memory(const struct wanted *wanted)
{
    const struct timespec moment = { .tv_nsec = 50000000 };
    struct memory memory = { 0 };
    uint64_t before;

    do {
        before = resources_memory_total(&memory);
        nanosleep(&moment, NULL);
        if (resources_memory(wanted->pid, wanted->group.port, &memory) == -1)
            err(1, "memory");
    } while (resources_memory_total(&memory) != before);
    printf("%" PRIu64 " %" PRIu64 "\n",
        resources_memory_total(&memory) - memory.sockets, memory.sockets);
}

int
main(int argc, char **argv)
{
    struct wanted wanted = { .pid = 0 };
    struct histogram *latency = histogram_new();
    double warm_up, window;
    struct load *load;
    char line[80];

    read_options(&wanted, argc, argv);
    load = make_load(&wanted);
    while (fgets(line, sizeof(line), stdin) != NULL) {
        if (sscanf(line, "%lf %lf", &warm_up, &window) == 2) {
            struct crowd *hogs = invite_hogs(&wanted);
            struct load_totals totals = { 0 };

            measure(&wanted, load, warm_up, window, latency);
            if (hogs != NULL)
                crowd_leave(hogs, &totals);
            if (totals.problem[0] != '\0')
                errx(1, "%s", totals.problem);
            /* The schedule of an open loop would go on meanwhile. */
            if (wanted.group.way == LOAD_OPEN) {
                load_free(load);
                load = make_load(&wanted);
            }
        } else {
            print_memory(&wanted);
        }
        fflush(stdout);
    }
    load_free(load);
    free(latency);
    return 0;
}
