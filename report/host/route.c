#include "report/host/route.h"

#include "report/host/crew.h"
#include "report/host/host.h"
#include "report/host/reach.h"
#include "report/load/load.h"
#include "report/run/measure.h"
#include "report/run/race.h"
#include "report/say.h"
#include "report/values.h"

#include <arpa/inet.h>
#include <assert.h>
#include <err.h>
#include <math.h>
#include <netinet/in.h>
#include <stdio.h>

/* Seconds of a window in which whatever is not given up is answered. */
#define PATIENCE (LOAD_DRAIN_LIMIT_MS / 1e3)

/* Say whether a host reaches a server, and how fast that is. */
static bool
say_whether(const struct plan *plan, const char *host, uint16_t port, double ns,
    const char *why, bool tells)
{
    const struct there *there = plan->placement.there;
    bool good = isfinite(ns);

    if (!good)
        warnx("a server is ready on %s at %s:%u, but %s cannot connect to it: "
              "%s",
            there_name(there), there_address(there), port, host, why);
    else if (tells)
        say(stdout, "%s reaches a server of %s at %s:%u in %.3g ms.", host,
            there_name(there), there_address(there), port, ns / 1e6);
    return good;
}

/* Have each host of the load try, or this one. */
static bool
try_all(const struct plan *plan, uint16_t port, bool tells)
{
    const struct placement *where = &plan->placement;
    const char *to = there_address(where->there), *name;
    char why[384] = "";
    bool good = true;
    double ns;

    if (where->crew == NULL) {
        ns = reach(to, port, "", why, sizeof(why));
        return say_whether(plan, "this host", port, ns, why, false);
    }
    for (size_t i = 0;; i++) {
        ns = crew_reach(where->crew, i, to, port, &name, why, sizeof(why));
        if (name[0] == '\0')
            return good;
        good = say_whether(plan, name, port, ns, why, tells) && good;
    }
}

/* Start a server and try it. */
bool
route_reach(const struct plan *plan, bool tells)
{
    const struct scenario *s = scenario_find(ROUTE_SMALL);
    struct process server;
    struct process_end end;
    bool good;

    if (host_start(&server, s, SUBJECT_EVENTED, plan) == -1) {
        warnx("%s: %s", there_name(plan->placement.there), server.error);
        return false;
    }
    good = try_all(plan, server.port, tells);
    if (host_stop(&server, plan, &end) == -1) {
        warnx("%s: %s", there_name(plan->placement.there), server.error);
        return false;
    }
    return good;
}

/* Make one run of the evented server, on one connection. */
static json_t *
ask_alone(const struct plan *plan, const struct scenario *s)
{
    struct scenario alone = *s;
    const struct stage stage = { .scenario = &alone };
    const struct order order = { .stages = &stage,
        .count = 1,
        .subject = SUBJECT_EVENTED,
        .arm = "twin",
        .block = 1,
        .position = 1 };

    alone.connections = 1;
    return measure(&order, plan);
}

/* Tell whether all was answered in time, but nothing within the window. */
static bool
was_late(const json_t *run)
{
    return !race_has_failed(run) && get_count(run, "replies") == 0;
}

/* Make one run of it, and a longer one where the answers were only late. */
double
route_try(const struct plan *plan, const char *scenario, char *why, size_t size)
{
    const struct scenario *s = scenario_find(scenario);
    struct plan patient = *plan;
    const json_t *run;
    json_t *runs;
    double ns;

    assert(s != NULL);
    runs = ask_alone(plan, s);
    if (was_late(json_array_get(runs, 0))) {
        json_decref(runs);
        patient.window = PATIENCE;
        runs = ask_alone(&patient, s);
    }
    run = json_array_get(runs, 0);
    ns = get_number(json_object_get(run, "latency_ns"), "min");
    if (why != NULL)
        snprintf(why, size, "%s", get_text(run, "invalid"));
    if (race_has_failed(run))
        ns = NAN;
    json_decref(runs);
    return ns;
}

/* Ask this host's kernel, or take what the load's hosts have told. */
uint64_t
route_mtu(const struct plan *plan)
{
    const struct placement *where = &plan->placement;
    const struct in_addr to = { htonl(where->path->to) };
    char address[INET_ADDRSTRLEN];

    if (where->crew != NULL)
        return crew_mtu(where->crew);
    inet_ntop(AF_INET, &to, address, sizeof(address));
    return reach_mtu(address);
}
