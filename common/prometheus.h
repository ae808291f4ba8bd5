/*
 * prometheus - a server's numbers in Prometheus' text format.
 */
#ifndef COMMON_PROMETHEUS_H
#define COMMON_PROMETHEUS_H

#include "common/counters.h"

#include <stddef.h>
#include <stdint.h>

/* The Content-Type of this format. */
#define PROMETHEUS_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* Room for a number: its name three times, its help, and more. */
#define PROMETHEUS_ROOM 256

/*
 * Write a number with its description into buffer (PROMETHEUS_ROOM bytes),
 * without a NUL; return how many bytes. It is named PROGRAM_NAME; type is
 * "counter" or "gauge".
 */
size_t prometheus_number(char *buffer, const char *program, const char *name,
    const char *type, const char *help, uint64_t number);

/* The same for one of a server's counters, which this module describes. */
size_t prometheus_counter(
    char *buffer, const char *program, enum counter which, uint64_t number);

#endif
