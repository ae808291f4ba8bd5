#!/usr/bin/python3
"""
The command lines: a table of arguments with the exit code and the first line
on standard error; --help, --usage and --version.
"""

import re
import signal
import subprocess
import unittest

from harness import (DEADLINE, HOST, TWINS, environment, free_port, main,
    on_both_twins, program)

NUMBER = "is not a whole number from"
TIME = "is not a time from 0 to 31536000 seconds"
STRANGE = "unrecognized option"
MISSING = "requires an argument"

# What a server refuses, and a part of the first line of its refusal.
SERVER_REFUSES = [
    (["--wat"], f"{STRANGE} '--wat'"),
    (["-x"], "invalid option -- 'x'"),
    (["-5"], "invalid option -- '5'"),
    (["7"], "unexpected argument '7'"),
    ([""], "unexpected argument ''"),
    (["--quiet=yes"], "doesn't allow an argument"),
    (["--port"], f"'--port' {MISSING}"),
    (["--port", "70000"], f"--port: '70000' {NUMBER} 0 to 65535"),
    (["--port", "-1"], f"--port: '-1' {NUMBER} 0 to 65535"),
    (["--port", "0x50"], f"--port: '0x50' {NUMBER} 0 to 65535"),
    (["--port", "80 "], f"--port: '80 ' {NUMBER} 0 to 65535"),
    (["--port="], f"--port: '' {NUMBER} 0 to 65535"),
    (["--port", "99999999999999999999"],
        f"--port: '99999999999999999999' {NUMBER} 0 to 65535"),
    (["--max-connections", "0"], f"--max-connections: '0' {NUMBER} 1 to"),
    (["--max-connections", "many"],
        f"--max-connections: 'many' {NUMBER} 1 to"),
    (["--max-line", "0"], f"--max-line: '0' {NUMBER} 1 to 1048576"),
    (["--max-line", "1048577"],
        f"--max-line: '1048577' {NUMBER} 1 to 1048576"),
    (["--line-timeout", "-1"], f"--line-timeout: '-1' {TIME}"),
    (["--line-timeout", "soon"], f"--line-timeout: 'soon' {TIME}"),
    (["--line-timeout", "1.2.3"], f"--line-timeout: '1.2.3' {TIME}"),
    (["--line-timeout", "."], f"--line-timeout: '.' {TIME}"),
    (["--idle-timeout", "1e3"], f"--idle-timeout: '1e3' {TIME}"),
    (["--idle-timeout", "inf"], f"--idle-timeout: 'inf' {TIME}"),
    (["--idle-timeout", "nan"], f"--idle-timeout: 'nan' {TIME}"),
    (["--stall-timeout", "99999999999"],
        f"--stall-timeout: '99999999999' {TIME}"),
    (["--stall-timeout", ""], f"--stall-timeout: '' {TIME}"),
    (["--drain-timeout", "0x10"], f"--drain-timeout: '0x10' {TIME}"),
    (["--drain-timeout", " 1"], f"--drain-timeout: ' 1' {TIME}"),
    (["--seed", "x"], f"--seed: 'x' {NUMBER}"),
    (["--seed", "9223372036854775808"],
        f"--seed: '9223372036854775808' {NUMBER}"),
    (["--strategy", "luck"],
        "--strategy: 'luck' is neither random nor bisect"),
    (["--lang", "fr"], "--lang: 'fr' is neither en nor ko"),
    (["--work", "-1"], f"--work: '-1' {NUMBER} 0 to 1000000"),
    (["--work", "1000001"], f"--work: '1000001' {NUMBER} 0 to 1000000"),
    (["--work", "1ms"], f"--work: '1ms' {NUMBER} 0 to 1000000"),
    (["--block", "-1"], f"--block: '-1' {NUMBER} 0 to 1000"),
    (["--block", "1001"], f"--block: '1001' {NUMBER} 0 to 1000"),
    (["--block", "0.5"], f"--block: '0.5' {NUMBER} 0 to 1000"),
    (["--block"], f"'--block' {MISSING}"),
    (["--help-me"], f"{STRANGE} '--help-me'"),
    (["--host="], "--host: '' is not an address"),
]

# What only one of the servers has, with what --help says of its default.
OWN_OPTIONS = {"threaded": {"--threads": "default 0"},
    "evented": {"--loops": "default 1", "--pool": "default 0"}}
OTHERS_OPTIONS = {"threaded": OWN_OPTIONS["evented"],
    "evented": OWN_OPTIONS["threaded"]}

# What a server takes; each runs until it is told to stop.
SERVER_TAKES = [
    ["--seed", "-5"],
    ["--seed=-9223372036854775808"],
    ["--line-timeout", "0.5", "--idle-timeout=.25", "--stall-timeout", "0"],
    ["--drain-timeout", "00010.50"],
    ["--max-line", "1048576", "--max-connections", "2147483647"],
    ["--max-conn", "7", "--strat", "bisect"],
    ["--lang", "ko", "--lang", "en", "--quiet", "--quiet"],
    ["--work", "0", "--block", "0"],
    ["--work=1000000", "--block=1000"],
    ["--host", "127.0.0.2"],
    ["--line-timeout", "0.0001"],
    ["--"],
]

