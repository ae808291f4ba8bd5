/*
 * Telnet: a connection in pieces is the same as in one, nothing grows, and the
 * replies are refusals, each given once. Input: the cut, the bytes.
 */
#include "common/telnet.h"

#include "tests/fuzz/fuzz.h"

#include <stdbool.h>

/* What came of a connection. */
struct outcome {
    char *data;
    size_t length;
    char reply[TELNET_REPLY_MAX];
    size_t replied;
    bool ended;
};

/* Read a connection in pieces; outcome->data is to be freed. */
static void
read_all(
    struct outcome *outcome, const uint8_t *bytes, size_t size, uint8_t cut)
{
    struct telnet telnet = { 0 };

    outcome->data = fuzz_copy(bytes, size);
    outcome->length = 0;
    outcome->replied = 0;
    for (size_t begin = 0, end = 0; begin < size; begin = end) {
        char reply[TELNET_REPLY_MAX];
        size_t kept, replied;
        char *segment;

        end = fuzz_cut(cut, begin, size);
        segment = calloc(end - begin + TELNET_GROWTH, 1);
        assert(segment != NULL);
        memcpy(segment, bytes + begin, end - begin);
        kept = telnet_read(&telnet, segment, end - begin, reply, &replied);
        assert(outcome->length + kept <= end);
        assert(replied <= TELNET_REPLY_MAX - outcome->replied);
        memcpy(outcome->data + outcome->length, segment, kept);
        memcpy(outcome->reply + outcome->replied, reply, replied);
        outcome->length += kept;
        outcome->replied += replied;
        free(segment);
    }
    outcome->ended = telnet.state == TELNET_ENDED;
}

/* Check that replies refuse, and refuse nothing again but timing marks. */
static void
check_replies(const struct outcome *outcome)
{
    bool refused[2][256] = { { false } };

    assert(outcome->replied % 3 == 0);
    for (size_t i = 0; i < outcome->replied; i += 3) {
        const uint8_t *reply = (const uint8_t *)outcome->reply + i;
        bool *seen = &refused[reply[1] == 254][reply[2]];

        assert(reply[0] == 255 && (reply[1] == 252 || reply[1] == 254));
        assert(!*seen || (reply[1] == 252 && reply[2] == 6));
        *seen = true;
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct outcome whole, pieces;
    const uint8_t cut = fuzz_take(&data, &size);

    read_all(&whole, data, size, 0);
    read_all(&pieces, data, size, cut);
    assert(whole.length == pieces.length &&
           memcmp(whole.data, pieces.data, whole.length) == 0);
    assert(whole.replied == pieces.replied &&
           memcmp(whole.reply, pieces.reply, whole.replied) == 0);
    assert(whole.ended == pieces.ended);
    assert(whole.replied <= size);
    check_replies(&whole);
    if (size > 0 && memchr(data, 255, size) == NULL)
        assert(whole.length == size && whole.replied == 0 && !whole.ended);
    if (size > 0 && memchr(data, 255, size) == NULL &&
        memchr(data, '\0', size) == NULL)
        assert(memcmp(whole.data, data, size) == 0);
    free(whole.data);
    free(pieces.data);
    return 0;
}
