#!/usr/bin/python3
"""
`compare --render`: the page is whole, stands alone, and says what follows
from the figures of its report and nothing else.

The reports are made up, see reports.py.
"""

import copy
import fcntl
import html
import html.parser
import io
import json
import math
import os
import pty
import random
import re
import resource
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import unittest
from unittest import mock

import reports
import telling
from harness import (BUILD, DEADLINE, FULL, environment, kept_back, main,
    needs_no_profile)

import beside
import chart
import claims
import figures
import glossary
import page as pages
import table as tables
import terminal
import topology

COMPARE = os.path.join(BUILD, "compare")
GNUPLOT = shutil.which("gnuplot")
TOOLS = tempfile.TemporaryDirectory()  # python3 and no gnuplot
os.symlink(sys.executable, os.path.join(TOOLS.name, "python3"))
NO_GNUPLOT = {"PATH": TOOLS.name}
unittest.addModuleCleanup(TOOLS.cleanup)
HOSTILE = "<script>x</script>\"'&`touch hit`$(touch hit)\\';system('touch hit')"

VOID = {"meta", "link", "br", "rect", "circle", "path", "use", "polygon"}
# Where a page could load something from.
LOADING = ("src", "srcset", "action", "data", "background", "poster")


class Parser(html.parser.HTMLParser):
    """Reads a page, and everything that is wrong with it."""

    def __init__(self, text):
        super().__init__()
        self.open, self.faults, self.ids, self.links = [], [], [], []
        self.tags = {}
        self.feed(text)
        self.close()
        if self.open:
            self.faults.append(f"still open: {self.open}")

    def handle_starttag(self, tag, attributes):
        self.tags[tag] = self.tags.get(tag, 0) + 1
        for name, value in attributes:
            if name == "id":
                self.ids.append(value)
            if name == "href":
                self.links.append((tag, value))
            if name in LOADING or name.startswith("on"):
                self.faults.append(f"<{tag} {name}={value}>")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> at {self.getpos()}")


