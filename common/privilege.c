#include "common/privilege.h"

#include "common/number.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Say why not. */
static int
refuse(char text[PRIVILEGE_TEXT_MAX], const char *user, const char *reason)
{
    snprintf(text, PRIVILEGE_TEXT_MAX, "cannot become user %.100s: %s", user,
        reason);
    return -1;
}

/* Find a user by name or number; NULL: there is none, or errno says why it is
 * not known. */
static const struct passwd *
find_user(const char *user)
{
    int64_t number;

    errno = 0;
    if (number_read(user, strlen(user), &number) == NUMBER_OK)
        return number < 0 || number > UINT32_MAX ? NULL
                                                 : getpwuid((uid_t)number);
    return getpwnam(user);
}

/* Whether the process is that user and cannot be told to be another. */
static bool
is_user(const struct passwd *entry)
{
    uid_t real, effective, saved;

    return getresuid(&real, &effective, &saved) == 0 && real == entry->pw_uid &&
           effective == entry->pw_uid && saved == entry->pw_uid &&
           setuid(0) == -1;
}

/* Whether it is in that user's group and cannot be put into another. */
static bool
is_in_group(const struct passwd *entry)
{
    gid_t real, effective, saved;

    return getresgid(&real, &effective, &saved) == 0 && real == entry->pw_gid &&
           effective == entry->pw_gid && saved == entry->pw_gid &&
           setgid(0) == -1;
}

/* Become a user; the groups first, as long as that is allowed. */
static int
become(const char *user, char text[PRIVILEGE_TEXT_MAX])
{
    const struct passwd *entry = find_user(user);

    if (entry == NULL)
        return refuse(text, user,
            errno == 0 ? "there is no such user" : strerrordesc_np(errno));
    if (entry->pw_uid == 0 || entry->pw_gid == 0)
        return refuse(text, user, "that would be root again");
    /* Who is that user already may drop no groups, and need not. */
    if (is_user(entry))
        return 0;
    if (initgroups(entry->pw_name, entry->pw_gid) == -1 ||
        setresgid(entry->pw_gid, entry->pw_gid, entry->pw_gid) == -1 ||
        setresuid(entry->pw_uid, entry->pw_uid, entry->pw_uid) == -1)
        return refuse(text, user, strerrordesc_np(errno));
    if (!is_user(entry) || !is_in_group(entry))
        return refuse(text, user, "the old privileges would come back");
    return 0;
}

/* Give up privileges for good. */
int
privilege_drop(const char *user, char text[PRIVILEGE_TEXT_MAX])
{
    if (user != NULL && become(user, text) == -1)
        return -1;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1) {
        snprintf(text, PRIVILEGE_TEXT_MAX, "cannot give up privileges: %s",
            strerrordesc_np(errno));
        return -1;
    }
    return 0;
}
