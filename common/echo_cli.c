#include "common/echo_cli.h"

#include "common/log.h"
#include "common/net.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/time.h>
#include <unistd.h>

enum key {
    KEY_HOST = 0x200,
    KEY_PORT,
    KEY_MAX_CONNECTIONS,
    KEY_IDLE_TIMEOUT,
    KEY_LAME_DUCK,
};

/* More clients than any machine has descriptors for; the threaded twin counts
 * free places down when it stops. */
#define CLIENTS_MAX 1000000

/* Take in one option. */
static error_t
parse(int key, char *arg, struct argp_state *state)
{
    struct echo_options *options = state->input;
    int64_t ms;

    switch (key) {
    case KEY_HOST:
        options->host = cli_host(state, arg);
        break;
    case KEY_PORT:
        options->port = (uint16_t)cli_port(state, "port", arg, false);
        break;
    case KEY_MAX_CONNECTIONS:
        options->max_connections =
            (size_t)cli_number(state, "max-connections", arg, 1, CLIENTS_MAX);
        break;
    case KEY_IDLE_TIMEOUT:
        ms = cli_seconds(state, "idle-timeout", arg);
        /* As long as poll can wait; that is 24 days. */
        options->idle_ms = ms < INT_MAX ? (int)ms : INT_MAX;
        break;
    case KEY_LAME_DUCK:
        options->lame_duck_ms = cli_seconds(state, "lame-duck", arg);
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* Read an echo-server's command line. */
void
echo_cli(struct echo_options *options, const struct cli_twin *twin,
    uint16_t port, int argc, char **argv)
{
    static char port_help[128], connections_help[128];
    static const struct argp_option own[] = {
        { "host", KEY_HOST, "ADDR", 0,
            "listen on ADDR, an address or a name (default 127.0.0.1)", 0 },
        { "port", KEY_PORT, "N", 0, port_help, 0 },
        { "max-connections", KEY_MAX_CONNECTIONS, "N", 0, connections_help, 0 },
        { "idle-timeout", KEY_IDLE_TIMEOUT, "S", 0,
            "seconds until a client that sends or accepts nothing is "
            "disconnected, fractions allowed (default 300; 0: no limit)",
            0 },
        { "lame-duck", KEY_LAME_DUCK, "S", 0,
            "after SIGTERM, serve S seconds more before stopping (default 0)",
            0 },
        { 0 },
    };
    const struct argp argp = {
        .options = own,
        .parser = parse,
        .doc = "Send back what clients send (RFC 862), over TCP.",
    };
    struct limits limits;

    cli_begin_server();
    limits = limits_default(net_descriptors());
    *options = (struct echo_options) {
        .host = "127.0.0.1",
        .port = port,
        .max_connections = limits.max_connections,
        .idle_ms = (int)limits.idle_ms,
    };
    cli_version("echo-server", twin);
    snprintf(port_help, sizeof(port_help),
        "listen on port N, 0 for any free one (default %u)", port);
    snprintf(connections_help, sizeof(connections_help),
        "clients at once (default %zu, from the descriptor limit)",
        limits.max_connections);
    cli_parse(&argp, 0, argc, argv, options);
}

/* Listen as the options say, and print the Serving line. */
int
echo_listen(const struct echo_options *options)
{
    static const struct server_options rights = { .user = NULL };
    struct net_door door = { .name = "tcp", .port = options->port };
    const char *reason;

    log_open();
    reason = net_open_doors(options->host, &door, 1);
    if (reason != NULL)
        cli_die("%s", reason);
    cli_drop_privileges(&rights);
    log_record("Serving on %s. Hit CTRL-C to stop.", door.where);
    return door.fd;
}

/* The signals that end it. */
static void
make_signal_set(sigset_t *set)
{
    cli_server_signal_set(set);
    /* It has no counters to print. */
    sigdelset(set, SIGUSR1);
}

/* A descriptor that is readable once a signal has come. */
int
echo_signals(void)
{
    sigset_t set;
    int signals;

    make_signal_set(&set);
    /* It ends the time of a lame duck. */
    sigaddset(&set, SIGALRM);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signals = signalfd(-1, &set, SFD_CLOEXEC);
    if (signals == -1)
        cli_die("cannot wait for signals: %s", strerrordesc_np(errno));
    return signals;
}

/* Announce a stop; false: it is to begin at once. */
static bool
leave(int64_t ms)
{
    const struct itimerval time = { .it_value = { .tv_sec = ms / 1000,
                                        .tv_usec = ms % 1000 * 1000 } };
    static bool announced;

    if (ms == 0 || announced)
        return false;
    announced = true;
    log_record("Server shutting down in %lld.%lld s.", (long long)ms / 1000,
        (long long)ms % 1000 / 100);
    return setitimer(ITIMER_REAL, &time, NULL) == 0;
}

/* Take a signal; whether the server is to stop now. */
bool
echo_stops(const struct echo_options *options, int signals)
{
    struct signalfd_siginfo info;
    sigset_t set;

    /* What could not be read is there still. */
    if (read(signals, &info, sizeof(info)) != (ssize_t)sizeof(info))
        return false;
    if (info.ssi_signo == SIGTERM && leave(options->lame_duck_ms))
        return false;
    log_record("Server shutting down.");
    make_signal_set(&set);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    return true;
}
