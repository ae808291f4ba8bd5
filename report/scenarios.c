#include "report/scenarios.h"

#include <assert.h>
#include <string.h>

const char *const program_names[PROGRAMS] = {
    [PROGRAM_GUESS] = "guess-server",
    [PROGRAM_CHARFINDER] = "charfinder",
    [PROGRAM_PUSH] = "push-server",
    [PROGRAM_FLAGS] = "flags",
    [PROGRAM_SPINNER] = "spinner",
    [PROGRAM_ECHO] = "echo-server",
    [PROGRAM_FLAG_SERVER] = "flag-server",
};

const struct peer_kind peer_kinds[PEER_KINDS] = {
    { "game", PROGRAM_GUESS, ASK_GAME, false },
    { "charfinder", PROGRAM_CHARFINDER, ASK_CHARFINDER, false },
    { "http", PROGRAM_CHARFINDER, ASK_HTTP, false },
    { "push", PROGRAM_PUSH, ASK_PUSH, false },
    { "echo", PROGRAM_ECHO, ASK_ECHO, false },
    { "flag-server", PROGRAM_FLAG_SERVER, ASK_HTTP, false },
    { .name = "flags", .program = PROGRAM_FLAGS, .is_job = true },
    { .name = "spinner", .program = PROGRAM_SPINNER, .is_job = true },
};

/* As --peer says. */
static char peer_names[PEERS_MAX][PEER_NAME_MAX + 1];

#define PEER(i)                                                                \
    [SUBJECT_PEER + (i)] = { .name = peer_names[i], .title = peer_names[i] }

/* How downloaders are called. */
#define FLAGS(at_once) "--base-url %b -m " at_once " -d %d %o %c"
#define CURL(how)                                                              \
    "-q -s -S -f " how " --noproxy * --output-dir %d --remote-name-all %u"

/* A line of as many bytes as a short message in a chat becomes. */
static const struct ask publish_bare = { .speaks = ASK_LINE,
    .hello = "",
    .request = "0123456789012345678901234567890123456789"
               "01234567890123456789012345678901234567890123456789\n",
    .publishes = true,
    .title = "a line" };

const struct subject_info subjects[SUBJECTS] = {
    [SUBJECT_THREADED] = { "threaded", "threads",
        { "threaded/guess-server", "threaded/charfinder",
            "threaded/push-server", "threaded/flags", "threaded/spinner",
            "threaded/echo-server", "threaded/flag-server" },
        { "guess-server-threaded", "charfinder-threaded",
            "push-server-threaded", "flags-threaded", "spinner-threaded",
            "echo-server-threaded", "flag-server-threaded" },
        .counts = true, .words = FLAGS("%m") },
    [SUBJECT_EVENTED] = { "evented", "events",
        { "evented/guess-server", "evented/charfinder", "evented/push-server",
            "evented/flags", "evented/spinner", "evented/echo-server",
            "evented/flag-server" },
        { "guess-server-evented", "charfinder-evented", "push-server-evented",
            "flags-evented", "spinner-evented", "echo-server-evented",
            "flag-server-evented" },
        .counts = true, .words = FLAGS("%m") },
    [SUBJECT_BARE_EPOLL] = { "bare-epoll", "bare epoll loop",
        { "controls/bare-epoll" }, .ask = &ask_bare },
    [SUBJECT_BARE_THREADS] = { "bare-threads", "bare threads",
        { "controls/bare-threads" }, .ask = &ask_bare },
    [SUBJECT_MANUAL] = { "manual-bufferevent", "manual bufferevent",
        { "controls/manual-bufferevent" }, .ask = &ask_bare },
    [SUBJECT_BARE_IO_URING] = { "bare-io-uring", "bare io_uring",
        { "controls/bare-io-uring" }, .ask = &ask_bare,
        .needs_io_uring = true },
    [SUBJECT_BARE_PUSH] = { "bare-push", "bare push loop",
        { [PROGRAM_PUSH] = "controls/bare-push" }, .ask = &publish_bare },
    [SUBJECT_WOKEN_THREADS] = { "woken-threads", "woken threads",
        { [PROGRAM_PUSH] = "controls/woken-threads" }, .ask = &publish_bare },
    [SUBJECT_NODE_WS] = { "node-ws", "node-ws",
        .built = { [PROGRAM_PUSH] = "controls/node-ws" } },
    [SUBJECT_GEVENT] = { "gevent-bottle", "bottle on gevent",
        .built = { [PROGRAM_PUSH] = "controls/gevent-bottle" } },
    [SUBJECT_ONE] = { "one-by-one", "one by one",
        { [PROGRAM_FLAGS] = "threaded/flags" },
        { [PROGRAM_FLAGS] = "flags-threaded" }, .words = FLAGS("1") },
    [SUBJECT_INLINE] = { "evented-inline", "saving in the loop",
        { [PROGRAM_FLAGS] = "evented/flags" },
        { [PROGRAM_FLAGS] = "flags-evented" },
        .words = "--savers 0 " FLAGS("%m") },
    [SUBJECT_CURL_EASY] = { "curl-easy", "libcurl in threads",
        { [PROGRAM_FLAGS] = "controls/curl-easy" }, .words = "%m %d %u" },
    [SUBJECT_CURL_MULTI] = { "curl-multi", "libcurl on libevent",
        { [PROGRAM_FLAGS] = "controls/curl-multi" }, .words = "%m %d %u" },
    [SUBJECT_CURL] = { "curl", "curl", .tool = "curl",
        .words = CURL("-Z --parallel-max %m"), .words_alone = CURL("") },
    [SUBJECT_WGET2] = { "wget2", "wget2", .tool = "wget2",
        .words = "-q --no-config --no-proxy --max-threads %m -P %d %u" },
    [SUBJECT_ARIA2] = { "aria2", "aria2", .tool = "aria2c",
        .words = "-q --no-conf --no-proxy 127.0.0.1 --file-allocation none "
                 "-Z -j %m -d %d %u" },
    PEER(0),
    PEER(1),
    PEER(2),
    PEER(3),
};

