#!/usr/bin/python3
"""
`compare --peer`: a server in another language is checked by the protocol and
raced, and what breaks a rule is found out.

The peer is example_peer.py, whole or with --break, or push_peer.py, whole or
with --lie; or a command that does something that a server should not.
"""

import concurrent.futures
import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import unittest

from harness import (BUILD, DEADLINE, HERE, TESTS, Client, Pusher, environment,
    free_port, kept_back, main, only_if_full, wait_until, without_progress)

COMPARE = os.path.join(BUILD, "compare")
EXAMPLE = "/usr/bin/python3 " + shlex.quote(
    os.path.join(TESTS, "example_peer.py"))
PUSH_PEER = os.path.join(TESTS, "push_peer.py")

# The same conversations each time, so that a failure can be repeated.
SEED = "7"

# At a time: each mostly waits for answers.
WORKERS = 8

# What --break breaks, and what compare calls it.
RULES = {
    "repeat": "no number is guessed twice in a game",
    "range": "a guess lies in the range of its game",
    "secret": "after Correct the answer is the secret again",
    "error": "an error is answered by its ERROR line",
    "close": "the server closes when it is due, and resets nothing",
    "die": "every connection is accepted",
}


def start(*options):
    """Start compare."""
    if not os.access(COMPARE, os.X_OK):
        raise AssertionError(f"there is no {COMPARE}: it must be built, too")
    return subprocess.Popen([COMPARE, "--seed", SEED, *options],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, env=environment(), encoding="utf-8")


def compare(*options):
    """Run compare; its exit code, standard output and standard error."""
    process = start(*options)
    try:
        output, errors = process.communicate(timeout=8 * DEADLINE)
    finally:
        process.kill()
    return process.returncode, without_progress(output), errors


def accepts(port):
    """Whether somebody listens on a port."""
    try:
        Client(port).close()
    except ConnectionRefusedError:
        return False
    return True


def is_alive(pid):
    """Whether a process goes on."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def command_line(pid):
    """The command line of a process; "" when it is gone."""
    try:
        with open(f"/proc/{pid}/cmdline", errors="replace") as file:
            return file.read()
    except (FileNotFoundError, ProcessLookupError):
        return ""


class Check(unittest.TestCase):
    """--check: what a peer answers."""

    def check(self, command, code):
        """Check a peer of this command; what compare prints of it."""
        found, output, errors = compare("--check", "--peer", "mine=" + command)
        self.assertEqual((found, errors), (code, ""), output)
        head, alike, rest = output.partition("Alike: ")
        self.assertTrue(alike, head)
        return rest.partition("\n")[2]

    def test_the_example_conforms(self):
        said = self.check(EXAMPLE + " {port}", 0)
        self.assertRegex(" ".join(said.split()),
            r"\AConforming: mine, in \d+ conversations \(its answers "
            r"only: limits, timeouts and load were not checked\)\.\Z")

    def test_each_broken_rule_is_named(self):
        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            checks = list(pool.map(lambda broken: self.check(
                f"{EXAMPLE} --break {broken} {{port}}", 1), RULES))
        for (broken, rule), said in zip(RULES.items(), checks):
            with self.subTest(broken):
                # In full once, then a line for each conversation.
                self.assertEqual(said.count(f"\nRule broken: {rule}.\n"), 1)
                self.assertRegex(said, r"(?m)^  sent.*:\n    [NP]")
                if broken != "die":
                    self.assertRegex(said, r"(?m)^Again: .*, byte by byte\.$")
                self.assertRegex(said, r"(?m)^  expected ")
                self.assertRegex(said, r"(?m)^  mine answered, then ")
                self.assertRegex(said, r"\nNot conforming: mine broke a rule "
                    r"in [1-5] of the first \d+ conversations \(--seed 7 ")

    def test_the_end_of_a_peer_that_dies_is_told(self):
        said = self.check(EXAMPLE + " --break die {port}", 1)
        self.assertIn("\nmine exited with status 1 by itself: "
            "example_peer: as you wish\n", said)

    def test_what_a_peer_says_moves_no_terminal(self):
        said = self.check(r"""sh -c 'printf "\033]0;x\007 \302\233 """
            r"""\342\200\256 \377 a\tb, \342\202\254\n2\n" >&2; exit 1' {port}""",
            1)
        self.assertTrue(said.endswith(". It said:\n ]0;x  \\u{9b} \\u{202e} "
            "\\xff a b, \N{EURO SIGN}\n2\n"), repr(said))

    def test_a_command_that_cannot_start_is_one_line(self):
        said = self.check("/no/such/server {port}", 1)
        self.assertRegex(said, r"\Amine exited with status 127 before it "
            r"listened on port \d+: .*/no/such/server: not found\n\Z")

    def test_a_command_that_ends_at_once_is_one_line(self):
        said = self.check("true {port}", 1)
        self.assertRegex(said, r"\Amine exited with status 0 before it "
            r"listened on port \d+\.\n\Z")

    def test_a_command_runs_as_from_a_shell(self):
        with tempfile.NamedTemporaryFile("r") as noted:
            self.check("sh -c 'grep -h ^Sig[BI] /proc/self/status "
                f">{noted.name}; exit 3' {{port}}", 1)
            self.assertEqual(kept_back(noted.read()), [])

    def test_the_command_may_be_quoted_and_name_the_port_twice(self):
        said = self.check(
            f"env 'A=b c' P={{port}} sh -c 'test \"$A\" = \"b c\" && "
            f"test $P = {{port}} && exec {EXAMPLE} $P'", 0)
        self.assertIn("Conforming: mine", said)

    def test_a_peer_may_die_of_the_signal_that_stops_it(self):
        said = self.check("/usr/bin/python3 -c 'import signal, sys; "
            f"sys.path.insert(0, \"{TESTS}\"); import example_peer; "
            "import asyncio; "
            "asyncio.BaseEventLoop.add_signal_handler = lambda *_: None; "
            "asyncio.SelectorEventLoop.add_signal_handler = lambda *_: None; "
            "asyncio.run(example_peer.serve({port}))'", 0)
        self.assertIn("Told to stop, mine died of signal 15 (Terminated); "
            "that breaks no rule.\n", said)


