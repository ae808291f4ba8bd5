/*
 * The player: whatever the server or the user says, complaints are short and
 * harmless for a terminal; and what the client sends is what its server
 * understands. Input: two ends of a range, a secret, then the other's line.
 */
#include "common/number.h"
#include "common/player.h"

#include "tests/fuzz.h"

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
    struct player player;
    char text[PLAYER_LINE_MAX], shown[PLAYER_TEXT_MAX];

    guess_begin(&session, &rules, 1);
    player_begin(&player, game->secret);
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
        assert(player_number(&line, &guess));
        decision = player_judge(&player, guess);
        assert((decision == GUESS_CORRECT) == (guess == game->secret));
        check_sent(
            &session, text, player_report(text, decision, (unsigned)i % 2));
        player_result(shown, guess, decision, (unsigned)i % 2);
        check_text(shown, sizeof(shown));
    }
    guess_end(&session);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
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
        player_complaint(shown, s, &line);
        check_text(shown, sizeof(shown));
    }
    if (player_number(&line, &guess)) {
        player_question(shown, guess);
        check_text(shown, sizeof(shown));
    }
    if (player_answer(line.text, line.length, &decision))
        assert(decision < GUESS_DECISIONS);
    return 0;
}
