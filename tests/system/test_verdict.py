#!/usr/bin/python3
"""
From runs to verdicts, on made-up runs: planted differences must come out as
what they are, and where there is none a winner is named at most once in
twenty.
"""

import math
import random
import unittest
from dataclasses import dataclass
from unittest import mock

import telling
from harness import main

import metrics
import verdict
from metrics import ACCEPT, CPU, P50, P999, RATE, RECOVERY, STORM

BLOCKS = 8
SIMULATED = 200
NOISE = .015  # spread of a run, as on a quiet machine


@dataclass
class Made:
    """How a made-up scenario differs from one in which nothing is the
    matter."""

    effect: float = 1       # events over threads, in rate
    drift: float = 0        # of the machine, per run
    noise: float = 0        # of a run
    aa_bias: float = 0      # of the first run of each twin in a block
    blocks: int = BLOCKS
    seed: int = 1
    gate: str = ""          # that runs of the evented server fail
    gate_runs: int = 0      # so many of them
    invalid: str = ""
    timely: float = 0       # effect without the generator's lateness
    controls: int = 0       # none, bare threads, or both; as the twins
    second_half: float = 0  # pace of the machine from the last control on


def make_run(made, server, arm, at, rate):
    """One run; at: block and position."""
    run = {"server": server, "arm": arm, "block": at[0], "position": at[1],
        "window_ns": 10**9, "server_cpu_ns": 990000000,
        "load_cpu_ns": 700000000, "load_spin_ns": 0,
        "figures": {RATE: rate, CPU: 1e9 / rate}, "memory": [], "kernel": {},
        "gates": []}
    events = server == "evented"
    if made.timely:
        run["timely"] = {RATE: rate * made.timely / made.effect
            if events else rate}
    if made.invalid and events:
        run["invalid"] = made.invalid
    return run


def make_block(made, chance, block, machine):
    """The order and the runs of a block, and the pace of the machine after
    it."""
    order, runs = chance.choice(("ABBA", "BAAB")), []
    for i, letter in enumerate(order):
        events = letter == "B"
        rate = 1e5 * machine * (made.effect if events else 1) \
            * (1 + made.aa_bias * (i < 2)) * math.exp(chance.gauss(0, 1)
                * made.noise)
        runs.append(make_run(made, "evented" if events else "threaded",
            "twin", (block, len(runs) + 1), rate))
        machine *= 1 + made.drift
        for k in range(made.controls if i == 1 else 0):
            if made.second_half and k + 1 == made.controls:
                machine *= made.second_half
            name = ("bare-threads", "bare-epoll")[k]
            runs.append(make_run(made, name, "control",
                (block, len(runs) + 1),
                1e5 * machine * (made.effect if k else 1)))
            machine *= 1 + made.drift
    return order, runs, machine


def make(**changes):
    """A scenario as it is measured, in the design of reply-50."""
    made = Made(**changes)
    chance, machine, orders, all_ = random.Random(made.seed), 1, [], []
    for block in range(1, made.blocks + 1):
        order, runs, machine = make_block(made, chance, block,
            1 if made.second_half else machine)
        orders.append(order)
        all_ += runs
    left = made.gate_runs if made.gate else 0
    for run in all_:
        if left and (run["server"], run["arm"]) == ("evented", "twin"):
            run["gates"].append({"name": made.gate, "because": "made up",
                "metrics": [RATE]})
            left -= 1
    return {"name": "reply-50", "title": "At 50 connections",
        "family": "reply", "program": "guess-server", "latency_from": "sent",
        "cores": "one", "primary": RATE, "connections": 50,
        "connections_wanted": 50, "active": 50, "orders": orders,
        "syscalls": None,
        "runs": all_}


def disturb(scenario, blocks):
    """Let other work have been in the way of all runs of some blocks."""
    for run in scenario["runs"]:
        run["disturbed"] = run["block"] in blocks
    return scenario


def judge(scenario, pinned=True):
    """Judge a scenario."""
    report = telling.report_of({"pinned": pinned, "scenarios": [scenario]})
    verdict.judge(report)
    return report.scenarios[0]


def judged(**changes):
    """Make a scenario, judge it."""
    return judge(make(**changes))


def rate_of(scenario):
    """The comparison of the twins in rate."""
    return scenario.comparison(RATE)


