#!/usr/bin/python3
"""
What `compare` runs to its end: downloads and the spinner. Each comes to its
figures, all files are looked at, and one that is not as it should be is told.
"""

import json
import os
import shutil
import unittest
from unittest import mock

import telling
import reports
from harness import BUILD, FULL, link_tools, main
from test_compare import Folder, compare, read
from test_report import ledger

import advice
import verdict
from report import Scenario

TINY = ("--seed", "7", "--blocks", "1", "--seconds", "0.05")

# How many flags, and the requests for each; with --full also those that take
# their time.
DOWNLOADS = {"load-20": (20, 1), "load-flat-30": (194, 1),
    "load-wait-676": (676, 1), "save-13k": (194, 1), "save-sync": (194, 1),
    "names-194": (194, 2)}
if FULL:
    DOWNLOADS |= {"load-676": (676, 1), "load-flat-1": (194, 1),
        "load-flat-300": (194, 1), "load-rush": (676, 1),
        "save-130k": (194, 1), "save-10m": (10, 1)}
SPINNERS = ("spin", "spin-block")


class Jobs(Folder):
    """Every kind of job comes to a figure."""

    def race(self, names, *options):
        """Race; what was printed, and the scenarios by their names."""
        code, output, errors = compare(*TINY, "--output", self.folder,
            "--only", ",".join(names), *options)
        self.assertEqual((code, errors), (0, ""), output)
        scenarios = json.loads(read(self.folder))["scenarios"]
        return output, {s["name"]: s for s in scenarios}

    def test_downloads(self):
        output, scenarios = self.race(DOWNLOADS, "--peer-speaks", "flags",
            "--peer", "mine=" + os.path.join(BUILD, "evented", "flags"))
        self.assertIn("\nChecked as it is raced: mine.\n", output)
        self.assertIn("\n  mine / threads  ", output)
        self.assertEqual(set(scenarios), set(DOWNLOADS))
        for name, (flags, requests) in DOWNLOADS.items():
            scenario = scenarios[name]
            with self.subTest(name):
                self.assertEqual(scenario["job"]["flags"], flags)
                self.assertEqual(scenario["job"]["requests_each"], requests)
                for run in scenario["runs"]:
                    self.assertIsNone(run["invalid"])
                    self.assertEqual((run["intended"], run["replies"]),
                        (flags, flags))
                    # Others may ask for robots.txt, or once more.
                    if run["server"] in ("threaded", "evented", "mine"):
                        self.assertEqual(run["sent"], flags * requests)
                    self.assertGreaterEqual(run["window_ns"],
                        1e9 * scenario["job"]["ideal_seconds"])
                    for metric, value in run["figures"].items():
                        self.assertGreater(value, 0, metric)
                for c in scenario["comparisons"]:
                    self.assertIn(c["verdict"], ("no verdict",)
                        + bool(c["gates"]) * ("INVALID",))
                self.assertIn(scenario["question"], read(self.folder,
                    "index.html").replace("&#x27;", "'"))
        for run in scenarios["load-wait-676"]["runs"]:
            self.assertEqual([level["connections"] for level in run["memory"]],
                [100, 676])
        one = [run for run in scenarios["load-20"]["runs"]
            if run["server"] == "one-by-one"]
        # It waits for each answer, so it cannot be done sooner.
        self.assertGreaterEqual(one[0]["window_ns"], 20 * 0.05e9)
        self.assertIn("What was done: 20 flags of 13,000 bytes, 20 at once, "
            "each answer after 50.0 ms: 50.0 ms at best.",
            " ".join(output.split()))
        self.assertLessEqual(max(map(len, output.splitlines())), 100)
        # Nothing of what was saved is left.
        self.assertEqual(sorted(os.listdir(self.folder)),
            ["index.html", "journal.jsonl", "report.json"])

    def test_the_spinner(self):
        _, scenarios = self.race(SPINNERS, "--peer-speaks", "spinner",
            "--peer", "mine=" + os.path.join(BUILD, "threaded", "spinner"))
        shown = {(name, run["server"]): run["figures"]["frames_shown"]
            for name in SPINNERS for run in scenarios[name]["runs"]}
        self.assertEqual(shown.pop(("spin-block", "evented")), 0)
        self.assertEqual(len(shown), 5)
        self.assertGreater(min(shown.values()), 0)

    def test_a_downloader_that_fails_is_told(self):
        code, output, errors = compare(*TINY, "--output", self.folder,
            "--only", "load-20", "--peer-speaks", "flags", "--peer",
            "idle=true", "--peer", "none=no-such-program")
        self.assertEqual((code, errors), (1, ""), output)
        reasons = {(run["server"], run["invalid"])
            for run in json.loads(read(self.folder))["scenarios"][0]["runs"]
            if run["arm"] == "peer"}
        self.assertIn(("idle", "0 of 20 flags are right (0 files saved, 20 "
            "expected)"), reasons)
        self.assertEqual(len(reasons), 2)
        self.assertRegex(dict(reasons)["none"], r"no-such-program: not found")

    def test_what_was_measured_is_not_run_again(self):
        _, scenarios = self.race(["load-flat-30"])
        journal = os.path.join(self.folder, "journal.jsonl")
        lines = read(self.folder, "journal.jsonl").splitlines(True)
        with open(journal, "w") as file:
            file.writelines(lines[:-1])
        # As it was left when it was interrupted.
        os.mkdir(os.path.join(self.folder, "report.downloads"))
        with open(os.path.join(self.folder, "report.downloads", "xx.gif"), "w"):
            pass
        code, output, errors = compare("--resume", self.folder)
        self.assertEqual((code, errors), (0, ""), output)
        runs = json.loads(read(self.folder))["scenarios"][0]["runs"]
        self.assertEqual([(run["server"], run["position"]) for run in runs],
            [(run["server"], run["position"])
                for run in scenarios["load-flat-30"]["runs"]])
        self.assertNotIn("report.downloads", os.listdir(self.folder))

    def test_tools_that_are_not_installed_are_told(self):
        tools = os.path.join(self.folder, "tools")
        os.mkdir(tools)
        link_tools(tools, "gnuplot", "python3", "wget2")
        with mock.patch.dict(os.environ, {"PATH": tools}):
            output, scenarios = self.race(["load-flat-30"])
        missing = ["curl", "aria2"] if shutil.which("wget2") \
            else ["curl", "wget2", "aria2"]
        self.assertIn(", ".join(missing) + ".\n", output[
            output.index("Missing, so not raced: "):])
        servers = {run["server"] for run in scenarios["load-flat-30"]["runs"]}
        self.assertFalse(servers & set(missing))


