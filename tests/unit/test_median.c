#include "report/median.h"

#include "tests/unit/unit.h"

#include <math.h>

TEST(the_median_is_the_middle)
{
    double odd[] = { 5, 1, 3 }, even[] = { 4, 1, 3, 2 };

    ck_assert_double_eq(median_of(odd, 3), 3);
    ck_assert_double_eq(median_of(even, 4), 2.5);
}

TEST(of_nothing_there_is_none)
{
    double none[] = { 1 };

    ck_assert_double_nan(median_of(none, 0));
}
