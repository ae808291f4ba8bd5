/*
 * What becomes of it in the evented twin: an acceptor's wait is on_accept, the
 * keeper's on_signal; a thread that ends and is joined is on_gone, which frees
 * memory. The lock around the books is needed no more where one loop accepts;
 * what several loops share is atomic, or posted to its loop.
 */
#include "threaded/server.h"

#include "common/admission.h"
#include "common/deadline.h"
#include "common/log.h"
#include "common/net.h"
#include "threaded/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * A thread's stack: the deepest path takes about 10 KiB, most of it in printf.
 * The default of 8 MiB would be address space for a thousand times as much.
 */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define STACK_SIZE (1024 * 1024)
#else
#define STACK_SIZE (256 * 1024)
#endif

/* More threads than that do not fit into the kernel's table anyway. */
#define THREADS_MAX 30000

/* How often the keeper looks whether the last connection has ended. */
#define DRAIN_TICK_MS 10

const struct cli_twin server_twin = {
    .version = "(threaded)",
    .workers = "threads",
    .workers_help = "serve with a pool of N threads; further clients wait in "
                    "the accept queue (default 0: a thread per connection)",
    .workers_default = 0,
    .workers_max = THREADS_MAX,
};

/* Where clients come in. */
struct door {
    const struct server_program *program;
    int listener;
    bool passed; /* it is also another's, with who is queued */
};

/* A thread that accepts clients at one door, or at several. */
struct acceptor {
    struct server *server;
    struct door *doors;
    size_t door_count;
    size_t next; /* the door to look at first, so that none is forgotten */
    pthread_t thread;
};

/* What a thread that serves a client is given. */
struct connection {
    struct keeper_entry kept;
    STAILQ_ENTRY(connection) next_ended;
    struct server *server;
    const struct server_program *program;
    int fd;
    bool refused; /* only to be told that the house is full */
    pthread_t thread;
};

struct server {
    const struct server_options *options;
    pthread_attr_t attributes;
    struct door doors[NET_DOORS_MAX];
    size_t door_count;
    bool doors_closed;          /* the server stops, and nobody waits there */
    struct acceptor *acceptors; /* may have ended, joined at the end */
    size_t acceptor_count;

    struct keeper keeper; /* the main thread */
    size_t cut;           /* connections that did not end in time */

    /* The books, under the lock. */
    pthread_mutex_t lock;
    STAILQ_HEAD(, connection) ended; /* threads to be joined */
    size_t active, refusing;         /* clients that are served, refused */
    size_t accepting, resting;       /* acceptors at the door, of them idle */
    struct counters sums;            /* of what happens at the doors */
    bool leaving, stopping;
    int spare;
};

/* The one that runs. */
static struct server *running;

/* Do nothing; that a wait was interrupted is all a wake-up means.
 * Twin: keeper.c:on_rung. */
static void
wake(int signal)
{
}

/* Add up what the server has done so far. */
void
server_count(struct counters *sums)
{
    struct server *server = running;

    pthread_mutex_lock(&server->lock);
    counters_sum(sums, &server->sums);
    counters_add(sums, COUNT_ACTIVE, server->active);
    pthread_mutex_unlock(&server->lock);
    keeper_count(&server->keeper, sums);
    counters_add(sums, COUNT_DROPPED_LOG, log_dropped());
}

/* Whether the server is leaving. */
bool
server_is_leaving(void)
{
    struct server *server = running;
    bool leaving;

    pthread_mutex_lock(&server->lock);
    leaving = server->leaving;
    pthread_mutex_unlock(&server->lock);
    return leaving;
}

/* Reserve a client's place, or find the house full; under the lock. */
static enum admission
reserve(struct server *server)
{
    const enum admission admission = admission_decide(server->active,
        server->options->limits.max_connections, server->refusing,
        &server->sums);

    server->active += admission == ADMITTED;
    server->refusing += admission == REFUSED;
    return admission;
}

/*
 * Give a client's place back; one that was let in and not served counts as
 * turned away after all. Under the lock.
 */
static void
give_back(struct server *server, bool refused, bool served)
{
    if (refused) {
        server->refusing--;
        return;
    }
    server->active--;
    if (!served)
        admission_revoke(&server->sums);
}

