#include "report/guard.h"

#include <assert.h>
#include <err.h>
#include <sys/wait.h>
#include <time.h>

#define STEP_MS 10

/* The servers that run now; 0 = a free place. */
static volatile pid_t running[GUARD_SERVERS_MAX];

/* Count the servers that have not ended; reap those that have. */
static int
count_running(void)
{
    int left = 0;

    for (int i = 0; i < GUARD_SERVERS_MAX; i++) {
        if (running[i] != 0 && waitpid(running[i], NULL, WNOHANG) != 0)
            running[i] = 0;
        left += running[i] != 0;
    }
    return left;
}

/*
 * Stop the servers and die of the signal. The main program is not resumed, so
 * that it does not matter in which call it was; what is left of the servers
 * the kernel kills when this process ends.
 */
static void
stop_all_and_die(int sig)
{
    const struct timespec step = { 0, STEP_MS * 1000000L };

    for (int i = 0; i < GUARD_SERVERS_MAX; i++)
        if (running[i] != 0)
            kill(running[i], SIGTERM);
    for (int ms = 0; ms < GUARD_LIMIT_MS && count_running() > 0; ms += STEP_MS)
        nanosleep(&step, NULL);
    signal(sig, SIG_DFL);
    raise(sig);
}

/* Fill a set with the two signals. */
static void
both_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
}

/* Install the handler; it runs with both signals blocked. */
void
guard_install(void)
{
    struct sigaction action = { .sa_handler = stop_all_and_die };

    both_signals(&action.sa_mask);
    if (sigaction(SIGINT, &action, NULL) == -1 ||
        sigaction(SIGTERM, &action, NULL) == -1)
        err(1, "sigaction");
}

/* Block both signals. */
void
guard_hold(sigset_t *old)
{
    sigset_t set;

    both_signals(&set);
    if (sigprocmask(SIG_BLOCK, &set, old) == -1)
        err(1, "sigprocmask");
}

/* Unblock them. */
void
guard_release(const sigset_t *old)
{
    if (sigprocmask(SIG_SETMASK, old, NULL) == -1)
        err(1, "sigprocmask");
}

/* Replace one entry of the list. */
static void
replace(pid_t from, pid_t to)
{
    int i = 0;

    while (i < GUARD_SERVERS_MAX && running[i] != from)
        i++;
    assert(i < GUARD_SERVERS_MAX);
    running[i] = to;
}

/* List a server. */
void
guard_add(pid_t pid)
{
    replace(0, pid);
}

/* Forget a server. */
void
guard_remove(pid_t pid)
{
    replace(pid, 0);
}
