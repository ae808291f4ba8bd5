/*
 * The finder's conversation: whatever the client says, each answer is rows as
 * they lie in the index, then a status with as many, then the prompt; nothing
 * comes after the end; and the same bytes in other segments are answered
 * alike. Input: the cut, the client's bytes.
 */
#include "common/chartalk.h"

#include "tests/fuzz/fuzz.h"

#include <stdbool.h>

/* As the servers have it, but small, so that too long lines are found. */
#define MAX_LINE 128

/* What the servers ask for at most. */
#define PIECE_MAX 65536

/* More bytes of a conversation than that are not compared with each other. */
#define SAID_MAX (1 << 16)

/* What was said so far; its beginning, and all of it as a sum. */
struct said {
    char bytes[SAID_MAX];
    size_t length;
    uint64_t sum;
};

/* Take in the pieces of an answer; the last of them ends in the prompt. */
static void
listen(struct chartalk *talk, struct said *said)
{
    struct chartalk_piece piece;
    bool prompted = false;
    size_t rows = 0;

    while (chartalk_next(talk, PIECE_MAX, &piece)) {
        assert(piece.length > 0 && piece.length <= PIECE_MAX);
        prompted = piece.length >= 3 &&
                   memcmp(piece.bytes + piece.length - 3, "?> ", 3) == 0;
        for (size_t i = 0; i < piece.length; i++) {
            said->sum = (said->sum ^ (unsigned char)piece.bytes[i]) * 16777619u;
            rows += piece.bytes[i] == '\n';
            if (said->length < SAID_MAX)
                said->bytes[said->length] = piece.bytes[i];
            said->length++;
        }
    }
    assert(rows == talk->count + 1 || rows == 0);
    assert(prompted);
    assert(!chartalk_next(talk, PIECE_MAX, &piece));
}

/* Hold the conversation with the bytes in such pieces. */
static void
hold(struct said *said, const uint8_t *data, size_t size, uint8_t cut)
{
    static const struct chartalk_rules rules = { NULL };
    struct line_scanner scanner;
    struct chartalk talk;
    enum line_status status = LINE_PARTIAL;
    size_t begin = 0, end = 0, used;
    struct line line;

    said->length = 0;
    said->sum = 0;
    chartalk_begin(&talk, &rules, "peer");
    line_init(&scanner, MAX_LINE);
    do {
        const char *rest = (const char *)data + begin;

        if (status != LINE_PARTIAL || begin + end == 0)
            listen(&talk, said);
        status = line_next(&scanner, rest, end - begin, &line, &used);
        if (status == LINE_PARTIAL && end < size) {
            end = fuzz_cut(cut, end, size);
            continue;
        }
        if (status == LINE_PARTIAL) {
            status = line_last(&scanner, rest, end - begin, &line);
            used = end - begin;
        }
        begin += used;
    } while (status == LINE_PARTIAL || chartalk_receive(&talk, status, &line));
    chartalk_end(&talk);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct said whole, pieces;
    const uint8_t cut = fuzz_take(&data, &size);

    hold(&whole, data, size, 0);
    hold(&pieces, data, size, cut);
    assert(whole.length == pieces.length && whole.sum == pieces.sum);
    return 0;
}
