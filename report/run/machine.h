/*
 * machine - the machine and the build, as far as a figure may depend on them.
 *
 * Two reports can be compared only when these agree. What cannot be read is
 * null.
 */
#ifndef REPORT_MACHINE_H
#define REPORT_MACHINE_H

#include <jansson.h>
#include <stddef.h>

/*
 * Describe what makes this machine another one than others, as `id`: a hash of
 * /etc/machine-id, processor, number of processors, memory and kernel; and
 * kernel, processor, memory, limits, clock, hiccups on the `n` processors
 * that will be used, kernel settings, compiler and libevent. Takes half a
 * second, for the hiccups. The caller owns the result.
 */
json_t *machine_describe(const int *cpus, size_t n);

/*
 * Return the FNV-1a hash of a file as 16 hexadecimal digits, which tells
 * whether two reports are about the same program; null when it cannot be read.
 * The caller owns the result.
 */
json_t *machine_file_hash(const char *path);

/*
 * Return a hash of the hashes (`fnv1a`) of some programs in their order, as 16
 * hexadecimal digits. The caller owns the result.
 */
json_t *machine_programs_hash(const json_t *programs);

#endif
