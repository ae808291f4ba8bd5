#include "common/privilege.h"

#include "common/number.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Say why the process cannot be that user. */
static int
refuse(char text[PRIVILEGE_TEXT_MAX], const char *user, const char *reason)
{
    snprintf(text, PRIVILEGE_TEXT_MAX, "cannot become user %.100s: %s", user,
        reason);
    return -1;
}

/* Say what cannot be set, by errno. */
static int
refuse_to_set(char text[PRIVILEGE_TEXT_MAX], const char *user, const char *what)
{
    char reason[PRIVILEGE_TEXT_MAX / 2];

    snprintf(reason, sizeof(reason), "cannot set its %s: %s", what,
        strerrordesc_np(errno));
    return refuse(text, user, reason);
}

/* Say what cannot be done, by errno. */
static int
complain(char text[PRIVILEGE_TEXT_MAX], const char *what)
{
    snprintf(text, PRIVILEGE_TEXT_MAX, "cannot %s: %s", what,
        strerrordesc_np(errno));
    return -1;
}

/* A user, as the system knows it. */
struct identity {
    uid_t uid;
    gid_t gid;
    int group_count; /* its own among them */
    gid_t groups[NGROUPS_MAX];
};

/* Find a user by name or number; false: there is none, or errno says why it is
 * not known. */
static bool
find_user(struct identity *identity, const char *user)
{
    const struct passwd *entry;
    int64_t number;

    errno = 0;
    if (number_read(user, strlen(user), &number) != NUMBER_OK)
        entry = getpwnam(user);
    else if (number >= 0 && number <= UINT32_MAX)
        entry = getpwuid((uid_t)number);
    else
        entry = NULL;
    if (entry == NULL)
        return false;
    identity->uid = entry->pw_uid;
    identity->gid = entry->pw_gid;
    identity->group_count = NGROUPS_MAX;
    if (getgrouplist(entry->pw_name, entry->pw_gid, identity->groups,
            &identity->group_count) != -1)
        return true;
    errno = E2BIG;
    return false;
}

/* Whether the process is that user and cannot be told to be another. */
static bool
is_user(const struct identity *identity)
{
    uid_t real, effective, saved;

    return getresuid(&real, &effective, &saved) == 0 && real == identity->uid &&
           effective == identity->uid && saved == identity->uid &&
           setuid(0) == -1;
}

/* Whether it is in that user's group and cannot be put into another. */
static bool
is_in_group(const struct identity *identity)
{
    gid_t real, effective, saved;

    return getresgid(&real, &effective, &saved) == 0 && real == identity->gid &&
           effective == identity->gid && saved == identity->gid &&
           setgid(0) == -1;
}

/* Whether that user is in a group. */
static bool
has_group(const struct identity *identity, gid_t group)
{
    for (int i = 0; i < identity->group_count; i++)
        if (identity->groups[i] == group)
            return true;
    return false;
}

/* Whether the process is in none but that user's groups. */
static bool
is_in_no_other_group(const struct identity *identity)
{
    static gid_t groups[NGROUPS_MAX];
    const int count = getgroups(NGROUPS_MAX, groups);

    for (int i = 0; i < count; i++)
        if (!has_group(identity, groups[i]))
            return false;
    return count != -1;
}

/* Become a user; the groups first, as long as that is allowed. */
static int
become(const struct identity *identity, const char *user,
    char text[PRIVILEGE_TEXT_MAX])
{
    if (identity->uid == 0 || identity->gid == 0)
        return refuse(text, user, "that would be root again");
    if (prctl(PR_GET_SECUREBITS) & SECBIT_NO_SETUID_FIXUP)
        return refuse(
            text, user, "securebits keep privileges when the user changes");
    /* Who may not set them may have none to leave. */
    if (setgroups((size_t)identity->group_count, identity->groups) == -1 &&
        (errno != EPERM || !is_in_no_other_group(identity)))
        return refuse_to_set(text, user, "supplementary groups");
    if (setresgid(identity->gid, identity->gid, identity->gid) == -1)
        return refuse_to_set(text, user, "group ID");
    if (setresuid(identity->uid, identity->uid, identity->uid) == -1)
        return refuse_to_set(text, user, "user ID");
    return 0;
}

/* Give up what a program that is run later could gain, as long as there is the
 * capability for it; without it, PR_SET_NO_NEW_PRIVS has to do. */
static int
empty_bounding_set(char text[PRIVILEGE_TEXT_MAX])
{
    for (unsigned long i = 0; prctl(PR_CAPBSET_DROP, i, 0, 0, 0) == 0; i++)
        continue;
    /* EINVAL: there are no more. */
    return errno == EPERM || errno == EINVAL
               ? 0
               : complain(text, "give up capabilities");
}

/* Give up all capabilities, and see that none is left. */
static int
drop_capabilities(char text[PRIVILEGE_TEXT_MAX])
{
    static const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3];
    struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
    struct __user_cap_data_struct left[_LINUX_CAPABILITY_U32S_3];

    /* EINVAL: a system without ambient ones. */
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == -1 &&
        errno != EINVAL)
        return complain(text, "give up ambient capabilities");
    errno = EPERM;
    (void)syscall(SYS_capset, &header, none);
    if (syscall(SYS_capget, &header, left) == -1 ||
        memcmp(left, none, sizeof(none)) != 0)
        return complain(text, "give up capabilities");
    return 0;
}

/* Have no program that is run later gain privileges, and see that it is so. */
static int
rule_out_new_ones(char text[PRIVILEGE_TEXT_MAX])
{
    errno = EPERM;
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1
               ? 0
               : complain(text, "rule out new privileges");
}

/* Give up privileges for good. */
int
privilege_drop(const char *user, char text[PRIVILEGE_TEXT_MAX])
{
    static struct identity identity;

    if (user != NULL && !find_user(&identity, user))
        return refuse(text, user,
            errno == 0 ? "there is no such user" : strerrordesc_np(errno));
    if (empty_bounding_set(text) == -1 ||
        (user != NULL && become(&identity, user, text) == -1) ||
        drop_capabilities(text) == -1 || rule_out_new_ones(text) == -1)
        return -1;
    if (user != NULL && !(is_user(&identity) && is_in_group(&identity) &&
                            is_in_no_other_group(&identity)))
        return refuse(text, user, "the old privileges would come back");
    return 0;
}
