#include "common/player.h"

#include "common/number.h"
#include "common/permute.h"
#include "tests/unit/guard.h"
#include "tests/unit/scarce.h"
#include "tests/unit/unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Guesses one after the other, and what is thought of them. */
static const struct {
    int64_t secret;
    struct {
        int64_t guess;
        enum guess_decision decision;
    } turns[5];
} games[] = {
    { 3, { { 1, GUESS_UNSURE }, { 5, GUESS_SAME }, { 2, GUESS_WARMER },
             { 1, GUESS_COLDER }, { 3, GUESS_CORRECT } } },
    { 3, { { 3, GUESS_CORRECT }, { 3, GUESS_CORRECT }, { 4, GUESS_COLDER },
             { 2, GUESS_SAME }, { 3, GUESS_CORRECT } } },
    { 12, { { 15, GUESS_UNSURE }, { 10, GUESS_WARMER }, { 14, GUESS_SAME },
              { 11, GUESS_WARMER }, { 13, GUESS_SAME } } },
    { 0, { { -7, GUESS_UNSURE }, { 7, GUESS_SAME }, { -8, GUESS_COLDER },
             { 6, GUESS_WARMER }, { 0, GUESS_CORRECT } } },
    { -5, { { -5, GUESS_CORRECT }, { -4, GUESS_COLDER }, { -6, GUESS_SAME },
              { -5, GUESS_CORRECT }, { -6, GUESS_COLDER } } },
    { INT64_MIN, { { INT64_MAX, GUESS_UNSURE }, { INT64_MAX - 1, GUESS_WARMER },
                     { 0, GUESS_WARMER }, { INT64_MAX, GUESS_COLDER },
                     { INT64_MIN, GUESS_CORRECT } } },
    { INT64_MAX, { { INT64_MIN, GUESS_UNSURE }, { -1, GUESS_WARMER },
                     { INT64_MIN, GUESS_COLDER }, { INT64_MIN, GUESS_SAME },
                     { INT64_MAX, GUESS_CORRECT } } },
    { 0, { { INT64_MAX, GUESS_UNSURE }, { INT64_MIN, GUESS_COLDER },
             { INT64_MIN + 1, GUESS_WARMER }, { INT64_MAX, GUESS_SAME },
             { 0, GUESS_CORRECT } } },
};

/* Begin a game of the widest range, with this secret. */
static void
begin(struct player *player, int64_t secret)
{
    const struct player_game game = { INT64_MIN, INT64_MAX, secret };

    player_begin(player, &game);
}

TEST(a_guess_is_judged_by_its_distance, .times = COUNT(games))
{
    struct player player = { 0 };

    begin(&player, games[_i].secret);
    for (size_t i = 0; i < 5; i++)
        ck_assert_msg(player_judge(&player, games[_i].turns[i].guess) ==
                          games[_i].turns[i].decision,
            "guess %zu", i);
}

TEST(a_new_game_begins_unsure)
{
    struct player player = { 0 };

    begin(&player, 3);
    ck_assert_int_eq(player_judge(&player, 1), GUESS_UNSURE);
    begin(&player, 3);
    ck_assert_int_eq(player_judge(&player, 2), GUESS_UNSURE);
}

