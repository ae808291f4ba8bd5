/*
 * guess-server, with a thread per connection: it guesses the numbers that its
 * clients think of.
 */
#include "common/guess_cli.h"
#include "common/log.h"
#include "threaded/server.h"

#include <stdlib.h>

/* So that both twins can run at once, each has a port of its own. */
#define DEFAULT_PORT 1234

/* Each connection has a thread that may block; so there is no --pool. */
#define POOL_MAX 0

/* Play with a client. From its first line to its last. */
static void
play(struct stream *stream, void *argument)
{
    const struct guess_server_options *options = argument;
    struct guess_session session;
    struct guess_reply reply;
    enum line_status status;
    struct line line;
    uint64_t seed = options->seed;

    if (!options->seeded)
        arc4random_buf(&seed, sizeof(seed));
    stream_telnet(stream);
    guess_begin(&session, &options->rules, seed);
    do {
        status = stream_read_line(stream, &line);
        guess_receive(&session, status, &line, &reply);
        if (reply.console[0] != '\0')
            log_record("%s", reply.console);
        stream_write(stream, reply.text, reply.length);
    } while (!reply.last);
    guess_end(&session);
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
            .limits = &options.server.limits,
            .refusal = GUESS_FULL_HOUSE,
            .serve = play,
            .argument = &options,
        },
        1);
}
