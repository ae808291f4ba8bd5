#include "report/options.h"

#include "common/cli.h"
#include "report/host/crew.h"
#include "report/run/process.h"

#include <argp.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistr.h>

enum key {
    KEY_CHECK = 0x100,
    KEY_LIST,
    KEY_ONLY,
    KEY_OUTPUT,
    KEY_BLOCKS,
    KEY_SECONDS,
    KEY_SEED,
    KEY_PEER,
    KEY_PEER_SPEAKS,
    KEY_STANDARD,
    KEY_FULL,
    KEY_RESUME,
    KEY_RENDER,
    KEY_BASELINE,
    KEY_BESIDE,
    KEY_COST,
    KEY_ENVIRONMENT,
    KEY_NETEM,
    KEY_SERVER,
    KEY_LOAD,
    KEY_VIA,
    KEY_THERE,
    KEY_PUBLIC,
    KEY_PORTS,
    KEY_HOSTS,
    KEY_AGENT,
};

const char *argp_program_version = "compare (threads-vs-events) " VERSION;

static const struct argp_option options[] = {
    { NULL, 0, NULL, 0, "What is done:", 1 },
    { "check", KEY_CHECK, NULL, 0,
        "compare the answers only: no race, no report", 1 },
    { "list", KEY_LIST, NULL, 0,
        "list the scenarios, of a suite or all, and how long they take", 1 },
    { "hosts", KEY_HOSTS, "check", 0,
        "say what --server and --load would use and what is wrong; no race",
        1 },
    { "standard", KEY_STANDARD, NULL, 0, "run more scenarios (ten minutes)",
        1 },
    { "full", KEY_FULL, NULL, 0, "run all scenarios (an hour)", 1 },
    { "only", KEY_ONLY, "NAME,...", 0, "run only these scenarios", 1 },
    { "peer", KEY_PEER, "'NAME=COMMAND {port}'", 0,
        "also check and race a server of yours (see below); up to 4", 1 },
    { "peer-speaks", KEY_PEER_SPEAKS, "WHAT", 0,
        "protocol of the peers: game (default), charfinder, http, push, echo "
        "or flag-server; or what program they are: flags or spinner",
        1 },
    { "resume", KEY_RESUME, "DIR", 0, "continue the interrupted run in DIR",
        1 },
    { "render", KEY_RENDER, "FILE", 0,
        "print the tables of an earlier report.json and make its page", 1 },
    { "baseline", KEY_BASELINE, "FILE", 0,
        "also print what has changed since an earlier report.json of this "
        "machine",
        1 },
    { "beside", KEY_BESIDE, "FILE", 0,
        "also say which findings survive the network: FILE is a report.json of "
        "the same scenarios without one",
        1 },
    { "cost", KEY_COST, "FILE", 0,
        "also print what clients cost at the prices of FILE, which has "
        "core_hour and gib_hour",
        1 },
    { NULL, 0, NULL, 0, "How it is done:", 2 },
    { "blocks", KEY_BLOCKS, "N", 0,
        "run N blocks of each scenario (4 runs of the twins or more in each); "
        "fewer than 6 give no verdict",
        2 },
    { "seconds", KEY_SECONDS, "S", 0,
        "measure for S seconds in each run; in a run of a download or the "
        "spinner, wait S seconds in all",
        2 },
    { "netem", KEY_NETEM, "[DELAY][,loss=P%][,rate=R]", 0,
        "put an emulated network between load and servers, in namespaces of "
        "this machine: round trip, packets lost and rate each way, as in "
        "10ms,loss=0.1%,rate=100mbit; 0ms adds nothing but the network",
        2 },
    { "server", KEY_SERVER, "HOST[=ADDRESS]", 0,
        "run the servers on HOST, reached by ssh, where they listen at ADDRESS "
        "(default: where ssh reached it); the load runs here",
        2 },
    { "load", KEY_LOAD, "HOST[=ADDRESS][*N],...", 0,
        "load the servers of --server from these hosts, by N generators on "
        "each (default: 1), which need a processor each; connections come from "
        "ADDRESS. The host 'here' is this machine, also with --server",
        2 },
    { "via", KEY_VIA, "'CMD {host}'", 0,
        "run programs on HOST by CMD, not by ssh: kubectl exec -i {host} --",
        2 },
    { "there", KEY_THERE, "PATH", 0,
        "where this program is on each HOST (default: where it is here)", 2 },
    { "public", KEY_PUBLIC, NULL, 0, "allow an ADDRESS that is not private",
        2 },
    { "ports", KEY_PORTS, "A-B", 0,
        "have the servers on HOST listen at these ports, which a firewall lets "
        "through (default: at any that are free)",
        2 },
    { "seed", KEY_SEED, "N", 0,
        "use the conversations and the order of the run with seed N", 2 },
    { "output", KEY_OUTPUT, "DIR", 0,
        "write report.json and index.html to DIR (default: report, beside this "
        "program in its build directory, otherwise in the current one; with "
        "--render, where FILE is); an older report is kept as report.json.old",
        2 },
    { "environment", KEY_ENVIRONMENT, "full", 0,
        "also show paths, commands and the kernel's command line on the page",
        2 },
    { "agent", KEY_AGENT, NULL, OPTION_HIDDEN, NULL, 2 },
    { NULL, 0, NULL, 0, "Help:", -1 },
    { 0 },
};

