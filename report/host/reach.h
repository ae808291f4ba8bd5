/*
 * reach - whether a server can be connected to from this host, and if not, why.
 */
#ifndef REPORT_REACH_H
#define REPORT_REACH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REACH_LIMIT_MS 3000 /* for a connection: three SYNs are sent */

/*
 * Connect once to a port of an IPv4 address, from an address of this host ("" =
 * any), and hang up. Return how long that took in ns, a round trip, or NAN with
 * what is wrong and a hint in `why`. It takes REACH_LIMIT_MS at most.
 */
double reach(
    const char *to, uint16_t port, const char *from, char *why, size_t size);

/*
 * Return how many bytes a packet from this host to an IPv4 address may have
 * (MTU), as the kernel knows it; 0 when it does not. Nothing is sent.
 */
uint64_t reach_mtu(const char *to);

/* Return whether a text is an IPv4 address of this host, or "". */
bool reach_is_ours(const char *address);

#endif
