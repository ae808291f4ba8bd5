#!/usr/bin/python3
"""
`compare --load`: the load on hosts of its own, which are agents on this machine
and network namespaces here. What they count is added up exactly; agents lie,
and are killed at each step.
"""

import collections
import fcntl
import glob
import json
import os
import subprocess
import sys
import unittest

import test_hosts
from harness import DEADLINE, FULL, main, only_if_full, wait_until
from test_hosts import ALLOWED, NETWORK, ROOT

# Of what takes seconds each, every third.
STEP = 1 if FULL else 3
KERNEL_COUNTERS = 12  # of report/run/kernel.h

# Runs an agent and passes on what is said, but for one thing; all is noted.
SPY = """
import json, os, signal, subprocess, sys
notes, host, *command = sys.argv[1:]
who, step, what = os.environ.get("LIE", "::").split(":")
agent = subprocess.Popen(command, stdin=subprocess.PIPE,
    stdout=subprocess.PIPE, encoding="utf-8")
quiet = what == "quiet"
log = open(os.path.join(notes, f"{host}.{os.getpid()}"), "w")
print(agent.stdout.readline(), end="", flush=True)
for line in sys.stdin:
    request = json.loads(line)
    lies = who == host and request["do"] == step
    if lies and what == "kill":
        agent.kill()
        agent.wait()
        break
    if lies and what == "stop":
        os.kill(agent.pid, signal.SIGSTOP)
    agent.stdin.write(line)
    agent.stdin.flush()
    if request["do"] == "ping":
        continue
    answer = json.loads(agent.stdout.readline())
    print(json.dumps({**answer, "do": request["do"]}), file=log, flush=True)
    result = answer.get("result")
    if lies and what == "half":
        print(json.dumps(answer)[:20], end="", flush=True)
        break
    elif lies and what == "nan":
        answer["result"]["area"] = float("nan")
    elif lies and what == "silent":
        continue
    elif lies and what == "long":
        answer["window_ns"] *= 1000000
    elif who == host and what == "short" and request["do"] == "go":
        answer["window_ns"] = 1000
    elif who == host and what == "short" and result is not None:
        result["window_ns"] = 1000
    elif lies and what == "error":
        answer["error"] = "\\u001b[31mred"
    elif lies and what == "none":
        del answer["result"]
    elif lies and what == "huge":
        result["replies"] = result["replies_all"] = 2 ** 60
    elif lies and what == "negative":
        result["head_ns"] = -1
    elif lies and what == "counters":
        result["histograms"]["latency"]["counters"] = "27648:1"
    elif lies and what == "many":
        result["histograms"]["latency"]["counters"] = "100:99999999"
    elif lies and what == "list":
        result["histograms"] = []
    elif who == host and what == "more" and request["do"] == "reach":
        answer["mtu"] = 1400
    elif who == host and what == "more" and result is not None:
        answer["others"] = [{"name": "hog", "cpu_seconds": 1, "host": "x"}]
    elif lies and what == "lines":
        result["lines"] += 1
    elif lies and quiet:
        quiet = False
        result.update(replies=0, good=0)
        result["histograms"]["latency"] = {"sum": 0, "counters": ""}
    print(json.dumps(answer), flush=True)
agent.stdin.close()
agent.wait()
"""


