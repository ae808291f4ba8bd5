#include "common/flag_server_cli.h"

#include "common/http.h"
#include "common/http_reply.h"
#include "common/log.h"
#include "common/picture.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum key {
    KEY_PORT = 0x200,
    KEY_DELAY_PORT,
    KEY_ERROR_PORT,
    KEY_DIRECTORY,
    KEY_SIZE,
    KEY_DELAY,
    KEY_ERROR_RATE,
    KEY_DELAY_RATE,
    KEY_ERROR_STATUS,
    KEY_SEED,
    KEY_RETRY_AFTER,
    KEY_SECOND_EDITION,
    KEY_FAULT,
};

/* The published delays, and those of the second edition. */
#define DELAY_MS            500
#define SECOND_DELAY_MIN_MS 500
#define SECOND_DELAY_MAX_MS 5000

/* The longest time that a client can be asked to wait: a day. */
#define RETRY_AFTER_MAX 86400

/* What is known while a command line is read. */
struct parse {
    struct flag_server_options *options;
    bool second_edition;
    bool delay_given, status_given;
};

/* Read a delay, "0.5" or "0.5..5", or end. */
static void
read_delay(const struct argp_state *state, struct mishap_rules *rules,
    const char *text)
{
    const char *dots = strstr(text, "..");
    char first[32];

    if (dots != NULL && (size_t)(dots - text) < sizeof(first)) {
        snprintf(first, sizeof(first), "%.*s", (int)(dots - text), text);
        rules->delay_min_ms = cli_seconds(state, "delay", first);
        rules->delay_max_ms = cli_seconds(state, "delay", dots + 2);
    } else {
        rules->delay_min_ms = cli_seconds(state, "delay", text);
        rules->delay_max_ms = rules->delay_min_ms;
    }
    if (rules->delay_max_ms > MISHAP_DELAY_MAX_MS)
        argp_error(state, "--delay: '%s' is more than a day", text);
    if (rules->delay_max_ms < rules->delay_min_ms)
        argp_error(state, "--delay: '%s' ends before it begins", text);
}

/* Read a share from 0 to 1, or end. */
static uint32_t
read_rate(const struct argp_state *state, const char *name, const char *text)
{
    const size_t length = strlen(text);
    double rate = -1;
    char *end = NULL;

    if (length > 0 && strspn(text, "0123456789.") == length)
        rate = strtod(text, &end);
    if (rate < 0 || *end != '\0' || rate > 1)
        argp_error(state, "--%s: '%s' is not a share from 0 to 1", name, text);
    return (uint32_t)(rate * MISHAP_CERTAIN + 0.5);
}

/* Whether a number is the status of an error that can be written. */
static bool
is_error(int64_t status)
{
    return status == 500 || (status >= 400 && status <= 599 &&
                                http_reason((int)status) != http_reason(500));
}

/* Read the statuses of errors, "500,503", or end. */
static void
read_statuses(const struct argp_state *state, struct mishap_rules *rules,
    const char *text)
{
    const char *at = text;

    rules->status_count = 0;
    for (;; at++) {
        char *end;
        const long status = strtol(at, &end, 10);

        if (end != at + 3 || !is_error(status) || strchr(",", *end) == NULL)
            argp_error(state,
                "--error-status: '%s' is not a list like 500,503 of errors "
                "that this server knows",
                text);
        if (rules->status_count == MISHAP_STATUSES)
            argp_error(state, "--error-status: there are more than %d",
                MISHAP_STATUSES);
        rules->statuses[rules->status_count++] = (int)status;
        at = end;
        if (*at == '\0')
            return;
    }
}

/* Read the name of a fault, or end. */
static enum mishap_fault
read_fault(const struct argp_state *state, const char *text)
{
    int fault = MISHAP_NONE + 1;

    while (fault < MISHAP_FAULTS &&
           strcmp(text, mishap_fault_name((enum mishap_fault)fault)) != 0)
        fault++;
    if (fault == MISHAP_FAULTS)
        argp_error(state, "--fault: '%s' is not a fault; see --help", text);
    return (enum mishap_fault)fault;
}

