#include "report/run/process.h"

#include "common/cli.h"
#include "common/log.h"
#include "report/clock.h"
#include "report/run/guard.h"

#include <arpa/inet.h>
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
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CONNECT_EACH_MS 10  /* until a peer takes the call */
#define WORDS_MAX       511 /* bytes of a peer's that are kept */

/* What is to run: a program with options, a command line for the shell, or a
 * job. */
struct program {
    const char *path;
    const char *const *options;
    const char *command; /* NULL = path and options, or... */
    char *const *job;    /* ... all words of a command; NULL = none */
    const char *trace;   /* where strace writes; NULL = it does not run */
    struct process_place place;
};

/* Run the program; returns only when that is impossible. */
static void
run_program(const struct program *program)
{
    /*
     * -D: strace is the grandchild, and the server still ours. -E: one that
     * is instrumented cannot look for leaks while it is traced.
     */
    const char *const strace[] = { "strace", "-D", "-f", "-c", "-U",
        "name,calls", "-E", "LSAN_OPTIONS=detect_leaks=0", "-o",
        program->trace };
    const size_t words = sizeof(strace) / sizeof(strace[0]);
    char *argv[PROCESS_OPTIONS_MAX + 16] = { NULL }, port[8];
    size_t n = 0;

    snprintf(port, sizeof(port), "%u", program->place.port);
    for (size_t i = 0; program->trace != NULL && i < words; i++)
        argv[n++] = strdup(strace[i]);
    argv[n++] = strdup(program->path);
    argv[n++] = strdup("--port");
    argv[n++] = strdup(port);
    for (size_t i = 0; program->options[i] != NULL; i++) {
        assert(i < PROCESS_OPTIONS_MAX);
        argv[n++] = strdup(program->options[i]);
    }
    execvp(argv[0], argv);
}

/* Let signals do to the program that is run here what they do by default. */
void
process_restore_signals(void)
{
    sigset_t ignored, none;

    guard_leave();
    cli_ignored_signals(&ignored);
    for (int sig = 1; sig < NSIG; sig++)
        if (sigismember(&ignored, sig) == 1)
            signal(sig, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* In the child: say what failed, and end without what exit() does. */
static _Noreturn void
fail(const char *what)
{
    warn("%s", what);
    _exit(127);
}

/*
 * In the child: become the server of `p`, writing to `out`, or say why not
 * and exit.
 */
static _Noreturn void
become_server(const struct process *p, const struct program *program, int out,
    pid_t parent)
{
    struct rlimit files;
    int null;

    process_restore_signals();
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || getppid() != parent)
        _exit(127);
    if (program->place.cpu >= 0) {
        cpu_set_t set;

        CPU_ZERO(&set);
        CPU_SET((size_t)program->place.cpu, &set);
        if (sched_setaffinity(0, sizeof(set), &set) == -1)
            fail("sched_setaffinity");
    }
    if (program->place.network != 0 &&
        setns(program->place.network, CLONE_NEWNET) == -1)
        fail("setns");
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null == -1 || dup2(null, 0) == -1 ||
        dup2(out != -1 ? out : null, 1) == -1 ||
        (p->errors != -1 && dup2(p->errors, 2) == -1))
        fail("dup2");
    if (program->job != NULL)
        execvp(program->path, program->job);
    else if (program->command == NULL)
        run_program(program);
    else if (setpgid(0, 0) == 0)
        execl("/bin/sh", "sh", "-c", program->command, (char *)NULL);
    fail(program->command == NULL ? program->path : "/bin/sh");
}

/*
 * Read a line of standard output, without its end; false when none
 * came in time.
 */
