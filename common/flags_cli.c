#include "common/flags_cli.h"

#include "common/countries.h"
#include "common/net.h"
#include "common/number.h"
#include "common/progress.h"

#include <string.h>
#include <strings.h>

/* The most times that an image is in its file: 36 MB of the largest. */
#define TIMES_MAX 1000

/* The most times that a request is made again: with the longest waits, more
 * than an hour. */
#define RETRIES_MAX 100

/* The largest --max-bytes: no flag is a terabyte. */
#define BYTES_MAX (INT64_C(1) << 40)

enum key {
    KEY_BASE_URL = 0x200,
    KEY_NAMES,
    KEY_SHOW,
    KEY_SUFFIX,
    KEY_TIMES,
    KEY_TIMEOUT,
    KEY_MAX_TIME,
    KEY_RETRIES,
    KEY_MAX_BYTES,
    KEY_FSYNC,
    KEY_SAVERS,
    KEY_REPORT,
};

/* What is known of a command line while it is read. */
struct parse {
    struct flags_options *options;
    const struct cli_twin *twin;
    bool every, all, some;       /* -e, -a, CC */
    bool asked[FLAGS_CODES_MAX]; /* by CC */
    size_t limit;
};

/* The sites that have a label. */
static const struct {
    const char *label, *site;
} sites[] = {
    { "LOCAL", "http://localhost:8001/flags" },
    { "DELAY", "http://localhost:8002/flags" },
    { "ERROR", "http://localhost:8003/flags" },
    { "REMOTE", "https://www.fluentpython.com/data/flags" },
};

/* The most populous countries, as published. */
static const char top20[][3] = { "CN", "IN", "US", "ID", "BR", "PK", "NG", "BD",
    "RU", "JP", "MX", "PH", "VN", "ET", "EG", "DE", "IR", "TR", "CD", "FR" };

/* Take in the URL of a site, which must be one of http without a query. */
static void
take_site(const struct argp_state *state, struct flags_options *options,
    const char *label, const char *site)
{
    static const char *const reasons[] = {
        [URL_MALFORMED] = "is not a URL",
        [URL_USER] = "has a user name",
        [URL_HTTPS] = "is https, which is not supported: use --base-url with a "
                      "server that speaks http",
        [URL_OTHER] = "is not http",
    };
    const enum url_status status =
        url_parse(&options->rules.base, site, strlen(site));

    options->label = label;
    options->site = site;
    if (status != URL_OK)
        argp_error(state, "%s: '%s' %s",
            strcmp(label, "URL") == 0 ? "--base-url" : label, site,
            reasons[status]);
    else if (strpbrk(site, "?#") != NULL)
        argp_error(state, "--base-url: '%s' has a query or a fragment", site);
    else if (strlen(site) > PROGRESS_SITE_MAX ||
             strlen(options->rules.base.target) > TRANSFER_BASE_MAX)
        argp_error(state, "--base-url is too long");
}

/* Take in the label of a site, in any case. */
static void
take_label(const struct argp_state *state, struct flags_options *options,
    const char *label)
{
    for (size_t i = 0; i < sizeof(sites) / sizeof(*sites); i++) {
        if (strcasecmp(label, sites[i].label) == 0) {
            take_site(state, options, sites[i].label, sites[i].site);
            return;
        }
    }
    argp_error(
        state, "--server LABEL must be one of DELAY, ERROR, LOCAL, REMOTE");
}

/* The place of a letter in the alphabet, in any case; -1: it is none. */
static int
letter(char c)
{
    if (c >= 'a' && c <= 'z')
        return c - 'a';
    return c >= 'A' && c <= 'Z' ? c - 'A' : -1;
}

/* Take in a CC argument: a code, or the first letter of 26. */
static void
take_code(const struct argp_state *state, struct parse *parse, const char *text)
{
    const size_t length = strlen(text);
    const int first = letter(text[0]);
    const int second = length == 2 ? letter(text[1]) : 0;

    if (length < 1 || length > 2 || first < 0 || second < 0) {
        argp_error(state, "each CC argument must be A to Z or AA to ZZ.");
        return;
    }
    parse->some = true;
    if (length == 2)
        parse->asked[first * 26 + second] = true;
    else
        memset(&parse->asked[first * 26], true, 26);
}

