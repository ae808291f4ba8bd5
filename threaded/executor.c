#include "threaded/executor.h"

#include <stddef.h>

/* Call work. Twin: executor_submit. */
bool
executor_call(
    struct executor *executor, void (*work)(void *argument), void *argument)
{
    if (executor->stopped)
        return false;
    work(argument);
    return true;
}

/* Begin no further job. */
void
executor_stop(struct executor *executor)
{
    executor->stopped = true;
}
