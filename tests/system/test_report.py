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
import json
import os
import pty
import random
import re
import resource
import shutil
import struct
import subprocess
import tempfile
import termios
import unittest

import reports
from harness import BUILD, DEADLINE, FULL, environment, kept_back, main

COMPARE = os.path.join(BUILD, "compare")
GNUPLOT = shutil.which("gnuplot")
NO_GNUPLOT = {"PATH": "/nonexistent"}
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
            cwd=folder, env={**environment(), **variables}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=DEADLINE,
            check=False, encoding="utf-8", preexec_fn=before)
        done.files = sorted(os.listdir(folder))
        done.page = ""
        if "index.html" in done.files:
            with open(os.path.join(folder, "index.html"),
                    encoding="utf-8") as page:
                done.page = page.read()
        return done


def render(report, variables=NO_GNUPLOT):
    """Make the page of a report."""
    done = run_render(report, variables=variables)
    if (done.returncode, done.stderr) != (0, ""):
        raise AssertionError(f"{done.returncode}: {done.stderr}")
    if done.files != ["index.html", "report.json"]:
        raise AssertionError(done.files)
    return done.page


def advice(page):
    """The ten lines: (situation, choice, why)."""
    return re.findall(r"<li[^>]*><b>([^<]*)</b><span><span class=\"badge "
        r"[^\"]*\">([^<]*)</span></span><p>(.*?)</p>", page)


