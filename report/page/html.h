/*
 * html - writing HTML in which nothing foreign is markup.
 *
 * Names of peers, of machines, texts of errors and whole reports come from
 * elsewhere; what of it gets into a page goes through these two functions.
 */
#ifndef REPORT_HTML_H
#define REPORT_HTML_H

#include <stddef.h>
#include <stdio.h>

/*
 * Write a text, so that it is read as such, in an element as in a quoted
 * attribute. Control characters, which HTML does not allow, become U+FFFD.
 * NULL is written as "-". `text` is UTF-8, as jansson sees to.
 */
void html_text(FILE *out, const char *text);

/*
 * Return how many bytes at the start of a text, which is not at its end, are a
 * control character, C1 included; 0 = it begins with another.
 */
size_t html_control(const char *text);

/*
 * Write markup. It knows two conversions: each "%s" is replaced by a text as
 * html_text() writes it, and "%%" by a per cent sign; any other is a mistake
 * and ends the program.
 */
void html_put(FILE *out, const char *markup, ...)
    __attribute__((format(printf, 2, 3)));

#endif
