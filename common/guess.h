/*
 * guess - the number-guessing game, as the server plays it.
 *
 * The client knows a secret number, the server guesses it. What the lines of
 * the protocol mean, what they are answered, and which number comes next is
 * decided here, for any server: lines go in, replies come out, and nothing is
 * known of sockets, threads or time. protocols.md describes the protocol.
 *
 * The protocol is that of the game in Brett Slatkin's "Effective Python", its
 * Korean edition and the third edition's CLEAR and Same included. Where the
 * original ends in an exception, the reply is one ERROR line and the end.
 */
#ifndef COMMON_GUESS_H
#define COMMON_GUESS_H

#include "common/bisect.h"
#include "common/line.h"
#include "common/permute.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The lines that end a conversation, after "ERROR ", without their LF. */
#define GUESS_UNKNOWN_COMMAND  "unknown command"
#define GUESS_WRONG_ARITY      "wrong number of arguments"
#define GUESS_NOT_INTEGER      "not an integer"
#define GUESS_OUT_OF_RANGE     "integer out of range"
#define GUESS_NO_GAME          "no game"
#define GUESS_NONE_LEFT        "every number already guessed"
#define GUESS_NO_GUESS         "no guess to report on"
#define GUESS_UNKNOWN_DECISION "unknown decision"
#define GUESS_LINE_TOO_LONG    "line too long"
#define GUESS_NOT_UTF8         "not UTF-8"
#define GUESS_LINE_TIMEOUT     "line timeout"
#define GUESS_NO_MEMORY        "out of memory"

/* Sent to a client for which there is no room. */
#define GUESS_FULL_HOUSE "ERROR too many connections\n"

/* What the client says of a guess. */
enum guess_decision {
    GUESS_UNSURE,
    GUESS_WARMER,
    GUESS_COLDER,
    GUESS_SAME,
    GUESS_CORRECT,
    GUESS_DECISIONS
};

enum guess_language {
    GUESS_ENGLISH,
    GUESS_KOREAN, /* the words of the Korean edition */
};

enum guess_strategy {
    GUESS_RANDOM, /* every number once, in random order */
    GUESS_BISECT, /* close in by what Warmer and Colder tell */
};

/* What holds for all conversations of a server. */
struct guess_rules {
    enum guess_strategy strategy;
    enum guess_language language; /* of the console; clients may use either */
    bool quiet;                   /* make no console records */
};

/* The longest reply, ERROR and LF included, and the longest console record,
 * which holds a number and a decision of the client's. */
#define GUESS_REPLY_MAX   64
#define GUESS_CONSOLE_MAX 96

/* What the server has to do after a line. */
struct guess_reply {
    char text[GUESS_REPLY_MAX]; /* send these bytes; not NUL-terminated */
    size_t length;              /* 0: no reply */
    bool last;                  /* then close, in a way that it can be read */
    char console[GUESS_CONSOLE_MAX]; /* print this C string, unless empty */
};

/* One conversation. Its size is about 100 bytes. */
struct guess_session {
    const struct guess_rules *rules;
    bool started; /* a line came: only the first can be a lost browser's */
    bool playing;
    bool guessed; /* there is a last guess */
    bool found;   /* and it is the secret */
    bool exhausted;
    int64_t lower;
    int64_t guess;
    uint64_t index; /* of the next number of the shuffled range */
    struct permutation numbers;
    struct bisect *bisect; /* owned; NULL before the first game with it */
    uint64_t seed;
    uint64_t games; /* how many were started: the next game's number */
};

/*
 * Begin a conversation. The guesses are a function of seed, of the game's
 * number within the conversation and of the client's lines, so a fixed seed
 * repeats them and a random one makes them fair. rules must outlive it.
 */
void guess_begin(struct guess_session *session, const struct guess_rules *rules,
    uint64_t seed);

/* Whether what the line framing found asks for a number. */
bool guess_asks_number(enum line_status status, const struct line *line);

/*
 * Take in what the line framing found, and say what to do. Every status but
 * LINE_PARTIAL is meaningful; line counts only with LINE_READY and is not
 * kept. After a reply with last set the conversation takes no more lines.
 * Needs constant time and, but once for the bisect strategy, no memory.
 */
void guess_receive(struct guess_session *session, enum line_status status,
    const struct line *line, struct guess_reply *reply);

/* End a conversation, at any point of it, and free what it holds. */
void guess_end(struct guess_session *session);

/*
 * The word for a decision, as it stands after "REPORT ". The Korean edition
 * has none for Same; it says what stands for Unsure.
 */
const char *guess_word(
    enum guess_decision decision, enum guess_language language);

#endif
