#include "common/spin.h"

#include "tests/unit/guard.h"
#include "tests/unit/unit.h"

#include <stdlib.h>

#define BACK11  "\b\b\b\b\b\b\b\b\b\b\b"
#define BLANK11 "           "

/* What the published programs write for three frames and the end. */
static const struct {
    enum spin_manner manner;
    const char *bytes;
} published[] = {
    { SPIN_FIRST, "| thinking!" BACK11 "/ thinking!" BACK11
                  "- thinking!" BACK11 BLANK11 BACK11 },
    { SPIN_SECOND, "\r\\ thinking!\r| thinking!\r/ thinking!\r" BLANK11 " \r" },
};

TEST(bytes_are_the_published_ones, .times = COUNT(published))
{
    static const size_t wide[] = { SPIN_UNLIMITED, 80, 12 };
    const char *expected = published[_i].bytes;

    for (int w = 0; w < COUNT(wide); w++) {
        char text[400], *at = text;
        struct spin spin;

        spin_begin(&spin, published[_i].manner, "thinking!");
        for (int frame = 0; frame < 3; frame++)
            at += spin_frame(&spin, wide[w], at);
        at += spin_erase(&spin, wide[w], at);
        ck_assert_uint_eq((size_t)(at - text), strlen(expected));
        ck_assert_mem_eq(text, expected, strlen(expected));
    }
}

TEST(the_fifth_frame_is_the_first_again)
{
    char bytes[SPIN_ROOM], seen[9] = "";
    struct spin spin;

    spin_begin(&spin, SPIN_FIRST, "");
    for (int frame = 0; frame < 8; frame++)
        seen[frame] = bytes[spin_frame(&spin, 80, bytes) - 2];
    ck_assert_str_eq(seen, "|/-\\|/-\\");
}

TEST(nothing_is_erased_where_nothing_stands)
{
    char bytes[SPIN_ROOM];
    struct spin spin;

    for (int manner = SPIN_FIRST; manner <= SPIN_SECOND; manner++) {
        spin_begin(&spin, (enum spin_manner)manner, "thinking!");
        ck_assert_uint_eq(spin_erase(&spin, 80, bytes), 0);
        ck_assert_uint_gt(spin_frame(&spin, 80, bytes), 0);
        ck_assert_uint_gt(spin_erase(&spin, 80, bytes), 0);
        ck_assert_uint_eq(spin_erase(&spin, 80, bytes), 0);
    }
}

/* Texts, and what of them stands in a line of so many columns. */
static const struct {
    size_t columns;
    const char *message, *line;
    size_t width;
} cuts[] = {
    { SPIN_UNLIMITED, "thinking!", "| thinking!", 11 },
    { 12, "thinking!", "| thinking!", 11 },
    { 11, "thinking!", "| thinking", 10 },
    { 4, "thinking!", "| t", 3 },
    { 3, "thinking!", "| ", 2 },
    { 80, "", "| ", 2 },
    { 80, "漢字", "| 漢字", 6 },
    { 7, "漢字", "| 漢字", 6 },
    { 6, "漢字", "| 漢", 4 },
    { 5, "漢字", "| 漢", 4 },
    { 4, "漢字", "| ", 2 },
    { 80, "e\u0301e\u0301", "| e\u0301e\u0301", 4 },
    { 4, "e\u0301e\u0301", "| e\u0301", 3 },
};

TEST(a_frame_leaves_the_last_column_free, .times = COUNT(cuts))
{
    char bytes[SPIN_ROOM];
    struct spin spin;
    size_t size;

    spin_begin(&spin, SPIN_FIRST, cuts[_i].message);
    size = spin_frame(&spin, cuts[_i].columns, bytes);
    ck_assert_uint_eq(size, strlen(cuts[_i].line));
    ck_assert_mem_eq(bytes, cuts[_i].line, size);
    /* There and back, and over it. */
    size = spin_erase(&spin, cuts[_i].columns, bytes);
    ck_assert_uint_eq(size, 3 * cuts[_i].width);
}

TEST(nothing_is_seen_where_there_is_no_room)
{
    char bytes[SPIN_ROOM];
    struct spin spin;

    for (int manner = SPIN_FIRST; manner <= SPIN_SECOND; manner++) {
        spin_begin(&spin, (enum spin_manner)manner, "thinking!");
        for (size_t columns = 0; columns <= 2; columns++)
            ck_assert_uint_eq(spin_frame(&spin, columns, bytes), 0);
        spin_frame(&spin, 80, bytes);
        ck_assert_uint_gt(spin_frame(&spin, 0, bytes), 0);
        ck_assert_uint_eq(spin_frame(&spin, 0, bytes), 0);
    }
}

/* A terminal's line of so many columns, without more. */
struct screen {
    size_t columns, cursor;
    char line[256];
    bool wrapped; /* a character did not fit */
};

