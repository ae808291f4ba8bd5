#include "report/run/around.h"

#include "report/clock.h"
#include "report/run/resources.h"

#include <math.h>

/* Read the counters of the network, at both ends of it. */
static struct kernel_counters
read_kernel(const struct netem *netem)
{
    struct kernel_counters ours = kernel_read(), theirs;

    if (netem == NULL)
        return ours;
    netem_enter(netem);
    theirs = kernel_read();
    netem_leave(netem);
    return kernel_sum(&ours, &theirs);
}

/* Read what happens around what is measured. */
void
around_read(struct around *a, pid_t server, const struct placement *p)
{
    a->others = others_read("/proc", server);
    a->kernel = read_kernel(p->netem);
    if (p->nic[0] != '\0')
        a->nic = nic_read(p->nic, "/proc", "/sys");
    a->run_queue_known = resources_wait_ns(server, &a->run_queue) == 0;
    a->cpu = kernel_cpu_seconds(p->server_cpu);
    a->load_cpu = kernel_cpu_seconds(p->load_cpu);
    if (p->is_other_host)
        a->all = kernel_cpu_seconds(KERNEL_ALL_CPUS);
    a->load_all = resources_all_cpu_ns();
    a->server_cpu = server != 0 ? resources_cpu_ns(server) : 0;
    a->at = clock_ns();
}

/* Note what other processes took. */
static void
note_others(struct run *run, struct others *before, struct others *after,
    const struct placement *p)
{
    run->others_seconds = after->seconds - before->seconds;
    if (run->others_seconds < 0)
        run->others_seconds = NAN; /* one of them is no longer seen */
    json_decref(run->others);
    run->others = others_named(before, after, p->load_cpu, p->server_cpu);
    others_free(before);
    others_free(after);
}

/*
 * Note for how long the servers' end was busy, as far as it was for their sake:
 * what a network card makes the kernel do belongs to no process. Beyond a
 * network that is the whole host less what its other processes ran, which is
 * known to some ticks; but it is no less than the server ran.
 */
static void
note_busy(struct run *run, const struct around *a, const struct around *b,
    double share, const struct placement *p)
{
    double busy = p->is_other_host
                      ? b->all.busy - a->all.busy - run->others_seconds
                      : b->cpu.busy - a->cpu.busy;
    double server = ((double)b->server_cpu - (double)a->server_cpu) / 1e9;

    if (run->own_core)
        run->busy_seconds = share * (busy < server ? server : busy);
}

/* Read once more, and note the differences. */
void
around_note(struct run *run, struct around *a, pid_t server,
    uint64_t ended_cpu_ns, const struct placement *p)
{
    struct around b;
    double share;

    around_read(&b, server, p);
    b.server_cpu += ended_cpu_ns;
    run->kernel = kernel_growth(&a->kernel, &b.kernel);
    if (p->nic[0] != '\0')
        run->nic = nic_growth(&a->nic, &b.nic, (double)(b.at - a->at) / 1e9);
    run->stolen_seconds =
        b.cpu.stolen - a->cpu.stolen + b.load_cpu.stolen - a->load_cpu.stolen;
    /* What the kernel put off for load and server is no others' work. */
    if (run->own_core) {
        run->foreign_seconds =
            b.cpu.busy - a->cpu.busy -
            others_network(&a->others, &b.others, p->server_cpu) -
            (double)(b.server_cpu - a->server_cpu) / 1e9;
        run->load_foreign_seconds =
            b.load_cpu.busy - a->load_cpu.busy -
            others_network(&a->others, &b.others, p->load_cpu) -
            (double)(b.load_all - a->load_all) / 1e9;
    }
    note_others(run, &a->others, &b.others, p);
    run->run_queue_known =
        a->run_queue_known && b.run_queue_known && b.run_queue >= a->run_queue;
    share = (double)run->tally.window_ns / (double)(b.at - a->at);
    note_busy(run, a, &b, share, p);
    if (run->run_queue_known)
        run->run_queue_ns =
            (uint64_t)(share * (double)(b.run_queue - a->run_queue));
}
