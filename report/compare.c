/*
 * compare - the side-by-side run.
 *
 * Starts the threaded and the evented servers, proves that they answer alike,
 * loads them in turn, and says who does more, and by how much. A program of the
 * reader's own, the peer, is checked by the protocol and raced beside them.
 */

#include "common/cli.h"
#include "report/alike/conform.h"
#include "report/directory.h"
#include "report/host/agent.h"
#include "report/host/crew.h"
#include "report/host/route.h"
#include "report/host/there.h"
#include "report/options.h"
#include "report/report.h"
#include "report/run/guard.h"
#include "report/run/journal.h"
#include "report/run/machine.h"
#include "report/run/programs.h"
#include "report/run/race.h"
#include "report/say.h"
#include "report/teller.h"
#include "report/values.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Seconds until the page is written, and that a last block may take longer. */
#define TELLING 6

/* What is raced: the scenarios of the suite, or those that were named. */
struct chosen {
    const struct scenario *scenario[OPTIONS_SCENARIOS_MAX];
    size_t count;
    bool lacks[PROGRAMS]; /* some were left out, as it is not built, */
    bool lacks_jobs;      /* or as they ask nothing over the network, */
    bool lacks_acts;      /* or as several generators cannot share them */
    bool lacks_links;     /* or as they bring another one */
    /* Of the scenarios those the network of which can be made, if they bring
     * one, and of the others an array of objects of report.json. */
    const struct scenario *able[OPTIONS_SCENARIOS_MAX];
    size_t able_count;
    json_t *unmeasured;
};

/* Take over where the servers are. */
static void
take_paths(struct plan *plan, const struct programs *programs)
{
    for (int i = 0; i < PROGRAMS * SUBJECTS; i++)
        plan->server_path[i / SUBJECTS][i % SUBJECTS] =
            programs->path[i / SUBJECTS][i % SUBJECTS];
}

/* Name the first suite that a scenario is of. */
static enum suite
suite_of(const struct scenario *s)
{
    int suite = 0;

    while (suite + 1 < SUITES && (s->suites & (1u << suite)) == 0)
        suite++;
    return (enum suite)suite;
}

/* Print how many scenarios a suite has, and how long they take in all. */
static void
list_suite(struct plan *plan, enum suite suite)
{
    double seconds = 0;
    size_t n = 0;

    plan->suite = suite;
    for (size_t i = 0; i < scenarios_count; i++) {
        if ((scenarios[i].suites & (1u << suite)) == 0)
            continue;
        seconds += plan_seconds(plan, &scenarios[i]);
        n++;
    }
    printf("  %s: %zu scenarios, %.0f s (limit: %.0f s)\n", suites[suite].name,
        n, seconds, suites[suite].limit);
}

/* Print the scenarios of the suite that was named, or all, each with how long
 * it takes there, or in the first suite that it is of. */
static void
list_scenarios(const struct request *request)
{
    struct plan plan = { 0 };
    struct programs programs;
    const char *missing;

    if (programs_find(&programs, &missing) == 0)
        take_paths(&plan, &programs);
    for (size_t i = 0; i < scenarios_count; i++) {
        const struct scenario *s = &scenarios[i];

        plan.suite = request->suite_named ? request->suite : suite_of(s);
        if ((s->suites & (1u << plan.suite)) != 0)
            say(stdout, "%-13s %-9s%4.0f s  %s%s%s", s->name,
                suites[plan.suite].name, plan_seconds(&plan, s), s->question,
                s->link != NULL ? " Over a network of its own: " : "",
                s->link != NULL ? s->link : "");
    }
    for (int suite = 0; suite < SUITES; suite++)
        list_suite(&plan, (enum suite)suite);
    programs_free(&programs);
}

/*
 * At the exit: what could not be printed is an error. Who pipes it into head
 * wants no more, and no complaint.
 */
static void
close_output(void)
{
    bool failed = ferror(stdout) != 0;

    errno = EIO; /* unless it fails again, and says why */
    if (fclose(stdout) != EOF && !failed)
        return;
    if (errno != EPIPE)
        warn("standard output");
    _exit(1);
}

