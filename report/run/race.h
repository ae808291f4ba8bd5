/*
 * race - running a scenario: blocks of runs, each run a fresh server process.
 *
 * In a block the twins run in the order ABBA or BAAB, as a seeded coin says;
 * the controls run once each between the two halves, and each is compared with
 * that run of a twin which is nearest (or with both, when they are as near). A
 * peer runs like a control. With an A/A arm the twin that is first and last
 * runs once more at either end, aABBAa: between the small letters and the large
 * ones, too, drift cancels, and there is no other difference.
 *
 * A block is discarded when the machine was busy with something else around
 * one of its windows: when a hypervisor took more than 1 % of it, or when on
 * one of the two processors more than 5 % went to neither load nor server,
 * somebody waited there for so long, and others ran for so long (where they can
 * be seen; the kernel's own threads are not looked at). Less than 5 % cannot be
 * told from what falling asleep and waking up take. The rule does not look at
 * what the servers did. One block in five may be run again for it; if more than
 * one in five are discarded, the machine is too noisy for a verdict. Memory
 * does not depend on time: it is exempt.
 */
#ifndef REPORT_RACE_H
#define REPORT_RACE_H

#include "report/meter.h"
#include "report/run/journal.h"
#include "report/run/plan.h"

#include <jansson.h>
#include <stdbool.h>

/*
 * Run a scenario, or what the journal does not have of it. Return it as an
 * object of report.json with its runs, which the teller is to judge; the caller
 * owns it. `done` are the scenarios that ran before it, in one of which the
 * rate of an open loop may have been found. End the program when memory or
 * descriptors run out.
 */
json_t *race_run(const struct scenario *s, const struct plan *plan,
    const json_t *done, struct journal *journal, struct meter *meter);

/*
 * Return whether the machine was busy with something else in the window of a
 * run, an object of report.json.
 */
bool race_was_disturbed(const struct scenario *s, const json_t *run);

/* Return whether the server of a run broke, or answered wrongly. */
bool race_has_failed(const json_t *run);

#endif