/* What the user types at the prompt. */
static const struct {
    const char *text;
    enum player_answer answer;
    enum guess_decision decision;
} answers[] = {
    { "w", PLAYER_DECIDES, GUESS_WARMER },
    { "W", PLAYER_DECIDES, GUESS_WARMER },
    { "warmer", PLAYER_DECIDES, GUESS_WARMER },
    { "Warmer", PLAYER_DECIDES, GUESS_WARMER },
    { "더 따뜻함", PLAYER_DECIDES, GUESS_WARMER },
    { "따뜻함", PLAYER_DECIDES, GUESS_WARMER },
    { "c", PLAYER_DECIDES, GUESS_COLDER },
    { "C", PLAYER_DECIDES, GUESS_COLDER },
    { "Colder", PLAYER_DECIDES, GUESS_COLDER },
    { "더 차가움", PLAYER_DECIDES, GUESS_COLDER },
    { "차가움", PLAYER_DECIDES, GUESS_COLDER },
    { "s", PLAYER_DECIDES, GUESS_SAME },
    { "Same", PLAYER_DECIDES, GUESS_SAME },
    { "같음", PLAYER_DECIDES, GUESS_SAME },
    { "u", PLAYER_DECIDES, GUESS_UNSURE },
    { "Unsure", PLAYER_DECIDES, GUESS_UNSURE },
    { "잘 모르겠음", PLAYER_DECIDES, GUESS_UNSURE },
    { "모르겠음", PLAYER_DECIDES, GUESS_UNSURE },
    { "y", PLAYER_DECIDES, GUESS_CORRECT },
    { "Yes", PLAYER_DECIDES, GUESS_CORRECT },
    { "YES", PLAYER_DECIDES, GUESS_CORRECT },
    { "Correct", PLAYER_DECIDES, GUESS_CORRECT },
    { "CORRECT", PLAYER_DECIDES, GUESS_CORRECT },
    { "맞음", PLAYER_DECIDES, GUESS_CORRECT },
    { "예", PLAYER_DECIDES, GUESS_CORRECT },
    { "네", PLAYER_DECIDES, GUESS_CORRECT },
    { "  w", PLAYER_DECIDES, GUESS_WARMER },
    { "\t c ", PLAYER_DECIDES, GUESS_COLDER },
    { "w\r", PLAYER_DECIDES, GUESS_WARMER },
    { " 맞음 \r", PLAYER_DECIDES, GUESS_CORRECT },
    { "?", PLAYER_WANTS_HELP, GUESS_DECISIONS },
    { " ? ", PLAYER_WANTS_HELP, GUESS_DECISIONS },
    { "h", PLAYER_WANTS_HELP, GUESS_DECISIONS },
    { "HELP", PLAYER_WANTS_HELP, GUESS_DECISIONS },
    { "도움말", PLAYER_WANTS_HELP, GUESS_DECISIONS },
    { "q", PLAYER_QUITS, GUESS_DECISIONS },
    { "Quit", PLAYER_QUITS, GUESS_DECISIONS },
    { "exit", PLAYER_QUITS, GUESS_DECISIONS },
    { "그만", PLAYER_QUITS, GUESS_DECISIONS },
    { "", PLAYER_UNCLEAR, GUESS_DECISIONS },
    { " ", PLAYER_UNCLEAR, GUESS_DECISIONS },
    { " \t \r", PLAYER_UNCLEAR, GUESS_DECISIONS },
    { "n", PLAYER_UNCLEAR, GUESS_DECISIONS },
    { "wa", PLAYER_UNCLEAR, GUESS_DECISIONS },
    { "warmers", PLAYER_UNCLEAR, GUESS_DECISIONS },
    { "cold", PLAYER_UNCLEAR, GUESS_DECISIONS },
    { "w c", PLAYER_UNCLEAR, GUESS_DECISIONS },
    { "7", PLAYER_UNCLEAR, GUESS_DECISIONS },
    { "??", PLAYER_UNCLEAR, GUESS_DECISIONS },
    { ".w", PLAYER_UNCLEAR, GUESS_DECISIONS },
    { "더", PLAYER_UNCLEAR, GUESS_DECISIONS },
    { "\xff", PLAYER_UNCLEAR, GUESS_DECISIONS },
};

/* Read what a user types after so many guesses of this game, the second. */
static enum player_answer
type_after(size_t guesses, const char *text, enum guess_decision *decision)
{
    const size_t length = strlen(text);
    const struct player player = { .results = { .count = 3 + guesses },
        .first = 3 };

    *decision = GUESS_DECISIONS;
    return player_answer(&player, guard_copy(text, length), length, decision);
}

TEST(an_answer_is_a_letter_or_a_whole_word, .times = COUNT(answers))
{
    enum guess_decision decision;

    ck_assert_int_eq(
        type_after(1, answers[_i].text, &decision), answers[_i].answer);
    ck_assert_int_eq(decision, answers[_i].decision);
}

