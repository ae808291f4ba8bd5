/*
 * compare - the side-by-side run.
 *
 * Starts the threaded and the evented server, proves that they answer alike,
 * loads them in turn, and says who does more, and by how much. A server of the
 * reader's own, the peer, is checked by the protocol and raced beside them.
 */

#include "common/cli.h"
#include "report/conform.h"
#include "report/guard.h"
#include "report/json.h"
#include "report/process.h"
#include "report/programs.h"
#include "report/race.h"
#include "report/table.h"

#include <argp.h>
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SCENARIOS_MAX 32
#define TIME_LIMIT    176.0 /* seconds, for the whole suite as it stands */

/* What the command line asks for. */
struct request {
    bool check_only;
    bool list;
    const struct scenario *scenarios[SCENARIOS_MAX];
    size_t count;
    const char *output; /* NULL = where programs_find() says */
    size_t blocks;
    double seconds;
    uint64_t seed;
    const char *peer; /* the command of a peer; NULL = none */
};

enum key {
    KEY_CHECK = 0x100,
    KEY_LIST,
    KEY_ONLY,
    KEY_OUTPUT,
    KEY_BLOCKS,
    KEY_SECONDS,
    KEY_SEED,
    KEY_PEER,
};

const char *argp_program_version = "compare " VERSION;

static const struct argp_option options[] = {
    { NULL, 0, NULL, 0, "What is done:", 1 },
    { "check", KEY_CHECK, NULL, 0,
        "compare the answers and stop: no race, no report", 1 },
    { "list", KEY_LIST, NULL, 0, "list the scenarios and stop", 1 },
    { "only", KEY_ONLY, "NAME,...", 0, "race in these scenarios alone", 1 },
    { "peer", KEY_PEER, "'NAME=COMMAND {port}'", 0,
        "check and race a server of yours, too (see below)", 1 },
    { NULL, 0, NULL, 0, "How it is done:", 2 },
    { "blocks", KEY_BLOCKS, "N", 0,
        "repeat each scenario N times (4 runs of the twins each); with fewer "
        "than 6 there is no verdict",
        2 },
    { "seconds", KEY_SECONDS, "S", 0, "measure S seconds in each run", 2 },
    { "seed", KEY_SEED, "N", 0,
        "repeat the conversations and the order of an earlier run", 2 },
    { "output", KEY_OUTPUT, "DIR", 0,
        "write report.json to DIR (default: report, beside this program)", 2 },
    { NULL, 0, NULL, 0, "Help:", -1 },
    { 0 },
};

static const char doc[] =
    "Which serves more: a thread per connection, or events?\n\n"
    "Proves that the threaded and the evented guess-server answer alike, loads "
    "them in turn, and says which does more, by how much, and what each costs. "
    "Without options it takes about three minutes, prints a table for each "
    "scenario, and writes the figures of every run to report.json. The exit "
    "code is 0 when the servers are alike and all runs succeeded, 1 when not, "
    "and 64 for a wrong command line."
    "\v"
    "A peer is a server of the guessing game in any language; the protocol is "
    "in common/protocols.md. COMMAND is one command for /bin/sh (as after "
    "exec), {port} in it becomes the port to listen on, at 127.0.0.1. The "
    "peer is first held to the protocol, and each rule that it breaks is "
    "printed; if there is none, it is raced beside the twins. SIGTERM stops it "
    "and its children, SIGKILL what is left after 5 s. Its standard output is "
    "thrown away; the last that it wrote on standard error is shown when "
    "something is wrong.\n\n"
    "  compare --check --peer 'mine=./my-server --port {port}'\n"
    "  compare --only reply-50 --peer 'mine=./my-server --port {port}'\n";

/* Read a list of scenario names. */
static void
parse_only(struct request *request, char *names, struct argp_state *state)
{
    char *rest, *name = strtok_r(names, ",", &rest);

    for (; name != NULL; name = strtok_r(NULL, ",", &rest)) {
        const struct scenario *s = scenario_find(name);

        if (s == NULL)
            argp_error(state, "no scenario is called '%s' (try --list)", name);
        if (request->count < SCENARIOS_MAX)
            request->scenarios[request->count++] = s;
    }
    if (request->count == 0)
        argp_error(state, "--only names no scenario");
}

/* Tell whether a command is no more than blanks and ports. */
static bool
is_empty_command(const char *command)
{
    const size_t mark = strlen(PROCESS_PORT_MARK);

    while (*command != '\0')
        if (strncmp(command, PROCESS_PORT_MARK, mark) == 0)
            command += mark;
        else if (strchr(" \t\r\n", *command++) == NULL)
            return false;
    return true;
}

