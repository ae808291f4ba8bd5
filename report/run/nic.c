#include "report/run/nic.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <inttypes.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define STATS_MAX 4096 /* of a driver; some hundreds are usual */

/* Amazon's driver has five: bw_in_, bw_out_, pps_, conntrack_, linklocal_. */
#define ALLOWANCE "_allowance_exceeded"

/* --- Which one it is --- */

/* Look through all addresses of this host. */
void
nic_of(char name[IF_NAMESIZE], uint32_t address)
{
    struct ifaddrs *all, *one;

    name[0] = '\0';
    if (getifaddrs(&all) == -1)
        return;
    for (one = all; one != NULL; one = one->ifa_next) {
        struct sockaddr_in at;

        if (one->ifa_addr == NULL || one->ifa_addr->sa_family != AF_INET)
            continue;
        memcpy(&at, one->ifa_addr, sizeof(at));
        if (ntohl(at.sin_addr.s_addr) == address)
            snprintf(name, IF_NAMESIZE, "%s", one->ifa_name);
    }
    freeifaddrs(all);
}

/* Ask the kernel which address it would send from; nothing is sent. */
void
nic_towards(char name[IF_NAMESIZE], uint32_t address)
{
    const struct sockaddr_in to = { .sin_family = AF_INET,
        .sin_port = htons(9),
        .sin_addr.s_addr = htonl(address) };
    struct sockaddr_in from;
    socklen_t size = sizeof(from);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    name[0] = '\0';
    if (fd == -1)
        return;
    if (connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0 &&
        getsockname(fd, (struct sockaddr *)&from, &size) == 0)
        nic_of(name, ntohl(from.sin_addr.s_addr));
    close(fd);
}

/* --- What the kernel tells --- */

/* Read a whole number from a file; false when it holds none. */
static bool
read_number(const char *path, int64_t *number)
{
    FILE *in = fopen(path, "re");
    bool good;

    if (in == NULL)
        return false;
    good = fscanf(in, "%" SCNd64, number) == 1;
    fclose(in);
    return good;
}

/* Take the counters from the line of the interface. */
static void
read_counters(struct nic *n, const char *name, const char *proc)
{
    uint64_t packets_in, dropped_in, packets_out, dropped_out;
    char path[256], line[512], one[IF_NAMESIZE];
    FILE *in;

    snprintf(path, sizeof(path), "%s/net/dev", proc);
    in = fopen(path, "re");
    if (in == NULL)
        return;
    while (fgets(line, sizeof(line), in) != NULL)
        if (sscanf(line,
                " %15[^:]: %" SCNu64 " %" SCNu64 " %*u %" SCNu64
                " %*u %*u %*u %*u %" SCNu64 " %" SCNu64 " %*u %" SCNu64,
                one, &n->received, &packets_in, &dropped_in, &n->sent,
                &packets_out, &dropped_out) == 7 &&
            strcmp(one, name) == 0) {
            n->packets = packets_in + packets_out;
            n->dropped = dropped_in + dropped_out;
            fclose(in);
            return;
        }
    n->received = n->sent = 0;
    fclose(in);
}

/* Read how full the table of connections is. */
static double
read_conntrack(const char *proc)
{
    char path[256];
    int64_t used, most;

    snprintf(
        path, sizeof(path), "%s/sys/net/netfilter/nf_conntrack_count", proc);
    if (!read_number(path, &used))
        return NAN;
    snprintf(path, sizeof(path), "%s/sys/net/netfilter/nf_conntrack_max", proc);
    if (!read_number(path, &most) || most <= 0)
        return NAN;
    return (double)used / (double)most;
}

/* Read what a device can carry, which the kernel tells in Mbit/s. */
static uint64_t
read_speed(const char *name, const char *sys)
{
    char path[256];
    int64_t megabits;

    snprintf(path, sizeof(path), "%s/class/net/%s/device", sys, name);
    if (access(path, F_OK) == -1)
        return 0;
    snprintf(path, sizeof(path), "%s/class/net/%s/speed", sys, name);
    return read_number(path, &megabits) && megabits > 0
               ? (uint64_t)megabits * 1000000
               : 0;
}

/* --- What its driver tells --- */

/* Look for a name that ends so. */
uint64_t
nic_shaped(const char *names, const uint64_t *values, size_t n)
{
    const size_t end = strlen(ALLOWANCE);
    uint64_t sum = 0;

    for (size_t i = 0; i < n; i++) {
        const char *name = names + i * NIC_STAT;
        size_t length = strnlen(name, NIC_STAT);

        if (length > end && memcmp(name + length - end, ALLOWANCE, end) == 0)
            sum += values[i];
    }
    return sum;
}

/* Ask a driver for something by ethtool's call; false when it does not tell. */
static bool
ask_driver(int fd, const char *name, void *what)
{
    struct ifreq request = { .ifr_data = what };

    snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
    return ioctl(fd, SIOCETHTOOL, &request) == 0;
}

/* Read names and values of a driver's counters. */
static uint64_t
read_shaped(const char *name)
{
    struct ethtool_drvinfo about = { .cmd = ETHTOOL_GDRVINFO };
    struct ethtool_gstrings *names = NULL;
    struct ethtool_stats *values = NULL;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    uint64_t shaped = 0;
    uint32_t n;

    if (fd == -1)
        return 0;
    n = ask_driver(fd, name, &about) ? about.n_stats : 0;
    if (n > 0 && n <= STATS_MAX) {
        names = calloc(1, sizeof(*names) + (size_t)n * NIC_STAT);
        values = calloc(1, sizeof(*values) + n * sizeof(uint64_t));
    }
    if (names != NULL && values != NULL) {
        names->cmd = ETHTOOL_GSTRINGS;
        names->string_set = ETH_SS_STATS;
        values->cmd = ETHTOOL_GSTATS;
        names->len = values->n_stats = n;
        if (ask_driver(fd, name, names) && ask_driver(fd, name, values) &&
            names->len == n && values->n_stats == n)
            shaped = nic_shaped(
                (const char *)names->data, (const uint64_t *)values->data, n);
    }
    free(names);
    free(values);
    close(fd);
    return shaped;
}

/* --- Both together --- */

/* Read all. */
struct nic
nic_read(const char *name, const char *proc, const char *sys)
{
    struct nic n = { .shaped = read_shaped(name),
        .bits_per_second = read_speed(name, sys),
        .conntrack = read_conntrack(proc) };

    read_counters(&n, name, proc);
    return n;
}

/* Subtract what is a counter. */
struct nic
nic_growth(const struct nic *before, const struct nic *after, double seconds)
{
    struct nic n = *after;

    n.received -= before->received;
    n.sent -= before->sent;
    n.packets -= before->packets;
    n.dropped -= before->dropped;
    n.shaped -= before->shaped;
    n.seconds = seconds;
    return n;
}
