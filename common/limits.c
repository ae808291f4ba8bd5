#include "common/limits.h"

/* The defaults, given how many descriptors the process may have. */
struct limits
limits_default(size_t descriptors)
{
    return (struct limits) {
        .max_connections = descriptors > LIMIT_DESCRIPTORS_KEPT
                               ? descriptors - LIMIT_DESCRIPTORS_KEPT
                               : 1,
        .max_line = 1024,
        .line_ms = 10000,
        .idle_ms = 300000,
        .stall_ms = 30000,
        .drain_ms = 10000,
    };
}
