#include "common/channel.h"

#include "report/rng.h"
#include "tests/unit/scarce.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The channels of a test. */
static struct channels channels;

/* The channel of a name, which must be there or be made. */
static struct channel *
get(const char *name, int64_t now_ms)
{
    enum channel_status status;
    struct channel *channel =
        channels_get(&channels, name, strlen(name), now_ms, &status);

    ck_assert_int_eq(status, CHANNEL_FOUND);
    ck_assert_str_eq(channel_name(channel), name);
    return channel;
}

/* Append a message of length bytes, the first of which say its number. */
static void
append(struct channel *channel, size_t length, int64_t now_ms)
{
    struct channel_message *message = channel_message_new(length);

    ck_assert_ptr_nonnull(message);
    ck_assert_uint_eq(message->length, length);
    memset(message->text, '.', length);
    if (length >= 20)
        sprintf(message->text, "%llu",
            (unsigned long long)channel_head(channel) + 1);
    channel_append(channel, message, now_ms);
}

TEST(a_reader_gets_what_comes_after_its_cursor)
{
    struct channel *channel;
    uint64_t cursor, missed;

    channels_init(&channels, 4, 1);
    channel = get("main", 0);
    ck_assert_uint_eq(channel_head(channel), 0);
    cursor = channel_head(channel);
    ck_assert_ptr_null(channel_next(channel, cursor));
    for (int i = 1; i <= 3; i++)
        append(channel, (size_t)i, 0);
    ck_assert_uint_eq(channel_head(channel), 3);
    missed = channel_skip(channel, &cursor);
    ck_assert_uint_eq(missed, 0);
    for (size_t i = 1; i <= 3; i++)
        ck_assert_uint_eq(channel_next(channel, cursor++)->length, i);
    ck_assert_ptr_null(channel_next(channel, cursor));
    ck_assert_uint_eq(channel_skip(channel, &cursor), 0);
    channels_free(&channels);
}

TEST(a_slow_reader_is_told_how_many_are_gone)
{
    struct channel *channel;
    uint64_t cursor = 0;

    channels_init(&channels, 4, 1);
    channel = get("main", 0);
    for (size_t i = 1; i <= 11; i++)
        append(channel, i, 0);
    ck_assert_uint_eq(channel_skip(channel, &cursor), 7);
    ck_assert_uint_eq(cursor, 7);
    ck_assert_uint_eq(channel_next(channel, cursor)->length, 8);
    channels_free(&channels);
}

TEST(a_ring_of_one_message_keeps_the_newest)
{
    struct channel *channel;
    uint64_t cursor = 0;

    channels_init(&channels, 1, 1);
    channel = get("main", 0);
    append(channel, 1, 0);
    append(channel, 2, 0);
    ck_assert_uint_eq(channel_skip(channel, &cursor), 1);
    ck_assert_uint_eq(channel_next(channel, cursor)->length, 2);
    channels_free(&channels);
}

TEST(a_ring_holds_256_kib_or_one_message)
{
    struct channel *channel;
    uint64_t cursor = 0;

    channels_init(&channels, 256, 1);
    channel = get("main", 0);
    append(channel, CHANNEL_BYTES / 2, 0);
    append(channel, CHANNEL_BYTES / 2, 0);
    ck_assert_uint_eq(channel_skip(channel, &cursor), 0);
    append(channel, 0, 0);
    ck_assert_uint_eq(channel_skip(channel, &cursor), 0);
    append(channel, 1, 0);
    ck_assert_uint_eq(channel_skip(channel, &cursor), 1);
    append(channel, CHANNEL_BYTES + 1, 0);
    ck_assert_uint_eq(channel_skip(channel, &cursor), 3);
    ck_assert_uint_eq(channel_next(channel, cursor)->length, CHANNEL_BYTES + 1);
    append(channel, 1, 0);
    ck_assert_uint_eq(channel_skip(channel, &cursor), 1);
    channels_free(&channels);
}

