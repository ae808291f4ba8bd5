#!/usr/bin/python3
"""
What clients cost at given prices: `compare --cost` (report/tell/cost.py).
"""

import io
import json
import os
import subprocess
import tempfile
import unittest

import reports
import telling
from harness import BUILD, DEADLINE, environment, main

import cost
import terminal

COMPARE = os.path.join(BUILD, "compare")
MEMORY, CPU = "memory_bytes_per_connection", "cpu_ns_per_request"

# By hand: 10,000 connections of 107,374.1824 bytes are 1 GiB, and for 30 days
# 720 GiB hours; asking once a second for 9 us each, they take 0.09 of a core,
# 64.8 core hours. Of the others, a tenth and a third.
THREADS = {MEMORY: 2 ** 30 / 10000, CPU: 9000}
EVENTS = {MEMORY: 2 ** 30 / 100000, CPU: 3000}
PRICES = 'core_hour = 0.5\ngib_hour = 0.25\ncurrency = "EUR"\n'
# Memory 720 x 0.25 = 180 and 18; requests 64.8 x 0.5 = 32.4 and 10.8 once a
# second, a tenth of it once in 10 s, a sixtieth once a minute.
ROWS = [("never ask", "180", "18.0", "162"),
    ("ask once a minute", "181", "18.2", "162"),
    ("ask once in 10 s", "183", "19.1", "164"),
    ("ask once a second", "212", "28.8", "184")]


def scenario(name, family, metric, threads, events, clients, **changes):
    """A scenario with a figure of each twin."""
    compared = reports.comparison(metric, (events, threads),
        (events / threads,) * 3)
    return {**reports.scenario(name, family, [compared], metric),
        "connections": clients, "active": clients, **changes}


def report_of(*scenarios):
    """A report of such scenarios."""
    return {**reports.report(), "scenarios": list(scenarios)}


def usual():
    """A report that says all that is needed."""
    return report_of(
        scenario("idle-4000", "idle", MEMORY, THREADS[MEMORY], EVENTS[MEMORY],
            4000),
        scenario("sweep-64", "reply", CPU, THREADS[CPU], EVENTS[CPU], 64))


def written(report, prices):
    """The table, its rows apart, and whether there was one."""
    out = io.StringIO()
    good = cost.write(terminal.Terminal(out), telling.report_of(report),
        prices)
    return out.getvalue(), rows_of(out.getvalue()), good


def rows_of(text):
    """The rows of clients that text has, in columns."""
    names = [name for name, _ in cost.PATTERNS]
    return [(name, *line.strip().removeprefix(name).split())
        for line in text.splitlines() for name in names
        if line.strip().startswith(name)]


class Bills(unittest.TestCase):
    """What is reckoned."""

    prices = cost.Prices(0.5, 0.25, "EUR")

    def test_as_by_hand(self):
        text, rows, good = written(usual(), self.prices)
        self.assertTrue(good)
        self.assertEqual(rows, ROWS)
        self.assertIn("10,000 clients cost in 30 days", text)
        self.assertIn("core 0.5 EUR, of a GiB 0.25 EUR", " ".join(
            text.split()))
        self.assertIn("105 KiB and 10.5 KiB (idle-4000)", text)
        self.assertIn("9.00 \u00b5s and 3.00 \u00b5s (sweep-64)", text)

    def test_each_price_counts_for_itself(self):
        for prices, first, last in (
                (cost.Prices(0, 0.25), "180", "180"),
                (cost.Prices(0.5, 0), "0", "32.4"),
                (cost.Prices(0, 0), "0", "0")):
            rows = written(usual(), prices)[1]
            self.assertEqual((rows[0][1], rows[-1][1]), (first, last))

    def test_the_largest_scenario_of_its_kind_counts(self):
        report = usual()
        report["scenarios"] += [
            scenario("idle-1000", "idle", MEMORY, 1, 1, 1000),
            scenario("sweep-1", "reply", CPU, 1, 1, 1),
            # Of another kind, however large.
            scenario("work-100", "work", CPU, 1, 1, 9999),
            scenario("churn-50", "churn", CPU, 1, 1, 9999)]
        self.assertEqual(written(report, self.prices)[1], ROWS)

    def test_what_a_gate_spoils_does_not_count(self):
        gate = {"name": "unstable", "because": "x", "metrics": [CPU]}
        for cell in 0, 1:
            report = usual()
            larger = scenario("sweep-512", "reply", CPU, 1, 1, 512)
            larger["cells"][cell]["gates"] = [gate]
            report["scenarios"].append(larger)
            self.assertEqual(written(report, self.prices)[1], ROWS)
            # One of another metric does.
            gates = [{**gate, "metrics": ["p99_ns"]}]
            larger["cells"][cell]["gates"] = gates
            self.assertNotEqual(written(report, self.prices)[1], ROWS)

    def test_without_requests_only_the_silent_are_told(self):
        report = usual()
        del report["scenarios"][1]
        text, rows, good = written(report, self.prices)
        self.assertTrue(good)
        self.assertEqual(rows, ROWS[:1])
        self.assertIn("Missing: clients that ask", text)

    def test_without_memory_nothing_is(self):
        report = usual()
        del report["scenarios"][0]
        text, rows, good = written(report, self.prices)
        self.assertFalse(good)
        self.assertEqual(rows, [])
        self.assertIn("Missing: the memory of a connection", text)


