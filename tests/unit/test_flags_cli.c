#include "common/flags_cli.h"

#include "common/progress.h"
#include "tests/unit/command.h"
#include "tests/unit/unit.h"

static const struct cli_twin threaded = { .version = "(threaded)" };

static const struct cli_twin evented = {
    .version = "(evented)",
    .workers = "savers",
    .workers_help = "N threads that save files (default 4)",
    .workers_default = 4,
    .workers_max = 64,
};

static struct flags_options options;

/* Parse a command line as flags does. */
static void
parse(const struct cli_twin *twin, const char *line)
{
    static char text[8192];
    char *words[WORDS + 1];

    memset(&options, 0xa5, sizeof(options));
    snprintf(text, sizeof(text), "flags %s", line);
    flags_cli(&options, twin, cut(text, words), words);
}

/* The same where only matters how it ends. */
static void
run_flags(const char *line)
{
    parse(&threaded, line);
}

static void
run_evented(const char *line)
{
    parse(&evented, line);
}

TEST(without_options_it_is_the_published_program)
{
    parse(&threaded, "");
    ck_assert_uint_eq(options.count, 20);
    ck_assert_str_eq(options.codes[0], "BD");
    ck_assert_str_eq(options.codes[19], "VN");
    ck_assert_str_eq(options.label, "LOCAL");
    ck_assert_str_eq(options.site, "http://localhost:8001/flags");
    ck_assert_str_eq(options.rules.base.host, "localhost");
    ck_assert_uint_eq(options.rules.base.port, 8001);
    ck_assert_str_eq(options.rules.base.target, "/flags");
    ck_assert_str_eq(options.rules.suffix, "gif");
    ck_assert(!options.rules.names);
    ck_assert_uint_eq(options.rules.retries, 0);
    ck_assert_int_eq(options.rules.timeout_ms, 30000);
    ck_assert_int_eq(options.rules.max_ms, 0);
    ck_assert_int_eq(options.rules.max_bytes, 16777216);
    ck_assert_uint_eq(options.save.times, 1);
    ck_assert(!options.save.sync);
    ck_assert_uint_eq(options.connections, 30);
    ck_assert(!options.verbose && !options.show);
    ck_assert_str_eq(options.directory, "downloads");
    ck_assert_ptr_null(options.report);
    ck_assert_uint_eq(options.savers, 0);
}

TEST(every_option_is_taken)
{
    parse(&threaded, "-v -m 7 -s error -d other --names --show --suffix png "
                     "--times 10 --timeout 0.5 --max-time 60 --retries 3");
    ck_assert(options.verbose && options.show && options.rules.names);
    ck_assert_uint_eq(options.connections, 7);
    ck_assert_str_eq(options.label, "ERROR");
    ck_assert_str_eq(options.site, "http://localhost:8003/flags");
    ck_assert_str_eq(options.directory, "other");
    ck_assert_str_eq(options.rules.suffix, "png");
    ck_assert_uint_eq(options.save.times, 10);
    ck_assert_int_eq(options.rules.timeout_ms, 500);
    ck_assert_int_eq(options.rules.max_ms, 60000);
    ck_assert_uint_eq(options.rules.retries, 3);
    parse(&threaded, "--verbose --max_req=8 --server DELAY --directory d "
                     "--max-bytes 1 --fsync --report r.json");
    ck_assert_uint_eq(options.connections, 8);
    ck_assert_str_eq(options.label, "DELAY");
    ck_assert_int_eq(options.rules.max_bytes, 1);
    ck_assert(options.save.sync);
    ck_assert_str_eq(options.report, "r.json");
    parse(&threaded, "--max-req 9");
    ck_assert_uint_eq(options.connections, 9);
    parse(&threaded, "-m 5000");
    ck_assert_uint_eq(options.connections, FLAGS_CONNECTIONS_MAX);
    parse(&threaded, "-m 99999999999999999999");
    ck_assert_uint_eq(options.connections, FLAGS_CONNECTIONS_MAX);
}

TEST(one_twin_has_savers)
{
    parse(&evented, "");
    ck_assert_uint_eq(options.savers, 4);
    parse(&evented, "--savers 0");
    ck_assert_uint_eq(options.savers, 0);
}