static const char doc[] =
    "Which serves more: a thread per connection, or events?\n\n"
    "Checks that the threaded and the evented servers answer alike, loads "
    "them in turn, and says which does more, by how much, and what each costs. "
    "Without options it takes two and a half minutes, prints a table for each "
    "scenario, and writes the figures of every run to report.json. The exit "
    "code is 0 if the servers are alike and all runs succeeded, 1 if not, and "
    "64 for a usage error."
    "\v"
    "A peer is a server of the guessing game (or what --peer-speaks says) in "
    "any language; the sources describe it in common/protocols.md. /bin/sh "
    "runs COMMAND with exec; {port} stands for the port of 127.0.0.1 to listen "
    "on. The peer is first checked against the protocol, and each rule that it "
    "breaks is printed; if it breaks none, it is raced beside the twins, twice "
    "in each block as they are. It must stay in the foreground and exit within "
    "5 s of SIGTERM; all processes that it started end with it. Its standard "
    "output is discarded; the end of its standard error is shown when "
    "something is wrong. A peer that is a downloader (flags) or a spinner gets "
    "the options of a twin instead of a port, and is checked as it is raced."
    "\n\n"
    "  compare --check --peer 'mine=./my-server --port {port}'\n"
    "  compare --only sweep-64 --peer 'mine=./my-server --port {port}'\n";

/* Add a scenario to those that were chosen. */
bool
options_choose(struct request *request, const struct scenario *s)
{
    for (size_t i = 0; i < request->only_count; i++)
        if (request->only[i] == s)
            return false;
    if (s == NULL || request->only_count == OPTIONS_SCENARIOS_MAX)
        return false;
    request->only[request->only_count++] = s;
    return true;
}

/* Tell whether a window may be so long. */
bool
options_is_window(double seconds)
{
    return seconds >= 0.05 && seconds <= 60;
}

