#include "report/host/host.h"

#include "report/host/there.h"
#include "report/run/launch.h"
#include "report/run/pace.h"

/* Launch it. */
int
host_start(struct process *server, const struct scenario *s,
    enum subject subject, const struct plan *plan)
{
    if (plan->placement.there != NULL)
        return there_start(plan->placement.there, server, s, subject);
    return launch(server, s, subject, plan, NULL);
}

/* Where the load runs, where servers run elsewhere. */
static struct placement
of_load(const struct plan *plan)
{
    struct placement p = plan->placement;

    p.server_cpu = p.load_cpu;
    return p;
}

/* Read what happens around it, at both ends. */
void
host_look(struct host_window *w, const struct process *server,
    const struct plan *plan)
{
    const struct placement here = of_load(plan);

    if (plan->placement.there != NULL) {
        there_look(plan->placement.there);
        /* A load on hosts of its own looks there. */
        if (plan->placement.crew == NULL)
            around_read(&w->around, 0, &here);
    } else {
        around_read(&w->around, server->whole, &plan->placement);
    }
}

/* Read the server's clock. */
void
host_begin(struct host_window *w, const struct process *server,
    const struct plan *plan)
{
    if (plan->placement.there != NULL)
        there_begin(plan->placement.there);
    else
        w->server_cpu = resources_cpu_ns(server->whole);
    if (plan->placement.netem != NULL)
        w->link_bytes = netem_sent(plan->placement.netem);
}

/* Read it again. */
void
host_end(struct run *run, struct host_window *w, const struct process *server,
    const struct plan *plan)
{
    if (plan->placement.there != NULL) {
        there_end(plan->placement.there);
        return;
    }
    if (plan->placement.netem != NULL)
        run->link_bytes = netem_sent(plan->placement.netem) - w->link_bytes;
    run->server_cpu_ns = resources_cpu_ns(server->whole) - w->server_cpu;
    if (run->server_cpu_ns > INT64_MAX) {
        run->server_cpu_ns = 0;
        run_invalidate(run, "processes of the server ended in the window");
    }
}

/* Note what changed. */
void
host_note(struct run *run, struct host_window *w, const struct process *server,
    const struct plan *plan)
{
    const struct placement here = of_load(plan);

    if (plan->placement.there == NULL) {
        around_note(run, &w->around, server->whole, 0, &plan->placement);
        return;
    }
    if (plan->placement.crew == NULL) {
        around_note(run, &w->around, 0, 0, &here);
        run->stolen_seconds /= 2; /* one processor, which stood for two */
    } else {
        run->others = json_array();
    }
    there_note(plan->placement.there, run);
}

/* Read the memory where its sockets are. */
int
host_memory(
    const struct process *server, const struct plan *plan, struct memory *m)
{
    int result;

    if (plan->placement.there != NULL)
        return there_memory(plan->placement.there, m);
    netem_enter(plan->placement.netem);
    result = resources_memory(server->whole, server->port, m);
    netem_leave(plan->placement.netem);
    return result;
}

/* Ask the process. */
int
host_counter(struct process *server, const struct plan *plan, uint64_t *value)
{
    if (plan->placement.there != NULL)
        return there_counter(plan->placement.there, value);
    return process_counter(server, "requests", value);
}

/* Stop the process. */
int
host_stop(
    struct process *server, const struct plan *plan, struct process_end *end)
{
    if (plan->placement.there != NULL)
        return there_stop(plan->placement.there, server, end);
    return process_stop(server, end);
}

/* Try the processor. */
double
host_pace(const struct plan *plan)
{
    if (plan->placement.there != NULL)
        return there_pace(plan->placement.there);
    return pace_ns(plan->placement.pinned ? plan->placement.server_cpu : -1);
}
