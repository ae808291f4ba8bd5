/*
 * activation - which descriptors a service manager has passed to a server.
 *
 * The protocol of sd_listen_fds(3), systemd's socket activation: LISTEN_PID
 * says which process is meant, LISTEN_FDS how many descriptors there are, from
 * 3 on, and LISTEN_FDNAMES what each is called, with colons between the names.
 * Here they are matched with the doors of a server. Nothing here looks at the
 * environment or at a descriptor; net_open_doors (net.h) does.
 */
#ifndef COMMON_ACTIVATION_H
#define COMMON_ACTIVATION_H

#include <stddef.h>
#include <stdint.h>

/* The first descriptor that is passed. */
#define ACTIVATION_FIRST 3

/* Room for a reason. */
#define ACTIVATION_TEXT_MAX 256

/* The values of the three variables; NULL: it is not set. */
struct activation {
    const char *pid;   /* LISTEN_PID */
    const char *count; /* LISTEN_FDS */
    const char *names; /* LISTEN_FDNAMES */
};

/* What was passed. */
enum activation_result {
    ACTIVATION_NONE,  /* nothing, or not to this process */
    ACTIVATION_FOUND, /* a descriptor for each door */
    ACTIVATION_WRONG, /* something else; there is a reason */
};

/*
 * Find the descriptor of each of count doors, at least one, for the process
 * self: descriptors[i] is that of the door called doors[i]. A single door takes
 * a single descriptor of any name; its own may be NULL. With ACTIVATION_WRONG
 * text (ACTIVATION_TEXT_MAX bytes) holds one line that says what is wrong:
 * numbers that are none, more or fewer descriptors than doors, unknown names.
 */
enum activation_result activation_match(const struct activation *given,
    int64_t self, const char *const *doors, size_t count, int *descriptors,
    char text[ACTIVATION_TEXT_MAX]);

#endif
