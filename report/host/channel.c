#include "report/host/channel.h"

#include "report/clock.h"
#include "report/host/wire.h"
#include "report/run/guard.h"
#include "report/run/process.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Make room for a line. */
static void
begin(struct channel *c, pid_t pid, int in, int out)
{
    *c = (struct channel) { .pid = pid, .in = in, .out = out, .why = "" };
    c->buffer = malloc(WIRE_LINE_MAX + 1);
    if (c->buffer == NULL)
        err(1, NULL);
}

/* In the child: become the program between two pipes, or say why not. */
static _Noreturn void
become(char *const argv[], int in, int out, pid_t parent)
{
    cpu_set_t all;

    /* Not on the load's processor alone, as this program is. */
    memset(&all, 0xff, sizeof(all));
    sched_setaffinity(0, sizeof(all), &all);
    process_restore_signals();
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || getppid() != parent)
        _exit(127);
    if (dup2(in, STDIN_FILENO) == -1 || dup2(out, STDOUT_FILENO) == -1)
        _exit(127);
    execvp(argv[0], argv);
    warn("%s", argv[0]);
    _exit(127);
}

/* Fork, with the program on the list of what ends with compare. */
void
channel_run(struct channel *c, char *const argv[])
{
    pid_t parent = getpid(), pid;
    int to[2], from[2];
    sigset_t old;

    if (pipe2(to, O_CLOEXEC) == -1 || pipe2(from, O_CLOEXEC) == -1)
        err(1, "pipe");
    guard_hold(&old);
    pid = fork();
    if (pid == 0)
        become(argv, to[0], from[1], parent);
    if (pid > 0)
        guard_add(pid);
    guard_release(&old);
    if (pid == -1)
        err(1, "fork");
    close(to[0]);
    close(from[1]);
    begin(c, pid, from[0], to[1]);
}

/* Take standard input and output. */
void
channel_own(struct channel *c)
{
    begin(c, 0, STDIN_FILENO, STDOUT_FILENO);
}

/* Write all of it. */
bool
channel_write(struct channel *c, const char *line)
{
    size_t length = strlen(line);

    while (length > 0) {
        ssize_t n = write(c->out, line, length);

        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1) {
            c->why = "the connection to it has ended";
            return false;
        }
        line += n;
        length -= (size_t)n;
    }
    return true;
}

/* Read more, up to a moment; false when there is none, or no room. */
static bool
fill(struct channel *c, double end)
{
    double left = end - clock_seconds();
    struct pollfd pfd = { .fd = c->in, .events = POLLIN };
    ssize_t n;

    c->why = "it sent a line that is too long";
    if (c->used > WIRE_LINE_MAX)
        return false;
    c->why = "it was silent for too long";
    if (left <= 0)
        return false;
    if (poll(&pfd, 1, (int)(left * 1000) + 1) <= 0)
        return true;
    n = read(c->in, c->buffer + c->used, WIRE_LINE_MAX + 1 - c->used);
    c->why = "the connection to it has ended";
    if (n == 0 || (n == -1 && errno != EINTR))
        return false;
    c->used += n > 0 ? (size_t)n : 0;
    return true;
}

/* Look for a line, and read until there is one. */
const char *
channel_read(struct channel *c, int limit_ms, size_t *length)
{
    double end = clock_seconds() + limit_ms / 1e3;
    const char *lf;

    c->used -= c->line;
    memmove(c->buffer, c->buffer + c->line, c->used);
    c->line = 0;
    while ((lf = memchr(c->buffer, '\n', c->used)) == NULL)
        if (!fill(c, end))
            return NULL;
    *length = (size_t)(lf - c->buffer);
    c->line = *length + 1;
    return c->buffer;
}

/* Reap the program, or kill it first. */
static void
end_program(struct channel *c, int limit_ms)
{
    int pidfd = pidfd_open(c->pid, 0);
    struct pollfd pfd = { .fd = pidfd, .events = POLLIN };
    sigset_t old;

    if (pidfd == -1)
        err(1, "pidfd_open");
    if (poll(&pfd, 1, limit_ms) != 1)
        pidfd_send_signal(pidfd, SIGKILL, NULL, 0);
    poll(&pfd, 1, -1); /* while signals may come */
    close(pidfd);
    guard_hold(&old);
    waitpid(c->pid, NULL, 0);
    guard_remove(c->pid);
    guard_release(&old);
}

/* Close it. */
void
channel_close(struct channel *c, int limit_ms)
{
    close(c->out);
    if (c->pid != 0)
        end_program(c, limit_ms);
    close(c->in);
    free(c->buffer);
}
