/*
 * there - an agent on another host (see agent.h), and the servers there: the
 * same that host.h does here, by lines to it (see wire.h). What agents that
 * generate load are asked for is in crew.h.
 *
 * How a program is run there is a command that joins standard input and output
 * to it: ssh, or what --via says. What that host is called, which user logs in
 * with which key, and which host keys are known is ssh's business alone. The
 * host called `here` is this machine, where the agent is a child of this
 * process.
 *
 * A host that is lost is told by there_lost(), and all that is asked of it is
 * an error from then on: whatever was being measured is void, and
 * there_regain() tries to go on.
 */
#ifndef REPORT_THERE_H
#define REPORT_THERE_H

#include "report/host/wire.h"
#include "report/run/plan.h"
#include "report/run/process.h"
#include "report/run/run.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define THERE_VIA                                                              \
    "ssh -T -o BatchMode=yes -o ConnectTimeout=10 -o ServerAliveInterval=2 "   \
    "-o ServerAliveCountMax=3 -o ClearAllForwardings=yes "                     \
    "-o ForwardAgent=no -- {host}"
#define THERE_HOST_MARK "{host}"
#define THERE_HERE      "here"
#define THERE_PATH_BYTES                                                       \
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._+-"

/* Which host, and how it is reached. Strings outlive what is made of it. */
struct there_host {
    char name[256];
    /* Where its servers listen, "" = where ssh reached it; or where its load
       comes from, "" = wherever the system there says. */
    char address[WIRE_ADDRESS_MAX];
    size_t generators;   /* of load; each has an agent */
    const char *via;     /* NULL = THERE_VIA */
    const char *program; /* the path of compare there; NULL = as here */
    bool public;         /* the address need not be a private one */
    uint16_t port_first, port_last; /* where its servers listen; 0 = at any */
};

/*
 * Read `HOST[=ADDRESS]`. A name is letters, digits and @._:/- and begins with a
 * letter or digit; an address is IPv4. Return false, with the reason in `why`,
 * when it is none.
 */
bool there_read(struct there_host *h, const char *text, char *why, size_t size);

struct there;

/*
 * Run an agent there and see that it is of this very program, with the same
 * servers; of controls that it has not, take the paths out of the plan. With no
 * plan, NULL, it shall generate load, and needs no servers. Return it, or NULL
 * with the reason in `why`. A thread keeps its lease from now on. End the
 * program when memory or descriptors run out.
 */
struct there *there_connect(
    const struct there_host *h, struct plan *plan, char *why, size_t size);

/* Take over where servers run there, and how the load reaches them. */
void there_place(struct there *t, struct placement *p);

/*
 * Return what is told of it, which the caller owns: for report.json, or `short`
 * for a journal, as much as must be the same for it to be resumed.
 */
json_t *there_to_json(const struct there *t, bool brief);

/* Say of an array as of others_named() on which host those ran; who runs here
 * needs no name. */
void there_name_others(const struct there_host *h, json_t *others);

/* Return its name, and where its servers listen; they last as long as what it
 * was made of, and as it. */
const char *there_name(const struct there *t);
const char *there_address(const struct there *t);

/* Return what it greeted with; it lasts as long as it. */
const struct wire_hello *there_hello(const struct there *t);

/*
 * Ask it for something, and take the next answer, which is to be released: for
 * each request there is one, in their order. The descriptor is readable when
 * one begins. An agent that is gone, silent for `limit_ms`, or says something
 * else is lost: see there_lost().
 */
void there_ask(struct there *t, struct wire_request *r);
void there_receive(struct there *t, struct wire_answer *a, int limit_ms);
int there_descriptor(const struct there *t);

/* End the program, as the host is lost: say which, and why; and how to go on,
 * once there_keep() has said that what is measured is kept in a journal. */
_Noreturn void there_give_up(const struct there *t, const char *why);
void there_keep(void);

/* Return why it is lost, in some words; NULL = it is there. */
const char *there_lost(const struct there *t);

/*
 * Reach a lost host again, with no server running, after 5, 15 or 60 seconds;
 * say so on standard error. Each of these times comes once: a host that is lost
 * a fourth time, or does not answer, or has been started again, or has other
 * programs by now, ends the program; what was measured is in the journal.
 */
void there_regain(struct there *t);

/* As in host.h. Those for both ends of a window only ask, and do not wait:
 * there_note() takes what was answered. */
int there_start(struct there *t, struct process *server,
    const struct scenario *s, enum subject subject);
void there_look(struct there *t);
void there_begin(struct there *t);
void there_end(struct there *t);
void there_note(struct there *t, struct run *run);
int there_memory(struct there *t, struct memory *m);
int there_counter(struct there *t, uint64_t *value);
int there_stop(
    struct there *t, struct process *server, struct process_end *end);
double there_pace(struct there *t);

/* End the agent, and free it. */
void there_close(struct there *t);

#endif
