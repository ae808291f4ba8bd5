/*
 * waiter - a server whose answers are not there yet, for test_later.py.
 *
 * It answers "WAIT MS" with what ended the wait, in a word, after MS
 * milliseconds at the latest (0: no limit), and "ROUSE" with how many others
 * it has ended the wait of. It takes guess-server's options.
 */
#ifndef TESTS_WAITER_H
#define TESTS_WAITER_H

#include "common/guess_cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How long a line asks to wait, or -1. */
static inline long
waiter_asked(const struct line *line)
{
    char text[32] = "";

    if (line->length >= sizeof(text))
        return -1;
    memcpy(text, line->text, line->length);
    return strncmp(text, "WAIT ", 5) == 0 ? strtol(text + 5, NULL, 10) : -1;
}

/* The words for what ended a wait, by enum stream_news. */
#define WAITER_WORDS                                                           \
    {                                                                          \
        "timeout\n", "roused\n", "left\n", "stops\n"                           \
    }

#endif
