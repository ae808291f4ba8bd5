#include "report/alike/converse.h"

#include <arpa/inet.h>
#include <err.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SILENCE_MS   5000    /* a server that is silent so long has hung */
#define PAUSE_NS     200000L /* long enough for a piece to be read alone */

#define ANSWER_FIRST ((size_t)64 << 10) /* more than most answers have */

/* Name an ending. */
const char *
converse_ending(enum ending e)
{
    static const char *const names[] = {
        [ENDING_CLOSED] = "closed",
        [ENDING_RESET] = "reset",
        [ENDING_SILENT] = "silent for 5 s",
        [ENDING_REFUSED] = "refused",
        [ENDING_FLOOD] = "far too much",
    };

    return names[e];
}

/* Connect to a server on this machine; -1 when it does not take the call. */
static int
call(uint16_t port)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd == -1)
        err(1, "socket");
    if (connect(fd, (const struct sockaddr *)&at, sizeof(at)) == -1) {
        close(fd);
        return -1;
    }
    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == -1)
        err(1, "TCP_NODELAY");
    return fd;
}

/*
 * Say everything, piece by piece. A server may hang up before the end; what
 * it said before that is read all the same.
 */
static void
say(int fd, const struct talk *t)
{
    const struct timespec pause = { 0, PAUSE_NS };
    size_t at = 0, cut = 0;

    while (at < t->length) {
        size_t end = cut < t->cuts_count ? t->cuts[cut++] : t->length;

        if (t->each_byte)
            end = at + 1;
        if (send(fd, t->bytes + at, end - at, MSG_NOSIGNAL) == -1)
            break;
        at = end;
        if (t->pauses)
            nanosleep(&pause, NULL);
    }
    if (t->half_close)
        shutdown(fd, SHUT_WR);
}

/* Make room for more of an answer; false when it is long enough. */
static bool
grow(struct answer_bytes *a)
{
    size_t room = a->room > 0 ? 2 * a->room : ANSWER_FIRST;

    if (a->room >= ANSWER_MAX)
        return false;
    a->bytes = realloc(a->bytes, room);
    if (a->bytes == NULL)
        err(1, "%zu bytes for an answer", room);
    a->room = room;
    return true;
}

/* Listen until the connection ends, one way or another. */
static void
listen_to_end(int fd, struct answer_bytes *a)
{
    for (;;) {
        struct pollfd pfd = { .fd = fd, .events = POLLIN };
        ssize_t n;

        if (a->length == a->room && !grow(a)) {
            a->ending = ENDING_FLOOD;
            return;
        }
        if (poll(&pfd, 1, SILENCE_MS) == 0) {
            a->ending = ENDING_SILENT;
            return;
        }
        n = recv(fd, a->bytes + a->length, a->room - a->length, 0);
        if (n <= 0) {
            a->ending = n == 0 ? ENDING_CLOSED : ENDING_RESET;
            return;
        }
        a->length += (size_t)n;
    }
}

/* Hold one conversation with one server. */
void
converse(uint16_t port, const struct talk *t, struct answer_bytes *a)
{
    int fd = call(port);

    if (a->room == 0)
        grow(a);
    a->length = 0;
    a->ending = ENDING_REFUSED;
    if (fd == -1)
        return;
    say(fd, t);
    listen_to_end(fd, a);
    close(fd);
}

/* Free it. */
void
converse_free(struct answer_bytes *a)
{
    free(a->bytes);
    memset(a, 0, sizeof(*a));
}

/* Compare all of both. */
bool
converse_is_same(const struct answer_bytes *a, const struct answer_bytes *b)
{
    return a->length == b->length && a->ending == b->ending &&
           a->ending != ENDING_FLOOD &&
           memcmp(a->bytes, b->bytes, a->length) == 0;
}

/* Write bytes so that each can be seen, a line of them to a line. */
void
converse_write(FILE *out, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length && i < CONVERSE_SHOWN; i++) {
        unsigned char c = (unsigned char)bytes[i];

        if (i == 0 || bytes[i - 1] == '\n')
            fputs("\n    ", out);
        if (c == '\n')
            fputs("\\n", out);
        else if (c == '\r')
            fputs("\\r", out);
        else if (c >= 0x20 && c < 0x7f)
            putc(c, out);
        else
            fprintf(out, "\\x%02x", c);
    }
    if (length > CONVERSE_SHOWN)
        fprintf(out, "\n    ... (%zu bytes in all)", length);
    putc('\n', out);
}
