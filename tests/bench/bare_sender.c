/*
 * The bare sender of long answers: a thread per connection, recv, send.
 *
 *     bare-sender [--port N] =FILE LINE=FILE...
 *
 * It answers each LINE with the bytes of its FILE, from memory, and greets
 * with the one of the empty line. The floor of what a long answer can cost:
 * the kernel gets all of it in one call and waits for the peer itself.
 */

#include "report/controls/control.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define ANSWERS_MAX 8
#define STACK_BYTES ((size_t)256 * 1024) /* as the threaded twin's */

/* What is answered to a line. */
struct answer {
    const char *line;
    const char *bytes;
    size_t length;
};

static struct answer answers[ANSWERS_MAX + 1]; /* NULL ends it */

/* Send what a line is answered; false: it is unknown, or the client left. */
static bool
answer(int fd, const char *line)
{
    const struct answer *a = answers;
    size_t sent = 0;

    while (a->line != NULL && strcmp(a->line, line) != 0)
        a++;
    while (sent < a->length) {
        const ssize_t n =
            send(fd, a->bytes + sent, a->length - sent, MSG_NOSIGNAL);

        if (n == -1)
            return false;
        sent += (size_t)n;
    }
    return a->line != NULL;
}

/* Answer one client until it leaves; the argument is its socket. Each read
 * brings a line: a client asks when it has its answer. */
static void *
serve(void *argument)
{
    int fd = (int)(intptr_t)argument;
    char line[512] = "";
    ssize_t n;

    control_no_delay(fd);
    while (answer(fd, line) && (n = recv(fd, line, sizeof(line) - 1, 0)) > 0) {
        line[n] = '\0';
        line[strcspn(line, "\r\n")] = '\0';
    }
    close(fd);
    return NULL;
}

/* Take the answers from the command line. */
static void
take_answers(int argc, char **argv)
{
    size_t count = 0;

    for (int i = 1; i < argc && count < ANSWERS_MAX; i++) {
        char *name = strchr(argv[i], '=');
        struct stat status;
        void *bytes;
        int fd;

        if (name == NULL || argv[i][0] == '-')
            continue;
        *name++ = '\0';
        fd = open(name, O_RDONLY | O_CLOEXEC);
        if (fd == -1 || fstat(fd, &status) == -1)
            err(1, "%s", name);
        bytes = mmap(NULL, (size_t)status.st_size, PROT_READ,
            MAP_PRIVATE | MAP_POPULATE, fd, 0);
        if (bytes == MAP_FAILED)
            err(1, "%s", name);
        close(fd);
        answers[count++] = (struct answer) {
            .line = argv[i], .bytes = bytes, .length = (size_t)status.st_size
        };
    }
}

/* Serve until SIGTERM. */
int
main(int argc, char **argv)
{
    pthread_attr_t attr;
    int listener;

    take_answers(argc, argv);
    listener = control_listen(argc, argv);
    if (pthread_attr_init(&attr) != 0 ||
        pthread_attr_setstacksize(&attr, STACK_BYTES) != 0 ||
        pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED) != 0)
        errx(1, "thread attributes");
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        pthread_t thread;

        if (fd == -1 ||
            pthread_create(&thread, &attr, serve, (void *)(intptr_t)fd) != 0)
            err(1, "no connection, or no thread for it");
    }
}
