#include "report/process.h"

#include "report/guard.h"

#include <assert.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COUNTERS_LIMIT_MS 1000 /* for one line of them */

/* Return the monotonic clock in seconds. */
static double
seconds_now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Run the program; returns only when that is impossible. */
static void
run_program(const char *path, const char *const options[])
{
    char *argv[PROCESS_OPTIONS_MAX + 4] = { strdup(path), strdup("--port"),
        strdup("0") };

    for (size_t i = 0; options[i] != NULL; i++) {
        assert(i < PROCESS_OPTIONS_MAX);
        argv[3 + i] = strdup(options[i]);
    }
    execv(path, argv);
}

/* In the child: become the server, or say why not and exit. */
static _Noreturn void
become_server(const char *path, const char *const options[], int cpu, int out,
    pid_t parent)
{
    struct rlimit files;
    sigset_t none;
    int null;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || getppid() != parent)
        _exit(127);
    if (cpu >= 0) {
        cpu_set_t set;

        CPU_ZERO(&set);
        CPU_SET((size_t)cpu, &set);
        if (sched_setaffinity(0, sizeof(set), &set) == -1)
            err(127, "pin to processor %d", cpu);
    }
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null == -1 || dup2(null, 0) == -1 || dup2(out, 1) == -1)
        err(127, "redirect");
    run_program(path, options);
    err(127, "%s", path);
}

/*
 * Read a line of standard output, without its end; false when none
 * came in time.
 */
static bool
read_line(const struct process *p, char *line, size_t size, int limit_ms)
{
    double limit = seconds_now() + limit_ms / 1e3;
    size_t have = 0;

    while (have + 1 < size && seconds_now() < limit) {
        struct pollfd pfd = { .fd = p->out, .events = POLLIN };
        ssize_t n;

        poll(&pfd, 1, 100);
        n = read(p->out, line + have, 1);
        if (n == 0)
            break;
        if (n == 1 && line[have] == '\n') {
            line[have] = '\0';
            return true;
        }
        have += n == 1;
    }
    return false;
}

/*
 * Read the ready line and take the port from it. Return 0, or -1 with
 * p->error set.
 */
static int
read_ready_line(struct process *p, const char *name)
{
    char line[128];
    const char *colon;
    unsigned long port;

    if (!read_line(p, line, sizeof(line), PROCESS_READY_LIMIT_MS)) {
        snprintf(p->error, sizeof(p->error), "%s did not become ready", name);
        return -1;
    }
    colon = strrchr(line, ':');
    port = colon != NULL ? strtoul(colon + 1, NULL, 10) : 0;
    if (strncmp(line, "Serving on ", 11) != 0 || port == 0 || port > 65535) {
        snprintf(p->error, sizeof(p->error),
            "%s printed '%.100s' where its ready line was expected", name,
            line);
        return -1;
    }
    p->port = (uint16_t)port;
    return 0;
}

/* Reap the ended child and forget it; return its wait status. */
static int
reap(struct process *p, struct rusage *usage)
{
    sigset_t old;
    int status = 0;

    guard_hold(&old);
    if (wait4(p->pid, &status, 0, usage) == -1)
        err(1, "wait4");
    guard_remove(p->pid);
    guard_release(&old);
    close(p->pidfd);
    close(p->out);
    p->pid = 0;
    return status;
}

/* Kill a server that did not start well. */
static int
give_up(struct process *p)
{
    struct rusage usage;

    pidfd_send_signal(p->pidfd, SIGKILL, NULL, 0);
    reap(p, &usage);
    return -1;
}

/* Start a server and wait until it is ready. */
int
process_start(
    struct process *p, const char *path, const char *const options[], int cpu)
{
    pid_t parent = getpid();
    sigset_t old;
    int out[2];

    memset(p, 0, sizeof(*p));
    if (pipe2(out, O_CLOEXEC) == -1)
        err(1, "pipe");
    fflush(NULL);
    guard_hold(&old);
    p->pid = fork();
    if (p->pid == -1)
        err(1, "fork");
    if (p->pid == 0)
        become_server(path, options, cpu, out[1], parent);
    guard_add(p->pid);
    guard_release(&old);
    close(out[1]);
    p->out = out[0];
    if (fcntl(p->out, F_SETFL, O_NONBLOCK) == -1)
        err(1, "fcntl");
    p->pidfd = pidfd_open(p->pid, 0);
    if (p->pidfd == -1)
        err(1, "pidfd_open");
    if (read_ready_line(p, path) == -1)
        return give_up(p);
    return 0;
}

/* Ask a server for its counters and picks one. */
int
process_counter(struct process *p, const char *name, uint64_t *value)
{
    size_t length = strlen(name);
    char line[128];
    int found = -1;

    pidfd_send_signal(p->pidfd, SIGUSR1, NULL, 0);
    while (read_line(p, line, sizeof(line), COUNTERS_LIMIT_MS) &&
           line[0] != '\0') {
        if (strncmp(line, name, length) != 0 || line[length] != ' ')
            continue;
        *value = strtoull(line + length, NULL, 10);
        found = 0;
    }
    return found;
}

/* Wait for the exit; returns false when the time is over. */
static bool
wait_for_exit(const struct process *p, double limit)
{
    double left;

    while ((left = limit - seconds_now()) > 0) {
        struct pollfd pfd[2] = { { .fd = p->pidfd, .events = POLLIN },
            { .fd = p->out, .events = POLLIN } };
        char sink[1024];

        poll(pfd, 2, (int)(left * 1000) + 1);
        if (pfd[0].revents != 0)
            return true;
        /* A pipe that nobody empties could keep the server from ending. */
        if (pfd[1].revents != 0 && read(p->out, sink, sizeof(sink)) == 0)
            poll(pfd, 1, (int)(left * 1000) + 1);
    }
    return false;
}

/* Stop a server and take its resource usage. */
int
process_stop(struct process *p, struct process_end *end)
{
    double start = seconds_now();
    struct rusage ru;
    bool in_time;
    int status;

    assert(p->pid != 0);
    pidfd_send_signal(p->pidfd, SIGTERM, NULL, 0);
    in_time = wait_for_exit(p, start + PROCESS_STOP_LIMIT_MS / 1e3);
    if (!in_time)
        pidfd_send_signal(p->pidfd, SIGKILL, NULL, 0);
    status = reap(p, &ru);
    if (end != NULL) {
        end->switches = (uint64_t)ru.ru_nvcsw + (uint64_t)ru.ru_nivcsw;
        end->cpu_seconds =
            (double)(ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) +
            (double)(ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) / 1e6;
        end->stop_seconds = seconds_now() - start;
    }
    if (!in_time)
        snprintf(p->error, sizeof(p->error), "did not stop within %d s",
            PROCESS_STOP_LIMIT_MS / 1000);
    else if (WIFSIGNALED(status))
        snprintf(
            p->error, sizeof(p->error), "died of signal %d", WTERMSIG(status));
    else if (WEXITSTATUS(status) != 0)
        snprintf(p->error, sizeof(p->error), "exited with status %d",
            WEXITSTATUS(status));
    else
        return 0;
    return -1;
}
