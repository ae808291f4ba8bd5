#include "common/flag_server_cli.h"

#include "common/http.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* Words of a command line, and bytes of what a program prints. */
#define WORDS 40
#define ROOM  8192

static const struct cli_twin twin = {
    .version = "(threaded)",
    .workers = "threads",
    .workers_help = "a pool of N threads",
    .workers_max = 10000,
};

/* What became of a command line. */
struct outcome {
    int code; /* 99: it was read */
    char out[ROOM], err[ROOM];
    struct flag_server_options options;
};

/* Parse a command line in a process of its own. */
static void
parse(char *line, struct flag_server_options *options)
{
    static const uint16_t ports[MISHAP_DOORS] = { 8001, 8002, 8003 };
    char name[] = "flag-server", *words[WORDS + 2] = { name }, *word;
    int count = 1;

    while ((word = strsep(&line, " ")) != NULL)
        if (*word != '\0' && count < WORDS)
            words[count++] = word;
    flag_server_cli(options, &twin, ports, count, words);
    exit(99);
}

/* Read what was printed to a file. */
static void
read_back(FILE *file, char *text)
{
    rewind(file);
    text[fread(text, 1, ROOM - 1, file)] = '\0';
    fclose(file);
}

/* Read a command line; the strings in the options mean nothing then. */
static const struct outcome *
try(const char *line)
{
    static struct outcome outcome;
    struct flag_server_options *shared = mmap(NULL, sizeof(*shared),
        PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    FILE *out = tmpfile(), *err = tmpfile();
    char copy[500];
    int status;
    pid_t child;

    ck_assert(out != NULL && err != NULL && shared != MAP_FAILED);
    snprintf(copy, sizeof(copy), "%s", line);
    child = fork();
    if (child == 0) {
        if (dup2(fileno(out), STDOUT_FILENO) != -1 &&
            dup2(fileno(err), STDERR_FILENO) != -1)
            parse(copy, shared);
        _exit(98);
    }
    ck_assert_int_ne(child, -1);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    outcome.options = *shared;
    munmap(shared, sizeof(*shared));
    read_back(out, outcome.out);
    read_back(err, outcome.err);
    return &outcome;
}

/* The options that a command line with a seed gives. */
static struct flag_server_options
read_options(const char *line)
{
    char text[500];
    const struct outcome *outcome;

    snprintf(text, sizeof(text), "--seed 1 %s", line);
    outcome = try(text);
    ck_assert_msg(
        outcome->code == 99, "'%s' is refused: %s", line, outcome->err);
    ck_assert_str_eq(outcome->out, "");
    ck_assert_str_eq(outcome->err, "");
    return outcome->options;
}

TEST(the_defaults_are_the_published_ones)
{
    const struct flag_server_options options = read_options("");
    const struct mishap_rules *rules = &options.rules;

    ck_assert_int_eq(options.ports[MISHAP_LOCAL], 8001);
    ck_assert_int_eq(options.ports[MISHAP_DELAY], 8002);
    ck_assert_int_eq(options.ports[MISHAP_ERROR], 8003);
    ck_assert_uint_eq(rules->seed, 1);
    ck_assert(options.seeded && options.directory == NULL);
    ck_assert_uint_eq(options.size, 0);
    ck_assert_int_eq(options.retry_after_s, 0);
    ck_assert_int_eq(rules->delay_min_ms, 500);
    ck_assert_int_eq(rules->delay_max_ms, 500);
    ck_assert_uint_eq(rules->error_rate, 250000);
    ck_assert_uint_eq(rules->delay_rate, 500000);
    ck_assert(!rules->all_delayed && rules->fault == MISHAP_NONE);
    ck_assert_uint_eq(rules->status_count, 4);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(rules->statuses[i], 500 + i);
    ck_assert_uint_eq(options.server.limits.max_line, HTTP_ROOM);
}

TEST(the_second_edition_has_others)
{
    struct flag_server_options options = read_options("--second-edition");

    ck_assert(options.rules.all_delayed);
    ck_assert_int_eq(options.rules.delay_min_ms, 500);
    ck_assert_int_eq(options.rules.delay_max_ms, 5000);
    ck_assert_uint_eq(options.rules.status_count, 1);
    ck_assert_int_eq(options.rules.statuses[0], 418);
    ck_assert_uint_eq(options.rules.error_rate, 250000);
    /* What is given counts, before or after. */
    options = read_options("--delay 1 --second-edition --error-status 404");
    ck_assert_int_eq(options.rules.delay_max_ms, 1000);
    ck_assert_int_eq(options.rules.statuses[0], 404);
}

TEST(everything_can_be_given)
{
    struct flag_server_options options = read_options(
        "--port 1 --delay-port off --error-port 0 --directory x --size 40 "
        "--delay 0.25..1.5 --error-rate 1 --delay-rate .125 --seed -5 "
        "--error-status 429,504 --retry-after 86400 --fault bare-lf");
    const struct mishap_rules *rules = &options.rules;

    ck_assert_int_eq(options.ports[MISHAP_LOCAL], 1);
    ck_assert_int_eq(options.ports[MISHAP_DELAY], CLI_NO_PORT);
    ck_assert_int_eq(options.ports[MISHAP_ERROR], 0);
    ck_assert_ptr_nonnull(options.directory);
    ck_assert_uint_eq(options.size, 40);
    ck_assert_uint_eq(rules->seed, (uint64_t)-5);
    ck_assert_int_eq(rules->delay_min_ms, 250);
    ck_assert_int_eq(rules->delay_max_ms, 1500);
    ck_assert_uint_eq(rules->error_rate, MISHAP_CERTAIN);
    ck_assert_uint_eq(rules->delay_rate, 125000);
    ck_assert_uint_eq(rules->status_count, 2);
    ck_assert_int_eq(rules->statuses[0], 429);
    ck_assert_int_eq(rules->statuses[1], 504);
    ck_assert_int_eq(options.retry_after_s, 86400);
    ck_assert_int_eq(rules->fault, MISHAP_BARE_LF);
    options = read_options("--size book --delay 0 --error-rate 0 "
                           "--error-status "
                           "400,404,405,408,412,413,414,416,418,429,431,500,"
                           "501,502,503,505");
    ck_assert_uint_eq(options.size, 0);
    ck_assert_int_eq(rules->delay_max_ms, 0);
    ck_assert_uint_eq(rules->error_rate, 0);
    ck_assert_uint_eq(rules->status_count, MISHAP_STATUSES);
    ck_assert_int_eq(rules->statuses[15], 505);
}

TEST(every_fault_can_be_named)
{
    for (int fault = MISHAP_NONE + 1; fault < MISHAP_FAULTS; fault++) {
        const char *name = mishap_fault_name((enum mishap_fault)fault);
        char line[60];

        snprintf(line, sizeof(line), "--fault %s", name);
        ck_assert_int_eq(read_options(line).rules.fault, fault);
        ck_assert_ptr_nonnull(strstr(try("--help")->out, name));
    }
}

TEST(a_seed_that_is_not_given_is_told)
{
    const struct outcome *outcome = try("");
    unsigned long long seed;
    char line[60];

    ck_assert_int_eq(outcome->code, 99);
    ck_assert(!outcome->options.seeded);
    seed = outcome->options.rules.seed;
    snprintf(line, sizeof(line), "Seed %llu.\n", seed);
    ck_assert_str_eq(outcome->out, line);
    snprintf(line, sizeof(line), "--seed %llu", seed);
    ck_assert_uint_eq(read_options(line).rules.seed, seed);
    ck_assert_uint_ne(try("")->options.rules.seed, seed);
}

/* Command lines that are refused, and a part of the reason. */
static const struct {
    const char *line, *reason;
} refused[] = {
    { "--port x", "--port: 'x' is not a whole number from 0 to 65535" },
    { "--delay-port -1", "--delay-port: '-1' is not a whole number" },
    { "--error-port 65536", "--error-port: '65536' is not a whole number" },
    { "--port off --delay-port off --error-port off",
        "all ports are off: nothing is left to serve" },
    { "--size 39", "--size: '39' is not a whole number from 40 to " },
    { "--size 1000000000000", "--size: '1000000000000' is not a whole " },
    { "--size books", "--size: 'books' is not a whole number" },
    { "--delay x", "--delay: 'x' is not a time" },
    { "--delay 1..", "--delay: '' is not a time" },
    { "--delay ..1", "--delay: '' is not a time" },
    { "--delay 1..2..3", "--delay: '2..3' is not a time" },
    { "--delay 0000000000000000000000000000000001..2", "is not a time" },
    { "--delay 2..1", "--delay: '2..1' ends before it begins" },
    { "--delay 86401", "--delay: '86401' is more than a day" },
    { "--delay 1..86401", "--delay: '1..86401' is more than a day" },
    { "--error-rate 1.1", "--error-rate: '1.1' is not a share from 0 to 1" },
    { "--error-rate -0.1", "--error-rate: '-0.1' is not a share" },
    { "--error-rate 25%", "--error-rate: '25%' is not a share" },
    { "--error-rate .", "--error-rate: '.' is not a share" },
    { "--error-rate=", "--error-rate: '' is not a share" },
    { "--delay-rate 1e-3", "--delay-rate: '1e-3' is not a share" },
    { "--error-status 200", "--error-status: '200' is not a list" },
    { "--error-status 302", "--error-status: '302' is not a list" },
    { "--error-status 499", "--error-status: '499' is not a list" },
    { "--error-status 600", "--error-status: '600' is not a list" },
    { "--error-status 5000", "--error-status: '5000' is not a list" },
    { "--error-status 500,", "--error-status: '500,' is not a list" },
    { "--error-status ,500", "--error-status: ',500' is not a list" },
    { "--error-status 500;501", "--error-status: '500;501' is not a list" },
    { "--error-status 500,50", "--error-status: '500,50' is not a list" },
    { "--error-status=", "--error-status: '' is not a list" },
    { "--error-status "
      "500,500,500,500,500,500,500,500,500,500,500,500,500,500,500,500,500",
        "--error-status: there are more than 16" },
    { "--seed x", "--seed: 'x' is not a whole number" },
    { "--retry-after 0", "--retry-after: '0' is not a whole number from 1" },
    { "--retry-after 86401", "--retry-after: '86401' is not a whole number" },
    { "--fault none", "--fault: 'none' is not a fault; see --help" },
    { "--fault cu", "--fault: 'cu' is not a fault" },
    { "7", "unexpected argument '7'" },
    { "--loops 1", "unrecognized option '--loops'" },
};

TEST(what_is_wrong_is_refused, .times = COUNT(refused))
{
    const struct outcome *outcome = try(refused[_i].line);
    const char *end = strchr(outcome->err, '\n');

    ck_assert_int_eq(outcome->code, 64);
    ck_assert_str_eq(outcome->out, "");
    ck_assert_ptr_nonnull(end);
    ck_assert_msg(strstr(outcome->err, refused[_i].reason) != NULL,
        "the reason is %s", outcome->err);
    ck_assert_str_eq(end + 1,
        "Try `flag-server --help' or `flag-server --usage' for more "
        "information.\n");
}

TEST(help_names_the_defaults)
{
    static const char *const parts[] = { "(default 8001)", "(default 8002)",
        "(default 8003)", "--directory=DIR", "--size=N|book", "--delay=S[..S]",
        "default 0.5)", "--error-rate=SHARE", "--delay-rate=SHARE",
        "500,501,502,503", "--retry-after=S", "--second-edition",
        "--fault=KIND", "--threads=N", "--max-connections=N" };
    const struct outcome *outcome = try("--help");
    size_t width = 0;

    ck_assert_int_eq(outcome->code, 0);
    for (int i = 0; i < COUNT(parts); i++)
        ck_assert_msg(strstr(outcome->out, parts[i]) != NULL,
            "--help does not name %s", parts[i]);
    for (const char *at = outcome->out; *at != '\0'; at++) {
        width = *at == '\n' ? 0 : width + 1;
        ck_assert_uint_le(width, 80);
    }
}