class Spied(test_hosts.Folder):
    """Hosts that are agents here; what each of them says is noted. Who asks for
    one block and has named scenarios has their runs one after the other."""

    def setUp(self):
        super().setUp()
        spy = self.write("spy.py", SPY)
        self.notes = os.path.join(self.folder, "notes")
        os.mkdir(self.notes)
        self.report = os.path.join(self.folder, "report")
        self.hosts = ("--server", "s1=127.0.0.1", "--via",
            f"{sys.executable} {spy} {self.notes} {{host}}")

    def run_spied(self, *options, lie="::"):
        """Run compare; its exit code, output, errors."""
        return self.run_compare(*self.hosts, *options, before=("env",
            f"LIE={lie}", f"NOTES={self.notes}"))

    def race(self, loads, *options, lie="::"):
        """Run a race of one block; its runs, in their order."""
        code, output, errors = self.run_spied("--load", loads, "--output",
            self.report, "--blocks", "1", "--seconds", "0.3", *options, lie=lie)
        self.assertEqual((code, errors), (0, ""), output)
        with open(os.path.join(self.report, "report.json"),
                encoding="utf-8") as file:
            self.told = json.load(file)
        return [run for scenario in self.told["scenarios"]
            for run in scenario["runs"]]

    def results(self, host):
        """What a host's generators told, one list each."""
        lists = []
        for path in sorted(glob.glob(os.path.join(self.notes, host + ".*"))):
            with open(path, encoding="utf-8") as file:
                answers = [json.loads(line) for line in file]
            lists.append([answer["result"] for answer in answers
                if answer["do"] == "result"])
        return lists

    def without_looks(self, host):
        """The same without what one alone asks on a single connection: for a
        small and a large answer before a race, and for a small one after it,
        and again for what came late."""
        return [[result for result in results if result["connections"] > 1]
            for results in self.results(host)]

    def left(self):
        """The processes that still run for this test."""
        mark = f"NOTES={self.notes}".encode()
        found = []
        for path in glob.glob("/proc/[0-9]*/environ"):
            try:
                with open(path, "rb") as file:
                    if mark in file.read():
                        found.append(path)
            except OSError:
                pass
        return found

    def assert_nothing_is_left(self):
        """Nothing of it runs any more, soon."""
        wait_until(lambda: not self.left(), "nothing was left")


class Options(test_hosts.Folder):
    """What is no load is a mistake."""

    WRONG = (
        (["--load", "l1"], "need --server"),
        (["--server", "s1", "--load", ""], "a host is letters, digits"),
        (["--server", "s1", "--load", "l1,,l2"], "a host is letters, digits"),
        (["--server", "s1", "--load", "-l1"], "a host is letters, digits"),
        (["--server", "s1", "--load", "l1=10.0"], "is not an IPv4 address"),
        (["--server", "s1", "--load", "l1*0"], "load"),
        (["--server", "s1", "--load", "l1*65"], "load"),
        (["--server", "s1", "--load", "l1*x"], "load"),
        (["--server", "s1", "--load", "l1*64,l2"], "64 generators in all"),
        (["--server", "s1", "--load", "l1,l1"], "say l1*2 for two generators"),
        (["--server", "s1", "--load", "l1,l2", "--only", "storm-1000"],
            "'storm-1000' takes one generator"),
        (["--server", "s1", "--load", "l1*2", "--only", "overload"],
            "'overload' takes one generator"),
        (["--server", "s1", "--load", "l1*2", "--only", "push-1000"],
            "'push-1000' takes one generator"))

    def test_a_wrong_one_is_told(self):
        for options, why in self.WRONG:
            with self.subTest(options):
                code, output, errors = self.run_compare(*options)
                self.assertEqual((code, output), (64, ""))
                self.assertIn(why, errors)


class Here(test_hosts.Folder):
    """The host called here is this machine."""

    def test_it_needs_no_command(self):
        code, output, errors = self.run_compare("--server", "here=127.0.0.1",
            "--load", "here", "--via", "false", "--there", "/nowhere",
            "--hosts", "check")
        self.assertEqual((code, errors), (0, ""))
        self.assertRegex(output, r"^here reaches a server of here at "
            r"127\.0\.0\.1:\d+ in [\d.e-]+ ms\. Servers would run on processor "
            r"\d+ of here, the load on processor \d+ of here\. A small request "
            r"takes [\d.e-]+ ms there and back\.$")

    def test_generators_beyond_its_processors_are_not_pinned(self):
        code, output, errors = self.run_compare("--server", "here=127.0.0.1",
            "--load", f"here*{os.cpu_count()}", "--hosts", "check")
        self.assertEqual((code, errors), (0, ""))
        self.assertIn("Rates and latencies would be missing: here does not "
            "have a processor for each generator and the servers.", output)
        self.assertNotIn("Servers would run on", output)

    def test_an_address_that_is_not_its_own_is_told(self):
        code, output, errors = self.run_compare("--server", "here=127.0.0.1",
            "--load", "here=192.0.2.1", "--hosts", "check")
        self.assertEqual((code, output), (1, ""))
        self.assertIn("here cannot connect to it: Cannot assign requested "
            "address; is that address one of its own?", errors)


