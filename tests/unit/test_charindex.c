#include "common/charindex.h"

#include "tests/unit/guard.h"
#include "tests/unit/unit.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <unicode/uchar.h>
#include <unicode/ustring.h>

#define CODES 0x110000

/* ck_assert tells the runner of every success, by a system call: too slow for
 * what is checked a million times. */
#define MUST(condition, ...)                                                   \
    do {                                                                       \
        if (!(condition))                                                      \
            ck_abort_msg(__VA_ARGS__);                                         \
    } while (0)

/* The longest name, with its NUL, and the longest row. */
#define NAME_ROOM 128
#define ROW_ROOM  256

/* A word, and one character in whose name it occurs. */
struct pair {
    const char *word;
    uint32_t code;
};

/* A word, and which of the sorted pairs are its. */
struct known_word {
    const char *text;
    size_t first, count;
};

/* What ICU knows, put into tables in the most obvious way. */
static char *names[CODES];
static size_t name_count;
static struct pair *pairs;
static size_t pair_count, pair_room;
static struct known_word *known;
static size_t known_count;

/* Room for a set of characters. */
static uint32_t codes[CODES];

/* Note that a word occurs in a name; where words stand twice, twice. */
static void
note_word(const char *word, uint32_t code)
{
    if (pair_count == pair_room) {
        pair_room = pair_room == 0 ? 1 << 16 : 2 * pair_room;
        pairs = reallocarray(pairs, pair_room, sizeof(*pairs));
        assert(pairs != NULL);
    }
    pairs[pair_count++] = (struct pair) { word, code };
}

/* Whether the name is one whose hexadecimal tail is no word. */
static bool
has_tail(const char *name)
{
    return strncmp(name, "CJK UNIFIED IDEOGRAPH-", 22) == 0 ||
           strncmp(name, "CJK COMPATIBILITY IDEOGRAPH-", 28) == 0;
}

/* By word, then by character. */
static int
compare_pairs(const void *left, const void *right)
{
    const struct pair *a = left, *b = right;
    int order = strcmp(a->word, b->word);

    if (order != 0)
        return order;
    return a->code < b->code ? -1 : a->code > b->code;
}

/* The most frequent word first, then by the alphabet. */
static int
compare_known(const void *left, const void *right)
{
    const struct known_word *a = left, *b = right;

    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    return strcmp(a->text, b->text);
}

/* Cut a name into words. */
static void
note_name(const char *name, uint32_t code)
{
    char *words = strdup(name), *rest = words;

    assert(words != NULL);
    if (has_tail(name))
        *strchr(words, '-') = '\0';
    for (char *word; (word = strsep(&rest, " -")) != NULL;) {
        if (*word != '\0')
            note_word(word, code);
    }
}

/* Ask ICU for all names, and fill the tables. */
static void
ask_icu(void)
{
    size_t kept = 0;

    for (UChar32 code = 0; code < CODES; code++) {
        char name[NAME_ROOM];
        UErrorCode error = U_ZERO_ERROR;

        u_charName(code, U_UNICODE_CHAR_NAME, name, sizeof(name), &error);
        assert(U_SUCCESS(error));
        if (name[0] == '\0')
            continue;
        names[code] = strdup(name);
        note_name(name, (uint32_t)code);
        name_count++;
    }
    qsort(pairs, pair_count, sizeof(*pairs), compare_pairs);
    for (size_t i = 0; i < pair_count; i++) {
        if (kept == 0 || compare_pairs(&pairs[kept - 1], &pairs[i]) != 0)
            pairs[kept++] = pairs[i];
    }
    pair_count = kept;
    known = reallocarray(NULL, pair_count, sizeof(*known));
    assert(known != NULL);
    for (size_t i = 0; i < pair_count; i++) {
        if (i == 0 || strcmp(pairs[i - 1].word, pairs[i].word) != 0)
            known[known_count++] = (struct known_word) { pairs[i].word, i, 0 };
        known[known_count - 1].count++;
    }
    qsort(known, known_count, sizeof(*known), compare_known);
}

