/*
 * charset - sets of row numbers, as cursors over the runs of an index.
 *
 * What a search finds, before it is known what the rows are: the rows in which
 * all of some words occur, and at least one of some others. A set is not a list
 * of its rows but a small struct that knows how to go on: taking rows from it
 * leaves a smaller set. Copy it by assignment to keep where it stood; there is
 * nothing to free.
 *
 *     charset_all(&set, rows);
 *     charset_require(&set, cat->runs, cat[1].runs);
 *     charset_require(&set, face->runs, face[1].runs);
 *     while (charset_take(&set, SIZE_MAX, &start, &end))
 *         ... rows from start to before end
 *
 * The runs are those of charindex_data.h. Nothing here allocates or fails.
 */
#ifndef COMMON_CHARSET_H
#define COMMON_CHARSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Lists of runs that a set may have. No name has more different words (in
 * Unicode 15: 12), so a query with more finds nothing. */
#define CHARSET_LISTS 16

/* Rows in ascending order, not yet taken; 144 bytes. Its members are charset's
 * own. */
struct charset {
    uint32_t low, high;    /* rows before low are taken; high and on not in */
    uint32_t all, choices; /* a row occurs in each of all lists, and in one of
                              the choices after them, if there are any */
    struct {
        uint32_t at, end; /* runs that are still to be looked at */
    } list[CHARSET_LISTS];
};

/* Make set the rows before high. */
void charset_all(struct charset *set, uint32_t high);

/* Make set empty. */
void charset_none(struct charset *set);

/* Leave in set only what occurs in the runs from at to before end, which are in
 * ascending order. The same runs twice count once. False: there is no room for
 * another list. Not after charset_choose. */
bool charset_require(struct charset *set, uint32_t at, uint32_t end);

/* Leave in set only what occurs in these runs or in those of another call of
 * this. False: there is no room for another list. */
bool charset_choose(struct charset *set, uint32_t at, uint32_t end);

/* Take the next rows that follow one another, from *start to before *end, at
 * most max of them. False when there are none or max is 0; then *start and *end
 * mean nothing. */
bool charset_take(
    struct charset *set, size_t max, uint32_t *start, uint32_t *end);

/* Whether there are rows in set, which are not taken. */
bool charset_any(struct charset *set);

/* Whether a row is in set, of which nothing was taken yet. */
bool charset_has(const struct charset *set, uint32_t row);

/* How many rows are in set, which stays as it is. Walks the set's runs: some
 * ten microseconds at most. */
size_t charset_count(const struct charset *set);

#endif
