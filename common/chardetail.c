#include "common/chardetail.h"

#include "common/charindex_data.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistr.h>

/* What there is to know, in the order in which it is shown. */
enum detail {
    CODE_POINT,
    DECIMAL,
    UTF_8,
    UTF_16,
    HTML,
    REFERENCE,
    CSS,
    JAVASCRIPT,
    C_ESCAPE,
    CATEGORY,
    BLOCK,
    SCRIPT,
    AGE,
    DECOMPOSITION,
    ALIASES,
    KEYWORDS,
    DETAILS,
};

static const struct {
    const char *key, *label;
    enum chardetail_use use;
} known[DETAILS] = {
    [CODE_POINT] = { "code", "Code point", CHARDETAIL_TYPED },
    [DECIMAL] = { "decimal", "Decimal", CHARDETAIL_TYPED },
    [UTF_8] = { "utf8", "UTF-8", CHARDETAIL_TYPED },
    [UTF_16] = { "utf16", "UTF-16", CHARDETAIL_TYPED },
    [HTML] = { "html", "HTML", CHARDETAIL_TYPED },
    [REFERENCE] = { "entity", "HTML, by name", CHARDETAIL_TYPED },
    [CSS] = { "css", "CSS", CHARDETAIL_TYPED },
    [JAVASCRIPT] = { "js", "JavaScript, JSON", CHARDETAIL_TYPED },
    [C_ESCAPE] = { "c", "C, Python", CHARDETAIL_TYPED },
    [CATEGORY] = { "category", "Category", CHARDETAIL_TOLD },
    [BLOCK] = { "block", "Block", CHARDETAIL_PLACE },
    [SCRIPT] = { "script", "Script", CHARDETAIL_TOLD },
    [AGE] = { "age", "Since Unicode", CHARDETAIL_TOLD },
    [DECOMPOSITION] = { "decomposition", "Decomposition", CHARDETAIL_TOLD },
    [ALIASES] = { "aliases", "Also called", CHARDETAIL_TOLD },
    [KEYWORDS] = { "keywords", "Keywords", CHARDETAIL_TOLD },
};

/* General categories, and what they are called (PropertyValueAliases.txt). */
static const struct {
    char code[3];
    const char *name;
} categories[] = {
    { "Cc", "Control" },
    { "Cf", "Format" },
    { "Co", "Private use" },
    { "Cs", "Surrogate" },
    { "Ll", "Lowercase letter" },
    { "Lm", "Modifier letter" },
    { "Lo", "Other letter" },
    { "Lt", "Titlecase letter" },
    { "Lu", "Uppercase letter" },
    { "Mc", "Spacing mark" },
    { "Me", "Enclosing mark" },
    { "Mn", "Nonspacing mark" },
    { "Nd", "Decimal number" },
    { "Nl", "Letter number" },
    { "No", "Other number" },
    { "Pc", "Connector punctuation" },
    { "Pd", "Dash punctuation" },
    { "Pe", "Close punctuation" },
    { "Pf", "Final punctuation" },
    { "Pi", "Initial punctuation" },
    { "Po", "Other punctuation" },
    { "Ps", "Open punctuation" },
    { "Sc", "Currency symbol" },
    { "Sk", "Modifier symbol" },
    { "Sm", "Math symbol" },
    { "So", "Other symbol" },
    { "Zl", "Line separator" },
    { "Zp", "Paragraph separator" },
    { "Zs", "Space separator" },
};

/* A property of a character, or "". */
static const char *
property_of(enum chardetail_property property, uint32_t code)
{
    uint32_t low = chardetail_starts[property];
    uint32_t high = chardetail_starts[property + 1];

    while (high - low > 1) {
        const uint32_t middle = low + (high - low) / 2;

        if (chardetail_ranges[middle].code <= code)
            low = middle;
        else
            high = middle;
    }
    return chardetail_texts + chardetail_ranges[low].text;
}

