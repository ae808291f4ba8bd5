/*
 * directory - the folder that a report is written to.
 */
#ifndef REPORT_DIRECTORY_H
#define REPORT_DIRECTORY_H

#include <stdbool.h>

/* Make a folder and those above it; end the program when that fails. */
void directory_make(const char *path);

/*
 * Make the folder of a report, and keep it from any other compare until this
 * process ends; when it cannot be written to, or another has it, end the
 * program. A report.json that is there becomes report.json.old and that is
 * said, or the program ends, unless it is to be gone on with (`resume`).
 */
void directory_take(const char *path, bool resume);

#endif
