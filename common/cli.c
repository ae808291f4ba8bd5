#include "common/cli.h"

#include "common/net.h"
#include "common/number.h"
#include "common/privilege.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef VERSION
#define VERSION "0.1"
#endif

/* The longest line, so that a connection's buffer stays a small thing. */
#define MAX_LINE_LIMIT (1024 * 1024)

/* A year: times beyond it are mistakes, and sums of them do not overflow. */
#define SECONDS_LIMIT 31536000

enum key {
    KEY_HOST = 0x100,
    KEY_QUIET,
    KEY_USER,
    KEY_WORKERS,
    KEY_MAX_CONNECTIONS,
    KEY_MAX_LINE,
    KEY_LINE_TIMEOUT,
    KEY_IDLE_TIMEOUT,
    KEY_STALL_TIMEOUT,
    KEY_LAME_DUCK,
    KEY_DRAIN_TIMEOUT,
};

/* --help names defaults that are known only when the program runs. */
static const struct cli_twin *current;
static bool connections_given;
static char connections_help[128];
static char version[64];

static error_t parse_server(int key, char *arg, struct argp_state *state);

static struct argp_option options[] = {
    { "host", KEY_HOST, "ADDR", 0,
        "listen on ADDR, an address or a name (default 127.0.0.1)", 0 },
    { "quiet", KEY_QUIET, NULL, 0, "do not log requests", 0 },
    { "user", KEY_USER, "NAME", 0,
        "after binding the port, switch to user NAME permanently", 0 },
    { NULL, KEY_WORKERS, "N", 0, NULL, 0 },
    { NULL, 0, NULL, 0, "Limits (times in seconds, fractions allowed):", 1 },
    { "max-connections", KEY_MAX_CONNECTIONS, "N", 0, connections_help, 0 },
    { "line-timeout", KEY_LINE_TIMEOUT, "S", 0,
        "to complete a line or a request, from its first byte (default 10; 0: "
        "no limit)",
        0 },
    { "idle-timeout", KEY_IDLE_TIMEOUT, "S", 0,
        "between two lines or requests of a client (default 300; 0: no limit)",
        0 },
    { "stall-timeout", KEY_STALL_TIMEOUT, "S", 0,
        "until a client that accepts no data is disconnected (default 30; 0: "
        "no limit)",
        0 },
    { "lame-duck", KEY_LAME_DUCK, "S", 0,
        "after SIGTERM, serve S seconds more before stopping; /healthz, where "
        "there is one, answers 503 (default 0)",
        0 },
    { "drain-timeout", KEY_DRAIN_TIMEOUT, "S", 0,
        "from SIGTERM or SIGINT until the remaining connections are closed "
        "(default 10; 0: at once)",
        0 },
    { NULL, 0, NULL, 0, "Help:", -1 },
    { 0 },
};

static const struct argp server_argp = { .options = options,
    .parser = parse_server };

static error_t parse_lines(int key, char *arg, struct argp_state *state);

static const struct argp_option line_options[] = {
    { "max-line", KEY_MAX_LINE, "BYTES", 0,
        "longest line, without its end (default 1024)", 1 },
    { 0 },
};

static const struct argp line_argp = { .options = line_options,
    .parser = parse_lines };

/* The signals that a failing write or a terminal brings. */
static const int ignored[] = { SIGPIPE, SIGXFSZ, SIGTTOU };

/* The signals that a server waits for. */
const int cli_server_signals[CLI_SERVER_SIGNALS] = { SIGTERM, SIGINT, SIGXCPU,
    SIGUSR1, SIGHUP };

/* Make a set of signals. */
static void
make_set(sigset_t *set, const int *numbers, size_t count)
{
    sigemptyset(set);
    for (size_t i = 0; i < count; i++)
        sigaddset(set, numbers[i]);
}

/* The signals that cli_begin_process ignores. */
void
cli_ignored_signals(sigset_t *set)
{
    make_set(set, ignored, sizeof(ignored) / sizeof(*ignored));
}

/* The signals that a server waits for, as a set. */
void
cli_server_signal_set(sigset_t *set)
{
    make_set(set, cli_server_signals, CLI_SERVER_SIGNALS);
}

/* Keep the signals of a server back, or let them come. */
static void
mask_server_signals(int how, sigset_t *before)
{
    sigset_t set;

    cli_server_signal_set(&set);
    pthread_sigmask(how, &set, before);
}

/* Open what was closed of standard input, output and error. */
static void
open_standard_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        /* For the wrong direction, so that reading and writing still fail. */
        if (fcntl(fd, F_GETFD) == -1 &&
            open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
            exit(CLI_FAILURE);
    }
}

/* Prepare the process. */
void
cli_begin_process(void)
{
    for (size_t i = 0; i < sizeof(ignored) / sizeof(*ignored); i++)
        signal(ignored[i], SIG_IGN);
    open_standard_descriptors();
}

