/*
 * scenarios - what is raced, and in what: tables. A new server, a new
 * situation or another length of the whole is a new row.
 */
#ifndef REPORT_SCENARIOS_H
#define REPORT_SCENARIOS_H

#include "report/load/load.h"
#include "report/metrics.h"

#include <stdbool.h>
#include <stddef.h>

/* The programs that exist twice: servers, and what is run to its end. */
enum program {
    PROGRAM_GUESS,
    PROGRAM_CHARFINDER,
    PROGRAM_PUSH,
    PROGRAM_FLAGS,
    PROGRAM_SPINNER,
    PROGRAM_ECHO,
    PROGRAM_FLAG_SERVER,
    PROGRAMS
};

extern const char *const program_names[PROGRAMS];

/* Programs of the reader's own, as many as a page shows side by side. */
#define PEERS_MAX 4

/* What a peer may be. */
struct peer_kind {
    const char *name; /* for --peer-speaks and report.json */
    enum program program;
    enum ask_speaks speaks; /* of a server */
    bool is_job;            /* it is run to its end, with a twin's options */
};

#define PEER_KINDS 8
extern const struct peer_kind peer_kinds[PEER_KINDS]; /* a game's first */

/* Who is raced, in the order of the report's columns. */
enum subject {
    SUBJECT_THREADED,
    SUBJECT_EVENTED,
    SUBJECT_BARE_EPOLL,
    SUBJECT_BARE_THREADS,
    SUBJECT_MANUAL,
    SUBJECT_BARE_IO_URING,
    SUBJECT_BARE_PUSH,
    SUBJECT_WOKEN_THREADS,
    SUBJECT_NODE_WS,
    SUBJECT_GEVENT,
    SUBJECT_ONE,    /* downloads with threads, of which there is one */
    SUBJECT_INLINE, /* downloads with events, saved in the loop */
    SUBJECT_CURL_EASY,
    SUBJECT_CURL_MULTI,
    SUBJECT_CURL,
    SUBJECT_WGET2,
    SUBJECT_ARIA2,
    SUBJECT_PEER, /* the first server of the reader's own */
    SUBJECTS = SUBJECT_PEER + PEERS_MAX
};

struct subject_info {
    const char *name;  /* in report.json */
    const char *title; /* in sentences */
    /* By program: paths below the directory of compare; NULL = has none. */
    const char *built[PROGRAMS];
    const char *installed[PROGRAMS]; /* beside it; NULL = as built */
    const struct ask *ask; /* instead of the scenario's; NULL = the same */
    bool counts;           /* tells on SIGUSR1 how many lines it was sent */
    bool needs_io_uring;   /* of the kernel */
    const char *tool;      /* a program of others, looked up in PATH */
    /* The words after a downloader's name; see job.h for what %x stands for. */
    const char *words;
    const char *words_alone; /* where one request is made at a time, if other */
};

extern const struct subject_info subjects[SUBJECTS];

/* What a peer's name is made of, and how long it fits into its column. */
#define PEER_NAME_MAX 20
#define PEER_NAME_BYTES                                                        \
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

/*
 * Call peer `i`, counted from 0, by this name, of at most PEER_NAME_MAX bytes,
 * from now on, in the table above. Return 0, or -1 when another subject is
 * called so.
 */
int scenario_name_peer(size_t i, const char *name, size_t length);

/* How much time there is. */
enum suite { SUITE_QUICK, SUITE_STANDARD, SUITE_FULL, SUITES };

struct suite_info {
    const char *name;
    double limit; /* seconds in all */
    size_t blocks;
};

extern const struct suite_info suites[SUITES];

/* What is special about a scenario, besides its load. */
enum special {
    SPECIAL_NONE,
    SPECIAL_LEVELS, /* connections grow by idle_levels; memory at each */
    SPECIAL_STORM,  /* all connections at once, each asks once */
    SPECIAL_BURST,  /* the rate rises for BURST_SECONDS of the window */
    SPECIAL_WAITING /* of a job: memory while WAITING_FEW requests wait, then
                       all connections */
};

#define WAITING_FEW   ((size_t)100)
#define BURST_BEFORE  0.4 /* share of the window before the burst */
#define BURST_SECONDS 0.2
#define BURST_FACTOR  1.5 /* of the faster twin's capacity */

/* A command that is run to its end, instead of a server that is loaded. */
struct job {
    size_t flags;     /* to download; 0 = it is a spinner */
    size_t size;      /* bytes of each */
    double delay;     /* seconds before each answer; of a spinner, it turns */
    size_t requests;  /* for each flag */
    unsigned columns; /* the controls that run, a bit each */
};

#define SPIN_FRAMES_A_SECOND 10

/* What goes on beside the measured requests. */
struct background {
    const char *role; /* in report.json; NULL = nothing goes on */
    enum load_way way;
    size_t connections;
    const struct ask *ask;
    uint64_t period_ns; /* of the slow ways, as in struct load_group */
    size_t chunk;       /* bytes */
};

/* A row of the table begins with the first three, which have no names there. */
struct scenario {
    const char *name;     /* for --only and report.json */
    const char *title;    /* "At 50 connections" */
    const char *question; /* in words */
    const char *family;   /* see report-json.md */
    enum program program;
    const struct ask *ask; /* NULL = a job says what is done */
    const struct job *job; /* NULL = a server is loaded */
    enum load_way way;     /* a closed loop unless it says otherwise */
    enum special special;
    size_t connections; /* at the end; of a job, requests at once */
    size_t active;      /* that ask; 0 = all */
    double rate;        /* open loop: requests per second, or... */
    double share;       /* ... of what the slower twin can do */
    bool poisson;
    struct background background;
    /* The network that it brings, in the words of --netem, and whether only
     * what goes on beside crosses it; NULL = it takes what there is. */
    const char *link;
    bool link_aside;
    bool all_cores;         /* nothing is pinned */
    const char *options[2]; /* of the twins; NULL = none */
    bool hangs;             /* it may be left unanswered */
    enum metric primary;
    unsigned has;          /* metrics, a bit each */
    double warmup, window; /* seconds */
    size_t blocks;         /* 0 = as many as the suite has */
    bool goes_on;    /* in the processes of the row before, if that runs, too */
    bool peer;       /* a peer runs, too, though no controls do */
    bool controls;   /* run the controls in some blocks, too */
    bool syscalls;   /* count them in a pass of its own */
    unsigned suites; /* a bit each */
    /* The controls that run, a bit each; 0 = all of the program. */
    unsigned columns;
};

extern const struct scenario scenarios[];
extern const size_t scenarios_count;

/* Connections at which SPECIAL_LEVELS reads the memory, rising from 0. */
#define IDLE_LEVELS 4
extern const size_t idle_levels[IDLE_LEVELS];

/* Return the scenario of that name, or NULL. */
const struct scenario *scenario_find(const char *name);

/* Return whether a scenario has a metric. */
bool scenario_has(const struct scenario *s, enum metric m);

/* Return how the load of a scenario works, as one phrase. */
const char *scenario_load_model(const struct scenario *s);

#endif