class Files(unittest.TestCase):
    """Prices, and compare from outside."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def write(self, name, text):
        """Write a file; its path."""
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def compare(self, *options):
        """Run compare; what came of it."""
        return subprocess.run([COMPARE, *options], cwd=self.folder,
            env=environment(), stdin=subprocess.DEVNULL, capture_output=True,
            timeout=DEADLINE, encoding="utf-8")

    def test_compare_prints_it_behind_the_tables(self):
        done = self.compare("--render",
            self.write("report.json", json.dumps(usual())), "--cost",
            self.write("prices.toml", PRICES))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(rows_of(done.stdout), ROWS)
        self.assertLess(done.stdout.index("sweep-64"),
            done.stdout.index("10,000 clients"))

    def test_a_report_that_does_not_say_is_an_error(self):
        done = self.compare("--render",
            self.write("report.json", json.dumps(report_of())), "--cost",
            self.write("prices.toml", PRICES))
        self.assertEqual((done.returncode, done.stderr), (1, ""))
        self.assertIn("Missing: the memory of a connection", done.stdout)

    def test_prices_that_are_none(self):
        for text, reason in (
                ("", "core_hour is missing"),
                ("core_hour = 1\n", "gib_hour is missing"),
                ("core_hour = '1'\ngib_hour = 1\n",
                    "core_hour is not a price"),
                ("core_hour = true\ngib_hour = 1\n",
                    "core_hour is not a price"),
                ("core_hour = 1\ngib_hour = -1\n", "gib_hour is not a price"),
                ("core_hour = 1\ngib_hour = nan\n",
                    "gib_hour is not a price"),
                ("core_hour = inf\ngib_hour = 1\n",
                    "core_hour is not a price"),
                ("core_hour = 1e10\ngib_hour = 1\n",
                    "core_hour is not a price"),
                (PRICES + "gb_hour = 1\n", "it knows no gb_hour"),
                ("core_hour = 1\ngib_hour = 1\ncurrency = 1\n",
                    "currency is not a text of up to 16 characters"),
                (PRICES.replace("EUR", 16 * "x"), None),
                (PRICES.replace("EUR", 17 * "x"),
                    "currency is not a text of up to 16 characters"),
                ("core_hour 1", "not TOML")):
            path = self.write("prices.toml", text)
            with self.subTest(text=text):
                if reason is None:
                    cost.read(path)
                else:
                    with self.assertRaises(cost.NoPrices) as caught:
                        cost.read(path)
                    self.assertTrue(str(caught.exception).startswith(reason),
                        caught.exception)

    def test_wrong_prices_end_it_before_anything_is_done(self):
        path = self.write("prices.toml", "core_hour = 1\n")
        report = self.write("report.json", json.dumps(usual()))
        with open(path, "ab") as file:
            file.write(b"#\xff\n")
        missing = os.path.join(self.folder, "none.toml")
        for options in ([], ["--render", report]):
            for prices, reason in ((path, "not TOML"),
                    (missing, "No such file or directory"),
                    (self.folder, "Is a directory")):
                done = self.compare(*options, "--cost", prices)
                self.assertEqual(done.returncode, 1)
                self.assertEqual(done.stdout, "")
                self.assertRegex(done.stderr,
                    rf"\Acompare: {prices}: {reason}[^\n]*\n\Z")
        self.assertEqual(sorted(os.listdir(self.folder)),
            ["prices.toml", "report.json"])

    def test_a_currency_moves_no_terminal(self):
        done = self.compare("--render",
            self.write("report.json", json.dumps(usual())), "--cost",
            self.write("prices.toml", PRICES.replace("EUR", "\\u001b[2J")))
        self.assertEqual(done.returncode, 0)
        self.assertNotIn("\033", done.stdout)

    def test_an_empty_name_is_a_usage_error(self):
        done = self.compare("--cost=")
        self.assertEqual(done.returncode, 64)
        self.assertIn("a file or folder name is empty", done.stderr)


if __name__ == "__main__":
    main()
