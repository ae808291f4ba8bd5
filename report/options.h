/*
 * options - the command line of compare.
 */
#ifndef REPORT_OPTIONS_H
#define REPORT_OPTIONS_H

#include "report/host/there.h"
#include "report/run/plan.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OPTIONS_SCENARIOS_MAX 80

/* What the command line asks for. Strings are argv's. */
struct request {
    bool check_only;
    bool list;
    enum suite suite;
    bool suite_named; /* by --standard or --full */
    const struct scenario *only[OPTIONS_SCENARIOS_MAX];
    size_t only_count;    /* 0 = all of the suite */
    const char *output;   /* NULL = where programs_find() says */
    const char *resume;   /* a directory, or NULL */
    const char *render;   /* a report, or NULL */
    const char *baseline; /* a report, or NULL */
    const char *beside;   /* likewise */
    const char *cost;     /* a file of prices, or NULL */
    bool everything;      /* the page shows paths and commands, too */
    size_t blocks;        /* 0 = as the suite says */
    double seconds;       /* 0 = likewise */
    char *started;        /* set with resume: when that was begun */
    bool designed;        /* an option said what to measure, or how */
    uint64_t seed;
    bool serves;    /* --agent: another compare asks for what is done */
    bool looks;     /* --hosts check */
    bool elsewhere; /* servers run on another host, this one */
    struct there_host server;
    struct there_host loads[WIRE_PARTS_MAX]; /* and the load on these; none: */
    size_t loads_count;                      /* the load runs here */
    size_t generators;                       /* on all of them */
    const char *via, *there;                 /* for that; NULL = as usual */
    bool is_public;
    uint16_t port_first, port_last; /* of the servers there; 0 = any */
    bool emulates; /* a network between load and servers, of that shape */
    struct netem_shape shape;
    const char *peers[PEERS_MAX]; /* the commands of peers */
    size_t peers_count;
    const struct peer_kind *peer_kind;
};

/*
 * Add a scenario to `only`. Return whether that could be: it is one (not NULL),
 * and not there already.
 */
bool options_choose(struct request *request, const struct scenario *s);

/* Return whether a window of so many seconds can be measured. */
bool options_is_window(double seconds);

/* Read the command line; a wrong one ends the program with exit code 64. */
void options_read(struct request *request, int argc, char **argv);

#endif