class Quick(unittest.TestCase):
    """What is not about the bootstrap goes without it."""

    def setUp(self):
        patch = mock.patch.object(verdict, "bootstrap", return_value=None)
        patch.start()
        self.addCleanup(patch.stop)


class Planted(Quick):
    """What is planted is found."""

    def test_a_control_is_held_against_the_nearest_run(self):
        o = judged(effect=1.4, controls=2, second_half=.7)
        # One ran before the machine became slower, the other after it.
        for a, b in (("threaded", "bare-threads"), ("evented", "bare-epoll")):
            self.assertAlmostEqual(o.comparison(RATE, a, b).estimate, 1, 9)

    def test_beside_a_control_in_the_middle_a_drift_cancels(self):
        o = judged(effect=1.4, drift=.01, controls=1)
        self.assertAlmostEqual(o.comparison(RATE, "threaded",
            "bare-threads").estimate, 1, 9)

    def test_planted_differences_come_out_as_what_they_are(self):
        # At 2 % and 5 %, within the margin and hardly beyond: never the
        # slowed one.
        for slowed, expected in ((0, ("EQUIVALENT", "")), (.02, None),
                (.05, None), (.1, ("WIN", "threaded")),
                (.3, ("WIN", "threaded"))):
            for seed in range(20):
                c = rate_of(judged(effect=1 - slowed, drift=.002,
                    noise=NOISE / 2, seed=seed))
                self.assertAlmostEqual(c.estimate, 1 - slowed, delta=.015)
                self.assertNotEqual(c.winner, "evented")
                if expected:
                    self.assertEqual((c.verdict, c.winner), expected)
                if slowed == .02:
                    self.assertNotEqual(c.verdict, "WIN")

    def test_where_there_is_no_difference_hardly_ever_one_is_named(self):
        # Far noisier than the margin: the floor must hold it back.
        found = [rate_of(judged(drift=.005, noise=4 * NOISE,
            blocks=(6, 7, 8, 24)[seed % 4], seed=seed)).verdict
            for seed in range(SIMULATED)]
        self.assertLessEqual(found.count("WIN") * 20, SIMULATED)
        # Nor is a direction, beyond what intervals of 95 % are allowed.
        self.assertLessEqual(found.count("WIN") + found.count("LEANS"),
            SIMULATED / 20 + 25)

    def test_the_floor_is_what_the_same_server_twice_differs_by(self):
        o = judged(effect=1.05, noise=4 * NOISE, seed=3)
        c, row = rate_of(o), o.aa[0]
        self.assertEqual(row.metric, RATE)
        # Half the width, on the scale of logarithms, as a share.
        low, high = row.interval95
        self.assertAlmostEqual(row.half_width, math.sqrt(high / low) - 1, 12)
        self.assertEqual(c.floor, row.half_width)
        self.assertGreater(c.floor, c.margin)
        self.assertEqual(c.band, c.floor)

    def test_a_floor_is_never_that_of_another_scenario(self):
        first, second = make(noise=4 * NOISE), make(noise=NOISE, seed=2)
        second["runs"] = [run for run in second["runs"]
            if run["position"] <= 2]
        report = telling.report_of({"pinned": True,
            "scenarios": [first, second]})
        verdict.judge(report)
        c = rate_of(report.scenarios[1])
        self.assertTrue(math.isnan(c.floor))
        self.assertEqual(c.band, c.margin)

    def test_what_is_judged_is_not_judged_again(self):
        report = telling.report_of({"pinned": True,
            "scenarios": [make(noise=NOISE)]})
        self.assertTrue(verdict.judge(report))
        before = str(report.json)
        self.assertFalse(verdict.judge(report))
        self.assertEqual(str(report.json), before)
        self.assertEqual(list(report.json)[-1], "scenarios")
        self.assertEqual(list(report.json["scenarios"][0])[-1], "runs")
        self.assertEqual(report.chance.primary, 1)
        self.assertEqual([m.metric for m in report.margins],
            list(metrics.METRICS))


# Effects with the generator's lateness and without, and what is claimed.
LATENESS = ((1.5, 1.5, "WIN"), (1.5, 2, "WIN"), (2, 1.5, "WIN"),
    (1.5, 1.03, "LEANS"), (1.03, 1.5, "LEANS"), (1.5, .7, "INCONCLUSIVE"),
    (1, 1, "EQUIVALENT"), (1, 1.5, "INCONCLUSIVE"))

