#include "common/player.h"

#include "common/log.h"
#include "common/number.h"
#include "common/permute.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Begin a game. */
void
player_begin(struct player *player, const struct player_game *game)
{
    player->game = *game;
    player->has_guess = false;
    player->first = player->results.count;
}

/* Free what a player remembers. */
void
player_free(struct player *player)
{
    free(player->results.items);
    free(player->places);
}

/* Where a guess stands in the table, or would stand: a place of this game's
 * results, or a free one. There is always a free one. */
static size_t *
find_place(const struct player *player, int64_t guess)
{
    const struct player_results *results = &player->results;
    const size_t last = 2 * results->room - 1;
    size_t at = permute_mix((uint64_t)guess ^ player->key) & last;

    while (player->places[at] > player->first &&
           results->items[player->places[at] - 1].guess != guess)
        at = (at + 1) & last;
    return &player->places[at];
}

/* Whether a number was guessed before in this game. */
static bool
was_guessed(const struct player *player, int64_t guess)
{
    return player->results.count > player->first &&
           *find_place(player, guess) > player->first;
}

/* Make room for more results, and a table for them; false: no memory. */
static bool
grow(struct player *player)
{
    struct player_results *results = &player->results;
    const size_t room = results->room == 0 ? 16 : results->room * 2;
    void *items = reallocarray(results->items, room, sizeof(*results->items));
    size_t *places;

    if (items == NULL)
        return false;
    results->items = items;
    places = reallocarray(player->places, 2 * room, sizeof(*places));
    if (places == NULL)
        return false;
    memset(places, 0, 2 * room * sizeof(*places));
    player->places = places;
    results->room = room;
    for (size_t i = player->first; i < results->count; i++)
        *find_place(player, results->items[i].guess) = i + 1;
    return true;
}

/* Keep a guess of this game and what was thought of it. */
bool
player_keep(struct player *player, int64_t guess, enum guess_decision decision)
{
    struct player_results *results = &player->results;

    if (results->count == results->room && !grow(player))
        return false;
    results->items[results->count].guess = guess;
    results->items[results->count++].decision = decision;
    *find_place(player, guess) = results->count;
    return true;
}

/* Judge a guess by its distance to the secret and to the one before. */
enum guess_decision
player_judge(struct player *player, int64_t guess)
{
    const int64_t secret = player->game.secret;
    uint64_t before = player->distance;
    bool first = !player->has_guess;

    player->distance = guess > secret ? (uint64_t)guess - (uint64_t)secret
                                      : (uint64_t)secret - (uint64_t)guess;
    player->has_guess = true;
    if (player->distance == 0)
        return GUESS_CORRECT;
    if (first)
        return GUESS_UNSURE;
    if (player->distance < before)
        return GUESS_WARMER;
    return player->distance > before ? GUESS_COLDER : GUESS_SAME;
}

/* Take in the next byte of a line that the user types. */
bool
player_type(struct player_typed *typed, char byte)
{
    if (byte == '\n')
        return true;
    if (typed->length < sizeof(typed->text))
        typed->text[typed->length++] = byte;
    return false;
}

/* What may be typed at the prompt, in lower case. */
static const struct {
    const char *text;
    enum player_answer answer;
    enum guess_decision decision;
} answers[] = {
    { "w", PLAYER_DECIDES, GUESS_WARMER },
    { "warmer", PLAYER_DECIDES, GUESS_WARMER },
    { "더 따뜻함", PLAYER_DECIDES, GUESS_WARMER },
    { "따뜻함", PLAYER_DECIDES, GUESS_WARMER },
    { "c", PLAYER_DECIDES, GUESS_COLDER },
    { "colder", PLAYER_DECIDES, GUESS_COLDER },
    { "더 차가움", PLAYER_DECIDES, GUESS_COLDER },
    { "차가움", PLAYER_DECIDES, GUESS_COLDER },
    { "s", PLAYER_DECIDES, GUESS_SAME },
    { "same", PLAYER_DECIDES, GUESS_SAME },
    { "같음", PLAYER_DECIDES, GUESS_SAME },
    { "u", PLAYER_DECIDES, GUESS_UNSURE },
    { "unsure", PLAYER_DECIDES, GUESS_UNSURE },
    { "잘 모르겠음", PLAYER_DECIDES, GUESS_UNSURE },
    { "모르겠음", PLAYER_DECIDES, GUESS_UNSURE },
    { "y", PLAYER_DECIDES, GUESS_CORRECT },
    { "yes", PLAYER_DECIDES, GUESS_CORRECT },
    { "correct", PLAYER_DECIDES, GUESS_CORRECT },
    { "맞음", PLAYER_DECIDES, GUESS_CORRECT },
    { "예", PLAYER_DECIDES, GUESS_CORRECT },
    { "네", PLAYER_DECIDES, GUESS_CORRECT },
    { "?", PLAYER_WANTS_HELP, GUESS_UNSURE },
    { "h", PLAYER_WANTS_HELP, GUESS_UNSURE },
    { "help", PLAYER_WANTS_HELP, GUESS_UNSURE },
    { "도움말", PLAYER_WANTS_HELP, GUESS_UNSURE },
    { "q", PLAYER_QUITS, GUESS_UNSURE },
    { "quit", PLAYER_QUITS, GUESS_UNSURE },
    { "exit", PLAYER_QUITS, GUESS_UNSURE },
    { "그만", PLAYER_QUITS, GUESS_UNSURE },
};

