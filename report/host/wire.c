#include "report/host/wire_inner.h"

#include "common/log.h"
#include "report/run/others.h"
#include "report/values.h"

#include <err.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NAME "threads-vs-events"

/* Bounds of what a hello may hold, besides the length of its line. */
#define DEPTH_MAX    8
#define ELEMENTS_MAX 512
#define SECONDS_MAX  1e9
#define PORT_MAX     65535
#define LONGEST_NS   UINT64_C(3600000000000) /* a window */
#define SLOWEST      1e-3                    /* requests per second */

static const char *const whats[WIRE_REQUESTS] = {
    [WIRE_PING] = "ping",
    [WIRE_START] = "start",
    [WIRE_LOOK] = "look",
    [WIRE_BEGIN] = "begin",
    [WIRE_END] = "end",
    [WIRE_NOTE] = "note",
    [WIRE_MEMORY] = "memory",
    [WIRE_COUNTER] = "counter",
    [WIRE_STOP] = "stop",
    [WIRE_PACE] = "pace",
    [WIRE_REACH] = "reach",
    [WIRE_LOAD] = "load",
    [WIRE_GROW] = "grow",
    [WIRE_WARM] = "warm",
    [WIRE_GO] = "go",
    [WIRE_DRAIN] = "drain",
    [WIRE_RESULT] = "result",
};

#define FIELD(key, member, max)                                                \
    {                                                                          \
        key, offsetof(struct wire_answer, member), max                         \
    }
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Whole numbers: 0 where they are not there. */
static const struct wire_field counts[] = {
    FIELD("n", n, 0x1p53),
    FIELD("port", port, PORT_MAX),
    FIELD("http_port", http_port, PORT_MAX),
    FIELD("server_cpu_ns", server_cpu_ns, 0x1p53),
    FIELD("requests", requests, 0x1p53),
    FIELD("switches", switches, 0x1p53),
    FIELD("pss_bytes", memory.pss, 0x1p53),
    FIELD("page_table_bytes", memory.page_tables, 0x1p53),
    FIELD("kernel_stack_bytes", memory.kernel_stacks, 0x1p53),
    FIELD("socket_buffer_bytes", memory.sockets, 0x1p53),
    FIELD("threads", memory.threads, 0x1p53),
    FIELD("nic_received_bytes", nic.received, 0x1p53),
    FIELD("nic_sent_bytes", nic.sent, 0x1p53),
    FIELD("nic_packets", nic.packets, 0x1p53),
    FIELD("nic_dropped", nic.dropped, 0x1p53),
    FIELD("nic_held_back", nic.shaped, 0x1p53),
    FIELD("nic_bits_per_second", nic.bits_per_second, 0x1p53),
    FIELD("window_ns", window_ns, 0x1p53),
    FIELD("mtu", mtu, INT32_MAX),
};

/* Others: NAN where they are not there. */
static const struct wire_field numbers[] = {
    FIELD("run_queue_ns", run_queue_ns, 0x1p53),
    FIELD("stolen_seconds", stolen_seconds, SECONDS_MAX),
    FIELD("foreign_cpu_seconds", foreign_seconds, SECONDS_MAX),
    FIELD("others_cpu_seconds", others_seconds, SECONDS_MAX),
    FIELD("busy_seconds", busy_seconds, SECONDS_MAX),
    FIELD("cpu_seconds", cpu_seconds, SECONDS_MAX),
    FIELD("stop_seconds", stop_seconds, SECONDS_MAX),
    FIELD("pace_ns", pace_ns, SECONDS_MAX),
    FIELD("nic_seconds", nic.seconds, SECONDS_MAX),
    FIELD("conntrack", nic.conntrack, SECONDS_MAX),
    FIELD("connected_ns", connected_ns, 0x1p53),
};

/* Whole numbers of a request to load. */
#define OF_LOAD(key, member, max)                                              \
    {                                                                          \
        key, offsetof(struct wire_request, member), max                        \
    }
