#!/usr/bin/python3
"""
What makes the figures of a run invalid: each gate is passed on one side of its
limit and failed on the other, and says by how much.
"""

import random
import unittest

import telling  # noqa: F401
from harness import main

import gates
from latencies import Latencies
from metrics import BACKGROUND, P50, P99, P999, RATE
from report import Histogram, Network, Scenario

MS = 1000000


def held(run, **scenario):
    """The gates that a run fails, by name: (metrics, because)."""
    pinned = scenario.pop("pinned", True)
    network = Network(scenario.pop("network", None))
    made = Scenario({"family": "reply", "latency_from": "sent",
        "cores": "one", "active": 50, **scenario,
        "runs": [{"replies": 10000, "active": 50, "gates": [], **run}]})
    gates.hold(made, pinned, network)
    return {gate.name: (gate.metrics, gate.because)
        for gate in made.runs[0].gates}


def latencies(values):
    """A histogram of so many values: {ns: times}."""
    counters = {}
    for ns, times in values.items():
        index = Latencies.index(ns)
        counters[index] = counters.get(index, 0) + times
    n = sum(values.values())
    return {"recorded": n, "overflow": 0, "censored": 0,
        "min": min(values), "max": max(values),
        "mean": sum(ns * times for ns, times in values.items()) / n,
        "counters": " ".join(f"{i}:{k}" for i, k in sorted(counters.items()))}


OPEN = {"latency_from": "intended", "family": "open"}
LOSS = {"network": {"emulated": True, "loss": .01}}
NARROW = {"network": {"emulated": True, "bits_per_second": 1e6}}
PULLED = {RATE: 1, BACKGROUND: 1}
REAL = {"network": {"emulated": False, "server": "s1"}}


def moved(before, after):
    """A network to a host whose round trip, in us, was another one after the
    race."""
    return {"network": {"emulated": False, "round_trip_ns": 1000 * before,
        "round_trip_after_ns": 1000 * after}}


def card(host="server", **does):
    """A run of a second, and a network card that carried it."""
    return {"nics": [{"host": host, "seconds": 1, **does}]}


