/*
 * test_wire - what is said between hosts, and what is not believed.
 */
#include "report/host/wire.h"

#include "tests/unit/unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

TEST(a_request_is_read_as_it_was_written, .times = WIRE_REQUESTS)
{
    struct wire_request r = { .n = 7,
        .what = (enum wire_what)_i,
        .scenario = scenario_find("reply-50"),
        .subject = SUBJECT_BARE_EPOLL,
        .address = "10.0.0.5",
        .port_first = 20000,
        .port_last = 65535,
        .window_ns = 123456789,
        .from = "10.0.0.6",
        .port = 65535,
        .http_port = 81,
        .connections = 50,
        .active = 40,
        .rate = 12345.5,
        .burst = 0.25,
        .part = 3,
        .parts = 4,
        .seed = UINT64_C(1) << 53,
        .cpu = 7,
        .pinned = true,
        .closed = true };
    struct wire_request again;
    char *line = wire_write_request(&r);
    size_t length = strlen(line);

    ck_assert_int_eq(line[length - 1], '\n');
    ck_assert_ptr_eq(strchr(line, '\n'), line + length - 1);
    ck_assert(wire_read_request(&again, line, length - 1));
    ck_assert_int_eq(again.what, r.what);
    ck_assert_uint_eq(again.n, r.what == WIRE_PING ? 0 : 7);
    if (r.what == WIRE_START || r.what == WIRE_LOAD) {
        ck_assert_ptr_eq(again.scenario, r.scenario);
        ck_assert_int_eq(again.subject, r.subject);
    }
    if (r.what == WIRE_START) {
        ck_assert_uint_eq(again.port_first, 20000);
        ck_assert_uint_eq(again.port_last, 65535);
    }
    if (r.what == WIRE_START || r.what == WIRE_LOAD || r.what == WIRE_REACH)
        ck_assert_str_eq(again.address, r.address);
    if (r.what == WIRE_NOTE || r.what == WIRE_LOAD)
        ck_assert_uint_eq(again.window_ns, r.window_ns);
    if (r.what == WIRE_LOAD || r.what == WIRE_REACH || r.what == WIRE_GROW) {
        ck_assert_str_eq(again.from, r.from);
        ck_assert_uint_eq(again.port, r.port);
        ck_assert_uint_eq(again.http_port, r.http_port);
        ck_assert_uint_eq(again.connections, r.connections);
        ck_assert_uint_eq(again.active, r.active);
        ck_assert_double_eq(again.rate, r.rate);
        ck_assert_double_eq(again.burst, r.burst);
        ck_assert_uint_eq(again.part, r.part);
        ck_assert_uint_eq(again.parts, r.parts);
        ck_assert_uint_eq(again.seed, r.seed);
        ck_assert_uint_eq(again.cpu, r.cpu);
        ck_assert(again.pinned && again.closed);
    }
    free(line);
}

static const char *const no_requests[] = {
    "",
    "{",
    "[]",
    "null",
    "{}",
    "{\"n\":1}",
    "{\"n\":1,\"do\":\"reboot\"}",
    "{\"n\":-1,\"do\":\"pace\"}",
    "{\"n\":1.5,\"do\":\"pace\"}",
    "{\"n\":\"1\",\"do\":\"pace\"}",
    "{\"n\":1e300,\"do\":\"pace\"}",
    "{\"n\":1,\"n\":2,\"do\":\"pace\"}",
    "{\"n\":1,\"do\":\"pace\"}x",
    "{\"n\":1,\"do\":\"note\",\"window_ns\":-1}",
    "{\"n\":1,\"do\":\"start\"}",
    "{\"n\":1,\"do\":\"start\",\"scenario\":\"none\",\"server\":\"evented\","
    "\"address\":\"\"}",
    "{\"n\":1,\"do\":\"start\",\"scenario\":\"reply-50\",\"server\":\"/bin/"
    "sh\","
    "\"address\":\"\"}",
    "{\"n\":1,\"do\":\"start\",\"scenario\":\"reply-50\",\"server\":\"curl\","
    "\"address\":\"\"}",
    "{\"n\":1,\"do\":\"start\",\"scenario\":\"json-200\","
    "\"server\":\"bare-epoll\",\"address\":\"\"}",
    "{\"n\":1,\"do\":\"start\",\"scenario\":\"load-20\",\"server\":\"evented\","
    "\"address\":\"\"}",
    "{\"n\":1,\"do\":\"start\",\"scenario\":\"reply-50\",\"server\":"
    "\"evented\","
    "\"address\":\"1234567890123456\"}",
    "{\"n\":1,\"do\":\"start\",\"scenario\":\"reply-50\",\"server\":"
    "\"evented\","
    "\"address\":\"\",\"port_first\":2,\"port_last\":1}",
    "{\"n\":1,\"do\":\"start\",\"scenario\":\"reply-50\",\"server\":"
    "\"evented\","
    "\"address\":\"\",\"port_first\":1,\"port_last\":65536}",
};