TEST(the_first_guess_is_compared_with_nothing, .times = COUNT(answers))
{
    const enum guess_decision said = answers[_i].decision;
    const bool compares =
        said == GUESS_WARMER || said == GUESS_COLDER || said == GUESS_SAME;
    enum guess_decision decision;

    ck_assert_int_eq(type_after(0, answers[_i].text, &decision),
        compares ? PLAYER_TOO_EARLY : answers[_i].answer);
    ck_assert_int_eq(decision, compares ? GUESS_DECISIONS : said);
}

TEST(an_endless_answer_is_none)
{
    static const struct player player = { .results = { .count = 1 } };
    char text[PLAYER_ANSWER_MAX + 1];
    enum guess_decision decision = GUESS_DECISIONS;

    memset(text, ' ', sizeof(text));
    text[0] = 'w';
    ck_assert_int_eq(player_answer(&player, text, PLAYER_ANSWER_MAX, &decision),
        PLAYER_DECIDES);
    ck_assert_int_eq(decision, GUESS_WARMER);
    memset(text, 'w', sizeof(text));
    ck_assert_int_eq(
        player_answer(&player, text, sizeof(text), &decision), PLAYER_UNCLEAR);
}

TEST(each_hint_is_there_in_either_language)
{
    for (int language = 0; language < 2; language++) {
        for (int answer = PLAYER_DECIDES; answer <= PLAYER_QUITS; answer++) {
            const char *hint = player_hint(
                (enum player_answer)answer, (enum guess_language)language);
            const bool goes_on =
                answer == PLAYER_DECIDES || answer == PLAYER_QUITS;

            ck_assert_int_eq(hint[0] == '\0', goes_on);
        }
    }
    ck_assert_ptr_nonnull(strstr(player_hint(PLAYER_WANTS_HELP, GUESS_ENGLISH),
        "nearer to your number than the guess before"));
    ck_assert_ptr_nonnull(
        strstr(player_hint(PLAYER_TOO_EARLY, GUESS_ENGLISH), "answer u or y"));
    ck_assert_ptr_nonnull(
        strstr(player_hint(PLAYER_UNCLEAR, GUESS_KOREAN), "w, c, s, u, y"));
}

/* How many guesses a game took. */
static const struct {
    size_t guesses;
    enum guess_language language;
    const char *text;
} endings[] = {
    { 1, GUESS_ENGLISH, "Found in 1 guess." },
    { 8, GUESS_ENGLISH, "Found in 8 guesses." },
    { 1, GUESS_KOREAN, "1번 만에 맞혔습니다." },
    { 100, GUESS_KOREAN, "100번 만에 맞혔습니다." },
};

TEST(a_game_ends_with_the_number_of_its_guesses, .times = COUNT(endings))
{
    const struct player player = {
        .results = { .count = 7 + endings[_i].guesses },
        .first = 7,
    };
    char *text = guard_room(PLAYER_TEXT_MAX);

    player_found(text, &player, endings[_i].language);
    ck_assert_str_eq(text, endings[_i].text);
}

TEST(a_typed_line_ends_at_lf)
{
    static const char text[] = "u\r\n\n\0y\n";
    struct player_typed typed = { .length = 0 };
    const size_t lengths[] = { 2, 0, 2 };
    size_t lines = 0;

    for (size_t i = 0; i < sizeof(text) - 1; i++) {
        if (!player_type(&typed, text[i]))
            continue;
        ck_assert_uint_eq(typed.length, lengths[lines++]);
        ck_assert_mem_eq(typed.text, text + i - typed.length, typed.length);
        typed.length = 0;
    }
    ck_assert_uint_eq(lines, 3);
}

TEST(an_endless_typed_line_takes_no_more_room)
{
    struct player_typed *typed = (void *)guard_room(sizeof(*typed));
    const struct player player = { .first = 0 };
    enum guess_decision decision;

    typed->length = 0;
    for (size_t i = 0; i < 5000; i++)
        if (player_type(typed, 'y'))
            ck_abort_msg("no end, and taken for one");
    ck_assert(player_type(typed, '\n'));
    ck_assert_uint_eq(typed->length, PLAYER_ANSWER_MAX + 1);
    ck_assert_int_eq(
        player_answer(&player, typed->text, typed->length, &decision),
        PLAYER_UNCLEAR);
}

