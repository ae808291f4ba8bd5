/*
 * proof - hold the same conversations with two servers, and tell where their
 * answers differ: of the twins, the threaded and the evented one; or of the
 * threaded one and a peer, a server that somebody else wrote. What is said, and
 * which answers are right, conform.h knows.
 */
#ifndef REPORT_PROOF_H
#define REPORT_PROOF_H

#include "report/alike/converse.h"
#include "report/load/ask.h"
#include "report/meter.h"
#include "report/run/process.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define PROOF_DIFFERENCES_MAX 5 /* the rest would only repeat them */

struct proof_result {
    size_t conversations; /* held with both */
    size_t differences;   /* conversations answered differently, or wrongly */
};

struct proof {
    const char *threaded;   /* the path of the model */
    const char *evented;    /* of the other twin, if it is not a peer's turn */
    const char *peer;       /* the name of a peer; NULL = the twins' turn */
    const char *command;    /* that starts it, see process_start_peer() */
    enum ask_speaks speaks; /* what it does */
    int cpu;                /* where both run; negative = anywhere */
    uint64_t seed;
    struct meter *meter;
    FILE *out;                   /* where differences are told */
    struct proof_result *result; /* is added to */
    /* Of proof.c: */
    struct process model, judged;
    struct answer_bytes threads, other; /* to the last conversation */
    const char *told[PROOF_DIFFERENCES_MAX];
    bool refused; /* the other does not accept a connection */
};

/* How an answer is wrong. */
struct difference {
    const char *rule; /* as a sentence; constant */
    const char *key;  /* differences of the same key are told once; NULL = this
                         one is told anyway */
    char expected[192]; /* "where: what"; "" = the answer of threads is shown */
    char note[96];      /* a line that comes last, or "" */
};

/*
 * Start both servers with `options` (a peer with its command), let `hold` hold
 * its conversations, and stop them. Write what the proof is about and why it
 * failed. Return 0 when there was no difference and both servers ended as they
 * should, -1 otherwise.
 */
int proof_run(struct proof *p, const char *const options[], const char *what,
    double seconds, void (*hold)(struct proof *p));

/* Hold a conversation with both, at their ports. Return false, and do nothing,
 * once enough was seen. */
bool proof_converse(
    struct proof *p, const struct talk *t, uint16_t model, uint16_t judged);

/* Tell how the answers to it differ; in a line if that was told. */
void proof_differs(
    struct proof *p, const struct talk *t, const struct difference *d);

#endif
