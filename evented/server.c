#include "evented/server.h"

#include "common/log.h"
#include "common/net.h"

#include <errno.h>
#include <event2/listener.h>
#include <event2/util.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* More loops than processors only take turns; this is a machine's worth. */
#define LOOPS_MAX 1024

/* After so many accepts the clients have their turn. */
#define ACCEPTS_A_TURN 64

const struct cli_twin server_twin = {
    .version = "(evented)",
    .workers = "loops",
    .workers_help = "serve by N event loops in N threads, connections are "
                    "handed out in turn (default 1; 0: one per processor)",
    .workers_default = 1,
    .workers_max = LOOPS_MAX,
    /* epoll, libevent's own pair for signals, and the doorbell */
    .worker_descriptors = 4,
};

/* What becomes of a client that was accepted. */
enum admission {
    ADMITTED,
    REFUSED,     /* the house is full, and there is time to tell it */
    TURNED_AWAY, /* told without waiting that it is heard */
};

/* What a loop keeps of a client. */
struct connection {
    LIST_ENTRY(connection) link;
    struct loop *loop;
    struct stream *stream;
    bool refused; /* only to be told that the house is full */
    max_align_t session[];
};

/* An event loop and its clients. */
struct loop {
    struct stream_loop streams;
    struct server *server;
    LIST_HEAD(, connection) connections;
    struct event *sweep;
    int64_t planned; /* when the next sweep is due */
    bool stopped;    /* its clients were told that the server stops */
    pthread_t thread;

    /* How other threads reach it. */
    int doorbell;
    struct event *rung;
    pthread_mutex_t lock;
    int *handed; /* descriptors of new clients, under the lock */
    size_t handed_count, handed_room;
};

struct server {
    const struct server_options *options;
    const struct server_program *program;
    struct loop *loops; /* the first is the main thread's */
    unsigned loop_count, next_loop;
    struct evconnlistener *listener;
    struct event *signals[3];
    struct event *resume;
    size_t refusing;  /* all on the main loop */
    unsigned accepts; /* since the last pause */
    int spare;
    _Atomic size_t active;
    _Atomic size_t cut;      /* connections that did not end in time */
    _Atomic unsigned others; /* loops that run beside the main one */
    atomic_bool stopping;
    _Atomic int64_t drained; /* when what is left will be cut */
};

/* Print what the server has done so far. */
static void
print_counters(struct server *server)
{
    struct counters sums = { 0 };
    char text[COUNTERS_TEXT_MAX];

    for (unsigned i = 0; i < server->loop_count; i++)
        counters_sum(&sums, &server->loops[i].streams.counters);
    counters_add(&sums, COUNT_ACTIVE, server->active);
    counters_add(&sums, COUNT_DROPPED_LOG, log_dropped());
    counters_print(&sums, text);
    log_record("%s", text);
}

/* The counters of what happens at the door, which the main loop writes. */
static struct counters *
door(struct server *server)
{
    return &server->loops[0].streams.counters;
}

/* Reserve a client's place, or find the house full. */
static enum admission
reserve(struct server *server)
{
    if (server->active < server->options->limits.max_connections) {
        server->active++;
        counters_add(door(server), COUNT_ACCEPTED, 1);
        return ADMITTED;
    }
    counters_add(door(server), COUNT_REJECTED, 1);
    if (server->refusing == LIMIT_REFUSING)
        return TURNED_AWAY;
    server->refusing++;
    return REFUSED;
}

/* End a loop that stops when its last client is gone; the main loop, which
 * hears the signals, ends last. */
static void
end_if_empty(struct loop *loop)
{
    struct server *server = loop->server;

    if (loop->stopped && LIST_EMPTY(&loop->connections) &&
        (loop != &server->loops[0] || server->others == 0))
        event_base_loopexit(loop->streams.base, NULL);
}

/* Strike a connection from the books. */
static void
discharge(struct connection *connection)
{
    struct loop *loop = connection->loop;
    struct server *server = loop->server;

    LIST_REMOVE(connection, link);
    if (connection->refused) {
        server->refusing--;
    } else {
        server->active--;
        if (stream_ended_well(connection->stream))
            counters_add(&loop->streams.counters, COUNT_SERVED, 1);
    }
}

/* A line of a client's, or what stands for one. */
static void
on_line(struct stream *stream, enum line_status status, const struct line *line,
    void *argument)
{
    struct connection *connection = argument;
    const struct server_program *program = connection->loop->server->program;

    program->line(stream, status, line, connection->session, program->argument);
}