class Limits(unittest.TestCase):
    """What kept a job from being done sooner."""

    @staticmethod
    def judged(ms, delay, client, door, at_once=30):
        """The scenario when all runs took so long, of it so much by delays,
        and kept client and door busy for such shares."""
        runs = [{"server": server, "arm": "twin", "block": block,
                "position": position, "window_ns": ms * 1e6,
                "server_cpu_ns": client * ms * 1e6,
                "load_cpu_ns": door * ms * 1e6,
                "figures": {"total_ns": ms * 1e6}}
            for block in range(1, 9)
            for position, server in enumerate(("threaded", "evented",
                "evented", "threaded"), 1)]
        scenario = Scenario({"name": "load-20", "family": "download",
            "title": "For 20 flags", "primary": "total_ns",
            "latency_from": "sent", "connections": at_once,
            "connections_wanted": at_once, "active": at_once,
            "job": {"flags": 194, "bytes": 13000, "delay_seconds": 0,
                "requests_each": 1, "ideal_seconds": delay / 1e3},
            "orders": ["ABBA"] * 8, "runs": runs})
        verdict.judge_scenario(scenario, True)
        return scenario

    def test_the_first_that_holds_is_named(self):
        for ms, delay, client, door, at_once, limiter in (
                (100, 90, .95, .1, 30, "client CPU"),
                (100, 90, .5, .95, 30, "generator"),
                (100, 90, .5, .1, 30, "delay"),
                (100, 20, .5, .1, 30, "unexplained"),
                (100, 0, .5, .4, 1, "round trip")):
            s = self.judged(ms, delay, client, door, at_once)
            with self.subTest(limiter):
                self.assertEqual(
                    {cell.limiter for cell in s.cells}, {limiter})

    def test_no_time_is_compared_that_is_the_generators(self):
        s = self.judged(100, 0, .5, .95)
        self.assertEqual(s.main().verdict, "INVALID")
        self.assertIn("generator-bound", s.sentence)
        self.assertEqual(self.judged(100, 0, .95, .5).main().verdict,
            "EQUIVALENT")


class Advice(unittest.TestCase):
    """Memory of a client is no memory of a server."""

    def test_it_is_not_told_as_such(self):
        made = reports.idle(676, 40, 6)
        for job, told in ((None, True), ({"flags": 676}, False)):
            made["job"] = job
            said = " ".join(advice.sentences(
                telling.report_of(reports.report(made))))
            self.assertEqual("open connections take" in said, told)


