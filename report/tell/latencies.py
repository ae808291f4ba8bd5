"""
latencies - the histograms of runs, read and put together.
"""

from math import ceil

from report import NoReport

BEYOND = 10  # samples, or a quantile is not known


class Latencies:
    """A histogram, as the load generator writes it: see histogram.h."""

    LIMIT = 1 << 36  # ns, the first overflow
    SUB_BITS = 10
    COUNTERS = 27648

    def __init__(self, histograms):
        self.counters, self.least = {}, self.LIMIT
        self.unknown = 0
        for h in histograms:
            for index, n in self.read(h.counters):
                self.counters[index] = self.counters.get(index, 0) + n
            self.unknown += h.censored + h.overflow
            if h.censored and h.censored_from < self.least:
                self.least = max(int(h.censored_from), 0)
        self.rising = sorted(self.counters.items())
        self.n = sum(self.counters.values()) + self.unknown

    def rank(self, q):
        """The rank of the q-quantile. 0.999 is not exact in binary; 0.999 of
        10,000 is still 9,990."""
        return max(ceil(q * self.n - 1e-6), 1)

    def at(self, rank):
        """The sample of a rank and whether it is only a bound."""
        for index, n in self.rising:
            rank -= n
            if rank <= 0:
                return self.upper_edge(index), False
        return self.least, True

    def quantile(self, q):
        """The q-quantile and whether it is only a bound; None where too few
        samples lie beyond it."""
        rank = self.rank(q)
        return None if self.n - rank < BEYOND else self.at(rank)

    def between(self, low, high):
        """How many samples lie between two values, in ns."""
        return sum(n for index, n in self.rising
            if self.index(low) <= index <= self.index(high))

    @classmethod
    def read(cls, counters):
        """The counters that are not zero, from their text."""
        try:
            pairs = [tuple(map(int, pair.split(":")))
                for pair in counters.split()]
            if all(0 <= index < cls.COUNTERS and 0 < n <= 2**53
                    for index, n in pairs):
                return pairs
        except ValueError:
            pass
        raise NoReport("a histogram in it is damaged")

    @classmethod
    def index(cls, ns):
        """The counter of a value."""
        shift = max(ns.bit_length() - 1 - cls.SUB_BITS, 0)
        return (shift << cls.SUB_BITS) + (ns >> shift)

    @classmethod
    def upper_edge(cls, index):
        """The largest value that belongs to a counter."""
        shift = max((index >> cls.SUB_BITS) - 1, 0)
        return (index - (shift << cls.SUB_BITS) + 1 << shift) - 1