static const struct wire_field load_counts[] = {
    OF_LOAD("port", port, 65535),
    OF_LOAD("http_port", http_port, 65535),
    OF_LOAD("connections", connections, 1e6),
    OF_LOAD("active", active, 1e6),
    OF_LOAD("part", part, WIRE_PARTS_MAX - 1),
    OF_LOAD("parts", parts, WIRE_PARTS_MAX),
    OF_LOAD("seed", seed, 0x1p53),
    OF_LOAD("cpu", cpu, CPU_SETSIZE - 1),
};
static const struct wire_field load_numbers[] = {
    OF_LOAD("rate", rate, 1e9),
    OF_LOAD("burst", burst, 1e9),
};

/* Add a value that the object takes over. */
void
wire_add(json_t *o, const char *key, json_t *value)
{
    if (json_object_set_new(o, key, value) == -1)
        err(1, "a line for another host");
}

/* Turn an object into a line, and free it. */
static char *
line_of(json_t *o)
{
    char *text = json_dumps(o, JSON_COMPACT), *line;

    json_decref(o);
    if (text == NULL || asprintf(&line, "%s\n", text) == -1)
        err(1, "a line for another host");
    free(text);
    return line;
}

/* Read a line as an object; NULL when it is none. */
static json_t *
object_of(const char *line, size_t length)
{
    json_t *o = length <= WIRE_LINE_MAX
                    ? json_loadb(line, length, JSON_REJECT_DUPLICATES, NULL)
                    : NULL;

    if (o != NULL && !json_is_object(o)) {
        json_decref(o);
        return NULL;
    }
    return o;
}

/* Read a whole number up to a bound; false when it is another thing. */
bool
wire_take_count(const json_t *o, const char *key, double max, uint64_t *n)
{
    const json_t *value = json_object_get(o, key);

    *n = get_count(o, key);
    return value == NULL || json_is_null(value) ||
           (get_number(o, key) >= 0 && get_number(o, key) <= max &&
               (double)*n == get_number(o, key));
}

/* Read a number within bounds; false when it is another thing. */
bool
wire_take_number(const json_t *o, const char *key, double max, double *x)
{
    const json_t *value = json_object_get(o, key);

    *x = get_number(o, key);
    return value == NULL || json_is_null(value) || fabs(*x) <= max;
}

/* Write those whole numbers that are not 0. */
void
wire_add_counts(
    json_t *o, const struct wire_field *fields, size_t count, const void *of)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t n;

        memcpy(&n, (const char *)of + fields[i].at, sizeof(n));
        if (n > 0)
            wire_add(o, fields[i].key, value_count(n));
    }
}

/* Write those numbers that are known. */
void
wire_add_numbers(
    json_t *o, const struct wire_field *fields, size_t count, const void *of)
{
    for (size_t i = 0; i < count; i++) {
        double x;

        memcpy(&x, (const char *)of + fields[i].at, sizeof(x));
        if (isfinite(x))
            wire_add(o, fields[i].key, json_real(x));
    }
}

/* Read all of them; false when one is another thing. */
bool
wire_take_counts(
    const json_t *o, const struct wire_field *fields, size_t count, void *of)
{
    bool good = true;

    for (size_t i = 0; i < count; i++) {
        uint64_t n;

        good = wire_take_count(o, fields[i].key, fields[i].max, &n) && good;
        memcpy((char *)of + fields[i].at, &n, sizeof(n));
    }
    return good;
}

/* Read all of them; false when one is another thing. */
bool
wire_take_numbers(
    const json_t *o, const struct wire_field *fields, size_t count, void *of)
{
    bool good = true;

    for (size_t i = 0; i < count; i++) {
        double x;

        good = wire_take_number(o, fields[i].key, fields[i].max, &x) && good;
        memcpy((char *)of + fields[i].at, &x, sizeof(x));
    }
    return good;
}

/* Take a text, harmless and as much of it as there is room for. */
void
wire_take_text(const json_t *o, const char *key, char *text, size_t size)
{
    const char *from = get_text(o, key);

    log_harmless(text, size, from, strlen(from));
}

/* --- Requests --- */

