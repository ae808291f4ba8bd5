#include "report/host/netem.h"

#include "report/run/guard.h"
#include "report/values.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define COMMAND_MAX  256
#define WORDS_MAX    32    /* of a command */
#define MISSING      127   /* its status when it is not installed, as in sh */
#define UNDER_WAY    100e3 /* packets, for which there is room at least */
#define QUEUE_LONG   0.05  /* seconds that a packet may have to queue */
#define BURST        0.004 /* seconds at full rate that leave at once */
#define BURST_FEWEST 16384 /* bytes of it */
#define LOSS_PARTS   100000

const struct load_path netem_path = { .to = 0xc6130001, /* NETEM_SERVER */
    .from = 0xc6120001,                                 /* 198.18.0.1 */
    .sources = 200 };
const struct load_path netem_spared_path = { .to = 0xc6130001,
    .from = 0xc6120101, /* 198.18.1.1 */
    .sources = 200 };

/* --- Its shape --- */

struct unit {
    const char *name;
    double is;
};

/* A part of a shape, and the bounds of it in words. */
struct part {
    const char *name;
    const char *key; /* in report.json */
    struct unit units[3];
    size_t at;
    double min, max;
    const char *bounds;
};

static const struct part parts[] = {
    { "", "delay_seconds", { { "us", 1e-6 }, { "ms", 1e-3 }, { "s", 1 } },
        offsetof(struct netem_shape, delay), 0, NETEM_DELAY_MAX,
        "a round trip is 0ms to 1s" },
    { "loss=", "loss", { { "%", 0.01 } }, offsetof(struct netem_shape, loss),
        1.0 / LOSS_PARTS, NETEM_LOSS_MAX, "loss is 0.001% to 50%" },
    { "rate=", "bits_per_second",
        { { "kbit", 1e3 }, { "mbit", 1e6 }, { "gbit", 1e9 } },
        offsetof(struct netem_shape, rate), NETEM_RATE_MIN, NETEM_RATE_MAX,
        "rate is 64kbit to 100gbit" },
};
#define PARTS (sizeof(parts) / sizeof(parts[0]))

/* Read a number and its unit, in the unit of the shape; NAN when it is none. */
static double
read_amount(const char *text, const struct unit units[3])
{
    size_t digits = strspn(text, "0123456789.");
    char *end;
    double value;

    if (digits == 0 || text[0] == '.')
        return NAN;
    value = strtod(text, &end);
    for (int i = 0; i < 3 && end == text + digits; i++)
        if (units[i].name != NULL && strcmp(end, units[i].name) == 0)
            return value * units[i].is;
    return NAN;
}

/* Find the part that a text names. */
static size_t
find_part(const char *text)
{
    size_t i = PARTS;

    /* The first has the empty name, which every text begins with. */
    while (--i > 0)
        if (strncmp(text, parts[i].name, strlen(parts[i].name)) == 0)
            break;
    return i;
}

/* Read the parts, each once. */
bool
netem_read(struct netem_shape *shape, const char *text, char *why, size_t size)
{
    bool had[PARTS] = { false };
    char copy[128], *rest = copy, *word;

    memset(shape, 0, sizeof(*shape));
    if (snprintf(copy, sizeof(copy), "%s", text) >= (int)sizeof(copy)) {
        snprintf(why, size, "it is too long");
        return false;
    }
    while ((word = strsep(&rest, ",")) != NULL) {
        size_t i = find_part(word);
        double value =
            read_amount(word + strlen(parts[i].name), parts[i].units);

        if (isnan(value) || had[i]) {
            snprintf(why, size, "'%s' is %s", word,
                isnan(value) ? "no delay, loss or rate" : "one too many");
            return false;
        }
        if (value < parts[i].min || value > parts[i].max) {
            snprintf(why, size, "%s", parts[i].bounds);
            return false;
        }
        had[i] = true;
        memcpy((char *)shape + parts[i].at, &value, sizeof(value));
    }
    return true;
}

/* Make an object of the parts. */
json_t *
netem_to_json(const struct netem_shape *shape)
{
    json_t *o = json_pack("{s:b}", "emulated", 1);

    for (size_t i = 0; i < PARTS; i++) {
        double value;

        memcpy(&value, (const char *)shape + parts[i].at, sizeof(value));
        if (json_object_set_new(o, parts[i].key, json_real(value)) == -1)
            err(1, NULL);
    }
    return o;
}