/* Why ICU cannot be asked: its names are of another Unicode than ours. */
static const char *
icu_differs(void)
{
    UVersionInfo version;
    char text[U_MAX_VERSION_STRING_LENGTH];
    size_t length;

    u_getUnicodeVersion(version);
    u_versionToString(version, text);
    length = strlen(text);
    if (strncmp(text, charindex_version, length) == 0 &&
        (charindex_version[length] == '\0' || charindex_version[length] == '.'))
        return NULL;
    return "ICU knows another Unicode";
}

/* The options of tests that have ICU for their oracle. */
#define BY_ICU .before = ask_icu, .unless = icu_differs

/* Find what a C string asks for. */
static struct charindex_set
find(const char *query)
{
    struct charindex_set set;

    charindex_find(&set, query, strlen(query));
    return set;
}

/* How many characters a C string finds. */
static size_t
found(const char *query)
{
    struct charindex_set set = find(query);

    return charindex_count(&set);
}

/* Take all characters from set; how many there were. */
static size_t
collect(struct charindex_set *set)
{
    struct charindex_run run;
    struct charindex_row row;
    size_t count = 0;

    while (charindex_take(set, SIZE_MAX, &run)) {
        while (charindex_cut(&run, &row)) {
            MUST(count < CODES, "too many");
            codes[count++] = row.code;
        }
        MUST(run.length == 0, "%zu bytes left", run.length);
    }
    return count;
}

/* Two queries find the same characters. */
static void
check_same(const char *query, const char *other)
{
    static uint32_t before[CODES];
    struct charindex_set set = find(other);
    size_t count = collect(&set);

    memcpy(before, codes, count * sizeof(*codes));
    set = find(query);
    MUST(collect(&set) == count &&
             memcmp(before, codes, count * sizeof(*codes)) == 0,
        "'%s' and '%s'", query, other);
}

/* A query finds just the character with this code. */
static void
check_finds_only(const char *query, uint32_t code)
{
    struct charindex_set set = find(query);

    MUST(collect(&set) == 1 && codes[0] == code, "'%s'", query);
}

/* Whether the code point is no character of its own. */
static bool
is_surrogate(UChar32 code)
{
    return code >= 0xd800 && code <= 0xdfff;
}

/* Whether str.isspace is true, by the properties that Python goes by. */
static bool
is_space(UChar32 code)
{
    const UCharDirection direction = u_charDirection(code);

    return direction == U_WHITE_SPACE_NEUTRAL ||
           direction == U_BLOCK_SEPARATOR || direction == U_SEGMENT_SEPARATOR ||
           u_charType(code) == U_SPACE_SEPARATOR;
}

/* A character as a C string. */
static const char *
text_of(UChar32 code)
{
    static char text[5];
    UErrorCode error = U_ZERO_ERROR;
    UChar units[2];
    int32_t length = 0;

    U16_APPEND_UNSAFE(units, length, code);
    u_strToUTF8(text, sizeof(text), NULL, units, length, &error);
    MUST(U_SUCCESS(error), "U+%04X", (unsigned)code);
    return text;
}

TEST(every_name_is_the_one_that_icu_knows_and_there_is_none_more, BY_ICU)
{
    struct charindex_set set;
    struct charindex_run run;
    struct charindex_row row;
    uint32_t next = 0;
    size_t count = 0;

    charindex_all(&set);
    ck_assert_uint_eq(charindex_count(&set), name_count);
    while (charindex_take(&set, SIZE_MAX, &run)) {
        while (charindex_cut(&run, &row)) {
            for (; next < row.code; next++)
                MUST(names[next] == NULL, "U+%04X", next);
            MUST(names[next] != NULL, "U+%04X", next);
            MUST(row.name_length == strlen(names[next]) &&
                     memcmp(row.name, names[next], row.name_length) == 0,
                "%s", names[next]);
            next++;
            count++;
        }
    }
    for (; next < CODES; next++)
        MUST(names[next] == NULL, "U+%04X", next);
    ck_assert_uint_eq(count, name_count);
}

TEST(there_are_as_many_names_as_unicode_15_has, BY_ICU)
{
    if (strcmp(charindex_version, "15.0.0") == 0)
        ck_assert_uint_eq(name_count, 149186);
}