TEST(a_line_is_a_guess_only_when_it_is_an_integer)
{
    static const struct {
        const char *text;
        bool is_guess;
    } lines[] = {
        { "3", true },
        { "-3", true },
        { "9223372036854775807", true },
        { "-9223372036854775808", true },
        { "9223372036854775808", false },
        { "", false },
        { " 3", false },
        { "3 ", false },
        { "3.0", false },
        { "ERROR no game", false },
        { "HTTP/1.1 400 Bad Request", false },
    };

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        const size_t length = strlen(lines[i].text);
        const struct line line = { guard_copy(lines[i].text, length), length };
        int64_t guess;

        ck_assert_msg(player_number(&line, &guess) == lines[i].is_guess, "%s",
            lines[i].text);
    }
}

TEST(params_are_sent_as_one_line)
{
    const struct player_game game = { 1, 5, 3 };
    char *text = guard_room(PLAYER_LINE_MAX);

    ck_assert_uint_eq(player_params(text, &game), 11);
    ck_assert_mem_eq(text, "PARAMS 1 5\n", 11);
}

TEST(the_longest_params_fit)
{
    const struct player_game game = { INT64_MIN, INT64_MIN, INT64_MIN };
    static const char expected[] =
        "PARAMS -9223372036854775808 -9223372036854775808\n";
    char *text = guard_room(PLAYER_LINE_MAX);

    ck_assert_uint_eq(player_params(text, &game), sizeof(expected) - 1);
    ck_assert_mem_eq(text, expected, sizeof(expected) - 1);
}

TEST(a_report_is_sent_in_either_language)
{
    static const char *const expected[2][GUESS_DECISIONS] = {
        {
            "REPORT Unsure\n",
            "REPORT Warmer\n",
            "REPORT Colder\n",
            "REPORT Same\n",
            "REPORT Correct\n",
        },
        {
            "REPORT 잘 모르겠음\n",
            "REPORT 더 따뜻함\n",
            "REPORT 더 차가움\n",
            "REPORT 잘 모르겠음\n",
            "REPORT 맞음\n",
        },
    };

    for (int language = 0; language < 2; language++) {
        for (int i = 0; i < GUESS_DECISIONS; i++) {
            char *text = guard_room(PLAYER_LINE_MAX);
            const size_t length = player_report(
                text, (enum guess_decision)i, (enum guess_language)language);

            ck_assert_uint_eq(length, strlen(expected[language][i]));
            ck_assert_mem_eq(text, expected[language][i], length);
        }
    }
}

TEST(the_client_asks_and_leaves_as_published)
{
    ck_assert_str_eq(PLAYER_NUMBER, "NUMBER\n");
    ck_assert_str_eq(PLAYER_LEAVE, "PARAMS 0 -1\n");
}

/* What is shown when a game begins. */
static const struct {
    struct player_game game;
    bool asking;
    enum guess_language language;
    const char *text;
} banners[] = {
    { { 1, 5, 3 }, false, GUESS_ENGLISH,
        "Guess a number between 1 and 5! Shhhhh, it's 3." },
    { { 10, 15, 12 }, false, GUESS_ENGLISH,
        "Guess a number between 10 and 15! Shhhhh, it's 12." },
    { { 1, 5, 3 }, false, GUESS_KOREAN,
        "1와 5 사이의 숫자를 맞춰보세요! 쉿! 그 숫자는 3 입니다." },
    { { 1, 100, 0 }, true, GUESS_ENGLISH,
        "Think of a number between 1 and 100." },
    { { 1, 10, 0 }, true, GUESS_KOREAN, "1부터 10 사이의 숫자를 생각하세요." },
    { { -5, -1, -3 }, false, GUESS_ENGLISH,
        "Guess a number between -5 and -1! Shhhhh, it's -3." },
    { { INT64_MIN, INT64_MIN, INT64_MIN }, false, GUESS_ENGLISH,
        "Guess a number between -9223372036854775808 and "
        "-9223372036854775808! Shhhhh, it's -9223372036854775808." },
    { { INT64_MIN, INT64_MIN, INT64_MIN }, false, GUESS_KOREAN,
        "-9223372036854775808와 -9223372036854775808 사이의 숫자를 "
        "맞춰보세요! 쉿! 그 숫자는 -9223372036854775808 입니다." },
    { { INT64_MIN, INT64_MIN, 0 }, true, GUESS_ENGLISH,
        "Think of a number between -9223372036854775808 and "
        "-9223372036854775808." },
};

