#include "common/guess.h"

#include "common/number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistr.h>

static const char *const words[][GUESS_DECISIONS] = {
    [GUESS_ENGLISH] = {
        [GUESS_UNSURE] = "Unsure",
        [GUESS_WARMER] = "Warmer",
        [GUESS_COLDER] = "Colder",
        [GUESS_SAME] = "Same",
        [GUESS_CORRECT] = "Correct",
    },
    [GUESS_KOREAN] = {
        [GUESS_UNSURE] = "잘 모르겠음",
        [GUESS_WARMER] = "더 따뜻함",
        [GUESS_COLDER] = "더 차가움",
        [GUESS_SAME] = "잘 모르겠음",
        [GUESS_CORRECT] = "맞음",
    },
};

/* The word for a decision. */
const char *
guess_word(enum guess_decision decision, enum guess_language language)
{
    return words[language][decision];
}

/* Whether a piece of a line is exactly this word. */
static bool
equals(const char *text, size_t length, const char *word)
{
    return strlen(word) == length && memcmp(text, word, length) == 0;
}

/* Find the decision that a word of either language stands for. */
static bool
find_decision(const char *text, size_t length, enum guess_decision *decision)
{
    for (size_t language = 0; language < 2; language++) {
        for (enum guess_decision i = 0; i < GUESS_DECISIONS; i++) {
            if (equals(text, length, words[language][i])) {
                *decision = i;
                return true;
            }
        }
    }
    return false;
}

/* Answer with an ERROR line and end the conversation. */
static void
fail(struct guess_session *session, struct guess_reply *reply,
    const char *reason)
{
    int length =
        snprintf(reply->text, sizeof(reply->text), "ERROR %s\n", reason);

    reply->length = (size_t)length;
    reply->last = true;
    if (!session->rules->quiet)
        snprintf(
            reply->console, sizeof(reply->console), "Server: ERROR %s", reason);
}

/* Forget the game, its guesses and its secret. */
static void
clear(struct guess_session *session)
{
    session->playing = false;
    session->guessed = false;
    session->found = false;
    session->exhausted = false;
}

/* Begin a conversation. */
void
guess_begin(struct guess_session *session, const struct guess_rules *rules,
    uint64_t seed)
{
    *session = (struct guess_session) { .rules = rules, .seed = seed };
}

/* End a conversation and free what it holds. */
void
guess_end(struct guess_session *session)
{
    free(session->bisect);
    session->bisect = NULL;
}

/* Start a new game on lower..upper, both included. */
static void
start_game(struct guess_session *session, int64_t lower, int64_t upper,
    struct guess_reply *reply)
{
    uint64_t last = (uint64_t)upper - (uint64_t)lower;
    uint64_t key = permute_mix(session->seed) ^ session->games++;

    clear(session);
    if (lower > upper)
        return;
    session->playing = true;
    session->lower = lower;
    session->index = 0;
    if (session->rules->strategy == GUESS_BISECT) {
        if (session->bisect == NULL)
            session->bisect = malloc(sizeof(*session->bisect));
        if (session->bisect == NULL)
            fail(session, reply, GUESS_NO_MEMORY);
        else
            bisect_init(session->bisect, last, key);
    } else {
        permute_init(&session->numbers, last, key);
    }
}

/* PARAMS <lower> <upper>: a new game, or none when lower > upper. */
static void
receive_params(struct guess_session *session, const char *text, size_t length,
    struct guess_reply *reply)
{
    const char *space = memchr(text, ' ', length);
    const char *second;
    enum number_status status[2];
    int64_t lower, upper;
    size_t first_length, second_length;

    if (space == NULL) {
        fail(session, reply, GUESS_WRONG_ARITY);
        return;
    }
    first_length = (size_t)(space - text);
    second = space + 1;
    second_length = length - first_length - 1;
    if (memchr(second, ' ', second_length) != NULL) {
        fail(session, reply, GUESS_WRONG_ARITY);
        return;
    }
    status[0] = number_read(text, first_length, &lower);
    status[1] = number_read(second, second_length, &upper);
    if (status[0] == NUMBER_MALFORMED || status[1] == NUMBER_MALFORMED)
        fail(session, reply, GUESS_NOT_INTEGER);
    else if (status[0] == NUMBER_RANGE || status[1] == NUMBER_RANGE)
        fail(session, reply, GUESS_OUT_OF_RANGE);
    else
        start_game(session, lower, upper, reply);
}

/* Draw the next number of the game; false: there is none left. */
static bool
draw(struct guess_session *session)
{
    uint64_t offset;

    if (session->found)
        return true;
    if (session->rules->strategy == GUESS_BISECT) {
        if (!bisect_next(session->bisect, &offset))
            return false;
    } else {
        if (session->exhausted)
            return false;
        offset = permute_at(&session->numbers, session->index);
        if (session->index == session->numbers.last)
            session->exhausted = true;
        else
            session->index++;
    }
    session->guess = (int64_t)((uint64_t)session->lower + offset);
    session->guessed = true;
    return true;
}

