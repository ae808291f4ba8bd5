/*
 * netem - a network emulated on this machine: two network namespaces, joined by
 * a pair of virtual Ethernet devices, and between these a delay, losses and a
 * rate.
 *
 * compare moves into the one, and starts its servers in the other:
 *
 *     load   198.18.0.1 to 198.18.0.200 ----- 198.19.0.1   server
 *
 * (the addresses that RFC 2544 sets aside for benchmarks). Neither namespace
 * has a name, so both are gone, with devices and all, once compare and its
 * servers have ended, however they end; the machine's own network is left
 * alone. `ip` and `tc` of iproute2 do the work. Root is not needed where user
 * namespaces are allowed: compare then is root of one of its own.
 *
 * Delay and losses are the work of the kernel's netem. Without it (many virtual
 * machines have none) a rule of nftables drops packets; there is no delay then.
 * A token bucket keeps the rate. A rate that spares some of the load is the
 * work of htb, and of rules that tell it whom to spare.
 *
 * A packet is a frame of 1500 bytes at most, as on a wire: the devices do not
 * take larger pieces to cut them themselves.
 */
#ifndef REPORT_NETEM_H
#define REPORT_NETEM_H

#include "report/load/load.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define NETEM_SERVER "198.19.0.1"

/* How the load reaches it; and how past a rate that is `aside`. */
extern const struct load_path netem_path, netem_spared_path;

/* What the network is like; 0 = it has none of it. */
struct netem_shape {
    double delay; /* seconds, there and back: half of it each way */
    double loss;  /* share of the packets lost, each way */
    double rate;  /* bits per second, each way */
    bool aside;   /* there is a rate alone, and only of what servers send to
                     netem_path once connections stand */
};

#define NETEM_DELAY_MAX 1.0 /* an answer counts as lost after 2 s */
#define NETEM_LOSS_MAX  0.5
#define NETEM_RATE_MIN  64e3
#define NETEM_RATE_MAX  100e9

struct netem {
    struct netem_shape shape;
    int load, server; /* the namespaces */
};

/*
 * Read a shape, `[DELAY][,loss=P%][,rate=R]` in any order: `10ms`,
 * `10ms,loss=0.1%,rate=100mbit`, `rate=1gbit`; `0ms` is a network that does
 * nothing. Units are us, ms, s; %; kbit, mbit, gbit. Return false, with the
 * reason in `why`, when that is none.
 */
bool netem_read(
    struct netem_shape *shape, const char *text, char *why, size_t size);

/*
 * Return a shape as an object of report.json, which the caller owns; and read
 * such an object, false when a value is none that netem_read() would give.
 */
json_t *netem_to_json(const struct netem_shape *shape);
bool netem_from_json(struct netem_shape *shape, const json_t *object);

/* Write a shape in words: "10 ms round trip, 0.1 % loss, 100 Mbit/s". */
void netem_words(const struct netem_shape *shape, char *text, size_t size);

/*
 * Make the network, and move the process into the load's end of it, for good.
 * To be called while there is one thread. Return 0, or -1 with the reason in
 * `why`, a sentence without its full stop; the process may be in a namespace
 * without any network then.
 */
int netem_open(
    struct netem *n, const struct netem_shape *shape, char *why, size_t size);

/*
 * Return whether such a network can be made here, by making it in a child
 * process; else `why` is as of netem_open(). It takes a tenth of a second.
 */
bool netem_try(const struct netem_shape *shape, char *why, size_t size);

/*
 * Let the calling thread read at the server's end what a namespace has of its
 * own, counters and sockets; netem_leave() brings it to the load's, from
 * another network, too. A NULL network is the loopback, which is the same at
 * both ends. End the program when the system does not let it.
 */
void netem_enter(const struct netem *n);
void netem_leave(const struct netem *n);

/*
 * Return how many bytes have gone from the server to the load, with all heads
 * of frames and whatever was sent again; 0 when the kernel does not tell.
 */
uint64_t netem_sent(const struct netem *n);

#endif
