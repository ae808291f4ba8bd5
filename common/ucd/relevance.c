/*
 * relevance - the part of the compiler that makes the index by relevance.
 *
 * Of each row it takes the words of the name, and of what keywords.txt says
 * about the character; of emoji that are several characters, what these say
 * there. charindex_data.h describes what it writes.
 */
#include "common/charindex.h"
#include "common/charindex_data.h"
#include "common/charset.h"
#include "common/ucd/compile.h"
#include "common/wordform.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Different texts: words, and what is left of them without endings. */
#define TEXTS_MAX (UINT32_C(1) << 17)

/* No phrase has more different words. */
#define PHRASE_MAX CHARSET_LISTS

#define NONE       UINT32_MAX

/* The fields of a line of keywords.txt after the code point. */
enum field {
    FIELD_ALIASES,
    FIELD_NAME,
    FIELD_KEYWORDS,
    FIELD_REFERENCES,
    FIELDS,
};

/* How a character is called by a phrase, the best first. */
enum calling {
    CALLED_NAME,
    CALLED_ALIAS,
    CALLED_PART,    /* a keyword that is part of a name */
    CALLED_KEYWORD, /* any other */
};

/* What keywords.txt says of a character: texts separated by '|'. */
struct keywords {
    char *field[FIELDS];
};

/* A text. It may be a word, or what is left of words, or both. */
struct text {
    char *text;
    uint32_t list; /* of the word; NONE: it is none */
    uint32_t own;  /* the list of all words of which it is left; or NONE */
    bool spoken;
};

/* The ranks that have a word in any form. */
struct list {
    uint32_t *ranks;
    uint32_t count, room;
};

/* Lists of a phrase's words, each once, in ascending order. */
struct phrase {
    uint32_t list[PHRASE_MAX];
    size_t count;
};

/* That a row is called by a phrase. */
struct called {
    uint64_t hash;
    unsigned key; /* how well, less is better */
    uint32_t rank;
};

/* What an emoji of several characters is called. */
struct sequence {
    uint64_t words; /* the sum of charsearch_word */
    uint32_t emoji; /* which one it is */
};

/* What decides the rank of a row. */
struct key {
    uint32_t row;
    uint32_t words; /* of its shortest name */
    uint32_t rarity;
};

/* A character reference of HTML. */
struct reference {
    const char *text; /* owned */
    uint32_t code;
};

static struct keywords *keywords[CODES];
static struct text texts[TEXTS_MAX];
static uint32_t text_count;
static uint32_t slots[2 * TEXTS_MAX]; /* 1 + the text's number, or 0 */
static struct list lists[TEXTS_MAX];
static uint32_t list_count;
static struct key keys[CHARINDEX_ROWS_MAX]; /* by rank */
static struct called *called;
static size_t called_count, called_room;
static struct reference *references;
static size_t reference_count, reference_room;
static struct sequence *sequences;
static size_t sequence_count, sequence_room;
static char **emoji; /* in UTF-8, owned */
static size_t emoji_count, emoji_room;

/* Double the room of an array if it is full. */
static void *
grow(void *array, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return array;
    *room = *room == 0 ? 16 : 2 * *room;
    array = reallocarray(array, *room, size);
    if (array == NULL)
        compile_die("out of memory");
    return array;
}

/* --- keywords.txt -------------------------------------------------------- */

/* Take the next field of a line, which must be printable ASCII. */
static char *
take_field(const struct input *input, char **rest)
{
    char *field = strsep(rest, "\t");

    if (field == NULL)
        compile_refuse(input, "too few fields");
    for (const char *c = field; *c != '\0'; c++) {
        if (*c < ' ' || *c > '~')
            compile_refuse(input, "not printable ASCII");
    }
    return field;
}

/* Take in a line about one character. */
static void
add_character(const struct input *input, const char *digits, char *rest)
{
    const uint32_t code = compile_code(input, digits);
    struct keywords *entry = compile_calloc(1, sizeof(*entry));

    if (keywords[code] != NULL)
        compile_refuse(input, "duplicate code point");
    for (int i = 0; i < FIELDS; i++) {
        entry->field[i] = strdup(take_field(input, &rest));
        if (entry->field[i] == NULL)
            compile_die("out of memory");
    }
    if (rest != NULL)
        compile_refuse(input, "too many fields");
    keywords[code] = entry;
}