TEST(every_row_stands_as_the_published_server_sends_it, BY_ICU)
{
    struct charindex_set set;
    struct charindex_run run;
    struct charindex_row row;

    charindex_all(&set);
    for (uint32_t code = 0; code < CODES; code++) {
        char expected[ROW_ROOM], label[16];
        int label_length, length;

        if (names[code] == NULL)
            continue;
        label_length = snprintf(label, sizeof(label), "U+%04X", code);
        length = snprintf(expected, sizeof(expected), "%-7s\t%s\t%s\r\n", label,
            text_of((UChar32)code), names[code]);
        MUST(charindex_take(&set, 1, &run) && run.count == 1 &&
                 run.length == (size_t)length &&
                 memcmp(run.bytes, expected, run.length) == 0,
            "%s", expected);
        MUST(charindex_cut(&run, &row) && row.code == code &&
                 row.length == (size_t)length - 2 &&
                 row.label_length == (size_t)label_length &&
                 memcmp(row.label, label, row.label_length) == 0,
            "%s", label);
        MUST(row.character_length == strlen(text_of((UChar32)code)) &&
                 memcmp(row.character, text_of((UChar32)code),
                     row.character_length) == 0,
            "%s", label);
        MUST(!charindex_cut(&run, &row), "%s", label);
    }
    ck_assert(!charindex_take(&set, 1, &run));
}

TEST(the_words_are_those_of_the_names_the_most_frequent_first, BY_ICU)
{
    struct charindex_word word;

    for (size_t n = 0; n < known_count; n++) {
        MUST(charindex_word(n, &word) && word.length == strlen(known[n].text) &&
                 memcmp(word.text, known[n].text, word.length) == 0,
            "%s", known[n].text);
        MUST(word.count == known[n].count, "%s", known[n].text);
    }
    ck_assert(!charindex_word(known_count, &word));
    ck_assert(!charindex_word(SIZE_MAX, &word));
}

TEST(every_word_finds_the_characters_with_it_in_their_names, BY_ICU)
{
    for (size_t n = 0; n < known_count; n++) {
        struct charindex_set set = find(known[n].text);

        MUST(charindex_count(&set) == known[n].count &&
                 collect(&set) == known[n].count,
            "%s", known[n].text);
        for (size_t i = 0; i < known[n].count; i++)
            MUST(codes[i] == pairs[known[n].first + i].code, "%s: U+%04X",
                known[n].text, codes[i]);
    }
}

/* Whether a word occurs in a character's name. */
static bool
occurs(const char *word, uint32_t code)
{
    const struct pair key = { word, code };

    return bsearch(&key, pairs, pair_count, sizeof(*pairs), compare_pairs) !=
           NULL;
}

/* A pseudo-random number below limit. */
static size_t
pick(size_t limit)
{
    static uint64_t state = 20260722;

    state = state * 6364136223846793005 + 1442695040888963407;
    return (size_t)(state >> 33) % limit;
}

/* Find two words, and test every character that has the rarer one. */
static void
check_two(const struct known_word *rare, const struct known_word *common)
{
    char query[NAME_ROOM];
    struct charindex_set set;
    size_t count, expected = 0;

    snprintf(query, sizeof(query), "%s %s", common->text, rare->text);
    set = find(query);
    count = collect(&set);
    for (size_t i = 0; i < rare->count; i++) {
        const uint32_t code = pairs[rare->first + i].code;

        if (!occurs(common->text, code))
            continue;
        MUST(expected < count && codes[expected] == code, "'%s' and U+%04X",
            query, code);
        expected++;
    }
    MUST(count == expected, "'%s'", query);
}

TEST(random_pairs_of_words_find_what_both_find, BY_ICU)
{
    for (int i = 0; i < 10000; i++) {
        size_t one = pick(known_count), two;
        /* Frequent words stand first; so half of the partners are such. */
        two = pick(i % 2 == 0 ? known_count : 1 + pick(300));

        if (one > two)
            check_two(&known[one], &known[two]);
        else if (known[two].count < 1000)
            check_two(&known[two], &known[one]);
    }
}

TEST(frequent_words_find_what_both_find, BY_ICU)
{
    for (size_t one = 20; one < 60; one++) {
        for (size_t two = 0; two < one; two++)
            check_two(&known[one], &known[two]);
    }
}

