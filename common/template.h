/*
 * template - a text with {{places}}, written piece by piece.
 *
 * The text is copied as it is, up to a place. Then the owner's fill is called
 * with the name of the place, and says by one of the template_put_ functions
 * what stands there: a text, escaped as the language around it demands, a
 * number, or what a function of the owner writes. Neither the text nor what is
 * written need fit into a buffer: template_next goes on where it stopped.
 *
 *     struct template template;
 *     bool last = false;
 *
 *     template_begin(&template, text, strlen(text), fill, &owner);
 *     while (!last) {
 *         size = template_next(&template, buffer, sizeof(buffer), &last);
 *         send(fd, buffer, size, 0);
 *     }
 *
 * The text is the program's own: a place in it that is not closed by "}}" is a
 * fault of the program, not of its input. Nothing here allocates. Any thread
 * may call it, one at a time for each template.
 */
#ifndef COMMON_TEMPLATE_H
#define COMMON_TEMPLATE_H

#include "common/number.h"

#include <stdbool.h>
#include <stddef.h>

/* What the characters of a text must not be taken for. */
enum template_escape {
    TEMPLATE_RAW,  /* anything: the text is copied as it is */
    TEMPLATE_HTML, /* markup, between tags or quotation marks */
    TEMPLATE_JSON, /* the end of a string, or a control character */
    TEMPLATE_URL,  /* anything but a letter or a digit of a query */
};

/* The most bytes that one byte of text becomes: "&quot;". */
#define TEMPLATE_ESCAPE_MAX 6

/* A template in work. Its members are template's own. */
struct template
{
    const char *at, *end; /* what of the text is not yet copied */
    void (*fill)(struct template * template, const char *name, size_t length,
        void *argument);
    void *argument;
    enum template_escape escape; /* of the piece in work, and */
    const char *text;            /* what is left of it */
    size_t left;
    size_t (*made)(void *argument, char *buffer, size_t size, bool *last);
    char number[NUMBER_MAX]; /* text of a number */
};

/*
 * Begin to write length bytes of text, in which each {{name}} is what fill
 * puts there. text and argument, which is handed to fill, must outlive the
 * template; name is not NUL-terminated. Where fill puts nothing, there is
 * nothing.
 */
void template_begin(struct template *template, const char *text, size_t length,
    void (*fill)(struct template *template, const char *name, size_t length,
        void *argument),
    void *argument);

/* For fill: put a text there; it must stay as it is until it is written. */
void template_put(struct template *template, enum template_escape escape,
    const char *text, size_t length);

/* For fill: put a number there, in decimal digits. */
void template_put_number(struct template *template, size_t number);

/*
 * For fill: put there what made writes. It is called with the argument of
 * template_begin and with room for size bytes, as often as it takes; it returns
 * how many it wrote, and sets *last, which is false, when that was all. When
 * it has too little room for the next bytes, it returns what it has.
 */
void template_put_made(struct template *template,
    size_t (*made)(void *argument, char *buffer, size_t size, bool *last));

/*
 * Write the next bytes into buffer of size bytes; return how many. *last, which
 * must be false, becomes true when that was all. With TEMPLATE_ESCAPE_MAX
 * bytes, and what a made piece needs, there are always some before the end.
 */
size_t template_next(
    struct template *template, char *buffer, size_t size, bool *last);

/* Write one ASCII character, escaped, into TEMPLATE_ESCAPE_MAX bytes; return
 * how many it became. Bytes beyond ASCII are escaped for TEMPLATE_URL only. */
size_t template_escape(char *to, char c, enum template_escape escape);

#endif
