/*
 * charformat - a row of the finder in a form of one's own: charfind --format.
 *
 * A format is a text with fields in braces:
 *
 *     {char}     the character, {name} its name
 *     {code}     U+265A, and whatever else has a key in chardetail.h: {utf8},
 *                {html}, {block} and so on; nothing, where there is nothing
 *     \t \n \\   a tab, a line feed, a backslash
 *     {{ }}      braces
 *
 * charformat_check has to accept a format before anything is printed by it.
 */
#ifndef COMMON_CHARFORMAT_H
#define COMMON_CHARFORMAT_H

#include "common/charindex.h"

#include <stdio.h>

/* Check a format. NULL: it is good. Otherwise where it is wrong: a brace that
 * is not closed or not opened, a field that is not known, or a backslash before
 * anything else than the above. */
const char *charformat_check(const char *format);

/* Print a row by a good format. Nothing is added, no line end either. */
void charformat_print(
    const char *format, const struct charindex_row *row, FILE *output);

#endif
