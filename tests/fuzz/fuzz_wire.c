/*
 * What an agent on another host may say, or may be asked: what is read has its
 * bounds, and is read again as it was when it is written. The first byte
 * chooses which of the three it is; the rest is the line.
 */
#include "report/host/wire.h"

#include "tests/fuzz/fuzz.h"

#include <math.h>

/* Whether nothing in a text moves a terminal. */
static void
assert_harmless(const char *text, size_t size)
{
    assert(memchr(text, '\0', size) != NULL);
    for (; *text != '\0'; text++)
        assert((unsigned char)*text >= ' ' && *text != 0x7f);
}

/* A request. */
static void
try_request(const char *line, size_t length)
{
    struct wire_request r, again;
    char *text;

    if (!wire_read_request(&r, line, length))
        return;
    assert(r.what < WIRE_REQUESTS);
    assert((r.what != WIRE_START && r.what != WIRE_LOAD) ||
           r.scenario->job == NULL);
    if (r.what == WIRE_LOAD) {
        assert(r.parts <= r.active && r.active <= r.connections);
        assert(r.part < r.parts && r.rate >= 0 && r.rate <= 1e9);
    }
    text = wire_write_request(&r);
    assert(wire_read_request(&again, text, strlen(text) - 1));
    assert(again.what == r.what && again.scenario == r.scenario);
    assert(r.what == WIRE_PING || again.n == r.n);
    assert(strcmp(again.address, r.address) == 0);
    assert(r.port_first <= r.port_last && r.port_last <= 65535);
    assert(again.port_first == r.port_first && again.port_last == r.port_last);
    assert(r.what != WIRE_LOAD || again.connections == r.connections);
    free(text);
}

/* A result: what is believed of it goes together. */
static void
try_result(const json_t *o)
{
    struct run run, again;
    json_t *written;

    run_init(&run, scenario_find("open-50"));
    if (wire_take_result(&run, o)) {
        assert_harmless(run.totals.problem, sizeof(run.totals.problem));
        assert(run.tally.replies <= run.totals.replies);
        assert(histogram_count(run.tally.latency) <= run.tally.intended);
        assert(run.fine->count <= 16384);
        written = wire_result(&run);
        run_init(&again, run.scenario);
        assert(wire_take_result(&again, written));
        assert(memcmp(again.tally.latency, run.tally.latency,
                   sizeof(*run.tally.latency)) == 0);
        run_release(&again);
        json_decref(written);
    }
    run_release(&run);
}

/* An answer. */
static void
try_answer(const char *line, size_t length)
{
    struct wire_answer a, again;
    char *text;

    if (wire_read_answer(&a, line, length)) {
        assert(a.port <= 65535 && a.http_port <= 65535);
        assert(!(fabs(a.foreign_seconds) > 1e9));
        assert_harmless(a.error, sizeof(a.error));
        text = wire_write_answer(&a);
        assert(wire_read_answer(&again, text, strlen(text) - 1));
        assert(again.n == a.n && again.server_cpu_ns == a.server_cpu_ns);
        assert(memcmp(&again.kernel, &a.kernel, sizeof(a.kernel)) == 0);
        assert(again.nic.sent == a.nic.sent);
        assert(json_equal(again.others, a.others) || a.others == NULL);
        wire_release_answer(&again);
        free(text);
        if (a.result != NULL)
            try_result(a.result);
    }
    wire_release_answer(&a);
}

/* A greeting. */
static void
try_hello(const char *line, size_t length)
{
    struct wire_hello h;
    char *text;

    if (wire_read_hello(&h, line, length)) {
        assert_harmless(h.version, sizeof(h.version));
        assert_harmless(h.address, sizeof(h.address));
        text = wire_write_hello(&h);
        free(text);
    }
    wire_release_hello(&h);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const tries[])(const char *line,
        size_t length) = { try_request, try_answer, try_hello };
    uint8_t which = fuzz_take(&data, &size);
    char *line = fuzz_copy(data, size);

    tries[which % 3](line, size);
    free(line);
    return 0;
}