/* Prepare a server's process. */
void
cli_begin_server(void)
{
    mask_server_signals(SIG_BLOCK, NULL);
    signal(SIGHUP, SIG_IGN);
    cli_begin_process();
}

/* Set argp_program_version to "PROGRAM (TWIN) VERSION". */
void
cli_version(const char *program, const struct cli_twin *twin)
{
    snprintf(
        version, sizeof(version), "%s %s " VERSION, program, twin->version);
    argp_program_version = version;
}

/* Begin a command line. */
void
cli_begin(struct server_options *server, const struct cli_twin *twin,
    const char *program)
{
    const struct argp_option *end = options + sizeof(options) / sizeof(*end);

    current = twin;
    connections_given = false;
    cli_version(program, twin);
    *server = (struct server_options) {
        .host = "127.0.0.1",
        .workers = twin->workers_default,
        .limits = limits_default(net_descriptors()),
    };
    snprintf(connections_help, sizeof(connections_help),
        "clients at once (default %zu, from the descriptor limit)",
        server->limits.max_connections);
    for (struct argp_option *o = options; o < end; o++) {
        if (o->key == KEY_WORKERS) {
            o->name = twin->workers;
            o->doc = twin->workers_help;
        }
    }
}

/* The options of every server. */
const struct argp *
cli_server_argp(void)
{
    return &server_argp;
}

/* The option of servers that read lines. */
const struct argp *
cli_line_argp(void)
{
    return &line_argp;
}

/* Whether argp is reading the command line, and may end the program. */
static bool parsing;

/* See to it that the help, usage or version was written with which argp ends
 * the program. */
static void
check_output(void)
{
    if (!parsing || (fflush(stdout) == 0 && ferror(stdout) == 0))
        return;
    fprintf(stderr, "%s: cannot write to standard output: %s\n",
        program_invocation_short_name, strerrordesc_np(errno));
    _exit(CLI_FAILURE);
}

/* Parse a command line. */
void
cli_parse(
    const struct argp *argp, unsigned flags, int argc, char **argv, void *input)
{
    sigset_t before;
    error_t error;

    mask_server_signals(SIG_UNBLOCK, &before);
    atexit(check_output);
    parsing = true;
    error = argp_parse(argp, argc, argv, flags, NULL, input);
    parsing = false;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error != 0)
        cli_die("cannot read the command line: %s", strerrordesc_np(error));
}

/* Give up privileges for good. */
void
cli_drop_privileges(const struct server_options *server)
{
    char reason[PRIVILEGE_TEXT_MAX];

    if (privilege_drop(server->user, reason) == -1)
        cli_die("%s", reason);
}

/* Leave descriptors for the workers out of the default number of clients. */
static void
make_room_for_workers(struct server_options *server)
{
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    size_t workers = server->workers;
    size_t taken;

    if (workers == 0)
        workers = processors > 0 ? (size_t)processors : 1;
    taken = (workers - 1) * current->worker_descriptors;
    if (!connections_given)
        server->limits.max_connections =
            server->limits.max_connections > taken
                ? server->limits.max_connections - taken
                : 1;
}