/* Lists of codes: how many, the first and the last. */
static const struct {
    const char *line;
    size_t count;
    const char *first, *last;
} lists[] = {
    { "-a", 194, "AD", "ZW" },
    { "-e", 676, "AA", "ZZ" },
    { "--every --all", 676, "AA", "ZZ" },
    { "--all DE XX", 194, "AD", "ZW" },
    { "DE", 1, "DE", "DE" },
    { "de De dE", 1, "DE", "DE" },
    { "zz aa", 2, "AA", "ZZ" },
    { "x", 26, "XA", "XZ" },
    { "X xb Ab", 27, "AB", "XZ" },
    { "-al 100", 100, "AD", "LK" },
    { "-el 1", 1, "AA", "AA" },
    { "-l 5", 5, "BD", "DE" },
    { "-l 5 c", 5, "CA", "CE" },
    { "-l 677 -e", 676, "AA", "ZZ" },
    { "-l 99999999999999999999 b", 26, "BA", "BZ" },
};

TEST(codes_are_sorted_and_each_there_once, .times = COUNT(lists))
{
    parse(&threaded, lists[_i].line);
    ck_assert_uint_eq(options.count, lists[_i].count);
    ck_assert_str_eq(options.codes[0], lists[_i].first);
    ck_assert_str_eq(options.codes[options.count - 1], lists[_i].last);
    for (size_t i = 1; i < options.count; i++)
        ck_assert_int_lt(strcmp(options.codes[i - 1], options.codes[i]), 0);
}

TEST(a_site_may_be_given_by_its_url)
{
    parse(&threaded, "--base-url http://[::1]:81/a/b/");
    ck_assert_str_eq(options.label, "URL");
    ck_assert_str_eq(options.site, "http://[::1]:81/a/b/");
    ck_assert_str_eq(options.rules.base.host, "::1");
    ck_assert_uint_eq(options.rules.base.port, 81);
    ck_assert_str_eq(options.rules.base.target, "/a/b/");
    parse(&threaded, "--base-url http://a/ -s local");
    ck_assert_str_eq(options.label, "LOCAL");
    ck_assert_str_eq(options.rules.base.host, "localhost");
}

#define CC      "flags: each CC argument must be A to Z or AA to ZZ."
#define LABEL   "flags: --server LABEL must be one of DELAY, ERROR, LOCAL, REMOTE"
#define MAX_REQ "flags: --max_req CONCURRENT must be >= 1"
#define LIMIT   "flags: --limit N must be >= 1"
#define HTTPS                                                                  \
    " is https, which is not supported: use --base-url with a server that "    \
    "speaks http"

static const struct refusal refusals[] = {
    { "ABC", CC },
    { "1", CC },
    { "A1", CC },
    { "1A", CC },
    { "AB C- D", CC },
    { "\xc3\x84", CC },
    { "@", CC },
    { "[", CC },
    { "{", CC },
    { "-m 0", MAX_REQ },
    { "-m -1", MAX_REQ },
    { "-m x", MAX_REQ },
    { "-m 1.5", MAX_REQ },
    { "-m -99999999999999999999", MAX_REQ },
    { "--max_req=", MAX_REQ },
    { "-l 0", LIMIT },
    { "-l -5", LIMIT },
    { "-s", "flags: option requires an argument -- 's'" },
    { "-s MOON", LABEL },
    { "--server=", LABEL },
    { "-s REMOTE",
        "flags: REMOTE: 'https://www.fluentpython.com/data/flags'" HTTPS },
    { "-s remote",
        "flags: REMOTE: 'https://www.fluentpython.com/data/flags'" HTTPS },
    { "--base-url https://a/", "flags: --base-url: 'https://a/'" HTTPS },
    { "--base-url ftp://a/", "flags: --base-url: 'ftp://a/' is not http" },
    { "--base-url localhost:8001/flags",
        "flags: --base-url: 'localhost:8001/flags' is not http" },
    { "--base-url /flags", "flags: --base-url: '/flags' is not a URL" },
    { "--base-url http://", "flags: --base-url: 'http://' is not a URL" },
    { "--base-url http://u@a/",
        "flags: --base-url: 'http://u@a/' has a user name" },
    { "--base-url http://a/?b",
        "flags: --base-url: 'http://a/?b' has a query or a fragment" },
    { "--base-url http://a/#b",
        "flags: --base-url: 'http://a/#b' has a query or a fragment" },
    { "--suffix jpg", "flags: --suffix: 'jpg' is neither gif nor png" },
    { "--times 0", "flags: --times: '0' is not a whole number from 1 to 1000" },
    { "--times 1001",
        "flags: --times: '1001' is not a whole number from 1 to 1000" },
    { "--retries -1",
        "flags: --retries: '-1' is not a whole number from 0 to 100" },
    { "--max-bytes 0",
        "flags: --max-bytes: '0' is not a whole number from 1 to "
        "1099511627776" },
    { "--timeout never",
        "flags: --timeout: 'never' is not a time from 0 to 31536000 seconds" },
    { "--max-time -1",
        "flags: --max-time: '-1' is not a time from 0 to 31536000 seconds" },
    { "--directory=", "flags: --directory: '' is no path" },
    { "--report=", "flags: --report: '' is no path" },
    { "--savers 4", "flags: unrecognized option '--savers'" },
    { "--moon", "flags: unrecognized option '--moon'" },
};