# Whose load was busy, and what is said of a lead.
HELD = (
    (1.5, BLOCKS, "evented", "WIN", "events serve at least 1."),
    (1.5, BLOCKS, "threaded", "INVALID",
        "nothing is claimed: a check failed (generator-bound)"),
    (.7, BLOCKS, "threaded", "WIN", "events serve at most 0."),
    (1.5, 5, "evented", "no verdict", "events serve at least 1."),
    (.7, 5, "threaded", "no verdict", "events serve at most 0."),
    (1, BLOCKS, "evented", None, ""),  # may do more: never equal
)

# Gates, how many of 16 runs fail them, and whether that spoils the cell.
GATES = (
    ("generator late", 3, False),  # 3 of 16 are fewer than one in five
    ("generator late", 4, True), ("kernel counters", 3, False),
    ("kernel counters", 16, True), ("Little's law", 1, True),
    ("wrong replies", 1, True), ("counters differ", 1, True),
    ("utilisation", 1, True), ("percentiles", 1, True), ("failed", 1, True))

# Times to recover of events and threads in ms, how many of each twin's 16 runs
# are only bounds, and what is said. Left out, they would be no loss.
BOUNDED = (
    (200, 400, 0, 0, "WIN"),
    (200, 400, 0, 5, "WIN"),           # the worse one is worse yet
    (200, 400, 5, 0, "INCONCLUSIVE"),  # the better one may not be
    (400, 400, 0, 5, "INCONCLUSIVE"),  # never equal
    (200, 400, 0, 9, None),            # no median
    (200, 400, 9, 0, None))


