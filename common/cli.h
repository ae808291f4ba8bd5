/*
 * cli - options of the command line, by glibc's argp.
 *
 * What every server takes, and readers for option values that answer a wrong
 * one with argp's message and exit code 64. `--help`, `--usage` and
 * `--version` come with argp.
 */
#ifndef COMMON_CLI_H
#define COMMON_CLI_H

#include "common/limits.h"

#include <argp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What one twin has and the other has not. */
struct cli_twin {
    const char *version;      /* for --version: "(threaded)" */
    const char *workers;      /* the option's name: "threads" */
    const char *workers_help; /* its line in --help */
    unsigned workers_default;
    unsigned workers_max;
    unsigned worker_descriptors; /* that each but the first of them takes */
};

/* What a server was asked to do. Strings belong to the command line. */
struct server_options {
    const char *host;
    const char *user; /* whom to become when the ports are taken, or NULL */
    bool quiet;
    unsigned workers; /* what the twin's own option says */
    struct limits limits;
};

/* Exit codes of the programs. */
#define CLI_FAILURE 1
#define CLI_USAGE   64

/*
 * Begin a command line: name the program for messages and --version, and give
 * options the defaults for this twin.
 */
void cli_begin(struct server_options *options, const struct cli_twin *twin,
    const char *program);

/*
 * The options of every server as a parser for argp's children; its input is
 * a struct server_options. Valid until the next cli_begin.
 */
const struct argp *cli_server_argp(void);

/*
 * --max-line likewise, for servers that read lines. The room for an HTTP
 * request is fixed, so a server that speaks HTTP alone has no such option.
 */
const struct argp *cli_line_argp(void);

/* Parse a command line as argp_parse does; when that has no memory, which is
 * not the user's mistake, end by cli_die. A server's signals have their default
 * action meanwhile: help may have to wait for a terminal. Help that cannot be
 * written is an error. */
void cli_parse(const struct argp *argp, unsigned flags, int argc, char **argv,
    void *input);

/* Give up privileges for good, and become the user of the options; end by
 * cli_die where that cannot be. When the ports are taken, before threads. */
void cli_drop_privileges(const struct server_options *options);

/*
 * Prepare the process, first of all in main. What was closed of standard input,
 * output and error is opened, so that no socket takes its place; using it still
 * fails as if it were closed. Signals that a failing write or a terminal brings
 * are ignored, so that the call fails or is done instead: SIGPIPE (the reader
 * is gone), SIGXFSZ (the file has its largest size), SIGTTOU (a write from the
 * background of a terminal with `stty tostop`).
 */
void cli_begin_process(void);

/*
 * The signals that cli_begin_process ignores, for a program that starts others:
 * these inherit what is ignored, and it is for their parent to restore it.
 */
void cli_ignored_signals(sigset_t *set);

/* The signals that a server waits for. All stop it but SIGUSR1, which prints
 * its counters, and SIGHUP, at which some read anew what they serve; SIGXCPU
 * says that its processor time is nearly used up. */
#define CLI_SERVER_SIGNALS 5
extern const int cli_server_signals[CLI_SERVER_SIGNALS];

/* The same as a set. */
void cli_server_signal_set(sigset_t *set);

/* Whether one of them that ends a server has come, and nobody has heard it yet.
 * From any thread that has them blocked, and in a signal handler. */
bool cli_stop_is_pending(void);

/*
 * Prepare a server's process: cli_begin_process, and keep the server's signals
 * back, in this thread and those that it makes, until they are waited for;
 * until then their default action would end the server without a word to who
 * is queued at its port. SIGHUP never ends a server.
 */
void cli_begin_server(void);

/* Set argp_program_version to "PROGRAM (TWIN) VERSION". */
void cli_version(const char *program, const struct cli_twin *twin);

/* Read a whole number from min to max, or end with a message that names the
 * option and the range. */
int64_t cli_number(const struct argp_state *state, const char *name,
    const char *text, int64_t min, int64_t max);

/* Read a number of bytes from min to max, maybe with K, M or G behind it, each
 * 1024 times the one before, or end. */
int64_t cli_size(const struct argp_state *state, const char *name,
    const char *text, int64_t min, int64_t max);

/*
 * Read the name or address of a host, or end: "" would be every address. An
 * IPv6 address may stand in brackets, as addresses are printed here; they are
 * dropped. The text lasts as long as its argument and until the next call.
 */
const char *cli_host(const struct argp_state *state, const char *text);

/* A port that is not to be opened. */
#define CLI_NO_PORT (-1)

/* Read a port to listen on, 0 for any free one, or end; "off", where it may be,
 * is CLI_NO_PORT. */
int cli_port(const struct argp_state *state, const char *name, const char *text,
    bool may_be_off);

/* Read seconds, fractions allowed ("0.5"), as milliseconds, or end. */
int64_t cli_seconds(
    const struct argp_state *state, const char *name, const char *text);

/*
 * For programs whose arguments are numbers: hidden options "-0" to "-9", so
 * that argp hands "-53" on instead of refusing it. With them in the options,
 * ARGP_IN_ORDER in the flags, and this call for each key from '0' to '9',
 * buffer holds the argument as it was written. False: it did not fit.
 */
#define CLI_NEGATIVE_NUMBERS                                                   \
    CLI_DIGIT_OPTION('0'), CLI_DIGIT_OPTION('1'), CLI_DIGIT_OPTION('2'),       \
        CLI_DIGIT_OPTION('3'), CLI_DIGIT_OPTION('4'), CLI_DIGIT_OPTION('5'),   \
        CLI_DIGIT_OPTION('6'), CLI_DIGIT_OPTION('7'), CLI_DIGIT_OPTION('8'),   \
        CLI_DIGIT_OPTION('9')
#define CLI_DIGIT_OPTION(digit)                                                \
    {                                                                          \
        NULL, digit, "DIGITS", OPTION_ARG_OPTIONAL | OPTION_HIDDEN, NULL, 0    \
    }
bool cli_negative(char *buffer, size_t size, int key, const char *text);

/* Have what was printed written; end by cli_die when it could not be. */
void cli_flush(void);

/* Print "PROGRAM: message" on standard error and exit with CLI_FAILURE. The
 * message may have to wait for a terminal; a signal that a server has blocked
 * ends that wait within a second. */
_Noreturn void cli_die(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

#endif
