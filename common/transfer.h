/*
 * transfer - the life of one flag, from the first request to the last word.
 *
 * A state machine without sockets, threads, clocks or files: events and times
 * go in, the next step comes out. Every decision of the downloader is made
 * here, so that both twins ask, retry, redirect and count alike: the bytes of a
 * request, what a status means, whether, when and where to ask again, how long
 * anything may take, the name of the file, and the text of an error.
 *
 * A flag takes one request, BASE/ad/ad.gif. With rules.names a second one
 * follows, BASE/ad/metadata.json, which names the country. Each request holds
 * one of the places that limit how many are made at once (-m).
 *
 *     transfer_start(&t, &rules, "AD");
 *     for (;;) {
 *         switch (t.step) {
 *         case TRANSFER_ASK:
 *             ... take a place; transfer_begin(&t, now); make the request
 *         case TRANSFER_FOLLOW:
 *             ... make the request, in the place of the last one
 *         case TRANSFER_WAIT:
 *             ... wait until t.due, then as for TRANSFER_ASK
 *         case TRANSFER_SAVE:
 *             ... finish the file under t.name
 *             transfer_saved(&t, error, now)
 *         case TRANSFER_DONE:
 *             ... transfer_count(&tally, &t)
 *         }
 *     }
 *
 * A place is given back when its request has led to any step but
 * TRANSFER_FOLLOW, also to TRANSFER_ASK: a second request queues like all
 * others, and no place is held while a flag waits. It is held while the file is
 * saved: so no more bodies are in memory than there are places, however slow
 * the disk is.
 *
 * To make the request: connect to t.url, or use a connection that is open to
 * the same server, unless t.fresh; send what transfer_request writes; start
 * http_response with HTTP_GET and t.fields. Then tell what happens. These give
 * what to do with the body:
 *
 *     HTTP_RESPONSE_HEAD     transfer_head(&t, &response, wall)
 *     HTTP_RESPONSE_BODY     transfer_body(&t, response.body)
 *
 * and these end the request. They set t.step and return it; the connection is
 * closed, except after HTTP_RESPONSE_END with keep_alive:
 *
 *     HTTP_RESPONSE_END      transfer_end(&t, now)
 *     HTTP_RESPONSE_BROKEN   transfer_broken(&t, flaw, reused, now)
 *     no connection          transfer_unreachable(&t, now)
 *     a deadline has passed  transfer_late(&t, now)
 *     no socket, no memory   transfer_unable(&t, errno, now)
 *     the file is not saved  transfer_saved(&t, errno, now)
 *
 * Until t.kind is TRANSFER_OK, whatever was kept is dropped when the flag is
 * done or the program is interrupted.
 *
 * A struct transfer takes some 4 KiB, so it is made when a flag is first asked
 * for, not before. One thread at a time uses it; the rules are only read. Times
 * are milliseconds of any clock that never jumps, but for wall.
 */
#ifndef COMMON_TRANSFER_H
#define COMMON_TRANSFER_H

#include "common/http_response.h"
#include "common/metadata.h"
#include "common/save.h"
#include "common/url.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What an address may take to accept a connection, in milliseconds. */
#define TRANSFER_CONNECT_MS 10000

/* Redirects that are followed for one request: more are a loop. */
#define TRANSFER_REDIRECTS 5

/* The longest wait before a request is made again, in milliseconds: a wait
 * doubles no further, and a server that asks for more is not asked again. */
#define TRANSFER_WAIT_MAX_MS 60000

/* Bytes of an error's or redirect's body that are read and dropped so that the
 * connection can be used again: to read more costs more than to connect. */
#define TRANSFER_DROP_MAX 65536

/* The longest target of a base, in bytes: there is room for the rest. */
#define TRANSFER_BASE_MAX (URL_TARGET_MAX - 32)

/* Room for a request, and for the text of an error. */
#define TRANSFER_REQUEST_MAX (URL_TARGET_MAX + URL_AUTHORITY_MAX + 128)
#define TRANSFER_TEXT_MAX    256

/* What holds for all flags of a run. */
struct transfer_rules {
    struct url base;    /* where the flags are; its target has no query and at
                           most TRANSFER_BASE_MAX bytes */
    const char *suffix; /* "gif" or "png" */
    bool names;         /* files are named by countries */
    unsigned retries;   /* times that a request is made again */
    int64_t timeout_ms; /* without a byte; 0: no limit */
    int64_t max_ms;     /* for a request, redirects included; 0: no limit */
    int64_t max_bytes;  /* of a body */
    uint64_t seed;      /* of what varies the waits: a random number */
};

/* What to do next. */
enum transfer_step {
    TRANSFER_ASK,    /* make a request, for which a place is needed */
    TRANSFER_FOLLOW, /* make a request in the place that is held */
    TRANSFER_WAIT,   /* the same as TRANSFER_ASK, but not before due */
    TRANSFER_SAVE,   /* save the file that was kept, under name */
    TRANSFER_DONE,   /* nothing: kind and text say how it ended */
};

/* What to do with the body of an answer. */
enum transfer_use {
    TRANSFER_KEEP,  /* it is the file; from transfer_head: a new one, so drop
                       what an earlier answer had */
    TRANSFER_DROP,  /* read it, but it is not for the file */
    TRANSFER_CLOSE, /* the rest does not matter: close the connection and call
                       transfer_end */
};