/* Whether this is what was typed, in either case. */
static bool
is_typed(const char *text, size_t length, const char *expected)
{
    if (strlen(expected) != length)
        return false;
    for (size_t i = 0; i < length; i++)
        if ((text[i] >= 'A' && text[i] <= 'Z' ? text[i] + ('a' - 'A')
                                              : text[i]) != expected[i])
            return false;
    return true;
}

/* Whether a byte is a blank around what was typed. */
static bool
is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r';
}

/* What the user's answer at the prompt asks for. */
enum player_answer
player_answer(const struct player *player, const char *text, size_t length,
    enum guess_decision *decision)
{
    while (length > 0 && is_blank(*text)) {
        text++;
        length--;
    }
    while (length > 0 && is_blank(text[length - 1]))
        length--;
    for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
        if (!is_typed(text, length, answers[i].text))
            continue;
        if (player->results.count == player->first &&
            (answers[i].decision == GUESS_WARMER ||
                answers[i].decision == GUESS_COLDER ||
                answers[i].decision == GUESS_SAME))
            return PLAYER_TOO_EARLY;
        if (answers[i].answer == PLAYER_DECIDES)
            *decision = answers[i].decision;
        return answers[i].answer;
    }
    return PLAYER_UNCLEAR;
}

/* Read a guess of the server's. */
bool
player_number(const struct line *line, int64_t *guess)
{
    return number_read(line->text, line->length, guess) == NUMBER_OK;
}

/* Take what came in answer to PLAYER_NUMBER. */
bool
player_take(char text[PLAYER_TEXT_MAX], const struct player *player,
    enum line_status status, const struct line *line, int64_t *guess)
{
    const struct player_game *game = &player->game;

    if (status != LINE_READY || !player_number(line, guess)) {
        player_complaint(text, player, status, line, false);
        return false;
    }
    if (*guess < game->lower || *guess > game->upper) {
        snprintf(text, PLAYER_TEXT_MAX,
            "the server guessed %lld, which is not between %lld and %lld",
            (long long)*guess, (long long)game->lower, (long long)game->upper);
        return false;
    }
    if (was_guessed(player, *guess)) {
        snprintf(text, PLAYER_TEXT_MAX, "the server guessed %lld again",
            (long long)*guess);
        return false;
    }
    return true;
}

/* What to tell the user when this came. */
void
player_complaint(char text[PLAYER_TEXT_MAX], const struct player *player,
    enum line_status status, const struct line *line, bool unasked)
{
    static const char error[] = "ERROR ";
    const size_t prefix = sizeof(error) - 1;
    char shown[100];

    if (status == LINE_LATE) {
        snprintf(text, PLAYER_TEXT_MAX,
            unasked ? "the server sent part of a line unasked"
                    : "the server has not answered for %.60s s",
            player->patience);
        return;
    }
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
        : unasked ? "the server sent '%s' unasked"
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

    if (asking && language == GUESS_KOREAN)
        snprintf(text, PLAYER_TEXT_MAX,
            "%lld부터 %lld 사이의 숫자를 생각하세요.", lower, upper);
    else if (asking)
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
player_question(
    char text[PLAYER_TEXT_MAX], int64_t guess, enum guess_language language)
{
    snprintf(text, PLAYER_TEXT_MAX,
        language == GUESS_KOREAN
            ? "%lld인가요? [w] 더 따뜻함 [c] 더 차가움 [s] 같음 [u] 잘 "
              "모르겠음 "
              "[y] 맞음: "
            : "Is it %lld? [w]armer [c]older [s]ame [u]nsure [y]es: ",
        (long long)guess);
}

/* What the user is told when the answer was no decision. */
const char *
player_hint(enum player_answer answer, enum guess_language language)
{
    static const char *const hints[][2] = {
        [PLAYER_DECIDES] = { "", "" },
        [PLAYER_WANTS_HELP] = {
            "  w  warmer: nearer to your number than the guess before\n"
            "  c  colder: farther from it than the guess before\n"
            "  s  same: exactly as far from it\n"
            "  u  unsure: there is no guess before, or you cannot tell\n"
            "  y  yes: that is your number\n"
            "  q  quit the game",
            "  w  더 따뜻함: 바로 앞의 숫자보다 정답에 더 가까움\n"
            "  c  더 차가움: 바로 앞의 숫자보다 정답에서 더 멂\n"
            "  s  같음: 바로 앞의 숫자와 거리가 같음\n"
            "  u  잘 모르겠음: 비교할 앞의 숫자가 없거나 알 수 없음\n"
            "  y  맞음: 바로 그 숫자임\n"
            "  q  게임 끝내기",
        },
        [PLAYER_TOO_EARLY] = {
            "This is the first guess, so there is nothing to compare it with: "
            "answer u or y.",
            "첫 번째 숫자라서 비교할 숫자가 없습니다. u나 y로 답하세요.",
        },
        [PLAYER_UNCLEAR] = {
            "Please answer w, c, s, u or y (? explains them, q quits).",
            "w, c, s, u, y 중 하나로 답하세요 (?는 설명, q는 끝내기).",
        },
        [PLAYER_QUITS] = { "", "" },
    };

    return hints[answer][language];
}

/* What is shown when the user's number was found. */
void
player_found(char text[PLAYER_TEXT_MAX], const struct player *player,
    enum guess_language language)
{
    const size_t guesses = player->results.count - player->first;

    if (language == GUESS_KOREAN)
        snprintf(text, PLAYER_TEXT_MAX, "%zu번 만에 맞혔습니다.", guesses);
    else
        snprintf(text, PLAYER_TEXT_MAX, "Found in %zu guess%s.", guesses,
            guesses == 1 ? "" : "es");
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
