/*
 * charindex - Unicode characters by the words of their names.
 *
 * All names of the Unicode Character Database, the algorithmic ones included
 * (ideographs, Hangul syllables), as read-only data of the program: nothing is
 * built at start, nothing is ever written, so any number of threads may search
 * at once without a lock, and processes share the pages. Nothing here
 * allocates, reads, waits or fails.
 *
 * A search answers with a set of characters in code point order. The set is
 * not a list of them but a small struct that knows how to go on: taking
 * characters from it leaves a smaller set. Copy it by assignment to keep where
 * it stood; there is nothing to free. What it hands out are slices of one
 * block that holds every character's row as it goes over the wire:
 *
 *     U+265A \t♚\tBLACK CHESS KING\r\n
 *
 * so an answer is sent from where it lies. Slices are valid for ever.
 *
 *     struct charindex_set rest;
 *     struct charindex_run run;
 *
 *     charindex_find(&rest, "chess black", 11);
 *     while (charindex_take(&rest, SIZE_MAX, &run))
 *         send(fd, run.bytes, run.length, 0);
 */
#ifndef COMMON_CHARINDEX_H
#define COMMON_CHARINDEX_H

#include "common/charset.h"
#include "common/charword.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Different words of a name, and so of a query. */
#define CHARINDEX_WORDS CHARSET_LISTS

/* The longest word of a name, in bytes. */
#define CHARINDEX_WORD_MAX CHARWORD_MAX

/* Characters in code point order, not yet taken. Its member is charindex's
 * own. */
struct charindex_set {
    struct charset rows;
};

/* Rows of neighbouring named characters, in one piece. Not NUL-terminated. */
struct charindex_run {
    const char *bytes;
    size_t length; /* in bytes */
    size_t count;  /* in rows */
    uint32_t row;  /* charindex's own */
};

/* So many bytes can be read from wherever a text of a row begins, and most are
 * no longer: a copy of a size that the compiler knows is a few instructions. */
#define CHARINDEX_READABLE 32

/* One row, cut up; the texts are not NUL-terminated. */
struct charindex_row {
    uint32_t code;
    const char *label; /* "U+265A" */
    size_t label_length;
    const char *character; /* in UTF-8 */
    size_t character_length;
    const char *name;
    size_t name_length;
    size_t length; /* of the row up to CR LF, which follows */
};

/* A word of the index, and in how many names it occurs. */
struct charindex_word {
    const char *text; /* not NUL-terminated */
    size_t length;
    size_t count;
};

/*
 * Find the characters whose names have all words of the query, as the
 * published charfinder does: words are runs of \w (letters, numbers and
 * underscores of any script), in upper case (so ß asks for SS), and a word
 * given twice counts once. Where these find nothing, a query that, stripped,
 * is U+265A or u+265a (4 to 6 hexadecimal digits) or just one character finds
 * that character, if it has a name.
 *
 * The query need not end in NUL, nor be UTF-8: other bytes separate words. It
 * is not kept. The time depends on the query, not on how many match: it is that
 * of looking up its words and of walking to the first match.
 */
void charindex_find(
    struct charindex_set *set, const char *query, size_t length);

/* Make set all named characters: their number is charindex_count's answer. */
void charindex_all(struct charindex_set *set);

/* How many characters are in set, which stays as it is. Walks the set's runs:
 * at most some ten microseconds for any query. */
size_t charindex_count(const struct charindex_set *set);

/*
 * Take the next characters from set, at most max, as one slice; false, and
 * *run is left alone, when there are none or max is 0. The slice is as long as
 * neighbouring characters allow: for "cjk" the longest is 3 MB.
 */
bool charindex_take(
    struct charindex_set *set, size_t max, struct charindex_run *run);

/* Take count characters and forget them; all, when there are no more. To begin
 * at the n-th, counted from 0, skip n. */
void charindex_skip(struct charindex_set *set, size_t count);

/* Take the first row from run and cut it up; false when run is empty. */
bool charindex_cut(struct charindex_run *run, struct charindex_row *row);

/* The row of a named character, counted from 0 in code point order; their
 * number when it has no name. */
uint32_t charindex_row_of(uint32_t code);

/* The first row of a named character that is not before code; their number when
 * there is none. */
uint32_t charindex_row_from(uint32_t code);

/* The rows from start to before end, more than none, as one slice. */
void charindex_slice(uint32_t start, uint32_t end, struct charindex_run *run);

/* The character of a row, in UTF-8 and not NUL-terminated, and its code point;
 * of one row that is quicker than to cut it up. */
const char *charindex_character(uint32_t row, size_t *length, uint32_t *code);

/* The n-th word, counted from 0, the most frequent first and equally frequent
 * ones in alphabetical order; false when there are not so many. */
bool charindex_word(size_t n, struct charindex_word *word);

/* Move *text and *length past white space at both ends, as str.strip does. */
void charindex_strip(const char **text, size_t *length);

/* Whether Python's repr shows the code point as it is (str.isprintable), by
 * the same data as the names. */
bool charindex_printable(uint32_t code);

/* Of Unicode: "15.0.0". */
extern const char charindex_version[];

#endif
