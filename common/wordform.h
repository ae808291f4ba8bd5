/*
 * wordform - words as the finder's index by relevance has them.
 *
 * A search should not fail for an ending: "arrows" finds RIGHTWARDS ARROW,
 * "smiles" SMILING FACE. So words are compared without the endings that are
 * only grammar. What is left need not be a word (SMIL); it only has to be the
 * same for all forms of one. The program that compiles the index and the search
 * both call this, which is all that must be the same in them.
 *
 * Nothing here allocates or fails.
 */
#ifndef COMMON_WORDFORM_H
#define COMMON_WORDFORM_H

#include <stdbool.h>
#include <stddef.h>

/* The longest text, in bytes, that may be a sign with letters in it. */
#define WORDFORM_SIGN_MAX 4

/*
 * Cut the endings off a word in upper case, in place; return the length of what
 * is left, never 0. Words that are short or have anything but the letters A to
 * Z in them stay as they are. In this order:
 *
 *     WARDS         LEFTWARDS  LEFT
 *     plural        CROSSES  CROSS;  CHERRIES  CHERRY;  ARROWS  ARROW
 *     ING or ED     LAUGHING  LAUGH;  after that, a doubled consonant is one:
 *                   GRINNING  GRIN
 *     E             SMILE and SMILING  SMIL
 *
 * It is a short form of step 1 of M. F. Porter, "An algorithm for suffix
 * stripping", Program 14 (1980).
 */
size_t wordform_stem(char *word, size_t length);

/*
 * Whether a text is a sign, which is one word as it stands: "->", "<3", "1/2".
 * That is a text without letters or digits, or one of at most WORDFORM_SIGN_MAX
 * bytes that has other characters, but no space, beside them. Bytes beyond
 * ASCII count as letters.
 */
bool wordform_is_sign(const char *text, size_t length);

/* Whether a word in upper case says nothing where it finds nothing: "the",
 * "of", "sign", "emoji". */
bool wordform_is_weak(const char *word, size_t length);

#endif
