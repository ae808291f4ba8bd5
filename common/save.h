/*
 * save - files that are whole or not there.
 *
 * A download is written to a file of its own, ".ad.gif.PID-N.part", which is
 * renamed when it is complete. So a final name never has an incomplete file,
 * whenever the program ends, and two runs in one folder do not mix their bytes:
 * the later rename wins. Nothing is written through a symbolic link or outside
 * the folder, even if the folder is renamed meanwhile.
 *
 *     folder = save_folder("downloads");
 *     if (save_begin(&save, folder, "ad.gif") == 0) {
 *         ... save_append(&save, bytes, length), any number of times
 *         save_finish(&save, "ad.gif", &rules);  or  save_drop(&save);
 *     }
 *
 * All of these functions block for as long as the file system does; the program
 * decides which thread calls them. A struct save is used by one
 * thread at a time; different ones may be used at once. Functions return 0, or
 * what errno would be.
 */
#ifndef COMMON_SAVE_H
#define COMMON_SAVE_H

#include "common/metadata.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for a file's name and its NUL: what Linux allows. */
#define SAVE_NAME_MAX 256

/* Attempts to find a name for a .part that does not exist yet: a process of the
 * same number may have left some behind, but not many. */
#define SAVE_ATTEMPTS 100

/* A file that is being written. Its members are its own. */
struct save {
    int folder; /* borrowed */
    int fd;     /* of the .part; -1: it is closed */
    int64_t size;
    char part[SAVE_NAME_MAX]; /* its name; "": there is none */
};

/* A file that was not begun; save_drop does nothing to it. */
#define SAVE_NONE                                                              \
    {                                                                          \
        .fd = -1                                                               \
    }

/* How a complete file is stored. */
struct save_rules {
    unsigned times; /* how often its contents are in it; at least 1 */
    bool sync;      /* wait until file and folder are on the disk */
};

/*
 * Open a folder, and make it first if it is missing (the folder above it must
 * exist). Returns its descriptor, close-on-exec, to be closed by the caller
 * when no file is being written any more; -1: errno says why.
 */
int save_folder(const char *path);

/*
 * Begin a file whose .part has this name in it, which need not be the final
 * one. After a failure nothing is left, and no other call is due. The
 * descriptor of the folder must stay open until save_finish or save_drop.
 */
int save_begin(struct save *save, int folder, const char *name);

/* Append bytes. After a failure call save_drop. */
int save_append(struct save *save, const void *bytes, size_t length);

/* Drop all that was appended, to begin anew. After a failure call save_drop. */
int save_empty(struct save *save);

/*
 * Give a complete file its name. A file of that name is replaced; of a symbolic
 * link the link itself is. After a failure the .part is removed and what had
 * the name stays; only when syncing the folder fails has the file been renamed.
 */
int save_finish(
    struct save *save, const char *name, const struct save_rules *rules);

/* Remove an incomplete file. Does nothing after save_finish, after a save_begin
 * that failed, or a second time. */
void save_drop(struct save *save);

/*
 * Whether this error concerns the folder and not just one file, so that there
 * is no point in going on: the disk is full or broken, or the folder is gone or
 * not writable.
 */
bool save_is_fatal(int error);

/* Write the name of the flag of a code, "AD", as "ad.gif". A suffix has up to
 * 8 bytes. */
void save_name_code(
    char name[SAVE_NAME_MAX], const char *code, const char *suffix);

/*
 * Write the name of a flag by its country, "Andorra", as "Andorra-AD.gif".
 * The country, 1 to METADATA_COUNTRY_MAX bytes of UTF-8, may be hostile: a
 * space, a '/', every control character (C0, DEL, C1) and a '.' at the start
 * become '_', so that the file is in the folder and not hidden.
 */
void save_name_country(char name[SAVE_NAME_MAX], const char *country,
    size_t length, const char *code, const char *suffix);

#endif
