#include "common/chardetail.h"

#include "tests/unit/guard.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>
#include <unicode/ustring.h>

#define CODES 0x110000

/* A character, a label, and the whole text. */
static const struct {
    uint32_t code;
    const char *label, *text;
} details[] = {
    { 0x265a, "Code point", "U+265A" },
    { 0x1f600, "Code point", "U+1F600" },
    { 0, "Code point", "U+0000" },
    { 0, "Decimal", "0" },
    { 0x1f600, "Decimal", "128512" },
    { 0, "UTF-8", "00" },
    { 0xe9, "UTF-8", "C3 A9" },
    { 0x265a, "UTF-8", "E2 99 9A" },
    { 0x1f600, "UTF-8", "F0 9F 98 80" },
    { 0x265a, "UTF-16", "265A" },
    { 0xffff, "UTF-16", "FFFF" },
    { 0x10000, "UTF-16", "D800 DC00" },
    { 0x1f600, "UTF-16", "D83D DE00" },
    { 0x10ffff, "UTF-16", "DBFF DFFF" },
    { 0x2665, "HTML", "&#x2665;" },
    { 0x2665, "HTML, by name", "&hearts;" },
    { 0x265a, "HTML, by name", "" },
    { 0x265a, "HTML", "&#x265A;" },
    { 0x265a, "CSS", "\\00265A" },
    { 0x265a, "JavaScript, JSON", "\\u265A" },
    { 0x1f600, "JavaScript, JSON", "\\uD83D\\uDE00" },
    { 0x265a, "C, Python", "\\u265A" },
    { 0x1f600, "C, Python", "\\U0001F600" },
    { 0x265a, "Category", "Other symbol (So)" },
    { 0xa, "Category", "Control (Cc)" },
    { 0x378, "Category", "" },
    { 0x265a, "Block", "Miscellaneous Symbols" },
    { 0x10fffd, "Block", "Supplementary Private Use Area-B" },
    { 0x2fe0, "Block", "" },
    { 0x10300, "Script", "Old Italic" },
    { 0x265a, "Script", "Common" },
    { 0x378, "Script", "" },
    { 0x41, "Since Unicode", "1.1" },
    { 0x378, "Since Unicode", "" },
    { 0xe9, "Decomposition", "0065 0301" },
    { 0xb2, "Decomposition", "<super> 0032" },
    { 0x41, "Decomposition", "" },
    { 0x2665, "Also called", "heart suit, heart, valentine" },
    { 0x2665, "Keywords", "card, emotion, game, hearts, suit" },
    { 0x10ffff, "Keywords", "" },
};

/* The text of a character under a label. */
static const char *
text_of(uint32_t code, const char *wanted)
{
    static char *end;
    char *room = guard_at(&end, CHARDETAIL_ROOM);
    struct chardetail detail;

    for (size_t n = 0; chardetail_get(code, n, room, &detail); n++) {
        if (strcmp(detail.label, wanted) == 0)
            return detail.text;
    }
    ck_abort_msg("there is no '%s'", wanted);
}

EACH_TEST(.seconds = 120);

TEST(a_detail_is_told, .times = COUNT(details))
{
    ck_assert_str_eq(
        text_of(details[_i].code, details[_i].label), details[_i].text);
}

TEST(a_detail_is_found_by_its_key)
{
    char room[CHARDETAIL_ROOM];
    struct chardetail detail;
    size_t n, found;

    for (n = 0; chardetail_get(0x2665, n, room, &detail); n++) {
        const size_t length = strlen(detail.key);

        ck_assert(
            chardetail_find(guard_copy(detail.key, length), length, &found));
        ck_assert_uint_eq(found, n);
        ck_assert(!chardetail_find(detail.key, length - 1, &found));
    }
    ck_assert_uint_eq(n, 16);
    ck_assert(!chardetail_find("", 0, &found));
    ck_assert(!chardetail_find("utf9", 4, &found));
}

