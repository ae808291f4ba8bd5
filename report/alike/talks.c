#include "report/alike/talks.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Bytes that may contain NUL, with their length. */
#define BYTES(s) (s), sizeof(s) - 1

#define NUMBERS_10                                                             \
    "NUMBER\nNUMBER\nNUMBER\nNUMBER\nNUMBER\n"                                 \
    "NUMBER\nNUMBER\nNUMBER\nNUMBER\nNUMBER\n"

struct script {
    const char *name;
    const char *bytes;
    size_t length;
    const char *shape;
    size_t padding; /* so many 'x' are put before the bytes */
};

static const struct script scripts[] = {
    { "the published game",
        BYTES("PARAMS 1 5\nNUMBER\nREPORT Unsure\nNUMBER\nREPORT Colder\n"
              "NUMBER\nREPORT Correct\nPARAMS 0 -1\n\n"),
        "iii", 0 },
    { "two games, the second with other guesses",
        BYTES("PARAMS 1 1000\nNUMBER\nNUMBER\nPARAMS 1 1000\nNUMBER\n"
              "NUMBER\n\n"),
        "iiii", 0 },
    { "every decision",
        BYTES("PARAMS 1 50\nNUMBER\nREPORT Unsure\nNUMBER\nREPORT Warmer\n"
              "NUMBER\nREPORT Colder\nNUMBER\nREPORT Same\nNUMBER\n"
              "REPORT Correct\n\n"),
        "iiiii", 0 },
    { "every decision in Korean",
        BYTES("PARAMS 1 50\nNUMBER\nREPORT 잘 모르겠음\nNUMBER\n"
              "REPORT 더 따뜻함\nNUMBER\nREPORT 더 차가움\nNUMBER\n"
              "REPORT 맞음\n\n"),
        "iiii", 0 },
    { "the secret again once it is found",
        BYTES("PARAMS 1 9\nNUMBER\nREPORT Correct\nNUMBER\nNUMBER\n\n"), "iii",
        0 },
    { "two reports on one guess",
        BYTES("PARAMS 1 9\nNUMBER\nREPORT Unsure\nREPORT Colder\nNUMBER\n\n"),
        "ii", 0 },
    { "all numbers guessed",
        BYTES("PARAMS 1 3\nNUMBER\nNUMBER\nNUMBER\nNUMBER\n"), "iii!", 0 },
    { "a game of one number", BYTES("PARAMS 7 7\nNUMBER\nNUMBER\n"), "i!", 0 },
    { "below zero", BYTES("PARAMS -3 -2\nNUMBER\nNUMBER\nNUMBER\n"), "ii!", 0 },
    { "all 64-bit numbers",
        BYTES("PARAMS -9223372036854775808 9223372036854775807\n"
              "NUMBER\nNUMBER\nNUMBER\n\n"),
        "iii", 0 },
    { "signs and leading zeros", BYTES("PARAMS +01 +0000005\nNUMBER\n\n"), "i",
        0 },
    { "above 64 bits", BYTES("PARAMS 1 9223372036854775808\nNUMBER\n"), "!",
        0 },
    { "below 64 bits", BYTES("PARAMS -9223372036854775809 1\nNUMBER\n"), "!",
        0 },
    { "no game yet", BYTES("NUMBER\n"), "!", 0 },
    { "lower above upper is no game", BYTES("PARAMS 0 -1\nNUMBER\n"), "!", 0 },
    { "no game after CLEAR", BYTES("PARAMS 1 5\nNUMBER\nCLEAR\nNUMBER\n"), "i!",
        0 },
    { "CLEAR without a game", BYTES("CLEAR\nCLEAR\nPARAMS 1 5\nNUMBER\n\n"),
        "i", 0 },
    { "CLEAR with an argument", BYTES("CLEAR all\n"), "!", 0 },
    { "PARAMS with nothing", BYTES("PARAMS\n"), "!", 0 },
    { "PARAMS with one number", BYTES("PARAMS 1\n"), "!", 0 },
    { "PARAMS with three numbers", BYTES("PARAMS 1 2 3\n"), "!", 0 },
    { "PARAMS with words", BYTES("PARAMS one five\n"), "!", 0 },
    { "PARAMS with a fraction", BYTES("PARAMS 1.5 5\n"), "!", 0 },
    { "PARAMS with a hexadecimal", BYTES("PARAMS 0x1 0x5\n"), "!", 0 },
    { "PARAMS with signs alone", BYTES("PARAMS - +\n"), "!", 0 },
    { "PARAMS with two signs", BYTES("PARAMS --1 5\n"), "!", 0 },
    { "PARAMS with digits of another script", BYTES("PARAMS ١ ٥\n"), "!", 0 },
    { "two spaces", BYTES("PARAMS  1 5\n"), "!", 0 },
    { "two spaces between the numbers", BYTES("PARAMS 1  5\n"), "!", 0 },
    { "a space at the end", BYTES("PARAMS 1 5 \n"), "!", 0 },
    { "a space in front", BYTES(" PARAMS 1 5\n"), "!", 0 },
    { "a tab between words", BYTES("PARAMS\t1 5\n"), "!", 0 },
    { "NUMBER with an argument", BYTES("PARAMS 1 5\nNUMBER 1\n"), "!", 0 },
    { "NUMBER with a space", BYTES("PARAMS 1 5\nNUMBER \n"), "!", 0 },
    { "REPORT without a game", BYTES("REPORT Warmer\n"), "!", 0 },
    { "REPORT before NUMBER", BYTES("PARAMS 1 5\nREPORT Warmer\n"), "!", 0 },
    { "REPORT with nothing", BYTES("PARAMS 1 5\nNUMBER\nREPORT\n"), "i!", 0 },
    { "REPORT with a space", BYTES("PARAMS 1 5\nNUMBER\nREPORT \n"), "i!", 0 },
    { "an unknown decision", BYTES("PARAMS 1 5\nNUMBER\nREPORT Hotter\n"), "i!",
        0 },
    { "a decision in small letters",
        BYTES("PARAMS 1 5\nNUMBER\nREPORT warmer\n"), "i!", 0 },
    { "a decision and more", BYTES("PARAMS 1 5\nNUMBER\nREPORT Warmer yet\n"),
        "i!", 0 },
    { "half of a Korean decision", BYTES("PARAMS 1 5\nNUMBER\nREPORT 더\n"),
        "i!", 0 },
    { "an unknown command", BYTES("HELLO\n"), "!", 0 },
    { "a command in small letters", BYTES("params 1 5\n"), "!", 0 },
    { "a command in another script", BYTES("숫자\n"), "!", 0 },
    { "nothing after an error counts",
        BYTES("HELLO\nPARAMS 1 5\nNUMBER\nNUMBER\n"), "!", 0 },
    { "an empty line ends the session", BYTES("\n"), "", 0 },
    { "an empty line of CR LF ends it, too", BYTES("\r\n"), "", 0 },
    { "nothing after the end counts",
        BYTES("PARAMS 1 5\nNUMBER\n\nNUMBER\nHELLO\n"), "i", 0 },
    { "lines ending in CR LF",
        BYTES("PARAMS 1 5\r\nNUMBER\r\nREPORT Unsure\r\nNUMBER\r\n\r\n"), "ii",
        0 },
    { "two CRs before the LF", BYTES("PARAMS 1 5\r\r\n"), "!", 0 },
    { "a CR instead of an LF", BYTES("PARAMS 1 5\rNUMBER\r\n"), "!", 0 },
    { "a NUL in a line", BYTES("NUM\0BER\n"), "!", 0 },
    { "a NUL alone", BYTES("\0\n"), "!", 0 },
    { "a control character", BYTES("\001NUMBER\n"), "!", 0 },
    { "bytes that are not UTF-8", BYTES("\376\376\n"), "!", 0 },
    { "an overlong form", BYTES("NUMBER\300\200\n"), "!", 0 },
    { "a surrogate", BYTES("\355\240\200\n"), "!", 0 },
    { "beyond Unicode", BYTES("\364\220\200\200\n"), "!", 0 },
    { "a character cut off", BYTES("PARAMS 1 5\nNUMBER\nREPORT \353\215\n"),
        "i!", 0 },
    { "a line of the greatest length", BYTES("\n"), "!", 1024 },
    { "the same with CR LF", BYTES("\r\n"), "!", 1024 },
    { "a line one byte too long", BYTES("\n"), "!", 1025 },
    { "a line much too long", BYTES("\nNUMBER\n"), "!", 6000 },
    { "forty requests at once",
        BYTES("PARAMS 1 99\n" NUMBERS_10 NUMBERS_10 NUMBERS_10 NUMBERS_10 "\n"),
        "iiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiii", 0 },
};

