/*
 * test_nic - what the kernel and a driver tell of a network card.
 */
#include "report/run/nic.h"

#include "tests/unit/unit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOOPBACK 0x7f000001u

/* A folder in the place of /proc and /sys. */
static char root[] = "/tmp/test_nic.XXXXXX";

/* Write a file in the folder; folders on its way are made. */
static void
put(const char *name, const char *text)
{
    char path[256];
    FILE *out;

    snprintf(path, sizeof(path), "%s/%s", root, name);
    for (char *slash = path + sizeof(root); *slash != '\0'; slash++)
        if (*slash == '/') {
            *slash = '\0';
            mkdir(path, 0700);
            *slash = '/';
        }
    out = fopen(path, "w");
    ck_assert_ptr_nonnull(out);
    fputs(text, out);
    ck_assert_int_eq(fclose(out), 0);
}

/* Make the folder. */
static void
make_root(void)
{
    ck_assert_ptr_nonnull(mkdtemp(root));
    put("net/dev",
        "Inter-|   Receive                                                |  "
        "Transmit\n"
        " face |bytes    packets errs drop fifo frame compressed multicast|"
        "bytes    packets errs drop fifo colls carrier compressed\n"
        "    lo: 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9\n"
        "  eth0: 1000 10 1 3 1 1 1 1 2000 20 1 4 1 1 1 1\n"
        "eth0.1:8 8 8 8 8 8 8 8 8 8 8 8 8 8 8 8\n");
}

/* Remove it. */
static void
remove_root(void)
{
    char command[64];

    snprintf(command, sizeof(command), "rm -r %s", root);
    ck_assert_int_eq(system(command), 0);
}

EACH_TEST(.before = make_root, .after = remove_root);

TEST(counters_are_those_of_its_line)
{
    struct nic n = nic_read("eth0", root, root);

    ck_assert_uint_eq(n.received, 1000);
    ck_assert_uint_eq(n.sent, 2000);
    ck_assert_uint_eq(n.packets, 30);
    ck_assert_uint_eq(n.dropped, 7);
    ck_assert_uint_eq(nic_read("eth0.1", root, root).packets, 16);
}

TEST(what_is_not_told_is_nothing)
{
    struct nic n = nic_read("eth1", root, root);

    ck_assert_uint_eq(n.received + n.sent + n.packets + n.dropped, 0);
    ck_assert_uint_eq(n.bits_per_second, 0);
    ck_assert_uint_eq(n.shaped, 0);
    ck_assert_double_nan(n.conntrack);
    ck_assert_uint_eq(nic_read("eth0", "/nonexistent", root).sent, 0);
}

/* What the kernel says of a speed, in Mbit/s, and what is made of that. */
static const struct {
    const char *text;
    uint64_t bits;
} speeds[] = {
    { "1000\n", UINT64_C(1000000000) },
    { "400000\n", UINT64_C(400000000000) },
    { "-1\n", 0 },
    { "", 0 },
};

TEST(a_speed_is_that_of_a_device, .times = COUNT(speeds))
{
    put("class/net/eth0/speed", speeds[_i].text);
    ck_assert_uint_eq(nic_read("eth0", root, root).bits_per_second, 0);
    put("class/net/eth0/device", "");
    ck_assert_uint_eq(
        nic_read("eth0", root, root).bits_per_second, speeds[_i].bits);
}

TEST(a_table_of_connections_is_so_full)
{
    put("sys/net/netfilter/nf_conntrack_count", "196608\n");
    ck_assert_double_nan(nic_read("eth0", root, root).conntrack);
    put("sys/net/netfilter/nf_conntrack_max", "262144\n");
    ck_assert_double_eq(nic_read("eth0", root, root).conntrack, 0.75);
    put("sys/net/netfilter/nf_conntrack_max", "0\n");
    ck_assert_double_nan(nic_read("eth0", root, root).conntrack);
}

TEST(only_counters_grow)
{
    const struct nic before = { .received = 1,
        .sent = 2,
        .packets = 3,
        .dropped = 4,
        .shaped = 5,
        .bits_per_second = 6,
        .conntrack = 0.5 };
    const struct nic after = { .received = 11,
        .sent = 22,
        .packets = 33,
        .dropped = 44,
        .shaped = 55,
        .bits_per_second = 6,
        .conntrack = 0.25 };
    struct nic n = nic_growth(&before, &after, 1.5);

    ck_assert_uint_eq(n.received, 10);
    ck_assert_uint_eq(n.sent, 20);
    ck_assert_uint_eq(n.packets, 30);
    ck_assert_uint_eq(n.dropped, 40);
    ck_assert_uint_eq(n.shaped, 50);
    ck_assert_uint_eq(n.bits_per_second, 6);
    ck_assert_double_eq(n.conntrack, 0.25);
    ck_assert_double_eq(n.seconds, 1.5);
}

TEST(what_a_cloud_held_back_is_added_up)
{
    static const char names[][NIC_STAT] = { "tx_packets",
        "bw_in_allowance_exceeded", "pps_allowance_exceeded",
        "_allowance_exceeded", "pps_allowance_exceeded_not",
        /* A name may take all of its room. */
        "of_32_bytes__allowance_exceeded" };
    static const uint64_t values[] = { 1, 20, 300, 4000, 50000, 600000 };

    ck_assert_uint_eq(nic_shaped(names[0], values, COUNT(names)), 600320);
    ck_assert_uint_eq(nic_shaped(names[0], values, 2), 20);
    ck_assert_uint_eq(nic_shaped(names[0], values, 0), 0);
}

TEST(the_loopback_interface_is_found_by_its_address)
{
    char name[IF_NAMESIZE];

    nic_of(name, LOOPBACK);
    ck_assert_str_eq(name, "lo");
    nic_towards(name, LOOPBACK + 1);
    ck_assert_str_eq(name, "lo");
    /* Nobody has the address of a documentation's example. */
    nic_of(name, 0xc0000201u);
    ck_assert_str_eq(name, "");
}

TEST(the_interfaces_of_this_machine_can_be_read)
{
    struct nic n = nic_read("lo", "/proc", "/sys");

    ck_assert_uint_eq(n.bits_per_second, 0);
    ck_assert_uint_eq(n.shaped, 0);
    ck_assert_uint_eq(nic_read("none", "/proc", "/sys").shaped, 0);
}
