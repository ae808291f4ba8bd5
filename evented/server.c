/*
 * What became of the threaded twin: an acceptor's wait is on_accept, the
 * keeper's on_signal; a thread that ends and is joined is on_gone, which frees
 * memory. The lock around the books is gone, as one loop accepts; what several
 * loops share is atomic, or posted to its loop.
 */
#include "evented/server.h"

#include "common/admission.h"
#include "common/deadline.h"
#include "common/log.h"
#include "common/net.h"

#include <assert.h>
#include <errno.h>
#include <event2/listener.h>
#include <event2/util.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* More loops than processors only take turns; this is a machine's worth. */
#define LOOPS_MAX 1024

/* After so many accepts the clients have their turn. */
#define ACCEPTS_A_TURN 64

const struct cli_twin server_twin = {
    .version = "(evented)",
    .workers = "loops",
    .workers_help = "run N event loops in N threads; connections are "
                    "handed out in turn (default 1; 0: one per processor)",
    .workers_default = 1,
    .workers_max = LOOPS_MAX,
    /* epoll, libevent's own pair for signals, and the bell */
    .worker_descriptors = 4,
};

/* Where clients come in. */
struct door {
    struct server *server;
    const struct server_program *program;
    struct stream_handler handler; /* the program's, but for gone */
    struct evconnlistener *listener;
    bool passed; /* it is also another's, with who is queued */
};

/* A new client on its way to another loop. */
struct handed {
    struct keeper_work work;
    int fd;
    const struct door *door;
    struct loop *loop;
};

/* An event loop and its clients. */
struct loop {
    struct keeper keeper;
    struct server *server;
    struct keeper_work stop;
    bool stopped; /* its clients were told that the server stops */
    pthread_t thread;
};

struct server {
    const struct server_options *options;
    struct door doors[NET_DOORS_MAX];
    size_t door_count;
    struct loop *loops; /* the first is the main thread's */
    unsigned loop_count, next_loop;
    struct event *resume;
    size_t refusing;  /* all on the main loop */
    unsigned accepts; /* since the last pause */
    int64_t sweep_ms; /* between two sweeps, such that all limits are kept */
    size_t max_line;  /* the greatest of all programs */
    int spare;
    _Atomic size_t active;
    _Atomic size_t cut;      /* connections that did not end in time */
    _Atomic unsigned others; /* loops that run beside the main one */
    _Atomic bool leaving;
    bool stopping;
    int64_t left;            /* when the stop that was announced begins */
    _Atomic int64_t drained; /* when what is left will be cut */
};

/* The one that runs. */
static struct server *running;

/* Add up what the server has done so far. */
void
server_count(struct counters *sums)
{
    const struct server *server = running;

    for (unsigned i = 0; i < server->loop_count; i++)
        counters_sum(sums, &server->loops[i].keeper.streams.counters);
    counters_add(sums, COUNT_ACTIVE, server->active);
    counters_add(sums, COUNT_DROPPED_LOG, log_dropped());
}

/* Whether the server is leaving. */
bool
server_is_leaving(void)
{
    return running->leaving;
}

/* The counters of what happens at the door, which the main loop writes. */
static struct counters *
main_counters(struct server *server)
{
    return &server->loops[0].keeper.streams.counters;
}

/* Reserve a client's place, or find the house full. */
static enum admission
reserve(struct server *server)
{
    const enum admission admission = admission_decide(server->active,
        server->options->limits.max_connections, server->refusing,
        main_counters(server));

    server->active += admission == ADMITTED;
    server->refusing += admission == REFUSED;
    return admission;
}

/* End a loop that stops when its last client is gone; the main loop, which
 * hears the signals, ends last. Twin: has_ended. */
static void
end_if_empty(struct loop *loop)
{
    struct server *server = loop->server;

    if (loop->stopped && stream_first(&loop->keeper.streams) == NULL &&
        (loop != &server->loops[0] || server->others == 0))
        keeper_end(&loop->keeper);
}

