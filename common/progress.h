/*
 * progress - what a downloader of flags prints.
 *
 * The published console of "Fluent Python", byte for byte, the progress bar of
 * tqdm as it stands in a terminal, and the lines of --report. All functions
 * write a C string into the caller's buffer, which must have the room that the
 * macro beside each says, and return its length; line ends are part of it.
 * Texts from servers are harmless to a terminal by then (transfer.h).
 */
#ifndef COMMON_PROGRESS_H
#define COMMON_PROGRESS_H

#include "common/transfer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The shortest time between two drawings of the bar, in milliseconds. */
#define PROGRESS_BAR_MS 100

/* The width of a terminal of unknown width, and the largest that is used, in
 * columns. */
#define PROGRESS_WIDTH     80
#define PROGRESS_WIDTH_MAX 512

/* Erases the bar, so that another line can be printed in its place. */
#define PROGRESS_ERASE "\r\033[K"

/* Room for a bar: every column is a block of three bytes. */
#define PROGRESS_BAR_MAX (3 * PROGRESS_WIDTH_MAX + 128)

/*
 * The bar when done of total flags, at least 1, are done after ms milliseconds,
 * in a terminal of width columns (0: PROGRESS_WIDTH):
 *
 *      45%|####5     | 9/20 [00:00<00:00, 33.15it/s]
 *
 * with block characters for the '#' and eighths of one. It begins with a CR,
 * has no line end, and is as wide as the terminal, never wider.
 */
size_t progress_bar(char text[PROGRESS_BAR_MAX], size_t done, size_t total,
    int64_t ms, size_t width);

/* The longest site, in bytes: that of any URL without needless zeros in its
 * port. */
#define PROGRESS_SITE_MAX (URL_AUTHORITY_MAX + URL_TARGET_MAX)

/* Room for what is printed first. */
#define PROGRESS_START_MAX (PROGRESS_SITE_MAX + 256)

/*
 * What is printed first: the site by its label and URL, of at most
 * PROGRESS_SITE_MAX bytes, what is searched for, and how many connections are
 * used: as many as asked for, but not more than flags.
 *
 *     LOCAL site: http://localhost:8001/flags
 *     Searching for 20 flags: from BD to VN
 *     20 concurrent connections will be used.
 */
size_t progress_start(char text[PROGRESS_START_MAX], const char *label,
    const char *site, char (*codes)[3], size_t count, size_t connections);

/* Room for the lines of one flag. */
#define PROGRESS_LINE_MAX (TRANSFER_TEXT_MAX + 32)

/* The line of a flag that is done, for -v: "AD OK", "AA not found", "*** Error
 * for BR: timed out". */
size_t progress_line(
    char text[PROGRESS_LINE_MAX], const struct transfer *transfer);

/* Room for what is printed last. */
#define PROGRESS_END_MAX 256

/*
 * What is printed last, after ms milliseconds: a line of hyphens; how many were
 * downloaded, not found and errors; after an interruption or a fatal error, how
 * many were not asked for or not finished; and the time.
 */
size_t progress_end(char text[PROGRESS_END_MAX],
    const struct transfer_tally *tally, bool interrupted, int64_t ms);

/* The same for --show, where each code that is saved is printed with a blank:
 * the end of their line, then "20 flags downloaded in 0.93s". */
size_t progress_end_shown(char text[PROGRESS_END_MAX],
    const struct transfer_tally *tally, int64_t ms);

/* Room for a line of --report: every byte of the text may be escaped. */
#define PROGRESS_REPORT_MAX (6 * TRANSFER_TEXT_MAX + 192)

/*
 * The line of a flag for --report, a JSON object:
 *
 *     {"code":"AD","status":200,"bytes":13355,"seconds":0.012,"tries":1,
 *     "error":null}
 *
 * status is null without an answer; error is a text for every flag that was not
 * saved.
 */
size_t progress_report(
    char text[PROGRESS_REPORT_MAX], const struct transfer *transfer);

#endif
