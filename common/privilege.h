/*
 * privilege - give up what a server does not need.
 *
 * A server needs rights when it takes its port and none afterwards. So it drops
 * them before it looks at the first byte of a client: what a client might ever
 * trick it into is then what an ordinary user may do, or less.
 */
#ifndef COMMON_PRIVILEGE_H
#define COMMON_PRIVILEGE_H

#include <stddef.h>

/* Room for a reason why not: a user's name and a sentence. */
#define PRIVILEGE_TEXT_MAX 256

/*
 * Give up privileges for good. Call it when the listeners are open and before
 * there are threads. In any case, however the process got them:
 *
 * - no program that is run from here on gains any (PR_SET_NO_NEW_PRIVS);
 * - no capability is left: none effective, permitted, inheritable or ambient,
 *   and none in the bounding set where CAP_SETPCAP allows that. What belongs to
 *   root stays open to a process whose user is root; nothing else does.
 *
 * With a user, a name or a number, the process moreover is that user, in that
 * user's group, and in no supplementary group that is not that user's; it
 * cannot become root again. Where it had the right to, it has all groups of
 * that user.
 *
 * How the process began does not count: it is the end that is proved, by asking
 * the system, when all was done.
 *
 * Returns 0, or -1 with a reason in text: there is no such user, user is root
 * while the process is to stop being it, or something cannot be given up.
 */
int privilege_drop(const char *user, char text[PRIVILEGE_TEXT_MAX]);

#endif