class Doubtful(Quick):
    """What is in doubt is not claimed."""

    def test_fewer_than_six_blocks_give_no_verdict(self):
        o = judged(effect=2, noise=NOISE, blocks=5)
        c = rate_of(o)
        self.assertEqual((c.verdict, c.winner), ("no verdict", ""))
        self.assertIsNone(c.interval95)
        self.assertIn("undecided", o.sentence)

    def test_a_server_that_is_not_itself_holds_a_winner_back(self):
        for bias, said in ((0, "WIN"), (.5, "INCONCLUSIVE")):
            c = rate_of(judged(effect=1.2, noise=NOISE, aa_bias=bias))
            self.assertAlmostEqual(c.estimate, 1.2, delta=.02)
            self.assertEqual(c.verdict, said)

    def test_what_is_claimed_holds_with_lateness_and_without(self):
        for effect, timely, expected in LATENESS:
            c = rate_of(judged(effect=effect, timely=timely, noise=NOISE))
            self.assertEqual(c.verdict, expected)
            self.assertAlmostEqual(c.estimate, effect, delta=.03)
            low, high = c.interval95
            self.assertLessEqual(low, min(effect, timely) + .02)
            self.assertGreaterEqual(high, max(effect, timely) - .02)

    def test_a_bound_in_one_block_does_not_hide_the_lateness_in_others(self):
        o = make(effect=1.5, timely=2, noise=NOISE)
        for run in o["runs"]:
            if run["block"] == 1:
                run.update(at_least=[RATE], timely={})
        self.assertGreaterEqual(rate_of(judge(o)).interval95[1], 1.98)

    def test_a_lead_that_the_load_kept_small_is_one(self):
        for effect, blocks, busy, expected, sentence in HELD:
            o = make(effect=effect, noise=NOISE, blocks=blocks)
            for run in o["runs"]:
                bound = run["server"] == busy
                run.update(load_cpu_ns=990000000 if bound else 500000000,
                    server_cpu_ns=800000000 if bound else 990000000)
            o = judge(o)
            c = rate_of(o)
            self.assertNotEqual(c.verdict, "EQUIVALENT")
            self.assertIn(sentence, o.sentence)
            if expected:
                self.assertEqual(c.verdict, expected)
                self.assertEqual(c.at_least, expected != "INVALID")

    def test_a_floor_that_high_makes_nobody_equal(self):
        found = [rate_of(judged(noise=.5, seed=seed)) for seed in range(20)]
        high = [c.verdict for c in found if c.band > .25]
        self.assertGreater(len(high), 10)
        self.assertNotIn("EQUIVALENT", high)

    def test_a_link_that_is_full_for_the_better_one_spoils_nothing(self):
        for effect, expected in ((1.5, "WIN"), (.7, "INVALID"), (1, None)):
            c = rate_of(judged(effect=effect, noise=NOISE, gate="link-bound",
                gate_runs=99))
            self.assertNotEqual(c.verdict, "EQUIVALENT")
            if expected:
                self.assertEqual(c.verdict, expected)
                self.assertEqual(c.at_least, expected != "INVALID")

    def test_a_gate_spoils_the_cell_that_fails_it(self):
        for gate, runs, spoils in GATES:
            o = judged(effect=1.5, noise=NOISE, gate=gate, gate_runs=runs)
            self.assertEqual(rate_of(o).verdict,
                "INVALID" if spoils else "WIN")
            self.assertEqual([g.name for g in o.cell("evented").gates],
                [gate] * spoils)
            self.assertEqual(o.cell("threaded").gates, [])
            # This one was said to spoil the rate alone.
            self.assertEqual(o.comparison(CPU).verdict, "WIN")

    def test_who_does_not_keep_up_is_named(self):
        o = make(effect=.8, noise=NOISE, gate="unstable", gate_runs=99)
        found = judge(o)
        self.assertEqual(rate_of(found).verdict, "INVALID")
        self.assertEqual(found.sentence, "At 50 connections on one core, "
            "events did not keep up (made up); threads did.")
        # With something the matter with the other one, too, nothing is said.
        o = make(effect=.8, noise=NOISE, gate="unstable", gate_runs=99)
        for run in o["runs"]:
            if not run["gates"]:
                run["gates"].append({"name": "generator late",
                    "because": "made up", "metrics": ["*"]})
        self.assertIn("nothing is claimed: checks failed (unstable, generator",
            judge(o).sentence)

    def test_a_run_that_does_not_count_claims_nothing(self):
        o = judged(effect=2, noise=NOISE, invalid="wrong reply 'x'")
        c = rate_of(o)
        self.assertEqual((c.verdict, c.invalid),
            ("INVALID", "wrong reply 'x'"))
        self.assertEqual(o.sentence, "At 50 connections on one core, nothing "
            "is claimed: wrong reply 'x'.")

    def test_numbers_that_no_run_has_are_judged_all_the_same(self):
        for x in (1e300, -1e300, 1e-320, -1, 0, .5, 1e17, None, "x"):
            o = make(effect=1.4)
            for i, run in enumerate(o["runs"]):
                run[("block", "position", "window_ns", "server_cpu_ns",
                    "load_cpu_ns", "pace_ns")[i % 6]] = x
                run["latency_ns"] = {"censored": x, "censored_from": x,
                    "counters": ""}
            o = judge(o)
            self.assertNotEqual(o.sentence, "")
            self.assertEqual(len(o.cells), 2)

    def test_where_all_blocks_are_disturbed_all_count(self):
        o = judge(disturb(make(effect=1.5, noise=NOISE),
            range(1, BLOCKS + 1)))
        c = rate_of(o)
        self.assertEqual((c.verdict, c.winner, c.blocks, c.disturbed_blocks,
            c.counts_all), ("WIN", "evented", BLOCKS, BLOCKS, True))
        self.assertFalse(c.all_blocks)
        self.assertIn("; other work disturbed 8 of 8 blocks, and all of them "
            "count.", o.sentence)

    def test_connections_that_were_not_open_are_not_claimed(self):
        o = make(effect=1.5, noise=NOISE)
        o["connections"] = 40
        self.assertIn("At 50 connections on one core, of which 40 of 50 could"
            " be opened, ", judge(o).sentence)

    def test_a_percentile_that_only_fast_runs_have_is_none(self):
        o = make(noise=NOISE)
        for run in o["runs"]:
            run["figures"][P50] = 1e6
            run["figures"][P999] = None if run["block"] == 1 else 2e6
        o = judge(o)
        self.assertEqual(o.comparison(P999).missing,
            "too few requests for it in some runs")
        self.assertTrue(math.isnan(o.figure("threaded", P999)))
        self.assertEqual(o.figure("threaded", P50), 1e6)

    def test_a_disturbed_block_is_left_out(self):
        o = disturb(make(blocks=7), [3])
        for run in o["runs"]:
            if run["block"] == 3 and run["server"] == "evented":
                run["figures"][RATE] = 1
        c = rate_of(judge(o))
        self.assertAlmostEqual(c.estimate, 1, 12)
        self.assertEqual((c.blocks, c.disturbed_blocks, c.counts_all),
            (6, 1, False))

    def test_a_block_counts_where_the_runs_of_a_comparison_are_sound(self):
        for arm, left in (("control", (8, 8, 7)), ("twin", (7, 7, 7))):
            o = make(noise=NOISE, controls=1)
            for run in o["runs"]:
                run["disturbed"] = run["block"] == 3 and run["arm"] == arm
            o = judge(o)
            control = o.comparison(RATE, "threaded", "bare-threads")
            self.assertEqual((rate_of(o).blocks, o.aa[0].blocks,
                control.blocks), left, arm)

    def test_blocks_count_as_long_as_enough_are_left(self):
        # So many, so many disturbed: how many count.
        for blocks, lost, count in ((24, 12, 12), (24, 13, 24), (48, 36, 12),
                (48, 37, 48), (10, 4, 6), (10, 5, 10), (5, 2, 3), (5, 3, 5)):
            c = rate_of(judge(disturb(make(noise=NOISE, blocks=blocks),
                range(1, lost + 1))))
            self.assertEqual(c.blocks, count, (blocks, lost))
            self.assertEqual(c.counts_all, count == blocks)

    def test_both_verdicts_are_told_where_they_differ(self):
        o = disturb(make(effect=1.1, noise=NOISE / 2, blocks=12),
            range(1, 7))
        for run in o["runs"]:
            if run["block"] <= 6 and run["server"] == "evented":
                run["figures"][RATE] *= (.4, 1.7)[run["block"] % 2]
        o = judge(o)
        c = rate_of(o)
        self.assertEqual((c.verdict, c.blocks), ("WIN", 6))
        self.assertEqual((c.all_blocks.verdict, c.all_blocks.blocks),
            ("INCONCLUSIVE", 12))
        self.assertIn("; this leaves out 6 blocks that other work disturbed: "
            "with all blocks it would be INCONCLUSIVE, ", o.sentence)

    def test_medians_are_of_undisturbed_runs(self):
        for lost, events in ((3, 1.5e5), (4, 1)):
            o = disturb(make(effect=1.5, blocks=7), range(1, lost + 1))
            for run in o["runs"]:
                if run["block"] <= 4 and run.get("disturbed"):
                    run["figures"][RATE] = 1
            o = judge(o)
            self.assertAlmostEqual(o.figure("evented", RATE), events, 6)

    def test_a_run_that_fails_a_gate_twice_is_one_run(self):
        o = make(effect=1.5, noise=NOISE, gate="kernel counters", gate_runs=3)
        for run in o["runs"]:
            run["gates"] *= 2
        self.assertEqual(rate_of(judge(o)).verdict, "WIN")

    def test_a_busy_load_is_a_gate_whatever_else_is_the_limit(self):
        o = make(effect=1.5, noise=NOISE)
        for run in o["runs"]:
            if run["server"] == "evented":
                run.update(load_cpu_ns=990000000, server_cpu_ns=800000000,
                    kernel={"ListenOverflows": 1})
        o = judge(o)
        self.assertEqual(o.cell("evented").limiter, "kernel")
        self.assertTrue(rate_of(o).at_least)

    def test_a_busy_load_bounds_a_storm(self):
        for bound_events in (True, False):
            o = make()
            o.update(name="storm-1000", family="storm", primary=STORM)
            for i, run in enumerate(o["runs"]):
                events = run["server"] == "evented"
                run["figures"] = {STORM: 1e6 * (1 + .001 * (i % 7))
                    * (50 if events else 100), ACCEPT: 1e6}
                run.update(server_cpu_ns=500000000, load_cpu_ns=990000000
                    if events == bound_events else 500000000)
            c = judge(o).comparison(STORM)
            self.assertEqual((c.verdict, c.at_least),
                ("WIN", True) if bound_events else ("INVALID", False))

    def test_who_does_not_recover_is_not_left_out(self):
        for events, threads, events_bound, threads_bound, said in BOUNDED:
            o = make()
            left = {"evented": events_bound, "threaded": threads_bound}
            for i, run in enumerate(o["runs"]):
                ms = events if run["server"] == "evented" else threads
                run["figures"][RECOVERY] = 1e6 * (1 + .001 * (i % 7)) * ms
                if run["arm"] == "twin" and left[run["server"]]:
                    left[run["server"]] -= 1
                    run["at_least"] = [RECOVERY]
            c = judge(o).comparison(RECOVERY)
            if said:
                self.assertEqual((c.verdict, c.missing), (said, ""))
                continue
            self.assertEqual(c.missing,
                "it had not recovered when the window ended")
            self.assertTrue(math.isnan(
                c.a_median if events_bound else c.b_median))

    def test_the_limit_of_a_cell_is_named(self):
        o = make(blocks=6)
        for run in o["runs"]:
            if run["server"] == "evented":
                run.update(server_cpu_ns=500000000, load_cpu_ns=950000000)
        o = judge(o)
        self.assertEqual(o.cell("threaded").limiter, "server CPU")
        self.assertEqual(o.cell("evented").limiter, "generator")
        # A rate that the generator set is no result; the cost of it is.
        self.assertEqual(rate_of(o).verdict, "INVALID")
        self.assertEqual(o.comparison(CPU).verdict, "EQUIVALENT")

    def test_what_blocks_is_its_own_limit(self):
        o = make(blocks=6)
        for run in o["runs"]:
            run.update(server_cpu_ns=50000000, load_cpu_ns=50000000)
        self.assertEqual(judge(o).cell("evented").limiter, "unexplained")
        o["family"] = "blocking"
        self.assertEqual(judge(o).cell("evented").limiter, "blocking step")

    def test_a_round_trip_is_the_limit_of_a_closed_loop(self):
        # 50 connections that wait 400 us each time make 125,000 requests/s.
        for trip_ns, limiter in ((400e3, "round trip"), (100e3, "unexplained")):
            o = make(blocks=6)
            o["network"] = {"emulated": True, "round_trip_ns": trip_ns}
            for run in o["runs"]:
                run.update(server_cpu_ns=50000000, load_cpu_ns=50000000)
            self.assertEqual(judge(o).cell("evented").limiter, limiter)

    def test_without_a_processor_of_its_own_only_the_cost_is_compared(self):
        o = judge(make(effect=1.5, noise=NOISE), False)
        self.assertEqual(rate_of(o).missing,
            "it needs a processor of its own for each side")
        self.assertIsNone(rate_of(o).interval95)
        self.assertEqual(o.comparison(CPU).verdict, "WIN")
        self.assertEqual([row.metric for row in o.aa], [CPU])

    def test_what_had_no_time_is_said_to_be_unknown(self):
        o = make()
        o.update(runs=[], orders=[])
        self.assertIn("there was no time left to run it", judge(o).sentence)

    def test_a_saturated_latency_is_not_judged(self):
        for latency_from, active, judged_ in (("sent", 50, False),
                ("sent", 1, True), ("intended", 50, True)):
            o = make(noise=NOISE)
            o.update(latency_from=latency_from, active=active)
            for run in o["runs"]:
                run["figures"][P50] = 1e11 / run["figures"][RATE] \
                    * (1 if run["server"] == "evented" else 2)
            c = judge(o).comparison(P50)
            self.assertEqual((c.verdict, c.winner, math.isnan(c.margin)),
                ("WIN", "evented", False) if judged_
                else ("no verdict", "", True))
            self.assertAlmostEqual(c.estimate, .5, delta=.02)

    def test_a_busy_server_is_its_own_limit_on_a_noisy_machine(self):
        o = disturb(make(noise=NOISE), range(1, BLOCKS + 1))
        for run in o["runs"]:
            if run["server"] == "evented":
                run["server_cpu_ns"] = 500000000
        o = judge(o)
        self.assertEqual(o.cell("threaded").limiter, "server CPU")
        self.assertEqual(o.cell("evented").limiter, "other work")

    def test_a_peer_is_compared_with_both_twins(self):
        o = make(effect=1.5, noise=NOISE)
        o["runs"] += [{**run, "server": "mine", "arm": "peer"}
            for run in o["runs"] if run["server"] == "threaded"
            and run["arm"] == "twin"]
        o = judge(o)
        self.assertEqual(o.cell("mine").role, "peer")
        self.assertAlmostEqual(
            o.comparison(RATE, "mine", "threaded").estimate, 1, 12)
        self.assertAlmostEqual(o.comparison(RATE, "mine",
            "evented").estimate, 1 / rate_of(o).estimate, delta=.02)


