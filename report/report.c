#include "report/report.h"

#include "report/host/crew.h"
#include "report/host/route.h"
#include "report/host/there.h"
#include "report/replace.h"
#include "report/run/machine.h"
#include "report/run/programs.h"
#include "report/values.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>

/* Which programs are raced; when that is over, also how much of the peers was
 * checked. */
static json_t *
programs_of(const struct report *report, bool over)
{
    const struct plan *plan = report->plan;
    json_t *all = json_array();

    for (int i = 0; i < PROGRAMS * SUBJECT_PEER; i++) {
        enum program program = (enum program)(i / SUBJECT_PEER);
        int s = i % SUBJECT_PEER;
        const char *path = plan->server_path[program][s];

        if (path != NULL)
            json_array_append_new(
                all, json_pack("{s:s, s:s, s:s, s:o}", "name", subjects[s].name,
                         "program", program_names[program], "path", path,
                         "fnv1a", machine_file_hash(path)));
    }
    for (size_t i = 0; i < plan->peers_count; i++) {
        json_t *peer = json_pack("{s:s, s:s, s:s}", "name",
            subjects[SUBJECT_PEER + i].name, "command", plan->peers[i],
            "speaks", plan->peer_kind->name);

        if (over)
            json_object_set_new(peer, "conversations",
                value_count(report->peers[i].conversations));
        json_array_append_new(all, peer);
    }
    return all;
}

/* Name the suite. */
static const char *
suite_of(const struct plan *plan)
{
    return plan->chosen ? "chosen" : suites[plan->suite].name;
}

/* Name what is to run. */
static json_t *
names_of(const struct report *report)
{
    json_t *names = json_array();

    for (size_t i = 0; i < report->chosen_count; i++)
        json_array_append_new(names, json_string(report->chosen[i]->name));
    return names;
}

/*
 * What it costs to port a program: counted from the sources by
 * report/porting/port.py when compare is built, and left beside it. A report
 * carries it along, so that a page needs nothing but its report.
 */
static json_t *
read_port(void)
{
    char *path = programs_find_file("port.json");
    json_t *port = NULL;
    json_error_t error;

    if (path != NULL)
        port = json_load_file(path, 0, &error);
    if (path != NULL && port == NULL) {
        char *text = text_harmless(error.text);

        warnx("%s: %s", path, text);
        free(text);
    }
    free(path);
    return port != NULL ? port : json_null();
}

/* Describe a host: the machine, and the processors of it that were used. */
static json_t *
host_of(const char *role, const char *name, const char *address,
    const json_t *machine, json_t *cpus, const json_t *programs)
{
    const json_t *kernel = json_object_get(machine, "uname");

    return json_pack("{s:s, s:s, s:o, s:s, s:s, s:o, s:s, s:o, s:o}", "role",
        role, "name", name, "address", value_text(address), "id",
        get_text(machine, "id"), "processor", get_text(machine, "processor"),
        "processors", value_count(get_count(machine, "processors_online")),
        "kernel", get_text(kernel, "release"), "cpus", cpus, "programs",
        machine_programs_hash(programs));
}

/* Name a processor, if things run on one alone. */
static json_t *
cpu_of(const struct placement *where, int cpu)
{
    return where->pinned ? json_pack("[i]", cpu) : json_array();
}

/* Describe where the load ran. */
static void
add_loads(json_t *hosts, const struct report *report, const json_t *programs)
{
    const struct placement *where = &report->plan->placement;
    json_t *loads, *one;
    size_t i;

    if (where->crew == NULL) {
        json_array_append_new(
            hosts, host_of("load", "here", NULL, report->machine,
                       cpu_of(where, where->load_cpu), programs));
        return;
    }
    loads = crew_to_json(where->crew, false);
    json_array_foreach(loads, i, one)
        json_array_append_new(hosts,
            host_of("load", get_text(one, "host"), get_text(one, "address"),
                json_object_get(one, "machine"),
                where->pinned ? json_incref(json_object_get(one, "processors"))
                              : json_array(),
                programs));
    json_decref(loads);
}