/* Read the size of pictures, or end. */
static uint64_t
read_size(const struct argp_state *state, const char *text)
{
    if (strcmp(text, "book") == 0)
        return 0;
    return (uint64_t)cli_number(
        state, "size", text, PICTURE_MIN, (int64_t)PICTURE_MAX);
}

/* Look whether what was given goes together, and add what was not. */
static void
complete(struct parse *parse, const struct argp_state *state)
{
    struct flag_server_options *options = parse->options;
    struct mishap_rules *rules = &options->rules;
    bool any = false;

    for (int door = 0; door < MISHAP_DOORS; door++)
        any = any || options->ports[door] != CLI_NO_PORT;
    if (!any)
        argp_error(state, "all ports are off: nothing is left to serve");
    if (parse->second_edition) {
        rules->all_delayed = true;
        if (!parse->delay_given) {
            rules->delay_min_ms = SECOND_DELAY_MIN_MS;
            rules->delay_max_ms = SECOND_DELAY_MAX_MS;
        }
        if (!parse->status_given) {
            rules->statuses[0] = 418;
            rules->status_count = 1;
        }
    }
}

/* Take in one option of a flag-server. */
static error_t
parse(int key, char *arg, struct argp_state *state)
{
    struct parse *parse = state->input;
    struct flag_server_options *options = parse->options;
    struct mishap_rules *rules = &options->rules;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &options->server;
        break;
    case KEY_PORT:
        options->ports[MISHAP_LOCAL] = cli_port(state, "port", arg, true);
        break;
    case KEY_DELAY_PORT:
        options->ports[MISHAP_DELAY] = cli_port(state, "delay-port", arg, true);
        break;
    case KEY_ERROR_PORT:
        options->ports[MISHAP_ERROR] = cli_port(state, "error-port", arg, true);
        break;
    case KEY_DIRECTORY:
        options->directory = arg;
        break;
    case KEY_SIZE:
        options->size = read_size(state, arg);
        break;
    case KEY_DELAY:
        read_delay(state, rules, arg);
        parse->delay_given = true;
        break;
    case KEY_ERROR_RATE:
        rules->error_rate = read_rate(state, "error-rate", arg);
        break;
    case KEY_DELAY_RATE:
        rules->delay_rate = read_rate(state, "delay-rate", arg);
        break;
    case KEY_ERROR_STATUS:
        read_statuses(state, rules, arg);
        parse->status_given = true;
        break;
    case KEY_SEED:
        rules->seed =
            (uint64_t)cli_number(state, "seed", arg, INT64_MIN, INT64_MAX);
        options->seeded = true;
        break;
    case KEY_RETRY_AFTER:
        options->retry_after_s =
            cli_number(state, "retry-after", arg, 1, RETRY_AFTER_MAX);
        break;
    case KEY_SECOND_EDITION:
        parse->second_edition = true;
        break;
    case KEY_FAULT:
        rules->fault = read_fault(state, arg);
        break;
    case ARGP_KEY_ARG:
        argp_error(state, "unexpected argument '%s'", arg);
        break;
    case ARGP_KEY_END:
        complete(parse, state);
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* What --help says of a door's port. */
static void
describe(char help[96], const char *door, unsigned port)
{
    snprintf(
        help, 96, "%s, 0 for any free one, or off (default %u)", door, port);
}

/* Choose a seed, and tell it, so that all can happen again. */
static void
choose_seed(struct mishap_rules *rules)
{
    const int64_t seed = (int64_t)(arc4random() >> 1);

    rules->seed = (uint64_t)seed;
    printf("Seed %" PRId64 ".\n", seed);
    cli_flush();
}

/* Read a flag-server's command line. */
void
flag_server_cli(struct flag_server_options *options,
    const struct cli_twin *twin, const uint16_t ports[MISHAP_DOORS], int argc,
    char **argv)
{
    static char helps[MISHAP_DOORS][96];
    static const struct argp_option own[] = {
        { "port", KEY_PORT, "N", 0, helps[MISHAP_LOCAL], 0 },
        { "delay-port", KEY_DELAY_PORT, "N", 0, helps[MISHAP_DELAY], 0 },
        { "error-port", KEY_ERROR_PORT, "N", 0, helps[MISHAP_ERROR], 0 },
        { "directory", KEY_DIRECTORY, "DIR", 0,
            "serve the flags in DIR (default: generated ones)", 0 },
        { "size", KEY_SIZE, "N|book", 0,
            "bytes of each generated flag (default book: 1193 to 36332)", 0 },
        { "seed", KEY_SEED, "N", 0,
            "seed of delays and errors (default: random)", 0 },
        { "delay", KEY_DELAY, "S[..S]", 0,
            "seconds before a delayed answer (default 0.5)", 0 },
        { "error-rate", KEY_ERROR_RATE, "SHARE", 0,
            "share of requests to the error port that fail (default 0.25)", 0 },
        { "delay-rate", KEY_DELAY_RATE, "SHARE", 0,
            "share of requests to the error port that are delayed (default "
            "0.5)",
            0 },
        { "error-status", KEY_ERROR_STATUS, "LIST", 0,
            "statuses that errors have (default 500,501,502,503)", 0 },
        { "retry-after", KEY_RETRY_AFTER, "S", 0,
            "send Retry-After: S with errors", 0 },
        { "second-edition", KEY_SECOND_EDITION, NULL, 0,
            "behave like the book's second edition: delay all requests to the "
            "error port, too, by 0.5..5 seconds, and fail with 418",
            0 },
        { "fault", KEY_FAULT, "KIND", 0,
            "what happens instead of an error: abort, close, hang, cut, long, "
            "twice, slow, garbage, bad-chunk, loop or bare-lf",
            0 },
        { 0 },
    };
    const struct argp_child children[] = { { cli_server_argp(), 0, NULL, 0 },
        { 0 } };
    const struct argp argp = {
        .options = own,
        .parser = parse,
        .doc = "Serve flags: at once, with delays, and with errors.",
        .children = children,
    };
    struct parse input = { .options = options };

    cli_begin_server();
    *options = (struct flag_server_options) {
        .rules = {
            .delay_min_ms = DELAY_MS,
            .delay_max_ms = DELAY_MS,
            .error_rate = MISHAP_CERTAIN / 4,
            .delay_rate = MISHAP_CERTAIN / 2,
            .statuses = { 500, 501, 502, 503 },
            .status_count = 4,
        },
    };
    for (int door = 0; door < MISHAP_DOORS; door++)
        options->ports[door] = ports[door];
    cli_begin(&options->server, twin, "flag-server");
    describe(
        helps[MISHAP_LOCAL], "answer at once at port N", ports[MISHAP_LOCAL]);
    describe(
        helps[MISHAP_DELAY], "delay answers at port N", ports[MISHAP_DELAY]);
    describe(helps[MISHAP_ERROR], "fail some requests at port N",
        ports[MISHAP_ERROR]);
    cli_parse(&argp, 0, argc, argv, &input);
    options->server.limits.max_line = HTTP_ROOM;
    if (!options->seeded)
        choose_seed(&options->rules);
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

/* Prepare the site. */
void
flag_server_prepare(struct flag_server *server,
    void (*count)(struct counters *sums, void *argument), bool (*leaving)(void))
{
    const struct flag_server_options *options = &server->options;
    char text[FLAG_TEXT_MAX];

    flag_site_init(&server->site, &options->rules);
    server->site.size = options->size;
    server->site.retry_after_s = options->retry_after_s;
    server->site.say = options->server.quiet ? NULL : log_record;
    server->site.count = count;
    server->site.leaving = leaving;
    if (options->directory != NULL && !read_folder(server, text))
        cli_die("%s", text);
}

/* Read the folder of the flags anew. */
void
flag_server_reload(struct flag_server *server)
{
    char text[FLAG_TEXT_MAX];

    if (read_folder(server, text))
        log_record("Flags read again.");
    else
        log_record("Flags not read again: %s", text);
}
