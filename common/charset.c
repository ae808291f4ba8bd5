#include "common/charset.h"

#include "common/charindex_data.h"

/* Make set the rows before high. */
void
charset_all(struct charset *set, uint32_t high)
{
    set->low = set->all = set->choices = 0;
    set->high = high;
}

/* Make set empty. */
void
charset_none(struct charset *set)
{
    charset_all(set, 0);
}

/* Demand of set that rows occur in these runs, shortest lists first. */
bool
charset_require(struct charset *set, uint32_t at, uint32_t end)
{
    uint32_t place = set->all;

    for (uint32_t i = 0; i < set->all; i++) {
        if (set->list[i].at == at)
            return true;
    }
    if (place == CHARSET_LISTS)
        return false;
    while (place > 0 &&
           set->list[place - 1].end - set->list[place - 1].at > end - at) {
        set->list[place] = set->list[place - 1];
        place--;
    }
    set->list[place].at = at;
    set->list[place].end = end;
    set->all++;
    return true;
}

/* Let rows of set occur in these runs instead of other choices. */
bool
charset_choose(struct charset *set, uint32_t at, uint32_t end)
{
    const uint32_t place = set->all + set->choices;

    if (place == CHARSET_LISTS)
        return false;
    set->list[place].at = at;
    set->list[place].end = end;
    set->choices++;
    return true;
}

/* The first row of a run. */
static uint32_t
run_start(uint32_t run)
{
    return charindex_runs[run] >> CHARINDEX_RUN_BITS;
}

/* The row after the last of a run. */
static uint32_t
run_end(uint32_t run)
{
    return run_start(run) + (charindex_runs[run] & (CHARINDEX_RUN_MAX - 1)) + 1;
}

/* The first run from at on, but before end, that ends after row; end if none.
 * Looks further and further ahead, then halves: a short way stays short. */
static uint32_t
run_after(uint32_t at, uint32_t end, uint32_t row)
{
    uint32_t step, high;

    if (at == end || run_end(at) > row)
        return at;
    for (step = 1; step < end - at && run_end(at + step) <= row; step *= 2)
        at += step;
    high = step < end - at ? at + step : end;
    at++;
    while (at < high) {
        uint32_t middle = at + (high - at) / 2;

        if (run_end(middle) <= row)
            at = middle + 1;
        else
            high = middle;
    }
    return at;
}

/*
 * The next rows, from *start to before *end, that all lists of set agree on and
 * that begin at *start or later; false when there are none. Nothing is taken,
 * but runs that are over are left behind.
 */
static bool
next_agreed(struct charset *set, uint32_t *start, uint32_t *end)
{
    uint32_t i = 0;

    *end = set->high;
    while (*start < *end && i < set->all) {
        uint32_t at = run_after(set->list[i].at, set->list[i].end, *start);
        uint32_t first;

        set->list[i].at = at;
        if (at == set->list[i].end)
            return false;
        first = run_start(at);
        if (first >= *end) {
            /* What the lists before agreed on is over before this begins. */
            *start = first;
            *end = set->high;
            i = 0;
            continue;
        }
        if (first > *start)
            *start = first;
        if (run_end(at) < *end)
            *end = run_end(at);
        i++;
    }
    return *start < *end;
}

/* The first rows from row on, from *start to before *end, that any of the
 * choices has; false when there are none. */
static bool
next_choice(struct charset *set, uint32_t row, uint32_t *start, uint32_t *end)
{
    bool any = false;

    for (uint32_t i = set->all; i < set->all + set->choices; i++) {
        uint32_t at = run_after(set->list[i].at, set->list[i].end, row);
        uint32_t first;

        set->list[i].at = at;
        if (at == set->list[i].end)
            continue;
        first = run_start(at) > row ? run_start(at) : row;
        if (any && first >= *start)
            continue;
        any = true;
        *start = first;
        *end = run_end(at);
    }
    return any;
}

/* The next rows of set, from *start to before *end; false when there are none.
 * Nothing is taken. */
static bool
next_rows(struct charset *set, uint32_t *start, uint32_t *end)
{
    *start = set->low;
    while (next_agreed(set, start, end)) {
        uint32_t first = 0, last = 0;

        if (set->choices == 0)
            return true;
        if (!next_choice(set, *start, &first, &last))
            return false;
        if (first < *end) {
            *start = first;
            if (last < *end)
                *end = last;
            return true;
        }
        *start = first;
    }
    return false;
}

/* Take the next rows that follow one another. */
bool
charset_take(struct charset *set, size_t max, uint32_t *start, uint32_t *end)
{
    uint32_t next_start, next_end;

    if (max == 0 || !next_rows(set, start, end))
        return false;
    set->low = *end;
    while (*end - *start < max && next_rows(set, &next_start, &next_end)) {
        set->low = next_start;
        if (next_start != *end)
            break;
        set->low = *end = next_end;
    }
    if (*end - *start > max)
        set->low = *end = *start + (uint32_t)max;
    return true;
}

/* Whether there are rows in set. */
bool
charset_any(struct charset *set)
{
    uint32_t start, end;

    return next_rows(set, &start, &end);
}

/* Whether a row is in set. */
bool
charset_has(const struct charset *set, uint32_t row)
{
    struct charset rest = *set;
    uint32_t start, end;

    rest.low = row;
    return next_rows(&rest, &start, &end) && start == row;
}

/* How many rows are in set. */
size_t
charset_count(const struct charset *set)
{
    struct charset rest = *set;
    uint32_t start, end;
    size_t count = 0;

    while (charset_take(&rest, SIZE_MAX, &start, &end))
        count += end - start;
    return count;
}
