#include "report/run/guard.h"

#include "report/run/children.h"

#include <assert.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STEP_MS     10
#define AT_ONCE_MS  100 /* for what was killed to be gone */
#define STRAYS_SEEN 64  /* at a time; the others are seen next time */

/* What ends compare; all but the first two stay ignored where they are. */
static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGXCPU };
#define SIGNALS (sizeof(signals) / sizeof(signals[0]))

/* The servers that run now, a group as -pid; 0 = a free place. */
static volatile pid_t running[GUARD_SERVERS_MAX];

/* Strays that SIGTERM was sent to. */
static pid_t told[STRAYS_SEEN];
static size_t told_count;

/* Children of before, whom whoever became compare had started. */
static struct child others[STRAYS_SEEN];
static size_t others_count;

/* Who installed all this: a child that fails to become a server is not. */
static pid_t owner;

/* What to say before dying, of which signal that is, and how far it is. */
static const char *volatile farewell = "";
static volatile sig_atomic_t dying;
static volatile sig_atomic_t stage;
enum { ALIVE, STOPPING, SAYING };

/* Sleep for a step. */
static void
wait_step(void)
{
    const struct timespec step = { 0, STEP_MS * 1000000L };

    nanosleep(&step, NULL);
}

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
 * their groups, and only then reap them: until then the number is theirs, and
 * from then on on no list.
 */
static size_t
count_running(void)
{
    size_t left = 0;

    for (int i = 0; i < GUARD_SERVERS_MAX; i++) {
        pid_t server = running[i];

        if (server != 0 && has_ended(server)) {
            if (server < 0)
                kill(server, SIGKILL);
            running[i] = 0;
            waitpid(server < 0 ? -server : server, NULL, WNOHANG);
        }
        left += running[i] != 0;
    }
    return left;
}

/* Send all servers a signal. */
static void
signal_servers(int sig)
{
    for (int i = 0; i < GUARD_SERVERS_MAX; i++)
        if (running[i] != 0)
            kill(running[i], sig);
}

/* Tell whether a child is no stray: a server that is listed, or of before. */
static bool
is_known(pid_t pid)
{
    for (int i = 0; i < GUARD_SERVERS_MAX; i++)
        if (running[i] == pid || running[i] == -pid)
            return true;
    for (size_t i = 0; i < others_count; i++)
        if (others[i].pid == pid)
            return true;
    return false;
}

/* Tell whether a stray was told to end, and note that it is now. */
static bool
was_told(pid_t pid)
{
    for (size_t i = 0; i < told_count; i++)
        if (told[i] == pid)
            return true;
    if (told_count < STRAYS_SEEN)
        told[told_count++] = pid;
    return false;
}

/*
 * Send strays a signal, SIGTERM once to each, 0 for none, and reap those that
 * have ended. Return how many are left. One that leads a process group stands
 * for all of it: the group's number is taken as long as the stray is there.
 */
static size_t
signal_strays(int sig)
{
    static struct child children[STRAYS_SEEN];
    size_t n = children_list(children, STRAYS_SEEN), left = 0;

    for (size_t i = 0; i < n; i++) {
        pid_t pid = children[i].pid;

        if (is_known(pid))
            continue;
        if (children[i].ended) {
            waitpid(pid, NULL, WNOHANG);
            continue;
        }
        left++;
        if (sig == SIGKILL || (sig == SIGTERM && !was_told(pid)))
            kill(children[i].group == pid ? -pid : pid, sig);
    }
    return left;
}

/* Kill strays until there are none, for a limited time. */
static void
kill_strays(int limit_ms)
{
    for (int ms = 0; signal_strays(SIGKILL) > 0 && ms < limit_ms; ms += STEP_MS)
        wait_step();
}

/* Stop all servers, and end all strays. */
static void
stop_all(void)
{
    told_count = 0;
    signal_servers(SIGTERM);
    for (int ms = 0; ms < GUARD_LIMIT_MS; ms += STEP_MS) {
        if (count_running() + signal_strays(SIGTERM) == 0)
            return;
        wait_step();
    }
    signal_servers(SIGKILL);
    kill_strays(GUARD_STRAYS_MS);
}

/* Die of the signal, now. */
static void
die(int ignored)
{
    signal(dying, SIG_DFL);
    kill(getpid(), dying);
    _exit(128 + dying);
}

/*
 * Say what there is to say. A terminal whose other end nobody reads, or a full
 * pipe, would keep it waiting: the alarm does not let it.
 */
static void
say_farewell(void)
{
    signal(SIGALRM, die);
    alarm(1);
    (void)!write(STDERR_FILENO, farewell, strlen(farewell));
    alarm(0);
}

/*
 * Stop the servers and die of the signal. The main program is not resumed, so
 * that it does not matter in which call it was; nor is this, where another
 * signal comes meanwhile.
 */
static void
stop_all_and_die(int sig)
{
    int before = stage;

    dying = sig;
    if (before == SAYING)
        die(sig);
    stage = STOPPING;
    if (before == ALIVE) {
        stop_all();
    } else {
        signal_servers(SIGKILL);
        kill_strays(AT_ONCE_MS);
    }
    stage = SAYING;
    say_farewell();
    die(sig);
}

/* Stop the servers at the exit, which may be due to an error. */
static void
stop_all_at_exit(void)
{
    if (getpid() == owner)
        stop_all();
}

/* Fill a set with the signals, and the one of the alarm. */
static void
all_signals(sigset_t *set)
{
    sigemptyset(set);
    for (size_t i = 0; i < SIGNALS; i++)
        sigaddset(set, signals[i]);
    sigaddset(set, SIGALRM);
}

/* Install the handlers; they run with none of the signals blocked. */
void
guard_install(void)
{
    struct sigaction action = { .sa_handler = stop_all_and_die,
        .sa_flags = SA_NODEFER };
    struct sigaction old;
    sigset_t set;

    all_signals(&set);
    if (pthread_sigmask(SIG_UNBLOCK, &set, NULL) != 0)
        err(1, "pthread_sigmask");
    owner = getpid();
    others_count = children_list(others, STRAYS_SEEN);
    children_adopt();
    if (atexit(stop_all_at_exit) != 0)
        errx(1, "atexit");
    for (size_t i = 0; i < SIGNALS; i++)
        if (sigaction(signals[i], NULL, &old) == -1 ||
            ((i < 2 || old.sa_handler != SIG_IGN) &&
                sigaction(signals[i], &action, NULL) == -1))
            err(1, "sigaction");
}

/* Take the handlers away. */
void
guard_leave(void)
{
    struct sigaction old;

    for (size_t i = 0; i < SIGNALS; i++)
        if (sigaction(signals[i], NULL, &old) == 0 &&
            old.sa_handler == stop_all_and_die)
            signal(signals[i], SIG_DFL);
}

/* Keep the text for then. */
void
guard_say(const char *text)
{
    farewell = text;
}

/* Block the signals. */
void
guard_hold(sigset_t *old)
{
    sigset_t set;

    all_signals(&set);
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

/* Look for them. */
bool
guard_has_strays(void)
{
    return signal_strays(0) > 0;
}

/* Ask them to end, then make them. */
void
guard_end_strays(void)
{
    told_count = 0;
    for (int ms = 0; ms < GUARD_STRAYS_MS; ms += STEP_MS) {
        if (signal_strays(SIGTERM) == 0)
            return;
        wait_step();
    }
    kill_strays(GUARD_STRAYS_MS);
}
