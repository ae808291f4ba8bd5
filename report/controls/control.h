/*
 * control - what the control servers share: how they start and stop.
 *
 * A control is the least server of its kind. It reads whatever arrives and
 * answers each read with the same line, as long as most replies of the
 * guessing game; it knows no protocol, no limits and no deadlines. What a twin
 * costs more than its control is the price of those; what two controls differ
 * by is the price of the model.
 *
 * A control takes `--port N` (0 = any free port) and `--host ADDR` (IPv4;
 * 127.0.0.1 without it), accepts and ignores every other option, prints the
 * ready line of all servers here, and exits with 0 on SIGTERM. This header is
 * included by one file of one program each, so its functions are static.
 */
#ifndef REPORT_CONTROL_H
#define REPORT_CONTROL_H

#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Twelve digits: nine in ten numbers from 1 to 999999999999 have as many. */
#define CONTROL_REPLY        "123456789012\n"
#define CONTROL_REPLY_LENGTH (sizeof(CONTROL_REPLY) - 1)
#define CONTROL_BACKLOG      4096 /* as the twins: no client is turned away */

/* Exit at once; nothing is left to be finished. */
static void
control_stop(int sig)
{
    _exit(0);
}

/* Return the value of `--port N` or `--port=N`, by its name; NULL without. */
static const char *
control_option(int argc, char **argv, const char *name)
{
    size_t length = strlen(name);

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], name) == 0 && i + 1 < argc)
            return argv[i + 1];
        if (strncmp(argv[i], name, length) == 0 && argv[i][length] == '=')
            return argv[i] + length + 1;
    }
    return NULL;
}

/*
 * Arrange for the stop, listen and print the ready line.
 * Return the listening socket, blocking; dies when that is impossible.
 */
static int
control_listen(int argc, char **argv)
{
    const char *host = control_option(argc, argv, "--host");
    const char *port = control_option(argc, argv, "--port");
    struct sockaddr_in at = { .sin_family = AF_INET };
    socklen_t size = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;

    if (host == NULL)
        host = "127.0.0.1";
    if (inet_pton(AF_INET, host, &at.sin_addr) != 1)
        errx(1, "'%s' is not an IPv4 address", host);
    if (port != NULL)
        at.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR ||
        signal(SIGTERM, control_stop) == SIG_ERR ||
        signal(SIGINT, control_stop) == SIG_ERR)
        err(1, "signal");
    if (fd == -1 ||
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == -1 ||
        bind(fd, (const struct sockaddr *)&at, sizeof(at)) == -1 ||
        listen(fd, CONTROL_BACKLOG) == -1 ||
        getsockname(fd, (struct sockaddr *)&at, &size) == -1)
        err(1, "cannot listen on %s:%d", host, ntohs(at.sin_port));
    printf("Serving on %s:%d. Hit CTRL-C to stop.\n", host, ntohs(at.sin_port));
    if (fflush(stdout) == EOF)
        err(1, "standard output");
    return fd;
}

/* Send small replies at once, as the twins do. */
static void
control_no_delay(int fd)
{
    const int on = 1;

    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == -1)
        warn("TCP_NODELAY");
}

#endif