TEST(every_name_finds_its_character, BY_ICU)
{
    struct charindex_run run;

    for (uint32_t code = 0; code < CODES; code++) {
        struct charindex_set set;
        bool there = false;

        if (names[code] == NULL || has_tail(names[code]))
            continue;
        set = find(names[code]);
        while (!there && charindex_take(&set, 1, &run)) {
            struct charindex_row row;

            there = charindex_cut(&run, &row) && row.code == code;
        }
        MUST(there, "%s", names[code]);
    }
}

/* What is found, by query. */
static const struct {
    const char *query;
    size_t count;
    uint32_t first;
} queries[] = {
    { "chess black", 33, 0x265a },
    { "black chess", 33, 0x265a },
    { "Chess BLACK", 33, 0x265a },
    { "  chess \t black\r", 33, 0x265a },
    { "chess-black", 33, 0x265a },
    { "chess,black!", 33, 0x265a },
    { "chess black chess black chess", 33, 0x265a },
    { "chess\xc2\xa0"
      "black",
        33, 0x265a },
    { "chess\x1c"
      "black",
        33, 0x265a },
    { "\x1c"
      "chess black\x1f",
        33, 0x265a },
    { "chess\xff"
      "black",
        33, 0x265a },
    { "che\xc5\xbf\xc5\xbf black", 33, 0x265a }, /* ſ is an S */
    { "che\xc3\x9f black", 33, 0x265a },         /* ß is SS */
    { "chess_black", 0, 0 },
    { "chess _ black", 0, 0 },
    { "chess zzz black", 0, 0 },
    { "chess black\xc2\xb2", 0, 0 }, /* ² is a number, so of the word */
    { "chess black \xc2\xb2", 0, 0 },
    { "chess blac\xe2\x84\xaa", 0, 0 }, /* KELVIN SIGN is no K */
    { "chess blac\xcc\x81k", 0, 0 },    /* an accent ends the word */
    { "rocket", 5, 0x1f66c },
    { "cjk", 98263, 0x2e80 },
    { "4e00", 1, 0x1f229 },
    { "cjk 4e00", 1, 0x1f229 },
    { "17000", 1, 0x17000 },
    { "sign dollar", 7, 0x24 },
    { "zzz", 0, 0 },
    { "", 0, 0 },
    { " ", 0, 0 },
    { "_", 1, '_' },
    { "\xf0\x9f\x90\x88 ", 1, 0x1f408 },
    { "\xe2\x99\x9a", 1, 0x265a },
    { " \xe2\x99\x9a\r\n", 1, 0x265a },
    { "\xe2\x99\x9a\xe2\x99\x9a", 0, 0 },
    { "+", 1, '+' },
    { "-", 1, '-' },
    { "\xea\xb0\x80", 1, 0xac00 },
    { "\xef\xbf\xbd", 1, 0xfffd },
    { "\xff", 0, 0 },
    { "\xe2\x99", 0, 0 },
    { "\x01", 0, 0 },
    { "\x7f", 0, 0 },
    { "\xee\x80\x80", 0, 0 },     /* private use */
    { "\xf4\x8f\xbf\xbf", 0, 0 }, /* U+10FFFF */
    { "U+265A", 1, 0x265a },
    { "u+265a", 1, 0x265a },
    { "  U+265a ", 1, 0x265a },
    { "U+0020", 1, ' ' },
    { "U+00A0", 1, 0xa0 },
    { "U+1F680", 1, 0x1f680 },
    { "U+01F680", 1, 0x1f680 },
    { "U+E01EF", 1, 0xe01ef },
    { "U+001F680", 0, 0 },
    { "U+0041 U+0042", 0, 0 },
    { "U+10FFFF", 0, 0 },
    { "U+110000", 0, 0 },
    { "U+FFFFFF", 0, 0 },
    { "U+D800", 0, 0 },
    { "U+0000", 0, 0 },
    { "U+000A", 0, 0 },
    { "U+041", 0, 0 },
    { "U+26G5", 0, 0 },
    { "U+-265", 0, 0 },
    { "U265A", 0, 0 },
    { "+265A", 0, 0 },
};