/* A client is gone. */
static void
on_gone(struct stream *stream, int error, void *argument)
{
    struct connection *connection = argument;
    struct loop *loop = connection->loop;
    const struct server_program *program = loop->server->program;

    (void)stream;
    (void)error;
    discharge(connection);
    if (!connection->refused)
        program->close(connection->session, program->argument);
    free(connection);
    end_if_empty(loop);
}

/* Serve a client, or tell it to go; false: no memory for it. */
static bool
serve(struct loop *loop, int fd, bool refused)
{
    static const struct stream_handler handler = { .line = on_line,
        .gone = on_gone };
    const struct server_program *program = loop->server->program;
    struct connection *connection =
        calloc(1, sizeof(*connection) + (refused ? 0 : program->session_size));

    if (connection == NULL)
        return false;
    connection->loop = loop;
    connection->refused = refused;
    connection->stream = stream_new(fd, &loop->streams, &handler, connection);
    if (connection->stream == NULL) {
        free(connection);
        return false;
    }
    LIST_INSERT_HEAD(&loop->connections, connection, link);
    if (refused) {
        stream_write(
            connection->stream, program->refusal, strlen(program->refusal));
        stream_finish(connection->stream);
    } else {
        program->open(
            connection->stream, connection->session, program->argument);
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
        counters_add(door(server), COUNT_ACCEPTED, (uint64_t)-1);
        counters_add(door(server), COUNT_REJECTED, 1);
    }
}

/* Wake another loop. */
static void
ring(struct loop *loop)
{
    const uint64_t one = 1;

    /* It fails only when the bell has rung 2^64 times unheard. */
    (void)!write(loop->doorbell, &one, sizeof(one));
}

/* Hand a new client to another loop; false: no memory for it. */
static bool
hand_over(struct loop *loop, int fd)
{
    bool fits = true;

    pthread_mutex_lock(&loop->lock);
    if (loop->handed_count == loop->handed_room) {
        const size_t room = loop->handed_room * 2 + 16;
        int *handed = reallocarray(loop->handed, room, sizeof(*handed));

        fits = handed != NULL;
        if (fits) {
            loop->handed = handed;
            loop->handed_room = room;
        }
    }
    if (fits)
        loop->handed[loop->handed_count++] = fd;
    pthread_mutex_unlock(&loop->lock);
    if (fits)
        ring(loop);
    return fits;
}

/* Serve a client as it was admitted; false: no means for it. */
static bool
start(struct server *server, int fd, enum admission admission)
{
    struct loop *loop = &server->loops[0];

    if (admission == REFUSED)
        return serve(loop, fd, true);
    loop = &server->loops[server->next_loop];
    server->next_loop = (server->next_loop + 1) % server->loop_count;
    return loop == &server->loops[0] ? serve(loop, fd, false)
                                     : hand_over(loop, fd);
}

/* Let a client in, or refuse it. */
static void
admit(struct server *server, int fd)
{
    const enum admission admission = reserve(server);

    if (admission != TURNED_AWAY) {
        if (start(server, fd, admission))
            return;
        forgo(server, admission);
    }
    net_turn_away(fd, server->program->refusal);
}

/* Accept again, after a rest or after the clients had their turn. */
static void
on_resume(evutil_socket_t fd, short what, void *argument)
{
    struct server *server = argument;

    (void)fd;
    (void)what;
    server->accepts = 0;
    evconnlistener_enable(server->listener);
}

/* Stop accepting for a while. */
static void
pause_accepting(struct server *server, int64_t ms)
{
    const struct timeval wait = { .tv_usec = ms * 1000 };

    evconnlistener_disable(server->listener);
    event_add(server->resume, &wait);
}

/* A client has come. */
static void
on_accept(struct evconnlistener *listener, evutil_socket_t fd,
    struct sockaddr *address, int length, void *argument)
{
    struct server *server = argument;

    (void)listener;
    (void)address;
    (void)length;
    admit(server, fd);
    if (++server->accepts == ACCEPTS_A_TURN)
        pause_accepting(server, 0);
}

/*
 * Rest when descriptors or memory have run out: turn one waiting client away
 * by means of the spare descriptor, then wait.
 */
static void
rest(struct server *server)
{
    int fd;

    if (server->spare != -1) {
        close(server->spare);
        fd = accept4(evconnlistener_get_fd(server->listener), NULL, NULL,
            SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd != -1) {
            counters_add(door(server), COUNT_REJECTED, 1);
            net_turn_away(fd, server->program->refusal);
        }
    }
    server->spare = net_spare();
    pause_accepting(server, LIMIT_ACCEPT_PAUSE_MS);
}

/* A client was lost before it was accepted, or there is no room for it. */
static void
on_accept_error(struct evconnlistener *listener, void *argument)
{
    const int error = EVUTIL_SOCKET_ERROR();

    (void)listener;
    if (net_accept_error(error) == NET_ACCEPT_REST)
        rest(argument);
}