class Cells(unittest.TestCase):
    """What one server did."""

    def test_a_quantile_is_the_upper_edge_of_its_counter(self):
        # 1,000 exact values, as histogram.h counts them.
        h = {"counters": " ".join(f"{i}:1" for i in range(1000))}
        latencies = verdict.Latencies([telling.keys.Histogram(h)])
        self.assertEqual(latencies.quantile(.5), (499, False))
        self.assertEqual(latencies.quantile(.99), (989, False))
        self.assertIsNone(latencies.quantile(.995))  # five beyond it
        self.assertEqual(verdict.Latencies.upper_edge(2047), 2047)
        self.assertEqual(verdict.Latencies.upper_edge(2048), 2049)
        self.assertEqual(verdict.Latencies.upper_edge(3072), 4099)

    def test_what_was_given_up_counts_as_the_longest(self):
        h = {"counters": "5:80", "censored": 20, "censored_from": 7000}
        latencies = verdict.Latencies([telling.keys.Histogram(h)])
        self.assertEqual(latencies.quantile(.8), (5, False))
        self.assertEqual(latencies.quantile(.85), (7000, True))
        h = {"counters": "5:80", "overflow": 20}
        latencies = verdict.Latencies([telling.keys.Histogram(h)])
        self.assertEqual(latencies.quantile(.85), (1 << 36, True))

    def test_several_are_as_one_that_recorded_all(self):
        chance = random.Random(3)
        samples = [int(chance.expovariate(1e-5)) for _ in range(2000)]

        def histogram(some):
            """As histogram.h has it."""
            counters = {}
            for ns in some:
                shift = max(0, ns.bit_length() - 11)
                index = (shift << 10) + (ns >> shift)
                counters[index] = counters.get(index, 0) + 1
            return telling.keys.Histogram({"counters": " ".join(
                f"{i}:{n}" for i, n in sorted(counters.items()))})

        together = verdict.Latencies([histogram(samples[:700]),
            histogram(samples[700:])])
        alone = verdict.Latencies([histogram(samples)])
        samples.sort()
        for q in verdict.CURVE:
            found = together.quantile(q)
            self.assertEqual(found, alone.quantile(q))
            if found:
                exact = samples[math.ceil(q * 2000 - 1e-6) - 1]
                self.assertTrue(exact <= found[0] <= exact * (1 + 1 / 1024))

    def test_a_histogram_that_is_none_is_refused(self):
        for text in ("x", "7", "7:", ":2", "7:2,8:1", "1:2:3", "-1:2",
                "27648:1", "7:2x", "1:0", "7:-2", "7:9007199254740993",
                "7:99999999999999999999"):
            with self.assertRaises(telling.keys.NoReport):
                verdict.Latencies([telling.keys.Histogram({
                    "counters": text})])

    def spread(self, last, drop=()):
        """What the spread of three blocks is, the second disturbed; of each
        run the first step is its warm-up and the fourth beyond the window."""
        runs = [{"server": "evented", "arm": "twin", "block": block,
                "position": i, "window_ns": 1100000000, "figures": {RATE: 1},
                "disturbed": block == 2,
                "series": {"step_seconds": .5, "from_seconds": -.5,
                    "replies": [1, first, second, 1, 1]}}
            for i, (block, first, second) in enumerate(((1, 100, 110),
                (1, 120, 130), (2, 1, 2), (2, 3, 4), (3, 140, 150),
                (3, 160, last)))]
        o = telling.keys.Scenario({"orders": ["ABBA"] * 3,
            "runs": [run for i, run in enumerate(runs) if i not in drop]})
        return verdict.spread_of(verdict.Raced(o), "evented")

    def test_only_what_lies_in_the_window_of_a_block_that_counts(self):
        found = self.spread(170)
        logs = [[[math.log(x) for x in run] for run in block]
            for block in (((100, 110), (120, 130)), ((140, 150), (160, 170)))]
        m, r, b = verdict.spread(logs)
        self.assertGreater(min(r, b), 0)
        self.assertEqual(found.moments, 2)
        for mine, theirs in ((found.moments_sd, m / 2), (found.runs_sd, r),
                (found.blocks_sd, b)):
            self.assertAlmostEqual(mine, math.sqrt(theirs), 12)

    def test_too_little_says_nothing(self):
        self.assertIsNone(self.spread(0))  # nothing in the last moment
        self.assertIsNone(self.spread(170, [0]))  # half a block is none


if __name__ == "__main__":
    main()