def run_render(report, *options, variables=NO_GNUPLOT, links=(), before=None):
    """Render a report, report.json; what came of it, with files and page.
    links: what is a link to "elsewhere"; before: called in the process."""
    if not os.access(COMPARE, os.X_OK):
        raise AssertionError(f"there is no {COMPARE}: it must be built, too")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "report.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(report, file)
        for name in links:
            os.symlink("elsewhere", os.path.join(folder, name))
        done = subprocess.run([COMPARE, "--render", path, *options],
            cwd=folder, env={**environment(), **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=DEADLINE,
            check=False, encoding="utf-8", preexec_fn=before)
        done.files = sorted(os.listdir(folder))
        with open(path, encoding="utf-8") as file:
            done.report = json.load(file)
        done.page = ""
        if "index.html" in done.files:
            with open(os.path.join(folder, "index.html"),
                    encoding="utf-8") as page:
                done.page = page.read()
        return done


def printed(report):
    """What the terminal is told of a report, as one line."""
    out = io.StringIO()
    tables.write_report(terminal.Terminal(out), telling.report_of(report))
    return " ".join(out.getvalue().split())


def render(report, variables=NO_GNUPLOT, everything=False):
    """Make the page of a report, without a process of its own."""
    with mock.patch.dict(os.environ, variables):
        return str(pages.page(telling.report_of(report), everything))


def listed():
    """The scenarios of --list, each with the first suite that it is of."""
    done = subprocess.run([COMPARE, "--list"], capture_output=True, text=True,
        check=True, timeout=DEADLINE)
    return dict(re.findall(r"(?m)^(\S+) +(\w+) +\d+ s ", done.stdout))


def advice(page):
    """The lines of advice by situation: (choice, why)."""
    found = re.findall(r"<li><b>([^<]*)</b><span>(?:<span class=\"badge "
        r"[^\"]*\">([^<]*)</span>)?</span><p>(.*?)</p>", page)
    return {situation: rest for situation, *rest in found}


def answer(page):
    """The sentences above them."""
    _, _, rest = page.partition('<div class="answer">')
    return re.findall(r"<p>(.*?)</p>", rest.partition("</div>")[0])


def ledger(report):
    """What became of each claim."""
    page = render(report)
    measured, _, rest = page.partition("Not measured, and why")
    found = dict(re.findall(
        r"<tr id=\"([SCV]\d+)\"><th[^>]*>[^<]*</th><td><span "
        r"class=\"badge [^\"]*\">([^<]*)</span></td>", measured))
    found.update(dict.fromkeys(
        re.findall(r"<tr id=\"([SCV]\d+)\">", rest), "not measured"))
    return found


def cell_of(page, claim):
    """What stands in the row of a claim, without markup."""
    row = page[page.index(f"<tr id=\"{claim}\">"):]
    return html.unescape(re.sub(r"<[^>]*>", "", row[:row.index("</tr>")]))


def leaves(value, path=()):
    """The paths of all that is neither an object nor a list."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, path + (key,))
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from leaves(item, path + (i,))
    else:
        yield path


def at(report, path):
    """What stands at a path."""
    for key in path:
        report = report[key]
    return report


def is_number(value):
    """Whether JSON calls it a number."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def put(report, path, value):
    """The report with another value at a path."""
    report = copy.deepcopy(report)
    at(report, path[:-1])[path[-1]] = value
    return report


class Whole(unittest.TestCase):
    """The file as such."""

    def assert_good(self, page):
        """Nothing is wrong with a page."""
        parser = Parser(page)
        self.assertEqual(parser.faults, [])
        self.assertEqual(len(parser.ids), len(set(parser.ids)))
        for tag, link in parser.links:
            if link.startswith("#"):
                self.assertIn(link[1:], parser.ids)
            elif tag != "a":
                self.assertEqual(link, "data:,")
            else:
                self.assertRegex(link, "^https://")
        self.assertNotIn("script", parser.tags)
        for word in ("url(", "@import", "expression(", "xlink:"):
            self.assertFalse(word in page.lower(), word)
        return parser

    @unittest.skipUnless(GNUPLOT, "there is no gnuplot")
    def test_it_is_well_formed_and_loads_nothing(self):
        parser = self.assert_good(render(reports.usual(), {}))
        # In brief, break-even, two sweeps, memory, ratios; percentiles of
        # all, runs of four.
        self.assertEqual(parser.tags["figure"], 6 + 8 + 4)
        # And the points.
        self.assertEqual(parser.tags["svg"], parser.tags["figure"] + 1)
        self.assertEqual(parser.tags["desc"], parser.tags["figure"])

    @unittest.skipUnless(GNUPLOT, "there is no gnuplot")
    def test_runs_too_short_to_have_a_course_are_not_drawn(self):
        for short, drawn in ((0, 1), (1, 1), (99, 0)):
            report = reports.report(reports.reply(50, 1.4))
            for run in report["scenarios"][0]["runs"][:short]:
                run["series"]["replies"] = run["series"]["replies"][:1]
            page = render(report, {})
            self.assertEqual(page.count("<b>Each run over time"), drawn)

    @unittest.skipUnless(GNUPLOT, "there is no gnuplot")
    def test_a_server_with_a_single_point_has_no_curve(self):
        page = render(reports.report(reports.reply(1, 1.4),
            reports.reply(50, 1.4, controls=True)), {})
        sweep = page[page.index("<b>Requests per second, in thousands"):]
        sweep = sweep[:sweep.index("</figure>")]
        self.assertIn("At 1 connections, events: ", sweep)
        self.assertNotIn("bare epoll loop", sweep)

    @unittest.skipUnless(GNUPLOT, "there is no gnuplot")
    def test_the_same_report_gives_the_same_bytes(self):
        first = render(reports.usual(), {})
        second = run_render(reports.usual(), variables={"TZ": "Asia/Seoul",
            "LC_ALL": "C", "HOME": "/nonexistent", "COLUMNS": "20"})
        self.assertEqual((second.returncode, second.stderr), (0, ""))
        self.assertEqual(second.files, ["index.html", "report.json"])
        self.assertTrue(first == second.page)

    def test_without_gnuplot_only_pictures_are_missing(self):
        page = render(reports.usual())
        parser = self.assert_good(page)
        self.assertEqual(parser.tags["svg"], 1)
        self.assertEqual(page.count("This picture is missing"),
            parser.tags["figure"])
        if GNUPLOT:
            drawn = re.sub(r"<svg class=\"chart\".*?</svg>\n", "",
                render(reports.usual(), {}), flags=re.DOTALL)
            self.assertTrue(drawn == re.sub(
                r"<p class=\"missing\">This picture[^\n]*\n", "", page))

    def test_foreign_texts_are_texts(self):
        for variables in [NO_GNUPLOT] + ([{}] if GNUPLOT else []):
            report = reports.usual()
            for path in leaves(report):
                if path[-1] in ("title", "question", "sentence", "because",
                        "path", "processor", "release", "limiter_because",
                        "load_model", "rate_from", "label", "request"):
                    report = put(report, path, HOSTILE)
            report["programs"].append({"name": HOSTILE, "command": HOSTILE})
            page = render(report, variables)
            self.assertEqual(page.count("<script"), 0)
            self.assertGreater(page.count("&lt;script"), 10)
            self.assert_good(page)

    def test_what_is_not_as_it_should_be_does_no_harm(self):
        chance = random.Random(7)
        report = reports.usual()
        paths = [path for path in leaves(report) if path != ("schema",)] + [
            ("scenarios",), ("machine",),
            ("scenarios", 0), ("scenarios", 1, "cells"), ("port",),
            ("scenarios", 1, "comparisons", 0), ("margins",)]
        for path in chance.sample(paths, 400 if FULL else 25):
            for value in chance.sample((None, "", "x" * 5000, -1, 1e300, 0,
                    True, [], {}, [[1], {}], {"a": {"b": None}}),
                    5 if FULL else 1):
                with self.subTest(path=path, value=str(value)[:20]):
                    self.assert_good(render(put(report, path, value)))
        self.assert_good(render({"schema": 2}))

    def test_numbers_of_any_size_do_no_harm(self):
        report = reports.usual()
        numbers = {}
        for path in leaves(report):
            if is_number(at(report, path)) and path != ("schema",):
                key = [part for part in path if isinstance(part, str)][-1]
                numbers.setdefault(key, []).append(path)
        values = (1e-320, 1e308, 5e-324, -1e308, 1e-5, -1, 2 ** 63 - 1, 0)
        for i, (key, paths) in enumerate(sorted(numbers.items())):
            for value in values if FULL or key.endswith("ns") else (
                    values[i % len(values)], values[(i + 3) % len(values)]):
                changed = copy.deepcopy(report)
                for path in paths:
                    at(changed, path[:-1])[path[-1]] = value
                with self.subTest(key=key, value=value):
                    self.assert_good(render(changed))

    def test_lists_of_any_length_do_no_harm(self):
        report = reports.usual()
        for length, code in ((2000, 0), (2001, 1)):
            for scenario in report["scenarios"]:
                for key, item in (("orders", 0),
                        ("runs", {}), ("cells", {}), ("comparisons", {})):
                    scenario[key] = [item] * length
            done = run_render(report, "--baseline", "report.json")
            self.assertEqual(done.returncode, code, done.stderr)
        self.assertRegex(done.stderr, r"\Acompare: [^\n]*report.json: a "
            r"list in it is longer than any of a report\n\Z")

    @unittest.skipUnless(GNUPLOT, "there is no gnuplot")
    def test_strange_figures_do_no_harm_to_pictures(self):
        for value in (None, 0, -5, 1e-300, 1e300) if FULL else (-5, 1e300):
            report = reports.report(reports.reply(1, 1.1),
                reports.reply(50, 1.4, controls=True))
            for path in list(leaves(report)):
                if path[-1] in ("ns", "low_ns", "estimate", "replies",
                        "requests_per_second", "margin", "band"):
                    report = put(report, path, value)
            self.assert_good(render(report, {}))

    def test_a_folder_is_no_report(self):
        with tempfile.TemporaryDirectory() as folder:
            for options in (["--render"], ["--check", "--baseline"]):
                done = subprocess.run([COMPARE, *options, folder],
                    env=environment(), stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                    timeout=DEADLINE, check=False, encoding="utf-8")
                self.assertEqual((done.returncode, done.stdout, done.stderr),
                    (1, "", f"compare: {folder}: Is a directory\n"))
            self.assertEqual(os.listdir(folder), [])

    def test_what_is_no_report_is_refused(self):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            for text in ("", "{", "[1]", "7"):
                file.seek(0)
                file.truncate()
                file.write(text)
                file.flush()
                done = subprocess.run([COMPARE, "--render", file.name],
                    env=environment(), stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE, timeout=DEADLINE, check=False,
                    encoding="utf-8")
                self.assertEqual((done.returncode, done.stdout), (1, ""))
                self.assertIn(file.name, done.stderr)


class Accessible(unittest.TestCase):
    """The page for who does not see it as it was drawn."""

    def setUp(self):
        self.page = render(reports.usual(), {})

    def test_headings_follow_each_other(self):
        levels = [int(n) for n in re.findall(r"<h(\d)", self.page)]
        self.assertEqual(levels[0], 1)
        for before, level in zip(levels, levels[1:]):
            self.assertLessEqual(level, before + 1)

    def test_regions_pictures_and_links_have_names_of_their_own(self):
        for pattern in (r'role="region" aria-label="([^"]*)"',
                r'role="img" aria-label="([^"]*)"'):
            names = re.findall(pattern, self.page)
            self.assertEqual(len(names), len(set(names)), names)
        where = {}
        for link, name in re.findall(r'<a (?:class="term" )?href="([^"]*)">'
                r"([^<]*)</a>", self.page):
            where.setdefault(name, set()).add(link)
        for name, links in where.items():
            self.assertEqual(len(links), 1, name)
        self.assertNotIn("More", where)

    @unittest.skipUnless(GNUPLOT, "there is no gnuplot")
    def test_pictures_have_their_figures_in_words(self):
        told = re.findall(r"<desc>([^<]*)</desc>", self.page)
        self.assertGreater(len(told), 10)
        for text in told:
            self.assertRegex(text, r"\d")
        self.assertIn("requests/s, threads: 120,000/s; requests/s, events: "
            "168,000/s", told[0])
        self.assertTrue(any("With 4,000 connections open, memory per "
            "connection: 0.044x (0.044 to 0.045)" in text for text in told))

    def test_every_term_is_explained(self):
        used = set(re.findall(r'class="term" href="#([^"]*)"', self.page))
        self.assertEqual(used,
            {glossary.anchor(name) for name in glossary.TERMS})
        for name in used:
            self.assertIn(f'<dt id="{name}">', self.page)


class Written(unittest.TestCase):
    """The page as a file, where something is in the way."""

    @needs_no_profile
    def test_a_limit_on_file_size_is_told_and_nothing_is_left(self):
        done = run_render(reports.usual(), before=lambda:
            resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)))
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr,
            r"\Acompare: [^\n]*/index.html: File too large\n\Z")
        self.assertEqual(done.files, ["report.json"])

    def test_nothing_is_written_through_a_link(self):
        done = run_render(reports.usual(), links=["index.html.new"])
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.files, ["index.html", "report.json"])
        self.assertIn("<!DOCTYPE html>", done.page)

    def test_a_closed_standard_output_is_told_and_the_page_is_whole(self):
        done = run_render(reports.usual(), before=lambda: os.close(1))
        self.assertEqual((done.returncode, done.stderr),
            (1, "compare: standard output: Bad file descriptor\n"))
        self.assertTrue(done.page == render(reports.usual()))

    def test_gnuplot_runs_as_from_a_shell(self):
        with tempfile.TemporaryDirectory() as folder:
            noted = os.path.join(folder, "noted")
            os.symlink(sys.executable, os.path.join(folder, "python3"))
            with open(os.path.join(folder, "gnuplot"), "w") as program:
                program.write("#!/bin/sh\n/bin/grep -h '^Sig[BI]' "
                    f"/proc/self/status >{noted}\nexit 1\n")
                os.fchmod(program.fileno(), 0o755)
            self.assertIn("This picture is missing", run_render(
                reports.usual(), variables={"PATH": folder}).page)
            with open(noted) as file:
                self.assertEqual(kept_back(file.read()), [])


def measured(report):
    """A report as it is before anybody has judged it."""
    report = copy.deepcopy(report)
    for key in "margins", "chance":
        report.pop(key)
    for scenario in report["scenarios"]:
        for key in "cells", "comparisons", "aa":
            scenario.pop(key)
        scenario.update(sentence=None, syscalls=None)
    return report


class Judged(unittest.TestCase):
    """What was measured is judged when it is told."""

    def test_what_is_not_judged_is_judged_and_kept(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "report.json")
            with open(path, "w", encoding="utf-8") as file:
                json.dump(measured(reports.usual()), file)
            done = subprocess.run([COMPARE, "--render", path],
                env={**environment(), **NO_GNUPLOT}, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, timeout=DEADLINE, check=False,
                encoding="utf-8")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            with open(path, encoding="utf-8") as file:
                report = json.load(file)
        scenario = report["scenarios"][1]
        self.assertAlmostEqual(scenario["comparisons"][0]["estimate"], 1.4,
            delta=0.02)
        self.assertIn(scenario["sentence"], " ".join(done.stdout.split()))

    def test_a_damaged_histogram_is_told(self):
        report = measured(reports.usual())
        report["scenarios"][0]["runs"][0]["latency_ns"] = {"counters": "x"}
        done = run_render(report)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"\Acompare: [^\n]*report.json: a "
            r"histogram in it is damaged\n\Z")

    def test_without_python_it_is_said(self):
        done = run_render(reports.usual(), variables={"PATH": "/nonexistent"})
        self.assertEqual((done.returncode, done.stdout, done.stderr),
            (1, "", "compare: python3: not found\n"))

    def test_an_old_python_is_told_so(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "python3"), "w") as program:
                program.write("#!/bin/sh\nexec " + sys.executable + " -c '"
                    "import runpy, sys; sys.version_info = (3, 9, 2); "
                    "sys.path.insert(0, sys.argv[1]); "
                    "runpy.run_path(sys.argv[1])' \"$3\"\n")
                os.fchmod(program.fileno(), 0o755)
            done = run_render(reports.usual(), variables={"PATH": folder})
            self.assertEqual((done.returncode, done.stderr), (1,
                "tell: Python 3.11 or later is needed; this is 3.9\n"))