/* Read a list of scenario names. */
static void
parse_only(struct request *request, char *names, struct argp_state *state)
{
    const char *name;

    while ((name = strsep(&names, ",")) != NULL) {
        const struct scenario *s = scenario_find(name);

        if (name[0] == '\0')
            argp_error(state, "--only has an empty name");
        if (s == NULL)
            argp_error(state, "no scenario is called '%s' (try --list)", name);
        if (!options_choose(request, s))
            argp_error(state, "--only names '%s' twice", name);
    }
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

    if (request->peers_count == PEERS_MAX)
        argp_error(state, "--peer may be given %d times", PEERS_MAX);
    if (text[length] == '\0')
        argp_error(state, "--peer takes NAME=COMMAND, not '%s'", text);
    if (length == 0 || length > PEER_NAME_MAX ||
        strspn(text, PEER_NAME_BYTES) < length)
        argp_error(state,
            "the name of a peer has 1 to %d letters, digits, '.', '_', '-'",
            PEER_NAME_MAX);
    if (u8_check((const uint8_t *)command, strlen(command)) != NULL)
        argp_error(state, "the command of a peer is UTF-8, as report.json is");
    if (is_empty_command(command))
        argp_error(state, "--peer names no command");
    if (scenario_name_peer(request->peers_count, text, length) == -1)
        argp_error(state, "another server is called '%.*s'", (int)length, text);
    request->peers[request->peers_count++] = command;
}

/* Read what the network is like. */
static void
parse_netem(struct request *request, const char *text, struct argp_state *state)
{
    char why[160];

    if (!netem_read(&request->shape, text, why, sizeof(why)))
        argp_error(state, "--netem '%s': %s", text, why);
    request->emulates = true;
}

/* Read where servers run. */
static void
parse_server(
    struct request *request, const char *text, struct argp_state *state)
{
    char why[160];

    if (request->elsewhere)
        argp_error(state, "--server names one host");
    if (!there_read(&request->server, text, why, sizeof(why)))
        argp_error(state, "--server '%s': %s", text, why);
    request->elsewhere = true;
}

/* Read one host that loads, and how many generators it has. */
static void
parse_generators(struct request *request, char *text, struct argp_state *state)
{
    struct there_host *host = &request->loads[request->loads_count];
    char *times = strchr(text, '*');
    size_t most = WIRE_PARTS_MAX - request->generators, n = 1;
    char why[160];

    if (most == 0)
        argp_error(state, "--load takes %d generators in all", WIRE_PARTS_MAX);
    if (times != NULL) {
        *times = '\0';
        n = (size_t)cli_number(state, "load", times + 1, 1, (int64_t)most);
    }
    if (!there_read(host, text, why, sizeof(why)))
        argp_error(state, "--load '%s': %s", text, why);
    for (size_t i = 0; i < request->loads_count; i++)
        if (strcmp(request->loads[i].name, host->name) == 0)
            argp_error(state,
                "--load names '%s' twice: say %s*2 for two "
                "generators",
                host->name, host->name);
    host->generators = n;
    request->generators += n;
    request->loads_count++;
}

/* Read where the load runs. */
static void
parse_loads(struct request *request, char *hosts, struct argp_state *state)
{
    char *host;

    while ((host = strsep(&hosts, ",")) != NULL)
        parse_generators(request, host, state);
}

/* Read how a program is run there, and which. */
static void
parse_command(struct request *request, int key, const char *text,
    struct argp_state *state)
{
    if (text[strspn(text, " ")] == '\0')
        argp_error(state, "--via and --there are not empty");
    /* The shell there sees it, where ssh is used. */
    if (key == KEY_THERE && text[strspn(text, THERE_PATH_BYTES)] != '\0')
        argp_error(
            state, "--there takes letters, digits and /._+-, not '%s'", text);
    *(key == KEY_VIA ? &request->via : &request->there) = text;
}

/* Read a range of ports. */
static void
parse_ports(struct request *request, const char *text, struct argp_state *state)
{
    unsigned first, last;
    int end = 0;

    if (sscanf(text, "%5u-%5u%n", &first, &last, &end) != 2 ||
        text[end] != '\0' || first == 0 || first >= last || last > UINT16_MAX)
        argp_error(state,
            "--ports takes two ports or more, as in 20000-20099, not '%s'",
            text);
    request->port_first = (uint16_t)first;
    request->port_last = (uint16_t)last;
}

