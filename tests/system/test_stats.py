#!/usr/bin/python3
"""
The statistics of a comparison, against tables, trial of all cases, simulation,
and other ways to compute the same.
"""

import itertools
import math
import random
import statistics
import unittest

import telling  # noqa: F401
import stats
from harness import main

SIMULATED = 10000  # comparisons

# Known ranks: n, k and per cent covered, for 95 % and for 90 %.
RANKS = ((5, 0, 0, 1, 93.8), (6, 1, 96.9, 3, 90.6), (7, 3, 95.3, 4, 92.2),
    (8, 4, 96.1, 6, 92.2), (10, 9, 95.1, 11, 91.6), (12, 14, 95.8, 18, 90.8),
    (14, 22, 95.1, 26, 90.9), (16, 30, 95.6, 36, 90.7),
    (20, 53, 95.2, 61, 90.3))

# Known ranks of the sign test at 95 %.
MEDIAN_RANKS = {0: 0, 1: 0, 5: 0, 6: 1, 8: 1, 9: 2, 11: 2, 12: 3, 15: 4,
    17: 5, 20: 6, 25: 8, 30: 10, 50: 18}

# What different differences are called at a margin of 3 % (0.0296).
VERDICTS = (
    ((.30, .31, .29, .32, .28, .30), "WIN", True),
    ((-.30, -.31, -.29, -.32, -.28, -.30), "WIN", True),
    ((.01, -.01, .005, -.005, 0, .002), "EQUIVALENT", False),
    ((.01, .012, .011, .009, .008, .01), "EQUIVALENT", True),
    ((.01, .05, .03, .04, .02, .06), "LEANS", True),
    ((-.01, -.05, -.03, -.04, -.02, -.06), "LEANS", True),
    ((-.05, .05, .03, -.04, .02, .06), "INCONCLUSIVE", False),
)


def coverage_by_trial(n, k):
    """The coverage of the interval from the k-th smallest to the k-th largest
    Walsh average, by trying all sign patterns of n differences around 0 and
    looking whether 0 is inside. Magnitudes 1, 2, 4 ...: no two averages
    cancel to 0."""
    inside, all_ = 0, n * (n + 1) // 2
    for signs in itertools.product((-1, 1), repeat=n):
        d = [sign * 2**i for i, sign in enumerate(signs)]
        below = sum(d[i] + d[j] < 0 for i in range(n) for j in range(i, n))
        inside += below >= k and all_ - below >= k
    return inside / 2**n


class Ranks(unittest.TestCase):
    """How far from the ends the interval lies."""

    def test_they_are_those_of_the_table(self):
        for n, k95, covered95, k90, covered90 in RANKS:
            for k, covered, coverage in ((k95, covered95, .95),
                    (k90, covered90, .90)):
                rank, exact = stats.rank(n, coverage)
                self.assertEqual(rank, k)
                self.assertAlmostEqual(100 * exact, covered, delta=.0501)

    def test_coverage_is_that_of_all_sign_patterns(self):
        for n in range(1, 11):
            k, exact = stats.rank(n, .90)
            if k > 0:
                self.assertEqual(exact, coverage_by_trial(n, k))
            self.assertLess(coverage_by_trial(n, k + 1), .90)

    def test_many_blocks_are_ranked_as_by_the_normal_distribution(self):
        # Wilcoxon's statistic of n blocks has the mean n (n + 1) / 4.
        for n in (24, 50, 100):
            spread = math.sqrt(n * (n + 1) * (2 * n + 1) / 24)
            k = n * (n + 1) / 4 - 1.96 * spread
            self.assertAlmostEqual(stats.rank(n, .95)[0], k, delta=2)

    def test_those_of_a_median_are_of_the_sign_test(self):
        for n, k in MEDIAN_RANKS.items():
            self.assertEqual(stats.median_rank(n), k)