/* Take the next text from a field; false when there are no more. */
static bool
next_text(const char **field, const char **text, size_t *length)
{
    *text = *field;
    *length = strcspn(*field, "|");
    *field += *length + ((*field)[*length] == '|');
    return *length > 0;
}

/* Add up the words of what an emoji is called. */
static uint64_t
add_up(const char *text, size_t length)
{
    uint64_t words = 0;

    for (size_t at = 0, end; at < length; at = end + 1) {
        char word[CHARINDEX_WORD_MAX];
        size_t size = 0;

        for (end = at; end < length && isalnum((unsigned char)text[end]); end++)
            if (size < sizeof(word))
                word[size++] = (char)toupper((unsigned char)text[end]);
        if (size > 0 && !wordform_is_weak(word, size))
            words += charsearch_word(word, wordform_stem(word, size));
    }
    return words;
}

/* Let the last emoji be called by what is in a field. */
static void
name_emoji(const char *field)
{
    const char *text;
    size_t length;

    while (next_text(&field, &text, &length)) {
        sequences =
            grow(sequences, sequence_count, &sequence_room, sizeof(*sequences));
        sequences[sequence_count++] = (struct sequence) {
            .words = add_up(text, length),
            .emoji = (uint32_t)emoji_count,
        };
    }
}

/* Take in a line about an emoji of several characters. */
static void
add_emoji(const struct input *input, char *digits, char *rest)
{
    char text[CHARSEARCH_SEQUENCE_MAX + 1], *code;
    size_t used = 0;

    while ((code = strsep(&digits, " ")) != NULL && used + 4 < sizeof(text))
        used += compile_encode(text + used, compile_code(input, code));
    if (code != NULL)
        compile_refuse(input, "too many characters");
    text[used] = '\0';
    emoji = grow(emoji, emoji_count, &emoji_room, sizeof(*emoji));
    emoji[emoji_count] = strdup(text);
    if (emoji[emoji_count] == NULL)
        compile_die("out of memory");
    name_emoji(take_field(input, &rest));
    name_emoji(take_field(input, &rest));
    if (rest != NULL)
        compile_refuse(input, "too many fields");
    emoji_count++;
}

/* Take in a line of keywords.txt. */
static void
add_line(const struct input *input)
{
    char *rest = input->line, *codes = strsep(&rest, "\t");

    if (strchr(codes, ' ') == NULL)
        add_character(input, codes, rest);
    else
        add_emoji(input, codes, rest);
}

/* Read keywords.txt. */
void
relevance_read(const char *directory)
{
    struct input input =
        compile_open(directory, "keywords.txt", "it is part of the sources");
    bool ended = false;

    while (compile_line(&input)) {
        ended = strcmp(input.line, "# end") == 0;
        if (input.line[0] != '#')
            add_line(&input);
    }
    if (!ended)
        compile_die("keywords.txt: the line '# end' is missing");
}

/* A field of what is said of a character, or "". */
static const char *
field_of(uint32_t code, enum field field)
{
    return keywords[code] == NULL ? "" : keywords[code]->field[field];
}

/* The first alias of a character. */
char *
relevance_alias(uint32_t code)
{
    const char *field = field_of(code, FIELD_ALIASES), *text;
    size_t length;
    char *alias;

    if (!next_text(&field, &text, &length))
        return NULL;
    alias = strndup(text, length);
    if (alias == NULL)
        compile_die("out of memory");
    return alias;
}

/* --- Words --------------------------------------------------------------- */

/* The text with this wording, made if need be. */
static struct text *
text_of(const char *wording, size_t length)
{
    uint32_t slot = charindex_hash(wording, length) % (2 * TEXTS_MAX);
    struct text *text;

    for (; slots[slot] != 0; slot = (slot + 1) % (2 * TEXTS_MAX)) {
        text = &texts[slots[slot] - 1];
        if (strlen(text->text) == length &&
            memcmp(text->text, wording, length) == 0)
            return text;
    }
    if (text_count == TEXTS_MAX)
        compile_die("more than %" PRIu32 " words", TEXTS_MAX);
    text = &texts[text_count++];
    *text = (struct text) { strndup(wording, length), NONE, NONE, false };
    if (text->text == NULL)
        compile_die("out of memory");
    slots[slot] = text_count;
    return text;
}

