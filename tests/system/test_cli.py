#!/usr/bin/python3
"""
The command lines: a table of arguments with the exit code and the first line
on standard error; --help, --usage and --version.
"""

import re
import signal
import socket
import subprocess
import tempfile
import unittest

from harness import (DEADLINE, HOST, TWINS, environment, main,
    needs_no_profile, on_both_twins, program)

PROGRAMS = ("echo-server", "guess-server", "guess-client", "charfinder",
    "flag-server", "flags", "push-server", "spinner")

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
    (["--lame-duck", "a"], f"--lame-duck: 'a' {TIME}"),
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

CODE = "each CC argument must be A to Z or AA to ZZ."
FLAGS_REFUSES = [
    (["AAA"], CODE),
    (["AD", "B1"], CODE),
    ([""], CODE),
    (["-5"], "invalid option -- '5'"),
    (["-l", "0"], "--limit N must be >= 1"),
    (["-l", "few"], "--limit N must be >= 1"),
    (["-l"], "option requires an argument -- 'l'"),
    (["-m", "0"], "--max_req CONCURRENT must be >= 1"),
    (["--max_req", "-1"], "--max_req CONCURRENT must be >= 1"),
    (["--max-req=many"], "--max_req CONCURRENT must be >= 1"),
    (["-s", "NEAR"],
        "--server LABEL must be one of DELAY, ERROR, LOCAL, REMOTE"),
    (["-s", "remote"], "REMOTE: 'https://www.fluentpython.com/data/flags' is "
        "https, which is not supported: use --base-url with"),
    (["--base-url", "https://a/"], "--base-url: 'https://a/' is https"),
    (["--base-url", "file:///etc"], "--base-url: 'file:///etc' is not http"),
    (["--base-url", "flags"], "--base-url: 'flags' is not a URL"),
    (["--base-url", "http://u@a/"],
        "--base-url: 'http://u@a/' has a user name"),
    (["--base-url", "http://a/?b"],
        "--base-url: 'http://a/?b' has a query or a fragment"),
    (["--suffix", "svg"], "--suffix: 'svg' is neither gif nor png"),
    (["--times", "0"], f"--times: '0' {NUMBER} 1 to 1000"),
    (["--retries", "-1"], f"--retries: '-1' {NUMBER} 0 to 100"),
    (["--max-bytes", "1K"], f"--max-bytes: '1K' {NUMBER} 1 to"),
    (["--timeout", "soon"], f"--timeout: 'soon' {TIME}"),
    (["--max-time", "-1"], f"--max-time: '-1' {TIME}"),
    (["--verbose=yes"], "doesn't allow an argument"),
]
SHARE = "is not a share from 0 to 1"
FLAG_SERVER_REFUSES = [
    (["7"], "unexpected argument '7'"),
    (["--port", "on"], f"--port: 'on' {NUMBER} 0 to 65535"),
    (["--delay-port", "65536"], f"--delay-port: '65536' {NUMBER} 0 to 65535"),
    (["--delay", "soon"], f"--delay: 'soon' {TIME}"),
    (["--error-rate", "1.5"], f"--error-rate: '1.5' {SHARE}"),
    (["--delay-rate", "-1"], f"--delay-rate: '-1' {SHARE}"),
    (["--size", "large"], f"--size: 'large' {NUMBER}"),
    (["--seed", "x"], f"--seed: 'x' {NUMBER}"),
    (["--fault", "fire"], "--fault: 'fire' is not a fault; see --help"),
    (["--quiet=yes"], "doesn't allow an argument"),
    (["--max-connections", "0"], f"--max-connections: '0' {NUMBER} 1 to"),
    (["--max-line", "80"], f"{STRANGE} '--max-line'"),
]
SPINNER_REFUSES = [
    (["-5"], "invalid option -- '5'"),
    (["--seconds", "soon"], f"--seconds: 'soon' {TIME}"),
    (["--interval"], f"'--interval' {MISSING}"),
    (["--block=yes"], "doesn't allow an argument"),
]
PUSH_SERVER_REFUSES = [
    (["7"], "unexpected argument '7'"),
    (["--port", "off"], f"--port: 'off' {NUMBER} 0 to 65535"),
    (["--history", "-1"], f"--history: '-1' {NUMBER}"),
    (["--max-wait", "soon"], f"--max-wait: 'soon' {TIME}"),
    (["--beat", "-1"], f"--beat: '-1' {TIME}"),
    (["--max-line", "80"], f"{STRANGE} '--max-line'"),
    (["--quiet=yes"], "doesn't allow an argument"),
    (["--host="], "--host: '' is not an address"),
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
    "--lame-duck=S": "default 0",
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
FLAGS_HELP = {
    "--all": "AD to ZW", "--every": "AA to ZZ", "--limit=N": "N first",
    "--max_req=CONCURRENT,": "default 30", "--server=LABEL": "LOCAL (default)",
    "--verbose": "", "--base-url=URL": "http only",
    "--suffix=gif|png": "default gif", "--names": "second request",
    "--show": "", "--report=FILE": "JSON",
    "--directory=DIR": "default downloads", "--times=N": "default 1",
    "--fsync": "on the disk", "--timeout=S": "default 30",
    "--max-time=S": "default 0", "--retries=N": "default 0",
    "--max-bytes=N": "default 16777216", "--help": "", "--usage": "",
    "--version": "",
}
SPINNER_HELP = {
    "--message=TEXT": "default thinking!", "--seconds=S": "default 3",
    "--interval=S": "default 0.1", "--frames=1|2": "default 1",
    "--block": "", "--help": "", "--usage": "", "--version": "",
}


def run(twin, name, *arguments, shell=""):
    """Run a program that ends by itself; with what the shell redirects."""
    return subprocess.run(["sh", "-c", f'exec "$0" "$@" {shell}',
            program(twin, name), *arguments],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, env=environment(), text=True,
        timeout=DEADLINE)


def silent_port(test):
    """A port that nobody listens on, as it is taken while the test runs."""
    holder = socket.socket()
    test.addCleanup(holder.close)
    holder.bind((HOST, 0))
    return holder.getsockname()[1]


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

    def test_others_refuse(self):
        for name, table in (("guess-client", CLIENT_REFUSES),
                ("flags", FLAGS_REFUSES), ("spinner", SPINNER_REFUSES),
                ("flag-server", FLAG_SERVER_REFUSES),
                ("push-server", PUSH_SERVER_REFUSES)):
            for arguments, reason in table:
                with self.subTest(name=name, arguments=arguments):
                    self.refuses(name, arguments, reason)

    def test_nobody_takes_what_it_does_not_know(self):
        for name in PROGRAMS:
            for arguments, reason in (
                    (["--wat"], f"{STRANGE} '--wat'"),
                    (["-x"], "invalid option -- 'x'"),
                    (["--version=1"], "doesn't allow an argument")):
                with self.subTest(name=name, arguments=arguments):
                    self.refuses(name, arguments, reason)

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
        # What counts is that it came to connecting.
        port = silent_port(self)
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

    def test_the_help_of_those_who_do_not_serve(self):
        own = {"--savers=N": "default 4"} if self.twin == "evented" else {}
        self.check_help("flags", {**FLAGS_HELP, **own})
        self.check_help("spinner", SPINNER_HELP)

    def test_the_default_of_max_connections_is_what_descriptors_allow(self):
        done = subprocess.run(["/usr/bin/prlimit", "--nofile=500:1000", "--",
            program(self.twin, "guess-server"), "--help"],
            stdout=subprocess.PIPE, env=environment(), text=True, check=True,
            timeout=DEADLINE)
        # The soft limit is raised to the hard one; some are kept back.
        found = re.search(r"\(default (\d+),?\s", options_of(done.stdout)[
            "--max-connections=N"])
        self.assertTrue(900 < int(found[1]) < 1000, found[0])

    def test_help_usage_and_version(self):
        for name in PROGRAMS:
            for option in "--help", "-?", "--usage":
                done = run(self.twin, name, option)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertTrue(done.stdout.startswith(f"Usage: {name} "))
                for line in done.stdout.splitlines():
                    self.assertLessEqual(len(line), 80)
            version = run(self.twin, name, "--version")
            self.assertEqual((version.returncode, version.stderr), (0, ""))
            self.assertRegex(version.stdout,
                rf"\A{name} \({self.twin}\) [0-9.]+\n\Z")

    def test_help_that_cannot_be_written_is_an_error(self):
        for name in PROGRAMS:
            for option in "--help", "--usage", "--version":
                for how, reason in ((">/dev/full", "No space left on device"),
                        (">&-", "Bad file descriptor")):
                    with self.subTest(name=name, option=option, how=how):
                        done = run(self.twin, name, option, shell=how)
                        self.assertEqual((done.returncode, done.stderr), (1,
                            f"{name}: cannot write to standard output: "
                            f"{reason}\n"))

    def test_it_needs_none_of_the_standard_descriptors(self):
        for name in PROGRAMS:
            done = run(self.twin, name, "--wat", shell="<&- >&- 2>&-")
            self.assertEqual((done.returncode, done.stdout, done.stderr),
                (64, "", ""), name)


@on_both_twins
class Descriptors(unittest.TestCase):
    """Programs that serve nobody, and have hardly any descriptors."""

    def limited(self, descriptors, name, *arguments):
        """Run a program that may have so many."""
        variables = environment()
        # The leak checker needs some as well.
        variables["ASAN_OPTIONS"] = \
            variables.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
        return subprocess.run(["/usr/bin/prlimit",
            f"--nofile={descriptors}:{descriptors}", "--",
            program(self.twin, name), *arguments], stdin=subprocess.DEVNULL,
            capture_output=True, env=variables, text=True, timeout=DEADLINE,
            cwd=self.folder)

    @needs_no_profile
    def test_one_line_says_so(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        port = str(silent_port(self))
        for name, *arguments in (
                ["spinner", "--seconds", "0", "--interval", "60"],
                ["guess-client", "--port", port, "1", "5", "3"],
                ["flags", "--base-url", f"http://{HOST}:{port}/flags", "-v",
                    "AD"]):
            least = 3
            while self.limited(least, name, "--version").returncode != 0:
                least += 1
            for descriptors in range(least, least + 12):
                with self.subTest(name=name, descriptors=descriptors):
                    done = self.limited(descriptors, name, *arguments)
                    self.assertIn(done.returncode, (0, 1, 2))
                    if done.returncode == 0 or "Error for AD" in done.stdout:
                        self.assertEqual(done.stderr, "")
                    else:
                        self.assertRegex(
                            done.stderr, rf"\A{name}: [^\n]+\n\Z")


class Parity(unittest.TestCase):
    """The twins' command lines compared."""

    def test_the_helps_differ_only_in_ports_and_own_options(self):
        own = {f"{option}=N" for options in OWN_OPTIONS.values()
            for option in (*options, "--savers")}
        for name in PROGRAMS:
            helps = [{option: text
                for option, text in options_of(
                    run(twin, name, "--help").stdout).items()
                if option not in own and "port=N" not in option}
                for twin in TWINS]
            self.assertEqual(helps[0], helps[1])

    def test_no_help_text_fills_its_column_so_that_argp_adds_a_blank_line(self):
        for name in PROGRAMS:
            for twin in TWINS:
                self.assertNotRegex(run(twin, name, "--help").stdout,
                    re.compile(" $", re.MULTILINE), (twin, name))


if __name__ == "__main__":
    main()
