/*
 * chardetail - what there is to know about one character.
 *
 * For people who look at a single one: its codes in all notations that one has
 * to type somewhere, what Unicode says of it, and what else it is called.
 *
 *     char room[CHARDETAIL_ROOM];
 *     struct chardetail detail;
 *
 *     for (size_t n = 0; chardetail_get(code, n, room, &detail); n++)
 *         if (*detail.text != '\0')
 *             printf("%s: %s\n", detail.label, detail.text);
 *
 * By the same Unicode data as the names. Nothing here allocates or fails.
 */
#ifndef COMMON_CHARDETAIL_H
#define COMMON_CHARDETAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for a text that is made. */
#define CHARDETAIL_ROOM 96

/* What a text is good for. */
enum chardetail_use {
    CHARDETAIL_TYPED, /* to be typed, or copied, somewhere */
    CHARDETAIL_PLACE, /* the name of a block (charblock.h) */
    CHARDETAIL_TOLD,  /* to be read */
};

/* One detail. key and label are valid for ever. */
struct chardetail {
    const char *key;   /* a word for programs: "utf8" */
    const char *label; /* a few words for people, in ASCII: "UTF-8" */
    enum chardetail_use use;
    const char *text; /* printable ASCII; "": there is nothing to say */
};

/*
 * The n-th detail of a character, counted from 0; false when there are no more.
 * Which ones there are, and their order, is the same for all characters. The
 * text lies in room, which has CHARDETAIL_ROOM bytes, or is valid for ever.
 * code is below 0x110000, and no surrogate.
 */
bool chardetail_get(
    uint32_t code, size_t n, char *room, struct chardetail *detail);

/* The number of the detail with a key; false when there is none. */
bool chardetail_find(const char *key, size_t length, size_t *n);

#endif