class Printed(unittest.TestCase):
    """What reaches the terminal."""

    # A title, a CSI of one byte, a turn of the direction, a line of its own.
    HARMFUL = "\033]0;x\a \x9b2J \u202e \r\nAlike: all."

    def assert_harmless(self, text):
        """Nothing but lines of characters that are seen."""
        for line in text.split("\n"):
            self.assertTrue(line.isprintable(), repr(line))
        self.assertNotIn("\nAlike: all.", text)

    def test_no_text_of_a_report_moves_the_terminal(self):
        report = reports.usual()
        texts = {}
        for path in leaves(report):
            if isinstance(at(report, path), str):
                texts.setdefault(path[-1], []).append(path)
        self.assertGreater(len(texts), 30)
        for key, paths in texts.items():
            changed = copy.deepcopy(report)
            for path in paths:
                at(changed, path[:-1])[path[-1]] += self.HARMFUL
            with self.subTest(key=key):
                done = run_render(changed, "--baseline", "report.json")
                self.assertIn(done.returncode, (0, 1))
                self.assert_harmless(done.stdout)
                self.assertEqual(done.stderr, "")

    def test_a_harmless_report_is_printed_as_it_is(self):
        report = reports.usual()
        sentence = "it's \"\N{EURO SIGN}\" \\ 1.40x \N{EN DASH} caf\u00e9."
        report["scenarios"][0]["sentence"] = sentence
        self.assertIn(f"\n{sentence}\n", run_render(report).stdout)

    def print_to_terminal(self, report, columns):
        """What is printed to a terminal of so many columns."""
        reading, writing = pty.openpty()
        self.addCleanup(os.close, reading)
        fcntl.ioctl(writing, termios.TIOCSWINSZ,
            struct.pack("4H", 24, columns, 0, 0))
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "report.json")
            with open(path, "w", encoding="utf-8") as file:
                json.dump(report, file)
            with subprocess.Popen([COMPARE, "--render", "report.json",
                    "--baseline", "report.json"], cwd=folder, stdout=writing,
                    stdin=subprocess.DEVNULL, env={**environment(),
                    **NO_GNUPLOT, "NO_COLOR": "1"}) as process:
                os.close(writing)
                printed = b""
                try:
                    while data := os.read(reading, 65536):
                        printed += data
                except OSError:
                    pass  # the terminal's other end is closed
            self.assertEqual(process.returncode, 0)
        return printed.decode().replace("\r\n", "\n")

    def test_running_text_is_as_wide_as_the_terminal(self):
        report = reports.usual()
        report["scenarios"][0]["sentence"] = (
            "caf\u00e9 \N{HANGUL SYLLABLE GA}" + 30 * " it's so" +
            130 * "\N{HANGUL SYLLABLE GA}")
        whole = self.print_to_terminal(report, 100)
        lines = whole.splitlines()
        for columns, most in ((60, 60), (72, 72), (99, 99), (20, 60),
                (200, 100), (0, 100)):
            printed = self.print_to_terminal(report, columns)
            # All is there, whole characters where a word is cut, and rows
            # are as they were.
            self.assertEqual("".join(printed.split()), "".join(whole.split()))
            for line in printed.splitlines():
                wide = len(line) + line.count("\N{HANGUL SYLLABLE GA}")
                if wide > most:
                    self.assertRegex(line, r"\A  .*\S   *\S+   *\S")
                    self.assertIn(line, lines)

    def test_nor_does_what_is_wrong_with_a_file(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "a\033]0;x\a.json")
            with open(path, "w", encoding="utf-8") as file:
                file.write('{"schema": ' + self.HARMFUL)
            for name in (path, path + "\x9b"):
                done = subprocess.run([COMPARE, "--render", name],
                    env=environment(), stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                    timeout=DEADLINE, check=False, encoding="utf-8")
                self.assertEqual((done.returncode, done.stdout), (1, ""))
                self.assert_harmless(done.stderr)
                self.assertEqual(done.stderr.count("\n"), 1)


class Said(unittest.TestCase):
    """What stands on the page."""

    def assert_says(self, report, *texts, also=True, everything=False):
        """The page of a report has these texts, or none of them."""
        found = html.unescape(render(report, everything=everything))
        for text in texts:
            self.assertTrue((text in found) == also, text)

    def test_each_scenario_is_told(self):
        report = reports.usual()
        for scenario in report["scenarios"]:
            self.assert_says(report, scenario["question"],
                f"<section id=\"{scenario['name']}\">")
            self.assertEqual(render(report).count(scenario["sentence"]), 1)
            self.assertIn(f"<a href=\"#{scenario['name']}\">",
                render(report))

    def test_values_have_units_and_few_digits(self):
        self.assert_says(reports.usual(), "1.40x (1.37 to 1.43)", "168,000/s",
            "33.8 KiB", "0.044x (0.044 to 0.045)", "5.95 \N{MICRO SIGN}s",
            "40 blocks would settle it")

    def test_where_the_spread_of_a_rate_comes_from(self):
        scenario = reports.reply(50, 1.4)
        report = reports.report(scenario)
        self.assert_says(report, "Standard deviation of requests/s",
            also=False)
        for cell, within in zip(scenario["cells"], (0.04, 0.002)):
            cell["spread"] = {"moments": 4, "moments_sd": within,
                "runs_sd": 0.01, "blocks_sd": 0.025}
        self.assert_says(report, "threads 2.5 % from block to block, 1.0 % "
            "from run to run of a block, 4.0 % within a run; longer runs "
            "would", "0.20 % within a run; more blocks would")
        del scenario["cells"][0]["spread"]  # of an older report
        self.assert_says(report, "Standard deviation of requests/s",
            also=False)

    def test_a_sweep_is_drawn_from_few_connections_to_many(self):
        report = telling.report_of(reports.report(*(
            reports.reply(n, 1.4) for n in (512, 8, 4096, 50))))
        with mock.patch.object(chart, "draw", return_value=None) as draw:
            figures.sweep(report, "requests_per_second")
        points = re.findall(r"(?m)^(\d+) [\d.]+ [\d.]+ [\d.]+$",
            draw.call_args[0][0])
        self.assertEqual(points, ["8", "50", "512", "4096"] * 4)

    def test_bars_say_where_nothing_is_decided(self):
        def named(verdict):
            scenario = reports.simple("open-50", "open", "p99_ns", (2e5, 1e5),
                (2, 0.5, 8), latency_from="intended")
            scenario["comparisons"][0].update(verdict=verdict, winner=None)
            return [name for name, _ in figures.in_brief(telling.report_of(
                reports.report(reports.reply(50, 1.4), scenario,
                    reports.idle(4000, 33.8, 1.5))))]

        rest = ["requests/s", "CPU per request", "p99 at equal load",
            "memory per connection"]
        self.assertEqual(named("EQUIVALENT"), rest)
        rest[2] += " (undecided)"
        self.assertEqual(named("INCONCLUSIVE"), rest)

    def test_gates_stand_where_they_failed(self):
        page = render(reports.usual())
        self.assertEqual(page.count("the queue grew by 2 % a second"), 2)
        self.assert_says(reports.report(reports.reply(50, 1.4)),
            "the queue grew", also=False)

    def test_a_win_that_resampling_does_not_bear_out_is_doubted(self):
        for span, doubted in (((1.2, 1.6), False), ((1.02, 1.6), True),
                ((0.9, 1.6), True), ((1.031, 1.6), False), (None, False)):
            scenario = reports.reply(50, 1.4)
            scenario["comparisons"][0]["bootstrap95"] = span
            self.assert_says(reports.report(scenario),
                "not confirmed by bootstrap", also=doubted)
        scenario = reports.reply(50, 1.0)  # what did not win is not doubted
        scenario["comparisons"][0]["bootstrap95"] = (0.9, 1.2)
        self.assert_says(reports.report(scenario),
            "not confirmed by bootstrap", also=False)

    def test_an_invalid_comparison_shows_no_ratio(self):
        scenario = reports.reply(50, 1.4)
        scenario["comparisons"][0].update(verdict="INVALID", winner=None,
            invalid="the generator was late", gates=["generator late"])
        page = render(reports.report(scenario))
        self.assertEqual(page.count("1.40x"), 0)
        choice, because = advice(page)["A few dozen busy clients"]
        self.assertEqual(choice, "not valid")
        self.assertIn("the generator was late", because)

    def test_an_interrupted_run_says_so(self):
        report = reports.usual()
        self.assert_says(report, "was interrupted", also=False)
        report["complete"] = False
        self.assert_says(report, "was interrupted")

    def test_a_report_without_the_port_says_so(self):
        report = reports.usual()
        self.assert_says(report, "1,200 with events")
        report["port"] = None
        self.assert_says(report, "the sources were not counted")

    def test_a_struct_of_several_programs_stands_once(self):
        report = copy.deepcopy(reports.usual())
        first = report["port"]["programs"][0]
        other = copy.deepcopy(first)
        other["name"] = "charfinder"
        other["structs"][1]["evented"] = 14
        report["port"]["programs"].append(other)
        rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", line) for line in
            render(report).partition('<table class="fields">')[2].partition(
                "</table>")[0].splitlines() if line.startswith("<tr>")]
        self.assertEqual([row[:4] for row in rows], [
            ["stream", "guess-server, charfinder", "21", "29"],
            ["guess_session", "charfinder", "on the stack", "14"],
            ["guess_session", "guess-server", "on the stack", "13"]])

    def test_each_twin_of_a_program_has_a_row(self):
        table = render(reports.usual()).partition('<table class="port">')[2] \
            .partition("</table>")[0]
        rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", line)
            for line in table.splitlines() if line.startswith("<tr>")]
        self.assertEqual(rows, [
            ["guess-server", "threads", "1,900", "800", "500", "37", "19",
                "26", "1", "2", "120"],
            ["events", "1,200", "49", "2", "3", "180"]])

    def test_the_command_is_that_of_the_run(self):
        report = reports.usual()
        report["programs"].append(
            {"name": "mine", "command": "./mine --port {port}"})
        self.assert_says(report,
            "build/compare --seed 7 --peer 'mine=./mine --port {port}'",
            everything=True)
        report["programs"][-1]["command"] = "it's {port}"
        self.assert_says(report, r"--peer 'mine=it'\''s {port}'",
            everything=True)
        report["suite"] = "full"
        self.assert_says(report, "build/compare --full --seed 7")
        report["suite"] = "chosen"
        report["asked"] = {"only": ["reply-1", "idle-4000"]}
        self.assert_says(report, "build/compare --only reply-1,idle-4000 --")
        report["suite"] = "standard"
        report["asked"] = {"only": ["reply-1"], "blocks": 3, "seconds": 0.5}
        report["programs"][-1] = {
            "name": "mine", "command": "./mine {port}", "speaks": "http"}
        command = html.unescape(render(report, everything=True))
        self.assertIn("build/compare --standard --only reply-1 ", command)
        self.assertIn(" --peer 'mine=./mine {port}' --peer-speaks http"
            " --blocks 3 --seconds 0.5", command)

    def test_what_tells_of_the_owner_is_shown_only_if_asked_for(self):
        report = reports.usual()
        report["machine"]["kernel_command_line"] = "root=/dev/secret"
        report["programs"][0]["path"] = "/home/secret/guess-server"
        report["programs"].append(
            {"name": "mine", "command": "/home/secret/mine {port}"})
        self.assert_says(report, "secret", also=False)
        self.assert_says(report, "--peer 'mine=... {port}'")
        self.assert_says(report, "root=/dev/secret",
            "/home/secret/guess-server", "/home/secret/mine {port}",
            everything=True)
        done = run_render(report, "--environment=full")
        self.assertEqual(done.page.count("secret"), 4)