/* Strike a connection from the books. */
static void
discharge(struct connection *connection)
{
    struct server *server = connection->door->server;

    if (connection->refused) {
        server->refusing--;
    } else {
        server->active--;
        if (stream_ended_well(connection->stream))
            counters_add(
                &connection->keeper->streams.counters, COUNT_SERVED, 1);
    }
}

/* A client is gone. */
static void
on_gone(struct stream *stream, int error, void *argument)
{
    struct connection *connection = argument;
    struct loop *loop = connection->keeper->argument;

    discharge(connection);
    if (!connection->refused)
        connection->door->program->handler.gone(stream, error, argument);
    free(connection);
    end_if_empty(loop);
}

/* Serve a client, or tell it to go; false: no memory for it. */
static bool
serve(struct loop *loop, const struct door *door, int fd, bool refused)
{
    const struct server_program *program = door->program;
    struct connection *connection =
        calloc(1, refused ? sizeof(*connection) : program->session_size);

    if (connection == NULL)
        return false;
    connection->keeper = &loop->keeper;
    connection->door = door;
    connection->refused = refused;
    connection->stream =
        stream_new(fd, &loop->keeper.streams, &door->handler, connection);
    if (connection->stream == NULL) {
        free(connection);
        return false;
    }
    if (refused) {
        stream_write(
            connection->stream, program->refusal, strlen(program->refusal));
        stream_finish(connection->stream);
    } else {
        program->open(connection->stream, connection, program->argument);
        if (loop->stopped)
            stream_cut(connection->stream, STREAM_STOP);
    }
    return true;
}

/* Give a reserved place back: there is no memory for the client. */
static void
forgo(struct server *server, enum admission admission)
{
    if (admission == REFUSED) {
        server->refusing--;
    } else {
        server->active--;
        admission_revoke(main_counters(server));
    }
}

/* Serve a client that another loop has accepted. */
static void
serve_handed(void *argument)
{
    struct handed *handed = argument;
    struct loop *loop = handed->loop;

    if (!serve(loop, handed->door, handed->fd, false)) {
        loop->server->active--;
        admission_revoke(&loop->keeper.streams.counters);
        net_turn_away(handed->fd, handed->door->program->refusal);
    }
    free(handed);
}

/* Hand a new client to another loop; false: no memory for it. */
static bool
hand_over(struct loop *loop, const struct door *door, int fd)
{
    struct handed *handed = malloc(sizeof(*handed));

    if (handed == NULL)
        return false;
    handed->work.run = serve_handed;
    handed->work.argument = handed;
    handed->fd = fd;
    handed->door = door;
    handed->loop = loop;
    keeper_post(&loop->keeper, &handed->work);
    return true;
}

/* Serve a client as it was admitted; false: no means for it. */
static bool
start(const struct door *door, int fd, enum admission admission)
{
    struct server *server = door->server;
    struct loop *loop = &server->loops[0];

    if (admission == REFUSED)
        return serve(loop, door, fd, true);
    loop = &server->loops[server->next_loop];
    server->next_loop = (server->next_loop + 1) % server->loop_count;
    return loop == &server->loops[0] ? serve(loop, door, fd, false)
                                     : hand_over(loop, door, fd);
}

/* Let a client in, or refuse it. */
static void
admit(const struct door *door, int fd)
{
    const enum admission admission = reserve(door->server);

    if (admission != TURNED_AWAY) {
        if (start(door, fd, admission))
            return;
        forgo(door->server, admission);
    }
    net_turn_away(fd, door->program->refusal);
}

/* Whether there is a spare descriptor, if need be a new one. */
static bool
has_spare(struct server *server)
{
    if (server->spare == -1)
        server->spare = net_spare();
    return server->spare != -1;
}

/* Turn a client away that took the last descriptor, which is the spare one. */
static void
give_spare_back(const struct door *door, int fd)
{
    net_turn_away(fd, door->program->refusal);
    counters_add(main_counters(door->server), COUNT_REJECTED, 1);
    has_spare(door->server);
}