class Estimates(unittest.TestCase):
    """What blocks come to."""

    def test_five_blocks_cannot_give_a_95_percent_interval(self):
        e = stats.Estimate([1, 1.1, 1.2, .9, .8])
        self.assertIsNone(e.i95)
        self.assertIsNotNone(e.i90)
        self.assertEqual(e.verdict(.03), "no verdict")
        self.assertEqual(e.blocks_needed(.03), 0)

    def test_no_blocks_give_nothing(self):
        e = stats.Estimate([])
        self.assertEqual((e.blocks, e.i95, e.i90, e.coverage95),
            (0, None, None, 0))
        self.assertTrue(math.isnan(e.center))

    def test_the_center_is_the_median_of_the_pairwise_means(self):
        # The means, sorted: 1 2 3 5 6 9.
        self.assertEqual(stats.Estimate([1, 3, 9]).center, 4)

    def test_the_interval_is_read_off_all_pairwise_means(self):
        d = [random.Random(n).random() for n in range(12)]
        means = sorted([statistics.mean(pair) for pair in
            itertools.combinations_with_replacement(d, 2)])
        e = stats.Estimate(d)
        self.assertEqual(e.i95, (means[13], means[-14]))
        self.assertEqual(e.i90, (means[17], means[-18]))

    def test_one_wild_block_hardly_moves_the_center(self):
        e = stats.Estimate([.10, .11, .09, .10, .12, .08, .10, 50])
        self.assertAlmostEqual(e.center, .105, delta=.02)

    def test_another_way_to_measure_widens_it(self):
        e = stats.Estimate([.1 + .001 * i for i in range(8)])
        low, high = e.i95
        e.widen(stats.Estimate([.2 + .001 * i for i in range(8)]))
        self.assertEqual(e.i95[0], low)
        self.assertGreater(e.i95[1], high)
        before = e.i95
        e.widen(stats.Estimate([1]))  # has none
        self.assertEqual(e.i95, before)

    def test_a_verdict_is_where_the_interval_lies(self):
        for d, verdict, excludes in VERDICTS:
            e = stats.Estimate(list(d))
            self.assertEqual(e.verdict(.03), verdict)
            self.assertEqual(e.excludes_zero(), excludes)

    def test_more_blocks_are_asked_for_by_the_square_of_the_width(self):
        e = stats.Estimate([0] * 6)
        for ends, delta, needed in (((-.06, .06), math.exp(.03) - 1, 24),
                ((0, 0), .03, 7),
                # No number is the answer where nothing is small enough.
                ((0, math.inf), .03, 10**9), ((0, 1), 0, 10**9),
                ((0, math.nan), .03, 7)):
            e.i95 = ends
            self.assertEqual(e.blocks_needed(delta), needed)