class Finder(unittest.TestCase):
    """--peer-speaks: a finder of the reader's own."""

    OWN = os.path.join(BUILD, "evented", "charfinder") + " --quiet"
    GAME = os.path.join(BUILD, "evented", "guess-server") + " --quiet"

    def check(self, speaks, command):
        """Check a finder of this command; exit code and what is printed."""
        code, output, errors = compare("--check", "--peer-speaks", speaks,
            "--peer", "mine=" + command)
        self.assertEqual(errors, "", output)
        return code, output

    def test_a_finder_conforms_at_both_doors(self):
        for speaks, options in {
            "charfinder": "--port {port} --http-port off",
            "http": "--port off --http-port {port}",
        }.items():
            with self.subTest(speaks):
                code, output = self.check(speaks, f"{self.OWN} {options}")
                self.assertEqual(code, 0, output)
                self.assertRegex(output,
                    r"(?m)^Conforming: mine, in \d+ conversations \(")

    def test_one_wrong_byte_late_in_a_long_answer_breaks_a_rule(self):
        liar = shlex.quote(os.path.join(HERE, "late_liar.py"))
        code, output = self.check("charfinder",
            f"/usr/bin/python3 {liar} {{port}} {self.OWN} --http-port off")
        self.assertEqual(code, 1, output)
        self.assertIn("\n  They differ from byte 1000001 on.\n", output)

    def test_what_is_no_finder_breaks_a_rule(self):
        for speaks in ("charfinder", "http"):
            with self.subTest(speaks):
                code, output = self.check(speaks, f"{self.GAME} --port {{port}}")
                self.assertEqual(code, 1, output)
                self.assertIn("\nRule broken: the answer is the finder's.\n",
                    output)
                self.assertRegex(output, r"Not conforming: mine broke a rule "
                    r"in [1-5] of the first \d+ conversations")


