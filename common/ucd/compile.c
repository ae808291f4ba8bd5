/*
 * compile - make the tables behind charindex.
 *
 *     ucd-compile DIRECTORY KEYWORDS OUTPUT
 *
 * Runs when the project is built. Reads UnicodeData.txt, Jamo.txt, Blocks.txt,
 * Scripts.txt and DerivedAge.txt of the Unicode Character Database from
 * DIRECTORY and keywords.txt from KEYWORDS, and writes the C source OUTPUT,
 * which defines what common/charindex_data.h declares. Exits with 1 and one
 * line on standard error when a file is missing, cannot be read, is cut short
 * or is not as expected; then OUTPUT is of no use.
 */
#include "common/ucd/compile.h"
#include "common/charindex.h"
#include "common/charindex_data.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* Where to get the files of the database. */
#define PACKAGE "Debian has it in the package unicode-data"

/* Room for the longest name that is made here. */
#define NAME_MAX_BYTES 64

/* Slots for words: enough that half stay empty. */
#define SLOTS (UINT32_C(1) << 17)

/* Hangul syllables are put together from letters: a lead, a vowel and a tail,
 * the first tail being none. */
#define HANGUL_BASE   UINT32_C(0xac00)
#define HANGUL_LEADS  19
#define HANGUL_VOWELS 21
#define HANGUL_TAILS  28
#define HANGUL_LAST                                                            \
    (HANGUL_BASE + HANGUL_LEADS * HANGUL_VOWELS * HANGUL_TAILS - 1)

/* Where these letters are. */
#define JAMO_LEADS  UINT32_C(0x1100)
#define JAMO_VOWELS UINT32_C(0x1161)
#define JAMO_TAILS  UINT32_C(0x11a7)

/* The one of them whose short name is empty, IEUNG. */
#define JAMO_SILENT UINT32_C(0x110b)

/* The last code point of UnicodeData.txt, in all its versions. */
#define LAST_CODE UINT32_C(0x10fffd)

/* Fields of a line of UnicodeData.txt. */
enum field {
    FIELD_CODE,
    FIELD_NAME,
    FIELD_CATEGORY,
    FIELD_BIDI = 4,
    FIELD_DECOMPOSITION = 5,
    FIELD_NUMERIC = 8,
    FIELDS = 15,
};

