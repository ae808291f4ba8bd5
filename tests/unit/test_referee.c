#include "report/alike/referee.h"

#include "common/guess.h"
#include "common/line.h"
#include "report/alike/talks.h"
#include "report/rng.h"
#include "tests/unit/guard.h"
#include "tests/unit/unit.h"

#include <string.h>

#define BYTES(s)                                                               \
    {                                                                          \
        (s), sizeof(s) - 1                                                     \
    }

/* The rules, by their beginnings. */
#define ANSWERED "every request"
#define LF       "each answer is a line"
#define NO_MORE  "nothing is answered"
#define REASON   "an error"
#define INTEGER  "NUMBER is answered"
#define RANGE    "a guess lies"
#define TWICE    "no number"
#define SECRET   "after Correct"

/* What was sent, what the model answered, what came. */
struct trial {
    struct bytes sent, model, came;
    const char *rule; /* NULL = none is broken */
    size_t answer;
};

static const struct trial good[] = {
    { BYTES(""), BYTES(""), BYTES(""), NULL, 0 },
    { BYTES("PARAMS 1 5\nNUMBER\n"), BYTES("4\n"), BYTES("4\n"), NULL, 0 },
    /* Guesses are one's own, and both ends belong to the range. */
    { BYTES("PARAMS 1 5\nNUMBER\nNUMBER\n"), BYTES("4\n2\n"), BYTES("1\n5\n"),
        NULL, 0 },
    /* A sign and zeros in front make no other number. */
    { BYTES("PARAMS -5 5\nNUMBER\nNUMBER\nNUMBER\n"), BYTES("1\n2\n3\n"),
        BYTES("+5\n-0005\n-0\n"), NULL, 0 },
    { BYTES("PARAMS -9223372036854775808 9223372036854775807\nNUMBER\n"
            "NUMBER\n"),
        BYTES("1\n2\n"), BYTES("-9223372036854775808\n9223372036854775807\n"),
        NULL, 0 },
    /* The same number in another game. */
    { BYTES("PARAMS 1 5\nNUMBER\nPARAMS 1 5\nNUMBER\n"), BYTES("4\n2\n"),
        BYTES("3\n3\n"), NULL, 0 },
    /* Found, as often as it is asked, whatever is reported then. */
    { BYTES("PARAMS 1 5\nNUMBER\nNUMBER\nREPORT Correct\nNUMBER\n"
            "REPORT Colder\nNUMBER\n"),
        BYTES("4\n2\n2\n2\n"), BYTES("1\n3\n3\n3\n"), NULL, 0 },
    { BYTES("PARAMS 1 5\r\nNUMBER\r\nREPORT 맞음\r\nNUMBER\r\n"),
        BYTES("4\n4\n"), BYTES("1\n1\n"), NULL, 0 },
    /* A new game has no secret yet. */
    { BYTES("PARAMS 1 5\nNUMBER\nREPORT Correct\nPARAMS 1 5\nNUMBER\nNUMBER\n"),
        BYTES("4\n4\n1\n"), BYTES("1\n2\n3\n"), NULL, 0 },
    { BYTES("PARAMS 1 2\nNUMBER\nNUMBER\nNUMBER"),
        BYTES("1\n2\nERROR every number already guessed\n"),
        BYTES("2\n1\nERROR every number already guessed\n"), NULL, 0 },
    { BYTES("PARAMS 1 2\nCLEAR\nNUMBER\n"), BYTES("ERROR no game\n"),
        BYTES("ERROR no game\n"), NULL, 0 },
    /* The last line has no end. */
    { BYTES("PARAMS 1 5\nNUMBER"), BYTES("4\n"), BYTES("5\n"), NULL, 0 },
};

