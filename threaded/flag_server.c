/*
 * flag-server, with a thread per connection: it serves flags, slowly and with
 * errors.
 *
 * What becomes of it in the evented twin: how an answer waits is all that
 * differs, and http_server knows it. Here the client's thread sleeps.
 */
#include "common/flag_server_cli.h"
#include "common/flag_site.h"
#include "common/log.h"
#include "threaded/http_server.h"

#include <string.h>

/* So that both twins can run at once, each has ports of its own. */
#define DEFAULT_PORTS                                                          \
    {                                                                          \
        9001, 9002, 9003                                                       \
    }

/* A server and what it was asked to do. */
struct flag_server {
    struct flag_server_options options;
    struct flag_site site;
};

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

/* Read the folder anew. If that fails, what was served is served still. */
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
        programs[0].hangup = reload;
        programs[0].hangup_argument = &server;
    }
    return server_run(&options->server, programs, programs_count);
}