class Hosts(unittest.TestCase):
    """Where it ran."""

    def told(self, report):
        """What the picture shows, box by box, and its page's parser."""
        page = render(report)
        drawn = re.search(r'<figure class="topology">.*?</figure>', page,
            re.DOTALL)
        if not drawn:
            return "", page
        shown = [html.unescape(text) for text in
            re.findall(r"<text [^>]*>([^<]*)</text>", drawn[0])]
        told = html.unescape(re.search(r"<desc>(.*?)</desc>", drawn[0])[1])
        for text in shown:
            self.assertIn(text, told)
        return shown, page

    def test_a_picture_shows_both_ends_and_what_is_between(self):
        shown, page = self.told(reports.far(reports.reply(50, 1.4)))
        self.assertEqual(shown, ["Load", "Example CPU",
            "CPU 0 of 2, Linux 6.1.0", "emulated network",
            "round trip 10.4 ms", "0.1 % loss and 100 Mbit/s each way",
            "packets of 1,500 bytes (MTU)", "Servers", "Example CPU",
            "CPU 1 of 2, Linux 6.1.0"])
        self.assertLess(page.index('class="topology"'), page.index("<main>"))

    def test_over_the_loopback_it_stands_with_the_environment(self):
        shown, page = self.told(reports.report(hosts=[reports.host("load"),
            reports.host("server")]))
        self.assertIn("loopback interface", shown)
        self.assertGreater(page.index('class="topology"'),
            page.index('<section id="environment">'))

    def test_other_hosts_and_several_loads_have_their_boxes(self):
        loads = [reports.host("load", name="l1", cpus=[]),
            reports.host("load", name="l2", cpus=[0, 2, 3], processors=4)]
        shown, _ = self.told(reports.far(
            network={"emulated": False, "server": "s1"}, hosts=[*loads,
                reports.host("server", name="s1", processor="x" * 99)]))
        self.assertEqual([text for text in shown if " on " in text],
            ["Load on l1", "Load on l2", "Servers on s1"])
        self.assertEqual(shown[2], "2 CPUs, Linux 6.1.0")
        self.assertEqual(shown[5], "CPUs 0, 2 and 3 of 4, Linux 6.1.0")
        self.assertIn("x" * (topology.MOST - 1) + "\u2026", shown)

    def test_the_page_says_where_several_hosts_loaded_from(self):
        loads = [{"host": "l1", "address": "10.0.0.7", "processors": [0, 2],
            "machine": {"processor": "First", "uname": {"nodename": "hidden"}}},
            {"host": "l2", "address": None, "processors": [1],
            "machine": {"processor": "Second"}}]
        report = reports.far(reports.reply(50, 1.4), pinned=True, load_cpu=7,
            server_cpu=3, network={"emulated": False, "server": "s1",
                "address": "10.0.0.5", "loads": loads, "machine": {
                    "processor": "Third", "processors_online": 4}})
        self.assert_in_page(report, False, "raced on s1: Third, 4 processors",
            "The servers ran on processor 3 "
            "alone, the load on processor 0 of l1, 2 of l1 and 1 of l2, over",
            "--server ... --load ...", "<summary>The machine of compare<",
            "<summary>The load's machine, l1<", "First",
            "<summary>The load's machine, l2<", "Second",
            "<summary>The servers' machine<")
        self.assert_in_page(report, True,
            "--server s1=10.0.0.5 --load l1=10.0.0.7*2,l2")

    def assert_in_page(self, report, everything, *texts):
        """All of them stand in its page."""
        page = html.unescape(run_render(report,
            *["--environment=full"] * everything).page)
        for text in texts:
            self.assertIn(text, page)

    def test_earlier_reports_have_no_picture(self):
        shown, _ = self.told(reports.usual())
        self.assertEqual(shown, "")

    def test_what_is_drawn_stays_in_the_picture(self):
        report = telling.report_of(reports.far())
        page = str(topology.picture(report))
        height = float(re.search(r'viewBox="0 0 380 (\d+)"', page)[1])
        boxes = [(float(y), float(y) + float(h)) for y, h in re.findall(
            r'<rect x="1" y="(\d+)" width="378" height="(\d+)"', page)]
        texts = [float(y) for y in re.findall(r'<text [^>]*y="(\d+)"', page)]
        self.assertEqual(len(boxes), 2)
        self.assertLess(max(end for _, end in boxes), height)
        # Texts of a box are in it, those of the line between the boxes.
        inside = [[y for y in texts if low + 10 < y < high - 3]
            for low, high in [boxes[0], (boxes[0][1], boxes[1][0]), boxes[1]]]
        self.assertEqual([len(some) for some in inside], [3, 4, 3])

    def test_a_scenario_that_brings_a_network_says_so(self):
        report = reports.report(reports.simple("line-100mbit", "narrow",
            "p99_ns", (1e6, 1e6), (1, .99, 1.01), network={"emulated": True,
                "bits_per_second": 1e8}), reports.simple("slow-1000",
            "readers", "p99_ns", (1e6, 1e6), (1, .99, 1.01), network={
                "emulated": True, "bits_per_second": 1e6, "aside": True}))
        for said in (render(report), printed(report)):
            self.assertIn("ver an emulated network (100 Mbit/s each way)",
                said)
            self.assertIn("ver an emulated network (1.00 Mbit/s for all that is "
                "sent to the others, nothing in the way of what is measured)",
                said)

    def test_what_could_not_be_measured_is_told_with_the_reason(self):
        report = reports.report(unmeasured=[{"name": name, "title": title,
            "link": "10ms", "because": because} for name, title, because in
            (("rtt-1", "With 1 ms", "no netem"), ("rtt-10", "With 10 ms",
                "no netem"), ("slow-1000", "Beside others", "no htb"))])
        page, said = render(report), printed(report)
        self.assertIn("Not measured: with 1 ms; with 10 ms: no netem. Then "
            '<code class="command">build/compare --only rtt-1,rtt-10</code>',
            page)
        self.assertIn("Not measured: with 1 ms; with 10 ms: no netem. Then: "
            "compare --only rtt-1,rtt-10.", said)
        self.assertIn("Not measured: beside others: no htb. Then: compare "
            "--only slow-1000.", said)

    def test_a_baseline_has_the_same_set_up(self):
        def said(now, then):
            with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
                json.dump(then, file)
                file.flush()
                done = run_render(now, "--baseline", file.name)
            return done.returncode, " ".join(done.stdout.split())

        fifty = reports.reply(50, 1.4)
        far, there = reports.far(fifty), {"emulated": False, "server": "s1",
            "address": "10.0.0.5", "mtu": 1500}
        then = reports.report(fifty)["machine"]
        for now, other, why in (
            (far, reports.report(fifty), "between load and servers was the "
                "loopback interface then, an emulated network"),
            (far, reports.far(fifty, network=reports.network(loss=.01)),
                "between load and servers was an emulated network (10.0 ms "
                "added to a round trip, 1.00 % loss"),
            (far, reports.far(fifty, network=reports.network(mtu=9000)),
                "packets had 9,000 bytes at most then, 1,500 now"),
            (reports.far(fifty, network={**there, "machine": then}),
                reports.far(fifty, network={**there, "machine": {**then,
                    "id": "other", "uname": {"release": "5.10"}}}),
                "the servers ran on another machine (kernel 5.10 then, 6.1.0 "
                "now)")):
            with self.subTest(why):
                code, output = said(now, other)
                self.assertEqual(code, 1)
                self.assertIn("Not compared with the baseline: " + why,
                    output)
        self.assertNotIn("Not compared", said(far, far)[1])


