/*
 * spinner, with an event loop: it turns while a slow function runs, or a
 * command.
 *
 * A timer turns the spinner, and the loop waits for signals as well. The slow
 * function must not block, or the loop stands still: so it is a timer, too, or
 * the command's end, which is a signal. --block shows what becomes of the
 * spinner when it does block.
 */
#include "common/spinner_cli.h"

#include <errno.h>
#include <event2/event.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A spinner and what it waits for. */
struct spinner {
    const struct spinner_options *options;
    sigset_t signals;
    struct spinner_line line;
    pid_t command; /* that is running; 0: none */
    int answer;    /* of the slow function, once it is done */
    bool done;     /* the slow function is */
    struct event_base *base;
    struct event *turning;  /* the next frame is due */
    struct event *slow;     /* the slow function is done */
    struct event *signaled; /* a signal has come */
};

/* Turn the spinner. This is one frame of it. Twin: turn. */
static void
on_turn(evutil_socket_t fd, short what, void *argument)
{
    struct spinner *spinner = argument;

    spinner_line_turn(&spinner->line);
}

/* The slow function is done: turn no more. */
static void
finish(struct spinner *spinner, int answer)
{
    spinner->answer = answer;
    spinner->done = true;
    event_del(spinner->turning);
    spinner_line_erase(&spinner->line);
    event_base_loopbreak(spinner->base);
}

/* Take the answer of the command, if it has ended. Twin: await_command. */
static void
check_command(struct spinner *spinner)
{
    int status;

    if (spinner->command == 0 ||
        waitpid(spinner->command, &status, WNOHANG) != spinner->command)
        return;
    spinner->command = 0;
    finish(spinner, spinner_exit_code(status));
}

/* Signals have come: do what they want. Twin: await_signals. */
static void
on_signal(evutil_socket_t fd, short what, void *argument)
{
    struct spinner *spinner = argument;
    struct signalfd_siginfo signal;

    while (read(fd, &signal, sizeof(signal)) == sizeof(signal)) {
        if (signal.ssi_signo == SIGCHLD)
            check_command(spinner);
        spinner_signal(&spinner->line, spinner->command, (int)signal.ssi_signo,
            signal.ssi_code <= 0);
    }
}

/* The slow function is done, without a command. */
static void
on_slow(evutil_socket_t fd, short what, void *argument)
{
    finish(argument, SPINNER_ANSWER);
}

/* A time as libevent takes it. */
static struct timeval
from_ms(int64_t ms)
{
    return (
        struct timeval) { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };
}

/* Leave it to us to say what has failed. */
static void
on_library_message(int severity, const char *message)
{
}

/* libevent cannot go on, which it says only where it starts. */
static void
on_library_failure(int code)
{
    cli_die("cannot make an event loop: %s", strerrordesc_np(errno));
}

/* Prepare the events, or end. */
static void
make_events(struct spinner *spinner)
{
    const int signals =
        signalfd(-1, &spinner->signals, SFD_CLOEXEC | SFD_NONBLOCK);

    if (signals == -1)
        cli_die("cannot wait for signals: %s", strerrordesc_np(errno));
    event_set_log_callback(on_library_message);
    event_set_fatal_callback(on_library_failure);
    spinner->base = event_base_new();
    if (spinner->base == NULL)
        cli_die("out of memory");
    spinner->turning =
        event_new(spinner->base, -1, EV_PERSIST, on_turn, spinner);
    spinner->slow = evtimer_new(spinner->base, on_slow, spinner);
    spinner->signaled = event_new(
        spinner->base, signals, EV_READ | EV_PERSIST, on_signal, spinner);
    if (spinner->turning == NULL || spinner->slow == NULL ||
        spinner->signaled == NULL || event_add(spinner->signaled, NULL) == -1)
        cli_die("out of memory");
}

/* Free the events. */
static void
free_events(struct spinner *spinner)
{
    close(event_get_fd(spinner->signaled));
    event_free(spinner->signaled);
    event_free(spinner->slow);
    event_free(spinner->turning);
    event_base_free(spinner->base);
}

/* Start what turns, what waits for signals, and the command, or end. */
static void
start(struct spinner *spinner, bool turns)
{
    const struct timeval interval = from_ms(spinner->options->interval_ms);
    int code;

    make_events(spinner);
    if (turns) {
        if (event_add(spinner->turning, &interval) == -1)
            cli_die("out of memory");
        event_active(spinner->turning, 0, 0); /* the first one at once */
    }
    if (spinner->options->command != NULL) {
        spinner->command =
            spinner_start(spinner->options->command, &spinner->signals, &code);
        if (spinner->command == -1)
            exit(code);
    }
}

/* Milliseconds of a clock that nobody sets. */
static int64_t
now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Wait for the slow function where it is called: the loop stands still. Signals
 * are what it is woken by, as a sleep in any program is. */
static void
block(struct spinner *spinner)
{
    const int64_t end = now_ms() + spinner->options->slow_ms;
    struct pollfd signals = { .fd = event_get_fd(spinner->signaled),
        .events = POLLIN };

    while (!spinner->done) {
        const int64_t left = spinner->command != 0 ? INT32_MAX : end - now_ms();

        if (left <= 0)
            finish(spinner, SPINNER_ANSWER);
        else if (poll(&signals, 1, left < INT32_MAX ? (int)left : -1) == 1)
            on_signal(signals.fd, EV_READ, spinner);
    }
}

/* Be slow: have the answer later. */
static void
slow_function(struct spinner *spinner)
{
    const struct timeval slow = from_ms(spinner->options->slow_ms);

    if (spinner->options->block)
        block(spinner);
    else if (spinner->command == 0 && event_add(spinner->slow, &slow) == -1)
        cli_die("out of memory");
}

/* Turn while the slow function runs, and return its answer. */
static int
supervise(struct spinner *spinner, bool turns)
{
    start(spinner, turns);
    slow_function(spinner);
    if (!spinner->done && event_base_dispatch(spinner->base) == -1)
        cli_die("the event loop cannot wait");
    free_events(spinner);
    return spinner->answer;
}

/* Read the command line, turn, and tell the answer. */
int
main(int argc, char **argv)
{
    static struct spinner spinner;
    struct spinner_options options;
    bool turns;
    int answer;

    spinner_cli(
        &options, &(struct cli_twin) { .version = "(evented)" }, argc, argv);
    spinner.options = &options;
    turns = spinner_line_open(&spinner.line, &options);
    if (turns)
        spinner_line_say(&spinner.line, "spinner object: <timer, pending>");
    spinner_signals_block(&spinner.signals);

    answer = supervise(&spinner, turns);

    spinner_signals_unblock(&spinner.line, &spinner.signals);
    spinner_line_say(&spinner.line, "Answer: %d", answer);
    return options.command != NULL ? answer : 0;
}