TEST(names_are_letters_digits_and_two_marks)
{
    static const char too_long[] =
        "12345678901234567890123456789012345678901234567890123456789012345";
    static const char *const wrong[] = { "", "a b", "a.b", "a/b", "a%b", "\x7f",
        "a@", "[", "`", "{", "/", ":", "caf\xc3\xa9", too_long };
    enum channel_status status;

    channels_init(&channels, 4, 1);
    for (int i = 0; i < COUNT(wrong); i++) {
        ck_assert_ptr_null(
            channels_get(&channels, wrong[i], strlen(wrong[i]), 0, &status));
        ck_assert_int_eq(status, CHANNEL_NO_NAME);
    }
    ck_assert_uint_eq(channels_count(&channels), 0);
    get("azAZ09-_", 0);
    get("1234567890123456789012345678901234567890123456789012345678901234", 0);
    ck_assert_uint_eq(channels_count(&channels), 2);
    ck_assert_ptr_eq(get("azAZ09-_", 0), get("azAZ09-_", 0));
    ck_assert_ptr_ne(get("azAZ09-", 0), get("azAZ09-_", 0));
    channels_free(&channels);
    ck_assert_uint_eq(channels_count(&channels), 0);
}

TEST(names_with_the_same_hash_are_two)
{
    struct channel *one, *other;

    channels_init(&channels, 4, 1);
    one = get("LethNDSOG", 0);
    other = get("4SivkSDnN", 0);
    ck_assert_ptr_ne(one, other);
    ck_assert_uint_eq(channels.slots[channel_slot(one)].hash,
        channels.slots[channel_slot(other)].hash);
    ck_assert_ptr_eq(get("LethNDSOG", 0), one);
    ck_assert_ptr_ne(get("Efc5RPMw", 0), get("D3b8pGTaT", 0));
    ck_assert_ptr_eq(get("4SivkSDnN", 0), other);
    channels_free(&channels);
}

TEST(there_are_no_more_than_a_thousand)
{
    enum channel_status status;
    char name[16];

    channels_init(&channels, 4, 1);
    for (unsigned i = 0; i < CHANNELS_MAX; i++) {
        snprintf(name, sizeof(name), "c%u", i);
        ck_assert_uint_eq(channel_slot(get(name, 0)), i);
    }
    ck_assert_ptr_null(channels_get(&channels, "more", 4, 0, &status));
    ck_assert_int_eq(status, CHANNEL_TOO_MANY);
    ck_assert_uint_eq(channel_slot(get("c999", 0)), 999);
    channel_join(get("c7", 0));
    /* All but the one that has a reader make room in time. */
    ck_assert_uint_eq(channel_slot(get("more", CHANNEL_SILENT_MS)), 0);
    ck_assert_uint_eq(channels_count(&channels), 2);
    ck_assert_uint_eq(channel_slot(get("c7", CHANNEL_SILENT_MS)), 7);
    channels_free(&channels);
}

TEST(a_channel_is_dropped_when_it_is_silent)
{
    struct channel *channel;
    uint64_t cursor;

    channels_init(&channels, 4, 1);
    channel = get("main", 0);
    append(channel, 1, 5);
    append(channel, 1, 5);
    append(get("other", 5), 1, 5);
    channel_join(channel);
    channel_join(channel);
    ck_assert_uint_eq(channel_readers(channel), 2);
    channel_leave(channel, 7);
    channel_leave(channel, 9);
    channel_join(get("other", 9));
    channel = get("main", CHANNEL_SILENT_MS + 8);
    ck_assert_uint_eq(channel_head(channel), 2);
    append(channel, 1, 10);
    append(channel, 1, 10);
    channel = get("main", CHANNEL_SILENT_MS + 10);
    /* A new one, whose numbers are none of the old one's. */
    ck_assert_uint_eq(channel_head(channel), 4);
    cursor = 4;
    ck_assert_uint_eq(channel_skip(channel, &cursor), 0);
    ck_assert_ptr_null(channel_next(channel, cursor));
    append(channel, 3, CHANNEL_SILENT_MS + 10);
    ck_assert_uint_eq(channel_next(channel, cursor)->length, 3);
    ck_assert_int_eq(
        channel_since(&channels, channel, "1-3", 3, &cursor), CHANNEL_FOREIGN);
    ck_assert_int_eq(
        channel_since(&channels, channel, "1-4", 3, &cursor), CHANNEL_KNOWN);
    /* Dropped with fewer messages, a channel changes nothing for the next. */
    channel_leave(get("other", 20), 20);
    ck_assert_uint_eq(channel_head(get("x", 3 * CHANNEL_SILENT_MS)), 5);
    ck_assert_uint_eq(channels_count(&channels), 1);
    channels_free(&channels);
}

