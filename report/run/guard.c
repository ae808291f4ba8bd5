#include "report/run/guard.h"

#include <assert.h>
#include <err.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STEP_MS 10

/* The servers that run now, a group as -pid; 0 = a free place. */
static volatile pid_t running[GUARD_SERVERS_MAX];

/* What to say before dying. */
static const char *volatile farewell = "";

/* Tell whether a server has ended; it is not reaped. */
static bool
has_ended(pid_t server)
{
    siginfo_t info = { .si_pid = 0 };
    id_t pid = (id_t)(server < 0 ? -server : server);

    return waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT) == -1 ||
           info.si_pid != 0;
}

/*
 * Count the servers that have not ended. Kill what those that have leave of
 * their groups, and only then reap them: until then the number is theirs.
 */
static int
count_running(void)
{
    int left = 0;

    for (int i = 0; i < GUARD_SERVERS_MAX; i++) {
        pid_t server = running[i];

        if (server != 0 && has_ended(server)) {
            if (server < 0)
                kill(server, SIGKILL);
            waitpid(server < 0 ? -server : server, NULL, WNOHANG);
            running[i] = 0;
        }
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
    for (int i = 0; i < GUARD_SERVERS_MAX; i++)
        if (running[i] < 0)
            kill(running[i], SIGKILL);
    (void)!write(STDERR_FILENO, farewell, strlen(farewell));
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

/* Keep the text for then. */
void
guard_say(const char *text)
{
    farewell = text;
}

/* Block both signals. */
void
guard_hold(sigset_t *old)
{
    sigset_t set;

    both_signals(&set);
    if (pthread_sigmask(SIG_BLOCK, &set, old) != 0)
        err(1, "pthread_sigmask");
}

/* Unblock them. */
void
guard_release(const sigset_t *old)
{
    if (pthread_sigmask(SIG_SETMASK, old, NULL) != 0)
        err(1, "pthread_sigmask");
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
guard_add(pid_t server)
{
    replace(0, server);
}

/* Forget a server. */
void
guard_remove(pid_t server)
{
    replace(server, 0);
}
