#include "common/wordform.h"

#include "tests/unit/guard.h"
#include "tests/unit/unit.h"

/* A word, and what is left of it. */
static const struct {
    const char *word, *stem;
} stems[] = {
    { "ARROWS", "ARROW" },
    { "ARROW", "ARROW" },
    { "LEFTWARDS", "LEFT" },
    { "UPWARDS", "UP" },
    { "WARDS", "WARD" },
    { "AWARDS", "AWARD" },
    { "CROSSES", "CROSS" },
    { "DISHES", "DISH" },
    { "PEACHES", "PEACH" },
    { "BOXES", "BOX" },
    { "AXES", "AX" },
    { "CHERRIES", "CHERRY" },
    { "TIES", "TIE" },
    { "CROSS", "CROSS" },
    { "PLUS", "PLUS" },
    { "IRIS", "IRIS" },
    { "CATS", "CAT" },
    { "GAS", "GAS" },
    { "LAUGHING", "LAUGH" },
    { "LAUGHED", "LAUGH" },
    { "GRINNING", "GRIN" },
    { "ROLLING", "ROLL" },
    { "KISSING", "KISS" },
    { "BUZZING", "BUZZ" },
    { "CRYING", "CRY" },
    { "STRING", "STRING" },
    { "RING", "RING" },
    { "SEED", "SEED" },
    { "SHRED", "SHRED" },
    { "SMILE", "SMIL" },
    { "SMILES", "SMIL" },
    { "SMILING", "SMIL" },
    { "NOTE", "NOTE" },
    { "SQUARED", "SQUAR" },
    { "SSES", "SS" },
    { "A", "A" },
    { "1234S", "1234S" },
    { "DON\xc3\x89S", "DON\xc3\x89S" },
    { "->->S", "->->S" },
    { "AB@ES", "AB@ES" },
    { "AB[ES", "AB[ES" },
};

/* A text, and whether it is a sign. */
static const struct {
    const char *text;
    bool sign;
} signs[] = {
    { "->", true },
    { "<=>-<=>", true },
    { "<3", true },
    { "1/2", true },
    { "a+", true },
    { "@[`{", true },
    { "x_y", false },
    { "azAZ", false },
    { "09", false },
    { "t-rex", false },
    { "a-b-", true },
    { "\xc3\xa9!", true },
    { "\xc3\xa9", false },
    { "- >", false },
    { "-\t>", false },
    { "-\x0e>", true },
    { "", false },
    { " ", false },
};

/* A word, and whether it may be left out. */
static const struct {
    const char *word;
    bool weak;
} words[] = {
    { "A", true },
    { "SYMBOL", true },
    { "WITH", true },
    { "AN", false },
    { "WITHIN", false },
    { "SIGM", false },
    { "", false },
};

TEST(a_word_loses_its_endings, .times = COUNT(stems))
{
    char *word = guard_copy(stems[_i].word, strlen(stems[_i].word));
    const size_t length = wordform_stem(word, strlen(stems[_i].word));

    ck_assert_msg(length == strlen(stems[_i].stem) &&
                      memcmp(word, stems[_i].stem, length) == 0,
        "%s: %.*s", stems[_i].word, (int)length, word);
}

TEST(a_sign_is_a_word_with_more_than_letters, .times = COUNT(signs))
{
    const char *text = signs[_i].text;

    ck_assert_msg(wordform_is_sign(guard_copy(text, strlen(text)),
                      strlen(text)) == signs[_i].sign,
        "'%s'", text);
}

TEST(a_weak_word_says_nothing, .times = COUNT(words))
{
    const char *word = words[_i].word;

    ck_assert_msg(wordform_is_weak(guard_copy(word, strlen(word)),
                      strlen(word)) == words[_i].weak,
        "'%s'", word);
}
