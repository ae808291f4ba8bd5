#include "common/cli.h"

#include "common/charfinder_cli.h"
#include "common/guess_cli.h"
#include "common/http.h"
#include "common/log.h"
#include "common/net.h"
#include "common/push_server_cli.h"
#include "tests/unit/command.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct cli_twin threaded = {
    .version = "(threaded)",
    .workers = "threads",
    .workers_help = "a pool of N threads",
    .workers_default = 0,
    .workers_max = 10000,
};

static const struct cli_twin evented = {
    .version = "(evented)",
    .workers = "loops",
    .workers_help = "N event loops",
    .workers_default = 1,
    .workers_max = 64,
};

/* The largest value of --pool, which only the evented server has. */
#define POOL_MAX 64

/* Parse a command line, the program's name first, as that program does. */
static void
parse_server(struct guess_server_options *options, const struct cli_twin *twin,
    const char *line)
{
    static char text[1024];
    char *words[WORDS + 1];

    snprintf(text, sizeof(text), "guess-server %s", line);
    guess_server_cli(options, twin, 1234, twin == &evented ? POOL_MAX : 0,
        cut(text, words), words);
}

/* The same for a guess-client. */
static void
parse_client(struct guess_client_options *options, const char *line)
{
    static char text[1024];
    char *words[WORDS + 1];

    snprintf(text, sizeof(text), "guess-client %s", line);
    guess_client_cli(options, &threaded, 1234, cut(text, words), words);
}

/* The same for a charfinder. */
static void
parse_finder(struct charfinder_options *options, const char *line)
{
    static char text[1024];
    char *words[WORDS + 1];

    snprintf(text, sizeof(text), "charfinder %s", line);
    charfinder_cli(options, &threaded, 2323, 8888, cut(text, words), words);
}

/* The same for a push-server. */
static void
parse_push(struct push_server_options *options, const char *line)
{
    static char text[1024];
    char *words[WORDS + 1];

    snprintf(text, sizeof(text), "push-server %s", line);
    push_server_cli(options, &threaded, 8081, cut(text, words), words);
}

/* The same where the options do not matter, only how it ends. */
static void
run_server(const char *line)
{
    struct guess_server_options options;

    parse_server(&options, &threaded, line);
}

static void
run_evented_server(const char *line)
{
    struct guess_server_options options;

    parse_server(&options, &evented, line);
}

static void
run_client(const char *line)
{
    struct guess_client_options options;

    parse_client(&options, line);
    free(options.games);
}

static void
run_finder(const char *line)
{
    struct charfinder_options options;

    parse_finder(&options, line);
}

static void
run_push(const char *line)
{
    struct push_server_options options;

    parse_push(&options, line);
    free(options.origins);
}

static void
run_die(const char *line)
{
    cli_die("cannot %s: %d", line, 42);
}

/* Play a game as a client does with these options, of a user who knows what the
 * server guesses. */
static void
run_game(const char *given)
{
    static const struct {
        const char *text;
        enum guess_decision decision;
    } turns[] = { { "1", GUESS_UNSURE }, { "3", GUESS_CORRECT } };
    struct guess_client_options options;
    struct player player = { 0 };
    char line[32], text[PLAYER_LINE_MAX], expected[PLAYER_LINE_MAX];

    snprintf(line, sizeof(line), "%s 1 5 3", given);
    parse_client(&options, line);
    guess_client_prepare(&options, &player);
    guess_client_open(text, &options, &player, &options.games[0]);
    ck_assert_str_eq(text, "PARAMS 1 5\n");
    for (size_t i = 0; i < 2; i++) {
        const struct line answer = { .text = turns[i].text, .length = 1 };
        const int64_t guess = guess_client_take(&player, LINE_READY, &answer);

        ck_assert_int_eq(guess, turns[i].text[0] - '0');
        ck_assert_uint_eq(guess_client_report(text, &options, &player, guess,
                              turns[i].decision),
            player_report(expected, turns[i].decision, options.words));
        ck_assert_str_eq(text, expected);
    }
    guess_client_finish(&options, &player);
}

/* Take what a server has answered, which is no guess. */
static void
run_nonsense(const char *text)
{
    const struct player player = { .game = { 1, 5, 3 } };
    const struct line line = { .text = text, .length = strlen(text) };

    guess_client_take(&player, LINE_READY, &line);
}

/* The same, where the server was not asked. */
static void
run_unasked(const char *text)
{
    const struct player player = { .game = { 1, 5, 3 } };
    const struct line line = { .text = text, .length = strlen(text) };

    guess_client_complain(&player, LINE_READY, &line, true);
}

/* Ask a user about 7 who types this, not at a terminal, and no more. What comes
 * before a colon are the options. */
static void
run_user(const char *text)
{
    struct player_typed typed = { .length = 0 };
    struct guess_client_options options;
    struct player player = { .results = { .count = 1 } };
    const char *colon = strchr(text, ':');
    enum guess_decision decision;
    enum player_answer answer;
    char line[64];

    snprintf(line, sizeof(line), "%.*s", (int)(colon - text), text);
    parse_client(&options, line);
    text = colon + 1;
    ck_assert_ptr_nonnull(freopen("/dev/null", "r", stdin));
    do {
        guess_client_ask(&options, 7);
        while (*text != '\0' && !player_type(&typed, *text++))
            ;
        if (*text == '\0' && typed.length == 0)
            guess_client_unanswered();
        answer = guess_client_answer(&options, &player, &typed, &decision);
        if (answer == PLAYER_DECIDES)
            puts(guess_word(decision, options.language));
        ck_assert_uint_eq(typed.length, 0);
    } while (answer != PLAYER_QUITS);
    free(options.games);
}