class Claims(unittest.TestCase):
    """What is claimed of downloads is judged by the jobs."""

    @staticmethod
    def job(name, metric, *ratios):
        """A job with the ratios of some pairs, intervals of 2 % around."""
        return reports.scenario(name, "download", [reports.comparison(metric,
                (1e9 * ratio, 1e9), (ratio, ratio * 0.98, ratio * 1.02),
                a=a, b=b) for a, b, ratio in ratios], metric)

    def downloads(self, twins, speed_up):
        """Twins so far apart, and so many times faster than one by one."""
        return reports.report(*(self.job(name, "total_ns",
                ("evented", "threaded", twins),
                *((twin, "one-by-one", 1 / times)
                    for twin in ("evented", "threaded")))
            for name, times in zip(("load-20", "load-676"), speed_up)))

    def test_the_same_time_and_much_less_than_one_by_one(self):
        for twins, speed_up, verdict in (
                (1.0, (10, 100), "reproduced"), (1.0, (3, 40), "reproduced"),
                (1.5, (10, 100), "refuted"), (0.7, (10, 100), "refuted"),
                (1.25, (10, 100), "undecided"), (1.0, (2, 100), "refuted"),
                (1.0, (10, 20), "refuted")):
            with self.subTest(twins=twins, speed_up=speed_up):
                self.assertEqual(
                    ledger(self.downloads(twins, speed_up))["S7"], verdict)
        report = self.downloads(1.0, (10,))
        self.assertEqual(ledger(report)["S7"], "not measured")

    def test_who_asks_faster(self):
        for ratio, verdict in ((1.6, "reproduced"), (1.2, "refuted")):
            self.assertEqual(ledger(reports.report(self.job("load-rush",
                "requests_in_10_ms", ("evented", "threaded", ratio))))["S8"],
                verdict)

    def test_who_saves(self):
        for small, large, verdict in ((1.0, 1.5, "reproduced"),
                (1.0, 1.0, "refuted"), (1.5, 1.5, "refuted")):
            report = reports.report(*(self.job(name, "total_ns",
                    ("evented", "evented-inline", 1 / ratio))
                for name, ratio in (("save-13k", small),
                    ("save-130k", large))))
            self.assertEqual(ledger(report)["S9"], verdict)

    def test_what_the_downloader_has_to_remember(self):
        def side(decisions, called_back):
            return {"decisions": decisions, "called_back": called_back}

        def code(name, decisions, fields):
            return {"name": name, "threaded": side(100, ["work"]),
                "evented": side(decisions, ["on_a", "on_b"]),
                "structs": [{"threaded_only": ["a"], "evented_only": fields}]}
        for decisions, fields, verdict in ((120, ["x", "y"], "reproduced"),
                (100, ["x", "y"], "refuted"), (120, ["x"], "refuted")):
            report = reports.report(port={"programs": [
                code("flags", decisions, fields),
                code("guess-server", 100, ["x", "y", "z"])], "files": []})
            self.assertEqual(ledger(report)["V5"], verdict)


# Downloads, and then does something to the folder.
STUB = """#!/bin/sh
"{real}" "$@"
while [ "$1" != -d ]; do shift; done
cd "$2" && {then}
"""


class Wrong(Folder):
    """A downloader that does not do what it should has no figures."""

    def race(self, then):
        """Race with a threaded one that is followed by a command; what was
        printed, and its runs."""
        build = os.path.join(self.folder, "build")
        report = os.path.join(self.folder, "report")
        for twin in ("threaded", "evented"):
            os.makedirs(os.path.join(build, twin))
            for name in ("guess-server", "flags"):
                os.symlink(os.path.abspath(os.path.join(BUILD, twin, name)),
                    os.path.join(build, twin, name))
        os.symlink(os.path.abspath(os.path.join(BUILD, "tell")),
            os.path.join(build, "tell"))
        shutil.copy(os.path.join(BUILD, "compare"), build)
        stub = os.path.join(build, "threaded", "flags")
        os.unlink(stub)
        with open(stub, "w") as file:
            file.write(STUB.format(then=then, real=os.path.abspath(
                os.path.join(BUILD, "threaded", "flags"))))
        os.chmod(stub, 0o755)
        with mock.patch("test_compare.COMPARE",
                os.path.join(build, "compare")):
            code, output, errors = compare(*TINY, "--output", report,
                "--only", "save-13k")
        self.assertEqual((code, errors), (1, ""), output)
        self.assertNotIn("report.downloads", os.listdir(report))
        return " ".join(output.split()), [run for run in json.loads(
                read(report))["scenarios"][0]["runs"]]

    def told(self, then, why):
        """Whatever it does then, it is told why that does not count."""
        output, runs = self.race(then)
        for run in runs:
            self.assertEqual(run["invalid"],
                why if run["server"] == "threaded" else None)
        self.assertIn("nothing is claimed: " + why, output)

    def test_a_file_is_missing(self):
        self.told("rm br.gif",
            "193 of 194 flags are right (193 files saved, 194 expected)")

    def test_a_file_is_too_short(self):
        self.told("truncate -s -1 br.gif",
            "193 of 194 flags are right (194 files saved, 194 expected)")

    def test_a_file_has_the_bytes_of_another(self):
        self.told("cp bs.gif br.gif",
            "193 of 194 flags are right (194 files saved, 194 expected)")

    def test_a_file_too_much(self):
        self.told("touch br.gif.part",
            "194 of 194 flags are right (195 files saved, 194 expected)")

    def test_it_fails(self):
        self.told("echo 'No more\033[m ideas.' >&2; exit 3",
            "it exited with status 3: No more [m ideas.")


if __name__ == "__main__":
    main()
