/*
 * nic - what the network card of this host did while something was measured
 * over it: how much it carried, and what was dropped or held back, so that the
 * network, not the server, made somebody wait.
 */
#ifndef REPORT_NIC_H
#define REPORT_NIC_H

#include <net/if.h>
#include <stddef.h>
#include <stdint.h>

/* Counters, or how much they have grown. */
struct nic {
    uint64_t received, sent;   /* bytes */
    uint64_t packets, dropped; /* both ways */
    /* How often a cloud held packets back that were more than what is paid for,
       as drivers that tell of it count. */
    uint64_t shaped;
    uint64_t bits_per_second; /* what it can carry each way; 0 = not known */
    double conntrack; /* share of the kernel's table of connections that is in
                         use; NAN = there is none */
    double seconds;   /* of a growth: how long it took; 0 = there was no card */
};

#define NIC_STAT 32 /* bytes of a name of ethtool's; ETH_GSTRING_LEN */

/*
 * Find the interface that has an IPv4 address of this host; and the one by
 * which packets leave for an address. Both are in host byte order. `name` is
 * "" when there is none.
 */
void nic_of(char name[IF_NAMESIZE], uint32_t address);
void nic_towards(char name[IF_NAMESIZE], uint32_t address);

/*
 * Read the counters of an interface. `proc` and `sys` are where the kernel
 * tells of them, "/proc" and "/sys". What is not told is 0. One that is no
 * device has no speed: a virtual one invents it.
 */
struct nic nic_read(const char *name, const char *proc, const char *sys);

/* Return what has happened in so many seconds between two readings. */
struct nic nic_growth(
    const struct nic *before, const struct nic *after, double seconds);

/* Add up those of n counters of a driver, with names of NIC_STAT bytes each,
 * that say that a cloud held something back. */
uint64_t nic_shaped(const char *names, const uint64_t *values, size_t n);

#endif
