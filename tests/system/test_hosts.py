#!/usr/bin/python3
"""
`compare --server`: servers on another host, which is a network namespace here,
reached by nsenter and by a real ssh; agents that lie; and whatever is killed,
nothing is left there.
"""

import glob
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from harness import (BUILD, DEADLINE, ROOT as ROOT_FOLDER, environment, main,
    only_if_full, wait_until, without_progress)

COMPARE = os.path.join(BUILD, "compare")
MANUAL = os.path.join(ROOT_FOLDER, "common", "man", "threads-vs-events.1")
# The load's host, the servers', and one to which packets go and none come from.
HERE, THERE, NOBODY = "10.9.0.1", "10.9.0.2", "10.9.0.9"
ROOT = os.geteuid() == 0
NETWORK = ("unshare", "--net") if ROOT \
    else ("unshare", "--user", "--map-root", "--net")
# An address at which nobody else listens.
OWN = f"127.9.{os.getpid() % 256}.{1 + os.getpid() // 256 % 250}"
PING = 2  # seconds: as often as compare speaks up

# Two hosts: this shell is the load's, the sleeper keeps the servers'.
HOSTS = f"""
ip link set lo up
unshare --net sleep infinity & there=$!
trap 'kill $there' EXIT
until [ "$(readlink /proc/$there/ns/net)" != "$(readlink /proc/$$/ns/net)" ]
do sleep 0.01; done
within="nsenter --net=/proc/$there/ns/net"
ip link add name load type veth peer name server netns $there
ip address add {HERE}/24 dev load
ip link set load up
ip neighbour add {NOBODY} lladdr 02:00:00:00:00:09 dev load
$within ip address add {THERE}/24 dev server
$within ip link set server up
$within ip link set lo up
echo $there
read -r _
"""