TEST(a_banner_is_shown_as_published, .times = COUNT(banners))
{
    char *text = guard_room(PLAYER_TEXT_MAX);

    player_banner(
        text, &banners[_i].game, banners[_i].asking, banners[_i].language);
    ck_assert_str_eq(text, banners[_i].text);
}

TEST(the_question_names_the_guess_and_the_answers)
{
    char *text = guard_room(PLAYER_TEXT_MAX);

    player_question(text, -42, GUESS_ENGLISH);
    ck_assert_str_eq(
        text, "Is it -42? [w]armer [c]older [s]ame [u]nsure [y]es: ");
    player_question(text, -42, GUESS_KOREAN);
    ck_assert_str_eq(text,
        "-42인가요? [w] 더 따뜻함 [c] 더 차가움 [s] 같음 [u] 잘 모르겠음 [y] "
        "맞음: ");
}

TEST(the_longest_question_fits)
{
    char *text = guard_room(PLAYER_TEXT_MAX);

    player_question(text, INT64_MIN, GUESS_ENGLISH);
    ck_assert_str_eq(text,
        "Is it -9223372036854775808? [w]armer [c]older [s]ame [u]nsure "
        "[y]es: ");
    player_question(text, INT64_MIN, GUESS_KOREAN);
    ck_assert_str_eq(text,
        "-9223372036854775808인가요? [w] 더 따뜻함 [c] 더 차가움 [s] 같음 [u] "
        "잘 모르겠음 [y] 맞음: ");
}

/* What is shown at the end for a guess. */
static const struct {
    int64_t guess;
    enum guess_decision decision;
    enum guess_language language;
    const char *text;
} results[] = {
    { 1, GUESS_UNSURE, GUESS_ENGLISH, "Client: 1 is Unsure" },
    { 5, GUESS_SAME, GUESS_ENGLISH, "Client: 5 is Same" },
    { 2, GUESS_WARMER, GUESS_ENGLISH, "Client: 2 is Warmer" },
    { 4, GUESS_COLDER, GUESS_ENGLISH, "Client: 4 is Colder" },
    { 3, GUESS_CORRECT, GUESS_ENGLISH, "Client: 3 is Correct" },
    { 1, GUESS_UNSURE, GUESS_KOREAN, "클라이언트: 1는 잘 모르겠음" },
    { 5, GUESS_SAME, GUESS_KOREAN, "클라이언트: 5는 잘 모르겠음" },
    { 2, GUESS_WARMER, GUESS_KOREAN, "클라이언트: 2는 더 따뜻함" },
    { 4, GUESS_COLDER, GUESS_KOREAN, "클라이언트: 4는 더 차가움" },
    { 3, GUESS_CORRECT, GUESS_KOREAN, "클라이언트: 3는 맞음" },
    { INT64_MIN, GUESS_UNSURE, GUESS_KOREAN,
        "클라이언트: -9223372036854775808는 잘 모르겠음" },
};

TEST(a_result_is_shown_as_published, .times = COUNT(results))
{
    char *text = guard_room(PLAYER_TEXT_MAX);

    player_result(
        text, results[_i].guess, results[_i].decision, results[_i].language);
    ck_assert_str_eq(text, results[_i].text);
}

TEST(results_are_kept_in_order)
{
    struct player player = { 0 };
    const struct player_results *kept = &player.results;

    for (int64_t i = 0; i < 10000; i++)
        if (!player_keep(&player, i * 3, (enum guess_decision)(i % 5)))
            ck_abort_msg("not kept");
    ck_assert_uint_eq(kept->count, 10000);
    ck_assert_uint_ge(kept->room, kept->count);
    for (size_t i = 0; i < kept->count; i++)
        if (kept->items[i].guess != (int64_t)i * 3 ||
            kept->items[i].decision != (enum guess_decision)(i % 5))
            ck_abort_msg("result %zu is another", i);
    player_free(&player);
}

