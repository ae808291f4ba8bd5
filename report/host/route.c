#include "report/host/route.h"

#include "report/run/measure.h"
#include "report/values.h"

#include <assert.h>
#include <stdio.h>

/* Make one run of it. */
double
route_try(const struct plan *plan, const char *scenario, char *why, size_t size)
{
    const struct scenario *s = scenario_find(scenario);
    struct scenario alone;
    const struct stage stage = { .scenario = &alone };
    const struct order order = { .stages = &stage,
        .count = 1,
        .subject = SUBJECT_EVENTED,
        .arm = "twin",
        .block = 1,
        .position = 1 };
    const json_t *run;
    json_t *runs;
    double ns;

    assert(s != NULL);
    alone = *s;
    alone.connections = 1;
    runs = measure(&order, plan);
    run = json_array_get(runs, 0);
    ns = get_number(json_object_get(run, "latency_ns"), "min");
    if (why != NULL)
        snprintf(why, size, "%s", get_text(run, "invalid"));
    json_decref(runs);
    return ns;
}