/* Take in an option that says on which host servers run. */
static bool
parse_host(
    struct request *request, int key, char *arg, struct argp_state *state)
{
    switch (key) {
    case KEY_SERVER:
        parse_server(request, arg, state);
        return true;
    case KEY_LOAD:
        parse_loads(request, arg, state);
        return true;
    case KEY_VIA:
    case KEY_THERE:
        parse_command(request, key, arg, state);
        return true;
    case KEY_PUBLIC:
        request->is_public = true;
        return true;
    case KEY_PORTS:
        parse_ports(request, arg, state);
        return true;
    case KEY_HOSTS:
        if (strcmp(arg, "check") != 0)
            argp_error(state, "--hosts takes check, not '%s'", arg);
        request->looks = true;
        return true;
    case KEY_AGENT:
        request->serves = true;
        return true;
    default:
        return false;
    }
}

/* Read what the peers are. */
static const struct peer_kind *
parse_speaks(const char *text, struct argp_state *state)
{
    for (size_t i = 0; i < PEER_KINDS; i++)
        if (strcmp(text, peer_kinds[i].name) == 0)
            return &peer_kinds[i];
    argp_error(state,
        "--peer-speaks takes game, charfinder, http, push, echo, flag-server, "
        "flags or spinner, not '%s'",
        text);
    return NULL;
}

/* Take in an option that says which files and folders are meant. */
static bool
parse_path(
    struct request *request, int key, const char *arg, struct argp_state *state)
{
    switch (key) {
    case KEY_OUTPUT:
        request->output = arg;
        break;
    case KEY_RESUME:
        request->resume = arg;
        break;
    case KEY_RENDER:
        request->render = arg;
        break;
    case KEY_BASELINE:
        request->baseline = arg;
        break;
    case KEY_BESIDE:
        request->beside = arg;
        break;
    case KEY_COST:
        request->cost = arg;
        break;
    default:
        return false;
    }
    if (arg[0] == '\0')
        argp_error(state, "a file or folder name is empty");
    return true;
}

/* See to it that peers are called as what they are is. */
static void
check_peers(const struct request *request, struct argp_state *state)
{
    const struct peer_kind *kind = request->peer_kind;

    if (kind != &peer_kinds[0] && request->peers_count == 0)
        argp_error(state, "--peer-speaks needs --peer");
    if (kind->is_job && request->check_only)
        argp_error(state,
            "--check cannot check peers that are %s: that is done in the race",
            kind->name);
    for (size_t i = 0; i < request->peers_count; i++) {
        bool has_port = strstr(request->peers[i], PROCESS_PORT_MARK) != NULL;

        if (!kind->is_job && !has_port)
            argp_error(state, "the command of a peer needs " PROCESS_PORT_MARK
                              " where its port is to stand");
        if (kind->is_job && has_port)
            argp_error(state,
                "a peer that is %s has no " PROCESS_PORT_MARK
                ": options follow its command",
                kind->name);
    }
}

/* See to it that what is chosen crosses the network, if there is one. */
static void
check_network(const struct request *request, struct argp_state *state)
{
    const char *network = request->emulates ? "--netem" : "--server";

    if (!request->elsewhere &&
        (request->via != NULL || request->there != NULL || request->is_public ||
            request->port_last > 0 || request->looks ||
            request->loads_count > 0))
        argp_error(state,
            "--load, --via, --there, --public, --ports and --hosts need "
            "--server");
    if (!request->emulates && !request->elsewhere)
        return;
    if (request->emulates && request->elsewhere)
        argp_error(state, "--netem and --server do not go together");
    if (request->check_only)
        argp_error(
            state, "%s is for a race: --check needs no network", network);
    if (request->peers_count > 0)
        argp_error(state,
            "%s and --peer do not go together: a peer listens "
            "on 127.0.0.1",
            network);
    for (size_t i = 0; i < request->only_count; i++)
        if (request->only[i]->job != NULL)
            argp_error(state, "%s: '%s' asks nothing over the network", network,
                request->only[i]->name);
        else if (request->only[i]->link != NULL)
            argp_error(state, "%s: '%s' brings a network of its own", network,
                request->only[i]->name);
    for (size_t i = 0; i < request->only_count && request->generators > 0; i++)
        if (!crew_can(request->generators, request->only[i]))
            argp_error(state, "--load: '%s' takes one generator",
                request->only[i]->name);
}