/* What a request has, besides what is asked for: a bit for each that has it. */
#define BIT(what)   (1U << WIRE_##what)
#define HAS_SERVER  (BIT(START) | BIT(LOAD))
#define HAS_ADDRESS (BIT(START) | BIT(LOAD) | BIT(REACH))
#define HAS_LOAD    (BIT(LOAD) | BIT(REACH) | BIT(GROW))
#define HAS_WINDOW  (BIT(LOAD) | BIT(NOTE))

/* Tell whether a request has something. */
static bool
has(const struct wire_request *r, unsigned whats_with_it)
{
    return (whats_with_it & (1U << r->what)) != 0;
}

/* Write one. */
char *
wire_write_request(const struct wire_request *r)
{
    json_t *o = json_object();

    if (r->what != WIRE_PING)
        wire_add(o, "n", value_count(r->n));
    wire_add(o, "do", json_string(whats[r->what]));
    if (has(r, HAS_SERVER)) {
        wire_add(o, "scenario", json_string(r->scenario->name));
        wire_add(o, "server", json_string(subjects[r->subject].name));
    }
    if (r->what == WIRE_START) {
        wire_add(o, "port_first", value_count(r->port_first));
        wire_add(o, "port_last", value_count(r->port_last));
    }
    if (has(r, HAS_ADDRESS))
        wire_add(o, "address", json_string(r->address));
    if (has(r, HAS_LOAD)) {
        wire_add(o, "from", json_string(r->from));
        wire_add(o, "pinned", json_boolean(r->pinned));
        wire_add(o, "closed", json_boolean(r->closed));
        wire_add_counts(o, load_counts, COUNT(load_counts), r);
        wire_add_numbers(o, load_numbers, COUNT(load_numbers), r);
    }
    if (has(r, HAS_WINDOW))
        wire_add(o, "window_ns", value_count(r->window_ns));
    return line_of(o);
}

/* Take an address, or what may be one; false when it is too long. */
static bool
take_address(const json_t *o, const char *key, char address[WIRE_ADDRESS_MAX])
{
    const char *from = get_text(o, key);

    if (strlen(from) >= WIRE_ADDRESS_MAX)
        return false;
    memcpy(address, from, strlen(from) + 1);
    return true;
}

/* Take what is to be started; false when there is no such server. */
static bool
take_server(struct wire_request *r, const json_t *o)
{
    const char *server = get_text(o, "server");
    int s = 0;

    r->scenario = scenario_find(get_text(o, "scenario"));
    while (s < SUBJECT_PEER && strcmp(subjects[s].name, server) != 0)
        s++;
    r->subject = (enum subject)s;
    return r->scenario != NULL && r->scenario->job == NULL &&
           s < SUBJECT_PEER && subjects[s].built[r->scenario->program] != NULL;
}

/* Take the ports that it may listen at; false when they are none. */
static bool
take_ports(struct wire_request *r, const json_t *o)
{
    return wire_take_count(o, "port_first", PORT_MAX, &r->port_first) &&
           wire_take_count(o, "port_last", PORT_MAX, &r->port_last) &&
           r->port_first <= r->port_last;
}

/* Take how it is to be loaded; false when one of these is another thing. */
static bool
take_load(struct wire_request *r, const json_t *o)
{
    r->pinned = get_bool(o, "pinned");
    r->closed = get_bool(o, "closed");
    return wire_take_counts(o, load_counts, COUNT(load_counts), r) &&
           wire_take_numbers(o, load_numbers, COUNT(load_numbers), r) &&
           take_address(o, "from", r->from) &&
           (r->what == WIRE_GROW || r->port > 0);
}

/* Tell whether a load can be like that: each part asks on a connection. */
static bool
is_load(const struct wire_request *r)
{
    bool open = r->scenario->way == LOAD_OPEN && !r->closed;

    return r->part < r->parts && r->active >= r->parts &&
           r->connections >= r->active && r->window_ns > 0 &&
           r->window_ns <= LONGEST_NS && r->burst >= 0 &&
           r->rate >= (open ? SLOWEST : 0);
}