/* Begin a proof of two programs. */
static struct proof
begin_proof(const struct plan *plan, enum program program, struct meter *meter,
    struct proof_result *result)
{
    return (struct proof) { .threaded =
                                plan->server_path[program][SUBJECT_THREADED],
        .evented = plan->server_path[program][SUBJECT_EVENTED],
        .cpu = plan->placement.server_cpu,
        .seed = plan->seed,
        .meter = meter,
        .out = stdout,
        .result = result };
}

/* How servers are proved alike, and about how many seconds that takes; what is
 * no server is checked as it is raced. */
static const struct {
    int (*conform)(struct proof *p);
    double (*seconds)(void);
} conformances[PROGRAMS] = {
    [PROGRAM_GUESS] = { conform_game, conform_game_seconds },
    [PROGRAM_CHARFINDER] = { conform_finder, conform_finder_seconds },
    [PROGRAM_PUSH] = { conform_push, conform_push_seconds },
    [PROGRAM_ECHO] = { conform_echo, conform_echo_seconds },
    [PROGRAM_FLAG_SERVER] = { conform_flags, conform_flags_seconds },
};

/* Hold the conversations of a program; 0 if nothing was wrong. */
static int
conform(struct proof *p, enum program program)
{
    return conformances[program].conform != NULL
               ? conformances[program].conform(p)
               : 0;
}

/* Estimate how long that takes. */
static double
conform_seconds(enum program program)
{
    return conformances[program].seconds != NULL
               ? conformances[program].seconds()
               : 0;
}

/* Tell whether the twins of a program are to be proved alike: of the game and
 * the finder always, of others if they are raced, or judge a peer. */
static bool
is_asked(
    const struct chosen *chosen, const struct plan *plan, enum program program)
{
    bool asked = program == PROGRAM_GUESS || program == PROGRAM_CHARFINDER ||
                 (plan->peers_count > 0 && plan->peer_kind->program == program);

    for (size_t i = 0; i < chosen->count; i++)
        asked = asked || chosen->scenario[i]->program == program;
    return asked && plan->server_path[program][SUBJECT_EVENTED] != NULL;
}

/* Prove the twins alike, and say so; false if they are not. */
static bool
prove(const struct chosen *chosen, const struct plan *plan, struct meter *meter,
    struct proof_result *alike)
{
    bool good = true;

    for (int program = 0; program < PROGRAMS && good; program++) {
        struct proof p = begin_proof(plan, (enum program)program, meter, alike);

        if (is_asked(chosen, plan, (enum program)program))
            good = conform(&p, (enum program)program) == 0;
    }

    if (alike->differences > 0)
        putchar('\n');
    if (good)
        say(stdout, "Alike: %zu conversations, every byte the same.",
            alike->conversations);
    else if (alike->differences > 0)
        say(stdout,
            "Not alike: %zu of %zu conversations differ (--seed %llu repeats "
            "them).",
            alike->differences, alike->conversations,
            (unsigned long long)plan->seed);
    else
        say(stdout, "The twins could not be compared.");
    return good;
}

/* Check peer `i` and say how it did; false if it broke a rule. */
static bool
prove_peer(const struct plan *plan, size_t i, struct meter *meter,
    struct proof_result *peer)
{
    const struct peer_kind *kind = plan->peer_kind;
    struct proof p = begin_proof(plan, kind->program, meter, peer);
    bool good;

    if (p.threaded == NULL)
        errx(1, "the %s is missing: run make first",
            program_names[kind->program]);
    p.peer = subjects[SUBJECT_PEER + i].name;
    p.command = plan->peers[i];
    p.speaks = kind->speaks;
    if (kind->is_job) {
        say(stdout, "Checked as it is raced: %s.", p.peer);
        return true;
    }
    good = conform(&p, kind->program) == 0;
    if (peer->differences > 0)
        putchar('\n');
    if (good)
        say(stdout,
            "Conforming: %s, in %zu conversations (its answers only: limits, "
            "timeouts and load were not checked).",
            p.peer, peer->conversations);
    else if (peer->differences > 0)
        say(stdout,
            "Not conforming: %s broke a rule in %zu of the first %zu "
            "conversations (--seed %llu repeats them).",
            p.peer, peer->differences, peer->conversations,
            (unsigned long long)plan->seed);
    return good;
}

