/*
 * machine - the machine and the build, as far as a figure may depend on them.
 *
 * Two reports can be compared only when these agree. What cannot be read is
 * null.
 */
#ifndef REPORT_MACHINE_H
#define REPORT_MACHINE_H

#include <jansson.h>

/*
 * Describe kernel, processor, memory, limits, clock, kernel settings, compiler
 * and libevent. Takes some hundredths of a second, for the clock. The caller
 * owns the result.
 */
json_t *machine_describe(void);

/*
 * Return the FNV-1a hash of a file as 16 hexadecimal digits, which tells
 * whether two reports are about the same program; null when it cannot be read.
 * The caller owns the result.
 */
json_t *machine_file_hash(const char *path);

#endif