/* Read one. */
bool
wire_read_request(struct wire_request *r, const char *line, size_t length)
{
    json_t *o = object_of(line, length);
    const char *what = get_text(o, "do");
    int w = 0;
    bool good;

    memset(r, 0, sizeof(*r));
    while (w < WIRE_REQUESTS && strcmp(whats[w], what) != 0)
        w++;
    r->what = (enum wire_what)w;
    good = o != NULL && w < WIRE_REQUESTS &&
           wire_take_count(o, "n", 0x1p53, &r->n) &&
           wire_take_count(o, "window_ns", 0x1p53, &r->window_ns) &&
           (!has(r, HAS_SERVER) || take_server(r, o)) &&
           (r->what != WIRE_START || take_ports(r, o)) &&
           (!has(r, HAS_ADDRESS) || take_address(o, "address", r->address)) &&
           (!has(r, HAS_LOAD) || take_load(r, o)) &&
           (r->what != WIRE_LOAD || is_load(r));
    json_decref(o);
    return good;
}

/* --- Answers --- */

/* Make an empty one. */
void
wire_begin_answer(struct wire_answer *a)
{
    const double none = NAN;

    memset(a, 0, sizeof(*a));
    for (size_t i = 0; i < COUNT(numbers); i++)
        memcpy((char *)a + numbers[i].at, &none, sizeof(none));
}

/* Write those numbers that are there. */
char *
wire_write_answer(const struct wire_answer *a)
{
    json_t *o = json_object(), *kernel = json_array();

    wire_add_counts(o, counts, COUNT(counts), a);
    wire_add_numbers(o, numbers, COUNT(numbers), a);
    for (size_t i = 0; i < KERNEL_COUNTERS; i++)
        json_array_append_new(kernel, value_count(a->kernel.value[i]));
    wire_add(o, "kernel", kernel);
    if (a->others != NULL)
        wire_add(o, "others", json_incref(a->others));
    if (a->result != NULL)
        wire_add(o, "result", json_incref(a->result));
    if (a->error[0] != '\0')
        wire_add(o, "error", value_text(a->error));
    return line_of(o);
}

/* Take the kernel's counters; false when one is no number. */
static bool
take_kernel(struct wire_answer *a, const json_t *all)
{
    for (size_t i = 0; i < KERNEL_COUNTERS; i++) {
        const json_t *one = json_array_get(all, i);
        double x = json_is_number(one) ? json_number_value(one) : 0;

        if (!(x >= 0 && x <= 0x1p53))
            return false;
        a->kernel.value[i] = (uint64_t)x;
    }
    return true;
}

/* Take who else ran there. */
static json_t *
take_others(const json_t *all)
{
    json_t *others = json_array();
    const json_t *one;
    char name[64];
    double seconds;
    size_t i;

    json_array_foreach(all, i, one) {
        wire_take_text(one, "name", name, sizeof(name));
        if (i < OTHERS_NAMED &&
            wire_take_number(one, "cpu_seconds", SECONDS_MAX, &seconds) &&
            seconds >= 0)
            json_array_append_new(
                others, json_pack("{s:o, s:f}", "name", value_text(name),
                            "cpu_seconds", seconds));
    }
    return others;
}

/* Read one. */
bool
wire_read_answer(struct wire_answer *a, const char *line, size_t length)
{
    json_t *o = object_of(line, length);
    bool good = o != NULL;

    wire_begin_answer(a);
    good = wire_take_counts(o, counts, COUNT(counts), a) && good;
    good = wire_take_numbers(o, numbers, COUNT(numbers), a) && good;
    good = take_kernel(a, json_object_get(o, "kernel")) && good;
    if (json_is_array(json_object_get(o, "others")))
        a->others = take_others(json_object_get(o, "others"));
    a->result = json_incref(json_object_get(o, "result"));
    wire_take_text(o, "error", a->error, sizeof(a->error));
    json_decref(o);
    return good;
}

/* Free it. */
void
wire_release_answer(struct wire_answer *a)
{
    json_decref(a->others);
    json_decref(a->result);
    a->others = a->result = NULL;
}

/* --- The greeting --- */