def ledger(report):
    """What became of each claim."""
    page = render(report)
    measured, _, rest = page.partition("Not measured, and why")
    found = dict(re.findall(
        r"<tr id=\"([SC]\d+)\"><th[^>]*>[^<]*</th><td><span "
        r"class=\"badge [^\"]*\">([^<]*)</span></td>", measured))
    found.update(dict.fromkeys(
        re.findall(r"<tr id=\"([SC]\d+)\">", rest), "not measured"))
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
        # Ratios, two sweeps, memory; percentiles of all, runs of six.
        self.assertEqual(parser.tags["figure"], 4 + 8 + 4)
        # And the points.
        self.assertEqual(parser.tags["svg"], parser.tags["figure"] + 1)
        self.assertEqual(parser.tags["desc"], parser.tags["figure"])

    @unittest.skipUnless(GNUPLOT, "there is no gnuplot")
    def test_the_same_report_gives_the_same_bytes(self):
        first = render(reports.usual(), {})
        second = render(reports.usual(), {"TZ": "Asia/Seoul", "LC_ALL": "C",
            "HOME": "/nonexistent", "COLUMNS": "20"})
        self.assertTrue(first == second)

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
        paths = [path for path in leaves(report) if path != ("schema",)] + [("scenarios",), ("machine",),
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
                for key, item in (("orders", 0), ("discarded_blocks", 1),
                        ("runs", {}), ("cells", {}), ("comparisons", {})):
                    scenario[key] = [item] * length
            done = run_render(report, "--baseline", "report.json")
            self.assertEqual(done.returncode, code, done.stderr)
        self.assertRegex(done.stderr, r"\Acompare: report.json: a list "
            r"in it is longer than any of a report\n\Z")

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


class Written(unittest.TestCase):
    """The page as a file, where something is in the way."""

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
            with open(os.path.join(folder, "gnuplot"), "w") as program:
                program.write("#!/bin/sh\n/bin/grep -h '^Sig[BI]' "
                    f"/proc/self/status >{noted}\nexit 1\n")
                os.fchmod(program.fileno(), 0o755)
            self.assertIn("This picture is missing",
                render(reports.usual(), {"PATH": folder}))
            with open(noted) as file:
                self.assertEqual(kept_back(file.read()), [])


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

    def assert_says(self, report, *texts, also=True):
        """The page of a report has these texts, or none of them."""
        page = render(report)
        for text in texts:
            self.assertTrue((text in page) == also, text)

    def test_each_scenario_is_told(self):
        report = reports.usual()
        for scenario in report["scenarios"]:
            self.assert_says(report, scenario["question"],
                f"<section id=\"{scenario['name']}\">")
            self.assertEqual(render(report).count(scenario["sentence"]), 2)

    def test_values_have_units_and_few_digits(self):
        self.assert_says(reports.usual(), "1.40x (1.37 to 1.43)", "168,000/s",
            "33.8 KiB", "0.044x (0.044 to 0.045)", "5.95 \N{MICRO SIGN}s",
            "40 blocks would tell")

    def test_where_the_spread_of_a_rate_comes_from(self):
        scenario = reports.reply(50, 1.4)
        report = reports.report(scenario)
        self.assert_says(report, "Requests/s differ", also=False)
        for cell, within in zip(scenario["cells"], (0.04, 0.002)):
            cell["spread"] = {"moments": 4, "moments_sd": within,
                "runs_sd": 0.01, "blocks_sd": 0.025}
        self.assert_says(report, "threads 2.5 % from block to block, 1.0 % "
            "from run to run of a block, 4.0 % by the moments of a run, so "
            "longer runs", "0.20 % by the moments of a run, so more blocks")
        del scenario["cells"][0]["spread"]  # of an older report
        self.assert_says(report, "Requests/s differ", also=False)

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
                "not by resampled blocks", also=doubted)
        scenario = reports.reply(50, 1.0)  # what did not win is not doubted
        scenario["comparisons"][0]["bootstrap95"] = (0.9, 1.2)
        self.assert_says(reports.report(scenario), "not by resampled blocks",
            also=False)

    def test_an_invalid_comparison_shows_no_ratio(self):
        scenario = reports.reply(50, 1.4)
        scenario["comparisons"][0].update(verdict="INVALID", winner=None,
            invalid="the generator was late", gates=["generator late"])
        page = render(reports.report(scenario))
        self.assertEqual(page.count("1.40x"), 0)
        self.assertEqual(advice(page)[1][1], "not valid")
        self.assertIn("the generator was late", advice(page)[1][2])

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

    def test_the_command_is_that_of_the_run(self):
        report = reports.usual()
        report["programs"].append(
            {"name": "mine", "command": "./mine --port {port}"})
        self.assert_says(report,
            "build/compare --seed 7 --peer 'mine=./mine --port {port}'")
        report["programs"][-1]["command"] = "it's {port}"
        self.assert_says(report, r"--peer 'mine=it&#39;\&#39;&#39;s {port}'")
        report["suite"] = "full"
        self.assert_says(report, "build/compare --full --seed 7")
        report["suite"] = "chosen"
        report["asked"] = {"only": ["reply-1", "idle-4000"]}
        self.assert_says(report, "build/compare --only reply-1,idle-4000 --")
        report["suite"] = "standard"
        report["asked"] = {"only": ["reply-1"], "blocks": 3, "seconds": 0.5}
        report["programs"][-1] = {
            "name": "mine", "command": "./mine {port}", "speaks": "http"}
        command = render(report)
        self.assertIn("build/compare --standard --only reply-1 ", command)
        self.assertIn(" --peer 'mine=./mine {port}' --peer-speaks http"
            " --blocks 3 --seconds 0.5", command)


