/*
 * report - report.json as it is measured: putting it together, and writing it.
 * What is in it is documented in report-json.md; the teller adds what it
 * comes to.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "report/alike/proof.h"
#include "report/run/plan.h"

#include <jansson.h>
#include <stddef.h>

#define REPORT_SCHEMA 2

/* Everything that one call of compare found out. */
struct report {
    const struct plan *plan;
    const char *started;                  /* time of day, ISO 8601 in UTC */
    double seconds, planned;              /* seconds: of all sessions */
    const struct scenario *const *chosen; /* what is to run */
    size_t chosen_count;
    bool is_part; /* that is not just all of the suite */
    struct proof_result alike;
    struct proof_result peers[PEERS_MAX]; /* of the plan's */
    json_t *machine;                      /* see machine_describe() */
    json_t *unmeasured; /* scenarios the network of which cannot be made */
    double round_trip;  /* ns, after the race, if it is not the loopback */
    json_t *scenarios;  /* see race_all() */
};

/* Return the report, which nobody has judged; the caller owns it. */
json_t *report_to_json(const struct report *report);

/*
 * Return the head of a journal: what must be the same for a comparison to be
 * resumed, and is known before anything is run. The caller owns it.
 */
json_t *report_head(const struct report *report);

/*
 * Write a report to a file, which is whole at any time (see replace.h). Return
 * 0, or -1 with errno set. End the program when memory runs out.
 */
int report_write(const json_t *report, const char *path);

#endif
