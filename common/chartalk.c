#include "common/chartalk.h"

#include "common/quote.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistr.h>

static const char prompt[] = "?> ";
#define PROMPT_LENGTH (sizeof(prompt) - 1)

/* Begin a conversation. */
void
chartalk_begin(
    struct chartalk *talk, const struct chartalk_rules *rules, const char *peer)
{
    memset(talk, 0, sizeof(*talk));
    talk->rules = rules;
    talk->turn = CHARTALK_PROMPTS;
    snprintf(talk->peer, sizeof(talk->peer), "%s", peer);
}

/* Tell the console what was asked. */
static void
tell_query(const struct chartalk *talk, const char *query, size_t length)
{
    char *shown;

    if (talk->rules->say == NULL)
        return;
    shown = malloc(QUOTE_REPR_ROOM(length));
    if (shown == NULL)
        return;
    quote_repr(shown, query, length);
    talk->rules->say("Received from %s: %s", talk->peer, shown);
    free(shown);
}

/* Search, and prepare the answer; false: no memory for it. */
static bool
answer(struct chartalk *talk, const char *query, size_t length)
{
    static const char line_end[] = "\r\n";

    talk->text =
        malloc(QUOTE_STATUS_ROOM(length) + sizeof(line_end) + sizeof(prompt));
    if (talk->text == NULL)
        return false;
    charindex_find(&talk->rest, query, length);
    talk->count = charindex_count(&talk->rest);
    talk->text_length = quote_status(talk->text, talk->count, query, length);
    memcpy(talk->text + talk->text_length, line_end, sizeof(line_end) - 1);
    talk->text_length += sizeof(line_end) - 1;
    memcpy(talk->text + talk->text_length, prompt, PROMPT_LENGTH);
    talk->text_length += PROMPT_LENGTH;
    talk->turn = CHARTALK_ANSWERS;
    return true;
}

/* Take in a whole line; false: the conversation is over. */
static bool
receive_line(struct chartalk *talk, const struct line *line)
{
    const char *query = line->text;
    size_t length = line->length;
    const bool first = !talk->started;

    talk->started = true;
    if (u8_check((const uint8_t *)query, length) != NULL) {
        /* What telnet sends for CTRL-C: the original takes it for a NUL. */
        query = "\0";
        length = 1;
    }
    charindex_strip(&query, &length);
    tell_query(talk, query, length);
    if (length == 0) {
        talk->turn = CHARTALK_PROMPTS;
        return true;
    }
    if ((unsigned char)query[0] < ' ' || (first && line_is_http(line)))
        return false;
    return answer(talk, query, length);
}

/* Take in what the line framing found. */
bool
chartalk_receive(
    struct chartalk *talk, enum line_status status, const struct line *line)
{
    return status == LINE_READY && receive_line(talk, line);
}

/* Find what is to be handed out next; false when there is nothing. */
static bool
find_bytes(struct chartalk *talk)
{
    struct charindex_run run;

    if (talk->turn == CHARTALK_LISTENS) {
        free(talk->text);
        talk->text = NULL;
        return false;
    }
    if (talk->turn == CHARTALK_ANSWERS &&
        charindex_take(&talk->rest, SIZE_MAX, &run)) {
        talk->bytes = run.bytes;
        talk->left = run.length;
        return true;
    }
    if (talk->turn == CHARTALK_ANSWERS) {
        talk->bytes = talk->text;
        talk->left = talk->text_length;
        if (talk->rules->say != NULL)
            talk->rules->say("Sent %zu results", talk->count);
    } else {
        talk->bytes = prompt;
        talk->left = PROMPT_LENGTH;
    }
    talk->turn = CHARTALK_LISTENS;
    return true;
}

/* The next piece of what is to be sent. */
bool
chartalk_next(struct chartalk *talk, size_t max, struct chartalk_piece *piece)
{
    if (talk->left == 0 && !find_bytes(talk))
        return false;
    piece->bytes = talk->bytes;
    piece->length = talk->left < max ? talk->left : max;
    talk->bytes += piece->length;
    talk->left -= piece->length;
    return true;
}

/* End a conversation. */
void
chartalk_end(struct chartalk *talk)
{
    free(talk->text);
    talk->text = NULL;
    if (talk->rules->say != NULL)
        talk->rules->say("Close the client socket");
}