/* The same at the first guess, and the game ends with it. */
static void
run_first(const char *option)
{
    struct player_typed typed = { .text = "w", .length = 1 };
    struct guess_client_options options;
    struct player player = { .key = 1 };
    enum guess_decision decision;
    char line[64], text[PLAYER_LINE_MAX];

    snprintf(line, sizeof(line), "--ask %s", option);
    parse_client(&options, line);
    ck_assert_int_eq(guess_client_answer(&options, &player, &typed, &decision),
        PLAYER_TOO_EARLY);
    guess_client_report(text, &options, &player, 7, GUESS_CORRECT);
    guess_client_finish(&options, &player);
}

/* The server is not reached, for this errno. */
static void
run_unreachable(const char *error)
{
    guess_client_unreachable("cannot connect", atoi(error));
}

#define NO_NUMBER(name, text, range)                                           \
    "guess-server: --" name ": '" text "' is not a whole number from " range
#define NO_TIME(name, text)                                                    \
    "guess-server: --" name ": '" text                                         \
    "' is not a time from 0 to 31536000 seconds"

static const struct refusal server_refusals[] = {
    { "--port x", NO_NUMBER("port", "x", "0 to 65535") },
    { "--port=", NO_NUMBER("port", "", "0 to 65535") },
    { "--port 65536", NO_NUMBER("port", "65536", "0 to 65535") },
    { "--port -1", NO_NUMBER("port", "-1", "0 to 65535") },
    { "--port 1e3", NO_NUMBER("port", "1e3", "0 to 65535") },
    { "--port 0x10", NO_NUMBER("port", "0x10", "0 to 65535") },
    { "--port 99999999999999999999",
        NO_NUMBER("port", "99999999999999999999", "0 to 65535") },
    { "--threads -1", NO_NUMBER("threads", "-1", "0 to 10000") },
    { "--threads 10001", NO_NUMBER("threads", "10001", "0 to 10000") },
    { "--threads many", NO_NUMBER("threads", "many", "0 to 10000") },
    { "--max-connections 0",
        NO_NUMBER("max-connections", "0", "1 to 2147483647") },
    { "--max-connections x",
        NO_NUMBER("max-connections", "x", "1 to 2147483647") },
    { "--max-line 0", NO_NUMBER("max-line", "0", "1 to 1048576") },
    { "--max-line 1048577", NO_NUMBER("max-line", "1048577", "1 to 1048576") },
    { "--line-timeout x", NO_TIME("line-timeout", "x") },
    { "--line-timeout -1", NO_TIME("line-timeout", "-1") },
    { "--line-timeout +1", NO_TIME("line-timeout", "+1") },
    { "--line-timeout=", NO_TIME("line-timeout", "") },
    { "--idle-timeout .", NO_TIME("idle-timeout", ".") },
    { "--idle-timeout 1.2.3", NO_TIME("idle-timeout", "1.2.3") },
    { "--idle-timeout 1e3", NO_TIME("idle-timeout", "1e3") },
    { "--idle-timeout inf", NO_TIME("idle-timeout", "inf") },
    { "--idle-timeout nan", NO_TIME("idle-timeout", "nan") },
    { "--stall-timeout 0x1", NO_TIME("stall-timeout", "0x1") },
    { "--stall-timeout 5s", NO_TIME("stall-timeout", "5s") },
    { "--stall-timeout 1,5", NO_TIME("stall-timeout", "1,5") },
    { "--lame-duck -1", NO_TIME("lame-duck", "-1") },
    { "--drain-timeout 31536001", NO_TIME("drain-timeout", "31536001") },
    { "--drain-timeout 31536000.5", NO_TIME("drain-timeout", "31536000.5") },
    { "--drain-timeout 99999999999999999999",
        NO_TIME("drain-timeout", "99999999999999999999") },
    { "--seed x",
        NO_NUMBER("seed", "x", "-9223372036854775808 to 9223372036854775807") },
    { "--seed 9223372036854775808",
        NO_NUMBER("seed", "9223372036854775808",
            "-9223372036854775808 to 9223372036854775807") },
    { "--strategy smart",
        "guess-server: --strategy: 'smart' is neither random nor bisect" },
    { "--strategy=",
        "guess-server: --strategy: '' is neither random nor bisect" },
    { "--work -1", NO_NUMBER("work", "-1", "0 to 1000000") },
    { "--work 1000001", NO_NUMBER("work", "1000001", "0 to 1000000") },
    { "--work 2.5", NO_NUMBER("work", "2.5", "0 to 1000000") },
    { "--block -1", NO_NUMBER("block", "-1", "0 to 1000") },
    { "--block 1001", NO_NUMBER("block", "1001", "0 to 1000") },
    { "--block 0.5", NO_NUMBER("block", "0.5", "0 to 1000") },
    { "--lang de", "guess-server: --lang: 'de' is neither en nor ko" },
    { "--lang EN", "guess-server: --lang: 'EN' is neither en nor ko" },
    { "1234", "guess-server: unexpected argument '1234'" },
    { "--quiet here", "guess-server: unexpected argument 'here'" },
    { "-- --quiet", "guess-server: unexpected argument '--quiet'" },
    { "--nope", "guess-server: unrecognized option '--nope'" },
    { "--loops 2", "guess-server: unrecognized option '--loops'" },
    { "--pool 2", "guess-server: unrecognized option '--pool'" },
    { "--port", "guess-server: option '--port' requires an argument" },
    { "--quiet=yes",
        "guess-server: option '--quiet' doesn't allow an argument" },
    { "-5", "guess-server: invalid option -- '5'" },
    { "-x", "guess-server: invalid option -- 'x'" },
};