/* What is changed in a request to load, so that it is none. */
static const char *const no_loads[] = { "\"port\":0", "\"port\":65536",
    "\"port\":null", "\"part\":2", "\"parts\":0", "\"parts\":65",
    "\"parts\":51", "\"connections\":49", "\"connections\":1000001",
    "\"active\":1", "\"active\":-1", "\"rate\":0", "\"rate\":1e10",
    "\"rate\":null", "\"burst\":-1", "\"burst\":null",
    "\"seed\":9007199254740994", "\"cpu\":1024", "\"cpu\":\"all\"",
    "\"window_ns\":0", "\"window_ns\":3600000000001",
    "\"scenario\":\"load-20\"", "\"server\":\"curl\"",
    "\"address\":\"1234567890123456\"", "\"from\":\"1234567890123456\"" };

TEST(what_is_no_load_is_refused, .times = COUNT(no_loads))
{
    const struct wire_request r = { .what = WIRE_LOAD,
        .scenario = scenario_find("open-50"),
        .subject = SUBJECT_EVENTED,
        .address = "10.0.0.5",
        .window_ns = 1,
        .port = 1,
        .connections = 50,
        .active = 50,
        .rate = 1,
        .part = 1,
        .parts = 2 };
    struct wire_request again;
    char *line = wire_write_request(&r), *changed;
    json_t *o = json_loads(line, 0, NULL), *lie;

    ck_assert(wire_read_request(&again, line, strlen(line)));
    ck_assert_int_ne(asprintf(&changed, "{%s}", no_loads[_i]), -1);
    lie = json_loads(changed, 0, NULL);
    ck_assert_ptr_nonnull(lie);
    json_object_update(o, lie);
    free(line);
    line = json_dumps(o, 0);
    ck_assert_msg(!wire_read_request(&again, line, strlen(line)), "%s", line);
    json_decref(lie);
    json_decref(o);
    free(changed);
    free(line);
}

TEST(what_is_no_request_is_refused, .times = COUNT(no_requests))
{
    struct wire_request r;

    ck_assert_msg(
        !wire_read_request(&r, no_requests[_i], strlen(no_requests[_i])), "%s",
        no_requests[_i]);
}

TEST(an_answer_is_read_as_it_was_written)
{
    struct wire_answer a, again;
    char *line;

    wire_begin_answer(&a);
    a.n = 3;
    a.port = 65535;
    a.http_port = 1;
    a.server_cpu_ns = UINT64_C(1) << 53;
    a.requests = 17;
    a.switches = 18;
    a.memory = (struct memory) { 1, 2, 3, 4, 5 };
    for (size_t i = 0; i < KERNEL_COUNTERS; i++)
        a.kernel.value[i] = i * i;
    a.nic = (struct nic) { 1, 2, 3, 4, 5, 1000000000, 0.25, 1.5 };
    a.run_queue_ns = 0;
    a.stolen_seconds = 0.25;
    a.foreign_seconds = -0.01;
    a.busy_seconds = 0.75;
    a.cpu_seconds = 1.5;
    a.stop_seconds = 1e-6;
    a.pace_ns = 160.125;
    a.window_ns = 19;
    a.connected_ns = 0.5;
    a.mtu = 1500;
    a.result = json_pack("{s:i}", "replies", 7);
    a.others = json_pack("[{s:s, s:f}]", "name", "cc1", "cpu_seconds", 0.5);
    line = wire_write_answer(&a);
    ck_assert(wire_read_answer(&again, line, strlen(line) - 1));
    ck_assert_uint_eq(again.n, 3);
    ck_assert_uint_eq(again.port, 65535);
    ck_assert_uint_eq(again.http_port, 1);
    ck_assert_uint_eq(again.server_cpu_ns, a.server_cpu_ns);
    ck_assert_uint_eq(again.requests, 17);
    ck_assert_uint_eq(again.switches, 18);
    ck_assert_mem_eq(&again.memory, &a.memory, sizeof(a.memory));
    ck_assert_mem_eq(&again.kernel, &a.kernel, sizeof(a.kernel));
    ck_assert_uint_eq(again.nic.received, 1);
    ck_assert_uint_eq(again.nic.sent, 2);
    ck_assert_uint_eq(again.nic.packets, 3);
    ck_assert_uint_eq(again.nic.dropped, 4);
    ck_assert_uint_eq(again.nic.shaped, 5);
    ck_assert_uint_eq(again.nic.bits_per_second, 1000000000);
    ck_assert_double_eq(again.nic.conntrack, 0.25);
    ck_assert_double_eq(again.nic.seconds, 1.5);
    ck_assert_double_eq(again.run_queue_ns, 0);
    ck_assert_double_eq(again.stolen_seconds, 0.25);
    ck_assert_double_eq(again.foreign_seconds, -0.01);
    ck_assert_double_nan(again.others_seconds);
    ck_assert_double_eq(again.busy_seconds, 0.75);
    ck_assert_double_eq(again.cpu_seconds, 1.5);
    ck_assert_double_eq(again.stop_seconds, 1e-6);
    ck_assert_double_eq(again.pace_ns, 160.125);
    ck_assert_uint_eq(again.window_ns, 19);
    ck_assert_double_eq(again.connected_ns, 0.5);
    ck_assert_uint_eq(again.mtu, 1500);
    ck_assert(json_equal(again.others, a.others));
    ck_assert(json_equal(again.result, a.result));
    ck_assert_str_eq(again.error, "");
    free(line);
    wire_release_answer(&a);
    wire_release_answer(&again);
}

