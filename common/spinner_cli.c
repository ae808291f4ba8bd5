#include "common/spinner_cli.h"

#include "common/net.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

enum key {
    KEY_MESSAGE = 0x100,
    KEY_SECONDS,
    KEY_INTERVAL,
    KEY_FRAMES,
    KEY_BLOCK,
};

/* The published times. */
#define SLOW_MS     3000
#define INTERVAL_MS 100

/* The width of a terminal that does not know its own. */
#define COLUMNS 80

/* What a shell adds to the number of a signal. */
#define SIGNAL_CODE 128

extern char **environ;

/* What is known while a command line is read. */
struct parse {
    struct spinner_options *options;
    int edition; /* 0: not given */
};

/* Take in one option, or the command. */
static error_t
parse(int key, char *arg, struct argp_state *state)
{
    struct parse *parse = state->input;
    struct spinner_options *options = parse->options;

    switch (key) {
    case KEY_MESSAGE:
        if (!spin_is_message(arg))
            argp_error(state,
                "--message: not a text of at most %d bytes in UTF-8 without "
                "control characters",
                SPIN_MESSAGE_MAX);
        options->message = arg;
        break;
    case KEY_SECONDS:
        options->slow_ms = cli_seconds(state, "seconds", arg);
        break;
    case KEY_INTERVAL:
        options->interval_ms = cli_seconds(state, "interval", arg);
        if (options->interval_ms == 0)
            argp_error(state, "--interval: there is no frame every 0 seconds");
        break;
    case KEY_FRAMES:
        parse->edition = (int)cli_number(state, "frames", arg, 1, 2);
        break;
    case KEY_BLOCK:
        options->block = true;
        break;
    case ARGP_KEY_ARGS:
        options->command = state->argv + state->next;
        break;
    case ARGP_KEY_END:
        /* Beside a command the cursor may be anywhere. */
        if (parse->edition == 0)
            parse->edition = options->command == NULL ? 1 : 2;
        options->manner = parse->edition == 1 ? SPIN_FIRST : SPIN_SECOND;
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* Read a spinner's command line. */
void
spinner_cli(struct spinner_options *options, const struct cli_twin *twin,
    int argc, char **argv)
{
    static const struct argp_option own[] = {
        { "message", KEY_MESSAGE, "TEXT", 0,
            "text beside the spinner (default thinking!)", 0 },
        { "seconds", KEY_SECONDS, "S", 0,
            "how long the slow function takes (default 3)", 0 },
        { "interval", KEY_INTERVAL, "S", 0,
            "from one frame to the next (default 0.1)", 0 },
        { "frames", KEY_FRAMES, "1|2", 0,
            "frames of the book's first or second edition (default 1; with a "
            "command 2)",
            0 },
        { "block", KEY_BLOCK, NULL, 0,
            "let the slow function block where it is called", 0 },
        { 0 },
    };
    static const struct argp argp = {
        .options = own,
        .parser = parse,
        .args_doc = "[-- COMMAND ARG...]",
        .doc = "Turn a spinner while a slow function or a command runs.",
    };
    struct parse input = { .options = options };

    cli_begin_process();
    *options = (struct spinner_options) {
        .message = "thinking!",
        .slow_ms = SLOW_MS,
        .interval_ms = INTERVAL_MS,
    };
    cli_version("spinner", twin);
    cli_parse(&argp, ARGP_IN_ORDER, argc, argv, &input);
}

/* --- The line ------------------------------------------------------------ */

/*
 * A description of our own of a terminal or a pipe, which never waits; the flag
 * for that belongs to the description, and the given one is shared with others.
 * Where there is none to be had, the given one.
 */
static int
open_unwaiting(int fd)
{
    char path[32];
    int own;

    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    if (!isatty(fd) && lseek(fd, 0, SEEK_CUR) != -1)
        return fd; /* a file, whose position would be another one */
    own = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    return own == -1 ? fd : own;
}

/* Prepare the line. */
bool
spinner_line_open(
    struct spinner_line *line, const struct spinner_options *options)
{
    *line = (struct spinner_line) {
        .fd = options->command == NULL ? STDOUT_FILENO : STDERR_FILENO,
        .turning = -1,
        .command = options->command != NULL,
    };
    spin_begin(&line->spin, options->manner, options->message);
    line->terminal = isatty(line->fd) == 1;
    if (line->terminal || !line->command)
        line->turning = open_unwaiting(line->fd);
    return line->turning != -1;
}

/* Give a broken line up, or the whole program. */
static void
break_off(struct spinner_line *line)
{
    if (!line->command)
        cli_die("cannot write to standard output: %s", strerrordesc_np(errno));
    line->turning = -1;
    line->size = line->taken = 0;
}

/* Write without waiting; also to a socket, which cannot be opened once more. */
static ssize_t
write_now(int fd, const char *bytes, size_t length)
{
    const ssize_t taken = net_send_now(fd, bytes, length);

    return taken == -1 && errno == ENOTSOCK ? write(fd, bytes, length) : taken;
}

/* Write what the line has not taken yet; false: it has not taken all of it. */
static bool
write_rest(struct spinner_line *line, int fd)
{
    while (line->taken < line->size) {
        const ssize_t taken =
            write_now(fd, line->bytes + line->taken, line->size - line->taken);

        if (taken == -1 && errno == EAGAIN)
            return false;
        if (taken == -1 && errno != EINTR)
            break_off(line);
        else if (taken > 0)
            line->taken += (size_t)taken;
    }
    return true;
}

/* Write what the line has not taken yet, and wait until it has. */
static void
write_all(struct spinner_line *line)
{
    struct pollfd writable = { .fd = line->fd, .events = POLLOUT };

    /* Others may have made it one that does not wait. */
    while (!write_rest(line, line->fd))
        poll(&writable, 1, -1);
}

/* Whether a frame would disturb nobody now. */
static bool
may_turn(const struct spinner_line *line)
{
    const pid_t foreground = tcgetpgrp(line->turning);
    struct termios modes;

    if (!line->terminal)
        return true;
    if (foreground != -1 && foreground != getpgrp())
        return false;
    return !line->command || tcgetattr(line->turning, &modes) == -1 ||
           (modes.c_lflag & (ICANON | ECHO)) == (ICANON | ECHO);
}

/* How many columns the line has now. */
static size_t
count_columns(const struct spinner_line *line)
{
    struct winsize size = { 0 };

    if (!line->terminal)
        return SPIN_UNLIMITED;
    if (ioctl(line->turning, TIOCGWINSZ, &size) == -1 || size.ws_col == 0)
        return COLUMNS;
    return size.ws_col;
}

/* Show the next frame. */
void
spinner_line_turn(struct spinner_line *line)
{
    if (line->turning == -1 || !may_turn(line) ||
        !write_rest(line, line->turning))
        return;
    line->taken = 0;
    line->size = spin_frame(&line->spin, count_columns(line), line->bytes);
    write_rest(line, line->turning);
}

/* Erase the frame that stands; on a terminal perhaps with all that others have
 * written behind it. */
static void
erase(struct spinner_line *line, bool others)
{
    if (line->turning == -1 || !write_rest(line, line->turning))
        return;
    line->taken = 0;
    line->size = (others && line->terminal ? spin_clean : spin_erase)(
        &line->spin, count_columns(line), line->bytes);
    write_rest(line, line->turning);
}

/* Erase the frame that stands. */
void
spinner_line_erase(struct spinner_line *line)
{
    erase(line, line->command);
}

/* Print a sentence and a line end where the spinner turns. */
void
spinner_line_say(struct spinner_line *line, const char *format, ...)
{
    va_list arguments;
    int length;

    write_all(line);
    spinner_line_erase(line);
    write_all(line);
    va_start(arguments, format);
    length = vsnprintf(line->bytes, sizeof(line->bytes) - 1, format, arguments);
    va_end(arguments);
    line->bytes[length] = '\n';
    line->taken = 0;
    line->size = (size_t)length + 1;
    write_all(line);
}

/* --- Signals ------------------------------------------------------------- */

/* Whether a signal does nothing by default. */
static bool
is_harmless(int number)
{
    return number == SIGCONT || number == SIGURG || number == SIGWINCH;
}

/* Whether a signal stops a process by default. */
static bool
is_stop(int number)
{
    return number == SIGTSTP || number == SIGTTIN || number == SIGTTOU;
}

/* Block the signals that would end or stop the process, and SIGCHLD. */
void
spinner_signals_block(sigset_t *set)
{
    struct sigaction action;

    /* Else a child's end would not be kept for its parent. */
    signal(SIGCHLD, SIG_DFL);
    sigfillset(set);
    /* A blocked signal waits even where it is ignored. */
    for (int number = 1; number <= SIGRTMAX; number++)
        if (is_harmless(number) || (sigaction(number, NULL, &action) == 0 &&
                                       action.sa_handler == SIG_IGN))
            sigdelset(set, number);
    pthread_sigmask(SIG_BLOCK, set, NULL);
}

/* Stop this process, as a signal does by default, until it is continued. */
static void
stop(int number)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, number);
    kill(getpid(), number);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

/* Do what a signal wants. */
void
spinner_signal(
    struct spinner_line *line, pid_t command, int number, bool from_process)
{
    if (number == SIGCHLD)
        return;
    if (command != 0 && from_process)
        kill(command, number);
    if (is_stop(number)) {
        erase(line, true);
        stop(number);
    } else if (!line->command) {
        erase(line, true);
        exit(SIGNAL_CODE + number);
    }
}

/* Let the signals do again what they do by default. */
void
spinner_signals_unblock(struct spinner_line *line, const sigset_t *set)
{
    static const struct timespec at_once = { 0 };
    int number;

    /* What ended the command may have come here as well. */
    while ((number = sigtimedwait(set, NULL, &at_once)) > 0)
        spinner_signal(line, 0, number, false);
    pthread_sigmask(SIG_UNBLOCK, set, NULL);
}

/* --- The command --------------------------------------------------------- */

/* Start the command. */
pid_t
spinner_start(char **command, const sigset_t *blocked, int *code)
{
    posix_spawnattr_t attributes;
    sigset_t mask, ignored;
    pid_t process = -1;
    int error;

    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    for (int number = 1; number <= SIGRTMAX; number++)
        if (sigismember(blocked, number) == 1)
            sigdelset(&mask, number);
    cli_ignored_signals(&ignored);
    error = posix_spawnattr_init(&attributes);
    if (error == 0) {
        posix_spawnattr_setsigmask(&attributes, &mask);
        posix_spawnattr_setsigdefault(&attributes, &ignored);
        posix_spawnattr_setflags(
            &attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
        error = posix_spawnp(
            &process, *command, NULL, &attributes, command, environ);
        posix_spawnattr_destroy(&attributes);
    }
    if (error == 0)
        return process;
    fprintf(stderr, "%s: cannot run %s: %s\n", program_invocation_short_name,
        *command, strerrordesc_np(error));
    if (error == EAGAIN || error == ENOMEM)
        *code = CLI_FAILURE;
    else
        *code = error == ENOENT ? SPINNER_NOT_FOUND : SPINNER_CANNOT_EXECUTE;
    return -1;
}

/* The exit code for a command that ended. */
int
spinner_exit_code(int status)
{
    return WIFSIGNALED(status) ? SIGNAL_CODE + WTERMSIG(status)
                               : WEXITSTATUS(status);
}
