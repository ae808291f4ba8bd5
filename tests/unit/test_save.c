#include "common/save.h"
#include "tests/unit/guard.h"
#include "tests/unit/unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Longer than what is copied at once, and no multiple of it. */
#define LENGTH 10007

static const struct save_rules once = { .times = 1 };
static char bytes[LENGTH];

/* The folder of a test, and a folder above it. */
static char above[64], folder_path[128];
static int folder;

/* The call that is to fail, with which error; the linker has the calls of
 * save.c pass through here. */
static struct {
    const char *call;
    int after; /* so many of them that do not fail */
    int error;
} failing;

/* Whether this call is the one that fails. */
static bool
fails(const char *call)
{
    if (failing.call == NULL || strcmp(failing.call, call) != 0 ||
        failing.after-- > 0)
        return false;
    errno = failing.error;
    failing.call = NULL;
    return true;
}

#define WRAP(name, parameters, arguments)                                      \
    int __real_##name parameters;                                              \
    int __wrap_##name parameters;                                              \
    int __wrap_##name parameters                                               \
    {                                                                          \
        return fails(#name) ? -1 : __real_##name arguments;                    \
    }

WRAP(close, (int fd), (fd))
WRAP(fsync, (int fd), (fd))
WRAP(renameat, (int a, const char *from, int b, const char *to),
    (a, from, b, to))

ssize_t __real_write(int fd, const void *from, size_t size);
ssize_t __wrap_write(int fd, const void *from, size_t size);

/* One that fails with error 0 writes a byte only. */
ssize_t
__wrap_write(int fd, const void *from, size_t size)
{
    if (!fails("write"))
        return __real_write(fd, from, size);
    return failing.error == 0 ? __real_write(fd, from, 1) : -1;
}

/* Let a call fail, after so many that do not. */
static void
let_fail(const char *call, int after, int error)
{
    failing.call = call;
    failing.after = after;
    failing.error = error;
}

static void
set_up(void)
{
    for (size_t i = 0; i < LENGTH; i++)
        bytes[i] = (char)(i * 7 + i / 256);
    snprintf(above, sizeof(above), "/tmp/test_save.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(above));
    snprintf(folder_path, sizeof(folder_path), "%s/f", above);
    folder = save_folder(folder_path);
    ck_assert_int_ge(folder, 0);
}

static void
tear_down(void)
{
    char command[128];

    failing.call = NULL;
    close(folder);
    snprintf(command, sizeof(command), "rm -r %s", above);
    ck_assert_int_eq(system(command), 0);
}

/* The names in the folder, in order, each with a blank behind it. */
static const char *
list(void)
{
    static char text[65536];
    struct dirent **names;
    const int count = scandir(folder_path, &names, NULL, alphasort);
    int length = 0;

    ck_assert_int_ge(count, 0);
    text[0] = '\0';
    for (int i = 0; i < count; i++) {
        if (strcmp(names[i]->d_name, ".") != 0 &&
            strcmp(names[i]->d_name, "..") != 0)
            length += sprintf(text + length, "%s ", names[i]->d_name);
        free(names[i]);
    }
    free(names);
    return text;
}

/* Check that a file of the folder holds the bytes so many times. */
static void
check_file(const char *name, int times)
{
    static char read_back[4 * LENGTH];
    const int fd = openat(folder, name, O_RDONLY);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(read(fd, read_back, sizeof(read_back)), times * LENGTH);
    for (int i = 0; i < times; i++)
        ck_assert_mem_eq(read_back + i * LENGTH, bytes, LENGTH);
    close(fd);
}

/* Begin a file and append all bytes. */
static void
begin(struct save *save)
{
    ck_assert_int_eq(save_begin(save, folder, "ad.gif"), 0);
    ck_assert_int_eq(save_append(save, bytes, LENGTH), 0);
}

EACH_TEST(.before = set_up, .after = tear_down);

TEST(a_file_is_hidden_until_it_is_complete)
{
    struct save save;
    char expected[64];
    unsigned number;

    begin(&save);
    ck_assert_int_eq(sscanf(list(), ".ad.gif.%*d-%u.part ", &number), 1);
    snprintf(expected, sizeof(expected), ".ad.gif.%d-%u.part ", (int)getpid(),
        number);
    ck_assert_str_eq(list(), expected);
    ck_assert_int_eq(save_finish(&save, "ad.gif", &once), 0);
    ck_assert_str_eq(list(), "ad.gif ");
    check_file("ad.gif", 1);
    save_drop(&save);
    ck_assert_str_eq(list(), "ad.gif ");
}

TEST(a_file_may_be_read_and_written_as_the_umask_says)
{
    struct save save;
    struct stat status;

    umask(027);
    begin(&save);
    ck_assert_int_eq(save_finish(&save, "ad.gif", &once), 0);
    ck_assert_int_eq(fstatat(folder, "ad.gif", &status, 0), 0);
    ck_assert_int_eq(status.st_mode & 0777, 0640);
}

TEST(a_dropped_file_leaves_nothing)
{
    struct save save = SAVE_NONE;

    save_drop(&save);
    begin(&save);
    save_drop(&save);
    ck_assert_str_eq(list(), "");
    save_drop(&save);
}

TEST(a_file_may_be_begun_anew)
{
    struct save save;

    begin(&save);
    ck_assert_int_eq(save_empty(&save), 0);
    ck_assert_int_eq(save_append(&save, bytes, LENGTH), 0);
    ck_assert_int_eq(save_finish(&save, "ad.gif", &once), 0);
    check_file("ad.gif", 1);
}

TEST(contents_may_be_in_a_file_several_times)
{
    const struct save_rules thrice = { .times = 3, .sync = true };
    struct save save;

    begin(&save);
    ck_assert_int_eq(save_finish(&save, "ad.gif", &thrice), 0);
    check_file("ad.gif", 3);
    ck_assert_int_eq(save_begin(&save, folder, "empty"), 0);
    ck_assert_int_eq(save_finish(&save, "empty", &thrice), 0);
    ck_assert_str_eq(list(), "ad.gif empty ");
}

TEST(the_later_of_two_files_of_one_name_wins)
{
    struct save first, second;

    begin(&first);
    ck_assert_int_eq(save_begin(&second, folder, "ad.gif"), 0);
    ck_assert_str_ne(first.part, second.part);
    ck_assert_int_eq(save_append(&second, "x", 1), 0);
    ck_assert_int_eq(save_finish(&second, "ad.gif", &once), 0);
    ck_assert_int_eq(save_finish(&first, "ad.gif", &once), 0);
    check_file("ad.gif", 1);
    ck_assert_str_eq(list(), "ad.gif ");
}

TEST(no_link_is_followed)
{
    char target[128];
    struct save save;
    struct stat status;
    int fd;

    snprintf(target, sizeof(target), "%s/outside", above);
    fd = open(target, O_CREAT | O_WRONLY, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(symlinkat(target, folder, "ad.gif"), 0);
    begin(&save);
    ck_assert_int_eq(save_finish(&save, "ad.gif", &once), 0);
    check_file("ad.gif", 1);
    ck_assert_int_eq(fstat(fd, &status), 0);
    ck_assert_int_eq(status.st_size, 0);
    close(fd);
}

TEST(a_fifo_is_replaced_and_a_folder_is_not)
{
    struct save save;

    ck_assert_int_eq(mkfifoat(folder, "ad.gif", 0600), 0);
    begin(&save);
    ck_assert_int_eq(save_finish(&save, "ad.gif", &once), 0);
    check_file("ad.gif", 1);
    ck_assert_int_eq(unlinkat(folder, "ad.gif", 0), 0);
    ck_assert_int_eq(mkdirat(folder, "ad.gif", 0700), 0);
    begin(&save);
    ck_assert_int_eq(save_finish(&save, "ad.gif", &once), EISDIR);
    ck_assert_str_eq(list(), "ad.gif ");
}

/* Make files, or links to the one above, where the next .part would be. */
static void
occupy(int count)
{
    struct save save;
    char name[64];
    unsigned number;

    begin(&save);
    ck_assert_int_eq(sscanf(save.part, ".ad.gif.%*d-%u.part", &number), 1);
    save_drop(&save);
    for (int i = 0; i < count; i++) {
        snprintf(
            name, sizeof(name), ".ad.gif.%d-%u.part", (int)getpid(), ++number);
        ck_assert_int_eq(symlinkat("../outside", folder, name), 0);
    }
}

TEST(a_part_that_was_left_behind_is_nobody_s)
{
    char outside[128];
    struct save save;

    occupy(SAVE_ATTEMPTS - 1);
    begin(&save);
    ck_assert_int_eq(save_finish(&save, "ad.gif", &once), 0);
    check_file("ad.gif", 1);
    snprintf(outside, sizeof(outside), "%s/outside", above);
    ck_assert_int_eq(access(outside, F_OK), -1);
}

TEST(of_too_many_parts_none_is_taken_or_removed)
{
    struct save save;
    size_t length;

    occupy(SAVE_ATTEMPTS);
    length = strlen(list());
    ck_assert_int_eq(save_begin(&save, folder, "ad.gif"), EEXIST);
    save_drop(&save);
    ck_assert_uint_eq(strlen(list()), length);
}

TEST(a_name_that_is_too_long_is_told)
{
    char name[SAVE_NAME_MAX + 1];
    struct save save;

    memset(name, 'n', sizeof(name));
    name[SAVE_NAME_MAX - 9] = '\0';
    ck_assert_int_eq(save_begin(&save, folder, name), ENAMETOOLONG);
    save_drop(&save);
    memset(name, 'n', sizeof(name));
    name[SAVE_NAME_MAX] = '\0';
    begin(&save);
    ck_assert_int_eq(save_finish(&save, name, &once), ENAMETOOLONG);
    ck_assert_str_eq(list(), "");
    name[SAVE_NAME_MAX - 1] = '\0';
    begin(&save);
    ck_assert_int_eq(save_finish(&save, name, &once), 0);
    check_file(name, 1);
}

TEST(a_folder_that_is_renamed_stays_the_same)
{
    char other[128];
    struct save save;

    begin(&save);
    snprintf(other, sizeof(other), "%s/g", above);
    ck_assert_int_eq(rename(folder_path, other), 0);
    ck_assert_int_eq(save_finish(&save, "ad.gif", &once), 0);
    check_file("ad.gif", 1);
    snprintf(folder_path, sizeof(folder_path), "%s", other);
    ck_assert_str_eq(list(), "ad.gif ");
}

TEST(a_folder_that_is_removed_is_told)
{
    struct save save;

    ck_assert_int_eq(rmdir(folder_path), 0);
    ck_assert_int_eq(save_begin(&save, folder, "ad.gif"), ENOENT);
    ck_assert(save_is_fatal(ENOENT));
    save_drop(&save);
}

TEST(a_folder_is_made_or_the_reason_told)
{
    char path[128];
    int fd;

    snprintf(path, sizeof(path), "%s/new", above);
    for (int i = 0; i < 2; i++) {
        fd = save_folder(path);
        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
        close(fd);
    }
    snprintf(path, sizeof(path), "%s/two/levels", above);
    ck_assert_int_eq(save_folder(path), -1);
    ck_assert_int_eq(errno, ENOENT);
    snprintf(path, sizeof(path), "%s/file", above);
    close(open(path, O_CREAT | O_WRONLY, 0600));
    ck_assert_int_eq(save_folder(path), -1);
    ck_assert_int_eq(errno, ENOTDIR);
    snprintf(path, sizeof(path), "%s/link", above);
    ck_assert_int_eq(symlink("nowhere", path), 0);
    ck_assert_int_eq(save_folder(path), -1);
    ck_assert_int_eq(errno, ENOENT);
}

/* Calls that fail, and how; of some the file is there all the same. */
static const struct {
    const char *call;
    int after;
    int error;
    const char *left;
} failures[] = {
    { "write", 0, ENOSPC, "" },
    { "write", 1, EDQUOT, "" },
    { "fsync", 0, EIO, "" },
    { "close", 0, ENOSPC, "" },
    { "close", 0, EINTR, "ad.gif " },
    { "renameat", 0, EXDEV, "" },
    { "fsync", 1, EIO, "ad.gif " },
};

TEST(each_call_that_fails_is_told_and_leaves_nothing, .times = COUNT(failures))
{
    const struct save_rules rules = { .times = 2, .sync = true };
    const int expected = failures[_i].error;
    struct save save;
    int error;

    ck_assert_int_eq(save_begin(&save, folder, "ad.gif"), 0);
    let_fail(failures[_i].call, failures[_i].after, failures[_i].error);
    error = save_append(&save, bytes, LENGTH);
    if (error == 0)
        error = save_finish(&save, "ad.gif", &rules);
    else
        save_drop(&save);
    ck_assert_ptr_null(failing.call);
    ck_assert_int_eq(error, expected == EINTR ? 0 : expected);
    ck_assert_str_eq(list(), failures[_i].left);
}

/* Put another descriptor, with these flags, in the place of a file's own. */
static void
open_again(const struct save *save, int flags)
{
    const int fd = openat(folder, save->part, flags);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(dup2(fd, save->fd), save->fd);
    close(fd);
}

TEST(a_file_that_cannot_be_emptied_is_told)
{
    struct save save;

    begin(&save);
    open_again(&save, O_RDONLY);
    ck_assert_int_eq(save_empty(&save), EINVAL);
    save_drop(&save);
    ck_assert_str_eq(list(), "");
}

TEST(a_file_that_cannot_be_copied_is_told)
{
    const struct save_rules twice = { .times = 2 };
    struct save save;

    begin(&save);
    open_again(&save, O_WRONLY);
    ck_assert_int_eq(save_finish(&save, "ad.gif", &twice), EBADF);
    begin(&save);
    open_again(&save, O_RDONLY);
    ck_assert_int_eq(save_finish(&save, "ad.gif", &twice), EBADF);
    begin(&save);
    open_again(&save, O_RDWR | O_TRUNC);
    ck_assert_int_eq(save_finish(&save, "ad.gif", &twice), EIO);
    ck_assert_str_eq(list(), "");
}

TEST(interrupted_and_short_writes_go_on)
{
    struct save save;

    ck_assert_int_eq(save_begin(&save, folder, "ad.gif"), 0);
    let_fail("write", 0, EINTR);
    ck_assert_int_eq(save_append(&save, bytes, 100), 0);
    let_fail("write", 0, 0);
    ck_assert_int_eq(save_append(&save, bytes + 100, LENGTH - 100), 0);
    ck_assert_int_eq(save_finish(&save, "ad.gif", &once), 0);
    check_file("ad.gif", 1);
}

TEST(a_limit_on_file_size_is_told)
{
    struct rlimit limit;
    struct save save;

    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = LENGTH - 1;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert_int_eq(save_begin(&save, folder, "ad.gif"), 0);
    ck_assert_int_eq(save_append(&save, bytes, LENGTH), EFBIG);
    save_drop(&save);
    ck_assert_str_eq(list(), "");
    ck_assert(!save_is_fatal(EFBIG));
}

TEST(errors_of_the_folder_are_fatal_and_others_are_not)
{
    ck_assert(save_is_fatal(ENOSPC) && save_is_fatal(EDQUOT));
    ck_assert(save_is_fatal(EROFS) && save_is_fatal(EACCES));
    ck_assert(!save_is_fatal(EISDIR) && !save_is_fatal(ENAMETOOLONG));
    ck_assert(!save_is_fatal(EMFILE) && !save_is_fatal(ENOMEM));
}

TEST(whoever_is_killed_leaves_whole_files_only)
{
    struct save save;
    struct stat status;
    int found = 0;

    for (int i = 0; i < 200; i++) {
        int ready[2], code;
        pid_t child;
        char c;

        ck_assert_int_eq(pipe(ready), 0);
        child = fork();
        if (child == 0) {
            for (;;) {
                begin(&save);
                save_finish(&save, "ad.gif", &once);
                if (write(ready[1], "x", 1) != 1)
                    _exit(1);
            }
        }
        ck_assert_int_gt(child, 0);
        /* At first it may be killed before anything is complete. */
        if (i % 2 == 1)
            ck_assert_int_eq(read(ready[0], &c, 1), 1);
        for (int spin = 0; spin < i * 500; spin++)
            __asm__ volatile("");
        kill(child, SIGKILL);
        ck_assert_int_eq(waitpid(child, &code, 0), child);
        close(ready[0]);
        close(ready[1]);
        if (fstatat(folder, "ad.gif", &status, 0) == 0) {
            check_file("ad.gif", 1);
            unlinkat(folder, "ad.gif", 0);
            found++;
        }
    }
    ck_assert_int_ge(found, 100);
}

TEST(a_code_is_a_name_in_lower_case)
{
    char *name = guard_room(SAVE_NAME_MAX);

    save_name_code(name, "AD", "gif");
    ck_assert_str_eq(name, "ad.gif");
    save_name_code(name, "ZW", "png");
    ck_assert_str_eq(name, "zw.png");
}

#define X20 "xxxxxxxxxxxxxxxxxxxx"
#define X80 X20 X20 X20 X20

/* Countries, and the names of their flags without "-AD.gif". */
static const struct {
    const char *country, *name;
} countries[] = {
    { "Andorra", "Andorra" },
    { "United States", "United_States" },
    { "Côte d'Ivoire", "Côte_d'Ivoire" },
    { "中国", "中国" },
    { "Bosnia & Herzegovina", "Bosnia_&_Herzegovina" },
    { "a.b", "a.b" },
    { "a", "a" },
    { "-rf", "-rf" },
    { "*", "*" },
    { "~", "~" },
    { "$HOME", "$HOME" },
    { "`id`", "`id`" },
    { "a;b|c&d", "a;b|c&d" },
    { "a\\b", "a\\b" },
    { "a\"b", "a\"b" },
    { "C:", "C:" },
    { "CON", "CON" },
    { "%2e%2e%2f", "%2e%2e%2f" },
    { "/", "_" },
    { "//", "__" },
    { ".", "_" },
    { "..", "_." },
    { "...", "_.." },
    { ".hidden", "_hidden" },
    { "./a", "__a" },
    { "../a", "_._a" },
    { "../../etc/passwd", "_._.._etc_passwd" },
    { "/etc/passwd", "_etc_passwd" },
    { "a/../b", "a_.._b" },
    { "a/", "a_" },
    { "/a", "_a" },
    { "a//b", "a__b" },
    { " ", "_" },
    { " a", "_a" },
    { "a ", "a_" },
    { "  ..", "__.." },
    { "\t", "_" },
    { "a\nb", "a_b" },
    { "a\rb", "a_b" },
    { "\r\n", "__" },
    { "\x01", "_" },
    { "\x1f", "_" },
    { "\x1b[2J", "_[2J" },
    { "\a\b\v\f", "____" },
    { "\x7f", "_" },
    { "a\x7f", "a_" },
    { "\xc2\x80", "_" },
    { "\xc2\x85", "_" },
    { "\xc2\x9b[2J", "_[2J" },
    { "\xc2\x9f", "_" },
    { "\xc2\xa0", "\xc2\xa0" },
    { "\xc2\xad", "\xc2\xad" },
    { "\xe2\x80\xa6", "\xe2\x80\xa6" },
    { "\xef\xbc\x8f", "\xef\xbc\x8f" },
    { "\xe2\x88\x95", "\xe2\x88\x95" },
    { "\xf0\x9f\x87\xa6\xf0\x9f\x87\xa9", "\xf0\x9f\x87\xa6\xf0\x9f\x87\xa9" },
    { "a.part", "a.part" },
    { ".ad.gif.1-1.part", "_ad.gif.1-1.part" },
    { "../.ad.gif.1-1.part", "_._.ad.gif.1-1.part" },
    { X80 X80 X20 X20, X80 X80 X20 X20 },
    { X80 X80 X20 "/./././././././././.", X80 X80 X20 "_._._._._._._._._._." },
};

TEST(a_hostile_country_stays_in_the_folder, .times = COUNT(countries))
{
    const size_t length = strlen(countries[_i].country);
    char *name = guard_room(SAVE_NAME_MAX);
    char expected[SAVE_NAME_MAX + 1];
    struct save save;

    ck_assert_int_ge(COUNT(countries), 60);
    save_name_country(
        name, guard_copy(countries[_i].country, length), length, "AD", "gif");
    snprintf(expected, sizeof(expected), "%s-AD.gif", countries[_i].name);
    ck_assert_str_eq(name, expected);
    begin(&save);
    ck_assert_int_eq(save_finish(&save, name, &once), 0);
    strcat(expected, " ");
    ck_assert_str_eq(list(), expected);
    check_file(name, 1);
}

TEST(a_nul_is_a_control_character)
{
    char name[SAVE_NAME_MAX];

    save_name_country(name, "a\0b", 3, "AD", "gif");
    ck_assert_str_eq(name, "a_b-AD.gif");
    /* Half a character, which metadata_country does not give. */
    save_name_country(name, guard_copy("\xc2", 1), 1, "AD", "gif");
    ck_assert_str_eq(name, "\xc2-AD.gif");
}