/* Prove the twins alike, and each peer conforming; false if one is not. */
static bool
prove_all(const struct chosen *chosen, const struct plan *plan,
    struct meter *meter, struct report *report)
{
    bool good = true;

    if (!prove(chosen, plan, meter, &report->alike))
        return false;
    for (size_t i = 0; i < plan->peers_count; i++)
        good = prove_peer(plan, i, meter, &report->peers[i]) && good;
    return good;
}

/* Choose scenarios, as far as their servers are there. */
static void
choose(struct chosen *chosen, const struct request *request,
    const struct plan *plan)
{
    memset(chosen, 0, sizeof(*chosen));
    for (size_t i = 0; i < scenarios_count; i++) {
        const struct scenario *s = &scenarios[i];
        bool wanted = (s->suites & (1u << plan->suite)) != 0;

        for (size_t k = 0; k < request->only_count; k++)
            wanted = (k > 0 && wanted) || request->only[k] == s;
        if (!wanted)
            continue;
        if (s->job != NULL && plan->placement.path != NULL)
            chosen->lacks_jobs = true;
        else if (s->link != NULL && plan->placement.path != NULL)
            chosen->lacks_links = true;
        else if (plan->placement.crew != NULL &&
                 !crew_can(crew_size(plan->placement.crew), s))
            chosen->lacks_acts = true;
        else if (plan->server_path[s->program][SUBJECT_THREADED] != NULL)
            chosen->scenario[chosen->count++] = s;
        else
            chosen->lacks[s->program] = true;
    }
}

/* Tell whether a scenario of the suite was not chosen, or another was. */
static bool
is_part(const struct chosen *chosen, const struct plan *plan)
{
    static const struct request all;
    static struct chosen whole; /* too large for the stack */

    choose(&whole, &all, plan);
    return whole.count != chosen->count ||
           memcmp(whole.scenario, chosen->scenario, sizeof(whole.scenario)) !=
               0;
}

/* See which of the networks that scenarios bring can be made. */
static void
find_able(struct chosen *chosen)
{
    chosen->unmeasured = json_array();
    for (size_t i = 0; i < chosen->count; i++) {
        const struct scenario *s = chosen->scenario[i];
        const struct netem_shape shape = plan_link(s);
        char why[256];

        if (s->link == NULL || netem_try(&shape, why, sizeof(why)))
            chosen->able[chosen->able_count++] = s;
        else
            json_array_append_new(chosen->unmeasured,
                json_pack("{s:s, s:s, s:s, s:s}", "name", s->name, "title",
                    s->title, "link", s->link, "because", why));
    }
    if (chosen->count > 0 && chosen->able_count == 0)
        errx(1, "%s: %s", chosen->scenario[0]->name,
            get_text(json_array_get(chosen->unmeasured, 0), "because"));
}

/* Say which scenarios are left out, as their network cannot be made; those in a
 * row that lack the same in one sentence. */
static void
announce_unmeasured(const json_t *all)
{
    char names[OPTIONS_SCENARIOS_MAX * 16];
    size_t used = 0, i;
    const json_t *one;

    json_array_foreach(all, i, one) {
        const char *why = get_text(one, "because");

        used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s",
            used > 0 ? ", " : "", get_text(one, "name"));
        if (strcmp(get_text(json_array_get(all, i + 1), "because"), why) == 0)
            continue;
        say(stdout, "Left out: %s: %s.", names, why);
        used = 0;
    }
}

/* Say in which scenarios peers have no part. */
static void
announce_peers(const struct chosen *chosen, const struct plan *plan)
{
    char names[OPTIONS_SCENARIOS_MAX * 16] = "";
    size_t used = 0;

    for (size_t i = 0; i < chosen->count; i++)
        if (plan_peers(plan, chosen->scenario[i]) == 0 && used < sizeof(names))
            used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s",
                used > 0 ? ", " : "", chosen->scenario[i]->name);
    if (used > 0)
        say(stdout, "Raced without %s: %s.",
            plan->peers_count > 1 ? "peers" : subjects[SUBJECT_PEER].name,
            names);
}