/* Each of the two allocations fails in turn. */
TEST(results_outlive_a_lack_of_memory, .times = 2)
{
    struct player player = { 0 };
    const struct player_results *kept = &player.results;
    int64_t count = 0;

    for (int refused = 0; refused < 10; count++) {
        bool is_kept, is_refused;

        scarce_call(1 + (unsigned)_i);
        is_kept = player_keep(&player, count, GUESS_COLDER);
        is_refused = scarce_end();
        ck_assert(is_kept != is_refused);
        if (is_refused) {
            refused++;
            ck_assert_uint_eq(kept->count, (size_t)count);
            ck_assert(player_keep(&player, count, GUESS_COLDER));
        }
    }
    ck_assert_uint_eq(kept->count, (size_t)count);
    for (size_t i = 0; i < kept->count; i++)
        ck_assert_int_eq(kept->items[i].guess, (int64_t)i);
    player_free(&player);
}

/* What is thought of a number that the server guesses; NULL: nothing bad. */
static const char *
take(const struct player *player, int64_t number)
{
    static char text[PLAYER_TEXT_MAX];
    char digits[32];
    const size_t length =
        (size_t)snprintf(digits, sizeof(digits), "%" PRId64, number);
    const struct line line = { guard_copy(digits, length), length };
    int64_t guess = 0;

    if (!player_take(text, player, LINE_READY, &line, &guess))
        return text;
    ck_assert_int_eq(guess, number);
    return NULL;
}

/* Fail unless nothing is bad about a guess; then keep it. */
static void
take_well(struct player *player, int64_t guess)
{
    const char *complaint = take(player, guess);

    if (complaint != NULL)
        ck_abort_msg("%s", complaint);
    if (!player_keep(player, guess, GUESS_UNSURE))
        ck_abort_msg("not kept");
}

/* Numbers at the ends of ranges, and outside of them. */
static const struct {
    struct player_game game;
    int64_t guess;
    const char *complaint;
} ranges[] = {
    { { 1, 5, 3 }, 1, NULL },
    { { 1, 5, 3 }, 5, NULL },
    { { 1, 5, 3 }, 0, "the server guessed 0, which is not between 1 and 5" },
    { { 1, 5, 3 }, 6, "the server guessed 6, which is not between 1 and 5" },
    { { 1, 5, 3 }, 99, "the server guessed 99, which is not between 1 and 5" },
    { { -5, -1, -3 }, 3,
        "the server guessed 3, which is not between -5 and -1" },
    { { 7, 7, 7 }, 7, NULL },
    { { 7, 7, 7 }, 8, "the server guessed 8, which is not between 7 and 7" },
    { { INT64_MIN, INT64_MAX, 0 }, INT64_MIN, NULL },
    { { INT64_MIN, INT64_MAX, 0 }, INT64_MAX, NULL },
    { { INT64_MIN, INT64_MIN, INT64_MIN }, INT64_MAX,
        "the server guessed 9223372036854775807, which is not between "
        "-9223372036854775808 and -9223372036854775808" },
    { { INT64_MIN + 1, INT64_MIN + 1, INT64_MIN + 1 }, INT64_MIN,
        "the server guessed -9223372036854775808, which is not between "
        "-9223372036854775807 and -9223372036854775807" },
};

TEST(a_guess_lies_within_the_range, .times = COUNT(ranges))
{
    struct player player = { 0 };
    const char *complaint;

    player_begin(&player, &ranges[_i].game);
    complaint = take(&player, ranges[_i].guess);
    if (ranges[_i].complaint == NULL)
        ck_assert_ptr_null(complaint);
    else
        ck_assert_str_eq(complaint, ranges[_i].complaint);
}

/* A number of the n-th guess, near others or far from them. */
static int64_t
nth_guess(int kind, uint64_t n)
{
    switch (kind) {
    case 0:
        return (int64_t)n - 500;
    case 1:
        return (int64_t)(n << 48);
    case 2:
        return INT64_MIN + (int64_t)n;
    default:
        return (int64_t)permute_mix(n);
    }
}