static bool
read_line(const struct process *p, char *line, size_t size, int limit_ms)
{
    double limit = clock_seconds() + limit_ms / 1e3;
    size_t have = 0;

    while (have + 1 < size && clock_seconds() < limit) {
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
 * Read a ready line and take the port from it. Return 0, or -1 with
 * p->error set.
 */
static int
read_ready_line(struct process *p, const char *name, uint16_t *where)
{
    char line[128], shown[100];
    const char *colon;
    unsigned long port;

    if (!read_line(p, line, sizeof(line), PROCESS_READY_LIMIT_MS)) {
        snprintf(p->error, sizeof(p->error), "%s did not become ready", name);
        return -1;
    }
    colon = strrchr(line, ':');
    port = colon != NULL ? strtoul(colon + 1, NULL, 10) : 0;
    if (strncmp(line, "Serving on ", 11) != 0 || port == 0 || port > 65535) {
        log_escape(shown, sizeof(shown), line, strlen(line));
        snprintf(p->error, sizeof(p->error),
            "%s printed '%s' where its ready line was expected", name, shown);
        return -1;
    }
    *where = (uint16_t)port;
    return 0;
}

/* Send a signal to a server that is not reaped yet; of a peer, to its group. */
static void
send_signal(const struct process *p, int sig)
{
    if (p->whole > 0)
        pidfd_send_signal(p->pidfd, sig, NULL, 0);
    else
        kill(p->whole, sig);
}

/* Return words as harmless lines; of control characters blanks are left. */
static const char *
keep_lines(char *words, size_t length)
{
    static char said[LOG_HARMLESS_TIMES * WORDS_MAX + 1];
    size_t used = 0;

    for (size_t i = 0; i < length; i++)
        if (words[i] != '\n' &&
            ((unsigned char)words[i] < ' ' || words[i] == 0x7f))
            words[i] = ' ';
    while (length > 0) {
        const char *end = memchr(words, '\n', length);
        size_t line = end != NULL ? (size_t)(end - words) : length;

        used += log_harmless(said + used, sizeof(said) - used, words, line);
        if (end != NULL)
            said[used++] = '\n';
        words += line + (end != NULL);
        length -= line + (end != NULL);
    }
    said[used] = '\0';
    return said;
}

/* Keep the end of what a peer wrote on standard error. */
static void
keep_words(struct process *p)
{
    char words[WORDS_MAX], *from = words;
    off_t end = lseek(p->errors, 0, SEEK_END);
    off_t at = end > (off_t)sizeof(words) ? end - (off_t)sizeof(words) : 0;
    ssize_t n = pread(p->errors, words, sizeof(words), at);

    while (n > 0 && words[n - 1] == '\n')
        n--;
    /* It may begin within a character. */
    for (; at > 0 && n > 0 && ((unsigned char)*from & 0xc0) == 0x80; from++)
        n--;
    p->said = keep_lines(from, n > 0 ? (size_t)n : 0);
    close(p->errors);
}

/* Wait until a process has ended, without reaping it. */
bool
process_wait(const struct process *p, int limit_ms)
{
    struct pollfd pfd = { .fd = p->pidfd, .events = POLLIN };

    return poll(&pfd, 1, limit_ms) == 1;
}

/* Wait for the end of a child, reap and forget it; return its wait status. */
static int
reap(struct process *p, struct rusage *usage)
{
    sigset_t old;
    int status = 0;
    bool failed;

    process_wait(p, -1); /* while signals may come */
    guard_hold(&old);
    failed = wait4(p->pid, &status, 0, usage) == -1;
    guard_remove(p->whole);
    guard_release(&old);
    if (failed)
        err(1, "wait4");
    close(p->pidfd);
    if (p->out != -1)
        close(p->out);
    if (p->errors != -1)
        keep_words(p);
    p->pid = 0;
    return status;
}

/* Note what an ended process has used. */
static void
note_usage(struct process_end *end, const struct rusage *ru)
{
    end->switches = (uint64_t)ru->ru_nvcsw + (uint64_t)ru->ru_nivcsw;
    end->cpu_seconds =
        (double)(ru->ru_utime.tv_sec + ru->ru_stime.tv_sec) +
        (double)(ru->ru_utime.tv_usec + ru->ru_stime.tv_usec) / 1e6;
    end->stop_seconds = 0;
}

/* Kill a server that did not start well; return its wait status. */
static int
give_up(struct process *p)
{
    struct rusage usage;
    bool is_peer = p->whole < 0;
    int status;

    send_signal(p, SIGKILL);
    status = reap(p, &usage);
    if (is_peer)
        guard_end_strays();
    return status;
}

/* Fork and run a program that writes to `out`; -1 = /dev/null. */
static void
spawn(struct process *p, const struct program *program, int out)
{
    bool in_group = program->command != NULL;
    pid_t parent = getpid();
    sigset_t old;

    fflush(NULL);
    guard_hold(&old);
    p->pid = fork();
    if (p->pid == 0)
        become_server(p, program, out, parent);
    if (p->pid > 0) {
        /* Both sides ask for the group, so that neither is too early. */
        if (in_group)
            setpgid(p->pid, p->pid);
        p->whole = in_group ? -p->pid : p->pid;
        guard_add(p->whole);
    }
    guard_release(&old);
    if (p->pid == -1)
        err(1, "fork");
    p->pidfd = pidfd_open(p->pid, 0);
    if (p->pidfd == -1)
        err(1, "pidfd_open");
}

/* Read all ready lines that are due. */
static int
read_ready_lines(struct process *p, const struct program *program)
{
    if (read_ready_line(p, program->path, &p->port) == -1)
        return -1;
    for (size_t i = 0; program->options[i] != NULL; i++)
        if (strcmp(program->options[i], "--http-port") == 0)
            return read_ready_line(p, program->path, &p->http_port);
    return 0;
}

/* Start a server and wait until it is ready. */
static int
start_program(struct process *p, const struct program *program)
{
    int out[2];

    memset(p, 0, sizeof(*p));
    p->said = "";
    p->errors = -1;
    if (pipe2(out, O_CLOEXEC) == -1)
        err(1, "pipe");
    p->out = out[0];
    if (fcntl(p->out, F_SETFL, O_NONBLOCK) == -1)
        err(1, "fcntl");
    spawn(p, program, out[1]);
    close(out[1]);
    if (read_ready_lines(p, program) == 0)
        return 0;
    give_up(p);
    return -1;
}

/* Start a server as it is. */
int
process_start(struct process *p, const char *path, const char *const options[],
    struct process_place place)
{
    const struct program program = {
        .path = path, .options = options, .place = place
    };

    return start_program(p, &program);
}

/* Start a server under strace. */
int
process_start_traced(struct process *p, const char *path,
    const char *const options[], struct process_place place, const char *trace)
{
    const struct program program = {
        .path = path, .options = options, .trace = trace, .place = place
    };

    return start_program(p, &program);
}

/* Return a new socket bound to a free port, which it tells. */
static int
bind_free(in_addr_t address, uint16_t *port)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(address) };
    socklen_t size = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd == -1 || bind(fd, (const struct sockaddr *)&at, sizeof(at)) == -1 ||
        getsockname(fd, (struct sockaddr *)&at, &size) == -1)
        err(1, "no free port");
    *port = ntohs(at.sin_port);
    return fd;
}