CLIENT_REFUSES = [
    (["--wat"], f"{STRANGE} '--wat'"),
    (["-x"], "invalid option -- 'x'"),
    (["--host", ""], "--host: '' is not an address"),
    (["--port", "0"], f"--port: '0' {NUMBER} 1 to 65535"),
    (["--port", "http"], f"--port: 'http' {NUMBER} 1 to 65535"),
    (["--count", "-1"], f"--count: '-1' {NUMBER} 0 to"),
    (["--count", "few"], f"--count: 'few' {NUMBER} 0 to"),
    (["--count"], f"'--count' {MISSING}"),
    (["--answer-timeout", "-1"], f"--answer-timeout: '-1' {TIME}"),
    (["--answer-timeout", "60s"], f"--answer-timeout: '60s' {TIME}"),
    (["--answer-timeout", "31536001"],
        f"--answer-timeout: '31536001' {TIME}"),
    (["--answer-timeout"], f"'--answer-timeout' {MISSING}"),
    (["--lang", "KO"], "--lang: 'KO' is neither en nor ko"),
    (["--words", "fr"], "--words: 'fr' is neither en nor ko"),
    (["1", "5"], "a game takes three numbers: LOWER UPPER SECRET"),
    (["1", "5", "3", "4"], "a game takes three numbers: LOWER UPPER SECRET"),
    (["1", "5", "three"], "'three' is not a whole number"),
    (["1", "5", "3.0"], "'3.0' is not a whole number"),
    (["1", "5", ""], "'' is not a whole number"),
    (["-5x", "5", "3"], "'-5x' is not a whole number"),
    (["1", "9223372036854775808", "3"],
        "'9223372036854775808' does not fit into 64 bits"),
    (["-99999999999999999999", "5", "3"],
        "'-99999999999999999999' does not fit into 64 bits"),
    (["-" + "1" * 100, "5", "3"], "is too long"),
    (["5", "1", "3"], "there is no number between 5 and 1"),
    (["1", "5", "6"], "the secret 6 is not between 1 and 5"),
    (["1", "5", "-3"], "the secret -3 is not between 1 and 5"),
    (["1", "5", "3", "1", "5", "0"], "the secret 0 is not between 1 and 5"),
    (["--ask", "1", "5", "3"],
        "a game takes two numbers with --ask: LOWER UPPER"),
    (["--ask", "5", "1"], "there is no number between 5 and 1"),
    (["--ask=no"], "doesn't allow an argument"),
    (["--threads", "1"], f"{STRANGE} '--threads'"),
]

# Each option with what --help says of its default.
SERVER_HELP = {
    "--host=ADDR": "127.0.0.1", "--port=N": None, "--quiet": "",
    "--user=NAME": "switch to user NAME", "--seed=N": "random",
    "--strategy=NAME": "random", "--lang=en|ko": "default en",
    "--work=US": "default 0", "--block=MS": "default 0",
    "--max-connections=N": "default",
    "--max-line=BYTES": "default 1024", "--line-timeout=S": "default 10",
    "--idle-timeout=S": "default 300", "--stall-timeout=S": "default 30",
    "--drain-timeout=S": "default 10", "--help": "", "--usage": "",
    "--version": "",
}
CLIENT_HELP = {
    "--host=ADDR": "default 127.0.0.1", "--port=N": None,
    "--count=N": "default 5", "--answer-timeout=S": "default 60",
    "--lang=en|ko": "default en", "--words=en|ko": "default en",
    "--ask": "default 1 100", "--help": "", "--usage": "", "--version": "",
}
DEFAULT_PORT = {"threaded": 1234, "evented": 4321}


def run(twin, name, *arguments):
    """Run a program that ends by itself."""
    return subprocess.run([program(twin, name), *arguments],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, env=environment(), text=True,
        timeout=DEADLINE)


def options_of(text):
    """The long options in a --help text, each with its description."""
    found = re.findall(r"^ +(?:-\S, +)?(--\S+)((?:(?!\n +(?:-\S, )?--|\n\n)"
        r"[\s\S])*)", text, re.MULTILINE)
    return {name: " ".join(words.split()) for name, words in found}


