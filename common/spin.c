#include "common/spin.h"

#include <string.h>
#include <unistr.h>
#include <uniwidth.h>

/* The characters that turn, in each manner. */
#define FRAMES 4
static const char frames[][FRAMES + 1] = {
    [SPIN_FIRST] = "|/-\\",
    [SPIN_SECOND] = "\\|/-",
};

/* The columns of a frame before its message: the character and a space. */
#define HEAD 2

/* Put the same byte so many times; return where they end. */
static char *
fill(char *at, char byte, size_t count)
{
    memset(at, byte, count);
    return at + count;
}

/* Count the bytes of a message that fit into so many columns, and the columns
 * that they take. */
static size_t
cut(const char *message, size_t columns, size_t *taken)
{
    const uint8_t *start = (const uint8_t *)message;
    const uint8_t *at = start, *next;
    ucs4_t character;

    *taken = 0;
    while ((next = u8_next(&character, at)) != NULL) {
        const size_t width = (size_t)uc_width(character, "UTF-8");

        if (width > columns - *taken)
            break;
        *taken += width;
        at = next;
    }
    return (size_t)(at - start);
}

/* Whether a text can be a message. */
bool
spin_is_message(const char *text)
{
    const size_t length = strlen(text);
    const uint8_t *at = (const uint8_t *)text;
    ucs4_t character;

    if (length > SPIN_MESSAGE_MAX || u8_check(at, length) != NULL)
        return false;
    while ((at = u8_next(&character, at)) != NULL)
        if (uc_width(character, "UTF-8") < 0)
            return false;
    return true;
}

/* Begin; there is no frame yet. */
void
spin_begin(struct spin *spin, enum spin_manner manner, const char *message)
{
    *spin = (struct spin) { .manner = manner, .message = message };
}

/* Make the bytes that show the next frame. */
size_t
spin_frame(struct spin *spin, size_t columns, char buffer[SPIN_ROOM])
{
    const char turned = frames[spin->manner][spin->frames++ % FRAMES];
    const size_t before = spin->shown;
    size_t width, length;
    char *at = buffer;

    if (columns <= HEAD)
        return spin_erase(spin, columns, buffer);
    length = cut(spin->message, columns - HEAD - 1, &width);
    width += HEAD;
    if (before > width)
        at += spin_erase(spin, columns, at);
    else if (spin->manner == SPIN_FIRST)
        at = fill(at, '\b', before);
    if (spin->manner == SPIN_SECOND)
        *at++ = '\r';
    *at++ = turned;
    *at++ = ' ';
    memcpy(at, spin->message, length);
    spin->shown = width;
    return (size_t)(at - buffer) + length;
}

/* Make the bytes that erase the frame that stands. */
size_t
spin_erase(struct spin *spin, size_t columns, char buffer[SPIN_ROOM])
{
    const size_t shown = spin->shown;
    char *at = buffer;

    spin->shown = 0;
    if (shown == 0)
        return 0;
    if (spin->manner == SPIN_FIRST) {
        at = fill(at, '\b', shown);
        at = fill(at, ' ', shown < columns ? shown : columns);
        at = fill(at, '\b', shown);
    } else {
        /* One more, as the published one counts the carriage return. */
        *at++ = '\r';
        at = fill(at, ' ', shown < columns ? shown + 1 : columns);
        *at++ = '\r';
    }
    return (size_t)(at - buffer);
}

/* Make the bytes that empty the line in which a frame stands. */
size_t
spin_clean(struct spin *spin, size_t columns, char buffer[SPIN_ROOM])
{
    const size_t blanks = columns < SPIN_ROOM - 2 ? columns : SPIN_ROOM - 2;
    char *at = buffer;

    if (spin->shown == 0)
        return 0;
    spin->shown = 0;
    *at++ = '\r';
    at = fill(at, ' ', blanks);
    *at++ = '\r';
    return (size_t)(at - buffer);
}
