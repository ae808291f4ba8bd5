#include "common/charformat.h"

#include "common/chardetail.h"

#include <assert.h>
#include <string.h>

/* What a format consists of. */
enum piece {
    END,
    TEXT,  /* one byte, as it is */
    FIELD, /* {name} */
    WRONG,
};

/* Read what follows a backslash as the byte that it stands for. */
static enum piece
read_escape(const char **at, char *byte)
{
    static const char escapes[] = "tn\\", bytes[] = "\t\n\\";
    const char *escape = **at == '\0' ? NULL : strchr(escapes, **at);

    if (escape == NULL)
        return WRONG;
    *byte = bytes[escape - escapes];
    ++*at;
    return TEXT;
}

/* Read what follows the first of two braces, or the name of a field. */
static enum piece
read_brace(const char **at, char *byte, const char **name, size_t *length)
{
    const char *end;

    if (**at == *byte) {
        ++*at;
        return TEXT;
    }
    end = strchr(*at, '}');
    if (*byte == '}' || end == NULL)
        return WRONG;
    *name = *at;
    *length = (size_t)(end - *at);
    *at = end + 1;
    return FIELD;
}

/* Read the next piece of a format: *byte of a text, or the name of a field. */
static enum piece
read_piece(const char **at, char *byte, const char **name, size_t *length)
{
    if (**at == '\0')
        return END;
    *byte = *(*at)++;
    if (*byte == '\\')
        return read_escape(at, byte);
    if (*byte == '{' || *byte == '}')
        return read_brace(at, byte, name, length);
    return TEXT;
}

/* Whether the name of a field is this one. */
static bool
is_field(const char *name, size_t length, const char *known)
{
    return strlen(known) == length && memcmp(name, known, length) == 0;
}

/* Check a format. */
const char *
charformat_check(const char *format)
{
    for (;;) {
        const char *const before = format, *name;
        size_t length, n;
        char byte;

        switch (read_piece(&format, &byte, &name, &length)) {
        case END:
            return NULL;
        case TEXT:
            break;
        case FIELD:
            if (is_field(name, length, "char") ||
                is_field(name, length, "name") ||
                chardetail_find(name, length, &n))
                break;
            return before;
        case WRONG:
        default:
            return before;
        }
    }
}

/* Print a field of a row. */
static void
print_field(const char *name, size_t length, const struct charindex_row *row,
    FILE *output)
{
    char room[CHARDETAIL_ROOM];
    struct chardetail detail;
    size_t n;

    if (is_field(name, length, "char")) {
        fwrite(row->character, 1, row->character_length, output);
    } else if (is_field(name, length, "name")) {
        fwrite(row->name, 1, row->name_length, output);
    } else {
        bool any = chardetail_find(name, length, &n);

        any = any & chardetail_get(row->code, n, room, &detail);
        assert(any);
        fputs(detail.text, output);
    }
}

/* Print a row by a good format. */
void
charformat_print(
    const char *format, const struct charindex_row *row, FILE *output)
{
    const char *name;
    enum piece piece;
    size_t length;
    char byte;

    while ((piece = read_piece(&format, &byte, &name, &length)) != END) {
        assert(piece != WRONG);
        if (piece == TEXT)
            putc(byte, output);
        else
            print_field(name, length, row, output);
    }
}