class Others(unittest.TestCase):
    """--peer-speaks echo and flag-server: one that conforms, beside others."""

    FLAGS = "flag-server --quiet --delay-port off --error-port off"

    def check(self, speaks, **commands):
        """Check servers of these commands; what is printed."""
        options = []
        for name, command in commands.items():
            options += ["--peer", f"{name}={BUILD}/evented/{command} "
                "--port {port}"]
        code, output, errors = compare("--check", "--peer-speaks", speaks,
            *options)
        self.assertEqual((code, errors), (1, ""), output)
        self.assertRegex(output,
            r"(?m)^Conforming: mine, in \d+ conversations \(")
        return output

    def test_echoes(self):
        output = self.check("echo", mine="echo-server",
            other="guess-server --quiet")
        self.assertIn("\nRule broken: what is sent comes back, all of it, and "
            "then the end.\n", output)
        self.assertIn("Not conforming: other broke a rule in 5 of the first ",
            output)

    def test_flag_servers(self):
        output = self.check("flag-server", mine=self.FLAGS,
            small=f"{self.FLAGS} --size 100",
            finder="charfinder --quiet --http-port off")
        self.assertIn("\nRule broken: the answer is the flag server's.\n",
            output)
        # How large a flag is is its own matter.
        self.assertRegex(output, r"(?m)^Conforming: small, in \d+ ")
        self.assertIn("Not conforming: finder broke a rule in 5 of the first ",
            output)


class Push(unittest.TestCase):
    """--peer-speaks push: a push server of the reader's own."""

    def check(self, command):
        """Check a push server of this command; exit code and output."""
        code, output, errors = compare("--check", "--peer-speaks", "push",
            "--peer", "mine=" + command)
        self.assertEqual(errors, "", output)
        return code, output

    def test_what_was_written_from_the_protocol_conforms(self):
        code, output = self.check(
            f"/usr/bin/python3 {shlex.quote(PUSH_PEER)} {{port}}")
        self.assertEqual(code, 0, output)
        self.assertRegex(output,
            r"(?m)^Conforming: mine, in \d\d+ conversations \(")

    def test_what_is_no_push_server_is_told(self):
        code, output = self.check(Finder.GAME + " --port {port}")
        self.assertEqual(code, 1, output)
        self.assertIn('\nRule broken: the first message has the id "E-1", E a '
            "number.\n", output)
        self.assertRegex(output, r"\nNot conforming: mine broke a rule in 2 of "
            r"the first 2 conversations")

    @only_if_full
    def test_a_broken_rule_is_told_with_its_conversation(self):
        code, output = self.check(
            f"/usr/bin/python3 {shlex.quote(PUSH_PEER)} --lie code {{port}}")
        self.assertEqual(code, 1, output)
        self.assertIn("""
Rule broken: a close is returned with its code.
  conversation:
    a talk /echo\\n
    a answer\\n
    a send 88 \\x03\\xe8bye\\n
    a frame\\n
    a end\\n
  at 'a frame' threads answered:
    a close with 1000
  mine answered:
    a close with 1001
""", output)

    @staticmethod
    def prove(model, judged, name):
        """Hold the conversations with two servers; exit code, output and
        counts."""
        with tempfile.NamedTemporaryFile("r") as counts:
            done = subprocess.run(["/usr/bin/python3", "-I", "-B",
                os.path.join(BUILD, "alike"), str(model), str(judged), name,
                counts.name], stdout=subprocess.PIPE, encoding="utf-8",
                timeout=4 * DEADLINE, check=False, env=environment())
            return done.returncode, done.stdout, counts.read()

    def judge(self, lie):
        """What is said of a peer that lies."""
        server, port = Pusher("threaded"), free_port()
        peer = subprocess.Popen([PUSH_PEER, "--lie", lie, str(port)],
            env=environment())
        try:
            wait_until(lambda: accepts(port), "the peer accepts")
            return self.prove(server.port, port, "mine")
        finally:
            peer.kill()
            peer.wait()
            server.stop()
            server.kill()

    def test_each_lie_breaks_the_rule_that_it_is_about(self):
        sys.path.insert(0, TESTS)
        self.addCleanup(sys.path.remove, TESTS)
        from push_peer import LIES
        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            for (lie, rule), (code, said, counts) in zip(
                    LIES.items(), pool.map(self.judge, LIES)):
                with self.subTest(lie):
                    self.assertEqual(code, 1)
                    self.assertIn(f"\nRule broken: {rule}.\n", said)
                    self.assertEqual(said.count("Rule broken"),
                        int(counts.split()[1]))

    def test_the_twins_are_alike_to_the_byte(self):
        servers = Pusher("threaded"), Pusher("evented")
        try:
            code, said, counts = self.prove(
                *(server.port for server in servers), "")
            self.assertEqual((code, said), (0, ""))
            self.assertRegex(counts, r"\A\d\d+ 0\n\Z")
        finally:
            for server in servers:
                server.stop()
                server.kill()