class Beside(unittest.TestCase):
    """What of the findings without a network survives it."""

    @staticmethod
    def pair(first, second, metric="requests_per_second"):
        """A report over a network and one without, of a ratio each."""
        def one(ratio):
            return reports.simple("churn-50", "churn", metric, (1e4 * ratio,
                1e4), (ratio, .995 * ratio, 1.005 * ratio))
        return reports.far(one(second)), reports.report(one(first))

    def told(self, far, near):
        """What is printed with one beside the other, and the exit code."""
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(near, file)
            file.flush()
            done = run_render(far, "--beside", file.name)
        self.assertEqual(done.stderr, "")
        return done.returncode, " ".join(done.stdout.split()), done.page

    def test_each_finding_survives_or_not(self):
        for first, second, what, lead in (
            (1.4, 1.3, "survives", "Survives the network"),
            (.7, .8, "survives", "Survives the network"),
            (1.4, 1.0, "vanishes", "Vanishes over the network"),
            (1.4, .7, "turns", "Turns over the network"),
            (1.0, 1.4, "appears", "Appears only over the network"),
            (1.0, 1.001, "no difference", "Equal without the network and "
                "over it"),
            # The direction is clear, and no more.
            (1.4, 1.032, "undecided", "Undecided whether it survives"),
            (1.032, 1.4, "undecided", "Undecided whether it survives")):
            with self.subTest(what, first=first):
                code, output, page = self.told(*self.pair(first, second))
                self.assertEqual(code, 0)
                self.assertIn(lead, output)
                self.assertIn(f"events to threads {first:.2f}x (", output)
                self.assertRegex(page, r'<table class="found beside">(?s:.*)'
                    rf'<span class="badge [a-z]+">{what}</span>')
                self.assertIn(lead, page)

    def test_the_processor_time_is_told_too(self):
        far, near = (make(reports.reply(50, 1.4)) for make in
            (reports.far, reports.report))
        _, output, _ = self.told(far, near)
        self.assertIn("Survives the network: requests per second", output)
        self.assertIn("Survives the network: server CPU per request, events "
            "to threads 0.71x (0.70 to 0.73) without it, 0.71x (0.70 to 0.73) "
            "over it.", output)

    def test_what_cannot_stand_beside_it_is_told(self):
        far, near = self.pair(1.4, 1.3)
        other = {**near, "machine": {**near["machine"], "id": "other"}}
        for a, b, why in ((near, near, "it was measured without a network "
                "itself"), (far, far, "that one was measured over a network, "
                "too"), (far, other, "that one is of another machine"),
                (far, {**near, "pinned": False}, "the servers had a processor "
                    "of their own in one of the two only"),
                (far, reports.report(reports.reply(50, 1.4)), "the two "
                    "reports have no scenario in common that was loaded in "
                    "the same way")):
            with self.subTest(why):
                code, output, page = self.told(a, b)
                self.assertEqual(code, 1)
                self.assertIn(f"Not told beside the other report: {why}.",
                    output)
                self.assertNotIn('class="found beside"', page)

    def test_the_machine_of_the_servers_will_do(self):
        far, near = self.pair(1.4, 1.3)
        far["network"] = {"emulated": False, "server": "s1",
            "machine": {"id": "other"}}
        near["machine"]["id"] = "other"
        self.assertEqual(self.told(far, near)[0], 0)

    def test_nothing_of_it_is_written(self):
        far, near = (telling.report_of(one) for one in self.pair(1.4, 1.3))
        self.assertIsNone(beside.why_not(far, near))
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(near.json, file)
            file.flush()
            done = run_render(far.json, "--beside", file.name)
        self.assertEqual(done.returncode, 0)
        self.assertEqual(done.files, ["index.html", "report.json"])
        self.assertNotIn("beside", done.report["scenarios"][0])