/* Show bytes, of which each is a column, a backspace or a carriage return. */
static void
show(struct screen *screen, const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] == '\b') {
            screen->cursor -= screen->cursor > 0;
        } else if (bytes[i] == '\r') {
            screen->cursor = 0;
        } else if (screen->cursor < screen->columns) {
            screen->line[screen->cursor++] = bytes[i];
        } else {
            screen->wrapped = true;
        }
    }
}

TEST(whatever_size_the_terminal_takes_the_line_is_clean_in_the_end, .times = 20)
{
    struct screen screen;
    char bytes[SPIN_ROOM], blank[256];
    struct spin spin;
    size_t before = 0;

    memset(blank, ' ', sizeof(blank));
    srand((unsigned)_i);
    memset(&screen, 0, sizeof(screen));
    memset(screen.line, ' ', sizeof(screen.line));
    spin_begin(&spin, _i % 2 ? SPIN_FIRST : SPIN_SECOND, "a longer message");
    for (int frame = 0; frame < 100; frame++) {
        screen.columns = (size_t)rand() % 30;
        /* Terminals cut lines, and keep the cursor within them. */
        if (screen.columns < sizeof(blank) && screen.columns < before)
            memset(screen.line + screen.columns, ' ', 100);
        if (screen.cursor > screen.columns)
            screen.cursor = screen.columns;
        before = screen.columns;
        show(&screen, bytes, spin_frame(&spin, screen.columns, bytes));
        if (screen.columns > 2)
            ck_assert_uint_eq(strspn(screen.line, "|/-\\"), 1);
        else
            ck_assert_mem_eq(screen.line, blank, sizeof(blank));
    }
    show(&screen, bytes, spin_erase(&spin, screen.columns, bytes));
    ck_assert_mem_eq(screen.line, blank, sizeof(blank));
    ck_assert(!screen.wrapped);
    ck_assert_uint_eq(screen.cursor, 0);
}

TEST(a_line_in_which_others_wrote_becomes_empty)
{
    static const size_t columns[] = { 1, 12, 80, SPIN_ROOM, SPIN_UNLIMITED };
    struct spin spin;

    for (int manner = SPIN_FIRST; manner <= SPIN_SECOND; manner++)
        for (int c = 0; c < COUNT(columns); c++) {
            const size_t blanks =
                columns[c] > SPIN_ROOM - 2 ? SPIN_ROOM - 2 : columns[c];
            char *bytes = guard_room(SPIN_ROOM);

            spin_begin(&spin, (enum spin_manner)manner, "thinking!");
            ck_assert_uint_eq(spin_clean(&spin, columns[c], bytes), 0);
            spin_frame(&spin, 80, bytes);
            ck_assert_uint_eq(spin_clean(&spin, columns[c], bytes), blanks + 2);
            ck_assert(bytes[0] == '\r' && bytes[blanks + 1] == '\r');
            for (size_t i = 1; i <= blanks; i++)
                ck_assert(bytes[i] == ' ');
            ck_assert_uint_eq(spin_clean(&spin, columns[c], bytes), 0);
        }
}

TEST(the_longest_message_has_its_room)
{
    char message[SPIN_MESSAGE_MAX + 1];
    struct spin spin;

    memset(message, 'm', SPIN_MESSAGE_MAX);
    message[SPIN_MESSAGE_MAX] = '\0';
    for (int manner = SPIN_FIRST; manner <= SPIN_SECOND; manner++) {
        spin_begin(&spin, (enum spin_manner)manner, message);
        for (int frame = 0; frame < 2; frame++)
            spin_frame(&spin, SPIN_UNLIMITED, guard_room(SPIN_ROOM));
        /* One column less: erased, and shown again. */
        spin_frame(&spin, SPIN_MESSAGE_MAX + 2, guard_room(SPIN_ROOM));
        spin_erase(&spin, SPIN_UNLIMITED, guard_room(SPIN_ROOM));
    }
}

TEST(what_cannot_be_erased_is_no_message)
{
    static const char *const none[] = { "a\nb", "\t", "\x7f", "\x1b[31m",
        "\xc2\x85", "\xff", "\xe6\xbc", "\xed\xa0\x80" };
    static const char *const some[] = { "", "thinking!", "漢字", "e\u0301" };
    char longest[SPIN_MESSAGE_MAX + 2];

    for (int i = 0; i < COUNT(none); i++)
        ck_assert_msg(!spin_is_message(none[i]), "text %d is a message", i);
    for (int i = 0; i < COUNT(some); i++)
        ck_assert_msg(spin_is_message(some[i]), "'%s' is no message", some[i]);
    memset(longest, 'm', sizeof(longest));
    longest[SPIN_MESSAGE_MAX + 1] = '\0';
    ck_assert(!spin_is_message(longest));
    longest[SPIN_MESSAGE_MAX] = '\0';
    ck_assert(spin_is_message(longest));
}
