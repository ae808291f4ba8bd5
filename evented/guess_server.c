/*
 * guess-server, with an event loop: it guesses the numbers that its clients
 * think of.
 *
 * What became of the threaded twin: the lines of its play before the loop are
 * begin, the loop's body is play, the line after it is end. The loop and its
 * wait, in stream_read_line, are the event loop's. The local variable session
 * is part of struct game, which the server keeps for the client between these
 * calls. A call that blocks cuts the body in two: consult begins it, and tell
 * answers when it has returned.
 */
#include "common/guess_cli.h"
#include "common/log.h"
#include "evented/server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* So that both twins can run at once, each has a port of its own. */
#define DEFAULT_PORT 4321

/* A larger --pool would be the other twin: a thread per client. */
#define POOL_MAX 1024

/* A server and what it was asked to do. */
struct guess_server {
    struct guess_server_options options;
    struct executor executor;
};

/* A client that plays, and what it is in between two calls. */
struct game {
    struct connection connection;
    struct guess_server *server;
    struct guess_session session;
    struct call *call; /* that is waited for; NULL: none */
    bool begun;        /* the last one was */
};

/* A call that blocks. It may outlive the game. */
struct call {
    struct executor_job job;
    struct game *game; /* NULL: it is over */
    int64_t ms;
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
    const struct call *call = argument;
    struct timespec left = { .tv_sec = (time_t)(call->ms / 1000),
        .tv_nsec = (long)(call->ms % 1000 * 1000000) };

    while (nanosleep(&left, &left) == -1 && errno == EINTR)
        ;
}

/* Answer a line, or what stands for one. */
static void
answer(struct game *game, enum line_status status, const struct line *line)
{
    struct stream *stream = game->connection.stream;
    struct guess_reply reply;

    guess_receive(&game->session, status, line, &reply);
    if (reply.console[0] != '\0')
        log_record("%s", reply.console);
    stream_write(stream, reply.text, reply.length);
    if (reply.last)
        stream_finish(stream);
}

/* The call for a NUMBER has returned, or will not be made. */
static void
on_returned(void *argument)
{
    struct call *call = argument;

    if (call->game != NULL) {
        call->game->begun = call->job.begun;
        call->game->call = NULL;
        stream_resume(call->game->connection.stream);
    }
    free(call);
}

/* Have a NUMBER cost what it shall; false: a call is made for it, and tell
 * answers it when that has returned. */
static bool
consult(struct game *game)
{
    struct guess_server *server = game->server;
    struct call *call;

    burn(server->options.work_us);
    if (server->options.block_ms == 0)
        return true;
    stream_produce(game->connection.stream);
    game->begun = false;
    call = calloc(1, sizeof(*call));
    if (call == NULL)
        return false;
    *call = (struct call) {
        .job = { .work = block,
            .done = on_returned,
            .argument = call,
            .keeper = game->connection.keeper },
        .game = game,
        .ms = server->options.block_ms,
    };
    game->call = call;
    executor_submit(&server->executor, &call->job);
    return false;
}

/* Answer a NUMBER, once its call has returned. */
static bool
tell(struct stream *stream, void *argument)
{
    static const struct line number = { "NUMBER", 6 };
    struct game *game = argument;

    if (game->call != NULL) {
        stream_pause(stream, 0);
        return true;
    }
    answer(game, game->begun ? LINE_READY : LINE_END, &number);
    return false;
}

/* Begin to play with a client. */
static void
begin(struct stream *stream, void *session, void *argument)
{
    struct game *game = session;

    game->server = argument;
    stream_telnet(stream);
    guess_begin(&game->session, &game->server->options.rules,
        guess_server_seed(&game->server->options));
}

/* Play with a client. This is one line of it, or what stands for one. */
static void
play(struct stream *stream, enum line_status status, const struct line *line,
    void *argument)
{
    struct game *game = argument;

    if (guess_asks_number(status, line) && !consult(game))
        return;
    answer(game, status, line);
}

/* Forget a client. */
static void
end(struct stream *stream, int error, void *argument)
{
    struct game *game = argument;
    struct call *call = game->call;

    if (call != NULL && executor_cancel(&game->server->executor, &call->job))
        free(call);
    else if (call != NULL)
        call->game = NULL;
    guess_end(&game->session);
}

/* Read the command line and serve. */
int
main(int argc, char **argv)
{
    static struct guess_server server;
    struct guess_server_options *options = &server.options;

    guess_server_cli(options, &server_twin, DEFAULT_PORT, POOL_MAX, argc, argv);
    executor_init(&server.executor, options->pool);
    return server_run(&options->server,
        &(struct server_program) {
            .name = "tcp",
            .port = options->port,
            .refusal = GUESS_FULL_HOUSE,
            .session_size = sizeof(struct game),
            .open = begin,
            .handler = {
                .limits = &options->server.limits,
                .line = play,
                .produce = tell,
                .gone = end,
            },
            .argument = &server,
            .executor = &server.executor,
        },
        1);
}
