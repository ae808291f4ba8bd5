/*
 * guess-server, with an event loop: it guesses the numbers that its clients
 * think of.
 */
#include "common/guess_cli.h"
#include "common/log.h"
#include "evented/server.h"

#include <stdlib.h>

/* So that both twins can run at once, each has a port of its own. */
#define DEFAULT_PORT 4321

/* A larger --pool would be the other twin: a thread per client. */
#define POOL_MAX 1024

/* Begin to play with a client. */
static void
begin(struct stream *stream, void *session, void *argument)
{
    const struct guess_server_options *options = argument;
    uint64_t seed = options->seed;

    if (!options->seeded)
        arc4random_buf(&seed, sizeof(seed));
    stream_telnet(stream);
    guess_begin(session, &options->rules, seed);
}

/* Play with a client. This is one line of it, or what stands for one. */
static void
play(struct stream *stream, enum line_status status, const struct line *line,
    void *session)
{
    struct guess_reply reply;

    guess_receive(session, status, line, &reply);
    if (reply.console[0] != '\0')
        log_record("%s", reply.console);
    stream_write(stream, reply.text, reply.length);
    if (reply.last)
        stream_finish(stream);
}

/* Forget a client. */
static void
end(struct stream *stream, int error, void *session)
{
    guess_end(session);
}

/* Read the command line and serve. */
int
main(int argc, char **argv)
{
    struct guess_server_options options;

    guess_server_cli(
        &options, &server_twin, DEFAULT_PORT, POOL_MAX, argc, argv);
    return server_run(&options.server,
        &(struct server_program) {
            .port = options.port,
            .refusal = GUESS_FULL_HOUSE,
            .session_size = sizeof(struct guess_session),
            .open = begin,
            .handler = {
                .limits = &options.server.limits,
                .line = play,
                .gone = end,
            },
            .argument = &options,
        },
        1);
}
