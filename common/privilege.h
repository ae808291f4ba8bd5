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
 * Give up privileges for good: no program that is run from here on gains any
 * (PR_SET_NO_NEW_PRIVS); and with a user, a name or a number, the process
 * becomes that user, with its groups only, and cannot become root again. Call
 * it when the listeners are open and before there are threads.
 *
 * Returns 0, or -1 with a reason in text: there is no such user, user is root
 * while the process is to stop being it, or the system does not let us.
 */
int privilege_drop(const char *user, char text[PRIVILEGE_TEXT_MAX]);

#endif
