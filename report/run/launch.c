#include "report/run/launch.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* Cut the further options of a twin at their spaces. */
static size_t
add_options(const char *options[], size_t n, char *text)
{
    char *rest, *word = strtok_r(text, " ", &rest);

    for (; word != NULL; word = strtok_r(NULL, " ", &rest)) {
        assert(n + 1 < PROCESS_OPTIONS_MAX);
        options[n++] = word;
    }
    return n;
}

/* Put the command line together. */
int
launch(struct process *server, const struct scenario *s, enum subject subject,
    const struct plan *plan, const char *trace)
{
    const char *options[PROCESS_OPTIONS_MAX + 1];
    const char *path = plan->server_path[s->program][subject];
    const struct placement *where = &plan->placement;
    const struct process_place place = {
        .cpu = s->all_cores ? -1 : where->server_cpu,
        .network = where->netem != NULL ? where->netem->server : 0,
        .port = where->port,
    };
    char words[64] = "";
    size_t n = 0;

    if (subject >= SUBJECT_PEER)
        return process_start_peer(
            server, plan->peers[subject - SUBJECT_PEER], place.cpu);
    /* It has nothing to say. */
    if (s->program != PROGRAM_ECHO)
        options[n++] = "--quiet";
    if (where->address != NULL) {
        options[n++] = "--host";
        options[n++] = where->address;
    }
    if (s->program == PROGRAM_CHARFINDER)
        snprintf(words, sizeof(words), "--http-port %u", where->http_port);
    else if (subject <= SUBJECT_EVENTED && s->options[subject] != NULL)
        snprintf(words, sizeof(words), "%s", s->options[subject]);
    n = add_options(options, n, words);
    options[n] = NULL;
    if (trace != NULL)
        return process_start_traced(server, path, options, place, trace);
    return process_start(server, path, options, place);
}