TEST(a_repeated_guess_is_found_however_many_there_are, .times = 4)
{
    struct player player = { .key = 7 };

    begin(&player, 0);
    for (uint64_t n = 0; n < 1000; n++) {
        take_well(&player, nth_guess(_i, n));
        for (uint64_t before = 0; before <= n; before += 1 + n / 8) {
            const int64_t guess = nth_guess(_i, before);
            char expected[PLAYER_TEXT_MAX];

            snprintf(expected, sizeof(expected),
                "the server guessed %" PRId64 " again", guess);
            ck_assert_str_eq(take(&player, guess), expected);
        }
    }
    player_free(&player);
}

TEST(what_was_guessed_in_an_earlier_game_is_guessed_anew)
{
    struct player player = { .key = 7 };

    /* Some grow, some leave the table large. */
    for (int64_t game = 1; game <= 40; game++) {
        const int64_t count = game * 977 % 300;

        begin(&player, 0);
        for (int64_t guess = 0; guess < count; guess++)
            take_well(&player, guess);
        for (int64_t guess = 0; guess < count; guess++)
            ck_assert_ptr_nonnull(take(&player, guess));
        ck_assert_ptr_null(take(&player, count));
    }
    player_free(&player);
}

/* Undo a shift of permute_mix: x ^= x >> shift. */
static uint64_t
unshift(uint64_t x, unsigned shift)
{
    for (uint64_t y = x >> shift; y != 0; y >>= shift)
        x ^= y;
    return x;
}

/* What permute_mix makes x of. */
static uint64_t
unmix(uint64_t x)
{
    x = unshift(x, 31) * 0x319642b2d24d8ec3;
    x = unshift(x, 27) * 0x96de1b173f119089;
    return unshift(x, 30);
}

/* Without the key each of them would have to pass all others: minutes. */
TEST(guesses_that_are_chosen_to_collide_do_not)
{
    struct player player = { .key = 0x123456789abcdef };

    begin(&player, 0);
    for (uint64_t n = 0; n < 400000; n++) {
        const uint64_t guess = unmix(n << 40);

        if (permute_mix(guess) != n << 40)
            ck_abort_msg("no inverse");
        take_well(&player, (int64_t)guess);
    }
    player_free(&player);
}

/* What the user is told when there was no guess. */
static const struct {
    enum line_status status;
    const char *line;
    bool unasked;
    const char *text;
} complaints[] = {
    { LINE_TOO_LONG, "", false, "the server sent an endless line" },
    { LINE_TOO_LONG, "", true, "the server sent an endless line" },
    { LINE_LATE, "", false, "the server has not answered for 0.50 s" },
    { LINE_LATE, "", true, "the server sent part of a line unasked" },
    { LINE_END, "", false, "the server closed the connection" },
    { LINE_END, "", true, "the server closed the connection" },
    { LINE_READY, "ERROR no game", false,
        "the server answered: ERROR no game" },
    { LINE_READY, "ERROR no game", true, "the server answered: ERROR no game" },
    { LINE_READY, "ERROR \x1b[2J", false,
        "the server answered: ERROR \\u{1b}[2J" },
    { LINE_READY, "ERROR ", false, "the server sent no number but 'ERROR '" },
    { LINE_READY, "", false, "the server sent no number but ''" },
    { LINE_READY, "twelve", false, "the server sent no number but 'twelve'" },
    { LINE_READY, "+OK\r", false, "the server sent no number but '+OK\\r'" },
    { LINE_READY, "\xff'", false, "the server sent no number but '\\xff\\''" },
    { LINE_READY, "2", true, "the server sent '2' unasked" },
    { LINE_READY, "\x1b[2J", true, "the server sent '\\u{1b}[2J' unasked" },
};

TEST(what_is_no_guess_is_shown_harmless, .times = COUNT(complaints))
{
    const size_t length = strlen(complaints[_i].line);
    const struct line line = { guard_copy(complaints[_i].line, length),
        length };
    const struct player player = { .patience = "0.50" };
    char *text = guard_room(PLAYER_TEXT_MAX);
    int64_t guess;

    player_complaint(
        text, &player, complaints[_i].status, &line, complaints[_i].unasked);
    ck_assert_str_eq(text, complaints[_i].text);
    if (complaints[_i].unasked)
        return;
    memset(text, 'x', PLAYER_TEXT_MAX);
    ck_assert(
        !player_take(text, &player, complaints[_i].status, &line, &guess));
    ck_assert_str_eq(text, complaints[_i].text);
}

