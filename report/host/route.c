#include "report/host/route.h"

#include "report/run/measure.h"
#include "report/values.h"

#include <stdio.h>

/* Make one run of the smallest scenario. */
double
route_try(const struct plan *plan, char *why, size_t size)
{
    const struct stage stage = { .scenario = scenario_find("reply-1") };
    const struct order order = { .stages = &stage,
        .count = 1,
        .subject = SUBJECT_EVENTED,
        .arm = "twin",
        .block = 1,
        .position = 1 };
    json_t *runs = measure(&order, plan);
    const json_t *run = json_array_get(runs, 0);
    double ns = get_number(json_object_get(run, "latency_ns"), "min");

    if (why != NULL)
        snprintf(why, size, "%s", get_text(run, "invalid"));
    json_decref(runs);
    return ns;
}
