/*
 * converse - hold a conversation with a server: say what a talk says, as it is
 * cut, and keep all that comes back until the connection ends.
 */
#ifndef REPORT_CONVERSE_H
#define REPORT_CONVERSE_H

#include "report/alike/talks.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define ANSWER_MAX     ((size_t)16 << 20) /* twice the longest: `cjk` as JSON */

#define CONVERSE_SHOWN 600 /* bytes of it, to see what happens */

enum ending {
    ENDING_CLOSED,  /* end of file, after everything */
    ENDING_RESET,   /* the connection was reset */
    ENDING_SILENT,  /* neither bytes nor an end for 5 s */
    ENDING_REFUSED, /* no connection */
    ENDING_FLOOD    /* more than ANSWER_MAX bytes: not heard to the end */
};

/* What came back from one server. */
struct answer_bytes {
    char *bytes; /* never NULL after a conversation */
    size_t room, length;
    enum ending ending;
};

/*
 * Hold a conversation with the server at 127.0.0.1:port. *a is all zero before
 * the first, and may be used again and again: its memory grows with the longest
 * answer. End the program when there is no descriptor or memory for it.
 */
void converse(uint16_t port, const struct talk *t, struct answer_bytes *a);

/* Free the memory of an answer. */
void converse_free(struct answer_bytes *a);

/*
 * Return whether two answers are the same, byte for byte and in how they end;
 * one that was not heard to its end is the same as none.
 */
bool converse_is_same(
    const struct answer_bytes *a, const struct answer_bytes *b);

/* Return an ending in words. */
const char *converse_ending(enum ending e);

/*
 * Write bytes so that each can be seen, a line of them to a line, the first
 * CONVERSE_SHOWN of them.
 */
void converse_write(FILE *out, const char *bytes, size_t length);

#endif
