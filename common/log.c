#include "common/log.h"

#include "common/net.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <termios.h>
#include <unictype.h>
#include <unistd.h>
#include <unistr.h>

/* Microseconds after which a wait that could not be avoided is interrupted. */
#define PATIENCE_US 10000

/* How to write without waiting. */
static enum {
    ASK_FIRST,   /* a file never waits, a pipe not when it is writable */
    NEVER_WAITS, /* our own description */
    IS_SOCKET,
    MAY_WAIT, /* a terminal that could not be opened */
} output;

static _Atomic uint64_t dropped;

/* Whether the last byte that was written is not a line end; under stdout's
 * lock, of which the thread sanitizer knows nothing. */
static atomic_bool torn;

/* Open standard output once more; -1 when that cannot be. */
static int
open_again(bool is_terminal)
{
    const int flags = O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    int fd = open("/proc/self/fd/1", flags);

    /* Another user's terminal, after su: this name of it has no owner. */
    if (fd == -1 && is_terminal && tcgetsid(STDOUT_FILENO) == getsid(0))
        fd = open("/dev/tty", flags);
    return fd;
}

/* Do nothing; that a write was interrupted is all that matters. */
static void
interrupt(int signal)
{
}

/* Let the alarm through to this thread, or keep it back. */
static void
mask_alarm(int how)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGALRM);
    pthread_sigmask(how, &set, NULL);
}

/* Prepare for writes that have to be interrupted; the threads that are made
 * from now on keep the alarm back for whoever writes. */
static void
expect_waits(void)
{
    const struct sigaction action = { .sa_handler = interrupt };

    sigaction(SIGALRM, &action, NULL);
    mask_alarm(SIG_BLOCK);
    output = MAY_WAIT;
}

/* Make sure that no record has to wait. */
void
log_open(void)
{
    const bool is_terminal = isatty(STDOUT_FILENO) == 1;
    struct stat stat;
    int fd;

    output = ASK_FIRST;
    torn = false;
    if (fstat(STDOUT_FILENO, &stat) == -1)
        return;
    if (S_ISSOCK(stat.st_mode))
        output = IS_SOCKET;
    if (!is_terminal && !S_ISFIFO(stat.st_mode))
        return;
    fd = open_again(is_terminal);
    if (fd != -1 && dup2(fd, STDOUT_FILENO) != -1)
        output = NEVER_WAITS;
    else if (is_terminal)
        expect_waits();
    if (fd != -1)
        close(fd);
}

/* Write what standard output takes soon; how much, or -1. The alarm is
 * repeated, as the first may come before the wait. */
static ssize_t
write_soon(const char *bytes, size_t length)
{
    const struct itimerval soon = { { 0, PATIENCE_US }, { 0, PATIENCE_US } };
    const struct itimerval never = { 0 };
    ssize_t written = -1;

    if (setitimer(ITIMER_REAL, &soon, NULL) == -1)
        return -1;
    mask_alarm(SIG_UNBLOCK);
    written = write(STDOUT_FILENO, bytes, length);
    mask_alarm(SIG_BLOCK);
    setitimer(ITIMER_REAL, &never, NULL);
    return written;
}

/* Write what standard output takes at once; how much, or -1. */
static ssize_t
write_now(const char *bytes, size_t length)
{
    struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };

    if (output == IS_SOCKET)
        return net_send_now(STDOUT_FILENO, bytes, length);
    if (output != NEVER_WAITS &&
        (poll(&out, 1, 0) != 1 || (out.revents & POLLOUT) == 0))
        return -1;
    return output == MAY_WAIT ? write_soon(bytes, length)
                              : write(STDOUT_FILENO, bytes, length);
}

/*
 * Write a record, which has a line end at either end, the first for a torn
 * record before it. One at a time: a terminal refuses a second writer, and of
 * those who find room for one record all but one would wait.
 */
static void
write_record(const char *record, size_t length)
{
    ssize_t written = -1;
    bool locked = true;

    /* Whoever has the lock might have to wait, and must be the only one. */
    if (output == MAY_WAIT)
        locked = ftrylockfile(stdout) == 0;
    else
        flockfile(stdout);
    if (locked) {
        if (!torn) {
            record++;
            length--;
        }
        written = write_now(record, length);
        if (written > 0)
            torn = record[written - 1] != '\n';
        funlockfile(stdout);
    }
    if (written != (ssize_t)length)
        atomic_fetch_add_explicit(&dropped, 1, memory_order_relaxed);
}

/* Write one record to standard output. */
void
log_record(const char *format, ...)
{
    /* A line end before the record, and a NUL in the place of its own. */
    char record[1 + LOG_RECORD_MAX + 1] = "\n", *text = record + 1;
    va_list arguments;
    size_t length;
    int wanted;

    va_start(arguments, format);
    wanted = vsnprintf(text, LOG_RECORD_MAX + 1, format, arguments);
    va_end(arguments);
    if (wanted < 0)
        return;
    length = (size_t)wanted;
    if (length > LOG_RECORD_MAX - 1) {
        length = LOG_RECORD_MAX - 1;
        while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80)
            length--;
    }
    text[length] = '\n';
    write_record(record, 1 + length + 1);
}

/* Write the counters of a server as a record. */
void
log_counters(const struct counters *counters)
{
    char text[COUNTERS_TEXT_MAX];

    counters_print(counters, text);
    log_record("%s", text);
}

/* Whether a terminal shows the character and nothing else happens. */
static bool
is_harmless(ucs4_t c)
{
    return c >= 0x20 &&
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

/* Make text harmless, and escape these characters of ASCII, too. */
static size_t
make_harmless(char *buffer, size_t size, const char *text, size_t length,
    const char *these)
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
        } else if (is_harmless(c) &&
                   (c >= 0x80 || strchr(these, (int)c) == NULL)) {
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

/* Make text harmless between quotes. */
size_t
log_escape(char *buffer, size_t size, const char *text, size_t length)
{
    return make_harmless(buffer, size, text, length, "\\'\"");
}

/* Make text harmless by itself. */
size_t
log_harmless(char *buffer, size_t size, const char *text, size_t length)
{
    return make_harmless(buffer, size, text, length, "");
}

/* How many records were dropped so far. */
uint64_t
log_dropped(void)
{
    return atomic_load_explicit(&dropped, memory_order_relaxed);
}
