/*
 * compile - what the parts of the program that makes the finder's tables share.
 *
 * It runs when the project is built, reads the Unicode Character Database and
 * keywords.txt, and writes a C source. Whatever is wrong ends it, with one line
 * on standard error.
 */
#ifndef COMMON_UCD_COMPILE_H
#define COMMON_UCD_COMPILE_H

#include "common/charindex_data.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define CODES UINT32_C(0x110000)

/* Characters without a name, for which there are rows all the same: Cc. */
#define CONTROLS 65

/* A file, and its line in work. */
struct input {
    const char *name;
    FILE *file;
    char *line;
    size_t room;
    unsigned number; /* of the line, from 1 */
};

/* A row: a named character, or after those a control character. */
struct row {
    uint32_t code;
    char *name; /* owned */
    bool made;  /* the name is made by a rule, not written in UnicodeData.txt */
};

/* --- compile.c ----------------------------------------------------------- */

/* Where the tables are written to. */
extern FILE *compile_output;

/* The rows: named characters in code point order, of which there are
 * compile_named, then control characters. */
extern struct row compile_rows[];
extern uint32_t compile_named, compile_row_count;

/* Print "ucd-compile: message" on standard error and exit. */
_Noreturn void compile_die(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* Memory for count items, zeroed. */
void *compile_calloc(size_t count, size_t size);

/* Open the file called name in a folder, or die saying where to get it. */
struct input compile_open(
    const char *directory, const char *name, const char *advice);

/* Read the next line, without its end; false, and the file is closed, when
 * there are no more. */
bool compile_line(struct input *input);

/* Refuse the line in work. */
_Noreturn void compile_refuse(const struct input *input, const char *why);

/* Read a code point, written in four to six hexadecimal digits. */
uint32_t compile_code(const struct input *input, const char *text);

/* How much of a name is indexed: of most, all of it. */
size_t compile_indexed(const char *name);

/* Put a code point into room as UTF-8; its length. */
size_t compile_encode(char room[4], uint32_t code);

/* Write one number of a list. */
void compile_number(uint32_t number);

/* Write length bytes within a string literal. */
void compile_bytes(const char *bytes, size_t length);

/* Write rows, in ascending order, as runs; how many runs they are. */
uint32_t compile_runs(const uint32_t *rows, uint32_t count);

/* --- relevance.c --------------------------------------------------------- */

/* Read keywords.txt from a folder. */
void relevance_read(const char *directory);

/* The first alias of a character, to be freed; NULL if there is none. */
char *relevance_alias(uint32_t code);

/* Count all words, and put the rows into order. */
void relevance_index(void);

/* Write the runs, which follow those of the names' index; at is their place in
 * charindex_runs. */
void relevance_runs(uint32_t at);

/* Write all the other tables. */
void relevance_write(void);

/* --- properties.c -------------------------------------------------------- */

/* Read what the files about single properties say; advice is where to get
 * them. */
void properties_read(const char *directory, const char *advice);

/* Let a character have a property; "" is none. */
void properties_set(
    enum chardetail_property property, uint32_t code, const char *text);

/* A property of a character, or "". */
const char *properties_get(enum chardetail_property property, uint32_t code);

/* Write all tables. */
void properties_write(void);

/* --- blocks.c ------------------------------------------------------------ */

/* Write the table of blocks. */
void blocks_write(void);

#endif