/* Turn one waiting client away by means of the spare descriptor; false: nobody
 * waits, or it does not help. */
static bool
use_spare(const struct door *door)
{
    struct server *server = door->server;
    int fd;

    if (!has_spare(server))
        return false;
    close(server->spare);
    server->spare = -1;
    fd = accept4(evconnlistener_get_fd(door->listener), NULL, NULL,
        SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd != -1)
        give_spare_back(door, fd);
    else
        has_spare(server);
    return fd != -1;
}

/* Stop accepting for a while. */
static void
pause_accepting(struct server *server, int64_t ms)
{
    const struct timeval wait = { .tv_usec = (long)ms * 1000 };

    for (size_t i = 0; i < server->door_count; i++)
        evconnlistener_disable(server->doors[i].listener);
    event_add(server->resume, &wait);
}

/* Accept again, after a rest or after the clients had their turn. */
static void
on_resume(evutil_socket_t fd, short what, void *argument)
{
    struct server *server = argument;
    bool failed = false;

    server->accepts = 0;
    for (size_t i = 0; i < server->door_count; i++)
        if (evconnlistener_enable(server->doors[i].listener) == -1)
            failed = true;
    if (failed)
        pause_accepting(server, LIMIT_ACCEPT_PAUSE_MS);
}

/* A client has come. Twin: accept_clients. */
static void
on_accept(struct evconnlistener *listener, evutil_socket_t fd,
    struct sockaddr *address, int length, void *argument)
{
    const struct door *door = argument;

    if (has_spare(door->server))
        admit(door, fd);
    else
        give_spare_back(door, fd);
    if (++door->server->accepts == ACCEPTS_A_TURN)
        pause_accepting(door->server, 0);
}

/* Rest when descriptors or memory have run out. */
static void
rest(const struct door *door)
{
    use_spare(door);
    pause_accepting(door->server, LIMIT_ACCEPT_PAUSE_MS);
}

/* A client was lost before it was accepted, or there is no room for it.
 * Twin: is_worth_waiting. */
static void
on_accept_error(struct evconnlistener *listener, void *argument)
{
    const int error = EVUTIL_SOCKET_ERROR();

    if (net_accept_error(error) == NET_ACCEPT_REST)
        rest(argument);
}

/* Cut every connection of a loop that is left when the time to end is up. */
static void
abort_if_due(struct loop *loop)
{
    struct server *server = loop->server;

    if (stream_now() >= server->drained)
        server->cut += keeper_cut(&loop->keeper, STREAM_ABORT);
}

/* Tell a loop's clients that the server stops. All that are to come were handed
 * over before. */
static void
stop_loop(void *argument)
{
    struct loop *loop = argument;

    loop->stopped = true;
    keeper_cut(&loop->keeper, STREAM_STOP);
}

/* Close a door of a server that stops; who is queued is let in, or turned away
 * where all descriptors are taken, or left to whose door it is. */
static void
close_door(struct door *door)
{
    const int listener = evconnlistener_get_fd(door->listener);
    int fd;

    /* The kernel holds one more than it was told. */
    for (int i = 0; i <= LIMIT_BACKLOG && !door->passed; i++) {
        fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd != -1 && has_spare(door->server))
            admit(door, fd);
        else if (fd != -1)
            give_spare_back(door, fd);
        else if (errno == EAGAIN ||
                 (net_accept_error(errno) == NET_ACCEPT_REST &&
                     !use_spare(door)))
            break;
    }
    evconnlistener_free(door->listener);
}

/* Announce a stop; when it is to begin. */
static int64_t
leave(struct server *server)
{
    const int64_t ms = server->options->limits.lame_duck_ms;

    log_record("Server shutting down in %lld.%lld s.", (long long)ms / 1000,
        (long long)ms % 1000 / 100);
    server->leaving = true;
    return stream_now() + ms;
}

