/*
 * run - one server process from start to stop, or one command to its end:
 * everything that was read of it, the figures that follow, and whether it
 * failed. The teller holds it to all other gates (see report/tell/gates.py).
 *
 * A run is filled in by measure() or job_run(), turned into JSON once
 * (run_to_json()), and known by that from then on: it is written to the
 * journal, judged, and stands in report.json as it is.
 */
#ifndef REPORT_RUN_H
#define REPORT_RUN_H

#include "report/load/crowd.h"
#include "report/run/kernel.h"
#include "report/run/nic.h"
#include "report/run/resources.h"
#include "report/scenarios.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What came of a job. */
struct job_result {
    size_t wanted, right; /* flags; a spinner is one */
    uint64_t soon;        /* requests within 10 ms of the first */
    uint64_t pause_ns;    /* the longest between two requests, or frames */
    double frames;        /* that were shown, as a share of what is due */
};

/* Memory at one number of open connections. */
struct level {
    size_t connections;
    struct memory memory;
};

struct run {
    const struct scenario *scenario;
    enum subject subject;
    const char *arm;        /* "twin", "control" or "peer" */
    size_t block, position; /* from 1 */
    size_t connections;     /* open at the end, the descriptor limit allowing */
    size_t active;          /* that asked */
    bool own_core;          /* the server had a processor to itself */
    bool far;               /* a network was between it and the load */
    double started;         /* seconds since the comparison was begun */
    double rate;            /* open loop: intended per second; else 0 */
    uint64_t warmup_ns;
    struct load_tally tally;
    struct load_totals totals;   /* from the first connection to the last */
    struct crowd_got background; /* within the window */
    struct ask_sameness same;    /* of the answers */
    uint64_t lines_before;       /* that it was sent in earlier stages */
    uint64_t lines_counted;      /* by the server; 0 = it does not count */
    uint64_t server_cpu_ns, load_cpu_ns; /* within the window */
    uint64_t load_wait_ns;       /* the generator waited for its processor */
    uint64_t run_queue_ns;       /* the server's threads did; */
    bool run_queue_known;        /* if the kernel tells */
    double stolen_seconds;       /* taken by a hypervisor, around the window; */
    double stolen_there;         /* that of the servers' host, if another */
    double foreign_seconds;      /* by others, on the server's processor, */
    double load_foreign_seconds; /* and on the load's; NAN without own_core */
    double busy_seconds;   /* of the servers' processor or other host within the
                              window, whoever it was for; NAN without own_core */
    double others_seconds; /* that others ran on any; NAN = not known */
    json_t *others;        /* see others_named(); NULL = not looked for */
    double pace_ns; /* pace of the server's processor, before and after; NAN */
    struct kernel_counters kernel; /* increase around it */
    /* Of the load's network card, and of that of the servers' host, if that is
       another one; else there is none. */
    struct nic nic, nic_there;
    uint64_t link_bytes; /* that an emulated network carried to the load within
                            the window; 0 = there was none */
    /*
     * Of the server, from start to exit; of a peer's processes, the first and
     * those that it waited for.
     */
    uint64_t switches;
    double cpu_seconds, stop_seconds;
    double little; /* samples over counter, see load_tally; NAN = no counter */
    double slope;  /* of outstanding requests, per second; its lower bound; or
                      NAN */
    double recovery_ns; /* SPECIAL_BURST; NAN in any other */
    bool recovered;     /* within the window: else it is a bound */
    struct job_result job;
    struct level levels[IDLE_LEVELS];
    size_t levels_count;
    const struct series *fine, *coarse; /* the load's, until it is freed, */
    struct series own[2]; /* or these two, if it was on other hosts */
    double figures[METRICS];
    unsigned bounds;   /* a bit for each that is only a bound: it is worse */
    json_t *gates;     /* see run_gate() */
    bool failed;       /* the server broke or answered wrongly */
    char invalid[320]; /* why this run does not count; "" = it does */
};

/* Return whether a run has a metric: its scenario has, or the network. */
bool run_has(const struct run *run, enum metric m);

/* Make a run ready to be filled in; release it with run_release(). */
void run_init(struct run *run, const struct scenario *s);

/* Note why a run does not count; the first reason stands. */
void run_invalidate(struct run *run, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Note that a run failed a gate, with a reason; it spoils all figures. */
void run_gate(struct run *run, const char *name, const char *because);

/*
 * Take into a run what its load came to, that of several generators, each as a
 * run of its own: all that was counted is added up, and of what cannot be, the
 * worst stands. Series of one stay as they are, of several they have no
 * quantiles. What the server's host has told must be in the run already.
 */
void run_merge(struct run *run, const struct run parts[], size_t count);

/* Compute the figures, once the server has stopped. */
void run_finish(struct run *run);

/*
 * Return a quantile of a histogram (NULL = an empty one), in ns; NAN when it
 * is unknown. When it lies among requests never answered it is a bound.
 */
double run_quantile(const struct histogram *h, double q);

/*
 * Return a latency quantile of an open loop as it is without the generator's
 * own lateness, in ns; NAN of any other figure, or when it is unknown or a
 * bound.
 */
double run_timely(const struct run *run, enum metric m);

/* Return the run as an object of report.json; the caller owns it. */
json_t *run_to_json(const struct run *run);

/* Free what a run holds. */
void run_release(struct run *run);

#endif