/* The list of a word, made if need be. */
static uint32_t
list_of(const char *word, size_t length, bool spoken)
{
    struct text *text = text_of(word, length);

    if (text->list == NONE) {
        char stem[CHARINDEX_WORD_MAX];
        struct text *left;

        if (length > CHARINDEX_WORD_MAX)
            compile_die(
                "%.*s: longer than CHARINDEX_WORD_MAX", (int)length, word);
        memcpy(stem, word, length);
        left = text_of(stem, wordform_stem(stem, length));
        if (left->own == NONE)
            left->own = list_count++;
        text->list = left->own;
    }
    text->spoken |= spoken;
    return text->list;
}

/* Add a list to a phrase. */
static void
add_list(struct phrase *phrase, uint32_t list)
{
    size_t place = phrase->count;

    for (size_t i = 0; i < phrase->count; i++) {
        if (phrase->list[i] == list)
            return;
    }
    if (place == PHRASE_MAX)
        compile_die("a phrase has more than %d words", PHRASE_MAX);
    for (; place > 0 && phrase->list[place - 1] > list; place--)
        phrase->list[place] = phrase->list[place - 1];
    phrase->list[place] = list;
    phrase->count++;
}

/* Add the words of a text to a phrase. */
static void
add_words(struct phrase *phrase, const char *text, size_t length, bool spoken)
{
    char upper[256];
    size_t at = 0;

    if (length > sizeof(upper))
        compile_die("%.*s: too long", (int)length, text);
    for (size_t i = 0; i < length; i++)
        upper[i] = (char)toupper((unsigned char)text[i]);
    if (wordform_is_sign(text, length)) {
        add_list(phrase, list_of(upper, length, false));
        return;
    }
    while (at < length) {
        size_t end = at;

        while (end < length &&
               (isalnum((unsigned char)upper[end]) || upper[end] == '_'))
            end++;
        if (end > at)
            add_list(phrase, list_of(upper + at, end - at, spoken));
        at = end + 1;
    }
}

/* The phrase of one text. */
static struct phrase
phrase_of(const char *text, size_t length, bool spoken)
{
    struct phrase phrase = { .count = 0 };

    add_words(&phrase, text, length, spoken);
    return phrase;
}

/* The phrase of a row's name. */
static struct phrase
name_of(const struct row *row)
{
    return phrase_of(row->name, compile_indexed(row->name), !row->made);
}

/* --- Ranks --------------------------------------------------------------- */

/* How rare a character is in everyday texts, by what is said of it and by its
 * block: 0, 1 or 2. */
static uint32_t
rarity_of(uint32_t code)
{
    if (*field_of(code, FIELD_NAME) != '\0' ||
        *field_of(code, FIELD_KEYWORDS) != '\0' ||
        (*field_of(code, FIELD_REFERENCES) != '\0' && code < 0x3000))
        return 0;
    /* Alphabets and symbols; kana, ideographs and Hangul. */
    return code < 0x2c00 || (code >= 0x3000 && code < 0xe000) ? 1 : 2;
}

/* The words of a row's shortest name. */
static uint32_t
shortest_name(const struct row *row)
{
    size_t least = name_of(row).count, length;
    const char *field = field_of(row->code, FIELD_NAME), *text;

    while (next_text(&field, &text, &length)) {
        const size_t count = phrase_of(text, length, true).count;

        if (count < least)
            least = count;
    }
    return (uint32_t)least;
}

/* Who comes first. */
static int
compare_keys(const void *left, const void *right)
{
    const struct key *a = left, *b = right;
    const uint32_t code = compile_rows[a->row].code;

    if (a->words != b->words)
        return a->words < b->words ? -1 : 1;
    if (a->rarity != b->rarity)
        return a->rarity < b->rarity ? -1 : 1;
    return code < compile_rows[b->row].code ? -1 : 1;
}

