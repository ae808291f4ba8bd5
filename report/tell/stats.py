"""
stats - the statistics of a comparison.

The unit of sampling is a run: one process, started afresh. The requests
inside a run depend on each other, so a million of them are not a million
samples. Runs come in blocks, ABBA or BAAB, and each block yields one number,
the difference

    d = (ln A1 + ln A2) / 2 - (ln B1 + ln B2) / 2

in which a steady drift of the machine cancels exactly. The estimate of
ln(A/B) is the Hodges-Lehmann estimate, the median of the Walsh averages
(d_i + d_j) / 2, i <= j (Hodges and Lehmann 1963); its interval runs from the
k-th smallest to the k-th largest of them, where k comes from the exact
distribution of Wilcoxon's signed-rank statistic (Hollander and Wolfe,
"Nonparametric Statistical Methods", section 3.3). No normality is assumed,
and there is nothing random in it.
"""

from functools import lru_cache
from math import ceil, erfc, exp, expm1, inf, isfinite, log1p, nan, sqrt
from statistics import median

from report import over

BLOCKS_VERDICT = 6         # fewer can never give a 95 % interval
BLOCKS_NEEDED_MAX = 10**9  # nobody ever runs as many
DRAWS = 10000              # of the bootstrap
SEED = 1987


@lru_cache(maxsize=None)
def rank(n, coverage):
    """Which Walsh average of n blocks, from either end, bounds an interval of
    at least this coverage, and the coverage it has exactly; (0, 0) where n
    blocks cannot give it.

    Counts, for Wilcoxon's signed-rank statistic T, the sign patterns that
    give each value of T: of the ranks 1 to n each is in the sum or not. The
    k-th smallest Walsh average is below the centre unless T < k, so the
    interval misses on one side with probability P(T <= k - 1).
    """
    ways = [1] + [0] * (n * (n + 1) // 2)
    for one in range(1, n + 1):
        for t in range(len(ways) - 1, one - 1, -1):
            ways[t] += ways[t - one]
    tail, k, reached = 0, 0, 0.0
    while k < len(ways) // 2:
        tail += ways[k]
        covers = 1 - 2 * tail / 2**n
        if covers < coverage:
            break
        reached, k = covers, k + 1
    return k, reached


def median_rank(n, coverage=.95):
    """Which of n values, from either end, bounds an interval that holds the
    median of what they are drawn from, by the sign test (Hollander and Wolfe,
    section 3.6); 0 when n are too few."""
    chance, below, k = .5**n, 0.0, 0
    while 2 * k < n and 2 * (below + chance) <= 1 - coverage:
        below += chance
        chance *= (n - k) / (k + 1)
        k += 1
    return k


class Estimate:
    """What the differences of blocks say: their centre, and exact intervals
    of 95 % (for a difference) and 90 % (for none: two one-sided tests at
    5 %); an interval is None where the blocks are too few for it."""

    def __init__(self, differences):
        d = differences
        walsh = sorted((d[i] + d[j]) / 2
            for i in range(len(d)) for j in range(i, len(d)))
        self.blocks = len(d)
        self.center = median(walsh) if walsh else nan
        self.i95, self.coverage95 = self._interval(walsh, .95)
        self.i90, self.coverage90 = self._interval(walsh, .90)

    def _interval(self, walsh, coverage):
        """The interval between the k-th smallest and the k-th largest."""
        k, reached = rank(self.blocks, coverage) if walsh else (0, 0.0)
        return (walsh[k - 1], walsh[-k]) if k else None, reached

    def widen(self, other):
        """Hold the intervals of another estimate, too, as where the truth
        lies between two ways to measure: the coverage is at least that of
        each."""
        for name in ("i95", "i90"):
            a, b = getattr(self, name), getattr(other, name)
            if a and b:
                setattr(self, name, (min(a[0], b[0]), max(a[1], b[1])))

    def excludes_zero(self):
        """Whether there is a difference: with EQUIVALENT, one that is real
        and does not matter."""
        return bool(self.i95) and (self.i95[0] > 0 or self.i95[1] < 0)

    def verdict(self, delta):
        """Judge a difference of logarithms by a margin, 0.03 for 3 %: the
        band goes from ln(1/(1 + delta)) to ln(1 + delta).

        WIN: the 95 % interval lies beyond the band. EQUIVALENT: the 90 %
        interval lies within it. LEANS: direction known, size not.
        INCONCLUSIVE: more blocks are needed. no verdict: too few blocks.
        """
        band = log1p(delta)
        if not self.i95 or self.blocks < BLOCKS_VERDICT:
            return "no verdict"
        if self.i95[0] > band or self.i95[1] < -band:
            return "WIN"
        if -band < self.i90[0] and self.i90[1] < band:
            return "EQUIVALENT"
        return "LEANS" if self.excludes_zero() else "INCONCLUSIVE"

    def blocks_needed(self, delta):
        """How many blocks would give an interval no wider than the margin on
        either side, n (h / margin)^2, where h is half of the present one;
        more than there are now, and 0 when there is no interval."""
        if not self.i95:
            return 0
        half = (self.i95[1] - self.i95[0]) / 2
        wide = over(half, log1p(delta))
        needed = self.blocks * (wide * wide)
        if not needed > self.blocks:
            return self.blocks + 1
        return ceil(min(needed, BLOCKS_NEEDED_MAX))


def splitmix(seed):
    """Random numbers of 64 bits that can be had again (Steele, Lea and Flood,
    "Fast splittable pseudorandom number generators", 2014)."""
    mask = 2**64 - 1
    while True:
        seed = seed + 0x9e3779b97f4a7c15 & mask
        z = (seed ^ seed >> 30) * 0xbf58476d1ce4e5b9 & mask
        z = (z ^ z >> 27) * 0x94d049bb133111eb & mask
        yield z ^ z >> 31


@lru_cache(maxsize=4)
def drawn(n):
    """Draws of n blocks out of n with replacement: the same for all
    comparisons of as many blocks."""
    random, excess = splitmix(SEED), 2**64 % n
    even = (x % n for x in random if x >= excess)
    return [[next(even) for _ in range(n)] for _ in range(DRAWS)]


def middle(values):
    """The median; NAN of nothing."""
    values = sorted(values)
    half = len(values) // 2
    if not values:
        return nan
    return values[half] if len(values) % 2 \
        else (values[half - 1] + values[half]) / 2


def normal(z):
    """The distribution function of the standard normal."""
    return erfc(-z / sqrt(2)) / 2


def normal_inverse(p):
    """Its inverse, by bisection."""
    low, high = -10.0, 10.0
    for _ in range(100):
        between = (low + high) / 2
        low, high = (between, high) if normal(between) < p \
            else (low, between)
    return low


def bootstrap(pairs, ratio):
    """A second interval for a comparison, by another road, to check the first
    one by: the ratio of the medians over all runs (or their difference), of
    whole blocks drawn with replacement, bias-corrected and accelerated (Efron
    1987). With few blocks it covers too little, so nothing is judged by it.
    pairs: of each block the values of a and of b. None where there is none."""
    def statistic(blocks):
        a = middle([x for k in blocks for x in pairs[k][0]])
        b = middle([x for k in blocks for x in pairs[k][1]])
        return over(a, b) if ratio else a - b

    everything = list(range(len(pairs)))
    found = statistic(everything)
    draws = sorted(statistic(blocks) for blocks in drawn(len(pairs)))
    # Half of what is equal is below: medians come in few values.
    below = sum(1 if d < found else .5 if d == found else 0 for d in draws)
    if not isfinite(found) or not 0 < below < DRAWS:
        return None
    without = [statistic(everything[:k] + everything[k + 1:])
        for k in everything]
    bias, a = normal_inverse(below / DRAWS), acceleration(without)
    z = normal_inverse(.975)
    return [corrected(draws, bias, a, -z), corrected(draws, bias, a, z)]


def acceleration(without):
    """How the statistic's spread changes with its value, from leaving out one
    block at a time."""
    mean = sum(w / len(without) for w in without)
    squares = sum((mean - w)**2 for w in without)
    cubes = sum((mean - w)**3 for w in without)
    return cubes / (6 * squares**1.5) if squares > 0 else 0.0


def corrected(draws, bias, a, z):
    """A quantile of the sorted draws, moved by bias and acceleration."""
    p = normal(bias + over(bias + z, 1 - a * (bias + z)))
    return draws[int(min(max(p * (DRAWS - 1), 0), DRAWS - 1))]


def variance(values):
    """The variance of some values, and their mean."""
    mean = sum(values) / len(values)
    return sum((x - mean)**2 for x in values) / (len(values) - 1), mean


def spread(blocks):
    """Variances of one moment, one run, one block (0 where less than none),
    from blocks of two runs of as many moments each.

    Random effects in three levels, after Kalibera and Jones ("Rigorous
    Benchmarking in Reasonable Time", ISMM 2013): of the variance of means at
    one level, what the level below accounts for is taken off. The moments of
    a run are taken to be independent. Where they are not, as when the machine
    becomes slow for a second, part of their share is said to be the runs'.
    """
    runs = [[variance(run) for run in block] for block in blocks]
    each = [variance([mean for _, mean in block]) for block in runs]
    count, moments = len(blocks[0]), len(blocks[0][0])
    of_moments = sum(v for block in runs for v, _ in block) \
        / (len(blocks) * count)
    of_runs = sum(v for v, _ in each) / len(blocks)
    whole, _ = variance([mean for _, mean in each])
    return (of_moments, max(0.0, of_runs - of_moments / moments),
        max(0.0, whole - of_runs / count))


def ratio_of(x):
    """A difference of logarithms as a ratio; beyond all numbers, infinite."""
    return exp(x) if x < 709 else inf


def excess_of(x):
    """By how much that ratio is more than 1."""
    return expm1(x) if x < 709 else inf
