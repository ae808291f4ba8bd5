#include "report/load/ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const struct ask ask_game = {
    .speaks = ASK_GAME,
    .hello = "PARAMS 1 999999999999\n",
    .hello_lines = 1,
    .request = "NUMBER\n",
    .title = "NUMBER",
};

const struct ask ask_bare = {
    .speaks = ASK_BARE,
    .hello = "",
    .request = "NUMBER\n",
    .title = "NUMBER",
};

/* Where an answer is. */
enum state {
    STATE_LINE,    /* game: its only line; http: a line of the head */
    STATE_START,   /* charfinder: at the first byte of a line */
    STATE_ROW,     /* in a row */
    STATE_STATUS,  /* in the status line */
    STATE_PROMPT,  /* after it */
    STATE_HEAD,    /* http: a line of the head but the first */
    STATE_BODY,    /* `left` bytes of it are to come */
    STATE_CHUNK,   /* the line with the length of a chunk */
    STATE_DATA,    /* `left` bytes of the chunk are to come */
    STATE_CRLF,    /* the end of the line after a chunk */
    STATE_TRAILER, /* the lines after the last one */
    STATE_FRAME,   /* push: in the head of a frame */
    STATE_TEXT     /* `left` bytes of its text are to come */
};

/* Name the protocol. */
const char *
ask_speaks_name(enum ask_speaks speaks)
{
    if (speaks == ASK_ECHO)
        return "echo";
    if (speaks == ASK_PUSH)
        return "push";
    if (speaks == ASK_HTTP)
        return "http";
    return speaks == ASK_CHARFINDER ? "charfinder" : "game";
}

/* Prepare for the first byte. */
void
ask_begin(const struct ask *ask, struct answer *a, bool first)
{
    a->state = ask->speaks == ASK_CHARFINDER ? STATE_START : STATE_LINE;
    a->greeting =
        first && (ask->speaks == ASK_CHARFINDER || ask->speaks == ASK_PUSH);
    a->chunked = false;
    a->left = a->rows = a->length = a->word = 0;
    a->chunks = 0;
    a->digest = UINT64_C(0xcbf29ce484222325);
    a->have = 0;
}