static const struct refusal client_refusals[] = {
    { "--port 0",
        "guess-client: --port: '0' is not a whole number from 1 to 65535" },
    { "--port x",
        "guess-client: --port: 'x' is not a whole number from 1 to 65535" },
    { "--port -5",
        "guess-client: --port: '-5' is not a whole number from 1 to 65535" },
    { "--count -1",
        "guess-client: --count: '-1' is not a whole number from 0 to "
        "9223372036854775807" },
    { "--answer-timeout -1",
        "guess-client: --answer-timeout: '-1' is not a time from 0 to 31536000 "
        "seconds" },
    { "--answer-timeout 60s",
        "guess-client: --answer-timeout: '60s' is not a time from 0 to "
        "31536000 seconds" },
    { "--lang xx", "guess-client: --lang: 'xx' is neither en nor ko" },
    { "--words KO", "guess-client: --words: 'KO' is neither en nor ko" },
    { "1", "guess-client: a game takes three numbers: LOWER UPPER SECRET" },
    { "1 5", "guess-client: a game takes three numbers: LOWER UPPER SECRET" },
    { "1 5 3 7",
        "guess-client: a game takes three numbers: LOWER UPPER SECRET" },
    { "--ask 1",
        "guess-client: a game takes two numbers with --ask: LOWER UPPER" },
    { "1 5 3 --ask",
        "guess-client: a game takes two numbers with --ask: LOWER UPPER" },
    { "5 1 3", "guess-client: there is no number between 5 and 1" },
    { "--ask 5 1", "guess-client: there is no number between 5 and 1" },
    { "1 5 6", "guess-client: the secret 6 is not between 1 and 5" },
    { "1 5 0", "guess-client: the secret 0 is not between 1 and 5" },
    { "-5 -1 -6", "guess-client: the secret -6 is not between -5 and -1" },
    { "1 5 3 10 15 16",
        "guess-client: the secret 16 is not between 10 and 15" },
    { "x 5 3", "guess-client: 'x' is not a whole number" },
    { "1.5 5 3", "guess-client: '1.5' is not a whole number" },
    { "1 5 3x", "guess-client: '3x' is not a whole number" },
    { "-5x 5 3", "guess-client: '-5x' is not a whole number" },
    { "-5-5 5 3", "guess-client: '-5-5' is not a whole number" },
    { "0 9223372036854775808 1",
        "guess-client: '9223372036854775808' does not fit into 64 bits" },
    { "-9223372036854775809 0 0",
        "guess-client: '-9223372036854775809' does not fit into 64 bits" },
    { "-1111111111111111111111111111111111111111111111111111111111111111 1 1",
        "guess-client: "
        "'-1111111111111111111111111111111111111111111111111111111111111111' "
        "is too long" },
    { "--nope", "guess-client: unrecognized option '--nope'" },
    { "--host", "guess-client: option '--host' requires an argument" },
    { "-x", "guess-client: invalid option -- 'x'" },
};

static const struct refusal finder_refusals[] = {
    { "--port x",
        "charfinder: --port: 'x' is not a whole number from 0 to 65535" },
    { "--tcp-port 65536",
        "charfinder: --port: '65536' is not a whole number from 0 to 65535" },
    { "--http-port OFF",
        "charfinder: --http-port: 'OFF' is not a whole number from 0 to "
        "65535" },
    { "--port off --http-port off",
        "charfinder: both ports are off: nothing is left to serve" },
    { "--http-idle-timeout -1",
        "charfinder: --http-idle-timeout: '-1' is not a time from 0 to "
        "31536000 seconds" },
    { "cat", "charfinder: unexpected argument 'cat'" },
    { "--seed 1", "charfinder: unrecognized option '--seed'" },
};

#define NO_SIZE(name, text, max)                                               \
    "push-server: --" name ": '" text                                          \
    "' is not a number of bytes from 1 to " max ", like 64K"
#define NO_ORIGIN(text)                                                        \
    "push-server: --origin: '" text                                            \
    "' is not an origin like http://example.org:8080"

static const struct refusal push_refusals[] = {
    { "--port off",
        "push-server: --port: 'off' is not a whole number from 0 to 65535" },
    { "--workers 0",
        "push-server: --workers: '0' is not a whole number from 1 to 1000" },
    { "--history 0",
        "push-server: --history: '0' is not a whole number from 1 to 4096" },
    { "--history 4097",
        "push-server: --history: '4097' is not a whole number from 1 to 4096" },
    { "--max-wait x", "push-server: --max-wait: 'x' is not a time from 0 to "
                      "31536000 seconds" },
    { "--beat -1",
        "push-server: --beat: '-1' is not a time from 0 to 31536000 seconds" },
    { "--max-message 0", NO_SIZE("max-message", "0", "67108864") },
    { "--max-message=", NO_SIZE("max-message", "", "67108864") },
    { "--max-message K", NO_SIZE("max-message", "K", "67108864") },
    { "--max-message 1k", NO_SIZE("max-message", "1k", "67108864") },
    { "--max-message 1KB", NO_SIZE("max-message", "1KB", "67108864") },
    { "--max-message 65M", NO_SIZE("max-message", "65M", "67108864") },
    { "--max-message -1K", NO_SIZE("max-message", "-1K", "67108864") },
    { "--max-buffered 2G", NO_SIZE("max-buffered", "2G", "2147483647") },
    { "--max-buffered 9223372036854775807G",
        NO_SIZE("max-buffered", "9223372036854775807G", "2147483647") },
    { "--origin example.org", NO_ORIGIN("example.org") },
    { "--origin http:", NO_ORIGIN("http:") },
    { "--origin http://", NO_ORIGIN("http://") },
    { "--origin https://a/", NO_ORIGIN("https://a/") },
    { "--origin http://u@a", NO_ORIGIN("http://u@a") },
    { "--origin ftp://a", NO_ORIGIN("ftp://a") },
    { "--publish all", "push-server: --publish: 'all' is not any, local or "
                       "none" },
    { "--stream-delays 3",
        "push-server: --stream-delays: '3' is not two times, like 3,5" },
    { "--stream-delays 3,",
        "push-server: --stream-delays: '' is not a time from 0 to 31536000 "
        "seconds" },
    { "--stream-delays 3,5,7",
        "push-server: --stream-delays: '5,7' is not a time from 0 to 31536000 "
        "seconds" },
    { "--epoch -1", "push-server: --epoch: '-1' is not a whole number from 0 "
                    "to 9223372036854775807" },
    { "here", "push-server: unexpected argument 'here'" },
};