/*
 * With 24 blocks a difference of 5 % is a WIN on a quiet machine in nine cases
 * of ten; see tests/system/test_design.py. What does not fit into the time of
 * a suite is left out, of all scenarios alike; --list says how long they take.
 */
const struct suite_info suites[SUITES] = {
    [SUITE_QUICK] = { "quick", 150, 24 },
    [SUITE_STANDARD] = { "standard", 600, 14 },
    [SUITE_FULL] = { "full", 3600, 48 },
};

#define QUICK    (1u << SUITE_QUICK)
#define STANDARD (1u << SUITE_STANDARD)
#define FULL     (1u << SUITE_FULL)
#define EVERY    (QUICK | STANDARD | FULL)
#define LONGER   (STANDARD | FULL)

#define BIT(m)   (1u << METRIC_##m)
#define LATENCY  (BIT(P50) | BIT(P99) | BIT(P999))
#define COST     (BIT(CPU) | BIT(SWITCHES) | BIT(RUN_QUEUE))

#define MS       UINT64_C(1000000)

/* What is asked of the finder. */
#define FIND(query)                                                            \
    .speaks = ASK_CHARFINDER, .hello = "", .request = query "\n",              \
    .title = "'" query "'"
#define REQUEST(path) "GET " path " HTTP/1.1\r\nHost: localhost\r\n\r\n"
#define HTTP(path)    .speaks = ASK_HTTP, .hello = "", .request = REQUEST(path)
#define GET(path)     HTTP(path), .title = "GET " path

static const struct ask find_cat_face = { FIND("cat face") };
static const struct ask find_cjk = { FIND("cjk") };
static const struct ask get_page = { GET("/?query=cjk&start=0&stop=200") };
static const struct ask get_json = { GET(
    "/search?query=cjk&start=0&stop=200") };
static const struct ask get_all = { GET("/?query=cjk&stop=all") };
static const struct ask get_flag = { GET("/flags/kr/kr.gif") };

/* The flag server's others are for downloaders; it does not tell a seed that it
 * is given. */
#define ONE_DOOR "--seed 1 --delay-port off --error-port off"

/* What an echo is sent: a line of 50 bytes. */
static const struct ask send_line = { .speaks = ASK_ECHO,
    .hello = "",
    .request = "0123456789012345678901234567890123456789012345678\n",
    .title = "a line of 50 bytes" };

/*
 * What is said to the push server. A handshake is sent with the first frame;
 * frames are masked by "mask", always: their bytes are C strings, and who masks
 * by chance costs the load time that is none of the server's.
 */
#define TALK(target)                                                           \
    "GET " target " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"     \
    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"                     \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

static const struct ask echo = { .speaks = ASK_PUSH,
    .hello = TALK("/echo"),
    .hello_lines = 1,
    .request = "\x81\x86mask\x05\x04\x1f\x07\x02@", /* hello! */
    .reply = "hello!",
    .title = "a text of 6 bytes" };

/*
 * Four x under the mask, and so on. In a chat a message of 50 bytes becomes
 * one of 90.
 */
#define X4    "\x15\x19\x0b\x13"
#define X20   X4 X4 X4 X4 X4
#define X100  X20 X20 X20 X20 X20
#define X1000 X100 X100 X100 X100 X100 X100 X100 X100 X100 X100
#define P20   "xxxxxxxxxxxxxxxxxxxx"
#define P100  P20 P20 P20 P20 P20
#define P1000 P100 P100 P100 P100 P100 P100 P100 P100 P100 P100
#define CHATS                                                                  \
    .speaks = ASK_PUSH, .hello = TALK("/chat"), .hello_lines = 1,              \
    .publishes = true, .has_id = true