/* The short name of a Hangul letter. */
struct letter {
    char name[4];
    bool given;
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
static struct letter jamo_leads[HANGUL_LEADS];
static struct letter jamo_vowels[HANGUL_VOWELS];
static struct letter jamo_tails[HANGUL_TAILS]; /* the first is none */
static char version[16];
static uint32_t row_at[CHARINDEX_ROWS_MAX + 1];
struct row compile_rows[CHARINDEX_ROWS_MAX];
uint32_t compile_named, compile_row_count;
static uint32_t controls[CONTROLS];
static uint32_t control_count;
static struct entry *entries[SLOTS / 2];
static uint32_t entry_count;
static uint32_t slots[SLOTS];
FILE *compile_output;

/* Print "ucd-compile: message" on standard error and exit. */
void
compile_die(const char *format, ...)
{
    va_list arguments;

    fputs("ucd-compile: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

/* Memory for count items, zeroed. */
void *
compile_calloc(size_t count, size_t size)
{
    void *memory = calloc(count, size);

    if (memory == NULL)
        compile_die("out of memory");
    return memory;
}

/* Open a file. */
struct input
compile_open(const char *directory, const char *name, const char *advice)
{
    struct input input = { .name = name };
    char *path;

    if (asprintf(&path, "%s/%s", directory, name) < 0)
        compile_die("out of memory");
    input.file = fopen(path, "r");
    if (input.file == NULL)
        compile_die("%s: %s (%s)", path, strerror(errno), advice);
    free(path);
    return input;
}

/* Refuse the line in work. */
void
compile_refuse(const struct input *input, const char *why)
{
    compile_die("%s:%u: %s", input->name, input->number, why);
}

/* Read the next line, without its end; false, and the file is closed, when
 * there are no more. A line that was cut has no end, or a NUL in it. */
bool
compile_line(struct input *input)
{
    ssize_t length = getline(&input->line, &input->room, input->file);

    if (length < 0) {
        if (!feof(input->file))
            compile_die("%s: %s", input->name, strerror(errno));
        free(input->line);
        fclose(input->file);
        return false;
    }
    input->number++;
    if (input->line[length - 1] != '\n' ||
        strlen(input->line) != (size_t)length)
        compile_refuse(input, "the line is cut short");
    input->line[--length] = '\0';
    if (length > 0 && input->line[length - 1] == '\r')
        input->line[length - 1] = '\0';
    return true;
}

/* Read a code point, written in four to six hexadecimal digits. */
uint32_t
compile_code(const struct input *input, const char *text)
{
    const size_t length = strlen(text);
    const unsigned long code = strtoul(text, NULL, 16);

    if (length < 4 || length > 6 ||
        strspn(text, "0123456789ABCDEF") != length || code >= CODES)
        compile_refuse(input, "not a code point");
    return (uint32_t)code;
}

/* The letter with a code point; NULL if there is none. */
static struct letter *
letter_of(uint32_t code)
{
    if (code - JAMO_LEADS < HANGUL_LEADS)
        return &jamo_leads[code - JAMO_LEADS];
    if (code - JAMO_VOWELS < HANGUL_VOWELS)
        return &jamo_vowels[code - JAMO_VOWELS];
    if (code > JAMO_TAILS && code - JAMO_TAILS < HANGUL_TAILS)
        return &jamo_tails[code - JAMO_TAILS];
    return NULL;
}

/* Take in a line of Jamo.txt: 1100; G # HANGUL CHOSEONG KIYEOK. */
static void
add_letter(struct input *input)
{
    char *rest = input->line, *name = strsep(&rest, ";");
    const uint32_t code = compile_code(input, name);
    struct letter *letter = letter_of(code);
    size_t length;

    if (letter == NULL || rest == NULL)
        compile_refuse(input, "not a Hangul letter");
    if (letter->given)
        compile_refuse(input, "duplicate letter");
    name = rest + strspn(rest, " \t");
    length = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    rest = name + length + strspn(name + length, " \t");
    if ((length == 0) != (code == JAMO_SILENT) ||
        length >= sizeof(letter->name) || (*rest != '#' && *rest != '\0'))
        compile_refuse(input, "not the short name of a letter");
    memcpy(letter->name, name, length);
    letter->given = true;
}

/* Read the short names of the Hangul letters, and which Unicode this is. */
static void
read_jamo(const char *directory)
{
    struct input input = compile_open(directory, "Jamo.txt", PACKAGE);

    while (compile_line(&input)) {
        sscanf(input.line, "# Jamo-%15[0-9.].txt", version);
        if (input.line[0] != '#' && input.line[0] != '\0')
            add_letter(&input);
    }
    if (version[0] == '\0')
        compile_die("Jamo.txt: the line with the version is missing");
    if (version[strlen(version) - 1] == '.')
        version[strlen(version) - 1] = '\0';
    for (uint32_t code = JAMO_LEADS; code < JAMO_TAILS + HANGUL_TAILS; code++) {
        const struct letter *letter = letter_of(code);

        if (letter != NULL && !letter->given)
            compile_die(
                "Jamo.txt: the letter U+%04" PRIX32 " is missing", code);
    }
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
        compile_die("%.*s: longer than CHARINDEX_WORD_MAX", (int)length, text);
    if (entry_count == SLOTS / 2)
        compile_die("more than %" PRIu32 " words", SLOTS / 2);
    entry = compile_calloc(1, sizeof(*entry));
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
            compile_die("out of memory");
    }
    entry->rows[entry->count++] = row;
    return true;
}

/* How much of a name is indexed. */
size_t
compile_indexed(const char *name)
{
    for (size_t i = 0; i < sizeof(cut_names) / sizeof(*cut_names); i++) {
        if (strncmp(name, cut_names[i], strlen(cut_names[i])) == 0)
            return strlen(cut_names[i]);
    }
    return strlen(name);
}

/* Note the words of a row's name. */
static void
index_name(const char *name, uint32_t row)
{
    const char *end = name + compile_indexed(name);
    size_t different = 0;

    for (; name < end; name++) {
        size_t length = strcspn(name, " -");

        if (length > (size_t)(end - name))
            length = (size_t)(end - name);
        if (length > 0)
            different += add_row(entry_of(name, length), row);
        name += length;
    }
    if (different > CHARINDEX_WORDS)
        compile_die("row %" PRIu32 ": more than CHARINDEX_WORDS words", row);
}

/* Write length bytes within a string literal. */
void
compile_bytes(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        const unsigned char byte = (unsigned char)bytes[i];

        if (byte >= ' ' && byte < 0x7f && strchr("\"\\?", byte) == NULL)
            fputc(byte, compile_output);
        else
            fprintf(compile_output, "\\%03o", byte);
    }
}

/* Put a code point into room as UTF-8. */
size_t
compile_encode(char room[4], uint32_t code)
{
    size_t length = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char leads[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

    for (size_t i = length; i-- > 1; code >>= 6)
        room[i] = (char)(0x80 | (code & 0x3f));
    room[0] = (char)(leads[length] | code);
    return length;
}

/* Write a row. */
static void
add_row_text(uint32_t code, const char *name, bool made)
{
    struct row *row = &compile_rows[compile_row_count];
    char label[16], utf8[4];
    const size_t utf8_length = compile_encode(utf8, code);
    const int label_length =
        snprintf(label, sizeof(label), "U+%04" PRIX32, code);

    /* The last plane is for private use: there are no names in it. */
    if (label_length > CHARINDEX_LABEL_COLUMNS)
        compile_die("%s: too long a label", label);
    if (strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 -") != strlen(name))
        compile_die("U+%04" PRIX32 ": a strange name: %s", code, name);
    if (compile_row_count == CHARINDEX_ROWS_MAX)
        compile_die("more than %" PRIu32 " characters", CHARINDEX_ROWS_MAX);
    fprintf(compile_output, "    \"%-*s\\t", CHARINDEX_LABEL_COLUMNS, label);
    compile_bytes(utf8, utf8_length);
    fprintf(compile_output, "\\t%s\\r\\n\"\n", name);
    row->code = code;
    row->made = made;
    row->name = strdup(name);
    if (row->name == NULL)
        compile_die("out of memory");
    compile_row_count++;
    row_at[compile_row_count] = row_at[compile_row_count - 1] +
                                CHARINDEX_LABEL_COLUMNS +
                                (uint32_t)(utf8_length + strlen(name)) + 4;
}

/* Write the row of a named character, and index its name. */
static void
add_character(uint32_t code, const char *name, bool made)
{
    if (compile_row_count > 0 &&
        compile_rows[compile_row_count - 1].code >= code)
        compile_die("U+%04" PRIX32 ": not in order", code);
    add_row_text(code, name, made);
    index_name(name, compile_row_count - 1);
}

/* Write the rows of the control characters, under the first of their
 * aliases. */
static void
add_controls(void)
{
    char name[NAME_MAX_BYTES];

    compile_named = compile_row_count;
    for (uint32_t i = 0; i < control_count; i++) {
        char *alias = relevance_alias(controls[i]);

        snprintf(name, sizeof(name), "%s", alias == NULL ? "control" : alias);
        for (char *c = name; *c != '\0'; c++)
            *c = (char)toupper((unsigned char)*c);
        free(alias);
        add_row_text(controls[i], name, false);
    }
}

/* Note what a code point is, by the fields of its line. */
static void
add_kind(uint32_t code, char *const field[FIELDS])
{
    const char *category = field[FIELD_CATEGORY], *bidi = field[FIELD_BIDI];
    const bool blank = strcmp(category, "Zs") == 0;
    unsigned kind = 0;

    if (code == ' ' || strchr("CZ", category[0]) == NULL)
        kind |= CHARINDEX_PRINTABLE;
    if (code == '_' || category[0] == 'L' || field[FIELD_NUMERIC][0] != '\0')
        kind |= CHARINDEX_IN_WORD;
    if (blank || strcmp(bidi, "WS") == 0 || strcmp(bidi, "B") == 0 ||
        strcmp(bidi, "S") == 0)
        kind |= CHARINDEX_SPACE;
    kinds[code] = (unsigned char)kind;
    properties_set(CHARDETAIL_CATEGORY, code, category);
    properties_set(CHARDETAIL_DECOMPOSITION, code, field[FIELD_DECOMPOSITION]);
}

/* Make the name of a character of a range; false when it has none. */
static bool
range_character(
    const struct range_name *range, uint32_t code, char name[NAME_MAX_BYTES])
{
    const uint32_t index = code - HANGUL_BASE;

    switch (range->scheme) {
    case SCHEME_NONE:
        return false;
    case SCHEME_NUMBERED:
        snprintf(name, NAME_MAX_BYTES, "%s%04" PRIX32, range->prefix, code);
        return true;
    case SCHEME_HANGUL:
        snprintf(name, NAME_MAX_BYTES, "%s%s%s%s", range->prefix,
            jamo_leads[index / (HANGUL_VOWELS * HANGUL_TAILS)].name,
            jamo_vowels[index / HANGUL_TAILS % HANGUL_VOWELS].name,
            jamo_tails[index % HANGUL_TAILS].name);
        return true;
    }
    return false;
}

/* Add all characters from first to last, which UnicodeData.txt calls label; the
 * line in work is that of the last. */
static void
add_range(const struct input *input, uint32_t first, uint32_t last,
    const char *label, char *const field[FIELDS])
{
    const struct range_name *range = range_names;
    const struct range_name *end =
        range_names + sizeof(range_names) / sizeof(*range_names);
    char name[NAME_MAX_BYTES];

    while (
        range < end && strncmp(label, range->label, strlen(range->label)) != 0)
        range++;
    if (range == end)
        compile_die("%s:%u: how are characters of '%s' named?", input->name,
            input->number, label);
    if (range->scheme == SCHEME_HANGUL &&
        (first != HANGUL_BASE || last != HANGUL_LAST))
        compile_refuse(input, "not all Hangul syllables");
    for (uint32_t code = first; code <= last; code++) {
        add_kind(code, field);
        if (range_character(range, code, name))
            add_character(code, name, true);
    }
}

/* Cut the line in work of UnicodeData.txt into its fields. */
static void
cut_line(const struct input *input, char *field[FIELDS])
{
    char *line = input->line;

    for (int i = 0; i < FIELDS; i++) {
        if ((field[i] = strsep(&line, ";")) == NULL)
            compile_refuse(input, "too few fields");
    }
    if (line != NULL)
        compile_refuse(input, "too many fields");
    if (strlen(field[FIELD_CATEGORY]) != 2)
        compile_refuse(input, "not a category");
}

/* If the name of a line ends in this, cut that off and return the label of the
 * range that the line begins or ends; else NULL. */
static const char *
range_label(char *name, const char *end)
{
    const size_t length = strlen(name), rest = strlen(end);

    if (name[0] != '<' || length < rest ||
        strcmp(name + length - rest, end) != 0)
        return NULL;
    name[length - rest] = '\0';
    return name + 1;
}

/* Read all characters, and write their rows. */
static void
read_characters(const char *directory)
{
    struct input input = compile_open(directory, "UnicodeData.txt", PACKAGE);
    uint32_t code = 0, first = 0;
    char begun[NAME_MAX_BYTES] = ""; /* label of a range that has no end yet */

    fputs("const char charindex_rows[] =\n", compile_output);
    while (compile_line(&input)) {
        const uint32_t before = code;
        char *field[FIELDS], *name;
        const char *label;

        cut_line(&input, field);
        code = compile_code(&input, field[FIELD_CODE]);
        name = field[FIELD_NAME];
        if (input.number > 1 && code <= before)
            compile_refuse(&input, "not in order");
        if ((label = range_label(name, ", Last>")) != NULL) {
            if (begun[0] == '\0' || strcmp(label, begun) != 0)
                compile_refuse(&input, "the range has no first line");
            add_range(&input, first, code, label, field);
            begun[0] = '\0';
            continue;
        }
        if (begun[0] != '\0')
            compile_refuse(&input, "the range before has no last line");
        if ((label = range_label(name, ", First>")) != NULL) {
            if (snprintf(begun, sizeof(begun), "%s", label) >=
                (int)sizeof(begun))
                compile_refuse(&input, "too long a name");
            first = code;
        } else {
            add_kind(code, field);
            if (strcmp(name, "<control>") != 0)
                add_character(code, name, false);
            else if (control_count < CONTROLS)
                controls[control_count++] = code;
            else
                compile_refuse(&input, "one control character too many");
        }
    }
    if (code != LAST_CODE || begun[0] != '\0')
        compile_die("UnicodeData.txt: it ends before U+%" PRIX32, LAST_CODE);
    add_controls();
    for (int i = 0; i < CHARINDEX_READABLE; i++)
        fputs("\"\\0\"", compile_output);
    fputs(";\n\n", compile_output);
}

/* Write one number of a list. */
void
compile_number(uint32_t number)
{
    static int column;

    fprintf(compile_output, "%" PRIu32 ",%c", number,
        ++column % 10 == 0 ? '\n' : ' ');
}

/* The rows from first on, length of them, as a run. */
static uint32_t
make_run(uint32_t first, uint32_t length)
{
    return first << CHARINDEX_RUN_BITS | (length - 1);
}

/* Write where the rows are, and which characters they show. */
static uint32_t
write_rows(void)
{
    uint32_t blocks = 0;

    fputs("const uint32_t charindex_row_at[] = {\n", compile_output);
    for (uint32_t row = 0; row <= compile_row_count; row++)
        compile_number(row_at[row]);
    fputs("};\n\nconst struct charindex_block charindex_blocks[] = {\n",
        compile_output);
    for (uint32_t row = 0; row < compile_named; row++) {
        if (row > 0 && compile_rows[row].code == compile_rows[row - 1].code + 1)
            continue;
        fprintf(compile_output, "{ 0x%" PRIx32 ", %" PRIu32 " },\n",
            compile_rows[row].code, row);
        blocks++;
    }
    fprintf(compile_output, "{ 0x%" PRIx32 ", %" PRIu32 " },\n};\n\n", CODES,
        compile_named);
    return blocks;
}

/* Write what the code points are; how many changes there are. */
static uint32_t
write_kinds(void)
{
    uint32_t changes = 0;

    fputs("const uint32_t charindex_kinds[] = {\n", compile_output);
    for (uint32_t code = 0; code < CODES; code++) {
        if (code > 0 && kinds[code] == kinds[code - 1])
            continue;
        compile_number(code << CHARINDEX_KIND_BITS | kinds[code]);
        changes++;
    }
    fputs("};\n\n", compile_output);
    return changes;
}

/* Frequent words first, then in alphabetical order. */
static int
compare_entries(const void *left, const void *right)
{
    const struct entry *a = *(struct entry *const *)left;
    const struct entry *b = *(struct entry *const *)right;

    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    return strcmp(a->text, b->text);
}

/* Write rows as runs; how many they are. */
uint32_t
compile_runs(const uint32_t *rows, uint32_t count)
{
    uint32_t first = rows[0], length = 1, runs = 1;

    for (uint32_t i = 1; i < count; i++, length++) {
        if (rows[i] == first + length && length < CHARINDEX_RUN_MAX)
            continue;
        compile_number(make_run(first, length));
        runs++;
        first = rows[i];
        length = 0;
    }
    compile_number(make_run(first, length));
    return runs;
}

/* Write the words, with the rows that they occur in. */
static void
write_words(void)
{
    uint32_t runs = 0, text = 0;

    qsort(entries, entry_count, sizeof(struct entry *), compare_entries);
    fputs("const uint32_t charindex_runs[] = {\n", compile_output);
    for (uint32_t i = 0; i < entry_count; i++) {
        entries[i]->runs = runs;
        runs += compile_runs(entries[i]->rows, entries[i]->count);
    }
    relevance_runs(runs);
    fputs("};\n\nconst struct charindex_entry charindex_words[] = {\n",
        compile_output);
    for (uint32_t i = 0; i < entry_count; i++) {
        fprintf(compile_output, "{ %" PRIu32 ", %" PRIu32 ", %" PRIu32 " },\n",
            text, entries[i]->runs, entries[i]->count);
        text += (uint32_t)strlen(entries[i]->text);
    }
    fprintf(
        compile_output, "{ %" PRIu32 ", %" PRIu32 ", 0 },\n};\n\n", text, runs);
    fputs("const char charindex_texts[] =\n", compile_output);
    for (uint32_t i = 0; i < entry_count; i++)
        fprintf(compile_output, "\"%s\"\n", entries[i]->text);
    fputs(";\n\n", compile_output);
}

/* Write the hash table of the words, as they stand now; its size. */
static uint32_t
write_slots(void)
{
    uint32_t size = 1;

    while (size < 2 * entry_count)
        size *= 2;
    memset(slots, 0, sizeof(slots));
    for (uint32_t i = 0; i < entry_count; i++) {
        const char *text = entries[i]->text;
        uint32_t slot = charindex_hash(text, strlen(text)) % size;

        while (slots[slot] != 0)
            slot = (slot + 1) % size;
        slots[slot] = i + 1;
    }
    fputs("const uint32_t charindex_slots[] = {\n", compile_output);
    for (uint32_t slot = 0; slot < size; slot++)
        compile_number(slots[slot]);
    fputs("};\n\n", compile_output);
    return size;
}

int
main(int argc, char **argv)
{
    uint32_t blocks, changes, size;

    if (argc != 4)
        compile_die("usage: ucd-compile DIRECTORY KEYWORDS OUTPUT");
    compile_output = fopen(argv[3], "w");
    if (compile_output == NULL)
        compile_die("%s: %s", argv[3], strerror(errno));
    read_jamo(argv[1]);
    relevance_read(argv[2]);
    properties_read(argv[1], PACKAGE);
    fprintf(compile_output,
        "/* Made by ucd-compile from the Unicode Character Database %s. "
        "*/\n"
        "#include \"common/charindex.h\"\n"
        "#include \"common/charindex_data.h\"\n\n"
        "#pragma GCC diagnostic ignored \"-Woverlength-strings\"\n\n"
        "const char charindex_version[] = \"%s\";\n\n",
        version, version);
    read_characters(argv[1]);
    relevance_index();
    blocks = write_rows();
    changes = write_kinds();
    write_words();
    size = write_slots();
    fprintf(compile_output,
        "const struct charindex_sizes charindex_sizes = { %" PRIu32 ", %" PRIu32
        ", %" PRIu32 ", %" PRIu32 ", %" PRIu32 " };\n",
        compile_named, entry_count, size, blocks, changes);
    relevance_write();
    properties_write();
    blocks_write();
    if (fflush(compile_output) != 0 || fclose(compile_output) != 0)
        compile_die("%s: %s", argv[3], strerror(errno));
    return 0;
}