/* Say which programs of others would have had a part and are not installed. */
static void
announce_missing(const struct chosen *chosen, const struct plan *plan)
{
    char names[128] = "";
    size_t used = 0;
    unsigned wanted = 0;

    for (size_t i = 0; i < chosen->count; i++)
        if (chosen->scenario[i]->job != NULL)
            wanted |= chosen->scenario[i]->job->columns;
    for (int s = 0; s < SUBJECTS; s++)
        if ((wanted & (1u << s)) != 0 &&
            plan->server_path[PROGRAM_FLAGS][s] == NULL)
            used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s",
                used > 0 ? ", " : "", subjects[s].title);
    if (used > 0)
        say(stdout, "Missing, so not raced: %s.", names);
}

/* Say how long a round trip is. */
static void
say_trip(const struct placement *where)
{
    double ms = where->round_trip / 1e6;
    /* As many ms would be 1e+03. */
    bool is_long = ms >= 999.5;

    say(stdout, "A small request takes %.3g %s there and back.",
        is_long ? ms / 1e3 : ms, is_long ? "s" : "ms");
}

/* Say what is between load and servers, where that is not the loopback. */
static void
announce_network(const struct chosen *chosen, const struct plan *plan)
{
    const struct placement *where = &plan->placement;
    char words[96];

    if (where->path == NULL)
        return;
    if (where->there != NULL) {
        say(stdout, "The servers' processor is that of %s.",
            there_name(where->there));
    } else {
        netem_words(&where->netem->shape, words, sizeof(words));
        say(stdout, "Between them is an emulated network: %s.", words);
    }
    say_trip(where);
    if (chosen->lacks_jobs)
        say(stdout, "Downloads and the spinner are left out: they ask nothing "
                    "over it.");
    if (chosen->lacks_links)
        say(stdout, "Scenarios that bring a network are left out.");
    if (chosen->lacks_acts)
        say(stdout, "Storms, bursts and rounds are left out: several "
                    "generators cannot share them.");
}

/* Say which processors are used. */
static void
announce_processors(const struct plan *plan)
{
    const struct placement *where = &plan->placement;
    char words[512];

    if (!where->pinned) {
        say(stdout, "Rates and latencies will be missing: %s.", where->why);
    } else if (where->crew != NULL) {
        crew_words(where->crew, words, sizeof(words));
        say(stdout, "Servers run on processor %d, the load on %s.",
            where->server_cpu, words);
    } else {
        say(stdout, "Servers run on processor %d, the load on processor %d%s.",
            where->server_cpu, where->load_cpu,
            where->same_core
                ? ", two threads of one core: each slows the other down"
                : "");
    }
}

/* Say what is going to happen and how long it will take. */
static double
announce(const struct request *request, const struct chosen *chosen,
    const struct plan *plan)
{
    double seconds =
        (double)plan->peers_count * conform_seconds(plan->peer_kind->program);

    for (int p = 0; p < PROGRAMS; p++)
        if (is_asked(chosen, plan, (enum program)p))
            seconds += conform_seconds((enum program)p);
    for (size_t i = 0; i < chosen->able_count && !request->check_only; i++)
        seconds += plan_seconds(plan, chosen->able[i]);
    say(stdout,
        "Threads against events%s%s (seed %llu). This takes about %.0f s.",
        request->check_only ? "" : ", ",
        request->check_only ? ""
        : plan->chosen      ? "as chosen"
                            : suites[plan->suite].name,
        (unsigned long long)plan->seed, seconds);
    announce_processors(plan);
    announce_network(chosen, plan);
    for (int p = 0; p < PROGRAMS && !request->check_only; p++)
        if (chosen->lacks[p])
            say(stdout, "Scenarios of the %s are left out: it is not built.",
                program_names[p]);
    announce_unmeasured(chosen->unmeasured);
    if (!request->check_only)
        announce_missing(chosen, plan);
    if (plan->peers_count > 0 && !request->check_only)
        announce_peers(chosen, plan);
    fflush(stdout);
    return seconds;
}