static const struct ask publish = { CHATS,
    .request = "\x81\xb2mask" X20 X20 X4 X4 "\x15\x19",
    .reply = "\"text\":\"" P20 P20 "xxxxxxxxxx\"}",
    .title = "a message of 50 bytes in a chat" };
static const struct ask publish_long = { CHATS,
    .request = "\x81\xfe\x0f\xa0mask" X1000 X1000 X1000 X1000,
    .reply = "\"text\":\"" P1000 P1000 P1000 P1000 "\"}",
    .title = "a message of 4,000 bytes in a chat" };
static const struct ask get_events = { GET("/events") };

/* MIDDLE and END come after 0.2 and 0.5 s, see the scenario's options. */
static const uint64_t stream_due_ns[] = { 0, 200 * MS, 500 * MS };
static const struct ask stream = { GET("/stream"), .due_ns = stream_due_ns };

/* Who waits has been answered before, so it is being served. */
static const struct ask health = { GET("/healthz") };
static const struct ask wait_poll = { HTTP("/healthz"),
    .title = "GET /healthz, then GET /poll", .wait = REQUEST("/poll") };
static const struct ask wait_events = { HTTP("/healthz"),
    .title = "GET /healthz, then GET /events", .wait = REQUEST("/events") };
static const struct ask wait_socket = { HTTP("/healthz"),
    .title = "GET /healthz, then a WebSocket at /chat", .wait = TALK("/chat") };

/* The rows of a family have most in common. */
#define BOTH(o) .options = { o, o }
#define GAME    .program = PROGRAM_GUESS, .ask = &ask_game
#define FINDER  .program = PROGRAM_CHARFINDER
#define BUSY    .primary = METRIC_RATE, .has = BIT(RATE) | LATENCY | COST
#define REPLY   .family = "reply", GAME, BUSY
#define OPEN                                                                   \
    .family = "open", GAME, .way = LOAD_OPEN, .poisson = true,                 \
    .connections = 50, .primary = METRIC_P99, .has = LATENCY | COST
#define IDLE                                                                   \
    .family = "idle", GAME, .special = SPECIAL_LEVELS, .active = 1,            \
    .primary = METRIC_MEMORY, .has = BIT(MEMORY) | BIT(P50) | BIT(P99)
/*
 * It asks 3000 times a second: enough for a p99 within 0.4 s, and a server
 * alone with it is busy for a fourteenth of its time.
 */
#define PROBE                                                                  \
    FINDER, .ask = &find_cat_face, .way = LOAD_OPEN, .poisson = true,          \
            .connections = 16, .rate = 3000, .primary = METRIC_P99,            \
            .has = LATENCY
#define PAGE .family = "page", FINDER, BUSY

/*
 * Over a network of their own, which a small request crosses. There are four
 * times as many connections as requests are under way, so that none waits for
 * a free one.
 */
#define FAR(trip)                                                              \
    GAME, .way = LOAD_OPEN, .poisson = true, .rate = FAR_RATE,                 \
          .connections = (size_t)(4 * FAR_RATE * (trip)),                      \
          .has = LATENCY | COST, .warmup = 0.15, .window = 0.3, .blocks = 6,   \
          .suites = FULL
#define FAR_RATE 6000

#define WAIT                                                                   \
    .family = "wait", .program = PROGRAM_PUSH, .special = SPECIAL_LEVELS,      \
    .connections = 4000, .active = 1, BOTH("--max-wait 300"),                  \
    .primary = METRIC_MEMORY, .has = BIT(MEMORY) | BIT(P50) | BIT(P99),        \
    .warmup = 0.05, .window = 0.2, .blocks = 8, .suites = FULL

/* Who only listens would be sent a ping among the news after 15 s. */
#define PUSH                                                                   \
    .family = "push", .program = PROGRAM_PUSH, .way = LOAD_ROUNDS,             \
    BOTH("--beat 0"), .primary = METRIC_LAST, .suites = FULL,                  \
    .has = BIT(LAST) | BIT(P50) | BIT(P99) | COST

#define WORK                                                                   \
    .family = "work", GAME, BUSY, .connections = 64, .warmup = 0.15,           \
    .window = 0.2, .suites = LONGER
#define BLOCKING                                                               \
    .family = "blocking", GAME, .connections = 64, .primary = METRIC_RATE,     \
    .has = BIT(RATE) | LATENCY | BIT(CPU), .warmup = 0.15, .window = 0.3,      \
    .suites = LONGER

/*
 * Jobs: downloads, and the spinner. Flags of 13 KB are as large as those of the
 * book; all 676 codes are asked for, and 194 of them found. Files are saved
 * where the report is: --output says on which disk, or in which memory.
 */
