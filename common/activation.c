#include "common/activation.h"

#include "common/number.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Read a number from min on; false: it is none. */
static bool
read_from(int64_t min, const char *text, int64_t *number)
{
    return number_read(text, strlen(text), number) == NUMBER_OK &&
           *number >= min;
}

/* Say that a name is unknown, and which are not. */
static enum activation_result
explain_unknown(char text[ACTIVATION_TEXT_MAX], const char *name, int length,
    const char *const *doors, size_t count)
{
    size_t used = (size_t)snprintf(text, ACTIVATION_TEXT_MAX,
        "LISTEN_FDNAMES: '%.*s' is none of", length < 64 ? length : 64, name);

    for (size_t i = 0; i < count; i++)
        used += (size_t)snprintf(text + used, ACTIVATION_TEXT_MAX - used,
            "%s %.32s", i > 0 ? "," : "", doors[i]);
    return ACTIVATION_WRONG;
}

/* The door of a name; count: there is none. */
static size_t
find_door(
    const char *name, size_t length, const char *const *doors, size_t count)
{
    size_t i = 0;

    while (i < count &&
           (strlen(doors[i]) != length || memcmp(doors[i], name, length) != 0))
        i++;
    return i;
}

/* Give each of several doors the descriptor of its name. */
static enum activation_result
match_names(const char *names, const char *const *doors, size_t count,
    int *descriptors, char text[ACTIVATION_TEXT_MAX])
{
    size_t place = 0;

    for (size_t i = 0; i < count; i++)
        descriptors[i] = -1;
    for (;; names++, place++) {
        const size_t length = strcspn(names, ":");
        const size_t door = find_door(names, length, doors, count);

        if (door == count)
            return explain_unknown(text, names, (int)length, doors, count);
        if (descriptors[door] != -1) {
            snprintf(text, ACTIVATION_TEXT_MAX,
                "LISTEN_FDNAMES: '%.64s' stands twice", doors[door]);
            return ACTIVATION_WRONG;
        }
        descriptors[door] = ACTIVATION_FIRST + (int)place;
        names += length;
        if (*names == '\0')
            break;
    }
    if (place + 1 == count)
        return ACTIVATION_FOUND;
    snprintf(text, ACTIVATION_TEXT_MAX,
        "LISTEN_FDNAMES: there are %zu names for %zu sockets", place + 1,
        count);
    return ACTIVATION_WRONG;
}

/* Find the descriptor of each door. */
enum activation_result
activation_match(const struct activation *given, int64_t self,
    const char *const *doors, size_t count, int *descriptors,
    char text[ACTIVATION_TEXT_MAX])
{
    int64_t pid, passed;

    if (given->pid == NULL || given->count == NULL)
        return ACTIVATION_NONE;
    if (!read_from(1, given->pid, &pid)) {
        snprintf(text, ACTIVATION_TEXT_MAX,
            "LISTEN_PID: '%.64s' is not a process id", given->pid);
        return ACTIVATION_WRONG;
    }
    if (pid != self)
        return ACTIVATION_NONE;
    if (!read_from(0, given->count, &passed)) {
        snprintf(text, ACTIVATION_TEXT_MAX,
            "LISTEN_FDS: '%.64s' is not a number of descriptors", given->count);
        return ACTIVATION_WRONG;
    }
    if (passed == 0)
        return ACTIVATION_NONE;
    if ((uint64_t)passed != count) {
        snprintf(text, ACTIVATION_TEXT_MAX,
            "LISTEN_FDS is %lld, but this server listens on %zu port%s",
            (long long)passed, count, count == 1 ? "" : "s");
        return ACTIVATION_WRONG;
    }
    if (count > 1)
        return match_names(given->names == NULL ? "" : given->names, doors,
            count, descriptors, text);
    descriptors[0] = ACTIVATION_FIRST;
    return ACTIVATION_FOUND;
}