/* Fail unless a program was ended by argp with this message. */
static void
check_refusal(const struct ended *ended, const struct refusal *refusal)
{
    const size_t length = strlen(refusal->message);

    ck_assert_msg(ended->code == CLI_USAGE, "'%s' ended with %d", refusal->line,
        ended->code);
    ck_assert_str_eq(ended->out, "");
    ck_assert_msg(strncmp(ended->err, refusal->message, length) == 0 &&
                      ended->err[length] == '\n',
        "'%s' was answered: %s", refusal->line, ended->err);
    ck_assert_ptr_nonnull(strstr(ended->err, "--help"));
}

TEST(a_wrong_server_command_line_is_refused, .times = COUNT(server_refusals))
{
    static struct ended ended;

    run(run_server, server_refusals[_i].line, &ended);
    check_refusal(&ended, &server_refusals[_i]);
}

TEST(a_wrong_client_command_line_is_refused, .times = COUNT(client_refusals))
{
    static struct ended ended;

    run(run_client, client_refusals[_i].line, &ended);
    check_refusal(&ended, &client_refusals[_i]);
}

TEST(a_wrong_finder_command_line_is_refused, .times = COUNT(finder_refusals))
{
    static struct ended ended;

    run(run_finder, finder_refusals[_i].line, &ended);
    check_refusal(&ended, &finder_refusals[_i]);
}

TEST(a_wrong_push_command_line_is_refused, .times = COUNT(push_refusals))
{
    static struct ended ended;

    run(run_push, push_refusals[_i].line, &ended);
    check_refusal(&ended, &push_refusals[_i]);
}

static const struct refusal evented_refusals[] = {
    { "--threads 2", "guess-server: unrecognized option '--threads'" },
    { "--pool -1", NO_NUMBER("pool", "-1", "0 to 64") },
    { "--pool 65", NO_NUMBER("pool", "65", "0 to 64") },
    { "--pool all", NO_NUMBER("pool", "all", "0 to 64") },
};

TEST(a_wrong_evented_command_line_is_refused, .times = COUNT(evented_refusals))
{
    static struct ended ended;

    run(run_evented_server, evented_refusals[_i].line, &ended);
    check_refusal(&ended, &evented_refusals[_i]);
}

TEST(the_server_help_names_every_option)
{
    static const char *const names[] = { "--host=ADDR", "--port=N", "--quiet",
        "--threads=N", "--max-connections=N", "--max-line=BYTES",
        "--line-timeout=S", "--idle-timeout=S", "--stall-timeout=S",
        "--lame-duck=S", "--drain-timeout=S", "--seed=N", "--strategy=NAME",
        "--lang=en|ko", "--work=US", "--block=MS", "--help", "--usage",
        "--version" };
    static struct ended ended;

    run(run_server, "--help", &ended);
    ck_assert_int_eq(ended.code, 0);
    ck_assert_str_eq(ended.err, "");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        ck_assert_msg(strstr(ended.out, names[i]) != NULL, "%s", names[i]);
}

TEST(only_the_evented_server_names_its_pool)
{
    static struct ended ended;

    run(run_server, "--help", &ended);
    ck_assert_ptr_null(strstr(ended.out, "--pool"));
    run(run_evented_server, "--help", &ended);
    ck_assert_ptr_nonnull(strstr(ended.out, "--pool=N"));
    run(run_server, "--help", &ended);
    ck_assert_ptr_null(strstr(ended.out, "--pool"));
}

/* Make every run of blanks and line ends a single blank. */
static void
unfold(char *text)
{
    char *out = text;
    bool was_blank = false;

    for (; *text != '\0'; text++) {
        const bool is_blank = *text == ' ' || *text == '\n';

        if (!is_blank || !was_blank)
            *out++ = is_blank ? ' ' : *text;
        was_blank = is_blank;
    }
    *out = '\0';
}

TEST(the_server_help_names_every_default)
{
    static const char *const defaults[] = {
        "(default 127.0.0.1)",
        "(default 1234)",
        "(default 1024)",
        "first byte (default 10; 0: no limit)",
        "of a client (default 300; 0: no limit)",
        "is disconnected (default 30; 0: no limit)",
        "are closed (default 10; 0: at once)",
        "seed of the guesses (default: random)",
        "random (default)",
        "(default en)",
        "CPU time (default 0)",
        "call does (default 0)",
    };
    struct guess_server_options options;
    char connections[64];
    static struct ended ended;

    run(run_server, "--help", &ended);
    unfold(ended.out);
    for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++)
        ck_assert_msg(
            strstr(ended.out, defaults[i]) != NULL, "%s", defaults[i]);
    parse_server(&options, &threaded, "");
    snprintf(connections, sizeof(connections), "(default %zu,",
        options.server.limits.max_connections);
    ck_assert_ptr_nonnull(strstr(ended.out, connections));
}

TEST(the_client_help_hides_the_digits)
{
    static struct ended ended;

    run(run_client, "--help", &ended);
    ck_assert_int_eq(ended.code, 0);
    ck_assert_ptr_nonnull(strstr(ended.out, "--count=N"));
    ck_assert_ptr_nonnull(strstr(ended.out, "--ask"));
    ck_assert_ptr_nonnull(strstr(ended.out, "[LOWER UPPER SECRET]..."));
    ck_assert_ptr_null(strstr(ended.out, "DIGITS"));
}

TEST(usage_is_printed_on_request)
{
    static struct ended ended;

    run(run_server, "--usage", &ended);
    ck_assert_int_eq(ended.code, 0);
    ck_assert_ptr_nonnull(strstr(ended.out, "Usage: guess-server"));
    run(run_client, "--usage", &ended);
    ck_assert_int_eq(ended.code, 0);
    ck_assert_ptr_nonnull(strstr(ended.out, "Usage: guess-client"));
    ck_assert_ptr_null(strstr(ended.out, "DIGITS"));
}