#define COLUMN(s) (1u << SUBJECT_##s)
#define LIBCURL   (COLUMN(CURL_EASY) | COLUMN(CURL_MULTI))
#define TOOLS     (COLUMN(CURL) | COLUMN(WGET2) | COLUMN(ARIA2))
#define KB        ((size_t)1000)

static const struct job load_20 = { 20, 13 * KB, 0.5, 1,
    COLUMN(ONE) | LIBCURL };
/* One by one takes 17 s so, and would take 338 s with 0.5 s. */
static const struct job load_676 = { 676, 13 * KB, 0.025, 1,
    COLUMN(ONE) | LIBCURL };
static const struct job load_flat = { 194, 13 * KB, 0, 1, LIBCURL | TOOLS };
static const struct job load_rush = { 676, 13 * KB, 0.05, 1, LIBCURL };
/* No more can wait: flags asks for each code once, and there are no others.
 * What one of them costs is the difference to WAITING_FEW, so more would say
 * the same. */
static const struct job load_wait = { 676, 13 * KB, 0, 1, LIBCURL };
static const struct job save_13k = { 194, 13 * KB, 0, 1, COLUMN(INLINE) };
static const struct job save_130k = { 194, 130 * KB, 0, 1, COLUMN(INLINE) };
static const struct job save_10m = { 10, 10000 * KB, 0, 1, COLUMN(INLINE) };
static const struct job names_194 = { 194, 13 * KB, 0.02, 2, 0 };
/* The book turns for 3 s; as many frames as 1 s has tell as much. */
static const struct job spin = { .delay = 1 };

#define JOB .blocks = 8, .controls = true, .suites = FULL
#define DOWNLOAD(what, about)                                                  \
    .family = "download", .program = PROGRAM_FLAGS, .job = &(what), JOB,       \
    .primary = METRIC_##about, .has = BIT(about)
#define SAVE(what)                                                             \
    .family = "save", .program = PROGRAM_FLAGS, .job = &(what), JOB,           \
    .primary = METRIC_TOTAL, .has = BIT(TOTAL) | BIT(CPU_FILE) | BIT(PAUSE)
#define SPIN                                                                   \
    .family = "spin", .program = PROGRAM_SPINNER, .job = &spin, .blocks = 6,   \
    .suites = FULL, .primary = METRIC_FRAMES, .has = BIT(FRAMES) | BIT(PAUSE)
#define EFFORT (BIT(CPU_FILE) | BIT(SWITCHES))

/*
 * The sweep is one process that is loaded at one level after the other. What
 * it has done for few connections it need not do again for many, so it is
 * walked upwards.
 */
#define SWEEP                                                                  \
    .family = "reply", GAME, .primary = METRIC_RATE, .warmup = 0.05,           \
    .window = 0.15, .blocks = 12, .peer = true, .suites = EVERY,               \
    .has = BIT(RATE) | LATENCY | BIT(CPU)