/* Read NAME=COMMAND; the name goes to the table of subjects. */
static void
parse_peer(struct request *request, const char *text, struct argp_state *state)
{
    size_t length = strcspn(text, "=");
    const char *command = text + length + 1;

    if (request->peer != NULL)
        argp_error(state, "--peer may be given once");
    if (text[length] == '\0')
        argp_error(state, "--peer takes NAME=COMMAND, not '%s'", text);
    if (length == 0 || length > PEER_NAME_MAX ||
        strspn(text, PEER_NAME_BYTES) < length)
        argp_error(state,
            "the name of a peer has 1 to %d letters, digits, '.', '_', '-'",
            PEER_NAME_MAX);
    if (is_empty_command(command))
        argp_error(state, "--peer names no command");
    if (strstr(command, PROCESS_PORT_MARK) == NULL)
        argp_error(state, "the command of a peer needs " PROCESS_PORT_MARK
                          " where its port is to stand");
    if (scenario_name_peer(text, length) == -1)
        argp_error(state, "another server is called '%.*s'", (int)length, text);
    request->peer = command;
}

/* Take in one option. */
static error_t
parse(int key, char *arg, struct argp_state *state)
{
    struct request *request = state->input;

    switch (key) {
    case KEY_CHECK:
        request->check_only = true;
        return 0;
    case KEY_LIST:
        request->list = true;
        return 0;
    case KEY_ONLY:
        parse_only(request, arg, state);
        return 0;
    case KEY_OUTPUT:
        request->output = arg;
        return 0;
    case KEY_BLOCKS:
        request->blocks =
            (size_t)cli_number(state, "blocks", arg, 1, RACE_BLOCKS_MAX);
        return 0;
    case KEY_SECONDS:
        request->seconds = (double)cli_seconds(state, "seconds", arg) / 1000;
        if (request->seconds < 0.05 || request->seconds > 60)
            argp_error(state, "--seconds takes 0.05 to 60");
        return 0;
    case KEY_SEED:
        request->seed = (uint64_t)cli_number(state, "seed", arg, 0, INT64_MAX);
        return 0;
    case KEY_PEER:
        parse_peer(request, arg, state);
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "'%s' is not an option", arg);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Read the command line; a wrong one ends the program with exit code 64. */
static void
read_request(struct request *request, int argc, char **argv)
{
    static const struct argp argp = {
        .options = options, .parser = parse, .doc = doc
    };

    memset(request, 0, sizeof(*request));
    if (getrandom(&request->seed, sizeof(request->seed), 0) !=
        (ssize_t)sizeof(request->seed))
        err(1, "getrandom");
    request->seed >>= 33; /* short enough to be typed */
    argp_err_exit_status = CLI_USAGE;
    argp_parse(&argp, argc, argv, 0, NULL, request);
    if (request->count > 0)
        return;
    for (size_t i = 0; i < scenarios_count; i++)
        request->scenarios[request->count++] = &scenarios[i];
}

/* Print the scenarios. */
static void
list_scenarios(void)
{
    for (size_t i = 0; i < scenarios_count; i++)
        printf("%-12s %s: %s\n", scenarios[i].name, scenarios[i].title,
            scenarios[i].kind == SCENARIO_REPLY
                ? "request and reply on all of them"
                : "memory of each, and one of them asks");
}

/* Make a directory and those above it. */
static void
make_directories(const char *path)
{
    char *copy = strdup(path);

    if (copy == NULL)
        err(1, NULL);
    for (char *p = copy + 1; *p != '\0'; p++) {
        if (*p != '/')
            continue;
        *p = '\0';
        mkdir(copy, 0777);
        *p = '/';
    }
    if (mkdir(copy, 0777) == -1 && errno != EEXIST)
        err(1, "%s", path);
    free(copy);
}

/* Prove the twins alike and say so; false if they are not. */
static bool
prove(
    const struct plan *plan, struct meter *meter, struct conform_result *alike)
{
    int result;

    result = conform_run(plan->server_path[SUBJECT_THREADED],
        plan->server_path[SUBJECT_EVENTED], plan->placement.server_cpu,
        plan->seed, meter, stdout, alike);
    meter_wipe(meter);
    if (result == 0)
        printf("Alike: %zu conversations, every byte the same.\n",
            alike->conversations);
    else if (alike->differences > 0)
        printf("\nNot alike: %zu of %zu conversations differ (--seed %llu "
               "repeats them).\n",
            alike->differences, alike->conversations,
            (unsigned long long)plan->seed);
    else
        printf("The twins could not be compared.\n");
    return result == 0;
}

/* Check the peer and say how it did; false if it broke a rule. */
static bool
prove_peer(
    const struct plan *plan, struct meter *meter, struct conform_result *peer)
{
    const char *name = subjects[SUBJECT_PEER].name;
    int result;

    result = conform_peer(plan->server_path[SUBJECT_THREADED], name,
        plan->server_path[SUBJECT_PEER], plan->placement.server_cpu, plan->seed,
        meter, stdout, peer);
    meter_wipe(meter);
    if (result == 0)
        printf("Conforming: %s, in %zu conversations.\n", name,
            peer->conversations);
    else if (peer->differences > 0)
        printf("\nNot conforming: %s broke a rule in %zu of the first %zu "
               "conversations (--seed %llu repeats them).\n",
            name, peer->differences, peer->conversations,
            (unsigned long long)plan->seed);
    return result == 0;
}

/* Say what is going to happen and how long it will take. */
static double
announce(const struct request *request, const struct plan *plan)
{
    double seconds = (request->peer != NULL ? 2 : 1) * conform_seconds();

    for (size_t i = 0; i < request->count && !request->check_only; i++)
        seconds += race_seconds(request->scenarios[i], plan);
    printf("Threads against events: the guessing game (seed %llu). This takes "
           "about %.0f s.\n",
        (unsigned long long)plan->seed, seconds);
    if (plan->placement.pinned)
        printf("Servers run on processor %d, the load on processor %d.\n",
            plan->placement.server_cpu, plan->placement.load_cpu);
    else
        printf(
            "Rates and latencies will be missing: %s.\n", plan->placement.why);
    fflush(stdout);
    return seconds;
}

/* Write report.json and say where it is. */
static void
write_report(const struct report *report, const char *directory)
{
    json_t *json = json_report(report);
    char *path;

    if (asprintf(&path, "%s/report.json", directory) == -1)
        err(1, NULL);
    if (json_write(json, path) == -1)
        err(1, "%s", path);
    printf("Every run's figures: %s\n", path);
    json_decref(json);
    free(path);
}

/* Run all scenarios, print their tables; false if a server failed. */
static bool
race_all(const struct request *request, const struct plan *plan,
    struct meter *meter, struct race **races)
{
    const char *no_color = getenv("NO_COLOR");
    bool colour =
        isatty(STDOUT_FILENO) == 1 && (no_color == NULL || no_color[0] == '\0');
    bool good = true;

    for (size_t i = 0; i < request->count; i++) {
        races[i] = race_run(request->scenarios[i], plan, meter);
        meter_wipe(meter);
        table_race(stdout, races[i], plan->placement.pinned, colour);
        fflush(stdout);
        for (size_t k = 0; k < races[i]->runs_count; k++)
            good = good && !races[i]->runs[k].failed;
    }
    table_notes(stdout, races, request->count, &plan->placement);
    return good;
}

/* Turn the request into a plan. */
static void
make_plan(struct plan *plan, const struct request *request,
    const struct programs *programs)
{
    memset(plan, 0, sizeof(*plan));
    for (int s = 0; s < SUBJECTS; s++)
        plan->server_path[s] = programs->path[s];
    plan->server_path[SUBJECT_PEER] = request->peer;
    plan->seed = request->seed;
    plan->blocks = request->blocks;
    plan->window = request->seconds;
    if (request->blocks == 0 && request->seconds == 0 && request->peer == NULL)
        plan->limit = TIME_LIMIT;
    plan->placement = race_place();
}

/* Prove, race and report; false if the twins differ or a server failed. */
static bool
compare(
    const struct request *request, const struct plan *plan, const char *output)
{
    struct race *races[SCENARIOS_MAX];
    struct report report = { .plan = plan, .races = races };
    time_t now = time(NULL);
    struct meter meter;
    char started[32];
    bool good;

    strftime(started, sizeof(started), "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
    meter_start(&meter, announce(request, plan));
    if (!prove(plan, &meter, &report.alike))
        return false;
    if (request->peer != NULL && !prove_peer(plan, &meter, &report.peer))
        return false;
    if (request->check_only)
        return true;
    make_directories(output);
    good = race_all(request, plan, &meter, races);
    report.started = started;
    report.seconds = (double)resources_now_ns() / 1e9 - meter.started;
    report.races_count = request->count;
    write_report(&report, output);
    for (size_t i = 0; i < request->count; i++)
        race_free(races[i]);
    return good;
}

int
main(int argc, char **argv)
{
    struct programs programs;
    struct request request;
    struct plan plan;
    const char *missing;
    bool good;

    read_request(&request, argc, argv);
    if (request.list) {
        list_scenarios();
        return 0;
    }
    if (programs_find(&programs, &missing) == -1)
        errx(1, "%s is missing: run make first", missing);
    signal(SIGPIPE, SIG_IGN);
    guard_install();
    make_plan(&plan, &request, &programs);
    good = compare(&request, &plan,
        request.output != NULL ? request.output : programs.output);
    programs_free(&programs);
    return good ? 0 : 1;
}
