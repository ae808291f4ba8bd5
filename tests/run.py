#!/usr/bin/python3
"""
run - run the tests, and count.

    run.py [--full] [--jobs N] [--build FOLDER] [--list] [NAME...]

Runs the unit test programs and the suites tests/system/test_*.py against the
programs built with AddressSanitizer and UndefinedBehaviorSanitizer, then
those suites in which threads meet against the build with ThreadSanitizer, the
evented server with two loops there, and those that make calls fail or look at
memory against the programs as they are installed. --full makes the suites
longer and runs more of them against the installed programs. NAMEs choose
suites: limits, test_guess.

One line a suite; the output of a suite that fails, whole; and at the end
`N passed, N failed, N skipped`. The exit code is 0 if none failed.
"""

import argparse
import concurrent.futures
import glob
import os
import re
import signal
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SYSTEM = os.path.join(HERE, "system")
sys.path.insert(0, SYSTEM)

from harness import ROOT, SANITIZERS, environment

# Where threads meet: what the ThreadSanitizer is to see.
THREADED_SUITES = ("transcripts", "differential", "limits", "traffic", "stop",
    "console", "faults", "finder", "answers", "web", "later", "echo")
# The same with --full.
LONG_THREADED_SUITES = ("flag_server", "flags", "push", "spinner", "activation",
    "lame_duck")
# What needs programs without sanitizers: allocations never fail in those, and
# thousands of clients are too many for them on a busy machine; and what builds
# its own.
PLAIN_SUITES = ("torture", "flags_torture", "valgrind", "compare", "stack",
    "exercise", "push_many", "package", "planted", "peer", "netem", "hosts",
    "loads")
# Those of them that the sanitizers see with --full: for hundreds of
# conversations a test they are slow.
LONG_SANITIZED_SUITES = ("peer",)
# What says how much memory is kept: sanitizers keep all. And with --full.
MEMORY_SUITES = ("traffic", "push")
FULL_SUITES = THREADED_SUITES + LONG_THREADED_SUITES + (
    "clients", "cli", "vocabulary")
# What is long as a whole.
LONG_SUITES = ("valgrind", "push_many")
# The long ones first, so that they do not run alone at the end.
LONGEST = ("peer", "compare", "exercise", "package", "push_page", "page",
    "hosts", "push", "flags", "loads", "jobs", "relevance", "report", "limits",
    "netem", "torture", "flags_torture", "answers", "test_chardetail", "stop",
    "later", "clients", "test_charsearch", "traffic", "web", "differential")

# Seconds after which a suite hangs.
TIMEOUT, TIMEOUT_FULL = 1200, 3600

CHECKED = re.compile(
    r"^\d+%: Checks: (\d+), Failures: (\d+), Errors: (\d+)$", re.MULTILINE)
COUNTED = re.compile(r"^(\d+) passed, (\d+) failed, (\d+) skipped$")


class Suite:
    """One program of tests, and against which programs it runs."""

    def __init__(self, name, command, build, variables=None):
        self.name = name
        self.command = command
        self.build = os.path.basename(build)
        self.folder = os.path.join(ROOT, build)
        self.variables = variables or {}
        self.passed = self.failed = self.skipped = 0
        self.output = ""
        self.seconds = 0.0

    def title(self):
        """What the suite is called in the list."""
        more = self.variables.get("TEST_EVENTED_OPTIONS")
        return f"{self.name} ({self.build}{', ' + more if more else ''})"

    def count(self, code):
        """Read the counts from the output."""
        lines = self.output.splitlines()
        counted = COUNTED.match(lines[-1]) if lines else None
        if self.name.startswith("test_"):
            found = CHECKED.findall(self.output)
            checks, failures, errors = (
                sum(int(row[i]) for row in found) for i in range(3))
            self.failed = failures + errors
            self.passed = checks - self.failed
            counted = found
        elif counted:
            self.passed, self.failed, self.skipped = map(int,
                counted.groups())
        if not counted:
            self.output += f"\nit ended with {code} and no counts\n"
        if not counted or code != 0 and self.failed == 0:
            self.output += f"\nexit code {code}\n"
            self.failed += 1