static const struct {
    const char *text;
    enum channel_since expected;
    uint64_t cursor;
} ids[] = {
    { "17-0", CHANNEL_KNOWN, 0 },
    { "17-1", CHANNEL_KNOWN, 1 },
    { "17-7", CHANNEL_KNOWN, 7 },
    { "017-007", CHANNEL_KNOWN, 7 },
    { "17-8", CHANNEL_FOREIGN, 0 },
    { "17-9223372036854775807", CHANNEL_FOREIGN, 0 },
    { "17-9223372036854775808", CHANNEL_FOREIGN, 0 },
    { "17-99999999999999999999999999", CHANNEL_FOREIGN, 0 },
    { "16-3", CHANNEL_FOREIGN, 0 },
    { "0-0", CHANNEL_FOREIGN, 0 },
    { "99999999999999999999999999-3", CHANNEL_FOREIGN, 0 },
    { "", CHANNEL_MALFORMED, 0 },
    { "-", CHANNEL_MALFORMED, 0 },
    { "17", CHANNEL_MALFORMED, 0 },
    { "17-", CHANNEL_MALFORMED, 0 },
    { "-3", CHANNEL_MALFORMED, 0 },
    { "17--3", CHANNEL_MALFORMED, 0 },
    { "-17-3", CHANNEL_MALFORMED, 0 },
    { "17-+3", CHANNEL_MALFORMED, 0 },
    { "+17-3", CHANNEL_MALFORMED, 0 },
    { "17-3 ", CHANNEL_MALFORMED, 0 },
    { "17 -3", CHANNEL_MALFORMED, 0 },
    { "17-3-3", CHANNEL_MALFORMED, 0 },
    { "17-3x", CHANNEL_MALFORMED, 0 },
    { "x", CHANNEL_MALFORMED, 0 },
    { "x-3", CHANNEL_MALFORMED, 0 },
    { "17-x", CHANNEL_MALFORMED, 0 },
};

TEST(an_id_is_read, .times = COUNT(ids))
{
    struct channel *channel;
    uint64_t cursor = 0;

    channels_init(&channels, 4, 17);
    channel = get("main", 0);
    for (size_t i = 1; i <= 7; i++)
        append(channel, i, 0);
    ck_assert_int_eq(channel_since(&channels, channel, ids[_i].text,
                         strlen(ids[_i].text), &cursor),
        ids[_i].expected);
    ck_assert_uint_eq(cursor, ids[_i].cursor);
    ck_assert(channel_is_id(ids[_i].text, strlen(ids[_i].text)) ==
              (ids[_i].expected != CHANNEL_MALFORMED));
    channels_free(&channels);
}

TEST(an_id_is_written)
{
    char text[CHANNEL_ID_MAX];

    channels_init(&channels, 4, 17);
    ck_assert_uint_eq(channel_id(text, &channels, 0), 4);
    ck_assert_str_eq(text, "17-0");
    channels_init(&channels, 4, INT64_MAX);
    ck_assert_uint_eq(channel_id(text, &channels, INT64_MAX), 39);
    ck_assert_str_eq(text, "9223372036854775807-9223372036854775807");
}

TEST(without_memory_there_is_no_channel_and_no_message)
{
    enum channel_status status;
    struct channel *channel;
    struct channel_message *message;
    bool came;

    channels_init(&channels, 4, 1);
    scarce_call(1);
    channel = channels_get(&channels, "main", 4, 0, &status);
    came = scarce_end();
    ck_assert(came);
    ck_assert_ptr_null(channel);
    ck_assert_int_eq(status, CHANNEL_NO_MEMORY);
    ck_assert_uint_eq(channels_count(&channels), 0);
    get("main", 0);
    scarce_call(1);
    message = channel_message_new(3);
    came = scarce_end();
    ck_assert(came && message == NULL);
    message = channel_message_new(100);
    scarce_call(1);
    message = channel_message_trim(message, 3);
    came = scarce_end();
    ck_assert(came);
    ck_assert_uint_eq(message->length, 3);
    message = channel_message_trim(message, 2);
    ck_assert_uint_eq(message->length, 2);
    channel_append(get("main", 0), message, 0);
    channels_free(&channels);
}

/* --- A model: every message ever, and readers ----------------------------- */

#define MODEL_CHANNELS 5
#define MODEL_READERS  20
#define MODEL_MESSAGES 4000

/* What a channel has to be. */
struct model {
    size_t lengths[MODEL_MESSAGES];
    uint64_t base, head;
    size_t readers;
    int64_t heard_ms;
    bool made;
};