/* How what was measured is told. */
struct telling {
    const char *output;   /* the folder of the report */
    const char *baseline; /* an earlier report; NULL = none */
    const char *beside;   /* likewise, without a network */
    const char *cost;     /* a file of prices; NULL = none */
    bool everything;      /* --environment full */
};

/*
 * Let the teller judge a report and do what `tasks` say, at most two of them.
 * Return its exit code, or -1 when it could not be run.
 */
static int
tell(const struct telling *telling, const char *report,
    const char *const tasks[])
{
    const char *arguments[TELLER_OPTIONS_MAX + 1] = { report, "--page",
        telling->output };
    size_t n = 3;

    for (size_t i = 0; tasks[i] != NULL; i++)
        arguments[n++] = tasks[i];
    if (telling->everything)
        arguments[n++] = "--everything";
    if (telling->baseline != NULL) {
        arguments[n++] = "--baseline";
        arguments[n++] = telling->baseline;
    }
    if (telling->beside != NULL) {
        arguments[n++] = "--beside";
        arguments[n++] = telling->beside;
    }
    if (telling->cost != NULL) {
        arguments[n++] = "--cost";
        arguments[n++] = telling->cost;
    }
    arguments[n++] = "--name";
    arguments[n] = program_invocation_short_name;
    return teller_run("tell", arguments);
}

/* Say why nothing more is said, and how it can be. */
static void
say_untold(const char *report)
{
    char *shown = text_harmless(report);

    warnx("%s; the measurements are kept: --render %s prints them",
        teller_missing(), shown);
    free(shown);
}

/* Tell whether a file is a report of this comparison. */
static bool
is_of_this(const struct report *report, const char *path)
{
    json_t *old = json_load_file(path, 0, NULL);
    bool same = strcmp(get_text(old, "started"), report->started) == 0;

    json_decref(old);
    return same;
}

/*
 * Write what was measured to report.json, and let the teller judge it, make the
 * page, and print what it comes to. Return false when something is wrong.
 */
static bool
write_report(const struct report *report, const struct telling *telling)
{
    static const char *const tasks[] = { "--end", NULL };
    json_t *json = report_to_json(report);
    char *path;
    int result;

    if (asprintf(&path, "%s/report.json", telling->output) == -1)
        err(1, NULL);
    if (!is_of_this(report, path))
        directory_keep_report(telling->output);
    if (report_write(json, path) == -1)
        err(1, "%s", path);
    json_decref(json);
    result = tell(telling, path, tasks);
    if (result == -1)
        say_untold(path);
    free(path);
    return result == 0;
}

/* Tell whether no server failed in any scenario. */
static bool
is_good(const json_t *all)
{
    const json_t *scenario, *run;
    size_t i, k;

    json_array_foreach(all, i, scenario)
        json_array_foreach(json_object_get(scenario, "runs"), k, run)
            if (race_has_failed(run))
                return false;
    return true;
}

/* Turn the request into a plan. */
static void
make_plan(struct plan *plan, const struct request *request,
    const struct programs *programs)
{
    memset(plan, 0, sizeof(*plan));
    take_paths(plan, programs);
    memcpy(plan->peers, request->peers, sizeof(plan->peers));
    plan->peers_count = request->peers_count;
    plan->peer_kind = request->peer_kind;
    plan->seed = request->seed;
    plan->suite = request->suite;
    plan->chosen = request->only_count > 0 && !request->suite_named;
    plan->blocks = request->blocks;
    plan->window = request->seconds;
    if (request->blocks == 0 && request->seconds == 0 &&
        request->only_count == 0 && request->peers_count == 0)
        plan->limit = suites[plan->suite].limit - TELLING;
    plan->placement = plan_place();
}

/* Put an emulated network between load and servers. */
static void
emulate(struct plan *plan, const struct netem_shape *shape)
{
    static struct netem netem;
    char why[256];

    if (netem_open(&netem, shape, why, sizeof(why)) == -1)
        errx(1, "--netem: %s", why);
    plan_connect(&plan->placement, &netem);
}

/* Say how a host is reached, as the command line has it. */
static void
complete(struct there_host *host, const struct request *request)
{
    host->via = request->via;
    host->program = request->there;
    host->public = request->is_public;
    host->port_first = request->port_first;
    host->port_last = request->port_last;
}

