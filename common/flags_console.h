/*
 * flags_console - what flags shows, counts and ends with, and its signals.
 *
 * Both twins print through it, so the console is the same: the published lines
 * on standard output, the bar on standard error if that is a terminal, and the
 * file of --report. Where these only count errors, the first one is explained
 * on standard error. One thread calls it. Times are milliseconds of any clock
 * that never jumps.
 *
 *     flags_console_begin(&console, &options, now);
 *     flags_console_block_signals(&signals);
 *     ... flags_console_done(&console, &transfer, now), for each flag
 *     return flags_console_end(&console, now);
 *
 * Printing may have to wait for a reader. When one of the signals has come it
 * waits for a moment, once: what does not fit then is left out. The bar never
 * waits.
 */
#ifndef COMMON_FLAGS_CONSOLE_H
#define COMMON_FLAGS_CONSOLE_H

#include "common/flags_cli.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/* What an interrupted program waits for its threads, in milliseconds: it ends
 * within a second. */
#define FLAGS_GRACE_MS 500

/* A console. Its members are its own, but for tally, which may be read. */
struct flags_console {
    struct flags_options *options;
    struct transfer_tally tally;
    int report;      /* -1: none */
    bool bar;        /* a bar is drawn, */
    bool stands;     /* and is there now */
    int interrupted; /* the signal that has come; 0: none */
    bool hurried;    /* and nobody has read since: wait no more */
    int error;       /* why standard output could not be written; 0: it could */
    int unreported;  /* why the report could not */
    char reason[TRANSFER_TEXT_MAX + 8]; /* of an error that no line has shown,
                                           "AD: timed out"; "": there is none */
    int64_t started;
    int64_t drawn; /* when the bar last was */
};

/*
 * Print what comes first, and open the file of --report; the program ends by
 * cli_die where that cannot be. options must outlive the console. With a
 * console that has begun, the clock runs.
 */
void flags_console_begin(
    struct flags_console *console, struct flags_options *options, int64_t now);

/*
 * Block the signals that interrupt the program, SIGINT, SIGTERM and SIGHUP, in
 * this thread and those that it makes, except those that are ignored. set tells
 * which they are.
 */
void flags_console_block_signals(sigset_t *set);

/* A signal has interrupted the program: the next one ends it at once. In the
 * main thread. */
void flags_console_interrupted(
    struct flags_console *console, int signal, const sigset_t *set);

/* Count a flag that is done, and show it. */
void flags_console_done(struct flags_console *console,
    const struct transfer *transfer, int64_t now);

/* Draw the bar anew, if there is one and it is time. */
void flags_console_tick(struct flags_console *console, int64_t now);

/* Print what comes last, and close the file of --report. Returns the exit code
 * of the program. */
int flags_console_end(struct flags_console *console, int64_t now);

#endif
