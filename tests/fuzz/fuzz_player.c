/*
 * The player: whatever the server or the user says, complaints are short and
 * harmless for a terminal; what the client sends is what its server
 * understands; and of a server's lines those are taken that a slow search finds
 * to be by the rules. Input: two ends of a range, a secret, then the other's
 * line, or lines.
 */
#include "common/number.h"
#include "common/player.h"

#include "tests/fuzz/fuzz.h"

/* A C string within its room that does nothing to a terminal. */
static void
check_text(const char *text, size_t room)
{
    assert(memchr(text, '\0', room) != NULL);
    for (; *text != '\0'; text++)
        assert((unsigned char)*text >= ' ' && *text != 0x7f);
}

/* The server obeys what the client sends. */
static void
check_sent(struct guess_session *session, const char *text, size_t length)
{
    const struct line line = { text, length - 1 };
    struct guess_reply reply;

    assert(length < PLAYER_LINE_MAX && text[length - 1] == '\n');
    guess_receive(session, LINE_READY, &line, &reply);
    assert(!reply.last);
}

/* A game between the player and the server, a few guesses of it. */
static void
play(const struct player_game *game)
{
    static const struct guess_rules rules = { .strategy = GUESS_BISECT };
    struct guess_session session;
    struct player player = { .key = 1 };
    char text[PLAYER_LINE_MAX], shown[PLAYER_TEXT_MAX];

    guess_begin(&session, &rules, 1);
    player_begin(&player, game);
    check_sent(&session, text, player_params(text, game));
    for (int i = 0; i < 8 && session.playing && !session.exhausted; i++) {
        const struct line number = { "NUMBER", 6 };
        enum guess_decision decision;
        struct guess_reply reply;
        struct line line;
        int64_t guess;

        guess_receive(&session, LINE_READY, &number, &reply);
        if (reply.last)
            break;
        line = (struct line) { reply.text, reply.length - 1 };
        assert(player_take(shown, &player, LINE_READY, &line, &guess));
        decision = player_judge(&player, guess);
        assert((decision == GUESS_CORRECT) == (guess == game->secret));
        check_sent(
            &session, text, player_report(text, decision, (unsigned)i % 2));
        player_result(shown, guess, decision, (unsigned)i % 2);
        check_text(shown, sizeof(shown));
        assert(player_keep(&player, guess, decision));
        if (decision == GUESS_CORRECT)
            break;
    }
    player_free(&player);
    guess_end(&session);
}

/* Whether a number was among the results from the first on. */
static bool
is_among(const struct player_results *results, size_t first, int64_t number)
{
    for (size_t i = first; i < results->count; i++)
        if (results->items[i].guess == number)
            return true;
    return false;
}

/* A server's lines, one answer after the other; a new game begins where it
 * breaks a rule. */
static void
take_lines(const struct player_game *game, const char *data, size_t size)
{
    struct player player = { .key = 1, .patience = "60" };
    struct line_scanner scanner;
    char shown[PLAYER_TEXT_MAX];
    struct line line;
    size_t used, first = 0;

    player_begin(&player, game);
    line_init(&scanner, 1024);
    for (; line_next(&scanner, data, size, &line, &used) == LINE_READY;
         data += used, size -= used) {
        int64_t guess, number;
        const bool taken =
            player_take(shown, &player, LINE_READY, &line, &guess);

        assert(taken == (player_number(&line, &number) &&
                            number >= game->lower && number <= game->upper &&
                            !is_among(&player.results, first, number)));
        if (taken) {
            assert(guess == number);
            assert(player_keep(&player, guess, GUESS_UNSURE));
        } else {
            check_text(shown, sizeof(shown));
            player_begin(&player, game);
            first = player.results.count;
        }
    }
    player_free(&player);
}

/* What a user types: it is the same lines as by a slow search for their ends,
 * only that no more of each is kept than counts. */
static void
type(const char *data, size_t size)
{
    struct player_typed typed = { .length = 0 };
    size_t length = 0;

    for (size_t i = 0; i < size; i++) {
        const bool ended = player_type(&typed, data[i]);

        assert(ended == (data[i] == '\n'));
        length += !ended;
        assert(typed.length ==
               (length > PLAYER_ANSWER_MAX ? PLAYER_ANSWER_MAX + 1 : length));
        if (!ended)
            continue;
        assert(memcmp(typed.text, data + i - length, typed.length) == 0);
        typed.length = length = 0;
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct player player = { .patience = "60" };
    struct player_game game = { 0, 0, 0 };
    enum guess_decision decision = GUESS_DECISIONS;
    char shown[PLAYER_TEXT_MAX];
    struct line line;
    int64_t guess;

    if (size >= sizeof(game)) {
        memcpy(&game, data, sizeof(game));
        data += sizeof(game);
        size -= sizeof(game);
    }
    play(&game);
    for (unsigned way = 0; way < 4; way++) {
        player_banner(shown, &game, way & 1, way / 2);
        check_text(shown, sizeof(shown));
    }
    line = (struct line) { (const char *)data, size };
    for (enum line_status s = LINE_READY; s <= LINE_END; s++) {
        player_complaint(shown, &player, s, &line, size % 2);
        check_text(shown, sizeof(shown));
    }
    if (player_number(&line, &guess)) {
        for (unsigned language = 0; language < 2; language++) {
            player_question(shown, guess, language);
            check_text(shown, sizeof(shown));
        }
    }
    take_lines(&game, line.text, line.length);
    type(line.text, line.length);
    assert((player_answer(&player, line.text, line.length, &decision) ==
               PLAYER_DECIDES) == (decision < GUESS_DECISIONS));
    return 0;
}