class Race(unittest.TestCase):
    """Peers are raced as the twins are."""

    def race(self, *options):
        """Race one block; what is printed, the report, and the page."""
        with tempfile.TemporaryDirectory() as folder:
            code, output, errors = compare("--blocks", "1", "--seconds",
                "0.05", "--output", folder, *options)
            self.assertEqual((code, errors), (0, ""), output)
            with open(os.path.join(folder, "report.json")) as file:
                report = json.load(file)
            with open(os.path.join(folder, "index.html")) as file:
                return output, report, file.read()

    def test_the_peer_is_in_the_table_and_in_the_report(self):
        command = EXAMPLE + " {port}"
        output, report, _ = self.race("--only", "reply-1", "--peer",
            "mine=" + command)
        self.assertNotIn("Raced without", output)
        self.assertRegex(output, r"(?m)^  mine / threads  ")
        self.assertRegex(output, r"(?m)^  mine / events  ")
        program = report["programs"][-1]
        self.assertEqual(program["name"], "mine")
        self.assertEqual(program["command"], command)
        scenario = report["scenarios"][0]
        runs = [run for run in scenario["runs"] if run["server"] == "mine"]
        self.assertEqual(len(runs), 2 * scenario["runs"][-1]["block"])
        for run in runs:
            # Within a window a busy machine may not give it its turn.
            self.assertIn(run["invalid"], (None, "no replies"))
            self.assertGreater(run["replies_all"], 0)
            self.assertGreater(run["server_cpu_all_seconds"], 0)
        pairs = {(c["a"], c["b"]) for c in scenario["comparisons"]}
        self.assertLess({("mine", "threaded"), ("mine", "evented")}, pairs)

    @only_if_full
    def test_several_peers_are_several_columns(self):
        output, report, page = self.race("--only", "reply-1", "--peer",
            f"mine={EXAMPLE} {{port}}", "--peer", f"yours={EXAMPLE} {{port}}")
        for name in ("mine", "yours"):
            self.assertRegex(output, rf"(?m)^Conforming: {name}, in \d+ ")
            self.assertRegex(output, rf"(?m)^  {name} / threads  ")
            self.assertRegex(output, rf"(?m)^  {name} / events  ")
            self.assertTrue(f">{name}</span> " in page, name)
        self.assertEqual([program["name"] for program in report["programs"]
            if "command" in program], ["mine", "yours"])
        scenario = report["scenarios"][0]
        self.assertEqual([cell["server"] for cell in scenario["cells"]
            if cell["role"] != "control"],
            ["threaded", "evented", "mine", "yours"])
        # Twice a block, so that drift cancels.
        block = [run for run in scenario["runs"] if run["block"] == 1]
        for server in ("threaded", "evented", "mine", "yours"):
            at = [run["position"] for run in block
                if run["server"] == server]
            self.assertEqual((len(at), sum(at)), (2, len(block) + 1), server)
        idle = {(run["server"], run["block"]) for run in scenario["runs"]
            if run["invalid"] is not None}
        for c in scenario["comparisons"]:
            if (c["metric"], c["b"]) == ("requests_per_second", "threaded"):
                self.assertEqual(c["blocks"], len(scenario["orders"]) - len(
                    {block for server, block in idle
                        if server in (c["a"], c["b"])}))

    def test_without_a_peer_there_is_none(self):
        output, report, _ = self.race("--only", "reply-1")
        self.assertNotIn("peer", output)
        self.assertNotIn("peer", report)
        self.assertFalse(
            [p for p in report["programs"] if "command" in p])

    def test_where_it_is_not_raced_is_said(self):
        output, _, _ = self.race("--only", "pool-20", "--peer",
            f"mine={EXAMPLE} {{port}}")
        self.assertIn("\nRaced without mine: pool-20.\n", output)


