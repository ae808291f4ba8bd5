/*
 * process - server processes that compare starts and stops.
 *
 * A server is any program that takes `--port`, prints
 *
 *     Serving on 127.0.0.1:PORT. Hit CTRL-C to stop.
 *
 * once a connect succeeds (with `--http-port 0` a second such line, for HTTP),
 * and exits with 0 after SIGTERM. Each is held by a
 * pidfd, so that a signal can never reach another process, and is killed by
 * the kernel should compare itself be killed.
 *
 * A peer is a server of which less is asked: that it listens on the port that
 * it is told, stays in the foreground, and ends on SIGTERM. It is a command
 * line for the shell, and has a process group of its own, to which its signals
 * go; they are sent before its leader is reaped, so that they, too, can never
 * reach others. What has left the group is ended when the peer has (see
 * guard.h); what it takes is in no figure. Should compare be killed by SIGKILL,
 * the kernel kills the leader alone.
 */
#ifndef REPORT_PROCESS_H
#define REPORT_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define PROCESS_READY_LIMIT_MS    10000 /* from exec to the ready line */
#define PROCESS_STOP_LIMIT_MS     5000  /* from SIGTERM to the exit */
#define PROCESS_COUNTERS_LIMIT_MS 5000  /* for each line of them */
#define PROCESS_OPTIONS_MAX       14
#define PROCESS_PORT_MARK         "{port}" /* in the command of a peer */

/* Where a process runs. */
struct process_place {
    int cpu;       /* the processor; negative = any */
    int network;   /* a descriptor of its network namespace; 0 = ours */
    uint16_t port; /* where it listens; 0 = on any that is free */
};

struct process {
    pid_t pid;   /* 0 when none is running */
    pid_t whole; /* as for kill(2): the pid; of a peer, its group, negative */
    int pidfd;
    int out;    /* its standard output, not blocking; -1 for a peer */
    int errors; /* what a peer or a job wrote on standard error; else -1 */
    uint16_t port;
    uint16_t http_port; /* of a server with two doors; else 0 */
    char error[384];    /* why the last call failed */
    /* The last that a peer or a job wrote on standard error, as a terminal may
       be shown it (see log_harmless()), in lines; until the next has ended. */
    const char *said;
};

/* How a process ended, by wait4(2); all of its threads are summed up. */
struct process_end {
    uint64_t switches;   /* context switches, voluntary and not */
    double cpu_seconds;  /* user and system */
    double stop_seconds; /* from SIGTERM to the exit; of a job 0 */
};

/* In a child: let signals do to the program that it becomes what they do by
 * default. */
void process_restore_signals(void);

/*
 * Start the program at `path` with `--port` and the further `options`
 * (ended by NULL, at most PROCESS_OPTIONS_MAX) at a place; descriptor limit
 * raised to the hard one, standard input from /dev/null, standard error shared.
 * Wait for the ready line and fills in the port. Return 0; or -1 with p->error
 * set and no process left.
 */
int process_start(struct process *p, const char *path,
    const char *const options[], struct process_place place);

/*
 * Start a program likewise, with strace counting its system calls from the
 * first to the last; once the server has stopped strace writes a table of them
 * (its option -c) to the file `trace`.
 */
int process_start_traced(struct process *p, const char *path,
    const char *const options[], struct process_place place, const char *trace);

/*
 * Start a peer: `/bin/sh -c 'exec COMMAND'`, where each {port} in `command`
 * has become the number of a port that was free a moment ago. Standard output
 * goes to /dev/null, standard error into a file in memory; the rest is as with
 * process_start(). The peer is ready when a connect to 127.0.0.1 and the port
 * succeeds (that connection is closed at once). Return 0; or -1 with p->error
 * and p->said set and nothing that it started left.
 */
int process_start_peer(struct process *p, const char *command, int cpu);

/*
 * Start a job, a command that ends by itself: `argv`, ended by NULL, looked up
 * in PATH where its first word has no slash. Standard output goes to /dev/null
 * or, if it is `heard`, to a pipe that does not block, p->out; standard error
 * into a file in memory. The rest is as with process_start(). p->pidfd is
 * readable when it has ended. A command that cannot be run ends with status
 * 127, having said why.
 */
void process_start_job(
    struct process *p, char *const argv[], int cpu, bool heard);

/*
 * Take leave of a job: kill it if it goes on, and reap it. Return 0 when it had
 * exited with 0 by itself; otherwise -1 with p->error set. p->said is set.
 */
int process_end_job(struct process *p, struct process_end *end);

/*
 * Wait up to `limit_ms` for a server to end by itself; false: it goes on. It
 * is stopped by process_stop() all the same.
 */
bool process_wait(const struct process *p, int limit_ms);

/*
 * Send SIGTERM and wait for the exit. Return 0 when the server exited with
 * 0 within PROCESS_STOP_LIMIT_MS; otherwise -1 with p->error set. The process
 * is gone in either case (killed, if need be). `end` may be NULL.
 *
 * A peer may end as it likes, or have to be killed: p->error then says how,
 * and is empty when it exited with 0; p->said is set. Return -1 only when it
 * had ended before it was told to. What it leaves behind is ended: in its group
 * at once by SIGKILL, elsewhere as guard_end_strays() does.
 */
int process_stop(struct process *p, struct process_end *end);

/*
 * Ask the server with SIGUSR1 for its counters, a line "name value" each and
 * an empty line, and set *value to the one of that name. Return 0, or -1
 * when it is not among them or they do not come in time. Only for servers that
 * know the signal: it ends the others.
 */
int process_counter(struct process *p, const char *name, uint64_t *value);

#endif
