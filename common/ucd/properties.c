/*
 * properties - the part of the compiler that makes the tables of what is known
 * of single characters, for the detail view.
 */
#include "common/charindex_data.h"
#include "common/ucd/compile.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Different texts of all properties. */
#define TEXTS_MAX 65535

/* Slots for texts: enough that half stay empty. */
#define SLOTS (UINT32_C(1) << 17)

/* The texts, of which the first is none, and which of them a code point has. */
static char *texts[TEXTS_MAX] = { "" };
static uint32_t text_at[TEXTS_MAX];
static uint32_t text_count = 1;
static uint16_t slots[SLOTS]; /* a text's number, or 0 */
static uint16_t values[CHARDETAIL_PROPERTIES][CODES];

/* The number of a text, taken into the list if it is not there. */
static uint16_t
number_of(const char *text)
{
    uint32_t slot = charindex_hash(text, strlen(text)) % SLOTS;

    for (; slots[slot] != 0; slot = (slot + 1) % SLOTS) {
        if (strcmp(texts[slots[slot]], text) == 0)
            return slots[slot];
    }
    if (text_count == TEXTS_MAX)
        compile_die("more than %d texts", TEXTS_MAX);
    texts[text_count] = strdup(text);
    if (texts[text_count] == NULL)
        compile_die("out of memory");
    slots[slot] = (uint16_t)text_count;
    return (uint16_t)text_count++;
}

/* Let a character have a property. */
void
properties_set(
    enum chardetail_property property, uint32_t code, const char *text)
{
    if (*text != '\0')
        values[property][code] = number_of(text);
}

/* A property of a character. */
const char *
properties_get(enum chardetail_property property, uint32_t code)
{
    return texts[values[property][code]];
}

/* Cut white space off the end of a text. */
static void
trim(char *text)
{
    for (size_t i = strlen(text); i > 0 && text[i - 1] == ' '; i--)
        text[i - 1] = '\0';
}

/* Take in a line: 0000..007F; Basic Latin, or 0020 ; Common # Zs SPACE. */
static void
add_line(const struct input *input, enum chardetail_property property)
{
    char *value = input->line, *codes = strsep(&value, ";");
    char *dots = strstr(codes, ".."), *end = codes;
    uint32_t first, last;
    uint16_t number;

    if (dots != NULL) {
        *dots = '\0';
        end = dots + 2;
    }
    trim(end);
    first = compile_code(input, codes);
    last = compile_code(input, end);
    if (last < first)
        compile_refuse(input, "not a range");
    if (value == NULL)
        compile_refuse(input, "no value");
    value += strspn(value, " ");
    value[strcspn(value, "#")] = '\0';
    trim(value);
    if (*value == '\0')
        compile_refuse(input, "no value");
    number = number_of(value);
    for (uint32_t code = first; code <= last; code++)
        values[property][code] = number;
}

/* Read a file of ranges, whose last line is "# EOF" or about last. */
static void
read_ranges(const char *directory, const char *name, const char *advice,
    enum chardetail_property property)
{
    struct input input = compile_open(directory, name, advice);
    bool ended = false;

    while (compile_line(&input)) {
        if (input.line[0] != '\0')
            ended = strcmp(input.line, "# EOF") == 0;
        if (input.line[0] != '#' && input.line[0] != '\0')
            add_line(&input, property);
    }
    if (!ended)
        compile_die("%s: the line '# EOF' is missing", name);
}

/* Read what the files about single properties say. */
void
properties_read(const char *directory, const char *advice)
{
    read_ranges(directory, "Blocks.txt", advice, CHARDETAIL_BLOCK);
    read_ranges(directory, "Scripts.txt", advice, CHARDETAIL_SCRIPT);
    read_ranges(directory, "DerivedAge.txt", advice, CHARDETAIL_AGE);
}

/* Write the ranges of a property; how many they are. */
static uint32_t
write_ranges(enum chardetail_property property)
{
    uint32_t count = 0;

    for (uint32_t code = 0; code < CODES; code++) {
        const uint16_t number = values[property][code];

        if (code > 0 && number == values[property][code - 1])
            continue;
        fprintf(compile_output, "{ 0x%" PRIx32 ", %" PRIu32 " },\n", code,
            text_at[number]);
        count++;
    }
    return count;
}

/* Write all tables. */
void
properties_write(void)
{
    uint32_t at = 1, starts[CHARDETAIL_PROPERTIES + 1] = { 0 };

    fputs("const char chardetail_texts[] = \"\\0\"\n", compile_output);
    for (uint32_t i = 1; i < text_count; i++) {
        text_at[i] = at;
        at += (uint32_t)strlen(texts[i]) + 1;
        fputc('"', compile_output);
        compile_bytes(texts[i], strlen(texts[i]));
        fputs("\\0\"\n", compile_output);
    }
    fputs(";\n\nconst struct chardetail_range chardetail_ranges[] = {\n",
        compile_output);
    for (enum chardetail_property i = 0; i < CHARDETAIL_PROPERTIES; i++)
        starts[i + 1] = starts[i] + write_ranges(i);
    fputs("};\n\nconst uint32_t chardetail_starts[] = {\n", compile_output);
    for (size_t i = 0; i <= CHARDETAIL_PROPERTIES; i++)
        compile_number(starts[i]);
    fputs("};\n", compile_output);
}