TEST(the_version_names_program_and_twin)
{
    static struct ended ended;

    run(run_server, "--version", &ended);
    ck_assert_int_eq(ended.code, 0);
    ck_assert_str_eq(ended.out, "guess-server (threaded) " VERSION "\n");
    run(run_client, "--version", &ended);
    ck_assert_int_eq(ended.code, 0);
    ck_assert_str_eq(ended.out, "guess-client (threaded) " VERSION "\n");
}

TEST(a_fatal_error_is_one_line_and_exit_code_one)
{
    static struct ended ended;
    char expected[128];

    run(run_die, "do this", &ended);
    ck_assert_int_eq(ended.code, CLI_FAILURE);
    ck_assert_str_eq(ended.out, "");
    snprintf(expected, sizeof(expected), "%s: cannot do this: 42\n",
        program_invocation_short_name);
    ck_assert_str_eq(ended.err, expected);
}

/* A client's options, and what it shows of a game. */
static const struct {
    const char *options, *shown;
} consoles[] = {
    { "", "Guess a number between 1 and 5! Shhhhh, it's 3.\n"
          "Client: 1 is Unsure\nClient: 3 is Correct\n" },
    { "--words ko", "Guess a number between 1 and 5! Shhhhh, it's 3.\n"
                    "Client: 1 is Unsure\nClient: 3 is Correct\n" },
    { "--lang ko", "1와 5 사이의 숫자를 맞춰보세요! 쉿! 그 숫자는 3 입니다.\n"
                   "클라이언트: 1는 잘 모르겠음\n클라이언트: 3는 맞음\n" },
};

TEST(a_client_shows_the_game_and_its_results, .times = COUNT(consoles))
{
    static struct ended ended;

    run(run_game, consoles[_i].options, &ended);
    ck_assert_int_eq(ended.code, 99);
    ck_assert_str_eq(ended.err, "");
    ck_assert_str_eq(ended.out, consoles[_i].shown);
}

/* Fail unless a program ended for this reason. */
static void
check_death(const struct ended *ended, const char *reason)
{
    char expected[256];

    snprintf(expected, sizeof(expected), "%s: %s\n",
        program_invocation_short_name, reason);
    ck_assert_int_eq(ended->code, CLI_FAILURE);
    ck_assert_str_eq(ended->err, expected);
}

TEST(a_client_ends_when_the_server_makes_no_sense)
{
    static struct ended ended;

    run(run_nonsense, "four", &ended);
    check_death(&ended, "the server sent no number but 'four'");
    run(run_nonsense, "6", &ended);
    check_death(&ended, "the server guessed 6, which is not between 1 and 5");
    run(run_unasked, "4", &ended);
    check_death(&ended, "the server sent '4' unasked");
}

/* What a user types after the first guess, and what is shown. */
static const struct {
    const char *typed, *question, *shown[4];
} asked[] = {
    { ":no\nc\nq\n", "Is it 7? [w]armer [c]older [s]ame [u]nsure [y]es: \n",
        { "Please answer w, c, s, u or y (? explains them, q quits).\n",
            "Colder\n" } },
    { "--lang ko:no\nc\n더 따뜻함\n그만\n",
        "7인가요? [w] 더 따뜻함 [c] 더 차가움 [s] 같음 [u] 잘 모르겠음 [y] "
        "맞음: "
        "\n",
        { "w, c, s, u, y 중 하나로 답하세요 (?는 설명, q는 끝내기).\n",
            "더 차가움\n", "더 따뜻함\n" } },
    { "--words ko:맞음\n q \n",
        "Is it 7? [w]armer [c]older [s]ame [u]nsure [y]es: \n",
        { "Correct\n" } },
    { ":?\nq\n", "Is it 7? [w]armer [c]older [s]ame [u]nsure [y]es: \n",
        { "  w  warmer: nearer to your number than the guess before\n"
          "  c  colder: farther from it than the guess before\n"
          "  s  same: exactly as far from it\n"
          "  u  unsure: there is no guess before, or you cannot tell\n"
          "  y  yes: that is your number\n"
          "  q  quit the game\n" } },
};

TEST(a_user_is_asked_again_until_there_is_an_answer, .times = COUNT(asked))
{
    static struct ended ended;
    char expected[2048] = "";

    run(run_user, asked[_i].typed, &ended);
    ck_assert_int_eq(ended.code, 99);
    for (size_t i = 0; asked[_i].shown[i] != NULL; i++) {
        strcat(expected, asked[_i].question);
        strcat(expected, asked[_i].shown[i]);
    }
    strcat(expected, asked[_i].question);
    ck_assert_str_eq(ended.out, expected);
}

TEST(a_user_who_says_no_more_ends_the_client)
{
    static struct ended ended;

    run(run_user, ":c\n", &ended);
    check_death(&ended, PLAYER_NO_ANSWER);
}

TEST(a_user_is_told_in_how_many_guesses_it_was_found)
{
    static struct ended ended;

    run(run_first, "", &ended);
    ck_assert_str_eq(ended.out,
        "\nThis is the first guess, so there is nothing to compare it with: "
        "answer u or y.\nFound in 1 guess.\nClient: 7 is Correct\n");
    run(run_first, "--lang ko", &ended);
    ck_assert_str_eq(ended.out,
        "\n첫 번째 숫자라서 비교할 숫자가 없습니다. u나 y로 답하세요.\n"
        "1번 만에 맞혔습니다.\n클라이언트: 7는 맞음\n");
}

