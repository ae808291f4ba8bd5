/*
 * directory - the folder that a report is written to.
 */
#ifndef REPORT_DIRECTORY_H
#define REPORT_DIRECTORY_H

/* Make a folder and those above it; end the program when that fails. */
void directory_make(const char *path);

/*
 * Make the folder of a report, and keep it from any other compare until this
 * process ends; when it cannot be written to, another has it, or a report.json
 * in it could not be kept, end the program.
 */
void directory_take(const char *path);

/*
 * Call the report.json that is in a folder report.json.old, and say so; end the
 * program when that fails. Without one, do nothing. To be called when there is
 * another to take its place, so that an interrupted run takes nothing away.
 */
void directory_keep_report(const char *path);

#endif