@on_both_twins
class CommandLines(unittest.TestCase):
    """Arguments and what becomes of them."""

    def refuses(self, name, arguments, reason):
        """Fail unless a program refuses these arguments for this reason."""
        done = run(self.twin, name, *arguments)
        self.assertEqual(done.returncode, 64, done.stderr)
        self.assertEqual(done.stdout, "")
        first, *rest = done.stderr.splitlines()
        self.assertIn(f"{name}: ", first)
        self.assertIn(reason, first)
        self.assertEqual(rest, [f"Try `{name} --help' or `{name} --usage' "
            "for more information."])

    def test_a_server_refuses(self):
        table = SERVER_REFUSES[:]
        for other in OTHERS_OPTIONS[self.twin]:
            table.append(([other, "1"], f"{STRANGE} '{other}'"))
        for own in OWN_OPTIONS[self.twin]:
            table += [([own, "-1"], f"{own}: '-1' {NUMBER} 0 to"),
                ([own, "1000000"], f"{own}: '1000000' {NUMBER} 0 to")]
        for arguments, reason in table:
            with self.subTest(arguments=arguments):
                self.refuses("guess-server", arguments, reason)

    def test_a_client_refuses(self):
        for arguments, reason in CLIENT_REFUSES:
            with self.subTest(arguments=arguments):
                self.refuses("guess-client", arguments, reason)

    def test_a_server_takes(self):
        own = [[option, "3"] for option in OWN_OPTIONS[self.twin]]
        for arguments in SERVER_TAKES + own:
            with self.subTest(arguments=arguments), subprocess.Popen(
                    [program(self.twin, "guess-server"), "--port", "0",
                        *arguments],
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                    env=environment(), text=True) as process:
                first = process.stdout.readline()
                process.send_signal(signal.SIGTERM)
                output, errors = process.communicate(timeout=DEADLINE)
                self.assertRegex(first,
                    r"\AServing on \S+:[1-9]\d*\. Hit CTRL-C to stop\.\n\Z")
                self.assertEqual(output, "Server shutting down.\n")
                self.assertEqual((process.returncode, errors), (0, ""))

    def test_a_client_understands_numbers(self):
        # Nobody listens; what counts is that it came to connecting.
        port = free_port()
        for arguments in (["-5", "5", "-3"], ["--", "-5", "5", "-3"],
                ["+1", "+5", "+3"], ["-0", "0", "0"], ["007", "8", "8"],
                ["-9223372036854775808", "9223372036854775807", "0"],
                ["--ask"], ["--ask", "-9", "-5"], ["-5", "5", "--ask", "-4",
                    "4"], ["--count", "0"],
                ["--count", "9223372036854775807"],
                ["--answer-timeout", "0"], ["--answer-timeout", "0.0001"],
                ["--answer-timeout", "31536000"]):
            with self.subTest(arguments=arguments):
                done = run(self.twin, "guess-client", "--port", str(port),
                    *arguments)
                self.assertEqual((done.returncode, done.stderr), (1,
                    f"guess-client: cannot connect to {HOST}:{port}: "
                    "Connection refused (is guess-server running?)\n"))

    def check_help(self, name, expected):
        """Fail unless --help lists these options with their defaults."""
        done = run(self.twin, name, "--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertTrue(done.stdout.startswith(f"Usage: {name} "))
        for line in done.stdout.splitlines():
            self.assertLessEqual(len(line), 80)
        found = options_of(done.stdout)
        self.assertEqual(sorted(found), sorted(expected))
        for option, default in expected.items():
            if default is None:
                default = f"default {DEFAULT_PORT[self.twin]}"
            self.assertIn(default, found[option], option)
            self.assertNotEqual(found[option], "", option)

    def test_a_servers_help_lists_each_option_with_its_default(self):
        own = {f"{option}=N": default
            for option, default in OWN_OPTIONS[self.twin].items()}
        self.check_help("guess-server", {**SERVER_HELP, **own})

    def test_a_clients_help_lists_each_option_with_its_default(self):
        self.check_help("guess-client", CLIENT_HELP)

    def test_the_default_of_max_connections_is_what_descriptors_allow(self):
        done = subprocess.run(["/usr/bin/prlimit", "--nofile=500:1000", "--",
            program(self.twin, "guess-server"), "--help"],
            stdout=subprocess.PIPE, env=environment(), text=True, check=True,
            timeout=DEADLINE)
        # The soft limit is raised to the hard one; some are kept back.
        found = re.search(r"\(default (\d+),?\s", options_of(done.stdout)[
            "--max-connections=N"])
        self.assertTrue(900 < int(found[1]) < 1000, found[0])

    def test_usage_and_version(self):
        for name in "guess-server", "guess-client":
            usage = run(self.twin, name, "--usage")
            self.assertEqual((usage.returncode, usage.stderr), (0, ""))
            self.assertTrue(usage.stdout.startswith(f"Usage: {name} "))
            version = run(self.twin, name, "--version")
            self.assertEqual((version.returncode, version.stderr), (0, ""))
            self.assertRegex(version.stdout,
                rf"\A{name} \({self.twin}\) [0-9.]+\n\Z")


class Parity(unittest.TestCase):
    """The twins' command lines compared."""

    def test_the_helps_differ_only_in_ports_and_own_options(self):
        for name in "guess-server", "guess-client":
            helps = [options_of(run(twin, name, "--help").stdout)
                for twin in TWINS]
            for options, twin in zip(helps, TWINS):
                del options["--port=N"]
                for own in OWN_OPTIONS[twin]:
                    options.pop(f"{own}=N", None)
            self.assertEqual(helps[0], helps[1])


if __name__ == "__main__":
    main()