/* NUMBER: the next guess; once found, the secret again. */
static void
receive_number(struct guess_session *session, struct guess_reply *reply)
{
    if (!session->playing) {
        fail(session, reply, GUESS_NO_GAME);
    } else if (!draw(session)) {
        fail(session, reply, GUESS_NONE_LEFT);
    } else {
        reply->length = number_write(reply->text, session->guess);
        reply->text[reply->length++] = '\n';
    }
}

/* The console record for a decision, in the words of either edition. */
static void
note_decision(const struct guess_session *session, const char *text,
    size_t length, struct guess_reply *reply)
{
    const long long guess = session->guess;

    if (session->rules->quiet)
        return;
    if (session->rules->language == GUESS_KOREAN)
        snprintf(reply->console, sizeof(reply->console), "서버: %lld는 %.*s",
            guess, (int)length, text);
    else
        snprintf(reply->console, sizeof(reply->console), "Server: %lld is %.*s",
            guess, (int)length, text);
}

/* REPORT <decision>: what the client thinks of the last guess. */
static void
receive_report(struct guess_session *session, const char *text, size_t length,
    struct guess_reply *reply)
{
    static const enum bisect_hint hints[GUESS_DECISIONS] = {
        [GUESS_UNSURE] = BISECT_UNKNOWN,
        [GUESS_WARMER] = BISECT_NEARER,
        [GUESS_COLDER] = BISECT_FARTHER,
        [GUESS_SAME] = BISECT_EQUAL,
        [GUESS_CORRECT] = BISECT_UNKNOWN,
    };
    enum guess_decision decision;

    if (!find_decision(text, length, &decision)) {
        fail(session, reply, GUESS_UNKNOWN_DECISION);
    } else if (!session->guessed) {
        fail(session, reply, GUESS_NO_GUESS);
    } else {
        note_decision(session, text, length, reply);
        if (decision == GUESS_CORRECT)
            session->found = true;
        else if (session->rules->strategy == GUESS_BISECT && !session->found)
            bisect_answer(session->bisect, hints[decision]);
    }
}

/* Whether a whole line asks for a number. */
static bool
is_number(const struct line *line)
{
    return equals(line->text, line->length, "NUMBER");
}

/* Obey or answer a whole line. */
static void
receive_line(struct guess_session *session, const struct line *line,
    struct guess_reply *reply)
{
    const char *text = line->text;
    const char *space;
    size_t command;

    if (is_number(line)) {
        receive_number(session, reply);
        return;
    }
    if (line->length == 0) {
        reply->last = true;
        return;
    }
    if (u8_check((const uint8_t *)text, line->length) != NULL) {
        fail(session, reply, GUESS_NOT_UTF8);
        return;
    }
    if (!session->started && line_is_http(line)) {
        /* Nothing that a page could read or send on as ours. */
        reply->last = true;
        return;
    }
    space = memchr(text, ' ', line->length);
    command = space == NULL ? line->length : (size_t)(space - text);
    if (equals(text, command, "NUMBER") || equals(text, command, "CLEAR")) {
        if (space != NULL)
            fail(session, reply, GUESS_WRONG_ARITY);
        else
            clear(session);
    } else if (equals(text, command, "PARAMS")) {
        if (space == NULL)
            fail(session, reply, GUESS_WRONG_ARITY);
        else
            receive_params(
                session, space + 1, line->length - command - 1, reply);
    } else if (equals(text, command, "REPORT")) {
        if (space == NULL)
            fail(session, reply, GUESS_WRONG_ARITY);
        else
            receive_report(
                session, space + 1, line->length - command - 1, reply);
    } else {
        fail(session, reply, GUESS_UNKNOWN_COMMAND);
    }
}

/* Whether what the line framing found asks for a number. */
bool
guess_asks_number(enum line_status status, const struct line *line)
{
    return status == LINE_READY && is_number(line);
}

/* Take in what the line framing found, and say what to do. */
void
guess_receive(struct guess_session *session, enum line_status status,
    const struct line *line, struct guess_reply *reply)
{
    reply->length = 0;
    reply->last = false;
    reply->console[0] = '\0';
    switch (status) {
    case LINE_READY:
        receive_line(session, line, reply);
        session->started = true;
        break;
    case LINE_TOO_LONG:
        fail(session, reply, GUESS_LINE_TOO_LONG);
        break;
    case LINE_LATE:
        fail(session, reply, GUESS_LINE_TIMEOUT);
        break;
    case LINE_PARTIAL:
    case LINE_END:
    default:
        reply->last = true;
        break;
    }
}