# A gate, what it spoils, what it says of a run that fails it, that run, one
# that passes, and what kind of scenario it is.
TABLE = (
    ("Little's law", ["*"], "time in flight is off by +2.1 %",
        {"outstanding_mean": 50, "little": 1.021},
        {"outstanding_mean": 50, "little": 1.019}, {}),
    ("Little's law", ["*"], "time in flight is off by -2.1 %",
        {"outstanding_mean": 50, "little": .979},
        {"outstanding_mean": 50, "little": .981}, {}),
    ("closed loop not full", ["*"],
        "48.9 of 50 connections were in flight",
        {"outstanding_mean": 48.9, "little": 1},
        {"outstanding_mean": 49.1, "little": 1}, {}),
    ("closed loop not full", ["*"],
        "48.9 of 50 connections were in flight",
        {"outstanding_mean": 48.9, "little": 1},
        {"outstanding_mean": 50, "little": 1}, {"family": "churn"}),
    ("rate not reached", [P50, P99, P999],
        "98.9 % of the intended requests were sent in time",
        {"intended": 1000, "sent": 989}, {"intended": 1000, "sent": 990},
        OPEN),
    ("generator late", [P99],
        "the p99 latency of 100 \u00b5s would be 49 \u00b5s without its lateness",
        {"intended": 1, "sent": 1, "figures": {P99: 1e5},
            "timely": {P99: 49e3}},
        {"intended": 1, "sent": 1, "figures": {P99: 1e5},
            "timely": {P99: 51e3}}, OPEN),
    ("unstable", [P50, P99, P999],
        "the queue grew by at least 11 requests per second",
        {"outstanding_slope_per_second": 11, "rate_per_second": 1000},
        {"outstanding_slope_per_second": 9, "rate_per_second": 1000}, OPEN),
    ("kernel counters", [P99, P999], "RetransSegs rose by 2",
        {"kernel": {"RetransSegs": 2}}, {"kernel": {"RetransSegs": 1}}, {}),
    ("kernel counters", [P99, P999], "ListenDrops rose by 1",
        {"kernel": {"ListenDrops": 1}, "background": {"bytes": 9}},
        {"kernel": {"RetransSegs": 2}, "background": {"bytes": 9}}, {}),
    ("percentiles", [P50, P99, P999], "they are out of order",
        {"figures": {P50: 3, P99: 2}}, {"figures": {P50: 2, P999: 3}}, {}),
    ("percentiles", [P50, P99, P999], "they are out of order",
        {"latency_ns": {"mean": 3, "max": 2}},
        {"latency_ns": {"mean": 2, "max": 2}}, {}),
    ("percentiles", [P50, P99, P999], "9 latencies of 10 requests",
        {"intended": 10, "sent": 10, "latency_ns": {"recorded": 8,
            "censored": 1}},
        {"intended": 10, "sent": 10, "latency_ns": {"recorded": 8,
            "censored": 2}}, OPEN),
    ("utilisation", ["*"], "the server used 1.04 of its one processor",
        {"server_cpu_ns": 1.04e9, "window_ns": 1e9},
        {"server_cpu_ns": 1.02e9, "window_ns": 1e9}, {}),
    ("signature", [P99, P999], "1.10 % of the latencies are of 38 to 46 ms: "
        "Nagle's algorithm against delayed acknowledgements",
        {"latency_ns": latencies({MS: 989, 40 * MS: 11})},
        {"latency_ns": latencies({MS: 990, 40 * MS: 10})}, {}),
    ("signature", [P99, P999], "1.98 % of the latencies are of 200 to 210 ms: "
        "a segment sent again",
        {"latency_ns": latencies({MS: 986, 192 * MS: 4, 205 * MS: 20})},
        {"latency_ns": latencies({MS: 986, 192 * MS: 5, 205 * MS: 20})}, {}),
    # Losses that were planned, and what follows from them, are results.
    ("kernel counters", [P99, P999], "ListenDrops rose by 1",
        {"kernel": {"ListenDrops": 1}},
        {"kernel": {"RetransSegs": 300, "TCPTimeouts": 300,
            "TCPSynRetrans": 300},
            "latency_ns": latencies({MS: 986, 205 * MS: 20})}, LOSS),
    ("link-bound", [RATE, BACKGROUND], "what servers sent filled 81 % of the "
        "link", {"link_bytes": 101250, "window_ns": 1e9, "figures": PULLED},
        {"link_bytes": 99750, "window_ns": 1e9, "figures": PULLED,
            "kernel": {"RetransSegs": 300}}, NARROW),
    # Where no figure says how much was carried, it may be full.
    ("link-bound", [RATE], "what servers sent filled 100 % of the link",
        {"link_bytes": 125000, "window_ns": 1e9, "figures": {RATE: 1}},
        {"link_bytes": 125000, "window_ns": 1e9, "figures": {P99: 1}},
        NARROW),
    # So are a few over a network that is one, whatever else they move.
    ("retransmits", [P99, P999], "21 of 20000 segments were sent again",
        {"kernel": {"RetransSegs": 21}},
        {"kernel": {"RetransSegs": 20, "TCPTimeouts": 20,
            "TCPSynRetrans": 20}}, REAL),
    ("retransmits", [P99, P999], "31 of 30000 segments were sent again",
        {"kernel": {"OutSegs": 30000, "RetransSegs": 31}},
        {"kernel": {"OutSegs": 30000, "RetransSegs": 30}}, REAL),
    # Of those that were lost by plan three each, and by chance some more: here
    # of 10000 a hundred, give or take three times ten.
    ("retransmits", [P99, P999], "401 of 10000 segments were sent again",
        {"kernel": {"OutSegs": 10000, "RetransSegs": 401}},
        {"kernel": {"OutSegs": 10000, "RetransSegs": 400}}, LOSS),
    ("link-bound", [RATE, BACKGROUND], "the network card of s1 was 81 % full",
        card(bits_per_second=1e9, sent_bytes=101.25e6, received_bytes=5),
        card(bits_per_second=1e9, sent_bytes=99e6, received_bytes=99e6), REAL),
    ("link-bound", [RATE, BACKGROUND], "the network card of the load's host "
        "was 90 % full", card("load", bits_per_second=1e9,
            received_bytes=112.5e6, sent_bytes=5), card("load",
            received_bytes=112.5e6), REAL),
    ("link-bound", [RATE, BACKGROUND], "the network card of s1 dropped 11 of "
        "10000 packets", card(packets=10000, dropped=11),
        card(packets=10000, dropped=10), REAL),
    ("allowance", ["*"], "the cloud held back packets of s1 1 times",
        card(held_back=1), card(held_back=0), REAL),
    ("conntrack", ["*"], "the table of connections of the load's host was 81 "
        "% full", card("load", conntrack=.81), card("load", conntrack=.8),
        REAL),
    # Two round trips may well take so long.
    ("signature", [P99, P999], "1.10 % of the latencies are of 38 to 46 ms: "
        "Nagle's algorithm against delayed acknowledgements",
        {"latency_ns": latencies({MS: 989, 40 * MS: 11})},
        {"latency_ns": latencies({MS: 990, 40 * MS: 10})},
        {"network": {"emulated": True, "round_trip_ns": 18.9 * MS}}),
    # It is wide there anyway.
    ("signature", [P99, P999], "1.96 % of the latencies are of 38 to 46 ms: "
        "Nagle's algorithm against delayed acknowledgements",
        {"latency_ns": latencies({9 * MS: 1000, 40 * MS: 20})},
        {"latency_ns": latencies({10 * MS: 1000, 40 * MS: 20})}, {}),
)