class Advice(unittest.TestCase):
    """What page one says."""

    ONE, DOZENS, THOUSAND = ("One client, one question at a time",
        "A few dozen busy clients", "Hundreds and thousands of busy clients")
    CODE = "Code to write, and to read"

    def choices(self, *scenarios, **changes):
        """What is chosen in each situation that was measured."""
        return {situation: choice for situation, (choice, _) in advice(
            render(reports.report(*scenarios, **changes))).items()}

    def all_of(self, ratio):
        """All scenarios, where events do so many times better."""
        def less(name, family, metric):
            return reports.simple(name, family, metric, (1e6 / ratio, 1e6),
                (1 / ratio, 0.99 / ratio, 1.01 / ratio))

        def more(name, family):
            return reports.simple(name, family, "requests_per_second",
                (1e4 * ratio, 1e4), (ratio, 0.99 * ratio, 1.01 * ratio))

        return [reports.reply(n, ratio) for n in (1, 50, 1000, 10000)] + [
            reports.idle(4000, 10 * ratio, 10),
            less("open-80", "open", "p99_ns"),
            less("overload", "overload", "recovery_ns"),
            less("line-cjk", "line", "p99_ns"),
            more("churn-50", "churn"),
            less("storm-1000", "storm", "storm_ns"),
            less("slow-readers", "slow-readers", "p99_ns"),
            less("rtt-10", "rtt", "cpu_ns_per_request"),
            more("cores-all", "cores"), more("json-200", "page"),
            more("work-20", "work"), more("blocking-2ms", "blocking"),
            more("echo-50", "echo"), less("load-20", "download", "total_ns")]

    def test_that_the_machine_was_busy_is_said(self):
        busy = reports.reply(1, 1.5)
        busy["comparisons"][0].update(disturbed_blocks=4, counts_all=True)
        told = ("Other work disturbed most blocks in 1 of 1 situation, so "
            "that all of them count and ratios are less exact: {}. To measure "
            "again, {}.")
        for readings, who, remedy in (
            ({"stolen_seconds": .2}, "the hypervisor used up to 20 % of a "
                "CPU", "try another hour, or a machine that is shared with "
                "nobody"),
            ({"foreign_cpu_seconds": .5, "others": [{"name": "a&b",
                "cpu_seconds": .5}]}, "a&b used up to 50 % of a CPU",
                "end them, or wait until they have finished"),
            ({}, "the machine was busy with something else",
                "wait for a quiet hour")):
            for run in busy["runs"]:
                run.update(disturbed=True, window_ns=1e9, others=[],
                    stolen_seconds=0, foreign_cpu_seconds=0)
                run.update(readings)
            said = told.format(who, remedy)
            self.assertIn(html.escape(said), render(reports.report(busy)))
            self.assertIn(said, printed(reports.report(busy)))

    def test_that_two_threads_of_one_core_were_used_is_said(self):
        said = "Server and load ran on two threads of one core, as no other"
        for same in (True, False):
            told = reports.report(reports.reply(1, 1.5), same_core=same)
            self.assertEqual(said in render(told), same)
            self.assertEqual(said in printed(told), same)

    def test_who_is_better_everywhere_is_chosen(self):
        for ratio, choice in ((1.5, "events"), (1 / 1.5, "threads"),
                (1.005, "either"), (1.1, "either")):
            found = self.choices(*self.all_of(ratio))
            self.assertEqual(len(found), 15)
            self.assertEqual(found.pop(self.CODE), "threads")
            self.assertEqual(set(found.values()), {choice}, ratio)

    def test_what_was_not_measured_is_told_with_the_command_for_it(self):
        page = render(reports.report(reports.reply(50, 1.4), port=None))
        self.assertEqual(list(advice(page)), [self.DOZENS])
        self.assertIn("Not measured in this run: one client, one question at "
            "a time; hundreds and thousands", page)
        self.assertIn("build/compare --only sweep-1,sweep-512,sweep-open,"
            "work-20,blocking-2ms,idle-4000,line-cjk,churn-50,slow-readers,"
            "rtt-10,load-20,echo-50,cores-all</code>", page)
        page = render(reports.report(*self.all_of(1.5)))
        self.assertNotIn("Not measured in this run", page)

    def test_nothing_was_measured(self):
        page = render(reports.report(port=None))
        self.assertEqual(advice(page), {})
        self.assertIn("This run measured too little for advice.", page)
        printed = run_render(reports.report(port=None)).stdout
        self.assertIn("\nWhich should I choose?\n"
            "  This run measured too little for advice.\n", printed)

    def test_fewer_lines_of_code_are_the_choice(self):
        for threads, events, choice in ((100, 106, "threads"),
                (100, 104, "either"), (104, 100, "either"),
                (106, 100, "events")):
            port = copy.deepcopy(reports.PORT)
            port["programs"][0]["threaded"]["lines"] = threads
            port["programs"][0]["evented"]["lines"] = events
            self.assertEqual(self.choices(port=port), {self.CODE: choice})

    def test_where_scenarios_differ_it_depends(self):
        self.assertEqual(self.choices(reports.reply(1000, 2.0),
            reports.reply(10000, 0.5))[self.THOUSAND], "it depends")
        # What is decided counts more than what is equal.
        self.assertEqual(self.choices(reports.reply(1000, 1.0),
            reports.reply(10000, 0.5))[self.THOUSAND], "threads")

    def test_where_metrics_differ_it_depends(self):
        scenario = reports.reply(1, 1.5)
        cpu = [c for c in scenario["comparisons"]
            if c["metric"] == "cpu_ns_per_request"][0]
        cpu.update(estimate=1.4, interval95=[1.3, 1.5], winner="threaded")
        self.assertEqual(self.choices(scenario)[self.ONE], "it depends")

    def test_a_lead_too_small_to_choose_by_is_none(self):
        def chosen(*span):
            scenario = reports.reply(1, 1.0)
            scenario["comparisons"][0] = reports.comparison(
                "requests_per_second", (1e5 * span[0], 1e5), span)
            scenario["comparisons"][0]["primary"] = True
            return self.choices(scenario)[self.ONE]

        self.assertEqual(chosen(1.19, 1.1, 1.3), "either")
        self.assertIn("against 25,000/s: too little to choose by.", render(
            reports.report(reports.reply(1, 1.1, 25000))))
        self.assertEqual(chosen(1.21, 1.1, 1.3), "events")
        self.assertEqual(chosen(0.84, 0.8, 0.9), "either")
        self.assertEqual(chosen(0.82, 0.8, 0.9), "threads")
        self.assertEqual(chosen(1.04, 1.001, 1.08), "either")
        self.assertEqual(chosen(1.3, 1.001, 1.6), "probably events")
        self.assertEqual(chosen(0.7, 0.5, 0.999), "probably threads")
        self.assertEqual(chosen(1.0, 0.92, 1.08), "either")
        self.assertEqual(chosen(1.0, 0.7, 1.3), "undecided")

    def test_too_few_blocks_give_an_estimate_and_no_choice(self):
        scenario = reports.reply(50, 1.4)
        for c in scenario["comparisons"]:
            c.update(verdict="no verdict", winner=None, interval95=None,
                interval90=None, blocks=3)
        page = render(reports.report(scenario))
        choice, why = advice(page)[self.DOZENS]
        self.assertEqual(choice, "undecided")
        self.assertIn("At 50, events serve 1.40x the", why)
        self.assertIn("undecided, with only 3 blocks", why)
        self.assertEqual(answer(page), [])

    def test_up_to_how_much_work_it_matters_is_calculated(self):
        # 10 us against 10/1.4 us: (10 + w) / (7.143 + w) is 1.2 at w = 7.143
        # and 1.03 at 88.1.
        first, *_, last = answer(render(reports.report(
            reports.reply(50, 1.4))))
        self.assertIn("With 50 busy connections, choose events if a request "
            "takes less than about 7.1 \u00b5s of work: with almost none, "
            "events serve 1.40x (1.37 to 1.43) ", first)
        self.assertIn("from about 88 \u00b5s on, both serve the same within 3 "
            "% (calculated from 10.0 \u00b5s of CPU per request with threads "
            "and 7.14 \u00b5s with events).", first)
        self.assertEqual(last, "Threads lead in the code: 800 lines "
            "with threads against 1,200 with events in the guess-server, "
            "beyond the 1,900 that they share.")

    def test_the_other_way_round_it_says_so(self):
        first, *_, last = answer(render(reports.report(
            reports.reply(50, 1 / 1.4))))
        self.assertIn("choose threads if a request takes less than", first)
        self.assertEqual(last,
            "Events lead in nothing that was measured here.")

    def test_a_lead_too_small_is_no_advice(self):
        first, *_ = answer(render(reports.report(reports.reply(50, 1.1))))
        self.assertIn("With 50 busy connections, neither leads by enough",
            first)

    def test_a_lead_of_unknown_size_is_told_as_such(self):
        scenario = reports.reply(50, 1.4)
        scenario["comparisons"][0].update(verdict="LEANS",
            interval95=[1.01, 1.9])
        first, *_ = answer(render(reports.report(scenario)))
        self.assertIn("With 50 busy connections, events probably do more, but "
            "this run cannot tell by how much: 10.0 \u00b5s of CPU per",
            first)

    def test_losses_are_told(self):
        idle = reports.idle(4000, 33.8, 1.5)
        idle["comparisons"][0] = reports.comparison("p99_ns", (9e5, 6e5),
            (1.5, 1.4, 1.6))
        found = answer(render(reports.report(reports.reply(50, 1.4), idle)))
        self.assertEqual(found[1], "10,000 open connections take 330 MiB of "
            "memory with threads and 14.6 MiB with events: choose events if "
            "that matters.")
        self.assertIn("Threads lead (ratios: events / threads) with 4,000 "
            "connections open: p99 latency 1.50x (1.40 to 1.60); in the code: ",
            found[2])

    def test_idle_connections_speak_for_memory_rather_than_busy_ones(self):
        busy = reports.idle(9000, 50, 5)
        busy.update(name="sweep-9000", family="reply")
        for scenarios, cost in (((busy,), "488 MiB of memory with threads and "
                "48.8 MiB"), ((reports.idle(4000, 33.8, 1.5), busy),
                "330 MiB of memory with threads and 14.6 MiB")):
            said = answer(render(reports.report(reports.reply(50, 1.4),
                *scenarios)))[1]
            self.assertIn(f"10,000 open connections take {cost} with", said)

    def test_leads_are_told_scenario_by_scenario(self):
        said = answer(render(reports.report(reports.reply(50, 1.4),
            reports.reply(1, 1 / 1.4))))
        self.assertIn("Threads lead (ratios: events / threads) at 1 "
            "connections: requests per second 0.71x (0.70 to 0.73); in",
            said[-1])

    def test_the_terminal_ends_with_it(self):
        report = reports.usual()
        said = [html.unescape(text) for text in answer(render(report))]
        self.assertEqual(len(said), 3)
        printed = run_render(report).stdout
        _, _, end = printed.partition("\nWhich should I choose?\n")
        self.assertEqual(" ".join(end.split()),
            " ".join(said) + " The report as a page: "
            + end.split()[-1])


def of_sweep(scenario):
    """The same as a stage of the sweep."""
    return {**scenario, "name": f"sweep-{scenario['connections']}"}


def ratio_at(connections):
    """A maker of reports by the ratio of rates at so many connections."""
    return lambda x: reports.report(of_sweep(
        reports.reply(connections, x, controls=False)))