/* Begin to stop: no new clients but the queued, and an end for the others. */
static void
stop(struct server *server)
{
    log_record("Server shutting down.");
    event_del(server->resume);
    for (size_t i = 0; i < server->door_count; i++)
        if (server->doors[i].program->executor != NULL)
            executor_stop(server->doors[i].program->executor);
    for (size_t i = 0; i < server->door_count; i++)
        close_door(&server->doors[i]);
    server->drained = stream_now() + server->options->limits.drain_ms;
    server->stopping = true;
    for (unsigned i = 0; i < server->loop_count; i++)
        keeper_post(&server->loops[i].keeper, &server->loops[i].stop);
}

/* A loop has looked at its streams and done what was posted. */
static void
on_looked(void *argument)
{
    struct loop *loop = argument;
    struct server *server = loop->server;

    if (loop == &server->loops[0] && !server->stopping &&
        stream_now() >= server->left)
        stop(server);
    abort_if_due(loop);
    end_if_empty(loop);
}

/* Have the programs read anew what they serve. */
static void
hang_up(struct server *server)
{
    for (size_t i = 0; i < server->door_count; i++) {
        const struct server_program *program = server->doors[i].program;

        if (program->hangup != NULL && !server->stopping)
            program->hangup(&server->loops[0].keeper, program->hangup_argument);
    }
}

/* A signal has come. Twin: keep. */
static void
on_signal(int signal, void *argument)
{
    const struct loop *loop = argument;
    struct server *server = loop->server;
    struct counters sums = { 0 };

    if (signal == SIGUSR1) {
        server_count(&sums);
        log_counters(&sums);
    } else if (signal == SIGHUP) {
        hang_up(server);
    } else if (server->stopping) {
        server->drained = stream_now();
        for (unsigned i = 0; i < server->loop_count; i++)
            keeper_ring(&server->loops[i].keeper);
    } else if (signal == SIGTERM && server->left == NEVER &&
               server->options->limits.lame_duck_ms > 0) {
        server->left = leave(server);
    } else {
        stop(server);
    }
}

/* The life of a loop's thread. */
static void *
run_loop(void *argument)
{
    struct loop *loop = argument;
    struct server *server = loop->server;

    keeper_run(&loop->keeper);
    server->others--;
    keeper_ring(&server->loops[0].keeper);
    return NULL;
}

/* Open a door for each program; end the program where that cannot be. */
static void
open_doors(struct server *server, const struct server_program *programs,
    size_t count, struct net_door *opened)
{
    const char *reason;

    for (size_t i = 0; i < count; i++)
        opened[i] = (struct net_door) { .name = programs[i].name,
            .port = programs[i].port };
    reason = net_open_doors(server->options->host, opened, count);
    if (reason != NULL)
        cli_die("%s", reason);
    server->sweep_ms = LIMIT_SWEEP_MS;
    for (size_t i = 0; i < count; i++) {
        const struct limits *limits = programs[i].handler.limits;
        struct door *door = &server->doors[server->door_count++];

        assert(programs[i].session_size >= sizeof(struct connection));
        door->server = server;
        door->program = &programs[i];
        door->handler = programs[i].handler;
        door->handler.gone = on_gone;
        door->passed = opened[i].passed;
        evutil_make_socket_nonblocking(opened[i].fd);
        if (deadline_sweep_ms(limits) < server->sweep_ms)
            server->sweep_ms = deadline_sweep_ms(limits);
        if (limits->max_line > server->max_line)
            server->max_line = limits->max_line;
    }
}

/* Prepare the loops; false: the system has no means for them. */
static bool
make_loops(struct server *server)
{
    const unsigned wanted = server->options->workers;
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);

    server->loop_count = wanted > 0       ? wanted
                         : processors > 0 ? (unsigned)processors
                                          : 1;
    server->loops = calloc(server->loop_count, sizeof(*server->loops));
    if (server->loops == NULL)
        return false;
    for (unsigned i = 0; i < server->loop_count; i++) {
        struct loop *loop = &server->loops[i];

        loop->server = server;
        loop->stop.run = stop_loop;
        loop->stop.argument = loop;
        if (!keeper_init(&loop->keeper, server->max_line, server->sweep_ms,
                on_looked, loop))
            return false;
    }
    return true;
}