/* Cut every connection of a loop that is left when the time to end is up. */
static void
abort_if_due(struct loop *loop)
{
    struct server *server = loop->server;
    struct connection *connection, *next;

    if (stream_now() < server->drained)
        return;
    for (connection = LIST_FIRST(&loop->connections); connection != NULL;
         connection = next) {
        next = LIST_NEXT(connection, link);
        server->cut++;
        stream_cut(connection->stream, STREAM_ABORT);
    }
}

/* Look for overdue connections and end them. */
static void
on_sweep(evutil_socket_t fd, short what, void *argument)
{
    struct loop *loop = argument;
    struct connection *connection, *next;
    const int64_t now = stream_now();
    const int64_t lost_ms = limits_lost_ms(loop->planned, now);

    (void)fd;
    (void)what;
    for (connection = LIST_FIRST(&loop->connections); connection != NULL;
         connection = next) {
        next = LIST_NEXT(connection, link);
        if (lost_ms > 0)
            stream_postpone(connection->stream, lost_ms);
        switch (stream_check(connection->stream, now)) {
        case STREAM_IDLE:
        case STREAM_LATE:
            counters_add(&loop->streams.counters, COUNT_TIMED_OUT, 1);
            break;
        case STREAM_STALLED:
            counters_add(&loop->streams.counters, COUNT_STALLED, 1);
            break;
        case STREAM_UNCUT:
        case STREAM_STOP:
        case STREAM_ABORT:
            break;
        }
    }
    abort_if_due(loop);
    end_if_empty(loop);
    loop->planned = now + limits_sweep_ms(loop->streams.limits);
}

/* Tell a loop's clients that the server stops. */
static void
stop_loop(struct loop *loop)
{
    struct connection *connection, *next;

    loop->stopped = true;
    for (connection = LIST_FIRST(&loop->connections); connection != NULL;
         connection = next) {
        next = LIST_NEXT(connection, link);
        stream_cut(connection->stream, STREAM_STOP);
    }
    end_if_empty(loop);
}

/* Another thread has something for this loop: clients, or the end. */
static void
on_rung(evutil_socket_t doorbell, short what, void *argument)
{
    struct loop *loop = argument;
    /* Before the clients: all that are to come were handed before it. */
    const bool stopping = loop->server->stopping;
    uint64_t rings;
    int *handed;
    size_t count;

    (void)what;
    (void)!read(doorbell, &rings, sizeof(rings));
    pthread_mutex_lock(&loop->lock);
    handed = loop->handed;
    count = loop->handed_count;
    loop->handed = NULL;
    loop->handed_count = loop->handed_room = 0;
    pthread_mutex_unlock(&loop->lock);
    for (size_t i = 0; i < count; i++) {
        if (!serve(loop, handed[i], false)) {
            loop->server->active--;
            counters_add(&loop->streams.counters, COUNT_ACCEPTED, (uint64_t)-1);
            counters_add(&loop->streams.counters, COUNT_REJECTED, 1);
            net_turn_away(handed[i], loop->server->program->refusal);
        }
    }
    free(handed);
    if (stopping && !loop->stopped)
        stop_loop(loop);
    abort_if_due(loop);
    end_if_empty(loop);
}

/* Begin to stop: no new clients but the queued, and an end for the others. */
static void
stop(struct server *server)
{
    const int listener = evconnlistener_get_fd(server->listener);
    int fd;

    log_record("Server shutting down.");
    for (int i = 0; i < LIMIT_BACKLOG; i++) {
        fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd != -1)
            admit(server, fd);
        else if (net_accept_error(errno) == NET_ACCEPT_REST || errno == EAGAIN)
            break;
    }
    event_del(server->resume);
    evconnlistener_free(server->listener);
    server->listener = NULL;
    server->drained = stream_now() + server->options->limits.drain_ms;
    server->stopping = true;
    for (unsigned i = 0; i < server->loop_count; i++)
        ring(&server->loops[i]);
}

/* A signal has come. */
static void
on_signal(evutil_socket_t signal, short what, void *argument)
{
    struct server *server = argument;

    (void)what;
    if (signal == SIGUSR1) {
        print_counters(server);
    } else if (!server->stopping) {
        stop(server);
    } else {
        server->drained = stream_now();
        for (unsigned i = 0; i < server->loop_count; i++)
            ring(&server->loops[i]);
    }
}

/* The life of a loop's thread. */
static void *
run_loop(void *argument)
{
    struct loop *loop = argument;
    struct server *server = loop->server;

    event_base_dispatch(loop->streams.base);
    server->others--;
    ring(&server->loops[0]);
    return NULL;
}