/* Take the parts from it. */
bool
netem_from_json(struct netem_shape *shape, const json_t *object)
{
    *shape = (struct netem_shape) { .aside = false };
    for (size_t i = 0; i < PARTS; i++) {
        double value = get_number(object, parts[i].key);

        if (!(value == 0 || (value >= parts[i].min && value <= parts[i].max)))
            return false;
        memcpy((char *)shape + parts[i].at, &value, sizeof(value));
    }
    return true;
}

/* Write a rate with a fitting unit. */
static int
write_rate(char *text, size_t size, double rate)
{
    if (rate >= 1e9)
        return snprintf(text, size, "%g Gbit/s", rate / 1e9);
    if (rate >= 1e6)
        return snprintf(text, size, "%g Mbit/s", rate / 1e6);
    return snprintf(text, size, "%g kbit/s", rate / 1e3);
}

/* Write the parts that there are. */
void
netem_words(const struct netem_shape *shape, char *text, size_t size)
{
    char rate[32] = "no rate limit";

    if (shape->rate > 0)
        write_rate(rate, sizeof(rate), shape->rate);
    snprintf(text, size, "%g ms round trip, %g %% loss, %s", shape->delay * 1e3,
        shape->loss * 100, rate);
}

/* --- Making it --- */

/* In the child: become a command, cut at its blanks, at one end. */
static _Noreturn void
become(int network, bool quiet, const char *command)
{
    char copy[COMMAND_MAX];
    const char *path = getenv("PATH");
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    char *argv[WORDS_MAX + 1] = { NULL }, *rest, *word, *wider;
    size_t n = 0;

    snprintf(copy, sizeof(copy), "%s", command);
    for (word = strtok_r(copy, " ", &rest); word != NULL && n < WORDS_MAX;
         word = strtok_r(NULL, " ", &rest))
        argv[n++] = word;
    /* tc and nft are where ordinary users do not look. */
    if (asprintf(&wider, "%s:/usr/sbin:/sbin",
            path != NULL ? path : "/usr/bin:/bin") == -1 ||
        setenv("PATH", wider, 1) == -1 || null == -1 || dup2(null, 0) == -1 ||
        dup2(null, 1) == -1 || (quiet && dup2(null, 2) == -1) ||
        setns(network, CLONE_NEWNET) == -1)
        _exit(1);
    execvp(argv[0], argv);
    _exit(MISSING);
}

/* Run a command at one end; return its exit status. */
static int
run(int network, bool quiet, const char *command)
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0)
        become(network, quiet, command);
    if (pid == -1)
        err(1, "fork");
    while (waitpid(pid, &status, 0) == -1)
        if (errno != EINTR)
            err(1, "waitpid");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* Write a line to a file of /proc. */
static bool
write_line(const char *path, const char *line)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool written;

    if (fd == -1)
        return false;
    written = write(fd, line, strlen(line)) == (ssize_t)strlen(line);
    close(fd);
    return written;
}

/* Become root of a user namespace, in which networks can be made. */
static bool
become_root(void)
{
    char users[32], groups[32];

    snprintf(users, sizeof(users), "0 %u 1\n", geteuid());
    snprintf(groups, sizeof(groups), "0 %u 1\n", getegid());
    return unshare(CLONE_NEWUSER) == 0 &&
           write_line("/proc/self/setgroups", "deny\n") &&
           write_line("/proc/self/uid_map", users) &&
           write_line("/proc/self/gid_map", groups);
}

/* Move into a new network namespace, and return a descriptor of it, or -1. */
static int
enter_new(void)
{
    if (unshare(CLONE_NEWNET) == -1 &&
        (errno != EPERM || !become_root() || unshare(CLONE_NEWNET) == -1))
        return -1;
    return open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
}

/* What is run, and at which end. */
struct step {
    bool server;
    const char *command;
};

static const struct step making[] = {
    { true, "ip link set lo up" },
    { true, "ip link add name server type veth peer name load" },
    { true, "ip link set server gso_max_segs 1" },
    { true, "ip link set load gso_max_segs 1" },
};

/* Between them `load` moves to the load's end. */
static const struct step joining[] = {
    { true, "ip address add " NETEM_SERVER "/15 dev server" },
    { true, "ip link set server up" },
    { false, "ip link set lo up" },
    { false, "ip address add 198.18.0.1/15 dev load" },
    { false, "ip link set load up" },
    { false, "ip route add local 198.18.0.0/23 dev lo" },
};