def counters(histogram):
    """The counters of a histogram, by index."""
    return collections.Counter({int(index): int(count) for index, count
        in (one.split(":") for one in histogram["counters"].split())})


class Sums(Spied):
    """What several generators count is added up, exactly."""

    def assert_sum(self, run, parts):
        """A run is the sum of its parts."""
        for key, of in (("intended", "intended"), ("sent", "sent"),
                ("replies", "replies"), ("replies_all", "replies_all")):
            # What is none is not there.
            self.assertEqual(run[key],
                sum(part.get(of, 0) for part in parts), key)
        latencies = [part["histograms"]["latency"] for part in parts]
        self.assertEqual(counters(run["latency_ns"]),
            sum(map(counters, latencies), collections.Counter()))
        self.assertEqual(run["latency_ns"]["recorded"],
            sum(sum(counters(one).values()) for one in latencies))
        # A busy machine may not give a server or a generator its turn.
        if latencies := [one for one in latencies if counters(one)]:
            self.assertEqual(run["latency_ns"]["min"],
                min(one["min"] for one in latencies))
            self.assertEqual(run["latency_ns"]["max"],
                max(one["max"] for one in latencies))
            self.assertAlmostEqual(run["latency_ns"]["mean"], sum(one["sum"]
                for one in latencies) / run["latency_ns"]["recorded"], 3)
        self.assertEqual(run["window_ns"],
            max(part["window_ns"] for part in parts))
        # By Little's law, for which all must have been counted once.
        if run["intended"]:
            self.assertAlmostEqual(run["little"], 1, 2)
        else:
            self.assertIsNone(run["little"])

    def test_two_are_the_sum_of_the_parts(self):
        # A closed loop, and an open one with a rate and a crowd beside it.
        runs = self.race("l1,l2", "--only", "reply-50,slow-senders",
            lie="l2::more")
        (one,), (two,) = self.without_looks("l1"), self.results("l2")
        self.assertEqual((len(one), len(two)), (len(runs), len(runs)))
        for run, *parts in zip(runs, one, two):
            self.assert_sum(run, parts)
            self.assertIn(run["invalid"], (None, "no replies"))
            self.assertNotIn("counters differ",
                [gate["name"] for gate in run["gates"]])
            self.assertEqual(run["errors"], dict.fromkeys(run["errors"], 0))
            if run["lines_counted"] is not None:
                self.assertEqual(run["lines_counted"],
                    sum(part["lines"] for part in parts))
            self.assertIsNotNone(run["series"]["replies"][0])
            self.assertEqual(set(run["series"]["p99_ns"]), {None})
            self.assertIn({"name": "hog", "cpu_seconds": 1, "host": "l2"},
                run["others"])
        self.assertEqual([part["connections"] for part in (one[0], two[0])],
            [25, 25])
        # One of them has the crowd.
        crowd = self.told["scenarios"][1]["background"][0]["connections"]
        self.assertEqual([part["connections"] for part in (one[-1], two[-1])],
            [4 + crowd, 4])
        loads = self.told["network"]["loads"]
        self.assertEqual([one["host"] for one in loads], ["l1", "l2"])
        self.assertEqual(loads[0]["machine"]["id"], self.told["machine"]["id"])
        # Through the way from the one fewer bytes pass at a time.
        self.assertEqual(self.told["network"]["mtu"], 1400)

    @only_if_full
    def test_one_with_a_rate_is_two_of_half_the_rate(self):
        intended, replies, connections = [], [], []
        for loads in ("l1", "l1,l2"):
            for path in glob.glob(os.path.join(self.notes, "*")):
                os.unlink(path)
            runs = self.race(loads, "--only", "slow-senders")
            parts = [lists[0] for lists in (self.without_looks("l1"),
                self.results("l2")) if lists]
            for run, *of in zip(runs, *parts):
                self.assert_sum(run, of)
            self.assertEqual(len(of), loads.count("l"))
            intended.append(sum(run["intended"] for run in runs) / len(runs))
            replies.append(sum(run["replies"] for run in runs) / len(runs))
            connections.append(sum(part["connections"] for part in of))
        # Arrivals are at random, 900 in a window: so much is five times what
        # they scatter by.
        self.assertLess(abs(intended[0] - intended[1]), 150)
        self.assertLess(abs(replies[0] - intended[0]), 300)
        self.assertEqual(*connections)

    def test_as_many_ask_as_there_are_connections(self):
        code, _, errors = self.run_spied("--load", "l1,l2*2", "--hosts",
            "check")
        self.assertEqual((code, errors), (0, ""))
        self.assertEqual(self.results("l2"), [[], []])
        looks, = self.results("l1")
        self.assertEqual({look["connections"] for look in looks}, {1})
        # A small answer, and a large one, and each again if it comes late.
        self.assertEqual(len([look for look in looks if look.get("replies")]),
            2)

    def test_answers_behind_the_window_arrive_all_the_same(self):
        code, _, errors = self.run_spied("--load", "l1", "--hosts", "check",
            "--seconds", "0.05", lie="l1:result:quiet")
        self.assertEqual((code, errors), (0, ""))
        # A small one, once more and for longer, and a large one.
        (late, small, *_), = self.results("l1")
        self.assertLess(late["window_ns"], 2e9)
        self.assertGreaterEqual(small["window_ns"], 2e9)
        self.assertGreater(small["replies"], 0)

    @only_if_full
    def test_every_scenario_can_be_loaded_by_one(self):
        self.race("l1", "--only", "storm-1000,churn-50,overload,idle-10000,"
            "push-1000,pool-20,json-200,cores-all,open-50,slow-readers")
        for scenario in self.told["scenarios"]:
            for run in scenario["runs"]:
                with self.subTest(scenario["name"], run=run["server"]):
                    self.assertIsNone(run["invalid"])

    @only_if_full
    def test_every_scenario_that_can_be_is_shared_by_two(self):
        self.race("l1,l2", "--only", "churn-50,idle-10000,line-page,pool-20,"
            "poll-20,page-200,cores-all,open-50,wait-events,stream-1000")
        for scenario in self.told["scenarios"]:
            for run in scenario["runs"]:
                with self.subTest(scenario["name"], run=run["server"]):
                    self.assertIsNone(run["invalid"])


