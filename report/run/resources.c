#include "report/run/resources.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define WAIT_SAMPLE 64 /* threads whose delay is read */

/* Read the number after `key` at the start of a line of a /proc file. */
static int
read_field(const char *path, const char *key, uint64_t *value)
{
    char line[512];
    FILE *in = fopen(path, "re");
    bool found = false;

    if (in == NULL)
        return -1;
    while (!found && fgets(line, sizeof(line), in) != NULL)
        found = strncmp(line, key, strlen(key)) == 0 &&
                sscanf(line + strlen(key), "%" SCNu64, value) == 1;
    fclose(in);
    return found ? 0 : -1;
}

/* Add up the buffer memory in one answer of the kernel about a socket. */
static uint64_t
socket_bytes(struct nlmsghdr *nlh)
{
    const unsigned char *at = NLMSG_DATA(nlh);
    size_t left = NLMSG_PAYLOAD(nlh, 0);
    const size_t head = sizeof(struct nlattr); /* already aligned */
    size_t skip = NLMSG_ALIGN(sizeof(struct inet_diag_msg));

    while (left > skip && left - skip >= head) {
        struct nlattr attr;
        uint32_t info[SK_MEMINFO_VARS] = { 0 };
        size_t size;

        at += skip;
        left -= skip;
        memcpy(&attr, at, sizeof(attr));
        if (attr.nla_len < head || attr.nla_len > left)
            break;
        size = attr.nla_len - head;
        if (attr.nla_type == INET_DIAG_SKMEMINFO) {
            memcpy(info, at + head, size < sizeof(info) ? size : sizeof(info));
            return (uint64_t)info[SK_MEMINFO_RMEM_ALLOC] +
                   info[SK_MEMINFO_WMEM_QUEUED] + info[SK_MEMINFO_FWD_ALLOC] +
                   info[SK_MEMINFO_OPTMEM] + info[SK_MEMINFO_BACKLOG];
        }
        skip = (attr.nla_len + 3U) & ~3U; /* NLA_ALIGN, unsigned */
    }
    return 0;
}

/* Read one batch of answers; returns false after the last one. */
static bool
read_answers(int fd, uint64_t *bytes)
{
    static union {
        struct nlmsghdr head;
        char bytes[32768];
    } buf;
    ssize_t got = recv(fd, &buf, sizeof(buf), 0);
    struct nlmsghdr *nlh = &buf.head;
    unsigned left = got > 0 ? (unsigned)got : 0;

    if (got <= 0)
        return false;
    for (; NLMSG_OK(nlh, left); nlh = NLMSG_NEXT(nlh, left)) {
        if (nlh->nlmsg_type == NLMSG_DONE || nlh->nlmsg_type == NLMSG_ERROR)
            return false;
        *bytes += socket_bytes(nlh);
    }
    return true;
}

/*
 * Ask the kernel for the buffer memory of all TCP sockets bound to a port
 * (sock_diag(7), what `ss -tm sport = :PORT` shows), or connected to one. 0
 * when it does not tell.
 */
static uint64_t
socket_memory(uint16_t port, bool client)
{
    struct {
        struct nlmsghdr head;
        struct inet_diag_req_v2 ask;
    } msg = {
        .head = {
            .nlmsg_len = sizeof(msg),
            .nlmsg_type = SOCK_DIAG_BY_FAMILY,
            .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
        },
        .ask = {
            .sdiag_family = AF_INET,
            .sdiag_protocol = IPPROTO_TCP,
            .idiag_ext = 1 << (INET_DIAG_SKMEMINFO - 1),
            .idiag_states = ~0U,
            .id = { .idiag_sport = client ? 0 : htons(port),
                .idiag_dport = client ? htons(port) : 0 },
        },
    };
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    uint64_t bytes = 0;

    if (fd == -1)
        return 0;
    if (send(fd, &msg, sizeof(msg), 0) == (ssize_t)sizeof(msg))
        while (read_answers(fd, &bytes))
            continue;
    close(fd);
    return bytes;
}

/*
 * Return the next process of a group in the list of all processes, opened as
 * /proc; 0 when there is none left.
 */
static pid_t
next_member(DIR *all, pid_t group)
{
    const struct dirent *entry;

    while ((entry = readdir(all)) != NULL) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

        if (pid > 0 && getpgid(pid) == group)
            return pid;
    }
    return 0;
}

