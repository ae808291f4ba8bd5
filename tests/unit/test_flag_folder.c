#include "common/flag_folder.h"

#include "tests/unit/scarce.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Places in the table. */
#define AD 3
#define BR (1 * 26 + 17)
#define ZW (25 * 26 + 22)

static char folder[] = "/tmp/flag-folder-XXXXXX";
static char text[FLAG_TEXT_MAX];

/* Make an empty folder, and go there. */
static void
setup(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
}

/* Remove one thing. */
static int
remove_one(
    const char *path, const struct stat *status, int type, struct FTW *where)
{
    (void)status;
    (void)type;
    (void)where;
    return remove(path);
}

/* Remove the folder. */
static void
teardown(void)
{
    ck_assert_int_eq(chdir("/"), 0);
    ck_assert_int_eq(nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* Make a file. */
static void
make(const char *name, const char *bytes)
{
    FILE *file = fopen(name, "w");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(bytes, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

/* A place of a folder holds this file. */
static void
check_file(const struct flag_folder *flags, int code, enum flag_kind kind,
    const char *bytes)
{
    const struct flag_file *file = &flags->files[code][kind];

    ck_assert_ptr_nonnull(file->bytes);
    ck_assert_uint_eq(file->size, strlen(bytes));
    ck_assert_int_eq(memcmp(file->bytes, bytes, file->size), 0);
}

/* The folder cannot be read, for this reason. */
static void
check_refused(const char *name, const char *reason)
{
    char expected[FLAG_TEXT_MAX];

    ck_assert_ptr_null(flag_folder_read(folder, text));
    snprintf(expected, sizeof(expected), "cannot read %s%s: %s", folder, name,
        reason);
    ck_assert_str_eq(text, expected);
}

TEST(a_flat_folder_is_read, .before = setup, .after = teardown)
{
    struct flag_folder *flags;
    struct stat status;
    int count = 0;

    make("ad.gif", "the gif of Andorra");
    make("ad.png", "its png");
    make("zw.png", "");
    make("README", "no flag");
    make("AD.gif", "no flag");
    make("abc.gif", "no flag");
    flags = flag_folder_read(folder, text);
    ck_assert_ptr_nonnull(flags);
    check_file(flags, AD, FLAG_GIF, "the gif of Andorra");
    check_file(flags, AD, FLAG_PNG, "its png");
    check_file(flags, ZW, FLAG_PNG, "");
    ck_assert_int_eq(stat("ad.gif", &status), 0);
    ck_assert_int_eq(flags->files[AD][FLAG_GIF].modified, status.st_mtime);
    for (int i = 0; i < FLAG_CODES; i++)
        for (int kind = 0; kind < FLAG_KINDS; kind++)
            count += flags->files[i][kind].bytes != NULL;
    ck_assert_int_eq(count, 3);
    flag_folder_free(flags);
}

TEST(so_is_one_with_a_folder_for_each_code, .before = setup, .after = teardown)
{
    struct flag_folder *flags;

    ck_assert_int_eq(mkdir("br", 0777), 0);
    make("br/br.gif", "a gif");
    make("br/metadata.json", "{}");
    make("br/ad.gif", "no flag");
    ck_assert_int_eq(mkdir("ad", 0777), 0);
    make("ad/ad.gif", "the second");
    make("ad.gif", "the first");
    make("ad/ad.png", "a png");
    flags = flag_folder_read(folder, text);
    ck_assert_ptr_nonnull(flags);
    check_file(flags, BR, FLAG_GIF, "a gif");
    check_file(flags, BR, FLAG_METADATA, "{}");
    check_file(flags, AD, FLAG_GIF, "the first");
    check_file(flags, AD, FLAG_PNG, "a png");
    ck_assert_ptr_null(flags->files[AD][FLAG_METADATA].bytes);
    flag_folder_free(flags);
}

TEST(what_is_no_file_is_passed_over, .before = setup, .after = teardown)
{
    struct flag_folder *flags;

    ck_assert_int_eq(mkdir("ad.gif", 0777), 0);
    ck_assert_int_eq(mkfifo("br.gif", 0666), 0);
    make("zw", "no folder");
    make("zw.png", "a png");
    flags = flag_folder_read(folder, text);
    ck_assert_ptr_nonnull(flags);
    ck_assert_ptr_null(flags->files[AD][FLAG_GIF].bytes);
    ck_assert_ptr_null(flags->files[BR][FLAG_GIF].bytes);
    check_file(flags, ZW, FLAG_PNG, "a png");
    flag_folder_free(flags);
}

/* Times of files, and what becomes of them. */
static const struct {
    int64_t seconds, modified;
} times[] = {
    { -1, 0 },
    { 0, 0 },
    { 253402300799, 253402300799 },
    { 253402300800, 253402300799 },
    { INT64_C(1) << 55, 253402300799 },
};

TEST(times_are_those_that_a_date_can_tell, .times = COUNT(times),
    .before = setup, .after = teardown)
{
    const struct timespec stamps[2] = { { 0 },
        { .tv_sec = times[_i].seconds } };
    const int fd = memfd_create("flag", MFD_CLOEXEC); /* it has any time */
    struct flag_folder *flags;
    char path[32];

    ck_assert_int_ne(fd, -1);
    ck_assert_int_eq(futimens(fd, stamps), 0);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    ck_assert_int_eq(symlink(path, "ad.gif"), 0);
    flags = flag_folder_read(folder, text);
    ck_assert_ptr_nonnull(flags);
    ck_assert_int_eq(flags->files[AD][FLAG_GIF].modified, times[_i].modified);
    flag_folder_free(flags);
    close(fd);
}

TEST(files_that_cannot_be_read_are_told, .before = setup, .after = teardown)
{
    int fd;

    make("ad.png", "a png");
    ck_assert_int_eq(symlink("br.gif", "br.gif"), 0);
    check_refused("/br.gif", "Too many levels of symbolic links");
    ck_assert_int_eq(remove("br.gif"), 0);
    fd = open("br.gif", O_WRONLY | O_CREAT, 0666);
    ck_assert_int_ne(fd, -1);
    ck_assert_int_eq(ftruncate(fd, (off_t)FLAG_FILE_MAX + 1), 0);
    close(fd);
    check_refused("/br.gif", "File too large");
}

TEST(folders_without_flags_are_told, .before = setup, .after = teardown)
{
    check_refused("", "no file in it is named like ad.png");
    ck_assert_int_eq(mkdir("ad", 0777), 0);
    make("ad/metadata.json", "{}");
    check_refused("", "no file in it is named like ad.png");
    ck_assert_ptr_null(flag_folder_read("missing", text));
    ck_assert_str_eq(text, "cannot read missing: No such file or directory");
    make("file", "");
    ck_assert_ptr_null(flag_folder_read("file", text));
    ck_assert_str_eq(text, "cannot read file: Not a directory");
}

TEST(a_lack_of_memory_is_told, .before = setup, .after = teardown)
{
    static const char *const names[] = { "", "/ad.png", "/br.png" };

    make("ad.png", "a png");
    make("br.png", "a png");
    for (unsigned n = 1; n <= COUNT(names); n++) {
        scarce_call(n);
        check_refused(names[n - 1], "Cannot allocate memory");
        ck_assert(scarce_end());
    }
    flag_folder_free(NULL);
}

TEST(a_long_name_is_cut_in_a_reason, .before = setup, .after = teardown)
{
    char path[3000];

    memset(path, 'x', sizeof(path));
    path[sizeof(path) - 1] = '\0';
    ck_assert_ptr_null(flag_folder_read(path, text));
    ck_assert_uint_lt(strlen(text), FLAG_TEXT_MAX);
    ck_assert_ptr_nonnull(strstr(text, "xx: File name too long"));
}

static struct flag_shelf shelf;
static _Atomic bool ended;

/* Make a folder in which one file says which. */
static struct flag_folder *
make_folder(char which)
{
    struct flag_folder *made = calloc(1, sizeof(*made));

    ck_assert_ptr_nonnull(made);
    made->files[AD][FLAG_GIF].bytes = malloc(1);
    ck_assert_ptr_nonnull(made->files[AD][FLAG_GIF].bytes);
    *made->files[AD][FLAG_GIF].bytes = which;
    return made;
}

TEST(a_folder_is_replaced_when_it_was_given_back)
{
    unsigned generations[3];
    const struct flag_folder *none = flag_shelf_take(&shelf, &generations[0]);
    const struct flag_folder *first, *second;

    ck_assert_ptr_null(none);
    ck_assert(flag_shelf_replace(&shelf, make_folder('1')));
    first = flag_shelf_take(&shelf, &generations[1]);
    ck_assert_int_eq(*first->files[AD][FLAG_GIF].bytes, '1');
    /* The one before is still taken. */
    ck_assert(!flag_shelf_replace(&shelf, NULL));
    flag_shelf_give(&shelf, generations[0]);
    ck_assert(flag_shelf_replace(&shelf, make_folder('2')));
    second = flag_shelf_take(&shelf, &generations[2]);
    ck_assert_int_eq(*first->files[AD][FLAG_GIF].bytes, '1');
    ck_assert_int_eq(*second->files[AD][FLAG_GIF].bytes, '2');
    flag_shelf_give(&shelf, generations[1]);
    flag_shelf_give(&shelf, generations[2]);
    ck_assert(flag_shelf_replace(&shelf, NULL));
    ck_assert(flag_shelf_replace(&shelf, NULL));
}

/* Take the folder and look at it, again and again. */
static void *
look(void *argument)
{
    while (!ended) {
        unsigned generation;
        const struct flag_folder *taken = flag_shelf_take(&shelf, &generation);

        if (taken != NULL && *taken->files[AD][FLAG_GIF].bytes != 'x')
            return argument;
        flag_shelf_give(&shelf, generation);
    }
    return NULL;
}

TEST(threads_may_look_while_it_is_replaced)
{
    pthread_t threads[3];
    void *wrong;

    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, look, text), 0);
    for (int i = 0; i < 500; i++) {
        struct flag_folder *made = make_folder('x');

        while (!flag_shelf_replace(&shelf, made))
            sched_yield();
    }
    ended = true;
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(pthread_join(threads[i], &wrong), 0);
        ck_assert_ptr_null(wrong);
    }
    ck_assert(flag_shelf_replace(&shelf, NULL));
    ck_assert(flag_shelf_replace(&shelf, NULL));
}