const struct scenario scenarios[] = {
    { "sweep-1", "At 1 connection", "Which answers a single client sooner?",
        SWEEP, .connections = 1 },
    { "sweep-8", "At 8 connections",
        "Which answers more requests of 8 busy clients?", SWEEP,
        .goes_on = true, .connections = 8 },
    { "sweep-64", "At 64 connections",
        "Which answers more requests of 64 busy clients?", SWEEP | BIT(MEMORY),
        .goes_on = true, .connections = 64 },
    { "sweep-open",
        "At half the capacity of the slower server, over 64 connections",
        "How long does a request take when both are offered the same load, "
        "half the capacity of the slower server?",
        .family = "open", GAME, .way = LOAD_OPEN, .poisson = true,
        .connections = 64, .share = 0.5, .primary = METRIC_P99,
        .has = LATENCY | BIT(CPU), .peer = true, .goes_on = true,
        .warmup = 0.05, .window = 0.3, .blocks = 12, .suites = EVERY },
    { "sweep-512", "At 512 connections",
        "Which answers more requests of 512 busy clients?", SWEEP | BIT(MEMORY),
        .goes_on = true, .connections = 512 },
    { "sweep-4096", "At 4,096 connections",
        "Which answers more requests of 4,096 busy clients, and what does a "
        "connection cost?",
        SWEEP | BIT(MEMORY), .goes_on = true, .connections = 4096 },
    { "line-cjk", "While 4 others pull 98,263 rows without a pause",
        "Does a small question wait while others pull all of cjk?",
        .family = "line", PROBE | BIT(BACKGROUND),
        .background = { "greedy client", LOAD_CLOSED, 4, &find_cjk, 0, 0 },
        .warmup = 0.15, .window = 0.4, .blocks = 12, .suites = EVERY },
    { "reply-50", "At 50 connections",
        "Which answers more requests of 50 busy clients?", REPLY,
        .connections = 50, .warmup = 0.15, .window = 0.2, .blocks = 24,
        .controls = true, .syscalls = true, .suites = LONGER },
    { "idle-4000", "With 4,000 connections open",
        "What does an idle connection cost?", IDLE, .connections = 4000,
        .warmup = 0.05, .window = 0.2, .blocks = 12, .suites = LONGER },
    { "work-20", "With 20 µs of work per request, at 64 connections",
        "Which answers more when a request takes 20 µs of work?", WORK,
        BOTH("--work 20") },
    { "work-100", "With 100 µs of work per request, at 64 connections",
        "Which answers more when a request takes 100 µs of work?", WORK,
        BOTH("--work 100") },
    { "blocking-2ms",
        "When each request blocks for 2 ms, with threads enough for all",
        "Which answers more when a request waits 2 ms for a database: a thread "
        "each, or 64 threads beside a loop?",
        BLOCKING, .options = { "--block 2", "--block 2 --pool 64" } },
    { "blocking-pool", "When each request blocks for 2 ms, in a pool of 16",
        "Which answers more when a request waits 2 ms: a pool of 16 threads, "
        "or a loop with an executor of 16?",
        BLOCKING, .way = LOAD_CHURN,
        .options = { "--block 2 --threads 16", "--block 2 --pool 16" } },
    { "blocking-loop", "When each request blocks for 2 ms, in the loop",
        "How much does a loop do when each request blocks it for 2 ms?",
        BLOCKING, BOTH("--block 2") },
    { "reply-1", "At 1 connection", "Which answers a single client sooner?",
        REPLY, .connections = 1, .warmup = 0.1, .window = 0.2, .controls = true,
        .syscalls = true, .suites = FULL },
    { "reply-1000", "At 1,000 connections",
        "Which answers more requests of 1,000 busy clients?",
        REPLY | BIT(MEMORY), .connections = 1000, .warmup = 0.2, .window = 0.2,
        .controls = true, .suites = FULL },
    { "reply-10000", "At 10,000 connections",
        "Which answers more requests of 10,000 busy clients?",
        REPLY | BIT(MEMORY), .connections = 10000, .warmup = 0.3, .window = 0.3,
        .blocks = 24, .suites = FULL },
    { "open-50", "At half the capacity of the slower server",
        "How long does a request take at half the capacity of the slower "
        "server?",
        OPEN, .share = 0.5, .warmup = 0.15, .window = 0.4, .controls = true,
        .suites = FULL },
    { "open-80", "At 80 % of the capacity of the slower server",
        "How long does a request take at 80 % of the capacity of the slower "
        "server?",
        OPEN, .share = 0.8, .warmup = 0.15, .window = 0.4, .suites = LONGER },
    { "overload", "After a burst beyond the capacity of both",
        "How long does it take to recover from an overload of 0.2 s?",
        .family = "overload", GAME, .way = LOAD_OPEN, .special = SPECIAL_BURST,
        .poisson = true, .connections = 50, .share = 0.5,
        .primary = METRIC_RECOVERY,
        .has = BIT(RECOVERY) | BIT(GOODPUT) | LATENCY, .warmup = 0.5,
        .window = 2.0, .blocks = 12, .suites = FULL },
    { "churn-50", "With a connection for each request",
        "Which serves more clients that come, ask once and leave?",
        .family = "churn", GAME, .way = LOAD_CHURN, .connections = 50,
        .primary = METRIC_RATE,
        /* A thread's wait for its processor ends unseen with the thread. */
        .has = BIT(RATE) | LATENCY | BIT(CPU) | BIT(SWITCHES) | BIT(ACCEPT),
        .warmup = 0.15, .window = 0.3, .suites = LONGER },
    { "storm-1000", "When 1,000 clients come at once",
        "How long until the last of 1,000 clients who come at once has an "
        "answer?",
        .family = "storm", GAME, .special = SPECIAL_STORM, .connections = 1000,
        .primary = METRIC_STORM,
        .has = BIT(STORM) | BIT(P50) | BIT(P99) | BIT(ACCEPT), .suites = FULL },
    { "idle-10000", "With 10,000 connections open",
        "Do 9,999 idle connections slow down one client?", IDLE,
        .connections = 10000, .warmup = 0.1, .window = 0.3, .blocks = 8,
        .suites = FULL },
    { "line-page", "While 4 clients pull pages of 200 rows",
        "Does a small question wait while others pull one page of cjk after "
        "the other?",
        .family = "line", PROBE | BIT(BACKGROUND),
        .background = { "greedy client", LOAD_CLOSED, 4, &get_page, 0, 0 },
        .warmup = 0.15, .window = 0.4, .suites = FULL },
    { "slow-readers", "Beside 50 clients who read 50 KiB/s of cjk",
        "Does a small question wait while others take a large answer slowly?",
        .family = "slow-readers", PROBE,
        .background = { "slow reader", LOAD_SLOW_READER, 50, &find_cjk,
            100 * MS, 5120 },
        .warmup = 0.15, .window = 0.4, .suites = LONGER },
    { "slow-senders", "Beside 500 clients who send a byte a second",
        "Do 500 clients that never finish a request slow down another one?",
        .family = "slow-senders", GAME, .way = LOAD_OPEN, .poisson = true,
        .connections = 8, .rate = 3000, .primary = METRIC_P99, .has = LATENCY,
        .background = { "slow sender", LOAD_SLOW_SENDER, 500, &ask_game,
            1000 * MS, 0 },
        .warmup = 0.15, .window = 0.4, .suites = FULL },
    { "pool-20", "When 20 clients wait in a pool of 20 threads",
        "Is another client served while 20 silent ones occupy a pool of 20 "
        "threads?",
        .family = "pool", GAME, .way = LOAD_CHURN, .connections = 4,
        .options = { "--threads 20", NULL }, .hangs = true,
        .background = { "waiting client", LOAD_WAITING, 20, &ask_game, 0, 0 },
        .primary = METRIC_ANSWERED, .has = BIT(ANSWERED) | BIT(P50),
        .warmup = 0.05, .window = 0.3, .blocks = 6, .suites = FULL },
    { "cores-all", "At 50 connections on all cores, shared with the load",
        "Which answers more when the server may use every core?",
        .family = "cores", GAME, .connections = 50, .all_cores = true,
        .options = { NULL, "--loops 0" }, .primary = METRIC_RATE,
        .has = BIT(RATE) | LATENCY | BIT(CPU) | BIT(SWITCHES), .warmup = 0.15,
        .window = 0.3, .suites = FULL },
    { "json-200", "For 200 rows as JSON",
        "Which serves more answers of 200 rows in JSON?", PAGE,
        .ask = &get_json, .connections = 50, .warmup = 0.15, .window = 0.2,
        .suites = LONGER },
    { "page-200", "For a page of 200 rows",
        "Which serves more pages of 200 rows over HTTP?", PAGE,
        .ask = &get_page, .connections = 50, .warmup = 0.15, .window = 0.2,
        .suites = FULL },
    { "page-all", "For all of cjk in one page",
        "Which serves more pages with all 98,263 rows of cjk?", PAGE,
        .ask = &get_all, .connections = 4, .warmup = 0.2, .window = 0.5,
        .suites = FULL },
    { "find-50", "For 'cat face' from 50 clients",
        "Which answers more small searches over TCP?", .family = "find", FINDER,
        .ask = &find_cat_face, BUSY, .connections = 50, .warmup = 0.15,
        .window = 0.2, .suites = FULL },
    { "echo-50", "At 50 WebSockets",
        "Which returns more texts of 6 bytes to 50 WebSockets?",
        .family = "echo", .program = PROGRAM_PUSH, .ask = &echo, BUSY,
        .connections = 50, .warmup = 0.15, .window = 0.2, .blocks = 24,
        .controls = true, .columns = COLUMN(NODE_WS) | COLUMN(GEVENT),
        .syscalls = true, .suites = FULL },
    { "poll-20", "When 20 polls wait in a pool of 20 threads",
        "Is a 21st client served while 20 wait for news in a pool of 20 "
        "threads?",
        .family = "pool", .program = PROGRAM_PUSH, .ask = &health,
        .way = LOAD_CHURN, .connections = 4,
        .options = { "--threads 20", NULL }, .hangs = true,
        .background = { "waiting poll", LOAD_WAITING, 20, &wait_poll, 0, 0 },
        .primary = METRIC_ANSWERED, .has = BIT(ANSWERED) | BIT(P50),
        .warmup = 0.05, .window = 0.3, .blocks = 6, .suites = FULL },
    { "wait-none", "With 4,000 connections that wait for nothing",
        "What does a connection cost that has nothing to wait for?", WAIT,
        .ask = &health },
    { "wait-4000", "With 4,000 polls that wait",
        "What does a client cost that waits for news by a poll?", WAIT,
        .ask = &wait_poll },
    { "wait-events", "With 4,000 streams of events that wait",
        "What does a client cost that waits for events?", WAIT,
        .ask = &wait_events },
    { "wait-sockets", "With 4,000 WebSockets that wait",
        "What does a client cost that waits over a WebSocket?", WAIT,
        .ask = &wait_socket },
    { "stream-1000", "With 1,000 answers asleep at a time",
        "Do a thousand sleeping answers come in time?", .family = "stream",
        .program = PROGRAM_PUSH, .ask = &stream, .way = LOAD_OPEN,
        .poisson = true,
        .connections = 2000, /* so that hardly any waits for a free one */
        .rate = 2000,        /* of half a second each */
        BOTH("--stream-delays 0.2,0.3"), .primary = METRIC_TARDY,
        .has = BIT(TARDY) | BIT(P50) | COST, .warmup = 0.8, .window = 1.0,
        .blocks = 8, .controls = true, .columns = COLUMN(GEVENT),
        .suites = FULL },
    { "push-1000", "With 1,000 WebSockets in a chat",
        "How long until the last of 1,000 has the news?", PUSH, .ask = &publish,
        .connections = 1000, .warmup = 0.1, .window = 0.5, .blocks = 16,
        .controls = true,
        .columns =
            COLUMN(BARE_PUSH) | COLUMN(WOKEN_THREADS) | COLUMN(NODE_WS) },
    { "push-10000", "With 10,000 WebSockets in a chat",
        "How long until the last of 10,000 has the news?", PUSH,
        .ask = &publish, .connections = 10000, .warmup = 0.3, .window = 2.0,
        .blocks = 6 },
    { "push-99", "With 99 WebSockets in a chat of long messages",
        "How long until the last of 99 has a message of 4,000 bytes?", PUSH,
        .ask = &publish_long, .connections = 99, .warmup = 0.1, .window = 0.4,
        .blocks = 12 },
    { "push-slow", "Beside one who does not read",
        "Do 99 others wait for one who does not read its events?", PUSH,
        .ask = &publish_long, .connections = 99,
        .background = { "slow reader", LOAD_SLOW_READER, 1, &get_events,
            1000 * MS, 1 },
        .warmup = 0.1, .window = 0.4, .blocks = 12 },
    { "load-20", "For 20 flags, all at once, from a slow server",
        "Which has 20 flags sooner, 20 at once, when the server takes its time "
        "for each?",
        DOWNLOAD(load_20, TOTAL) | EFFORT, .connections = 20 },
    { "load-676", "For 676 codes, 600 at once, from a slow server",
        "Which has 676 answers sooner, 600 at once, when the server takes its "
        "time for each?",
        DOWNLOAD(load_676, TOTAL) | EFFORT, .connections = 600 },
    { "load-flat-1", "For 194 flags, one by one, from a fast server",
        "What does a flag cost when the server does not wait, and one is asked "
        "for at a time?",
        DOWNLOAD(load_flat, TOTAL) | EFFORT, .connections = 1 },
    { "load-flat-30", "For 194 flags, 30 at once, from a fast server",
        "What does a flag cost when the server does not wait, and 30 are asked "
        "for at a time?",
        DOWNLOAD(load_flat, TOTAL) | EFFORT, .connections = 30 },
    { "load-flat-300", "For 194 flags, all at once, from a fast server",
        "What does a flag cost when the server does not wait, and all are "
        "asked for at once?",
        DOWNLOAD(load_flat, TOTAL) | EFFORT, .connections = 300 },
    { "load-rush", "For 676 codes, 600 at once",
        "Which asks so fast that a server may take it for an attack?",
        DOWNLOAD(load_rush, SOON) | BIT(TOTAL), .connections = 600 },
    { "load-wait-676", "With 676 requests waiting for their answers",
        "What does a request cost that only waits?",
        DOWNLOAD(load_wait, MEMORY), .special = SPECIAL_WAITING,
        .connections = 676 },
    { "save-13k", "For 194 files of 13 KB, 30 at once",
        "Does it matter whether threads, an executor or the loop save files of "
        "13 KB?",
        SAVE(save_13k), .connections = 30 },
    { "save-130k", "For 194 files of 130 KB, 30 at once",
        "Does it matter whether threads, an executor or the loop save files of "
        "130 KB?",
        SAVE(save_130k), .connections = 30 },
    { "save-10m", "For 10 files of 10 MB at once",
        "Does it matter whether threads, an executor or the loop save files of "
        "10 MB?",
        SAVE(save_10m), .connections = 30 },
    { "save-sync", "For 194 files of 13 KB, 30 at once, each on the disk",
        "Does it matter whether threads, an executor or the loop save files "
        "that must be on the disk?",
        SAVE(save_13k), BOTH("--fsync"), .connections = 30 },
    { "names-194", "For 194 flags in two requests each, 30 at once",
        "What does a second request for each flag cost, which only the first "
        "lets be made?",
        DOWNLOAD(names_194, TOTAL) | EFFORT, BOTH("--names"),
        .connections = 30 },
    { "spin", "While a slow function waits",
        "Does the spinner turn while a slow function waits?", SPIN },
    { "spin-block", "While a slow function blocks",
        "Does the spinner turn while a slow function blocks where it is "
        "called?",
        SPIN, BOTH("--block") },
    { "lines-50", "For lines sent back to 50 clients",
        "Which sends back more lines, with nothing else to do?",
        .family = "lines", .program = PROGRAM_ECHO, .ask = &send_line, BUSY,
        .connections = 50, .warmup = 0.15, .window = 0.2, .blocks = 12,
        .suites = FULL },
    { "flags-50", "For flags of 13 KB from 50 clients",
        "Which serves more flags over HTTP?", .family = "flags",
        .program = PROGRAM_FLAG_SERVER, .ask = &get_flag, BUSY, BOTH(ONE_DOOR),
        .connections = 50, .warmup = 0.15, .window = 0.2, .blocks = 12,
        .suites = FULL },
    /* These come last: whoever brings a network is raced after the others. */
    { "rtt-1", "With 1 ms there and back",
        "What does a request cost a server when it takes 1 ms to get there and "
        "back?",
        .family = "rtt", .link = "1ms", FAR(0.001), .primary = METRIC_CPU },
    { "rtt-10", "With 10 ms there and back",
        "What does a request cost a server when it takes 10 ms to get there "
        "and back?",
        .family = "rtt", .link = "10ms", FAR(0.01), .primary = METRIC_CPU },
    { "rtt-50", "With 50 ms there and back",
        "What does a request cost a server when it takes 50 ms to get there "
        "and back?",
        .family = "rtt", .link = "50ms", FAR(0.05), .primary = METRIC_CPU },
    { "loss-1",
        "With 1 % of the packets lost each way, and 10 ms there and "
        "back",
        "Does the model matter to those whose packets are lost?",
        .family = "loss", .link = "10ms,loss=1%", FAR(0.01),
        .primary = METRIC_P99 },
    { "line-100mbit", "While 16 others pull all of cjk through 100 Mbit/s",
        "Does a small question wait when a full line is the bottleneck?",
        .family = "narrow", .link = "rate=100mbit", FINDER,
        .ask = &find_cat_face, .way = LOAD_OPEN, .poisson = true,
        .connections = 400, .rate = 1000, .primary = METRIC_P99, .has = LATENCY,
        .background = { "puller", LOAD_PULLING, 16, &find_cjk, 0, 0 },
        .warmup = 0.3, .window = 1.2, .blocks = 6, .suites = FULL },
    { "slow-1000", "Beside 1000 readers of cjk who share 1 Mbit/s",
        "What do 1000 readers cost whose line is slow?", .family = "readers",
        .link = "rate=1mbit", .link_aside = true, FINDER, .ask = &find_cat_face,
        .way = LOAD_OPEN, .poisson = true, .connections = 16, .rate = 3000,
        .primary = METRIC_MEMORY, .has = LATENCY | BIT(MEMORY),
        .background = { "reader", LOAD_PULLING, 1000, &find_cjk, 0, 0 },
        .warmup = 0.5, .window = 0.4, .blocks = 6, .suites = FULL },
};
const size_t scenarios_count = sizeof(scenarios) / sizeof(scenarios[0]);

