#include "common/progress.h"

#include "common/quote.h"

#include <stdio.h>
#include <string.h>

/* Eighths of a block, from none to the whole. */
static const char *const blocks[] = { " ", "▏", "▎", "▍", "▌", "▋", "▊", "▉",
    "█" };
#define EIGHTHS 8

/* Room for what stands beside the bar. */
#define SIDE_MAX 128

/* Write seconds as 02:03 or 1:02:03. */
static int
write_time(char *text, double seconds)
{
    const long long whole = (long long)seconds, minutes = whole / 60;

    if (minutes >= 60)
        return sprintf(
            text, "%lld:%02lld:%02lld", minutes / 60, minutes % 60, whole % 60);
    return sprintf(text, "%02lld:%02lld", minutes, whole % 60);
}

/* Write what stands right of the bar. */
static int
write_right(char *text, size_t done, size_t total, double seconds)
{
    const double rate = seconds > 0 ? (double)done / seconds : 0;
    int length = sprintf(text, "| %zu/%zu [", done, total);

    length += write_time(text + length, seconds);
    if (rate == 0)
        return length + sprintf(text + length, "<?, ?it/s]");
    text[length++] = '<';
    length += write_time(text + length, (double)(total - done) / rate);
    if (rate < 1)
        return length + sprintf(text + length, ", %5.2fs/it]", 1 / rate);
    return length + sprintf(text + length, ", %5.2fit/s]", rate);
}

/* Write the blocks of a bar with so many columns; return their bytes. */
static size_t
write_blocks(char *text, double share, size_t columns)
{
    const size_t eighths = (size_t)(share * (double)columns * EIGHTHS);
    size_t length = 0;

    for (size_t i = 0; i < columns; i++) {
        const size_t left = eighths > i * EIGHTHS ? eighths - i * EIGHTHS : 0;
        const char *block = blocks[left < EIGHTHS ? left : EIGHTHS];

        length += strlen(strcpy(text + length, block));
    }
    return length;
}

/* Cut a line that is too wide for a terminal; its new length. */
static size_t
cut(char *text, size_t length, size_t width)
{
    size_t columns = 0;

    for (size_t i = 0; i < length; i++) {
        columns += ((unsigned char)text[i] & 0xc0) != 0x80;
        if (columns > width) {
            text[i] = '\0';
            return i;
        }
    }
    return length;
}

/* The bar. */
size_t
progress_bar(char text[PROGRESS_BAR_MAX], size_t done, size_t total, int64_t ms,
    size_t width)
{
    const double share = (double)done / (double)total;
    char right[SIDE_MAX];
    const size_t right_length =
        (size_t)write_right(right, done, total, (double)ms / 1000);
    size_t length, beside;

    if (width == 0)
        width = PROGRESS_WIDTH;
    if (width > PROGRESS_WIDTH_MAX)
        width = PROGRESS_WIDTH_MAX;
    length = (size_t)sprintf(text, "\r%3.0f%%|", share * 100);
    beside = length - 1 + right_length;
    length +=
        write_blocks(text + length, share, width > beside ? width - beside : 1);
    memcpy(text + length, right, right_length + 1);
    return 1 + cut(text + 1, length - 1 + right_length, width);
}

/* The ending of a noun. */
static const char *
plural(size_t count)
{
    return count == 1 ? "" : "s";
}

/* What is printed first. */
size_t
progress_start(char text[PROGRESS_START_MAX], const char *label,
    const char *site, char (*codes)[3], size_t count, size_t connections)
{
    const size_t used = connections < count ? connections : count;
    int length = sprintf(text, "%s site: %s\nSearching for %zu flag%s: ", label,
        site, count, plural(count));

    if (count > 10)
        length +=
            sprintf(text + length, "from %s to %s", codes[0], codes[count - 1]);
    for (size_t i = 0; i < count && count <= 10; i++)
        length += sprintf(text + length, "%s%s", i > 0 ? ", " : "", codes[i]);
    length += sprintf(text + length,
        "\n%zu concurrent connection%s will be used.\n", used, plural(used));
    return (size_t)length;
}

/* The line of a flag that is done. */
size_t
progress_line(char text[PROGRESS_LINE_MAX], const struct transfer *transfer)
{
    if (transfer->kind == TRANSFER_ERROR)
        return (size_t)sprintf(
            text, "*** Error for %s: %s\n", transfer->code, transfer->text);
    return (size_t)sprintf(text, "%s %s\n", transfer->code,
        transfer->kind == TRANSFER_OK ? "OK" : "not found");
}

/* What is printed last. */
size_t
progress_end(char text[PROGRESS_END_MAX], const struct transfer_tally *tally,
    bool interrupted, int64_t ms)
{
    int length = sprintf(text, "--------------------\n%zu flag%s downloaded.\n",
        tally->ok, plural(tally->ok));

    if (tally->not_found > 0)
        length += sprintf(text + length, "%zu not found.\n", tally->not_found);
    if (tally->errors > 0)
        length += sprintf(text + length, "%zu error%s.\n", tally->errors,
            plural(tally->errors));
    if (interrupted || transfer_unasked(tally) > 0)
        length += sprintf(text + length, "%s%zu not asked for.\n",
            interrupted ? "Interrupted: " : "", transfer_unasked(tally));
    length +=
        sprintf(text + length, "Elapsed time: %.2fs\n", (double)ms / 1000);
    return (size_t)length;
}

/* The same for --show. */
size_t
progress_end_shown(
    char text[PROGRESS_END_MAX], const struct transfer_tally *tally, int64_t ms)
{
    return (size_t)sprintf(text, "\n%zu flag%s downloaded in %.2fs\n",
        tally->ok, plural(tally->ok), (double)ms / 1000);
}

/* The line of a flag for --report. */
size_t
progress_report(char text[PROGRESS_REPORT_MAX], const struct transfer *transfer)
{
    static const char *const others[] = { "not asked for", NULL, "not found" };
    const char *error = transfer->kind == TRANSFER_ERROR
                            ? transfer->text
                            : others[transfer->kind];
    char status[16] = "null";
    int length;

    if (transfer->status > 0)
        sprintf(status, "%d", transfer->status);
    length = sprintf(text,
        "{\"code\":\"%s\",\"status\":%s,\"bytes\":%lld,\"seconds\":%lld.%03lld,"
        "\"tries\":%u,\"error\":",
        transfer->code, status, (long long)transfer->bytes,
        (long long)transfer->took_ms / 1000,
        (long long)transfer->took_ms % 1000, transfer->tries);
    if (error == NULL)
        length += sprintf(text + length, "null");
    else
        length += (int)quote_json(text + length, error, strlen(error));
    return (size_t)(length + sprintf(text + length, "}\n"));
}
