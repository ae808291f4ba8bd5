/*
 * door - the server that downloaders are raced against: it answers requests
 * for flags, each a fixed time after it came.
 *
 * It is small and shares no code with the flag-server, as any time that it
 * takes is taken from both twins. It runs in the calling thread, which times
 * what it sees: when requests came, how many waited at once.
 *
 * The flags that it has are those of countries (see countries.h), all of the
 * same size and no two the same. `/flags/ad/ad.gif` is one,
 * `/flags/ad/metadata.json` names its country, which is called by its code;
 * everything else is 404.
 */
#ifndef REPORT_DOOR_H
#define REPORT_DOOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DOOR_SOON_NS UINT64_C(10000000) /* see door_seen.soon */

struct door;

/* What came to a door since door_expect(). */
struct door_seen {
    uint64_t requests;
    uint64_t soon;     /* within DOOR_SOON_NS of the first, the first, too */
    uint64_t pause_ns; /* the longest between one request and the next */
    size_t waiting;    /* requests that have no answer yet */
};

/* Why door_serve() returned. */
enum door_event {
    DOOR_DONE, /* the descriptor became readable */
    DOOR_HELD, /* as many requests wait as were to be held */
    DOOR_LATE  /* time is over */
};

/*
 * Open a door at a free port of 127.0.0.1. Its flags are of `size` bytes.
 * End the program when descriptors or memory run out, here and below.
 */
struct door *door_open(size_t size);

/* Return its port. */
uint16_t door_port(const struct door *door);

/*
 * Begin to count anew. Each answer leaves `delay_ns` after its request came;
 * until `held` requests wait at once no answer leaves at all (0 = none is
 * held).
 */
void door_expect(struct door *door, uint64_t delay_ns, size_t held);

/*
 * Serve until descriptor `fd` is readable, so many requests wait as are to be
 * held (once), or the clock (see clock.h) shows `until_ns`.
 */
enum door_event door_serve(struct door *door, int fd, uint64_t until_ns);

/* Return what came. */
const struct door_seen *door_saw(const struct door *door);

/*
 * Return whether a door has the flag of a code of two letters, in whatever
 * case, and whether the bytes of a file are that flag.
 */
bool door_has(const char *code);
bool door_sent(const struct door *door, const char *code, int file);

/* Close a door and its connections, and free it. */
void door_close(struct door *door);

#endif