/* Put the rows into order. */
static void
rank_rows(void)
{
    for (uint32_t i = 0; i < compile_row_count; i++) {
        const struct row *row = &compile_rows[i];

        keys[i] = (struct key) { i, shortest_name(row), rarity_of(row->code) };
    }
    qsort(keys, compile_row_count, sizeof(*keys), compare_keys);
}

/* --- The index ----------------------------------------------------------- */

/* Note that the words of a phrase occur in a rank. */
static void
note_words(const struct phrase *phrase, uint32_t rank)
{
    for (size_t i = 0; i < phrase->count; i++) {
        struct list *list = &lists[phrase->list[i]];
        size_t room = list->room;

        if (list->count > 0 && list->ranks[list->count - 1] == rank)
            continue;
        list->ranks =
            grow(list->ranks, list->count, &room, sizeof(*list->ranks));
        list->room = (uint32_t)room;
        list->ranks[list->count++] = rank;
    }
}

/* Note that the row with a rank is called by a phrase. */
static void
note_phrase(const struct phrase *phrase, uint32_t rank, enum calling calling)
{
    called = grow(called, called_count, &called_room, sizeof(*called));
    called[called_count++] = (struct called) {
        .hash = charsearch_hash(phrase->list, phrase->count),
        .key = (calling != CALLED_NAME) << 8 | keys[rank].rarity << 4 |
               (unsigned)calling,
        .rank = rank,
    };
}

/* Whether all words of a phrase are in another. */
static bool
is_part(const struct phrase *part, const struct phrase *whole)
{
    size_t same = 0;

    for (size_t i = 0; i < whole->count && same < part->count; i++)
        same += whole->list[i] == part->list[same];
    return same == part->count;
}

/* Index the texts of a field. */
static void
index_field(
    uint32_t code, enum field field, uint32_t rank, const struct phrase *names)
{
    const char *rest = field_of(code, field), *text;
    size_t length;

    while (next_text(&rest, &text, &length)) {
        const struct phrase phrase = phrase_of(text, length, true);

        note_words(&phrase, rank);
        note_phrase(&phrase, rank,
            field < FIELD_KEYWORDS    ? CALLED_ALIAS
            : is_part(&phrase, names) ? CALLED_PART
                                      : CALLED_KEYWORD);
    }
}

/* Index the row with a rank. */
static void
index_row(uint32_t rank)
{
    const struct row *row = &compile_rows[keys[rank].row];
    const char *field = field_of(row->code, FIELD_NAME), *text;
    struct phrase names = name_of(row);
    size_t length;

    note_words(&names, rank);
    if (!row->made)
        note_phrase(&names, rank, CALLED_NAME);
    while (next_text(&field, &text, &length))
        add_words(&names, text, length, true);
    for (enum field i = 0; i < FIELDS; i++)
        index_field(row->code, i, rank, &names);
}

/* Let a character have the texts of two fields as a property. */
static void
set_property(enum chardetail_property property, uint32_t code,
    const char *field, const char *more)
{
    char joined[4096];
    size_t used = 0, length;
    const char *text;

    for (int i = 0; i < 2; i++, field = more) {
        while (next_text(&field, &text, &length)) {
            if (used + length + 3 > sizeof(joined))
                compile_die("U+%04" PRIX32 ": too many aliases", code);
            used += (size_t)sprintf(joined + used, "%s%.*s",
                used > 0 ? ", " : "", (int)length, text);
        }
    }
    joined[used] = '\0';
    properties_set(property, code, joined);
}

/* Note what the detail view says of a row, and its character references. */
static void
note_details(uint32_t code)
{
    const char *field = field_of(code, FIELD_REFERENCES), *text;
    char reference[64];
    size_t length;

    set_property(CHARDETAIL_ALIASES, code, field_of(code, FIELD_NAME),
        field_of(code, FIELD_ALIASES));
    set_property(CHARDETAIL_KEYWORDS, code, field_of(code, FIELD_KEYWORDS), "");
    snprintf(
        reference, sizeof(reference), "%.*s", (int)strcspn(field, "|"), field);
    properties_set(CHARDETAIL_REFERENCE, code, reference);

    while (next_text(&field, &text, &length)) {
        references = grow(
            references, reference_count, &reference_room, sizeof(*references));
        references[reference_count].code = code;
        references[reference_count].text = strndup(text, length);
        if (references[reference_count++].text == NULL)
            compile_die("out of memory");
    }
}

