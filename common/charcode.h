/*
 * charcode - characters by their numbers, in the forms that people paste.
 *
 *     U+265A  u+41           up to six hexadecimal digits
 *     0x265A
 *     265A  1F600            four to six of them, a decimal one among them
 *     \u265A  \u{265A}  \U0001F600  \xE9  \x{E9}    of programming languages;
 *     \uD83D\uDE00           a surrogate pair is one character
 *     \265A                  of CSS
 *     &hearts;  &#9829;  &#x2665;    of HTML; "&" alone of these without ";"
 *                            only for numbers
 *
 * Several may stand in a row, separated by spaces or commas; those that begin
 * with a backslash or "&" also without.
 *
 * Nothing here allocates or fails.
 */
#ifndef COMMON_CHARCODE_H
#define COMMON_CHARCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Read a text that is nothing but such numbers, into code, which has room for
 * max of them; return how many there are, and 0 when there are more, none, or
 * anything else. They are below 0x110000, whether or not there is such a
 * character. *bare: one of them is just digits, so the text may be words, too.
 */
size_t charcode_read(
    const char *text, size_t length, uint32_t *code, size_t max, bool *bare);

#endif
