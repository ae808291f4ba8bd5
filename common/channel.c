#include "common/channel.h"

#include "common/number.h"

#include <stdlib.h>
#include <string.h>

/* Make them none. */
void
channels_init(struct channels *channels, size_t history, int64_t epoch)
{
    *channels = (struct channels) { .history = history, .epoch = epoch };
}

/* Free a channel and its messages. */
static void
free_channel(struct channel *channel)
{
    for (size_t i = 0; i < channel->history; i++)
        free(channel->ring[i]);
    free(channel);
}

/* Free all channels. */
void
channels_free(struct channels *channels)
{
    for (size_t i = 0; i < CHANNELS_MAX; i++)
        if (channels->slots[i].channel != NULL)
            free_channel(channels->slots[i].channel);
    channels_init(channels, channels->history, channels->epoch);
}

/* Whether a channel may have this name. */
static bool
is_name(const char *name, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!((name[i] >= 'a' && name[i] <= 'z') ||
                (name[i] >= 'A' && name[i] <= 'Z') ||
                (name[i] >= '0' && name[i] <= '9') || name[i] == '-' ||
                name[i] == '_'))
            return false;
    return length > 0 && length <= CHANNEL_NAME_MAX;
}

/* A number that few names share (FNV-1a). */
static uint32_t
hash_name(const char *name, size_t length)
{
    uint32_t hash = 2166136261u;

    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (uint8_t)name[i]) * 16777619u;
    return hash;
}

/* Drop the channels that are forgotten. */
static void
drop_silent(struct channels *channels, int64_t now_ms)
{
    for (size_t i = 0; i < CHANNELS_MAX; i++) {
        struct channel *channel = channels->slots[i].channel;

        if (channel == NULL || channel->readers > 0 ||
            now_ms - channel->heard_ms < CHANNEL_SILENT_MS)
            continue;
        if (channel->head > channels->dropped)
            channels->dropped = channel->head;
        free_channel(channel);
        channels->slots[i].channel = NULL;
    }
}

/* The place of a channel, or else a free one for it; CHANNELS_MAX: neither. */
static size_t
find_slot(const struct channels *channels, const char *name, size_t length,
    uint32_t hash)
{
    size_t found = CHANNELS_MAX;

    for (size_t i = 0; i < CHANNELS_MAX; i++) {
        const struct channel *channel = channels->slots[i].channel;

        if (channel == NULL) {
            if (found == CHANNELS_MAX)
                found = i;
        } else if (channels->slots[i].hash == hash &&
                   strlen(channel->name) == length &&
                   memcmp(channel->name, name, length) == 0) {
            return i;
        }
    }
    return found;
}

/* Make a channel at a free place; NULL: no memory. */
static struct channel *
make_channel(struct channels *channels, size_t slot, const char *name,
    size_t length, int64_t now_ms)
{
    const size_t ring = channels->history * sizeof(struct channel_message *);
    struct channel *channel = calloc(1, sizeof(*channel) + ring);

    if (channel == NULL)
        return NULL;
    memcpy(channel->name, name, length);
    channel->slot = (unsigned)slot;
    channel->heard_ms = now_ms;
    channel->base = channel->head = channels->dropped;
    channel->history = channels->history;
    channels->slots[slot].channel = channel;
    return channel;
}

/* The channel of a name. */
struct channel *
channels_get(struct channels *channels, const char *name, size_t length,
    int64_t now_ms, enum channel_status *status)
{
    struct channel *channel;
    uint32_t hash;
    size_t slot;

    *status = CHANNEL_NO_NAME;
    if (!is_name(name, length))
        return NULL;
    drop_silent(channels, now_ms);
    hash = hash_name(name, length);
    slot = find_slot(channels, name, length, hash);
    *status = CHANNEL_TOO_MANY;
    if (slot == CHANNELS_MAX)
        return NULL;
    channel = channels->slots[slot].channel;
    if (channel == NULL) {
        channel = make_channel(channels, slot, name, length, now_ms);
        channels->slots[slot].hash = hash;
    }
    *status = channel == NULL ? CHANNEL_NO_MEMORY : CHANNEL_FOUND;
    return channel;
}

/* How many channels there are. */
size_t
channels_count(const struct channels *channels)
{
    size_t count = 0;

    for (size_t i = 0; i < CHANNELS_MAX; i++)
        count += channels->slots[i].channel != NULL;
    return count;
}

/* The name of a channel. */
const char *
channel_name(const struct channel *channel)
{
    return channel->name;
}