/*
 * Call a peer until it answers, from a socket that is bound: one that is not
 * may be given the very port that it calls, and reach itself. Return false
 * when the process ends before, or the time does.
 */
static bool
call_until_ready(const struct process *p, int caller)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
        .sin_port = htons(p->port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    double limit = clock_seconds() + PROCESS_READY_LIMIT_MS / 1e3;

    while (clock_seconds() < limit) {
        if (connect(caller, (const struct sockaddr *)&at, sizeof(at)) == 0)
            return true;
        if (process_wait(p, CONNECT_EACH_MS))
            return false;
    }
    return false;
}

/* Put "exec " before a command and a port into it; free the result. */
static char *
make_command(const char *command, uint16_t port)
{
    const char *at = command, *mark;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL)
        err(1, NULL);
    fputs("exec ", out);
    for (; (mark = strstr(at, PROCESS_PORT_MARK)) != NULL;
         at = mark + strlen(PROCESS_PORT_MARK))
        fprintf(out, "%.*s%u", (int)(mark - at), at, port);
    fputs(at, out);
    if (fclose(out) == EOF)
        err(1, NULL);
    return text;
}

/* Say in words how a process ended. */
static void
describe_end(int status, char *text, size_t size)
{
    if (WIFSIGNALED(status))
        snprintf(text, size, "died of signal %d (%s)", WTERMSIG(status),
            strsignal(WTERMSIG(status)));
    else
        snprintf(text, size, "exited with status %d", WEXITSTATUS(status));
}

/* What is told of a peer that ended with status 0 while something goes on. */
static const char in_background[] =
    "went into the background (exited with status 0), and must stay in the "
    "foreground";