static const char *const no_answers[] = {
    "",
    "[1]",
    "{\"n\":1",
    "{\"n\":-1}",
    "{\"n\":0.5}",
    "{\"n\":9007199254740994}",
    "{\"port\":65536}",
    "{\"port\":\"80\"}",
    "{\"server_cpu_ns\":-5}",
    "{\"server_cpu_ns\":1e17}",
    "{\"run_queue_ns\":\"much\"}",
    "{\"run_queue_ns\":1e300}",
    "{\"stolen_seconds\":1e10}",
    "{\"stolen_seconds\":NaN}",
    "{\"stolen_seconds\":Infinity}",
    "{\"foreign_cpu_seconds\":-1e10}",
    "{\"kernel\":[-1]}",
    "{\"kernel\":[1e300]}",
    "{\"nic_sent_bytes\":-1}",
    "{\"conntrack\":1e300}",
};

TEST(what_is_no_answer_is_refused, .times = COUNT(no_answers))
{
    struct wire_answer a;

    ck_assert_msg(!wire_read_answer(&a, no_answers[_i], strlen(no_answers[_i])),
        "%s", no_answers[_i]);
    wire_release_answer(&a);
}

TEST(unknown_keys_are_ignored_and_missing_ones_are_nothing)
{
    static const char line[] = "{\"n\":1,\"colour\":\"red\",\"port\":null}";
    struct wire_answer a;

    ck_assert(wire_read_answer(&a, line, strlen(line)));
    ck_assert_uint_eq(a.port, 0);
    ck_assert_double_nan(a.pace_ns);
    ck_assert_double_nan(a.nic.seconds);
    ck_assert_ptr_null(a.others);
    wire_release_answer(&a);
}

TEST(texts_are_made_harmless_and_lists_cut)
{
    static const char line[] =
        "{\"n\":1,\"error\":\"\\u001b[31mred\\n\",\"others\":["
        "{\"name\":\"\\u202ea\",\"cpu_seconds\":1},7,"
        "{\"name\":\"b\",\"cpu_seconds\":-1},"
        "{\"name\":\"c\",\"cpu_seconds\":1}]}";
    struct wire_answer a;
    json_t *expected =
        json_pack("[{s:s, s:f}]", "name", "\\u{202e}a", "cpu_seconds", 1.0);

    ck_assert(wire_read_answer(&a, line, strlen(line)));
    ck_assert_str_eq(a.error, "\\u{1b}[31mred\\n");
    ck_assert(json_equal(a.others, expected));
    json_decref(expected);
    wire_release_answer(&a);
}

TEST(an_error_of_any_length_is_cut)
{
    char *line = malloc(WIRE_LINE_MAX + 1);
    struct wire_answer a;
    size_t n;

    ck_assert_ptr_nonnull(line);
    n = (size_t)sprintf(line, "{\"error\":\"");
    memset(line + n, 'x', 5000);
    n += 5000;
    n += (size_t)sprintf(line + n, "\"}");
    ck_assert(wire_read_answer(&a, line, n));
    ck_assert_uint_eq(strlen(a.error), sizeof(a.error) - 1);
    wire_release_answer(&a);
    memset(line, ' ', WIRE_LINE_MAX + 1);
    memcpy(line, "{}", 2);
    ck_assert(wire_read_answer(&a, line, WIRE_LINE_MAX));
    wire_release_answer(&a);
    ck_assert(!wire_read_answer(&a, line, WIRE_LINE_MAX + 1));
    wire_release_answer(&a);
    free(line);
}

