#include "common/mishap.h"

/* What a request's numbers are for; each has draws of its own. */
enum draw {
    DRAW_OUTCOME,
    DRAW_STATUS,
    DRAW_DELAY,
};

/* The name of a door. */
const char *
mishap_door_name(enum mishap_door door)
{
    static const char *const names[] = {
        [MISHAP_LOCAL] = "local",
        [MISHAP_DELAY] = "delay",
        [MISHAP_ERROR] = "error",
    };

    return names[door];
}

/* The name of a fault. */
const char *
mishap_fault_name(enum mishap_fault fault)
{
    static const char *const names[] = {
        [MISHAP_NONE] = "none",
        [MISHAP_ABORT] = "abort",
        [MISHAP_CLOSE] = "close",
        [MISHAP_HANG] = "hang",
        [MISHAP_CUT] = "cut",
        [MISHAP_LONG] = "long",
        [MISHAP_TWICE] = "twice",
        [MISHAP_SLOW] = "slow",
        [MISHAP_GARBAGE] = "garbage",
        [MISHAP_BAD_CHUNK] = "bad-chunk",
        [MISHAP_LOOP] = "loop",
        [MISHAP_BARE_LF] = "bare-lf",
    };

    return names[fault];
}

/* Mix a number into a state: the step of SplitMix64, whose output depends on
 * every bit of both. */
static uint64_t
mix(uint64_t state, uint64_t number)
{
    state = (state ^ number) + UINT64_C(0x9e3779b97f4a7c15);
    state = (state ^ state >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    state = (state ^ state >> 27) * UINT64_C(0x94d049bb133111eb);
    return state ^ state >> 31;
}

/* A number below limit, less than 2^32, that a request draws. */
static uint64_t
draw(uint64_t request, enum draw which, uint64_t limit)
{
    return (mix(request, which) >> 32) * limit >> 32;
}

/* How long a request is delayed. */
static int64_t
draw_delay(const struct mishap_rules *rules, uint64_t request)
{
    const int64_t range = rules->delay_max_ms - rules->delay_min_ms;

    return rules->delay_min_ms +
           (int64_t)draw(request, DRAW_DELAY, (uint64_t)range + 1);
}

/* What befalls a request. */
struct mishap
mishap_of(const struct mishap_rules *rules, enum mishap_door door,
    const char *path, size_t length, uint32_t nth)
{
    uint64_t request = mix(mix(rules->seed, door), nth), outcome;
    struct mishap mishap = { 0 };
    bool fails = false, waits = door == MISHAP_DELAY;

    for (size_t i = 0; i < length; i++)
        request = mix(request, (unsigned char)path[i]);
    if (door == MISHAP_ERROR) {
        outcome = draw(request, DRAW_OUTCOME, MISHAP_CERTAIN);
        fails = outcome < rules->error_rate;
        waits = rules->all_delayed ||
                (!fails && outcome < rules->error_rate + rules->delay_rate);
    }
    if (waits)
        mishap.delay_ms = draw_delay(rules, request);
    if (fails) {
        mishap.status =
            rules->statuses[draw(request, DRAW_STATUS, rules->status_count)];
        mishap.fault = rules->fault;
    }
    return mishap;
}
