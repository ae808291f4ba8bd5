#!/usr/bin/python3
"""
`compare --netem`: the network between load and servers is as it was asked for,
the report says so, and nothing is left of it.
"""

import glob
import json
import os
import pwd
import signal
import statistics
import subprocess
import tempfile
import unittest

from harness import (BUILD, DEADLINE, environment, main, only_if_full,
    wait_until, without_progress)

COMPARE = os.path.join(BUILD, "compare")
ROOT = os.geteuid() == 0
NOBODY = pwd.getpwnam("nobody")


def tried(*command):
    """Whether a command ends well."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    return subprocess.run(command, stdout=subprocess.DEVNULL, check=False,
        stderr=subprocess.DEVNULL, env={**os.environ, "PATH": path}
        ).returncode == 0


NETWORK = ("unshare", "--net") if ROOT \
    else ("unshare", "--user", "--map-root", "--net")
ALLOWED = tried("ip", "-V") and tried(*NETWORK, "true")
AS_USER = tried(*["setpriv", "--reuid", "nobody", "--clear-groups"] * ROOT,
    "unshare", "--user", "--map-root", "--net", "true")
HAS_NETEM = ALLOWED and tried(*NETWORK, "tc", "qdisc", "add", "dev", "lo",
    "root", "netem", "limit", "1")
HAS_NFT = tried("nft", "-v")
HAS_HTB = HAS_NFT and ALLOWED and tried(*NETWORK, "tc", "qdisc", "add", "dev",
    "lo", "root", "htb")


def network_of(pid):
    """The network namespace of a process; None: it has ended."""
    try:
        return os.readlink(f"/proc/{pid}/ns/net")
    except OSError:
        return None


def networks():
    """The network namespaces that processes are in."""
    return {network_of(path.split("/")[2])
        for path in glob.glob("/proc/[0-9]*")} - {None}


def descend(pid):
    """A process and all that descend from it."""
    yield pid
    for path in glob.glob(f"/proc/{pid}/task/*/children"):
        try:
            with open(path, encoding="ascii") as file:
                children = file.read().split()
        except OSError:  # it has ended meanwhile
            children = []
        for child in children:
            yield from descend(child)


class Folder(unittest.TestCase):
    """A test with a folder of its own."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def start(self, *options, before=()):
        """Start compare."""
        return subprocess.Popen([*before, COMPARE, "--seed", "7", "--output",
            self.folder, *options], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(),
            encoding="utf-8")

    def compare(self, *options, before=()):
        """Run compare; its exit code, standard output and standard error."""
        process = self.start(*options, before=before)
        try:
            output, errors = process.communicate(timeout=8 * DEADLINE)
        finally:
            process.kill()
        return (process.returncode,
            " ".join(without_progress(output).split()), errors)

    def read(self, name):
        """A file that compare wrote."""
        with open(os.path.join(self.folder, name), encoding="utf-8") as file:
            return file.read()

    def race(self, shape, *options, before=()):
        """Race over a network of that shape; what was printed, the report and
        its only scenario."""
        code, output, errors = self.compare("--netem", shape, "--blocks", "1",
            *options, before=before)
        self.assertEqual((code, errors), (0, ""), output)
        report = json.loads(self.read("report.json"))
        for run in report["scenarios"][0]["runs"]:
            # A busy machine may not give it its turn.
            self.assertIn(run["invalid"], (None, "no replies"))
        return output, report, report["scenarios"][0]


class Shapes(unittest.TestCase):
    """What is no network, and what cannot cross one, is a mistake."""

    WRONG = (
        (["--netem", "10"], "--netem '10': '10' is no delay, loss or rate"),
        (["--netem", "2s"], "--netem '2s': a round trip is 0ms to 1s"),
        (["--netem", "1ms", "--check"],
            "--netem is for a race: --check needs no network"),
        (["--netem", "1ms", "--peer", "a=b {port}"], "--netem and --peer do "
            "not go together: a peer listens on 127.0.0.1"),
        (["--netem", "1ms", "--only", "reply-1,spin-block"],
            "--netem: 'spin-block' asks nothing over the network"),
        (["--netem", "1ms", "--only", "reply-1,rtt-10"],
            "--netem: 'rtt-10' brings a network of its own"),
        (["--server", "s1", "--only", "line-100mbit"],
            "--server: 'line-100mbit' brings a network of its own"),
        (["--netem", "1ms", "--render", "report.json"],
            "--render measures nothing"),
        (["--netem", "1ms", "--resume", "report"],
            "--resume continues as the run was started"))

    def test_a_wrong_one_is_told(self):
        for options, why in self.WRONG:
            with self.subTest(options):
                done = subprocess.run([COMPARE, *options], check=False,
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                    env=environment(), encoding="utf-8", timeout=DEADLINE)
                self.assertEqual((done.returncode, done.stdout), (64, ""))
                self.assertIn(why, done.stderr)


