#include "common/limits.h"

#include "tests/unit/unit.h"

TEST(the_defaults_are_those_of_the_help)
{
    const struct limits limits = limits_default(1024);

    ck_assert_uint_eq(limits.max_line, 1024);
    ck_assert_int_eq(limits.line_ms, 10000);
    ck_assert_int_eq(limits.idle_ms, 300000);
    ck_assert_int_eq(limits.stall_ms, 30000);
    ck_assert_int_eq(limits.lame_duck_ms, 0);
    ck_assert_int_eq(limits.drain_ms, 10000);
}

/* How many connections so many descriptors allow. */
static const struct {
    size_t descriptors, connections;
} rooms[] = {
    { 0, 1 },
    { 1, 1 },
    { LIMIT_DESCRIPTORS_KEPT - 1, 1 },
    { LIMIT_DESCRIPTORS_KEPT, 1 },
    { LIMIT_DESCRIPTORS_KEPT + 1, 1 },
    { LIMIT_DESCRIPTORS_KEPT + 2, 2 },
    { 64, 64 - LIMIT_DESCRIPTORS_KEPT },
    { 1024, 1024 - LIMIT_DESCRIPTORS_KEPT },
    { 1048576, 1048576 - LIMIT_DESCRIPTORS_KEPT },
    { SIZE_MAX, SIZE_MAX - LIMIT_DESCRIPTORS_KEPT },
};

TEST(connections_leave_a_reserve_of_descriptors, .times = COUNT(rooms))
{
    ck_assert_uint_eq(limits_default(rooms[_i].descriptors).max_connections,
        rooms[_i].connections);
}