def tried(*command):
    """Whether a command ends well."""
    try:
        return subprocess.run(command, stdout=subprocess.DEVNULL, check=False,
            stderr=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False


ALLOWED = tried("ip", "-V") and tried(*NETWORK, "true")


def name_of(pid):
    """What a process is called; None when it is gone."""
    try:
        with open(f"/proc/{pid}/comm", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return None


def parent_of(pid):
    """The parent of a process; None when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return int(file.read().rpartition(")")[2].split()[1])
    except OSError:
        return None


def network_of(pid):
    """The network namespace of a process; None when it is gone."""
    try:
        return os.readlink(f"/proc/{pid}/ns/net")
    except OSError:
        return None


class Folder(unittest.TestCase):
    """A test with a folder of its own."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def read(self, name):
        """A file that compare wrote."""
        with open(os.path.join(self.folder, name), encoding="utf-8") as file:
            return file.read()

    def write(self, name, text, mode=0o600):
        """Write a file of the folder; its path."""
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    def run_compare(self, *options, before=()):
        """Run compare; its exit code, standard output in one line, and
        standard error."""
        done = subprocess.run([*before, COMPARE, *options],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env=environment(), encoding="utf-8",
            timeout=8 * DEADLINE, check=False)
        return (done.returncode,
            " ".join(without_progress(done.stdout).split()), done.stderr)


class Options(Folder):
    """What is no host is a mistake."""

    WRONG = (
        (["--server", "-oProxyCommand=x"], "a host is letters, digits"),
        (["--server", "s1;reboot"], "a host is letters, digits"),
        (["--server", ""], "a host is letters, digits"),
        (["--server", "s1=10.0.0"], "'10.0.0' is not an IPv4 address"),
        (["--server", "s1", "--server", "s2"], "--server names one host"),
        (["--server", "s1", "--netem", "1ms"], "do not go together"),
        (["--server", "s1", "--check"], "--check needs no network"),
        (["--server", "s1", "--only", "spin"], "asks nothing over the"),
        (["--server", "s1", "--peer", "a=b {port}"], "do not go together"),
        (["--server", "s1", "--there", "/bin/x;y"], "--there takes letters"),
        (["--server", "s1", "--via", " "], "are not empty"),
        (["--via", "x"], "need --server"),
        (["--ports", "5-9"], "need --server"),
        *((["--server", "s1", "--ports", ports], "--ports takes two ports")
            for ports in ("", "5", "5-5", "9-5", "0-5", "5-65536", "5-9x",
                "-5-9", "70000-70001", "5-")),
        (["--hosts", "check"], "need --server"),
        (["--server", "s1", "--hosts", "all"], "--hosts takes check"))

    def test_a_wrong_one_is_told(self):
        for options, why in self.WRONG:
            with self.subTest(options):
                code, output, errors = self.run_compare(*options)
                self.assertEqual((code, output), (64, ""))
                self.assertIn(why, errors)

    def test_an_address_of_the_internet_is_not_loaded(self):
        code, _, errors = self.run_compare("--server", "s1=8.8.8.8", "--via",
            "env", "--hosts", "check")
        self.assertEqual(code, 1)
        self.assertIn("8.8.8.8 is not a private address", errors)

    def test_an_address_that_is_not_known_is_asked_for(self):
        code, _, errors = self.run_compare("--server", "s1", "--via",
            "env -u SSH_CONNECTION", "--hosts", "check")
        self.assertEqual(code, 1)
        self.assertIn("say --server s1=ADDRESS", errors)


# Runs an agent and passes on what is said, but for one thing.
LIAR = """
import json, os, subprocess, sys
what, *command = sys.argv[1:]
# How often it was begun, and whether the race has.
with open(__file__ + ".begun", "a+") as file:
    file.write("x")
    begun, races = file.tell(), False
if what == "gone" and begun > 1:
    sys.exit("no route")
agent = subprocess.Popen(command, stdin=subprocess.PIPE,
    stdout=subprocess.PIPE, encoding="utf-8")
hello = json.loads(agent.stdout.readline())
if what == "protocol":
    hello["protocol"] = 2
elif what == "build":
    hello["self"] = "0" * 16
elif what == "reboot" and begun > 1:
    hello["boot_id"] = "another"
elif what == "twin":
    hello["programs"][0]["fnv1a"] = "0" * 16
elif what == "missing":
    del hello["programs"][0]
elif what == "control":
    hello["programs"] = [one for one in hello["programs"]
        if one["name"] != "bare-epoll"]
elif what == "shared":
    hello.update(pinned=False, why="it has one processor")
elif what == "banner":
    print("Welcome!", flush=True)
elif what == "deep":
    hello["machine"]["settings"] = json.loads("[" * 50 + "]" * 50)
print(json.dumps(hello), flush=True)
for line in sys.stdin:
    agent.stdin.write(line)
    agent.stdin.flush()
    if '"n"' not in line:
        continue
    # What is tried before the race are evented ones.
    races = races or '"start"' in line and '"threaded"' in line
    if what in ("reboot", "gone") and races:
        break
    if what == "stop" and '"stop"' in line and races and begun == 1:
        break
    answer = json.loads(agent.stdout.readline())
    if what == "number":
        answer["n"] += 1
    elif what == "huge":
        answer["pace_ns"] = 1e300
    elif what == "port":
        answer.pop("port", None)
    elif what == "long":
        answer["error"] = "x" * 5000000
    elif what == "half":
        print(json.dumps(answer)[:5], end="", flush=True)
        break
    elif what == "terminal" and "port" in answer:
        answer["error"] = "\\u001b[31m"
    elif what == "counters" and '"counter"' in line:
        answer["error"] = "it has none"
    print(json.dumps(answer), flush=True)
agent.stdin.close()
agent.wait()
"""


class Liars(Folder):
    """What an agent says is believed as little as what a server answers."""

    LIES = {
        "protocol": "it speaks protocol 2, and this compare 1",
        "build": "another build than this one",
        "twin": "is another one than this host's",
        "missing": "is missing",
        "banner": "no agent of compare answered",
        "deep": "no agent of compare answered",
        "number": "it answered what it was not asked",
        "huge": "it sent a line that is no answer",
        "port": "it started a server without a port",
        "long": "it sent a line that is too long",
        "half": "the connection to it has ended",
        "counters": "the server did not print its counters",
        "terminal": "\\u{1b}[31m"}

    def look(self, lie):
        """Look at a host that tells this lie."""
        liar = self.write("liar.py", LIAR)
        return self.run_compare("--server", f"s1={'127.0.0.1'}", "--via",
            f"{sys.executable} {liar} {lie}", "--hosts", "check")

    def race(self, lie, *options):
        """Race against a host that is lost in the second run, and tells this
        lie then."""
        liar = self.write("liar.py", LIAR)
        return self.run_compare("--server", "s1=127.0.0.1", "--via",
            f"{sys.executable} {liar} {lie}", "--only", "reply-1", "--blocks",
            "1", "--seconds", "0.05", "--output", self.folder, *options)

    def test_a_host_that_was_started_again_is_another(self):
        code, _, errors = self.race("reboot")
        self.assertEqual(code, 1)
        self.assertIn("s1 is lost: the connection to it has ended; trying "
            "again in 5 s", errors)
        self.assertIn("s1 is back, but it was started again; what was measured "
            "is kept, and --resume continues", errors)

    @only_if_full
    def test_a_host_that_stays_away_is_tried_three_times(self):
        begun = time.monotonic()
        code, _, errors = self.race("gone")
        self.assertEqual(code, 1)
        self.assertGreater(time.monotonic() - begun, 5 + 15 + 60)
        self.assertEqual(re.findall(r"trying again in (\d+) s", errors),
            ["5", "15", "60"])
        self.assertIn("s1 is lost: the connection to it has ended; what was "
            "measured is kept, and --resume continues", errors)

    def test_a_host_is_lost_when_its_server_is_to_stop(self):
        # How long the server took is not known then.
        code, output, errors = self.race("stop")
        self.assertEqual(code, 0, output + errors)
        self.assertIn("trying again in 5 s", errors)
        scenario = json.loads(self.read("report.json"))["scenarios"][0]
        self.assertEqual(scenario["blocks_lost"], 1)

    def test_who_tells_no_lie_is_believed(self):
        code, output, errors = self.look("none")
        self.assertEqual((code, errors), (0, ""))
        self.assertIn("Servers would run on processor", output)

    def test_a_host_without_processors_to_spare_is_told(self):
        code, output, errors = self.look("shared")
        self.assertEqual((code, errors), (0, ""))
        self.assertRegex(output, "^Rates and latencies would be missing: it "
            r"has one processor\. A small request takes")

    def test_a_control_that_is_not_there_is_left_out(self):
        self.assertEqual(self.look("control")[0], 0)

    def test_each_lie_is_told(self):
        for lie, told in self.LIES.items():
            with self.subTest(lie):
                code, output, errors = self.look(lie)
                self.assertEqual((code, output), (1, ""))
                self.assertIn(told, errors)
                self.assertNotIn("\033", errors)


class Agent(unittest.TestCase):
    """The agent itself."""

    def setUp(self):
        self.agent = subprocess.Popen([COMPARE, "--agent"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env=environment(), encoding="utf-8")
        self.silent = threading.Event()
        self.pinger = threading.Thread(target=self.ping)
        self.pinger.start()
        self.addCleanup(self.end)
        self.hello = json.loads(self.agent.stdout.readline())

    def ping(self):
        """Speak up, so that it waits for a test that is slow."""
        while not self.silent.wait(PING):
            try:
                os.write(self.agent.stdin.fileno(), b'{"do":"ping"}\n')
            except BrokenPipeError:
                return

    def fall_silent(self):
        """Speak up no more."""
        self.silent.set()
        self.pinger.join()

    def close_input(self):
        """Say that nothing more will be asked."""
        self.fall_silent()
        self.agent.stdin.close()

    def end(self):
        """End it."""
        self.fall_silent()
        self.agent.kill()
        self.agent.wait()
        for pipe in (self.agent.stdin, self.agent.stdout, self.agent.stderr):
            pipe.close()

    def ask(self, **request):
        """Ask for something; the answer."""
        self.agent.stdin.write(json.dumps(request) + "\n")
        self.agent.stdin.flush()
        return json.loads(self.agent.stdout.readline())

    def ports(self, server, scenario, first, last):
        """Start a server at one of these ports and stop it; where it was."""
        answer = self.ask(n=1, do="start", scenario=scenario, server=server,
            address=OWN, port_first=first, port_last=last)
        if "error" in answer:
            return answer["error"]
        self.ask(n=2, do="stop")
        return [answer[key] for key in ("port", "http_port") if key in answer]

    def test_servers_take_turns_at_the_ports_that_are_free(self):
        with socket.create_server((OWN, 20002)):
            found = [self.ports("evented", "reply-50", 20000, 20004)
                for _ in range(5)]
            self.assertEqual(found,
                [[20000], [20001], [20003], [20004], [20000]])
            # One with two doors needs two of them.
            self.assertEqual(self.ports("threaded", "page-200", 20000, 20004),
                [20001, 20003])
            self.assertEqual(self.ports("bare-epoll", "reply-50", 20002, 20003),
                [20003])
            for server, scenario, last in (("evented", "reply-50", 20002),
                    ("threaded", "page-200", 20003)):
                self.assertEqual(self.ports(server, scenario, 20002, last),
                    f"too few of the ports 20002 to {last} are free at {OWN}")

    def start(self):
        """Start a server; its process, as /proc has it."""
        answer = self.ask(n=1, do="start", scenario="reply-50",
            server="evented", address="127.0.0.1")
        self.assertNotIn("error", answer)
        self.assertGreater(answer["port"], 0)
        children = f"/proc/{self.agent.pid}/task/{self.agent.pid}/children"
        with open(children, encoding="ascii") as file:
            return f"/proc/{int(file.read())}"

    def assert_gone(self, server):
        """The server runs no more, soon."""
        wait_until(lambda: not os.path.exists(server), "the server was gone")

    def test_it_starts_nothing_at_every_address(self):
        for address in ("0.0.0.0", "255.255.255.255", "224.0.0.1", "", "::1"):
            answer = self.ask(n=1, do="start", scenario="reply-50",
                server="evented", address=address)
            self.assertIn("is not the address of one host", answer["error"])

    def test_what_is_out_of_order_is_refused(self):
        for what in ("stop", "look", "begin", "end", "note", "memory",
                "counter"):
            self.assertEqual(self.ask(n=2, do=what)["error"],
                "that is out of order")
        self.start()
        self.assertIn("out of order", self.ask(n=3, do="start",
            scenario="reply-50", server="evented", address="127.0.0.1")
                ["error"])
        self.assertIn("out of order", self.ask(n=4, do="note")["error"])

    def test_it_reads_what_it_is_asked_for(self):
        self.start()
        memory = self.ask(n=2, do="memory")
        self.assertEqual((memory["n"], memory["threads"]), (2, 1))
        self.assertGreater(memory["pss_bytes"], 100000)
        self.assertGreater(self.ask(n=3, do="pace")["pace_ns"], 10)
        # Nobody has asked the server anything.
        self.assertNotIn("requests", self.ask(n=4, do="counter"))
        for what in ("look", "begin", "end"):
            self.assertNotIn("error", self.ask(n=5, do=what))
        noted = self.ask(n=6, do="note", window_ns=1000)
        self.assertEqual(len(noted["kernel"]), 12)
        # By the loopback interface others send, too.
        self.assertGreater(noted["nic_seconds"], 0)
        self.assertNotIn("nic_bits_per_second", noted)
        stopped = self.ask(n=7, do="stop")
        self.assertNotIn("error", stopped)
        self.assertGreater(stopped["cpu_seconds"], 0)
        self.assertGreater(stopped["stop_seconds"], 0)

    def test_what_is_no_request_ends_it(self):
        server = self.start()
        self.agent.stdin.write('{"n": 5, "do": "exec", "what": "sh"}\n')
        self.agent.stdin.flush()
        self.assertEqual(self.agent.wait(DEADLINE), 1)
        self.assert_gone(server)

    def test_its_input_ends(self):
        server = self.start()
        self.close_input()
        self.assertEqual(self.agent.wait(DEADLINE), 0)
        self.assert_gone(server)

    def test_it_is_killed(self):
        server = self.start()
        self.agent.kill()
        self.assert_gone(server)

    @only_if_full
    def test_nothing_is_said_to_it_for_ten_seconds(self):
        begun = time.monotonic()
        server = self.start()
        self.fall_silent()
        self.assertEqual(self.agent.wait(DEADLINE), 0)
        self.assertGreaterEqual(time.monotonic() - begun, 10)
        self.assert_gone(server)


@unittest.skipUnless(ALLOWED, "network namespaces are forbidden")
class Far(Folder):
    """Servers in another network namespace, as if it were another host."""

    def setUp(self):
        super().setUp()
        self.hosts = subprocess.Popen([*NETWORK, "sh", "-ec", HOSTS],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")
        self.addCleanup(self.hosts.communicate, "\n")
        self.there = int(self.hosts.stdout.readline())
        at = f"/proc/{self.hosts.pid}/ns"
        self.within = ["nsenter", f"--net={at}/net"]
        if not ROOT:
            self.within += [f"--user={at}/user", "--preserve-credentials"]
        self.via = f"nsenter --net=/proc/{self.there}/ns/net --"
        self.server = ("--server", f"s1={THERE}", "--via", self.via)

    def left(self, *others):
        """The processes there but the one that keeps the place, and others."""
        place = network_of(self.there)
        pids = [int(path.split("/")[2]) for path in glob.glob("/proc/[0-9]*")]
        return [pid for pid in pids if pid not in (self.there, *others)
            and network_of(pid) == place]

    def assert_nothing_is_left(self):
        """Nothing runs there any more, soon."""
        wait_until(lambda: not self.left(), "nothing was left there")

    def test_it_is_looked_at(self):
        code, output, errors = self.run_compare(*self.server, "--hosts",
            "check", before=self.within)
        self.assertEqual((code, errors), (0, ""))
        self.assertRegex(output, r"^Servers would run on processor \d+ of s1, "
            r"the load on processor \d+ of this host\. A small request takes "
            r"[\d.e-]+ ms there and back\.$")
        self.assert_nothing_is_left()

    def test_the_load_does_not_reach_it(self):
        code, output, errors = self.run_compare("--server", f"s1={THERE}",
            "--via", f"nsenter --net=/proc/{self.there}/ns/net --", "--hosts",
            "check")
        self.assertEqual((code, output), (1, ""))
        self.assertRegex(errors, r"a server is ready on s1 at "
            rf"{THERE}:\d+, but this host cannot connect to it: ")
        self.assert_nothing_is_left()

    def test_a_race_is_run_and_told(self):
        code, output, errors = self.run_compare(*self.server, "--output",
            self.folder, "--only", "reply-50", "--blocks", "1", "--seconds",
            "0.3", before=self.within)
        self.assertEqual((code, errors), (0, ""), output)
        report = json.loads(self.read("report.json"))
        self.assertEqual((report["network"]["emulated"],
            report["network"]["server"], report["network"]["address"],
            report["network"]["machine"]["id"]),
            (False, "s1", THERE, report["machine"]["id"]))
        self.assertGreater(report["network"]["round_trip_ns"], 0)
        self.assertEqual(report["network"]["mtu"], 1500)
        load, server = report["hosts"]
        self.assertEqual((load["role"], load["name"], load["address"]),
            ("load", "here", None))
        self.assertEqual((server["role"], server["name"], server["address"]),
            ("server", "s1", THERE))
        self.assertEqual(server["programs"], load["programs"])
        self.assertEqual(server["processors"],
            report["machine"]["processors_online"])
        for scenario in report["scenarios"]:
            self.assertIn(" over a network", scenario["title"])
            for run in scenario["runs"]:
                # A busy machine may not give it its turn.
                self.assertIn(run["invalid"], (None, "no replies"))
                if run["invalid"] is None:
                    self.assertGreater(run["server_cpu_ns"], 0)
                self.assertGreater(run["context_switches_all"], 0)
                self.assertGreater(run["server_cpu_all_seconds"],
                    run["server_cpu_ns"] / 1e9)
                self.assertGreater(run["pace_ns"], 0)
                self.assertGreater(run["busy_seconds"], 0)
                self.assertIn("busy_ns_per_request", run["figures"])
                self.assertIsNotNone(run["run_queue_ns"])
                self.assertIsNotNone(run["foreign_cpu_seconds"])
                if run["lines_counted"] is not None:
                    self.assertGreaterEqual(run["lines_counted"],
                        run["replies_all"])
        self.assertIn("Between load and servers was the network to s1 (a "
            "small request takes", output)
        self.assertNotIn("loopback", self.read("index.html"))
        self.assert_nothing_is_left()

    def begin(self):
        """Begin a race; its process, once a run is over and many are left."""
        process = subprocess.Popen([*self.within, COMPARE, *self.server,
            "--output", self.folder, "--only", "reply-1", "--blocks", "2",
            "--seconds", "0.1"], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env=environment(), encoding="utf-8")
        self.addCleanup(process.kill)
        journal = os.path.join(self.folder, "journal.jsonl")
        wait_until(lambda: os.path.exists(journal)
            and self.read("journal.jsonl").count("\n") > 1, "a run was over",
            4 * DEADLINE)
        return process

    def kill_agent(self):
        """Kill the agent there; a server that it has just forked is called as
        it is until it has become one."""
        found = [pid for pid in self.left() if name_of(pid) == "compare"]
        agents = [pid for pid in found if parent_of(pid) not in found]
        self.assertEqual(len(agents), 1)
        os.kill(agents[0], signal.SIGKILL)

    def assert_it_goes_on(self, process):
        """It says that the host is lost, and finds it again in a while."""
        output, errors = process.communicate(timeout=4 * DEADLINE)
        self.assertEqual(process.returncode, 0, output + errors)
        self.assertIn("s1 is lost: the connection to it has ended; trying "
            "again in 5 s", errors)
        self.assert_all_is_there(output)

    def assert_all_is_there(self, output):
        """All blocks are whole, and one was begun twice."""
        self.assertIn("Discarded: 1 block (run again: the servers' host was "
            "lost).", " ".join(output.split()))
        scenario = json.loads(self.read("report.json"))["scenarios"][0]
        self.assertEqual(scenario["blocks_lost"], 1)
        runs = [(run["block"], run["position"]) for run in scenario["runs"]]
        blocks = len(scenario["orders"])
        # Where other work disturbed one, a third was run.
        self.assertIn(blocks, (2, 3))
        self.assertEqual(runs, [(block + 1, position + 1)
            for block in range(blocks)
            for position in range(len(runs) // blocks)])
        self.assertLessEqual({run["invalid"] for run in scenario["runs"]},
            {None, "no replies"})
        self.assert_nothing_is_left()

    def test_compare_is_killed(self):
        process = self.begin()
        process.kill()
        process.communicate()
        self.assert_nothing_is_left()

    def test_the_agent_is_killed_and_the_race_goes_on(self):
        process = self.begin()
        self.kill_agent()
        self.assert_it_goes_on(process)

    @only_if_full
    def test_a_race_without_its_host_is_interrupted_and_resumed(self):
        process = self.begin()
        self.kill_agent()
        # A server that cannot write to the agent any more may say so before.
        self.assertTrue(any("s1 is lost" in line for line in process.stderr))
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=DEADLINE)
        self.assertEqual(process.returncode, -signal.SIGINT)
        self.assertIn("Continue with --resume", errors)
        self.assert_nothing_is_left()
        # Where its servers run must be said again: a journal starts nothing.
        # And it must be the same host.
        for server, why in (((), "repeat --server as in the first run"),
                (("--server", f"s2={THERE}", "--via", self.via),
                    "it was started on another machine")):
            code, _, errors = self.run_compare(*server, "--resume",
                self.folder, before=self.within)
            self.assertEqual(code, 1)
            self.assertIn(f"cannot resume {self.folder}: {why}", errors)
        code, output, errors = self.run_compare(*self.server, "--resume",
            self.folder, before=self.within)
        self.assertEqual((code, errors), (0, ""), output)
        self.assert_all_is_there(output)

    @only_if_full
    @unittest.skipUnless(tried("nft", "--version"), "there is no nft")
    def test_a_path_that_drops_full_packets_is_told(self):
        for rule in ("add table ip mtu", "add chain ip mtu out { type filter "
                "hook output priority 0; }",
                "add rule ip mtu out meta length > 1000 drop"):
            subprocess.run([*self.within, "nsenter",
                f"--net=/proc/{self.there}/ns/net", "nft", rule], check=True)
        code, output, errors = self.run_compare(*self.server, "--hosts",
            "check", before=self.within)
        self.assertEqual((code, output), (1, ""))
        self.assertRegex(errors, "small answers of s1 arrive, large ones do "
            r"not: .*; the path may drop full packets \(MTU\)")
        self.assert_nothing_is_left()

    def test_a_firewall_lets_some_ports_through(self):
        code, _, errors = self.run_compare(*self.server, "--ports",
            "20000-20001", "--hosts", "check", before=self.within)
        self.assertEqual((code, errors), (0, ""))

    def pretend(self, name, words):
        """Put a program into a folder that passes on what is behind so many
        words to a program there, and leaves the words it was given."""
        path = self.write(name, f"""#!/bin/sh
printf '%s\\n' "$@" >"$0.words"
shift {len(words)}
exec nsenter --net=/proc/{self.there}/ns/net -- "$@"
""", 0o700)
        return path + ".words"

    def test_the_ways_of_the_manual(self):
        with open(MANUAL, encoding="utf-8") as file:
            shown = "".join(re.findall(r"^\.EX\n(.*?)^\.EE", file.read(),
                re.MULTILINE | re.DOTALL))
        ways = dict(re.findall(r"^([a-z]+) (.*\{host\}.*)$", shown,
            re.MULTILINE))
        self.assertEqual(list(ways), ["docker", "kubectl", "srun", "nsenter"])
        hosts = {"docker": "web", "kubectl": "pod/web-0", "srun": "node7",
            "nsenter": str(self.there)}
        path = f"PATH={self.folder}:{os.environ['PATH']}"
        for name, way in ways.items():
            with self.subTest(name):
                words = way.replace("{host}", hosts[name]).split()
                if name != "nsenter":
                    given = self.pretend(name, words)
                code, output, errors = self.run_compare("--server",
                    f"{hosts[name]}={THERE}", "--via", f"{name} {way}",
                    "--hosts", "check", before=(*self.within, "env", path))
                self.assertEqual((code, errors), (0, ""))
                self.assertIn(f" of {hosts[name]}, the load on", output)
                if name != "nsenter":
                    with open(given, encoding="utf-8") as file:
                        self.assertEqual(file.read().splitlines(),
                            [*words, os.path.realpath(COMPARE), "--agent"])
                self.assert_nothing_is_left()


SSHD = "/usr/sbin/sshd"
# A host's port, user and keys are what the configuration of ssh says.
SSH_CONFIG = f"""
Host s1 s2
    HostName {THERE}
Host nobody
    HostName {NOBODY}
    ConnectTimeout 2
Host *
    Port 2222
    User root
    IdentityFile {{0}}/key
    IdentitiesOnly yes
    UserKnownHostsFile {{0}}/known
    StrictHostKeyChecking yes
    ConnectTimeout 60
    ServerAliveInterval 20
    ServerAliveCountMax 3
"""
# Where the cable is cut: soon noticed.
SOON = "-o ConnectTimeout=2 -o ServerAliveInterval=2"


@unittest.skipUnless(ALLOWED and ROOT and os.path.exists(SSHD)
    and tried("ssh", "-V"), "no namespaces, not root, or no sshd and ssh")
class Ssh(Far):
    """Servers on a host that is reached by a real ssh."""

    # What does not depend on how the agent is run.
    test_a_path_that_drops_full_packets_is_told = None
    test_a_firewall_lets_some_ports_through = None
    test_the_ways_of_the_manual = None
    test_the_load_does_not_reach_it = None
    test_a_race_is_run_and_told = only_if_full(Far.test_a_race_is_run_and_told)
    test_the_agent_is_killed_and_the_race_goes_on = only_if_full(
        Far.test_the_agent_is_killed_and_the_race_goes_on)
    test_a_race_without_its_host_is_interrupted_and_resumed = only_if_full(
        Far.test_a_race_without_its_host_is_interrupted_and_resumed)

    def setUp(self):
        super().setUp()
        for key in ("key", "other", "host"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "",
                "-f", os.path.join(self.folder, key)], check=True)
        self.authorize("key")
        self.know("host")
        self.write("config", SSH_CONFIG.format(self.folder))
        self.go_by_ssh()
        os.makedirs("/run/sshd", exist_ok=True)
        self.sshd = subprocess.Popen(["nsenter",
            f"--net=/proc/{self.there}/ns/net", SSHD, "-D", "-e", "-f",
            "/dev/null", "-p", "2222", "-h", os.path.join(self.folder, "host"),
            "-o", f"AuthorizedKeysFile={self.folder}/authorized", "-o",
            "StrictModes=no", "-o", "UsePAM=no", "-o", "PidFile=none", "-o",
            "ClientAliveInterval=15", "-o", "ClientAliveCountMax=1"],
            stderr=subprocess.PIPE, encoding="utf-8")
        self.addCleanup(self.sshd.communicate)
        self.addCleanup(self.sshd.kill)
        # It says so for IPv4 and for IPv6.
        for _ in range(2):
            self.assertIn("Server listening on", self.sshd.stderr.readline())

    def go_by_ssh(self, options=""):
        """Have the agent run by ssh, with these options."""
        self.via = f"ssh -F {self.folder}/config {options} -T -o " \
            "BatchMode=yes -- {host}"
        self.server = ("--server", "s1", "--via", self.via)

    def authorize(self, key):
        """Let nobody in but who has this key."""
        with open(os.path.join(self.folder, key + ".pub"),
                encoding="ascii") as file:
            self.write("authorized", file.read())

    def know(self, key):
        """Know the host by this key."""
        with open(os.path.join(self.folder, key + ".pub"),
                encoding="ascii") as file:
            self.write("known", f"[{THERE}]:2222 {file.read()}")

    def left(self, *others):
        """Without sshd, which for a while waits for a client that is cut off
        and has nothing to do with what ran there."""
        return [pid for pid in super().left(*others) if name_of(pid) != "sshd"]

    def look(self, *options, server="s1"):
        """Look at the host."""
        return self.run_compare("--server", server, "--via", self.via,
            "--hosts", "check", *options, before=self.within)

    def assert_lost(self, found, why, server="s1"):
        """It was not reached, and ssh says why."""
        code, output, errors = found
        self.assertEqual((code, output), (1, ""))
        self.assertIn(why, errors)
        self.assertIn(f"--server {server}: the connection to it has ended",
            errors)
        self.assert_nothing_is_left()

    def test_a_wrong_key_is_told(self):
        self.authorize("other")
        self.assert_lost(self.look(), "Permission denied")

    def test_an_unknown_host_key_is_told(self):
        self.know("other")
        self.assert_lost(self.look(), "Host key verification failed")

    def test_a_refused_connection_is_told(self):
        self.sshd.kill()
        self.sshd.wait()
        self.assert_lost(self.look(), "Connection refused")

    def test_a_host_that_does_not_answer_is_told(self):
        self.assert_lost(self.look(server="nobody"), "Connection timed out",
            "nobody")

    def test_a_program_that_is_not_there_is_told(self):
        self.assert_lost(self.look("--there", "/nonexistent/compare"),
            "/nonexistent/compare")

    def test_a_program_that_is_another_is_told(self):
        liar = self.write("liar.py", LIAR)
        for lie in ("protocol", "build", "twin", "missing", "banner"):
            with self.subTest(lie):
                there = self.write(lie, f"#!/bin/sh\nexec {sys.executable} "
                    f'{liar} {lie} {COMPARE} "$@"\n', 0o700)
                code, output, errors = self.look("--there", there)
                self.assertEqual((code, output), (1, ""))
                self.assertIn(Liars.LIES[lie], errors)
                self.assert_nothing_is_left()

    def test_the_session_is_killed_and_the_race_goes_on(self):
        process = self.begin()
        for pid in super().left(self.sshd.pid):
            if name_of(pid) == "sshd":
                os.kill(pid, signal.SIGKILL)
        self.assert_it_goes_on(process)

    @only_if_full
    def test_ssh_is_killed_and_the_race_goes_on(self):
        process = self.begin()
        children = f"/proc/{process.pid}/task/{process.pid}/children"
        with open(children, encoding="ascii") as file:
            ssh = [int(pid) for pid in file.read().split()
                if name_of(pid) == "ssh"]
        self.assertEqual(len(ssh), 1)
        os.kill(ssh[0], signal.SIGKILL)
        self.assert_it_goes_on(process)

    @only_if_full
    def test_the_cable_is_cut_and_mended(self):
        self.go_by_ssh(SOON)
        process = self.begin()
        self.link("down")
        self.assert_nothing_is_left()
        self.link("up")
        output, errors = process.communicate(timeout=4 * DEADLINE)
        self.assertEqual(process.returncode, 0, output + errors)
        self.assertIn("s1 is lost: ", errors)
        self.assert_all_is_there(output)

    @only_if_full
    def test_the_cable_is_cut_and_the_race_resumed(self):
        self.go_by_ssh(SOON)
        process = self.begin()
        self.link("down")
        _, errors = process.communicate(timeout=4 * DEADLINE)
        self.assertEqual(process.returncode, 1)
        self.assertEqual(re.findall(r"trying again in (\d+) s", errors),
            ["5", "15", "60"])
        self.assertIn("what was measured is kept, and --resume continues",
            errors)
        self.assert_nothing_is_left()
        self.link("up")
        code, output, errors = self.run_compare(*self.server, "--resume",
            self.folder, before=self.within)
        self.assertEqual((code, errors), (0, ""), output)
        self.assert_all_is_there(output)

    def link(self, state):
        """Let all pass between the hosts ("up"), or nothing ("down")."""
        subprocess.run(["nsenter", f"--net=/proc/{self.there}/ns/net", "ip",
            "link", "set", "server", state], check=True)


if __name__ == "__main__":
    main()
