/*
 * conform - prove two servers alike: the same conversations are held with both,
 * and every byte that comes back must be the same, up to the way in which the
 * connection ends (but for the time of day in HTTP's Date). Of the guessing
 * game both are started with the same seed, and the answers to scripted
 * conversations must also be what the protocol says.
 *
 * A peer, a server that somebody else wrote, is held to the same conversations.
 * The guesses of a game are its own, but for the rules of the game: see
 * referee.h. One that speaks HTTP has heads of its own: of a finder the status
 * and the value of the JSON at /search are compared, of a flag server status
 * and body. All else must be what the threaded twin answers, the ends of
 * connections included. Time limits, a full house and the order of a stop are
 * not checked.
 */
#ifndef REPORT_CONFORM_H
#define REPORT_CONFORM_H

#include "report/alike/proof.h"

/*
 * Hold the conversations of the game with two servers, and write each broken
 * rule to p->out, with what was sent, expected and received; stop after
 * PROOF_DIFFERENCES_MAX. Return 0 when there is none and both servers stopped
 * as they should; otherwise -1. With no conversation in *p->result a server did
 * not become ready; why is in p->out, too.
 */
int conform_game(struct proof *p);

/* The same of finders; of a peer those of what p->speaks says, ASK_CHARFINDER
 * or ASK_HTTP. */
int conform_finder(struct proof *p);

/*
 * The same of push servers, by a program of its own in Python, which writes to
 * standard output. Without python3 say so and return -1. With a peer it takes
 * eight seconds, as long as /stream.
 */
int conform_push(struct proof *p);

/* The same of echoes. */
int conform_echo(struct proof *p);

/* The same of flag servers, at the door without delays and faults. */
int conform_flags(struct proof *p);

/* Return how many seconds each of them takes, about. */
double conform_game_seconds(void);
double conform_finder_seconds(void);
double conform_push_seconds(void);
double conform_echo_seconds(void);
double conform_flags_seconds(void);

#endif
