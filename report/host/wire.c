#include "report/host/wire.h"

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
};

/* A number of an answer. */
struct field {
    const char *key;
    size_t at;
    double max;
};

#define FIELD(key, member, max)                                                \
    {                                                                          \
        key, offsetof(struct wire_answer, member), max                         \
    }

/* Whole numbers: 0 where they are not there. */
static const struct field counts[] = {
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
};

/* Others: NAN where they are not there. */
static const struct field numbers[] = {
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
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Add a value that the object takes over. */
static void
add(json_t *o, const char *key, json_t *value)
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
static bool
take_count(const json_t *o, const char *key, double max, uint64_t *n)
{
    const json_t *value = json_object_get(o, key);

    *n = get_count(o, key);
    return value == NULL || json_is_null(value) ||
           (get_number(o, key) >= 0 && get_number(o, key) <= max &&
               (double)*n == get_number(o, key));
}

/* Read a number within bounds; false when it is another thing. */
static bool
take_number(const json_t *o, const char *key, double max, double *x)
{
    const json_t *value = json_object_get(o, key);

    *x = get_number(o, key);
    return value == NULL || json_is_null(value) || fabs(*x) <= max;
}

/* Take a text, harmless and as much of it as there is room for. */
static void
take_text(const json_t *o, const char *key, char *text, size_t size)
{
    const char *from = get_text(o, key);

    log_harmless(text, size, from, strlen(from));
}

/* --- Requests --- */

/* Write one. */
char *
wire_write_request(const struct wire_request *r)
{
    json_t *o = json_object();

    if (r->what != WIRE_PING)
        add(o, "n", value_count(r->n));
    add(o, "do", json_string(whats[r->what]));
    if (r->what == WIRE_START) {
        add(o, "scenario", json_string(r->scenario->name));
        add(o, "server", json_string(subjects[r->subject].name));
        add(o, "address", json_string(r->address));
        add(o, "port_first", value_count(r->port_first));
        add(o, "port_last", value_count(r->port_last));
    }
    if (r->what == WIRE_NOTE)
        add(o, "window_ns", value_count(r->window_ns));
    return line_of(o);
}

/* Take what is to be started; false when there is no such server. */
static bool
take_server(struct wire_request *r, const json_t *o)
{
    const char *server = get_text(o, "server");
    const char *address = get_text(o, "address");
    int s = 0;

    r->scenario = scenario_find(get_text(o, "scenario"));
    while (s < SUBJECT_PEER && strcmp(subjects[s].name, server) != 0)
        s++;
    r->subject = (enum subject)s;
    if (r->scenario == NULL || r->scenario->job != NULL || s == SUBJECT_PEER ||
        subjects[s].built[r->scenario->program] == NULL ||
        strlen(address) >= sizeof(r->address) ||
        !take_count(o, "port_first", PORT_MAX, &r->port_first) ||
        !take_count(o, "port_last", PORT_MAX, &r->port_last) ||
        r->port_first > r->port_last)
        return false;
    memcpy(r->address, address, strlen(address) + 1);
    return true;
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
           take_count(o, "n", 0x1p53, &r->n) &&
           take_count(o, "window_ns", 0x1p53, &r->window_ns) &&
           (w != WIRE_START || take_server(r, o));
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

    for (size_t i = 0; i < COUNT(counts); i++) {
        uint64_t n;

        memcpy(&n, (const char *)a + counts[i].at, sizeof(n));
        if (n > 0)
            add(o, counts[i].key, value_count(n));
    }
    for (size_t i = 0; i < COUNT(numbers); i++) {
        double x;

        memcpy(&x, (const char *)a + numbers[i].at, sizeof(x));
        if (isfinite(x))
            add(o, numbers[i].key, json_real(x));
    }
    for (size_t i = 0; i < KERNEL_COUNTERS; i++)
        json_array_append_new(kernel, value_count(a->kernel.value[i]));
    add(o, "kernel", kernel);
    if (a->others != NULL)
        add(o, "others", json_incref(a->others));
    if (a->error[0] != '\0')
        add(o, "error", value_text(a->error));
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
        take_text(one, "name", name, sizeof(name));
        if (i < OTHERS_NAMED &&
            take_number(one, "cpu_seconds", SECONDS_MAX, &seconds) &&
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
    for (size_t i = 0; i < COUNT(counts); i++) {
        uint64_t n;

        good = take_count(o, counts[i].key, counts[i].max, &n) && good;
        memcpy((char *)a + counts[i].at, &n, sizeof(n));
    }
    for (size_t i = 0; i < COUNT(numbers); i++) {
        double x;

        good = take_number(o, numbers[i].key, numbers[i].max, &x) && good;
        memcpy((char *)a + numbers[i].at, &x, sizeof(x));
    }
    good = take_kernel(a, json_object_get(o, "kernel")) && good;
    if (json_is_array(json_object_get(o, "others")))
        a->others = take_others(json_object_get(o, "others"));
    take_text(o, "error", a->error, sizeof(a->error));
    json_decref(o);
    return good;
}

/* Free it. */
void
wire_release_answer(struct wire_answer *a)
{
    json_decref(a->others);
    a->others = NULL;
}

/* --- The greeting --- */

/* Write it. */
char *
wire_write_hello(const struct wire_hello *h)
{
    json_t *o = json_object();

    add(o, "hello", json_string(NAME));
    add(o, "protocol", value_count(h->protocol));
    add(o, "version", json_string(h->version));
    add(o, "boot_id", json_string(h->boot_id));
    add(o, "self", json_string(h->self));
    add(o, "address", json_string(h->address));
    add(o, "pinned", json_boolean(h->pinned));
    add(o, "why", json_string(h->why));
    add(o, "server_cpu", value_count(h->server_cpu));
    add(o, "machine", json_incref(h->machine));
    add(o, "programs", json_incref(h->programs));
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
    good = take_count(o, "protocol", 0x1p53, &h->protocol) && good;
    good = take_count(o, "server_cpu", 65535, &h->server_cpu) && good;
    take_text(o, "version", h->version, sizeof(h->version));
    take_text(o, "boot_id", h->boot_id, sizeof(h->boot_id));
    take_text(o, "self", h->self, sizeof(h->self));
    take_text(o, "address", h->address, sizeof(h->address));
    take_text(o, "why", h->why, sizeof(h->why));
    h->pinned = get_bool(o, "pinned");
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