/* Count all words, and put the rows into order. */
void
relevance_index(void)
{
    rank_rows();
    for (uint32_t rank = 0; rank < compile_row_count; rank++)
        index_row(rank);
    for (uint32_t i = 0; i < compile_row_count; i++)
        note_details(compile_rows[i].code);
}

/* --- What is written ----------------------------------------------------- */

/* Where the runs of the lists begin; of one more, where they end. */
static uint32_t list_runs[TEXTS_MAX + 1];

/* Write the runs. */
void
relevance_runs(uint32_t at)
{
    for (uint32_t i = 0; i < list_count; i++) {
        list_runs[i] = at;
        at += compile_runs(lists[i].ranks, lists[i].count);
    }
    list_runs[list_count] = at;
}

/* Write the ranks of the rows, and the rows of the ranks. */
static void
write_ranks(void)
{
    static uint32_t ranks[CHARINDEX_ROWS_MAX];

    fputs("const uint32_t charsearch_rows[] = {\n", compile_output);
    for (uint32_t rank = 0; rank < compile_row_count; rank++) {
        compile_number(keys[rank].row);
        ranks[keys[rank].row] = rank;
    }
    fputs("};\n\nconst uint32_t charsearch_ranks[] = {\n", compile_output);
    for (uint32_t row = 0; row < compile_row_count; row++)
        compile_number(ranks[row]);
    fputs("};\n\n", compile_output);
}

/* Write the lists. */
static void
write_lists(void)
{
    fputs("const struct charsearch_list charsearch_lists[] = {\n",
        compile_output);
    for (uint32_t i = 0; i <= list_count; i++)
        fprintf(compile_output, "{ %" PRIu32 ", %" PRIu32 " },\n", list_runs[i],
            lists[i].count);
    fputs("};\n\n", compile_output);
}

/* In the order of their bytes. */
static int
compare_texts(const void *left, const void *right)
{
    const struct text *a = left, *b = right;

    return strcmp(a->text, b->text);
}

/* Write the words, and what is left of them. */
static void
write_terms(void)
{
    uint32_t at = 0;

    qsort(texts, text_count, sizeof(*texts), compare_texts);
    fputs("const struct charsearch_term charsearch_terms[] = {\n",
        compile_output);
    for (uint32_t i = 0; i < text_count; i++) {
        const struct text *text = &texts[i];

        fprintf(compile_output, "{ %" PRIu32 ", %" PRIu32 ", %d, %d },\n", at,
            text->list != NONE ? text->list : text->own, text->list != NONE,
            text->spoken);
        at += (uint32_t)strlen(text->text);
    }
    fprintf(compile_output, "{ %" PRIu32 ", 0, 0, 0 },\n};\n\n", at);
    fputs("const char charsearch_texts[] =\n", compile_output);
    for (uint32_t i = 0; i < text_count; i++) {
        fputc('"', compile_output);
        compile_bytes(texts[i].text, strlen(texts[i].text));
        fputs("\"\n", compile_output);
    }
    fputs(";\n\n", compile_output);
}

/* By phrase, the best first. */
static int
compare_called(const void *left, const void *right)
{
    const struct called *a = left, *b = right;

    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    return a->rank < b->rank ? -1 : a->rank > b->rank;
}

/* Keep of those called by one phrase, from first to before end, each rank once
 * and no more than fit; write them, and return how many. */
static uint32_t
write_called_by_one(size_t first, size_t end)
{
    uint32_t kept[CHARSEARCH_CALLED_MAX], count = 0;

    for (size_t i = first; i < end && count < CHARSEARCH_CALLED_MAX; i++) {
        uint32_t same = 0;

        while (same < count && kept[same] != called[i].rank)
            same++;
        if (same == count) {
            kept[count++] = called[i].rank;
            compile_number(called[i].rank);
        }
    }
    return count;
}