class Gates(unittest.TestCase):
    """Each of them."""

    def test_each_is_failed_and_passed(self):
        for name, metrics, because, failing, passing, scenario in TABLE:
            with self.subTest(because):
                self.assertEqual(held(failing, **scenario),
                    {name: (metrics, because)})
                self.assertEqual(held(passing, **scenario), {})

    def test_whom_they_do_not_concern(self):
        for run, scenario in (
                ({"outstanding_mean": 40, "little": 1}, {"family": "pool"}),
                ({"outstanding_mean": 40, "little": 1}, {"family": "push"}),
                ({"outstanding_mean": 40, "little": .5}, {"family": "storm"}),
                ({"outstanding_mean": 40, "little": 1}, OPEN),
                ({"intended": 1000, "sent": 900},
                    {**OPEN, "family": "overload"}),
                ({"intended": 1000, "sent": 900}, {}),
                ({"server_cpu_ns": 2e9, "window_ns": 1e9},
                    {"cores": "all"}),
                ({"server_cpu_ns": 2e9, "window_ns": 1e9},
                    {"pinned": False}),
                ({}, moved(100, 119)),
                ({}, moved(119, 100)),
                # Two round trips take as long as what would be a sign.
                ({"latency_ns": latencies({MS: 989, 40 * MS: 11})},
                    {"network": {"emulated": True, "round_trip_ns": 19 * MS}}),
                # Nobody knows what an emulated one's was, or whether a host
                # that did not answer was as far away as before.
                ({}, {"network": {"emulated": True, "round_trip_ns": 1,
                    "round_trip_after_ns": 2}}),
                ({}, {"network": {"emulated": False, "round_trip_ns": 1}}),
                # How many segments there were is no fault.
                ({"kernel": {"OutSegs": 1e9}}, {}),
                ({"kernel": {"OutSegs": 1e9}}, REAL)):
            self.assertEqual(held(run, **scenario), {}, run)

    def test_a_network_that_has_changed_spoils_all_latencies(self):
        for before, after in ((100, 121), (121, 100)):
            self.assertEqual(held({}, **moved(before, after)),
                {"round trip": ([P50, P99, P999], "a small request took "
                    f"{before / 1e3:g} ms there and back before the race and "
                    f"{after / 1e3:g} ms after it")})

    def test_a_run_that_came_to_nothing_is_held_to_none(self):
        for run in ({"replies": 0}, {"gates": [{"name": "failed"}]}):
            found = held({"outstanding_mean": 50, "little": 2, **run})
            self.assertNotIn("Little's law", found)

    def test_they_are_held_once(self):
        made = Scenario({"active": 50, "runs": [{"replies": 1, "active": 50,
            "outstanding_mean": 50, "little": 2, "gates": []}]})
        for _ in range(2):
            gates.hold(made, True)
            self.assertEqual([gate.name for gate in made.runs[0].gates],
                ["Little's law"])


class Histograms(unittest.TestCase):
    """Counters by value, as in histogram.h."""

    def test_a_value_lies_within_its_counter(self):
        chance = random.Random(1)
        for _ in range(2000):
            ns = chance.randrange(1 << chance.randrange(1, 37))
            index = Latencies.index(ns)
            low = Latencies.upper_edge(index - 1) if index else -1
            self.assertTrue(low < ns <= Latencies.upper_edge(index), ns)

    def test_samples_between_two_values_are_counted(self):
        h = Latencies([Histogram(latencies({5: 1, 100: 2, 1000: 3,
            10**6: 4}))])
        for low, high, n in ((0, 4, 0), (5, 5, 1), (6, 1000, 5),
                (100, 10**7, 9)):
            self.assertEqual(h.between(low, high), n)


if __name__ == "__main__":
    main()
