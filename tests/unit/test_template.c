#include "common/template.h"

#include "tests/unit/guard.h"
#include "tests/unit/unit.h"

#include <stdio.h>

/* The longest text that a test makes. */
#define WHOLE_MAX 512

/* What a made piece needs to go on: one item. */
#define ITEM_MAX 8

/* Who fills in the places. */
struct owner {
    int items; /* that are still to be written */
};

/* All that may be escaped, and what stands next to it in ASCII. */
static const char hostile[] = "a<b>&\"'\\\x01\x1f\x7f z/Z0 9~@[`{:\xc3\xa9";

/* Write items as far as there is room. */
static size_t
make_items(void *argument, char *buffer, size_t size, bool *last)
{
    struct owner *owner = argument;
    size_t used = 0;

    ck_assert(!*last);
    for (; owner->items > 0 && size - used >= ITEM_MAX; owner->items--)
        used += (size_t)sprintf(buffer + used, "item%02d", owner->items);
    *last = owner->items == 0;
    return used;
}

/* Fill in the places of the templates below. */
static void
fill(struct template *template, const char *name, size_t length, void *argument)
{
    char text[WHOLE_MAX];

    ck_assert_ptr_nonnull(argument);
    sprintf(text, "%.*s", (int)length, name);
    if (strcmp(text, "raw") == 0)
        template_put(template, TEMPLATE_RAW, hostile, sizeof(hostile) - 1);
    else if (strcmp(text, "html") == 0)
        template_put(template, TEMPLATE_HTML, hostile, sizeof(hostile) - 1);
    else if (strcmp(text, "json") == 0)
        template_put(template, TEMPLATE_JSON, hostile, sizeof(hostile) - 1);
    else if (strcmp(text, "url") == 0)
        template_put(template, TEMPLATE_URL, hostile, sizeof(hostile) - 1);
    else if (strcmp(text, "number") == 0)
        template_put_number(template, 9223372036854775807);
    else if (strcmp(text, "zero") == 0)
        template_put_number(template, 0);
    else if (strcmp(text, "items") == 0)
        template_put_made(template, make_items);
    else if (strcmp(text, "empty") == 0)
        template_put(template, TEMPLATE_HTML, "", 0);
    else
        ck_assert_str_eq(text, "nothing");
}

static const struct {
    const char *text;
    int items;
    const char *expected;
} templates[] = {
    { "", 0, "" },
    { "x", 0, "x" },
    { "text", 0, "text" },
    { "{", 0, "{" },
    { "a { b } c }}", 0, "a { b } c }}" },
    { "{x}", 0, "{x}" },
    { "{{zero}}", 0, "0" },
    { "{{zero}}{", 0, "0{" },
    { "{{zero}}{}", 0, "0{}" },
    { "{{zero}}{{zero}}", 0, "00" },
    { "{\"query\":\"{{zero}}\",\"items\":[{{number}}]}", 0,
        "{\"query\":\"0\",\"items\":[9223372036854775807]}" },
    { "{{empty}}", 0, "" },
    { "{{nothing}}", 0, "" },
    { "<{{empty}}|{{nothing}}|{{json}}{{nothing}}>", 0,
        "<||a<b>&\\\"'\\\\\\u0001\\u001f\x7f z/Z0 9~@[`{:\xc3\xa9>" },
    { "<{{raw}}>", 0, "<a<b>&\"'\\\x01\x1f\x7f z/Z0 9~@[`{:\xc3\xa9>" },
    { "<{{html}}>", 0,
        "<a&lt;b&gt;&amp;&quot;&#39;\\\x01\x1f\x7f z/Z0 9~@[`{:\xc3\xa9>" },
    { "<{{url}}>", 0,
        "<a%3cb%3e%26%22%27%5c%01%1f%7f%20z%2fZ0%209%7e%40%5b%60%7b%3a"
        "%c3%a9>" },
    { "{{items}}", 0, "" },
    { "{{items}}", 1, "item01" },
    { "[{{items}}]{{number}}", 12,
        "[item12item11item10item09item08item07item06item05item04item03item02"
        "item01]9223372036854775807" },
};

/* Write a whole template into whole, in pieces of this size, each of them
 * ending at the guard; its length. */
static size_t
write_all(struct template *template, size_t size, char *whole)
{
    size_t used = 0;
    bool last = false;

    while (!last) {
        char *room = guard_room(size);
        const size_t length = template_next(template, room, size, &last);

        ck_assert_uint_le(length, size);
        ck_assert(length > 0 || last);
        ck_assert_uint_lt(used + length, WHOLE_MAX);
        memcpy(whole + used, room, length);
        used += length;
    }
    whole[used] = '\0';
    return used;
}

TEST(every_buffer_gives_the_same_bytes, .times = COUNT(templates))
{
    const char *text = templates[_i].text;

    for (size_t size = ITEM_MAX; size < WHOLE_MAX; size++) {
        struct owner owner = { templates[_i].items };
        struct template template;
        char whole[WHOLE_MAX];

        template_begin(&template, guard_copy(text, strlen(text)), strlen(text),
            fill, &owner);
        write_all(&template, size, whole);
        ck_assert_str_eq(whole, templates[_i].expected);
    }
}

TEST(the_first_piece_may_be_of_any_size, .times = COUNT(templates))
{
    const char *text = templates[_i].text;
    const size_t length = strlen(templates[_i].expected);

    for (size_t size = 0; size <= length; size++) {
        struct owner owner = { templates[_i].items };
        struct template template;
        char whole[WHOLE_MAX], *room = guard_room(size);
        bool last = false;
        size_t first;

        template_begin(&template, guard_copy(text, strlen(text)), strlen(text),
            fill, &owner);
        first = template_next(&template, room, size, &last);
        memcpy(whole, room, first);
        whole[first] = '\0';
        if (!last)
            write_all(&template, WHOLE_MAX, whole + first);
        ck_assert_str_eq(whole, templates[_i].expected);
    }
}

TEST(nothing_comes_after_the_end, .times = COUNT(templates))
{
    const char *text = templates[_i].text;
    struct owner owner = { templates[_i].items };
    struct template template;
    char whole[WHOLE_MAX];

    template_begin(&template, text, strlen(text), fill, &owner);
    write_all(&template, WHOLE_MAX, whole);
    owner.items = 1;
    ck_assert_uint_eq(write_all(&template, WHOLE_MAX, whole), 0);
}

TEST(a_character_is_escaped_in_its_room)
{
    for (int c = 0; c < 128; c++)
        for (int escape = TEMPLATE_RAW; escape <= TEMPLATE_URL; escape++) {
            char *room = guard_room(TEMPLATE_ESCAPE_MAX);
            const size_t length =
                template_escape(room, (char)c, (enum template_escape)escape);

            ck_assert_uint_ge(length, 1);
            ck_assert_uint_le(length, TEMPLATE_ESCAPE_MAX);
            ck_assert(length > 1 || *room == c);
            if (escape == TEMPLATE_RAW)
                ck_assert_uint_eq(length, 1);
        }
}