/* Write the phrases; how many they are. */
static uint32_t
write_phrases(void)
{
    uint32_t *starts = compile_calloc(called_count + 1, sizeof(*starts));
    uint32_t count = 0, at = 0;

    qsort(called, called_count, sizeof(*called), compare_called);
    fputs("const uint32_t charsearch_called[] = {\n", compile_output);
    for (size_t i = 0, end; i < called_count; i = end) {
        for (end = i; end < called_count && called[end].hash == called[i].hash;)
            end++;
        starts[count] = at;
        at += write_called_by_one(i, end);
        called[count++].hash = called[i].hash;
    }
    fputs("};\n\nconst struct charsearch_phrase charsearch_phrases[] = {\n",
        compile_output);
    for (uint32_t i = 0; i < count; i++)
        fprintf(compile_output, "{ 0x%" PRIx64 ", %" PRIu32 " },\n",
            called[i].hash, starts[i]);
    fprintf(compile_output, "{ 0, %" PRIu32 " },\n};\n\n", at);
    free(starts);
    return count;
}

/* In the order of their bytes. */
static int
compare_references(const void *left, const void *right)
{
    const struct reference *a = left, *b = right;

    return strcmp(a->text, b->text);
}

/* Write the character references of HTML. */
static void
write_references(void)
{
    uint32_t at = 0;

    qsort(references, reference_count, sizeof(*references), compare_references);
    fputs("const struct charsearch_reference charsearch_references[] = {\n",
        compile_output);
    for (size_t i = 0; i < reference_count; i++) {
        fprintf(compile_output, "{ %" PRIu32 ", 0x%" PRIx32 " },\n", at,
            references[i].code);
        at += (uint32_t)strlen(references[i].text);
    }
    fprintf(compile_output, "{ %" PRIu32 ", 0 },\n};\n\n", at);
    fputs("const char charsearch_reference_texts[] =\n\"\"\n", compile_output);
    for (size_t i = 0; i < reference_count; i++)
        fprintf(compile_output, "\"%s\"\n", references[i].text);
    fputs(";\n\n", compile_output);
}

/* By words, then in the order of the file. */
static int
compare_sequences(const void *left, const void *right)
{
    const struct sequence *a = left, *b = right;

    if (a->words != b->words)
        return a->words < b->words ? -1 : 1;
    return a->emoji < b->emoji ? -1 : a->emoji > b->emoji;
}

/* Write the emoji that are several characters, the first of those that are
 * called the same; how many names they have. */
static uint32_t
write_sequences(void)
{
    uint32_t *places = compile_calloc(emoji_count + 1, sizeof(*places));
    uint32_t count = 0;

    fputs("const char charsearch_sequence_texts[] =\n\"\"\n", compile_output);
    for (size_t i = 0; i < emoji_count; i++) {
        places[i + 1] = places[i] + (uint32_t)strlen(emoji[i]) + 1;
        fputc('"', compile_output);
        compile_bytes(emoji[i], strlen(emoji[i]));
        fputs("\\0\"\n", compile_output);
    }
    qsort(sequences, sequence_count, sizeof(*sequences), compare_sequences);
    fputs(";\n\nconst struct charsearch_sequence charsearch_sequences[] = {\n",
        compile_output);
    for (size_t i = 0; i < sequence_count; i++) {
        if (i > 0 && sequences[i].words == sequences[i - 1].words)
            continue;
        fprintf(compile_output, "{ 0x%" PRIx64 ", %" PRIu32 " },\n",
            sequences[i].words, places[sequences[i].emoji]);
        count++;
    }
    fputs("{ 0, 0 },\n};\n\n", compile_output);
    free(places);
    return count;
}

/* Write all the other tables. */
void
relevance_write(void)
{
    uint32_t phrases, names;

    write_ranks();
    write_lists();
    write_terms();
    phrases = write_phrases();
    write_references();
    names = write_sequences();
    fprintf(compile_output,
        "const struct charsearch_sizes charsearch_sizes = { %" PRIu32
        ", %" PRIu32 ", %" PRIu32 ", %zu, %" PRIu32 " };\n",
        compile_row_count, text_count, phrases, reference_count, names);
}