/* Prepare a loop; false: the system has no means for it. */
static bool
loop_init(struct loop *loop, struct server *server)
{
    const int64_t period = limits_sweep_ms(&server->options->limits);
    const struct timeval every = { .tv_usec = period * 1000 };
    struct event_config *config = event_config_new();
    struct event_base *base = NULL;

    /* Each loop has its own thread: the locks would be never contended. */
    if (config != NULL &&
        event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK) == 0)
        base = event_base_new_with_config(config);
    if (config != NULL)
        event_config_free(config);
    if (base == NULL ||
        !stream_loop_init(&loop->streams, base, &server->options->limits))
        return false;
    loop->server = server;
    LIST_INIT(&loop->connections);
    pthread_mutex_init(&loop->lock, NULL);
    loop->doorbell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (loop->doorbell == -1)
        return false;
    loop->planned = stream_now() + period;
    loop->sweep = event_new(base, -1, EV_PERSIST, on_sweep, loop);
    loop->rung =
        event_new(base, loop->doorbell, EV_READ | EV_PERSIST, on_rung, loop);
    return loop->sweep != NULL && loop->rung != NULL &&
           event_add(loop->sweep, &every) == 0 &&
           event_add(loop->rung, NULL) == 0;
}

/* Free a loop that has ended. */
static void
loop_free(struct loop *loop)
{
    event_free(loop->sweep);
    event_free(loop->rung);
    stream_loop_free(&loop->streams);
    event_base_free(loop->streams.base);
    close(loop->doorbell);
    pthread_mutex_destroy(&loop->lock);
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
    for (unsigned i = 0; i < server->loop_count; i++)
        if (!loop_init(&server->loops[i], server))
            return false;
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

/* Have the main loop hear signals and clients; false: no means for it. */
static bool
watch(struct server *server, int listener)
{
    static const int numbers[] = { SIGTERM, SIGINT, SIGUSR1 };
    struct event_base *base = server->loops[0].streams.base;

    for (size_t i = 0; i < 3; i++) {
        server->signals[i] = evsignal_new(base, numbers[i], on_signal, server);
        if (server->signals[i] == NULL ||
            event_add(server->signals[i], NULL) == -1)
            return false;
    }
    server->resume = evtimer_new(base, on_resume, server);
    server->listener = evconnlistener_new(base, on_accept, server,
        LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, listener);
    if (server->resume == NULL || server->listener == NULL)
        return false;
    evconnlistener_set_error_cb(server->listener, on_accept_error);
    return true;
}

/* Leave it to us to say why the server could not start. */
static void
on_early_message(int severity, const char *message)
{
    (void)severity;
    (void)message;
}

/* libevent cannot go on, which it says only where it starts. */
static void
on_library_failure(int code)
{
    (void)code;
    cli_die("cannot make event loops: %s", strerrordesc_np(errno));
}

/* What libevent has to say goes where it disturbs nobody. */
static void
on_library_message(int severity, const char *message)
{
    if (severity >= EVENT_LOG_WARN)
        fprintf(stderr, "%s: libevent: %s\n", program_invocation_short_name,
            message);
}

/* Serve until SIGTERM or SIGINT, then stop. */
int
server_run(
    const struct server_options *options, const struct server_program *program)
{
    struct server server = {
        .options = options, .program = program, .drained = NEVER
    };
    char where[NET_TEXT_MAX];
    int listener;

    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGUSR2, SIG_IGN);
    event_set_log_callback(on_early_message);
    event_set_fatal_callback(on_library_failure);
    listener = net_listen(options->host, options->port, where);
    if (listener == -1)
        cli_die("%s", where);
    evutil_make_socket_nonblocking(listener);
    server.spare = net_spare();
    if (!make_loops(&server) || !watch(&server, listener))
        cli_die("cannot make event loops: %s", strerrordesc_np(errno));
    if (!start_loops(&server))
        cli_die("cannot make threads: %s", strerrordesc_np(EAGAIN));
    event_set_log_callback(on_library_message);
    log_record("Serving on %s. Hit CTRL-C to stop.", where);

    event_base_dispatch(server.loops[0].streams.base);

    for (unsigned i = 1; i < server.loop_count; i++)
        pthread_join(server.loops[i].thread, NULL);
    if (server.cut > 0)
        log_record("Connections cut: %zu.", (size_t)server.cut);
    for (size_t i = 0; i < 3; i++)
        event_free(server.signals[i]);
    event_free(server.resume);
    for (unsigned i = 0; i < server.loop_count; i++)
        loop_free(&server.loops[i]);
    free(server.loops);
    close(server.spare);
    libevent_global_shutdown();
    return 0;
}
