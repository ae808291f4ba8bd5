/*
 * mishap - what befalls a request to a slow and failing server.
 *
 * It is a function of a seed, the door, the path, and how often that path was
 * asked for at that door before; so it does not depend on the order in which
 * requests come. Any server with the same seed treats any client in the same
 * way, however many requests that has in flight.
 *
 * There are three doors. Behind MISHAP_LOCAL nothing happens. Behind
 * MISHAP_DELAY every request is delayed. Behind MISHAP_ERROR some requests
 * fail, and of the others some are delayed.
 *
 * Nothing here waits, allocates or looks at a clock. Any thread may call it.
 */
#ifndef COMMON_MISHAP_H
#define COMMON_MISHAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mishap_door {
    MISHAP_LOCAL,
    MISHAP_DELAY,
    MISHAP_ERROR,
    MISHAP_DOORS,
};

/* The name of a door: "local", "delay", "error". */
const char *mishap_door_name(enum mishap_door door);

/* How a request fails, other than by a status that says so. */
enum mishap_fault {
    MISHAP_NONE,
    MISHAP_ABORT,     /* the connection is reset */
    MISHAP_CLOSE,     /* the connection is closed without an answer */
    MISHAP_HANG,      /* nothing comes */
    MISHAP_CUT,       /* half of the body comes, then the end */
    MISHAP_LONG,      /* the body is longer than its length says */
    MISHAP_TWICE,     /* a second answer follows, unasked */
    MISHAP_SLOW,      /* the body comes at 1 KiB a second */
    MISHAP_GARBAGE,   /* what comes is no HTTP */
    MISHAP_BAD_CHUNK, /* a chunk's size is no number */
    MISHAP_LOOP,      /* a redirect to the same URL */
    MISHAP_BARE_LF,   /* an error whose lines end with LF, without a length */
    MISHAP_FAULTS,
};

/* The name of a fault, "bad-chunk". */
const char *mishap_fault_name(enum mishap_fault fault);

/* The most statuses that one is taken from. */
#define MISHAP_STATUSES 16

/* What a rate is a share of. */
#define MISHAP_CERTAIN 1000000

/* The longest delay: a day. */
#define MISHAP_DELAY_MAX_MS 86400000

/* What may befall requests. */
struct mishap_rules {
    uint64_t seed;
    int64_t delay_min_ms, delay_max_ms; /* uniform from one to the other */
    uint32_t error_rate; /* of MISHAP_CERTAIN: how many requests fail */
    uint32_t delay_rate; /* how many are delayed, if so many do not fail */
    bool all_delayed;    /* behind MISHAP_ERROR too, also those that fail */
    int statuses[MISHAP_STATUSES]; /* that an error is one of */
    size_t status_count;           /* at least 1 */
    enum mishap_fault fault;       /* what happens instead of an error status */
};

/* What befalls one request. */
struct mishap {
    int64_t delay_ms; /* before the answer; 0: none */
    int status;       /* of the error; 0: no error */
    enum mishap_fault fault;
};

/* What befalls the request for a path of length bytes at a door, after nth
 * requests for the same path at this door. */
struct mishap mishap_of(const struct mishap_rules *rules, enum mishap_door door,
    const char *path, size_t length, uint32_t nth);

#endif
