#include "report/scenarios.h"

#include <assert.h>
#include <string.h>

/* As --peer says. */
static char peer_name[PEER_NAME_MAX + 1] = "peer";

const struct subject_info subjects[SUBJECTS] = {
    [SUBJECT_THREADED] = { "threaded", "threads", "threaded/guess-server",
        "guess-server-threaded", &load_talk_game, true },
    [SUBJECT_EVENTED] = { "evented", "events", "evented/guess-server",
        "guess-server-evented", &load_talk_game, true },
    [SUBJECT_BARE_EPOLL] = { "bare-epoll", "bare epoll loop",
        "controls/bare-epoll", NULL, &load_talk_bare, false },
    [SUBJECT_BARE_THREADS] = { "bare-threads", "bare threads",
        "controls/bare-threads", NULL, &load_talk_bare, false },
    [SUBJECT_MANUAL] = { "manual-bufferevent", "manual bufferevent",
        "controls/manual-bufferevent", NULL, &load_talk_bare, false },
    [SUBJECT_PEER] = { peer_name, peer_name, NULL, NULL, &load_talk_game,
        false },
};

/*
 * The quick suite, within three minutes, with time to spare for two blocks
 * that have to be run again. Six blocks are the fewest that can carry a
 * verdict. At one connection a server answers some ten thousand
 * requests a second, and so many samples it takes for a p99.9.
 */
const struct scenario scenarios[] = {
    { "reply-1", "At 1 connection", SCENARIO_REPLY, 1, 0.1, 0.9, 6, true },
    { "reply-50", "At 50 connections", SCENARIO_REPLY, 50, 0.3, 0.8, 6, true },
    { "reply-1000", "At 1000 connections", SCENARIO_REPLY, 1000, 0.3, 0.5, 6,
        true },
    { "idle-4000", "With 4000 connections open", SCENARIO_IDLE, 4000, 0.05, 0.2,
        6, false },
    { "idle-10000", "With 10,000 connections open", SCENARIO_IDLE, 10000, 0.1,
        0.3, 1, false },
};
const size_t scenarios_count = sizeof(scenarios) / sizeof(scenarios[0]);

const size_t idle_levels[IDLE_LEVELS] = { 0, 1000, 4000, 10000 };

/* Name the peer like no other subject. */
int
scenario_name_peer(const char *name, size_t length)
{
    assert(length <= PEER_NAME_MAX);
    memcpy(peer_name, name, length);
    peer_name[length] = '\0';
    for (int s = 0; s < SUBJECT_PEER; s++)
        if (strcmp(peer_name, subjects[s].name) == 0 ||
            strcmp(peer_name, subjects[s].title) == 0)
            return -1;
    return 0;
}

/* Look a scenario up by name. */
const struct scenario *
scenario_find(const char *name)
{
    for (size_t i = 0; i < scenarios_count; i++)
        if (strcmp(scenarios[i].name, name) == 0)
            return &scenarios[i];
    return NULL;
}
