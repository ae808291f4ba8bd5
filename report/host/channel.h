/*
 * channel - lines to and from the other end: of a program that compare runs,
 * through its standard input and output, or of whoever runs this program.
 */
#ifndef REPORT_CHANNEL_H
#define REPORT_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct channel {
    pid_t pid; /* of the program; 0 = it is the other way round */
    int in, out;
    char *buffer;
    size_t used, line; /* bytes in it, and of them the last line read */
    const char *why;   /* why the last call failed */
};

/*
 * Run a program, `argv` ended by NULL, looked up in PATH, with pipes for
 * standard input and output; standard error is shared. The kernel kills it
 * should compare be killed, and guard.h stops it when compare ends. One that
 * cannot be run says why and ends with status 127. End the program when memory,
 * processes or descriptors run out.
 */
void channel_run(struct channel *c, char *const argv[]);

/* Talk through this program's own standard input and output. */
void channel_own(struct channel *c);

/* Write a line, with its end. Return false, with c->why, when the other end is
 * gone. */
bool channel_write(struct channel *c, const char *line);

/*
 * Read a line, without its end, of *length bytes, which lasts until the next
 * call; wait up to `limit_ms` for it. Return NULL, with c->why, when none
 * came in time, the other end is gone, or the line is longer than
 * WIRE_LINE_MAX.
 */
const char *channel_read(struct channel *c, int limit_ms, size_t *length);

/* Close both directions, wait up to `limit_ms` for the program to end by
 * itself, then kill it. */
void channel_close(struct channel *c, int limit_ms);

#endif
