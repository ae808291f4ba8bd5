/*
 * scenarios - what is raced, and in what: two tables. A new program or a new
 * situation is a new row.
 */
#ifndef REPORT_SCENARIOS_H
#define REPORT_SCENARIOS_H

#include "report/load.h"

#include <stdbool.h>
#include <stddef.h>

/* The servers, in the order of the report's columns. */
enum subject {
    SUBJECT_THREADED,
    SUBJECT_EVENTED,
    SUBJECT_BARE_EPOLL,
    SUBJECT_BARE_THREADS,
    SUBJECT_MANUAL,
    SUBJECT_PEER, /* a server of the reader's own, if one is named */
    SUBJECTS
};

struct subject_info {
    const char *name;      /* in report.json */
    const char *title;     /* in sentences */
    const char *built;     /* path below the directory of compare, or NULL */
    const char *installed; /* name beside it; NULL = as built, see programs.h */
    const struct load_talk *talk;
    bool counts; /* tells on SIGUSR1 how many lines it was sent */
};

enum scenario_kind {
    SCENARIO_REPLY, /* all connections ask, closed loop */
    SCENARIO_IDLE   /* all connections are open, one of them asks */
};

struct scenario {
    const char *name;  /* for --only and report.json */
    const char *title; /* "At 50 connections" */
    enum scenario_kind kind;
    size_t connections;    /* SCENARIO_IDLE: the most, see idle_levels */
    double warmup, window; /* seconds */
    size_t blocks;
    bool controls; /* run the controls once per block, too */
};

extern const struct subject_info subjects[SUBJECTS];

/* What a peer's name is made of, and how long it fits into its column. */
#define PEER_NAME_MAX 20
#define PEER_NAME_BYTES                                                        \
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

/*
 * Call the peer by this name, of at most PEER_NAME_MAX bytes, from now on, in
 * the table above. Return 0, or -1 when another subject is called so.
 */
int scenario_name_peer(const char *name, size_t length);

extern const struct scenario scenarios[];
extern const size_t scenarios_count;

/* Connections at which SCENARIO_IDLE reads the memory, rising from 0. */
#define IDLE_LEVELS 4
extern const size_t idle_levels[IDLE_LEVELS];

/*
 * Return the scenario of that name, or NULL.
 */
const struct scenario *scenario_find(const char *name);

#endif