/* Read a number from 1, or end with the published sentence. */
static size_t
read_count(const struct argp_state *state, const char *name, const char *text)
{
    int64_t number = 0;

    if (number_read(text, strlen(text), &number) == NUMBER_RANGE &&
        text[0] != '-')
        number = INT64_MAX;
    if (number < 1)
        argp_error(state, "--%s must be >= 1", name);
    return number < FLAGS_CONNECTIONS_MAX ? (size_t)number
                                          : FLAGS_CONNECTIONS_MAX;
}

/* Read a suffix, or end. */
static const char *
read_suffix(const struct argp_state *state, const char *text)
{
    if (strcmp(text, "gif") != 0 && strcmp(text, "png") != 0)
        argp_error(state, "--suffix: '%s' is neither gif nor png", text);
    return text;
}

/* Read the path of a file or a folder, or end. */
static const char *
read_path(const struct argp_state *state, const char *name, const char *text)
{
    if (text[0] == '\0')
        argp_error(state, "--%s: '' is no path", name);
    return text;
}

/* Mark a code as one that is asked for. */
static void
ask_for(struct parse *parse, const char *code)
{
    parse->asked[letter(code[0]) * 26 + letter(code[1])] = true;
}

/* Make the list of codes: -e before -a before CC, as published. */
static void
make_codes(struct parse *parse)
{
    struct flags_options *options = parse->options;

    if (parse->every)
        memset(parse->asked, true, sizeof(parse->asked));
    else if (parse->all)
        memset(parse->asked, false, sizeof(parse->asked));
    for (size_t i = 0; parse->all && !parse->every && i < countries_count();
         i++)
        ask_for(parse, countries_code(i));
    if (!parse->every && !parse->all && !parse->some)
        for (size_t i = 0; i < sizeof(top20) / sizeof(*top20); i++)
            ask_for(parse, top20[i]);
    for (int i = 0; i < FLAGS_CODES_MAX; i++) {
        char *code = options->codes[options->count];

        if (!parse->asked[i] || options->count == parse->limit)
            continue;
        code[0] = (char)('A' + i / 26);
        code[1] = (char)('A' + i % 26);
        options->count++;
    }
}

