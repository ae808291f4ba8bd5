/*
 * job - one run of a command that is run to its end: a downloader against a
 * door (see door.h), or a spinner. It is pinned to the server's processor; the
 * door and the clock are on the load's. Files go to the folder
 * `report.downloads` beside report.json, which is empty before and gone after
 * each run, and each file is compared with what was sent.
 *
 * In the words of a command (see scenarios.c) stand
 *
 *     %b  the URL below which the flags are     %d  the folder
 *     %m  how many requests it makes at once    %o  options of the scenario
 *     %c  all codes, a word each                %u  all URLs, a word each
 *     %s  seconds
 */
#ifndef REPORT_JOB_H
#define REPORT_JOB_H

#include "report/run/measure.h"

/*
 * Perform a run and return it as measure() does. A command that fails, does not
 * end or saves other files than it should is told in `invalid`.
 */
json_t *job_run(const struct order *order, const struct plan *plan);

#endif