def ratio_in(name):
    """A maker of reports by the ratio of rates in a scenario."""
    return lambda x: reports.report(reports.simple(name, "any",
        "requests_per_second", (x, 1), (x, 0.98 * x, 1.02 * x)))


def control_at_50(b, a="evented"):
    """A maker of reports by the ratio of events, or a control, to a
    control."""
    def make(x):
        scenario = reports.reply(50, 1.3)
        scenario["comparisons"].append(reports.comparison(
            "requests_per_second", (1e5, 1e5 / x), (x, x * 0.98, x * 1.02),
            a=a, b=b))
        return reports.report(scenario)
    return make


def figure(name, family, metric, server):
    """A maker of reports by a median of one server."""
    def make(x):
        values = (x, 1.0) if server == "evented" else (1.0, x)
        return reports.report(reports.simple(name, family, metric, values,
            (1, 1, 1)))
    return make


def two(first, second, server="evented"):
    """A maker by the quotient of two scenarios' (name, metric) medians."""
    def make(x):
        return reports.report(*(reports.simple(name, "any", metric,
            (value, 1e5) if server == "evented" else (1e5, value), (1, 1, 1))
            for (name, metric), value in ((first, x * 1e4), (second, 1e4))))
    return make


def woken(x):
    """A report in which woken threads take so many times the CPU of a loop."""
    scenario = reports.simple("push-1000", "push", "last_ns", (3e6, 3e6),
        (1, 1, 1))
    scenario["comparisons"].append(reports.comparison("cpu_ns_per_request",
        (3e3 * x, 3e3), (x, x * .98, x * 1.02), a="woken-threads",
        b="bare-push"))
    return reports.report(scenario)


def cpu(name):
    """A maker by how much more CPU threads take, of 20 us."""
    def make(excess):
        share = 1 - excess / 20000
        return reports.report(reports.simple(name, "any", "cpu_ns_per_request",
            (20000 * share, 20000), (share, share - 0.01, share + 0.01)))
    return make


def calls(threads, manual, epoll):
    """A report with so many system calls per request."""
    scenario = reports.reply(50, 1.3, controls=True)
    for c in scenario["cells"]:
        count = {"threaded": threads, "manual-bufferevent": manual,
            "bare-epoll": epoll}.get(c["server"])
        if count:
            c["syscalls"] = [{"name": "read", "per_request": count - 1},
                {"name": "write", "per_request": 1}]
    return reports.report(scenario)


def pool(threads, events):
    """A report with such shares answered in a pool."""
    return reports.report(reports.simple("poll-20", "pool", "answered",
        (events, threads), (events - threads,) * 3))


def same_twice(low, high):
    """A report with an A/A interval."""
    scenario = reports.reply(50, 1.3)
    scenario["aa"] = [{"metric": "requests_per_second", "scale": "ratio",
        "estimate": (low + high) / 2, "interval95": [low, high],
        "half_width": (high - low) / 2}]
    return reports.report(scenario)


def port(threads=800, unchanged=500, both=26, decisions=180, callbacks=3):
    """A report with a port that costs so much."""
    counts = copy.deepcopy(reports.PORT)
    counts["files"][0].update(threaded=threads, unchanged=unchanged,
        functions_both=both, threaded_only=["x"] * 10)
    counts["programs"][0]["evented"].update(decisions=decisions,
        called_back=["x"] * callbacks)
    return reports.report(port=counts)


def crossing(one, hundreds):
    """A report with such ratios of CPU, events to threads."""
    return reports.report(of_sweep(reports.reply(1, 1 / one)),
        of_sweep(reports.reply(512, 1 / hundreds)))


def blocking(name):
    """A maker of reports by the ratio of rates of handlers that block."""
    return lambda x: reports.report(reports.simple(name, "blocking",
        "requests_per_second", (1e4 * x, 1e4), (x, .99 * x, 1.01 * x)))


def resident(x):
    """A report with so much memory of 10,000 threads."""
    scenario = reports.idle(10000, 30, 2)
    scenario["cells"][0]["memory"][-1].update(pss_bytes=x / 2, total_bytes=x)
    return reports.report(scenario)


def behind(share):
    """A report of a p99 of so many long answers, which four others pull at
    500 a second together, so 8 ms each."""
    scenario = reports.simple("line-cjk", "line", "p99_ns",
        (8e6 * share, 1e6), (1, 1, 1), background=[
            {"role": "greedy client", "connections": 4, "request": "cjk"}])
    scenario["runs"] = [{"server": "evented", "arm": "twin", "block": i,
        "window_ns": 1e9, "background": {"replies": 500, "bytes": 1e6},
        "figures": {"p99_ns": 8e6 * share}} for i in (1, 2)]
    return reports.report(scenario)


def created(excess):
    """A report of CPU that threads take more, 3 us of it for no threads."""
    return reports.report(*(cpu(name)(x)["scenarios"][0]
        for name, x in (("churn-50", excess + 3000), ("reply-50", 3000))))


def churn(threads, events):
    """A report of rates with kept connections, to those with new ones."""
    return reports.report(*(reports.simple(name, "any", "requests_per_second",
        (1e4 * e, 1e4 * t), (1, 1, 1)) for name, t, e in (
            ("reply-50", threads, events), ("churn-50", 1, 1))))


def cores(x):
    """A report of threads on all cores, to one."""
    report = two(("cores-all", "requests_per_second"),
        ("sweep-64", "requests_per_second"), "threaded")(x)
    for scenario in report["scenarios"]:
        scenario["runs"] = []  # a median without an interval
    return {**report, "processors_allowed": 4}


# Of each claim: how to make a report, with what it holds, with what not, and,
# where there is an interval, what lies across an end of the range.
CLAIMS = {
    "S1": (behind, 1.01, 0.99),
    "S2": (two(("line-cjk", "p99_ns"), ("line-page", "p99_ns")), 2.01, 1.99),
    "S3": (lambda x: pool(x, 1), 0.0, 0.02),
    "V1": (lambda x: reports.report(*pool(0, 1)["scenarios"],
        *two(("wait-4000", "p99_ns"), ("wait-none", "p99_ns"),
            "threaded")(x)["scenarios"]), 2.1, 1.9),
    "V6": (woken, 3.0, 2.0, 2.4),
    "S4": (lambda x: reports.report(of_sweep(reports.idle(4096, 10 * x,
        10))), 2.1, 1.9, 2.0),
    "C1": (lambda x: reports.report(reports.simple("json-200", "page",
        "requests_per_second", (x, 1), (x, 0.99 * x, 1.01 * x))),
        1.2, 1.4, 1.3),
    "C3": (ratio_in("cores-all"), 1 / 1.15, 1 / 1.05, 1 / 1.1),
    "C5": (ratio_in("sweep-512"), 1 / 0.9, 1.0, 1 / 0.95),
    "C9": (control_at_50("manual-bufferevent"), 1.15, 1.05, 1.1),
    "C12": (control_at_50("bare-epoll", "manual-bufferevent"),
        0.85, 0.95, 0.9),
    "C13": (ratio_in("sweep-512"), 2.1, 1.9, 2.0),
    "C14": (lambda x: reports.report(reports.reply(10000, x)), 4, 3, 3.7),
    "C17": (cores, 1.51, 1.49),
    "C21": (cpu("sweep-1"), 1500, 2500, 1900),
    "C22": (ratio_at(1), 1.05, 1.15, 1.1),
    "C24": (figure("sweep-4096", "reply", "memory_bytes_per_connection",
        "threaded"), 14 * 1024, 13 * 1024),
    "C25": (resident, 4.9e8, 5.1e8),
    "C31": (figure("blocking-pool", "blocking", "requests_per_second",
        "threaded"), 7500, 7000),
    "C33": (figure("blocking-loop", "blocking", "requests_per_second",
        "evented"), 490, 600),
    "C40": (lambda ends: same_twice(*ends), (1.04, 1.08), (0.98, 1.02),
        (0.99, 1.08)),
    "S10": (lambda x: port(decisions=x), 130, 120),
}


