#include "report/host/route.h"

#include "report/run/measure.h"
#include "report/values.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

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

/* Ask a socket that could send there, and does not. */
uint64_t
route_mtu(const struct plan *plan)
{
    const struct sockaddr_in to = { .sin_family = AF_INET,
        .sin_port = htons(1),
        .sin_addr.s_addr = htonl(plan->placement.path->to) };
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), mtu = 0;
    socklen_t size = sizeof(mtu);

    if (fd == -1)
        return 0;
    if (connect(fd, (const struct sockaddr *)&to, sizeof(to)) == -1 ||
        getsockopt(fd, IPPROTO_IP, IP_MTU, &mtu, &size) == -1)
        mtu = 0;
    close(fd);
    return mtu > 0 ? (uint64_t)mtu : 0;
}
