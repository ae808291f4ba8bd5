#include "common/admission.h"

#include "common/limits.h"

/* Decide about a client. */
enum admission
admission_decide(
    size_t active, size_t max, size_t refusing, struct counters *counters)
{
    if (active < max) {
        counters_add(counters, COUNT_ACCEPTED, 1);
        return ADMITTED;
    }
    counters_add(counters, COUNT_REJECTED, 1);
    return refusing < LIMIT_REFUSING ? REFUSED : TURNED_AWAY;
}

/* Count an admitted client as rejected after all. */
void
admission_revoke(struct counters *counters)
{
    counters_add(counters, COUNT_ACCEPTED, (uint64_t)-1);
    counters_add(counters, COUNT_REJECTED, 1);
}