/* How a flag ended. */
enum transfer_kind {
    TRANSFER_UNASKED,   /* not yet, or it was interrupted */
    TRANSFER_OK,        /* it is saved */
    TRANSFER_NOT_FOUND, /* the server does not have it: 404 */
    TRANSFER_ERROR,     /* text says why */
};

/* Fields of an answer that matter here. */
#define TRANSFER_FIELDS 3

/* One flag. */
struct transfer {
    enum transfer_step step;
    struct url url; /* of the request to make */
    bool fresh;     /* it needs a new connection */
    int64_t due;    /* TRANSFER_WAIT: when to make it */
    struct http_response_field fields[TRANSFER_FIELDS];
    char name[SAVE_NAME_MAX]; /* TRANSFER_SAVE: of the file */

    enum transfer_kind kind;
    char text[TRANSFER_TEXT_MAX]; /* TRANSFER_ERROR: why, without the code */
    bool fatal;      /* the file could not be saved, nor will others */
    char code[3];    /* "AD" */
    int status;      /* of the last answer; 0: there was none */
    int64_t bytes;   /* of the last image's body */
    unsigned tries;  /* requests made, redirects not counted */
    int64_t took_ms; /* from the first request to the end */

    /* transfer's own. */
    const struct transfer_rules *rules;
    enum transfer_stage {
        TRANSFER_IMAGE,
        TRANSFER_METADATA,
    } stage;
    enum transfer_verdict {
        TRANSFER_OPEN,    /* no head has come */
        TRANSFER_GOOD,    /* its body is wanted */
        TRANSFER_MOVED,   /* it is at url */
        TRANSFER_MISSING, /* the server does not have it */
        TRANSFER_FAILED,  /* with text, for good */
        TRANSFER_AGAIN,   /* with text, unless it is asked again */
    } verdict;
    unsigned failures;  /* of this stage's request */
    unsigned redirects; /* of this try */
    int64_t length;     /* of the body; -1: not known */
    int64_t received;   /* of the body */
    int64_t asked_s;    /* Retry-After; -1: there was none */
    int64_t started;
    int64_t until; /* max_ms */
    char metadata[METADATA_MAX];
};

/* Start on the flag of a code: step is TRANSFER_ASK. */
void transfer_start(struct transfer *transfer,
    const struct transfer_rules *rules, const char *code);

/* A request is about to be made for TRANSFER_ASK or TRANSFER_WAIT, a place
 * having been taken: times and tries begin to count. */
void transfer_begin(struct transfer *transfer, int64_t now);

/* Write the request as a C string; return its length. */
size_t transfer_request(
    const struct transfer *transfer, char text[TRANSFER_REQUEST_MAX]);

/* Until when a connection may be waited for, if it is begun now; for each
 * address anew. */
int64_t transfer_connect_deadline(const struct transfer *transfer, int64_t now);

/* Until when the next byte may be waited for, if one came or was sent now, or
 * the look-up of a name began now. NEVER (deadline.h): without end. */
int64_t transfer_deadline(const struct transfer *transfer, int64_t now);

/* The process was stopped for so long (deadline_lost_ms): that time does not
 * count. Deadlines that were asked for before are the caller's to move. */
void transfer_lost(struct transfer *transfer, int64_t ms);

/* A head came. wall is the time of day in seconds since 1970, for a Retry-After
 * that is a date. */
enum transfer_use transfer_head(struct transfer *transfer,
    const struct http_response *response, int64_t wall);

/* A piece of the body came. TRANSFER_KEEP: append it to the file. */
enum transfer_use transfer_body(
    struct transfer *transfer, struct http_slice piece);

/* The answer is complete, or enough of it. */
enum transfer_step transfer_end(struct transfer *transfer, int64_t now);

/* The answer is broken, by http_response's word. reused: the connection had
 * been used for another answer before; then one that closes it before its first
 * byte was only too late, and the request is made once more. */
enum transfer_step transfer_broken(struct transfer *transfer,
    enum http_response_flaw flaw, bool reused, int64_t now);

/* The host has no address, or no address takes the connection. */
enum transfer_step transfer_unreachable(struct transfer *transfer, int64_t now);

/* A deadline has passed. */
enum transfer_step transfer_late(struct transfer *transfer, int64_t now);

/* The request cannot be made, for a reason of this machine: an errno. */
enum transfer_step transfer_unable(
    struct transfer *transfer, int error, int64_t now);

/* The file was saved, 0, or not, an errno; also when a part of it could not be
 * written while it came. */
enum transfer_step transfer_saved(
    struct transfer *transfer, int error, int64_t now);

/* What became of all flags. Zero it, and set all. */
struct transfer_tally {
    size_t all;
    size_t ok, not_found, errors;
    bool fatal; /* one could not be saved, nor can others: end */
};

/* Count a flag that is done; each once. */
void transfer_count(
    struct transfer_tally *tally, const struct transfer *transfer);

/* How many are not done. */
size_t transfer_unasked(const struct transfer_tally *tally);

/* The exit code of the program: 128 and the number of the signal that
 * interrupted it (0: none); 2 when it was fatal; 1 after any other error. */
int transfer_exit(const struct transfer_tally *tally, int signal);

#endif
