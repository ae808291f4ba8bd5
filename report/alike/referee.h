/*
 * referee - judge what a server of the guessing game answered.
 *
 * It is given what the client sent, what another server answered to the same
 * that is known to be right (the model), and what came from the server in
 * question. Guesses are a server's own: where the model answers an integer,
 * any integer will do that
 *
 * - lies in the range of its game,
 * - was not guessed before in that game,
 * - and is the secret again once the client has reported "Correct".
 *
 * All else must be the same, line by line. See common/protocols.md.
 *
 * Nothing is known here of sockets or time; how a connection ends is judged
 * by whoever holds it.
 */
#ifndef REPORT_REFEREE_H
#define REPORT_REFEREE_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of somebody else's; they may be anything, NUL included. */
struct bytes {
    const char *bytes;
    size_t length;
};

#define REFEREE_TEXT_MAX 128

/* The first rule that was broken. */
struct ruling {
    const char *rule; /* as a sentence; constant */
    size_t answer;    /* the line of the answer that broke it, from 1 */
    char expected[REFEREE_TEXT_MAX]; /* in words, or the line itself */
};

/*
 * Judge `came` by `sent` and `model`. Return true when no rule was broken;
 * otherwise false, and *ruling says which.
 */
bool referee_judge(struct bytes sent, struct bytes model, struct bytes came,
    struct ruling *ruling);

#endif