TEST(a_server_that_is_not_there_may_not_be_running)
{
    static struct ended ended;
    char error[16];

    snprintf(error, sizeof(error), "%d", ECONNREFUSED);
    run(run_unreachable, error, &ended);
    check_death(&ended, "cannot connect (is guess-server running?)");
    snprintf(error, sizeof(error), "%d", ETIMEDOUT);
    run(run_unreachable, error, &ended);
    check_death(&ended, "cannot connect");
    run(run_unreachable, "0", &ended);
    check_death(&ended, "cannot connect");
}

TEST(a_server_without_options_has_the_defaults)
{
    struct guess_server_options options;

    memset(&options, 0xa5, sizeof(options));
    parse_server(&options, &threaded, "");
    ck_assert_str_eq(options.server.host, "127.0.0.1");
    ck_assert_uint_eq(options.port, 1234);
    ck_assert(!options.server.quiet);
    ck_assert_uint_eq(options.server.workers, 0);
    ck_assert_uint_eq(options.server.limits.max_connections,
        limits_default(net_descriptors()).max_connections);
    ck_assert_uint_eq(options.server.limits.max_line, 1024);
    ck_assert_int_eq(options.server.limits.line_ms, 10000);
    ck_assert_int_eq(options.server.limits.idle_ms, 300000);
    ck_assert_int_eq(options.server.limits.stall_ms, 30000);
    ck_assert_int_eq(options.server.limits.lame_duck_ms, 0);
    ck_assert_int_eq(options.server.limits.drain_ms, 10000);
    ck_assert(!options.seeded);
    ck_assert_int_eq(options.rules.strategy, GUESS_RANDOM);
    ck_assert_int_eq(options.rules.language, GUESS_ENGLISH);
    ck_assert(!options.rules.quiet);
    ck_assert_int_eq(options.work_us, 0);
    ck_assert_int_eq(options.block_ms, 0);
    ck_assert_uint_eq(options.pool, 0);
}

TEST(the_twin_decides_about_its_workers)
{
    struct guess_server_options options;

    parse_server(&options, &evented, "");
    ck_assert_uint_eq(options.server.workers, 1);
    parse_server(&options, &evented, "--loops=0");
    ck_assert_uint_eq(options.server.workers, 0);
    parse_server(&options, &threaded, "--threads 10000");
    ck_assert_uint_eq(options.server.workers, 10000);
}

TEST(every_server_option_is_taken)
{
    struct guess_server_options options;

    parse_server(&options, &threaded,
        "--host ::1 --port 0 --quiet --max-connections 7 --max-line 80 "
        "--seed -5 --strategy bisect --lang ko --work 30 --block 10");
    ck_assert_str_eq(options.server.host, "::1");
    ck_assert_uint_eq(options.port, 0);
    ck_assert(options.server.quiet);
    ck_assert_uint_eq(options.server.limits.max_connections, 7);
    ck_assert_uint_eq(options.server.limits.max_line, 80);
    ck_assert(options.seeded);
    ck_assert_uint_eq(options.seed, (uint64_t)-5);
    ck_assert_int_eq(options.rules.strategy, GUESS_BISECT);
    ck_assert_int_eq(options.rules.language, GUESS_KOREAN);
    ck_assert(options.rules.quiet);
    ck_assert_int_eq(options.work_us, 30);
    ck_assert_int_eq(options.block_ms, 10);
}

TEST(the_cost_of_a_number_has_limits)
{
    struct guess_server_options options;

    parse_server(&options, &evented, "--work 1000000 --block 1000 --pool 64");
    ck_assert_int_eq(options.work_us, 1000000);
    ck_assert_int_eq(options.block_ms, 1000);
    ck_assert_uint_eq(options.pool, POOL_MAX);
    parse_server(&options, &evented, "--work 0 --block 0 --pool 0");
    ck_assert_int_eq(options.work_us, 0);
    ck_assert_int_eq(options.block_ms, 0);
    ck_assert_uint_eq(options.pool, 0);
}

/* Hosts as they are given, and as they are taken. */
static const struct {
    const char *given, *taken;
} hosts[] = {
    { "[::1]", "::1" },
    { "[::]", "::" },
    { "[fe80::1%eth0]", "fe80::1%eth0" },
    { "[1234:1234:1234:1234:1234:1234:123.123.123.123%123456789abcdef]",
        "1234:1234:1234:1234:1234:1234:123.123.123.123%123456789abcdef" },
    { "::1", "::1" },
    { "localhost", "localhost" },
    /* What is no address in brackets stays, to be refused as it is. */
    { "[]", "[]" },
    { "[", "[" },
    { "[::1", "[::1" },
    { "::1]", "::1]" },
    { "[localhost]", "[localhost]" },
    { "[127.0.0.1]", "[127.0.0.1]" },
    { "[::1]:80", "[::1]:80" },
    { "[::1%aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]",
        "[::1%"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]" },
};

TEST(an_ipv6_address_may_stand_in_brackets, .times = COUNT(hosts))
{
    struct guess_server_options server;
    struct charfinder_options finder;
    struct guess_client_options client;
    char line[128];

    snprintf(line, sizeof(line), "--host %s", hosts[_i].given);
    parse_server(&server, &threaded, line);
    ck_assert_str_eq(server.server.host, hosts[_i].taken);
    parse_finder(&finder, line);
    ck_assert_str_eq(finder.server.host, hosts[_i].taken);
    parse_client(&client, line);
    ck_assert_str_eq(client.host, hosts[_i].taken);
    free(client.games);
}

TEST(every_timeout_is_taken)
{
    struct guess_server_options options;

    parse_server(&options, &threaded,
        "--line-timeout 1 --idle-timeout 2 --stall-timeout 3 "
        "--drain-timeout 4 --lame-duck 5.5");
    ck_assert_int_eq(options.server.limits.line_ms, 1000);
    ck_assert_int_eq(options.server.limits.idle_ms, 2000);
    ck_assert_int_eq(options.server.limits.stall_ms, 3000);
    ck_assert_int_eq(options.server.limits.drain_ms, 4000);
    ck_assert_int_eq(options.server.limits.lame_duck_ms, 5500);
}