/* A reader, with what it has seen and what it was told to have missed. */
struct reader {
    struct channel *channel; /* NULL: it is away */
    int which;
    uint64_t cursor, begun, seen, missed;
};

/* How many of the newest messages of a channel are kept. */
static uint64_t
kept(const struct model *model, size_t history)
{
    uint64_t count = 0;
    size_t bytes = 0;

    while (count < history && count < model->head - model->base) {
        bytes += model->lengths[model->head - count];
        if (count > 0 && bytes > CHANNEL_BYTES)
            break;
        count++;
    }
    return count;
}

/* Let a reader read some. */
static void
read_some(struct reader *reader, const struct model *model, size_t history,
    uint64_t most)
{
    const uint64_t oldest = model->head - kept(model, history);
    const uint64_t gone = reader->cursor < oldest ? oldest - reader->cursor : 0;
    const struct channel_message *message;
    const uint64_t missed = channel_skip(reader->channel, &reader->cursor);

    ck_assert_uint_eq(missed, gone);
    reader->missed += missed;
    for (; most > 0; most--) {
        message = channel_next(reader->channel, reader->cursor);
        if (message == NULL) {
            ck_assert_uint_eq(reader->cursor, model->head);
            return;
        }
        reader->cursor++;
        reader->seen++;
        ck_assert_uint_eq(message->length, model->lengths[reader->cursor]);
        if (message->length >= 20)
            ck_assert_uint_eq(
                strtoull(message->text, NULL, 10), reader->cursor);
    }
}

TEST(a_model_agrees, .times = 8)
{
    static struct model models[MODEL_CHANNELS];
    static struct reader readers[MODEL_READERS];
    const size_t history = _i == 0 ? 1 : (size_t)_i * 5;
    uint64_t dropped = 0;
    int64_t now = 0;
    struct rng rng;

    rng_seed(&rng, (uint64_t)_i);
    memset(models, 0, sizeof(models));
    memset(readers, 0, sizeof(readers));
    channels_init(&channels, history, 1);
    for (int step = 0; step < 10000; step++) {
        struct reader *reader = &readers[rng_below(&rng, MODEL_READERS)];
        const int which = reader->channel != NULL
                              ? reader->which
                              : (int)rng_below(&rng, MODEL_CHANNELS);
        struct model *model = &models[which];
        char name[2] = { (char)('a' + which), '\0' };
        struct channel *channel;

        now += (int64_t)rng_below(
            &rng, rng_below(&rng, 50) == 0 ? CHANNEL_SILENT_MS : 1000);
        for (int i = 0; i < MODEL_CHANNELS; i++)
            if (models[i].made && models[i].readers == 0 &&
                now - models[i].heard_ms >= CHANNEL_SILENT_MS) {
                models[i].made = false;
                if (models[i].head > dropped)
                    dropped = models[i].head;
            }
        if (!model->made) {
            model->made = true;
            model->base = model->head = dropped;
            model->heard_ms = now;
        }
        channel = get(name, now);
        ck_assert_uint_eq(channel_head(channel), model->head);
        switch (rng_below(&rng, 4)) {
        case 0:
            if (model->head + 1 == MODEL_MESSAGES)
                break;
            model->lengths[model->head + 1] =
                (size_t)rng_below(&rng, rng_below(&rng, 3) == 0 ? 100000 : 100);
            append(channel, model->lengths[model->head + 1], now);
            model->head++;
            model->heard_ms = now;
            break;
        case 1:
            if (reader->channel == NULL) {
                channel_join(channel);
                model->readers++;
                *reader = (struct reader) { .channel = channel,
                    .which = which,
                    .cursor = model->head,
                    .begun = model->head };
            }
            break;
        case 2:
            if (reader->channel != NULL)
                read_some(reader, model, history, rng_below(&rng, 10));
            break;
        case 3:
        default:
            if (reader->channel == NULL || rng_below(&rng, 4) > 0)
                break;
            /* Whoever leaves has seen all, or was told what not. */
            read_some(reader, model, history, UINT64_MAX);
            ck_assert_uint_eq(
                reader->begun + reader->seen + reader->missed, model->head);
            channel_leave(reader->channel, now);
            reader->channel = NULL;
            model->readers--;
            model->heard_ms = now;
            break;
        }
    }
    channels_free(&channels);
}