class Lost(Spied):
    """A host that is lost, or lies, ends the race, which is kept."""

    # As the only host is seen by a look, and at which of its steps.
    LIES = {
        "reach:half": "l1 is lost: the connection to it has ended",
        "load:error": r"l1 is lost: \u{1b}[31mred",
        "go:long": "l1 is lost: it measured for longer than that took",
        "go:short": "l1 is lost: what it counted contradicts itself",
        "result:none": "l1 is lost: what it counted contradicts itself",
        "result:huge": "l1 is lost: what it counted contradicts itself",
        "result:negative": "l1 is lost: what it counted contradicts itself",
        "result:counters": "l1 is lost: what it counted contradicts itself",
        "result:many": "l1 is lost: what it counted contradicts itself",
        "result:list": "l1 is lost: what it counted contradicts itself",
        "result:nan": "l1 is lost: it sent a line that is no answer",
        "result:half": "l1 is lost: the connection to it has ended",
        "result:lines": "requests and was sent"}
    STEPS = "reach", "load", "grow", "warm", "go", "drain", "result"

    def look(self, lie):
        """Look at the hosts; the errors."""
        code, _, errors = self.run_spied("--load", "l1", "--hosts", "check",
            "--seconds", "0.05", lie=lie)
        self.assertEqual(code, 1, lie)
        self.assertNotIn("\033", errors)
        self.assert_nothing_is_left()
        return errors

    def test_each_lie_is_told(self):
        for lie, told in list(self.LIES.items())[::STEP]:
            with self.subTest(lie):
                self.assertIn(told, self.look("l1:" + lie))

    def test_one_that_is_killed_at_a_step_is_named(self):
        for step in self.STEPS[::STEP]:
            with self.subTest(step):
                # Before a race there is nothing to go on with.
                self.assertTrue(self.look(f"l1:{step}:kill").endswith(
                    "compare: l1 is lost: the connection to it has ended\n"))

    @only_if_full
    def test_one_that_is_silent_is_lost(self):
        for lie in "warm:silent", "go:stop", "result:silent":
            with self.subTest(lie):
                self.assertIn("l1 is lost: it was silent for too long",
                    self.look("l1:" + lie))

    def test_what_was_measured_is_kept_and_resumed(self):
        code, _, errors = self.run_spied("--load", "l1,l2", "--output",
            self.report, "--only", "reply-1,reply-50", "--blocks", "1",
            "--seconds", "0.1", lie="l2:go:kill")
        self.assertEqual(code, 1)
        self.assertIn("l2 is lost: the connection to it has ended; what was "
            "measured is kept, and --resume continues", errors)
        self.assert_nothing_is_left()
        # Hosts must be named again: a journal starts nothing.
        code, _, errors = self.run_spied("--resume", self.report)
        self.assertEqual(code, 1)
        self.assertIn(f"cannot resume {self.report}: repeat --server and "
            "--load as in the first run", errors)
        # Other hosts than those it was begun with do not go on with it.
        code, _, errors = self.run_spied("--load", "l1,l3", "--resume",
            self.report)
        self.assertEqual(code, 1)
        self.assertIn("cannot resume", errors)
        code, output, errors = self.run_spied("--load", "l1,l2", "--resume",
            self.report)
        self.assertEqual((code, errors), (0, ""), output)
        self.assertIn("the network from l1 and l2 to s1", output)
        self.assert_nothing_is_left()


