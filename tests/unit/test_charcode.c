#include "common/charcode.h"

#include "tests/unit/guard.h"
#include "tests/unit/unit.h"

#define MAX 4

/* A text, what it gives, and whether one of these is bare digits. */
static const struct {
    const char *text;
    uint32_t code[MAX];
    size_t count;
    bool bare;
} texts[] = {
    { "U+265A", { 0x265a }, 1, false },
    { "u+41", { 0x41 }, 1, false },
    { "U+0", { 0 }, 1, false },
    { "U+10FFFF", { 0x10ffff }, 1, false },
    { "0x41", { 0x41 }, 1, false },
    { "0X1f600", { 0x1f600 }, 1, false },
    { "1F600", { 0x1f600 }, 1, true },
    { "2665", { 0x2665 }, 1, true },
    { "00265a", { 0x265a }, 1, true },
    { "\\u265A", { 0x265a }, 1, false },
    { "\\u{1f600}", { 0x1f600 }, 1, false },
    { "\\x{41}", { 0x41 }, 1, false },
    { "\\U0001F600", { 0x1f600 }, 1, false },
    { "\\xE9", { 0xe9 }, 1, false },
    { "\\265a", { 0x265a }, 1, false },
    { "\\uD83D\\uDE00", { 0x1f600 }, 1, false },
    { "\\ud83d\\ude00\\u0041", { 0x1f600, 0x41 }, 2, false },
    { "\\ud83d\\u0041", { 0xd83d, 0x41 }, 2, false },
    { "\\ud83d,\\ude00", { 0xd83d, 0xde00 }, 2, false },
    { "\\ude00\\ud83d", { 0xde00, 0xd83d }, 2, false },
    { "\\ud83d\\x41", { 0xd83d, 0x41 }, 2, false },
    { "\\ud83d", { 0xd83d }, 1, false },
    { "&hearts;", { 0x2665 }, 1, false },
    { "&Aacute;&aacute;", { 0xc1, 0xe1 }, 2, false },
    { "&#9829;", { 0x2665 }, 1, false },
    { "&#9829", { 0x2665 }, 1, false },
    { "&#x2665;&#X2665;", { 0x2665, 0x2665 }, 2, false },
    { "U+41 U+42,U+43,\t 0x44", { 0x41, 0x42, 0x43, 0x44 }, 4, false },
    { " U+41 ", { 0x41 }, 1, false },
    { "U+41 1F600", { 0x41, 0x1f600 }, 2, true },
    { "U+41 U+42 U+43 U+44 U+45", { 0 }, 0, false },
    { "", { 0 }, 0, false },
    { " , ", { 0 }, 0, false },
    { "U+", { 0 }, 0, false },
    { "U+110000", { 0 }, 0, false },
    { "U+0000041", { 0 }, 0, false },
    { "U+41U+42", { 0 }, 0, false },
    { "U+41g", { 0 }, 0, false },
    { "U+@", { 0 }, 0, false },
    { "U+/", { 0 }, 0, false },
    { "U+G", { 0 }, 0, false },
    { "U+`", { 0 }, 0, false },
    { "0x", { 0 }, 0, false },
    { "0", { 0 }, 0, false },
    { "FACE", { 0 }, 0, false },
    { "123", { 0 }, 0, false },
    { "1234567", { 0 }, 0, false },
    { "123456", { 0 }, 0, false },
    { "\\", { 0 }, 0, false },
    { "\\u", { 0 }, 0, false },
    { "\\u265", { 0 }, 0, false },
    { "\\u{", { 0 }, 0, false },
    { "\\u{}", { 0 }, 0, false },
    { "\\u{41", { 0 }, 0, false },
    { "\\u{110000}", { 0 }, 0, false },
    { "\\U1F600", { 0 }, 0, false },
    { "\\U00110000", { 0 }, 0, false },
    { "\\U12345678", { 0 }, 0, false },
    { "\\ud83d\\ude0", { 0 }, 0, false },
    { "\\x4", { 0 }, 0, false },
    { "\\x", { 0 }, 0, false },
    { "\\n", { 0 }, 0, false },
    { "\\41", { 0 }, 0, false },
    { "&", { 0 }, 0, false },
    { "&;", { 0 }, 0, false },
    { "&hearts", { 0 }, 0, false },
    { "&heart;", { 0 }, 0, false },
    { "&heartss;", { 0 }, 0, false },
    { "&HEARTS;", { 0 }, 0, false },
    { "&#;", { 0 }, 0, false },
    { "&#x;", { 0 }, 0, false },
    { "&#1114112;", { 0 }, 0, false },
    { "&#99999999;", { 0 }, 0, false },
};

TEST(a_text_gives_its_characters, .times = COUNT(texts))
{
    const char *text = texts[_i].text;
    uint32_t code[MAX];
    bool bare;
    size_t count = charcode_read(
        guard_copy(text, strlen(text)), strlen(text), code, MAX, &bare);

    ck_assert_msg(count == texts[_i].count, "'%s': %zu", text, count);
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(code[i] == texts[_i].code[i], "'%s': %x", text, code[i]);
    ck_assert_msg(count == 0 || bare == texts[_i].bare, "'%s'", text);
}

TEST(a_nul_is_no_separator)
{
    uint32_t code[MAX];
    bool bare;

    ck_assert_uint_eq(charcode_read("U+41\0U+42", 9, code, MAX, &bare), 0);
    ck_assert_uint_eq(charcode_read("\0", 1, code, MAX, &bare), 0);
}