TEST(a_query_finds_what_it_asks_for, .times = COUNT(queries))
{
    const char *query = queries[_i].query;
    struct charindex_set set;
    size_t count;

    charindex_find(&set, guard_copy(query, strlen(query)), strlen(query));
    count = collect(&set);
    if (strcmp(charindex_version, "15.0.0") == 0)
        MUST(count == queries[_i].count, "'%s': %zu", query, count);
    if (queries[_i].count > 0)
        MUST(codes[0] == queries[_i].first, "'%s'", query);
}

TEST(a_query_that_is_cut_anywhere_is_read_to_its_end_only,
    .times = COUNT(queries))
{
    const char *query = queries[_i].query;
    struct charindex_set set;

    for (size_t length = 0; length <= strlen(query); length++) {
        char *copy = guard_copy(query, length);
        const char *text = copy;
        size_t rest = length;

        charindex_find(&set, copy, length);
        charindex_strip(&text, &rest);
        ck_assert(text >= copy && text + rest <= copy + length);
    }
}

TEST(a_nul_separates_words)
{
    struct charindex_set set;

    charindex_find(&set, "chess\0black", 11);
    ck_assert_uint_eq(charindex_count(&set), found("chess black"));
    charindex_find(&set, "\0", 1);
    ck_assert_uint_eq(charindex_count(&set), 0);
    charindex_find(&set, NULL, 0);
    ck_assert_uint_eq(charindex_count(&set), 0);
}

TEST(words_go_before_characters)
{
    check_same("a", "A");
    ck_assert_uint_gt(found("a"), 100);
    ck_assert_uint_gt(found("\xc5\xbf"), 100); /* ſ, so S */
    check_same("\xc5\xbf", "s");
    check_same("7", "7 7");
}

TEST(every_character_finds_itself_when_it_is_no_word, BY_ICU)
{
    for (UChar32 code = 0x80; code < CODES; code++) {
        UChar text[4], upper[16];
        int32_t length = 0;
        UErrorCode error = U_ZERO_ERROR;
        bool ascii = true;
        char word[16] = "";

        if (names[code] == NULL)
            continue;
        U16_APPEND_UNSAFE(text, length, code);
        length = u_strToUpper(upper, 16, text, length, "", &error);
        MUST(U_SUCCESS(error), "U+%04X", (unsigned)code);
        for (int32_t i = 0; i < length; i++) {
            ascii = ascii && upper[i] < 0x80;
            word[i] = (char)upper[i];
        }
        if (is_space(code))
            MUST(found(text_of(code)) == 0, "U+%04X", (unsigned)code);
        else if (ascii && found(word) > 0)
            check_same(text_of(code), word);
        else
            check_finds_only(text_of(code), (uint32_t)code);
    }
}

TEST(every_label_finds_its_character, BY_ICU)
{
    for (uint32_t code = 0; code < CODES; code++) {
        char query[16], words[16];

        /* There is LINEAR B SYLLABLE B010 U, and words go first. */
        snprintf(words, sizeof(words), "U.%04X", code);
        snprintf(query, sizeof(query), code % 2 ? "U+%04X" : "u+%04x", code);
        if (found(words) > 0)
            check_same(query, words);
        else if (names[code] != NULL)
            check_finds_only(query, code);
        else
            MUST(found(query) == 0, "%s", query);
    }
}

TEST(a_word_is_made_of_what_python_thinks_so, BY_ICU)
{
    const size_t both = found("cat face");

    ck_assert_uint_gt(both, 0);
    for (UChar32 code = 0; code < CODES; code++) {
        char query[16];
        struct charindex_set set;
        int length;
        bool in_word = code == '_' ||
                       (U_GET_GC_MASK(code) & U_GC_L_MASK) != 0 ||
                       u_getNumericValue(code) > U_NO_NUMERIC_VALUE;

        if (is_surrogate(code))
            continue;
        length = snprintf(
            query, sizeof(query), "cat%sface", code == 0 ? "?" : text_of(code));
        if (code == 0)
            query[3] = '\0';
        charindex_find(&set, query, (size_t)length);
        MUST(charindex_count(&set) == (in_word ? 0 : both), "U+%04X",
            (unsigned)code);
    }
}