TEST(details_say_what_they_are_good_for)
{
    char room[CHARDETAIL_ROOM];
    struct chardetail detail;

    for (size_t n = 0; chardetail_get(0x2665, n, room, &detail); n++) {
        const bool block = strcmp(detail.label, "Block") == 0;

        ck_assert_int_eq(detail.use, n < 9   ? CHARDETAIL_TYPED
                                     : block ? CHARDETAIL_PLACE
                                             : CHARDETAIL_TOLD);
    }
}

/* What is no letter or digit counts for nothing in a name, nor does case. */
static bool
same_name(const char *one, const char *other)
{
    for (;; one++, other++) {
        one += strcspn(one, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwx"
                            "yz0123456789");
        other += strcspn(other, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrst"
                                "uvwxyz0123456789");
        if ((*one | 32) != (*other | 32))
            return false;
        if (*one == '\0')
            return true;
    }
}

TEST(properties_are_those_that_icu_knows)
{
    for (uint32_t code = 0; code < CODES; code++) {
        const bool assigned = u_charType((UChar32)code) != U_UNASSIGNED;
        UErrorCode error = U_ZERO_ERROR;
        UVersionInfo age;
        char expected[32];
        UScriptCode script;
        const char *category;

        if (code >= 0xd800 && code < 0xe000)
            continue;
        category = strchr(text_of(code, "Category"), '(');
        ck_assert_msg((category != NULL) == assigned, "U+%04X", code);
        if (!assigned)
            continue;
        /* The two letters of a category, by its mask's number in ICU. */
        ck_assert_msg(strncmp(category + 1,
                          u_getPropertyValueName(UCHAR_GENERAL_CATEGORY,
                              u_charType((UChar32)code), U_SHORT_PROPERTY_NAME),
                          2) == 0,
            "U+%04X", code);
        ck_assert_msg(same_name(text_of(code, "Block"),
                          u_getPropertyValueName(UCHAR_BLOCK,
                              u_getIntPropertyValue((UChar32)code, UCHAR_BLOCK),
                              U_LONG_PROPERTY_NAME)),
            "U+%04X", code);
        script = uscript_getScript((UChar32)code, &error);
        ck_assert_msg(
            script == USCRIPT_UNKNOWN
                ? *text_of(code, "Script") == '\0'
                : same_name(text_of(code, "Script"), uscript_getName(script)),
            "U+%04X: %s", code, text_of(code, "Script"));
        u_charAge((UChar32)code, age);
        snprintf(expected, sizeof(expected), "%d.%d", age[0], age[1]);
        ck_assert_msg(strcmp(text_of(code, "Since Unicode"), expected) == 0,
            "U+%04X", code);
    }
}

TEST(decompositions_are_those_that_icu_knows)
{
    UErrorCode error = U_ZERO_ERROR;
    const UNormalizer2 *nfc = unorm2_getNFCInstance(&error);
    const UNormalizer2 *nfkc = unorm2_getNFKCInstance(&error);

    for (UChar32 code = 0; code < CODES; code++) {
        char expected[CHARDETAIL_ROOM] = "", *to = expected;
        const char *text;
        UChar units[32];
        UChar32 parts[32];
        int32_t length, count = 0;

        /* Hangul syllables are taken apart by a rule. */
        if ((code >= 0xac00 && code < 0xe000) || u_charType(code) == 0)
            continue;
        text = text_of((uint32_t)code, "Decomposition");
        length = unorm2_getRawDecomposition(
            *text == '<' ? nfkc : nfc, code, units, 32, &error);
        if (length > 0)
            u_strToUTF32(parts, 32, &count, units, length, &error);
        ck_assert(U_SUCCESS(error));
        for (int32_t i = 0; i < count; i++)
            to += sprintf(to, "%s%04X", i > 0 ? " " : "", (unsigned)parts[i]);
        if (*text == '<')
            text = strchr(text, ' ') + 1;
        ck_assert_msg(strcmp(text, expected) == 0, "U+%04X: %s, %s",
            (unsigned)code, text, expected);
    }
}
