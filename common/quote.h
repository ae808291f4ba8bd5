/*
 * quote - a query as it is shown again.
 *
 * All functions write a C string into the caller's buffer, which must have the
 * room that the macro beside each says, and return its length. The text is
 * UTF-8; a byte that is none is shown as \xNN or, in JSON, as U+FFFD. Nothing
 * here allocates.
 */
#ifndef COMMON_QUOTE_H
#define COMMON_QUOTE_H

#include <stddef.h>

/* Room for length bytes of text: every one as \x1b, two quotes and the NUL. */
#define QUOTE_REPR_ROOM(length) (4 * (length) + 3)

/*
 * The text as Python's repr shows a str: 'chess black', "rook's", '\x1b[2J'.
 * What is printable stays, by the Unicode version that the names are of.
 */
size_t quote_repr(char *buffer, const char *text, size_t length);

/* Room for length bytes of text: every one as \u001b, quotes and the NUL. */
#define QUOTE_JSON_ROOM(length) (6 * (length) + 3)

/* The text as a JSON string. */
size_t quote_json(char *buffer, const char *text, size_t length);

/* The same, with room as well, for JSON that may get into a page: '<', '>' and
 * '&' are \u003c and so on. */
size_t quote_json_markup(char *buffer, const char *text, size_t length);

/* Room for length bytes: every one as \x1b, a b, two quotes and the NUL. */
#define QUOTE_BYTES_ROOM(length) (4 * (length) + 4)

/* The bytes, which need not be text, as Python's repr shows them:
 * b'\x00a'. */
size_t quote_bytes(char *buffer, const char *bytes, size_t length);

/* Room for a status about length bytes of query. */
#define QUOTE_STATUS_ROOM(length) (QUOTE_REPR_ROOM(length) + 40)

/*
 * What the published charfinder says after a search, without a line end:
 * "No match for 'zzz'", "1 match for 'rocket'", "33 matches for 'chess
 * black'". The query must have been stripped.
 */
size_t quote_status(
    char *buffer, size_t count, const char *query, size_t length);

#endif