class Runner:
    """Runs suites, each in a process group of its own."""

    def __init__(self, full):
        self.timeout = TIMEOUT_FULL if full else TIMEOUT
        self.groups = set()
        self.lock = threading.Lock()
        self.stopping = False

    def run(self, suite):
        """Run one suite to its end; return it."""
        start = time.monotonic()
        with self.lock:
            if self.stopping:
                return suite
            process = subprocess.Popen(suite.command, cwd=ROOT,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, start_new_session=True,
                env={**environment(), **suite.variables})
            self.groups.add(process.pid)
        try:
            output, _ = process.communicate(timeout=self.timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output, _ = process.communicate()
            output += b"\nit hung and was ended\n"
        suite.output = output.decode(errors="backslashreplace")
        suite.count(process.returncode)
        if self._left_behind(process.pid):
            suite.output += "\nit left processes behind\n"
            suite.failed += 1
        with self.lock:
            self.groups.discard(process.pid)
        suite.seconds = time.monotonic() - start
        return suite

    @staticmethod
    def _left_behind(group):
        """End what is left of a suite's processes; whether there was any."""
        end = time.monotonic() + 5
        while time.monotonic() < end:
            try:
                os.killpg(group, 0)
            except ProcessLookupError:
                return False
            time.sleep(0.05)
        os.killpg(group, signal.SIGKILL)
        return True

    def stop(self):
        """End all that runs."""
        with self.lock:
            self.stopping = True
            for group in self.groups:
                try:
                    os.killpg(group, signal.SIGKILL)
                except ProcessLookupError:
                    pass


def unit_tests(build):
    """The unit test programs of a build."""
    for path in sorted(glob.glob(
            os.path.join(ROOT, build, "tests", "unit", "test_*"))):
        if os.access(path, os.X_OK) and not os.path.splitext(path)[1]:
            yield Suite(os.path.basename(path), [path], build)


def python_suites(build, only=None, **variables):
    """The suites of tests/system/ against a build's programs; without names,
    all that work with sanitizers."""
    names = [os.path.basename(path)[5:-3]
        for path in glob.glob(os.path.join(SYSTEM, "test_*.py"))]
    for name in sorted(names):
        if name in only if only else name not in PLAIN_SUITES:
            yield Suite(name,
                ["/usr/bin/python3", os.path.join(SYSTEM, f"test_{name}.py")],
                build,
                {"TEST_BUILD": build, "PYTHONDONTWRITEBYTECODE": "1",
                    **variables})


def all_suites(options):
    """The suites to run."""
    suites = [suite for suite in all_lengths(options)
        if options.full or suite.name not in LONG_SUITES]
    return sorted(suites, key=lambda suite: LONGEST.index(suite.name)
        if suite.name in LONGEST else len(LONGEST))


def all_lengths(options):
    """The suites, with those that have only long tests."""
    more = {"TEST_FULL": "1"} if options.full else {}
    if options.build:
        suites = [*unit_tests(options.build),
            *python_suites(options.build, **more)]
        if os.path.basename(options.build) in ("build", "coverage"):
            suites += python_suites(options.build, PLAIN_SUITES, **more)
        return suites
    return [*unit_tests("build/address-undefined"),
        *python_suites("build/address-undefined", **more),
        *(python_suites("build/address-undefined", LONG_SANITIZED_SUITES,
            **more) if options.full else ()),
        *python_suites("build/thread", THREADED_SUITES + (
            LONG_THREADED_SUITES if options.full else ()),
            TEST_EVENTED_OPTIONS="--loops 2", **more),
        *python_suites("build", PLAIN_SUITES + (
            FULL_SUITES if options.full else MEMORY_SUITES), **more)]


def main():
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(description="Run the tests, and count.")
    parser.add_argument("--full", action="store_true",
        help="the long tests too")
    parser.add_argument("--jobs", type=int, default=6, metavar="N",
        help="suites at once (default 6: most of their time they wait)")
    parser.add_argument("--build", metavar="FOLDER",
        help="only against the programs of this folder")
    parser.add_argument("--list", action="store_true",
        help="only say which suites there are")
    parser.add_argument("names", nargs="*", metavar="NAME",
        help="only these suites")
    options = parser.parse_args()
    names = {name.removesuffix(".py").removeprefix("test_")
        for name in map(os.path.basename, options.names)}
    suites = [suite for suite in all_suites(options)
        if not names or suite.name.removeprefix("test_") in names]
    if options.list:
        for suite in suites:
            print(suite.title())
        return 0
    os.environ.update(SANITIZERS)
    runner = Runner(options.full)
    passed = failed = skipped = 0
    for folder in sorted({suite.folder for suite in suites}):
        if not os.path.exists(os.path.join(folder, "threaded", "guess-server")):
            print(f"no programs in {folder}; `make builds` makes them")
            suites = [suite for suite in suites if suite.folder != folder]
            failed += 1
    try:
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            runs = [pool.submit(runner.run, suite) for suite in suites]
            try:
                for run in concurrent.futures.as_completed(runs):
                    suite = run.result()
                    passed += suite.passed
                    failed += suite.failed
                    skipped += suite.skipped
                    report(suite)
            except BaseException:
                runner.stop()
                raise
    except KeyboardInterrupt:
        print("interrupted")
        failed += 1
    if passed + failed + skipped == 0:
        print("there is no such suite")
        failed += 1
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


def report(suite):
    """Say how a suite went."""
    word = "FAILED" if suite.failed else "ok"
    print(f"{word:6}  {suite.title():42} {suite.passed:5} passed "
        f"{suite.failed:3} failed {suite.skipped:3} skipped "
        f"{suite.seconds:7.1f} s", flush=True)
    if suite.failed:
        print(suite.output.rstrip() + "\n", flush=True)


if __name__ == "__main__":
    sys.exit(main())
