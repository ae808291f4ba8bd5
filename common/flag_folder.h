/*
 * flag_folder - flags from a folder of files, held in memory.
 *
 * The folder is flat, with files named ad.gif and ad.png; or it has a folder
 * for each code, as the published archive of flags does when it is unpacked:
 * ad/ad.gif, ad/ad.png, ad/metadata.json. All of it is read at once. What is
 * served is looked up by two letters; no path is made of what a client sends.
 * A shelf has the folder that counts, and can be given another one while
 * answers are made from the first.
 *
 * This is one of the few modules of common/ that know the system.
 */
#ifndef COMMON_FLAG_FOLDER_H
#define COMMON_FLAG_FOLDER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How many codes of two letters there are: aa to zz. */
#define FLAG_CODES (26 * 26)

/* What there is of a flag. */
enum flag_kind {
    FLAG_GIF,
    FLAG_PNG,
    FLAG_METADATA,
    FLAG_KINDS,
};

/* A file; bytes is NULL when there is none. */
struct flag_file {
    char *bytes;
    size_t size;
    int64_t modified; /* as http_date takes it */
};

/* All of them, by the number of their code: 0 for aa, 675 for zz. */
struct flag_folder {
    struct flag_file files[FLAG_CODES][FLAG_KINDS];
};

/* The largest file. */
#define FLAG_FILE_MAX ((size_t)64 << 20)

/* Room for a reason. */
#define FLAG_TEXT_MAX 400

/*
 * Read a folder; blocks. Anything in it that has another name, or is no regular
 * file, is passed over. Returns what is to be freed by flag_folder_free; NULL:
 * text holds the reason, which is that the folder or a file in it cannot be
 * read, that a file is larger than FLAG_FILE_MAX, that there is no flag, or no
 * memory.
 */
struct flag_folder *flag_folder_read(
    const char *path, char text[FLAG_TEXT_MAX]);

/* Free it, or nothing if it is NULL. */
void flag_folder_free(struct flag_folder *folder);

/* A folder that can be replaced by another. Zeroed, it has none. */
struct flag_shelf {
    _Atomic unsigned generation; /* how often it was replaced */
    _Atomic unsigned taken[2];   /* of this generation, and of the other */
    struct flag_folder *folders[2];
};

/* Take the folder that counts, NULL if there is none; from any thread. It
 * stays as it is until it is given back with what *generation says. */
const struct flag_folder *flag_shelf_take(
    struct flag_shelf *shelf, unsigned *generation);

/* Give a folder back; from any thread, once for each time that it was taken. */
void flag_shelf_give(struct flag_shelf *shelf, unsigned generation);

/*
 * Let another folder, or NULL, count from now on; from one thread at a time.
 * The shelf owns it then, and frees the one before the last. False: that one
 * has not been given back by all, and nothing has changed; try again later.
 */
bool flag_shelf_replace(struct flag_shelf *shelf, struct flag_folder *folder);

#endif
