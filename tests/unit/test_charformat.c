#include "common/charformat.h"

#include "common/charsearch.h"

#include "tests/unit/guard.h"
#include "tests/unit/unit.h"

#include <stdlib.h>

/* What a format makes of U+2665, whose name is BLACK HEART SUIT. */
static const struct {
    const char *format, *printed;
} formats[] = {
    { "", "" },
    { "{char}", "\xe2\x99\xa5" },
    { "{name}", "BLACK HEART SUIT" },
    { "{code}\\t{char}\\n", "U+2665\t\xe2\x99\xa5\n" },
    { "{decimal},{utf8};{utf16}", "9829,E2 99 A5;2665" },
    { "{html}{entity}", "&#x2665;&hearts;" },
    { "{css} {js} {c}", "\\002665 \\u2665 \\u2665" },
    { "{category}/{block}", "Other symbol (So)/Miscellaneous Symbols" },
    { "{script}{age}", "Common1.1" },
    { "[{decomposition}]", "[]" },
    { "{aliases}", "heart suit, heart, valentine" },
    { "{keywords}", "card, emotion, game, hearts, suit" },
    { "{{{name}}}", "{BLACK HEART SUIT}" },
    { "}}{{", "}{" },
    { "\\\\n", "\\n" },
    { "%s\xc3\xa9", "%s\xc3\xa9" },
};

TEST(a_format_is_filled, .times = COUNT(formats))
{
    const char *format = formats[_i].format;
    struct charsearch search;
    struct charindex_run run;
    struct charindex_row row;
    char *printed;
    size_t size;
    FILE *output = open_memstream(&printed, &size);

    ck_assert_ptr_nonnull(output);
    charsearch_find(&search, CHARSEARCH_RELEVANCE, "U+2665", 6);
    ck_assert(charsearch_take(&search, 1, &run));
    ck_assert(charindex_cut(&run, &row));
    format = guard_copy(format, strlen(format) + 1);
    ck_assert_ptr_null(charformat_check(format));
    charformat_print(format, &row, output);
    ck_assert_int_eq(fclose(output), 0);
    ck_assert_str_eq(printed, formats[_i].printed);
    free(printed);
}

/* Formats, and from where on they are wrong. */
static const struct {
    const char *format;
    size_t at;
} wrong[] = {
    { "{", 0 },
    { "}", 0 },
    { "a{char", 1 },
    { "a}b", 1 },
    { "{char}}", 6 },
    { "{}", 0 },
    { "{Name}", 0 },
    { "{names}", 0 },
    { "{char}{nam}", 6 },
    { "{{{", 2 },
    { "\\", 0 },
    { "ab\\x", 2 },
    { "\\\\\\", 2 },
};

TEST(a_wrong_format_is_told_where, .times = COUNT(wrong))
{
    const char *format =
        guard_copy(wrong[_i].format, strlen(wrong[_i].format) + 1);

    ck_assert_ptr_eq(charformat_check(format), format + wrong[_i].at);
}