/* See to it that the options go together. */
static void
check(const struct request *request, struct argp_state *state)
{
    bool measures =
        request->designed || request->peers_count > 0 || request->elsewhere;

    check_peers(request, state);
    if (request->resume != NULL && (request->designed || request->check_only))
        argp_error(state, "--resume continues as the run was started: it takes "
                          "no other options");
    if (request->resume != NULL && request->output != NULL)
        argp_error(state, "--resume DIR writes to DIR, not to --output");
    if (request->render != NULL &&
        (measures || request->resume != NULL || request->check_only))
        argp_error(state, "--render measures nothing: only --output, "
                          "--baseline, --beside, --cost and --environment go "
                          "with it");
    check_network(request, state);
}

/* Tell whether an option says what to measure, or how. */
static bool
is_design(int key)
{
    return key == KEY_ONLY || key == KEY_STANDARD || key == KEY_FULL ||
           key == KEY_BLOCKS || key == KEY_SECONDS || key == KEY_SEED ||
           key == KEY_NETEM;
}

/* Take in one option. */
static error_t
parse(int key, char *arg, struct argp_state *state)
{
    struct request *request = state->input;

    if (parse_path(request, key, arg, state))
        return 0;
    request->designed = request->designed || is_design(key);
    if (parse_host(request, key, arg, state))
        return 0;
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
    case KEY_STANDARD:
    case KEY_FULL:
        if (request->suite_named)
            argp_error(state, "one of --standard and --full, once");
        request->suite = key == KEY_FULL ? SUITE_FULL : SUITE_STANDARD;
        request->suite_named = true;
        return 0;
    case KEY_BLOCKS:
        request->blocks =
            (size_t)cli_number(state, "blocks", arg, 1, PLAN_BLOCKS_MAX);
        return 0;
    case KEY_SECONDS:
        request->seconds = (double)cli_seconds(state, "seconds", arg) / 1000;
        if (!options_is_window(request->seconds))
            argp_error(state, "--seconds takes 0.05 to 60");
        return 0;
    case KEY_SEED:
        request->seed = (uint64_t)cli_number(state, "seed", arg, 0, INT64_MAX);
        return 0;
    case KEY_ENVIRONMENT:
        if (strcmp(arg, "full") != 0)
            argp_error(state, "--environment takes full, not '%s'", arg);
        request->everything = true;
        return 0;
    case KEY_NETEM:
        parse_netem(request, arg, state);
        return 0;
    case KEY_PEER:
        parse_peer(request, arg, state);
        return 0;
    case KEY_PEER_SPEAKS:
        request->peer_kind = parse_speaks(arg, state);
        return 0;
    case ARGP_KEY_END:
        check(request, state);
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "unexpected argument '%s'", arg);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Read the command line. */
void
options_read(struct request *request, int argc, char **argv)
{
    static const struct argp argp = {
        .options = options, .parser = parse, .doc = doc
    };

    memset(request, 0, sizeof(*request));
    request->peer_kind = &peer_kinds[0];
    if (getrandom(&request->seed, sizeof(request->seed), 0) !=
        (ssize_t)sizeof(request->seed))
        err(1, "getrandom");
    request->seed >>= 33; /* short enough to be typed */
    argp_err_exit_status = CLI_USAGE;
    argp_parse(&argp, argc, argv, 0, NULL, request);
}