class Simulated(unittest.TestCase):
    """Made-up blocks of which the truth is known."""

    def test_intervals_cover_as_often_as_they_say(self):
        for n, k95, *_ in RANKS:
            if k95 == 0:
                continue
            chance, covered = random.Random(4), 0
            for _ in range(SIMULATED // 4):
                e = stats.Estimate([chance.gauss(.3, .02) for _ in range(n)])
                covered += e.i95[0] <= .3 <= e.i95[1]
            self.assertAlmostEqual(4 * covered / SIMULATED, e.coverage95,
                delta=.014)

    def test_equal_servers_seldom_win(self):
        for spread in (.005, .02, .1, .5):
            chance, wins = random.Random(5), 0
            for _ in range(SIMULATED // 2):
                e = stats.Estimate([chance.gauss(0, spread)
                    for _ in range(6)])
                wins += e.verdict(.03) == "WIN"
            self.assertLessEqual(wins, SIMULATED // 2 // 20)


def bca(pairs, chance, draws):
    """The bias-corrected and accelerated interval, once more: with another
    generator, and the standard library's normal distribution."""
    def statistic(some):
        return statistics.median([x for a, _ in some for x in a]) \
            / statistics.median([x for _, b in some for x in b])

    normal, n, at = statistics.NormalDist(), len(pairs), statistic(pairs)
    drawn = sorted(statistic(chance.choices(pairs, k=n))
        for _ in range(draws))
    bias = normal.inv_cdf((sum(x < at for x in drawn)
        + sum(x == at for x in drawn) / 2) / draws)
    left = [statistic(pairs[:i] + pairs[i + 1:]) for i in range(n)]
    off = [statistics.fmean(left) - x for x in left]
    a = sum(x**3 for x in off) / (6 * sum(x**2 for x in off)**1.5)
    ends = []
    for q in (.025, .975):
        z = bias + normal.inv_cdf(q)
        ends.append(drawn[int(normal.cdf(bias + z / (1 - a * z)) * draws)])
    return ends


class Bootstrap(unittest.TestCase):
    """The second interval."""

    @staticmethod
    def blocks(chance, n, spread=.05):
        """Blocks in which a is twice b."""
        return [tuple([scale * math.exp(chance.gauss(0, spread))
            for _ in range(2)] for scale in (2, 1)) for _ in range(n)]

    def test_it_is_what_another_generator_says(self):
        for n in (6, 7, 12, 24):
            pairs = self.blocks(random.Random(n), n)
            for mine, theirs in zip(stats.bootstrap(pairs, True),
                    bca(pairs, random.Random(n), 10000)):
                self.assertAlmostEqual(mine, theirs, delta=.01)

    def test_it_covers_what_it_says_where_blocks_are_many(self):
        chance, covered = random.Random(5), 0
        for _ in range(60):
            low, high = stats.bootstrap(self.blocks(chance, 30), True)
            self.assertLess(low, high)
            covered += low <= 2 <= high
        # 95 % of 60 is 57; fewer than 50 would be no accident.
        self.assertGreaterEqual(covered, 50)

    def test_it_is_the_same_each_time(self):
        pairs = self.blocks(random.Random(1), 8)
        self.assertEqual(stats.bootstrap(pairs, True),
            stats.bootstrap(list(pairs), True))

    def test_differences_have_one_too(self):
        pairs = [([2 + .1 * k], [1 + .01 * k]) for k in range(8)]
        low, high = stats.bootstrap(pairs, False)
        self.assertLess(low, 1.3)
        self.assertGreater(high, 1.3)

    def test_where_nothing_differs_there_is_none_beside_it(self):
        self.assertEqual(stats.bootstrap([([2, 2], [1, 1])] * 6, True), [2, 2])
        self.assertIsNone(stats.bootstrap([([2, 2], [0, 0])] * 6, True))

    def test_random_numbers_are_the_published_ones(self):
        random_ = stats.splitmix(1234567)
        self.assertEqual([next(random_) for _ in range(5)],
            [6457827717110365317, 3203168211198807973, 9817491932198370423,
                4593380528125082431, 16408922859458223821])

    def test_the_normal_distribution_is_that_of_the_library(self):
        normal = statistics.NormalDist()
        for p in (.001, .025, .5, .8, .975):
            self.assertAlmostEqual(stats.normal_inverse(p),
                normal.inv_cdf(p), 9)
            self.assertAlmostEqual(stats.normal(normal.inv_cdf(p)), p, 9)


class Spread(unittest.TestCase):
    """Where spread comes from."""

    BLOCKS, RUNS, MOMENTS = 7, 2, 5

    def draw(self, chance, blocks, runs, moments):
        """Values with a given spread at each level."""
        found = []
        for _ in range(self.BLOCKS):
            block = chance.gauss(3, blocks)
            found.append([])
            for _ in range(self.RUNS):
                run = chance.gauss(block, runs)
                found[-1].append([chance.gauss(run, moments)
                    for _ in range(self.MOMENTS)])
        return found

    def test_it_is_what_pairs_of_values_say(self):
        """Half the mean squared difference of all pairs that share a run,
        that share a block but no run, and that share neither."""
        chance = random.Random(1)
        for i in range(30):
            x = self.draw(chance, .5 * (i % 3), .2 * (i % 5), .3)
            flat = [(b, r, v) for b, block in enumerate(x)
                for r, run in enumerate(block) for v in run]
            levels = ([], [], [])
            for one, other in itertools.combinations(flat, 2):
                level = 0 if one[:2] == other[:2] else \
                    1 if one[0] == other[0] else 2
                levels[level].append((one[2] - other[2])**2 / 2)
            m, r, b = map(statistics.fmean, levels)
            for mine, theirs in zip(stats.spread(x), (m, r - m, b - r)):
                self.assertAlmostEqual(mine, max(0, theirs), 12)

    def test_it_finds_what_was_planted(self):
        chance, n = random.Random(2), 4000
        found = [stats.spread(self.draw(chance, 3, 2, 1)) for _ in range(n)]
        for level, (truth, within) in enumerate(((1, .02), (4, .15),
                (9, .4))):
            self.assertAlmostEqual(statistics.fmean(
                one[level] for one in found), truth, delta=within)


if __name__ == "__main__":
    main()