class Advice(unittest.TestCase):
    """The ten lines."""

    def choices(self, *scenarios, **changes):
        """What is chosen in each situation."""
        lines = advice(render(reports.report(*scenarios, **changes)))
        self.assertEqual(len(lines), 10)
        return [choice for _, choice, _ in lines]

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
            more("cores-all", "cores"), more("json-200", "page")]

    def test_of_a_machine_that_was_too_busy_no_ratio_is_told(self):
        busy = reports.reply(1, 1.5)
        busy["too_noisy"] = True
        _, _, because = advice(render(reports.report(busy)))[0]
        self.assertIn("The machine was too busy to tell.", because)
        self.assertNotIn("1.50x", because)

    def test_events_are_better_everywhere(self):
        self.assertEqual(self.choices(*self.all_of(1.5)),
            ["events"] * 9 + ["threads"])

    def test_threads_are_better_everywhere(self):
        self.assertEqual(self.choices(*self.all_of(1 / 1.5)), ["threads"] * 10)

    def test_no_difference_matters(self):
        self.assertEqual(self.choices(*self.all_of(1.005)),
            ["either"] * 9 + ["threads"])

    def test_nothing_was_measured(self):
        page = render(reports.report(port=None))
        self.assertEqual([line[1:] for line in advice(page)],
            [("not measured", "Not measured in this run.")] * 10)

    def test_fewer_lines_of_code_are_the_choice(self):
        for threads, events, choice in ((100, 106, "threads"),
                (100, 104, "either"), (104, 100, "either"),
                (106, 100, "events")):
            port = copy.deepcopy(reports.PORT)
            port["programs"][0]["threaded"]["lines"] = threads
            port["programs"][0]["evented"]["lines"] = events
            self.assertEqual(self.choices(port=port)[9], choice)

    def test_where_scenarios_differ_it_depends(self):
        self.assertEqual(self.choices(reports.reply(1000, 2.0),
            reports.reply(10000, 0.5))[2], "it depends")
        # What is decided counts more than what is equal or open.
        self.assertEqual(self.choices(reports.reply(1000, 1.0),
            reports.reply(10000, 0.5))[2], "threads")
        self.assertEqual(self.choices(reports.reply(1000, 1.02),
            reports.reply(10000, 1.0))[2], "open")

    def test_a_leaning_is_none_of_the_others(self):
        def leaning(span):
            scenario = reports.reply(1, 1.0)
            scenario["comparisons"][0] = reports.comparison(
                "requests_per_second", (104e3, 100e3), span)
            return self.choices(scenario)[0]

        self.assertEqual(leaning((1.04, 1.001, 1.08)), "leans to events")
        self.assertEqual(leaning((0.96, 0.92, 0.999)), "leans to threads")
        self.assertEqual(leaning((1.0, 0.92, 1.08)), "open")

    def test_too_few_blocks_give_an_estimate_and_no_choice(self):
        scenario = reports.reply(50, 1.4)
        scenario["comparisons"][0].update(verdict="no verdict", winner=None,
            interval95=None, interval90=None, blocks=3)
        _, choice, why = advice(render(reports.report(scenario)))[1]
        self.assertEqual(choice, "open")
        self.assertIn("By estimate, events serve 1.40x the", why)
        self.assertIn("undecided", why)


def ratio_at(connections):
    """A maker of reports by the ratio of rates at so many connections."""
    return lambda x: reports.report(
        reports.reply(connections, x, controls=False))


def control_at_50(b):
    """A maker of reports by the ratio of events to a control."""
    def make(x):
        scenario = reports.reply(50, 1.3)
        scenario["comparisons"].append(reports.comparison(
            "requests_per_second", (1e5, 1e5 / x), (x, x * 0.98, x * 1.02),
            b=b))
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
    return reports.report(reports.simple("pool-20", "pool", "answered",
        (events, threads), (events - threads,) * 3))


def half_width(x):
    """A report with an A/A interval."""
    scenario = reports.reply(50, 1.3)
    scenario["aa"] = [{"metric": "requests_per_second", "scale": "ratio",
        "estimate": 1, "interval95": [1 - x, 1 + x], "half_width": x}]
    return reports.report(scenario)


def port(threads=800, unchanged=500, both=26, decisions=180, callbacks=3):
    """A report with a port that costs so much."""
    counts = copy.deepcopy(reports.PORT)
    counts["files"][0].update(threaded=threads, unchanged=unchanged,
        functions_both=both, threaded_only=["x"] * 10)
    counts["programs"][0]["evented"].update(decisions=decisions,
        called_back=["x"] * callbacks)
    return reports.report(port=counts)


def crossing(one, thousand):
    """A report with such ratios of CPU, events to threads."""
    return reports.report(reports.reply(1, 1 / one),
        reports.reply(1000, 1 / thousand))


def resident(x):
    """A report with so much memory of 10,000 threads."""
    scenario = reports.idle(10000, 30, 2)
    scenario["cells"][0]["memory"][-1]["pss_bytes"] = x
    return reports.report(scenario)


