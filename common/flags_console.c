#include "common/flags_console.h"

#include "common/progress.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Between two looks for a signal while a reader takes nothing. */
#define LOOK_MS 100

/* The signals that interrupt the program. */
static const int interrupting[] = { SIGINT, SIGTERM, SIGHUP };
#define INTERRUPTING (sizeof(interrupting) / sizeof(*interrupting))

/* One of them that has come and was not heard yet; 0: there is none. */
static int
pending_signal(void)
{
    sigset_t pending;

    sigpending(&pending);
    for (size_t i = 0; i < INTERRUPTING; i++)
        if (sigismember(&pending, interrupting[i]) == 1)
            return interrupting[i];
    return 0;
}

/* Wait until a reader takes bytes; false: that is no time for it. */
static bool
await_reader(struct flags_console *console, int fd)
{
    struct pollfd reader = { .fd = fd, .events = POLLOUT };

    while (poll(&reader, 1, console->hurried ? 0 : LOOK_MS) == 0) {
        if (console->interrupted == 0)
            console->interrupted = pending_signal();
        console->hurried = console->interrupted != 0;
        if (console->hurried)
            return false;
    }
    return true;
}

/* Write to a reader; 0, or an errno. Less than PIPE_BUF at once, so that a pipe
 * with room takes it whole. */
static int
write_all(
    struct flags_console *console, int fd, const char *text, size_t length)
{
    while (length > 0 && await_reader(console, fd)) {
        const ssize_t count = write(fd, text, length);

        if (count == -1 && errno != EINTR && errno != EAGAIN)
            return errno;
        if (count > 0) {
            text += count;
            length -= (size_t)count;
        }
    }
    return 0;
}

/* Print on standard output, unless that has failed before. */
static void
print(struct flags_console *console, const char *text, size_t length)
{
    if (console->error == 0)
        console->error = write_all(console, STDOUT_FILENO, text, length);
}

/* Draw the bar, unless the terminal takes nothing now. */
static void
draw(struct flags_console *console, int64_t now)
{
    const struct transfer_tally *tally = &console->tally;
    struct pollfd terminal = { .fd = STDERR_FILENO, .events = POLLOUT };
    char text[PROGRESS_BAR_MAX];
    struct winsize size = { 0 };
    size_t length;

    if (poll(&terminal, 1, 0) == 0)
        return;
    (void)ioctl(STDERR_FILENO, TIOCGWINSZ, &size);
    length = progress_bar(text, tally->all - transfer_unasked(tally),
        tally->all, now - console->started, size.ws_col);
    /* Nobody needs it: a terminal that fails has none. */
    console->bar = write_all(console, STDERR_FILENO, text, length) == 0;
    console->stands = true;
    console->drawn = now;
}

/* Print what comes first. */
void
flags_console_begin(
    struct flags_console *console, struct flags_options *options, int64_t now)
{
    *console = (struct flags_console) {
        .options = options,
        .tally = { .all = options->count },
        .report = -1,
        .started = now,
        .bar = !options->verbose && !options->show && isatty(STDERR_FILENO),
    };
    if (options->report != NULL) {
        console->report = open(
            options->report, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
        if (console->report == -1)
            cli_die("%s: %s", options->report, strerrordesc_np(errno));
    }
    if (!options->show) {
        char text[PROGRESS_START_MAX];

        print(console, text,
            progress_start(text, options->label, options->site, options->codes,
                options->count, options->connections));
    }
    if (console->bar)
        draw(console, now);
}

/* Block the signals that interrupt the program. */
void
flags_console_block_signals(sigset_t *set)
{
    struct sigaction action;

    sigemptyset(set);
    for (size_t i = 0; i < INTERRUPTING; i++)
        if (sigaction(interrupting[i], NULL, &action) == 0 &&
            action.sa_handler != SIG_IGN)
            sigaddset(set, interrupting[i]);
    pthread_sigmask(SIG_BLOCK, set, NULL);
}

/* A signal has interrupted the program. */
void
flags_console_interrupted(
    struct flags_console *console, int signal, const sigset_t *set)
{
    console->interrupted = signal;
    pthread_sigmask(SIG_UNBLOCK, set, NULL);
}

/* Count a flag that is done, and show it. */
void
flags_console_done(
    struct flags_console *console, const struct transfer *transfer, int64_t now)
{
    const struct flags_options *options = console->options;
    char text[PROGRESS_REPORT_MAX];

    transfer_count(&console->tally, transfer);
    if (console->report != -1 && console->unreported == 0)
        console->unreported = write_all(
            console, console->report, text, progress_report(text, transfer));
    if (options->verbose)
        print(console, text, progress_line(text, transfer));
    else if (options->show && transfer->kind == TRANSFER_OK)
        print(console, text, (size_t)sprintf(text, "%s ", transfer->code));
    else if (transfer->kind == TRANSFER_ERROR && console->reason[0] == '\0')
        snprintf(console->reason, sizeof(console->reason), "%s: %s",
            transfer->code, transfer->text);
    flags_console_tick(console, now);
}

/* Draw the bar anew. */
void
flags_console_tick(struct flags_console *console, int64_t now)
{
    if (console->bar && now - console->drawn >= PROGRESS_BAR_MS)
        draw(console, now);
}

/* Close the file of --report. */
static void
close_report(struct flags_console *console)
{
    if (close(console->report) == -1 && errno != EINTR &&
        console->unreported == 0)
        console->unreported = errno;
}

/* Say on standard error what could not be written. */
static void
complain(const char *what, int error)
{
    fprintf(stderr, "flags: cannot write to %s: %s\n", what,
        strerrordesc_np(error));
}

/* Say on standard error what the first error was. */
static void
explain(const struct flags_console *console)
{
    const size_t errors = console->tally.errors;

    if (errors == 1)
        fprintf(stderr, "flags: %s\n", console->reason);
    else
        fprintf(stderr, "flags: %s (-v shows all %zu errors)\n",
            console->reason, errors);
}

/* Print what comes last. */
int
flags_console_end(struct flags_console *console, int64_t now)
{
    const struct flags_options *options = console->options;
    const int64_t ms = now - console->started;
    char text[PROGRESS_END_MAX];
    int code;

    if (console->stands)
        write_all(
            console, STDERR_FILENO, PROGRESS_ERASE, strlen(PROGRESS_ERASE));
    print(console, text,
        options->show ? progress_end_shown(text, &console->tally, ms)
                      : progress_end(text, &console->tally,
                            console->interrupted != 0, ms));
    code = transfer_exit(&console->tally, console->interrupted);
    if (console->reason[0] != '\0')
        explain(console);
    if (console->error != 0)
        complain("standard output", console->error);
    if (console->report != -1)
        close_report(console);
    if (console->unreported != 0)
        complain(options->report, console->unreported);
    if (code == 0 && (console->error != 0 || console->unreported != 0))
        code = CLI_FAILURE;
    return code;
}