/* Take in one of the options that are ours, not the book's. */
static error_t
parse_own(int key, char *arg, struct argp_state *state)
{
    struct parse *parse = state->input;
    struct flags_options *options = parse->options;
    struct transfer_rules *rules = &options->rules;

    switch (key) {
    case KEY_BASE_URL:
        take_site(state, options, "URL", arg);
        break;
    case KEY_NAMES:
        rules->names = true;
        break;
    case KEY_SHOW:
        options->show = true;
        break;
    case KEY_SUFFIX:
        rules->suffix = read_suffix(state, arg);
        break;
    case KEY_TIMES:
        options->save.times =
            (unsigned)cli_number(state, "times", arg, 1, TIMES_MAX);
        break;
    case KEY_TIMEOUT:
        rules->timeout_ms = cli_seconds(state, "timeout", arg);
        break;
    case KEY_MAX_TIME:
        rules->max_ms = cli_seconds(state, "max-time", arg);
        break;
    case KEY_RETRIES:
        rules->retries =
            (unsigned)cli_number(state, "retries", arg, 0, RETRIES_MAX);
        break;
    case KEY_MAX_BYTES:
        rules->max_bytes = cli_number(state, "max-bytes", arg, 1, BYTES_MAX);
        break;
    case KEY_FSYNC:
        options->save.sync = true;
        break;
    case KEY_SAVERS:
        options->savers = (unsigned)cli_number(
            state, parse->twin->workers, arg, 0, parse->twin->workers_max);
        break;
    case KEY_REPORT:
        options->report = read_path(state, "report", arg);
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* Take in one option or argument. */
static error_t
parse_flags(int key, char *arg, struct argp_state *state)
{
    struct parse *parse = state->input;
    struct flags_options *options = parse->options;

    switch (key) {
    case 'a':
        parse->all = true;
        break;
    case 'e':
        parse->every = true;
        break;
    case 'l':
        parse->limit = read_count(state, "limit N", arg);
        break;
    case 'm':
        options->connections = read_count(state, "max_req CONCURRENT", arg);
        break;
    case 's':
        take_label(state, options, arg);
        break;
    case 'v':
        options->verbose = true;
        break;
    case 'd':
        options->directory = read_path(state, "directory", arg);
        break;
    case ARGP_KEY_ARG:
        take_code(state, parse, arg);
        break;
    case ARGP_KEY_END:
        make_codes(parse);
        break;
    default:
        return parse_own(key, arg, state);
    }
    return 0;
}

/* What --help lists; the last is the twin's own. */
static const struct argp_option flags_argp[] = {
    { "all", 'a', NULL, 0, "get all available flags (AD to ZW)", 0 },
    { "every", 'e', NULL, 0, "get flags for every possible code (AA to ZZ)",
        0 },
    { "limit", 'l', "N", 0, "limit to N first codes", 0 },
    { "max_req", 'm', "CONCURRENT", 0,
        "maximum concurrent requests (default 30, at most 1000)", 0 },
    { "max-req", 'm', NULL, OPTION_ALIAS, NULL, 0 },
    { "server", 's', "LABEL", 0,
        "server to hit: DELAY, ERROR, LOCAL (default), REMOTE", 0 },
    { "verbose", 'v', NULL, 0, "print a line for each flag", 0 },
    { "base-url", KEY_BASE_URL, "URL", 0, "get the flags below URL (http only)",
        1 },
    { "suffix", KEY_SUFFIX, "gif|png", 0, "kind of the images (default gif)",
        1 },
    { "names", KEY_NAMES, NULL, 0,
        "name files by country, with a second request per flag", 1 },
    { "show", KEY_SHOW, NULL, 0, "print each code as its flag is saved", 1 },
    { "report", KEY_REPORT, "FILE", 0,
        "write a JSON object for each flag to FILE", 1 },
    { "directory", 'd', "DIR", 0, "save files in DIR (default downloads)", 2 },
    { "times", KEY_TIMES, "N", 0,
        "write each image N times to its file (default 1)", 2 },
    { "fsync", KEY_FSYNC, NULL, 0, "count a file only once it is on the disk",
        2 },
    { NULL, 0, NULL, 0, "Limits (times in seconds, fractions allowed):", 3 },
    { "timeout", KEY_TIMEOUT, "S", 0,
        "to wait for a byte from the server (default 30; 0: no limit)", 3 },
    { "max-time", KEY_MAX_TIME, "S", 0,
        "for a request as a whole (default 0: no limit)", 3 },
    { "retries", KEY_RETRIES, "N", 0,
        "retry a failed request up to N times (default 0)", 3 },
    { "max-bytes", KEY_MAX_BYTES, "N", 0,
        "largest image (default 16777216, 16 MiB)", 3 },
    { NULL, 0, NULL, 0, "Help:", -1 },
};
#define OPTIONS (sizeof(flags_argp) / sizeof(*flags_argp))

/* Read the command line of flags. */
void
flags_cli(struct flags_options *options, const struct cli_twin *twin, int argc,
    char **argv)
{
    struct argp_option listed[OPTIONS + 2] = { 0 };
    const struct argp argp = {
        .options = listed,
        .parser = parse_flags,
        .args_doc = "[CC...]",
        .doc = "Download flags, by default those of the 20 most populous "
               "countries.\v"
               "CC is a code of two letters, or one letter for all 26 codes "
               "that begin with it. Exit codes: 0 all flags were saved or not "
               "found, 1 any error, 2 the disk is full or the folder unusable, "
               "64 usage error, 130 interrupted.",
    };
    struct parse parse = { options, twin, .limit = FLAGS_CODES_MAX };

    cli_begin_process();
    cli_version("flags", twin);
    *options = (struct flags_options) {
        .connections = 30,
        .directory = "downloads",
        .savers = twin->workers_default,
        .save = { .times = 1 },
        .rules = { .suffix = "gif",
            .timeout_ms = 30000,
            .max_bytes = INT64_C(16) << 20 },
    };
    take_site(NULL, options, sites[0].label, sites[0].site);
    memcpy(listed, flags_argp, sizeof(flags_argp));
    if (twin->workers != NULL)
        listed[OPTIONS] = (struct argp_option) { twin->workers, KEY_SAVERS, "N",
            0, twin->workers_help, 2 };
    cli_parse(&argp, 0, argc, argv, &parse);
}

/* Lower the number of connections to what descriptors allow. */
void
flags_fit(struct flags_options *options)
{
    const size_t descriptors = net_descriptors();
    const size_t most = descriptors > LIMIT_DESCRIPTORS_KEPT + 1
                            ? (descriptors - LIMIT_DESCRIPTORS_KEPT) / 2
                            : 1;

    if (options->connections > most)
        options->connections = most;
}