TEST(a_hello_is_read_as_it_was_written)
{
    struct wire_hello again, h = { .protocol = WIRE_PROTOCOL,
        .version = "0.1",
        .boot_id = "b",
        .self = "0123456789abcdef",
        .address = "10.0.0.5",
        .pinned = true,
        .why = "w",
        .server_cpu = 3,
        .machine = json_pack("{s:s}", "id", "m"),
        .programs = json_pack("[{s:s}]", "name", "evented") };
    char *line;

    CPU_SET(2, &h.cpus);
    CPU_SET(1023, &h.cpus);
    line = wire_write_hello(&h);
    ck_assert(wire_read_hello(&again, line, strlen(line) - 1));
    ck_assert_uint_eq(again.protocol, WIRE_PROTOCOL);
    ck_assert_str_eq(again.version, "0.1");
    ck_assert_str_eq(again.boot_id, "b");
    ck_assert_str_eq(again.self, h.self);
    ck_assert_str_eq(again.address, "10.0.0.5");
    ck_assert(again.pinned);
    ck_assert_str_eq(again.why, "w");
    ck_assert_uint_eq(again.server_cpu, 3);
    ck_assert(CPU_EQUAL(&again.cpus, &h.cpus));
    ck_assert(json_equal(again.machine, h.machine));
    ck_assert(json_equal(again.programs, h.programs));
    free(line);
    wire_release_hello(&h);
    wire_release_hello(&again);
}

/* What of a host may change, and what is said of it. */
static const struct {
    struct wire_hello now;
    const char *program, *change;
} changes[] = {
    { { .boot_id = "b", .self = "s", .address = "a", .server_cpu = 1 },
        "evented", NULL },
    { { .boot_id = "c", .self = "t", .address = "a", .server_cpu = 1 },
        "evented", "it was started again" },
    { { .boot_id = "b", .self = "t", .address = "a", .server_cpu = 1 },
        "evented", "its programs are other ones" },
    { { .boot_id = "b", .self = "s", .address = "a", .server_cpu = 1 },
        "threaded", "its programs are other ones" },
    { { .boot_id = "b", .self = "s", .address = "b", .server_cpu = 1 },
        "evented", "it was reached at another address" },
    { { .boot_id = "b", .self = "s", .address = "a", .server_cpu = 2 },
        "evented", "its servers' processor is another one" },
    { { .boot_id = "b",
          .self = "s",
          .address = "a",
          .pinned = true,
          .server_cpu = 1 },
        "evented", "its servers' processor is another one" },
};

TEST(a_host_that_comes_back_is_as_it_was_or_not, .times = COUNT(changes))
{
    struct wire_hello before = changes[0].now, now = changes[_i].now;
    const char *change;

    before.programs = json_pack("[s]", changes[0].program);
    now.programs = json_pack("[s]", changes[_i].program);
    change = wire_change(&before, &now);
    if (changes[_i].change == NULL)
        ck_assert_ptr_null(change);
    else
        ck_assert_str_eq(change, changes[_i].change);
    wire_release_hello(&before);
    wire_release_hello(&now);
}

#define DEEP "[[[[[[[[[[1]]]]]]]]]]"

static const char *const no_hellos[] = {
    "Welcome to s1!",
    "{}",
    "{\"hello\":\"ssh\",\"machine\":{},\"programs\":[]}",
    "{\"hello\":\"threads-vs-events\",\"machine\":{}}",
    "{\"hello\":\"threads-vs-events\",\"programs\":[]}",
    "{\"hello\":\"threads-vs-events\",\"machine\":[],\"programs\":[]}",
    "{\"hello\":\"threads-vs-events\",\"protocol\":-1,\"machine\":{},"
    "\"programs\":[]}",
    "{\"hello\":\"threads-vs-events\",\"machine\":{\"a\":" DEEP "},"
    "\"programs\":[]}",
    "{\"hello\":\"threads-vs-events\",\"machine\":{},\"programs\":[],"
    "\"cpus\":[-1]}",
    "{\"hello\":\"threads-vs-events\",\"machine\":{},\"programs\":[],"
    "\"cpus\":[1024]}",
    "{\"hello\":\"threads-vs-events\",\"machine\":{},\"programs\":[],"
    "\"cpus\":[\"all\"]}",
};

TEST(what_is_no_hello_is_refused, .times = COUNT(no_hellos))
{
    struct wire_hello h;

    ck_assert_msg(!wire_read_hello(&h, no_hellos[_i], strlen(no_hellos[_i])),
        "%s", no_hellos[_i]);
    wire_release_hello(&h);
}