/* Check that a command line was refused for this reason. */
static void
check_refusal(const struct ended *ended, const char *message)
{
    ck_assert_int_eq(ended->code, CLI_USAGE);
    ck_assert_str_eq(ended->out, "");
    ck_assert_msg(strncmp(ended->err, message, strlen(message)) == 0 &&
                      ended->err[strlen(message)] == '\n',
        "'%s' is not '%s'", ended->err, message);
}

TEST(a_wrong_command_line_is_refused, .times = COUNT(refusals))
{
    static struct ended ended;

    run(run_flags, refusals[_i].line, &ended);
    check_refusal(&ended, refusals[_i].message);
}

TEST(a_base_that_leaves_no_room_is_refused)
{
    static struct ended ended;
    static char line[2 * URL_TARGET_MAX];

    for (int over = 0; over < 2; over++) {
        snprintf(line, sizeof(line), "--base-url http://a/%0*d",
            TRANSFER_BASE_MAX - 1 + over, 0);
        run(run_flags, line, &ended);
        if (over)
            check_refusal(&ended, "flags: --base-url is too long");
        else
            ck_assert_int_eq(ended.code, 99); /* it was not refused */
    }
}

TEST(a_base_that_leaves_no_room_on_the_console_is_refused)
{
    static struct ended ended;
    static char line[2 * PROGRESS_SITE_MAX];

    for (int over = 0; over < 2; over++) {
        snprintf(line, sizeof(line), "--base-url http://a:%0*d/",
            PROGRESS_SITE_MAX - 10 + over, 80);
        run(run_flags, line, &ended);
        if (over)
            check_refusal(&ended, "flags: --base-url is too long");
        else
            ck_assert_int_eq(ended.code, 99); /* it was not refused */
    }
}

TEST(the_number_of_savers_has_a_limit)
{
    static struct ended ended;

    run(run_evented, "--savers 65", &ended);
    check_refusal(
        &ended, "flags: --savers: '65' is not a whole number from 0 to 64");
}

TEST(the_help_names_every_option_and_default)
{
    static const char *const lines[] = { "[CC...]", "-a, --all", "-e, --every",
        "-l, --limit=N", "-m, --max_req=CONCURRENT", "--max-req",
        "-s, --server", "-v, --verbose", "-d, --directory=DIR",
        "--base-url=URL", "--suffix=gif|png", "--names", "--show",
        "--report=FILE", "--times=N", "--fsync", "--timeout=S", "--max-time=S",
        "--retries=N", "--max-bytes=N", "(default 30", "(default gif)",
        "(default downloads)", "(default 0: no limit)", "16 MiB",
        "64 usage error" };
    static struct ended ended;

    run(run_flags, "--help", &ended);
    ck_assert_int_eq(ended.code, 0);
    for (int i = 0; i < COUNT(lines); i++)
        ck_assert_msg(strstr(ended.out, lines[i]) != NULL, "%s", lines[i]);
    ck_assert_ptr_null(strstr(ended.out, "savers"));
    run(run_evented, "--help", &ended);
    ck_assert_ptr_nonnull(strstr(ended.out, "--savers=N"));
    run(run_evented, "--version", &ended);
    ck_assert_str_eq(ended.out, "flags (evented) " VERSION "\n");
}
