/*
 * journal - what has been measured so far, in a file beside report.json: a line
 * of JSON for each run, written when the run is over. A comparison that was
 * interrupted continues from there (--resume), and loses a block at most.
 *
 * The first line, the head, says what was being compared, where, and when it
 * was begun; only the same comparison can be resumed. See report-json.md.
 */
#ifndef REPORT_JOURNAL_H
#define REPORT_JOURNAL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct journal;

/*
 * Read the head of the journal in a directory, which the caller owns; NULL,
 * with the reason in *why, when there is none.
 */
json_t *journal_head(const char *directory, const char **why);

/*
 * Open the journal in a directory: anew, or with `resume` to continue what
 * is there, of which a last, broken line is cut off. Return NULL, with the
 * reason in *why, when there is none to resume, a line of it is damaged, or
 * `head` is not its head; nothing is written then.
 * End the program when the file cannot be written or memory runs out.
 */
struct journal *journal_open(
    const char *directory, const json_t *head, bool resume, const char **why);

/*
 * Write down a run, in an order of runs like "ABBA", which was over so many
 * seconds after the beginning of the comparison; end the program when the disk
 * is full.
 */
void journal_add_run(struct journal *j, const char *scenario, const char *order,
    double until_seconds, const json_t *run);

/* Return when the last run of earlier sessions was over; 0 = there is none. */
double journal_seconds(const struct journal *j);

/*
 * Return the runs of a block that an earlier session completed, `count` of
 * them in order, as a new array that the caller owns; NULL when it did not.
 */
json_t *journal_block(
    const struct journal *j, const char *scenario, size_t block, size_t count);

/*
 * Write down anything else that was found out about a scenario, and return
 * what an earlier session did, which is the journal's, or NULL.
 */
void journal_add_note(struct journal *j, const char *scenario, const char *key,
    const json_t *value);
json_t *journal_note(
    const struct journal *j, const char *scenario, const char *key);

/* Return how many such notes earlier sessions wrote. */
size_t journal_count(
    const struct journal *j, const char *scenario, const char *key);

/* Close a journal and free it. */
void journal_close(struct journal *j);

#endif