/* Strike a connection from the books. */
static void
discharge(struct connection *connection, const struct stream *stream)
{
    struct server *server = connection->server;

    keeper_discharge(&server->keeper, &connection->kept);
    if (connection->refused || !stream_ended_well(stream))
        return;
    pthread_mutex_lock(&server->lock);
    counters_add(&server->sums, COUNT_SERVED, 1);
    pthread_mutex_unlock(&server->lock);
}

/* Serve a client, or tell it to go; false: no memory for it. */
static bool
serve(struct connection *connection)
{
    const struct server_program *program = connection->program;
    struct stream *stream = stream_new(connection->fd, program->limits);

    if (stream == NULL) {
        net_turn_away(connection->fd, program->refusal);
        return false;
    }
    keeper_enroll(&connection->server->keeper, &connection->kept, stream);
    if (connection->refused)
        stream_write(stream, program->refusal, strlen(program->refusal));
    else
        program->serve(stream, program->argument);
    stream_finish(stream);
    discharge(connection, stream);
    stream_free(stream);
    return true;
}

/* The life of a connection's thread. */
static void *
serve_in_thread(void *argument)
{
    struct connection *connection = argument;
    struct server *server = connection->server;
    bool served;

    connection->thread = pthread_self();
    served = serve(connection);
    /* In one step, so that a server that ends knows whom to join. */
    pthread_mutex_lock(&server->lock);
    STAILQ_INSERT_TAIL(&server->ended, connection, next_ended);
    give_back(server, connection->refused, served);
    pthread_mutex_unlock(&server->lock);
    return NULL;
}

/* Join the threads that have ended. */
static void
reap(struct server *server)
{
    STAILQ_HEAD(, connection) ended = STAILQ_HEAD_INITIALIZER(ended);
    struct connection *connection;

    pthread_mutex_lock(&server->lock);
    STAILQ_CONCAT(&ended, &server->ended);
    pthread_mutex_unlock(&server->lock);
    while ((connection = STAILQ_FIRST(&ended)) != NULL) {
        STAILQ_REMOVE_HEAD(&ended, next_ended);
        pthread_join(connection->thread, NULL);
        free(connection);
    }
}

/* Give a reserved place back: there is no thread or memory for the client. */
static void
forgo(struct server *server, enum admission admission)
{
    pthread_mutex_lock(&server->lock);
    give_back(server, admission == REFUSED, false);
    pthread_mutex_unlock(&server->lock);
}

/* Serve a client as it was admitted; false: no means for it. */
static bool
start(struct server *server, const struct connection *client)
{
    struct connection *connection = malloc(sizeof(*connection));
    pthread_t thread;

    if (connection == NULL)
        return false;
    *connection = *client;
    if (pthread_create(
            &thread, &server->attributes, serve_in_thread, connection) == 0)
        return true;
    free(connection);
    return false;
}

/* Let a client in, or refuse it. */
static void
admit(struct server *server, const struct door *door, int fd,
    enum admission admission)
{
    const char *refusal = door->program->refusal;
    struct connection client = {
        .server = server,
        .program = door->program,
        .fd = fd,
        .refused = admission == REFUSED,
    };

    if (admission == TURNED_AWAY) {
        net_turn_away(fd, refusal);
    } else if (server->options->workers > 0) {
        const bool served = serve(&client);

        pthread_mutex_lock(&server->lock);
        give_back(server, client.refused, served);
        pthread_mutex_unlock(&server->lock);
    } else if (!start(server, &client)) {
        forgo(server, admission);
        net_turn_away(fd, refusal);
    }
}

/* Whether there is a spare descriptor, if need be a new one; under the lock. */
static bool
has_spare(struct server *server)
{
    if (server->spare == -1)
        server->spare = net_spare();
    return server->spare != -1;
}

/* Turn a client away that took the last descriptor, which is the spare one. */
static void
give_spare_back(struct server *server, const struct door *door, int fd)
{
    net_turn_away(fd, door->program->refusal);
    pthread_mutex_lock(&server->lock);
    counters_add(&server->sums, COUNT_REJECTED, 1);
    has_spare(server);
    pthread_mutex_unlock(&server->lock);
}

/*
 * Turn one waiting client away by means of the spare descriptor; false: nobody
 * waits, or it does not help. Another acceptor at the door may take the client
 * or the descriptor before us, so no lock is held while we accept.
 */
