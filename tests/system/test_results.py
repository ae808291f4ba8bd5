#!/usr/bin/python3
"""The report that is kept with the sources (report/tell/results.py), and what
README.md and report/RESULTS.md say of it. All in here is made up but for the
last class."""

import io
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

import reports
import telling
from harness import DEADLINE, ROOT, main

import claims
import results
import table
import terminal
import words
from report import Report

MARKS = "".join(f"{name}\n\n{results.MARK.format(name)}stale\n{results.END}"
    for name in ("answer", "console"))


def with_runs(report):
    """A report whose runs have what tables and ledger read of them."""
    for scenario in report["scenarios"]:
        for n, run in enumerate(scenario["runs"]):
            run.update(pace_ns=170.0 + 60 * (n % 2), window_ns=1e9,
                disturbed=n == 3, foreign_cpu_seconds=0.25,
                latency_ns={"recorded": 1, "counters": "1:1"})
        if scenario["background"]:
            for cell in scenario["cells"]:
                scenario["runs"] += [{"server": cell["server"], "arm": "twin",
                    "block": block, "window_ns": 5e8,
                    "background": {"replies": 220 + block},
                    "figures": {"p99_ns": cell["figures"]["p99_ns"] + block}}
                    for block in range(1, 9)]
    report["machine"]["kernel_command_line"] = "root=/dev/secret"
    report["programs"][0]["command"] = "secret {port}"
    whole = telling.report_of(report)
    for scenario in whole.scenarios:
        scenario.sentence = words.sentence(scenario)
    return whole


def said(report):
    """All tables, and what became of all claims."""
    out = terminal.Terminal(io.StringIO())
    table.write_report(out, report)
    table.write_advice(out, report)
    return out.file.getvalue(), [claims.check(claim, report)
        for claim in claims.ledger().values()]


class Kept(unittest.TestCase):
    """What is kept of a report."""

    def setUp(self):
        self.whole = with_runs(reports.usual())
        self.text = results.files(self.whole, MARKS)[results.KEPT]
        self.kept = Report(json.loads(self.text))

    def test_says_the_same_as_the_whole(self):
        tables, ledger = said(self.whole)
        self.assertIn("Unsteady machine", tables)
        self.assertIn("Disturbed by other work: 1 of ", tables)
        self.assertEqual(said(self.kept), (tables, ledger))
        verdicts = dict(zip(claims.ledger(), ledger))
        self.assertRegex(verdicts["S1"].ours, r"x \(1\.\d+ to 1\.\d+\)")

    def test_may_be_kept_again(self):
        again = results.files(self.kept, MARKS)
        self.assertEqual(again, results.files(self.whole, MARKS))

    def test_no_interval_is_kept_of_a_figure_that_is_missing(self):
        cell = next(cell for scenario in self.whole.json["scenarios"]
            for cell in scenario["cells"]
            if scenario["background"] and cell["figures"]["p99_ns"])
        cell["figures"]["p99_ns"] = None
        whole = telling.report_of(self.whole.json)
        files = results.files(whole, MARKS)
        kept = Report(json.loads(files[results.KEPT]))
        self.assertEqual(results.files(kept, MARKS), files)

    def test_findings_are_in_the_words_of_today(self):
        scenario = self.whole.json["scenarios"][0]
        scenario["sentence"] = "In other words."
        whole = telling.report_of(self.whole.json)
        self.assertEqual(results.files(whole, MARKS)[results.KEPT], self.text)

    def test_has_neither_runs_nor_what_tells_of_the_owner(self):
        for word in ("latency_ns", "counters", "secret", "build/threaded"):
            self.assertIn(word, json.dumps(self.whole.json))
            self.assertNotIn(word, self.text)

    def test_a_large_one_is_refused(self):
        scenario = reports.reply(50, 1.4, controls=True)
        many = telling.report_of(reports.report(*[scenario] * 60))
        with self.assertRaisesRegex(ValueError,
                r"^\d+,\d+ bytes would be kept, more than 300,000: "):
            results.files(many, MARKS)


