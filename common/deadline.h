/*
 * deadline - until when a peer is waited for, and whether it is overdue.
 *
 * The rules that a server holds its peers to, whoever watches the clock: a
 * thread that looks, or a timer of an event loop. Time comes in as an argument:
 * milliseconds of any clock that never jumps. What can only be learnt from a
 * socket is asked by functions of the caller's, and only when it decides.
 */
#ifndef COMMON_DEADLINE_H
#define COMMON_DEADLINE_H

#include "common/limits.h"

#include <stdbool.h>
#include <stdint.h>

/* What a connection is waiting for; each phase has its own limit. */
enum phase {
    PHASE_IDLE,   /* the first byte of a line: idle_ms */
    PHASE_LINE,   /* the rest of a line: line_ms from its first byte */
    PHASE_ANSWER, /* the peer to take its answer: stall_ms without progress */
    PHASE_LINGER, /* the peer to close: LIMIT_LINGER_MS */
};

/* A deadline that never comes. */
#define NEVER INT64_MAX

/* When a limit that starts now ends: now + limit_ms, or NEVER for 0, which
 * means "no limit" (so not for drain_ms). */
int64_t deadline_after(int64_t now, int64_t limit_ms);

/* When to stop waiting for input: for the rest of a message that has begun, or
 * for the first byte of the next one. */
int64_t deadline_for_input(
    int64_t now, const struct limits *limits, enum phase phase);

/*
 * Milliseconds between two sweeps: an eighth of the shortest limit, so that
 * none is overrun by more, and LIMIT_SWEEP_MS at the most; at least 1.
 */
int64_t deadline_sweep_ms(const struct limits *limits);

/*
 * How much later than planned a sweep runs, when that is more than a second:
 * the process was stopped, and the peers' time did not pass. Otherwise 0.
 */
int64_t deadline_lost_ms(int64_t planned, int64_t now);

/* How a peer takes the answer that it is owed. Zero it for a new connection. */
struct progress {
    uint64_t written; /* bytes that the kernel has taken, ever */
    int unacked;      /* bytes of them that the peer has not acknowledged */
    int64_t since;    /* when it last owed none, or fewer; 0: not owed */
};

/*
 * Whether a peer that is owed an answer has made no progress for stall_ms: it
 * has not acknowledged one byte more of those that the kernel has taken
 * (written, less unacked, which is from SIOCOUTQ). That the kernel takes more
 * is no sign: it has room for many small messages to a peer whose cable is cut.
 * Nor is writability: a healthy slow reader leaves a socket unwritable
 * for many seconds.
 */
bool progress_stalled(struct progress *progress, int64_t now, int64_t stall_ms,
    uint64_t written, int unacked);

/* Nothing is owed any more. */
void progress_clear(struct progress *progress);

/* What is remembered of a peer from one sweep to the next. Zero it for a new
 * connection. */
struct deadline {
    struct progress progress;
    bool reprieved; /* its time was up, and its bytes were there */
};

/* How a peer's socket is asked: net_unacked and net_readable. */
struct deadline_ask {
    int (*unacked)(int fd);
    bool (*readable)(int fd);
};

/* What a look at a peer found. */
enum overdue {
    OVERDUE_NOT,
    OVERDUE_SILENT,  /* the time for the first byte of a message is up */
    OVERDUE_LATE,    /* the time for the rest of a message is up */
    OVERDUE_STALLED, /* it has stopped taking its answer */
};

/*
 * Look at a peer, once a sweep: what is waited for, until when (at), and how
 * many bytes the kernel has taken for it. Not for PHASE_LINGER, whose end is a
 * matter of the clock alone, which the twins look at themselves. A peer whose
 * time is up is reprieved until the next sweep when its bytes are there: they
 * came while nobody was looking, which is not its fault.
 */
enum overdue deadline_look(struct deadline *deadline, int64_t now,
    enum phase phase, int64_t at, const struct limits *limits, uint64_t written,
    const struct deadline_ask *ask, int fd);

#endif
