#include "report/alike/referee.h"

#include "common/number.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* The game that a conversation is at, as the client's lines tell. */
struct game {
    struct bytes sent; /* lines that were not looked at yet */
    bool playing;
    bool found; /* the last guess is the secret */
    int64_t lower, upper;
    struct bytes guesses; /* the answers of this game so far */
};

/*
 * Take the first line off `*rest` into `*line`, without its LF; false when
 * nothing is left. `*whole` tells whether there was an LF.
 */
static bool
take_line(struct bytes *rest, struct bytes *line, bool *whole)
{
    const char *lf;

    if (rest->length == 0)
        return false;
    lf = memchr(rest->bytes, '\n', rest->length);
    *whole = lf != NULL;
    *line = *rest;
    if (*whole)
        line->length = (size_t)(lf - rest->bytes);
    rest->bytes += line->length + *whole;
    rest->length -= line->length + *whole;
    return true;
}

/* Tell whether a line is this text. */
static bool
is(struct bytes line, const char *text)
{
    return line.length == strlen(text) &&
           memcmp(line.bytes, text, line.length) == 0;
}

/* Read a line that is an integer. */
static bool
read_integer(struct bytes line, int64_t *value)
{
    return number_read(line.bytes, line.length, value) == NUMBER_OK;
}

/* Read "PARAMS <lower> <upper>"; false if the line is not that. */
static bool
read_params(struct bytes line, int64_t *lower, int64_t *upper)
{
    static const char word[] = "PARAMS ";
    const size_t skip = sizeof(word) - 1;
    const char *space;
    struct bytes first, second;

    if (line.length < skip || memcmp(line.bytes, word, skip) != 0)
        return false;
    first = (struct bytes) { line.bytes + skip, line.length - skip };
    space = memchr(first.bytes, ' ', first.length);
    if (space == NULL)
        return false;
    second.bytes = space + 1;
    second.length = first.length - (size_t)(space - first.bytes) - 1;
    first.length = (size_t)(space - first.bytes);
    return read_integer(first, lower) && read_integer(second, upper);
}

/*
 * Follow the client's lines up to the next NUMBER that asks for a guess; false
 * when there is none. The answers up to `now` have been given.
 */
static bool
find_request(struct game *g, const char *now)
{
    struct bytes line;
    bool whole;

    while (take_line(&g->sent, &line, &whole)) {
        if (whole && line.length > 0 && line.bytes[line.length - 1] == '\r')
            line.length--;
        if (is(line, "NUMBER"))
            return g->playing;
        if (is(line, "CLEAR"))
            g->playing = false;
        else if (is(line, "REPORT Correct") || is(line, "REPORT 맞음"))
            g->found = true;
        else if (read_params(line, &g->lower, &g->upper))
            *g = (struct game) { .sent = g->sent,
                .playing = g->lower <= g->upper,
                .lower = g->lower,
                .upper = g->upper,
                .guesses.bytes = now };
    }
    return false;
}

/* Find an integer among answers; `*last` is what the last of them is. */
static bool
find_guess(struct bytes answers, int64_t guess, int64_t *last)
{
    struct bytes line;
    bool whole, found = false;

    while (take_line(&answers, &line, &whole))
        if (read_integer(line, last))
            found = found || *last == guess;
    return found;
}

/* Judge an integer, the answer that begins at `now`. */
static bool
judge_guess(
    struct game *g, int64_t guess, const char *now, struct ruling *ruling)
{
    int64_t last = 0;
    bool again;

    if (!find_request(g, now))
        return true;
    g->guesses.length = (size_t)(now - g->guesses.bytes);
    again = find_guess(g->guesses, guess, &last);
    if (g->found) {
        ruling->rule = "after Correct the answer is the secret again";
        snprintf(ruling->expected, REFEREE_TEXT_MAX, "%" PRId64, last);
        return guess == last;
    }
    snprintf(ruling->expected, REFEREE_TEXT_MAX,
        "an integer from %" PRId64 " to %" PRId64
        " that was not guessed in this game",
        g->lower, g->upper);
    ruling->rule = "a guess lies in the range of its game";
    if (guess < g->lower || guess > g->upper)
        return false;
    ruling->rule = "no number is guessed twice in a game";
    return !again;
}

/* Describe what the model answered. */
static void
expect(struct ruling *ruling, const char *rule, struct bytes line)
{
    int64_t ignored;

    ruling->rule = rule;
    if (read_integer(line, &ignored))
        snprintf(ruling->expected, REFEREE_TEXT_MAX, "an integer");
    else
        snprintf(ruling->expected, REFEREE_TEXT_MAX, "'%.*s'", (int)line.length,
            line.bytes);
}

/* Judge the next line that came, if any, by the model's, if any. */
static bool
judge_line(struct game *g, struct bytes *model, struct bytes *came,
    struct ruling *ruling)
{
    const char *now = came->bytes;
    struct bytes right = { "", 0 }, line;
    int64_t guess;
    bool due, whole;

    ruling->answer++;
    due = take_line(model, &right, &whole);
    if (!take_line(came, &line, &whole)) {
        expect(ruling, "every request is answered", right);
        return false;
    }
    expect(ruling, "each answer is a line that ends with LF", right);
    if (!whole)
        return false;
    if (!due) {
        ruling->rule = "nothing is answered that was not asked";
        snprintf(ruling->expected, REFEREE_TEXT_MAX, "nothing more");
        return false;
    }
    if (!read_integer(right, &guess)) {
        expect(ruling, "an error is answered by its ERROR line", right);
        return line.length == right.length &&
               memcmp(line.bytes, right.bytes, line.length) == 0;
    }
    expect(ruling, "NUMBER is answered by an integer", right);
    return read_integer(line, &guess) && judge_guess(g, guess, now, ruling);
}

/* Judge line by line until all have been or a rule is broken. */
bool
referee_judge(struct bytes sent, struct bytes model, struct bytes came,
    struct ruling *ruling)
{
    struct game g = { .sent = sent };

    ruling->answer = 0;
    while (model.length > 0 || came.length > 0)
        if (!judge_line(&g, &model, &came, ruling))
            return false;
    return true;
}
