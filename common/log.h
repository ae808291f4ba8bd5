/*
 * log - console records that never block a server nor harm a terminal.
 *
 * A record is one line of at most LOG_RECORD_MAX bytes, written by a single
 * write(2), so that records of several threads do not mix. When standard
 * output cannot take it now (a full pipe, a stopped terminal) the record is
 * dropped and counted. All functions may be called from any thread. A process
 * whose pipe may lose its reader must ignore SIGPIPE, and one that shares its
 * pipe with another may wait for its reader when both write at once.
 */
#ifndef COMMON_LOG_H
#define COMMON_LOG_H

#include <stddef.h>
#include <stdint.h>

/* A record with its line end; less than PIPE_BUF, so that a pipe takes it
 * whole or not at all. */
#define LOG_RECORD_MAX 512

/*
 * Write one record to standard output, formatted as printf does; the line end
 * is added, and what is too long is cut at a character's start. Text from
 * peers must have passed log_escape.
 */
void log_record(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Make the length bytes of text harmless, as a C string in buffer of size
 * bytes (at least 1); return its length, less than size. Printable UTF-8
 * stays. Control characters (also the C1 range), format characters (also
 * those that turn the direction of writing), line separators, quotes and the
 * backslash become \n, \r, \t, \\, \', \" or \u{...}; bytes that are no UTF-8
 * become \xNN. What does not fit is left out, never half an escape.
 */
size_t log_escape(char *buffer, size_t size, const char *text, size_t length);

/* How many records were dropped so far. */
uint64_t log_dropped(void);

#endif
