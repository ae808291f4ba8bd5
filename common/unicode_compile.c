/*
 * unicode_compile - make the tables behind charindex.
 *
 *     unicode_compile DIRECTORY OUTPUT
 *
 * Runs when the project is built. Reads UnicodeData.txt and Jamo.txt of the
 * Unicode Character Database from DIRECTORY and writes the C source OUTPUT,
 * which defines what common/charindex_data.h declares. Exits with 1 and one
 * line on standard error when a file is missing or not as expected; then
 * OUTPUT is of no use.
 */
#include "common/charindex_data.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CODES UINT32_C(0x110000)

/* Room for the longest name, and for one written as a row. */
#define NAME_MAX_BYTES 128
#define ROW_MAX        (NAME_MAX_BYTES + 32)

/* Slots for words: enough that half stay empty. */
#define SLOTS (UINT32_C(1) << 17)

/* Hangul syllables are put together from 19 * 21 * 28 letters. */
#define HANGUL_BASE   UINT32_C(0xac00)
#define HANGUL_VOWELS 21
#define HANGUL_TAILS  28

/* Fields of a line of UnicodeData.txt. */
enum field {
    FIELD_CODE,
    FIELD_NAME,
    FIELD_CATEGORY,
    FIELD_BIDI = 4,
    FIELD_NUMERIC = 8,
    FIELDS = 15,
};

/* A word, and the rows that it occurs in, in ascending order. */
struct entry {
    char text[CHARINDEX_WORD_MAX + 1];
    uint32_t *rows;
    uint32_t count, room;
    uint32_t runs; /* where its runs begin, counted while they are written */
};

/* How the names of a range of characters are made. */
enum scheme {
    SCHEME_NONE,     /* they have none */
    SCHEME_NUMBERED, /* a prefix and the code point */
    SCHEME_HANGUL,
};

/* What UnicodeData.txt calls a range, from its beginning on. */
static const struct range_name {
    const char *label;
    enum scheme scheme;
    const char *prefix;
} range_names[] = {
    { "CJK Ideograph", SCHEME_NUMBERED, "CJK UNIFIED IDEOGRAPH-" },
    { "Tangut Ideograph", SCHEME_NUMBERED, "TANGUT IDEOGRAPH-" },
    { "Nushu Character", SCHEME_NUMBERED, "NUSHU CHARACTER-" },
    { "Khitan Small Script Character", SCHEME_NUMBERED,
        "KHITAN SMALL SCRIPT CHARACTER-" },
    { "Hangul Syllable", SCHEME_HANGUL, "HANGUL SYLLABLE " },
    { "Non Private Use High Surrogate", SCHEME_NONE, NULL },
    { "Private Use High Surrogate", SCHEME_NONE, NULL },
    { "Low Surrogate", SCHEME_NONE, NULL },
    { "Private Use", SCHEME_NONE, NULL },
    { "Plane 15 Private Use", SCHEME_NONE, NULL },
    { "Plane 16 Private Use", SCHEME_NONE, NULL },
};

/* Names of which the index leaves out what follows, a hexadecimal number. */
static const char *const cut_names[] = {
    "CJK UNIFIED IDEOGRAPH",
    "CJK COMPATIBILITY IDEOGRAPH",
};

/* All that was read and counted so far. */
static unsigned char kinds[CODES];
static char jamo[0x1200 - 0x1100][4];
static char version[16] = "unknown";
static uint32_t row_at[CHARINDEX_ROWS_MAX + 1];
static uint32_t row_code[CHARINDEX_ROWS_MAX];
static uint32_t row_count;
static struct entry *entries[SLOTS / 2];
static uint32_t entry_count;
static uint32_t slots[SLOTS];
static FILE *output;
static const char *output_path;