/* Have the servers run on another host, and the load too if that is asked. */
static void
connect_to(struct plan *plan, struct request *request)
{
    struct there_host *server = &request->server;
    struct there *there;
    struct crew *crew;
    char why[512];

    complete(server, request);
    there = there_connect(server, plan, why, sizeof(why));
    if (there == NULL)
        errx(1, "--server %s: %s", server->name, why);
    there_place(there, &plan->placement);
    if (request->loads_count == 0)
        return;
    for (size_t i = 0; i < request->loads_count; i++)
        complete(&request->loads[i], request);
    crew = crew_connect(request->loads, request->loads_count, why, sizeof(why));
    if (crew == NULL)
        errx(1, "%s", why);
    crew_place(crew, there, &plan->placement);
}

/* Say what keeps answers of another host from coming, `why` a small one does
 * not, and end; see whether a large one comes, too. */
static void
check_route(const struct plan *plan, bool small, char *why, size_t size)
{
    const struct there *there = plan->placement.there;
    bool large = small && route_try(plan, ROUTE_LARGE, why, size) > 0;

    if (there_lost(there) != NULL)
        errx(1, "%s is lost: %s", there_name(there), there_lost(there));
    if (!small)
        errx(1,
            "the load does not reach a server of %s: %s; if a firewall is "
            "in between, see --ports",
            there_name(there), why);
    if (!large)
        errx(1,
            "small answers of %s arrive, large ones do not: %s; the path "
            "may drop full packets (MTU)",
            there_name(there), why);
}

/* Put between load and servers what was asked for, and try it. */
static void
make_network(struct plan *plan, struct request *request)
{
    char why[512];

    if (request->emulates)
        emulate(plan, &request->shape);
    else if (request->elsewhere)
        connect_to(plan, request);
    else
        return;
    if (request->elsewhere && !route_reach(plan, request->looks))
        exit(1);
    plan->placement.round_trip = route_try(plan, ROUTE_SMALL, why, sizeof(why));
    if (request->elsewhere)
        check_route(plan, plan->placement.round_trip > 0, why, sizeof(why));
    else if (!(plan->placement.round_trip > 0))
        errx(1, "the load does not reach a server of that network: %s", why);
}

/* End, as the head of a journal cannot be what compare wrote. */
static _Noreturn void
refuse_head(const struct request *request, const char *key)
{
    errx(1, "%s: the first line of journal.jsonl is damaged: %s",
        request->resume, key);
}

/* Take a whole number from the head. */
static uint64_t
take_count(const struct request *request, const json_t *head, const char *key,
    int64_t most)
{
    const json_t *value = json_object_get(head, key);

    if (!json_is_integer(value) || json_integer_value(value) < 0 ||
        json_integer_value(value) > most)
        refuse_head(request, key);
    return (uint64_t)json_integer_value(value);
}

/* Take from the head which suite it is of. */
static enum suite
take_suite(const struct request *request, const json_t *head)
{
    for (int s = 0; s < SUITES; s++)
        if (strcmp(get_text(head, "suite"), suites[s].name) == 0)
            return (enum suite)s;
    refuse_head(request, "suite");
}

/* Take the names of the scenarios. */
static void
take_scenarios(struct request *request, const json_t *head)
{
    const json_t *name;
    size_t i;

    json_array_foreach(json_object_get(head, "scenarios"), i, name)
        if (!options_choose(request, scenario_find(text_of(name))))
            refuse_head(request, "scenarios");
    if (request->only_count == 0)
        refuse_head(request, "scenarios");
}

/* Take what was between load and servers. */
static void
take_network(struct request *request, const json_t *network)
{
    request->emulates = get_bool(network, "emulated");
    if (request->emulates && !netem_from_json(&request->shape, network))
        refuse_head(request, "network");
}

/* See that hosts are named again, as a journal starts nothing there. */
static void
check_hosts(const struct request *request, const json_t *network)
{
    bool loaded = json_object_get(network, "loads") != NULL;

    if (json_object_get(network, "server") == NULL ||
        (request->elsewhere && (!loaded || request->loads_count > 0)))
        return;
    errx(1, "cannot resume %s: repeat --server%s as in the first run",
        request->resume, loaded ? " and --load" : "");
}

