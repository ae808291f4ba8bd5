/*
 * spinner, with threads: it turns while a slow function runs, or a command.
 *
 * One thread turns the spinner, one waits for signals, and main waits for the
 * slow function, which knows of neither: that it blocks does no harm here.
 */
#include "common/spinner_cli.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

/* A spinner and what it waits for. */
struct spinner {
    const struct spinner_options *options;
    sigset_t signals;
    pthread_mutex_t lock; /* of all that follows */
    struct spinner_line line;
    pthread_cond_t ended; /* done has become true */
    bool done;            /* the slow function is */
    pid_t command;        /* that is running; 0: none */
};

/* The time at which the next frame is due. */
static struct timespec
find_due(const struct spinner *spinner)
{
    const int64_t ms = spinner->options->interval_ms;
    struct timespec due;

    clock_gettime(CLOCK_MONOTONIC, &due);
    due.tv_sec += ms / 1000;
    due.tv_nsec += ms % 1000 * 1000000;
    if (due.tv_nsec >= 1000000000) {
        due.tv_sec++;
        due.tv_nsec -= 1000000000;
    }
    return due;
}

/* Turn the spinner. In a thread of its own, until the slow function is done.
 * Twin: on_turn. */
static void *
turn(void *argument)
{
    struct spinner *spinner = argument;

    pthread_mutex_lock(&spinner->lock);
    do {
        const struct timespec due = find_due(spinner);

        spinner_line_turn(&spinner->line);
        while (!spinner->done && pthread_cond_timedwait(&spinner->ended,
                                     &spinner->lock, &due) != ETIMEDOUT)
            ;
    } while (!spinner->done);
    spinner_line_erase(&spinner->line);
    pthread_mutex_unlock(&spinner->lock);
    return NULL;
}

/* Wait for signals, and do what they want. In a thread of its own, until the
 * process ends. Twin: on_signal. */
_Noreturn static void *
await_signals(void *argument)
{
    struct spinner *spinner = argument;
    siginfo_t signal;

    for (;;) {
        if (sigwaitinfo(&spinner->signals, &signal) == -1)
            continue;
        pthread_mutex_lock(&spinner->lock);
        spinner_signal(&spinner->line, spinner->command, signal.si_signo,
            signal.si_code <= 0);
        pthread_mutex_unlock(&spinner->lock);
    }
}

/* Start a thread, or end. */
static pthread_t
start_thread(void *(*run)(void *), struct spinner *spinner)
{
    pthread_t thread;
    const int error = pthread_create(&thread, NULL, run, spinner);

    if (error != 0)
        cli_die("cannot start a thread: %s", strerrordesc_np(error));
    return thread;
}

/* Start what turns, what waits for signals, and the command, or end. Returns
 * the thread that turns, if it does. */
static pthread_t
start(struct spinner *spinner, bool turns)
{
    pthread_t turning = 0;
    int code;

    /* Until all of it is started, nothing is shown. */
    pthread_mutex_lock(&spinner->lock);
    pthread_detach(start_thread(await_signals, spinner));
    if (turns)
        turning = start_thread(turn, spinner);
    if (spinner->options->command != NULL) {
        spinner->command =
            spinner_start(spinner->options->command, &spinner->signals, &code);
        if (spinner->command == -1)
            exit(code);
    }
    pthread_mutex_unlock(&spinner->lock);
    return turning;
}

/* Wait for the command, and return its exit code. Twin: check_command. */
static int
await_command(struct spinner *spinner)
{
    siginfo_t info;
    int status;

    /* Its number stays its own until no signal is sent to it any more. */
    while (
        waitid(P_PID, (id_t)spinner->command, &info, WEXITED | WNOWAIT) == -1)
        ;
    pthread_mutex_lock(&spinner->lock);
    waitpid(spinner->command, &status, 0);
    spinner->command = 0;
    pthread_mutex_unlock(&spinner->lock);
    return spinner_exit_code(status);
}

/* Be slow: return the answer. */
static int
slow_function(struct spinner *spinner)
{
    const int64_t ms = spinner->options->slow_ms;
    struct timespec left = { .tv_sec = ms / 1000,
        .tv_nsec = ms % 1000 * 1000000 };

    if (spinner->options->command != NULL)
        return await_command(spinner);
    while (nanosleep(&left, &left) == -1)
        ;
    return SPINNER_ANSWER;
}

/* Turn while the slow function runs, and return its answer. */
static int
supervise(struct spinner *spinner, bool turns)
{
    const pthread_t turning = start(spinner, turns);
    const int answer = slow_function(spinner);

    pthread_mutex_lock(&spinner->lock);
    spinner->done = true;
    pthread_cond_signal(&spinner->ended);
    pthread_mutex_unlock(&spinner->lock);
    if (turns)
        pthread_join(turning, NULL);
    return answer;
}

/* Make the condition, whose clock is not set by anybody. */
static void
init_condition(struct spinner *spinner)
{
    pthread_condattr_t attributes;

    if (pthread_condattr_init(&attributes) != 0 ||
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) != 0 ||
        pthread_cond_init(&spinner->ended, &attributes) != 0)
        cli_die("out of memory");
    pthread_condattr_destroy(&attributes);
}

/* Read the command line, turn, and tell the answer. */
int
main(int argc, char **argv)
{
    static struct spinner spinner = { .lock = PTHREAD_MUTEX_INITIALIZER };
    struct spinner_options options;
    bool turns;
    int answer;

    spinner_cli(
        &options, &(struct cli_twin) { .version = "(threaded)" }, argc, argv);
    spinner.options = &options;
    init_condition(&spinner);
    turns = spinner_line_open(&spinner.line, &options);
    if (turns)
        spinner_line_say(&spinner.line, "spinner object: <thread, initial>");
    spinner_signals_block(&spinner.signals);

    answer = supervise(&spinner, turns);

    pthread_mutex_lock(&spinner.lock);
    spinner_signals_unblock(&spinner.line, &spinner.signals);
    spinner_line_say(&spinner.line, "Answer: %d", answer);
    pthread_mutex_unlock(&spinner.lock);
    return options.command != NULL ? answer : 0;
}