TEST(white_space_is_what_python_thinks_so, BY_ICU)
{
    for (UChar32 code = 0; code < CODES; code++) {
        const bool space = is_space(code);
        const char *one, *text;
        char query[16];
        size_t length;

        if (is_surrogate(code) || code == 0)
            continue;
        one = text_of(code);
        length =
            (size_t)snprintf(query, sizeof(query), "%s%sx%s", one, one, one);
        text = guard_copy(query, length);
        charindex_strip(&text, &length);
        MUST(length == (space ? 1 : strlen(query)) &&
                 text[0] == (space ? 'x' : query[0]),
            "U+%04X", (unsigned)code);
    }
}

TEST(white_space_alone_leaves_nothing)
{
    const char *text = guard_copy(" \t\r\n\v\f\x1c\x1d\x1e\x1f\xc2\x85", 12);
    size_t length = 12;

    charindex_strip(&text, &length);
    ck_assert_uint_eq(length, 0);
}

TEST(what_is_printable_is_what_python_thinks_so, BY_ICU)
{
    for (UChar32 code = 0; code < CODES; code++) {
        const bool printable =
            code == ' ' ||
            (U_GET_GC_MASK(code) & (U_GC_C_MASK | U_GC_Z_MASK)) == 0;

        MUST(charindex_printable((uint32_t)code) == printable, "U+%04X",
            (unsigned)code);
    }
}

/* Sets of every shape: many runs, few, one character, none, all. */
static const char *const shapes[] = { "cat face", "letter", "braille",
    "small letter", "hangul", "latin small letter with", "U+265A", "zzz",
    "syllable", "black", "greek capital omega" };

TEST(runs_one_after_another_are_the_rows_one_by_one, .times = COUNT(shapes))
{
    static const size_t steps[] = { 2, 3, 7, 200, 16384, 16385, SIZE_MAX };

    for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
        struct charindex_set many = find(shapes[_i]);
        struct charindex_set single = many;
        struct charindex_run run, row;
        size_t left = charindex_count(&many);

        while (charindex_take(&many, steps[i], &run)) {
            MUST(run.count >= 1 && run.count <= steps[i], "%zu", run.count);
            for (; run.count > 0; run.count--) {
                MUST(charindex_take(&single, 1, &row) && row.count == 1 &&
                         row.bytes == run.bytes &&
                         memcmp(row.bytes + row.length - 2, "\r\n", 2) == 0,
                    "%zu left", left);
                run.bytes += row.length;
                run.length -= row.length;
                left--;
            }
            MUST(run.length == 0, "%zu bytes left", run.length);
        }
        ck_assert_uint_eq(charindex_count(&many), 0);
        ck_assert_uint_eq(left, 0);
        ck_assert(!charindex_take(&single, 1, &row));
        ck_assert(!charindex_take(&many, 1, &row));
    }
}

TEST(runs_are_as_long_as_neighbours_allow, .times = COUNT(shapes))
{
    struct charindex_set set = find(shapes[_i]);
    const char *end = NULL;
    struct charindex_run run;

    while (charindex_take(&set, SIZE_MAX, &run)) {
        ck_assert_ptr_ne(run.bytes, end);
        end = run.bytes + run.length;
    }
}

TEST(texts_of_the_last_row_can_be_read_beyond_their_end)
{
    char bytes[CHARINDEX_READABLE];
    struct charindex_run run;
    struct charindex_set set;
    struct charindex_row row;

    charindex_all(&set);
    charindex_skip(&set, charindex_count(&set) - 1);
    ck_assert(charindex_take(&set, 1, &run));
    ck_assert(charindex_cut(&run, &row));
    /* Where that is not so, a sanitizer finds out. */
    memcpy(bytes, row.label, sizeof(bytes));
    ck_assert_int_eq(memcmp(bytes, row.label, row.label_length), 0);
    memcpy(bytes, row.character, sizeof(bytes));
    ck_assert_int_eq(memcmp(bytes, row.character, row.character_length), 0);
    memcpy(bytes, row.name, sizeof(bytes));
    ck_assert_int_eq(
        memcmp(bytes, row.name,
            row.name_length < sizeof(bytes) ? row.name_length : sizeof(bytes)),
        0);
}

