/*
 * flag-server, with an event loop: it serves flags, slowly and with errors.
 *
 * What became of the threaded twin: how an answer waits is all that differs,
 * and http_server knows it. Here a timer of the loop is set. What may have to
 * wait for a disk, to read the folder anew, is done by another thread.
 */
#include "common/flag_server_cli.h"
#include "evented/http_server.h"

/* So that both twins can run at once, each has ports of its own. */
#define DEFAULT_PORTS                                                          \
    {                                                                          \
        8001, 8002, 8003                                                       \
    }

/* A server, and who reads its folder. */
struct reader {
    struct flag_server server;
    struct executor executor;
    struct executor_job job;
    bool reading, again; /* the folder, now and after that */
};

static void begin_reload(struct keeper *keeper, void *argument);

/* Add up the server's counters. */
static void
count(struct counters *sums, void *argument)
{
    server_count(sums);
}

/* Read the folder of the flags anew. In another thread. */
static void
reload(void *argument)
{
    struct reader *reader = argument;

    flag_server_reload(&reader->server);
}

/* The folder was read. */
static void
on_reloaded(void *argument)
{
    struct reader *reader = argument;

    reader->reading = false;
    if (reader->again && reader->job.begun)
        begin_reload(reader->job.keeper, reader);
}

/* Have the folder read anew; once more, if it is being read. */
static void
begin_reload(struct keeper *keeper, void *argument)
{
    struct reader *reader = argument;

    reader->again = reader->reading;
    if (reader->reading)
        return;
    reader->reading = true;
    reader->job = (struct executor_job) { .work = reload,
        .done = on_reloaded,
        .argument = reader,
        .keeper = keeper };
    executor_submit(&reader->executor, &reader->job);
}

/* Read the command line and serve. */
int
main(int argc, char **argv)
{
    static const uint16_t ports[MISHAP_DOORS] = DEFAULT_PORTS;
    static struct reader reader;
    struct flag_server *server = &reader.server;
    const struct flag_server_options *options = &server->options;
    struct http_site webs[MISHAP_DOORS];
    struct server_program programs[MISHAP_DOORS];
    size_t programs_count = 0;

    flag_server_cli(&server->options, &server_twin, ports, argc, argv);
    flag_server_prepare(server, count, server_is_leaving);
    for (int door = 0; door < MISHAP_DOORS; door++) {
        webs[door] = flag_site_http(&server->site, (enum mishap_door)door);
        if (options->ports[door] == CLI_NO_PORT)
            continue;
        programs[programs_count] =
            http_server_program((uint16_t)options->ports[door],
                &options->server.limits, &webs[door]);
        programs[programs_count++].name =
            mishap_door_name((enum mishap_door)door);
    }
    if (options->directory != NULL) {
        programs[0].hangup = begin_reload;
        programs[0].hangup_argument = &reader;
        programs[0].executor = &reader.executor;
        executor_init(&reader.executor, 1);
    }
    return server_run(&options->server, programs, programs_count);
}