/* Start a peer and call it until it takes the call. */
int
process_start_peer(struct process *p, const char *command, int cpu)
{
    struct program program = { .place.cpu = cpu };
    uint16_t own_port;
    int held, caller, status;
    bool ready, ended, left;
    char *text, end[96];

    memset(p, 0, sizeof(*p));
    p->said = "";
    p->out = -1;
    p->errors = memfd_create("standard error", MFD_CLOEXEC);
    if (p->errors == -1)
        err(1, "memfd_create");
    held = bind_free(INADDR_ANY, &p->port);
    caller = bind_free(INADDR_LOOPBACK, &own_port);
    close(held);
    program.command = text = make_command(command, p->port);
    spawn(p, &program, -1);
    free(text);
    ready = call_until_ready(p, caller);
    close(caller);
    ended = process_wait(p, 0);
    if (ready && !ended)
        return 0;
    left = guard_has_strays();
    status = give_up(p);
    describe_end(status, end, sizeof(end));
    if (ended && left && status == 0)
        snprintf(p->error, sizeof(p->error), "%s", in_background);
    else if (ended && ready)
        snprintf(p->error, sizeof(p->error), "%s by itself", end);
    else if (ended)
        snprintf(p->error, sizeof(p->error), "%s before it listened on port %d",
            end, p->port);
    else
        snprintf(p->error, sizeof(p->error),
            "did not listen on 127.0.0.1:%d within %d s", p->port,
            PROCESS_READY_LIMIT_MS / 1000);
    return -1;
}

/* Start a job. */
void
process_start_job(struct process *p, char *const argv[], int cpu, bool heard)
{
    const struct program program = {
        .path = argv[0], .job = argv, .place.cpu = cpu
    };
    int out[2] = { -1, -1 };

    memset(p, 0, sizeof(*p));
    p->said = "";
    p->errors = memfd_create("standard error", MFD_CLOEXEC);
    if (p->errors == -1)
        err(1, "memfd_create");
    if (heard && pipe2(out, O_CLOEXEC) == -1)
        err(1, "pipe");
    p->out = out[0];
    if (heard && fcntl(p->out, F_SETFL, O_NONBLOCK) == -1)
        err(1, "fcntl");
    spawn(p, &program, out[1]);
    if (heard)
        close(out[1]);
}

/* Reap a job. */
int
process_end_job(struct process *p, struct process_end *end)
{
    bool ended = process_wait(p, 0);
    struct rusage ru;
    int status;

    if (!ended)
        send_signal(p, SIGKILL);
    status = reap(p, &ru);
    note_usage(end, &ru);
    if (!ended)
        snprintf(p->error, sizeof(p->error), "did not end");
    else if (status != 0)
        describe_end(status, p->error, sizeof(p->error));
    return ended && status == 0 ? 0 : -1;
}

/* Ask a server for its counters and picks one. */
int
process_counter(struct process *p, const char *name, uint64_t *value)
{
    size_t length = strlen(name);
    char line[128];
    int found = -1;

    pidfd_send_signal(p->pidfd, SIGUSR1, NULL, 0);
    while (read_line(p, line, sizeof(line), PROCESS_COUNTERS_LIMIT_MS) &&
           line[0] != '\0') {
        if (strncmp(line, name, length) != 0 || line[length] != ' ')
            continue;
        *value = strtoull(line + length, NULL, 10);
        found = 0;
    }
    return found;
}

/*
 * Wait for the exit and empty the pipe meanwhile; returns false when the time
 * is over.
 */
static bool
wait_for_exit(const struct process *p, double limit)
{
    double left;

    while ((left = limit - clock_seconds()) > 0) {
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
    double start = clock_seconds();
    bool is_peer = p->whole < 0, early, left, in_time;
    struct rusage ru;
    char how[96];
    int status;

    assert(p->pid != 0);
    early = is_peer && process_wait(p, 0);
    left = early && guard_has_strays();
    send_signal(p, SIGTERM);
    in_time = wait_for_exit(p, start + PROCESS_STOP_LIMIT_MS / 1e3);
    if (!in_time || is_peer)
        send_signal(p, SIGKILL);
    status = reap(p, &ru);
    if (end != NULL) {
        note_usage(end, &ru);
        end->stop_seconds = clock_seconds() - start;
    }
    if (is_peer)
        guard_end_strays();
    describe_end(status, how, sizeof(how));
    if (left && status == 0)
        snprintf(p->error, sizeof(p->error), "%s", in_background);
    else if (!in_time)
        snprintf(p->error, sizeof(p->error), "did not stop within %d s",
            PROCESS_STOP_LIMIT_MS / 1000);
    else if (early)
        snprintf(p->error, sizeof(p->error), "%s by itself", how);
    else if (status != 0)
        snprintf(p->error, sizeof(p->error), "%s", how);
    else
        return 0;
    return is_peer && !early ? 0 : -1;
}
