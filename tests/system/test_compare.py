#!/usr/bin/python3
"""
`compare` from outside: its report is the same however often it is rendered,
an interrupted run is taken up, an earlier one is compared with, and each
scenario runs to its end.
"""

import json
import os
import pty
import re
import resource
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
from unittest import mock

from harness import (BUILD, DEADLINE, FULL, TESTS, environment, link_tools,
    main, only_if_full, wait_until, without_progress)

COMPARE = os.path.join(BUILD, "compare")
QUICK = ("--seed", "7", "--seconds", "0.1")

# Those whose runs are short, and which end well on any machine; with --full
# also those that ask much of it.
SHORT = ("open-50", "slow-senders", "pool-20", "json-200") + FULL * (
    "line-cjk", "overload", "churn-50", "storm-1000", "cores-all")


def start(*options):
    """Start compare."""
    return subprocess.Popen([COMPARE, *options], stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(),
        encoding="utf-8")


def compare(*options):
    """Run compare; its exit code, standard output and standard error."""
    process = start(*options)
    try:
        output, errors = process.communicate(timeout=8 * DEADLINE)
    finally:
        process.kill()
    return process.returncode, without_progress(output), errors


def read(folder, name="report.json"):
    """A file that compare wrote."""
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        return file.read()


class Folder(unittest.TestCase):
    """A test with a folder of its own."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def race(self, *options):
        """Race; what was printed, and the report."""
        code, output, errors = compare(*QUICK, "--output", self.folder,
            *options)
        self.assertEqual((code, errors), (0, ""), output)
        return output, json.loads(read(self.folder))

    def assert_answered(self, scenario):
        """Every server has answered, and some within a window, in which a
        busy machine may not give each its turn."""
        for run in scenario["runs"]:
            with self.subTest(scenario["name"], server=run["server"]):
                self.assertIn(run["invalid"], (None, "no replies"))
                self.assertGreater(run["replies_all"], 0)
        self.assertGreater(sum(run["replies"] for run in scenario["runs"]), 0)

    def assert_only_events_answer(self, scenario):
        """Threads answer nobody, and events everybody, but for a run in which
        a busy machine gave them no turn until nobody waited any more."""
        shares = {twin: [run["figures"]["answered"]
                for run in scenario["runs"] if run["server"] == twin]
            for twin in ("threaded", "evented")}
        self.assertEqual(set(shares["threaded"]), {0})
        self.assertEqual(max(shares["evented"]), 1)


class Scenarios(Folder):
    """Every kind of load comes to a figure."""

    def test_each_runs_to_its_end(self):
        output, report = self.race("--only", ",".join(SHORT), "--blocks", "1",
            "--seconds", "0.5")
        self.assertEqual(
            {scenario["name"] for scenario in report["scenarios"]}, set(SHORT))
        for scenario in report["scenarios"]:
            if scenario["name"] == "pool-20":
                self.assert_only_events_answer(scenario)
            else:
                self.assert_answered(scenario)
            with self.subTest(scenario["name"]):
                for run in scenario["runs"]:
                    if run["lines_counted"] is not None:
                        self.assertGreaterEqual(
                            run["lines_counted"], run["replies"])
                for comparison in scenario["comparisons"]:
                    # One block is none for a verdict; what failed a gate
                    # is not valid, unless the block does not even count.
                    self.assertIn(comparison["verdict"], ("no verdict",)
                        + bool(comparison["gates"]) * ("INVALID",))
        self.assertLessEqual(max(map(len, output.splitlines())), 100)
        self.assertNotIn("\033", output)

        by_name = {scenario["name"]: scenario["runs"]
            for scenario in report["scenarios"]}
        for run in by_name["open-50"]:
            response = run["latency_ns"]
            self.assertEqual(response["recorded"] + response["censored"],
                run["intended"])
            self.assertEqual(run["late_ns"]["recorded"],
                response["recorded"])
        self.assertEqual(
            {run["rate_per_second"] for run in by_name["slow-senders"]},
            {3000.0})
        # However an answer was cut, it was the same from both twins.
        self.assertEqual(
            len({run["reply_digest"] for run in by_name["json-200"]}), 1)


class Pushed(Folder):
    """Every scenario of the push server comes to a figure, with a peer as one
    more column."""

    PEER = "mine=/usr/bin/python3 " + shlex.quote(
        os.path.join(TESTS, "push_peer.py")) + " {port}"

    def scenarios(self, names, *options):
        """Race in some scenarios, one block each, and return them."""
        output, report = self.race("--only", ",".join(names), "--blocks", "1",
            *options)
        for scenario in report["scenarios"]:
            self.assert_answered(scenario)
        self.output = output
        return {one["name"]: one for one in report["scenarios"]}

    def rivals(self, *names):
        """Those of these servers that are built: what they need is here."""
        return {name for name in names
            if os.access(os.path.join(BUILD, "controls", name), os.X_OK)}

    def test_texts_come_back_from_twins_and_peer(self):
        scenario = self.scenarios(["echo-50"], "--seconds", "0.3",
            "--peer-speaks", "push", "--peer", self.PEER)["echo-50"]
        runs = scenario["runs"]
        others = {"mine"} | self.rivals("node-ws", "gevent-bottle")
        self.assertEqual({run["server"] for run in runs},
            {"threaded", "evented", *others})
        for run in runs:
            # The twins count frames, and the handshakes of 50 clients.
            self.assertEqual(run["lines_counted"], None
                if run["server"] in others else run["replies_all"] + 50)
        self.assertIn("\nConforming: mine, in ", self.output)
        self.assertIn("At 50 WebSockets on one core, events serve ",
            " ".join(self.output.split()))
        self.assertRegex(self.output, r"(?m)^  mine / threads  ")
        with open(os.path.join(self.folder, "index.html"),
                encoding="utf-8") as page:
            self.assertIn("Which returns more texts of 6 bytes to 50 "
                "WebSockets?", page.read())

    def test_lines_come_back_from_twins_and_peer(self):
        echo = os.path.join(BUILD, "evented", "echo-server")
        runs = self.scenarios(["lines-50"], "--peer-speaks", "echo", "--peer",
            f"mine={echo} --port {{port}}")["lines-50"]["runs"]
        self.assertEqual({run["server"] for run in runs},
            {"threaded", "evented", "mine"})
        # An echo counts nothing.
        self.assertEqual({run["lines_counted"] for run in runs}, {None})
        self.assertIn("\nConforming: mine, in 30 conversations ", self.output)
        self.assertRegex(self.output, r"(?m)^  mine / threads  ")

    def test_flags_come_from_twins_and_peer(self):
        server = os.path.join(BUILD, "evented", "flag-server")
        scenario = self.scenarios(["flags-50"], "--peer-speaks", "flag-server",
            "--peer", f"mine={server} --port {{port}} --delay-port off "
            "--error-port off")["flags-50"]
        self.assertEqual({(run["server"], run["reply_bytes"])
            for run in scenario["runs"]}, {("threaded", 13067),
            ("evented", 13067), ("mine", 13067)})
        self.assertIn("\nConforming: mine, in 27 conversations ", self.output)

    def test_all_get_the_news_beside_one_who_does_not_read(self):
        found = self.scenarios(["push-99", "push-slow"], "--seconds", "0.5")
        for scenario in found.values():
            for run in scenario["runs"]:
                # Each message goes to 99, and the one that is under way when
                # the window ends comes later.
                self.assertEqual(run["replies_all"] % 99, 0)
                self.assertEqual(run["latency_ns"]["recorded"] % 99, 0)
                self.assertEqual(run["latency_ns"]["censored"], 0)
        for run in found["push-99"]["runs"]:
            self.assertEqual(run["lines_counted"], run["replies_all"] // 99
                + 98)

    @only_if_full
    def test_sleeping_answers_come_no_earlier_than_they_are_due(self):
        found = self.scenarios(["stream-1000"], "--seconds", "0.5")
        self.assertEqual(
            {run["server"] for run in found["stream-1000"]["runs"]},
            {"threaded", "evented", *self.rivals("gevent-bottle")})
        for run in found["stream-1000"]["runs"]:
            if run["invalid"] == "no replies":
                continue
            # All of it takes half a second, but for a tick of the clock.
            self.assertGreater(run["latency_ns"]["min"], 480e6)
            self.assertGreater(run["figures"]["tardy_p99_ns"], 0)
            # START MIDDLE END, the same from all.
            self.assertEqual(run["reply_bytes"], len("STARTMIDDLEEND"))

    @only_if_full
    def test_news_for_a_thousand_are_held_against_controls(self):
        scenario = self.scenarios(["push-1000"], "--seconds", "3")["push-1000"]
        self.assertEqual({run["server"] for run in scenario["runs"]},
            {"threaded", "evented", "bare-push", "woken-threads",
                *self.rivals("node-ws")})
        for run in scenario["runs"]:
            self.assertEqual(run["replies_all"] % 1000, 0)
        self.assertLess({("threaded", "bare-push"), ("evented", "bare-push"),
            ("woken-threads", "bare-push")}, {(c["a"], c["b"])
                for c in scenario["comparisons"]})

    @only_if_full
    def test_who_waits_holds_a_thread_or_next_to_nothing(self):
        found = self.scenarios(["wait-4000"])
        for run in found["wait-4000"]["runs"]:
            threads = run["server"] == "threaded"
            none, some, all_ = run["memory"]
            self.assertEqual([level["connections"]
                for level in run["memory"]], [0, 1000, 4000])
            self.assertEqual(all_["threads"] - none["threads"],
                4000 if threads else 0)
            self.assertGreater(all_["total_bytes"], some["total_bytes"])
            # Each was answered once, and all but one wait for a poll.
            self.assertEqual(run["lines_counted"],
                run["replies_all"] + 3999)

    @only_if_full
    def test_no_poll_is_answered_beside_twenty_in_a_pool_of_twenty(self):
        _, report = self.race("--only", "poll-20", "--blocks", "1",
            "--seconds", "0.5")
        self.assert_only_events_answer(report["scenarios"][0])

    def test_unalike_push_servers_are_not_raced(self):
        with tempfile.TemporaryDirectory() as build:
            for name in ("tell", "alike", "threaded", "evented"):
                shutil.copytree(os.path.join(BUILD, name),
                    os.path.join(build, name))
            shutil.copy(COMPARE, build)
            liar = os.path.join(build, "evented", "push-server")
            os.rename(liar, liar + ".honest")
            with open(liar, "w", encoding="utf-8") as file:
                file.write(f"#!/bin/sh\nexec {liar}.honest --history 2 \"$@\"\n")
            os.chmod(liar, 0o755)
            done = subprocess.run([os.path.join(build, "compare"), "--only",
                "echo-50"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                encoding="utf-8", env=environment(), timeout=8 * DEADLINE,
                check=False)
        self.assertEqual((done.returncode, done.stderr), (1, ""), done.stdout)
        self.assertIn("\nNot alike: a poll is answered at once by all messages "
            "after since.\n", done.stdout)


class Raced(Folder):
    """A test of what one race left behind."""

    left = None

    def setUp(self):
        super().setUp()
        if Raced.left is None:
            # Long enough for each server to get its turn.
            output, _ = self.race("--only", "reply-1", "--blocks", "1",
                "--seconds", "0.5")
            Raced.left = (output, read(self.folder),
                read(self.folder, "journal.jsonl"))
        self.write("journal.jsonl", Raced.left[2])
        self.path = self.write("report.json", Raced.left[1])
        self.report = json.loads(Raced.left[1])

    def write(self, name, text):
        """Write a file of the folder; its path."""
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path


class Render(Raced):
    """The table is a function of the report."""

    def test_rendering_repeats_the_table(self):
        output, report = Raced.left[0], self.report
        again = compare("--render", os.path.join(self.folder, "report.json"))
        self.assertEqual((again[0], again[2]), (0, ""))
        sentence = report["scenarios"][0]["sentence"]
        table, rendered = (
            re.sub(r"(?m)^(Every run's figures|The report as a page): .*\n",
                "", text[text.index(sentence[:40]):])
            for text in (output, again[1]))
        self.assertEqual(rendered, table)
        self.assertEqual(again,
            compare("--render", os.path.join(self.folder, "report.json")))

    def test_keys_come_in_the_order_of_the_documentation(self):
        report = self.report
        self.assertEqual(list(report)[:4],
            ["schema", "suite", "asked", "complete"])
        self.assertEqual(list(report)[-1], "scenarios")
        self.assertEqual(list(report["scenarios"][0])[0], "name")
        self.assertEqual(list(report["scenarios"][0])[-1], "runs")
        orders = {tuple(run) for run in report["scenarios"][0]["runs"]}
        self.assertEqual(len(orders), 1)

    def test_an_uneven_machine_is_told(self):
        for slow, told in ((170, False), (340, True)):
            for i, run in enumerate(self.report["scenarios"][0]["runs"]):
                run["pace_ns"] = slow if i % 2 else 170
            path = self.write("report.json", json.dumps(self.report))
            _, output, _ = compare("--render", path)
            said = "Unsteady machine: its own speed varied up to 2.0-fold"
            for text in output, read(self.folder, "index.html"):
                self.assertEqual(said in " ".join(text.split()), told)

    def test_what_is_no_report_is_one_line(self):
        for text in ("", "{", "[]", "{}", '{"schema": 1}'):
            code, output, errors = compare(
                "--render", self.write("report.json", text))
            self.assertEqual((code, output), (1, ""))
            self.assertEqual(errors.count("\n"), 1)


# More than a double can hold.
SEED = "9007199254740993"


class Resume(Folder):
    """What was measured before an interruption counts."""

    def interrupt(self):
        """Run until some blocks are done, and stop it there."""
        process = start("--seed", SEED, "--only", "reply-1", "--blocks", "3",
            "--seconds", "0.1", "--output", self.folder)
        journal = os.path.join(self.folder, "journal.jsonl")

        def lines():
            if not os.path.exists(journal):
                return 0
            with open(journal) as file:
                return len(file.read().splitlines())
        try:
            wait_until(lambda: lines() > 10, "a block was run", 4 * DEADLINE)
            process.send_signal(signal.SIGTERM)
            _, errors = process.communicate(timeout=DEADLINE)
        finally:
            process.kill()
        self.assertEqual(process.returncode, -signal.SIGTERM)
        self.assertIn(f"Continue with --resume {self.folder}.", errors)

    def runs(self):
        """The runs in the journal."""
        lines = map(json.loads, read(self.folder, "journal.jsonl").splitlines())
        return [line["run"] for line in lines if "run" in line]

    def test_whole_blocks_count_and_a_broken_line_does_not(self):
        self.interrupt()
        before = [run for run in self.runs() if run["block"] == 1]
        started = json.loads(
            read(self.folder, "journal.jsonl").splitlines()[0])["started"]
        with open(os.path.join(self.folder, "journal.jsonl"), "a") as file:
            file.write('{"scenario": "reply-1", "order": "AB')
        code, output, errors = compare("--resume", self.folder)
        self.assertEqual((code, errors), (0, ""), output)
        report = json.loads(read(self.folder))
        self.assertTrue(report["complete"])
        self.assertEqual(report["seed"], int(SEED))
        runs = report["scenarios"][0]["runs"]
        # The teller has added which gates they failed.
        self.assertEqual([{**run, "gates": []} for run in runs
            if run["block"] == 1], [{**run, "gates": []} for run in before])
        self.assertGreaterEqual(runs[-1]["block"], 3)
        self.assertEqual([run["position"] for run in runs],
            list(range(1, len(before) + 1)) * runs[-1]["block"])
        # One comparison, in two sittings.
        starts = [run["started_seconds"] for run in runs]
        self.assertEqual(starts, sorted(starts))
        self.assertGreater(report["seconds"], starts[-1])
        self.assertEqual(report["started"], started)

    def test_without_a_journal_there_is_nothing_to_resume(self):
        code, _, errors = compare("--resume", self.folder)
        self.assertEqual(code, 1)
        self.assertIn("no journal", errors)


class Directory(Folder):
    """The folder of a report belongs to one compare, and loses nothing."""

    def test_another_compare_is_refused(self):
        with open(os.path.join(self.folder, "report.json"), "w",
                encoding="utf-8") as file:
            file.write("of before")
        first = start("--only", "reply-1", "--output", self.folder)
        try:
            self.assertIn("This takes about", first.stdout.readline())
            code, _, errors = compare("--only", "reply-1", "--output",
                self.folder)
            self.assertEqual(code, 1)
            self.assertIn("another compare is writing to it", errors)
        finally:
            first.terminate()
            first.communicate(timeout=DEADLINE)
        # It was interrupted before there was a report to take its place.
        self.assertEqual(read(self.folder), "of before")

    def test_a_new_report_takes_the_place_of_an_old_one(self):
        with open(os.path.join(self.folder, "report.json"), "w",
                encoding="utf-8") as file:
            file.write("of before")
        output, report = self.race("--only", "reply-1", "--blocks", "1")
        self.assertIn("report.json.old", output)
        self.assertTrue(report["complete"])
        self.assertEqual(read(self.folder, "report.json.old"), "of before")

    def test_a_report_that_cannot_be_kept_is_not_replaced(self):
        kept = os.path.join(self.folder, "report.json")
        with open(kept, "w", encoding="utf-8") as file:
            file.write("of before")
        os.mkdir(kept + ".old")
        self.assertEqual(compare("--only", "reply-1", "--output", self.folder),
            (1, "", f"compare: {kept} cannot be kept as {kept}.old: "
            "Is a directory\n"))
        self.assertEqual(read(self.folder), "of before")

    def test_what_cannot_be_written_is_said_before_anything_is_run(self):
        code, output, errors = compare("--output", "/dev/null")
        self.assertEqual((code, output), (1, ""))
        self.assertEqual(errors, "compare: /dev/null: Not a directory\n")


class ResumeWhole(Raced):
    """What is all there is not run again, and nothing else is taken up."""

    def test_nothing_is_run_again_when_all_is_there(self):
        for name in ("journal.jsonl", "report.json", "index.html"):
            os.symlink("elsewhere", os.path.join(self.folder, name + ".new"))
        code, output, errors = compare("--resume", self.folder)
        self.assertEqual((code, errors), (0, ""), output)
        self.assertEqual(read(self.folder, "journal.jsonl"), Raced.left[2])
        again = json.loads(read(self.folder))
        self.assertEqual(again["scenarios"], self.report["scenarios"])
        # Nor is anything written through a link that lay there.
        self.assertEqual(sorted(os.listdir(self.folder)),
            ["index.html", "journal.jsonl", "report.json"])

    def test_another_comparison_is_refused(self):
        self.write("journal.jsonl", re.sub(
            r'"fnv1a":"[0-9a-f]+"', '"fnv1a":"0"', Raced.left[2], 1))
        code, output, errors = compare("--resume", self.folder)
        # It is said before anything is run.
        self.assertEqual((code, output), (1, ""))
        self.assertIn("with other programs", errors)

    def test_a_damaged_head_is_refused_at_once(self):
        head, _, rest = Raced.left[2].partition("\n")
        for key, values in {
            "seed": (None, -1, 1.5, 1e300, "7"),
            "blocks": (None, -1, 51, 2 ** 63 - 1, 1e300, 0.5, []),
            "window": (None, -1, 1e300, 1e-320, 0.01, 61, "1"),
            "chosen": (None, 1, "true"),
            "suite": (None, "", "none", 1),
            "scenarios": (None, [], ["none"], [None], ["reply-1"] * 2,
                "reply-1", [["reply-1"]]),
        }.items():
            for value in values:
                changed = {**json.loads(head), key: value}
                text = json.dumps(changed) + "\n" + rest
                self.write("journal.jsonl", text)
                with self.subTest(key=key, value=value):
                    self.assertEqual(compare("--resume", self.folder), (1, "",
                        f"compare: {self.folder}: the first line of "
                        f"journal.jsonl is damaged: {key}\n"))
                    self.assertEqual(read(self.folder, "journal.jsonl"), text)
        for text in ("{}", "[]", "[1]"):
            self.write("journal.jsonl", text)
            code, output, errors = compare("--resume", self.folder)
            self.assertEqual((code, output), (1, ""))
            self.assertIn("the first line of journal.jsonl is damaged", errors)

    def test_a_damaged_line_is_refused_at_once(self):
        run = {"block": 1, "position": 1}
        for line in ({}, [], {"scenario": 1, "run": run, "until_seconds": 1},
                {"scenario": "x", "run": {}, "until_seconds": 1},
                {"scenario": "x", "run": {**run, "block": 1e300},
                    "until_seconds": 1},
                {"scenario": "x", "run": {**run, "block": -1},
                    "until_seconds": 1},
                {"scenario": "x", "run": run, "until_seconds": None},
                {"scenario": "x", "run": run, "until_seconds": -1},
                {"scenario": "x", "rate": {"rate": 0, "burst": 1}},
                {"scenario": "x", "rate": {"rate": 1, "burst": 1e300}},
                {"scenario": "x", "rate": None}):
            self.write("journal.jsonl", Raced.left[2] + json.dumps(line))
            with self.subTest(line=line):
                self.assertEqual(compare("--resume", self.folder), (1, "",
                    f"compare: cannot resume {self.folder}: a line of "
                    "journal.jsonl is damaged\n"))


class Terminal(Folder):
    """A terminal that nobody reads does not keep compare alive."""

    @staticmethod
    def fill(terminal):
        """Write until there is no room; the kernel makes some as it moves on
        what was written, for a while."""
        os.set_blocking(terminal, False)
        last = time.monotonic()
        while time.monotonic() < last + 0.2:
            try:
                os.write(terminal, b"." * 512)
                last = time.monotonic()
            except BlockingIOError:
                time.sleep(0.003)
        os.set_blocking(terminal, True)

    @staticmethod
    def servers(process):
        """The servers that it runs."""
        with open(f"/proc/{process.pid}/task/{process.pid}/children") as file:
            return file.read().split()

    def test_sigterm_ends_it_while_it_waits_for_room(self):
        reading, writing = pty.openpty()
        self.addCleanup(os.close, reading)
        self.fill(writing)
        with subprocess.Popen([COMPARE, *QUICK, "--only", "reply-1", "--output",
                self.folder], stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=writing, env=environment(),
                start_new_session=True) as process:
            os.close(writing)
            try:
                # The twins run, and it cannot say so.
                servers = wait_until(lambda: self.servers(process)[1:] and
                    self.servers(process), "the twins run")
                process.send_signal(signal.SIGTERM)
                self.assertEqual(process.wait(DEADLINE), -signal.SIGTERM)
            finally:
                process.kill()
        wait_until(lambda: not any(os.path.exists(f"/proc/{pid}")
            for pid in servers), "the twins are gone")


class SystemCalls(Raced):
    """Of each server of one connection, by strace."""

    def calls(self):
        """How often each server makes which call for a request."""
        return {cell["server"]: {call["name"]: round(call["per_request"], 1)
                for call in cell["syscalls"] or ()}
            for cell in self.report["scenarios"][0]["cells"]}

    def test_they_are_those_of_its_model(self):
        blocking = {"recvfrom": 1, "sendto": 1}
        polled = {**blocking, "epoll_wait": 1}
        expected = {"threaded": blocking, "bare-threads": blocking,
            "evented": polled, "bare-epoll": polled,
            # FIONREAD, and EPOLLOUT on and off again, in a turn of its own.
            "manual-bufferevent": {"ioctl": 1, "readv": 1, "writev": 1,
                "epoll_ctl": 2, "epoll_wait": 2}}
        # Missing where the kernel forbids it.
        if "bare-io-uring" in self.calls():
            expected["bare-io-uring"] = {"io_uring_enter": 1}
        # On a busy machine there may be so few requests that what is called
        # once, beside them, weighs too much: then they are counted again.
        end = time.monotonic() + 4 * DEADLINE
        while self.calls() != expected and time.monotonic() < end:
            _, self.report = self.race("--only", "reply-1", "--blocks", "1")
        self.assertEqual(self.calls(), expected)


class WithoutStrace(Folder):
    """What is missing is said, and costs nothing else."""

    def test_the_system_calls_are_missing(self):
        link_tools(self.folder, "gnuplot", "sh", "python3")
        path = os.environ["PATH"]
        os.environ["PATH"] = self.folder
        try:
            output, report = self.race("--only", "reply-1", "--blocks", "1")
        finally:
            os.environ["PATH"] = path
        self.assertIn(
            "Missing: system calls per request: strace was not found", output)
        self.assertIn("calls per request are missing: strace was not found",
            read(self.folder, "index.html"))
        self.assertTrue(all(cell["syscalls"] is None
            for cell in report["scenarios"][0]["cells"]))


class WithoutPython(Folder):
    """What was measured is kept, and can be told later."""

    def test_it_is_told_by_render(self):
        with mock.patch.dict(os.environ, {"PATH": "/nonexistent"}):
            code, output, errors = compare(*QUICK, "--output", self.folder,
                "--only", "reply-1", "--blocks", "1")
        path = os.path.join(self.folder, "report.json")
        self.assertEqual((code, errors), (1, "compare: python3: not found; "
            "the measurements are kept: --render "
            f"{path} prints them\n"), output)
        self.assertEqual(sorted(os.listdir(self.folder)),
            ["journal.jsonl", "report.json"])
        self.assertNotIn("comparisons", read(self.folder))
        code, output, errors = compare("--render", path)
        self.assertEqual((code, errors), (0, ""))
        self.assertIn("At 1 connection on one core, ", output)
        self.assertIn("comparisons", read(self.folder))
        self.assertIn("index.html", os.listdir(self.folder))


class Baseline(Raced):
    """An earlier report of the same machine is compared with."""

    def six_blocks(self, name, factor):
        """A report of six blocks that are all alike, at another rate."""
        scenario = self.report["scenarios"][0]
        scenario["orders"] = scenario["orders"][:1] * 6
        for cell in scenario["cells"]:
            cell["gates"] = []
        block = [run for run in scenario["runs"] if run["block"] == 1]
        scenario["runs"] = [{**run, "block": b, "pace_ns": 165,
                "disturbed": False, "figures":
                {"requests_per_second":
                    factor * run["figures"]["requests_per_second"]}}
            for b in range(1, 7) for run in block]
        return self.write(name, json.dumps(self.report))

    def test_the_same_report_has_not_changed(self):
        same = self.six_blocks("same.json", 1)
        code, output, errors = compare("--render", same, "--baseline", same)
        self.assertEqual((code, errors), (0, ""))
        self.assertEqual(len(re.findall(
            r"1\.00 \(1\.00 to 1\.00\) +EQUIVALENT", output)), 2, output)

    def test_a_change_is_found_and_judged(self):
        old = self.six_blocks("old.json", 1)
        new = self.six_blocks("new.json", 0.5)
        code, output, _ = compare("--render", new, "--baseline", old)
        self.assertEqual(code, 0)
        self.assertEqual(len(re.findall(
            r"0\.50 \(0\.50 to 0\.50\) +WORSE", output)), 2, output)
        code, output, _ = compare("--render", old, "--baseline", new)
        self.assertEqual(len(re.findall(
            r"2\.00 \(2\.00 to 2\.00\) +BETTER", output)), 2, output)

    def test_what_does_not_count_is_not_judged(self):
        def verdict(spoil):
            """What is said of threads when the later report is spoiled."""
            old = self.six_blocks("old.json", 1)
            self.six_blocks("new.json", 0.5)
            spoil(self.report["scenarios"][0])
            new = self.write("new.json", json.dumps(self.report))
            code, output, _ = compare("--render", new, "--baseline", old)
            self.assertEqual(code, 0)
            return re.search(r"\S+ +threads +requests/s.*  (\S.*)",
                output[output.index("\nSince"):])[1]

        def be_slower(scenario):
            for run in scenario["runs"]:
                run["pace_ns"] = 230

        def be_a_bound(scenario):
            for run in scenario["runs"]:
                run["at_least"] = ["requests_per_second"]

        self.assertEqual(verdict(lambda s: None), "WORSE")
        self.assertEqual(verdict(be_slower), "another pace")
        self.assertEqual(verdict(lambda s: s["cells"][0]["gates"].append(
            {"name": "failed", "because": "", "metrics": ["*"]})), "INVALID")
        self.assertEqual(verdict(be_a_bound), "only bounds")

    def test_what_is_not_of_its_kind_is_no_crash(self):
        old = self.six_blocks("old.json", 1)
        for cell in self.report["scenarios"][0]["cells"]:
            cell["gates"] = [{"name": 1, "metrics": [1, None]}]
        for run in self.report["scenarios"][0]["runs"]:
            run["at_least"] = [1, None]
        code, _, errors = compare("--render",
            self.write("new.json", json.dumps(self.report)), "--baseline", old)
        self.assertEqual((code, errors), (0, ""))

    def test_unlike_placement_is_refused(self):
        old = self.six_blocks("old.json", 1)
        self.report["pinned"] = not self.report["pinned"]
        code, output, _ = compare("--render",
            self.write("new.json", json.dumps(self.report)), "--baseline", old)
        self.assertEqual(code, 1)
        self.assertIn("in one of the two only", output)

    def test_another_machine_is_refused(self):
        for change, said in (({}, "another /etc/machine-id"),
                ({"processor": "Old", "processors_online": 64},
                    "processor Old then, {processor} now; processors 64 "
                    "then, {processors_online} now")):
            self.report["machine"].update(id="0123456789abcdef", **change)
            old = self.write("old.json", json.dumps(self.report))
            code, output, _ = compare("--render", self.path, "--baseline",
                old)
            self.assertEqual(code, 1)
            self.assertIn("it is of another machine ("
                + said.format(**json.loads(read(self.folder))["machine"])
                + ").", " ".join(output.split()))

    def test_another_load_is_not_compared(self):
        self.report["scenarios"][0]["connections"] = 2
        old = self.write("old.json", json.dumps(self.report))
        code, output, _ = compare("--render", self.path, "--baseline", old)
        self.assertEqual(code, 1)
        self.assertIn("reply-1: not compared, as it was loaded otherwise then "
            "(connections).", " ".join(output.split()))

    @only_if_full
    def test_the_report_that_is_replaced_can_be_compared_with(self):
        output, report = self.race("--only", "reply-1", "--blocks", "1",
            "--baseline", self.path)
        self.assertEqual(read(self.folder, "report.json.old").count(
            f'"started": "{self.report["started"]}"'), 1)
        self.assertIn(f"\nSince {self.report['started']}\n", output)
        self.assertEqual(report["complete"], True)


class CommandLine(unittest.TestCase):
    """What cannot be meant is a usage error."""

    def test_wrong_values(self):
        for options, reason in {
            ("--only", "nothing"): "no scenario is called 'nothing'",
            ("--only", ""): "has an empty name",
            ("--only", ","): "has an empty name",
            ("--only", "reply-50,,reply-1"): "has an empty name",
            ("--only", "reply-50,"): "has an empty name",
            ("--only", "reply-50,reply-1,reply-50"): "names 'reply-50' twice",
            ("--only", "reply-1", "--only", "reply-1"): "'reply-1' twice",
            ("--blocks", "0"): "blocks",
            ("--seconds", "0.01"): "0.05 to 60",
            ("--peer-speaks", "latin"): "--peer-speaks takes game, charfinder, "
                "http, push, echo, flag-server, flags or spinner, not 'latin'",
            ("--peer", "mine=x"): "needs {port} where its port is to stand",
            ("--peer-speaks", "flags", "--peer", "mine=x {port}"):
                "a peer that is flags has no {port}",
            ("--peer-speaks", "spinner", "--peer", "mine=x", "--check"):
                "that is done in the race",
            ("--resume", "x", "--output", "y"): "--resume DIR writes to DIR",
            ("--render", "x", "--check"): "measures nothing",
            ("--render", "x", "--only", "reply-1"): "measures nothing",
            ("--render", "x", "--peer", "y=z {port}"): "measures nothing",
            ("--resume", "x", "--seed", "1"): "continues as the run was started",
            ("--resume", "x", "--full"): "continues as the run was started",
            ("--standard", "--full"): "one of --standard and --full",
            ("--peer-speaks", "http"): "--peer-speaks needs --peer",
            ("--output", ""): "a file or folder name is empty",
            ("reply-1",): "unexpected argument 'reply-1'",
        }.items():
            with self.subTest(options):
                code, output, errors = compare(*options)
                self.assertEqual((code, output), (64, ""))
                self.assertIn(reason, errors)

    def test_its_version_names_the_package(self):
        code, output, errors = compare("--version")
        self.assertEqual((code, errors), (0, ""))
        self.assertRegex(output, r"\Acompare \(threads-vs-events\) [\d.]+\n\Z")

    def test_what_cannot_be_printed_is_an_error(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run([COMPARE, "--list"], stdout=full,
                stderr=subprocess.PIPE, text=True, timeout=DEADLINE,
                env=environment())
        self.assertEqual((done.returncode, done.stderr),
            (1, "compare: standard output: No space left on device\n"))

    def test_it_needs_little_memory(self):
        for options in (["--list"], ["--check"]):
            done = subprocess.run([COMPARE, *options], stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, text=True, timeout=4 * DEADLINE,
                env=environment(), preexec_fn=lambda: resource.setrlimit(
                    resource.RLIMIT_AS, (64 << 20, 64 << 20)))
            self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_who_wants_no_more_gets_no_complaint(self):
        reading, writing = os.pipe()
        os.close(reading)
        with open(writing, "w", encoding="utf-8") as pipe:
            done = subprocess.run([COMPARE, "--list"], stdout=pipe,
                stderr=subprocess.PIPE, text=True, timeout=DEADLINE,
                env=environment())
        self.assertEqual((done.returncode, done.stderr), (1, ""))

    def test_what_cannot_be_read_is_said_before_anything_is_run(self):
        code, output, errors = compare("--baseline", "/nonexistent")
        self.assertEqual((code, output), (1, ""))
        self.assertRegex(errors, r"\Acompare: .*/nonexistent: No such file.*\n\Z")

    def test_what_was_interrupted_can_be_resumed(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "report.json")
            missing = f"compare: {path}: No such file or directory"
            self.assertEqual(compare("--render", path),
                (1, "", missing + "\n"))
            with open(os.path.join(folder, "journal.jsonl"), "w"):
                pass
            self.assertEqual(compare("--render", path), (1, "", missing
                + "; it was interrupted before there was one: continue with "
                f"--resume {folder}\n"))

    def test_the_list_has_a_question_for_each_scenario(self):
        code, output, errors = compare("--list")
        self.assertEqual((code, errors), (0, ""))
        names = re.findall(r"(?m)^(\S+) +(?:quick|standard|full) +\d+ s  ", output)
        self.assertEqual(len(names), len(set(names)))
        self.assertLessEqual(set(SHORT), set(names))
        self.assertEqual(len(names), output.count("?"))

    def test_the_list_says_how_long_suites_take(self):
        for option, name in ("--standard", "standard"), ("--full", "full"):
            code, output, errors = compare("--list", option)
            self.assertEqual((code, errors), (0, ""))
            listed = [int(seconds) for seconds in re.findall(
                rf"(?m)^\S+ +{name} +(\d+) s  ", output)]
            suites = {suite: tuple(map(int, numbers))
                for suite, *numbers in re.findall(r"(?m)^  (\w+): (\d+) "
                    r"scenarios, (\d+) s \(limit: (\d+) s\)$", output)}
            self.assertEqual(list(suites), ["quick", "standard", "full"])
            count, seconds, _ = suites[name]
            self.assertEqual(count, len(listed))
            self.assertAlmostEqual(seconds, sum(listed), delta=count / 2)
            # What does not fit would be left out.
            for _, seconds, limit in suites.values():
                self.assertLess(seconds, 0.98 * limit)


if __name__ == "__main__":
    main()