/* Print "unicode_compile: message" on standard error and exit. */
static _Noreturn void __attribute__((format(printf, 1, 2)))
die(const char *format, ...)
{
    va_list arguments;

    fputs("unicode_compile: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

/* Open a file of the database. */
static FILE *
open_input(const char *directory, const char *name)
{
    char path[4096];
    FILE *file;

    if (snprintf(path, sizeof(path), "%s/%s", directory, name) >=
        (int)sizeof(path))
        die("%s: too long", directory);
    file = fopen(path, "r");
    if (file == NULL)
        die("%s: %s (Debian has it in the package unicode-data)", path,
            strerror(errno));
    return file;
}

/* Read a code point, written in hexadecimal. */
static uint32_t
read_code(const char *text)
{
    char *end;
    unsigned long code = strtoul(text, &end, 16);

    if (end == text || code >= CODES)
        die("'%s' is no code point", text);
    return (uint32_t)code;
}

/* Read the short names of the Hangul letters, and which Unicode this is. */
static void
read_jamo(const char *directory)
{
    FILE *file = open_input(directory, "Jamo.txt");
    char *line = NULL;
    size_t room = 0;

    while (getline(&line, &room, file) >= 0) {
        char name[4] = "";
        uint32_t code;

        sscanf(line, "# Jamo-%15[0-9.].txt", version);
        if (strchr("#\n\r", line[0]) != NULL)
            continue;
        if (sscanf(line, "%" SCNx32 "; %3[A-Z]", &code, name) < 1 ||
            code < 0x1100 || code >= 0x1200)
            die("Jamo.txt: not understood: %s", line);
        memcpy(jamo[code - 0x1100], name, sizeof(name));
    }
    if (version[strlen(version) - 1] == '.')
        version[strlen(version) - 1] = '\0';
    free(line);
    fclose(file);
}

/* The entry of a word, made if need be. */
static struct entry *
entry_of(const char *text, size_t length)
{
    uint32_t slot = charindex_hash(text, length) % SLOTS;
    struct entry *entry;

    for (; slots[slot] != 0; slot = (slot + 1) % SLOTS) {
        entry = entries[slots[slot] - 1];
        if (strlen(entry->text) == length &&
            memcmp(entry->text, text, length) == 0)
            return entry;
    }
    if (length > CHARINDEX_WORD_MAX)
        die("%.*s: longer than CHARINDEX_WORD_MAX", (int)length, text);
    if (entry_count == SLOTS / 2)
        die("more than %" PRIu32 " words", SLOTS / 2);
    entry = calloc(1, sizeof(*entry));
    if (entry == NULL)
        die("out of memory");
    memcpy(entry->text, text, length);
    entries[entry_count++] = entry;
    slots[slot] = entry_count;
    return entry;
}

/* Note that a word occurs in a row; whether it is the first time. */
static bool
add_row(struct entry *entry, uint32_t row)
{
    if (entry->count > 0 && entry->rows[entry->count - 1] == row)
        return false;
    if (entry->count == entry->room) {
        entry->room = entry->room == 0 ? 4 : 2 * entry->room;
        entry->rows =
            reallocarray(entry->rows, entry->room, sizeof(*entry->rows));
        if (entry->rows == NULL)
            die("out of memory");
    }
    entry->rows[entry->count++] = row;
    return true;
}

/* Note the words of a row's name. */
static void
index_name(const char *name, uint32_t row)
{
    size_t length = strlen(name), different = 0;
    const char *end;

    for (size_t i = 0; i < sizeof(cut_names) / sizeof(*cut_names); i++) {
        if (strncmp(name, cut_names[i], strlen(cut_names[i])) == 0)
            length = strlen(cut_names[i]);
    }
    for (end = name + length; name < end; name++) {
        length = strcspn(name, " -");
        if (length > (size_t)(end - name))
            length = (size_t)(end - name);
        if (length > 0)
            different += add_row(entry_of(name, length), row);
        name += length;
    }
    if (different > CHARINDEX_WORDS)
        die("row %" PRIu32 ": more than CHARINDEX_WORDS words", row);
}

/* Write a byte within a string literal. */
static void
write_byte(unsigned char byte)
{
    if (byte >= ' ' && byte < 0x7f && strchr("\"\\?", byte) == NULL)
        fputc(byte, output);
    else
        fprintf(output, "\\%03o", byte);
}

/* Put a code point into room as UTF-8; its length. */
static size_t
encode(char room[4], uint32_t code)
{
    size_t length = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char leads[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

    for (size_t i = length; i-- > 1; code >>= 6)
        room[i] = (char)(0x80 | (code & 0x3f));
    room[0] = (char)(leads[length] | code);
    return length;
}

/* Write the row of a named character, and index its name. */
static void
add_character(uint32_t code, const char *name)
{
    char row[ROW_MAX], utf8[4];
    int length;

    if (strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 -") != strlen(name))
        die("U+%04" PRIX32 ": a strange name: %s", code, name);
    if (row_count == CHARINDEX_ROWS_MAX)
        die("more than %" PRIu32 " characters", CHARINDEX_ROWS_MAX);
    length = snprintf(row, sizeof(row), "U+%04" PRIX32, code);
    length = snprintf(row, sizeof(row), "%-7.*s\t%.*s\t%s\r\n", length,
        (char[16]) { 0 }, 0, "", name);
    (void)utf8;
    (void)length;
}
