/*
 * race - running scenarios: blocks of runs, each run a fresh server process, or
 * a command that is run to its end (see job.h).
 *
 * In a block the twins run in the order ABBA or BAAB, as a seeded coin says;
 * the controls run once each between the two halves, and each is compared with
 * that run of a twin which is nearest (or with both, when they are as near).
 * Peers run twice around the controls, ABPCPBA, so that as between the twins
 * drift cancels. What the same server twice differs by is told by the two runs
 * of each twin in a block. The controls run in six blocks: they are not what is
 * judged.
 *
 * Blocks are short and many: what disturbs the machine for a moment spoils one,
 * and an interval from 24 bears three such. Scenarios take turns, block by
 * block, so each sees the machine as it was from beginning to end. Those that
 * bring a network do so among themselves, after the others.
 *
 * A run is disturbed when the machine was busy with something else around its
 * window: when a hypervisor took more than 3 % of it (and two ticks of the
 * clock), or when on one of the two processors more than 5 % went to neither
 * load nor server, somebody waited there for so long, and others ran for so
 * long (where they can be seen; the kernel's own threads are not looked at).
 * Less than 5 % cannot be told from what falling asleep and waking up take. The
 * rule does not look at what the servers did. A run is disturbed, too, when the
 * windows of the hosts that loaded it may have differed by more than 5 %. A
 * block with a disturbed run of a twin is run again, as long as there is time;
 * which blocks count the teller says, comparison by comparison.
 */
#ifndef REPORT_RACE_H
#define REPORT_RACE_H

#include "report/meter.h"
#include "report/run/journal.h"
#include "report/run/plan.h"

#include <jansson.h>
#include <stdbool.h>

/*
 * Run scenarios, or what the journal does not have of them. Return them as an
 * array of objects of report.json with their runs, which the teller is to
 * judge; the caller owns it. End the program when memory or descriptors run
 * out.
 */
json_t *race_all(const struct scenario *const *chosen, size_t count,
    const struct plan *plan, struct journal *journal, struct meter *meter);

/*
 * Return whether the machine was busy with something else in the window of a
 * run, an object of report.json.
 */
bool race_was_disturbed(const struct scenario *s, const json_t *run);

/* Return whether the server of a run broke, or answered wrongly. */
bool race_has_failed(const json_t *run);

#endif