/* Take in one option that every server has. */
static error_t
parse_server(int key, char *arg, struct argp_state *state)
{
    struct server_options *server = state->input;
    struct limits *limits = &server->limits;

    switch (key) {
    case KEY_HOST:
        server->host = cli_host(state, arg);
        break;
    case KEY_QUIET:
        server->quiet = true;
        break;
    case KEY_USER:
        server->user = arg;
        break;
    case KEY_WORKERS:
        server->workers = (unsigned)cli_number(
            state, current->workers, arg, 0, current->workers_max);
        break;
    case KEY_MAX_CONNECTIONS:
        connections_given = true;
        limits->max_connections =
            (size_t)cli_number(state, "max-connections", arg, 1, INT32_MAX);
        break;
    case KEY_LINE_TIMEOUT:
        limits->line_ms = cli_seconds(state, "line-timeout", arg);
        break;
    case KEY_IDLE_TIMEOUT:
        limits->idle_ms = cli_seconds(state, "idle-timeout", arg);
        break;
    case KEY_STALL_TIMEOUT:
        limits->stall_ms = cli_seconds(state, "stall-timeout", arg);
        break;
    case KEY_LAME_DUCK:
        limits->lame_duck_ms = cli_seconds(state, "lame-duck", arg);
        break;
    case KEY_DRAIN_TIMEOUT:
        limits->drain_ms = cli_seconds(state, "drain-timeout", arg);
        break;
    case ARGP_KEY_SUCCESS:
        make_room_for_workers(server);
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* Take in the option of servers that read lines. */
static error_t
parse_lines(int key, char *arg, struct argp_state *state)
{
    struct server_options *server = state->input;

    if (key != KEY_MAX_LINE)
        return ARGP_ERR_UNKNOWN;
    server->limits.max_line =
        (size_t)cli_number(state, "max-line", arg, 1, MAX_LINE_LIMIT);
    return 0;
}

/* Read a whole number from min to max. */
int64_t
cli_number(const struct argp_state *state, const char *name, const char *text,
    int64_t min, int64_t max)
{
    int64_t number = 0;

    if (number_read(text, strlen(text), &number) != NUMBER_OK || number < min ||
        number > max)
        argp_error(state, "--%s: '%s' is not a whole number from %lld to %lld",
            name, text, (long long)min, (long long)max);
    return number;
}

/* Read a number of bytes. */
int64_t
cli_size(const struct argp_state *state, const char *name, const char *text,
    int64_t min, int64_t max)
{
    static const char units[] = "KMG";
    size_t length = strlen(text);
    const char *unit = length > 0 ? strchr(units, text[length - 1]) : NULL;
    int64_t number = 0, factor = 1;

    if (unit != NULL) {
        factor <<= 10 * (unit - units + 1);
        length--;
    }
    if (number_read(text, length, &number) != NUMBER_OK || number < 0 ||
        number > max / factor || number * factor < min)
        argp_error(state,
            "--%s: '%s' is not a number of bytes from %lld to %lld, like 64K",
            name, text, (long long)min, (long long)max);
    return number * factor;
}

/* Read a port to listen on. */
int
cli_port(const struct argp_state *state, const char *name, const char *text,
    bool may_be_off)
{
    if (may_be_off && strcmp(text, "off") == 0)
        return CLI_NO_PORT;
    return (int)cli_number(state, name, text, 0, 65535);
}

/* Take a host that is one, and an IPv6 address out of its brackets. */
const char *
cli_host(const struct argp_state *state, const char *text)
{
    static char address[64]; /* with a zone, like fe80::1%eth0 */
    const size_t length = strlen(text);

    if (length > 2 && length - 2 < sizeof(address) && text[0] == '[' &&
        text[length - 1] == ']' && strchr(text, ':') != NULL) {
        snprintf(address, sizeof(address), "%.*s", (int)(length - 2), text + 1);
        return address;
    }
    if (text[0] == '\0')
        argp_error(state,
            "--host: '' is not an address (0.0.0.0 and :: are all interfaces)");
    return text;
}

/* Read seconds as milliseconds. */
int64_t
cli_seconds(const struct argp_state *state, const char *name, const char *text)
{
    const size_t length = strlen(text);
    double seconds = -1;
    char *end = NULL;

    /* Only what looks like 12.5: no sign, exponent, infinity or hexadecimal */
    if (length > 0 && strspn(text, "0123456789.") == length)
        seconds = strtod(text, &end);
    if (seconds < 0 || *end != '\0' || seconds > SECONDS_LIMIT)
        argp_error(state, "--%s: '%s' is not a time from 0 to %d seconds", name,
            text, SECONDS_LIMIT);
    if (seconds > 0 && seconds < 0.001)
        return 1;
    /* Rounded by itself: a product may be more precise than a double. */
    seconds *= 1000;
    return (int64_t)(seconds + 0.5);
}

/* Put a negative number together again. */
bool
cli_negative(char *buffer, size_t size, int key, const char *text)
{
    int length = snprintf(buffer, size, "-%c%s", key, text == NULL ? "" : text);

    return length > 0 && (size_t)length < size;
}

/* Have what was printed written. */
void
cli_flush(void)
{
    if (fflush(stdout) != 0 || ferror(stdout) != 0)
        cli_die("cannot write to standard output: %s", strerrordesc_np(errno));
}

/* Whether a signal that ends a server has come, and nobody has heard it. */
bool
cli_stop_is_pending(void)
{
    sigset_t come;

    if (sigpending(&come) == -1)
        return false;
    for (size_t i = 0; i < CLI_SERVER_SIGNALS; i++)
        if (cli_server_signals[i] != SIGUSR1 &&
            cli_server_signals[i] != SIGHUP &&
            sigismember(&come, cli_server_signals[i]) == 1)
            return true;
    return false;
}

/* End without the message, once a signal has come that would have ended the
 * program; else look again in a second. */
static void
give_up_if_told(int alarmed)
{
    if (cli_stop_is_pending())
        _exit(CLI_FAILURE);
    alarm(1);
}

/* Look each second from now on whether to give up. */
static void
expect_signals(void)
{
    static const int number = SIGALRM;
    sigset_t set;

    make_set(&set, &number, 1);
    signal(number, give_up_if_told);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    alarm(1);
}

/* Print "PROGRAM: message" on standard error and exit. */
void
cli_die(const char *format, ...)
{
    va_list arguments;

    expect_signals();
    fflush(stdout); /* what was printed before stands before it */
    fprintf(stderr, "%s: ", program_invocation_short_name);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(CLI_FAILURE);
}
