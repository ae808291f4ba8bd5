#include "common/player.h"

#include "common/log.h"
#include "common/number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Begin a game with this secret. */
void
player_begin(struct player *player, int64_t secret)
{
    *player = (struct player) { .secret = secret };
}

/* Judge a guess by its distance to the secret and to the one before. */
enum guess_decision
player_judge(struct player *player, int64_t guess)
{
    uint64_t before = player->distance;
    bool first = !player->has_guess;

    player->distance = guess > player->secret
                           ? (uint64_t)guess - (uint64_t)player->secret
                           : (uint64_t)player->secret - (uint64_t)guess;
    player->has_guess = true;
    if (player->distance == 0)
        return GUESS_CORRECT;
    if (first)
        return GUESS_UNSURE;
    if (player->distance < before)
        return GUESS_WARMER;
    return player->distance > before ? GUESS_COLDER : GUESS_SAME;
}

/* The decision that the user's answer at the prompt stands for. */
bool
player_answer(const char *text, size_t length, enum guess_decision *decision)
{
    size_t at = 0;

    while (at < length && (text[at] == ' ' || text[at] == '\t'))
        at++;
    switch (at < length && length <= PLAYER_ANSWER_MAX ? text[at] : '\0') {
    case 'w':
    case 'W':
        *decision = GUESS_WARMER;
        return true;
    case 'c':
    case 'C':
        *decision = GUESS_COLDER;
        return true;
    case 's':
    case 'S':
        *decision = GUESS_SAME;
        return true;
    case 'u':
    case 'U':
        *decision = GUESS_UNSURE;
        return true;
    case 'y':
    case 'Y':
        *decision = GUESS_CORRECT;
        return true;
    default:
        return false;
    }
}

/* Read a guess of the server's. */
bool
player_number(const struct line *line, int64_t *guess)
{
    return number_read(line->text, line->length, guess) == NUMBER_OK;
}

/* What to tell the user when the server sent this instead of a guess. */
void
player_complaint(char text[PLAYER_TEXT_MAX], enum line_status status,
    const struct line *line)
{
    static const char error[] = "ERROR ";
    const size_t prefix = sizeof(error) - 1;
    char shown[100];

    if (status != LINE_READY) {
        snprintf(text, PLAYER_TEXT_MAX, "%s",
            status == LINE_TOO_LONG ? "the server sent an endless line"
                                    : "the server closed the connection");
        return;
    }
    log_escape(shown, sizeof(shown), line->text, line->length);
    snprintf(text, PLAYER_TEXT_MAX,
        line->length > prefix && memcmp(line->text, error, prefix) == 0
            ? "the server answered: %s"
            : "the server sent no number but '%s'",
        shown);
}

/* "PARAMS <lower> <upper>\n" into text. */
size_t
player_params(char text[PLAYER_LINE_MAX], const struct player_game *game)
{
    return (size_t)snprintf(text, PLAYER_LINE_MAX, "PARAMS %lld %lld\n",
        (long long)game->lower, (long long)game->upper);
}

/* "REPORT <decision>\n" into text. */
size_t
player_report(char text[PLAYER_LINE_MAX], enum guess_decision decision,
    enum guess_language language)
{
    return (size_t)snprintf(
        text, PLAYER_LINE_MAX, "REPORT %s\n", guess_word(decision, language));
}

/* What is shown when a game begins. */
void
player_banner(char text[PLAYER_TEXT_MAX], const struct player_game *game,
    bool asking, enum guess_language language)
{
    const long long lower = game->lower, upper = game->upper;

    if (asking)
        snprintf(text, PLAYER_TEXT_MAX,
            "Think of a number between %lld and %lld.", lower, upper);
    else if (language == GUESS_KOREAN)
        snprintf(text, PLAYER_TEXT_MAX,
            "%lld와 %lld 사이의 숫자를 맞춰보세요! 쉿! 그 숫자는 %lld 입니다.",
            lower, upper, (long long)game->secret);
    else
        snprintf(text, PLAYER_TEXT_MAX,
            "Guess a number between %lld and %lld! Shhhhh, it's %lld.", lower,
            upper, (long long)game->secret);
}

/* The question about a guess when the user is asked. */
void
player_question(char text[PLAYER_TEXT_MAX], int64_t guess)
{
    snprintf(text, PLAYER_TEXT_MAX,
        "Is it %lld? [w]armer [c]older [s]ame [u]nsure [y]es: ",
        (long long)guess);
}

/* What is shown at the end for one guess. */
void
player_result(char text[PLAYER_TEXT_MAX], int64_t guess,
    enum guess_decision decision, enum guess_language language)
{
    const char *word = guess_word(decision, language);

    if (language == GUESS_KOREAN)
        snprintf(text, PLAYER_TEXT_MAX, "클라이언트: %lld는 %s",
            (long long)guess, word);
    else
        snprintf(text, PLAYER_TEXT_MAX, "Client: %lld is %s", (long long)guess,
            word);
}

/* Keep a guess and what was thought of it. */
bool
player_keep(
    struct player_results *results, int64_t guess, enum guess_decision decision)
{
    if (results->count == results->room) {
        size_t room = results->room == 0 ? 16 : results->room * 2;
        void *items =
            reallocarray(results->items, room, sizeof(*results->items));

        if (items == NULL)
            return false;
        results->items = items;
        results->room = room;
    }
    results->items[results->count].guess = guess;
    results->items[results->count++].decision = decision;
    return true;
}
