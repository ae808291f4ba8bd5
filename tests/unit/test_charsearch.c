#include "common/charsearch.h"

#include "tests/unit/guard.h"
#include "tests/unit/unit.h"

#include <stdio.h>

#define CODES 0x110000

/* Rows at the beginning of an answer that are compared. */
#define SHOWN 4

/* A query, the first characters that it finds, and what it was taken for. */
static const struct {
    const char *query;
    uint32_t code[SHOWN]; /* up to the first 0 */
    bool all;             /* that is all */
    const char *corrected;
} queries[] = {
    /* Words in any form, names and aliases. */
    { "arrow right", { 0x2192 }, false, "" },
    { "RIGHT arrows", { 0x2192 }, false, "" },
    { "  rocket\t", { 0x1f680 }, false, "" },
    { "smiles", { 0x2323 }, false, "" },
    { "nbsp", { 0xa0 }, false, "" },
    { "lf", { 0xa }, true, "" },
    { "zwj", { 0x200d }, false, "" },
    { "rarr", { 0x2192 }, false, "" },
    { "kiyeok", { 0x3131 }, false, "" },
    { "hangul ga", { 0xac00 }, true, "" },
    { "heart heart", { 0x2665, 0x2764 }, false, "" },
    /* Blocks. */
    { "block:arrows", { 0x2190, 0x2191, 0x2192, 0x2193 }, false, "" },
    { " BLOCK: Latin_1-supplement ", { 0x80, 0x81, 0x82 }, false, "" },
    { "block:greek", { 0x370 }, false, "" },
    { "block: upper half", { 0x2580 }, false, "" },
    { "arrow:right", { 0x2192 }, false, "" },
    /* Signs. */
    { "->", { 0x2192 }, true, "" },
    { "!=", { 0x2260 }, true, "" },
    { "<3", { 0x2764 }, false, "" },
    { ":d", { 0x1f603 }, true, "" },
    { "!%", { 0x21, 0x25 }, true, "" },
    { "-x-", { 0x2716 }, false, "" },
    /* Words that are left out. */
    { "pi symbol", { 0x3a0, 0x3c0 }, false, "" },
    { "the heart emoji", { 0x2665, 0x2764 }, false, "" },
    { "sign", { 0 }, false, "" },
    { "degree sign", { 0xb0 }, false, "" },
    { "tightly closed mouth emoji", { 0x1f606 }, true, "" },
    { "kiyeok cat emoji", { 0 }, true, "" },
    /* Beginnings, two words in one, faults. */
    { "hea", { 0x2716, 0x2795 }, false, "" },
    { "cat fac", { 0 }, false, "" },
    { "qq", { 0 }, true, "" },
    { "cat 0", { 0 }, true, "" },
    { "q\xc3\xa9q", { 'q', 0xe9 }, true, "" },
    { "infinty", { 0x221e }, false, "infinity" },
    { "catface", { 0x1f431 }, false, "cat face" },
    { "brkoen haert", { 0x1f494 }, false, "broken heart" },
    { "brkoen haert qwrtz", { 0 }, true, "" },
    { "brkoen haert infinty", { 0 }, true, "" },
    { "qwrtzpsd", { 0 }, true, "" },
    { "rocket qq7q", { 0 }, true, "" },
    { "rocket qq[]{}q", { 0 }, true, "" },
    { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", { 0 }, true, "" },
    { "a b c d e f g h i j k l m n o p q", { 0 }, true, "" },
    { "one two three four five six seven eight nine ten eleven twelve red "
      "white blue checkmarc",
        { 0 }, true, "" },
    { "one two three four five six seven eight nine ten eleven twelve red "
      "white blue catface",
        { 0 }, true, "" },
    { "one two three four five six seven eight nine ten eleven twelve red "
      "white blue checkm",
        { 0 }, true, "" },
    { "one two three four five six seven eight nine ten eleven twelve red "
      "white blue hea",
        { 0 }, true, "" },
    { "smiling face with open mouth and tightly closed eyes laughinng "
      "hahaha",
        { 0 }, true, "" },
    { "smiling face open mouth tightly closed laughinng haha", { 0x1f606 },
        true, "smiling face open mouth tightly closed laughing haha" },
    { "supersript 2", { 0xb2 }, true, "superscript 2" },
    { "catggaegs", { 0 }, true, "" },
    { "ggaegscat", { 0 }, true, "" },
    { "cat _", { 0x1f408 }, false, "" },
    { "__heart__eyes_", { 0x1f60d }, false, "" },
    { "qq_q rocket", { 0 }, true, "" },
    { "{~", { '{', '~' }, true, "" },
    /* Emoji of several characters. */
    { "rainbow flag", { 0x1f3f3, 0xfe0f, 0x200d, 0x1f308 }, true, "" },
    { "flags of the Korean", { 0x1f1f0, 0x1f1f7 }, true, "" },
    { "flag_kr", { 0x1f1f0, 0x1f1f7 }, true, "" },
    { "family: man, man, boy", { 0x1f468, 0x200d, 0x1f466 }, true, "" },
    { "keycap 3", { '3', 0xfe0f, 0x20e3 }, true, "" },
    { "flag flag us", { 0 }, true, "" },
    { "family", { 0x1f46a }, false, "" },
    /* Numbers. */
    { "U+1F600", { 0x1f600 }, true, "" },
    { "U+41 U+41 U+42", { 0x41, 0x42 }, true, "" },
    { "U+0000", { 0 }, false, "" },
    { "U+000A", { 0xa }, true, "" },
    { "U+009F", { 0x9f }, true, "" },
    { "U+E000", { 0 }, true, "" },
    { "U+D800", { 0 }, true, "" },
    { "1F600", { 0x1f600 }, true, "" },
    { "4e00", { 0x4e00, 0x1f229 }, true, "" },
    { "&hearts;", { 0x2665 }, true, "" },
    /* Characters as such. */
    { "\xe2\x99\x9a", { 0x265a }, true, "" },
    { "a", { 0x61 }, false, "" },
    { "@", { 0x40 }, true, "" },
    { "\xc3\xa9", { 0xe9 }, true, "" },
    { "e\xcc\x81", { 0xe9, 0x65, 0x301 }, true, "" },
    { "\xe1\x84\x80\xe1\x85\xa1", { 0xac00, 0x1100, 0x1161 }, true, "" },
    { "\xed\x95\x9c \xea\xb8\x80", { 0xd55c, 0x20, 0xae00 }, true, "" },
    { "\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa", { 0x1f1e9, 0x1f1ea }, true, "" },
    { "\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9",
        { 0x1f468, 0x200d, 0x1f469 }, true, "" },
    { "\xff\xe2\x99\x9a", { 0x265a }, true, "" },
    { "\xff", { 0 }, true, "" },
    { "", { 0 }, true, "" },
    { " ", { 0 }, true, "" },
};

static uint32_t codes[CODES];

/* Find what a C string asks for by relevance. */
static struct charsearch
find(const char *query)
{
    struct charsearch search;
    const size_t length = strlen(query);

    charsearch_find(
        &search, CHARSEARCH_RELEVANCE, guard_copy(query, length), length);
    return search;
}

/* Take all characters from search, at most max at once; how many. */
static size_t
collect(struct charsearch *search, size_t max)
{
    struct charindex_run run;
    struct charindex_row row;
    size_t count = 0;

    while (charsearch_take(search, max, &run)) {
        ck_assert_uint_le(run.count, max);
        while (charindex_cut(&run, &row)) {
            ck_assert_uint_lt(count, CODES);
            codes[count++] = row.code;
        }
    }
    return count;
}

TEST(a_query_finds_what_it_asks_for, .times = COUNT(queries))
{
    const char *query = queries[_i].query, *corrected;
    struct charsearch search = find(query);
    const size_t said = charsearch_count(&search);
    size_t count = collect(&search, SIZE_MAX), length, shown = 0;

    ck_assert_msg(count == said, "'%s': %zu, %zu", query, count, said);
    while (shown < SHOWN && queries[_i].code[shown] != 0) {
        ck_assert_msg(shown < count && codes[shown] == queries[_i].code[shown],
            "'%s': U+%04X", query, codes[shown]);
        shown++;
    }
    if (queries[_i].all)
        ck_assert_msg(count == shown, "'%s': %zu", query, count);
    else
        ck_assert_msg(count > 0, "'%s'", query);
    corrected = charsearch_correction(&search, &length);
    ck_assert_msg(length == strlen(queries[_i].corrected) &&
                      memcmp(corrected, queries[_i].corrected, length) == 0,
        "'%s': '%.*s'", query, (int)length, corrected);
}

/* A query, and the emoji that it is the name of. */
static const char *const sequences[][2] = {
    { "polar bear", "\U0001f43b\u200d\u2744\ufe0f" },
    { " Scotland (FLAG) ",
        "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074"
        "\U000e007f" },
    { "woman and man holding hands", "" },
    { "polar", "" },
    { "bear", "" },
    { "infinty", "" },
    { "\U0001f1f0\U0001f1f7", "" },
    { "", "" },
};

TEST(an_emoji_of_several_characters_has_a_name, .times = COUNT(sequences))
{
    struct charsearch search = find(sequences[_i][0]);
    size_t length;

    ck_assert_str_eq(charsearch_sequence(&search), sequences[_i][1]);
    if (*sequences[_i][1] == '\0')
        return;
    ck_assert_uint_eq(charsearch_count(&search), collect(&search, SIZE_MAX));
    charsearch_correction(&search, &length);
    ck_assert_uint_eq(length, 0);
    charsearch_find(&search, CHARSEARCH_PUBLISHED, sequences[_i][0],
        strlen(sequences[_i][0]));
    ck_assert_str_eq(charsearch_sequence(&search), "");
}

TEST(nul_is_a_character)
{
    struct charsearch search;

    charsearch_find(&search, CHARSEARCH_RELEVANCE, "\0", 1);
    ck_assert_uint_eq(collect(&search, SIZE_MAX), 1);
    ck_assert_uint_eq(codes[0], 0);
    charsearch_find(&search, CHARSEARCH_RELEVANCE, "\0U+41", 5);
    ck_assert_uint_eq(collect(&search, SIZE_MAX), 0);
}

TEST(many_characters_are_shown_as_far_as_there_is_room)
{
    char query[2 * (CHARSEARCH_FIRST + 4)];
    struct charsearch search;

    for (size_t i = 0; i < CHARSEARCH_FIRST + 4; i++)
        memcpy(query + 2 * i, (char[]) { (char)0xce, (char)(0x91 + i) }, 2);
    charsearch_find(&search, CHARSEARCH_RELEVANCE, query, sizeof(query));
    ck_assert_uint_eq(collect(&search, SIZE_MAX), CHARSEARCH_FIRST);
    ck_assert_uint_eq(codes[0], 0x391);
}

TEST(pieces_of_any_size_are_the_same_characters)
{
    static const char *const several[] = { "heart", "cjk", "letter", "face",
        "7", "e\xcc\x81", "hea", "block:basic latin", "block:arrows" };
    static uint32_t whole[CODES];

    for (size_t i = 0; i < sizeof(several) / sizeof(*several); i++) {
        struct charsearch search = find(several[i]), rest;
        const size_t count = collect(&search, SIZE_MAX);

        memcpy(whole, codes, count * sizeof(*codes));
        for (size_t max = 1; max < 40; max += 6) {
            search = find(several[i]);
            ck_assert_uint_eq(collect(&search, max), count);
            ck_assert(memcmp(whole, codes, count * sizeof(*codes)) == 0);
        }
        for (size_t skip = 0; skip < count + 2; skip += 1 + skip / 2) {
            const size_t left = skip < count ? count - skip : 0;

            rest = find(several[i]);
            charsearch_skip(&rest, skip);
            ck_assert_uint_eq(charsearch_count(&rest), count);
            ck_assert_uint_eq(collect(&rest, SIZE_MAX), left);
            ck_assert(left == 0 ||
                      memcmp(whole + skip, codes, left * sizeof(*codes)) == 0);
        }
        ck_assert(!charsearch_take(&search, 0, &(struct charindex_run) { 0 }));
    }
}

TEST(no_character_comes_twice)
{
    static const char *const several[] = { "heart", "smile", "face", "a",
        "arrow", "sign", "right" };

    for (size_t i = 0; i < sizeof(several) / sizeof(*several); i++) {
        static bool seen[CODES];
        struct charsearch search = find(several[i]);
        const size_t count = collect(&search, SIZE_MAX);

        memset(seen, 0, sizeof(seen));
        for (size_t j = 0; j < count; j++) {
            ck_assert_msg(
                !seen[codes[j]], "'%s': U+%04X", several[i], codes[j]);
            seen[codes[j]] = true;
        }
    }
}

TEST(the_published_order_is_that_of_charindex)
{
    static const char *const several[] = { "cat face", "cjk", "U+265A", "",
        "infinty", "letter" };

    for (size_t i = 0; i < sizeof(several) / sizeof(*several); i++) {
        const size_t length = strlen(several[i]);
        struct charsearch search;
        struct charindex_set set;
        struct charindex_run one, other;

        charsearch_find(&search, CHARSEARCH_PUBLISHED, several[i], length);
        charindex_find(&set, several[i], length);
        ck_assert_uint_eq(charsearch_count(&search), charindex_count(&set));
        charsearch_skip(&search, 3);
        charindex_skip(&set, 3);
        while (charindex_take(&set, 1000, &one)) {
            ck_assert(charsearch_take(&search, 1000, &other));
            ck_assert(one.bytes == other.bytes && one.count == other.count &&
                      one.length == other.length);
        }
        ck_assert(!charsearch_take(&search, 1000, &other));
    }
}