def behind(share):
    """A report of a p99 of so many long answers of 2 ms."""
    scenario = reports.simple("line-cjk", "line", "p99_ns",
        (2e6 * share, 1e6), (1, 1, 1))
    scenario["runs"] = [{"server": "evented", "arm": "twin", "block": i,
        "window_ns": 1e9, "background": {"replies": 500, "bytes": 1e6},
        "figures": {"p99_ns": 2e6 * share}} for i in (1, 2)]
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
        ("reply-50", "requests_per_second"), "threaded")(x)
    for scenario in report["scenarios"]:
        scenario["runs"] = []  # a median without an interval
    return {**report, "processors_allowed": 4}


# Of each claim: how to make a report, with what it holds, with what not, and,
# where there is an interval, what lies across an end of the range.
CLAIMS = {
    "S1": (behind, 1.01, 0.99),
    "S2": (two(("line-cjk", "p99_ns"), ("line-page", "p99_ns")), 2.01, 1.99),
    "S3": (lambda x: pool(x, 1), 0.0, 0.02),
    "S4": (lambda x: reports.report(reports.idle(4000, 10 * x, 10)), 2.1,
        1.9, 2.0),
    "S5": (two(("idle-10000", "p99_ns"), ("reply-1", "p99_ns")), 9.9, 10.1),
    "C1": (lambda x: reports.report(reports.simple("page-200", "page",
        "requests_per_second", (x, 1), (x, 0.99 * x, 1.01 * x))),
        1.2, 1.4, 1.3),
    "C2": (ratio_at(50), 1.03, 0.97, 1.0),
    "C3": (ratio_at(50), 1 / 1.15, 1 / 1.05, 1 / 1.1),
    "C5": (ratio_at(1000), 1 / 0.9, 1.0, 1 / 0.95),
    "C9": (control_at_50("manual-bufferevent"), 1.15, 1.05, 1.1),
    "C12": (control_at_50("bare-epoll"), 0.85, 0.95, 0.9),
    "C13": (ratio_at(1000), 2.1, 1.9, 2.0),
    "C14": (ratio_at(10000), 4, 3, 3.7),
    "C17": (cores, 1.51, 1.49),
    "C21": (cpu("reply-1"), 500, 1500, 1000),
    "C22": (lambda x: reports.report(reports.reply(1, x)), 1.05, 1.15, 1.1),
    "C23": (created, 5800, 4200, 5000),
    "C24": (figure("idle-4000", "idle", "memory_bytes_per_connection",
        "threaded"), 16 * 1024, 14 * 1024),
    "C25": (resident, 4.9e8, 5.1e8),
    "C40": (half_width, 0.031, 0.029),
    "S10": (lambda x: port(decisions=x), 130, 120),
}


