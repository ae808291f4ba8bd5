/*
 * channel - rings of messages, and cursors into them.
 *
 * A channel has a name, and the newest of its messages, numbered from 1 in the
 * order in which they came. Whoever reads it keeps a cursor, the number of the
 * last message that was read: so a message is kept once for ten thousand
 * readers, and a slow reader costs nobody anything. When the messages behind a
 * cursor are no longer kept, their number can be told.
 *
 * To clients a message is known by its id, "E-N": its number N, behind the
 * epoch E, a number that is another one each time the server starts. An id of
 * another epoch, or of a message that has not come yet, is foreign.
 *
 *     struct channels channels;
 *     const struct channel_message *message;
 *     struct channel *channel;
 *     uint64_t cursor, missed;
 *
 *     channels_init(&channels, 256, time(NULL));
 *     channel = channels_get(&channels, "main", 4, now, &status);
 *     channel_join(channel);
 *     cursor = channel_head(channel);
 *     ...
 *     missed = channel_skip(channel, &cursor);
 *     while ((message = channel_next(channel, cursor)) != NULL) {
 *         ... send message->text
 *         cursor++;
 *     }
 *     ...
 *     channel_leave(channel, now);
 *
 * A channel is made when its name is first asked for, and dropped when it has
 * neither had a reader nor a message for CHANNEL_SILENT_MS. Its numbers go on
 * behind those of all channels that were dropped, so that an old cursor is
 * never taken for one into a new channel of the same name.
 *
 * There is no lock inside. Any thread may call these functions for the same
 * channels, one at a time: who calls holds a lock, and holds on to it while it
 * uses a message. Times are in milliseconds of any clock that never jumps.
 */
#ifndef COMMON_CHANNEL_H
#define COMMON_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest name; it has letters, digits, '-' and '_' only. */
#define CHANNEL_NAME_MAX 64

/* The most channels at once: each may hold a ring. */
#define CHANNELS_MAX 1000

/* The most bytes that a channel keeps, unless a single message is longer. */
#define CHANNEL_BYTES 262144

/* Milliseconds without readers and messages after which a channel is dropped:
 * whoever was cut off has long been back. */
#define CHANNEL_SILENT_MS 600000

/* Room for an id: two numbers of 64 bits and the line between them. */
#define CHANNEL_ID_MAX 41

/* A message; its maker fills it. */
struct channel_message {
    size_t length;
    char text[];
};

/* A channel. Its members are channel's own. */
struct channel {
    char name[CHANNEL_NAME_MAX + 1];
    unsigned slot;
    size_t readers;
    int64_t heard_ms; /* when it last had a message, or lost its last reader */
    uint64_t base;    /* its first message has the number after this */
    uint64_t head;    /* number of the newest message, or base */
    size_t count;     /* of messages kept, the newest ones */
    size_t bytes;     /* of them together */
    size_t history;   /* the most of them */
    struct channel_message *ring[]; /* number N at N % history */
};

/* All channels of a server. Its members are channel's own. */
struct channels {
    size_t history;
    int64_t epoch;
    uint64_t dropped; /* the highest number of a message that was dropped */
    struct {
        uint32_t hash; /* of the name */
        struct channel *channel;
    } slots[CHANNELS_MAX];
};

/* What became of a look for a channel. */
enum channel_status {
    CHANNEL_FOUND,
    CHANNEL_NO_NAME,   /* no channel can have this name */
    CHANNEL_TOO_MANY,  /* there is no such channel and no room for one */
    CHANNEL_NO_MEMORY, /* the same, for want of memory */
};

/* What an id says. */
enum channel_since {
    CHANNEL_KNOWN,     /* the messages after it are known, or counted as gone */
    CHANNEL_FOREIGN,   /* it is of another epoch, or of no message so far */
    CHANNEL_MALFORMED, /* it is no id */
};

/* --- All channels --------------------------------------------------------- */

/* Make them none, each to keep up to history messages, at least 1; epoch is not
 * negative. */
void channels_init(struct channels *channels, size_t history, int64_t epoch);

/* Free all channels and their messages. */
void channels_free(struct channels *channels);

/*
 * The channel of this name, which is made if need be, and when that cannot be,
 * NULL; *status says which. The channel stays until it is dropped, so join it
 * in the same go, or use it and forget it.
 */
struct channel *channels_get(struct channels *channels, const char *name,
    size_t length, int64_t now_ms, enum channel_status *status);

/* How many channels there are. */
size_t channels_count(const struct channels *channels);

/* --- One channel ---------------------------------------------------------- */

/* Its name, a C string. */
const char *channel_name(const struct channel *channel);

/* Its place among all channels, less than CHANNELS_MAX, no other channel's
 * while it has readers: for tables of what belongs to a channel elsewhere. */
unsigned channel_slot(const struct channel *channel);

/* A reader comes, who may use the channel until it leaves; and it leaves. */
void channel_join(struct channel *channel);
void channel_leave(struct channel *channel, int64_t now_ms);

/* How many readers it has. */
size_t channel_readers(const struct channel *channel);

/* Make a message with room for length bytes of text, which is its length; NULL:
 * no memory. It is to be freed by free(), or appended. */
struct channel_message *channel_message_new(size_t length);

/* Make a message shorter, and give back the room that it leaves; return where
 * it is now. */
struct channel_message *channel_message_trim(
    struct channel_message *message, size_t length);

/* Append a message, and own it from now on; its number is then the channel's
 * head. The oldest messages go, as far as there are too many. */
void channel_append(
    struct channel *channel, struct channel_message *message, int64_t now_ms);

/* The number of the newest message: the cursor of whoever wants none but those
 * that are to come. */
uint64_t channel_head(const struct channel *channel);

/* Put a cursor before the next message that is still kept; return how many it
 * had to leave out. */
uint64_t channel_skip(const struct channel *channel, uint64_t *cursor);

/* The message behind a cursor, whose number is one more; NULL: it has not come.
 * The cursor must not be behind the oldest message kept, as after
 * channel_skip. The message is valid until the next append. */
const struct channel_message *channel_next(
    const struct channel *channel, uint64_t cursor);

/* --- Ids ------------------------------------------------------------------ */

/* Write the id of a message as a C string of at most CHANNEL_ID_MAX bytes;
 * return its length. */
size_t channel_id(char *text, const struct channels *channels, uint64_t number);

/* Whether a text is an id, of whatever epoch and message. */
bool channel_is_id(const char *text, size_t length);

/* Read an id as a cursor of this channel; *cursor is set when it is known. */
enum channel_since channel_since(const struct channels *channels,
    const struct channel *channel, const char *text, size_t length,
    uint64_t *cursor);

#endif
