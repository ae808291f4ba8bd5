/*
 * flag-server, with a thread per connection: it serves flags, slowly and with
 * errors.
 *
 * What becomes of it in the evented twin: how an answer waits is all that
 * differs, and http_server knows it. Here the client's thread sleeps.
 */
#include "common/flag_server_cli.h"
#include "threaded/http_server.h"

/* So that both twins can run at once, each has ports of its own. */
#define DEFAULT_PORTS                                                          \
    {                                                                          \
        9001, 9002, 9003                                                       \
    }

/* Add up the server's counters. */
static void
count(struct counters *sums, void *argument)
{
    server_count(sums);
}

/* Read the folder of the flags anew. */
static void
reload(void *argument)
{
    flag_server_reload(argument);
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
    flag_server_prepare(&server, count, server_is_leaving);
    for (int door = 0; door < MISHAP_DOORS; door++) {
        webs[door] = flag_site_http(&server.site, (enum mishap_door)door);
        if (options->ports[door] == CLI_NO_PORT)
            continue;
        programs[programs_count] =
            http_server_program((uint16_t)options->ports[door],
                &options->server.limits, &webs[door]);
        programs[programs_count++].name =
            mishap_door_name((enum mishap_door)door);
    }
    if (options->directory != NULL) {
        programs[0].hangup = reload;
        programs[0].hangup_argument = &server;
    }
    return server_run(&options->server, programs, programs_count);
}