class Said(unittest.TestCase):
    """What is said of it, in Markdown."""

    def setUp(self):
        self.files = results.files(with_runs(reports.usual()), MARKS)

    def test_each_scenario_and_each_claim_is_in_results(self):
        page = self.files[results.SAID]
        for scenario in reports.usual()["scenarios"]:
            self.assertIn(f"\n| {scenario['title']} | ", page)
            self.assertIn(f"\n      {scenario['name']} ", page)
        for name in claims.ledger():
            self.assertRegex(page, fr"\n(\| {name} \||\* {name}:)")
        self.assertIn("\n| At 50 connections | events | 1.40x (1.37 to 1.43) "
            "| requests per second | 120,000/s | 168,000/s |\n", page)

    def test_a_ratio_that_its_medians_contradict_is_marked(self):
        def marked(report):
            page = results.files(telling.report_of(report), MARKS)[
                results.SAID].split("\n## ")[2]
            return re.findall("x \\(.*\u2020 [|]", page), \
                page.count(words.MARKED)

        report = reports.usual()
        self.assertEqual(marked(report), ([], 0))
        scenario = report["scenarios"][0]
        c = next(c for c in scenario["comparisons"]
            if c["metric"] == scenario["primary"])
        c["a_median"], c["b_median"] = c["b_median"], c["a_median"]
        rows, notes = marked(report)
        self.assertEqual((len(rows), notes), (1, 1))

    def test_every_row_of_a_table_has_its_columns(self):
        for text in self.files[results.SAID], self.files[results.SHORT]:
            columns = 0
            for line in text.split("\n"):
                if not line.startswith("|"):
                    columns = 0
                    continue
                pipes = len(re.findall(r"(?<!\\)\|", line))
                self.assertEqual(pipes, columns or pipes, line)
                columns = pipes

    def test_readme_has_it_between_its_marks(self):
        text = self.files[results.SHORT]
        self.assertNotIn("stale", text)
        self.assertIn("\n| A few dozen busy clients | events | 1.40x (1.37 to "
            "1.43) | requests per second at 50 connections |\n", text)
        self.assertIn("\n      requests/s                  120000     168000  "
            "   1.40x  1.37 to 1.43         3 %  WIN events\n", text)
        self.assertEqual(results.files(with_runs(reports.usual()), text)[
            results.SHORT], text)

    def test_readme_shows_the_scenario_that_decides(self):
        slower, far_slower = reports.reply(64, 0.9), reports.reply(50, 0.5)
        slower["name"], slower["title"] = "blocking-2ms", "With threads"
        far_slower["name"], far_slower["title"] = "blocking-loop", "In the loop"
        text = results.files(with_runs(reports.report(slower, far_slower)),
            MARKS)[results.SHORT]
        self.assertRegex(text, r"\| Handlers that block \| threads \| 0\.50x "
            r"\([^)]+\) \| requests per second in the loop \|\n")

    def test_a_readme_without_marks_is_refused(self):
        for text in "", MARKS.replace("console -", "-"), \
                MARKS.replace(results.END, ""):
            with self.assertRaisesRegex(ValueError, "no marks '"):
                results.files(telling.report_of(reports.usual()), text)

    def test_nothing_in_a_text_is_markup(self):
        report = reports.usual()
        report["scenarios"][0]["title"] = "A | B <b>`c`\n# d"
        page = results.files(telling.report_of(report), MARKS)[results.SAID]
        self.assertIn(r"| A \| B \<b\>\`c\`\\n\# d | ", page)
        self.assertNotIn("\n# d", page)


class Command(unittest.TestCase):
    """As make results runs it."""

    def keep(self, report, folder):
        """Keep a report in a folder; return exit code and complaint."""
        path = os.path.join(folder, "report.json")
        with open(path, "w", encoding="utf-8") as file:
            file.write(report)
        done = subprocess.run([sys.executable, "-I", "-B",
            os.path.join(ROOT, "report", "tell"), path, "--results", folder],
            capture_output=True, text=True, timeout=DEADLINE)
        self.assertEqual(done.stdout, "")
        return done.returncode, done.stderr

    def test_it_writes_three_files_or_says_why_not(self):
        report = json.dumps(reports.usual())
        with tempfile.TemporaryDirectory() as folder:
            code, why = self.keep(report, folder)
            self.assertEqual(code, 1)
            self.assertIn("README.md: No such file", why)
            readme = os.path.join(folder, results.SHORT)
            with open(readme, "w", encoding="utf-8") as file:
                file.write("without marks")
            self.assertEqual(self.keep(report, folder)[0], 1)
            self.assertFalse(os.path.exists(os.path.join(folder, "report")))
            with open(readme, "w", encoding="utf-8") as file:
                file.write(MARKS)
            os.mkdir(os.path.join(folder, "report"))
            self.assertEqual(self.keep(report, folder), (0, ""))
            expected = results.files(telling.report_of(reports.usual()),
                MARKS)
            for path, text in expected.items():
                with open(os.path.join(folder, path),
                        encoding="utf-8") as file:
                    self.assertEqual(file.read(), text)


class Sources(unittest.TestCase):
    """What is kept in the sources."""

    def read(self, path):
        """The text of a file; None if there is none."""
        try:
            with open(os.path.join(ROOT, path), encoding="utf-8") as file:
                return file.read()
        except FileNotFoundError:
            return None

    def test_it_is_what_the_teller_makes_of_the_kept_report(self):
        kept, readme = self.read(results.KEPT), self.read(results.SHORT)
        if kept is None:  # then nothing is said of it
            self.assertIsNone(self.read(results.SAID))
            files = {results.SHORT: results.between(results.between(readme,
                "answer", results.NONE), "console", results.NONE)}
        else:
            files = results.files(Report(json.loads(kept)), readme)
        for path, text in files.items():
            self.assertEqual(self.read(path), text,
                "make results REPORT=report/results.json puts it right")


if __name__ == "__main__":
    main()