static bool
use_spare(struct server *server, const struct door *door)
{
    struct pollfd waiting = { .fd = door->listener, .events = POLLIN };
    int spare, fd;

    if (poll(&waiting, 1, 0) != 1)
        return false;
    pthread_mutex_lock(&server->lock);
    spare = has_spare(server) ? server->spare : -1;
    server->spare = -1;
    pthread_mutex_unlock(&server->lock);
    if (spare == -1)
        return false;
    close(spare);
    fd = accept4(door->listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd != -1) {
        give_spare_back(server, door, fd);
    } else {
        pthread_mutex_lock(&server->lock);
        has_spare(server);
        pthread_mutex_unlock(&server->lock);
    }
    return fd != -1;
}

/*
 * Rest when descriptors or memory have run out; false: the server stops, and
 * nobody waits. Threads of a pool that stand at the door have a descriptor
 * each, so only where all of them rest there is nobody to serve a client.
 */
static bool
rest(struct server *server, const struct door *door)
{
    bool nobody, told = false, stopping;

    pthread_mutex_lock(&server->lock);
    server->resting++;
    nobody =
        server->options->workers == 0 || server->resting == server->accepting;
    pthread_mutex_unlock(&server->lock);
    if (nobody)
        told = use_spare(server, door);
    pthread_mutex_lock(&server->lock);
    stopping = server->stopping;
    pthread_mutex_unlock(&server->lock);
    if (!stopping)
        poll(NULL, 0, LIMIT_ACCEPT_PAUSE_MS);
    pthread_mutex_lock(&server->lock);
    server->resting--;
    pthread_mutex_unlock(&server->lock);
    return told || !stopping;
}

/* Go to the door, or leave it; false: the server stops, there is none. */
static bool
go_to_door(struct server *server)
{
    bool open;

    pthread_mutex_lock(&server->lock);
    open = !server->stopping;
    server->accepting += open;
    pthread_mutex_unlock(&server->lock);
    return open;
}

/* The door at which to accept: the only one, where accepting waits by itself,
 * unless others accept there, or one at which somebody waits. */
static const struct door *
choose_door(struct acceptor *acceptor)
{
    struct pollfd waiting[NET_DOORS_MAX];
    const size_t count = acceptor->door_count;
    size_t chosen = acceptor->next % count;

    if (count == 1 && !acceptor->doors->passed)
        return acceptor->doors;
    for (size_t i = 0; i < count; i++)
        waiting[i] = (struct pollfd) { .fd = acceptor->doors[i].listener,
            .events = POLLIN };
    if (poll(waiting, count, -1) > 0)
        while (waiting[chosen].revents == 0)
            chosen = (chosen + 1) % count;
    acceptor->next = chosen + 1;
    return &acceptor->doors[chosen];
}

/* Whether a failed accept is to be tried again, after a rest if need be.
 * Twin: on_accept_error. */
static bool
is_worth_waiting(struct server *server, const struct door *door, int error)
{
    bool stopping;

    if (error != EAGAIN)
        return net_accept_error(error) == NET_ACCEPT_AGAIN ||
               rest(server, door);
    /* Somebody else took the client, unless the server stops. */
    pthread_mutex_lock(&server->lock);
    stopping = server->stopping;
    pthread_mutex_unlock(&server->lock);
    return !stopping;
}

/* Wait for the next client; -1 when the server stops and nobody waits. */
static int
accept_client(struct acceptor *acceptor, const struct door **door)
{
    int fd;

    do {
        *door = choose_door(acceptor);
        fd = accept4((*door)->listener, NULL, NULL, SOCK_CLOEXEC);
    } while (fd == -1 && is_worth_waiting(acceptor->server, *door, errno));
    return fd;
}

/* The life of an acceptor. Twin: on_accept. */
static void *
accept_clients(void *argument)
{
    struct acceptor *acceptor = argument;
    struct server *server = acceptor->server;

    while (go_to_door(server)) {
        const struct door *door;
        const int fd = accept_client(acceptor, &door);
        enum admission admission = TURNED_AWAY;
        bool spare;

        /* In one step, so that at no time a client is not accounted for. */
        pthread_mutex_lock(&server->lock);
        server->accepting--;
        spare = has_spare(server);
        if (fd != -1 && spare)
            admission = reserve(server);
        pthread_mutex_unlock(&server->lock);
        reap(server);
        if (fd != -1 && spare)
            admit(server, door, fd, admission);
        else if (fd != -1)
            give_spare_back(server, door, fd);
    }
    return NULL;
}