/* Say that a command failed. */
static int
blame(const char *command, int status, char *why, size_t size)
{
    const int length = (int)strcspn(command, " ");

    if (status == MISSING)
        snprintf(why, size, "%.*s was not found: install %s", length, command,
            strncmp(command, "nft ", 4) == 0 ? "nftables" : "iproute2");
    else
        snprintf(why, size, "'%s' failed", command);
    return -1;
}

/* Run a command at one end, or say why it failed. */
static int __attribute__((format(printf, 4, 5)))
must(int network, char *why, size_t size, const char *fmt, ...)
{
    char command[COMMAND_MAX];
    va_list ap;
    int status;

    va_start(ap, fmt);
    vsnprintf(command, sizeof(command), fmt, ap);
    va_end(ap);
    status = run(network, false, command);
    return status == 0 ? 0 : blame(command, status, why, size);
}

/* Run the steps of a table. */
static int
take(const struct netem *n, const struct step steps[], size_t count, char *why,
    size_t size)
{
    for (size_t i = 0; i < count; i++)
        if (must(steps[i].server ? n->server : n->load, why, size, "%s",
                steps[i].command) == -1)
            return -1;
    return 0;
}

/* Tell whether the kernel has netem, by using it. */
static bool
has_netem(const struct netem *n)
{
    return run(n->server, true, "tc qdisc add dev lo root netem limit 1") == 0;
}

/* Bound the rate of what leaves one end, and for how long it queues there. */
static int
bound_rate(const struct netem_shape *s, int end, const char *device,
    const char *at, char *why, size_t size)
{
    double bytes = s->rate / 8, burst = fmax(BURST_FEWEST, bytes * BURST);

    return must(end, why, size,
        "tc qdisc add dev %s %s tbf rate %.0fbit burst %.0f limit %.0f", device,
        at, s->rate, burst,
        fmin(burst + bytes * fmax(s->delay, QUEUE_LONG), UINT32_MAX));
}

/*
 * Shape what leaves one end, by netem. It could keep the rate, too, but bounds
 * its queue in packets, of whatever size: one that has room for small ones lets
 * large ones wait several times as long.
 */
static int
shape_by_netem(const struct netem_shape *s, int end, const char *device,
    char *why, size_t size)
{
    double packets = fmax(4 * s->rate / 8 / 1500 * s->delay, UNDER_WAY);
    char loss[48] = "";

    if (s->loss > 0)
        snprintf(loss, sizeof(loss), " loss %.3f%%", s->loss * 100);
    if (must(end, why, size,
            "tc qdisc add dev %s root handle 1: netem delay %.0fus%s "
            "limit %.0f",
            device, s->delay * 1e6 / 2, loss, packets) == -1)
        return -1;
    return s->rate > 0 ? bound_rate(s, end, device, "parent 1:1", why, size)
                       : 0;
}

/* Shape what leaves one end, and lose what comes in, without netem. */
static int
shape_without(const struct netem_shape *s, int end, const char *device,
    char *why, size_t size)
{
    if (s->rate > 0 && bound_rate(s, end, device, "root", why, size) == -1)
        return -1;
    if (s->loss > 0 &&
        (must(end, why, size, "nft add table ip netem") == -1 ||
            must(end, why, size,
                "nft add chain ip netem lose "
                "{ type filter hook prerouting priority -300 ; }") == -1 ||
            must(end, why, size,
                "nft add rule ip netem lose iifname %s "
                "numgen random mod %d < %.0f drop",
                device, LOSS_PARTS, s->loss * LOSS_PARTS) == -1))
        return -1;
    return 0;
}

/*
 * Shape what servers send to some, and spare the others and whatever opens a
 * connection: a full line would lose it, and have it wait for a second or more.
 */
static int
shape_aside(const struct netem_shape *s, int end, char *why, size_t size)
{
    if (must(end, why, size,
            "tc qdisc add dev server root handle 1: htb default 10") == -1 ||
        must(end, why, size,
            "tc class add dev server parent 1: classid 1:10 htb rate %.0fbit "
            "quantum 1514",
            s->rate) == -1 ||
        must(end, why, size,
            "tc qdisc add dev server parent 1:10 bfifo limit %.0f",
            fmax(BURST_FEWEST, s->rate / 8 * QUEUE_LONG)) == -1 ||
        must(end, why, size, "nft add table ip netem") == -1 ||
        must(end, why, size,
            "nft add chain ip netem spare "
            "{ type filter hook postrouting priority 0 ; }") == -1 ||
        must(end, why, size,
            "nft add rule ip netem spare ip daddr 198.18.1.0/24 "
            "meta priority set 1:0") == -1)
        return -1;
    return must(end, why, size,
        "nft add rule ip netem spare tcp flags & syn == syn "
        "meta priority set 1:0");
}

