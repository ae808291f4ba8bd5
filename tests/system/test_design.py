#!/usr/bin/python3
"""
The design of the experiment, and the rules of the verdict with it: what 24
short blocks say on machines of four kinds, made up, and of blocks that were
recorded on a busy one. A difference that does not matter is never called a
WIN, one of 5 % mostly is, and there always is a verdict.
"""

import json
import math
import os
import random
import unittest
from unittest import mock

import telling
from harness import ROOT, main

import verdict
from metrics import RATE

BLOCKS = 24
STEP = .01                # seconds: a tick of the clock
WARM_UP, WINDOW = 15, 20  # steps
RUN = WARM_UP + WINDOW + 4
COMPARISONS = 200         # of each kind
RECORDED = os.path.join(ROOT, "tests", "system", "recorded_blocks.json")

# As race.c has it, in seconds.
FOREIGN_MAX = .05 * WINDOW * STEP + 2 * STEP
STOLEN_MAX = .03 * WINDOW * STEP + 2 * STEP


class Machine:
    """A machine that is not only ours, step by step: others may have it, for a
    moment every 4 s, a hypervisor takes a step now and then, and it may be
    slow a third of the time."""

    def __init__(self, seed, bursts=False, paces=False):
        self.chance, self.now = random.Random(seed), 0
        self.bursts, self.paces = bursts, paces
        self.phase = self.chance.randrange(1800)
        self.begins = self.ends = self._wait()

    def _wait(self):
        """For how many steps nobody else comes."""
        return self.chance.expovariate(STEP / 4) if self.bursts else math.inf

    def _is_taken(self):
        """Whether others have the processor in this step."""
        if self.now >= self.ends:
            self.begins = self.now + self._wait()
            self.ends = self.begins + (32 if self.chance.random() < .2 else 8)
        return self.now >= self.begins

    def run(self, speed):
        """A run: the rate of a server of this speed, and whether it was
        disturbed."""
        work, foreign, stolen = 0.0, 0.0, 0.0
        for step in range(RUN):
            self.now += 1
            taken = self._is_taken()
            steal = self.chance.random() < .2 * STEP
            if not WARM_UP <= step < WARM_UP + WINDOW:
                continue
            slow = self.paces and (self.now + self.phase) % 1800 < 600
            foreign += taken * STEP
            stolen += steal * STEP
            work += (not taken and not steal) / (1.35 if slow else 1)
        noise = self.chance.gauss(0, .012) + self.chance.gauss(0, .0106)
        if self.chance.random() < .02:
            noise -= self.chance.expovariate(1 / .08)
        return (speed * math.exp(noise) * max(work, .1) / WINDOW,
            foreign > FOREIGN_MAX or stolen > STOLEN_MAX)


KINDS = {"quiet": {}, "busy": {"bursts": True}, "paces": {"paces": True},
    "noisy": {"bursts": True, "paces": True}}


def run(letter, block, position, rate, disturbed):
    """A run as compare writes it."""
    return {"server": "evented" if letter == "B" else "threaded",
        "arm": "twin", "block": block,
        "position": position, "window_ns": 2 * 10**8, "disturbed": disturbed,
        "server_cpu_ns": 198000000, "load_cpu_ns": 140000000,
        "load_spin_ns": 0, "figures": {RATE: rate}, "memory": [],
        "kernel": {}, "gates": []}


def judge(orders, runs):
    """The comparison of the twins in rate."""
    report = telling.report_of({"pinned": True, "scenarios": [{
        "name": "sweep-64", "title": "At 64 connections", "family": "reply",
        "program": "guess-server", "latency_from": "sent", "cores": "one",
        "primary": RATE, "connections": 64, "connections_wanted": 64,
        "active": 64, "orders": orders, "syscalls": None, "runs": runs}]})
    verdict.judge(report)
    return report.scenarios[0].comparison(RATE)


def simulated(effect, seed, **kind):
    """What is said of twins of which one is faster by this effect."""
    machine, orders, runs = Machine(seed, **kind), [], []
    for block in range(1, BLOCKS + 1):
        order = machine.chance.choice(("ABBA", "BAAB"))
        orders.append(order)
        runs += [run(letter, block, i + 1, *machine.run(
                1e5 * (effect if letter == "B" else 1)))
            for i, letter in enumerate(order)]
    return judge(orders, runs)


def resampled(blocks, effect, seed):
    """What is said of twins of which one is faster by this effect, when each
    block is one of the recorded, in which what a server did is a share of what
    it did on average."""
    chance, orders, runs = random.Random(seed), [], []
    for block in range(1, BLOCKS + 1):
        order, rates, disturbed = chance.choice(blocks)
        orders.append(order)
        runs += [run(letter, block, i + 1, 1e5 * rate
                * (effect if letter == "B" else 1), bool(lost))
            for i, (letter, rate, lost) in enumerate(
                zip(order, rates, disturbed))]
    return judge(orders, runs)


def recorded():
    """The recorded blocks, with no difference between the twins."""
    with open(RECORDED, encoding="utf-8") as file:
        blocks = json.load(file)
    estimate = judge([order for order, _, _ in blocks], [
        run(letter, b, i + 1, rate, False)
        for b, (order, rates, _) in enumerate(blocks, 1)
        for i, (letter, rate) in enumerate(zip(order, rates))]).estimate
    return [(order, [rate / (estimate if letter == "B" else 1)
            for letter, rate in zip(order, rates)], disturbed)
        for order, rates, disturbed in blocks]


def shares(say, effects=(1, 1.02, 1.05)):
    """Of comparisons with some effects, which share came to which verdict."""
    found = {}
    for effect in effects:
        said = [say(effect, seed) for seed in range(COMPARISONS)]
        for c in said:
            if c.verdict == "WIN" and effect > 1:
                found["wrong"] = found.get("wrong", 0) + (
                    c.winner != "evented")
        for name in ("WIN", "no verdict", "EQUIVALENT"):
            found[name, effect] = sum(c.verdict == name
                for c in said) / COMPARISONS
    return found


class Verdicts(unittest.TestCase):
    """What the rules of the verdict come to."""

    def setUp(self):
        patch = mock.patch.object(verdict, "bootstrap", return_value=None)
        patch.start()
        self.addCleanup(patch.stop)

    def check(self, found, power):
        """Hold shares to what the design promises."""
        self.assertFalse(found.get("wrong"), found)
        for effect in (1, 1.02):
            self.assertLess(found["WIN", effect], .01, found)
        self.assertGreaterEqual(found["WIN", 1.05], power, found)
        for effect in (1, 1.02, 1.05):
            self.assertLessEqual(found["no verdict", effect], .02, found)

    def of_kind(self, kind, power):
        """Simulate a kind of machine."""
        self.check(shares(lambda effect, seed: simulated(effect, seed,
            **KINDS[kind])), power)

    def test_on_a_quiet_machine(self):
        self.of_kind("quiet", .9)

    def test_on_a_busy_machine(self):
        self.of_kind("busy", .6)

    def test_on_a_machine_of_two_paces(self):
        self.of_kind("paces", .6)

    def test_on_a_noisy_machine(self):
        self.of_kind("noisy", .4)

    def test_with_blocks_of_a_machine_that_ten_others_used(self):
        # Nearly all of them were disturbed; threads starve there, by turns.
        blocks = recorded()
        found = shares(lambda effect, seed: resampled(blocks, effect, seed),
            (1, 1.02, 1.05, 3))
        self.assertGreaterEqual(found["WIN", 3], .95, found)
        self.check(found, 0)


if __name__ == "__main__":
    main()