/* Add the memory of one process, but not its sockets. */
static int
add_memory(pid_t pid, struct memory *m)
{
    char rollup[64], status[64];
    uint64_t pss, tables, threads;

    snprintf(rollup, sizeof(rollup), "/proc/%d/smaps_rollup", pid);
    snprintf(status, sizeof(status), "/proc/%d/status", pid);
    if (read_field(rollup, "Pss:", &pss) == -1 ||
        read_field(status, "VmPTE:", &tables) == -1 ||
        read_field(status, "Threads:", &threads) == -1)
        return -1;
    m->pss += pss * 1024;
    m->page_tables += tables * 1024;
    m->threads += threads;
    m->kernel_stacks += threads * RESOURCES_KERNEL_STACK;
    return 0;
}

/* Collect the memory of one server. */
int
resources_memory(pid_t pid, uint16_t port, struct memory *m)
{
    int result = -1;
    pid_t member;
    DIR *all;

    memset(m, 0, sizeof(*m));
    m->sockets = socket_memory(port, false);
    if (pid > 0)
        return add_memory(pid, m);
    all = opendir("/proc");
    while (all != NULL && (member = next_member(all, -pid)) != 0)
        if (add_memory(member, m) == 0)
            result = 0;
    if (all != NULL)
        closedir(all);
    return result;
}

/* Collect the memory of a client. */
int
resources_client_memory(pid_t pid, uint16_t port, struct memory *m)
{
    memset(m, 0, sizeof(*m));
    m->sockets = socket_memory(port, true);
    return add_memory(pid, m);
}

/* Add up the kinds of memory. */
uint64_t
resources_memory_total(const struct memory *m)
{
    return m->pss + m->page_tables + m->kernel_stacks + m->sockets;
}

/* Read any clock in ns. */
static uint64_t
read_clock(clockid_t clock)
{
    struct timespec ts;

    if (clock_gettime(clock, &ts) == -1)
        return 0;
    return (uint64_t)ts.tv_sec * UINT64_C(1000000000) + (uint64_t)ts.tv_nsec;
}

/* Read another process's CPU clock. */
static uint64_t
process_cpu_ns(pid_t pid)
{
    clockid_t clock;

    return clock_getcpuclockid(pid, &clock) == 0 ? read_clock(clock) : 0;
}

/* Read the CPU clocks of a server. */
uint64_t
resources_cpu_ns(pid_t pid)
{
    uint64_t sum = 0;
    pid_t member;
    DIR *all;

    if (pid > 0)
        return process_cpu_ns(pid);
    all = opendir("/proc");
    while (all != NULL && (member = next_member(all, -pid)) != 0)
        sum += process_cpu_ns(member);
    if (all != NULL)
        closedir(all);
    return sum;
}

/* Read the CPU clock of this thread. */
uint64_t
resources_own_cpu_ns(void)
{
    return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

/* Read the CPU clock of this process. */
uint64_t
resources_all_cpu_ns(void)
{
    return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

/* Read the run-queue delay of this thread. */
uint64_t
resources_own_wait_ns(void)
{
    uint64_t wait = 0;
    FILE *in = fopen("/proc/thread-self/schedstat", "re");

    if (in == NULL)
        return 0;
    if (fscanf(in, "%*u %" SCNu64, &wait) != 1)
        wait = 0;
    fclose(in);
    return wait;
}

/* Read the run-queue delay of a thread; -1 when it is gone. */
static int
thread_wait_ns(pid_t pid, const char *thread, uint64_t *ns)
{
    char path[64];
    uint64_t wait;
    FILE *in;
    int found;

    snprintf(path, sizeof(path), "/proc/%d/task/%.16s/schedstat", pid, thread);
    in = fopen(path, "re");
    if (in == NULL)
        return -1;
    found = fscanf(in, "%*u %" SCNu64, &wait);
    fclose(in);
    *ns += found == 1 ? wait : 0;
    return found == 1 ? 0 : -1;
}

/* Add up the delays of all threads, or of the first of very many. */
int
resources_wait_ns(pid_t pid, uint64_t *ns)
{
    size_t threads = 0, read = 0;
    const struct dirent *entry;
    char path[32];
    DIR *tasks;

    *ns = 0;
    snprintf(path, sizeof(path), "/proc/%d/task", pid);
    tasks = pid > 0 ? opendir(path) : NULL;
    if (tasks == NULL)
        return -1;
    while ((entry = readdir(tasks)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        threads++;
        if (read < WAIT_SAMPLE && thread_wait_ns(pid, entry->d_name, ns) == 0)
            read++;
    }
    closedir(tasks);
    if (read == 0)
        return -1;
    *ns = (uint64_t)((double)*ns * (double)threads / (double)read);
    return 0;
}