/* Describe all ends. The programs are the same, or none would have run. */
static void
add_hosts(json_t *o, const struct report *report)
{
    const struct placement *where = &report->plan->placement;
    json_t *there =
        where->there != NULL ? there_to_json(where->there, false) : NULL;
    const json_t *programs = json_object_get(o, "programs");
    json_t *hosts = json_array();

    add_loads(hosts, report, programs);
    json_array_append_new(hosts,
        host_of("server", there != NULL ? there_name(where->there) : "here",
            there != NULL ? get_text(there, "address") : where->address,
            there != NULL ? json_object_get(there, "machine") : report->machine,
            cpu_of(where, where->server_cpu), programs));
    json_decref(there);
    if (json_object_set_new(o, "hosts", hosts) == -1)
        errx(1, "hosts cannot be described");
}

/* Say what was between load and servers, where that is not the loopback. */
static void
add_network(json_t *o, const struct report *report, bool is_head)
{
    const struct placement *where = &report->plan->placement;
    json_t *network;

    if (where->path == NULL)
        return;
    network = where->there != NULL ? there_to_json(where->there, is_head)
                                   : netem_to_json(&where->netem->shape);
    if (where->crew != NULL)
        json_object_set_new(
            network, "loads", crew_to_json(where->crew, is_head));
    if (!is_head) {
        json_object_set_new(
            network, "mtu", value_count(route_mtu(report->plan)));
        json_object_set_new(
            network, "round_trip_ns", value_number(where->round_trip));
        json_object_set_new(
            network, "round_trip_after_ns", value_number(report->round_trip));
    }
    json_object_set_new(o, "network", network);
}

/* The first half of the report: all that was measured. */
json_t *
report_to_json(const struct report *report)
{
    const struct plan *plan = report->plan;
    const struct placement *at = &plan->placement;
    json_t *o = json_pack(
        "{s:i, s:s, s:{s:o, s:o, s:o}, s:b, s:s, s:f, s:f, s:o,"
        " s:i, s:b, s:i,"
        " s:i, s:b, s:o, s:O, s:o, s:{s:o, s:o}, s:o, s:O}",
        "schema", REPORT_SCHEMA, "suite", suite_of(plan), "asked", "only",
        report->is_part ? names_of(report) : json_null(), "blocks",
        plan->blocks > 0 ? value_count(plan->blocks) : json_null(), "seconds",
        plan->window > 0 ? json_real(plan->window) : json_null(), "complete", 1,
        "started", report->started, "seconds", report->seconds,
        "planned_seconds", report->planned, "seed", value_count(plan->seed),
        "processors_allowed", at->allowed, "pinned", (int)at->pinned,
        "load_cpu", at->load_cpu, "server_cpu", at->server_cpu, "same_core",
        (int)at->same_core, "not_pinned_because", value_text(at->why),
        "machine", report->machine, "programs", programs_of(report, true),
        "alike", "conversations", value_count(report->alike.conversations),
        "differences", value_count(report->alike.differences), "port",
        read_port(), "scenarios", report->scenarios);

    if (o == NULL)
        errx(1, "report.json cannot be made");
    add_hosts(o, report);
    add_network(o, report, false);
    if (json_array_size(report->unmeasured) > 0)
        json_object_set(o, "unmeasured", report->unmeasured);
    return o;
}

/* The head of a journal. */
json_t *
report_head(const struct report *report)
{
    const struct plan *plan = report->plan;
    json_t *o;

    o = json_pack("{s:i, s:s, s:s, s:b, s:o, s:o, s:f, s:b, s:o, s:o, s:o}",
        "schema", REPORT_SCHEMA, "started", report->started, "suite",
        suites[plan->suite].name, "chosen", (int)plan->chosen, "seed",
        value_count(plan->seed), "blocks", value_count(plan->blocks), "window",
        plan->window, "pinned", (int)plan->placement.pinned, "machine",
        json_incref(json_object_get(report->machine, "id")), "programs",
        programs_of(report, false), "scenarios", names_of(report));
    if (o == NULL)
        errx(1, "the journal cannot be begun");
    add_network(o, report, true);
    return o;
}

/* Write it as text, and that as a file. */
int
report_write(const json_t *report, const char *path)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    int result;

    if (out == NULL || json_dumpf(report, out, JSON_INDENT(2)) == -1 ||
        putc('\n', out) == EOF || fclose(out) == EOF)
        err(1, "report.json");
    result = replace_file(path, text, size);
    free(text);
    return result;
}