/* Conversations that only end because the client says that it is finished. */
static const struct script open_ended[] = {
    { "not a word", BYTES(""), "", 0 },
    { "leaving in a game", BYTES("PARAMS 1 5\nNUMBER\n"), "i", 0 },
    { "a last line without an end", BYTES("PARAMS 1 5\nNUMBER\nNUMBER"), "ii",
        0 },
    { "a wrong last line without an end", BYTES("PARAMS 1 5\nNUM"), "!", 0 },
    { "a last line ending in CR", BYTES("PARAMS 1 5\nNUMBER\r"), NULL, 0 },
    { "a last character cut off", BYTES("PARAMS 1 5\nNUMBER\nREPORT \353"),
        "i!", 0 },
    { "a line too long without an end", BYTES(""), "!", 2000 },
};

#define SCRIPTS    (sizeof(scripts) / sizeof(scripts[0]))
#define OPEN_ENDED (sizeof(open_ended) / sizeof(open_ended[0]))

static const char *const talks_ways[TALKS_WAYS] = { "in one piece",
    "byte by byte", "in random pieces" };

/* Count the scripts. */
size_t
talks_scripted_count(void)
{
    return SCRIPTS + OPEN_ENDED;
}

/* Append bytes to a conversation. */
static void
add(struct talk *t, const char *bytes, size_t length)
{
    assert(t->length + length <= TALK_BYTES_MAX);
    memcpy(t->bytes + t->length, bytes, length);
    t->length += length;
}