/* Shape both ends. */
static int
shape_ends(const struct netem *n, char *why, size_t size)
{
    const struct netem_shape *s = &n->shape;
    bool whole;

    if (s->aside)
        return shape_aside(s, n->server, why, size);
    whole = (s->delay > 0 || s->loss > 0) && has_netem(n);
    if (s->delay > 0 && !whole) {
        snprintf(why, size,
            "this kernel has no netem, which a delay needs: modprobe "
            "sch_netem, or install the package of its further modules; loss "
            "and rate work without");
        return -1;
    }
    if (whole)
        return shape_by_netem(s, n->server, "server", why, size) == 0 &&
                       shape_by_netem(s, n->load, "load", why, size) == 0
                   ? 0
                   : -1;
    return shape_without(s, n->server, "server", why, size) == 0 &&
                   shape_without(s, n->load, "load", why, size) == 0
               ? 0
               : -1;
}

/* Make both ends, join them, and shape what goes over. */
int
netem_open(
    struct netem *n, const struct netem_shape *shape, char *why, size_t size)
{
    n->shape = *shape;
    n->server = enter_new();
    n->load = n->server != -1 ? enter_new() : -1;
    if (n->load == -1) {
        snprintf(why, size,
            "a network namespace cannot be made (%s): root can, and others "
            "where user namespaces are allowed",
            strerror(errno));
        return -1;
    }
    if (take(n, making, sizeof(making) / sizeof(making[0]), why, size) == -1 ||
        must(n->server, why, size, "ip link set load netns %d", getpid()) ==
            -1 ||
        take(n, joining, sizeof(joining) / sizeof(joining[0]), why, size) == -1)
        return -1;
    return shape_ends(n, why, size);
}

/* In the child: make it, and say why not. */
static _Noreturn void
make_and_tell(const struct netem_shape *shape, int to)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    struct netem n;
    char why[256] = "";

    guard_leave();
    /* What `tc` says of it nobody asked for. */
    if (null == -1 || dup2(null, 2) == -1 ||
        (netem_open(&n, shape, why, sizeof(why)) == -1 &&
            write(to, why, strlen(why)) == -1))
        _exit(2);
    _exit(why[0] == '\0' ? 0 : 1);
}

/* Make one that is gone with the child. */
bool
netem_try(const struct netem_shape *shape, char *why, size_t size)
{
    int ends[2], status = 1;
    ssize_t length;
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC) == -1 || (pid = fork()) == -1)
        err(1, "netem");
    if (pid == 0)
        make_and_tell(shape, ends[1]);
    close(ends[1]);
    while ((length = read(ends[0], why, size - 1)) == -1 && errno == EINTR)
        continue;
    why[length > 0 ? length : 0] = '\0';
    close(ends[0]);
    while (waitpid(pid, &status, 0) == -1)
        if (errno != EINTR)
            err(1, "waitpid");
    return status == 0;
}

/* Move the calling thread. */
static void
move_to(int network)
{
    if (setns(network, CLONE_NEWNET) == -1)
        err(1, "setns");
}

/* Move it to the server's end. */
void
netem_enter(const struct netem *n)
{
    if (n != NULL)
        move_to(n->server);
}

/* Move it back. */
void
netem_leave(const struct netem *n)
{
    if (n != NULL)
        move_to(n->load);
}

/* Read what the server's device has sent. */
uint64_t
netem_sent(const struct netem *n)
{
    uint64_t bytes = 0, sent;
    char line[512];
    FILE *in;

    netem_enter(n);
    in = fopen("/proc/net/dev", "re");
    netem_leave(n);
    if (in == NULL)
        return 0;
    /* Eight numbers of what was received come first. */
    while (fgets(line, sizeof(line), in) != NULL)
        if (sscanf(line, " server: %*u %*u %*u %*u %*u %*u %*u %*u %" SCNu64,
                &sent) == 1)
            bytes = sent;
    fclose(in);
    return bytes;
}
