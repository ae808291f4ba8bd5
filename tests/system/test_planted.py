#!/usr/bin/python3
"""
What `make planted` plants and how it judges: that slow.c burns what it is told
to, and which findings are right. The races themselves take a quiet machine.
"""

import os
import resource
import socket
import subprocess
import sys
import unittest

import planted
from harness import BUILD, DEADLINE, main

SLOW = os.path.join(BUILD, "tests", "preload", "slow.so")
SENDS = 64 * 200
HERE = os.path.abspath(__file__)


def comparison(metric, estimate, verdict="EQUIVALENT", winner=None):
    """How the slowed server compares with the plain one."""
    return {"metric": metric, "a": planted.SLOWED, "b": planted.PLAIN,
        "estimate": estimate, "interval95": [estimate - .01, estimate + .01],
        "verdict": verdict, "winner": winner}


def scenario(cpu, rate, *verdicts, cpu_ns=4000.0):
    """A race in which the slowed server's ratios were found so."""
    wins = verdicts or ("EQUIVALENT", None) * 2
    return {"cells": [{"server": server, "figures": {planted.CPU: cpu_ns * x}}
            for server, x in ((planted.PLAIN, 1), (planted.SLOWED, cpu))],
        "comparisons": [
            # Other pairs do not matter.
            {**comparison(planted.CPU, 9.0, "WIN", planted.SLOWED),
                "b": "evented"},
            comparison(planted.CPU, cpu, *wins[:2]),
            comparison(planted.RATE, rate, *wins[2:])]}


class Arithmetic(unittest.TestCase):
    """What is planted, and what is right."""

    def test_a_share_is_planted_in_nanoseconds(self):
        self.assertEqual([planted.plant(share, 4000.0)
            for share in planted.SHARES], [0, 120, 320, 600])
        self.assertEqual(planted.plant(.03, 3650.4), 110)

    def test_within_two_points_is_right(self):
        for share, ns in ((0, 0), (.03, 120), (.08, 320)):
            truth = 1 + ns / 4000
            for off, said in ((0, False), (.0199, False), (-.0199, False),
                    (.0201, True), (-.0201, True), (float("nan"), True)):
                with self.subTest(share=share, off=off):
                    faults = planted.faults(share, ns,
                        scenario(truth + off, 1 / truth))
                    self.assertEqual(bool(faults), said, faults)

    def test_the_truth_is_what_was_planted_not_what_was_wanted(self):
        # The machine has become half as fast since: 120 ns are 1.5 % now.
        now = {"cpu_ns": 8000.0}
        self.assertEqual(planted.faults(.03, 120,
            scenario(1.015, .985, **now)), [])
        self.assertEqual(planted.faults(.03, 120,
            scenario(1.036, .97, **now)), ["CPU is +2.1 points off"])

    def test_a_large_share_must_win_and_need_not_be_exact(self):
        win = ("WIN", planted.PLAIN)
        self.assertEqual(planted.faults(.15, 600,
            scenario(1.2, .85, *win, *win)), [])
        for one in (("LEANS", planted.PLAIN), ("INCONCLUSIVE", None)):
            for verdicts in ((*win, *one), (*one, *win)):
                self.assertEqual(planted.faults(.15, 600,
                    scenario(1.15, .87, *verdicts)),
                    ["the difference was not seen"])

    def test_the_slowed_server_is_never_the_better_one(self):
        for verdict in ("WIN", "LEANS"):
            wrong = (verdict, planted.SLOWED)
            self.assertEqual(planted.faults(.03, 120,
                scenario(1.03, 1.05, "LEANS", planted.PLAIN, *wrong)),
                ["requests_per_second better when slowed"])

    def test_of_equal_ones_none_wins(self):
        self.assertEqual(planted.faults(0, 0,
            scenario(1.01, .95, "EQUIVALENT", None, "WIN", planted.PLAIN)),
            ["a winner of two equal servers"])

    def test_a_row_says_all_of_it(self):
        self.assertEqual(planted.row(.08, 320, scenario(1.11, .93)).split(),
            "8% 320 ns 8.0% 1.110 (1.100 to 1.120) EQUIVALENT "
            "0.930 (0.920 to 0.940) EQUIVALENT CPU is +3.0 points "
            "off".split())


class Burned(unittest.TestCase):
    """slow.c."""

    def seconds(self, ns):
        """The processor time of a process that sends some times."""
        done = subprocess.run([sys.executable, HERE, "--send"], check=True,
            timeout=2 * DEADLINE, stdout=subprocess.PIPE,
            env={**os.environ, "LD_PRELOAD": SLOW, "SLOW": str(ns)})
        return float(done.stdout)

    def test_each_send_burns_what_is_asked_for(self):
        self.assertTrue(os.access(SLOW, os.R_OK), "make disturbed")
        planted_ = SENDS * 40000 / 1e9
        burned = self.seconds(40000)
        self.assertGreaterEqual(burned, planted_)
        self.assertLess(burned, 1.3 * planted_)

    def test_nothing_is_burned_for_nothing(self):
        self.assertLess(self.seconds(0), .3 * SENDS * 40000 / 1e9)


def send():
    """Send, and print what processor time that took."""
    ours, theirs = socket.socketpair()
    before = resource.getrusage(resource.RUSAGE_THREAD)
    for _ in range(SENDS):
        ours.send(b"x")
        theirs.recv(1)
    after = resource.getrusage(resource.RUSAGE_THREAD)
    print(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


if __name__ == "__main__":
    if sys.argv[1:] == ["--send"]:
        send()
    else:
        main()