/* Append formatted text to a conversation. */
static void __attribute__((format(printf, 2, 3)))
add_text(struct talk *t, const char *fmt, ...)
{
    char text[256];
    va_list ap;
    int length;

    va_start(ap, fmt);
    length = vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    assert(length >= 0 && (size_t)length < sizeof(text));
    add(t, text, (size_t)length);
}

/* Cut a conversation at some random places. */
static void
cut(struct talk *t, struct rng *rng)
{
    size_t at = 0;

    while (t->cuts_count < TALK_CUTS_MAX) {
        at += 1 + (size_t)rng_below(rng, t->length / 4 + 8);
        if (at >= t->length)
            break;
        t->cuts[t->cuts_count++] = at;
    }
    t->pauses = rng_below(rng, 4) == 0;
}

/* Prepare a script for one way of sending. */
void
talks_scripted(struct talk *t, size_t i, int way, struct rng *rng)
{
    const struct script *s =
        i < SCRIPTS ? &scripts[i] : &open_ended[i - SCRIPTS];

    assert(i < SCRIPTS + OPEN_ENDED && way >= 0 && way < TALKS_WAYS);
    memset(t, 0, sizeof(*t));
    snprintf(t->name, sizeof(t->name), "%s, %s", s->name, talks_ways[way]);
    t->script = s->name;
    for (size_t x = 0; x < s->padding; x++)
        add(t, "x", 1);
    add(t, s->bytes, s->length);
    t->shape = s->shape;
    t->each_byte = way == 1;
    if (way == 2)
        cut(t, rng);
    t->half_close = i >= SCRIPTS || way == 2;
}

/* Prepare bytes for one way of sending. */
void
talks_written(
    struct talk *t, const char *name, const char *bytes, size_t length, int way)
{
    assert(way >= 0 && way < TALKS_WAYS);
    memset(t, 0, sizeof(*t));
    snprintf(t->name, sizeof(t->name), "%s, %s", name, talks_ways[way]);
    add(t, bytes, length);
    t->each_byte = way == 1;
    t->pauses = way == 2;
    if (way == 2)
        t->cuts[t->cuts_count++] = length / 2;
}

/* Say one line of the grammar, with numbers that soon run out. */
static void
add_line(struct talk *t, struct rng *rng)
{
    static const char *const decisions[] = { "Warmer", "Colder", "Unsure",
        "Correct", "Same", "더 따뜻함", "더 차가움", "잘 모르겠음", "맞음",
        "Hotter" };
    long long low = (long long)rng_below(rng, 40) - 20;

    switch (rng_below(rng, 16)) {
    case 0:
    case 1:
        add_text(t, "PARAMS %lld %lld", low,
            low + (long long)rng_below(rng, 30) - 1);
        break;
    case 2:
        add_text(t, "PARAMS %lld %lld", (long long)rng_next(rng),
            (long long)rng_next(rng));
        break;
    case 3:
        add_text(t, "CLEAR");
        break;
    case 4:
    case 5:
    case 6:
    case 7:
    case 8:
        add_text(t, "REPORT %s",
            decisions[rng_below(
                rng, sizeof(decisions) / sizeof(decisions[0]))]);
        break;
    default:
        add_text(t, "NUMBER");
        break;
    }
    add_text(t, "%s", rng_below(rng, 8) == 0 ? "\r\n" : "\n");
}

/* Spoil a byte: replace it, drop it or say it twice. */
static void
spoil(struct talk *t, struct rng *rng)
{
    /* Neither NUL nor 255: to a server that speaks Telnet they may be a line
     * end or a command, and a peer need not speak it. */
    static const char likely[] = "\n\r \t+-0159PNRC\376\200\353";
    size_t at = (size_t)rng_below(rng, t->length);

    switch (rng_below(rng, 3)) {
    case 0:
        t->bytes[at] = likely[rng_below(rng, sizeof(likely) - 1)];
        break;
    case 1:
        memmove(t->bytes + at, t->bytes + at + 1, t->length - at - 1);
        t->length--;
        break;
    default:
        memmove(t->bytes + at + 1, t->bytes + at, t->length - at);
        t->length++;
        break;
    }
}

/*
 * Make up a conversation that opens a game, goes on at random, is spoiled
 * now and then, and ends with an empty line or a half close.
 */
void
talks_random(struct talk *t, struct rng *rng)
{
    size_t lines = 1 + (size_t)rng_below(rng, 40);

    memset(t, 0, sizeof(*t));
    snprintf(t->name, sizeof(t->name), "random conversation %016llx",
        (unsigned long long)rng->state);
    add_text(t, "PARAMS 1 %u\nNUMBER\n", 2 + (unsigned)rng_below(rng, 200));
    for (size_t i = 0; i < lines; i++)
        add_line(t, rng);
    if (rng_below(rng, 2) == 0)
        spoil(t, rng);
    t->half_close = rng_below(rng, 4) != 0;
    if (!t->half_close)
        add_text(t, "\n\n"); /* the first may end a spoiled last line */
    t->each_byte = rng_below(rng, 8) == 0;
    cut(t, rng);
}
