/*
 * chardetail - what there is to know about one character.
 *
 * For people who look at a single one: its codes in all notations that one has
 * to type somewhere, what Unicode says of it, and what else it is called. A
 * detail is a label and a text:
 *
 *     char room[CHARDETAIL_ROOM];
 *     const char *label, *text;
 *
 *     for (size_t n = 0; chardetail_get(code, n, room, &label, &text); n++)
 *         if (*text != '\0')
 *             printf("%s: %s\n", label, text);
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

/*
 * The n-th detail of a character, counted from 0; false when there are no more.
 * *label is a few words in ASCII. *text is printable ASCII, and "" when there
 * is nothing to say. It lies in room, which has CHARDETAIL_ROOM bytes, or is
 * valid for ever. code is below 0x110000, and no surrogate.
 */
bool chardetail_get(
    uint32_t code, size_t n, char *room, const char **label, const char **text);

#endif
