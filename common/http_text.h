/*
 * http_text - the smallest parts of HTTP, for both of its parsers.
 *
 * What requests (http.h) and answers (http_response.h) are written in:
 * characters, tokens, words, lists. Nothing here allocates or keeps anything,
 * and no locale matters.
 */
#ifndef COMMON_HTTP_TEXT_H
#define COMMON_HTTP_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the caller's, not NUL-terminated; text is NULL when there are none
 * to point at. */
struct http_slice {
    const char *text;
    size_t length;
};

/* Whether text is a token: a method, a field name (RFC 9110, 5.6.2). */
bool http_is_token(const char *text, size_t length);

/* Whether text, which has no NUL, is this word of lower-case letters, in
 * whatever case. */
bool http_is_word(const char *text, size_t length, const char *word);

/* The value of a hexadecimal digit, or -1. */
int http_hex(char c);

/* Whether text is a host with or without a port (RFC 3986, 3.2): a name, or an
 * IPv6 address in brackets. */
bool http_is_host(const char *text, size_t length);

/* Whether c may stand in a line: a visible character, a blank, or a byte
 * beyond ASCII, but no control character (RFC 9110, 5.5). */
bool http_is_text(char c);

/* Where text goes on behind blanks, SP and HT; at most end. */
const char *http_skip_blanks(const char *text, const char *end);

/* A value without the blanks at its ends. */
struct http_slice http_trim(struct http_slice value);

/* Whether a list of tokens, separated by commas, has this word of lower-case
 * letters, in whatever case: Connection (RFC 9110, 7.6.1). */
bool http_has_word(struct http_slice list, const char *word);

#endif