TEST(the_longest_line_that_is_no_guess_is_cut)
{
    static char bytes[4096];
    const struct line line = { bytes, sizeof(bytes) };
    const struct player player = { .patience = "60" };
    char *text = guard_room(PLAYER_TEXT_MAX);

    memset(bytes, '\x1b', sizeof(bytes));
    player_complaint(text, &player, LINE_READY, &line, false);
    ck_assert_uint_lt(strlen(text), PLAYER_TEXT_MAX);
    ck_assert_str_eq(text + strlen(text) - 7, "\\u{1b}'");
}

/* Let the game take in one line that a client sends. */
static void
hand_over(struct guess_session *session, const char *text, size_t length,
    struct guess_reply *reply)
{
    struct line_scanner scanner;
    struct line line;
    size_t used;

    line_init(&scanner, 1024);
    if (line_next(&scanner, text, length, &line, &used) != LINE_READY ||
        used != length)
        ck_abort_msg("no line: %.*s", (int)length, text);
    guess_receive(session, LINE_READY, &line, reply);
    if (reply->last)
        ck_abort_msg("refused: %.*s", (int)length, text);
}

/* Play one game; fail unless the secret is found by the rules. */
static void
play(struct guess_session *session, const struct player_game *game,
    enum guess_language language, size_t patience)
{
    char text[PLAYER_LINE_MAX], complaint[PLAYER_TEXT_MAX];
    enum guess_decision decision = GUESS_UNSURE;
    struct player player = { .key = 1 };
    struct guess_reply reply;

    player_begin(&player, game);
    hand_over(session, text, player_params(text, game), &reply);
    for (size_t n = 0; decision != GUESS_CORRECT; n++) {
        struct line line;
        int64_t guess = 0;

        if (n == patience)
            ck_abort_msg("not found in %zu guesses", patience);
        hand_over(session, PLAYER_NUMBER, strlen(PLAYER_NUMBER), &reply);
        line = (struct line) { reply.text, reply.length - 1 };
        if (!player_take(complaint, &player, LINE_READY, &line, &guess))
            ck_abort_msg("%s", complaint);
        decision = player_judge(&player, guess);
        hand_over(
            session, text, player_report(text, decision, language), &reply);
        if (!player_keep(&player, guess, decision))
            ck_abort_msg("not kept");
    }
    player_free(&player);
}

/* The loop runs over both strategies and both languages. */
TEST(player_and_game_find_each_secret, .times = 4)
{
    const struct guess_rules rules = {
        _i % 2 == 0 ? GUESS_RANDOM : GUESS_BISECT,
        GUESS_ENGLISH,
        true,
    };
    const enum guess_language language = _i < 2 ? GUESS_ENGLISH : GUESS_KOREAN;

    for (uint64_t seed = 0; seed < 300; seed++) {
        struct guess_session session;

        guess_begin(&session, &rules, seed);
        for (uint64_t n = 0; n < 10; n++) {
            const uint64_t x = permute_mix(seed * 10 + n);
            const int64_t lower = (int64_t)(x % 1000) - 500;
            const int64_t size = 1 + (int64_t)(x / 1000 % 250);
            const int64_t secret = lower + (int64_t)(x >> 32) % size;
            const struct player_game game = { lower, lower + size - 1, secret };

            play(&session, &game, language, (size_t)size);
        }
        guess_end(&session);
    }
}

TEST(player_and_bisect_find_secrets_of_all_64_bits)
{
    const struct guess_rules rules = { GUESS_BISECT, GUESS_ENGLISH, true };

    for (uint64_t seed = 0; seed < 500; seed++) {
        const struct player_game game = { INT64_MIN, INT64_MAX,
            (int64_t)permute_mix(seed) };
        struct guess_session session;

        guess_begin(&session, &rules, seed);
        play(&session, &game, GUESS_ENGLISH, 130);
        guess_end(&session);
    }
}