@unittest.skipUnless(ALLOWED, "network namespaces are forbidden")
class Emulated(Folder):
    """A race over an emulated network."""

    def test_the_report_says_that_it_was_emulated(self):
        output, report, scenario = self.race("0ms", "--only", "reply-1",
            "--seconds", "0.3")
        network = report["network"]
        self.assertGreater(network.pop("round_trip_ns"), 0)
        self.assertGreater(network.pop("round_trip_after_ns"), 0)
        self.assertEqual(network.pop("mtu"), 1500)
        self.assertEqual(network, {"emulated": True, "delay_seconds": 0,
            "loss": 0, "bits_per_second": 0})
        self.assertEqual(scenario["title"],
            "At 1 connection over an emulated network")
        self.assertIn("Between them is an emulated network: 0 ms round trip",
            output)
        self.assertIn("At 1 connection over an emulated network on one core,",
            output)
        page = " ".join(self.read("index.html").split())
        self.assertIn("Emulated: between load and servers was an emulated "
            "network", page)
        self.assertNotIn("loopback", page)
        self.assertIn("--netem 0us", page)
        self.assertEqual([self.told(report, after) for after in (1190, 840,
            1210, 830)], [False, False, True, True])
        # Every column answers there: the controls, too.
        self.assertIn("bare-epoll",
            {run["server"] for run in scenario["runs"]})
        for run in scenario["runs"]:
            if run["lines_counted"] is not None:
                self.assertGreaterEqual(run["lines_counted"],
                    run["replies_all"])

        # An earlier one over the loopback is no baseline.
        del report["network"]
        other = os.path.join(self.folder, "loopback.json")
        with open(other, "w", encoding="utf-8") as file:
            json.dump(report, file)
        done = subprocess.run([COMPARE, "--render", os.path.join(self.folder,
            "report.json"), "--baseline", other], stdout=subprocess.PIPE,
            env=environment(), encoding="utf-8", timeout=DEADLINE, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("Not compared with the baseline: between load and "
            "servers was the loopback interface then, an emulated network",
            " ".join(done.stdout.split()))

    def test_a_rate_is_kept(self):
        *_, scenario = self.race("rate=1mbit", "--only", "reply-50",
            "--seconds", "1")
        rates = []
        for run in scenario["runs"]:
            rate = 8 * run["link_bytes"] / (run["window_ns"] / 1e9)
            # An answer alone in its frame has 66 bytes around it.
            self.assertGreater(run["link_bytes"], 67 * .95 * run["replies"])
            gates = [gate["name"] for gate in run["gates"]]
            self.assertEqual("link-bound" in gates, rate > .8 * 1e6)
            self.assertNotIn("kernel counters", gates)
            rates.append(rate)
        # A busy machine may keep one from filling it, and count what came
        # after the window of another.
        self.assertGreater(max(rates), .5 * 1e6)
        self.assertLess(statistics.median(rates), 2 * 1e6)

    @only_if_full
    @unittest.skipUnless(HAS_NETEM or HAS_NFT, "neither netem nor nft is there")
    def test_packets_are_lost_and_sent_again(self):
        def as_planned():
            *_, scenario = self.race("loss=2%", "--only", "reply-50",
                "--seconds", "0.5")
            runs = scenario["runs"]
            # One packet in fifty, of a request and of its answer.
            again = sum(run["kernel"].get("RetransSegs", 0) for run in runs)
            share = again / sum(run["replies"] for run in runs)
            self.assertGreater(share, .02)
            return share < .12 and not {"kernel counters", "retransmits"} & {
                gate["name"] for run in runs for gate in run["gates"]}

        # What comes late on a busy machine is sent again without being lost.
        wait_until(as_planned, "no more was sent again", 10 * DEADLINE)

    def test_a_delay_is_a_round_trip_or_refused(self):
        if HAS_NETEM:
            *_, scenario = self.race("20ms", "--only", "reply-50",
                "--seconds", "0.5")
            quickest = [run["latency_ns"]["min"] for run in scenario["runs"]
                if run["invalid"] is None]
            self.assertGreater(min(quickest), 20e6)
            # Of thousands, on a busy machine, too.
            self.assertLess(min(quickest), 30e6)
            self.assertRegex(self.trip("1s"),
                r"takes 1(\.\d+)? s there and back\.$")
            return
        code, output, errors = self.compare("--netem", "20ms", "--only",
            "reply-1")
        self.assertEqual((code, output), (1, ""))
        self.assertIn("--netem: this kernel has no netem, which a delay needs",
            errors)

    def trip(self, delay):
        """What is said of a round trip before a race."""
        process = self.start("--netem", delay, "--only", "reply-1")
        try:
            return next((line for line in process.stdout
                if "there and back" in line), "")
        finally:
            process.kill()
            process.communicate()

    def told(self, report, after):
        """Whether a round trip of 1000 ns and another one after the race are
        told to be two."""
        report["network"].update(round_trip_ns=1000, round_trip_after_ns=after)
        path = os.path.join(self.folder, "other.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(report, file)
        output = subprocess.run([COMPARE, "--render", path],
            stdout=subprocess.PIPE, env=environment(), encoding="utf-8",
            timeout=DEADLINE, check=True).stdout
        return "there and back before the race and" in " ".join(
            output.split())

    def hold_network(self, pid):
        """The network namespace of a process, the number of which nobody else
        gets as long as the test runs; None: it has ended."""
        try:
            held = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)
        except OSError:
            return None
        self.addCleanup(os.close, held)
        return os.readlink(f"/proc/self/fd/{held}")

    def interrupt(self, sig):
        """Race, and be ended by a signal when a run is over and many are left;
        the network namespaces that it made."""
        process = self.start("--netem", "0ms", "--only", "reply-1", "--blocks",
            "2", "--seconds", "0.1")
        journal = os.path.join(self.folder, "journal.jsonl")
        try:
            wait_until(lambda: os.path.exists(journal)
                and self.read("journal.jsonl").count("\n") > 1,
                "a run was over", 4 * DEADLINE)
            made = {self.hold_network(pid) for pid in descend(
                process.pid)} - {network_of("self"), None}
            self.assertGreaterEqual(len(made), 1)
            process.send_signal(sig)
            process.communicate(timeout=DEADLINE)
        finally:
            process.kill()
        self.assertEqual(process.returncode, -sig)
        return made

    def test_nothing_is_left_when_it_is_killed(self):
        made = self.interrupt(signal.SIGKILL)
        wait_until(lambda: not networks() & made, "the namespaces were gone")

    @only_if_full
    def test_it_is_resumed_over_the_same_network(self):
        made = self.interrupt(signal.SIGTERM)
        wait_until(lambda: not networks() & made, "the namespaces were gone")
        done = subprocess.run([COMPARE, "--resume", self.folder],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
            env=environment(), encoding="utf-8", timeout=8 * DEADLINE)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        report = json.loads(self.read("report.json"))
        self.assertEqual(report["network"]["emulated"], True)
        self.assertGreaterEqual(len(report["scenarios"][0]["orders"]), 2)


@unittest.skipUnless(ALLOWED, "network namespaces are forbidden")
class Brought(Folder):
    """Scenarios that bring a network of their own."""

    def bring(self, *names, before=()):
        """Race some; what was printed, and the report."""
        code, output, errors = self.compare("--only", ",".join(names),
            "--blocks", "1", "--seconds", "0.4", before=before)
        self.assertEqual((code, errors), (0, ""), output)
        report = json.loads(self.read("report.json"))
        self.assertNotIn("network", report)
        return output, report

    def check_line(self, scenario):
        """What others pulled went through a narrow line."""
        self.assertEqual(scenario["title"], "While 16 others pull all of cjk "
            "through 100 Mbit/s over an emulated network")
        network = scenario["network"]
        self.assertGreater(network.pop("round_trip_ns"), 0)
        self.assertEqual(network, {"emulated": True, "delay_seconds": 0,
            "loss": 0, "bits_per_second": 1e8, "aside": False})
        for run in scenario["runs"]:
            self.assertIn(run["invalid"], (None, "no replies"))
            self.assertNotIn("link-bound",
                [gate["name"] for gate in run["gates"]])
            # They give way to everybody, so to whoever else runs there, too.
            seconds = run["window_ns"] / 1e9
            foreign = (run["foreign_cpu_seconds"],
                run["load_foreign_cpu_seconds"])
            if None not in foreign and max(foreign) < .05 * seconds:
                self.assertGreater(8 * run["background"]["bytes"],
                    .5e8 * seconds)
        # What came after a window may be counted in it.
        self.assertLess(statistics.median(run["link_bytes"] / run["window_ns"]
            for run in scenario["runs"]), 1.1e8 / 8e9)
        # What has to queue for longer than 50 ms is lost.
        self.assertLess(min((run["latency_ns"]["min"] for run in
            scenario["runs"] if run["invalid"] is None), default=0), 100e6)

    @only_if_full
    def test_one_is_raced_after_those_that_take_the_loopback(self):
        # A user cannot come back from there, so it is one where that may be.
        before = ("setpriv", "--reuid", "nobody", "--regid", "nogroup",
            "--clear-groups") * (ROOT and AS_USER)
        if before:
            os.chown(self.folder, NOBODY.pw_uid, NOBODY.pw_gid)
        output, report = self.bring("line-100mbit", "reply-1", before=before)
        near, far = report["scenarios"]
        self.assertEqual([near["name"], far["name"]],
            ["reply-1", "line-100mbit"])
        self.assertNotIn("network", near)
        self.assertEqual(near["title"], "At 1 connection")
        for run in near["runs"]:
            self.assertNotIn("link_bytes", run)
        self.check_line(far)
        self.assertIn("Over an emulated network (100 Mbit/s each way).",
            output)

    @unittest.skipUnless(HAS_HTB, "htb or nft is not there")
    def test_a_narrow_line_may_spare_what_is_measured(self):
        _, report = self.bring("slow-1000")
        scenario, = report["scenarios"]
        self.assertEqual(scenario["network"]["aside"], True)
        runs = scenario["runs"]
        # What is measured alone would fill the line several times, where the
        # machine is not too busy for that.
        self.assertGreater(sum(run["latency_ns"]["recorded"] for run in runs),
            .9 * sum(run["intended"] for run in runs))
        self.assertGreater(max(run["link_bytes"] / run["window_ns"]
            for run in runs), 1.5e6 / 8e9)
        # What came before a window may be read in it.
        self.assertLess(8 * sum(run["background"]["bytes"] for run in runs),
            1.5e6 * report["seconds"])
        for run in runs:
            self.assertIn(run["invalid"], (None, "no replies"))
            self.assertEqual([level["connections"]
                for level in run["memory"]], [0, 1016])
            if run["invalid"] is None:
                self.assertGreater(
                    run["figures"]["memory_bytes_per_connection"], 1000)

    def test_what_needs_a_delay_is_measured_or_told(self):
        if HAS_NETEM:
            _, report = self.bring("rtt-10")
            self.assertNotIn("unmeasured", report)
            for run in report["scenarios"][0]["runs"]:
                if run["invalid"] is None:
                    self.assertGreater(run["latency_ns"]["min"], 10e6)
            return
        why = "this kernel has no netem, which a delay needs"
        code, output, errors = self.compare("--only", "rtt-1,rtt-10")
        self.assertEqual((code, output), (1, ""))
        self.assertIn("compare: rtt-1: " + why, errors)
        output, report = self.bring("rtt-1", "loss-1", "reply-1")
        self.assertEqual([one["name"] for one in report["scenarios"]],
            ["reply-1"])
        self.assertEqual([(one["name"], one["link"])
            for one in report["unmeasured"]], [("rtt-1", "1ms"),
                ("loss-1", "10ms,loss=1%")])
        self.assertIn("Left out: rtt-1, loss-1: " + why, output)
        self.assertIn("Then: compare --only rtt-1,loss-1.", output)
        self.assertIn("Then <code class=\"command\">build/compare --only "
            "rtt-1,loss-1</code>", self.read("index.html"))


@unittest.skipUnless(AS_USER, "user namespaces are forbidden")
class Unprivileged(Folder):
    """Root is not needed."""

    def test_a_user_emulates_one_too(self):
        before = ("setpriv", "--reuid", "nobody", "--regid", "nogroup",
            "--clear-groups") * ROOT
        if ROOT:
            os.chown(self.folder, NOBODY.pw_uid, NOBODY.pw_gid)
        _, report, _ = self.race("rate=100mbit", "--only", "reply-1",
            "--seconds", "0.1", before=before)
        self.assertEqual(report["network"]["bits_per_second"], 100e6)


if __name__ == "__main__":
    main()