TEST(the_last_of_two_options_counts)
{
    struct guess_server_options options;

    parse_server(&options, &threaded,
        "--port 1 --port 2 --strategy bisect --strategy random");
    ck_assert_uint_eq(options.port, 2);
    ck_assert_int_eq(options.rules.strategy, GUESS_RANDOM);
}

TEST(a_finder_serves_at_two_ports)
{
    struct charfinder_options options;

    parse_finder(&options, "");
    ck_assert_int_eq(options.tcp_port, 2323);
    ck_assert_int_eq(options.http_port, 8888);
    ck_assert_int_eq(options.server.limits.idle_ms, 300000);
    ck_assert_int_eq(options.web.idle_ms, 15000);
    ck_assert_int_eq(options.web.line_ms, 10000);
    ck_assert_uint_eq(options.web.max_line, HTTP_ROOM);
    ck_assert(options.talk.say == log_record);
    ck_assert(options.page.say == log_record);
}

TEST(every_finder_option_is_taken)
{
    struct charfinder_options options;

    parse_finder(&options,
        "--tcp-port off --http-port 0 --http-idle-timeout 0.5 "
        "--idle-timeout 2 --line-timeout 3 --stall-timeout 4 --quiet");
    ck_assert_int_eq(options.tcp_port, CLI_NO_PORT);
    ck_assert_int_eq(options.http_port, 0);
    ck_assert_int_eq(options.web.idle_ms, 500);
    ck_assert_int_eq(options.web.line_ms, 3000);
    ck_assert_int_eq(options.web.stall_ms, 4000);
    ck_assert_int_eq(options.server.limits.idle_ms, 2000);
    ck_assert(options.server.quiet);
    ck_assert(options.talk.say == NULL);
    ck_assert(options.page.say == NULL);
    parse_finder(&options, "--port 1 --http-port off");
    ck_assert_int_eq(options.tcp_port, 1);
    ck_assert_int_eq(options.http_port, CLI_NO_PORT);
}

TEST(a_push_server_without_options_has_the_defaults)
{
    struct push_server_options options;
    const int64_t now = (int64_t)time(NULL);

    parse_push(&options, "");
    ck_assert_uint_eq(options.port, 8081);
    ck_assert_uint_eq(options.workers, 4);
    ck_assert_uint_eq(options.server.limits.max_line, HTTP_POST_ROOM);
    ck_assert_uint_eq(options.rules.history, 256);
    ck_assert_int_eq(options.rules.max_wait_ms, 25000);
    ck_assert_int_eq(options.rules.beat_ms, 15000);
    ck_assert_uint_eq(options.rules.max_message, 65536);
    ck_assert_uint_eq(options.rules.max_buffered, 67108864);
    ck_assert_int_eq(options.rules.publish, PUSH_LOCAL);
    ck_assert_int_eq(options.rules.stream_ms[0], 3000);
    ck_assert_int_eq(options.rules.stream_ms[1], 5000);
    ck_assert_uint_eq(options.rules.origins_count, 0);
    ck_assert(options.rules.epoch >= now && options.rules.epoch <= now + 60);
}

TEST(every_push_option_is_taken)
{
    struct push_server_options options;

    parse_push(&options,
        "--port 0 --workers 7 --history 4096 --max-wait 0.5 --beat 0 "
        "--max-message 64M --epoch 0 --quiet");
    ck_assert_uint_eq(options.port, 0);
    ck_assert_uint_eq(options.workers, 7);
    ck_assert_uint_eq(options.rules.history, 4096);
    ck_assert_int_eq(options.rules.max_wait_ms, 500);
    ck_assert_int_eq(options.rules.beat_ms, 0);
    ck_assert_uint_eq(options.rules.max_message, 67108864);
    ck_assert_int_eq(options.rules.epoch, 0);
    ck_assert(options.server.quiet);
    parse_push(&options,
        "--max-buffered 1G --max-message 1000 --publish any "
        "--stream-delays 0.25,0 --origin http://a:1 --origin https://b");
    ck_assert_uint_eq(options.rules.max_buffered, 1073741824);
    ck_assert_uint_eq(options.rules.max_message, 1000);
    ck_assert_int_eq(options.rules.publish, PUSH_ANY);
    ck_assert_int_eq(options.rules.stream_ms[0], 250);
    ck_assert_int_eq(options.rules.stream_ms[1], 0);
    ck_assert_uint_eq(options.rules.origins_count, 2);
    ck_assert_str_eq(options.rules.origins[0], "http://a:1");
    ck_assert_str_eq(options.rules.origins[1], "https://b");
    free(options.origins);
    parse_push(&options, "--publish none --max-message 4K");
    ck_assert_int_eq(options.rules.publish, PUSH_NONE);
    ck_assert_uint_eq(options.rules.max_message, 4096);
    parse_push(&options, "--publish local");
    ck_assert_int_eq(options.rules.publish, PUSH_LOCAL);
}

/* Times as the user writes them, and their milliseconds. */
static const struct {
    const char *text;
    int64_t ms;
} times[] = {
    { "0", 0 },
    { "0.0", 0 },
    { "1", 1000 },
    { "0.5", 500 },
    { ".5", 500 },
    { "5.", 5000 },
    { "007", 7000 },
    { "0.001", 1 },
    { "0.0001", 1 },
    { "0.0004", 1 },
    { "0.0000000001", 1 },
    { "0.0015", 2 },
    { "1.2345", 1235 },
    { "10.25", 10250 },
    { "31536000", INT64_C(31536000000) },
};

TEST(a_time_takes_fractions, .times = COUNT(times))
{
    ck_assert_int_eq(
        cli_seconds(NULL, "line-timeout", times[_i].text), times[_i].ms);
}