class Steps(test_hosts.Agent):
    """The agent that loads."""

    LOAD = {"do": "load", "scenario": "reply-50", "server": "evented",
        "address": "127.0.0.1", "from": "", "connections": 10, "active": 10,
        "rate": 0.0, "burst": 0.0, "part": 1, "parts": 3, "seed": 1,
        "window_ns": 50000000, "closed": False, "pinned": False}

    def setUp(self):
        super().setUp()
        self.server = test_hosts.Agent("start")
        test_hosts.Agent.setUp(self.server)
        self.addCleanup(self.server.doCleanups)
        self.port = self.server.ask(n=1, do="start", scenario="reply-50",
            server="evented", address="127.0.0.1")["port"]

    def counted(self):
        """How many requests the server has counted, by the time it said so;
        0: it has not."""
        return self.server.ask(n=2, do="counter").get("requests", 0)

    def load(self, **more):
        """Have it make a generator."""
        return self.ask(n=1, **{**self.LOAD, "port": self.port, **more})

    def test_it_does_its_part(self):
        self.assertEqual(self.load(), {"n": 1, "kernel": [0] * KERNEL_COUNTERS})
        for n, step in enumerate(("grow", "warm", "go", "drain"), 2):
            answer = self.ask(n=n, do=step, connections=10)
            self.assertEqual(answer["n"], n)
            self.assertNotIn("error", answer)
        result = self.ask(n=6, do="result")["result"]
        self.assertEqual(result["problem"], "")
        # Of ten, the first has four, and the others three.
        self.assertEqual(result["connections"], 3)
        self.assertGreaterEqual(result["window_ns"], 50000000)
        self.assertEqual(sum(counters(result["histograms"]["latency"])
            .values()), result.get("intended", 0))
        # What was asked before and after the window is in the totals only.
        self.assertGreater(result["replies_all"], result.get("replies", 0))
        wait_until(lambda: self.counted() == result["lines"],
            "all was counted")

    def test_it_tells_how_long_a_packet_may_be(self):
        with open("/sys/class/net/lo/mtu", encoding="ascii") as file:
            loopback = int(file.read())
        for address, mtu in (("127.0.0.1", min(loopback, 65535)),
                ("nowhere", 0)):
            answer = self.ask(n=1, do="reach", address=address, port=self.port)
            self.assertEqual(answer.get("mtu", 0), mtu)

    def test_it_goes_on_between_the_steps(self):
        self.load()
        self.ask(n=2, do="grow", connections=10)
        for n, step in enumerate(("warm", "go"), 3):
            self.ask(n=n, do=step)
            before = wait_until(self.counted, "something was asked")
            wait_until(lambda: self.counted() > before + 10,
                "it went on asking")
        self.ask(n=5, do="drain")
        lines = self.ask(n=6, do="result")["result"]["lines"]
        wait_until(lambda: self.counted() == lines, "all was counted")

    def test_what_is_out_of_order_is_refused(self):
        for step in "grow", "warm", "go", "drain", "result":
            self.assertEqual(self.ask(n=1, do=step)["error"],
                "that is out of order")
        self.load()
        for step in "load", "go", "drain":
            self.assertEqual(self.ask(n=2, **{**self.LOAD, "port": 1,
                "do": step})["error"], "that is out of order")
        self.ask(n=3, do="grow", connections=10)
        self.ask(n=4, do="warm")
        for step in "load", "grow", "warm", "drain", "result":
            self.assertEqual(self.ask(n=5, **{**self.LOAD, "port": 1,
                "do": step})["error"], "that is out of order")

    def test_what_it_cannot_do_it_says(self):
        for more, why in (({"from": "192.0.2.1"}, "it has no address"),
                ({"address": "everywhere"}, "no address"),
                ({"pinned": True, "cpu": 1023}, "cannot run on processor 1023"),
                ({"connections": 1000000}, "its limit of descriptors")):
            with self.subTest(more):
                self.assertIn(why, self.load(**more)["error"])
        # And can be asked again.
        self.assertNotIn("error", self.load())
        self.assertIn("not made for so many", self.ask(n=2, do="grow",
            connections=13)["error"])

    def test_a_server_that_is_gone_is_its_problem(self):
        self.load()
        self.ask(n=2, do="grow", connections=10)
        self.ask(n=3, do="warm")
        self.server.ask(n=2, do="stop")
        for n, step in enumerate(("go", "drain"), 4):
            self.assertNotIn("error", self.ask(n=n, do=step))
        result = self.ask(n=6, do="result")["result"]
        self.assertRegex(result["problem"], "closed a connection|recv|connect")

    def test_it_is_asked_before_it_has_answered(self):
        self.load(window_ns=600 * 10**9)
        for n, step in enumerate(("grow", "warm"), 2):
            self.ask(n=n, do=step, connections=10)
        self.agent.stdin.write('{"n": 4, "do": "go"}\n'
            '{"n": 5, "do": "drain"}\n')
        self.agent.stdin.flush()
        self.assertEqual(self.agent.wait(DEADLINE), 1)
        self.assertIn("asked before it has answered", self.agent.stderr.read())

    def test_nobody_reads_its_answer(self):
        self.load()
        for n, step in enumerate(("grow", "warm", "go", "drain"), 2):
            self.ask(n=n, do=step, connections=10)
        fcntl.fcntl(self.agent.stdout, fcntl.F_SETPIPE_SZ, 4096)
        with open(f"/proc/self/fd/{self.agent.stdout.fileno()}", "wb",
                buffering=0) as full:
            full.write(bytes(4096))
        self.agent.stdin.write('{"n": 6, "do": "result"}\n')
        self.agent.stdin.flush()
        wait_until(self.writes, "it is in the middle of writing")
        self.close_input()
        self.assertEqual(self.agent.wait(DEADLINE), 0)

    def writes(self):
        """Whether the agent waits for room in the pipe."""
        for path in glob.glob(f"/proc/{self.agent.pid}/task/*/wchan"):
            with open(path, encoding="ascii") as call:
                if "pipe_write" in call.read():
                    return True
        return False

    def test_its_input_ends(self):
        self.load()
        self.ask(n=2, do="grow", connections=10)
        self.ask(n=3, do="warm")
        self.close_input()
        self.assertEqual(self.agent.wait(DEADLINE), 0)


