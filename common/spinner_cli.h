/*
 * spinner_cli - the command line of spinner, and its surroundings: the line
 * that it turns in, signals, and the command that it waits for.
 *
 * What is said here is the same in both twins; when a frame is due, and who
 * waits for what, is theirs. A line belongs to one thread at a time.
 */
#ifndef COMMON_SPINNER_CLI_H
#define COMMON_SPINNER_CLI_H

#include "common/cli.h"
#include "common/spin.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What a spinner was asked to do. */
struct spinner_options {
    enum spin_manner manner;
    const char *message;
    int64_t slow_ms;     /* how long the slow function takes, without command */
    int64_t interval_ms; /* from frame to frame; at least 1 */
    bool block;          /* the slow function is to block where it is called */
    char **command;      /* with its arguments and a NULL at the end, or NULL */
};

/* What the slow function answers when it does not wait for a command. */
#define SPINNER_ANSWER 42

/*
 * Read a spinner's command line, or end the program with argp's message and
 * exit code 64. Strings in options belong to argv.
 */
void spinner_cli(struct spinner_options *options, const struct cli_twin *twin,
    int argc, char **argv);

/* --- The line ------------------------------------------------------------ */

/* The line that a spinner turns in. Its members are this module's own. */
struct spinner_line {
    struct spin spin;
    int fd;        /* standard output, or standard error with a command */
    int turning;   /* the same, but never waits; -1: nothing turns */
    bool terminal; /* and has columns, which may become others */
    bool command;  /* there is a command, to which the rest matters less */
    char bytes[SPIN_ROOM]; /* of which some were not taken yet */
    size_t size, taken;
};

/*
 * Prepare the line: it is on standard output or, with a command, on standard
 * error, as standard output is the command's then. Returns whether a spinner is
 * to turn there: with a command only on a terminal.
 */
bool spinner_line_open(
    struct spinner_line *line, const struct spinner_options *options);

/*
 * Show the next frame, without ever waiting: while a reader takes nothing, the
 * frames that would be due are left out. On a terminal nothing is shown while
 * the process is in the background, or while somebody reads a password or
 * single keys there. When the line is broken, a spinner with a command stops
 * turning; one without ends by cli_die.
 */
void spinner_line_turn(struct spinner_line *line);

/* Erase the frame that stands. Does not wait either: what a reader does not
 * take is left for later. */
void spinner_line_erase(struct spinner_line *line);

/* Print a sentence and a line end where the spinner turns, and wait until it is
 * taken. A failure counts as in spinner_line_turn. */
void spinner_line_say(struct spinner_line *line, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* --- Signals ------------------------------------------------------------- */

/*
 * Block, in this thread and those that it makes, the signals that would end or
 * stop the process, so that the line can be erased before; and SIGCHLD, which
 * some wait for. set tells which these are. Those that are ignored stay
 * ignored. A signal that a fault of the program itself raises still ends it.
 */
void spinner_signals_block(sigset_t *set);

/*
 * Do what a signal of the set wants; SIGCHLD wants nothing. For a spinner with
 * a command it is the command's: it is passed on to this process, unless that
 * is over (0), when a process has sent it; what a terminal sends, the command
 * gets itself. Without a command the line is erased, and the process exits with
 * 128 and the signal's number. A signal that stops a process stops this one,
 * with the line erased; the call returns when the process is continued.
 */
void spinner_signal(
    struct spinner_line *line, pid_t command, int number, bool from_process);

/* Let the signals do again what they do by default; for the last words, which
 * may have to wait. Those that have come are seen to before. */
void spinner_signals_unblock(struct spinner_line *line, const sigset_t *set);

/* --- The command --------------------------------------------------------- */

/* The exit codes of a shell for commands that cannot be started. */
#define SPINNER_CANNOT_EXECUTE 126
#define SPINNER_NOT_FOUND      127

/*
 * Start the command, which has this program's descriptors, and for which no
 * signal is blocked or ignored by this program's doing. Returns its process; or
 * -1, *code being what to exit with, and a line on standard error tells why.
 */
pid_t spinner_start(char **command, const sigset_t *blocked, int *code);

/* The exit code for a command that ended, from the status of waitpid: its own,
 * or 128 and the number of the signal that ended it. */
int spinner_exit_code(int status);

#endif
