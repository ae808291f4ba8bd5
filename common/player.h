/*
 * player - the number-guessing game, as the client plays it.
 *
 * What the player thinks of a guess, what it sends, what it shows on the
 * console, and what it does not put up with; for any client. All texts are
 * those of "Effective Python" and its Korean edition. Nothing here reads,
 * writes, waits or allocates, but for the results, which grow.
 */
#ifndef COMMON_PLAYER_H
#define COMMON_PLAYER_H

#include "common/guess.h"

/* One game that is to be played. */
struct player_game {
    int64_t lower, upper;
    int64_t secret; /* not known when the user is asked */
};

/* What the client sends to ask for a guess, and to leave a game. */
#define PLAYER_NUMBER "NUMBER\n"
#define PLAYER_LEAVE  "PARAMS 0 -1\n"

/* Room for the longest line that is sent, and for the longest shown. */
#define PLAYER_LINE_MAX 64
#define PLAYER_TEXT_MAX 160

/* What was thought of each guess, in all games. */
struct player_results {
    struct {
        int64_t guess;
        enum guess_decision decision;
    } * items;
    size_t count, room;
};

/* A player: the game it is in, and all guesses so far. Zero it, but for what
 * comes first; player_free when done. */
struct player {
    /* Its owner's: a random number, so that no server can choose guesses that
     * are slow to look up; and how many seconds a server may take to answer,
     * as text, for the complaint. */
    uint64_t key;
    const char *patience;

    struct player_game game;
    uint64_t distance; /* of the last guess to the secret */
    bool has_guess;
    struct player_results results;
    size_t first;   /* of this game's results */
    size_t *places; /* a hash table of them, two places for each: 1 + the index
                       of a result; up to first, the place is free */
};

/* Begin a game. */
void player_begin(struct player *player, const struct player_game *game);

/* Free what a player remembers. */
void player_free(struct player *player);

/*
 * Judge a guess by its distance to the secret and to the one before: Correct;
 * Unsure for the first; then Warmer, Colder or Same.
 */
enum guess_decision player_judge(struct player *player, int64_t guess);

/* Keep a guess of this game and what was thought of it; false: no memory, and
 * nothing has changed. */
bool player_keep(
    struct player *player, int64_t guess, enum guess_decision decision);

/* The longest answer of the user's that is looked at, without its line end. */
#define PLAYER_ANSWER_MAX 1024

/* A line that the user types. Zero it, and its length once it was used. */
struct player_typed {
    char text[PLAYER_ANSWER_MAX + 1]; /* as much of it as is looked at */
    size_t length;                    /* of that, without its end */
};

/* Take in the next byte; true: it was the end of the line. However long the
 * line is, it takes no more memory than this. */
bool player_type(struct player_typed *typed, char byte);

/* What the user's answer at the prompt asks for. */
enum player_answer {
    PLAYER_DECIDES,    /* it judges the guess */
    PLAYER_WANTS_HELP, /* ? */
    PLAYER_TOO_EARLY,  /* it compares the game's first guess, but with what? */
    PLAYER_UNCLEAR,
    PLAYER_QUITS, /* q */
};

/*
 * Read the user's answer: a letter (w, c, s, u, y, ?, q) or a whole word of
 * either language, whatever the language of the questions; blanks around it and
 * the case of English letters do not count. decision is set with
 * PLAYER_DECIDES.
 */
enum player_answer player_answer(const struct player *player, const char *text,
    size_t length, enum guess_decision *decision);

/* Read a guess of the server's; false: the line is no 64-bit integer. */
bool player_number(const struct line *line, int64_t *guess);

/*
 * Take what came in answer to PLAYER_NUMBER, a line or a status without one.
 * True: a guess by the rules, that is, a number within the game's range that
 * was not guessed in this game before; in constant time. False: text holds what
 * to tell the user; the game cannot go on, as it might never end.
 */
bool player_take(char text[PLAYER_TEXT_MAX], const struct player *player,
    enum line_status status, const struct line *line, int64_t *guess);

/*
 * What to tell the user when this came, a line that is no guess or a status
 * without one (LINE_LATE: no whole line came in the time that there was),
 * harmless for a terminal. unasked: it came while the server had nothing to
 * answer.
 */
void player_complaint(char text[PLAYER_TEXT_MAX], const struct player *player,
    enum line_status status, const struct line *line, bool unasked);

/* "PARAMS <lower> <upper>\n" into text; return its length. */
size_t player_params(
    char text[PLAYER_LINE_MAX], const struct player_game *game);

/* "REPORT <decision>\n" into text; return its length. */
size_t player_report(char text[PLAYER_LINE_MAX], enum guess_decision decision,
    enum guess_language language);

/* What is shown when a game begins, as a C string without a line end; asking
 * when the secret is in the user's head. */
void player_banner(char text[PLAYER_TEXT_MAX], const struct player_game *game,
    bool asking, enum guess_language language);

/* The question about a guess when the user is asked, without a line end. */
void player_question(
    char text[PLAYER_TEXT_MAX], int64_t guess, enum guess_language language);

/* What the user is told before being asked again, without the last line end;
 * empty after PLAYER_DECIDES and PLAYER_QUITS. */
const char *player_hint(
    enum player_answer answer, enum guess_language language);

/* What is shown when the user's number was found and kept: in how many guesses;
 * without a line end. */
void player_found(char text[PLAYER_TEXT_MAX], const struct player *player,
    enum guess_language language);

/* What to tell the user when there are no more answers to read. */
#define PLAYER_NO_ANSWER "no answer: the input has ended"

/* What is shown at the end for one guess, without a line end. */
void player_result(char text[PLAYER_TEXT_MAX], int64_t guess,
    enum guess_decision decision, enum guess_language language);

#endif