/* The place of a channel among all. */
unsigned
channel_slot(const struct channel *channel)
{
    return channel->slot;
}

/* A reader comes. */
void
channel_join(struct channel *channel)
{
    channel->readers++;
}

/* A reader leaves. */
void
channel_leave(struct channel *channel, int64_t now_ms)
{
    channel->readers--;
    channel->heard_ms = now_ms;
}

/* How many readers a channel has. */
size_t
channel_readers(const struct channel *channel)
{
    return channel->readers;
}

/* Make a message. */
struct channel_message *
channel_message_new(size_t length)
{
    struct channel_message *message = malloc(sizeof(*message) + length);

    if (message != NULL)
        message->length = length;
    return message;
}

/* Make a message shorter. */
struct channel_message *
channel_message_trim(struct channel_message *message, size_t length)
{
    struct channel_message *trimmed;

    message->length = length;
    trimmed = reallocarray(message, sizeof(*message) + length, 1);
    return trimmed == NULL ? message : trimmed;
}

/* The place of a message in the ring. */
static size_t
place_of(const struct channel *channel, uint64_t number)
{
    return (size_t)(number % channel->history);
}

/* Forget the oldest message. */
static void
drop_oldest(struct channel *channel)
{
    const size_t place = place_of(channel, channel->head - channel->count + 1);

    channel->bytes -= channel->ring[place]->length;
    channel->count--;
    free(channel->ring[place]);
    channel->ring[place] = NULL;
}

/* Append a message. */
void
channel_append(
    struct channel *channel, struct channel_message *message, int64_t now_ms)
{
    while (channel->count == channel->history ||
           (channel->count > 0 &&
               channel->bytes + message->length > CHANNEL_BYTES))
        drop_oldest(channel);
    channel->head++;
    channel->count++;
    channel->bytes += message->length;
    channel->heard_ms = now_ms;
    channel->ring[place_of(channel, channel->head)] = message;
}

/* The number of the newest message. */
uint64_t
channel_head(const struct channel *channel)
{
    return channel->head;
}

/* Put a cursor before the next message that is kept. */
uint64_t
channel_skip(const struct channel *channel, uint64_t *cursor)
{
    const uint64_t oldest = channel->head - channel->count;
    const uint64_t missed = *cursor < oldest ? oldest - *cursor : 0;

    *cursor += missed;
    return missed;
}

/* The message behind a cursor. */
const struct channel_message *
channel_next(const struct channel *channel, uint64_t cursor)
{
    return cursor < channel->head ? channel->ring[place_of(channel, cursor + 1)]
                                  : NULL;
}

/* Write the id of a message. */
size_t
channel_id(char *text, const struct channels *channels, uint64_t number)
{
    size_t length = number_write(text, channels->epoch);

    text[length++] = '-';
    length += number_write(text + length, (int64_t)number);
    text[length] = '\0';
    return length;
}

/* Read a number without a sign; one that is too large becomes INT64_MAX. */
static bool
read_number(const char *text, size_t length, int64_t *number)
{
    if (length == 0 || text[0] < '0' || text[0] > '9')
        return false;
    switch (number_read(text, length, number)) {
    case NUMBER_OK:
        return true;
    case NUMBER_RANGE:
        *number = INT64_MAX;
        return true;
    case NUMBER_MALFORMED:
    default:
        return false;
    }
}

/* Take an id apart; false when it is none. */
static bool
read_id(const char *text, size_t length, int64_t *epoch, int64_t *number)
{
    const char *line = length > 0 ? memchr(text, '-', length) : NULL;
    size_t before;

    if (line == NULL)
        return false;
    before = (size_t)(line - text);
    return read_number(text, before, epoch) &&
           read_number(line + 1, length - before - 1, number);
}

/* Whether a text is an id. */
bool
channel_is_id(const char *text, size_t length)
{
    int64_t epoch, number;

    return read_id(text, length, &epoch, &number);
}

/* Read an id. */
enum channel_since
channel_since(const struct channels *channels, const struct channel *channel,
    const char *text, size_t length, uint64_t *cursor)
{
    int64_t epoch, number;

    if (!read_id(text, length, &epoch, &number))
        return CHANNEL_MALFORMED;
    if (epoch != channels->epoch || (uint64_t)number < channel->base ||
        (uint64_t)number > channel->head)
        return CHANNEL_FOREIGN;
    *cursor = (uint64_t)number;
    return CHANNEL_KNOWN;
}