/* Start the loops but the main one, which must not share its signals. */
static bool
start_loops(struct server *server)
{
    sigset_t all, before;
    unsigned i = 1;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (; i < server->loop_count; i++) {
        struct loop *loop = &server->loops[i];

        if (pthread_create(&loop->thread, NULL, run_loop, loop) != 0)
            break;
        server->others++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return i == server->loop_count;
}

/* Start what does the blocking work of programs; false: no threads for it. */
static bool
start_executors(const struct server_program *programs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (programs[i].executor != NULL &&
            !executor_start(programs[i].executor))
            return false;
    return true;
}

/* Have the main loop hear signals and clients; false: no means for it.
 * Twin: start_acceptors. */
static bool
listen_to_all(struct server *server, const struct net_door *opened)
{
    struct event_base *base = server->loops[0].keeper.streams.base;

    if (!keeper_hear(&server->loops[0].keeper, on_signal))
        return false;
    server->resume = evtimer_new(base, on_resume, server);
    if (server->resume == NULL)
        return false;
    for (size_t i = 0; i < server->door_count; i++) {
        struct door *door = &server->doors[i];

        door->listener = evconnlistener_new(base, on_accept, door,
            LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, opened[i].fd);
        /* Enabled once more: making it keeps secret whether that failed. */
        if (door->listener == NULL ||
            evconnlistener_enable(door->listener) == -1)
            return false;
        evconnlistener_set_error_cb(door->listener, on_accept_error);
    }
    return true;
}

/* Leave it to us to say why the server could not start. */
static void
on_early_message(int severity, const char *message)
{
}

/* libevent cannot go on, which it says only where it starts. */
static void
on_library_failure(int code)
{
    cli_die("cannot make event loops: %s", strerrordesc_np(errno));
}

/* What libevent has to say goes where it disturbs nobody. */
static void
on_library_message(int severity, const char *message)
{
    if (severity >= EVENT_LOG_WARN)
        log_record("libevent: %s", message);
}

/* Serve until SIGTERM or SIGINT, then stop. */
int
server_run(const struct server_options *options,
    const struct server_program *programs, size_t count)
{
    struct server server = {
        .options = options, .left = NEVER, .drained = NEVER
    };
    struct net_door opened[NET_DOORS_MAX];

    signal(SIGUSR2, SIG_IGN);
    log_open();
    event_set_log_callback(on_early_message);
    event_set_fatal_callback(on_library_failure);
    open_doors(&server, programs, count, opened);
    cli_drop_privileges(options);
    running = &server;
    server.spare = -1;
    has_spare(&server);
    if (!make_loops(&server) || !listen_to_all(&server, opened))
        cli_die("cannot make event loops: %s", strerrordesc_np(errno));
    if (!start_loops(&server) || !start_executors(programs, count))
        cli_die("cannot make threads: %s", strerrordesc_np(EAGAIN));
    event_set_log_callback(on_library_message);
    for (size_t i = 0; i < count; i++)
        log_record("Serving on %s. Hit CTRL-C to stop.", opened[i].where);

    keeper_run(&server.loops[0].keeper);

    for (unsigned i = 1; i < server.loop_count; i++)
        pthread_join(server.loops[i].thread, NULL);
    if (server.cut > 0)
        log_record("Connections cut: %zu.", (size_t)server.cut);
    event_free(server.resume);
    for (size_t i = 0; i < count; i++)
        if (programs[i].executor != NULL)
            executor_free(programs[i].executor);
    for (unsigned i = 0; i < server.loop_count; i++)
        keeper_free(&server.loops[i].keeper);
    free(server.loops);
    close(server.spare);
    libevent_global_shutdown();
    return 0;
}