# These are the server's.
for name in dir(test_hosts.Agent):
    if name.startswith("test_") and getattr(Steps, name) is getattr(
            test_hosts.Agent, name):
        setattr(Steps, name, None)


# A server and two loads, each a namespace at a switch; compare is in none.
NAMESPACES = """
ip link set lo up
ip link add switch type bridge
ip link set switch up
n=1
for host in s1 l1 l2
do
    unshare --net sleep infinity & there=$!
    all="$all $there"
    trap "kill $all" EXIT
    until [ "$(readlink /proc/$there/ns/net)" != "$(readlink /proc/$$/ns/net)" ]
    do sleep 0.01; done
    within="nsenter --net=/proc/$there/ns/net"
    ip link add $host type veth peer name lan netns $there
    ip link set $host master switch up
    $within ip address add 10.9.0.$n/24 dev lan
    $within ip link set lan up
    $within ip link set lo up
    ln -s /proc/$there/ns/net $1/$host
    n=$((n + 1))
done
echo
read -r _
"""


@unittest.skipUnless(ALLOWED, "network namespaces are forbidden")
class Namespaces(test_hosts.Folder):
    """Each host is a network namespace."""

    def setUp(self):
        super().setUp()
        self.switch = subprocess.Popen([*NETWORK, "sh", "-ec", NAMESPACES,
            "sh", self.folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            encoding="utf-8")
        self.addCleanup(self.switch.communicate, "\n")
        self.switch.stdout.readline()
        at = f"/proc/{self.switch.pid}/ns"
        self.within = ["nsenter", f"--net={at}/net"]
        if not ROOT:
            self.within += [f"--user={at}/user", "--preserve-credentials"]
        self.hosts = ("--server", "s1=10.9.0.1", "--via",
            f"nsenter --net={self.folder}/{{host}} --")

    def configure(self, host, *command):
        """Have ip do something there."""
        subprocess.run([*self.within, "nsenter",
            f"--net={self.folder}/{host}", "ip", *command], check=True)

    def look(self):
        """Look at the hosts."""
        return self.run_compare(*self.hosts, "--load", "l1=10.9.0.2,l2",
            "--hosts", "check", before=self.within)

    @only_if_full
    def test_two_load_one(self):
        report = os.path.join(self.folder, "report")
        code, output, errors = self.run_compare(*self.hosts, "--load",
            "l1=10.9.0.2,l2", "--output", report, "--only", "reply-50",
            "--blocks", "1", "--seconds", "0.2", before=self.within)
        self.assertEqual((code, errors), (0, ""), output)
        self.assertIn("the network from l1 and l2 to s1", output)
        with open(os.path.join(report, "report.json"),
                encoding="utf-8") as file:
            told = json.load(file)
        self.assertEqual(told["network"]["mtu"], 1500)
        self.assertEqual([(one["host"], one["address"])
            for one in told["network"]["loads"]],
            [("l1", "10.9.0.2"), ("l2", None)])
        for run in told["scenarios"][0]["runs"]:
            self.assertIsNone(run["invalid"])
            self.assertGreater(run["replies"], 0)

    def test_each_says_whether_it_reaches_the_server(self):
        code, output, errors = self.look()
        self.assertEqual((code, errors), (0, ""))
        self.assertRegex(output, r"^l1 reaches a server of s1 at "
            r"10\.9\.0\.1:\d+ in [\d.e-]+ ms\. l2 reaches a server of s1 at "
            r"10\.9\.0\.1:\d+ in [\d.e-]+ ms\. (Servers|Rates)")

    def test_why_one_does_not_is_told_apart(self):
        # Its own address; no way; nobody takes what is sent.
        for host, command, why in (
                ("l2", ("address", "add", "10.9.0.1/32", "dev", "lo"),
                    "Connection refused; does a firewall reject it?"),
                ("l1", ("route", "add", "unreachable", "10.9.0.1"),
                    "No route to host; is that an address of a network that "
                    "both are in?")):
            with self.subTest(why):
                self.configure(host, *command)
                code, output, errors = self.look()
                self.assertEqual(code, 1)
                self.assertRegex(errors, r"a server is ready on s1 at "
                    rf"10\.9\.0\.1:\d+, but {host} cannot connect to it: ")
                self.assertIn(why, errors)
        # Both at once: neither reaches it now.
        self.assertEqual((output, errors.count("cannot connect")), ("", 2))

    def test_what_is_dropped_is_told(self):
        self.configure("l2", "neighbour", "replace", "10.9.0.1", "lladdr",
            "02:00:00:00:00:99", "dev", "lan", "nud", "permanent")
        code, output, errors = self.look()
        self.assertEqual(code, 1)
        self.assertIn("l1 reaches a server of s1", output)
        self.assertIn("l2 cannot connect to it: no answer within 3 s; does a "
            "firewall drop it?", errors)


if __name__ == "__main__":
    main()
