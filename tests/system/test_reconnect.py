#!/usr/bin/python3
"""
The model of clients that all come back at once (report/scale/reconnect.py),
against cases by hand and against another model, which goes tick by tick.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import unittest

from harness import DEADLINE, ROOT, main

SCALE = os.path.join(ROOT, "report", "scale")
sys.path.insert(0, SCALE)
import reconnect  # noqa: E402

MODEL = os.path.join(SCALE, "reconnect.py")


def tick_by_tick(arrivals, service, retries, backlog, pause):
    """The same in whole ticks, in which a server takes `service` for a client:
    when each client is answered (None: never), and who sent a SYN again."""
    due = {}
    for client, at in enumerate(arrivals):
        due.setdefault(at, []).append((client, 0))
    waiting, answered, again = [], [None] * len(arrivals), set()
    now, free = 0, pause
    while due or waiting:
        syns = sorted(due.pop(now, []))
        while True:
            # Whoever waits is accepted as soon as that can be.
            if waiting and free <= now:
                answered[waiting.pop(0)] = now + service
                free = now + service
            elif syns:
                client, attempt = syns.pop(0)
                if len(waiting) <= backlog:
                    waiting.append(client)
                    continue
                again.add(client)
                if attempt < len(retries):
                    at = arrivals[client] + retries[attempt]
                    due.setdefault(at, []).append((client, attempt + 1))
            else:
                break
        now += 1
    return answered, again


class Model(unittest.TestCase):
    """simulate()."""

    def test_syns_come_again_as_the_kernel_sends_them(self):
        self.assertEqual(reconnect.syn_times(0), [1, 3, 7, 15, 31, 63])
        # As Documentation/networking/ip-sysctl.rst has it: with
        # tcp_syn_retries = 6 the last after 67 seconds.
        self.assertEqual(reconnect.syn_times(4),
            [1, 2, 3, 4, 5, 7, 11, 19, 35, 67])
        self.assertEqual(reconnect.syn_times(4, 1), [1, 2, 3, 4, 5])

    def test_one_after_the_other(self):
        storm = reconnect.simulate([0, 0, 0, 5], 2, [1, 3])
        self.assertEqual((storm.waits, storm.last, storm.retried, storm.lost),
            ([0.5, 0.5, 1, 1.5], 5.5, 0, 0))

    def test_who_finds_the_queue_full_comes_again(self):
        # One is served, one waits; the third comes again after a second, when
        # the second is served.
        storm = reconnect.simulate([0, 0, 0], 1, [1, 3], backlog=0)
        self.assertEqual((storm.waits, storm.last, storm.retried),
            ([1, 2, 3], 3, 1))

    def test_and_again(self):
        storm = reconnect.simulate([0, 0, 0], 0.25, [1, 3, 7], backlog=0)
        self.assertEqual((storm.waits, storm.retried, storm.lost),
            ([4, 8, 12], 1, 0))

    def test_who_has_no_try_left_gives_up(self):
        storm = reconnect.simulate([0, 0, 0], 0.25, [1, 3], backlog=0)
        self.assertEqual((storm.waits, storm.retried, storm.lost),
            ([4, 8], 1, 1))

    def test_a_pause_fills_the_queue(self):
        storm = reconnect.simulate([0] * 6000, 10000, [1, 3], pause=0.5)
        self.assertEqual((storm.retried, storm.lost), (6000 - 4097, 0))
        self.assertAlmostEqual(storm.waits[4096], 0.5 + 0.4097)
        self.assertAlmostEqual(storm.last, 1 + (6000 - 4097) / 10000)

    def test_nobody_comes(self):
        storm = reconnect.simulate([], 1, [1])
        self.assertEqual((storm.waits, storm.last, storm.retried, storm.lost),
            ([], 0, 0, 0))

    def test_the_other_model_says_the_same(self):
        dice = random.Random(7)
        for _ in range(300):
            service = dice.choice([1, 2, 5, 16])
            span = dice.choice([1, 20, 200])
            arrivals = sorted(dice.randrange(span)
                for _ in range(dice.randrange(1, 60)))
            retries = sorted(dice.sample(range(1, 200), dice.randrange(5)))
            backlog, pause = dice.randrange(12), dice.choice([0, 0, 30])
            storm = reconnect.simulate(arrivals, 1 / service, retries,
                backlog, pause)
            answered, again = tick_by_tick(arrivals, service, retries,
                backlog, pause)
            waits = sorted(at - arrivals[client]
                for client, at in enumerate(answered) if at is not None)
            self.assertEqual((storm.waits, storm.retried, storm.lost),
                (waits, len(again), answered.count(None)))


class Printed(unittest.TestCase):
    """The command."""

    def run_model(self, *options):
        """Run it; what came of it."""
        return subprocess.run([sys.executable, "-B", MODEL, *options],
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=DEADLINE)

    def test_a_row_for_each_case(self):
        done = self.run_model("--clients", "100,8000", "--jitter", "0,5",
            "--rates", "10000,20000", "--linear", "0")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        head, *rows = done.stdout.splitlines()
        self.assertIn("10,000 by threads, 20,000 by events", head)
        self.assertIn("after 1, 3, 7, 15, 31, 63 s", head)
        found = [" ".join(row.split()) for row in rows if row[:9].strip()
            and row.split()[0] != "clients"]
        self.assertEqual(len(found), 8)
        self.assertEqual(found[0], "100 0 s threads 5 ms 9.9 ms 10 ms 0.0 %")
        # All but one that is served and 4097 that wait come a second later.
        self.assertTrue(found[4].endswith("1.39 s 48.8 %"), found[4])

    def test_rates_of_a_report(self):
        cells = [{"server": twin, "figures": {"requests_per_second": rate}}
            for twin, rate in (("threaded", 1000), ("evented", 2000))]
        with tempfile.NamedTemporaryFile("w") as file:
            json.dump({"scenarios": [{"name": "churn-50", "cells": cells}]},
                file)
            file.flush()
            done = self.run_model("--report", file.name, "--clients", "10")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("1,000 by threads, 2,000 by events", done.stdout)

    def test_the_kept_report_will_do(self):
        done = self.run_model("--clients", "10", "--jitter", "0")
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_a_report_without_rates_is_refused(self):
        for text in "", "[]", "{}", '{"scenarios": []}', \
                '{"scenarios": [{"name": "churn-50", "cells": []}]}':
            with tempfile.NamedTemporaryFile("w") as file:
                file.write(text)
                file.flush()
                done = self.run_model("--report", file.name)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertEqual(done.stderr, f"reconnect: {file.name}: there is "
                "no requests_per_second of churn-50\n")

    def test_numbers_that_are_none(self):
        for options in (["--clients", "0"], ["--clients", "x"],
                ["--jitter", "-1"], ["--rates", "1"], ["--rates", "0,1"],
                ["--pause", "1,2"], ["--backlog", "nan"],
                ["--jitter", "nan"]):
            done = self.run_model(*options)
            self.assertEqual((done.returncode, done.stdout), (2, ""), options)


if __name__ == "__main__":
    main()
