/*
 * log - console records that never block a server nor harm a terminal.
 *
 * A record is one line of at most LOG_RECORD_MAX bytes, written by a single
 * write(2), so that records of several threads do not mix. When standard
 * output cannot take it now (a full pipe, a terminal that nobody reads) the
 * record is dropped and counted. All functions but log_open may be called from
 * any thread. Call cli_begin_process before: a reader that is gone must not
 * end the program.
 */
#ifndef COMMON_LOG_H
#define COMMON_LOG_H

#include "common/counters.h"

#include <stddef.h>
#include <stdint.h>

/* A record with its line end; less than PIPE_BUF, so that a pipe takes it
 * whole or not at all. */
#define LOG_RECORD_MAX 512

/*
 * Make sure that no record has to wait. That a terminal or a pipe is writable
 * is no promise for a whole record: a terminal may have room for one byte, and
 * of a pipe another process may have taken the room. So standard output
 * becomes an open file description of our own that never waits (the flag for
 * that belongs to the description, and the inherited one is shared, with the
 * shell for one). Files stay as they are, and so does a pipe or a terminal that
 * the process has no right to open again. A wait for such a terminal, after
 * "su NAME -c" for one, is interrupted after 10 ms by SIGALRM and ITIMER_REAL,
 * which are the log's own from then on. From here on stdio should not be used
 * on stdout. Call it once, before the process changes its user and has threads.
 */
void log_open(void);

/*
 * Write one record to standard output, formatted as printf does; the line end
 * is added, and what is too long is cut at a character's start. Text from
 * peers must have passed log_escape. A record of which a terminal took only a
 * part counts as dropped; the next one begins on a line of its own.
 */
void log_record(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Write the counters of a server as a record, a line for each. */
void log_counters(const struct counters *counters);

/*
 * Make the length bytes of text harmless, as a C string in buffer of size
 * bytes (at least 1); return its length, less than size. Printable UTF-8
 * stays. Control characters (also the C1 range), format characters (also
 * those that turn the direction of writing), line separators, quotes and the
 * backslash become \n, \r, \t, \\, \', \" or \u{...}; bytes that are no UTF-8
 * become \xNN. What does not fit is left out, never half an escape.
 */
size_t log_escape(char *buffer, size_t size, const char *text, size_t length);

/* The same, but quotes and the backslash stay: for what is not quoted. At most
 * LOG_HARMLESS_TIMES the length is needed, and one byte. */
size_t log_harmless(char *buffer, size_t size, const char *text, size_t length);
#define LOG_HARMLESS_TIMES 6 /* \u{1b} for one byte */

/* How many records were dropped so far. */
uint64_t log_dropped(void);

#endif