/* Take from a journal what had been asked for when it was begun. */
static void
take_up(struct request *request)
{
    const char *why;
    json_t *head = journal_head(request->resume, &why);

    if (head == NULL)
        errx(1, "cannot resume %s: %s", request->resume, why);
    request->started = strdup(get_text(head, "started"));
    if (request->started == NULL)
        err(1, NULL);
    request->seed = take_count(request, head, "seed", INT64_MAX);
    request->blocks = take_count(request, head, "blocks", PLAN_BLOCKS_MAX);
    request->seconds = get_number(head, "window");
    if (request->seconds != 0 && !options_is_window(request->seconds))
        refuse_head(request, "window");
    if (!json_is_boolean(json_object_get(head, "chosen")))
        refuse_head(request, "chosen");
    request->suite_named = !get_bool(head, "chosen");
    request->suite = take_suite(request, head);
    check_hosts(request, json_object_get(head, "network"));
    take_network(request, json_object_get(head, "network"));
    take_scenarios(request, head);
    json_decref(head);
}

/* Describe the machine that the plan uses. */
static json_t *
describe_machine(const struct plan *plan)
{
    const int cpus[] = { plan->placement.load_cpu, plan->placement.server_cpu };

    return machine_describe(cpus, plan->placement.pinned ? 2 : 0);
}

/* Describe what is going to be raced, and begin the journal or continue it. */
static struct journal *
begin_journal(
    const struct request *request, struct report *report, const char *output)
{
    struct journal *journal;
    const char *why;
    json_t *head;

    report->machine = describe_machine(report->plan);
    head = report_head(report);
    journal = journal_open(output, head, request->resume != NULL, &why);
    if (journal == NULL)
        errx(1, "cannot resume %s: %s", output, why);
    json_decref(head);
    return journal;
}

/* Race and report; false if a server failed. */
static bool
race_and_report(struct report *report, const struct chosen *chosen,
    struct journal *journal, struct meter *meter, const struct telling *telling)
{
    char *farewell;
    bool told;

    if (asprintf(&farewell, "\nInterrupted. Continue with --resume %s.\n",
            telling->output) == -1)
        err(1, NULL);
    guard_say(farewell);
    there_keep();
    meter->before = journal_seconds(journal);
    report->scenarios = race_all(
        chosen->able, chosen->able_count, report->plan, journal, meter);
    meter_wipe(meter);
    if (report->plan->placement.path != NULL)
        report->round_trip = route_try(report->plan, ROUTE_SMALL, NULL, 0);
    guard_say("");
    free(farewell);
    report->seconds = meter_overall(meter);
    told = write_report(report, telling);
    return told && is_good(report->scenarios);
}