TEST(a_number_is_taken_from_its_range)
{
    ck_assert_int_eq(cli_number(NULL, "n", "-5", -5, 5), -5);
    ck_assert_int_eq(cli_number(NULL, "n", "5", -5, 5), 5);
    ck_assert_int_eq(cli_number(NULL, "n", "+3", -5, 5), 3);
    ck_assert_int_eq(
        cli_number(NULL, "n", "-9223372036854775808", INT64_MIN, INT64_MAX),
        INT64_MIN);
}

TEST(a_negative_number_is_put_together_again)
{
    char buffer[8];

    ck_assert(cli_negative(buffer, sizeof(buffer), '5', NULL));
    ck_assert_str_eq(buffer, "-5");
    ck_assert(cli_negative(buffer, sizeof(buffer), '5', "34"));
    ck_assert_str_eq(buffer, "-534");
    ck_assert(cli_negative(buffer, sizeof(buffer), '5', "43210"));
    ck_assert_str_eq(buffer, "-543210");
    ck_assert(!cli_negative(buffer, sizeof(buffer), '6', "543210"));
}

TEST(a_client_without_options_plays_the_published_games)
{
    struct guess_client_options options;

    parse_client(&options, "");
    ck_assert_str_eq(options.host, "127.0.0.1");
    ck_assert_uint_eq(options.port, 1234);
    ck_assert_int_eq(options.language, GUESS_ENGLISH);
    ck_assert_int_eq(options.words, GUESS_ENGLISH);
    ck_assert(!options.ask);
    ck_assert_int_eq(options.answer_ms, 60000);
    ck_assert_str_eq(options.answer_timeout, "60");
    ck_assert_uint_eq(options.count, 5);
    ck_assert_uint_eq(options.game_count, 2);
    ck_assert_int_eq(options.games[0].lower, 1);
    ck_assert_int_eq(options.games[0].upper, 5);
    ck_assert_int_eq(options.games[0].secret, 3);
    ck_assert_int_eq(options.games[1].lower, 10);
    ck_assert_int_eq(options.games[1].upper, 15);
    ck_assert_int_eq(options.games[1].secret, 12);
    free(options.games);
}

/* How many guesses a game has, and how many games there are. */
static const struct {
    const char *line;
    uint64_t count;
    size_t games;
} counts[] = {
    { "", 5, 2 },
    { "--count 0", 0, 2 },
    { "--count 7", 7, 2 },
    { "--count 9223372036854775807", INT64_MAX, 2 },
    { "1 5 3", 0, 1 },
    { "1 5 3 10 15 12", 0, 2 },
    { "--count 2 1 5 3", 2, 1 },
    { "1 5 3 --count 2", 2, 1 },
    { "--ask", 0, 1 },
    { "--ask --count 3", 3, 1 },
    { "--ask 1 5", 0, 1 },
    { "--ask 1 5 1 5 1 5", 0, 3 },
    { "1 5 --ask", 0, 1 },
};

TEST(games_end_when_found_unless_they_are_the_published_ones,
    .times = COUNT(counts))
{
    struct guess_client_options options;

    parse_client(&options, counts[_i].line);
    ck_assert_uint_eq(options.count, counts[_i].count);
    ck_assert_uint_eq(options.game_count, counts[_i].games);
    free(options.games);
}

/* Games of negative numbers, which are no options. */
static const struct {
    const char *line;
    int64_t lower, upper, secret;
} negatives[] = {
    { "-5 5 0", -5, 5, 0 },
    { "-5 -1 -3", -5, -1, -3 },
    { "-10 -10 -10", -10, -10, -10 },
    { "-0 +5 +3", 0, 5, 3 },
    { "-- -5 -1 -3", -5, -1, -3 },
    { "--count 3 -53 -1 -7", -53, -1, -7 },
    { "-5 --count 3 -1 -3", -5, -1, -3 },
    { "-9223372036854775808 9223372036854775807 -1", INT64_MIN, INT64_MAX, -1 },
    { "-5 5 --lang ko 0", -5, 5, 0 },
};

TEST(a_negative_number_is_a_number, .times = COUNT(negatives))
{
    struct guess_client_options options;

    parse_client(&options, negatives[_i].line);
    ck_assert_uint_eq(options.game_count, 1);
    ck_assert_int_eq(options.games[0].lower, negatives[_i].lower);
    ck_assert_int_eq(options.games[0].upper, negatives[_i].upper);
    ck_assert_int_eq(options.games[0].secret, negatives[_i].secret);
    free(options.games);
}

TEST(every_client_option_is_taken)
{
    struct guess_client_options options;

    parse_client(&options,
        "--host ::1 --port 65535 --lang ko --answer-timeout 02.50 --ask -3 3");
    ck_assert_str_eq(options.host, "::1");
    ck_assert_uint_eq(options.port, 65535);
    ck_assert_int_eq(options.language, GUESS_KOREAN);
    ck_assert_int_eq(options.answer_ms, 2500);
    ck_assert_str_eq(options.answer_timeout, "02.50");
    ck_assert(options.ask);
    ck_assert_int_eq(options.games[0].lower, -3);
    ck_assert_int_eq(options.games[0].upper, 3);
    free(options.games);
}

TEST(a_user_who_is_asked_thinks_of_one_to_a_hundred)
{
    struct guess_client_options options;

    parse_client(&options, "--ask");
    ck_assert_int_eq(options.games[0].lower, 1);
    ck_assert_int_eq(options.games[0].upper, 100);
    free(options.games);
}

TEST(a_stop_that_nobody_has_heard_is_pending)
{
    sigset_t signals;

    cli_begin_server();
    ck_assert(!cli_stop_is_pending());
    raise(SIGUSR1);
    raise(SIGHUP);
    ck_assert(!cli_stop_is_pending());
    raise(SIGTERM);
    ck_assert(cli_stop_is_pending());
    cli_server_signal_set(&signals);
    while (sigtimedwait(&signals, NULL, &(struct timespec) { 0 }) != -1)
        ;
    ck_assert(!cli_stop_is_pending());
}
