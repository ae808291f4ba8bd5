/*
 * flag-server, with an event loop: it serves flags, slowly and with errors.
 *
 * What became of the threaded twin: how an answer waits is all that differs,
 * and http_server knows it. Here a timer of the loop is set. What may have to
 * wait for a disk, to read the folder anew, is done by another thread.
 */
#include "common/flag_server_cli.h"
#include "common/flag_site.h"
#include "common/log.h"
#include "evented/http_server.h"

#include <string.h>

/* So that both twins can run at once, each has ports of its own. */
#define DEFAULT_PORTS                                                          \
    {                                                                          \
        8001, 8002, 8003                                                       \
    }

/* A server and what it was asked to do. */
struct flag_server {
    struct flag_server_options options;
    struct flag_site site;
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

/* Read the folder, and let it count; false: text says why not. */
static bool
read_folder(struct flag_server *server, char text[FLAG_TEXT_MAX])
{
    struct flag_folder *folder =
        flag_folder_read(server->options.directory, text);

    if (folder == NULL)
        return false;
    if (flag_shelf_replace(&server->site.shelf, folder))
        return true;
    flag_folder_free(folder);
    strcpy(text, "the flags of before the last ones are still being sent");
    return false;
}

/* Read the folder anew. If that fails, what was served is served still. In
 * another thread. */
static void
reload(void *argument)
{
    struct flag_server *server = argument;
    char text[FLAG_TEXT_MAX];

    if (read_folder(server, text))
        log_record("Flags read again.");
    else
        log_record("Flags not read again: %s", text);
}

/* The folder was read. */
static void
on_reloaded(void *argument)
{
    struct flag_server *server = argument;

    server->reading = false;
    if (server->again && server->job.begun)
        begin_reload(server->job.keeper, server);
}

/* Have the folder read anew; once more, if it is being read. */
static void
begin_reload(struct keeper *keeper, void *argument)
{
    struct flag_server *server = argument;

    server->again = server->reading;
    if (server->reading)
        return;
    server->reading = true;
    server->job = (struct executor_job) { .work = reload,
        .done = on_reloaded,
        .argument = server,
        .keeper = keeper };
    executor_submit(&server->executor, &server->job);
}

/* Prepare the site, with its folder, if it has one. */
static void
prepare(struct flag_server *server)
{
    const struct flag_server_options *options = &server->options;
    char text[FLAG_TEXT_MAX];

    flag_site_init(&server->site, &options->rules);
    server->site.size = options->size;
    server->site.retry_after_s = options->retry_after_s;
    server->site.say = options->server.quiet ? NULL : log_record;
    server->site.count = count;
    if (options->directory != NULL && !read_folder(server, text))
        cli_die("%s", text);
}

/* Read the command line and serve. */
int
main(int argc, char **argv)
{
    static const uint16_t ports[MISHAP_DOORS] = DEFAULT_PORTS;
    static struct flag_server server;
    const struct flag_server_options *options = &server.options;
    struct http_site webs[MISHAP_DOORS];
    struct server_program programs[MISHAP_DOORS];
    size_t programs_count = 0;

    flag_server_cli(&server.options, &server_twin, ports, argc, argv);
    prepare(&server);
    for (int door = 0; door < MISHAP_DOORS; door++) {
        webs[door] = flag_site_http(&server.site, (enum mishap_door)door);
        if (options->ports[door] != CLI_NO_PORT)
            programs[programs_count++] =
                http_server_program((uint16_t)options->ports[door],
                    &options->server.limits, &webs[door]);
    }
    if (options->directory != NULL) {
        programs[0].hangup = begin_reload;
        programs[0].hangup_argument = &server;
        programs[0].executor = &server.executor;
        executor_init(&server.executor, 1);
    }
    return server_run(&options->server, programs, programs_count);
}