class Ledger(unittest.TestCase):
    """Each rule, on both sides of its limit."""

    def test_every_claim_is_told_once(self):
        found = ledger(reports.usual())
        self.assertEqual(sorted(found), sorted(
            [f"S{i}" for i in range(1, 11)] + [f"C{i}" for i in range(1, 43)]))

    def test_nothing_measured_gives_no_verdict(self):
        found = ledger(reports.report(port=None))
        self.assertEqual(set(found.values()), {"not measured"})

    def test_each_rule_holds_and_does_not(self):
        for claim, (make, holds, does_not, *across) in CLAIMS.items():
            with self.subTest(claim=claim):
                self.assertEqual(ledger(make(holds))[claim], "reproduced")
                self.assertEqual(ledger(make(does_not))[claim], "refuted")
                for value in across:
                    self.assertEqual(ledger(make(value))[claim], "open")

    def test_the_upper_end_counts_too(self):
        self.assertEqual(ledger(CLAIMS["C1"][0](1.0))["C1"], "refuted")
        self.assertEqual(ledger(cpu("reply-1")(-1500))["C21"], "refuted")
        self.assertEqual(ledger(cpu("reply-1")(-500))["C21"], "reproduced")
        make = CLAIMS["C24"][0]
        self.assertEqual(ledger(make(61 * 1024))["C24"], "refuted")
        self.assertEqual(ledger(make(59 * 1024))["C24"], "reproduced")

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
        self.assertEqual(ledger(crossing(1.0, 0.9))["C42"], "open")
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
        self.assertEqual(ledger(churn(3.01, 2.8))["C18"], "open")
        text = cell_of(render(churn(3.01, 2.8)), "C18")
        self.assertIn("3.01x (2.95x to 3.07x) in reply-50 and churn-50; "
            "holds from 3.00x up.", text)
        report = churn(3.01, 2.8)
        for scenario in report["scenarios"]:
            scenario["discarded_blocks"] = [1, 2, 3]
        self.assertEqual(ledger(report)["C18"], "reproduced")  # no runs left

    def test_what_the_load_held_back_has_no_end(self):
        def bounded(x):
            report = ratio_at(1000)(x)
            report["scenarios"][0]["comparisons"][0]["at_least"] = True
            return report

        self.assertEqual(ledger(bounded(2.1))["C13"], "reproduced")
        self.assertEqual(ledger(bounded(1.9))["C13"], "open")
        self.assertIn("1.90x (1.86x or more)",
            cell_of(render(bounded(1.9)), "C13"))
        self.assertEqual(ledger(bounded(1 / 0.9))["C5"], "reproduced")
        self.assertEqual(ledger(bounded(1 / 0.97))["C5"], "open")

    def test_fewer_connections_than_wanted_decide_nothing(self):
        for name in ("idle-10000", "reply-1"):
            report = CLAIMS["S5"][0](9)
            view = [s for s in report["scenarios"] if s["name"] == name][0]
            view["connections"] -= 1
            self.assertEqual(ledger(report)["S5"], "not measured")

    def test_a_gate_of_the_other_twin_spoils_no_median(self):
        report = CLAIMS["C24"][0](16 * 1024)
        c = report["scenarios"][0]["comparisons"][0]
        c.update(verdict="INVALID", gates=["unstable"])
        self.assertEqual(ledger(report)["C24"], "reproduced")

    def test_the_gate_that_spoils_a_ratio_is_named(self):
        report = ratio_at(1000)(2.1)
        report["scenarios"][0]["comparisons"][0].update(verdict="INVALID",
            gates=["unstable"])
        self.assertIn("Open: unstable.", cell_of(render(report), "C13"))

    def test_cores_need_cores(self):
        report = cores(1.6)
        report["processors_allowed"] = 2
        self.assertEqual(ledger(report)["C17"], "open")

    def test_a_median_that_does_not_count_decides_nothing(self):
        make = CLAIMS["C24"][0]
        report = make(16 * 1024)
        report["scenarios"][0]["comparisons"][0]["verdict"] = "no verdict"
        self.assertEqual(ledger(report)["C24"], "open")
        for metrics, verdict in ((["*"], "open"), (["p99_ns"], "reproduced"),
                (["memory_bytes_per_connection"], "open")):
            report = make(16 * 1024)
            report["scenarios"][0]["cells"][0]["gates"] = [{"name": "failed",
                "because": "a run failed", "metrics": metrics}]
            self.assertEqual(ledger(report)["C24"], verdict)
        for spoiled in range(2):
            report = CLAIMS["S5"][0](9.9)
            report["scenarios"][spoiled]["comparisons"][0].update(
                verdict="INVALID", invalid="the generator was late")
            self.assertEqual(ledger(report)["S5"], "open")
        report = half_width(0.11)
        report["scenarios"][0]["too_noisy"] = True
        self.assertEqual(ledger(report)["C40"], "reproduced")

    def test_what_nobody_published_is_only_told(self):
        found = ledger(reports.report(reports.simple("slow-readers",
            "slow-readers", "p99_ns", (1e6, 2e6), (0.5, 0.49, 0.51))))
        self.assertEqual(found["C35"], "ours only")

    def test_a_ratio_without_interval_or_not_valid_decides_nothing(self):
        for change in ({"interval95": None, "verdict": "no verdict"},
                {"verdict": "no verdict"},
                {"verdict": "INVALID", "invalid": "the generator was late"}):
            scenario = reports.reply(50, 1.2)
            scenario["comparisons"][0].update(change)
            found = ledger(reports.report(scenario))
            self.assertEqual((found["C2"], found["C3"]), ("open", "open"))


if __name__ == "__main__":
    main()