const size_t idle_levels[IDLE_LEVELS] = { 0, 1000, 4000, 10000 };

/* Name a peer like no other subject. */
int
scenario_name_peer(size_t i, const char *name, size_t length)
{
    assert(i < PEERS_MAX && length <= PEER_NAME_MAX);
    memcpy(peer_names[i], name, length);
    peer_names[i][length] = '\0';
    for (size_t s = 0; s < SUBJECT_PEER + i; s++)
        if (strcmp(peer_names[i], subjects[s].name) == 0 ||
            strcmp(peer_names[i], subjects[s].title) == 0)
            return -1;
    return 0;
}

/* Look a scenario up by name. */
const struct scenario *
scenario_find(const char *name)
{
    for (size_t i = 0; i < scenarios_count; i++)
        if (strcmp(scenarios[i].name, name) == 0)
            return &scenarios[i];
    return NULL;
}

/* Look a metric up in the bits. */
bool
scenario_has(const struct scenario *s, enum metric m)
{
    return (s->has & (1u << m)) != 0;
}

/* Say how the load works. */
const char *
scenario_load_model(const struct scenario *s)
{
    if (s->job != NULL)
        return "run to its end";
    if (s->special == SPECIAL_STORM)
        return "all at once, each asks once";
    if (s->special == SPECIAL_LEVELS)
        return "closed loop, one connection, the others idle";
    switch (s->way) {
    case LOAD_OPEN:
        return s->poisson ? "open loop, Poisson arrivals"
                          : "open loop, constant rate";
    case LOAD_CHURN:
        return "closed loop, a connection for each request";
    case LOAD_ROUNDS:
        return "rounds: one publishes when all have had the last";
    case LOAD_CLOSED:
    case LOAD_WAITING:
    case LOAD_PULLING:
    case LOAD_SLOW_READER:
    case LOAD_SLOW_SENDER:
        break;
    }
    return "closed loop, all connections";
}
