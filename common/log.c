#include "common/log.h"

#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unictype.h>
#include <unistd.h>
#include <unistr.h>

static _Atomic uint64_t dropped;

/*
 * Write a record if standard output takes it at once. One at a time: when two
 * find room for one, the later would wait until somebody reads.
 */
static void
write_record(const char *record, size_t length)
{
    struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };

    flockfile(stdout);
    if (poll(&out, 1, 0) != 1 || (out.revents & POLLOUT) == 0 ||
        write(STDOUT_FILENO, record, length) != (ssize_t)length)
        atomic_fetch_add_explicit(&dropped, 1, memory_order_relaxed);
    funlockfile(stdout);
}

/* Write one record to standard output. */
void
log_record(const char *format, ...)
{
    /* One more than a record, for the NUL in the place of the line end. */
    char record[LOG_RECORD_MAX + 1];
    va_list arguments;
    size_t length;
    int wanted;

    va_start(arguments, format);
    wanted = vsnprintf(record, sizeof(record), format, arguments);
    va_end(arguments);
    if (wanted < 0)
        return;
    length = (size_t)wanted;
    if (length > LOG_RECORD_MAX - 1) {
        length = LOG_RECORD_MAX - 1;
        while (length > 0 && ((unsigned char)record[length] & 0xc0) == 0x80)
            length--;
    }
    record[length++] = '\n';
    write_record(record, length);
}

/* Whether a terminal shows the character and nothing else happens. */
static bool
is_harmless(ucs4_t c)
{
    return c >= 0x20 && c != '\\' && c != '\'' && c != '"' &&
           !uc_is_general_category_withtable(c,
               UC_CATEGORY_MASK_Cc | UC_CATEGORY_MASK_Cf | UC_CATEGORY_MASK_Cs |
                   UC_CATEGORY_MASK_Zl | UC_CATEGORY_MASK_Zp);
}

/* Write the escape of one character; return its length. */
static size_t
escape(char *out, size_t size, ucs4_t c)
{
    static const char plain[] = "\\'\"\n\r\t", shown[] = "\\'\"nrt";
    const char *at = c < 0x80 && c != 0 ? strchr(plain, (int)c) : NULL;

    if (at != NULL)
        return (size_t)snprintf(out, size, "\\%c", shown[at - plain]);
    return (size_t)snprintf(out, size, "\\u{%x}", (unsigned)c);
}

/* Make text harmless. */
size_t
log_escape(char *buffer, size_t size, const char *text, size_t length)
{
    const uint8_t *in = (const uint8_t *)text, *end = in + length;
    size_t used = 0;

    while (in < end) {
        char piece[16];
        size_t piece_length;
        ucs4_t c;
        int width = u8_mbtoucr(&c, in, (size_t)(end - in));

        if (width <= 0) {
            width = 1;
            piece_length =
                (size_t)snprintf(piece, sizeof(piece), "\\x%02x", *in);
        } else if (is_harmless(c)) {
            piece_length = (size_t)width;
            memcpy(piece, in, piece_length);
        } else {
            piece_length = escape(piece, sizeof(piece), c);
        }
        if (piece_length >= size - used)
            break;
        memcpy(buffer + used, piece, piece_length);
        used += piece_length;
        in += width;
    }
    buffer[used] = '\0';
    return used;
}

/* How many records were dropped so far. */
uint64_t
log_dropped(void)
{
    return atomic_load_explicit(&dropped, memory_order_relaxed);
}