/* Close a door of a server that stops; who is queued is let in, or turned away
 * where all threads or descriptors are taken, or left to whose door it is. */
static void
close_door(struct server *server, struct door *door)
{
    /* The kernel holds one more than it was told. */
    for (int i = 0; i <= LIMIT_BACKLOG && !door->passed; i++) {
        const int fd = accept4(door->listener, NULL, NULL, SOCK_CLOEXEC);
        enum admission admission = TURNED_AWAY;

        if (fd == -1) {
            if (errno == EAGAIN ||
                (net_accept_error(errno) == NET_ACCEPT_REST &&
                    !use_spare(server, door)))
                break;
            continue;
        }
        pthread_mutex_lock(&server->lock);
        if (server->options->workers == 0 && has_spare(server))
            admission = reserve(server);
        else
            counters_add(&server->sums, COUNT_REJECTED, 1);
        pthread_mutex_unlock(&server->lock);
        admit(server, door, fd, admission);
    }
    close(door->listener);
}

/* Announce a stop; when it is to begin. */
static int64_t
leave(struct server *server)
{
    const int64_t ms = server->options->limits.lame_duck_ms;

    log_record("Server shutting down in %lld.%lld s.", (long long)ms / 1000,
        (long long)ms % 1000 / 100);
    pthread_mutex_lock(&server->lock);
    server->leaving = true;
    pthread_mutex_unlock(&server->lock);
    return stream_now() + ms;
}

/* Begin to stop: no new clients but the queued, and an end for the others. */
static void
stop(struct server *server)
{
    log_record("Server shutting down.");
    pthread_mutex_lock(&server->lock);
    server->stopping = true;
    for (size_t i = 0; i < server->door_count; i++) {
        if (server->doors[i].program->executor != NULL)
            executor_stop(server->doors[i].program->executor);
        fcntl(server->doors[i].listener, F_SETFL, O_NONBLOCK);
    }
    pthread_mutex_unlock(&server->lock);
    keeper_cut(&server->keeper, STREAM_STOP);
}

/* Close the doors of a server that stops, once no acceptor stands in one. */
static void
close_doors(struct server *server)
{
    bool free_to_close;

    pthread_mutex_lock(&server->lock);
    free_to_close = server->accepting == 0;
    if (!free_to_close)
        for (size_t i = 0; i < server->acceptor_count; i++)
            pthread_kill(server->acceptors[i].thread, STREAM_WAKE);
    pthread_mutex_unlock(&server->lock);
    if (!free_to_close)
        return;
    for (size_t i = 0; i < server->door_count; i++)
        close_door(server, &server->doors[i]);
    server->doors_closed = true;
}

/* Whether a server that stops has no client any more. Twin: end_if_empty. */
static bool
has_ended(struct server *server)
{
    bool ended;

    pthread_mutex_lock(&server->lock);
    ended =
        server->doors_closed && server->active == 0 && server->refusing == 0;
    pthread_mutex_unlock(&server->lock);
    return ended;
}

/* Milliseconds between two sweeps, such that all limits are kept. */
static int64_t
sweep_period(const struct server *server)
{
    int64_t shortest = LIMIT_SWEEP_MS;

    for (size_t i = 0; i < server->door_count; i++) {
        const int64_t period =
            deadline_sweep_ms(server->doors[i].program->limits);

        if (period < shortest)
            shortest = period;
    }
    return shortest;
}

/* Have the programs read anew what they serve. */
static void
hang_up(const struct server *server)
{
    for (size_t i = 0; i < server->door_count; i++) {
        const struct server_program *program = server->doors[i].program;

        if (program->hangup != NULL)
            program->hangup(program->hangup_argument);
    }
}