/* List processors, as many as a list may have. */
static json_t *
list_cpus(const cpu_set_t *cpus)
{
    json_t *all = json_array();

    for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, cpus) && json_array_size(all) < ELEMENTS_MAX)
            json_array_append_new(all, value_count(cpu));
    return all;
}

/* Take such a list; false when something else is in it. */
static bool
take_cpus(cpu_set_t *cpus, const json_t *all)
{
    const json_t *one;
    size_t i;

    CPU_ZERO(cpus);
    json_array_foreach(all, i, one) {
        json_int_t cpu = json_is_integer(one) ? json_integer_value(one) : -1;

        if (cpu < 0 || cpu >= CPU_SETSIZE)
            return false;
        CPU_SET((size_t)cpu, cpus);
    }
    return true;
}

/* Write it. */
char *
wire_write_hello(const struct wire_hello *h)
{
    json_t *o = json_object();

    wire_add(o, "hello", json_string(NAME));
    wire_add(o, "protocol", value_count(h->protocol));
    wire_add(o, "version", json_string(h->version));
    wire_add(o, "boot_id", json_string(h->boot_id));
    wire_add(o, "self", json_string(h->self));
    wire_add(o, "address", json_string(h->address));
    wire_add(o, "pinned", json_boolean(h->pinned));
    wire_add(o, "why", json_string(h->why));
    wire_add(o, "server_cpu", value_count(h->server_cpu));
    wire_add(o, "cpus", list_cpus(&h->cpus));
    wire_add(o, "machine", json_incref(h->machine));
    wire_add(o, "programs", json_incref(h->programs));
    return line_of(o);
}

/* Tell whether a value lies no deeper and is no longer than a report's. */
static bool
is_modest(json_t *value, int depth)
{
    const char *key;
    json_t *item;
    size_t i;

    if (depth > DEPTH_MAX || json_object_size(value) > ELEMENTS_MAX ||
        json_array_size(value) > ELEMENTS_MAX)
        return false;
    json_object_foreach(value, key, item)
        if (!is_modest(item, depth + 1))
            return false;
    json_array_foreach(value, i, item)
        if (!is_modest(item, depth + 1))
            return false;
    return true;
}

/* Read it. */
bool
wire_read_hello(struct wire_hello *h, const char *line, size_t length)
{
    json_t *o = object_of(line, length);
    bool good =
        o != NULL && is_modest(o, 0) && strcmp(get_text(o, "hello"), NAME) == 0;

    memset(h, 0, sizeof(*h));
    good = wire_take_count(o, "protocol", 0x1p53, &h->protocol) && good;
    good = wire_take_count(o, "server_cpu", 65535, &h->server_cpu) && good;
    wire_take_text(o, "version", h->version, sizeof(h->version));
    wire_take_text(o, "boot_id", h->boot_id, sizeof(h->boot_id));
    wire_take_text(o, "self", h->self, sizeof(h->self));
    wire_take_text(o, "address", h->address, sizeof(h->address));
    wire_take_text(o, "why", h->why, sizeof(h->why));
    h->pinned = get_bool(o, "pinned");
    good = take_cpus(&h->cpus, json_object_get(o, "cpus")) && good;
    h->machine = json_incref(json_object_get(o, "machine"));
    h->programs = json_incref(json_object_get(o, "programs"));
    json_decref(o);
    return good && json_is_object(h->machine) && json_is_array(h->programs);
}

/* Free it. */
void
wire_release_hello(struct wire_hello *h)
{
    json_decref(h->machine);
    json_decref(h->programs);
    h->machine = h->programs = NULL;
}

/* Compare them. */
const char *
wire_change(const struct wire_hello *before, const struct wire_hello *now)
{
    if (strcmp(before->boot_id, now->boot_id) != 0)
        return "it was started again";
    if (strcmp(before->self, now->self) != 0 ||
        !json_equal(before->programs, now->programs))
        return "its programs are other ones";
    if (strcmp(before->address, now->address) != 0)
        return "it was reached at another address";
    if (before->pinned != now->pinned || before->server_cpu != now->server_cpu)
        return "its servers' processor is another one";
    return NULL;
}
