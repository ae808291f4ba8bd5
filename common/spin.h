/*
 * spin - the frames of a spinner, as bytes for a terminal.
 *
 * A frame is one of four characters, a space and a message; each replaces the
 * one before it in the same line. There are two manners of doing that, which
 * are those of the programs that "Fluent Python" prints:
 *
 *     SPIN_FIRST   |/-\   Backspaces lead back to where the frame began. What
 *                         stands to the left of it stays.
 *     SPIN_SECOND  \|/-   A carriage return leads back to the line's beginning,
 *                         wherever somebody else has left the cursor.
 *
 *     struct spin spin;
 *     char bytes[SPIN_ROOM];
 *
 *     spin_begin(&spin, SPIN_FIRST, "thinking!");
 *     while (...)
 *         ... write spin_frame(&spin, columns, bytes) bytes, wait 0.1 s
 *     ... write spin_erase(&spin, columns, bytes) bytes
 *
 * The bytes are the published ones, with one difference: where the published
 * programs count characters these count columns, of which "漢" has two and a
 * combining accent none; so the line does not creep. Nothing here writes,
 * waits, allocates or looks at a clock.
 */
#ifndef COMMON_SPIN_H
#define COMMON_SPIN_H

#include <stdbool.h>
#include <stddef.h>

/* The longest message, in bytes: two lines of a usual terminal. */
#define SPIN_MESSAGE_MAX 160

/* Room for what spin_frame and spin_erase write: backspaces, blanks and
 * backspaces for a frame, which has no more columns than bytes, and a frame. */
#define SPIN_ROOM (4 * (SPIN_MESSAGE_MAX + 2) + 4)

/* The columns of what is no terminal. */
#define SPIN_UNLIMITED ((size_t)-1)

/* How a frame replaces the one before it. */
enum spin_manner {
    SPIN_FIRST,  /* as in the first edition of the book: by backspaces */
    SPIN_SECOND, /* as in the second: by a carriage return */
};

/* A spinner. Its members are spin's own. */
struct spin {
    enum spin_manner manner;
    const char *message;
    unsigned frames; /* made so far */
    size_t shown;    /* columns of the one that stands in the line; 0: none */
};

/* Whether a text can be a message: UTF-8 of at most SPIN_MESSAGE_MAX bytes,
 * without control characters, which could not be erased. */
bool spin_is_message(const char *text);

/* Begin; there is no frame yet. The message must be one by spin_is_message, and
 * stay where it is. */
void spin_begin(
    struct spin *spin, enum spin_manner manner, const char *message);

/*
 * Make the bytes that show the next frame in place of the one that stands;
 * return how many. columns is what the terminal has now, or SPIN_UNLIMITED. A
 * frame is cut so that it leaves the last column free, as one that reaches the
 * edge could not be erased; with fewer than three columns there is none. (A
 * terminal that becomes narrower may break the line that stands in two; what is
 * then above cannot be erased.)
 */
size_t spin_frame(struct spin *spin, size_t columns, char buffer[SPIN_ROOM]);

/* Make the bytes that erase the frame that stands, and lead back to where it
 * began; return how many: 0 when none stands. */
size_t spin_erase(struct spin *spin, size_t columns, char buffer[SPIN_ROOM]);

/* The same for a terminal where others have written behind the frame, as it
 * does itself when CTRL-C is typed ("^C"): the whole line becomes empty, in
 * either manner. */
size_t spin_clean(struct spin *spin, size_t columns, char buffer[SPIN_ROOM]);

#endif
