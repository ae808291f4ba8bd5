/*
 * ask - what the load asks a server, and how it knows an answer to be whole
 * and right. Written anew from the protocols, without the code in common/: a
 * mistake that both twins share is not one that the load shares.
 *
 * An answer is taken in pieces, however the network cuts it, and kept
 * nowhere. What is checked of it:
 *
 * - game, bare: one line, an integer from 1 to 999999999999;
 * - line: that it is one line;
 * - charfinder: every row starts with `U`, then comes a status line that
 *   states as many matches as there were rows, then the prompt;
 * - http: status 200, a body that is as long as its framing says;
 * - push: status 101 to the handshake, then one frame, a text that ends as it
 *   must, and in which nothing else stands unless ids may;
 * - echo: the bytes of the request;
 *
 * and of charfinder and http that length and digest are those of the first
 * answer to the same request.
 */
#ifndef REPORT_ASK_H
#define REPORT_ASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ask_speaks {
    ASK_GAME,
    ASK_BARE,
    ASK_LINE,
    ASK_CHARFINDER,
    ASK_HTTP,
    ASK_PUSH,
    ASK_ECHO
};

/* Return "game" (of the first three), "charfinder", "http", "push" or "echo".
 */
const char *ask_speaks_name(enum ask_speaks speaks);

/* A way to talk to a server. Strings must outlive its use. */
struct ask {
    enum ask_speaks speaks;
    const char *hello;    /* sent once, with the first request; "" = nothing */
    unsigned hello_lines; /* in it */
    const char *request;  /* one request, with its line end */
    const char *title;    /* what is asked, in words */
    const char *wait;     /* sent after the first reply by those who then only
                             wait; NULL = nobody does */
    const uint64_t *due_ns; /* http: when each chunk is due after the request;
                               NULL = whenever it comes */
    bool publishes;         /* in rounds: first hello is answered by a greeting
                               alone, and then a request by a reply to all */
    const char *reply;      /* push: how the text of the reply ends */
    bool has_id;            /* ... and whether anything stands before that */
};

extern const struct ask ask_game; /* guesses from 1 to 10^12 - 1 */
extern const struct ask ask_bare; /* the same without PARAMS */

/* What all answers to the same request have in common; 0 = none came yet. */
struct ask_sameness {
    uint64_t length, digest;
};

#define ASK_LINE_MAX 128

/* How far an answer has come. Belongs to ask; zero it with ask_begin(). */
struct answer {
    int state;
    bool greeting;   /* the server speaks first, and has not yet */
    bool chunked;    /* http */
    uint64_t left;   /* bytes until the end of body, chunk or frame */
    size_t chunks;   /* http: that have begun */
    uint64_t rows;   /* charfinder */
    uint64_t length; /* of what the digest is of */
    uint64_t digest, word;
    size_t have; /* bytes in `line` */
    char line[ASK_LINE_MAX];
};

enum ask_result {
    ASK_MORE, /* the answer goes on */
    ASK_DONE, /* it ended with the last of these bytes */
    ASK_WRONG /* it is not an answer to the request, or there is more of it */
};

/* Get ready for an answer, the first on its connection or not. */
void ask_begin(const struct ask *ask, struct answer *a, bool first);

/*
 * Take the next `n` bytes of an answer. After ASK_WRONG, `a->line` holds the
 * line that is wrong, or its beginning.
 */
enum ask_result ask_take(const struct ask *ask, struct answer *a,
    const char *bytes, size_t n, struct ask_sameness *same);

/*
 * Tell whether a field of an HTTP head is Transfer-Encoding: chunked, in any
 * case and with any blanks around its value. `line` ends at a CR or a NUL.
 */
bool ask_is_chunked(const char *line);

#endif
