#include "common/bisect.h"

/* Start on 0..last. */
void
bisect_init(struct bisect *b, uint64_t last, uint64_t key)
{
    b->low = 0;
    b->high = last;
    b->last = last;
    b->tries = 0;
    b->shuffling = false;
    b->exhausted = false;
    b->index = 0;
    permute_init(&b->rest, last, key);
}

/* Whether a number was guessed before the shuffle began. */
static bool
was_tried(const struct bisect *b, uint64_t number)
{
    for (size_t i = b->tries; i-- > 0;)
        if (b->tried[i] == number)
            return true;
    return false;
}

/* The next number of the shuffled range that was not guessed before. */
static bool
next_shuffled(struct bisect *b, uint64_t *guess)
{
    while (!b->exhausted) {
        *guess = permute_at(&b->rest, b->index);
        if (b->index == b->last)
            b->exhausted = true;
        else
            b->index++;
        if (!was_tried(b, *guess))
            return true;
    }
    return false;
}

/*
 * The guess that, with the one before, best halves what is left: its mirror
 * image about the middle, or the nearest number to it that the game has; the
 * middle itself where that would tell too little.
 */
static uint64_t
halving_guess(const struct bisect *b)
{
    const uint64_t size = b->high - b->low;
    const uint64_t middle = b->low + size / 2;
    uint64_t before, mirror, edge;

    if (b->tries == 0)
        return middle;
    before = b->tried[b->tries - 1];
    if (before <= b->high) {
        mirror = b->high - before;
        if (mirror <= b->last - b->low)
            return b->low + mirror;
        edge = b->last;
    } else {
        if (before - b->high <= b->low)
            return b->low - (before - b->high);
        edge = 0;
    }
    if (edge == 0 && before / 2 <= b->high - size / 4)
        return edge;
    if (edge != 0 && before + (edge - before) / 2 >= b->low + size / 4)
        return edge;
    return middle;
}

/* The untried number nearest to a wish; false: the range has none left. */
static bool
nearest_untried(const struct bisect *b, uint64_t wish, uint64_t *guess)
{
    uint64_t away = 0;

    for (; away <= b->tries; away++) {
        if (away <= b->last - wish && !was_tried(b, wish + away)) {
            *guess = wish + away;
            return true;
        }
        if (away <= wish && !was_tried(b, wish - away)) {
            *guess = wish - away;
            return true;
        }
    }
    return false;
}

/* The next guess, never one made before. */
bool
bisect_next(struct bisect *b, uint64_t *guess)
{
    if (!b->shuffling && (b->tries == BISECT_TRIES || b->low > b->high))
        b->shuffling = true;
    if (b->shuffling)
        return next_shuffled(b, guess);
    if (b->low == b->high && !was_tried(b, b->low))
        *guess = b->low;
    else if (!nearest_untried(b, halving_guess(b), guess))
        return false;
    b->tried[b->tries++] = *guess;
    return true;
}

/* Keep only what is at least from; nothing left is low > high. */
static void
keep_from(struct bisect *b, uint64_t from)
{
    if (from > b->low)
        b->low = from;
}

/* Keep only what is at most to; nothing left is low > high. */
static void
keep_to(struct bisect *b, uint64_t to)
{
    if (to < b->high)
        b->high = to;
}

/* Take in the answer to the last guess. */
void
bisect_answer(struct bisect *b, enum bisect_hint hint)
{
    uint64_t guess, before, small, half;
    bool odd;

    if (b->tries == 0 || b->shuffling || b->low > b->high)
        return;
    guess = b->tried[b->tries - 1];
    if (b->tries > 1 && hint != BISECT_UNKNOWN) {
        before = b->tried[b->tries - 2];
        small = guess < before ? guess : before;
        half = (guess < before ? before - guess : guess - before) / 2;
        odd = ((guess ^ before) & 1) != 0;
        if (hint == BISECT_EQUAL) {
            keep_from(b, small + half + odd);
            keep_to(b, small + half);
        } else if ((hint == BISECT_NEARER) == (guess > before)) {
            keep_from(b, small + half + 1);
        } else {
            keep_to(b, small + half - !odd);
        }
    }
    while (b->low <= b->high && was_tried(b, b->low) && b->low < b->last)
        b->low++;
    while (b->low < b->high && was_tried(b, b->high))
        b->high--;
    if (b->low == b->high && was_tried(b, b->low))
        b->shuffling = true;
}
