/*
 * process - server processes that compare starts and stops.
 *
 * A server is any program that takes `--port 0`, prints
 *
 *     Serving on 127.0.0.1:PORT. Hit CTRL-C to stop.
 *
 * once a connect succeeds, and exits with 0 after SIGTERM. Each is held by a
 * pidfd, so that a signal can never reach another process, and is killed by
 * the kernel should compare itself be killed.
 */
#ifndef REPORT_PROCESS_H
#define REPORT_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define PROCESS_READY_LIMIT_MS 10000 /* from exec to the ready line */
#define PROCESS_STOP_LIMIT_MS  5000  /* from SIGTERM to the exit */
#define PROCESS_OPTIONS_MAX    12

struct process {
    pid_t pid; /* 0 when none is running */
    int pidfd;
    int out; /* its standard output, not blocking */
    uint16_t port;
    char error[256]; /* why the last call failed */
};

/* How a process ended, by wait4(2); all of its threads are summed up. */
struct process_end {
    uint64_t switches;   /* context switches, voluntary and not */
    double cpu_seconds;  /* user and system */
    double stop_seconds; /* from SIGTERM to the exit */
};

/*
 * Start the program at `path` with `--port 0` and the further `options`
 * (ended by NULL, at most PROCESS_OPTIONS_MAX), pinned to processor `cpu` or,
 * if that is negative, wherever it may run; descriptor limit raised to the
 * hard one, standard input from /dev/null, standard error shared. Wait for
 * the ready line and fills in the port. Return 0; or -1 with p->error set
 * and no process left.
 */
int process_start(
    struct process *p, const char *path, const char *const options[], int cpu);

/*
 * Send SIGTERM and wait for the exit. Return 0 when the server exited with
 * 0 within PROCESS_STOP_LIMIT_MS; otherwise -1 with p->error set. The process
 * is gone in either case (killed, if need be). `end` may be NULL.
 */
int process_stop(struct process *p, struct process_end *end);

/*
 * Ask the server with SIGUSR1 for its counters, a line "name value" each and
 * an empty line, and set *value to the one of that name. Return 0, or -1
 * when it is not among them. Only for servers that know the signal: it ends
 * the others.
 */
int process_counter(struct process *p, const char *name, uint64_t *value);

#endif
