/*
 * talks - conversations with a guessing game server: what a client says, and
 * how it cuts it into pieces. Every one of them ends, either because the server
 * must close or because the client says that it is finished (half close).
 *
 * Scripted ones cover each command and each error of the protocol; random
 * ones are sentences of its grammar with some noise.
 */
#ifndef REPORT_TALKS_H
#define REPORT_TALKS_H

#include "report/rng.h"

#include <stdbool.h>
#include <stddef.h>

#define TALK_BYTES_MAX 8192
#define TALK_CUTS_MAX  64

struct talk {
    char name[80];
    const char *script; /* the same in all ways of sending; NULL = random */
    char bytes[TALK_BYTES_MAX];
    size_t length;
    size_t cuts[TALK_CUTS_MAX]; /* rising; a new piece starts at each */
    size_t cuts_count;
    bool each_byte; /* every byte is a piece; cuts are not used */
    bool pauses; /* wait a moment between pieces, so that they arrive apart */
    bool half_close; /* shut down the sending side after the last piece */
    /*
     * What must come back, a letter per line: 'i' an integer, '!' an ERROR
     * line. NULL where only equality is asked for.
     */
    const char *shape;
};

/* Return the number of scripted conversations. */
size_t talks_scripted_count(void);

/*
 * Write scripted conversation number i to *t, in one of three ways of
 * sending: 0 in one piece, 1 byte by byte, 2 cut at random.
 */
#define TALKS_WAYS 3
void talks_scripted(struct talk *t, size_t i, int way, struct rng *rng);

/*
 * Write a conversation of these bytes, at most TALK_BYTES_MAX, to *t. Way 2 is
 * cut in two, with a pause. The sending side is left open.
 */
void talks_written(struct talk *t, const char *name, const char *bytes,
    size_t length, int way);

/* Write a random conversation to *t; the same `rng` gives the same one. */
void talks_random(struct talk *t, struct rng *rng);

#endif