TEST(skipping_n_is_taking_n, .times = COUNT(shapes))
{
    const struct charindex_set all = find(shapes[_i]);
    struct charindex_set taken = all;
    const size_t count = charindex_count(&all);

    for (size_t n = 0; n <= count + 2; n += n < 300 ? 1 : 97) {
        struct charindex_set set = all;
        struct charindex_run run, other;
        bool more;

        charindex_skip(&set, n);
        MUST(charindex_count(&set) == (n < count ? count - n : 0), "%zu", n);
        taken = all;
        for (size_t left = n; left > 0 && charindex_take(&taken, left, &other);)
            left -= other.count;
        more = charindex_take(&set, 200, &run);
        MUST(more == (n < count) && charindex_take(&taken, 200, &other) == more,
            "%zu", n);
        MUST(!more || (run.bytes == other.bytes && run.length == other.length &&
                          run.count == other.count),
            "%zu", n);
    }
}

TEST(a_copy_of_a_set_stays_where_it_was)
{
    struct charindex_set set = find("letter"), copy = set;
    size_t count = charindex_count(&set);
    struct charindex_run run;

    charindex_skip(&set, 1000);
    ck_assert_uint_eq(charindex_count(&copy), count);
    ck_assert_uint_eq(charindex_count(&set), count - 1000);
    copy = set;
    while (charindex_take(&set, 5, &run))
        continue;
    ck_assert_uint_eq(charindex_count(&copy), count - 1000);
}

TEST(taking_none_takes_none)
{
    struct charindex_set set = find("cat face");
    struct charindex_run run;
    size_t count = charindex_count(&set);

    ck_assert(!charindex_take(&set, 0, &run));
    charindex_skip(&set, 0);
    ck_assert_uint_eq(charindex_count(&set), count);
}

TEST(more_different_words_than_any_name_has_find_nothing, BY_ICU)
{
    static char query[300 * (CHARINDEX_WORD_MAX + 1) + 1];

    query[0] = '\0';
    for (size_t n = 0; n < 300; n++) {
        strcat(query, known[n].text);
        strcat(query, " ");
        if (n >= CHARINDEX_WORDS)
            ck_assert_uint_eq(found(query), 0);
    }
}

TEST(a_word_longer_than_any_is_no_word, BY_ICU)
{
    char query[200] = "";

    for (size_t length = 1; length < sizeof(query) - 1; length++) {
        query[length - 1] = 'z';
        if (length > 5)
            ck_assert_uint_eq(found(query), 0);
    }
    for (size_t n = 0; n < known_count; n++) {
        struct charindex_word word;

        MUST(charindex_word(n, &word), "%zu", n);
        snprintf(query, sizeof(query), "%.*sz", (int)word.length, word.text);
        if (word.length >= CHARINDEX_WORD_MAX - 2)
            ck_assert_uint_eq(found(query), 0);
    }
}

TEST(a_megabyte_of_words_is_read_in_linear_time)
{
    const size_t length = 1 << 20;
    char *query = guard_room(length);
    struct charindex_set set;

    for (size_t i = 0; i < length; i++)
        query[i] = "cat face "[i % 9];
    charindex_find(&set, query, length - length % 9);
    ck_assert_uint_eq(charindex_count(&set), found("cat face"));
    memset(query, 'x', length);
    charindex_find(&set, query, length);
    ck_assert_uint_eq(charindex_count(&set), 0);
    memset(query, ' ', length);
    charindex_find(&set, query, length);
    ck_assert_uint_eq(charindex_count(&set), 0);
}

TEST(random_bytes_harm_nothing)
{
    for (int i = 0; i < 20000; i++) {
        char query[24];
        size_t length = pick(sizeof(query) + 1);
        struct charindex_set set;

        for (size_t at = 0; at < length; at++)
            query[at] = (char)(pick(3) == 0 ? " U+cat\xc3\x9f"[pick(9)]
                                            : (int)pick(256));
        charindex_find(&set, guard_copy(query, length), length);
        collect(&set);
    }
}
