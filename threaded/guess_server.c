/*
 * guess-server, with a thread per connection: it guesses the numbers that its
 * clients think of.
 *
 * What becomes of it in the evented twin: the lines of play before its loop are
 * begin, the loop's body is play, the line after it is end. The loop and its
 * wait, in stream_read_line, are the event loop's. The local variable session
 * is memory that the server keeps for the client between these calls.
 */
#include "common/guess_cli.h"
#include "common/log.h"
#include "threaded/server.h"

#include <errno.h>
#include <time.h>

/* So that both twins can run at once, each has a port of its own. */
#define DEFAULT_PORT 1234

/* Each connection has a thread that may block; so there is no --pool. */
#define POOL_MAX 0

/* A server and what it was asked to do. */
struct guess_server {
    struct guess_server_options options;
    struct executor executor;
};

/* Burn processor time, as --work says. */
static void
burn(int64_t us)
{
    struct timespec used;
    int64_t begin = 0, now = 0;

    for (int i = 0; us > 0 && now - begin < us * 1000; i++) {
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
        now = (int64_t)used.tv_sec * 1000000000 + used.tv_nsec;
        begin = i == 0 ? now : begin;
    }
}

/* Wait, as a call to a disk or a database does; --block says how long. */
static void
block(void *argument)
{
    const int64_t *ms = argument;
    struct timespec left = { .tv_sec = (time_t)(*ms / 1000),
        .tv_nsec = (long)(*ms % 1000 * 1000000) };

    /* A keeper may wake us. */
    while (nanosleep(&left, &left) == -1 && errno == EINTR)
        ;
}

/* Have a NUMBER cost what it shall; false: the server stops instead. */
static bool
consult(struct guess_server *server)
{
    struct guess_server_options *options = &server->options;

    burn(options->work_us);
    return options->block_ms == 0 ||
           executor_call(&server->executor, block, &options->block_ms);
}

/* Play with a client. From its first line to its last. */
static void
play(struct stream *stream, void *argument)
{
    struct guess_server *server = argument;
    struct guess_session session;
    struct guess_reply reply;
    enum line_status status;
    struct line line;

    stream_telnet(stream);
    guess_begin(
        &session, &server->options.rules, guess_server_seed(&server->options));
    do {
        status = stream_read_line(stream, &line);
        if (guess_asks_number(status, &line) && !consult(server))
            status = LINE_END;
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
    static struct guess_server server;
    struct guess_server_options *options = &server.options;

    guess_server_cli(options, &server_twin, DEFAULT_PORT, POOL_MAX, argc, argv);
    return server_run(&options->server,
        &(struct server_program) {
            .name = "tcp",
            .port = options->port,
            .limits = &options->server.limits,
            .refusal = GUESS_FULL_HOUSE,
            .serve = play,
            .argument = &server,
            .executor = &server.executor,
        },
        1);
}