static const struct trial bad[] = {
    { BYTES("PARAMS 1 5\nNUMBER\n"), BYTES("4\n"), BYTES("0\n"), RANGE, 1 },
    { BYTES("PARAMS 1 5\nNUMBER\n"), BYTES("4\n"), BYTES("6\n"), RANGE, 1 },
    { BYTES("PARAMS 1 5\nPARAMS 7 8\nNUMBER\n"), BYTES("7\n"), BYTES("5\n"),
        RANGE, 1 },
    { BYTES("PARAMS 1 5\nNUMBER\nNUMBER\n"), BYTES("4\n1\n"), BYTES("2\n2\n"),
        TWICE, 2 },
    { BYTES("PARAMS 1 5\nNUMBER\nNUMBER\nNUMBER\n"), BYTES("4\n1\n2\n"),
        BYTES("2\n3\n+2\n"), TWICE, 3 },
    { BYTES("PARAMS 1 5\nNUMBER\nREPORT Correct\nNUMBER\n"), BYTES("4\n4\n"),
        BYTES("2\n3\n"), SECRET, 2 },
    { BYTES("PARAMS 1 5\nNUMBER\nNUMBER\nREPORT 맞음\nNUMBER\n"),
        BYTES("4\n3\n3\n"), BYTES("2\n3\n2\n"), SECRET, 3 },
    { BYTES("PARAMS 1 5\nNUMBER\n"), BYTES("4\n"), BYTES("four\n"), INTEGER,
        1 },
    { BYTES("PARAMS 1 5\nNUMBER\n"), BYTES("4\n"), BYTES("4 \n"), INTEGER, 1 },
    { BYTES("PARAMS 1 5\nNUMBER\n"), BYTES("4\n"), BYTES("4\r\n"), INTEGER, 1 },
    { BYTES("PARAMS 1 5\nNUMBER\n"), BYTES("4\n"), BYTES("ERROR no game\n"),
        INTEGER, 1 },
    { BYTES("PARAMS 1 5\nNUMBER\n"), BYTES("4\n"),
        BYTES("9223372036854775808\n"), INTEGER, 1 },
    { BYTES("PARAMS 1 5\nNUMBER\n"), BYTES("4\n"), BYTES("4"), LF, 1 },
    { BYTES("PARAMS 1 5\nNUMBER\n"), BYTES("4\n"), BYTES(""), ANSWERED, 1 },
    { BYTES("PARAMS 1 5\nNUMBER\n"), BYTES("4\n"), BYTES("4\n5\n"), NO_MORE,
        2 },
    { BYTES("PARAMS 1 5\n"), BYTES(""), BYTES("OK\n"), NO_MORE, 1 },
    { BYTES("NUMBER\n"), BYTES("ERROR no game\n"), BYTES("ERROR No game\n"),
        REASON, 1 },
    { BYTES("NUMBER\n"), BYTES("ERROR no game\n"), BYTES("7\n"), REASON, 1 },
    { BYTES("N\n"), BYTES("ERROR unknown command\n"), BYTES("\n"), REASON, 1 },
    { BYTES("N\n"), BYTES("ERROR unknown command\n"), BYTES("\0\n"), REASON,
        1 },
};

/* Judge with what was sent and what came ending at a fault. */
static bool
judge(const struct trial *t, struct ruling *ruling)
{
    struct bytes sent = t->sent, came = t->came;

    char *room = guard_room(came.length);

    if (came.length > 0)
        memcpy(room, came.bytes, came.length);
    came.bytes = room;
    sent.bytes = guard_copy(sent.bytes, sent.length);
    return referee_judge(sent, t->model, came, ruling);
}

TEST(what_keeps_the_rules_passes, .times = COUNT(good))
{
    struct ruling ruling;

    ck_assert_msg(judge(&good[_i], &ruling), "%s", ruling.rule);
}

TEST(the_first_broken_rule_is_named, .times = COUNT(bad))
{
    const struct trial *t = &bad[_i];
    struct ruling ruling;

    ck_assert(!judge(t, &ruling));
    ck_assert_msg(
        strncmp(ruling.rule, t->rule, strlen(t->rule)) == 0, "%s", ruling.rule);
    ck_assert_uint_eq(ruling.answer, t->answer);
}

