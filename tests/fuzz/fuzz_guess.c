/*
 * The game: whatever the client says, guesses lie in the range and never come
 * twice, an ERROR line is the last, replies fit, console records are harmless,
 * and the same bytes in other segments are answered alike. Input: the strategy
 * and language, the cut, the client's bytes.
 */
#include "common/guess.h"
#include "common/number.h"

#include "tests/fuzz/fuzz.h"

/* As the servers have it, but small, so that too long lines are found. */
#define MAX_LINE 96

/* More guesses of one game than that are not compared with each other. */
#define GUESSES_MAX 512

/* A conversation, and what was answered so far. */
struct talk {
    struct guess_session session;
    bool over;
    char said[1 << 16];
    size_t length;
    uint64_t game; /* the number of the game that the guesses belong to */
    int64_t guesses[GUESSES_MAX];
    size_t count;
};

/* A guess must be new in its game, unless the secret is known. */
static void
check_guess(struct talk *talk, const struct guess_reply *reply)
{
    int64_t guess = 0;

    assert(reply->text[reply->length - 1] == '\n' && !reply->last);
    assert(number_read(reply->text, reply->length - 1, &guess) == NUMBER_OK);
    assert(talk->session.playing && guess >= talk->session.lower);
    if (talk->session.games != talk->game)
        talk->count = 0;
    talk->game = talk->session.games;
    if (talk->session.found) {
        assert(talk->count == 0 || guess == talk->guesses[talk->count - 1]);
        return;
    }
    for (size_t i = 0; i < talk->count; i++)
        assert(talk->guesses[i] != guess);
    if (talk->count < GUESSES_MAX)
        talk->guesses[talk->count++] = guess;
}

/* What the client's line is answered. */
static void
receive(struct talk *talk, enum line_status status, const struct line *line)
{
    struct guess_reply reply;
    char *console = reply.console;

    guess_receive(&talk->session, status, line, &reply);
    assert(reply.length <= GUESS_REPLY_MAX);
    assert(memchr(console, '\0', GUESS_CONSOLE_MAX) != NULL);
    for (; *console != '\0'; console++)
        assert((unsigned char)*console >= ' ' && *console != 0x7f);
    if (reply.length >= 6 && memcmp(reply.text, "ERROR ", 6) == 0)
        assert(reply.last && reply.text[reply.length - 1] == '\n');
    else if (reply.length > 0)
        check_guess(talk, &reply);
    if (talk->length + reply.length <= sizeof(talk->said)) {
        memcpy(talk->said + talk->length, reply.text, reply.length);
        talk->length += reply.length;
    }
    talk->over = reply.last;
}

/* Hold the conversation with the bytes in such pieces. */
static void
hold(struct talk *talk, const struct guess_rules *rules, const uint8_t *data,
    size_t size, uint8_t cut)
{
    struct line_scanner scanner;
    size_t begin = 0, end = 0, used;

    talk->over = false;
    talk->length = talk->count = 0;
    talk->game = 0;
    guess_begin(&talk->session, rules, 42);
    line_init(&scanner, MAX_LINE);
    while (!talk->over) {
        const char *rest = (const char *)data + begin;
        struct line line = { NULL, 0 };
        enum line_status status =
            line_next(&scanner, rest, end - begin, &line, &used);

        if (status == LINE_PARTIAL && end < size) {
            end = fuzz_cut(cut, end, size);
            continue;
        }
        if (status == LINE_PARTIAL) {
            status = line_last(&scanner, rest, end - begin, &line);
            used = end - begin;
        }
        begin += used;
        receive(talk, status, &line);
    }
    guess_end(&talk->session);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct talk whole, pieces;
    const uint8_t choice = fuzz_take(&data, &size);
    const uint8_t cut = fuzz_take(&data, &size);
    const struct guess_rules rules = {
        .strategy = choice & 1 ? GUESS_BISECT : GUESS_RANDOM,
        .language = choice & 2 ? GUESS_KOREAN : GUESS_ENGLISH,
        .quiet = (choice & 4) != 0,
    };

    hold(&whole, &rules, data, size, 0);
    hold(&pieces, &rules, data, size, cut);
    assert(whole.length == pieces.length);
    assert(memcmp(whole.said, pieces.said, whole.length) == 0);
    return 0;
}