class Processes(unittest.TestCase):
    """Nothing of a peer is left behind."""

    # With a child in its group, one in a session of its own, and an orphan
    # there that SIGTERM does not end, which has a child, too.
    SCRIPT = f"""
        sleep 600 & echo $! >>"$0.pids"
        setsid sleep 600 & echo $! >>"$0.pids"
        (setsid sh -c 'trap "" TERM; sleep 600 & echo $$ $! >>"$0"; wait' \
            "$0.pids" &)
        while [ "$(wc -w <"$0.pids")" -lt 4 ]; do sleep 0.02; done
        echo $$ >>"$0.pids"
        $2
        exec {EXAMPLE} "$1"
    """

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.script = os.path.join(folder.name, "peer.sh")
        with open(self.script, "w") as file:
            file.write(self.SCRIPT)
        self.command = f"sh {self.script} {{port}}"

    def assert_gone(self):
        """The peer and all that it started, which would go on for minutes, go
        on no more."""
        with open(self.script + ".pids") as file:
            pids = [int(word) for word in file.read().split()]
        self.assertEqual(len(pids), 5)
        for pid in pids:
            wait_until(lambda: not is_alive(pid), f"{pid} has ended")

    def test_what_a_peer_started_is_ended_with_it(self):
        code, output, errors = compare("--check", "--peer",
            "mine=" + self.command)
        self.assertEqual((code, errors), (0, ""), output)
        self.assert_gone()

    def test_a_signal_to_compare_ends_it_all(self):
        # Sent by the peer itself, when all that it starts is there.
        code, *output = compare("--check", "--peer",
            f"mine={self.command} 'kill -TERM '$PPID")
        self.assertEqual(code, -signal.SIGTERM, output)
        self.assert_gone()

    def test_a_peer_in_the_background_is_told_and_ended(self):
        for command in (f"setsid -f {self.command}",
                f"sh -c '{self.command} &'"):
            with self.subTest(command):
                code, output, errors = compare("--check", "--peer",
                    "mine=" + command)
                self.assertEqual((code, errors), (1, ""), output)
                self.assertEqual(output.splitlines()[-1], "mine went into the "
                    "background (exited with status 0), and must stay in the "
                    "foreground.")
                self.assertEqual(output.count("Conforming: "), 0)
                wait_until(lambda: not any(self.script in command_line(pid)
                    for pid in os.listdir("/proc") if pid.isdigit()),
                    "it has ended")


class CommandLine(unittest.TestCase):
    """What is not NAME=COMMAND with {port} in it is a usage error."""

    def test_wrong_values(self):
        for value, reason in {
            "true {port}": "NAME=COMMAND",
            "=true {port}": "1 to 20 letters",
            "my own=true {port}": "1 to 20 letters",
            "x" * 21 + "=true {port}": "1 to 20 letters",
            "mine=": "names no command",
            "mine= \t": "names no command",
            "mine={port}": "names no command",
            "mine=true": "{port}",
            b"mine=true \xff {port}": "is UTF-8",
            "threads=true {port}": "another server",
            "evented=true {port}": "another server",
        }.items():
            with self.subTest(value):
                code, output, errors = compare("--check", "--peer", value)
                self.assertEqual((code, output), (64, ""))
                self.assertIn(reason, errors)

    def test_too_many_peers(self):
        code, output, errors = compare(*(word for name in "abcde"
            for word in ("--peer", name + "=true {port}")))
        self.assertEqual((code, output), (64, ""))
        self.assertIn("--peer may be given 4 times", errors)

    def test_two_peers_of_one_name(self):
        code, output, errors = compare(
            "--peer", "a=true {port}", "--peer", "a=true {port}")
        self.assertEqual((code, output), (64, ""))
        self.assertIn("another server is called 'a'", errors)


if __name__ == "__main__":
    main()