TEST(what_was_expected_is_said)
{
    static const struct trial range = { BYTES("PARAMS -3 -1\nNUMBER\n"),
        BYTES("-2\n"), BYTES("1\n"), RANGE, 1 };
    static const struct trial secret = {
        BYTES("PARAMS 1 9\nNUMBER\nREPORT Correct\nNUMBER\n"), BYTES("2\n2\n"),
        BYTES("7\n2\n"), SECRET, 2
    };
    struct ruling ruling;

    ck_assert(!judge(&range, &ruling));
    ck_assert_str_eq(ruling.expected,
        "an integer from -3 to -1 that was not guessed in this game");
    ck_assert(!judge(&secret, &ruling));
    ck_assert_str_eq(ruling.expected, "7");
}

/* What a server of ours answers to a conversation; `bytes` is for the span. */
static struct bytes
play(const struct talk *t, enum guess_strategy strategy, uint64_t seed,
    char *bytes)
{
    const struct guess_rules rules = { .strategy = strategy, .quiet = true };
    struct bytes answer = { bytes, 0 };
    enum line_status status = LINE_READY;
    struct line_scanner scanner;
    struct guess_session session;
    struct guess_reply reply = { .last = false };
    size_t at = 0, used;
    struct line line;

    line_init(&scanner, 1024);
    guess_begin(&session, &rules, seed);
    while (!reply.last && status == LINE_READY) {
        status =
            line_next(&scanner, t->bytes + at, t->length - at, &line, &used);
        if (status == LINE_PARTIAL) {
            status = line_last(&scanner, t->bytes + at, t->length - at, &line);
            used = t->length - at;
        }
        at += used;
        guess_receive(&session, status, &line, &reply);
        memcpy(bytes + answer.length, reply.text, reply.length);
        answer.length += reply.length;
    }
    guess_end(&session);
    return answer;
}

/* Make up conversation number i. */
static void
make_talk(struct talk *t, size_t i, struct rng *rng)
{
    if (i < talks_scripted_count())
        talks_scripted(t, i, 0, rng);
    else
        talks_random(t, rng);
}

TEST(servers_of_ours_pass_whatever_they_guess, .times = GUESS_BISECT + 1)
{
    static char model[TALK_BYTES_MAX * 8], came[TALK_BYTES_MAX * 8];
    static struct talk t;
    struct ruling ruling;
    struct rng rng;

    rng_seed(&rng, 5);
    for (size_t i = 0; i < 5000; i++) {
        make_talk(&t, i, &rng);
        ck_assert_msg(
            referee_judge((struct bytes) { t.bytes, t.length },
                play(&t, GUESS_RANDOM, i, model),
                play(&t, (enum guess_strategy)_i, i + 1, came), &ruling),
            "%s: %s, line %zu", t.name, ruling.rule, ruling.answer);
    }
}

TEST(a_changed_byte_is_judged_without_a_fault)
{
    static char model[TALK_BYTES_MAX * 8], came[TALK_BYTES_MAX * 8];
    static struct talk t;
    size_t found = 0, judged = 0;
    struct ruling ruling;
    struct rng rng;

    rng_seed(&rng, 6);
    for (size_t i = 0; i < 5000; i++) {
        struct trial trial;

        make_talk(&t, i, &rng);
        trial.sent = (struct bytes) { t.bytes, t.length };
        trial.model = play(&t, GUESS_RANDOM, i, model);
        trial.came = play(&t, GUESS_RANDOM, i, came);
        if (trial.came.length == 0)
            continue;
        came[rng_below(&rng, trial.came.length)] = (char)rng_next(&rng);
        judged++;
        found += !judge(&trial, &ruling);
    }
    /* Some change a guess into another one that is as good. */
    ck_assert_uint_gt(found, judged * 9 / 10);
}
