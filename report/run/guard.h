/*
 * guard - no server outlives compare.
 *
 * Keeps the list of the servers that run now. When SIGINT or SIGTERM comes,
 * they are stopped and waited for before compare dies of that signal. (Should
 * compare be killed outright, the kernel kills them: see process.c.) The main
 * thread must be the only one that these signals can come to.
 */
#ifndef REPORT_GUARD_H
#define REPORT_GUARD_H

#include <signal.h>
#include <sys/types.h>

#define GUARD_SERVERS_MAX 8    /* running at one time */
#define GUARD_LIMIT_MS    2000 /* for them to stop; then they are killed */

/* Handle SIGINT and SIGTERM from now on. Call it before any server runs. */
void guard_install(void);

/*
 * Let a text be written to standard error before compare dies of a signal; it
 * is the caller's and must last until another takes its place, "" for none.
 */
void guard_say(const char *text);

/*
 * Keep both signals away while a server is started or reaped, so that the
 * list is right when they come; *old is for guard_release().
 */
void guard_hold(sigset_t *old);

/* Let the signals come again. */
void guard_release(const sigset_t *old);

/*
 * Put a server on the list; while held. At most GUARD_SERVERS_MAX. As with
 * kill(2), -pid stands for all of the process group that `pid` leads.
 */
void guard_add(pid_t server);

/* Take a server off the list, as it was put on it; while held. */
void guard_remove(pid_t server);

#endif
