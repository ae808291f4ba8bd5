#include "report/run/machine.h"

#include "report/clock.h"
#include "report/run/hiccups.h"
#include "report/values.h"

#include <err.h>
#include <event2/event-config.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#define CLOCK_READINGS 1000000
#define FNV_BASIS      UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME      UINT64_C(0x100000001b3)

/* The Makefile says how it compiled. */
#ifndef BUILD_FLAGS
#define BUILD_FLAGS "unknown"
#endif
#ifndef BUILD_COMMIT
#define BUILD_COMMIT "unknown"
#endif

/* Kernel settings that change what a server or a load on loopback can do. */
static const char *const settings[] = {
    "fs/file-max",
    "kernel/pid_max",
    "kernel/randomize_va_space",
    "kernel/sched_schedstats",
    "kernel/threads-max",
    "net/core/somaxconn",
    "net/core/wmem_max",
    "net/ipv4/ip_local_port_range",
    "net/ipv4/tcp_congestion_control",
    "net/ipv4/tcp_max_syn_backlog",
    "net/ipv4/tcp_max_tw_buckets",
    "net/ipv4/tcp_mem",
    "net/ipv4/tcp_rmem",
    "net/ipv4/tcp_slow_start_after_idle",
    "net/ipv4/tcp_tw_reuse",
    "net/ipv4/tcp_wmem",
    "vm/max_map_count",
    "vm/overcommit_memory",
};

/* Read the first line of a file as a JSON string, or null. */
static json_t *
first_line(const char *path)
{
    char line[2048];
    FILE *in = fopen(path, "re");
    json_t *result = NULL;

    if (in == NULL)
        return json_null();
    if (fgets(line, sizeof(line), in) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        result = json_string(line);
    }
    fclose(in);
    return result != NULL ? result : json_null();
}

/* Read the processor's name. */
static json_t *
processor_name(void)
{
    char line[512], name[256];
    FILE *in = fopen("/proc/cpuinfo", "re");
    json_t *result = NULL;

    if (in == NULL)
        return json_null();
    while (result == NULL && fgets(line, sizeof(line), in) != NULL)
        if (sscanf(line, "model name : %255[^\n]", name) == 1)
            result = json_string(name);
    fclose(in);
    return result != NULL ? result : json_null();
}

/* Describe one resource limit as soft and hard value; null = no limit. */
static json_t *
limit(__rlimit_resource_t which)
{
    struct rlimit l;

    if (getrlimit(which, &l) == -1)
        return json_null();
    return json_pack("{s:o, s:o}", "soft",
        l.rlim_cur == RLIM_INFINITY ? json_null()
                                    : json_integer((json_int_t)l.rlim_cur),
        "hard",
        l.rlim_max == RLIM_INFINITY ? json_null()
                                    : json_integer((json_int_t)l.rlim_max));
}

/* Measure what a clock reading costs and the smallest step it shows. */
static json_t *
describe_clock(void)
{
    uint64_t start = clock_ns(), last = start, step = UINT64_MAX;

    for (int i = 0; i < CLOCK_READINGS; i++) {
        uint64_t now = clock_ns();

        if (now != last && now - last < step)
            step = now - last;
        last = now;
    }
    return json_pack("{s:s, s:o, s:f, s:I}", "clock", "CLOCK_MONOTONIC",
        "source",
        first_line("/sys/devices/system/clocksource/clocksource0/"
                   "current_clocksource"),
        "reading_ns", (double)(last - start) / CLOCK_READINGS, "step_ns",
        (json_int_t)step);
}

/* Collect the kernel settings. */
static json_t *
describe_settings(void)
{
    json_t *all = json_object();

    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
        char path[128];

        snprintf(path, sizeof(path), "/proc/sys/%s", settings[i]);
        json_object_set_new(all, settings[i], first_line(path));
    }
    return all;
}

/* Begin, or go on with, an FNV-1a hash (Fowler, Noll and Vo, 1991). */
static uint64_t
hash_text(uint64_t hash, const char *text)
{
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * FNV_PRIME;
    return hash;
}

/* Hash what makes a machine another one. */
static json_t *
machine_id(const struct utsname *u, const struct sysinfo *info)
{
    json_t *parts[] = { first_line("/etc/machine-id"), processor_name() };
    uint64_t bytes = (uint64_t)info->totalram * info->mem_unit;
    uint64_t hash = FNV_BASIS;
    char numbers[64];

    for (size_t i = 0; i < 2; i++) {
        const char *text = json_string_value(parts[i]);

        hash = hash_text(hash, text != NULL ? text : "?");
        json_decref(parts[i]);
    }
    /* To the gigabyte: the kernel keeps a little more or less for itself. */
    snprintf(numbers, sizeof(numbers), "/%ld/%" PRIu64,
        sysconf(_SC_NPROCESSORS_ONLN), bytes >> 30);
    hash = hash_text(hash_text(hash, numbers), u->release);
    return value_digest(hash);
}

/* Say which kernel it is. */
static json_t *
describe_kernel(const struct utsname *u)
{
    return json_pack("{s:s, s:s, s:s, s:s}", "system", u->sysname, "release",
        u->release, "version", u->version, "machine", u->machine);
}

/* Describe everything. */
json_t *
machine_describe(const int *cpus, size_t n)
{
    struct utsname u = { 0 };
    struct sysinfo info = { 0 };
    json_t *o;

    uname(&u);
    sysinfo(&info);
    o = json_pack("{s:o, s:o, s:o, s:o, s:i, s:I, s:{s:o, s:o, s:o}, s:o, s:o,"
                  " s:o, s:o, s:o, s:o, s:s, s:s, s:s, s:s}",
        "id", machine_id(&u, &info), "uname", describe_kernel(&u),
        "kernel_command_line", first_line("/proc/cmdline"), "processor",
        processor_name(), "processors_online",
        (int)sysconf(_SC_NPROCESSORS_ONLN), "memory_bytes",
        (json_int_t)info.totalram * (json_int_t)info.mem_unit, "limits",
        "open_files", limit(RLIMIT_NOFILE), "processes", limit(RLIMIT_NPROC),
        "stack_bytes", limit(RLIMIT_STACK), "clock", describe_clock(),
        "hiccups", hiccups_measure(cpus, n), "mitigations_spectre_v2",
        first_line("/sys/devices/system/cpu/vulnerabilities/spectre_v2"),
        "hypervisor", first_line("/sys/hypervisor/type"),
        "transparent_hugepages",
        first_line("/sys/kernel/mm/transparent_hugepage/enabled"), "settings",
        describe_settings(), "compiler", __VERSION__, "compiler_flags",
        BUILD_FLAGS, "commit", BUILD_COMMIT, "libevent", EVENT__VERSION);
    if (o == NULL)
        errx(1, "the machine cannot be described");
    return o;
}

/* Hash a file byte by byte. */
json_t *
machine_file_hash(const char *path)
{
    uint64_t hash = FNV_BASIS;
    FILE *in = fopen(path, "re");
    int c;

    if (in == NULL)
        return json_null();
    while ((c = getc_unlocked(in)) != EOF)
        hash = (hash ^ (unsigned)c) * FNV_PRIME;
    fclose(in);
    return value_digest(hash);
}

/* Hash their hashes. */
json_t *
machine_programs_hash(const json_t *programs)
{
    uint64_t hash = FNV_BASIS;
    const json_t *program;
    size_t i;

    json_array_foreach(programs, i, program)
        hash = hash_text(hash, get_text(program, "fnv1a"));
    return value_digest(hash);
}