/* Write the UTF-16 of a character, in units of four digits. */
static void
write_utf16(uint32_t code, const char *before, const char *between, char *room)
{
    if (code < 0x10000)
        snprintf(room, CHARDETAIL_ROOM, "%s%04" PRIX32, before, code);
    else
        snprintf(room, CHARDETAIL_ROOM, "%s%04" PRIX32 "%s%s%04" PRIX32, before,
            0xd7c0 + (code >> 10), between, before, 0xdc00 + (code & 0x3ff));
}

/* Write the UTF-8 of a character. */
static void
write_utf8(uint32_t code, char *room)
{
    uint8_t bytes[4];
    const int length = u8_uctomb(bytes, code, sizeof(bytes));

    for (int i = 0; i < length; i++)
        room += sprintf(room, "%s%02X", i > 0 ? " " : "", bytes[i]);
}

/* Write the character reference of HTML that has a name, if there is one. */
static void
write_reference(uint32_t code, char *room)
{
    const char *name = property_of(CHARDETAIL_REFERENCE, code);

    if (*name != '\0')
        snprintf(room, CHARDETAIL_ROOM, "&%s;", name);
}

/* Write what the general category is called. */
static void
write_category(uint32_t code, char *room)
{
    const char *category = property_of(CHARDETAIL_CATEGORY, code);

    for (size_t i = 0; i < sizeof(categories) / sizeof(*categories); i++) {
        if (strcmp(categories[i].code, category) == 0)
            snprintf(
                room, CHARDETAIL_ROOM, "%s (%s)", categories[i].name, category);
    }
}

/* Write what Unicode calls a script, Old_Italic, with spaces. */
static void
write_script(uint32_t code, char *room)
{
    snprintf(room, CHARDETAIL_ROOM, "%s", property_of(CHARDETAIL_SCRIPT, code));
    for (; *room != '\0'; room++) {
        if (*room == '_')
            *room = ' ';
    }
}

/* Write a detail into room, or return its text from the tables. */
static const char *
text_of(enum detail detail, uint32_t code, char *room)
{
    *room = '\0';
    switch (detail) {
    case CODE_POINT:
        snprintf(room, CHARDETAIL_ROOM, "U+%04" PRIX32, code);
        return room;
    case DECIMAL:
        snprintf(room, CHARDETAIL_ROOM, "%" PRIu32, code);
        return room;
    case UTF_8:
        write_utf8(code, room);
        return room;
    case UTF_16:
        write_utf16(code, "", " ", room);
        return room;
    case HTML:
        snprintf(room, CHARDETAIL_ROOM, "&#x%" PRIX32 ";", code);
        return room;
    case REFERENCE:
        write_reference(code, room);
        return room;
    case CSS:
        snprintf(room, CHARDETAIL_ROOM, "\\%06" PRIX32, code);
        return room;
    case JAVASCRIPT:
        write_utf16(code, "\\u", "", room);
        return room;
    case C_ESCAPE:
        snprintf(room, CHARDETAIL_ROOM,
            code < 0x10000 ? "\\u%04" PRIX32 : "\\U%08" PRIX32, code);
        return room;
    case CATEGORY:
        write_category(code, room);
        return room;
    case BLOCK:
        return property_of(CHARDETAIL_BLOCK, code);
    case SCRIPT:
        write_script(code, room);
        return room;
    case AGE:
        return property_of(CHARDETAIL_AGE, code);
    case DECOMPOSITION:
        return property_of(CHARDETAIL_DECOMPOSITION, code);
    case ALIASES:
        return property_of(CHARDETAIL_ALIASES, code);
    case KEYWORDS:
    case DETAILS:
    default:
        return property_of(CHARDETAIL_KEYWORDS, code);
    }
}

/* The n-th detail of a character. */
bool
chardetail_get(uint32_t code, size_t n, char *room, struct chardetail *detail)
{
    if (n >= DETAILS)
        return false;
    detail->key = known[n].key;
    detail->label = known[n].label;
    detail->use = known[n].use;
    detail->text = text_of((enum detail)n, code, room);
    return true;
}

/* The number of the detail with a key. */
bool
chardetail_find(const char *key, size_t length, size_t *n)
{
    for (*n = 0; *n < DETAILS; ++*n) {
        if (strlen(known[*n].key) == length &&
            memcmp(known[*n].key, key, length) == 0)
            return true;
    }
    return false;
}
