/*
 * crowd - what goes on beside the measured load: clients that pull large
 * answers, read or send slowly, or just wait.
 *
 * It is a load (see load.h) in a thread of its own that the kernel lets run
 * when the measuring thread has nothing to do, and takes the processor from at
 * once when it has (SCHED_IDLE). So who measures keeps its time however much
 * the crowd has to read.
 */
#ifndef REPORT_CROWD_H
#define REPORT_CROWD_H

#include "report/load/load.h"

struct crowd;

/* What a crowd got since it came. */
struct crowd_got {
    uint64_t replies; /* whole ones */
    uint64_t bytes;   /* received; of slow senders, sent */
};

/*
 * Start group->connections_max background clients; return when all are
 * connected and active. End the program when memory, descriptors or threads run
 * out. What went wrong meanwhile, the arrival included, crowd_leave() tells.
 */
struct crowd *crowd_come(const struct load_group *group);

/* Return what it got so far, as it was within the last 10 ms. */
struct crowd_got crowd_got(const struct crowd *c);

/*
 * Let it finish what it is at, as load_drain() does, close its connections,
 * and add what happened on them to `totals`, whose first problem stands. The
 * crowd is freed.
 */
void crowd_leave(struct crowd *c, struct load_totals *totals);

#endif