class Ledger(unittest.TestCase):
    """Each rule, on both sides of its limit."""

    def test_every_claim_is_told_once(self):
        found = ledger(reports.usual())
        self.assertEqual(sorted(found), sorted(
            [f"{kind}{i}" for kind, last in (("S", 10), ("V", 6), ("C", 42))
                for i in range(1, last + 1)]))

    def test_claims_whose_ranges_came_after_their_figures_are_named(self):
        late = [name for name, claim in claims.ledger().items() if claim.late]
        for name in late:
            self.assertTrue(any(rule.min > -math.inf or rule.max < math.inf
                for rule in claims.ledger()[name].rules), name)
        self.assertEqual(late, "S3 S7 S8 S9 S10 V1 V3 V5 V6 C21 C24 C30 C40"
            .split())
        said = ("The ranges of S3, S7, S8, S9, S10, V1, V3, V5, V6, C21, C24, "
            "C30 and C40 were set or corrected after their figures had been "
            "seen, so they foretold nothing;")
        self.assertIn(said, html.unescape(render(reports.usual())))

    def test_what_was_not_measured_is_named_with_a_command(self):
        # Among these each scenario of a claim, in the order of the claims.
        given = claims.ledger().items()
        named = dict.fromkeys(name for _, claim in given
            for name in claims.lacking(claim, telling.report_of({})))
        self.assertLessEqual(set(named), set(listed()))
        page = html.unescape(render(reports.report()))
        self.assertIn("<code class=\"command\">build/compare --only "
            f"{','.join(named)}</code> measures them.", page)
        # One by one: nothing else would measure all that need it.
        page = html.unescape(render(reports.report(*(
            reports.simple(name, "any", "p99_ns", (1, 1), (1, 1, 1))
            for name in named if name not in ("poll-20", "blocking-pool")))))
        self.assertIn(">S3, C30 and C31 were not measured in this run; "
            "<code class=\"command\">build/compare --only "
            "poll-20,blocking-pool</code> measures them.<", page)
        self.assertIn("needs poll-20", cell_of(page, "C30"))

    def test_what_the_default_run_judges(self):
        quick = {name for name, suite in listed().items() if suite == "quick"}
        judged = [name for name, claim in claims.ledger().items()
            if claim.rules and all({rule.at, rule.base} <= quick | {""}
                for rule in claim.rules)]
        self.assertEqual(judged, ["S1", "S4", "S6", "S10", "V5", "C5", "C13",
            "C21", "C22", "C24", "C40", "C42"])

    def test_nothing_measured_gives_no_verdict(self):
        found = ledger(reports.report(port=None))
        self.assertEqual(set(found.values()), {"not measured"})

    def test_each_rule_holds_and_does_not(self):
        for claim, (make, holds, does_not, *across) in CLAIMS.items():
            with self.subTest(claim=claim):
                self.assertEqual(ledger(make(holds))[claim], "reproduced")
                self.assertEqual(ledger(make(does_not))[claim], "refuted")
                for value in across:
                    self.assertEqual(ledger(make(value))[claim], "undecided")

    def test_the_upper_end_counts_too(self):
        self.assertEqual(ledger(CLAIMS["C1"][0](1.0))["C1"], "refuted")
        self.assertEqual(ledger(cpu("sweep-1")(-3000))["C21"], "refuted")
        self.assertEqual(ledger(cpu("sweep-1")(-1500))["C21"], "reproduced")
        make = CLAIMS["C24"][0]
        self.assertEqual(ledger(make(31 * 1024))["C24"], "refuted")
        self.assertEqual(ledger(make(29 * 1024))["C24"], "reproduced")
        self.assertEqual(ledger(CLAIMS["C31"][0](9000))["C31"], "refuted")

    def test_a_lower_bound_refutes_nothing(self):
        self.assertEqual(ledger(created(5800))["C23"], "reproduced")
        for excess in 4200, 5000:
            self.assertEqual(ledger(created(excess))["C23"], "undecided")
        self.assertRegex(cell_of(render(created(5800)), "C23"),
            r"5\.80 µs \(5\.\d+ µs or more\) in churn-50 and reply-50")

    def test_all_rules_of_a_claim_have_to_hold(self):
        self.assertEqual(ledger(port(unchanged=401))["S6"], "reproduced")
        self.assertEqual(ledger(port(unchanged=399))["S6"], "refuted")
        self.assertEqual(ledger(port(both=9))["S6"], "refuted")
        self.assertEqual(ledger(port(both=11))["S6"], "reproduced")
        self.assertEqual(ledger(port(callbacks=2))["S10"], "refuted")
        self.assertEqual(ledger(pool(0, 1))["C30"], "reproduced")
        self.assertEqual(ledger(pool(0, 0.9))["C30"], "refuted")
        self.assertEqual(ledger(pool(0.1, 1))["C30"], "refuted")
        self.assertEqual(ledger(crossing(1.1, 0.9))["C42"], "reproduced")
        self.assertEqual(ledger(crossing(0.9, 0.9))["C42"], "refuted")
        self.assertEqual(ledger(crossing(1.1, 1.1))["C42"], "refuted")
        self.assertEqual(ledger(crossing(1.0, 0.9))["C42"], "undecided")
        self.assertEqual(ledger(calls(2, 5.1, 2.5))["C41"], "reproduced")
        for wrong in ((3, 5.1, 2.5), (2, 4.9, 2.5), (2, 5.1, 3.5)):
            self.assertEqual(ledger(calls(*wrong))["C41"], "refuted")
        self.assertEqual(ledger(calls(2, None, 2.5))["C41"], "not measured")

    def test_or_any_of_them(self):
        self.assertEqual(ledger(churn(3.2, 2.8))["C18"], "reproduced")
        self.assertEqual(ledger(churn(2.8, 3.2))["C18"], "reproduced")
        self.assertEqual(ledger(churn(2.8, 2.8))["C18"], "refuted")

    def test_a_median_has_the_interval_of_its_runs(self):
        # The smallest and the largest of six runs, 2 % apart.
        self.assertEqual(ledger(churn(3.01, 2.8))["C18"], "undecided")
        text = cell_of(render(churn(3.01, 2.8)), "C18")
        self.assertIn("3.01x (2.95 to 3.07) in reply-50 and churn-50; "
            "holds from 3.00x up.", text)

    def test_what_the_load_held_back_has_no_end(self):
        def bounded(x):
            report = ratio_in("sweep-512")(x)
            report["scenarios"][0]["comparisons"][0]["at_least"] = True
            return report

        self.assertEqual(ledger(bounded(2.1))["C13"], "reproduced")
        self.assertEqual(ledger(bounded(1.9))["C13"], "undecided")
        self.assertIn("1.90x (1.86x or more)",
            cell_of(render(bounded(1.9)), "C13"))
        self.assertEqual(ledger(bounded(1 / 0.9))["C5"], "reproduced")
        self.assertEqual(ledger(bounded(1 / 0.97))["C5"], "undecided")

    def test_fewer_connections_than_wanted_decide_nothing(self):
        for name in ("line-cjk", "line-page"):
            report = CLAIMS["S2"][0](2.1)
            view = [s for s in report["scenarios"] if s["name"] == name][0]
            view["connections"] -= 1
            self.assertEqual(ledger(report)["S2"], "not measured")

    def test_a_gate_of_the_other_twin_spoils_no_median(self):
        report = CLAIMS["C24"][0](16 * 1024)
        c = report["scenarios"][0]["comparisons"][0]
        c.update(verdict="INVALID", gates=["unstable"])
        self.assertEqual(ledger(report)["C24"], "reproduced")

    def test_the_gate_that_spoils_a_ratio_is_named(self):
        report = ratio_in("sweep-512")(2.1)
        report["scenarios"][0]["comparisons"][0].update(verdict="INVALID",
            gates=["unstable"])
        self.assertIn("Undecided: unstable.", cell_of(render(report), "C13"))

    def test_cores_need_cores(self):
        report = cores(1.6)
        report["processors_allowed"] = 2
        self.assertEqual(ledger(report)["C17"], "undecided")

    def test_a_median_that_does_not_count_decides_nothing(self):
        make = CLAIMS["C24"][0]
        report = make(16 * 1024)
        report["scenarios"][0]["comparisons"][0]["verdict"] = "no verdict"
        self.assertEqual(ledger(report)["C24"], "undecided")
        for metrics, verdict in ((["*"], "undecided"),
                (["p99_ns"], "reproduced"),
                (["memory_bytes_per_connection"], "undecided")):
            report = make(16 * 1024)
            report["scenarios"][0]["cells"][0]["gates"] = [{"name": "failed",
                "because": "a run failed", "metrics": metrics}]
            self.assertEqual(ledger(report)["C24"], verdict)
        for spoiled in range(2):
            report = CLAIMS["S2"][0](2.1)
            report["scenarios"][spoiled]["comparisons"][0].update(
                verdict="INVALID", invalid="the generator was late")
            self.assertEqual(ledger(report)["S2"], "undecided")
        self.assertEqual(ledger(same_twice(0.92, 0.96))["C40"], "reproduced")

    def test_what_nobody_published_is_only_told(self):
        found = ledger(reports.report(reports.simple("slow-readers",
            "slow-readers", "p99_ns", (1e6, 2e6), (0.5, 0.49, 0.51))))
        self.assertEqual(found["C35"], "ours only")

    def test_a_ratio_without_interval_or_not_valid_decides_nothing(self):
        for change in ({"interval95": None, "verdict": "no verdict"},
                {"verdict": "no verdict"},
                {"verdict": "INVALID", "invalid": "the generator was late"}):
            report = ratio_in("sweep-512")(1.2)
            report["scenarios"][0]["comparisons"][0].update(change)
            found = ledger(report)
            self.assertEqual((found["C5"], found["C13"]),
                ("undecided", "undecided"))


if __name__ == "__main__":
    main()