/* Keep the server, until a stop has come to its end. Twin: on_signal. */
static void
keep(struct server *server, const sigset_t *signals)
{
    int64_t left = NEVER, drained = NEVER;

    while (drained == NEVER || !has_ended(server)) {
        const int signal = keeper_wait(&server->keeper, signals);
        const int64_t now = stream_now();
        struct counters sums = { 0 };

        if (signal == SIGUSR1) {
            server_count(&sums);
            log_counters(&sums);
        } else if (signal == SIGHUP) {
            hang_up(server);
        } else if (signal != 0 && drained != NEVER) {
            drained = now;
        } else if (signal == SIGTERM && left == NEVER &&
                   server->options->limits.lame_duck_ms > 0) {
            left = leave(server);
        } else if (signal != 0 || (now >= left && drained == NEVER)) {
            stop(server);
            drained = now + server->options->limits.drain_ms;
            keeper_hurry(&server->keeper, DRAIN_TICK_MS);
        }
        if (drained != NEVER && !server->doors_closed)
            close_doors(server);
        if (now >= drained && server->cut == 0)
            server->cut = keeper_cut(&server->keeper, STREAM_ABORT);
        reap(server);
    }
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
    for (size_t i = 0; i < count; i++) {
        struct door *door = &server->doors[server->door_count++];

        door->program = &programs[i];
        door->listener = opened[i].fd;
        door->passed = opened[i].passed;
        /* Between looking and accepting another may have taken the client. */
        if (server->options->workers > 0 && count > 1)
            fcntl(door->listener, F_SETFL, O_NONBLOCK);
    }
}

/* Make the acceptors: one a door, or the pool, whose threads stand at all
 * doors; false: the system has no threads for us. Twin: listen_to_all. */
static bool
start_acceptors(struct server *server)
{
    const unsigned pool = server->options->workers;
    const size_t wanted = pool > 0 ? pool : server->door_count;

    server->acceptors = calloc(wanted, sizeof(*server->acceptors));
    if (server->acceptors == NULL)
        return false;
    while (server->acceptor_count < wanted) {
        const size_t i = server->acceptor_count;
        struct acceptor *acceptor = &server->acceptors[i];

        acceptor->server = server;
        acceptor->doors = pool > 0 ? server->doors : &server->doors[i];
        acceptor->door_count = pool > 0 ? server->door_count : 1;
        if (pthread_create(&acceptor->thread, &server->attributes,
                accept_clients, acceptor) != 0)
            return false;
        server->acceptor_count++;
    }
    return true;
}

/* Prepare the process: signals, and memory for many small threads. */
static void
prepare(sigset_t *signals)
{
    const struct sigaction waken = { .sa_handler = wake };

    cli_server_signal_set(signals);
    sigaction(STREAM_WAKE, &waken, NULL);
    /* glibc would give eight arenas a core, each kept at its highest. */
    mallopt(M_ARENA_MAX, 2);
    /* What fifty clients take, who come and go: else they would have the same
     * pages taken from the system and given back all the time. */
    mallopt(M_TRIM_THRESHOLD, 1024 * 1024);
}

/* Serve until SIGTERM or SIGINT, then stop. */
int
server_run(const struct server_options *options,
    const struct server_program *programs, size_t count)
{
    struct server server = { .options = options };
    struct net_door opened[NET_DOORS_MAX];
    sigset_t signals;

    prepare(&signals);
    log_open();
    open_doors(&server, programs, count, opened);
    cli_drop_privileges(options);
    running = &server;
    server.spare = -1;
    has_spare(&server);
    keeper_init(&server.keeper, sweep_period(&server));
    STAILQ_INIT(&server.ended);
    pthread_mutex_init(&server.lock, NULL);
    pthread_attr_init(&server.attributes);
    pthread_attr_setstacksize(&server.attributes, STACK_SIZE);
    if (!start_acceptors(&server))
        cli_die("cannot make threads: %s", strerrordesc_np(EAGAIN));
    for (size_t i = 0; i < count; i++)
        log_record("Serving on %s. Hit CTRL-C to stop.", opened[i].where);

    keep(&server, &signals);

    for (size_t i = 0; i < server.acceptor_count; i++)
        pthread_join(server.acceptors[i].thread, NULL);
    reap(&server);
    if (server.cut > 0)
        log_record("Connections cut: %zu.", server.cut);
    close(server.spare);
    free(server.acceptors);
    keeper_free(&server.keeper);
    pthread_attr_destroy(&server.attributes);
    pthread_mutex_destroy(&server.lock);
    return 0;
}
