/*
 * guard - no server outlives compare, nor does what a peer leaves behind.
 *
 * Keeps the list of the servers that run now. When compare ends, by exit() or
 * by a signal, they are stopped and waited for. A child that is on no list is a
 * stray: a descendant of a peer whose own parent has ended, in whatever session
 * it is; strays are ended, too. (Should compare be killed outright, the kernel
 * kills the servers: see process.c; it knows nothing of strays.)
 *
 * The signals are SIGINT and SIGTERM, and SIGHUP, SIGQUIT and SIGXCPU unless
 * they were ignored before. A second one kills what the first has not stopped
 * yet, and does not wait for who reads standard error. The main thread must be
 * the only one that they can come to.
 */
#ifndef REPORT_GUARD_H
#define REPORT_GUARD_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#define GUARD_SERVERS_MAX 80   /* running at one time, agents included */
#define GUARD_LIMIT_MS    2000 /* for them to stop; then they are killed */
#define GUARD_STRAYS_MS   1000 /* for strays to end; then they are killed */

/*
 * Be prepared for exit() and the signals from now on, and for strays. Call it
 * before any child is made; children that are there already, of whoever became
 * compare by exec, are left alone.
 */
void guard_install(void);

/*
 * In a child that is to become another program: let the signals do what they
 * do by default.
 */
void guard_leave(void);

/*
 * Let a text be written to standard error before compare dies of a signal, if
 * that takes it within a second; it is the caller's and must last until another
 * takes its place, "" for none.
 */
void guard_say(const char *text);

/*
 * Keep the signals away while a server is started or reaped, so that the list
 * is right when they come; *old is for guard_release(). Nothing that may have
 * to wait may be done meanwhile, like printing.
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

/* Return whether there is a stray. */
bool guard_has_strays(void);

/*
 * End all strays, by SIGTERM to each and the process group that it leads, and
 * after GUARD_STRAYS_MS by SIGKILL; reap them. So for what becomes a stray
 * meanwhile, until there is none, or as long again has passed.
 */
void guard_end_strays(void);

#endif