/* Mix eight bytes into a digest. */
static uint64_t
mix(uint64_t digest, uint64_t word)
{
    digest = (digest ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return digest ^ (digest >> 29);
}

/* Digest bytes, eight at a time wherever the pieces were cut. */
static void
digest(struct answer *a, const char *bytes, size_t n)
{
    while (n > 0) {
        size_t at = a->length % 8, step = 8 - at;

        for (; at == 0 && n >= 8; bytes += 8, n -= 8, a->length += 8) {
            memcpy(&a->word, bytes, 8);
            a->digest = mix(a->digest, a->word);
        }

        if (step > n)
            step = n;
        memcpy((char *)&a->word + at, bytes, step);
        a->length += step;
        if (at + step == 8)
            a->digest = mix(a->digest, a->word);
        bytes += step;
        n -= step;
    }
}

/* Compare a whole answer with the first one to the same request. */
static enum ask_result
end_of(struct answer *a, struct ask_sameness *same)
{
    uint64_t rest = 0, digest;

    memcpy(&rest, &a->word, a->length % 8);
    digest = mix(a->digest, rest);
    if (same->length == 0) {
        same->length = a->length;
        same->digest = digest;
    }
    if (same->length == a->length && same->digest == digest)
        return ASK_DONE;
    a->have = (size_t)snprintf(a->line, sizeof(a->line),
        "%llu bytes, other than before", (unsigned long long)a->length);
    return ASK_WRONG;
}

/*
 * Collect a line, and cut what is too long for it; true when its end is
 * there, which is not kept. `*at` moves past what was taken.
 */
static bool
collect(struct answer *a, const char **at, const char *end)
{
    const char *lf = memchr(*at, '\n', (size_t)(end - *at));
    size_t n = (size_t)((lf != NULL ? lf : end) - *at);
    size_t room = sizeof(a->line) - 1 - a->have;

    memcpy(a->line + a->have, *at, n < room ? n : room);
    a->have += n < room ? n : room;
    a->line[a->have] = '\0';
    *at = lf != NULL ? lf + 1 : end;
    if (lf != NULL && a->have > 0 && a->line[a->have - 1] == '\r')
        a->line[--a->have] = '\0';
    return lf != NULL;
}

/* Accept an integer from 1 to 999999999999 without a leading zero. */
static bool
is_guess(const char *line, size_t length)
{
    if (length < 1 || length > 12 || line[0] == '0')
        return false;
    return strspn(line, "0123456789") == length;
}

/* Take the one line that answers a guesser. */
static enum ask_result
take_guess(struct answer *a, const char *at, const char *end)
{
    if (!collect(a, &at, end))
        return a->have < sizeof(a->line) - 1 ? ASK_MORE : ASK_WRONG;
    return at == end && is_guess(a->line, a->have) ? ASK_DONE : ASK_WRONG;
}

/* Take one line, whatever it says. */
static enum ask_result
take_line(struct answer *a, const char *at, const char *end)
{
    if (!collect(a, &at, end))
        return ASK_MORE;
    return at == end ? ASK_DONE : ASK_WRONG;
}

/* Take what was sent, as it comes back. */
static enum ask_result
take_echo(const struct ask *ask, struct answer *a, const char *bytes, size_t n)
{
    const size_t length = strlen(ask->request) - (size_t)a->length;

    if (n > length || memcmp(ask->request + a->length, bytes, n) != 0) {
        collect(a, &bytes, bytes + n);
        return ASK_WRONG;
    }
    a->length += n;
    return n == length ? ASK_DONE : ASK_MORE;
}

/* Tell whether a status line states as many matches as there were rows. */
static bool
is_status(const struct answer *a)
{
    unsigned long long stated;
    char *rest;

    if (a->rows == 0)
        return strncmp(a->line, "No match for '", 14) == 0;
    stated = strtoull(a->line, &rest, 10);
    return stated == a->rows &&
           strncmp(rest, a->rows == 1 ? " match for '" : " matches for '",
               a->rows == 1 ? 12 : 14) == 0;
}

/* Decide by its first byte what a line is. */
static int
kind_of_line(struct answer *a, char first)
{
    a->have = 0;
    a->rows += first == 'U';
    return first == 'U' ? STATE_ROW : STATE_STATUS;
}

/* Take the prompt, the last of an answer and the first of all. */
static enum ask_result
take_prompt(struct answer *a, const char **at, const char *end)
{
    static const char prompt[] = "?> ";

    while (*at < end && a->have < sizeof(prompt) - 1) {
        if (**at != prompt[a->have])
            return ASK_WRONG;
        a->line[a->have++] = *(*at)++;
    }
    return a->have == sizeof(prompt) - 1 ? ASK_DONE : ASK_MORE;
}

/* Take rows, status and prompt. */
static enum ask_result
take_rows(struct answer *a, const char *at, const char *end,
    struct ask_sameness *same)
{
    enum ask_result result;

    if (a->greeting) {
        result = take_prompt(a, &at, end);
        if (result != ASK_DONE)
            return result;
        a->greeting = false;
        a->have = 0;
    }
    digest(a, at, (size_t)(end - at));
    while (at < end) {
        if (a->state == STATE_START)
            a->state = kind_of_line(a, *at);
        if (a->state == STATE_PROMPT) {
            result = take_prompt(a, &at, end);
            if (result == ASK_DONE && at == end)
                return end_of(a, same);
            return result == ASK_DONE ? ASK_WRONG : result;
        }
        if (a->state == STATE_ROW) {
            const char *lf = memchr(at, '\n', (size_t)(end - at));

            at = lf != NULL ? lf + 1 : end;
            if (lf != NULL)
                a->state = STATE_START;
        } else if (collect(a, &at, end)) {
            if (!is_status(a))
                return ASK_WRONG;
            a->state = STATE_PROMPT;
            a->have = 0;
        }
    }
    return ASK_MORE;
}

/* Tell whether a field announces a body in chunks. */
bool
ask_is_chunked(const char *line)
{
    static const char name[] = "transfer-encoding:", value[] = "chunked";

    if (strncasecmp(line, name, sizeof(name) - 1) != 0)
        return false;
    line += sizeof(name) - 1;
    line += strspn(line, " \t");
    if (strncasecmp(line, value, sizeof(value) - 1) != 0)
        return false;
    line += sizeof(value) - 1;
    line += strspn(line, " \t");
    return *line == '\0' || *line == '\r';
}

/* Understand a line of a head; false if it is not what was hoped for. */
static bool
read_head(struct answer *a)
{
    if (a->state == STATE_LINE) {
        a->state = STATE_HEAD;
        return strncmp(a->line, "HTTP/1.1 200 ", 13) == 0;
    }
    if (strncasecmp(a->line, "content-length:", 15) == 0)
        a->left = strtoull(a->line + 15, NULL, 10);
    if (ask_is_chunked(a->line))
        a->chunked = true;
    if (a->have == 0)
        a->state = a->chunked ? STATE_CHUNK : STATE_BODY;
    return true;
}

/* Understand a line between chunks; false if it is none. */
static bool
read_chunk_line(struct answer *a)
{
    char *rest;

    if (a->state == STATE_CRLF) {
        a->state = STATE_CHUNK;
        return a->have == 0;
    }
    if (a->state == STATE_TRAILER) {
        a->state = a->have == 0 ? STATE_BODY : STATE_TRAILER;
        return true;
    }
    a->left = strtoull(a->line, &rest, 16);
    a->chunks += a->left > 0;
    a->state = a->left > 0 ? STATE_DATA : STATE_TRAILER;
    return rest != a->line && (*rest == '\0' || *rest == ';');
}

/* Take a piece of the body; false when it was not a body's turn. */
static bool
take_body(struct answer *a, const char **at, const char *end)
{
    size_t n = (size_t)(end - *at);

    if (a->state != STATE_BODY && a->state != STATE_DATA)
        return false;
    if (n > a->left)
        n = (size_t)a->left;
    digest(a, *at, n);
    a->left -= n;
    *at += n;
    if (a->state == STATE_DATA && a->left == 0)
        a->state = STATE_CRLF;
    return true;
}

/* Take a response. */
static enum ask_result
take_response(struct answer *a, const char *at, const char *end,
    struct ask_sameness *same)
{
    while (at < end) {
        bool good;

        if (take_body(a, &at, end)) {
            if (a->state == STATE_BODY && a->left == 0)
                return at == end ? end_of(a, same) : ASK_WRONG;
            continue;
        }
        if (!collect(a, &at, end))
            return ASK_MORE;
        good = a->state == STATE_LINE || a->state == STATE_HEAD
                   ? read_head(a)
                   : read_chunk_line(a);
        if (!good)
            return ASK_WRONG;
        a->have = 0;
        if (a->state == STATE_BODY && a->left == 0)
            return at == end ? end_of(a, same) : ASK_WRONG;
    }
    return ASK_MORE;
}

/* Take the answer to a handshake. Only the first line matters: a frame that
 * follows shows that the rest of it was right. */
static enum ask_result
take_handshake(struct answer *a, const char **at, const char *end)
{
    while (collect(a, at, end)) {
        if (a->state == STATE_LINE &&
            strncmp(a->line, "HTTP/1.1 101 ", 13) != 0)
            return ASK_WRONG;
        a->state = STATE_HEAD;
        if (a->have == 0) {
            a->state = STATE_LINE;
            return ASK_DONE;
        }
        a->have = 0;
    }
    return ASK_MORE;
}

/* How long the head of a frame is, as far as it is known. */
static size_t
frame_head_size(const struct answer *a)
{
    return a->have >= 2 && a->line[1] == 126 ? 4 : 2;
}

/* Take the head of a frame, of a text of less than 64 KiB without a mask. */
static enum ask_result
take_frame_head(struct answer *a, const char **at, const char *end)
{
    a->state = STATE_FRAME;
    while (*at < end && a->have < frame_head_size(a))
        a->line[a->have++] = *(*at)++;
    if (a->have > 0 && (unsigned char)a->line[0] != 0x81)
        return ASK_WRONG;
    if (a->have < frame_head_size(a))
        return ASK_MORE;
    a->state = STATE_TEXT;
    a->left = (unsigned char)a->line[1];
    if (a->left == 126)
        a->left = (uint64_t)(unsigned char)a->line[2] << 8 |
                  (unsigned char)a->line[3];
    else if (a->left > 126)
        return ASK_WRONG;
    return ASK_DONE;
}

/* Tell whether the next n bytes of a text are those that it ends with. */
static bool
is_text(
    const struct ask *ask, const struct answer *a, const char *bytes, size_t n)
{
    size_t length = strlen(ask->reply), before;

    if (a->left > length) {
        before = (size_t)(a->left - length);
        if (before >= n)
            return true;
        return memcmp(bytes + before, ask->reply, n - before) == 0;
    }
    return memcmp(bytes, ask->reply + length - a->left, n) == 0;
}

/* Take a frame, and the answer to a handshake before the first. */
static enum ask_result
take_frame(
    const struct ask *ask, struct answer *a, const char *at, const char *end)
{
    enum ask_result result = ASK_DONE;
    size_t n;

    if (a->greeting)
        result = take_handshake(a, &at, end);
    if (result != ASK_DONE)
        return result;
    if (a->greeting && ask->publishes)
        return at == end ? ASK_DONE : ASK_WRONG;
    a->greeting = false;
    if (a->state != STATE_TEXT) {
        result = take_frame_head(a, &at, end);
        if (result != ASK_DONE)
            return result;
        if (a->left < strlen(ask->reply) ||
            (!ask->has_id && a->left != strlen(ask->reply)))
            return ASK_WRONG;
    }
    n = (size_t)(end - at);
    if (n > a->left || !is_text(ask, a, at, n))
        return ASK_WRONG;
    a->left -= n;
    return a->left == 0 ? ASK_DONE : ASK_MORE;
}

/* Take bytes in the way of the protocol. */
enum ask_result
ask_take(const struct ask *ask, struct answer *a, const char *bytes, size_t n,
    struct ask_sameness *same)
{
    switch (ask->speaks) {
    case ASK_GAME:
    case ASK_BARE:
        return take_guess(a, bytes, bytes + n);
    case ASK_LINE:
        return take_line(a, bytes, bytes + n);
    case ASK_CHARFINDER:
        return take_rows(a, bytes, bytes + n, same);
    case ASK_HTTP:
        return take_response(a, bytes, bytes + n, same);
    case ASK_PUSH:
        return take_frame(ask, a, bytes, bytes + n);
    case ASK_ECHO:
        return take_echo(ask, a, bytes, n);
    }
    return ASK_WRONG;
}