/* Prove, race and report; false if the twins differ or a server failed. */
static bool
compare(
    const struct request *request, const struct plan *plan, const char *output)
{
    struct telling telling = { .output = output,
        .baseline = request->baseline,
        .beside = request->beside,
        .cost = request->cost,
        .everything = request->everything };
    struct report report = { .plan = plan };
    struct journal *journal = NULL;
    time_t now = time(NULL);
    static struct chosen chosen; /* too large for the stack */
    struct meter meter;
    char started[32];
    bool good;

    strftime(started, sizeof(started), "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
    choose(&chosen, request, plan);
    report.chosen = chosen.scenario;
    report.chosen_count = chosen.count;
    report.is_part = is_part(&chosen, plan);
    report.started = request->started != NULL ? request->started : started;
    if (!request->check_only) {
        find_able(&chosen);
        directory_take(output);
    }
    report.unmeasured = chosen.unmeasured;
    if (request->resume != NULL)
        journal = begin_journal(request, &report, output);
    guard_say(request->resume != NULL
                  ? "\nInterrupted. Continue with --resume.\n"
                  : "\nInterrupted before anything was measured.\n");
    report.planned = announce(request, &chosen, plan);
    meter_start(&meter, report.planned);
    good = prove_all(&chosen, plan, &meter, &report);
    if (good && !request->check_only) {
        if (journal == NULL)
            journal = begin_journal(request, &report, output);
        good = race_and_report(&report, &chosen, journal, &meter, &telling);
    }
    if (journal != NULL)
        journal_close(journal);
    json_decref(report.scenarios);
    json_decref(report.machine);
    json_decref(chosen.unmeasured);
    return good;
}

/* Tell an earlier report; return the exit code. */
static int
render(const struct request *request)
{
    static const char *const tasks[] = { "--whole", NULL };
    char *copy = strdup(request->render);
    struct telling telling = { .output = request->output,
        .baseline = request->baseline,
        .beside = request->beside,
        .cost = request->cost,
        .everything = request->everything };
    int result;

    if (copy == NULL)
        err(1, NULL);
    if (request->output != NULL)
        directory_make(request->output);
    else
        telling.output = dirname(copy);
    result = tell(&telling, request->render, tasks);
    if (result == -1)
        warnx("%s", teller_missing());
    free(copy);
    return result == 0 ? 0 : 1;
}

/* See whether a file can be read that is needed at the end, a report (--look)
 * or prices (--look-prices), before anything is run; else end. */
static void
look_at(const char *file, const char *how)
{
    const char *const arguments[] = { file, how, "--name",
        program_invocation_short_name, NULL };
    int result = teller_run("tell", arguments);

    if (result == -1)
        errx(1, "%s", teller_missing());
    if (result != 0)
        exit(1);
}

/*
 * See that a report can be read, and open it to be read when the race is over,
 * under whatever name it has then: it may be the one that a new report takes
 * the place of. Return a path that leads to it, to be freed.
 */
static char *
hold_on_to(const char *report)
{
    char *path;
    int fd;

    look_at(report, "--look");
    fd = open(report, O_RDONLY | O_CLOEXEC);
    if (fd == -1)
        err(1, "%s", report);
    if (asprintf(&path, "/proc/%d/fd/%d", getpid(), fd) == -1)
        err(1, NULL);
    return path;
}

/* Say where things would run. */
static void
say_hosts(const struct plan *plan)
{
    const struct placement *where = &plan->placement;
    char words[512];

    if (!where->pinned) {
        say(stdout, "Rates and latencies would be missing: %s.", where->why);
    } else if (where->crew == NULL) {
        say(stdout,
            "Servers would run on processor %d of %s, the load on "
            "processor %d of this host.",
            where->server_cpu, there_name(where->there), where->load_cpu);
    } else {
        crew_words(where->crew, words, sizeof(words));
        say(stdout,
            "Servers would run on processor %d of %s, the load on processor "
            "%s.",
            where->server_cpu, there_name(where->there), words);
    }
    say_trip(where);
}

int
main(int argc, char **argv)
{
    /* Too large for the stack. */
    static struct programs programs;
    static struct request request;
    static struct plan plan;
    const char *missing, *output;
    char *baseline = NULL, *beside = NULL;
    bool good;
    int result;

    cli_begin_process();
    atexit(close_output);
    options_read(&request, argc, argv);
    if (request.list) {
        list_scenarios(&request);
        return 0;
    }
    if (request.render != NULL)
        return render(&request);
    if (request.baseline != NULL)
        request.baseline = baseline = hold_on_to(request.baseline);
    if (request.beside != NULL)
        request.beside = beside = hold_on_to(request.beside);
    if (request.cost != NULL)
        look_at(request.cost, "--look-prices");
    if (request.resume != NULL)
        take_up(&request);
    if (programs_find(&programs, &missing) == -1)
        errx(1, "%s is missing: run make first", missing);
    guard_install();
    make_plan(&plan, &request, &programs);
    if (request.serves) {
        result = agent_run(&plan);
        programs_free(&programs);
        return result;
    }
    make_network(&plan, &request);
    output = request.resume != NULL   ? request.resume
             : request.output != NULL ? request.output
                                      : programs.output;
    plan.output = output;
    good = request.looks || compare(&request, &plan, output);
    if (request.looks)
        say_hosts(&plan);
    crew_close(plan.placement.crew);
    if (plan.placement.there != NULL)
        there_close(plan.placement.there);
    free(request.started);
    free(baseline);
    free(beside);
    programs_free(&programs);
    return good ? 0 : 1;
}
