/*
 * line - bytes to lines.
 *
 * A line ends at LF; one CR before it is dropped; everything else, NUL
 * included, belongs to the line. The scanner looks at every byte once, however
 * the bytes were cut into segments, and never asks for more than the limit and
 * its line end to be kept. It holds no bytes: the caller keeps what has not
 * been used and shows it again, grown, at the next call.
 */
#ifndef COMMON_LINE_H
#define COMMON_LINE_H

#include <stdbool.h>
#include <stddef.h>

/* What became of the next line; the first is the only one with text. */
enum line_status {
    LINE_READY,    /* a whole line */
    LINE_PARTIAL,  /* not yet a whole one: read more */
    LINE_TOO_LONG, /* longer than the limit */
    LINE_LATE,     /* did not end within the line timeout (set by a server) */
    LINE_END,      /* the peer has sent all, or is to send no more */
};

/* A line without its end, in the caller's bytes; not NUL-terminated. */
struct line {
    const char *text;
    size_t length;
};

/* Where a scan of one peer's bytes stands. */
struct line_scanner {
    size_t max;  /* the longest line, in bytes before its end; at least 1 */
    size_t seen; /* how many of the unused bytes are known to hold no LF */
};

/* Bytes that a buffer must hold so that every allowed line fits: max + CR LF.
 */
#define LINE_ROOM(max) ((max) + 2)

/* Start on a new peer. */
void line_init(struct line_scanner *scanner, size_t max);

/*
 * Find the next line in data, the size bytes that were not used so far.
 *
 * LINE_READY: *line lies in data, and the first *used bytes are now used.
 * LINE_PARTIAL: call again with the same bytes and more; *used is 0.
 * LINE_TOO_LONG: the byte after the first max is neither LF nor the CR of a CR
 * LF, which is known with that byte or the next; *used is 0, and a further
 * call gives the same answer.
 */
enum line_status line_next(struct line_scanner *scanner, const char *data,
    size_t size, struct line *line, size_t *used);

/*
 * The last line, when no more bytes will come: LINE_READY with all size bytes
 * (the last line needs no end, but a CR at its end is part of it), LINE_END
 * when there are none, LINE_TOO_LONG as above.
 */
enum line_status line_last(struct line_scanner *scanner, const char *data,
    size_t size, struct line *line);

/*
 * Whether a line is the first of a web browser's request, "GET / HTTP/1.1": a
 * page can make a browser send one to any port, with lines of its own after
 * it. A server of lines does not answer to it.
 */
bool line_is_http(const struct line *line);

#endif
